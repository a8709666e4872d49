/*
 * follow.c
 *	  Exposures and events follow the keys of their project and environment.
 *
 * They name both by key, so that anybody can write them.  When a key changes,
 * rows under the old one, those in the inbox too, get the new one in the same
 * transaction; what is deleted takes its rows along.  The tables are locked first,
 * which waits for those who are writing under the old key, and the newest state is
 * changed: a REPEATABLE READ transaction would else leave behind what has been
 * committed since its snapshot.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/trigger.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_events_follow);

/* What a statement is told: $1 old key, $2 new key, $3 project. */
static Oid	KeyTypes[3] = {TEXTOID, TEXTOID, UUIDOID};

/* Run a statement of that many arguments with the caller's rights. */
static void
RunLatest(const char *command, int count, Datum *keys)
{
	SPIPlanPtr	plan = SPI_prepare(command, count, KeyTypes);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	if (plan == NULL ||
		SPI_execute_snapshot(plan, keys, NULL, snapshot, InvalidSnapshot, false, true, 0) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("exposures and events could not follow a key")));
	UnregisterSnapshot(snapshot);
}

static void
FollowProject(Datum *keys, bool deleted)
{
	if (deleted)
	{
		RunLatest("DELETE FROM ff.exposures WHERE project OPERATOR(pg_catalog.=) $1", 1, keys);
		RunLatest("DELETE FROM ff.events WHERE project OPERATOR(pg_catalog.=) $1", 1, keys);
		RunLatest("DELETE FROM ff.event_inbox WHERE project OPERATOR(pg_catalog.=) $1", 1, keys);
		return;
	}
	RunLatest("UPDATE ff.exposures SET project = $2 WHERE project OPERATOR(pg_catalog.=) $1",
			  2, keys);
	RunLatest("UPDATE ff.events SET project = $2 WHERE project OPERATOR(pg_catalog.=) $1",
			  2, keys);
	RunLatest("UPDATE ff.event_inbox SET project = $2 WHERE project OPERATOR(pg_catalog.=) $1",
			  2, keys);
}

/* The new key of one that is deleted is its old one. */
static void
FollowEnvironment(Datum *keys, bool deleted)
{
	if (deleted)
		RunLatest("DELETE FROM ff.exposures x USING ff.projects p"
				  " WHERE p.id OPERATOR(pg_catalog.=) $3"
				  " AND x.project OPERATOR(pg_catalog.=) p.key"
				  " AND x.environment OPERATOR(pg_catalog.=) $2", 3, keys);
	else
		RunLatest("UPDATE ff.exposures x SET environment = $2 FROM ff.projects p"
				  " WHERE p.id OPERATOR(pg_catalog.=) $3"
				  " AND x.project OPERATOR(pg_catalog.=) p.key"
				  " AND x.environment OPERATOR(pg_catalog.=) $1", 3, keys);
}

/* AFTER ROW on projects and environments whose key changes or that go. */
Datum
ff_events_follow(PG_FUNCTION_ARGS)
{
	TriggerData *data = FFTrigger(fcinfo, "ff._events_follow", true, 0);
	Relation	table = data->tg_relation;
	bool		deleted = TRIGGER_FIRED_BY_DELETE(data->tg_event);
	HeapTuple	new = deleted ? data->tg_trigtuple : data->tg_newtuple;
	bool		is_project = strcmp(RelationGetRelationName(table), "projects") == 0;
	pg_uuid_t	project_id = FFColumnUuid(new, table, is_project ? Anum_projects_id :
										  Anum_environments_project_id);
	AttrNumber	key = is_project ? Anum_projects_key : Anum_environments_key;
	bool		isnull;
	Datum		keys[3];

	if (FFIsLoading())
		return PointerGetDatum(NULL);
	keys[0] = FFColumn(data->tg_trigtuple, table, key, &isnull);
	keys[1] = FFColumn(new, table, key, &isnull);
	keys[2] = UUIDPGetDatum(&project_id);
	FFTableLock("exposures", ShareRowExclusiveLock);
	FFTableLock("events", ShareRowExclusiveLock);
	FFTableLock("event_inbox", ShareRowExclusiveLock);
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	if (is_project)
		FollowProject(keys, deleted);
	else
		FollowEnvironment(keys, deleted);
	SPI_finish();
	return PointerGetDatum(NULL);
}
