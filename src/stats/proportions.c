/*
 * proportions.c
 *	  Two proportions by the score: pooled z, and intervals that hold for few
 *	  successes as well.
 */
#include <math.h>

#include "stats/counts.h"

#define FEW 5

bool
FFCountsAreSmall(FFCounts counts)
{
	return counts.successes < FEW || counts.n - counts.successes < FEW;
}

static double
Share(FFCounts counts)
{
	return (double) counts.successes / (double) counts.n;
}

double
FFPooledZ(FFCounts control, FFCounts treatment)
{
	double		c = (double) control.n;
	double		t = (double) treatment.n;
	double		successes = (double) control.successes + (double) treatment.successes;
	double		failures = c + t - successes;

	return (Share(treatment) - Share(control)) / sqrt(successes / (c + t) * (failures / (c + t)) * (1 / c + 1 / t));
}

/* E. B. Wilson (1927). */
FFInterval
FFWilson(FFCounts counts, double quantile)
{
	double		n = (double) counts.n;
	double		square = quantile * quantile;
	double		middle = ((double) counts.successes + square / 2) / (n + square);
	double		half = quantile / (n + square) *
		sqrt(Share(counts) * (double) (counts.n - counts.successes) + square / 4);

	return (FFInterval) {
		counts.successes == 0 ? 0 : middle - half,
			counts.successes == counts.n ? 1 : middle + half
	};
}

/* R. G. Newcombe (1998), method 10: squared and added, from Wilson's intervals. */
FFInterval
FFNewcombe(FFCounts control, FFCounts treatment, double quantile)
{
	FFInterval	c = FFWilson(control, quantile);
	FFInterval	t = FFWilson(treatment, quantile);
	double		difference = Share(treatment) - Share(control);

	return (FFInterval) {
		difference - hypot(Share(treatment) - t.lower, c.upper - Share(control)),
			difference + hypot(t.upper - Share(treatment), Share(control) - c.lower)
	};
}

/* successes / p - failures / (1 - p): the slope of an arm's log likelihood. */
static double
Slope(FFCounts counts, double p)
{
	double		failures = (double) (counts.n - counts.successes);

	return (counts.successes == 0 ? 0 : (double) counts.successes / p) - (failures == 0 ? 0 : failures / (1 - p));
}

/* The likeliest share of the control where the treatment's is so much more. */
static double
LikeliestShare(FFCounts control, FFCounts treatment, double difference)
{
	double		lower = fmax(0, -difference);
	double		upper = fmin(1, 1 - difference);

	for (int i = 0; i < 100 && lower < upper; i++)
	{
		double		p = (lower + upper) / 2;

		if (Slope(control, p) + Slope(treatment, p + difference) > 0)
			lower = p;
		else
			upper = p;
	}
	return (lower + upper) / 2;
}

/* How many standard errors the difference is from what was found. */
static double
Score(FFCounts control, FFCounts treatment, double difference)
{
	double		c = (double) control.n;
	double		t = (double) treatment.n;
	double		p = LikeliestShare(control, treatment, difference);
	double		q = p + difference;
	double		variance = (fmax(p * (1 - p), 0) / c + fmax(q * (1 - q), 0) / t) * ((c + t) / (c + t - 1));

	return fabs(Share(treatment) - Share(control) - difference) / sqrt(variance);
}

/* The difference between inside, which the score does not reject, and the end. */
static double
ScoreBound(FFCounts control, FFCounts treatment, double end, double quantile)
{
	double		inside = Share(treatment) - Share(control);

	for (int i = 0; i < 100; i++)
	{
		double		middle = (inside + end) / 2;

		/* a score of 0 / 0 is where nothing is rejected */
		if (Score(control, treatment, middle) > quantile)
			end = middle;
		else
			inside = middle;
	}
	return inside;
}

/* O. Miettinen, M. Nurminen (1985). */
FFInterval
FFMiettinenNurminen(FFCounts control, FFCounts treatment, double quantile)
{
	return (FFInterval) {
		ScoreBound(control, treatment, -1, quantile),
			ScoreBound(control, treatment, 1, quantile)
	};
}
