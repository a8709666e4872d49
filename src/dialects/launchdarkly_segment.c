/*
 * launchdarkly_segment.c
 *	  LaunchDarkly's segments: included, excluded, else by rules.
 *
 * The memberships of a big segment are in a store of the SDK's.  Here they are
 * the list of a segment of the project's own, which is named as that store
 * names it; without one it goes by its rules alone, and the answer says so.
 */
#include "dialects/launchdarkly.h"

typedef struct LdSegmentRule
{
	FFNode		clauses;
	bool		go;
	bool		weighted;
	double		share;
	LdBucketing bucketing;
} LdSegmentRule;

typedef struct LdSegment
{
	bool		unbounded;
	FFString	unbounded_kind;
	int			members;		/* the segment that has its list; -1: none can */
	int			included_count;
	LdTarget   *included;
	int			excluded_count;
	LdTarget   *excluded;
	int			rule_count;
	LdSegmentRule *rules;
} LdSegment;

/* --- matching ------------------------------------------------------------------ */

static bool
IsAmong(const LdContext *ld, const LdTarget *targets, int count)
{
	for (int i = 0; i < count; i++)
		if (FFLdTargetHas(ld, &targets[i]))
			return true;
	return false;
}

/* go asks for the kind of a percentage, js puts all others into the first bucket. */
static bool
ShareMatches(FFEvaluation *evaluation, const LdSegmentRule *rule)
{
	LdBucket	bucket;

	if (!rule->bucketing.by.valid)
	{
		evaluation->context->notes |= LD_MALFORMED;
		return false;
	}
	FFLdBucket(evaluation, &rule->bucketing, &bucket);
	return (bucket.has_kind || !rule->go) && bucket.value < rule->share;
}

static bool
RulesMatch(FFEvaluation *evaluation, const LdSegment *segment)
{
	FFContext  *context = evaluation->context;

	for (int i = 0; i < segment->rule_count; i++)
	{
		const LdSegmentRule *rule = &segment->rules[i];
		bool		matches;

		context->notes &= ~LD_MALFORMED;
		matches = FFNodeMatches(evaluation, &rule->clauses);
		if ((context->notes & LD_MALFORMED) != 0)
			return false;
		if (!matches)
			continue;
		if (!rule->weighted)
			return true;
		matches = ShareMatches(evaluation, rule);
		if (matches || (context->notes & LD_MALFORMED) != 0)
			return matches;
	}
	return false;
}

/* Whether a key is in a list, whatever key the context was passed with. */
static bool
ListHas(FFEvaluation *evaluation, int number, FFString key)
{
	FFContext  *context = evaluation->context;
	FFString	user_key = context->user_key;
	uint64_t	serial = context->serial;
	bool		has;

	context->user_key = key;
	context->serial = 0;		/* what was told was told of another key */
	has = FFSegmentNumbered(evaluation, number);
	context->user_key = user_key;
	context->serial = serial;
	return has;
}

static bool
BigSegmentMatches(FFEvaluation *evaluation, const LdSegment *segment)
{
	FFContext  *context = evaluation->context;
	FFString	key = FFLdKey(context->own, segment->unbounded_kind);

	if (key.length == 0)
		return false;
	if (segment->members < 0 || !FFSegmentKnown(evaluation, segment->members))
		context->notes |= LD_BIG_UNKNOWN;
	else
	{
		context->notes |= LD_BIG_KNOWN;
		if (ListHas(evaluation, segment->members, key))
			return true;
	}
	return segment->members >= 0 && RulesMatch(evaluation, segment);
}

static bool SegmentMatches(FFEvaluation *evaluation, const void *state);

/* Asked by no flag: the context is read here. */
static bool
MatchesAlone(FFEvaluation *evaluation, const void *state)
{
	FFContext  *context = evaluation->context;
	LdContext	ld;
	bool		matches;

	if (!FFLdContextReadAlone(context, &ld))
		return false;
	context->own = &ld;
	matches = SegmentMatches(evaluation, state);
	context->own = NULL;
	return matches;
}

static bool
SegmentMatches(FFEvaluation *evaluation, const void *state)
{
	const LdSegment *segment = state;
	const LdContext *ld = evaluation->context->own;

	if (ld == NULL)
		return MatchesAlone(evaluation, state);
	if (segment->unbounded)
		return BigSegmentMatches(evaluation, segment);
	if (IsAmong(ld, segment->included, segment->included_count))
		return true;
	if (IsAmong(ld, segment->excluded, segment->excluded_count))
		return false;
	return RulesMatch(evaluation, segment);
}

/* --- compiling ------------------------------------------------------------------- */

static FFPath
PathOf(const FFPath *path, const char *member)
{
	return FFPathMember(path, FFStringOf(member, (int) strlen(member)));
}

