/*
 * chain.c
 *	  The bytes that an entry of the audit log is known by (docs/audit.md).
 *
 * A part's digest is SHA-256 of its salt and its fields; an entry's hash is
 * SHA-256 of the hash before it and the entry's fields, digests included.  So
 * a part can be erased, salt and all, and the chain still holds.  Fields are
 * texts in UTF-8 that depend on no setting, each after its length.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inet.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "audit/chain.h"
#include "base/compat.h"
#include "engine/value.h"

/* The first field of every entry. */
#define FORMAT "featureflow audit 1"

const char *const FFPartNames[FF_PARTS] = {"old", "new", "where", "who", "reason"};

/* The columns of each part; 0: no more. */
static const AttrNumber PartColumns[FF_PARTS][3] = {
	{Anum_audit_log_old},
	{Anum_audit_log_new},
	{Anum_audit_log_client_address, Anum_audit_log_application, Anum_audit_log_headers},
	{Anum_audit_log_account, Anum_audit_log_token},
	{Anum_audit_log_reason},
};

/* The columns that an entry's hash covers as they are, before the digests. */
static const AttrNumber PlainColumns[] = {
	Anum_audit_log_id, Anum_audit_log_project_id, Anum_audit_log_number, Anum_audit_log_at,
	Anum_audit_log_transaction_id, Anum_audit_log_table_name, Anum_audit_log_action,
	Anum_audit_log_record_id, Anum_audit_log_flag_id, Anum_audit_log_environment_id,
	Anum_audit_log_session_role, Anum_audit_log_acting_role
};

static const uint8 Zeros[FF_HASH_SIZE] = {0};

static void
HashFailed(pg_cryptohash_ctx *context)
{
	ereport(ERROR,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("could not compute a SHA-256 hash: %s", pg_cryptohash_error(context))));
}

pg_cryptohash_ctx *
FFHashBegin(void)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return context;
}

void
FFHashEnd(pg_cryptohash_ctx *context)
{
	pg_cryptohash_free(context);
}

/* SHA-256 of some bytes and those of a buffer behind them. */
static void
Hash(pg_cryptohash_ctx *context, const uint8 *first, size_t length, StringInfo rest,
	 uint8 *hash)
{
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, first, length) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) rest->data, rest->len) < 0 ||
		pg_cryptohash_final(context, hash, FF_HASH_SIZE) < 0)
		HashFailed(context);
}

/* A field: its length in four bytes, the greatest first, and its bytes. */
static void
AppendBytes(StringInfo out, const char *bytes, int length)
{
	uint32		prefix = pg_hton32((uint32) length);

	appendBinaryStringInfo(out, (const char *) &prefix, sizeof(prefix));
	appendBinaryStringInfo(out, bytes, length);
}

static void
AppendNull(StringInfo out)
{
	appendBinaryStringInfo(out, "\377\377\377\377", 4);
}

static void
AppendText(StringInfo out, const char *text, int length)
{
	bool		valid;
	FFString	utf8 = FFUtf8((FFString) {text, length}, &valid);

	AppendBytes(out, utf8.data, utf8.length);
}

/*
 * The text that a UTF-8 database prints.  Elsewhere members may stand in
 * another order, since that goes by the length of their names in bytes: the
 * converted text is parsed as bytes once more, which sorts them.
 */
static void
AppendJsonb(StringInfo out, Datum value)
{
	Jsonb	   *json = DatumGetJsonbP(value);
	char	   *text = JsonbToCString(NULL, &json->root, VARSIZE(json));
	bool		valid;
	FFString	utf8 = FFUtf8((FFString) {text, (int) strlen(text)}, &valid);

	if (utf8.data != text)
	{
		text = pnstrdup(utf8.data, utf8.length);
		json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
		text = JsonbToCString(NULL, &json->root, VARSIZE(json));
	}
	AppendBytes(out, text, (int) strlen(text));
}

static void
AppendNumber(StringInfo out, int64 number)
{
	char		digits[MAXINT8LEN + 1];

	AppendBytes(out, digits, pg_lltoa(number, digits));
}

