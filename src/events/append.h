/*
 * append.h
 *	  Exposures as rows of their table.
 */
#ifndef FF_APPEND_H
#define FF_APPEND_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "events/written.h"

/* An exposure as it is put together. */
typedef struct FFExposure
{
	FFMeeting	meeting;
	FFString	experiment;
	Jsonb	   *dimensions;		/* NULL: none is wanted, or known */
	text	   *variation;
	FFString	environment;		/* set by whoever writes it */
	FFString	project;
	TimestampTz at;
} FFExposure;

/* Locks the table until the end of the transaction, for one row or many. */
typedef struct FFAppend FFAppend;
extern FFAppend *FFAppendBegin(void);

/*
 * Write a row, and whatever indexes an administrator has put on the table, under
 * the keys that the environment has now.  False where it is gone.
 */
extern bool FFAppendRow(FFAppend *append, const pg_uuid_t *environment_id, FFExposure *exposure);
extern void FFAppendEnd(FFAppend *append);

#endif
