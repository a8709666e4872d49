/*
 * flagd_item.c
 *	  Values of JsonLogic, and how ECMAScript converts and compares them.
 */
#include <math.h>

#include "dialects/flagd.h"

FFItem
FFItemString(FFString text)
{
	FFItem		item = {.kind = FF_ITEM_STRING};

	item.as.text = text;
	return item;
}

FFItem
FFItemNumber(double number)
{
	FFItem		item = {.kind = FF_ITEM_NUMBER, .number = number};

	return item;
}

FFItem
FFItemBool(bool truth)
{
	FFItem		item = {.kind = FF_ITEM_BOOL, .truth = truth};

	return item;
}

/* A value of a document or a context; a number is what JSON.parse makes of it. */
FFItem
FFItemOf(const FFValue *value)
{
	FFItem		item = {0};

	switch (value->type)
	{
		case FF_ABSENT:
			break;
		case FF_NULL:
			item.kind = FF_ITEM_NULL;
			break;
		case FF_BOOL:
			return FFItemBool(value->boolean);
		case FF_NUMBER:
			item.kind = FF_ITEM_NUMBER;
			(void) FFNumberDouble(value, &item.number);
			break;
		case FF_STRING:
			return FFItemString(FFStringOf(value->data, value->length));
		case FF_ARRAY:
		case FF_OBJECT:
			item.kind = value->type == FF_ARRAY ? FF_ITEM_ARRAY : FF_ITEM_OBJECT;
			item.as.value = *value;
			break;
	}
	return item;
}

bool
FFItemIsContainer(const FFItem *item)
{
	return item->kind >= FF_ITEM_LIST;
}

bool
FFItemFalsy(const FFItem *item)
{
	switch (item->kind)
	{
		case FF_ITEM_UNDEFINED:
		case FF_ITEM_NULL:
			return true;
		case FF_ITEM_BOOL:
			return !item->truth;
		case FF_ITEM_NUMBER:
			return item->number == 0 || isnan(item->number);
		case FF_ITEM_STRING:
			return item->as.text.length == 0;
		default:
			return false;
	}
}

/* In JsonLogic what is empty is false too. */
bool
FFItemTruthy(const FFItem *item)
{
	switch (item->kind)
	{
		case FF_ITEM_LIST:
			return item->count > 0;
		case FF_ITEM_ARRAY:
		case FF_ITEM_OBJECT:
			return FFCount(&item->as.value) > 0;
		default:
			return !FFItemFalsy(item);
	}
}

/* --- conversions -------------------------------------------------------------- */

/* Elements with commas between them; null is nothing there. */
static FFString
JoinedText(const FFItem *list)
{
	FFText		text = {0};

	FFTextAdd(&text, "", 0);
	for (int i = 0; i < list->count; i++)
	{
		FFString	element;

		if (i > 0)
			FFTextAdd(&text, ",", 1);
		if (list->as.items[i].kind <= FF_ITEM_NULL || FFStackIsDeep())
			continue;
		element = FFItemText(&list->as.items[i]);
		FFTextAdd(&text, element.data, element.length);
	}
	return FFStringOf(text.data, text.length);
}

FFString
FFItemText(const FFItem *item)
{
	switch (item->kind)
	{
		case FF_ITEM_UNDEFINED:
			return FFStringOf("undefined", 9);
		case FF_ITEM_NULL:
			return FFStringOf("null", 4);
		case FF_ITEM_BOOL:
			return item->truth ? FFStringOf("true", 4) : FFStringOf("false", 5);
		case FF_ITEM_NUMBER:
			return FFNumberTextJs(item->number);
		case FF_ITEM_STRING:
			return item->as.text;
		case FF_ITEM_LIST:
			return JoinedText(item);
		case FF_ITEM_ARRAY:
			return FFValueTextJs(&item->as.value);
		default:
			return FFStringOf("[object Object]", 15);
	}
}

double
FFItemToNumber(const FFItem *item)
{
	double		number;

	switch (item->kind)
	{
		case FF_ITEM_UNDEFINED:
			return NAN;
		case FF_ITEM_NULL:
			return 0;
		case FF_ITEM_BOOL:
			return item->truth;
		case FF_ITEM_NUMBER:
			return item->number;
		default:
			return FFParseNumberJs(FFItemText(item), &number) ? number : NAN;
	}
}

/* Whether arithmetic and comparison of numbers refuse it. */
bool
FFItemBad(const FFItem *item)
{
	return FFItemIsContainer(item) || isnan(FFItemToNumber(item));
}

/* An object as what it is compared by. */
static FFItem
Primitive(const FFItem *item)
{
	return FFItemIsContainer(item) ? FFItemString(FFItemText(item)) : *item;
}

/* --- equality --------------------------------------------------------------------- */

/* Whether two containers are one and the same. */
static bool
IsIdentical(const FFItem *a, const FFItem *b)
{
	switch (a->kind)
	{
		case FF_ITEM_LIST:
		case FF_ITEM_PAIR:
		case FF_ITEM_PLACE:
			return a->count > 0 && a->as.items == b->as.items;
		case FF_ITEM_ARRAY:
		case FF_ITEM_OBJECT:
			return a->as.value.data == b->as.value.data;
		default:
			return true;
	}
}

