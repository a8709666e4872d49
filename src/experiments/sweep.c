/*
 * sweep.c
 *	  From the sums of units to cells: exact moments by phase, variation and level.
 *
 * A unit's totals become the nearest doubles, and these are added up without
 * rounding (ff.cross_moments): in any order, from any number of workers, the
 * bits are the same.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "experiments/gather.h"
#include "stats/cross_pg.h"
#include "stats/effect_pg.h"

PG_FUNCTION_INFO_V1(ff_gather_cells);
PG_FUNCTION_INFO_V1(ff_gather_population);

/* Units between looks for interrupts. */
#define UNITS_AT_ONCE 10000

HTAB *
FFCellsMake(MemoryContext context)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(FFCellKey);
	control.entrysize = sizeof(FFCell);
	control.hcxt = context;
	return hash_create("featureflow cells", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static FFCell *
CellOf(FFAnalysis *analysis, const FFUnit *unit)
{
	FFCellKey	key = {unit->phase, unit->variation, unit->level};
	bool		found;
	FFCell	   *cell = hash_search(analysis->cells, &key, HASH_ENTER, &found);

	if (!found)
	{
		memset((char *) cell + sizeof(key), 0, sizeof(*cell) - sizeof(key));
		cell->moments = MemoryContextAllocZero(analysis->context, sizeof(FFCross *) * (analysis->metrics + 1));
		cell->capped = MemoryContextAllocZero(analysis->context, sizeof(FFCross *) * (analysis->metrics + 1));
	}
	return cell;
}

static FFCross *
CrossOf(FFAnalysis *analysis, FFCross **place, int variables)
{
	if (*place == NULL)
	{
		*place = MemoryContextAllocZero(analysis->context, FF_CROSS_SIZE(variables));
		(*place)->variables = variables;
	}
	return *place;
}

FFWideTotal
FFUnitTotal(FFGathering *gathering, uint32 unit, int place)
{
	FFWideTotal total = 0;

	for (int i = 0; i < gathering->most_participants; i++)
	{
		Size		at = ((Size) i * gathering->units + unit) * gathering->sums + place;
		FFWideTotal sum;

		if (gathering->decimals == FF_NARROW_DECIMALS)
			sum = FF_GATHERING(gathering, sums_at, int64)[at];
		else
			memcpy(&sum, FF_GATHERING(gathering, sums_at, char) + at * sizeof(sum), sizeof(sum));
		if (__builtin_add_overflow(total, sum, &total))
			pg_atomic_write_u32(&gathering->too_wide, 1);
	}
	return total;
}

/* The value of a variable of a metric. */
static FFPrecise
ValueOf(FFGathering *gathering, const FFGatherMetric *metric, uint32 unit, int variable)
{
	FFWideTotal total = FFUnitTotal(gathering, unit, metric->place[variable]);

	switch (gathering->input[metric->input[variable]].aggregate)
	{
		case FF_AGGREGATE_ANY:
			return (FFPrecise) {total > 0 ? 1 : 0, 0};
		case FF_AGGREGATE_COUNT:
			return (FFPrecise) {(double) total, 0};
		case FF_AGGREGATE_SUM:
			break;
	}
	return FFFixedToPrecise(total, gathering->decimals);
}

/* Most values are doubles, and added faster. */
static void
AddValues(FFCross *cross, const FFPrecise *values)
{
	double		doubles[4];

	for (int i = 0; i < cross->variables; i++)
	{
		doubles[i] = values[i].high;
		if (values[i].low != 0)
		{
			FFCrossAddPrecise(cross, values);
			return;
		}
	}
	FFCrossAdd(cross, doubles);
}

/* Totals that must all be known before what is made of them is. */
static void
KeepTotals(FFAnalysis *analysis, FFGatherMetric *metric, FFCell *cell, const FFPrecise *values)
{
	if (metric->total_count == metric->total_space)
	{
		int64		space = Max(1024, metric->total_space * 2);
		Size		size = sizeof(FFPrecise) * metric->variables;

		metric->totals = metric->totals == NULL
			? MemoryContextAlloc(analysis->context, size * space)
			: repalloc_huge(metric->totals, size * space);
		metric->total_cells = metric->total_cells == NULL
			? MemoryContextAlloc(analysis->context, sizeof(FFCell *) * space)
			: repalloc_huge(metric->total_cells, sizeof(FFCell *) * space);
		metric->total_space = space;
	}
	memcpy(metric->totals + metric->total_count * metric->variables, values, sizeof(FFPrecise) * metric->variables);
	metric->total_cells[metric->total_count++] = cell;
}

static void
AddMetric(FFAnalysis *analysis, FFCell *cell, int index, uint32 unit)
{
	FFGatherMetric *metric = analysis->metric + index;
	FFPrecise	values[4];

	for (int i = 0; i < metric->variables; i++)
		values[i] = ValueOf(analysis->gathering, metric, unit, i);
	AddValues(CrossOf(analysis, cell->moments + index, metric->variables), values);
	if (!isnan(metric->percentile) || !isnan(metric->quantile))
		KeepTotals(analysis, metric, cell, values);
	if (!isnan(metric->cap))
	{
		values[0] = FFCapped(values[0], metric->cap);
		AddValues(CrossOf(analysis, cell->capped + index, metric->variables), values);
	}
}

/* Whether a unit met another variation while its own counted. */
static bool
IsMixed(const FFAnalysis *analysis, const FFUnit *unit)
{
	return unit->other_at < analysis->phase[unit->phase].cut;
}

void
FFSweepUnit(FFAnalysis *analysis, const FFUnit *unit, uint32 number)
{
	FFCell	   *cell = CellOf(analysis, unit);

	if (unit->excluded)
		cell->excluded++;
	else if (IsMixed(analysis, unit))
		cell->mixed++;
	else
	{
		cell->counted++;
		for (int m = 0; m < analysis->metrics; m++)
		{
			int64		complete = analysis->metric[m].complete;

			if (complete < 0 || unit->at + complete <= analysis->now)
				AddMetric(analysis, cell, m, number);
		}
	}
}

void
FFSweep(FFAnalysis *analysis)
{
	FFGathering *gathering = analysis->gathering;
	const FFUnit *units = FF_GATHERING(gathering, units_at, FFUnit);

	for (uint32 i = 0; i < gathering->units; i++)
	{
		if (i % UNITS_AT_ONCE == 0)
			CHECK_FOR_INTERRUPTS();
		FFSweepUnit(analysis, units + i, i);
	}
}

/* The percentile of all totals, or of those that are not 0. */
static double
CapOf(const FFGatherMetric *metric)
{
	double	   *values = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(double) * (metric->total_count + 1));
	int64		count = 0;

	for (int64 i = 0; i < metric->total_count; i++)
	{
		double		value = metric->totals[i * metric->variables].high;

		if (!metric->cap_ignores_zeros || value != 0)
			values[count++] = value;
	}
	return count > 0 ? FFQuantileOf(values, count, metric->percentile) : NAN;
}

