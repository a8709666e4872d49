/*
 * unit_flagd.c
 *	  flagd: values in CBOR, and JsonLogic where its engines are particular.
 */
#include <stdio.h>
#include <string.h>

#include "engine/cbor.h"
#include "unit.h"

/* --- CBOR: the examples of RFC 8949, as far as JSON can say them ------------- */

static const struct
{
	const char *json;
	const char *hex;
}			examples[] = {
	{"0", "00"}, {"1", "01"}, {"10", "0a"}, {"23", "17"}, {"24", "1818"}, {"25", "1819"},
	{"100", "1864"}, {"1000", "1903e8"}, {"1000000", "1a000f4240"},
	{"1000000000000", "1b000000e8d4a51000"}, {"-1", "20"}, {"-10", "29"}, {"-100", "3863"},
	{"-1000", "3903e7"}, {"0.0", "00"}, {"1.0", "01"}, {"1.1", "fb3ff199999999999a"},
	{"1.5", "f93e00"}, {"65504.0", "19ffe0"}, {"100000.0", "1a000186a0"},
	{"3.4028234663852886e+38", "fa7f7fffff"}, {"1.0e+300", "fb7e37e43c8800759c"},
	{"5.960464477539063e-8", "f90001"}, {"0.00006103515625", "f90400"}, {"-4.0", "23"},
	{"-4.1", "fbc010666666666666"}, {"false", "f4"}, {"true", "f5"}, {"null", "f6"},
	{"\"\"", "60"}, {"\"a\"", "6161"}, {"\"IETF\"", "6449455446"}, {"\"\\\"\\\\\"", "62225c"},
	{"\"\xC3\xBC\"", "62c3bc"}, {"\"\xE6\xB0\xB4\"", "63e6b0b4"}, {"\"\xF0\x90\x85\x91\"", "64f0908591"},
	{"[]", "80"}, {"[1,2,3]", "83010203"}, {"[1,[2,3],[4,5]]", "8301820203820405"}, {"{}", "a0"},
	{"{\"a\":1,\"b\":[2,3]}", "a26161016162820203"}, {"[\"a\",{\"b\":\"c\"}]", "826161a161626163"},
	{"{\"bb\":1,\"a\":2}", "a2616102626262" "01"},
	/* and what has no place among integers, or in half precision */
	{"18446744073709551616", "fa5f800000"}, {"-9223372036854775808", "3b7fffffffffffffff"},
	{"-9223372036854777856", "fbc3e0000000000001"}, {"65505.5", "fa477fe180"}, {"1e-320", "fb00000000000007e8"},
	{"5.9604644775390625e-8", "f90001"}, {"1e400", "f97c00"}
};

static void
TestCbor(void)
{
	for (int i = 0; i < FF_LENGTH(examples); i++)
	{
		FFValue		value = Json(examples[i].json);
		FFText		text = {0};
		FFText		hex = {0};

		Ok(FFCborValue(&text, &value), "%s has a form in CBOR", examples[i].json);
		for (int j = 0; j < text.length; j++)
			FFTextFormat(&hex, "%02x", (unsigned char) text.data[j]);
		IsText(FFStringOf(hex.data, hex.length), examples[i].hex, "CBOR of %s", examples[i].json);
	}
}

/* --- JsonLogic ---------------------------------------------------------------- */

static const char *const context = "{\"n\": 5, \"s\": \"text\", \"z\": null, \"e\": \"\", \"list\": [1, 2, 3], \"texts\": [\"a\", \"b\"],"
"\"o\": {\"x\": {\"y\": \"deep\"}}, \"a.b\": \"dotted\", \"u\": \"a\xF0\x9F\x98\x80" "b\", \"v\": \"V1.2\"}";

