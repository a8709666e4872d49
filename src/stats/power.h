/*
 * power.h
 *	  Planning: how many units find which effect; nothing of it knows the server.
 */
#ifndef FF_POWER_H
#define FF_POWER_H

#include <stdbool.h>

#include "stats/sequential.h"

/* By which test the experiment will be read. */
typedef enum FFPlanTest
{
	FF_PLAN_WELCH,				/* of the difference, normal quantiles */
	FF_PLAN_STUDENT,			/* Student's with pooled variance, exact */
	FF_PLAN_POOLED,				/* of proportions with pooled variance */
	FF_PLAN_GROWTHBOOK			/* of the lift by the delta method */
} FFPlanTest;

typedef struct FFPlan
{
	double		mean;			/* of the control's units, or their rate */
	double		deviation;		/* standard deviation of a unit; NaN: a proportion */
	double		alpha;
	double		ratio;			/* units of the treatment for one of control */
	FFAlternative alternative;
	double		margin;			/* of non-inferiority, in the effect's scale */
	bool		relative;		/* effect and margin are shares of abs(mean) */
	FFPlanTest	test;
	double		tuning;			/* of a confidence sequence; NaN: one look */
	double		inflation;		/* units that other sequential plans cost */
} FFPlan;

/* Chances of a significant result, by its direction. */
typedef struct FFPower
{
	double		right;
	double		wrong;
} FFPower;

/* P(T > q) of Student's t with noncentrality d. */
extern double FFNoncentralTail(double q, double df, double d);

/* Whether an effect can be: a rate between 0 and 1. */
extern bool FFPlanAllows(const FFPlan *plan, double effect);

/* Whether it lies, with the margin, on the side that the test looks at. */
extern bool FFPlanSeeks(const FFPlan *plan, double effect);

/* With n units in control (not always whole) and this effect. */
extern FFPower FFPlanPower(const FFPlan *plan, double n, double effect);

/* Units in control for this power; infinite where none are enough. */
extern double FFPlanUnits(const FFPlan *plan, double effect, double power);

/* The least effect found with this power by n units; NaN where there is none. */
extern double FFPlanEffect(const FFPlan *plan, double n, double power);

/* What a running experiment has: se at n units of both arms. */
typedef struct FFProgress
{
	double		standard_error;
	double		n;
	double		alpha;
	FFAlternative alternative;
	double		tuning;			/* NaN: one look */
} FFProgress;

/* Power for an effect with as many more units as a share of those there are. */
extern double FFProgressPower(const FFProgress *progress, double effect, double more);

/* That share for a power; 0 where it is reached, infinite where it never is. */
extern double FFProgressMissing(const FFProgress *progress, double effect, double power);

#endif
