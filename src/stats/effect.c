/*
 * effect.c
 *	  Test and intervals of an estimate that has a variance, degrees of freedom
 *	  and a covariance with the control's mean.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/effect.h"
#include "stats/inference.h"

FFEffect
FFEffectOf(int64_t control, int64_t treatment)
{
	FFEffect	effect = {
		.control_mean = NAN, .treatment_mean = NAN, .difference = NAN, .variance = NAN, .df = NAN,
		.control_variance = NAN, .covariance = NAN, .lift_variance = NAN,
		.control_reduction = NAN, .treatment_reduction = NAN, .reduction = NAN
	};

	if (control == 0)
		effect.problem = FF_EFFECT_NO_CONTROL_UNITS;
	else if (treatment == 0)
		effect.problem = FF_EFFECT_NO_TREATMENT_UNITS;
	else if (control == 1 || treatment == 1)
		effect.problem = FF_EFFECT_TOO_FEW_UNITS;
	return effect;
}

double
FFEffectFreedom(double a, double a_freedom, double b, double b_freedom)
{
	double		share = a / (a + b);
	double		rest = b / (a + b);

	return 1 / (share * share / a_freedom + rest * rest / b_freedom);
}

/* Variance of difference / mean to first order. */
static double
DeltaVariance(const FFEffect *effect)
{
	double		m = effect->control_mean;
	double		lift = effect->difference / m;

	if (!isnan(effect->lift_variance))
		return effect->lift_variance;
	return effect->variance / m / m - 2 * lift * (effect->covariance / m / m) + lift * lift * (effect->control_variance / m / m);
}

/*
 * Fieller (1954): the lifts l for which difference - l mean is not told from 0,
 * when the two are correlated.
 */
static void
Fieller(FFEffectTest *test, const FFEffect *effect, double quantile)
{
	double		m = effect->control_mean;
	double		lift = effect->difference / m;
	double		square = quantile * quantile;
	double		variance = effect->variance / m / m;
	double		covariance = effect->covariance / m / m;
	double		control = effect->control_variance / m / m;
	double		g = square * control;
	double		inner = variance - 2 * lift * covariance + lift * lift * control -
		square * (variance * control - covariance * covariance);
	double		middle = lift - square * covariance;
	double		half = quantile * sqrt(inner > 0 ? inner : 0);
	double		sign = m < 0 ? -1 : 1;

	test->lift_unbounded = !(g < 1);
	if (test->lift_unbounded)
		return;
	test->lift_lower = (sign * middle - half) / (1 - g);
	test->lift_upper = (sign * middle + half) / (1 - g);
}

/* Where there is a standard error. */
static void
Test(FFEffectTest *test, const FFEffect *effect, double alpha, bool delta)
{
	double		quantile = FFStudentTailQuantile(alpha / 2, effect->df);

	test->t = delta ? test->lift / test->lift_standard_error : effect->difference / test->standard_error;
	if (isfinite(test->t))
		FFProbability(M_LN2 + FFStudentLogTail(fabs(test->t), effect->df), &test->p_value, &test->log10_p);
	test->lower = effect->difference - quantile * test->standard_error;
	test->upper = effect->difference + quantile * test->standard_error;
	test->has_interval = effect->control_mean != 0;
	if (delta)
	{
		test->lift_lower = test->lift - quantile * test->lift_standard_error;
		test->lift_upper = test->lift + quantile * test->lift_standard_error;
	}
	else if (test->has_interval)
		Fieller(test, effect, quantile);
}

/* The first thing that is missing, once all is computed. */
static FFEffectProblem
Problem(const FFEffect *effect, const FFEffectTest *test)
{
	if (effect->problem != FF_EFFECT_FINE)
		return effect->problem;
	if (!isfinite(effect->difference) || !isfinite(effect->variance))
		return FF_EFFECT_OUT_OF_RANGE;
	if (!(effect->variance > 0))
		return FF_EFFECT_ZERO_VARIANCE;
	if (effect->control_mean == 0)
		return FF_EFFECT_ZERO_CONTROL_MEAN;
	if (!isfinite(test->t) || !isfinite(test->lower) || !isfinite(test->upper) || !isfinite(test->lift))
		return FF_EFFECT_OUT_OF_RANGE;
	if (!test->lift_unbounded && (!isfinite(test->lift_lower) || !isfinite(test->lift_upper)))
		return FF_EFFECT_OUT_OF_RANGE;
	return FF_EFFECT_FINE;
}

FFEffectTest
FFEffectTests(FFEffect *effect, double alpha, bool delta)
{
	FFEffectTest test = {
		.standard_error = sqrt(effect->variance), .t = NAN, .p_value = NAN, .log10_p = NAN, .lower = NAN, .upper = NAN,
		.lift = NAN, .lift_standard_error = NAN, .lift_lower = NAN, .lift_upper = NAN
	};

	if (effect->control_mean != 0)
	{
		test.lift = effect->difference / fabs(effect->control_mean);
		test.lift_standard_error = sqrt(DeltaVariance(effect));
	}
	if (test.standard_error > 0 && isfinite(test.standard_error) && isfinite(effect->df))
		Test(&test, effect, alpha, delta);
	effect->problem = Problem(effect, &test);
	return test;
}
