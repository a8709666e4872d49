/*
 * number_text.c
 *	  Numbers as texts: the fewest digits that read back as the same double.
 *
 * The C library rounds correctly both ways; the server keeps LC_NUMERIC at C
 * for all of its life, and so the point is a point.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/dialect_tools.h"

#define MOST_DIGITS 17			/* always enough */
#define SAFE_DIGITS 15			/* always kept by a normal double */

/* A number is 0.digits times ten to the point. */
typedef struct Decimal
{
	char		digits[MOST_DIGITS + 1];
	int			length;
	int			point;
} Decimal;

/* Whether a decimal is read as this very number. */
static bool
ReadsBack(const Decimal *decimal, double d)
{
	char		text[MOST_DIGITS + 16];

	snprintf(text, sizeof(text), "0.%se%d", decimal->digits, decimal->point);
	return strtod(text, NULL) == d;
}

/* The nearest decimal of so many digits. */
static void
Round(double d, int digits, Decimal *decimal)
{
	char		text[MOST_DIGITS + 16];
	const char *at = text;

	snprintf(text, sizeof(text), "%.*e", digits - 1, d);
	decimal->length = 0;
	for (; *at != 'e'; at++)
		if (*at != '.')
			decimal->digits[decimal->length++] = *at;
	decimal->digits[decimal->length] = '\0';
	decimal->point = (int) strtol(at + 1, NULL, 10) + 1;
}

/* Add one to the last digit. */
static void
Increment(Decimal *decimal)
{
	int			i = decimal->length - 1;

	for (; i > 0 && decimal->digits[i] == '9'; i--)
		decimal->digits[i] = '0';
	decimal->digits[i]++;
}

/*
 * The shortest decimal that reads back as a positive number.  Beneath a power
 * of two there is half as much room as above it: there the nearest decimal of
 * some length may read back as another number, and the next one above as this.
 */
static void
Shortest(double d, Decimal *decimal)
{
	int			exponent;
	bool		power = frexp(d, &exponent) == 0.5;
	int			digits = d < 1e-300 ? 1 : SAFE_DIGITS;

	for (; digits < MOST_DIGITS; digits++)
	{
		Round(d, digits, decimal);
		if (ReadsBack(decimal, d))
			break;
		if (!power || decimal->digits[0] == '9')
			continue;
		Increment(decimal);
		if (ReadsBack(decimal, d))
			break;
	}
	if (digits == MOST_DIGITS)
		Round(d, MOST_DIGITS, decimal);
	while (decimal->length > 1 && decimal->digits[decimal->length - 1] == '0')
		decimal->length--;
	decimal->digits[decimal->length] = '\0';
}

static void
AddZeros(FFText *text, int count)
{
	for (; count > 0; count--)
		FFTextAdd(text, "0", 1);
}

/* Digits with a point where it belongs. */
static void
AddFixed(FFText *text, const Decimal *decimal)
{
	int			before = decimal->point < decimal->length ?
		decimal->point : decimal->length;

	if (decimal->point <= 0)
	{
		FFTextAdd(text, "0.", 2);
		AddZeros(text, -decimal->point);
		before = 0;
	}
	FFTextAdd(text, decimal->digits, before);
	AddZeros(text, decimal->point - before);
	if (before > 0 && before < decimal->length)
		FFTextAdd(text, ".", 1);
	FFTextAdd(text, decimal->digits + before, decimal->length - before);
}

/* One digit, a point, the others, and an exponent. */
static void
AddScientific(FFText *text, const Decimal *decimal, int exponent_digits)
{
	int			exponent = decimal->point - 1;

	FFTextAdd(text, decimal->digits, 1);
	if (decimal->length > 1)
	{
		FFTextAdd(text, ".", 1);
		FFTextAdd(text, decimal->digits + 1, decimal->length - 1);
	}
	FFTextFormat(text, "e%c%0*d", exponent < 0 ? '-' : '+', exponent_digits,
				 exponent < 0 ? -exponent : exponent);
}

static FFString
Finish(FFText *text)
{
	return FFStringOf(text->data, text->length);
}

/* String(d): no exponent from 1e-6 up to 1e21. */
FFString
FFNumberTextJs(double d)
{
	FFText		text = {0};
	Decimal		decimal;

	if (isnan(d))
		return FFStringOf("NaN", 3);
	if (d == 0)
		return FFStringOf("0", 1);
	if (d < 0)
		FFTextAdd(&text, "-", 1);
	if (isinf(d))
	{
		FFTextAdd(&text, "Infinity", 8);
		return Finish(&text);
	}
	Shortest(fabs(d), &decimal);
	if (decimal.point > -6 && decimal.point <= 21)
		AddFixed(&text, &decimal);
	else
		AddScientific(&text, &decimal, 1);
	return Finish(&text);
}

/* repr(d): no exponent from 1e-4 up to 1e16, and always a point or one. */
FFString
FFNumberTextPython(double d)
{
	FFText		text = {0};
	Decimal		decimal = {"0", 1, 1};

	if (isnan(d))
		return FFStringOf("nan", 3);
	if (signbit(d))
		FFTextAdd(&text, "-", 1);
	if (isinf(d))
	{
		FFTextAdd(&text, "inf", 3);
		return Finish(&text);
	}
	if (d != 0)
		Shortest(fabs(d), &decimal);
	if (decimal.point > -4 && decimal.point <= 16)
	{
		AddFixed(&text, &decimal);
		if (decimal.point >= decimal.length)
			FFTextAdd(&text, ".0", 2);
	}
	else
		AddScientific(&text, &decimal, 2);
	return Finish(&text);
}
