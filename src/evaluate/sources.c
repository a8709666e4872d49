/*
 * sources.c
 *	  Attributes from the application's own relations.
 *
 * An attribute that a rule needs and the caller did not pass is looked for in
 * the project's context sources, in their order: the first that has a column of
 * that name and a row for the user gives it.  The row is read once a subject, by
 * one probe of an index under the statement's snapshot; where that would not do
 * what SQL does (views, partitions, row-level security), by a query.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catalog.h"
#include "base/keys.h"
#include "base/probe.h"
#include "evaluate/pin.h"
#include "evaluate/sources.h"
#include "model/tables.h"

static void
ReadSource(HeapTuple tuple, Relation table, FFSource *source, int32 *position)
{
	bool		isnull;
	Datum		names = FFColumn(tuple, table, Anum_context_sources_attributes, &isnull);

	memset(source, 0, sizeof(*source));
	source->named = isnull ? -1 : FFTextArray(DatumGetArrayTypePCopy(names), &source->names);
	source->relation = unconstify(char *, FFColumnText(tuple, table, Anum_context_sources_relation).data);
	source->key_column = unconstify(char *, FFColumnText(tuple, table, Anum_context_sources_key_column).data);
	source->role = unconstify(char *, FFColumnText(tuple, table, Anum_context_sources_role).data);
	*position = DatumGetInt32(FFColumn(tuple, table, Anum_context_sources_position, &isnull));
}

/* A source and its place, while they are put in order. */
typedef struct Placed
{
	int32		position;
	FFSource	source;
} Placed;

static int
ComparePlaced(const void *a, const void *b)
{
	const Placed *left = a;
	const Placed *right = b;

	if (left->position != right->position)
		return left->position < right->position ? -1 : 1;
	return strcmp(left->source.relation, right->source.relation);
}

/* All sources of a project under the active snapshot, in order. */
static FFSources *
ReadSources(const pg_uuid_t *project_id)
{
	Relation	table = FFTableOpen("context_sources", AccessShareLock);
	Placed	   *placed = palloc(sizeof(Placed));
	FFSources  *sources = palloc0(sizeof(FFSources));
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_context_sources_project_id, project_id);
	FFScanBegin(&scan, table, GetActiveSnapshot());
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		placed = repalloc(placed, (sources->count + 1) * sizeof(Placed));
		ReadSource(tuple, table, &placed[sources->count].source, &placed[sources->count].position);
		sources->count++;
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	qsort(placed, sources->count, sizeof(Placed), ComparePlaced);
	sources->sources = palloc(Max(sources->count, 1) * sizeof(FFSource));
	for (int i = 0; i < sources->count; i++)
		sources->sources[i] = placed[i].source;
	return sources;
}

/* Plans are not in the memory of the rule set and go with it all the same. */
static void
FreePlans(void *argument)
{
	FFSources  *sources = argument;

	for (int i = 0; i < sources->count; i++)
		FFQueryFree(sources->sources[i].query);
}

/* Read the sources into a rule set; as a whole or not at all. */
static void
LoadSources(FFRuleset *ruleset)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "featureflow sources",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	FFSources  *sources = ReadSources(&ruleset->project_id);
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	for (int i = 0; i < sources->count; i++)
	{
		sources->sources[i].statement = AllocSetContextCreate(context, "featureflow source",
															  ALLOCSET_SMALL_SIZES);
		sources->sources[i].row_context = AllocSetContextCreate(context, "featureflow source row",
																ALLOCSET_SMALL_SIZES);
	}
	callback->func = FreePlans;
	callback->arg = sources;
	MemoryContextRegisterResetCallback(context, callback);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, ruleset->context);
	ruleset->sources = sources;
}

/* One probe of the index for a key. */
static HeapTuple
ProbeRow(const FFSource *source, Datum key)
{
	MemoryContext caller = MemoryContextSwitchTo(source->row_context);
	HeapTuple	row = FFProbeRow(source->probe, &key, 1);

	MemoryContextSwitchTo(caller);
	return row;
}

static void
KeepRow(HeapTuple row, TupleDesc columns, void *argument)
{
	FFSource   *source = argument;
	MemoryContext caller = MemoryContextSwitchTo(source->row_context);

	(void) columns;
	source->row = heap_copytuple(row);
	MemoryContextSwitchTo(caller);
}

/*
 * Find out about the relation, unless that has been done for this statement; not
 * in the middle of a subject, whose row is in use.
 */
static void
EnsureOpen(FFSource *source, const FFContext *context)
{
	if (source->subject == context->serial)
		return;
	if (source->serial != FFPinLast() || source->changes != FFRelationChanges)
		FFSourceOpen(source);
}

/* The row of the subject; NULL where there is none. */
static HeapTuple
SubjectRow(FFSource *source, const FFContext *context)
{
	Datum		key;

	EnsureOpen(source, context);
	if (source->subject == context->serial)
		return source->row;
	source->subject = 0;
	source->row = NULL;
	MemoryContextReset(source->row_context);
	if (context->user_key.data != NULL)
	{
		if (source->probe == NULL)
			(void) FFQueryRun(source->query, context->user_key, KeepRow, source);
		else if (FFKeyDatum(context->user_key, source->key_type, &key))
			source->row = ProbeRow(source, key);
	}
	source->subject = context->serial;
	return source->row;
}

/* The column that gives an attribute of this name; 0 where none does. */
static AttrNumber
ColumnOf(FFSource *source, const FFContext *context, FFString name)
{
	EnsureOpen(source, context);
	for (int i = 0; i < source->columns->natts; i++)
	{
		const char *column = NameStr(TupleDescAttr(source->columns, i)->attname);

		if (source->gives[i] && strncmp(column, name.data, name.length) == 0 &&
			column[name.length] == '\0')
			return i + 1;
	}
	return 0;
}

/* The sources of the rule set that a context is evaluated by. */
static FFSources *
SourcesOf(FFContext *context)
{
	FFRuleset  *ruleset = context->source;

	if (ruleset->sources == NULL)
		LoadSources(ruleset);
	return ruleset->sources;
}

static FFValue
LookUpAttribute(FFContext *context, FFString name)
{
	FFSources  *sources = SourcesOf(context);
	FFValue		value = {0};

	for (int i = 0; i < sources->count; i++)
	{
		FFSource   *source = &sources->sources[i];
		AttrNumber	column = ColumnOf(source, context, name);
		HeapTuple	row;
		bool		isnull;
		Datum		datum;

		if (column == 0 || (row = SubjectRow(source, context)) == NULL)
			continue;
		datum = heap_getattr(row, column, source->columns, &isnull);
		value.type = FF_NULL;
		return isnull ? value :
			FFSourceValue(source, datum, TupleDescAttr(source->columns, column - 1)->atttypid);
	}
	return value;
}

static bool
IsShown(FFContext *context, FFString name)
{
	FFSources  *sources = SourcesOf(context);

	for (int i = 0; i < sources->count; i++)
	{
		if (ColumnOf(&sources->sources[i], context, name) != 0 && !sources->sources[i].shown)
			return false;
	}
	return true;
}

const FFLookup FFSourceLookup = {LookUpAttribute, IsShown};
