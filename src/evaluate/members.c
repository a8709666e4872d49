/*
 * members.c
 *	  Whether a user is in the list of a segment.
 *
 * Lists have millions of members and are never loaded: each question is one
 * probe of their index, under the statement's snapshot.  Which index that is,
 * is found out once a statement; the locks taken then last as long as the pin.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/probe.h"
#include "evaluate/members.h"
#include "evaluate/pin.h"
#include "evaluate/query.h"
#include "model/tables.h"

/* A probe into the table of all lists, for the statement that is pinned. */
static struct
{
	uint64		serial;
	uint64		changes;
	MemoryContext context;
	FFProbe    *probe;
}			Lists;

static const AttrNumber ListKey[] = {
	Anum_segment_members_user_key, Anum_segment_members_segment_id
};

static void
OpenLists(void)
{
	Relation	table = FFTableOpen("segment_members", AccessShareLock);
	MemoryContext caller;

	Lists.serial = 0;
	Lists.changes = FFRelationChanges;
	if (Lists.context == NULL)
		Lists.context = AllocSetContextCreate(TopMemoryContext, "featureflow lists",
											  ALLOCSET_SMALL_SIZES);
	MemoryContextReset(Lists.context);
	caller = MemoryContextSwitchTo(Lists.context);
	Lists.probe = FFProbeCreate(table, FFIndexOn(table, ListKey, lengthof(ListKey)),
								lengthof(ListKey));
	MemoryContextSwitchTo(caller);
	table_close(table, NoLock);
	Lists.serial = FFPinLast();
}

static inline bool
HasMember(const pg_uuid_t *segment_id, FFString user_key)
{
	Datum		keys[] = {PointerGetDatum(FFStringToText(user_key)), UUIDPGetDatum(segment_id)};

	if (Lists.serial != FFPinLast() || Lists.changes != FFRelationChanges)
		OpenLists();
	return FFProbeExists(Lists.probe, keys, lengthof(keys));
}

bool
FFMembersHas(const pg_uuid_t *segment_id, FFString user_key)
{
	return HasMember(segment_id, user_key);
}

bool
FFMembersAny(const pg_uuid_t *segment_id)
{
	Relation	table = FFTableOpen("segment_members", AccessShareLock);
	FFScan		scan = {0};
	bool		found;

	FFScanUuid(&scan, Anum_segment_members_segment_id, segment_id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	found = HeapTupleIsValid(FFScanNext(&scan));
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return found;
}

/* What the engine asks before it looks at a segment's condition. */
static bool
Contains(FFSegment *segment, FFContext *context)
{
	const FFBoundSegment *bound = (const FFBoundSegment *) segment;

	if (context->user_key.data == NULL)
		return false;
	if (bound->has_members && HasMember(&bound->image->id, context->user_key))
		return true;
	return bound->image->query != NULL &&
		FFQueryContains(bound->image->query, context->user_key);
}

void
FFMembersBind(FFBoundSegment *bound)
{
	bound->has_members = FFMembersAny(&bound->image->id);
	if (bound->has_members || bound->image->query != NULL)
		bound->segment.contains = Contains;
}
