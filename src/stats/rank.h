/*
 * rank.h
 *	  Tests that look at the order of values only.
 */
#ifndef FF_RANK_H
#define FF_RANK_H

#include "stats/inference.h"

/* u: pairs in which the treatment's value is the larger, ties counting a half. */
typedef struct FFRankTest
{
	double		u;
	double		z;
	double		log_p;
} FFRankTest;

/* Sorts both arrays; neither is empty nor holds NaN. */
extern FFRankTest FFMannWhitney(double *control, int controls, double *treatment, int treatments,
								FFAlternative alternative);

#endif