/* What targeting comes to, "null" or an error, by code and by interpretation. */
static const struct
{
	const char *targeting;
	const char *compiled;
	const char *interpreted;	/* NULL: the same */
}			logics[] = {
	{"{\"var\": \"s\"}", "text", NULL},
	{"{\"var\": \"o.x.y\"}", "deep", NULL},
	{"{\"var\": \"a\\\\.b\"}", "dotted", NULL},
	{"{\"var\": \"list.1\"}", "2", NULL},
	{"{\"var\": \"s.length\"}", "4", NULL},
	{"{\"var\": [\"z\", \"d\"]}", "d", "null"},
	{"{\"var\": [\"nothing\", \"d\"]}", "d", NULL},
	{"{\"cat\": [{\"var\": \"s\"}, {\"var\": \"z\"}, 1.50]}", "textnull1.5", "text1.5"},
	{"{\"==\": [\"a\", {\"var\": \"n\"}]}", "false", "GENERAL"},
	{"{\"==\": [{\"var\": \"n\"}, \"a\"]}", "GENERAL", NULL},
	{"{\"==\": [{\"var\": \"n\"}, \"5\"]}", "true", NULL},
	{"{\"==\": [{\"var\": \"z\"}, 0]}", "true", NULL},
	{"{\"===\": [{\"var\": \"n\"}, \"5\"]}", "false", NULL},
	{"{\"<\": [1, {\"var\": \"n\"}, 10]}", "true", NULL},
	{"{\"<\": [{\"var\": \"s\"}, \"texu\"]}", "true", NULL},
	{"{\"if\": [{\"var\": \"e\"}, \"a\", {\"var\": \"list\"}, \"b\", \"c\"]}", "b", NULL},
	{"{\"if\": [{\"var\": \"e\"}, \"a\"]}", "null", NULL},
	{"{\"and\": [{\"var\": \"n\"}, {\"var\": \"e\"}, {\"var\": \"s\"}]}", "", NULL},
	{"{\"or\": [{\"var\": \"e\"}, {\"var\": \"s\"}]}", "text", NULL},
	{"{\"!\": {\"var\": \"list\"}}", "false", NULL},
	{"{\"in\": [2, {\"var\": \"list\"}]}", "true", NULL},
	{"{\"in\": [\"ex\", {\"var\": \"s\"}]}", "true", NULL},
	{"{\"in\": [\"a\", {\"var\": \"n\"}]}", "GENERAL", NULL},
	{"{\"substr\": [{\"var\": \"u\"}, 3]}", "b", NULL},
	{"{\"substr\": [{\"var\": \"s\"}, -3, -1]}", "ex", NULL},
	{"{\"substr\": [{\"var\": \"n\"}, 0]}", "GENERAL", NULL},
	{"{\"+\": [{\"var\": \"n\"}, \"2\", true]}", "8", NULL},
	{"{\"+\": {\"var\": \"list\"}}", "6", NULL},
	{"{\"-\": [{\"var\": \"n\"}]}", "-5", NULL},
	{"{\"/\": [{\"var\": \"n\"}, 2]}", "2.5", NULL},
	{"{\"/\": [{\"var\": \"n\"}, 0]}", "PARSE_ERROR", "GENERAL"},
	{"{\"%\": [{\"var\": \"n\"}, 3]}", "2", NULL},
	{"{\"+\": [1, {\"var\": \"s\"}]}", "GENERAL", NULL},
	{"{\"+\": [1, \"x\"]}", "PARSE_ERROR", "GENERAL"},
	{"{\"max\": [1, {\"var\": \"n\"}, 3]}", "5", NULL},
	{"{\"min\": [\"1\", {\"var\": \"n\"}]}", "GENERAL", NULL},
	{"{\"merge\": [{\"var\": \"list\"}, 4]}", "1,2,3,4", NULL},
	{"{\"missing\": [\"s\", \"q\", \"o.x.q\"]}", "q,o.x.q", NULL},
	{"{\"missing_some\": [1, [\"s\", \"q\"]]}", "", NULL},
	{"{\"map\": [{\"var\": \"list\"}, {\"*\": [{\"var\": \"\"}, 2]}]}", "2,4,6", NULL},
	{"{\"map\": [{\"var\": \"texts\"}, {\"cat\": [{\"var\": \"../index\"}, {\"var\": \"../../s\"}]}]}", "0text,1text", NULL},
	{"{\"filter\": [{\"var\": \"list\"}, {\">\": [{\"var\": \"\"}, 1]}]}", "2,3", NULL},
	{"{\"all\": [{\"var\": \"list\"}, {\">\": [{\"var\": \"\"}, 0]}]}", "true", NULL},
	{"{\"all\": [{\"var\": \"z\"}, true]}", "true", "false"},
	{"{\"some\": [{\"var\": \"list\"}, {\"==\": [{\"var\": \"\"}, 2]}]}", "true", NULL},
	{"{\"none\": [{\"var\": \"list\"}, {\"==\": [{\"var\": \"\"}, 2]}]}", "false", NULL},
	{"{\"map\": [{\"var\": \"s\"}, true]}", "GENERAL", NULL},
	{"{\"reduce\": [{\"var\": \"list\"}, {\"-\": [{\"var\": \"current\"}, {\"var\": \"accumulator\"}]}, 0]}", "2", NULL},
	{"{\"starts_with\": [{\"var\": \"s\"}, \"te\"]}", "true", NULL},
	{"{\"ends_with\": [{\"var\": \"n\"}, \"te\"]}", "null", NULL},
	{"{\"map\": [{\"var\": \"texts\"}, {\"starts_with\": [\"a\", \"a\"]}]}", "GENERAL", NULL},
	{"{\"sem_ver\": [{\"var\": \"v\"}, \"^\", \"1.9.9\"]}", "true", NULL},
	{"{\"sem_ver\": [{\"var\": \"v\"}, \"~\", \"1.3\"]}", "false", NULL},
	{"{\"sem_ver\": [{\"var\": \"s\"}, \"=\", \"1\"]}", "null", NULL},
	{"{\"bogus\": []}", "PARSE_ERROR", NULL},
	{"{\"if\": [{\"var\": \"e\"}, {\"bogus\": []}, \"x\"]}", "PARSE_ERROR", NULL},
	{"{\"var\": \"$flagd.flagKey\"}", "key", NULL}
};

