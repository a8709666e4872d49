/*
 * regex_translate.c
 *	  Walks through a pattern of another engine and says it anew for PCRE2.
 */
#include <stdio.h>

#include "engine/regex_translate.h"

#define MAX_WIDTH INT64_C(1000000000)
#define MAX_COUNT 65535			/* PCRE2's; no text that is searched is longer */
#define RE2_MAX_COUNT 1000
#define MAX_WRITTEN 262144		/* bytes */

/* Refuse a pattern, and say where. */
bool
FFRefusePattern(FFTranslation *translation, const char *format,...)
{
	va_list		arguments;
	char		text[120];

	if (translation->message == NULL)
		return false;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(translation->message, translation->size, "%s at byte %d", text,
			 translation->at);
	return false;
}

static void
Add(FFTranslation *translation, const char *text)
{
	FFTextAdd(&translation->out, text, (int) strlen(text));
}

/* Step over whitespace and comments where these are free. */
void
FFSkipFree(FFTranslation *translation)
{
	int			bytes;
	bool		python = FFFlavourIs(translation, FF_FLAVOUR_PYTHON);

	if ((translation->flags & FF_FLAG_X) == 0)
		return;
	while (!FFAtEnd(translation))
	{
		int			point = FFPointAt(translation->pattern, translation->at, &bytes);

		if (point == '#')
			while (!FFAtEnd(translation) && FFPeek(translation, 0) != '\n')
				translation->at++;
		else if (python ? point < 0x80 && point >= 9 && point <= ' ' && FFIsSpaceJs(point) :
				 FFIsSpacePython(point) && (point <= 13 || point >= ' '))
			translation->at += bytes;
		else
			break;
	}
}

/* --- atoms --------------------------------------------------------------------------- */

static int64_t
Clamp(int64_t width)
{
	return width < MAX_WIDTH ? width : MAX_WIDTH;
}

static FFWidth
Sum(FFWidth a, FFWidth b)
{
	FFWidth		sum = {Clamp(a.least + b.least), Clamp(a.most + b.most),
	a.repeats > b.repeats ? a.repeats : b.repeats};

	return sum;
}

/* What has been written from start on is the atom that a quantifier would take. */
void
FFSetAtom(FFTranslation *translation, FFAtom kind, int start, FFWidth width)
{
	FFWidth    *branch = &translation->groups[translation->depth].branch;

	translation->atom = kind;
	translation->atom_start = start;
	translation->atom_width = width;
	translation->before_atom = *branch;
	*branch = Sum(*branch, width);
}

/* What is written from here on is an atom. */
void
FFStartAtom(FFTranslation *translation, FFAtom kind, int width)
{
	FFWidth		fixed = {width, width, 1};

	FFSetAtom(translation, kind, translation->out.length, fixed);
}

/* Write one character as an atom, in all of its cases where these count. */
void
FFWritePoint(FFTranslation *translation, int point)
{
	FFClass		class = {0};
	bool		js = FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT);

	if (js && point > 0xFFFF)
	{
		FFWritePoint(translation, FFHighUnit(point));
		point = FFLowUnit(point);
	}
	FFStartAtom(translation, FF_ATOM_PLAIN, 1);
	FFPointsAdd(&class.points, point, point);
	if ((translation->flags & FF_FLAG_I) != 0)
		FFPointsFold(&class.points, FFCasingOf(translation));
	if (class.points.count > 1 || class.points.ranges[0][1] > point ||
		class.points.ranges[0][0] < point || (!js && point >= 0xD800 && point < 0xE000))
		FFWriteClass(translation, &class, false, &translation->out);
	else if (point >= 0xD800 && point < 0xE000)
		FFTextPoint(&translation->out, FF_UNIT_PLANE + point);
	else if (point >= 0x80 || FFIsDigit((char) point) ||
			 ((point | 0x20) >= 'a' && (point | 0x20) <= 'z'))
		FFTextPoint(&translation->out, point);
	else
		FFTextFormat(&translation->out, "\\x{%X}", (unsigned) point);
	FFClassFree(&class);
}

