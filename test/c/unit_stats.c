/*
 * unit_stats.c
 *	  Distributions against closed forms and against themselves; moments in any
 *	  order and partition; comparisons at their edges.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "stats/distribution.h"
#include "stats/inference.h"
#include "unit.h"

/* Degrees of freedom that Welch's test can ask for, and a few that it cannot. */
static const double freedoms[] = {
	0.5, 1, 1.3, 2, 2.5, 3, 4, 7.5, 19, 99.7, 1000, 12345.6, 1e6, 1e9, 1e12, 1e16
};
static const double levels[] = {
	1e-300, 1e-100, 1e-20, 1e-9, 1e-4, 0.005, 0.025, 0.1, 0.24, 0.26, 0.299, 0.301,
	0.4, 0.49, 0.499999
};

/* Relative difference; absolute where 1 is near. */
static double
Apart(double found, double wanted)
{
	return fabs(found - wanted) / (fabs(wanted) > DBL_MIN ? fabs(wanted) : 1);
}

static void
Near(double found, double wanted, double tolerance, const char *what, double a, double b)
{
	if (!Ok(found == wanted || Apart(found, wanted) <= tolerance, "%s %g %g", what, a, b))
		printf("# found %.17g, wanted %.17g, apart %.3g\n", found, wanted,
			   Apart(found, wanted));
}

/* Values that tables and closed forms give. */
static void
TestNormal(void)
{
	Near(FFNormalTail(0), 0.5, 0, "normal tail", 0, 0);
	Near(FFNormalTail(1), 0.15865525393145705, 1e-15, "normal tail", 1, 0);
	Near(FFNormalTail(-1), 0.84134474606854295, 1e-15, "normal tail", -1, 0);
	Near(FFNormalTail(10), 7.6198530241605261e-24, 1e-14, "normal tail", 10, 0);
	Near(FFNormalLogTail(37), -689.03058557689056, 1e-14, "normal log tail", 37, 0);
	Near(FFNormalQuantile(0.975), 1.9599639845400542, 1e-15, "normal quantile", 0.975, 0);
	Near(FFNormalQuantile(1e-20), -9.2623400897984076, 1e-15, "normal quantile", 1e-20, 0);
	Ok(FFNormalQuantile(0.5) == 0, "the normal median is 0");
	Ok(FFNormalQuantile(0) == -INFINITY && FFNormalQuantile(1) == INFINITY, "quantiles of 0 and 1");
	Ok(isnan(FFNormalQuantile(-0.1)) && isnan(FFNormalQuantile(NAN)), "no quantile of what is no probability");
	Ok(FFNormalLogTail(INFINITY) == -INFINITY && FFNormalTail(-INFINITY) == 1, "infinite z");
	/* both sides of where the series takes over, and far beyond double */
	Near(FFNormalLogTail(12 - 1e-9) - FFNormalLogTail(12 + 1e-9), 24.164e-9, 1e-3, "log tail across", 12, 0);
	Near(FFNormalLogTail(1e5), -5000000012.4318638, 1e-15, "normal log tail", 1e5, 0);
	for (int i = 0; i < FF_LENGTH(levels); i++)
	{
		double		z = -FFNormalQuantile(levels[i]);

		Near(FFNormalLogTail(z), log(levels[i]), 1e-14, "the normal quantile inverts", levels[i], z);
	}
}

/* P(T > t) of 1, 2, 3 and 4 degrees of freedom. */
static double
StudentClosed(double t, int df)
{
	double		r = sqrt(df + t * t);

	if (df == 1)
		return atan2(1, t) / M_PI;
	if (df == 2)
		return 1 / (r * (r + t));
	if (df == 3)
		return (atan2(sqrt(3), t) - sqrt(3) * t / (r * r)) / M_PI;
	return 0.5 - 0.5 * t / r * (1 + 2 / (r * r));
}

