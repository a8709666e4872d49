/*
 * rulesets.c
 *	  Compiled flags by (version table, environment, version).
 *
 * A committed version never changes its meaning, so its rule set is kept
 * until newer ones push it out.  Flags are compiled when first asked for, and
 * taken over from another version of the environment where their rows are the
 * same.  A version that the current transaction wrote is no key: its rule set
 * is private to the pin and goes with it.
 */
#include "postgres.h"

#include "access/table.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "base/catalog.h"
#include "evaluate/rulesets.h"
#include "model/tables.h"

/* Versions kept of one environment, and rule sets kept in all. */
#define KEPT_VERSIONS 2
#define KEPT_RULESETS 64

typedef struct FlagEntry
{
	FFString	key;
	FFFlag	   *flag;
	uint32		hash;
	char		status;
} FlagEntry;

static inline uint32
HashKey(FFString key)
{
	return hash_bytes((const unsigned char *) key.data, key.length);
}

#define SH_PREFIX flagtable
#define SH_ELEMENT_TYPE FlagEntry
#define SH_KEY_TYPE FFString
#define SH_KEY key
#define SH_HASH_KEY(tb, key) HashKey(key)
#define SH_EQUAL(tb, a, b) FFStringEqual(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, entry) ((entry)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static FFRuleset *Rulesets = NULL;

/* Stands for every flag that does not exist. */
static FFFlag MissingFlag;

static bool
SameEnvironment(const FFRuleset *a, const FFRuleset *b)
{
	return a->versions_oid == b->versions_oid &&
		FFUuidEqual(&a->environment_id, &b->environment_id);
}

static FFRuleset *
FindCached(const FFRulesetKey *key)
{
	FFRuleset  *ruleset;

	if (!key->cacheable)
		return NULL;
	for (ruleset = Rulesets; ruleset != NULL; ruleset = ruleset->next)
	{
		if (ruleset->version == key->version &&
			ruleset->versions_oid == key->versions_oid &&
			FFUuidEqual(&ruleset->environment_id, &key->environment_id))
			return ruleset;
	}
	return NULL;
}

/* Free a rule set with all that it alone refers to. */
static void
Destroy(FFRuleset *ruleset)
{
	flagtable_iterator iterator;
	FlagEntry  *entry;
	FFBoundSegment *bound;

	flagtable_start_iterate(ruleset->flags, &iterator);
	while ((entry = flagtable_iterate(ruleset->flags, &iterator)) != NULL)
		FFImageRelease(entry->flag->image);
	for (bound = ruleset->segments; bound != NULL; bound = bound->next)
		FFSegmentImageRelease(bound->image);
	MemoryContextDelete(ruleset->context);
}

/*
 * Let go of kept rule sets that newer ones have made surplus: older versions
 * of the same environment, and the least recently used of all.  The list is
 * in order of last use; what is pinned stays.
 */
static void
EvictSurplus(const FFRuleset *newest)
{
	FFRuleset **link = &Rulesets;
	int			same = 0;
	int			all = 0;

	while (*link != NULL)
	{
		FFRuleset  *ruleset = *link;

		all++;
		same += SameEnvironment(ruleset, newest);
		if (ruleset->pins == 0 &&
			(all > KEPT_RULESETS ||
			 (same > KEPT_VERSIONS && SameEnvironment(ruleset, newest))))
		{
			*link = ruleset->next;
			Destroy(ruleset);
		}
		else
			link = &ruleset->next;
	}
}

static FFRuleset *
Create(const FFRulesetKey *key)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "featureflow rule set",
												  ALLOCSET_SMALL_SIZES);
	FFRuleset  *ruleset;

	ruleset = MemoryContextAllocZero(context, sizeof(FFRuleset));
	ruleset->context = context;
	ruleset->versions_oid = key->versions_oid;
	ruleset->environment_id = key->environment_id;
	ruleset->project_id = key->project_id;
	ruleset->version = key->version;
	ruleset->known = key->known;
	ruleset->has_overrides = key->has_overrides;
	ruleset->has_prerequisites = key->has_prerequisites;
	ruleset->has_sources = key->has_sources;
	ruleset->has_schedules = key->has_schedules;
	ruleset->has_experiments = key->has_experiments;
	ruleset->cached = key->cacheable;
	ruleset->flags = flagtable_create(context, 16, NULL);
	return ruleset;
}

