/*
 * decimal.c
 *	  Decimal numbers in 85 bits.
 *
 * A price in float8 has lost digits that a test of large numbers with small
 * differences needs.  The full precision of two doubles would leave no room:
 * with 85 bits the sum of a million prices is still exact.
 */
#include <string.h>

#include "stats/precise.h"

/* Longer numbers are rare, and float8 is near enough for them. */
#define LONGEST 60

/* Bits of the second part. */
#define LOW_BITS 32

/* The second part is rounded to that many bits below the first. */
static FFPrecise
Shorten(FFPrecise number)
{
	int			exponent;

	(void) frexp(number.high, &exponent);
	number.low = ldexp(rint(ldexp(number.low, 53 + LOW_BITS - exponent)), exponent - 53 - LOW_BITS);
	return number;
}

/* number / 10^scale, by powers of ten that are doubles. */
static FFPrecise
Scale(FFPrecise number, int scale)
{
	for (; scale > 22; scale -= 22)
		number = FFPreciseOverDouble(number, 1e22);
	return scale > 0 ? FFPreciseOverDouble(number, pow(10, scale)) : number;
}

bool
FFPreciseOfDecimal(const char *text, FFPrecise *number)
{
	bool		negative = *text == '-';
	bool		fraction = false;
	int			scale = 0;

	text += negative;
	if (strlen(text) > LONGEST || strspn(text, "0123456789.") != strlen(text))
		return false;
	*number = (FFPrecise) {0, 0};
	for (; *text != '\0'; text++)
	{
		if (*text == '.')
			fraction = true;
		else
		{
			*number = FFPreciseAddDouble(FFPreciseTimesDouble(*number, 10), *text - '0');
			scale += fraction;
		}
	}
	*number = Scale(*number, scale);
	if (negative)
		*number = FFPreciseNegate(*number);
	if (number->high != 0)
		*number = Shorten(*number);
	return true;
}
