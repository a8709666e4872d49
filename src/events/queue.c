/*
 * queue.c
 *	  What is in the ring of exposures, and waiting until it is written.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "events/account.h"
#include "events/pending.h"
#include "events/ring.h"

PG_FUNCTION_INFO_V1(ff_exposure_queue);
PG_FUNCTION_INFO_V1(ff_exposures_flush);

#define COLUMNS 10
#define LOOK_AGAIN 10			/* milliseconds */

/* Without a ring all is 0 and size NULL. */
Datum
ff_exposure_queue(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type;
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};
	FFRingCounts counts = {0};
	uint64		waiting = 0;
	TimestampTz oldest = 0;
	TimestampTz since = 0;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("function returns a row")));
	if (FFRingThere())
		counts = FFRingCount(MyDatabaseId, &waiting, &oldest);
	values[0] = Int64GetDatum(waiting);
	values[1] = TimestampTzGetDatum(oldest);
	nulls[1] = waiting == 0;
	values[2] = Int64GetDatum(counts.pushed);
	values[3] = Int64GetDatum(counts.written);
	values[4] = Int64GetDatum(counts.dropped);
	values[5] = Int64GetDatum(counts.failed);
	values[6] = Int64GetDatum(counts.used);
	values[7] = Int64GetDatum(counts.size);
	nulls[7] = !FFRingThere();
	values[8] = Int64GetDatum(FFRingThere() ? FFAccountLost(FFAccountKey(), &since) : 0);
	values[9] = TimestampTzGetDatum(since);
	nulls[9] = since == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/* ff_exposures_flush(milliseconds): whether all that was there has been written by then. */
Datum
ff_exposures_flush(PG_FUNCTION_ARGS)
{
	int64		longest = PG_GETARG_INT32(0);
	TimestampTz start = GetCurrentTimestamp();
	uint64		place;

	FFPendingCheck();
	place = FFRingPlace();
	while (!FFRingIsDone(MyDatabaseId, place))
	{
		if (GetCurrentTimestamp() - start >= longest * 1000)
			PG_RETURN_BOOL(false);
		FFRingWake();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_AGAIN, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_BOOL(true);
}
