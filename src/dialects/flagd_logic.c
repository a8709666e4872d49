/*
 * flagd_logic.c
 *	  Branches, junctions and comparisons of JsonLogic.
 */
#include "dialects/flagd.h"

/* --- branches ------------------------------------------------------------------ */

/* Tell which part of the outermost if is taken. */
static void
NoteRule(FFMachine *machine, const FFExpression *expression, int rule, bool matches)
{
	if (expression != &machine->flag->targeting || machine->scope != NULL)
		return;
	if (matches)
		machine->rule = rule;
	FFExplain(&machine->evaluation, "rule", machine->thrown ? "error" : matches ? "matched" : "not matched",
			  "if[%d]", rule);
}

/* if whose conditions are nodes: own is as many as there are arguments, less one. */
void
FFRunBranches(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	const FFNode *conditions = expression->own;
	int			branches = expression->count - 1;
	int			i;

	result->kind = FF_ITEM_NULL;
	for (i = 0; i < branches; i++)
	{
		bool		matches = FFNodeMatches(&machine->evaluation, &conditions[i]);

		NoteRule(machine, expression, i, matches && !machine->thrown);
		if (machine->thrown)
			return;
		if (matches)
			break;
	}
	FFRun(machine, &expression->arguments[i], result);
}

/* if in general: condition, value, condition, value, ..., value. */
void
FFRunIf(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	int			i;

	result->kind = FF_ITEM_NULL;
	if (FFStackIsDeep() || !FFMachineWork(machine, 1))
	{
		FFMachineThrow(machine, result);
		return;
	}
	for (i = 0; i + 1 < expression->count; i += 2)
	{
		FFItem		condition;
		bool		matches;

		FFRun(machine, &expression->arguments[i], &condition);
		matches = !machine->thrown && FFItemTruthy(&condition);
		if (machine->flag != NULL)
			NoteRule(machine, expression, i / 2, matches);
		if (machine->thrown)
			return;
		if (!matches)
			continue;
		FFRun(machine, &expression->arguments[i + 1], result);
		return;
	}
	if (i < expression->count)
		FFRun(machine, &expression->arguments[i], result);
}

/* The first operand that decides, else the last. */
void
FFRunJunction(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	bool		decisive = expression->code == FF_LOGIC_OR;

	result->kind = FF_ITEM_NULL;
	if (FFStackIsDeep() || !FFMachineWork(machine, 1))
	{
		FFMachineThrow(machine, result);
		return;
	}
	for (int i = 0; i < expression->count; i++)
	{
		FFRun(machine, &expression->arguments[i], result);
		if (machine->thrown)
			return;
		if (!expression->interpreted)
			machine->last = *result;
		if (FFItemTruthy(result) == decisive)
			return;
	}
}

/*
 * ! and !! of the first operand.  Interpreted, the others are worked out as
 * well, and an array that was worked out stands for its first element.
 */
void
FFRunTruth(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		value = {0};
	FFItem		other;
	FFItem		list;
	bool		truth;

	if (FFStackIsDeep() || !FFMachineWork(machine, 1))
	{
		FFMachineThrow(machine, result);
		return;
	}
	if (expression->count > 0)
		FFRun(machine, expression->arguments, &value);
	for (int i = 1; expression->interpreted && i < expression->count && !machine->thrown; i++)
		FFRun(machine, &expression->arguments[i], &other);
	if (machine->thrown)
		return;
	truth = FFItemTruthy(&value);
	if (expression->interpreted && expression->unary &&
		(value.kind == FF_ITEM_LIST || value.kind == FF_ITEM_ARRAY))
		truth = FFMachineElements(machine, &value, &list) && list.count > 0 &&
			FFItemTruthy(list.as.items);
	*result = FFItemBool(truth == (expression->code == FF_LOGIC_IS));
}

/* --- comparisons ------------------------------------------------------------------ */

