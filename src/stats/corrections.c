/*
 * corrections.c
 *	  Corrections for several tests as functions of SQL.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/multiple.h"

PG_FUNCTION_INFO_V1(ff_holm);
PG_FUNCTION_INFO_V1(ff_holm_log10);
PG_FUNCTION_INFO_V1(ff_benjamini_hochberg);
PG_FUNCTION_INFO_V1(ff_benjamini_hochberg_log10);
PG_FUNCTION_INFO_V1(ff_adjusted_interval);
PG_FUNCTION_INFO_V1(ff_preferential_bonferroni);
PG_FUNCTION_INFO_V1(ff_imbalance_alpha);

static void
CheckProbabilities(const double *p, int count, bool logarithms)
{
	for (int i = 0; i < count; i++)
		if (logarithms ? p[i] > 0 : p[i] < 0 || p[i] > 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 logarithms ? errmsg("log10_p must hold logarithms of probabilities, 0 or less, not %g", p[i]) :
					 errmsg("p must hold probabilities between 0 and 1, not %g", p[i])));
}

static Datum
Adjust(FunctionCallInfo fcinfo, FFCorrection correction, bool logarithms)
{
	int			count;
	bool	   *nulls;
	double	   *p = FFExtendedArgument(fcinfo, 0, logarithms ? "log10_p" : "p", &count, &nulls);
	Datum	   *values = palloc(sizeof(Datum) * (count + 1));
	int			lower = 1;

	CheckProbabilities(p, count, logarithms);
	FFAdjust(p, count, correction, logarithms, palloc(sizeof(int) * (count + 1)));
	for (int i = 0; i < count; i++)
		values[i] = Float8GetDatum(p[i] + 0.0);
	if (count == 0)
		return PointerGetDatum(construct_empty_array(FLOAT8OID));
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, FLOAT8OID,
											  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
ff_holm(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Adjust(fcinfo, FF_HOLM, false));
}

Datum
ff_holm_log10(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Adjust(fcinfo, FF_HOLM, true));
}

Datum
ff_benjamini_hochberg(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Adjust(fcinfo, FF_BENJAMINI_HOCHBERG, false));
}

Datum
ff_benjamini_hochberg_log10(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Adjust(fcinfo, FF_BENJAMINI_HOCHBERG, true));
}

Datum
ff_adjusted_interval(PG_FUNCTION_ARGS)
{
	double		effect = FFNumberArgument(fcinfo, 0, "effect");
	FFInterval	interval = {FFNumberArgument(fcinfo, 1, "lower"), FFNumberArgument(fcinfo, 2, "upper")};
	double		p = FFAmountArgument(fcinfo, 3, "p_adjusted");
	FFRow		row = {0};

	if (p > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("p_adjusted must be between 0 and 1, not %g", p)));
	if (!(interval.lower <= effect && effect <= interval.upper))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the effect %g is not between lower and upper", effect)));
	interval = FFAdjustedInterval(effect, interval, p, FFShareArgument(fcinfo, 4, "alpha"));
	FFRowBound(&row, interval.lower);
	FFRowBound(&row, interval.upper);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* A whole number of things, at least so many. */
static double
NumberOf(FunctionCallInfo fcinfo, int number, const char *name, int least)
{
	FFRequireArgument(fcinfo, number, name);
	if (PG_GETARG_INT32(number) < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d, not %d", name, least, PG_GETARG_INT32(number))));
	return PG_GETARG_INT32(number);
}

Datum
ff_preferential_bonferroni(PG_FUNCTION_ARGS)
{
	double		alpha = FFShareArgument(fcinfo, 0, "alpha");
	double		variants = NumberOf(fcinfo, 1, "treatment_variants", 1);
	double		others = NumberOf(fcinfo, 2, "metrics", 1) - 1;
	double		gamma = FFShareArgument(fcinfo, 3, "gamma");
	FFRow		row = {0};

	FFRowNumber(&row, gamma * alpha / variants);
	FFRowNumber(&row, (1 - gamma) * alpha / (variants * others));
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

Datum
ff_imbalance_alpha(PG_FUNCTION_ARGS)
{
	double		comparisons = NumberOf(fcinfo, 0, "variations", 2) - 1;
	double		metrics = NumberOf(fcinfo, 1, "goal_metrics", 0) + NumberOf(fcinfo, 2, "guardrail_metrics", 0);
	double		alpha = FFShareArgument(fcinfo, 3, "alpha");

	if (metrics == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("goal_metrics and guardrail_metrics must not both be 0")));
	PG_RETURN_FLOAT8(alpha / (comparisons * metrics));
}
