/*
 * past.c
 *	  The rows of configuration tables as of a time, for a rule set.
 *
 * SQL (src/audit/past.sql) undoes what the audit log has since that time; what
 * it finds stands for the rows of tables while a flag is compiled, and is
 * evaluated as any other.  It runs as the owner, who alone may read the log.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "base/owner.h"
#include "evaluate/past.h"

/* Run the query; SPI is connected, and rows are read in the caller's memory. */
static void
ReadQuery(FFPast *past, MemoryContext caller, FFPastReader read, void *argument)
{
	MemoryContext spi = MemoryContextSwitchTo(caller);

	for (uint64 i = 0; i < SPI_processed; i++)
		read(past, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, argument);
	MemoryContextSwitchTo(spi);
}

static void
RunQuery(FFPast *past, const char *sql, int count, Oid *types, Datum *values,
		 FFPastReader read, void *argument)
{
	MemoryContext caller = CurrentMemoryContext;

	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	if (SPI_execute_with_args(sql, count, types, values, NULL, true, 0) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not read the audit log")));
	ReadQuery(past, caller, read, argument);
	SPI_finish();
}

void
FFPastQuery(FFPast *past, const char *sql, int count, Oid *types, Datum *values,
			FFPastReader read, void *argument)
{
	FFOwner		owner;

	FFOwnerBecome(&owner, "audit_log");
	PG_TRY();
	{
		RunQuery(past, sql, count, types, values, read, argument);
	}
	PG_FINALLY();
	{
		FFOwnerEnd(&owner);
	}
	PG_END_TRY();
}

/* Add a copy of a text to a list that does not have it. */
static List *
AddText(List *texts, MemoryContext context, char *text)
{
	MemoryContext caller;
	ListCell   *cell;

	foreach(cell, texts)
	{
		if (strcmp(lfirst(cell), text) == 0)
			return texts;
	}
	caller = MemoryContextSwitchTo(context);
	texts = lappend(texts, pstrdup(text));
	MemoryContextSwitchTo(caller);
	return texts;
}

void
FFPastDoubt(FFPast *past, char *text)
{
	past->doubts = AddText(past->doubts, past->doubts_context, text);
}

void
FFPastStart(FFPast *past)
{
	past->doubts = NIL;
	MemoryContextReset(past->doubts_context);
}

/* What a scan looks for, as {"column": "value"}. */
static Jsonb *
KeysOf(Relation table, const FFScan *scan)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < scan->count; i++)
	{
		const ScanKeyData *key = &scan->keys[i];
		char	   *name = NameStr(TupleDescAttr(RelationGetDescr(table), scan->columns[i] - 1)->attname);
		JsonbValue	item = {.type = jbvString};

		item.val.string.val = name;
		item.val.string.len = (int) strlen(name);
		pushJsonbValue(&state, WJB_KEY, &item);
		item.val.string.val = key->sk_func.fn_oid == F_UUID_EQ ?
			FFUuidText(DatumGetUUIDP(key->sk_argument)) : TextDatumGetCString(key->sk_argument);
		item.val.string.len = (int) strlen(item.val.string.val);
		pushJsonbValue(&state, WJB_VALUE, &item);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Where rows that are found go. */
typedef struct FoundRows
{
	Relation	table;
	FFScan	   *scan;
	int			space;
} FoundRows;

static void
AddRow(FFScan *scan, int *space, HeapTuple row)
{
	if (scan->row_count == *space)
	{
		*space = *space * 2 + 4;
		scan->rows = scan->rows == NULL ? palloc(*space * sizeof(HeapTuple)) :
			repalloc(scan->rows, *space * sizeof(HeapTuple));
	}
	scan->rows[scan->row_count++] = row;
}

/* Row (document, fault) of ff._rows_at. */
static void
ReadRow(FFPast *past, HeapTuple row, TupleDesc columns, void *argument)
{
	FoundRows  *found = argument;
	bool		isnull;
	Datum		document = SPI_getbinval(row, columns, 1, &isnull);
	char	   *fault = SPI_getvalue(row, columns, 2);

	if (fault != NULL)
		past->faults = AddText(past->faults, past->context, fault);
	if (!isnull)
		AddRow(found->scan, &found->space, FFRowOfJsonb(found->table, document));
}

/*
 * Context sources are those of today: to withdraw one is to withdraw the right
 * to read it.
 */
static bool
FindRows(FFRowSource *source, Relation table, FFScan *scan)
{
	FFPast	   *past = (FFPast *) source;
	FoundRows	found = {table, scan, 0};
	Oid			types[] = {UUIDOID, INT8OID, TEXTOID, JSONBOID};
	Datum		values[4];

	if (strcmp(RelationGetRelationName(table), "context_sources") == 0)
		return false;
	values[0] = UUIDPGetDatum(&past->project_id);
	values[1] = Int64GetDatum(past->number);
	values[2] = CStringGetTextDatum(RelationGetRelationName(table));
	values[3] = JsonbPGetDatum(KeysOf(table, scan));
	FFPastQuery(past, "SELECT r.document, r.fault FROM ff._rows_at($1, $2, $3, $4) r",
				lengthof(types), types, values, ReadRow, &found);
	return true;
}

/* Row of ff._as_of. */
static void
ReadTime(FFPast *past, HeapTuple row, TupleDesc columns, void *argument)
{
	bool		isnull;
	FFString   *notes;
	int			count;

	past->number = DatumGetInt64(SPI_getbinval(row, columns, 1, &isnull));
	past->changed_at = DatumGetTimestampTz(SPI_getbinval(row, columns, 2, &isnull));
	past->changed = !isnull;
	if (past->changed)
		past->clock = DatumGetTextPCopy(SPI_getbinval(row, columns, 3, &isnull));
	*(bool *) argument = DatumGetBool(SPI_getbinval(row, columns, 4, &isnull));
	past->certain = DatumGetBool(SPI_getbinval(row, columns, 5, &isnull));
	count = FFTextArray(DatumGetArrayTypeP(SPI_getbinval(row, columns, 6, &isnull)), &notes);
	for (int i = 0; i < count; i++)
		past->notes = AddText(past->notes, past->context, pnstrdup(notes[i].data, notes[i].length));
}

bool
FFPastOpen(FFPast *past, const FFRuleset *present, TimestampTz at)
{
	Oid			types[] = {UUIDOID, UUIDOID, TIMESTAMPTZOID};
	Datum		values[3];
	bool		was_there = false;

	memset(past, 0, sizeof(*past));
	past->origin.rows.find = FindRows;
	past->origin.bind_segment = FFPastBindSegment;
	past->context = CurrentMemoryContext;
	past->doubts_context = AllocSetContextCreate(past->context, "featureflow past answer",
												 ALLOCSET_SMALL_SIZES);
	past->project_id = present->project_id;
	past->at = at;
	values[0] = UUIDPGetDatum(&present->project_id);
	values[1] = UUIDPGetDatum(&present->environment_id);
	values[2] = TimestampTzGetDatum(at);
	FFPastQuery(past, "SELECT a.number, a.changed_at, a.clock, a.present, a.certain, a.notes"
				" FROM ff._as_of($1, $2, $3) a",
				lengthof(types), types, values, ReadTime, &was_there);
	return was_there;
}
