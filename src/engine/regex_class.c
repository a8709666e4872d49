/*
 * regex_class.c
 *	  Classes of characters: \d and its like, and what is between brackets.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* memmem */
#endif
#include "engine/regex_translate.h"

/* Between brackets of PCRE2: \w of Python and of Rust, but for versions of Unicode. */
#define WORD_PYTHON "\\p{Xan}_"
#define WORD_RUST "\\p{L}\\p{M}\\p{Nl}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}" \
	"\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}"

static void
Add(FFText *text, const char *more)
{
	FFTextAdd(text, more, (int) strlen(more));
}

void
FFClassFree(FFClass *class)
{
	FFPointsFree(&class->points);
	if (class->properties.data != NULL)
		FFFree(class->properties.data);
	if (class->alternatives.data != NULL)
		FFFree(class->alternatives.data);
	memset(class, 0, sizeof(*class));
}

FFCasing
FFCasingOf(const FFTranslation *translation)
{
	if ((translation->flags & FF_FLAG_A) != 0)
		return FF_CASING_ASCII;
	switch (translation->flavour)
	{
		case FF_FLAVOUR_PYTHON:
			return FF_CASING_PYTHON;
		case FF_FLAVOUR_JAVASCRIPT:
			return FF_CASING_JAVASCRIPT;
		default:
			return FF_CASING_SIMPLE;
	}
}

static bool
IgnoresCase(const FFTranslation *translation)
{
	return (translation->flags & FF_FLAG_I) != 0;
}

/* The last character that there is: JavaScript sees code units. */
static int
LastPoint(const FFTranslation *translation)
{
	return FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT) ? 0xFFFF : FF_LAST_POINT;
}

/* --- writing -------------------------------------------------------------------- */

static void
WritePoint(FFText *out, int point)
{
	if (point < 0x80 && (FFIsDigit((char) point) ||
						 ((point | 0x20) >= 'a' && (point | 0x20) <= 'z')))
		FFTextPoint(out, point);
	else
		FFTextFormat(out, "\\x{%X}", (unsigned) point);
}

static void
WriteRange(FFText *out, int first, int last)
{
	if (first > last)
		return;
	WritePoint(out, first);
	if (last > first + 1)
		Add(out, "-");
	if (last > first)
		WritePoint(out, last);
}

/*
 * Surrogates are no characters of UTF-8 and match nothing; but those of
 * JavaScript are code units, which regex.c puts into the last plane.
 */
void
FFWriteRanges(FFTranslation *translation, const FFPoints *points, FFText *out)
{
	for (int i = 0; i < points->count; i++)
	{
		int			first = points->ranges[i][0];
		int			last = points->ranges[i][1];

		WriteRange(out, first, last < 0xD800 ? last : 0xD7FF);
		if (FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT))
			WriteRange(out, FF_UNIT_PLANE + (first > 0xD800 ? first : 0xD800),
					   FF_UNIT_PLANE + (last < 0xDFFF ? last : 0xDFFF));
		WriteRange(out, first > 0xDFFF ? first : 0xE000, last);
	}
}

/* Write the brackets of a class that has no alternatives. */
static void
WriteBrackets(FFTranslation *translation, const FFClass *class, bool negated,
			  FFText *out)
{
	bool		all = FFPointsContain(&class->points, 0, LastPoint(translation));
	int			start;

	if (all)
	{
		Add(out, negated ? "[^\\x{0}-\\x{10FFFF}]" : "(?s:.)");
		return;
	}
	Add(out, negated ? "[^" : "[");
	start = out->length;
	FFWriteRanges(translation, &class->points, out);
	if (class->properties.length > 0)
		FFTextAdd(out, class->properties.data, class->properties.length);
	if (out->length > start)
	{
		Add(out, "]");
		return;
	}
	out->length = start - (negated ? 2 : 1);
	Add(out, negated ? "(?s:.)" : "[^\\x{0}-\\x{10FFFF}]");
}

