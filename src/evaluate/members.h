/*
 * members.h
 *	  Whether a user is in the list or the query of a segment.
 */
#ifndef FF_MEMBERS_H
#define FF_MEMBERS_H

#include "postgres.h"

#include "evaluate/rulesets.h"

/* Whether anybody is in a list: only then is it asked for each user. */
extern bool FFMembersAny(const pg_uuid_t *segment_id);

/* Whether a user is in it. */
extern bool FFMembersHas(const pg_uuid_t *segment_id, FFString user_key);

/* Let a bound segment know of its list and query. */
extern void FFMembersBind(FFBoundSegment *bound);

#endif
