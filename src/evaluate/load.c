/*
 * load.c
 *	  Compiles a flag or a segment from its rows, under the active snapshot.
 *
 * An image lives in a memory context of its own, which becomes permanent only
 * once it is whole: an error in the middle (cancel, out of memory) takes it
 * away with the memory of the statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/catalog.h"
#include "base/keys.h"
#include "engine/value_pg.h"
#include "evaluate/query.h"
#include "evaluate/rulesets.h"
#include "evaluate/running.h"
#include "model/tables.h"

/* Thousands of images may be kept: small blocks, so that little is spare. */
#define IMAGE_SIZES 0, 1024, 2048

/* The dialect of flags that are nobody else's. */
static const FFString Native = {"native", 6};

/* The mark of a row that is missing. */
static const FFRowMark NoMark = {0};

/* A row found by key, held with its scan until all is read from it. */
typedef struct HeldRow
{
	Relation	table;
	FFScan		scan;
	HeapTuple	tuple;
} HeldRow;

static void
HoldRow(const FFRuleset *ruleset, HeldRow *row)
{
	FFScanBeginFrom(&row->scan, row->table, FFRowsOf(ruleset));
	row->tuple = FFScanNext(&row->scan);
}

static void
DropRow(HeldRow *row)
{
	FFScanEnd(&row->scan);
	table_close(row->table, NoLock);
}

FFRowMark
FFMarkOf(HeapTuple tuple)
{
	FFRowMark	mark = {0};

	if (HeapTupleIsValid(tuple))
	{
		mark.tid = tuple->t_self;
		mark.xmin = HeapTupleHeaderGetRawXmin(tuple->t_data);
	}
	return mark;
}

/* Whether two marks are of one row version, or both of a row that is missing. */
bool
FFSameMark(FFRowMark a, FFRowMark b)
{
	return a.xmin == b.xmin &&
		(!TransactionIdIsValid(a.xmin) || ItemPointerEquals(&a.tid, &b.tid));
}

/* A jsonb column, detoasted into the current context. */
static FFValue
JsonbColumn(const HeldRow *row, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(row->tuple, row->table, column, &isnull);
	FFValue		absent = {0};

	return isnull ? absent : FFValueFromJsonb(DatumGetJsonbPCopy(value));
}

static bool
IsSet(const HeldRow *row, AttrNumber column)
{
	bool		isnull;

	FFColumn(row->tuple, row->table, column, &isnull);
	return !isnull;
}

