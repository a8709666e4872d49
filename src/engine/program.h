/*
 * program.h
 *	  What documents are compiled into.  Private to this folder.
 *
 * A program is a tree of nodes whose leaves are tests: one operator between
 * one attribute and its constants.  Everything is prepared when it is
 * compiled, so that evaluation does not allocate in the ordinary case.
 */
#ifndef FF_ENGINE_PROGRAM_H
#define FF_ENGINE_PROGRAM_H

#include <stdarg.h>

#include "engine/engine.h"

#define FF_UNLIKELY(condition) __builtin_expect((condition) != 0, 0)
#define FF_LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* --- sets of strings --------------------------------------------------- */

typedef struct FFSetEntry
{
	const char *data;
	int			length;
	int			value;
} FFSetEntry;

/* Entries keep the order of insertion; keys are borrowed. */
typedef struct FFSet
{
	FFSetEntry *entries;
	int			count;
	int			capacity;
	uint32_t   *table;			/* NULL while a linear search is faster */
	uint32_t	mask;
} FFSet;

extern void FFSetReserve(FFSet *set, int capacity);
extern bool FFSetAdd(FFSet *set, FFString key, int value);	/* false: was there */
extern int	FFSetFind(const FFSet *set, FFString key);	/* index, or -1 */

/* --- texts -------------------------------------------------------------- */

typedef struct FFText
{
	char	   *data;			/* terminated */
	int			length;
	int			capacity;
} FFText;

extern void FFTextAdd(FFText *text, const char *data, int length);
extern void FFTextFormat(FFText *text, const char *format,...)
			__attribute__((format(printf, 2, 3)));
extern void FFTextValue(FFText *text, const FFValue *value);
extern void FFTextValues(FFText *text, const FFValue *values, int count);

static inline FFString
FFStringOf(const char *data, int length)
{
	FFString	string;

	string.data = data;
	string.length = length;
	return string;
}

extern bool FFStringEquals(FFString a, FFString b);
extern bool FFStringIs(FFString a, const char *b);
extern FFString FFStringCopy(FFString string);	/* terminated as well */

/* --- times and versions ------------------------------------------------- */

extern void FFTextTime(FFText *text, int64_t time);

typedef struct FFSemver
{
	FFString	numbers[3];		/* major, minor, patch: digits */
	FFString	prerelease;		/* data NULL: a release */
} FFSemver;

extern bool FFParseSemver(FFString text, FFSemver *version);
extern int	FFSemverCompare(const FFSemver *a, const FFSemver *b);

/* --- operators ---------------------------------------------------------- */

typedef enum FFOperator
{
	FF_OP_EQ,
	FF_OP_NE,
	FF_OP_IN,
	FF_OP_NOT_IN,
	FF_OP_LT,
	FF_OP_LE,
	FF_OP_GT,
	FF_OP_GE,
	FF_OP_STARTS_WITH,
	FF_OP_ENDS_WITH,
	FF_OP_CONTAINS,
	FF_OP_MATCHES,
	FF_OP_BEFORE,
	FF_OP_AFTER,
	FF_OP_SEMVER_EQ,
	FF_OP_SEMVER_LT,
	FF_OP_SEMVER_LE,
	FF_OP_SEMVER_GT,
	FF_OP_SEMVER_GE,
	FF_OP_EXISTS,
	FF_OP_HAS
} FFOperator;

/* --- regular expressions and case folding ------------------------------- */

typedef struct FFRegex FFRegex;
typedef struct FFRegexSetup FFRegexSetup;

typedef enum FFRegexKind
{
	FF_REGEX_PATTERN,
	FF_REGEX_EQUAL,				/* literal texts: the whole */
	FF_REGEX_INFIX				/* or a part */
} FFRegexKind;

extern FFRegexSetup *FFRegexSetupCreate(void);
extern FFRegex *FFRegexCompile(FFRegexSetup *setup, FFString pattern,
							   FFRegexKind kind, bool ignore_case,
							   char *message, size_t size);