/* Put an atom that PCRE2 would not repeat into a group. */
static void
Wrap(FFTranslation *translation)
{
	static const char opening[] = "(?:";
	FFText	   *out = &translation->out;
	int			length = (int) sizeof(opening) - 1;

	FFTextAdd(out, opening, length);
	memmove(out->data + translation->atom_start + length,
			out->data + translation->atom_start,
			(size_t) (out->length - length - translation->atom_start));
	memcpy(out->data + translation->atom_start, opening, (size_t) length);
	FFTextAdd(out, ")", 1);
}

/* --- quantifiers ------------------------------------------------------------------------ */

/* Whether what was written last can be repeated; it is made ready for that. */
static bool
MayRepeat(FFTranslation *translation)
{
	bool		python = FFFlavourIs(translation, FF_FLAVOUR_PYTHON);
	bool		js = FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT);

	switch (translation->atom)
	{
		case FF_ATOM_NONE:
			return FFRefusePattern(translation, "nothing to repeat");
		case FF_ATOM_PLAIN:
			return true;
		case FF_ATOM_REPEATED:
			if (!FFFlavourIs(translation, FF_FLAVOUR_RUST))
				return FFRefusePattern(translation, "repeated twice");
			break;
		case FF_ATOM_ANCHOR:
			if (python || js)
				return FFRefusePattern(translation, "nothing to repeat");
			break;
		case FF_ATOM_LOOKBEHIND:
			if (js)
				return FFRefusePattern(translation, "nothing to repeat");
			break;
		case FF_ATOM_LOOKAHEAD:
			break;
	}
	Wrap(translation);
	return true;
}

/*
 * Write a quantifier behind the atom; most < 0: without end.  What follows it
 * may make it lazy, and in Python possessive.
 */
static bool
Repeat(FFTranslation *translation, int least, int most, bool counted)
{
	FFWidth    *branch = &translation->groups[translation->depth].branch;
	FFWidth		width = translation->atom_width;
	bool		lazy;

	if (translation->atom == FF_ATOM_LOOKAHEAD || translation->atom == FF_ATOM_LOOKBEHIND)
	{
		/* once more changes nothing, and PCRE2 wants to know the width */
		least = least > 1 ? 1 : least;
		most = most < 0 || most > 1 ? 1 : most;
	}
	if (!MayRepeat(translation))
		return false;
	width.repeats *= !counted ? 1 : most > 0 ? most : least > 0 ? least : 1;
	if (FFFlavourIs(translation, FF_FLAVOUR_RE2) && width.repeats > RE2_MAX_COUNT)
		return FFRefusePattern(translation, "more than %d repetitions", RE2_MAX_COUNT);
	width.repeats = Clamp(width.repeats);
	width.least = Clamp(width.least * least);
	width.most = most < 0 ? (width.most > 0 ? MAX_WIDTH : 0) : Clamp(width.most * most);
	FFTextFormat(&translation->out, "{%d,", least < MAX_COUNT ? least : MAX_COUNT);
	if (most >= 0 && most <= MAX_COUNT)
		FFTextFormat(&translation->out, "%d", most);
	Add(translation, "}");
	lazy = FFSkipText(translation, "?");
	if (lazy != ((translation->flags & FF_FLAG_U) != 0))
		Add(translation, "?");
	else if (!lazy && FFFlavourIs(translation, FF_FLAVOUR_PYTHON) &&
			 FFSkipText(translation, "+"))
		Add(translation, "+");
	translation->atom = FF_ATOM_REPEATED;
	*branch = Sum(translation->before_atom, width);
	translation->atom_width = width;
	return true;
}

