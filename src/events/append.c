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
#include "access/xact.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "base/catalog.h"
#include "evaluate/call.h"
#include "events/append.h"
#include "model/tables.h"

struct FFAppend
{
	Relation	table;
	EState	   *estate;
	ResultRelInfo *target;
	ModifyTableState *state;	/* NULL: the table has no partitions */
	PartitionTupleRouting *routing;
	TupleTableSlot *slot;
	bool		known;			/* whether the keys of an environment were found last */
	pg_uuid_t	environment_id;
	FFString	environment;
	FFString	project;
};

/*
 * The keys of project and environment as they are now.  The table of exposures
 * is locked, for which a change of keys waits (follow.c): a statement that
 * began before one would else leave its row under keys that nobody has.
 */
static void
ReadKeys(FFAppend *append, const pg_uuid_t *environment_id)
{
	Relation	versions = FFTableOpen("versions", AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_versions_environment_id, environment_id);
	FFScanBegin(&scan, versions, snapshot);
	tuple = FFScanNext(&scan);
	append->known = HeapTupleIsValid(tuple);
	if (append->known)
	{
		append->environment_id = *environment_id;
		append->project = FFColumnText(tuple, versions, Anum_versions_project_key);
		append->environment = FFColumnText(tuple, versions, Anum_versions_environment_key);
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

/* Fill the slot with the row of an exposure. */
static void
FillRow(TupleTableSlot *slot, const FFExposure *exposure)
{
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
	values[Anum_exposures_written_in - 1] = FullTransactionIdGetDatum(GetTopFullTransactionId());
	slot->tts_isnull[Anum_exposures_written_in - 1] = false;
	ExecStoreVirtualTuple(slot);
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
InsertInPartition(FFAppend *append)
{
	EState	   *estate = append->estate;
	TupleTableSlot *slot = append->slot;
	ResultRelInfo *leaf = ExecFindPartition(append->state, append->target, append->routing, slot, estate);
	TupleConversionMap *map;

	if (leaf->ri_RelationDesc->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("ff_expose() cannot write to the foreign table \"%s\"",
						RelationGetRelationName(leaf->ri_RelationDesc))));
	map = FFPartitionMap(leaf, estate);
	if (map != NULL)
		slot = execute_attr_map_slot(map->attrMap, slot, leaf->ri_PartitionTupleSlot);
	InsertRow(leaf, slot, estate);
	ResetPerTupleExprContext(estate);
}

/* Prepare for rows that are put in partitions. */
static void
BeginRouting(FFAppend *append)
{
	ModifyTableState *state = makeNode(ModifyTableState);

	state->ps.state = append->estate;
	state->operation = CMD_INSERT;
	state->mt_nrels = 1;
	state->resultRelInfo = state->rootResultRelInfo = append->target;
	append->state = state;
	append->routing = ExecSetupPartitionTupleRouting(append->estate, append->table);
}

FFAppend *
FFAppendBegin(void)
{
	FFAppend   *append = palloc0(sizeof(FFAppend));

	append->table = FFTableOpenParted("exposures", RowExclusiveLock);
	append->estate = CreateExecutorState();
	append->target = makeNode(ResultRelInfo);
	append->slot = MakeSingleTupleTableSlot(RelationGetDescr(append->table), &TTSOpsVirtual);
	InitResultRelInfo(append->target, append->table, 1, NULL, 0);
	if (append->table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		BeginRouting(append);
	else
		ExecOpenIndices(append->target, false);
	return append;
}

bool
FFAppendRow(FFAppend *append, const pg_uuid_t *environment_id, FFExposure *exposure)
{
	if (!append->known || memcmp(&append->environment_id, environment_id, UUID_LEN) != 0)
		ReadKeys(append, environment_id);
	if (!append->known)
		return false;
	exposure->project = append->project;
	exposure->environment = append->environment;
	FillRow(append->slot, exposure);
	if (append->state != NULL)
		InsertInPartition(append);
	else
		InsertRow(append->target, append->slot, append->estate);
	return true;
}

void
FFAppendEnd(FFAppend *append)
{
	if (append->state != NULL)
		ExecCleanupTupleRouting(append->state, append->routing);
	else
		ExecCloseIndices(append->target);
	ExecResetTupleTable(append->estate->es_tupleTable, false);
	FreeExecutorState(append->estate);
	ExecDropSingleTupleTableSlot(append->slot);
	table_close(append->table, NoLock);
	pfree(append);
}
