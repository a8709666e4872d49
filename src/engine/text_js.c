/*
 * text_js.c
 *	  Texts as ECMAScript lower-cases and compares them.
 */
#include "engine/dialect_tools.h"

#define GREEK_SIGMA 0x3A3
#define GREEK_SMALL_SIGMA 0x3C3
#define GREEK_FINAL_SIGMA 0x3C2
#define DOTTED_I 0x130
#define DOT_ABOVE 0x307

/* Whether a letter has another case. */
static bool
IsCased(int point)
{
	return point >= 0 && (FFLowerPoint(point) != point || FFUpperPoint(point) != point);
}

/* The character before a byte of a text, -1: none. */
static int
PointBefore(FFString utf8, int at)
{
	int			bytes;
	int			start = at - 1;

	while (start > 0 && ((unsigned char) utf8.data[start] & 0xC0) == 0x80)
		start--;
	return start < 0 ? -1 : FFPointAt(utf8, start, &bytes);
}

/* Append the lower case of a character; a sigma that ends a word has one of its own. */
static void
AddLower(FFText *text, FFString utf8, int at, int bytes, int point)
{
	int			next;

	if (point == DOTTED_I)
	{
		FFTextPoint(text, 'i');
		FFTextPoint(text, DOT_ABOVE);
	}
	else if (point == GREEK_SIGMA)
		FFTextPoint(text, IsCased(PointBefore(utf8, at)) && !IsCased(FFPointAt(utf8, at + bytes, &next)) ?
					GREEK_FINAL_SIGMA : GREEK_SMALL_SIGMA);
	else
		FFTextPoint(text, FFLowerPoint(point));
}

FFString
FFLowerJs(FFString string)
{
	bool		valid;
	FFString	utf8 = FFUtf8(string, &valid);
	FFText		text = {0};
	int			bytes;

	FFTextAdd(&text, "", 0);
	for (int at = 0; at < utf8.length; at += bytes)
	{
		int			point = FFPointAt(utf8, at, &bytes);

		if (point < 0)
			FFTextAdd(&text, utf8.data + at, bytes);
		else
			AddLower(&text, utf8, at, bytes, point);
	}
	return FFStringOf(text.data, text.length);
}

/* Bytes of UTF-8 in the order of UTF-16 units: surrogates are below U+E000. */
static int
UnitRank(unsigned char byte)
{
	return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

/* Compare texts of UTF-8 as ECMAScript does. */
int
FFCompareJs(FFString a, FFString b)
{
	int			least = a.length < b.length ? a.length : b.length;

	for (int i = 0; i < least; i++)
		if (a.data[i] != b.data[i])
			return UnitRank((unsigned char) a.data[i]) < UnitRank((unsigned char) b.data[i]) ? -1 : 1;
	return a.length < b.length ? -1 : a.length > b.length;
}
