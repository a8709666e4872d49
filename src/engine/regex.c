/*
 * regex.c
 *	  PCRE2 under limits: no text and no pattern can hold a backend up.
 *
 * Patterns match anywhere in the text, "$" only at its very end, and \d, \w
 * and \b are ASCII's.  The text is searched a chunk of starting points at a
 * time, each under a limit of steps that is raised only as far as needed; the
 * sum of these limits is bounded as well, and interrupts are honoured between
 * chunks.  A text that meets a limit is no match.
 *
 * The same library compares literal texts without regard to case, so that
 * folding comes from its Unicode tables and from no locale.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>

#include "engine/regex_translate.h"

#define CHUNK 256				/* starting points */
#define LITERAL_CHUNK 65536		/* likewise, for literal texts */
#define FIRST_LIMIT 100			/* steps allowed to each at first */
#define BUDGET INT64_C(66000000)	/* steps allowed altogether */
#define HEAP_KIBIBYTES 8192
#define DEPTH_LIMIT 20000
#define NESTING_LIMIT 64		/* of parentheses */
#define TRANSLATED_NESTING_LIMIT (NESTING_LIMIT * 4)	/* more are written */

struct FFRegexSetup
{
	pcre2_compile_context *compile;
	pcre2_match_context *match;
};

struct FFRegex
{
	pcre2_code *code;
	pcre2_match_context *match;
	bool		literal;
	bool		anchored;		/* can match at the first starting point only */
	bool		units;			/* texts are cut into code units */
};

typedef enum Answer
{
	NOT_FOUND,
	FOUND,
	LIMIT_MET
} Answer;

static void *
Allocate(PCRE2_SIZE size, void *data)
{
	(void) data;
	return FFAllocNoThrow(size);
}

static void
Release(void *pointer, void *data)
{
	(void) data;
	if (pointer != NULL)
		FFFree(pointer);
}

/* Parentheses are parsed recursively: mind the stack. */
static int
Guard(uint32_t depth, void *data)
{
	(void) depth;
	(void) data;
	return FFStackIsDeep();
}

/* What all patterns of a program share; NULL when out of memory. */
FFRegexSetup *
FFRegexSetupCreate(void)
{
	FFRegexSetup *setup = FFAlloc(sizeof(FFRegexSetup));
	pcre2_general_context *general;

	general = pcre2_general_context_create(Allocate, Release, NULL);
	if (general == NULL)
		return NULL;
	setup->compile = pcre2_compile_context_create(general);
	setup->match = pcre2_match_context_create(general);
	pcre2_general_context_free(general);
	if (setup->compile == NULL || setup->match == NULL)
		return NULL;
	pcre2_set_max_pattern_length(setup->compile, FF_REGEX_MAX_PATTERN);
	pcre2_set_parens_nest_limit(setup->compile, NESTING_LIMIT);
	pcre2_set_compile_recursion_guard(setup->compile, Guard, NULL);
	pcre2_set_heap_limit(setup->match, HEAP_KIBIBYTES);
	pcre2_set_depth_limit(setup->match, DEPTH_LIMIT);
	return setup;
}

static uint32_t
Options(FFRegexKind kind, bool ignore_case)
{
	uint32_t	options = PCRE2_UTF | PCRE2_USE_OFFSET_LIMIT;

	if (kind == FF_REGEX_PATTERN)
		options |= PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	else
		options |= PCRE2_LITERAL;
	if (kind == FF_REGEX_EQUAL)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	if (ignore_case)
		options |= PCRE2_CASELESS;
	return options;
}

/* Say why a pattern was refused, and at which byte of what somebody wrote. */
static void
Explain(int code, const PCRE2_SIZE *offset, char *message, size_t size)
{
	PCRE2_UCHAR text[160];

	if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
		snprintf(message, size, "error %d", code);
	else if (code < 0 || offset == NULL)
		snprintf(message, size, "%s", (char *) text);
	else
		snprintf(message, size, "%s at byte %zu", (char *) text,
				 (size_t) *offset);
}

