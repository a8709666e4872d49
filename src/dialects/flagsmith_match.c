/*
 * flagsmith_match.c
 *	  Flagsmith's operators.
 *
 * The value of a condition is cast to the type of the value in the context, as
 * Python casts: a whole number, a number with decimals, a truth or a text.  A
 * value that cannot be cast is no match, for NOT_EQUAL too.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include <math.h>
#include <stdio.h>

#include "dialects/flagsmith.h"

/* How two values compare. */
typedef enum Order
{
	LESS,
	EQUAL,
	GREATER,
	UNORDERED,					/* not a number: only unequal */
	NO_CAST
} Order;

static const FFFlagsmithConstant *
Constant(const FFTest *test)
{
	return test->own;
}

static Order
OrderOf(int difference)
{
	return difference < 0 ? LESS : difference > 0 ? GREATER : EQUAL;
}

/* --- casting ---------------------------------------------------------------- */

/* Compare digits of two whole numbers of one sign. */
static int
CompareDigits(FFString a, FFString b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return memcmp(a.data, b.data, (size_t) a.length);
}

/* Whole numbers of which one at least is beyond 64 bits. */
static Order
CompareGreat(const FFValue *number, const FFFlagsmithConstant *constant)
{
	FFString	text = FFNumberText(number);
	bool		negative = text.data[0] == '-';
	FFString	digits = FFStringOf(text.data + negative, text.length - negative);
	FFText		other = {0};
	Order		order;

	if (constant->digits.data != NULL)
		FFTextAdd(&other, constant->digits.data, constant->digits.length);
	else
		FFTextFormat(&other, "%llu", (unsigned long long) (constant->negative ? -(uint64_t) constant->integer :
														   (uint64_t) constant->integer));
	if (negative != constant->negative)
		order = negative ? LESS : GREATER;
	else
		order = OrderOf(CompareDigits(digits, FFStringOf(other.data, other.length)));
	if (negative && constant->negative && order != EQUAL)
		order = order == LESS ? GREATER : LESS;
	FFFree(other.data);
	FFFree((char *) text.data);
	return order;
}

static Order
CompareNumber(const FFValue *number, const FFFlagsmithConstant *constant)
{
	int64_t		integer;
	double		d;

	if (FFNumberDecimals(number) == 0)
	{
		if (!constant->is_integer && constant->digits.data == NULL)
			return NO_CAST;
		if (!constant->is_integer || !FFNumberScaled(number, 0, &integer))
			return CompareGreat(number, constant);
		return OrderOf((integer > constant->integer) - (integer < constant->integer));
	}
	if (!constant->is_float || !FFNumberDouble(number, &d))
		return NO_CAST;
	if (isnan(constant->number))
		return UNORDERED;
	return OrderOf((d > constant->number) - (d < constant->number));
}

/* Texts by the numbers of their characters, which UTF-8 keeps in order. */
static Order
CompareText(FFString text, const FFFlagsmithConstant *constant)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	int			shorter = utf8.length < constant->utf8.length ? utf8.length : constant->utf8.length;
	int			difference = memcmp(utf8.data, constant->utf8.data, (size_t) shorter);

	if (difference == 0)
		difference = (utf8.length > constant->utf8.length) - (utf8.length < constant->utf8.length);
	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return OrderOf(difference);
}

static Order
CompareVersion(FFString text, const FFFlagsmithConstant *constant)
{
	FFSemver	version;

	if (!constant->is_version || !FFParseSemverAs(text, FF_SEMVER_STRICT, &version))
		return NO_CAST;
	return OrderOf(FFSemverCompare(&version, &constant->version));
}

static Order
Compare(const FFTest *test, const FFValue *value)
{
	const FFFlagsmithConstant *constant = Constant(test);
	FFString	text = FFStringOf(value->data, value->length);

	switch (value->type)
	{
		case FF_BOOL:
			return OrderOf(value->boolean - constant->truth);
		case FF_NUMBER:
			return CompareNumber(value, constant);
		case FF_STRING:
			return constant->wants_version ? CompareVersion(text, constant) : CompareText(text, constant);
		default:
			return NO_CAST;
	}
}

/* --- comparisons -------------------------------------------------------------- */

static bool
MatchEqual(const FFTest *test, const FFValue *value)
{
	const FFFlagsmithConstant *constant = Constant(test);

	if (value->type == FF_STRING && !constant->wants_version)
		return FFStringEquals(FFStringOf(value->data, value->length), constant->text);
	return Compare(test, value) == EQUAL;
}

static bool
MatchNotEqual(const FFTest *test, const FFValue *value)
{
	Order		order = Compare(test, value);

	return order != EQUAL && order != NO_CAST;
}

static bool
MatchGreater(const FFTest *test, const FFValue *value)
{
	return Compare(test, value) == GREATER;
}

static bool
MatchGreaterEqual(const FFTest *test, const FFValue *value)
{
	Order		order = Compare(test, value);

	return order == GREATER || order == EQUAL;
}

static bool
MatchLess(const FFTest *test, const FFValue *value)
{
	return Compare(test, value) == LESS;
}

static bool
MatchLessEqual(const FFTest *test, const FFValue *value)
{
	Order		order = Compare(test, value);

	return order == LESS || order == EQUAL;
}

/* --- texts ------------------------------------------------------------------------ */

