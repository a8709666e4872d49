/*
 * quantile.c
 *	  Quantiles of values, exactly, and the difference of two of them.
 *
 * The variance is that of the width of an interval by order statistics; where
 * values come in clusters (events of a user) it grows by what the share of values
 * up to the quantile varies more between clusters: Deng, Knoblich, Lu (2018).
 */
#include <math.h>
#include <stdlib.h>

#include "stats/effect.h"

#define Z95 1.95996398454005423552

/* Fewer values than this are sorted. */
#define FEW 24

static int
Compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The middle one of three. */
static double
Median(double a, double b, double c)
{
	if (a > b)
		return b > c ? b : a < c ? a : c;
	return a > c ? a : b < c ? b : c;
}

/*
 * Puts the value of that rank at its place, none above before it and none below
 * after it.  Hoare's selection; where pivots are bad again and again, a sort.
 */
static double
Select(double *values, int64_t count, int64_t rank)
{
	int64_t		first = 0;
	int64_t		last = count - 1;

	for (int rounds = 0; last - first >= FEW && rounds < 100; rounds++)
	{
		double		pivot = Median(values[first], values[first + (last - first) / 2], values[last]);
		int64_t		i = first;
		int64_t		j = last;

		while (i <= j)
		{
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i <= j)
			{
				double		swap = values[i];

				values[i++] = values[j];
				values[j--] = swap;
			}
		}
		if (rank <= j)
			last = j;
		else if (rank >= i)
			first = i;
		else
			return values[rank];
	}
	qsort(values + first, (size_t) (last - first + 1), sizeof(double), Compare);
	return values[rank];
}

double
FFQuantileOf(double *values, int64_t count, double level)
{
	double		place = level * (double) (count - 1);
	int64_t		rank = (int64_t) floor(place);
	double		share = place - (double) rank;
	double		below = Select(values, count, rank);
	double		above;

	if (share == 0 || rank + 1 >= count)
		return below;
	/* all after the rank are no less: the next is the least of them */
	above = values[rank + 1];
	for (int64_t i = rank + 2; i < count; i++)
		above = values[i] < above ? values[i] : above;
	/* the difference of the two may be too large */
	return below == above ? below : below * (1 - share) + above * share;
}

FFQuantile
FFQuantileInterval(double *values, int64_t count, double level)
{
	FFQuantile	quantile = {count, count, level, NAN, NAN, NAN};
	double		margin = Z95 * sqrt(level * (1 - level) / (double) count);

	if (count == 0)
		return quantile;
	quantile.value = FFQuantileOf(values, count, level);
	if (level - margin > 0 && level + margin < 1)
	{
		quantile.lower = FFQuantileOf(values, count, level - margin);
		quantile.upper = FFQuantileOf(values, count, level + margin);
	}
	return quantile;
}

/* Too few values beyond the quantile, or no width. */
static bool
HasBounds(const FFQuantile *quantile)
{
	double		odds = quantile->level / (1 - quantile->level);
	double		count = (double) quantile->count;

	return count > Z95 * Z95 * odds && count > Z95 * Z95 / odds && quantile->upper > quantile->lower;
}

/* How much the share of values up to the quantile varies, over that of values at random. */
static double
ClusterFactor(const FFQuantile *quantile, const FFCross *clusters)
{
	double		below = FFCrossMean(clusters, 0).high;
	double		values = FFCrossMean(clusters, 1).high;
	double		share = below / values;
	double		variance = FFCrossCovariance(clusters, 0, 0) - 2 * share * FFCrossCovariance(clusters, 0, 1) +
		share * share * FFCrossCovariance(clusters, 1, 1);

	variance /= (double) clusters->count * values * values;
	return variance / (quantile->level * (1 - quantile->level) / (double) quantile->count);
}

/* The variance of an arm's quantile. */
static double
Variance(const FFQuantile *quantile, const FFCross *clusters)
{
	double		width = (quantile->upper - quantile->lower) / (2 * Z95);
	double		count = (double) quantile->count;
	double		variance = (double) quantile->n_star / count * (count - 1) * width * width / count;

	return clusters == NULL ? variance : variance * ClusterFactor(quantile, clusters);
}

FFEffect
FFEffectOfQuantiles(const FFQuantile *control, const FFQuantile *treatment,
					const FFCross *control_clusters, const FFCross *treatment_clusters)
{
	FFEffect	effect = FFEffectOf(control->count, treatment->count);
	double		c;
	double		t;

	effect.control_mean = control->value;
	effect.treatment_mean = treatment->value;
	effect.difference = treatment->value - control->value;
	if (control_clusters != NULL && (control_clusters->count < 2 || treatment_clusters->count < 2) &&
		effect.problem == FF_EFFECT_FINE)
		effect.problem = FF_EFFECT_TOO_FEW_UNITS;
	if (effect.problem != FF_EFFECT_FINE)
		return effect;
	if (!HasBounds(control) || !HasBounds(treatment))
	{
		effect.problem = FF_EFFECT_QUANTILE_BOUNDS;
		return effect;
	}
	c = Variance(control, control_clusters);
	t = Variance(treatment, treatment_clusters);
	effect.variance = c + t;
	effect.df = FFEffectFreedom(c, (double) (control->count - 1), t, (double) (treatment->count - 1));
	effect.control_variance = c;
	effect.covariance = -c;
	return effect;
}
