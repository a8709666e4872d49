/*
 * unit_documents.c
 *	  Documents that are refused, each with the path and the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

typedef struct Refusal
{
	const char *document;
	FFErrorCode code;
	const char *path;
	const char *message;		/* part of it */
} Refusal;

#define D FF_ERROR_DOCUMENT
#define R FF_ERROR_REFERENCE
#define X FF_ERROR_REGEX

static const Refusal conditions[] = {
	{"1", D, "$", "expected an object, found a number"},
	{"null", D, "$", "found null"},
	{"[]", D, "$", "found an array"},
	{"{}", D, "$", "exactly one of all, any, not, segment and attribute"},
	{"{\"all\":[],\"any\":[]}", D, "$", "exactly one"},
	{"{\"op\":\"eq\",\"values\":[1]}", D, "$", "exactly one"},
	{"{\"all\":{}}", D, "$.all", "expected an array of conditions, found an object"},
	{"{\"all\":null}", D, "$.all", "found null"},
	{"{\"any\":[{\"all\":[]},1]}", D, "$.any[1]", "expected an object"},
	{"{\"not\":[]}", D, "$.not", "expected an object"},
	{"{\"not\":{\"any\":[{\"not\":{}}]}}", D, "$.not.any[0].not", "exactly one"},
	{"{\"all\":[],\"op\":\"eq\"}", D, "$.op", "op belongs to a condition on an attribute"},
	{"{\"not\":{\"all\":[]},\"values\":[]}", D, "$.values", "values belongs"},
	{"{\"segment\":\"x\",\"value\":1}", D, "$.value", "value belongs"},
	{"{\"segment\":\"x\",\"ignore_case\":true}", D, "$.ignore_case", "ignore_case belongs"},
	{"{\"segment\":1}", D, "$.segment", "expected the key of a segment"},
	{"{\"segment\":\"\"}", D, "$.segment", "empty"},
	{"{\"when\":1}", D, "$.when", "unknown member \"when\""},
	{"{\"a b\":1}", D, "$[\"a b\"]", "unknown member \"a b\""},
	{"{\"\":1}", D, "$[\"\"]", "unknown member \"\""},
	{"{\"a\\\"b\\n\":1}", D, "$[\"a\\\"b\\u000a\"]", "unknown member"},
	{"{\"attribute\":1,\"op\":\"eq\",\"values\":[1]}", D, "$.attribute", "expected the name"},
	{"{\"attribute\":\"\",\"op\":\"eq\",\"values\":[1]}", D, "$.attribute", "empty"},
	{"{\"attribute\":null,\"op\":\"eq\",\"values\":[1]}", D, "$.attribute", "found null"},
	{"{\"attribute\":\"x\"}", D, "$", "needs op"},
	{"{\"attribute\":\"x\",\"op\":\"equals\",\"values\":[1]}", D, "$.op", "unknown operator \"equals\""},
	{"{\"attribute\":\"x\",\"op\":\"\",\"values\":[1]}", D, "$.op", "unknown operator \"\""},
	{"{\"attribute\":\"x\",\"op\":\"EQ\",\"values\":[1]}", D, "$.op", "unknown operator \"EQ\""},
	{"{\"attribute\":\"x\",\"op\":1,\"values\":[1]}", D, "$.op", "expected the name"},
	{"{\"attribute\":\"x\",\"op\":\"eq\"}", D, "$", "eq needs values"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":1}", D, "$.values", "expected an array"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[]}", D, "$.values", "at least one value"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[1],\"value\":1}", D, "$.value", "not both"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[1,null]}", D, "$.values[1]", "found null"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"value\":null}", D, "$.value", "found null"},
	{"{\"attribute\":\"x\",\"op\":\"in\",\"values\":[[1]]}", D, "$.values[0]", "found an array"},
	{"{\"attribute\":\"x\",\"op\":\"has\",\"values\":[{}]}", D, "$.values[0]", "found an object"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[1],\"ignore_case\":1}", D, "$.ignore_case", "expected a boolean"},
	{"{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[1],\"ignore_case\":null}", D, "$.ignore_case", "found null"},
	{"{\"attribute\":\"x\",\"op\":\"in\",\"values\":[\"a\",1],\"ignore_case\":true}", D, "$.values[1]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"lt\",\"values\":[1],\"ignore_case\":true}", D, "$.ignore_case", "lt cannot ignore case"},
	{"{\"attribute\":\"x\",\"op\":\"exists\",\"ignore_case\":true}", D, "$.ignore_case", "exists cannot ignore case"},
	{"{\"attribute\":\"x\",\"op\":\"semver_eq\",\"value\":\"1\",\"ignore_case\":true}", D, "$.ignore_case", "cannot ignore case"},
	{"{\"attribute\":\"x\",\"op\":\"before\",\"value\":\"1\",\"ignore_case\":true}", D, "$.ignore_case", "cannot ignore case"},
	{"{\"attribute\":\"x\",\"op\":\"lt\",\"values\":[\"1\"]}", D, "$.values[0]", "expected a number"},
	{"{\"attribute\":\"x\",\"op\":\"ge\",\"values\":[1,true]}", D, "$.values[1]", "expected a number"},
	{"{\"attribute\":\"x\",\"op\":\"starts_with\",\"values\":[1]}", D, "$.values[0]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"ends_with\",\"values\":[\"a\",null]}", D, "$.values[1]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"contains\",\"value\":true}", D, "$.value", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"values\":[1]}", D, "$.values[0]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"values\":[\"a\",\"(\"]}", X, "$.values[1]", "missing closing parenthesis"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"[a\"}", X, "$.value", "at byte 2"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"\\\\C\"}", X, "$.value", "\\C"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"a**b\\\\\"}", X, "$.value", "invalid regular expression"},
	{"{\"attribute\":\"x\",\"op\":\"matches\",\"value\":\"((a{1,1000}){1,1000}){1,1000}\"}", X, "$.value", "too large"},
	{"{\"attribute\":\"x\",\"op\":\"before\",\"values\":[\"2026-01-01\"]}", D, "$.values[0]", "\"2026-01-01\" is not an RFC 3339 time"},
	{"{\"attribute\":\"x\",\"op\":\"after\",\"values\":[1]}", D, "$.values[0]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"semver_gt\",\"values\":[\"1.x\"]}", D, "$.values[0]", "\"1.x\" is not a semantic version"},
	{"{\"attribute\":\"x\",\"op\":\"semver_gt\",\"values\":[1.2]}", D, "$.values[0]", "expected a string"},
	{"{\"attribute\":\"x\",\"op\":\"exists\",\"values\":[1]}", D, "$.values[0]", "expected a boolean"},
	{"{\"attribute\":\"x\",\"op\":\"exists\",\"values\":[true,true]}", D, "$.values[1]", "one value"},
	{"{\"attribute\":\"x\",\"op\":\"exists\",\"values\":[]}", D, "$.values", "at least one"},
	{"{\"all\":[{\"any\":[{\"attribute\":\"x\",\"op\":\"eq\",\"values\":[1],\"extra\":1}]}]}", D, "$.all[0].any[0].extra", "unknown member"},
};

