/*
 * count.c
 *	  Counting evaluations, in the memory of the session.
 *
 * An evaluation finds its slot by what its flag remembers, and adds to it: no
 * lock, no memory to be allocated, no clock.  Slots go to shared memory at the
 * end of a transaction, at most once a second, with the hour, when there is no
 * slot left, and with the session.  Transactions that roll back have evaluated
 * as well.
 */
#include "postgres.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "usage/count.h"

#define SLOTS 512				/* a power of two */
#define BLOCK 32				/* slots that are allocated together */
#define PLACES (2 * SLOTS)		/* of the table that finds them */
#define MEAN_GAP 64				/* calls by those that are timed */

typedef struct Slot
{
	FFUsageKey	key;
	FFUsageCounts counts;
} Slot;

int			FFUsageCountdown = 0;

static Slot *Blocks[SLOTS / BLOCK];
static int	SlotCount = 0;
static uint16 Places[PLACES];	/* numbers of slots from 1; 0 is free */
static uint64 Epoch = 1;		/* moves when all slots are given back */
static TimestampTz Hour = 0;	/* of all slots */
static TimestampTz HandedOver = 0;

static inline Slot *
SlotAt(int number)
{
	return &Blocks[(number - 1) / BLOCK][(number - 1) % BLOCK];
}

/* Gaps are drawn, so that no rhythm of calls is timed in step; the first call is timed as seldom as any. */
bool
FFUsageDrawCountdown(void)
{
	static bool drawn = false;
	bool		timed = drawn;

	drawn = true;
	FFUsageCountdown = (int) (pg_prng_uint64(&pg_global_prng_state) % (2 * MEAN_GAP - 1));
	if (!timed && FFUsageCountdown == 0)
		timed = true;
	return timed;
}

void
FFUsageHandOver(void)
{
	for (int number = 1; number <= SlotCount; number++)
		FFUsageAdd(&SlotAt(number)->key, &SlotAt(number)->counts);
	SlotCount = 0;
	Epoch++;
	memset(Places, 0, sizeof(Places));
	HandedOver = GetCurrentTimestamp();
}

void
FFUsageEndTransaction(void)
{
	if (SlotCount > 0 && TimestampDifferenceExceeds(HandedOver, GetCurrentTimestamp(), 1000))
		FFUsageHandOver();
}

static void
HandOverAtExit(int code, Datum argument)
{
	(void) code;
	(void) argument;
	if (SlotCount > 0)
		FFUsageHandOver();
}

/* Memory for the slot of that number; false where there is none. */
static bool
HaveBlock(int number)
{
	Slot	  **block = &Blocks[(number - 1) / BLOCK];

	if (*block == NULL)
		*block = MemoryContextAllocExtended(TopMemoryContext, BLOCK * sizeof(Slot), MCXT_ALLOC_NO_OOM);
	return *block != NULL;
}

/* The number of the slot of a key, which is taken where there is none; 0: no memory. */
static int
FindSlot(const FFUsageKey *key)
{
	static bool registered = false;
	uint32		place;

	if (SlotCount == SLOTS)
		FFUsageHandOver();
	place = (uint32) XXH3_64bits(key, sizeof(*key)) & (PLACES - 1);
	for (; Places[place] != 0; place = (place + 1) & (PLACES - 1))
	{
		if (memcmp(&SlotAt(Places[place])->key, key, sizeof(*key)) == 0)
			return Places[place];
	}
	if (!HaveBlock(SlotCount + 1))
		return 0;
	if (!registered)
		before_shmem_exit(HandOverAtExit, (Datum) 0);
	registered = true;
	Places[place] = ++SlotCount;
	memset(SlotAt(SlotCount), 0, sizeof(Slot));
	SlotAt(SlotCount)->key = *key;
	return SlotCount;
}

/* Slots are of one hour: that in which statements begin. */
static void
TurnHour(TimestampTz now)
{
	if (SlotCount > 0)
		FFUsageHandOver();
	Epoch++;
	Hour = now - now % USECS_PER_HOUR;
}

/* The slot of what has not been counted since slots were given back; NULL: there is none. */
static pg_noinline Slot *
SlowSlot(const FFRuleset *ruleset, FFFlag *flag, int variation, int outcome, void **cached)
{
	FFUsageKey	key;
	int			number;

	if (!ruleset->known)
		return NULL;			/* of no environment */
	memset(&key, 0, sizeof(key));
	key.environment_id = ruleset->environment_id;
	if (flag->image != NULL)
		key.flag_id = flag->image->id;
	key.hour = Hour;
	key.database = MyDatabaseId;
	key.variation = variation;
	key.outcome = outcome;
	number = FindSlot(&key);
	if (number == 0)
		return NULL;
	if (flag->image != NULL)	/* the one that stands for what is not there is of all environments */
	{
		if (flag->counted_in != Epoch)
			memset(flag->counted_at, 0, sizeof(flag->counted_at));
		flag->counted_in = Epoch;
		*cached = SlotAt(number);
	}
	return SlotAt(number);
}

FFUsageCounts *
FFUsageCount(const FFSubject *subject, FFFlag *flag, int variation, int outcome)
{
	TimestampTz now = subject->context.now;
	void	  **cached = &flag->counted_at[(unsigned) (variation + 3 * outcome) % lengthof(flag->counted_at)];
	Slot	   *slot;

	if (unlikely((uint64) (now - Hour) >= USECS_PER_HOUR))
		TurnHour(now);
	slot = likely(flag->counted_in == Epoch) ? *cached : NULL;
	if (unlikely(slot == NULL || slot->key.variation != variation || slot->key.outcome != outcome))
		slot = SlowSlot(subject->ruleset, flag, variation, outcome, cached);
	if (unlikely(slot == NULL))
		return NULL;
	slot->counts.evaluations++;
	slot->counts.last = now;
	if (subject->context.user_key.data != NULL)
		FFSketchAdd(slot->counts.users, XXH3_64bits(subject->context.user_key.data, subject->context.user_key.length));
	return &slot->counts;
}

void
FFUsageTook(FFUsageCounts *counts, instr_time start)
{
	instr_time	end;
	uint64		nanoseconds;

	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	nanoseconds = FFNanoseconds(end);
	counts->latency[Min(pg_leftmost_one_pos64(Max(nanoseconds, 1)), FF_LATENCY_STEPS - 1)]++;
}
