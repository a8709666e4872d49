/*
 * gather.c
 *	  Sums of events by unit, in memory that parallel workers share.
 *
 * Events come by rows of a query, from whichever process reads them: each has a
 * batch and sums of its own.  A batch is worked off with its places fetched
 * ahead, since nearly every event misses the cache thrice.
 */
#include "postgres.h"

#include <sys/statvfs.h>

#include "access/parallel.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/dsm_impl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "experiments/gather.h"
#include "experiments/renew.h"

PG_FUNCTION_INFO_V1(ff_gather_event);

/* What this process has attached to, where it is a worker. */
static dsm_handle AttachedHandle = DSM_HANDLE_INVALID;
static FFGathering *Attached;
static int	AttachedParticipant;

/* Add to a sum; what leaves 64 bits is too wide, as what leaves 128. */
static void
Add(FFGathering *gathering, void *sums, int place, FFWideTotal value)
{
	bool		overflow;

	if (gathering->decimals == FF_NARROW_DECIMALS)
	{
		int64	   *sum = (int64 *) sums + place;

		overflow = value != (int64) value || __builtin_add_overflow(*sum, (int64) value, sum);
	}
	else
	{
		FFWideTotal sum;

		memcpy(&sum, (char *) sums + place * sizeof(sum), sizeof(sum));
		overflow = __builtin_add_overflow(sum, value, &sum);
		memcpy((char *) sums + place * sizeof(sum), &sum, sizeof(sum));
	}
	if (unlikely(overflow))
		pg_atomic_write_u32(&gathering->too_wide, 1);
}

/* Put an event where its time after, or before, the exposure says. */
static void
Place(FFGathering *gathering, const FFUnit *unit, void *sums, const FFWaiting *event)
{
	const FFPhase *phase = FF_GATHERING(gathering, phases_at, FFPhase) + unit->phase;
	int64		age = event->at - unit->at;

	for (uint64 mask = (uint64) event->mask; mask != 0; mask &= mask - 1)
	{
		const FFInput *input = gathering->input + __builtin_ctzll(mask);
		FFWideTotal value = input->aggregate == FF_AGGREGATE_SUM ? event->value : 1;

		if (age >= input->from && age < input->to &&
			event->at < (input->windowed ? phase->windowed_limit : phase->limit))
			Add(gathering, sums, input->place, value);
		else if (age < 0 && age >= -input->period)
			Add(gathering, sums, input->place + 1, value);
	}
}

/* Work a participant's batch off. */
void
FFGatherSettle(FFGathering *gathering, int participant)
{
	FFBatch    *batch = FF_GATHERING(gathering, batches_at, FFBatch) + participant;
	const uint32 *places = FF_GATHERING(gathering, places_at, uint32);
	const FFUnit *units = FF_GATHERING(gathering, units_at, FFUnit);
	Size		size = FFSumsSize(gathering->sums, gathering->decimals);
	char	   *sums = FF_GATHERING(gathering, sums_at, char) + size * gathering->units * participant;
	const FFUnit *found[FF_GATHER_BATCH];

	for (int i = 0; i < batch->count; i++)
		__builtin_prefetch(places + ((uint32) batch->events[i].key.low & gathering->mask));
	for (int i = 0; i < batch->count; i++)
	{
		uint32		number = places[(uint32) batch->events[i].key.low & gathering->mask];

		if (number != 0)
		{
			__builtin_prefetch(units + number - 1);
			__builtin_prefetch(sums + size * (number - 1), 1);
		}
	}
	for (int i = 0; i < batch->count; i++)
		found[i] = FFUnitsFind(places, gathering->mask, units, batch->events[i].key);
	for (int i = 0; i < batch->count; i++)
	{
		if (found[i] != NULL)
			Place(gathering, found[i], sums + size * (found[i] - units), batch->events + i);
	}
	batch->count = 0;
}

/* Bytes that may be shared: the file system behind it may be small. */
static bool
MayShare(Size size)
{
	struct statvfs room;

	if (dynamic_shared_memory_type != DSM_IMPL_POSIX || statvfs("/dev/shm", &room) != 0)
		return true;
	return (double) size * 1.25 < (double) room.f_bavail * (double) room.f_frsize;
}

/* Offsets; returns the size of the whole. */
static Size
SetOffsets(const FFAnalysis *analysis, FFGathering *gathering)
{
	Size		size = MAXALIGN(sizeof(FFGathering));

	gathering->phases_at = size;
	size += MAXALIGN(sizeof(FFPhase) * analysis->phases);
	gathering->batches_at = size = TYPEALIGN(16, size);
	size += MAXALIGN(sizeof(FFBatch) * gathering->most_participants);
	gathering->places_at = size;
	size += MAXALIGN(sizeof(uint32) * ((Size) gathering->mask + 1));
	gathering->units_at = size;
	size += MAXALIGN(sizeof(FFUnit) * (Size) gathering->units);
	gathering->sums_at = size = TYPEALIGN(16, size);
	return size + FFSumsSize(gathering->sums, gathering->decimals) * gathering->units * gathering->most_participants + 16;
}

