/*
 * bandit.c
 *	  ff_bandit_weights: shares of traffic by the chance to be the best.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/bandit.h"

PG_FUNCTION_INFO_V1(ff_bandit_weights);

enum
{
	MEANS, ERRORS, N, MINIMUM_WEIGHT, MINIMUM_N, INVERSE, TOP_TWO, PRIOR_MEAN, PRIOR_VARIANCE
};
enum
{
	ENOUGH, POSTERIOR_MEANS, POSTERIOR_ERRORS, BEST, WEIGHTS, PROBLEM, COLUMNS
};

/* Arms as they came; lengths agree. */
typedef struct Arms
{
	int			count;
	double	   *means;
	double	   *errors;
	double	   *n;				/* or NULL */
} Arms;

static void
CheckCount(int found, int wanted, const char *name)
{
	if (found != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are %d means and %d %s", wanted, found, name)));
}

static void
RefuseNegative(const double *numbers, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (numbers[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not be negative, as %g is", name, numbers[i])));
}

static Arms
ReadArms(FunctionCallInfo fcinfo)
{
	Arms		arms = {0};
	int			count;

	arms.means = FFNumbersArgument(fcinfo, MEANS, "means", &arms.count);
	arms.errors = FFNumbersArgument(fcinfo, ERRORS, "standard_errors", &count);
	CheckCount(count, arms.count, "standard_errors");
	RefuseNegative(arms.errors, count, "standard_errors");
	if (!PG_ARGISNULL(N))
	{
		arms.n = FFNumbersArgument(fcinfo, N, "n", &count);
		CheckCount(count, arms.count, "n");
		RefuseNegative(arms.n, count, "n");
	}
	if (arms.count < 2 || arms.count > FF_BANDIT_ARMS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be 2 to %d arms, not %d", FF_BANDIT_ARMS, arms.count)));
	return arms;
}

/* The weight that every arm has whatever happens. */
static double
FloorArgument(FunctionCallInfo fcinfo, int arms)
{
	double		floor = FFNumberArgument(fcinfo, MINIMUM_WEIGHT, "minimum_weight");

	if (floor < 0 || floor * arms > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minimum_weight must be between 0 and 1 / %d arms, not %g", arms, floor)));
	return floor;
}

static bool
IsEnough(const Arms *arms, double minimum)
{
	for (int i = 0; arms->n != NULL && i < arms->count; i++)
		if (arms->n[i] < minimum)
			return false;
	return true;
}

static FFPosterior *
Posteriors(FunctionCallInfo fcinfo, const Arms *arms)
{
	FFPosterior *posteriors = palloc(sizeof(FFPosterior) * arms->count);
	double		prior_mean = FFNumberArgument(fcinfo, PRIOR_MEAN, "prior_mean");
	double		variance = PG_ARGISNULL(PRIOR_VARIANCE) ? INFINITY :
		FFPositiveArgument(fcinfo, PRIOR_VARIANCE, "prior_variance");

	for (int i = 0; i < arms->count; i++)
		posteriors[i] = FFPosteriorOf(arms->means[i], arms->errors[i], prior_mean, variance);
	return posteriors;
}

/* The posterior as two columns. */
static void
SetPosteriors(Datum *values, const FFPosterior *posteriors, int count)
{
	double	   *numbers = palloc(sizeof(double) * count);

	for (int i = 0; i < count; i++)
		numbers[i] = posteriors[i].mean;
	values[POSTERIOR_MEANS] = FFNumbersDatum(numbers, count);
	for (int i = 0; i < count; i++)
		numbers[i] = posteriors[i].error;
	values[POSTERIOR_ERRORS] = FFNumbersDatum(numbers, count);
}

/* Chances to be the best, and the weights that follow. */
static void
SetWeights(Datum *values, FFPosterior *posteriors, int count, bool inverse, bool top_two, double floor)
{
	double	   *first = palloc(sizeof(double) * count);
	double	   *second = palloc(sizeof(double) * count);
	double	   *room = palloc(sizeof(double) * count * FF_BANDIT_ROOM);

	for (int i = 0; i < count && inverse; i++)
		posteriors[i].mean = -posteriors[i].mean;
	FFRankArms(posteriors, count, room, first, second, FFPause);
	if (isnan(first[0]))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("means or standard_errors are out of range")));
	values[BEST] = FFNumbersDatum(first, count);
	for (int i = 0; i < count; i++)
	{
		double		share = top_two ? (first[i] + second[i]) / 2 : first[i];

		first[i] = floor + (1 - count * floor) * share;
	}
	values[WEIGHTS] = FFNumbersDatum(first, count);
}

Datum
ff_bandit_weights(PG_FUNCTION_ARGS)
{
	Arms		arms = ReadArms(fcinfo);
	double		floor = FloorArgument(fcinfo, arms.count);
	double		minimum = FFNumberArgument(fcinfo, MINIMUM_N, "minimum_n");
	bool		inverse = FFBooleanArgument(fcinfo, INVERSE, "inverse");
	bool		top_two = FFBooleanArgument(fcinfo, TOP_TWO, "top_two");
	FFPosterior *posteriors = Posteriors(fcinfo, &arms);
	bool		enough = IsEnough(&arms, minimum);
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};

	values[ENOUGH] = BoolGetDatum(enough);
	SetPosteriors(values, posteriors, arms.count);
	nulls[BEST] = nulls[WEIGHTS] = !enough;
	nulls[PROBLEM] = enough;
	if (enough)
		SetWeights(values, posteriors, arms.count, inverse, top_two, floor);
	else
		values[PROBLEM] = CStringGetTextDatum("too_few_units");
	return FFRowDatum(fcinfo, values, nulls, COLUMNS);
}
