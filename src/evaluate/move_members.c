/*
 * move_members.c
 *	  Moves versions when the list of a segment changes.
 *
 * Millions of rows may come at once, so each costs a comparison: the project of
 * the segment is looked up once a statement.  Nothing compiled depends on who is
 * in a list; the version moves for those who poll it, and because a list that was
 * empty is asked from now on.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/trigger.h"
#include "evaluate/moves.h"
#include "evaluate/pin.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_move_members);

/* The segment of the statement's last row, whose project has been moved. */
static struct
{
	LocalTransactionId lxid;
	SubTransactionId subxact;
	uint64		edits;
	pg_uuid_t	segment_id;
}			Last;

static bool
IsLast(const pg_uuid_t *segment_id)
{
	return FFEditCommand != InvalidCommandId && Last.lxid == FFLocalXid() && Last.subxact == GetCurrentSubTransactionId() &&
		Last.edits == FFEditCounter && FFUuidEqual(&Last.segment_id, segment_id);
}

/* Whether there is such a segment now, whatever the transaction's snapshot sees. */
static bool
Exists(const pg_uuid_t *segment_id)
{
	Relation	table = FFTableOpen("segments", AccessShareLock);
	bool		exists = FFMovesFind(table, Anum_segments_id, segment_id, SnapshotSelf) != NULL;

	table_close(table, NoLock);
	return exists;
}

/*
 * The project that the segment belongs to has a new version from here on.  Its
 * members may go when it has gone, but none may come.
 */
static void
MoveBySegment(const pg_uuid_t *segment_id, bool deleted)
{
	pg_uuid_t	project_id;

	if (IsLast(segment_id))
		return;
	FFEditCounter++;
	if (FFProjectOfSegment(segment_id, &project_id) && (deleted || Exists(segment_id)))
		FFMoveProject(&project_id);
	else if (!FFIsLoading())
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no segment with the id %s",
						FFUuidText(segment_id))));
	FFMovesBeginRow();
	Last.lxid = FFLocalXid();
	Last.subxact = GetCurrentSubTransactionId();
	Last.edits = FFEditCounter;
	Last.segment_id = *segment_id;
}

static void
MoveByRow(const TriggerData *data, HeapTuple tuple, bool deleted)
{
	pg_uuid_t	segment_id = FFColumnUuid(tuple, data->tg_relation,
										  Anum_segment_members_segment_id);

	MoveBySegment(&segment_id, deleted);
}

/* BEFORE ROW on the lists of segments. */
Datum
ff_move_members(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._move_members", true, 0);

	MoveByRow(data, data->tg_trigtuple, !TRIGGER_FIRED_BY_INSERT(data->tg_event));
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
	{
		MoveByRow(data, data->tg_newtuple, false);
		return PointerGetDatum(data->tg_newtuple);
	}
	return PointerGetDatum(data->tg_trigtuple);
}
