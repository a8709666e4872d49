/*
 * flagsmith_flag.c
 *	  Flagsmith's flags: a feature as the environment has it, as segments
 *	  override it and as identities do.
 *
 * The document is {"variations", "flag", "overrides": [{"segment", "name",
 * "flag"}, ...], "identities": [{"identifiers", "flag"}, ...], "environment",
 * ...}; each "flag" is a feature of an evaluation context.
 */
#include <math.h>
#include <stdlib.h>

#include "dialects/flagsmith.h"

#define PARTS_BETWEEN_INTERRUPTS 256

/* What the parts of a flag share. */
typedef struct Builder
{
	FFCompiler *compiler;
	FFFlagsmithFlag *flag;
	FFSet		values;			/* JSON of the variations, each with its place */
} Builder;

/* JSON of a value; null where there is none. */
static FFString
Json(const FFValue *value)
{
	FFText		text = {0};

	if (value->type == FF_ABSENT)
		return FFStringOf("null", 4);
	FFTextJson(&text, value);
	return FFStringOf(text.data, text.length);
}

/* Index the variations by their values: equal ones are one. */
static void
IndexValues(Builder *builder)
{
	const FFProgram *program = builder->compiler->program;

	for (int i = 0; i < program->variations.count; i++)
		FFSetAdd(&builder->values, Json(&program->values[i]), i);
}

/* The place of a value among the variations; -1 of one that is not among them. */
static int
PlaceOf(Builder *builder, const FFPath *path, const FFValue *value)
{
	int			found = FFSetFind(&builder->values, Json(value));

	if (found < 0)
	{
		FFNoteFault(builder->compiler, path, "the value is not among the variations");
		return -1;
	}
	return builder->values.entries[found].value;
}

/* --- variants ------------------------------------------------------------------------- */

/* Lower numbers first; what is no number is after them. */
static int
ComparePriorities(const FFValue *a, const FFValue *b)
{
	if (a->type != FF_NUMBER || b->type != FF_NUMBER)
		return (b->type == FF_NUMBER) - (a->type == FF_NUMBER);
	return FFNumberCompare(a, b);
}

/* SPLIT; weight=30, the weight as it is written */
static FFString
SplitReason(const FFValue *weight)
{
	FFString	number = FFFlagsmithText(weight);
	FFText		text = {0};

	FFTextAdd(&text, "\"SPLIT; weight=", 15);
	FFTextAdd(&text, number.data, number.length);
	FFTextAdd(&text, "\"", 1);
	return FFStringOf(text.data, text.length);
}

static void
CompileVariant(Builder *builder, const FFPath *path, const FFValue *document, FFFlagsmithVariant *variant)
{
	FFValue		value = FFDialectMember(document, "value");
	FFValue		weight = FFDialectMember(document, "weight");
	FFValue		priority = FFDialectMember(document, "priority");
	FFValue		key = FFDialectMember(document, "key");

	variant->variation = PlaceOf(builder, path, &value);
	variant->weight = NAN;
	if (weight.type == FF_NUMBER && FFNumberDouble(&weight, &variant->weight))
		variant->reason = SplitReason(&weight);
	else
	{
		variant->weight = NAN;
		FFNoteFault(builder->compiler, path, "the weight is no number: neither this variant nor those after it are served");
	}
	variant->priority = FFCopy(&priority);
	variant->name = Json(&key);
}

/* Stable, so that those of one priority keep their order. */
static void
SortVariants(FFFlagsmithState *state)
{
	for (int i = 1; i < state->count; i++)
	{
		FFFlagsmithVariant variant = state->variants[i];
		int			place = i;

		for (; place > 0 && ComparePriorities(&variant.priority, &state->variants[place - 1].priority) < 0; place--)
			state->variants[place] = state->variants[place - 1];
		state->variants[place] = variant;
	}
}

