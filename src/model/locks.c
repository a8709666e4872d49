/*
 * locks.c
 *	  Who may change configuration at a time.
 *
 * Writers are in line from before their first row, so that versions and audit
 * numbers come in the order of commits and two writers never wait for each
 * other.  An administration function takes the global lock shared and its
 * project's alone: projects do not wait for each other.  A statement straight
 * on the tables may touch any project and takes the global lock alone.  All
 * are held to the end of the transaction, through PREPARE as well.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "base/compat.h"
#include "base/settings.h"
#include "model/locks.h"

PG_FUNCTION_INFO_V1(ff_lock_project);

/* Keeps our advisory locks apart from those that users take (1 and 2). */
#define LOCK_CLASS 0xFF

static LOCKTAG
GlobalLock(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, LOCK_CLASS);
	return tag;
}

static LOCKTAG
ProjectLock(const pg_uuid_t *project_id)
{
	uint64		hash = hash_bytes_extended(project_id->data, UUID_LEN, 0);
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32) | 1, (uint32) hash,
						 LOCK_CLASS);
	return tag;
}

static bool
Holds(LOCKTAG tag, LOCKMODE mode)
{
	return FFLockHeld(&tag, mode);
}

/* Every change comes by here first. */
static void
Take(LOCKTAG tag, LOCKMODE mode)
{
	FFChangeSettingsInit();
	if (!Holds(tag, mode))
		(void) LockAcquire(&tag, mode, false, false);
}

void
FFLockProject(const pg_uuid_t *project_id)
{
	if (Holds(GlobalLock(), ExclusiveLock))
		return;
	Take(GlobalLock(), ShareLock);
	Take(ProjectLock(project_id), ExclusiveLock);
}

/* Inside an administration function the project is locked already. */
void
FFLockStatement(void)
{
	if (!Holds(GlobalLock(), ShareLock))
		Take(GlobalLock(), ExclusiveLock);
}

/*
 * For rows that no statement announced (logical replication), or of another
 * project than the transaction has locked.
 */
void
FFLockRow(const pg_uuid_t *project_id)
{
	if (!Holds(ProjectLock(project_id), ExclusiveLock))
		Take(GlobalLock(), ExclusiveLock);
}

Datum
ff_lock_project(PG_FUNCTION_ARGS)
{
	FFLockProject(PG_GETARG_UUID_P(0));
	PG_RETURN_VOID();
}
