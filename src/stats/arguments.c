/*
 * arguments.c
 *	  Arguments of the statistics' SQL functions, and their answers.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"

static void
RefuseNull(FunctionCallInfo fcinfo, int number, const char *name)
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

	RefuseNull(fcinfo, number, name);
	value = PG_GETARG_FLOAT8(number);
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite", name)));
	return value;
}

double
FFPositiveArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value = FFNumberArgument(fcinfo, number, name);

	if (!(value > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above 0, not %g", name, value)));
	return value;
}

double
FFShareArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	double		value = FFNumberArgument(fcinfo, number, name);

	if (!(value > 0 && value < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above 0 and below 1, not %g", name, value)));
	return value;
}

bool
FFBooleanArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	RefuseNull(fcinfo, number, name);
	return PG_GETARG_BOOL(number);
}

int
FFWordArgument(FunctionCallInfo fcinfo, int number, const char *name, const char *const *words)
{
	StringInfoData list;
	char	   *word;

	RefuseNull(fcinfo, number, name);
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

double *
FFNumbersArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count)
{
	ArrayType  *array;
	Datum	   *elements;
	double	   *numbers;

	RefuseNull(fcinfo, number, name);
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one dimension", name)));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not hold a NULL", name)));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL, count);
	numbers = palloc(sizeof(double) * (*count + 1));
	for (int i = 0; i < *count; i++)
	{
		numbers[i] = DatumGetFloat8(elements[i]);
		if (!isfinite(numbers[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be finite, element %d is not", name, i + 1)));
	}
	return numbers;
}

Datum
FFNumbersDatum(const double *numbers, int count)
{
	Datum	   *elements = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		elements[i] = Float8GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(elements, count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
FFRowDatum(FunctionCallInfo fcinfo, Datum *values, bool *nulls, int columns)
{
	TupleDesc	descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE || descriptor->natts != columns)
		elog(ERROR, "a function is not declared as it is defined");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

void
FFSetNumber(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = isnan(number);
	values[column] = Float8GetDatum(number);
}

void
FFPause(void)
{
	CHECK_FOR_INTERRUPTS();
}
