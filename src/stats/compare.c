/*
 * compare.c
 *	  ff_compare: one arm against another.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/inference.h"
#include "stats/moments_pg.h"

PG_FUNCTION_INFO_V1(ff_compare);

/* Columns of ff.comparison. */
enum
{
	CONTROL_MEAN, TREATMENT_MEAN, DIFFERENCE, STANDARD_ERROR, DF, T, P_VALUE, LOG10_P,
	LOWER, UPPER, LIFT, LIFT_LOWER, LIFT_UPPER, LIFT_UNBOUNDED, PROBLEM, COLUMNS
};

/* By FFProblem. */
static const char *const problems[] = {
	NULL, "no_control_units", "no_treatment_units", "too_few_units", "zero_variance",
	"zero_control_mean", "out_of_range"
};

/* NULL arguments are no units; the others are required. */
static FFMoments
ArmArgument(FunctionCallInfo fcinfo, int number)
{
	FFMoments	nothing = {0};

	return PG_ARGISNULL(number) ? nothing : *FF_GETARG_MOMENTS(number);
}

static void
CheckArguments(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", PG_ARGISNULL(2) ? "alpha" : "proportion")));
	if (!(PG_GETARG_FLOAT8(2) > 0 && PG_GETARG_FLOAT8(2) < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be above 0 and below 1, not %g", PG_GETARG_FLOAT8(2)),
				 errhint("0.05 gives intervals of 95 %%.")));
}

static void
CheckProportion(const FFMoments *moments, const char *arm)
{
	if (!FFIsProportion(moments))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the units of the %s are not 0 or 1", arm),
				 errdetail("Their mean and variance are not those of a proportion."),
				 errhint("Compare means without proportion => true.")));
}

/* A number that is not known is NULL, never NaN. */
static void
SetNumber(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = !isfinite(number);
	values[column] = Float8GetDatum(number);
}

static void
SetNumbers(Datum *values, bool *nulls, const FFComparison *result)
{
	SetNumber(values, nulls, CONTROL_MEAN, result->control_mean);
	SetNumber(values, nulls, TREATMENT_MEAN, result->treatment_mean);
	SetNumber(values, nulls, DIFFERENCE, result->difference);
	SetNumber(values, nulls, STANDARD_ERROR, result->standard_error);
	SetNumber(values, nulls, DF, result->df);
	SetNumber(values, nulls, T, result->t);
	SetNumber(values, nulls, P_VALUE, result->p_value);
	SetNumber(values, nulls, LOG10_P, result->log10_p);
	SetNumber(values, nulls, LOWER, result->lower);
	SetNumber(values, nulls, UPPER, result->upper);
	SetNumber(values, nulls, LIFT, result->lift);
	SetNumber(values, nulls, LIFT_LOWER, result->lift_lower);
	SetNumber(values, nulls, LIFT_UPPER, result->lift_upper);
}

/* The row of ff.comparison. */
static Datum
ComparisonRow(FunctionCallInfo fcinfo, const FFComparison *result)
{
	TupleDesc	descriptor;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE || descriptor->natts != COLUMNS)
		elog(ERROR, "ff_compare is not declared as it is defined");
	SetNumbers(values, nulls, result);
	nulls[LIFT_UNBOUNDED] = !result->has_interval;
	values[LIFT_UNBOUNDED] = BoolGetDatum(result->lift_unbounded);
	nulls[PROBLEM] = result->problem == FF_PROBLEM_NONE;
	if (!nulls[PROBLEM])
		values[PROBLEM] = CStringGetTextDatum(problems[result->problem]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

Datum
ff_compare(PG_FUNCTION_ARGS)
{
	FFMoments	control = ArmArgument(fcinfo, 0);
	FFMoments	treatment = ArmArgument(fcinfo, 1);
	FFComparison result;

	CheckArguments(fcinfo);
	if (PG_GETARG_BOOL(3))
	{
		CheckProportion(&control, "control");
		CheckProportion(&treatment, "treatment");
	}
	result = FFCompareArms(&control, &treatment, PG_GETARG_FLOAT8(2), PG_GETARG_BOOL(3));
	PG_RETURN_DATUM(ComparisonRow(fcinfo, &result));
}
