/*
 * members.h
 *	  Whether a user is in the list or the query of a segment.
 */
#ifndef FF_MEMBERS_H
#define FF_MEMBERS_H

#include "postgres.h"

#include "evaluate/rulesets.h"

/* Let a bound segment know of its list and query. */
extern void FFMembersBind(FFBoundSegment *bound);

#endif
