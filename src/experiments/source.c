/*
 * source.c
 *	  Reads a relation of the application as the events of a metric.
 *
 * Values become numbers here, outside of the role that the relation is read as.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "executor/spi.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "engine/value_pg.h"
#include "evaluate/query.h"
#include "experiments/source_read.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_source_events);
PG_FUNCTION_INFO_V1(ff_check_metric_source);

#define KIND "metric source"
#define COLUMNS 3				/* unit, at, value */
#define LARGEST 1e100			/* as ff.events has it */

/* Where the events of a metric are. */
typedef struct EventSource
{
	FFSource	source;
	char	   *unit_column;
	char	   *time_column;
	char	   *value_column;	/* NULL: rows are counted */
	ReturnSetInfo *result;
} EventSource;

static EventSource
SourceOf(const pg_uuid_t *id)
{
	Relation	table = FFTableOpen("metric_sources", AccessShareLock);
	EventSource events = {.source = {.kind = KIND}};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_metric_sources_id, id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no such metric source")));
	events.source.key = FFSourceColumn(tuple, table, Anum_metric_sources_key);
	events.source.relation = FFSourceColumn(tuple, table, Anum_metric_sources_relation);
	events.source.role = FFSourceColumn(tuple, table, Anum_metric_sources_role);
	events.unit_column = FFSourceColumn(tuple, table, Anum_metric_sources_unit_column);
	events.time_column = FFSourceColumn(tuple, table, Anum_metric_sources_time_column);
	events.value_column = FFSourceColumn(tuple, table, Anum_metric_sources_value_column);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return events;
}

/* Name the columns that a filter goes by: one that is gone is an error, not a row that has none. */
static void
NameFiltered(StringInfo sql, Jsonb *filter)
{
	FFValue		value = FFValueFromJsonb(filter);
	FFWalk		walk;
	FFString	name;
	FFValue		wanted;

	if (value.type != FF_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a filter is an object of columns")));
	FFWalkStart(&walk, &value);
	while (FFWalkNext(&walk, &name, &wanted))
		appendStringInfo(sql, " AND (t.%s IS NULL OR true)", quote_identifier(pnstrdup(name.data, name.length)));
}

/* example: what makes the column what is wanted. */
static void
RefuseType(const EventSource *events, const char *what, const char *column, Oid type, const char *wanted, const char *example)
{
	ereport(ERROR,
			(errcode(ERRCODE_CANNOT_COERCE),
			 errmsg("%s column \"%s\" of %s \"%s\" is of type %s", what, column, KIND, events->source.key, format_type_be(type)),
			 errdetail("%s", wanted),
			 errhint("Register a view of %s that has one, %s for instance.", events->source.relation, example)));
}

/* What makes a number of the value column: whether it holds is 1, and else 0. */
static const char *
ValueOf(const EventSource *events)
{
	Oid			type;

	if (events->value_column == NULL)
		return "'1'::text";
	type = FFSourceType(&events->source, "value", events->value_column);
	if (OidIsValid(type) && type != INT2OID && type != INT4OID && type != INT8OID && type != NUMERICOID &&
		type != FLOAT4OID && type != FLOAT8OID && type != BOOLOID)
		RefuseType(events, "value", events->value_column, type,
				   "A value is a smallint, integer, bigint, numeric, real, double precision or boolean.",
				   psprintf("%s::numeric", quote_identifier(events->value_column)));
	return psprintf("t.%s%s::text", quote_identifier(events->value_column), type == BOOLOID ? "::boolean::int" : "");
}

/* Refuse columns of unit and time that are not there, or a time that cannot be one. */
static void
CheckColumns(const EventSource *events)
{
	Oid			type = FFSourceType(&events->source, "time", events->time_column);
	Oid			function;

	if (OidIsValid(type) &&
		find_coercion_pathway(TIMESTAMPTZOID, type, COERCION_EXPLICIT, &function) == COERCION_PATH_NONE)
		RefuseType(events, "time", events->time_column, type,
				   "A time is what casts to timestamp with time zone.",
				   psprintf("to_timestamp(%s)", quote_identifier(events->time_column)));
	FFSourceType(&events->source, "unit", events->unit_column);
}

/* The query for the events, of units $2 only where is_of_some; filter NULL: there is none. */
static char *
QueryOf(const EventSource *events, Jsonb *filter, bool is_of_some)
{
	StringInfoData sql;

	CheckColumns(events);
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT t.%s::text, ", quote_identifier(events->unit_column));
	appendStringInfo(&sql, "t.%s::timestamptz, ", quote_identifier(events->time_column));
	appendStringInfoString(&sql, ValueOf(events));
	appendStringInfo(&sql, " FROM %s t WHERE ($1 IS NULL OR to_jsonb(t) @> $1)", FFSourceRelation(&events->source));
	if (is_of_some)
		appendStringInfo(&sql, " AND t.%s::text = ANY ($2)", quote_identifier(events->unit_column));
	if (filter != NULL)
		NameFiltered(&sql, filter);
	return sql.data;
}

/* A value as an event may have it. */
static Datum
NumberOf(const char *text, const FFSource *source)
{
	Datum		number = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	double		size = fabs(DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, number)));

	if (!(size <= LARGEST))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value %s of unit \"%s\" in %s \"%s\" is out of range", text, source->unit, KIND, source->key),
				 errdetail("It is a number from -1e100 to 1e100.")));
	return number;
}