#define S(serve) "[{\"serve\":\"on\"},{\"serve\":" serve "}]"
#define W(when) "[{\"when\":" when ",\"serve\":\"on\"}]"
#define SPLIT(parts) S("{\"split\":" parts "}")

static const Refusal rules[] = {
	{"{}", D, "$", "expected an array of rules, found an object"},
	{"\"on\"", D, "$", "found a string"},
	{"[1]", D, "$[0]", "expected an object, found a number"},
	{"[{}]", D, "$[0]", "a rule needs serve"},
	{"[{\"serve\":\"on\"},{\"when\":{\"all\":[]}}]", D, "$[1]", "a rule needs serve"},
	{"[{\"serve\":\"on\",\"if\":1}]", D, "$[0].if", "unknown member \"if\""},
	{"[{\"serve\":\"on\",\"id\":1}]", D, "$[0].id", "expected a string"},
	{"[{\"serve\":\"on\",\"id\":\"\"}]", D, "$[0].id", "empty"},
	{"[{\"serve\":\"on\",\"id\":\"default\"}]", D, "$[0].id", "\"default\" cannot be the id of a rule"},
	{"[{\"serve\":\"on\"},{\"serve\":\"on\",\"id\":\"rules[0]\"}]", D, "$[1].id", "cannot be"},
	{"[{\"serve\":\"on\",\"name\":1}]", D, "$[0].name", "expected a string"},
	{"[{\"serve\":\"on\",\"description\":[]}]", D, "$[0].description", "expected a string"},
	{"[{\"id\":\"x\",\"serve\":\"on\"},{\"serve\":\"on\"},{\"id\":\"x\",\"serve\":\"on\"}]", D, "$[2].id", "rule 0 has the id \"x\" as well"},
	{"[{\"serve\":\"on\",\"when\":null}]", D, "$[0].when", "found null"},
	{W("{\"all\":[{\"attribute\":\"a\",\"op\":\"is\",\"values\":[1]}]}"), D, "$[0].when.all[0].op", "unknown operator \"is\""},
	{W("{}"), D, "$[0].when", "exactly one"},
	{"[{\"serve\":\"on\",\"from\":1}]", D, "$[0].from", "expected a string"},
	{"[{\"serve\":\"on\",\"from\":\"today\"}]", D, "$[0].from", "\"today\" is not an RFC 3339 time"},
	{"[{\"serve\":\"on\",\"until\":\"2026-01-01T00:00:00\"}]", D, "$[0].until", "not an RFC 3339 time"},
	{"[{\"serve\":\"on\",\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-01-01T00:00:00Z\"}]", D, "$[0].until", "until is not after from"},
	{S("\"x\""), R, "$[1].serve", "unknown variation \"x\""},
	{S("\"\""), R, "$[1].serve", "unknown variation \"\""},
	{S("1"), D, "$[1].serve", "expected a variation or a split, found a number"},
	{S("null"), D, "$[1].serve", "found null"},
	{S("[]"), D, "$[1].serve", "found an array"},
	{S("{}"), D, "$[1].serve", "split is missing"},
	{S("{\"by\":\"x\"}"), D, "$[1].serve", "split is missing"},
	{S("{\"split\":[],\"to\":1}"), D, "$[1].serve.to", "unknown member"},
	{SPLIT("{\"a\":50,\"b\":50}"), D, "$[1].serve.split", "expected an array of variations and weights"},
	{SPLIT("[]"), D, "$[1].serve.split", "weights add up to 0.000, not 100"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":99.999}]"), D, "$[1].serve.split", "weights add up to 99.999, not 100"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":60},{\"variation\":\"b\",\"weight\":40.001}]"), D, "$[1].serve.split", "100.001"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":99.9999}]"), D, "$[1].serve.split[0].weight", "at most three decimals"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":-1},{\"variation\":\"b\",\"weight\":101}]"), D, "$[1].serve.split[0].weight", "from 0 to 100"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":1e300}]"), D, "$[1].serve.split[0].weight", "from 0 to 100"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":\"100\"}]"), D, "$[1].serve.split[0].weight", "expected a number, found a string"},
	{SPLIT("[{\"variation\":\"a\"}]"), D, "$[1].serve.split[0].weight", "found nothing"},
	{SPLIT("[{\"weight\":100}]"), D, "$[1].serve.split[0].variation", "found nothing"},
	{SPLIT("[{\"variation\":\"x\",\"weight\":100}]"), R, "$[1].serve.split[0].variation", "unknown variation \"x\""},
	{SPLIT("[{\"variation\":\"a\",\"weight\":50},{\"variation\":\"a\",\"weight\":50}]"), D, "$[1].serve.split[1].variation", "twice"},
	{SPLIT("[{\"variation\":\"a\",\"weight\":100,\"salt\":1}]"), D, "$[1].serve.split[0].salt", "unknown member"},
	{SPLIT("[1]"), D, "$[1].serve.split[0]", "expected an object"},
	{S("{\"split\":[{\"variation\":\"a\",\"weight\":100}],\"by\":1}"), D, "$[1].serve.by", "expected the name"},
	{S("{\"split\":[{\"variation\":\"a\",\"weight\":100}],\"by\":\"\"}"), D, "$[1].serve.by", "empty"},
};