static const char *const errors[] = {
	[FF_GENERAL] = "GENERAL", [FF_PARSE_ERROR] = "PARSE_ERROR"
};

/* A flag that has one variation, of the key that is expected. */
static FFString
Answer(const char *targeting, const char *expected, bool interpreted)
{
	FFFlagSource source = {.dialect = Str("flagd"), .enabled = true};
	FFContext	subject = Context("u", context);
	FFText		document = {0};
	FFProviderAnswer answer;
	FFProgram  *program;
	FFError		error;

	FFTextFormat(&document, "[{\"key\": \"key\", \"engine\": \"%s\", \"variations\": [{\"key\": \"%s\", \"value\": 1}], ",
				 interpreted ? "interpreted" : "compiled", expected[0] == '\0' ? "none" : expected);
	FFTextFormat(&document, "\"flag\": {\"targeting\": %s}}]", targeting);
	source.rules = Json(document.data);
	program = FFProgramCompile(&source, &error);
	if (program == NULL)
		return Str(error.message);
	FFProgramAnswer(program, true, NULL, NULL, &subject, &answer);
	if (answer.variation >= 0)
		return FFProgramVariationKey(program, answer.variation);
	/* an empty text names no variation, which is an error */
	if (answer.error == FF_GENERAL && expected[0] == '\0')
		return Str("");
	return Str(answer.error == FF_EVALUATION_OK ? "null" : errors[answer.error]);
}

static void
TestLogic(void)
{
	for (int i = 0; i < FF_LENGTH(logics); i++)
	{
		const char *interpreted = logics[i].interpreted != NULL ? logics[i].interpreted : logics[i].compiled;

		IsText(Answer(logics[i].targeting, logics[i].compiled, false), logics[i].compiled, "%s", logics[i].targeting);
		IsText(Answer(logics[i].targeting, interpreted, true), interpreted, "interpreted %s", logics[i].targeting);
	}
}

void
TestFlagd(void)
{
	TestCbor();
	TestLogic();
}
