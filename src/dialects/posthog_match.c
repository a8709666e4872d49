/*
 * posthog_match.c
 *	  Filters: one operator between a property and its constants.
 *
 * A property that is missing is no match, and one for an operator that says
 * not.  What cannot be compared is no match for either.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include <math.h>
#include <string.h>

#include "dialects/posthog.h"

const char *const FFPosthogOperatorNames[FF_POSTHOG_OPERATORS] = {
	[FF_POSTHOG_EXACT] = "exact", [FF_POSTHOG_IS_NOT] = "is_not",
	[FF_POSTHOG_CONTAINS] = "icontains", [FF_POSTHOG_NOT_CONTAINS] = "not_icontains",
	[FF_POSTHOG_CONTAINS_ANY] = "icontains_multi", [FF_POSTHOG_CONTAINS_NONE] = "not_icontains_multi",
	[FF_POSTHOG_STARTS] = "starts_with", [FF_POSTHOG_NOT_STARTS] = "not_starts_with",
	[FF_POSTHOG_ENDS] = "ends_with", [FF_POSTHOG_NOT_ENDS] = "not_ends_with",
	[FF_POSTHOG_REGEX] = "regex", [FF_POSTHOG_NOT_REGEX] = "not_regex",
	[FF_POSTHOG_IS_SET] = "is_set", [FF_POSTHOG_IS_NOT_SET] = "is_not_set",
	[FF_POSTHOG_GT] = "gt", [FF_POSTHOG_GTE] = "gte", [FF_POSTHOG_LT] = "lt", [FF_POSTHOG_LTE] = "lte",
	[FF_POSTHOG_BETWEEN] = "between", [FF_POSTHOG_NOT_BETWEEN] = "not_between",
	[FF_POSTHOG_BEFORE] = "is_date_before", [FF_POSTHOG_AFTER] = "is_date_after", [FF_POSTHOG_AT] = "is_date_exact",
	[FF_POSTHOG_SEMVER_EQ] = "semver_eq", [FF_POSTHOG_SEMVER_NEQ] = "semver_neq",
	[FF_POSTHOG_SEMVER_GT] = "semver_gt", [FF_POSTHOG_SEMVER_GTE] = "semver_gte",
	[FF_POSTHOG_SEMVER_LT] = "semver_lt", [FF_POSTHOG_SEMVER_LTE] = "semver_lte",
	[FF_POSTHOG_SEMVER_TILDE] = "semver_tilde", [FF_POSTHOG_SEMVER_CARET] = "semver_caret",
	[FF_POSTHOG_SEMVER_WILDCARD] = "semver_wildcard"
};

/* Whether an operator holds where the property is missing. */
static bool
HoldsForNothing(FFPosthogOperator op)
{
	switch (op)
	{
		case FF_POSTHOG_IS_NOT:
		case FF_POSTHOG_NOT_CONTAINS:
		case FF_POSTHOG_CONTAINS_NONE:
		case FF_POSTHOG_NOT_STARTS:
		case FF_POSTHOG_NOT_ENDS:
		case FF_POSTHOG_NOT_REGEX:
		case FF_POSTHOG_IS_NOT_SET:
		case FF_POSTHOG_NOT_BETWEEN:
			return true;
		default:
			return false;
	}
}

/* --- texts ------------------------------------------------------------------------ */

static bool
MatchExact(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	char		buffer[256];
	bool		equal;

	(void) now;
	(void) limit;
	if (filter->by_truth)
		equal = FFPosthogTruth(value) == filter->truth;
	else
		equal = FFSetFind(&filter->strings, FFPosthogLower(FFPosthogJson(value), buffer, (int) sizeof(buffer))) >= 0;
	return equal == (filter->op == FF_POSTHOG_EXACT);
}

static bool
HasPart(FFPosthogOperator op, FFString text, FFString part)
{
	if (part.length > text.length)
		return false;
	if (part.length == 0)
		return true;
	switch (op)
	{
		case FF_POSTHOG_STARTS:
		case FF_POSTHOG_NOT_STARTS:
			return memcmp(text.data, part.data, (size_t) part.length) == 0;
		case FF_POSTHOG_ENDS:
		case FF_POSTHOG_NOT_ENDS:
			return memcmp(text.data + text.length - part.length, part.data, (size_t) part.length) == 0;
		default:
			return memmem(text.data, (size_t) text.length, part.data, (size_t) part.length) != NULL;
	}
}

static bool
MatchPart(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	char		buffer[256];
	FFString	text = FFPosthogLowerAscii(FFPosthogText(value, filter->service), buffer, (int) sizeof(buffer));
	bool		found = false;

	(void) now;
	(void) limit;
	for (int i = 0; i < filter->text_count && !found; i++)
		found = HasPart(filter->op, text, filter->texts[i]);
	return found != HoldsForNothing(filter->op);
}

static bool
MatchRegex(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	bool		valid;
	FFString	text;
	bool		found;

	(void) now;
	if (filter->regex == NULL)
		return false;
	text = FFUtf8(FFPosthogText(value, filter->service), &valid);
	found = FFRegexMatchesAs(filter->regex, text, valid, limit);
	return !*limit && found == (filter->op == FF_POSTHOG_REGEX);
}

/* --- order -------------------------------------------------------------------------- */

static bool
IsOrder(FFPosthogOperator op, double a, double b)
{
	switch (op)
	{
		case FF_POSTHOG_GT:
			return a > b;
		case FF_POSTHOG_GTE:
			return a >= b;
		case FF_POSTHOG_LT:
			return a < b;
		default:
			return a <= b;
	}
}

