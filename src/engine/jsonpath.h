/*
 * jsonpath.h
 *	  Queries of RFC 9535.  Private to this folder.
 *
 * The document that is queried need not exist as such: a node of it is a JSON
 * value, or an object that is made of nodes.  Names are in the encoding of the
 * document; a character that a query gives by its number is written as UTF-8.
 */
#ifndef FF_ENGINE_JSONPATH_H
#define FF_ENGINE_JSONPATH_H

#include "engine/dialect_tools.h"

typedef struct FFPathNode
{
	const struct FFPathObject *made;	/* NULL: value */
	FFValue		value;
} FFPathNode;

typedef struct FFPathObject
{
	int			count;
	const FFString *names;
	const FFPathNode *nodes;
} FFPathObject;

typedef struct FFPathQuery FFPathQuery;

/* NULL and a message where the text is no query of RFC 9535, or too deep. */
extern FFPathQuery *FFPathCompile(FFRegexSetup *setup, FFString text,
								  char *message, size_t size);

/*
 * The steps of a query that goes from name to name and does nothing else:
 * their number, or -1 of any other query.
 */
extern int	FFPathNames(const FFPathQuery *query, FFString *names, int room);

/* The first node that a query selects; false: none. */
extern bool FFPathFirst(const FFPathQuery *query, const FFPathNode *root,
						FFPathNode *found);

/* Each of them in order, until the visitor returns false. */
typedef bool (*FFPathVisitor) (const FFPathNode *node, void *argument);
extern void FFPathVisit(const FFPathQuery *query, const FFPathNode *root,
						FFPathVisitor visitor, void *argument);

/* --- what a query is compiled into --------------------------------------- */

typedef enum FFPathSelectorKind
{
	FF_PATH_NAME,
	FF_PATH_WILDCARD,
	FF_PATH_INDEX,
	FF_PATH_SLICE,
	FF_PATH_FILTER
} FFPathSelectorKind;

typedef struct FFPathSelector
{
	FFPathSelectorKind kind;
	FFString	name;
	bool		has_start;
	bool		has_end;
	int64_t		start;			/* of a slice, or the index */
	int64_t		end;
	int64_t		step;
	struct FFPathLogical *filter;
} FFPathSelector;

typedef struct FFPathSegment
{
	bool		descendant;
	int			count;
	FFPathSelector *selectors;
} FFPathSegment;

struct FFPathQuery
{
	bool		relative;		/* from @, not from $ */
	bool		singular;		/* selects at most one node */
	int			count;
	FFPathSegment *segments;
};

typedef enum FFPathFunctionKind
{
	FF_PATH_LENGTH,
	FF_PATH_COUNT,
	FF_PATH_VALUE,
	FF_PATH_MATCH,
	FF_PATH_SEARCH
} FFPathFunctionKind;

typedef enum FFPathOperandKind
{
	FF_PATH_LITERAL,
	FF_PATH_NUMBER,				/* a literal one */
	FF_PATH_QUERY,
	FF_PATH_FUNCTION
} FFPathOperandKind;

typedef struct FFPathOperand
{
	FFPathOperandKind kind;
	FFValue		literal;
	double		number;
	FFPathQuery *query;
	struct FFPathFunction *function;
} FFPathOperand;

typedef struct FFPathFunction
{
	FFPathFunctionKind kind;
	FFPathOperand arguments[2];
	bool		constant;		/* the pattern is a literal: */
	FFRegex    *regex;			/* NULL where it is no regular expression */
	FFRegexSetup *setup;
} FFPathFunction;

typedef enum FFPathLogicalKind
{
	FF_PATH_OR,
	FF_PATH_AND,
	FF_PATH_NOT,
	FF_PATH_COMPARE,
	FF_PATH_TEST				/* left: a query has a node, or a function is true */
} FFPathLogicalKind;

typedef enum FFPathComparison
{
	FF_PATH_EQ,
	FF_PATH_NE,
	FF_PATH_LE,
	FF_PATH_LT,
	FF_PATH_GE,
	FF_PATH_GT
} FFPathComparison;

typedef struct FFPathLogical
{
	FFPathLogicalKind kind;
	FFPathComparison comparison;
	int			count;			/* children of or, and, not */
	struct FFPathLogical *children;
	FFPathOperand left;
	FFPathOperand right;
} FFPathLogical;

/* Of a text of the document's encoding, or of a constant pattern. */
extern FFRegex *FFPathRegexCompile(FFRegexSetup *setup, FFString pattern, bool whole);

/* The parsers of the two files call each other. */
typedef struct FFPathParser
{
	FFString	text;
	int			at;
	int			depth;
	FFRegexSetup *setup;
	char	   *message;
	size_t		size;
} FFPathParser;

extern bool FFPathFail(FFPathParser *parser, const char *message);
extern bool FFPathAccept(FFPathParser *parser, const char *token);
extern int	FFPathPeek(const FFPathParser *parser);	/* -1 at the end */
extern void FFPathSkipSpace(FFPathParser *parser);
extern bool FFPathParseString(FFPathParser *parser, FFString *string);
extern bool FFPathParseSegments(FFPathParser *parser, FFPathQuery *query);
extern bool FFPathParseLogical(FFPathParser *parser, FFPathLogical *logical);

/* Room for one more element of an array that is filled in a row. */
extern void *FFPathGrow(void *items, int count, size_t size);

#endif
