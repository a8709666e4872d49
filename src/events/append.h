/*
 * append.h
 *	  Exposures as rows of their table.
 */
#ifndef FF_APPEND_H
#define FF_APPEND_H

#include "postgres.h"

#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "events/written.h"

/* An exposure as it is put together. */
typedef struct FFExposure
{
	FFMeeting	meeting;
	FFString	experiment;
	ArrayType  *wanted;			/* names of dimensions */
	Jsonb	   *dimensions;		/* NULL: none is wanted, or known */
	text	   *variation;
	FFString	environment;
	FFString	project;
	TimestampTz at;
} FFExposure;

/* Write the row, and whatever indexes an administrator has put on the table. */
extern void FFExposureAppend(const pg_uuid_t *environment_id, FFExposure *exposure);

#endif
