/*
 * unit_trace.c
 *	  Explanations: every step, in order, with what was compared.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* Collects steps as lines of "depth step outcome: detail". */
static void
Collect(FFTrace *trace, int depth, const char *step, const char *outcome,
		const char *detail)
{
	FFText	   *lines = trace->argument;

	FFTextFormat(lines, "%d %s %s: ", depth, step, outcome);
	FFTextAdd(lines, detail, (int) strlen(detail));
	FFTextAdd(lines, "\n", 1);
}

static FFString
Explain(const FFProgram *program, FFSegment **segments, FFContext *context)
{
	FFText		lines = {0};
	FFTrace		trace = {.step = Collect, .argument = &lines};
	FFOutcome	explained;
	FFOutcome	outcome;

	FFProgramRules(program, segments, context, &outcome);
	context->trace = &trace;
	FFProgramRules(program, segments, context, &explained);
	context->trace = NULL;
	if (explained.variation != outcome.variation || explained.rule != outcome.rule)
		return Str("the explanation is of another outcome");
	return (FFString) {lines.data, lines.length};
}

static FFString
ExplainCondition(const char *condition, const char *attributes)
{
	FFText		rules = {0};
	FFContext	context = Context("user-1", attributes);
	FFText		lines = {0};
	FFTrace		trace = {.step = Collect, .argument = &lines};
	FFValue		document;
	FFError		error;
	FFCondition *compiled;

	FFTextAdd(&rules, condition, (int) strlen(condition));
	document = Json(rules.data);
	compiled = FFConditionCompile(&document, &error);
	context.trace = &trace;
	FFConditionMatches(compiled, NULL, &context);
	return (FFString) {lines.data, lines.length};
}

static void
TestSteps(void)
{
	FFProgram  *program = Compile("[{\"when\":{\"all\":[{\"attribute\":\"country\",\"op\":\"in\",\"values\":[\"DE\",\"FR\"]},"
								  "{\"not\":{\"segment\":\"staff\"}}]},\"serve\":\"a\",\"id\":\"eu\"},"
								  "{\"serve\":\"b\",\"until\":\"2000-01-01T00:00:00Z\"},"
								  "{\"serve\":\"b\",\"from\":\"2100-01-01T00:00:00Z\"},"
								  "{\"when\":{\"any\":[{\"attribute\":\"age\",\"op\":\"ge\",\"value\":30}]},\"serve\":\"a\"},"
								  "{\"serve\":{\"split\":[{\"variation\":\"a\",\"weight\":50},{\"variation\":\"c\",\"weight\":0},"
								  "{\"variation\":\"b\",\"weight\":50}]}}]", NULL);
	FFValue		anybody = Json("{\"attribute\":\"staff\",\"op\":\"exists\"}");
	FFError		error;
	FFSegment	staff = {.condition = FFConditionCompile(&anybody, &error)};
	FFSegment  *segments[] = {&staff};
	FFContext	context = Context("user-1", "{\"country\":\"DE\",\"staff\":1,\"age\":\"31\"}");
	char		split[128];

	snprintf(split, sizeof(split), "0 serve split: %c: split by user_key = \"user-1\", bucket %d of "
			 "a 0 to 49999, c nobody, b 50000 to 99999\n",
			 FFBucket(Str("flag"), Str("user-1")) < 50000 ? 'a' : 'b',
			 FFBucket(Str("flag"), Str("user-1")));
	{
		FFText		wanted = {0};

		FFTextFormat(&wanted, "1 condition true: country = \"DE\", in [\"DE\", \"FR\"]\n"
					 "3 condition true: staff = 1, exists\n"
					 "2 segment true: staff\n"
					 "1 not false: \n"
					 "0 all false: 2 conditions\n");
		FFTextFormat(&wanted, "0 rule not matched: rules[0] \"eu\"\n"
					 "0 rule over: rules[1]\n"
					 "0 rule not yet: rules[2]\n"
					 "1 condition false: age = \"31\", ge [30]: cannot be compared\n"
					 "0 any false: 1 condition\n");
		FFTextFormat(&wanted, "0 rule not matched: rules[3]\n"
					 "0 rule matched: rules[4] applies to everybody\n%s", split);
		IsText(Explain(program, segments, &context), wanted.data, "a whole explanation");
	}
	context = Context(NULL, "{\"country\":\"FR\"}");
	Ok(strstr(Explain(program, NULL, &context).data,
			  "2 segment false: staff is not defined\n1 not true: \n0 all true") != NULL,
	   "a segment without a binding");
	context = Context(NULL, "{\"country\":\"IT\"}");
	Ok(strstr(Explain(program, segments, &context).data,
			  "0 serve key missing: split by user_key, which is missing\n") != NULL,
	   "a missing key");
	IsText(Explain(Compile(NULL, "\"on\""), NULL, &context), "0 serve variation: on\n",
		   "a variation served by default");
}

