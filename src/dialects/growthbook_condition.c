/*
 * growthbook_condition.c
 *	  GrowthBook: conditions into the tree that all dialects share.
 *
 * What an operator asks of an attribute is a test, where it needs nothing but
 * the value; a node of the dialect's own where it asks a saved group, a
 * condition of elements, or the attribute that the user key stands for.  What
 * the SDK raises an error over is kept as what says so when it is met.
 */
#include "dialects/growthbook.h"

#define VALUES_BETWEEN_INTERRUPTS 1024
#define MOST_UNITS 1000			/* of text in place of conditions */

/* --- nodes -------------------------------------------------------------------- */

static void
Group(FFNode *node, FFNodeKind kind, int count)
{
	node->kind = kind;
	node->count = count;
	node->as.children = FFAlloc((size_t) count * sizeof(FFNode) + 1);
}

void
FFGbAlways(FFNode *node)
{
	Group(node, FF_NODE_ALL, 0);
}

void
FFGbNever(FFNode *node)
{
	Group(node, FF_NODE_ANY, 0);
}

static FFNode *
Not(FFNode *node)
{
	Group(node, FF_NODE_NOT, 1);
	return node->as.children;
}

/* What the provider's SDK raises an error over has no answer. */
static bool
Fail(FFEvaluation *evaluation, const void *state)
{
	(void) state;
	FFGbFailIf(evaluation, true);
	return false;
}

static void
Fails(FFCompiler *compiler, const FFPath *path, FFNode *node)
{
	FFNoteFault(compiler, path, "a condition that cannot be evaluated");
	FFOwnNodeInit(node, "cannot be evaluated", Fail, NULL);
}

/* --- what is asked of an attribute ---------------------------------------------- */

static bool
TestMatches(const FFTest *test, const FFValue *value)
{
	const FFGbPath *path = test->own;
	FFGbOperand operand = FFGbOperandOf(value);

	if (path->count > 0)
		operand = FFGbFollow(operand, path->steps, path->count);
	return FFGbCheckHolds(path->check, &operand, NULL);
}

/* What a node of our own looks at. */
static void
ExplainValue(FFEvaluation *evaluation, const FFGbPath *path, const FFGbOperand *operand)
{
	FFText		text = {0};

	FFTextFormat(&text, "%.*s = ", FF_QUOTED(path->attribute.name));
	if (FFContextShows(evaluation->context, path->first))
		FFTextValue(&text, &operand->value);
	else
		FFTextFormat(&text, "... (of a source that you may not read)");
	FFTraceReport(evaluation->context, "attribute", operand->value.type == FF_NULL ? "missing" : "found", &text);
}

static bool
PathMatches(FFEvaluation *evaluation, const void *state)
{
	const FFGbPath *path = state;
	FFGbOperand operand = FFGbPathValue(evaluation, path);

	if (FF_UNLIKELY(evaluation->context->trace != NULL) &&
		(operand.value.type != FF_NUMBER || operand.value.data != NULL))
		ExplainValue(evaluation, path, &operand);
	return FFGbCheckHolds(path->check, &operand, evaluation);
}

/* Whether one of the tree's own operators says what a check does, by the value alone. */
static bool
HasOperator(const FFGbCheck *check)
{
	switch (check->kind)
	{
		case FF_GB_TEXT:
		case FF_GB_NUMBER:
		case FF_GB_BOOL:
		case FF_GB_NULL:
		case FF_GB_JSON:
		case FF_GB_SAME:
		case FF_GB_ORDER:
		case FF_GB_VERSION:
		case FF_GB_EXISTS:
		case FF_GB_IN:
			return true;
		default:
			return false;
	}
}

/* id, in ["a", "b"] */
static const char *
Describe(FFString name, const FFGbCheck *check)
{
	FFText		text = {0};

	FFTextFormat(&text, "%.*s", FF_QUOTED(name));
	if (check->name.data != NULL)
		FFTextFormat(&text, ", %.*s", FF_QUOTED(check->name));
	FFTextFormat(&text, check->name.data != NULL ? " " : " = ");
	FFTextValue(&text, &check->expected);
	return text.data;
}

/* A test that an explanation shows as it shows native ones, or a node of our own. */
static void
InitTest(FFCompiler *compiler, FFString name, const FFGbCheck *check, FFNode *node)
{
	FFGbPath   *path = FFAlloc(sizeof(FFGbPath));
	FFTest	   *test;

	FFGbPathInit(compiler, name, true, path);
	path->check = check;
	if (!HasOperator(check) || path->is_user)
	{
		FFOwnNodeInit(node, Describe(name, check), PathMatches, path);
		return;
	}
	test = FFAlloc(sizeof(FFTest));
	FFDialectAttribute(compiler, &path->first, 1, &test->attribute);
	test->attribute.name = path->attribute.name;
	test->matcher = TestMatches;
	test->op = check->op;
	test->label = check->name.data != NULL ? check->name.data : "=";
	test->own = path;
	test->ignore_case = check->list != NULL && check->list->folded;
	test->values = FFAlloc(sizeof(FFValue));
	test->values[0] = check->expected;
	test->count = 1;
	node->kind = FF_NODE_TEST;
	node->as.test = test;
}