extern bool FFRegexMatches(const FFRegex *regex, FFString utf8, bool valid);

/* Where in a text a constant is looked for. */
typedef enum FFPlace
{
	FF_PLACE_WHOLE,
	FF_PLACE_START,
	FF_PLACE_END,
	FF_PLACE_ANYWHERE
} FFPlace;

extern FFPlace FFOperatorPlace(FFOperator op);

/* A constant text that is compared without regard to case. */
typedef struct FFFold
{
	FFString	folded;			/* UTF-8; letters that fold to ASCII folded */
	int			points;			/* characters in it */
	FFRegex    *regex;			/* NULL: folded is pure ASCII */
} FFFold;

/* The text that such constants are compared with. */
typedef struct FFFolded
{
	FFString	original;
	FFString	utf8;
	FFString	folded;
	bool		valid;
	bool		ascii;			/* folded is pure ASCII */
	int			points;
	char		buffer[256];
} FFFolded;

extern bool FFFoldInit(FFFold *fold, FFRegexSetup *setup, FFString text,
					   FFPlace place);
extern void FFFoldStart(FFFolded *folded, FFString text);
extern void FFFoldEnd(FFFolded *folded);
extern bool FFFoldMatches(const FFFold *fold, FFPlace place,
						  const FFFolded *folded);

/* --- tests -------------------------------------------------------------- */

#define FF_SLOT_USER_KEY (-1)
#define FF_SLOT_NONE (-2)

/* Where an attribute is found among those fetched from the context. */
typedef struct FFAttribute
{
	FFString	name;			/* as written */
	int			slot;			/* of its first step */
	int			literal;		/* of the whole name, where that has dots */
	int			count;			/* further steps, into nested objects */
	FFString   *steps;
	struct FFAttribute *next;	/* all attributes of a program */
} FFAttribute;

struct FFTest;
typedef bool (*FFMatcher) (const struct FFTest *test, const FFValue *value);

typedef struct FFTest
{
	FFMatcher	matcher;
	FFOperator	op;
	bool		negated;
	bool		ignore_case;
	bool		wants_true;		/* eq … has: true, false are among the values;
								 * exists: it shall exist */
	bool		wants_false;
	int			count;			/* values as written */
	FFValue    *values;
	FFAttribute attribute;
	FFSet		strings;		/* eq … has; folded where case is ignored */
	int			number_count;
	FFValue    *numbers;		/* eq … has: sorted */
	union
	{
		FFFold	   *folds;
		FFRegex   **regexes;
		int64_t    *times;
		FFSemver   *versions;
	}			as;
	const void *own;			/* of a dialect's matcher */
	const char *label;			/* of a dialect's operator, instead of op; else NULL */
} FFTest;

/* What an operator can be compared with; op names by operator. */
extern const char *FFOperatorName(FFOperator op);
extern bool FFComparable(const FFTest *test, const FFValue *value);

extern FFMatcher FFOperatorMatcher(FFOperator op);

/* --- nodes --------------------------------------------------------------- */

typedef enum FFNodeKind
{
	FF_NODE_TEST,
	FF_NODE_ALL,
	FF_NODE_ANY,
	FF_NODE_NOT,
	FF_NODE_SEGMENT,
	FF_NODE_OWN					/* of a dialect */
} FFNodeKind;

struct FFEvaluation;

/* A condition that only one dialect has. */
typedef struct FFOwnNode
{
	bool		(*matches) (struct FFEvaluation *evaluation, const void *state);
	const void *state;
	const char *name;			/* in explanations */
} FFOwnNode;

typedef struct FFNode
{
	FFNodeKind	kind;
	int			count;			/* children; FF_NODE_SEGMENT: its number */
	union
	{
		struct FFNode *children;
		FFTest	   *test;
		FFOwnNode  *own;
	}			as;
} FFNode;

/* What a compiled document needs to know of its surroundings. */
typedef struct FFNeeds
{
	FFString   *names;			/* top-level attributes, sorted */
	int			count;
	FFSegmentKeys segments;
	FFSegmentKeys flags;		/* of a dialect: flags that are asked */
} FFNeeds;