/* Put a kept rule set at the front of the list. */
static void
MoveToFront(FFRuleset *ruleset)
{
	FFRuleset **link = &Rulesets;

	while (*link != NULL && *link != ruleset)
		link = &(*link)->next;
	if (*link == ruleset)
		*link = ruleset->next;
	ruleset->next = Rulesets;
	Rulesets = ruleset;
}

FFRuleset *
FFRulesetAcquire(const FFRulesetKey *key)
{
	FFRuleset  *ruleset = FindCached(key);

	if (ruleset == NULL)
		ruleset = Create(key);
	ruleset->pins++;
	if (ruleset->cached && ruleset != Rulesets)
	{
		MoveToFront(ruleset);
		EvictSurplus(ruleset);
	}
	return ruleset;
}

void
FFRulesetRelease(FFRuleset *ruleset)
{
	Assert(ruleset->pins > 0);
	ruleset->pins--;
	if (ruleset->pins == 0 && !ruleset->cached)
		Destroy(ruleset);
}

FFRuleset *
FFRulesetFrom(const FFRuleset *present, FFOrigin *origin)
{
	FFRulesetKey key = {0};
	FFRuleset  *ruleset;

	key.versions_oid = present->versions_oid;
	key.environment_id = present->environment_id;
	key.project_id = present->project_id;
	key.known = present->known;
	key.has_overrides = key.has_prerequisites = true;
	key.has_sources = key.has_schedules = key.has_experiments = true;
	ruleset = FFRulesetAcquire(&key);
	ruleset->origin = origin;
	return ruleset;
}

/* Make room for a flag and its name; filled before it is entered. */
static FFFlag *
CreateFlag(FFRuleset *ruleset, FFString key)
{
	FFFlag	   *flag = MemoryContextAllocZero(ruleset->context,
											  sizeof(FFFlag) + VARHDRSZ + key.length);

	flag->key_text = (text *) (flag + 1);
	SET_VARSIZE(flag->key_text, VARHDRSZ + key.length);
	memcpy(VARDATA(flag->key_text), key.data, key.length);
	flag->key.data = VARDATA(flag->key_text);
	flag->key.length = key.length;
	flag->plan_level = -1;
	return flag;
}

/* Enter a compiled flag; last of all, so that an error leaves no half of it. */
static pg_noinline FFFlag *
EnterFlag(FFRuleset *ruleset, FFString key, FFImage *image)
{
	FFFlag	   *flag = CreateFlag(ruleset, key);
	bool		found;

	if (image->program != NULL)
	{
		FFString	dialect = FFProgramDialect(image->program);

		flag->foreign = dialect.data != NULL;
		flag->segments = FFBindSegments(ruleset, dialect, FFProgramSegments(image->program));
	}
	flag->image = image;
	flagtable_insert(ruleset->flags, flag->key, &found)->flag = flag;
	return flag;
}

