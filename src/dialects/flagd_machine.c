/*
 * flagd_machine.c
 *	  What JsonLogic reads, and the bounds of its work.
 */
#include "dialects/flagd.h"

/* Steps of one evaluation: an element, an operation, or so many bytes of text. */
#define MAX_WORK 2000000
#define STEPS_BETWEEN_INTERRUPTS 4096
#define MICROSECONDS INT64_C(1000000)
#define UNIX_EPOCH INT64_C(946684800)	/* of 2000-01-01 */

/* Nothing is answered from here on: the flag is an error. */
void
FFMachineThrow(FFMachine *machine, FFItem *result)
{
	machine->thrown = true;
	memset(result, 0, sizeof(*result));
	result->kind = FF_ITEM_NULL;
}

/* Whether there is room for so many steps more. */
bool
FFMachineWork(FFMachine *machine, int64_t steps)
{
	if (machine->work / STEPS_BETWEEN_INTERRUPTS != (machine->work + steps) / STEPS_BETWEEN_INTERRUPTS)
		FFCheckInterrupts();
	machine->work += steps;
	if (machine->work > MAX_WORK)
		machine->thrown = true;
	return !machine->thrown;
}

/* --- members -------------------------------------------------------------- */

/* The place that a name means in an array, or -1. */
static int
PlaceOf(FFString name)
{
	int			place = 0;

	if (name.length == 0 || name.length > 9 || (name.length > 1 && name.data[0] == '0'))
		return -1;
	for (int i = 0; i < name.length; i++)
	{
		if (name.data[i] < '0' || name.data[i] > '9')
			return -1;
		place = place * 10 + (name.data[i] - '0');
	}
	return place;
}

static FFItem
ArrayMember(const FFItem *of, FFString name)
{
	FFItem		nothing = {0};
	int			count = of->kind == FF_ITEM_LIST ? of->count : FFCount(&of->as.value);
	int			place = PlaceOf(name);
	FFValue		element;

	if (FFStringIs(name, "length"))
		return FFItemNumber(count);
	if (place < 0 || place >= count)
		return nothing;
	if (of->kind == FF_ITEM_LIST)
		return of->as.items[place];
	element = FFElement(&of->as.value, place);
	return FFItemOf(&element);
}

static FFItem
TextMember(FFString text, FFString name)
{
	FFItem		nothing = {0};
	int			units = FFTextUnits(text);
	int			place = PlaceOf(name);

	if (FFStringIs(name, "length"))
		return FFItemNumber(units);
	if (place < 0 || place >= units)
		return nothing;
	return FFItemString(FFTextSlice(text, place, 1));
}

static FFItem
FlagdMember(const FFMachine *machine, FFString name)
{
	FFItem		nothing = {0};
	int64_t		now = machine->evaluation.context->now;

	if (FFStringIs(name, "flagKey"))
		return FFItemString(machine->flag->key);
	if (!FFStringIs(name, "timestamp"))
		return nothing;
	now -= ((now % MICROSECONDS) + MICROSECONDS) % MICROSECONDS;
	return FFItemNumber((double) (now / MICROSECONDS + UNIX_EPOCH));
}

/* The user key, or an attribute of that name where there is none. */
static FFItem
TargetingKey(FFMachine *machine)
{
	FFContext  *context = machine->evaluation.context;
	FFValue		attribute;

	if (context->user_key.data != NULL)
		return FFItemString(context->user_key);
	attribute = FFContextAttribute(context, FFStringOf("targetingKey", 12));
	return FFItemOf(&attribute);
}

/* A member of the context by a name that came up while evaluating. */
static FFItem
ContextMember(FFMachine *machine, FFString name)
{
	FFItem		flagd = {.kind = FF_ITEM_FLAGD};
	FFItem		nothing = {0};
	FFValue		attribute;

	if (machine->flag == NULL)
		return nothing;
	if (FFStringIs(name, "$flagd"))
		return flagd;
	if (FFStringIs(name, "targetingKey"))
		return TargetingKey(machine);
	attribute = FFContextAttribute(machine->evaluation.context, name);
	return FFItemOf(&attribute);
}

