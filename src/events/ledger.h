/*
 * ledger.h
 *	  How many exposures the ring has accepted, in a file that outlives a crash.
 */
#ifndef FF_LEDGER_H
#define FF_LEDGER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

/* An extension in a database, by the table in which it accounts for them. */
typedef struct FFLedgerKey
{
	Oid			database;		/* InvalidOid: of nobody */
	Oid			table;
} FFLedgerKey;

typedef struct FFLedgerPage
{
	FFLedgerKey key;
	int64		run;			/* of the server or the page, never the same again */
	uint64		accepted;		/* since the counts began */
	uint64		before;			/* of these before this run */
	uint64		last_place;		/* in the ring, of the last one */
	TimestampTz since;			/* when the counts began */
} FFLedgerPage;

/*
 * Reads the file, or begins a new one; as the server starts, before anybody can
 * accept exposures.  is_first: the ring is new, too.
 */
extern void FFLedgerOpen(bool is_first);

/* Which file it is: drawn at random when that was made. */
extern pg_uuid_t FFLedgerName(void);

/* All that follows is called under the lock of the ring. */

/* NULL: nothing has been accepted. */
extern FFLedgerPage *FFLedgerFind(FFLedgerKey key);

/*
 * Counts an exposure that gets a place in the ring, whose oldest entry is at
 * head.  Its number in this run; 0: there is no page for it.
 */
extern uint64 FFLedgerAccept(FFLedgerKey key, uint64 head, uint64 place);

/* Takes back the last one that was accepted. */
extern void FFLedgerRetract(FFLedgerKey key);

/* So many are known to have been accepted before this run. */
extern void FFLedgerRaise(FFLedgerKey key, uint64 before);

#endif
