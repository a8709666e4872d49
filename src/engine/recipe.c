/*
 * recipe.c
 *	  Carries out a recipe: text, hash, number, bucket.
 *
 * Floating point is the provider's, operation by operation: nothing may be
 * regrouped here, though it be equal in mathematics.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdio.h>

#include "engine/cbor.h"
#include "engine/recipe.h"

#define FIXED_BYTES 256
#define MALFORMED 0xFFFDu
#define CBOR_TEXT 0x60u
#define CBOR_ARRAY 0x80u
#define CBOR_MAX_HEAD 5
#define MAX_SHOWN 0x3FFFFF00	/* bytes: what a value of SQL can hold */

/* The bytes that are hashed. */
typedef struct Message
{
	unsigned char *data;
	size_t		length;
	unsigned char fixed[FIXED_BYTES];
} Message;

static void
MessageStart(Message *message, size_t room)
{
	message->data = room <= FIXED_BYTES ? message->fixed : FFAlloc(room);
	message->length = 0;
}

static void
MessageEnd(Message *message)
{
	if (message->data != message->fixed)
		FFFree(message->data);
}

static inline void
AddByte(Message *message, unsigned byte)
{
	message->data[message->length++] = (unsigned char) byte;
}

static void
AddBytes(Message *message, const void *data, size_t length)
{
	if (length > 0)
		memcpy(message->data + message->length, data, length);
	message->length += length;
}

/* --- encodings ---------------------------------------------------------- */

static void
AddUnit(Message *message, FFEncoding encoding, unsigned unit)
{
	if (encoding == FF_ENCODING_UTF16)
		AddByte(message, unit >> 8);
	AddByte(message, unit & 0xFF);
}

/* The character that UTF-8 text begins with, and its bytes. */
static unsigned
Point(FFString utf8, int *bytes)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *text = (const unsigned char *) utf8.data;
	int			length = text[0] < 0x80 ? 1 : text[0] < 0xC0 ? 0 : text[0] < 0xE0 ? 2 :
		text[0] < 0xF0 ? 3 : text[0] < 0xF8 ? 4 : 0;
	unsigned	point;

	*bytes = 1;
	if (length == 0 || length > utf8.length)
		return MALFORMED;
	point = length == 1 ? text[0] : text[0] & (0x7Fu >> length);
	for (int i = 1; i < length; i++)
	{
		if ((text[i] & 0xC0) != 0x80)
			return MALFORMED;
		point = point << 6 | (text[i] & 0x3F);
	}
	if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
		return MALFORMED;
	*bytes = length;
	return point;
}

/* Text in UTF-16 units; a byte that is no UTF-8 is the replacement character. */
static void
AddUnits(Message *message, FFEncoding encoding, FFString utf8)
{
	int			bytes;

	for (; utf8.length > 0; utf8.data += bytes, utf8.length -= bytes)
	{
		unsigned	point = Point(utf8, &bytes);

		if (point >= 0x10000)
		{
			AddUnit(message, encoding, 0xD800 + ((point - 0x10000) >> 10));
			point = 0xDC00 + (point & 0x3FF);
		}
		AddUnit(message, encoding, point);
	}
}

/* The head of a CBOR text of so many bytes, in its shortest form. */
static void
AddCborHead(Message *message, uint32_t length)
{
	int			bytes = length < 24 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;

	AddByte(message, CBOR_TEXT | (bytes == 0 ? length : bytes == 4 ? 26u : 23u + (unsigned) bytes));
	while (bytes > 0)
		AddByte(message, length >> (8 * --bytes) & 0xFF);
}

static void
AddPart(Message *message, FFEncoding encoding, FFString utf8)
{
	if (encoding == FF_ENCODING_UTF16 || encoding == FF_ENCODING_LOW_BYTE)
	{
		AddUnits(message, encoding, utf8);
		return;
	}
	if (encoding == FF_ENCODING_CBOR)
		AddCborHead(message, (uint32_t) utf8.length);
	AddBytes(message, utf8.data, (size_t) utf8.length);
}

/* What stands between the parts of a template. */
static void
AddLiteral(Message *message, FFEncoding encoding, const char *at)
{
	unsigned	parts = 0;

	if (encoding != FF_ENCODING_CBOR)
	{
		AddPart(message, encoding, FFStringOf(at, 1));
		return;
	}
	if (*at != '[')
		return;
	for (; *at != '\0'; at++)
		parts += *at == '{';
	AddByte(message, CBOR_ARRAY | parts);
}