struct FFCondition
{
	FFNeeds		needs;
	FFNode		root;
};

/* --- rules ---------------------------------------------------------------- */

typedef struct FFServe
{
	int			count;			/* parts of a split, or 0 */
	int			variation;		/* count is 0 */
	int		   *variations;
	int		   *ends;			/* bucket after the last one of each part */
	bool		random;			/* no part of a split is the whole */
	FFAttribute *by;			/* NULL: user_key */
} FFServe;

typedef struct FFRule
{
	FFNode	   *when;			/* NULL: always */
	int64_t		from;
	int64_t		until;
	FFServe		serve;
	FFString	id;
} FFRule;

/* The steps of a schedule, in order of time. */
typedef struct FFSwitch
{
	int64_t		at;
	bool		enabled;
} FFSwitch;

typedef struct FFStep
{
	int64_t		at;
	FFServe		serve;
} FFStep;

/* Whom the splits are for: FFGateSource. */
typedef struct FFGate
{
	const char *kind;
	FFString	key;
	FFString	prefix;			/* UTF-8 "salt:" */
	int			from;
	int			to;
} FFGate;

struct FFProgram
{
	FFNeeds		needs;
	const struct FFDialect *dialect;	/* NULL: native */
	void	   *own;			/* the dialect's */
	FFValue    *values;			/* of a dialect's variations, by place */
	FFSet		variations;
	FFSet		targets;		/* user key to variation */
	int			off;
	FFServe		fallback;
	int			rule_count;
	FFRule	   *rules;
	FFString	prefix;			/* UTF-8 "salt:" */
	int			step_count;
	FFStep	   *steps;			/* what takes the place of fallback, and when */
	bool		enabled;		/* before the first switch */
	int			switch_count;
	FFSwitch   *switches;
	int			gate_count;
	FFGate	   *gates;
	int			control;		/* for those that a gate keeps out */
};

/* --- compiling ------------------------------------------------------------- */

/* The way from the root of a document to one of its values. */
typedef struct FFPath
{
	const struct FFPath *up;	/* NULL: the root */
	FFString	member;			/* data NULL: an element */
	int			index;
} FFPath;

typedef struct FFCompiler
{
	FFError    *error;
	const char *document;
	FFSet		names;			/* attributes met, in order of appearance */
	FFSet		segments;
	FFSet		flags;
	FFFaults   *faults;			/* NULL: nobody asks */
	FFAttribute *attributes;
	FFRegexSetup *setup;		/* made when first needed */
	const FFFlagSource *source; /* NULL: a condition alone */
	FFProgram  *program;
} FFCompiler;

typedef struct FFField
{
	const char *name;
	FFValue		value;			/* FF_ABSENT: not given */
} FFField;

extern FFPath FFPathMember(const FFPath *up, FFString member);
extern FFPath FFPathElement(const FFPath *up, int index);
extern void FFPathText(const FFPath *path, char *out, size_t size);

/* How much of a text an error message quotes: for "%.*s". */
#define FF_QUOTED(string) FFClip(string, 60), (string).data

/* All of these return false, so that a refusal is one statement. */
extern bool FFRefuse(FFCompiler *compiler, const FFPath *path, FFErrorCode code,
					 const char *format,...)
			__attribute__((format(printf, 4, 5)));
extern bool FFRefuseAt(FFCompiler *compiler, const FFPath *path,
					   const char *member, FFErrorCode code,
					   const char *format,...)
			__attribute__((format(printf, 5, 6)));
extern bool FFRefuseType(FFCompiler *compiler, const FFPath *path,
						 const char *wanted, const FFValue *value);
extern bool FFReadFields(FFCompiler *compiler, const FFPath *path,
						 const FFValue *object, FFField *fields, int count);

extern bool FFCompileNode(FFCompiler *compiler, const FFPath *path,
						  const FFValue *document, int depth, FFNode *node);