static bool
BoolColumn(const HeldRow *row, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(row->tuple, row->table, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/* A time; before all others where it is null. */
static int64
TimeColumn(const HeldRow *row, AttrNumber column)
{
	bool		isnull;
	Datum		value = FFColumn(row->tuple, row->table, column, &isnull);

	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

static void
FindFlagRow(const FFRuleset *ruleset, FFString key, HeldRow *row)
{
	memset(row, 0, sizeof(*row));
	row->table = FFTableOpen("flags", AccessShareLock);
	FFScanUuid(&row->scan, Anum_flags_project_id, &ruleset->project_id);
	FFScanText(&row->scan, Anum_flags_key, key);
	HoldRow(ruleset, row);
}

static void
FindSettingsRow(const FFRuleset *ruleset, const pg_uuid_t *flag_id, HeldRow *row)
{
	memset(row, 0, sizeof(*row));
	row->table = FFTableOpen("flag_settings", AccessShareLock);
	FFScanUuid(&row->scan, Anum_flag_settings_flag_id, flag_id);
	FFScanUuid(&row->scan, Anum_flag_settings_environment_id, &ruleset->environment_id);
	HoldRow(ruleset, row);
}

/* What a compilation collects before the image is built. */
typedef struct Source
{
	HeldRow		flag;
	HeldRow		settings;
	pg_uuid_t	flag_id;
	int			edge_count;
	FFEdge	   *edges;
	int			step_count;
	FFStepSource *steps;
	FFRunning	running;
	int			mark_count;
	int			mark_space;
	FFRowMark  *marks;
} Source;

/* Note a row that the image is made from. */
static void
AddMark(Source *source, FFRowMark mark)
{
	if (source->mark_count == source->mark_space)
	{
		source->mark_space = source->mark_space * 2 + 4;
		source->marks = source->marks == NULL ?
			palloc(source->mark_space * sizeof(FFRowMark)) :
			repalloc(source->marks, source->mark_space * sizeof(FFRowMark));
	}
	source->marks[source->mark_count++] = mark;
}

/* Read the prerequisite edges, each with the mark of its row. */
static void
ReadEdges(const FFRuleset *ruleset, Source *source)
{
	int			space = 4;
	Relation	table = FFTableOpen("prerequisites", AccessShareLock);
	FFScan		scan = {0};
	HeapTuple	tuple;

	source->edges = palloc(space * sizeof(FFEdge));
	FFScanUuid(&scan, Anum_prerequisites_flag_id, &source->flag_id);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		FFEdge	   *edge;

		if (source->edge_count == space)
		{
			space *= 2;
			source->edges = repalloc(source->edges, space * sizeof(FFEdge));
		}
		edge = &source->edges[source->edge_count++];
		edge->flag_id = FFColumnUuid(tuple, table, Anum_prerequisites_prerequisite_id);
		edge->variation = FFColumnText(tuple, table, Anum_prerequisites_variation);
		AddMark(source, FFMarkOf(tuple));
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
}

static FFStepSource
StepOf(const HeldRow *row)
{
	FFStepSource step = {0};
	bool		isnull;

	step.at = DatumGetTimestampTz(FFColumn(row->tuple, row->table, Anum_schedules_at, &isnull));
	step.enabled = BoolColumn(row, Anum_schedules_enabled);
	step.serve = JsonbColumn(row, Anum_schedules_serve);
	return step;
}

/*
 * Read the steps of the schedule, come or to come.  An empty mark sets theirs
 * apart from those of the edges.
 */
static void
ReadSteps(const FFRuleset *ruleset, Source *source)
{
	int			space = 8;
	HeldRow		row = {0};

	row.table = FFTableOpen("schedules", AccessShareLock);
	source->steps = palloc(space * sizeof(FFStepSource));
	FFScanUuid(&row.scan, Anum_schedules_flag_id, &source->flag_id);
	FFScanUuid(&row.scan, Anum_schedules_environment_id, &ruleset->environment_id);
	for (HoldRow(ruleset, &row); HeapTupleIsValid(row.tuple); row.tuple = FFScanNext(&row.scan))
	{
		if (source->step_count == 0)
			AddMark(source, NoMark);
		if (source->step_count == space)
		{
			space *= 2;
			source->steps = repalloc(source->steps, space * sizeof(FFStepSource));
		}
		source->steps[source->step_count++] = StepOf(&row);
		AddMark(source, FFMarkOf(row.tuple));
	}
	DropRow(&row);
}

/* Read what runs on the flag; two empty marks set its own apart from those of steps. */
static void
ReadRunning(const FFRuleset *ruleset, Source *source)
{
	if (!FFLoadRunning(ruleset, &source->flag_id, &source->running))
		return;
	AddMark(source, NoMark);
	AddMark(source, NoMark);
	for (int i = 0; i < FF_RUNNING_ROWS; i++)
		AddMark(source, source->running.marks[i]);
}

/* Read all rows of a flag that was found. */
static void
ReadRows(const FFRuleset *ruleset, Source *source)
{
	source->flag_id = FFColumnUuid(source->flag.tuple, source->flag.table, Anum_flags_id);
	FindSettingsRow(ruleset, &source->flag_id, &source->settings);
	AddMark(source, FFMarkOf(source->flag.tuple));
	AddMark(source, FFMarkOf(source->settings.tuple));
	if (ruleset->has_prerequisites)
		ReadEdges(ruleset, source);
	if (ruleset->has_schedules)
		ReadSteps(ruleset, source);
	if (ruleset->has_experiments)
		ReadRunning(ruleset, source);
}

static FFKind
KindOf(const HeldRow *row)
{
	FFString	kind = FFColumnText(row->tuple, row->table, Anum_flags_kind);

	switch (kind.length > 0 ? kind.data[0] : 'j')
	{
		case 'b':
			return FF_KIND_BOOLEAN;
		case 's':
			return FF_KIND_STRING;
		case 'n':
			return FF_KIND_NUMBER;
		default:
			return FF_KIND_JSON;
	}
}

/* The key of a variation that a flag without settings falls back to. */
static FFString
ImpliedOff(const FFValue *variations)
{
	FFString	first = {NULL, 0};

	for (int i = 0; variations->type == FF_ARRAY && i < FFCount(variations); i++)
	{
		FFValue		variation = FFElement(variations, i);
		FFValue		key = FFMember(&variation, "key", 3);
		FFString	text = {key.data, key.length};

		if (key.type != FF_STRING)
			continue;
		if (first.data == NULL || (text.length == 3 && memcmp(text.data, "off", 3) == 0))
			first = text;
	}
	return first;
}

/* What the engine compiles; a missing settings row means the defaults. */
static void
FillSource(const Source *rows, FFString key, FFKind kind, FFFlagSource *source)
{
	memset(source, 0, sizeof(*source));
	source->dialect = FFColumnText(rows->flag.tuple, rows->flag.table, Anum_flags_dialect);
	if (FFStringEqual(source->dialect, Native))
		source->dialect.data = NULL;
	source->is_boolean = kind == FF_KIND_BOOLEAN;
	source->variations = JsonbColumn(&rows->flag, Anum_flags_variations);
	source->step_count = rows->step_count;
	source->steps = rows->steps;
	source->gate_count = rows->running.gate_count;
	source->gates = rows->running.gates;
	source->control = rows->running.control;
	if (HeapTupleIsValid(rows->settings.tuple))
	{
		const HeldRow *row = &rows->settings;

		source->targets = JsonbColumn(row, Anum_flag_settings_targets);
		source->rules = JsonbColumn(row, Anum_flag_settings_rules);
		source->default_serve = JsonbColumn(row, Anum_flag_settings_default_serve);
		source->off_variation = FFColumnText(row->tuple, row->table,
											 Anum_flag_settings_off_variation);
		source->salt = FFColumnText(row->tuple, row->table, Anum_flag_settings_salt);
		source->enabled = BoolColumn(row, Anum_flag_settings_enabled);
		source->enabled_at = TimeColumn(row, Anum_flag_settings_enabled_at);
		source->default_at = TimeColumn(row, Anum_flag_settings_default_at);
	}
	else
	{
		source->enabled = true;
		source->enabled_at = source->default_at = DT_NOBEGIN;
		source->off_variation = ImpliedOff(&source->variations);
		source->default_serve.type = FF_STRING;
		source->default_serve.data = source->off_variation.data;
		source->default_serve.length = source->off_variation.length;
		source->salt = key;
	}
}

static FFString
CopyString(FFString string)
{
	FFString	copy = string;

	if (string.data != NULL)
		copy.data = pnstrdup(string.data, string.length);
	return copy;
}

/* The values of all variations, ready to be returned. */
static Jsonb **
PrepareValues(const FFProgram *program, const FFValue *variations)
{
	int			count = FFProgramVariationCount(program);
	Jsonb	  **values = palloc(count * sizeof(Jsonb *));

	for (int i = 0; i < count; i++)
	{
		FFValue		value;

		if (FFProgramDialect(program).data != NULL)
			value = FFProgramVariationValue(program, i);
		else
		{
			FFValue		variation = FFElement(variations, i);

			value = FFMember(&variation, "value", 5);
		}
		values[i] = FFValueToJsonb(&value);
	}
	return values;
}

static text **
PrepareVariations(const FFProgram *program)
{
	int			count = FFProgramVariationCount(program);
	text	  **variations = palloc(count * sizeof(text *));

	for (int i = 0; i < count; i++)
		variations[i] = FFStringToText(FFProgramVariationKey(program, i));
	return variations;
}

static void
CopyEdges(FFImage *image, const Source *rows)
{
	image->edge_count = rows->edge_count;
	image->edges = palloc(Max(rows->edge_count, 1) * sizeof(FFEdge));
	for (int i = 0; i < rows->edge_count; i++)
	{
		image->edges[i] = rows->edges[i];
		image->edges[i].variation = CopyString(rows->edges[i].variation);
	}
	image->mark_count = rows->mark_count;
	image->marks = palloc(rows->mark_count * sizeof(FFRowMark));
	memcpy(image->marks, rows->marks, rows->mark_count * sizeof(FFRowMark));
}

/* The values of a boolean flag; NULL where one is something else. */
static bool *
PrepareTruths(Jsonb **values, int count)
{
	bool	   *truths = palloc(Max(count, 1) * sizeof(bool));

	for (int i = 0; i < count; i++)
	{
		FFValue		value = FFValueFromJsonb(values[i]);

		if (value.type != FF_BOOL)
			return NULL;
		truths[i] = value.boolean;
	}
	return truths;
}

/* Fill an image in its own context, which is the current one. */
static void
BuildImage(FFImage *image, const Source *rows, const FFFlagSource *source)
{
	bool		isnull;
	FFError		error;

	image->program = FFProgramCompile(source, &error);
	if (image->program == NULL)
		image->error = memcpy(palloc(sizeof(error)), &error, sizeof(error));
	else
	{
		image->values = PrepareValues(image->program, &source->variations);
		image->variations = PrepareVariations(image->program);
		if (image->kind == FF_KIND_BOOLEAN)
			image->truths = PrepareTruths(image->values,
										  FFProgramVariationCount(image->program));
	}
	image->id = rows->flag_id;
	image->sticky = rows->running.sticky;
	image->experiment_id = rows->running.id;
	image->archived = IsSet(&rows->flag, Anum_flags_archived_at);
	image->killed = IsSet(&rows->flag, Anum_flags_killed_at);
	image->client_visible = BoolColumn(&rows->flag, Anum_flags_client_visible);
	image->min_plan = FFColumnText(rows->flag.tuple, rows->flag.table, Anum_flags_min_plan);
	if (HeapTupleIsValid(rows->settings.tuple))
		image->version = DatumGetInt32(FFColumn(rows->settings.tuple, rows->settings.table,
												Anum_flag_settings_version, &isnull));
	CopyEdges(image, rows);
}

/* Compile the rows that are held; temporary memory is the caller's. */
static FFImage *
CompileImage(const Source *rows, FFString key)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "featureflow flag",
												  IMAGE_SIZES);
	FFKind		kind = KindOf(&rows->flag);
	FFFlagSource source;
	MemoryContext caller;
	FFImage    *image;

	FillSource(rows, key, kind, &source);
	caller = MemoryContextSwitchTo(context);
	image = palloc0(sizeof(FFImage));
	image->context = context;
	image->kind = kind;
	BuildImage(image, rows, &source);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, TopMemoryContext);
	return image;
}

