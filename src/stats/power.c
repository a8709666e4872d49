/*
 * power.c
 *	  Power, sample size and minimum detectable effect of two arms.
 *
 * Normal and t: J. Cohen (1988), Statistical Power Analysis, chapter 2; pooled
 * proportions: J. L. Fleiss, Statistical Methods for Rates and Proportions,
 * chapter 4, without continuity correction.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/power.h"

/* Units beyond are no plan. */
#define MOST_UNITS 1e18

static double
Sign(FFAlternative alternative, double effect)
{
	if (alternative == FF_TWO_SIDED)
		return effect < 0 ? -1 : 1;
	return alternative == FF_LESS ? -1 : 1;
}

static double
Difference(const FFPlan *plan, double effect)
{
	return plan->relative ? effect * fabs(plan->mean) : effect;
}

/* How far the truth is from what the test would reject, in its direction. */
static double
Distance(const FFPlan *plan, double effect)
{
	double		margin = plan->relative ? plan->margin * fabs(plan->mean) : plan->margin;

	return Sign(plan->alternative, effect) * Difference(plan, effect) + margin;
}

static double
Variance(const FFPlan *plan, double mean)
{
	return isnan(plan->deviation) ? mean * (1 - mean) : plan->deviation * plan->deviation;
}

bool
FFPlanAllows(const FFPlan *plan, double effect)
{
	double		mean = plan->mean + Difference(plan, effect);

	return isfinite(mean) && (!isnan(plan->deviation) || (mean >= 0 && mean <= 1));
}

bool
FFPlanSeeks(const FFPlan *plan, double effect)
{
	return Distance(plan, effect) > 0;
}

/* The standard error of the difference with one unit in control. */
static double
UnitError(const FFPlan *plan, double effect)
{
	double		control = Variance(plan, plan->mean);
	double		mean = plan->mean + Difference(plan, effect);

	switch (plan->test)
	{
		case FF_PLAN_GROWTHBOOK:
			/* of the lift, both arms with the control's variance */
			return sqrt(control * (1 / plan->ratio + (mean / plan->mean) * (mean / plan->mean)));
		case FF_PLAN_STUDENT:
			return sqrt(control * (1 + 1 / plan->ratio));
		default:
			return sqrt(control + Variance(plan, mean) / plan->ratio);
	}
}

/* The same under the hypothesis, where both arms have one rate. */
static double
PooledError(const FFPlan *plan, double effect)
{
	double		mean = plan->mean + Difference(plan, effect);
	double		pooled = (plan->mean + plan->ratio * mean) / (1 + plan->ratio);

	return sqrt(pooled * (1 - pooled) * (1 + 1 / plan->ratio));
}

static double
Quantile(double alpha, FFAlternative alternative)
{
	return -FFNormalQuantile(alternative == FF_TWO_SIDED ? alpha / 2 : alpha);
}

/* The boundary of a confidence sequence at n units of both arms. */
static double
Boundary(double n, double alpha, double tuning, FFAlternative alternative)
{
	bool		two_sided = alternative == FF_TWO_SIDED;

	return FFConfidenceSequenceWidth(n, FFConfidenceSequenceRho2(alpha, tuning, two_sided), alpha, two_sided);
}

static FFPower
NormalPower(double boundary, double distance, bool two_sided)
{
	FFPower		power = {FFNormalTail(boundary - distance), 0};

	if (two_sided)
		power.wrong = FFNormalTail(boundary + distance);
	return power;
}

static FFPower
StudentPower(const FFPlan *plan, double n, double distance)
{
	bool		two_sided = plan->alternative == FF_TWO_SIDED;
	double		df = n * (1 + plan->ratio) - 2;
	FFPower		power = {0, 0};
	double		quantile;

	if (!(df > 0))
		return power;
	quantile = FFStudentTailQuantile(two_sided ? plan->alpha / 2 : plan->alpha, df);
	power.right = FFNoncentralTail(quantile, df, distance);
	if (two_sided)
		power.wrong = FFNoncentralTail(quantile, df, -distance);
	return power;
}

