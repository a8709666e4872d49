/*
 * scalars.c
 *	  The distributions as functions of SQL.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/compat.h"
#include "stats/distribution.h"

PG_FUNCTION_INFO_V1(ff_norm_sf);
PG_FUNCTION_INFO_V1(ff_norm_log10_sf);
PG_FUNCTION_INFO_V1(ff_norm_ppf);
PG_FUNCTION_INFO_V1(ff_t_sf);
PG_FUNCTION_INFO_V1(ff_t_log10_sf);
PG_FUNCTION_INFO_V1(ff_t_ppf);
PG_FUNCTION_INFO_V1(ff_chi2_sf);
PG_FUNCTION_INFO_V1(ff_chi2_log10_sf);

/* NaN comes of arguments for which the function is not defined. */
static Datum
Result(double result)
{
	if (isnan(result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument is outside of the distribution"),
				 errdetail("Degrees of freedom are above 0 and finite, probabilities between 0 and 1.")));
	PG_RETURN_FLOAT8(result + 0.0);	/* -0 is 0 */
}

/* Degrees of freedom; NaN where they are none. */
static double
FreedomArgument(FunctionCallInfo fcinfo)
{
	double		df = PG_GETARG_FLOAT8(1);

	return df > 0 && isfinite(df) ? df : NAN;
}

Datum
ff_norm_sf(PG_FUNCTION_ARGS)
{
	return Result(FFNormalTail(PG_GETARG_FLOAT8(0)));
}

Datum
ff_norm_log10_sf(PG_FUNCTION_ARGS)
{
	return Result(FFNormalLogTail(PG_GETARG_FLOAT8(0)) / M_LN10);
}

Datum
ff_norm_ppf(PG_FUNCTION_ARGS)
{
	return Result(FFNormalQuantile(PG_GETARG_FLOAT8(0)));
}

Datum
ff_t_sf(PG_FUNCTION_ARGS)
{
	return Result(FFStudentTail(PG_GETARG_FLOAT8(0), FreedomArgument(fcinfo)));
}

Datum
ff_t_log10_sf(PG_FUNCTION_ARGS)
{
	return Result(FFStudentLogTail(PG_GETARG_FLOAT8(0), FreedomArgument(fcinfo)) / M_LN10);
}

Datum
ff_t_ppf(PG_FUNCTION_ARGS)
{
	return Result(FFStudentQuantile(PG_GETARG_FLOAT8(0), FreedomArgument(fcinfo)));
}

Datum
ff_chi2_sf(PG_FUNCTION_ARGS)
{
	return Result(FFChiSquareTail(PG_GETARG_FLOAT8(0), FreedomArgument(fcinfo)));
}

Datum
ff_chi2_log10_sf(PG_FUNCTION_ARGS)
{
	return Result(FFChiSquareLogTail(PG_GETARG_FLOAT8(0), FreedomArgument(fcinfo)) / M_LN10);
}