/* A row without a unit or a time is no event. */
static void
PutRow(HeapTuple row, TupleDesc columns, void *argument)
{
	EventSource *events = argument;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		values[i] = SPI_getbinval(row, columns, i + 1, &nulls[i]);
	if (nulls[0] || nulls[1] || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(values[1])))
		return;
	events->source.unit = TextDatumGetCString(values[0]);
	if (!nulls[2])
		values[2] = NumberOf(TextDatumGetCString(values[2]), &events->source);
	tuplestore_putvalues(events->result->setResult, events->result->setDesc, values, nulls);
	events->source.unit = NULL;
}

/* ff._source_events(source_id, filter, units): rows that contain the filter, of some units where those are given. */
Datum
ff_source_events(PG_FUNCTION_ARGS)
{
	EventSource events;
	Jsonb	   *filter = PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1);
	Datum		arguments[2] = {JsonbPGetDatum(filter), PG_GETARG_DATUM(2)};
	char		nulls[2] = {PG_ARGISNULL(1) ? 'n' : ' ', PG_ARGISNULL(2) ? 'n' : ' '};

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	events = SourceOf(PG_GETARG_UUID_P(0));
	events.result = (ReturnSetInfo *) fcinfo->resultinfo;
	FFSourceRead(&events.source, FFQueryRole(KIND, events.source.key, events.source.role),
				 QueryOf(&events, filter, !PG_ARGISNULL(2)), arguments, nulls, PutRow, &events);
	return (Datum) 0;
}

static char *
ArgumentString(FunctionCallInfo fcinfo, int index)
{
	return PG_ARGISNULL(index) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(index));
}

/* ff._check_metric_source(key, relation, unit, time, value columns): as the current role. */
Datum
ff_check_metric_source(PG_FUNCTION_ARGS)
{
	EventSource events = {
		.source = {.kind = KIND, .key = ArgumentString(fcinfo, 0), .relation = ArgumentString(fcinfo, 1)},
		.unit_column = ArgumentString(fcinfo, 2),
		.time_column = ArgumentString(fcinfo, 3),
		.value_column = ArgumentString(fcinfo, 4)
	};

	if (events.source.key == NULL || events.source.relation == NULL || events.unit_column == NULL || events.time_column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a relation, its unit column and its time column are required")));
	FFSourceTry(&events.source, QueryOf(&events, NULL, false));
	PG_RETURN_VOID();
}
