/*
 * welch.c
 *	  Welch's and Student's t-tests on the difference of two means, with the
 *	  interval of their ratio.
 *
 * The test is of the absolute difference, unless the delta method is asked for:
 * its test of the lift rejects lopsidedly for rare conversions.
 */
#include <math.h>
#include <stddef.h>

#include "stats/counts.h"
#include "stats/distribution.h"
#include "stats/inference.h"

#define LN_10 2.30258509299404568402

const char *const FFProblemNames[] = {
	NULL, "no_control_units", "no_treatment_units", "too_few_units", "zero_variance",
	"zero_control_mean", "out_of_range"
};

/* What an arm brings to the comparison. */
typedef struct Arm
{
	FFPrecise	mean;
	double		freedom;		/* count - 1 */
	double		error;			/* variance of the mean */
} Arm;

static Arm
ArmOf(const FFMoments *moments, bool proportion)
{
	Arm			arm = {{NAN, 0}, 0, NAN};

	if (moments->count > 0)
		arm.mean = FFMomentsMean(moments);
	if (moments->count > 1)
	{
		arm.freedom = (double) (moments->count - 1);
		arm.error = moments->squares.high / (double) moments->count /
			(proportion ? (double) moments->count : arm.freedom);
	}
	return arm;
}

/* Satterthwaite's degrees of freedom, by shares that cannot overflow. */
static double
Freedom(const Arm *control, const Arm *treatment)
{
	double		share = control->error / (control->error + treatment->error);
	double		rest = treatment->error / (control->error + treatment->error);

	return 1 / (share * share / control->freedom + rest * rest / treatment->freedom);
}

/* One variance for both arms, as Student had it. */
static void
PoolErrors(Arm *control, Arm *treatment, const FFMoments *c, const FFMoments *t, bool proportion)
{
	double		units = (double) c->count + (double) t->count;
	double		variance = (c->squares.high + t->squares.high) / (proportion ? units : units - 2);

	control->error = variance / (double) c->count;
	treatment->error = variance / (double) t->count;
}

void
FFProbability(double log_p, double *p_value, double *log10_p)
{
	/* rounding must not lead above 1; 0 - 0 is no -0 */
	log_p = log_p < 0 ? log_p : 0;
	*p_value = exp(log_p);
	*log10_p = log_p / LN_10;
}

static double
LogTail(double t, double df)
{
	return isinf(df) ? FFNormalLogTail(t) : FFStudentLogTail(t, df);
}

double
FFTestLogP(double t, double df, FFAlternative alternative)
{
	if (alternative == FF_TWO_SIDED)
		return M_LN2 + LogTail(fabs(t), df);
	return LogTail(alternative == FF_LESS ? -t : t, df);
}

double
FFTestQuantile(double alpha, double df, FFAlternative alternative)
{
	double		tail = alternative == FF_TWO_SIDED ? alpha / 2 : alpha;

	return isinf(df) ? -FFNormalQuantile(tail) : FFStudentTailQuantile(tail, df);
}

/* The lift's interval: by Fieller's theorem, or by the delta method. */
static void
LiftInterval(FFComparison *result, const FFMeans *means, double quantile, bool delta)
{
	FFLift		lift = FFFieller(means, quantile);

	if (delta)
	{
		result->lift_lower = result->lift - quantile * result->lift_error;
		result->lift_upper = result->lift + quantile * result->lift_error;
		return;
	}
	result->lift_unbounded = !lift.bounded;
	result->lift_lower = lift.lower;
	result->lift_upper = lift.upper;
}

/* Test and intervals, where there is a standard error. */
static void
Test(FFComparison *result, const FFMeans *means, const FFComparing *test)
{
	double		quantile = FFTestQuantile(test->alpha, result->df, test->alternative);

	result->lift_error = FFDeltaError(means);
	result->t = test->delta ? result->lift / result->lift_error : result->difference / result->standard_error;
	if (isfinite(result->t))
		FFProbability(FFTestLogP(result->t, result->df, test->alternative), &result->p_value, &result->log10_p);
	result->lower = result->difference - quantile * result->standard_error;
	result->upper = result->difference + quantile * result->standard_error;
	result->has_interval = true;
	LiftInterval(result, means, quantile, test->delta);
}

static bool
IsLiftKnown(const FFComparison *result)
{
	return isfinite(result->lift) &&
		(result->lift_unbounded || (isfinite(result->lift_lower) && isfinite(result->lift_upper)));
}

