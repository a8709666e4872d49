/*
 * unit_inference.c
 *	  Tests and intervals against closed forms, brute force and each other.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "stats/multiple.h"
#include "stats/posterior.h"
#include "stats/rank.h"
#include "stats/segments.h"
#include "unit.h"

static void
Near(double found, double wanted, double tolerance, const char *what, double a, double b)
{
	double		apart = fabs(found - wanted) / (fabs(wanted) > DBL_MIN ? fabs(wanted) : 1);

	if (!Ok(found == wanted || apart <= tolerance, "%s %g %g", what, a, b))
		printf("# found %.17g, wanted %.17g, apart %.3g\n", found, wanted, apart);
}

static double
Choose(int n, int k)
{
	double		ways = 1;

	if (k < 0 || k > n)
		return 0;
	for (int i = 1; i <= k; i++)
		ways = ways * (n - k + i) / i;
	return ways;
}

/* p of Fisher's test by all tables; in whole numbers, so that ties are ties. */
static double
FisherByTables(int n, int i, int m, int j, FFAlternative alternative)
{
	double		here = Choose(m, j) * Choose(n, i);
	double		sum = 0;

	for (int x = 0; x <= i + j; x++)
	{
		double		ways = Choose(m, x) * Choose(n, i + j - x);

		if (alternative == FF_TWO_SIDED ? ways <= here : alternative == FF_GREATER ? x >= j : x <= j)
			sum += ways;
	}
	return sum / Choose(n + m, i + j);
}

static void
TestFisher(void)
{
	int			wrong = 0;

	for (int n = 1; n <= 13; n += 3)
		for (int m = 1; m <= 12; m++)
			for (int i = 0; i <= n; i++)
				for (int j = 0; j <= m; j++)
					for (int k = FF_TWO_SIDED; k <= FF_LESS; k++)
					{
						double		wanted = FisherByTables(n, i, m, j, (FFAlternative) k);
						double		found = exp(FFFisherLogP((FFCounts) {n, i}, (FFCounts) {m, j}, (FFAlternative) k));

						wrong += !(fabs(found - wanted) <= 1e-13 * wanted);
					}
	Is(wrong, 0, "Fisher's test is the sum over all tables");
	/* one table: of a billion units one is converted, with a share of a half */
	Near(FFFisherLogP((FFCounts) {1000000000, 0}, (FFCounts) {1000000000, 1}, FF_GREATER), -M_LN2, 1e-14, "one in a billion", 0, 0);
	Near(FFFisherLogP((FFCounts) {1000000000, 0}, (FFCounts) {1000000000, 2}, FF_GREATER), log(0.25) + log1p(-1e-9) - log1p(-0.5e-9), 1e-14, "two", 0, 0);
}

/* At the bounds of Wilson's interval the score is the quantile. */
static void
TestProportions(void)
{
	static const int64_t units[] = {1, 2, 7, 1000, 1000000007, INT64_C(1) << 53};

	for (int i = 0; i < FF_LENGTH(units); i++)
		for (int part = 0; part <= 4; part++)
		{
			FFCounts	counts = {units[i], units[i] / 4 * part};
			double		n = (double) counts.n;
			double		share = (double) counts.successes / n;
			FFInterval	w = FFWilson(counts, 2);

			Ok(0 <= w.lower && w.lower <= share && share <= w.upper && w.upper <= 1, "Wilson's interval holds the share %g of %g", share, n);
			if (counts.successes > 0)
				Near((share - w.lower) / sqrt(w.lower * (1 - w.lower) / n), 2, 1e-6, "its lower bound", share, n);
		}
	Ok(FFCountsAreSmall((FFCounts) {100, 4}) && FFCountsAreSmall((FFCounts) {100, 96}) && !FFCountsAreSmall((FFCounts) {100, 5}), "few are fewer than 5");
	/* by 40 digits: the roots of the score */
	Near(FFMiettinenNurminen((FFCounts) {10000, 1000}, (FFCounts) {10000, 1100}, 1.9599639845400542).lower, 0.0015037013082368307, 1e-11, "a score interval", 0, 0);
	Near(FFMiettinenNurminen((FFCounts) {10000, 1000}, (FFCounts) {10000, 1100}, 1.9599639845400542).upper, 0.018505186740873838, 1e-11, "a score interval", 0, 0);
}

