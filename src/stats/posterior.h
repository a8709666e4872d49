/*
 * posterior.h
 *	  What is believed of an effect after the data.
 */
#ifndef FF_POSTERIOR_H
#define FF_POSTERIOR_H

#include "stats/counts.h"

/* Natural logarithms, for what is too small for a double. */
typedef struct FFBelief
{
	double		effect;
	double		stddev;
	double		log_chance;		/* that the treatment is better */
	double		log_chance_control;
	FFInterval	interval;
	double		log_loss_treatment;	/* expected, if the treatment is shipped */
	double		log_loss_control;
} FFBelief;

/* A normal prior; flat where stddev is infinite. */
typedef struct FFPrior
{
	double		mean;
	double		stddev;
} FFPrior;

/* Normal data and prior; less_is_better turns chances and losses. */
extern FFBelief FFNormalPosterior(double effect, double error, FFPrior prior,
									 double alpha, bool less_is_better);

/* Successes are a, failures b; both above 0. */
typedef struct FFBeta
{
	double		a;
	double		b;
} FFBeta;

/* log(P(X < x)), log(P(X > x)), x being logit(probability). */
extern double FFBetaLogBelow(FFBeta beta, double x);
extern double FFBetaLogAbove(FFBeta beta, double x);

/* The probability beneath which a share p lies. */
extern double FFBetaQuantile(FFBeta beta, double p);

/* The treatment's proportion against the control's; independent. */
extern FFBelief FFBetaPosterior(FFBeta control, FFBeta treatment);

#endif