static void
TestDetails(void)
{
	static const struct
	{
		const char *condition;
		const char *attributes;
		const char *wanted;
	}			details[] = {
		{"{\"attribute\":\"x\",\"op\":\"ne\",\"value\":1}", "{}",
		"0 condition false: x is missing, ne [1]\n"},
		{"{\"attribute\":\"x\",\"op\":\"ne\",\"value\":1}", "{\"x\":null}",
		"0 condition false: x = null, ne [1]\n"},
		{"{\"attribute\":\"x\",\"op\":\"ne\",\"value\":1}", "{\"x\":[1,\"a\",[2],{\"b\":1},{},true]}",
		"0 condition false: x = [1, \"a\", [...], {...}, {}, true], ne [1]: cannot be compared\n"},
		{"{\"attribute\":\"user_key\",\"op\":\"eq\",\"value\":\"USER-1\",\"ignore_case\":true}", "{}",
		"0 condition true: user_key = \"user-1\", eq [\"USER-1\"] ignoring case\n"},
		{"{\"attribute\":\"x\",\"op\":\"in\",\"values\":[1,2,3,4,5,6,7,8,9,10,11,12]}", "{\"x\":1.50}",
		"0 condition false: x = 1.5, in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ... 12 in all]\n"},
		{"{\"attribute\":\"x\",\"op\":\"has\",\"values\":[0]}", "{\"x\":[1,2,3,4,5,6,7,8,9,10,11]}",
		"0 condition false: x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ... 11 in all], has [0]\n"},
		{"{\"attribute\":\"a.b\",\"op\":\"eq\",\"value\":\"\\\"\\\\\\n\"}", "{\"a\":{\"b\":false}}",
		"0 condition false: a.b = false, eq [\"\\\"\\\\\\u000a\"]\n"},
		{"{\"segment\":\"s\"}", "{}", "0 segment false: s is not defined\n"},
		{"{\"attribute\":\"x\",\"op\":\"gt\",\"value\":1e100}", "{}",
		"0 condition false: x is missing, gt [1000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000...]\n"},
	};

	for (int i = 0; i < FF_LENGTH(details); i++)
		IsText(ExplainCondition(details[i].condition, details[i].attributes),
			   details[i].wanted, "explained: %s", details[i].condition);
}

/* A segment that contains itself is named as such. */
static void
TestCycle(void)
{
	FFProgram  *program = Compile("[{\"when\":{\"segment\":\"loop\"},\"serve\":\"a\"}]", "\"b\"");
	FFValue		document = Json("{\"segment\":\"loop\"}");
	FFError		error;
	FFSegment	loop = {.condition = FFConditionCompile(&document, &error)};
	FFSegment  *segments[] = {&loop};
	FFContext	context = Context("user-1", NULL);

	loop.segments = segments;
	IsText(Explain(program, segments, &context),
		   "1 segment false: loop contains itself\n"
		   "0 segment false: loop\n"
		   "0 rule not matched: rules[0]\n"
		   "0 serve variation: b\n", "a cycle is explained");
}

/* Long texts are shortened between characters. */
static void
TestLongDetails(void)
{
	FFText		attributes = {0};
	FFString	explained;
	bool		valid;

	FFTextFormat(&attributes, "{\"x\":\"");
	for (int i = 0; i < 1000; i++)
		FFTextFormat(&attributes, "\xE7\x94\xA8");
	FFTextFormat(&attributes, "\"}");
	explained = ExplainCondition("{\"attribute\":\"x\",\"op\":\"eq\",\"value\":1}",
								 attributes.data);
	FFUtf8(explained, &valid);
	Ok(valid && explained.length < 200, "a long text is shortened");
}

void
TestTrace(void)
{
	TestSteps();
	TestDetails();
	TestCycle();
	TestLongDetails();
}
