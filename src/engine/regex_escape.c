/*
 * regex_escape.c
 *	  What follows a backslash, engine by engine.
 */
#include "engine/regex_translate.h"

static bool
IsLetter(int point)
{
	return point < 0x80 && (point | 0x20) >= 'a' && (point | 0x20) <= 'z';
}

static bool
IsOctal(char c)
{
	return c >= '0' && c <= '7';
}

static int
HexValue(char c)
{
	if (FFIsDigit(c))
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

static bool
Point(FFEscape *escape, int point)
{
	escape->kind = FF_ESCAPE_POINT;
	escape->value = point;
	return true;
}

static bool
Assertion(FFEscape *escape, int letter)
{
	escape->kind = FF_ESCAPE_ASSERTION;
	escape->value = letter;
	return true;
}

static bool
BadEscape(FFTranslation *translation, int point)
{
	FFText		text = {0};

	FFTextPoint(&text, point);
	return FFRefusePattern(translation, "unknown escape \\%s", text.data);
}

/* Read exactly so many hexadecimal digits; at does not move without them. */
static bool
ReadHex(FFTranslation *translation, int count, int *value)
{
	int64_t		number = 0;

	for (int i = 0; i < count; i++)
	{
		int			digit = HexValue(FFPeek(translation, i));

		if (digit < 0)
			return false;
		number = number * 16 + digit;
	}
	if (number > FF_LAST_POINT)
		return false;
	translation->at += count;
	*value = (int) number;
	return true;
}

/* Read {digits}, any number of them; at is on the brace. */
static bool
ReadBraced(FFTranslation *translation, int *value)
{
	int			count = 0;
	int			number = 0;
	int			digit;

	while ((digit = HexValue(FFPeek(translation, 1 + count))) >= 0)
	{
		number = number * 16 + digit;
		if (number > FF_LAST_POINT)
			return false;
		count++;
	}
	if (count == 0 || FFPeek(translation, 1 + count) != '}')
		return false;
	translation->at += count + 2;
	*value = number;
	return true;
}

/* Read at most so many octal digits. */
static int
ReadOctal(FFTranslation *translation, int most)
{
	int			value = 0;

	for (; most > 0 && IsOctal(FFPeek(translation, 0)); most--)
		value = value * 8 + (translation->pattern.data[translation->at++] - '0');
	return value;
}

/* The control character that a letter stands for in all engines, or -1. */
static int
Control(int letter)
{
	switch (letter)
	{
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		case 'v':
			return '\v';
		default:
			return -1;
	}
}

/* Whether it is one of dDsSwW, which is then read. */
static bool
ReadClass(FFTranslation *translation, int letter, FFEscape *escape)
{
	if (letter <= 0 || letter >= 0x80 || strchr("dDsSwW", letter) == NULL)
		return false;
	escape->kind = FF_ESCAPE_CLASS;
	FFClassEscape(translation, (char) letter, &escape->class);
	return true;
}

/* --- RE2 ------------------------------------------------------------------------- */

static bool
EscapeRe2(FFTranslation *translation, bool in_class, int point, FFEscape *escape)
{
	if (point == 'x')
		return FFPeek(translation, 0) == '{' ?
			ReadBraced(translation, &escape->value) || BadEscape(translation, point) :
			ReadHex(translation, 2, &escape->value) || BadEscape(translation, point);
	if (point == '0' || (IsOctal((char) point) && point < 0x80 &&
						 IsOctal(FFPeek(translation, 0))))
	{
		translation->at--;
		return Point(escape, ReadOctal(translation, 3));
	}
	if (point >= '1' && point <= '9')
		return FFRefusePattern(translation, "back-references are not supported");
	if (point == 'p' || point == 'P')
	{
		escape->kind = FF_ESCAPE_CLASS;
		return FFReadProperty(translation, point == 'P', &escape->class);
	}
	if (point == 'a')
		return Point(escape, '\a');
	if (!in_class && (point == 'A' || point == 'z' || point == 'b' || point == 'B'))
		return Assertion(escape, point);
	if (point >= 0x80 || IsLetter(point))
		return BadEscape(translation, point);
	return Point(escape, point);
}

/* --- Rust -------------------------------------------------------------------------- */

/* \b, or \b{start} and its like. */
static bool
WordBoundary(FFTranslation *translation, int point, FFEscape *escape)
{
	static const struct
	{
		const char *name;
		char		letter;
	}			names[] = {
		{"{start}", '<'}, {"{end}", '>'}, {"{start-half}", '{'}, {"{end-half}", '}'}
	};

	if (point == 'b')
		for (int i = 0; i < FF_LENGTH(names); i++)
			if (FFSkipText(translation, names[i].name))
				return Assertion(escape, names[i].letter);
	if (point == 'b' && FFPeek(translation, 0) == '{' &&
		(IsLetter(FFPeek(translation, 1)) || FFPeek(translation, 1) == '-'))
		return FFRefusePattern(translation, "unknown boundary of words");
	return Assertion(escape, point);
}

static bool
IsSurrogate(int point)
{
	return point >= 0xD800 && point < 0xE000;
}

static bool
EscapeRust(FFTranslation *translation, bool in_class, int point, FFEscape *escape)
{
	int			digits = point == 'x' ? 2 : point == 'u' ? 4 : point == 'U' ? 8 : 0;

	if (digits > 0)
	{
		bool		braced = FFPeek(translation, 0) == '{';

		if (!(braced ? ReadBraced(translation, &escape->value) :
			  ReadHex(translation, digits, &escape->value)) ||
			IsSurrogate(escape->value))
			return BadEscape(translation, point);
		/* two digits without Unicode are a byte */
		return braced || digits > 2 || escape->value < 0x80 ||
			(translation->flags & FF_FLAG_A) == 0 || BadEscape(translation, point);
	}
	if (point < 0x80 && FFIsDigit((char) point))
		return FFRefusePattern(translation, "back-references are not supported");
	if (point == 'p' || point == 'P')
	{
		escape->kind = FF_ESCAPE_CLASS;
		return FFReadProperty(translation, point == 'P', &escape->class);
	}
	if (point == 'a')
		return Point(escape, '\a');
	if (!in_class && (point == 'A' || point == 'z' || point == '<' || point == '>'))
		return Assertion(escape, point);
	if (!in_class && (point == 'b' || point == 'B'))
		return WordBoundary(translation, point, escape);
	if (point >= 0x80 || IsLetter(point) || point == '<' || point == '>')
		return BadEscape(translation, point);
	return Point(escape, point);
}

/* --- Python ------------------------------------------------------------------------ */

/* A digit outside a class: a character in octal, or a group that is complete. */
static bool
DigitPython(FFTranslation *translation, int digit, FFEscape *escape)
{
	int			number = digit - '0';

	if (FFIsDigit(FFPeek(translation, 0)))
	{
		if (IsOctal((char) digit) && IsOctal(FFPeek(translation, 0)) &&
			IsOctal(FFPeek(translation, 1)))
		{
			translation->at--;
			return Point(escape, ReadOctal(translation, 3)) &&
				(escape->value <= 0377 ||
				 FFRefusePattern(translation, "octal escape beyond \\377"));
		}
		number = number * 10 + (translation->pattern.data[translation->at++] - '0');
	}
	if (number > translation->capture_count || !translation->captures[number].closed)
		return FFRefusePattern(translation, "reference to a group that is not complete");
	escape->kind = FF_ESCAPE_REFERENCE;
	escape->value = number;
	return true;
}

/* A digit in a class, or a zero outside: octal. */
static bool
OctalPython(FFTranslation *translation, int digit, FFEscape *escape)
{
	if (!IsOctal((char) digit))
		return BadEscape(translation, digit);
	translation->at--;
	Point(escape, ReadOctal(translation, 3));
	return escape->value <= 0377 ||
		FFRefusePattern(translation, "octal escape beyond \\377");
}

static bool
EscapePython(FFTranslation *translation, bool in_class, int point, FFEscape *escape)
{
	int			digits = point == 'x' ? 2 : point == 'u' ? 4 : point == 'U' ? 8 : 0;

	if (digits > 0)
		return ReadHex(translation, digits, &escape->value) ||
			BadEscape(translation, point);
	if (point < 0x80 && FFIsDigit((char) point))
		return in_class || point == '0' ? OctalPython(translation, point, escape) :
			DigitPython(translation, point, escape);
	if (point == 'a')
		return Point(escape, '\a');
	if (in_class && point == 'b')
		return Point(escape, '\b');
	if (!in_class && (point == 'A' || point == 'Z' || point == 'b' || point == 'B'))
		return Assertion(escape, point);
	if (IsLetter(point))
		return BadEscape(translation, point);
	return Point(escape, point);
}

/* --- JavaScript ---------------------------------------------------------------------- */

/* A digit: a group if there are so many, else octal, else itself. */
static bool
DigitJs(FFTranslation *translation, bool in_class, int digit, FFEscape *escape)
{
	int			number = 0;
	int			length = 0;

	translation->at--;
	while (FFIsDigit(FFPeek(translation, length)) && number < 100000)
		number = number * 10 + (FFPeek(translation, length++) - '0');
	if (!in_class && digit != '0' && number <= translation->capture_total)
	{
		translation->at += length;
		escape->kind = FF_ESCAPE_REFERENCE;
		escape->value = number;
		return true;
	}
	if (IsOctal((char) digit))
		return Point(escape, ReadOctal(translation, digit <= '3' ? 3 : 2));
	translation->at++;
	return Point(escape, digit);
}

/* \cX; a backslash is one itself where no control follows. */
static bool
ControlJs(FFTranslation *translation, bool in_class, FFEscape *escape)
{
	char		next = FFPeek(translation, 0);

	if (IsLetter((unsigned char) next) ||
		(in_class && (FFIsDigit(next) || next == '_')))
	{
		translation->at++;
		return Point(escape, next & 0x1F);
	}
	translation->at--;
	return Point(escape, '\\');
}

/* \k<name>, where any group has a name. */
static bool
NameJs(FFTranslation *translation, FFEscape *escape)
{
	FFString	name;

	if (!FFSkipText(translation, "<") || !FFReadName(translation, '>', &name))
		return FFRefusePattern(translation, "\\k without a name");
	escape->kind = FF_ESCAPE_REFERENCE;
	escape->value = FFFindCapture(translation, name);
	return escape->value > 0 || FFRefusePattern(translation, "unknown group");
}

static bool
EscapeJs(FFTranslation *translation, bool in_class, int point, FFEscape *escape)
{
	if (point < 0x80 && FFIsDigit((char) point))
		return DigitJs(translation, in_class, point, escape);
	if (point == 'c')
		return ControlJs(translation, in_class, escape);
	if (point == 'k' && translation->named)
		return in_class ? BadEscape(translation, point) : NameJs(translation, escape);
	if ((point == 'x' && ReadHex(translation, 2, &escape->value)) ||
		(point == 'u' && ReadHex(translation, 4, &escape->value)))
		return true;
	if (point == 'b')
		return in_class ? Point(escape, '\b') : Assertion(escape, point);
	if (point == 'B' && !in_class)
		return Assertion(escape, point);
	return Point(escape, point);	/* all others are themselves */
}

/* --- all ------------------------------------------------------------------------------ */

/* Read an escape whose backslash has been taken. */
bool
FFReadEscape(FFTranslation *translation, bool in_class, FFEscape *escape)
{
	int			point;

	if (FFAtEnd(translation))
		return FFRefusePattern(translation, "backslash at the end");
	point = FFTakePoint(translation);
	if (Control(point) >= 0)
		return Point(escape, Control(point));
	if (FFFlavourIs(translation, FF_FLAVOUR_RUST) && (translation->flags & FF_FLAG_A) != 0 &&
		(point == 'D' || point == 'S' || point == 'W'))
		return FFRefusePattern(translation, "a class that matches less than a character");
	if (ReadClass(translation, point, escape))
		return true;
	switch (translation->flavour)
	{
		case FF_FLAVOUR_RE2:
			return EscapeRe2(translation, in_class, point, escape);
		case FF_FLAVOUR_RUST:
			return EscapeRust(translation, in_class, point, escape);
		case FF_FLAVOUR_PYTHON:
			return EscapePython(translation, in_class, point, escape);
		default:
			return EscapeJs(translation, in_class, point, escape);
	}
}
