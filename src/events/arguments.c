/*
 * arguments.c
 *	  What functions that take events need for their arguments.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "model/tables.h"

PG_FUNCTION_INFO_V1(ff_writing_project);
PG_FUNCTION_INFO_V1(ff_check_elements);

/* A member that elements of an array may have. */
typedef struct Member
{
	const char *name;
	const char *type;			/* of JSON; NULL: any */
} Member;

/* Ends with a member without a name. */
static const Member EventMembers[] = {
	{"user_key", "string"}, {"event", "string"}, {"value", "number"}, {"at", "string"},
	{"event_id", "string"}, {"properties", "object"}, {"project", "string"}, {NULL, NULL}
};

static const Member ExposureMembers[] = {
	{"user_key", "string"}, {"flag", "string"}, {"attributes", "object"},
	{"environment", "string"}, {"fallback", NULL}, {"project", "string"}, {NULL, NULL}
};

/* The id of a project; NULL where there is none of that key. */
static pg_uuid_t *
ProjectId(FFString key, Snapshot snapshot)
{
	Relation	table = FFTableOpen("projects", AccessShareLock);
	FFScan		scan = {0};
	pg_uuid_t  *id = NULL;
	HeapTuple	tuple;

	FFScanText(&scan, Anum_projects_key, key);
	FFScanBegin(&scan, table, snapshot);
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
	{
		id = palloc(sizeof(pg_uuid_t));
		*id = FFColumnUuid(tuple, table, Anum_projects_id);
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return id;
}

/*
 * ff._writing_project(key), of a transaction that is about to write events:
 * whoever sends them need not be able to read projects, but is told of a wrong
 * one, which has no id.  The table is locked first, as for writing, and the
 * newest state asked: so a project that exists keeps its key until the events
 * are committed.  So is that of exposures, in the order of follow.c: who goes
 * on to expose would else hold one table and wait for the other, as a change of
 * keys does.
 */
Datum
ff_writing_project(PG_FUNCTION_ARGS)
{
	FFString	key = FFStringOfText(PG_GETARG_TEXT_PP(0));
	Snapshot	snapshot;
	pg_uuid_t  *id;

	PreventCommandIfReadOnly("ff_track()");
	PreventCommandIfParallelMode("ff_track()");
	FFTableLock("exposures", RowExclusiveLock);
	FFTableLock("events", RowExclusiveLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	id = ProjectId(key, snapshot);
	UnregisterSnapshot(snapshot);
	if (id == NULL)
		PG_RETURN_NULL();
	PG_RETURN_UUID_P(id);
}

/* What kind of JSON a value is, in the words of jsonb_typeof. */
static const char *
JsonTypeOf(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "string";
		case jbvNumeric:
			return "number";
		case jbvBool:
			return "boolean";
		default:
			return JsonContainerIsObject(value->val.binary.data) ? "object" : "array";
	}
}

/* One member of an element; null stands for one that is left out. */
static void
CheckMember(const Member *members, const char *what, int64 element,
			const JsonbValue *key, const JsonbValue *value)
{
	const char *type = JsonTypeOf(value);

	for (; members->name != NULL; members++)
	{
		if (key->val.string.len == (int) strlen(members->name) &&
			memcmp(key->val.string.val, members->name, key->val.string.len) == 0)
			break;
	}
	if (members->name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown member \"%.*s\" of an %s",
						key->val.string.len, key->val.string.val, what),
				 errdetail("At $[%lld].%.*s.", (long long) element,
						   key->val.string.len, key->val.string.val)));
	if (members->type != NULL && value->type != jbvNull && strcmp(type, members->type) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the member \"%s\" of an %s must be of type %s, not %s",
						members->name, what, members->type, type),
				 errdetail("At $[%lld].%s.", (long long) element, members->name)));
}

static void
CheckElement(const Member *members, const char *what, int64 element, const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	member;

	if (strcmp(JsonTypeOf(value), "object") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an %s must be an object, not of type %s", what, JsonTypeOf(value)),
				 errdetail("At $[%lld].", (long long) element)));
	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &member, true);
		CheckMember(members, what, element, &key, &member);
	}
	if (token == WJB_END_OBJECT)
		(void) JsonbIteratorNext(&iterator, &key, true);	/* frees the iterator */
}

/*
 * ff._check_elements(elements, what): an array of events or of exposures has
 * elements of the right shape; the error names the path of the first fault.
 */
Datum
ff_check_elements(PG_FUNCTION_ARGS)
{
	char	   *what = PG_ARGISNULL(1) ? "exposure" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	const Member *members = strcmp(what, "event") == 0 ? EventMembers : ExposureMembers;
	Jsonb	   *elements = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
	JsonbIterator *iterator;
	JsonbValue	value;
	int64		element = 0;

	if (elements == NULL || !JB_ROOT_IS_ARRAY(elements) || JB_ROOT_IS_SCALAR(elements))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%ss must be an array", what),
				 errdetail("At $.")));
	iterator = JsonbIteratorInit(&elements->root);
	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &value, true) == WJB_ELEM)
		CheckElement(members, what, element++, &value);
	PG_RETURN_VOID();
}
