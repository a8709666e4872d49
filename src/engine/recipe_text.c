/*
 * recipe_text.c
 *	  Recipes in words, made of the same data that they are carried out by.
 */
#include <stdio.h>

#include "engine/program.h"
#include "engine/recipe.h"

const char *
FFHashName(FFHashKind kind)
{
	static const char *const names[] = {
		[FF_HASH_XXH3] = "xxh3-64",
		[FF_HASH_MURMUR3] = "murmur3-32",
		[FF_HASH_FNV1A] = "fnv1a-32",
		[FF_HASH_CRC32] = "crc32",
		[FF_HASH_MD5] = "md5",
		[FF_HASH_SHA1] = "sha1",
		[FF_HASH_SHA256] = "sha256",
	};

	return names[kind];
}

const char *
FFEncodingName(FFEncoding encoding)
{
	static const char *const names[] = {
		[FF_ENCODING_UTF8] = "utf-8",
		[FF_ENCODING_UTF16] = "utf-16 units",
		[FF_ENCODING_LOW_BYTE] = "low byte of utf-16 units",
		[FF_ENCODING_CBOR] = "cbor",
	};

	return names[encoding];
}

/* "h mod 9999 / 9998 * 100, h anew at 9998" */
FFString
FFRecipeFormula(const FFRecipe *recipe)
{
	FFText		text = {0};
	char		buckets[16] = "buckets";

	if (!recipe->adjustable)
		snprintf(buckets, sizeof(buckets), "%d", recipe->buckets);
	FFTextFormat(&text, recipe->magnitude ? "|int32 h|" : "h");
	if (recipe->reduction == FF_REDUCE_MODULO)
		FFTextFormat(&text, " mod %s", buckets);
	else if (recipe->reduction == FF_REDUCE_SCALE)
		FFTextFormat(&text, " * %s / 4294967296 rounded down", buckets);
	if (recipe->first != 0)
		FFTextFormat(&text, " + %d", recipe->first);
	if (recipe->divisor > 0)
		FFTextFormat(&text, " / %.0f", recipe->divisor);
	if (recipe->factor != 1)
		FFTextFormat(&text, " * %.0f", recipe->factor);
	if (recipe->single)
		FFTextFormat(&text, " in float32");
	if (recipe->again != 0)
		FFTextFormat(&text, ", h anew at %d", recipe->again);
	return FFStringOf(text.data, text.length);
}
