/*
 * growthbook_experiment.c
 *	  GrowthBook: an experiment as a rule or a payload has it, prepared.
 */
#include <math.h>

#include "dialects/growthbook.h"

#define NAME(literal) FFStringOf(literal, (int) sizeof(literal) - 1)

/* A member where it is one that counts as true, else absent. */
static FFValue
Given(const FFValue *object, const char *member)
{
	FFValue		value = FFDialectMember(object, member);
	FFValue		absent = {0};

	return FFGbTruthy(&value) ? value : absent;
}

/* The name of an attribute to hash, or the usual one. */
static FFString
AttributeName(const FFValue *object, const char *member)
{
	FFValue		value = Given(object, member);

	return value.type == FF_ABSENT ? NAME("id") : FFValueTextJs(&value);
}

bool
FFGbIsUtf8(const FFCompiler *compiler)
{
	FFValue		document = FFGbDocument(compiler);
	FFString	sdk = FFDialectString(&document, "sdk");

	return sdk.data != NULL && FFStringIs(sdk, "utf8");
}

/* --- what several have ----------------------------------------------------------- */

/* A condition that is asked where it counts as true. */
bool
FFGbCompileWhen(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFNode **node)
{
	FFValue		condition = Given(rule, "condition");
	FFPath		at = FFPathMember(path, NAME("condition"));

	*node = NULL;
	if (condition.type == FF_ABSENT)
		return true;
	*node = FFAlloc(sizeof(FFNode));
	return FFGbCompileCondition(compiler, &at, &condition, 0, *node);
}

static void
InitFilter(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbFilter *filter)
{
	FFValue		seed = FFDialectMember(value, "seed");
	FFValue		version = FFDialectMember(value, "hashVersion");
	FFValue		ranges = FFDialectMember(value, "ranges");

	filter->fails = value->type == FF_NULL;
	FFGbPathInit(compiler, AttributeName(value, "attribute"), false, &filter->unit);
	FFGbHashInit(&filter->hash, &seed, &version, 2, FFGbIsUtf8(compiler));
	filter->has_ranges = ranges.type == FF_ARRAY;
	filter->ranges = FFGbRangesOf(&ranges);
	if (filter->fails || !filter->has_ranges)
		FFNoteFault(compiler, path, "a filter without ranges cannot be evaluated");
}

bool
FFGbCompileFilters(FFCompiler *compiler, const FFPath *path, const FFValue *rule,
				   FFGbFilters *filters)
{
	FFValue		value = Given(rule, "filters");
	FFPath		at = FFPathMember(path, NAME("filters"));
	FFWalk		walk;
	FFValue		element;

	filters->given = value.type != FF_ABSENT;
	filters->fail = filters->given && value.type != FF_ARRAY;
	if (value.type != FF_ARRAY)
		return true;
	filters->filters = FFAlloc((size_t) FFCount(&value) * sizeof(FFGbFilter) + 1);
	FFWalkStart(&walk, &value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFPath		place = FFPathElement(&at, filters->count);

		InitFilter(compiler, &place, &element, &filters->filters[filters->count++]);
	}
	return true;
}

static bool
CompileParent(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbParent *parent)
{
	FFValue		id = FFDialectMember(value, "id");
	FFValue		gate = FFDialectMember(value, "gate");

	parent->fails = value->type == FF_NULL;
	parent->gate = FFGbTruthy(&gate);
	parent->flag = FFInternFlag(compiler, FFStringCopy(FFValueTextJs(&id)));
	if (value->type != FF_OBJECT)
		FFNoteFault(compiler, path, "a prerequisite is an object");
	return FFGbCompileWhen(compiler, path, value, &parent->condition);
}