static void
TestStudentClosed(void)
{
	static const double points[] = {0, 1e-8, 0.3, 0.99, 1, 1.01, 2, 4.3, 12.7, 100, 1e6};

	for (int df = 1; df <= 4; df++)
		for (int i = 0; i < FF_LENGTH(points); i++)
		{
			double		t = points[i];

			/* the closed forms of 3 and 4 cancel in the tail */
			if (df < 3 || t < 5)
				Near(FFStudentTail(t, df), StudentClosed(t, df), 1e-12, "t tail", t, df);
		}
	/* by the incomplete beta function in 40 digits */
	Near(FFStudentTail(4.3, 2.5), 0.016576193974960949, 1e-14, "t tail", 4.3, 2.5);
	Near(FFStudentTail(40, 8.3), 4.3348770893675524e-11, 1e-14, "t tail", 40, 8.3);
	Near(FFStudentTail(1e300, 1), 1 / (M_PI * 1e300), 1e-12, "t tail", 1e300, 1);
	Near(FFStudentTailQuantile(0.025, 1), 1 / tan(0.025 * M_PI), 1e-14, "t quantile", 0.025, 1);
	Near(FFStudentQuantile(0.975, 2), 4.302652729749464, 1e-14, "t quantile", 0.975, 2);
	Near(FFStudentQuantile(0.975, 10), 2.2281388519862747, 1e-13, "t quantile", 0.975, 10);
	Ok(FFStudentQuantile(0.5, 7) == 0, "the median is 0");
	Ok(FFStudentQuantile(0, 7) == -INFINITY && FFStudentQuantile(1, 7) == INFINITY, "quantiles of 0 and 1");
	Ok(isnan(FFStudentTail(1, 0)) && isnan(FFStudentTail(NAN, 1)) && isnan(FFStudentQuantile(0.1, -1)) &&
	   isnan(FFStudentQuantile(2, 1)) && isnan(FFStudentLogTail(1, NAN)), "what is not defined");
	Ok(FFStudentTail(INFINITY, 3) == 0 && FFStudentLogTail(INFINITY, 3) == -INFINITY &&
	   FFStudentTail(-INFINITY, 3) == 1, "infinite t");
}

/* What holds of t whatever its degrees of freedom. */
static void
TestStudentProperties(double df)
{
	bool		falls = true;
	bool		smooth = true;
	bool		symmetric = true;
	double		before = 2;
	double		log_before = 1;

	for (double t = -8; t <= 40; t += 1.0 / 64)
	{
		double		tail = FFStudentTail(t, df);
		double		log_tail = FFStudentLogTail(t, df);

		/* near 1, and beneath DBL_MIN, many t have the same double */
		falls &= t < -4 ? tail <= before && log_tail <= log_before :
			(tail < before || tail < DBL_MIN) && log_tail < log_before;
		smooth &= fabs(exp(log_tail) - tail) <= 1e-13 * tail;
		symmetric &= fabs(tail + FFStudentTail(-t, df) - 1) < 1e-15;
		before = tail;
		log_before = log_tail;
	}
	Ok(falls, "the tail falls, df %g", df);
	Ok(smooth, "the logarithm is that of the tail, df %g", df);
	Ok(symmetric, "the tails of t and -t make 1, df %g", df);
	for (int i = 0; i < FF_LENGTH(levels); i++)
	{
		double		t = FFStudentTailQuantile(levels[i], df);

		if (t < 1e280)
			Near(FFStudentTail(t, df), levels[i], 2e-13 * (1 - log(levels[i])), "the quantile inverts", levels[i], df);
		Ok(FFStudentQuantile(levels[i], df) == -t, "the quantile is odd, %g", levels[i]);
	}
}

/* With many degrees of freedom t is normal; with more its tail is thinner. */
static void
TestStudentLimits(void)
{
	for (double t = 0; t < 60; t += 0.7)
	{
		bool		thinner = true;

		Near(FFStudentLogTail(t, 1e16), FFNormalLogTail(t), 1e-12, "normal in the limit", t, 1e16);
		for (int i = 1; t > 0 && i < FF_LENGTH(freedoms); i++)
			thinner &= FFStudentLogTail(t, freedoms[i]) <= FFStudentLogTail(t, freedoms[i - 1]) * (1 - 1e-14);
		Ok(thinner, "more freedom, thinner tail: %g", t);
	}
}

