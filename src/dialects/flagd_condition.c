/*
 * flagd_condition.c
 *	  Conditions of JsonLogic as nodes of the common tree.
 *
 * Junctions and negations are nodes; so are comparisons that cannot throw, as
 * tests of an attribute.  All else is a node of flagd's own: an expression,
 * which holds where its value is true.
 */
#include <math.h>

#include "dialects/flagd.h"

#define SHOWN_BYTES 120

/* --- expressions -------------------------------------------------------------- */

static bool
ExpressionMatches(FFEvaluation *evaluation, const void *state)
{
	FFMachine  *machine = (FFMachine *) evaluation;
	FFItem		value;

	if (machine->thrown)
		return false;
	FFRun(machine, state, &value);
	return !machine->thrown && FFItemTruthy(&value);
}

/* A node that is always met, or never. */
static bool
ConstantNode(bool truth, FFNode *node)
{
	node->kind = truth ? FF_NODE_ALL : FF_NODE_ANY;
	node->count = 0;
	return true;
}

static bool
CompileExpression(FFLogicCompiler *logic, const FFPath *path, const FFValue *document, FFNode *node)
{
	FFExpression *expression = FFAlloc(sizeof(FFExpression));
	FFText		text = {0};

	if (!FFCompileLogic(logic, path, document, false, expression))
		return false;
	if (expression->run == FFRunConstant)
		return ConstantNode(FFItemTruthy(&expression->constant), node);
	FFTextJson(&text, document);
	text.data[FFClip(FFStringOf(text.data, text.length), SHOWN_BYTES)] = '\0';
	FFOwnNodeInit(node, text.data, ExpressionMatches, expression);
	return true;
}

/* --- tests ------------------------------------------------------------------------ */

/* What a test of ours compares an attribute with. */
typedef struct Constants
{
	FFItem	   *items;			/* of those that are no strings */
	int			count;
} Constants;

/* === or in: the same value; strings are in a set. */
static bool
MatchSame(const FFTest *test, const FFValue *value)
{
	const Constants *constants = test->own;
	FFItem		item;

	if (value->type == FF_STRING)
		return (FFSetFind(&test->strings, FFStringOf(value->data, value->length)) >= 0) != test->negated;
	item = FFItemOf(value);
	if (item.kind == FF_ITEM_UNDEFINED)
		item.kind = FF_ITEM_NULL;
	for (int i = 0; i < constants->count; i++)
		if (FFItemSame(&constants->items[i], &item))
			return !test->negated;
	return test->negated;
}

static bool
MatchAffix(const FFTest *test, const FFValue *value)
{
	const FFValue *affix = test->values;
	int			rest = value->length - affix->length;

	if (value->type != FF_STRING || rest < 0)
		return false;
	return memcmp(value->data + (test->op == FF_OP_ENDS_WITH ? rest : 0), affix->data,
				  (size_t) affix->length) == 0;
}

/* Keep the constants of a test. */
static void
TakeConstants(FFTest *test, const FFValue *values, int count)
{
	Constants  *constants = FFAlloc(sizeof(Constants));

	test->count = count;
	test->values = FFAlloc((size_t) count * sizeof(FFValue) + 1);
	constants->items = FFAlloc((size_t) count * sizeof(FFItem) + 1);
	FFSetReserve(&test->strings, count);
	for (int i = 0; i < count; i++)
	{
		FFValue    *value = &test->values[i];

		*value = FFCopy(&values[i]);
		if (value->type == FF_STRING)
			(void) FFSetAdd(&test->strings, FFStringOf(value->data, value->length), i);
		else
			constants->items[constants->count++] = FFItemOf(value);
	}
	test->own = constants;
}

/* {"var": "name"} of an attribute of the context, without a default. */
static bool
IsAttribute(FFLogicCompiler *logic, const FFValue *document, FFString *name)
{
	FFString	operator;
	FFValue		operand;
	FFItemPath	path;

	if (!FFLogicOperator(document, &operator, &operand) || !FFStringIs(operator, "var"))
		return false;
	if (operand.type == FF_ARRAY && FFCount(&operand) == 1)
		operand = FFElement(&operand, 0);
	if (operand.type != FF_STRING || logic->inside)
		return false;
	*name = FFStringOf(operand.data, operand.length);
	FFSplitPath(*name, &path);
	return path.up == 0 && path.count == 1 && FFStringEquals(path.steps[0], *name) &&
		!FFStringIs(*name, "$flagd") && !FFStringIs(*name, "targetingKey");
}

static bool
IsScalar(const FFValue *value)
{
	return value->type >= FF_NULL && value->type <= FF_STRING;
}

static bool
StartTest(FFLogicCompiler *logic, FFString attribute, FFMatcher matcher, FFOperator op, FFNode *node)
{
	FFTest	   *test = FFAlloc(sizeof(FFTest));

	test->matcher = matcher;
	test->op = op;
	FFDialectAttribute(logic->compiler, &attribute, 1, &test->attribute);
	node->kind = FF_NODE_TEST;
	node->count = 0;
	node->as.test = test;
	return true;
}

