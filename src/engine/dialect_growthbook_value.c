/*
 * dialect_growthbook_value.c
 *	  Values as ECMAScript coerces them, where GrowthBook compares.
 */
#include <math.h>

#include "engine/dialect_growthbook.h"

#define GREEK_SIGMA 0x3A3
#define GREEK_SMALL_SIGMA 0x3C3
#define GREEK_FINAL_SIGMA 0x3C2
#define DOTTED_I 0x130
#define DOT_ABOVE 0x307

static const FFValue null = {.type = FF_NULL};

/* What is missing is null. */
FFGbOperand
FFGbOperandOf(const FFValue *value)
{
	FFGbOperand operand = {.value = value->type == FF_ABSENT ? null : *value};

	return operand;
}

static FFString
StringOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* Number(text) */
static double
NumberOfText(FFString text)
{
	bool		valid;
	double		d;

	return FFParseNumberJs(FFUtf8(text, &valid), &d) ? d : NAN;
}

double
FFGbNumber(const FFGbOperand *operand)
{
	const FFValue *value = &operand->value;
	double		d;

	switch (value->type)
	{
		case FF_NULL:
			return 0;
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			if (value->data == NULL)
				return operand->number;
			(void) FFNumberDouble(value, &d);
			return d;
		case FF_STRING:
			return NumberOfText(StringOf(value));
		case FF_ARRAY:
			return NumberOfText(FFValueTextJs(value));
		default:
			return NAN;
	}
}

/* Of a part of a document; what is not there is undefined. */
double
FFGbNumberOf(const FFValue *value)
{
	FFGbOperand operand = FFGbOperandOf(value);

	return value->type == FF_ABSENT ? NAN : FFGbNumber(&operand);
}

FFString
FFGbText(const FFGbOperand *operand)
{
	if (operand->value.type == FF_NUMBER && operand->value.data == NULL)
		return FFNumberTextJs(operand->number);
	return FFValueTextJs(&operand->value);
}

bool
FFGbTruthy(const FFValue *value)
{
	double		d;

	switch (value->type)
	{
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			(void) FFNumberDouble(value, &d);
			return d != 0;
		case FF_STRING:
			return value->length > 0;
		case FF_ARRAY:
		case FF_OBJECT:
			return true;
		default:
			return false;
	}
}

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
FFGbLower(FFString string)
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

/*
 * The UTF-16 units of text, each as text; half of a character is what equals
 * nothing.  Of text beyond the most that is looked at, the first ones.
 */
FFValue *
FFGbUnits(FFString string, int most, int *count)
{
	bool		valid;
	FFString	utf8 = FFUtf8(string, &valid);
	FFValue    *units = FFAlloc((size_t) (most + 1) * sizeof(FFValue));
	int			bytes;

	*count = 0;
	for (int at = 0; at < utf8.length && *count < most; at += bytes)
	{
		bool		halves = FFPointAt(utf8, at, &bytes) >= 0x10000;

		for (int i = 0; i <= halves; i++)
		{
			FFValue    *unit = &units[(*count)++];

			unit->type = FF_STRING;
			unit->data = halves ? "\xFF" : utf8.data + at;
			unit->length = halves ? 1 : bytes;
		}
	}
	return units;
}

/* Bytes of UTF-8 in the order of UTF-16 units: surrogates are below U+E000. */
static int
UnitRank(unsigned char byte)
{
	return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

/* Compare texts of UTF-8 as ECMAScript does. */
int
FFGbCompareTexts(FFString a, FFString b)
{
	int			least = a.length < b.length ? a.length : b.length;

	for (int i = 0; i < least; i++)
		if (a.data[i] != b.data[i])
			return UnitRank((unsigned char) a.data[i]) < UnitRank((unsigned char) b.data[i]) ? -1 : 1;
	return a.length < b.length ? -1 : a.length > b.length;
}
