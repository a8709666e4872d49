/*
 * ring.c
 *	  Exposures on their way to the table, in shared memory.
 *
 * A ring of bytes under one lock, which is held for a copy and no longer.  Places
 * count from the start of the server and never go back.  Entries are done with in
 * any order, one database after the other; room is free again from the oldest on.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/guc.h"

#include "base/compat.h"
#include "base/shared.h"
#include "events/drain.h"
#include "events/ring.h"

#define BATCH_BYTES (1024 * 1024)	/* that are taken at a time; no entry is larger */

typedef struct Ring
{
	LWLock	   *lock;
	PGPROC	   *attendant;		/* NULL: nobody waits for entries */
	FFTurn		turn;
	uint64		size;			/* of data */
	uint64		head;			/* the oldest entry that is not done */
	uint64		tail;			/* where the next one goes */
	FFRingCounts counts;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} Ring;

static Ring *TheRing = NULL;
static int	RingSize = 8192;	/* kB */

bool
FFRingThere(void)
{
	return TheRing != NULL;
}

static Size
Bytes(void)
{
	return offsetof(Ring, data) + (Size) RingSize * 1024;
}

static void
Open(void *memory, LWLockPadded *locks, bool is_new)
{
	TheRing = memory;
	if (is_new)
	{
		memset(TheRing, 0, offsetof(Ring, data));
		TheRing->lock = &locks->lock;
		TheRing->size = (uint64) RingSize * 1024;
	}
	FFLedgerOpen(is_new);
}

void
FFRingInit(void)
{
	static FFShared piece = {.name = "featureflow exposures", .locks = 1, .bytes = Bytes, .open = Open};

	if (!process_shared_preload_libraries_in_progress)
		return;
	DefineCustomIntVariable("featureflow.exposure_ring",
							"Shared memory for exposures that have not been written yet.",
							"Of featureflow.exposures = async. What finds no room is dropped and counted.",
							&RingSize, 8192, 64, 1024 * 1024,
							PGC_POSTMASTER, GUC_UNIT_KB, NULL, NULL, NULL);
	FFSharedRegister(&piece);
	FFDrainRegister();
}

static FFRingEntry *
At(uint64 place)
{
	return (FFRingEntry *) (TheRing->data + place % TheRing->size);
}

/* Room at the end that an entry does not fit into becomes an entry of nobody. */
static void
FillUp(uint64 room)
{
	FFRingEntry *filler = At(TheRing->tail);

	if (room >= offsetof(FFRingEntry, data))
	{
		memset(filler, 0, offsetof(FFRingEntry, data));
		filler->size = room;
		filler->done = true;
	}
	TheRing->tail += room;
}

/* The size of what stands at a place; too little room for an entry is skipped. */
static uint64
SizeAt(uint64 place)
{
	uint64		room = TheRing->size - place % TheRing->size;

	return room < offsetof(FFRingEntry, data) ? room : At(place)->size;
}

static bool
IsEntry(uint64 place)
{
	return TheRing->size - place % TheRing->size >= offsetof(FFRingEntry, data) && OidIsValid(At(place)->key.database);
}

/* The number of an exposure that is accepted; 0: it is not. */
static uint64
Accept(const FFRingEntry *entry, uint64 place)
{
	if (entry->size > BATCH_BYTES || place + entry->size - TheRing->head > TheRing->size)
		return 0;
	return FFLedgerAccept(entry->key, TheRing->head, place);
}

bool
FFRingPush(const FFRingEntry *entry)
{
	uint64		room;
	uint64		number;

	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	room = TheRing->size - TheRing->tail % TheRing->size;
	if (room >= entry->size)
		room = 0;
	number = Accept(entry, TheRing->tail + room);
	if (number > 0)
	{
		if (room > 0)
			FillUp(room);
		memcpy(At(TheRing->tail), entry, entry->size);
		At(TheRing->tail)->number = number;
		TheRing->tail += entry->size;
		TheRing->counts.pushed++;
	}
	else
		TheRing->counts.dropped++;
	LWLockRelease(TheRing->lock);
	return number > 0;
}

void
FFRingDrop(uint64 count)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	TheRing->counts.dropped += count;
	LWLockRelease(TheRing->lock);
}

