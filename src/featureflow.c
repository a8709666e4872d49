/*
 * featureflow.c
 *	  Feature flags inside PostgreSQL.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"

#include "audit/history.h"
#include "base/compat.h"
#include "base/settings.h"
#include "evaluate/moved.h"
#include "evaluate/moves.h"
#include "evaluate/pin.h"
#include "events/pending.h"
#include "events/ring.h"
#include "events/written.h"
#include "usage/count.h"

FF_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/* The one callback at the end of transactions. */
static void
EndTransaction(XactEvent event, void *argument)
{
	(void) argument;
	if (event == XACT_EVENT_PARALLEL_PRE_COMMIT)
		return;
	if (event == XACT_EVENT_PRE_COMMIT)
	{
		FFMovedNotify();
		return;
	}
	if (event == XACT_EVENT_PRE_PREPARE)
	{
		FFMovedPrepare();
		FFPendingPrepare();
		return;
	}
	FFPinReset();
	FFMovedEndTransaction();
	FFMovesEndTransaction();
	FFHistoryEndTransaction();
	FFPendingEndTransaction(event == XACT_EVENT_COMMIT);
	FFWrittenEndTransaction();
	FFUsageEndTransaction();
}

/* The one callback at the end of subtransactions. */
static void
EndSubtransaction(SubXactEvent event, SubTransactionId subxact,
				  SubTransactionId parent, void *argument)
{
	(void) argument;
	if (event == SUBXACT_EVENT_COMMIT_SUB || event == SUBXACT_EVENT_ABORT_SUB)
		FFMovedEndSubtransaction(subxact, parent, event == SUBXACT_EVENT_COMMIT_SUB);
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		FFMovesAbortSubtransaction(subxact);
		FFPendingAbortSubtransaction(subxact);
		FFWrittenAbortSubtransaction(subxact);
	}
}

static void
TransactionsInit(void)
{
	RegisterXactCallback(EndTransaction, NULL);
	RegisterSubXactCallback(EndSubtransaction, NULL);
}

void
_PG_init(void)
{
	FFSettingsInit();
	FFPinInit();
	FFRingInit();
	FFUsageInit();
	TransactionsInit();
}
