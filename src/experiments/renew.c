/*
 * renew.c
 *	  From what was kept of units, and what is new of them, to what they add now.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "experiments/gather.h"
#include "experiments/keep.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_resume);
PG_FUNCTION_INFO_V1(ff_gather_known);
PG_FUNCTION_INFO_V1(ff_gather_renew);
PG_FUNCTION_INFO_V1(ff_gather_again);
PG_FUNCTION_INFO_V1(ff_gather_gone);
PG_FUNCTION_INFO_V1(ff_gather_news);

FFRenewal *
FFRenewalOf(FFAnalysis *analysis, bool is_laid_out)
{
	FFRenewal  *renewal = analysis->renewal;

	if (renewal == NULL || renewal->is_laid_out != is_laid_out ||
		(analysis->gathering != NULL) != is_laid_out || (analysis->units.units == NULL) != is_laid_out)
		elog(ERROR, "the analysis does not go on from another one, or is at another step");
	return renewal;
}

bool
FFRenewOfSome(const FFAnalysis *analysis)
{
	return analysis->renewal != NULL && !analysis->renewal->everything;
}

void
FFRenewRestart(FFAnalysis *analysis)
{
	FFRenewal  *renewal = analysis->renewal;

	renewal->is_laid_out = false;
	renewal->space = 0;			/* all flags begin at 0 */
	renewal->name_count = 0;
	renewal->waiting_count = 0;
}

/* Names as they were numbered in what was kept. */
static void
TakeVariations(FFAnalysis *analysis, ArrayType *names)
{
	Datum	   *elements;
	int			count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		text	   *name = DatumGetTextPP(elements[i]);

		(void) FFAnalysisVariation(analysis, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	}
}

/*
 * ff._gather_resume(handle, page, variations, before, everything): the analysis
 * goes on from what was kept as of a moment, of which a page is shown; false
 * where that is of another form.
 */
Datum
ff_gather_resume(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	const FFPageHead *head = FFPageHeadOf(PG_GETARG_BYTEA_P(1));
	FFRenewal  *renewal;

	if (analysis->renewal != NULL || analysis->gathering != NULL)
		elog(ERROR, "the analysis has begun already");
	if (head == NULL || head->sums != analysis->sums)
		PG_RETURN_BOOL(false);
	renewal = MemoryContextAllocZero(analysis->context, sizeof(FFRenewal));
	renewal->before = PG_GETARG_TIMESTAMPTZ(3);
	renewal->everything = PG_GETARG_BOOL(4);
	renewal->decimals = head->decimals;
	renewal->gone = FFCellsMake(analysis->context);
	analysis->renewal = renewal;
	analysis->units.seed = (uint64) head->seed_high << 32 | head->seed_low;
	TakeVariations(analysis, PG_GETARG_ARRAYTYPE_P(2));
	PG_RETURN_BOOL(true);
}

void *
FFRenewWiden(FFAnalysis *analysis, void *array, Size element, Size count, Size space)
{
	char	   *wider = array == NULL || count == 0
		? MemoryContextAllocExtended(analysis->context, element * space, MCXT_ALLOC_HUGE)
		: repalloc_huge(array, element * space);

	if (array != NULL && count == 0)
		pfree(array);
	memset(wider + element * count, 0, element * (space - count));
	return wider;
}

/* What is known of units has as much room as they. */
static void
WidenFlags(FFAnalysis *analysis)
{
	FFRenewal  *renewal = analysis->renewal;
	uint32		space = analysis->units.space;

	if (renewal->space == space)
		return;
	renewal->flags = FFRenewWiden(analysis, renewal->flags, sizeof(uint8), renewal->space, space);
	renewal->sums = FFRenewWiden(analysis, renewal->sums, FFSumsSize(analysis->sums, renewal->decimals), renewal->space, space);
	if (!renewal->everything)
		renewal->old = FFRenewWiden(analysis, renewal->old, sizeof(FFUnit), renewal->space, space);
	renewal->space = space;
}

uint32
FFRenewNumber(FFAnalysis *analysis, FFUnitKey key)
{
	bool		is_new;
	FFUnit	   *unit = FFUnitsTake(&analysis->units, key, &is_new);

	WidenFlags(analysis);
	return (uint32) (unit - analysis->units.units);
}

