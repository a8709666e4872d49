/*
 * drain.c
 *	  The worker that writes exposures of one database from the ring, and with
 *	  them counts of evaluations when it is time.
 *
 * It writes in batches what there is of its database and goes when there is
 * nothing more, so that a database can be dropped, or when others have waited
 * for a turn.  A batch is done with after its commit: a worker that is stopped in
 * between leaves rows that are written once more, which changes no analysis.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/attempt.h"
#include "base/catalog.h"
#include "base/compat.h"
#include "base/owner.h"
#include "events/account.h"
#include "events/append.h"
#include "events/drain.h"
#include "events/ring.h"
#include "model/tables.h"
#include "usage/log.h"
#include "usage/table.h"

#define BATCH 2000				/* entries */
#define FEW 500					/* after a batch of fewer it waits, so that the next one pays */
#define REST 20					/* milliseconds, until it looks again */
#define IDLE 1000				/* milliseconds that a worker waits for more */
#define TURN 1000				/* milliseconds, while another database waits */

PGDLLEXPORT void ff_drain_database(Datum argument);

/* An experiment that entries of a batch are of. */
typedef struct KnownExperiment
{
	pg_uuid_t	id;
	FFString	key;			/* data NULL: it is gone */
} KnownExperiment;

static HTAB *
KnownBegin(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(pg_uuid_t);
	control.entrysize = sizeof(KnownExperiment);
	control.hcxt = CurrentMemoryContext;
	return hash_create("experiments of exposures", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The key of an experiment, which is looked up once a batch. */
static FFString
KeyOf(HTAB *known, const pg_uuid_t *id, Relation experiments, Snapshot snapshot)
{
	bool		found;
	KnownExperiment *experiment = hash_search(known, id, HASH_ENTER, &found);
	FFScan		scan = {0};
	HeapTuple	tuple;

	if (found)
		return experiment->key;
	memset(&experiment->key, 0, sizeof(experiment->key));
	FFScanUuid(&scan, Anum_experiments_id, id);
	FFScanBegin(&scan, experiments, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		experiment->key = FFColumnText(tuple, experiments, Anum_experiments_key);
	FFScanEnd(&scan);
	return experiment->key;
}

/* The row of an entry. */
static FFExposure
ExposureOf(FFRingEntry *entry, FFString experiment)
{
	FFExposure	exposure = {0};
	char	   *unit = entry->data + entry->variation_length;

	exposure.experiment = experiment;
	exposure.meeting.experiment_id = entry->experiment_id;
	exposure.meeting.phase = entry->phase;
	exposure.meeting.unit.data = unit;
	exposure.meeting.unit.length = entry->unit_length;
	exposure.variation = cstring_to_text_with_len(entry->data, entry->variation_length);
	exposure.at = entry->at;
	if (entry->dimensions_length > 0)
		exposure.dimensions = memcpy(palloc(entry->dimensions_length), unit + entry->unit_length, entry->dimensions_length);
	return exposure;
}

/*
 * How many of the entries were written; the others have no experiment or no
 * environment any more.  That is looked at once the table is locked.
 */
static int
WriteEntries(FFRingEntry **entries, int count)
{
	FFAppend   *append = FFAppendBegin();
	Relation	experiments = FFTableOpen("experiments", AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	HTAB	   *known = KnownBegin();
	int			written = 0;

	for (int i = 0; i < count; i++)
	{
		FFString	experiment = KeyOf(known, &entries[i]->experiment_id, experiments, snapshot);
		FFExposure	exposure = ExposureOf(entries[i], experiment);

		if (experiment.data != NULL && FFAppendRow(append, &entries[i]->environment_id, &exposure))
			written++;
	}
	hash_destroy(known);
	UnregisterSnapshot(snapshot);
	table_close(experiments, NoLock);
	FFAppendEnd(append);
	return written;
}

typedef struct Batch
{
	FFRingEntry **entries;
	int			count;
	int			written;
} Batch;

static void
Write(void *argument)
{
	Batch	   *batch = argument;

	batch->written = WriteEntries(batch->entries, batch->count);
}

/* How many were written; -1, and a warning, where entries were refused. */
static int
TryEntries(FFRingEntry **entries, int count)
{
	Batch		batch = {entries, count, 0};

	return FFAttempt(Write, &batch, psprintf("could not write %d exposures", count)) ? batch.written : -1;
}

/* All at once, else one by one, so that one that is bad holds up no other. */
static int
WriteBatch(FFRingEntry **entries, int count)
{
	int			written = TryEntries(entries, count);

	if (written >= 0 || count == 1)
		return Max(written, 0);
	written = 0;
	for (int i = 0; i < count; i++)
		written += Max(TryEntries(entries + i, 1), 0);
	return written;
}

/*
 * Entries come in the order of their numbers.  Those of an extension that was here
 * before are none of its successor's.
 */
static void
AccountFor(FFRingEntry **entries, int count)
{
	FFLedgerKey key = FFAccountKey();

	while (count > 0 && entries[count - 1]->key.table != key.table)
		count--;
	if (count > 0 && OidIsValid(key.table))
		FFAccountAdvance(key, entries[count - 1]->number);
}

/* Write what there is, up to a batch; how many entries there were. */
static int
DrainBatch(MemoryContext memory)
{
	MemoryContext caller = MemoryContextSwitchTo(memory);
	FFRingEntry **entries = palloc(BATCH * sizeof(FFRingEntry *));
	uint64	   *places = palloc(BATCH * sizeof(uint64));
	int			count = FFRingTake(MyDatabaseId, BATCH, entries, places);
	int			written = 0;
	FFOwner		owner;

	if (count > 0)
	{
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		MemoryContextSwitchTo(memory);
		if (OidIsValid(FFTableOid("exposures")))	/* else the extension is gone */
		{
			FFOwnerBecome(&owner, "experiments");
			written = WriteBatch(entries, count);
			FFOwnerEnd(&owner);
			AccountFor(entries, count);
		}
		PopActiveSnapshot();
		CommitTransactionCommand();
		FFRingDone(places, count, count - written);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(memory);
	return count;
}

static bool
IsOther(Oid database)
{
	return database != MyDatabaseId;
}

/* Whether there is something to be done for another database. */
static bool
OthersWait(void)
{
	long		wait = -1;

	return OidIsValid(FFRingOldest(IsOther)) || OidIsValid(FFUsageDue(IsOther, &wait)) || OidIsValid(FFLogDue(IsOther, &wait));
}

/* Wait for more; false where nothing came, or others wait. */
static bool
WaitForMore(void)
{
	for (int waited = 0; waited < IDLE && !ShutdownRequestPending; waited += REST)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, REST, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (!FFRingIsDone(MyDatabaseId, PG_UINT64_MAX) || FFLogIsDue())
			return true;
		if (OthersWait())
			return false;
	}
	return false;
}

/*
 * Connect without settings of the database or the server that would have a
 * batch fail which only has to wait.
 */
static void
Connect(Oid database)
{
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	FFRingSetTurn(FF_TURN_CONNECTED);
	SetConfigOption("lock_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	pgstat_report_activity(STATE_RUNNING, "writing exposures");
}

/* Write until little is left; whether the worker has had its turn. */
static bool
DrainMost(MemoryContext memory, TimestampTz start)
{
	int			count;
	bool		over;

	do
	{
		count = DrainBatch(memory);
		CHECK_FOR_INTERRUPTS();
		over = TimestampDifferenceExceeds(start, GetCurrentTimestamp(), TURN) && OthersWait();
	} while (count >= FEW && !over);
	FFUsageWrite();
	FFLogWrite();
	pgstat_report_stat(true);
	return over;
}

/*
 * The worker of one database.  One that is told to stop writes what is there:
 * when the server shuts down, nobody is left to add to it.
 */
void
ff_drain_database(Datum argument)
{
	TimestampTz start = GetCurrentTimestamp();
	MemoryContext memory;

	Connect(DatumGetObjectId(argument));
	memory = AllocSetContextCreate(TopMemoryContext, "featureflow exposures", ALLOCSET_DEFAULT_SIZES);
	while (!DrainMost(memory, start) && WaitForMore())
		continue;
	while (ShutdownRequestPending && DrainBatch(memory) > 0)
		CHECK_FOR_INTERRUPTS();
	FFRingSetTurn(FF_TURN_ENDED);
}
