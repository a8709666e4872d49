/*
 * growthbook.c
 *	  GrowthBook: features, their rules in order, and what they answer.
 */
#include <math.h>

#include "dialects/growthbook.h"

#define NAME(literal) FFStringOf(literal, (int) sizeof(literal) - 1)
#define RULES_BETWEEN_INTERRUPTS 1024

/* --- compiling ------------------------------------------------------------------ */

/* The rule's share of users, or its range. */
static void
InitRollout(FFCompiler *compiler, const FFValue *value, FFGbRule *rule)
{
	FFValue		range = FFDialectMember(value, "range");
	FFValue		coverage = FFDialectMember(value, "coverage");
	FFValue		seed = FFDialectMember(value, "seed");
	FFValue		version = FFDialectMember(value, "hashVersion");
	FFValue		attribute = FFDialectMember(value, "hashAttribute");
	FFValue		fallback = FFDialectMember(value, "fallbackAttribute");
	FFValue		off = FFDialectMember(value, "disableStickyBucketing");
	const FFGbFeature *feature = compiler->program->own;
	FFValue		key = {.type = FF_STRING, .data = feature->key.data, .length = feature->key.length};

	rule->by_range = FFGbTruthy(&range);
	rule->limited = rule->by_range || coverage.type != FF_ABSENT;
	rule->range = FFGbRangeOf(&range);
	rule->coverage = FFGbNumberOf(&coverage);
	rule->nobody = coverage.type == FF_NUMBER && rule->coverage == 0 && !rule->by_range;
	FFGbHashInit(&rule->hash, FFGbTruthy(&seed) ? &seed : &key, &version, 1, feature->utf8);
	FFGbPathInit(compiler, FFGbTruthy(&attribute) ? FFValueTextJs(&attribute) : NAME("id"), false, &rule->unit);
	if (!FFGbTruthy(&fallback) || FFGbTruthy(&off))
		return;
	rule->fallback = FFAlloc(sizeof(FFGbPath));
	FFGbPathInit(compiler, FFValueTextJs(&fallback), false, rule->fallback);
}

/* A rule that runs an experiment, where it has variations. */
static bool
CompileVariations(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbRule *rule)
{
	const FFGbFeature *feature = compiler->program->own;
	FFValue		variations = FFDialectMember(value, "contextualVariations");

	if (variations.type <= FF_NULL)
		variations = FFDialectMember(value, "variations");
	rule->kind = FF_GB_RULE_SKIPPED;
	if (FFGbTruthy(&variations) && variations.type != FF_ARRAY)
		FFNoteFault(compiler, path, "variations that are no array are served to nobody");
	if (variations.type != FF_ARRAY)
		return true;
	rule->kind = FF_GB_RULE_EXPERIMENT;
	rule->experiment = FFAlloc(sizeof(FFGbExperiment));
	return FFGbCompileExperiment(compiler, path, value, feature->key, false, rule->experiment);
}

static bool
CompileRule(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbRule *rule)
{
	FFValue		force = FFDialectMember(value, "force");
	FFValue		id = FFDialectMember(value, "id");

	if (value->type != FF_OBJECT && value->type != FF_ARRAY)
	{
		FFNoteFault(compiler, path, "a rule that is no object cannot be evaluated");
		rule->kind = FF_GB_RULE_FAILS;
		return true;
	}
	if (FFGbTruthy(&id))
		rule->id = FFStringCopy(FFValueTextJs(&id));
	if (!FFGbCompileParents(compiler, path, value, &rule->parents) ||
		!FFGbCompileFilters(compiler, path, value, &rule->filters))
		return false;
	if (force.type == FF_ABSENT)
		return CompileVariations(compiler, path, value, rule);
	rule->kind = FF_GB_RULE_FORCE;
	rule->serve = FFGbServeOf(compiler, &force);
	InitRollout(compiler, value, rule);
	return FFGbCompileWhen(compiler, path, value, &rule->condition);
}