/* Fill in {salt} and {key}.  A byte of UTF-8 is at most one unit of UTF-16. */
static void
AddTemplate(Message *message, const FFRecipe *recipe, FFString salt, FFString key)
{
	const char *at = recipe->template;
	size_t		room = strlen(at) + (size_t) salt.length + (size_t) key.length + 2 * CBOR_MAX_HEAD;

	MessageStart(message, recipe->encoding == FF_ENCODING_UTF16 ? 2 * room : room);
	while (*at != '\0')
	{
		if (*at != '{')
			AddLiteral(message, recipe->encoding, at++);
		else
		{
			AddPart(message, recipe->encoding, at[1] == 's' ? salt : key);
			at = strchr(at, '}') + 1;
		}
	}
}

/* --- hashes -------------------------------------------------------------- */

static void
PutHash(FFBucketing *bucketing, uint64_t hash, int bytes)
{
	bucketing->hash_length = bytes;
	for (int i = bytes - 1; i >= 0; i--, hash >>= 8)
		bucketing->hash[i] = (unsigned char) hash;
}

/* FNV-1a of the text or, twice, of its own decimal form. */
static uint32_t
HashFnv1a(const FFRecipe *recipe, const Message *message)
{
	uint32_t	hash = recipe->encoding == FF_ENCODING_UTF16 ?
		FFFnv1aUnits(message->data, message->length) : FFFnv1a(message->data, message->length);
	char		digits[16];

	if (!recipe->twice)
		return hash;
	return FFFnv1a(digits, (size_t) snprintf(digits, sizeof(digits), "%u", hash));
}

static bool
HashMessage(const FFRecipe *recipe, const Message *message, FFBucketing *bucketing)
{
	switch (recipe->hash)
	{
		case FF_HASH_XXH3:
			PutHash(bucketing, XXH3_64bits(message->data, message->length), 8);
			break;
		case FF_HASH_MURMUR3:
			PutHash(bucketing, FFMurmur3(message->data, message->length, recipe->seed), 4);
			break;
		case FF_HASH_FNV1A:
			PutHash(bucketing, HashFnv1a(recipe, message), 4);
			break;
		case FF_HASH_CRC32:
			PutHash(bucketing, FFCrc32(message->data, message->length), 4);
			break;
		case FF_HASH_MD5:
		case FF_HASH_SHA1:
		case FF_HASH_SHA256:
			bucketing->hash_length = FFDigest(recipe->hash, message->data, message->length,
											  bucketing->hash);
			break;
	}
	return bucketing->hash_length > 0;
}

/* --- numbers -------------------------------------------------------------- */

/* The leading bits of a hash, at most 64, as a number. */
static uint64_t
LeadingBits(const FFRecipe *recipe, const FFBucketing *bucketing)
{
	uint64_t	number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | (i < bucketing->hash_length ? bucketing->hash[i] : 0);
	number >>= 64 - recipe->bits;
	if (recipe->magnitude && number > INT32_MAX)
		number = (UINT64_C(1) << 32) - number;
	return number;
}

/* A hash of any length, divided with remainder as on paper. */
static uint64_t
Remainder(const FFRecipe *recipe, const FFBucketing *bucketing, uint64_t divisor)
{
	uint64_t	remainder = 0;

	if (recipe->bits <= 64)
		return LeadingBits(recipe, bucketing) % divisor;
	for (int i = 0; i < recipe->bits / 8; i++)
		remainder = (remainder << 8 | bucketing->hash[i]) % divisor;
	return remainder;
}

/* A share that is rounded up to all there is falls behind the last bucket. */
static void
TakeShare(const FFRecipe *recipe, int buckets, FFBucketing *bucketing)
{
	uint64_t	number = LeadingBits(recipe, bucketing);
	double		bucket;

	if (recipe->single)
		bucketing->value = (float) number / (float) recipe->divisor;
	else
		bucketing->value = (double) number / recipe->divisor * recipe->factor;
	bucket = bucketing->value * buckets / recipe->factor;
	bucketing->bucket = bucket < buckets ? (int) bucket : buckets;
}

