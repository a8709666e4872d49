/*
 * fisher.c
 *	  Fisher's exact test of two proportions.
 *
 * Given all successes, those of the treatment are hypergeometric.  Tails are
 * sums of ratios to their first term, in logarithms.
 */
#include <math.h>

#include "stats/counts.h"

/* Tables count as no likelier within this share: ties are rounded apart. */
#define TIE 1e-7

/* The tables with the same margins; x is the treatment's successes. */
typedef struct Tables
{
	double		treatment;		/* units */
	double		control;
	double		successes;		/* in both */
	double		least;			/* x */
	double		most;
	double		mode;
} Tables;

static Tables
TablesOf(FFCounts control, FFCounts treatment)
{
	Tables		t = {.treatment = (double) treatment.n, .control = (double) control.n};

	t.successes = (double) control.successes + (double) treatment.successes;
	t.least = fmax(0, t.successes - t.control);
	t.most = fmin(t.treatment, t.successes);
	t.mode = floor((t.successes + 1) * ((t.treatment + 1) / (t.treatment + t.control + 2)));
	t.mode = fmin(fmax(t.mode, t.least), t.most);
	return t;
}

/* log(P(x)): three binomials, whose common probability cancels. */
static double
LogMass(const Tables *t, double x)
{
	double		units = t->treatment + t->control;
	double		p = t->successes / units;
	double		q = (units - t->successes) / units;

	return FFBinomialLogMass(x, t->treatment, p, q) +
		FFBinomialLogMass(t->successes - x, t->control, p, q) -
		FFBinomialLogMass(t->successes, units, p, q);
}

/* P(x + 1) / P(x). */
static double
Rise(const Tables *t, double x)
{
	return (t->treatment - x) / (x + 1) * ((t->successes - x) / (t->control - t->successes + x + 1));
}

/* The logarithm of the sum from x on, away from the mode; x is beyond it or at it. */
static double
LogSum(const Tables *t, double x, double step)
{
	double		term = 1;
	double		sum = 1;

	for (double y = x; step > 0 ? y < t->most : y > t->least; y += step)
	{
		term *= step > 0 ? Rise(t, y) : 1 / Rise(t, y - 1);
		sum += term;
		if (term < sum * 1e-17)
			break;
	}
	return LogMass(t, x) + log(sum);
}

/* log(1 - exp(log_p)). */
static double
LogRest(double log_p)
{
	return log_p > -M_LN2 ? log(-expm1(log_p)) : log1p(-exp(log_p));
}

/* log(P(X >= x)) for step 1, of P(X <= x) for -1. */
static double
LogTail(const Tables *t, double x, double step)
{
	if (step > 0 ? x <= t->least : x >= t->most)
		return 0;
	if (step > 0 ? x >= t->mode : x <= t->mode)
		return LogSum(t, x, step);
	return LogRest(LogSum(t, x - step, -step));
}

/*
 * The table nearest to the mode, on the side that step leads to, that is no
 * likelier than this; one beyond the last where there is none.
 */
static double
Mirror(const Tables *t, double log_mass, double step)
{
	double		near = t->mode;
	double		far = step > 0 ? t->most + 1 : t->least - 1;

	while (fabs(far - near) > 1)
	{
		double		middle = near + trunc((far - near) / 2);

		if (LogMass(t, middle) <= log_mass + TIE)
			far = middle;
		else
			near = middle;
	}
	return far;
}

static double
LogTwoSided(const Tables *t, double x)
{
	double		log_mass = LogMass(t, x);
	double		step = x > t->mode ? 1 : -1;
	double		log_near;
	double		log_far;
	double		y;

	if (log_mass >= LogMass(t, t->mode) - TIE)
		return 0;
	log_near = LogSum(t, x, step);
	y = Mirror(t, log_mass, -step);
	if (y < t->least || y > t->most)
		return log_near;
	log_far = LogSum(t, y, -step);
	return fmax(log_near, log_far) + log1p(exp(-fabs(log_near - log_far)));
}

double
FFFisherLogP(FFCounts control, FFCounts treatment, FFAlternative alternative)
{
	Tables		t = TablesOf(control, treatment);
	double		x = (double) treatment.successes;

	if (alternative == FF_TWO_SIDED)
		return LogTwoSided(&t, x);
	return LogTail(&t, x, alternative == FF_GREATER ? 1 : -1);
}

double
FFOddsRatio(FFCounts control, FFCounts treatment)
{
	double		failures = (double) (treatment.n - treatment.successes);
	double		control_failures = (double) (control.n - control.successes);

	return (double) treatment.successes / failures * (control_failures / (double) control.successes);
}