bool
FFGbCompileParents(FFCompiler *compiler, const FFPath *path, const FFValue *rule,
				   FFGbParents *parents)
{
	FFValue		value = Given(rule, "parentConditions");
	FFPath		at = FFPathMember(path, NAME("parentConditions"));
	FFWalk		walk;
	FFValue		element;

	parents->fail = value.type != FF_ABSENT && value.type != FF_ARRAY;
	if (parents->fail)
		FFNoteFault(compiler, &at, "prerequisites that are no array cannot be evaluated");
	if (value.type != FF_ARRAY)
		return true;
	parents->parents = FFAlloc((size_t) FFCount(&value) * sizeof(FFGbParent) + 1);
	FFWalkStart(&walk, &value);
	while (FFWalkNext(&walk, NULL, &element))
	{
		FFPath		place = FFPathElement(&at, parents->count);

		if (!CompileParent(compiler, &place, &element, &parents->parents[parents->count++]))
			return false;
	}
	return true;
}

/* --- variations ------------------------------------------------------------------- */

/* The document's variation that has a value; null is none. */
FFGbServe
FFGbServeOf(FFCompiler *compiler, const FFValue *value)
{
	const FFProgram *program = compiler->program;
	FFGbServe	serve = {.place = -1, .value = {.type = FF_NULL}};

	if (value->type <= FF_NULL)
		return serve;
	serve.value = FFCopy(value);
	serve.truth = FFGbTruthy(value);
	for (int i = 0; i < program->variations.count && serve.place < 0; i++)
		if (FFValueEqual(value, &program->values[i]))
			serve.place = i;
	return serve;
}

static void
InitMeta(const FFValue *value, FFGbMeta *meta)
{
	FFValue		key = Given(value, "key");
	FFValue		name = Given(value, "name");
	FFValue		passthrough = Given(value, "passthrough");

	meta->fails = value->type <= FF_NULL;
	meta->key_value = key.type == FF_ABSENT ? key : FFCopy(&key);
	meta->name = name.type == FF_ABSENT ? name : FFCopy(&name);
	meta->passthrough = passthrough.type != FF_ABSENT;
	meta->passthrough_value = passthrough;
	if (meta->passthrough)
		meta->passthrough_value = FFCopy(&passthrough);
}

/* What is told of each variation; where it is missing the SDK raises an error. */
static void
InitMetas(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFGbExperiment *experiment)
{
	FFValue		metas = Given(rule, "meta");
	int			count = experiment->count > 0 ? experiment->count : 1;

	if (metas.type == FF_ABSENT)
		return;
	experiment->metas_fail = metas.type != FF_ARRAY;
	experiment->meta_count = metas.type == FF_ARRAY ? FFCount(&metas) : 0;
	if (experiment->meta_count > count)
		count = experiment->meta_count;
	experiment->metas = FFAlloc((size_t) count * sizeof(FFGbMeta));
	for (int i = 0; i < count; i++)
	{
		FFValue		meta = {0};

		if (metas.type == FF_ARRAY)
			meta = FFElement(&metas, i);
		InitMeta(&meta, &experiment->metas[i]);
		if (experiment->metas[i].fails)
			FFNoteFault(compiler, path, "variation %d has no meta: where it is served there is no answer", i);
	}
}

static void
InitServes(FFCompiler *compiler, FFGbExperiment *experiment)
{
	FFWalk		walk;
	FFValue		value;
	int			i = 0;

	experiment->count = FFCount(&experiment->variations);
	experiment->serves = FFAlloc((size_t) (experiment->count + 1) * sizeof(FFGbServe));
	experiment->serves[0].place = -1;
	experiment->serves[0].value.type = FF_NULL;
	FFWalkStart(&walk, &experiment->variations);
	while (FFWalkNext(&walk, NULL, &value))
		experiment->serves[i++] = FFGbServeOf(compiler, &value);
}

/* --- hashing and weights ------------------------------------------------------------- */

