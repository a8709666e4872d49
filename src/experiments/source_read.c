/*
 * source_read.c
 *	  Reads relations of the application for an analysis.
 *
 * With the rights of the role that registered them, or of their owner if that role
 * has those (base/role.h), whoever analyses: read-only, restricted, under row-level
 * security and the snapshot of the statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "base/catalog.h"
#include "base/role.h"
#include "evaluate/query_check.h"
#include "experiments/source_read.h"

#define BATCH 1000				/* rows at a time */

char *
FFSourceColumn(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Schema and name. */
static List *
NamesOf(const FFSource *source)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(source->relation));

	if (list_length(names) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("relation \"%s\" of %s \"%s\" is not of the form schema.name",
						source->relation, source->kind, source->key)));
	return names;
}

char *
FFSourceRelation(const FFSource *source)
{
	List	   *names = NamesOf(source);

	return quote_qualified_identifier(strVal(linitial(names)), strVal(lsecond(names)));
}

/* The relation, looked for without a right to its schema; InvalidOid where it is gone. */
static Oid
TableOf(const FFSource *source)
{
	List	   *names = NamesOf(source);

	return get_relname_relid(strVal(lsecond(names)), get_namespace_oid(strVal(linitial(names)), true));
}

Oid
FFSourceType(const FFSource *source, const char *what, const char *column)
{
	Oid			relation = TableOf(source);
	AttrNumber	number;

	if (!OidIsValid(relation))
		return InvalidOid;
	number = get_attnum(relation, column);
	if (number == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s column \"%s\" of %s \"%s\" does not exist", what, column, source->kind, source->key),
				 errdetail("Relation %s has no such column.", source->relation),
				 source->role != NULL ? errhint("Register the source again, with the columns that the relation has.") : 0));
	return getBaseType(get_atttype(relation, number));
}

/* Whom a role reads it as.  The lock, which reading takes as well, keeps the relation what it is. */
static Oid
ReaderOf(const FFSource *source, Oid role)
{
	Oid			relation = TableOf(source);
	HeapTuple	tuple = NULL;

	if (OidIsValid(relation))
	{
		LockRelationOid(relation, AccessShareLock);
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	}
	if (HeapTupleIsValid(tuple))
	{
		role = FFRoleReader(role, ((Form_pg_class) GETSTRUCT(tuple))->relowner);
		ReleaseSysCache(tuple);
	}
	return role;				/* if it is gone, reading says so */
}

static void
NameSource(void *argument)
{
	const FFSource *source = argument;

	if (source->unit != NULL)
		errcontext("unit \"%s\" of %s \"%s\"", source->unit, source->kind, source->key);
	else
		errcontext("%s \"%s\"", source->kind, source->key);
}

/* Plan the query as the role that is current. */
static SPIPlanPtr
PlanOf(const char *sql)
{
	Oid			types[2] = {JSONBOID, TEXTARRAYOID};
	SPIPlanPtr	plan;

	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not connect to SPI")));
	plan = SPI_prepare(sql, 2, types);
	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not plan a query: %s", SPI_result_code_string(SPI_result))));
	FFQueryCheckPlan(plan);
	return plan;
}

/* Take the rows in batches, whose memory goes with each. */
static void
TakeRows(const char *sql, Datum *arguments, const char *nulls, FFSourcePut put, void *argument)
{
	Portal		portal = SPI_cursor_open(NULL, PlanOf(sql), arguments, nulls, true);
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "featureflow source", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(batch);

	for (;;)
	{
		SPI_cursor_fetch(portal, true, BATCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
			put(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, argument);
		SPI_freetuptable(SPI_tuptable);
		MemoryContextReset(batch);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(caller);
	SPI_cursor_close(portal);
	SPI_finish();
}

void
FFSourceRead(FFSource *source, Oid id, const char *sql, Datum *arguments, const char *nulls, FFSourcePut put, void *argument)
{
	ErrorContextCallback context = {error_context_stack, NameSource, source};
	FFRole		role;

	error_context_stack = &context;
	FFRoleBecome(&role, ReaderOf(source, id));
	PG_TRY();
	{
		TakeRows(sql, arguments, nulls, put, argument);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
}

/* Plan the query and begin it: names, types and rights are checked then. */
static void
TrySource(const char *sql)
{
	SPIPlanPtr	plan = PlanOf(sql);
	Datum		arguments[2] = {0};

	if (SPI_execute_plan(plan, arguments, "nn", true, 1) != SPI_OK_SELECT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not run a query")));
	SPI_finish();
}

void
FFSourceTry(FFSource *source, const char *sql)
{
	ErrorContextCallback context = {error_context_stack, NameSource, source};
	FFRole		role;

	error_context_stack = &context;
	FFRoleBecome(&role, ReaderOf(source, GetUserId()));
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
}
