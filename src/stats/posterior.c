/*
 * posterior.c
 *	  Normal data, normal prior.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/posterior.h"

#define LOG_SQRT_2PI 0.91893853320467274178

/* From here on the series has all digits. */
#define FAR_TAIL 12.0

/*
 * log(density(z) - z P(Z > z)), the expected excess over z >= 0; an alternating
 * series where the two are nearly the same.
 */
static double
LogExcess(double z)
{
	double		log_density = -0.5 * z * z - LOG_SQRT_2PI;
	double		term = 1;
	double		sum = 1;

	if (z < FAR_TAIL)
		return log_density + log1p(-z * exp(FFNormalLogTail(z) - log_density));
	for (int k = 1; k < 40 && fabs(term) > 1e-17; k++)
	{
		term *= -(2 * k + 1) / (z * z);
		sum += term;
	}
	return log_density - 2 * log(z) + log(sum);
}

/* log(E[max(0, -X)]) of a normal X with z = mean / stddev. */
static double
LogLoss(double z, double stddev)
{
	if (z >= 0)
		return log(stddev) + LogExcess(z);
	return log(stddev) + log(-z + exp(LogExcess(-z)));
}

/* Precisions add up; the prior's is 0 where it is flat. */
static void
Update(FFBelief *posterior, double effect, double error, FFPrior prior)
{
	double		ratio = error / prior.stddev;
	double		share = 1 / (1 + ratio * ratio);	/* of the data */

	posterior->effect = isinf(prior.stddev) ? effect : prior.mean + share * (effect - prior.mean);
	posterior->stddev = error * sqrt(share);
}

FFBelief
FFNormalPosterior(double effect, double error, FFPrior prior, double alpha, bool less_is_better)
{
	FFBelief posterior;
	double		quantile = FFTestQuantile(alpha, INFINITY, FF_TWO_SIDED);
	double		z;

	Update(&posterior, effect, error, prior);
	z = posterior.effect / posterior.stddev;
	if (less_is_better)
		z = -z;
	posterior.log_chance = FFNormalLogTail(-z);
	posterior.log_chance_control = FFNormalLogTail(z);
	posterior.log_loss_treatment = LogLoss(z, posterior.stddev);
	posterior.log_loss_control = LogLoss(-z, posterior.stddev);
	posterior.interval.lower = posterior.effect - quantile * posterior.stddev;
	posterior.interval.upper = posterior.effect + quantile * posterior.stddev;
	return posterior;
}
