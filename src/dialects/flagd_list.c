/*
 * flagd_list.c
 *	  Texts and arrays of JsonLogic: in, cat, substr, merge, missing.
 */
#include <math.h>

#include "dialects/flagd.h"

/* A step of work stands for so many bytes of text. */
#define BYTES_PER_STEP 16

/* Start of an operation: its arguments, or it has thrown. */
static bool
Begin(FFMachine *machine, const FFExpression *expression, FFArguments *arguments, FFItem *result)
{
	if (!FFStackIsDeep() && FFMachineArguments(machine, expression, arguments))
		return true;
	FFMachineThrow(machine, result);
	return false;
}

/* The argument at a place, undefined behind the last. */
static FFItem
ArgumentAt(const FFArguments *arguments, int place)
{
	FFItem		nothing = {0};

	return place < arguments->count ? arguments->items[place] : nothing;
}

/* A list of items that were found before. */
static FFItem
ListOf(const FFItem *items, int count)
{
	FFItem		list = {.kind = FF_ITEM_LIST, .count = count};

	list.as.items = items;
	return list;
}

/* --- in ---------------------------------------------------------------------- */

/* Whether an array has an element: the same value, and no number is one too. */
static bool
ArrayIncludes(FFMachine *machine, const FFItem *array, const FFItem *wanted)
{
	FFWalk		walk;
	FFValue		element;

	if (array->kind == FF_ITEM_LIST)
	{
		for (int i = 0; i < array->count; i++)
			if (FFItemSame(&array->as.items[i], wanted) ||
				(wanted->kind == FF_ITEM_NUMBER && isnan(wanted->number) &&
				 array->as.items[i].kind == FF_ITEM_NUMBER && isnan(array->as.items[i].number)))
				return true;
		return false;
	}
	if (!FFMachineWork(machine, FFCount(&array->as.value)))
		return false;
	FFWalkStart(&walk, &array->as.value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFItem		item = FFItemOf(&element);

		if (FFItemSame(&item, wanted))
			return true;
	}
	return false;
}

/* Code works the array out before what is looked for in it. */
static bool
InOperands(FFMachine *machine, const FFExpression *expression, FFItem *wanted, FFItem *where,
		   FFItem *result)
{
	FFArguments arguments;

	if (expression->interpreted || expression->spread || expression->count < 2)
	{
		if (!Begin(machine, expression, &arguments, result))
			return false;
		*wanted = ArgumentAt(&arguments, 0);
		*where = ArgumentAt(&arguments, 1);
		return true;
	}
	if (!FFStackIsDeep() && FFMachineWork(machine, 1))
	{
		FFRun(machine, &expression->arguments[1], where);
		if (!machine->thrown)
			FFRun(machine, &expression->arguments[0], wanted);
		if (!machine->thrown)
			return true;
	}
	FFMachineThrow(machine, result);
	return false;
}

/* In an array, or in a text; what is false contains nothing. */
void
FFRunIn(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		wanted;
	FFItem		where;

	if (!InOperands(machine, expression, &wanted, &where, result))
		return;
	if (FFItemFalsy(&where))
		*result = FFItemBool(false);
	else if (where.kind == FF_ITEM_STRING)
		*result = FFItemBool(FFTextContains(where.as.text, FFItemText(&wanted)));
	else if (where.kind == FF_ITEM_LIST || where.kind == FF_ITEM_ARRAY)
		*result = FFItemBool(ArrayIncludes(machine, &where, &wanted));
	else
		FFMachineThrow(machine, result);
}

/* --- cat ---------------------------------------------------------------------- */

/* In code, null is written out. */
static void
Concatenate(FFMachine *machine, const FFItem *items, int count, bool nulls, FFItem *result)
{
	FFText		text = {0};

	FFTextAdd(&text, "", 0);
	for (int i = 0; i < count; i++)
	{
		FFString	part;

		if (items[i].kind <= FF_ITEM_NULL && !nulls)
			continue;
		part = FFItemText(&items[i]);
		if (!FFMachineWork(machine, 1 + part.length / BYTES_PER_STEP))
			break;
		FFTextAdd(&text, part.data, part.length);
	}
	*result = FFItemString(FFStringOf(text.data, text.length));
}

/* One argument that was worked out. */
static void
ConcatenateOne(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		value;
	FFItem		list;

	if (FFStackIsDeep())
	{
		FFMachineThrow(machine, result);
		return;
	}
	FFRun(machine, expression->arguments, &value);
	if (value.kind <= FF_ITEM_NULL || machine->thrown)
		FFMachineThrow(machine, result);
	else if (FFMachineElements(machine, &value, &list))
		Concatenate(machine, list.as.items, list.count, false, result);
	else
		*result = FFItemString(FFItemText(&value));
}

void
FFRunConcatenate(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;

	result->kind = FF_ITEM_NULL;
	if (expression->unary && (expression->interpreted || expression->spread))
		ConcatenateOne(machine, expression, result);
	else if (Begin(machine, expression, &arguments, result))
		Concatenate(machine, arguments.items, arguments.count, !expression->interpreted, result);
}

/* --- substr --------------------------------------------------------------------- */

/* A number as a whole one, within what a text can have. */
static int
WholeOf(const FFItem *item)
{
	double		d = FFItemToNumber(item);

	if (isnan(d))
		return 0;
	return d > INT32_MAX ? INT32_MAX : d < -INT32_MAX ? -INT32_MAX : (int) d;
}