bool
FFCompareAs(FFComparison comparison, const FFItem *a, const FFItem *b)
{
	int			order;

	switch (comparison)
	{
		case FF_COMPARE_EQUAL:
			return FFItemEqual(a, b);
		case FF_COMPARE_UNEQUAL:
			return !FFItemEqual(a, b);
		case FF_COMPARE_SAME:
			return FFItemSame(a, b);
		case FF_COMPARE_OTHER:
			return !FFItemSame(a, b);
		default:
			break;
	}
	order = FFItemCompare(a, b);
	if (order == 2)
		return false;
	switch (comparison)
	{
		case FF_COMPARE_LESS:
			return order < 0;
		case FF_COMPARE_LESS_EQUAL:
			return order <= 0;
		case FF_COMPARE_GREATER:
			return order > 0;
		default:
			return order >= 0;
	}
}

static bool
IsStrict(int comparison)
{
	return comparison == FF_COMPARE_SAME || comparison == FF_COMPARE_OTHER;
}

/* Texts and null are compared as they are. */
static bool
IsTextual(const FFItem *item)
{
	return item->kind == FF_ITEM_STRING || item->kind == FF_ITEM_NULL;
}

/*
 * In code, what is checked beside the right operand is the variable that was
 * read last: that operand itself where it is one, else the left one.
 */
bool
FFCheckCompared(const FFItem *last, FFItem *b)
{
	if (IsTextual(last) && IsTextual(b))
		return true;
	if (FFItemIsContainer(b) || (FFItemBad(b) && last->kind != FF_ITEM_NULL) || FFItemBad(last))
		return false;
	if (last->kind == FF_ITEM_NULL && FFItemFalsy(b))
		b->kind = FF_ITEM_NULL;
	else if (b->kind == FF_ITEM_NULL && FFItemFalsy(last))
		*b = FFItemNumber(0);
	return true;
}

/* The operand number i as code compares it with the one before. */
static bool
NextCompared(FFMachine *machine, const FFExpression *expression, int i, FFItem *b)
{
	FFRun(machine, &expression->arguments[i], b);
	if (machine->thrown)
		return false;
	return IsStrict(expression->code) || FFCheckCompared(&machine->last, b);
}

static bool
CompareInCode(FFMachine *machine, const FFExpression *expression, bool *holds)
{
	FFItem		a;
	FFItem		b;

	FFRun(machine, expression->arguments, &a);
	machine->last = a;
	*holds = true;
	for (int i = 1; i < expression->count && *holds && !machine->thrown; i++)
	{
		if (!NextCompared(machine, expression, i, &b))
			return false;
		*holds = FFCompareAs((FFComparison) expression->code, &a, &b);
		if (expression->count > 2)
			machine->last = b;
		a = b;
	}
	return !machine->thrown;
}

/* Two values as an interpreter compares them: as numbers unless both are textual. */
static bool
CompareTwo(int code, const FFItem *a, const FFItem *b, bool *holds)
{
	FFItem		left = *a;
	FFItem		right = *b;

	if (!IsStrict(code) && !(IsTextual(a) && IsTextual(b)))
	{
		if (FFItemBad(a) || FFItemIsContainer(b) || (FFItemBad(b) && a->kind != FF_ITEM_NULL))
			return false;
		left = FFItemNumber(FFItemToNumber(a));
		right = FFItemNumber(FFItemToNumber(b));
	}
	*holds = FFCompareAs((FFComparison) code, &left, &right);
	return true;
}

static bool
CompareInterpreted(FFMachine *machine, const FFExpression *expression, bool *holds)
{
	FFItem		a;
	FFItem		b;

	FFRun(machine, expression->arguments, &a);
	*holds = true;
	for (int i = 1; i < expression->count && *holds && !machine->thrown; i++)
	{
		FFRun(machine, &expression->arguments[i], &b);
		if (machine->thrown || !CompareTwo(expression->code, &a, &b, holds))
			return false;
		a = b;
	}
	return !machine->thrown;
}

void
FFRunComparison(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	bool		holds = false;
	bool		done = !FFStackIsDeep() && FFMachineWork(machine, 1);

	if (done)
		done = expression->interpreted ? CompareInterpreted(machine, expression, &holds) :
			CompareInCode(machine, expression, &holds);
	if (done)
		*result = FFItemBool(holds);
	else
		FFMachineThrow(machine, result);
}
