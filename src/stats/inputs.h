/*
 * inputs.h
 *	  Arguments of the functions of statistics, checked, and rows of answers.
 *
 * A missing argument is an error that names it (22004), as is one that does
 * not make sense (22023).
 */
#ifndef FF_STATS_INPUTS_H
#define FF_STATS_INPUTS_H

#include "postgres.h"

#include "fmgr.h"

#include "stats/inference.h"

/* Raises 22004 for a NULL. */
extern void FFInputRequired(FunctionCallInfo fcinfo, int number, const char *name);

/* Finite; not negative, or above 0, where asked. */
extern double FFInputNumber(FunctionCallInfo fcinfo, int number, const char *name);
extern double FFInputAmount(FunctionCallInfo fcinfo, int number, const char *name);
extern double FFInputPositive(FunctionCallInfo fcinfo, int number, const char *name);

/* Above 0 and below 1. */
extern double FFInputShare(FunctionCallInfo fcinfo, int number, const char *name);

/* How many units there are: 0 to 2^53. */
extern int64 FFInputCount(FunctionCallInfo fcinfo, int number, const char *name);

extern bool FFInputFlag(FunctionCallInfo fcinfo, int number, const char *name);

/* two-sided, less or greater. */
extern FFHypothesis FFInputHypothesis(FunctionCallInfo fcinfo, int number);

/* Whether the lift goes by the delta method, not by Fieller's theorem. */
extern bool FFInputDelta(FunctionCallInfo fcinfo, int number);

/* Whether the test is Student's, not Welch's. */
extern bool FFInputPooled(FunctionCallInfo fcinfo, int number);

/*
 * The elements of a float8[] of one dimension, none NaN.  NULLs are errors
 * where nulls is NULL; else they are told there, and are NaN.
 */
extern double *FFInputNumbers(FunctionCallInfo fcinfo, int number, const char *name,
								 int *count, bool **nulls);

/* Likewise of a bigint[] of counts. */
extern int64 *FFInputCounts(FunctionCallInfo fcinfo, int number, const char *name, int *count);

/* Raises 22023 where arrays that belong together differ in length. */
extern void FFInputSameLength(int count, int other, const char *name, const char *other_name);

/* NULL moments are those of no units. */
extern FFMoments FFInputMoments(FunctionCallInfo fcinfo, int number);

/* Raises 22023 for units that are not 0 or 1. */
extern void FFInputProportion(const FFMoments *moments, const char *arm);

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

#endif
