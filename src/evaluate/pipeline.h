/*
 * pipeline.h
 *	  The order in which a flag's answer is found.
 */
#ifndef FF_PIPELINE_H
#define FF_PIPELINE_H

#include "postgres.h"

#include "engine/engine.h"
#include "evaluate/rulesets.h"

/* Where in the pipeline the answer was found. */
typedef enum FFStage
{
	FF_STAGE_FLAG,
	FF_STAGE_ARCHIVED,
	FF_STAGE_KILL,
	FF_STAGE_SESSION,
	FF_STAGE_OFF,
	FF_STAGE_PREREQUISITE,
	FF_STAGE_OVERRIDE_USER,
	FF_STAGE_OVERRIDE_ORGANIZATION,
	FF_STAGE_TARGET,
	FF_STAGE_PLAN,
	FF_STAGE_RULE,
	FF_STAGE_DEFAULT,
	FF_STAGE_PROVIDER			/* FFAnswer.provider says where */
} FFStage;

typedef struct FFAnswer
{
	const FFFlag *flag;
	int			variation;		/* -1: no value, the caller's fallback */
	FFReason	reason;
	FFEvaluationError error;
	FFStage		stage;
	FFOutcome	outcome;		/* of rules and default */
	FFString	subject;		/* prerequisite flag or plan that decided */
	bool		assigned;		/* the unit had met the variation before */
	FFProviderAnswer provider;	/* FF_STAGE_PROVIDER alone */
} FFAnswer;

/* One subject, while flags are evaluated for it. */
typedef struct FFSubject
{
	FFRuleset  *ruleset;
	FFContext	context;
	struct FFFrame *frames;		/* flags being evaluated: finds cycles */
} FFSubject;

static inline FFString
FFLiteral(const char *name)
{
	FFString	string = {name, (int) strlen(name)};

	return string;
}

extern void FFSubjectStart(FFSubject *evaluation, FFRuleset *ruleset,
							  FFString user_key, Jsonb *attributes);
extern void FFEvaluate(FFSubject *evaluation, FFFlag *flag, FFAnswer *answer);

/* answer.c: what an answer says. */

/* On or off: 1, 0, or -1 where the answer tells neither. */
extern int	FFAnswerTruth(const FFAnswer *answer);

extern const char *FFReasonName(FFReason reason);
extern const char *FFErrorName(FFEvaluationError error);
extern FFString FFAnswerRule(const FFAnswer *answer);
extern FFString FFAnswerVariation(const FFAnswer *answer);
extern const Jsonb *FFAnswerValue(const FFAnswer *answer);

#endif
