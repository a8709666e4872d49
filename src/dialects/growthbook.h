/*
 * growthbook.h
 *	  What GrowthBook's features are compiled into.  Private to its dialect.
 *
 * The document of a flag is {"variations", "feature" or "experiment", "bandits",
 * "sdk", "user_attribute", "off"}: feature as the payload has it, an experiment
 * of the payload alone, the contextual bandits that it names, the encoding that
 * is hashed (js or utf8), and which attribute the user key stands for.
 */
#ifndef FF_ENGINE_DIALECT_GROWTHBOOK_H
#define FF_ENGINE_DIALECT_GROWTHBOOK_H

#include "engine/dialect.h"

#define FF_GB_MAX_GROUPS 10000	/* asked again where they contain each other */
#define FF_GB_MAX_DEPTH 100		/* nesting of conditions */

/* What an application tells of its own state, among the attributes. */
#define FF_GB_STATE "$growthbook"

/*
 * Notes of an evaluation.  Where the provider's SDK raises an error, what
 * conditions say means nothing.
 */
#define FF_GB_FAILED 1u
#define FF_GB_LIMIT 2u			/* a regular expression took too long */

static inline bool
FFGbFailed(const FFEvaluation *evaluation)
{
	return (evaluation->context->notes & FF_GB_FAILED) != 0;
}

static inline void
FFGbFailIf(FFEvaluation *evaluation, bool fails)
{
	if (fails)
		evaluation->context->notes |= FF_GB_FAILED;
}

static inline void
FFGbForgive(FFEvaluation *evaluation)
{
	evaluation->context->notes &= ~FF_GB_FAILED;
}

/* --- values --------------------------------------------------------------- */

/* A value on the left of a comparison, or a number that JSON does not have. */
typedef struct FFGbOperand
{
	FFValue		value;			/* FF_NUMBER without data: number; never FF_ABSENT */
	double		number;
} FFGbOperand;

extern FFGbOperand FFGbOperandOf(const FFValue *value);
extern double FFGbNumber(const FFGbOperand *operand);	/* Number(value), may be NaN */
extern double FFGbNumberOf(const FFValue *value);	/* of undefined: NaN */
extern FFString FFGbText(const FFGbOperand *operand);	/* String(value) */
extern bool FFGbTruthy(const FFValue *value);
extern FFValue *FFGbUnits(FFString text, int most, int *count);	/* room for one more */

/* --- checks of one value ---------------------------------------------------- */

typedef enum FFGbKind
{
	FF_GB_TEXT,					/* String(value) is a text */
	FF_GB_FOLDED,				/* and so is its lower case */
	FF_GB_NUMBER,				/* Number(value) is a number */
	FF_GB_BOOL,
	FF_GB_NULL,
	FF_GB_JSON,					/* JSON.stringify(value) is a text */
	FF_GB_EVERY,				/* all children hold */
	FF_GB_NOT,
	FF_GB_SAME,					/* === */
	FF_GB_ORDER,				/* op: lt, le, gt, ge */
	FF_GB_VERSION,				/* op: semver_eq … */
	FF_GB_EXISTS,
	FF_GB_IN,
	FF_GB_REGEX,
	FF_GB_TYPE,
	FF_GB_SIZE,					/* the child holds for the length of an array */
	FF_GB_ELEMENT,				/* the child holds for an element */
	FF_GB_ELEMENT_MEETS,		/* an element meets a condition */
	FF_GB_ALL,					/* each child holds for an element */
	FF_GB_IN_GROUP,
	FF_GB_NOT_IN_GROUP,
	FF_GB_NEVER,
	FF_GB_FAILS					/* the provider's SDK raises an error */
} FFGbKind;

/* Values that one is sought among. */
typedef struct FFGbList
{
	FFSet		strings;
	bool		folded;			/* strings are, and in UTF-8 */
	int			number_count;
	double	   *numbers;		/* sorted */
	bool		has_null;
	bool		has_true;
	bool		has_false;
} FFGbList;

