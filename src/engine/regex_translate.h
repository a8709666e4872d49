/*
 * regex_translate.h
 *	  Regular expressions of other engines, said anew for PCRE2.  Private to
 *	  the files regex_*.c.
 *
 * What is written never depends on an option of PCRE2: flags, classes and
 * case are spelled out, so that "." is a class and a letter without case is a
 * class of its forms.
 */
#ifndef FF_ENGINE_REGEX_TRANSLATE_H
#define FF_ENGINE_REGEX_TRANSLATE_H

#include "engine/dialect_tools.h"

#define FF_LAST_POINT 0x10FFFF
#define FF_REGEX_NESTING 64		/* of parentheses, as for native patterns */

/*
 * JavaScript sees code units.  Where they are halves of a pair, these are put
 * into the last plane, one by one, in the pattern and in the text.
 */
#define FF_UNIT_PLANE 0x100000

static inline int
FFHighUnit(int point)
{
	return 0xD800 + ((point - 0x10000) >> 10);
}

static inline int
FFLowUnit(int point)
{
	return 0xDC00 + ((point - 0x10000) & 0x3FF);
}

/* --- sets of characters ---------------------------------------------------- */

/* Ranges in order, with room between them. */
typedef struct FFPoints
{
	int			(*ranges)[2];
	int			count;
	int			capacity;
} FFPoints;

/* Which characters are the same without regard to case. */
typedef enum FFCasing
{
	FF_CASING_SIMPLE,			/* simple folding of Unicode */
	FF_CASING_PYTHON,			/* likewise, and the letters i with and
								 * without dots */
	FF_CASING_JAVASCRIPT,		/* the same upper case, of one code unit */
	FF_CASING_ASCII
} FFCasing;

extern bool FFPointsAdd(FFPoints *points, int first, int last);	/* false: were there */
extern void FFPointsAddText(FFPoints *points, const char *ranges);
extern bool FFPointsContain(const FFPoints *points, int first, int last);
extern void FFPointsComplement(FFPoints *points, int last);
extern void FFPointsFold(FFPoints *points, FFCasing casing);
extern void FFPointsUnite(FFPoints *points, const FFPoints *others);
extern void FFPointsFree(FFPoints *points);

/* A class: characters, properties and other classes. */
typedef struct FFClass
{
	FFPoints	points;
	FFText		properties;		/* what stands between brackets in PCRE2 */
	FFText		alternatives;	/* separated by |, each one character wide */
} FFClass;

extern void FFClassFree(FFClass *class);

/* --- the translation ---------------------------------------------------------- */

#define FF_FLAG_I 1				/* without regard to case */
#define FF_FLAG_M 2				/* ^ and $ match at lines */
#define FF_FLAG_S 4				/* . matches a line's end */
#define FF_FLAG_U 8				/* quantifiers are lazy */
#define FF_FLAG_X 16			/* whitespace and comments */
#define FF_FLAG_R 32			/* lines end with \r\n as well */
#define FF_FLAG_A 64			/* \d, \w, \s, \b are ASCII's */
#define FF_FLAG_N 128			/* they are said to be Unicode's */

/* What was written last, for a quantifier to take. */
typedef enum FFAtom
{
	FF_ATOM_NONE,
	FF_ATOM_PLAIN,
	FF_ATOM_ANCHOR,
	FF_ATOM_LOOKAHEAD,
	FF_ATOM_LOOKBEHIND,
	FF_ATOM_REPEATED
} FFAtom;

/* How many characters something matches, and how often at most it repeats. */
typedef struct FFWidth
{
	int64_t		least;
	int64_t		most;
	int64_t		repeats;		/* the product of nested counts */
} FFWidth;

typedef struct FFCapture
{
	FFString	name;			/* data NULL: none */
	FFWidth		width;
	bool		closed;
} FFCapture;

typedef struct FFGroup
{
	int			start;			/* in the output */
	FFAtom		kind;
	int			capture;		/* its number, or 0 */
	int			branches;		/* of a conditional: how many are allowed */
	unsigned	flags;			/* those around it */
	bool		branched;		/* all is complete for at least one branch */
	FFWidth		branch;
	FFWidth		all;
} FFGroup;

