/*
 * unit_rules.c
 *	  Rules in order, windows of time, targets, splits, segments.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define ATTRIBUTE_IS(name, value) \
	"{\"attribute\":\"" name "\",\"op\":\"eq\",\"value\":" value "}"

static void
TestOrder(void)
{
	FFProgram  *program = Compile("[{\"id\":\"first\",\"when\":" ATTRIBUTE_IS("x", "1") ",\"serve\":\"a\"},"
								  "{\"when\":" ATTRIBUTE_IS("x", "1") ",\"serve\":\"b\"},"
								  "{\"when\":" ATTRIBUTE_IS("x", "2") ",\"serve\":\"b\"},"
								  "{\"id\":\"split\",\"when\":" ATTRIBUTE_IS("x", "3")
								  ",\"serve\":{\"split\":[{\"variation\":\"c\",\"weight\":100}]}}]",
								  "\"on\"");
	FFContext	context = Context("user-1", "{\"x\":1}");
	FFOutcome	outcome;

	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_RULE, "the first rule matches");
	Is(outcome.rule, 0, "and is reported");
	IsText(outcome.rule_id, "first", "with its id");
	Is(outcome.variation, 2, "its variation is served");
	Is(outcome.bucket, -1, "without a bucket");
	Ok(outcome.unit.data == NULL, "nor a unit");
	context = Context("user-1", "{\"x\":2}");
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.rule, 2, "the third rule matches");
	Ok(outcome.rule_id.data == NULL, "and has no id");
	context = Context("user-1", "{\"x\":3}");
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_RULE_SPLIT, "the fourth rule splits");
	Is(outcome.bucket, FFBucket(Str("flag"), Str("user-1")), "by its bucket");
	IsText(outcome.unit, "user-1", "which is the user's");
	context = Context("user-1", "{\"x\":4}");
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_DEFAULT, "no rule matches");
	Is(outcome.rule, -1, "none is reported");
	Ok(outcome.rule_id.data == NULL, "nor an id");
	Is(outcome.variation, 0, "the default is served");
	context = Context(NULL, NULL);
	IsText(Served(program, &context), "on", "nobody gets the default");
}

static void
TestDefault(void)
{
	FFProgram  *program = Compile(NULL, NULL);
	FFFlagSource source = Source(NULL, NULL, NULL);
	FFContext	context = Context("user-1", NULL);
	FFError		error;

	IsText(Served(program, &context), "off", "without a default, off is served");
	Ok(FFProgramIsStatic(program), "which is static");
	Is(FFProgramOffVariation(program), 1, "the off variation");
	Is(FFProgramVariationCount(program), 5, "the variations are counted");
	IsText(FFProgramVariationKey(program, 2), "a", "and named");
	Is(FFProgramFindVariation(program, Str("c")), 4, "and found");
	Is(FFProgramFindVariation(program, Str("x")), -1, "or not");
	Is(FFProgramFindVariation(program, Str(NULL)), -1, "nothing is not found");
	source.off_variation = Str(NULL);
	Is(FFProgramOffVariation(FFProgramCompile(&source, &error)), 1,
	   "off is found by its name");
	source.variations = Json("[{\"key\":\"x\",\"value\":1},{\"key\":\"y\",\"value\":2}]");
	Is(FFProgramOffVariation(FFProgramCompile(&source, &error)), 0,
	   "or is the first variation");
	source = Source(NULL, "true", NULL);
	source.off_variation = Str("a");
	program = FFProgramCompile(&source, &error);
	IsText(Served(program, &context), "on", "true is on");
	Is(FFProgramOffVariation(program), 2, "the off variation as named");
	Ok(!FFProgramIsStatic(Compile("[{\"serve\":\"a\"}]", "\"on\"")),
	   "a flag with rules is not static");
	Ok(!FFProgramIsStatic(Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":100}]}")),
	   "nor is one with a split");
	source = Source(NULL, NULL, "{\"on\":[\"u\"]}");
	Ok(!FFProgramIsStatic(FFProgramCompile(&source, &error)),
	   "nor one with targets");
	source = Source(NULL, NULL, "{\"on\":[]}");
	Ok(FFProgramIsStatic(FFProgramCompile(&source, &error)),
	   "empty lists are no targets");
}

static void
TestWindow(void)
{
	FFProgram  *program = Compile("[{\"serve\":\"a\",\"from\":\"2026-01-01T00:00:00Z\","
								  "\"until\":\"2026-01-01T01:00:00Z\"},"
								  "{\"serve\":\"b\",\"from\":\"2026-01-01T02:00:00Z\"},"
								  "{\"serve\":\"c\",\"until\":\"2025-01-01T00:00:00Z\"}]", "\"on\"");
	FFContext	context = Context("user-1", NULL);

	context.now = NOW - 1;
	IsText(Served(program, &context), "on", "just before from");
	context.now = NOW;
	IsText(Served(program, &context), "a", "at from");
	context.now = NOW + 60 * MINUTE - 1;
	IsText(Served(program, &context), "a", "just before until");
	context.now = NOW + 60 * MINUTE;
	IsText(Served(program, &context), "on", "at until");
	context.now = NOW + 120 * MINUTE;
	IsText(Served(program, &context), "b", "from without until");
	context.now = NOW - 366 * 1440 * MINUTE;
	IsText(Served(program, &context), "c", "until without from");
	context.now = INT64_MAX - 1;
	IsText(Served(program, &context), "b", "at the end of time");
	context.now = INT64_MIN;
	IsText(Served(program, &context), "c", "at its beginning");
}

static void
TestTargets(void)
{
	FFFlagSource source = Source(NULL, NULL, "{\"on\":[\"u1\",\"u2\",\"u2\"],\"a\":[\"u3\",\"\"]}");
	FFError		error;
	FFProgram  *program = FFProgramCompile(&source, &error);
	FFText		text = {0};
	int			wrong = 0;
	char		key[32];

	Is(FFProgramTarget(program, Str("u1")), 0, "a target of on");
	Is(FFProgramTarget(program, Str("u2")), 0, "listed twice");
	Is(FFProgramTarget(program, Str("u3")), 2, "a target of a");
	Is(FFProgramTarget(program, Str("")), 2, "an empty key");
	Is(FFProgramTarget(program, Str("u4")), -1, "no target");
	Is(FFProgramTarget(program, Str("u11")), -1, "a longer key");
	Is(FFProgramTarget(program, Str(NULL)), -1, "nobody");

	FFTextFormat(&text, "{\"on\":[\"x\"");
	for (int i = 0; i < 5000; i++)
		FFTextFormat(&text, ",\"user-%d\"", i);
	FFTextFormat(&text, "],\"off\":[\"y\"");
	for (int i = 5000; i < 10000; i++)
		FFTextFormat(&text, ",\"user-%d\"", i);
	FFTextFormat(&text, "]}");
	source.targets = Json(text.data);
	program = FFProgramCompile(&source, &error);
	for (int i = 0; i < 11000; i++)
	{
		snprintf(key, sizeof(key), "user-%d", i);
		wrong += FFProgramTarget(program, Str(key)) !=
			(i < 5000 ? 0 : i < 10000 ? 1 : -1);
	}
	Is(wrong, 0, "10,000 targets");
}

/* A user whose bucket is known lies on the right side of every border. */
static void
TestBorders(void)
{
	int			bucket = FFBucket(Str("flag"), Str("user-1"));
	FFContext	context = Context("user-1", NULL);

	for (int step = -2; step <= 2; step++)
	{
		char		split[256];
		int			end = bucket + step;
		FFOutcome	outcome;

		snprintf(split, sizeof(split), "{\"split\":["
				 "{\"variation\":\"c\",\"weight\":0},"
				 "{\"variation\":\"a\",\"weight\":%d.%03d},"
				 "{\"variation\":\"on\",\"weight\":0},"
				 "{\"variation\":\"b\",\"weight\":%d.%03d},"
				 "{\"variation\":\"off\",\"weight\":0}]}",
				 end / 1000, end % 1000, (100000 - end) / 1000, (100000 - end) % 1000);
		FFProgramRules(Compile(NULL, split), NULL, &context, &outcome);
		Is(outcome.variation, bucket < end ? 2 : 3, "bucket %d, border %d", bucket, end);
		Is(outcome.bucket, bucket, "the bucket is reported");
	}
	IsText(Served(Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":0},"
						  "{\"variation\":\"b\",\"weight\":100}]}"), &context), "b",
		   "nobody gets a part of 0");
	IsText(Served(Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":100},"
						  "{\"variation\":\"b\",\"weight\":0}]}"), &context), "a",
		   "everybody gets a part of 100");
}

