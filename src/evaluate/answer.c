/*
 * answer.c
 *	  What an answer says, in the words of OpenFeature.
 */
#include "postgres.h"

#include "engine/value_pg.h"
#include "evaluate/pipeline.h"

const char *
FFReasonName(FFReason reason)
{
	static const char *const names[] = {
		"STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "ERROR"
	};

	return names[reason];
}

/* NULL where there is no error. */
const char *
FFErrorName(FFEvaluationError error)
{
	static const char *const names[] = {
		NULL, "FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "TYPE_MISMATCH", "GENERAL",
		"PARSE_ERROR", "INVALID_CONTEXT"
	};

	return names[error];
}

/* "prefix:subject", built in the current context. */
static FFString
Qualified(const char *prefix, FFString subject)
{
	return FFLiteral(psprintf("%s:%.*s", prefix, subject.length,
							subject.data != NULL ? subject.data : ""));
}

/* The same in the terms of a provider. */
static FFString
ProviderRule(const FFAnswer *answer)
{
	const FFProviderAnswer *provider = &answer->provider;

	if (provider->rule_id.data != NULL)
		return provider->rule_id;
	if (provider->rule >= 0)
		return FFLiteral(psprintf("rules[%d]", provider->rule));
	return provider->rule_name.data != NULL ? provider->rule_name : FFLiteral("default");
}

/* What decided, as shown in the column "rule". */
FFString
FFAnswerRule(const FFAnswer *answer)
{
	switch (answer->stage)
	{
		case FF_STAGE_FLAG:
			return FFLiteral("");
		case FF_STAGE_ARCHIVED:
			return FFLiteral("archived");
		case FF_STAGE_KILL:
			return FFLiteral("kill");
		case FF_STAGE_SESSION:
			return FFLiteral("session");
		case FF_STAGE_OFF:
			return FFLiteral("off");
		case FF_STAGE_PREREQUISITE:
			return Qualified("prerequisite", answer->subject);
		case FF_STAGE_OVERRIDE_USER:
			return FFLiteral("override:user");
		case FF_STAGE_OVERRIDE_ORGANIZATION:
			return FFLiteral("override:organization");
		case FF_STAGE_TARGET:
			return FFLiteral("target");
		case FF_STAGE_PLAN:
			return Qualified("plan", answer->subject);
		case FF_STAGE_RULE:
			if (answer->outcome.rule_id.data != NULL)
				return answer->outcome.rule_id;
			return FFLiteral(psprintf("rules[%d]", answer->outcome.rule));
		case FF_STAGE_PROVIDER:
			return ProviderRule(answer);
		case FF_STAGE_DEFAULT:
			break;
	}
	return FFLiteral("default");
}

/* Length 0 where there is no variation. */
FFString
FFAnswerVariation(const FFAnswer *answer)
{
	return answer->variation >= 0 ?
		FFProgramVariationKey(answer->flag->image->program, answer->variation) : FFLiteral("");
}

/* NULL where the caller's fallback is to be used. */
const Jsonb *
FFAnswerValue(const FFAnswer *answer)
{
	return answer->variation >= 0 ?
		answer->flag->image->values[answer->variation] : NULL;
}

int
FFAnswerTruth(const FFAnswer *answer)
{
	FFValue		value;

	if (answer->stage == FF_STAGE_PROVIDER && answer->provider.truth >= 0)
		return answer->provider.truth;
	if (answer->variation < 0)
		return -1;
	if (answer->flag->image->truths != NULL)
		return answer->flag->image->truths[answer->variation];
	value = FFValueFromJsonb(answer->flag->image->values[answer->variation]);
	return value.type == FF_BOOL ? value.boolean : -1;
}
