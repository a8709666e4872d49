/*
 * record.c
 *	  Appends entries to ff.audit_log.
 *
 * An entry's number has no gap within its project: it is the highest stored
 * plus one, which the writers' lock makes safe, and the hash of that entry
 * goes into the new one's.  The entry is written past privileges, since
 * nobody is granted the right to write the log.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "audit/actor.h"
#include "audit/chain.h"
#include "audit/record.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moved.h"
#include "model/locks.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_audit_number);

static void
Set(FFEntry *entry, AttrNumber column, Datum value)
{
	entry->values[column - 1] = value;
	entry->nulls[column - 1] = false;
}

static void
SetPointer(FFEntry *entry, AttrNumber column, const void *value)
{
	if (value != NULL)
		Set(entry, column, PointerGetDatum(value));
}

static void
SetText(FFEntry *entry, AttrNumber column, const char *value)
{
	if (value != NULL && value[0] != '\0')
		Set(entry, column, CStringGetTextDatum(value));
}

/*
 * The newest row of a project, in ff.audit_log or ff.audit_checkpoints: its
 * number and hash.  Zero where there is none.
 */
static int64
Newest(const char *name, AttrNumber project_id_column, AttrNumber number_column,
	   AttrNumber hash_column, const pg_uuid_t *project_id, uint8 *hash)
{
	Relation	table = FFTableOpen(name, AccessShareLock);
	AttrNumber	columns[2] = {project_id_column, number_column};
	Relation	index = index_open(FFIndexOn(table, columns, 2), AccessShareLock);
	int64		number = 0;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		isnull;

	ScanKeyInit(&key, project_id_column, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(project_id));
	scan = systable_beginscan_ordered(table, index, SnapshotSelf, 1, &key);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	memset(hash, 0, FF_HASH_SIZE);
	if (HeapTupleIsValid(tuple))
	{
		Datum		value = FFColumn(tuple, table, hash_column, &isnull);
		bytea	   *bytes = isnull ? NULL : DatumGetByteaPP(value);

		number = DatumGetInt64(FFColumn(tuple, table, number_column, &isnull));
		if (bytes != NULL && VARSIZE_ANY_EXHDR(bytes) == FF_HASH_SIZE)
			memcpy(hash, VARDATA_ANY(bytes), FF_HASH_SIZE);
	}
	systable_endscan_ordered(scan);
	index_close(index, NoLock);
	table_close(table, NoLock);
	return number;
}

/* The end of a project's chain: after its last entry, or its last checkpoint. */
static int64
EndOfChain(const pg_uuid_t *project_id, uint8 *hash)
{
	int64		number = Newest("audit_log", Anum_audit_log_project_id, Anum_audit_log_number,
								Anum_audit_log_hash, project_id, hash);

	if (number == 0)
		number = Newest("audit_checkpoints", Anum_audit_checkpoints_project_id,
						Anum_audit_checkpoints_number, Anum_audit_checkpoints_hash,
						project_id, hash);
	return number;
}

static void
SetActor(FFEntry *entry)
{
	FFActor		actor;

	FFActorRead(&actor);
	SetText(entry, Anum_audit_log_session_role, actor.session_role ? actor.session_role : "unknown");
	SetText(entry, Anum_audit_log_acting_role, actor.acting_role ? actor.acting_role : "unknown");
	SetPointer(entry, Anum_audit_log_account, actor.account);
	SetPointer(entry, Anum_audit_log_token, actor.token);
	SetPointer(entry, Anum_audit_log_headers, actor.headers);
	if (actor.has_client_address)
		Set(entry, Anum_audit_log_client_address, actor.client_address);
	SetText(entry, Anum_audit_log_application, actor.application);
	SetText(entry, Anum_audit_log_reason, FFChangeReason);
}

/* When, in which transaction, on which record, and what. */
static void
SetChange(FFEntry *entry, const FFAuditChange *change)
{
	Set(entry, Anum_audit_log_id, DirectFunctionCall1(gen_random_uuid, (Datum) 0));
	Set(entry, Anum_audit_log_project_id, UUIDPGetDatum(&change->project_id));
	Set(entry, Anum_audit_log_at, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	Set(entry, Anum_audit_log_transaction_id,
		Int64GetDatum((int64) U64FromFullTransactionId(GetTopFullTransactionId())));
	SetText(entry, Anum_audit_log_table_name, change->table_name);
	SetText(entry, Anum_audit_log_action, change->action);
	SetText(entry, Anum_audit_log_record_id, change->record_id);
	SetPointer(entry, Anum_audit_log_flag_id, change->flag_id);
	SetPointer(entry, Anum_audit_log_environment_id, change->environment_id);
	SetPointer(entry, Anum_audit_log_old, change->old);
	SetPointer(entry, Anum_audit_log_new, change->new);
}

void
FFAuditAppend(const FFAuditChange *change)
{
	pg_cryptohash_ctx *context;
	uint8		previous[FF_HASH_SIZE];
	int64		number;
	Relation	log;
	FFEntry		entry;

	FFChangeSettingsInit();
	if (FFRestoring)
		return;
	memset(&entry.values, 0, sizeof(entry.values));
	memset(&entry.nulls, true, sizeof(entry.nulls));
	SetChange(&entry, change);
	SetActor(&entry);
	FFLockRow(&change->project_id); /* numbers are drawn one writer at a time */
	log = FFTableOpen("audit_log", RowExclusiveLock);
	number = EndOfChain(&change->project_id, previous) + 1;
	Set(&entry, Anum_audit_log_number, Int64GetDatum(number));
	Set(&entry, Anum_audit_log_version, Int64GetDatum(FFMovedNumber(&change->project_id)));
	Set(&entry, Anum_audit_log_written_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	context = FFHashBegin();
	FFChainSeal(context, &entry, previous);
	FFHashEnd(context);
	CatalogTupleInsert(log, heap_form_tuple(RelationGetDescr(log), entry.values, entry.nulls));
	table_close(log, NoLock);
}

/*
 * BEFORE ROW on ff.audit_log: entries that come from elsewhere bear a number
 * of this database.  Those of a dump keep theirs, which are smaller than any
 * that is drawn here.
 */
Datum
ff_audit_number(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._audit_number", true, 0);
	bool		updated = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple	tuple = updated ? data->tg_newtuple : data->tg_trigtuple;
	pg_uuid_t	project_id = FFColumnUuid(tuple, data->tg_relation, Anum_audit_log_project_id);
	int			column = Anum_audit_log_version;
	bool		isnull = false;
	Datum		version;

	if (FFIsRestoring())
		return PointerGetDatum(tuple);
	if (updated)
		version = FFColumn(data->tg_trigtuple, data->tg_relation, column, &isnull);
	else
	{
		FFLockRow(&project_id);
		version = Int64GetDatum(FFMovedNumber(&project_id));
	}
	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, RelationGetDescr(data->tg_relation),
													 1, &column, &version, &isnull));
}
