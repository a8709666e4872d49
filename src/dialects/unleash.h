/*
 * unleash.h
 *	  What flags of Unleash are compiled into.  Private to this dialect.
 *
 * SDKs of Unleash disagree in places.  Those over its common engine are meant
 * unless a document says that they are the Node SDK.
 */
#ifndef FF_ENGINE_DIALECT_UNLEASH_H
#define FF_ENGINE_DIALECT_UNLEASH_H

#include "engine/dialect.h"

/* Places of the values of a flag that serves no variant. */
#define FF_UNLEASH_OFF 0
#define FF_UNLEASH_ON 1

/* Of FFContext.notes: a regular expression met a limit. */
#define FF_UNLEASH_LIMIT 1

/* --- the context -------------------------------------------------------- */

/* A field by name: of the context itself, else of its properties. */
typedef struct FFUnleashField
{
	FFString	name;
	bool		user;			/* userId: the user key comes first */
	FFAttribute top;
} FFUnleashField;

extern void FFUnleashFieldInit(FFCompiler *compiler, FFString name, FFUnleashField *field);

/* FF_ABSENT or FF_NULL where it is missing. */
extern FFValue FFUnleashFieldValue(FFEvaluation *evaluation, const FFUnleashField *field);

/* The same without the properties. */
extern FFValue FFUnleashTopValue(FFEvaluation *evaluation, const FFUnleashField *field);

/* A field that is seldom needed, and not fetched with the others. */
extern FFValue FFUnleashUser(FFEvaluation *evaluation);
extern FFValue FFUnleashRare(FFEvaluation *evaluation, const char *name);

/* As text; data NULL where it is missing. */
extern FFString FFUnleashText(const FFValue *value);

/* --- internet addresses --------------------------------------------------- */

/* An address and how many of its leading bits name a network. */
typedef struct FFNetwork
{
	bool		v6;
	int			bits;
	unsigned char bytes[16];
} FFNetwork;

typedef struct FFNetworks
{
	int			count;
	FFNetwork  *items;
} FFNetworks;

extern bool FFParseNetwork4(FFString text, FFNetwork *network);
extern bool FFParseNetwork6(FFString text, FFNetwork *network);
extern bool FFNetworkContains(const FFNetwork *network, const FFNetwork *address);
extern bool FFNetworkEquals(const FFNetwork *a, const FFNetwork *b);

/* --- constraints ---------------------------------------------------------- */

typedef enum FFUnleashOperator
{
	FF_UNLEASH_IN,
	FF_UNLEASH_NOT_IN,
	FF_UNLEASH_STARTS_WITH,
	FF_UNLEASH_ENDS_WITH,
	FF_UNLEASH_CONTAINS,
	FF_UNLEASH_NUM_EQ,
	FF_UNLEASH_NUM_GT,
	FF_UNLEASH_NUM_GTE,
	FF_UNLEASH_NUM_LT,
	FF_UNLEASH_NUM_LTE,
	FF_UNLEASH_DATE_AFTER,
	FF_UNLEASH_DATE_BEFORE,
	FF_UNLEASH_SEMVER_EQ,
	FF_UNLEASH_SEMVER_GT,
	FF_UNLEASH_SEMVER_GTE,
	FF_UNLEASH_SEMVER_LT,
	FF_UNLEASH_SEMVER_LTE,
	FF_UNLEASH_REGEX,
	FF_UNLEASH_CIDR,
	FF_UNLEASH_OPERATORS
} FFUnleashOperator;

extern const char *const FFUnleashOperatorNames[FF_UNLEASH_OPERATORS];

struct FFUnleashConstraint;
typedef bool (*FFUnleashMatcher) (const struct FFUnleashConstraint *constraint, const FFValue *value,
								  bool *limit);

typedef struct FFUnleashConstraint
{
	FFUnleashField field;
	FFUnleashOperator op;
	FFUnleashMatcher matches;
	bool		node;
	bool		incomparable;	/* nothing can be compared with its constant */
	bool		clock;			/* it is the time that is compared */
	bool		ignore_case;
	FFSet		strings;
	double		number;
	int64_t		time;
	FFSemver	version;
	FFRegex    *regex;
	FFNetworks	networks;
} FFUnleashConstraint;

/* Compile {"constraints": [...]}; what is faulty never matches. */
extern void FFUnleashConstraints(FFCompiler *compiler, const FFPath *path, const FFValue *document,
								 bool node, FFNode *all, int room);

