/*
 * rows.c
 *	  Answers of the statistics' SQL functions: rows and arrays.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "stats/arguments_pg.h"

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
		elog(ERROR, "a function of statistics is not declared as it is defined");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

void
FFSetNumber(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = isnan(number);
	values[column] = Float8GetDatum(number);
}

static void
SetColumn(FFRow *row, Datum value, bool is_null)
{
	Assert(row->count < FF_ROW_COLUMNS);
	row->values[row->count] = value;
	row->nulls[row->count++] = is_null;
}

void
FFRowNumber(FFRow *row, double number)
{
	SetColumn(row, Float8GetDatum(number + 0.0), !isfinite(number));	/* -0 is 0 */
}

void
FFRowBound(FFRow *row, double number)
{
	SetColumn(row, Float8GetDatum(number + 0.0), isnan(number));
}

void
FFRowFlag(FFRow *row, bool flag, bool is_known)
{
	SetColumn(row, BoolGetDatum(flag), !is_known);
}

void
FFRowInt(FFRow *row, int number)
{
	SetColumn(row, Int32GetDatum(number), false);
}

void
FFRowText(FFRow *row, const char *text)
{
	SetColumn(row, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL);
}

void
FFRowProbability(FFRow *row, double log_p)
{
	double		p_value = NAN;
	double		log10_p = NAN;

	if (!isnan(log_p))
		FFProbability(log_p, &p_value, &log10_p);
	FFRowNumber(row, p_value);
	FFRowBound(row, log10_p);
}

Datum
FFRowResult(FunctionCallInfo fcinfo, FFRow *row)
{
	return FFRowDatum(fcinfo, row->values, row->nulls, row->count);
}
