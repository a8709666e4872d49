/*
 * text.c
 *	  Strings, and texts that people read: errors and explanations.
 */
#include <stdio.h>
#include <string.h>

#include "engine/dialect_tools.h"

#define SHOWN_BYTES 80
#define SHOWN_VALUES 10

/* Compare as bytes. */
bool
FFStringEquals(FFString a, FFString b)
{
	return a.length == b.length &&
		memcmp(a.data, b.data, (size_t) a.length) == 0;
}

/* Compare with a constant. */
bool
FFStringIs(FFString a, const char *b)
{
	return FFStringEquals(a, FFStringOf(b, (int) strlen(b)));
}

/* A copy of our own, terminated for the convenience of debuggers. */
FFString
FFStringCopy(FFString string)
{
	char	   *data = FFAlloc((size_t) string.length + 1);

	if (string.length > 0)
		memcpy(data, string.data, (size_t) string.length);
	return FFStringOf(data, string.length);
}

static bool
IsSpace(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without the ASCII whitespace at both ends; borrowed. */
FFString
FFTrim(FFString text)
{
	while (text.length > 0 && IsSpace(text.data[0]))
	{
		text.data++;
		text.length--;
	}
	while (text.length > 0 && IsSpace(text.data[text.length - 1]))
		text.length--;
	return text;
}

/*
 * Take the part up to the next separator off.  A text without any is one
 * part, and one that ends with a separator has an empty part at last.
 */
bool
FFSplit(FFString *rest, char separator, FFString *part)
{
	const char *found;

	if (rest->data == NULL)
		return false;
	*part = *rest;
	found = memchr(rest->data, separator, (size_t) rest->length);
	if (found == NULL)
	{
		*rest = FFStringOf(NULL, 0);
		return true;
	}
	part->length = (int) (found - rest->data);
	rest->data = found + 1;
	rest->length -= part->length + 1;
	return true;
}

/* Make room for more bytes and the terminator. */
static void
Grow(FFText *text, int more)
{
	char	   *data;
	int			capacity = text->capacity == 0 ? 128 : text->capacity;

	if (text->length + more < text->capacity)
		return;
	while (capacity <= text->length + more)
		capacity *= 2;
	data = FFAlloc((size_t) capacity);
	if (text->data != NULL)
	{
		memcpy(data, text->data, (size_t) text->length);
		FFFree(text->data);
	}
	text->data = data;
	text->capacity = capacity;
}

/* Append bytes; no text is an empty one. */
void
FFTextAdd(FFText *text, const char *data, int length)
{
	Grow(text, length);
	if (length > 0)
		memcpy(text->data + text->length, data, (size_t) length);
	text->length += length;
	text->data[text->length] = '\0';
}

/* Append a short formatted text; what does not fit 300 bytes is cut. */
void
FFTextFormat(FFText *text, const char *format,...)
{
	char		buffer[300];
	va_list		arguments;
	int			length;

	va_start(arguments, format);
	length = vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	if (length >= (int) sizeof(buffer))
		length = (int) sizeof(buffer) - 1;
	if (length > 0)
		FFTextAdd(text, buffer, length);
}

/* Append a string as JSON writes it, clipped. */
static void
AddString(FFText *text, FFString string)
{
	int			shown = FFClip(string, SHOWN_BYTES);

	FFTextAdd(text, "\"", 1);
	for (int i = 0; i < shown; i++)
	{
		unsigned char byte = (unsigned char) string.data[i];

		if (byte == '"' || byte == '\\')
			FFTextFormat(text, "\\%c", byte);
		else if (byte < 0x20)
			FFTextFormat(text, "\\u%04x", byte);
		else
			FFTextAdd(text, &string.data[i], 1);
	}
	if (shown < string.length)
		FFTextAdd(text, "...", 3);
	FFTextAdd(text, "\"", 1);
}

/* Append a number, clipped. */
static void
AddNumber(FFText *text, const FFValue *value)
{
	FFString	number = FFNumberText(value);

	if (number.length <= SHOWN_BYTES)
		FFTextAdd(text, number.data, number.length);
	else
	{
		FFTextAdd(text, number.data, SHOWN_BYTES);
		FFTextAdd(text, "...", 3);
	}
}

/* Append the elements of an array, the first few of them. */
static void
AddArray(FFText *text, const FFValue *array)
{
	FFWalk		walk;
	FFValue		element;
	int			shown = 0;

	FFWalkStart(&walk, array);
	FFTextAdd(text, "[", 1);
	while (FFWalkNext(&walk, NULL, &element))
	{
		if (shown > 0)
			FFTextAdd(text, ", ", 2);
		if (shown++ == SHOWN_VALUES)
		{
			FFTextFormat(text, "... %d in all", FFCount(array));
			break;
		}
		if (element.type == FF_ARRAY)
			FFTextAdd(text, "[...]", 5);
		else
			FFTextValue(text, &element);
	}
	FFTextAdd(text, "]", 1);
}

/* Append a value as JSON, shortened where it is large. */
void
FFTextValue(FFText *text, const FFValue *value)
{
	switch (value->type)
	{
		case FF_ABSENT:
			FFTextFormat(text, "missing");
			break;
		case FF_NULL:
			FFTextFormat(text, "null");
			break;
		case FF_BOOL:
			FFTextFormat(text, value->boolean ? "true" : "false");
			break;
		case FF_NUMBER:
			AddNumber(text, value);
			break;
		case FF_STRING:
			AddString(text, FFStringOf(value->data, value->length));
			break;
		case FF_ARRAY:
			AddArray(text, value);
			break;
		case FF_OBJECT:
			FFTextFormat(text, FFCount(value) == 0 ? "{}" : "{...}");
			break;
	}
}

/* Append the constants of a test. */
void
FFTextValues(FFText *text, const FFValue *values, int count)
{
	FFTextAdd(text, "[", 1);
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			FFTextAdd(text, ", ", 2);
		if (i == SHOWN_VALUES)
		{
			FFTextFormat(text, "... %d in all", count);
			break;
		}
		FFTextValue(text, &values[i]);
	}
	FFTextAdd(text, "]", 1);
}
