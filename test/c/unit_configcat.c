/*
 * unit_configcat.c
 *	  ConfigCat's comparators: true, false, undecided or an error.
 */
#include <stdio.h>

#include "dialects/configcat.h"
#include "unit.h"

typedef struct Case
{
	int			comparator;
	const char *value;			/* "s": …, "d": …, "l": … or nothing */
	const char *attribute;		/* JSON; NULL: none */
	char		wanted;			/* t, f, u or e */
} Case;

static const Case cases[] = {
	/* texts: as they are, numbers as ECMAScript writes them, arrays of strings as JSON */
	{28, "\"s\":\"a\"", "\"a\"", 't'}, {28, "\"s\":\"a\"", "\" a\"", 'f'}, {29, "\"s\":\"a\"", "\"b\"", 't'},
	{28, "\"s\":\"\"", "\"\"", 'u'}, {28, "\"s\":\"a\"", NULL, 'u'}, {29, "\"s\":\"a\"", "null", 'u'},
	{28, "\"s\":\"1e+21\"", "1e21", 't'}, {28, "\"s\":\"0.1\"", "0.10", 't'}, {28, "\"s\":\"false\"", "false", 't'},
	{28, "\"s\":\"[\\\"a\\\",\\\"b\\\"]\"", "[\"a\",\"b\"]", 't'}, {28, "\"s\":\"a,1\"", "[\"a\",1]", 't'},
	{0, "\"l\":[\"a\",\"b\"]", "\"b\"", 't'}, {1, "\"l\":[]", "\"b\"", 't'}, {0, "\"l\":[]", "\"b\"", 'f'},
	{2, "\"l\":[\"x\",\"ü\"]", "\"grün\"", 't'}, {3, "\"l\":[\"\"]", "\"a\"", 'f'},
	{30, "\"l\":[\"gr\"]", "\"grün\"", 't'}, {32, "\"l\":[\"ün\"]", "\"grün\"", 't'}, {33, "\"l\":[\"grüner\"]", "\"grün\"", 't'},
	/* versions */
	{4, "\"l\":[\"\",\"1.0.0\"]", "\" v1.0.0+x \"", 't'}, {4, "\"l\":[\"1.0.0\",\"1\"]", "\"1.0.0\"", 'f'}, {5, "\"l\":[\"2.0.0\",\"1\"]", "\"1.0.0\"", 'f'},
	{5, "\"l\":[\" 2.0.0 \"]", "\"1.0.0\"", 't'}, {6, "\"s\":\"1.9.1-10\"", "\"1.9.1-2\"", 't'}, {9, "\"s\":\"1.0\"", "\"1.0.0\"", 'f'},
	{9, "\"s\":\"1.0.0\"", "\"1.0\"", 'u'}, {9, "\"s\":\"1.0.0\"", "1.0", 'u'}, {7, "\"s\":\"1.0.0\"", "\"vv1.0.0\"", 'u'},
	{9, "\"s\":\"1.0.0\"", "\"9007199254740992.0.0\"", 'u'}, {8, "\"s\":\"1.0.0\"", "\"9007199254740991.0.0\"", 't'},
	/* numbers: a comma is a point; 0 is followed by nothing else */
	{10, "\"d\":2.5", "\" 2,5 \"", 't'}, {10, "\"d\":0", "\"0x0\"", 'u'}, {10, "\"d\":0", "\"0 \"", 'u'}, {10, "\"d\":0", "\" 0\"", 't'},
	{10, "\"d\":0", "\"\"", 'u'}, {10, "\"d\":0", "\" \"", 'u'}, {11, "\"d\":0", "\"NaN\"", 't'}, {12, "\"d\":0", "\" NaN \"", 'f'},
	{14, "\"d\":1e308", "\"Infinity\"", 't'}, {15, "\"d\":1", "true", 'u'}, {13, "\"d\":1,\"s\":\"x\"", "1", 't'}, {18, "\"d\":5", "4.9", 't'}, {19, "\"d\":5", "5", 'f'},
	/* arrays, and the JSON text of one */
	{34, "\"l\":[\"a\"]", "[\"b\",\"a\"]", 't'}, {34, "\"l\":[\"a\"]", "[\"a\",1]", 'u'}, {35, "\"l\":[\"a\"]", "[]", 't'},
	{34, "\"l\":[\"ü\\\"\"]", "\" [ \\\"\\\\u00fc\\\\\\\"\\\" ] \"", 't'}, {34, "\"l\":[\"a\"]", "\"[\\\"a\\\",]\"", 'u'}, {34, "\"l\":[\"a\"]", "\"[\\\"a\\\"] x\"", 'u'},
	{34, "\"l\":[\"a\"]", "\"a\"", 'u'}, {34, "\"l\":[\"a\"]", "\"[\\\"\\\\u006\\\"]\"", 'u'}, {34, "\"l\":[\"𝄞\"]", "\"[\\\"\\\\ud834\\\\udd1e\\\"]\"", 't'},
	/* hashes: of the text, the salt and the name of the segment */
	{16, "\"l\":[\"@b\"]", "\"b\"", 't'}, {17, "\"l\":[\"@b\"]", "\"b\"", 'f'}, {21, "\"s\":\"@b\"", "\"c\"", 't'}, {26, "\"l\":[\"@b\"]", "\"[\\\"b\\\"]\"", 't'},
	{22, "\"l\":[\"1_@b\"]", "\"bc\"", 't'}, {22, "\"l\":[\"1_@b\"]", "\"ab\"", 'f'}, {24, "\"l\":[\" +1 _@b\"]", "\"ab\"", 't'}, {25, "\"l\":[\"1_@b\"]", "\"ab\"", 'f'},
	{22, "\"l\":[\"5_@b\"]", "\"b\"", 'f'}, {22, "\"l\":[\"1_@b\",\"x\"]", "\"b\"", 't'}, {22, "\"l\":[\"x\",\"1_@b\"]", "\"b\"", 'e'},
	{22, "\"l\":[\"-1_@b\"]", "\"b\"", 'e'}, {22, "\"l\":[\"1.0_@b\"]", "\"b\"", 'e'}, {22, "\"l\":[\"1_\"]", "\"b\"", 'e'},
	/* what is invalid is an error when it is reached */
	{36, "\"s\":\"a\"", "\"a\"", 'e'}, {36, "\"s\":\"a\"", NULL, 'u'}, {28, "\"d\":1", "\"a\"", 'e'}, {9, "\"l\":[]", "\"1.0\"", 'u'}, {9, "\"l\":[]", "\"1.0.0\"", 'e'},
};

