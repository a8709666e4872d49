/*
 * flagd_compile_list.c
 *	  What of JsonLogic goes through an array: map and its like, reduce,
 *	  missing_some.
 */
#include "dialects/flagd.h"

/* Whether an operand is {"var": name}. */
static bool
IsVariable(const FFValue *operand, const char *wanted)
{
	FFString	name;
	FFValue		of;

	return FFLogicOperator(operand, &name, &of) && FFStringIs(name, "var") && of.type == FF_STRING &&
		FFStringIs(FFStringOf(of.data, of.length), wanted);
}

/* Whether reduce is a sum or product of accumulator and current. */
static bool
IsFold(const FFValue *mapper, int *code)
{
	FFString	name;
	FFValue		operands;
	FFValue		a;
	FFValue		b;

	if (!FFLogicOperator(mapper, &name, &operands) || operands.type != FF_ARRAY || FFCount(&operands) != 2)
		return false;
	*code = FFStringIs(name, "*") ? FF_MULTIPLY : FF_ADD;
	if (!FFStringIs(name, "+") && *code == FF_ADD)
		return false;
	a = FFElement(&operands, 0);
	b = FFElement(&operands, 1);
	return (IsVariable(&a, "accumulator") && IsVariable(&b, "current")) ||
		(IsVariable(&a, "current") && IsVariable(&b, "accumulator"));
}

/* An interpreter adds or multiplies the elements at once, then the start. */
static bool
CompileFold(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand, int code,
			FFExpression *expression)
{
	FFExpression *arguments = FFAlloc(2 * sizeof(FFExpression));
	FFValue		root = FFElement(operand, 0);
	FFValue		start = {0};
	FFItem		item;

	expression->run = arguments[0].run = FFRunArithmetic;
	expression->code = arguments[0].code = code;
	arguments[0].interpreted = true;
	expression->count = 2;
	expression->arguments = arguments;
	if (FFCount(operand) > 2)
		start = FFElement(operand, 2);
	item = FFItemOf(&start);
	if (item.kind == FF_ITEM_UNDEFINED || (code == FF_ADD && FFItemFalsy(&item)))
	{
		arguments[1].run = FFRunConstant;
		arguments[1].constant = FFItemNumber(code == FF_ADD ? 0 : 1);
	}
	else if (!FFCompileLogic(logic, path, &start, true, &arguments[1]))
		return false;
	return code == FF_ADD ? FFCompileLogicUnary(logic, path, &root, arguments) :
		FFCompileLogicPlain(logic, path, &root, arguments);
}

/* Whether there is something to reduce by, which an interpreter looks at first. */
static bool
HasMapper(const FFValue *operand)
{
	return FFCount(operand) > 1 && FFElement(operand, 1).type != FF_NULL;
}

/* A filter that does not look at the elements: all of what there is, or nothing. */
static bool
CompilePassage(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			   const FFValue *mapper, FFExpression *expression)
{
	FFValue		collection = FFElement(operand, 0);
	FFExpression whether;

	if (!FFCompileLogic(logic, path, mapper, true, &whether) ||
		!FFCompileLogic(logic, path, &collection, true, expression))
		return false;
	if (whether.run == FFRunConstant && !FFItemTruthy(&whether.constant))
	{
		memset(expression, 0, sizeof(*expression));
		expression->run = FFRunConstant;
		expression->constant.kind = FF_ITEM_LIST;
	}
	expression->doomed |= whether.doomed;
	return true;
}

/* What an interpreter has shorter ways for; false: it has none for this. */
static bool
CompileShort(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			 FFExpression *expression, bool *done)
{
	FFValue		mapper = FFElement(operand, 1);
	bool		unknown = false;
	int			code;

	if (expression->run == FFRunReduce && IsFold(&mapper, &code))
		*done = CompileFold(logic, path, operand, code, expression);
	else if (expression->run == FFRunIterate && expression->code == FF_FILTER &&
			 FFCount(operand) == 2 && FFConstantLogic(&mapper, false, &unknown))
		*done = CompilePassage(logic, path, operand, &mapper, expression);
	else
		return false;
	return true;
}

/* map and its like: the array, and what is said of each element. */
bool
FFCompileIteration(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				 FFExpression *expression)
{
	FFExpression *arguments;
	bool		inside = logic->inside;
	bool		done = true;

	if (operand->type != FF_ARRAY)
		return FFLogicFail(logic, path, expression->interpreted, "an array of operands is expected", expression);
	if (expression->interpreted && expression->run == FFRunReduce && !HasMapper(operand))
	{
		expression->doomed = true;
		return FFLogicFail(logic, path, true, "has nothing to reduce by", expression);
	}
	if (expression->interpreted && FFCount(operand) > 1 && CompileShort(logic, path, operand, expression, &done))
		return done;
	expression->count = FFCount(operand);
	if (expression->count > 3)
		expression->count = 3;
	arguments = FFAlloc((size_t) expression->count * sizeof(FFExpression) + 1);
	expression->arguments = arguments;
	for (int i = 0; done && i < expression->count; i++)
	{
		FFPath		inner = FFPathElement(path, i);
		FFValue		part = FFElement(operand, i);

		logic->inside = inside || i == 1;
		done = FFCompileLogic(logic, &inner, &part, expression->interpreted, &arguments[i]);
		logic->inside = inside;
	}
	return done;
}

static bool
IsMember(const FFValue *name)
{
	return name->type == FF_STRING && memchr(name->data, '.', (size_t) name->length) == NULL;
}

/* One or two names as written, without points: code takes them for members. */
static bool
AreMembers(const FFValue *names)
{
	FFValue		first = *names;
	FFValue		second = *names;

	if (names->type == FF_ARRAY)
	{
		if (FFCount(names) < 1 || FFCount(names) > 2)
			return false;
		first = FFElement(names, 0);
		second = FFElement(names, FFCount(names) - 1);
	}
	return IsMember(&first) && IsMember(&second);
}

/* missing: names, or what they are worked out by. */
bool
FFCompileMissing(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				 FFExpression *expression)
{
	if (!expression->interpreted && AreMembers(operand))
		expression->code = FF_MEMBERS;
	return FFCompileLogicPlain(logic, path, operand, expression);
}

/* missing_some: in code, the names are as written. */
bool
FFCompileChoice(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			  FFExpression *expression)
{
	FFValue		names;

	if (operand->type == FF_OBJECT && !expression->interpreted)
		return FFLogicFail(logic, path, false, "an array of operands is expected", expression);
	if (!FFCompileLogicPlain(logic, path, operand, expression))
		return false;
	if (expression->interpreted || expression->count < 2)
	{
		expression->interpreted = true;
		return true;
	}
	names = FFElement(operand, 1);
	if (names.type == FF_ARRAY && AreMembers(&names))
		expression->code = FF_MEMBERS;
	if (names.type == FF_ARRAY)
		return FFCompileConstant(&names, &expression->arguments[1]);
	expression->interpreted = true;
	return true;
}
