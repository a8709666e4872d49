/*
 * posthog.h
 *	  What flags of PostHog are compiled into.  Private to this dialect.
 *
 * Local evaluation of its SDKs and its flags service compare some values in
 * different ways.  Local evaluation is meant unless a document says that it is
 * the service; a property that is missing is always what it is to the service.
 */
#ifndef FF_ENGINE_DIALECT_POSTHOG_H
#define FF_ENGINE_DIALECT_POSTHOG_H

#include "engine/dialect.h"

/* Places of the values of a flag that serves no variant. */
#define FF_POSTHOG_OFF 0
#define FF_POSTHOG_ON 1

/* Of FFContext.notes. */
#define FF_POSTHOG_LIMIT 1		/* a regular expression met a limit */
#define FF_POSTHOG_CYCLE 2		/* a flag or a cohort depends on itself */

/* What holds for a whole document. */
typedef struct FFPosthogSetup
{
	bool		service;		/* as the flags service compares */
	bool		explicit;		/* property_matching_version 2 */
	bool		in_cohort;
	bool		broken;			/* a cohort has what nobody here can evaluate */
	FFValue		group_types;	/* index to name */
} FFPosthogSetup;

extern void FFPosthogReadSetup(const FFValue *document, FFPosthogSetup *setup);

/* --- texts, numbers and versions ---------------------------------------------- */

/* A value as text: as JSON says it, or as ECMAScript's String does. */
extern FFString FFPosthogJson(const FFValue *value);
extern FFString FFPosthogText(const FFValue *value, bool service);

/* Lower case in UTF-8: of ASCII alone, or of all letters; ASCII goes to the buffer. */
extern FFString FFPosthogLowerAscii(FFString text, char *buffer, int size);
extern FFString FFPosthogLower(FFString text, char *buffer, int size);

/* What ECMAScript's arithmetic makes of a value; NaN: no number. */
extern double FFPosthogNumber(const FFValue *value);

/* A number as an operator reads it from a value; false: it is none. */
extern bool FFPosthogParseNumber(const FFValue *value, bool service, double *d);

/* Major, minor and patch. */
typedef struct FFPosthogVersion
{
	double		numbers[3];
	FFString	prerelease;		/* of the service; data NULL: a release */
} FFPosthogVersion;

extern bool FFPosthogParseVersion(FFString text, bool service, FFPosthogVersion *version);
extern int	FFPosthogCompareVersions(const FFPosthogVersion *a, const FFPosthogVersion *b);
extern bool FFPosthogParseWildcard(FFString text, bool service, double *numbers, int *count);

/* --- times ---------------------------------------------------------------------- */

/* -7d: so many hours, days, weeks, months or years before now. */
typedef struct FFPosthogRelative
{
	int			number;
	char		unit;			/* 0: it is no such time */
} FFPosthogRelative;

extern bool FFPosthogParseRelative(FFString text, FFPosthogRelative *relative);
extern int64_t FFPosthogBefore(const FFPosthogRelative *relative, int64_t now);
extern bool FFPosthogParseTime(FFString text, int64_t *time);

/* Milliseconds since 1970; seconds for the service. */
extern bool FFPosthogTimeOfNumber(const FFValue *number, bool service, int64_t *time);

/* --- filters ---------------------------------------------------------------------- */

typedef enum FFPosthogOperator
{
	FF_POSTHOG_EXACT,
	FF_POSTHOG_IS_NOT,
	FF_POSTHOG_CONTAINS,
	FF_POSTHOG_NOT_CONTAINS,
	FF_POSTHOG_CONTAINS_ANY,
	FF_POSTHOG_CONTAINS_NONE,
	FF_POSTHOG_STARTS,
	FF_POSTHOG_NOT_STARTS,
	FF_POSTHOG_ENDS,
	FF_POSTHOG_NOT_ENDS,
	FF_POSTHOG_REGEX,
	FF_POSTHOG_NOT_REGEX,
	FF_POSTHOG_IS_SET,
	FF_POSTHOG_IS_NOT_SET,
	FF_POSTHOG_GT,
	FF_POSTHOG_GTE,
	FF_POSTHOG_LT,
	FF_POSTHOG_LTE,
	FF_POSTHOG_BETWEEN,
	FF_POSTHOG_NOT_BETWEEN,
	FF_POSTHOG_BEFORE,
	FF_POSTHOG_AFTER,
	FF_POSTHOG_AT,
	FF_POSTHOG_SEMVER_EQ,
	FF_POSTHOG_SEMVER_NEQ,
	FF_POSTHOG_SEMVER_GT,
	FF_POSTHOG_SEMVER_GTE,
	FF_POSTHOG_SEMVER_LT,
	FF_POSTHOG_SEMVER_LTE,
	FF_POSTHOG_SEMVER_TILDE,
	FF_POSTHOG_SEMVER_CARET,
	FF_POSTHOG_SEMVER_WILDCARD,
	FF_POSTHOG_OPERATORS
} FFPosthogOperator;

