/*
 * points.c
 *	  Characters of UTF-8 text: their numbers, whitespace and decimal digits.
 */
#include "engine/dialect_tools.h"

/* Read the continuation bytes of a character; -1 when it is ill-formed. */
static int
Continue(const unsigned char *byte, int bytes)
{
	static const int minimum[] = {0, 0, 0x80, 0x800, 0x10000};
	int			point = byte[0] & (0xFF >> (bytes + 1));

	for (int i = 1; i < bytes; i++)
	{
		if ((byte[i] & 0xC0) != 0x80)
			return -1;
		point = point << 6 | (byte[i] & 0x3F);
	}
	if (point < minimum[bytes] || point > 0x10FFFF ||
		(point >= 0xD800 && point < 0xE000))
		return -1;
	return point;
}

/*
 * The character at a byte of a text.  Where none begins, the result is -1 and
 * the byte is all there is of it; behind the end there are none.
 */
int
FFPointAt(FFString utf8, int at, int *bytes)
{
	const unsigned char *byte = (const unsigned char *) utf8.data + at;
	int			length;
	int			point;

	*bytes = at < utf8.length;
	if (at >= utf8.length)
		return -1;
	if (byte[0] < 0x80)
		return byte[0];
	length = byte[0] < 0xC2 ? 0 : byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 :
		byte[0] < 0xF5 ? 4 : 0;
	if (length == 0 || length > utf8.length - at)
		return -1;
	point = Continue(byte, length);
	if (point >= 0)
		*bytes = length;
	return point;
}

/* Append a character as UTF-8. */
void
FFTextPoint(FFText *text, int point)
{
	char		out[4];
	int			length = point < 0x80 ? 1 : point < 0x800 ? 2 :
		point < 0x10000 ? 3 : 4;

	for (int i = length - 1; i > 0; i--)
	{
		out[i] = (char) (0x80 | (point & 0x3F));
		point >>= 6;
	}
	out[0] = (char) (length == 1 ? point : point | (0xF00 >> length & 0xFF));
	FFTextAdd(text, out, length);
}

/* What is whitespace by Unicode, but for the controls. */
static bool
IsWideSpace(int point)
{
	return point == 0xA0 || point == 0x1680 ||
		(point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
		point == 0x2029 || point == 0x202F || point == 0x205F ||
		point == 0x3000;
}

/* WhiteSpace and LineTerminator of ECMAScript. */
bool
FFIsSpaceJs(int point)
{
	return (point >= 9 && point <= 13) || point == ' ' || point == 0xFEFF ||
		IsWideSpace(point);
}

/* str.isspace: what has the property or is a separator by direction. */
bool
FFIsSpacePython(int point)
{
	return (point >= 9 && point <= 13) || (point >= 0x1C && point <= 0x20) ||
		point == 0x85 || IsWideSpace(point);
}

/* The zeros of Unicode 14; nine more digits follow each. */
static const int zeros[] = {
	0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66,
	0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810,
	0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
	0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
	0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
	0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60,
	0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140,
	0x1E2F0, 0x1E950, 0x1FBF0
};

int
FFDigitValue(int point)
{
	for (int i = 0; i < FF_LENGTH(zeros) && zeros[i] <= point; i++)
		if (point - zeros[i] < 10)
			return point - zeros[i];
	return -1;
}
