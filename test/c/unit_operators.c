/*
 * unit_operators.c
 *	  Every operator: what matches, what does not, what cannot be compared.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

typedef struct Case
{
	const char *op;
	const char *values;			/* and further members of the condition */
	const char *value;			/* of the attribute; NULL: missing */
	bool		matches;
} Case;

static const Case cases[] = {
	{"eq", "[\"DE\"]", "\"DE\"", true},
	{"eq", "[\"DE\"]", "\"DEU\"", false},
	{"eq", "[\"DE\"]", "\"de\"", false},
	{"eq", "[\"DE\"]", "\"\"", false},
	{"eq", "[\"\"]", "\"\"", true},
	{"eq", "[\"\"]", NULL, false},
	{"eq", "[\"DE\"]", NULL, false},
	{"eq", "[\"DE\"]", "null", false},
	{"eq", "[1]", "1", true},
	{"eq", "[1]", "1.0", true},
	{"eq", "[1]", "\"1\"", false},
	{"eq", "[\"1\"]", "1", false},
	{"eq", "[true]", "true", true},
	{"eq", "[true]", "false", false},
	{"eq", "[false]", "false", true},
	{"eq", "[true]", "\"true\"", false},
	{"eq", "[true]", "1", false},
	{"eq", "[\"a\",\"b\",3]", "\"b\"", true},
	{"eq", "[\"a\",\"b\",3]", "3", true},
	{"eq", "[\"a\",\"b\",3]", "4", false},
	{"eq", "[\"a\"]", "[\"a\"]", false},
	{"eq", "[\"a\"]", "{}", false},
	{"eq", "[10000000000000000000000000001]", "10000000000000000000000000001", true},
	{"eq", "[10000000000000000000000000001]", "10000000000000000000000000000", false},
	{"eq", "[0.1]", "0.10000000000000000000000000001", false},
	{"eq", "[0]", "-0", true},
	{"eq", "[1e400]", "1e400", true},
	{"ne", "[\"DE\"]", "\"FR\"", true},
	{"ne", "[\"DE\"]", "\"DE\"", false},
	{"ne", "[\"DE\",\"FR\"]", "\"FR\"", false},
	{"ne", "[\"DE\",\"FR\"]", "\"IT\"", true},
	{"ne", "[\"DE\"]", NULL, false},
	{"ne", "[\"DE\"]", "null", false},
	{"ne", "[\"DE\"]", "[\"FR\"]", false},
	{"ne", "[\"DE\"]", "{}", false},
	{"ne", "[\"1\"]", "1", true},
	{"ne", "[1]", "2", true},
	{"ne", "[1]", "1.00", false},
	{"ne", "[true]", "false", true},
	{"in", "[\"DE\",\"FR\",\"IT\",\"ES\"]", "\"ES\"", true},
	{"in", "[\"DE\",\"FR\",\"IT\",\"ES\"]", "\"PL\"", false},
	{"in", "[1,2,3]", "2", true},
	{"in", "[1,2,3,4,5,6,7,8,9,10,11]", "11", true},
	{"in", "[11,2,9,4,5,6,7,8,3,10,1]", "1.0", true},
	{"in", "[11,2,9,4,5,6,7,8,3,10,1]", "1.5", false},
	{"in", "[11,2,9,4,5,6,7,8,3,10,1]", "12", false},
	{"in", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]", "\"j\"", true},
	{"in", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]", "\"k\"", false},
	{"in", "[\"a\",\"a\"]", "\"a\"", true},
	{"not_in", "[\"DE\",\"FR\"]", "\"IT\"", true},
	{"not_in", "[\"DE\",\"FR\"]", "\"DE\"", false},
	{"not_in", "[\"DE\",\"FR\"]", NULL, false},
	{"not_in", "[\"DE\",\"FR\"]", "[]", false},
	{"lt", "[10]", "9", true},
	{"lt", "[10]", "9.999999999999999999999999999", true},
	{"lt", "[10]", "10", false},
	{"lt", "[10]", "-1e300", true},
	{"lt", "[10]", "\"9\"", false},
	{"lt", "[10]", "true", false},
	{"lt", "[10]", NULL, false},
	{"lt", "[1,5]", "3", true},
	{"le", "[10]", "10", true},
	{"le", "[10]", "10.0000000000000000000000001", false},
	{"gt", "[10]", "10.0000000000000000000000001", true},
	{"gt", "[10]", "10", false},
	{"gt", "[-10]", "-9", true},
	{"gt", "[-9]", "-10", false},
	{"gt", "[10]", "null", false},
	{"gt", "[10,5]", "7", true},
	{"ge", "[30]", "30", true},
	{"ge", "[30]", "29.5", false},
	{"ge", "[30]", "1e5", true},
	{"ge", "[0]", "0", true},
	{"starts_with", "[\"ab\"]", "\"abc\"", true},
	{"starts_with", "[\"ab\"]", "\"ab\"", true},
	{"starts_with", "[\"ab\"]", "\"a\"", false},
	{"starts_with", "[\"ab\"]", "\"xab\"", false},
	{"starts_with", "[\"x\",\"ab\"]", "\"abc\"", true},
	{"starts_with", "[\"\"]", "\"abc\"", true},
	{"starts_with", "[\"1\"]", "12", false},
	{"starts_with", "[\"AB\"]", "\"abc\"", false},
	{"starts_with", "[\"ab\"]", NULL, false},
	{"ends_with", "[\"@x.org\"]", "\"me@x.org\"", true},
	{"ends_with", "[\"@x.org\"]", "\"me@x.org.evil\"", false},
	{"ends_with", "[\"@x.org\"]", "\"x.org\"", false},
	{"ends_with", "[\"a\",\"b\"]", "\"ab\"", true},
	{"ends_with", "[\"a\"]", "[\"a\"]", false},
	{"contains", "[\"bc\"]", "\"abcd\"", true},
	{"contains", "[\"bc\"]", "\"bc\"", true},
	{"contains", "[\"bc\"]", "\"b c\"", false},
	{"contains", "[\"\"]", "\"\"", true},
	{"contains", "[\"zz\",\"d\"]", "\"abcd\"", true},
	{"contains", "[\"a\"]", "[\"a\"]", false},
	{"matches", "[\"^[a-z]+@x\\\\.org$\"]", "\"me@x.org\"", true},
	{"matches", "[\"^[a-z]+@x\\\\.org$\"]", "\"me2@x.org\"", false},
	{"matches", "[\"b\"]", "\"abc\"", true},
	{"matches", "[\"x\",\"c$\"]", "\"abc\"", true},
	{"matches", "[\"c$\"]", "\"abc\\n\"", false},
	{"matches", "[\"^.$\"]", "\"\\u00e9\"", true},
	{"matches", "[\"a|b\"]", "1", false},
	{"matches", "[\"^$\"]", NULL, false},
	{"matches", "[\"(a)\\\\1\"]", "\"aa\"", true},
	{"matches", "[\"\"]", "\"\"", true},
	{"before", "[\"2026-01-01T00:00:00Z\"]", "\"2025-12-31T23:59:59.999999Z\"", true},
	{"before", "[\"2026-01-01T00:00:00Z\"]", "\"2026-01-01T00:00:00Z\"", false},
	{"before", "[\"2026-01-01T00:00:00Z\"]", "\"2026-01-01T00:30:00+01:00\"", true},
	{"before", "[\"2026-01-01T00:00:00Z\"]", "\"2025-12-31\"", false},
	{"before", "[\"2026-01-01T00:00:00Z\"]", "1", false},
	{"before", "[\"2026-01-01T00:00:00Z\"]", NULL, false},
	{"after", "[\"2026-01-01T00:00:00Z\"]", "\"2026-01-01T00:00:00.000001Z\"", true},
	{"after", "[\"2026-01-01T00:00:00Z\"]", "\"2026-01-01T00:00:00Z\"", false},
	{"after", "[\"2027-01-01T00:00:00Z\",\"2026-01-01T00:00:00Z\"]",
	"\"2026-06-01T00:00:00Z\"", true},
	{"after", "[\"2026-01-01T00:00:00Z\"]", "\"soon\"", false},
	{"semver_eq", "[\"1.2.3\"]", "\"1.2.3\"", true},
	{"semver_eq", "[\"1.2.3\"]", "\"v1.2.3+build\"", true},
	{"semver_eq", "[\"1.2.0\"]", "\"1.2\"", true},
	{"semver_eq", "[\"1.2.3\"]", "\"1.2.3-rc\"", false},
	{"semver_eq", "[\"1.2.3\"]", "1.2", false},
	{"semver_lt", "[\"1.10.0\"]", "\"1.9.0\"", true},
	{"semver_lt", "[\"1.10.0\"]", "\"1.10.0\"", false},
	{"semver_lt", "[\"1.10.0\"]", "\"1.10.0-beta\"", true},
	{"semver_lt", "[\"1.10.0\"]", "\"1.x\"", false},
	{"semver_le", "[\"1.10.0\"]", "\"1.10\"", true},
	{"semver_le", "[\"1.10.0\"]", "\"1.10.1\"", false},
	{"semver_gt", "[\"2.0.0\"]", "\"2.0.1-alpha\"", true},
	{"semver_gt", "[\"2.0.0\"]", "\"2.0.0\"", false},
	{"semver_gt", "[\"9.0.0\",\"2.0.0\"]", "\"3\"", true},
	{"semver_gt", "[\"99999999999999999999.0.0\"]", "\"100000000000000000000.0.0\"", true},
	{"semver_ge", "[\"2.0.0\"]", "\"2.0.0\"", true},
	{"semver_ge", "[\"2.0.0\"]", "\"2.0.0-rc.1\"", false},
	{"semver_ge", "[\"2.0.0\"]", NULL, false},
	{"exists", NULL, "\"\"", true},
	{"exists", NULL, "false", true},
	{"exists", NULL, "[]", true},
	{"exists", NULL, "{}", true},
	{"exists", NULL, "null", false},
	{"exists", NULL, NULL, false},
	{"exists", "[true]", "0", true},
	{"exists", "[true]", NULL, false},
	{"exists", "[false]", "0", false},
	{"exists", "[false]", "null", true},
	{"exists", "[false]", NULL, true},
	{"has", "[\"x\"]", "[\"a\",\"x\"]", true},
	{"has", "[\"x\"]", "[\"a\",\"X\"]", false},
	{"has", "[\"x\",\"a\"]", "[\"a\"]", true},
	{"has", "[\"x\"]", "[]", false},
	{"has", "[\"x\"]", "\"x\"", false},
	{"has", "[\"x\"]", "{\"x\":1}", false},
	{"has", "[\"x\"]", NULL, false},
	{"has", "[2]", "[1,2.0]", true},
	{"has", "[2]", "[\"2\"]", false},
	{"has", "[true]", "[false,true]", true},
	{"has", "[false]", "[true]", false},
	{"has", "[\"x\"]", "[[\"x\"],{\"x\":\"x\"},null]", false},
	{"eq", "[\"DE\"],\"ignore_case\":true", "\"de\"", true},
	{"eq", "[\"DE\"],\"ignore_case\":true", "1", false},
	{"eq", "[\"DE\"],\"ignore_case\":false", "\"de\"", false},
	{"ne", "[\"DE\"],\"ignore_case\":true", "\"de\"", false},
	{"ne", "[\"DE\"],\"ignore_case\":true", "\"fr\"", true},
	{"ne", "[\"DE\"],\"ignore_case\":true", "1", false},
	{"ne", "[\"DE\"],\"ignore_case\":true", NULL, false},
	{"in", "[\"a\",\"B\"],\"ignore_case\":true", "\"b\"", true},
	{"not_in", "[\"a\",\"B\"],\"ignore_case\":true", "\"b\"", false},
	{"not_in", "[\"a\",\"B\"],\"ignore_case\":true", "\"c\"", true},
	{"starts_with", "[\"AB\"],\"ignore_case\":true", "\"abc\"", true},
	{"starts_with", "[\"AB\"],\"ignore_case\":true", "\"xab\"", false},
	{"ends_with", "[\"BC\"],\"ignore_case\":true", "\"abc\"", true},
	{"ends_with", "[\"BC\"],\"ignore_case\":true", "\"bcd\"", false},
	{"contains", "[\"B\"],\"ignore_case\":true", "\"abc\"", true},
	{"contains", "[\"B\"],\"ignore_case\":true", "\"acd\"", false},
	{"contains", "[\"B\"],\"ignore_case\":true", "1", false},
	{"matches", "[\"^AB\"],\"ignore_case\":true", "\"abc\"", true},
	{"matches", "[\"^\\u00c9\"],\"ignore_case\":true", "\"\\u00e9t\\u00e9\"", true},
	{"has", "[\"X\"],\"ignore_case\":true", "[1,\"x\"]", true},
	{"has", "[\"X\"],\"ignore_case\":true", "[1,\"y\"]", false},
};