static void
TestChiSquare(void)
{
	static const double points[] = {1e-10, 0.1, 1, 3.84, 10, 50, 700, 1400, 1e6};

	for (int i = 0; i < FF_LENGTH(points); i++)
	{
		double		x = points[i];

		/* 1 more: the closed forms cancel near 0 */
		Near(1 - FFChiSquareLogTail(x, 2), 1 + x / 2, 1e-13, "chi-square of 2 is exponential", x, 2);
		Near(1 - FFChiSquareLogTail(x, 1), 1 - M_LN2 - FFNormalLogTail(sqrt(x)), 1e-13, "of 1 is normal squared", x, 1);
		Near(1 - FFChiSquareLogTail(x, 4), 1 + x / 2 - log1p(x / 2), 1e-13, "of 4", x, 4);
	}
	Near(FFChiSquareTail(5.9914645471079817, 2), 0.05, 1e-14, "chi-square tail", 5.99, 2);
	Near(FFChiSquareTail(1000, 1000), 0.49405285382923964, 1e-12, "the mean of 1000", 1000, 1000);
	Ok(FFChiSquareTail(0, 3) == 1 && FFChiSquareTail(-1, 3) == 1 && FFChiSquareTail(INFINITY, 3) == 0, "limits");
	Ok(isnan(FFChiSquareTail(1, 0)) && isnan(FFChiSquareLogTail(NAN, 1)) && isnan(FFChiSquareTail(NAN, 1)), "what is not defined");
	for (double df = 1; df < 2000; df = df * 2 + 0.5)
	{
		bool		falls = true;
		double		before = 1;

		for (double x = df / 50; x < 6 * df; x += df / 50)
		{
			falls &= FFChiSquareTail(x, df) <= before && FFChiSquareTail(x, df + 1) >= FFChiSquareTail(x, df);
			before = FFChiSquareTail(x, df);
		}
		Ok(falls, "the tail falls with x and grows with df, %g", df);
	}
}

/* A generator of its own: the same numbers on every machine. */
static double
Random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (*state >> 11) / 9007199254740992.0;
}

static FFPrecise
Decimal(const char *text)
{
	FFPrecise	number = {NAN, NAN};

	Ok(FFPreciseOfDecimal(text, &number), "%s is read", text);
	return number;
}

/* Values of some kind: around a large number, of many sizes, whole, prices. */
static FFPrecise
Value(int kind, uint64_t *state)
{
	double		u = Random(state);
	FFPrecise	price;
	char		text[32];

	if (kind == 0)
		return (FFPrecise) {1e9 + floor(u * 101) / 100, 0};
	if (kind == 1)
		return (FFPrecise) {(u - 0.5) * exp(40 * (Random(state) - 0.5)), 0};
	if (kind == 2)
		return (FFPrecise) {floor(u * 50) - 25, 0};
	snprintf(text, sizeof(text), "%s%d.%02d", u < 0.1 ? "-" : "", (int) (u * 3000), (int) (u * 1e6) % 100);
	(void) FFPreciseOfDecimal(text, &price);
	return price;
}

static void
TestDecimals(void)
{
	FFPrecise	number = {0, 0};
	FFMoments	moments = {0};

	Ok(Decimal("0").high == 0 && Decimal("-0.00").low == 0, "nothing");
	Ok(Decimal("-12.50").high == -12.5 && Decimal("-12.50").low == 0, "a number that is a double");
	Ok(Decimal("0.1").high == 0.1, "the first part is the nearest double");
	Near(Decimal("0.1").low, -5.551115123125783e-18, 1e-9, "and the second what is missing", 0.1, 0);
	Ok(Decimal("9007199254740993").high == 9007199254740992 && Decimal("9007199254740993").low == 1, "more than 53 bits");
	Ok(Decimal("0.0000000000000000000000000000000000000000000000000000012").high == 1.2e-54, "a small number");
	Ok(!FFPreciseOfDecimal("NaN", &number) && !FFPreciseOfDecimal("-Infinity", &number) &&
	   !FFPreciseOfDecimal("1e5", &number), "other texts are not read");
	Ok(!FFPreciseOfDecimal("1234567890123456789012345678901234567890123456789012345678901", &number), "nor long numbers");
	number = Decimal("9.99");
	for (int i = 0; i < 3000000; i++)
		(void) FFMomentsAdd(&moments, number);
	Ok(moments.squares.high == 0, "three million equal prices do not vary");
}

/* Moments of values in as many parts, merged from the last to the first. */
static FFMoments
InParts(const FFPrecise *values, int count, int parts)
{
	FFMoments	whole = {0};

	for (int part = parts - 1; part >= 0; part--)
	{
		FFMoments	moments = {0};

		for (int i = part; i < count; i += parts)
			(void) FFMomentsAdd(&moments, values[i]);
		(void) FFMomentsMerge(&whole, &moments);
	}
	return whole;
}

