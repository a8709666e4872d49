/*
 * renew.h
 *	  An analysis that goes on from units that the last one kept.
 *
 * What is new comes first: exposures, events, and units that count otherwise by
 * now.  Then units are looked up in what was kept, and what they add now takes the
 * place of what they added then.  Only those are read again whose first exposure
 * is another than before, or of whose events one is known already.
 */
#ifndef FF_RENEW_H
#define FF_RENEW_H

#include "postgres.h"

#include "experiments/gather.h"

/* What is known of a unit. */
#define FF_RENEW_KNOWN 1		/* it was kept */
#define FF_RENEW_MET 2			/* there are new exposures */
#define FF_RENEW_AGAIN 4		/* all its events must be read */
#define FF_RENEW_NEWS 8			/* there is something new */

/* The key of a unit whose events may have to be read. */
typedef struct FFRenewName
{
	FFUnitKey	key;
	text	   *name;
} FFRenewName;

typedef struct FFRenewal
{
	bool		everything;		/* all units count, not those alone of which something is new */
	bool		given_up;		/* too much is new, or a value did not fit */
	bool		is_laid_out;	/* what was kept and what is new are together */
	TimestampTz before;			/* as of which units were kept */
	int			decimals;
	uint32		space;			/* of the next three, by the numbers of units */
	uint8	   *flags;
	FFUnit	   *old;			/* as they were kept; NULL with everything */
	char	   *sums;
	int64		name_count;
	int64		name_space;
	FFRenewName *names;
	int64		waiting_count;
	int64		waiting_space;
	FFWaiting  *waiting;		/* new events */
	int64		news;			/* units of which something is new, of all parts */
	HTAB	   *gone;			/* FFCell: what they added then */
} FFRenewal;

/* Where an analysis goes on; an error where it does not, or is at another step. */
extern FFRenewal *FFRenewalOf(FFAnalysis *analysis, bool is_laid_out);

/* Begin with a part. */
extern void FFRenewRestart(FFAnalysis *analysis);

/* An array of the analysis with more room, its new elements 0. */
extern void *FFRenewWiden(FFAnalysis *analysis, void *array, Size element, Size count, Size space);

/* The number of a unit, which is put into the table where it is not there. */
extern uint32 FFRenewNumber(FFAnalysis *analysis, FFUnitKey key);

/* Take new exposures of a unit (news.c). */
extern void FFRenewMeet(FFAnalysis *analysis, const FFUnit *met, text *name);

/* Take a new event, until its unit is known. */
extern void FFRenewEvent(FFAnalysis *analysis, text *unit, Numeric value, TimestampTz at, int64 mask);

/* Whether only some units are read: others are known besides. */
extern bool FFRenewOfSome(const FFAnalysis *analysis);

#endif
