/*
 * rows.c
 *	  What a changed row of a configuration table leaves in the audit log.
 *
 * One entry a row, in the transaction of the change, with the row before and
 * after.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/shortest_dec.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "audit/history.h"
#include "audit/record.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moves.h"

PG_FUNCTION_INFO_V1(ff_audit);

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

/* The server's own to_jsonb(), for types that are rare here. */
static Datum
AnyToJsonb(Datum value, Oid type)
{
	int16		length;
	bool		by_value;
	FuncExpr   *call;
	FmgrInfo	function;

	get_typlenbyval(type, &length, &by_value);
	call = makeFuncExpr(F_TO_JSONB, JSONBOID,
						list_make1(makeConst(type, -1, InvalidOid, length, value, false, by_value)),
						InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	fmgr_info(F_TO_JSONB, &function);
	fmgr_info_set_expr((Node *) call, &function);
	return FunctionCall1(&function, value);
}

static void
SetString(JsonbValue *item, char *string, int length)
{
	item->type = jbvString;
	item->val.string.val = string;
	item->val.string.len = length;
}

/* What a jsonb is as a member of another. */
static void
SetJsonb(JsonbValue *item, Datum value)
{
	Jsonb	   *json = DatumGetJsonbP(value);

	if (JB_ROOT_IS_SCALAR(json))
	{
		(void) JsonbExtractScalar(&json->root, item);
		return;
	}
	item->type = jbvBinary;
	item->val.binary.data = &json->root;
	item->val.binary.len = (int) (VARSIZE(json) - VARHDRSZ);
}

/* An interval as SET intervalstyle = 'postgres' writes it. */
static void
SetInterval(JsonbValue *item, Datum value)
{
	struct pg_itm parts;
	char		text[MAXDATELEN + 1];

	interval2itm(*DatumGetIntervalP(value), &parts);
	EncodeInterval(&parts, INTSTYLE_POSTGRES, text);
	SetString(item, pstrdup(text), (int) strlen(text));
}

/* A number with the digits that tell it from all others; text where JSON has none. */
static void
SetDouble(JsonbValue *item, double value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];
	int			length = double_to_shortest_decimal_buf(value, text);

	if (!isfinite(value))
	{
		SetString(item, pstrdup(text), length);
		return;
	}
	item->type = jbvNumeric;
	item->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
															ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* A column as to_jsonb() makes it, but that no setting changes it: times are in UTC. */
static void
SetColumn(JsonbValue *item, Datum value, Oid type)
{
	char		time[MAXDATELEN + 1];
	int			utc = 0;
	text	   *string;

	switch (type)
	{
		case BOOLOID:
			item->type = jbvBool;
			item->val.boolean = DatumGetBool(value);
			break;
		case INT4OID:
			item->type = jbvNumeric;
			item->val.numeric = int64_to_numeric(DatumGetInt32(value));
			break;
		case TEXTOID:
			string = DatumGetTextPP(value);
			SetString(item, VARDATA_ANY(string), (int) VARSIZE_ANY_EXHDR(string));
			break;
		case UUIDOID:
			SetString(item, DatumGetCString(DirectFunctionCall1(uuid_out, value)), 36);
			break;
		case TIMESTAMPTZOID:
			JsonEncodeDateTime(time, value, TIMESTAMPTZOID, &utc);
			SetString(item, pstrdup(time), (int) strlen(time));
			break;
		case INTERVALOID:
			SetInterval(item, value);
			break;
		case FLOAT8OID:
			SetDouble(item, DatumGetFloat8(value));
			break;
		default:
			SetJsonb(item, type == JSONBOID ? value : AnyToJsonb(value, type));
	}
}

Jsonb *
FFRowToJsonb(Relation table, HeapTuple tuple)
{
	TupleDesc	columns = RelationGetDescr(table);
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 1; i <= columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i - 1);
		JsonbValue	item;
		bool		isnull;
		Datum		value;

		if (column->attisdropped)
			continue;
		SetString(&item, NameStr(column->attname), (int) strlen(NameStr(column->attname)));
		pushJsonbValue(&state, WJB_KEY, &item);
		value = heap_getattr(tuple, i, columns, &isnull);
		if (isnull)
			item.type = jbvNull;
		else
			SetColumn(&item, value, column->atttypid);
		pushJsonbValue(&state, WJB_VALUE, &item);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
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
	else if (RowUuid(table, tuple, "experiment_id", &other))
		(void) FFProjectOfExperiment(&other, &project_id);
	else if (RowUuid(table, tuple, "environment_id", &other))
		(void) FFProjectOfEnvironment(&other, &project_id);
	return project_id;
}

/* Which record changed: its id, or the two ids that name it together. */
static char *
RecordId(Relation table, HeapTuple tuple)
{
	pg_uuid_t	id;
	pg_uuid_t	other;

	if (RowUuid(table, tuple, "id", &id))
		return FFUuidText(&id);
	if (!RowUuid(table, tuple, "flag_id", &id) && !RowUuid(table, tuple, "experiment_id", &id))
		return NULL;
	if (!RowUuid(table, tuple, "environment_id", &other) &&
		!RowUuid(table, tuple, "prerequisite_id", &other) &&
		!RowUuid(table, tuple, "metric_id", &other))
		return FFUuidText(&id);
	return psprintf("%s/%s", FFUuidText(&id), FFUuidText(&other));
}

static const char *
ActionName(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_INSERT(event))
		return "insert";
	return TRIGGER_FIRED_BY_UPDATE(event) ? "update" : "delete";
}

/* Append one entry for a changed row, and note its flag for the history. */
static void
RecordRow(const TriggerData *data, HeapTuple old, HeapTuple new)
{
	Relation	table = data->tg_relation;
	const char *name = RelationGetRelationName(table);
	HeapTuple	tuple = new != NULL ? new : old;
	pg_uuid_t	flag_id;
	pg_uuid_t	environment_id;
	FFAuditChange change = {0};

	change.project_id = ProjectOfRow(table, tuple);
	change.table_name = name;
	change.action = ActionName(data->tg_event);
	change.record_id = RecordId(table, tuple);
	if (RowUuid(table, tuple, strcmp(name, "flags") == 0 ? "id" : "flag_id", &flag_id))
		change.flag_id = &flag_id;
	if (RowUuid(table, tuple, strcmp(name, "environments") == 0 ? "id" : "environment_id",
				&environment_id))
		change.environment_id = &environment_id;
	if (old != NULL)
		change.old = FFRowToJsonb(table, old);
	if (new != NULL)
		change.new = FFRowToJsonb(table, new);
	FFAuditAppend(&change);
	if (change.flag_id != NULL)
		FFHistoryTouch(change.flag_id, change.environment_id);
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
	RecordRow(data, old, new);
	return PointerGetDatum(NULL);
}