/* Mean and variance do not know in which order and parts values came. */
static void
TestMerge(int kind)
{
	uint64_t	state = 42;
	int			same = 0;
	int			runs = 0;
	FFPrecise	values[512];

	for (int run = 0; run < 200; run++)
	{
		FFMoments	all;

		for (int i = 0; i < FF_LENGTH(values); i++)
			values[i] = Value(kind, &state);
		all = InParts(values, FF_LENGTH(values), 1);
		for (int parts = 2; parts <= 600; parts = parts * 2 + 1, runs++)
		{
			FFMoments	merged = InParts(values, FF_LENGTH(values), parts);

			same += merged.count == all.count && FFMomentsCheck(&merged) == FF_MOMENTS_FINE &&
				FFMomentsMean(&merged).high == FFMomentsMean(&all).high &&
				FFMomentsVariance(&merged) == FFMomentsVariance(&all);
		}
	}
	Is(same, runs, "merged moments are bit for bit the same, kind %d", kind);
}

static void
TestMoments(void)
{
	FFMoments	moments = {0};
	FFMoments	empty = {0};
	FFMoments	large = {.count = FF_MOMENTS_MAX_COUNT};

	for (int i = 0; i < 1000; i++)
		(void) FFMomentsAdd(&moments, (FFPrecise) {1e15 + i % 10, 0});
	Ok(FFMomentsMean(&moments).high == 1e15 + 4.5, "the mean of large values");
	Near(FFMomentsVariance(&moments), 8250.0 / 999, 1e-15, "the variance of large values", 0, 0);
	Ok(FFMomentsMerge(&moments, &empty) && moments.count == 1000, "nothing adds nothing");
	Ok(FFMomentsMerge(&empty, &moments) && empty.count == 1000, "nothing becomes what it takes in");
	Ok(!FFMomentsAdd(&large, (FFPrecise) {1, 0}), "no more than 2^53 values");
	Ok(!FFMomentsMerge(&large, &moments), "nor by merging");
	moments = (FFMoments) {0};
	for (int i = 0; i < 1000; i++)
		(void) FFMomentsAdd(&moments, (FFPrecise) {0.1, 0});
	Ok(moments.squares.high == 0 && FFMomentsMean(&moments).high == 0.1, "equal values do not vary");
	Ok(FFMomentsAdd(&moments, (FFPrecise) {1e153, 0}) && !FFMomentsAdd(&moments, (FFPrecise) {1e160, 0}), "squares beyond double are told");
	moments = FFMomentsOf(12345, 0.1, 0.3);
	Ok(FFMomentsMean(&moments).high == 0.1 && FFMomentsVariance(&moments) == 0.3, "aggregates come back");
	for (int kind = 0; kind < 4; kind++)
		TestMerge(kind);
}

static void
TestComparison(void)
{
	FFMoments	control = FFMomentsOfSuccesses(1000, 0);
	FFMoments	treatment = FFMomentsOfSuccesses(1000, 7);
	FFMoments	nothing = {0};
	FFComparison found = FFCompareArms(&control, &treatment, 0.05, false);

	Ok(found.problem == FF_PROBLEM_ZERO_CONTROL_MEAN && found.p_value < 0.01 && isnan(found.lift), "no lift of 0");
	Near(found.df, 999, 1e-15, "one arm that varies has all the freedom", 0, 0);
	found = FFCompareArms(&nothing, &treatment, 0.05, false);
	Ok(found.problem == FF_PROBLEM_NO_CONTROL_UNITS && isnan(found.p_value) && !found.has_interval, "no control");
	found = FFCompareArms(&treatment, &treatment, 0.05, true);
	Ok(found.p_value == 1 && found.log10_p == 0 && found.lift == 0, "an arm against itself");
	Ok(FFIsProportion(&treatment) && FFIsProportion(&nothing), "proportions are known");
	treatment = FFMomentsOf(1000, 0.007, 1);
	Ok(!FFIsProportion(&treatment), "and what is none");
	treatment = FFMomentsOf(INT64_C(1) << 50, 3, 1);
	control = FFMomentsOf(INT64_C(1) << 50, 2, 1);
	found = FFCompareArms(&control, &treatment, 0.05, false);
	Ok(found.p_value == 0 && isfinite(found.log10_p) && found.log10_p < -1e14, "p beneath double has its logarithm");
}

void
TestStats(void)
{
	TestNormal();
	TestStudentClosed();
	for (int i = 0; i < FF_LENGTH(freedoms); i++)
		TestStudentProperties(freedoms[i]);
	TestStudentLimits();
	TestChiSquare();
	TestDecimals();
	TestMoments();
	TestComparison();
}