void
FFGatherLayOut(FFAnalysis *analysis, int workers, bool wide)
{
	FFGathering head = {0};
	Size		size;

	head.magic = FF_GATHERING_MAGIC;
	head.database = MyDatabaseId;
	head.role = GetUserId();
	head.most_participants = workers + 1;
	head.inputs = analysis->inputs;
	head.sums = analysis->sums;
	head.decimals = wide ? FF_WIDE_DECIMALS : FF_NARROW_DECIMALS;
	head.units = analysis->units.count;
	head.mask = analysis->units.mask;
	head.seed = analysis->units.seed;
	head.part = analysis->part;
	head.parts = analysis->parts;
	memcpy(head.input, analysis->input, sizeof(head.input));
	size = SetOffsets(analysis, &head);
	if (workers > 0 && !MayShare(size))
	{
		head.most_participants = 1;
		size = SetOffsets(analysis, &head);
		workers = 0;
	}
	if (workers > 0)
	{
		analysis->segment = dsm_create(size, 0);
		dsm_pin_mapping(analysis->segment);
		analysis->gathering = dsm_segment_address(analysis->segment);
		memset(analysis->gathering, 0, size);
	}
	else
		analysis->gathering = MemoryContextAllocExtended(analysis->context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	memcpy(analysis->gathering, &head, sizeof(head));
	pg_atomic_init_u32(&analysis->gathering->participants, 1);
	pg_atomic_init_u32(&analysis->gathering->too_wide, 0);
	memcpy(FF_GATHERING(analysis->gathering, phases_at, char), analysis->phase, sizeof(FFPhase) * analysis->phases);
	memcpy(FF_GATHERING(analysis->gathering, places_at, char), analysis->units.places, sizeof(uint32) * ((Size) head.mask + 1));
	memcpy(FF_GATHERING(analysis->gathering, units_at, char), analysis->units.units, sizeof(FFUnit) * (Size) head.units);
	FFUnitsFree(&analysis->units);
}

void
FFGatherRelease(FFAnalysis *analysis)
{
	if (analysis->segment != NULL)
		dsm_detach(analysis->segment);
	else if (analysis->gathering != NULL)
		pfree(analysis->gathering);
	analysis->segment = NULL;
	analysis->gathering = NULL;
}

/* Numbers can be made up: what lies there may be anybody's memory. */
static bool
IsOurs(dsm_segment *segment)
{
	const FFGathering *gathering = dsm_segment_address(segment);

	return dsm_segment_map_length(segment) >= sizeof(FFGathering) &&
		gathering->magic == FF_GATHERING_MAGIC &&
		gathering->database == MyDatabaseId && gathering->role == GetUserId();
}

/* The shared memory of a worker, which has joined it when it read its first row. */
static FFGathering *
Join(int64 handle, int *participant)
{
	dsm_handle	shared = (dsm_handle) (handle & PG_UINT32_MAX);

	if (AttachedHandle != shared)
	{
		dsm_segment *segment = dsm_attach(shared);

		if (segment == NULL || !IsOurs(segment))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("there is no such analysis")));
		dsm_pin_mapping(segment);	/* as long as the worker lives */
		Attached = dsm_segment_address(segment);
		AttachedParticipant = (int) pg_atomic_fetch_add_u32(&Attached->participants, 1);
		AttachedHandle = shared;
		if (AttachedParticipant >= Attached->most_participants)
			elog(ERROR, "an analysis has more workers than it asked for");
	}
	*participant = AttachedParticipant;
	return Attached;
}

/* Where rows of this process go. */
static FFGathering *
Gathering(int64 handle, int *participant)
{
	FFAnalysis *analysis;

	if (IsParallelWorker())
		return Join(handle, participant);
	*participant = 0;
	analysis = FFAnalysisFind(handle);
	if (analysis->gathering == NULL)
		elog(ERROR, "the analysis does not read events yet");
	return analysis->gathering;
}

/* Whether the rows wait until units are known, of an analysis that goes on from the last one. */
static FFAnalysis *
Renewing(int64 handle)
{
	FFAnalysis *analysis = IsParallelWorker() ? NULL : FFAnalysisFind(handle);

	return analysis != NULL && analysis->renewal != NULL && analysis->gathering == NULL ? analysis : NULL;
}

/*
 * ff._gather_event(handle, unit, value, at, mask): takes an event.  mask has a bit
 * for each input that it belongs to.  Always true: it stands in a WHERE.
 */
Datum
ff_gather_event(PG_FUNCTION_ARGS)
{
	int			participant;
	FFGathering *gathering;
	FFBatch    *batch;
	FFWaiting  *event;
	FFAnalysis *renewing;
	text	   *unit;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		PG_RETURN_NULL();
	unit = PG_GETARG_TEXT_PP(1);
	renewing = Renewing(PG_GETARG_INT64(0));
	if (renewing != NULL)
	{
		FFRenewEvent(renewing, unit, PG_ARGISNULL(2) ? NULL : PG_GETARG_NUMERIC(2), PG_GETARG_TIMESTAMPTZ(3), PG_GETARG_INT64(4));
		PG_RETURN_BOOL(true);
	}
	gathering = Gathering(PG_GETARG_INT64(0), &participant);
	batch = FF_GATHERING(gathering, batches_at, FFBatch) + participant;
	event = batch->events + batch->count;
	event->key = FFUnitKeyOf(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit), gathering->seed);
	if (!FFIsOfPart(event->key, gathering->part, gathering->parts))
		PG_RETURN_BOOL(true);
	event->at = PG_GETARG_TIMESTAMPTZ(3);
	event->mask = PG_GETARG_INT64(4) & ((INT64CONST(1) << gathering->inputs) - 1);
	event->value = 0;
	if (!PG_ARGISNULL(2) && !FFFixedOfNumeric(PG_GETARG_NUMERIC(2), gathering->decimals, &event->value))
		pg_atomic_write_u32(&gathering->too_wide, 1);
	if (++batch->count == FF_GATHER_BATCH)
		FFGatherSettle(gathering, participant);
	PG_RETURN_BOOL(true);
}