/* Compile a flag into a rule set.  Nothing is left behind by an error. */
static FFFlag *
AddFlag(FFRuleset *ruleset, FFString key)
{
	FFImage    *image = FFLoadImage(ruleset, key);
	FFFlag	   *flag;

	if (image == NULL)
		return &MissingFlag;
	PG_TRY();
	{
		flag = EnterFlag(ruleset, key, image);
	}
	PG_CATCH();
	{
		FFImageRelease(image);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return flag;
}

FFFlag *
FFRulesetFlag(FFRuleset *ruleset, FFString key)
{
	FlagEntry  *entry;

	if (!ruleset->known)
		return &MissingFlag;
	entry = flagtable_lookup(ruleset->flags, key);
	return entry != NULL ? entry->flag : AddFlag(ruleset, key);
}

/* The keys of a project's flags under the active snapshot. */
static List *
FlagKeys(const FFRuleset *ruleset)
{
	Relation	table = FFTableOpen("flags", AccessShareLock);
	List	   *keys = NIL;
	FFScan		scan = {0};
	HeapTuple	tuple;

	FFScanUuid(&scan, Anum_flags_project_id, &ruleset->project_id);
	FFScanBeginFrom(&scan, table, FFRowsOf(ruleset));
	while (HeapTupleIsValid(tuple = FFScanNext(&scan)))
	{
		bool		current;

		FFColumn(tuple, table, Anum_flags_archived_at, &current);
		if (current)
		{
			FFString   *key = palloc(sizeof(FFString));

			*key = FFColumnText(tuple, table, Anum_flags_key);
			keys = lappend(keys, key);
		}
	}
	FFScanEnd(&scan);
	table_close(table, NoLock);
	return keys;
}

static int
CompareFlags(const void *a, const void *b)
{
	return FFStringCompare((*(FFFlag *const *) a)->key, (*(FFFlag *const *) b)->key);
}

FFFlag **
FFRulesetAll(FFRuleset *ruleset, int *count)
{
	if (ruleset->all == NULL && ruleset->known)
	{
		List	   *keys = FlagKeys(ruleset);
		FFFlag	  **all = palloc_extended(sizeof(FFFlag *) * Max(list_length(keys), 1),
										  MCXT_ALLOC_HUGE);
		int			filled = 0;
		ListCell   *cell;

		foreach(cell, keys)
			all[filled++] = FFRulesetFlag(ruleset, *(FFString *) lfirst(cell));
		qsort(all, filled, sizeof(FFFlag *), CompareFlags);
		ruleset->all = MemoryContextAllocHuge(ruleset->context,
											  sizeof(FFFlag *) * Max(filled, 1));
		memcpy(ruleset->all, all, sizeof(FFFlag *) * filled);
		ruleset->all_count = filled;
	}
	*count = ruleset->all_count;
	return ruleset->all;
}

static int
CompareMembers(const void *a, const void *b)
{
	return FFNameCompare((*(FFFlag *const *) a)->key, (*(FFFlag *const *) b)->key);
}

FFFlag **
FFRulesetMembers(FFRuleset *ruleset, int *count)
{
	FFFlag	  **all = FFRulesetAll(ruleset, count);

	if (ruleset->members == NULL && all != NULL)
	{
		FFFlag	  **members = MemoryContextAllocHuge(ruleset->context,
													 sizeof(FFFlag *) * Max(*count, 1));

		memcpy(members, all, sizeof(FFFlag *) * *count);
		qsort(members, *count, sizeof(FFFlag *), CompareMembers);
		ruleset->members = members;
	}
	return ruleset->members;
}

FFImage *
FFRulesetsFindImage(const FFRuleset *ruleset, FFString key,
					const FFRowMark *marks, int count)
{
	FFRuleset  *other;

	for (other = Rulesets; other != NULL; other = other->next)
	{
		FlagEntry  *entry;
		FFImage    *image;
		int			same = 0;

		if (other == ruleset || !SameEnvironment(other, ruleset))
			continue;
		entry = flagtable_lookup(other->flags, key);
		if (entry == NULL || entry->flag->image->mark_count != count)
			continue;
		image = entry->flag->image;
		while (same < count && FFSameMark(image->marks[same], marks[same]))
			same++;
		if (same == count)
			return image;
	}
	return NULL;
}

FFSegmentImage *
FFRulesetsFindSegment(const FFRuleset *ruleset, FFString dialect, FFString key, FFRowMark mark)
{
	FFRuleset  *other;
	FFBoundSegment *bound;

	for (other = Rulesets; other != NULL; other = other->next)
	{
		if (!SameEnvironment(other, ruleset))
			continue;
		for (bound = other->segments; bound != NULL; bound = bound->next)
		{
			if (bound->image != NULL && FFIsSegment(bound, dialect, key) &&
				FFSameMark(bound->image->mark, mark))
				return bound->image;
		}
	}
	return NULL;
}
