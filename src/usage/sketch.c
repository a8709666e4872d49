/*
 * sketch.c
 *	  Merging and reading sketches of users, and histograms of latencies.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/float.h"

#include "base/compat.h"
#include "usage/sketch.h"

PG_FUNCTION_INFO_V1(ff_users_union);
PG_FUNCTION_INFO_V1(ff_users_count);
PG_FUNCTION_INFO_V1(ff_latency_add);

#define MOST_USERS 1e18			/* of a sketch that no number of users would fill like this */
#define RANKS (64 - FF_SKETCH_BITS + 1) /* the greatest value of a register */

void
FFSketchMerge(uint8 *sketch, const uint8 *other)
{
	for (int i = 0; i < FF_SKETCH_BYTES; i++)
		sketch[i] = Max(sketch[i], other[i]);
}

/* What registers that are still 0 say: x + x^2 + 2 x^4 + 4 x^8 + … */
static double
Sigma(double x)
{
	double		sum = x;
	double		before;
	double		weight = 1;

	if (x == 1)
		return get_float8_infinity();
	do
	{
		x *= x;
		before = sum;
		sum += x * weight;
		weight += weight;
	} while (sum != before);
	return sum;
}

/* What registers at their greatest value say. */
static double
Tau(double x)
{
	double		sum = 1 - x;
	double		before;
	double		weight = 1;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		before = sum;
		weight *= 0.5;
		sum -= (1 - x) * (1 - x) * weight;
	} while (sum != before);
	return sum / 3;
}

/*
 * The improved estimator of O. Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6: without bias at any number, and
 * without tables of corrections.
 */
double
FFSketchCount(const uint8 *sketch)
{
	const double registers = FF_SKETCH_BYTES;
	int			counts[RANKS + 1] = {0};
	double		sum;

	for (int i = 0; i < FF_SKETCH_BYTES; i++)
		counts[Min(sketch[i], RANKS)]++;
	sum = registers * Tau(1 - counts[RANKS] / registers);
	for (int rank = RANKS - 1; rank >= 1; rank--)
		sum = 0.5 * (sum + counts[rank]);
	sum += registers * Sigma(counts[0] / registers);
	return Min(registers * registers / (2 * M_LN2 * sum), MOST_USERS);
}

/* The registers of a sketch that is stored; an error where it is none. */
static const uint8 *
SketchArgument(bytea *stored)
{
	if (VARSIZE_ANY_EXHDR(stored) != FF_SKETCH_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("a sketch of users has %d bytes, not %d", FF_SKETCH_BYTES, (int) VARSIZE_ANY_EXHDR(stored))));
	return (const uint8 *) VARDATA_ANY(stored);
}

/* ff._users_union(a, b): a sketch of all whom either has seen. */
Datum
ff_users_union(PG_FUNCTION_ARGS)
{
	const uint8 *a = SketchArgument(PG_GETARG_BYTEA_PP(0));
	const uint8 *b = SketchArgument(PG_GETARG_BYTEA_PP(1));
	bytea	   *both = palloc(VARHDRSZ + FF_SKETCH_BYTES);

	SET_VARSIZE(both, VARHDRSZ + FF_SKETCH_BYTES);
	memcpy(VARDATA(both), a, FF_SKETCH_BYTES);
	FFSketchMerge((uint8 *) VARDATA(both), b);
	PG_RETURN_BYTEA_P(both);
}

/* ff._users_count(sketch): about how many, as a whole number. */
Datum
ff_users_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) rint(FFSketchCount(SketchArgument(PG_GETARG_BYTEA_PP(0)))));
}

/* ff._latency_add(a, b): the sums of two arrays of bigint, place by place; NULL is none. */
Datum
ff_latency_add(PG_FUNCTION_ARGS)
{
	ArrayType  *arrays[2];
	int			lengths[2];
	Datum	   *sums;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
	arrays[0] = PG_GETARG_ARRAYTYPE_P(0);
	arrays[1] = PG_GETARG_ARRAYTYPE_P(1);
	for (int i = 0; i < 2; i++)
	{
		if (ARR_NDIM(arrays[i]) != 1 || array_contains_nulls(arrays[i]))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("a histogram of latencies is an array of numbers")));
		lengths[i] = ARR_DIMS(arrays[i])[0];
	}
	sums = palloc0(Max(lengths[0], lengths[1]) * sizeof(Datum));
	for (int i = 0; i < 2; i++)
	{
		const int64 *items = (const int64 *) ARR_DATA_PTR(arrays[i]);

		for (int k = 0; k < lengths[i]; k++)
			sums[k] = Int64GetDatum(DatumGetInt64(sums[k]) + items[k]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(sums, Max(lengths[0], lengths[1]), INT8OID, sizeof(int64),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