/* Write a class; it is one character wide.  Case is seen to here. */
void
FFWriteClass(FFTranslation *translation, FFClass *class, bool negated, FFText *out)
{
	if (IgnoresCase(translation))
		FFPointsFold(&class->points, FFCasingOf(translation));
	if (class->alternatives.length == 0)
	{
		WriteBrackets(translation, class, negated, out);
		return;
	}
	Add(out, negated ? "(?:(?!" : "(?:");
	if (class->points.count > 0 || class->properties.length > 0)
	{
		WriteBrackets(translation, class, false, out);
		Add(out, "|");
	}
	FFTextAdd(out, class->alternatives.data, class->alternatives.length);
	Add(out, negated ? ")(?s:.))" : ")");
}

/* --- \d, \s, \w and their opposites ------------------------------------------------ */

static bool
IsUnicode(const FFTranslation *translation)
{
	return (FFFlavourIs(translation, FF_FLAVOUR_PYTHON) ||
			FFFlavourIs(translation, FF_FLAVOUR_RUST)) &&
		(translation->flags & FF_FLAG_A) == 0;
}

/* Whitespace: nearly every engine has its own. */
static void
AddSpaces(const FFTranslation *translation, FFPoints *points)
{
	bool		unicode = IsUnicode(translation) ||
		FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT);

	if (FFFlavourIs(translation, FF_FLAVOUR_RE2))
		FFPointsAddText(points, "\t\n\f\r  ");
	else
		FFPointsAddText(points, "\t\r  ");
	for (int point = 0x1C; unicode && point <= 0xFEFF; point++)
		if (FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT) ? FFIsSpaceJs(point) :
			FFIsSpacePython(point) &&
			(FFFlavourIs(translation, FF_FLAVOUR_PYTHON) || point > 0x1F))
			FFPointsAdd(points, point, point);
}

/* Add another set or its opposite; case counts before that. */
static void
AddPoints(FFTranslation *translation, FFPoints *points, bool negated, FFClass *class)
{
	if (negated && IgnoresCase(translation))
		FFPointsFold(points, FFCasingOf(translation));
	if (negated)
		FFPointsComplement(points, LastPoint(translation));
	FFPointsUnite(&class->points, points);
	FFPointsFree(points);
}

/* Add \w or \W by Unicode; the latter is no list of properties. */
static void
AddUnicodeWord(FFTranslation *translation, bool negated, FFClass *class)
{
	const char *word = FFFlavourIs(translation, FF_FLAVOUR_PYTHON) ?
		WORD_PYTHON : WORD_RUST;

	if (!negated)
	{
		Add(&class->properties, word);
		return;
	}
	if (class->alternatives.length > 0)
		Add(&class->alternatives, "|");
	Add(&class->alternatives, "[^");
	Add(&class->alternatives, word);
	Add(&class->alternatives, "]");
}

/* Add one of dDsSwW to a class. */
void
FFClassEscape(FFTranslation *translation, char letter, FFClass *class)
{
	bool		negated = letter < 'a';
	FFPoints	points = {0};

	switch (letter | 0x20)
	{
		case 'd':
			if (IsUnicode(translation))
			{
				Add(&class->properties, negated ? "\\P{Nd}" : "\\p{Nd}");
				return;
			}
			FFPointsAddText(&points, "09");
			break;
		case 's':
			AddSpaces(translation, &points);
			break;
		default:
			if (IsUnicode(translation))
			{
				AddUnicodeWord(translation, negated, class);
				return;
			}
			FFPointsAddText(&points, "09AZ__az");
			break;
	}
	AddPoints(translation, &points, negated, class);
}

/* Write where words begin and end, word being what they are made of. */
static void
WriteEdge(FFText *out, char letter, const char *word)
{
	static const struct
	{
		char		letter;
		const char *parts[5];
	}			forms[] = {
		{'b', {"(?:(?<=[", "])(?![", "])|(?<![", "])(?=[", "]))"}},
		{'B', {"(?:(?<=[", "])(?=[", "])|(?<![", "])(?![", "]))"}},
		{'<', {"(?:(?<![", "])(?=[", "]))"}},
		{'>', {"(?:(?<=[", "])(?![", "]))"}},
		{'{', {"(?<![", "])"}},
		{'}', {"(?![", "])"}},
	};
	int			form = 0;

	while (forms[form].letter != letter)
		form++;
	Add(out, forms[form].parts[0]);
	for (int i = 1; i < 5 && forms[form].parts[i] != NULL; i++)
	{
		Add(out, word);
		Add(out, forms[form].parts[i]);
	}
}

