/*
 * analysis.c
 *	  The life of an analysis: begun, fed with exposures, with events, read, ended.
 *
 * The queries are those of cells.sql; what lies between them lies here, in
 * memory that goes with the transaction or subtransaction.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker_internals.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "experiments/gather.h"
#include "experiments/keep.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_begin);
PG_FUNCTION_INFO_V1(ff_gather_restart);
PG_FUNCTION_INFO_V1(ff_gather_events);
PG_FUNCTION_INFO_V1(ff_gather_finish);
PG_FUNCTION_INFO_V1(ff_gather_end);

/* Those of this backend: one, or a few where functions call each other. */
static FFAnalysis *Analyses = NULL;
static int32 LastId = 0;

FFAnalysis *
FFAnalysisFind(int64 handle)
{
	FFAnalysis *analysis = Analyses;

	while (analysis != NULL && analysis->id != (int32) (handle >> 32))
		analysis = analysis->next;
	if (analysis == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no such analysis")));
	return analysis;
}

/* Its memory goes: with the transaction, with a subtransaction, or at its end. */
static void
Forget(void *pointer)
{
	FFAnalysis *analysis = pointer;
	FFAnalysis **place = &Analyses;

	while (*place != NULL && *place != analysis)
		place = &(*place)->next;
	if (*place != NULL)
		*place = analysis->next;
	if (analysis->segment != NULL)
		dsm_detach(analysis->segment);
}

static FFAnalysis *
Make(void)
{
	MemoryContext context = AllocSetContextCreate(CurTransactionContext, "featureflow analysis", ALLOCSET_DEFAULT_SIZES);
	FFAnalysis *analysis = MemoryContextAllocZero(context, sizeof(FFAnalysis));
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));

	analysis->context = context;
	analysis->id = LastId = LastId % (PG_INT32_MAX - 1) + 1;
	analysis->next = Analyses;
	callback->func = Forget;
	callback->arg = analysis;
	MemoryContextRegisterResetCallback(context, callback);
	Analyses = analysis;
	return analysis;
}

/* The elements of an array argument of 8 bytes each, which has no NULLs. */
static const int64 *
Longs(FunctionCallInfo fcinfo, int number, int *count)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(number);

	if (array_contains_nulls(array) || ARR_NDIM(array) > 1)
		elog(ERROR, "argument %d of an analysis is not as it must be", number);
	*count = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	return (const int64 *) ARR_DATA_PTR(array);
}

/* Of a list that goes with another. */
static const int64 *
LongsOf(FunctionCallInfo fcinfo, int number, int wanted)
{
	int			count;
	const int64 *elements = Longs(fcinfo, number, &count);

	if (count != wanted)
		elog(ERROR, "argument %d of an analysis has %d elements, not %d", number, count, wanted);
	return elements;
}

static void
TakePhases(FunctionCallInfo fcinfo, FFAnalysis *analysis)
{
	const int64 *started = Longs(fcinfo, 0, &analysis->phases);
	const int64 *cuts = LongsOf(fcinfo, 1, analysis->phases);
	const int64 *limits = LongsOf(fcinfo, 2, analysis->phases);
	const int64 *windowed = LongsOf(fcinfo, 3, analysis->phases);

	if (analysis->phases < 1 || analysis->phases > FF_UNIT_PHASES)
		elog(ERROR, "an analysis has 1 to %d phases", FF_UNIT_PHASES);
	analysis->phase = MemoryContextAlloc(analysis->context, sizeof(FFPhase) * analysis->phases);
	for (int i = 0; i < analysis->phases; i++)
		analysis->phase[i] = (FFPhase) {started[i], cuts[i], limits[i], windowed[i]};
}

/* The same event summed over different times is another input. */
static void
TakeInputs(FunctionCallInfo fcinfo, FFAnalysis *analysis)
{
	const int64 *aggregates = Longs(fcinfo, 4, &analysis->inputs);
	const int64 *from = LongsOf(fcinfo, 5, analysis->inputs);
	const int64 *to = LongsOf(fcinfo, 6, analysis->inputs);
	const int64 *periods = LongsOf(fcinfo, 7, analysis->inputs);

	if (analysis->inputs > FF_GATHER_INPUTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the metrics of an experiment are made of at most %d kinds of events, not %d",
						FF_GATHER_INPUTS, analysis->inputs)));
	for (int i = 0; i < analysis->inputs; i++)
	{
		FFInput    *input = analysis->input + i;

		if (aggregates[i] < FF_AGGREGATE_ANY || aggregates[i] > FF_AGGREGATE_SUM)
			elog(ERROR, "an analysis does not know aggregate %d", (int) aggregates[i]);
		input->aggregate = (FFAggregate) aggregates[i];
		input->windowed = to[i] != PG_INT64_MAX;
		input->from = from[i];
		input->to = to[i];
		input->period = periods[i];
		input->place = analysis->sums;
		analysis->sums += periods[i] > 0 ? 2 : 1;
	}
}

