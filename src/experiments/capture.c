/*
 * capture.c
 *	  Notes whose rows a statement has changed in a table of the application that is
 *	  a metric source.
 *
 * It runs in the application's transaction, as its role.  Nothing that a user wrote
 * runs here: columns have types of the server's own.  The notes are written as a
 * system catalog's rows would be, past privileges.  What it does not understand it
 * notes as a change of all, so that the statement never fails for it: the refresh
 * that reads all then notes what is still to come (ff._note_due).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "experiments/units.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_capture);
PG_FUNCTION_INFO_V1(ff_is_settled);

#define LONGEST_UNIT 4096		/* bytes: those with more than 1024 characters are not exposed */
#define MOST_UNITS 100000		/* of a statement: with more, all is to be read */
#define SLACK USECS_PER_MINUTE	/* by which clocks may go back */

typedef struct Capture
{
	Relation	notes;
	CatalogIndexState indexes;
	pg_uuid_t	source;
	TupleDesc	row;			/* of the table */
	AttrNumber	unit;
	AttrNumber	time;
	TimestampTz now;
	HTAB	   *seen;			/* units that have been noted; NULL: none yet */
	bool		all;			/* what cannot be told by unit, or is of too many */
} Capture;

static void
Note(Capture *capture, text *unit, TimestampTz at)
{
	Datum		values[Natts_source_changes] = {0};
	bool		nulls[Natts_source_changes] = {false};

	values[Anum_source_changes_source_id - 1] = UUIDPGetDatum(&capture->source);
	values[Anum_source_changes_unit - 1] = PointerGetDatum(unit);
	nulls[Anum_source_changes_unit - 1] = unit == NULL;
	values[Anum_source_changes_at - 1] = TimestampTzGetDatum(at);
	nulls[Anum_source_changes_at - 1] = at == DT_NOBEGIN;
	values[Anum_source_changes_written_in - 1] = FullTransactionIdGetDatum(GetTopFullTransactionId());
	values[Anum_source_changes_noted_at - 1] = TimestampTzGetDatum(capture->now);
	CatalogTupleInsertWithInfo(capture->notes, heap_form_tuple(RelationGetDescr(capture->notes), values, nulls), capture->indexes);
}

/* A key as the analysis has it, where the type is one of those that are captured. */
static text *
UnitOf(Datum value, Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
			return DatumGetTextPP(value);
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case UUIDOID:
			{
				Oid			output;
				bool		is_varlena;

				getTypeOutputInfo(type, &output, &is_varlena);
				return cstring_to_text(OidOutputFunctionCall(output, value));
			}
		default:
			return NULL;
	}
}

/* The time of a row, in UTC where it has no zone; false: a type that is not captured. */
static bool
TimeOf(Datum value, Oid type, TimestampTz *at)
{
	switch (type)
	{
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
			*at = DatumGetTimestampTz(value);
			return true;
		case DATEOID:
			{
				int			overflow;

				*at = date2timestamp_opt_overflow(DatumGetDateADT(value), &overflow);
				return true;
			}
		default:
			return false;
	}
}

/* Note a unit once in a statement, until there are too many. */
static void
NoteOnce(Capture *capture, text *unit)
{
	HASHCTL		control = {.keysize = sizeof(FFUnitKey), .entrysize = sizeof(FFUnitKey), .hcxt = CurrentMemoryContext};
	FFUnitKey	key = FFUnitKeyOf(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit), 0);
	bool		found;

	if (capture->seen == NULL)
		capture->seen = hash_create("units of a statement", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	hash_search(capture->seen, &key, HASH_ENTER, &found);
	if (!found)
		Note(capture, unit, DT_NOBEGIN);
	capture->all = hash_get_num_entries(capture->seen) > MOST_UNITS;
}

