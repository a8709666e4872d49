/*
 * unleash_match.c
 *	  Constraints: one operator between a field and its constants.
 *
 * A field is compared by its text, as ECMAScript makes one of any value.  What
 * is missing or cannot be compared does not match; NOT_IN is that a text is not
 * among the constants, a missing one included.
 */
#include <math.h>

#include "dialects/unleash.h"

/* What the sum of two numbers near 1 is exact to. */
#define EPSILON 2.220446049250313e-16

const char *const FFUnleashOperatorNames[FF_UNLEASH_OPERATORS] = {
	[FF_UNLEASH_IN] = "IN", [FF_UNLEASH_NOT_IN] = "NOT_IN",
	[FF_UNLEASH_STARTS_WITH] = "STR_STARTS_WITH", [FF_UNLEASH_ENDS_WITH] = "STR_ENDS_WITH",
	[FF_UNLEASH_CONTAINS] = "STR_CONTAINS",
	[FF_UNLEASH_NUM_EQ] = "NUM_EQ", [FF_UNLEASH_NUM_GT] = "NUM_GT", [FF_UNLEASH_NUM_GTE] = "NUM_GTE",
	[FF_UNLEASH_NUM_LT] = "NUM_LT", [FF_UNLEASH_NUM_LTE] = "NUM_LTE",
	[FF_UNLEASH_DATE_AFTER] = "DATE_AFTER", [FF_UNLEASH_DATE_BEFORE] = "DATE_BEFORE",
	[FF_UNLEASH_SEMVER_EQ] = "SEMVER_EQ", [FF_UNLEASH_SEMVER_GT] = "SEMVER_GT",
	[FF_UNLEASH_SEMVER_GTE] = "SEMVER_GTE", [FF_UNLEASH_SEMVER_LT] = "SEMVER_LT",
	[FF_UNLEASH_SEMVER_LTE] = "SEMVER_LTE",
	[FF_UNLEASH_REGEX] = "REGEX", [FF_UNLEASH_CIDR] = "IN_CIDR"
};

/* --- fields --------------------------------------------------------------- */

void
FFUnleashFieldInit(FFCompiler *compiler, FFString name, FFUnleashField *field)
{
	field->name = FFStringCopy(name);
	field->user = FFStringIs(name, "userId");
	FFDialectAttribute(compiler, &field->name, 1, &field->top);
}

FFValue
FFUnleashRare(FFEvaluation *evaluation, const char *name)
{
	return FFContextAttribute(evaluation->context, FFStringOf(name, (int) strlen(name)));
}

FFValue
FFUnleashUser(FFEvaluation *evaluation)
{
	FFString	key = evaluation->context->user_key;
	FFValue		user = {.type = FF_STRING, .data = key.data, .length = key.length};

	return key.data != NULL ? user : FFUnleashRare(evaluation, "userId");
}

FFValue
FFUnleashTopValue(FFEvaluation *evaluation, const FFUnleashField *field)
{
	return field->user ? FFUnleashUser(evaluation) : *FFAttributeValue(evaluation, &field->top);
}

/* A property of the context. */
static __attribute__((noinline)) FFValue
Property(FFEvaluation *evaluation, FFString name)
{
	FFValue		value = FFUnleashRare(evaluation, "properties");

	if (value.type == FF_OBJECT)
		return FFMember(&value, name.data, name.length);
	value.type = FF_ABSENT;
	return value;
}

FFValue
FFUnleashFieldValue(FFEvaluation *evaluation, const FFUnleashField *field)
{
	FFValue		value = FFUnleashTopValue(evaluation, field);

	return value.type > FF_NULL ? value : Property(evaluation, field->name);
}

FFString
FFUnleashText(const FFValue *value)
{
	if (value->type == FF_STRING)
		return FFStringOf(value->data, value->length);
	if (value->type <= FF_NULL)
		return FFStringOf(NULL, 0);
	return FFValueTextJs(value);
}

/* --- texts ---------------------------------------------------------------- */

static bool
MatchIn(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	bool		found = text.data != NULL && FFSetFind(&constraint->strings, text) >= 0;

	(void) limit;
	return found == (constraint->op == FF_UNLEASH_IN);
}

