/*
 * moves.c
 *	  Moves the version of environments whose configuration changes.
 *
 * Row triggers (ENABLE ALWAYS, so that logical replication fires them too)
 * give each environment concerned a new number before its first row changes,
 * once a transaction.  The number comes from a sequence that began at install
 * time in microseconds, so none is ever seen twice.  The row is written as a
 * system catalog's would be: no privileges, no triggers, and by what is
 * stored now rather than by the transaction's snapshot, which is safe under
 * the lock that every writer holds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "audit/history.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moved.h"
#include "evaluate/moves.h"
#include "evaluate/pin.h"
#include "model/locks.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_move_version);
PG_FUNCTION_INFO_V1(ff_lock_statement);
PG_FUNCTION_INFO_V1(ff_end_statement);
PG_FUNCTION_INFO_V1(ff_version_guard);
PG_FUNCTION_INFO_V1(ff_refuse_truncate);

/*
 * Statements on configuration tables that have begun and not ended, each by
 * its subtransaction.
 */
static List *Edits = NIL;

void
FFMovesEndTransaction(void)
{
	FFEditCommand = InvalidCommandId;
	Edits = NIL;				/* lay in the transaction's memory */
}

static void
BeginEdit(void)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	Edits = lappend_int(Edits, (int) GetCurrentSubTransactionId());
	MemoryContextSwitchTo(caller);
}

/* The last statement has ended. */
static void
EndEdit(void)
{
	Edits = list_delete_last(Edits);
	if (Edits == NIL)
		FFEditCommand = InvalidCommandId;
}

/* Statements that failed in a subtransaction do not end, they are gone. */
void
FFMovesAbortSubtransaction(SubTransactionId subxact)
{
	while (Edits != NIL && (SubTransactionId) llast_int(Edits) >= subxact)
		EndEdit();
}

/* Copy the row that a scan by id finds; NULL for none. */
HeapTuple
FFMovesFind(Relation table, AttrNumber column, const pg_uuid_t *id, Snapshot snapshot)
{
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, column, id);
	FFScanBegin(&scan, table, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	FFScanEnd(&scan);
	return tuple;
}

/*
 * The owner of a row that may have been deleted by this very statement: any
 * version of the row tells it.
 */
static bool
FindOwner(const char *name, AttrNumber id_column, AttrNumber owner_column,
		  const pg_uuid_t *id, pg_uuid_t *owner)
{
	Relation	table = FFTableOpen(name, AccessShareLock);
	HeapTuple	tuple = FFMovesFind(table, id_column, id, SnapshotSelf);

	if (!HeapTupleIsValid(tuple))
		tuple = FFMovesFind(table, id_column, id, SnapshotAny);
	if (HeapTupleIsValid(tuple))
		*owner = FFColumnUuid(tuple, table, owner_column);
	table_close(table, NoLock);
	return HeapTupleIsValid(tuple);
}

bool
FFProjectOfFlag(const pg_uuid_t *flag_id, pg_uuid_t *project_id)
{
	return FindOwner("flags", Anum_flags_id, Anum_flags_project_id, flag_id, project_id);
}

bool
FFProjectOfSegment(const pg_uuid_t *segment_id, pg_uuid_t *project_id)
{
	return FindOwner("segments", Anum_segments_id, Anum_segments_project_id,
					 segment_id, project_id);
}

bool
FFProjectOfExperiment(const pg_uuid_t *experiment_id, pg_uuid_t *project_id)
{
	return FindOwner("experiments", Anum_experiments_id, Anum_experiments_project_id,
					 experiment_id, project_id);
}

bool
FFProjectOfEnvironment(const pg_uuid_t *environment_id, pg_uuid_t *project_id)
{
	return FindOwner("environments", Anum_environments_id, Anum_environments_project_id,
					 environment_id, project_id);
}

