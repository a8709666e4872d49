/*
 * posthog_constant.c
 *	  What the operators of PostHog compare with, prepared.
 */
#include <math.h>

#include "dialects/posthog.h"

#define VALUES_BETWEEN_INTERRUPTS 1024

/* --- truth --------------------------------------------------------------------------- */

/* Whether a constant is true or false, as a text too, or an array of such. */
static bool
IsTruthLike(const FFValue *value)
{
	char		buffer[8];
	FFString	lower;
	FFWalk		walk;
	FFValue		element;

	if (value->type == FF_BOOL)
		return true;
	if (value->type == FF_STRING)
	{
		if (value->length > 5)
			return false;
		lower = FFPosthogLower(FFStringOf(value->data, value->length), buffer, (int) sizeof(buffer));
		return FFStringIs(lower, "true") || FFStringIs(lower, "false");
	}
	if (value->type != FF_ARRAY || FFStackIsDeep())
		return false;
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
		if (!IsTruthLike(&element))
			return false;
	return true;
}

bool
FFPosthogTruth(const FFValue *value)
{
	char		buffer[8];
	FFWalk		walk;
	FFValue		element;

	if (value->type == FF_BOOL)
		return value->boolean;
	if (value->type == FF_STRING)
		return value->length == 4 &&
			FFStringIs(FFPosthogLower(FFStringOf(value->data, value->length), buffer, (int) sizeof(buffer)), "true");
	if (value->type != FF_ARRAY || FFStackIsDeep())
		return false;
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
		if (!FFPosthogTruth(&element))
			return false;
	return true;
}

/* --- texts ------------------------------------------------------------------------------ */

static void
AddExact(FFPosthogFilter *filter, const FFValue *value)
{
	char		buffer[256];
	FFString	text = FFPosthogLower(FFPosthogJson(value), buffer, (int) sizeof(buffer));

	FFSetAdd(&filter->strings, FFStringCopy(text), 0);
}

static void
AddText(FFPosthogFilter *filter, const FFValue *value)
{
	char		buffer[256];
	FFString	text = FFPosthogLowerAscii(FFPosthogText(value, filter->service), buffer, (int) sizeof(buffer));

	filter->texts[filter->text_count++] = FFStringCopy(text);
}

