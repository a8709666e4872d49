/*
 * ring.h
 *	  Exposures on their way to the table, in shared memory.
 */
#ifndef FF_RING_H
#define FF_RING_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "events/ledger.h"

/* One exposure; what has a length stands behind it: variation, unit, dimensions. */
typedef struct FFRingEntry
{
	uint32		size;			/* with what stands behind it */
	FFLedgerKey key;			/* without a database: room that is not used */
	bool		done;			/* written, or given up */
	uint64		number;			/* of those of the key in this run; set by FFRingPush */
	int32		phase;
	TimestampTz at;
	pg_uuid_t	experiment_id;
	pg_uuid_t	environment_id;
	uint32		variation_length;
	uint32		unit_length;
	uint32		dimensions_length;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} FFRingEntry;

/* What became of exposures since the server started. */
typedef struct FFRingCounts
{
	uint64		size;			/* bytes */
	uint64		used;
	uint64		pushed;			/* exposures */
	uint64		written;
	uint64		dropped;		/* for which there was no room */
	uint64		failed;			/* that could not be written */
} FFRingCounts;

/* Whether the library was loaded when the server started. */
extern bool FFRingThere(void);

/* Asks for memory and for the worker; as the server starts. */
extern void FFRingInit(void);

/* Takes a copy; false where there is no room, which is counted.  Never fails. */
extern bool FFRingPush(const FFRingEntry *entry);

/* Counts exposures for which there was no room before they came here. */
extern void FFRingDrop(uint64 count);

/*
 * Copies of the oldest entries of a database, at most so many, into the current
 * memory context, with their places.
 */
extern int	FFRingTake(Oid database, int most, FFRingEntry **entries, uint64 *places);

/* Entries that were taken are done with, written or not. */
extern void FFRingDone(const uint64 *places, int count, uint64 failed);

/* Gives up all that is there of a database. */
extern void FFRingGiveUp(Oid database);

/* The database of the oldest entry of one that is wanted; InvalidOid: there is none. */
extern Oid	FFRingOldest(bool (*wanted) (Oid database));

/* How far the worker of a database has come that was started last. */
typedef enum FFTurn
{
	FF_TURN_NOT_REACHED,
	FF_TURN_CONNECTED,
	FF_TURN_ENDED				/* as it should */
} FFTurn;

extern void FFRingSetTurn(FFTurn turn);
extern FFTurn FFRingTurn(void);

/* Where the next entry will be; whether all of a database before it are done. */
extern uint64 FFRingPlace(void);
extern bool FFRingIsDone(Oid database, uint64 before);

extern FFRingCounts FFRingCount(Oid database, uint64 *waiting, TimestampTz *oldest);

/* What the ledger says; false: nothing has been accepted. */
extern bool FFRingLedger(FFLedgerKey key, FFLedgerPage *page);
extern void FFRingRaise(FFLedgerKey key, uint64 before);

/* Whether this process waits for entries, and waking the one that does. */
extern void FFRingAttend(bool attends);
extern void FFRingWake(void);

#endif
