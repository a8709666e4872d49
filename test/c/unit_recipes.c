/*
 * unit_recipes.c
 *	  Hash functions by their published vectors, and the recipes.
 */
#include <stdio.h>
#include <string.h>

#include "engine/recipe.h"
#include "unit.h"

static const FFRecipe *
Recipe(const char *name)
{
	return FFRecipeFind(Str(name));
}

static FFBucketing
RunRecipe(const char *name, const char *salt, const char *key, int buckets)
{
	const FFRecipe *recipe = Recipe(name);
	FFBucketing bucketing = {.bucket = -1};

	if (recipe != NULL)
		Ok(FFRecipeShow(recipe, Str(salt), Str(key),
						buckets > 0 ? buckets : recipe->buckets, &bucketing),
		   "%s of %s and %s", name, salt, key);
	return bucketing;
}

static FFString
Hex(const void *data, int length)
{
	FFText		text = {0};

	for (int i = 0; i < length; i++)
		FFTextFormat(&text, "%02x", ((const unsigned char *) data)[i]);
	return FFStringOf(text.data == NULL ? "" : text.data, text.length);
}

/* SMHasher's verification: hashes of growing keys, and the hash of those. */
static uint32_t
Murmur3Verification(void)
{
	unsigned char key[256];
	unsigned char hashes[256 * 4];

	for (int i = 0; i < 256; i++)
	{
		uint32_t	hash;

		key[i] = (unsigned char) i;
		hash = FFMurmur3(key, (size_t) i, (uint32_t) (256 - i));
		for (int j = 0; j < 4; j++)
			hashes[i * 4 + j] = (unsigned char) (hash >> (8 * j));
	}
	return FFMurmur3(hashes, sizeof(hashes), 0);
}

