/*
 * unit_lookup.c
 *	  Attributes that are looked up, and segments that contain users.
 */
#include <string.h>

#include "unit.h"

static int	asked;				/* how often the lookup was */
static bool shown;

/* country is DE, device.os is ios, everything else is unknown. */
static FFValue
Attribute(FFContext *context, FFString name)
{
	FFValue		none = {0};

	(void) context;
	asked++;
	if (FFStringIs(name, "country"))
		return Json("\"DE\"");
	if (FFStringIs(name, "device"))
		return Json("{\"os\":\"ios\"}");
	return none;
}

static bool
Shown(FFContext *context, FFString name)
{
	(void) context;
	(void) name;
	return shown;
}

static const FFLookup lookup = {Attribute, Shown};

/* How often the lookup is asked while a condition is tested. */
static void
IsAsked(const char *condition, const char *attributes, bool matches, int times)
{
	FFValue		document = Json(condition);
	FFContext	context = Context("user-1", attributes);
	FFError		error;
	FFCondition *compiled = FFConditionCompile(&document, &error);

	context.lookup = &lookup;
	asked = 0;
	Ok(FFConditionMatches(compiled, NULL, &context) == matches, "%s of %s", condition,
	   attributes != NULL ? attributes : "nothing passed");
	Is(asked, times, "and the lookup is asked that often");
}

#define COUNTRY "{\"attribute\":\"country\",\"op\":\"eq\",\"value\":\"DE\"}"
#define AGE "{\"attribute\":\"age\",\"op\":\"ge\",\"value\":1}"
#define IOS "{\"attribute\":\"device.os\",\"op\":\"eq\",\"value\":\"ios\"}"

static void
TestAttributes(void)
{
	IsAsked(COUNTRY, NULL, true, 1);
	IsAsked(COUNTRY, "{\"country\":\"DE\"}", true, 0);
	IsAsked(COUNTRY, "{\"country\":\"FR\"}", false, 0);
	IsAsked(COUNTRY, "{\"country\":null}", false, 0);
	IsAsked(IOS, NULL, true, 1);
	IsAsked(IOS, "{\"device\":{\"os\":\"android\"}}", false, 0);
	IsAsked("{\"attribute\":\"user_key\",\"op\":\"eq\",\"value\":\"user-1\"}", NULL, true, 0);
	/* only what is needed, and once where it is there */
	IsAsked("{\"any\":[" COUNTRY "," AGE "]}", NULL, true, 1);
	IsAsked("{\"any\":[" AGE "," COUNTRY "]}", "{\"age\":2}", true, 0);
	IsAsked("{\"all\":[" COUNTRY "," COUNTRY "," COUNTRY "]}", NULL, true, 1);
	IsAsked("{\"attribute\":\"nothing\",\"op\":\"exists\"}", NULL, false, 1);
}

static void
TestContextAttribute(void)
{
	FFContext	context = Context("user-1", "{\"country\":\"FR\"}");

	Is(FFContextAttribute(&context, Str("plan")).type, FF_ABSENT, "no lookup: nothing");
	Ok(FFContextShows(&context, Str("plan")), "and nothing to hide");
	context.lookup = &lookup;
	Is(FFContextAttribute(&context, Str("country")).type, FF_STRING, "what was passed");
	Is(FFContextAttribute(&context, Str("device")).type, FF_OBJECT, "what is looked up");
	Is(FFContextAttribute(&context, Str("plan")).type, FF_ABSENT, "what is nowhere");
	shown = false;
	Ok(FFContextShows(&context, Str("country")), "what was passed is shown");
	Ok(!FFContextShows(&context, Str("device")), "what was looked up may be hidden");
	shown = true;
	Ok(FFContextShows(&context, Str("device")), "or shown");
}

/* Contains user-1 alone. */
static bool
ContainsFirst(FFSegment *segment, FFContext *context)
{
	(void) segment;
	asked++;
	return FFStringIs(context->user_key, "user-1");
}

static void
TestContains(void)
{
	FFValue		nobody = Json("{\"any\":[]}");
	FFValue		not_inside = Json("{\"not\":{\"segment\":\"list\"}}");
	FFError		error;
	FFSegment	list = {.contains = ContainsFirst};
	FFSegment	both = {.contains = ContainsFirst, .condition = FFConditionCompile(&nobody, &error)};
	FFSegment	empty = {0};
	FFSegment  *bindings[] = {&list};
	FFCondition *outside = FFConditionCompile(&not_inside, &error);
	FFContext	first = Context("user-1", NULL);
	FFContext	second = Context("user-2", NULL);

	Ok(FFSegmentMatches(&list, &first) && !FFSegmentMatches(&list, &second), "a list alone");
	Ok(FFSegmentMatches(&both, &first) && !FFSegmentMatches(&both, &second),
	   "a list beside a condition that nobody meets");
	Ok(!FFSegmentMatches(&empty, &first), "neither list nor condition");
	Ok(!FFConditionMatches(outside, bindings, &first) && FFConditionMatches(outside, bindings, &second),
	   "a condition that names a list");
	first.serial = 7;
	asked = 0;
	for (int i = 0; i < 3; i++)
		FFSegmentMatches(&list, &first);
	Is(asked, 1, "a subject is asked about once");
}

void
TestLookup(void)
{
	TestAttributes();
	TestContextAttribute();
	TestContains();
}