static void
Reduce(const FFRecipe *recipe, int buckets, FFBucketing *bucketing)
{
	switch (recipe->reduction)
	{
		case FF_REDUCE_SHARE:
			TakeShare(recipe, buckets, bucketing);
			return;
		case FF_REDUCE_SCALE:
			bucketing->bucket = (int) (LeadingBits(recipe, bucketing) * (uint64_t) buckets >> 32);
			break;
		case FF_REDUCE_MODULO:
			bucketing->bucket = (int) Remainder(recipe, bucketing, (uint64_t) buckets) + recipe->first;
			break;
	}
	bucketing->value = bucketing->bucket;
	if (recipe->divisor > 0)
		bucketing->value = bucketing->value / recipe->divisor * recipe->factor;
}

/* --- recipes --------------------------------------------------------------- */

/* Replace the message by so many of it, with commas in between. */
static void
Repeat(Message *message, const Message *once, int times)
{
	MessageStart(message, (once->length + 1) * (size_t) times);
	for (int i = 0; i < times; i++)
	{
		if (i > 0)
			AddByte(message, ',');
		AddBytes(message, once->data, once->length);
	}
}

/* Hash once more, and more often, while the bucket is one that asks for it. */
static bool
HashAgain(const FFRecipe *recipe, const Message *once, int buckets, FFBucketing *bucketing)
{
	bool		hashed = true;

	for (int times = 2; hashed && bucketing->bucket == recipe->again; times++)
	{
		Message		message;

		FFCheckInterrupts();
		Repeat(&message, once, times);
		hashed = HashMessage(recipe, &message, bucketing);
		if (hashed)
			Reduce(recipe, buckets, bucketing);
		MessageEnd(&message);
	}
	return hashed;
}

static bool
Run(const FFRecipe *recipe, const Message *message, int buckets, FFBucketing *bucketing)
{
	if (!HashMessage(recipe, message, bucketing))
		return false;
	Reduce(recipe, buckets, bucketing);
	return recipe->again == 0 || HashAgain(recipe, message, buckets, bucketing);
}

static void
FreeUtf8(FFString utf8, FFString text)
{
	if (FF_UNLIKELY(utf8.data != text.data))
		FFFree((void *) utf8.data);
}

/* Fill in the template and hash it; the message is the caller's to end. */
static bool
Start(const FFRecipe *recipe, FFString salt, FFString key, int buckets, Message *message,
	  FFBucketing *bucketing)
{
	bool		valid;
	FFString	utf8_salt = FFUtf8(salt, &valid);
	FFString	utf8_key = FFUtf8(key, &valid);

	AddTemplate(message, recipe, utf8_salt, utf8_key);
	FreeUtf8(utf8_salt, salt);
	FreeUtf8(utf8_key, key);
	bucketing->hashed = FFStringOf(NULL, 0);
	return Run(recipe, message, buckets, bucketing);
}

bool
FFRecipeRun(const FFRecipe *recipe, FFString salt, FFString key, int buckets,
			FFBucketing *bucketing)
{
	Message		message;
	bool		done = Start(recipe, salt, key, buckets, &message, bucketing);

	MessageEnd(&message);
	return done;
}

bool
FFRecipeRunBytes(const FFRecipe *recipe, FFString bytes, int buckets, FFBucketing *bucketing)
{
	Message		message;
	bool		done;

	MessageStart(&message, (size_t) bytes.length);
	AddBytes(&message, bytes.data, (size_t) bytes.length);
	bucketing->hashed = FFStringOf(NULL, 0);
	done = Run(recipe, &message, buckets, bucketing);
	MessageEnd(&message);
	return done;
}

bool
FFRecipeTakesValues(const FFRecipe *recipe)
{
	return recipe->encoding == FF_ENCODING_CBOR && strcmp(recipe->template, "{key}") == 0;
}

bool
FFRecipeRunValue(const FFRecipe *recipe, const FFValue *key, int buckets, FFBucketing *bucketing)
{
	FFText		text = {0};

	return FFCborValue(&text, key) &&
		FFRecipeRunBytes(recipe, FFStringOf(text.data, text.length), buckets, bucketing);
}

bool
FFRecipeShow(const FFRecipe *recipe, FFString salt, FFString key, int buckets,
			 FFBucketing *bucketing)
{
	Message		message;
	bool		done = Start(recipe, salt, key, buckets, &message, bucketing);

	if (message.length <= MAX_SHOWN)
		bucketing->hashed = FFStringCopy(FFStringOf((char *) message.data, (int) message.length));
	MessageEnd(&message);
	return done;
}
