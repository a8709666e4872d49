/*
 * group_sequential.c
 *	  Group sequential bounds by recursive integration.
 *
 * Armitage, McPherson, Rowe (1969), J. R. Statist. Soc. A 132; spending
 * functions: Lan, DeMets (1983), Biometrika 70; Kim, DeMets (1987), Biometrika
 * 74; Hwang, Shih, DeCani (1990), Statistics in Medicine 9; shapes: Wang,
 * Tsiatis (1987), Biometrics 43, which has those of Pocock (1/2) and of O'Brien
 * and Fleming (0).
 *
 * The score s = z sqrt(information) has independent normal increments.  What
 * goes on after a look is kept as masses at the nodes of Gauss and Legendre's
 * rule, on panels that are narrow for the increments before and after: the
 * integrand is smooth there, and the rule has all digits.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "stats/distribution.h"
#include "stats/group_sequential.h"
#include "stats/quadrature.h"

#define SQRT_2PI 2.50662827463100050242

/* Beyond so many standard deviations there is nothing that counts. */
#define REACH 9.2

/* Bounds beyond are not told from infinity. */
#define FAR_BOUND 38.0

/* Width of a panel, in standard deviations of an increment. */
#define PANEL 2.0

/* Where the test has not stopped: masses at scores. */
typedef struct Going
{
	double		information;
	double		reach;			/* largest abs(z) in it */
	long		count;
	double	   *score;
	double	   *mass;
	double	   *next_score;
	double	   *next_mass;
} Going;

/* The narrower increment, before and after a look. */
static double
Increment(const FFGroupDesign *design, int look)
{
	const double *t = design->information;
	double		before = look > 0 ? t[look] - t[look - 1] : t[0];

	return sqrt(look + 1 < design->looks ? fmin(before, t[look + 1] - t[look]) : before);
}

static long
Panels(double length, double increment)
{
	return (long) ceil(length / (PANEL * increment)) + 1;
}

/* Nodes of the look that has most of them, in four arrays. */
long
FFGroupRoom(const FFGroupDesign *design)
{
	long		most = 1;

	for (int look = 0; look + 1 < design->looks; look++)
	{
		double		length = 2 * FAR_BOUND * sqrt(design->information[look]);
		long		panels = Panels(length, Increment(design, look));

		most = panels > most ? panels : most;
	}
	return 4 * most * FF_GAUSS_POINTS;
}

/* Before the first look: all mass at 0. */
static Going
Begin(double *room, long size)
{
	Going		going = {0, 0, 1, room, room + size / 4, room + size / 2, room + size / 4 * 3};

	going.score[0] = 0;
	going.mass[0] = 1;
	return going;
}

/* P(going on till here and side * z > bound at information); density of z. */
static double
Beyond(const Going *going, double information, double bound, double drift, int side, double *density)
{
	double		step = information - going->information;
	double		deviation = sqrt(step);
	double		edge = bound * sqrt(information);
	double		tail = 0;
	double		sum = 0;

	for (long i = 0; i < going->count; i++)
	{
		double		x = (edge - side * (going->score[i] + drift * step)) / deviation;

		if (x > FAR_BOUND)
			continue;
		tail += going->mass[i] * FFNormalTail(x);
		if (density != NULL)
			sum += going->mass[i] * exp(-0.5 * x * x);
	}
	if (density != NULL)
		*density = sum / SQRT_2PI * sqrt(information) / deviation;
	return tail;
}

/* The density of going on to this score; masses far away are left out. */
static double
Density(const Going *going, double score, double step, double drift, double far)
{
	double		deviation = sqrt(step);
	double		centre = score - drift * step;
	double		sum = 0;

	for (long i = 0; i < going->count; i++)
	{
		double		x = (centre - going->score[i]) / deviation;

		if (x < -far)
			break;				/* scores ascend */
		if (x < far)
			sum += going->mass[i] * exp(-0.5 * x * x);
	}
	return sum / (SQRT_2PI * deviation);
}

