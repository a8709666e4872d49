/*
 * bucket.c
 *	  The native recipe: XXH3-64 of UTF-8 "salt:key", modulo FF_BUCKETS.
 *
 * The remainder of a 64-bit hash prefers none of 100,000 buckets by more than
 * one part in 10^14.
 */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/program.h"

#define BUFFER_SIZE 256

/* The hash of our own tables. */
uint64_t
FFHash(const void *data, size_t length)
{
	return XXH3_64bits(data, length);
}

/* Keys too long for the buffer are hashed piece by piece, to the same end. */
static uint64_t
HashPieces(FFString prefix, FFString key)
{
	XXH3_state_t state;

	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, prefix.data, (size_t) prefix.length);
	XXH3_64bits_update(&state, key.data, (size_t) key.length);
	return XXH3_64bits_digest(&state);
}

/* The bucket of a key under a prefix, which is the UTF-8 form of "salt:". */
int
FFBucketOf(FFString prefix, FFString key)
{
	char		buffer[BUFFER_SIZE];
	bool		valid;
	FFString	text = FFUtf8(key, &valid);
	uint64_t	hash;

	if (prefix.length <= BUFFER_SIZE && text.length <= BUFFER_SIZE - prefix.length)
	{
		memcpy(buffer, prefix.data, (size_t) prefix.length);
		memcpy(buffer + prefix.length, text.data, (size_t) text.length);
		hash = XXH3_64bits(buffer, (size_t) (prefix.length + text.length));
	}
	else
		hash = HashPieces(prefix, text);
	if (FF_UNLIKELY(text.data != key.data))
		FFFree((void *) text.data);
	return (int) (hash % FF_BUCKETS);
}

/* A salt, as the hash wants it. */
FFString
FFSaltPrefix(FFString salt)
{
	FFText		text = {0};
	bool		valid;

	if (salt.data != NULL)
	{
		FFString	utf8 = FFUtf8(salt, &valid);

		FFTextAdd(&text, utf8.data, utf8.length);
		if (utf8.data != salt.data)
			FFFree((void *) utf8.data);
	}
	FFTextAdd(&text, ":", 1);
	return FFStringOf(text.data, text.length);
}

/* The bucket of a key under a salt; -1 when either is no string at all. */
int
FFBucket(FFString salt, FFString key)
{
	FFString	prefix;
	int			bucket;

	if (salt.data == NULL || key.data == NULL)
		return -1;
	prefix = FFSaltPrefix(salt);
	bucket = FFBucketOf(prefix, key);
	FFFree((void *) prefix.data);
	return bucket;
}
