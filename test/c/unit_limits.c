/*
 * unit_limits.c
 *	  What is too deep, too long, too many, too slow, or out of memory.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "unit.h"

static double
Seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* "all" within "not" within "all" …, so many conditions deep. */
static FFValue
Nested(int depth)
{
	FFText		text = {0};

	for (int i = 1; i < depth; i++)
		FFTextFormat(&text, i % 2 ? "{\"all\":[" : "{\"not\":");
	FFTextFormat(&text, "{\"all\":[]}");
	for (int i = depth - 1; i >= 1; i--)
		FFTextFormat(&text, i % 2 ? "]}" : "}");
	return Json(text.data);
}

static void
TestDepth(void)
{
	FFValue		allowed = Nested(FF_MAX_DEPTH);
	FFValue		deep = Nested(FF_MAX_DEPTH + 1);
	FFValue		deepest = Nested(1000);
	FFError		error;

	Ok(FFConditionCompile(&allowed, &error) != NULL, "%d conditions deep", FF_MAX_DEPTH);
	Ok(FFConditionCompile(&deep, &error) == NULL, "one more is refused");
	Is(error.code, FF_ERROR_LIMIT, "as a limit");
	Ok(strstr(error.message, "more than 32 deep") != NULL, "clearly: %s", error.message);
	Ok(FFConditionCompile(&deepest, &error) == NULL, "1,000 are refused");
}

static FFText
ManyRules(int count)
{
	FFText		text = {0};

	FFTextFormat(&text, "[");
	for (int i = 0; i < count; i++)
		FFTextFormat(&text, "%s{\"id\":\"r%d\",\"when\":{\"attribute\":\"n\",\"op\":\"eq\","
					 "\"value\":%d},\"serve\":\"a\"}", i == 0 ? "" : ",", i, i);
	FFTextFormat(&text, "]");
	return text;
}

static void
TestManyRules(void)
{
	FFText		text = ManyRules(FF_MAX_RULES);
	double		start = Seconds();
	FFProgram  *program = Compile(text.data, "\"b\"");
	double		compiled = Seconds();
	FFContext	context = Context("user-1", "{\"n\":99999}");
	long		interrupts = StandinInterrupts();
	FFOutcome	outcome;
	FFFlagSource source;
	FFError		error;

	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.rule, 99999, "the last of 100,000 rules matches");
	IsText(outcome.rule_id, "r99999", "and has its id");
	Ok(StandinInterrupts() - interrupts > 10, "which can be interrupted");
	Ok(Seconds() - compiled < 5 && compiled - start < 30, "in reasonable time");
	text = ManyRules(FF_MAX_RULES + 1);
	source = Source(text.data, NULL, NULL);
	Ok(FFProgramCompile(&source, &error) == NULL, "one more is refused");
	Is(error.code, FF_ERROR_LIMIT, "as a limit");
	Ok(strstr(error.message, "at most 100000 rules") != NULL, "clearly: %s", error.message);
}

static void
TestManyVariations(void)
{
	FFFlagSource source = Source(NULL, NULL, NULL);
	FFText		text = {0};
	FFText		split = {0};
	FFError		error;

	FFTextFormat(&text, "[");
	FFTextFormat(&split, "{\"split\":[");
	for (int i = 0; i < FF_MAX_VARIATIONS + 1; i++)
	{
		FFTextFormat(&text, "%s{\"key\":\"v%d\",\"value\":%d}", i == 0 ? "" : ",", i, i);
		FFTextFormat(&split, "%s{\"variation\":\"a\",\"weight\":0}", i == 0 ? "" : ",");
	}
	FFTextFormat(&text, "]");
	FFTextFormat(&split, "]}");
	source.variations = Json(text.data);
	Ok(FFProgramCompile(&source, &error) == NULL, "1,001 variations are refused");
	Is(error.code, FF_ERROR_LIMIT, "as a limit");
	source = Source(NULL, split.data, NULL);
	Ok(FFProgramCompile(&source, &error) == NULL, "1,001 parts are refused");
	Is(error.code, FF_ERROR_LIMIT, "as a limit");
}

static bool
MatchesText(const char *pattern, char repeated, int count, const char *end)
{
	FFText		condition = {0};
	FFText		attributes = {0};

	FFTextFormat(&condition, "{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"%s\"}",
				 pattern);
	FFTextFormat(&attributes, "{\"x\":\"");
	for (int i = 0; i < count; i++)
		FFTextAdd(&attributes, &repeated, 1);
	FFTextFormat(&attributes, "%s\"}", end);
	return Matches(condition.data, attributes.data);
}