/*
 * Write \b or \B, or < and > for the start and the end of a word, with { and }
 * for half of these.  PCRE2's own \b is ASCII's.
 */
void
FFWriteBoundary(FFTranslation *translation, char letter)
{
	FFText	   *out = &translation->out;
	bool		python = FFFlavourIs(translation, FF_FLAVOUR_PYTHON);

	if (IsUnicode(translation))
		WriteEdge(out, letter, python ? WORD_PYTHON : WORD_RUST);
	else if (letter == 'b' || letter == 'B')
		FFTextFormat(out, "\\%c", letter);
	else
		WriteEdge(out, letter, "0-9A-Z_a-z");
	if (letter == 'B' && python)
		Add(out, "(?!\\A\\z)");	/* nowhere in an empty text */
}

/* --- brackets ------------------------------------------------------------------------ */

/* The names of POSIX, which are ASCII's in RE2 and Rust. */
static const struct
{
	const char *name;
	const char *ranges;
}			posix[] = {
	{"alnum", "09AZaz"},
	{"alpha", "AZaz"},
	{"blank", "\t\t  "},
	{"digit", "09"},
	{"graph", "!~"},
	{"lower", "az"},
	{"print", " ~"},
	{"punct", "!/:@[`{~"},
	{"space", "\t\r  "},
	{"upper", "AZ"},
	{"word", "09AZ__az"},
	{"xdigit", "09AFaf"},
};

static bool
FindPosix(FFString name, FFPoints *points)
{
	if (FFStringIs(name, "ascii"))
		return FFPointsAdd(points, 0, 0x7F);
	if (FFStringIs(name, "cntrl"))
		return FFPointsAdd(points, 0, 0x1F) && FFPointsAdd(points, 0x7F, 0x7F);
	for (int i = 0; i < FF_LENGTH(posix); i++)
		if (FFStringIs(name, posix[i].name))
		{
			FFPointsAddText(points, posix[i].ranges);
			return true;
		}
	return false;
}

/*
 * Read [:name:].  What is no name of a class is an error in RE2, and in Rust a
 * class within the class.
 */
static bool
ReadPosix(FFTranslation *translation, FFClass *class, bool *found)
{
	FFString	rest = {translation->pattern.data + translation->at + 2,
	translation->pattern.length - translation->at - 2};
	const char *end = rest.length > 1 ? memmem(rest.data, (size_t) rest.length, ":]", 2) : NULL;
	FFPoints	points = {0};
	bool		negated = rest.length > 0 && rest.data[0] == '^';

	*found = false;
	if (end == NULL)
		return true;
	rest = FFStringOf(rest.data + negated, (int) (end - rest.data) - negated);
	if (!FindPosix(rest, &points))
		return FFFlavourIs(translation, FF_FLAVOUR_RUST) ||
			FFRefusePattern(translation, "unknown class [:%.*s:]", FF_QUOTED(rest));
	if (negated && (translation->flags & FF_FLAG_A) != 0)
		return FFRefusePattern(translation, "a class that matches less than a character");
	translation->at = (int) (end - translation->pattern.data) + 2;
	AddPoints(translation, &points, negated, class);
	*found = true;
	return true;
}

/* Move what an escape has read into a class. */
static void
TakeClass(FFClass *class, FFClass *other)
{
	FFPointsUnite(&class->points, &other->points);
	if (other->properties.length > 0)
		FFTextAdd(&class->properties, other->properties.data, other->properties.length);
	if (other->alternatives.length > 0 && class->alternatives.length > 0)
		Add(&class->alternatives, "|");
	if (other->alternatives.length > 0)
		FFTextAdd(&class->alternatives, other->alternatives.data,
				  other->alternatives.length);
	FFClassFree(other);
}

/* A class of Rust without Unicode has no character beyond ASCII. */
static bool
InAlphabet(FFTranslation *translation, int point)
{
	return point < 0x80 || !FFFlavourIs(translation, FF_FLAVOUR_RUST) ||
		(translation->flags & FF_FLAG_A) == 0 ||
		FFRefusePattern(translation, "a class that matches less than a character");
}

