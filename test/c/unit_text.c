/*
 * unit_text.c
 *	  Times, versions, folding of case, and texts that are not UTF-8.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define DAY (1440 * MINUTE)

/* Microseconds since 2000-01-01; -1 in their place: no time. */
static void
TestTimes(void)
{
	static const struct
	{
		const char *text;
		int64_t		time;
	}			times[] = {
		{"2000-01-01T00:00:00Z", 0},
		{"2000-01-01t00:00:00z", 0},
		{"2000-01-01 00:00:00Z", 0},
		{"2000-01-01T00:00:00-00:00", 0},
		{"2000-01-01T02:00:00+02:00", 0},
		{"1999-12-31T18:30:00-05:30", 0},
		{"2000-01-01T23:59:00+23:59", 0},
		{"2000-01-01T00:00:00.000001Z", 1},
		{"2000-01-01T00:00:00.5Z", 500000},
		{"2000-01-01T00:00:00.0000019Z", 1},
		{"2000-01-01T00:00:00.123456789123456789Z", 123456},
		{"2000-01-02T00:00:00Z", DAY},
		{"2000-02-29T00:00:00Z", 59 * DAY},
		{"2000-03-01T00:00:00Z", 60 * DAY},
		{"2001-01-01T00:00:00Z", 366 * DAY},
		{"1970-01-01T00:00:00Z", -10957 * DAY},
		{"2026-01-01T00:00:00Z", NOW},
		{"2100-03-01T00:00:00Z", 36584 * DAY},
		{"0000-01-01T00:00:00Z", -730485 * DAY},
		{"9999-12-31T23:59:59Z", 2921940 * DAY - MINUTE / 60},
		{"1990-12-31T23:59:60Z", -3287 * DAY},	/* RFC 3339, 5.8 */
		{"1990-12-31T15:59:60-08:00", -3287 * DAY},
		{"1991-01-01T00:59:60+01:00", -3287 * DAY},
		{"2015-06-30T23:59:60.75Z", 5660 * DAY},
		{"1990-12-30T23:59:60Z", -1},	/* not at the end of a month */
		{"1990-12-31T23:58:60Z", -1},
		{"1990-12-31T23:59:60+01:00", -1},
		{"1990-12-31T23:59:61Z", -1},
		{"2000-01-01T00:00:00", -1},
		{"2000-01-01", -1},
		{"2000-01-01T00:00Z", -1},
		{"2000-01-01T00:00:00+0200", -1},
		{"2000-01-01T00:00:00+02", -1},
		{"2000-01-01T00:00:00+24:00", -1},
		{"2000-01-01T00:00:00+00:60", -1},
		{"2000-01-01T00:00:00.Z", -1},
		{"2000-01-01T00:00:00,5Z", -1},
		{"2000-01-01T24:00:00Z", -1},
		{"2000-01-01T00:60:00Z", -1},
		{"2000-00-01T00:00:00Z", -1},
		{"2000-13-01T00:00:00Z", -1},
		{"2000-01-00T00:00:00Z", -1},
		{"2000-01-32T00:00:00Z", -1},
		{"2000-04-31T00:00:00Z", -1},
		{"2001-02-29T00:00:00Z", -1},
		{"2100-02-29T00:00:00Z", -1},
		{"2000-01-01X00:00:00Z", -1},
		{"2000-01-01T00:00:00Z ", -1},
		{" 2000-01-01T00:00:00Z", -1},
		{"2000-1-1T00:00:00Z", -1},
		{"20000-01-01T00:00:00Z", -1},
		{"+2000-01-01T00:00:00Z", -1},
		{"2000-01-01T-1:00:00Z", -1},
		{"", -1},
		{"2", -1},
	};

	for (int i = 0; i < FF_LENGTH(times); i++)
	{
		int64_t		time = -1;

		if (!FFParseTime(Str(times[i].text), &time))
			time = -1;
		Is(time, times[i].time, "time \"%s\"", times[i].text);
	}
}