/* Users, and contexts of other kinds: [{"contextKind", "values"}, …]. */
static LdTarget *
CompileTargets(FFCompiler *compiler, const FFPath *path, const FFValue *document, const char *users,
			   const char *others, bool go, int *count)
{
	FFPath		users_path = PathOf(path, users);
	FFPath		others_path = PathOf(path, others);
	FFValue		keys = FFDialectMember(document, users);
	FFValue		contexts = FFDialectMember(document, others);
	int			room = 1 + (contexts.type == FF_ARRAY ? FFCount(&contexts) : 0);
	LdTarget   *targets = FFAlloc((size_t) room * sizeof(LdTarget));
	FFWalk		walk;
	FFValue		context;

	FFLdTargetCompile(compiler, &users_path, &keys, FFStringOf("user", 4), &targets[0]);
	*count = 1;
	if (contexts.type != FF_ARRAY)
		return targets;
	FFWalkStart(&walk, &contexts);
	while (FFWalkNext(&walk, NULL, &context))
	{
		FFPath		element = FFPathElement(&others_path, *count - 1);
		FFValue		values = FFDialectMember(&context, "values");

		FFLdTargetCompile(compiler, &element, &values, FFLdKindOf(&context, "contextKind", go), &targets[(*count)++]);
	}
	return targets;
}

/* {"clauses": […], "weight", "bucketBy", "rolloutContextKind"} */
static void
CompileRule(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFString salt,
			bool go, LdSegmentRule *rule)
{
	FFValue		clauses = FFDialectMember(document, "clauses");
	FFValue		weight = FFDialectMember(document, "weight");

	rule->go = go;
	if (clauses.type == FF_ARRAY)
		FFLdClausesCompile(compiler, path, &clauses, go, &rule->clauses);
	else
		rule->clauses.kind = go ? FF_NODE_ALL : FF_NODE_ANY;	/* of none: js matches nobody */
	rule->weighted = weight.type > FF_NULL;
	if (!rule->weighted)
		return;
	rule->share = FFLdShare(&weight, go);
	FFLdBucketingCompile(compiler, document, FFLdKindOf(document, "rolloutContextKind", go), salt, go,
						 &rule->bucketing);
	if (!rule->bucketing.by.valid)
		FFNoteFault(compiler, path, "invalid bucketBy: the flag is malformed where this is asked");
}

static void
CompileRules(FFCompiler *compiler, const FFPath *path, const FFValue *document, FFString salt,
			 bool go, LdSegment *segment)
{
	FFPath		rules_path = PathOf(path, "rules");
	FFValue		rules = FFDialectMember(document, "rules");
	FFWalk		walk;
	FFValue		rule;

	if (rules.type != FF_ARRAY)
		return;
	segment->rules = FFAlloc((size_t) FFCount(&rules) * sizeof(LdSegmentRule) + 1);
	FFWalkStart(&walk, &rules);
	while (FFWalkNext(&walk, NULL, &rule))
	{
		FFPath		element = FFPathElement(&rules_path, segment->rule_count);

		CompileRule(compiler, &element, &rule, salt, go, &segment->rules[segment->rule_count++]);
	}
}

/* The list is called key.gGENERATION; js takes generation 0 for none. */
static int
FindMembers(FFCompiler *compiler, const FFValue *source)
{
	FFValue		generation = FFDialectMember(source, "generation");
	FFString	key = FFDialectString(source, "key");
	FFText		text = {0};
	FFString	number;

	if (!FFLdTruthy(&generation))
		return -1;
	number = FFValueTextJs(&generation);
	FFTextAdd(&text, key.data, key.length);
	FFTextAdd(&text, ".g", 2);
	FFTextAdd(&text, number.data, number.length);
	return FFInternOwnSegment(compiler, FFStringOf(text.data, text.length));
}

/* {"segment": as LaunchDarkly has it, "sdk"} */
bool
FFLdSegmentCompile(FFCompiler *compiler, const FFValue *document, FFNode *root)
{
	FFPath		path = {0};
	FFValue		source = FFDialectMember(document, "segment");
	FFValue		unbounded = FFDialectMember(&source, "unbounded");
	bool		go = FFStringIs(FFDialectString(document, "sdk"), "go");
	LdSegment  *segment = FFAlloc(sizeof(LdSegment));
	FFString	kind = FFLdKindOf(&source, "unboundedContextKind", go);

	if (source.type != FF_OBJECT)
		return FFRefuseType(compiler, &path, "an object that has a segment", document);
	segment->unbounded = FFLdTruthy(&unbounded);
	segment->unbounded_kind = kind.data != NULL && kind.length == 0 ? FFStringOf("user", 4) : kind;
	segment->members = segment->unbounded ? FindMembers(compiler, &source) : -1;
	segment->included = CompileTargets(compiler, &path, &source, "included", "includedContexts", go,
									   &segment->included_count);
	segment->excluded = CompileTargets(compiler, &path, &source, "excluded", "excludedContexts", go,
									   &segment->excluded_count);
	CompileRules(compiler, &path, &source, FFLdSalt(&source, FFDialectString(&source, "key")), go, segment);
	if (segment->unbounded)
		FFNoteFault(compiler, &path, "big segment, whose memberships are not in the configuration: its rules alone count "
					"until a segment has its list");
	FFOwnNodeInit(root, "segment", SegmentMatches, segment);
	return true;
}