static const Refusal defaults[] = {
	{"\"x\"", R, "$", "unknown variation \"x\""},
	{"1", D, "$", "expected a variation or a split"},
	{"{}", D, "$", "split is missing"},
	{"{\"split\":[{\"variation\":\"a\",\"weight\":50},{\"variation\":\"b\",\"weight\":0.0001}]}", D, "$.split[1].weight", "three decimals"},
	{"{\"split\":[{\"variation\":\"a\",\"weight\":50}]}", D, "$.split", "50.000"},
};

static const Refusal targets[] = {
	{"[]", D, "$", "expected an object of variations, found an array"},
	{"{\"x\":[]}", R, "$.x", "unknown variation \"x\""},
	{"{\"on\":\"u\"}", D, "$.on", "expected an array of user keys"},
	{"{\"on\":[\"a\",\"b\",\"c\",4]}", D, "$.on[3]", "expected the key of a user, found a number"},
	{"{\"a\":[\"u\",\"v\"],\"b\":[\"w\",\"v\"]}", D, "$.b[1]", "user \"v\" is a target of variation \"a\" as well"},
};

static const Refusal variations[] = {
	{"{}", D, "$", "expected an array of variations"},
	{"[]", D, "$", "at least one variation"},
	{"[1]", D, "$[0]", "expected an object"},
	{"[{\"value\":1}]", D, "$[0].key", "needs a key"},
	{"[{\"key\":\"\",\"value\":1}]", D, "$[0].key", "needs a key"},
	{"[{\"key\":1,\"value\":1}]", D, "$[0].key", "needs a key"},
	{"[{\"key\":\"off\"}]", D, "$[0].value", "needs a value"},
	{"[{\"key\":\"off\",\"value\":1,\"weight\":1}]", D, "$[0].weight", "unknown member"},
	{"[{\"key\":\"off\",\"value\":1,\"name\":1}]", D, "$[0].name", "expected a string"},
	{"[{\"key\":\"off\",\"value\":1,\"description\":{}}]", D, "$[0].description", "expected a string"},
	{"[{\"key\":\"off\",\"value\":1},{\"key\":\"off\",\"value\":2}]", D, "$[1].key", "variation \"off\" is there twice"},
};