/* Whether the constant is a part of a text; bytes of UTF-8 do not overlap. */
static bool
HasPart(const FFValue *value, const FFFlagsmithConstant *constant)
{
	FFString	text = FFStringOf(value->data, value->length);
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	bool		found = constant->utf8.length == 0 ||
		memmem(utf8.data, (size_t) utf8.length, constant->utf8.data, (size_t) constant->utf8.length) != NULL;

	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return found;
}

/* A version contains its parts that are texts: pre-release and build. */
static bool
VersionHasPart(FFString text, const FFFlagsmithConstant *constant)
{
	const char *plus = text.length == 0 ? NULL : memchr(text.data, '+', (size_t) text.length);
	FFSemver	version;

	if (!FFParseSemverAs(text, FF_SEMVER_STRICT, &version))
		return false;
	if (version.prerelease.data != NULL && FFStringEquals(version.prerelease, constant->bare))
		return true;
	return plus != NULL &&
		FFStringEquals(FFStringOf(plus + 1, (int) (text.data + text.length - plus) - 1), constant->bare);
}

static bool
MatchContains(const FFTest *test, const FFValue *value)
{
	const FFFlagsmithConstant *constant = Constant(test);

	if (value->type != FF_STRING)
		return false;
	if (constant->wants_version)
		return VersionHasPart(FFStringOf(value->data, value->length), constant);
	return HasPart(value, constant);
}

static bool
MatchNotContains(const FFTest *test, const FFValue *value)
{
	return value->type == FF_STRING && !HasPart(value, Constant(test));
}

/* At the start of a text; a number and a truth are texts as Python writes them. */
static bool
MatchRegex(const FFTest *test, const FFValue *value)
{
	const FFFlagsmithConstant *constant = Constant(test);
	bool		valid;
	FFString	utf8;

	if (constant->regex == NULL || !FFFlagsmithIsSet(value))
		return false;
	utf8 = FFUtf8(FFFlagsmithText(value), &valid);
	return FFRegexMatches(constant->regex, utf8, valid);
}

/* --- the others ------------------------------------------------------------------- */

/* Python's remainder has the sign of the divisor. */
static bool
MatchModulo(const FFTest *test, const FFValue *value)
{
	const FFFlagsmithConstant *constant = Constant(test);
	double		number;
	double		remainder;

	if (!constant->is_modulo || value->type != FF_NUMBER || !FFNumberDouble(value, &number))
		return false;
	remainder = fmod(number, constant->divisor);
	if (remainder != 0 && (remainder < 0) != (constant->divisor < 0))
		remainder += constant->divisor;
	return remainder == constant->remainder;
}

static bool
NumberIsIn(const FFSet *list, const FFValue *number)
{
	char		digits[24];
	int64_t		integer;
	FFString	text;
	bool		found;

	if (FFNumberDecimals(number) > 0)
		return false;
	if (FFNumberScaled(number, 0, &integer))
		return FFSetFind(list, FFStringOf(digits, snprintf(digits, sizeof(digits), "%lld", (long long) integer))) >= 0;
	text = FFNumberText(number);
	found = FFSetFind(list, text) >= 0;
	FFFree((char *) text.data);
	return found;
}

/* Texts and whole numbers alone are in lists. */
static bool
MatchIn(const FFTest *test, const FFValue *value)
{
	const FFSet *list = &Constant(test)->list;
	FFString	text = FFStringOf(value->data, value->length);
	FFString	utf8;
	bool		valid;
	bool		found;

	if (value->type == FF_NUMBER)
		return NumberIsIn(list, value);
	if (value->type != FF_STRING)
		return false;
	utf8 = FFUtf8(text, &valid);
	found = FFSetFind(list, utf8) >= 0;
	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return found;
}

static bool
MatchSet(const FFTest *test, const FFValue *value)
{
	(void) test;
	return FFFlagsmithIsSet(value);
}

static bool
MatchNotSet(const FFTest *test, const FFValue *value)
{
	(void) test;
	return !FFFlagsmithIsSet(value);
}

/* PERCENTAGE_SPLIT has a node of its own: see flagsmith_segment.c. */
const FFFlagsmithOperator FFFlagsmithOperators[] = {
	{"EQUAL", MatchEqual, FF_OP_EQ},
	{"NOT_EQUAL", MatchNotEqual, FF_OP_NE},
	{"GREATER_THAN", MatchGreater, FF_OP_GT},
	{"GREATER_THAN_INCLUSIVE", MatchGreaterEqual, FF_OP_GE},
	{"LESS_THAN", MatchLess, FF_OP_LT},
	{"LESS_THAN_INCLUSIVE", MatchLessEqual, FF_OP_LE},
	{"CONTAINS", MatchContains, FF_OP_CONTAINS},
	{"NOT_CONTAINS", MatchNotContains, FF_OP_CONTAINS},
	{"REGEX", MatchRegex, FF_OP_MATCHES},
	{"MODULO", MatchModulo, FF_OP_EQ},
	{"IN", MatchIn, FF_OP_IN},
	{"IS_SET", MatchSet, FF_OP_EXISTS},
	{"IS_NOT_SET", MatchNotSet, FF_OP_EXISTS},
	{"PERCENTAGE_SPLIT", NULL, FF_OP_LE}
};
const int	FFFlagsmithOperatorCount = FF_LENGTH(FFFlagsmithOperators);
