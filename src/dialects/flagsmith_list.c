/*
 * flagsmith_list.c
 *	  The list of IN that is written as JSON text.
 *
 * Elements are what Python's str() makes of them.  One that is a container or
 * holds U+0000 equals no value of a context and is left out.
 */
#include <stdio.h>

#include "dialects/flagsmith.h"

#define MAX_DEPTH 64
#define ELEMENTS_BETWEEN_INTERRUPTS 1024

typedef struct Reader
{
	const char *at;
	const char *end;
	int			depth;
} Reader;

static bool SkipValue(Reader *reader);

static void
SkipSpace(Reader *reader)
{
	while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) != NULL && *reader->at != '\0')
		reader->at++;
}

static bool
Accept(Reader *reader, const char *token)
{
	size_t		length = strlen(token);

	if ((size_t) (reader->end - reader->at) < length || memcmp(reader->at, token, length) != 0)
		return false;
	reader->at += length;
	return true;
}

/* The same after space. */
static bool
AcceptNext(Reader *reader, const char *token)
{
	SkipSpace(reader);
	return Accept(reader, token);
}

/* --- strings ------------------------------------------------------------------------ */

static bool
ReadHex(Reader *reader, unsigned *unit)
{
	*unit = 0;
	if (reader->end - reader->at < 4)
		return false;
	for (int i = 0; i < 4; i++, reader->at++)
	{
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *found = *reader->at == '\0' ? NULL : strchr(digits, *reader->at);

		if (found == NULL)
			return false;
		*unit = *unit * 16 + (unsigned) ((found - digits) % 16);
	}
	return true;
}

static void
AddPoint(FFText *text, unsigned point)
{
	int			more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	char		byte = (char) (more == 0 ? point : (0xFF00u >> (more + 1)) | (point >> (6 * more)));

	FFTextAdd(text, &byte, 1);
	while (more-- > 0)
	{
		byte = (char) (0x80 | ((point >> (6 * more)) & 0x3F));
		FFTextAdd(text, &byte, 1);
	}
}

/* \u and four digits, twice for a pair; usable is cleared of what no text has. */
static bool
ReadUnicode(Reader *reader, FFText *text, bool *usable)
{
	unsigned	point;
	unsigned	low;
	Reader		before;

	if (!ReadHex(reader, &point))
		return false;
	before = *reader;
	if (point >= 0xD800 && point < 0xDC00 && Accept(reader, "\\u") && ReadHex(reader, &low) &&
		low >= 0xDC00 && low < 0xE000)
		point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
	else
		*reader = before;
	if (point == 0 || (point >= 0xD800 && point < 0xE000))
		*usable = false;
	else
		AddPoint(text, point);
	return true;
}

static bool
ReadEscape(Reader *reader, FFText *text, bool *usable)
{
	static const char from[] = "bfnrt/\\\"";
	static const char to[] = "\b\f\n\r\t/\\\"";
	const char *found;

	if (Accept(reader, "u"))
		return ReadUnicode(reader, text, usable);
	if (reader->at == reader->end || *reader->at == '\0' || (found = strchr(from, *reader->at)) == NULL)
		return false;
	FFTextAdd(text, &to[found - from], 1);
	reader->at++;
	return true;
}

/* What follows the opening quote. */
static bool
ReadString(Reader *reader, FFText *text, bool *usable)
{
	FFTextAdd(text, "", 0);
	for (;;)
	{
		const char *plain = reader->at;

		while (plain < reader->end && *plain != '"' && *plain != '\\' && (unsigned char) *plain >= 0x20)
			plain++;
		FFTextAdd(text, reader->at, (int) (plain - reader->at));
		reader->at = plain;
		if (Accept(reader, "\""))
			return true;
		if (!Accept(reader, "\\") || !ReadEscape(reader, text, usable))
			return false;
	}
}

/* --- other values -------------------------------------------------------------------- */

