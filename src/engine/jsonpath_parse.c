/*
 * jsonpath_parse.c
 *	  Queries of RFC 9535: segments and selectors.
 */
#include <stdio.h>

#include "engine/jsonpath.h"

#define MAX_DEPTH 64
#define MAX_INDEX ((INT64_C(1) << 53) - 1)	/* I-JSON */

/* Say where a text is no query. */
bool
FFPathFail(FFPathParser *parser, const char *message)
{
	if (parser->message[0] == '\0')
		snprintf(parser->message, parser->size, "%s at byte %d", message, parser->at + 1);
	return false;
}

int
FFPathPeek(const FFPathParser *parser)
{
	return parser->at < parser->text.length ? (unsigned char) parser->text.data[parser->at] : -1;
}

/* Take a token where it stands next. */
bool
FFPathAccept(FFPathParser *parser, const char *token)
{
	int			length = (int) strlen(token);

	if (parser->text.length - parser->at < length ||
		memcmp(parser->text.data + parser->at, token, (size_t) length) != 0)
		return false;
	parser->at += length;
	return true;
}

void
FFPathSkipSpace(FFPathParser *parser)
{
	int			byte;

	while ((byte = FFPathPeek(parser)) == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
		parser->at++;
}

void *
FFPathGrow(void *items, int count, size_t size)
{
	char	   *grown;

	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	grown = FFAlloc(size * (size_t) (count == 0 ? 1 : 2 * count));
	if (count > 0)
		memcpy(grown, items, size * (size_t) count);
	return grown;
}

/* --- strings and names ---------------------------------------------------- */

static bool
IsNameFirst(int byte)
{
	return byte == '_' || byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
IsDigit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* Four hexadecimal digits. */
static bool
ParseHex(FFPathParser *parser, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, parser->at++)
	{
		int			byte = FFPathPeek(parser);
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *found = byte <= 0 ? NULL : strchr(digits, byte);

		if (found == NULL)
			return FFPathFail(parser, "four hexadecimal digits are missing");
		*unit = *unit * 16 + (unsigned) ((found - digits) % 16);
	}
	return true;
}

/* A character by its number, of two surrogates where it needs them. */
static bool
ParseUnicode(FFPathParser *parser, FFText *text)
{
	unsigned	point;
	unsigned	low;
	char		bytes[4];
	int			length = 0;

	if (!ParseHex(parser, &point))
		return false;
	if (point >= 0xD800 && point < 0xE000)
	{
		if (point >= 0xDC00 || !FFPathAccept(parser, "\\u") || !ParseHex(parser, &low) ||
			low < 0xDC00 || low >= 0xE000)
			return FFPathFail(parser, "a surrogate stands alone");
		point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
	}
	if (point < 0x80)
		bytes[length++] = (char) point;
	else
	{
		int			more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;

		bytes[length++] = (char) ((0xFF00u >> (more + 1)) | (point >> (6 * more)));
		while (more-- > 0)
			bytes[length++] = (char) (0x80 | ((point >> (6 * more)) & 0x3F));
	}
	FFTextAdd(text, bytes, length);
	return true;
}

static bool
ParseEscape(FFPathParser *parser, char quote, FFText *text)
{
	static const char from[] = "bfnrt/\\";
	static const char to[] = "\b\f\n\r\t/\\";
	int			byte = FFPathPeek(parser);
	const char *found = byte <= 0 ? NULL : strchr(from, byte);

	if (FFPathAccept(parser, "u"))
		return ParseUnicode(parser, text);
	if (byte == quote)
		FFTextAdd(text, &quote, 1);
	else if (found != NULL)
		FFTextAdd(text, &to[found - from], 1);
	else
		return FFPathFail(parser, "there is no such escape");
	parser->at++;
	return true;
}

/* A string between either kind of quotes. */
bool
FFPathParseString(FFPathParser *parser, FFString *string)
{
	FFText		text = {0};
	char		quote = (char) FFPathPeek(parser);

	FFTextAdd(&text, "", 0);
	parser->at++;
	for (;;)
	{
		int			byte = FFPathPeek(parser);

		if (byte < 0x20)		/* or the end */
			return FFPathFail(parser, "a string does not end");
		parser->at++;
		if (byte == quote)
			break;
		if (byte != '\\')
			FFTextAdd(&text, &parser->text.data[parser->at - 1], 1);
		else if (!ParseEscape(parser, quote, &text))
			return false;
	}
	*string = FFStringOf(text.data, text.length);
	return true;
}

static bool
ParseShorthand(FFPathParser *parser, FFPathSelector *selector)
{
	int			start = parser->at;

	if (!IsNameFirst(FFPathPeek(parser)))
		return FFPathFail(parser, "a name is missing");
	while (IsNameFirst(FFPathPeek(parser)) || IsDigit(FFPathPeek(parser)))
		parser->at++;
	selector->kind = FF_PATH_NAME;
	selector->name = FFStringCopy(FFStringOf(parser->text.data + start, parser->at - start));
	return true;
}

/* --- selectors --------------------------------------------------------------- */

/* A whole number of I-JSON, without leading zeros; -0 is none. */
static bool
ParseInteger(FFPathParser *parser, int64_t *number)
{
	bool		negative = FFPathAccept(parser, "-");
	bool		zero = FFPathPeek(parser) == '0';
	int			start = parser->at;

	*number = 0;
	for (; IsDigit(FFPathPeek(parser)) && *number <= MAX_INDEX; parser->at++)
		*number = *number * 10 + (FFPathPeek(parser) - '0');
	if (parser->at == start || *number > MAX_INDEX || (zero && (negative || parser->at > start + 1)))
		return FFPathFail(parser, "an index is malformed");
	if (negative)
		*number = -*number;
	return true;
}

static bool
IsIntegerNext(const FFPathParser *parser)
{
	return FFPathPeek(parser) == '-' || IsDigit(FFPathPeek(parser));
}

/* What follows the first colon of a slice. */
static bool
ParseSlice(FFPathParser *parser, FFPathSelector *selector)
{
	selector->kind = FF_PATH_SLICE;
	selector->step = 1;
	FFPathSkipSpace(parser);
	if (IsIntegerNext(parser))
	{
		selector->has_end = true;
		if (!ParseInteger(parser, &selector->end))
			return false;
		FFPathSkipSpace(parser);
	}
	if (!FFPathAccept(parser, ":"))
		return true;
	FFPathSkipSpace(parser);
	return !IsIntegerNext(parser) || ParseInteger(parser, &selector->step);
}

/* An index, or a slice. */
static bool
ParseIndex(FFPathParser *parser, FFPathSelector *selector)
{
	int			after;

	if (FFPathPeek(parser) != ':')
	{
		selector->has_start = true;
		if (!ParseInteger(parser, &selector->start))
			return false;
	}
	after = parser->at;
	FFPathSkipSpace(parser);
	if (FFPathAccept(parser, ":"))
		return ParseSlice(parser, selector);
	parser->at = after;
	selector->kind = FF_PATH_INDEX;
	return true;
}

static bool
ParseSelector(FFPathParser *parser, FFPathSelector *selector)
{
	int			byte = FFPathPeek(parser);

	if (byte == '"' || byte == '\'')
	{
		selector->kind = FF_PATH_NAME;
		return FFPathParseString(parser, &selector->name);
	}
	if (FFPathAccept(parser, "*"))
	{
		selector->kind = FF_PATH_WILDCARD;
		return true;
	}
	if (FFPathAccept(parser, "?"))
	{
		selector->kind = FF_PATH_FILTER;
		selector->filter = FFAlloc(sizeof(FFPathLogical));
		FFPathSkipSpace(parser);
		return FFPathParseLogical(parser, selector->filter);
	}
	if (byte == ':' || IsIntegerNext(parser))
		return ParseIndex(parser, selector);
	return FFPathFail(parser, "a selector is missing");
}

/* What is between brackets. */
static bool
ParseSelectors(FFPathParser *parser, FFPathSegment *segment)
{
	do
	{
		segment->selectors = FFPathGrow(segment->selectors, segment->count, sizeof(FFPathSelector));
		FFPathSkipSpace(parser);
		if (!ParseSelector(parser, &segment->selectors[segment->count++]))
			return false;
		FFPathSkipSpace(parser);
	} while (FFPathAccept(parser, ","));
	return FFPathAccept(parser, "]") || FFPathFail(parser, "a bracket is not closed");
}

static bool
ParseSegment(FFPathParser *parser, FFPathSegment *segment)
{
	bool		dot;

	segment->descendant = FFPathAccept(parser, "..");
	dot = !segment->descendant && FFPathAccept(parser, ".");
	if (!dot && FFPathAccept(parser, "["))
		return ParseSelectors(parser, segment);
	segment->selectors = FFAlloc(sizeof(FFPathSelector));
	segment->count = 1;
	if (FFPathAccept(parser, "*"))
	{
		segment->selectors->kind = FF_PATH_WILDCARD;
		return true;
	}
	return ParseShorthand(parser, segment->selectors);
}

static bool
IsSingular(const FFPathSegment *segment)
{
	return !segment->descendant && segment->count == 1 &&
		(segment->selectors->kind == FF_PATH_NAME || segment->selectors->kind == FF_PATH_INDEX);
}

/* Segments, as many as there are; space before one belongs to it. */
bool
FFPathParseSegments(FFPathParser *parser, FFPathQuery *query)
{
	query->singular = true;
	if (++parser->depth > MAX_DEPTH || FFStackIsDeep())
		return FFPathFail(parser, "the query is nested too deep");
	for (;;)
	{
		int			before = parser->at;
		FFPathSegment *segment;

		FFPathSkipSpace(parser);
		if (FFPathPeek(parser) != '.' && FFPathPeek(parser) != '[')
		{
			parser->at = before;
			break;
		}
		query->segments = FFPathGrow(query->segments, query->count, sizeof(FFPathSegment));
		segment = &query->segments[query->count++];
		if (!ParseSegment(parser, segment))
			return false;
		query->singular = query->singular && IsSingular(segment);
	}
	parser->depth--;
	return true;
}

FFPathQuery *
FFPathCompile(FFRegexSetup *setup, FFString text, char *message, size_t size)
{
	FFPathParser parser = {.text = text, .setup = setup, .message = message, .size = size};
	FFPathQuery *query = FFAlloc(sizeof(FFPathQuery));

	message[0] = '\0';
	if (!FFPathAccept(&parser, "$"))
	{
		FFPathFail(&parser, "a query begins with $");
		return NULL;
	}
	if (!FFPathParseSegments(&parser, query))
		return NULL;
	if (parser.at < text.length)
	{
		FFPathFail(&parser, "a query does not end like this");
		return NULL;
	}
	return query;
}

/* --- what a query is like ------------------------------------------------------ */

int
FFPathNames(const FFPathQuery *query, FFString *names, int room)
{
	if (!query->singular || query->count > room)
		return -1;
	for (int i = 0; i < query->count; i++)
	{
		if (query->segments[i].selectors->kind != FF_PATH_NAME)
			return -1;
		names[i] = query->segments[i].selectors->name;
	}
	return query->count;
}