static void
TestSplitKeys(void)
{
	static const struct
	{
		const char *attributes;
		const char *key;		/* that is hashed; NULL: missing */
	}			keys[] = {
		{"{\"k\":\"abc\"}", "abc"},
		{"{\"k\":\"\"}", ""},
		{"{\"k\":7}", "7"},
		{"{\"k\":7.50}", "7.5"},
		{"{\"k\":-0.0}", "0"},
		{"{\"k\":1e3}", "1000"},
		{"{\"k\":12.5e-4}", "0.00125"},
		{"{\"k\":true}", "true"},
		{"{\"k\":false}", "false"},
		{"{\"k\":null}", NULL},
		{"{\"k\":[]}", NULL},
		{"{\"k\":{}}", NULL},
		{"{}", NULL},
		{NULL, NULL},
	};
	FFProgram  *program = Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":100}],\"by\":\"k\"}");
	FFContext	context;
	FFOutcome	outcome;

	for (int i = 0; i < FF_LENGTH(keys); i++)
	{
		context = Context("user-1", keys[i].attributes);
		FFProgramRules(program, NULL, &context, &outcome);
		Is(outcome.bucket, FFBucket(Str("flag"), Str(keys[i].key)), "split by k of %s",
		   keys[i].attributes == NULL ? "nothing" : keys[i].attributes);
		Is(outcome.match, keys[i].key == NULL ? FF_MATCH_KEY_MISSING :
		   FF_MATCH_DEFAULT_SPLIT, "and what is said of it");
		Is(outcome.variation, keys[i].key == NULL ? -1 : 2, "and the variation");
	}
	program = Compile("[{\"id\":\"r\",\"serve\":{\"split\":[{\"variation\":\"a\",\"weight\":100}],"
					  "\"by\":\"account.id\"}}]", NULL);
	context = Context(NULL, "{\"account\":{\"id\":9}}");
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.bucket, FFBucket(Str("flag"), Str("9")), "split by a path, no user");
	context = Context(NULL, NULL);
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_KEY_MISSING, "a rule's key may be missing too");
	Is(outcome.rule, 0, "the rule is reported all the same");
	program = Compile(NULL, "{\"split\":[{\"variation\":\"a\",\"weight\":100}],\"by\":\"user_key\"}");
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_KEY_MISSING, "no user, no bucket");
	context = Context("user-1", NULL);
	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.bucket, FFBucket(Str("flag"), Str("user-1")), "by user_key");
}

