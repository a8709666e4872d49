/*
 * cross.h
 *	  Count, exact sums and exact sums of products of up to eight variables: what
 *	  ratios and adjustment for covariates start from.
 */
#ifndef FF_CROSS_H
#define FF_CROSS_H

#include <stddef.h>

#include "stats/exact.h"
#include "stats/moments.h"

#define FF_CROSS_VARIABLES 8

/* The sums of the variables, then the products by rows of the upper triangle. */
typedef struct FFCross
{
	int64_t		count;
	int			variables;
	FFExact		values[];
} FFCross;

/* The values of so many variables, and the bytes of a state. */
#define FF_CROSS_VALUES(k) ((k) + (k) * ((k) + 1) / 2)
#define FF_CROSS_SIZE(k) (offsetof(FFCross, values) + FF_CROSS_VALUES(k) * sizeof(FFExact))

/* Room for the packed form of so many variables. */
#define FF_CROSS_PACKED(k) (10 + FF_CROSS_VALUES(k) * (4 + 4 * FF_EXACT_LIMBS))

/* Why packed bytes, or a result, are no state. */
typedef enum FFCrossFault
{
	FF_CROSS_FINE,
	FF_CROSS_FORM,				/* not of this version, cut off, not canonical */
	FF_CROSS_COUNT,				/* negative, or too large to count on */
	FF_CROSS_EMPTY,				/* sums of no units */
	FF_CROSS_NEGATIVE			/* a variance below 0 */
} FFCrossFault;

/* Where the product of two variables is. */
extern int	FFCrossPlace(int variables, int a, int b);

/* Add one unit's finite values. */
extern void FFCrossAdd(FFCross *cross, const double *values);

/* The same of values with more digits than a double has. */
extern void FFCrossAddPrecise(FFCross *cross, const FFPrecise *values);

/* Take in, or take out, a state of as many variables. */
extern FFCrossFault FFCrossMerge(FFCross *cross, const FFCross *other);
extern FFCrossFault FFCrossSubtract(FFCross *cross, const FFCross *other);

extern FFCrossFault FFCrossCheck(const FFCross *cross);

/* Equal states have equal bytes.  Pack gives how many there are. */
extern size_t FFCrossPack(const FFCross *cross, uint8_t *bytes);

/* The variables of packed bytes, 0 where they are no state. */
extern int	FFCrossPackedVariables(const uint8_t *bytes, size_t length);
extern FFCrossFault FFCrossUnpack(const uint8_t *bytes, size_t length, FFCross *cross);

/* Infinite beyond double; the mean is of at least one unit. */
extern FFPrecise FFCrossSum(const FFCross *cross, int variable);
extern FFPrecise FFCrossMean(const FFCross *cross, int variable);

/* The exact sum of (a - mean a)(b - mean b), rounded at the end. */
extern FFPrecise FFCrossDeviations(const FFCross *cross, int a, int b);

/* Of a sample of at least two. */
extern double FFCrossCovariance(const FFCross *cross, int a, int b);

#endif
