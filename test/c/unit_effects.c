/*
 * unit_effects.c
 *	  Ratios, covariates, strata and quantiles: where they must agree with what is
 *	  simpler, and at their edges.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats/effect.h"
#include "stats/inference.h"
#include "unit.h"

static void
Near(double found, double wanted, double tolerance, const char *what)
{
	if (!Ok(found == wanted || fabs(found - wanted) <= tolerance * fabs(wanted), "%s", what))
		printf("# found %.17g, wanted %.17g\n", found, wanted);
}

/* Rows of y, x, z for one arm; x is before, z is twice x, or does not vary. */
static FFCross *
Arm(int units, int variables, double effect, int stratum)
{
	FFCross    *cross = calloc(1, FF_CROSS_SIZE(variables));

	cross->variables = variables;
	for (int i = 0; i < units; i++)
	{
		double		x = (i * 7919 + stratum * 31) % 101;
		double		row[] = {0.7 * x + (i * 104729 % 53) + effect, x, 2 * x + 1, 4};

		FFCrossAdd(cross, row);
	}
	return cross;
}

/* Without covariates all are Welch's test. */
static void
TestPlain(void)
{
	FFCross    *c = Arm(200, 1, 0, 1);
	FFCross    *t = Arm(300, 1, 2, 2);
	FFMoments	control = {c->count, FFCrossSum(c, 0), FFCrossDeviations(c, 0, 0)};
	FFMoments	treatment = {t->count, FFCrossSum(t, 0), FFCrossDeviations(t, 0, 0)};
	FFComparison welch = FFCompareArms(&control, &treatment, 0.05, false);
	FFEffect	cuped = FFEffectOfCovariates(c, t, FF_ADJUST_CUPED, false);
	FFEffectTest test = FFEffectTests(&cuped, 0.05, false);
	FFCross    *controls[] = {c};
	FFCross    *treatments[] = {t};
	FFEffect	strata = FFEffectOfStrata(controls, treatments, 1, false);

	Near(cuped.difference, welch.difference, 1e-14, "difference without covariates");
	Near(test.standard_error, welch.standard_error, 1e-14, "standard error");
	Near(cuped.df, welch.df, 1e-14, "df");
	Near(test.p_value, welch.p_value, 1e-12, "p");
	Near(test.lift_lower, welch.lift_lower, 1e-12, "Fieller's lower bound with a covariance");
	Near(test.lift_upper, welch.lift_upper, 1e-12, "and the upper one");
	Near(strata.variance, welch.standard_error * welch.standard_error, 1e-13, "one stratum is none");
	Near(strata.df, welch.df, 1e-13, "with the same df");
	free(c);
	free(t);
}

/* Covariates that say nothing new change nothing, and are named. */
static void
TestDropped(void)
{
	static const FFAdjustment methods[] = {FF_ADJUST_CUPED, FF_ADJUST_ANCOVA, FF_ADJUST_LIN};

	for (int i = 0; i < FF_LENGTH(methods); i++)
	{
		FFCross    *c2 = Arm(200, 2, 0, 1);
		FFCross    *t2 = Arm(300, 2, 2, 2);
		FFCross    *c4 = Arm(200, 4, 0, 1);
		FFCross    *t4 = Arm(300, 4, 2, 2);
		FFEffect	one = FFEffectOfCovariates(c2, t2, methods[i], false);
		FFEffect	more = FFEffectOfCovariates(c4, t4, methods[i], false);

		Near(more.difference, one.difference, 1e-12, "a difference with redundant covariates");
		Near(more.variance, one.variance, 1e-12, "its variance");
		Near(more.df, one.df, 1e-12, "its df");
		Ok(more.warning == FF_EFFECT_COVARIATE_DROPPED && one.warning == FF_EFFECT_NO_WARNING, "and a warning");
		Ok(more.theta[1] == 0 && more.theta[2] == 0, "they count nothing");
		Ok(one.reduction > 0.5 && one.reduction < 0.9, "variance is reduced");
		free(c2);
		free(t2);
		free(c4);
		free(t4);
	}
}

/* An outcome that is its covariate has nothing left to vary. */
static void
TestDetermined(void)
{
	FFCross    *arm = calloc(1, FF_CROSS_SIZE(2));
	FFEffect	effect;
	FFEffectTest test;

	arm->variables = 2;
	for (int i = 0; i < 50; i++)
		FFCrossAdd(arm, (double[]) {0.1 * i * 3, 0.1 * i});
	effect = FFEffectOfCovariates(arm, arm, FF_ADJUST_CUPED, false);
	test = FFEffectTests(&effect, 0.05, false);
	Ok(effect.problem == FF_EFFECT_ZERO_VARIANCE && isnan(test.p_value), "no p of rounding errors");
	free(arm);
}

