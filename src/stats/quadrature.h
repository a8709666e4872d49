/*
 * quadrature.h
 *	  Gauss and Legendre's rule of 16 points, for integrals over panels.
 */
#ifndef FF_QUADRATURE_H
#define FF_QUADRATURE_H

#define FF_GAUSS_POINTS 16

/* On -1 to 1, in order. */
extern const double FFGaussNodes[FF_GAUSS_POINTS];
extern const double FFGaussWeights[FF_GAUSS_POINTS];

#endif
