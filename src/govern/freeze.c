/*
 * freeze.c
 *	  Refuses changes to what a locked environment answers from.
 *
 * Ordinary row triggers: logical replication, which repeats what was allowed
 * where it was written, does not fire them.  Locks are read as stored now,
 * rather than by the transaction's snapshot, which is safe under the lock that
 * every writer holds: a REPEATABLE READ transaction meets a lock that was
 * taken after it had begun.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "audit/history.h"
#include "base/catalog.h"
#include "base/settings.h"
#include "base/trigger.h"
#include "evaluate/moves.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_refuse_locked);
PG_FUNCTION_INFO_V1(ff_check_unlocked);
PG_FUNCTION_INFO_V1(ff_has_locks);

static bool
IsLocked(Relation environments, HeapTuple tuple)
{
	bool		isnull;

	(void) FFColumn(tuple, environments, Anum_environments_locked_at, &isnull);
	return !isnull;
}

/* Who locked it, since when, why. */
static void
Refuse(Relation environments, HeapTuple tuple)
{
	FFString	key = FFColumnText(tuple, environments, Anum_environments_key);
	FFString	by = FFColumnText(tuple, environments, Anum_environments_locked_by);
	FFString	reason = FFColumnText(tuple, environments, Anum_environments_lock_reason);
	bool		isnull;
	Datum		at = FFColumn(tuple, environments, Anum_environments_locked_at, &isnull);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("environment \"%s\" is locked", key.data),
			 errdetail("Locked by %s since %s%s%s.", by.data != NULL ? by.data : "unknown",
					   DatumGetCString(DirectFunctionCall1(timestamptz_out, at)),
					   reason.data != NULL ? ": " : "", reason.data != NULL ? reason.data : ""),
			 errhint("ff_environment_unlock lifts the lock; the kill switch works all the same.")));
}

/*
 * Whether this transaction has created a flag: then nobody has been answered
 * from it.  A flag that it only updated has an older row version.
 */
static bool
IsNewFlag(const pg_uuid_t *flag_id)
{
	Relation	flags = FFTableOpen("flags", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;
	bool		is_new = false;
	bool		is_old = false;

	FFScanUuid(&scan, Anum_flags_id, flag_id);
	FFScanBegin(&scan, flags, SnapshotAny);
	while (!is_old && HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		TransactionId xmin = HeapTupleHeaderGetXmin(tuple->t_data);

		if (TransactionIdIsCurrentTransactionId(xmin))
			is_new = true;
		else
			is_old = !TransactionIdDidAbort(xmin);
	}
	FFScanEnd(&scan);
	table_close(flags, NoLock);
	return is_new && !is_old;
}

/*
 * An error if an environment found by its id, or one of a project, is locked;
 * but what belongs to a new flag (NULL: to none) is free.
 */
static void
RefuseWhere(AttrNumber column, const pg_uuid_t *id, const pg_uuid_t *flag_id)
{
	Relation	environments = FFTableOpen("environments", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, column, id);
	FFScanBegin(&scan, environments, SnapshotSelf);
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		if (IsLocked(environments, tuple) && (flag_id == NULL || !IsNewFlag(flag_id)))
			Refuse(environments, tuple);
	}
	FFScanEnd(&scan);
	table_close(environments, NoLock);
}

static pg_uuid_t
NamedUuid(Relation table, HeapTuple tuple, const char *column)
{
	return FFColumnUuid(tuple, table, SPI_fnumber(RelationGetDescr(table), column));
}

/* One version of a changing row. */
static void
CheckRow(const TriggerData *data, HeapTuple tuple)
{
	char	  **args = data->tg_trigger->tgargs;
	bool		has_flag = data->tg_trigger->tgnargs > 2;
	pg_uuid_t	id = NamedUuid(data->tg_relation, tuple, args[1]);
	pg_uuid_t	flag_id = has_flag ? NamedUuid(data->tg_relation, tuple, args[2]) : id;
	pg_uuid_t	project_id = id;

	if (strcmp(args[0], "environment") == 0)
		RefuseWhere(Anum_environments_id, &id, has_flag ? &flag_id : NULL);
	else if (strcmp(args[0], "project") == 0 || FFProjectOfFlag(&id, &project_id))
		RefuseWhere(Anum_environments_project_id, &project_id, has_flag ? &flag_id : NULL);
}

/*
 * BEFORE ROW.  Arguments: "environment", "project" or "flag", whose id stands
 * in the column named next; then, perhaps, the column of a flag's id: what
 * belongs to a new flag may come, change and go.
 */
Datum
ff_refuse_locked(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._refuse_locked", true, 2);
	bool		updated = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple	result = updated ? data->tg_newtuple : data->tg_trigtuple;

	if (FFIsRestoring() || FFHistoryIsRecording())
		return PointerGetDatum(result);
	CheckRow(data, data->tg_trigtuple);
	if (updated)
		CheckRow(data, data->tg_newtuple);
	return PointerGetDatum(result);
}

/* ff._check_unlocked(project_id, environment_id): of NULL, all of the project. */
Datum
ff_check_unlocked(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(1))
		RefuseWhere(Anum_environments_id, PG_GETARG_UUID_P(1), NULL);
	else if (!PG_ARGISNULL(0))
		RefuseWhere(Anum_environments_project_id, PG_GETARG_UUID_P(0), NULL);
	PG_RETURN_VOID();
}

/* ff._has_locks(): whether any environment of any project is locked. */
Datum
ff_has_locks(PG_FUNCTION_ARGS)
{
	Relation	environments = FFTableOpen("environments", AccessShareLock);
	SysScanDesc scan = systable_beginscan(environments, InvalidOid, false, SnapshotSelf, 0, NULL);
	HeapTuple	tuple;
	bool		has_locks = false;

	(void) fcinfo;
	while (!has_locks && HeapTupleIsValid(tuple = systable_getnext(scan)))
		has_locks = IsLocked(environments, tuple);
	systable_endscan(scan);
	table_close(environments, NoLock);
	PG_RETURN_BOOL(has_locks);
}
