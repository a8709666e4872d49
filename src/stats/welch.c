/*
 * welch.c
 *	  Welch's t-test on the difference of two means, and Fieller's interval of
 *	  their ratio.
 *
 * The test is of the absolute difference whatever is shown: that of a ratio by
 * the delta method rejects lopsidedly for rare conversions.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/inference.h"

#define LN_10 2.30258509299404568402

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

/*
 * Fieller (1954) for independent means: the ratios that the test with this
 * quantile does not reject.  They have no bounds where it does not reject a
 * control mean of 0 either (g >= 1).
 */
static void
LiftInterval(FFComparison *result, const Arm *control, const Arm *treatment, double quantile)
{
	double		mean = control->mean.high;
	double		ratio = treatment->mean.high / mean;
	double		margin = quantile / mean;
	double		g = margin * margin * control->error;
	double		middle = result->difference / mean + g;
	double		half = fabs(margin) * hypot(sqrt((1 - g) * treatment->error), ratio * sqrt(control->error));
	double		sign = mean < 0 ? -1 : 1;

	result->lift_unbounded = !(g < 1);
	if (result->lift_unbounded)
		return;
	result->lift_lower = (sign * middle - half) / (1 - g);
	result->lift_upper = (sign * middle + half) / (1 - g);
}

void
FFProbability(double log_p, double *p_value, double *log10_p)
{
	/* rounding must not lead above 1; 0 - 0 is no -0 */
	log_p = log_p < 0 ? log_p : 0;
	*p_value = exp(log_p);
	*log10_p = log_p / LN_10;
}

/* Test and intervals, where there is a standard error. */
static void
Test(FFComparison *result, const Arm *control, const Arm *treatment, double alpha)
{
	double		quantile;

	result->df = Freedom(control, treatment);
	result->t = result->difference / result->standard_error;
	if (isfinite(result->t))
		FFProbability(M_LN2 + FFStudentLogTail(fabs(result->t), result->df), &result->p_value, &result->log10_p);
	quantile = FFStudentTailQuantile(alpha / 2, result->df);
	result->lower = result->difference - quantile * result->standard_error;
	result->upper = result->difference + quantile * result->standard_error;
	result->has_interval = true;
	LiftInterval(result, control, treatment, quantile);
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
	if (!isfinite(result->t))
		return FF_PROBLEM_OUT_OF_RANGE;
	if (result->control_mean == 0)
		return FF_PROBLEM_ZERO_CONTROL_MEAN;
	if (!IsLiftKnown(result) || !isfinite(result->lower) || !isfinite(result->upper))
		return FF_PROBLEM_OUT_OF_RANGE;
	return FF_PROBLEM_NONE;
}

FFComparison
FFCompareArms(const FFMoments *control, const FFMoments *treatment, double alpha, bool proportion)
{
	Arm			c = ArmOf(control, proportion);
	Arm			t = ArmOf(treatment, proportion);
	FFComparison result = {
		.control_mean = c.mean.high, .treatment_mean = t.mean.high,
		.difference = FFPreciseAdd(t.mean, FFPreciseNegate(c.mean)).high,
		.standard_error = sqrt(c.error + t.error), .df = NAN, .t = NAN, .p_value = NAN,
		.log10_p = NAN, .lower = NAN, .upper = NAN, .lift = NAN, .lift_lower = NAN,
		.lift_upper = NAN
	};

	if (c.mean.high != 0)
		result.lift = result.difference / fabs(c.mean.high);
	if (result.standard_error > 0)
		Test(&result, &c, &t, alpha);
	result.problem = Problem(control, treatment, &result);
	return result;
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
