/*
 * table.c
 *	  Counts of evaluations on their way to ff.evaluation_counts, in shared memory.
 *
 * A hash table of a fixed size.  Each of its partitions has a lock, which is held
 * for adding one entry to another; who reads the whole table holds all of them.
 * An entry stays until it has been written, and what is added to it meanwhile
 * stays longer: counts are subtracted, and users may be written twice.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/shared.h"
#include "events/ring.h"
#include "usage/log.h"
#include "usage/table.h"

#define NAME "featureflow usage"
#define PARTITIONS 16
#define HURRIED 0				/* in place of the time since when: longer than all others */

typedef struct Shared
{
	LWLockPadded *locks;
	pg_atomic_uint32 used;
	pg_atomic_uint64 written;
	pg_atomic_uint64 dropped;
	pg_atomic_uint64 failed;
} Shared;

bool		FFCountEvaluations = false;

static Shared *TheShared = NULL;
static HTAB *TheTable = NULL;
static int	TableSize = 8192;		/* kB */
static int	Patience = 60;		/* seconds */

bool
FFUsageThere(void)
{
	return TheTable != NULL;
}

/* Entries for which there is room. */
static int
Room(void)
{
	return (int) ((Size) TableSize * 1024 / MAXALIGN(sizeof(FFUsageEntry)));
}

static Size
Bytes(void)
{
	return sizeof(Shared);
}

static Size
TableBytes(void)
{
	return hash_estimate_size(Room(), sizeof(FFUsageEntry));
}

/* A server that stops in order leaves its counts to the next one. */
static void
SaveAtStop(int code, Datum argument)
{
	(void) argument;
	if (code == 0 && TheTable != NULL)
		FFUsageSave();
}

static void
Open(void *memory, LWLockPadded *locks, bool is_new)
{
	HASHCTL		shape = {.keysize = sizeof(FFUsageKey), .entrysize = sizeof(FFUsageEntry), .num_partitions = PARTITIONS};

	TheShared = memory;
	if (is_new)
	{
		TheShared->locks = locks;
		pg_atomic_init_u32(&TheShared->used, 0);
		pg_atomic_init_u64(&TheShared->written, 0);
		pg_atomic_init_u64(&TheShared->dropped, 0);
		pg_atomic_init_u64(&TheShared->failed, 0);
	}
	TheTable = ShmemInitHash(NAME " table", Room(), Room(), &shape,
							 HASH_ELEM | HASH_BLOBS | HASH_PARTITION | HASH_FIXED_SIZE);
	if (IsUnderPostmaster)
		return;
	on_shmem_exit(SaveAtStop, (Datum) 0);
	if (is_new)
		FFUsageLoad();
}

static void
DefineSettings(void)
{
	DefineCustomBoolVariable("featureflow.count_evaluations",
							 "Counts evaluations by flag, variation, reason and hour.",
							 "In the memory of the session first, then in shared memory, and written by a worker.",
							 &FFCountEvaluations, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("featureflow.usage_interval",
							"How long counts of evaluations wait in shared memory to be written together.",
							"A crash of the server loses them.",
							&Patience, 60, 1, 3600,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("featureflow.usage_memory",
							"Shared memory for counts of evaluations that have not been written yet.",
							"What finds no room is dropped and counted.",
							&TableSize, 8192, 64, 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
}

void
FFUsageInit(void)
{
	static FFShared piece = {.name = NAME, .locks = PARTITIONS, .bytes = Bytes, .besides = TableBytes, .open = Open};

	if (!process_shared_preload_libraries_in_progress)
		return;
	DefineSettings();
	FFSharedRegister(&piece);
	FFLogInit();
}

static LWLock *
LockOf(uint32 hash)
{
	return &TheShared->locks[hash % PARTITIONS].lock;
}

static void
LockAll(LWLockMode mode)
{
	for (int i = 0; i < PARTITIONS; i++)
		LWLockAcquire(&TheShared->locks[i].lock, mode);
}

static void
UnlockAll(void)
{
	for (int i = PARTITIONS - 1; i >= 0; i--)
		LWLockRelease(&TheShared->locks[i].lock);
}

/* Half of the room is left for what comes while it is written. */
static bool
IsCrowded(void)
{
	return pg_atomic_read_u32(&TheShared->used) > (uint32) Room() / 2;
}

static void
Add(FFUsageCounts *counts, const FFUsageCounts *more)
{
	counts->evaluations += more->evaluations;
	counts->last = Max(counts->last, more->last);
	for (int i = 0; i < FF_LATENCY_STEPS; i++)
		counts->latency[i] += more->latency[i];
	FFSketchMerge(counts->users, more->users);
}

/* The worker is woken for the first entry, which sets its clock, and for one too many. */
static void
WakeForNew(void)
{
	uint32		used = pg_atomic_add_fetch_u32(&TheShared->used, 1);

	if (used == 1 || used == (uint32) Room() / 2 + 1)
		FFRingWake();
}

void
FFUsageAdd(const FFUsageKey *key, const FFUsageCounts *counts)
{
	uint32		hash = get_hash_value(TheTable, key);
	bool		found;
	FFUsageEntry *entry;

	LWLockAcquire(LockOf(hash), LW_EXCLUSIVE);
	entry = hash_search_with_hash_value(TheTable, key, hash, HASH_ENTER_NULL, &found);
	if (entry != NULL && !found)
	{
		memset(&entry->counts, 0, sizeof(entry->counts));
		entry->since = GetCurrentTimestamp();
	}
	if (entry != NULL)
		Add(&entry->counts, counts);
	LWLockRelease(LockOf(hash));
	if (entry == NULL)
		pg_atomic_fetch_add_u64(&TheShared->dropped, counts->evaluations);
	else if (!found)
		WakeForNew();
}

Oid
FFUsageDue(bool (*wanted) (Oid database), long *wait)
{
	TimestampTz before = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), -1000L * Patience);
	bool		crowded = IsCrowded();
	Oid			due = InvalidOid;
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;

	if (pg_atomic_read_u32(&TheShared->used) == 0)
		return InvalidOid;
	LockAll(LW_SHARED);
	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		long		left = (long) ((entry->since - before + 999) / 1000);

		if (OidIsValid(due) || !wanted(entry->key.database))
			continue;
		if (crowded || left <= 0)
			due = entry->key.database;
		else if (*wait < 0 || left < *wait)
			*wait = left;
	}
	UnlockAll();
	return due;
}

