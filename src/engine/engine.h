/*
 * engine.h
 *	  Pure evaluation of rules: no SPI, no catalog, no I/O, no exceptions.
 *
 * A document (rules, a default, a segment's condition) is compiled once into
 * an immutable program and then evaluated for many contexts.  The same
 * compiler checks documents when they are written: what it refuses never
 * reaches evaluation.
 */
#ifndef FF_ENGINE_H
#define FF_ENGINE_H

#include "engine/value.h"

#define FF_MAX_DEPTH 32			/* nesting of all/any/not */
#define FF_MAX_RULES 100000
#define FF_MAX_VARIATIONS 1000
#define FF_BUCKETS 100000		/* thousandths of a percent */
#define FF_REGEX_MATCH_LIMIT 100000	/* steps of one attempt */
#define FF_REGEX_MAX_PATTERN 4096	/* bytes */
#define FF_REGEX_MAX_TEXT 65536 /* bytes; a longer text is no match */

typedef enum FFErrorCode
{
	FF_OK = 0,
	FF_ERROR_DOCUMENT,			/* wrong shape, kind, operator, sum */
	FF_ERROR_REFERENCE,			/* unknown variation or segment */
	FF_ERROR_REGEX,
	FF_ERROR_LIMIT				/* too deep, too many */
} FFErrorCode;

/* Why a document was refused, and where. */
typedef struct FFError
{
	FFErrorCode code;
	const char *document;		/* "rules", "targets", "default", "schedule",
								 * "variations", "off_variation" or "condition" */
	char		path[256];		/* JSON path: $[2].when.all[0].op */
	char		message[256];	/* lower case, no full stop, names the thing */
} FFError;

struct FFContext;

/* Where attributes come from that the caller did not pass. */
typedef struct FFLookup
{
	/* FF_ABSENT where there is none; lives as long as the evaluation */
	FFValue		(*attribute) (struct FFContext *context, FFString name);
	/* whether who asks for an explanation may see it */
	bool		(*shown) (struct FFContext *context, FFString name);
} FFLookup;

/* A subject of evaluation; slots are filled by the evaluator. */
typedef struct FFContext
{
	FFString	user_key;		/* data NULL: no user */
	FFValue		attributes;		/* FF_OBJECT, else nothing is known */
	const FFLookup *lookup;		/* NULL: the attributes are all there is */
	void	   *source;			/* the lookup's own */
	int64_t		now;			/* microseconds since 2000-01-01 UTC */
	struct FFTrace *trace;		/* NULL unless explaining */
	uint64_t	serial;			/* tells this subject from all others; 0: nothing
								 * about it is remembered */
} FFContext;

/*
 * Receives what was compared with what, in order.  Texts are in the database
 * encoding, built with FFAlloc; depth is the nesting of the condition.
 */
typedef struct FFTrace
{
	void		(*step) (struct FFTrace *trace, int depth, const char *step,
						 const char *outcome, const char *detail);
	void	   *argument;
	int			depth;
} FFTrace;

/* --- conditions: the `when` of a rule, or a segment ------------------- */

typedef struct FFCondition FFCondition;

/*
 * Segments are named in documents and bound by the caller: segment_keys lists
 * the distinct keys that a program names, and evaluation receives an array of
 * bindings in the same order.  A subject is in a segment that contains it or
 * whose condition it meets; an unbound one (neither is there) never matches.
 */
typedef struct FFSegment
{
	FFString	key;
	const FFCondition *condition;
	bool		(*contains) (struct FFSegment *segment, FFContext *context);
	struct FFSegment **segments;	/* bindings of its own segment_keys */
	uint64_t	asked_by;		/* serial of the last subject that was tested */
	bool		told;			/* and the outcome */
} FFSegment;

typedef struct FFSegmentKeys
{
	FFString   *keys;
	int			count;
} FFSegmentKeys;

