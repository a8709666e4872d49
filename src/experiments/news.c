/*
 * news.c
 *	  What is new since the last analysis: exposures, events, and units that count
 *	  otherwise by now.  It waits until what was kept of its units is known.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/settings.h"
#include "experiments/gather.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_touch);

static uint8 *
FlagsOf(FFAnalysis *analysis, FFUnitKey key)
{
	uint32		number = FFRenewNumber(analysis, key);

	return analysis->renewal->flags + number;
}

static FFUnitKey
KeyOfText(const FFAnalysis *analysis, text *unit)
{
	return FFUnitKeyOf(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit), analysis->units.seed);
}

/* Remember the text of a key: events are looked up by it. */
static void
Remember(FFAnalysis *analysis, FFUnitKey key, text *name)
{
	FFRenewal  *renewal = analysis->renewal;
	Size		size = VARSIZE_ANY_EXHDR(name) + VARHDRSZ;
	text	   *copy = MemoryContextAlloc(analysis->context, size);

	if (renewal->name_count == renewal->name_space)
	{
		renewal->name_space = Max(1024, renewal->name_space * 2);
		renewal->names = FFRenewWiden(analysis, renewal->names, sizeof(FFRenewName), renewal->name_count, renewal->name_space);
	}
	SET_VARSIZE(copy, size);
	memcpy(VARDATA(copy), VARDATA_ANY(name), size - VARHDRSZ);
	renewal->names[renewal->name_count++] = (FFRenewName) {key, copy};
}

/* What is new takes no more memory than units and sums may: else all is read. */
static bool
HasRoom(FFAnalysis *analysis)
{
	FFRenewal  *renewal = FFRenewalOf(analysis, false);

	if ((renewal->waiting_count + 1) * sizeof(FFWaiting) > (Size) FFAnalysisMem * 1024 ||
		(FFUnitsSize(&analysis->units) > (Size) FFAnalysisMem * 1024 && analysis->units.count > 256))
		renewal->given_up = true;
	return !renewal->given_up;
}

void
FFRenewMeet(FFAnalysis *analysis, const FFUnit *met, text *name)
{
	uint32		number;
	FFUnit	   *unit;
	uint8	   *flags;

	if (!HasRoom(analysis))
		return;
	number = FFRenewNumber(analysis, met->key);
	unit = analysis->units.units + number;
	flags = analysis->renewal->flags + number;
	if (*flags & FF_RENEW_MET)
	{
		FFMeet(analysis, unit, met);
		return;
	}
	*unit = *met;
	*flags |= FF_RENEW_MET | FF_RENEW_NEWS;
	Remember(analysis, met->key, name);
}

void
FFRenewEvent(FFAnalysis *analysis, text *unit, Numeric value, TimestampTz at, int64 mask)
{
	FFRenewal  *renewal = analysis->renewal;
	FFUnitKey	key = KeyOfText(analysis, unit);
	FFWaiting  *event;

	if (!FFIsOfPart(key, analysis->part, analysis->parts) || !HasRoom(analysis))
		return;
	if (renewal->waiting_count == renewal->waiting_space)
	{
		renewal->waiting_space = Max(1024, renewal->waiting_space * 2);
		renewal->waiting = FFRenewWiden(analysis, renewal->waiting, sizeof(FFWaiting), renewal->waiting_count, renewal->waiting_space);
	}
	event = renewal->waiting + renewal->waiting_count++;
	event->key = key;
	event->at = at;
	event->mask = mask & ((INT64CONST(1) << analysis->inputs) - 1);
	event->value = 0;
	if (value != NULL && !FFFixedOfNumeric(value, renewal->decimals, &event->value))
		renewal->given_up = true;
	if (!renewal->everything)
		*FlagsOf(analysis, key) |= FF_RENEW_NEWS;
}

/* ff._gather_touch(handle, unit, again): there is something new of a unit, for which all its events may be needed. */
Datum
ff_gather_touch(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	text	   *unit = PG_GETARG_TEXT_PP(1);
	bool		again = PG_GETARG_BOOL(2);
	FFUnitKey	key = KeyOfText(analysis, unit);
	uint8	   *flags;

	if (!FFIsOfPart(key, analysis->part, analysis->parts) || !HasRoom(analysis))
		PG_RETURN_BOOL(true);
	flags = FlagsOf(analysis, key);
	*flags |= FF_RENEW_NEWS;
	if (again && !(*flags & FF_RENEW_AGAIN))
	{
		*flags |= FF_RENEW_AGAIN;
		Remember(analysis, key, unit);
	}
	PG_RETURN_BOOL(true);
}