/* Microseconds since 1970, in UTC. */
static void
AppendTime(StringInfo out, TimestampTz at)
{
	uint64		epoch = (uint64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

	AppendNumber(out, TIMESTAMP_NOT_FINITE(at) ? at : (int64) ((uint64) at + epoch));
}

static void
AppendColumn(StringInfo out, const FFEntry *entry, AttrNumber column)
{
	Datum		value = entry->values[column - 1];
	char	   *string;

	if (entry->nulls[column - 1])
	{
		AppendNull(out);
		return;
	}
	switch (column)
	{
		case Anum_audit_log_id:
		case Anum_audit_log_project_id:
		case Anum_audit_log_flag_id:
		case Anum_audit_log_environment_id:
			string = DatumGetCString(DirectFunctionCall1(uuid_out, value));
			AppendBytes(out, string, (int) strlen(string));
			break;
		case Anum_audit_log_number:
		case Anum_audit_log_transaction_id:
			AppendNumber(out, DatumGetInt64(value));
			break;
		case Anum_audit_log_at:
			AppendTime(out, DatumGetTimestampTz(value));
			break;
		case Anum_audit_log_client_address:
			string = DatumGetCString(DirectFunctionCall1(inet_out, value));
			AppendBytes(out, string, (int) strlen(string));
			break;
		case Anum_audit_log_headers:
		case Anum_audit_log_old:
		case Anum_audit_log_new:
			AppendJsonb(out, value);
			break;
		default:
			{
				text	   *value_text = DatumGetTextPP(value);

				AppendText(out, VARDATA_ANY(value_text), (int) VARSIZE_ANY_EXHDR(value_text));
			}
	}
}

const uint8 *
FFEntryBytes(const FFEntry *entry, AttrNumber column, int size)
{
	bytea	   *bytes;

	if (entry->nulls[column - 1])
		return NULL;
	bytes = DatumGetByteaPP(entry->values[column - 1]);
	return (int) VARSIZE_ANY_EXHDR(bytes) == size ? (const uint8 *) VARDATA_ANY(bytes) : NULL;
}

/* Whether a part says nothing: all its columns are null. */
static bool
IsEmpty(const FFEntry *entry, FFPart part)
{
	for (int i = 0; i < (int) lengthof(PartColumns[part]); i++)
	{
		AttrNumber	column = PartColumns[part][i];

		if (column != 0 && !entry->nulls[column - 1])
			return false;
	}
	return true;
}

static void
DigestPart(pg_cryptohash_ctx *context, const FFEntry *entry, FFPart part,
		   const uint8 *salt, uint8 *digest)
{
	StringInfoData fields;

	initStringInfo(&fields);
	for (int i = 0; i < (int) lengthof(PartColumns[part]) && PartColumns[part][i] != 0; i++)
		AppendColumn(&fields, entry, PartColumns[part][i]);
	Hash(context, salt, FF_SALT_SIZE, &fields, digest);
	pfree(fields.data);
}

FFPartState
FFChainPart(pg_cryptohash_ctx *context, const FFEntry *entry, FFPart part)
{
	const uint8 *salts = FFEntryBytes(entry, Anum_audit_log_salts, FF_PARTS * FF_SALT_SIZE);
	const uint8 *digests = FFEntryBytes(entry, Anum_audit_log_digests, FF_PARTS * FF_HASH_SIZE);
	uint8		digest[FF_HASH_SIZE];

	if (salts == NULL || digests == NULL)
		return FF_PART_ALTERED;
	salts += part * FF_SALT_SIZE;
	digests += part * FF_HASH_SIZE;
	if (memcmp(salts, Zeros, FF_SALT_SIZE) == 0)
	{
		if (!IsEmpty(entry, part))
			return FF_PART_ALTERED;
		return memcmp(digests, Zeros, FF_HASH_SIZE) == 0 ? FF_PART_WHOLE : FF_PART_ERASED;
	}
	DigestPart(context, entry, part, salts, digest);
	return memcmp(digest, digests, FF_HASH_SIZE) == 0 ? FF_PART_WHOLE : FF_PART_ALTERED;
}

bool
FFChainHash(pg_cryptohash_ctx *context, const FFEntry *entry, const uint8 *previous,
			uint8 *hash)
{
	const uint8 *digests = FFEntryBytes(entry, Anum_audit_log_digests, FF_PARTS * FF_HASH_SIZE);
	StringInfoData fields;

	if (digests == NULL)
		return false;
	initStringInfo(&fields);
	AppendBytes(&fields, FORMAT, strlen(FORMAT));
	for (int i = 0; i < (int) lengthof(PlainColumns); i++)
		AppendColumn(&fields, entry, PlainColumns[i]);
	AppendBytes(&fields, (const char *) digests, FF_PARTS * FF_HASH_SIZE);
	Hash(context, previous, FF_HASH_SIZE, &fields, hash);
	pfree(fields.data);
	return true;
}

/* A bytea of zeros, as the value of a column. */
static uint8 *
SetBytes(FFEntry *entry, AttrNumber column, int size)
{
	bytea	   *bytes = palloc0(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	entry->values[column - 1] = PointerGetDatum(bytes);
	entry->nulls[column - 1] = false;
	return (uint8 *) VARDATA(bytes);
}

/* A part that says nothing has neither salt nor digest. */
void
FFChainSeal(pg_cryptohash_ctx *context, FFEntry *entry, const uint8 *previous)
{
	uint8	   *salts = SetBytes(entry, Anum_audit_log_salts, FF_PARTS * FF_SALT_SIZE);
	uint8	   *digests = SetBytes(entry, Anum_audit_log_digests, FF_PARTS * FF_HASH_SIZE);
	uint8		random[FF_PARTS * FF_SALT_SIZE];

	if (!pg_strong_random(random, sizeof(random)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not draw random bytes")));
	for (FFPart part = 0; part < FF_PARTS; part++)
	{
		uint8	   *salt = salts + part * FF_SALT_SIZE;

		if (IsEmpty(entry, part))
			continue;
		memcpy(salt, random + part * FF_SALT_SIZE, FF_SALT_SIZE);
		DigestPart(context, entry, part, salt, digests + part * FF_HASH_SIZE);
	}
	(void) FFChainHash(context, entry, previous,
					   SetBytes(entry, Anum_audit_log_hash, FF_HASH_SIZE));
}