static void
TestMultiple(void)
{
	double		p[] = {0.01, NAN, 0.02, 0, 1, 0.02};
	double		same[] = {0.3, 0.3, 0.3};
	double		far[] = {-5000, -2, NAN};
	int			order[6];

	FFAdjust(p, 6, FF_HOLM, false, order);
	Ok(p[0] == 0.04 && isnan(p[1]) && p[2] == 0.06 && p[3] == 0 && p[4] == 1 && p[5] == 0.06, "Holm's steps");
	FFAdjust(same, 3, FF_BENJAMINI_HOCHBERG, false, order);
	Ok(same[0] == 0.3 && same[1] == 0.3 && same[2] == 0.3, "equal ones are not more after Benjamini and Hochberg");
	FFAdjust(far, 3, FF_BENJAMINI_HOCHBERG, true, order);
	Ok(far[0] == -5000 + log10(2) && far[1] == -2 && isnan(far[2]), "logarithms");
	FFAdjust(p, 0, FF_HOLM, false, order);
	Ok(isinf(FFAdjustedInterval(0.1, (FFInterval) {0, 0.2}, 1, 0.05).upper), "nothing is known at 1");
}

/* log(P(X < p)) in closed form: p^a for b = 1, 1 - (1 - p)^b for a = 1. */
static void
TestBeta(void)
{
	static const double logits[] = {-700, -50, -9, -3, -1, -1e-9, 0, 0.5, 2, 8, 30};
	static const double shapes[] = {0.1, 0.5, 1, 2, 17.5, 1e3, 1e6, 1e12};

	for (int i = 0; i < FF_LENGTH(logits); i++)
		for (int j = 0; j < FF_LENGTH(shapes); j++)
		{
			double		x = logits[i];
			double		a = shapes[j];
			double		log_p = x < 0 ? x - log1p(exp(x)) : -log1p(exp(-x));
			double		wanted = a * log_p;

			if (wanted > -1e6 && wanted < -1e-300)
				Near(FFBetaLogBelow((FFBeta) {a, 1}, x), wanted, wanted > -1 ? 1e-12 : 1e-13, "a power", x, a);
			if (wanted > -1e6 && wanted < -1e-300)
				Near(FFBetaLogAbove((FFBeta) {1, a}, -x), wanted, wanted > -1 ? 1e-12 : 1e-13, "a power above", x, a);
		}
	Near(FFBetaQuantile((FFBeta) {3, 1}, 0.008), 0.2, 1e-14, "a cube root", 0, 0);
	Near(FFBetaQuantile((FFBeta) {1, 2}, 0.75), 0.5, 1e-14, "a square root", 0, 0);
}

/* Two in closed form: P(T > C) is a / (a + c) for Beta(a, 1) and Beta(c, 1). */
static void
TestBetaPosterior(void)
{
	static const double shapes[] = {0.5, 1, 3, 40, 5000, 1e7};

	for (int i = 0; i < FF_LENGTH(shapes); i++)
		for (int j = 0; j < FF_LENGTH(shapes); j++)
		{
			double		a = shapes[i];
			double		c = shapes[j];
			FFBelief found = FFBetaPosterior((FFBeta) {c, 1}, (FFBeta) {a, 1});

			/* E[max(0, C - T)]: the integral of x^a (1 - x^c) */
			Near(found.log_chance, log(a / (a + c)), a > 1000 * c ? 1e-9 : 1e-11, "chance", a, c);
			Near(exp(found.log_loss_treatment), c / ((a + 1) * (a + c + 1)), 1e-11, "loss", a, c);
			Near(exp(found.log_loss_control) - exp(found.log_loss_treatment), a / (a + 1) - c / (c + 1), 1e-9, "losses differ by the effect", a, c);
		}
}

