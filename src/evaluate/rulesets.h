/*
 * rulesets.h
 *	  Compiled flags by (version table, environment, version).
 */
#ifndef FF_RULESETS_H
#define FF_RULESETS_H

#include "postgres.h"

#include "storage/itemptr.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "base/catalog.h"
#include "engine/engine.h"

typedef enum FFKind
{
	FF_KIND_BOOLEAN,
	FF_KIND_STRING,
	FF_KIND_NUMBER,
	FF_KIND_JSON
} FFKind;

/* Which row version something was made from: it never changes in place. */
typedef struct FFRowMark
{
	ItemPointerData tid;
	TransactionId xmin;
} FFRowMark;

/* A prerequisite edge as stored. */
typedef struct FFEdge
{
	pg_uuid_t	flag_id;
	FFString	variation;
} FFEdge;

/*
 * A flag compiled from its rows; immutable, and shared by all rule sets whose
 * version of those rows is the same.
 */
typedef struct FFImage
{
	MemoryContext context;
	int			references;
	pg_uuid_t	id;
	FFKind		kind;
	bool		archived;
	bool		killed;
	bool		client_visible;
	int32		version;
	FFString	min_plan;		/* data NULL: open to every plan */
	FFProgram  *program;		/* NULL: broken, see error */
	FFError    *error;			/* why it is broken */
	Jsonb	  **values;			/* ready to return, by variation */
	text	  **variations;		/* their keys, likewise */
	bool	   *truths;			/* the same of a boolean flag, else NULL */
	bool		sticky;			/* units keep what they met in its experiment */
	pg_uuid_t	experiment_id;	/* of a sticky one */
	int			edge_count;
	FFEdge	   *edges;
	int			mark_count;
	FFRowMark  *marks;
} FFImage;

/* A segment compiled from its row; shared like an image. */
typedef struct FFSegmentImage
{
	MemoryContext context;
	int			references;
	pg_uuid_t	id;
	FFCondition *condition;
	struct FFQuery *query;		/* NULL: none */
	FFRowMark	mark;
} FFSegmentImage;

/* A segment as one rule set knows it. */
typedef struct FFBoundSegment
{
	FFSegment	segment;		/* first: the engine sees this part */
	FFString	dialect;		/* data NULL: of the project, else imported */
	FFSegmentImage *image;		/* NULL: no such segment */
	bool		has_members;	/* of its list */
	struct FFBoundSegment *next;
} FFBoundSegment;

/* Whether it is the one of that key in a dialect (data NULL: of the project). */
static inline bool
FFIsSegment(const FFBoundSegment *bound, FFString dialect, FFString key)
{
	if ((bound->dialect.data == NULL) != (dialect.data == NULL))
		return false;
	return FFStringEqual(bound->segment.key, key) &&
		(dialect.data == NULL || FFStringEqual(bound->dialect, dialect));
}

/*
 * What stands for the configuration that the statement sees: rows for those of
 * tables, and who is in a segment.  Such a rule set is private to its maker,
 * and session overrides do not touch it.
 */
typedef struct FFOrigin
{
	FFRowSource rows;			/* first */
	/* let a segment know what it contains; NULL: its present list and query */
	void		(*bind_segment) (struct FFOrigin *origin, FFBoundSegment *bound);
} FFOrigin;

struct FFFlag;

typedef struct FFPrerequisite
{
	struct FFFlag *flag;		/* NULL: gone */
	int			variation;		/* -1: gone */
	FFString	variation_key;
} FFPrerequisite;

/* A flag as one rule set knows it. */
typedef struct FFFlag
{
	FFString	key;
	text	   *key_text;		/* the same, ready to return */
	FFImage    *image;			/* NULL: there is no such flag */
	FFSegment **segments;		/* bindings of the program's segment keys */
	bool		bound;			/* prerequisites and plan are resolved */
	bool		plain;			/* on at any time, and nothing but targets
								 * stands before its rules; of another
								 * dialect: nothing stands before it */
	int			prerequisite_count;
	FFPrerequisite *prerequisites;
	bool		has_user_overrides;
	bool		has_organization_overrides;
	int			plan_level;		/* -1: no gate */
	bool		foreign;		/* of another dialect than native */
	struct FFFlag **asks;		/* bindings of FFProgramFlags */
	uint64		asked_by;		/* the last subject to ask as a prerequisite, */
	int			told_variation; /* and what it was told: FFAnswer */
	int			told_reason;
	int			told_error;
	int			told_truth;
	unsigned	told_notes;		/* of it: FFContext.notes */
	uint64		counted_in;		/* while it is that of usage/count.c, slots */
	void	   *counted_at[8];	/* are here, by variation and reason; or NULL */
} FFFlag;

