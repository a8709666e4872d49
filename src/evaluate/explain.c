/*
 * explain.c
 *	  ff_explain: the steps of one evaluation, as rows.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "evaluate/call.h"
#include "evaluate/pin.h"

PG_FUNCTION_INFO_V1(ff_explain);

typedef struct Explanation
{
	FFTrace		trace;			/* first: the engine sees this part */
	ReturnSetInfo *result;
	int			step;
} Explanation;

/* Write one step; steps inside a prerequisite or condition are indented. */
static void
WriteStep(FFTrace *trace, int depth, const char *step, const char *outcome,
		  const char *detail)
{
	Explanation *explanation = (Explanation *) trace;
	Datum		values[4] = {0};
	bool		nulls[4] = {false};

	values[0] = Int32GetDatum(++explanation->step);
	values[1] = CStringGetTextDatum(psprintf("%*s%s", depth * 2, "", step));
	values[2] = CStringGetTextDatum(outcome);
	nulls[3] = detail == NULL;
	if (!nulls[3])
		values[3] = CStringGetTextDatum(detail);
	tuplestore_putvalues(explanation->result->setResult,
						 explanation->result->setDesc, values, nulls);
}

/* The last step: what was answered. */
static void
WriteAnswer(Explanation *explanation, const FFAnswer *answer)
{
	FFString	variation = FFAnswerVariation(answer);
	FFString	rule = FFAnswerRule(answer);
	const char *error = FFErrorName(answer->error);
	char	   *detail = psprintf("%s%s%s%s%.*s", FFReasonName(answer->reason),
								  error != NULL ? " " : "", error != NULL ? error : "",
								  rule.length > 0 ? ", " : "", rule.length, rule.data);

	WriteStep(&explanation->trace, 0, "answer",
			  variation.length > 0 ? pnstrdup(variation.data, variation.length) : "none",
			  detail);
}

Datum
ff_explain(PG_FUNCTION_ARGS)
{
	Explanation explanation = {0};
	FFSubject evaluation;
	FFRuleset  *ruleset;
	FFString	key = FFArgText(fcinfo, 1);
	FFAnswer	answer;

	InitMaterializedSRF(fcinfo, 0);
	explanation.trace.step = WriteStep;
	explanation.result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (key.data == NULL)
		key.data = "";
	FFPinSerial();
	ruleset = FFCallRuleset(FFArgText(fcinfo, 4), FFArgText(fcinfo, 3));
	FFSubjectStart(&evaluation, ruleset, FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 2));
	evaluation.context.trace = &explanation.trace;
	FFEvaluate(&evaluation, FFRulesetFlag(ruleset, key), &answer);
	WriteAnswer(&explanation, &answer);
	return (Datum) 0;
}