/* The key of a project; its id as text until its row arrives. */
static text *
ProjectKey(const pg_uuid_t *project_id)
{
	Relation	table = FFTableOpen("projects", AccessShareLock);
	HeapTuple	tuple = FFMovesFind(table, Anum_projects_id, project_id, SnapshotSelf);
	text	   *key;

	if (HeapTupleIsValid(tuple))
		key = FFStringToText(FFColumnText(tuple, table, Anum_projects_key));
	else
		key = cstring_to_text(FFUuidText(project_id));
	table_close(table, NoLock);
	return key;
}

/*
 * A SERIALIZABLE transaction cannot move what it does not see: its reads of the
 * environment, of which the version row is the only one that is sure to be
 * tracked, were of an older state.  An ordinary UPDATE would refuse the row too.
 */
static void
RefuseUnseen(HeapTuple tuple)
{
	TransactionId xmin = HeapTupleHeaderGetXmin(tuple->t_data);

	if (IsolationIsSerializable() && !TransactionIdIsCurrentTransactionId(xmin) &&
		XidInMVCCSnapshot(xmin, GetTransactionSnapshot()))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("Another transaction has changed the configuration of the environment."),
				 errhint("The transaction might succeed if retried.")));
}

/*
 * Give a version row a new number and, where given, new keys or a mark that
 * the environment has rows of a kind (0: none).  The number of the project's
 * entries in this transaction is drawn before it.
 */
static void
UpdateVersionRow(Relation versions, HeapTuple tuple, text *project_key,
				 text *environment_key, AttrNumber mark)
{
	Datum		values[Natts_versions] = {0};
	bool		nulls[Natts_versions] = {false};
	bool		replace[Natts_versions] = {false};
	pg_uuid_t	project_id = FFColumnUuid(tuple, versions, Anum_versions_project_id);
	HeapTuple	updated;

	(void) FFMovedNumber(&project_id);
	RefuseUnseen(tuple);
	values[Anum_versions_version - 1] = Int64GetDatum(FFMovedNext());
	replace[Anum_versions_version - 1] = true;
	values[Anum_versions_project_key - 1] = PointerGetDatum(project_key);
	replace[Anum_versions_project_key - 1] = project_key != NULL;
	values[Anum_versions_environment_key - 1] = PointerGetDatum(environment_key);
	replace[Anum_versions_environment_key - 1] = environment_key != NULL;
	if (mark != 0)
	{
		values[mark - 1] = BoolGetDatum(true);
		replace[mark - 1] = true;
	}
	updated = heap_modify_tuple(tuple, RelationGetDescr(versions), values, nulls, replace);
	CatalogTupleUpdate(versions, &tuple->t_self, updated);
	CommandCounterIncrement();
}

/* In logical replication rows come before those that they refer to. */
static inline bool
IsReplica(void)
{
	return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
}

/* Whether an environment of the project bears a mark that is for all of them. */
static bool
ProjectBears(Relation versions, const pg_uuid_t *project_id, AttrNumber mark)
{
	FFScan		scan = {0};
	HeapTuple	tuple;
	bool		isnull;
	bool		bears = false;

	FFScanUuid(&scan, Anum_versions_project_id, project_id);
	FFScanBegin(&scan, versions, SnapshotSelf);
	while (!bears && HeapTupleIsValid(tuple = FFScanNext(&scan)))
		bears = DatumGetBool(FFColumn(tuple, versions, mark, &isnull));
	FFScanEnd(&scan);
	return bears;
}

