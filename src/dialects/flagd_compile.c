/*
 * flagd_compile.c
 *	  JsonLogic as expressions.
 *
 * A part that flagd's SDK cannot make code of breaks the whole targeting of a
 * flag (PARSE_ERROR), though it be never reached; in what the SDK interprets,
 * the same throws when it is reached (GENERAL).
 */
#include <math.h>

#include "dialects/flagd.h"


/* What an operator makes of its operand as written. */
typedef enum Shape
{
	SHAPE_PLAIN,				/* a list of arguments */
	SHAPE_UNARY,				/* likewise; an interpreter unwraps a single one */
	SHAPE_NUMBERS,				/* SHAPE_UNARY; written arguments that are no numbers break it */
	SHAPE_FACTORS,				/* the same of SHAPE_PLAIN */
	SHAPE_BRANCHES,
	SHAPE_JUNCTION,				/* arguments that are not all worked out */
	SHAPE_COMPARISON,
	SHAPE_ITERATION,
	SHAPE_REDUCTION,
	SHAPE_VARIABLE,
	SHAPE_NAMES,				/* missing */
	SHAPE_CHOICE				/* missing_some */
} Shape;

typedef struct Operator
{
	const char *name;
	FFOperation run;
	Shape		shape;
	int			code;
} Operator;

static const Operator operators[] = {
	{"var", FFRunVariable, SHAPE_VARIABLE, 0},
	{"if", FFRunIf, SHAPE_BRANCHES, 0},
	{"and", FFRunJunction, SHAPE_JUNCTION, FF_LOGIC_AND},
	{"or", FFRunJunction, SHAPE_JUNCTION, FF_LOGIC_OR},
	{"!", FFRunTruth, SHAPE_UNARY, FF_LOGIC_NOT},
	{"!!", FFRunTruth, SHAPE_UNARY, FF_LOGIC_IS},
	{"==", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_EQUAL},
	{"!=", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_UNEQUAL},
	{"===", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_SAME},
	{"!==", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_OTHER},
	{"<", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_LESS},
	{"<=", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_LESS_EQUAL},
	{">", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_GREATER},
	{">=", FFRunComparison, SHAPE_COMPARISON, FF_COMPARE_GREATER_EQUAL},
	{"in", FFRunIn, SHAPE_PLAIN, 0},
	{"cat", FFRunConcatenate, SHAPE_UNARY, 0},
	{"substr", FFRunSubstring, SHAPE_PLAIN, 0},
	{"merge", FFRunMerge, SHAPE_PLAIN, 0},
	{"missing", FFRunMissing, SHAPE_NAMES, FF_PATHS},
	{"missing_some", FFRunMissingSome, SHAPE_CHOICE, FF_PATHS},
	{"map", FFRunIterate, SHAPE_ITERATION, FF_MAP},
	{"filter", FFRunIterate, SHAPE_ITERATION, FF_FILTER},
	{"all", FFRunIterate, SHAPE_ITERATION, FF_ALL},
	{"some", FFRunIterate, SHAPE_ITERATION, FF_SOME},
	{"none", FFRunIterate, SHAPE_ITERATION, FF_NONE},
	{"reduce", FFRunReduce, SHAPE_REDUCTION, 0},
	{"+", FFRunArithmetic, SHAPE_NUMBERS, FF_ADD},
	{"-", FFRunArithmetic, SHAPE_NUMBERS, FF_SUBTRACT},
	{"*", FFRunArithmetic, SHAPE_FACTORS, FF_MULTIPLY},
	{"/", FFRunArithmetic, SHAPE_FACTORS, FF_DIVIDE},
	{"%", FFRunArithmetic, SHAPE_FACTORS, FF_REMAINDER},
	{"max", FFRunExtreme, SHAPE_PLAIN, FF_MAXIMUM},
	{"min", FFRunExtreme, SHAPE_PLAIN, FF_MINIMUM},
	{"starts_with", FFRunAffix, SHAPE_PLAIN, FF_STARTS_WITH},
	{"ends_with", FFRunAffix, SHAPE_PLAIN, FF_ENDS_WITH},
	{"sem_ver", FFRunVersion, SHAPE_PLAIN, 0},
	{"fractional", FFRunFractional, SHAPE_PLAIN, 0}
};