static FFCondition *
CompileCondition(const char *text)
{
	FFValue		document = Json(text);
	FFError		error;

	return FFConditionCompile(&document, &error);
}

static void
TestSegments(void)
{
	FFProgram  *program = Compile("[{\"when\":{\"any\":[{\"segment\":\"staff\"},{\"segment\":\"beta\"},"
								  "{\"segment\":\"staff\"}]},\"serve\":\"a\"},"
								  "{\"when\":{\"not\":{\"segment\":\"loop\"}},\"serve\":\"b\"}]", NULL);
	const FFSegmentKeys *keys = FFProgramSegments(program);
	FFSegment	staff = {.key = Str("staff")};
	FFSegment	beta = {.key = Str("beta")};
	FFSegment	loop = {.key = Str("loop")};
	FFSegment  *bindings[] = {&staff, &beta, &loop};
	FFSegment  *inner[] = {&staff};
	FFSegment  *self[] = {&loop, &staff};
	FFContext	context = Context("user-1", "{\"staff\":true,\"x\":1}");
	FFOutcome	outcome;

	Is(keys->count, 3, "three segments are named");
	IsText(keys->keys[0], "staff", "the first");
	IsText(keys->keys[1], "beta", "the second");
	IsText(keys->keys[2], "loop", "the third");
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, 1, "segments without a condition contain nobody");
	staff.condition = CompileCondition(ATTRIBUTE_IS("staff", "true"));
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, 0, "the user is staff");
	staff.condition = NULL;
	beta.condition = CompileCondition("{\"all\":[{\"segment\":\"s\"}," ATTRIBUTE_IS("x", "1") "]}");
	beta.segments = inner;
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, 1, "a segment within a segment, not staff");
	staff.condition = CompileCondition(ATTRIBUTE_IS("staff", "true"));
	bindings[0] = NULL;
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, 0, "a segment within a segment");
	context = Context("user-1", "{\"staff\":false}");
	loop.condition = CompileCondition("{\"any\":[{\"segment\":\"loop\"},{\"segment\":\"staff\"}]}");
	loop.segments = self;
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, 1, "a cycle contains nobody");
	context = Context("user-1", "{\"staff\":true}");
	bindings[1] = NULL;
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, -1, "but those who are in it otherwise");
	FFProgramRules(program, bindings, &context, &outcome);
	Is(outcome.rule, -1, "every time");
	Is(FFConditionSegments(loop.condition)->count, 2, "a condition's segments");
}

