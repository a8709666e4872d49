/*
 * fieller.c
 *	  The interval of a ratio of two means.
 *
 * E. C. Fieller, "Some problems in interval estimation" (1954): the interval
 * holds the ratios that the test of treatment - ratio * control does not reject.
 */
#include <math.h>

#include "stats/inference.h"

/*
 * (quantile / mean)^-2 times the discriminant: the variance of the ratio, but
 * for g; by terms that are not negative.
 */
static double
Spread(const FFMeans *means, double ratio, double g)
{
	double		slope = means->control_variance > 0 ? means->covariance / means->control_variance : 0;
	double		rest = fmax(means->treatment_variance - slope * means->covariance, 0);

	return hypot(sqrt((1 - g) * rest), (ratio - slope) * sqrt(means->control_variance));
}

FFLift
FFFieller(const FFMeans *means, double quantile)
{
	double		mean = means->control;
	double		margin = quantile / mean;
	double		g = margin * margin * means->control_variance;
	double		middle = means->difference / mean + g - margin * margin * means->covariance;
	double		sign = mean < 0 ? -1 : 1;
	double		half;
	FFLift		lift = {means->difference / fabs(mean), NAN, NAN, g, g < 1};

	if (!lift.bounded)
		return lift;
	half = fabs(margin) * Spread(means, means->treatment / mean, g);
	lift.lower = (sign * middle - half) / (1 - g);
	lift.upper = (sign * middle + half) / (1 - g);
	return lift;
}

double
FFDeltaError(const FFMeans *means)
{
	double		ratio = means->treatment / means->control;
	double		slope = means->control_variance > 0 ? means->covariance / means->control_variance : 0;
	double		rest = fmax(means->treatment_variance - slope * means->covariance, 0);

	return hypot(sqrt(rest), (ratio - slope) * sqrt(means->control_variance)) / fabs(means->control);
}
