/*
 * srm.c
 *	  ff_srm: whether the split is the one that was planned.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/distribution.h"
#include "stats/inference.h"

PG_FUNCTION_INFO_V1(ff_srm);

/* The arms that have a weight, and their units. */
typedef struct Split
{
	int			arms;
	double	   *observed;
	double	   *weights;
} Split;

/* The elements of a plain array without NULL. */
static Datum *
Elements(ArrayType *array, const char *name, int *count)
{
	Datum	   *elements;
	int16		length;
	bool		by_value;
	char		alignment;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one dimension", name)));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not hold a NULL", name)));
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &alignment);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, alignment, &elements, NULL, count);
	return elements;
}

static double
CountOf(Datum element)
{
	int64		count = DatumGetInt64(element);

	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an observed count must not be negative, as " INT64_FORMAT " is", count)));
	return (double) count;
}

static double
WeightOf(Datum element)
{
	double		weight = DatumGetFloat8(DirectFunctionCall1(numeric_float8, element));

	if (!(weight >= 0 && isfinite(weight)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a weight must be finite and not negative, as %s is not",
						DatumGetCString(DirectFunctionCall1(numeric_out, element)))));
	return weight;
}

/* The largest weight comes near 1, by a power of two: no digit is lost. */
static void
ScaleWeights(Split *split)
{
	double		largest = 0;
	int			exponent;

	for (int i = 0; i < split->arms; i++)
		largest = fmax(largest, split->weights[i]);
	(void) frexp(largest, &exponent);
	for (int i = 0; i < split->arms; i++)
		split->weights[i] = ldexp(split->weights[i], -exponent);
}

/* All arms are read, so that all are checked; those without weight go. */
static Split
ReadSplit(ArrayType *observed, ArrayType *weights)
{
	int			count;
	int			weight_count;
	Datum	   *counts = Elements(observed, "observed", &count);
	Datum	   *shares = weights == NULL ? NULL : Elements(weights, "weights", &weight_count);
	Split		split = {0, palloc(sizeof(double) * (count + 1)), palloc(sizeof(double) * (count + 1))};

	if (shares != NULL && weight_count != count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are %d observed counts and %d weights", count, weight_count)));
	for (int i = 0; i < count; i++)
	{
		split.observed[split.arms] = CountOf(counts[i]);
		split.weights[split.arms] = shares == NULL ? 1 : WeightOf(shares[i]);
		split.arms += split.weights[split.arms] > 0;
	}
	ScaleWeights(&split);
	return split;
}

static bool
HasUnits(const Split *split)
{
	for (int i = 0; i < split->arms; i++)
		if (split->observed[i] > 0)
			return true;
	return false;
}

/* Fills the row where there is something to test. */
static void
TestSplit(const Split *split, Datum *values, bool *nulls)
{
	double		chi_square = FFSplitChiSquare(split->observed, split->weights, split->arms);
	double		p_value;
	double		log10_p;

	if (!isfinite(chi_square))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("chi-square is out of range"),
				 errdetail("A weight is too small for the units that were observed.")));
	FFProbability(FFChiSquareLogTail(chi_square, split->arms - 1), &p_value, &log10_p);
	values[0] = Float8GetDatum(chi_square);
	values[1] = Int32GetDatum(split->arms - 1);
	values[2] = Float8GetDatum(p_value);
	values[3] = Float8GetDatum(log10_p);
	memset(nulls, false, 4 * sizeof(bool));
}

Datum
ff_srm(PG_FUNCTION_ARGS)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	if (!PG_ARGISNULL(0))
	{
		Split		split = ReadSplit(PG_GETARG_ARRAYTYPE_P(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_ARRAYTYPE_P(1));

		if (split.arms > 1 && HasUnits(&split))
			TestSplit(&split, values, nulls);
	}
	return FFRowDatum(fcinfo, values, nulls, 4);
}
