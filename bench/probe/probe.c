/*
 * probe.c
 *	  The benchmark's flag, written by hand in C: what no general evaluation
 *	  can fall below by much.
 *
 * country in (DE, FR, GB, US) and plan = pro and age >= 30, then half of the
 * users by XXH3.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include <xxhash.h>

#define PROBE_SALT "flag-42:"
#define PROBE_SALT_LENGTH 8
#define PROBE_BUCKETS 100000
#define PROBE_KEY_SIZE 256

PG_FUNCTION_INFO_V1(bench_probe);

/* A member of the attributes that is a string, else NULL. */
static JsonbValue *
StringMember(Jsonb *attributes, const char *name, int length, JsonbValue *value)
{
	JsonbValue *found = getKeyJsonValueFromContainer(&attributes->root, name,
													 length, value);

	return found != NULL && found->type == jbvString ? found : NULL;
}

static bool
IsString(const JsonbValue *value, const char *text, int length)
{
	return value->val.string.len == length &&
		memcmp(value->val.string.val, text, length) == 0;
}

static bool
CountryMatches(Jsonb *attributes)
{
	static const char countries[4][2] = {{'D', 'E'}, {'F', 'R'}, {'G', 'B'}, {'U', 'S'}};
	JsonbValue	space;
	JsonbValue *country = StringMember(attributes, "country", 7, &space);

	if (country == NULL)
		return false;
	for (int i = 0; i < 4; i++)
	{
		if (IsString(country, countries[i], 2))
			return true;
	}
	return false;
}

static bool
PlanMatches(Jsonb *attributes)
{
	JsonbValue	space;
	JsonbValue *plan = StringMember(attributes, "plan", 4, &space);

	return plan != NULL && IsString(plan, "pro", 3);
}

/* The constant 30 as numeric, made once a call site. */
static Numeric
Thirty(FmgrInfo *flinfo)
{
	if (flinfo->fn_extra == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(flinfo->fn_mcxt);

		flinfo->fn_extra = int64_to_numeric(30);
		MemoryContextSwitchTo(caller);
	}
	return (Numeric) flinfo->fn_extra;
}

static bool
AgeMatches(Jsonb *attributes, FmgrInfo *flinfo)
{
	JsonbValue	space;
	JsonbValue *age = getKeyJsonValueFromContainer(&attributes->root, "age", 3, &space);

	if (age == NULL || age->type != jbvNumeric)
		return false;
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp,
											 NumericGetDatum(age->val.numeric),
											 NumericGetDatum(Thirty(flinfo)))) >= 0;
}

static bool
InFirstHalf(text *key)
{
	char		buffer[PROBE_SALT_LENGTH + PROBE_KEY_SIZE];
	int			length = Min(VARSIZE_ANY_EXHDR(key), PROBE_KEY_SIZE);

	memcpy(buffer, PROBE_SALT, PROBE_SALT_LENGTH);
	memcpy(buffer + PROBE_SALT_LENGTH, VARDATA_ANY(key), length);
	return XXH3_64bits(buffer, PROBE_SALT_LENGTH + length) % PROBE_BUCKETS < PROBE_BUCKETS / 2;
}

/* Agrees with the benchmark's flag for every user. */
Datum
bench_probe(PG_FUNCTION_ARGS)
{
	text	   *key = PG_GETARG_TEXT_PP(0);
	Jsonb	   *attributes = PG_GETARG_JSONB_P(1);

	PG_RETURN_BOOL(CountryMatches(attributes) &&
				   PlanMatches(attributes) &&
				   AgeMatches(attributes, fcinfo->flinfo) &&
				   InFirstHalf(key));
}
