/*
 * rows.c
 *	  What has been counted and not been written yet, as rows, and waiting until it is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"
#include "utils/wait_event.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "usage/count.h"
#include "usage/log.h"
#include "usage/rows.h"

PG_FUNCTION_INFO_V1(ff_usage_waiting);
PG_FUNCTION_INFO_V1(ff_usage_queue);
PG_FUNCTION_INFO_V1(ff_usage_flush);
PG_FUNCTION_INFO_V1(ff_evaluation_log_queue);

#define QUEUE_COLUMNS 7
#define LOG_COLUMNS 7
#define LOOK_AGAIN 10			/* milliseconds */

/* The histogram as bigint[], without the steps at its end that are empty; 0: there is nothing in it. */
static Datum
LatencyDatum(const uint32 *latency)
{
	Datum		items[FF_LATENCY_STEPS];
	int			count = 0;

	for (int i = 0; i < FF_LATENCY_STEPS; i++)
	{
		items[i] = Int64GetDatum((int64) latency[i]);
		if (latency[i] > 0)
			count = i + 1;
	}
	if (count == 0)
		return (Datum) 0;
	return PointerGetDatum(construct_array(items, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

void
FFUsageRow(const FFUsageEntry *entry, Datum *values, bool *nulls)
{
	static const pg_uuid_t none = {{0}};
	const FFUsageKey *key = &entry->key;
	bool		failed = key->outcome >= FF_REASON_ERROR;
	const char *error = failed ? FFErrorName(key->outcome - FF_REASON_ERROR) : NULL;
	bytea	   *users = palloc(VARHDRSZ + FF_SKETCH_BYTES);

	SET_VARSIZE(users, VARHDRSZ + FF_SKETCH_BYTES);
	memcpy(VARDATA(users), entry->counts.users, FF_SKETCH_BYTES);
	memset(nulls, 0, FF_USAGE_COLUMNS * sizeof(bool));
	values[0] = UUIDPGetDatum(&key->environment_id);
	values[1] = UUIDPGetDatum(&key->flag_id);
	nulls[1] = FFUuidEqual(&key->flag_id, &none);
	values[2] = Int32GetDatum(key->variation);
	values[3] = CStringGetTextDatum(FFReasonName(failed ? FF_REASON_ERROR : (FFReason) key->outcome));
	nulls[4] = error == NULL;
	values[4] = error == NULL ? (Datum) 0 : CStringGetTextDatum(error);
	values[5] = TimestampTzGetDatum(key->hour);
	values[6] = Int64GetDatum((int64) entry->counts.evaluations);
	values[7] = TimestampTzGetDatum(entry->counts.last);
	values[8] = PointerGetDatum(users);
	values[9] = LatencyDatum(entry->counts.latency);
	nulls[9] = DatumGetPointer(values[9]) == NULL;
}

/* All entries of this database, with what this session has not handed over. */
static FFUsageEntry *
TakeAll(int *count)
{
	int			room;
	FFUsageEntry *entries;

	*count = 0;
	if (!FFUsageThere())
		return NULL;
	FFUsageHandOver();
	room = FFUsageTotal().used + 64;	/* and what comes meanwhile */
	entries = palloc_extended(room * sizeof(FFUsageEntry), MCXT_ALLOC_HUGE);
	*count = FFUsageTake(MyDatabaseId, DT_NOEND, room, entries);
	return entries;
}

/* A variation is told by its place: its key is in ff.flags. */
Datum
ff_usage_waiting(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			count;
	FFUsageEntry *entries;

	InitMaterializedSRF(fcinfo, 0);
	entries = TakeAll(&count);
	for (int i = 0; i < count; i++)
	{
		Datum		values[FF_USAGE_COLUMNS];
		bool		nulls[FF_USAGE_COLUMNS];

		FFUsageRow(&entries[i], values, nulls);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* Without the table all is 0 and room NULL. */
Datum
ff_usage_queue(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type;
	Datum		values[QUEUE_COLUMNS] = {0};
	bool		nulls[QUEUE_COLUMNS] = {false};
	FFUsageTotals totals = {0};
	int			count;
	FFUsageEntry *entries = TakeAll(&count);
	uint64		waiting = 0;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("function returns a row")));
	for (int i = 0; i < count; i++)
		waiting += entries[i].counts.evaluations;
	if (FFUsageThere())
		totals = FFUsageTotal();
	values[0] = BoolGetDatum(FFCountEvaluations);
	values[1] = Int64GetDatum((int64) waiting);
	values[2] = Int64GetDatum((int64) totals.written);
	values[3] = Int64GetDatum((int64) totals.dropped);
	values[4] = Int64GetDatum((int64) totals.failed);
	values[5] = Int32GetDatum(totals.used);
	values[6] = Int32GetDatum(totals.room);
	nulls[6] = !FFUsageThere();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/* Without the memory for it all is 0 and size NULL. */
Datum
ff_evaluation_log_queue(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type;
	Datum		values[LOG_COLUMNS];
	bool		nulls[LOG_COLUMNS] = {false};
	FFLogTotals totals = {0};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("function returns a row")));
	if (FFLogThere())
		totals = FFLogTotal(MyDatabaseId);
	values[0] = Float8GetDatum(FFLogShare);
	values[1] = Int64GetDatum((int64) totals.waiting);
	values[2] = Int64GetDatum((int64) totals.written);
	values[3] = Int64GetDatum((int64) totals.dropped);
	values[4] = Int64GetDatum((int64) totals.failed);
	values[5] = Int64GetDatum((int64) totals.used);
	values[6] = Int64GetDatum((int64) totals.size);
	nulls[6] = !FFLogThere();
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/* ff_usage_flush(milliseconds): whether all that was there has been written by then. */
Datum
ff_usage_flush(PG_FUNCTION_ARGS)
{
	int64		longest = PG_GETARG_INT32(0);
	TimestampTz start = GetCurrentTimestamp();
	uint64		newest;

	if (!FFUsageThere())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("evaluations are not counted in this server"),
				 errhint("Add featureflow to shared_preload_libraries and restart the server.")));
	FFUsageHandOver();
	FFUsageHurry(MyDatabaseId);
	newest = FFLogNewest();
	FFLogHurry();
	while (FFUsageIsHurried(MyDatabaseId) || !FFLogIsDone(MyDatabaseId, newest))
	{
		if (GetCurrentTimestamp() - start >= longest * 1000)
			PG_RETURN_BOOL(false);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LOOK_AGAIN, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_BOOL(true);
}