/* Put what was kept of a unit beside what is new of it. */
static void
Recognize(FFAnalysis *analysis, uint32 number, const FFUnit *kept, const char *sums)
{
	FFRenewal  *renewal = analysis->renewal;
	FFUnit	   *unit = analysis->units.units + number;
	Size		size = FFSumsSize(analysis->sums, renewal->decimals);
	FFUnit		now = *kept;

	if (kept->variation >= analysis->variations || kept->phase >= analysis->phases || kept->level != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a unit that was kept is of no variation or phase of the experiment")));
	if (renewal->flags[number] & FF_RENEW_MET)
	{
		FFMeet(analysis, &now, unit);
		if (now.at != kept->at || now.variation != kept->variation || now.phase != kept->phase)
			renewal->flags[number] |= FF_RENEW_AGAIN;
	}
	*unit = now;
	if (renewal->old != NULL)
		renewal->old[number] = *kept;
	memcpy(renewal->sums + size * number, sums, size);
	renewal->flags[number] |= FF_RENEW_KNOWN;
}

/*
 * ff._gather_known(handle, page): takes what was kept of the units that are looked
 * for; what was kept last must come first.
 */
Datum
ff_gather_known(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	FFRenewal  *renewal = FFRenewalOf(analysis, false);
	const FFPageHead *head = FFPageHeadOf(PG_GETARG_BYTEA_P(1));
	const FFUnits *units = &analysis->units;

	if (head == NULL || head->sums != analysis->sums || head->decimals != renewal->decimals)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("units that were kept are not of this experiment")));
	for (uint32 i = 0; i < head->units; i++)
	{
		FFUnit		kept;
		const char *sums = FFPageUnit(head, i, &kept);
		const FFUnit *found;
		uint32		number;

		if (!FFIsOfPart(kept.key, analysis->part, analysis->parts))
			continue;
		found = FFUnitsFind(units->places, units->mask, units->units, kept.key);
		if (found == NULL && !renewal->everything)
			continue;
		number = found != NULL ? (uint32) (found - units->units) : FFRenewNumber(analysis, kept.key);
		if (!(renewal->flags[number] & FF_RENEW_KNOWN))
			Recognize(analysis, number, &kept, sums);
	}
	PG_RETURN_BOOL(true);
}

/* Drop units that were not exposed. */
static void
DropStrangers(FFAnalysis *analysis)
{
	FFRenewal  *renewal = analysis->renewal;
	FFUnits    *units = &analysis->units;
	Size		size = FFSumsSize(analysis->sums, renewal->decimals);
	uint32		count = 0;

	WidenFlags(analysis);
	for (uint32 i = 0; i < units->count; i++)
	{
		if (!(renewal->flags[i] & (FF_RENEW_KNOWN | FF_RENEW_MET)))
			continue;
		if (count != i)
		{
			units->units[count] = units->units[i];
			renewal->flags[count] = renewal->flags[i];
			memcpy(renewal->sums + size * count, renewal->sums + size * i, size);
			if (renewal->old != NULL)
				renewal->old[count] = renewal->old[i];
		}
		count++;
	}
	if (count != units->count)
		FFUnitsCut(units, count);
}

/* Cells of what units added, by what counted then. */
static void
SweepGone(FFAnalysis *analysis, uint32 count)
{
	FFRenewal  *renewal = analysis->renewal;
	HTAB	   *cells = analysis->cells;
	TimestampTz now = analysis->now;

	analysis->cells = renewal->gone;
	analysis->now = renewal->before;
	for (uint32 i = 0; i < count; i++)
	{
		if (renewal->flags[i] & FF_RENEW_KNOWN)
			FFSweepUnit(analysis, renewal->old + i, i);
	}
	analysis->cells = cells;
	analysis->now = now;
}