/* of[name], as ECMAScript has it for what JSON can hold. */
FFItem
FFMachineMember(FFMachine *machine, const FFItem *of, FFString name)
{
	FFItem		nothing = {0};
	FFValue		member;

	switch (of->kind)
	{
		case FF_ITEM_STRING:
			return TextMember(of->as.text, name);
		case FF_ITEM_LIST:
		case FF_ITEM_ARRAY:
			return ArrayMember(of, name);
		case FF_ITEM_OBJECT:
			member = FFMember(&of->as.value, name.data, name.length);
			return FFItemOf(&member);
		case FF_ITEM_CONTEXT:
			return ContextMember(machine, name);
		case FF_ITEM_FLAGD:
			return FlagdMember(machine, name);
		case FF_ITEM_PAIR:
			if (FFStringIs(name, "accumulator"))
				return of->as.items[0];
			return FFStringIs(name, "current") ? of->as.items[1] : nothing;
		case FF_ITEM_PLACE:
			if (FFStringIs(name, "iterator"))
				return of->as.items[0];
			return FFStringIs(name, "index") ? of->as.items[1] : nothing;
		default:
			return nothing;
	}
}

/* --- paths ------------------------------------------------------------------ */

/* What an expression is about. */
FFItem
FFMachineHere(FFMachine *machine)
{
	FFItem		context = {.kind = FF_ITEM_CONTEXT};

	return machine->scope != NULL ? machine->scope->item : context;
}

/* The list and the place in it, as one step up from an element sees them. */
static FFItem
PlaceItem(const FFScope *scope)
{
	FFItem		place = {.kind = FF_ITEM_PLACE, .count = 2};
	FFItem	   *items;

	if (!scope->place)
		return scope->list;
	items = FFAlloc(2 * sizeof(FFItem));
	items[0] = scope->list;
	items[1] = FFItemNumber(scope->index);
	place.as.items = items;
	return place;
}

/* So many steps up: every other one is the list of the element. */
static FFItem
Above(FFMachine *machine, int up)
{
	const FFScope *scope = machine->scope;
	FFItem		item = {.kind = FF_ITEM_CONTEXT};

	for (; scope != NULL && up >= 2; up -= 2)
		scope = scope->up;
	if (scope == NULL && up > 0)
		item.kind = FF_ITEM_UNDEFINED;
	else if (scope != NULL)
		item = up == 1 ? PlaceItem(scope) : scope->item;
	return item;
}

/* The first step from the context, which is fetched with all others. */
static FFItem
FirstStep(FFMachine *machine, const FFItemPath *path)
{
	const FFValue *value;
	FFItem		flagd = {.kind = FF_ITEM_FLAGD};

	if (path->is_key)
		return TargetingKey(machine);
	if (!path->is_attribute)
		return flagd;
	value = FFAttributeValue(&machine->evaluation, &path->first);
	return FFItemOf(value);
}

/*
 * Follow a path.  An interpreter stops at a value that is false and takes it
 * for the result; cut tells whether it may (NULL: it may not) and did.
 */
FFItem
FFMachineFollow(FFMachine *machine, const FFItemPath *path, bool *cut)
{
	FFItem		item = path->up > 0 ? Above(machine, path->up) : FFMachineHere(machine);
	int			i = 0;

	if (item.kind == FF_ITEM_CONTEXT && path->count > 0 && machine->flag != NULL &&
		(path->is_key || path->is_attribute || FFStringIs(path->steps[0], "$flagd")))
	{
		item = FirstStep(machine, path);
		i = 1;
	}
	for (; i < path->count; i++)
	{
		if (cut != NULL && FFItemFalsy(&item))
		{
			*cut = true;
			return item;
		}
		item = FFMachineMember(machine, &item, path->steps[i]);
	}
	return item;
}

/* --- arguments -------------------------------------------------------------- */

/* The elements of an array, as items; false where it is none, or too long. */
bool
FFMachineElements(FFMachine *machine, const FFItem *array, FFItem *list)
{
	FFItem	   *items;
	FFWalk		walk;
	FFValue		element;
	int			i = 0;

	*list = *array;
	if (array->kind == FF_ITEM_LIST)
		return true;
	if (array->kind != FF_ITEM_ARRAY || !FFMachineWork(machine, FFCount(&array->as.value)))
		return false;
	list->kind = FF_ITEM_LIST;
	list->count = FFCount(&array->as.value);
	items = FFAlloc((size_t) list->count * sizeof(FFItem) + 1);
	FFWalkStart(&walk, &array->as.value);
	while (FFWalkNext(&walk, NULL, &element))
		items[i++] = FFItemOf(&element);
	list->as.items = items;
	return true;
}