static void
TestMurmur3(void)
{
	static const struct
	{
		const char *text;
		uint32_t	seed;
		uint32_t	hash;
	}			vectors[] = {
		{"", 0, 0}, {"", 1, 0x514E28B7}, {"", 0xFFFFFFFF, 0x81F16F39},
		{"test", 0, 0xBA6BD213}, {"test", 0x9747B28C, 0x704B81DC},
		{"Hello, world!", 0, 0xC0363E43}, {"Hello, world!", 0x9747B28C, 0x24884CBA},
		{"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723},
		{"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD},
		{"a", 0x9747B28C, 0x7FA09EA6}, {"aa", 0x9747B28C, 0x5D211726},
		{"aaa", 0x9747B28C, 0x283E0130}, {"aaaa", 0x9747B28C, 0x5A97808A},
	};

	Is(Murmur3Verification(), 0xB0F57EE3, "murmur3: SMHasher's verification value");
	for (int i = 0; i < FF_LENGTH(vectors); i++)
		Is(FFMurmur3(vectors[i].text, strlen(vectors[i].text), vectors[i].seed),
		   vectors[i].hash, "murmur3 of '%s', seed %u", vectors[i].text, vectors[i].seed);
}

/* From the test vectors of FNV's authors, and the check value of CRC-32. */
static void
TestSmallHashes(void)
{
	static const struct
	{
		const char *text;
		uint32_t	fnv1a;
		uint32_t	crc32;
	}			vectors[] = {
		{"", 0x811C9DC5, 0}, {"a", 0xE40C292C, 0xE8B7BE43},
		{"foobar", 0xBF9CF968, 0x9EF61F95}, {"123456789", 0xBB86B11C, 0xCBF43926},
		{"The quick brown fox jumps over the lazy dog", 0x048FFF90, 0x414FA339},
	};

	for (int i = 0; i < FF_LENGTH(vectors); i++)
	{
		size_t		length = strlen(vectors[i].text);

		Is(FFFnv1a(vectors[i].text, length), vectors[i].fnv1a, "fnv1a of '%s'", vectors[i].text);
		Is(FFCrc32(vectors[i].text, length), vectors[i].crc32, "crc32 of '%s'", vectors[i].text);
	}
	Is(FFFnv1aUnits("\0a", 2), 0xE40C292C, "fnv1a of the unit of 'a'");
	Is(FFFnv1aUnits("\x65\xE5", 2), (int64_t) (uint32_t) ((0x811C9DC5u ^ 0x65E5) * 0x01000193u),
	   "fnv1a takes in a unit whole");
}

/* RFC 1321 and FIPS 180. */
static void
TestDigests(void)
{
	static const struct
	{
		FFHashKind	kind;
		const char *text;
		const char *digest;
	}			vectors[] = {
		{FF_HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
		{FF_HASH_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{FF_HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{FF_HASH_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{FF_HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{FF_HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	};

	for (int i = 0; i < FF_LENGTH(vectors); i++)
	{
		unsigned char digest[FF_MAX_HASH];
		int			length = FFDigest(vectors[i].kind, vectors[i].text,
									  strlen(vectors[i].text), digest);

		IsText(Hex(digest, length), vectors[i].digest, "%s of '%s'",
			   FFHashName(vectors[i].kind), vectors[i].text);
	}
}

/* What is hashed: U+00E9, U+65E5, U+1F389, and bytes that are no text. */
static void
TestEncodings(void)
{
	static const struct
	{
		const char *recipe;
		const char *key;
		const char *hashed;
	}			vectors[] = {
		{"unleash", "\xC3\xA9", "673ac3a9"},
		{"unleash-node", "\xC3\xA9", "673ae9"},
		{"unleash-node", "\xE6\x97\xA5", "673ae5"},
		{"unleash-node", "\xF0\x9F\x8E\x89", "673a3c89"},
		{"unleash-node", "\xFF", "673afd"},
		{"unleash-node", "\xE6\x97", "673afdfd"},
		{"unleash-node", "\xC0\xAF", "673afdfd"},
		{"unleash-node", "\xED\xA0\x80", "673afdfdfd"},
		{"growthbook-v1", "\xE6\x97\xA5", "65e50067"},
		{"growthbook-v1", "\xF0\x9F\x8E\x89", "d83cdf890067"},
		{"growthbook-v2", "a", "00670061"},
		{"growthbook-v2-utf8", "\xC3\xA9", "67c3a9"},
		{"flagd-v3", "\xC3\xA9", "82616762c3a9"},
		{"flagd-v3", "", "82616760"},
		{"flagd-v3-value", "a", "6161"},
		{"posthog-variant", "a", "672e6176617269616e74"},
	};

	for (int i = 0; i < FF_LENGTH(vectors); i++)
	{
		FFBucketing bucketing = RunRecipe(vectors[i].recipe, "g", vectors[i].key, 0);

		IsText(Hex(bucketing.hashed.data, bucketing.hashed.length), vectors[i].hashed,
			   "what %s hashes", vectors[i].recipe);
	}
}

/* Heads of CBOR texts grow with their length; long texts leave the stack. */
static void
TestLengths(void)
{
	static const struct
	{
		int			length;
		const char *head;
	}			heads[] = {
		{23, "77"}, {24, "7818"}, {255, "78ff"}, {256, "790100"}, {65535, "79ffff"},
		{65536, "7a00010000"},
	};

	for (int i = 0; i < FF_LENGTH(heads); i++)
	{
		char	   *data = FFAlloc((size_t) heads[i].length + 1);
		int			head = (int) strlen(heads[i].head) / 2;
		FFBucketing bucketing;

		memset(data, 'k', (size_t) heads[i].length);
		bucketing = RunRecipe("flagd-v3-value", "", data, 0);
		Is(bucketing.hashed.length, head + heads[i].length, "length with its head");
		IsText(Hex(bucketing.hashed.data, head), heads[i].head, "head of %d bytes", heads[i].length);
		bucketing = RunRecipe("growthbook-v1", "", data, 0);
		Is(bucketing.hashed.length, 2 * heads[i].length, "two bytes a unit");
	}
}

/* Of a hash given: leading bits, remainder, share, and their rounding. */
static void
TestNumbers(void)
{
	Is(RunRecipe("flagd-v2", "", "ejOoVL", 0).bucket, 0, "the least hash");
	Is(RunRecipe("flagd-v2", "", "ceQdGm", 0).bucket, 99, "the greatest hash");
	Is(RunRecipe("flagd-v2", "", "ceQdGm", INT32_MAX).bucket, INT32_MAX - 1, "of the greatest number");
	Is(RunRecipe("unleash-variant", "", "ceQdGm", INT32_MAX).bucket >= 1, 1, "no overflow");
	Ok(RunRecipe("flagd-v1", "", "SI7p-", 0).value == 100, "2^31 - 1 is 100 %%");
	Ok(RunRecipe("flagd-v1", "", "6LvT0", 0).value == 2147483648.0 / 2147483647 * 100,
	   "and 2^31 is more");
	Is(RunRecipe("flagd-v1", "", "6LvT0", 0).bucket, 100000, "in no bucket");
	Is(RunRecipe("flagd-v1", "", "6LvT0", INT32_MAX).bucket, INT32_MAX, "of any number");
	Ok(RunRecipe("flagd-v1", "", "ceQdGm", 0).value == 1.0 / 2147483647 * 100, "-1 counts as 1");
	Ok(RunRecipe("launchdarkly", "hashKey.saltyA", "userKeyA", 0).value == 0.4215758743392494 &&
	   RunRecipe("launchdarkly-float32", "hashKey.saltyA", "userKeyA", 0).value == 0.4215758740901947,
	   "double and float32");
	Is(RunRecipe("launchdarkly", "hashKey.saltyA", "userKeyA", 100).bucket, 42, "percent");
}

/* Pairs whose MD5 leaves 9998 are hashed again, twice as long. */
static void
TestAgain(void)
{
	static const char *const pairs[][2] = {{"1", "8931"}, {"1", "13116"}, {"12", "93"}};
	static const double values[] = {45.779156, 18.433687, 27.655531};
	FFBucketing bucketing;

	for (int i = 0; i < FF_LENGTH(pairs); i++)
	{
		double		off;

		bucketing = RunRecipe("flagsmith", pairs[i][0], pairs[i][1], 0);
		off = bucketing.value - values[i];
		Ok(off > -1e-6 && off < 1e-6, "flagsmith: %.9f", bucketing.value);
		Ok(bucketing.bucket >= 0 && bucketing.bucket < 9998, "its bucket");
	}
	IsText(bucketing.hashed, "12,93", "what was hashed first");
}

/* The table itself. */
static void
TestTable(void)
{
	for (int i = 0; i < FFRecipeCount; i++)
	{
		const FFRecipe *recipe = &FFRecipes[i];

		Ok(Recipe(recipe->name) == recipe, "%s is known by its name", recipe->name);
		Ok(strstr(recipe->template, "{key}") != NULL, "its key is hashed");
		Ok(recipe->factor > 0 && recipe->buckets > 0 && recipe->bits > 0 &&
		   recipe->bits <= 128, "its numbers are there");
		Ok(recipe->reduction != FF_REDUCE_SCALE || recipe->bits == 32, "32 bits are scaled");
		Ok(!recipe->adjustable || recipe->reduction == FF_REDUCE_SHARE || recipe->divisor == 0,
		   "buckets that can be chosen change no value");
		Ok(recipe->provider != NULL && recipe->comparison != NULL && recipe->description != NULL,
		   "its texts are there");
	}
	Ok(Recipe("nativ") == NULL && Recipe("natives") == NULL && Recipe("") == NULL &&
	   Recipe("Native") == NULL, "other names are not known");
	IsText(FFRecipeFormula(Recipe("flagsmith")), "h mod 9999 / 9998 * 100, h anew at 9998", "formula");
	IsText(FFRecipeFormula(Recipe("unleash")), "h mod 100 + 1", "formula");
	IsText(FFRecipeFormula(Recipe("launchdarkly-float32")), "h / 1152921504606846976 in float32", "formula");
	IsText(FFRecipeFormula(Recipe("flagd-v1")), "|int32 h| / 2147483647 * 100", "formula");
	IsText(FFRecipeFormula(Recipe("unleash-variant")), "h mod buckets + 1", "formula");
	IsText(FFRecipeFormula(Recipe("flagd-v2")), "h * buckets / 4294967296 rounded down", "formula");
	IsText(FFRecipeFormula(Recipe("optimizely")), "h * 10000 / 4294967296 rounded down", "formula");
}

/* The native recipe has a shorter way as well: it leads to the same bucket. */
static void
TestNative(void)
{
	int			differ = 0;

	for (int i = 0; i < 1000; i++)
	{
		char		key[32];
		FFBucketing bucketing;
		FFString	text = {key, snprintf(key, sizeof(key), "J\xC3\xBCrgen-%d", i * 7919)};

		FFRecipeRun(Recipe("native"), Str("salt"), text, FF_BUCKETS, &bucketing);
		differ += bucketing.bucket != FFBucket(Str("salt"), text) || bucketing.value != bucketing.bucket;
	}
	Is(differ, 0, "both ways to a native bucket");
}

void
TestRecipes(void)
{
	TestMurmur3();
	TestSmallHashes();
	TestDigests();
	TestEncodings();
	TestLengths();
	TestNumbers();
	TestAgain();
	TestTable();
	TestNative();
}