/* The image of a row that was found, shared where its rows are known. */
static FFImage *
ImageOfRow(const FFRuleset *ruleset, FFString key, Source *rows)
{
	FFImage    *image;

	ReadRows(ruleset, rows);
	image = FFRulesetsFindImage(ruleset, key, rows->marks, rows->mark_count);
	if (image == NULL)
		image = CompileImage(rows, key);
	image->references++;
	DropRow(&rows->settings);
	return image;
}

FFImage *
FFLoadImage(const FFRuleset *ruleset, FFString key)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "featureflow load",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	FFImage    *image = NULL;
	Source		rows = {0};

	FindFlagRow(ruleset, key, &rows.flag);
	if (HeapTupleIsValid(rows.flag.tuple))
		image = ImageOfRow(ruleset, key, &rows);
	DropRow(&rows.flag);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return image;
}

/* The query of a segment; NULL where it has none. */
static FFQuery *
SegmentQuery(const HeldRow *row)
{
	FFString	sql = FFColumnText(row->tuple, row->table, Anum_segments_query);
	FFString	type = FFColumnText(row->tuple, row->table, Anum_segments_query_type);
	FFString	role = FFColumnText(row->tuple, row->table, Anum_segments_query_role);
	FFQuery    *query;

	if (sql.data == NULL || type.data == NULL || role.data == NULL)
		return NULL;
	query = palloc0(sizeof(FFQuery));
	query->kind = "segment";
	query->name = unconstify(char *, FFColumnText(row->tuple, row->table, Anum_segments_key).data);
	query->sql = unconstify(char *, sql.data);
	query->role = unconstify(char *, role.data);
	query->type = FFKeyTypeNamed(type);
	return query;
}