/* The row of a new environment, some of whose rows may have come before it. */
static void
InsertVersionRow(Relation versions, const pg_uuid_t *environment_id,
				 const pg_uuid_t *project_id, text *environment_key, bool came_before)
{
	Datum		values[Natts_versions];
	bool		nulls[Natts_versions] = {false};

	(void) FFMovedNumber(project_id);
	values[Anum_versions_environment_id - 1] = UUIDPGetDatum(environment_id);
	values[Anum_versions_project_id - 1] = UUIDPGetDatum(project_id);
	values[Anum_versions_version - 1] = Int64GetDatum(FFMovedNext());
	values[Anum_versions_project_key - 1] = PointerGetDatum(ProjectKey(project_id));
	values[Anum_versions_environment_key - 1] = PointerGetDatum(environment_key);
	values[Anum_versions_has_overrides - 1] = BoolGetDatum(came_before || IsReplica());
	values[Anum_versions_has_schedules - 1] = BoolGetDatum(came_before || IsReplica());
	values[Anum_versions_has_experiments - 1] = BoolGetDatum(came_before || IsReplica());
	values[Anum_versions_has_prerequisites - 1] =
		BoolGetDatum(IsReplica() || ProjectBears(versions, project_id, Anum_versions_has_prerequisites));
	values[Anum_versions_has_sources - 1] =
		BoolGetDatum(IsReplica() || ProjectBears(versions, project_id, Anum_versions_has_sources));
	CatalogTupleInsert(versions, heap_form_tuple(RelationGetDescr(versions), values, nulls));
	CommandCounterIncrement();
}

/* Whether a version row lacks a mark that it has to bear. */
static bool
LacksMark(Relation versions, HeapTuple tuple, AttrNumber mark)
{
	bool		isnull;

	return !DatumGetBool(FFColumn(tuple, versions, mark, &isnull));
}

/* Move one environment, unless this transaction has, and mark it. */
static void
MoveEnvironment(const pg_uuid_t *environment_id, AttrNumber mark)
{
	bool		first = FFMovedFirst(environment_id);
	Relation	versions;
	HeapTuple	tuple;

	if (!first && mark == 0)
		return;
	versions = FFTableOpen("versions", RowExclusiveLock);
	tuple = FFMovesFind(versions, Anum_versions_environment_id, environment_id, SnapshotSelf);
	if (HeapTupleIsValid(tuple) && (first || LacksMark(versions, tuple, mark)))
		UpdateVersionRow(versions, tuple, NULL, NULL, mark);
	table_close(versions, NoLock);
}

static int
CompareUuids(const void *a, const void *b)
{
	return memcmp(a, b, UUID_LEN);
}

/* The environments of a project (NULL: all) that have a version row, in order of id. */
static pg_uuid_t *
EnvironmentsOf(const pg_uuid_t *project_id, int *count)
{
	Relation	versions = FFTableOpen("versions", AccessShareLock);
	pg_uuid_t  *ids = palloc(8 * sizeof(pg_uuid_t));
	FFScan		scan = {0};
	HeapTuple	tuple;

	*count = 0;
	if (project_id != NULL)
		FFScanUuid(&scan, Anum_versions_project_id, project_id);
	FFScanBegin(&scan, versions, SnapshotSelf);
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		if (*count >= 8 && (*count & (*count - 1)) == 0)
			ids = repalloc(ids, 2 * *count * sizeof(pg_uuid_t));
		ids[(*count)++] = FFColumnUuid(tuple, versions, Anum_versions_environment_id);
	}
	FFScanEnd(&scan);
	table_close(versions, NoLock);
	qsort(ids, *count, sizeof(pg_uuid_t), CompareUuids);
	return ids;
}

/* Move all environments of a project, unless this transaction has, and mark them. */
static void
MoveProject(const pg_uuid_t *project_id, AttrNumber mark)
{
	pg_uuid_t  *ids;
	int			count;

	if (!FFMovedFirst(project_id) && mark == 0)
		return;
	ids = EnvironmentsOf(project_id, &count);
	for (int i = 0; i < count; i++)
		MoveEnvironment(&ids[i], mark);
	pfree(ids);
}

void
FFMoveProject(const pg_uuid_t *project_id)
{
	FFLockRow(project_id);
	MoveProject(project_id, 0);
}

/* A column of a trigger's row by name. */
static Datum
TriggerColumn(Relation table, HeapTuple tuple, const char *name)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, RelationGetDescr(table),
									  SPI_fnumber(RelationGetDescr(table), name), &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("null value in column \"%s\" of table \"ff.%s\"",
						name, RelationGetRelationName(table))));
	return value;
}

