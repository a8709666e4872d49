/*
 * expose.c
 *	  Evaluates a flag and writes down whom its split sent where.
 *
 * A row is written where an experiment of the flag and environment is running
 * and a split has decided: who is targeted, overridden or turned away did not
 * come by chance.  The row is part of the caller's transaction.  Like the
 * audit log it is written past privileges and triggers: nothing that a user
 * wrote runs here, and the caller needs no rights on the tables.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/tupconvert.h"
#include "executor/execPartition.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "base/settings.h"
#include "evaluate/call.h"
#include "events/dimensions.h"
#include "events/written.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_expose);
PG_FUNCTION_INFO_V1(ff_expose_element);

#define MAX_UNIT_LENGTH 1024	/* characters, as the table has it */

/* An exposure as it is put together. */
typedef struct Exposure
{
	FFMeeting	meeting;
	FFString	experiment;
	ArrayType  *wanted;			/* names of dimensions */
	Jsonb	   *dimensions;		/* NULL: none is wanted, or known */
	text	   *variation;
	FFString	environment;
	FFString	project;
} Exposure;

/* The experiment of a flag that runs as the statement sees it, if any. */
static bool
FindRunning(const pg_uuid_t *flag_id, const pg_uuid_t *environment_id, Exposure *exposure)
{
	Relation	table = FFTableOpen("experiments", AccessShareLock);
	FFScan		scan = {0};
	bool		found = false;
	bool		isnull;
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_experiments_flag_id, flag_id);
	FFScanUuid(&scan, Anum_experiments_environment_id, environment_id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	while (!found && HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		FFString	running = {"running", 7};

		found = FFStringEqual(FFColumnText(tuple, table, Anum_experiments_status), running);
		if (!found)
			continue;
		exposure->meeting.experiment_id = FFColumnUuid(tuple, table, Anum_experiments_id);
		exposure->experiment = FFColumnText(tuple, table, Anum_experiments_key);
		exposure->meeting.phase = DatumGetInt32(FFColumn(tuple, table, Anum_experiments_phase, &isnull));
		exposure->wanted = DatumGetArrayTypePCopy(FFColumn(tuple, table, Anum_experiments_dimensions, &isnull));
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return found;
}

/*
 * The keys of project and environment as they are now.  The table of exposures
 * is locked, for which a change of keys waits (follow.c): a statement that
 * began before one would else leave its row under keys that nobody has.
 */
static void
ReadKeys(const pg_uuid_t *environment_id, Exposure *exposure)
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
RowOf(const Exposure *exposure, Relation table)
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
	values[Anum_exposures_at - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[Anum_exposures_project - 1] = FFTextDatum(exposure->project);
	values[Anum_exposures_phase - 1] = Int32GetDatum(exposure->meeting.phase);
	values[Anum_exposures_dimensions - 1] = PointerGetDatum(exposure->dimensions);
	slot->tts_isnull[Anum_exposures_dimensions - 1] = exposure->dimensions == NULL;
	return ExecStoreVirtualTuple(slot);
}

/* Put a row in a table without partitions, and in all its indexes. */
static void
InsertRow(ResultRelInfo *target, TupleTableSlot *slot, EState *estate)
{
	CheckAddedColumns(target->ri_RelationDesc, slot);
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

/* Write the row, and whatever indexes an administrator has put on the table. */
static void
AppendRow(const pg_uuid_t *environment_id, Exposure *exposure)
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

/* A unit that the table would refuse; element is its place in an array, or -1. */
static void
CheckUnit(FFString unit, int64 element)
{
	int			length = pg_mbstrlen_with_len(unit.data, unit.length);

	if (length < 1 || length > MAX_UNIT_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the unit of an exposure has 1 to %d characters, not %d",
						MAX_UNIT_LENGTH, length),
				 element < 0 ? 0 : errdetail("At $[%lld].", (long long) element)));
}

