/*
 * growthbook_check.c
 *	  GrowthBook: what a condition asks of one value, prepared.
 */
#include <math.h>
#include <stdlib.h>

#include "dialects/growthbook.h"

#define VALUES_BETWEEN_INTERRUPTS 1024

/* One operator: how it is compiled, and into what. */
typedef struct Operator
{
	const char *name;
	bool		(*compile) (FFCompiler *compiler, const FFPath *path, const FFValue *expected,
							int depth, FFGbCheck *check);
	FFGbKind	kind;
	FFOperator	op;
	bool		negated;
	bool		folded;
} Operator;

bool
FFGbTooDeep(FFCompiler *compiler, const FFPath *path, int depth)
{
	if (depth <= FF_GB_MAX_DEPTH && !FFStackIsDeep())
		return false;
	(void) FFRefuse(compiler, path, FF_ERROR_LIMIT, "conditions are nested more than %d deep", FF_GB_MAX_DEPTH);
	return true;
}

static FFString
StringOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* --- lists ------------------------------------------------------------------ */

static int
CompareDoubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static void
AddToList(FFGbList *list, const FFValue *value)
{
	switch (value->type)
	{
		case FF_NULL:
			list->has_null = true;
			break;
		case FF_BOOL:
			list->has_true |= value->boolean;
			list->has_false |= !value->boolean;
			break;
		case FF_NUMBER:
			list->numbers[list->number_count++] = FFGbNumberOf(value);
			break;
		case FF_STRING:
			(void) FFSetAdd(&list->strings, list->folded ? FFLowerJs(StringOf(value)) :
							FFStringCopy(StringOf(value)), list->strings.count);
			break;
		default:
			break;
	}
}

/* The elements of an array that something can be the same as. */
FFGbList *
FFGbCompileList(const FFValue *values, bool folded)
{
	FFGbList   *list = FFAlloc(sizeof(FFGbList));
	FFWalk		walk;
	FFValue		value;
	int			strings = 0;
	int			numbers = 0;

	list->folded = folded;
	FFWalkStart(&walk, values);
	while (FFWalkNext(&walk, NULL, &value))
	{
		strings += value.type == FF_STRING;
		numbers += value.type == FF_NUMBER;
	}
	FFSetReserve(&list->strings, strings);
	list->numbers = FFAlloc((size_t) numbers * sizeof(double) + 1);
	FFWalkStart(&walk, values);
	for (int i = 0; FFWalkNext(&walk, NULL, &value); i++)
	{
		if (i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		AddToList(list, &value);
	}
	if (list->number_count > 1)
		qsort(list->numbers, (size_t) list->number_count, sizeof(double), CompareDoubles);
	return list;
}

/* --- operators ----------------------------------------------------------------- */

static bool
Never(FFCompiler *compiler, const FFPath *path, FFGbCheck *check, const char *why)
{
	FFNoteFault(compiler, path, "%s", why);
	check->kind = FF_GB_NEVER;
	return true;
}

/* Put what is asked into a check that negates it. */
static FFGbCheck *
Negate(FFGbCheck *check)
{
	check->kind = FF_GB_NOT;
	check->count = 1;
	check->children = FFAlloc(sizeof(FFGbCheck));
	check->children->expected = check->expected;
	check->children->op = check->op;
	return check->children;
}

static bool
CompileSame(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			FFGbCheck *check)
{
	(void) depth;
	if (expected->type == FF_ARRAY || expected->type == FF_OBJECT)
		FFNoteFault(compiler, path, "no value is the same as another array or object");
	check->number = FFGbNumberOf(expected);
	if (expected->type == FF_STRING)
		check->text = StringOf(&check->expected);
	return true;
}

static bool
CompileOrder(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			 FFGbCheck *check)
{
	FFGbOperand operand = FFGbOperandOf(&check->expected);
	bool		valid;

	(void) compiler;
	(void) path;
	(void) depth;
	check->is_text = expected->type == FF_STRING || expected->type == FF_ARRAY || expected->type == FF_OBJECT;
	check->number = FFGbNumber(&operand);
	if (check->is_text)
		check->text = FFUtf8(FFGbText(&operand), &valid);
	return true;
}

static bool
CompileVersion(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			   FFGbCheck *check)
{
	FFGbOperand operand = FFGbOperandOf(expected);

	(void) compiler;
	(void) path;
	(void) depth;
	check->text = FFGbPadded(FFGbVersion(&operand), NULL, 0);
	return true;
}

static bool
CompileExists(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			  FFGbCheck *check)
{
	(void) compiler;
	(void) path;
	(void) depth;
	check->boolean = FFGbTruthy(expected);
	return true;
}

static bool
CompileIn(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
		  FFGbCheck *check)
{
	(void) compiler;
	(void) path;
	(void) depth;
	check->list = FFGbCompileList(expected, check->boolean);
	return true;
}

static bool
CompileRegex(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			 FFGbCheck *check)
{
	FFRegexSetup *setup = FFDialectRegexSetup(compiler);
	char		message[160] = "";

	(void) depth;
	if (expected->type != FF_STRING || setup == NULL)
		return Never(compiler, path, check, "a regular expression is text");
	check->regex = FFRegexCompileAs(setup, StringOf(expected), FF_FLAVOUR_JAVASCRIPT, check->boolean,
									false, message, sizeof(message));
	if (check->regex == NULL)
		FFNoteFault(compiler, path, "a regular expression that matches nothing: %s", message);
	return true;
}

static bool
CompileType(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			FFGbCheck *check)
{
	(void) depth;
	if (expected->type != FF_STRING)
		return Never(compiler, path, check, "a type is text");
	check->text = StringOf(&check->expected);
	return true;
}

static bool
CompileGroup(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			 FFGbCheck *check)
{
	FFString	key = FFValueTextJs(expected);

	(void) depth;
	if (key.length == 0)
		FFNoteFault(compiler, path, "a saved group without a key");
	check->segment = FFInternSegment(compiler, FFStringCopy(key));
	return true;
}

/* What is asked of how many elements there are. */
static bool
CompileSize(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			FFGbCheck *check)
{
	check->count = 1;
	check->children = FFAlloc(sizeof(FFGbCheck));
	return FFGbCompileCheck(compiler, path, expected, false, depth + 1, check->children);
}

static bool
CompileNot(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
		   FFGbCheck *check)
{
	check->count = 1;
	check->children = FFAlloc(sizeof(FFGbCheck));
	return FFGbCompileCheck(compiler, path, expected, false, depth + 1, check->children);
}

/* Whether all members of an object are operators. */
static bool
IsOperators(const FFValue *object)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	if (object->type != FF_OBJECT || FFCount(object) == 0)
		return false;
	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &value))
		if (name.length == 0 || name.data[0] != '$')
			return false;
	return true;
}

