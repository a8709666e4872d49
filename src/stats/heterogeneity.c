/*
 * heterogeneity.c
 *	  Whether an effect is the same in all segments.
 *
 * W. G. Cochran (1954) for Q; J. Higgins, S. Thompson (2002) for I2;
 * R. DerSimonian, N. Laird (1986) for the variance between segments.
 */
#include <math.h>

#include "stats/distribution.h"
#include "stats/segments.h"

/* The mean by precision, in units of the smallest error: nothing overflows. */
typedef struct Pool
{
	double		unit;
	double		weight;
	double		squares;		/* of weights */
	double		mean;
} Pool;

static double
WeightOf(const Pool *pool, double error, double tau2)
{
	double		ratio = pool->unit / hypot(error, sqrt(tau2));

	return ratio * ratio;
}

static Pool
PoolOf(const double *effects, const double *errors, int count, double tau2)
{
	Pool		pool = {.unit = INFINITY};
	double		first = effects[0];

	for (int i = 0; i < count; i++)
		pool.unit = fmin(pool.unit, hypot(errors[i], sqrt(tau2)));
	for (int i = 0; i < count; i++)
	{
		double		weight = WeightOf(&pool, errors[i], tau2);

		pool.weight += weight;
		pool.squares += weight * weight;
		/* from the first: equal effects have their value as the mean */
		pool.mean += weight * (effects[i] - first);
	}
	pool.mean = first + pool.mean / pool.weight;
	return pool;
}

FFHeterogeneity
FFCochranQ(const double *effects, const double *errors, int count)
{
	Pool		pool = PoolOf(effects, errors, count, 0);
	FFHeterogeneity answer = {.fixed = pool.mean, .fixed_error = pool.unit / sqrt(pool.weight), .df = count - 1};
	double		excess;

	for (int i = 0; i < count; i++)
		answer.q += pow((effects[i] - pool.mean) / errors[i], 2);
	answer.log_p = count > 1 ? FFChiSquareLogTail(answer.q, answer.df) : NAN;
	excess = fmax(answer.q - answer.df, 0);
	answer.i2 = excess > 0 ? excess / answer.q : 0;
	if (excess > 0)
		answer.tau2 = excess / (pool.weight - pool.squares / pool.weight) * pool.unit * pool.unit;
	pool = PoolOf(effects, errors, count, answer.tau2);
	answer.random = pool.mean;
	answer.random_error = pool.unit / sqrt(pool.weight);
	return answer;
}