/* The mark that tells evaluation to look into a table; 0: it always does. */
static AttrNumber
MarkOfTable(Relation table)
{
	const char *name = RelationGetRelationName(table);

	if (strcmp(name, "overrides") == 0)
		return Anum_versions_has_overrides;
	if (strcmp(name, "schedules") == 0)
		return Anum_versions_has_schedules;
	if (strcmp(name, "experiments") == 0)
		return Anum_versions_has_experiments;
	return strcmp(name, "context_sources") == 0 ? Anum_versions_has_sources : 0;
}

/* Rows that concern a whole project: flags, segments, plans, sources. */
static void
MoveByProject(Relation table, HeapTuple tuple)
{
	pg_uuid_t  *project_id = DatumGetUUIDP(TriggerColumn(table, tuple, "project_id"));

	FFLockRow(project_id);
	MoveProject(project_id, MarkOfTable(table));
}

/* Rows that concern one environment: settings, overrides, schedules, experiments. */
static void
MoveByEnvironment(Relation table, HeapTuple tuple)
{
	pg_uuid_t  *environment_id = DatumGetUUIDP(TriggerColumn(table, tuple, "environment_id"));
	pg_uuid_t	project_id;

	if (FFProjectOfEnvironment(environment_id, &project_id))
		FFLockRow(&project_id);
	MoveEnvironment(environment_id, MarkOfTable(table));
}

/* Rows that hang on a flag: prerequisites. */
static void
MoveByFlag(Relation table, HeapTuple tuple)
{
	pg_uuid_t  *flag_id = DatumGetUUIDP(TriggerColumn(table, tuple, "flag_id"));
	pg_uuid_t	project_id;
	pg_uuid_t  *ids;
	int			count;

	if (FFProjectOfFlag(flag_id, &project_id))
	{
		FFLockRow(&project_id);
		MoveProject(&project_id, Anum_versions_has_prerequisites);
		return;
	}
	FFLockRow(flag_id);			/* whose project is yet to come: all of them */
	ids = EnvironmentsOf(NULL, &count);
	for (int i = 0; i < count; i++)
		MoveEnvironment(&ids[i], Anum_versions_has_prerequisites);
	pfree(ids);
}

/*
 * Whether an INSERT is of a row that is there already: it will be refused, or
 * dropped by ON CONFLICT, and must not leave its key behind.
 */
static bool
IsRepeated(const TriggerData *data, const pg_uuid_t *id)
{
	return TRIGGER_FIRED_BY_INSERT(data->tg_event) &&
		FFMovesFind(data->tg_relation, 1, id, SnapshotSelf) != NULL;
}

/* A project: its key stands in the version rows of its environments. */
static void
MoveProjectRow(const TriggerData *data, HeapTuple tuple)
{
	Relation	table = data->tg_relation;
	pg_uuid_t  *project_id = DatumGetUUIDP(TriggerColumn(table, tuple, "id"));
	text	   *key = DatumGetTextPP(TriggerColumn(table, tuple, "key"));
	Relation	versions;
	pg_uuid_t  *ids;
	int			count;

	FFLockRow(project_id);
	if (IsRepeated(data, project_id))
		return;
	ids = EnvironmentsOf(project_id, &count);
	versions = FFTableOpen("versions", RowExclusiveLock);
	for (int i = 0; i < count; i++)
	{
		HeapTuple	row = FFMovesFind(versions, Anum_versions_environment_id, &ids[i],
								   SnapshotSelf);

		(void) FFMovedFirst(&ids[i]);
		UpdateVersionRow(versions, row, key, NULL, 0);
	}
	table_close(versions, NoLock);
}

/*
 * Whether another environment has these keys.  The insert that is to come
 * meets the environments' own unique key then: an error, or ON CONFLICT.
 */
static bool
KeysAreTaken(Relation versions, const pg_uuid_t *project_id, text *environment_key)
{
	FFScan		scan = {0};
	bool		taken;

	FFScanText(&scan, Anum_versions_project_key, FFStringOfText(ProjectKey(project_id)));
	FFScanText(&scan, Anum_versions_environment_key, FFStringOfText(environment_key));
	FFScanBegin(&scan, versions, SnapshotSelf);
	taken = HeapTupleIsValid(FFScanNext(&scan));
	FFScanEnd(&scan);
	return taken;
}