/* What the specification of Semantic Versioning 2.0.0 calls valid and not. */
static const char *const valid_versions[] = {
	"0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta",
	"1.1.2+meta-valid", "1.0.0-alpha", "1.0.0-beta", "1.0.0-alpha.beta",
	"1.0.0-alpha.beta.1", "1.0.0-alpha.1", "1.0.0-alpha0.valid",
	"1.0.0-alpha.0valid",
	"1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
	"1.0.0-rc.1+build.1", "2.0.0-rc.1+build.123", "1.2.3-beta",
	"10.2.3-DEV-SNAPSHOT", "1.2.3-SNAPSHOT-123", "1.0.0", "2.0.0", "1.1.7",
	"2.0.0+build.1848", "2.0.1-alpha.1227", "1.0.0-alpha+beta",
	"1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "1.2.3----R-S.12.9.1--.12+meta",
	"1.2.3----RC-SNAPSHOT.12.9.1--.12", "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
	"99999999999999999999999.999999999999999999.99999999999999999",
	"1.0.0-0A.is.legal",
	/* the allowances of native flags */
	"1", "1.2", "v1.2.3", "V1", "1.2-beta", "1+build"
};

static const char *const invalid_versions[] = {
	"1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid", "-invalid",
	"-invalid+invalid", "-invalid.01", "alpha", "alpha.beta", "alpha.beta.1",
	"alpha.1", "alpha+beta", "alpha_beta", "alpha.", "alpha..", "beta",
	"1.0.0-alpha_beta", "-alpha.", "1.0.0-alpha..", "1.0.0-alpha..1",
	"1.0.0-alpha...1", "1.0.0-alpha....1", "1.0.0-alpha.....1",
	"1.0.0-alpha......1", "1.0.0-alpha.......1", "01.1.1", "1.01.1", "1.1.01",
	"1.2.3.DEV", "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
	"-1.0.3-gamma+b7718", "+justmeta", "9.8.7+meta+meta",
	"9.8.7-whatever+meta+meta",
	"99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1--------------------------------..12",
	"", "v", "vv1", "1.", "1..2", "1.2.", "1.2.3.4", " 1.2.3", "1.2.3 ", "1.2.3-",
	"1.2.3+", "1.2.x", "v.1", "1,2"
};

/* Ascending; each comes before all that follow. */
static const char *const ordered_versions[] = {
	"0.0.1", "0.1.0", "1.0.0-0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0--",
	"1.0.0-A", "1.0.0-Z", "1.0.0-a", "1.0.0-alpha", "1.0.0-alpha.1",
	"1.0.0-alpha.1.0", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
	"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0",
	"2.0.0", "2.1.0", "2.1.1", "10.0.0", "18446744073709551616.0.0"
};

static int
Sign(int number)
{
	return (number > 0) - (number < 0);
}

static void
TestVersions(void)
{
	int			wrong = 0;
	FFSemver	a;
	FFSemver	b;

	for (int i = 0; i < FF_LENGTH(valid_versions); i++)
		Ok(FFParseSemver(Str(valid_versions[i]), &a), "version \"%s\"",
		   valid_versions[i]);
	for (int i = 0; i < FF_LENGTH(invalid_versions); i++)
		Ok(!FFParseSemver(Str(invalid_versions[i]), &a), "no version \"%s\"",
		   invalid_versions[i]);
	for (int i = 0; i < FF_LENGTH(ordered_versions); i++)
		for (int j = 0; j < FF_LENGTH(ordered_versions); j++)
		{
			FFParseSemver(Str(ordered_versions[i]), &a);
			FFParseSemver(Str(ordered_versions[j]), &b);
			if (Sign(FFSemverCompare(&a, &b)) != Sign(i - j))
			{
				wrong++;
				printf("# %s and %s\n", ordered_versions[i], ordered_versions[j]);
			}
		}
	Is(wrong, 0, "the order of versions");
	FFParseSemver(Str("1.2.3-rc.1+one"), &a);
	FFParseSemver(Str("v1.2.3-rc.1+two"), &b);
	Is(FFSemverCompare(&a, &b), 0, "build metadata and v do not count");
}

