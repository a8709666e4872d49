/*
 * keep.c
 *	  Pages of units and their sums, from which the next refresh goes on.
 *
 * They are not for other servers or versions: units are written as they lie in
 * memory.  A page is a row of an unlogged table that fits a block, so that
 * reading all of them costs what reading the blocks costs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "experiments/keep.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_keep);
PG_FUNCTION_INFO_V1(ff_gather_pages);
PG_FUNCTION_INFO_V1(ff_gather_variations);

#define MAGIC 0x46463031		/* another one where the form changes */

/* A block less its header, that of a row, and the columns before it. */
#define PAGE_SIZE (BLCKSZ - 128)

/* ff._gather_keep(handle): from here on pages are made of what has been read. */
Datum
ff_gather_keep(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	MemoryContext caller = MemoryContextSwitchTo(analysis->context);

	if (analysis->kept == NULL)
		analysis->kept = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}

static TupleDesc
PageRow(void)
{
	TupleDesc	row = CreateTemplateTupleDesc(1);

	TupleDescInitEntry(row, 1, "page", BYTEAOID, -1, 0);
	return row;
}

/* Add a page that has been filled to what is kept, and begin a new one. */
static void
PutPage(FFAnalysis *analysis, TupleDesc row, bytea *page)
{
	FFPageHead *head = (FFPageHead *) VARDATA(page);
	Size		unit_size = sizeof(FFUnit) + FFSumsSize(head->sums, head->decimals);
	Datum		value = PointerGetDatum(page);
	bool		is_null = false;

	SET_VARSIZE(page, VARHDRSZ + sizeof(FFPageHead) + head->units * unit_size);
	tuplestore_putvalues(analysis->kept, row, &value, &is_null);
	head->units = 0;
}

/*
 * The sums of a unit in the form of its table.  Those of several workers that are
 * narrow each may not be so together.
 */
static void
CopySums(FFGathering *gathering, uint32 unit, char *sums)
{
	for (int place = 0; place < gathering->sums; place++)
	{
		FFWideTotal total = FFUnitTotal(gathering, unit, place);
		int64		narrow = (int64) total;

		if (gathering->decimals == FF_WIDE_DECIMALS)
			memcpy(sums + place * sizeof(total), &total, sizeof(total));
		else
			memcpy(sums + place * sizeof(narrow), &narrow, sizeof(narrow));
		if (gathering->decimals == FF_NARROW_DECIMALS && narrow != total)
			pg_atomic_write_u32(&gathering->too_wide, 1);
	}
}

/* Without any unit there is a page all the same, which tells that all are known, unless others tell it. */
void
FFKeepUnits(FFAnalysis *analysis)
{
	FFGathering *gathering = analysis->gathering;
	const FFUnit *units = FF_GATHERING(gathering, units_at, FFUnit);
	Size		sums_size = FFSumsSize(gathering->sums, gathering->decimals);
	TupleDesc	row = PageRow();
	bytea	   *page = palloc0(PAGE_SIZE);
	FFPageHead *head = (FFPageHead *) VARDATA(page);
	uint32		most = (PAGE_SIZE - VARHDRSZ - sizeof(FFPageHead)) / (sizeof(FFUnit) + sums_size);

	*head = (FFPageHead) {.magic = MAGIC, .seed_high = (uint32) (gathering->seed >> 32), .seed_low = (uint32) gathering->seed,
	.sums = gathering->sums, .decimals = gathering->decimals};
	for (uint32 i = 0; i < gathering->units; i++)
	{
		char	   *place = (char *) (head + 1) + head->units * (sizeof(FFUnit) + sums_size);

		memcpy(place, units + i, sizeof(FFUnit));
		CopySums(gathering, i, place + sizeof(FFUnit));
		if (++head->units == most)
			PutPage(analysis, row, page);
	}
	if (head->units > 0 || !FFRenewOfSome(analysis))
		PutPage(analysis, row, page);
	pfree(page);
	FreeTupleDesc(row);
}

const FFPageHead *
FFPageHeadOf(const bytea *page)
{
	const FFPageHead *head = (const FFPageHead *) VARDATA(page);
	Size		size = VARSIZE(page) - VARHDRSZ;

	if (size < sizeof(FFPageHead) || head->magic != MAGIC ||
		(head->decimals != FF_NARROW_DECIMALS && head->decimals != FF_WIDE_DECIMALS) ||
		size != sizeof(FFPageHead) + head->units * (sizeof(FFUnit) + FFSumsSize(head->sums, head->decimals)))
		return NULL;
	return head;
}

const char *
FFPageUnit(const FFPageHead *head, uint32 number, FFUnit *unit)
{
	const char *place = (const char *) (head + 1) + number * (sizeof(FFUnit) + FFSumsSize(head->sums, head->decimals));

	memcpy(unit, place, sizeof(FFUnit));
	return place + sizeof(FFUnit);
}

/* ff._gather_pages(handle): what has been kept. */
Datum
ff_gather_pages(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TupleTableSlot *slot;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (analysis->kept == NULL)
		return (Datum) 0;
	slot = MakeSingleTupleTableSlot(result->setDesc, &TTSOpsMinimalTuple);
	tuplestore_rescan(analysis->kept);
	while (tuplestore_gettupleslot(analysis->kept, true, false, slot))
		tuplestore_puttupleslot(result->setResult, slot);
	ExecDropSingleTupleTableSlot(slot);
	return (Datum) 0;
}

/* ff._gather_variations(handle): the names of variations, in the order of the numbers that pages know them by. */
Datum
ff_gather_variations(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < analysis->variations; i++)
	{
		Datum		value = CStringGetTextDatum(analysis->variation[i]);
		bool		is_null = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &is_null);
	}
	return (Datum) 0;
}