/* Version rows name environments and projects by id. */
static void
RefuseOtherId(const TriggerData *data, const char *column, const char *message)
{
	pg_uuid_t  *old = DatumGetUUIDP(TriggerColumn(data->tg_relation, data->tg_trigtuple, column));
	pg_uuid_t  *new = DatumGetUUIDP(TriggerColumn(data->tg_relation, data->tg_newtuple, column));

	if (!FFUuidEqual(old, new))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot change", message)));
}

/* An environment: its version row comes, moves and goes with it. */
static void
MoveEnvironmentRow(const TriggerData *data, HeapTuple tuple, bool deleted)
{
	Relation	table = data->tg_relation;
	pg_uuid_t  *environment_id = DatumGetUUIDP(TriggerColumn(table, tuple, "id"));
	pg_uuid_t  *project_id = DatumGetUUIDP(TriggerColumn(table, tuple, "project_id"));
	text	   *key = DatumGetTextPP(TriggerColumn(table, tuple, "key"));
	Relation	versions;
	HeapTuple	row;
	bool		came_before;

	FFLockRow(project_id);
	if (IsRepeated(data, environment_id))
		return;
	versions = FFTableOpen("versions", RowExclusiveLock);
	row = FFMovesFind(versions, Anum_versions_environment_id, environment_id, SnapshotSelf);
	came_before = !FFMovedFirst(environment_id);
	if (deleted && HeapTupleIsValid(row))
	{
		CatalogTupleDelete(versions, &row->t_self);
		CommandCounterIncrement();
	}
	else if (!deleted && HeapTupleIsValid(row))
		UpdateVersionRow(versions, row, NULL, key, 0);
	else if (!deleted && !KeysAreTaken(versions, project_id, key))
		InsertVersionRow(versions, environment_id, project_id, key, came_before);
	table_close(versions, NoLock);
}

/* Move what one version of a row concerns. */
static void
MoveByRow(const TriggerData *data, HeapTuple tuple, bool deleted)
{
	const char *scope = data->tg_trigger->tgargs[0];
	Relation	table = data->tg_relation;

	if (strcmp(scope, "project") == 0)
		MoveByProject(table, tuple);
	else if (strcmp(scope, "environment") == 0)
		MoveByEnvironment(table, tuple);
	else if (strcmp(scope, "flag") == 0)
		MoveByFlag(table, tuple);
	else if (strcmp(scope, "projects") == 0)
		MoveProjectRow(data, tuple);
	else
		MoveEnvironmentRow(data, tuple, deleted);
}

/* What version rows are found by stays as it is. */
static void
RefuseOtherIdentity(const TriggerData *data)
{
	const char *scope = data->tg_trigger->tgargs[0];

	if (strcmp(scope, "projects") == 0)
		RefuseOtherId(data, "id", "the id of a project");
	if (strcmp(scope, "environments") == 0)
	{
		RefuseOtherId(data, "id", "the id of an environment");
		RefuseOtherId(data, "project_id", "the project of an environment");
	}
}

/*
 * The number of a flag's version is the history's to give (history.c): what a
 * caller writes there is ignored, but for rows that are being loaded.
 */
static HeapTuple
WithOwnVersion(const TriggerData *data, HeapTuple tuple)
{
	Relation	table = data->tg_relation;
	int			column = Anum_flag_settings_version;
	Datum		version = Int32GetDatum(0);
	bool		isnull = false;

	if (strcmp(RelationGetRelationName(table), "flag_settings") != 0 ||
		FFHistoryIsRecording() || FFIsLoading())
		return tuple;
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		version = FFColumn(data->tg_trigtuple, table, column, &isnull);
	if (DatumGetInt32(FFColumn(tuple, table, column, &isnull)) == DatumGetInt32(version))
		return tuple;
	return heap_modify_tuple_by_cols(tuple, RelationGetDescr(table), 1, &column, &version,
									 &isnull);
}

