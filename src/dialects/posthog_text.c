/*
 * posthog_text.c
 *	  Values as PostHog compares them: as texts, numbers and versions.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dialects/posthog.h"

#define MOST_PART 400			/* bytes of a number of a version */

/* --- JSON as the service writes it --------------------------------------------- */

/* Whether a number without decimals is an integer there, of 64 bits. */
static bool
IsInteger(const FFValue *number, int64_t *integer)
{
	return FFNumberDecimals(number) == 0 && FFNumberScaled(number, 0, integer);
}

/* The digits that Python writes, with the point or exponent that Rust writes. */
static void
AddDouble(FFText *text, double d)
{
	FFString	python = FFNumberTextPython(d);
	const char *exponent = memchr(python.data, 'e', (size_t) python.length);
	int			mantissa = exponent == NULL ? python.length : (int) (exponent - python.data);
	long		power = exponent == NULL ? 0 : strtol(exponent + 1, NULL, 10);

	if (power == -5)
	{
		FFTextFormat(text, "%s0.0000", d < 0 ? "-" : "");
		for (int i = d < 0; i < mantissa; i++)
			if (python.data[i] != '.')
				FFTextAdd(text, python.data + i, 1);
		return;
	}
	FFTextAdd(text, python.data, mantissa);
	if (exponent != NULL)
		FFTextFormat(text, "e%ld", power);
}

static void
AddNumber(FFText *text, const FFValue *number)
{
	int64_t		integer;
	double		d;

	if (IsInteger(number, &integer))
		FFTextFormat(text, "%lld", (long long) integer);
	else if (FFNumberDouble(number, &d))
		AddDouble(text, d);
	else
		FFTextAdd(text, "null", 4);
}

static void AddJson(FFText *text, const FFValue *value);

typedef struct Member
{
	FFString	name;
	FFValue		value;
} Member;

static int
CompareMembers(const void *a, const void *b)
{
	FFString	x = ((const Member *) a)->name;
	FFString	y = ((const Member *) b)->name;
	int			order = memcmp(x.data, y.data, (size_t) (x.length < y.length ? x.length : y.length));

	return order != 0 ? order : x.length - y.length;
}

/* Members in the order of their names, which is not that of jsonb. */
static void
AddObject(FFText *text, const FFValue *object)
{
	int			count = FFCount(object);
	Member	   *members = FFAlloc((size_t) count * sizeof(Member) + 1);
	FFWalk		walk;
	int			i = 0;

	FFWalkStart(&walk, object);
	while (i < count && FFWalkNext(&walk, &members[i].name, &members[i].value))
		i++;
	qsort(members, (size_t) i, sizeof(Member), CompareMembers);
	FFTextAdd(text, "{", 1);
	for (int at = 0; at < i; at++)
	{
		if (at > 0)
			FFTextAdd(text, ",", 1);
		FFTextJsonString(text, members[at].name);
		FFTextAdd(text, ":", 1);
		AddJson(text, &members[at].value);
	}
	FFTextAdd(text, "}", 1);
	FFFree(members);
}

static void
AddArray(FFText *text, const FFValue *array)
{
	FFWalk		walk;
	FFValue		element;
	bool		first = true;

	FFTextAdd(text, "[", 1);
	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		if (!first)
			FFTextAdd(text, ",", 1);
		first = false;
		AddJson(text, &element);
	}
	FFTextAdd(text, "]", 1);
}

static void
AddJson(FFText *text, const FFValue *value)
{
	if (value->type == FF_NUMBER)
		AddNumber(text, value);
	else if (value->type == FF_ARRAY && !FFStackIsDeep())
		AddArray(text, value);
	else if (value->type == FF_OBJECT && !FFStackIsDeep())
		AddObject(text, value);
	else
		FFTextJson(text, value);
}

