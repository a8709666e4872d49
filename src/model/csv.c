/*
 * csv.c
 *	  Reads the first column of a CSV text: the users of a segment's list.
 *
 * RFC 4180: fields between commas, quoted where they hold commas, quotes or line
 * ends.  All lines have as many fields as the first.  A fault is an error that
 * names its line.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "engine/value.h"

#define MAX_KEY 1024			/* characters, as in ff.segment_members */
#define LINES_BETWEEN_INTERRUPTS 4096

PG_FUNCTION_INFO_V1(ff_csv_keys);

typedef struct Csv
{
	const char *at;
	const char *end;
	int64		line;			/* that is being read, from 1 */
	int			fields;			/* of the first line */
	StringInfoData field;
} Csv;

static void
Refuse(int64 line, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("line " INT64_FORMAT " of the CSV %s", line, what)));
}

/* Whether the reading stands at the end of a line or of the text. */
static bool
AtLineEnd(const Csv *csv)
{
	return csv->at == csv->end || *csv->at == '\n' ||
		(*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] == '\n'));
}

/* The rest of a field that began with a quote. */
static void
ReadQuoted(Csv *csv)
{
	int64		first = csv->line;

	for (csv->at++;; csv->at++)
	{
		if (csv->at == csv->end)
			Refuse(first, "begins a quoted field that never ends");
		if (*csv->at == '\n')
			csv->line++;
		if (*csv->at == '"')
		{
			if (csv->at + 1 == csv->end || csv->at[1] != '"')
				break;
			csv->at++;
		}
		appendStringInfoChar(&csv->field, *csv->at);
	}
	csv->at++;
	if (!AtLineEnd(csv) && *csv->at != ',')
		Refuse(csv->line, "goes on after a quoted field");
}

static void
ReadField(Csv *csv)
{
	resetStringInfo(&csv->field);
	if (csv->at < csv->end && *csv->at == '"')
	{
		ReadQuoted(csv);
		return;
	}
	for (; !AtLineEnd(csv) && *csv->at != ','; csv->at++)
	{
		if (*csv->at == '"')
			Refuse(csv->line, "has a quote inside a field that is not quoted");
		if (*csv->at == '\r')
			Refuse(csv->line, "has a carriage return inside a field that is not quoted");
		appendStringInfoChar(&csv->field, *csv->at);
	}
}

static void
SkipLineEnd(Csv *csv)
{
	if (csv->at < csv->end && *csv->at == '\r')
		csv->at++;
	if (csv->at < csv->end)
		csv->at++;
	csv->line++;
}

/* The first field of a line; the others are counted. */
static char *
ReadLine(Csv *csv)
{
	int64		line = csv->line;
	int			fields = 1;
	char	   *key;

	ReadField(csv);
	key = pstrdup(csv->field.data);
	while (csv->at < csv->end && *csv->at == ',')
	{
		csv->at++;
		ReadField(csv);
		fields++;
	}
	if (csv->fields == 0)
		csv->fields = fields;
	else if (fields != csv->fields)
		Refuse(line, psprintf("has %d %s, not %d", fields, fields == 1 ? "field" : "fields", csv->fields));
	return key;
}

static void
CheckKey(int64 line, const char *key)
{
	if (key[0] == '\0')
		Refuse(line, "has an empty user key");
	if (pg_mbstrlen(key) > MAX_KEY)
		Refuse(line, psprintf("has a user key of more than %d characters", MAX_KEY));
}

/* Whether a first line names its columns rather than a user. */
static bool
IsHeader(const char *key)
{
	static const char *const names[] = {"user_key", "user key", "userkey", "user_id", "user id", "userid", "user", "key"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (pg_strcasecmp(key, names[i]) == 0)
			return true;
	}
	return false;
}

/* A byte order mark, as some programs write it, is none of the first key. */
static void
SkipByteOrderMark(Csv *csv)
{
	if (csv->end - csv->at >= 3 && memcmp(csv->at, "\xEF\xBB\xBF", 3) == 0)
		csv->at += 3;
}

static void
PutKey(ReturnSetInfo *result, const char *key)
{
	Datum		value = CStringGetTextDatum(key);
	bool		isnull = false;

	tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	pfree(DatumGetPointer(value));
}

/* ff._csv_keys(csv, header): the keys, one a row; header NULL: find out. */
Datum
ff_csv_keys(PG_FUNCTION_ARGS)
{
	text	   *document = PG_ARGISNULL(0) ? cstring_to_text("") : PG_GETARG_TEXT_PP(0);
	Csv			csv = {.at = VARDATA_ANY(document), .line = 1};
	bool		first = true;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	csv.end = csv.at + VARSIZE_ANY_EXHDR(document);
	initStringInfo(&csv.field);
	SkipByteOrderMark(&csv);
	while (csv.at < csv.end)
	{
		int64		line = csv.line;
		char	   *key;

		if (csv.line % LINES_BETWEEN_INTERRUPTS == 0)
			CHECK_FOR_INTERRUPTS();
		if (AtLineEnd(&csv))
		{
			SkipLineEnd(&csv);	/* an empty line */
			continue;
		}
		key = ReadLine(&csv);
		if (!first || !(PG_ARGISNULL(1) ? IsHeader(key) : PG_GETARG_BOOL(1)))
		{
			CheckKey(line, key);
			PutKey((ReturnSetInfo *) fcinfo->resultinfo, key);
		}
		first = false;
		pfree(key);
		SkipLineEnd(&csv);
	}
	return (Datum) 0;
}