/* Whether a part stands in the text where the operator looks for it. */
static bool
HasPart(FFUnleashOperator op, FFString text, const FFSetEntry *part)
{
	size_t		length = (size_t) part->length;

	if (text.length < part->length)
		return false;
	if (op == FF_UNLEASH_STARTS_WITH)
		return memcmp(text.data, part->data, length) == 0;
	if (op == FF_UNLEASH_ENDS_WITH)
		return memcmp(text.data + text.length - part->length, part->data, length) == 0;
	for (const char *at = text.data, *last = text.data + text.length - part->length; at <= last; at++)
	{
		if (length == 0)
			return true;
		at = memchr(at, part->data[0], (size_t) (last - at) + 1);
		if (at == NULL)
			return false;
		if (memcmp(at, part->data, length) == 0)
			return true;
	}
	return false;
}

FFString
FFUnleashLower(FFString text, char *buffer, int size)
{
	bool		valid;

	if (text.length > size)
		return FFLower(FFUtf8(text, &valid));
	for (int i = 0; i < text.length; i++)
	{
		char		c = text.data[i];

		if ((unsigned char) c >= 0x80)
			return FFLower(FFUtf8(text, &valid));
		buffer[i] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
	}
	return FFStringOf(buffer, text.length);
}

static bool
MatchPart(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	char		buffer[256];

	(void) limit;
	if (text.data == NULL)
		return false;
	if (constraint->ignore_case)
		text = FFUnleashLower(text, buffer, sizeof(buffer));
	for (int i = 0; i < constraint->strings.count; i++)
		if (HasPart(constraint->op, text, &constraint->strings.entries[i]))
			return true;
	return false;
}

static bool
MatchRegex(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	bool		valid;
	FFString	utf8;

	if (text.data == NULL || constraint->regex == NULL)
		return false;
	utf8 = FFUtf8(text, &valid);
	return FFRegexMatchesAs(constraint->regex, utf8, valid, limit);
}

/* --- numbers, times, versions, addresses ------------------------------------ */

bool
FFUnleashNumber(FFString text, bool node, double *number)
{
	return node ? FFParseNumberJs(text, number) : FFParseFloatC(text, number);
}

/* Whether an order, less than, equal to or greater than 0, is what is asked. */
static bool
IsOrder(FFUnleashOperator op, int order)
{
	switch (op)
	{
		case FF_UNLEASH_NUM_GT:
		case FF_UNLEASH_SEMVER_GT:
			return order > 0;
		case FF_UNLEASH_NUM_GTE:
		case FF_UNLEASH_SEMVER_GTE:
			return order >= 0;
		case FF_UNLEASH_NUM_LT:
		case FF_UNLEASH_SEMVER_LT:
			return order < 0;
		case FF_UNLEASH_NUM_LTE:
		case FF_UNLEASH_SEMVER_LTE:
			return order <= 0;
		default:
			return order == 0;
	}
}

static bool
MatchNumber(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	double		a;
	double		b = constraint->number;

	(void) limit;
	if (value->type <= FF_NULL)
		return false;
	if (value->type == FF_NUMBER ? !FFNumberDouble(value, &a) :
		!FFUnleashNumber(FFUnleashText(value), constraint->node, &a))
		return false;
	if (!constraint->node && constraint->op == FF_UNLEASH_NUM_EQ)
		return fabs(a - b) < EPSILON;
	return IsOrder(constraint->op, (a > b) - (a < b));
}

static bool
MatchTime(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	int64_t		time;

	(void) limit;
	if (text.data == NULL ||
		!(constraint->node ? FFParseTimeJs(text, &time) : FFParseTime(text, &time)))
		return false;
	return constraint->op == FF_UNLEASH_DATE_AFTER ? time > constraint->time : time < constraint->time;
}

/* Whether a number of a version is one that ECMAScript counts exactly. */
static bool
IsSafe(FFString digits)
{
	static const char most[] = "9007199254740991";

	return digits.length < 16 || (digits.length == 16 && memcmp(digits.data, most, 16) <= 0);
}

bool
FFUnleashVersion(FFString text, bool node, bool constant, FFSemver *version)
{
	FFString	trimmed = node ? FFUnleashTrim(text) : text;

	if (node && trimmed.length > 0 && trimmed.data[0] == 'v' && (constant || trimmed.data != text.data))
		trimmed = FFStringOf(trimmed.data + 1, trimmed.length - 1);
	if (!FFParseSemverAs(trimmed, FF_SEMVER_STRICT, version))
		return false;
	return !node || (text.length <= 256 && IsSafe(version->numbers[0]) &&
					 IsSafe(version->numbers[1]) && IsSafe(version->numbers[2]));
}

