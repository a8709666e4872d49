/*
 * semver.c
 *	  Versions by Semantic Versioning 2.0.0.
 *
 * Native flags take exactly its grammar, with two allowances: one leading v
 * ("v1.2.3"), and a missing minor or patch number, which is 0 ("1.2",
 * "2-beta").  Numbers may be of any length; build metadata does not count.
 */
#include <string.h>

#include "engine/dialect_tools.h"

static bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and hyphens make up an identifier. */
static bool
IsIdentifierByte(char c)
{
	return IsDigit(c) || c == '-' || (c >= 'a' && c <= 'z') ||
		(c >= 'A' && c <= 'Z');
}

/* A number without leading zeros at the start of rest, which moves on. */
static bool
ReadNumber(FFString *rest, FFString *number)
{
	int			length = 0;

	while (length < rest->length && IsDigit(rest->data[length]))
		length++;
	if (length == 0 || (length > 1 && rest->data[0] == '0'))
		return false;
	*number = FFStringOf(rest->data, length);
	rest->data += length;
	rest->length -= length;
	return true;
}

/* The length of the dotted identifier at the start of text: up to a dot. */
static int
IdentifierLength(FFString text, bool *numeric)
{
	int			length = 0;

	*numeric = true;
	while (length < text.length && IsIdentifierByte(text.data[length]))
		if (!IsDigit(text.data[length++]))
			*numeric = false;
	return length;
}

/* Dotted identifiers up to stop or the end; rest moves behind them. */
static bool
ReadIdentifiers(FFString *rest, bool zeros, FFString *identifiers)
{
	const char *start = rest->data;

	for (;;)
	{
		bool		numeric;
		int			length = IdentifierLength(*rest, &numeric);

		if (length == 0)
			return false;
		if (numeric && !zeros && length > 1 && rest->data[0] == '0')
			return false;
		rest->data += length;
		rest->length -= length;
		if (rest->length == 0 || rest->data[0] != '.')
			break;
		rest->data++;
		rest->length--;
	}
	*identifiers = FFStringOf(start, (int) (rest->data - start));
	return true;
}

/* Step over one character where it is next. */
static bool
Skip(FFString *rest, char wanted)
{
	if (rest->length == 0 || rest->data[0] != wanted)
		return false;
	rest->data++;
	rest->length--;
	return true;
}

/* Read numbers, of which some have to be there; the rest is 0. */
static bool
ReadNumbers(FFString *rest, int least, FFSemver *version)
{
	for (int i = 0; i < 3; i++)
		version->numbers[i] = FFStringOf("0", 1);
	for (int i = 0; i < 3; i++)
	{
		if (i > 0 && !Skip(rest, '.'))
			return i >= least;
		if (!ReadNumber(rest, &version->numbers[i]))
			return false;
	}
	return true;
}

/*
 * Read a version as others write it; it borrows from the text.  Where one or
 * two numbers may be missing, a prerelease may follow all the same.
 */
bool
FFParseSemverAs(FFString text, FFSemverFlavour flavour, FFSemver *version)
{
	FFString	rest = text;
	FFString	build;

	version->prerelease = FFStringOf(NULL, 0);
	if (flavour == FF_SEMVER_V && !Skip(&rest, 'v'))
		(void) Skip(&rest, 'V');
	if (!ReadNumbers(&rest, flavour == FF_SEMVER_STRICT ? 3 : 1, version))
		return false;
	if (Skip(&rest, '-') && !ReadIdentifiers(&rest, false, &version->prerelease))
		return false;
	if (Skip(&rest, '+') && !ReadIdentifiers(&rest, true, &build))
		return false;
	return rest.length == 0;
}

/* Read a version as native flags have it. */
bool
FFParseSemver(FFString text, FFSemver *version)
{
	return FFParseSemverAs(text, FF_SEMVER_V, version);
}

/* Numbers have no leading zeros: the longer is the larger. */
static int
CompareNumbers(FFString a, FFString b)
{
	if (a.length != b.length)
		return a.length < b.length ? -1 : 1;
	return memcmp(a.data, b.data, (size_t) a.length);
}

/* Numeric identifiers come before others, which are compared as ASCII. */
static int
CompareIdentifiers(FFString a, bool a_numeric, FFString b, bool b_numeric)
{
	int			shorter = a.length < b.length ? a.length : b.length;
	int			order;

	if (a_numeric && b_numeric)
		return CompareNumbers(a, b);
	if (a_numeric != b_numeric)
		return a_numeric ? -1 : 1;
	order = memcmp(a.data, b.data, (size_t) shorter);
	return order != 0 ? order : a.length - b.length;
}

/* Take the first of some dotted identifiers off. */
static FFString
NextIdentifier(FFString *rest, bool *numeric)
{
	FFString	next = FFStringOf(rest->data, IdentifierLength(*rest, numeric));

	rest->data += next.length;
	rest->length -= next.length;
	(void) Skip(rest, '.');
	return next;
}

/* A release comes after its prereleases; more identifiers come after fewer. */
static int
ComparePrereleases(FFString a, FFString b)
{
	if (a.data == NULL || b.data == NULL)
		return (a.data == NULL) - (b.data == NULL);
	while (a.length > 0 && b.length > 0)
	{
		bool		a_numeric;
		bool		b_numeric;
		FFString	first = NextIdentifier(&a, &a_numeric);
		FFString	second = NextIdentifier(&b, &b_numeric);
		int			order = CompareIdentifiers(first, a_numeric,
											   second, b_numeric);

		if (order != 0)
			return order;
	}
	return (a.length > 0) - (b.length > 0);
}

/* Precedence by clause 11: negative, zero or positive. */
int
FFSemverCompare(const FFSemver *a, const FFSemver *b)
{
	for (int i = 0; i < 3; i++)
	{
		int			order = CompareNumbers(a->numbers[i], b->numbers[i]);

		if (order != 0)
			return order;
	}
	return ComparePrereleases(a->prerelease, b->prerelease);
}
