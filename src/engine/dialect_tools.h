/*
 * dialect_tools.h
 *	  What the rules of other systems are evaluated with: their numbers,
 *	  texts, versions and regular expressions.  Private to this folder.
 *
 * Texts are in the database encoding unless their name says UTF-8.  A result
 * that is a text is either borrowed from the argument or newly allocated, and
 * the caller need not know which.  Nothing depends on a locale.
 */
#ifndef FF_ENGINE_DIALECT_TOOLS_H
#define FF_ENGINE_DIALECT_TOOLS_H

#include "engine/program.h"

/* --- characters ------------------------------------------------------------ */

/* The character at a byte of UTF-8 text, and its bytes; -1: none begins there. */
extern int	FFPointAt(FFString utf8, int at, int *bytes);
extern void FFTextPoint(FFText *text, int point);

/* What ECMAScript and Python take for whitespace. */
extern bool FFIsSpaceJs(int point);
extern bool FFIsSpacePython(int point);

/* The value of a decimal digit of any script; -1: it is none. */
extern int	FFDigitValue(int point);

/* --- numbers: FFNumberDouble is in value.h ------------------------------- */

/* ECMAScript: Number(text) and parseFloat(text); false: NaN. */
extern bool FFParseNumberJs(FFString text, double *d);
extern bool FFParseFloatJs(FFString text, double *d);

/* Python: float(text), which may be NaN, and int(text). */
extern bool FFParseFloatPython(FFString text, double *d);
extern bool FFParseIntPython(FFString text, int64_t *i);

/* Digits with a point and an exponent, and nothing around them. */
extern bool FFParseFloatC(FFString text, double *d);

/* ECMAScript String(d), and Python repr(d). */
extern FFString FFNumberTextJs(double d);
extern FFString FFNumberTextPython(double d);

/* --- values and texts ----------------------------------------------------- */

extern bool FFValueEqual(const FFValue *a, const FFValue *b);

/* Append JSON; numbers are exact. */
extern void FFTextJson(FFText *text, const FFValue *value);
extern void FFTextJsonString(FFText *text, FFString string);

/* ECMAScript String(v) and JSON.stringify(v). */
extern FFString FFValueTextJs(const FFValue *value);
extern FFString FFJsonStringify(const FFValue *value);

extern FFString FFTrim(FFString text);	/* ASCII whitespace */
extern FFString FFTrimJs(FFString utf8);	/* that of ECMAScript; text in UTF-8 */
extern FFString FFLowerJs(FFString text);	/* toLowerCase(), in UTF-8 */
extern int	FFCompareJs(FFString a, FFString b);	/* of UTF-8, by UTF-16 units */

/*
 * The forms of ISO 8601 that ECMAScript reads, to the millisecond; without an
 * offset it is UTC.
 */
extern bool FFParseTimeJs(FFString text, int64_t *time);

/* Take the next part off rest; false when there is none left. */
extern bool FFSplit(FFString *rest, char separator, FFString *part);

/* Simple case mapping of UTF-8 text, a letter to a letter; allocated. */
extern FFString FFLower(FFString utf8);
extern FFString FFUpper(FFString utf8);
extern int	FFLowerPoint(int point);
extern int	FFUpperPoint(int point);

/* Every so many characters from first to last have another case. */
typedef struct FFCaseRange
{
	int			first;
	int			last;
	int			step;
	int			delta;			/* to the other case */
} FFCaseRange;

extern const FFCaseRange *FFCaseRanges(bool to_upper, int *count);

/* --- versions --------------------------------------------------------------- */

typedef enum FFSemverFlavour
{
	FF_SEMVER_STRICT,			/* Semantic Versioning 2.0.0 */
	FF_SEMVER_LENIENT,			/* minor and patch may be missing: 0 */
	FF_SEMVER_V					/* likewise, after one v or V */
} FFSemverFlavour;

/* Compare with FFSemverCompare. */
extern bool FFParseSemverAs(FFString text, FFSemverFlavour flavour,
							FFSemver *version);

/* As the npm package semver does: whitespace around it, and one v. */
extern bool FFParseSemverNpm(FFString utf8, FFSemver *version);

/* --- regular expressions --------------------------------------------------- */

typedef enum FFRegexFlavour
{
	FF_FLAVOUR_RE2,
	FF_FLAVOUR_RUST,			/* the crate regex */
	FF_FLAVOUR_PYTHON,			/* re, str patterns */
	FF_FLAVOUR_JAVASCRIPT		/* without the flags u and v */
} FFRegexFlavour;

/*
 * Compile a pattern as another engine understands it; NULL and a message when
 * that engine would refuse it.  The result is searched for with
 * FFRegexMatches, from the start of the text only where anchored_start.
 */
extern FFRegex *FFRegexCompileAs(FFRegexSetup *setup, FFString pattern,
								 FFRegexFlavour flavour, bool ignore_case,
								 bool anchored_start, char *message,
								 size_t size);

/* FFRegexMatches that tells whether a limit kept it from an answer. */
extern bool FFRegexMatchesAs(const FFRegex *regex, FFString utf8, bool valid,
							 bool *limit);

#endif
