/*
 * arguments.c
 *	  Arguments of the statistics' SQL functions.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"
#include "stats/moments_pg.h"

void
FFRequireArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
}

double
FFNumberArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value;

	FFRequireArgument(fcinfo, number, name);
	value = PG_GETARG_FLOAT8(number);
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite, not %g", name, value)));
	return value;
}

double
FFAmountArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value = FFNumberArgument(fcinfo, number, name);

	if (value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative, as %g is", name, value)));
	return value;
}

double
FFPositiveArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value = FFNumberArgument(fcinfo, number, name);

	if (value <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above 0, not %g", name, value)));
	return value;
}

double
FFShareArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value;

	FFRequireArgument(fcinfo, number, name);
	value = PG_GETARG_FLOAT8(number);
	if (!(value > 0 && value < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above 0 and below 1, not %g", name, value),
				 strcmp(name, "alpha") == 0 ? errhint("0.05 gives intervals of 95 %%.") : 0));
	return value;
}

static void
CheckCount(int64 value, const char *name)
{
	if (value < 0 || value > FF_MOMENTS_MAX_COUNT)
		ereport(ERROR,
				(errcode(value < 0 ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between 0 and 9007199254740992, not " INT64_FORMAT, name, value)));
}

int64
FFCountArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	FFRequireArgument(fcinfo, number, name);
	CheckCount(PG_GETARG_INT64(number), name);
	return PG_GETARG_INT64(number);
}

bool
FFBooleanArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	FFRequireArgument(fcinfo, number, name);
	return PG_GETARG_BOOL(number);
}

int
FFWordArgument(FunctionCallInfo fcinfo, int number, const char *name, const char *const *words)
{
	StringInfoData list;
	char	   *word;

	FFRequireArgument(fcinfo, number, name);
	word = text_to_cstring(PG_GETARG_TEXT_PP(number));
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	initStringInfo(&list);
	for (int i = 0; words[i] != NULL; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", words[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be one of %s, not \"%s\"", name, list.data, word)));
}

FFAlternative
FFAlternativeArgument(FunctionCallInfo fcinfo, int number)
{
	static const char *const words[] = {"two-sided", "greater", "less", NULL};

	return (FFAlternative) FFWordArgument(fcinfo, number, "alternative", words);
}

bool
FFDeltaArgument(FunctionCallInfo fcinfo, int number)
{
	static const char *const words[] = {"fieller", "delta", NULL};

	return FFWordArgument(fcinfo, number, "relative", words) == 1;
}

bool
FFPooledArgument(FunctionCallInfo fcinfo, int number)
{
	static const char *const words[] = {"welch", "student", NULL};

	return FFWordArgument(fcinfo, number, "test", words) == 1;
}

/* The elements of an array of one dimension. */
static Datum *
Elements(FunctionCallInfo fcinfo, int number, const char *name, Oid type, int *count, bool **nulls)
{
	ArrayType  *array;
	Datum	   *elements;

	FFRequireArgument(fcinfo, number, name);
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one dimension", name)));
	if (nulls == NULL && array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not hold a NULL", name)));
	/* float8 and bigint alike */
	deconstruct_array(array, type, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, nulls, count);
	return elements;
}

double *
FFExtendedArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count, bool **nulls)
{
	Datum	   *elements = Elements(fcinfo, number, name, FLOAT8OID, count, nulls);
	double	   *numbers = palloc(sizeof(double) * (*count + 1));

	for (int i = 0; i < *count; i++)
	{
		bool		is_null = nulls != NULL && (*nulls)[i];

		numbers[i] = is_null ? NAN : DatumGetFloat8(elements[i]);
		if (isnan(numbers[i]) && !is_null)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not hold NaN, as element %d is", name, i + 1)));
	}
	return numbers;
}

double *
FFNumbersArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count)
{
	double	   *numbers = FFExtendedArgument(fcinfo, number, name, count, NULL);

	for (int i = 0; i < *count; i++)
		if (isinf(numbers[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be finite, as element %d is not", name, i + 1)));
	return numbers;
}

int64 *
FFCountsArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count)
{
	Datum	   *elements = Elements(fcinfo, number, name, INT8OID, count, NULL);
	int64	   *counts = palloc(sizeof(int64) * (*count + 1));

	for (int i = 0; i < *count; i++)
	{
		counts[i] = DatumGetInt64(elements[i]);
		CheckCount(counts[i], name);
	}
	return counts;
}

void
FFRequireSameLength(int count, int other, const char *name, const char *other_name)
{
	if (count != other)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has %d elements and %s has %d", name, count, other_name, other)));
}

FFMoments
FFMomentsArgument(FunctionCallInfo fcinfo, int number)
{
	FFMoments	nothing = {0};

	return PG_ARGISNULL(number) ? nothing : *FF_GETARG_MOMENTS(number);
}

void
FFRequireProportion(const FFMoments *moments, const char *arm)
{
	if (!FFIsProportion(moments))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the units of the %s are not 0 or 1", arm),
				 errdetail("Their mean and variance are not those of a proportion."),
				 errhint("Compare means without proportion => true.")));
}

void
FFPause(void)
{
	CHECK_FOR_INTERRUPTS();
}
