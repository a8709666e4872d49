/*
 * multinomial.c
 *	  Evidence against a planned split that may be looked at all the time.
 *
 * Lindon, Malek (2022), "Anytime-valid inference for multinomial count data":
 * the Bayes factor of a Dirichlet prior on the shares against the plan.  Under
 * the plan it exceeds 1 / alpha at any time with probability alpha at most.
 * By Stirling's formula its gamma functions are written as divergences, whose
 * terms do not cancel, so that counts of 1e15 keep their digits.
 */
#include <math.h>

#include "stats/sequential.h"

#define HALF_LOG_2PI 0.91893853320467274178

/* lgamma(y) - ((y - 1/2) log(y) - y + log(2 pi) / 2), y > 0. */
static double
Stirling(double y)
{
	double		b = 1 / (y * y);

	if (y < 15)
		return lgamma(y) - ((y - 0.5) * log(y) - y + HALF_LOG_2PI);
	return (1.0 / 12 - b * (1.0 / 360 - b * (1.0 / 1260 - b * (1.0 / 1680 - b * (1.0 / 1188))))) / y;
}

/* (1 + d) log(1 + d) - d, at least 0, d >= -1. */
static double
Excess(double d)
{
	double		sum = 0;
	double		power = d * d;

	if (fabs(d) > 0.05)
		return d == -1 ? 1 : (1 + d) * log1p(d) - d;
	for (int k = 2; k < 16; k++, power *= -d)
		sum += power / (k * (k - 1));
	return sum;
}

double
FFSplitLogEvidence(const double *observed, const double *shares, const double *prior, int arms)
{
	double		n = 0;
	double		a = 0;
	double		posterior = 0;
	double		before = 0;
	double		rest;

	for (int i = 0; i < arms; i++)
	{
		n += observed[i];
		a += prior[i];
	}
	rest = 0.5 * log1p(n / a) - (Stirling(a + n) - Stirling(a));
	for (int i = 0; i < arms; i++)
	{
		double		surplus = (observed[i] - n * shares[i]) + (prior[i] - a * shares[i]);

		posterior += shares[i] * Excess(surplus / ((a + n) * shares[i]));
		before += shares[i] * Excess((prior[i] - a * shares[i]) / (a * shares[i]));
		rest += Stirling(prior[i] + observed[i]) - Stirling(prior[i]) - 0.5 * log1p(observed[i] / prior[i]);
	}
	return (a + n) * posterior - a * before + rest;
}