static bool
CompileRules(FFCompiler *compiler, const FFPath *path, const FFValue *rules, FFGbFeature *feature)
{
	FFWalk		walk;
	FFValue		value;

	feature->fails = FFGbTruthy(rules) && rules->type != FF_ARRAY;
	if (feature->fails)
		FFNoteFault(compiler, path, "rules that are no array cannot be evaluated");
	if (rules->type != FF_ARRAY)
		return true;
	if (FFCount(rules) > FF_MAX_RULES)
		return FFRefuse(compiler, path, FF_ERROR_LIMIT, "a feature has at most %d rules", FF_MAX_RULES);
	feature->rules = FFAlloc((size_t) FFCount(rules) * sizeof(FFGbRule) + 1);
	FFWalkStart(&walk, rules);
	while (FFWalkNext(&walk, NULL, &value))
	{
		FFPath		at = FFPathElement(path, feature->rule_count);

		if (feature->rule_count % RULES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		if (!CompileRule(compiler, &at, &value, &feature->rules[feature->rule_count++]))
			return false;
	}
	return true;
}

/* An experiment of the payload that is no rule of a feature. */
static bool
CompileAlone(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbFeature *feature)
{
	FFPath		at = FFPathMember(path, NAME("experiment"));
	FFValue		variations = FFDialectMember(value, "variations");

	feature->unknown = variations.type != FF_ARRAY;
	if (feature->unknown)
		FFNoteFault(compiler, &at, "an experiment without variations serves nothing");
	if (feature->unknown)
		return true;
	feature->alone = FFAlloc(sizeof(FFGbExperiment));
	return FFGbCompileExperiment(compiler, &at, value, feature->key, true, feature->alone);
}

static bool
CompileFeature(FFCompiler *compiler, const FFPath *path, const FFValue *value, FFGbFeature *feature)
{
	FFPath		at = FFPathMember(path, NAME("feature"));
	FFPath		rules_at = FFPathMember(&at, NAME("rules"));
	FFValue		rules = FFDialectMember(value, "rules");
	FFValue		usual = FFDialectMember(value, "defaultValue");

	feature->unknown = !FFGbTruthy(value);
	if (feature->unknown)
		FFNoteFault(compiler, &at, "a feature that is nothing is as unknown as one that is not there");
	feature->serve = FFGbServeOf(compiler, &usual);
	return CompileRules(compiler, &rules_at, &rules, feature);
}

static bool
Compile(FFCompiler *compiler, const FFValue *document)
{
	FFPath		root = {0};
	FFPath		path = FFPathElement(&root, 0);
	FFGbFeature *feature = FFAlloc(sizeof(FFGbFeature));
	FFString	off = FFDialectString(document, "off");
	FFString	key = FFDialectString(document, "key");
	FFValue		value = FFDialectMember(document, "feature");
	FFValue		alone = FFDialectMember(document, "experiment");

	compiler->program->own = feature;
	if (off.data != NULL)
		compiler->program->off = FFProgramFindVariation(compiler->program, off);
	feature->utf8 = FFGbIsUtf8(compiler);
	feature->key = FFStringCopy(key);
	FFGbPathInit(compiler, NAME(FF_GB_STATE), false, &feature->state);
	return alone.type != FF_ABSENT ? CompileAlone(compiler, &path, &alone, feature) :
		CompileFeature(compiler, &path, &value, feature);
}

/* --- answering -------------------------------------------------------------------- */

static void
Serve(FFGbAnswering *answering, FFReason reason, const FFGbServe *serve)
{
	FFProviderAnswer *answer = answering->answer;

	answer->reason = reason;
	answer->variation = serve->place;
	answer->truth = serve->truth;
}

/* What has no value: the caller's fallback. */
static void
ServeNothing(FFGbAnswering *answering, FFReason reason, FFEvaluationError error, const char *source)
{
	FFProviderAnswer *answer = answering->answer;

	answer->reason = reason;
	answer->error = error;
	answer->rule_name = FFStringOf(source, (int) strlen(source));
	answer->truth = 0;
	FFGbReport(answering, source, FFStringOf("", 0), false, NULL);
}

/* The SDK raises an error: there is no answer but the caller's. */
static void
ServeFailure(FFGbAnswering *answering)
{
	FFGbForgive(answering->evaluation);
	ServeNothing(answering, FF_REASON_ERROR, FF_PARSE_ERROR, "error");
	answering->answer->truth = -1;
	FFExplain(answering->evaluation, "flag", "error", "the provider's SDK raises an error here");
}

typedef enum Outcome
{
	NEXT_RULE,
	DONE
} Outcome;

/* Ask the flags that a rule depends on. */
static Outcome
AskParents(FFGbAnswering *answering, const FFGbRule *rule, bool *met)
{
	const FFGbParents *parents = &rule->parents;

	*met = false;
	for (int i = 0; i < parents->count; i++)
	{
		int			told = FFGbAskParent(answering, &parents->parents[i]);

		if (told == FF_GB_PARENT_CYCLIC)
		{
			ServeNothing(answering, FF_REASON_ERROR, FF_GENERAL, "cyclicPrerequisite");
			return DONE;
		}
		if (FFGbFailed(answering->evaluation))
			return DONE;
		if (told == FF_GB_PARENT_MET)
			continue;
		if (!parents->parents[i].gate)
			return NEXT_RULE;
		ServeNothing(answering, FF_REASON_DISABLED, FF_EVALUATION_OK, "prerequisite");
		return DONE;
	}
	FFGbFailIf(answering->evaluation, parents->fail);
	*met = !parents->fail;
	return parents->fail ? DONE : NEXT_RULE;
}

/* Whether a user is in the share or range of a rule, and what the hash said. */
static bool
InRollout(FFGbAnswering *answering, const FFGbRule *rule, FFBucketing *bucketing, FFValue *unit)
{
	const FFGbPath *used;

	if (rule->nobody)
		return false;
	FFGbState(answering);
	*unit = FFGbUnitValue(answering->evaluation, &rule->unit,
						  answering->documents.type != FF_ABSENT ? rule->fallback : NULL, &used);
	if (unit->type == FF_ABSENT || !FFGbHashRun(&rule->hash, unit, bucketing))
		return false;
	return rule->by_range ? FFGbInRange(&rule->range, bucketing->value) :
		bucketing->value <= rule->coverage;
}

static Outcome
FollowForce(FFGbAnswering *answering, const FFGbRule *rule, int place)
{
	FFEvaluation *evaluation = answering->evaluation;
	FFProviderAnswer *answer = answering->answer;
	FFBucketing bucketing = {.bucket = -1};
	FFValue		unit = {0};

	if (rule->condition != NULL && !FFNodeMatches(evaluation, rule->condition))
		return NEXT_RULE;
	if (FFGbFailed(evaluation))
		return DONE;
	if (rule->limited && !InRollout(answering, rule, &bucketing, &unit))
	{
		FFExplain(evaluation, "rollout", "out", "bucket %d", bucketing.bucket);
		return NEXT_RULE;
	}
	Serve(answering, rule->limited ? FF_REASON_SPLIT : FF_REASON_TARGETING_MATCH, &rule->serve);
	answer->rule = place;
	answer->rule_id = rule->id;
	if (rule->limited)
	{
		FFExplain(evaluation, "rollout", "in", "bucket %d", bucketing.bucket);
		answer->bucket = bucketing.bucket;
		answer->unit = FFValueTextJs(&unit);
	}
	FFGbReport(answering, "force", rule->id, rule->serve.truth, NULL);
	return DONE;
}

/* The answer of an experiment; a unit only where the hash decided. */
static void
ServeResult(FFGbAnswering *answering, const FFGbResult *result)
{
	FFProviderAnswer *answer = answering->answer;

	Serve(answering, result->used && result->in ? FF_REASON_SPLIT : result->in ? FF_REASON_TARGETING_MATCH : FF_REASON_DEFAULT,
		  &result->experiment->serves[result->variation]);
	answer->index = result->variation;
	if (!result->used || !result->in)
		return;
	answer->bucket = result->bucketing.bucket;
	answer->unit = FFValueTextJs(&result->value);
}

static Outcome
FollowExperiment(FFGbAnswering *answering, const FFGbRule *rule, int place)
{
	const FFGbExperiment *experiment = rule->experiment;
	FFGbResult	result;

	if (!FFGbExperimentRun(answering, experiment, &result))
		return DONE;
	if (!result.in || (experiment->metas != NULL && experiment->metas[result.variation].passthrough))
		return NEXT_RULE;
	ServeResult(answering, &result);
	answering->answer->rule = place;
	answering->answer->rule_id = rule->id;
	FFGbReport(answering, "experiment", rule->id, experiment->serves[result.variation].truth, &result);
	return DONE;
}

/* A rule: its prerequisites, filters, and what it serves. */
static Outcome
FollowRule(FFGbAnswering *answering, const FFGbRule *rule, int place)
{
	FFEvaluation *evaluation = answering->evaluation;
	bool		met;

	if (rule->kind == FF_GB_RULE_FAILS)
	{
		FFGbFailIf(evaluation, true);
		return DONE;
	}
	if (AskParents(answering, rule, &met) == DONE)
		return DONE;
	if (!met || FFGbFilteredOut(evaluation, &rule->filters))
		return FFGbFailed(evaluation) ? DONE : NEXT_RULE;
	switch (rule->kind)
	{
		case FF_GB_RULE_FORCE:
			return FollowForce(answering, rule, place);
		case FF_GB_RULE_EXPERIMENT:
			return FollowExperiment(answering, rule, place);
		default:
			return NEXT_RULE;
	}
}

static void
ExplainRule(const FFGbAnswering *answering, const FFGbRule *rule, int place, Outcome outcome)
{
	const char *said = outcome == DONE ? "matched" : "not matched";

	if (rule->id.data != NULL)
		FFExplain(answering->evaluation, "rule", said, "rules[%d] \"%.*s\"", place, FF_QUOTED(rule->id));
	else
		FFExplain(answering->evaluation, "rule", said, "rules[%d]", place);
}

/* Rules in order, then the default. */
static void
FollowRules(FFGbAnswering *answering, const FFGbFeature *feature)
{
	FFEvaluation *evaluation = answering->evaluation;
	Outcome		outcome = NEXT_RULE;

	FFGbFailIf(evaluation, feature->fails);
	for (int i = 0; i < feature->rule_count && outcome == NEXT_RULE && !FFGbFailed(evaluation); i++)
	{
		if (i > 0 && i % RULES_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
		outcome = FollowRule(answering, &feature->rules[i], i);
		ExplainRule(answering, &feature->rules[i], i, outcome);
	}
	if (FFGbFailed(evaluation))
		ServeFailure(answering);
	else if (outcome == NEXT_RULE)
	{
		Serve(answering, feature->rule_count == 0 ? FF_REASON_STATIC : FF_REASON_DEFAULT, &feature->serve);
		FFExplain(evaluation, "default", feature->serve.place >= 0 ? "served" : "nothing",
				  "no rule matched");
		FFGbReport(answering, "defaultValue", FFStringOf("", 0), feature->serve.truth, NULL);
	}
}

/* An experiment by itself: who is not in it gets the first variation. */
static void
FollowAlone(FFGbAnswering *answering, const FFGbFeature *feature)
{
	FFGbResult	result;

	if (!FFGbExperimentRun(answering, feature->alone, &result))
	{
		ServeFailure(answering);
		return;
	}
	ServeResult(answering, &result);
	answering->answer->rule_name = result.in ? NAME("experiment") : NAME("default");
	FFGbReport(answering, result.in ? "experiment" : "defaultValue", FFStringOf("", 0),
			   feature->alone->serves[result.variation].truth, &result);
}

static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	const FFGbFeature *feature = program->own;
	FFGbAnswering answering = {.feature = feature, .evaluation = evaluation, .answer = answer};
	int			groups = FF_GB_MAX_GROUPS;
	void	   *outer = evaluation->context->own;

	evaluation->context->notes = 0;
	evaluation->context->own = &groups;
	if (!enabled)
	{
		answer->reason = FF_REASON_DISABLED;
		answer->variation = program->off;
		answer->rule_name = NAME("off");
		FFExplain(evaluation, "flag", "off", "disabled in this environment");
	}
	else if (feature->unknown)
		ServeNothing(&answering, FF_REASON_ERROR, FF_FLAG_NOT_FOUND, "unknownFeature");
	else if (feature->alone != NULL)
		FollowAlone(&answering, feature);
	else
		FollowRules(&answering, feature);
	evaluation->context->own = outer;
	if (FF_UNLIKELY(evaluation->context->notes & FF_GB_LIMIT) && answer->error == FF_EVALUATION_OK)
		answer->error = FF_GENERAL;
}

const FFDialect FFDialectGrowthBook = {
	.name = "growthbook",
	.compile = Compile,
	.compile_segment = FFGbCompileGroup,
	.answer = Answer
};
