/*
 * past_lists.c
 *	  What segments contained at a time, and what attributes were not passed.
 *
 * The list of a segment is known as it is now and, where the log tells of it, as
 * empty when the segment was made.  Between, an entry of the audit log that names
 * who came or went tells for sure; one that has only their number leaves open
 * whether a user was among them, unless that could not be: somebody who was not
 * in the list after some came did not come, who was there did not come again, and
 * an empty list has nobody.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "evaluate/members.h"
#include "evaluate/past.h"
#include "evaluate/query.h"
#include "evaluate/sources.h"
#include "model/tables.h"

/* A statement that has changed a list. */
typedef struct ListChange
{
	bool		added;
	bool		emptied;		/* the segment was made */
	int64		count;			/* -1: not known */
	int			named;			/* -1: only their number is */
	FFString   *users;
	char	   *since;			/* when that was */
} ListChange;

/* The list of one segment. */
typedef struct PastList
{
	const FFBoundSegment *bound;
	bool		has_members;	/* now */
	int64		count;			/* now, where that is of use; else -1 */
	List	   *later;			/* changes since then, in order */
	List	   *earlier;		/* those before, where they are of use */
	bool		same_query;		/* as now */
} PastList;

/* Row (added, count, users, since, emptied) of ff._list_changes. */
static void
ReadChange(FFPast *past, HeapTuple row, TupleDesc columns, void *argument)
{
	List	  **changes = argument;
	ListChange *change = palloc0(sizeof(ListChange));
	bool		isnull;
	Datum		users = SPI_getbinval(row, columns, 3, &isnull);

	(void) past;
	change->named = isnull ? -1 : FFTextArray(DatumGetArrayTypePCopy(users), &change->users);
	change->added = DatumGetBool(SPI_getbinval(row, columns, 1, &isnull));
	change->count = DatumGetInt64(SPI_getbinval(row, columns, 2, &isnull));
	if (isnull)
		change->count = -1;
	change->since = SPI_getvalue(row, columns, 4);
	change->emptied = DatumGetBool(SPI_getbinval(row, columns, 5, &isnull));
	*changes = lappend(*changes, change);
}

static void
ReadCount(FFPast *past, HeapTuple row, TupleDesc columns, void *argument)
{
	bool		isnull;

	(void) past;
	((PastList *) argument)->count = DatumGetInt64(SPI_getbinval(row, columns, 1, &isnull));
}

static bool
HasUnnamed(const PastList *list)
{
	ListCell   *cell;

	foreach(cell, list->later)
	{
		const ListChange *change = lfirst(cell);

		if (change->named < 0 && !change->emptied)
			return true;
	}
	return false;
}

static void
ReadChanges(FFPast *past, pg_uuid_t *segment_id, bool later, List **changes)
{
	Oid			types[] = {UUIDOID, INT8OID, UUIDOID, BOOLOID};
	Datum		values[] = {UUIDPGetDatum(&past->project_id), Int64GetDatum(past->number),
	UUIDPGetDatum(segment_id), BoolGetDatum(later)};

	FFPastQuery(past, "SELECT c.added, c.count, c.users, c.since, c.emptied"
				" FROM ff._list_changes($1, $2, $3, $4) c",
				lengthof(types), types, values, ReadChange, changes);
}

/* Numbers, and what was before, are asked for only where names are missing. */
static void
ReadList(FFPast *past, PastList *list, pg_uuid_t *segment_id)
{
	Oid			type = UUIDOID;
	Datum		value = UUIDPGetDatum(segment_id);

	ReadChanges(past, segment_id, true, &list->later);
	list->count = -1;
	if (!HasUnnamed(list))
		return;
	FFPastQuery(past, "SELECT count(*) FROM ff.segment_members m"
				" WHERE m.segment_id OPERATOR(pg_catalog.=) $1",
				1, &type, &value, ReadCount, list);
	ReadChanges(past, segment_id, false, &list->earlier);
}

static bool
IsText(HeapTuple tuple, Relation table, AttrNumber column, const char *text)
{
	FFString	now = FFColumnText(tuple, table, column);

	return now.data != NULL && strcmp(now.data, text) == 0;
}

/*
 * Whether a query of a segment is what is registered today: what a role has
 * taken back does not run with its rights again.
 */
