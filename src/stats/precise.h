/*
 * precise.h
 *	  Numbers of twice the precision of a double: an unevaluated sum of two.
 *
 * Sums of doubles of like magnitude are exact in them, and so do not depend on
 * the order of adding.  The algorithms are those of Joldes, Muller, Popescu,
 * "Tight and rigorous error bounds for basic building blocks of double-word
 * arithmetic" (2017).  They need arithmetic that is not contracted:
 * -ffp-contract=off.  Overflow shows in high, which is then not finite.
 */
#ifndef FF_PRECISE_H
#define FF_PRECISE_H

#include <math.h>
#include <stdbool.h>

/* high is the sum rounded to a double. */
typedef struct FFPrecise
{
	double		high;
	double		low;
} FFPrecise;

/* Exact, where |a| >= |b|. */
static inline FFPrecise
FFPreciseOrdered(double a, double b)
{
	double		sum = a + b;

	return (FFPrecise) {sum, b - (sum - a)};
}

/* a + b, exact. */
static inline FFPrecise
FFPreciseSum(double a, double b)
{
	double		sum = a + b;
	double		part = sum - a;

	return (FFPrecise) {sum, (a - (sum - part)) + (b - part)};
}

/* a * b, exact but for underflow. */
static inline FFPrecise
FFPreciseProduct(double a, double b)
{
	double		product = a * b;

	return (FFPrecise) {product, fma(a, b, -product)};
}

static inline FFPrecise
FFPreciseNegate(FFPrecise a)
{
	return (FFPrecise) {-a.high, -a.low};
}

static inline FFPrecise
FFPreciseAddDouble(FFPrecise a, double b)
{
	FFPrecise	sum = FFPreciseSum(a.high, b);

	return FFPreciseOrdered(sum.high, sum.low + a.low);
}

static inline FFPrecise
FFPreciseAdd(FFPrecise a, FFPrecise b)
{
	FFPrecise	high = FFPreciseSum(a.high, b.high);
	FFPrecise	low = FFPreciseSum(a.low, b.low);

	high = FFPreciseOrdered(high.high, high.low + low.high);
	return FFPreciseOrdered(high.high, high.low + low.low);
}

static inline FFPrecise
FFPreciseTimesDouble(FFPrecise a, double b)
{
	FFPrecise	product = FFPreciseProduct(a.high, b);

	return FFPreciseOrdered(product.high, fma(a.low, b, product.low));
}

static inline FFPrecise
FFPreciseTimes(FFPrecise a, FFPrecise b)
{
	FFPrecise	product = FFPreciseProduct(a.high, b.high);
	double		cross = fma(a.high, b.low, a.low * b.high);

	return FFPreciseOrdered(product.high, product.low + cross);
}

static inline FFPrecise
FFPreciseOverDouble(FFPrecise a, double b)
{
	double		quotient = a.high / b;
	FFPrecise	back = FFPreciseProduct(quotient, b);
	double		rest = (a.high - back.high) - back.low + a.low;

	return FFPreciseOrdered(quotient, rest / b);
}

/* A number in plain digits, "-12.50", in 85 bits; false for any other text. */
extern bool FFPreciseOfDecimal(const char *text, FFPrecise *number);

#endif