static const Operator *
FindOperator(FFString name)
{
	for (int i = 0; i < FF_LENGTH(operators); i++)
		if (FFStringIs(name, operators[i].name))
			return &operators[i];
	return NULL;
}

bool
FFLogicKnown(FFString name)
{
	return FindOperator(name) != NULL;
}

/* The whole targeting cannot be parsed; compiling goes on all the same. */
bool
FFLogicBroken(FFLogicCompiler *logic, const FFPath *path, const char *what)
{
	if (!logic->broken)
		FFNoteFault(logic->compiler, path, "%s: the flag answers PARSE_ERROR", what);
	logic->broken = true;
	return true;
}

/* A part that throws: at once, or when it is reached. */
bool
FFLogicFail(FFLogicCompiler *logic, const FFPath *path, bool interpreted, const char *what,
	 FFExpression *expression)
{
	expression->run = FFRunThrow;
	if (!interpreted)
		return FFLogicBroken(logic, path, what);
	FFNoteFault(logic->compiler, path, "%s: the flag answers GENERAL where it comes to that", what);
	return true;
}

/* --- constants --------------------------------------------------------------------- */

/* A copy of a value; of an array whose elements are no containers, a list. */
static FFItem
ConstantOf(const FFValue *document)
{
	FFValue		copy = FFCopy(document);
	FFItem		item = FFItemOf(&copy);
	FFItem	   *items;
	FFWalk		walk;
	FFValue		element;
	int			i = 0;

	if (document->type != FF_ARRAY)
		return item;
	item.kind = FF_ITEM_LIST;
	item.count = FFCount(document);
	items = FFAlloc((size_t) item.count * sizeof(FFItem) + 1);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &element))
	{
		copy = FFCopy(&element);
		items[i++] = FFItemOf(&copy);
	}
	item.as.items = items;
	return item;
}

bool
FFCompileConstant(const FFValue *document, FFExpression *expression)
{
	expression->run = FFRunConstant;
	expression->constant = ConstantOf(document);
	return true;
}

/* A constant expression is worked out as the SDK does, by interpreting it. */
static bool
CompileConstant(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
				FFExpression *expression)
{
	if (!FFCompileLogic(logic, path, document, true, expression))
		return false;
	if (expression->run != FFRunConstant)
		return FFLogicFail(logic, path, false, "has no value", expression);
	return true;
}

/* An interpreter works a constant out as soon as it meets what that is part of. */
static void
FoldConstant(FFExpression *expression)
{
	FFMachine	machine = {0};

	FFRun(&machine, expression, &expression->constant);
	expression->doomed |= machine.thrown;
	expression->run = expression->doomed ? FFRunThrow : FFRunConstant;
}

/* How many of its parts an interpreter prepares as soon as it meets an operation. */
static int
PreparedParts(const FFExpression *expression)
{
	if (expression->run == FFRunJunction || expression->run == FFRunReduce ||
		(expression->run == FFRunIf && expression->count != 3) ||
		(expression->run == FFRunComparison && expression->count > 3) ||
		expression->run == FFRunIterate)
		return 0;
	return expression->count;
}

/* Whether an interpreter finds that a part throws while it prepares the whole. */
static void
TakeDoom(FFExpression *expression)
{
	int			prepared = PreparedParts(expression);

	for (int i = 0; i < prepared; i++)
		expression->doomed |= expression->arguments[i].doomed;
	if (expression->run == FFRunIterate && expression->code == FF_FILTER && expression->count == 2)
		expression->doomed |= expression->arguments[1].doomed;
	if (expression->doomed)
		expression->run = FFRunThrow;
}

/* --- arguments ----------------------------------------------------------------------- */