extern bool FFCompileValues(FFCompiler *compiler, const FFPath *path,
							const FFValue *document, bool single, FFTest *test);
extern bool FFCompileAttribute(FFCompiler *compiler, const FFPath *path,
							   const FFValue *name, FFAttribute *attribute);
extern bool FFCompileServe(FFCompiler *compiler, const FFPath *path,
						   const FFValue *document, FFServe *serve);
extern bool FFCompileRules(FFCompiler *compiler);
extern bool FFCompileSchedule(FFCompiler *compiler);
extern bool FFCompileGates(FFCompiler *compiler);
extern FFProgram *FFProviderProgramCompile(const FFFlagSource *source, FFFaults *faults,
										   FFError *error);
extern bool FFCompileVariations(FFCompiler *compiler, int least);
extern int	FFInternName(FFCompiler *compiler, FFString name);
extern int	FFInternSegment(FFCompiler *compiler, FFString key);
extern int	FFInternFlag(FFCompiler *compiler, FFString key);
extern bool FFFindOperator(FFString name, FFOperator *op);
extern bool FFTakesCase(FFOperator op);
extern void FFFinishNeeds(FFCompiler *compiler, FFNeeds *needs);

/* --- evaluating ------------------------------------------------------------ */

#define FF_STACK_SLOTS 24

/* Segments on the way from the root to here: a cycle is no match. */
typedef struct FFEntered
{
	const FFSegment *segment;
	const struct FFEntered *up;
} FFEntered;

typedef struct FFEvaluation
{
	const FFNeeds *needs;
	FFSegment **segments;
	void	  **flags;			/* bindings of needs->flags */
	FFContext  *context;
	const FFEntered *entered;
	FFValue    *slots;			/* NULL until first needed */
	FFValue		user_key;
	FFValue		nested;
	FFValue		fixed[FF_STACK_SLOTS];
} FFEvaluation;

static inline void
FFEvaluationStart(FFEvaluation *evaluation, const FFNeeds *needs,
				  FFSegment **segments, FFContext *context,
				  const FFEntered *entered)
{
	evaluation->needs = needs;
	evaluation->segments = segments;
	evaluation->flags = NULL;
	evaluation->context = context;
	evaluation->entered = entered;
	evaluation->slots = NULL;
}

static inline void
FFEvaluationEnd(FFEvaluation *evaluation)
{
	if (FF_UNLIKELY(evaluation->slots != NULL &&
					evaluation->slots != evaluation->fixed))
		FFFree(evaluation->slots);
}

/* Borrowed until the next call with the same evaluation. */
extern const FFValue *FFAttributeValue(FFEvaluation *evaluation,
									   const FFAttribute *attribute);
extern const FFValue *FFPassedValues(FFEvaluation *evaluation);
extern bool FFNodeMatches(FFEvaluation *evaluation, const FFNode *node);
extern bool FFSegmentNumbered(FFEvaluation *evaluation, int number);
extern int	FFSwitchesCome(const FFProgram *program, int64_t now);
extern int	FFStepsCome(const FFProgram *program, int64_t now);
extern bool FFGatesPass(const FFProgram *program, FFContext *context,
						const FFServe *serve, FFString key);

extern void FFTraceReport(FFContext *context, const char *step,
						  const char *outcome, FFText *detail);
extern void FFTraceNode(FFEvaluation *evaluation, const FFNode *node,
						bool matches);
extern void FFTraceRule(const FFProgram *program, FFContext *context,
						int rule, bool matches);
extern void FFTraceServe(const FFProgram *program, FFContext *context,
						 const FFServe *serve, FFString key, int bucket,
						 int variation);
extern void FFTraceGate(const FFGate *gate, FFContext *context, const FFServe *serve,
						FFString key, int bucket, bool passes);
extern void FFTraceControl(const FFProgram *program, FFContext *context);

extern uint64_t FFHash(const void *data, size_t length);
extern FFString FFSaltPrefix(FFString salt);
extern int	FFBucketOf(FFString prefix, FFString key);

#endif
