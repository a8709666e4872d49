/*
 * moments_pg.h
 *	  ff.moments as an argument of SQL functions.
 */
#ifndef FF_MOMENTS_PG_H
#define FF_MOMENTS_PG_H

#include "fmgr.h"

#include "stats/moments.h"

/* Fixed in length: never toasted, aligned as a double. */
#define FF_GETARG_MOMENTS(n) ((const FFMoments *) PG_GETARG_POINTER(n))

#endif
