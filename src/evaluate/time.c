/*
 * time.c
 *	  ff._time: a time in a document, as the engine reads it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "engine/engine.h"

PG_FUNCTION_INFO_V1(ff_time);

/* NULL where the text is no RFC 3339 time with an offset. */
Datum
ff_time(PG_FUNCTION_ARGS)
{
	int64_t		time;

	if (!FFParseTime(FFStringOfText(PG_GETARG_TEXT_PP(0)), &time))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(time);
}