/* Compile a pattern, or a literal text; NULL and a message when refused. */
FFRegex *
FFRegexCompile(FFRegexSetup *setup, FFString pattern, FFRegexKind kind,
			   bool ignore_case, char *message, size_t size)
{
	FFRegex    *regex = FFAlloc(sizeof(FFRegex));
	int			code;
	PCRE2_SIZE	offset;
	uint32_t	options = 0;
	bool		valid;
	FFString	text = FFUtf8(pattern, &valid);

	regex->literal = kind != FF_REGEX_PATTERN;
	regex->match = setup->match;
	pcre2_set_max_pattern_length(setup->compile, regex->literal ?
								 PCRE2_UNSET : FF_REGEX_MAX_PATTERN);
	regex->code = pcre2_compile((PCRE2_SPTR) text.data, (PCRE2_SIZE) text.length,
								Options(kind, ignore_case), &code, &offset,
								setup->compile);
	if (text.data != pattern.data)
		FFFree((void *) text.data);
	if (regex->code == NULL)
	{
		Explain(code, &offset, message, size);
		FFFree(regex);
		return NULL;
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
	regex->anchored = (options & PCRE2_ANCHORED) != 0;
	return regex;
}

/*
 * Compile a pattern that has been translated.  A group of ECMAScript that has
 * matched nothing is referred to as if it were empty.
 */
FFRegex *
FFRegexCompileTranslated(FFRegexSetup *setup, FFString utf8, bool units,
						 bool anchored, char *message, size_t size)
{
	FFRegex    *regex = FFAlloc(sizeof(FFRegex));
	int			code;
	PCRE2_SIZE	offset;
	uint32_t	options = Options(FF_REGEX_PATTERN, false) |
		(units ? PCRE2_MATCH_UNSET_BACKREF : 0) | (anchored ? PCRE2_ANCHORED : 0);

	regex->match = setup->match;
	regex->units = units;
	pcre2_set_max_pattern_length(setup->compile, PCRE2_UNSET);
	pcre2_set_parens_nest_limit(setup->compile, TRANSLATED_NESTING_LIMIT);
	regex->code = pcre2_compile((PCRE2_SPTR) utf8.data, (PCRE2_SIZE) utf8.length,
								options, &code, &offset, setup->compile);
	pcre2_set_parens_nest_limit(setup->compile, NESTING_LIMIT);
	if (regex->code == NULL)
	{
		Explain(code, NULL, message, size);
		FFFree(regex);
		return NULL;
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
	regex->anchored = (options & PCRE2_ANCHORED) != 0;
	return regex;
}

/* The first byte of a character at or after a position. */
static PCRE2_SIZE
Align(FFString text, PCRE2_SIZE position)
{
	while (position < (PCRE2_SIZE) text.length &&
		   ((unsigned char) text.data[position] & 0xC0) == 0x80)
		position++;
	return position;
}

/* Try the starting points of one chunk, each with at most so many steps. */
static int
SearchChunk(const FFRegex *regex, FFString text, bool valid, PCRE2_SIZE start,
			PCRE2_SIZE chunk, uint32_t limit, pcre2_match_data *data)
{
	pcre2_set_match_limit(regex->match, limit);
	pcre2_set_offset_limit(regex->match, start + chunk - 1);
	return pcre2_match(regex->code, (PCRE2_SPTR) text.data,
					   (PCRE2_SIZE) text.length, start,
					   valid ? PCRE2_NO_UTF_CHECK : 0, data, regex->match);
}

/* Go through the chunks until one matches or a limit is met. */
static Answer
Search(const FFRegex *regex, FFString text, bool valid, pcre2_match_data *data)
{
	PCRE2_SIZE	chunk = regex->literal ? LITERAL_CHUNK : CHUNK;
	uint32_t	limit = FIRST_LIMIT;
	int64_t		budget = BUDGET;
	PCRE2_SIZE	start = 0;

	for (;;)
	{
		int			result = SearchChunk(regex, text, valid, start, chunk,
										 limit, data);

		if (result >= 0)
			return FOUND;
		FFCheckInterrupts();
		if (result == PCRE2_ERROR_MATCHLIMIT && limit < FF_REGEX_MATCH_LIMIT)
		{
			limit = limit * 10 < FF_REGEX_MATCH_LIMIT ?
				limit * 10 : FF_REGEX_MATCH_LIMIT;
			continue;
		}
		if (result != PCRE2_ERROR_NOMATCH)
			return result <= PCRE2_ERROR_UTF8_ERR1 && result >= PCRE2_ERROR_UTF8_ERR21 ?
				NOT_FOUND : LIMIT_MET;
		if (regex->anchored)
			return NOT_FOUND;
		if (!regex->literal)
			budget -= (int64_t) limit * CHUNK;
		start = Align(text, start + chunk);
		if (start > (PCRE2_SIZE) text.length)
			return NOT_FOUND;
		if (budget < 0)
			return LIMIT_MET;
		valid = true;			/* the first chunk has checked it all */
	}
}

/* Search a text that is not too long. */
static Answer
Match(const FFRegex *regex, FFString utf8, bool valid)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	Answer		answer;

	if (data == NULL)
		return LIMIT_MET;
	answer = Search(regex, utf8, valid, data);
	pcre2_match_data_free(data);
	return answer;
}

/* Cut the characters of other planes into two units, each a character. */
static Answer
MatchUnits(const FFRegex *regex, FFString utf8, bool valid)
{
	FFText		text = {0};
	Answer		answer;
	int			start = 0;
	int			bytes;

	for (int at = 0; at < utf8.length; at += bytes)
	{
		int			point = FFPointAt(utf8, at, &bytes);

		if (bytes < 4)
			continue;
		FFTextAdd(&text, utf8.data + start, at - start);
		FFTextPoint(&text, FF_UNIT_PLANE + FFHighUnit(point));
		FFTextPoint(&text, FF_UNIT_PLANE + FFLowUnit(point));
		start = at + bytes;
	}
	if (start == 0)
		return Match(regex, utf8, valid);
	FFTextAdd(&text, utf8.data + start, utf8.length - start);
	answer = Match(regex, FFStringOf(text.data, text.length), valid);
	FFFree(text.data);
	return answer;
}

/*
 * Whether a pattern is found in a text.  Texts that are not UTF-8, and those
 * too long for a pattern, are no match; the latter meet a limit.
 */
bool
FFRegexMatchesAs(const FFRegex *regex, FFString utf8, bool valid, bool *limit)
{
	Answer		answer;

	if (!regex->literal && utf8.length > FF_REGEX_MAX_TEXT)
		answer = LIMIT_MET;
	else
		answer = regex->units ? MatchUnits(regex, utf8, valid) :
			Match(regex, utf8, valid);
	*limit = answer == LIMIT_MET;
	return answer == FOUND;
}

/* The same, where it does not matter why there is no match. */
bool
FFRegexMatches(const FFRegex *regex, FFString utf8, bool valid)
{
	bool		limit;

	return FFRegexMatchesAs(regex, utf8, valid, &limit);
}
