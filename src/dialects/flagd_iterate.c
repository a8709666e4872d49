/*
 * flagd_iterate.c
 *	  map, filter, all, some, none and reduce of JsonLogic.
 *
 * What is inside them is code of its own, with a temporary variable of its own.
 */
#include "dialects/flagd.h"

/* An interpreter of all, some and none takes texts, and finds nothing in the rest. */
static bool
SelectedOther(FFMachine *machine, const FFExpression *expression, const FFItem *selected, FFItem *list)
{
	if (!expression->interpreted || expression->run != FFRunIterate ||
		expression->code == FF_MAP || expression->code == FF_FILTER)
		return false;
	return selected->kind != FF_ITEM_STRING || FFMachineUnits(machine, selected->as.text, list);
}

/* The array that is gone through, empty in place of what is false; false: it throws. */
static bool
Selected(FFMachine *machine, const FFExpression *expression, FFItem *list, bool *is_array)
{
	FFItem		selected = {0};

	if (FFStackIsDeep() || !FFMachineWork(machine, 1))
		return false;
	if (expression->count > 0)
		FFRun(machine, expression->arguments, &selected);
	if (machine->thrown)
		return false;
	if (expression->run == FFRunIterate && expression->code == FF_ALL && !expression->interpreted)
		machine->last = selected;
	memset(list, 0, sizeof(*list));
	list->kind = FF_ITEM_LIST;
	*is_array = selected.kind == FF_ITEM_LIST || selected.kind == FF_ITEM_ARRAY;
	if (*is_array)
		return FFMachineElements(machine, &selected, list);
	if (!FFItemFalsy(&selected))
		return SelectedOther(machine, expression, &selected, list);
	*is_array = expression->interpreted;	/* which takes an empty one then */
	return true;
}

/* Work out what is said of an element. */
static void
RunInside(FFMachine *machine, const FFExpression *expression, FFScope *scope, FFItem *result)
{
	FFItem		last = machine->last;

	memset(result, 0, sizeof(*result));
	if (!FFMachineWork(machine, 1))
		return;
	machine->scope = scope;
	if (expression->count > 1)
		FFRun(machine, &expression->arguments[1], result);
	machine->scope = scope->up;
	machine->last = last;
}

static FFScope
ScopeOf(FFMachine *machine, const FFExpression *expression, const FFItem *list, int code)
{
	FFScope		scope = {.up = machine->scope, .list = *list};

	scope.place = code == FF_MAP || code == FF_FILTER || !expression->interpreted;
	return scope;
}

/* map keeps what comes of each element; filter keeps the elements that pass. */
static void
Transform(FFMachine *machine, const FFExpression *expression, const FFItem *list, FFItem *result)
{
	FFScope		scope = ScopeOf(machine, expression, list, expression->code);
	FFItem	   *items = FFAlloc((size_t) list->count * sizeof(FFItem) + 1);
	int			count = 0;

	for (int i = 0; i < list->count && !machine->thrown; i++)
	{
		FFItem		value;

		scope.item = list->as.items[i];
		scope.index = i;
		RunInside(machine, expression, &scope, &value);
		if (expression->code == FF_MAP)
			items[count++] = value;
		else if (FFItemTruthy(&value))
			items[count++] = list->as.items[i];
	}
	memset(result, 0, sizeof(*result));
	result->kind = FF_ITEM_LIST;
	result->count = count;
	result->as.items = items;
}

/* Whether an element that decides is there: one that fails all, or that is some. */
static bool
Decides(FFMachine *machine, const FFExpression *expression, const FFItem *list)
{
	FFScope		scope = ScopeOf(machine, expression, list, expression->code);
	bool		decisive = expression->code != FF_ALL;

	for (int i = 0; i < list->count && !machine->thrown; i++)
	{
		FFItem		value;

		scope.item = list->as.items[i];
		scope.index = i;
		RunInside(machine, expression, &scope, &value);
		if (FFItemTruthy(&value) == decisive && !machine->thrown)
			return true;
	}
	return false;
}

void
FFRunIterate(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		list;
	bool		is_array;
	bool		decided;

	if (!Selected(machine, expression, &list, &is_array))
	{
		FFMachineThrow(machine, result);
		return;
	}
	if (expression->code == FF_MAP || expression->code == FF_FILTER)
	{
		Transform(machine, expression, &list, result);
		return;
	}
	decided = Decides(machine, expression, &list);
	if (expression->code != FF_ALL)
		*result = FFItemBool(decided == (expression->code == FF_SOME));
	else if (list.count > 0)
		*result = FFItemBool(!decided);
	else
		/* all of an empty array is false, but all of what is none is true */
		*result = FFItemBool(!is_array);
}

/* An accumulator holds no containers in containers. */
static bool
IsFlat(const FFItem *item)
{
	FFWalk		walk;
	FFValue		value;

	if (item->kind == FF_ITEM_LIST || item->kind == FF_ITEM_PAIR || item->kind == FF_ITEM_PLACE)
	{
		for (int i = 0; i < item->count; i++)
			if (FFItemIsContainer(&item->as.items[i]))
				return false;
	}
	else if (item->kind == FF_ITEM_ARRAY || item->kind == FF_ITEM_OBJECT)
	{
		FFString	name;

		FFWalkStart(&walk, &item->as.value);
		while (FFWalkNext(&walk, &name, &value))
			if (value.type == FF_ARRAY || value.type == FF_OBJECT)
				return false;
	}
	return true;
}

/* Take one element more into the accumulator. */
static void
Accumulate(FFMachine *machine, const FFExpression *expression, FFScope *scope,
		   const FFItem *element, FFItem *accumulator)
{
	FFItem	   *pair = FFAlloc(2 * sizeof(FFItem));

	pair[0] = *accumulator;
	pair[1] = *element;
	memset(&scope->item, 0, sizeof(scope->item));
	scope->item.kind = FF_ITEM_PAIR;
	scope->item.count = 2;
	scope->item.as.items = pair;
	RunInside(machine, expression, scope, accumulator);
	if (!IsFlat(accumulator))
		machine->thrown = true;
}

/* Without a value to start from it is the first element, and there must be one. */
void
FFRunReduce(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		list;
	FFItem		accumulator = {0};
	FFScope		scope;
	bool		is_array;
	bool		done = Selected(machine, expression, &list, &is_array);
	int			first = expression->count > 2 ? 0 : 1;

	if (done && first == 0)
		FFRun(machine, &expression->arguments[2], &accumulator);
	else if (done && list.count > 0)
		accumulator = list.as.items[0];
	done = done && !machine->thrown && list.count >= first && (first == 1 || IsFlat(&accumulator));
	if (done)
		scope = ScopeOf(machine, expression, &list, FF_NONE);
	if (done && !expression->interpreted)
	{
		/* code has nothing above the pair */
		scope.place = false;
		scope.list.kind = FF_ITEM_NULL;
	}
	for (int i = first; done && i < list.count; i++)
	{
		Accumulate(machine, expression, &scope, &list.as.items[i], &accumulator);
		done = !machine->thrown;
	}
	*result = accumulator;
	if (!done)
		FFMachineThrow(machine, result);
}
