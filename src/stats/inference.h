/*
 * inference.h
 *	  Two arms compared; nothing of it knows the server.
 */
#ifndef FF_INFERENCE_H
#define FF_INFERENCE_H

#include <stdbool.h>

#include "stats/alternative.h"
#include "stats/moments.h"

/* Why numbers are missing from a comparison. */
typedef enum FFProblem
{
	FF_PROBLEM_NONE,
	FF_PROBLEM_NO_CONTROL_UNITS,
	FF_PROBLEM_NO_TREATMENT_UNITS,
	FF_PROBLEM_TOO_FEW_UNITS,	/* fewer than two in an arm: no variance */
	FF_PROBLEM_ZERO_VARIANCE,	/* in both arms */
	FF_PROBLEM_ZERO_CONTROL_MEAN,	/* no lift, all else is there */
	FF_PROBLEM_OUT_OF_RANGE		/* a number is beyond double */
} FFProblem;

/* By FFProblem, as SQL names them; NULL where there is none. */
extern const char *const FFProblemNames[];

/* How two arms are compared; zero but for alpha is the usual way. */
typedef struct FFComparing
{
	double		alpha;
	bool		proportion;		/* a unit's variance is that of the population: over count */
	bool		pooled;			/* Student's test: one variance for both arms */
	bool		delta;			/* test and interval of the lift, by the delta method */
	FFAlternative alternative;
} FFComparing;

/* Bounds; NaN where they are not known, infinite where a side is open. */
typedef struct FFInterval
{
	double		lower;
	double		upper;
} FFInterval;

/* What is not known is NaN. */
typedef struct FFComparison
{
	double		control_mean;
	double		treatment_mean;
	double		difference;
	double		standard_error;
	double		df;
	double		t;
	double		p_value;
	double		log10_p;
	double		lower;
	double		upper;
	double		lift;
	double		lift_lower;
	double		lift_upper;
	double		lift_error;		/* standard error by the delta method */
	double		control_variance;	/* of the mean */
	double		treatment_variance;
	double		fisher_p;		/* this and Newcombe's interval where counts are small */
	FFInterval	newcombe;
	bool		has_interval;	/* and so lift_unbounded says something */
	bool		lift_unbounded;
	FFProblem	problem;
} FFComparison;

/* Treatment against control by a t-test with intervals at 1 - alpha. */
extern FFComparison FFCompareArmsBy(const FFMoments *control, const FFMoments *treatment,
									const FFComparing *comparing);

/* The usual way: Welch's test, two-sided. */
extern FFComparison FFCompareArms(const FFMoments *control, const FFMoments *treatment,
								  double alpha, bool proportion);

/* Two means with the variances of the means, and their covariance. */
typedef struct FFMeans
{
	double		control;
	double		treatment;
	double		difference;		/* may be more exact than treatment - control */
	double		control_variance;
	double		treatment_variance;
	double		covariance;
} FFMeans;

/* The lift, a share of the control's absolute mean, with its interval. */
typedef struct FFLift
{
	double		point;
	double		lower;
	double		upper;
	double		g;
	bool		bounded;
} FFLift;

/* Fieller's interval with a quantile of t or of the normal distribution. */
extern FFLift FFFieller(const FFMeans *means, double quantile);

/* The standard error of the lift by the delta method. */
extern double FFDeltaError(const FFMeans *means);

/* A metric that must not get worse. */
typedef struct FFGuardrail
{
	double		margin;			/* what harm is accepted, not negative; NaN: none is stated */
	bool		absolute;		/* the margin is a difference, not a share of the control's mean */
	bool		less_is_better;
} FFGuardrail;

/* With a margin p is that of more harm than it by chance, without that of no harm. */
typedef struct FFGuardrailAnswer
{
	double		effect;			/* lift, or difference where the margin is one */
	double		bound;			/* the worst that is not ruled out at alpha */
	double		t;
	double		df;
	double		log_p;
	FFProblem	problem;
} FFGuardrailAnswer;

extern FFGuardrailAnswer FFGuard(const FFMoments *control, const FFMoments *treatment,
								 const FFComparing *comparing, const FFGuardrail *guardrail);

/* Whether all units can have been 0 or 1; rounded moments are allowed for. */
extern bool FFIsProportion(const FFMoments *moments);

/* Pearson's chi-square of counts against positive weights. */
extern double FFSplitChiSquare(const double *observed, const double *weights, int arms);

/* A probability and its logarithm to base 10 from the natural logarithm. */
extern void FFProbability(double log_p, double *p_value, double *log10_p);

/* log(p) of a t with df degrees of freedom, infinite ones being normal. */
extern double FFTestLogP(double t, double df, FFAlternative alternative);

/* The quantile that an interval at level 1 - alpha has. */
extern double FFTestQuantile(double alpha, double df, FFAlternative alternative);

#endif