typedef struct FFTranslation
{
	FFRegexSetup *setup;
	FFRegexFlavour flavour;
	FFString	pattern;		/* UTF-8 */
	int			at;
	int			low_unit;		/* in a class: of a pair half read, or 0 */
	unsigned	flags;
	FFText		out;
	FFAtom		atom;
	int			atom_start;		/* in the output */
	FFWidth		atom_width;
	FFWidth		before_atom;	/* of the branch */
	int			depth;
	FFGroup		groups[FF_REGEX_NESTING + 1];	/* the first is the pattern */
	FFCapture  *captures;		/* by number */
	int			capture_count;	/* opened so far */
	int			capture_total;	/* JavaScript: in all of the pattern */
	bool		named;			/* likewise: some of them have names */
	char	   *message;
	size_t		size;
} FFTranslation;

typedef enum FFEscapeKind
{
	FF_ESCAPE_POINT,			/* value is a character */
	FF_ESCAPE_CLASS,			/* one of dDsSwW or a property: class */
	FF_ESCAPE_ASSERTION,		/* value is the letter */
	FF_ESCAPE_REFERENCE			/* value is the number of a capture */
} FFEscapeKind;

typedef struct FFEscape
{
	FFEscapeKind kind;
	int			value;
	FFClass		class;
} FFEscape;

/* These return false and leave a message when the pattern is refused. */
extern bool FFTranslate(FFTranslation *translation);
extern bool FFTranslateGroup(FFTranslation *translation);
extern bool FFTranslateClass(FFTranslation *translation);
extern bool FFTranslateRepeat(FFTranslation *translation);
extern bool FFReadEscape(FFTranslation *translation, bool in_class,
						 FFEscape *escape);
extern bool FFReadProperty(FFTranslation *translation, bool negated,
						   FFClass *class);
extern bool FFReadName(FFTranslation *translation, char end, FFString *name);
extern bool FFRefusePattern(FFTranslation *translation, const char *format,...)
			__attribute__((format(printf, 2, 3)));

extern void FFClassEscape(FFTranslation *translation, char letter,
						  FFClass *class);
extern void FFWriteClass(FFTranslation *translation, FFClass *class,
						 bool negated, FFText *out);
extern void FFWriteRanges(FFTranslation *translation, const FFPoints *points,
						  FFText *out);
extern void FFStartAtom(FFTranslation *translation, FFAtom kind, int width);
extern void FFSetAtom(FFTranslation *translation, FFAtom kind, int start,
					  FFWidth width);
extern void FFWritePoint(FFTranslation *translation, int point);
extern void FFWriteReference(FFTranslation *translation, int number);
extern void FFWriteBoundary(FFTranslation *translation, char letter);
extern FFCasing FFCasingOf(const FFTranslation *translation);
extern int	FFFindCapture(const FFTranslation *translation, FFString name);	/* or 0 */
extern void FFScanCaptures(FFTranslation *translation);
extern void FFSkipFree(FFTranslation *translation);

/* Compile what has been written; units: texts are cut into code units. */
extern FFRegex *FFRegexCompileTranslated(FFRegexSetup *setup, FFString utf8,
										 bool units, bool anchored,
										 char *message, size_t size);

static inline bool
FFFlavourIs(const FFTranslation *translation, FFRegexFlavour flavour)
{
	return translation->flavour == flavour;
}

/* The byte so many bytes on, or 0 behind the end. */
static inline char
FFPeek(const FFTranslation *translation, int ahead)
{
	int			at = translation->at + ahead;

	return at < translation->pattern.length ? translation->pattern.data[at] : '\0';
}

static inline bool
FFAtEnd(const FFTranslation *translation)
{
	return translation->at >= translation->pattern.length;
}

static inline bool
FFLookingAt(const FFTranslation *translation, const char *text)
{
	int			length = (int) strlen(text);

	return translation->pattern.length - translation->at >= length &&
		memcmp(translation->pattern.data + translation->at, text,
			   (size_t) length) == 0;
}

/* Step over a text where it is next. */
static inline bool
FFSkipText(FFTranslation *translation, const char *text)
{
	if (!FFLookingAt(translation, text))
		return false;
	translation->at += (int) strlen(text);
	return true;
}

/* Take the next character; the pattern is well-formed. */
static inline int
FFTakePoint(FFTranslation *translation)
{
	int			bytes;
	int			point = FFPointAt(translation->pattern, translation->at, &bytes);

	translation->at += bytes;
	return point;
}

static inline bool
FFIsDigit(char c)
{
	return c >= '0' && c <= '9';
}

#endif