static void
TestCase(const Case *test)
{
	char		condition[512];
	char		attributes[256] = "{\"other\":\"DE\"}";

	snprintf(condition, sizeof(condition), "{\"attribute\":\"x\",\"op\":\"%s\"%s%s}",
			 test->op, test->values == NULL ? "" : ",\"values\":",
			 test->values == NULL ? "" : test->values);
	if (test->value != NULL)
		snprintf(attributes, sizeof(attributes), "{\"other\":\"DE\",\"x\":%s}",
				 test->value);
	Ok(Matches(condition, attributes) == test->matches, "%s %s %s is %s",
	   test->value == NULL ? "nothing" : test->value, test->op,
	   test->values == NULL ? "" : test->values, test->matches ? "true" : "false");
}

/* 10,000 strings and numbers: hashed, sorted, each found and no other. */
static void
TestManyValues(void)
{
	FFText		text = {0};
	FFValue		document;
	FFError		error;
	FFCondition *condition;
	int			wrong = 0;

	FFTextFormat(&text, "{\"attribute\":\"x\",\"op\":\"in\",\"values\":[0");
	for (int i = 1; i < 10000; i++)
		FFTextFormat(&text, i % 2 ? ",\"k%d\"" : ",%d", i * 7919 % 10007);
	FFTextFormat(&text, "]}");
	document = Json(text.data);
	condition = FFConditionCompile(&document, &error);
	for (int i = 0; i < 10007; i++)
	{
		char		attributes[64];
		FFContext	context;
		int			order = 0;

		while (order < 10007 && order * 7919 % 10007 != i)
			order++;
		snprintf(attributes, sizeof(attributes),
				 order % 2 ? "{\"x\":\"k%d\"}" : "{\"x\":%d}", i);
		context = Context(NULL, attributes);
		wrong += FFConditionMatches(condition, NULL, &context) != (order < 10000);
		snprintf(attributes, sizeof(attributes),
				 order % 2 ? "{\"x\":%d}" : "{\"x\":\"k%d\"}", i);
		context = Context(NULL, attributes);
		wrong += FFConditionMatches(condition, NULL, &context);
	}
	Is(wrong, 0, "in with 10,000 values, strings and numbers");
}

