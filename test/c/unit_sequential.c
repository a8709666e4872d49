/*
 * unit_sequential.c
 *	  Tests that hold at every look, planning and ranks of arms: against closed
 *	  forms, figures of 20 digits, and against themselves.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats/bandit.h"
#include "stats/distribution.h"
#include "stats/group_sequential.h"
#include "stats/power.h"
#include "stats/sequential.h"
#include "unit.h"

#define LOOKS 40

static void
Near(double found, double wanted, double tolerance, const char *what, double a, double b)
{
	double		apart = fabs(found - wanted) / fmax(fabs(wanted), 1e-300);

	if (!Ok(found == wanted || apart <= tolerance, "%s %g %g", what, a, b))
		printf("# found %.17g, wanted %.17g, apart %.3g\n", found, wanted, apart);
}

/* The p-value is the alpha whose bound is met, at the same rho2. */
static void
TestConfidenceSequence(void)
{
	static const double counts[] = {1, 40, 5000, 1e6, 1e12};

	for (int i = 0; i < FF_LENGTH(counts); i++)
		for (int side = FF_TWO_SIDED; side <= FF_LESS; side++)
		{
			double		sign = side == FF_LESS ? -1 : 1;
			FFAnytime	zero = FFConfidenceSequence(0, 1, counts[i], 0.03, 5000, side);
			FFAnytime	met = FFConfidenceSequence(sign * zero.multiplier, 1, counts[i], 0.03, 5000, side);

			Near(exp(met.log_p), 0.03, 1e-12, "p at the bound", counts[i], side);
			Ok(isfinite(zero.lower) == (side != FF_LESS) && isfinite(zero.upper) == (side != FF_GREATER),
			   "open sides at %g, %d", counts[i], side);
			Ok(zero.log_p == 0, "no effect has p 1 at %g, %d", counts[i], side);
		}
	Ok(FFConfidenceSequence(-3, 1, 100, 0.05, 5000, FF_GREATER).log_p == 0, "an effect on the other side has p 1");
	Near(FFMixtureLogRatio(3, 1, 1), 9 / 4.0 - log(2) / 2, 1e-15, "mixture", 3, 1);
	Near(FFMixtureTest(FFMixtureTest(0, 2, 5, 0.01).upper, 2, 5, 0.01).log_p, log(0.01), 1e-13, "mixture at the bound", 2, 5);
}

/* P(all of n in one arm of two) under the uniform prior is 1 / (n + 1). */
static void
TestEvidence(void)
{
	static const double counts[] = {0, 1, 7, 100, 1e6, 1e15};
	const double half[] = {0.5, 0.5};
	const double uniform[] = {1, 1};

	for (int i = 0; i < FF_LENGTH(counts); i++)
	{
		double		n = counts[i];
		const double one[] = {n, 0};

		Ok(fabs(FFSplitLogEvidence(one, half, uniform, 2) - (n * log(2) - log1p(n))) <= 1e-14 * fmax(1, n), "evidence of one arm, %g units", n);
	}
	/* the posterior of a part is the prior of the rest */
	for (double n = 10; n < 1e14; n *= 13)
	{
		const double shares[] = {0.2, 0.5, 0.3};
		const double prior[] = {3, 0.2, 40};
		const double part[] = {n, 2 * n, floor(1.1 * n)};
		const double rest[] = {floor(0.7 * n), 5, n};
		const double both[] = {part[0] + rest[0], part[1] + rest[1], part[2] + rest[2]};
		const double posterior[] = {part[0] + prior[0], part[1] + prior[1], part[2] + prior[2]};

		Near(FFSplitLogEvidence(both, shares, prior, 3),
			 FFSplitLogEvidence(part, shares, prior, 3) + FFSplitLogEvidence(rest, shares, posterior, 3),
			 1e-13, "evidence chains", n, 0);
	}
}

/* Bounds of a design, and that they spend what they say. */
static void
TestDesign(FFSpending spending, double parameter, int looks, double growth, bool two_sided)
{
	double		information[LOOKS];
	FFGroupLook found[LOOKS];
	FFGroupDesign design = {spending, parameter, 0.025, two_sided, false, looks, information, NULL, NULL};
	double	   *room;
	double		bound;
	double		drift;

	for (int i = 0; i < looks; i++)
		information[i] = pow((i + 1.0) / looks, growth);
	room = malloc(sizeof(double) * FFGroupRoom(&design));
	FFGroupBounds(&design, room, found);
	bound = found[looks / 2].bound;
	Near(found[looks - 1].spent, 0.025, 1e-11, "all alpha is spent", spending, looks);
	FFGroupPower(&design, 0, room, found);
	Near(found[looks - 1].above, found[looks - 1].spent, 1e-11, "and crossed with it", spending, looks);
	Near(found[looks - 1].below, two_sided ? 0.025 : 0, 1e-11, "on either side", spending, looks);
	drift = FFGroupDrift(&design, 0.9, room, found);
	FFGroupPower(&design, drift, room, found);
	Near(found[looks - 1].above, 0.9, 1e-10, "the drift has its power", spending, looks);
	Ok(drift >= 3.2415 && drift < 4.5, "which costs more than a single look: %g", drift);
	if (bound < 30)
		Near(exp(FFGroupLogP(&design, looks / 2, bound, room, found)), 0.025, 1e-8, "repeated p at the bound", spending, looks);
	free(room);
}

