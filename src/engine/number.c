/*
 * number.c
 *	  Texts read as numbers the way ECMAScript, Python and others read them.
 *
 * What is a number is decided here, byte by byte; strtod only converts digits
 * that have been found to be some, and rounds correctly.  Its point is that of
 * the locale: the server keeps LC_NUMERIC at C for all of its life.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/dialect_tools.h"

#define SHORT_NUMBER 64			/* bytes that need no allocation */

static bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

/* Step over digits; how many there are. */
static int
SkipDigits(FFString text, int *at)
{
	int			start = *at;

	while (*at < text.length && IsDigit(text.data[*at]))
		(*at)++;
	return *at - start;
}

static bool
SkipSign(FFString text, int *at)
{
	if (*at >= text.length || (text.data[*at] != '+' && text.data[*at] != '-'))
		return false;
	(*at)++;
	return true;
}

/*
 * The longest piece at the start of text that is a decimal number: a sign,
 * digits with or without a point, an exponent.  0: there is none.
 */
static int
DecimalLength(FFString text)
{
	int			at = 0;
	int			digits;
	int			end;

	(void) SkipSign(text, &at);
	digits = SkipDigits(text, &at);
	if (at < text.length && text.data[at] == '.')
	{
		end = at + 1;
		digits += SkipDigits(text, &end);
		if (digits > 0)
			at = end;
	}
	if (digits == 0)
		return 0;
	end = at + 1;
	if (at < text.length && (text.data[at] == 'e' || text.data[at] == 'E'))
	{
		(void) SkipSign(text, &end);
		if (SkipDigits(text, &end) > 0)
			at = end;
	}
	return at;
}

/* Convert what DecimalLength has found. */
static double
Convert(const char *digits, int length)
{
	char		buffer[SHORT_NUMBER];
	char	   *text = length < SHORT_NUMBER ? buffer : FFAlloc((size_t) length + 1);
	double		d;

	memcpy(text, digits, (size_t) length);
	text[length] = '\0';
	d = strtod(text, NULL);
	if (text != buffer)
		FFFree(text);
	return d;
}

/* Digits with a point and an exponent, whole and finite. */
bool
FFParseFloatC(FFString text, double *d)
{
	int			length = DecimalLength(text);

	if (length == 0 || length != text.length)
		return false;
	*d = Convert(text.data, length);
	return isfinite(*d);
}

/* --- ECMAScript -------------------------------------------------------------- */

static FFString
SkipSpaceJs(FFString utf8)
{
	int			bytes;

	while (FFIsSpaceJs(FFPointAt(utf8, 0, &bytes)))
	{
		utf8.data += bytes;
		utf8.length -= bytes;
	}
	return utf8;
}

/* The last character begins at the first byte from behind that is no continuation. */
FFString
FFTrimJs(FFString utf8)
{
	utf8 = SkipSpaceJs(utf8);
	for (;;)
	{
		int			at = utf8.length - 1;
		int			bytes;

		while (at > 0 && ((unsigned char) utf8.data[at] & 0xC0) == 0x80)
			at--;
		if (at < 0 || !FFIsSpaceJs(FFPointAt(utf8, at, &bytes)) ||
			at + bytes != utf8.length)
			return utf8;
		utf8.length = at;
	}
}

/* "Infinity" with or without a sign at the start; its bytes, or 0. */
static int
InfinityLength(FFString text, double *d)
{
	static const char word[] = "Infinity";
	int			at = 0;
	int			length = (int) sizeof(word) - 1;

	(void) SkipSign(text, &at);
	if (text.length - at < length ||
		memcmp(text.data + at, word, (size_t) length) != 0)
		return 0;
	*d = text.data[0] == '-' ? -HUGE_VAL : HUGE_VAL;
	return at + length;
}