/* So many units from one on, which may be counted from the end. */
static FFString
Slice(FFString text, int from, int count)
{
	int			units = FFTextUnits(text);

	if (from < 0)
		from = from + units < 0 ? 0 : from + units;
	if (count <= 0 || from >= units)
		return FFStringOf("", 0);
	return FFTextSlice(text, from, count < units - from ? count : units - from);
}

void
FFRunSubstring(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFItem		text;
	FFItem		from;
	FFItem		count;
	FFString	slice;

	if (!Begin(machine, expression, &arguments, result))
		return;
	text = ArgumentAt(&arguments, 0);
	from = ArgumentAt(&arguments, 1);
	count = ArgumentAt(&arguments, 2);
	if (text.kind != FF_ITEM_STRING || !FFMachineWork(machine, text.as.text.length / BYTES_PER_STEP))
	{
		FFMachineThrow(machine, result);
		return;
	}
	if (FFItemToNumber(&count) < 0)
	{
		slice = Slice(text.as.text, WholeOf(&from), INT32_MAX);
		slice = Slice(slice, 0, FFTextUnits(slice) + WholeOf(&count));
	}
	else
		slice = Slice(text.as.text, WholeOf(&from),
					  count.kind == FF_ITEM_UNDEFINED ? INT32_MAX : WholeOf(&count));
	*result = FFItemString(slice);
}

/* --- merge ------------------------------------------------------------------------ */

/* The elements of arrays, and what is none. */
void
FFRunMerge(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFItem	   *lists;
	FFItem	   *items;
	int			count = 0;

	if (!Begin(machine, expression, &arguments, result))
		return;
	lists = FFAlloc((size_t) arguments.count * sizeof(FFItem) + 1);
	for (int i = 0; i < arguments.count; i++)
		count += FFMachineElements(machine, &arguments.items[i], &lists[i]) ? lists[i].count : 1;
	if (!FFMachineWork(machine, count))
	{
		FFMachineThrow(machine, result);
		return;
	}
	items = FFAlloc((size_t) count * sizeof(FFItem) + 1);
	count = 0;
	for (int i = 0; i < arguments.count; i++)
	{
		if (lists[i].kind != FF_ITEM_LIST)
			items[count++] = lists[i];
		else
			for (int j = 0; j < lists[i].count; j++)
				items[count++] = lists[i].as.items[j];
	}
	*result = ListOf(items, count);
}

/* --- missing ------------------------------------------------------------------------ */

/* Whether what a text names is not there; null is there. */
static bool
IsMissing(FFMachine *machine, const FFItem *name, int code)
{
	FFItemPath	path = {.count = 1};
	FFString	step = FFItemText(name);
	FFItem		item;
	bool		cut = false;

	path.steps = &step;
	if (code == FF_PATHS)
		FFSplitPath(step, &path);
	item = FFMachineFollow(machine, &path, &cut);
	return cut || item.kind == FF_ITEM_UNDEFINED;
}

static FFItem
MissingOf(FFMachine *machine, const FFItem *names, int count, int code)
{
	FFItem	   *items = FFAlloc((size_t) count * sizeof(FFItem) + 1);
	int			missing = 0;

	if (FFMachineWork(machine, count))
		for (int i = 0; i < count; i++)
			if (IsMissing(machine, &names[i], code))
				items[missing++] = names[i];
	return ListOf(items, missing);
}

void
FFRunMissing(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;

	if (Begin(machine, expression, &arguments, result))
		*result = MissingOf(machine, arguments.items, arguments.count, expression->code);
}

/* The names of missing_some; what has no length has none of them. */
static bool
ReadOptions(FFMachine *machine, const FFItem *options, FFItem *list)
{
	if (options->kind <= FF_ITEM_NULL)
		return false;
	if (options->kind == FF_ITEM_STRING)
		return FFMachineUnits(machine, options->as.text, list);
	if (FFMachineElements(machine, options, list))
		return true;
	*list = ListOf(NULL, 0);
	return !machine->thrown;
}

/* Whether as many are there as are needed; code and an interpreter ask it the other way round. */
static bool
IsEnough(const FFExpression *expression, int present, const FFItem *need)
{
	FFItem		number = FFItemNumber(present);
	int			order = FFItemCompare(&number, need);

	return order == 0 || order == 1 || (order == 2 && !expression->interpreted);
}

/* missing_some in code: the names are as written, and the need is asked for last. */
static void
MissingSomeInCode(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem		list;
	FFItem		need;

	if (!FFMachineElements(machine, &expression->arguments[1].constant, &list))
	{
		FFMachineThrow(machine, result);
		return;
	}
	*result = MissingOf(machine, list.as.items, list.count, expression->code);
	machine->last = *result;
	FFRun(machine, expression->arguments, &need);
	if (!machine->thrown && IsEnough(expression, list.count - result->count, &need))
		*result = ListOf(NULL, 0);
}

/* What is missing, unless enough is there. */
void
FFRunMissingSome(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFItem		options;
	FFItem		need;
	FFItem		list;

	if (!expression->interpreted)
	{
		MissingSomeInCode(machine, expression, result);
		return;
	}
	if (!Begin(machine, expression, &arguments, result))
		return;
	need = ArgumentAt(&arguments, 0);
	options = ArgumentAt(&arguments, 1);
	if (!ReadOptions(machine, &options, &list))
	{
		FFMachineThrow(machine, result);
		return;
	}
	*result = MissingOf(machine, list.as.items, list.count, expression->code);
	if (IsEnough(expression, list.count - result->count, &need))
		*result = ListOf(NULL, 0);
}