static bool
CompileVariants(Builder *builder, const FFPath *path, const FFValue *variants, FFFlagsmithState *state)
{
	FFPath		list = FFFlagsmithPath(path, "variants");
	FFWalk		walk;
	FFValue		variant;

	if (variants->type != FF_ARRAY)
	{
		if (variants->type > FF_NULL)
			FFNoteFault(builder->compiler, &list, "variants are an array");
		return true;
	}
	if (FFCount(variants) > FF_MAX_VARIATIONS)
		return FFRefuse(builder->compiler, &list, FF_ERROR_LIMIT, "a flag has at most %d variants", FF_MAX_VARIATIONS);
	state->variants = FFAlloc((size_t) FFCount(variants) * sizeof(FFFlagsmithVariant) + 1);
	FFWalkStart(&walk, variants);
	while (FFWalkNext(&walk, NULL, &variant))
	{
		FFPath		place = FFPathElement(&list, state->count);

		CompileVariant(builder, &place, &variant, &state->variants[state->count++]);
	}
	SortVariants(state);
	return true;
}

/* --- states ------------------------------------------------------------------------------ */

/* TARGETING_MATCH; segment=name */
static FFString
MatchReason(FFString segment)
{
	FFText		text = {0};
	FFText		json = {0};

	FFTextAdd(&text, "TARGETING_MATCH; segment=", 25);
	FFTextAdd(&text, segment.data, segment.length);
	FFTextJsonString(&json, FFStringOf(text.data, text.length));
	return FFStringOf(json.data, json.length);
}

static bool
CompileState(Builder *builder, const FFPath *path, const FFValue *document, FFFlagsmithState *state)
{
	FFValue		enabled = FFDialectMember(document, "enabled");
	FFValue		value = FFDialectMember(document, "value");
	FFValue		key = FFDialectMember(document, "key");
	FFValue		variants = FFDialectMember(document, "variants");
	FFValue		metadata = FFDialectMember(document, "metadata");
	FFValue		priority = FFDialectMember(document, "priority");

	memset(state, 0, sizeof(*state));
	if (document->type != FF_OBJECT)
		FFNoteFault(builder->compiler, path, "a feature is an object");
	else if (enabled.type != FF_BOOL)
		FFNoteFault(builder->compiler, path, "enabled is neither true nor false: taken as false");
	state->enabled = enabled.type == FF_BOOL && enabled.boolean;
	state->variation = PlaceOf(builder, path, &value);
	state->key = FFStringCopy(FFFlagsmithText(&key));
	if (metadata.type == FF_OBJECT && FFCount(&metadata) > 0)
		state->metadata = Json(&metadata);
	state->priority = FFCopy(&priority);
	state->segment = -1;
	return CompileVariants(builder, path, &variants, state);
}

/* What a segment makes of the feature. */
static bool
CompileOverride(Builder *builder, const FFPath *path, const FFValue *document, FFFlagsmithState *state)
{
	FFPath		flag_path = FFFlagsmithPath(path, "flag");
	FFValue		flag = FFDialectMember(document, "flag");
	FFString	key = FFDialectString(document, "segment");
	FFValue		named = FFDialectMember(document, "name");
	FFString	name = FFFlagsmithText(&named);
	FFText		rule = {0};

	if (!CompileState(builder, &flag_path, &flag, state))
		return false;
	if (key.data == NULL)
	{
		FFNoteFault(builder->compiler, path, "an override without a segment overrides nothing");
		key = FFStringOf("", 0);
	}
	state->segment = FFInternSegment(builder->compiler, FFStringCopy(key));
	state->reason = MatchReason(name);
	FFTextAdd(&rule, "segment:", 8);
	FFTextAdd(&rule, name.data, name.length);
	state->rule = FFStringOf(rule.data, rule.length);
	return true;
}

static int
CompareStates(const void *a, const void *b)
{
	const FFFlagsmithState *x = a;
	const FFFlagsmithState *y = b;
	int			order = ComparePriorities(&x->priority, &y->priority);

	/* qsort is not stable: the place that was written down decides */
	return order != 0 ? order : x->place - y->place;
}

