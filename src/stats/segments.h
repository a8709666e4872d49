/*
 * segments.h
 *	  One effect in several strata or segments: together, and apart.
 */
#ifndef FF_SEGMENTS_H
#define FF_SEGMENTS_H

#include "stats/counts.h"

typedef struct FFStratum
{
	FFCounts	control;
	FFCounts	treatment;
} FFStratum;

typedef struct FFMantelHaenszel
{
	int			strata;			/* that tell something */
	double		chi_square;
	double		log_p;
	double		odds_ratio;
	FFInterval	odds;
	double		difference;
	FFInterval	difference_interval;
} FFMantelHaenszel;

/* Proportions compared within strata, intervals by a quantile. */
extern FFMantelHaenszel FFStratify(const FFStratum *strata, int count, double quantile);

typedef struct FFHeterogeneity
{
	double		fixed;			/* the effect, were it one everywhere */
	double		fixed_error;
	double		q;
	int			df;
	double		log_p;
	double		i2;				/* the share of the variation that is not chance */
	double		tau2;			/* variance of the effect between segments */
	double		random;			/* the mean effect, with that */
	double		random_error;
} FFHeterogeneity;

/* Effects with standard errors above 0, at least one. */
extern FFHeterogeneity FFCochranQ(const double *effects, const double *errors, int count);

#endif
