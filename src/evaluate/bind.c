/*
 * bind.c
 *	  Resolves what a flag refers to within one rule set: segments,
 *	  prerequisites, plans, whether overrides exist.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "evaluate/members.h"
#include "evaluate/rulesets.h"
#include "model/tables.h"

static FFBoundSegment *
FindSegment(FFBoundSegment *list, FFString dialect, FFString key)
{
	while (list != NULL && !FFIsSegment(list, dialect, key))
		list = list->next;
	return list;
}

/* A new binding that nothing is known of yet; not in any list. */
static FFBoundSegment *
CreateSegment(FFString dialect, FFString key)
{
	FFBoundSegment *bound = palloc0(sizeof(FFBoundSegment));

	bound->segment.key.data = pnstrdup(key.data, key.length);
	bound->segment.key.length = key.length;
	if (dialect.data != NULL)
		bound->dialect = (FFString) {pnstrdup(dialect.data, dialect.length), dialect.length};
	return bound;
}

/* Load what a binding is bound to; lists are of the project's own segments alone. */
static void
LoadSegment(FFRuleset *ruleset, FFBoundSegment *bound)
{
	FFString	key = bound->segment.key;

	if (bound->dialect.data != NULL)
		bound->image = FFLoadImportedSegment(ruleset, bound->dialect, key);
	else
		bound->image = FFLoadSegment(ruleset, key);
	if (bound->image == NULL || bound->dialect.data != NULL)
		return;
	if (ruleset->origin != NULL && ruleset->origin->bind_segment != NULL)
		ruleset->origin->bind_segment(ruleset->origin, bound);
	else
		FFMembersBind(bound);
}

/* Segments nested deeper are refused when written, and contain nobody. */
#define MAX_SEGMENT_DEPTH 100

/*
 * Bind one segment and, through it, those that it names.  New ones are put on
 * the pending list before what they name is bound, so that a cycle ends.
 */
static FFBoundSegment *
BindSegment(FFRuleset *ruleset, FFString dialect, FFString key, FFBoundSegment **pending, int depth)
{
	FFBoundSegment *bound;
	const FFSegmentKeys *keys;

	if (dialect.data != NULL && key.length > 0 && key.data[0] == FF_OWN_SEGMENT)
	{
		dialect.data = NULL;
		key.data++;
		key.length--;
	}
	bound = FindSegment(ruleset->segments, dialect, key);
	if (bound == NULL)
		bound = FindSegment(*pending, dialect, key);
	if (bound != NULL)
		return bound;

	bound = CreateSegment(dialect, key);
	bound->next = *pending;
	*pending = bound;
	if (depth > MAX_SEGMENT_DEPTH)
		return bound;
	LoadSegment(ruleset, bound);
	if (bound->image == NULL || bound->image->condition == NULL)
		return bound;

	keys = FFConditionSegments(bound->image->condition);
	bound->segment.segments = palloc0(Max(keys->count, 1) * sizeof(FFSegment *));
	for (int i = 0; i < keys->count; i++)
		bound->segment.segments[i] = &BindSegment(ruleset, dialect, keys->keys[i], pending,
												  depth + 1)->segment;
	bound->segment.condition = bound->image->condition;
	return bound;
}

/* Hand the pending segments over to the rule set; cannot fail. */
static void
AdoptSegments(FFRuleset *ruleset, FFBoundSegment *pending)
{
	while (pending != NULL)
	{
		FFBoundSegment *next = pending->next;

		pending->next = ruleset->segments;
		ruleset->segments = pending;
		pending = next;
	}
}

/*
 * Bindings for the segments that a program names, in its order.  All of it is
 * built aside and joins the rule set only when whole.
 */