static void
TestGroups(void)
{
	for (int two_sided = 0; two_sided < 2; two_sided++)
		for (int looks = 1; looks <= 28; looks = looks * 3 + 1)
		{
			TestDesign(FF_SPEND_OBRIEN_FLEMING, 0, looks, 1, two_sided);
			TestDesign(FF_SPEND_POCOCK, 0, looks, 2.5, two_sided);
			TestDesign(FF_SPEND_KIM_DEMETS, 2, looks, 0.4, two_sided);
			TestDesign(FF_SPEND_HWANG_SHIH_DECANI, -4, looks, 1, two_sided);
			TestDesign(FF_WANG_TSIATIS, 0.5, looks, 1, two_sided);
		}
}

/* Two looks by one integral: Simpson's rule with 20,000 steps.  Alpha is spent by share. */
static void
TestTwoLooks(double share, const double *spent_at)
{
	const double information[] = {0.37, 1};
	FFGroupDesign design = {FF_SPEND_POCOCK, 0, 0.025, true, false, 2, information, spent_at, NULL};
	FFGroupLook found[2];
	double	   *room = malloc(sizeof(double) * FFGroupRoom(&design));
	double		sum = 0;

	FFGroupBounds(&design, room, found);
	Near(FFNormalTail(found[0].bound), 0.025 * log1p((M_E - 1) * share), 1e-14, "the first look spends", 0, 0);
	for (int i = 0; i <= 20000; i++)
	{
		double		z = found[0].bound * (i / 10000.0 - 1);
		double		weight = i == 0 || i == 20000 ? 1 : i % 2 == 1 ? 4 : 2;

		sum += weight * exp(-z * z / 2) * FFNormalTail((found[1].bound - z * sqrt(0.37)) / sqrt(0.63));
	}
	sum *= found[0].bound / 10000 / 3 / sqrt(2 * M_PI);
	Near(FFNormalTail(found[0].bound) + sum, 0.025, 1e-12, "and the second the rest", 0, 0);
	free(room);
}

/* By quadrature in 25 digits. */
static void
TestNoncentral(void)
{
	static const double table[][4] = {
		{1.0, 1.5, 2.1000000000000001, 0.49181577644161978382},
		{2.0, 8.0, 12.699999999999999, 0.32840688539599856502},
		{3.5, -1.0, 2.0, 0.0084574358588231377097},
		{10.0, 3.0, 2.2000000000000002, 0.77929003594435695855},
		{30.0, 0.10000000000000001, 2.0, 0.03401007895070224627},
		{200.0, 4.0, 1.97, 0.97844590784913098266},
		{16812.0, 3.2400000000000002, 1.96, 0.89971969972968814382},
		{1000000.0, 3.0, 2.0, 0.84134462508343778266},
		{0.5, 1.0, 3.0, 0.39903297794856702811}
	};

	for (int i = 0; i < FF_LENGTH(table); i++)
		Near(FFNoncentralTail(table[i][2], table[i][0], table[i][1]), table[i][3], 1e-12, "noncentral t", table[i][0], table[i][1]);
	for (double df = 1; df < 1e7; df *= 7)
		Near(FFNoncentralTail(2.3, df, 0), FFStudentTail(2.3, df), 1e-12, "without noncentrality it is t", df, 0);
}

/* Units, effect and power lead to each other. */
static void
TestPlans(void)
{
	for (int test = FF_PLAN_WELCH; test <= FF_PLAN_GROWTHBOOK; test++)
		for (int side = FF_TWO_SIDED; side <= FF_LESS; side++)
			for (int proportion = 0; proportion < 2; proportion++)
			{
				FFPlan		plan = {0.3, proportion ? NAN : 1.7, 0.04, 2.5, side, 0, true, test, NAN, 1.2};
				double		effect = side == FF_LESS ? -0.11 : 0.11;
				double		n;

				if (test == FF_PLAN_POOLED && !proportion)
					continue;
				n = FFPlanUnits(&plan, effect, 0.83);
				Near(FFPlanPower(&plan, n, effect).right, 0.83, 1e-12, "units have their power", test, side);
				Near(FFPlanEffect(&plan, n, 0.83), effect, 1e-11, "and find the effect", test, side);
			}
}

/* Two arms have a closed form; the order of arms does not matter. */
static void
TestRanks(void)
{
	static const double errors[] = {0, 1e-9, 0.01, 1, 300};
	double		room[5 * FF_BANDIT_ROOM];
	double		first[5];
	double		second[5];

	for (int i = 0; i < FF_LENGTH(errors); i++)
		for (int j = 1; j < FF_LENGTH(errors); j++)
		{
			FFPosterior two[] = {{7.3, errors[i]}, {7.2, errors[j]}};

			FFRankArms(two, 2, room, first, second, NULL);
			Near(first[0], FFNormalTail(-0.1 / hypot(errors[i], errors[j])), 1e-7, "the better of two", errors[i], errors[j]);
			Ok(fabs(first[0] - FFNormalTail((7.2 - 7.3) / hypot(errors[i], errors[j]))) < 1e-13, "exactly");
			Ok(fabs(first[0] - second[1]) < 1e-13, "the other is the second");
		}
	for (int k = 0; k < 5; k++)
	{
		FFPosterior arms[5];

		for (int i = 0; i < 5; i++)
			arms[(i + k) % 5] = (FFPosterior) {0.1 * i, 0.3 + 0.2 * i};
		FFRankArms(arms, 5, room, first, second, NULL);
		Near(first[(4 + k) % 5], 0.36296036744139907633, 1e-12, "the best of five", k, 0);
	}
}

void
TestSequential(void)
{
	TestConfidenceSequence();
	TestEvidence();
	TestTwoLooks(0.37, NULL);
	TestTwoLooks(0.6, (const double[]) {0.6, 1});
	TestGroups();
	TestNoncentral();
	TestPlans();
	TestRanks();
}
