/*
 * jsonpath_filter.c
 *	  Queries of RFC 9535: filters.
 *
 * What is not well typed is no query: a function that gives a value is
 * compared, one that gives a truth is not, and only a query that selects at
 * most one node can be compared.
 */
#include <math.h>

#include "engine/jsonpath.h"

typedef struct Signature
{
	const char *name;
	int			count;			/* of arguments */
	bool		nodes;			/* which are nodes, not values */
	bool		truth;			/* and so is the result, not a value */
} Signature;

static const Signature signatures[] = {
	[FF_PATH_LENGTH] = {"length", 1, false, false},
	[FF_PATH_COUNT] = {"count", 1, true, false},
	[FF_PATH_VALUE] = {"value", 1, true, false},
	[FF_PATH_MATCH] = {"match", 2, false, true},
	[FF_PATH_SEARCH] = {"search", 2, false, true}
};

static bool ParseOperand(FFPathParser *parser, FFPathOperand *operand);

/*
 * A regular expression of RFC 9485, for the whole text or any part of it; NULL
 * where it is none.
 */
FFRegex *
FFPathRegexCompile(FFRegexSetup *setup, FFString pattern, bool whole)
{
	FFText		text = {0};
	char		message[160];

	if (setup == NULL)
		return NULL;
	FFTextAdd(&text, whole ? "^(?:" : "(?:", whole ? 4 : 3);
	FFTextAdd(&text, pattern.data, pattern.length);
	FFTextAdd(&text, whole ? ")$" : ")", whole ? 2 : 1);
	return FFRegexCompileAs(setup, FFStringOf(text.data, text.length), FF_FLAVOUR_RUST,
							false, false, message, sizeof(message));
}

/* --- operands ----------------------------------------------------------------- */

static bool
IsValue(const FFPathOperand *operand)
{
	if (operand->kind == FF_PATH_QUERY)
		return operand->query->singular;
	return operand->kind != FF_PATH_FUNCTION || !signatures[operand->function->kind].truth;
}

static bool
ParseArguments(FFPathParser *parser, FFPathFunction *function)
{
	const Signature *signature = &signatures[function->kind];

	for (int i = 0; i < signature->count; i++)
	{
		FFPathOperand *argument = &function->arguments[i];

		FFPathSkipSpace(parser);
		if (i > 0 && !FFPathAccept(parser, ","))
			return FFPathFail(parser, "an argument is missing");
		FFPathSkipSpace(parser);
		if (!ParseOperand(parser, argument))
			return false;
		if (signature->nodes ? argument->kind != FF_PATH_QUERY : !IsValue(argument))
			return FFPathFail(parser, "an argument is of the wrong type");
	}
	FFPathSkipSpace(parser);
	return FFPathAccept(parser, ")") || FFPathFail(parser, "a parenthesis is not closed");
}

/* A pattern that is a literal is compiled once. */
static void
PreparePattern(FFPathParser *parser, FFPathFunction *function)
{
	const FFPathOperand *pattern = &function->arguments[1];

	function->setup = parser->setup;
	function->constant = pattern->kind == FF_PATH_LITERAL;
	if (function->constant && pattern->literal.type == FF_STRING)
		function->regex = FFPathRegexCompile(parser->setup, FFStringOf(pattern->literal.data, pattern->literal.length),
											 function->kind == FF_PATH_MATCH);
}

/* A function; false and no message where no name of one stands here. */
static bool
ParseFunction(FFPathParser *parser, FFPathOperand *operand)
{
	for (int i = 0; i < FF_LENGTH(signatures); i++)
	{
		int			before = parser->at;

		if (!FFPathAccept(parser, signatures[i].name) || !FFPathAccept(parser, "("))
		{
			parser->at = before;
			continue;
		}
		operand->kind = FF_PATH_FUNCTION;
		operand->function = FFAlloc(sizeof(FFPathFunction));
		operand->function->kind = (FFPathFunctionKind) i;
		if (!ParseArguments(parser, operand->function))
			return false;
		if (signatures[i].truth)
			PreparePattern(parser, operand->function);
		return true;
	}
	return false;
}

/* A number, as JSON writes it. */
static bool
ParseNumber(FFPathParser *parser, FFPathOperand *operand)
{
	int			start = parser->at;
	int			digits;
	bool		zero;

	operand->kind = FF_PATH_NUMBER;
	FFPathAccept(parser, "-");
	digits = parser->at;
	zero = FFPathPeek(parser) == '0';
	while (FFPathPeek(parser) >= '0' && FFPathPeek(parser) <= '9')
		parser->at++;
	if (zero && parser->at > digits + 1)
		return FFPathFail(parser, "a number has a leading zero");
	if (parser->at > digits && FFPathAccept(parser, "."))
	{
		int			fraction = parser->at;

		while (FFPathPeek(parser) >= '0' && FFPathPeek(parser) <= '9')
			parser->at++;
		if (parser->at == fraction)
			return FFPathFail(parser, "a number is malformed");
	}
	if (parser->at > digits && (FFPathAccept(parser, "e") || FFPathAccept(parser, "E")))
	{
		if (!FFPathAccept(parser, "-"))
			FFPathAccept(parser, "+");
		while (FFPathPeek(parser) >= '0' && FFPathPeek(parser) <= '9')
			parser->at++;
	}
	return FFParseFloatC(FFStringOf(parser->text.data + start, parser->at - start), &operand->number) ||
		FFPathFail(parser, "a number is malformed");
}