static int
HexValue(char c)
{
	if (IsDigit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/*
 * Digits of base two to the power of bits.  The first 60 bits or so are kept, and whether
 * anything but zeros follows in the last of them, so that one conversion rounds.
 */
static bool
ParsePowerOfTwo(FFString digits, int bits, double *d)
{
	uint64_t	number = 0;
	int			exponent = 0;

	if (digits.length == 0)
		return false;
	for (int i = 0; i < digits.length; i++)
	{
		int			value = HexValue(digits.data[i]);

		if (value >= 1 << bits)
			return false;
		if (number < UINT64_C(1) << 60)
			number = number << bits | (unsigned) value;
		else
		{
			number |= value != 0;
			exponent += exponent < 10000 ? bits : 0;
		}
	}
	*d = ldexp((double) number, exponent);
	return true;
}

static bool
ParseTrimmedJs(FFString text, double *d)
{
	int			bits = 0;
	int			length;

	*d = 0;
	if (text.length == 0)
		return true;
	if (text.length > 1 && text.data[0] == '0')
		bits = (text.data[1] | 0x20) == 'x' ? 4 :
			(text.data[1] | 0x20) == 'o' ? 3 :
			(text.data[1] | 0x20) == 'b' ? 1 : 0;
	if (bits > 0)
		return ParsePowerOfTwo(FFStringOf(text.data + 2, text.length - 2), bits, d);
	if (InfinityLength(text, d) == text.length)
		return true;
	length = DecimalLength(text);
	if (length != text.length)
		return false;
	*d = Convert(text.data, length);
	return true;
}

/* Number(text). */
bool
FFParseNumberJs(FFString text, double *d)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	bool		parsed = ParseTrimmedJs(FFTrimJs(utf8), d);

	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return parsed;
}

/* parseFloat(text): what begins with a number is one. */
bool
FFParseFloatJs(FFString text, double *d)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	FFString	rest = SkipSpaceJs(utf8);
	int			length = InfinityLength(rest, d);

	if (length == 0)
	{
		length = DecimalLength(rest);
		*d = length > 0 ? Convert(rest.data, length) : 0;
	}
	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return length > 0;
}

/* --- Python ------------------------------------------------------------------ */

/*
 * Digits of all scripts become ASCII's, whitespace beyond ASCII becomes a
 * space; then ASCII whitespace goes from both ends.  What is left of other
 * characters is nothing that a number has.  Allocated.
 */
static FFString
NormalizePython(FFString text)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);
	char	   *out = FFAlloc((size_t) utf8.length + 1);
	FFString	result = {out, 0};
	int			bytes;

	for (int at = 0; at < utf8.length; at += bytes)
	{
		int			point = FFPointAt(utf8, at, &bytes);
		int			digit = point < 0x80 ? -1 : FFDigitValue(point);
		char		other = FFIsSpacePython(point) ? ' ' : '?';

		out[result.length++] = (char) (point >= 0 && point < 0x80 ? point :
									   digit >= 0 ? '0' + digit : other);
	}
	if (utf8.data != text.data)
		FFFree((char *) utf8.data);
	return result;
}

/* Take single underscores between digits out of a text, in place. */
static bool
DropUnderscores(char *data, int *length)
{
	int			kept = 0;

	for (int i = 0; i < *length; i++)
	{
		if (data[i] != '_')
			data[kept++] = data[i];
		else if (i == 0 || !IsDigit(data[i - 1]) || i + 1 == *length ||
				 !IsDigit(data[i + 1]))
			return false;
	}
	*length = kept;
	return true;
}

/* Whether a text is a word of lower-case letters, whatever its own case. */
static bool
IsWord(FFString text, const char *word)
{
	if (text.length != (int) strlen(word))
		return false;
	for (int i = 0; i < text.length; i++)
		if ((text.data[i] | 0x20) != word[i])
			return false;
	return true;
}

static bool
ParseWordPython(FFString text, double *d)
{
	int			at = 0;
	FFString	word = text;

	if (SkipSign(text, &at))
		word = FFStringOf(text.data + 1, text.length - 1);
	if (IsWord(word, "nan"))
		*d = NAN;
	else if (IsWord(word, "inf") || IsWord(word, "infinity"))
		*d = at > 0 && text.data[0] == '-' ? -HUGE_VAL : HUGE_VAL;
	else
		return false;
	return true;
}

/* float(text). */
bool
FFParseFloatPython(FFString text, double *d)
{
	FFString	copy = NormalizePython(text);
	FFString	number = FFTrim(copy);
	bool		parsed = ParseWordPython(number, d);

	if (!parsed && DropUnderscores((char *) number.data, &number.length) &&
		number.length > 0 && DecimalLength(number) == number.length)
	{
		*d = Convert(number.data, number.length);
		parsed = true;
	}
	FFFree((char *) copy.data);
	return parsed;
}

/* A sign and digits; false beyond 64 bits as well. */
static bool
ParseInt64(FFString text, int64_t *i)
{
	int			at = 0;
	bool		negative = SkipSign(text, &at) && text.data[0] == '-';
	int64_t		number = 0;		/* negated: that side has one more number */

	if (at == text.length)
		return false;
	for (; at < text.length; at++)
		if (!IsDigit(text.data[at]) ||
			__builtin_mul_overflow(number, 10, &number) ||
			__builtin_sub_overflow(number, text.data[at] - '0', &number))
			return false;
	if (!negative && number == INT64_MIN)
		return false;
	*i = negative ? number : -number;
	return true;
}

/* int(text), as far as 64 bits hold it. */
bool
FFParseIntPython(FFString text, int64_t *i)
{
	FFString	copy = NormalizePython(text);
	FFString	number = FFTrim(copy);
	bool		parsed = DropUnderscores((char *) number.data, &number.length) &&
		ParseInt64(number, i);

	FFFree((char *) copy.data);
	return parsed;
}
