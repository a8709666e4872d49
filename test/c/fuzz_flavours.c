/*
 * fuzz_flavours.c
 *	  Patterns of other engines, whole and damaged, and numbers as they write
 *	  and read them.
 */
#include <math.h>
#include <stdio.h>

#include "engine/dialect_tools.h"
#include "fuzz.h"
#include "standin.h"

static const char *const pieces[] = {
	"a", "b", "K", "s", "\xC3\xA9", "\xF0\x9F\x98\x80", ".", "^", "$", "|", "(", "(?:", "(?=", "(?<!",
	"(?P<n>", "(?<n>", "(?i)", "(?s-i:", "(?x)", "(?U)", "(?-u:", "(?(1)", "(?>", "(?P=n)", "(?#", ")", ")",
	")", ")", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{", "}", "[", "[^", "]", "]", "]", "-", "a-z", "&&",
	"--", "~~", "[:alpha:]", "[:^word:]", "\\", "\\d", "\\W", "\\s", "\\b", "\\B", "\\1", "\\k<n>", "\\x41",
	"\\x{212A}", "\\u00e9", "\\uD83D", "\\pL", "\\p{Greek}", "\\P{Lu}", "\\Q", "\\E", "\\A", "\\Z", "\\z", "\\0",
	"\\101", "\\c", " ", "#", "\n"
};

static FFString
MakePattern(void)
{
	FFText		text = {0};

	Add(&text, "");
	for (int i = OneIn(30) ? Below(300) : Below(8); i > 0; i--)
		Add(&text, PICK(pieces));
	if (OneIn(8))
		Damage(&text);
	return FFStringOf(text.data, text.length);
}

/* Whether it matches; -1: refused, -2: a limit was met. */
static int
Run(FFString pattern, FFRegexFlavour flavour, bool ignore_case, FFString text)
{
	char		message[100] = "";
	bool		valid;
	bool		limit;
	bool		found;
	FFString	utf8 = FFUtf8(text, &valid);
	FFRegex    *regex = FFRegexCompileAs(FFRegexSetupCreate(), pattern, flavour,
										 ignore_case, false, message, sizeof(message));

	Check((regex == NULL) == (message[0] != '\0'), "refused without a word, or not refused");
	if (regex == NULL)
		return -1;
	found = FFRegexMatchesAs(regex, utf8, valid, &limit);
	Check(!found || !limit, "found beyond a limit");
	return limit ? -2 : found;
}

/* A group around a pattern, where it is allowed, changes nothing. */
static void
FuzzPattern(void)
{
	FFRegexFlavour flavour = (FFRegexFlavour) Below(4);
	bool		ignore_case = OneIn(2);
	FFString	pattern = MakePattern();
	FFText		text = {0};
	FFText		grouped = {0};
	int			found;
	int			again;

	Add(&text, "");
	for (int i = Below(4); i > 0; i--)
		Add(&text, OneIn(2) ? PICK(pieces) : PICK(strings));
	Add(&grouped, "(?:");
	FFTextAdd(&grouped, pattern.data, pattern.length);
	Add(&grouped, ")");
	found = Run(pattern, flavour, ignore_case, FFStringOf(text.data, text.length));
	again = Run(FFStringOf(grouped.data, grouped.length), flavour, ignore_case,
				FFStringOf(text.data, text.length));
	Check(found < 0 || again < 0 || found == again, "a group changes a match");
}

/* What is written is read as the same number, by either. */
static void
FuzzNumber(void)
{
	uint64_t	bits = Random();
	double		d;
	double		js;
	double		python;

	memcpy(&d, &bits, sizeof(d));
	if (OneIn(3))
		d = ldexp(1, Below(2000) - 1000);
	if (isnan(d))
		return;
	Check(FFParseNumberJs(FFNumberTextJs(d), &js) && js == d, "another number in ECMAScript");
	Check(FFParseFloatPython(FFNumberTextPython(d), &python) && python == d,
		  "another number in Python");
	Check(isinf(d) || (FFParseFloatC(FFNumberTextPython(d), &js) && js == d), "another number");
}

/* Texts of any kind as numbers and versions: what is one to the strict is one to all. */
static void
FuzzReaders(void)
{
	FFText		text = {0};
	FFString	string;
	FFSemver	version;
	double		plain;
	double		js;
	double		python;
	int64_t		integer;

	for (int i = 1 + Below(3); i > 0; i--)
		Add(&text, PICK(strings));
	if (OneIn(2))
		Damage(&text);
	string = FFStringOf(text.data, text.length);
	if (FFParseFloatC(string, &plain))
		Check(FFParseNumberJs(string, &js) && js == plain &&
			  FFParseFloatPython(string, &python) && python == plain, "no number to others");
	if (FFParseIntPython(string, &integer))
		Check(FFParseFloatPython(string, &python), "an integer that is no number");
	if (FFParseSemverAs(string, FF_SEMVER_STRICT, &version))
		Check(FFParseSemverAs(string, FF_SEMVER_LENIENT, &version), "strict but not lenient");
	if (FFParseSemverAs(string, FF_SEMVER_LENIENT, &version))
		Check(FFParseSemverAs(string, FF_SEMVER_V, &version), "a version, but not with v");
	(void) FFParseFloatJs(string, &js);
	(void) FFLower(FFUpper(string));
}

void
FuzzFlavours(void)
{
	if (OneIn(4))
		FuzzNumber();
	else if (OneIn(4))
		FuzzReaders();
	else
		FuzzPattern();
}