/* Operators on an element, or a condition that it meets. */
static bool
CompileElement(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
			   FFGbCheck *check)
{
	if (expected->type == FF_NULL)
	{
		FFNoteFault(compiler, path, "a condition that cannot be evaluated");
		check->kind = FF_GB_SIZE;	/* of any array */
		check->count = 1;
		check->children = FFAlloc(sizeof(FFGbCheck));
		check->children->kind = FF_GB_FAILS;
		return true;
	}
	if (IsOperators(expected))
		return CompileSize(compiler, path, expected, depth, check);
	check->kind = FF_GB_ELEMENT_MEETS;
	check->node = FFAlloc(sizeof(FFNode));
	return FFGbCompileCondition(compiler, path, expected, depth + 1, check->node);
}

static bool
CompileAll(FFCompiler *compiler, const FFPath *path, const FFValue *expected, int depth,
		   FFGbCheck *check)
{
	FFWalk		walk;
	FFValue		element;

	check->children = FFAlloc((size_t) FFCount(expected) * sizeof(FFGbCheck) + 1);
	FFWalkStart(&walk, expected);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFPath		at = FFPathElement(path, check->count);

		if (!FFGbCompileCheck(compiler, &at, &element, check->boolean, depth + 1,
							  &check->children[check->count++]))
			return false;
	}
	return true;
}

