/*
 * quantile_pg.c
 *	  ff_quantile, an aggregate, and ff_compare_quantile.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/cross_pg.h"
#include "stats/effect_pg.h"

PG_FUNCTION_INFO_V1(ff_quantile_add);
PG_FUNCTION_INFO_V1(ff_quantile_combine);
PG_FUNCTION_INFO_V1(ff_quantile_serialize);
PG_FUNCTION_INFO_V1(ff_quantile_deserialize);
PG_FUNCTION_INFO_V1(ff_quantile_final);
PG_FUNCTION_INFO_V1(ff_compare_quantile);

/* All values; the level is that of the first row. */
typedef struct Values
{
	double		level;
	int64		count;
	int64		room;
	double	   *values;
} Values;

static MemoryContext
AggregateMemory(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "called outside of an aggregate");
	return context;
}

static Values *
MakeValues(MemoryContext context, double level, int64 room)
{
	Values	   *state = MemoryContextAlloc(context, sizeof(Values));

	*state = (Values) {level, 0, room, MemoryContextAllocHuge(context, sizeof(double) * (Size) room)};
	return state;
}

static void
Reserve(Values *state, int64 more)
{
	if (state->count + more <= state->room)
		return;
	state->room = Max(2 * state->room, state->count + more);
	state->values = repalloc_huge(state->values, sizeof(double) * (Size) state->room);
}

static void
CheckLevel(double level)
{
	if (!(level > 0 && level < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level must be above 0 and below 1, not %g", level),
				 errhint("0.9 is the value that nine of ten do not exceed.")));
}

static void
CheckSameLevel(double level, double other)
{
	if (level != other)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level must be the same everywhere, not %g and %g", level, other)));
}

Datum
ff_quantile_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateMemory(fcinfo);
	Values	   *state = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	double		value;

	FFRequireArgument(fcinfo, 2, "level");
	CheckLevel(PG_GETARG_FLOAT8(2));
	if (state == NULL)
		state = MakeValues(context, PG_GETARG_FLOAT8(2), 64);
	CheckSameLevel(state->level, PG_GETARG_FLOAT8(2));
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	value = PG_GETARG_FLOAT8(1);
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value \"%s\" is not finite", isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"),
				 errhint("Leave such rows out, or make their values NULL.")));
	Reserve(state, 1);
	state->values[state->count++] = value;
	PG_RETURN_POINTER(state);
}

Datum
ff_quantile_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = AggregateMemory(fcinfo);
	Values	   *state = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	const Values *other = PG_ARGISNULL(1) ? NULL : (const Values *) PG_GETARG_POINTER(1);

	if (other == NULL && state == NULL)
		PG_RETURN_NULL();
	if (other == NULL)
		PG_RETURN_POINTER(state);
	if (state == NULL)
		state = MakeValues(context, other->level, Max(other->count, 64));
	CheckSameLevel(state->level, other->level);
	Reserve(state, other->count);
	memcpy(state->values + state->count, other->values, sizeof(double) * (Size) other->count);
	state->count += other->count;
	PG_RETURN_POINTER(state);
}

/* For the leader: the level, then the values. */
Datum
ff_quantile_serialize(PG_FUNCTION_ARGS)
{
	const Values *state = (const Values *) PG_GETARG_POINTER(0);
	Size		size = VARHDRSZ + sizeof(double) * (Size) (state->count + 1);
	bytea	   *bytes;

	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many values for a parallel worker's part of a quantile"),
				 errhint("SET max_parallel_workers_per_gather = 0.")));
	bytes = palloc(size);
	SET_VARSIZE(bytes, size);
	memcpy(VARDATA(bytes), &state->level, sizeof(double));
	memcpy(VARDATA(bytes) + sizeof(double), state->values, sizeof(double) * (Size) state->count);
	PG_RETURN_BYTEA_P(bytes);
}

Datum
ff_quantile_deserialize(PG_FUNCTION_ARGS)
{
	const bytea *bytes = PG_GETARG_BYTEA_PP(0);
	int64		count = (int64) (VARSIZE_ANY_EXHDR(bytes) / sizeof(double)) - 1;
	Values	   *state;
	double		level;

	if (count < 0)
		elog(ERROR, "a quantile's state is cut off");
	memcpy(&level, VARDATA_ANY(bytes), sizeof(double));
	state = MakeValues(CurrentMemoryContext, level, Max(count, 1));
	memcpy(state->values, VARDATA_ANY(bytes) + sizeof(double), sizeof(double) * (Size) count);
	state->count = count;
	PG_RETURN_POINTER(state);
}

