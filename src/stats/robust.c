/*
 * robust.c
 *	  The variance HC2 of a mean adjusted for covariates, unit by unit.
 *
 * MacKinnon and White (1985): squared residuals over 1 - leverage, which is
 * unbiased where units vary alike and consistent where they do not.
 */
#include <math.h>
#include <string.h>

#include "stats/effect.h"

FFRobust
FFRobustOf(const FFCross *own, const FFCross *everybody)
{
	FFArm		arm = FFArmOf(own, false);
	FFRobust	fit = {.covariates = arm.covariates, .share = 1 / (double) own->count, .mean = arm.mean};
	int			k = arm.covariates;

	memcpy(fit.means, arm.means, sizeof(fit.means));
	(void) FFSolve(k, arm.among, arm.with, fit.theta);
	for (int i = 0; i < k; i++)
	{
		double		unit[FF_CROSS_VARIABLES] = {0};

		unit[i] = 1 / (double) (own->count - 1);
		(void) FFSolve(k, arm.among, unit, fit.inverse[i]);
	}
	for (int i = 0; i < k; i++)
	{
		double		way = FFPreciseAdd(FFCrossMean(everybody, i + 1), FFPreciseNegate(arm.means[i])).high;

		for (int j = 0; j < k; j++)
			fit.away[j] += way * fit.inverse[i][j];
	}
	return fit;
}

double
FFRobustTerm(const FFRobust *fit, const double *values)
{
	double		off[FF_CROSS_VARIABLES];
	double		residual = FFPreciseAddDouble(FFPreciseNegate(fit->mean), values[0]).high;
	double		leverage = fit->share;
	double		weight = fit->share;

	for (int i = 0; i < fit->covariates; i++)
	{
		off[i] = FFPreciseAddDouble(FFPreciseNegate(fit->means[i]), values[i + 1]).high;
		residual -= fit->theta[i] * off[i];
		weight += fit->away[i] * off[i];
	}
	for (int i = 0; i < fit->covariates; i++)
	{
		for (int j = 0; j < fit->covariates; j++)
			leverage += off[i] * fit->inverse[i][j] * off[j];
	}
	return 1 - leverage > 1e-12 ? weight * residual * weight * residual / (1 - leverage) : INFINITY;
}
