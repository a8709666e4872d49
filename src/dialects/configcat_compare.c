/*
 * configcat_compare.c
 *	  The comparators of ConfigCat.
 *
 * Texts are compared as UTF-8: a hash is of its bytes, and the rest comes out the
 * same.  Hashed comparators know the SHA-256 of the text, the configuration's
 * salt and the setting's key (or the segment's name), one after the other.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include <math.h>

#include "dialects/configcat.h"

#define SHORT_TEXT 512			/* bytes that need no allocation */
#define HASH_DIGITS 64
#define ITEMS_BETWEEN_INTERRUPTS 1024

/* By number.  The second of a pair negates the first. */
static const FFConfigCatComparator comparators[] = {
	[0] = {"is one of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 'l', false, false},
	[1] = {"is not one of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 'l', true, false},
	[2] = {"contains any of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_CONTAINS, 'l', false, false},
	[3] = {"contains none of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_CONTAINS, 'l', true, false},
	[4] = {"is one of the versions", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_AMONG, 'l', false, false},
	[5] = {"is not one of the versions", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_AMONG, 'l', true, false},
	[6] = {"version <", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_LESS, 's', false, false},
	[7] = {"version <=", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_LESS_EQUAL, 's', false, false},
	[8] = {"version >", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_GREATER, 's', false, false},
	[9] = {"version >=", FF_CONFIGCAT_VERSION, FF_CONFIGCAT_GREATER_EQUAL, 's', false, false},
	[10] = {"=", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_EQUAL, 'd', false, false},
	[11] = {"<>", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_EQUAL, 'd', true, false},
	[12] = {"<", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_LESS, 'd', false, false},
	[13] = {"<=", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_LESS_EQUAL, 'd', false, false},
	[14] = {">", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_GREATER, 'd', false, false},
	[15] = {">=", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_GREATER_EQUAL, 'd', false, false},
	[16] = {"is one of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 'l', false, true},
	[17] = {"is not one of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 'l', true, true},
	[18] = {"before (Unix seconds)", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_LESS, 'd', false, false},
	[19] = {"after (Unix seconds)", FF_CONFIGCAT_NUMBER, FF_CONFIGCAT_GREATER, 'd', false, false},
	[20] = {"equals (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 's', false, true},
	[21] = {"does not equal (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 's', true, true},
	[22] = {"starts with any of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_STARTS, 'l', false, true},
	[23] = {"starts with none of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_STARTS, 'l', true, true},
	[24] = {"ends with any of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_ENDS, 'l', false, true},
	[25] = {"ends with none of (hashed)", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_ENDS, 'l', true, true},
	[26] = {"has any of (hashed)", FF_CONFIGCAT_ARRAY, FF_CONFIGCAT_AMONG, 'l', false, true},
	[27] = {"has none of (hashed)", FF_CONFIGCAT_ARRAY, FF_CONFIGCAT_AMONG, 'l', true, true},
	[28] = {"equals", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 's', false, false},
	[29] = {"does not equal", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_AMONG, 's', true, false},
	[30] = {"starts with any of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_STARTS, 'l', false, false},
	[31] = {"starts with none of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_STARTS, 'l', true, false},
	[32] = {"ends with any of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_ENDS, 'l', false, false},
	[33] = {"ends with none of", FF_CONFIGCAT_TEXT, FF_CONFIGCAT_ENDS, 'l', true, false},
	[34] = {"has any of", FF_CONFIGCAT_ARRAY, FF_CONFIGCAT_AMONG, 'l', false, false},
	[35] = {"has none of", FF_CONFIGCAT_ARRAY, FF_CONFIGCAT_AMONG, 'l', true, false},
};

const FFConfigCatComparator *
FFConfigCatFindComparator(double number)
{
	for (int i = 0; i < FF_LENGTH(comparators); i++)
		if (number == i)
			return &comparators[i];
	return NULL;
}

static FFConfigCatOutcome
Outcome(bool is_true)
{
	return is_true ? FF_CONFIGCAT_TRUE : FF_CONFIGCAT_FALSE;
}

/* --- texts ------------------------------------------------------------------ */

static bool
IsArrayOfStrings(const FFValue *value)
{
	FFWalk		walk;
	FFValue		element;

	if (value->type != FF_ARRAY)
		return false;
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
		if (element.type != FF_STRING)
			return false;
	return true;
}

FFString
FFConfigCatText(const FFValue *value)
{
	return IsArrayOfStrings(value) ? FFJsonStringify(value) : FFValueTextJs(value);
}

/* The digits of the hash of a text and what is hashed after it. */
static bool
Hash(const FFConfigCatComparison *comparison, FFString text, char *digits)
{
	static const char hexadecimal[] = "0123456789abcdef";
	size_t		length = (size_t) text.length;
	size_t		whole = length + (size_t) comparison->suffix.length;
	char		fixed[SHORT_TEXT];
	char	   *message = whole <= sizeof(fixed) ? fixed : FFAlloc(whole);
	unsigned char hash[FF_MAX_HASH];
	int			bytes;

	fixed[0] = '\0';
	if (length > 0)
		memcpy(message, text.data, length);
	if (whole > length)
		memcpy(message + length, comparison->suffix.data, whole - length);
	bytes = FFDigest(FF_HASH_SHA256, message, whole, hash);
	if (message != fixed)
		FFFree(message);
	for (int i = 0; i < bytes; i++)
	{
		digits[2 * i] = hexadecimal[hash[i] >> 4];
		digits[2 * i + 1] = hexadecimal[hash[i] & 15];
	}
	return bytes * 2 == HASH_DIGITS;
}

/* Whether a text, or its hash, is one of the comparison values. */
static FFConfigCatOutcome
IsAmong(const FFConfigCatComparison *comparison, FFString text)
{
	char		digits[2 * FF_MAX_HASH];

	if (!comparison->comparator->hashed)
		return Outcome(FFSetFind(&comparison->set, text) >= 0);
	if (!Hash(comparison, text, digits))
		return FF_CONFIGCAT_ERROR;
	return Outcome(FFSetFind(&comparison->set, FFStringOf(digits, HASH_DIGITS)) >= 0);
}

/* The first or last so many bytes of a text that has them. */
static FFString
Slice(FFConfigCatRelation relation, FFString text, int length)
{
	return FFStringOf(relation == FF_CONFIGCAT_STARTS ? text.data : text.data + text.length - length, length);
}

static bool
HasPart(FFConfigCatRelation relation, FFString text, FFString part)
{
	if (text.length < part.length)
		return false;
	if (part.length == 0)
		return true;
	if (relation == FF_CONFIGCAT_CONTAINS)
		return memmem(text.data, (size_t) text.length, part.data, (size_t) part.length) != NULL;
	return FFSameBytes(Slice(relation, text, part.length).data, part.data, (size_t) part.length);
}

/* The same by the hash of a part; an invalid one is an error where it is reached. */
static FFConfigCatOutcome
HasHashedPart(const FFConfigCatComparison *comparison, FFString text, const FFConfigCatSlice *slice)
{
	char		digits[2 * FF_MAX_HASH];

	if (slice->hash.data == NULL)
		return FF_CONFIGCAT_ERROR;
	if (text.length < slice->length)
		return FF_CONFIGCAT_FALSE;
	if (!Hash(comparison, Slice(comparison->comparator->relation, text, (int) slice->length), digits))
		return FF_CONFIGCAT_ERROR;
	return Outcome(FFStringEquals(FFStringOf(digits, HASH_DIGITS), slice->hash));
}

/* Whether a text has any of the parts. */
static FFConfigCatOutcome
HasAnyPart(const FFConfigCatComparison *comparison, FFString text)
{
	const FFConfigCatComparator *comparator = comparison->comparator;

	for (int i = 0; i < comparison->count; i++)
	{
		FFConfigCatOutcome outcome;

		if ((i + 1) % ITEMS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (comparator->hashed)
			outcome = HasHashedPart(comparison, text, &comparison->slices[i]);
		else
			outcome = Outcome(HasPart(comparator->relation, text, comparison->texts[i]));
		if (outcome != FF_CONFIGCAT_FALSE)
			return outcome;
	}
	return FF_CONFIGCAT_FALSE;
}

static FFConfigCatOutcome
CompareText(const FFConfigCatComparison *comparison, const FFValue *value)
{
	bool		valid;
	FFString	text = FFUtf8(FFConfigCatText(value), &valid);

	if (comparison->incomplete)
		return FF_CONFIGCAT_ERROR;
	return comparison->comparator->relation == FF_CONFIGCAT_AMONG ?
		IsAmong(comparison, text) : HasAnyPart(comparison, text);
}

/* --- versions ------------------------------------------------------------------ */

static bool
Relates(FFConfigCatRelation relation, int order)
{
	switch (relation)
	{
		case FF_CONFIGCAT_LESS:
			return order < 0;
		case FF_CONFIGCAT_LESS_EQUAL:
			return order <= 0;
		case FF_CONFIGCAT_GREATER:
			return order > 0;
		case FF_CONFIGCAT_GREATER_EQUAL:
			return order >= 0;
		default:
			return order == 0;
	}
}

/* With a version that is none among those compared with, no outcome is true. */
static FFConfigCatOutcome
CompareVersion(const FFConfigCatComparison *comparison, const FFValue *value)
{
	bool		valid;
	FFSemver	version;

	if (value->type != FF_STRING ||
		!FFParseSemverNpm(FFUtf8(FFStringOf(value->data, value->length), &valid), &version))
		return FF_CONFIGCAT_UNKNOWN;
	if (comparison->incomplete)
		return FF_CONFIGCAT_ERROR;
	if (comparison->never)
		return Outcome(comparison->comparator->negated);
	for (int i = 0; i < comparison->count; i++)
		if (Relates(comparison->comparator->relation,
					FFSemverCompare(&version, &comparison->versions[i])))
			return FF_CONFIGCAT_TRUE;
	return FF_CONFIGCAT_FALSE;
}

/* --- numbers ---------------------------------------------------------------------- */

/* 0 that a digit, a point or an exponent does not follow is refused there: 0x1F, "0 ". */
static bool
IsStrict(FFString text)
{
	FFString	trimmed = FFTrimJs(text);
	const char *after = trimmed.data + 1;

	if (trimmed.length == 0)
		return false;
	if (*trimmed.data != '0' || after == text.data + text.length)
		return true;
	return (*after >= '0' && *after <= '9') || *after == '.' || *after == 'e' || *after == 'E';
}

/* Number(text) with its first comma as a point; "NaN" is a number as well. */
static bool
ParseNumber(FFString text, double *number)
{
	char		fixed[SHORT_TEXT];
	char	   *copy = text.length <= (int) sizeof(fixed) ? fixed : FFAlloc((size_t) text.length);
	bool		parsed;
	char	   *comma;

	if (text.length > 0)
		memcpy(copy, text.data, (size_t) text.length);
	comma = memchr(copy, ',', (size_t) text.length);
	if (comma != NULL)
		*comma = '.';
	parsed = IsStrict(FFStringOf(copy, text.length)) &&
		FFParseNumberJs(FFStringOf(copy, text.length), number);
	if (copy != fixed)
		FFFree(copy);
	if (!parsed && FFStringIs(FFTrimJs(text), "NaN"))
	{
		*number = NAN;
		return true;
	}
	return parsed;
}

static bool
ReadNumber(const FFValue *value, double *number)
{
	bool		valid;

	if (value->type == FF_STRING)
		return ParseNumber(FFUtf8(FFStringOf(value->data, value->length), &valid), number);
	if (value->type != FF_NUMBER)
		return false;
	(void) FFNumberDouble(value, number);
	return true;
}

static FFConfigCatOutcome
CompareNumber(const FFConfigCatComparison *comparison, const FFValue *value)
{
	double		number;
	double		other = comparison->number;

	if (!ReadNumber(value, &number))
		return FF_CONFIGCAT_UNKNOWN;
	if (comparison->incomplete)
		return FF_CONFIGCAT_ERROR;
	if (isnan(number))
		return FF_CONFIGCAT_FALSE;
	return Outcome(Relates(comparison->comparator->relation, (number > other) - (number < other)));
}

/* --- arrays ------------------------------------------------------------------------- */

static FFConfigCatOutcome
HasAnyItem(const FFConfigCatComparison *comparison, FFString json, const FFValue *array)
{
	FFConfigCatItems items;
	FFConfigCatOutcome outcome = FF_CONFIGCAT_FALSE;
	FFString	item;

	if (!FFConfigCatItemsStart(&items, json, array))
		return FF_CONFIGCAT_UNKNOWN;
	if (comparison->incomplete)
		outcome = FF_CONFIGCAT_ERROR;
	while (outcome == FF_CONFIGCAT_FALSE && FFConfigCatItemsNext(&items, &item))
		outcome = IsAmong(comparison, item);
	FFConfigCatItemsEnd(&items);
	return outcome;
}

static FFConfigCatOutcome
CompareArray(const FFConfigCatComparison *comparison, const FFValue *value)
{
	bool		valid;

	if (value->type == FF_STRING)
		return HasAnyItem(comparison, FFUtf8(FFStringOf(value->data, value->length), &valid), NULL);
	if (!IsArrayOfStrings(value))
		return FF_CONFIGCAT_UNKNOWN;
	return HasAnyItem(comparison, FFStringOf(NULL, 0), value);
}

/* ------------------------------------------------------------------------------------- */

static FFConfigCatOutcome
Compare(const FFConfigCatComparison *comparison, const FFValue *value)
{
	switch (comparison->comparator->kind)
	{
		case FF_CONFIGCAT_TEXT:
			return CompareText(comparison, value);
		case FF_CONFIGCAT_VERSION:
			return CompareVersion(comparison, value);
		case FF_CONFIGCAT_NUMBER:
			return CompareNumber(comparison, value);
		case FF_CONFIGCAT_ARRAY:
			return CompareArray(comparison, value);
		case FF_CONFIGCAT_NONE:
			break;
	}
	return FF_CONFIGCAT_ERROR;
}

/* Compare an attribute; an empty text is as good as none. */
FFConfigCatOutcome
FFConfigCatCompare(const FFConfigCatComparison *comparison, const FFValue *value)
{
	FFConfigCatOutcome outcome;

	if (value->type == FF_ABSENT || value->type == FF_NULL ||
		(value->type == FF_STRING && value->length == 0))
		return FF_CONFIGCAT_UNKNOWN;
	if (comparison->comparator == NULL)
		return FF_CONFIGCAT_ERROR;
	outcome = Compare(comparison, value);
	if (comparison->comparator->negated && outcome <= FF_CONFIGCAT_TRUE)
		return Outcome(outcome == FF_CONFIGCAT_FALSE);
	return outcome;
}

bool
FFConfigCatCanFail(const FFConfigCatComparison *comparison)
{
	if (comparison->comparator == NULL || comparison->incomplete)
		return true;
	for (int i = 0; comparison->slices != NULL && i < comparison->count; i++)
		if (comparison->slices[i].hash.data == NULL)
			return true;
	return false;
}
