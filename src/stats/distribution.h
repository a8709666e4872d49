/*
 * distribution.h
 *	  Normal, Student's t and chi-square: tails, their logarithms, quantiles.
 *
 * Tails are computed as tails, never as 1 minus the rest: relative errors stay
 * near 1e-13 down to the smallest double, and logarithms (natural ones) go on
 * below.  Infinite arguments have their limits; NaN gives NaN.
 */
#ifndef FF_DISTRIBUTION_H
#define FF_DISTRIBUTION_H

/* P(Z > z). */
extern double FFNormalTail(double z);
extern double FFNormalLogTail(double z);

/* The z below which a share p lies. */
extern double FFNormalQuantile(double p);

/* P(T > t) with df > 0 degrees of freedom, whole or not. */
extern double FFStudentTail(double t, double df);
extern double FFStudentLogTail(double t, double df);

/* The t below which a share p lies, and the one above which it does. */
extern double FFStudentQuantile(double p, double df);
extern double FFStudentTailQuantile(double p, double df);

/* P(X > x) with df > 0. */
extern double FFChiSquareTail(double x, double df);
extern double FFChiSquareLogTail(double x, double df);

#endif