int
FFUsageTake(Oid database, TimestampTz before, int most, FFUsageEntry *entries)
{
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;
	int			count = 0;

	LockAll(LW_SHARED);
	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (count < most && entry->key.database == database && entry->since < before)
			entries[count++] = *entry;
	}
	UnlockAll();
	return count;
}

/* Without locks: one that a process took along into its end would be waited for in vain. */
int
FFUsageTakeAll(int most, FFUsageEntry *entries)
{
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;
	int			count = 0;

	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (count < most)
			entries[count++] = *entry;
	}
	return count;
}

/* Leave what has been added to an entry since it was taken. */
static void
Subtract(FFUsageCounts *counts, const FFUsageCounts *taken)
{
	counts->evaluations -= taken->evaluations;
	for (int i = 0; i < FF_LATENCY_STEPS; i++)
		counts->latency[i] -= taken->latency[i];
}

void
FFUsageSettle(const FFUsageEntry *taken, FFUsageFate fate)
{
	uint32		hash = get_hash_value(TheTable, &taken->key);
	FFUsageEntry *entry;

	LWLockAcquire(LockOf(hash), LW_EXCLUSIVE);
	entry = hash_search_with_hash_value(TheTable, &taken->key, hash, HASH_FIND, NULL);
	if (entry != NULL)
	{
		if (fate != FF_USAGE_KEPT)
			Subtract(&entry->counts, &taken->counts);
		entry->since = GetCurrentTimestamp();
		if (entry->counts.evaluations == 0)
		{
			hash_search_with_hash_value(TheTable, &taken->key, hash, HASH_REMOVE, NULL);
			pg_atomic_fetch_sub_u32(&TheShared->used, 1);
		}
	}
	LWLockRelease(LockOf(hash));
	if (fate == FF_USAGE_WRITTEN)
		pg_atomic_fetch_add_u64(&TheShared->written, taken->counts.evaluations);
	else if (fate == FF_USAGE_FAILED)
		pg_atomic_fetch_add_u64(&TheShared->failed, taken->counts.evaluations);
}

/* An entry that a scan is at may be removed. */
void
FFUsageGiveUp(Oid database)
{
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;

	LockAll(LW_EXCLUSIVE);
	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->key.database != database)
			continue;
		pg_atomic_fetch_add_u64(&TheShared->failed, entry->counts.evaluations);
		hash_search(TheTable, &entry->key, HASH_REMOVE, NULL);
		pg_atomic_fetch_sub_u32(&TheShared->used, 1);
	}
	UnlockAll();
}

/* An entry that waits since ever is due, and tells that it was hurried. */
void
FFUsageHurry(Oid database)
{
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;

	LockAll(LW_EXCLUSIVE);
	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->key.database == database)
			entry->since = HURRIED;
	}
	UnlockAll();
	FFRingWake();
}

bool
FFUsageIsHurried(Oid database)
{
	HASH_SEQ_STATUS scan;
	FFUsageEntry *entry;
	bool		hurried = false;

	LockAll(LW_SHARED);
	hash_seq_init(&scan, TheTable);
	while ((entry = hash_seq_search(&scan)) != NULL)
		hurried = hurried || (entry->key.database == database && entry->since == HURRIED);
	UnlockAll();
	return hurried;
}

FFUsageTotals
FFUsageTotal(void)
{
	FFUsageTotals totals;

	totals.written = pg_atomic_read_u64(&TheShared->written);
	totals.dropped = pg_atomic_read_u64(&TheShared->dropped);
	totals.failed = pg_atomic_read_u64(&TheShared->failed);
	totals.used = pg_atomic_read_u32(&TheShared->used);
	totals.room = Room();
	return totals;
}
