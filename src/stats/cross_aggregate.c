/*
 * cross_aggregate.c
 *	  The aggregates that make ff.cross_moments of rows and of other states.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/cross_pg.h"

PG_FUNCTION_INFO_V1(ff_cross_moments_add);
PG_FUNCTION_INFO_V1(ff_cross_moments_take);
PG_FUNCTION_INFO_V1(ff_cross_moments_combine);
PG_FUNCTION_INFO_V1(ff_cross_moments_serialize);
PG_FUNCTION_INFO_V1(ff_cross_moments_deserialize);
PG_FUNCTION_INFO_V1(ff_cross_moments_final);
PG_FUNCTION_INFO_V1(ff_cross_moments_subtract);
PG_FUNCTION_INFO_V1(ff_cross_moments_of);

/* The state of the aggregate, or a new one in its memory. */
static FFCross *
State(FunctionCallInfo fcinfo, int variables)
{
	MemoryContext context;
	FFCross    *state;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside of an aggregate");
	if (!PG_ARGISNULL(0))
		return (FFCross *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, FF_CROSS_SIZE(variables));
	state->variables = variables;
	return state;
}

static void
CheckVariables(int variables, int others)
{
	if (variables != others)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d variables do not go with %d", others, variables),
				 errhint("All rows and states have the same variables in the same order.")));
}

/* A state that no data have. */
static void
CheckFault(FFCrossFault fault)
{
	if (fault == FF_CROSS_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("cross moments are out of range"),
				 errdetail("The count is below 0 or above 2^53.")));
	if (fault != FF_CROSS_FINE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no values have such cross moments"),
				 errdetail("A variance would be below 0, or sums are left of no values.")));
}

/* Elements of a list of float8, which has one dimension; name is for errors. */
static int
Numbers(ArrayType *array, const char *name, int most, const double **values)
{
	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a list of 1 to %d numbers", name, most)));
	*values = (const double *) ARR_DATA_PTR(array);
	return ARR_DIMS(array)[0];
}

static void
CheckFinite(const double *values, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (!isfinite(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value \"%s\" of %s %d is not finite",
							isnan(values[i]) ? "NaN" : values[i] > 0 ? "Infinity" : "-Infinity", name, i + 1),
					 errhint("Leave such rows out, or make their values NULL.")));
	}
}

Datum
ff_cross_moments_add(PG_FUNCTION_ARGS)
{
	ArrayType  *array;
	const double *values;
	FFCross    *state;
	int			count;

	/* a unit that lacks a value has no cross products */
	if (PG_ARGISNULL(1) || array_contains_nulls(PG_GETARG_ARRAYTYPE_P(1)))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	array = PG_GETARG_ARRAYTYPE_P(1);
	count = Numbers(array, "the variables", FF_CROSS_VARIABLES, &values);
	state = State(fcinfo, count);
	CheckVariables(state->variables, count);
	CheckFinite(values, count, "variable");
	if (state->count >= FF_MOMENTS_MAX_COUNT)
		CheckFault(FF_CROSS_COUNT);
	FFCrossAdd(state, values);
	PG_RETURN_POINTER(state);
}

/* Takes in a state that is not NULL. */
static Datum
Merge(FunctionCallInfo fcinfo, const FFCross *other)
{
	FFCross    *state = State(fcinfo, other->variables);

	CheckVariables(state->variables, other->variables);
	CheckFault(FFCrossMerge(state, other));
	PG_RETURN_POINTER(state);
}

Datum
ff_cross_moments_take(PG_FUNCTION_ARGS)
{
	FFCross    *other;
	Datum		result;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = FF_GETARG_CROSS(1);
	result = Merge(fcinfo, other);
	pfree(other);
	return result;
}

Datum
ff_cross_moments_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	return Merge(fcinfo, (const FFCross *) PG_GETARG_POINTER(1));
}

/* What goes from a worker to its leader is the packed form. */
Datum
ff_cross_moments_serialize(PG_FUNCTION_ARGS)
{
	return FFCrossGetDatum((const FFCross *) PG_GETARG_POINTER(0));
}

Datum
ff_cross_moments_deserialize(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(FF_GETARG_CROSS(0));
}

Datum
ff_cross_moments_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return FFCrossGetDatum((const FFCross *) PG_GETARG_POINTER(0));
}

Datum
ff_cross_moments_subtract(PG_FUNCTION_ARGS)
{
	FFCross    *whole = FF_GETARG_CROSS(0);
	FFCross    *part = FF_GETARG_CROSS(1);

	CheckVariables(whole->variables, part->variables);
	CheckFault(FFCrossSubtract(whole, part));
	return FFCrossGetDatum(whole);
}

/* A list that must be there as a whole. */
static int
ListArgument(FunctionCallInfo fcinfo, int number, const char *name, int most, const double **values)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(number);
	int			count = Numbers(array, name, most, values);

	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain NULL", name)));
	CheckFinite(*values, count, name);
	return count;
}

Datum
ff_cross_moments_of(PG_FUNCTION_ARGS)
{
	const double *sums;
	const double *products;
	int			variables = ListArgument(fcinfo, 1, "sums", FF_CROSS_VARIABLES, &sums);
	int			wanted = FF_CROSS_VALUES(variables) - variables;
	FFCross    *cross = palloc0(FF_CROSS_SIZE(variables));

	if (ListArgument(fcinfo, 2, "products", FF_CROSS_VALUES(FF_CROSS_VARIABLES), &products) != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d sums must go with %d products", variables, wanted),
				 errhint("Each variable with itself and those after it, row by row.")));
	cross->count = PG_GETARG_INT64(0);
	cross->variables = variables;
	for (int i = 0; i < variables; i++)
		FFExactAdd(cross->values + i, sums[i]);
	for (int i = 0; i < wanted; i++)
		FFExactAdd(cross->values + variables + i, products[i]);
	CheckFault(FFCrossCheck(cross));
	return FFCrossGetDatum(cross);
}