/* Paths: nested objects first, then the dotted name as it stands. */
static void
TestPaths(void)
{
	static const struct
	{
		const char *path;
		const char *attributes;
		bool		matches;
	}			paths[] = {
		{"account.id", "{\"account\":{\"id\":\"x\"}}", true},
		{"account.id", "{\"account\":{\"id\":\"y\"}}", false},
		{"account.id", "{\"account.id\":\"x\"}", true},
		{"account.id", "{\"account\":{\"id\":\"y\"},\"account.id\":\"x\"}", false},
		{"account.id", "{\"account\":{\"name\":\"y\"},\"account.id\":\"x\"}", true},
		{"account.id", "{\"account\":\"y\",\"account.id\":\"x\"}", true},
		{"account.id", "{\"account\":{\"id\":null},\"account.id\":\"x\"}", false},
		{"account.id", "{\"account\":[\"x\"]}", false},
		{"account.id", "{\"id\":\"x\"}", false},
		{"a.b.c", "{\"a\":{\"b\":{\"c\":\"x\"}}}", true},
		{"a.b.c", "{\"a\":{\"b.c\":\"x\"}}", false},
		{"a.b.c", "{\"a.b.c\":\"x\"}", true},
		{"a.b.c", "{\"a\":{\"b\":{\"c\":{\"d\":\"x\"}}}}", false},
		{"a..b", "{\"a\":{\"\":{\"b\":\"x\"}}}", true},
		{".", "{\"\":{\"\":\"x\"}}", true},
		{"a.", "{\"a\":{\"\":\"x\"}}", true},
		{"user_key", "{\"user_key\":\"x\"}", false},
		{"user_key", "{}", false},
		{"user_key.a", "{\"user_key\":{\"a\":\"x\"}}", true},
		{"x", "[\"x\"]", false},
		{"x", "\"x\"", false},
		{"x", "null", false},
	};

	for (int i = 0; i < FF_LENGTH(paths); i++)
	{
		char		condition[128];

		snprintf(condition, sizeof(condition),
				 "{\"attribute\":\"%s\",\"op\":\"eq\",\"value\":\"x\"}", paths[i].path);
		Ok(Matches(condition, paths[i].attributes) == paths[i].matches,
		   "path %s in %s", paths[i].path, paths[i].attributes);
	}
	Ok(!Matches("{\"attribute\":\"x\",\"op\":\"ne\",\"value\":\"y\"}", NULL),
	   "without attributes nothing is known");
	Ok(Matches("{\"attribute\":\"x\",\"op\":\"exists\",\"value\":false}", NULL),
	   "without attributes nothing exists");
}

