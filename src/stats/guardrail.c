/*
 * guardrail.c
 *	  Whether a metric that is to be guarded got worse.
 *
 * With a margin the question is non-inferiority: can more harm than that be
 * ruled out?  Without one there is no answer "safe": harm is shown, or not.
 */
#include <math.h>

#include "stats/inference.h"

/*
 * The t of "better than the margin allows", for good of sign 1 or -1.  Where
 * the margin is a share, the test is Fieller's: of good * (T - C) + margin |C|,
 * a contrast of the two means.
 */
static double
MarginT(const FFComparison *c, const FFComparing *comparing, const FFGuardrail *guardrail, double good)
{
	double		margin = guardrail->margin;
	double		weight = 1 - good * copysign(margin, c->control_mean);

	if (guardrail->absolute)
		return (good * c->difference + margin) / c->standard_error;
	if (comparing->delta)
		return (good * c->lift + margin) / c->lift_error;
	return (good * c->difference + margin * fabs(c->control_mean)) /
		hypot(sqrt(c->treatment_variance), weight * sqrt(c->control_variance));
}

/* The t of no harm. */
static double
HarmT(const FFComparison *c, const FFComparing *comparing, double good)
{
	return good * (comparing->delta ? c->lift / c->lift_error : c->difference / c->standard_error);
}

/* Whether the difference answers, although there is no lift. */
static bool
NeedsNoLift(const FFComparing *comparing, const FFGuardrail *guardrail)
{
	return guardrail->absolute || (isnan(guardrail->margin) && !comparing->delta);
}

FFGuardrailAnswer
FFGuard(const FFMoments *control, const FFMoments *treatment, const FFComparing *comparing,
		const FFGuardrail *guardrail)
{
	double		good = guardrail->less_is_better ? -1 : 1;
	FFComparing one_sided = *comparing;
	FFComparison c;
	FFGuardrailAnswer answer = {NAN, NAN, NAN, NAN, NAN, FF_PROBLEM_NONE};

	one_sided.alternative = good > 0 ? FF_GREATER : FF_LESS;
	c = FFCompareArmsBy(control, treatment, &one_sided);
	answer.effect = guardrail->absolute ? c.difference : c.lift;
	answer.problem = c.problem;
	if (c.problem == FF_PROBLEM_ZERO_CONTROL_MEAN && NeedsNoLift(comparing, guardrail))
		answer.problem = FF_PROBLEM_NONE;
	if (answer.problem != FF_PROBLEM_NONE)
		return answer;
	if (guardrail->absolute)
		answer.bound = good > 0 ? c.lower : c.upper;
	else
		answer.bound = good > 0 ? c.lift_lower : c.lift_upper;
	answer.df = c.df;
	answer.t = isnan(guardrail->margin) ? HarmT(&c, comparing, good) : MarginT(&c, comparing, guardrail, good);
	if (!isfinite(answer.t))
		answer.problem = FF_PROBLEM_OUT_OF_RANGE;
	answer.log_p = FFTestLogP(answer.t, answer.df, isnan(guardrail->margin) ? FF_LESS : FF_GREATER);
	return answer;
}