/* The same for all calls, so that none fails on the day an experiment starts. */
static void
RefuseWhereNothingIsWritten(void)
{
	PreventCommandIfReadOnly("ff_expose()");
	PreventCommandIfParallelMode("ff_expose()");
	PreventCommandDuringRecovery("ff_expose()");
}

static FFString
ArgumentOrSetting(FunctionCallInfo fcinfo, int index, const char *setting)
{
	FFString	argument = FFArgText(fcinfo, index);
	FFString	fallback = {setting, (int) strlen(setting)};

	return argument.data != NULL ? argument : fallback;
}

/* What the experiment wants to know of the unit. */
static Jsonb *
DimensionsOf(FunctionCallInfo fcinfo, const Exposure *exposure, FFRuleset *ruleset)
{
	FFSubject	subject;

	if (ArrayGetNItems(ARR_NDIM(exposure->wanted), ARR_DIMS(exposure->wanted)) == 0)
		return NULL;
	FFSubjectStart(&subject, ruleset, FFArgText(fcinfo, 0), FFArgJsonb(fcinfo, 2));
	return FFDimensionsOf(&subject, exposure->wanted);
}

/* Write an exposure down unless this transaction has; whether it was written. */
static bool
WriteOnce(FunctionCallInfo fcinfo, const FFAnswer *answer, text *variation, int64 element)
{
	Exposure	exposure;
	FFRuleset  *ruleset;

	exposure.environment = ArgumentOrSetting(fcinfo, 3, FFEnvironmentSetting);
	exposure.project = ArgumentOrSetting(fcinfo, 5, FFProjectSetting);
	exposure.variation = variation;
	exposure.meeting.variation = answer->variation;
	exposure.meeting.unit = answer->outcome.unit;
	ruleset = FFCallRuleset(exposure.project, exposure.environment);
	if (!FindRunning(&answer->flag->image->id, &ruleset->environment_id, &exposure))
		return false;
	CheckUnit(exposure.meeting.unit, element);
	if (FFWrittenHas(&exposure.meeting))
		return false;
	exposure.dimensions = DimensionsOf(fcinfo, &exposure, ruleset);
	AppendRow(&ruleset->environment_id, &exposure);
	FFWrittenAdd(&exposure.meeting);
	return true;
}

/*
 * Evaluate for arguments (user_key, flag, attributes, environment, fallback,
 * project) and expose.  The row has no variation where the caller is left
 * with the fallback: nobody has met anything then.
 */
static bool
Expose(FunctionCallInfo fcinfo, int64 element, Datum *values, bool *nulls)
{
	FFString	flag = FFArgText(fcinfo, 1);
	FFString	none = {"", 0};
	FFWanted	wanted = FFFallbackWanted(FFArgJsonb(fcinfo, 4));
	FFAnswer	answer;

	RefuseWhereNothingIsWritten();
	FFCallEvaluate(fcinfo, 5, wanted, true, &answer);
	FFDetailRow(&answer, flag.data != NULL ? flag : none, FFArgJsonb(fcinfo, 4), wanted, values, nulls);
	return answer.reason == FF_REASON_SPLIT && !nulls[2] &&
		WriteOnce(fcinfo, &answer, (text *) DatumGetPointer(values[2]), element);
}

Datum
ff_expose(PG_FUNCTION_ARGS)
{
	TupleDesc	row_type = FFCallRowType(fcinfo);
	Datum		values[FF_DETAIL_COLUMNS];
	bool		nulls[FF_DETAIL_COLUMNS];

	(void) Expose(fcinfo, -1, values, nulls);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row_type, values, nulls)));
}

/* ff._expose(…, element): whether a row was written for that element of an array. */
Datum
ff_expose_element(PG_FUNCTION_ARGS)
{
	Datum		values[FF_DETAIL_COLUMNS];
	bool		nulls[FF_DETAIL_COLUMNS];

	PG_RETURN_BOOL(Expose(fcinfo, PG_GETARG_INT64(6), values, nulls));
}
