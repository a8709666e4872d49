/*
 * sequential.h
 *	  Tests that hold at every look; nothing of it knows the server.
 */
#ifndef FF_SEQUENTIAL_H
#define FF_SEQUENTIAL_H

#include <stdbool.h>

#include "stats/alternative.h"

/* What a look answers; a bound that does not exist is infinite. */
typedef struct FFAnytime
{
	double		multiplier;		/* half the width, in standard errors */
	double		lower;
	double		upper;
	double		log_p;			/* natural, at most 0 */
} FFAnytime;

/* The mixture's variance, in units to the power of -1, for n near tuning. */
extern double FFConfidenceSequenceRho2(double alpha, double tuning, bool two_sided);

/* Half the width of the confidence sequence at n units, in standard errors. */
extern double FFConfidenceSequenceWidth(double n, double rho2, double alpha, bool two_sided);

extern FFAnytime FFConfidenceSequence(double effect, double standard_error, double n,
									  double alpha, double tuning, FFAlternative alternative);

/* The mixture likelihood ratio of an effect, logarithm, mixed by N(0, tau2). */
extern double FFMixtureLogRatio(double effect, double standard_error, double tau2);
extern FFAnytime FFMixtureTest(double effect, double standard_error, double tau2, double alpha);

/* An arm of Statsig's form: variance of a unit and count. */
typedef struct FFUnits
{
	double		variance;
	double		count;
} FFUnits;

/* Statsig's form; tau2 and variance of the difference are given back. */
extern FFAnytime FFMixtureTestStatsig(double effect, FFUnits control, FFUnits treatment,
									  double alpha, double *tau2, double *variance);

/*
 * Logarithm of the Bayes factor of a Dirichlet prior on the shares of arms
 * against the planned shares, which sum to 1; prior and shares are positive.
 */
extern double FFSplitLogEvidence(const double *observed, const double *shares,
								 const double *prior, int arms);

#endif
