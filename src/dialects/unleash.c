/*
 * unleash.c
 *	  Flags of Unleash: {"variations": [...], "places": [...], "sdk": "node",
 *	  "flag": the feature as Unleash gives it}.
 *
 * Places tell, for each variant of the flag and then of its strategies, in
 * order, the variation that it is.
 */
#include "dialects/unleash.h"

typedef struct Places
{
	FFWalk		walk;
	int			variations;
} Places;

/* --- variants --------------------------------------------------------------- */

/* The variation that the next variant is. */
static bool
NextPlace(FFCompiler *compiler, const FFPath *path, Places *places, int *place)
{
	FFValue		value;
	int64_t		number;

	if (!FFWalkNext(&places->walk, NULL, &value) || value.type != FF_NUMBER ||
		!FFNumberScaled(&value, 0, &number) || number < 0 || number >= places->variations)
		return FFRefuse(compiler, path, FF_ERROR_DOCUMENT, "places do not tell what variation this is");
	*place = (int) number;
	return true;
}

static void
AddTexts(const FFValue *texts, FFSet *set)
{
	FFWalk		walk;
	FFValue		text;

	if (texts->type != FF_ARRAY)
		return;
	FFSetReserve(set, FFCount(texts));
	FFWalkStart(&walk, texts);
	while (FFWalkNext(&walk, NULL, &text))
		if (text.type == FF_STRING)
			FFSetAdd(set, FFStringCopy(FFStringOf(text.data, text.length)), 0);
}

/* Fields whose values decide for a variant whatever the weights say. */
static void
CompileOverrides(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				 FFUnleashVariant *variant)
{
	FFValue		overrides = FFDialectMember(document, "overrides");
	FFWalk		walk;
	FFValue		item;

	if (overrides.type != FF_ARRAY)
		return;
	variant->overrides = FFAlloc((size_t) FFCount(&overrides) * sizeof(FFUnleashOverride) + 1);
	FFWalkStart(&walk, &overrides);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFUnleashOverride *override = &variant->overrides[variant->override_count];
		FFString	name = FFDialectString(&item, "contextName");
		FFValue		values = FFDialectMember(&item, "values");

		if (name.data == NULL || values.type != FF_ARRAY)
		{
			FFNoteFault(compiler, path, "an override is not a name and an array of values");
			continue;
		}
		FFUnleashFieldInit(compiler, name, &override->field);
		AddTexts(&values, &override->values);
		variant->override_count++;
	}
}

static bool
CompileVariant(FFCompiler *compiler, const FFPath *path, const FFValue *document, Places *places,
			   FFUnleashVariants *variants)
{
	FFUnleashVariant *variant = &variants->items[variants->count];
	FFValue		weight = FFDialectMember(document, "weight");
	FFValue		name = FFDialectMember(document, "name");
	FFValue		payload = FFDialectMember(document, "payload");

	if (!NextPlace(compiler, path, places, &variant->place))
		return false;
	if (weight.type != FF_NUMBER || !FFNumberDouble(&weight, &variant->weight))
		FFNoteFault(compiler, path, "the weight of a variant is no number: 0");
	variant->name = FFStringCopy(name.type == FF_ABSENT ? FFStringOf("", 0) : FFValueTextJs(&name));
	if (payload.type > FF_NULL)
		variant->payload = FFCopy(&payload);
	CompileOverrides(compiler, path, document, variant);
	variants->weight += variant->weight;
	variants->weighed += variant->weight != 0;
	variants->count++;
	return true;
}

/* Variants of a flag or a strategy; the first one says what they are sticky on. */
static bool
CompileVariants(FFCompiler *compiler, const FFPath *path, const FFValue *document, Places *places,
				FFUnleashVariants *variants)
{
	FFPath		inner = FFPathMember(path, FFStringOf("variants", 8));
	FFWalk		walk;
	FFValue		item;
	int			i = 0;

	variants->given = document->type > FF_NULL;
	if (document->type != FF_ARRAY)
	{
		if (variants->given)
			FFNoteFault(compiler, &inner, "variants are no array");
		return true;
	}
	variants->items = FFAlloc((size_t) FFCount(document) * sizeof(FFUnleashVariant) + 1);
	FFWalkStart(&walk, document);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFPath		element = FFPathElement(&inner, i++);

		if (item.type != FF_OBJECT)
			FFNoteFault(compiler, &element, "a variant is no object");
		else if (!CompileVariant(compiler, &element, &item, places, variants))
			return false;
	}
	return true;
}

/* What the first of the variants says. */
static FFValue
FirstStickiness(const FFValue *variants)
{
	FFValue		first = {0};

	if (variants->type == FF_ARRAY && FFCount(variants) > 0)
		first = FFElement(variants, 0);
	return FFDialectMember(&first, "stickiness");
}

/*
 * Variants of a strategy.  The common engine is sticky on what the strategy is;
 * Node asks the first variant before, and names a missing group "undefined".
 */
static bool
CompileStrategyVariants(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFString name,
						bool node, Places *places, FFUnleashVariants *variants)
{
	FFValue		items = FFDialectMember(document, "variants");
	FFValue		parameters = FFDialectMember(document, "parameters");
	FFValue		group = FFDialectMember(&parameters, "groupId");
	FFValue		sticky = FFDialectMember(&parameters, "stickiness");
	FFValue		first = FirstStickiness(&items);

	if (node && first.type > FF_NULL && !(first.type == FF_STRING && first.length == 0))
		sticky = first;
	FFUnleashStickiness(compiler, &sticky, &variants->stickiness);
	variants->group = !node && group.type <= FF_NULL ? name : FFStringCopy(FFValueTextJs(&group));
	return CompileVariants(compiler, path, &items, places, variants);
}

