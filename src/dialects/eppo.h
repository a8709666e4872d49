/*
 * eppo.h
 *	  What a flag of Eppo is compiled into.  Private to its dialect.
 *
 * Where Eppo's evaluation would throw, its callers get their default value.  So
 * a faulty part is an error as soon as evaluation reaches it, and not before.
 */
#ifndef FF_ENGINE_DIALECT_EPPO_H
#define FF_ENGINE_DIALECT_EPPO_H

#include "engine/dialect.h"

/* What a condition notes in FFContext.notes. */
#define FF_EPPO_FAULT 1u
#define FF_EPPO_LIMIT 2u		/* a match limit was reached */

typedef struct FFEppoRange
{
	bool		faulty;
	double		start;			/* NaN is in no order */
	double		end;
} FFEppoRange;

typedef struct FFEppoShard
{
	bool		faulty;
	FFString	salt;
	int			count;
	FFEppoRange *ranges;
} FFEppoShard;

typedef struct FFEppoSplit
{
	bool		faulty;
	int			variation;		/* -1: none that could be answered */
	FFValue		logging;		/* extraLogging */
	int			count;
	FFEppoShard *shards;
} FFEppoSplit;

typedef struct FFEppoAllocation
{
	bool		faulty;
	FFString	key;
	double		start;			/* ms since 2000; NaN: no such limit */
	double		end;
	const FFNode *when;			/* NULL: everybody */
	bool		splits_faulty;
	bool		random;			/* who is in which split is left to chance */
	FFValue		log;			/* doLog */
	int			count;
	FFEppoSplit *splits;
} FFEppoAllocation;

typedef struct FFEppoFlag
{
	bool		malformed;		/* of no type */
	bool		broken;			/* an allocation is null, or they are no array */
	bool		missing;		/* there are no allocations at all */
	FFString	type;
	double		shards;			/* NaN: nobody is in a range */
	int			count;
	FFEppoAllocation *allocations;
} FFEppoFlag;

extern bool FFEppoCompile(FFCompiler *compiler, const FFValue *document);

/* The rules of an allocation: any of them; NULL: it has none. */
extern const FFNode *FFEppoCompileRules(FFCompiler *compiler, const FFPath *path,
										const FFValue *rules);

/* ECMAScript's Number(v); NaN where that is none.  Whether v is truthy. */
extern double FFEppoNumber(const FFValue *value);
extern bool FFEppoTruthy(const FFValue *value);

#endif
