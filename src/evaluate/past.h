/*
 * past.h
 *	  The configuration of an environment as of a time.
 */
#ifndef FF_PAST_H
#define FF_PAST_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "evaluate/rulesets.h"

/* What stands for the configuration, and what of it is not known. */
typedef struct FFPast
{
	FFOrigin	origin;			/* first */
	MemoryContext context;
	pg_uuid_t	project_id;
	TimestampTz at;
	int64		number;			/* the newest entry of the log that counts */
	bool		changed;		/* there is one */
	TimestampTz changed_at;
	text	   *clock;			/* how that is known */
	bool		certain;		/* but for what the lists below say */
	List	   *notes;			/* texts, of the environment */
	List	   *faults;			/* of rows that are not known */
	List	   *doubts;			/* of what the last evaluation asked for */
	MemoryContext doubts_context;
	List	   *lists;			/* of segments */
} FFPast;

/*
 * Find out which entries counted at a time.  False: the environment was not
 * there.  Everything is kept in the current context.
 */
extern bool FFPastOpen(FFPast *past, const FFRuleset *present, TimestampTz at);

/* Run one of our queries as the owner; the callback sees each row. */
typedef void (*FFPastReader) (FFPast *past, HeapTuple row, TupleDesc columns, void *argument);
extern void FFPastQuery(FFPast *past, const char *sql, int count, Oid *types, Datum *values,
						FFPastReader read, void *argument);

/* Something that the running evaluation asks for is not known as of then. */
extern void FFPastDoubt(FFPast *past, char *text);

/* Forget what the last evaluation was told. */
extern void FFPastStart(FFPast *past);

/* past_lists.c: what a segment contained. */
extern void FFPastBindSegment(FFOrigin *origin, FFBoundSegment *bound);

/* Attributes that were not passed are those of today, which leaves a doubt. */
extern const FFLookup FFPastLookup;

#endif
