/*
 * covariates.c
 *	  Differences adjusted for covariates from before the experiment.
 *
 * CUPED: Deng, Xu, Kohavi, Walker (2013), one theta of both arms together.
 * Analysis of covariance: one slope within arms.  Lin (2013): a slope an arm.
 */
#include <math.h>
#include <string.h>

#include "stats/effect.h"

/* A covariate whose own variance is less than this share is that of others. */
#define LEAST_SHARE 1e-10

/* A rest of variance below this share is rounding. */
#define ROUNDING 1e-13

FFArm
FFArmOf(const FFCross *cross, bool proportion)
{
	FFArm		arm = {.count = cross->count, .covariates = cross->variables - 1};
	double		scale = proportion ? (double) (cross->count - 1) / (double) cross->count : 1;

	if (cross->count == 0)
		return arm;
	arm.mean = FFCrossMean(cross, 0);
	for (int i = 0; i < arm.covariates; i++)
		arm.means[i] = FFCrossMean(cross, i + 1);
	if (cross->count == 1)
		return arm;
	arm.variance = scale * FFCrossCovariance(cross, 0, 0);
	for (int i = 0; i < arm.covariates; i++)
	{
		arm.with[i] = scale * FFCrossCovariance(cross, 0, i + 1);
		for (int j = 0; j < arm.covariates; j++)
			arm.among[i][j] = scale * FFCrossCovariance(cross, i + 1, j + 1);
	}
	return arm;
}

/* Takes a row's pivot out of the others. */
static void
Eliminate(int count, double rows[][FF_CROSS_VARIABLES + 1], int pivot)
{
	for (int i = 0; i < count; i++)
	{
		double		factor = rows[i][pivot] / rows[pivot][pivot];

		if (i == pivot)
			continue;
		for (int j = 0; j <= count; j++)
			rows[i][j] -= factor * rows[pivot][j];
		rows[i][pivot] = 0;
	}
}

int
FFSolve(int count, double xx[][FF_CROSS_VARIABLES], const double *xy, double *theta)
{
	double		rows[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES + 1];
	double		scale[FF_CROSS_VARIABLES];
	bool		is_kept[FF_CROSS_VARIABLES] = {false};
	int			kept = 0;

	for (int i = 0; i < count; i++)
		scale[i] = xx[i][i] > 0 ? 1 / sqrt(xx[i][i]) : 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < count; j++)
			rows[i][j] = scale[i] * xx[i][j] * scale[j];
		rows[i][count] = scale[i] * xy[i];
	}
	for (int i = 0; i < count; i++)
	{
		is_kept[i] = rows[i][i] > LEAST_SHARE;
		if (is_kept[i])
			Eliminate(count, rows, i);
		kept += is_kept[i];
	}
	for (int i = 0; i < count; i++)
		theta[i] = is_kept[i] ? scale[i] * rows[i][count] / rows[i][i] : 0;
	return kept;
}

/* theta' with, and theta' among theta. */
static double
Dot(int count, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		sum += a[i] * b[i];
	return sum;
}

static double
Square(int count, const double *a, const double among[][FF_CROSS_VARIABLES])
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		sum += a[i] * Dot(count, a, among[i]);
	return sum;
}

/* Variance of the outcome less theta times the covariates. */
static double
Rest(const FFArm *arm, const double *theta)
{
	int			k = arm->covariates;
	double		rest = arm->variance - 2 * Dot(k, theta, arm->with) + Square(k, theta, arm->among);

	/* what is not finite stays so, for all to see */
	return isfinite(rest) && rest <= ROUNDING * arm->variance ? 0 : rest;
}

static double
Reduction(double rest, double variance)
{
	return variance > 0 ? 1 - rest / variance : NAN;
}

/* Treatment less control. */
static FFPrecise
Difference(FFPrecise control, FFPrecise treatment)
{
	return FFPreciseAdd(treatment, FFPreciseNegate(control));
}

/* The difference of the means less theta times that of the covariates. */
static double
AdjustedDifference(const FFArm *control, const FFArm *treatment, const double *theta)
{
	FFPrecise	difference = Difference(control->mean, treatment->mean);

	for (int i = 0; i < control->covariates; i++)
		difference = FFPreciseAdd(difference, FFPreciseTimesDouble(Difference(control->means[i], treatment->means[i]), -theta[i]));
	return difference.high;
}

static void
Warn(FFEffect *effect, int covariates, int kept)
{
	if (kept < covariates)
		effect->warning = kept > 0 ? FF_EFFECT_COVARIATE_DROPPED : FF_EFFECT_UNADJUSTED;
}

/* What all methods say of the arms as they are. */
static void
Describe(FFEffect *effect, const FFArm *control, const FFArm *treatment)
{
	if (control->count > 0)
		effect->control_mean = control->mean.high;
	if (treatment->count > 0)
		effect->treatment_mean = treatment->mean.high;
	effect->covariates = control->covariates;
	effect->control_variance = control->variance / (double) control->count;
}