static bool
FoldedMatch(const char *op, const char *value, const char *text)
{
	char		condition[256];
	char		attributes[256];

	snprintf(condition, sizeof(condition), "{\"attribute\":\"x\",\"op\":\"%s\","
			 "\"values\":[\"%s\"],\"ignore_case\":true}", op, value);
	snprintf(attributes, sizeof(attributes), "{\"x\":\"%s\"}", text);
	return Matches(condition, attributes);
}

/* Simple folding: one character to one, in every language the same. */
static void
TestFolding(void)
{
	static const struct
	{
		const char *op;
		const char *value;
		const char *text;
		bool		matches;
	}			folds[] = {
		{"eq", "\xC3\x89t\xC3\xA9", "\xC3\xA9T\xC3\x89", true},
		{"eq", "\xC3\xA9", "e", false},
		{"eq", "e", "\xC3\xA9", false},
		{"eq", "\xCE\xA3", "\xCF\x83", true},	/* Sigma, sigma */
		{"eq", "\xCE\xA3", "\xCF\x82", true},	/* and the final one */
		{"eq", "\xCF\x83", "\xCF\x82", true},
		{"eq", "\xC4\xB0", "i", false},	/* dotted I folds to itself alone */
		{"eq", "i", "\xC4\xB0", false},
		{"eq", "\xC4\xB0", "\xC4\xB0", true},
		{"eq", "\xC4\xB1", "I", false},	/* dotless i likewise */
		{"eq", "I", "i", true},
		{"eq", "stra\xC3\x9F" "e", "STRASSE", false},	/* no full folding */
		{"eq", "\xE1\xBA\x9E", "\xC3\x9F", true},	/* capital sharp s */
		{"eq", "\xE2\x84\xAA", "k", true},	/* Kelvin sign */
		{"eq", "K", "\xE2\x84\xAA", true},
		{"eq", "\xC5\xBF", "S", true},	/* long s */
		{"eq", "as", "A\xC5\xBF", true},
		{"eq", "\xC3\xA5", "\xE2\x84\xAB", true},	/* Angstrom sign */
		{"eq", "\xD0\x9F\xD1\x80\xD0\xB8", "\xD0\xBF\xD0\xA0\xD0\x98", true},
		{"eq", "\xF0\x90\x90\x80", "\xF0\x90\x90\xA8", true},	/* Deseret */
		{"eq", "\xC3\xA9", "\xC3\xA9\xC3\xA9", false},
		{"eq", "\xC3\xA9\xC3\xA9", "\xC3\xA9", false},
		{"starts_with", "\xC3\xA9", "\xC3\x89t", true},
		{"starts_with", "t", "\xC3\x89t", false},
		{"starts_with", "ask", "A\xC5\xBF\xE2\x84\xAA me", true},
		{"ends_with", "\xC3\xA9", "t\xC3\x89", true},
		{"ends_with", "\xC3\xA9", "\xC3\x89t", false},
		{"ends_with", "T", "\xC3\x89t", true},
		{"contains", "\xC3\xA9", "at\xC3\x89t", true},
		{"contains", "\xC3\xA9", "atet", false},
		{"contains", "a.c", "ABC", false},
		{"contains", "\xC3\xA9.c", "x\xC3\x89.Cx", true},
		{"contains", "\xC3\xA9.c", "x\xC3\x89xCx", false},
		{"matches", "^\xCE\xA3+$", "\xCF\x83\xCF\x82", true},
	};

	for (int i = 0; i < FF_LENGTH(folds); i++)
		Ok(FoldedMatch(folds[i].op, folds[i].value, folds[i].text) == folds[i].matches,
		   "%s %s %s ignoring case is %s", folds[i].text, folds[i].op,
		   folds[i].value, folds[i].matches ? "true" : "false");
}