typedef struct FFGbCheck
{
	FFGbKind	kind;
	FFOperator	op;
	FFValue		expected;		/* as written */
	FFString	name;			/* of the operator as written, data NULL: none */
	bool		boolean;
	bool		is_text;		/* FF_GB_ORDER: compared as text where both are */
	double		number;
	FFString	text;
	FFGbList   *list;
	FFRegex    *regex;
	int			segment;
	int			count;
	struct FFGbCheck *children;
	FFNode	   *node;
} FFGbCheck;

extern bool FFGbListHas(const FFGbList *list, const FFGbOperand *operand);	/* or one of its elements */
extern FFString FFGbVersion(const FFGbOperand *operand);
extern FFString FFGbPadded(FFString version, char *room, size_t size);
extern bool FFGbCheckHolds(const FFGbCheck *check, const FFGbOperand *operand,
						   FFEvaluation *evaluation);

/* --- conditions ----------------------------------------------------------- */

typedef struct FFGbPath
{
	FFAttribute attribute;		/* the first step */
	FFString	first;
	bool		is_user;		/* the user key stands for it */
	int			count;			/* further steps */
	FFString   *steps;
	const FFGbCheck *check;		/* what it is asked, if anything */
} FFGbPath;

extern FFValue FFGbDocument(const FFCompiler *compiler);
extern FFString FFGbUserAttribute(const FFCompiler *compiler);
extern void FFGbPathInit(FFCompiler *compiler, FFString name, bool dotted, FFGbPath *path);
extern FFValue FFGbUserValue(const FFContext *context, FFString name);
extern FFGbOperand FFGbPathValue(FFEvaluation *evaluation, const FFGbPath *path);
extern FFGbOperand FFGbFollow(FFGbOperand operand, const FFString *steps, int count);

extern bool FFGbCompileCondition(FFCompiler *compiler, const FFPath *path,
								 const FFValue *condition, int depth, FFNode *node);
extern bool FFGbCompileCheck(FFCompiler *compiler, const FFPath *path,
							 const FFValue *condition, bool folded, int depth, FFGbCheck *check);
extern bool FFGbTooDeep(FFCompiler *compiler, const FFPath *path, int depth);
extern FFGbList *FFGbCompileList(const FFValue *values, bool folded);
extern void FFGbNever(FFNode *node);
extern void FFGbAlways(FFNode *node);

/* The condition of one value, as the only attribute "value". */
extern bool FFGbMeets(FFEvaluation *evaluation, const FFNode *node, const FFValue *value);

/* The condition of an element of an array. */
extern bool FFGbElementMeets(FFEvaluation *evaluation, const FFNode *node, const FFValue *element);

/* --- saved groups --------------------------------------------------------- */

extern bool FFGbCompileGroup(FFCompiler *compiler, const FFValue *document, FFNode *root);
extern bool FFGbInGroup(FFEvaluation *evaluation, int segment, bool negated,
						const FFGbOperand *operand);
extern void FFGbCompileReference(FFCompiler *compiler, const FFPath *path,
								 const FFValue *reference, FFNode *node);

/* --- buckets ---------------------------------------------------------------- */

typedef struct FFGbRange
{
	double		from;
	double		to;
	bool		fails;
} FFGbRange;

typedef struct FFGbRanges
{
	int			count;
	FFGbRange  *ranges;
} FFGbRanges;

typedef struct FFGbHash
{
	const FFRecipe *recipe;		/* NULL: unknown version, there is no number */
	FFString	salt;
	bool		is_text;		/* else a number, and added to one */
} FFGbHash;

extern void FFGbHashInit(FFGbHash *hash, const FFValue *seed, const FFValue *version,
						 int usual, bool utf8);
extern bool FFGbHashRun(const FFGbHash *hash, const FFValue *value, FFBucketing *bucketing);
extern FFGbRange FFGbRangeOf(const FFValue *value);
extern FFGbRanges FFGbRangesOf(const FFValue *value);
extern FFGbRanges FFGbShares(int count, const FFValue *coverage, const FFValue *weights);
extern int	FFGbChoose(const FFGbRanges *ranges, double n, bool *fails);	/* -1: none */
extern bool FFGbInRange(const FFGbRange *range, double n);