extern FFCondition *FFConditionCompile(const FFValue *document, FFError *error);
extern const FFSegmentKeys *FFConditionSegments(const FFCondition *condition);
extern bool FFConditionMatches(const FFCondition *condition,
							   FFSegment **segments, FFContext *context);
extern bool FFSegmentMatches(FFSegment *segment, FFContext *context);

/* An attribute of the subject, as it was passed or as it is looked up. */
extern FFValue FFContextAttribute(FFContext *context, FFString name);

/* Whether an explanation may show it. */
extern bool FFContextShows(FFContext *context, FFString name);

/* --- a flag in an environment ----------------------------------------- */

/* From a time on, the flag is on or off, or serves something else by default. */
typedef struct FFStepSource
{
	int64_t		at;				/* as FFContext.now */
	bool		enabled;		/* serve is FF_ABSENT */
	FFValue		serve;
} FFStepSource;

typedef struct FFFlagSource
{
	bool		is_boolean;		/* serve: true / false are on / off */
	FFValue		variations;		/* [{"key":…,"value":…}, …] */
	FFValue		targets;		/* {"variation": ["user", …]} */
	FFValue		rules;			/* [ … ] */
	FFValue		default_serve;	/* "variation" or {"split": …} */
	FFString	off_variation;
	FFString	salt;
	bool		enabled;
	int64_t		enabled_at;		/* when enabled and default_serve were set; */
	int64_t		default_at;		/* steps that had come by then are over */
	int			step_count;
	const FFStepSource *steps;	/* in any order */
} FFFlagSource;

typedef struct FFProgram FFProgram;

/* NULL and *error filled when the source is refused; all it needs is copied. */
extern FFProgram *FFProgramCompile(const FFFlagSource *source, FFError *error);

extern int	FFProgramVariationCount(const FFProgram *program);
extern FFString FFProgramVariationKey(const FFProgram *program, int index);
extern int	FFProgramFindVariation(const FFProgram *program, FFString key); /* -1: none */
extern int	FFProgramOffVariation(const FFProgram *program);
extern bool FFProgramIsStatic(const FFProgram *program);	/* no targets, no rules, no
															 * steps, default not split */
extern const FFSegmentKeys *FFProgramSegments(const FFProgram *program);

/* Whether the flag is on at a time; whether it is and no step will ask again. */
extern bool FFProgramEnabled(const FFProgram *program, int64_t now);
extern bool FFProgramAlwaysEnabled(const FFProgram *program);

/* Tell an explanation which steps are in force, and what comes next. */
extern void FFProgramTraceSchedule(const FFProgram *program, FFContext *context);

/* Individual targets: the variation, or -1. */
extern int	FFProgramTarget(const FFProgram *program, FFString user_key);

typedef enum FFMatch
{
	FF_MATCH_DEFAULT,			/* no rule matched, default serves one variation */
	FF_MATCH_DEFAULT_SPLIT,
	FF_MATCH_RULE,
	FF_MATCH_RULE_SPLIT,
	FF_MATCH_KEY_MISSING		/* a split was reached and its key is missing */
} FFMatch;

typedef struct FFOutcome
{
	FFMatch		match;
	int			variation;		/* -1 when the key is missing */
	int			rule;			/* 0-based, -1 for the default */
	FFString	rule_id;		/* data NULL where the rule has none */
	int			bucket;			/* 0..99999 after a split, else -1 */
	FFString	unit;			/* what a split went by, else data NULL */
} FFOutcome;

extern void FFProgramRules(const FFProgram *program, FFSegment **segments,
						   FFContext *context, FFOutcome *outcome);

/* --- times ------------------------------------------------------------- */

/* RFC 3339 text as microseconds since 2000-01-01 UTC; false: it is no time. */
extern bool FFParseTime(FFString text, int64_t *time);

/* --- bucketing --------------------------------------------------------- */

/* XXH3-64 of UTF-8 "salt:key", modulo FF_BUCKETS. */
extern int	FFBucket(FFString salt, FFString key);

#endif