static bool
IsRegistered(const FFSegmentImage *image)
{
	Relation	table = FFTableOpen("segments", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;
	bool		same;

	FFScanUuid(&scan, Anum_segments_id, &image->id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	tuple = FFScanNext(&scan);
	same = HeapTupleIsValid(tuple) &&
		IsText(tuple, table, Anum_segments_query, image->query->sql) &&
		IsText(tuple, table, Anum_segments_query_role, image->query->role);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return same;
}

static bool
Names(const ListChange *change, FFString user_key)
{
	for (int i = 0; i < change->named; i++)
	{
		if (FFStringEqual(change->users[i], user_key))
			return true;
	}
	return false;
}

/* A number of users after some have come or gone; -1: not known. */
static int64
CountAfter(int64 count, const ListChange *change, bool came)
{
	if (count < 0 || change->count < 0)
		return -1;
	return came ? count + change->count : count - change->count;
}

/* Whether a user is in a list, so far as that is known. */
typedef struct Membership
{
	bool		member;			/* or taken to be */
	bool		known;
	int64		count;			/* of the list; -1: not known */
} Membership;

/*
 * Go past a change, forwards or backwards: going back, who came goes.  True
 * where it makes unknown what was known: among the users that it does not name
 * may be this one.
 */
static bool
Pass(Membership *state, const ListChange *change, FFString user_key, bool forwards)
{
	bool		comes = change->added == forwards;

	if (change->emptied)
	{
		*state = (Membership) {false, true, 0};
		return false;
	}
	state->count = CountAfter(state->count, change, comes);
	if (Names(change, user_key) || state->count == 0)
	{
		state->member = comes && state->count != 0;
		state->known = true;
	}
	else if (change->named < 0 && state->known && state->member != comes)
	{
		state->known = false;
		return true;
	}
	return false;
}

/* From what the list is now, back; since: where it becomes unknown. */
static Membership
GoBack(const PastList *list, FFString user_key, const char **since)
{
	Membership	state = {list->has_members && FFMembersHas(&list->bound->image->id, user_key),
	true, list->count};

	for (int i = list_length(list->later) - 1; i >= 0; i--)
	{
		const ListChange *change = list_nth(list->later, i);

		if (Pass(&state, change, user_key, false))
			*since = change->since;
	}
	return state;
}

/* From what the log tells first. */
static Membership
GoForward(const PastList *list, FFString user_key)
{
	Membership	state = {false, false, -1};
	ListCell   *cell;

	foreach(cell, list->earlier)
		(void) Pass(&state, lfirst(cell), user_key, true);
	return state;
}

/*
 * Whether a user was in a list.  since is set where that is not known: when a
 * statement changed the list whose users are not.  The user then counts as
 * having been what he was after it.
 */
static bool
WasMember(const PastList *list, FFString user_key, const char **since)
{
	Membership	state = GoBack(list, user_key, since);
	Membership	other;

	if (!state.known)
	{
		other = GoForward(list, user_key);
		if (other.known)
			state = other;
	}
	if (state.known)
		*since = NULL;
	return state.member;
}

static PastList *
ListOf(const FFPast *past, const FFBoundSegment *bound)
{
	ListCell   *cell;

	foreach(cell, past->lists)
	{
		if (((PastList *) lfirst(cell))->bound == bound)
			return lfirst(cell);
	}
	return NULL;
}

/* What the query of a segment says today. */
static bool
AskQuery(FFPast *past, const PastList *list, FFString user_key)
{
	FFString	key = list->bound->segment.key;

	FFPastDoubt(past, psprintf(list->same_query ?
							   "the query of segment \"%.*s\" reads what is there today" :
							   "the query that segment \"%.*s\" had is not run: it has been changed since",
							   key.length, key.data));
	return list->same_query && FFQueryContains(list->bound->image->query, user_key);
}

/* What the engine asks before it looks at a segment's condition. */
static bool
Contained(FFSegment *segment, FFContext *context)
{
	const FFBoundSegment *bound = (const FFBoundSegment *) segment;
	FFPast	   *past = (FFPast *) ((FFRuleset *) context->source)->origin;
	const PastList *list = ListOf(past, bound);
	const char *since = NULL;
	bool		member;

	if (context->user_key.data == NULL)
		return false;
	member = WasMember(list, context->user_key, &since);
	if (since != NULL)
		FFPastDoubt(past, psprintf("the list of segment \"%.*s\" is known from %s on: many users came or went then",
								   segment->key.length, segment->key.data, since));
	if (member)
		return true;
	return bound->image->query != NULL && AskQuery(past, list, context->user_key);
}

void
FFPastBindSegment(FFOrigin *origin, FFBoundSegment *bound)
{
	FFPast	   *past = (FFPast *) origin;
	MemoryContext caller = MemoryContextSwitchTo(past->context);
	PastList   *list = palloc0(sizeof(PastList));

	list->bound = bound;
	list->has_members = FFMembersAny(&bound->image->id);
	list->same_query = bound->image->query != NULL && IsRegistered(bound->image);
	ReadList(past, list, &bound->image->id);
	past->lists = lappend(past->lists, list);
	MemoryContextSwitchTo(caller);
	if (list->has_members || list->later != NIL || bound->image->query != NULL)
		bound->segment.contains = Contained;
}

static FFValue
LookUpAttribute(FFContext *context, FFString name)
{
	FFPast	   *past = (FFPast *) ((FFRuleset *) context->source)->origin;
	FFValue		value = FFSourceLookup.attribute(context, name);

	if (value.type != FF_ABSENT)
		FFPastDoubt(past, psprintf("the attribute \"%.*s\" is what a context source has today",
								   name.length, name.data));
	return value;
}

static bool
IsShown(FFContext *context, FFString name)
{
	return FFSourceLookup.shown(context, name);
}

const FFLookup FFPastLookup = {LookUpAttribute, IsShown};
