/*
 * catalog.c
 *	  Reading the tables of schema ff without SPI, under a given snapshot.
 *
 * Scans of this kind check no privileges: a caller needs no rights on the
 * tables to evaluate.  Nothing that a user wrote runs here.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/pg_list.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/catalog.h"

/* Looked up each time: an Oid kept would outlive DROP EXTENSION. */
Oid
FFTableOid(const char *name)
{
	Oid			schema = get_namespace_oid("ff", true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

static Oid
RequiredTableOid(const char *name)
{
	Oid			oid = FFTableOid(name);

	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"ff.%s\" does not exist", name),
				 errhint("The extension is not installed in this database.")));
	return oid;
}

static void
RefuseReplacement(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"ff.%s\" is not an ordinary table", name),
			 errdetail("It has been replaced by a view, a partitioned or a foreign table.")));
}

/* A view or partitioned table in the place of ours has no rows of its own. */
Relation
FFTableOpen(const char *name, LOCKMODE mode)
{
	Relation	table = table_open(RequiredTableOid(name), mode);

	if (table->rd_rel->relkind != RELKIND_RELATION)
		RefuseReplacement(name);
	return table;
}

Relation
FFTableOpenParted(const char *name, LOCKMODE mode)
{
	Relation	table = table_open(RequiredTableOid(name), mode);

	if (table->rd_rel->relkind != RELKIND_RELATION &&
		table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		RefuseReplacement(name);
	return table;
}

void
FFTableLock(const char *name, LOCKMODE mode)
{
	LockRelationOid(RequiredTableOid(name), mode);
}

static bool
IsBtree(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool		is_btree;

	if (!HeapTupleIsValid(tuple))
		return false;
	is_btree = ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;
	ReleaseSysCache(tuple);
	return is_btree;
}

/* Whether an index is a B-tree whose keys compare bytewise, as scan keys do. */
static bool
IsBytewise(Oid index, HeapTuple tuple, int count)
{
	bool		isnull;
	Datum		collations = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &isnull);
	oidvector  *collation = (oidvector *) DatumGetPointer(collations);

	for (int i = 0; i < count; i++)
	{
		if (OidIsValid(collation->values[i]) && collation->values[i] != C_COLLATION_OID)
			return false;
	}
	return IsBtree(index);
}

/* Whether an index is usable and begins with the given columns. */
static bool
IndexBeginsWith(Oid index, const AttrNumber *columns, int count)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	bool		matches;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_index) GETSTRUCT(tuple);
	matches = form->indisvalid && form->indnkeyatts >= count &&
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	for (int i = 0; matches && i < count; i++)
		matches = form->indkey.values[i] == columns[i];
	matches = matches && IsBytewise(index, tuple, count);
	ReleaseSysCache(tuple);
	return matches;
}

/* From the relcache, never from a static: REINDEX CONCURRENTLY renews Oids. */
Oid
FFIndexOn(Relation table, const AttrNumber *columns, int count)
{
	List	   *indexes = RelationGetIndexList(table);
	Oid			found = InvalidOid;
	ListCell   *cell;

	foreach(cell, indexes)
	{
		if (IndexBeginsWith(lfirst_oid(cell), columns, count))
		{
			found = lfirst_oid(cell);
			break;
		}
	}
	list_free(indexes);
	if (!OidIsValid(found))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"ff.%s\" has lost an index that evaluation needs",
						RelationGetRelationName(table))));
	return found;
}

void
FFScanUuid(FFScan *scan, AttrNumber column, const pg_uuid_t *id)
{
	scan->columns[scan->count] = column;
	ScanKeyInit(&scan->keys[scan->count++], column, BTEqualStrategyNumber,
				F_UUID_EQ, UUIDPGetDatum(id));
}