/* Variables in the order of cells: outcomes, then what was before. */
static void
TakeVariables(const FFAnalysis *analysis, FFGatherMetric *metric, int64 numerator, int64 denominator)
{
	int			outcomes = denominator >= 0 ? 2 : 1;
	int			inputs[2] = {(int) numerator, (int) denominator};
	bool		has_covariates = true;

	if (numerator < 0 || numerator >= analysis->inputs || denominator >= analysis->inputs)
		elog(ERROR, "a metric of an analysis is made of events that are not there");
	for (int i = 0; i < outcomes; i++)
	{
		metric->input[i] = metric->input[outcomes + i] = inputs[i];
		metric->place[i] = analysis->input[inputs[i]].place;
		metric->place[outcomes + i] = metric->place[i] + 1;
		has_covariates = has_covariates && analysis->input[inputs[i]].period > 0;
	}
	metric->variables = has_covariates ? 2 * outcomes : outcomes;
}

static void
TakeMetrics(FunctionCallInfo fcinfo, FFAnalysis *analysis)
{
	const int64 *numerators = Longs(fcinfo, 8, &analysis->metrics);
	const int64 *denominators = LongsOf(fcinfo, 9, analysis->metrics);
	const int64 *completes = LongsOf(fcinfo, 10, analysis->metrics);
	const double *caps = (const double *) LongsOf(fcinfo, 11, analysis->metrics);
	const double *percentiles = (const double *) LongsOf(fcinfo, 12, analysis->metrics);
	const int64 *ignores = LongsOf(fcinfo, 13, analysis->metrics);
	const double *quantiles = (const double *) LongsOf(fcinfo, 14, analysis->metrics);

	analysis->metric = MemoryContextAllocZero(analysis->context, sizeof(FFGatherMetric) * (analysis->metrics + 1));
	for (int i = 0; i < analysis->metrics; i++)
	{
		FFGatherMetric *metric = analysis->metric + i;

		TakeVariables(analysis, metric, numerators[i], denominators[i]);
		metric->complete = completes[i];
		metric->cap = caps[i];
		metric->percentile = percentiles[i];
		metric->cap_ignores_zeros = ignores[i] != 0;
		metric->quantile = quantiles[i];
	}
}

/* The seed is drawn: nobody can send keys that collide. */
static void
StartUnits(FFAnalysis *analysis)
{
	FFUnitsStart(&analysis->units, analysis->context, pg_prng_uint64(&pg_global_prng_state));
}

static void
StartLevels(FFAnalysis *analysis)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(FFUnitKey);
	control.entrysize = sizeof(FFUnitKey) + sizeof(uint64);
	control.hcxt = analysis->context;
	analysis->level_numbers = hash_create("featureflow levels", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	analysis->level_space = 16;
	analysis->level = MemoryContextAlloc(analysis->context, sizeof(char *) * analysis->level_space);
	(void) FFAnalysisLevel(analysis, "", 0);	/* number 0 */
	analysis->cells = FFCellsMake(analysis->context);
}

/*
 * ff._gather_begin(phases: started, cuts, limits, windowed limits; inputs:
 * aggregates, from, to, periods; metrics: numerators, denominators, completes,
 * caps, percentiles, ignoring zeros, quantiles; now): a number for the others.
 */
Datum
ff_gather_begin(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis;

	FFChangeSettingsInit();
	analysis = Make();
	TakePhases(fcinfo, analysis);
	TakeInputs(fcinfo, analysis);
	TakeMetrics(fcinfo, analysis);
	analysis->now = PG_GETARG_TIMESTAMPTZ(15);
	analysis->parts = 1;
	StartUnits(analysis);
	StartLevels(analysis);
	PG_RETURN_INT64((int64) analysis->id << 32);
}

/* ff._gather_restart(handle, part, parts): units of one part of all keys only. */
Datum
ff_gather_restart(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));

	analysis->part = (uint32) PG_GETARG_INT32(1);
	analysis->parts = (uint32) Max(1, PG_GETARG_INT32(2));
	if (analysis->units.units != NULL)
		FFUnitsFree(&analysis->units);
	FFUnitsStart(&analysis->units, analysis->context, analysis->units.seed);
	if (analysis->renewal != NULL)
		FFRenewRestart(analysis);
	PG_RETURN_VOID();
}