int
FFRingTake(Oid database, int most, FFRingEntry **entries, uint64 *places)
{
	int			count = 0;
	uint64		used = 0;
	char	   *copy = palloc(BATCH_BYTES);	/* nothing may fail under the lock */

	LWLockAcquire(TheRing->lock, LW_SHARED);
	for (uint64 place = TheRing->head; place < TheRing->tail && count < most; place += SizeAt(place))
	{
		if (!IsEntry(place) || At(place)->done || At(place)->key.database != database)
			continue;
		if (used + At(place)->size > BATCH_BYTES)
			break;
		entries[count] = memcpy(copy + used, At(place), At(place)->size);
		used += At(place)->size;
		places[count++] = place;
	}
	LWLockRelease(TheRing->lock);
	return count;
}

/* Room from the oldest entry on that is done with is free. */
static void
Advance(void)
{
	while (TheRing->head < TheRing->tail && (!IsEntry(TheRing->head) || At(TheRing->head)->done))
		TheRing->head += SizeAt(TheRing->head);
}

void
FFRingDone(const uint64 *places, int count, uint64 failed)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	for (int i = 0; i < count; i++)
		At(places[i])->done = true;
	TheRing->counts.written += count - failed;
	TheRing->counts.failed += failed;
	Advance();
	LWLockRelease(TheRing->lock);
}

void
FFRingGiveUp(Oid database)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	for (uint64 place = TheRing->head; place < TheRing->tail; place += SizeAt(place))
	{
		if (!IsEntry(place) || At(place)->done || At(place)->key.database != database)
			continue;
		At(place)->done = true;
		TheRing->counts.failed++;
		FFLedgerRetract(At(place)->key);
	}
	Advance();
	LWLockRelease(TheRing->lock);
}

Oid
FFRingOldest(bool (*wanted) (Oid database))
{
	Oid			database = InvalidOid;

	LWLockAcquire(TheRing->lock, LW_SHARED);
	for (uint64 place = TheRing->head; place < TheRing->tail && !OidIsValid(database); place += SizeAt(place))
		if (IsEntry(place) && !At(place)->done && wanted(At(place)->key.database))
			database = At(place)->key.database;
	LWLockRelease(TheRing->lock);
	return database;
}

void
FFRingSetTurn(FFTurn turn)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	TheRing->turn = turn;
	LWLockRelease(TheRing->lock);
}

FFTurn
FFRingTurn(void)
{
	FFTurn		turn;

	LWLockAcquire(TheRing->lock, LW_SHARED);
	turn = TheRing->turn;
	LWLockRelease(TheRing->lock);
	return turn;
}

uint64
FFRingPlace(void)
{
	uint64		place;

	LWLockAcquire(TheRing->lock, LW_SHARED);
	place = TheRing->tail;
	LWLockRelease(TheRing->lock);
	return place;
}

bool
FFRingIsDone(Oid database, uint64 before)
{
	bool		done = true;

	LWLockAcquire(TheRing->lock, LW_SHARED);
	for (uint64 place = TheRing->head; done && place < Min(before, TheRing->tail); place += SizeAt(place))
		done = !IsEntry(place) || At(place)->done || At(place)->key.database != database;
	LWLockRelease(TheRing->lock);
	return done;
}

FFRingCounts
FFRingCount(Oid database, uint64 *waiting, TimestampTz *oldest)
{
	FFRingCounts counts;

	*waiting = 0;
	LWLockAcquire(TheRing->lock, LW_SHARED);
	counts = TheRing->counts;
	counts.size = TheRing->size;
	counts.used = TheRing->tail - TheRing->head;
	for (uint64 place = TheRing->head; place < TheRing->tail; place += SizeAt(place))
	{
		if (!IsEntry(place) || At(place)->done || At(place)->key.database != database)
			continue;
		if ((*waiting)++ == 0)
			*oldest = At(place)->at;
	}
	LWLockRelease(TheRing->lock);
	return counts;
}

bool
FFRingLedger(FFLedgerKey key, FFLedgerPage *page)
{
	FFLedgerPage *found;

	LWLockAcquire(TheRing->lock, LW_SHARED);
	found = FFLedgerFind(key);
	if (found != NULL)
		*page = *found;
	LWLockRelease(TheRing->lock);
	return found != NULL;
}

void
FFRingRaise(FFLedgerKey key, uint64 before)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	FFLedgerRaise(key, before);
	LWLockRelease(TheRing->lock);
}

void
FFRingAttend(bool attends)
{
	LWLockAcquire(TheRing->lock, LW_EXCLUSIVE);
	TheRing->attendant = attends ? MyProc : NULL;
	LWLockRelease(TheRing->lock);
}

/* Without the lock: to wake nobody, or somebody else, does no harm. */
void
FFRingWake(void)
{
	PGPROC	   *attendant = TheRing->attendant;

	if (attendant != NULL)
		SetLatch(&attendant->procLatch);
}