/* Go on past a look without crossing its bound. */
static void
GoOn(Going *going, const FFGroupDesign *design, int look, double bound, double drift)
{
	double		information = design->information[look];
	double		root = sqrt(information);
	double		step = information - going->information;
	double		middle = drift * root;
	double		reach = fmax(REACH, fmin(bound, FAR_BOUND) - fabs(middle));
	double		high = fmin(middle + reach, fmin(bound, FAR_BOUND + fmax(middle, 0))) * root;
	double		low = (design->two_sided ? fmax(-bound, middle - reach) : middle - REACH) * root;
	long		panels = 0;
	double		half;

	if (high > low)
		panels = Panels(high - low, Increment(design, look));
	half = (high - low) / (panels > 0 ? panels : 1) / 2;
	for (long i = 0; i < panels * FF_GAUSS_POINTS; i++)
	{
		int			point = (int) (i % FF_GAUSS_POINTS);
		double		score = low + half * (2 * (i / FF_GAUSS_POINTS) + 1 + FFGaussNodes[point]);

		going->next_score[i] = score;
		going->next_mass[i] = half * FFGaussWeights[point] * Density(going, score, step, drift, reach + REACH);
	}
	*going = (Going) {information, reach, panels * FF_GAUSS_POINTS, going->next_score, going->next_mass,
		going->score, going->mass};
	if (design->pause != NULL)
		design->pause();
}

/*
 * The bound that is crossed with a probability.  The logarithm of the tail is
 * concave, so Newton's steps from the right stay there.
 */
static double
BoundOf(const Going *going, double information, double probability)
{
	double		bound = -FFNormalQuantile(probability);

	for (int i = 0; i < 200; i++)
	{
		double		density;
		double		tail = Beyond(going, information, bound, 0, 1, &density);
		double		step = tail > 0 ? log(tail / probability) * tail / density : -1;

		bound += step;
		if (fabs(step) <= 4 * DBL_EPSILON * fmax(1, fabs(bound)))
			break;
	}
	return bound;
}

/* Alpha of one side that may be spent up to a share of the information. */
static double
Spent(const FFGroupDesign *design, double t)
{
	double		alpha = design->alpha;
	double		gamma = design->parameter;

	if (t >= 1)
		return alpha;
	switch (design->spending)
	{
		case FF_SPEND_POCOCK:
			return alpha * log1p((M_E - 1) * t);
		case FF_SPEND_KIM_DEMETS:
			return alpha * pow(t, gamma);
		case FF_SPEND_HWANG_SHIH_DECANI:
			return gamma == 0 ? alpha * t : alpha * expm1(-gamma * t) / expm1(-gamma);
		default:
			return 2 * FFNormalTail(-FFNormalQuantile(alpha / 2) / sqrt(t));
	}
}

/* Bounds that spend alpha by a function of the share of the plan. */
static void
SpendingBounds(const FFGroupDesign *design, double *room, FFGroupLook *looks)
{
	const double *shares = design->spent_at != NULL ? design->spent_at : design->information;
	Going		going = Begin(room, FFGroupRoom(design));
	double		spent = 0;

	for (int look = 0; look < design->looks; look++)
	{
		bool		last = look + 1 == design->looks;
		double		t = last && design->final ? 1 : shares[look];
		double		rest = Spent(design, t) - spent;

		looks[look].bound = INFINITY;
		if (rest > DBL_MIN)
		{
			looks[look].bound = BoundOf(&going, design->information[look], rest);
			spent += rest;
		}
		looks[look].spent = spent;
		if (!last)
			GoOn(&going, design, look, looks[look].bound, 0);
	}
}

/* Bounds of a shape at a constant: what they spend in all, and look by look. */
static double
ShapeSpends(const FFGroupDesign *design, double constant, double *room, FFGroupLook *looks)
{
	double		end = design->information[design->looks - 1];

	for (int look = 0; look < design->looks; look++)
		looks[look].bound = constant * pow(design->information[look] / end, design->parameter - 0.5);
	FFGroupPower(design, 0, room, looks);
	for (int look = 0; look < design->looks; look++)
		looks[look].spent = looks[look].above;
	return looks[design->looks - 1].spent;
}

/* A root of a falling function between two ends, by the Illinois rule. */
typedef double (*Falling) (double x, void *context);

