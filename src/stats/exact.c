/*
 * exact.c
 *	  Sums without rounding, and what is computed of them.
 *
 * The accumulator is Kulisch's (1981): a fixed-point number that spans all
 * products of doubles.  Its digits to base 2^32 lie in 64 bits with a sign, so
 * that an addition touches three of them and carries nothing.
 */
#include <string.h>

#include "stats/exact.h"

#define DIGIT UINT64_C(0xffffffff)

/* A digit grows by less than 2^32 with each addition. */
#define MOST_ADDITIONS (INT64_C(1) << 30)

/* A byte from there on leaves room for 2^53 such numbers. */
#define HIGHEST 4272

/* A double is sign * mantissa * 2^exponent. */
typedef struct Parts
{
	bool		negative;
	int			exponent;
	uint64_t	mantissa;
} Parts;

static Parts
Split(double value)
{
	uint64_t	bits;
	int			field;

	memcpy(&bits, &value, sizeof(bits));
	field = (int) (bits >> 52 & 0x7ff);
	return (Parts) {
		bits >> 63 != 0, (field > 0 ? field : 1) - 1075,
		(bits & ((UINT64_C(1) << 52) - 1)) | (field > 0 ? UINT64_C(1) << 52 : 0)
	};
}

/* Carries, so that all digits but the last are between 0 and 2^32. */
static void
Carry(int64_t *limbs, int count)
{
	for (int i = 0; i < count - 1; i++)
	{
		int64_t		digit = (int64_t) ((uint64_t) limbs[i] & DIGIT);

		limbs[i + 1] += (limbs[i] - digit) / (INT64_C(1) << 32);
		limbs[i] = digit;
	}
}

static void
Count(FFExact *sum, int64_t additions)
{
	if (sum->additions + additions >= MOST_ADDITIONS)
	{
		Carry(sum->limbs, FF_EXACT_LIMBS);
		sum->additions = 1;
	}
	sum->additions += additions;
}

/* bits at a place that is known to be there. */
static void
AddAt(FFExact *sum, uint64_t bits, int place, bool negative)
{
	int64_t    *limb = sum->limbs + place / 32;
	int			shift = place % 32;
	int64_t		first = (int64_t) (bits << shift & DIGIT);
	int64_t		second = (int64_t) (bits >> (32 - shift) & DIGIT);
	int64_t		third = shift > 0 ? (int64_t) (bits >> (64 - shift)) : 0;

	limb[0] += negative ? -first : first;
	limb[1] += negative ? -second : second;
	limb[2] += negative ? -third : third;
}

bool
FFExactAddByte(FFExact *sum, unsigned byte, int unit, bool negative)
{
	if (unit < FF_EXACT_UNIT || unit - FF_EXACT_UNIT > HIGHEST || byte > 255)
		return false;
	Count(sum, 1);
	AddAt(sum, byte, unit - FF_EXACT_UNIT, negative);
	return true;
}

void
FFExactAdd(FFExact *sum, double value)
{
	Parts		parts = Split(value);

	Count(sum, 1);
	AddAt(sum, parts.mantissa, parts.exponent - FF_EXACT_UNIT, parts.negative);
}

/* The 106 bits of the product are added in three pieces. */
void
FFExactAddProduct(FFExact *sum, double a, double b)
{
	Parts		x = Split(a);
	Parts		y = Split(b);
	uint64_t	x_low = x.mantissa & DIGIT;
	uint64_t	y_low = y.mantissa & DIGIT;
	uint64_t	x_high = x.mantissa >> 32;
	uint64_t	y_high = y.mantissa >> 32;
	bool		negative = x.negative != y.negative;
	int			place = x.exponent + y.exponent - FF_EXACT_UNIT;

	Count(sum, 3);
	AddAt(sum, x_low * y_low, place, negative);
	AddAt(sum, x_low * y_high + x_high * y_low, place + 32, negative);
	AddAt(sum, x_high * y_high, place + 64, negative);
}

void
FFExactMerge(FFExact *sum, const FFExact *other)
{
	Count(sum, other->additions + 1);
	for (int i = 0; i < FF_EXACT_LIMBS; i++)
		sum->limbs[i] += other->limbs[i];
}

void
FFExactSubtract(FFExact *sum, const FFExact *other)
{
	Count(sum, other->additions + 1);
	for (int i = 0; i < FF_EXACT_LIMBS; i++)
		sum->limbs[i] -= other->limbs[i];
}

/* Trims the words that carried digits leave. */
static void
Trim(FFWide *number)
{
	int			zeros = 0;

	while (number->count > 0 && number->words[number->count - 1] == 0)
		number->count--;
	while (zeros < number->count && number->words[zeros] == 0)
		zeros++;
	number->count -= zeros;
	memmove(number->words, number->words + zeros, sizeof(uint32_t) * (size_t) number->count);
	number->unit = number->count > 0 ? number->unit + 32 * zeros : 0;
	number->negative = number->negative && number->count > 0;
}

