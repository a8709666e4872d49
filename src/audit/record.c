/*
 * record.c
 *	  Writes what changed, who changed it and why into ff.audit_log.
 *
 * One entry a row, in the transaction of the change, with a number that has
 * no gap within its project: the number is the highest stored plus one, which
 * the writers' lock makes safe.  The entry is written past privileges, since
 * nobody is granted the right to write the log.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "audit/actor.h"
#include "audit/history.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moves.h"
#include "model/locks.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_audit);

/* An entry as it is put together. */
typedef struct Entry
{
	Datum		values[Natts_audit_log];
	bool		nulls[Natts_audit_log];
} Entry;

static void
Set(Entry *entry, AttrNumber column, Datum value)
{
	entry->values[column - 1] = value;
	entry->nulls[column - 1] = false;
}

static void
SetText(Entry *entry, AttrNumber column, const char *value)
{
	if (value != NULL && value[0] != '\0')
		Set(entry, column, CStringGetTextDatum(value));
}

/* A uuid column of the changed row, if its table has one of that name. */
static bool
RowUuid(Relation table, HeapTuple tuple, const char *name, pg_uuid_t *id)
{
	int			column = SPI_fnumber(RelationGetDescr(table), name);
	bool		isnull;
	Datum		value;

	if (column <= 0)
		return false;
	value = SPI_getbinval(tuple, RelationGetDescr(table), column, &isnull);
	if (!isnull)
		*id = *DatumGetUUIDP(value);
	return !isnull;
}

/*
 * The row as jsonb.  Times are written in UTC, so that an entry does not
 * depend on who looks, nor on who wrote it.
 */
static Datum
RowToJsonb(Relation table, HeapTuple tuple)
{
	Datum		row = heap_copy_tuple_as_datum(tuple, RelationGetDescr(table));
	Datum		json = DirectFunctionCall1(row_to_json, row);

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

static void
SetRows(Entry *entry, Relation table, HeapTuple old, HeapTuple new)
{
	int			settings = NewGUCNestLevel();

	(void) set_config_option("timezone", "UTC", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (old != NULL)
		Set(entry, Anum_audit_log_old, RowToJsonb(table, old));
	if (new != NULL)
		Set(entry, Anum_audit_log_new, RowToJsonb(table, new));
	AtEOXact_GUC(false, settings);
}

/* The project whose chain an entry belongs to; nil for the installation. */
static pg_uuid_t
ProjectOfRow(Relation table, HeapTuple tuple)
{
	pg_uuid_t	project_id = {{0}};
	pg_uuid_t	other;

	if (strcmp(RelationGetRelationName(table), "projects") == 0)
		(void) RowUuid(table, tuple, "id", &project_id);
	else if (RowUuid(table, tuple, "project_id", &project_id))
		return project_id;
	else if (RowUuid(table, tuple, "flag_id", &other))
		(void) FFProjectOfFlag(&other, &project_id);
	return project_id;
}

/* Which record changed: its id, or the two ids that name it together. */
static char *
RecordId(Relation table, HeapTuple tuple)
{
	pg_uuid_t	id;
	pg_uuid_t	other;
	char	   *first;

	if (RowUuid(table, tuple, "id", &id))
		return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&id)));
	if (!RowUuid(table, tuple, "flag_id", &id) &&
		!RowUuid(table, tuple, "experiment_id", &id))
		return NULL;
	first = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&id)));
	if (!RowUuid(table, tuple, "environment_id", &other) &&
		!RowUuid(table, tuple, "prerequisite_id", &other) &&
		!RowUuid(table, tuple, "metric_id", &other))
		return first;
	return psprintf("%s/%s", first,
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&other))));
}

/* The next number of a project's log. */
static int64
NextNumber(Relation log, const pg_uuid_t *project_id)
{
	AttrNumber	columns[2] = {Anum_audit_log_project_id, Anum_audit_log_number};
	Relation	index = index_open(FFIndexOn(log, columns, 2), AccessShareLock);
	int64		number = 0;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		isnull;

	ScanKeyInit(&key, Anum_audit_log_project_id, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(project_id));
	scan = systable_beginscan_ordered(log, index, SnapshotSelf, 1, &key);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
		number = DatumGetInt64(FFColumn(tuple, log, Anum_audit_log_number, &isnull));
	systable_endscan_ordered(scan);
	index_close(index, NoLock);
	return number + 1;
}

static void
SetActor(Entry *entry)
{
	FFActor		actor;

	FFActorRead(&actor);
	SetText(entry, Anum_audit_log_session_role, actor.session_role ? actor.session_role : "unknown");
	SetText(entry, Anum_audit_log_acting_role, actor.acting_role ? actor.acting_role : "unknown");
	if (actor.account != NULL)
		Set(entry, Anum_audit_log_account, PointerGetDatum(actor.account));
	if (actor.token != NULL)
		Set(entry, Anum_audit_log_token, PointerGetDatum(actor.token));
	if (actor.headers != NULL)
		Set(entry, Anum_audit_log_headers, PointerGetDatum(actor.headers));
	if (actor.has_client_address)
		Set(entry, Anum_audit_log_client_address, actor.client_address);
	SetText(entry, Anum_audit_log_application, actor.application);
	SetText(entry, Anum_audit_log_reason, FFChangeReason);
}

