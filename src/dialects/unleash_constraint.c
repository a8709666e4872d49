/*
 * unleash_constraint.c
 *	  Compiles constraints, those of strategies and those of segments.
 *
 * {"contextName": "country", "operator": "IN", "values": ["DE"], "inverted":
 * false, "caseInsensitive": false} or, with one constant, "value".  Inverted
 * turns any outcome of an operator around, that of a missing field too; an
 * unknown operator holds for nobody either way.
 */
#include <math.h>

#include "dialects/unleash.h"

#define CONSTRAINTS_BETWEEN_INTERRUPTS 64
#define VALUES_BETWEEN_INTERRUPTS 1024

void
FFUnleashNever(FFNode *node)
{
	node->kind = FF_NODE_ANY;
	node->count = 0;
}

/*
 * Text without the whitespace around it, as ECMAScript counts it; in other
 * encodings than UTF-8, only that of ASCII.
 */
FFString
FFUnleashTrim(FFString text)
{
	bool		valid;
	FFString	utf8 = FFUtf8(text, &valid);

	return utf8.data == text.data ? FFTrimJs(utf8) : FFTrim(text);
}

/* The operator of a name; FF_UNLEASH_OPERATORS: there is none. */
static FFUnleashOperator
FindOperator(FFString name)
{
	for (int i = 0; i < FF_UNLEASH_OPERATORS; i++)
		if (name.data != NULL && FFStringIs(name, FFUnleashOperatorNames[i]))
			return (FFUnleashOperator) i;
	return FF_UNLEASH_OPERATORS;
}

/* Add a constant as its operator compares it. */
static void
AddConstant(FFUnleashConstraint *constraint, FFString text)
{
	FFNetwork  *network = &constraint->networks.items[constraint->networks.count];

	if (constraint->op == FF_UNLEASH_CIDR)
	{
		if ((constraint->node || memchr(text.data, '%', (size_t) text.length) == NULL) &&
			(FFParseNetwork4(text, network) || FFParseNetwork6(text, network)))
			constraint->networks.count++;
		return;
	}
	if (constraint->ignore_case && constraint->op > FF_UNLEASH_NOT_IN)
		text = FFUnleashLower(text, FFAlloc((size_t) text.length + 1), text.length);
	FFSetAdd(&constraint->strings, FFStringCopy(text), 0);
}

