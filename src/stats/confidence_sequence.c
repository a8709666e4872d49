/*
 * confidence_sequence.c
 *	  Intervals and p-values that hold at all looks together: the asymptotic
 *	  confidence sequence, and the mixture sequential probability ratio test.
 *
 * Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), arXiv 2103.06476,
 * equations 9 (two-sided) and 155, 161 (one-sided); GAVI of Howard, Ramdas,
 * McAuliffe, Sekhon, arXiv 1810.08240, equation 14, is the same boundary with
 * 1 / rho2 for its rho.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/sequential.h"

double
FFConfidenceSequenceRho2(double alpha, double tuning, bool two_sided)
{
	double		rate = -2 * log(two_sided ? alpha : 2 * alpha);

	return (rate + log1p(rate)) / tuning;
}

/* log(sqrt(k) / alpha), or of the one-sided form; k = 1 + n rho2. */
static double
LogThreshold(double k, double alpha, bool two_sided)
{
	if (two_sided)
		return 0.5 * log(k) - log(alpha);
	return log1p(sqrt(k) / (2 * alpha));
}

double
FFConfidenceSequenceWidth(double n, double rho2, double alpha, bool two_sided)
{
	double		x = n * rho2;

	return sqrt(2 * (1 + 1 / x) * LogThreshold(1 + x, alpha, two_sided));
}

/* log(exp(x) - 1) for x > 0. */
static double
LogExpMinus1(double x)
{
	return x < 1 ? log(expm1(x)) : x + log1p(-exp(-x));
}

/* The smallest alpha, at this rho2, whose interval leaves 0 out. */
static double
LogAnytimeP(double t, double n, double rho2, FFAlternative alternative)
{
	double		x = n * rho2;
	double		evidence = t * t / (2 * (1 + 1 / x));
	double		log_p = 0.5 * log1p(x);

	if (alternative == FF_TWO_SIDED)
		return fmin(0, log_p - evidence);
	if (!(alternative == FF_GREATER ? t > 0 : t < 0))
		return 0;
	return fmin(0, log_p - M_LN2 - LogExpMinus1(evidence));
}

/* The interval of this half width, open where the alternative does not look. */
static FFAnytime
Around(double effect, double standard_error, double multiplier, FFAlternative alternative)
{
	FFAnytime	result = {multiplier, -INFINITY, INFINITY, 0};

	if (alternative != FF_LESS)
		result.lower = effect - multiplier * standard_error;
	if (alternative != FF_GREATER)
		result.upper = effect + multiplier * standard_error;
	return result;
}

FFAnytime
FFConfidenceSequence(double effect, double standard_error, double n,
					 double alpha, double tuning, FFAlternative alternative)
{
	bool		two_sided = alternative == FF_TWO_SIDED;
	double		rho2 = FFConfidenceSequenceRho2(alpha, tuning, two_sided);
	FFAnytime	result = Around(effect, standard_error,
								FFConfidenceSequenceWidth(n, rho2, alpha, two_sided), alternative);

	result.log_p = LogAnytimeP(effect / standard_error, n, rho2, alternative);
	return result;
}

/*
 * Johari, Pekelis, Walsh, arXiv 1512.04922, with the variance of the
 * difference for 2 sigma2 / n.
 */
double
FFMixtureLogRatio(double effect, double standard_error, double tau2)
{
	double		z = effect / standard_error;
	double		r = tau2 / standard_error / standard_error;

	return z * z / (2 * (1 + 1 / r)) - 0.5 * log1p(r);
}

FFAnytime
FFMixtureTest(double effect, double standard_error, double tau2, double alpha)
{
	double		r = tau2 / standard_error / standard_error;
	FFAnytime	result = Around(effect, standard_error,
								sqrt((1 + 1 / r) * (log1p(r) - 2 * log(alpha))), FF_TWO_SIDED);

	result.log_p = fmin(0, -FFMixtureLogRatio(effect, standard_error, tau2));
	return result;
}

/*
 * Statsig's documentation, sequential testing: the mixture's variance follows
 * the data, the threshold is that of alpha / 2, and p is that of a normal test
 * whose quantile the boundary replaces.
 */
FFAnytime
FFMixtureTestStatsig(double effect, FFUnits control, FFUnits treatment,
					 double alpha, double *tau2, double *variance)
{
	double		z = -FFNormalQuantile(alpha / 2);
	FFAnytime	result;
	double		boundary;

	*variance = treatment.variance / treatment.count + control.variance / control.count;
	*tau2 = z * z * ((treatment.variance + control.variance) / (treatment.count + control.count));
	boundary = sqrt((1 + *variance / *tau2) * (log1p(*tau2 / *variance) - 2 * log(alpha / 2)));
	result = Around(effect, sqrt(*variance), boundary, FF_TWO_SIDED);
	result.log_p = fmin(0, M_LN2 + FFNormalLogTail(fabs(effect) / sqrt(*variance) / (boundary / z)));
	return result;
}
