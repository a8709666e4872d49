/*
 * pending.c
 *	  Exposures that the running transaction will leave to the worker.
 *
 * They go into the ring once the transaction has committed, so that none is
 * written of one that has not.  By then nothing may fail: all memory is there
 * before, and what finds no room is counted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "events/account.h"
#include "events/pending.h"
#include "events/ring.h"
#include "experiments/units.h"

/* Beyond so many a transaction's exposures are dropped. */
#define MOST_PENDING 100000

/* Meetings that a session remembers: a power of two. */
#define REMEMBERED 16384

typedef struct Pending
{
	FFRingEntry *entry;
	FFUnitKey	key;			/* of its meeting */
	SubTransactionId subxact;
} Pending;

static MemoryContext PendingContext = NULL;
static Pending *PendingList;
static int	PendingCount;
static int	PendingSpace;
static uint64 PendingDropped;
static FFLedgerKey PendingKey;

/* Each meeting has one place, and the last one there has it. */
static FFUnitKey *Remembered = NULL;
static uint64 RememberedSeed;

void
FFPendingCheck(void)
{
	if (!FFRingThere())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no worker writes exposures that featureflow.exposures = async leaves to it"),
				 errhint("Add featureflow to shared_preload_libraries and restart the server, or set featureflow.exposures to sync.")));
	if (Remembered == NULL)
	{
		RememberedSeed = pg_prng_uint64(&pg_global_prng_state);
		Remembered = MemoryContextAllocZero(TopMemoryContext, REMEMBERED * sizeof(FFUnitKey));
	}
}

/* That of the experiment and phase is kept, for they are mostly those of the meeting before. */
static uint64
SeedOf(const FFMeeting *meeting)
{
	static pg_uuid_t experiment_id;
	static int	phase = -1;
	static uint64 seed;

	if (meeting->phase != phase || !FFUuidEqual(&meeting->experiment_id, &experiment_id))
	{
		experiment_id = meeting->experiment_id;
		phase = meeting->phase;
		seed = FFUnitKeyOf((const char *) &experiment_id, sizeof(experiment_id), RememberedSeed + (uint64) phase).low;
	}
	return seed + (uint64) meeting->variation * UINT64CONST(0x9E3779B97F4A7C15);
}

/* Seeded, so that nobody can make two meetings look alike. */
static FFUnitKey
KeyOf(const FFMeeting *meeting)
{
	return FFUnitKeyOf(meeting->unit.data, meeting->unit.length, SeedOf(meeting));
}

bool
FFPendingHas(const FFMeeting *meeting)
{
	FFUnitKey	key = KeyOf(meeting);
	FFUnitKey  *place = &Remembered[key.low & (REMEMBERED - 1)];

	return place->high == key.high && place->low == key.low;
}

/* Memory that goes with the transaction, whatever becomes of it. */
static void
Start(void)
{
	PendingContext = AllocSetContextCreate(TopTransactionContext, "featureflow pending exposures", ALLOCSET_DEFAULT_SIZES);
	PendingSpace = 64;
	PendingCount = 0;
	PendingDropped = 0;
	PendingKey = FFAccountKey();
	PendingList = MemoryContextAlloc(PendingContext, PendingSpace * sizeof(Pending));
}

static FFRingEntry *
EntryOf(const pg_uuid_t *environment_id, const FFExposure *exposure)
{
	uint32		variation = VARSIZE_ANY_EXHDR(exposure->variation);
	uint32		unit = exposure->meeting.unit.length;
	uint32		dimensions = exposure->dimensions == NULL ? 0 : VARSIZE(exposure->dimensions);
	uint32		size = MAXALIGN(offsetof(FFRingEntry, data) + variation + unit + dimensions);
	FFRingEntry *entry = palloc0(size);

	entry->size = size;
	entry->key = PendingKey;
	entry->phase = exposure->meeting.phase;
	entry->at = exposure->at;
	entry->experiment_id = exposure->meeting.experiment_id;
	entry->environment_id = *environment_id;
	entry->variation_length = variation;
	entry->unit_length = unit;
	entry->dimensions_length = dimensions;
	memcpy(entry->data, VARDATA_ANY(exposure->variation), variation);
	memcpy(entry->data + variation, exposure->meeting.unit.data, unit);
	if (dimensions > 0)
		memcpy(entry->data + variation + unit, exposure->dimensions, dimensions);
	return entry;
}

void
FFPendingAdd(const pg_uuid_t *environment_id, const FFExposure *exposure)
{
	MemoryContext caller;

	if (PendingContext == NULL)
		Start();
	if (PendingCount == MOST_PENDING)
	{
		PendingDropped++;
		return;
	}
	caller = MemoryContextSwitchTo(PendingContext);
	if (PendingCount == PendingSpace)
	{
		PendingList = repalloc(PendingList, 2 * PendingSpace * sizeof(Pending));
		PendingSpace *= 2;
	}
	PendingList[PendingCount].entry = EntryOf(environment_id, exposure);
	PendingList[PendingCount].key = KeyOf(&exposure->meeting);
	PendingList[PendingCount].subxact = GetCurrentSubTransactionId();
	PendingCount++;
	MemoryContextSwitchTo(caller);
}

/*
 * Subtransactions are numbered as they begin: what came since one began stands at
 * the end, under its number or that of one inside it.
 */
void
FFPendingAbortSubtransaction(SubTransactionId subxact)
{
	if (PendingContext == NULL)
		return;
	while (PendingCount > 0 && PendingList[PendingCount - 1].subxact >= subxact)
		PendingCount--;
}

/* Nobody would know of them by the time of COMMIT PREPARED. */
void
FFPendingPrepare(void)
{
	if (PendingContext != NULL && PendingCount > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that has exposed users asynchronously"),
				 errhint("Set featureflow.exposures to sync in such transactions.")));
}

void
FFPendingEndTransaction(bool commit)
{
	int			pushed = 0;

	if (PendingContext == NULL)
		return;
	PendingContext = NULL;
	if (!commit)
		return;
	for (int i = 0; i < PendingCount; i++)
	{
		FFUnitKey	key = PendingList[i].key;

		if (!FFRingPush(PendingList[i].entry))
			continue;
		Remembered[key.low & (REMEMBERED - 1)] = key;
		pushed++;
	}
	if (PendingDropped > 0)
		FFRingDrop(PendingDropped);
	if (pushed > 0)
		FFRingWake();
}
