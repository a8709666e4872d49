/*
 * effect.h
 *	  Estimates that are no plain difference of means: ratios, adjusted for
 *	  covariates, weighted by strata, quantiles.  Nothing of it knows the server.
 */
#ifndef FF_EFFECT_H
#define FF_EFFECT_H

#include <stdbool.h>

#include "stats/cross.h"

/* Why numbers are missing. */
typedef enum FFEffectProblem
{
	FF_EFFECT_FINE,
	FF_EFFECT_NO_CONTROL_UNITS,
	FF_EFFECT_NO_TREATMENT_UNITS,
	FF_EFFECT_TOO_FEW_UNITS,
	FF_EFFECT_ZERO_DENOMINATOR,
	FF_EFFECT_QUANTILE_BOUNDS,	/* an arm's quantile has no interval */
	FF_EFFECT_ZERO_VARIANCE,
	FF_EFFECT_ZERO_CONTROL_MEAN,
	FF_EFFECT_OUT_OF_RANGE
} FFEffectProblem;

/* What a reader of the numbers must know. */
typedef enum FFEffectWarning
{
	FF_EFFECT_NO_WARNING,
	FF_EFFECT_WEAK_DENOMINATOR, /* its mean varies by more than 30 % */
	FF_EFFECT_COVARIATE_DROPPED,	/* without variance of its own */
	FF_EFFECT_UNADJUSTED,		/* no covariate is left */
	FF_EFFECT_STRATA_MERGED
} FFEffectWarning;

typedef enum FFAdjustment
{
	FF_ADJUST_CUPED,
	FF_ADJUST_ANCOVA,
	FF_ADJUST_LIN
} FFAdjustment;

/* What is not known is NaN. */
typedef struct FFEffect
{
	FFEffectProblem problem;
	FFEffectWarning warning;
	double		control_mean;
	double		treatment_mean;
	double		difference;		/* the estimate, perhaps not that of the means */
	double		variance;		/* of the difference */
	double		df;
	double		control_variance;	/* of control_mean */
	double		covariance;		/* of difference and control_mean */
	double		lift_variance;	/* where the delta method is not to be used */
	int			covariates;
	double		theta[FF_CROSS_VARIABLES];
	double		control_reduction;	/* of the units' variance */
	double		treatment_reduction;
	double		reduction;		/* of that of the difference */
} FFEffect;

typedef struct FFEffectTest
{
	double		standard_error;
	double		t;
	double		p_value;
	double		log10_p;
	double		lower;
	double		upper;
	double		lift;
	double		lift_standard_error;
	double		lift_lower;
	double		lift_upper;
	bool		has_interval;
	bool		lift_unbounded;
} FFEffectTest;

/* An arm after what was before it is taken for its covariates. */
typedef struct FFArm
{
	int64_t		count;
	int			covariates;
	FFPrecise	mean;
	double		variance;
	FFPrecise	means[FF_CROSS_VARIABLES];
	double		with[FF_CROSS_VARIABLES];	/* covariance with the outcome */
	double		among[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
} FFArm;

/* Nothing is known yet but the problem of an arm with too few units. */
extern FFEffect FFEffectOf(int64_t control, int64_t treatment);

/* Satterthwaite's degrees of freedom of a sum of two variances. */
extern double FFEffectFreedom(double a, double a_freedom, double b, double b_freedom);

/* Test of the difference, or of the lift by the delta method; sets the problem. */
extern FFEffectTest FFEffectTests(FFEffect *effect, double alpha, bool delta);

/* Outcome first, then covariates; a proportion's variance is over n. */
extern FFArm FFArmOf(const FFCross *cross, bool proportion);

/* theta of xx theta = xy; false at covariates that others determine, theta 0. */
extern int	FFSolve(int count, double xx[][FF_CROSS_VARIABLES], const double *xy, double *theta);

/* The difference with theta for both arms, by Deng and others (2013). */
extern void FFEffectAdjust(FFEffect *effect, const FFArm *control, const FFArm *treatment, int kept);

extern FFEffect FFEffectOfCovariates(const FFCross *control, const FFCross *treatment,
									 FFAdjustment method, bool proportion);

/* Numerator and denominator, and perhaps both from before. */
extern FFEffect FFEffectOfRatio(const FFCross *control, const FFCross *treatment);

/* Strata that are taken at most. */
#define FF_STRATA 1000

/* Post-stratification; the states of cells that cannot stand alone are merged. */
extern FFEffect FFEffectOfStrata(FFCross **controls, FFCross **treatments, int strata, bool proportion);

/* The least-squares effect with one slope for both arms, and that at its covariates' mean. */
typedef struct FFLeastSquares
{
	double		effect;
	double		base;			/* control at the mean of the covariates */
	double		effect_variance;
	double		base_variance;
	double		covariance;
	double		residual;		/* variance */
	double		freedom;
	int			kept;
	double		theta[FF_CROSS_VARIABLES];
	double		slope_variance; /* of the fit at a random unit's covariates */
} FFLeastSquares;

extern FFLeastSquares FFRegress(const FFArm *control, const FFArm *treatment);

/*
 * What a unit adds to the variance HC2 of its arm's mean at the covariates of all
 * units, when the arm has a slope of its own (Lin 2013).
 */
typedef struct FFRobust
{
	int			covariates;
	double		share;			/* 1 / n */
	FFPrecise	mean;
	FFPrecise	means[FF_CROSS_VARIABLES];
	double		theta[FF_CROSS_VARIABLES];
	double		inverse[FF_CROSS_VARIABLES][FF_CROSS_VARIABLES];
	double		away[FF_CROSS_VARIABLES];	/* inverse times the way to that point */
} FFRobust;

/* Of at least two units. */
extern FFRobust FFRobustOf(const FFCross *own, const FFCross *everybody);

/* Infinite for a unit that its covariates determine. */
extern double FFRobustTerm(const FFRobust *fit, const double *values);

/* A quantile and its interval of 95 % as if n_star values had been seen. */
typedef struct FFQuantile
{
	int64_t		count;
	int64_t		n_star;
	double		level;
	double		value;
	double		lower;
	double		upper;
} FFQuantile;

/* The quantile of finite values by R's type 7, as percentile_cont; reorders them. */
extern double FFQuantileOf(double *values, int64_t count, double level);

/* All of it; bounds are NaN where the values do not reach them. */
extern FFQuantile FFQuantileInterval(double *values, int64_t count, double level);

/*
 * Two quantiles; where clusters are given (values up to the quantile, and values,
 * in each), they are what varies, not the values.
 */
extern FFEffect FFEffectOfQuantiles(const FFQuantile *control, const FFQuantile *treatment,
									const FFCross *control_clusters, const FFCross *treatment_clusters);

#endif
