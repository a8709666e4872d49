/*
 * sequential.c
 *	  ff_confidence_sequence, ff_msprt, ff_msprt_statsig.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/inference.h"
#include "stats/sequential.h"

PG_FUNCTION_INFO_V1(ff_confidence_sequence);
PG_FUNCTION_INFO_V1(ff_msprt);
PG_FUNCTION_INFO_V1(ff_msprt_statsig);

#define MOST_COLUMNS 7

/* What is not known, or not measured, has no interval: all NULL. */
static Datum
Nothing(FunctionCallInfo fcinfo, int columns)
{
	Datum		values[MOST_COLUMNS] = {0};
	bool		nulls[MOST_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	return FFRowDatum(fcinfo, values, nulls, columns);
}

/* lower, upper, p_value, log10_p from a column on. */
static void
SetAnytime(Datum *values, bool *nulls, int column, const FFAnytime *result)
{
	double		p_value;
	double		log10_p;

	FFProbability(result->log_p, &p_value, &log10_p);
	FFSetNumber(values, nulls, column, result->lower);
	FFSetNumber(values, nulls, column + 1, result->upper);
	FFSetNumber(values, nulls, column + 2, p_value);
	FFSetNumber(values, nulls, column + 3, log10_p);
}

/* One side has alpha to itself, and the form needs 2 alpha below 1. */
static void
CheckOneSided(double alpha, FFAlternative alternative)
{
	if (alternative != FF_TWO_SIDED && alpha >= 0.5)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be below 0.5 where one side is asked about, not %g", alpha)));
}

Datum
ff_confidence_sequence(PG_FUNCTION_ARGS)
{
	double		alpha = FFShareArgument(fcinfo, 3, "alpha");
	double		tuning = FFPositiveArgument(fcinfo, 4, "tuning");
	FFAlternative alternative = FFAlternativeArgument(fcinfo, 5);
	Datum		values[5];
	bool		nulls[5] = {false};
	double		effect;
	double		error;
	double		n;
	FFAnytime	result;

	CheckOneSided(alpha, alternative);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return Nothing(fcinfo, 5);
	effect = FFNumberArgument(fcinfo, 0, "effect");
	error = FFAmountArgument(fcinfo, 1, "standard_error");
	n = FFPositiveArgument(fcinfo, 2, "n");
	if (error == 0)
		return Nothing(fcinfo, 5);
	result = FFConfidenceSequence(effect, error, n, alpha, tuning, alternative);
	FFSetNumber(values, nulls, 0, result.multiplier);
	SetAnytime(values, nulls, 1, &result);
	return FFRowDatum(fcinfo, values, nulls, 5);
}

Datum
ff_msprt(PG_FUNCTION_ARGS)
{
	double		tau2 = FFPositiveArgument(fcinfo, 2, "tau2");
	double		alpha = FFShareArgument(fcinfo, 3, "alpha");
	Datum		values[6];
	bool		nulls[6] = {false};
	double		effect;
	double		error;
	double		ratio;
	FFAnytime	result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return Nothing(fcinfo, 6);
	effect = FFNumberArgument(fcinfo, 0, "effect");
	error = FFAmountArgument(fcinfo, 1, "standard_error");
	if (error == 0)
		return Nothing(fcinfo, 6);
	if (!isfinite(tau2 / error / error))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("tau2 is too large for a standard_error of %g", error)));
	ratio = FFMixtureLogRatio(effect, error, tau2);
	result = FFMixtureTest(effect, error, tau2, alpha);
	FFSetNumber(values, nulls, 0, exp(ratio));
	FFSetNumber(values, nulls, 1, ratio);
	SetAnytime(values, nulls, 2, &result);
	return FFRowDatum(fcinfo, values, nulls, 6);
}

/* An arm by its variance and count, both above 0 where it says anything. */
static FFUnits
UnitsArgument(FunctionCallInfo fcinfo, int number, const char *variance, const char *count)
{
	FFUnits		units;

	units.variance = FFAmountArgument(fcinfo, number, variance);
	units.count = FFPositiveArgument(fcinfo, number + 1, count);
	return units;
}

Datum
ff_msprt_statsig(PG_FUNCTION_ARGS)
{
	double		alpha = FFShareArgument(fcinfo, 5, "alpha");
	Datum		values[7];
	bool		nulls[7] = {false};
	double		effect;
	double		tau2;
	double		variance;
	FFUnits		control;
	FFUnits		treatment;
	FFAnytime	result;

	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			return Nothing(fcinfo, 7);
	effect = FFNumberArgument(fcinfo, 0, "effect");
	control = UnitsArgument(fcinfo, 1, "control_variance", "control_n");
	treatment = UnitsArgument(fcinfo, 3, "treatment_variance", "treatment_n");
	if (control.variance == 0 && treatment.variance == 0)
		return Nothing(fcinfo, 7);
	result = FFMixtureTestStatsig(effect, control, treatment, alpha, &tau2, &variance);
	FFSetNumber(values, nulls, 0, tau2);
	FFSetNumber(values, nulls, 1, variance);
	FFSetNumber(values, nulls, 2, result.multiplier);
	SetAnytime(values, nulls, 3, &result);
	return FFRowDatum(fcinfo, values, nulls, 7);
}
