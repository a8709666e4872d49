/*
 * configcat.h
 *	  What a setting of ConfigCat is compiled into.  Private to its dialect.
 *
 * A condition is true, false, or cannot be evaluated: its attribute is missing
 * or is not of the comparator's type.  The last is as good as false, but in a
 * segment: then the user is neither in it nor outside.  What ConfigCat takes for
 * an invalid configuration is an error as soon as evaluation meets it, and not
 * before.
 */
#ifndef FF_ENGINE_DIALECT_CONFIGCAT_H
#define FF_ENGINE_DIALECT_CONFIGCAT_H

#include "engine/dialect.h"

/* What a condition notes in FFContext.notes. */
#define FF_CONFIGCAT_INVALID 1u	/* the configuration is invalid */
#define FF_CONFIGCAT_UNDECIDED 2u	/* it cannot be evaluated */

typedef enum FFConfigCatOutcome
{
	FF_CONFIGCAT_FALSE,
	FF_CONFIGCAT_TRUE,
	FF_CONFIGCAT_UNKNOWN,
	FF_CONFIGCAT_ERROR
} FFConfigCatOutcome;

/* What an attribute is taken as. */
typedef enum FFConfigCatKind
{
	FF_CONFIGCAT_NONE,			/* there is no such comparator */
	FF_CONFIGCAT_TEXT,
	FF_CONFIGCAT_VERSION,
	FF_CONFIGCAT_NUMBER,
	FF_CONFIGCAT_ARRAY
} FFConfigCatKind;

typedef enum FFConfigCatRelation
{
	FF_CONFIGCAT_AMONG,
	FF_CONFIGCAT_STARTS,
	FF_CONFIGCAT_ENDS,
	FF_CONFIGCAT_CONTAINS,
	FF_CONFIGCAT_EQUAL,
	FF_CONFIGCAT_LESS,
	FF_CONFIGCAT_LESS_EQUAL,
	FF_CONFIGCAT_GREATER,
	FF_CONFIGCAT_GREATER_EQUAL
} FFConfigCatRelation;

typedef struct FFConfigCatComparator
{
	const char *label;
	FFConfigCatKind kind;
	FFConfigCatRelation relation;
	char		member;			/* where the comparison value is: s, d or l */
	bool		negated;
	bool		hashed;
} FFConfigCatComparator;

/* NULL: there is none of that number. */
extern const FFConfigCatComparator *FFConfigCatFindComparator(double number);

/* The hash of the first or last so many bytes. */
typedef struct FFConfigCatSlice
{
	int64_t		length;
	FFString	hash;			/* data NULL: invalid */
} FFConfigCatSlice;

typedef struct FFConfigCatComparison
{
	const FFConfigCatComparator *comparator;	/* NULL: invalid */
	bool		incomplete;		/* no comparison value, or no salt */
	bool		never;			/* one of the versions is none */
	FFString	suffix;			/* UTF-8; what is hashed after the text */
	int			count;
	FFString   *texts;			/* UTF-8 */
	FFSet		set;			/* of them */
	FFConfigCatSlice *slices;
	FFSemver   *versions;
	double		number;
} FFConfigCatComparison;

extern FFConfigCatOutcome FFConfigCatCompare(const FFConfigCatComparison *comparison,
											 const FFValue *value);

/* Whether comparing can meet what is invalid. */
extern bool FFConfigCatCanFail(const FFConfigCatComparison *comparison);

/* An attribute as text; it may be the value's own. */
extern FFString FFConfigCatText(const FFValue *value);

/* --- texts that are JSON arrays of strings ------------------------------- */

typedef struct FFConfigCatItems
{
	FFString	rest;			/* UTF-8; data NULL: of a walk */
	FFWalk		walk;
	bool		started;
	char	   *buffer;			/* of an item that has escapes; NULL: none had */
} FFConfigCatItems;

/* False: it is no array of strings. */
extern bool FFConfigCatItemsStart(FFConfigCatItems *items, FFString json, const FFValue *array);
extern bool FFConfigCatItemsNext(FFConfigCatItems *items, FFString *item);
extern void FFConfigCatItemsEnd(FFConfigCatItems *items);

/* --- settings ---------------------------------------------------------------- */

#define FF_CONFIGCAT_BOOLEAN 0
#define FF_CONFIGCAT_STRING 1
#define FF_CONFIGCAT_INTEGER 2
#define FF_CONFIGCAT_DOUBLE 3

typedef struct FFConfigCatServe
{
	int			variation;		/* -1: no value of the setting's type */
	FFString	id;				/* data NULL: it has none */
} FFConfigCatServe;

typedef struct FFConfigCatOption
{
	double		percentage;
	FFConfigCatServe serve;
} FFConfigCatOption;

typedef struct FFConfigCatSplit
{
	int			count;
	FFConfigCatOption *options;
	bool		random;			/* more than one of them has a share */
} FFConfigCatSplit;

typedef struct FFConfigCatRule
{
	const FFNode *when;			/* NULL: always */
	bool		invalid;		/* neither one value nor percentages */
	FFConfigCatSplit split;
	FFConfigCatServe serve;		/* where there are no percentages */
} FFConfigCatRule;

typedef struct FFConfigCatSetting
{
	bool		malformed;
	int			type;			/* -1: invalid */
	FFString	key;
	FFAttribute *by;			/* of percentages; NULL: the identifier */
	int			count;
	FFConfigCatRule *rules;
	FFConfigCatSplit split;
	FFConfigCatServe serve;
} FFConfigCatSetting;

extern bool FFConfigCatCompile(FFCompiler *compiler, const FFValue *document);
extern bool FFConfigCatCompileSegment(FFCompiler *compiler, const FFValue *document, FFNode *root);
extern bool FFConfigCatCompileConditions(FFCompiler *compiler, const FFPath *path,
										 const FFValue *document, const FFValue *conditions,
										 FFNode *node);

/* A condition on an attribute; undecided: it is told apart from false. */
extern void FFConfigCatCompileTest(FFCompiler *compiler, const FFPath *path, const FFValue *condition,
								   FFString salt, FFString salted, bool undecided, FFNode *node);
extern const FFValue *FFConfigCatTypedValue(const FFValue *wrapped, int type, FFValue *value);

/* Whether a setting, or conditions, are of the shape that SDKs insist on. */
extern bool FFConfigCatIsSetting(FFCompiler *compiler, const FFPath *path, const FFValue *setting);
extern bool FFConfigCatAreUserConditions(FFCompiler *compiler, const FFPath *path,
										 const FFValue *conditions);

/* Whether there is a user at all. */
extern bool FFConfigCatHasUser(const FFContext *context);

#endif
