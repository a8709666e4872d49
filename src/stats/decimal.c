/*
 * decimal.c
 *	  Decimal numbers in 85 bits.
 *
 * A price in float8 has lost digits that a test of large numbers with small
 * differences needs.  The full precision of two doubles would leave no room:
 * with 85 bits the sum of a million prices is still exact.
 */
#include <stdint.h>
#include <string.h>

#include "stats/precise.h"

/* Longer numbers are rare, and float8 is near enough for them. */
#define LONGEST 60

/* Digits that are read at once: their number is a double. */
#define CHUNK 15

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

static const double powers[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
	1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/* number / 10^scale, by powers of ten that are doubles. */
static FFPrecise
Scale(FFPrecise number, int scale)
{
	for (; scale > 22; scale -= 22)
		number = FFPreciseOverDouble(number, powers[22]);
	return scale > 0 ? FFPreciseOverDouble(number, powers[scale]) : number;
}

/* Appends the digits of text to number; gives how many follow the point. */
static int
ReadDigits(const char *text, FFPrecise *number)
{
	const char *point = NULL;
	int64_t		chunk = 0;
	int			length = 0;

	for (;; text++)
	{
		if (*text == '.')
			point = text;
		else if (*text != '\0')
		{
			chunk = chunk * 10 + (*text - '0');
			length++;
		}
		if (length == CHUNK || *text == '\0')
		{
			*number = FFPreciseAddDouble(FFPreciseTimesDouble(*number, powers[length]), (double) chunk);
			chunk = length = 0;
		}
		if (*text == '\0')
			return point == NULL ? 0 : (int) (text - point) - 1;
	}
}

bool
FFPreciseOfDecimal(const char *text, FFPrecise *number)
{
	bool		negative = *text == '-';
	int			scale;

	text += negative;
	if (strlen(text) > LONGEST || strspn(text, "0123456789.") != strlen(text))
		return false;
	*number = (FFPrecise) {0, 0};
	scale = ReadDigits(text, number);
	*number = Scale(*number, scale);
	if (negative)
		*number = FFPreciseNegate(*number);
	if (number->high != 0)
		*number = Shorten(*number);
	return true;
}
