/*
 * query_check.c
 *	  Refuses queries of segments and sources that do more than read.
 *
 * Those of segments are checked when registered, all when they are planned,
 * after views have been expanded: one SELECT, no volatile functions (which could write or
 * sleep), no row locks, no temporary relations, no evaluation of flags.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "base/keys.h"
#include "base/role.h"
#include "evaluate/query_check.h"

PG_FUNCTION_INFO_V1(ff_check_query);

/* Refuse with one reason. */
static void
Refuse(int code, const char *message)
{
	ereport(ERROR, (errcode(code), errmsg("%s", message)));
}

/* Whether a function belongs to this extension. */
static bool
IsOurs(Oid function, void *context)
{
	Oid			extension = getExtensionOfObject(ProcedureRelationId, function);

	(void) context;
	return OidIsValid(extension) && extension == get_extension_oid("featureflow", true);
}

/* Temporary relations, row locks and functions of ours, wherever they are. */
static bool
WalkNode(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		if (query->commandType != CMD_SELECT || query->rowMarks != NIL)
			Refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a query that is registered can read only");
		return query_tree_walker(query, WalkNode, context, QTW_EXAMINE_RTES_BEFORE);
	}
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		if (entry->rtekind == RTE_RELATION &&
			get_rel_persistence(entry->relid) == RELPERSISTENCE_TEMP)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("relation \"%s\" is temporary", get_rel_name(entry->relid))));
		return false;
	}
	if (check_functions_in_node(node, IsOurs, NULL))
		Refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a query that is registered cannot call functions of featureflow");
	return expression_tree_walker(node, WalkNode, context);
}

static void
CheckQuery(Query *query)
{
	int			columns = 0;
	ListCell   *cell;

	if (query->commandType != CMD_SELECT || query->utilityStmt != NULL)
		Refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a query that is registered is one SELECT");
	foreach(cell, query->targetList)
		columns += !lfirst_node(TargetEntry, cell)->resjunk;
	if (columns == 0)
		Refuse(ERRCODE_INVALID_PARAMETER_VALUE, "a query that is registered has at least one column");
	WalkNode((Node *) query, NULL);
	if (contain_volatile_functions((Node *) query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query that is registered cannot call volatile functions")));
}

void
FFQueryCheckPlan(SPIPlanPtr plan)
{
	List	   *sources = SPI_plan_get_plan_sources(plan);
	CachedPlanSource *source;

	if (list_length(sources) != 1)
		Refuse(ERRCODE_SYNTAX_ERROR, "a query that is registered is one SELECT");
	source = linitial(sources);
	if (list_length(source->query_list) != 1)
		Refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a query that is registered is one SELECT");
	CheckQuery(linitial_node(Query, source->query_list));
}

/* The type that $1 has by its use; it is the only parameter. */
static Oid
InferType(const char *sql)
{
	List	   *statements = pg_parse_query(sql);
	Oid		   *types = NULL;
	int			count = 0;

	if (list_length(statements) != 1 ||
		!IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		Refuse(ERRCODE_SYNTAX_ERROR, "a query that is registered is one SELECT");
	(void) parse_analyze_varparams(linitial_node(RawStmt, statements), sql, &types, &count, NULL);
	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 count == 0 ? errmsg("the query does not use $1, the key of the user") :
				 errmsg("the query uses $%d; there is only $1, the key of the user", count)));
	if (!FFKeyTypeIsKnown(types[0]))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("$1 is used as %s, which no user key can be", format_type_be(types[0])),
				 errhint("Compare $1 with text, uuid, smallint, integer or bigint, or cast it.")));
	return types[0];
}

/*
 * Evaluation is parallel safe, and a plan of tomorrow may run it in a worker.
 * PostgreSQL takes functions for unsafe until they are marked, though few are.
 */
static void
WarnOfUnsafe(SPIPlanPtr plan)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	if (max_parallel_hazard(linitial_node(Query, source->query_list)) != PROPARALLEL_SAFE)
		ereport(WARNING,
				(errmsg("the query calls functions that are not marked PARALLEL SAFE"),
				 errdetail("It may fail in a parallel worker."),
				 errhint("Mark them by ALTER FUNCTION ... PARALLEL SAFE if they write nothing and begin no subtransaction, as EXCEPTION does.")));
}

/* Plan and check it, and run it once for nobody: rights are checked then. */
static void
TryQuery(const char *sql, Oid type)
{
	Datum		key = (Datum) 0;
	SPIPlanPtr	plan;

	if (SPI_connect() != SPI_OK_CONNECT)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not connect to SPI")));
	plan = SPI_prepare(sql, 1, &type);
	if (plan == NULL)
		Refuse(ERRCODE_SYNTAX_ERROR, "a query that is registered is one SELECT");
	FFQueryCheckPlan(plan);
	if (SPI_execute_plan(plan, &key, "n", true, 1) != SPI_OK_SELECT)
		Refuse(ERRCODE_SYNTAX_ERROR, "a query that is registered is one SELECT");
	WarnOfUnsafe(plan);
	SPI_finish();
}

/* Positions of errors are in the query, not in the statement that registers it. */
static void
PointIntoQuery(void *argument)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) argument);
	}
}

/* ff._check_query(sql): the type of $1, or an error; as the current role. */
Datum
ff_check_query(PG_FUNCTION_ARGS)
{
	char	   *sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	ErrorContextCallback context = {error_context_stack, PointIntoQuery, sql};
	volatile Oid type = InvalidOid;
	FFRole		role;

	error_context_stack = &context;
	FFRoleBecome(&role, GetUserId());
	PG_TRY();
	{
		type = InferType(sql);
		TryQuery(sql, type);
	}
	PG_FINALLY();
	{
		FFRoleEnd(&role);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	PG_RETURN_TEXT_P(cstring_to_text(format_type_be(type)));
}
