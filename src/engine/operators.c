/*
 * operators.c
 *	  What each operator does with the value of an attribute.
 *
 * Several constants mean any of them.  A value of a type that the operator
 * cannot compare is no match, for ne and not_in too: FFComparable tells.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include <string.h>

#include "engine/program.h"

#define LINEAR_NUMBERS 8
#define ELEMENTS_BETWEEN_INTERRUPTS 1024

/* Whether a text is among the constants. */
static bool
HasString(const FFTest *test, FFString text)
{
	FFFolded	folded;
	bool		found;

	if (!test->ignore_case)
		return FFSetFind(&test->strings, text) >= 0;
	FFFoldStart(&folded, text);
	found = FFSetFind(&test->strings, folded.folded) >= 0;
	if (!found && !folded.ascii)
		for (int i = 0; i < test->count && !found; i++)
			found = FFFoldMatches(&test->as.folds[i], FF_PLACE_WHOLE, &folded);
	FFFoldEnd(&folded);
	return found;
}

/* Whether a number is among the constants, which are sorted. */
static bool
HasNumber(const FFTest *test, const FFValue *number)
{
	int			low = 0;
	int			high = test->number_count;

	if (high <= LINEAR_NUMBERS)
	{
		for (int i = 0; i < high; i++)
			if (FFNumberCompare(number, &test->numbers[i]) == 0)
				return true;
		return false;
	}
	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int			order = FFNumberCompare(number, &test->numbers[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Whether a scalar is among the constants; types are never mixed. */
static bool
HasScalar(const FFTest *test, const FFValue *value)
{
	switch (value->type)
	{
		case FF_STRING:
			return HasString(test, FFStringOf(value->data, value->length));
		case FF_NUMBER:
			return HasNumber(test, value);
		case FF_BOOL:
			return value->boolean ? test->wants_true : test->wants_false;
		default:
			return false;
	}
}

/* Whether the operator of a test can compare a value like this one. */
bool
FFComparable(const FFTest *test, const FFValue *value)
{
	switch (test->op)
	{
		case FF_OP_EXISTS:
			return true;
		case FF_OP_EQ:
		case FF_OP_NE:
		case FF_OP_IN:
		case FF_OP_NOT_IN:
			return value->type == FF_STRING ||
				(!test->ignore_case &&
				 (value->type == FF_NUMBER || value->type == FF_BOOL));
		case FF_OP_LT:
		case FF_OP_LE:
		case FF_OP_GT:
		case FF_OP_GE:
			return value->type == FF_NUMBER;
		case FF_OP_HAS:
			return value->type == FF_ARRAY;
		default:
			return value->type == FF_STRING;
	}
}

/* eq, ne, in, not_in */
static bool
MatchEquality(const FFTest *test, const FFValue *value)
{
	if (value->type == FF_STRING && !test->ignore_case)
		return (FFSetFind(&test->strings, FFStringOf(value->data, value->length)) >= 0) !=
			test->negated;
	return FFComparable(test, value) && HasScalar(test, value) != test->negated;
}

/* lt, le, gt, ge */
static bool
MatchOrder(const FFTest *test, const FFValue *value)
{
	if (value->type != FF_NUMBER)
		return false;
	for (int i = 0; i < test->count; i++)
	{
		int			order = FFNumberCompare(value, &test->values[i]);

		if (test->op == FF_OP_LT ? order < 0 :
			test->op == FF_OP_LE ? order <= 0 :
			test->op == FF_OP_GT ? order > 0 : order >= 0)
			return true;
	}
	return false;
}

/* Where in a text an operator looks for its constants. */
FFPlace
FFOperatorPlace(FFOperator op)
{
	switch (op)
	{
		case FF_OP_STARTS_WITH:
			return FF_PLACE_START;
		case FF_OP_ENDS_WITH:
			return FF_PLACE_END;
		case FF_OP_CONTAINS:
			return FF_PLACE_ANYWHERE;
		default:
			return FF_PLACE_WHOLE;
	}
}

/* starts_with, ends_with, contains with ignore_case */
static bool
MatchFoldedText(const FFTest *test, const FFValue *value)
{
	FFFolded	folded;
	bool		found = false;

	FFFoldStart(&folded, FFStringOf(value->data, value->length));
	for (int i = 0; i < test->count && !found; i++)
		found = FFFoldMatches(&test->as.folds[i], FFOperatorPlace(test->op),
							  &folded);
	FFFoldEnd(&folded);
	return found;
}

/* One constant of starts_with, ends_with, contains. */
static bool
TextMatches(FFOperator op, const FFValue *wanted, const FFValue *value)
{
	size_t		length = (size_t) wanted->length;

	if (wanted->length > value->length)
		return false;
	if (op == FF_OP_STARTS_WITH)
		return memcmp(value->data, wanted->data, length) == 0;
	if (op == FF_OP_ENDS_WITH)
		return memcmp(value->data + value->length - wanted->length,
					  wanted->data, length) == 0;
	return memmem(value->data, (size_t) value->length,
				  wanted->data, length) != NULL;
}

/* starts_with, ends_with, contains */
static bool
MatchText(const FFTest *test, const FFValue *value)
{
	if (value->type != FF_STRING)
		return false;
	if (test->ignore_case)
		return MatchFoldedText(test, value);
	for (int i = 0; i < test->count; i++)
		if (TextMatches(test->op, &test->values[i], value))
			return true;
	return false;
}

/* matches */
static bool
MatchRegex(const FFTest *test, const FFValue *value)
{
	FFString	text = FFStringOf(value->data, value->length);
	FFString	utf8;
	bool		valid;
	bool		found = false;

	if (value->type != FF_STRING)
		return false;
	utf8 = FFUtf8(text, &valid);
	for (int i = 0; i < test->count && !found; i++)
		found = FFRegexMatches(test->as.regexes[i], utf8, valid);
	if (utf8.data != text.data)
		FFFree((void *) utf8.data);
	return found;
}

/* before, after */
static bool
MatchTime(const FFTest *test, const FFValue *value)
{
	int64_t		time;

	if (value->type != FF_STRING ||
		!FFParseTime(FFStringOf(value->data, value->length), &time))
		return false;
	for (int i = 0; i < test->count; i++)
		if (test->op == FF_OP_BEFORE ? time < test->as.times[i] :
			time > test->as.times[i])
			return true;
	return false;
}

/* semver_eq, semver_lt, semver_le, semver_gt, semver_ge */
static bool
MatchSemver(const FFTest *test, const FFValue *value)
{
	FFSemver	version;

	if (value->type != FF_STRING ||
		!FFParseSemver(FFStringOf(value->data, value->length), &version))
		return false;
	for (int i = 0; i < test->count; i++)
	{
		int			order = FFSemverCompare(&version, &test->as.versions[i]);

		if (test->op == FF_OP_SEMVER_EQ ? order == 0 :
			test->op == FF_OP_SEMVER_LT ? order < 0 :
			test->op == FF_OP_SEMVER_LE ? order <= 0 :
			test->op == FF_OP_SEMVER_GT ? order > 0 : order >= 0)
			return true;
	}
	return false;
}

/* exists: a null is as good as missing */
static bool
MatchExists(const FFTest *test, const FFValue *value)
{
	bool		exists = value->type != FF_ABSENT && value->type != FF_NULL;

	return exists == test->wants_true;
}

/* has: any element of the list is one of the constants */
static bool
MatchHas(const FFTest *test, const FFValue *value)
{
	FFWalk		walk;
	FFValue		element;

	if (value->type != FF_ARRAY)
		return false;
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		if (HasScalar(test, &element))
			return true;
		if (walk.next % ELEMENTS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
	return false;
}

static const struct
{
	const char *name;
	FFMatcher	matcher;
	bool		takes_case;
}			operators[] = {
	[FF_OP_EQ] = {"eq", MatchEquality, true},
	[FF_OP_NE] = {"ne", MatchEquality, true},
	[FF_OP_IN] = {"in", MatchEquality, true},
	[FF_OP_NOT_IN] = {"not_in", MatchEquality, true},
	[FF_OP_LT] = {"lt", MatchOrder, false},
	[FF_OP_LE] = {"le", MatchOrder, false},
	[FF_OP_GT] = {"gt", MatchOrder, false},
	[FF_OP_GE] = {"ge", MatchOrder, false},
	[FF_OP_STARTS_WITH] = {"starts_with", MatchText, true},
	[FF_OP_ENDS_WITH] = {"ends_with", MatchText, true},
	[FF_OP_CONTAINS] = {"contains", MatchText, true},
	[FF_OP_MATCHES] = {"matches", MatchRegex, true},
	[FF_OP_BEFORE] = {"before", MatchTime, false},
	[FF_OP_AFTER] = {"after", MatchTime, false},
	[FF_OP_SEMVER_EQ] = {"semver_eq", MatchSemver, false},
	[FF_OP_SEMVER_LT] = {"semver_lt", MatchSemver, false},
	[FF_OP_SEMVER_LE] = {"semver_le", MatchSemver, false},
	[FF_OP_SEMVER_GT] = {"semver_gt", MatchSemver, false},
	[FF_OP_SEMVER_GE] = {"semver_ge", MatchSemver, false},
	[FF_OP_EXISTS] = {"exists", MatchExists, false},
	[FF_OP_HAS] = {"has", MatchHas, true},
};

/* Find an operator by its name. */
bool
FFFindOperator(FFString name, FFOperator *op)
{
	for (int i = 0; i < FF_LENGTH(operators); i++)
		if (FFStringIs(name, operators[i].name))
		{
			*op = (FFOperator) i;
			return true;
		}
	return false;
}

/* The name of an operator in documents. */
const char *
FFOperatorName(FFOperator op)
{
	return operators[op].name;
}

/* Whether an operator can ignore case. */
bool
FFTakesCase(FFOperator op)
{
	return operators[op].takes_case;
}

/* The function that carries an operator out. */
FFMatcher
FFOperatorMatcher(FFOperator op)
{
	return operators[op].matcher;
}
