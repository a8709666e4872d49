/*
 * probe.c
 *	  Looking up one row after another by equality on the keys of an index.
 *
 * A scan costs more to set up than to run.  Its memory is kept from one probe to
 * the next, but nothing else is: relations, buffers and the snapshot are the
 * caller's for the length of one probe, so that nothing stands in the way of
 * ALTER TABLE or of the end of a transaction.  A probe that fails is not used
 * again: the error ends the subtransaction, and with it the pin it belongs to.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/probe.h"

struct FFProbe
{
	MemoryContext context;
	Oid			table;
	Oid			index;
	ScanKeyData keys[FF_PROBE_KEYS];
	IndexScanDesc scans[FF_PROBE_KEYS];	/* by the number of keys less one */
	TupleTableSlot *slot;
};

/* Equality as the index has it, with its collation. */
static void
InitKey(FFProbe *probe, Relation index, int key)
{
	Oid			type = index->rd_opcintype[key];
	Oid			equality = get_opfamily_member(index->rd_opfamily[key], type, type,
											   BTEqualStrategyNumber);

	ScanKeyEntryInitialize(&probe->keys[key], 0, key + 1, BTEqualStrategyNumber, type,
						   index->rd_indcollation[key], get_opcode(equality), (Datum) 0);
}

FFProbe *
FFProbeCreate(Relation table, Oid index, int keys)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "featureflow probe",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	FFProbe    *probe = palloc0(sizeof(FFProbe));
	Relation	relation = index_open(index, AccessShareLock);

	Assert(keys <= FF_PROBE_KEYS);
	probe->context = context;
	probe->table = RelationGetRelid(table);
	probe->index = index;
	for (int key = 0; key < keys; key++)
		InitKey(probe, relation, key);
	index_close(relation, NoLock);
	/* a description of its own is not counted as a reference to the relation's */
	probe->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(table)),
										   &TTSOpsBufferHeapTuple);
	MemoryContextSwitchTo(caller);
	return probe;
}

/* The scan of so many keys, made when it is first needed. */
static IndexScanDesc
ScanOf(FFProbe *probe, Relation table, Relation index, int keys)
{
	IndexScanDesc scan = probe->scans[keys - 1];

	if (scan == NULL)
	{
		scan = FFIndexBeginScan(table, index, GetActiveSnapshot(), keys);
		RelationDecrementReferenceCount(index);	/* held for each probe alone */
		scan->xs_want_itup = true;
		probe->scans[keys - 1] = scan;
	}
	scan->heapRelation = table;
	scan->indexRelation = index;
	scan->xs_heapfetch->rel = table;
	scan->xs_snapshot = GetActiveSnapshot();
	return scan;
}

/*
 * Whether the row at a place of the heap is seen.  Where the whole page is, the
 * page itself is not needed: the index page that leads to it is still pinned.
 */
static bool
IsSeen(FFProbe *probe, IndexScanDesc scan, ItemPointer tid, bool fetch)
{
	Buffer		map = InvalidBuffer;
	bool		seen;

	if (fetch)
		return index_fetch_heap(scan, probe->slot);
	seen = VM_ALL_VISIBLE(scan->heapRelation, ItemPointerGetBlockNumber(tid), &map);
	if (BufferIsValid(map))
		ReleaseBuffer(map);
	if (!seen)
		return index_fetch_heap(scan, probe->slot);
	PredicateLockPage(scan->heapRelation, ItemPointerGetBlockNumber(tid), scan->xs_snapshot);
	return true;
}

/* Run one scan; the row, if it is wanted, is in the slot afterwards. */
static bool
Find(FFProbe *probe, IndexScanDesc scan, const Datum *values, int keys, bool fetch)
{
	ItemPointer tid;

	for (int key = 0; key < keys; key++)
		probe->keys[key].sk_argument = values[key];
	index_rescan(scan, probe->keys, keys, NULL, 0);
	while ((tid = index_getnext_tid(scan, ForwardScanDirection)) != NULL)
	{
		if (IsSeen(probe, scan, tid, fetch))
			return true;
	}
	return false;
}

/* One probe, from opening the relations to letting go of all but memory. */
static HeapTuple
Probe(FFProbe *probe, const Datum *values, int keys, bool fetch, bool *found)
{
	Relation	table = table_open(probe->table, NoLock);
	Relation	index = index_open(probe->index, NoLock);
	MemoryContext caller = MemoryContextSwitchTo(probe->context);
	HeapTuple	row = NULL;
	IndexScanDesc scan = ScanOf(probe, table, index, keys);

	*found = Find(probe, scan, values, keys, fetch);
	MemoryContextSwitchTo(caller);
	if (*found && fetch)
		row = ExecCopySlotHeapTuple(probe->slot);
	ExecClearTuple(probe->slot);
	index_rescan(scan, probe->keys, keys, NULL, 0);
	index_close(index, NoLock);
	table_close(table, NoLock);
	return row;
}

bool
FFProbeExists(FFProbe *probe, const Datum *values, int keys)
{
	bool		found;

	(void) Probe(probe, values, keys, false, &found);
	return found;
}

HeapTuple
FFProbeRow(FFProbe *probe, const Datum *values, int keys)
{
	bool		found;

	return Probe(probe, values, keys, true, &found);
}
