/*
 * fixed.h
 *	  Decimal totals without rounding: integers at a scale of ten.
 *
 * Narrow totals have 8 decimals in 64 bits, wide ones 20 in 128.  What fits in
 * neither is told to the caller, who then sums numerics.
 */
#ifndef FF_FIXED_H
#define FF_FIXED_H

#include "postgres.h"

#include "utils/numeric.h"

#include "stats/precise.h"

typedef int128 FFWideTotal;		/* of the server: aligned as its memory is */

#define FF_NARROW_DECIMALS 8
#define FF_WIDE_DECIMALS 20

/* A value at that many decimals (a multiple of 4); false where it does not fit. */
extern bool FFFixedOfNumeric(Numeric value, int decimals, FFWideTotal *total);

/*
 * total / 10^decimals: the nearest double, and a second part where the total has
 * more than 53 bits.
 */
extern FFPrecise FFFixedToPrecise(FFWideTotal total, int decimals);

/* At most the cap, which is a double. */
static inline FFPrecise
FFCapped(FFPrecise value, double cap)
{
	return value.high > cap || (value.high == cap && value.low > 0) ? (FFPrecise) {cap, 0} : value;
}

#endif
