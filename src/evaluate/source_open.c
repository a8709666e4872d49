/*
 * source_open.c
 *	  Finds the relation, key, index and rights of a context source.
 *
 * Done once a statement: the application may alter or drop its relation at any
 * time.  The locks that are taken last to the end of the transaction, as those of
 * any query do.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

#include "base/catalog.h"
#include "base/compat.h"
#include "base/keys.h"
#include "base/probe.h"
#include "base/role.h"
#include "evaluate/pin.h"
#include "evaluate/sources.h"

#define KIND "context source"

PG_FUNCTION_INFO_V1(ff_check_source);

static void
SplitRelation(const FFSource *source, char **schema, char **name)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(source->relation));

	if (list_length(names) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("relation \"%s\" of a context source is not of the form schema.name",
						source->relation)));
	*schema = strVal(linitial(names));
	*name = strVal(lsecond(names));
}

/* Find and lock the relation; nobody's search path and rights matter here. */
static Relation
OpenRelation(const FFSource *source, Oid role)
{
	Relation	relation = NULL;
	char	   *schema;
	char	   *name;
	Oid			namespace;
	Oid			oid = InvalidOid;

	SplitRelation(source, &schema, &name);
	namespace = get_namespace_oid(schema, true);
	if (OidIsValid(namespace))
		oid = get_relname_relid(name, namespace);
	if (OidIsValid(oid))
		relation = try_relation_open(oid, AccessShareLock);
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" of a context source does not exist", source->relation)));
	if (FFSchemaAclCheck(namespace, role) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not use the schema of context source \"%s\"",
						source->role, source->relation)));
	return relation;
}

static void
CheckKind(const FFSource *source, Relation relation)
{
	switch (relation->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" is not a table or view", source->relation)));
	}
	if (relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("relation \"%s\" is temporary", RelationGetRelationName(relation))));
}

/* Whether a role may read a column. */
static bool
MayRead(Oid relation, AttrNumber column, Oid role)
{
	return pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(relation, column, role, ACL_SELECT) == ACLCHECK_OK;
}

static void
FindKey(FFSource *source, Relation relation, Oid role)
{
	Oid			oid = RelationGetRelid(relation);

	source->key = get_attnum(oid, source->key_column);
	if (source->key <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("context source \"%s\" has no column \"%s\"",
						source->relation, source->key_column)));
	source->key_type = getBaseType(get_atttype(oid, source->key));
	if (!FFKeyTypeIsKnown(source->key_type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("key column \"%s\" of context source \"%s\" is of type %s",
						source->key_column, source->relation, format_type_be(source->key_type)),
				 errdetail("It must be text, uuid, smallint, integer or bigint.")));
	if (!MayRead(oid, source->key, role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" may not read context source \"%s\"",
						source->role, source->relation)));
}

static bool
IsNamed(const FFSource *source, const char *column)
{
	int			length = (int) strlen(column);

	for (int i = 0; i < source->named; i++)
	{
		if (source->names[i].length == length &&
			memcmp(source->names[i].data, column, length) == 0)
			return true;
	}
	return source->named < 0;
}

/* Which columns are attributes: named, there, and readable for the role. */
static void
FindColumns(FFSource *source, Relation relation, Oid role)
{
	source->columns = CreateTupleDescCopy(RelationGetDescr(relation));
	source->gives = palloc0(Max(source->columns->natts, 1) * sizeof(bool));
	for (int i = 0; i < source->columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(source->columns, i);

		source->gives[i] = !column->attisdropped &&
			IsNamed(source, NameStr(column->attname)) &&
			MayRead(RelationGetRelid(relation), column->attnum, role);
	}
}

/*
 * Whether an index finds all rows that an equality of the key does, by functions
 * of the server alone: a probe runs with the rights of who evaluates.
 */
static bool
IndexServes(Relation index, AttrNumber key)
{
	Form_pg_index form = index->rd_index;
	Oid			collation = index->rd_indcollation[0];

	return form->indisvalid && form->indnkeyatts >= 1 && form->indkey.values[0] == key &&
		heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL) &&
		index->rd_rel->relam == BTREE_AM_OID && index->rd_opfamily[0] < FirstNormalObjectId &&
		(!OidIsValid(collation) || get_collation_isdeterministic(collation)) &&
		(!form->indcheckxmin ||
		 TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data), TransactionXmin));
}

/* An index on the key that can be probed directly. */
static Oid
FindIndex(Relation relation, AttrNumber key)
{
	List	   *indexes = RelationGetIndexList(relation);
	Oid			found = InvalidOid;
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (!OidIsValid(found) && IndexServes(index, key))
			found = RelationGetRelid(index);
		index_close(index, NoLock);
	}
	list_free(indexes);
	return found;
}

/* Whether a bare probe sees what a query of the role would see. */
static bool
CanProbe(Relation relation, Oid role)
{
	char		kind = relation->rd_rel->relkind;

	return (kind == RELKIND_RELATION || kind == RELKIND_MATVIEW) &&
		relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
		!relation->rd_rel->relhassubclass &&
		RelationIsPopulated(relation) &&
		check_enable_rls(RelationGetRelid(relation), role, true) != RLS_ENABLED;
}

