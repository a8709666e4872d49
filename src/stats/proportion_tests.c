/*
 * proportion_tests.c
 *	  Tests and intervals of proportions as functions of SQL.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/counts.h"

PG_FUNCTION_INFO_V1(ff_fisher);
PG_FUNCTION_INFO_V1(ff_pooled_z);
PG_FUNCTION_INFO_V1(ff_wilson);
PG_FUNCTION_INFO_V1(ff_newcombe);
PG_FUNCTION_INFO_V1(ff_miettinen_nurminen);

/* An arm by its units and successes; false where it has no units. */
static bool
CountsArguments(FunctionCallInfo fcinfo, int number, const char *n, const char *successes, FFCounts *counts)
{
	counts->n = FFCountArgument(fcinfo, number, n);
	counts->successes = FFCountArgument(fcinfo, number + 1, successes);
	if (counts->successes > counts->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be above %s, as " INT64_FORMAT " is above " INT64_FORMAT,
						successes, n, (int64) counts->successes, (int64) counts->n)));
	return counts->n > 0;
}

/* Both arms; false where one has no units. */
static bool
ArmsArguments(FunctionCallInfo fcinfo, FFCounts *control, FFCounts *treatment)
{
	bool		has_control = CountsArguments(fcinfo, 0, "control_n", "control_successes", control);

	return CountsArguments(fcinfo, 2, "treatment_n", "treatment_successes", treatment) && has_control;
}

Datum
ff_fisher(PG_FUNCTION_ARGS)
{
	FFCounts	control;
	FFCounts	treatment;
	bool		known = ArmsArguments(fcinfo, &control, &treatment);
	FFAlternative alternative = FFAlternativeArgument(fcinfo, 4);
	FFRow		row = {0};

	FFRowBound(&row, known ? FFOddsRatio(control, treatment) : NAN);
	FFRowProbability(&row, known ? FFFisherLogP(control, treatment, alternative) : NAN);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

Datum
ff_pooled_z(PG_FUNCTION_ARGS)
{
	FFCounts	control;
	FFCounts	treatment;
	bool		known = ArmsArguments(fcinfo, &control, &treatment);
	FFAlternative alternative = FFAlternativeArgument(fcinfo, 4);
	double		z = known ? FFPooledZ(control, treatment) : NAN;
	FFRow		row = {0};

	FFRowNumber(&row, z);
	FFRowNumber(&row, z * z);
	FFRowProbability(&row, isfinite(z) ? FFTestLogP(z, INFINITY, alternative) : NAN);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

Datum
ff_wilson(PG_FUNCTION_ARGS)
{
	FFCounts	counts;
	bool		known = CountsArguments(fcinfo, 0, "n", "successes", &counts);
	double		quantile = FFTestQuantile(FFShareArgument(fcinfo, 2, "alpha"), INFINITY, FF_TWO_SIDED);
	FFInterval	interval = known ? FFWilson(counts, quantile) : (FFInterval) {NAN, NAN};
	FFRow		row = {0};

	FFRowNumber(&row, (double) counts.successes / (double) counts.n);
	FFRowNumber(&row, interval.lower);
	FFRowNumber(&row, interval.upper);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* The difference of two proportions with an interval of some kind. */
static Datum
Difference(FunctionCallInfo fcinfo, FFInterval (*method) (FFCounts, FFCounts, double))
{
	FFCounts	control;
	FFCounts	treatment;
	bool		known = ArmsArguments(fcinfo, &control, &treatment);
	double		quantile = FFTestQuantile(FFShareArgument(fcinfo, 4, "alpha"), INFINITY, FF_TWO_SIDED);
	FFInterval	interval = known ? method(control, treatment, quantile) : (FFInterval) {NAN, NAN};
	FFRow		row = {0};

	FFRowNumber(&row, (double) treatment.successes / (double) treatment.n - (double) control.successes / (double) control.n);
	FFRowNumber(&row, interval.lower);
	FFRowNumber(&row, interval.upper);
	return FFRowResult(fcinfo, &row);
}

Datum
ff_newcombe(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Difference(fcinfo, FFNewcombe));
}

Datum
ff_miettinen_nurminen(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Difference(fcinfo, FFMiettinenNurminen));
}