/* A name kept in the analysis' memory. */
static char *
Keep(FFAnalysis *analysis, const char *data, int length)
{
	char	   *name = MemoryContextAlloc(analysis->context, length + 1);

	memcpy(name, data, length);
	name[length] = '\0';
	return name;
}

uint16
FFAnalysisVariation(FFAnalysis *analysis, const char *data, int length)
{
	for (int i = 0; i < analysis->variations; i++)
	{
		if (strncmp(analysis->variation[i], data, length) == 0 && analysis->variation[i][length] == '\0')
			return (uint16) i;
	}
	if (analysis->variations == FF_UNIT_VARIATIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the exposures of an experiment name more than %d variations", FF_UNIT_VARIATIONS)));
	if (analysis->variations == analysis->variation_space)
	{
		analysis->variation_space = Max(8, analysis->variation_space * 2);
		analysis->variation = analysis->variation == NULL
			? MemoryContextAlloc(analysis->context, sizeof(char *) * analysis->variation_space)
			: repalloc(analysis->variation, sizeof(char *) * analysis->variation_space);
	}
	analysis->variation[analysis->variations] = Keep(analysis, data, length);
	return (uint16) analysis->variations++;
}

uint32
FFAnalysisLevel(FFAnalysis *analysis, const char *data, int length)
{
	FFUnitKey	key = FFUnitKeyOf(data, length, analysis->units.seed);
	bool		found;
	char	   *entry = hash_search(analysis->level_numbers, &key, HASH_ENTER, &found);
	uint32	   *number = (uint32 *) (entry + sizeof(FFUnitKey));

	if (found)
		return *number;
	if (analysis->levels == analysis->level_space)
	{
		analysis->level_space *= 2;
		analysis->level = repalloc_huge(analysis->level, sizeof(char *) * (Size) analysis->level_space);
	}
	analysis->level[analysis->levels] = Keep(analysis, data, length);
	*number = analysis->levels++;
	return *number;
}

/* Bytes of units and sums together. */
static Size
SizeOf(const FFAnalysis *analysis, bool wide)
{
	return FFUnitsSize(&analysis->units) +
		analysis->units.count * FFSumsSize(analysis->sums, wide ? FF_WIDE_DECIMALS : FF_NARROW_DECIMALS);
}

/*
 * ff._gather_events(handle, workers, wide): what ff._gather_event is called with
 * from now on; NULL where units and sums are more than featureflow.analysis_mem
 * allows, so that fewer must be read at a time.
 */
Datum
ff_gather_events(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	bool		wide = PG_GETARG_BOOL(2);
	uint32		shared;

	if (analysis->gathering != NULL || analysis->units.units == NULL)
		elog(ERROR, "the analysis reads events already");
	if (SizeOf(analysis, wide) > (Size) FFAnalysisMem * 1024 && analysis->units.count > 256)
		PG_RETURN_NULL();
	FFGatherLayOut(analysis, Max(0, Min(PG_GETARG_INT32(1), MAX_PARALLEL_WORKER_LIMIT)), wide);
	shared = analysis->segment == NULL ? 0 : dsm_segment_handle(analysis->segment);
	PG_RETURN_INT64((int64) analysis->id << 32 | shared);
}

static bool
Fits(const FFAnalysis *analysis)
{
	return pg_atomic_read_u32(&analysis->gathering->too_wide) == 0;
}

/* ff._gather_finish(handle): adds the part to the cells; false where a sum was too wide. */
Datum
ff_gather_finish(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	bool		fits;

	if (analysis->gathering == NULL)
		elog(ERROR, "the analysis does not read events yet");
	for (int i = 0; i < analysis->gathering->most_participants; i++)
		FFGatherSettle(analysis->gathering, i);
	fits = Fits(analysis);
	if (fits)
		FFSweep(analysis);
	if (fits && analysis->kept != NULL)
		FFKeepUnits(analysis);
	fits = fits && Fits(analysis);
	FFGatherRelease(analysis);
	PG_RETURN_BOOL(fits);
}

/* ff._gather_end(handle): frees what it took. */
Datum
ff_gather_end(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));

	if (analysis->kept != NULL)
		tuplestore_end(analysis->kept);
	MemoryContextDelete(analysis->context);
	PG_RETURN_VOID();
}
