/*
 * flagd_operators.c
 *	  Operators that flagd adds to JsonLogic: starts_with, ends_with, sem_ver.
 *
 * They answer null where their arguments are not what they should be, and
 * throw inside map and its like, where flagd does not find its own context.
 */
#include "dialects/flagd.h"

#define MAX_VERSION 256
#define MAX_SAFE_DIGITS "9007199254740991"

/* The arguments, which have to be so many; false where the result is settled. */
static bool
Begin(FFMachine *machine, const FFExpression *expression, int count,
	  FFArguments *arguments, FFItem *result)
{
	memset(result, 0, sizeof(*result));
	result->kind = FF_ITEM_NULL;
	if (!FFStackIsDeep() && FFMachineArguments(machine, expression, arguments) &&
		FFMachineHere(machine).kind == FF_ITEM_CONTEXT)
		return arguments->count == count;
	FFMachineThrow(machine, result);
	return false;
}

void
FFRunAffix(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFString	text;
	FFString	affix;

	if (!Begin(machine, expression, 2, &arguments, result) ||
		arguments.items[0].kind != FF_ITEM_STRING || arguments.items[1].kind != FF_ITEM_STRING)
		return;
	text = arguments.items[0].as.text;
	affix = arguments.items[1].as.text;
	if (expression->code == FF_ENDS_WITH && text.length > affix.length)
		text.data += text.length - affix.length;
	*result = FFItemBool(text.length >= affix.length &&
						 memcmp(text.data, affix.data, (size_t) affix.length) == 0);
}

/* --- versions --------------------------------------------------------------- */

static bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

/* One number, or two with a point: the rest is 0. */
static bool
IsPartial(FFString text)
{
	int			points = 0;

	for (int i = 0; i < text.length; i++)
	{
		if (text.data[i] == '.' && i > 0 && i + 1 < text.length)
			points++;
		else if (!IsDigit(text.data[i]))
			return false;
	}
	return text.length > 0 && points <= 1;
}

/* Numbers beyond what a double holds exactly are none. */
static bool
IsSafe(const FFSemver *version)
{
	FFString	limit = FFStringOf(MAX_SAFE_DIGITS, (int) sizeof(MAX_SAFE_DIGITS) - 1);

	for (int i = 0; i < 3; i++)
	{
		FFString	number = version->numbers[i];

		if (number.length > limit.length ||
			(number.length == limit.length &&
			 memcmp(number.data, limit.data, (size_t) limit.length) > 0))
			return false;
	}
	return true;
}

/* A version as flagd reads it; it borrows from the text. */
bool
FFFlagdVersion(FFString text, FFSemver *version)
{
	FFString	rest = text;

	if (rest.length > 0 && (rest.data[0] == 'v' || rest.data[0] == 'V'))
		rest = FFStringOf(rest.data + 1, rest.length - 1);
	if (IsPartial(rest))
		return FFParseSemverAs(rest, FF_SEMVER_LENIENT, version) && IsSafe(version);
	if (rest.length > MAX_VERSION)
		return false;
	rest = FFTrim(rest);
	if (rest.length > 0 && rest.data[0] == 'v')
		rest = FFStringOf(rest.data + 1, rest.length - 1);
	return FFParseSemverAs(rest, FF_SEMVER_STRICT, version) && IsSafe(version);
}

/* Whether a relation holds; false: there is no such relation. */
bool
FFVersionHolds(const FFSemver *a, FFString operator, const FFSemver *b, bool *holds)
{
	int			order = FFSemverCompare(a, b);
	bool		same_major = FFStringEquals(a->numbers[0], b->numbers[0]);

	if (FFStringIs(operator, "="))
		*holds = order == 0;
	else if (FFStringIs(operator, "!="))
		*holds = order != 0;
	else if (FFStringIs(operator, "<"))
		*holds = order < 0;
	else if (FFStringIs(operator, "<="))
		*holds = order <= 0;
	else if (FFStringIs(operator, ">"))
		*holds = order > 0;
	else if (FFStringIs(operator, ">="))
		*holds = order >= 0;
	else if (FFStringIs(operator, "^"))
		*holds = same_major;
	else if (FFStringIs(operator, "~"))
		*holds = same_major && FFStringEquals(a->numbers[1], b->numbers[1]);
	else
		return false;
	return true;
}

void
FFRunVersion(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFSemver	a;
	FFSemver	b;
	bool		holds;

	if (Begin(machine, expression, 3, &arguments, result) &&
		FFFlagdVersion(FFItemText(&arguments.items[0]), &a) &&
		FFFlagdVersion(FFItemText(&arguments.items[2]), &b) &&
		FFVersionHolds(&a, FFItemText(&arguments.items[1]), &b, &holds))
		*result = FFItemBool(holds);
}