static double
RootOf(Falling function, void *context, double left, double right)
{
	double		at_left = function(left, context);
	double		at_right = function(right, context);
	int			kept = 0;

	for (int i = 0; i < 100 && at_left > 0 && at_right < 0; i++)
	{
		double		middle = right - at_right * (right - left) / (at_right - at_left);
		double		value = function(middle, context);

		if (value == 0 || fabs(right - left) <= 1e-13 * fmax(1, fabs(right)))
			return middle;
		if (value > 0)
		{
			if (fabs(middle - left) <= 1e-13 * fmax(1, fabs(middle)))
				return middle;
			left = middle;
			at_left = value;
			at_right *= kept == 1 ? 0.5 : 1;
			kept = 1;
		}
		else
		{
			if (fabs(right - middle) <= 1e-13 * fmax(1, fabs(middle)))
				return middle;
			right = middle;
			at_right = value;
			at_left *= kept == -1 ? 0.5 : 1;
			kept = -1;
		}
	}
	return at_left > 0 ? right : left;
}

/* What a root is sought of. */
typedef struct Question
{
	const FFGroupDesign *design;
	double		wanted;
	double	   *room;
	FFGroupLook *looks;
	int			look;
} Question;

static double
ShapeExcess(double constant, void *context)
{
	Question   *question = context;

	return log(ShapeSpends(question->design, constant, question->room, question->looks) / question->wanted);
}

/* Between the bound of a single look and Bonferroni's. */
static void
ShapeBounds(const FFGroupDesign *design, double *room, FFGroupLook *looks)
{
	Question	question = {design, design->alpha, room, looks, 0};
	double		low = -FFNormalQuantile(design->alpha) * (1 - 1e-9);
	double		high = -FFNormalQuantile(design->alpha / design->looks) * (1 + 1e-9);

	(void) ShapeSpends(design, RootOf(ShapeExcess, &question, low, high), room, looks);
}

void
FFGroupBounds(const FFGroupDesign *design, double *room, FFGroupLook *looks)
{
	memset(looks, 0, sizeof(FFGroupLook) * design->looks);
	if (design->spending == FF_WANG_TSIATIS)
		ShapeBounds(design, room, looks);
	else
		SpendingBounds(design, room, looks);
}

void
FFGroupPower(const FFGroupDesign *design, double drift, double *room, FFGroupLook *looks)
{
	Going		going = Begin(room, FFGroupRoom(design));
	double		above = 0;
	double		below = 0;

	for (int look = 0; look < design->looks; look++)
	{
		double		information = design->information[look];

		if (isfinite(looks[look].bound))
		{
			above += Beyond(&going, information, looks[look].bound, drift, 1, NULL);
			if (design->two_sided)
				below += Beyond(&going, information, looks[look].bound, drift, -1, NULL);
		}
		looks[look].above = above;
		looks[look].below = below;
		if (look + 1 < design->looks)
			GoOn(&going, design, look, looks[look].bound, drift);
	}
}

static double
PowerMissing(double drift, void *context)
{
	Question   *question = context;

	FFGroupPower(question->design, drift, question->room, question->looks);
	return question->wanted - question->looks[question->design->looks - 1].above;
}

double
FFGroupDrift(const FFGroupDesign *design, double power, double *room, FFGroupLook *looks)
{
	Question	question = {design, power, room, looks, 0};
	double		high = 1;

	if (PowerMissing(0, &question) <= 0)
		return 0;
	while (high < 1e4 && PowerMissing(high, &question) > 0)
		high *= 2;
	if (high >= 1e4)
		return INFINITY;
	return RootOf(PowerMissing, &question, 0, high);
}

/* How far the look's bound at this alpha is beyond z. */
static double
BoundExcess(double log_alpha, void *context)
{
	Question   *question = context;
	FFGroupDesign design = *question->design;
	double		bound;

	design.alpha = exp(log_alpha);
	FFGroupBounds(&design, question->room, question->looks);
	bound = question->looks[question->look].bound;
	return fmin(bound, 1e3) - question->wanted;
}

double
FFGroupLogP(const FFGroupDesign *design, int look, double z, double *room, FFGroupLook *looks)
{
	Question	question = {design, z, room, looks, look};
	double		low = -4;
	const double high = log(0.5) - 1e-12;

	if (!(z > 0) || BoundExcess(high, &question) >= 0)
		return 0;
	while (low > -690 && BoundExcess(low, &question) < 0)
		low = fmax(2 * low, -690);
	return RootOf(BoundExcess, &question, low, high);
}