FFSegment **
FFBindSegments(FFRuleset *ruleset, FFString dialect, const FFSegmentKeys *keys)
{
	FFBoundSegment **pending;
	MemoryContext context;
	MemoryContext caller;
	FFSegment **segments;

	if (keys->count == 0)
		return NULL;
	context = AllocSetContextCreate(CurrentMemoryContext, "featureflow binding",
									ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	pending = palloc0(sizeof(FFBoundSegment *));
	segments = palloc(keys->count * sizeof(FFSegment *));
	PG_TRY();
	{
		for (int i = 0; i < keys->count; i++)
			segments[i] = &BindSegment(ruleset, dialect, keys->keys[i], pending, 1)->segment;
	}
	PG_CATCH();
	{
		for (FFBoundSegment *bound = *pending; bound != NULL; bound = bound->next)
			FFSegmentImageRelease(bound->image);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, ruleset->context);
	AdoptSegments(ruleset, *pending);
	return segments;
}

/*
 * A segment of one dialect, or native, bound when first asked for; of one that
 * is not there nothing stays.
 */
static FFBoundSegment *
RulesetSegment(FFRuleset *ruleset, FFString dialect, FFString key)
{
	FFBoundSegment *bound = FindSegment(ruleset->segments, dialect, key);
	FFSegmentKeys keys = {&key, 1};
	FFSegmentImage *image;

	/* one that is named and missing is bound to nothing */
	if (bound != NULL)
		return bound->image != NULL ? bound : NULL;
	image = dialect.data == NULL ? FFLoadSegment(ruleset, key) : FFLoadImportedSegment(ruleset, dialect, key);
	if (image == NULL)
		return NULL;
	FFSegmentImageRelease(image);
	return (FFBoundSegment *) FFBindSegments(ruleset, dialect, &keys)[0];
}

/* The project's own segment of that key, else an imported one. */
FFBoundSegment *
FFRulesetSegment(FFRuleset *ruleset, FFString key)
{
	FFString	native = {NULL, 0};
	const char *dialect = "";
	FFBoundSegment *bound;

	if (!ruleset->known)
		return NULL;
	bound = RulesetSegment(ruleset, native, key);
	while (bound == NULL && (dialect = FFDialectAfter(dialect)) != NULL)
		bound = RulesetSegment(ruleset, (FFString) {dialect, (int) strlen(dialect)}, key);
	return bound;
}

/* The key of a flag by id; data NULL where it is gone. */
static FFString
FlagKey(const FFRuleset *ruleset, const pg_uuid_t *id)
{
	Relation	table = FFTableOpen("flags", AccessShareLock);
	FFString	key = {NULL, 0};
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_flags_id, id);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	tuple = FFScanNext(&scan);
	if (HeapTupleIsValid(tuple))
		key = FFColumnText(tuple, table, Anum_flags_key);
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return key;
}

static FFPrerequisite
BindPrerequisite(FFRuleset *ruleset, const FFEdge *edge)
{
	FFPrerequisite prerequisite = {0};
	FFString	key = FlagKey(ruleset, &edge->flag_id);

	prerequisite.variation = -1;
	prerequisite.variation_key = edge->variation;
	if (key.data == NULL)
		return prerequisite;
	prerequisite.flag = FFRulesetFlag(ruleset, key);
	if (prerequisite.flag->image != NULL && prerequisite.flag->image->program != NULL)
		prerequisite.variation = FFProgramFindVariation(prerequisite.flag->image->program,
														edge->variation);
	return prerequisite;
}

/* In order of key, so that the first that is not met is always the same. */
static int
ComparePrerequisites(const void *a, const void *b)
{
	const FFFlag *left = ((const FFPrerequisite *) a)->flag;
	const FFFlag *right = ((const FFPrerequisite *) b)->flag;

	if (left == NULL || right == NULL)
		return (left != NULL) - (right != NULL);
	return FFStringCompare(left->key, right->key);
}