/* The first of them whose segment matches decides: the lowest priority. */
static bool
CompileOverrides(Builder *builder, const FFValue *overrides)
{
	FFFlagsmithFlag *flag = builder->flag;
	FFPath		root = {0};
	FFPath		list = FFFlagsmithPath(&root, "overrides");
	FFWalk		walk;
	FFValue		override;

	if (overrides->type != FF_ARRAY)
		return true;
	flag->overrides = FFAlloc((size_t) FFCount(overrides) * sizeof(FFFlagsmithState) + 1);
	FFWalkStart(&walk, overrides);
	while (FFWalkNext(&walk, NULL, &override))
	{
		FFPath		path = FFPathElement(&list, flag->override_count);
		FFFlagsmithState *state = &flag->overrides[flag->override_count];

		if (flag->override_count % PARTS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (!CompileOverride(builder, &path, &override, state))
			return false;
		state->place = flag->override_count++;
	}
	qsort(flag->overrides, (size_t) flag->override_count, sizeof(FFFlagsmithState), CompareStates);
	return true;
}

/* --- identities ------------------------------------------------------------------------- */

/* Those who have an override; the first one that names somebody holds. */
static void
AddIdentifiers(FFFlagsmithFlag *flag, const FFValue *identifiers, int place)
{
	FFWalk		walk;
	FFValue		identifier;

	if (identifiers->type != FF_ARRAY)
		return;
	FFWalkStart(&walk, identifiers);
	while (FFWalkNext(&walk, NULL, &identifier))
		if (identifier.type == FF_STRING)
			FFSetAdd(&flag->identifiers, FFStringCopy(FFStringOf(identifier.data, identifier.length)), place);
}

static bool
CompileIdentities(Builder *builder, const FFValue *identities)
{
	FFFlagsmithFlag *flag = builder->flag;
	FFPath		root = {0};
	FFPath		list = FFFlagsmithPath(&root, "identities");
	int			count = 0;
	FFWalk		walk;
	FFValue		item;

	if (identities->type != FF_ARRAY)
		return true;
	flag->identities = FFAlloc((size_t) FFCount(identities) * sizeof(FFFlagsmithState) + 1);
	FFWalkStart(&walk, identities);
	for (; FFWalkNext(&walk, NULL, &item); count++)
	{
		FFPath		place = FFPathElement(&list, count);
		FFPath		path = FFFlagsmithPath(&place, "flag");
		FFValue		document = FFDialectMember(&item, "flag");
		FFValue		identifiers = FFDialectMember(&item, "identifiers");
		FFFlagsmithState *state = &flag->identities[count];

		if (count % PARTS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (!CompileState(builder, &path, &document, state))
			return false;
		state->reason = MatchReason(FFStringOf("identity_overrides", 18));
		state->rule = FFStringOf("identity", 8);
		AddIdentifiers(flag, &identifiers, count);
	}
	return true;
}

bool
FFFlagsmithCompile(FFCompiler *compiler, const FFValue *document)
{
	FFFlagsmithFlag *flag = FFAlloc(sizeof(FFFlagsmithFlag));
	Builder		builder = {.compiler = compiler, .flag = flag};
	FFPath		root = {0};
	FFPath		path = FFFlagsmithPath(&root, "flag");
	FFValue		base = FFDialectMember(document, "flag");
	FFValue		overrides = FFDialectMember(document, "overrides");
	FFValue		identities = FFDialectMember(document, "identities");
	FFValue		hide = FFDialectMember(document, "hide_disabled");

	compiler->program->own = flag;
	FFFlagsmithHomeInit(compiler, document, &flag->home);
	flag->recipe = FFRecipeFind(FFStringOf("flagsmith", 9));
	flag->hide_disabled = hide.type == FF_BOOL && hide.boolean;
	IndexValues(&builder);
	if (!CompileState(&builder, &path, &base, &flag->base))
		return false;
	flag->base.reason = FFStringOf("\"DEFAULT\"", 9);
	return CompileOverrides(&builder, &overrides) && CompileIdentities(&builder, &identities);
}