/* [attribute, constant] or, where it does not matter, the other way round. */
static bool
CompileSame(FFLogicCompiler *logic, const FFValue *operand, bool negated, FFNode *node)
{
	FFValue		a = FFElement(operand, 0);
	FFValue		b = FFElement(operand, 1);
	FFString	attribute;

	if (IsScalar(&a))
	{
		FFValue		swapped = a;

		a = b;
		b = swapped;
	}
	if (!IsScalar(&b) || !IsAttribute(logic, &a, &attribute))
		return false;
	StartTest(logic, attribute, MatchSame, negated ? FF_OP_NE : FF_OP_EQ, node);
	node->as.test->negated = negated;
	TakeConstants(node->as.test, &b, 1);
	return true;
}

/* [attribute, [constant, ...]] */
static bool
CompileIn(FFLogicCompiler *logic, const FFValue *operand, FFNode *node)
{
	FFValue		a = FFElement(operand, 0);
	FFValue		list = FFElement(operand, 1);
	int			count = list.type == FF_ARRAY ? FFCount(&list) : 0;
	FFValue    *values;
	FFString	attribute;
	FFWalk		walk;
	int			i = 0;

	if (count == 0 || !IsAttribute(logic, &a, &attribute))
		return false;
	values = FFAlloc((size_t) count * sizeof(FFValue));
	FFWalkStart(&walk, &list);
	while (FFWalkNext(&walk, NULL, &values[i]))
	{
		if (!IsScalar(&values[i]))
			return false;
		if (++i == count)
			break;
	}
	StartTest(logic, attribute, MatchSame, FF_OP_IN, node);
	TakeConstants(node->as.test, values, count);
	return true;
}

/* [attribute, "constant"] */
static bool
CompileAffix(FFLogicCompiler *logic, const FFValue *operand, FFOperator op, FFNode *node)
{
	FFValue		a = FFElement(operand, 0);
	FFValue		affix = FFElement(operand, 1);
	FFString	attribute;

	if (affix.type != FF_STRING || !IsAttribute(logic, &a, &attribute))
		return false;
	StartTest(logic, attribute, MatchAffix, op, node);
	TakeConstants(node->as.test, &affix, 1);
	return true;
}

/* A test of an attribute that cannot throw; false: it is none. */
static bool
CompileTest(FFLogicCompiler *logic, FFString name, const FFValue *operand, FFNode *node)
{
	if (operand->type != FF_ARRAY || FFCount(operand) != 2)
		return false;
	if (FFStringIs(name, "==="))
		return CompileSame(logic, operand, false, node);
	if (FFStringIs(name, "!=="))
		return CompileSame(logic, operand, true, node);
	if (FFStringIs(name, "in"))
		return CompileIn(logic, operand, node);
	if (FFStringIs(name, "starts_with"))
		return CompileAffix(logic, operand, FF_OP_STARTS_WITH, node);
	if (FFStringIs(name, "ends_with"))
		return CompileAffix(logic, operand, FF_OP_ENDS_WITH, node);
	return false;
}

/* --- junctions ------------------------------------------------------------------------ */

static bool
CompileJunction(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				FFNodeKind kind, FFNode *node)
{
	FFWalk		walk;
	FFValue		element;

	node->kind = kind;
	node->count = FFCount(operand);
	node->as.children = FFAlloc((size_t) node->count * sizeof(FFNode) + 1);
	FFWalkStart(&walk, operand);
	for (int i = 0; FFWalkNext(&walk, NULL, &element); i++)
	{
		FFPath		inner = FFPathElement(path, i);

		if (!FFCompileLogicCondition(logic, &inner, &element, &node->as.children[i]))
			return false;
	}
	return true;
}

/* ! and !! of one operand */
static bool
CompileTruth(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand, bool negated,
			 FFNode *node)
{
	FFValue		inner = operand->type == FF_ARRAY ? FFElement(operand, 0) : *operand;

	if (!negated)
		return FFCompileLogicCondition(logic, path, &inner, node);
	node->kind = FF_NODE_NOT;
	node->count = 1;
	node->as.children = FFAlloc(sizeof(FFNode));
	return FFCompileLogicCondition(logic, path, &inner, node->as.children);
}

/* What an operator is as a condition. */
static bool
CompileOperator(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
				FFString name, const FFValue *operand, FFNode *node)
{
	FFPath		inner = FFPathMember(path, name);
	bool		some = operand->type == FF_ARRAY && FFCount(operand) > 0;

	if (some && FFStringIs(name, "and"))
		return CompileJunction(logic, &inner, operand, FF_NODE_ALL, node);
	if (some && FFStringIs(name, "or"))
		return CompileJunction(logic, &inner, operand, FF_NODE_ANY, node);
	if ((some || operand->type == FF_OBJECT) && (FFStringIs(name, "!") || FFStringIs(name, "!!")))
		return CompileTruth(logic, &inner, operand, name.length == 1, node);
	return CompileTest(logic, name, operand, node) || CompileExpression(logic, path, document, node);
}

/* Compile a condition; false where it is refused. */
bool
FFCompileLogicCondition(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
						FFNode *node)
{
	FFString	name;
	FFValue		operand;
	bool		unknown = false;
	bool		done;

	if (!FFLogicOperator(document, &name, &operand) ||
		FFConstantLogic(document, false, &unknown) || unknown || FFStackIsDeep())
		return CompileExpression(logic, path, document, node);
	logic->depth++;
	if (logic->depth > FF_LOGIC_DEPTH)
		done = CompileExpression(logic, path, document, node);
	else
		done = CompileOperator(logic, path, document, name, &operand, node);
	logic->depth--;
	return done;
}