/* Local evaluation compares as texts where one of both is no number. */
static bool
MatchOrder(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	double		d;
	bool		number = FFPosthogParseNumber(value, filter->service, &d);
	bool		valid;

	(void) now;
	(void) limit;
	if (filter->service || (number && !isnan(filter->number)))
		return number && IsOrder(filter->op, d, filter->number);
	return IsOrder(filter->op, FFCompareJs(FFUtf8(FFValueTextJs(value), &valid), FFUtf8(filter->text, &valid)), 0);
}

static bool
MatchBetween(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	double		d;

	(void) now;
	(void) limit;
	if (!FFPosthogParseNumber(value, true, &d) || isnan(d))
		return false;
	return (d >= filter->number && d <= filter->last) == (filter->op == FF_POSTHOG_BETWEEN);
}

/* --- times ---------------------------------------------------------------------------- */

static bool
ReadTime(const FFValue *value, bool service, int64_t now, int64_t *time)
{
	FFString	text = FFStringOf(value->data, value->length);
	FFPosthogRelative relative;
	double		seconds;

	if (value->type == FF_NUMBER)
		return FFPosthogTimeOfNumber(value, service, time);
	if (value->type != FF_STRING)
		return false;
	if (service && FFPosthogParseNumber(value, true, &seconds))
	{
		if (!(seconds > -9e12 && seconds < 9e12))
			return false;
		*time = (int64_t) (seconds * 1e6) - INT64_C(946684800000000);
		return true;
	}
	if (service && FFPosthogParseRelative(text, &relative))
	{
		*time = FFPosthogBefore(&relative, now);
		return true;
	}
	return FFPosthogParseTime(text, time);
}

static bool
MatchTime(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	int64_t		constant = filter->relative.unit != 0 ? FFPosthogBefore(&filter->relative, now) : filter->time;
	int64_t		time;

	(void) limit;
	if (!ReadTime(value, filter->service, now, &time))
		return false;
	if (filter->op == FF_POSTHOG_AT)
		return time == constant;
	return filter->op == FF_POSTHOG_BEFORE ? time < constant : time > constant;
}

/* --- versions --------------------------------------------------------------------------- */

/* Whether a version comes before what follows the first numbers of another one. */
static bool
IsBelow(const FFPosthogVersion *version, const FFPosthogVersion *other, int count)
{
	for (int i = 0; i < count; i++)
	{
		double		end = i == count - 1 ? other->numbers[i] + 1 : other->numbers[i];

		if (version->numbers[i] != end)
			return version->numbers[i] < end;
	}
	return count == 0;
}

/*
 * A range from a version on, within the same first numbers.  To the service a
 * prerelease is in a range only if that begins with one of the same version.
 */
static bool
InRange(const FFPosthogFilter *filter, const FFPosthogVersion *version, int same)
{
	const FFPosthogVersion *from = &filter->version;

	if (version->prerelease.data != NULL &&
		(from->prerelease.data == NULL || memcmp(version->numbers, from->numbers, sizeof(from->numbers)) != 0))
		return false;
	return IsBelow(version, from, same) && FFPosthogCompareVersions(version, from) >= 0;
}

/* How many numbers a caret keeps: up to the first one that is not 0. */
static int
KeptByCaret(const FFPosthogVersion *version)
{
	return version->numbers[0] > 0 ? 1 : version->numbers[1] > 0 ? 2 : 3;
}

static bool
MatchVersion(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	FFPosthogVersion version;
	int			order;

	(void) now;
	(void) limit;
	if (!FFPosthogParseVersion(FFPosthogText(value, filter->service), filter->service, &version))
		return false;
	if (filter->op == FF_POSTHOG_SEMVER_TILDE)
		return InRange(filter, &version, 2);
	if (filter->op == FF_POSTHOG_SEMVER_CARET)
		return InRange(filter, &version, KeptByCaret(&filter->version));
	if (filter->op == FF_POSTHOG_SEMVER_WILDCARD)
		return InRange(filter, &version, filter->numbers);
	order = FFPosthogCompareVersions(&version, &filter->version);
	if (filter->op == FF_POSTHOG_SEMVER_EQ || filter->op == FF_POSTHOG_SEMVER_NEQ)
		return (order == 0) == (filter->op == FF_POSTHOG_SEMVER_EQ);
	return IsOrder(filter->op - FF_POSTHOG_SEMVER_GT + FF_POSTHOG_GT, order, 0);
}

/* --- all --------------------------------------------------------------------------------- */

FFPosthogMatcher
FFPosthogMatcherOf(FFPosthogOperator op)
{
	if (op <= FF_POSTHOG_IS_NOT)
		return MatchExact;
	if (op <= FF_POSTHOG_NOT_ENDS)
		return MatchPart;
	if (op <= FF_POSTHOG_NOT_REGEX)
		return MatchRegex;
	if (op <= FF_POSTHOG_IS_NOT_SET)
		return NULL;
	if (op <= FF_POSTHOG_LTE)
		return MatchOrder;
	if (op <= FF_POSTHOG_NOT_BETWEEN)
		return MatchBetween;
	return op <= FF_POSTHOG_AT ? MatchTime : MatchVersion;
}

bool
FFPosthogMatches(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit)
{
	*limit = false;
	if (filter->matches == NULL)
		return (value->type != FF_ABSENT) == (filter->op == FF_POSTHOG_IS_SET);
	if (value->type == FF_ABSENT)
		return HoldsForNothing(filter->op) && !filter->valueless;
	if (filter->never || filter->valueless || (value->type == FF_NULL && filter->op > FF_POSTHOG_IS_NOT_SET))
		return false;
	return filter->matches(filter, value, now, limit);
}