/*
 * Read one character of a class, or an escape for several, which are added to
 * it and leave point -1.
 */
static bool
ReadMember(FFTranslation *translation, FFClass *class, int *point)
{
	FFEscape	escape = {0};

	if (translation->low_unit > 0)
	{
		*point = translation->low_unit;
		translation->low_unit = 0;
		return true;
	}
	if (FFAtEnd(translation))
		return FFRefusePattern(translation, "missing ]");
	if (FFPeek(translation, 0) != '\\')
	{
		*point = FFTakePoint(translation);
		if (*point > LastPoint(translation))
		{
			translation->low_unit = FFLowUnit(*point);
			*point = FFHighUnit(*point);
		}
		return InAlphabet(translation, *point);
	}
	translation->at++;
	if (!FFReadEscape(translation, true, &escape))
		return false;
	*point = escape.kind == FF_ESCAPE_POINT ? escape.value : -1;
	if (*point < 0)
		TakeClass(class, &escape.class);
	return InAlphabet(translation, *point);
}

/* Add a range; JavaScript takes "-" for itself next to \d and its like. */
static bool
AddRange(FFTranslation *translation, FFClass *class, int first, int last)
{
	if (first < 0 || last < 0)
	{
		if (!FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT))
			return FFRefusePattern(translation, "bad range in a class");
		FFPointsAdd(&class->points, '-', '-');
		if (first >= 0)
			FFPointsAdd(&class->points, first, first);
		if (last >= 0)
			FFPointsAdd(&class->points, last, last);
		return true;
	}
	if (first > last)
		return FFRefusePattern(translation, "range out of order in a class");
	FFPointsAdd(&class->points, first, last);
	return true;
}

/* Whitespace in a class is free in Rust alone. */
static void
SkipFree(FFTranslation *translation)
{
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST))
		FFSkipFree(translation);
}

/* Read a character or a range. */
static bool
ReadItem(FFTranslation *translation, FFClass *class)
{
	int			first;
	int			last;

	if (!ReadMember(translation, class, &first))
		return false;
	SkipFree(translation);
	if (translation->low_unit > 0 || FFPeek(translation, 0) != '-' || FFPeek(translation, 1) == ']' ||
		translation->at + 1 >= translation->pattern.length ||
		(FFFlavourIs(translation, FF_FLAVOUR_RE2) && first < 0) ||
		(FFFlavourIs(translation, FF_FLAVOUR_RUST) && FFPeek(translation, 1) == '-'))
	{
		if (first >= 0)
			FFPointsAdd(&class->points, first, first);
		return true;
	}
	translation->at++;
	SkipFree(translation);
	return ReadMember(translation, class, &last) &&
		AddRange(translation, class, first, last);
}

/*
 * Read up to the closing bracket.  The first character may be one, but for
 * JavaScript, where [] matches nothing and [^] everything.
 */
static bool
ReadItems(FFTranslation *translation, FFClass *class)
{
	bool		first = !FFFlavourIs(translation, FF_FLAVOUR_JAVASCRIPT);

	for (; first || translation->low_unit > 0 || FFPeek(translation, 0) != ']'; first = false)
	{
		bool		found = false;

		if (FFFlavourIs(translation, FF_FLAVOUR_RE2) && FFLookingAt(translation, "[:") &&
			!ReadPosix(translation, class, &found))
			return false;
		if (!found && !ReadItem(translation, class))
			return false;
	}
	translation->at++;
	return true;
}

/* --- classes of classes, in Rust ------------------------------------------------------- */

#define MAX_CLASS 60000			/* bytes written for one */

/* Whether one of the operators between classes is next; it is taken. */
static char
TakeOperator(FFTranslation *translation)
{
	static const char *const operators[] = {"&&", "--", "~~"};

	for (int i = 0; i < FF_LENGTH(operators); i++)
		if (FFSkipText(translation, operators[i]))
			return operators[i][0];
	return '\0';
}