/* Texts that are longer than the buffers on the stack. */
static void
TestLongTexts(void)
{
	FFText		text = {0};
	FFText		attributes = {0};

	for (int i = 0; i < 1000; i++)
		FFTextFormat(&text, "Ab");
	FFTextFormat(&text, "\xC3\x89");
	FFTextFormat(&attributes, "{\"x\":\"");
	FFTextAdd(&attributes, text.data, text.length);
	FFTextFormat(&attributes, "\"}");
	Ok(Matches("{\"attribute\":\"x\",\"op\":\"contains\",\"value\":\"BA\",\"ignore_case\":true}",
			   attributes.data), "contains in a long text");
	Ok(Matches("{\"attribute\":\"x\",\"op\":\"ends_with\",\"value\":\"B\xC3\xA9\",\"ignore_case\":true}",
			   attributes.data), "ends_with of a long text");
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"ends_with\",\"value\":\"A\xC3\xA9\",\"ignore_case\":true}",
				attributes.data), "ends_with of a long text, not");
	Ok(Matches("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"ab.$\",\"ignore_case\":true}",
			   attributes.data), "matches far behind the first chunk");
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"^b\",\"ignore_case\":true}",
				attributes.data), "an anchor holds behind the first chunk");
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"\\\\Gb\",\"ignore_case\":true}",
				attributes.data), "\\G is the start of the text only");
}

/* A database in Latin-1: the same answers, the same buckets. */
static void
TestLatin1(void)
{
	FFContext	context;
	int			utf8_bucket = FFBucket(Str("s\xC3\xA4lt"), Str("J\xC3\xBCrgen"));
	int			latin1_bucket;

	StandinLatin1(true);
	latin1_bucket = FFBucket(Str("s\xE4lt"), Str("J\xFCrgen"));
	Is(latin1_bucket, utf8_bucket, "buckets are those of the UTF-8 form");
	Ok(FoldedMatch("eq", "\xE9t", "\xC9T"), "folding in Latin-1");
	Ok(!FoldedMatch("eq", "\xE9t", "\xE8T"), "folding in Latin-1, not");
	Ok(FoldedMatch("contains", "\xE9", "x\xC9x"), "contains in Latin-1");
	Ok(FoldedMatch("matches", "^.\xE9$", "x\xC9"), "matches in Latin-1");
	Ok(Matches("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"^.$\"}",
			   "{\"x\":\"\xE9\"}"), "a byte is a character in Latin-1");
	context = Context("J\xFCrgen", NULL);
	Ok(Served(Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":50},"
					  "{\"variation\":\"b\",\"weight\":50}]}"), &context).length == 1,
	   "a split in Latin-1");
	StandinLatin1(false);
}

/* In SQL_ASCII a text may be anything: compared by bytes, never a crash. */
static void
TestInvalidUtf8(void)
{
	FFError		error;
	FFValue		document = Json("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"\xFF\"}");

	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\".\"}",
				"{\"x\":\"\xFF\"}"), "a pattern never matches what is not UTF-8");
	Ok(FoldedMatch("eq", "\xFF" "a", "\xFF" "A"), "bytes are equal");
	Ok(!FoldedMatch("eq", "\xC3\xA9", "\xC3"), "a cut character");
	Ok(!FoldedMatch("contains", "\xC3\xA9", "x\xE9\xC3"), "bytes are not in it");
	Ok(FoldedMatch("contains", "\xE9", "x\xE9\xC3"), "bytes are in it");
	Ok(FFConditionCompile(&document, &error) == NULL, "a pattern must be UTF-8");
	Is(error.code, FF_ERROR_REGEX, "which is an error of the pattern");
}

void
TestText(void)
{
	TestTimes();
	TestVersions();
	TestFolding();
	TestLongTexts();
	TestLatin1();
	TestInvalidUtf8();
}
