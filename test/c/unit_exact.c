/*
 * unit_exact.c
 *	  Sums without rounding: against integers of 128 bits, against each other in
 *	  any order and partition, at the ends of double's range, and what is read.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/cross.h"
#include "unit.h"

static uint64_t seed = UINT64_C(88172645463325252);

static uint64_t
Random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Any finite double; or one of 53 bits whose exponent is within so many of 0. */
static double
RandomDouble(int range)
{
	double		value;
	uint64_t	bits;

	if (range > 0)
		return ldexp((double) (int64_t) (Random() >> 11) - 0x1p52, (int) (Random() % (uint64_t) range));
	do
	{
		bits = Random();
		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

/* The sum as an integer, which it must be. */
static __int128
Integer(const FFExact *sum)
{
	FFWide		number;
	unsigned __int128 result = 0;

	FFExactRead(sum, &number);
	for (int i = number.count - 1; i >= 0; i--)
		result = result << 32 | number.words[i];
	result <<= number.unit;
	return number.negative ? -(__int128) result : (__int128) result;
}

/* Sums and products of integers are integers of 128 bits. */
static void
TestIntegers(void)
{
	FFExact		sum = {0};
	FFExact		products = {0};
	__int128	wanted = 0;
	__int128	wanted_products = 0;
	bool		is_same = true;

	for (int i = 0; i < 20000; i++)
	{
		double		a = RandomDouble(20);
		double		b = (double) (int) (Random() % 2000000) - 1e6;

		FFExactAdd(&sum, a);
		wanted += (__int128) a;
		FFExactAddProduct(&products, a, b);
		wanted_products += (__int128) a * (__int128) b;
		if (i % 97 == 0)
			is_same = is_same && Integer(&sum) == wanted && Integer(&products) == wanted_products;
	}
	Ok(is_same && Integer(&sum) == wanted, "sums are those of 128 bits");
	Ok(Integer(&products) == wanted_products, "and so are those of products");
}

/* The words of a sum, for comparing. */
static bool
Same(const FFExact *a, const FFExact *b)
{
	FFWide		x;
	FFWide		y;

	FFExactRead(a, &x);
	FFExactRead(b, &y);
	return x.count == y.count && x.unit == y.unit && x.negative == y.negative &&
		memcmp(x.words, y.words, sizeof(uint32_t) * (size_t) x.count) == 0;
}

static bool
IsZero(const FFExact *sum)
{
	FFWide		number;

	FFExactRead(sum, &number);
	return number.count == 0 && !number.negative;
}

#define VALUES 3000

/* Any doubles, in order, backwards, and in parts; then all taken out again. */
static void
TestOrder(void)
{
	static double values[VALUES];
	FFExact		forwards = {0};
	FFExact		backwards = {0};
	FFExact		parts = {0};

	for (int i = 0; i < VALUES; i++)
		values[i] = RandomDouble(0);
	for (int i = 0; i < VALUES; i++)
	{
		FFExactAddProduct(&forwards, values[i], values[(i + 1) % VALUES]);
		FFExactAddProduct(&backwards, values[(VALUES - i) % VALUES], values[VALUES - 1 - i]);
	}
	for (int first = 0, length = 1; first < VALUES; first += length, length = length * 2 + 1)
	{
		FFExact		part = {0};

		for (int i = first; i < first + length && i < VALUES; i++)
			FFExactAddProduct(&part, values[i], values[(i + 1) % VALUES]);
		FFExactMerge(&parts, &part);
	}
	Ok(Same(&forwards, &backwards), "any order");
	Ok(Same(&forwards, &parts), "any parts");
	FFExactSubtract(&parts, &backwards);
	Ok(IsZero(&parts) && !IsZero(&forwards), "taken out again leaves 0");
}

static double
Nearest(const FFExact *sum)
{
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	FFExactRead(sum, &number);
	fraction = FFWideFraction(&number, &exponent);
	return ldexp(fraction.high, exponent);
}

/* One value, and one product, come back as they are, at the ends of the range. */
static void
TestEnds(void)
{
	static const double ends[] = {
		0, 1, -1, 0.1, DBL_MAX, -DBL_MAX, DBL_MIN, 0x1p-1074, -0x1p-1074, 0x1.fffffffffffffp-1023, 0x1p1023
	};

	for (int i = 0; i < FF_LENGTH(ends); i++)
	{
		FFExact		sum = {0};
		FFExact		product = {0};
		FFExact		square = {0};

		FFExactAdd(&sum, ends[i]);
		Ok(Nearest(&sum) == ends[i], "%g comes back", ends[i]);
		FFExactAddProduct(&product, ends[i], 1);
		Ok(Same(&sum, &product), "times 1, too");
		FFExactAddProduct(&square, ends[i], ends[i]);
		FFExactAddProduct(&square, ends[i], -ends[i]);
		Ok(IsZero(&square), "its square less its square is 0");
	}
}

/* Digits carry long before they overflow. */
static void
TestCarries(void)
{
	FFExact		sum = {0};
	FFExact		one = {0};

	FFExactAdd(&one, DBL_MAX);
	FFExactAdd(&one, 0x1p-1074);
	for (int i = 0; i < 52; i++)
	{
		FFExact		copy = one;

		FFExactMerge(&one, &copy);
	}
	FFExactMerge(&sum, &one);
	for (int i = 0; i < 52; i++)
	{
		FFExact		half = {0};

		FFExactAdd(&half, DBL_MAX);
		FFExactAdd(&half, 0x1p-1074);
		for (int j = 0; j < i; j++)
		{
			FFExact		copy = half;

			FFExactMerge(&half, &copy);
		}
		FFExactSubtract(&sum, &half);
	}
	/* 2^52 less 1, 2, 4, ... 2^51 is 1 */
	Ok(Nearest(&sum) == DBL_MAX, "2^52 times the largest double, and back");
}

/* To the nearest, also where the half is decided a thousand bits below. */
static void
TestRounding(void)
{
	FFExact		sum = {0};

	FFExactAdd(&sum, 1);
	FFExactAdd(&sum, 0x1p-53);
	Ok(Nearest(&sum) == 1, "a tie goes to the even digit");
	FFExactAdd(&sum, 0x1p-150);
	Ok(Nearest(&sum) == 1 + 0x1p-52, "a little more goes up");
	FFExactAdd(&sum, -0x1p-149);
	Ok(Nearest(&sum) == 1, "a little less does not");
}

#define UNITS 1000
static double rows[UNITS][3];

/* Like a cancelling sum of squares: a large offset and a small spread. */
static FFCross *
Rows(int first, int last, int step)
{
	FFCross    *cross = calloc(1, FF_CROSS_SIZE(3));

	cross->variables = 3;
	for (int i = first; step > 0 ? i < last : i > last; i += step)
		FFCrossAdd(cross, rows[i]);
	return cross;
}

static bool
SameState(const FFCross *a, const FFCross *b)
{
	static uint8_t x[FF_CROSS_PACKED(3)];
	static uint8_t y[FF_CROSS_PACKED(3)];
	size_t		length = FFCrossPack(a, x);

	return FFCrossPack(b, y) == length && memcmp(x, y, length) == 0;
}

/* Values of which the deviations are whole numbers. */
static void
TestCross(void)
{
	FFCross    *all;
	FFCross    *back;
	FFCross    *part;
	FFCross    *other;
	double		ss = 0;

	for (int i = 0; i < UNITS; i++)
	{
		int			k = (i * 37) % UNITS;

		rows[i][0] = 1e15 + k;
		rows[i][1] = ldexp(2 * k + 1, -60);
		rows[i][2] = -1e-300 * (i % 2);
		ss += (k - 499.5) * (k - 499.5);
	}
	all = Rows(0, UNITS, 1);
	back = Rows(UNITS - 1, -1, -1);
	part = Rows(0, 77, 1);
	other = Rows(77, UNITS, 1);
	Ok(FFCrossMean(all, 0).high == 1e15 + 499.5, "mean beside 1e15");
	Ok(FFCrossDeviations(all, 0, 0).high == ss, "deviations beside 1e15");
	Ok(FFCrossDeviations(all, 0, 1).high == ldexp(ss, -59) && FFCrossDeviations(all, 1, 0).high == ldexp(ss, -59),
	   "and with another variable");
	Ok(FFCrossCovariance(all, 0, 0) == ss / 999, "variance");
	Ok(SameState(all, back), "the order of rows leaves no trace");
	Ok(FFCrossMerge(part, other) == FF_CROSS_FINE && SameState(all, part), "nor does merging");
	Ok(FFCrossSubtract(part, other) == FF_CROSS_FINE && part->count == 77, "other units are taken out");
	Ok(FFCrossMerge(part, other) == FF_CROSS_FINE && SameState(all, part), "and put in again");
	Ok(FFCrossSubtract(other, all) == FF_CROSS_COUNT, "more than there are cannot be taken out");
	free(all);
	free(back);
	free(part);
	free(other);
}

/* Packed bytes that are damaged are refused, or are another state. */
static void
TestPacked(void)
{
	static uint8_t bytes[FF_CROSS_PACKED(3)];
	static uint8_t again[FF_CROSS_PACKED(3)];
	FFCross    *cross = Rows(0, UNITS, 1);
	FFCross    *copy = calloc(1, FF_CROSS_SIZE(FF_CROSS_VARIABLES));
	size_t		length = FFCrossPack(cross, bytes);
	bool		is_refused = true;
	bool		is_canonical = true;

	Ok(FFCrossUnpack(bytes, length, copy) == FF_CROSS_FINE && SameState(cross, copy), "unpacked as it was");
	Ok(FFCrossCheck(copy) == FF_CROSS_FINE, "and sound");
	for (size_t i = 0; i < length; i++)
		is_refused = is_refused && FFCrossUnpack(bytes, i, copy) != FF_CROSS_FINE;
	Ok(is_refused, "cut off anywhere it is refused");
	for (int i = 0; i < 20000; i++)
	{
		memcpy(again, bytes, length);
		again[Random() % length] = (uint8_t) Random();
		again[Random() % length] ^= (uint8_t) (1 << Random() % 8);
		if (FFCrossUnpack(again, length, copy) != FF_CROSS_FINE || copy->variables != 3)
			continue;
		(void) FFCrossCheck(copy);
		is_canonical = is_canonical && FFCrossPack(copy, bytes) == length && memcmp(bytes, again, length) == 0;
		FFCrossPack(cross, bytes);
	}
	Ok(is_canonical, "what is not refused is packed as it came");
	free(cross);
	free(copy);
}

void
TestExact(void)
{
	TestIntegers();
	TestOrder();
	TestEnds();
	TestCarries();
	TestRounding();
	TestCross();
	TestPacked();
}