static FFProblem
Problem(const FFMoments *control, const FFMoments *treatment, const FFComparison *result)
{
	if (control->count == 0)
		return FF_PROBLEM_NO_CONTROL_UNITS;
	if (treatment->count == 0)
		return FF_PROBLEM_NO_TREATMENT_UNITS;
	if (!isfinite(result->difference))
		return FF_PROBLEM_OUT_OF_RANGE;
	if (control->count == 1 || treatment->count == 1)
		return FF_PROBLEM_TOO_FEW_UNITS;
	if (result->standard_error == 0)
		return FF_PROBLEM_ZERO_VARIANCE;
	if (!isfinite(result->standard_error) || isinf(result->t))
		return FF_PROBLEM_OUT_OF_RANGE;
	if (result->control_mean == 0)
		return FF_PROBLEM_ZERO_CONTROL_MEAN;
	if (!isfinite(result->t) || !IsLiftKnown(result) || !isfinite(result->lower) || !isfinite(result->upper))
		return FF_PROBLEM_OUT_OF_RANGE;
	return FF_PROBLEM_NONE;
}

/* A bound beyond double is not known; a test of one side has one bound. */
static void
SettleBounds(double *lower, double *upper, FFAlternative alternative)
{
	bool		known = isfinite(*lower) && isfinite(*upper);

	*lower = !isfinite(*lower) ? NAN : *lower;
	*upper = !isfinite(*upper) ? NAN : *upper;
	if (known && alternative == FF_LESS)
		*lower = -INFINITY;
	if (known && alternative == FF_GREATER)
		*upper = INFINITY;
}

/* Exact answers beside, where the normal approximation is poor. */
static void
CompareCounts(FFComparison *result, const FFMoments *control, const FFMoments *treatment, const FFComparing *test)
{
	FFCounts	c = {control->count, llround(control->sum.high)};
	FFCounts	t = {treatment->count, llround(treatment->sum.high)};
	double		ignored;

	if (!test->proportion || c.n == 0 || t.n == 0 || !(FFCountsAreSmall(c) || FFCountsAreSmall(t)))
		return;
	FFProbability(FFFisherLogP(c, t, test->alternative), &result->fisher_p, &ignored);
	result->newcombe = FFNewcombe(c, t, FFTestQuantile(test->alpha, INFINITY, test->alternative));
	SettleBounds(&result->newcombe.lower, &result->newcombe.upper, test->alternative);
}

static FFComparison
Unknown(void)
{
	return (FFComparison) {
		.standard_error = NAN, .df = NAN, .t = NAN, .p_value = NAN, .log10_p = NAN, .lower = NAN,
		.upper = NAN, .lift = NAN, .lift_lower = NAN, .lift_upper = NAN, .lift_error = NAN,
		.fisher_p = NAN, .newcombe = {NAN, NAN}
	};
}

FFComparison
FFCompareArmsBy(const FFMoments *control, const FFMoments *treatment, const FFComparing *test)
{
	Arm			c = ArmOf(control, test->proportion);
	Arm			t = ArmOf(treatment, test->proportion);
	FFComparison result = Unknown();

	result.control_mean = c.mean.high;
	result.treatment_mean = t.mean.high;
	result.difference = FFPreciseAdd(t.mean, FFPreciseNegate(c.mean)).high;
	if (test->pooled && control->count > 1 && treatment->count > 1)
		PoolErrors(&c, &t, control, treatment, test->proportion);
	result.standard_error = sqrt(c.error + t.error);
	result.control_variance = c.error;
	result.treatment_variance = t.error;
	if (c.mean.high != 0)
		result.lift = result.difference / fabs(c.mean.high);
	if (result.standard_error > 0)
	{
		FFMeans		means = {c.mean.high, t.mean.high, result.difference, c.error, t.error, 0};

		result.df = test->pooled ? c.freedom + t.freedom : Freedom(&c, &t);
		Test(&result, &means, test);
	}
	result.problem = Problem(control, treatment, &result);
	SettleBounds(&result.lower, &result.upper, test->alternative);
	SettleBounds(&result.lift_lower, &result.lift_upper, test->alternative);
	CompareCounts(&result, control, treatment, test);
	return result;
}

FFComparison
FFCompareArms(const FFMoments *control, const FFMoments *treatment, double alpha, bool proportion)
{
	FFComparing usual = {.alpha = alpha, .proportion = proportion};

	return FFCompareArmsBy(control, treatment, &usual);
}

bool
FFIsProportion(const FFMoments *moments)
{
	double		count = (double) moments->count;
	double		sum = moments->sum.high;
	double		squares = count > 1 ? sum * (1 - sum / count) : 0;

	/* a mean rounded to 12 digits still passes */
	return sum >= 0 && sum <= count &&
		fabs(moments->squares.high - squares) <= 1e-9 * (count + squares);
}

double
FFSplitChiSquare(const double *observed, const double *weights, int arms)
{
	double		total = 0;
	double		all = 0;
	double		result = 0;

	for (int i = 0; i < arms; i++)
	{
		total += observed[i];
		all += weights[i];
	}
	for (int i = 0; i < arms; i++)
	{
		double		expected = total * weights[i] / all;
		double		difference = observed[i] - expected;

		result += difference * difference / expected;
	}
	return result;
}
