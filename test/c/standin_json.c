/*
 * standin_json.c
 *	  JSON text to the stand-in's values.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

#define MAX_NESTING 2000
#define MAX_EXPONENT 200000

typedef struct Parser
{
	const char *at;
	const char *end;
	int			depth;
} Parser;

static bool ParseValue(Parser *parser, FFValue *value);

static void
SkipSpace(Parser *parser)
{
	while (parser->at < parser->end && strchr(" \t\r\n", *parser->at) != NULL &&
		   *parser->at != '\0')
		parser->at++;
}

static bool
Accept(Parser *parser, char wanted)
{
	SkipSpace(parser);
	if (parser->at == parser->end || *parser->at != wanted)
		return false;
	parser->at++;
	return true;
}

static bool
AcceptWord(Parser *parser, const char *word)
{
	size_t		length = strlen(word);

	if ((size_t) (parser->end - parser->at) < length ||
		memcmp(parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

/* One escape; surrogates and \u0000 are refused, as by jsonb. */
static bool
ParseEscape(Parser *parser, char *out, int *length)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char		hex[5] = {0};
	char	   *stop;
	long		point;

	if (parser->at == parser->end)
		return false;
	if (*parser->at != 'u')
	{
		found = *parser->at == '\0' ? NULL : strchr(from, *parser->at);
		if (found == NULL)
			return false;
		parser->at++;
		out[(*length)++] = to[found - from];
		return true;
	}
	if (parser->end - parser->at < 5)
		return false;
	memcpy(hex, parser->at + 1, 4);
	point = strtol(hex, &stop, 16);
	if (stop != hex + 4 || point <= 0 || (point >= 0xD800 && point < 0xE000))
		return false;
	parser->at += 5;
	*length += StandinEncode((unsigned) point, out + *length);
	return true;
}

/* The bytes up to the end of the string that starts here, at most. */
static size_t
StringBytes(const Parser *parser)
{
	const char *at = parser->at;

	while (at < parser->end && *at != '"')
		at += *at == '\\' && at + 1 < parser->end ? 2 : 1;
	return (size_t) (at - parser->at);
}

static bool
ParseString(Parser *parser, FFString *string)
{
	char	   *data;
	int			length = 0;

	if (!Accept(parser, '"'))
		return false;
	data = FFAlloc(StringBytes(parser));
	while (parser->at < parser->end && *parser->at != '"')
	{
		char		c = *parser->at++;

		if ((unsigned char) c < 0x20)
			return false;
		if (c != '\\')
			data[length++] = c;
		else if (!ParseEscape(parser, data, &length))
			return false;
	}
	if (parser->at == parser->end)
		return false;
	parser->at++;
	string->data = FFAlloc((size_t) length);	/* exactly as long as it is */
	memcpy((char *) string->data, data, (size_t) length);
	string->length = length;
	FFFree(data);
	return true;
}

static bool
IsDigitAt(const Parser *parser)
{
	return parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9';
}

/* Digits into number, leading zeros dropped; scale counts them all. */
static int
ParseDigits(Parser *parser, Number *number, bool fraction)
{
	int			digits = 0;

	for (; IsDigitAt(parser); parser->at++, digits++)
	{
		if (number->length == 0 && *parser->at == '0')
		{
			number->exponent -= fraction;
			continue;
		}
		number->digits[number->length++] = *parser->at;
		number->exponent += !fraction;
	}
	if (fraction)
		number->decimals = digits;
	return digits;
}

static bool
ParseExponent(Parser *parser, Number *number)
{
	bool		negative;
	long		exponent = 0;

	if (parser->at == parser->end || (*parser->at != 'e' && *parser->at != 'E'))
		return true;
	parser->at++;
	negative = AcceptWord(parser, "-");
	if (!negative)
		AcceptWord(parser, "+");
	if (!IsDigitAt(parser))
		return false;
	for (; IsDigitAt(parser); parser->at++)
		if (exponent <= MAX_EXPONENT)
			exponent = exponent * 10 + (*parser->at - '0');
	if (exponent > MAX_EXPONENT)
		return false;
	number->exponent += (int) (negative ? -exponent : exponent);
	number->decimals += (int) (negative ? exponent : -exponent);
	if (number->decimals < 0)
		number->decimals = 0;
	return true;
}

static bool
ParseNumber(Parser *parser, FFValue *value)
{
	Number	   *number;
	const char *start = parser->at;

	while (start < parser->end && *start != '\0' &&
		   strchr("+-.0123456789eE", *start) != NULL)
		start++;
	number = FFAlloc(sizeof(Number) + (size_t) (start - parser->at));
	number->negative = AcceptWord(parser, "-");
	start = parser->at;
	if (ParseDigits(parser, number, false) == 0 ||
		(*start == '0' && parser->at > start + 1))
		return false;
	if (AcceptWord(parser, ".") && ParseDigits(parser, number, true) == 0)
		return false;
	if (!ParseExponent(parser, number))
		return false;
	while (number->length > 0 && number->digits[number->length - 1] == '0')
		number->length--;
	if (number->length == 0)
	{
		number->negative = false;
		number->exponent = 0;
	}
	value->type = FF_NUMBER;
	value->data = (const char *) number;
	return true;
}

