/*
 * segments.c
 *	  Strata, segments and ranks as functions of SQL.
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/rank.h"
#include "stats/segments.h"

PG_FUNCTION_INFO_V1(ff_mantel_haenszel);
PG_FUNCTION_INFO_V1(ff_cochran_q);
PG_FUNCTION_INFO_V1(ff_interaction);
PG_FUNCTION_INFO_V1(ff_mann_whitney);

static const char *const count_names[] = {
	"control_n", "control_successes", "treatment_n", "treatment_successes"
};

/* One array of counts an argument, an element a stratum. */
static FFStratum *
StrataArguments(FunctionCallInfo fcinfo, int *count)
{
	int64	   *counts[4];
	FFStratum  *strata;

	for (int i = 0; i < 4; i++)
	{
		int			length;

		counts[i] = FFCountsArgument(fcinfo, i, count_names[i], &length);
		if (i > 0)
			FFRequireSameLength(*count, length, count_names[0], count_names[i]);
		*count = length;
	}
	strata = palloc(sizeof(FFStratum) * (*count + 1));
	for (int i = 0; i < *count; i++)
	{
		strata[i] = (FFStratum) {{counts[0][i], counts[1][i]}, {counts[2][i], counts[3][i]}};
		if (counts[1][i] > counts[0][i] || counts[3][i] > counts[2][i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("successes must not be above n, as in stratum %d", i + 1)));
	}
	return strata;
}

Datum
ff_mantel_haenszel(PG_FUNCTION_ARGS)
{
	int			count;
	FFStratum  *strata = StrataArguments(fcinfo, &count);
	double		alpha = FFShareArgument(fcinfo, 4, "alpha");
	FFMantelHaenszel answer = FFStratify(strata, count, FFTestQuantile(alpha, INFINITY, FF_TWO_SIDED));
	FFRow		row = {0};

	FFRowInt(&row, answer.strata);
	FFRowNumber(&row, answer.chi_square);
	FFRowProbability(&row, isfinite(answer.chi_square) ? answer.log_p : NAN);
	FFRowNumber(&row, answer.odds_ratio);
	FFRowNumber(&row, answer.odds.lower);
	FFRowNumber(&row, answer.odds.upper);
	FFRowNumber(&row, answer.difference);
	FFRowNumber(&row, answer.difference_interval.lower);
	FFRowNumber(&row, answer.difference_interval.upper);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

/* Effects must be finite, standard errors above 0, too. */
static void
CheckSegments(const double *effects, const double *errors, int count)
{
	for (int i = 0; i < count; i++)
		if (!isfinite(effects[i]) || !(errors[i] > 0 && isfinite(errors[i])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s of segment %d must be finite%s, not %g", isfinite(effects[i]) ? "standard_errors" : "effects", i + 1,
							isfinite(effects[i]) ? " and above 0" : "", isfinite(effects[i]) ? errors[i] : effects[i])));
}

Datum
ff_cochran_q(PG_FUNCTION_ARGS)
{
	int			count;
	int			others;
	double	   *effects = FFExtendedArgument(fcinfo, 0, "effects", &count, NULL);
	double	   *errors = FFExtendedArgument(fcinfo, 1, "standard_errors", &others, NULL);
	FFHeterogeneity answer;
	FFRow		row = {0};

	FFRequireSameLength(count, others, "effects", "standard_errors");
	CheckSegments(effects, errors, count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("effects must not be empty")));
	answer = FFCochranQ(effects, errors, count);
	FFRowNumber(&row, answer.fixed);
	FFRowNumber(&row, answer.fixed_error);
	FFRowNumber(&row, answer.q);
	FFRowInt(&row, answer.df);
	FFRowProbability(&row, answer.log_p);
	FFRowNumber(&row, answer.i2);
	FFRowNumber(&row, answer.tau2);
	FFRowNumber(&row, answer.random);
	FFRowNumber(&row, answer.random_error);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

Datum
ff_interaction(PG_FUNCTION_ARGS)
{
	double		difference = FFNumberArgument(fcinfo, 0, "effect_a") - FFNumberArgument(fcinfo, 2, "effect_b");
	double		error = hypot(FFAmountArgument(fcinfo, 1, "standard_error_a"), FFAmountArgument(fcinfo, 3, "standard_error_b"));
	double		z = difference / error;
	FFRow		row = {0};

	FFRowNumber(&row, difference);
	FFRowNumber(&row, error);
	FFRowNumber(&row, z);
	FFRowProbability(&row, isfinite(z) ? FFTestLogP(z, INFINITY, FF_TWO_SIDED) : NAN);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}

Datum
ff_mann_whitney(PG_FUNCTION_ARGS)
{
	int			controls;
	int			treatments;
	double	   *control = FFExtendedArgument(fcinfo, 0, "control", &controls, NULL);
	double	   *treatment = FFExtendedArgument(fcinfo, 1, "treatment", &treatments, NULL);
	FFAlternative alternative = FFAlternativeArgument(fcinfo, 2);
	FFRankTest	test = {NAN, NAN, NAN};
	FFRow		row = {0};

	if (controls > 0 && treatments > 0)
		test = FFMannWhitney(control, controls, treatment, treatments, alternative);
	FFRowNumber(&row, test.u);
	FFRowNumber(&row, test.u / controls / treatments);
	FFRowNumber(&row, test.z);
	FFRowProbability(&row, test.log_p);
	PG_RETURN_DATUM(FFRowResult(fcinfo, &row));
}
