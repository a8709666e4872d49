/*
 * robust_pg.c
 *	  ff_adjusted_variance: an aggregate.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/cross_pg.h"
#include "stats/effect_pg.h"

PG_FUNCTION_INFO_V1(ff_adjusted_variance_add);
PG_FUNCTION_INFO_V1(ff_adjusted_variance_final);

/* The fit, from the first row; terms are added without rounding. */
typedef struct Robust
{
	FFRobust	fit;
	FFExact		sum;
	bool		is_determined;	/* by one unit */
} Robust;

static Robust *
MakeRobust(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	FFCross    *own;
	FFCross    *everybody;
	Robust	   *state;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside of an aggregate");
	FFRequireArgument(fcinfo, 1, "own");
	FFRequireArgument(fcinfo, 2, "everybody");
	own = FF_GETARG_CROSS(1);
	everybody = FF_GETARG_CROSS(2);
	if (own->variables != everybody->variables || own->count < 2 || everybody->count < 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("own and everybody must have the same variables, and two units or more")));
	state = MemoryContextAllocZero(context, sizeof(Robust));
	state->fit = FFRobustOf(own, everybody);
	return state;
}

/* The unit's numbers, as many as the fit has. */
static const double *
UnitArgument(ArrayType *array, const Robust *state)
{
	const double *values = (const double *) ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != state->fit.covariates + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a unit must have %d variables, as the moments have", state->fit.covariates + 1)));
	for (int i = 0; i <= state->fit.covariates; i++)
	{
		if (!isfinite(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("value of variable %d is not finite", i + 1)));
	}
	return values;
}

Datum
ff_adjusted_variance_add(PG_FUNCTION_ARGS)
{
	Robust	   *state = PG_ARGISNULL(0) ? NULL : (Robust *) PG_GETARG_POINTER(0);
	double		term;

	if (PG_ARGISNULL(3) || array_contains_nulls(PG_GETARG_ARRAYTYPE_P(3)))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = MakeRobust(fcinfo);
	term = FFRobustTerm(&state->fit, UnitArgument(PG_GETARG_ARRAYTYPE_P(3), state));
	if (isfinite(term))
		FFExactAdd(&state->sum, term);
	else
		state->is_determined = true;
	PG_RETURN_POINTER(state);
}

Datum
ff_adjusted_variance_final(PG_FUNCTION_ARGS)
{
	const Robust *state = PG_ARGISNULL(0) ? NULL : (const Robust *) PG_GETARG_POINTER(0);
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	if (state == NULL || state->is_determined)
		PG_RETURN_NULL();
	FFExactRead(&state->sum, &number);
	fraction = FFWideFraction(&number, &exponent);
	PG_RETURN_FLOAT8(ldexp(fraction.high, exponent));
}
