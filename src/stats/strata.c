/*
 * strata.c
 *	  Post-stratification: an effect a stratum, weighted by its share of units.
 *
 * Miratrix, Sekhon, Yu (2013).  Shares are those that were observed, so their
 * multinomial variance is part of the answer, as gbstats has it.
 */
#include <math.h>

#include "stats/effect.h"

/* A stratum's effect and its control's mean, with their variances. */
typedef struct Cell
{
	double		units;
	double		effect;
	double		base;
	double		effect_variance;
	double		base_variance;
	double		covariance;
	double		uncertainty;	/* sum of variance^2 / freedom */
} Cell;

static double
Units(const FFCross *control, const FFCross *treatment)
{
	return (double) control->count + (double) treatment->count;
}

/* Whether each arm says by itself how much its units vary. */
static bool
CanStand(const FFCross *control, const FFCross *treatment)
{
	int			variables = control->variables;

	if (control->count < 2 || treatment->count < 2)
		return false;
	if (variables > 1 && Units(control, treatment) < variables + 2)
		return false;
	return FFCrossDeviations(control, 0, 0).high > 0 && FFCrossDeviations(treatment, 0, 0).high > 0;
}

static Cell
PlainCell(const FFArm *control, const FFArm *treatment)
{
	double		c = control->variance / (double) control->count;
	double		t = treatment->variance / (double) treatment->count;

	return (Cell) {
		.units = (double) control->count + (double) treatment->count,
		.effect = FFPreciseAdd(treatment->mean, FFPreciseNegate(control->mean)).high,
		.base = control->mean.high, .effect_variance = c + t, .base_variance = c, .covariance = -c,
		.uncertainty = c * c / (double) (control->count - 1) + t * t / (double) (treatment->count - 1)
	};
}

/* With covariates: least squares, the base at the mean of the covariates. */
static Cell
RegressedCell(const FFArm *control, const FFArm *treatment)
{
	FFLeastSquares fit = FFRegress(control, treatment);
	double		units = (double) control->count + (double) treatment->count;

	return (Cell) {
		.units = units, .effect = fit.effect, .base = fit.base,
		.effect_variance = fit.effect_variance, .base_variance = fit.base_variance + fit.slope_variance / units,
		.covariance = fit.covariance, .uncertainty = fit.effect_variance * fit.effect_variance / fit.freedom
	};
}

/* Weighted means and the variance that the weights bring. */
static void
Weigh(FFEffect *effect, const Cell *cells, int count)
{
	double		units = 0;
	double		uncertainty = 0;
	double		base = 0;
	double		difference = 0;

	for (int i = 0; i < count; i++)
		units += cells[i].units;
	for (int i = 0; i < count; i++)
	{
		base += cells[i].units / units * cells[i].base;
		difference += cells[i].units / units * cells[i].effect;
	}
	effect->variance = effect->control_variance = effect->covariance = 0;
	for (int i = 0; i < count; i++)
	{
		double		weight = cells[i].units / units;
		double		off = cells[i].effect - difference;
		double		base_off = cells[i].base - base;

		effect->variance += weight * weight * cells[i].effect_variance + weight / units * off * off;
		effect->control_variance += weight * weight * cells[i].base_variance + weight / units * base_off * base_off;
		effect->covariance += weight * weight * cells[i].covariance + weight / units * off * base_off;
		uncertainty += weight * weight * weight * weight * cells[i].uncertainty;
	}
	effect->control_mean = base;
	effect->treatment_mean = base + difference;
	effect->difference = difference;
	effect->df = effect->variance * effect->variance / uncertainty;
}

/* The stratum with most units of those that can stand, or of all. */
static int
Largest(FFCross **controls, FFCross **treatments, int strata)
{
	int			largest = -1;
	bool		stands = false;

	for (int i = 0; i < strata; i++)
	{
		bool		can = CanStand(controls[i], treatments[i]);

		if (largest < 0 || (can && !stands) ||
			(can == stands && Units(controls[i], treatments[i]) > Units(controls[largest], treatments[largest])))
			largest = i;
		stands = stands || can;
	}
	return largest;
}

/* Moves into one stratum those that cannot stand; marks all of them. */
static void
MergeStrata(FFCross **controls, FFCross **treatments, int strata, int largest, bool *is_merged)
{
	for (int i = 0; i < strata; i++)
	{
		if (i == largest || CanStand(controls[i], treatments[i]))
			continue;
		is_merged[i] = is_merged[largest] = true;
		(void) FFCrossMerge(controls[largest], controls[i]);
		(void) FFCrossMerge(treatments[largest], treatments[i]);
	}
}

/* The variance of the difference without strata and covariates; moves the rest, too. */
static double
PlainVariance(FFCross **controls, FFCross **treatments, int strata, int largest, const bool *is_merged, bool proportion)
{
	FFArm		c;
	FFArm		t;

	for (int i = 0; i < strata; i++)
	{
		if (i == largest || is_merged[i])
			continue;
		(void) FFCrossMerge(controls[largest], controls[i]);
		(void) FFCrossMerge(treatments[largest], treatments[i]);
	}
	c = FFArmOf(controls[largest], proportion);
	t = FFArmOf(treatments[largest], proportion);
	return c.variance / (double) c.count + t.variance / (double) t.count;
}

/* The problem of all strata together. */
static FFEffect
Total(FFCross **controls, FFCross **treatments, int strata)
{
	int64_t		control = 0;
	int64_t		treatment = 0;
	FFEffect	effect;

	for (int i = 0; i < strata; i++)
	{
		control += controls[i]->count;
		treatment += treatments[i]->count;
	}
	effect = FFEffectOf(control, treatment);
	if (control > FF_MOMENTS_MAX_COUNT || treatment > FF_MOMENTS_MAX_COUNT)
		effect.problem = FF_EFFECT_OUT_OF_RANGE;
	return effect;
}

FFEffect
FFEffectOfStrata(FFCross **controls, FFCross **treatments, int strata, bool proportion)
{
	FFEffect	effect = Total(controls, treatments, strata);
	int			largest = Largest(controls, treatments, strata);
	Cell		cells[FF_STRATA];
	bool		is_merged[FF_STRATA] = {false};
	int			count = 0;

	if (effect.problem != FF_EFFECT_FINE)
		return effect;
	MergeStrata(controls, treatments, strata, largest, is_merged);
	if (Units(controls[largest], treatments[largest]) < controls[largest]->variables + 2)
		effect.problem = FF_EFFECT_TOO_FEW_UNITS;
	for (int i = 0; i < strata && effect.problem == FF_EFFECT_FINE; i++)
	{
		FFArm		c;
		FFArm		t;

		if (is_merged[i] && i != largest)
			continue;
		/* what was merged counts as values like others, over n - 1 */
		c = FFArmOf(controls[i], proportion && !is_merged[i]);
		t = FFArmOf(treatments[i], proportion && !is_merged[i]);
		cells[count++] = c.covariates > 0 ? RegressedCell(&c, &t) : PlainCell(&c, &t);
	}
	if (count == 0)
		return effect;
	Weigh(&effect, cells, count);
	effect.warning = is_merged[largest] ? FF_EFFECT_STRATA_MERGED : FF_EFFECT_NO_WARNING;
	effect.reduction = 1 - effect.variance / PlainVariance(controls, treatments, strata, largest, is_merged, proportion);
	return effect;
}
