/*
 * evidence.c
 *	  ff_srm_e_value: a test of the split that may be looked at every day.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/inference.h"
#include "stats/sequential.h"

PG_FUNCTION_INFO_V1(ff_srm_evidence);

/* Arms that have a weight: counts, shares of 1, Dirichlet parameters. */
typedef struct Split
{
	int			arms;
	double	   *observed;
	double	   *shares;
	double	   *prior;
} Split;

static void
CheckLength(int found, int wanted, const char *name)
{
	if (found != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are %d observed counts and %d %s", wanted, found, name)));
}

static void
CheckArm(double observed, double weight, double prior)
{
	if (observed < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an observed count must not be negative, as %.0f is", observed)));
	if (weight < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a weight must be finite and not negative, as %g is not", weight)));
	if (!(prior > 0) && weight > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prior must be above 0 for an arm that has a weight, not %g", prior)));
}

/* Arrays as they came; an arm without weight goes, with its units. */
static Split
ReadSplit(FunctionCallInfo fcinfo)
{
	Split		split = {0};
	int			count;
	int			length;
	double	   *observed = FFNumbersArgument(fcinfo, 0, "observed", &count);
	double	   *weights = PG_ARGISNULL(1) ? NULL : FFNumbersArgument(fcinfo, 1, "weights", &length);
	double	   *prior;

	if (weights != NULL)
		CheckLength(length, count, "weights");
	prior = PG_ARGISNULL(3) ? NULL : FFNumbersArgument(fcinfo, 3, "prior", &length);
	if (prior != NULL)
		CheckLength(length, count, "parameters of the prior");
	split.observed = observed;
	split.shares = palloc(sizeof(double) * (count + 1));
	split.prior = palloc(sizeof(double) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		double		weight = weights == NULL ? 1 : weights[i];

		CheckArm(observed[i], weight, prior == NULL ? 1 : prior[i]);
		split.observed[split.arms] = observed[i];
		split.shares[split.arms] = weight;
		split.prior[split.arms] = prior == NULL ? NAN : prior[i];
		split.arms += weight > 0;
	}
	return split;
}

/* Weights become shares of 1, and the prior the plan's where none is given. */
static void
Complete(Split *split, double concentration)
{
	double		largest = 0;
	double		sum = 0;

	for (int i = 0; i < split->arms; i++)
		largest = fmax(largest, split->shares[i]);
	for (int i = 0; i < split->arms; i++)
		sum += split->shares[i] / largest;
	for (int i = 0; i < split->arms; i++)
	{
		split->shares[i] = split->shares[i] / largest / sum;
		if (isnan(split->prior[i]))
			split->prior[i] = concentration * split->shares[i];
		if (split->shares[i] < 1e-100 || split->prior[i] < 1e-100)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a weight is too small")));
	}
}

/* log_e_value, or NULL where there is nothing to test. */
Datum
ff_srm_evidence(PG_FUNCTION_ARGS)
{
	double		concentration = FFPositiveArgument(fcinfo, 2, "concentration");
	Split		split = ReadSplit(fcinfo);

	if (split.arms < 2)
		PG_RETURN_NULL();
	Complete(&split, concentration);
	PG_RETURN_FLOAT8(FFSplitLogEvidence(split.observed, split.shares, split.prior, split.arms));
}
