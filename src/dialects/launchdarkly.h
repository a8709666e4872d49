/*
 * launchdarkly.h
 *	  What LaunchDarkly's flags are compiled into.  Private to this folder.
 *
 * Where its SDKs differ, the document says which one to follow: "js" (double,
 * ECMAScript's regular expressions and dates) or "go" (float32, RE2, RFC 3339).
 */
#ifndef FF_ENGINE_DIALECT_LAUNCHDARKLY_H
#define FF_ENGINE_DIALECT_LAUNCHDARKLY_H

#include "engine/dialect.h"

/* Bits of FFContext.notes. */
#define LD_MALFORMED 1u			/* what was asked last has no answer */
#define LD_BIG_KNOWN 2u			/* a big segment was asked, */
#define LD_BIG_UNKNOWN 4u		/* and one whose memberships are not here */
#define LD_STOPPED 8u			/* the flag that was asked last stopped at an error */

/* --- contexts ------------------------------------------------------------- */

typedef enum LdShape
{
	LD_INVALID,
	LD_PLAIN,					/* attributes of the user, as native flags have them */
	LD_SINGLE,
	LD_LEGACY,					/* no kind: what is its own is in "custom" */
	LD_MULTI
} LdShape;

/* A context as it was passed, looked at once an answer: FFContext.own. */
typedef struct LdContext
{
	LdShape		shape;
	bool		keyless;		/* invalid for want of a key */
	bool		user;			/* of the kind user, and of no other */
	FFString	kind;			/* but of LD_MULTI */
	FFString	key;
	FFValue		whole;
	FFValue		custom;			/* LD_LEGACY */
} LdContext;

typedef enum LdPlace
{
	LD_ELSEWHERE,
	LD_KIND,
	LD_KEY,
	LD_ANONYMOUS
} LdPlace;

/* An attribute of the context of one kind. */
typedef struct LdReference
{
	bool		valid;
	LdPlace		place;
	bool		user;			/* the kind is user */
	FFString	kind;			/* data NULL: no context is of it */
	bool		built_in;		/* beside "custom" in a legacy user */
	bool		meta;
	int			count;
	FFString   *steps;
	FFAttribute attribute;
} LdReference;

/* The members that tell what shape a context is of. */
typedef struct LdShapeMembers
{
	FFAttribute kind;
	FFAttribute key;
	FFAttribute custom;
} LdShapeMembers;

extern void FFLdShapeCompile(FFCompiler *compiler, LdShapeMembers *members);
extern void FFLdContextRead(FFEvaluation *evaluation, const LdShapeMembers *members, LdContext *ld);
extern bool FFLdContextReadAlone(const FFContext *context, LdContext *ld);
extern bool FFLdHasKind(const LdContext *ld, FFString kind);
extern FFString FFLdKey(const LdContext *ld, FFString kind);	/* data NULL: none */
extern FFString FFLdKindOf(const FFValue *document, const char *member, bool go);
extern void FFLdReferenceCompile(FFCompiler *compiler, FFString text, FFString kind,
								 bool literal, bool go, LdReference *reference);
extern FFValue FFLdValue(FFEvaluation *evaluation, const LdReference *reference);
extern bool FFLdTruthy(const FFValue *value);

/* The same for the bulk of all attributes, those of a user; NULL: it is not one. */
static inline const FFValue *
FFLdValueAtOnce(FFEvaluation *evaluation, const LdReference *reference)
{
	const LdContext *ld = evaluation->context->own;

	if (ld->user && reference->user && ld->shape <= LD_SINGLE && reference->place == LD_ELSEWHERE)
		return FFAttributeValue(evaluation, &reference->attribute);
	return NULL;
}

/* --- clauses --------------------------------------------------------------- */

extern void FFLdClausesCompile(FFCompiler *compiler, const FFPath *path,
							   const FFValue *clauses, bool go, FFNode *node);

typedef struct LdTime
{
	double		milliseconds;	/* since 1970: what js compares */
	int64_t		seconds;		/* what go compares */
	int			nanoseconds;
} LdTime;

extern int	FFLdTimeCompare(const LdTime *a, const LdTime *b, bool go);
extern bool FFLdTimeIsZero(const LdTime *time);

extern bool FFLdTime(const FFValue *value, bool go, LdTime *time);
extern bool FFLdVersion(const FFValue *value, bool go, FFSemver *version);

/* Doubles, those beyond them infinite. */
extern double FFLdNumber(const FFValue *number);

/* --- percentages ----------------------------------------------------------- */

/* How a context is put into a bucket. */
typedef struct LdBucketing
{
	bool		go;
	FFString	salt;
	LdReference by;
	const FFRecipe *recipe;
} LdBucketing;

typedef struct LdBucket
{
	double		value;			/* 0 where there is nothing to go by */
	int			number;			/* -1 where there is nothing to go by */
	bool		has_kind;		/* the context is of the kind that is wanted */
	FFString	unit;			/* data NULL likewise */
} LdBucket;

extern void FFLdBucketingCompile(FFCompiler *compiler, const FFValue *by, FFString kind,
								 FFString salt, bool go, LdBucketing *bucketing);
extern void FFLdBucket(FFEvaluation *evaluation, const LdBucketing *bucketing, LdBucket *bucket);
extern double FFLdShare(const FFValue *weight, bool go);
extern FFString FFLdSalt(const FFValue *document, FFString key);

/* A variation, by its place; or a percentage of each. */
typedef struct LdServe
{
	int			variation;		/* LD_NOWHERE: malformed */
	int			count;			/* parts of a rollout, or 0 */
	int		   *variations;
	double	   *ends;
	bool	   *untracked;
	bool		experiment;
	LdBucketing bucketing;
} LdServe;

#define LD_NOWHERE (-1)			/* no such variation: the flag is malformed */
#define LD_NOTHING (-2)			/* none is named */

/* What a serve came to. */
typedef struct LdServed
{
	int			variation;		/* LD_NOWHERE: malformed */
	bool		in_experiment;
	int			bucket;			/* of a split, else -1 */
	FFString	unit;
} LdServed;

extern int	FFLdVariation(FFCompiler *compiler, const FFPath *path, const FFValue *index);
extern void FFLdServeCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
							 FFString salt, bool go, LdServe *serve);
extern void FFLdServeFollow(FFEvaluation *evaluation, const LdServe *serve, LdServed *served);

/* --- targets --------------------------------------------------------------- */

typedef struct LdTarget
{
	FFString	kind;
	FFSet		keys;
	int			variation;
} LdTarget;

extern void FFLdTargetCompile(FFCompiler *compiler, const FFPath *path, const FFValue *keys,
							  FFString kind, LdTarget *target);
extern bool FFLdTargetHas(const LdContext *ld, const LdTarget *target);

/* --- segments --------------------------------------------------------------- */

extern bool FFLdSegmentCompile(FFCompiler *compiler, const FFValue *document, FFNode *root);

#endif
