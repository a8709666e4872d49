/*
 * noncentral.c
 *	  The noncentral t distribution, for the power of Student's test.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/power.h"

/*
 * log of the density of u = log(s), where df s^2 is chi-square with df degrees
 * of freedom, but for the constant: 0 at u = 0, where it is highest.
 */
static double
LogShape(double u, double df)
{
	/* u - (exp(2 u) - 1) / 2, without cancellation near 0 */
	double		x = expm1(2 * u);

	return df * (fabs(u) < 1e-4 ? -u * u * (1 + u * (2.0 / 3 + u / 3)) : u - x / 2);
}

/*
 * T > q where Z > q s - d: the mean of that over s.  The integrand is analytic
 * and falls on both sides, so the trapezoidal rule has all digits; the constant
 * is the same sum without the factor.
 */
double
FFNoncentralTail(double q, double df, double d)
{
	double		width = 1 / sqrt(2 * df);
	double		step = fmin(width, 1 / (1 + fabs(q))) / 4;
	double		low = -fmin(40 / df + 8 * width, 1e3);
	double		high = fmin(9 * width, 3);
	double		sum = 0;
	double		whole = 0;
	long		last = (long) ceil(high / step);

	for (long i = (long) floor(low / step); i <= last; i++)
	{
		double		u = i * step;
		double		mass = exp(LogShape(u, df));

		whole += mass;
		sum += mass * FFNormalTail(q * exp(u) - d);
	}
	return sum / whole;
}
