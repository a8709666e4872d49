/*
 * rank.c
 *	  The Mann-Whitney U test by its normal approximation.
 *
 * H. B. Mann, D. R. Whitney (1947), with the variance for ties and a half's
 * correction for continuity.
 */
#include <math.h>
#include <stdlib.h>

#include "stats/rank.h"

static int
Order(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* How many values from i on are no larger than this. */
static int
Run(const double *values, int count, int i, double value)
{
	int			run = 0;

	while (i + run < count && values[i + run] <= value)
		run++;
	return run;
}

/* u, and the sum of t^3 - t over ties of t values. */
static double
CountPairs(const double *control, int controls, const double *treatment, int treatments, double *ties)
{
	double		u = 0;
	int			c = 0;
	int			t = 0;

	*ties = 0;
	while (c < controls || t < treatments)
	{
		double		value = c == controls ? treatment[t] : t == treatments ? control[c] : fmin(control[c], treatment[t]);
		int			ours = Run(treatment, treatments, t, value);
		int			theirs = Run(control, controls, c, value);
		double		both = (double) ours + theirs;

		u += ours * (c + theirs / 2.0);
		*ties += both * (both * both - 1);
		c += theirs;
		t += ours;
	}
	return u;
}

FFRankTest
FFMannWhitney(double *control, int controls, double *treatment, int treatments, FFAlternative alternative)
{
	FFRankTest	test;
	double		pairs = (double) controls * treatments;
	double		n = (double) controls + treatments;
	double		ties;
	double		apart;

	qsort(control, controls, sizeof(double), Order);
	qsort(treatment, treatments, sizeof(double), Order);
	test.u = CountPairs(control, controls, treatment, treatments, &ties);
	apart = test.u - pairs / 2;
	if (alternative == FF_TWO_SIDED)
		apart = copysign(fmax(fabs(apart) - 0.5, 0), apart);
	else
		apart += alternative == FF_GREATER ? -0.5 : 0.5;
	test.z = apart / sqrt(pairs / 12 * (n + 1 - ties / n / (n - 1)));
	test.log_p = isfinite(test.z) ? FFTestLogP(test.z, INFINITY, alternative) : NAN;
	return test;
}