/* Spread a check of an attribute over nodes of the tree. */
static void
InitChecks(FFCompiler *compiler, FFString name, const FFGbCheck *check, FFNode *node)
{
	if (check->kind == FF_GB_EVERY && check->count == 1)
		InitChecks(compiler, name, check->children, node);
	else if (check->kind == FF_GB_EVERY)
	{
		Group(node, FF_NODE_ALL, check->count);
		for (int i = 0; i < check->count; i++)
			InitChecks(compiler, name, &check->children[i], &node->as.children[i]);
	}
	else if (check->kind == FF_GB_NOT)
		InitChecks(compiler, name, check->children, Not(node));
	else
		InitTest(compiler, name, check, node);
}

/* --- conditions --------------------------------------------------------------- */

/* A list as ECMAScript iterates it: an array, or the units of text. */
typedef struct List
{
	FFWalk		walk;
	FFValue    *units;			/* NULL: an array */
	int			count;
	int			next;
} List;

static void
ListStart(List *list, const FFValue *value)
{
	memset(list, 0, sizeof(*list));
	if (value->type == FF_STRING)
		list->units = FFGbUnits(FFStringOf(value->data, value->length), MOST_UNITS, &list->count);
	else if (value->type == FF_ARRAY)
		list->count = FFCount(value);
	if (value->type == FF_ARRAY)
		FFWalkStart(&list->walk, value);
}

static bool
ListNext(List *list, FFValue *element)
{
	if (list->next == list->count)
		return false;
	if (list->units != NULL)
		*element = list->units[list->next];
	else
		(void) FFWalkNext(&list->walk, NULL, element);
	list->next++;
	return true;
}

/* Conditions of which any or all are to be met; an empty list is met by everybody. */
static bool
CompileList(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFNodeKind kind,
			int depth, FFNode *node)
{
	List		list;
	FFValue		element;

	ListStart(&list, value);
	if (value->type == FF_NULL)
		Fails(compiler, path, node);
	else if (list.count == 0)
		FFGbAlways(node);
	else
		Group(node, kind, list.count);
	while (ListNext(&list, &element))
	{
		FFPath		at = FFPathElement(path, list.next - 1);

		if (!FFGbCompileCondition(compiler, &at, &element, depth + 1, &node->as.children[list.next - 1]))
			return false;
	}
	return true;
}

/* One member of a condition. */
static bool
CompileMember(FFCompiler *compiler, const FFPath *path, FFString name, const FFValue *value,
			  int depth, FFNode *node)
{
	FFGbCheck  *check;

	if (FFStringIs(name, "$or"))
		return CompileList(compiler, path, value, FF_NODE_ANY, depth, node);
	if (FFStringIs(name, "$nor"))
		return CompileList(compiler, path, value, FF_NODE_ANY, depth, Not(node));
	if (FFStringIs(name, "$and"))
		return CompileList(compiler, path, value, FF_NODE_ALL, depth, node);
	if (FFStringIs(name, "$not"))
		return FFGbCompileCondition(compiler, path, value, depth + 1, Not(node));
	if (FFStringIs(name, "$savedGroup"))
	{
		FFGbCompileReference(compiler, path, value, node);
		return true;
	}
	check = FFAlloc(sizeof(FFGbCheck));
	if (!FFGbCompileCheck(compiler, path, value, false, depth + 1, check))
		return false;
	InitChecks(compiler, name, check, node);
	return true;
}

/* The elements of a list that is taken for an object, whose names are their places. */
static bool
CompilePlaces(FFCompiler *compiler, const FFPath *path, const FFValue *condition, int depth, FFNode *node)
{
	List		list;
	FFValue		element;

	ListStart(&list, condition);
	Group(node, FF_NODE_ALL, list.count);
	while (ListNext(&list, &element))
	{
		FFPath		at = FFPathElement(path, list.next - 1);

		if (!CompileMember(compiler, &at, FFNumberTextJs(list.next - 1), &element, depth,
						   &node->as.children[list.next - 1]))
			return false;
	}
	return true;
}

/* The members of an object, all of which are to be met. */
static bool
CompileMembers(FFCompiler *compiler, const FFPath *path, const FFValue *condition, int depth, FFNode *node)
{
	FFWalk		walk;
	FFString	name;
	FFValue		value;
	FFNode	   *child = node;

	if (FFCount(condition) != 1)
	{
		Group(node, FF_NODE_ALL, FFCount(condition));
		child = node->as.children;
	}
	FFWalkStart(&walk, condition);
	for (int i = 0; FFWalkNext(&walk, &name, &value); i++)
	{
		FFPath		at = FFPathMember(path, name);

		if (i % VALUES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (!CompileMember(compiler, &at, name, &value, depth, child++))
			return false;
	}
	return true;
}

/* A condition is met when all of its members are; a number has none. */
bool
FFGbCompileCondition(FFCompiler *compiler, const FFPath *path, const FFValue *condition,
					 int depth, FFNode *node)
{
	if (FFGbTooDeep(compiler, path, depth))
		return false;
	if (condition->type == FF_OBJECT)
		return CompileMembers(compiler, path, condition, depth, node);
	FFNoteFault(compiler, path, "a condition is an object");
	if (condition->type > FF_NULL)
		return CompilePlaces(compiler, path, condition, depth, node);
	Fails(compiler, path, node);
	return true;
}