/* Whether overrides of a kind exist: only then does evaluation look. */
static bool
HasOverrides(const FFRuleset *ruleset, const FFFlag *flag, const char *kind)
{
	Relation	table = FFTableOpen("overrides", AccessShareLock);
	FFString	kind_text = {kind, (int) strlen(kind)};
	FFScan		scan = {0};
	bool		found;

	FFScanUuid(&scan, Anum_overrides_flag_id, &flag->image->id);
	FFScanUuid(&scan, Anum_overrides_environment_id, &ruleset->environment_id);
	FFScanText(&scan, Anum_overrides_subject_kind, kind_text);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	found = HeapTupleIsValid(FFScanNext(&scan));
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return found;
}

/* Read the project's plans; few, and looked through in a row. */
static void
LoadPlans(FFRuleset *ruleset)
{
	Relation	table = FFTableOpen("plans", AccessShareLock);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "featureflow plans",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	FFPlan	   *plans = palloc(sizeof(FFPlan));
	int			count = 0;
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_plans_project_id, &ruleset->project_id);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		bool		isnull;

		plans = repalloc(plans, (count + 1) * sizeof(FFPlan));
		plans[count].key = FFColumnText(tuple, table, Anum_plans_key);
		plans[count].level = DatumGetInt32(FFColumn(tuple, table, Anum_plans_level, &isnull));
		count++;
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, ruleset->context);
	ruleset->plans = plans;
	ruleset->plan_count = count;
	ruleset->plans_loaded = true;
}

/* The level of a plan; 0, the lowest, for one that is not known. */
int
FFPlanLevel(FFRuleset *ruleset, FFString plan)
{
	if (!ruleset->plans_loaded)
		LoadPlans(ruleset);
	for (int i = 0; i < ruleset->plan_count; i++)
	{
		if (FFStringEqual(ruleset->plans[i].key, plan))
			return ruleset->plans[i].level;
	}
	return 0;
}

/* Bind the flags that a program of another dialect asks, in its order. */
static void
BindAsks(FFRuleset *ruleset, FFFlag *flag)
{
	const FFSegmentKeys *keys = FFProgramFlags(flag->image->program);
	FFFlag	  **asks;

	if (keys->count == 0)
		return;
	asks = palloc(keys->count * sizeof(FFFlag *));
	for (int i = 0; i < keys->count; i++)
		asks[i] = FFRulesetFlag(ruleset, keys->keys[i]);
	flag->asks = MemoryContextAlloc(ruleset->context, keys->count * sizeof(FFFlag *));
	memcpy(flag->asks, asks, keys->count * sizeof(FFFlag *));
}

void
FFFlagBind(FFRuleset *ruleset, FFFlag *flag)
{
	const FFImage *image = flag->image;
	FFPrerequisite *prerequisites = NULL;

	if (flag->foreign)
		BindAsks(ruleset, flag);

	if (image->edge_count > 0)
	{
		prerequisites = palloc(image->edge_count * sizeof(FFPrerequisite));
		for (int i = 0; i < image->edge_count; i++)
			prerequisites[i] = BindPrerequisite(ruleset, &image->edges[i]);
		qsort(prerequisites, image->edge_count, sizeof(FFPrerequisite),
			  ComparePrerequisites);
		flag->prerequisites = MemoryContextAlloc(ruleset->context,
												 image->edge_count * sizeof(FFPrerequisite));
		memcpy(flag->prerequisites, prerequisites,
			   image->edge_count * sizeof(FFPrerequisite));
	}
	flag->prerequisite_count = image->edge_count;
	if (ruleset->has_overrides)
	{
		flag->has_user_overrides = HasOverrides(ruleset, flag, "user");
		flag->has_organization_overrides = HasOverrides(ruleset, flag, "organization");
	}
	if (image->min_plan.data != NULL)
		flag->plan_level = FFPlanLevel(ruleset, image->min_plan);
	flag->plain = image->program != NULL && (flag->foreign || FFProgramAlwaysEnabled(image->program)) &&
		!image->archived && !image->killed && image->edge_count == 0 &&
		!flag->has_user_overrides && !flag->has_organization_overrides &&
		flag->plan_level < 0;
	flag->bound = true;
}
