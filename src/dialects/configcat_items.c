/*
 * configcat_items.c
 *	  Attributes that are arrays of strings, or the JSON text of one.
 *
 * A text is read twice: what is no array of strings up to its end does not
 * count at all.
 */
#include "dialects/configcat.h"

#define ITEMS_BETWEEN_INTERRUPTS 1024

/* --- JSON text -------------------------------------------------------------- */

static void
Advance(FFString *rest, int bytes)
{
	rest->data += bytes;
	rest->length -= bytes;
}

static void
SkipSpace(FFString *rest)
{
	while (rest->length > 0 && strchr(" \t\n\r", *rest->data) != NULL && *rest->data != '\0')
		Advance(rest, 1);
}

static bool
Accept(FFString *rest, char byte)
{
	SkipSpace(rest);
	if (rest->length == 0 || *rest->data != byte)
		return false;
	Advance(rest, 1);
	return true;
}

/* Four hexadecimal digits; -1: they are not. */
static int
ReadUnit(FFString text)
{
	int			unit = 0;

	if (text.length < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		char		c = text.data[i];
		int			digit = c >= '0' && c <= '9' ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* Write a character as UTF-8, one half of a pair of UTF-16 on its own too. */
static int
WritePoint(int point, char *out)
{
	int			bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (int i = bytes - 1; i > 0; i--, point >>= 6)
		out[i] = (char) (0x80 | (point & 0x3F));
	out[0] = (char) (heads[bytes] | point);
	return bytes;
}

/* What follows \u, and the other half of its pair where that follows too. */
static int
ReadUnicode(FFString *rest, char *out)
{
	int			point = ReadUnit(*rest);
	int			low;

	if (point < 0)
		return -1;
	Advance(rest, 4);
	if (point >= 0xD800 && point < 0xDC00 && rest->length >= 6 &&
		rest->data[0] == '\\' && rest->data[1] == 'u')
	{
		low = ReadUnit(FFStringOf(rest->data + 2, rest->length - 2));
		if (low >= 0xDC00 && low < 0xE000)
		{
			point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
			Advance(rest, 6);
		}
	}
	return WritePoint(point, out);
}

/* What follows a backslash: the bytes that it stands for, at most 4; -1: nothing. */
static int
ReadEscape(FFString *rest, char *out)
{
	static const char from[] = "bfnrt\"\\/";
	static const char to[] = "\b\f\n\r\t\"\\/";
	const char *found;

	if (rest->length == 0 || *rest->data == '\0')
		return -1;
	found = strchr(from, *rest->data);
	if (found == NULL && *rest->data != 'u')
		return -1;
	Advance(rest, 1);
	if (found == NULL)
		return ReadUnicode(rest, out);
	*out = to[found - from];
	return 1;
}

/* Step over a string behind its first quotation mark. */
static bool
ReadString(FFString *rest, FFString *raw, bool *escaped)
{
	const char *start = rest->data;
	char		scratch[4];

	*escaped = false;
	while (rest->length > 0 && *rest->data != '"')
	{
		unsigned char byte = (unsigned char) *rest->data;

		if (byte < 0x20)
			return false;
		Advance(rest, 1);
		if (byte != '\\')
			continue;
		*escaped = true;
		if (ReadEscape(rest, scratch) < 0)
			return false;
	}
	*raw = FFStringOf(start, (int) (rest->data - start));
	return Accept(rest, '"');
}

/* The text of a string that has escapes; it is never longer than they. */
static FFString
Unescape(FFString raw, char *buffer)
{
	int			length = 0;

	while (raw.length > 0)
	{
		char		byte = *raw.data;

		Advance(&raw, 1);
		if (byte == '\\')
			length += ReadEscape(&raw, buffer + length);
		else
			buffer[length++] = byte;
	}
	return FFStringOf(buffer, length);
}

/* Whether a whole text is an array of strings. */
static bool
IsArrayText(FFString rest)
{
	FFString	raw;
	bool		escaped;
	int			count = 0;

	if (!Accept(&rest, '['))
		return false;
	if (!Accept(&rest, ']'))
	{
		do
		{
			if (!Accept(&rest, '"') || !ReadString(&rest, &raw, &escaped))
				return false;
			if (++count % ITEMS_BETWEEN_INTERRUPTS == 0)
				FFCheckInterrupts();
		} while (Accept(&rest, ','));
		if (!Accept(&rest, ']'))
			return false;
	}
	SkipSpace(&rest);
	return rest.length == 0;
}

/* ------------------------------------------------------------------------------ */

bool
FFConfigCatItemsStart(FFConfigCatItems *items, FFString json, const FFValue *array)
{
	items->rest = json;
	items->started = false;
	items->buffer = NULL;
	if (json.data == NULL)
	{
		FFWalkStart(&items->walk, array);
		return true;
	}
	return IsArrayText(json);
}

static bool
NextOfWalk(FFConfigCatItems *items, FFString *item)
{
	bool		valid;
	FFValue		element;

	if (!FFWalkNext(&items->walk, NULL, &element))
		return false;
	*item = FFUtf8(FFStringOf(element.data, element.length), &valid);
	return true;
}

bool
FFConfigCatItemsNext(FFConfigCatItems *items, FFString *item)
{
	FFString	raw;
	bool		escaped;

	if (items->rest.data == NULL)
		return NextOfWalk(items, item);
	if (!Accept(&items->rest, items->started ? ',' : '[') || !Accept(&items->rest, '"') ||
		!ReadString(&items->rest, &raw, &escaped))
		return false;
	items->started = true;
	if (escaped && items->buffer == NULL)
		items->buffer = FFAlloc((size_t) (raw.length + items->rest.length));
	*item = escaped ? Unescape(raw, items->buffer) : raw;
	return true;
}

void
FFConfigCatItemsEnd(FFConfigCatItems *items)
{
	if (items->buffer != NULL)
		FFFree(items->buffer);
}