/* A ratio to 1 is a mean; one to 0 is none. */
static void
TestRatio(void)
{
	FFCross    *c = calloc(1, FF_CROSS_SIZE(2));
	FFCross    *t = calloc(1, FF_CROSS_SIZE(2));
	FFCross    *zero = calloc(1, FF_CROSS_SIZE(2));
	FFEffect	effect;

	c->variables = t->variables = zero->variables = 2;
	for (int i = 0; i < 60; i++)
	{
		FFCrossAdd(c, (double[]) {i % 7, 1});
		FFCrossAdd(t, (double[]) {i % 7 + 0.5, 1});
		FFCrossAdd(zero, (double[]) {i, i % 2 == 0 ? 1 : -1});
	}
	effect = FFEffectOfRatio(c, t);
	Near(effect.variance, (FFCrossCovariance(c, 0, 0) + FFCrossCovariance(t, 0, 0)) / 60, 1e-14, "a ratio to 1 has the variance of a mean");
	Near(effect.difference, 0.5, 1e-14, "and its difference");
	Ok(FFEffectOfRatio(c, zero).problem == FF_EFFECT_ZERO_DENOMINATOR, "a denominator of 0");
	FFCrossAdd(zero, (double[]) {1, 1});
	Ok(FFEffectOfRatio(c, zero).warning == FF_EFFECT_WEAK_DENOMINATOR, "one near 0 is told");
	free(c);
	free(t);
	free(zero);
}

/* Strata that cannot stand go into the largest that can. */
static void
TestStrata(void)
{
	FFCross    *controls[] = {Arm(50, 2, 0, 1), Arm(400, 2, 0, 2), Arm(1, 2, 0, 3)};
	FFCross    *treatments[] = {Arm(60, 2, 1, 4), Arm(300, 2, 1, 5), Arm(900, 2, 1, 6)};
	FFEffect	effect = FFEffectOfStrata(controls, treatments, 3, false);

	Ok(effect.warning == FF_EFFECT_STRATA_MERGED && effect.problem == FF_EFFECT_FINE, "a stratum of one control is merged");
	Ok(isfinite(effect.variance) && effect.df > 100, "and there is an answer");
	for (int i = 0; i < 3; i++)
	{
		free(controls[i]);
		free(treatments[i]);
		controls[i] = Arm(1, 2, 0, i);
		treatments[i] = Arm(i == 0, 2, 0, i);
	}
	Ok(FFEffectOfStrata(controls, treatments, 3, false).problem == FF_EFFECT_TOO_FEW_UNITS, "one unit an arm is too few");
	for (int i = 0; i < 3; i++)
	{
		free(controls[i]);
		free(treatments[i]);
	}
}

/* Without covariates the robust variance is the plain one; with them it is near. */
static void
TestRobust(void)
{
	FFCross    *one = Arm(100, 1, 0, 1);
	FFCross    *two = Arm(100, 2, 0, 1);
	FFRobust	plain = FFRobustOf(one, one);
	FFRobust	fit = FFRobustOf(two, two);
	FFEffect	lin = FFEffectOfCovariates(two, two, FF_ADJUST_LIN, false);
	double		sum = 0;
	double		adjusted = 0;

	for (int i = 0; i < 100; i++)
	{
		double		x = (i * 7919 + 31) % 101;
		double		row[] = {0.7 * x + (i * 104729 % 53), x};

		sum += FFRobustTerm(&plain, row);
		adjusted += FFRobustTerm(&fit, row);
	}
	Near(sum, FFCrossCovariance(one, 0, 0) / 100, 1e-13, "HC2 of a mean is its variance");
	Near(adjusted, lin.variance / 2, 0.05, "HC2 of an adjusted mean is near that of equal variances");
	free(one);
	free(two);
}

static int
Compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Selection against a sort, with ties, sorted, reversed and organ-pipe values. */
static void
TestQuantiles(void)
{
	enum
	{
		MOST = 5000
	};
	static double values[MOST];
	static double sorted[MOST];
	bool		is_same = true;

	for (int round = 0; round < 400; round++)
	{
		int			count = round < 60 ? round + 1 : 1 + round * 7919 % MOST;
		double		level = (round * 37 % 99 + 0.5) / 100;
		double		place = level * (count - 1);
		int			rank = (int) floor(place);
		double		wanted;

		for (int i = 0; i < count; i++)
		{
			int			shapes[] = {i * 7919 % 1009, i, count - i, i < count / 2 ? i : count - i, i % 3};

			values[i] = sorted[i] = shapes[round % 5];
		}
		qsort(sorted, (size_t) count, sizeof(double), Compare);
		wanted = sorted[rank];
		if (rank + 1 < count)
			wanted += (place - rank) * (sorted[rank + 1] - sorted[rank]);
		is_same = is_same && fabs(FFQuantileOf(values, count, level) - wanted) <= 1e-12 * fabs(wanted);
	}
	Ok(is_same, "quantiles of a selection are those of a sort");
	Ok(isnan(FFQuantileInterval(values, 10, 0.9).lower), "ten values have no bounds at 0.9");
}

void
TestEffects(void)
{
	TestPlain();
	TestDropped();
	TestDetermined();
	TestRatio();
	TestStrata();
	TestRobust();
	TestQuantiles();
}