static const char *
ActionName(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_INSERT(event))
		return "insert";
	return TRIGGER_FIRED_BY_UPDATE(event) ? "update" : "delete";
}

/* When, in which transaction, on which record. */
static void
SetPlace(Entry *entry, const TriggerData *data, HeapTuple tuple, const pg_uuid_t *project_id)
{
	Relation	table = data->tg_relation;
	bool		is_flag = strcmp(RelationGetRelationName(table), "flags") == 0;
	bool		is_environment = strcmp(RelationGetRelationName(table), "environments") == 0;
	pg_uuid_t  *flag_id = palloc(sizeof(pg_uuid_t));
	pg_uuid_t  *environment_id = palloc(sizeof(pg_uuid_t));

	Set(entry, Anum_audit_log_id, DirectFunctionCall1(gen_random_uuid, (Datum) 0));
	Set(entry, Anum_audit_log_project_id, UUIDPGetDatum(project_id));
	Set(entry, Anum_audit_log_at, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	Set(entry, Anum_audit_log_transaction_id,
		Int64GetDatum((int64) U64FromFullTransactionId(GetTopFullTransactionId())));
	SetText(entry, Anum_audit_log_table_name, RelationGetRelationName(table));
	SetText(entry, Anum_audit_log_action, ActionName(data->tg_event));
	SetText(entry, Anum_audit_log_record_id, RecordId(table, tuple));
	if (RowUuid(table, tuple, is_flag ? "id" : "flag_id", flag_id))
		Set(entry, Anum_audit_log_flag_id, UUIDPGetDatum(flag_id));
	if (RowUuid(table, tuple, is_environment ? "id" : "environment_id", environment_id))
		Set(entry, Anum_audit_log_environment_id, UUIDPGetDatum(environment_id));
}

/* Append one entry for a changed row. */
static void
WriteEntry(const TriggerData *data, HeapTuple old, HeapTuple new)
{
	HeapTuple	tuple = new != NULL ? new : old;
	pg_uuid_t	project_id = ProjectOfRow(data->tg_relation, tuple);
	Relation	log;
	Entry		entry;

	memset(&entry.values, 0, sizeof(entry.values));
	memset(&entry.nulls, true, sizeof(entry.nulls));
	SetPlace(&entry, data, tuple, &project_id);
	SetActor(&entry);
	SetRows(&entry, data->tg_relation, old, new);
	FFLockRow(&project_id);		/* numbers are drawn one writer at a time */
	log = FFTableOpen("audit_log", RowExclusiveLock);
	Set(&entry, Anum_audit_log_number, Int64GetDatum(NextNumber(log, &project_id)));
	CatalogTupleInsert(log, heap_form_tuple(RelationGetDescr(log), entry.values, entry.nulls));
	table_close(log, NoLock);
}

/* Note which flag, and where, the row belongs to. */
static void
NoteFlag(Relation table, HeapTuple tuple)
{
	bool		is_flag = strcmp(RelationGetRelationName(table), "flags") == 0;
	pg_uuid_t	flag_id;
	pg_uuid_t	environment_id;

	if (!RowUuid(table, tuple, is_flag ? "id" : "flag_id", &flag_id))
		return;
	if (RowUuid(table, tuple, "environment_id", &environment_id))
		FFHistoryTouch(&flag_id, &environment_id);
	else
		FFHistoryTouch(&flag_id, NULL);
}

/* Whether an update left the row as it was. */
static bool
IsSameRow(Relation table, HeapTuple old, HeapTuple new)
{
	TupleDesc	columns = RelationGetDescr(table);

	for (int i = 1; i <= columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i - 1);
		bool		old_null;
		bool		new_null;
		Datum		old_value = heap_getattr(old, i, columns, &old_null);
		Datum		new_value = heap_getattr(new, i, columns, &new_null);

		if (old_null != new_null ||
			(!old_null && !datumIsEqual(old_value, new_value, column->attbyval,
										column->attlen)))
			return false;
	}
	return true;
}

/* AFTER ROW on every configuration table. */
Datum
ff_audit(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._audit", true, 0);
	HeapTuple	old = NULL;
	HeapTuple	new = NULL;

	if (FFRestoring || FFHistoryIsRecording())
		return PointerGetDatum(NULL);
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		new = data->tg_trigtuple;
	else
	{
		old = data->tg_trigtuple;
		new = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : NULL;
	}
	if (old != NULL && new != NULL && IsSameRow(data->tg_relation, old, new))
		return PointerGetDatum(NULL);
	WriteEntry(data, old, new);
	NoteFlag(data->tg_relation, new != NULL ? new : old);
	return PointerGetDatum(NULL);
}
