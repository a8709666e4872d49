/*
 * value_tools.c
 *	  Values compared, and written as JSON or as ECMAScript would write them.
 *
 * The members of two equal objects come in the same order: jsonb sorts them.
 */
#include <math.h>

#include "engine/dialect_tools.h"

static bool
SameContainers(const FFValue *a, const FFValue *b)
{
	FFWalk		first;
	FFWalk		second;
	FFString	first_name;
	FFString	second_name;
	FFValue		first_value;
	FFValue		second_value;

	if (FFCount(a) != FFCount(b) || FFStackIsDeep())
		return false;
	FFWalkStart(&first, a);
	FFWalkStart(&second, b);
	while (FFWalkNext(&first, &first_name, &first_value) &&
		   FFWalkNext(&second, &second_name, &second_value))
	{
		if (a->type == FF_OBJECT && !FFStringEquals(first_name, second_name))
			return false;
		if (!FFValueEqual(&first_value, &second_value))
			return false;
	}
	return true;
}

/* Whether two values are the same JSON; numbers are compared exactly. */
bool
FFValueEqual(const FFValue *a, const FFValue *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type)
	{
		case FF_BOOL:
			return a->boolean == b->boolean;
		case FF_NUMBER:
			return FFNumberCompare(a, b) == 0;
		case FF_STRING:
			return FFStringEquals(FFStringOf(a->data, a->length),
								  FFStringOf(b->data, b->length));
		case FF_ARRAY:
		case FF_OBJECT:
			return SameContainers(a, b);
		default:
			return true;
	}
}

/* --- JSON -------------------------------------------------------------------- */

/* Append the escape that a byte needs in a string. */
static void
AddEscape(FFText *text, unsigned char byte)
{
	static const char from[] = "\b\f\n\r\t\"\\";
	static const char to[] = "bfnrt\"\\";
	const char *found = byte == '\0' ? NULL : strchr(from, byte);

	if (found != NULL)
		FFTextFormat(text, "\\%c", to[found - from]);
	else
		FFTextFormat(text, "\\u%04x", byte);
}

/*
 * Append a string as JSON.  Bytes beyond ASCII stay as they are: no encoding
 * of a database has ASCII bytes within its other characters.
 */
void
FFTextJsonString(FFText *text, FFString string)
{
	int			start = 0;

	FFTextAdd(text, "\"", 1);
	for (int i = 0; i < string.length; i++)
	{
		unsigned char byte = (unsigned char) string.data[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		FFTextAdd(text, string.data + start, i - start);
		AddEscape(text, byte);
		start = i + 1;
	}
	if (string.length > start)
		FFTextAdd(text, string.data + start, string.length - start);
	FFTextAdd(text, "\"", 1);
}

/* A number as ECMAScript has it after JSON.parse. */
static double
NumberJs(const FFValue *number)
{
	double		d;

	(void) FFNumberDouble(number, &d);
	return d;
}

static void
AddNumber(FFText *text, const FFValue *number, bool js)
{
	FFString	digits;

	if (!js)
		digits = FFNumberText(number);
	else if (isfinite(NumberJs(number)))
		digits = FFNumberTextJs(NumberJs(number));
	else
		digits = FFStringOf("null", 4);
	FFTextAdd(text, digits.data, digits.length);
}

static void AddJson(FFText *text, const FFValue *value, bool js);

/* Append what is between the brackets of a container, and these. */
static void
AddContainer(FFText *text, const FFValue *value, bool js)
{
	bool		object = value->type == FF_OBJECT;
	const char *separator = object ? "{" : "[";
	FFWalk		walk;
	FFString	name;
	FFValue		element;

	FFWalkStart(&walk, value);
	if (FFCount(value) == 0 || FFStackIsDeep())
		FFTextAdd(text, separator, 1);
	else
		while (FFWalkNext(&walk, &name, &element))
		{
			FFTextAdd(text, separator, 1);
			separator = ",";
			if (object)
			{
				FFTextJsonString(text, name);
				FFTextAdd(text, ":", 1);
			}
			AddJson(text, &element, js);
		}
	FFTextAdd(text, object ? "}" : "]", 1);
}

/* Append a value as JSON; one that is missing is null. */
static void
AddJson(FFText *text, const FFValue *value, bool js)
{
	switch (value->type)
	{
		case FF_BOOL:
			FFTextFormat(text, value->boolean ? "true" : "false");
			break;
		case FF_NUMBER:
			AddNumber(text, value, js);
			break;
		case FF_STRING:
			FFTextJsonString(text, FFStringOf(value->data, value->length));
			break;
		case FF_ARRAY:
		case FF_OBJECT:
			AddContainer(text, value, js);
			break;
		default:
			FFTextAdd(text, "null", 4);
			break;
	}
}

/* Append a value as JSON without spaces; numbers keep all of their digits. */
void
FFTextJson(FFText *text, const FFValue *value)
{
	AddJson(text, value, false);
}

/* JSON.stringify, members in the order in which jsonb keeps them. */
FFString
FFJsonStringify(const FFValue *value)
{
	FFText		text = {0};

	AddJson(&text, value, true);
	return FFStringOf(text.data, text.length);
}

/* --- ECMAScript's String(v) ----------------------------------------------------- */

static void AddTextJs(FFText *text, const FFValue *value);

/* Elements with commas between them; null is nothing there. */
static void
AddJoined(FFText *text, const FFValue *array)
{
	FFWalk		walk;
	FFValue		element;
	bool		first = true;

	if (FFStackIsDeep())
		return;
	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
	{
		if (!first)
			FFTextAdd(text, ",", 1);
		first = false;
		if (element.type != FF_NULL)
			AddTextJs(text, &element);
	}
}

static void
AddTextJs(FFText *text, const FFValue *value)
{
	FFString	string;

	if (value->type == FF_ARRAY)
		AddJoined(text, value);
	else
	{
		string = FFValueTextJs(value);
		if (string.length > 0)
			FFTextAdd(text, string.data, string.length);
	}
}

/* String(v); a value that is missing is undefined. */
FFString
FFValueTextJs(const FFValue *value)
{
	FFText		text = {0};

	switch (value->type)
	{
		case FF_ABSENT:
			return FFStringOf("undefined", 9);
		case FF_NULL:
			return FFStringOf("null", 4);
		case FF_BOOL:
			return value->boolean ? FFStringOf("true", 4) : FFStringOf("false", 5);
		case FF_NUMBER:
			return FFNumberTextJs(NumberJs(value));
		case FF_STRING:
			return FFStringOf(value->data, value->length);
		case FF_OBJECT:
			return FFStringOf("[object Object]", 15);
		default:
			FFTextAdd(&text, "", 0);
			AddJoined(&text, value);
			return FFStringOf(text.data, text.length);
	}
}
