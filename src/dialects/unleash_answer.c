/*
 * unleash_answer.c
 *	  What a flag answers: parents, strategies, variants.
 *
 * On is: enabled, all parents as they shall be, and one strategy that holds, or
 * none at all.  The variants of that strategy come before those of the flag.
 */
#include "dialects/unleash.h"

/* The name of the variant that a parent serves: its key without the number. */
static FFString
VariantName(const FFTold *told)
{
	FFString	key = told->key;
	int			at = key.length - 1;

	if (told->variation <= FF_UNLEASH_ON)
		return FFStringOf("disabled", 8);
	if (at < 3 || key.data[at] != ')')
		return key;
	while (at > 0 && key.data[at - 1] >= '0' && key.data[at - 1] <= '9')
		at--;
	if (at < key.length - 1 && at >= 2 && key.data[at - 1] == '(' && key.data[at - 2] == ' ')
		key.length = at - 2;
	return key;
}

/* Whether a flag that is asked is on, whoever answers for it. */
static bool
IsOn(const FFTold *told)
{
	if (told->truth >= 0)
		return told->truth > 0;
	return told->value.type == FF_BOOL ? told->value.boolean :
		told->on && told->variation >= 0 && told->error == FF_EVALUATION_OK;
}

/* Whether the parent serves one of the variants asked for; any where none is. */
static bool
ServesVariant(const FFUnleashFlag *flag, const FFUnleashParent *parent, const FFTold *told)
{
	if (parent->variants.count == 0)
		return true;
	if (!flag->node && told->variation == FF_UNLEASH_ON)
		return true;			/* the common engine asks only who has variants */
	return FFSetFind(&parent->variants, VariantName(told)) >= 0;
}

/* A parent that has parents of its own, or is not there, is not met. */
static bool
ParentMet(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFUnleashParent *parent)
{
	FFTold		told;
	bool		met;

	if (parent->flag < 0)
		return false;
	FFAskFlag(evaluation, parent->flag, &told);
	met = told.known && !told.cyclic && !told.asks;
	if (met)
		met = IsOn(&told) == parent->enabled &&
			(!parent->enabled || ServesVariant(flag, parent, &told));
	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		FFExplain(evaluation, "parent", met ? "met" : "not met", "flag \"%.*s\"%s",
				  FF_QUOTED(evaluation->needs->flags.keys[parent->flag]),
				  !told.known ? " is not there" : told.asks || told.cyclic ? " has parents of its own" : "");
	return met;
}

static bool
ParentsMet(FFEvaluation *evaluation, const FFUnleashFlag *flag)
{
	for (int i = 0; i < flag->parent_count; i++)
		if (!ParentMet(evaluation, flag, &flag->parents[i]))
			return false;
	return true;
}

/* --- what is told of the answer ---------------------------------------------- */

/* {"feature_enabled": true, "variant": {"name": ..., "enabled": ..., "payload": ...}} */
static void
Describe(FFEvaluation *evaluation, bool on, const FFUnleashVariant *variant, FFProviderAnswer *answer)
{
	FFText		text = {0};
	FFString	name = variant == NULL ? FFStringOf("disabled", 8) : variant->name;

	if (!evaluation->context->detailed)
		return;
	FFTextFormat(&text, "{\"feature_enabled\": %s, \"variant\": {\"name\": ", on ? "true" : "false");
	FFTextJsonString(&text, name);
	FFTextFormat(&text, ", \"enabled\": %s", variant != NULL ? "true" : "false");
	if (variant != NULL && variant->payload.type > FF_NULL)
	{
		FFTextFormat(&text, ", \"payload\": ");
		FFTextJson(&text, &variant->payload);
	}
	FFTextFormat(&text, "}}");
	answer->metadata = FFStringOf(text.data, text.length);
}

/* Whether a value is of the type that the caller asks for. */
static bool
IsWanted(FFWanted wanted, FFValueType type)
{
	switch (wanted)
	{
		case FF_WANT_BOOLEAN:
			return type == FF_BOOL;
		case FF_WANT_STRING:
			return type == FF_STRING;
		case FF_WANT_NUMBER:
		case FF_WANT_INTEGER:
			return type == FF_NUMBER;
		case FF_WANT_OBJECT:
			return type == FF_OBJECT || type == FF_ARRAY;
		default:
			return true;
	}
}

/*
 * Serve a place.  Who asks for a boolean is told whether the flag is on; who
 * asks for another type than the variant has gets the fallback, which is the
 * answer as well where no variant is served.
 */
static void
Serve(const FFProgram *program, FFEvaluation *evaluation, bool on, const FFUnleashVariant *variant,
	  FFProviderAnswer *answer)
{
	int			place = variant != NULL ? variant->place : on ? FF_UNLEASH_ON : FF_UNLEASH_OFF;
	FFWanted	wanted = evaluation->context->wanted;

	answer->truth = on;
	answer->variation = place;
	Describe(evaluation, on, variant, answer);
	if (IsWanted(wanted, program->values[place].type))
		return;
	if (wanted == FF_WANT_BOOLEAN)
	{
		answer->variation = FF_UNLEASH_ON;
		return;
	}
	answer->variation = -1;
	if (variant == NULL)
		return;
	answer->reason = FF_REASON_ERROR;
	answer->error = FF_TYPE_MISMATCH;
	answer->unit = FFStringOf(NULL, 0);
}

