/*
 * inference.h
 *	  Two arms compared; nothing of it knows the server.
 */
#ifndef FF_INFERENCE_H
#define FF_INFERENCE_H

#include <stdbool.h>

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
	bool		has_interval;	/* and so lift_unbounded says something */
	bool		lift_unbounded;
	FFProblem	problem;
} FFComparison;

/*
 * Treatment against control by Welch's test with intervals at 1 - alpha.  The
 * variance of a proportion's units is that of the population: over count.
 */
extern FFComparison FFCompareArms(const FFMoments *control, const FFMoments *treatment,
								  double alpha, bool proportion);

/* Whether all units can have been 0 or 1; rounded moments are allowed for. */
extern bool FFIsProportion(const FFMoments *moments);

/* Pearson's chi-square of counts against positive weights. */
extern double FFSplitChiSquare(const double *observed, const double *weights, int arms);

/* A two-sided probability and its logarithm from the logarithm of a tail. */
extern void FFProbability(double log_p, double *p_value, double *log10_p);

#endif
