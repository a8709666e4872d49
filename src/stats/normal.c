/*
 * normal.c
 *	  The standard normal distribution.
 */
#include <math.h>

#include "stats/distribution.h"

#define LOG_SQRT_2PI 0.91893853320467274178
#define SQRT_HALF 0.70710678118654752440

/* From here on the asymptotic series has all digits. */
#define FAR_TAIL 12.0

double
FFNormalTail(double z)
{
	return 0.5 * erfc(z * SQRT_HALF);
}

/* log(P(Z > z) z / density): an alternating series, best where z is large. */
static double
LogTailSeries(double z)
{
	double		term = 1;
	double		sum = 1;

	for (int k = 1; k < 20 && fabs(term) > 1e-17; k++)
	{
		term *= -(2 * k - 1) / (z * z);
		sum += term;
	}
	return log(sum);
}

double
FFNormalLogTail(double z)
{
	if (z < 0)
		return log1p(-FFNormalTail(-z));
	if (z < FAR_TAIL)
		return log(FFNormalTail(z));
	if (isinf(z))
		return -INFINITY;
	return -0.5 * z * z - LOG_SQRT_2PI - log(z) + LogTailSeries(z);
}

/* Value of the polynomial with these coefficients, the highest power first. */
static double
Polynomial(const double *coefficients, double x)
{
	double		value = coefficients[0];

	for (int i = 1; i < 8; i++)
		value = value * x + coefficients[i];
	return value;
}

/* Wichura, Algorithm AS 241, PPND16 (1988): numerators and denominators. */
static const double centre[2][8] = {
	{2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
		45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
	133.14166789178437745, 3.387132872796366608},
	{5226.495278852545925, 28729.085735721942674, 39307.89580009271061,
		21213.794301586595867, 5394.1960214247511077, 687.1870074920579083,
	42.313330701600911252, 1}
};
static const double tail[2][8] = {
	{7.7454501427834140764e-4, .0227238449892691845833, .24178072517745061177,
		1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055,
	4.6303378461565452959, 1.42343711074968357734},
	{1.05075007164441684324e-9, 5.475938084995344946e-4, .0151986665636164571966,
		.14810397642748007459, .68976733498510000455, 1.6763848301838038494,
	2.05319162663775882187, 1}
};
static const double far_tail[2][8] = {
	{2.01033439929228813265e-7, 2.71155556874348757815e-5, .0012426609473880784386,
		.026532189526576123093, .29656057182850489123, 1.7848265399172913358,
	5.4637849111641143699, 6.6579046435011037772},
	{2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
		7.868691311456132591e-4, .0148753612908506148525, .13692988092273580531,
	.59983220655588793769, 1}
};

/* The z >= 0 above which a small share p lies, refined by one Newton step. */
static double
TailQuantile(double p)
{
	double		r = sqrt(-log(p));
	double		z = r <= 5 ? Polynomial(tail[0], r - 1.6) / Polynomial(tail[1], r - 1.6) :
		Polynomial(far_tail[0], r - 5) / Polynomial(far_tail[1], r - 5);
	double		log_tail = FFNormalLogTail(z);
	double		mills = exp(log_tail + 0.5 * z * z + LOG_SQRT_2PI);

	return z + (log_tail - log(p)) * mills;
}

double
FFNormalQuantile(double p)
{
	double		q = p - 0.5;
	double		r = 0.180625 - q * q;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (fabs(q) <= 0.425)
		return q * Polynomial(centre[0], r) / Polynomial(centre[1], r);
	return q < 0 ? -TailQuantile(p) : TailQuantile(1 - p);
}