/* Arguments of their own each: the elements of an array, or the operand itself. */
static bool
CompileArguments(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				 FFExpression *expression)
{
	bool		is_array = operand->type == FF_ARRAY;
	bool		interpreted = expression->interpreted;
	FFWalk		walk;
	FFValue		element;

	expression->count = is_array ? FFCount(operand) : 1;
	expression->arguments = FFAlloc((size_t) expression->count * sizeof(FFExpression) + 1);
	if (!is_array)
		return FFCompileLogic(logic, path, operand, interpreted, expression->arguments);
	FFWalkStart(&walk, operand);
	for (int i = 0; FFWalkNext(&walk, NULL, &element); i++)
	{
		FFPath		inner = FFPathElement(path, i);

		if (!FFCompileLogic(logic, &inner, &element, interpreted, &expression->arguments[i]))
			return false;
	}
	return true;
}

/* Whether the operand is one expression, or an array of one that is no array. */
static bool
IsUnary(const FFValue *operand)
{
	FFValue		first;

	if (operand->type != FF_ARRAY)
		return true;
	if (FFCount(operand) != 1)
		return false;
	first = FFElement(operand, 0);
	return first.type != FF_ARRAY;
}

/* Arguments that are worked out before the operation. */
bool
FFCompileLogicPlain(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			 FFExpression *expression)
{
	expression->spread = operand->type == FF_OBJECT;
	return CompileArguments(logic, path, operand, expression);
}

/* An interpreter hands a single argument over as it is. */
bool
FFCompileLogicUnary(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			 FFExpression *expression)
{
	expression->unary = IsUnary(operand);
	if (!FFCompileLogicPlain(logic, path, operand, expression))
		return false;
	if (expression->interpreted && expression->unary && expression->run == FFRunArithmetic)
		expression->spread = true;
	return true;
}

/* Whether code of an argument of arithmetic cannot be made. */
static bool
IsNoNumber(const FFValue *written, const FFExpression *argument, bool divides)
{
	const FFItem *constant = &argument->constant;

	if (written->type == FF_ARRAY || (written->type == FF_OBJECT && FFCount(written) == 0))
		return true;
	if (argument->run != FFRunConstant)
		return false;
	if (constant->kind == FF_ITEM_STRING && FFItemBad(constant))
		return true;
	return divides && (constant->kind == FF_ITEM_STRING || constant->kind == FF_ITEM_NUMBER) &&
		FFItemToNumber(constant) == 0;
}

/* Arithmetic in code: its written arguments are numbers, and there are enough. */
static bool
CheckNumbers(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
			 FFExpression *expression)
{
	int			least = expression->code == FF_REMAINDER ? 2 :
		expression->code == FF_SUBTRACT || expression->code == FF_DIVIDE ? 1 : 0;

	if (expression->interpreted || expression->spread)
		return true;
	if (expression->count < least)
		return FFLogicFail(logic, path, false, "has too few operands", expression);
	for (int i = 0; i < expression->count; i++)
	{
		FFValue		written = operand->type == FF_ARRAY ? FFElement(operand, i) : *operand;
		bool		divides = expression->code == FF_DIVIDE && (i > 0 || expression->count == 1);

		if (IsNoNumber(&written, &expression->arguments[i], divides))
			return FFLogicFail(logic, path, false, "has an operand that is no number", expression);
	}
	return true;
}

static bool
CompileArithmetic(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand, bool unary,
				  FFExpression *expression)
{
	return (unary ? FFCompileLogicUnary(logic, path, operand, expression) :
			FFCompileLogicPlain(logic, path, operand, expression)) &&
		CheckNumbers(logic, path, operand, expression);
}

/* --- what is not all worked out ------------------------------------------------------- */

/*
 * and, or, comparisons, if: code is made of so many arguments at least, fewer
 * are interpreted, and an operand that is no array throws.
 */
static bool
CompileLazy(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand, int least,
			FFExpression *expression)
{
	if (operand->type != FF_ARRAY)
		return FFLogicFail(logic, path, true, "an array of operands is expected", expression);
	if (FFCount(operand) < least)
		expression->interpreted = true;
	return CompileArguments(logic, path, operand, expression);
}

static bool
CompileComparison(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				  FFExpression *expression)
{
	bool		exact = logic->exact;
	bool		done;

	if (operand->type == FF_ARRAY && FFCount(operand) < 2)
		return FFLogicFail(logic, path, true, "has too few operands", expression);
	logic->exact = true;
	done = CompileLazy(logic, path, operand, 2, expression);
	logic->exact = exact;
	return done;
}

