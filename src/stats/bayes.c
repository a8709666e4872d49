/*
 * bayes.c
 *	  Posterior distributions as functions of SQL.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/posterior.h"

PG_FUNCTION_INFO_V1(ff_posterior);
PG_FUNCTION_INFO_V1(ff_bayes);
PG_FUNCTION_INFO_V1(ff_bayes_beta);

/* The prior's mean and its standard deviation, which may be infinite: flat. */
static FFPrior
PriorArguments(FunctionCallInfo fcinfo, int number)
{
	FFPrior		prior = {FFNumberArgument(fcinfo, number, "prior_mean"), 0};

	FFRequireArgument(fcinfo, number + 1, "prior_stddev");
	prior.stddev = PG_GETARG_FLOAT8(number + 1);
	if (!(prior.stddev > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prior_stddev must be above 0, not %g", prior.stddev),
				 errhint("'Infinity' is a flat prior.")));
	return prior;
}

/* A small number by its logarithm, and that to base 10. */
static void
AddLogarithm(FFRow *row, double log_number)
{
	FFRowNumber(row, exp(log_number));
	FFRowNumber(row, log_number / M_LN10);
}

/* The columns of ff.posterior. */
static void
AddPosterior(FFRow *row, const FFBelief *posterior, const char *problem)
{
	FFRowNumber(row, posterior->effect);
	FFRowNumber(row, posterior->stddev);
	FFRowNumber(row, posterior->interval.lower);
	FFRowNumber(row, posterior->interval.upper);
	FFRowNumber(row, exp(posterior->log_chance));
	FFRowNumber(row, posterior->log_chance / M_LN10);
	FFRowNumber(row, posterior->log_chance_control / M_LN10);
	AddLogarithm(row, posterior->log_loss_treatment);
	AddLogarithm(row, posterior->log_loss_control);
	FFRowText(row, problem);
}

Datum
ff_posterior(PG_FUNCTION_ARGS)
{
	double		effect = FFNumberArgument(fcinfo, 0, "effect");
	double		error = FFPositiveArgument(fcinfo, 1, "standard_error");
	FFPrior		prior = PriorArguments(fcinfo, 2);
	double		alpha = FFShareArgument(fcinfo, 4, "alpha");
	FFBelief posterior = FFNormalPosterior(effect, error, prior, alpha, FFBooleanArgument(fcinfo, 5, "less_is_better"));
	FFRow		row = {0};

	AddPosterior(&row, &posterior, NULL);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* Whether the effect is the lift, not the difference. */
static bool
IsRelative(FunctionCallInfo fcinfo, int number)
{
	static const char *const words[] = {"absolute", "relative", NULL};

	return FFWordArgument(fcinfo, number, "scale", words) == 1;
}

/*
 * The posterior of the difference, the prior being on the lift, or of the lift.
 * All NaN where the data do not give one, and the reason.
 */
static FFBelief
PosteriorOf(const FFComparison *c, FFPrior prior, double alpha, bool is_relative, bool less_is_better, FFProblem *problem)
{
	double		scale = is_relative ? 1 : fabs(c->control_mean);
	double		effect = is_relative ? c->lift : c->difference;
	double		error = is_relative ? c->lift_error : c->standard_error;

	*problem = c->problem;
	/* without a lift there is a difference, if nothing is known of the lift */
	if (*problem == FF_PROBLEM_ZERO_CONTROL_MEAN && !is_relative && isinf(prior.stddev))
		*problem = FF_PROBLEM_NONE;
	if (*problem != FF_PROBLEM_NONE)
		effect = error = NAN;
	if (!isinf(prior.stddev))
		prior = (FFPrior) {prior.mean * scale, prior.stddev * scale};
	return FFNormalPosterior(effect, error, prior, alpha, less_is_better);
}

Datum
ff_bayes(PG_FUNCTION_ARGS)
{
	FFMoments	control = FFMomentsArgument(fcinfo, 0);
	FFMoments	treatment = FFMomentsArgument(fcinfo, 1);
	FFComparing comparing = {.alpha = FFShareArgument(fcinfo, 2, "alpha"), .proportion = FFBooleanArgument(fcinfo, 3, "proportion")};
	bool		is_relative = IsRelative(fcinfo, 4);
	FFPrior		prior = PriorArguments(fcinfo, 5);
	bool		less_is_better = FFBooleanArgument(fcinfo, 7, "less_is_better");
	FFComparison comparison;
	FFBelief posterior;
	FFProblem	problem;
	FFRow		row = {0};

	if (comparing.proportion)
	{
		FFRequireProportion(&control, "control");
		FFRequireProportion(&treatment, "treatment");
	}
	comparison = FFCompareArmsBy(&control, &treatment, &comparing);
	posterior = PosteriorOf(&comparison, prior, comparing.alpha, is_relative, less_is_better, &problem);
	AddPosterior(&row, &posterior, FFProblemNames[problem]);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* Successes and failures on top of the prior's. */
static FFBeta
BetaArguments(FunctionCallInfo fcinfo, int number, const char *n_name, const char *successes_name)
{
	double		n = (double) FFCountArgument(fcinfo, number, n_name);
	double		successes = (double) FFCountArgument(fcinfo, number + 1, successes_name);
	FFBeta		beta = {FFPositiveArgument(fcinfo, 4, "prior_alpha"), FFPositiveArgument(fcinfo, 5, "prior_beta")};

	if (successes > n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be above %s, as %.0f is above %.0f", successes_name, n_name, successes, n)));
	if (fmin(beta.a, beta.b) < 0.1 || fmax(beta.a, beta.b) > FF_MOMENTS_MAX_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("prior_alpha and prior_beta must be between 0.1 and 9007199254740992")));
	return (FFBeta) {beta.a + successes, beta.b + (n - successes)};
}

Datum
ff_bayes_beta(PG_FUNCTION_ARGS)
{
	FFBeta		control = BetaArguments(fcinfo, 0, "control_n", "control_successes");
	FFBeta		treatment = BetaArguments(fcinfo, 2, "treatment_n", "treatment_successes");
	double		tail = FFShareArgument(fcinfo, 6, "alpha") / 2;
	FFBelief posterior = FFBetaPosterior(control, treatment);
	FFRow		row = {0};

	FFRowNumber(&row, posterior.effect);
	FFRowNumber(&row, exp(posterior.log_chance));
	FFRowNumber(&row, posterior.log_chance / M_LN10);
	FFRowNumber(&row, posterior.log_chance_control / M_LN10);
	AddLogarithm(&row, posterior.log_loss_treatment);
	AddLogarithm(&row, posterior.log_loss_control);
	FFRowNumber(&row, FFBetaQuantile(control, tail));
	FFRowNumber(&row, FFBetaQuantile(control, 1 - tail));
	FFRowNumber(&row, FFBetaQuantile(treatment, tail));
	FFRowNumber(&row, FFBetaQuantile(treatment, 1 - tail));
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}
