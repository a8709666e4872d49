/*
 * bandit.h
 *	  How likely each arm is the best; nothing of it knows the server.
 */
#ifndef FF_BANDIT_H
#define FF_BANDIT_H

/* So many arms at most: the time grows with their cube. */
#define FF_BANDIT_ARMS 100

/* What is known of an arm's mean: normal, or certain where error is 0. */
typedef struct FFPosterior
{
	double		mean;
	double		error;
} FFPosterior;

/* With a normal prior; an infinite variance is none. */
extern FFPosterior FFPosteriorOf(double mean, double error, double prior_mean, double prior_variance);

/*
 * Probabilities that each arm has the largest mean, and the second largest,
 * within 1e-12.  room is for 40 numbers an arm.  pause, or NULL, is called
 * between arms.
 */
extern void FFRankArms(const FFPosterior *arms, int count, double *room,
					   double *first, double *second, void (*pause) (void));

#define FF_BANDIT_ROOM 40

#endif
