/*
 * mantel_haenszel.c
 *	  Proportions within strata.
 *
 * W. G. Cochran (1954), N. Mantel, W. Haenszel (1959) for the test and the odds
 * ratio; J. Robins, N. Breslow, S. Greenland (1986) for the variance of its
 * logarithm; S. Greenland, J. Robins (1985) for the difference.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/segments.h"

/* Sums over strata. */
typedef struct Sums
{
	int			strata;
	double		excess;			/* of successes over what is expected */
	double		variance;
	double		r;				/* numerator and denominator of the odds ratio */
	double		s;
	double		pr;
	double		ps_qr;
	double		qs;
	double		weight;
	double		weighted;		/* differences */
	double		spread;			/* their variance */
} Sums;

/* Chi-square: treatment's successes over their mean, given the margins. */
static void
AddTest(Sums *sums, double c, double t, double n, double failures, double successes, double difference)
{
	double		weight = c / n * t;

	sums->excess += weight * difference;
	sums->variance += weight * (successes / n) * (failures / (n - 1));
	sums->weight += weight;
	sums->weighted += weight * difference;
}

static void
AddOdds(Sums *sums, double a, double b, double c, double d, double n)
{
	double		r = a * (d / n);
	double		s = c * (b / n);
	double		p = (a + d) / n;
	double		q = (b + c) / n;

	sums->r += r;
	sums->s += s;
	sums->pr += p * r;
	sums->ps_qr += p * s + q * r;
	sums->qs += q * s;
}

static void
AddStratum(Sums *sums, const FFStratum *stratum)
{
	double		t = (double) stratum->treatment.n;
	double		c = (double) stratum->control.n;
	double		a = (double) stratum->treatment.successes;
	double		b = t - a;
	double		e = (double) stratum->control.successes;
	double		d = c - e;
	FFPrecise	across;

	if (t == 0 || c == 0)
		return;
	across = FFPreciseAdd(FFPreciseProduct(a, c), FFPreciseNegate(FFPreciseProduct(e, t)));
	sums->strata++;
	AddTest(sums, c, t, c + t, b + d, a + e, across.high / c / t);
	AddOdds(sums, a, b, e, d, c + t);
	sums->spread += pow(c / (c + t) * t, 2) * (a / t * (b / t) / t + e / c * (d / c) / c);
}

FFMantelHaenszel
FFStratify(const FFStratum *strata, int count, double quantile)
{
	Sums		sums = {0};
	FFMantelHaenszel answer;
	double		error;

	for (int i = 0; i < count; i++)
		AddStratum(&sums, &strata[i]);
	answer.strata = sums.strata;
	answer.chi_square = sums.excess * (sums.excess / sums.variance);
	answer.log_p = FFChiSquareLogTail(answer.chi_square, 1);
	answer.odds_ratio = sums.r / sums.s;
	error = sqrt((sums.pr / sums.r / sums.r + sums.ps_qr / sums.r / sums.s + sums.qs / sums.s / sums.s) / 2);
	answer.odds.lower = answer.odds_ratio * exp(-quantile * error);
	answer.odds.upper = answer.odds_ratio * exp(quantile * error);
	answer.difference = sums.weighted / sums.weight;
	error = sqrt(sums.spread) / sums.weight;
	answer.difference_interval.lower = answer.difference - quantile * error;
	answer.difference_interval.upper = answer.difference + quantile * error;
	return answer;
}
