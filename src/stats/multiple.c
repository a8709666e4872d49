/*
 * multiple.c
 *	  Corrections for the number of tests, by steps over the sorted
 *	  probabilities.
 *
 * S. Holm (1979), from the smallest up; Y. Benjamini, Y. Hochberg (1995), from
 * the largest down.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/multiple.h"

/* Restores the heap beneath start: the largest p is at its top. */
static void
SiftDown(const double *p, int *order, int start, int count)
{
	for (int child; (child = 2 * start + 1) < count; start = child)
	{
		int			moved = order[start];

		if (child + 1 < count && p[order[child + 1]] > p[order[child]])
			child++;
		if (!(p[order[child]] > p[moved]))
			return;
		order[start] = order[child];
		order[child] = moved;
	}
}

/* Fills order with the places of the numbers, smallest first; gives how many. */
static int
Sort(const double *p, int count, int *order)
{
	int			known = 0;

	for (int i = 0; i < count; i++)
		if (!isnan(p[i]))
			order[known++] = i;
	for (int i = known / 2 - 1; i >= 0; i--)
		SiftDown(p, order, i, known);
	for (int i = known - 1; i > 0; i--)
	{
		int			largest = order[0];

		order[0] = order[i];
		order[i] = largest;
		SiftDown(p, order, 0, i);
	}
	return known;
}

/* p times the factor, but no more than 1. */
static double
Times(double p, double factor, bool logarithms)
{
	return logarithms ? fmin(p + log10(factor), 0) : fmin(p * factor, 1);
}

void
FFAdjust(double *p, int count, FFCorrection correction, bool logarithms, int *order)
{
	int			known = Sort(p, count, order);
	double		reached = correction == FF_HOLM ? -INFINITY : INFINITY;

	for (int i = 0; i < known; i++)
	{
		/* Holm's steps go up, those of Benjamini and Hochberg down */
		int			rank = correction == FF_HOLM ? i : known - 1 - i;
		double	   *at = &p[order[rank]];

		if (correction == FF_HOLM)
			reached = fmax(reached, Times(*at, known - rank, logarithms));
		else
			reached = fmin(reached, Times(*at, (double) known / (rank + 1), logarithms));
		*at = reached;
	}
}

FFInterval
FFAdjustedInterval(double effect, FFInterval interval, double p_adjusted, double alpha)
{
	double		z = -FFNormalQuantile(p_adjusted / 2);
	double		half = fabs(effect / z) * -FFNormalQuantile(alpha / 2);

	/* at 1 nothing is known */
	if (!(p_adjusted < 1))
		return (FFInterval) {-INFINITY, INFINITY};
	return (FFInterval) {fmin(interval.lower, effect - half), fmax(interval.upper, effect + half)};
}
