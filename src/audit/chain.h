/*
 * chain.h
 *	  The bytes that an entry of the audit log is known by (docs/audit.md).
 */
#ifndef FF_CHAIN_H
#define FF_CHAIN_H

#include "postgres.h"

#include "access/attnum.h"
#include "common/cryptohash.h"

#include "model/tables.h"

#define FF_HASH_SIZE 32
#define FF_SALT_SIZE 16

/* Parts that can be erased each on its own. */
typedef enum FFPart
{
	FF_PART_OLD,
	FF_PART_NEW,
	FF_PART_WHERE,
	FF_PART_WHO,
	FF_PART_REASON,
	FF_PARTS
} FFPart;

typedef enum FFPartState
{
	FF_PART_WHOLE,
	FF_PART_ERASED,
	FF_PART_ALTERED
} FFPartState;

/* An entry as its columns. */
typedef struct FFEntry
{
	Datum		values[Natts_audit_log];
	bool		nulls[Natts_audit_log];
} FFEntry;

extern const char *const FFPartNames[FF_PARTS];

/* A hash function to use again and again, until the resource owner ends. */
extern pg_cryptohash_ctx *FFHashBegin(void);
extern void FFHashEnd(pg_cryptohash_ctx *context);

/* Give an entry its salts, digests and hash, after the hash of the one before. */
extern void FFChainSeal(pg_cryptohash_ctx *context, FFEntry *entry, const uint8 *previous);

/* The hash that an entry has after another; false: it has no digests to hash. */
extern bool FFChainHash(pg_cryptohash_ctx *context, const FFEntry *entry,
						const uint8 *previous, uint8 *hash);

/* Whether a part is what its digest says. */
extern FFPartState FFChainPart(pg_cryptohash_ctx *context, const FFEntry *entry, FFPart part);

/* A column of bytes, where it has just so many; NULL else. */
extern const uint8 *FFEntryBytes(const FFEntry *entry, AttrNumber column, int size);

#endif