/* Patterns that take exponential or quadratic time give up soon. */
static void
TestExplodingPatterns(void)
{
	static const char *const patterns[] = {
		"^(a+)+$", "(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a?)+$", "(.*a){20}$",
		"(?:a.*){9}c", "(?=(a+))a*b\\\\1", "^((a?){30})a{30}c", "(a?)*?(a?)*?(a?)*?c"
	};

	for (int i = 0; i < FF_LENGTH(patterns); i++)
	{
		double		start = Seconds();
		bool		matches = MatchesText(patterns[i], 'a', 60000, "!");
		double		taken = Seconds() - start;

		Ok(!matches && taken < 30, "%s gives up after %.3f s", patterns[i], taken);
	}
	Ok(MatchesText("^(a+)+$", 'a', 1000, ""), "and matches where it can");
	Ok(MatchesText("b$", 'a', 60000, "b"), "a long text is searched to its end");
	Ok(MatchesText("^a.*b$", 'a', 60000, "b"), "a long text is matched whole");
	Ok(MatchesText("(a|b)c", 'a', 255, "c"), "at the end of the first chunk");
	Ok(MatchesText("(a|b)c", 'x', 255, "ac"), "at the last starting point of it");
	Ok(MatchesText("(a|b)c", 'x', 256, "ac"), "at the first of the second");
	Ok(MatchesText("(?<=xa)c", 'x', 255, "ac"), "behind the first chunk");
	Ok(MatchesText("$", 'x', 256, ""), "at the very end");
	Ok(!MatchesText("\\\\Gc", 'x', 256, "c"), "a chunk is no start of the text");
	Ok(!MatchesText("(*NO_START_OPT)[^x\\u00e9]", 'x', 255, "\xC3\xA9"), "nor the middle of a character");
	Ok(MatchesText("^(?:a|b)*$", 'a', 5000, ""), "many steps are allowed where needed");
	Ok(MatchesText("\\u00e9", 'x', 255, "\xC3\xA9"), "a character across the border");
	Ok(MatchesText("b", 'x', 255, "\xC3\xA9" "b"), "and behind it");
	Ok(!MatchesText(".", 'a', FF_REGEX_MAX_TEXT + 1, ""), "too long a text is no match");
	Ok(MatchesText(".", 'a', FF_REGEX_MAX_TEXT, ""), "just long enough");
}

static bool
Refused(const char *pattern, const char *reason)
{
	FFText		condition = {0};
	FFValue		document;
	FFError		error;

	FFTextFormat(&condition, "{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"");
	FFTextAdd(&condition, pattern, (int) strlen(pattern));
	FFTextFormat(&condition, "\"}");
	document = Json(condition.data);
	return FFConditionCompile(&document, &error) == NULL &&
		error.code == FF_ERROR_REGEX && strstr(error.message, reason) != NULL;
}

static void
TestLargePatterns(void)
{
	FFText		text = {0};

	for (int i = 0; i < FF_REGEX_MAX_PATTERN + 1; i++)
		FFTextFormat(&text, "a");
	Ok(Refused(text.data, "longer"), "too long a pattern");
	Ok(!Refused(text.data + 1, ""), "just short enough");
	text.length = 0;
	for (int i = 0; i < 100; i++)
		FFTextFormat(&text, "(");
	for (int i = 0; i < 100; i++)
		FFTextFormat(&text, ")");
	Ok(Refused(text.data, "nested"), "too many parentheses");
}

/* A megabyte of text or list under every operator, in linear time. */
static void
TestLargeAttributes(void)
{
	static const char *const conditions[] = {
		"\"op\":\"eq\",\"value\":\"x\"}",
		"\"op\":\"eq\",\"value\":\"x\",\"ignore_case\":true}",
		"\"op\":\"contains\",\"value\":\"aaaaaaaaaaaaaaaaaaab\"}",
		"\"op\":\"contains\",\"value\":\"AAAAAAAAAAAAAAAAAAAB\",\"ignore_case\":true}",
		"\"op\":\"contains\",\"value\":\"\\u00e9\\u00e9\",\"ignore_case\":true}",
		"\"op\":\"ends_with\",\"value\":\"\\u00e9\",\"ignore_case\":true}",
		"\"op\":\"starts_with\",\"value\":\"\\u00e9\",\"ignore_case\":true}",
		"\"op\":\"matches\",\"value\":\"(a+)+b\"}",
		"\"op\":\"semver_eq\",\"value\":\"1\"}",
		"\"op\":\"before\",\"value\":\"2026-01-01T00:00:00Z\"}",
	};
	FFText		attributes = {0};
	FFText		list = {0};

	FFTextFormat(&attributes, "{\"x\":\"\xC3\xB6");
	for (int i = 0; i < 1000000; i++)
		FFTextAdd(&attributes, "a", 1);
	FFTextFormat(&attributes, "\"}");
	for (int i = 0; i < FF_LENGTH(conditions); i++)
	{
		char		condition[256];
		double		start = Seconds();
		bool		matches;

		snprintf(condition, sizeof(condition), "{\"attribute\":\"x\",%s", conditions[i]);
		matches = Matches(condition, attributes.data);
		Ok(!matches && Seconds() - start < 5, "a megabyte in %.3f s: %s",
		   Seconds() - start, conditions[i]);
	}
	FFTextFormat(&list, "{\"x\":[0");
	for (int i = 0; i < 200000; i++)
		FFTextAdd(&list, ",\"a\"", 4);
	FFTextFormat(&list, "]}");
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"has\",\"values\":[\"b\",1]}", list.data),
	   "a long list");
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"has\",\"values\":[\"\\u00e9\"],\"ignore_case\":true}",
				list.data), "a long list ignoring case");
}