/* The value with what the sign @b stands for: the hash of b. */
static void
FillIn(const char *value, char *out)
{
	unsigned char hash[FF_MAX_HASH];
	static const char hashed[] = "bsaltBeta";

	(void) FFDigest(FF_HASH_SHA256, hashed, sizeof(hashed) - 1, hash);
	for (; *value != '\0'; value++)
		if (value[0] == '@' && value[1] == 'b')
		{
			for (int i = 0; i < 32; i++)
				out += sprintf(out, "%02x", hash[i]);
			value++;
		}
		else
			*out++ = *value;
	*out = '\0';
}

/* What a segment of one condition says of a user. */
static char
Ask(const Case *c)
{
	char		value[500];
	char		document[1000];
	char		attributes[300];
	FFContext	context;
	FFCondition *condition;
	FFValue		parsed;
	FFError		error;
	bool		matches;

	FillIn(c->value, value);
	snprintf(document, sizeof(document), "{\"name\":\"Beta\",\"salt\":\"salt\",\"conditions\":[{\"a\":\"x\",\"c\":%d,%s}]}", c->comparator, value);
	snprintf(attributes, sizeof(attributes), c->attribute == NULL ? "{}" : "{\"x\":%s}", c->attribute);
	parsed = Json(document);
	condition = FFProviderSegmentCompile(Str("configcat"), &parsed, &error);
	context = Context("u", attributes);
	matches = FFConditionMatches(condition, NULL, &context);
	if (context.notes & FF_CONFIGCAT_INVALID)
		return 'e';
	if (context.notes & FF_CONFIGCAT_UNDECIDED)
		return matches ? '?' : 'u';
	return matches ? 't' : 'f';
}

void
TestConfigCat(void)
{
	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		char		found = Ask(&cases[i]);

		Ok(found == cases[i].wanted, "ConfigCat's comparator %d %s, %s: %c, wanted %c", cases[i].comparator, cases[i].value,
		   cases[i].attribute == NULL ? "missing" : cases[i].attribute, found, cases[i].wanted);
		StandinReset();
	}
}
