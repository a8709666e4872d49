/*
 * account.h
 *	  How many exposures of this database have been accounted for, and lost.
 */
#ifndef FF_ACCOUNT_H
#define FF_ACCOUNT_H

#include "postgres.h"

#include "events/ledger.h"

/* Of the extension that is in this database now. */
extern FFLedgerKey FFAccountKey(void);

/* In the running transaction exposures up to that number of this run are written, or have failed. */
extern void FFAccountAdvance(FFLedgerKey key, uint64 number);

/* What has been lost since the counts began; where nothing has been accepted, since is left as it is. */
extern uint64 FFAccountLost(FFLedgerKey key, TimestampTz *since);

#endif
