/*
 * identity.c
 *	  Reads which anonymous unit is which user from a relation of the application.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "evaluate/query.h"
#include "experiments/source_read.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_identity_links);
PG_FUNCTION_INFO_V1(ff_check_identity_source);

#define KIND "identity source"
#define COLUMNS 2				/* anonymous unit, user */

/* The query for the links. */
static char *
QueryOf(const FFSource *source, const char *anonymous_column, const char *user_column)
{
	FFSourceType(source, "anonymous", anonymous_column);
	FFSourceType(source, "user", user_column);
	return psprintf("SELECT t.%s::text, t.%s::text FROM %s t WHERE $1 IS NULL",
					quote_identifier(anonymous_column), quote_identifier(user_column), FFSourceRelation(source));
}

/* A row without one of the two is no link. */
static void
PutRow(HeapTuple row, TupleDesc columns, void *argument)
{
	ReturnSetInfo *result = argument;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		values[i] = SPI_getbinval(row, columns, i + 1, &nulls[i]);
	if (!nulls[0] && !nulls[1])
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Read the links of a source. */
static void
ReadLinks(const pg_uuid_t *id, ReturnSetInfo *result)
{
	Relation	table = FFTableOpen("identity_sources", AccessShareLock);
	FFSource	source = {.kind = KIND};
	FFScan		scan = {0};
	HeapTuple	tuple;
	char	   *sql;
	Datum		arguments[2] = {0};

	FFScanUuid(&scan, Anum_identity_sources_id, id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no such identity source")));
	source.key = FFSourceColumn(tuple, table, Anum_identity_sources_key);
	source.relation = FFSourceColumn(tuple, table, Anum_identity_sources_relation);
	source.role = FFSourceColumn(tuple, table, Anum_identity_sources_role);
	sql = QueryOf(&source, FFSourceColumn(tuple, table, Anum_identity_sources_anonymous_column),
				  FFSourceColumn(tuple, table, Anum_identity_sources_user_column));
	FFScanEnd(&scan);
	table_close(table, NoLock);
	FFSourceRead(&source, FFQueryRole(KIND, source.key, source.role), sql, arguments, "nn", PutRow, result);
}

/* ff._identity_links(source_id) */
Datum
ff_identity_links(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!PG_ARGISNULL(0))
		ReadLinks(PG_GETARG_UUID_P(0), (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}

/* ff._check_identity_source(key, relation, anonymous and user columns): as the current role. */
Datum
ff_check_identity_source(PG_FUNCTION_ARGS)
{
	FFSource	source = {.kind = KIND};

	for (int i = 0; i < 4; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a relation and its two columns are required")));
	source.key = text_to_cstring(PG_GETARG_TEXT_PP(0));
	source.relation = text_to_cstring(PG_GETARG_TEXT_PP(1));
	FFSourceTry(&source, QueryOf(&source, text_to_cstring(PG_GETARG_TEXT_PP(2)), text_to_cstring(PG_GETARG_TEXT_PP(3))));
	PG_RETURN_VOID();
}
