/*
 * log.c
 *	  Single evaluations on their way to ff.evaluation_log, in shared memory.
 *
 * Entries stand one after the other, in the order in which they came; those that
 * are done are taken out, and what follows moves up.  The lock is held for a copy
 * and no longer.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/shared.h"
#include "events/ring.h"
#include "usage/log.h"

#define PATIENCE 500 			/* milliseconds that entries wait to be written together */
#define BATCH_BYTES (1024 * 1024)	/* that are taken at a time */

typedef struct Log
{
	LWLock	   *lock;
	Size		size;			/* of data */
	Size		used;
	TimestampTz since;			/* there are entries, or the last ones were written; 0: hurry */
	uint64		newest;			/* number of the entry that came last */
	uint64		written;
	uint64		dropped;
	uint64		failed;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} Log;

double		FFLogShare = 0;

static Log *TheLog = NULL;
static int	LogSize = 4096;		/* kB */

bool
FFLogThere(void)
{
	return TheLog != NULL;
}

static Size
Bytes(void)
{
	return offsetof(Log, data) + (Size) LogSize * 1024;
}

static void
Open(void *memory, LWLockPadded *locks, bool is_new)
{
	TheLog = memory;
	if (!is_new)
		return;
	memset(TheLog, 0, offsetof(Log, data));
	TheLog->lock = &locks->lock;
	TheLog->size = (Size) LogSize * 1024;
}

void
FFLogInit(void)
{
	static FFShared piece = {.name = "featureflow evaluation log", .locks = 1, .bytes = Bytes, .open = Open};

	if (!process_shared_preload_libraries_in_progress)
		return;
	DefineCustomRealVariable("featureflow.log_evaluations",
							 "Share of evaluations that are written to ff.evaluation_log, each by itself.",
							 "0: none; 1: all. Drawn at random.",
							 &FFLogShare, 0, 0, 1,
							 PGC_SUSET, 0, NULL, FFLogChangeShare, NULL);
	DefineCustomIntVariable("featureflow.log_memory",
							"Shared memory for logged evaluations that have not been written yet.",
							"What finds no room is dropped and counted.",
							&LogSize, 4096, 64, 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
	FFSharedRegister(&piece);
}

static FFLogEntry *
At(Size place)
{
	return (FFLogEntry *) (TheLog->data + place);
}

void
FFLogPush(FFLogEntry *entry)
{
	bool		wakes = false;
	Size		before;

	LWLockAcquire(TheLog->lock, LW_EXCLUSIVE);
	before = TheLog->used;
	if ((Size) entry->size <= TheLog->size - before)
	{
		if (before == 0)
			TheLog->since = GetCurrentTimestamp();
		entry->number = ++TheLog->newest;
		memcpy(At(before), entry, entry->size);
		TheLog->used += entry->size;
		wakes = before == 0 || (before <= TheLog->size / 2 && TheLog->used > TheLog->size / 2);
	}
	else
		TheLog->dropped++;
	LWLockRelease(TheLog->lock);
	if (wakes)
		FFRingWake();
}

void
FFLogDrop(void)
{
	LWLockAcquire(TheLog->lock, LW_EXCLUSIVE);
	TheLog->dropped++;
	LWLockRelease(TheLog->lock);
}

/* Half of the room is left for what comes while it is written. */
Oid
FFLogDue(bool (*wanted) (Oid database), long *wait)
{
	Oid			database = InvalidOid;
	long		left = 0;

	LWLockAcquire(TheLog->lock, LW_SHARED);
	if (TheLog->used <= TheLog->size / 2)
		left = PATIENCE - TimestampDifferenceMilliseconds(TheLog->since, GetCurrentTimestamp());
	for (Size place = 0; place < TheLog->used && !OidIsValid(database); place += At(place)->size)
		if (wanted(At(place)->database))
			database = At(place)->database;
	LWLockRelease(TheLog->lock);
	if (!OidIsValid(database) || left <= 0)
		return database;
	if (*wait < 0 || left < *wait)
		*wait = left;
	return InvalidOid;
}

static bool
IsMine(Oid database)
{
	return database == MyDatabaseId;
}

bool
FFLogIsDue(void)
{
	long		wait = -1;

	return OidIsValid(FFLogDue(IsMine, &wait));
}

int
FFLogTake(Oid database, int most, FFLogEntry **entries)
{
	char	   *copy = palloc(BATCH_BYTES);	/* nothing may fail under the lock */
	int			count = 0;
	Size		used = 0;

	LWLockAcquire(TheLog->lock, LW_SHARED);
	for (Size place = 0; place < TheLog->used && count < most; place += At(place)->size)
	{
		if (At(place)->database != database)
			continue;
		if (used + At(place)->size > BATCH_BYTES)
			break;
		entries[count++] = memcpy(copy + used, At(place), At(place)->size);
		used += At(place)->size;
	}
	LWLockRelease(TheLog->lock);
	return count;
}

/* Moves up what stays; how many entries went. */
static uint64
Remove(Oid database, uint64 last)
{
	uint64		count = 0;
	Size		kept = 0;
	int			size;

	for (Size place = 0; place < TheLog->used; place += size)
	{
		size = At(place)->size;
		if (At(place)->database == database && At(place)->number <= last)
			count++;
		else
		{
			if (kept < place)
				memmove(At(kept), At(place), size);
			kept += size;
		}
	}
	TheLog->used = kept;
	return count;
}

void
FFLogDone(Oid database, uint64 last, uint64 written)
{
	LWLockAcquire(TheLog->lock, LW_EXCLUSIVE);
	TheLog->failed += Remove(database, last) - written;
	TheLog->written += written;
	TheLog->since = GetCurrentTimestamp();
	LWLockRelease(TheLog->lock);
}

void
FFLogPutOff(void)
{
	LWLockAcquire(TheLog->lock, LW_EXCLUSIVE);
	TheLog->since = GetCurrentTimestamp();
	LWLockRelease(TheLog->lock);
}

uint64
FFLogNewest(void)
{
	uint64		newest;

	LWLockAcquire(TheLog->lock, LW_SHARED);
	newest = TheLog->newest;
	LWLockRelease(TheLog->lock);
	return newest;
}

void
FFLogHurry(void)
{
	LWLockAcquire(TheLog->lock, LW_EXCLUSIVE);
	TheLog->since = 0;
	LWLockRelease(TheLog->lock);
	FFRingWake();
}

bool
FFLogIsDone(Oid database, uint64 last)
{
	bool		done = true;

	LWLockAcquire(TheLog->lock, LW_SHARED);
	for (Size place = 0; place < TheLog->used && done; place += At(place)->size)
		done = At(place)->database != database || At(place)->number > last;
	LWLockRelease(TheLog->lock);
	return done;
}

FFLogTotals
FFLogTotal(Oid database)
{
	FFLogTotals totals = {0};

	LWLockAcquire(TheLog->lock, LW_SHARED);
	totals.written = TheLog->written;
	totals.dropped = TheLog->dropped;
	totals.failed = TheLog->failed;
	totals.used = TheLog->used;
	totals.size = TheLog->size;
	for (Size place = 0; place < TheLog->used; place += At(place)->size)
		totals.waiting += At(place)->database == database;
	LWLockRelease(TheLog->lock);
	return totals;
}
