/*
 * flagsmith.h
 *	  What Flagsmith's flags and segments are compiled into.  Private to
 *	  flagsmith*.c.
 */
#ifndef FF_ENGINE_DIALECT_FLAGSMITH_H
#define FF_ENGINE_DIALECT_FLAGSMITH_H

#include "engine/dialect.h"
#include "engine/jsonpath.h"

static inline FFPath
FFFlagsmithPath(const FFPath *up, const char *member)
{
	return FFPathMember(up, FFStringOf(member, (int) strlen(member)));
}

/* An environment, and how identities are told apart in it. */
typedef struct FFFlagsmithHome
{
	FFValue		environment;	/* {"key", "name", ...}: $.environment */
	FFValue		features;		/* $.features and $.segments, where a path */
	FFValue		segments;		/* may lead into them; else absent */
	FFString	prefix;			/* of an identity's key: "environment_" or "" */
	FFAttribute given;			/* the trait $.identity.key, which replaces it */
} FFFlagsmithHome;

extern void FFFlagsmithHomeInit(FFCompiler *compiler, const FFValue *document, FFFlagsmithHome *home);

/* A key that is being put together; text may point into the buffer. */
typedef struct FFFlagsmithKey
{
	FFString	text;
	char		buffer[256];
} FFFlagsmithKey;

/* The key of the identity that is evaluated, in room of the caller's. */
extern void FFFlagsmithIdentityKey(FFEvaluation *evaluation, const FFFlagsmithHome *home,
								   FFFlagsmithKey *key);

/* --- values of a context ---------------------------------------------------- */

typedef enum FFFlagsmithSource
{
	FF_FLAGSMITH_TRAIT,
	FF_FLAGSMITH_IDENTIFIER,
	FF_FLAGSMITH_KEY,
	FF_FLAGSMITH_CONSTANT,
	FF_FLAGSMITH_PATH,
	FF_FLAGSMITH_NOWHERE
} FFFlagsmithSource;

/* What the property of a condition stands for. */
typedef struct FFFlagsmithProperty
{
	FFString	text;
	FFFlagsmithSource source;
	bool		has_literal;	/* a trait of that very name goes first */
	FFAttribute literal;
	FFAttribute trait;
	FFValue		constant;
	FFPathQuery *query;
	const FFFlagsmithHome *home;
} FFFlagsmithProperty;

/* Whether a property can be nothing but a trait of that name. */
extern bool FFFlagsmithIsTrait(FFString property);

extern void FFFlagsmithPropertyInit(FFCompiler *compiler, const FFPath *path, FFString text,
									const FFFlagsmithHome *home, FFFlagsmithProperty *property);
extern void FFFlagsmithPropertyValue(FFEvaluation *evaluation, const FFFlagsmithProperty *property,
									 FFFlagsmithKey *key, FFValue *value);

/* Whether an explanation may show what a property, or the identity's key, is. */
extern bool FFFlagsmithShowsProperty(FFEvaluation *evaluation, const FFFlagsmithProperty *property);
extern bool FFFlagsmithShowsKey(FFEvaluation *evaluation, const FFFlagsmithHome *home);

/* Text, number or truth; nothing else is a value of a context. */
static inline bool
FFFlagsmithIsSet(const FFValue *value)
{
	return value->type == FF_BOOL || value->type == FF_NUMBER || value->type == FF_STRING;
}

/* Python's str() of it. */
extern FFString FFFlagsmithText(const FFValue *value);

/* --- conditions --------------------------------------------------------------- */

/* The value of a condition, as each type of context value sees it. */
typedef struct FFFlagsmithConstant
{
	FFString	text;
	FFString	utf8;
	bool		truth;
	bool		is_integer;		/* in 64 bits */
	int64_t		integer;
	FFString	digits;			/* of a greater one; data NULL: none */
	bool		negative;
	bool		is_float;
	double		number;
	bool		wants_version;	/* it ends in ":semver" */
	FFString	bare;			/* without that */
	bool		is_version;
	FFSemver	version;
	bool		is_modulo;
	double		divisor;
	double		remainder;
	FFSet		list;			/* IN: UTF-8 */
	FFRegex    *regex;
} FFFlagsmithConstant;

typedef struct FFFlagsmithOperator
{
	const char *name;
	FFMatcher	matcher;
	FFOperator	op;				/* what comes closest among ours */
} FFFlagsmithOperator;

extern const FFFlagsmithOperator FFFlagsmithOperators[];
extern const int FFFlagsmithOperatorCount;

/* The elements of JSON text that is an array, as texts; false: it is none. */
extern bool FFFlagsmithList(FFString json, FFSet *list);

extern bool FFFlagsmithSegmentCompile(FFCompiler *compiler, const FFValue *document, FFNode *root);

/* --- flags ---------------------------------------------------------------------- */

typedef struct FFFlagsmithVariant
{
	int			variation;		/* its place */
	FFValue		priority;		/* no number: after all that are */
	double		weight;			/* NaN: it is none */
	FFString	name;			/* JSON: its key, or null */
	FFString	reason;			/* JSON */
} FFFlagsmithVariant;

/* What a feature is in the environment, for a segment or for an identity. */
typedef struct FFFlagsmithState
{
	bool		enabled;
	int			variation;		/* of its value */
	FFString	key;			/* that variants are hashed with */
	int			count;
	FFFlagsmithVariant *variants;	/* by priority */
	FFString	metadata;		/* JSON; data NULL: none */
	FFString	reason;			/* JSON, where no variant decides */
	FFString	rule;			/* as in the column; data NULL: default */
	int			segment;		/* its number, -1: of none */
	FFValue		priority;
	int			place;			/* in the document */
} FFFlagsmithState;

typedef struct FFFlagsmithFlag
{
	FFFlagsmithHome home;
	const FFRecipe *recipe;
	bool		hide_disabled;
	FFFlagsmithState base;
	int			override_count;
	FFFlagsmithState *overrides;	/* of segments, by priority */
	FFSet		identifiers;	/* value: whose state */
	FFFlagsmithState *identities;
} FFFlagsmithFlag;

extern bool FFFlagsmithCompile(FFCompiler *compiler, const FFValue *document);

#endif
