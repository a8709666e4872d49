/*
 * arguments_pg.h
 *	  Arguments of the statistics' SQL functions, checked, with errors that name
 *	  them; and their answers.
 */
#ifndef FF_ARGUMENTS_PG_H
#define FF_ARGUMENTS_PG_H

#include "fmgr.h"
#include "utils/array.h"

#include "stats/sequential.h"

/* 22004 for NULL, 22023 for what is not finite. */
extern double FFNumberArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* The same, above 0; and between 0 and 1, both excluded. */
extern double FFPositiveArgument(FunctionCallInfo fcinfo, int number, const char *name);
extern double FFShareArgument(FunctionCallInfo fcinfo, int number, const char *name);
extern bool FFBooleanArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* The place of a word in a list that ends with NULL; 22023 names them all. */
extern int FFWordArgument(FunctionCallInfo fcinfo, int number, const char *name, const char *const *words);
extern FFAlternative FFAlternativeArgument(FunctionCallInfo fcinfo, int number);

/* The elements of a plain array of float8, finite all, palloc'd. */
extern double *FFNumbersArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count);

extern Datum FFNumbersDatum(const double *numbers, int count);

/* A row of the function's declared columns. */
extern Datum FFRowDatum(FunctionCallInfo fcinfo, Datum *values, bool *nulls, int columns);

/* A column: NULL where the number is not known. */
extern void FFSetNumber(Datum *values, bool *nulls, int column, double number);

/* For the loops of pure arithmetic. */
extern void FFPause(void);

#endif