typedef struct FFPlan
{
	FFString	key;
	int			level;
} FFPlan;

typedef struct FFRuleset
{
	MemoryContext context;
	Oid			versions_oid;
	pg_uuid_t	environment_id;
	pg_uuid_t	project_id;
	int64		version;
	bool		known;			/* false: no such project or environment */
	bool		has_overrides;	/* there may be some */
	bool		has_prerequisites;
	bool		has_sources;
	bool		has_schedules;
	bool		has_experiments;
	bool		cached;			/* false: private to the pin */
	int			pins;
	FFOrigin   *origin;			/* NULL: the tables */
	struct flagtable_hash *flags;
	FFBoundSegment *segments;
	bool		plans_loaded;
	int			plan_count;
	FFPlan	   *plans;
	struct FFSources *sources;	/* NULL: not asked for yet */
	FFFlag	  **all;			/* every flag in order of key, once asked for */
	FFFlag	  **members;		/* the same in the order of a jsonb's keys */
	int			all_count;
	struct FFRuleset *next;
} FFRuleset;

/* Identity of a rule set, read from the version row. */
typedef struct FFRulesetKey
{
	Oid			versions_oid;
	pg_uuid_t	environment_id;
	pg_uuid_t	project_id;
	int64		version;
	bool		known;
	bool		has_overrides;
	bool		has_prerequisites;
	bool		has_sources;
	bool		has_schedules;
	bool		has_experiments;
	bool		cacheable;		/* the version is committed */
} FFRulesetKey;

extern FFRuleset *FFRulesetAcquire(const FFRulesetKey *key);
extern void FFRulesetRelease(FFRuleset *ruleset);

/* A rule set of the same environment with rows of another origin; a reference
 * for the caller, which outlives the statement. */
extern FFRuleset *FFRulesetFrom(const FFRuleset *present, FFOrigin *origin);

/* What stands for the rows of tables; NULL: nothing does. */
static inline FFRowSource *
FFRowsOf(const FFRuleset *ruleset)
{
	return ruleset->origin != NULL ? &ruleset->origin->rows : NULL;
}

/* The flag of that key, compiled under the active snapshot when first asked
 * for; image NULL where there is none. */
extern FFFlag *FFRulesetFlag(FFRuleset *ruleset, FFString key);

/* All flags that are not archived, in order of key. */
extern FFFlag **FFRulesetAll(FFRuleset *ruleset, int *count);

/* The same in the order of the keys of a jsonb, which then need no sorting. */
extern FFFlag **FFRulesetMembers(FFRuleset *ruleset, int *count);

/* The same rows compiled for another version of the environment, or NULL. */
extern FFImage *FFRulesetsFindImage(const FFRuleset *ruleset, FFString key,
									const FFRowMark *marks, int count);
extern FFSegmentImage *FFRulesetsFindSegment(const FFRuleset *ruleset, FFString dialect,
											 FFString key, FFRowMark mark);

/* load.c: images from rows; a new reference for the caller. */
extern FFImage *FFLoadImage(const FFRuleset *ruleset, FFString key);
extern FFSegmentImage *FFLoadSegment(const FFRuleset *ruleset, FFString key);
extern FFSegmentImage *FFLoadImportedSegment(const FFRuleset *ruleset, FFString dialect,
											 FFString key);
extern void FFImageRelease(FFImage *image);
extern void FFSegmentImageRelease(FFSegmentImage *image);
extern bool FFSameMark(FFRowMark a, FFRowMark b);
extern FFRowMark FFMarkOf(HeapTuple tuple);	/* of none: an empty one */

/* bind.c: what a flag refers to, resolved in one rule set. */
extern FFSegment **FFBindSegments(FFRuleset *ruleset, FFString dialect, const FFSegmentKeys *keys);
extern FFBoundSegment *FFRulesetSegment(FFRuleset *ruleset, FFString key);
extern void FFFlagBind(FFRuleset *ruleset, FFFlag *flag);
extern int	FFPlanLevel(FFRuleset *ruleset, FFString plan);

#endif