static void
CheckError(const FFError *error, const Refusal *refusal, const char *document)
{
	Ok(error->code == refusal->code && strcmp(error->path, refusal->path) == 0 &&
	   strcmp(error->document, document) == 0 &&
	   strstr(error->message, refusal->message) != NULL,
	   "%s refused: %s", document, refusal->document);
	if (error->code != refusal->code || strcmp(error->path, refusal->path) != 0 ||
		strstr(error->message, refusal->message) == NULL)
		printf("# found  %s %d at %s: %s\n# wanted %d at %s: %s\n", error->document,
			   error->code, error->path, error->message, refusal->code,
			   refusal->path, refusal->message);
}

static void
CheckSource(FFFlagSource source, const Refusal *refusal, const char *document)
{
	FFError		error;

	if (FFProgramCompile(&source, &error) != NULL)
		memset(&error, 0, sizeof(error));
	if (error.document == NULL)
		error.document = "";
	CheckError(&error, refusal, document);
}

static void
TestConditions(void)
{
	for (int i = 0; i < FF_LENGTH(conditions); i++)
	{
		FFValue		document = Json(conditions[i].document);
		FFError		error;

		if (FFConditionCompile(&document, &error) != NULL)
			error.document = "";
		CheckError(&error, &conditions[i], "condition");
	}
}