typedef struct FFGbNamespace
{
	FFGbHash	hash;
	FFGbRange	range;
} FFGbNamespace;

extern void FFGbNamespaceInit(FFGbNamespace *namespace, const FFValue *value, bool utf8);
extern bool FFGbInNamespace(const FFGbNamespace *namespace, const FFValue *value);

/* --- features ------------------------------------------------------------- */

/* A value that is served: null is the caller's fallback. */
typedef struct FFGbServe
{
	int			place;			/* of the variation, -1: none */
	FFValue		value;
	bool		truth;
} FFGbServe;

typedef struct FFGbFilter
{
	bool		fails;			/* it is no filter */
	FFGbPath	unit;
	FFGbHash	hash;
	bool		has_ranges;
	FFGbRanges	ranges;
} FFGbFilter;

typedef struct FFGbFilters
{
	bool		given;
	bool		fail;			/* they are no list */
	int			count;
	FFGbFilter *filters;
} FFGbFilters;

typedef struct FFGbParent
{
	bool		fails;
	int			flag;
	bool		gate;
	FFNode	   *condition;		/* NULL: any value will do */
} FFGbParent;

typedef struct FFGbParents
{
	bool		fail;			/* after those that there are */
	int			count;
	FFGbParent *parents;
} FFGbParents;

typedef struct FFGbMeta
{
	bool		fails;
	FFValue		key_value;		/* FF_ABSENT: the place */
	FFValue		name;			/* FF_ABSENT: none */
	bool		passthrough;
	FFValue		passthrough_value;
} FFGbMeta;

typedef struct FFGbLeaf
{
	bool		fails;
	FFNode	   *condition;
	FFValue		id;
	FFValue		weights;		/* FF_ABSENT: none */
	FFGbRanges	shares;
} FFGbLeaf;

typedef struct FFGbBandit
{
	FFValue		version;
	int			count;
	FFGbLeaf   *leaves;
} FFGbBandit;

typedef struct FFGbExperiment
{
	FFValue		source;			/* the rule, or the experiment */
	FFValue		variations;
	FFValue		key;
	FFString	key_text;
	int			count;
	FFGbServe  *serves;
	int			meta_count;		/* as given */
	FFGbMeta   *metas;			/* NULL: none; else one a variation at least */
	bool		metas_fail;		/* they are no list */
	FFGbHash	hash;
	FFGbPath	unit;
	FFGbPath   *fallback;		/* NULL: none */
	bool		sticky_off;
	FFString	sticky_key;		/* "key__version" */
	FFString	sticky_prefix;	/* "key__" */
	FFGbPath	sticky_fallback;
	double		minimum;		/* versions below are blocked */
	FFGbFilters filters;
	FFGbNamespace *namespace;	/* NULL: none */
	FFNode	   *condition;		/* NULL: none */
	FFGbParents parents;		/* of an experiment alone */
	FFGbRanges	ranges;
	bool		has_ranges;		/* as given, whatever the weights */
	FFValue		weights;		/* FF_ABSENT: none */
	FFGbBandit *bandit;
	bool		inactive;
	bool		stopped;
	bool		forced;
	double		force;
} FFGbExperiment;

typedef enum FFGbRuleKind
{
	FF_GB_RULE_FORCE,
	FF_GB_RULE_EXPERIMENT,
	FF_GB_RULE_SKIPPED,			/* neither */
	FF_GB_RULE_FAILS			/* it is no rule */
} FFGbRuleKind;

typedef struct FFGbRule
{
	FFGbRuleKind kind;
	FFString	id;				/* data NULL: none */
	FFGbParents parents;
	FFGbFilters filters;
	FFNode	   *condition;
	FFGbServe	serve;
	bool		limited;		/* to a share, or by a range */
	bool		nobody;
	bool		by_range;
	FFGbRange	range;
	double		coverage;
	FFGbHash	hash;
	FFGbPath	unit;
	FFGbPath   *fallback;
	FFGbExperiment *experiment;
} FFGbRule;

