/*
 * append.c
 *	  Writes exposures as rows of their table.
 *
 * Like the audit log past privileges and triggers: nothing that a user wrote
 * runs here, and the caller needs no rights on the table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/tupconvert.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "evaluate/call.h"
#include "events/append.h"
#include "model/tables.h"

/*
 * The keys of project and environment as they are now.  The table of exposures
 * is locked, for which a change of keys waits (follow.c): a statement that
 * began before one would else leave its row under keys that nobody has.
 */
static void
ReadKeys(const pg_uuid_t *environment_id, FFExposure *exposure)
{
	Relation	versions = FFTableOpen("versions", AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_versions_environment_id, environment_id);
	FFScanBegin(&scan, versions, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
	{
		exposure->project = FFColumnText(tuple, versions, Anum_versions_project_key);
		exposure->environment = FFColumnText(tuple, versions, Anum_versions_environment_key);
	}
	FFScanEnd(&scan);
	UnregisterSnapshot(snapshot);
	table_close(versions, NoLock);
}

/*
 * Columns that an administrator has added stay NULL: defaults are expressions
 * that would run here.  One that must not be NULL is refused, since no server
 * expects to find a NULL there.
 */
static void
CheckAddedColumns(Relation table, const TupleTableSlot *row)
{
	TupleDesc	descriptor = RelationGetDescr(table);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!column->attisdropped && row->tts_isnull[i] &&
			(column->attnotnull || column->attgenerated != '\0'))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("ff_expose() has no value for column \"%s\" of \"ff.exposures\"",
							NameStr(column->attname)),
					 errhint("Columns added to that table must allow NULL and not be generated.")));
	}
}

/* A slot with the row of an exposure. */
static TupleTableSlot *
RowOf(const FFExposure *exposure, Relation table)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsVirtual);
	Datum	   *values = slot->tts_values;

	ExecClearTuple(slot);
	memset(values, 0, slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	memset(slot->tts_isnull, false, Anum_exposures_phase * sizeof(bool));
	values[Anum_exposures_experiment - 1] = FFTextDatum(exposure->experiment);
	values[Anum_exposures_unit - 1] = FFTextDatum(exposure->meeting.unit);
	values[Anum_exposures_variation - 1] = PointerGetDatum(exposure->variation);
	values[Anum_exposures_environment - 1] = FFTextDatum(exposure->environment);
	values[Anum_exposures_at - 1] = TimestampTzGetDatum(exposure->at);
	values[Anum_exposures_project - 1] = FFTextDatum(exposure->project);
	values[Anum_exposures_phase - 1] = Int32GetDatum(exposure->meeting.phase);
	values[Anum_exposures_dimensions - 1] = PointerGetDatum(exposure->dimensions);
	slot->tts_isnull[Anum_exposures_dimensions - 1] = exposure->dimensions == NULL;
	return ExecStoreVirtualTuple(slot);
}

/*
 * Expressions and predicates of indexes are what somebody wrote.  Where the worker
 * writes as an owner who is a superuser, they are not run.
 */
static void
CheckIndexes(ResultRelInfo *target)
{
	if (!InSecurityRestrictedOperation() || !superuser())
		return;
	for (int i = 0; i < target->ri_NumIndices; i++)
	{
		IndexInfo  *info = target->ri_IndexRelationInfo[i];

		if (info->ii_Expressions != NIL || info->ii_Predicate != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("index \"%s\" of \"ff.exposures\" has an expression or a predicate",
							RelationGetRelationName(target->ri_IndexRelationDescs[i])),
					 errdetail("It would be run as a superuser, who owns the table.")));
	}
}

/* Put a row in a table without partitions, and in all its indexes. */
static void
InsertRow(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
	CheckAddedColumns(target->ri_RelationDesc, slot);
	CheckIndexes(target);
	simple_table_tuple_insert(target->ri_RelationDesc, slot);
	if (target->ri_NumIndices > 0)
		list_free(FFInsertIndexTuples(target, slot, estate));
}

/* Put a row in the partition of its time, whose columns may be placed otherwise. */
static void
InsertInPartition(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
	ModifyTableState *state = makeNode(ModifyTableState);
	PartitionTupleRouting *routing;
	ResultRelInfo *leaf;
	TupleConversionMap *map;

	state->ps.state = estate;
	state->operation = CMD_INSERT;
	state->mt_nrels = 1;
	state->resultRelInfo = state->rootResultRelInfo = target;
	routing = ExecSetupPartitionTupleRouting(estate, target->ri_RelationDesc);
	leaf = ExecFindPartition(state, target, routing, slot, estate);
	if (leaf->ri_RelationDesc->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("ff_expose() cannot write to the foreign table \"%s\"",
						RelationGetRelationName(leaf->ri_RelationDesc))));
	map = FFPartitionMap(leaf, estate);
	if (map != NULL)
		slot = execute_attr_map_slot(map->attrMap, slot, leaf->ri_PartitionTupleSlot);
	InsertRow(leaf, slot, estate);
	ExecCleanupTupleRouting(state, routing);
}

void
FFExposureAppend(const pg_uuid_t *environment_id, FFExposure *exposure)
{
	Relation	table = FFTableOpenParted("exposures", RowExclusiveLock);
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *target = makeNode(ResultRelInfo);
	TupleTableSlot *slot;

	ReadKeys(environment_id, exposure);
	slot = RowOf(exposure, table);
	InitResultRelInfo(target, table, 1, NULL, 0);
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		InsertInPartition(target, slot, estate);
	else
	{
		ExecOpenIndices(target, false);
		InsertRow(target, slot, estate);
		ExecCloseIndices(target);
	}
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	ExecDropSingleTupleTableSlot(slot);
	table_close(table, NoLock);
}