/* A draw is a split where it goes by something; chance alone assigns nobody. */
static void
TakeDraw(const FFUnleashDraw *draw, FFProviderAnswer *answer)
{
	if (!draw->drawn)
		return;
	answer->bucket = draw->target;
	if (draw->text.data == NULL || draw->text.length == 0)
		return;
	answer->reason = FF_REASON_SPLIT;
	answer->unit = draw->text;
}

/* --- the answer ------------------------------------------------------------------ */

static void
ServeOff(const FFProgram *program, FFEvaluation *evaluation, FFReason reason, const char *rule,
		 FFProviderAnswer *answer)
{
	answer->reason = reason;
	if (rule != NULL)
		answer->rule_name = FFStringOf(rule, (int) strlen(rule));
	Serve(program, evaluation, false, NULL, answer);
}

/* The number of the first strategy that holds, or -1, and the draw that decided it. */
static int
FindStrategy(FFEvaluation *evaluation, const FFUnleashFlag *flag, FFUnleashDraw *draw)
{
	FFUnleashDraw out = {0};

	for (int i = 0; i < flag->strategy_count; i++)
	{
		const FFUnleashStrategy *strategy = &flag->strategies[i];
		bool		matches;

		draw->drawn = false;
		matches = FFUnleashStrategyMatches(evaluation, flag, strategy, draw);
		if (FF_UNLIKELY(evaluation->context->trace != NULL))
			FFExplain(evaluation, "rule", matches ? "matched" : "not matched", "strategies[%d] %.*s", i,
					  FF_QUOTED(strategy->name));
		if (matches)
			return i;
		if (draw->drawn && !out.drawn)
			out = *draw;
	}
	*draw = out;
	return -1;
}

/*
 * The variants that go with a strategy.  Where it has none, the common engine
 * looks for another one that holds and says what its variants are.
 */
static const FFUnleashVariants *
VariantsOf(FFEvaluation *evaluation, const FFUnleashFlag *flag, int strategy)
{
	FFUnleashDraw draw = {0};

	if (strategy < 0)
		return &flag->variants;
	for (int i = strategy; i < flag->strategy_count; i++)
	{
		const FFUnleashVariants *variants = &flag->strategies[i].variants;

		if (variants->given && (i == strategy || FFUnleashStrategyMatches(evaluation, flag, &flag->strategies[i], &draw)))
			return variants->count > 0 ? variants : &flag->variants;
		if (flag->node)
			break;
	}
	return &flag->variants;
}

/* A flag that is on: by a strategy, or by having none. */
static void
ServeOn(const FFProgram *program, FFEvaluation *evaluation, int strategy, FFUnleashDraw *draw,
		FFProviderAnswer *answer)
{
	const FFUnleashFlag *flag = program->own;
	const FFUnleashVariants *variants = VariantsOf(evaluation, flag, strategy);
	const FFUnleashVariant *variant = FFUnleashSelect(evaluation, flag, variants, draw);

	if (variant == NULL && variants != &flag->variants)
		variant = FFUnleashSelect(evaluation, flag, &flag->variants, draw);
	answer->reason = strategy < 0 ? FF_REASON_STATIC : FF_REASON_TARGETING_MATCH;
	answer->rule = strategy;
	if (strategy >= 0)
		answer->rule_id = flag->strategies[strategy].id;
	TakeDraw(draw, answer);
	Serve(program, evaluation, true, variant, answer);
}

/* Off, by the flag itself, its parents or its strategies; or on. */
static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	const FFUnleashFlag *flag = program->own;
	FFUnleashDraw draw = {0};
	int			strategy = -1;

	if (!enabled || flag->malformed)
	{
		ServeOff(program, evaluation, FF_REASON_DISABLED, "off", answer);
		return;
	}
	if (!ParentsMet(evaluation, flag))
	{
		ServeOff(program, evaluation, FF_REASON_DISABLED, "parent", answer);
		return;
	}
	if (flag->strategy_count > 0)
		strategy = FindStrategy(evaluation, flag, &draw);
	if (strategy >= 0 || flag->strategy_count == 0)
	{
		ServeOn(program, evaluation, strategy, &draw, answer);
		return;
	}
	answer->reason = FF_REASON_DEFAULT;
	TakeDraw(&draw, answer);
	ServeOff(program, evaluation, answer->reason, NULL, answer);
}

/* An answer that would be another one but for a limit says so. */
void
FFUnleashAnswer(const FFProgram *program, FFEvaluation *evaluation, bool enabled,
				FFProviderAnswer *answer)
{
	evaluation->context->notes = 0;
	Answer(program, evaluation, enabled, answer);
	if (FF_UNLIKELY(evaluation->context->notes & FF_UNLEASH_LIMIT))
		answer->error = FF_GENERAL;
}