/* true, false, null; false where none of them stands here. */
static bool
ParseWord(FFPathParser *parser, FFPathOperand *operand)
{
	operand->literal.type = FF_BOOL;
	if (FFPathAccept(parser, "true"))
		operand->literal.boolean = true;
	else if (!FFPathAccept(parser, "false"))
	{
		operand->literal.type = FF_NULL;
		return FFPathAccept(parser, "null");
	}
	return true;
}

static bool
ParseQuery(FFPathParser *parser, FFPathOperand *operand)
{
	operand->kind = FF_PATH_QUERY;
	operand->query = FFAlloc(sizeof(FFPathQuery));
	operand->query->relative = parser->text.data[parser->at] == '@';
	parser->at++;
	return FFPathParseSegments(parser, operand->query);
}

/* A literal, a query or a function. */
static bool
ParseOperand(FFPathParser *parser, FFPathOperand *operand)
{
	int			byte = FFPathPeek(parser);
	FFString	string;

	operand->kind = FF_PATH_LITERAL;
	if (byte == '$' || byte == '@')
		return ParseQuery(parser, operand);
	if (byte == '"' || byte == '\'')
	{
		if (!FFPathParseString(parser, &string))
			return false;
		operand->literal.type = FF_STRING;
		operand->literal.data = string.data;
		operand->literal.length = string.length;
		return true;
	}
	if (byte == '-' || (byte >= '0' && byte <= '9'))
		return ParseNumber(parser, operand);
	if (ParseWord(parser, operand))
		return true;
	return ParseFunction(parser, operand) || FFPathFail(parser, "an operand is missing");
}

/* --- logic ---------------------------------------------------------------------- */

static bool
AcceptComparison(FFPathParser *parser, FFPathComparison *comparison)
{
	static const char *const tokens[] = {
		[FF_PATH_EQ] = "==", [FF_PATH_NE] = "!=", [FF_PATH_LE] = "<=",
		[FF_PATH_LT] = "<", [FF_PATH_GE] = ">=", [FF_PATH_GT] = ">"
	};

	for (int i = 0; i < FF_LENGTH(tokens); i++)
		if (FFPathAccept(parser, tokens[i]))
		{
			*comparison = (FFPathComparison) i;
			return true;
		}
	return false;
}

/* A comparison, or a query or function by itself. */
static bool
ParseTest(FFPathParser *parser, FFPathLogical *logical, bool negated)
{
	int			after;

	if (!ParseOperand(parser, &logical->left))
		return false;
	after = parser->at;
	FFPathSkipSpace(parser);
	if (!negated && AcceptComparison(parser, &logical->comparison))
	{
		logical->kind = FF_PATH_COMPARE;
		FFPathSkipSpace(parser);
		if (!ParseOperand(parser, &logical->right))
			return false;
		return (IsValue(&logical->left) && IsValue(&logical->right)) ||
			FFPathFail(parser, "what is compared is no value");
	}
	parser->at = after;
	logical->kind = FF_PATH_TEST;
	return logical->left.kind == FF_PATH_QUERY ||
		(logical->left.kind == FF_PATH_FUNCTION && signatures[logical->left.function->kind].truth) ||
		FFPathFail(parser, "a value by itself is neither true nor false");
}

/* A test or what is in parentheses, negated or not. */
static bool
ParseBasic(FFPathParser *parser, FFPathLogical *logical)
{
	bool		negated = FFPathAccept(parser, "!");
	FFPathLogical *inner = logical;

	if (negated)
	{
		FFPathSkipSpace(parser);
		logical->kind = FF_PATH_NOT;
		logical->count = 1;
		inner = logical->children = FFAlloc(sizeof(FFPathLogical));
	}
	if (!FFPathAccept(parser, "("))
		return ParseTest(parser, inner, negated);
	FFPathSkipSpace(parser);
	if (!FFPathParseLogical(parser, inner))
		return false;
	FFPathSkipSpace(parser);
	return FFPathAccept(parser, ")") || FFPathFail(parser, "a parenthesis is not closed");
}

/* Operands of one operator, each parsed in turn. */
static bool
ParseChain(FFPathParser *parser, FFPathLogical *logical, FFPathLogicalKind kind, const char *token,
		   bool (*parse) (FFPathParser *parser, FFPathLogical *logical))
{
	int			after;

	logical->kind = kind;
	for (;;)
	{
		logical->children = FFPathGrow(logical->children, logical->count, sizeof(FFPathLogical));
		if (!parse(parser, &logical->children[logical->count++]))
			return false;
		after = parser->at;
		FFPathSkipSpace(parser);
		if (!FFPathAccept(parser, token))
			break;
		FFPathSkipSpace(parser);
	}
	parser->at = after;
	return true;
}

static bool
ParseAnd(FFPathParser *parser, FFPathLogical *logical)
{
	return ParseChain(parser, logical, FF_PATH_AND, "&&", ParseBasic);
}

bool
FFPathParseLogical(FFPathParser *parser, FFPathLogical *logical)
{
	bool		parsed;

	if (parser->depth++ > 64 || FFStackIsDeep())
		return FFPathFail(parser, "the query is nested too deep");
	parsed = ParseChain(parser, logical, FF_PATH_OR, "||", ParseAnd);
	parser->depth--;
	return parsed;
}
