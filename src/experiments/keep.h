/*
 * keep.h
 *	  What a refresh keeps of units: rows of a page each, full of units and sums.
 */
#ifndef FF_KEEP_H
#define FF_KEEP_H

#include "postgres.h"

#include "experiments/gather.h"

/* What stands at the start of a page, at any multiple of 4; behind it, a unit and its sums each. */
typedef struct FFPageHead
{
	uint32		magic;
	uint32		units;
	uint32		seed_high;		/* of the keys */
	uint32		seed_low;
	uint16		sums;
	uint16		decimals;
} FFPageHead;

/* The units of the part that has been read, and their sums, to pages. */
extern void FFKeepUnits(FFAnalysis *analysis);

/* A page's head; NULL where it is none of this version. */
extern const FFPageHead *FFPageHeadOf(const bytea *page);

/* A unit of a page, and its sums. */
extern const char *FFPageUnit(const FFPageHead *head, uint32 number, FFUnit *unit);

#endif