/* A segment's image of its row, compiled by what is given, in a context of its own. */
static FFSegmentImage *
CompileSegment(const HeldRow *row, FFString dialect, AttrNumber document)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "featureflow segment",
												  IMAGE_SIZES);
	FFValue		condition = JsonbColumn(row, document);
	MemoryContext caller = MemoryContextSwitchTo(context);
	FFSegmentImage *image = palloc0(sizeof(FFSegmentImage));
	FFError		error;

	image->context = context;
	image->mark = FFMarkOf(row->tuple);
	if (dialect.data != NULL)
	{
		image->id = FFColumnUuid(row->tuple, row->table, Anum_imported_segments_id);
		image->condition = FFProviderSegmentCompile(dialect, &condition, &error);
	}
	else
	{
		image->id = FFColumnUuid(row->tuple, row->table, Anum_segments_id);
		image->query = SegmentQuery(row);
		image->condition = FFConditionCompile(&condition, &error);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, TopMemoryContext);
	return image;
}

/* The image of the row that is being found, shared where it is known; NULL: none. */
static FFSegmentImage *
ImageOfSegment(const FFRuleset *ruleset, FFString dialect, FFString key, HeldRow *row,
			   AttrNumber document)
{
	FFSegmentImage *image = NULL;

	HoldRow(ruleset, row);
	if (HeapTupleIsValid(row->tuple))
	{
		image = FFRulesetsFindSegment(ruleset, dialect, key, FFMarkOf(row->tuple));
		if (image == NULL)
			image = CompileSegment(row, dialect, document);
		image->references++;
	}
	DropRow(row);
	return image;
}

