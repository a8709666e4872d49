/*
 * rules.c
 *	  Evaluation of a flag's targets, rules and default.
 */
#include <string.h>

#include "engine/program.h"

#define RULES_BETWEEN_INTERRUPTS 1024

/* Whether a rule applies now and to this context. */
static inline bool
RuleMatches(FFEvaluation *evaluation, const FFRule *rule)
{
	int64_t		now = evaluation->context->now;

	if (now < rule->from || now >= rule->until)
		return false;
	return rule->when == NULL || FFNodeMatches(evaluation, rule->when);
}

/* The text that a split goes by; its data is NULL when it is missing. */
static FFString
SplitKey(FFEvaluation *evaluation, const FFServe *serve)
{
	const FFValue *value;

	if (serve->by == NULL)
		return evaluation->context->user_key;
	value = FFAttributeValue(evaluation, serve->by);
	switch (value->type)
	{
		case FF_STRING:
			return FFStringOf(value->data, value->length);
		case FF_NUMBER:
			return FFNumberText(value);
		case FF_BOOL:
			return value->boolean ? FFStringOf("true", 4) : FFStringOf("false", 5);
		default:
			return FFStringOf(NULL, 0);
	}
}

/* The part of a split that owns a bucket. */
static int
FindPart(const FFServe *serve, int bucket)
{
	int			low = 0;
	int			high = serve->count - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (bucket < serve->ends[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Go through a split, or past it. */
static void
Split(const FFProgram *program, FFEvaluation *evaluation, const FFServe *serve,
	  FFString key, FFOutcome *outcome)
{
	if (FF_UNLIKELY(program->gate_count > 0) &&
		!FFGatesPass(program, evaluation->context, serve, key))
	{
		outcome->variation = program->control;
		outcome->match = FF_MATCH_OUTSIDE;
		return;
	}
	outcome->bucket = FFBucketOf(program->prefix, key);
	outcome->variation = serve->variations[FindPart(serve, outcome->bucket)];
	outcome->match = outcome->rule >= 0 ? FF_MATCH_RULE_SPLIT : FF_MATCH_DEFAULT_SPLIT;
	outcome->unit = key;
	outcome->random = serve->random;
}

/* Decide what is served. */
static void
Serve(const FFProgram *program, FFEvaluation *evaluation, const FFServe *serve,
	  FFOutcome *outcome)
{
	FFString	key = {NULL, 0};

	outcome->bucket = -1;
	outcome->unit = key;
	outcome->random = false;
	outcome->variation = serve->variation;
	outcome->match = outcome->rule >= 0 ? FF_MATCH_RULE : FF_MATCH_DEFAULT;
	if (serve->count > 0)
	{
		key = SplitKey(evaluation, serve);
		if (key.data == NULL)
		{
			outcome->variation = -1;
			outcome->match = FF_MATCH_KEY_MISSING;
		}
		else
			Split(program, evaluation, serve, key, outcome);
	}
	if (FF_UNLIKELY(evaluation->context->trace != NULL))
	{
		if (outcome->match == FF_MATCH_OUTSIDE)
			FFTraceControl(program, evaluation->context);
		else
			FFTraceServe(program, evaluation->context, serve, key, outcome->bucket,
						 outcome->variation);
	}
}

/* The first rule that matches, or the number of rules. */
static int
FirstMatch(const FFProgram *program, FFEvaluation *evaluation)
{
	for (int i = 0; i < program->rule_count; i++)
	{
		bool		matches = RuleMatches(evaluation, &program->rules[i]);

		if (FF_UNLIKELY(evaluation->context->trace != NULL))
			FFTraceRule(program, evaluation->context, i, matches);
		if (matches)
			return i;
		if (FF_UNLIKELY((i + 1) % RULES_BETWEEN_INTERRUPTS == 0))
			FFCheckInterrupts();
	}
	return program->rule_count;
}

/* What is served by default at a time. */
static inline const FFServe *
Default(const FFProgram *program, int64_t now)
{
	int			come = 0;

	if (FF_UNLIKELY(program->step_count > 0))
		come = FFStepsCome(program, now);
	return come > 0 ? &program->steps[come - 1].serve : &program->fallback;
}

/* Go through the rules, then the default. */
void
FFProgramRules(const FFProgram *program, FFSegment **segments,
			   FFContext *context, FFOutcome *outcome)
{
	FFEvaluation evaluation;
	int			rule;

	FFEvaluationStart(&evaluation, &program->needs, segments, context, NULL);
	rule = FirstMatch(program, &evaluation);
	if (rule < program->rule_count)
	{
		outcome->rule = rule;
		outcome->rule_id = program->rules[rule].id;
		Serve(program, &evaluation, &program->rules[rule].serve, outcome);
	}
	else
	{
		outcome->rule = -1;
		outcome->rule_id = FFStringOf(NULL, 0);
		Serve(program, &evaluation, Default(program, context->now), outcome);
	}
	FFEvaluationEnd(&evaluation);
}

/* Individual targets: the variation, or -1. */
int
FFProgramTarget(const FFProgram *program, FFString user_key)
{
	int			index;

	if (user_key.data == NULL || program->targets.count == 0)
		return -1;
	index = FFSetFind(&program->targets, user_key);
	return index < 0 ? -1 : program->targets.entries[index].value;
}

/* How many variations the flag has. */
int
FFProgramVariationCount(const FFProgram *program)
{
	return program->variations.count;
}

/* The key of a variation, by its place. */
FFString
FFProgramVariationKey(const FFProgram *program, int index)
{
	const FFSetEntry *entry = &program->variations.entries[index];

	return FFStringOf(entry->data, entry->length);
}

/* The place of a variation, by its key; -1 when there is none. */
int
FFProgramFindVariation(const FFProgram *program, FFString key)
{
	return key.data == NULL ? -1 : FFSetFind(&program->variations, key);
}

/* The place of the off variation. */
int
FFProgramOffVariation(const FFProgram *program)
{
	return program->off;
}

/* Whether everybody always gets the same: no targets, rules, split or steps. */
bool
FFProgramIsStatic(const FFProgram *program)
{
	return program->targets.count == 0 && program->rule_count == 0 &&
		program->fallback.count == 0 && program->step_count == 0 &&
		program->switch_count == 0;
}

/* The segments that the rules name. */
const FFSegmentKeys *
FFProgramSegments(const FFProgram *program)
{
	return &program->needs.segments;
}

/* The segments that a condition names. */
const FFSegmentKeys *
FFConditionSegments(const FFCondition *condition)
{
	return &condition->needs.segments;
}
