/*
 * log_write.c
 *	  Writes single evaluations into ff.evaluation_log.
 *
 * The worker that writes exposures does this as well.  A batch is one command, which
 * waits for nobody who changes environments or has locked the table.  Triggers that
 * somebody has put on the table do not fire, for it may be a superuser's.
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
#include "utils/uuid.h"

#include "base/attempt.h"
#include "base/catalog.h"
#include "base/owner.h"
#include "usage/log.h"

#define BATCH 5000				/* entries a transaction */
#define COLUMNS 10

static Oid ColumnTypes[COLUMNS] = {
	UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, FLOAT8OID
};

static Oid ArrayTypes[COLUMNS] = {
	UUIDARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
	INT4ARRAYOID, FLOAT8ARRAYOID
};

static const char *const Insert =
	"WITH places AS MATERIALIZED ("
	" SELECT e.id FROM ff.environments e WHERE e.id = ANY ($1) FOR KEY SHARE SKIP LOCKED)"
	" INSERT INTO ff.evaluation_log (environment_id, at, flag, user_key, variation, rule, reason, error_code, version, share)"
	" SELECT l.* FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
	" l(environment_id, at, flag, user_key, variation, rule, reason, error_code, version, share)"
	" JOIN places p ON p.id = l.environment_id";

static Datum
NameDatum(const char *name, bool *isnull)
{
	*isnull = name == NULL;
	return name == NULL ? (Datum) 0 : CStringGetTextDatum(name);
}

/* The columns of an entry, in their order. */
static void
Fill(const FFLogEntry *entry, Datum *values, bool *nulls)
{
	const char *text = entry->data;

	memset(nulls, 0, COLUMNS * sizeof(bool));
	values[0] = UUIDPGetDatum(&entry->environment_id);
	values[1] = TimestampTzGetDatum(entry->at);
	for (int i = 0; i < FF_LOG_TEXTS; i++)
	{
		nulls[2 + i] = entry->lengths[i] < 0;
		if (nulls[2 + i])
			continue;
		values[2 + i] = PointerGetDatum(cstring_to_text_with_len(text, entry->lengths[i]));
		text += entry->lengths[i];
	}
	values[6] = NameDatum(FFReasonName(entry->reason), &nulls[6]);
	values[7] = NameDatum(FFErrorName(entry->error), &nulls[7]);
	values[8] = Int32GetDatum(entry->version);
	nulls[8] = entry->version == 0;
	values[9] = Float8GetDatum(entry->share);
}

/* An array of each column. */
static void
MakeArrays(FFLogEntry **entries, int count, Datum *arrays)
{
	ArrayBuildState *states[COLUMNS];
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		states[i] = initArrayResult(ColumnTypes[i], CurrentMemoryContext, false);
	for (int i = 0; i < count; i++)
	{
		Fill(entries[i], values, nulls);
		for (int j = 0; j < COLUMNS; j++)
			accumArrayResult(states[j], values[j], nulls[j], ColumnTypes[j], CurrentMemoryContext);
	}
	for (int i = 0; i < COLUMNS; i++)
		arrays[i] = makeArrayResult(states[i], CurrentMemoryContext);
}

typedef struct Batch
{
	FFLogEntry **entries;
	int			count;
	uint64		written;		/* without those of an environment that is gone or locked */
} Batch;

/* As the owner of the table. */
static void
WriteEntries(void *argument)
{
	Batch	   *batch = argument;
	Datum		arrays[COLUMNS];
	FFOwner		owner;

	FFOwnerBecome(&owner, "evaluation_log");
	(void) set_config_option("session_replication_role", "replica", PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not connect to SPI")));
	MakeArrays(batch->entries, batch->count, arrays);
	if (SPI_execute_with_args(Insert, COLUMNS, ArrayTypes, arrays, NULL, false, 0) != SPI_OK_INSERT)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("evaluations could not be logged")));
	batch->written = SPI_processed;
	SPI_finish();
	FFOwnerEnd(&owner);
}

/*
 * Writes a batch, unless somebody has locked the table; whether it is done with.
 * Exposures, of other databases as well, would wait as long as the batch does.
 */
static bool
TryBatch(Batch *batch, MemoryContext memory)
{
	Oid			table;
	bool		locked;

	StartTransactionCommand();
	table = FFTableOid("evaluation_log");
	locked = OidIsValid(table) && !ConditionalLockRelationOid(table, RowExclusiveLock);
	if (OidIsValid(table) && !locked)	/* else the extension is gone */
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		MemoryContextSwitchTo(memory);
		if (!FFAttempt(WriteEntries, batch, psprintf("could not log %d evaluations", batch->count)))
			batch->written = 0;
		PopActiveSnapshot();
	}
	CommitTransactionCommand();
	return !locked;
}

/* One batch; the number of its last entry, and of no entry where none was written. */
static uint64
WriteBatch(MemoryContext memory)
{
	MemoryContext caller = MemoryContextSwitchTo(memory);
	FFLogEntry **entries = palloc(BATCH * sizeof(FFLogEntry *));
	Batch		batch = {entries, FFLogTake(MyDatabaseId, BATCH, entries), 0};
	uint64		last = PG_UINT64_MAX;

	if (batch.count > 0 && TryBatch(&batch, memory))
	{
		last = entries[batch.count - 1]->number;
		FFLogDone(MyDatabaseId, last, batch.written);
	}
	else if (batch.count > 0)
		FFLogPutOff();
	MemoryContextSwitchTo(caller);
	MemoryContextReset(memory);
	return last;
}

/* Not those that come meanwhile: exposures wait. */
void
FFLogWrite(void)
{
	uint64		newest;
	MemoryContext memory;

	if (!FFLogIsDue())
		return;
	memory = AllocSetContextCreate(TopMemoryContext, "featureflow evaluation log", ALLOCSET_DEFAULT_SIZES);
	newest = FFLogNewest();
	while (WriteBatch(memory) < newest)
		CHECK_FOR_INTERRUPTS();
	MemoryContextDelete(memory);
}