static const Operator operators[] = {
	{"$eq", CompileSame, FF_GB_SAME, FF_OP_EQ, false, false},
	{"$ne", CompileSame, FF_GB_SAME, FF_OP_EQ, true, false},
	{"$lt", CompileOrder, FF_GB_ORDER, FF_OP_LT, false, false},
	{"$lte", CompileOrder, FF_GB_ORDER, FF_OP_LE, false, false},
	{"$gt", CompileOrder, FF_GB_ORDER, FF_OP_GT, false, false},
	{"$gte", CompileOrder, FF_GB_ORDER, FF_OP_GE, false, false},
	{"$veq", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_EQ, false, false},
	{"$vne", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_EQ, true, false},
	{"$vlt", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_LT, false, false},
	{"$vlte", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_LE, false, false},
	{"$vgt", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_GT, false, false},
	{"$vgte", CompileVersion, FF_GB_VERSION, FF_OP_SEMVER_GE, false, false},
	{"$exists", CompileExists, FF_GB_EXISTS, FF_OP_EXISTS, false, false},
	{"$in", CompileIn, FF_GB_IN, FF_OP_IN, false, false},
	{"$nin", CompileIn, FF_GB_IN, FF_OP_IN, true, false},
	{"$ini", CompileIn, FF_GB_IN, FF_OP_IN, false, true},
	{"$nini", CompileIn, FF_GB_IN, FF_OP_IN, true, true},
	{"$regex", CompileRegex, FF_GB_REGEX, FF_OP_MATCHES, false, false},
	{"$regexi", CompileRegex, FF_GB_REGEX, FF_OP_MATCHES, false, true},
	{"$type", CompileType, FF_GB_TYPE, FF_OP_EQ, false, false},
	{"$inGroup", CompileGroup, FF_GB_IN_GROUP, FF_OP_IN, false, false},
	{"$notInGroup", CompileGroup, FF_GB_NOT_IN_GROUP, FF_OP_IN, false, false},
	{"$size", CompileSize, FF_GB_SIZE, FF_OP_EQ, false, false},
	{"$not", CompileNot, FF_GB_NOT, FF_OP_EQ, false, false},
	{"$elemMatch", CompileElement, FF_GB_ELEMENT, FF_OP_EQ, false, false},
	{"$all", CompileAll, FF_GB_ALL, FF_OP_EQ, false, false},
	{"$alli", CompileAll, FF_GB_ALL, FF_OP_EQ, false, true},
};

/* One operator and what it expects. */
static bool
CompileOperator(FFCompiler *compiler, const FFPath *path, FFString name, const FFValue *expected,
				int depth, FFGbCheck *check)
{
	const Operator *found = NULL;

	for (int i = 0; i < FF_LENGTH(operators) && found == NULL; i++)
		if (FFStringIs(name, operators[i].name))
			found = &operators[i];
	check->expected = FFCopy(expected);
	if (found == NULL)
		return Never(compiler, path, check, "an unknown operator never matches");
	if ((found->compile == CompileIn || found->compile == CompileAll) && expected->type != FF_ARRAY)
		return Never(compiler, path, check, "the operator takes an array");
	check->op = found->op;
	if (found->negated)
		check = Negate(check);
	check->kind = found->kind;
	check->name = FFStringOf(found->name, (int) strlen(found->name));
	check->boolean = found->folded;
	return found->compile(compiler, path, expected, depth, check);
}

/* Operators that all hold. */
static bool
CompileOperators(FFCompiler *compiler, const FFPath *path, const FFValue *object, int depth,
				 FFGbCheck *check)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;

	check->kind = FF_GB_EVERY;
	check->children = FFAlloc((size_t) FFCount(object) * sizeof(FFGbCheck));
	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &value))
	{
		FFPath		at = FFPathMember(path, name);

		if (!CompileOperator(compiler, &at, name, &value, depth, &check->children[check->count++]))
			return false;
	}
	return true;
}

/* Text that a value is; folded: in any case. */
static void
InitText(FFGbCheck *check, bool folded)
{
	check->kind = folded ? FF_GB_FOLDED : FF_GB_TEXT;
	check->text = folded ? FFLowerJs(StringOf(&check->expected)) : StringOf(&check->expected);
}

/* What a condition asks of a value: operators, or to be equal. */
bool
FFGbCompileCheck(FFCompiler *compiler, const FFPath *path, const FFValue *condition, bool folded,
				 int depth, FFGbCheck *check)
{
	static const FFGbKind kinds[] = {
		[FF_ABSENT] = FF_GB_NULL, [FF_NULL] = FF_GB_NULL, [FF_BOOL] = FF_GB_BOOL,
		[FF_NUMBER] = FF_GB_NUMBER, [FF_STRING] = FF_GB_TEXT, [FF_ARRAY] = FF_GB_JSON,
		[FF_OBJECT] = FF_GB_JSON
	};

	if (FFGbTooDeep(compiler, path, depth))
		return false;
	if (IsOperators(condition))
		return CompileOperators(compiler, path, condition, depth, check);
	check->expected = FFCopy(condition);
	check->kind = kinds[condition->type];
	check->op = FF_OP_EQ;
	if (condition->type == FF_STRING)
		InitText(check, folded);
	else if (check->kind == FF_GB_JSON)
		check->text = FFJsonStringify(condition);
	else if (condition->type == FF_NUMBER)
		check->number = FFGbNumberOf(condition);
	check->boolean = condition->boolean;
	return true;
}
