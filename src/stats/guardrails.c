/*
 * guardrails.c
 *	  ff_guardrail: a metric that must not get worse.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "stats/arguments_pg.h"

PG_FUNCTION_INFO_V1(ff_guardrail);

/* A margin of one kind or the other, or none. */
static FFGuardrail
GuardrailArguments(FunctionCallInfo fcinfo)
{
	FFGuardrail guardrail = {.margin = NAN};

	if (!PG_ARGISNULL(2) && !PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("margin and absolute_margin must not both be given")));
	if (!PG_ARGISNULL(2))
		guardrail.margin = FFAmountArgument(fcinfo, 2, "margin");
	if (!PG_ARGISNULL(3))
		guardrail.margin = FFAmountArgument(fcinfo, 3, "absolute_margin");
	guardrail.absolute = !PG_ARGISNULL(3);
	guardrail.less_is_better = FFBooleanArgument(fcinfo, 4, "less_is_better");
	return guardrail;
}

static const char *
Status(const FFGuardrailAnswer *answer, double margin, double alpha)
{
	bool		is_shown = answer->log_p < log(alpha);

	if (answer->problem != FF_PROBLEM_NONE)
		return NULL;
	if (isnan(margin))
		return is_shown ? "harmed" : "not_shown_harmed";
	return is_shown ? "non_inferior" : "not_shown_non_inferior";
}

Datum
ff_guardrail(PG_FUNCTION_ARGS)
{
	FFMoments	control = FFMomentsArgument(fcinfo, 0);
	FFMoments	treatment = FFMomentsArgument(fcinfo, 1);
	FFGuardrail guardrail = GuardrailArguments(fcinfo);
	FFComparing comparing = {.alpha = FFShareArgument(fcinfo, 5, "alpha"), .proportion = FFBooleanArgument(fcinfo, 6, "proportion")};
	FFGuardrailAnswer answer;
	FFRow		row = {0};

	comparing.delta = FFDeltaArgument(fcinfo, 7);
	if (comparing.proportion)
	{
		FFRequireProportion(&control, "control");
		FFRequireProportion(&treatment, "treatment");
	}
	answer = FFGuard(&control, &treatment, &comparing, &guardrail);
	FFRowText(&row, Status(&answer, guardrail.margin, comparing.alpha));
	FFRowNumber(&row, answer.effect);
	FFRowNumber(&row, answer.bound);
	FFRowNumber(&row, answer.df);
	FFRowNumber(&row, answer.t);
	FFRowProbability(&row, answer.log_p);
	FFRowText(&row, FFProblemNames[answer.problem]);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}
