/*
 * recipe.h
 *	  How each system turns a salt and a key into a number: data, not code.
 *
 * A recipe names the text that is hashed, in which encoding, by which hash, and
 * what is made of the hash.  recipe.c carries out any of them.
 */
#ifndef FF_ENGINE_RECIPE_H
#define FF_ENGINE_RECIPE_H

#include "engine/value.h"

#define FF_MAX_HASH 32			/* bytes of the longest hash */

typedef enum FFHashKind
{
	FF_HASH_XXH3,
	FF_HASH_MURMUR3,
	FF_HASH_FNV1A,
	FF_HASH_CRC32,
	FF_HASH_MD5,
	FF_HASH_SHA1,
	FF_HASH_SHA256
} FFHashKind;

typedef enum FFEncoding
{
	FF_ENCODING_UTF8,
	FF_ENCODING_UTF16,			/* FNV-1a takes whole units, not their bytes */
	FF_ENCODING_LOW_BYTE,		/* of each UTF-16 unit */
	FF_ENCODING_CBOR			/* RFC 8949, deterministic */
} FFEncoding;

typedef enum FFReduction
{
	FF_REDUCE_MODULO,			/* first + number mod buckets */
	FF_REDUCE_SCALE,			/* number * buckets / 2^32, rounded down */
	FF_REDUCE_SHARE				/* number / divisor * factor */
} FFReduction;

typedef struct FFRecipe
{
	const char *name;
	const char *provider;
	const char *template;		/* {salt} and {key}; all else as it stands.
								 * CBOR: in diagnostic notation */
	FFEncoding	encoding;
	FFHashKind	hash;
	uint32_t	seed;
	bool		twice;			/* the hash, in decimal, is hashed again */
	int			bits;			/* leading bits of the hash that are the number */
	bool		magnitude;		/* as a signed number of 32 bits, its sign dropped */
	FFReduction reduction;
	int			buckets;
	bool		adjustable;		/* another number of buckets may be asked for */
	int			first;			/* the lowest bucket */
	double		divisor;		/* 0: the value that is compared is the bucket */
	double		factor;
	bool		single;			/* computed in float32 */
	int			again;			/* this bucket means: hash once more, the text
								 * repeated after a comma; 0: none does */
	const char *comparison;		/* of the value with the end of a part */
	const char *description;	/* what salt and key are */
} FFRecipe;

/* What came of it. */
typedef struct FFBucketing
{
	unsigned char hash[FF_MAX_HASH];	/* the greatest byte first */
	int			hash_length;
	int			bucket;
	double		value;			/* what the provider compares */
	FFString	hashed;			/* what was hashed, where it was asked for */
} FFBucketing;

extern const FFRecipe FFRecipes[];
extern const int FFRecipeCount;

/* NULL: there is none of that name. */
extern const FFRecipe *FFRecipeFind(FFString name);

/*
 * Buckets is the recipe's own number, or another where it is adjustable.
 * False when the crypto library does not have the hash.
 */
extern bool FFRecipeRun(const FFRecipe *recipe, FFString salt, FFString key,
						int buckets, FFBucketing *bucketing);

/* The same of bytes that are what is hashed already. */
extern bool FFRecipeRunBytes(const FFRecipe *recipe, FFString bytes, int buckets,
							 FFBucketing *bucketing);

/* Whether the key may be any value: it alone is hashed, in CBOR. */
extern bool FFRecipeTakesValues(const FFRecipe *recipe);

/* The same of such a key; false too when it is nested too deeply. */
extern bool FFRecipeRunValue(const FFRecipe *recipe, const FFValue *key, int buckets,
							 FFBucketing *bucketing);

/*
 * The same, and a copy of what was hashed, UTF-16 units greatest byte first; no
 * copy of what is longer than a value of SQL can be.
 */
extern bool FFRecipeShow(const FFRecipe *recipe, FFString salt, FFString key,
						 int buckets, FFBucketing *bucketing);

/* For people. */
extern const char *FFHashName(FFHashKind kind);
extern const char *FFEncodingName(FFEncoding encoding);

/* How the value comes of h, the leading bits of the hash; allocated. */
extern FFString FFRecipeFormula(const FFRecipe *recipe);

/* --- hash functions ---------------------------------------------------- */

extern uint32_t FFMurmur3(const void *data, size_t length, uint32_t seed);
extern uint32_t FFFnv1a(const void *data, size_t length);
extern uint32_t FFFnv1aUnits(const void *data, size_t length);	/* of two bytes */
extern uint32_t FFCrc32(const void *data, size_t length);

/* MD5, SHA-1 or SHA-256; returns its length, 0 where it is not to be had. */
extern int	FFDigest(FFHashKind kind, const void *data, size_t length,
					 unsigned char *digest);

#endif
