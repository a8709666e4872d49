/*
 * exact.h
 *	  Sums of doubles, and of products of two doubles, without any rounding.
 *
 * A sum is one wide fixed-point integer, so it does not depend on the order of
 * adding, nor on how the values were divided among workers.  What is read from
 * it is rounded once.
 */
#ifndef FF_EXACT_H
#define FF_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/precise.h"

/* The last bit of a sum is worth 2^FF_EXACT_UNIT: below the square of the least double. */
#define FF_EXACT_UNIT (-2176)

/* Digits to base 2^32: the square of the largest double, 2^53 times. */
#define FF_EXACT_LIMBS 136

/* Digits carry later: each has room for 2^30 additions. */
typedef struct FFExact
{
	int64_t		additions;
	int64_t		limbs[FF_EXACT_LIMBS];
} FFExact;

/* Sign and magnitude, without zero words at either end; 0 has no words. */
#define FF_WIDE_WORDS (2 * FF_EXACT_LIMBS + 4)

typedef struct FFWide
{
	bool		negative;
	int			unit;			/* what bit 0 is worth: 2^unit, a multiple of 32 */
	int			count;
	uint32_t	words[FF_WIDE_WORDS];
} FFWide;

/* Add a finite value, or the product of two. */
extern void FFExactAdd(FFExact *sum, double value);
extern void FFExactAddProduct(FFExact *sum, double a, double b);

/* Add a byte whose last bit is worth 2^unit; false where it has no place. */
extern bool FFExactAddByte(FFExact *sum, unsigned byte, int unit, bool negative);

extern void FFExactMerge(FFExact *sum, const FFExact *other);
extern void FFExactSubtract(FFExact *sum, const FFExact *other);

/* The sum as a number. */
extern void FFExactRead(const FFExact *sum, FFWide *number);

/* Arithmetic without rounding; factors are sums or counts. */
extern void FFWideTimes(const FFWide *a, const FFWide *b, FFWide *product);
extern void FFWideTimesCount(const FFWide *a, int64_t count, FFWide *product);
extern void FFWideMinus(const FFWide *a, const FFWide *b, FFWide *difference);

/*
 * The fraction between 1/2 and 1 that is the number over 2^exponent, in 106
 * bits; its first part is the nearest double.
 */
extern FFPrecise FFWideFraction(const FFWide *number, int *exponent);

#endif