static void
Reduce(FFEffect *effect, const FFArm *control, const FFArm *treatment, double control_rest, double treatment_rest)
{
	double		before = control->variance / (double) control->count + treatment->variance / (double) treatment->count;

	if (control->covariates == 0)
		return;
	effect->control_reduction = Reduction(control_rest, control->variance);
	effect->treatment_reduction = Reduction(treatment_rest, treatment->variance);
	effect->reduction = Reduction(effect->variance, before);
}

/*
 * The lift's variance differentiates at the unadjusted treatment mean, as gbstats
 * has it: the lift of the adjusted means differs from that by less than its error.
 */
static double
LiftVariance(const FFArm *control, const FFArm *treatment, const double *theta, double treatment_rest)
{
	int			k = control->covariates;
	double		m = control->mean.high;
	double		r = treatment->mean.high / m;
	double		base = r * r * control->variance - 2 * r * Dot(k, theta, control->with) + Square(k, theta, control->among);

	return treatment_rest / (double) treatment->count / m / m + base / (double) control->count / m / m;
}

void
FFEffectAdjust(FFEffect *effect, const FFArm *control, const FFArm *treatment, int kept)
{
	const double *theta = effect->theta;
	double		control_rest = Rest(control, theta);
	double		treatment_rest = Rest(treatment, theta);
	double		c = control_rest / (double) control->count;
	double		t = treatment_rest / (double) treatment->count;

	Describe(effect, control, treatment);
	Warn(effect, control->covariates, kept);
	effect->difference = AdjustedDifference(control, treatment, theta);
	effect->variance = c + t;
	effect->df = FFEffectFreedom(c, (double) (control->count - 1), t, (double) (treatment->count - 1));
	effect->covariance = -(control->variance - Dot(control->covariates, theta, control->with)) / (double) control->count;
	effect->lift_variance = LiftVariance(control, treatment, theta, treatment_rest);
	Reduce(effect, control, treatment, control_rest, treatment_rest);
}

/* Both arms' units as if they were of one. */
static FFArm
Pooled(const FFCross *control, const FFCross *treatment)
{
	union
	{
		FFCross		cross;
		char		room[FF_CROSS_SIZE(FF_CROSS_VARIABLES)];
	}			pooled;

	memcpy(&pooled, control, FF_CROSS_SIZE(control->variables));
	if (FFCrossMerge(&pooled.cross, treatment) != FF_CROSS_FINE)
		return (FFArm) {0};
	return FFArmOf(&pooled.cross, false);
}

/* Sums of squares within arms. */
static void
Within(const FFArm *control, const FFArm *treatment, double among[][FF_CROSS_VARIABLES], double *with)
{
	double		c = (double) (control->count - 1);
	double		t = (double) (treatment->count - 1);

	for (int i = 0; i < control->covariates; i++)
	{
		with[i] = c * control->with[i] + t * treatment->with[i];
		for (int j = 0; j < control->covariates; j++)
			among[i][j] = c * control->among[i][j] + t * treatment->among[i][j];
	}
}

/* The distance of a point from the mean, in units of the inverse of among. */
static double
Leverage(int count, double among[][FF_CROSS_VARIABLES], const double *a, const double *b)
{
	double		solved[FF_CROSS_VARIABLES];

	FFSolve(count, among, b, solved);
	return Dot(count, a, solved);
}

/* The mean of the covariates' values over both arms, as seen from each arm. */
static void
Centre(const FFArm *control, const FFArm *treatment, double *between, double *centre)
{
	double		share = (double) treatment->count / ((double) control->count + (double) treatment->count);

	for (int i = 0; i < control->covariates; i++)
	{
		between[i] = Difference(control->means[i], treatment->means[i]).high;
		centre[i] = share * between[i];
	}
}

/* The variance that the slope times a unit's covariates has, slope and all. */
static double
SlopeVariance(const FFArm *control, const FFArm *treatment, double among[][FF_CROSS_VARIABLES], const double *between, const FFLeastSquares *fit)
{
	int			k = control->covariates;
	double		c = (double) control->count;
	double		t = (double) treatment->count;
	double		total[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
	double		trace = 0;

	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j < k; j++)
			total[i][j] = (among[i][j] + c * t / (c + t) * between[i] * between[j]) / (c + t - 1);
	}
	for (int i = 0; i < k; i++)
	{
		double		solved[FF_CROSS_VARIABLES];

		FFSolve(k, among, total[i], solved);
		trace += solved[i];
	}
	return Square(k, fit->theta, (const double (*)[FF_CROSS_VARIABLES]) total) + fit->residual * trace;
}

