/*
 * unit_eppo.c
 *	  Eppo's conditions, and from when to when its allocations hold.
 */
#include <stdio.h>

#include "engine/dialect.h"
#include "unit.h"

typedef struct Case
{
	const char *operator;
	const char *value;			/* JSON; NULL: none */
	const char *attribute;		/* likewise */
	char		wanted;			/* t, f or e */
} Case;

static const Case cases[] = {
	{"ONE_OF", "[\"a\",\"1\"]", "1", 't'}, {"ONE_OF", "[1]", "1", 'f'}, {"ONE_OF", "[\"a,b\"]", "[\"a\",\"b\"]", 't'}, {"NOT_ONE_OF", "[\"true\"]", "true", 'f'},
	{"NOT_ONE_OF", "[]", NULL, 'f'}, {"NOT_ONE_OF", "[]", "\"x\"", 't'}, {"ONE_OF", "\"a\"", "\"a\"", 'e'}, {"ONE_OF", "\"a\"", NULL, 'f'},
	{"MATCHES", "\"^\\\\d+$\"", "42", 't'}, {"MATCHES", "\"b\"", "\"abc\"", 't'}, {"NOT_MATCHES", "\"b\"", "null", 'f'}, {"NOT_MATCHES", "\"b\"", "\"x\"", 't'},
	{"MATCHES", NULL, "\"x\"", 't'}, {"MATCHES", "null", "\"nullable\"", 't'}, {"MATCHES", "\"(\"", "\"(\"", 'e'}, {"MATCHES", "\"(\"", NULL, 'f'},
	{"LT", "10", "9", 't'}, {"LT", "\"10\"", "\"9\"", 't'}, {"LTE", "10", "\"0xA\"", 't'}, {"GT", "0", "true", 't'}, {"GTE", "0", "\"\"", 't'}, {"GTE", "0", "\"x\"", 'f'},
	{"LT", "null", "-1", 't'}, {"LT", NULL, "-1", 'f'}, {"GT", "[4]", "[5]", 't'}, {"GT", "{}", "5", 'f'}, {"LT", "10", "10", 'f'}, {"GT", "10", "10", 'f'},
	{"GT", "\"1.9.0\"", "\"1.10.0\"", 't'}, {"GTE", "\"1.0.0\"", "\"v1.0.0+b\"", 't'}, {"LT", "\"1.0.0\"", "\"1.0.0-rc\"", 't'}, {"GT", "\"1.0.0\"", "2", 'f'},
	{"GT", "\"1.0\"", "\"1.1\"", 't'}, {"GT", "\"1.0.0\"", "\"1.1\"", 'f'},
	{"IS_NULL", "true", "null", 't'}, {"IS_NULL", "true", NULL, 't'}, {"IS_NULL", "false", "0", 't'}, {"IS_NULL", "0", "null", 'f'}, {"IS_NULL", "\"x\"", "null", 't'},
	{"EQUALS", "1", "1", 'f'},
};

/* now is the beginning of 2026 */
static const struct
{
	const char *limit;
	bool		served;
}			limits[] = {
	{"\"startAt\":\"2026-01-01T00:00:00.000Z\"", true}, {"\"startAt\":\"2026-01-01T00:00:00.001Z\"", false}, {"\"startAt\":\"2026-01-01T00:00+00:01\"", true},
	{"\"endAt\":\"2026-01-01\"", true}, {"\"endAt\":\"2025-12-31T23:59:59.999\"", false}, {"\"endAt\":\"2025\"", false}, {"\"endAt\":\"2026\"", true},
	{"\"startAt\":\"2026-02-32\"", true}, {"\"startAt\":\"2026-02-31\"", false}, {"\"startAt\":\"\"", true}, {"\"startAt\":null", true}, {"\"endAt\":0", true}, {"\"endAt\":1", false},
	{"\"startAt\":\"soon\"", true}, {"\"endAt\":\"soon\"", true}, {"\"startAt\":1767225600001", false}, {"\"endAt\":1767225600000", true}, {"\"startAt\":[]", true},
};

/* What a flag answers whose one allocation has these members and serves everybody. */
static FFProviderAnswer
Ask(const char *members, const char *attributes)
{
	char		document[1000];
	FFFlagSource source = {0};
	FFContext	context = Context("u", attributes);
	FFProviderAnswer answer;
	FFProgram  *program;
	FFError		error;

	snprintf(document, sizeof(document), "[{\"variations\":[{\"key\":\"on\",\"value\":true}],\"flag\":{\"variationType\":\"BOOLEAN\",\"totalShards\":10,"
			 "\"allocations\":[{\"key\":\"a\",%s,\"splits\":[{\"variationKey\":\"on\",\"shards\":[]}]}]}}]", members);
	source.dialect = Str("eppo");
	source.rules = Json(document);
	program = FFProgramCompile(&source, &error);
	FFProgramAnswer(program, true, NULL, NULL, &context, &answer);
	return answer;
}

static char
AskCondition(const Case *c)
{
	char		members[500];
	char		attributes[200];
	FFProviderAnswer answer;

	snprintf(members, sizeof(members), "\"rules\":[{\"conditions\":[{\"attribute\":\"x\",\"operator\":\"%s\"%s%s}]}]", c->operator,
			 c->value == NULL ? "" : ",\"value\":", c->value == NULL ? "" : c->value);
	snprintf(attributes, sizeof(attributes), c->attribute == NULL ? "{}" : "{\"x\":%s}", c->attribute);
	answer = Ask(members, attributes);
	return answer.error != FF_EVALUATION_OK ? 'e' : answer.variation == 0 ? 't' : 'f';
}

void
TestEppo(void)
{
	for (int i = 0; i < FF_LENGTH(cases); i++)
	{
		char		found = AskCondition(&cases[i]);

		Ok(found == cases[i].wanted, "Eppo's %s %s, %s: %c, wanted %c", cases[i].operator, cases[i].value == NULL ? "nothing" : cases[i].value,
		   cases[i].attribute == NULL ? "missing" : cases[i].attribute, found, cases[i].wanted);
		StandinReset();
	}
	for (int i = 0; i < FF_LENGTH(limits); i++)
	{
		Ok((Ask(limits[i].limit, "{}").variation == 0) == limits[i].served, "an allocation of Eppo with %s", limits[i].limit);
		StandinReset();
	}
}