/* The units of a text as an array; false where there are too many. */
bool
FFMachineUnits(FFMachine *machine, FFString text, FFItem *list)
{
	FFItem	   *items;

	memset(list, 0, sizeof(*list));
	list->kind = FF_ITEM_LIST;
	list->count = FFTextUnits(text);
	/* each is looked for from the start */
	if (!FFMachineWork(machine, (int64_t) list->count * (list->count / 16 + 1)))
		return false;
	items = FFAlloc((size_t) list->count * sizeof(FFItem) + 1);
	for (int i = 0; i < list->count; i++)
		items[i] = FFItemString(FFTextSlice(text, i, 1));
	list->as.items = items;
	return true;
}

/* One argument that is no array as written: its elements, or itself alone. */
static bool
SpreadArgument(FFMachine *machine, const FFExpression *expression, FFArguments *arguments)
{
	FFItem		list;

	FFRun(machine, expression->arguments, &arguments->fixed[0]);
	arguments->count = 1;
	arguments->items = arguments->fixed;
	if (arguments->fixed[0].kind != FF_ITEM_LIST && arguments->fixed[0].kind != FF_ITEM_ARRAY)
		return !machine->thrown;
	if (!FFMachineElements(machine, &arguments->fixed[0], &list))
		return false;
	arguments->count = list.count;
	arguments->items = list.as.items;
	return !machine->thrown;
}

/* Work all arguments out; false when that throws. */
bool
FFMachineArguments(FFMachine *machine, const FFExpression *expression, FFArguments *arguments)
{
	FFItem	   *items = arguments->fixed;

	if (expression->spread)
		return SpreadArgument(machine, expression, arguments);
	if (!FFMachineWork(machine, 1 + expression->count))
		return false;
	if (expression->count > FF_LENGTH(arguments->fixed))
		items = FFAlloc((size_t) expression->count * sizeof(FFItem));
	arguments->items = items;
	arguments->count = expression->count;
	for (int i = 0; i < expression->count; i++)
	{
		FFRun(machine, &expression->arguments[i], &items[i]);
		if (machine->thrown)
			return false;
	}
	return true;
}

/* --- what every expression is made of ------------------------------------------ */

void
FFRunConstant(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	(void) machine;
	*result = expression->constant;
}

void
FFRunThrow(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	(void) expression;
	FFMachineThrow(machine, result);
}

/* An array as written, some of whose elements are expressions. */
void
FFRunList(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFItem	   *items;

	memset(result, 0, sizeof(*result));
	if (FFStackIsDeep() || !FFMachineWork(machine, 1 + expression->count))
	{
		FFMachineThrow(machine, result);
		return;
	}
	items = FFAlloc((size_t) expression->count * sizeof(FFItem) + 1);
	for (int i = 0; i < expression->count && !machine->thrown; i++)
		FFRun(machine, &expression->arguments[i], &items[i]);
	result->kind = FF_ITEM_LIST;
	result->count = expression->count;
	result->as.items = items;
}

/* Take the default where there is nothing; without one that is null. */
static void
Default(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	if (expression->count > 0)
		FFRun(machine, &expression->arguments[expression->count - 1], result);
	else
		result->kind = FF_ITEM_NULL;
	if (result->kind == FF_ITEM_UNDEFINED)
		result->kind = FF_ITEM_NULL;
}

/* {"var": …} of a path that is written there. */
void
FFRunVariable(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	const FFItemPath *path = expression->own;
	bool		cut = false;
	bool		cuts = expression->interpreted && expression->unary && path->up == 0 &&
		path->count >= 2 && path->count <= 3;

	*result = FFMachineFollow(machine, path, cuts ? &cut : NULL);
	if ((cut && result->kind != FF_ITEM_UNDEFINED) || (path->count == 0 && path->up == 0))
		return;
	if (result->kind == FF_ITEM_UNDEFINED ||
		(result->kind == FF_ITEM_NULL && !expression->interpreted))
		Default(machine, expression, result);
	if (!expression->interpreted && path->up == 0 && path->count > 0)
		machine->last = *result;
}

/* {"var": …} of a path that is worked out. */
void
FFRunAsked(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFItemPath	path = {0};

	if (FFStackIsDeep() || !FFMachineArguments(machine, expression, &arguments))
	{
		FFMachineThrow(machine, result);
		return;
	}
	memset(result, 0, sizeof(*result));
	if (arguments.count > 0 && arguments.items[0].kind > FF_ITEM_NULL)
		FFClimbPath(FFItemText(&arguments.items[0]), &path);
	*result = FFMachineFollow(machine, &path, NULL);
	if (result->kind == FF_ITEM_UNDEFINED && arguments.count > 1)
		*result = arguments.items[1];
	if (result->kind == FF_ITEM_UNDEFINED)
		result->kind = FF_ITEM_NULL;
}