/* The number whose digits, of either sign, are the limbs; they are changed. */
static void
Settle(int64_t *limbs, int count, int unit, FFWide *number)
{
	Carry(limbs, count);
	number->negative = limbs[count - 1] < 0;
	if (number->negative)
	{
		for (int i = 0; i < count; i++)
			limbs[i] = -limbs[i];
		Carry(limbs, count);
	}
	number->unit = unit;
	number->count = count;
	for (int i = 0; i < count; i++)
		number->words[i] = (uint32_t) limbs[i];
	Trim(number);
}

void
FFExactRead(const FFExact *sum, FFWide *number)
{
	FFExact		copy = *sum;

	Settle(copy.limbs, FF_EXACT_LIMBS, FF_EXACT_UNIT, number);
}

void
FFWideTimes(const FFWide *a, const FFWide *b, FFWide *product)
{
	product->negative = a->negative != b->negative;
	product->unit = a->unit + b->unit;
	product->count = a->count + b->count;
	memset(product->words, 0, sizeof(uint32_t) * (size_t) product->count);
	for (int i = 0; i < a->count; i++)
	{
		uint64_t	carry = 0;

		for (int j = 0; j < b->count; j++)
		{
			carry += (uint64_t) a->words[i] * b->words[j] + product->words[i + j];
			product->words[i + j] = (uint32_t) carry;
			carry >>= 32;
		}
		product->words[i + b->count] = (uint32_t) carry;
	}
	Trim(product);
}

void
FFWideTimesCount(const FFWide *a, int64_t count, FFWide *product)
{
	FFWide		factor = {.count = 2, .words = {(uint32_t) count, (uint32_t) ((uint64_t) count >> 32)}};

	Trim(&factor);
	FFWideTimes(a, &factor, product);
}

/* Adds the words of a number to limbs whose first is worth 2^unit. */
static void
Spread(int64_t *limbs, const FFWide *number, int unit, bool negative)
{
	int64_t    *limb = limbs + (number->unit - unit) / 32;

	for (int i = 0; i < number->count; i++)
		limb[i] += number->negative != negative ? -(int64_t) number->words[i] : (int64_t) number->words[i];
}

void
FFWideMinus(const FFWide *a, const FFWide *b, FFWide *difference)
{
	/* 0 has no unit of its own */
	int			a_unit = a->count > 0 ? a->unit : b->unit;
	int			b_unit = b->count > 0 ? b->unit : a->unit;
	int			unit = a_unit < b_unit ? a_unit : b_unit;
	int64_t		limbs[FF_WIDE_WORDS] = {0};

	if (a->count > 0)
		Spread(limbs, a, unit, false);
	if (b->count > 0)
		Spread(limbs, b, unit, true);
	Settle(limbs, FF_WIDE_WORDS, unit, difference);
}

/* 53 bits from bit `from` on, which may lie below the first. */
static double
Bits(const FFWide *number, int from)
{
	uint64_t	bits = 0;

	for (int i = 52; i >= 0; i--)
	{
		int			bit = from + i;

		bits = bits << 1 | (bit >= 0 ? number->words[bit / 32] >> bit % 32 & 1 : 0);
	}
	return (double) bits;
}

/* Whether what is below bit `length - 53` calls for one more there. */
static bool
RoundsUp(const FFWide *number, int length)
{
	int			half = length - 54;
	int			word = half / 32;

	if (half < 0 || (number->words[word] >> half % 32 & 1) == 0)
		return false;
	/* words at the ends are not 0 */
	if (word > 0 || (number->words[0] & ((UINT32_C(1) << half % 32) - 1)) != 0)
		return true;
	return number->words[(half + 1) / 32] >> (half + 1) % 32 & 1;
}

FFPrecise
FFWideFraction(const FFWide *number, int *exponent)
{
	FFPrecise	fraction = {0, 0};
	int			length = 32 * number->count;
	double		rest;

	*exponent = 0;
	if (number->count == 0)
		return fraction;
	for (uint32_t top = number->words[number->count - 1]; top >> 31 == 0; top <<= 1)
		length--;
	*exponent = number->unit + length;
	rest = ldexp(Bits(number, length - 106), -106);
	fraction.high = ldexp(Bits(number, length - 53), -53);
	if (RoundsUp(number, length))
	{
		fraction.high += 0x1p-53;
		rest -= 0x1p-53;
	}
	fraction.low = rest + ldexp(Bits(number, length - 159), -159);
	return number->negative ? FFPreciseNegate(fraction) : fraction;
}