static bool
MatchVersion(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	FFSemver	version;

	(void) limit;
	return text.data != NULL && FFUnleashVersion(text, constraint->node, false, &version) &&
		IsOrder(constraint->op, FFSemverCompare(&version, &constraint->version));
}

/* Of other SDKs than Node an address is an address, not a network. */
static bool
MatchNetwork(const FFUnleashConstraint *constraint, const FFValue *value, bool *limit)
{
	FFString	text = FFUnleashText(value);
	FFNetwork	address;

	(void) limit;
	if (text.data == NULL || (!FFParseNetwork4(text, &address) && !FFParseNetwork6(text, &address)))
		return false;
	if (!constraint->node && (memchr(text.data, '/', (size_t) text.length) != NULL ||
							  memchr(text.data, '%', (size_t) text.length) != NULL))
		return false;
	for (int i = 0; i < constraint->networks.count; i++)
	{
		const FFNetwork *network = &constraint->networks.items[i];

		if (FFNetworkContains(network, &address) || FFNetworkEquals(network, &address))
			return true;
	}
	return false;
}

FFUnleashMatcher
FFUnleashMatcherOf(FFUnleashOperator op)
{
	if (op <= FF_UNLEASH_NOT_IN)
		return MatchIn;
	if (op <= FF_UNLEASH_CONTAINS)
		return MatchPart;
	if (op <= FF_UNLEASH_NUM_LTE)
		return MatchNumber;
	if (op <= FF_UNLEASH_DATE_BEFORE)
		return MatchTime;
	if (op <= FF_UNLEASH_SEMVER_LTE)
		return MatchVersion;
	return op == FF_UNLEASH_REGEX ? MatchRegex : MatchNetwork;
}

/* --- constraints ------------------------------------------------------------ */

/* The clock, unless the context says what time it is. */
static bool
MatchClock(FFEvaluation *evaluation, const FFUnleashConstraint *constraint, const FFValue *value)
{
	bool		limit;
	int64_t		now = evaluation->context->now;
	double		milliseconds;

	if (value->type == FF_STRING && (value->length > 0 || !constraint->node))
		return MatchTime(constraint, value, &limit);
	if (value->type == FF_NUMBER && FFNumberDouble(value, &milliseconds) && milliseconds != 0)
		now = fabs(milliseconds) <= 8.64e15 ?
			(int64_t) milliseconds * 1000 - INT64_C(946684800000000) : constraint->time;
	else if (value->type > FF_NULL && value->type != FF_STRING && value->type != FF_NUMBER &&
			 (value->type != FF_BOOL || value->boolean))
		return false;
	return constraint->op == FF_UNLEASH_DATE_AFTER ? now > constraint->time : now < constraint->time;
}

/* Tell an explanation what the context has, unless it may not be shown. */
static void
ExplainField(FFEvaluation *evaluation, const FFUnleashConstraint *constraint, const FFValue *value)
{
	const FFUnleashField *field = &constraint->field;
	FFText		text = {0};

	if (!FFContextShows(evaluation->context, field->name) ||
		!FFContextShows(evaluation->context, FFStringOf("properties", 10)))
		FFTextFormat(&text, "of a source that you may not read");
	else if (value->type <= FF_NULL)
		FFTextFormat(&text, "missing");
	else
		FFTextValue(&text, value);
	FFExplain(evaluation, "context", "value", "%.*s: %s", FF_QUOTED(field->name), text.data);
}

bool
FFUnleashConstraintMatches(FFEvaluation *evaluation, const void *state)
{
	const FFUnleashConstraint *constraint = state;
	FFValue		value = constraint->clock ? FFUnleashTopValue(evaluation, &constraint->field) :
		FFUnleashFieldValue(evaluation, &constraint->field);
	bool		limit = false;
	bool		matches;

	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		ExplainField(evaluation, constraint, &value);
	if (constraint->incomparable)
		return false;
	if (constraint->clock)
		return MatchClock(evaluation, constraint, &value);
	matches = constraint->matches(constraint, &value, &limit);
	if (FF_UNLIKELY(limit))
		evaluation->context->notes |= FF_UNLEASH_LIMIT;
	return matches;
}
