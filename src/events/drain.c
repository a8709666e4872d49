/*
 * drain.c
 *	  The workers that write exposures from the ring.
 *
 * One waits for entries without a database, and starts another for the database
 * of the oldest; that writes in batches what there is of it and goes when there
 * is nothing more, so that a database can be dropped.  A batch is done with after
 * its commit: a worker that is killed in between leaves rows that are written once
 * more, which changes no analysis.
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
#include "storage/procsignal.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/owner.h"
#include "events/append.h"
#include "events/drain.h"
#include "events/ring.h"
#include "model/tables.h"

#define BATCH 2000				/* entries */
#define IDLE 1000				/* milliseconds that a worker waits for more */
#define LONGEST_PAUSE 30000		/* milliseconds after a worker that failed */
#define MOST_FAILURES 12		/* in a row, until a database's entries are given up */

PGDLLEXPORT void ff_drain_main(Datum argument);
PGDLLEXPORT void ff_drain_database(Datum argument);

/* The row of an entry; its experiment may be gone. */
static bool
ExposureOf(FFRingEntry *entry, Relation experiments, FFExposure *exposure)
{
	FFScan		scan = {0};
	HeapTuple	tuple;
	char	   *unit = entry->data + entry->variation_length;

	memset(exposure, 0, sizeof(*exposure));
	exposure->meeting.experiment_id = entry->experiment_id;
	exposure->meeting.phase = entry->phase;
	exposure->meeting.unit.data = unit;
	exposure->meeting.unit.length = entry->unit_length;
	exposure->variation = cstring_to_text_with_len(entry->data, entry->variation_length);
	exposure->at = entry->at;
	if (entry->dimensions_length > 0)
		exposure->dimensions = memcpy(palloc(entry->dimensions_length), unit + entry->unit_length, entry->dimensions_length);
	FFScanUuid(&scan, Anum_experiments_id, &entry->experiment_id);
	FFScanBegin(&scan, experiments, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		exposure->experiment = FFStringOfText(FFStringToText(FFColumnText(tuple, experiments, Anum_experiments_key)));
	FFScanEnd(&scan);
	return exposure->experiment.data != NULL;
}

/* How many of the entries were written; the others have no experiment any more. */
static int
WriteEntries(FFRingEntry **entries, int count)
{
	Relation	experiments = FFTableOpen("experiments", AccessShareLock);
	int			written = 0;

	for (int i = 0; i < count; i++)
	{
		FFExposure	exposure;

		if (!ExposureOf(entries[i], experiments, &exposure))
			continue;
		FFExposureAppend(&entries[i]->environment_id, &exposure);
		written++;
	}
	table_close(experiments, NoLock);
	return written;
}

/* The same in a subtransaction; -1, and a warning, where it failed. */
static int
TryEntries(FFRingEntry **entries, int count)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int written = -1;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		written = WriteEntries(entries, count);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
			ReThrowError(error);
		ereport(WARNING,
				(errmsg("could not write %d exposures: %s", count, error->message)));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return written;
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
		}
		PopActiveSnapshot();
		CommitTransactionCommand();
		FFRingDone(places, count, count - written);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(memory);
	return count;
}

/* Wait for more; false where nothing came. */
static bool
WaitForMore(void)
{
	for (int waited = 0; waited < IDLE && !ShutdownRequestPending; waited += IDLE / 10)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, IDLE / 10, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (!FFRingIsDone(MyDatabaseId, PG_UINT64_MAX))
			return true;
	}
	return false;
}

/*
 * The worker of one database.  One that is told to stop writes what is there:
 * when the server shuts down, nobody is left to add to it.
 */
void
ff_drain_database(Datum argument)
{
	MemoryContext memory;

	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(argument), InvalidOid, 0);
	memory = AllocSetContextCreate(TopMemoryContext, "featureflow exposures", ALLOCSET_DEFAULT_SIZES);
	pgstat_report_activity(STATE_RUNNING, "writing exposures");
	do
	{
		while (DrainBatch(memory) > 0)
			CHECK_FOR_INTERRUPTS();
		pgstat_report_stat(true);
	} while (WaitForMore());
}

/* Start the worker of a database and wait until it has gone; whether it started. */
static bool
RunWorker(Oid database)
{
	BackgroundWorker worker = {0};
	BackgroundWorkerHandle *handle;

	snprintf(worker.bgw_name, BGW_MAXLEN, "featureflow exposures of database %u", database);
	snprintf(worker.bgw_type, BGW_MAXLEN, "featureflow exposures");
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "featureflow");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "ff_drain_database");
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	worker.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		return false;
	return WaitForBackgroundWorkerShutdown(handle) == BGWH_STOPPED;
}

static void
Pause(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	FFMainLoopInterrupts();
}

static void
StopAttending(int code, Datum argument)
{
	(void) code;
	(void) argument;
	FFRingAttend(false);
}

/* A database whose worker comes to nothing, again and again, may be gone. */
static void
AfterFailure(Oid database, int failures)
{
	if (failures < MOST_FAILURES)
	{
		TimestampTz until = GetCurrentTimestamp() + Min(100L << failures, LONGEST_PAUSE) * INT64CONST(1000);

		while (GetCurrentTimestamp() < until)	/* whatever else comes in the meantime */
			Pause(Max((until - GetCurrentTimestamp()) / 1000, 1));
		return;
	}
	ereport(WARNING,
			(errmsg("exposures of database %u are given up: no worker could write them", database)));
	FFRingGiveUp(database);
}

/* The worker that waits for entries. */
void
ff_drain_main(Datum argument)
{
	int			failures = 0;

	(void) argument;
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	pqsignal(SIGUSR1, procsignal_sigusr1_handler);	/* a worker has gone */
	BackgroundWorkerUnblockSignals();
	before_shmem_exit(StopAttending, (Datum) 0);
	for (;;)
	{
		Oid			database;
		uint64		place;

		FFRingAttend(true);		/* first: whoever comes after the next look wakes us */
		database = FFRingOldest();
		if (!OidIsValid(database))
		{
			Pause(-1L);
			continue;
		}
		FFRingAttend(false);
		place = FFRingPlace();
		if (RunWorker(database) && FFRingIsDone(database, place))
			failures = 0;
		else
			AfterFailure(database, failures++);
		if (failures > MOST_FAILURES)
			failures = 0;
		FFMainLoopInterrupts();
	}
}

void
FFDrainRegister(void)
{
	BackgroundWorker worker = {0};

	if (IsBinaryUpgrade)
		return;
	snprintf(worker.bgw_name, BGW_MAXLEN, "featureflow exposures");
	snprintf(worker.bgw_type, BGW_MAXLEN, "featureflow exposures");
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 5;
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "featureflow");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "ff_drain_main");
	RegisterBackgroundWorker(&worker);
}
