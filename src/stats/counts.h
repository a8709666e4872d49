/*
 * counts.h
 *	  Successes out of so many units: exact tests and intervals.
 */
#ifndef FF_COUNTS_H
#define FF_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/inference.h"

/* n is at least 1, successes between 0 and n. */
typedef struct FFCounts
{
	int64_t		n;
	int64_t		successes;
} FFCounts;

/* Fewer than five successes or failures. */
extern bool FFCountsAreSmall(FFCounts counts);

/* log(p) of Fisher's exact test; two-sided: all tables no likelier than this. */
extern double FFFisherLogP(FFCounts control, FFCounts treatment, FFAlternative alternative);

/* Treatment's odds over control's; NaN where either has none. */
extern double FFOddsRatio(FFCounts control, FFCounts treatment);

/* The z of the difference with the variance of both arms together. */
extern double FFPooledZ(FFCounts control, FFCounts treatment);

/* Intervals by a quantile of the normal distribution. */
extern FFInterval FFWilson(FFCounts counts, double quantile);
extern FFInterval FFNewcombe(FFCounts control, FFCounts treatment, double quantile);
extern FFInterval FFMiettinenNurminen(FFCounts control, FFCounts treatment, double quantile);

/* log(gamma(x + 1)) less Stirling's formula of it, x > 0. */
extern double FFStirlingError(double x);

/* x log(x / mean) + mean - x, without cancellation. */
extern double FFDeviance(double x, double mean);

/* log(P(X = x)) of so many successes in n trials of probability p, q = 1 - p. */
extern double FFBinomialLogMass(double x, double n, double p, double q);

#endif
