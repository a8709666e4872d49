/*
 * posthog.c
 *	  Flags of PostHog: {"variations": [...], "flag": the flag as PostHog gives
 *	  it, "payloads": {...}, "group_types": {"0": "company"}, "sdk": "server",
 *	  "property_matching_version": 2}.
 *
 * The variations are false, true, and then the keys of variants and what a
 * holdout serves, each found by its value.
 */
#include <math.h>

#include "dialects/posthog.h"

#define GROUPS_BETWEEN_INTERRUPTS 64

/* --- variants ------------------------------------------------------------------------ */

/* The place of a variant by its key; -1: it is none. */
static int
FindPlace(const FFProgram *program, const FFValue *key)
{
	if (key->type == FF_STRING && key->length > 0)
		for (int i = FF_POSTHOG_ON + 1; i < program->variations.count; i++)
			if (FFValueEqual(&program->values[i], key))
				return i;
	return -1;
}

static bool
CompileVariants(FFCompiler *compiler, const FFPath *path, const FFValue *variants, FFPosthogFlag *flag)
{
	FFWalk		walk;
	FFValue		item;
	double		end = 0;

	if (variants->type != FF_ARRAY)
		return true;
	flag->variants = FFAlloc((size_t) FFCount(variants) * sizeof(FFPosthogVariant) + 1);
	FFWalkStart(&walk, variants);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFPosthogVariant *variant = &flag->variants[flag->variant_count++];
		FFValue		key = FFDialectMember(&item, "key");
		FFValue		weight = FFDialectMember(&item, "rollout_percentage");

		if (key.type != FF_STRING || key.length == 0 || isnan(FFPosthogNumber(&weight)))
			FFNoteFault(compiler, path, "a variant without key or share is never served");
		variant->place = key.type == FF_STRING && key.length > 0 ? FindPlace(compiler->program, &key) : FF_POSTHOG_ON;
		if (variant->place < 0)
			return FFRefuse(compiler, path, FF_ERROR_REFERENCE, "variant \"%.*s\" is not among the variations",
							FFClip(FFStringOf(key.data, key.length), 60), key.data);
		variant->start = end;
		variant->end = end = end + FFPosthogNumber(&weight) / 100.0;
		if (flag->variant_count > FF_MAX_VARIATIONS)
			return FFRefuse(compiler, path, FF_ERROR_LIMIT, "more than %d variants", FF_MAX_VARIATIONS);
	}
	return true;
}

/* --- conditions ------------------------------------------------------------------------ */

static FFPosthogUnit *
UnitOf(FFCompiler *compiler, const FFPosthogSetup *setup, int64_t group, FFPosthogUnit *unit)
{
	FFString	steps[2] = {FFStringOf("$groups", 7), {0}};

	if (group == FF_POSTHOG_PERSON)
		return unit;
	unit->group = true;
	steps[1] = FFPosthogGroupType(setup, group);
	unit->unknown = steps[1].data == NULL;
	if (!unit->unknown)
		FFDialectAttribute(compiler, steps, 2, &unit->key);
	return unit;
}

static void
CompileCondition(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFPosthogSetup *setup,
				 int64_t group, FFPosthogFlag *flag, FFPosthogCondition *condition)
{
	FFValue		own = FFDialectMember(document, "aggregation_group_type_index");
	FFValue		rollout = FFDialectMember(document, "rollout_percentage");
	FFValue		variant = FFDialectMember(document, "variant");
	FFValue		properties = FFDialectMember(document, "properties");

	condition->unit = &flag->unit;
	if (own.type > FF_NULL && FFPosthogGroupIndex(&own) != group)
	{
		group = FFPosthogGroupIndex(&own);
		condition->unit = UnitOf(compiler, setup, group, FFAlloc(sizeof(FFPosthogUnit)));
	}
	if (condition->unit->unknown)
		FFNoteFault(compiler, path, "there is no such type of groups: this holds for nobody");
	condition->rollout = NAN;
	if (rollout.type > FF_NULL)
		condition->rollout = FFPosthogNumber(&rollout) / 100.0;
	condition->drawn = rollout.type > FF_NULL && !(condition->rollout >= 1);
	if (condition->drawn && isnan(condition->rollout))
		FFNoteFault(compiler, path, "rollout_percentage is no number: all are in");
	condition->variant = FindPlace(compiler->program, &variant);
	if (document->type != FF_OBJECT)
	{
		FFNoteFault(compiler, path, "a condition is no object: it never holds");
		FFPosthogNever(&condition->when);
		return;
	}
	FFPosthogFilters(compiler, path, &properties, setup, group, &condition->when);
}

/* A variant of a condition counts only where the flag has it. */
static void
CheckVariant(const FFPosthogFlag *flag, FFPosthogCondition *condition)
{
	for (int i = 0; i < flag->variant_count; i++)
		if (flag->variants[i].place == condition->variant)
			return;
	condition->variant = -1;
}