/* Cap what was kept; the cap is a row's column. */
static void
CapTotals(FFAnalysis *analysis, int index)
{
	FFGatherMetric *metric = analysis->metric + index;

	metric->cap = CapOf(metric);
	for (int64 i = 0; i < metric->total_count && !isnan(metric->cap); i++)
	{
		FFPrecise	values[4];

		memcpy(values, metric->totals + i * metric->variables, sizeof(FFPrecise) * metric->variables);
		values[0] = FFCapped(values[0], metric->cap);
		AddValues(CrossOf(analysis, metric->total_cells[i]->capped + index, metric->variables), values);
	}
}

/* ff.quantile of a cell's totals, or NULL. */
static Datum
QuantileDatum(const FFGatherMetric *metric, const FFCell *cell, Oid type)
{
	TupleDesc	row_type = lookup_rowtype_tupdesc(type, -1);
	double	   *values = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(double) * (metric->total_count + 1));
	int64		count = 0;
	FFQuantile	quantile;
	Datum		columns[FF_QUANTILE_COLUMNS];
	bool		nulls[FF_QUANTILE_COLUMNS];
	Datum		row;

	for (int64 i = 0; i < metric->total_count; i++)
	{
		if (metric->total_cells[i] == cell)
			values[count++] = metric->totals[i * metric->variables].high;
	}
	quantile = FFQuantileInterval(values, count, metric->quantile);
	FFQuantileColumns(&quantile, columns, nulls);
	pfree(values);
	row = HeapTupleGetDatum(heap_form_tuple(row_type, columns, nulls));
	ReleaseTupleDesc(row_type);
	return row;
}

/* metric, phase, variation, level, moments, capped, cap, quantile */
static void
PutCell(ReturnSetInfo *result, FFAnalysis *analysis, const FFCell *cell, int index)
{
	const FFGatherMetric *metric = analysis->metric + index;
	bool		has_quantile = !isnan(metric->quantile);
	Datum		values[8];
	bool		nulls[8] = {false};

	values[0] = Int32GetDatum(index + 1);
	values[1] = Int32GetDatum((int32) cell->key.phase + 1);
	values[2] = CStringGetTextDatum(analysis->variation[cell->key.variation]);
	values[3] = CStringGetTextDatum(analysis->level[cell->key.level]);
	nulls[4] = cell->moments[index] == NULL;	/* no unit's window is over */
	values[4] = nulls[4] ? (Datum) 0 : FFCrossGetDatum(cell->moments[index]);
	nulls[5] = cell->capped[index] == NULL;
	values[5] = nulls[5] ? (Datum) 0 : FFCrossGetDatum(cell->capped[index]);
	nulls[6] = isnan(metric->cap);
	values[6] = Float8GetDatum(metric->cap);
	has_quantile = has_quantile && !nulls[4];
	nulls[7] = !has_quantile;
	values[7] = has_quantile
		? QuantileDatum(metric, cell, TupleDescAttr(result->setDesc, 7)->atttypid)
		: (Datum) 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* ff._gather_cells(handle): a row a cell that has units, and metric. */
Datum
ff_gather_cells(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	HASH_SEQ_STATUS cells;
	FFCell	   *cell;

	InitMaterializedSRF(fcinfo, 0);
	for (int m = 0; m < analysis->metrics; m++)
	{
		if (!isnan(analysis->metric[m].percentile))
			CapTotals(analysis, m);
	}
	hash_seq_init(&cells, analysis->cells);
	while ((cell = hash_seq_search(&cells)) != NULL)
	{
		for (int m = 0; m < analysis->metrics; m++)
		{
			if (cell->counted > 0)
				PutCell((ReturnSetInfo *) fcinfo->resultinfo, analysis, cell, m);
		}
	}
	return (Datum) 0;
}

/* ff._gather_population(handle): phase, variation, level, counted, mixed, excluded. */
Datum
ff_gather_population(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	HASH_SEQ_STATUS cells;
	const FFCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	hash_seq_init(&cells, analysis->cells);
	while ((cell = hash_seq_search(&cells)) != NULL)
	{
		Datum		values[6] = {
			Int32GetDatum((int32) cell->key.phase + 1),
			CStringGetTextDatum(analysis->variation[cell->key.variation]),
			CStringGetTextDatum(analysis->level[cell->key.level]),
			Int64GetDatum(cell->counted),
			Int64GetDatum(cell->mixed),
			Int64GetDatum(cell->excluded)
		};
		bool		nulls[6] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