static void
TakeRow(Capture *capture, TupleTableSlot *slot)
{
	bool		no_unit;
	bool		no_time;
	Datum		unit = slot_getattr(slot, capture->unit, &no_unit);
	Datum		time = slot_getattr(slot, capture->time, &no_time);
	text	   *name;
	TimestampTz at;

	if (no_unit || no_time)
		return;					/* no event */
	name = UnitOf(unit, TupleDescAttr(capture->row, capture->unit - 1)->atttypid);
	if (name == NULL || !TimeOf(time, TupleDescAttr(capture->row, capture->time - 1)->atttypid, &at))
	{
		capture->all = true;
		return;
	}
	if (VARSIZE_ANY_EXHDR(name) > LONGEST_UNIT || TIMESTAMP_NOT_FINITE(at))
		return;
	if (at > capture->now - SLACK)	/* it counts once more when its time has come */
		Note(capture, name, at);
	else
		NoteOnce(capture, name);
}

static void
TakeRows(Capture *capture, Tuplestorestate *rows)
{
	TupleTableSlot *slot;

	if (rows == NULL)
		return;
	slot = MakeSingleTupleTableSlot(capture->row, &TTSOpsMinimalTuple);
	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
	while (!capture->all && tuplestore_gettupleslot(rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		TakeRow(capture, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Whether the source is still there, and asks for it: now, and not when a
 * transaction began that may be older than the triggers.
 */
static bool
IsWanted(const pg_uuid_t *id)
{
	Relation	table = FFTableOpen("metric_sources", AccessShareLock);
	FFScan		scan = {0};
	Snapshot	snapshot;
	HeapTuple	tuple;
	bool		isnull = false;
	bool		wanted;

	FFScanUuid(&scan, Anum_metric_sources_id, id);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	FFScanBegin(&scan, table, snapshot);
	tuple = FFScanNext(&scan);
	wanted = HeapTupleIsValid(tuple) && DatumGetBool(FFColumn(tuple, table, Anum_metric_sources_capture, &isnull)) && !isnull;
	FFScanEnd(&scan);
	UnregisterSnapshot(snapshot);
	table_close(table, AccessShareLock);
	return wanted;
}

/* Whether the rows that a statement has changed are at hand. */
static bool
HasRows(const TriggerData *trigger)
{
	bool		needs_old = !TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	bool		needs_new = !TRIGGER_FIRED_BY_DELETE(trigger->tg_event);

	return !TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) &&
		(!needs_old || trigger->tg_oldtable != NULL) && (!needs_new || trigger->tg_newtable != NULL);
}

static void
TakeStatement(const TriggerData *trigger, Capture *capture)
{
	capture->notes = FFTableOpen("source_changes", RowExclusiveLock);
	capture->indexes = CatalogOpenIndexes(capture->notes);
	capture->row = RelationGetDescr(trigger->tg_relation);
	capture->unit = get_attnum(RelationGetRelid(trigger->tg_relation), trigger->tg_trigger->tgargs[1]);
	capture->time = get_attnum(RelationGetRelid(trigger->tg_relation), trigger->tg_trigger->tgargs[2]);
	capture->now = GetCurrentTimestamp();
	capture->all = !HasRows(trigger) || capture->unit <= 0 || capture->time <= 0;
	if (!capture->all)
	{
		TakeRows(capture, trigger->tg_oldtable);
		TakeRows(capture, trigger->tg_newtable);
	}
	if (capture->all)
		Note(capture, NULL, DT_NOBEGIN);
	if (capture->seen != NULL)
		hash_destroy(capture->seen);
	CatalogCloseIndexes(capture->indexes);
	table_close(capture->notes, NoLock);
}

/*
 * ff._capture('source id', 'unit column', 'time column'): trigger after a statement,
 * with the rows before and after.
 */
Datum
ff_capture(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Capture		capture = {0};

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) || trigger->tg_trigger->tgnargs != 3)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function is for triggers that ff_metric_source makes")));
	capture.source = *DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(trigger->tg_trigger->tgargs[0])));
	if (OidIsValid(FFTableOid("metric_sources")) && IsWanted(&capture.source))
		TakeStatement(trigger, &capture);
	return PointerGetDatum(NULL);
}

/* ff._is_settled(xmin): of a row that is seen, whether no part of this transaction wrote it. */
Datum
ff_is_settled(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!TransactionIdIsCurrentTransactionId(PG_GETARG_TRANSACTIONID(0)));
}
