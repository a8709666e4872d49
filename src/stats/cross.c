/*
 * cross.c
 *	  Exact sums of several variables: adding, merging, packing, reading.
 */
#include <string.h>

#include "stats/cross.h"

/* What packed bytes begin with. */
#define VERSION 1
#define HEADER 10

int
FFCrossPlace(int variables, int a, int b)
{
	int			row = a < b ? a : b;
	int			column = a < b ? b : a;

	return variables + row * variables - row * (row - 1) / 2 + column - row;
}

void
FFCrossAdd(FFCross *cross, const double *values)
{
	FFExact    *products = cross->values + cross->variables;

	cross->count++;
	for (int i = 0; i < cross->variables; i++)
	{
		FFExactAdd(cross->values + i, values[i]);
		for (int j = i; j < cross->variables; j++)
			FFExactAddProduct(products++, values[i], values[j]);
	}
}

/* The product of two numbers in two parts each: four exact products. */
static void
AddProduct(FFExact *sum, FFPrecise a, FFPrecise b)
{
	FFExactAddProduct(sum, a.high, b.high);
	FFExactAddProduct(sum, a.high, b.low);
	FFExactAddProduct(sum, a.low, b.high);
	FFExactAddProduct(sum, a.low, b.low);
}

void
FFCrossAddPrecise(FFCross *cross, const FFPrecise *values)
{
	FFExact    *products = cross->values + cross->variables;

	cross->count++;
	for (int i = 0; i < cross->variables; i++)
	{
		FFExactAdd(cross->values + i, values[i].high);
		FFExactAdd(cross->values + i, values[i].low);
		for (int j = i; j < cross->variables; j++)
			AddProduct(products++, values[i], values[j]);
	}
}

FFCrossFault
FFCrossMerge(FFCross *cross, const FFCross *other)
{
	if (cross->count > FF_MOMENTS_MAX_COUNT - other->count)
		return FF_CROSS_COUNT;
	cross->count += other->count;
	for (int i = 0; i < FF_CROSS_VALUES(cross->variables); i++)
		FFExactMerge(cross->values + i, other->values + i);
	return FF_CROSS_FINE;
}

FFCrossFault
FFCrossSubtract(FFCross *cross, const FFCross *other)
{
	cross->count -= other->count;
	for (int i = 0; i < FF_CROSS_VALUES(cross->variables); i++)
		FFExactSubtract(cross->values + i, other->values + i);
	return FFCrossCheck(cross);
}

/* n sum(ab) - sum(a) sum(b), without rounding. */
static void
ScaledDeviations(const FFCross *cross, int a, int b, FFWide *result)
{
	FFWide		first;
	FFWide		second;
	FFWide		product;

	FFExactRead(cross->values + a, &first);
	FFExactRead(cross->values + b, &second);
	FFWideTimes(&first, &second, &product);
	FFExactRead(cross->values + FFCrossPlace(cross->variables, a, b), &first);
	FFWideTimesCount(&first, cross->count, &second);
	FFWideMinus(&second, &product, result);
}

/* What no data give: the squares of one variable decide it exactly. */
FFCrossFault
FFCrossCheck(const FFCross *cross)
{
	FFWide		number;

	if (cross->count < 0 || cross->count > FF_MOMENTS_MAX_COUNT)
		return FF_CROSS_COUNT;
	for (int i = 0; cross->count == 0 && i < FF_CROSS_VALUES(cross->variables); i++)
	{
		FFExactRead(cross->values + i, &number);
		if (number.count > 0)
			return FF_CROSS_EMPTY;
	}
	for (int i = 0; i < cross->variables; i++)
	{
		ScaledDeviations(cross, i, i, &number);
		if (number.negative || (cross->count == 1 && number.count > 0))
			return FF_CROSS_NEGATIVE;
	}
	return FF_CROSS_FINE;
}

/* A number: its exponent in bytes, its length with the sign, its bytes. */
static size_t
PackNumber(const FFWide *number, uint8_t *bytes)
{
	size_t		length = 0;
	int			exponent = number->count > 0 ? (number->unit - FF_EXACT_UNIT) / 8 : 0;
	int			zeros = 0;

	for (int i = 0; i < 4 * number->count; i++)
	{
		uint8_t		byte = (uint8_t) (number->words[i / 4] >> 8 * (i % 4));

		if (length == 0 && byte == 0)
			zeros++;
		else
			bytes[4 + length++] = byte;
	}
	while (length > 0 && bytes[3 + length] == 0)
		length--;
	exponent += zeros;
	bytes[0] = (uint8_t) (exponent >> 8);
	bytes[1] = (uint8_t) exponent;
	bytes[2] = (uint8_t) (length >> 7);
	bytes[3] = (uint8_t) (length << 1 | number->negative);
	return 4 + length;
}