/* A number as JSON writes it; *decimals tells whether Python makes a float of it. */
static bool
ReadNumber(Reader *reader, FFString *number, bool *decimals)
{
	const char *start = reader->at;

	*decimals = false;
	Accept(reader, "-");
	if (!Accept(reader, "0"))
		while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
			reader->at++;
	if (reader->at == start || reader->at[-1] == '-')
		return false;
	for (int part = 0; part < 2; part++)
	{
		const char *digits;

		if (part == 0 ? !Accept(reader, ".") : !Accept(reader, "e") && !Accept(reader, "E"))
			continue;
		if (part == 1 && !Accept(reader, "+"))
			Accept(reader, "-");
		digits = reader->at;
		while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
			reader->at++;
		if (reader->at == digits)
			return false;
		*decimals = true;
	}
	*number = FFStringOf(start, (int) (reader->at - start));
	return true;
}

/* Elements or members up to the closing bracket. */
static bool
SkipContainer(Reader *reader, bool object)
{
	const char *close = object ? "}" : "]";
	bool		usable;

	if (++reader->depth > MAX_DEPTH)
		return false;
	if (!AcceptNext(reader, close))
	{
		do
		{
			FFText		name = {0};

			if (object && (!AcceptNext(reader, "\"") || !ReadString(reader, &name, &usable) || !AcceptNext(reader, ":")))
				return false;
			if (!SkipValue(reader))
				return false;
		} while (AcceptNext(reader, ","));
		if (!AcceptNext(reader, close))
			return false;
	}
	reader->depth--;
	return true;
}

/* A value of any kind. */
static bool
SkipValue(Reader *reader)
{
	FFText		text = {0};
	FFString	number;
	bool		flag;

	SkipSpace(reader);
	if (Accept(reader, "["))
		return SkipContainer(reader, false);
	if (Accept(reader, "{"))
		return SkipContainer(reader, true);
	if (Accept(reader, "\""))
		return ReadString(reader, &text, &flag);
	return Accept(reader, "true") || Accept(reader, "false") || Accept(reader, "null") ||
		ReadNumber(reader, &number, &flag);
}

/* What Python calls a number. */
static FFString
NumberName(FFString number, bool decimals)
{
	double		d;

	if (FFStringIs(number, "-0"))
		return FFStringOf("0", 1);
	if (decimals && FFParseFloatPython(number, &d))
		return FFNumberTextPython(d);
	return FFStringCopy(number);
}

/* One element, as text; data NULL of one that can equal nothing. */
static bool
ReadElement(Reader *reader, FFString *element)
{
	FFText		text = {0};
	FFString	number;
	bool		usable = true;
	bool		decimals;

	*element = FFStringOf(NULL, 0);
	SkipSpace(reader);
	if (Accept(reader, "\""))
	{
		if (!ReadString(reader, &text, &usable))
			return false;
		if (usable)
			*element = FFStringOf(text.data, text.length);
		return true;
	}
	if (Accept(reader, "true"))
		*element = FFStringOf("True", 4);
	else if (Accept(reader, "false"))
		*element = FFStringOf("False", 5);
	else if (Accept(reader, "null"))
		*element = FFStringOf("None", 4);
	else if (ReadNumber(reader, &number, &decimals))
		*element = NumberName(number, decimals);
	else
		return SkipValue(reader);
	return true;
}

bool
FFFlagsmithList(FFString json, FFSet *list)
{
	Reader		reader = {json.data, json.data + json.length, 0};
	FFString	element;
	int			count = 0;

	memset(list, 0, sizeof(*list));
	if (!AcceptNext(&reader, "["))
		return false;
	if (!AcceptNext(&reader, "]"))
	{
		do
		{
			if (++count % ELEMENTS_BETWEEN_INTERRUPTS == 0)
				FFCheckInterrupts();
			if (!ReadElement(&reader, &element))
				return false;
			if (element.data != NULL)
				FFSetAdd(list, element, 0);
		} while (AcceptNext(&reader, ","));
		if (!AcceptNext(&reader, "]"))
			return false;
	}
	SkipSpace(&reader);
	return reader.at == reader.end;
}