/* A text is itself. */
FFString
FFPosthogJson(const FFValue *value)
{
	FFText		text = {0};

	switch (value->type)
	{
		case FF_STRING:
			return FFStringOf(value->data, value->length);
		case FF_BOOL:
			return value->boolean ? FFStringOf("true", 4) : FFStringOf("false", 5);
		case FF_NUMBER:
		case FF_ARRAY:
		case FF_OBJECT:
			AddJson(&text, value);
			return FFStringOf(text.data, text.length);
		default:
			return FFStringOf("null", 4);
	}
}

FFString
FFPosthogText(const FFValue *value, bool service)
{
	return service ? FFPosthogJson(value) : FFValueTextJs(value);
}

/* --- lower case ---------------------------------------------------------------- */

FFString
FFPosthogLowerAscii(FFString text, char *buffer, int size)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	char	   *out = utf8.length <= size ? buffer : FFAlloc((size_t) utf8.length + 1);

	for (int i = 0; i < utf8.length; i++)
	{
		char		c = utf8.data[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char) (c + 'a' - 'A') : c;
	}
	return FFStringOf(out, utf8.length);
}

FFString
FFPosthogLower(FFString text, char *buffer, int size)
{
	for (int i = 0; i < text.length; i++)
		if ((unsigned char) text.data[i] >= 0x80)
			return FFLowerJs(text);
	return FFPosthogLowerAscii(text, buffer, size);
}

/* --- numbers --------------------------------------------------------------------- */

double
FFPosthogNumber(const FFValue *value)
{
	double		d = NAN;

	switch (value->type)
	{
		case FF_NULL:
			return 0;
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			(void) FFNumberDouble(value, &d);
			return d;
		case FF_STRING:
		case FF_ARRAY:
			if (FFParseNumberJs(FFValueTextJs(value), &d))
				return d;
			return NAN;
		default:
			return NAN;
	}
}

/* The words that Rust reads as numbers, whatever their case. */
static bool
ParseWord(FFString text, double *d)
{
	char		buffer[16];
	bool		minus = text.length > 0 && text.data[0] == '-';
	int			start = minus || (text.length > 0 && text.data[0] == '+');
	FFString	word;

	if (text.length > 12)
		return false;
	word = FFPosthogLowerAscii(FFStringOf(text.data + start, text.length - start), buffer, (int) sizeof(buffer));
	if (FFStringIs(word, "nan"))
		*d = NAN;
	else if (FFStringIs(word, "inf") || FFStringIs(word, "infinity"))
		*d = minus ? -INFINITY : INFINITY;
	else
		return false;
	return true;
}

bool
FFPosthogParseNumber(const FFValue *value, bool service, double *d)
{
	if (value->type == FF_NUMBER)
		return FFNumberDouble(value, d) || service;
	if (!service)
		return FFParseFloatJs(FFValueTextJs(value), d) && isfinite(*d);
	if (value->type != FF_STRING)
		return false;
	return FFParseFloatC(FFStringOf(value->data, value->length), d) ||
		ParseWord(FFStringOf(value->data, value->length), d);
}

/* --- versions ---------------------------------------------------------------------- */

/* Digits as a number; leading zeros are for the service alone. */
static bool
ParsePart(FFString part, bool service, double *number)
{
	if (part.length == 0 || part.length > MOST_PART)
		return false;
	for (int i = 0; i < part.length; i++)
		if (part.data[i] < '0' || part.data[i] > '9')
			return false;
	if (!service && part.length > 1 && part.data[0] == '0')
		return false;
	return FFParseFloatC(part, number);
}

/* Without the whitespace around it and one v before it, in the order of each. */
static FFString
Strip(FFString text, bool service)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);

	if (!service)
		utf8 = FFTrimJs(utf8);
	if (utf8.length > 0 && (utf8.data[0] == 'v' || (!service && utf8.data[0] == 'V')))
		utf8 = FFStringOf(utf8.data + 1, utf8.length - 1);
	return service ? FFTrimJs(utf8) : utf8;
}

