/*
 * assign.c
 *	  Stores which variation a unit keeps in a sticky experiment.
 *
 * Two sessions may expose a unit at once, each by the weights of its own
 * snapshot, and must end with one variation.  The primary key decides, as for
 * INSERT ... ON CONFLICT DO NOTHING: the row is inserted on trial, and who finds
 * another one there waits for its transaction and takes what that has stored.
 * No lock of a unit is held beyond that, so one statement may expose millions.
 * Like an exposure the row is written past privileges and triggers.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "events/assign.h"
#include "evaluate/call.h"
#include "model/tables.h"

#define MAX_UNIT_BYTES 1000		/* as the table has it */

/* What is stored now: committed, or by this transaction; data NULL: nothing. */
static FFString
ReadStored(Relation table, const pg_uuid_t *experiment_id, FFString unit)
{
	FFString	variation = {NULL, 0};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_assignments_experiment_id, experiment_id);
	FFScanText(&scan, Anum_assignments_unit, unit);
	FFScanBegin(&scan, table, SnapshotSelf);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		variation = FFColumnText(tuple, table, Anum_assignments_variation);
	FFScanEnd(&scan);
	return variation;
}

/* A slot with the row to be stored. */
static TupleTableSlot *
RowOf(Relation table, const pg_uuid_t *experiment_id, FFString unit, FFString variation)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);
	Datum	   *values = slot->tts_values;

	ExecClearTuple(slot);
	memset(values, 0, slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	memset(slot->tts_isnull, false, Natts_assignments * sizeof(bool));
	values[Anum_assignments_experiment_id - 1] = UUIDPGetDatum(experiment_id);
	values[Anum_assignments_unit - 1] = FFTextDatum(unit);
	values[Anum_assignments_variation - 1] = FFTextDatum(variation);
	values[Anum_assignments_at - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	return ExecStoreVirtualTuple(slot);
}

/* Insert a row unless its key is taken by another, which may come in between. */
static bool
InsertOnTrial(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
	Relation	table = target->ri_RelationDesc;
	TransactionId xid = GetCurrentTransactionId();
	ItemPointerData taken;
	bool		conflict = false;
	uint32		token;

	if (!FFKeysAreFree(target, slot, estate, &taken))
		return false;
	token = SpeculativeInsertionLockAcquire(xid);
	table_tuple_insert_speculative(table, slot, GetCurrentCommandId(true), 0, NULL, token);
	list_free(FFInsertIndexTuplesOnTrial(target, slot, estate, &conflict));
	table_tuple_complete_speculative(table, slot, token, !conflict);
	SpeculativeInsertionLockRelease(xid);
	return !conflict;
}

/* One attempt to store; false where another row is there, or was. */
static bool
TryStore(Relation table, const pg_uuid_t *experiment_id, FFString unit, FFString variation)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *target = makeNode(ResultRelInfo);
	TupleTableSlot *slot = RowOf(table, experiment_id, unit, variation);
	bool		stored;

	InitResultRelInfo(target, table, 1, NULL, 0);
	ExecOpenIndices(target, true);
	stored = InsertOnTrial(target, slot, estate);
	ExecCloseIndices(target);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	ExecDropSingleTupleTableSlot(slot);
	return stored;
}

FFString
FFAssign(const pg_uuid_t *experiment_id, FFString unit, FFString variation)
{
	Relation	table;
	FFString	stored;

	if (unit.length > MAX_UNIT_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the unit of a sticky experiment has at most %d bytes, not %d",
						MAX_UNIT_BYTES, unit.length)));
	table = FFTableOpen("assignments", RowExclusiveLock);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		stored = ReadStored(table, experiment_id, unit);
		if (stored.data != NULL)
			break;
		if (TryStore(table, experiment_id, unit, variation))
		{
			stored = variation;
			break;
		}
	}
	table_close(table, NoLock);
	return stored;
}
