/*
 * prune.c
 *	  Erasure and retention: what takes from the audit log.
 *
 * Nobody is granted the right to write the log.  Whoever may call these two
 * functions does it through them alone: the extension's own SQL (erase.sql,
 * retain.sql) runs with the rights of its owner, and what it did is entered
 * in the log in the name of the caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "audit/record.h"
#include "base/compat.h"
#include "base/owner.h"
#include "base/settings.h"

PG_FUNCTION_INFO_V1(ff_audit_erase);
PG_FUNCTION_INFO_V1(ff_audit_retain);
PG_FUNCTION_INFO_V1(ff_mentions);

/* Run one of our own statements as the owner; its rows stay in SPI. */
static void
RunAsOwner(const char *statement, Oid type, FunctionCallInfo fcinfo)
{
	Oid			types[2] = {type, TEXTOID};
	Datum		values[2] = {fcinfo->args[0].value, fcinfo->args[1].value};
	char		nulls[2] = {PG_ARGISNULL(0) ? 'n' : ' ', PG_ARGISNULL(1) ? 'n' : ' '};
	FFOwner		owner;

	FFOwnerBecome(&owner, "audit_log");
	PG_TRY();
	{
		if (SPI_execute_with_args(statement, 2, types, values, nulls, false, 0) != SPI_OK_SELECT)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not change the audit log")));
	}
	PG_FINALLY();
	{
		FFOwnerEnd(&owner);
	}
	PG_END_TRY();
}

/* An entry for each chain that lost something; the sum of what they lost. */
static int64
Tell(const char *table_name, const char *action)
{
	int64		total = 0;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	columns = SPI_tuptable->tupdesc;
		FFAuditChange change = {.table_name = table_name, .action = action};
		bool		isnull;
		int64		entries = DatumGetInt64(SPI_getbinval(tuple, columns, 2, &isnull));

		if (entries == 0)
			continue;
		total += entries;
		change.project_id = *DatumGetUUIDP(SPI_getbinval(tuple, columns, 1, &isnull));
		change.new = DatumGetJsonbP(SPI_getbinval(tuple, columns, 3, &isnull));
		FFAuditAppend(&change);
	}
	return total;
}

static int64
Prune(const char *statement, Oid type, const char *table_name, const char *action,
	  FunctionCallInfo fcinfo)
{
	int64		total;

	FFChangeSettingsInit();
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	RunAsOwner(statement, type, fcinfo);
	total = Tell(table_name, action);
	SPI_finish();
	return total;
}

/* ff_audit_erase(subject text, project text) */
Datum
ff_audit_erase(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(Prune("SELECT chain, entries, document FROM ff._erase($1, $2)", TEXTOID,
						  "audit_log", "erase", fcinfo));
}

/* ff_audit_retain(keep interval, project text) */
Datum
ff_audit_retain(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(Prune("SELECT chain, entries, document FROM ff._retain($1, $2)", INTERVALOID,
						  "audit_checkpoints", "retain", fcinfo));
}

/* Whether a text is a word, or a list with commas that has it. */
static bool
HasWord(const char *text, int length, const char *word, int word_length)
{
	const char *end = text + length;

	if (length == word_length && memcmp(text, word, length) == 0)
		return true;
	while (text < end)
	{
		const char *comma = memchr(text, ',', end - text);
		const char *last = comma != NULL ? comma : end;
		const char *next = last < end ? last + 1 : end;

		while (text < last && strchr(" \t\r\n", *text) != NULL)
			text++;
		while (last > text && strchr(" \t\r\n", last[-1]) != NULL)
			last--;
		if (last - text == word_length && memcmp(text, word, word_length) == 0)
			return true;
		text = next;
	}
	return false;
}

/* ff._mentions(document jsonb, word text) */
Datum
ff_mentions(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(0);
	text	   *word = PG_GETARG_TEXT_PP(1);
	JsonbIterator *iterator = JsonbIteratorInit(&document->root);
	JsonbIteratorToken token;
	JsonbValue	item;

	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		if ((token == WJB_KEY || token == WJB_VALUE || token == WJB_ELEM) &&
			item.type == jbvString && HasWord(item.val.string.val, item.val.string.len,
											  VARDATA_ANY(word), VARSIZE_ANY_EXHDR(word)))
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}