/* How many bytes come before a prerelease or build. */
static int
CoreLength(FFString text)
{
	int			length = 0;

	while (length < text.length && text.data[length] != '-' && text.data[length] != '+')
		length++;
	return length;
}

/* What follows the numbers; the service takes it by the rules of SemVer. */
static bool
ParseRest(FFString rest, FFPosthogVersion *version)
{
	FFText		text = {0};
	FFSemver	semver;
	bool		good;

	if (rest.length == 0)
		return true;
	FFTextAdd(&text, "0.0.0", 5);
	FFTextAdd(&text, rest.data, rest.length);
	good = FFParseSemverAs(FFStringOf(text.data, text.length), FF_SEMVER_STRICT, &semver);
	if (good)
		version->prerelease = semver.prerelease;
	return good;
}

/*
 * Numbers that are missing are 0.  Local evaluation takes an empty one for 0 as
 * well, does not look at more than three and not at a prerelease.
 */
bool
FFPosthogParseVersion(FFString text, bool service, FFPosthogVersion *version)
{
	FFString	stripped = Strip(text, service);
	FFString	rest = FFStringOf(stripped.data, CoreLength(stripped));
	FFString	part;
	int			count = 0;

	memset(version, 0, sizeof(*version));
	if (rest.length == 0 || rest.data[0] == '.')
		return false;
	for (; FFSplit(&rest, '.', &part); count++)
	{
		if (count >= 3 && service)
			return false;
		if (count >= 3 || (part.length == 0 && !service))
			continue;
		if (!ParsePart(part, service, &version->numbers[count]))
			return false;
	}
	if (!service)
		return true;
	return ParseRest(FFStringOf(stripped.data + CoreLength(stripped), stripped.length - CoreLength(stripped)), version);
}

int
FFPosthogCompareVersions(const FFPosthogVersion *a, const FFPosthogVersion *b)
{
	FFString	zero = FFStringOf("0", 1);
	FFSemver	x = {.numbers = {zero, zero, zero}, .prerelease = a->prerelease};
	FFSemver	y = {.numbers = {zero, zero, zero}, .prerelease = b->prerelease};

	for (int i = 0; i < 3; i++)
		if (a->numbers[i] != b->numbers[i])
			return a->numbers[i] < b->numbers[i] ? -1 : 1;
	return FFSemverCompare(&x, &y);
}

/* Take a star off the end. */
static FFString
Unstar(FFString text, const char *star)
{
	int			length = (int) strlen(star);

	if (text.length >= length && memcmp(text.data + text.length - length, star, (size_t) length) == 0)
		text.length -= length;
	return text;
}

/* 1.2.*, as local evaluation reads it: one or two numbers. */
static bool
ParseWildcardLocal(FFString text, double *numbers, int *count)
{
	FFString	rest = Unstar(Unstar(text, ".*"), "*");
	FFString	part;

	*count = 0;
	if (rest.length == 0)
		return false;
	while (*count < 2 && FFSplit(&rest, '.', &part))
		if (!ParsePart(part, false, &numbers[(*count)++]))
			return false;
	return true;
}

/* The same as the service reads it: after a star there are but stars. */
bool
FFPosthogParseWildcard(FFString text, bool service, double *numbers, int *count)
{
	FFString	rest = Strip(text, service);
	FFString	part;
	bool		stars = false;
	int			parts = 0;

	if (!service)
		return ParseWildcardLocal(rest, numbers, count);
	*count = 0;
	for (; FFSplit(&rest, '.', &part); parts++)
	{
		bool		star = FFStringIs(part, "*") || FFStringIs(part, "x") || FFStringIs(part, "X");

		if (parts == 3 || (stars && !star) || (!star && !ParsePart(part, true, &numbers[(*count)++])))
			return false;
		stars |= star;
	}
	return true;
}