void
FFQuantileColumns(const FFQuantile *quantile, Datum *values, bool *nulls)
{
	memset(nulls, false, sizeof(bool) * FF_QUANTILE_COLUMNS);
	values[0] = Int64GetDatum(quantile->count);
	values[1] = Int64GetDatum(quantile->n_star);
	values[2] = Float8GetDatum(quantile->level);
	values[3] = Float8GetDatum(quantile->value);
	values[4] = Float8GetDatum(quantile->lower);
	values[5] = Float8GetDatum(quantile->upper);
	nulls[4] = nulls[5] = isnan(quantile->lower);
}

Datum
ff_quantile_final(PG_FUNCTION_ARGS)
{
	Values	   *state = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	FFQuantile	quantile;
	Datum		values[FF_QUANTILE_COLUMNS];
	bool		nulls[FF_QUANTILE_COLUMNS];

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	quantile = FFQuantileInterval(state->values, state->count, state->level);
	FFQuantileColumns(&quantile, values, nulls);
	return FFRowDatum(fcinfo, values, nulls, FF_QUANTILE_COLUMNS);
}

/* A number of the row, NaN where it is not there. */
static double
Field(HeapTupleHeader row, int number)
{
	bool		is_null;
	Datum		field = GetAttributeByNum(row, (AttrNumber) number, &is_null);

	return is_null ? NAN : DatumGetFloat8(field);
}

static int64
CountField(HeapTupleHeader row, int number)
{
	bool		is_null;
	Datum		field = GetAttributeByNum(row, (AttrNumber) number, &is_null);

	return is_null ? -1 : DatumGetInt64(field);
}

/* NULL is no values; anything else must make sense. */
static FFQuantile
QuantileArgument(FunctionCallInfo fcinfo, int number, const char *arm)
{
	FFQuantile	quantile = {0, 0, NAN, NAN, NAN, NAN};
	HeapTupleHeader row;

	if (PG_ARGISNULL(number))
		return quantile;
	row = PG_GETARG_HEAPTUPLEHEADER(number);
	quantile = (FFQuantile) {
		CountField(row, 1), CountField(row, 2), Field(row, 3), Field(row, 4), Field(row, 5), Field(row, 6)
	};
	if (quantile.count < 1 || quantile.count > FF_MOMENTS_MAX_COUNT || quantile.n_star < 1 || quantile.n_star > FF_MOMENTS_MAX_COUNT ||
		!(quantile.level > 0 && quantile.level < 1) || !isfinite(quantile.value) ||
		isinf(quantile.lower) || isinf(quantile.upper) || quantile.lower > quantile.value || quantile.upper < quantile.value)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the quantile of the %s is none", arm),
				 errdetail("Counts are above 0, the level is between 0 and 1, the value finite and between its bounds.")));
	return quantile;
}

/* Clusters of values: two variables, or nothing. */
static FFCross *
ClusterArgument(FunctionCallInfo fcinfo, int number, const char *arm)
{
	FFCross    *clusters = PG_ARGISNULL(number) ? NULL : FF_GETARG_CROSS(number);

	if (clusters != NULL && (clusters->variables != 2 || !(FFCrossSum(clusters, 1).high > 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the clusters of the %s must have two variables", arm),
				 errdetail("How many of a cluster's values are up to the quantile, and how many it has, which is more than 0.")));
	return clusters;
}

Datum
ff_compare_quantile(PG_FUNCTION_ARGS)
{
	FFQuantile	control = QuantileArgument(fcinfo, 0, "control");
	FFQuantile	treatment = QuantileArgument(fcinfo, 1, "treatment");
	FFCross    *control_clusters = ClusterArgument(fcinfo, 2, "control");
	FFCross    *treatment_clusters = ClusterArgument(fcinfo, 3, "treatment");
	FFEffect	effect;

	if ((control_clusters == NULL) != (treatment_clusters == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("clusters must be given for both arms or for none")));
	if (control.count > 0 && treatment.count > 0)
		CheckSameLevel(control.level, treatment.level);
	effect = FFEffectOfQuantiles(&control, &treatment, control_clusters, treatment_clusters);
	return FFEffectRow(fcinfo, &effect, 4, 5);
}