void
FFMovesBeginRow(void)
{
	CommandCounterIncrement();
	FFEditCommand = Min(FFEditCommand, GetCurrentCommandId(false));
}

/* BEFORE ROW on every configuration table; the argument tells its scope. */
Datum
ff_move_version(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._move_version", true, 1);
	bool		deleted = TRIGGER_FIRED_BY_DELETE(data->tg_event);
	bool		updated = TRIGGER_FIRED_BY_UPDATE(data->tg_event);

	FFEditCounter++;
	if (updated)
		RefuseOtherIdentity(data);
	MoveByRow(data, data->tg_trigtuple, deleted);
	if (updated)
		MoveByRow(data, data->tg_newtuple, false);
	FFMovesBeginRow();
	if (deleted)
		return PointerGetDatum(data->tg_trigtuple);
	return PointerGetDatum(WithOwnVersion(data, updated ? data->tg_newtuple : data->tg_trigtuple));
}

/* BEFORE STATEMENT on every configuration table. */
Datum
ff_lock_statement(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._lock_statement", false, 0);
	pg_uuid_t	installation = {{0}};

	/* organizations belong to no project; their entries have a chain of their own */
	if (strcmp(RelationGetRelationName(data->tg_relation), "organizations") == 0)
		FFLockProject(&installation);
	else
		FFLockStatement();
	BeginEdit();
	return PointerGetDatum(NULL);
}

/* AFTER STATEMENT on every configuration table: the rows are written. */
Datum
ff_end_statement(PG_FUNCTION_ARGS)
{
	(void) FFTrigger(fcinfo, "ff._end_statement", false, 0);
	if (Edits != NIL)
		EndEdit();
	return PointerGetDatum(NULL);
}

/*
 * The row to store in ff.versions: with a number of our own, and with marks
 * that a foreign row cannot take away; only ff_post_restore sets them anew.
 */
static HeapTuple
WithOwnNumber(Relation versions, HeapTuple tuple)
{
	int			columns[] = {Anum_versions_version, Anum_versions_has_overrides,
		Anum_versions_has_prerequisites, Anum_versions_has_sources, Anum_versions_has_schedules,
	Anum_versions_has_experiments};
	Datum		yes = BoolGetDatum(true);
	Datum		values[] = {Int64GetDatum(FFMovedNext()), yes, yes, yes, yes, yes};
	bool		nulls[lengthof(columns)] = {false};

	return heap_modify_tuple_by_cols(tuple, RelationGetDescr(versions),
									 FFRestoring ? 1 : lengthof(columns),
									 columns, values, nulls);
}

/*
 * BEFORE ROW on ff.versions itself: whatever restore, replication or a person
 * writes, no foreign number gets in, and a row that exists already stays.
 */
Datum
ff_version_guard(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._version_guard", true, 0);
	HeapTuple	tuple = data->tg_trigtuple;
	pg_uuid_t	project_id = FFColumnUuid(tuple, data->tg_relation, Anum_versions_project_id);
	pg_uuid_t	environment_id = FFColumnUuid(tuple, data->tg_relation,
											  Anum_versions_environment_id);

	FFEditCounter++;
	FFLockRow(&project_id);
	if (TRIGGER_FIRED_BY_DELETE(data->tg_event))
		return PointerGetDatum(tuple);
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		return PointerGetDatum(WithOwnNumber(data->tg_relation, data->tg_newtuple));
	if (FFMovesFind(data->tg_relation, Anum_versions_environment_id, &environment_id,
				 SnapshotSelf) != NULL)
		return PointerGetDatum(NULL);
	return PointerGetDatum(WithOwnNumber(data->tg_relation, tuple));
}

/* BEFORE TRUNCATE: an older snapshot would see empty tables. */
Datum
ff_refuse_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._refuse_truncate", false, 0);

	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("table \"ff.%s\" cannot be truncated",
					RelationGetRelationName(data->tg_relation)),
			 errdetail("TRUNCATE is not transactional for readers with an older snapshot."),
			 errhint("Use DELETE.")));
}
