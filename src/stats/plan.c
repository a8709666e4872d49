/*
 * plan.c
 *	  ff_power, ff_sample_size, ff_mde, ff_power_now.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/moments.h"
#include "stats/power.h"

PG_FUNCTION_INFO_V1(ff_power);
PG_FUNCTION_INFO_V1(ff_sample_size);
PG_FUNCTION_INFO_V1(ff_mde);
PG_FUNCTION_INFO_V1(ff_power_now);

/* Settings that all of them share follow their own arguments in this order. */
enum
{
	ALPHA, RATIO, ALTERNATIVE, MARGIN, RELATIVE, TEST, TUNING, INFLATION
};

/* NULL is a proportion. */
static double
DeviationArgument(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NAN : FFPositiveArgument(fcinfo, number, "sd");
}

/* What does not go together. */
static void
CheckPlan(const FFPlan *plan)
{
	const char *why = NULL;

	if (isnan(plan->deviation) && !(plan->mean > 0 && plan->mean < 1))
		why = "mean must be above 0 and below 1 for a proportion; give sd for other values";
	else if (plan->relative && plan->mean == 0)
		why = "mean must not be 0 where the effect is relative";
	else if (plan->test == FF_PLAN_POOLED && !isnan(plan->deviation))
		why = "test pooled is of proportions: sd must be NULL";
	else if (plan->test == FF_PLAN_GROWTHBOOK && !plan->relative)
		why = "test growthbook is of relative effects";
	else if (plan->margin != 0 && plan->alternative == FF_TWO_SIDED)
		why = "margin needs alternative greater or less";
	else if (!isnan(plan->tuning) && (plan->test == FF_PLAN_STUDENT || plan->test == FF_PLAN_POOLED))
		why = "tuning needs test welch or growthbook";
	else if (plan->alternative != FF_TWO_SIDED && !isnan(plan->tuning) && plan->alpha >= 0.5)
		why = "alpha must be below 0.5 where one side is asked about";
	if (why != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s", why)));
}

/* mean and sd where they stand, the settings from a place on. */
static FFPlan
ReadPlan(FunctionCallInfo fcinfo, int mean, int deviation, int settings)
{
	static const char *const tests[] = {"welch", "t", "pooled", "growthbook", NULL};
	FFPlan		plan;

	plan.mean = FFNumberArgument(fcinfo, mean, "mean");
	plan.deviation = DeviationArgument(fcinfo, deviation);
	plan.alpha = FFShareArgument(fcinfo, settings + ALPHA, "alpha");
	plan.ratio = FFPositiveArgument(fcinfo, settings + RATIO, "ratio");
	plan.alternative = FFAlternativeArgument(fcinfo, settings + ALTERNATIVE);
	plan.margin = FFAmountArgument(fcinfo, settings + MARGIN, "margin");
	plan.relative = FFBooleanArgument(fcinfo, settings + RELATIVE, "relative");
	plan.test = (FFPlanTest) FFWordArgument(fcinfo, settings + TEST, "test", tests);
	plan.tuning = PG_ARGISNULL(settings + TUNING) ? NAN : FFPositiveArgument(fcinfo, settings + TUNING, "tuning");
	plan.inflation = FFPositiveArgument(fcinfo, settings + INFLATION, "inflation");
	CheckPlan(&plan);
	return plan;
}

static double
EffectArgument(FunctionCallInfo fcinfo, int number, const FFPlan *plan)
{
	double		effect = FFNumberArgument(fcinfo, number, "effect");

	if (!FFPlanAllows(plan, effect))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("effect %g leads to a treatment mean that cannot be", effect)));
	return effect;
}

Datum
ff_power(PG_FUNCTION_ARGS)
{
	FFPlan		plan = ReadPlan(fcinfo, 1, 3, 4);
	double		effect = EffectArgument(fcinfo, 2, &plan);
	double		n = FFPositiveArgument(fcinfo, 0, "n");
	FFPower		power = FFPlanPower(&plan, n, effect);
	Datum		values[2];
	bool		nulls[2] = {false};

	FFSetNumber(values, nulls, 0, power.right + power.wrong);
	FFSetNumber(values, nulls, 1, power.wrong);
	return FFRowDatum(fcinfo, values, nulls, 2);
}