/* The constants of an operator that takes many; Node trims them, and skips empty ones. */
static void
CompileValues(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			  FFUnleashConstraint *constraint)
{
	FFValue		values = FFDialectMember(document, "values");
	FFPath		inner = FFPathMember(path, FFStringOf("values", 6));
	FFWalk		walk;
	FFValue		value;
	int			i = 0;

	if (values.type != FF_ARRAY)
	{
		if (values.type > FF_NULL)
			FFNoteFault(compiler, &inner, "values are no array");
		return;
	}
	constraint->networks.items = FFAlloc(((size_t) FFCount(&values) + 1) * sizeof(FFNetwork));
	FFSetReserve(&constraint->strings, FFCount(&values));
	FFWalkStart(&walk, &values);
	while (FFWalkNext(&walk, NULL, &value))
	{
		FFPath		element = FFPathElement(&inner, i);
		FFString	text = FFStringOf(value.data, value.length);

		if (++i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (value.type != FF_STRING)
			FFNoteFault(compiler, &element, "a constant is no text");
		else if (!constraint->node)
			AddConstant(constraint, text);
		else if (text.length > 0)
			AddConstant(constraint, FFUnleashTrim(text));
	}
}

/* A number constant, as ECMAScript's Number() makes one of anything. */
static bool
CompileNumber(const FFValue *value, FFUnleashConstraint *constraint)
{
	FFString	text;

	if (value->type == FF_NUMBER)
		return FFNumberDouble(value, &constraint->number);
	if (value->type != FF_STRING && !constraint->node)
		return false;
	if (value->type == FF_NULL || value->type == FF_BOOL)
	{
		constraint->number = value->type == FF_BOOL && value->boolean ? 1 : 0;
		return true;
	}
	text = FFValueTextJs(value);
	return FFUnleashNumber(text, constraint->node, &constraint->number);
}

/* A regular expression; NULL: it never matches. */
static bool
CompileRegex(FFCompiler *compiler, const FFPath *path, FFString pattern, FFUnleashConstraint *constraint)
{
	char		message[200];

	constraint->regex = FFRegexCompileAs(FFDialectRegexSetup(compiler), pattern, FF_FLAVOUR_RE2,
										 constraint->ignore_case, false, message, sizeof(message));
	if (constraint->regex == NULL)
		FFNoteFault(compiler, path, "this regular expression never matches: %s", message);
	return true;
}

/* The one constant of the other operators; false: nothing can be compared with it. */
static bool
CompileValue(FFCompiler *compiler, const FFPath *path, const FFValue *document,
			 FFUnleashConstraint *constraint)
{
	FFValue		value = FFDialectMember(document, "value");
	FFString	text = FFDialectString(document, "value");
	FFUnleashOperator op = constraint->op;

	if (op <= FF_UNLEASH_NUM_LTE)
		return CompileNumber(&value, constraint);
	if (text.data == NULL)
		return false;
	if (op <= FF_UNLEASH_DATE_BEFORE)
		return constraint->node ? FFParseTimeJs(text, &constraint->time) : FFParseTime(text, &constraint->time);
	if (op <= FF_UNLEASH_SEMVER_LTE)
		return FFUnleashVersion(FFStringCopy(text), constraint->node, true, &constraint->version);
	return CompileRegex(compiler, path, text, constraint);
}

/* Constants that cannot be compared: nobody matches; inverted, in Node, everybody. */
static void
CompileConstants(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				 FFUnleashConstraint *constraint, bool *never)
{
	FFPath		inner = FFPathMember(path, FFStringOf("value", 5));

	constraint->matches = FFUnleashMatcherOf(constraint->op);
	*never = false;
	if (constraint->op <= FF_UNLEASH_CONTAINS || constraint->op == FF_UNLEASH_CIDR)
	{
		CompileValues(compiler, path, document, constraint);
		return;
	}
	if (CompileValue(compiler, &inner, document, constraint))
		return;
	FFNoteFault(compiler, &inner, "nothing can be compared with this value by %s",
				FFUnleashOperatorNames[constraint->op]);
	constraint->incomparable = true;
	*never = !constraint->node;
}

/* What an explanation calls the constraint: country IN ["DE", "FR"]. */
static const char *
Label(FFString name, FFUnleashOperator op, const FFValue *document)
{
	FFValue		values = FFDialectMember(document, op <= FF_UNLEASH_CONTAINS || op == FF_UNLEASH_CIDR ?
									   "values" : "value");
	FFText		text = {0};

	FFTextFormat(&text, "%.*s %s ", FF_QUOTED(name), FFUnleashOperatorNames[op]);
	FFTextValue(&text, &values);
	return text.data;
}

/* Turn a condition around: it becomes the child of another one. */
static void
Invert(FFNode *node)
{
	FFNode	   *child = FFAlloc(sizeof(FFNode));

	*child = *node;
	node->kind = FF_NODE_NOT;
	node->count = 1;
	node->as.children = child;
}

static void
CompileConstraint(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool node,
				  FFNode *result)
{
	FFValue		inverted = FFDialectMember(document, "inverted");
	FFValue		ignore_case = FFDialectMember(document, "caseInsensitive");
	FFString	name = FFDialectString(document, "contextName");
	FFString	operator = FFDialectString(document, "operator");
	FFUnleashConstraint *constraint;
	bool		never;

	FFUnleashNever(result);
	if (FindOperator(operator) == FF_UNLEASH_OPERATORS)
	{
		FFNoteFault(compiler, path, "unknown operator \"%.*s\": never holds", FF_QUOTED(operator));
		return;
	}
	constraint = FFAlloc(sizeof(FFUnleashConstraint));
	constraint->op = FindOperator(operator);
	constraint->node = node;
	constraint->ignore_case = ignore_case.type == FF_BOOL && ignore_case.boolean;
	if (constraint->op == FF_UNLEASH_DATE_AFTER || constraint->op == FF_UNLEASH_DATE_BEFORE)
	{
		if (node)				/* whatever the constraint says */
			name = FFStringOf("currentTime", 11);
		constraint->clock = name.data != NULL && FFStringIs(name, "currentTime");
	}
	FFUnleashFieldInit(compiler, name.data == NULL ? FFStringOf("undefined", 9) : name, &constraint->field);
	CompileConstants(compiler, path, document, constraint, &never);
	if (never)
		return;
	FFOwnNodeInit(result, Label(constraint->field.name, constraint->op, document), FFUnleashConstraintMatches,
				  constraint);
	if (inverted.type == FF_BOOL && inverted.boolean)
		Invert(result);
}

/* All of them have to hold; room is left for so many more conditions. */
void
FFUnleashConstraints(FFCompiler *compiler, const FFPath *path, const FFValue *document, bool node,
					 FFNode *all, int room)
{
	FFValue		constraints = FFDialectMember(document, "constraints");
	FFPath		inner = FFPathMember(path, FFStringOf("constraints", 11));
	bool		given = constraints.type == FF_ARRAY;
	FFWalk		walk;
	FFValue		constraint;

	all->kind = FF_NODE_ALL;
	all->count = 0;
	all->as.children = FFAlloc(((size_t) (given ? FFCount(&constraints) : 1) + (size_t) room) * sizeof(FFNode) + 1);
	if (!given && constraints.type > FF_NULL)
	{
		FFNoteFault(compiler, &inner, "constraints are no array: they never hold");
		FFUnleashNever(&all->as.children[all->count++]);
	}
	if (!given)
		return;
	FFWalkStart(&walk, &constraints);
	while (FFWalkNext(&walk, NULL, &constraint))
	{
		FFPath		element = FFPathElement(&inner, all->count);

		CompileConstraint(compiler, &element, &constraint, node, &all->as.children[all->count++]);
		if (all->count % CONSTRAINTS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}
