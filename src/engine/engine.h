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
	const char *document;		/* "rules", "targets", "default", "schedule", "variations",
								 * "off_variation", "experiment" or "condition" */
	char		path[256];		/* JSON path: $[2].when.all[0].op */
	char		message[256];	/* lower case, no full stop, names the thing */
} FFError;

/* OpenFeature's resolution reasons. */
typedef enum FFReason
{
	FF_REASON_STATIC,
	FF_REASON_DEFAULT,
	FF_REASON_TARGETING_MATCH,
	FF_REASON_SPLIT,
	FF_REASON_DISABLED,
	FF_REASON_ERROR
} FFReason;

/* OpenFeature's error codes. */
typedef enum FFEvaluationError
{
	FF_EVALUATION_OK,
	FF_FLAG_NOT_FOUND,
	FF_TARGETING_KEY_MISSING,
	FF_TYPE_MISMATCH,
	FF_GENERAL,
	FF_PARSE_ERROR,
	FF_INVALID_CONTEXT
} FFEvaluationError;

/* The type of value that a caller asks for. */
typedef enum FFWanted
{
	FF_WANT_ANY,
	FF_WANT_BOOLEAN,
	FF_WANT_STRING,
	FF_WANT_NUMBER,
	FF_WANT_INTEGER,
	FF_WANT_OBJECT				/* or an array */
} FFWanted;

struct FFContext;

/* What a flag answers another one that depends on it. */
typedef struct FFTold
{
	bool		known;			/* false: there is no such flag */
	bool		cyclic;			/* it is being evaluated itself: nothing below holds */
	bool		on;				/* enabled, not archived, not killed */
	bool		asks;			/* it depends on flags itself */
	int			variation;		/* its place, -1: none */
	FFString	key;			/* of the variation */
	FFValue		value;			/* FF_ABSENT where there is none */
	int			truth;			/* as FFProviderAnswer.truth */
	FFReason	reason;
	FFEvaluationError error;
} FFTold;

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
	/* asks a flag that a program names, which is bound as opaque */
	void		(*ask) (struct FFContext *context, void *flag, FFTold *told);
	FFWanted	wanted;			/* what the caller asks for */
	bool		detailed;		/* the caller reads reason and metadata */
	bool		cyclic;			/* a segment was met again on the way down from itself */
	unsigned	notes;			/* bits of a dialect's, told of whatever is asked on the
								 * way, and again when that is only remembered */
	void	   *own;			/* a dialect's, while it answers */
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
	unsigned	noted;			/* and what was noted of it: FFContext.notes */
} FFSegment;

/*
 * A dialect's program may name a segment of the project's own: a key with this
 * before it, which the caller binds to the one of the rest.
 */
#define FF_OWN_SEGMENT '\001'

typedef struct FFSegmentKeys
{
	FFString   *keys;
	int			count;
} FFSegmentKeys;

extern FFCondition *FFConditionCompile(const FFValue *document, FFError *error);

/* The same for a segment in the terms of a provider. */
extern FFCondition *FFProviderSegmentCompile(FFString dialect,
											 const FFValue *document, FFError *error);
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

/*
 * A split is for those alone whose bucket under a salt of its own is in a range,
 * and serves the rest one variation.
 */
typedef struct FFGateSource
{
	const char *kind;			/* in explanations, before the key */
	FFString	key;
	FFString	salt;
	int			from;			/* buckets from <= b < to */
	int			to;
} FFGateSource;

typedef struct FFFlagSource
{
	FFString	dialect;		/* data NULL: native; else rules is the provider's
								 * document, and targets, default_serve, off_variation
								 * and salt are not read */
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
	int			gate_count;
	const FFGateSource *gates;	/* in order */
	FFString	control;		/* what is served to whom one keeps out */
} FFFlagSource;

typedef struct FFProgram FFProgram;

/* NULL and *error filled when the source is refused; all it needs is copied. */
extern FFProgram *FFProgramCompile(const FFFlagSource *source, FFError *error);

/* Told of each part of a provider's document that is faulty and kept so. */
typedef struct FFFaults
{
	void		(*fault) (struct FFFaults *faults, const char *path, const char *message);
} FFFaults;

/* The same, and its faults. */
extern FFProgram *FFProgramCheck(const FFFlagSource *source, FFFaults *faults, FFError *error);
extern FFCondition *FFProviderSegmentCheck(FFString dialect, const FFValue *document,
										   FFFaults *faults, FFError *error);

/* Whether there is a dialect of that name besides native. */
extern bool FFDialectKnown(FFString name);

/* The next dialect in order of name; NULL after the last one. */
extern const char *FFDialectAfter(const char *name);

extern int	FFProgramVariationCount(const FFProgram *program);
extern FFString FFProgramVariationKey(const FFProgram *program, int index);
extern FFValue FFProgramVariationValue(const FFProgram *program, int index);	/* of a dialect */
extern int	FFProgramFindVariation(const FFProgram *program, FFString key); /* -1: none */
extern int	FFProgramOffVariation(const FFProgram *program);
extern bool FFProgramIsStatic(const FFProgram *program);	/* no targets, no rules, no
															 * steps, default not split */
extern const FFSegmentKeys *FFProgramSegments(const FFProgram *program);
extern const FFSegmentKeys *FFProgramFlags(const FFProgram *program);	/* that it asks */

/* Data NULL: native. */
extern FFString FFProgramDialect(const FFProgram *program);

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
	FF_MATCH_OUTSIDE,			/* a split was reached and a gate keeps out of it */
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
	bool		random;			/* a split left it to chance */
} FFOutcome;

extern void FFProgramRules(const FFProgram *program, FFSegment **segments,
						   FFContext *context, FFOutcome *outcome);

/* What a flag answers in the terms of its provider. */
typedef struct FFProviderAnswer
{
	FFReason	reason;
	FFEvaluationError error;
	int			variation;		/* -1: none, the caller's fallback */
	int			index;			/* of the variation as the provider counts; -1: it does not */
	int			truth;			/* on or off apart from the value: 1, 0, or -1: as the value */
	int			rule;			/* 0-based; -1: not by a rule */
	FFString	rule_id;		/* data NULL where the rule has none */
	FFString	rule_name;		/* what decided instead of a rule ("off", "target"); data NULL: default */
	int			bucket;			/* after a random split, else -1 */
	FFString	unit;			/* what a random split went by, else data NULL */
	FFString	provider_reason;	/* JSON; data NULL: none.  Only where the */
	FFString	metadata;		/* context is detailed */
} FFProviderAnswer;

/* A program of a dialect alone: flags are bindings of FFProgramFlags. */
extern void FFProgramAnswer(const FFProgram *program, bool enabled, FFSegment **segments,
							void **flags, FFContext *context, FFProviderAnswer *answer);

/* --- times ------------------------------------------------------------- */

/* RFC 3339 text as microseconds since 2000-01-01 UTC; false: it is no time. */
extern bool FFParseTime(FFString text, int64_t *time);

/* --- bucketing --------------------------------------------------------- */

/* XXH3-64 of UTF-8 "salt:key", modulo FF_BUCKETS. */
extern int	FFBucket(FFString salt, FFString key);

#endif