/* --- strategies and parents --------------------------------------------------- */

static bool
CompileStrategies(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFString name,
				  Places *places, FFUnleashFlag *flag)
{
	FFValue		strategies = FFDialectMember(document, "strategies");
	FFPath		inner = FFPathMember(path, FFStringOf("strategies", 10));
	FFWalk		walk;
	FFValue		strategy;

	if (strategies.type != FF_ARRAY)
	{
		flag->malformed = flag->node || strategies.type > FF_NULL;
		FFNoteFault(compiler, &inner, "strategies are no array: the flag is %s", flag->malformed ? "off" : "on");
		return true;
	}
	flag->strategies = FFAlloc((size_t) FFCount(&strategies) * sizeof(FFUnleashStrategy) + 1);
	FFWalkStart(&walk, &strategies);
	while (FFWalkNext(&walk, NULL, &strategy))
	{
		FFPath		element = FFPathElement(&inner, flag->strategy_count);
		FFUnleashStrategy *result = &flag->strategies[flag->strategy_count++];

		FFCheckInterrupts();
		FFUnleashStrategyCompile(compiler, &element, &strategy, name, flag->node, result);
		if (!CompileStrategyVariants(compiler, &element, &strategy, name, flag->node, places, &result->variants))
			return false;
	}
	return true;
}

/* Flags that have to be on, or off, or serve one of some variants. */
static void
CompileParents(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFUnleashFlag *flag)
{
	FFValue		parents = FFDialectMember(document, "dependencies");
	FFPath		inner = FFPathMember(path, FFStringOf("dependencies", 12));
	FFWalk		walk;
	FFValue		item;

	if (parents.type != FF_ARRAY)
		return;
	flag->parents = FFAlloc((size_t) FFCount(&parents) * sizeof(FFUnleashParent) + 1);
	FFWalkStart(&walk, &parents);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFPath		element = FFPathElement(&inner, flag->parent_count);
		FFUnleashParent *parent = &flag->parents[flag->parent_count++];
		FFString	name = FFDialectString(&item, "feature");
		FFValue		enabled = FFDialectMember(&item, "enabled");
		FFValue		variants = FFDialectMember(&item, "variants");

		parent->enabled = enabled.type != FF_BOOL || enabled.boolean;
		parent->flag = name.data == NULL ? -1 : FFInternFlag(compiler, name);
		if (parent->flag < 0)
			FFNoteFault(compiler, &element, "a dependency names no feature: the flag is off");
		AddTexts(&variants, &parent->variants);
	}
}

/* --- flags and segments -------------------------------------------------------- */

static bool
IsNode(const FFValue *document)
{
	FFString	sdk = FFDialectString(document, "sdk");

	return sdk.data != NULL && FFStringIs(sdk, "node");
}

static void
UseRecipes(FFUnleashFlag *flag)
{
	const char *rollout = flag->node ? "unleash-node" : "unleash";
	const char *variant = flag->node ? "unleash-variant-node" : "unleash-variant";

	flag->rollout = FFRecipeFind(FFStringOf(rollout, (int) strlen(rollout)));
	flag->variant = FFRecipeFind(FFStringOf(variant, (int) strlen(variant)));
}

static bool
Compile(FFCompiler *compiler, const FFValue *document)
{
	FFPath		top = {0};
	FFPath		path = FFPathMember(&top, FFStringOf("flag", 4));
	FFUnleashFlag *flag = FFAlloc(sizeof(FFUnleashFlag));
	FFValue		feature = FFDialectMember(document, "flag");
	FFValue		numbers = FFDialectMember(document, "places");
	FFValue		variants = FFDialectMember(&feature, "variants");
	FFValue		sticky = FirstStickiness(&variants);
	FFString	name = FFDialectString(&feature, "name");
	Places		places = {.variations = compiler->program->variations.count};

	if (feature.type != FF_OBJECT)
		return FFRefuseType(compiler, &path, "an object", &feature);
	if (places.variations <= FF_UNLEASH_ON || numbers.type != FF_ARRAY)
		return FFRefuse(compiler, &top, FF_ERROR_DOCUMENT, "variations off and on, and places, are needed");
	compiler->program->own = flag;
	compiler->program->off = FF_UNLEASH_OFF;
	flag->node = IsNode(document);
	UseRecipes(flag);
	name = name.data == NULL ? FFStringOf("", 0) : FFStringCopy(name);
	FFWalkStart(&places.walk, &numbers);
	flag->variants.group = name;
	FFUnleashStickiness(compiler, &sticky, &flag->variants.stickiness);
	CompileParents(compiler, &path, &feature, flag);
	return CompileVariants(compiler, &path, &variants, &places, &flag->variants) &&
		CompileStrategies(compiler, &path, &feature, name, &places, flag);
}

/* {"constraints": [...], "sdk": "node"} */
static bool
CompileSegment(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	FFPath		top = {0};

	if (document->type != FF_OBJECT)
		return FFRefuseType(compiler, &top, "an object", document);
	FFUnleashConstraints(compiler, &top, document, IsNode(document), root, 0);
	return true;
}

const FFDialect FFDialectUnleash = {
	.name = "unleash",
	.compile = Compile,
	.compile_segment = CompileSegment,
	.answer = FFUnleashAnswer,
};
