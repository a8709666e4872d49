/*
 * chi_square.c
 *	  The chi-square distribution, by the incomplete gamma function.
 */
#include <float.h>
#include <math.h>

#include "stats/distribution.h"

/* log(x^a exp(-x) / gamma(a)). */
static double
LogFront(double a, double x)
{
	return a * log(x) - x - lgamma(a);
}

/* P(X < x) where that is the smaller part: a series of positive terms. */
static double
LowerPart(double a, double x)
{
	double		term = 1 / a;
	double		sum = term;

	for (double k = a + 1; term > sum * DBL_EPSILON / 4; k++)
		sum += term *= x / k;
	return sum * exp(LogFront(a, x));
}

/* log(P(X > x)) where x > a + 1: Legendre's continued fraction, by Lentz. */
static double
LogUpperPart(double a, double x)
{
	double		b = x + 1 - a;
	double		c = 1e300;
	double		d = 1 / b;
	double		fraction = d;

	for (int k = 1; k < 1000000; k++)
	{
		double		numerator = -k * (k - a);
		double		factor;

		b += 2;
		d = 1 / (numerator * d + b);
		c = b + numerator / c;
		factor = c * d;
		fraction *= factor;
		if (fabs(factor - 1) < DBL_EPSILON)
			break;
	}
	return LogFront(a, x) + log(fraction);
}

double
FFChiSquareLogTail(double x, double df)
{
	double		a = df / 2;

	x /= 2;
	if (isnan(x) || !(df > 0))
		return NAN;
	if (x <= 0)
		return 0;
	if (isinf(x))
		return -INFINITY;
	return x < a + 1 ? log1p(-LowerPart(a, x)) : LogUpperPart(a, x);
}

double
FFChiSquareTail(double x, double df)
{
	if (x > 0 && x / 2 < df / 2 + 1)
		return 1 - LowerPart(df / 2, x / 2);
	return exp(FFChiSquareLogTail(x, df));
}