static void
AddValue(Container *container, FFString name, FFValue value)
{
	if (container->count == container->capacity)
	{
		int			capacity = container->capacity * 2 + 4;
		FFString   *names = FFAlloc((size_t) capacity * sizeof(FFString));
		FFValue    *values = FFAlloc((size_t) capacity * sizeof(FFValue));

		if (container->count > 0)
		{
			memcpy(names, container->names,
				   (size_t) container->count * sizeof(FFString));
			memcpy(values, container->values,
				   (size_t) container->count * sizeof(FFValue));
			FFFree(container->names);
			FFFree(container->values);
		}
		container->names = names;
		container->values = values;
		container->capacity = capacity;
	}
	container->names[container->count] = name;
	container->values[container->count++] = value;
}

static bool
ParseArray(Parser *parser, Container *container)
{
	if (Accept(parser, ']'))
		return true;
	do
	{
		FFValue		element = {0};

		if (!ParseValue(parser, &element))
			return false;
		AddValue(container, Str(""), element);
	} while (Accept(parser, ','));
	return Accept(parser, ']');
}

typedef struct Member
{
	FFString	name;
	FFValue		value;
	int			order;
} Member;

static int
CompareMembers(const void *a, const void *b)
{
	const Member *first = a;
	const Member *second = b;
	int			order = FFNameCompare(first->name, second->name);

	return order != 0 ? order : first->order - second->order;
}

/* Sort the members; of those with the same name the last stays. */
static void
SortMembers(Container *container)
{
	int			count = container->count;
	Member	   *members = FFAlloc((size_t) count * sizeof(Member));

	for (int i = 0; i < count; i++)
		members[i] = (Member) {container->names[i], container->values[i], i};
	qsort(members, (size_t) count, sizeof(Member), CompareMembers);
	container->count = 0;
	for (int i = 0; i < count; i++)
	{
		if (i + 1 < count && FFNameCompare(members[i].name, members[i + 1].name) == 0)
			continue;
		container->names[container->count] = members[i].name;
		container->values[container->count++] = members[i].value;
	}
	FFFree(members);
}

static bool
ParseObject(Parser *parser, Container *container)
{
	if (Accept(parser, '}'))
		return true;
	do
	{
		FFString	name;
		FFValue		member = {0};

		if (!ParseString(parser, &name) || !Accept(parser, ':') ||
			!ParseValue(parser, &member))
			return false;
		AddValue(container, name, member);
	} while (Accept(parser, ','));
	SortMembers(container);
	return Accept(parser, '}');
}

static bool
ParseContainer(Parser *parser, FFValue *value)
{
	bool		array = *parser->at++ == '[';
	Container  *container = FFAlloc(sizeof(Container));
	bool		parsed;

	if (++parser->depth > MAX_NESTING)
		return false;
	parsed = array ? ParseArray(parser, container) : ParseObject(parser, container);
	parser->depth--;
	value->type = array ? FF_ARRAY : FF_OBJECT;
	value->data = (const char *) container;
	return parsed;
}

static bool
ParseValue(Parser *parser, FFValue *value)
{
	FFString	string;

	SkipSpace(parser);
	if (parser->at == parser->end)
		return false;
	switch (*parser->at)
	{
		case '[':
		case '{':
			return ParseContainer(parser, value);
		case '"':
			if (!ParseString(parser, &string))
				return false;
			*value = (FFValue) {FF_STRING, false, string.length, string.data};
			return true;
		case 't':
			*value = (FFValue) {.type = FF_BOOL, .boolean = true};
			return AcceptWord(parser, "true");
		case 'f':
			*value = (FFValue) {.type = FF_BOOL};
			return AcceptWord(parser, "false");
		case 'n':
			*value = (FFValue) {.type = FF_NULL};
			return AcceptWord(parser, "null");
		default:
			return ParseNumber(parser, value);
	}
}

FFValue
StandinParse(const char *text, int length)
{
	Parser		parser = {text, text + length, 0};
	FFValue		value = {0};
	FFValue		absent = {0};

	if (!ParseValue(&parser, &value))
		return absent;
	SkipSpace(&parser);
	return parser.at == parser.end ? value : absent;
}

FFValue
Json(const char *text)
{
	FFValue		value = StandinParse(text, (int) strlen(text));

	if (value.type == FF_ABSENT)
	{
		fprintf(stderr, "not JSON: %.200s\n", text);
		abort();
	}
	return value;
}

FFString
Str(const char *text)
{
	FFString	string = {text, text == NULL ? 0 : (int) strlen(text)};

	return string;
}