static void
TestNormalPosterior(void)
{
	for (double z = -40; z <= 40; z += 0.37)
	{
		FFBelief p = FFNormalPosterior(z, 1, (FFPrior) {0, INFINITY}, 0.05, false);
		FFBelief next = FFNormalPosterior(z + 1e-6, 1, (FFPrior) {0, INFINITY}, 0.05, false);

		/* the loss falls as fast as the control's chance */
		Near((exp(p.log_loss_treatment - p.log_chance_control) - exp(next.log_loss_treatment - p.log_chance_control)) / 1e-6, 1, 1e-3, "the slope of the loss", z, 0);
		Near(exp(p.log_chance) + exp(p.log_chance_control), 1, 1e-15, "chances make 1", z, 0);
	}
}

/* Pairs one by one. */
static void
TestRanks(void)
{
	double		control[] = {3, -1, 2, 2, 7, -INFINITY, 2};
	double		treatment[] = {2, 2, 8, INFINITY, 0};
	double		u = 0;

	for (int i = 0; i < FF_LENGTH(control); i++)
		for (int j = 0; j < FF_LENGTH(treatment); j++)
			u += control[i] < treatment[j] ? 1 : control[i] == treatment[j] ? 0.5 : 0;
	Ok(FFMannWhitney(control, FF_LENGTH(control), treatment, FF_LENGTH(treatment), FF_TWO_SIDED).u == u, "pairs are counted");
	Ok(isnan(FFMannWhitney(control, 1, control, 1, FF_TWO_SIDED).log_p), "equal values have no order");
}

/* What the guardrail's test says is what the interval says. */
static void
TestGuardrail(void)
{
	FFMoments	control = FFMomentsOf(400, -5, 4);
	FFMoments	treatment = FFMomentsOf(300, -5.2, 5);
	int			apart = 0;

	for (int way = 0; way < 8; way++)
		for (double margin = 0; margin < 0.3; margin += 0.001)
		{
			FFComparing comparing = {.alpha = 0.05, .delta = way & 1};
			FFGuardrail guardrail = {.margin = margin, .absolute = way & 2, .less_is_better = way & 4};
			FFGuardrailAnswer answer = FFGuard(&control, &treatment, &comparing, &guardrail);
			bool		inside = guardrail.less_is_better ? answer.bound < margin : answer.bound > -margin;

			apart += inside != (answer.log_p < log(0.05));
		}
	Is(apart, 0, "test and bound of a guardrail agree");
}

static void
TestStrata(void)
{
	double		effects[] = {1, 3};
	double		errors[] = {1, 1};
	FFStratum	strata[] = {{{100, 5}, {800, 80}}, {{800, 400}, {100, 55}}, {{7, 3}, {0, 0}}};
	FFMantelHaenszel found = FFStratify(strata, FF_LENGTH(strata), 2);
	FFHeterogeneity apart = FFCochranQ(effects, errors, 2);

	Is(found.strata, 2, "a stratum without an arm tells nothing");
	/* both strata have the difference 0.05 */
	Near(found.difference, 0.05, 1e-15, "the common difference", 0, 0);
	Ok(found.odds_ratio > 1 && found.odds.lower < found.odds_ratio && found.odds_ratio < found.odds.upper, "the common odds ratio");
	Ok(apart.q == 2 && apart.tau2 == 1 && apart.i2 == 0.5 && apart.random == 2 && apart.random_error == 1, "two segments apart");
}

void
TestInference(void)
{
	TestFisher();
	TestProportions();
	TestMultiple();
	TestBeta();
	TestBetaPosterior();
	TestNormalPosterior();
	TestRanks();
	TestGuardrail();
	TestStrata();
}
