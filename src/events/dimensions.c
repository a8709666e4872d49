/*
 * dimensions.c
 *	  Attributes of a user that an exposure keeps, for segments and strata.
 *
 * They are those that the evaluation had, context sources included, at the time
 * of the exposure: what a variation does to a user cannot reach into them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/catalog.h"
#include "engine/value_pg.h"
#include "events/dimensions.h"

#define MAX_DIMENSION_LENGTH 255	/* characters of a string */

/* Whether a value is short enough to be a level. */
static bool
IsLevel(const FFValue *value)
{
	switch (value->type)
	{
		case FF_BOOL:
		case FF_NUMBER:
			return true;
		case FF_STRING:
			return pg_mbstrlen_with_len(value->data, value->length) <= MAX_DIMENSION_LENGTH;
		default:
			return false;
	}
}

/* A scalar as the member of an object. */
static void
PushMember(JsonbParseState **state, FFString name, const FFValue *value)
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue	scalar;

	key.val.string.val = unconstify(char *, name.data);
	key.val.string.len = name.length;
	(void) JsonbExtractScalar(&FFValueToJsonb(value)->root, &scalar);
	(void) pushJsonbValue(state, WJB_KEY, &key);
	(void) pushJsonbValue(state, WJB_VALUE, &scalar);
}

Jsonb *
FFDimensionsOf(FFSubject *subject, ArrayType *names)
{
	JsonbParseState *state = NULL;
	FFString   *elements;
	int			count = FFTextArray(names, &elements);
	int			known = 0;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < count; i++)
	{
		FFValue		value = FFContextAttribute(&subject->context, elements[i]);

		if (!IsLevel(&value))
			continue;
		PushMember(&state, elements[i], &value);
		known++;
	}
	return known > 0 ? JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)) : NULL;
}