/* Whole units, at least two: fewer have no variance. */
static double
Whole(double n)
{
	return fmax(2, ceil(n - 1e-9 * n));
}

/* Units of control, of each treatment, and of all arms together. */
static Datum
UnitsRow(FunctionCallInfo fcinfo, double n, double ratio, int arms)
{
	Datum		values[4];
	bool		nulls[4] = {false};
	double		control = Whole(n);
	double		treatment = Whole(n * ratio);
	double		total = control + treatment * (arms - 1);

	if (!(n < (double) FF_MOMENTS_MAX_COUNT && total <= (double) FF_MOMENTS_MAX_COUNT))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("no sample of up to 2^53 units has this power")));
	values[0] = Float8GetDatum(n);
	values[1] = Int64GetDatum((int64) control);
	values[2] = Int64GetDatum((int64) treatment);
	values[3] = Int64GetDatum((int64) total);
	return FFRowDatum(fcinfo, values, nulls, 4);
}

Datum
ff_sample_size(PG_FUNCTION_ARGS)
{
	FFPlan		plan = ReadPlan(fcinfo, 0, 2, 5);
	double		effect = EffectArgument(fcinfo, 1, &plan);
	double		power = FFShareArgument(fcinfo, 3, "power");
	int			arms = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);

	if (arms < 2 || arms > 1000)
		ereport(ERROR,
				(errcode(PG_ARGISNULL(4) ? ERRCODE_NULL_VALUE_NOT_ALLOWED : ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arms must be between 2 and 1000")));
	if (!FFPlanSeeks(&plan, effect))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no sample finds an effect of %g", effect),
				 errdetail("It is none, or on the other side than alternative and margin ask about.")));
	return UnitsRow(fcinfo, FFPlanUnits(&plan, effect, power), plan.ratio, arms);
}

Datum
ff_mde(PG_FUNCTION_ARGS)
{
	FFPlan		plan = ReadPlan(fcinfo, 1, 2, 4);
	double		n = FFPositiveArgument(fcinfo, 0, "n");
	double		power = FFShareArgument(fcinfo, 3, "power");
	double		effect = FFPlanEffect(&plan, n, power);

	if (isnan(effect))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(effect);
}

/* As many units more as a share of those there are: units, and days. */
static void
SetMissing(FunctionCallInfo fcinfo, Datum *values, bool *nulls, double missing, double n)
{
	FFSetNumber(values, nulls, 1, missing);
	FFSetNumber(values, nulls, 2, missing * n);
	if (!PG_ARGISNULL(7))
		FFSetNumber(values, nulls, 3, ceil(missing * n / FFPositiveArgument(fcinfo, 7, "units_per_day")));
}

Datum
ff_power_now(PG_FUNCTION_ARGS)
{
	FFProgress	progress;
	double		effect = FFNumberArgument(fcinfo, 0, "effect");
	double		power = FFShareArgument(fcinfo, 3, "power");
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	progress.alpha = FFShareArgument(fcinfo, 4, "alpha");
	progress.alternative = FFAlternativeArgument(fcinfo, 5);
	progress.tuning = PG_ARGISNULL(6) ? NAN : FFPositiveArgument(fcinfo, 6, "tuning");
	if (progress.alternative != FF_TWO_SIDED && progress.alpha >= 0.5)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be below 0.5 where one side is asked about, not %g", progress.alpha)));
	if (effect == 0 || (progress.alternative != FF_TWO_SIDED && (effect > 0) != (progress.alternative == FF_GREATER)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("effect must be on the side that alternative asks about, and not 0")));
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		progress.standard_error = FFPositiveArgument(fcinfo, 1, "standard_error");
		progress.n = FFPositiveArgument(fcinfo, 2, "n");
		FFSetNumber(values, nulls, 0, FFProgressPower(&progress, effect, 0));
		SetMissing(fcinfo, values, nulls, FFProgressMissing(&progress, effect, power), progress.n);
	}
	return FFRowDatum(fcinfo, values, nulls, 4);
}
