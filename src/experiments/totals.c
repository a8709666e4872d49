/*
 * totals.c
 *	  Totals of units that SQL has added up, to exact moments: as sweep.c makes
 *	  them of its own, to the bit.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "experiments/fixed.h"
#include "stats/cross_pg.h"

PG_FUNCTION_INFO_V1(ff_unit_moments_add);

/* A total as it is added up; one that is beyond the wide form is the nearest double. */
static FFPrecise
PreciseOf(Numeric total)
{
	FFWideTotal fixed;

	if (FFFixedOfNumeric(total, FF_WIDE_DECIMALS, &fixed))
		return FFFixedToPrecise(fixed, FF_WIDE_DECIMALS);
	return (FFPrecise) {DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(total))), 0};
}

/* The state, or a new one of so many variables in the aggregate's memory. */
static FFCross *
State(FunctionCallInfo fcinfo, int variables)
{
	MemoryContext context;
	FFCross    *state;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside of an aggregate");
	if (!PG_ARGISNULL(0))
	{
		state = (FFCross *) PG_GETARG_POINTER(0);
		if (state->variables != variables)
			elog(ERROR, "units have %d and %d variables", state->variables, variables);
		return state;
	}
	state = MemoryContextAllocZero(context, FF_CROSS_SIZE(variables));
	state->variables = variables;
	return state;
}

/*
 * ff._unit_moments_add(state, cap, totals): the first total counts up to the cap.
 * NULL totals are those of a unit that does not count.
 */
Datum
ff_unit_moments_add(PG_FUNCTION_ARGS)
{
	FFPrecise	values[FF_CROSS_VARIABLES];
	FFCross    *state;
	Datum	   *totals;
	bool	   *nulls;
	int			count;

	if (PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), NUMERICOID, -1, false, TYPALIGN_INT, &totals, &nulls, &count);
	if (count < 1 || count > FF_CROSS_VARIABLES)
		elog(ERROR, "a unit has 1 to %d variables", FF_CROSS_VARIABLES);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			elog(ERROR, "variable %d of a unit is null", i + 1);
		values[i] = PreciseOf(DatumGetNumeric(totals[i]));
	}
	if (!PG_ARGISNULL(1))
		values[0] = FFCapped(values[0], PG_GETARG_FLOAT8(1));
	state = State(fcinfo, count);
	FFCrossAddPrecise(state, values);
	PG_RETURN_POINTER(state);
}
