/*
 * members.c
 *	  What a statement that changes lists of segments leaves in the audit log.
 *
 * Millions of users may come or go at once: one entry for each segment, with
 * their number and the SHA-256 of their keys (in UTF-8 and bytewise order, each
 * followed by a line feed), and the keys themselves where they are few.
 */
#include "postgres.h"

#include "access/table.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/snapmgr.h"

#include "audit/chain.h"
#include "audit/record.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moves.h"
#include "model/tables.h"

#define FETCHED_AT_ONCE 1000
#define SHOWN_USERS 100

PG_FUNCTION_INFO_V1(ff_audit_members);

/* The members of one segment that are being gone through. */
typedef struct Listed
{
	pg_uuid_t	segment_id;
	int64		count;
	char	   *users[SHOWN_USERS];	/* as many as are shown */
	pg_cryptohash_ctx *hash;
} Listed;

static void
Digest(pg_cryptohash_ctx *hash, const char *data, size_t length)
{
	if (pg_cryptohash_update(hash, (const uint8 *) data, length) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not hash the members of a segment")));
}

static void
AddMember(Listed *listed, FFString key)
{
	bool		valid;
	FFString	utf8 = FFUtf8(key, &valid);

	if (listed->count < SHOWN_USERS)
		listed->users[listed->count] = pnstrdup(key.data, key.length);
	listed->count++;
	Digest(listed->hash, utf8.data, utf8.length);
	Digest(listed->hash, "\n", 1);
	if (utf8.data != key.data)
		pfree(unconstify(char *, utf8.data));	/* of millions of rows */
}

static void
PushKey(JsonbParseState **state, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = (int) strlen(name);
	pushJsonbValue(state, WJB_KEY, &key);
}

static void
PushString(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = unconstify(char *, text);
	value.val.string.len = (int) strlen(text);
	pushJsonbValue(state, token, &value);
}

/* The SHA-256 of what was added, as hexadecimal text. */
static char *
FinishDigest(pg_cryptohash_ctx *hash)
{
	uint8		bytes[FF_HASH_SIZE];
	char	   *text = palloc(2 * FF_HASH_SIZE + 1);

	if (pg_cryptohash_final(hash, bytes, sizeof(bytes)) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not hash the members of a segment")));
	text[hex_encode((const char *) bytes, sizeof(bytes), text)] = '\0';
	return text;
}

/* The key of a segment, also of one that this statement has deleted. */
static char *
SegmentKey(const pg_uuid_t *segment_id)
{
	Relation	table = FFTableOpen("segments", AccessShareLock);
	HeapTuple	tuple = FFMovesFind(table, Anum_segments_id, segment_id, SnapshotSelf);
	char	   *key = NULL;

	if (!HeapTupleIsValid(tuple))
		tuple = FFMovesFind(table, Anum_segments_id, segment_id, SnapshotAny);
	if (HeapTupleIsValid(tuple))
		key = pstrdup(FFColumnText(tuple, table, Anum_segments_key).data);
	table_close(table, NoLock);
	return key;
}

/* {"key": …, "count": …, "sha256": …, "users": […]} */
static Jsonb *
ListedJsonb(Listed *listed)
{
	JsonbParseState *state = NULL;
	JsonbValue	count = {.type = jbvNumeric};
	char	   *key = SegmentKey(&listed->segment_id);

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (key != NULL)
	{
		PushKey(&state, "key");
		PushString(&state, WJB_VALUE, key);
	}
	count.val.numeric = int64_to_numeric(listed->count);
	PushKey(&state, "count");
	pushJsonbValue(&state, WJB_VALUE, &count);
	PushKey(&state, "sha256");
	PushString(&state, WJB_VALUE, FinishDigest(listed->hash));
	if (listed->count <= SHOWN_USERS)
	{
		PushKey(&state, "users");
		pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
		for (int i = 0; i < listed->count; i++)
			PushString(&state, WJB_ELEM, listed->users[i]);
		pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* The entry of one segment, once all of its members have been seen. */
static void
Finish(Listed *listed, bool removed)
{
	FFAuditChange change = {0};
	Jsonb	   *members;

	if (listed->count == 0)
		return;
	members = ListedJsonb(listed);
	(void) FFProjectOfSegment(&listed->segment_id, &change.project_id);
	change.table_name = "segment_members";
	change.action = removed ? "delete" : "insert";
	change.record_id = FFUuidText(&listed->segment_id);
	change.old = removed ? members : NULL;
	change.new = removed ? NULL : members;
	FFAuditAppend(&change);
	listed->count = 0;
}

static void
TakeRow(Listed *listed, HeapTuple row, TupleDesc columns, bool removed)
{
	bool		isnull;
	pg_uuid_t  *segment_id = DatumGetUUIDP(SPI_getbinval(row, columns, 1, &isnull));
	text	   *key = DatumGetTextPP(SPI_getbinval(row, columns, 2, &isnull));

	if (listed->count == 0 || !FFUuidEqual(segment_id, &listed->segment_id))
	{
		Finish(listed, removed);
		listed->segment_id = *segment_id;
		if (pg_cryptohash_init(listed->hash) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not hash the members of a segment")));
	}
	AddMember(listed, FFStringOfText(key));
}

/* Go through a transition table in order. */
static void
RecordRows(const char *query, bool removed)
{
	Listed		listed = {.hash = FFHashBegin()};
	SPIPlanPtr	plan = SPI_prepare(query, 0, NULL);
	Portal		portal;

	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not read the rows of a trigger: %s", SPI_result_code_string(SPI_result))));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, false);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCHED_AT_ONCE);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
			TakeRow(&listed, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, removed);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
	Finish(&listed, removed);
	FFHashEnd(listed.hash);
}

/* AFTER STATEMENT on the lists of segments, with transition tables. */
Datum
ff_audit_members(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._audit_members", false, 0);

	if (FFRestoring)
		return PointerGetDatum(NULL);
	if (SPI_connect() != SPI_OK_CONNECT || SPI_register_trigger_data(data) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	if (data->tg_oldtable != NULL)
		RecordRows("SELECT m.segment_id, m.user_key FROM removed m ORDER BY m.segment_id, m.user_key", true);
	if (data->tg_newtable != NULL)
		RecordRows("SELECT m.segment_id, m.user_key FROM added m ORDER BY m.segment_id, m.user_key", false);
	SPI_finish();
	return PointerGetDatum(NULL);
}
