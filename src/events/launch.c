/*
 * launch.c
 *	  The worker that waits for exposures, and starts one that writes them.
 *
 * It has no database.  It starts a worker for the database of the oldest entry,
 * or of counts of evaluations that have waited their time, and waits until that
 * has gone.  A database whose worker failed is tried again
 * later, and others come first meanwhile; where none has reached it, time and
 * again, it is gone, and so are its entries.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procsignal.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "events/drain.h"
#include "events/ring.h"
#include "usage/log.h"
#include "usage/table.h"

#define FIRST_PAUSE 100			/* milliseconds after a worker that failed */
#define LONGEST_PAUSE 30000		/* it doubles up to this */
#define MOST_DOUBLINGS 9
#define MOST_UNREACHED 12		/* workers in a row that did not reach the database */

PGDLLEXPORT void ff_drain_main(Datum argument);

/* A database whose last worker failed. */
typedef struct Trouble
{
	Oid			database;
	int			failures;		/* in a row */
	int			unreached;		/* of these the last that did not reach it */
	TimestampTz until;			/* when it is tried again */
} Trouble;

static Trouble *Troubles;
static int	TroubleCount = 0;
static int	TroubleSpace = 8;
static TimestampTz Now;

/* Ends by a status that has the server start it again, if somebody else than the server stopped it. */
static void
Pause(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	if (ShutdownRequestPending)
		proc_exit(1);
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	CHECK_FOR_INTERRUPTS();
}

static Trouble *
FindTrouble(Oid database)
{
	for (int i = 0; i < TroubleCount; i++)
		if (Troubles[i].database == database)
			return &Troubles[i];
	return NULL;
}

static Trouble *
FindOrAddTrouble(Oid database)
{
	Trouble    *trouble = FindTrouble(database);

	if (trouble != NULL)
		return trouble;
	if (TroubleCount == TroubleSpace)
	{
		Troubles = repalloc(Troubles, 2 * TroubleSpace * sizeof(Trouble));
		TroubleSpace *= 2;
	}
	trouble = &Troubles[TroubleCount++];
	memset(trouble, 0, sizeof(*trouble));
	trouble->database = database;
	return trouble;
}

static void
ForgetTrouble(Oid database)
{
	Trouble    *trouble = FindTrouble(database);

	if (trouble != NULL)
		*trouble = Troubles[--TroubleCount];
}

/* Called under the lock of the ring, of the log, or those of the counts. */
static bool
MayRun(Oid database)
{
	Trouble    *trouble = FindTrouble(database);

	return trouble == NULL || trouble->until <= Now;
}

/* The database whose turn it is; else how many milliseconds until there may be one, -1: until one is woken. */
static Oid
NextDatabase(long *wait)
{
	Oid			database;

	Now = GetCurrentTimestamp();
	*wait = -1;
	database = FFRingOldest(MayRun);
	if (!OidIsValid(database))
		database = FFUsageDue(MayRun, wait);
	if (!OidIsValid(database))
		database = FFLogDue(MayRun, wait);
	for (int i = 0; !OidIsValid(database) && i < TroubleCount; i++)
	{
		long		left = (long) ((Troubles[i].until - Now + 999) / 1000);

		if (left > 0 && (*wait < 0 || left < *wait))
			*wait = left;
	}
	return database;
}

/* Start the worker of a database and wait until it has gone; whether it started. */
static bool
RunWorker(Oid database)
{
	BackgroundWorker worker = {0};
	BackgroundWorkerHandle *handle;
	bool		started;

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
	started = WaitForBackgroundWorkerShutdown(handle) == BGWH_STOPPED;
	pfree(handle);
	return started;
}

/* Try again later, or not at all where the database seems to be gone. */
static void
AfterFailure(Oid database, bool started)
{
	Trouble    *trouble = FindOrAddTrouble(database);
	long		pause = Min((long) FIRST_PAUSE << Min(trouble->failures, MOST_DOUBLINGS), LONGEST_PAUSE);

	trouble->failures++;
	trouble->unreached = started && FFRingTurn() == FF_TURN_NOT_REACHED ? trouble->unreached + 1 : 0;
	trouble->until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause);
	if (!started)
		ereport(LOG,
				(errmsg("no background worker could be started to write exposures of database %u", database),
				 errhint("You might need to increase max_worker_processes.")));
	if (trouble->unreached < MOST_UNREACHED)
		return;
	ereport(WARNING,
			(errmsg("exposures and counts of database %u are given up: no worker could connect to it", database)));
	FFRingGiveUp(database);
	FFUsageGiveUp(database);
	FFLogDone(database, PG_UINT64_MAX, 0);
	ForgetTrouble(database);
}

static void
StopAttending(int code, Datum argument)
{
	(void) code;
	(void) argument;
	FFRingAttend(false);
}

static void
Prepare(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	/* a worker without a database ignores it by default, and by it the end of another is told */
	pqsignal(SIGUSR1, procsignal_sigusr1_handler);
	BackgroundWorkerUnblockSignals();
	before_shmem_exit(StopAttending, (Datum) 0);
	CurrentMemoryContext = AllocSetContextCreate(TopMemoryContext, "featureflow exposures", ALLOCSET_DEFAULT_SIZES);
	Troubles = palloc(TroubleSpace * sizeof(Trouble));
}

/* The worker that waits for entries. */
void
ff_drain_main(Datum argument)
{
	(void) argument;
	Prepare();
	for (;;)
	{
		Oid			database;
		long		wait;
		bool		started;

		FFRingAttend(true);		/* first: whoever comes after the next look wakes us */
		database = NextDatabase(&wait);
		if (!OidIsValid(database))
		{
			Pause(wait);
			continue;
		}
		FFRingAttend(false);
		FFRingSetTurn(FF_TURN_NOT_REACHED);
		started = RunWorker(database);
		if (started && FFRingTurn() == FF_TURN_ENDED)
			ForgetTrouble(database);
		else
			AfterFailure(database, started);
		Pause(0L);
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