/* The column must be COLLATE "C", which is what scan keys compare by. */
void
FFScanText(FFScan *scan, AttrNumber column, FFString text)
{
	scan->columns[scan->count] = column;
	ScanKeyInit(&scan->keys[scan->count++], column, BTEqualStrategyNumber,
				F_TEXTEQ, PointerGetDatum(FFStringToText(text)));
}

void
FFScanBegin(FFScan *scan, Relation table, Snapshot snapshot)
{
	Oid			index = FFIndexOn(table, scan->columns, scan->count);

	scan->scan = systable_beginscan(table, index, true, snapshot,
									scan->count, scan->keys);
}

void
FFScanBeginFrom(FFScan *scan, Relation table, FFRowSource *source)
{
	if (likely(source == NULL) || !source->find(source, table, scan))
		FFScanBegin(scan, table, GetActiveSnapshot());
}

/*
 * jsonb_populate_record for the row type of a table.  Columns that the document
 * lacks are null.  The row bears no transaction: it is of no row version.
 */
HeapTuple
FFRowOfJsonb(Relation table, Datum document)
{
	Oid			type = table->rd_rel->reltype;
	Const	   *none = makeNullConst(type, -1, InvalidOid);
	Const	   *given = makeConst(JSONBOID, -1, InvalidOid, -1, document, false, false);
	FuncExpr   *call = makeFuncExpr(F_JSONB_POPULATE_RECORD, type, list_make2(none, given),
									InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	HeapTuple	tuple = palloc0(sizeof(HeapTupleData));
	FmgrInfo	function;

	LOCAL_FCINFO(fcinfo, 2);

	fmgr_info(F_JSONB_POPULATE_RECORD, &function);
	fmgr_info_set_expr((Node *) call, &function);
	InitFunctionCallInfoData(*fcinfo, &function, 2, InvalidOid, NULL, NULL);
	fcinfo->args[0].isnull = true;
	fcinfo->args[1].value = document;
	fcinfo->args[1].isnull = false;
	tuple->t_data = DatumGetHeapTupleHeader(FunctionCallInvoke(fcinfo));
	tuple->t_len = HeapTupleHeaderGetDatumLength(tuple->t_data);
	tuple->t_tableOid = RelationGetRelid(table);
	ItemPointerSetInvalid(&tuple->t_self);
	HeapTupleHeaderSetXmin(tuple->t_data, InvalidTransactionId);
	return tuple;
}

Datum
FFColumn(HeapTuple tuple, Relation table, AttrNumber column, bool *isnull)
{
	return heap_getattr(tuple, column, RelationGetDescr(table), isnull);
}

/* A copy, since the tuple may lie in a buffer; zero where null. */
pg_uuid_t
FFColumnUuid(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);
	pg_uuid_t	id = {{0}};

	if (!isnull)
		id = *DatumGetUUIDP(value);
	return id;
}

/* A detoasted copy in the current context; data NULL where null. */
FFString
FFColumnText(HeapTuple tuple, Relation table, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(tuple, table, column, &isnull);
	FFString	result = {NULL, 0};

	if (!isnull)
	{
		char	   *copy = TextDatumGetCString(value);

		result.data = copy;
		result.length = (int) strlen(copy);
	}
	return result;
}

bool
FFUuidEqual(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a, b, sizeof(pg_uuid_t)) == 0;
}

char *
FFUuidText(const pg_uuid_t *id)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id)));
}

int
FFTextArray(ArrayType *array, FFString **elements)
{
	Datum	   *values;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	*elements = palloc(Max(count, 1) * sizeof(FFString));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("an element of the array is null")));
		(*elements)[i] = FFStringOfText(DatumGetTextPP(values[i]));
	}
	return count;
}

int
FFStringCompare(FFString a, FFString b)
{
	int			order = memcmp(a.data, b.data, Min(a.length, b.length));

	return order != 0 ? order : a.length - b.length;
}

text *
FFStringToText(FFString string)
{
	return cstring_to_text_with_len(string.data, string.length);
}