static void
InitWeights(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFGbExperiment *experiment)
{
	FFValue		ranges = Given(rule, "ranges");
	FFValue		coverage = FFDialectMember(rule, "coverage");
	FFValue		weights = Given(rule, "weights");
	FFWalk		walk;
	FFValue		weight;

	experiment->weights = weights.type == FF_ABSENT ? weights : FFCopy(&weights);
	experiment->has_ranges = ranges.type != FF_ABSENT;
	experiment->ranges = experiment->has_ranges ? FFGbRangesOf(&ranges) :
		FFGbShares(experiment->count, &coverage, &weights);
	if (weights.type != FF_ARRAY)
		return;
	FFWalkStart(&walk, &weights);
	while (FFWalkNext(&walk, NULL, &weight))
		if (weight.type != FF_NUMBER)
			FFNoteFault(compiler, path, "a weight that is no number is taken for what ECMAScript makes of it");
	if (FFCount(&weights) != experiment->count && !experiment->has_ranges)
		FFNoteFault(compiler, path, "there are not as many weights as variations: all weigh the same");
}

static FFString
Joined(FFString first, const char *between, FFString last)
{
	FFText		text = {0};

	FFTextAdd(&text, first.data, first.length);
	FFTextAdd(&text, between, (int) strlen(between));
	if (last.length > 0)
		FFTextAdd(&text, last.data, last.length);
	return FFStringOf(text.data, text.length);
}

/* Sticky buckets: under which key, and which versions are blocked. */
static void
InitSticky(FFCompiler *compiler, const FFValue *rule, FFGbExperiment *experiment)
{
	FFValue		version = Given(rule, "bucketVersion");
	FFValue		minimum = Given(rule, "minBucketVersion");
	FFValue		off = FFDialectMember(rule, "disableStickyBucketing");
	FFValue		fallback = Given(rule, "fallbackAttribute");

	experiment->sticky_off = FFGbTruthy(&off);
	experiment->sticky_prefix = Joined(experiment->key_text, "__", FFStringOf("", 0));
	experiment->sticky_key = Joined(experiment->key_text, "__", version.type == FF_ABSENT ? NAME("0") :
									FFValueTextJs(&version));
	experiment->minimum = minimum.type == FF_ABSENT ? 0 : FFGbNumberOf(&minimum);
	FFGbPathInit(compiler, AttributeName(rule, "fallbackAttribute"), false, &experiment->sticky_fallback);
	if (fallback.type != FF_ABSENT)
		experiment->fallback = &experiment->sticky_fallback;
}

static void
InitHash(FFCompiler *compiler, const FFValue *rule, FFString id, FFGbExperiment *experiment)
{
	FFValue		key = Given(rule, "key");
	FFValue		seed = Given(rule, "seed");
	FFValue		version = FFDialectMember(rule, "hashVersion");
	FFValue		namespace = Given(rule, "namespace");

	if (key.type == FF_ABSENT)
	{
		key.type = FF_STRING;
		key.data = id.data;
		key.length = id.length;
	}
	experiment->key = FFCopy(&key);
	experiment->key_text = FFStringCopy(FFValueTextJs(&key));
	FFGbHashInit(&experiment->hash, seed.type == FF_ABSENT ? &key : &seed, &version, 1, FFGbIsUtf8(compiler));
	FFGbPathInit(compiler, AttributeName(rule, "hashAttribute"), false, &experiment->unit);
	if (namespace.type == FF_ABSENT)
		return;
	experiment->namespace = FFAlloc(sizeof(FFGbNamespace));
	FFGbNamespaceInit(experiment->namespace, &namespace, FFGbIsUtf8(compiler));
}

/* --- contextual bandits ---------------------------------------------------------------- */