typedef struct FFGbFeature
{
	bool		unknown;
	bool		fails;			/* its rules are no list */
	bool		utf8;
	FFString	key;
	FFGbServe	serve;			/* by default */
	int			rule_count;
	FFGbRule   *rules;
	FFGbExperiment *alone;		/* an experiment of the payload, NULL: a feature */
	FFGbPath	state;
} FFGbFeature;

/* --- answering ------------------------------------------------------------ */

/* A variation that an experiment gave and that is to be kept. */
typedef struct FFGbKept
{
	FFString	document;		/* "attribute||value" */
	FFString	attribute;
	FFString	value;
	FFString	experiment;		/* "key__version" */
	FFValue		variation;		/* its key */
	struct FFGbKept *next;
} FFGbKept;

typedef struct FFGbAnswering
{
	const FFGbFeature *feature;
	FFEvaluation *evaluation;
	FFProviderAnswer *answer;
	bool		has_state;
	FFValue		state;			/* of the application, an object */
	FFValue		documents;		/* of sticky buckets; FF_ABSENT: they are off */
	FFGbKept   *kept;			/* the latest first */
} FFGbAnswering;

/* What an experiment answers. */
typedef struct FFGbResult
{
	const FFGbExperiment *experiment;
	int			variation;
	bool		in;
	bool		used;			/* the hash decided */
	bool		sticky;
	bool		has_bucket;
	FFBucketing bucketing;
	const FFGbPath *unit;
	FFValue		value;			/* of the unit; FF_ABSENT: none */
	const FFGbLeaf *leaf;		/* of a bandit */
	bool		banditry;		/* a bandit was asked */
} FFGbResult;

extern FFValue FFGbUnitValue(FFEvaluation *evaluation, const FFGbPath *unit,
							 const FFGbPath *fallback, const FFGbPath **used);
extern bool FFGbFilteredOut(FFEvaluation *evaluation, const FFGbFilters *filters);
extern bool FFGbExperimentRun(FFGbAnswering *answering, const FFGbExperiment *experiment,
							  FFGbResult *result);
extern int	FFGbAskParent(FFGbAnswering *answering, const FFGbParent *parent);

/* Outcomes of FFGbAskParent. */
#define FF_GB_PARENT_MET 1
#define FF_GB_PARENT_UNMET 0
#define FF_GB_PARENT_CYCLIC (-1)

extern void FFGbState(FFGbAnswering *answering);
extern int	FFGbStickyVariation(FFGbAnswering *answering, const FFGbExperiment *experiment,
								bool *blocked);
extern void FFGbStickyKeep(FFGbAnswering *answering, const FFGbResult *result);

extern void FFGbReport(FFGbAnswering *answering, const char *source, FFString rule_id,
					   bool truth, const FFGbResult *result);
extern FFValue FFGbVariationKey(const FFGbExperiment *experiment, int variation);
extern void FFGbStickyReport(FFText *text, const FFGbAnswering *answering);

extern bool FFGbCompileExperiment(FFCompiler *compiler, const FFPath *path, const FFValue *rule,
								  FFString id, bool alone, FFGbExperiment *experiment);
extern bool FFGbCompileFilters(FFCompiler *compiler, const FFPath *path, const FFValue *value,
							   FFGbFilters *filters);
extern bool FFGbCompileParents(FFCompiler *compiler, const FFPath *path, const FFValue *value,
							   FFGbParents *parents);
extern bool FFGbCompileWhen(FFCompiler *compiler, const FFPath *path, const FFValue *rule,
							FFNode **node);
extern FFGbServe FFGbServeOf(FFCompiler *compiler, const FFValue *value);
extern bool FFGbIsUtf8(const FFCompiler *compiler);

#endif
