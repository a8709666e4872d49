/*
 * source.c
 *	  Reads a relation of the application as the events of a metric.
 *
 * With the rights of the role that registered it, whoever analyses: read-only,
 * restricted, under row-level security and the snapshot of the statement.
 * Values become numbers here, outside of that role.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "base/catalog.h"
#include "base/role.h"
#include "evaluate/query.h"
#include "evaluate/query_check.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_source_events);
PG_FUNCTION_INFO_V1(ff_check_metric_source);

#define KIND "metric source"
#define BATCH 1000				/* rows at a time */
#define COLUMNS 3				/* unit, at, value */
#define LARGEST 1e100			/* as ff.events has it */

/* Where the events of a metric are. */
typedef struct Source
{
	char	   *key;
	char	   *relation;		/* schema.name, quoted where SQL asks for it */
	char	   *unit_column;
	char	   *time_column;
	char	   *value_column;	/* NULL: rows are counted */
	char	   *role;
	const char *unit;			/* of the row at hand, for errors */
} Source;

static char *
ColumnString(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static Source
SourceOf(const pg_uuid_t *id)
{
	Relation	table = FFTableOpen("metric_sources", AccessShareLock);
	Source		source = {0};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_metric_sources_id, id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no such metric source")));
	source.key = ColumnString(tuple, table, Anum_metric_sources_key);
	source.relation = ColumnString(tuple, table, Anum_metric_sources_relation);
	source.unit_column = ColumnString(tuple, table, Anum_metric_sources_unit_column);
	source.time_column = ColumnString(tuple, table, Anum_metric_sources_time_column);
	source.value_column = ColumnString(tuple, table, Anum_metric_sources_value_column);
	source.role = ColumnString(tuple, table, Anum_metric_sources_role);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return source;
}

/* The query for the events; what a user wrote is names in it, and nothing else. */
static char *
QueryOf(const Source *source)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(source->relation));
	StringInfoData sql;

	if (list_length(names) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("relation \"%s\" of a metric source is not of the form schema.name", source->relation)));
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT t.%s::text, ", quote_identifier(source->unit_column));
	appendStringInfo(&sql, "t.%s::timestamptz, ", quote_identifier(source->time_column));
	if (source->value_column == NULL)
		appendStringInfoString(&sql, "'1'::text");
	else
		appendStringInfo(&sql, "t.%s::text", quote_identifier(source->value_column));
	appendStringInfo(&sql, " FROM %s t WHERE ($1 IS NULL OR to_jsonb(t) @> $1)",
					 quote_qualified_identifier(strVal(linitial(names)), strVal(lsecond(names))));
	return sql.data;
}

static void
NameSource(void *argument)
{
	const Source *source = argument;

	if (source->unit != NULL)
		errcontext("unit \"%s\" of %s \"%s\"", source->unit, KIND, source->key);
	else
		errcontext("%s \"%s\"", KIND, source->key);
}

/* A value as an event may have it. */
static Datum
NumberOf(const char *text, const Source *source)
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
PutRow(Source *source, HeapTuple row, TupleDesc columns, ReturnSetInfo *result)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		values[i] = SPI_getbinval(row, columns, i + 1, &nulls[i]);
	if (nulls[0] || nulls[1] || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(values[1])))
		return;
	source->unit = TextDatumGetCString(values[0]);
	if (!nulls[2])
		values[2] = NumberOf(TextDatumGetCString(values[2]), source);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	source->unit = NULL;
}

/* Plan the query as the role that is current. */
static SPIPlanPtr
PlanOf(const char *sql)
{
	Oid			type = JSONBOID;
	SPIPlanPtr	plan;

	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not connect to SPI")));
	plan = SPI_prepare(sql, 1, &type);
	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not plan a query: %s", SPI_result_code_string(SPI_result))));
	FFQueryCheckPlan(plan);
	return plan;
}

/* Take the rows in batches, whose memory goes with each. */
static void
TakeRows(Source *source, const char *sql, Datum filter, char no_filter, ReturnSetInfo *result)
{
	Portal		portal = SPI_cursor_open(NULL, PlanOf(sql), &filter, &no_filter, true);
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "featureflow source", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(batch);

	for (;;)
	{
		SPI_cursor_fetch(portal, true, BATCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
			PutRow(source, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, result);
		SPI_freetuptable(SPI_tuptable);
		MemoryContextReset(batch);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(caller);
	SPI_cursor_close(portal);
	SPI_finish();
}

/* Run as a role, and be oneself again afterwards. */
static void
ReadAs(Oid reader, Source *source, Datum filter, char no_filter, ReturnSetInfo *result)
{
	ErrorContextCallback context = {error_context_stack, NameSource, source};
	char	   *sql = QueryOf(source);
	FFRole		role;

	error_context_stack = &context;
	FFRoleBecome(&role, reader);
	PG_TRY();
	{
		TakeRows(source, sql, filter, no_filter, result);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
}

/* ff._source_events(source_id, filter): rows that contain the filter. */
Datum
ff_source_events(PG_FUNCTION_ARGS)
{
	Source		source;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	source = SourceOf(PG_GETARG_UUID_P(0));
	ReadAs(FFQueryRole(KIND, source.key, source.role), &source, PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1),
		   PG_ARGISNULL(1) ? 'n' : ' ', (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

/* Plan the query and begin it: names, types and rights are checked then. */
static void
TrySource(const char *sql)
{
	SPIPlanPtr	plan = PlanOf(sql);
	Datum		filter = (Datum) 0;

	if (SPI_execute_plan(plan, &filter, "n", true, 1) != SPI_OK_SELECT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not run a query")));
	SPI_finish();
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
	Source		source = {
		.key = ArgumentString(fcinfo, 0),
		.relation = ArgumentString(fcinfo, 1),
		.unit_column = ArgumentString(fcinfo, 2),
		.time_column = ArgumentString(fcinfo, 3),
		.value_column = ArgumentString(fcinfo, 4)
	};
	ErrorContextCallback context = {error_context_stack, NameSource, &source};
	char	   *sql;
	FFRole		role;

	if (source.key == NULL || source.relation == NULL || source.unit_column == NULL || source.time_column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a relation, its unit column and its time column are required")));
	sql = QueryOf(&source);

	error_context_stack = &context;
	FFRoleBecome(&role, GetUserId());
	PG_TRY();
	{
		TrySource(sql);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	PG_RETURN_VOID();
}
