/*
 * meet.c
 *	  The exposures of an analysis: of each unit the first, and the first of
 *	  another variation.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "experiments/gather.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_exposure);

/* The phase of an exposure: as its row says, else by its time. */
static int
PhaseOf(const FFAnalysis *analysis, int written, TimestampTz at)
{
	int			phase = analysis->phases;

	if (written >= 1 && written <= analysis->phases)
		return written - 1;
	while (phase > 1 && analysis->phase[phase - 1].started > at)
		phase--;
	return phase - 1;
}

/* Whether one exposure of a unit stands before another of the same time. */
static bool
IsBefore(const FFAnalysis *analysis, const FFUnit *one, const FFUnit *other)
{
	int			names = strcmp(analysis->variation[one->variation], analysis->variation[other->variation]);

	if (names != 0)
		return names < 0;
	if (one->phase != other->phase)
		return one->phase < other->phase;
	return strcmp(analysis->level[one->level], analysis->level[other->level]) < 0;
}

void
FFMeet(const FFAnalysis *analysis, FFUnit *unit, const FFUnit *met)
{
	bool		is_first = met->at < unit->at || (met->at == unit->at && IsBefore(analysis, met, unit));
	FFUnit		first = is_first ? *met : *unit;
	const FFUnit *later = is_first ? unit : met;

	first.other_at = Min(first.other_at, later->variation == first.variation ? later->other_at : later->at);
	first.excluded |= later->excluded;
	*unit = first;
}

/*
 * ff._gather_exposure(handle, unit, variation, at, phase, level, excluded): true
 * while there is room; the first that finds none ends the reading.
 */
Datum
ff_gather_exposure(PG_FUNCTION_ARGS)
{
	FFAnalysis *analysis;
	text	   *unit;
	text	   *variation;
	text	   *level = PG_ARGISNULL(5) ? NULL : PG_GETARG_TEXT_PP(5);
	FFUnitKey	key;
	FFUnit		met = {0};
	FFUnit	   *found;
	bool		is_new;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(6))
		PG_RETURN_NULL();
	analysis = FFAnalysisFind(PG_GETARG_INT64(0));
	if (analysis->units.units == NULL)
		elog(ERROR, "the analysis reads no exposures now");
	unit = PG_GETARG_TEXT_PP(1);
	variation = PG_GETARG_TEXT_PP(2);
	key = FFUnitKeyOf(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit), analysis->units.seed);
	if (!FFIsOfPart(key, analysis->part, analysis->parts))
		PG_RETURN_BOOL(true);
	met.key = key;
	met.at = PG_GETARG_TIMESTAMPTZ(3);
	met.other_at = DT_NOEND;
	met.variation = FFAnalysisVariation(analysis, VARDATA_ANY(variation), VARSIZE_ANY_EXHDR(variation));
	met.phase = PhaseOf(analysis, PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4), met.at);
	met.level = level == NULL ? 0 : FFAnalysisLevel(analysis, VARDATA_ANY(level), VARSIZE_ANY_EXHDR(level));
	met.excluded = PG_GETARG_BOOL(6);
	if (analysis->renewal != NULL)
		FFRenewMeet(analysis, &met, unit);
	else
	{
		found = FFUnitsTake(&analysis->units, key, &is_new);
		if (is_new)
			*found = met;
		else
			FFMeet(analysis, found, &met);
	}
	PG_RETURN_BOOL(true);
}
