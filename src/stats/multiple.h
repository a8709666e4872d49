/*
 * multiple.h
 *	  Several tests at once: probabilities adjusted for their number.
 */
#ifndef FF_MULTIPLE_H
#define FF_MULTIPLE_H

#include "stats/inference.h"

typedef enum FFCorrection
{
	FF_HOLM,					/* the share of experiments with any false discovery */
	FF_BENJAMINI_HOCHBERG		/* the share of discoveries that are false */
} FFCorrection;

/*
 * Adjusts count probabilities in their place, or logarithms of them to base 10;
 * NaN stays and does not count.  order is room for count numbers.
 */
extern void FFAdjust(double *p, int count, FFCorrection correction, bool logarithms, int *order);

/* The interval of an effect that an adjusted two-sided p goes with, never narrower. */
extern FFInterval FFAdjustedInterval(double effect, FFInterval interval, double p_adjusted, double alpha);

#endif
