/*
 * flagd_constant.c
 *	  Which parts of JsonLogic depend on nothing, and are worked out beforehand.
 */
#include "dialects/flagd.h"

/* How an operator depends on what it is given. */
typedef enum Dependence
{
	DEPENDS_ON_OPERANDS,
	DEPENDS_ON_ITERATION,		/* map and its like: inside, var is of the element */
	DEPENDS_ON_CONTEXT,
	DEPENDS_ON_PLACE,			/* var */
	DEPENDS_ON_NAMES			/* missing */
} Dependence;

static const struct
{
	const char *name;
	Dependence	dependence;
}			operators[] = {
	{"var", DEPENDS_ON_PLACE}, {"missing", DEPENDS_ON_NAMES}, {"missing_some", DEPENDS_ON_CONTEXT},
	{"map", DEPENDS_ON_ITERATION}, {"filter", DEPENDS_ON_ITERATION}, {"all", DEPENDS_ON_ITERATION},
	{"some", DEPENDS_ON_ITERATION}, {"none", DEPENDS_ON_ITERATION}, {"reduce", DEPENDS_ON_ITERATION},
	{"starts_with", DEPENDS_ON_CONTEXT}, {"ends_with", DEPENDS_ON_CONTEXT},
	{"sem_ver", DEPENDS_ON_CONTEXT}, {"fractional", DEPENDS_ON_CONTEXT}
};

static Dependence
DependenceOf(FFString name)
{
	for (int i = 0; i < FF_LENGTH(operators); i++)
		if (FFStringIs(name, operators[i].name))
			return operators[i].dependence;
	return DEPENDS_ON_OPERANDS;
}

/* The one member of an object; false: it has none, or several. */
bool
FFLogicOperator(const FFValue *document, FFString *name, FFValue *operand)
{
	FFWalk		walk;

	if (document->type != FF_OBJECT || FFCount(document) != 1)
		return false;
	FFWalkStart(&walk, document);
	return FFWalkNext(&walk, name, operand);
}

/* Elements from the first on; the rest does not matter once one depends. */
static bool
ConstantElements(const FFValue *array, bool inside, bool *unknown)
{
	FFWalk		walk;
	FFValue		element;

	FFWalkStart(&walk, array);
	while (FFWalkNext(&walk, NULL, &element))
		if (!FFConstantLogic(&element, inside, unknown))
			return false;
	return true;
}

/* What is gone through, and what is said of each element. */
static bool
ConstantIteration(const FFValue *operand, bool inside, bool *unknown)
{
	FFValue		selector = {0};
	FFValue		mapper = {0};

	if (operand->type == FF_ARRAY && FFCount(operand) > 0)
		selector = FFElement(operand, 0);
	if (operand->type == FF_ARRAY && FFCount(operand) > 1)
		mapper = FFElement(operand, 1);
	return FFConstantLogic(&selector, inside, unknown) && FFConstantLogic(&mapper, true, unknown);
}

/* Whether a variable stays within the element: it does not climb two steps. */
static bool
StaysInside(const FFValue *operand)
{
	return !FFTextContains(FFValueTextJs(operand), FFStringOf("../../", 6));
}

static bool ConstantOperation(FFString name, const FFValue *operand, bool inside, bool *unknown);

/* Several operators in one object: that throws, but only once it is worked out. */
static bool
ConstantMembers(const FFValue *object, bool inside, bool *unknown)
{
	FFWalk		walk;
	FFString	name;
	FFValue		operand;

	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &operand))
		if (!ConstantOperation(name, &operand, inside, unknown))
			return false;
	return true;
}

/*
 * Whether an expression is a constant.  An operator that there is not makes it
 * none, and is told of where it is met.
 */
bool
FFConstantLogic(const FFValue *document, bool inside, bool *unknown)
{
	if (FFStackIsDeep())
		return false;
	if (document->type == FF_ARRAY)
		return ConstantElements(document, inside, unknown);
	if (document->type != FF_OBJECT)
		return true;
	return ConstantMembers(document, inside, unknown);
}

static bool
ConstantOperation(FFString name, const FFValue *operand, bool inside, bool *unknown)
{
	if (!FFLogicKnown(name))
	{
		*unknown = true;
		return false;
	}
	switch (DependenceOf(name))
	{
		case DEPENDS_ON_CONTEXT:
			return false;
		case DEPENDS_ON_PLACE:
			return inside && StaysInside(operand);
		case DEPENDS_ON_NAMES:
			return operand->type == FF_ARRAY && FFCount(operand) == 0;
		case DEPENDS_ON_ITERATION:
			return ConstantIteration(operand, inside, unknown);
		default:
			return FFConstantLogic(operand, inside, unknown);
	}
}

/* Whether an object names an operator, or there is nothing that it could name. */
static bool
NamesOperator(const FFValue *object)
{
	FFWalk		walk;
	FFString	name;
	FFValue		operand;

	FFWalkStart(&walk, object);
	while (FFWalkNext(&walk, &name, &operand))
		if (FFLogicKnown(name))
			return true;
	return FFCount(object) == 0;
}

/* Whether there is an unknown operator anywhere, which an interpreter looks for first. */
bool
FFUnknownLogic(const FFValue *document)
{
	FFWalk		walk;
	FFString	name;
	FFValue		part;

	if ((document->type != FF_OBJECT && document->type != FF_ARRAY) || FFStackIsDeep())
		return false;
	if (document->type == FF_OBJECT && !NamesOperator(document))
		return true;
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, &name, &part))
		if (FFUnknownLogic(&part))
			return true;
	return false;
}