static void
CompileConditions(FFCompiler *compiler, const FFPath *path, const FFValue *groups, FFPosthogSetup *setup,
				  int64_t group, FFPosthogFlag *flag)
{
	FFPath		inner = FFPathMember(path, FFStringOf("groups", 6));
	FFWalk		walk;
	FFValue		item;

	if (groups->type != FF_ARRAY)
	{
		if (groups->type > FF_NULL)
			FFNoteFault(compiler, &inner, "groups are no array: the flag is off");
		return;
	}
	flag->conditions = FFAlloc((size_t) FFCount(groups) * sizeof(FFPosthogCondition) + 1);
	FFWalkStart(&walk, groups);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFPath		element = FFPathElement(&inner, flag->condition_count);
		FFPosthogCondition *condition = &flag->conditions[flag->condition_count++];

		CompileCondition(compiler, &element, &item, setup, group, flag, condition);
		CheckVariant(flag, condition);
		if (flag->condition_count % GROUPS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

/* --- early access ------------------------------------------------------------------------ */

/* The older form: a condition that counts where one of its properties is there. */
static void
CompileSuper(FFCompiler *compiler, const FFPath *path, const FFValue *filters, FFPosthogSetup *setup, FFPosthogFlag *flag)
{
	FFValue		groups = FFDialectMember(filters, "super_groups");
	FFPath		inner = FFPathMember(path, FFStringOf("super_groups", 12));
	FFPath		element = FFPathElement(&inner, 0);
	FFValue		first;
	FFValue		properties;
	FFWalk		walk;
	FFValue		item;

	if (groups.type != FF_ARRAY || FFCount(&groups) == 0)
		return;
	first = FFElement(&groups, 0);
	properties = FFDialectMember(&first, "properties");
	if (properties.type != FF_ARRAY || FFCount(&properties) == 0)
		return;
	flag->has_super = true;
	CompileCondition(compiler, &element, &first, setup, FF_POSTHOG_PERSON, flag, &flag->super);
	flag->super.unit = FFAlloc(sizeof(FFPosthogUnit));
	flag->super_names = FFAlloc((size_t) FFCount(&properties) * sizeof(FFAttribute));
	FFWalkStart(&walk, &properties);
	while (FFWalkNext(&walk, NULL, &item))
	{
		FFString	key = FFDialectString(&item, "key");

		if (key.data != NULL)
			FFDialectAttribute(compiler, &key, 1, &flag->super_names[flag->super_count++]);
	}
}

static void
CompileEnrollment(FFCompiler *compiler, const FFPath *path, const FFValue *filters, FFPosthogSetup *setup,
				  FFPosthogFlag *flag)
{
	FFValue		enrolls = FFDialectMember(filters, "feature_enrollment");
	FFText		name = {0};
	FFString	string;

	flag->enrolls = enrolls.type == FF_BOOL && enrolls.boolean;
	if (!flag->enrolls)
	{
		CompileSuper(compiler, path, filters, setup, flag);
		return;
	}
	FFTextFormat(&name, "$feature_enrollment/");
	FFTextAdd(&name, flag->key.data, flag->key.length);
	string = FFStringOf(name.data, name.length);
	FFDialectAttribute(compiler, &string, 1, &flag->enrollment);
}

/* --- holdouts ------------------------------------------------------------------------------ */

static bool
HoldoutPlace(FFCompiler *compiler, const FFPath *path, FFString name, FFPosthogFlag *flag)
{
	FFValue		key = {.type = FF_STRING, .data = name.data, .length = name.length};

	flag->holdout.place = FindPlace(compiler->program, &key);
	return flag->holdout.place >= 0 ||
		FFRefuse(compiler, path, FF_ERROR_REFERENCE, "the holdout is not among the variations");
}

/* The older form: [{"rollout_percentage": 10, "variant": "holdout-1"}] */
static bool
CompileHoldoutGroup(FFCompiler *compiler, const FFPath *path, const FFValue *groups, FFPosthogFlag *flag)
{
	FFValue		first = {0};
	FFValue		properties;
	FFValue		rollout;
	FFString	variant;

	if (groups->type == FF_ARRAY && FFCount(groups) > 0)
		first = FFElement(groups, 0);
	properties = FFDialectMember(&first, "properties");
	if (first.type != FF_OBJECT || (properties.type == FF_ARRAY && FFCount(&properties) > 0))
		return true;
	rollout = FFDialectMember(&first, "rollout_percentage");
	variant = FFDialectString(&first, "variant");
	flag->holdout.share = FFPosthogNumber(&rollout) / 100.0;
	flag->holdout.all = rollout.type <= FF_NULL;
	flag->holdout.by_weight = variant.length == 0;
	return HoldoutPlace(compiler, path, variant.length == 0 ? FFStringOf("holdout", 7) : variant, flag);
}

/* {"id": 1, "exclusion_percentage": 10}; what is no number holds nobody out. */
static bool
CompileHoldout(FFCompiler *compiler, const FFPath *path, const FFValue *filters, FFPosthogFlag *flag)
{
	FFValue		holdout = FFDialectMember(filters, "holdout");
	FFValue		groups = FFDialectMember(filters, "holdout_groups");
	FFValue		id = FFDialectMember(&holdout, "id");
	FFValue		share = FFDialectMember(&holdout, "exclusion_percentage");
	double		percentage = FFPosthogNumber(&share);
	FFText		name = {0};
	FFString	text = FFValueTextJs(&id);

	flag->holdout.place = -1;
	flag->holdout.salt = FFStringOf("holdout-", 8);
	if (holdout.type <= FF_NULL)
		return CompileHoldoutGroup(compiler, path, &groups, flag);
	if (id.type <= FF_NULL || share.type <= FF_NULL)
		return true;
	if (!isfinite(percentage))
	{
		FFNoteFault(compiler, path, "exclusion_percentage is no number: nobody is held out");
		return true;
	}
	flag->holdout.all = percentage >= 100;
	flag->holdout.share = (percentage < 0 ? 0 : percentage) / 100;
	FFTextFormat(&name, "holdout-");
	FFTextAdd(&name, text.data, text.length);
	return HoldoutPlace(compiler, path, FFStringOf(name.data, name.length), flag);
}

/* --- the flag ---------------------------------------------------------------------------------- */

static void
UseAttributes(FFCompiler *compiler, const FFValue *document, FFPosthogFlag *flag)
{
	FFString	bucketing = FFDialectString(document, "bucketing_identifier");
	FFValue		continuity = FFDialectMember(document, "ensure_experience_continuity");
	FFString	device = FFStringOf("$device_id", 10);
	FFString	override = FFStringOf("$hash_key_override", 18);
	FFString	anonymous = FFStringOf("$anon_distinct_id", 17);

	flag->by_device = bucketing.data != NULL && FFStringIs(bucketing, "device_id");
	flag->continuous = continuity.type == FF_BOOL && continuity.boolean;
	if (flag->by_device)
		FFDialectAttribute(compiler, &device, 1, &flag->device);
	if (!flag->continuous)
		return;
	FFDialectAttribute(compiler, &override, 1, &flag->override);
	FFDialectAttribute(compiler, &anonymous, 1, &flag->anonymous);
}

static bool
CompileFilters(FFCompiler *compiler, const FFPath *path, const FFValue *filters, FFPosthogSetup *setup,
			   FFPosthogFlag *flag)
{
	FFValue		index = FFDialectMember(filters, "aggregation_group_type_index");
	FFValue		early = FFDialectMember(filters, "early_exit");
	FFValue		multivariate = FFDialectMember(filters, "multivariate");
	FFValue		variants = FFDialectMember(&multivariate, "variants");
	FFValue		groups = FFDialectMember(filters, "groups");
	int64_t		group = FFPosthogGroupIndex(&index);

	flag->early_exit = early.type == FF_BOOL && early.boolean;
	UnitOf(compiler, setup, group, &flag->unit);
	if (!CompileVariants(compiler, path, &variants, flag) || !CompileHoldout(compiler, path, filters, flag))
		return false;
	CompileEnrollment(compiler, path, filters, setup, flag);
	CompileConditions(compiler, path, &groups, setup, group, flag);
	return true;
}

static bool
Compile(FFCompiler *compiler, const FFValue *document)
{
	FFPath		top = {0};
	FFPath		path = FFPathMember(&top, FFStringOf("flag", 4));
	FFPath		inner = FFPathMember(&path, FFStringOf("filters", 7));
	FFPosthogFlag *flag = FFAlloc(sizeof(FFPosthogFlag));
	FFValue		item = FFDialectMember(document, "flag");
	FFValue		filters = FFDialectMember(&item, "filters");
	FFValue		payloads = FFDialectMember(document, "payloads");
	FFString	key = FFDialectString(&item, "key");
	FFPosthogSetup setup;

	if (item.type != FF_OBJECT || key.data == NULL)
		return FFRefuse(compiler, &path, FF_ERROR_DOCUMENT, "a flag is an object with a key");
	if (compiler->program->variations.count <= FF_POSTHOG_ON)
		return FFRefuse(compiler, &top, FF_ERROR_DOCUMENT, "variations off and on are needed");
	compiler->program->own = flag;
	compiler->program->off = FF_POSTHOG_OFF;
	FFPosthogReadSetup(document, &setup);
	flag->key = FFStringCopy(key);
	flag->rollout = FFRecipeFind(FFStringOf("posthog", 7));
	flag->variant = FFRecipeFind(FFStringOf("posthog-variant", 15));
	flag->held = FFRecipeFind(FFStringOf("posthog-holdout", 15));
	flag->payloads = payloads.type == FF_OBJECT ? FFCopy(&payloads) : payloads;
	if (filters.type > FF_NULL && filters.type != FF_OBJECT)
		FFNoteFault(compiler, &inner, "filters are no object: the flag is off");
	UseAttributes(compiler, &item, flag);
	return CompileFilters(compiler, &inner, &filters, &setup, flag);
}

const FFDialect FFDialectPostHog = {
	.name = "posthog",
	.compile = Compile,
	.compile_segment = FFPosthogCohort,
	.answer = FFPosthogAnswer,
};