/* user_key is the key, whatever the attributes say. */
static void
TestUserKey(void)
{
	FFValue		document = Json("{\"attribute\":\"user_key\",\"op\":\"in\","
								"\"values\":[\"user-1\",\"user-2\"]}");
	FFValue		exists = Json("{\"attribute\":\"user_key\",\"op\":\"exists\"}");
	FFError		error;
	FFCondition *condition = FFConditionCompile(&document, &error);
	FFCondition *existence = FFConditionCompile(&exists, &error);
	FFContext	context = Context("user-2", NULL);

	Ok(FFConditionMatches(condition, NULL, &context), "user_key matches");
	Ok(FFConditionMatches(existence, NULL, &context), "user_key exists");
	context.user_key = Str("");
	Ok(!FFConditionMatches(condition, NULL, &context), "an empty key is another");
	Ok(FFConditionMatches(existence, NULL, &context), "an empty key exists");
	context = Context(NULL, "{\"user_key\":\"user-1\"}");
	Ok(!FFConditionMatches(condition, NULL, &context), "no user, no key");
	Ok(!FFConditionMatches(existence, NULL, &context), "no key exists");
}

/* Groups, and more attributes than fit the stack. */
static void
TestGroups(void)
{
	static const struct
	{
		const char *condition;
		bool		matches;
	}			groups[] = {
		{"{\"all\":[]}", true},
		{"{\"any\":[]}", false},
		{"{\"not\":{\"all\":[]}}", false},
		{"{\"not\":{\"any\":[]}}", true},
		{"{\"all\":[{\"all\":[]},{\"any\":[]}]}", false},
		{"{\"any\":[{\"any\":[]},{\"all\":[]}]}", true},
		{"{\"all\":[{\"all\":[]},{\"all\":[]}]}", true},
		{"{\"any\":[{\"any\":[]},{\"any\":[]}]}", false},
		{"{\"not\":{\"attribute\":\"missing\",\"op\":\"eq\",\"values\":[1]}}", true},
		{"{\"not\":{\"attribute\":\"missing\",\"op\":\"ne\",\"values\":[1]}}", true},
		{"{\"segment\":\"unbound\"}", false},
		{"{\"not\":{\"segment\":\"unbound\"}}", true},
	};
	FFText		condition = {0};
	FFText		attributes = {0};

	for (int i = 0; i < FF_LENGTH(groups); i++)
		Ok(Matches(groups[i].condition, "{}") == groups[i].matches, "%s",
		   groups[i].condition);

	FFTextFormat(&condition, "{\"all\":[{\"all\":[]}");
	FFTextFormat(&attributes, "{\"z\":1");
	for (int i = 0; i < 100; i++)
	{
		FFTextFormat(&condition,
					 ",{\"attribute\":\"a%d\",\"op\":\"eq\",\"value\":%d}", i, i);
		FFTextFormat(&attributes, ",\"a%d\":%d", i, i);
	}
	FFTextFormat(&condition, "]}");
	FFTextFormat(&attributes, "}");
	Ok(Matches(condition.data, attributes.data), "100 attributes");
	attributes.data[attributes.length - 2] = '8';
	Ok(!Matches(condition.data, attributes.data), "100 attributes, the last wrong");
}

void
TestOperators(void)
{
	for (int i = 0; i < FF_LENGTH(cases); i++)
		TestCase(&cases[i]);
	TestManyValues();
	TestPaths();
	TestUserKey();
	TestGroups();
}
