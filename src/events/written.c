/*
 * written.c
 *	  Which exposures the running transaction has written already.
 *
 * Only a filter: it may forget, and then a row is written once more, which
 * changes no analysis; it never takes for written what is not.  What a
 * subtransaction wrote is forgotten when that is rolled back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "events/written.h"

/* Beyond so many the filter starts anew, so that memory has a bound. */
#define REMEMBERED_MEETINGS 100000

typedef struct MeetingEntry
{
	FFString	key;			/* experiment, phase, variation and unit, as bytes */
	uint32		hash;
	char		status;
} MeetingEntry;

#define SH_PREFIX meetings
#define SH_ELEMENT_TYPE MeetingEntry
#define SH_KEY_TYPE FFString
#define SH_KEY key
#define SH_HASH_KEY(tb, key) hash_bytes((const unsigned char *) (key).data, (key).length)
#define SH_EQUAL(tb, a, b) FFStringEqual(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* In the order of writing, so that a rollback takes from the end. */
typedef struct Written
{
	FFString	key;
	SubTransactionId subxact;
} Written;

static MemoryContext WrittenContext = NULL;
static struct meetings_hash *Meetings;
static Written *WrittenList;
static int	WrittenCount;
static int	WrittenSpace;

/* The bytes of a meeting, in the current memory context. */
static FFString
KeyOf(const FFMeeting *meeting)
{
	int			fixed = UUID_LEN + sizeof(meeting->phase) + sizeof(meeting->variation);
	char	   *data = palloc(fixed + meeting->unit.length);
	FFString	key = {data, fixed + meeting->unit.length};

	memcpy(data, &meeting->experiment_id, UUID_LEN);
	memcpy(data + UUID_LEN, &meeting->phase, sizeof(meeting->phase));
	memcpy(data + UUID_LEN + sizeof(meeting->phase), &meeting->variation, sizeof(meeting->variation));
	memcpy(data + fixed, meeting->unit.data, meeting->unit.length);
	return key;
}

bool
FFWrittenHas(const FFMeeting *meeting)
{
	FFString	key;
	bool		found;

	if (WrittenContext == NULL)
		return false;
	key = KeyOf(meeting);
	found = meetings_lookup(Meetings, key) != NULL;
	pfree(unconstify(char *, key.data));
	return found;
}

/* Memory that goes with the transaction, whatever becomes of it. */
static void
Start(void)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext,
												  "featureflow exposures",
												  ALLOCSET_DEFAULT_SIZES);

	WrittenSpace = 64;
	WrittenCount = 0;
	WrittenList = MemoryContextAlloc(context, WrittenSpace * sizeof(Written));
	Meetings = meetings_create(context, WrittenSpace, NULL);
	WrittenContext = context;
}

void
FFWrittenEndTransaction(void)
{
	WrittenContext = NULL;
}

static void
Forget(void)
{
	MemoryContext context = WrittenContext;

	WrittenContext = NULL;
	MemoryContextDelete(context);
}

void
FFWrittenAdd(const FFMeeting *meeting)
{
	MemoryContext caller;
	FFString	key;
	bool		found;

	if (WrittenContext != NULL && WrittenCount >= REMEMBERED_MEETINGS)
		Forget();
	if (WrittenContext == NULL)
		Start();
	caller = MemoryContextSwitchTo(WrittenContext);
	if (WrittenCount == WrittenSpace)
	{
		WrittenList = repalloc(WrittenList, 2 * WrittenSpace * sizeof(Written));
		WrittenSpace *= 2;
	}
	key = KeyOf(meeting);
	WrittenList[WrittenCount].key = key;
	WrittenList[WrittenCount++].subxact = GetCurrentSubTransactionId();
	(void) meetings_insert(Meetings, key, &found);
	MemoryContextSwitchTo(caller);
}

/*
 * Subtransactions are numbered as they begin: what has been written since one
 * began stands at the end, under its number or that of one inside it.
 */
void
FFWrittenAbortSubtransaction(SubTransactionId subxact)
{
	if (WrittenContext == NULL)
		return;
	while (WrittenCount > 0 && WrittenList[WrittenCount - 1].subxact >= subxact)
		(void) meetings_delete(Meetings, WrittenList[--WrittenCount].key);
}