/* When the library gets no memory, documents are refused and nothing matches. */
static void
TestOutOfMemory(void)
{
	static const char *const documents[] = {
		"{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"(a|b)+\"}",
		"{\"attribute\":\"x\",\"op\":\"eq\",\"value\":\"\\u00e9\",\"ignore_case\":true}",
	};
	FFContext	context = Context("user-1", "{\"x\":\"ab\\u00c9\"}");
	FFContext	equal = Context("user-1", "{\"x\":\"\\u00c9\"}");
	FFCondition *condition = NULL;
	FFError		error;

	for (int i = 0; i < FF_LENGTH(documents); i++)
	{
		FFValue		document = Json(documents[i]);
		int			refusals = 0;

		for (long allowed = 0; allowed < 50; allowed++)
		{
			StandinFailAfter(allowed);
			condition = FFConditionCompile(&document, &error);
			if (condition != NULL)
				break;
			refusals += error.code == FF_ERROR_REGEX;
		}
		Ok(condition != NULL && refusals > 1, "%d refusals for want of memory", refusals);
		StandinFailAfter(0);
		Ok(!FFConditionMatches(condition, NULL, i == 0 ? &context : &equal),
		   "no match for want of memory");
		StandinFailAfter(-1);
		Ok(FFConditionMatches(condition, NULL, i == 0 ? &context : &equal),
		   "a match when there is some");
	}
}

/* Segments nested so deep that the stack would not do are no match. */
static void
TestSegmentChain(void)
{
	enum
	{
		LENGTH = 100000
	};
	FFValue		link = Json("{\"segment\":\"next\"}");
	FFValue		last = Json("{\"all\":[]}");
	FFSegment  *segments = FFAlloc(LENGTH * sizeof(FFSegment));
	FFSegment **bindings = FFAlloc(LENGTH * sizeof(FFSegment *));
	FFContext	context = Context("user-1", NULL);
	FFError		error;
	FFCondition *condition = FFConditionCompile(&link, &error);
	FFCondition *end = FFConditionCompile(&last, &error);
	int			start = LENGTH - 100;

	for (int i = 0; i < LENGTH; i++)
	{
		segments[i].condition = i + 1 < LENGTH ? condition : end;
		bindings[i] = &segments[i + 1 < LENGTH ? i + 1 : i];
		segments[i].segments = &bindings[i];
	}
	Ok(FFConditionMatches(condition, &bindings[start], &context), "100 segments deep");
	Ok(!FFConditionMatches(condition, &bindings[0], &context), "100,000 segments deep");
}

void
TestLimits(void)
{
	TestDepth();
	TestManyRules();
	StandinReset();
	TestManyVariations();
	TestExplodingPatterns();
	TestLargePatterns();
	StandinReset();
	TestLargeAttributes();
	StandinReset();
	TestOutOfMemory();
	TestSegmentChain();
}
