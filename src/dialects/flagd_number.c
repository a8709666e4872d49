/*
 * flagd_number.c
 *	  Arithmetic of JsonLogic: doubles, and no answer where one is missing.
 */
#include <math.h>

#include "dialects/flagd.h"

static double
Apply(int code, double a, double b)
{
	switch (code)
	{
		case FF_ADD:
			return a + b;
		case FF_SUBTRACT:
			return a - b;
		case FF_MULTIPLY:
			return a * b;
		case FF_DIVIDE:
			return a / b;
		default:
			return fmod(a, b);
	}
}

/* Whether each step in code looks at what came of those before: but for a sum, when spread. */
static bool
LooksBack(const FFExpression *expression)
{
	return expression->spread && !expression->interpreted && expression->code != FF_ADD;
}

/* Fold operands from the left; a container, or a divisor that is false, throws. */
static bool
Fold(const FFExpression *expression, const FFItem *items, int count, double start, int from,
	 double *number)
{
	int			code = expression->code;

	*number = start;
	for (int i = from; i < count; i++)
	{
		if (FFItemIsContainer(&items[i]) || (LooksBack(expression) && isnan(*number) && i > from))
			return false;
		if (code == FF_DIVIDE && i > 0 && FFItemFalsy(&items[i]))
			return false;
		*number = Apply(code, *number, FFItemToNumber(&items[i]));
	}
	return true;
}

/* The sign is turned, or the inverse is taken, of one operand. */
static bool
Single(const FFExpression *expression, const FFItem *item, double *number)
{
	double		d = FFItemToNumber(item);

	if (FFItemIsContainer(item))
		return false;
	*number = expression->code == FF_SUBTRACT ? -d : 1 / d;
	if (expression->code == FF_SUBTRACT)
		return true;
	return LooksBack(expression) ? !FFItemFalsy(item) : d != 0 && !isnan(d);
}

/* Operands that are written, or that an interpreter spreads; false: it throws. */
static bool
Calculate(const FFExpression *expression, const FFItem *items, int count, double *number)
{
	int			code = expression->code;
	double		start = code == FF_MULTIPLY ? 1 : 0;
	bool		from_first = code == FF_ADD || code == FF_MULTIPLY;

	if (count == 0 && !from_first)
		return false;
	if (count == 1 && code == FF_REMAINDER)
		return false;
	if (count == 1 && !from_first)
		return Single(expression, &items[0], number);
	if (!from_first)
	{
		if (FFItemIsContainer(&items[0]))
			return false;
		start = FFItemToNumber(&items[0]);
	}
	return Fold(expression, items, count, start, from_first ? 0 : 1, number);
}

/* Division in code looks at numbers: "0" is none to divide by. */
static bool
DividesByZero(const FFItem *items, int count)
{
	for (int i = count == 1 ? 0 : 1; i < count; i++)
	{
		double		d = FFItemToNumber(&items[i]);

		if (d == 0 || isnan(d))
			return true;
	}
	return false;
}

/* One operand that was worked out and is no array, + and - aside. */
static bool
Alone(const FFExpression *expression, const FFItem *item, double *number)
{
	int			code = expression->code;

	if (!expression->interpreted && code != FF_ADD && code != FF_SUBTRACT)
		return false;
	return Calculate(expression, item, 1, number);
}

/* Whether a result may be no number: where an array was spread, of one alone when interpreted. */
static bool
MayBeNothing(const FFExpression *expression, int count)
{
	return expression->spread &&
		(!expression->interpreted || (expression->code == FF_SUBTRACT && count == 1));
}

static bool
Arithmetic(FFMachine *machine, const FFExpression *expression, double *number)
{
	int			code = expression->code;
	FFArguments arguments;
	bool		array;

	if (FFStackIsDeep() || !FFMachineArguments(machine, expression, &arguments))
		return false;
	array = !expression->spread || arguments.items != arguments.fixed;
	if (expression->spread && arguments.count == 0)
		array = true;
	if (!array)
		return Alone(expression, arguments.items, number) && !isnan(*number);
	if (!expression->interpreted && code == FF_DIVIDE && !expression->spread &&
		DividesByZero(arguments.items, arguments.count))
		return false;
	if (!Calculate(expression, arguments.items, arguments.count, number))
		return false;
	if (expression->interpreted && code == FF_DIVIDE && arguments.count > 1 &&
		isinf(*number) && *number > 0)
		return false;
	return !isnan(*number) || MayBeNothing(expression, arguments.count);
}

void
FFRunArithmetic(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	double		number = 0;

	if (Arithmetic(machine, expression, &number))
		*result = FFItemNumber(number);
	else
		FFMachineThrow(machine, result);
}

/* max and min take numbers alone. */
void
FFRunExtreme(FFMachine *machine, const FFExpression *expression, FFItem *result)
{
	FFArguments arguments;
	double		extreme = 0;
	bool		done = !FFStackIsDeep() && FFMachineArguments(machine, expression, &arguments) &&
		arguments.count > 0;

	for (int i = 0; done && i < arguments.count; i++)
	{
		double		d = arguments.items[i].number;

		done = arguments.items[i].kind == FF_ITEM_NUMBER;
		if (i == 0 || (expression->code == FF_MAXIMUM ? d > extreme : d < extreme))
			extreme = d;
	}
	if (done)
		*result = FFItemNumber(extreme);
	else
		FFMachineThrow(machine, result);
}
