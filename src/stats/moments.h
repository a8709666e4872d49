/*
 * moments.h
 *	  Count, sum and squared deviations of the values of an arm's units, the
 *	  state that every comparison of means starts from.
 *
 * States are merged, stored and sent to other servers; nothing of it knows the
 * server.  squares is the sum of squared deviations from the mean, never a sum
 * of squares: that loses all digits where the mean is large.
 */
#ifndef FF_MOMENTS_H
#define FF_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/precise.h"

/* Every count up to here is a double. */
#define FF_MOMENTS_MAX_COUNT (INT64_C(1) << 53)

/* As the type ff.moments lies in tables: 40 bytes, without gaps. */
typedef struct FFMoments
{
	int64_t		count;
	FFPrecise	sum;
	FFPrecise	squares;
} FFMoments;

/* Why a state is none. */
typedef enum FFMomentsFault
{
	FF_MOMENTS_FINE,
	FF_MOMENTS_COUNT,			/* negative, or too large to count on */
	FF_MOMENTS_NOT_FINITE,
	FF_MOMENTS_NOT_NORMAL,		/* a second part that is not below the first */
	FF_MOMENTS_NEGATIVE,		/* squared deviations below 0 */
	FF_MOMENTS_EMPTY_SUM,		/* a sum of no units */
	FF_MOMENTS_FEW_SQUARES		/* deviations of fewer than two units */
} FFMomentsFault;

/* Add a finite value; false where a part left the range of a double. */
extern bool FFMomentsAdd(FFMoments *moments, FFPrecise value);

/* Take in another state; false likewise, or where the count is too large. */
extern bool FFMomentsMerge(FFMoments *moments, const FFMoments *other);

/* From the aggregates that any database gives; variance is that of a sample. */
extern FFMoments FFMomentsOf(int64_t count, double mean, double variance);

/* Of units that are 0 or 1; successes are between 0 and count. */
extern FFMoments FFMomentsOfSuccesses(int64_t count, int64_t successes);

extern FFMomentsFault FFMomentsCheck(const FFMoments *moments);

/* Of at least one unit. */
extern FFPrecise FFMomentsMean(const FFMoments *moments);

/* Of a sample: over count - 1, which must be positive. */
extern double FFMomentsVariance(const FFMoments *moments);

#endif
