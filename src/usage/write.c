/*
 * write.c
 *	  Writes counts of evaluations into ff.evaluation_counts.
 *
 * The worker that writes exposures does this as well, when it is time.  It waits
 * for nobody who changes flags or has locked the table: what is locked is written
 * the next time, and what is gone is given up.  Triggers that somebody has put on the table do not
 * fire, for it may be a superuser's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/catalog.h"
#include "base/owner.h"
#include "usage/rows.h"
#include "usage/table.h"

#define BATCH 100				/* entries a transaction */

#define INTO \
	"INSERT INTO ff.evaluation_counts AS c (environment_id, flag_id, variation, reason, error_code," \
	" hour, evaluations, last_at, users, latency)" \
	" SELECT e.id, $2, "
#define VALUES ", $4, $5, $6, $7, $8, $9, $10 FROM ff.environments e"
#define MERGE \
	" ON CONFLICT (flag_id, environment_id, hour, reason, error_code, variation) DO UPDATE SET" \
	" evaluations = c.evaluations + EXCLUDED.evaluations, last_at = greatest(c.last_at, EXCLUDED.last_at)," \
	" users = ff._users_union(c.users, EXCLUDED.users), latency = ff._latency_add(c.latency, EXCLUDED.latency)"

static const char *const OfFlag =
	INTO "CASE WHEN $3 >= 0 THEN f.variations -> $3 ->> 'key' END" VALUES " JOIN ff.flags f ON f.id = $2 AND f.project_id = e.project_id"
	" WHERE e.id = $1 FOR KEY SHARE SKIP LOCKED" MERGE;

static const char *const OfNoFlag =
	INTO "NULL" VALUES " WHERE e.id = $1 AND $3 < 0 FOR KEY SHARE SKIP LOCKED" MERGE;

static const char *const IsThere =
	"SELECT FROM ff.environments e WHERE e.id = $1 AND ($2 IS NULL OR EXISTS (SELECT FROM ff.flags f WHERE f.id = $2))";

static void
Run(const char *command, Datum *values, const char *nulls)
{
	static Oid	types[FF_USAGE_COLUMNS] = {UUIDOID, UUIDOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
	INT8OID, TIMESTAMPTZOID, BYTEAOID, INT8ARRAYOID};

	if (SPI_execute_with_args(command, FF_USAGE_COLUMNS, types, values, nulls, false, 0) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("counts of evaluations could not be written")));
}

static FFUsageFate
WriteEntry(const FFUsageEntry *entry)
{
	Datum		values[FF_USAGE_COLUMNS];
	bool		isnull[FF_USAGE_COLUMNS];
	char		nulls[FF_USAGE_COLUMNS];

	FFUsageRow(entry, values, isnull);
	for (int i = 0; i < FF_USAGE_COLUMNS; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	Run(isnull[FF_USAGE_FLAG_ID] ? OfNoFlag : OfFlag, values, nulls);
	if (SPI_processed > 0)
		return FF_USAGE_WRITTEN;
	Run(IsThere, values, nulls);
	return SPI_processed > 0 ? FF_USAGE_KEPT : FF_USAGE_FAILED;
}

/* As the owner of the table; the caller has begun a transaction. */
static void
WriteEntries(const FFUsageEntry *entries, int count, FFUsageFate *fates)
{
	FFOwner		owner;

	FFOwnerBecome(&owner, "evaluation_counts");
	(void) set_config_option("session_replication_role", "replica", PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	for (int i = 0; i < count; i++)
		fates[i] = WriteEntry(&entries[i]);
	SPI_finish();
	FFOwnerEnd(&owner);
}

/* One batch, whose entries are settled once it is committed; false: somebody has locked the table. */
static bool
WriteBatch(const FFUsageEntry *entries, int count)
{
	FFUsageFate fates[BATCH];
	Oid			table;
	bool		locked;

	for (int i = 0; i < count; i++)
		fates[i] = FF_USAGE_FAILED;
	StartTransactionCommand();
	table = FFTableOid("evaluation_counts");
	locked = OidIsValid(table) && !ConditionalLockRelationOid(table, RowExclusiveLock);
	if (OidIsValid(table) && !locked)	/* else the extension is gone */
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		WriteEntries(entries, count, fates);
		PopActiveSnapshot();
	}
	CommitTransactionCommand();
	for (int i = 0; i < count && !locked; i++)
		FFUsageSettle(&entries[i], fates[i]);
	return !locked;
}

static bool
IsMine(Oid database)
{
	return database == MyDatabaseId;
}

void
FFUsageWrite(void)
{
	TimestampTz start = GetCurrentTimestamp();
	FFUsageEntry *entries;
	long		wait = -1;
	int			count;

	if (!OidIsValid(FFUsageDue(IsMine, &wait)))
		return;
	entries = MemoryContextAlloc(TopMemoryContext, BATCH * sizeof(FFUsageEntry));
	while ((count = FFUsageTake(MyDatabaseId, start, BATCH, entries)) > 0 && WriteBatch(entries, count))
		CHECK_FOR_INTERRUPTS();
	pfree(entries);
}