size_t
FFCrossPack(const FFCross *cross, uint8_t *bytes)
{
	size_t		length = HEADER;
	FFWide		number;

	bytes[0] = VERSION;
	bytes[1] = (uint8_t) cross->variables;
	for (int i = 0; i < 8; i++)
		bytes[2 + i] = (uint8_t) ((uint64_t) cross->count >> 8 * (7 - i));
	for (int i = 0; i < FF_CROSS_VALUES(cross->variables); i++)
	{
		FFExactRead(cross->values + i, &number);
		length += PackNumber(&number, bytes + length);
	}
	return length;
}

int
FFCrossPackedVariables(const uint8_t *bytes, size_t length)
{
	if (length < HEADER || bytes[0] != VERSION || bytes[1] < 1 || bytes[1] > FF_CROSS_VARIABLES)
		return 0;
	return bytes[1];
}

/* Steps over a number and adds it to 0; false where it is not canonical. */
static bool
UnpackNumber(const uint8_t **bytes, const uint8_t *end, FFExact *sum)
{
	const uint8_t *at = *bytes;
	int			exponent;
	int			length;

	if (end - at < 4)
		return false;
	exponent = at[0] << 8 | at[1];
	length = (at[2] << 8 | at[3]) >> 1;
	*bytes = at + 4 + length;
	if (end - at - 4 < length || (length == 0 && (exponent != 0 || at[3] != 0)))
		return false;
	if (length > 0 && (at[4] == 0 || at[3 + length] == 0))
		return false;
	for (int i = 0; i < length; i++)
	{
		if (!FFExactAddByte(sum, at[4 + i], FF_EXACT_UNIT + 8 * (exponent + i), at[3] & 1))
			return false;
	}
	return true;
}

FFCrossFault
FFCrossUnpack(const uint8_t *bytes, size_t length, FFCross *cross)
{
	const uint8_t *at = bytes + HEADER;
	uint64_t	count = 0;
	int			variables = FFCrossPackedVariables(bytes, length);

	if (variables == 0)
		return FF_CROSS_FORM;
	memset(cross, 0, FF_CROSS_SIZE(variables));
	for (int i = 0; i < 8; i++)
		count = count << 8 | bytes[2 + i];
	cross->count = (int64_t) count;
	cross->variables = variables;
	for (int i = 0; i < FF_CROSS_VALUES(variables); i++)
	{
		if (!UnpackNumber(&at, bytes + length, cross->values + i))
			return FF_CROSS_FORM;
	}
	return at == bytes + length ? FF_CROSS_FINE : FF_CROSS_FORM;
}

/* fraction * 2^exponent, in double's range. */
static FFPrecise
Scaled(FFPrecise fraction, int exponent)
{
	fraction.high = ldexp(fraction.high, exponent);
	fraction.low = isfinite(fraction.high) ? ldexp(fraction.low, exponent) : 0;
	return fraction;
}

FFPrecise
FFCrossSum(const FFCross *cross, int variable)
{
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	FFExactRead(cross->values + variable, &number);
	fraction = FFWideFraction(&number, &exponent);
	return Scaled(fraction, exponent);
}

FFPrecise
FFCrossMean(const FFCross *cross, int variable)
{
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	FFExactRead(cross->values + variable, &number);
	fraction = FFWideFraction(&number, &exponent);
	return Scaled(FFPreciseOverDouble(fraction, (double) cross->count), exponent);
}

FFPrecise
FFCrossDeviations(const FFCross *cross, int a, int b)
{
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	ScaledDeviations(cross, a, b, &number);
	fraction = FFWideFraction(&number, &exponent);
	return Scaled(FFPreciseOverDouble(fraction, (double) cross->count), exponent);
}

double
FFCrossCovariance(const FFCross *cross, int a, int b)
{
	FFWide		number;
	FFPrecise	fraction;
	int			exponent;

	ScaledDeviations(cross, a, b, &number);
	fraction = FFWideFraction(&number, &exponent);
	fraction = FFPreciseOverDouble(FFPreciseOverDouble(fraction, (double) cross->count),
								   (double) (cross->count - 1));
	return Scaled(fraction, exponent).high;
}
