/*
 * flagsmith.c
 *	  How Flagsmith answers.
 *
 * The identity's own override, else that of the matching segment with the
 * lowest priority, else the environment's; of that one a variant by weight, or
 * its value.  Whether the flag is on is apart from its value.
 */
#include "dialects/flagsmith.h"

/* The state of the feature that holds for the subject. */
static const FFFlagsmithState *
FindState(FFEvaluation *evaluation, const FFFlagsmithFlag *flag)
{
	FFString	identifier = evaluation->context->user_key;
	int			found;

	if (identifier.data == NULL)
		return &flag->base;
	found = FFSetFind(&flag->identifiers, identifier);
	if (found >= 0)
		return &flag->identities[flag->identifiers.entries[found].value];
	for (int i = 0; i < flag->override_count; i++)
	{
		const FFFlagsmithState *state = &flag->overrides[i];
		bool		matches = FFSegmentNumbered(evaluation, state->segment);

		FFExplain(evaluation, "rule", matches ? "matched" : "not matched", "%.*s", FF_QUOTED(state->rule));
		if (matches)
			return state;
	}
	return &flag->base;
}

/* The variant whose part of a hundred a percentage lies in; NULL: none. */
static const FFFlagsmithVariant *
FindVariant(const FFFlagsmithState *state, double percentage)
{
	double		start = 0;

	for (int i = 0; i < state->count; i++)
	{
		double		end = start + state->variants[i].weight;

		if (start <= percentage && percentage < end)
			return &state->variants[i];
		start = end;
	}
	return NULL;
}

/* Choose a variant by the identity's key; false where it could not be hashed. */
static bool
Choose(FFEvaluation *evaluation, const FFFlagsmithFlag *flag, const FFFlagsmithState *state,
	   const FFFlagsmithVariant **variant, FFProviderAnswer *answer)
{
	FFFlagsmithKey key;
	FFBucketing bucketing;

	FFFlagsmithIdentityKey(evaluation, &flag->home, &key);
	if (!FFRecipeRun(flag->recipe, state->key, key.text, flag->recipe->buckets, &bucketing))
		return false;
	*variant = FindVariant(state, bucketing.value);
	answer->bucket = bucketing.bucket;
	if (evaluation->context->trace == NULL)
		return true;
	if (FFFlagsmithShowsKey(evaluation, &flag->home))
		FFExplain(evaluation, "bucket", *variant != NULL ? "variant" : "control", "%.6f of \"%.*s,%.*s\"",
				  bucketing.value, FF_QUOTED(state->key), FF_QUOTED(key.text));
	else
		FFExplain(evaluation, "bucket", *variant != NULL ? "variant" : "control",
				  "of a source that you may not read");
	return true;
}

/* {"enabled", "variant", "metadata"} */
static FFString
Metadata(const FFFlagsmithState *state, const FFFlagsmithVariant *variant, bool split, bool enabled)
{
	FFText		text = {0};
	FFString	name = split ? FFStringOf("\"control\"", 9) : FFStringOf("null", 4);

	if (variant != NULL)
		name = variant->name;
	FFTextFormat(&text, "{\"enabled\": %s, \"variant\": ", enabled ? "true" : "false");
	FFTextAdd(&text, name.data, name.length);
	if (state->metadata.data != NULL)
	{
		FFTextAdd(&text, ", \"metadata\": ", 14);
		FFTextAdd(&text, state->metadata.data, state->metadata.length);
	}
	FFTextAdd(&text, "}", 1);
	return FFStringOf(text.data, text.length);
}

/* What is hidden is not in the provider's answer at all. */
static void
Hide(FFEvaluation *evaluation, FFProviderAnswer *answer)
{
	FFAnswerNothing(answer);
	answer->reason = FF_REASON_DISABLED;
	answer->truth = 0;
	answer->rule_name = FFStringOf("hidden", 6);
	FFExplain(evaluation, "flag", "hidden", "flags that are off are hidden");
}

/*
 * The outcome.  Whom a split left with the value was split as well; only what
 * an identity has of its own is by no chance, though written as a variant.
 */
static void
Settle(FFEvaluation *evaluation, const FFFlagsmithState *state, const FFFlagsmithVariant *variant,
	   bool split, FFProviderAnswer *answer)
{
	bool		own = state->rule.data != NULL && state->segment < 0;

	answer->variation = variant != NULL ? variant->variation : state->variation;
	answer->rule_id = state->rule;
	if (split && !own)
	{
		answer->reason = FF_REASON_SPLIT;
		answer->unit = evaluation->context->user_key;
	}
	else if (state->rule.data != NULL)
		answer->reason = FF_REASON_TARGETING_MATCH;
}

static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	const FFFlagsmithFlag *flag = program->own;
	const FFFlagsmithState *state = FindState(evaluation, flag);
	const FFFlagsmithVariant *variant = NULL;
	bool		split = state->count > 0 && evaluation->context->user_key.data != NULL;

	if (state != &flag->base)
		enabled = state->enabled;
	if (flag->hide_disabled && !enabled)
	{
		Hide(evaluation, answer);
		return;
	}
	if (split && !Choose(evaluation, flag, state, &variant, answer))
	{
		answer->reason = FF_REASON_ERROR;
		answer->error = FF_GENERAL;
		return;
	}
	Settle(evaluation, state, variant, split, answer);
	answer->truth = enabled;
	if (!evaluation->context->detailed)
		return;
	answer->provider_reason = variant != NULL ? variant->reason : state->reason;
	answer->metadata = Metadata(state, variant, split, enabled);
}

const FFDialect FFDialectFlagsmith = {
	.name = "flagsmith",
	.compile = FFFlagsmithCompile,
	.compile_segment = FFFlagsmithSegmentCompile,
	.answer = Answer
};
