/*
 * ids.c
 *	  What the id of an event is remembered by.
 *
 * A project's id, the event's name and its event_id, hashed: rows are of one
 * small size, tell nothing of the ids themselves, and stay right when the
 * project gets another key or a dump goes to a database of another encoding.
 * It is a hash that nobody finds two ids for, since an event whose id is taken
 * for another's would be lost.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/uuid.h"

#include "audit/chain.h"
#include "base/catalog.h"
#include "engine/value.h"

PG_FUNCTION_INFO_V1(ff_event_id_hash);

/* A text in UTF-8 after its length, the greatest byte first. */
static bool
AddText(pg_cryptohash_ctx *context, FFString text)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	uint32		prefix = pg_hton32((uint32) utf8.length);

	return pg_cryptohash_update(context, (const uint8 *) &prefix, sizeof(prefix)) >= 0 &&
		pg_cryptohash_update(context, (const uint8 *) utf8.data, utf8.length) >= 0;
}

/* ff._event_id_hash(project, event, event_id): the first half of SHA-256. */
Datum
ff_event_id_hash(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *project = PG_GETARG_UUID_P(0);
	pg_cryptohash_ctx *context = FFHashBegin();
	pg_uuid_t  *result = palloc(sizeof(pg_uuid_t));
	uint8		hash[FF_HASH_SIZE];

	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, project->data, UUID_LEN) < 0 ||
		!AddText(context, FFStringOfText(PG_GETARG_TEXT_PP(1))) ||
		!AddText(context, FFStringOfText(PG_GETARG_TEXT_PP(2))) ||
		pg_cryptohash_final(context, hash, FF_HASH_SIZE) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a SHA-256 hash: %s", pg_cryptohash_error(context))));
	FFHashEnd(context);
	memcpy(result->data, hash, UUID_LEN);
	PG_RETURN_UUID_P(result);
}