/*
 * Whether who evaluates may see what the relation holds.  What a view or a
 * foreign server shows depends on who asks, so there it takes the role's rights.
 */
static bool
CallerMayRead(Relation relation, Oid role)
{
	Oid			oid = RelationGetRelid(relation);
	Oid			caller = GetUserId();

	if (relation->rd_rel->relkind == RELKIND_VIEW || relation->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		return has_privs_of_role(caller, role);
	return pg_class_aclcheck(oid, caller, ACL_SELECT) == ACLCHECK_OK &&
		FFSchemaAclCheck(RelationGetNamespace(relation), caller) == ACLCHECK_OK &&
		check_enable_rls(oid, caller, true) != RLS_ENABLED;
}

/* The query that reads the columns in their places. */
static char *
QueryText(const FFSource *source)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < source->columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(source->columns, i)->attname);

		appendStringInfoString(&sql, i == 0 ? "SELECT " : ", ");
		if (source->gives[i])
			appendStringInfoString(&sql, quote_identifier(name));
		else
			appendStringInfoString(&sql, "NULL");
	}
	appendStringInfo(&sql, " FROM %s WHERE %s OPERATOR(pg_catalog.=) $1 LIMIT 1",
					 source->relation, quote_identifier(source->key_column));
	return sql.data;
}

/* The query of a source, kept for later statements while it is the same. */
static void
SetQuery(FFSource *source)
{
	MemoryContext owner = MemoryContextGetParent(source->statement);
	char	   *sql = QueryText(source);
	MemoryContext caller;

	if (source->query != NULL && strcmp(source->query->sql, sql) == 0 &&
		strcmp(source->query->role, source->reader) == 0 &&
		source->query->type == source->key_type)
		return;
	FFQueryFree(source->query);
	source->query = NULL;
	caller = MemoryContextSwitchTo(owner);
	source->query = palloc0(sizeof(FFQuery));
	source->query->kind = KIND;
	source->query->name = source->relation;
	source->query->role = pstrdup(source->reader);
	source->query->type = source->key_type;
	source->query->sql = pstrdup(sql);
	MemoryContextSwitchTo(caller);
}

void
FFSourceOpen(FFSource *source)
{
	Oid			role = FFQueryRole(KIND, source->relation, source->role);
	MemoryContext caller;
	Relation	relation;
	Oid			index;

	source->serial = 0;
	source->subject = 0;
	source->changes = FFRelationChanges;
	MemoryContextReset(source->statement);
	caller = MemoryContextSwitchTo(source->statement);
	relation = OpenRelation(source, role);
	CheckKind(source, relation);
	FindKey(source, relation, role);
	FindColumns(source, relation, role);
	source->shown = CallerMayRead(relation, role);
	source->reader = GetUserNameFromId(FFRoleReader(role, relation->rd_rel->relowner), false);
	index = CanProbe(relation, role) ? FindIndex(relation, source->key) : InvalidOid;
	source->probe = OidIsValid(index) ? FFProbeCreate(relation, index, 1) : NULL;
	if (source->probe == NULL)
		SetQuery(source);
	relation_close(relation, NoLock);
	MemoryContextSwitchTo(caller);
	source->serial = FFPinLast();
}

/* Whether any index of a table, whatever its kind, begins with the key. */
static bool
HasIndex(Relation relation, AttrNumber key)
{
	List	   *indexes = RelationGetIndexList(relation);
	bool		found = false;
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		found = found || (index->rd_index->indisvalid && index->rd_index->indkey.values[0] == key);
		index_close(index, NoLock);
	}
	return found;
}

/*
 * ff._check_source(relation, key_column, attributes): an error where the
 * current role could not register it; false where a table has no index on the
 * key.
 */
Datum
ff_check_source(PG_FUNCTION_ARGS)
{
	FFSource	source = {0};
	Relation	relation;
	bool		indexed = true;
	bool	   *known;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a relation and its key column are required")));
	source.relation = text_to_cstring(PG_GETARG_TEXT_PP(0));
	source.key_column = text_to_cstring(PG_GETARG_TEXT_PP(1));
	source.role = GetUserNameFromId(GetUserId(), false);
	source.named = PG_ARGISNULL(2) ? -1 : FFTextArray(PG_GETARG_ARRAYTYPE_P(2), &source.names);
	relation = OpenRelation(&source, GetUserId());
	CheckKind(&source, relation);
	FindKey(&source, relation, GetUserId());
	FindColumns(&source, relation, GetUserId());
	known = palloc0(Max(source.named, 1) * sizeof(bool));
	for (int i = 0; i < source.named; i++)
	{
		for (int column = 0; column < source.columns->natts; column++)
			known[i] = known[i] || (source.gives[column] &&
									strcmp(NameStr(TupleDescAttr(source.columns, column)->attname),
										   pnstrdup(source.names[i].data, source.names[i].length)) == 0);
		if (!known[i])
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("context source \"%s\" has no column \"%.*s\" that role \"%s\" may read",
							source.relation, source.names[i].length, source.names[i].data, source.role)));
	}
	if (relation->rd_rel->relkind != RELKIND_VIEW && relation->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		indexed = HasIndex(relation, source.key);
	relation_close(relation, NoLock);
	PG_RETURN_BOOL(indexed);
}
