/*
 * beta.c
 *	  The beta distribution of a probability, on the scale of its logit.
 *
 * There the density is log-concave for any a and b, and its tails are integrals
 * by the double exponential rule (Takahasi, Mori 1974).  The density comes from
 * its saddle point, so that counts of any size keep their digits.
 */
#include <math.h>

#include "stats/posterior.h"

#define LOG_2PI 1.83787706640934548356

/* Above this the cumulants' series is left for the logarithm itself. */
#define SMALL_STEP 0.005

static double
Logistic(double x)
{
	return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

/* log(Logistic(x)). */
static double
LogLogistic(double x)
{
	return x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x));
}

/* FFDeviance of a part against total * Logistic(x), which may be below double. */
static double
PartDeviance(double part, double total, double x)
{
	double		mean = total * Logistic(x);

	if (mean > part / 2 && mean < part * 2)
		return FFDeviance(part, mean);
	return part * (log(part / total) - LogLogistic(x)) + mean - part;
}

/* The logarithm of the density of logit X. */
static double
LogDensity(FFBeta beta, double x)
{
	double		n = beta.a + beta.b;

	return 0.5 * (log(beta.a) + log(beta.b / n) - LOG_2PI) +
		FFStirlingError(n) - FFStirlingError(beta.a) - FFStirlingError(beta.b) -
		PartDeviance(beta.a, n, x) - PartDeviance(beta.b, n, -x);
}

/*
 * log(1 + p (exp(v) - 1)) - p v, q = 1 - p: the cumulants of one trial from the
 * second on.  The smaller of p and q keeps its digits.
 */
static double
Bend(double p, double q, double v)
{
	double		pq = p * q;

	if (v > SMALL_STEP)
		return p < q && v < 30 ? log1p(p * expm1(v)) - p * v : q * v + (p < q ? log(p + q * exp(-v)) : log1p(q * expm1(-v)));
	return pq * v * v * (1.0 / 2 + v * ((q - p) / 6 + v * ((1 - 6 * pq) / 24 +
														v * ((q - p) * (1 - 12 * pq) / 120 + v * (1 - 30 * pq + 120 * pq * pq) / 720))));
}

/* log(P(logit X > x)) where x is at the mode or above: falling from there on. */
static double
LogFarTail(FFBeta beta, double x)
{
	const double step = 1.0 / 16;
	double		n = beta.a + beta.b;
	double		p = Logistic(x);
	double		q = Logistic(-x);
	double		slope = fmax(beta.b * p - beta.a * q, 0);
	double		scale = 1 / (slope + sqrt(n * p * q));
	double		sum = 0;

	for (int i = -64; i <= 640; i++)
	{
		double		t = i * step;
		double		shrink = exp(-t);
		double		v = scale * exp(t - shrink);
		double		term = exp(t - shrink - slope * v - n * Bend(p, q, v)) * (1 + shrink);

		sum += term;
		if (t > 0 && term < sum * 1e-18)
			break;
	}
	return LogDensity(beta, x) + log(sum * step * scale);
}

static double
Mode(FFBeta beta)
{
	return log(beta.a) - log(beta.b);
}

double
FFBetaLogAbove(FFBeta beta, double x)
{
	FFBeta		mirrored = {beta.b, beta.a};

	if (x >= Mode(beta))
		return LogFarTail(beta, x);
	return log1p(-exp(LogFarTail(mirrored, -x)));
}

double
FFBetaLogBelow(FFBeta beta, double x)
{
	FFBeta		mirrored = {beta.b, beta.a};

	return FFBetaLogAbove(mirrored, -x);
}

/* The logit above which a share p lies, by halving. */
static double
UpperLogit(FFBeta beta, double p)
{
	double		lower = Mode(beta);
	double		step = 1;
	double		upper;

	while (FFBetaLogAbove(beta, lower) < log(p))
		lower -= step *= 2;
	for (upper = lower + step; FFBetaLogAbove(beta, upper) > log(p); step *= 2)
		upper += step;
	for (int i = 0; i < 100; i++)
	{
		double		middle = (lower + upper) / 2;

		if (FFBetaLogAbove(beta, middle) > log(p))
			lower = middle;
		else
			upper = middle;
	}
	return lower;
}

double
FFBetaQuantile(FFBeta beta, double p)
{
	FFBeta		mirrored = {beta.b, beta.a};

	if (p > 0.5)
		return Logistic(UpperLogit(beta, 1 - p));
	return Logistic(-UpperLogit(mirrored, p));
}

/* --- two of them ------------------------------------------------------- */

/* An integrand's logarithm, unimodal. */
typedef struct Integrand
{
	FFBeta		below;			/* P(X < x), or X's density */
	FFBeta		above;			/* P(X > x) */
	bool		is_density;
	double		peak;			/* where, and what is there */
	double		log_peak;
} Integrand;

