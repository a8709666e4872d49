/*
 * proposal.c
 *	  Rows of one flag that somebody proposes, in the place of those that it has.
 *
 * All else is read from the tables, so that a proposal is compiled and evaluated
 * among what is there, and images of other flags are shared.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "engine/value_pg.h"
#include "evaluate/proposal.h"
#include "model/tables.h"

/* The proposed rows of one table. */
typedef struct ReplacedTable
{
	char	   *name;
	int			count;
	HeapTuple  *rows;
} ReplacedTable;

static ReplacedTable *
FindReplaced(const FFProposal *proposal, const char *name)
{
	ListCell   *cell;

	foreach(cell, proposal->replaced)
	{
		ReplacedTable *replaced = lfirst(cell);

		if (strcmp(replaced->name, name) == 0)
			return replaced;
	}
	return NULL;
}

/* Make the rows of a table, once for all scans. */
static ReplacedTable *
Replace(FFProposal *proposal, Relation table, const FFValue *rows)
{
	MemoryContext caller = MemoryContextSwitchTo(proposal->context);
	ReplacedTable *replaced = palloc0(sizeof(ReplacedTable));
	int			count = FFCount(rows);

	replaced->name = pstrdup(RelationGetRelationName(table));
	replaced->rows = palloc(Max(count, 1) * sizeof(HeapTuple));
	for (; replaced->count < count; replaced->count++)
	{
		FFValue		row = FFElement(rows, replaced->count);

		replaced->rows[replaced->count] =
			FFRowOfJsonb(table, JsonbPGetDatum(FFValueToJsonb(&row)));
	}
	proposal->replaced = lappend(proposal->replaced, replaced);
	MemoryContextSwitchTo(caller);
	return replaced;
}

/* Whether a row meets all keys of a scan. */
static bool
RowMeets(HeapTuple row, Relation table, FFScan *scan)
{
	for (int i = 0; i < scan->count; i++)
	{
		ScanKey		key = &scan->keys[i];
		bool		isnull;
		Datum		value = FFColumn(row, table, scan->columns[i], &isnull);

		if (isnull || !DatumGetBool(FunctionCall2Coll(&key->sk_func, key->sk_collation,
													  value, key->sk_argument)))
			return false;
	}
	return true;
}

/* The column that says whose a row is; all tables of a flag but its own have it. */
static AttrNumber
OwnerColumn(Relation table)
{
	if (strcmp(RelationGetRelationName(table), "flags") == 0)
		return Anum_flags_id;
	return get_attnum(RelationGetRelid(table), "flag_id");
}

/* Whether a scan asks for rows of the flag by its id. */
static bool
AsksForFlag(const FFProposal *proposal, Relation table, const FFScan *scan)
{
	AttrNumber	owner = OwnerColumn(table);

	for (int i = 0; i < scan->count; i++)
	{
		if (scan->columns[i] == owner)
			return FFUuidEqual(DatumGetUUIDP(scan->keys[i].sk_argument), &proposal->flag_id);
	}
	return false;
}

/* A flag is looked for by its key, too; keys do not change. */
static bool
FindRows(FFRowSource *source, Relation table, FFScan *scan)
{
	FFProposal *proposal = (FFProposal *) source;
	const char *name = RelationGetRelationName(table);
	ReplacedTable *replaced;
	FFValue		rows;

	if (proposal->tables.type != FF_OBJECT)
		return false;
	rows = FFMember(&proposal->tables, name, (int) strlen(name));
	if (rows.type != FF_ARRAY)
		return false;
	replaced = FindReplaced(proposal, name);
	if (replaced == NULL)
		replaced = Replace(proposal, table, &rows);
	scan->rows = palloc(Max(replaced->count, 1) * sizeof(HeapTuple));
	for (int i = 0; i < replaced->count; i++)
	{
		if (RowMeets(replaced->rows[i], table, scan))
			scan->rows[scan->row_count++] = replaced->rows[i];
	}
	return scan->row_count > 0 || AsksForFlag(proposal, table, scan);
}

void
FFProposalInit(FFProposal *proposal, Jsonb *document)
{
	FFValue		value = {0};
	FFValue		flag_id;

	memset(proposal, 0, sizeof(*proposal));
	proposal->origin.rows.find = FindRows;
	proposal->context = CurrentMemoryContext;
	if (document == NULL)
		return;
	value = FFValueFromJsonb(document);
	flag_id = FFMember(&value, "flag_id", 7);
	proposal->tables = FFMember(&value, "tables", 6);
	if (flag_id.type != FF_STRING || proposal->tables.type != FF_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("not a proposal")));
	proposal->flag_id = *DatumGetUUIDP(DirectFunctionCall1(uuid_in,
														   CStringGetDatum(pnstrdup(flag_id.data, flag_id.length))));
}
