/*
 * cross_pg.h
 *	  ff.cross_moments as an argument of SQL functions.
 */
#ifndef FF_CROSS_PG_H
#define FF_CROSS_PG_H

#include "fmgr.h"

#include "stats/cross.h"

/* A copy to work on. */
extern FFCross *FFCrossOfDatum(Datum datum);

/* The value to return. */
extern Datum FFCrossGetDatum(const FFCross *cross);

#define FF_GETARG_CROSS(n) FFCrossOfDatum(PG_GETARG_DATUM(n))

#endif