FFLeastSquares
FFRegress(const FFArm *control, const FFArm *treatment)
{
	FFLeastSquares fit = {0};
	double		among[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
	double		with[FF_CROSS_VARIABLES] = {0};
	double		between[FF_CROSS_VARIABLES] = {0};
	double		centre[FF_CROSS_VARIABLES] = {0};
	int			k = control->covariates;
	double		c = (double) control->count;
	double		t = (double) treatment->count;
	double		squares = (c - 1) * control->variance + (t - 1) * treatment->variance;
	double		rest;

	Within(control, treatment, among, with);
	Centre(control, treatment, between, centre);
	fit.kept = FFSolve(k, among, with, fit.theta);
	fit.freedom = c + t - 2 - fit.kept;
	rest = squares - Dot(k, fit.theta, with);
	if (fit.freedom > 0 && !(rest <= ROUNDING * squares && isfinite(squares)))
		fit.residual = rest / fit.freedom;
	fit.effect = AdjustedDifference(control, treatment, fit.theta);
	fit.base = control->mean.high + Dot(k, fit.theta, centre);
	fit.effect_variance = fit.residual * (1 / c + 1 / t + Leverage(k, among, between, between));
	fit.base_variance = fit.residual * (1 / c + Leverage(k, among, centre, centre));
	fit.covariance = -fit.residual * (1 / c + Leverage(k, among, centre, between));
	fit.slope_variance = SlopeVariance(control, treatment, among, between, &fit);
	return fit;
}

static void
Ancova(FFEffect *effect, const FFArm *control, const FFArm *treatment)
{
	FFLeastSquares fit = FFRegress(control, treatment);

	Describe(effect, control, treatment);
	Warn(effect, control->covariates, fit.kept);
	memcpy(effect->theta, fit.theta, sizeof(fit.theta));
	effect->difference = fit.effect;
	effect->variance = fit.effect_variance;
	effect->df = fit.freedom;
	effect->covariance = -(control->variance - Dot(control->covariates, fit.theta, control->with)) / (double) control->count;
	Reduce(effect, control, treatment, Rest(control, fit.theta), Rest(treatment, fit.theta));
	if (!(fit.freedom > 0))
		effect->problem = FF_EFFECT_TOO_FEW_UNITS;
}

/* An arm's own fit: its slope, what is left, and the variance at the centre. */
typedef struct OwnFit
{
	double		theta[FF_CROSS_VARIABLES];
	double		rest;
	double		freedom;
	double		variance;
	int			kept;
} OwnFit;

static OwnFit
FitArm(const FFArm *arm, const double *away)
{
	OwnFit		fit = {.freedom = 0};
	double		among[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
	double		n = (double) arm->count;

	memcpy(among, arm->among, sizeof(among));
	fit.kept = FFSolve(arm->covariates, among, arm->with, fit.theta);
	fit.freedom = n - 1 - fit.kept;
	if (fit.freedom > 0)
		fit.rest = Rest(arm, fit.theta) * (n - 1) / fit.freedom;
	fit.variance = fit.rest * (1 / n + Leverage(arm->covariates, among, away, away) / (n - 1));
	return fit;
}

/* Both arms at the mean of all units; theta is what that does to the difference. */
static void
Lin(FFEffect *effect, const FFArm *control, const FFArm *treatment)
{
	double		between[FF_CROSS_VARIABLES] = {0};
	double		centre[FF_CROSS_VARIABLES] = {0};
	double		beyond[FF_CROSS_VARIABLES] = {0};
	double		share = (double) treatment->count / ((double) control->count + (double) treatment->count);
	OwnFit		c;
	OwnFit		t;

	Centre(control, treatment, between, centre);
	for (int i = 0; i < control->covariates; i++)
		beyond[i] = centre[i] - between[i];
	c = FitArm(control, centre);
	t = FitArm(treatment, beyond);
	for (int i = 0; i < control->covariates; i++)
		effect->theta[i] = (1 - share) * t.theta[i] + share * c.theta[i];
	Describe(effect, control, treatment);
	Warn(effect, control->covariates, c.kept < t.kept ? c.kept : t.kept);
	effect->difference = AdjustedDifference(control, treatment, effect->theta);
	effect->variance = c.variance + t.variance;
	effect->df = FFEffectFreedom(c.variance, c.freedom, t.variance, t.freedom);
	effect->covariance = -(control->variance - Dot(control->covariates, c.theta, control->with)) / (double) control->count;
	Reduce(effect, control, treatment, c.rest, t.rest);
	if (!(c.freedom > 0 && t.freedom > 0))
		effect->problem = FF_EFFECT_TOO_FEW_UNITS;
}

FFEffect
FFEffectOfCovariates(const FFCross *control, const FFCross *treatment, FFAdjustment method, bool proportion)
{
	FFEffect	effect = FFEffectOf(control->count, treatment->count);
	FFArm		c = FFArmOf(control, proportion);
	FFArm		t = FFArmOf(treatment, proportion);
	FFArm		pooled;
	double		among[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];

	if (effect.problem != FF_EFFECT_FINE)
	{
		Describe(&effect, &c, &t);
		return effect;
	}
	if (method == FF_ADJUST_ANCOVA)
		Ancova(&effect, &c, &t);
	else if (method == FF_ADJUST_LIN)
		Lin(&effect, &c, &t);
	else
	{
		pooled = Pooled(control, treatment);
		memcpy(among, pooled.among, sizeof(among));
		FFEffectAdjust(&effect, &c, &t, FFSolve(c.covariates, among, pooled.with, effect.theta));
	}
	return effect;
}