/* Replace the left operand by the operation; each is one character wide. */
static bool
Combine(FFTranslation *translation, FFText *left, char operator, const FFText *right)
{
	FFText		result = {0};
	const char *form = operator == '&' ? "(?:(?=L)R)" :
		operator == '-' ? "(?:(?!R)L)" : "(?:(?!R)L|(?!L)R)";

	if (left->length + right->length > MAX_CLASS)
		return FFRefusePattern(translation, "class too large");
	for (; *form != '\0'; form++)
	{
		const FFText *operand = *form == 'L' ? left : right;

		if (*form == 'L' || *form == 'R')
			FFTextAdd(&result, operand->data, operand->length);
		else
			FFTextAdd(&result, form, 1);
	}
	FFFree(left->data);
	*left = result;
	return true;
}

static bool WriteNested(FFTranslation *translation, int depth, FFText *out);

/* Read [ in a class: a class of POSIX, or any. */
static bool
ReadInner(FFTranslation *translation, int depth, FFClass *class)
{
	bool		found = false;

	if (FFLookingAt(translation, "[:") && !ReadPosix(translation, class, &found))
		return false;
	if (found)
		return true;
	translation->at++;
	if (class->alternatives.length > 0)
		Add(&class->alternatives, "|");
	return WriteNested(translation, depth + 1, &class->alternatives);
}

/* Read an operand, up to an operator or the closing bracket, and write it. */
static bool
WriteOperand(FFTranslation *translation, int depth, bool first, bool negated,
			 FFText *out)
{
	FFClass		class = {0};
	bool		good = true;

	SkipFree(translation);
	for (; first && FFPeek(translation, 0) == '-'; translation->at++)
		FFPointsAdd(&class.points, '-', '-');
	if (first && class.points.count == 0 && FFSkipText(translation, "]"))
		FFPointsAdd(&class.points, ']', ']');
	for (;;)
	{
		SkipFree(translation);
		if (FFPeek(translation, 0) == ']' || FFLookingAt(translation, "&&") ||
			FFLookingAt(translation, "--") || FFLookingAt(translation, "~~"))
			break;
		good = FFPeek(translation, 0) == '[' ?
			ReadInner(translation, depth, &class) : ReadItem(translation, &class);
		if (!good)
			break;
	}
	if (good)
		FFWriteClass(translation, &class, negated && FFPeek(translation, 0) == ']', out);
	FFClassFree(&class);
	return good;
}

/* Read a class whose bracket has been taken, and all within it. */
static bool
WriteNested(FFTranslation *translation, int depth, FFText *out)
{
	bool		negated;
	bool		good;
	char		operator;
	FFText		left = {0};

	if (depth > FF_REGEX_NESTING)
		return FFRefusePattern(translation, "classes nested too deeply");
	SkipFree(translation);
	negated = FFSkipText(translation, "^");
	if (negated && (translation->flags & FF_FLAG_A) != 0)
		return FFRefusePattern(translation, "a class that matches less than a character");
	good = WriteOperand(translation, depth, true, negated, &left);
	negated &= good && FFPeek(translation, 0) != ']';
	while (good && (operator = TakeOperator(translation)) != '\0')
	{
		FFText		right = {0};

		good = WriteOperand(translation, depth, false, false, &right) &&
			Combine(translation, &left, operator, &right);
		if (right.data != NULL)
			FFFree(right.data);
	}
	if (good)
	{
		translation->at++;
		Add(out, negated ? "(?:(?!" : "");
		FFTextAdd(out, left.data, left.length);
		Add(out, negated ? ")(?s:.))" : "");
	}
	if (left.data != NULL)
		FFFree(left.data);
	return good;
}

/* Translate a class whose bracket has been taken. */
bool
FFTranslateClass(FFTranslation *translation)
{
	FFClass		class = {0};
	bool		negated;
	bool		good;

	FFStartAtom(translation, FF_ATOM_PLAIN, 1);
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST))
		return WriteNested(translation, 1, &translation->out);
	negated = FFSkipText(translation, "^");
	good = ReadItems(translation, &class);
	if (good)
		FFWriteClass(translation, &class, negated, &translation->out);
	FFClassFree(&class);
	return good;
}