static void
TestSources(void)
{
	FFFlagSource source;

	for (int i = 0; i < FF_LENGTH(rules); i++)
		CheckSource(Source(rules[i].document, NULL, NULL), &rules[i], "rules");
	for (int i = 0; i < FF_LENGTH(defaults); i++)
		CheckSource(Source(NULL, defaults[i].document, NULL), &defaults[i], "default");
	for (int i = 0; i < FF_LENGTH(targets); i++)
		CheckSource(Source(NULL, NULL, targets[i].document), &targets[i], "targets");
	for (int i = 0; i < FF_LENGTH(variations); i++)
	{
		source = Source(NULL, NULL, NULL);
		source.variations = Json(variations[i].document);
		CheckSource(source, &variations[i], "variations");
	}
	source = Source(NULL, NULL, NULL);
	source.off_variation = Str("x");
	CheckSource(source, &(Refusal) {"x", R, "$", "unknown variation \"x\""},
				"off_variation");
	source = Source("[{\"serve\":true}]", NULL, NULL);
	source.is_boolean = false;
	CheckSource(source, &(Refusal) {"true", D, "$[0].serve", "boolean flags only"},
				"rules");
	source = Source("[{\"serve\":false}]", NULL, NULL);
	source.variations = Json("[{\"key\":\"on\",\"value\":1}]");
	source.off_variation = Str("on");
	CheckSource(source, &(Refusal) {"false", R, "$[0].serve", "\"off\""}, "rules");
}

/* What may be left out, or be null, and what only looks odd. */
static void
TestAccepted(void)
{
	static const char *const accepted[] = {
		"null",
		"[]",
		"[{\"serve\":\"on\",\"id\":null,\"name\":null,\"description\":null,\"from\":null,\"until\":null}]",
		"[{\"id\":\"a\",\"name\":\"n\",\"description\":\"d\",\"when\":{\"all\":[]},\"serve\":true,"
		"\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-01-01T00:00:00.000001Z\"}]",
		SPLIT("[{\"variation\":\"a\",\"weight\":0},{\"variation\":\"b\",\"weight\":100}]"),
		SPLIT("[{\"variation\":true,\"weight\":33.333},{\"variation\":false,\"weight\":66.667000}]"),
		S("{\"split\":[{\"variation\":\"a\",\"weight\":1e2}],\"by\":null}"),
		W("{\"attribute\":\"x\",\"op\":\"lt\",\"value\":1,\"ignore_case\":false}"),
		W("{\"attribute\":\"x\",\"op\":\"exists\",\"value\":false}"),
	};

	for (int i = 0; i < FF_LENGTH(accepted); i++)
	{
		FFFlagSource source = Source(accepted[i], NULL, NULL);
		FFError		error;

		Ok(FFProgramCompile(&source, &error) != NULL, "accepted: %s", accepted[i]);
	}
}

/* Errors fit their buffers, and are cut between characters. */
static void
TestLongErrors(void)
{
	FFText		document = {0};
	FFValue		value;
	FFError		error;
	bool		valid;

	FFTextFormat(&document, "{\"");
	for (int i = 0; i < 100; i++)
		FFTextFormat(&document, "\xE7\x94\xA8");
	FFTextFormat(&document, "\":1}");
	value = Json(document.data);
	Ok(FFConditionCompile(&value, &error) == NULL, "a long member is refused");
	FFUtf8(Str(error.message), &valid);
	Ok(valid, "the message is cut between characters");
	FFUtf8(Str(error.path), &valid);
	Ok(valid, "so is the path");

	document.length = 0;
	for (int i = 0; i < 30; i++)
		FFTextFormat(&document, "{\"any\":[{\"all\":[]},");
	FFTextFormat(&document, "{}");
	for (int i = 0; i < 30; i++)
		FFTextFormat(&document, "]}");
	value = Json(document.data);
	Ok(FFConditionCompile(&value, &error) == NULL, "a deep fault is refused");
	Is((long long) strlen(error.path), 1 + 30 * 7, "its path is whole");
}

void
TestDocuments(void)
{
	TestConditions();
	TestSources();
	TestAccepted();
	TestLongErrors();
}
