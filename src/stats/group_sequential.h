/*
 * group_sequential.h
 *	  Bounds for a planned number of looks; nothing of it knows the server.
 *
 * Information is in shares of the plan: 1 is the end.  With drift d, the test
 * statistic z at information t is normal with mean d sqrt(t) and variance 1, so
 * d is the mean of z at the end.
 */
#ifndef FF_GROUP_SEQUENTIAL_H
#define FF_GROUP_SEQUENTIAL_H

#include <stdbool.h>

typedef enum FFSpending
{
	FF_SPEND_OBRIEN_FLEMING,	/* Lan and DeMets: like O'Brien and Fleming */
	FF_SPEND_POCOCK,			/* Lan and DeMets: like Pocock */
	FF_SPEND_KIM_DEMETS,		/* alpha t^parameter */
	FF_SPEND_HWANG_SHIH_DECANI,
	FF_WANG_TSIATIS				/* bounds of a shape: constant t^(parameter - 1/2) */
} FFSpending;

typedef struct FFGroupDesign
{
	FFSpending	spending;
	double		parameter;
	double		alpha;			/* of one side, below 1/2 */
	bool		two_sided;		/* with bounds on either side */
	bool		final;			/* the last look spends what is left */
	int			looks;
	const double *information;	/* positive, ascending */
	const double *spent_at;		/* shares of the plan that alpha is spent by; NULL: the information */
	void		(*pause) (void);	/* called between looks, or NULL */
} FFGroupDesign;

/* A look; probabilities are of one side and of all looks so far. */
typedef struct FFGroupLook
{
	double		bound;			/* of z; infinite where nothing is spent */
	double		spent;			/* alpha */
	double		above;			/* of crossing upwards under the drift */
	double		below;			/* of crossing downwards, where two-sided */
} FFGroupLook;

/* How near looks may be: the smallest growth of information in a look. */
#define FF_GROUP_GROWTH 1e-4

/* How many numbers of memory the integrals need. */
extern long FFGroupRoom(const FFGroupDesign *design);

/* Bounds and alpha spent. */
extern void FFGroupBounds(const FFGroupDesign *design, double *room, FFGroupLook *looks);

/* Probabilities of crossing the bounds that are in looks. */
extern void FFGroupPower(const FFGroupDesign *design, double drift, double *room, FFGroupLook *looks);

/*
 * The drift at which the bounds in looks are crossed upwards with this power;
 * infinite where none is.
 */
extern double FFGroupDrift(const FFGroupDesign *design, double power, double *room, FFGroupLook *looks);

/*
 * Logarithm of the one-sided alpha at which the bound of a look (from 0) is z:
 * the repeated p-value.  0 from z = 0 or an alpha of 1/2 on.  looks is
 * overwritten.
 */
extern double FFGroupLogP(const FFGroupDesign *design, int look, double z, double *room, FFGroupLook *looks);

#endif
