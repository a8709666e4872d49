/*
 * arguments_pg.h
 *	  Arguments of the statistics' SQL functions, checked; and their answers.
 *
 * A missing argument is an error that names it (22004), as is one that does
 * not make sense (22023).
 */
#ifndef FF_ARGUMENTS_PG_H
#define FF_ARGUMENTS_PG_H

#include "fmgr.h"

#include "stats/inference.h"

/* Raises 22004 for a NULL. */
extern void FFRequireArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* Finite; not negative, or above 0, where asked. */
extern double FFNumberArgument(FunctionCallInfo fcinfo, int number, const char *name);
extern double FFAmountArgument(FunctionCallInfo fcinfo, int number, const char *name);
extern double FFPositiveArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* Above 0 and below 1. */
extern double FFShareArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* How many units there are: 0 to 2^53. */
extern int64 FFCountArgument(FunctionCallInfo fcinfo, int number, const char *name);

extern bool FFBooleanArgument(FunctionCallInfo fcinfo, int number, const char *name);

/* The place of a word in a list that ends with NULL; 22023 names them all. */
extern int	FFWordArgument(FunctionCallInfo fcinfo, int number, const char *name, const char *const *words);

/* two-sided, greater or less. */
extern FFAlternative FFAlternativeArgument(FunctionCallInfo fcinfo, int number);

/* Whether the lift goes by the delta method, not by Fieller's theorem. */
extern bool FFDeltaArgument(FunctionCallInfo fcinfo, int number);

/* Whether the test is Student's, not Welch's. */
extern bool FFPooledArgument(FunctionCallInfo fcinfo, int number);

/*
 * The elements of a float8[] of one dimension, infinite or not, none NaN.
 * NULLs are errors where nulls is NULL; else they are told there, and are NaN.
 */
extern double *FFExtendedArgument(FunctionCallInfo fcinfo, int number, const char *name,
								  int *count, bool **nulls);

/* The same, all finite and none NULL. */
extern double *FFNumbersArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count);

/* Those of a bigint[] of counts, none NULL. */
extern int64 *FFCountsArgument(FunctionCallInfo fcinfo, int number, const char *name, int *count);

/* Raises 22023 where arrays that belong together differ in length. */
extern void FFRequireSameLength(int count, int other, const char *name, const char *other_name);

/* NULL moments are those of no units. */
extern FFMoments FFMomentsArgument(FunctionCallInfo fcinfo, int number);

/* Raises 22023 for units that are not 0 or 1. */
extern void FFRequireProportion(const FFMoments *moments, const char *arm);

extern Datum FFNumbersDatum(const double *numbers, int count);

/* A row of the function's declared columns. */
extern Datum FFRowDatum(FunctionCallInfo fcinfo, Datum *values, bool *nulls, int columns);

/* A column of such: NULL where the number is NaN. */
extern void FFSetNumber(Datum *values, bool *nulls, int column, double number);

#define FF_ROW_COLUMNS 24

/* A row in the making, its columns in order. */
typedef struct FFRow
{
	int			count;
	Datum		values[FF_ROW_COLUMNS];
	bool		nulls[FF_ROW_COLUMNS];
} FFRow;

/* A number that is not finite is NULL. */
extern void FFRowNumber(FFRow *row, double number);

/* Here only NaN is NULL: an interval may be open. */
extern void FFRowBound(FFRow *row, double number);

extern void FFRowFlag(FFRow *row, bool flag, bool is_known);
extern void FFRowInt(FFRow *row, int number);

/* NULL is NULL. */
extern void FFRowText(FFRow *row, const char *text);

/* A probability and its logarithm to base 10, from the natural one; or NULLs. */
extern void FFRowProbability(FFRow *row, double log_p);

/* The row as the function's result; its type must have these columns. */
extern Datum FFRowResult(FunctionCallInfo fcinfo, FFRow *row);

/* For the loops of pure arithmetic. */
extern void FFPause(void);

#endif
