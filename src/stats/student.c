/*
 * student.c
 *	  Student's t distribution.
 *
 * With t = sqrt(df) sinh(w) the density is a constant times cosh(w)^-df.  Both
 * the centre and the tail are integrals of that smooth function, and their
 * rules are good for any df, from below 1 to where t is normal.
 */
#include <float.h>
#include <math.h>

#include "stats/distribution.h"

#define LOG_SQRT_PI 0.57236494292470008707
#define LOG_2 0.69314718055994530942

/* log(gamma(a + 1/2) / gamma(a)), without the cancellation of two lgamma(). */
static double
LogGammaRatio(double a)
{
	double		down = 0;
	double		b;

	for (; a < 20; a++)
		down += log1p(0.5 / a);
	b = 1 / (a * a);
	return 0.5 * log(a) - down -
		(1.0 / 8 - b * (1.0 / 192 - b * (1.0 / 640 - b * (17.0 / 14336 - b * (31.0 / 18432))))) / a;
}

/* The logarithm of the constant: of the integral over all w. */
static double
LogConstant(double df)
{
	return LogGammaRatio(df / 2) - LOG_SQRT_PI;
}

/* log(cosh(w)) at t. */
static double
LogCosh(double t, double df)
{
	if (t > 1e150)
		return log(t) - 0.5 * log(df);
	return 0.5 * log1p(t * t / df);
}

/* log(cosh(w + v) / cosh(w)), where tanh(w) is slope; v >= 0. */
static double
LogCoshStep(double slope, double v)
{
	double		half;

	if (v > 1)
		return v - LOG_2 + log1p(slope + (1 - slope) * exp(-2 * v));
	half = sinh(v / 2);
	return log1p(2 * half * half + slope * sinh(v));
}

/*
 * The integral of (cosh(w + v) / cosh(w))^-df over v > 0, by the double
 * exponential rule v = scale exp(x - exp(-x)) of Takahasi and Mori.
 */
static double
TailIntegral(double t, double df)
{
	const double step = 1.0 / 8;
	double		slope = t / hypot(t, sqrt(df));
	double		scale = 1 / (df * slope + sqrt(df));
	double		sum = 0;

	for (int i = -32; i <= 320; i++)
	{
		double		x = i * step;
		double		shrink = exp(-x);
		double		v = exp(x - shrink);
		double		term = v * (1 + shrink) * exp(-df * LogCoshStep(slope, scale * v));

		sum += term;
		if (x > 0 && term < sum * 1e-18)
			break;
	}
	return sum * step * scale;
}

/* For t >= 1, or far from the centre in w. */
static double
LogFarTail(double t, double df)
{
	if (isinf(t))
		return -INFINITY;
	return LogConstant(df) - df * LogCosh(t, df) + log(TailIntegral(t, df));
}

/* Gauss and Legendre's rule of 12 points: half of it, the other is its mirror. */
static const double nodes[6] = {
	0.125233408511468915472, 0.367831498998180193753, 0.587317954286617447297,
	0.769902674194304687037, 0.904117256370474856678, 0.981560634246719250691
};
static const double weights[6] = {
	0.249147045813402785001, 0.233492536538354808761, 0.203167426723065921749,
	0.160078328543346226335, 0.106939325995318430960, 0.047175336386511827195
};

/* Near the centre the rule has all digits. */
static int
IsCentral(double t, double df)
{
	return t < 1 && t * t < df;
}

/* P(0 < T < t) near the centre. */
static double
Centre(double t, double df)
{
	double		half = asinh(t / sqrt(df)) / 2;
	double		sum = 0;

	for (int i = 0; i < 6; i++)
	{
		double		near = sinh(half * (1 - nodes[i]) / 2);
		double		far = sinh(half * (1 + nodes[i]) / 2);

		/* cosh(x) is 1 + 2 sinh(x / 2)^2 */
		sum += weights[i] * (exp(-df * log1p(2 * near * near)) + exp(-df * log1p(2 * far * far)));
	}
	return exp(LogConstant(df)) * half * sum;
}

double
FFStudentTail(double t, double df)
{
	if (isnan(t) || !(df > 0))
		return NAN;
	if (t < 0)
		return 1 - FFStudentTail(-t, df);
	if (IsCentral(t, df))
		return 0.5 - Centre(t, df);
	return exp(LogFarTail(t, df));
}

double
FFStudentLogTail(double t, double df)
{
	if (isnan(t) || !(df > 0))
		return NAN;
	if (t < 0)
		return log1p(-FFStudentTail(-t, df));
	if (IsCentral(t, df))
		return log(0.5 - Centre(t, df));
	return LogFarTail(t, df);
}

/* log(density). */
static double
LogDensity(double t, double df)
{
	return LogConstant(df) - 0.5 * log(df) - (df + 1) * LogCosh(t, df);
}

/*
 * The t >= 0 with P(0 < T < t) = share: Newton's steps from below, since the
 * probability is concave.
 */
static double
CentralQuantile(double share, double df)
{
	double		t = share / exp(LogDensity(0, df));

	for (int i = 0; i < 50; i++)
	{
		double		found = IsCentral(t, df) ? Centre(t, df) : 0.5 - FFStudentTail(t, df);
		double		step = (share - found) / exp(LogDensity(t, df));

		t += step;
		if (!(fabs(step) > 1e-13 * t))
			break;
	}
	return t;
}

/* log(DBL_MAX), rounded down. */
#define LOG_LARGEST 709.78

/*
 * The t above which a small share p lies.  The logarithm of the tail is
 * concave in that of t, and t is above its normal counterpart: the first of
 * Newton's steps leads above t, the others down to it.
 */
static double
FarQuantile(double p, double df)
{
	double		log_p = log(p);
	double		log_t = log(-FFNormalQuantile(p));

	for (int i = 0; i < 100; i++)
	{
		double		t = exp(log_t);
		double		log_tail = FFStudentLogTail(t, df);
		double		step = (log_tail - log_p) / exp(log_t + LogDensity(t, df) - log_tail);

		if (step > 0 && log_t == LOG_LARGEST)
			return INFINITY;
		log_t = fmin(log_t + step, LOG_LARGEST);
		if (!(fabs(step) > 1e-12))
			break;
	}
	return exp(log_t);
}

/* The t above which p lies, given also p's distance from a half, exact. */
static double
UpperQuantile(double p, double from_half, double df)
{
	if (p == 0)
		return INFINITY;
	return from_half < 0.2 ? CentralQuantile(from_half, df) : FarQuantile(p, df);
}

double
FFStudentTailQuantile(double p, double df)
{
	if (!(p >= 0 && p <= 1 && df > 0))
		return NAN;
	return p <= 0.5 ? UpperQuantile(p, 0.5 - p, df) : -UpperQuantile(1 - p, p - 0.5, df);
}

double
FFStudentQuantile(double p, double df)
{
	if (!(p >= 0 && p <= 1))
		return NAN;
	return p < 0.5 ? -FFStudentTailQuantile(p, df) : FFStudentTailQuantile(1 - p, df);
}