static double
LogValue(const Integrand *f, double x)
{
	if (f->is_density)
		return LogDensity(f->below, x) + FFBetaLogAbove(f->above, x);
	return FFBetaLogBelow(f->below, x) + FFBetaLogAbove(f->above, x) + LogLogistic(x) + LogLogistic(-x);
}

static double
Width(FFBeta beta)
{
	return sqrt(1 / beta.a + 1 / beta.b);
}

/* By thirds, until no end is far below what is between. */
static void
FindPeak(Integrand *f)
{
	double		wide = fmax(Width(f->below), Width(f->above));
	double		lower = fmin(Mode(f->below), Mode(f->above)) - 10 * wide;
	double		upper = fmax(Mode(f->below), Mode(f->above)) + 10 * wide;
	double		log_lower = LogValue(f, lower);
	double		log_upper = LogValue(f, upper);

	f->log_peak = INFINITY;
	for (int i = 0; i < 120 && f->log_peak - fmin(log_lower, log_upper) > 1; i++)
	{
		double		third = (upper - lower) / 3;
		double		left = LogValue(f, lower + third);
		double		right = LogValue(f, upper - third);

		f->peak = left < right ? upper - third : lower + third;
		f->log_peak = fmax(left, right);
		if (left < right)
		{
			lower += third;
			log_lower = left;
		}
		else
		{
			upper -= third;
			log_upper = right;
		}
	}
}

/* Where nothing is left, in steps of growing length; the first is short. */
static double
FindEnd(const Integrand *f, double step)
{
	double		x;

	while (LogValue(f, f->peak + step) < f->log_peak - 1 && fabs(step) > 1e-15)
		step /= 4;
	x = f->peak + step;
	while (LogValue(f, x) > f->log_peak - 45)
		x += step *= 1.5;
	return x;
}

/* Gauss and Legendre's rule of 12 points: half of it, the other is its mirror. */
static const double nodes[6] = {
	0.125233408511468915472, 0.367831498998180193753, 0.587317954286617447297,
	0.769902674194304687037, 0.904117256370474856678, 0.981560634246719250691
};
static const double weights[6] = {
	0.249147045813402785001, 0.233492536538354808761, 0.203167426723065921749,
	0.160078328543346226335, 0.106939325995318430960, 0.047175336386511827195
};

static double
Panel(const Integrand *f, double lower, double upper)
{
	double		middle = (lower + upper) / 2;
	double		half = (upper - lower) / 2;
	double		sum = 0;

	for (int i = 0; i < 6; i++)
		sum += weights[i] * (exp(LogValue(f, middle - half * nodes[i]) - f->log_peak) +
							 exp(LogValue(f, middle + half * nodes[i]) - f->log_peak));
	return sum * half;
}

/* Halved until the halves agree with the whole. */
static double
Integrate(const Integrand *f, double lower, double upper, double whole, double tolerance, int depth)
{
	double		middle = (lower + upper) / 2;
	double		left = Panel(f, lower, middle);
	double		right = Panel(f, middle, upper);

	if (depth == 0 || fabs(left + right - whole) <= tolerance)
		return left + right;
	return Integrate(f, lower, middle, left, tolerance, depth - 1) +
		Integrate(f, middle, upper, right, tolerance, depth - 1);
}

/* The logarithm of the integral. */
static double
LogIntegral(FFBeta below, FFBeta above, bool is_density)
{
	Integrand	f = {.below = below, .above = above, .is_density = is_density};
	double		step = fmin(Width(below), Width(above));
	double		left;
	double		right;
	double		tolerance;
	double		total;

	FindPeak(&f);
	left = FindEnd(&f, -step);
	right = FindEnd(&f, step);
	/* no finer than the logarithms are, and probabilities near a half */
	tolerance = (right - left) * (1e-15 + fabs(f.log_peak) * 1e-17 + sqrt(below.a + below.b + above.a + above.b) * 1e-17);
	total = Integrate(&f, left, f.peak, Panel(&f, left, f.peak), tolerance, 14) +
		Integrate(&f, f.peak, right, Panel(&f, f.peak, right), tolerance, 14);
	return f.log_peak + log(total);
}

FFBelief
FFBetaPosterior(FFBeta control, FFBeta treatment)
{
	FFBelief posterior = {.stddev = NAN, .interval = {NAN, NAN}};
	double		n = control.a + control.b;
	double		m = treatment.a + treatment.b;

	posterior.effect = treatment.a / m - control.a / n;
	/* E[max(0, C - T)] is the integral of P(T < x) P(C > x) */
	posterior.log_loss_treatment = LogIntegral(treatment, control, false);
	posterior.log_loss_control = LogIntegral(control, treatment, false);
	posterior.log_chance = LogIntegral(control, treatment, true);
	posterior.log_chance_control = LogIntegral(treatment, control, true);
	/* the larger of them is known better from the smaller */
	if (posterior.log_chance > posterior.log_chance_control)
		posterior.log_chance = log1p(-exp(posterior.log_chance_control));
	else
		posterior.log_chance_control = log1p(-exp(posterior.log_chance));
	return posterior;
}