/* Each element of an array, or the value itself. */
static void
AddEach(FFPosthogFilter *filter, const FFValue *value, void (*add) (FFPosthogFilter *filter, const FFValue *value))
{
	FFWalk		walk;
	FFValue		element;
	int			i = 0;

	if (value->type != FF_ARRAY)
	{
		add(filter, value);
		return;
	}
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		add(filter, &element);
		if (++i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

/*
 * Constants that are true or false are compared as such, unless the team
 * compares explicitly; an empty array is so in any case.
 */
static void
CompileExact(const FFValue *value, bool explicit, FFPosthogFilter *filter)
{
	bool		empty = value->type == FF_ARRAY && FFCount(value) == 0;

	filter->by_truth = empty || (!explicit && IsTruthLike(value));
	filter->truth = filter->by_truth && FFPosthogTruth(value);
	if (filter->by_truth)
		return;
	FFSetReserve(&filter->strings, value->type == FF_ARRAY ? FFCount(value) : 1);
	AddEach(filter, value, AddExact);
}

static void
CompileTexts(const FFValue *value, FFPosthogFilter *filter)
{
	bool		many = value->type == FF_ARRAY &&
		(filter->op == FF_POSTHOG_CONTAINS_ANY || filter->op == FF_POSTHOG_CONTAINS_NONE);

	filter->texts = FFAlloc((many ? (size_t) FFCount(value) : 1) * sizeof(FFString) + 1);
	if (many)
		AddEach(filter, value, AddText);
	else
		AddText(filter, value);
}

/* Whether a pattern has what backtracking engines alone have. */
static bool
Backtracks(FFString pattern)
{
	for (int i = 0; i + 1 < pattern.length; i++)
	{
		char		c = pattern.data[i + 1];

		if (pattern.data[i] == '\\' && ((c >= '1' && c <= '9') || c == 'k'))
			return true;
		if (pattern.data[i] == '(' && c == '?' && i + 2 < pattern.length &&
			strchr("=!<P", pattern.data[i + 2]) != NULL)
			return true;
	}
	return false;
}

/* The service's engine is Rust's, with look-around and references to groups. */
static bool
CompileRegex(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFPosthogFilter *filter)
{
	FFRegexSetup *setup = FFDialectRegexSetup(compiler);
	FFString	pattern = FFPosthogText(value, filter->service);
	char		message[200];
	char		other[200];

	filter->regex = FFRegexCompileAs(setup, pattern, FF_FLAVOUR_RUST, false, false, message, sizeof(message));
	if (filter->regex == NULL && Backtracks(pattern))
		filter->regex = FFRegexCompileAs(setup, pattern, FF_FLAVOUR_PYTHON, false, false, other, sizeof(other));
	if (filter->regex == NULL)
		FFNoteFault(compiler, path, "this regular expression never matches: %s", message);
	return true;
}

/* --- numbers, times and versions ------------------------------------------------------ */

static bool
CompileOrder(const FFValue *value, FFPosthogFilter *filter)
{
	bool		number = FFPosthogParseNumber(value, filter->service, &filter->number);

	if (!number)
		filter->number = NAN;
	filter->text = FFStringCopy(FFPosthogText(value, filter->service));
	return number || !filter->service;
}

/* [least, most] */
static bool
CompileBetween(const FFValue *value, FFPosthogFilter *filter)
{
	FFValue		first;
	FFValue		last;

	if (value->type != FF_ARRAY || FFCount(value) != 2)
		return false;
	first = FFElement(value, 0);
	last = FFElement(value, 1);
	return FFPosthogParseNumber(&first, true, &filter->number) && FFPosthogParseNumber(&last, true, &filter->last) &&
		filter->number <= filter->last;
}

/* Local evaluation takes a number for milliseconds since 1970. */
static bool
CompileTime(const FFValue *value, FFPosthogFilter *filter)
{
	FFString	text = FFStringOf(value->data, value->length);
	FFValue		number = *value;

	if (value->type == FF_NUMBER && !filter->service)
		return FFPosthogTimeOfNumber(&number, false, &filter->time);
	if (value->type != FF_STRING)
		return false;
	return FFPosthogParseRelative(text, &filter->relative) || FFPosthogParseTime(text, &filter->time);
}

static bool
CompileVersion(const FFValue *value, FFPosthogFilter *filter)
{
	FFString	text = FFPosthogText(value, filter->service);

	if (filter->op == FF_POSTHOG_SEMVER_WILDCARD && filter->service &&
		memchr(text.data, '*', (size_t) text.length) == NULL && memchr(text.data, 'x', (size_t) text.length) == NULL)
		filter->op = FF_POSTHOG_SEMVER_CARET;
	if (filter->op == FF_POSTHOG_SEMVER_WILDCARD)
		return FFPosthogParseWildcard(text, filter->service, filter->version.numbers, &filter->numbers);
	if (!FFPosthogParseVersion(text, filter->service, &filter->version))
		return false;
	if (filter->version.prerelease.data != NULL)
		filter->version.prerelease = FFStringCopy(filter->version.prerelease);
	return true;
}

/* --- all --------------------------------------------------------------------------------- */

void
FFPosthogConstants(FFCompiler *compiler, const FFPath *path, const FFValue *value,
				   const FFPosthogSetup *setup, FFPosthogFilter *filter)
{
	FFPosthogOperator op = filter->op;
	FFPath		inner = FFPathMember(path, FFStringOf("value", 5));
	bool		good = true;

	filter->service = setup->service;
	if (op == FF_POSTHOG_IS_SET || op == FF_POSTHOG_IS_NOT_SET)
		return;
	if (value->type == FF_ABSENT || (value->type == FF_NULL && setup->service))
		filter->valueless = true;
	else if (op <= FF_POSTHOG_IS_NOT)
		CompileExact(value, setup->explicit, filter);
	else if (op <= FF_POSTHOG_NOT_ENDS)
		CompileTexts(value, filter);
	else if (op <= FF_POSTHOG_NOT_REGEX)
		good = CompileRegex(compiler, &inner, value, filter);
	else if (op <= FF_POSTHOG_LTE)
		good = CompileOrder(value, filter);
	else if (op <= FF_POSTHOG_NOT_BETWEEN)
		good = CompileBetween(value, filter);
	else if (op <= FF_POSTHOG_AT)
		good = CompileTime(value, filter);
	else
		good = CompileVersion(value, filter);
	filter->never = !good;
	if (!good || filter->valueless)
		FFNoteFault(compiler, &inner, "nothing can be compared with this value by %s", FFPosthogOperatorNames[op]);
}