/* A number at so many bytes ahead, which move on; -1: there is none. */
static int
ReadCount(FFTranslation *translation, int *ahead)
{
	int			number = -1;

	while (FFIsDigit(FFPeek(translation, *ahead)))
	{
		number = (number < 0 ? 0 : number) * 10 + (FFPeek(translation, (*ahead)++) - '0');
		if (number > 100000000)
			number = 100000000;
	}
	return number;
}

/* Whitespace in braces is free in Rust. */
static void
SkipSpaces(FFTranslation *translation, int *ahead)
{
	while (FFFlavourIs(translation, FF_FLAVOUR_RUST) && FFPeek(translation, *ahead) == ' ')
		(*ahead)++;
}

/*
 * Read {n}, {n,} or {n,m}, and {,m} in Python; at is on the brace, and moves
 * behind the other one only where it is such a thing.
 */
static bool
ReadBraces(FFTranslation *translation, int *least, int *most)
{
	int			ahead = 1;
	bool		comma;

	SkipSpaces(translation, &ahead);
	*least = ReadCount(translation, &ahead);
	SkipSpaces(translation, &ahead);
	*most = *least;
	comma = FFPeek(translation, ahead) == ',';
	if (*least < 0 && !(comma && FFFlavourIs(translation, FF_FLAVOUR_PYTHON)))
		return false;
	if (*least < 0)
		*least = 0;
	if (comma)
	{
		ahead++;
		SkipSpaces(translation, &ahead);
		*most = ReadCount(translation, &ahead);
		SkipSpaces(translation, &ahead);
	}
	if (FFPeek(translation, ahead) != '}')
		return false;
	translation->at += ahead + 1;
	return true;
}

/* A brace that is no quantifier is itself, but an error in Rust. */
static bool
TranslateBrace(FFTranslation *translation)
{
	int			least;
	int			most;

	if (!ReadBraces(translation, &least, &most))
	{
		if (FFFlavourIs(translation, FF_FLAVOUR_RUST))
			return FFRefusePattern(translation, "bad number of repetitions");
		FFWritePoint(translation, FFTakePoint(translation));
		return true;
	}
	if (most >= 0 && least > most)
		return FFRefusePattern(translation, "numbers of repetitions out of order");
	if (FFFlavourIs(translation, FF_FLAVOUR_RE2) &&
		(least > RE2_MAX_COUNT || most > RE2_MAX_COUNT))
		return FFRefusePattern(translation, "more than %d repetitions", RE2_MAX_COUNT);
	return Repeat(translation, least, most, true);
}

/* Translate a quantifier, or a brace, which is next. */
bool
FFTranslateRepeat(FFTranslation *translation)
{
	char		c = FFPeek(translation, 0);

	if (c == '{')
		return TranslateBrace(translation);
	translation->at++;
	return Repeat(translation, c == '+', c == '?' ? 1 : -1, false);
}

/* --- dots and anchors -------------------------------------------------------------------- */

static bool
TranslateDot(FFTranslation *translation)
{
	FFStartAtom(translation, FF_ATOM_PLAIN, 1);
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST) && (translation->flags & FF_FLAG_A) != 0)
		return FFRefusePattern(translation, "a dot that matches less than a character");
	if ((translation->flags & FF_FLAG_S) != 0)
		Add(translation, "(?s:.)");
	else if (FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT))
		Add(translation, "[^\\n\\r\\x{2028}\\x{2029}]");
	else if ((translation->flags & FF_FLAG_R) != 0)
		Add(translation, "[^\\n\\r]");
	else
		Add(translation, ".");
	return true;
}

/*
 * The pattern is compiled so that ^ is the start of the text only, whatever
 * the flags: lines are looked for.
 */
static void
TranslateStart(FFTranslation *translation)
{
	FFStartAtom(translation, FF_ATOM_ANCHOR, 0);
	if ((translation->flags & FF_FLAG_M) == 0)
		Add(translation, "^");
	else if ((translation->flags & FF_FLAG_R) != 0)
		Add(translation, "(?:^|(?<=\\n)|(?<=\\r)(?!\\n))");
	else
		Add(translation, "(?<![^\\n])");
}

