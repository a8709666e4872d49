/*
 * ratio.c
 *	  Ratios of two sums over units by the delta method, perhaps adjusted for the
 *	  same ratio from before (Deng and others 2013, appendix B).
 *
 * A unit may be a cluster: the mean of what is in the clusters is the ratio of
 * their totals to their sizes, and its error is that of clusters.
 */
#include <math.h>

#include "stats/effect.h"

/* A denominator that varies more makes first-order errors worthless. */
#define WEAK 0.3

/* The variance of a ratio is that of numerator / d - ratio denominator / d. */
typedef struct Ratio
{
	FFPrecise	value;
	double		of_numerator;
	double		of_denominator;
} Ratio;

/* a / b to twice the digits of a double: ratios differ in the last of them. */
static FFPrecise
Quotient(FFPrecise a, FFPrecise b)
{
	double		quotient = a.high / b.high;
	FFPrecise	rest = FFPreciseAdd(a, FFPreciseNegate(FFPreciseTimesDouble(b, quotient)));

	return FFPreciseOrdered(quotient, rest.high / b.high);
}

static Ratio
RatioOf(const FFCross *cross, int numerator)
{
	FFPrecise	d = FFCrossMean(cross, numerator + 1);
	FFPrecise	value = Quotient(FFCrossMean(cross, numerator), d);

	return (Ratio) {value, 1 / d.high, -value.high / d.high};
}

/* Covariance of what two ratios are to first order. */
static double
Covariance(const FFCross *cross, int a, Ratio first, int b, Ratio second)
{
	return first.of_numerator * (second.of_numerator * FFCrossCovariance(cross, a, b) +
								 second.of_denominator * FFCrossCovariance(cross, a, b + 1)) +
		first.of_denominator * (second.of_numerator * FFCrossCovariance(cross, a + 1, b) +
								second.of_denominator * FFCrossCovariance(cross, a + 1, b + 1));
}

static double
AtLeastZero(double variance)
{
	return variance < 0 ? 0 : variance;
}

/* The ratio as outcome, that from before as its covariate. */
static FFArm
RatioArm(const FFCross *cross)
{
	FFArm		arm = {.count = cross->count, .covariates = cross->variables / 2 - 1};
	Ratio		after = RatioOf(cross, 0);
	Ratio		before;

	arm.mean = after.value;
	if (cross->count > 1)
		arm.variance = AtLeastZero(Covariance(cross, 0, after, 0, after));
	if (arm.covariates == 0)
		return arm;
	before = RatioOf(cross, 2);
	arm.means[0] = before.value;
	if (cross->count > 1)
	{
		arm.with[0] = Covariance(cross, 0, after, 2, before);
		arm.among[0][0] = AtLeastZero(Covariance(cross, 2, before, 2, before));
	}
	return arm;
}

static bool
HasDenominators(const FFCross *cross)
{
	for (int i = 1; i < cross->variables; i += 2)
	{
		if (FFCrossMean(cross, i).high == 0)
			return false;
	}
	return true;
}

static bool
IsWeak(const FFCross *cross)
{
	double		mean = FFCrossMean(cross, 1).high;

	return sqrt(FFCrossCovariance(cross, 1, 1) / (double) cross->count) > WEAK * fabs(mean);
}

FFEffect
FFEffectOfRatio(const FFCross *control, const FFCross *treatment)
{
	FFEffect	effect = FFEffectOf(control->count, treatment->count);
	FFArm		c;
	FFArm		t;
	double		among[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
	double		with;

	if (effect.problem != FF_EFFECT_FINE)
		return effect;
	if (!HasDenominators(control) || !HasDenominators(treatment))
	{
		effect.problem = FF_EFFECT_ZERO_DENOMINATOR;
		return effect;
	}
	c = RatioArm(control);
	t = RatioArm(treatment);
	among[0][0] = c.among[0][0] + t.among[0][0];
	with = c.with[0] + t.with[0];
	FFEffectAdjust(&effect, &c, &t, FFSolve(c.covariates, among, &with, effect.theta));
	if (IsWeak(control) || IsWeak(treatment))
		effect.warning = FF_EFFECT_WEAK_DENOMINATOR;
	return effect;
}
