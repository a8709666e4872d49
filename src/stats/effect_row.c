/*
 * effect_row.c
 *	  The row that ff_compare_ratio and its like answer.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/effect_pg.h"

/* Columns of ff.adjusted_comparison. */
enum
{
	CONTROL_MEAN, TREATMENT_MEAN, DIFFERENCE, STANDARD_ERROR, DF, T, P_VALUE, LOG10_P,
	LOWER, UPPER, LIFT, LIFT_STANDARD_ERROR, LIFT_LOWER, LIFT_UPPER, LIFT_UNBOUNDED,
	THETA, CONTROL_REDUCTION, TREATMENT_REDUCTION, REDUCTION, WARNED, PROBLEM,
	CONTROL_VARIANCE, COVARIANCE, COLUMNS
};

/* By FFEffectProblem. */
static const char *const problems[] = {
	NULL, "no_control_units", "no_treatment_units", "too_few_units", "zero_denominator", "quantile_bounds",
	"zero_variance", "zero_control_mean", "out_of_range"
};

/* By FFEffectWarning. */
static const char *const warnings[] = {
	NULL, "weak_denominator", "covariate_dropped", "unadjusted", "strata_merged"
};

/* A number that is not known is NULL, never NaN. */
static void
SetNumber(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = !isfinite(number);
	values[column] = Float8GetDatum(number);
}

static void
SetText(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	if (text != NULL)
		values[column] = CStringGetTextDatum(text);
}

static void
SetTest(Datum *values, bool *nulls, const FFEffectTest *test)
{
	SetNumber(values, nulls, STANDARD_ERROR, test->standard_error);
	SetNumber(values, nulls, T, test->t);
	SetNumber(values, nulls, P_VALUE, test->p_value);
	SetNumber(values, nulls, LOG10_P, test->log10_p);
	SetNumber(values, nulls, LOWER, test->lower);
	SetNumber(values, nulls, UPPER, test->upper);
	SetNumber(values, nulls, LIFT, test->lift);
	SetNumber(values, nulls, LIFT_STANDARD_ERROR, test->lift_standard_error);
	SetNumber(values, nulls, LIFT_LOWER, test->lift_lower);
	SetNumber(values, nulls, LIFT_UPPER, test->lift_upper);
	nulls[LIFT_UNBOUNDED] = !test->has_interval;
	values[LIFT_UNBOUNDED] = BoolGetDatum(test->lift_unbounded);
}

/* One theta a covariate. */
static void
SetTheta(Datum *values, bool *nulls, const FFEffect *effect)
{
	nulls[THETA] = effect->covariates == 0 || !isfinite(effect->difference);
	if (!nulls[THETA])
		values[THETA] = FFNumbersDatum(effect->theta, effect->covariates);
}

Datum
FFEffectRow(FunctionCallInfo fcinfo, FFEffect *effect, int alpha, int relative)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};
	FFEffectTest test = FFEffectTests(effect, FFShareArgument(fcinfo, alpha, "alpha"), FFDeltaArgument(fcinfo, relative));

	SetNumber(values, nulls, CONTROL_MEAN, effect->control_mean);
	SetNumber(values, nulls, TREATMENT_MEAN, effect->treatment_mean);
	SetNumber(values, nulls, DIFFERENCE, effect->difference);
	SetNumber(values, nulls, DF, effect->df);
	SetTest(values, nulls, &test);
	SetTheta(values, nulls, effect);
	SetNumber(values, nulls, CONTROL_REDUCTION, effect->control_reduction);
	SetNumber(values, nulls, TREATMENT_REDUCTION, effect->treatment_reduction);
	SetNumber(values, nulls, REDUCTION, effect->reduction);
	SetText(values, nulls, WARNED, warnings[effect->warning]);
	SetText(values, nulls, PROBLEM, problems[effect->problem]);
	SetNumber(values, nulls, CONTROL_VARIANCE, effect->control_variance);
	SetNumber(values, nulls, COVARIANCE, effect->covariance);
	return FFRowDatum(fcinfo, values, nulls, COLUMNS);
}