/* A subject is tested once, however many ways lead to a segment. */
static void
TestDiamonds(void)
{
	enum
	{
		LENGTH = 60
	};
	FFSegment	segments[LENGTH] = {{.key = {NULL, 0}}};
	FFSegment  *bindings[LENGTH][2];
	FFCondition *both = CompileCondition("{\"any\":[{\"segment\":\"a\"},{\"segment\":\"b\"}]}");
	FFContext	context = Context("user-1", "{\"x\":2}");

	for (int i = 0; i + 1 < LENGTH; i++)
	{
		segments[i].condition = both;
		segments[i].segments = bindings[i];
		bindings[i][0] = bindings[i][1] = &segments[i + 1];
	}
	segments[LENGTH - 1].condition = CompileCondition(ATTRIBUTE_IS("x", "1"));
	context.serial = 7;
	Ok(!FFConditionMatches(both, bindings[0], &context), "2^60 ways to a segment");
	context = Context("user-1", "{\"x\":1}");
	context.serial = 8;
	Ok(FFConditionMatches(both, bindings[0], &context), "another subject is in it");
	context = Context("user-1", "{\"x\":2}");
	Ok(!FFConditionMatches(segments[LENGTH - 3].condition, bindings[LENGTH - 3], &context),
	   "one without a serial is asked anew");
}

/* In the ordinary case evaluation takes no memory. */
static void
TestAllocations(void)
{
	FFProgram  *program = Compile("[{\"when\":{\"all\":["
								  "{\"attribute\":\"country\",\"op\":\"in\",\"values\":[\"DE\",\"FR\"]},"
								  "{\"attribute\":\"plan\",\"op\":\"eq\",\"values\":[\"PRO\"],\"ignore_case\":true},"
								  "{\"attribute\":\"account.age\",\"op\":\"ge\",\"values\":[30]}]},"
								  "\"serve\":{\"split\":[{\"variation\":\"a\",\"weight\":50},"
								  "{\"variation\":\"b\",\"weight\":50}]}}]", NULL);
	FFContext	context = Context("user-1", "{\"country\":\"FR\",\"plan\":\"pro\",\"account\":{\"age\":31}}");
	long		before = StandinAllocations();
	FFOutcome	outcome;

	FFProgramRules(program, NULL, &context, &outcome);
	Is(outcome.match, FF_MATCH_RULE_SPLIT, "three conditions and a split");
	Is(StandinAllocations() - before, 0, "without taking memory");
}

void
TestRules(void)
{
	TestOrder();
	TestDefault();
	TestWindow();
	TestTargets();
	TestBorders();
	TestSplitKeys();
	TestSegments();
	TestDiamonds();
	TestAllocations();
}
