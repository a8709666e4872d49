/*
 * growthbook_value.c
 *	  Values as ECMAScript coerces them, where GrowthBook compares.
 */
#include <math.h>

#include "dialects/growthbook.h"

static const FFValue null = {.type = FF_NULL};

/* What is missing is null. */
FFGbOperand
FFGbOperandOf(const FFValue *value)
{
	FFGbOperand operand = {.value = value->type == FF_ABSENT ? null : *value};

	return operand;
}

static FFString
StringOf(const FFValue *value)
{
	return FFStringOf(value->data, value->length);
}

/* Number(text) */
static double
NumberOfText(FFString text)
{
	bool		valid;
	double		d;

	return FFParseNumberJs(FFUtf8(text, &valid), &d) ? d : NAN;
}

double
FFGbNumber(const FFGbOperand *operand)
{
	const FFValue *value = &operand->value;
	double		d;

	switch (value->type)
	{
		case FF_NULL:
			return 0;
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			if (value->data == NULL)
				return operand->number;
			(void) FFNumberDouble(value, &d);
			return d;
		case FF_STRING:
			return NumberOfText(StringOf(value));
		case FF_ARRAY:
			return NumberOfText(FFValueTextJs(value));
		default:
			return NAN;
	}
}

/* Of a part of a document; what is not there is undefined. */
double
FFGbNumberOf(const FFValue *value)
{
	FFGbOperand operand = FFGbOperandOf(value);

	return value->type == FF_ABSENT ? NAN : FFGbNumber(&operand);
}

FFString
FFGbText(const FFGbOperand *operand)
{
	if (operand->value.type == FF_NUMBER && operand->value.data == NULL)
		return FFNumberTextJs(operand->number);
	return FFValueTextJs(&operand->value);
}

bool
FFGbTruthy(const FFValue *value)
{
	double		d;

	switch (value->type)
	{
		case FF_BOOL:
			return value->boolean;
		case FF_NUMBER:
			(void) FFNumberDouble(value, &d);
			return d != 0;
		case FF_STRING:
			return value->length > 0;
		case FF_ARRAY:
		case FF_OBJECT:
			return true;
		default:
			return false;
	}
}

/*
 * The UTF-16 units of text, each as text; half of a character is what equals
 * nothing.  Of text beyond the most that is looked at, the first ones.
 */
FFValue *
FFGbUnits(FFString string, int most, int *count)
{
	bool		valid;
	FFString	utf8 = FFUtf8(string, &valid);
	FFValue    *units = FFAlloc((size_t) (most + 1) * sizeof(FFValue));
	int			bytes;

	*count = 0;
	for (int at = 0; at < utf8.length && *count < most; at += bytes)
	{
		bool		halves = FFPointAt(utf8, at, &bytes) >= 0x10000;

		for (int i = 0; i <= halves; i++)
		{
			FFValue    *unit = &units[(*count)++];

			unit->type = FF_STRING;
			unit->data = halves ? "\xFF" : utf8.data + at;
			unit->length = halves ? 1 : bytes;
		}
	}
	return units;
}