FFSegmentImage *
FFLoadSegment(const FFRuleset *ruleset, FFString key)
{
	FFString	native = {NULL, 0};
	HeldRow		row = {0};

	row.table = FFTableOpen("segments", AccessShareLock);
	FFScanUuid(&row.scan, Anum_segments_project_id, &ruleset->project_id);
	FFScanText(&row.scan, Anum_segments_key, key);
	return ImageOfSegment(ruleset, native, key, &row, Anum_segments_condition);
}

FFSegmentImage *
FFLoadImportedSegment(const FFRuleset *ruleset, FFString dialect, FFString key)
{
	HeldRow		row = {0};

	row.table = FFTableOpen("imported_segments", AccessShareLock);
	FFScanUuid(&row.scan, Anum_imported_segments_environment_id, &ruleset->environment_id);
	FFScanText(&row.scan, Anum_imported_segments_dialect, dialect);
	FFScanText(&row.scan, Anum_imported_segments_key, key);
	return ImageOfSegment(ruleset, dialect, key, &row, Anum_imported_segments_document);
}

void
FFImageRelease(FFImage *image)
{
	if (image != NULL && --image->references == 0)
		MemoryContextDelete(image->context);
}

void
FFSegmentImageRelease(FFSegmentImage *image)
{
	if (image == NULL || --image->references > 0)
		return;
	FFQueryFree(image->query);
	MemoryContextDelete(image->context);
}