/* Whether conditions may be nodes, which know the context alone. */
static bool
TakesNodes(const FFLogicCompiler *logic, const FFExpression *expression)
{
	return !expression->interpreted && !logic->exact && !logic->inside;
}

/* if with conditions that are nodes. */
static bool
CompileBranches(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				FFExpression *expression)
{
	int			count = FFCount(operand);
	int			branches = count / 2;
	FFNode	   *conditions = FFAlloc((size_t) branches * sizeof(FFNode));

	expression->run = FFRunBranches;
	expression->own = conditions;
	expression->count = branches + 1;
	expression->arguments = FFAlloc((size_t) (branches + 1) * sizeof(FFExpression));
	expression->arguments[branches].run = FFRunConstant;
	expression->arguments[branches].constant.kind = FF_ITEM_NULL;
	for (int i = 0; i < count; i++)
	{
		FFPath		inner = FFPathElement(path, i);
		FFValue		part = FFElement(operand, i);
		bool		condition = i % 2 == 0 && i + 1 < count;

		if (!(condition ? FFCompileLogicCondition(logic, &inner, &part, &conditions[i / 2]) :
			  FFCompileLogic(logic, &inner, &part, false, &expression->arguments[i / 2])))
			return false;
	}
	return true;
}

static bool
CompileIf(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
		  FFExpression *expression)
{
	if (operand->type == FF_ARRAY && FFCount(operand) >= 3 && TakesNodes(logic, expression))
		return CompileBranches(logic, path, operand, expression);
	return CompileLazy(logic, path, operand, 3, expression);
}

/* --- variables --------------------------------------------------------------------------- */

/* The text that names a variable, where it is written; false: it is worked out. */
static bool
WrittenName(const FFValue *name, FFString *text)
{
	switch (name->type)
	{
		case FF_ABSENT:
		case FF_NULL:
			*text = FFStringOf("", 0);
			return true;
		case FF_STRING:
		case FF_NUMBER:
		case FF_BOOL:
			*text = FFValueTextJs(name);
			return true;
		default:
			return false;
	}
}

/* {"var": name}, or of an array of name and default. */
static bool
CompileVariable(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand,
				FFExpression *expression)
{
	FFItemPath *own = FFAlloc(sizeof(FFItemPath));
	FFValue		name = *operand;
	FFItem		item;
	FFString	text;

	if (operand->type == FF_ARRAY)
	{
		memset(&name, 0, sizeof(name));
		if (FFCount(operand) > 0)
			name = FFElement(operand, 0);
	}
	expression->unary = IsUnary(operand);
	item = FFItemOf(&name);
	if (expression->interpreted && expression->unary && FFItemFalsy(&item))
		memset(&name, 0, sizeof(name)); /* 0 and false too are all there is */
	if (!WrittenName(&name, &text))
	{
		expression->run = FFRunAsked;
		return FFCompileLogicPlain(logic, path, operand, expression);
	}
	FFCompilePath(logic, text, own);
	expression->own = own;
	expression->interpreted |= own->up > 0 || (operand->type == FF_ARRAY && FFCount(operand) > 2);
	if (operand->type != FF_ARRAY || FFCount(operand) < 2)
		return true;
	name = FFElement(operand, 1);
	expression->count = 1;
	expression->arguments = FFAlloc(sizeof(FFExpression));
	return FFCompileLogic(logic, path, &name, expression->interpreted, expression->arguments);
}

/* --- operators --------------------------------------------------------------------------- */

static bool
CompileShape(FFLogicCompiler *logic, const FFPath *path, const FFValue *operand, Shape shape,
			 FFExpression *expression)
{
	switch (shape)
	{
		case SHAPE_UNARY:
			return FFCompileLogicUnary(logic, path, operand, expression);
		case SHAPE_NUMBERS:
		case SHAPE_FACTORS:
			return CompileArithmetic(logic, path, operand, shape == SHAPE_NUMBERS, expression);
		case SHAPE_BRANCHES:
			return CompileIf(logic, path, operand, expression);
		case SHAPE_JUNCTION:
			return CompileLazy(logic, path, operand, 0, expression);
		case SHAPE_COMPARISON:
			return CompileComparison(logic, path, operand, expression);
		case SHAPE_ITERATION:
		case SHAPE_REDUCTION:
			return FFCompileIteration(logic, path, operand, expression);
		case SHAPE_VARIABLE:
			return CompileVariable(logic, path, operand, expression);
		case SHAPE_NAMES:
			return FFCompileMissing(logic, path, operand, expression);
		case SHAPE_CHOICE:
			return FFCompileChoice(logic, path, operand, expression);
		default:
			return FFCompileLogicPlain(logic, path, operand, expression);
	}
}