/* Sums of units all of whose events will come again begin at 0. */
static void
ClearAgain(FFAnalysis *analysis, uint32 count)
{
	FFRenewal  *renewal = analysis->renewal;
	Size		size = FFSumsSize(analysis->sums, renewal->decimals);

	for (uint32 i = 0; i < count; i++)
	{
		if (!(renewal->flags[i] & FF_RENEW_KNOWN))
			renewal->flags[i] |= FF_RENEW_AGAIN;
		if (renewal->flags[i] & FF_RENEW_AGAIN)
			memset(FF_GATHERING(analysis->gathering, sums_at, char) + size * i, 0, size);
	}
}

/* New events go where those do that a query brings, but of units that are read again. */
static void
PlaceWaiting(FFAnalysis *analysis)
{
	FFRenewal  *renewal = analysis->renewal;
	FFGathering *gathering = analysis->gathering;
	const FFUnit *units = FF_GATHERING(gathering, units_at, FFUnit);
	FFBatch    *batch = FF_GATHERING(gathering, batches_at, FFBatch);

	for (int64 i = 0; i < renewal->waiting_count; i++)
	{
		const FFUnit *unit = FFUnitsFind(FF_GATHERING(gathering, places_at, uint32), gathering->mask, units, renewal->waiting[i].key);

		if (unit == NULL)
			continue;
		renewal->flags[unit - units] |= FF_RENEW_NEWS;
		if (renewal->flags[unit - units] & FF_RENEW_AGAIN)
			continue;
		batch->events[batch->count++] = renewal->waiting[i];
		if (batch->count == FF_GATHER_BATCH)
			FFGatherSettle(gathering, 0);
	}
}

/*
 * ff._gather_renew(handle): what is known goes together with what is new; false
 * where they are more than featureflow.analysis_mem allows, NULL where new events
 * alone are, or do not fit.
 */
Datum
ff_gather_renew(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	FFRenewal  *renewal = FFRenewalOf(analysis, false);
	Size		size = FFSumsSize(analysis->sums, renewal->decimals);
	uint32		count;

	DropStrangers(analysis);
	count = analysis->units.count;
	if (renewal->given_up)
		PG_RETURN_NULL();
	if (FFUnitsSize(&analysis->units) + size * count > (Size) FFAnalysisMem * 1024 && count > 256)
		PG_RETURN_BOOL(false);
	FFGatherLayOut(analysis, 0, renewal->decimals == FF_WIDE_DECIMALS);
	renewal->is_laid_out = true;
	memcpy(FF_GATHERING(analysis->gathering, sums_at, char), renewal->sums, size * count);
	if (!renewal->everything)
		SweepGone(analysis, count);
	ClearAgain(analysis, count);
	PlaceWaiting(analysis);
	for (uint32 i = 0; i < count; i++)
		renewal->news += (renewal->flags[i] & FF_RENEW_NEWS) != 0;
	PG_RETURN_BOOL(true);
}

/* ff._gather_again(handle): the units whose events must all be read. */
Datum
ff_gather_again(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	FFRenewal  *renewal = FFRenewalOf(analysis, true);
	FFGathering *gathering = analysis->gathering;
	const FFUnit *units = FF_GATHERING(gathering, units_at, FFUnit);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int64 i = 0; i < renewal->name_count; i++)
	{
		const FFRenewName *name = renewal->names + i;
		const FFUnit *unit = FFUnitsFind(FF_GATHERING(gathering, places_at, uint32), gathering->mask, units, name->key);
		Datum		value = PointerGetDatum(name->name);
		bool		is_null = false;

		/* once each */
		if (unit == NULL || !(renewal->flags[unit - units] & FF_RENEW_AGAIN))
			continue;
		renewal->flags[unit - units] &= ~FF_RENEW_AGAIN;
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &is_null);
	}
	return (Datum) 0;
}

/*
 * ff._gather_gone(handle): whether some units are read only; then, from here on,
 * cells are those of what they added when they were kept.
 */
Datum
ff_gather_gone(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));

	if (!FFRenewOfSome(analysis))
		PG_RETURN_BOOL(false);
	analysis->cells = analysis->renewal->gone;
	PG_RETURN_BOOL(true);
}

/* ff._gather_news(handle): of how many units something is new; NULL: all are read. */
Datum
ff_gather_news(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));

	if (analysis->renewal == NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT64(analysis->renewal->news);
}
