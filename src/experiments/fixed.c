/*
 * fixed.c
 *	  Numerics to integers at a scale of ten, and integers to doubles.
 *
 * The digits of a numeric are read where they lie on disk: that form is the
 * same in all versions of the server that pg_upgrade joins.  Digits are to
 * base 10000; weight is the power of 10000 of the first.
 */
#include "postgres.h"

#include "base/compat.h"
#include "experiments/fixed.h"

#define DIGIT_DECIMALS 4
#define DIGIT_BASE 10000

/* Bits of the first word: special values, the short form, and its parts. */
#define SPECIAL_MASK 0xC000
#define SPECIAL 0xC000
#define SHORT 0x8000
#define NEGATIVE 0x4000
#define SHORT_NEGATIVE 0x2000
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT_MASK 0x003F

/* A numeric taken apart. */
typedef struct Digits
{
	bool		negative;
	int			weight;
	int			count;
	const int16 *digits;
} Digits;

/* False for NaN and infinities. */
static bool
TakeApart(Numeric value, Digits *parts)
{
	const uint16 *words = (const uint16 *) VARDATA_ANY(value);
	int			bytes = (int) VARSIZE_ANY_EXHDR(value);
	uint16		first;

	memcpy(&first, words, sizeof(first));
	if ((first & SPECIAL_MASK) == SPECIAL)
		return false;
	if ((first & SPECIAL_MASK) == SHORT)
	{
		parts->negative = (first & SHORT_NEGATIVE) != 0;
		parts->weight = (first & SHORT_WEIGHT_SIGN) != 0 ? (int) (first | ~SHORT_WEIGHT_MASK) : (first & SHORT_WEIGHT_MASK);
		parts->digits = (const int16 *) words + 1;
		parts->count = (bytes - 2) / 2;
		return true;
	}
	parts->negative = (first & SPECIAL_MASK) == NEGATIVE;
	parts->weight = ((const int16 *) words)[1];
	parts->digits = (const int16 *) words + 2;
	parts->count = (bytes - 4) / 2;
	return true;
}

bool
FFFixedOfNumeric(Numeric value, int decimals, FFWideTotal *total)
{
	Digits		parts;
	FFWideTotal sum = 0;
	int			last;

	if (!TakeApart(value, &parts))
		return false;
	last = parts.weight + decimals / DIGIT_DECIMALS;	/* the power of the first digit, in units of the total */
	if (parts.count > last + 1)
		return false;			/* digits beyond the scale: trailing zeros are never stored */
	for (int i = 0; i <= (parts.count > 0 ? last : -1); i++)
	{
		int16		digit = 0;

		if (i < parts.count)
			memcpy(&digit, parts.digits + i, sizeof(digit));
		if (__builtin_mul_overflow(sum, (FFWideTotal) DIGIT_BASE, &sum) ||
			__builtin_add_overflow(sum, (FFWideTotal) digit, &sum))
			return false;
	}
	*total = parts.negative ? -sum : sum;
	return true;
}

/* Digits of a total, at least so many, before an end. */
static char *
DigitsOf(uint128 total, int least, char *end)
{
	char	   *start = end;

	while (total != 0 || end - start < least)
	{
		*--start = (char) ('0' + (int) (total % 10));
		total /= 10;
	}
	return start;
}

/* The text of a total with its point. */
static void
TextOf(FFWideTotal total, int decimals, char *text)
{
	char		digits[48];
	char	   *end = digits + sizeof(digits);
	char	   *start = DigitsOf(total < 0 ? -(uint128) total : (uint128) total, decimals + 1, end);
	int			whole = (int) (end - start) - decimals;

	sprintf(text, "%s%.*s.%.*s", total < 0 ? "-" : "", whole, start, decimals, start + whole);
}

FFPrecise
FFFixedToPrecise(FFWideTotal total, int decimals)
{
	static const double powers[] = {1e0, 1e4, 1e8, 1e12, 1e16, 1e20};
	static const FFWideTotal exact = INT64CONST(1) << 53;
	FFPrecise	number;
	char		text[64];

	Assert(decimals == FF_NARROW_DECIMALS || decimals == FF_WIDE_DECIMALS);
	while ((total < -exact || total > exact) && decimals > 0 && total % DIGIT_BASE == 0)
	{
		total /= DIGIT_BASE;
		decimals -= DIGIT_DECIMALS;
	}
	number = (FFPrecise) {(double) total / powers[decimals / DIGIT_DECIMALS], 0};
	if (total >= -exact && total <= exact)
		return number;			/* both were exact, so it was rounded once */
	TextOf(total, decimals, text);
	(void) FFPreciseOfDecimal(text, &number);
	return number;
}
