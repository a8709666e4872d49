/*
 * adjusted.c
 *	  ff_compare_ratio, ff_compare_adjusted, ff_compare_stratified.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/cross_pg.h"
#include "stats/effect_pg.h"
#include "stats/inference.h"

PG_FUNCTION_INFO_V1(ff_compare_ratio);
PG_FUNCTION_INFO_V1(ff_compare_adjusted);
PG_FUNCTION_INFO_V1(ff_compare_stratified);

/* A state of no units. */
static FFCross *
Nothing(int variables)
{
	FFCross    *cross = palloc0(FF_CROSS_SIZE(variables));

	cross->variables = variables;
	return cross;
}

static void
CheckSame(const FFCross *control, const FFCross *treatment)
{
	if (control->variables != treatment->variables)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("control has %d variables, treatment %d", control->variables, treatment->variables)));
}

/* Both arms; NULL is no units. */
static void
ArmArguments(FunctionCallInfo fcinfo, FFCross **control, FFCross **treatment)
{
	*control = PG_ARGISNULL(0) ? NULL : FF_GETARG_CROSS(0);
	*treatment = PG_ARGISNULL(1) ? Nothing(*control == NULL ? 2 : (*control)->variables) : FF_GETARG_CROSS(1);
	if (*control == NULL)
		*control = Nothing((*treatment)->variables);
	CheckSame(*control, *treatment);
}

static void
CheckProportion(const FFCross *cross, const char *arm)
{
	FFMoments	moments = {.count = cross->count};

	if (cross->count > 0)
		moments.sum = FFCrossSum(cross, 0);
	if (cross->count > 1)
		moments.squares = FFCrossDeviations(cross, 0, 0);
	if (!FFIsProportion(&moments))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the units of the %s are not 0 or 1", arm),
				 errdetail("The mean and variance of the first variable are not those of a proportion."),
				 errhint("Compare means without proportion => true.")));
}

Datum
ff_compare_ratio(PG_FUNCTION_ARGS)
{
	FFCross    *control;
	FFCross    *treatment;
	FFEffect	effect;

	ArmArguments(fcinfo, &control, &treatment);
	if (control->variables != 2 && control->variables != 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a ratio has 2 or 4 variables, not %d", control->variables),
				 errhint("Numerator, denominator, and perhaps numerator and denominator from before.")));
	effect = FFEffectOfRatio(control, treatment);
	return FFEffectRow(fcinfo, &effect, 2, 3);
}

static FFAdjustment
MethodArgument(FunctionCallInfo fcinfo, int number)
{
	char	   *method;

	FFRequireArgument(fcinfo, number, "method");
	method = text_to_cstring(PG_GETARG_TEXT_PP(number));
	if (strcmp(method, "cuped") == 0)
		return FF_ADJUST_CUPED;
	if (strcmp(method, "ancova") == 0)
		return FF_ADJUST_ANCOVA;
	if (strcmp(method, "lin") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method must be cuped, ancova or lin, not \"%s\"", method)));
	return FF_ADJUST_LIN;
}

Datum
ff_compare_adjusted(PG_FUNCTION_ARGS)
{
	FFAdjustment method = MethodArgument(fcinfo, 3);
	FFCross    *control;
	FFCross    *treatment;
	FFEffect	effect;

	ArmArguments(fcinfo, &control, &treatment);
	FFRequireArgument(fcinfo, 4, "proportion");
	if (PG_GETARG_BOOL(4))
	{
		CheckProportion(control, "control");
		CheckProportion(treatment, "treatment");
	}
	effect = FFEffectOfCovariates(control, treatment, method, PG_GETARG_BOOL(4));
	return FFEffectRow(fcinfo, &effect, 2, 5);
}

/* The states of an arm, a stratum each; NULL elements are NULL. */
static int
StrataArgument(FunctionCallInfo fcinfo, int number, const char *name, FFCross ***states)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	FFRequireArgument(fcinfo, number, name);
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] > FF_STRATA)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a list of 1 to %d strata", name, FF_STRATA)));
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	*states = palloc(sizeof(FFCross *) * (Size) count);
	for (int i = 0; i < count; i++)
		(*states)[i] = nulls[i] ? NULL : FFCrossOfDatum(elements[i]);
	return count;
}

/* The variables of the first state there is. */
static int
StrataVariables(FFCross **controls, FFCross **treatments, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (controls[i] != NULL || treatments[i] != NULL)
			return controls[i] != NULL ? controls[i]->variables : treatments[i]->variables;
	}
	return 1;
}

/* An arm without units in a stratum has a state of none. */
static void
FillStrata(FFCross **controls, FFCross **treatments, int count, bool proportion)
{
	FFCross    *model = Nothing(StrataVariables(controls, treatments, count));

	for (int i = 0; i < count; i++)
	{
		if (controls[i] == NULL)
			controls[i] = Nothing(model->variables);
		if (treatments[i] == NULL)
			treatments[i] = Nothing(model->variables);
		CheckSame(controls[i], model);
		CheckSame(controls[i], treatments[i]);
		if (!proportion)
			continue;
		CheckProportion(controls[i], "control");
		CheckProportion(treatments[i], "treatment");
	}
}

Datum
ff_compare_stratified(PG_FUNCTION_ARGS)
{
	FFCross   **controls;
	FFCross   **treatments;
	int			count = StrataArgument(fcinfo, 0, "control", &controls);
	FFEffect	effect;

	if (StrataArgument(fcinfo, 1, "treatment", &treatments) != count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("control and treatment must have the same strata"),
				 errhint("A stratum without units of an arm is NULL there.")));
	FFRequireArgument(fcinfo, 3, "proportion");
	FillStrata(controls, treatments, count, PG_GETARG_BOOL(3));
	effect = FFEffectOfStrata(controls, treatments, count, PG_GETARG_BOOL(3));
	return FFEffectRow(fcinfo, &effect, 2, 4);
}