FFPower
FFPlanPower(const FFPlan *plan, double n, double effect)
{
	bool		two_sided = plan->alternative == FF_TWO_SIDED;
	double		error = UnitError(plan, effect);
	double		distance = Distance(plan, effect);
	double		boundary = Quantile(plan->alpha, plan->alternative);

	n /= plan->inflation;
	if (error == 0)
		return (FFPower) {distance > 0 ? 1 : 0, 0};
	distance *= sqrt(n) / error;
	if (plan->test == FF_PLAN_STUDENT)
		return StudentPower(plan, n, distance);
	if (!isnan(plan->tuning))
	{
		double		wide = Boundary(n * (1 + plan->ratio), plan->alpha, plan->tuning, plan->alternative);

		/* GrowthBook keeps the quantile and widens the error instead */
		if (plan->test == FF_PLAN_GROWTHBOOK)
			distance *= boundary / wide;
		else
			boundary = wide;
	}
	if (plan->test == FF_PLAN_POOLED)
		boundary *= PooledError(plan, effect) / error;
	return NormalPower(boundary, distance, two_sided);
}

/* Half way between two numbers above 0 in their logarithm. */
static double
Middle(double low, double high)
{
	return sqrt(low) * sqrt(high);
}

double
FFPlanUnits(const FFPlan *plan, double effect, double power)
{
	double		low = (plan->test == FF_PLAN_STUDENT ? 2 / (1 + plan->ratio) : 1e-6) * plan->inflation;
	double		high = 2 * low;

	while (high < MOST_UNITS && FFPlanPower(plan, high, effect).right < power)
		high *= 4;
	if (high >= MOST_UNITS)
		return INFINITY;
	for (int i = 0; i < 200 && high - low > 1e-15 * high; i++)
	{
		double		middle = Middle(low, high);

		if (middle <= low || middle >= high)
			break;
		if (FFPlanPower(plan, middle, effect).right < power)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The largest effect that can be, in the test's direction. */
static double
LargestEffect(const FFPlan *plan)
{
	double		room;

	if (!isnan(plan->deviation))
		return 1e12 * (plan->relative ? 1 : fmax(1, plan->deviation));
	room = plan->alternative == FF_LESS ? plan->mean : 1 - plan->mean;
	return plan->relative ? room / plan->mean : room;
}

double
FFPlanEffect(const FFPlan *plan, double n, double power)
{
	double		sign = plan->alternative == FF_LESS ? -1 : 1;
	double		low = 0;
	double		high = LargestEffect(plan);

	if (FFPlanPower(plan, n, 0).right >= power)
		return 0;
	/* rounding must not leave the rates */
	while (high > 0 && !FFPlanAllows(plan, sign * high))
		high = nextafter(high, 0);
	if (FFPlanPower(plan, n, sign * high).right < power)
		return NAN;
	for (int i = 0; i < 400 && high - low > 1e-15 * high; i++)
	{
		double		middle = low < 1e-9 * high ? high / 8 : (low + high) / 2;

		if (middle <= low || middle >= high)
			break;
		if (FFPlanPower(plan, n, sign * middle).right < power)
			low = middle;
		else
			high = middle;
	}
	return sign * high;
}

double
FFProgressPower(const FFProgress *progress, double effect, double more)
{
	double		distance = Sign(progress->alternative, effect) * effect / progress->standard_error * sqrt(1 + more);
	double		boundary = isnan(progress->tuning) ? Quantile(progress->alpha, progress->alternative) :
		Boundary(progress->n * (1 + more), progress->alpha, progress->tuning, progress->alternative);
	FFPower		power = NormalPower(boundary, distance, progress->alternative == FF_TWO_SIDED);

	return power.right + power.wrong;
}

double
FFProgressMissing(const FFProgress *progress, double effect, double power)
{
	double		low = 0;
	double		high = 1;

	if (FFProgressPower(progress, effect, 0) >= power)
		return 0;
	while (high < MOST_UNITS && FFProgressPower(progress, effect, high) < power)
		high *= 2;
	if (high >= MOST_UNITS)
		return INFINITY;
	for (int i = 0; i < 200 && high - low > 1e-14 * high; i++)
	{
		double		middle = (low + high) / 2;

		if (FFProgressPower(progress, effect, middle) < power)
			low = middle;
		else
			high = middle;
	}
	return high;
}
