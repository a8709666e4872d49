/*
 * binomial.c
 *	  The binomial distribution by its saddle point.
 *
 * C. Loader, "Fast and accurate computation of binomial probabilities" (2000):
 * logarithms of gamma functions would lose a digit for each digit of n.
 */
#include <math.h>

#include "stats/counts.h"

#define LOG_2PI 1.83787706640934548356

double
FFStirlingError(double x)
{
	double		b = 1 / (x * x);

	if (x < 16)
		return lgamma(x + 1) - (x + 0.5) * log(x) + x - LOG_2PI / 2;
	return (1.0 / 12 - b * (1.0 / 360 - b * (1.0 / 1260 - b * (1.0 / 1680 - b * (1.0 / 1188 - b * (691.0 / 360360)))))) / x;
}

double
FFDeviance(double x, double mean)
{
	double		v = (x - mean) / (x + mean);
	double		sum = (x - mean) * v;
	double		power = 2 * x * v;

	if (x == 0)
		return mean;
	if (fabs(x - mean) >= 0.1 * (x + mean))
		return x * log(x / mean) + mean - x;
	for (int k = 3; k < 100; k += 2)
	{
		double		before = sum;

		power *= v * v;
		sum += power / k;
		if (sum == before)
			break;
	}
	return sum;
}

double
FFBinomialLogMass(double x, double n, double p, double q)
{
	if (x == 0)
		return n == 0 ? 0 : p < q ? n * log1p(-p) : n * log(q);
	if (x == n)
		return q < p ? n * log1p(-q) : n * log(p);
	return FFStirlingError(n) - FFStirlingError(x) - FFStirlingError(n - x) -
		FFDeviance(x, n * p) - FFDeviance(n - x, n * q) +
		0.5 * (log(n / x / (n - x)) - LOG_2PI);
}
