/*
 * rank_arms.c
 *	  The probabilities that an arm is the best, and the second best, by
 *	  quadrature: no draws, no seed.
 *
 * Arm i is the best with the integral of its density times the others'
 * distributions.  The panels break where any of these bends, so the rule of 16
 * points has all digits whatever the scales.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats/bandit.h"
#include "stats/distribution.h"
#include "stats/quadrature.h"

#define SQRT_2PI 2.50662827463100050242

/* Beyond so many standard errors there is nothing that counts. */
#define REACH 8.6

/* Panels break at these multiples of an arm's error from its mean. */
static const double breaks[] = {
	-8.6, -6.8, -5.2, -3.8, -2.6, -1.5, -0.5, 0.5, 1.5, 2.6, 3.8, 5.2, 6.8, 8.6
};
#define BREAKS ((int) (sizeof(breaks) / sizeof(breaks[0])))

typedef struct Ranks
{
	double		first;
	double		second;
} Ranks;

FFPosterior
FFPosteriorOf(double mean, double error, double prior_mean, double prior_variance)
{
	double		variance = error * error;
	double		share = variance / (variance + prior_variance);

	if (isinf(prior_variance) || variance == 0)
		return (FFPosterior) {mean, error};
	return (FFPosterior) {mean * (1 - share) + prior_mean * share, error * sqrt(1 - share)};
}

/* P(other < x + the arm's mean): differences of means keep their digits. */
static double
Below(const FFPosterior *other, const FFPosterior *arm, double x)
{
	double		above = other->mean - arm->mean - x;

	if (other->error > 0)
		return FFNormalTail(above / other->error);
	return above < 0 ? 1 : 0;
}

/* Whether two arms are certain and equal. */
static bool
AreTied(const FFPosterior *a, const FFPosterior *b)
{
	return a->error == 0 && b->error == 0 && a->mean == b->mean;
}

/*
 * P(all others are below), and P(all others but one are), where the arm is x
 * above its mean.  Those tied with the arm are left out.
 */
static Ranks
RanksAt(const FFPosterior *arms, int count, int arm, double x)
{
	Ranks		ranks = {1, 0};

	for (int j = 0; j < count; j++)
	{
		double		below;

		if (j == arm || AreTied(&arms[j], &arms[arm]))
			continue;
		below = Below(&arms[j], &arms[arm], x);
		ranks.second = ranks.second * below + ranks.first * (1 - below);
		ranks.first *= below;
	}
	return ranks;
}

static int
Ascending(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The ends of panels from an arm's mean, in order, within its reach; their number. */
static int
Ends(const FFPosterior *arms, int count, int arm, double *ends)
{
	double		reach = REACH * arms[arm].error;
	int			number = 0;

	for (int j = 0; j < count; j++)
		for (int k = 0; k < (arms[j].error > 0 ? BREAKS : 1); k++)
		{
			double		end = arms[j].mean - arms[arm].mean + (arms[j].error > 0 ? breaks[k] * arms[j].error : 0);

			if (fabs(end) <= reach)
				ends[number++] = end;
		}
	qsort(ends, number, sizeof(double), Ascending);
	return number;
}

/* One panel of an arm's integral. */
static void
AddPanel(const FFPosterior *arms, int count, int arm, double from, double to, Ranks *sum)
{
	double		half = (to - from) / 2;

	for (int k = 0; k < FF_GAUSS_POINTS; k++)
	{
		double		x = from + half * (1 + FFGaussNodes[k]);
		double		z = x / arms[arm].error;
		double		mass = FFGaussWeights[k] * half / arms[arm].error * exp(-0.5 * z * z) / SQRT_2PI;
		Ranks		at = RanksAt(arms, count, arm, x);

		sum->first += mass * at.first;
		sum->second += mass * at.second;
	}
}

/* A certain arm: those tied with it share its ranks evenly. */
static Ranks
CertainRanks(const FFPosterior *arms, int count, int arm)
{
	Ranks		ranks = RanksAt(arms, count, arm, 0);
	int			tied = 0;

	for (int j = 0; j < count; j++)
		tied += AreTied(&arms[j], &arms[arm]);
	if (tied > 1)
		ranks.second += ranks.first;
	return (Ranks) {ranks.first / tied, ranks.second / tied};
}

static Ranks
RanksOf(const FFPosterior *arms, int count, int arm, double *ends)
{
	Ranks		sum = {0, 0};
	int			number;

	if (!(arms[arm].error > 0))
		return CertainRanks(arms, count, arm);
	number = Ends(arms, count, arm, ends);
	for (int i = 1; i < number; i++)
		if (ends[i] > ends[i - 1])
			AddPanel(arms, count, arm, ends[i - 1], ends[i], &sum);
	return sum;
}

/* Shares of 1: what rounding left is spread. */
static void
Normalize(double *shares, int count)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		sum += shares[i];
	for (int i = 0; i < count && sum > 0; i++)
		shares[i] /= sum;
}

void
FFRankArms(const FFPosterior *arms, int count, double *room, double *first, double *second,
		   void (*pause) (void))
{
	for (int i = 0; i < count; i++)
	{
		Ranks		ranks = RanksOf(arms, count, i, room);

		first[i] = ranks.first;
		second[i] = ranks.second;
		if (pause != NULL)
			pause();
	}
	Normalize(first, count);
	Normalize(second, count);
}