/* The constraint as a condition of the tree. */
extern bool FFUnleashConstraintMatches(FFEvaluation *evaluation, const void *state);
extern FFUnleashMatcher FFUnleashMatcherOf(FFUnleashOperator op);

/* A condition that holds for nobody. */
extern void FFUnleashNever(FFNode *node);

/* A version as such SDKs read it; a v before it is for constants of Node alone. */
extern bool FFUnleashVersion(FFString text, bool node, bool constant, FFSemver *version);
extern bool FFUnleashNumber(FFString text, bool node, double *number);

/* Text without the whitespace around it. */
extern FFString FFUnleashTrim(FFString text);

/* Lower case; ASCII of up to size bytes is written to the buffer. */
extern FFString FFUnleashLower(FFString text, char *buffer, int size);

/* --- strategies and variants ----------------------------------------------- */

typedef enum FFStickinessKind
{
	FF_STICKY_DEFAULT,			/* user, else session (else address), else random */
	FF_STICKY_RANDOM,
	FF_STICKY_TOP,				/* a field, not a property */
	FF_STICKY_FIELD
} FFStickinessKind;

typedef struct FFStickiness
{
	FFStickinessKind kind;
	FFUnleashField field;
} FFStickiness;

typedef struct FFUnleashOverride
{
	FFUnleashField field;
	FFSet		values;
} FFUnleashOverride;

typedef struct FFUnleashVariant
{
	int			place;
	double		weight;
	FFString	name;
	FFValue		payload;
	int			override_count;
	FFUnleashOverride *overrides;
} FFUnleashVariant;

typedef struct FFUnleashVariants
{
	bool		given;
	int			count;
	FFUnleashVariant *items;
	double		weight;			/* of all */
	int			weighed;		/* how many have any */
	FFString	group;
	FFStickiness stickiness;
} FFUnleashVariants;

typedef enum FFStrategyKind
{
	FF_STRATEGY_DEFAULT,
	FF_STRATEGY_USERS,
	FF_STRATEGY_ROLLOUT,
	FF_STRATEGY_RANDOM,
	FF_STRATEGY_ADDRESS,
	FF_STRATEGY_HOST,
	FF_STRATEGY_NEVER
} FFStrategyKind;

typedef struct FFUnleashStrategy
{
	FFStrategyKind kind;
	FFString	name;
	FFString	id;				/* data NULL: it has none */
	FFNode		condition;
	FFSet		texts;			/* users, addresses or hosts */
	FFNetworks	networks;
	double		percentage;
	FFString	group;			/* data NULL: the context's featureToggle */
	FFStickiness stickiness;
	FFUnleashVariants variants;
} FFUnleashStrategy;

typedef struct FFUnleashParent
{
	int			flag;			/* -1: it has no name, and is not met */
	bool		enabled;
	FFSet		variants;
} FFUnleashParent;

typedef struct FFUnleashFlag
{
	bool		node;
	bool		malformed;		/* its strategies are none */
	int			strategy_count;
	FFUnleashStrategy *strategies;
	FFUnleashVariants variants;
	int			parent_count;
	FFUnleashParent *parents;
	const FFRecipe *rollout;
	const FFRecipe *variant;
} FFUnleashFlag;

/* Where a draw put somebody. */
typedef struct FFUnleashDraw
{
	bool		drawn;
	FFString	text;			/* what was hashed with the group; data NULL: random */
	int			target;			/* from 1 on */
} FFUnleashDraw;

extern void FFUnleashStrategyCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
									 FFString flag, bool node, FFUnleashStrategy *strategy);
extern void FFUnleashStickiness(FFCompiler *compiler, const FFValue *name, FFStickiness *stickiness);

/* Whether a strategy enables the flag; a draw that decided it is told. */
extern bool FFUnleashStrategyMatches(FFEvaluation *evaluation, const FFUnleashFlag *flag,
									 const FFUnleashStrategy *strategy, FFUnleashDraw *draw);

/* One of the variants by override or weight; NULL: there is none. */
extern const FFUnleashVariant *FFUnleashSelect(FFEvaluation *evaluation, const FFUnleashFlag *flag,
											   const FFUnleashVariants *variants, FFUnleashDraw *draw);
extern void FFUnleashAnswer(const FFProgram *program, FFEvaluation *evaluation, bool enabled,
							FFProviderAnswer *answer);

#endif