extern const char *const FFPosthogOperatorNames[FF_POSTHOG_OPERATORS];

struct FFPosthogFilter;
typedef bool (*FFPosthogMatcher) (const struct FFPosthogFilter *filter, const FFValue *value,
								  int64_t now, bool *limit);

typedef struct FFPosthogFilter
{
	FFPosthogOperator op;
	FFPosthogMatcher matches;
	bool		service;
	bool		valueless;		/* it has no constant: no match in any case */
	bool		never;			/* its constant cannot be compared */
	bool		by_truth;		/* true and false, also as texts, are the constants */
	bool		truth;
	FFSet		strings;		/* exact: in lower case */
	int			text_count;		/* parts of a text: in lower case of ASCII */
	FFString   *texts;
	FFRegex    *regex;
	double		number;			/* NaN: none */
	double		last;			/* between number and last */
	FFString	text;			/* compared with where one of both is no number */
	int64_t		time;
	FFPosthogRelative relative;
	FFPosthogVersion version;
	int			numbers;		/* of a wildcard */
	FFAttribute attribute;		/* where there is no test */
	bool		is_unit;		/* distinct_id or $group_key: where it is missing, */
	FFAttribute unit;			/* this is it */
} FFPosthogFilter;

/* Outcome for a value, which may be missing. */
extern bool FFPosthogMatches(const FFPosthogFilter *filter, const FFValue *value, int64_t now, bool *limit);
extern FFPosthogMatcher FFPosthogMatcherOf(FFPosthogOperator op);

/* Whether a property is true, as a text too. */
extern bool FFPosthogTruth(const FFValue *value);

/* Read what an operator compares with. */
extern void FFPosthogConstants(FFCompiler *compiler, const FFPath *path, const FFValue *value,
							   const FFPosthogSetup *setup, FFPosthogFilter *filter);

/* --- conditions --------------------------------------------------------------------- */

/* An array of filters: all of them have to hold.  Group: the index, -1 of a person. */
extern void FFPosthogFilters(FFCompiler *compiler, const FFPath *path, const FFValue *filters,
							 FFPosthogSetup *setup, int64_t group, FFNode *all);
extern void FFPosthogFilterCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
								   FFPosthogSetup *setup, int64_t group, FFNode *node);

extern bool FFPosthogCohort(FFCompiler *compiler, const FFValue *document, FFNode *root);

#define FF_POSTHOG_PERSON (-1)	/* instead of the index of a type of groups */

/* The name of a type of groups; data NULL: there is none of that index. */
extern FFString FFPosthogGroupType(const FFPosthogSetup *setup, int64_t index);
extern int64_t FFPosthogGroupIndex(const FFValue *value);

extern void FFPosthogNever(FFNode *node);
extern void FFPosthogNot(FFNode *node);

/* Whether the attribute $cohorts lists an id. */
typedef struct FFPosthogMember
{
	int			segment;		/* that is asked where it is there; -1: none */
	bool		in;
	FFString	id;
	FFAttribute listed;
} FFPosthogMember;

extern void FFPosthogMemberInit(FFCompiler *compiler, FFString id, int segment, bool in, FFNode *node);

/* Whom a flag or a condition goes by. */
typedef struct FFPosthogUnit
{
	bool		group;
	bool		unknown;		/* a group of no known type */
	FFAttribute key;			/* of the group */
} FFPosthogUnit;

typedef struct FFPosthogCondition
{
	FFNode		when;
	bool		drawn;			/* rollout counts */
	double		rollout;		/* a share; NaN: all */
	int			variant;		/* its place; -1: by weight */
	FFPosthogUnit *unit;
} FFPosthogCondition;

typedef struct FFPosthogVariant
{
	int			place;
	double		start;
	double		end;
} FFPosthogVariant;

typedef struct FFPosthogHoldout
{
	int			place;			/* -1: none */
	bool		all;			/* no share */
	bool		by_weight;		/* of the variants, before the place */
	double		share;
	FFString	salt;
} FFPosthogHoldout;

typedef struct FFPosthogFlag
{
	FFString	key;
	bool		early_exit;
	bool		by_device;
	bool		continuous;		/* what was hashed once is hashed again */
	bool		enrolls;
	FFAttribute enrollment;
	FFAttribute device;
	FFAttribute override;
	FFAttribute anonymous;
	FFPosthogUnit unit;
	FFPosthogHoldout holdout;
	bool		has_super;
	FFPosthogCondition super;
	int			super_count;	/* properties of which one has to be there */
	FFAttribute *super_names;
	int			condition_count;
	FFPosthogCondition *conditions;
	int			variant_count;
	FFPosthogVariant *variants;
	FFValue		payloads;
	const FFRecipe *rollout;
	const FFRecipe *variant;
	const FFRecipe *held;
} FFPosthogFlag;

extern void FFPosthogAnswer(const FFProgram *program, FFEvaluation *evaluation, bool enabled,
							FFProviderAnswer *answer);

#endif