static bool
CompileOperator(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
				bool interpreted, FFExpression *expression)
{
	const Operator *operator;
	FFString	name;
	FFValue		operand;
	FFPath		inner;

	expression->doomed = interpreted && FFCount(document) > 1;
	if (!FFLogicOperator(document, &name, &operand))
		return FFLogicFail(logic, path, interpreted, "an object of one operator is expected", expression);
	operator = FindOperator(name);
	if (operator == NULL)
		return FFLogicFail(logic, path, interpreted, "unknown operator", expression);
	inner = FFPathMember(path, name);
	expression->run = operator->run;
	expression->code = operator->code;
	expression->interpreted = interpreted;
	return CompileShape(logic, &inner, &operand, operator->shape, expression);
}

/* An array is a constant where all of its elements turn out to be. */
static bool
CompileList(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
			bool interpreted, FFExpression *expression)
{
	FFMachine	machine = {0};

	expression->run = FFRunList;
	expression->interpreted = interpreted;
	if (!CompileArguments(logic, path, document, expression))
		return false;
	TakeDoom(expression);
	if (expression->doomed)
		return true;
	for (int i = 0; i < expression->count; i++)
		if (expression->arguments[i].run != FFRunConstant)
			return true;
	FFRunList(&machine, expression, &expression->constant);
	if (!machine.thrown)
		expression->run = FFRunConstant;
	return true;
}

/* What is not an expression stands for itself. */
static bool
IsPlain(const FFValue *document)
{
	FFWalk		walk;
	FFValue		element;

	if (document->type == FF_OBJECT)
		return FFCount(document) == 0;
	if (document->type != FF_ARRAY)
		return true;
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &element))
		if (element.type == FF_ARRAY || element.type == FF_OBJECT)
			return false;
	return true;
}

/* What an unknown operator is in, which has to be told where it is. */
static bool
CompileUnknown(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
			   bool interpreted, FFExpression *expression)
{
	if (!CompileOperator(logic, path, document, interpreted, expression))
		return false;
	expression->run = FFRunThrow;
	expression->doomed = interpreted;
	return interpreted || logic->broken ||
		FFLogicFail(logic, path, false, "has an unknown operator", expression);
}

/* Compile an object, which is an operation. */
static bool
CompileObject(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
			  bool interpreted, FFExpression *expression)
{
	bool		unknown = false;
	bool		constant = FFConstantLogic(document, false, &unknown);

	if (unknown)
		return CompileUnknown(logic, path, document, interpreted, expression);
	if (constant && !interpreted)
		return CompileConstant(logic, path, document, expression);
	if (!CompileOperator(logic, path, document, interpreted, expression))
		return false;
	if (interpreted && constant)
		FoldConstant(expression);
	else if (interpreted)
		TakeDoom(expression);
	return true;
}

/* Compile any part of JsonLogic; false where it is refused. */
bool
FFCompileLogic(FFLogicCompiler *logic, const FFPath *path, const FFValue *document,
			   bool interpreted, FFExpression *expression)
{
	bool		done;

	memset(expression, 0, sizeof(*expression));
	if (IsPlain(document))
		return FFCompileConstant(document, expression);
	if (logic->depth >= FF_LOGIC_DEPTH || FFStackIsDeep())
		return FFRefuse(logic->compiler, path, FF_ERROR_LIMIT,
						"targeting is nested more than %d levels deep", FF_LOGIC_DEPTH);
	logic->depth++;
	done = document->type == FF_ARRAY ? CompileList(logic, path, document, interpreted, expression) :
		CompileObject(logic, path, document, interpreted, expression);
	logic->depth--;
	return done;
}
