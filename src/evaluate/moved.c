/*
 * moved.c
 *	  What this transaction has moved, and the numbers that it drew.
 *
 * Two lists: environments and projects whose version has moved, and for each
 * project the number that its entries of the audit log bear.  What a savepoint
 * added goes when it is rolled back: its locks go as well, so that a number
 * drawn under them may have been overtaken.
 *
 * All numbers come from one sequence, under the writers' lock.  A project's
 * number is drawn before the first of its environments moves.  So whoever has
 * seen version v of an environment has seen all entries with a smaller number
 * and none with a greater one: that is what ff_changes() goes by.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "commands/async.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/settings.h"
#include "evaluate/moved.h"
#include "evaluate/moves.h"
#include "evaluate/pin.h"
#include "model/tables.h"

#define CHANNEL "featureflow"

typedef struct Moved
{
	pg_uuid_t	id;
	int64		number;			/* of a project's entries */
	SubTransactionId subxact;
	struct Moved *next;
} Moved;

static Moved *MovedList = NULL;
static Moved *NumberList = NULL;

void
FFMovedEndTransaction(void)
{
	MovedList = NULL;			/* both lay in the transaction's memory */
	NumberList = NULL;
}

/* Forget what a rolled back savepoint added; hand the rest to its parent. */
static void
EndSubtransaction(Moved **link, SubTransactionId subxact, SubTransactionId parent,
				  bool commit)
{
	while (*link != NULL)
	{
		if ((*link)->subxact == subxact && !commit)
		{
			*link = (*link)->next;
			continue;
		}
		if ((*link)->subxact == subxact)
			(*link)->subxact = parent;
		link = &(*link)->next;
	}
}

/* What a rolled back savepoint moved has to be moved again. */
void
FFMovedEndSubtransaction(SubTransactionId subxact, SubTransactionId parent, bool commit)
{
	FFEditCounter++;
	EndSubtransaction(&MovedList, subxact, parent, commit);
	EndSubtransaction(&NumberList, subxact, parent, commit);
}

static Moved *
Find(Moved *list, const pg_uuid_t *id)
{
	while (list != NULL && !FFUuidEqual(&list->id, id))
		list = list->next;
	return list;
}

static Moved *
Add(Moved **list, const pg_uuid_t *id)
{
	Moved	   *moved = MemoryContextAllocZero(TopTransactionContext, sizeof(Moved));

	moved->id = *id;
	moved->subxact = GetCurrentSubTransactionId();
	moved->next = *list;
	return *list = moved;
}

bool
FFMovedAny(void)
{
	return MovedList != NULL;
}

bool
FFMovedHas(const pg_uuid_t *id)
{
	return Find(MovedList, id) != NULL;
}

bool
FFMovedFirst(const pg_uuid_t *id)
{
	if (FFMovedHas(id))
		return false;
	(void) Add(&MovedList, id);
	return true;
}

int64
FFMovedNext(void)
{
	return nextval_internal(FFTableOid("version_numbers"), false);
}

int64
FFMovedNumber(const pg_uuid_t *project_id)
{
	Moved	   *moved = Find(NumberList, project_id);

	if (moved == NULL)
	{
		int64		number = FFMovedNext();

		moved = Add(&NumberList, project_id);
		moved->number = number;
	}
	return moved->number;
}

static void
AppendMember(StringInfo payload, const char *name, Relation versions, HeapTuple tuple,
			 AttrNumber column)
{
	appendStringInfo(payload, "\"%s\": ", name);
	escape_json(payload, FFColumnText(tuple, versions, column).data);
	appendStringInfoString(payload, ", ");
}

/*
 * What to tell of a moved environment; NULL where the id is not one.  Keys
 * have at most 255 characters, which keeps it far below what NOTIFY takes.
 */
static char *
Payload(Relation versions, const pg_uuid_t *id)
{
	HeapTuple	tuple = FFMovesFind(versions, Anum_versions_environment_id, id, SnapshotSelf);
	bool		deleted = !HeapTupleIsValid(tuple);
	StringInfoData payload;
	bool		isnull;

	if (deleted)
		tuple = FFMovesFind(versions, Anum_versions_environment_id, id, SnapshotAny);
	if (!HeapTupleIsValid(tuple))
		return NULL;
	initStringInfo(&payload);
	appendStringInfoChar(&payload, '{');
	AppendMember(&payload, "project", versions, tuple, Anum_versions_project_key);
	AppendMember(&payload, "environment", versions, tuple, Anum_versions_environment_key);
	if (deleted)
		appendStringInfoString(&payload, "\"version\": null}");
	else
		appendStringInfo(&payload, "\"version\": " INT64_FORMAT "}",
						 DatumGetInt64(FFColumn(tuple, versions, Anum_versions_version, &isnull)));
	return payload.data;
}

static int
ComparePayloads(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Whether listeners are to hear of this transaction. */
static bool
HasNews(void)
{
	return MovedList != NULL && FFNotify && !FFRestoring &&
		OidIsValid(FFTableOid("versions"));
}

/*
 * At the commit, when versions are final: a transaction may give an
 * environment several.  In order of keys.
 */
void
FFMovedNotify(void)
{
	List	   *payloads = NIL;
	ListCell   *cell;
	Relation	versions;

	if (!HasNews())
		return;
	PushActiveSnapshot(GetTransactionSnapshot());
	versions = FFTableOpen("versions", AccessShareLock);
	for (Moved *moved = MovedList; moved != NULL; moved = moved->next)
	{
		char	   *payload = Payload(versions, &moved->id);

		if (payload != NULL)
			payloads = lappend(payloads, payload);
	}
	table_close(versions, NoLock);
	PopActiveSnapshot();
	list_sort(payloads, ComparePayloads);
	foreach(cell, payloads)
		Async_Notify(CHANNEL, lfirst(cell));
}

/*
 * PostgreSQL cannot keep a notification for COMMIT PREPARED.  Replication must
 * not stop at it: there nobody is told.
 */
void
FFMovedPrepare(void)
{
	if (HasNews() && SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that has changed flags while featureflow.notify is on"),
				 errdetail("PostgreSQL sends no notification from a prepared transaction."),
				 errhint("SET featureflow.notify = off.")));
}
