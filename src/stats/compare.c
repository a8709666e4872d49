/*
 * compare.c
 *	  ff_compare: one arm against another.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "stats/arguments_pg.h"

PG_FUNCTION_INFO_V1(ff_compare);
PG_FUNCTION_INFO_V1(ff_fieller);

static FFComparing
TestArguments(FunctionCallInfo fcinfo)
{
	FFComparing		test = {.alpha = FFShareArgument(fcinfo, 2, "alpha")};

	test.proportion = FFBooleanArgument(fcinfo, 3, "proportion");
	test.delta = FFDeltaArgument(fcinfo, 4);
	test.alternative = FFAlternativeArgument(fcinfo, 5);
	test.pooled = FFPooledArgument(fcinfo, 6);
	return test;
}

/* The columns that came with the first version. */
static void
AddComparison(FFRow *row, const FFComparison *result)
{
	FFRowNumber(row, result->control_mean);
	FFRowNumber(row, result->treatment_mean);
	FFRowNumber(row, result->difference);
	FFRowNumber(row, result->standard_error);
	FFRowNumber(row, result->df);
	FFRowNumber(row, result->t);
	FFRowNumber(row, result->p_value);
	FFRowNumber(row, result->log10_p);
	FFRowBound(row, result->lower);
	FFRowBound(row, result->upper);
	FFRowNumber(row, result->lift);
	FFRowBound(row, result->lift_lower);
	FFRowBound(row, result->lift_upper);
	FFRowFlag(row, result->lift_unbounded, result->has_interval);
	FFRowText(row, FFProblemNames[result->problem]);
}

Datum
ff_compare(PG_FUNCTION_ARGS)
{
	FFMoments	control = FFMomentsArgument(fcinfo, 0);
	FFMoments	treatment = FFMomentsArgument(fcinfo, 1);
	FFComparing		test = TestArguments(fcinfo);
	FFComparison result;
	FFRow		row = {0};

	if (test.proportion)
	{
		FFRequireProportion(&control, "control");
		FFRequireProportion(&treatment, "treatment");
	}
	result = FFCompareArmsBy(&control, &treatment, &test);
	AddComparison(&row, &result);
	FFRowNumber(&row, result.fisher_p);
	FFRowBound(&row, result.newcombe.lower);
	FFRowBound(&row, result.newcombe.upper);
	FFRowNumber(&row, result.lift_error);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* A quantile of t, or of the normal distribution where df is infinite. */
static double
QuantileArguments(FunctionCallInfo fcinfo, int alpha_number, int df_number)
{
	double		alpha = FFShareArgument(fcinfo, alpha_number, "alpha");
	double		df;

	FFRequireArgument(fcinfo, df_number, "df");
	df = PG_GETARG_FLOAT8(df_number);
	if (!(df > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("df must be above 0, not %g", df)));
	return FFTestQuantile(alpha, df, FF_TWO_SIDED);
}

static FFMeans
MeansArguments(FunctionCallInfo fcinfo)
{
	FFMeans		means = {
		.control = FFNumberArgument(fcinfo, 0, "control_mean"),
		.control_variance = FFAmountArgument(fcinfo, 1, "control_var_of_mean"),
		.treatment = FFNumberArgument(fcinfo, 2, "treatment_mean"),
		.treatment_variance = FFAmountArgument(fcinfo, 3, "treatment_var_of_mean"),
		.covariance = FFNumberArgument(fcinfo, 4, "covariance")
	};

	/* a correlation above 1, but for rounding */
	if (fabs(means.covariance) > (1 + 1e-12) * sqrt(means.control_variance) * sqrt(means.treatment_variance))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("covariance %g is larger than the variances allow", means.covariance)));
	means.difference = means.treatment - means.control;
	return means;
}

Datum
ff_fieller(PG_FUNCTION_ARGS)
{
	FFMeans		means = MeansArguments(fcinfo);
	FFLift		lift = FFFieller(&means, QuantileArguments(fcinfo, 5, 6));
	FFRow		row = {0};

	FFRowNumber(&row, lift.point);
	FFRowNumber(&row, lift.lower);
	FFRowNumber(&row, lift.upper);
	FFRowFlag(&row, lift.bounded, true);
	FFRowNumber(&row, lift.g);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}
