/*
 * query.c
 *	  Runs queries on the application's relations for evaluation.
 *
 * Such a query is what a role has registered and runs with the rights of that
 * role, whoever evaluates: read-only, restricted, under row-level security, with
 * a fixed search path and the snapshot of the evaluating statement.  Evaluation
 * inside it is refused (pin.c).  Its errors are the caller's, with a line of
 * context that names the segment or source.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/plancache.h"

#include "base/catalog.h"
#include "base/keys.h"
#include "base/role.h"
#include "evaluate/query.h"
#include "evaluate/query_check.h"

Oid
FFQueryRole(const char *kind, const char *name, const char *role)
{
	Oid			id = get_role_oid(role, true);

	if (!OidIsValid(id))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" of %s \"%s\" does not exist", role, kind, name)));
	return id;
}

static void
NameQuery(void *argument)
{
	const FFQuery *query = argument;

	errcontext("%s \"%s\"", query->kind, query->name);
}

/* What was checked is gone: the query will be analyzed anew. */
static void
ForgetCheck(void *argument)
{
	((FFQuery *) argument)->checked = false;
}

/* The plan has been checked, and is until what it reads has changed. */
static void
RememberCheck(FFQuery *query)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(query->plan));
	MemoryContextCallback *callback = MemoryContextAlloc(source->query_context,
														 sizeof(MemoryContextCallback));

	callback->func = ForgetCheck;
	callback->arg = query;
	MemoryContextRegisterResetCallback(source->query_context, callback);
	query->checked = true;
}

/* Plan the query for all later runs in this backend. */
static void
Prepare(FFQuery *query)
{
	SPIPlanPtr	plan = SPI_prepare(query->sql, 1, &query->type);

	if (plan == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not plan a query: %s", SPI_result_code_string(SPI_result))));
	FFQueryCheckPlan(plan);
	if (SPI_keepplan(plan) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not keep the plan of a query")));
	query->plan = plan;
	RememberCheck(query);
}

/* Check it again where a view was replaced since; its answer does not count. */
static void
CheckAgain(FFQuery *query)
{
	FFQueryCheckPlan(query->plan);
	RememberCheck(query);
}

/* Run it for a key and let the first row be read. */
static bool
Execute(FFQuery *query, Datum key, FFQueryReader read, void *argument)
{
	MemoryContext caller = CurrentMemoryContext;
	bool		found;

	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	if (query->plan == NULL)
		Prepare(query);
	if (SPI_execute_plan(query->plan, &key, NULL, true, 1) != SPI_OK_SELECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not run a query")));
	if (unlikely(!query->checked))
		CheckAgain(query);
	found = SPI_processed > 0;
	if (found)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		read(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, argument);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return found;
}

bool
FFQueryRun(FFQuery *query, FFString key, FFQueryReader read, void *argument)
{
	ErrorContextCallback context = {error_context_stack, NameQuery, query};
	volatile bool found = false;
	Datum		value;
	FFRole		role;

	if (!FFKeyDatum(key, query->type, &value))
		return false;
	error_context_stack = &context;
	FFRoleBecome(&role, FFQueryRole(query->kind, query->name, query->role));
	PG_TRY();
	{
		found = Execute(query, value, read, argument);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	return found;
}

static void
ReadContains(HeapTuple row, TupleDesc columns, void *argument)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, columns, 1, &isnull);

	*(bool *) argument = !isnull &&
		(TupleDescAttr(columns, 0)->atttypid != BOOLOID || DatumGetBool(value));
}

bool
FFQueryContains(FFQuery *query, FFString user_key)
{
	bool		contains = false;

	(void) FFQueryRun(query, user_key, ReadContains, &contains);
	return contains;
}

void
FFQueryFree(FFQuery *query)
{
	if (query != NULL && query->plan != NULL)
		SPI_freeplan(query->plan);
}