static bool
CompileLeaf(FFCompiler *compiler, const FFPath *path, const FFValue *value, const FFValue *coverage,
			int count, FFGbLeaf *leaf)
{
	FFValue		id = FFDialectMember(value, "leafId");
	FFValue		weights = FFDialectMember(value, "weights");

	leaf->fails = value->type == FF_NULL;
	leaf->id = id.type == FF_ABSENT ? id : FFCopy(&id);
	leaf->weights = weights.type == FF_ABSENT ? weights : FFCopy(&weights);
	leaf->shares = FFGbShares(count, coverage, &weights);
	return FFGbCompileWhen(compiler, path, value, &leaf->condition);
}

/* A bandit has weights of its own for each kind of context. */
static bool
CompileBandit(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFGbExperiment *experiment)
{
	FFValue		document = FFGbDocument(compiler);
	FFValue		bandits = FFDialectMember(&document, "bandits");
	FFValue		reference = Given(rule, "contextualBanditRef");
	FFValue		coverage = FFDialectMember(rule, "coverage");
	FFString	name = FFValueTextJs(&reference);
	FFGbBandit *bandit = FFAlloc(sizeof(FFGbBandit));
	FFValue		definition = {0};
	FFValue		contexts;
	FFWalk		walk;
	FFValue		context;

	if (reference.type == FF_ABSENT)
		return true;
	if (bandits.type == FF_OBJECT)
		definition = FFMember(&bandits, name.data, name.length);
	if (!FFGbTruthy(&definition))
		FFNoteFault(compiler, path, "unknown contextual bandit \"%.*s\": the rule's own weights hold", FF_QUOTED(name));
	if (!FFGbTruthy(&definition))
		return true;
	experiment->bandit = bandit;
	bandit->version = FFDialectMember(&definition, "banditVersion");
	if (bandit->version.type != FF_ABSENT)
		bandit->version = FFCopy(&bandit->version);
	contexts = FFDialectMember(&definition, "contexts");
	if (contexts.type != FF_ARRAY)
		return true;
	bandit->leaves = FFAlloc((size_t) FFCount(&contexts) * sizeof(FFGbLeaf) + 1);
	FFWalkStart(&walk, &contexts);
	while (FFWalkNext(&walk, NULL, &context))
		if (!CompileLeaf(compiler, path, &context, &coverage, experiment->count,
						 &bandit->leaves[bandit->count++]))
			return false;
	return true;
}

/* --- an experiment ----------------------------------------------------------------------- */

/* What only an experiment that stands alone has. */
static bool
CompileAlone(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbExperiment *experiment)
{
	FFString	status = FFDialectString(value, "status");
	FFValue		active = FFDialectMember(value, "active");
	FFValue		force = FFDialectMember(value, "force");

	experiment->inactive = (status.data != NULL && FFStringIs(status, "draft")) ||
		(active.type == FF_BOOL && !active.boolean);
	experiment->stopped = status.data != NULL && FFStringIs(status, "stopped");
	experiment->forced = force.type != FF_ABSENT;
	experiment->force = FFGbNumberOf(&force);
	return FFGbCompileParents(compiler, path, value, &experiment->parents);
}

/* The variations are an array: the caller has seen to it. */
bool
FFGbCompileExperiment(FFCompiler *compiler, const FFPath *path, const FFValue *rule, FFString id,
					  bool alone, FFGbExperiment *experiment)
{
	FFValue		variations = FFDialectMember(rule, "contextualVariations");

	if (variations.type <= FF_NULL || alone)
		variations = FFDialectMember(rule, "variations");
	experiment->source = FFCopy(rule);
	experiment->variations = FFCopy(&variations);
	InitServes(compiler, experiment);
	InitMetas(compiler, path, rule, experiment);
	InitHash(compiler, rule, id, experiment);
	InitSticky(compiler, rule, experiment);
	InitWeights(compiler, path, rule, experiment);
	return FFGbCompileFilters(compiler, path, rule, &experiment->filters) &&
		FFGbCompileWhen(compiler, path, rule, &experiment->condition) &&
		CompileBandit(compiler, path, rule, experiment) &&
		(!alone || CompileAlone(compiler, path, rule, experiment));
}
