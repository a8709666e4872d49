/*
 * flagd_fractional.c
 *	  fractional: a random split, by any generation of flagd.
 *
 * What is wrong with its arguments makes it null, never an error.
 */
#include <math.h>

#include "engine/cbor.h"
#include "dialects/flagd.h"

#define MAX_TOTAL 2147483647

/* Parts with their weights; the first of them is at parts. */
typedef struct Split
{
	const FFItem *parts;
	int			count;
	double		total;
} Split;

/* --- parts -------------------------------------------------------------------- */

/* [variant] or [variant, weight]; false: it is no part. */
static bool
ReadPart(FFMachine *machine, const FFItem *part, FFItem *variant, double *weight)
{
	FFItem		list;

	if (!FFMachineElements(machine, part, &list) || list.count < 1 || list.count > 2)
		return false;
	*variant = list.as.items[0];
	*weight = 1;
	if (FFItemIsContainer(variant))
		return false;
	if (list.count == 1)
		return true;
	*weight = list.as.items[1].number;
	if (list.as.items[1].kind != FF_ITEM_NUMBER || *weight != floor(*weight) || isinf(*weight))
		return false;
	if (*weight < 0)
		*weight = 0;
	return true;
}

/* Add the weights up; false where a part is none, or the sum too large. */
static bool
ReadSplit(FFMachine *machine, Split *split)
{
	split->total = 0;
	for (int i = 0; i < split->count; i++)
	{
		FFItem		variant;
		double		weight;

		if (!ReadPart(machine, &split->parts[i], &variant, &weight))
			return false;
		split->total += weight;
	}
	return split->total <= MAX_TOTAL;
}

/* The part in whose range the bucket lies. */
static bool
FindPart(FFMachine *machine, const Split *split, double bucket, FFItem *variant)
{
	bool		shares = machine->flag->generation == FF_FLAGD_V1;
	double		end = 0;

	for (int i = 0; i < split->count; i++)
	{
		double		weight;

		if (!ReadPart(machine, &split->parts[i], variant, &weight))
			return false;
		end += shares ? 100 * weight / split->total : weight;
		if (bucket < end)
			return true;
	}
	return false;
}

/* --- the bucket ----------------------------------------------------------------- */

/* Append an item as CBOR; false when it is nested too deeply. */
static bool
AddCbor(FFText *text, const FFItem *item)
{
	switch (item->kind)
	{
		case FF_ITEM_BOOL:
			FFCborBool(text, item->truth);
			return true;
		case FF_ITEM_NUMBER:
			FFCborNumber(text, item->number);
			return true;
		case FF_ITEM_STRING:
			FFCborText(text, item->as.text);
			return true;
		case FF_ITEM_OBJECT:
			return FFCborValue(text, &item->as.value);
		default:
			return false;
	}
}

/* Hash a value of the split's own; of what type depends on the generation. */
static bool
HashValue(FFMachine *machine, const FFItem *value, int buckets, FFBucketing *bucketing)
{
	const FFRecipe *recipe = machine->flag->explicit;
	FFText		cbor = {0};

	machine->recipe = recipe;
	machine->unit = FFItemText(value);
	if (!FFRecipeTakesValues(recipe))
		return FFRecipeRun(recipe, FFStringOf("", 0), value->as.text, buckets, bucketing);
	return AddCbor(&cbor, value) &&
		FFRecipeRunBytes(recipe, FFStringOf(cbor.data, cbor.length), buckets, bucketing);
}

/* The user of an implicit split; false: there is none. */
static bool
ImplicitUnit(FFMachine *machine, FFString *unit)
{
	FFItem		context = {.kind = FF_ITEM_CONTEXT};
	FFItem		key = FFMachineMember(machine, &context, FFStringOf("targetingKey", 12));

	if (FFItemFalsy(&key) ||
		(machine->flag->generation == FF_FLAGD_V3 && key.kind != FF_ITEM_STRING))
		return false;
	*unit = FFItemText(&key);
	return true;
}

/* Whether the first argument is what the split goes by, else it is a part. */
static bool
IsExplicit(const FFMachine *machine, const FFItem *first)
{
	if (machine->flag->generation != FF_FLAGD_V3)
		return first->kind == FF_ITEM_STRING;
	return first->kind != FF_ITEM_LIST && first->kind != FF_ITEM_ARRAY;
}

/* Whether a value is one that the generation can go by. */
static bool
IsBucketable(const FFItem *value)
{
	return (value->kind >= FF_ITEM_BOOL && value->kind <= FF_ITEM_STRING) || value->kind == FF_ITEM_OBJECT;
}

/* Where the subject falls; false: nowhere. */
static bool
FindBucket(FFMachine *machine, const FFItem *own, const Split *split, FFBucketing *bucketing)
{
	const FFFlagd *flag = machine->flag;
	int			buckets = flag->generation == FF_FLAGD_V1 ? flag->implicit->buckets : (int) split->total;

	if (buckets < 1)
		return false;
	if (own != NULL)
		return HashValue(machine, own, buckets, bucketing);
	machine->recipe = flag->implicit;
	return FFRecipeRun(flag->implicit, flag->key, machine->unit, buckets, bucketing);
}

/*
 * Tell an explanation where the subject fell.  A value of the split's own may
 * come from where the caller cannot read, and a bucket would tell it.
 */
static void
Explain(FFMachine *machine, const FFItem *own, const Split *split, const FFBucketing *bucketing)
{
	const char *recipe = machine->recipe->name;

	if (own != NULL && machine->evaluation.context->lookup != NULL)
		FFExplain(&machine->evaluation, "bucket", recipe, "of a value that may not be yours to read");
	else if (machine->flag->generation == FF_FLAGD_V1)
		FFExplain(&machine->evaluation, "bucket", recipe, "%.9f %% of \"%.*s\"",
				  bucketing->value, FF_QUOTED(machine->unit));
	else
		FFExplain(&machine->evaluation, "bucket", recipe, "%d of %.0f for \"%.*s\"",
				  bucketing->bucket, split->total, FF_QUOTED(machine->unit));
}

/* Split by the arguments; false: null. */
static bool
Divide(FFMachine *machine, const FFArguments *arguments, FFItem *variant)
{
	Split		split = {.parts = arguments->items, .count = arguments->count};
	const FFItem *own = NULL;
	FFBucketing bucketing;

	if (arguments->count < 1)
		return false;
	if (IsExplicit(machine, arguments->items))
	{
		own = arguments->items;
		split.parts++;
		split.count--;
	}
	if (own != NULL ? !IsBucketable(own) : !ImplicitUnit(machine, &machine->unit))
		return false;
	if (!ReadSplit(machine, &split) || !FindBucket(machine, own, &split, &bucketing))
		return false;
	Explain(machine, own, &split, &bucketing);
	machine->bucket = bucketing.bucket;
	return FindPart(machine, &split, bucketing.value, variant);
}

void
FFRunFractional(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	FFItem		variant;

	memset(result, 0, sizeof(*result));
	result->kind = FF_ITEM_NULL;
	if (FFStackIsDeep() || !FFMachineArguments(machine, expression, &arguments) ||
		FFMachineHere(machine).kind != FF_ITEM_CONTEXT)
	{
		FFMachineThrow(machine, result);
		return;
	}
	if (Divide(machine, &arguments, &variant) && variant.kind > FF_ITEM_NULL)
		*result = variant;
}