bool
FFItemSame(const FFItem *a, const FFItem *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind)
	{
		case FF_ITEM_BOOL:
			return a->truth == b->truth;
		case FF_ITEM_NUMBER:
			return a->number == b->number;
		case FF_ITEM_STRING:
			return FFStringEquals(a->as.text, b->as.text);
		default:
			return IsIdentical(a, b);
	}
}

/* A boolean is compared as a number, a container as its text. */
bool
FFItemEqual(const FFItem *a, const FFItem *b)
{
	FFItem		left;
	FFItem		right;

	if (a->kind == b->kind)
		return FFItemSame(a, b);
	if (a->kind <= FF_ITEM_NULL || b->kind <= FF_ITEM_NULL)
		return a->kind <= FF_ITEM_NULL && b->kind <= FF_ITEM_NULL;
	if (FFItemIsContainer(a) && FFItemIsContainer(b))
		return false;
	left = Primitive(a);
	right = Primitive(b);
	if (left.kind == FF_ITEM_STRING && right.kind == FF_ITEM_STRING)
		return FFStringEquals(left.as.text, right.as.text);
	return FFItemToNumber(&left) == FFItemToNumber(&right);
}

/* --- order --------------------------------------------------------------------------- */

/* What a byte of UTF-8 counts in the order of UTF-16: surrogates come before U+E000. */
static int
UnitRank(unsigned char byte)
{
	return byte == 0xEE || byte == 0xEF ? byte + 16 : byte;
}

static int
CompareTexts(FFString a, FFString b)
{
	bool		valid;
	FFString	left = FFUtf8(a, &valid);
	FFString	right = FFUtf8(b, &valid);

	for (int i = 0; i < left.length && i < right.length; i++)
	{
		unsigned char x = (unsigned char) left.data[i];
		unsigned char y = (unsigned char) right.data[i];

		if (x != y)
			return UnitRank(x) < UnitRank(y) ? -1 : 1;
	}
	return (left.length > right.length) - (left.length < right.length);
}

int
FFItemCompare(const FFItem *a, const FFItem *b)
{
	FFItem		left = Primitive(a);
	FFItem		right = Primitive(b);
	double		x;
	double		y;

	if (left.kind == FF_ITEM_STRING && right.kind == FF_ITEM_STRING)
		return CompareTexts(left.as.text, right.as.text);
	x = FFItemToNumber(&left);
	y = FFItemToNumber(&right);
	if (isnan(x) || isnan(y))
		return 2;
	return (x > y) - (x < y);
}

/* --- texts in units of UTF-16 --------------------------------------------------------- */

/* Whether a text is UTF-8, as it is in most databases. */
static bool
IsUtf8(FFString text)
{
	bool		valid;

	return FFUtf8(text, &valid).data == text.data;
}

/* The units of the character at a byte, and its bytes. */
static int
CharacterAt(FFString text, bool utf8, int at, int *bytes)
{
	FFString	rest = FFStringOf(text.data + at, text.length - at);
	int			width = 1;
	bool		valid;

	if (utf8)
		return FFPointAt(rest, 0, bytes) >= 0x10000 ? 2 : 1;
	while (width < rest.length && FFClip(rest, width) == 0)
		width++;
	*bytes = width;
	return FFPointAt(FFUtf8(FFStringOf(rest.data, width), &valid), 0, &width) >= 0x10000 ? 2 : 1;
}

int
FFTextUnits(FFString text)
{
	bool		utf8 = IsUtf8(text);
	int			units = 0;
	int			bytes;

	for (int at = 0; at < text.length; at += bytes)
		units += CharacterAt(text, utf8, at, &bytes);
	return units;
}

/* So many units from one on; in place of half a character there is a sign for it. */
FFString
FFTextSlice(FFString text, int from, int count)
{
	bool		utf8 = IsUtf8(text);
	FFText		slice = {0};
	int64_t		end = (int64_t) from + count;
	int			unit = 0;
	int			bytes;

	FFTextAdd(&slice, "", 0);
	for (int at = 0; at < text.length && unit < end; at += bytes)
	{
		int			units = CharacterAt(text, utf8, at, &bytes);

		if (unit >= from && unit + units <= end)
			FFTextAdd(&slice, text.data + at, bytes);
		else if (unit + units > from && utf8)
			FFTextPoint(&slice, 0xFFFD);
		else if (unit + units > from)
			FFTextAdd(&slice, "?", 1);
		unit += units;
	}
	return FFStringOf(slice.data, slice.length);
}

bool
FFTextContains(FFString text, FFString part)
{
	if (part.length == 0)
		return true;
	for (int at = 0; at + part.length <= text.length; at++)
		if (memcmp(text.data + at, part.data, (size_t) part.length) == 0)
			return true;
	return false;
}