static void
TranslateEnd(FFTranslation *translation)
{
	FFStartAtom(translation, FF_ATOM_ANCHOR, 0);
	if ((translation->flags & FF_FLAG_M) == 0)
		Add(translation, FFFlavourIs(translation, FF_FLAVOUR_PYTHON) ?
			"(?=\\n?\\z)" : "\\z");
	else if ((translation->flags & FF_FLAG_R) != 0)
		Add(translation, "(?:\\z|(?=\\r)|(?<!\\r)(?=\\n))");
	else
		Add(translation, "(?![^\\n])");
}

/* --- escapes ------------------------------------------------------------------------------- */

/* Everything up to \E, or to the end, is itself. */
static void
TranslateQuoted(FFTranslation *translation)
{
	while (!FFAtEnd(translation) && !FFSkipText(translation, "\\E"))
		FFWritePoint(translation, FFTakePoint(translation));
}

static void
WriteAssertion(FFTranslation *translation, int letter)
{
	FFStartAtom(translation, FF_ATOM_ANCHOR, 0);
	if (letter == 'A')
		Add(translation, "^");
	else if (letter == 'z' || letter == 'Z')
		Add(translation, "\\z");
	else
		FFWriteBoundary(translation, (char) letter);
}

static bool
TranslateEscape(FFTranslation *translation)
{
	FFEscape	escape = {0};
	bool		good;

	translation->at++;
	if (FFFlavourIs(translation, FF_FLAVOUR_RE2) && FFSkipText(translation, "Q"))
	{
		TranslateQuoted(translation);
		return true;
	}
	good = FFReadEscape(translation, false, &escape);
	if (good && escape.kind == FF_ESCAPE_POINT)
		FFWritePoint(translation, escape.value);
	else if (good && escape.kind == FF_ESCAPE_ASSERTION)
		WriteAssertion(translation, escape.value);
	else if (good && escape.kind == FF_ESCAPE_REFERENCE)
		FFWriteReference(translation, escape.value);
	else if (good)
	{
		FFStartAtom(translation, FF_ATOM_PLAIN, 1);
		FFWriteClass(translation, &escape.class, false, &translation->out);
	}
	FFClassFree(&escape.class);
	return good;
}

/* --- all -------------------------------------------------------------------------------------- */

/* Translate what is next; there is something. */
static bool
TranslateNext(FFTranslation *translation)
{
	switch (FFPeek(translation, 0))
	{
		case '(':
		case ')':
		case '|':
			return FFTranslateGroup(translation);
		case '*':
		case '+':
		case '?':
		case '{':
			return FFTranslateRepeat(translation);
		case '\\':
			return TranslateEscape(translation);
		case '[':
			translation->at++;
			return FFTranslateClass(translation);
		case '.':
			translation->at++;
			return TranslateDot(translation);
		case '^':
			translation->at++;
			TranslateStart(translation);
			return true;
		case '$':
			translation->at++;
			TranslateEnd(translation);
			return true;
		default:
			FFWritePoint(translation, FFTakePoint(translation));
			return true;
	}
}

/* Translate a pattern as a whole. */
bool
FFTranslate(FFTranslation *translation)
{
	translation->groups[0].branch.repeats = 1;
	translation->captures = FFAlloc(sizeof(FFCapture) *
									((size_t) translation->pattern.length + 2));
	if (FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT))
		FFScanCaptures(translation);
	for (;;)
	{
		FFSkipFree(translation);
		if (FFAtEnd(translation))
			break;
		if (!TranslateNext(translation))
			return false;
		if (translation->out.length > MAX_WRITTEN)
			return FFRefusePattern(translation, "too large a pattern");
		FFCheckInterrupts();
	}
	return translation->depth == 0 || FFRefusePattern(translation, "missing )");
}
