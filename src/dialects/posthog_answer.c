/*
 * posthog_answer.c
 *	  What a flag answers: early access, holdout, conditions, variants.
 *
 * The first condition that holds, and whose share has whom it goes by, turns
 * the flag on.  The variant is its own or one by weight.
 */
#include <math.h>

#include "dialects/posthog.h"

#define BUCKETS 100000

/* Why a flag is what it is, in the words of PostHog and in order of weight. */
typedef enum Why
{
	WHY_NO_GROUP,
	WHY_NO_MATCH,
	WHY_OUT,
	WHY_MATCH,
	WHY_HOLDOUT,
	WHY_SUPER,
	WHY_DISABLED,
	WHY_DEPENDENCY
} Why;

static const char *const codes[] = {
	[WHY_NO_GROUP] = "no_group_type", [WHY_NO_MATCH] = "no_condition_match",
	[WHY_OUT] = "out_of_rollout_bound", [WHY_MATCH] = "condition_match",
	[WHY_HOLDOUT] = "holdout_condition_value", [WHY_SUPER] = "super_condition_value",
	[WHY_DISABLED] = "flag_disabled", [WHY_DEPENDENCY] = "missing_dependency"
};

/* The way of one answer. */
typedef struct Course
{
	const FFProgram *program;
	const FFPosthogFlag *flag;
	FFEvaluation *evaluation;
	FFProviderAnswer *answer;
	Why			why;
	int			condition;		/* -1: none */
	bool		drawn;			/* a share or weights decided */
	FFString	unit;			/* by this */
	int			bucket;
	bool		nobody;			/* there is nobody to go by */
	const FFPosthogUnit *hashed;	/* the last one, whose bucketing is rollout */
	FFString	hashed_text;
	FFBucketing rollout;
} Course;

/* --- what it goes by ------------------------------------------------------------------- */

static FFString
TextOf(const FFValue *value)
{
	if (value->type <= FF_NULL || (value->type == FF_STRING && value->length == 0))
		return FFStringOf(NULL, 0);
	return FFPosthogJson(value);
}

/* Texts that are not empty, and numbers, are keys of groups. */
static FFString
GroupKey(Course *course, const FFPosthogUnit *unit)
{
	const FFValue *value;

	if (unit->unknown)
		return FFStringOf(NULL, 0);
	value = FFAttributeValue(course->evaluation, &unit->key);
	if (value->type != FF_STRING && value->type != FF_NUMBER)
		return FFStringOf(NULL, 0);
	return TextOf(value);
}

/*
 * The id under which somebody was seen first: $hash_key_override, a text or a
 * text by flag, which a holdout does not go by; $anon_distinct_id.
 */
static FFString
FirstId(Course *course, bool holdout)
{
	const FFPosthogFlag *flag = course->flag;
	FFValue		value = *FFAttributeValue(course->evaluation, &flag->override);
	FFString	text = {0};

	if (value.type == FF_OBJECT)
		value = FFMember(&value, flag->key.data, flag->key.length);
	if (!holdout)
		text = TextOf(&value);
	if (text.data != NULL)
		return text;
	value = *FFAttributeValue(course->evaluation, &flag->anonymous);
	return TextOf(&value);
}

/* The device where the flag goes by that, else a person. */
static FFString
PersonKey(Course *course, bool holdout)
{
	const FFPosthogFlag *flag = course->flag;
	FFString	text = {0};
	FFValue		device;

	if (flag->by_device)
	{
		device = *FFAttributeValue(course->evaluation, &flag->device);
		text = TextOf(&device);
		if (text.data != NULL || !holdout)
			return text;
	}
	if (flag->continuous)
		text = FirstId(course, holdout);
	return text.data != NULL ? text : course->evaluation->context->user_key;
}

static FFString
KeyOf(Course *course, const FFPosthogUnit *unit, bool holdout)
{
	return unit->group ? GroupKey(course, unit) : PersonKey(course, holdout);
}

/* Whether a condition cannot be asked: its group, or the device, is missing. */
static bool
IsMissing(Course *course, const FFPosthogUnit *unit)
{
	FFString	key;

	if (!unit->group && !course->flag->by_device)
		return false;
	key = KeyOf(course, unit, false);
	return key.data == NULL;
}

static void
NoteDraw(Course *course, FFString key, const FFBucketing *run)
{
	course->drawn = true;
	course->unit = key;
	course->bucket = run->bucket < BUCKETS ? run->bucket : BUCKETS - 1;
}

/* Where somebody is put by the key of the flag; false: there is nobody. */
static bool
RunRollout(Course *course, const FFPosthogUnit *unit)
{
	if (course->hashed == unit)
		return true;
	course->hashed_text = KeyOf(course, unit, false);
	course->nobody |= course->hashed_text.data == NULL;
	if (course->hashed_text.data == NULL ||
		!FFRecipeRun(course->flag->rollout, course->flag->key, course->hashed_text, BUCKETS, &course->rollout))
		return false;
	course->hashed = unit;
	return true;
}

/* --- serving ------------------------------------------------------------------------------ */

static void
Describe(Course *course, int place)
{
	FFProviderAnswer *answer = course->answer;
	FFValue		value = course->program->values[place];
	FFString	key = value.type == FF_STRING ? FFStringOf(value.data, value.length) : FFStringOf("true", 4);
	FFValue		payload = {0};
	FFText		reason = {0};
	FFText		metadata = {0};

	if (!course->evaluation->context->detailed)
		return;
	FFTextFormat(&reason, "{\"code\": \"%s\"", codes[course->why]);
	if (course->condition >= 0)
		FFTextFormat(&reason, ", \"condition_index\": %d", course->condition);
	FFTextFormat(&reason, "}");
	answer->provider_reason = FFStringOf(reason.data, reason.length);
	if (place != FF_POSTHOG_OFF && course->flag->payloads.type == FF_OBJECT)
		payload = FFMember(&course->flag->payloads, key.data, key.length);
	if (payload.type <= FF_NULL)
		return;
	FFTextFormat(&metadata, "{\"payload\": ");
	FFTextJson(&metadata, &payload);
	FFTextFormat(&metadata, "}");
	answer->metadata = FFStringOf(metadata.data, metadata.length);
}

/*
 * Who asks for a boolean is told whether the flag is on.  Who asks for another
 * type than there is gets the fallback; of a flag that is off it is no error.
 */
static void
Fit(Course *course, int place)
{
	FFWanted	wanted = course->evaluation->context->wanted;
	FFValueType type = course->program->values[place].type;
	FFProviderAnswer *answer = course->answer;

	answer->variation = place;
	if (wanted == FF_WANT_ANY || (wanted == FF_WANT_BOOLEAN && type == FF_BOOL) ||
		(wanted == FF_WANT_STRING && type == FF_STRING))
		return;
	answer->variation = wanted == FF_WANT_BOOLEAN ? FF_POSTHOG_ON : -1;
	if (wanted == FF_WANT_BOOLEAN || place == FF_POSTHOG_OFF)
		return;
	answer->reason = FF_REASON_ERROR;
	answer->error = FF_TYPE_MISMATCH;
	answer->unit = FFStringOf(NULL, 0);
}

static void
Serve(Course *course, int place)
{
	FFProviderAnswer *answer = course->answer;

	answer->truth = place != FF_POSTHOG_OFF;
	answer->rule = course->why == WHY_MATCH ? course->condition : -1;
	answer->reason = course->why == WHY_DISABLED ? FF_REASON_DISABLED :
		course->why >= WHY_MATCH && course->why <= WHY_SUPER ? FF_REASON_TARGETING_MATCH : FF_REASON_DEFAULT;
	if (course->drawn)
	{
		answer->bucket = course->bucket;
		answer->reason = FF_REASON_SPLIT;
		answer->unit = course->unit;
	}
	Describe(course, place);
	Fit(course, place);
}

static void
ServeAs(Course *course, Why why, const char *name, int place)
{
	course->why = why;
	course->answer->rule_name = FFStringOf(name, (int) strlen(name));
	FFExplain(course->evaluation, name, place == FF_POSTHOG_OFF ? "off" : "on", "%s", codes[why]);
	Serve(course, place);
}

/* --- variants ---------------------------------------------------------------------------------- */

/* The variant by weight: the place, or that of true. */
static int
FindVariant(Course *course, const FFPosthogUnit *unit)
{
	const FFPosthogFlag *flag = course->flag;
	FFString	key;
	FFBucketing run;

	if (flag->variant_count == 0)
		return FF_POSTHOG_ON;
	key = course->hashed == unit ? course->hashed_text : KeyOf(course, unit, false);
	course->nobody |= key.data == NULL;
	if (key.data == NULL || !FFRecipeRun(flag->variant, flag->key, key, BUCKETS, &run))
		return FF_POSTHOG_ON;
	if (flag->variant_count > 1 || flag->variants[0].end < 1)
		NoteDraw(course, key, &run);
	for (int i = 0; i < flag->variant_count; i++)
	{
		const FFPosthogVariant *variant = &flag->variants[i];

		if (!(run.value >= variant->start && run.value < variant->end))
			continue;
		FFExplain(course->evaluation, "variant", "weight", "%.9g is in [%g, %g)", run.value, variant->start, variant->end);
		return variant->place;
	}
	FFExplain(course->evaluation, "variant", "none", "%.9g is in no variant", run.value);
	return FF_POSTHOG_ON;
}

/* --- before the conditions ------------------------------------------------------------------------ */

/* A flag that it depends on is not there: off, whatever the conditions say. */
static bool
LacksDependency(Course *course)
{
	FFEvaluation *evaluation = course->evaluation;
	FFTold		told;

	for (int i = 0; i < evaluation->needs->flags.count; i++)
	{
		FFAskFlag(evaluation, i, &told);
		if (told.cyclic)
			evaluation->context->notes |= FF_POSTHOG_CYCLE;
		if (told.known)
			continue;
		FFExplain(evaluation, "dependency", "missing", "flag \"%.*s\" is not there",
				  FF_QUOTED(evaluation->needs->flags.keys[i]));
		return true;
	}
	return false;
}

static Why AskCondition(Course *course, const FFPosthogCondition *condition);

/* Early access: whom a person's own choice turns it on or off for. */
static bool
ServeEnrollment(Course *course)
{
	const FFPosthogFlag *flag = course->flag;
	bool		there = false;
	FFValue		value;

	course->condition = 0;
	if (flag->enrolls)
	{
		value = *FFAttributeValue(course->evaluation, &flag->enrollment);
		there = value.type != FF_ABSENT;
		if (there)
			ServeAs(course, WHY_SUPER, "enrollment", (value.type == FF_BOOL && value.boolean) ||
					(value.type == FF_STRING && FFStringIs(FFStringOf(value.data, value.length), "true")) ?
					FF_POSTHOG_ON : FF_POSTHOG_OFF);
	}
	for (int i = 0; i < flag->super_count && !there; i++)
	{
		there = FFAttributeValue(course->evaluation, &flag->super_names[i])->type != FF_ABSENT;
		if (there)
			ServeAs(course, WHY_SUPER, "enrollment",
					AskCondition(course, &flag->super) == WHY_MATCH ? FF_POSTHOG_ON : FF_POSTHOG_OFF);
	}
	course->condition = -1;
	return there;
}

static bool
ServeHoldout(Course *course)
{
	const FFPosthogHoldout *holdout = &course->flag->holdout;
	FFString	key;
	FFBucketing run;
	int			place;

	if (holdout->place < 0)
		return false;
	key = KeyOf(course, &course->flag->unit, true);
	course->nobody |= key.data == NULL;
	if (key.data == NULL || !FFRecipeRun(course->flag->held, holdout->salt, key, BUCKETS, &run))
		return false;
	if (!holdout->all && run.value > holdout->share)
	{
		FFExplain(course->evaluation, "holdout", "out", "%.9g is beyond %g", run.value, holdout->share);
		return false;
	}
	place = holdout->by_weight ? FindVariant(course, &course->flag->unit) : holdout->place;
	if (place == FF_POSTHOG_ON)
		place = holdout->place;
	if (!holdout->all)
		NoteDraw(course, key, &run);
	ServeAs(course, WHY_HOLDOUT, "holdout", place);
	return true;
}

/* --- conditions ------------------------------------------------------------------------------------- */

static Why
AskCondition(Course *course, const FFPosthogCondition *condition)
{
	if (IsMissing(course, condition->unit))
		return condition->unit->group ? WHY_NO_GROUP : WHY_OUT;
	if (!FFNodeMatches(course->evaluation, &condition->when))
		return WHY_NO_MATCH;
	if (!condition->drawn)
		return WHY_MATCH;
	if (!RunRollout(course, condition->unit))
		return WHY_OUT;
	NoteDraw(course, course->hashed_text, &course->rollout);
	if (course->rollout.value > condition->rollout)
	{
		FFExplain(course->evaluation, "rollout", "out", "%.9g is beyond %g", course->rollout.value, condition->rollout);
		return WHY_OUT;
	}
	FFExplain(course->evaluation, "rollout", "in", "%.9g is within %g", course->rollout.value, condition->rollout);
	return WHY_MATCH;
}

/* The first condition that holds; else why none does, of the most weight and last. */
static const FFPosthogCondition *
FindCondition(Course *course)
{
	const FFPosthogFlag *flag = course->flag;

	course->why = flag->condition_count == 0 ? WHY_NO_MATCH : WHY_NO_GROUP;
	for (int i = 0; i < flag->condition_count; i++)
	{
		bool		drawn = course->drawn;
		Why			why = AskCondition(course, &flag->conditions[i]);

		if (why != WHY_MATCH && why != WHY_OUT)
			course->drawn = drawn;
		if (why >= course->why)
		{
			course->why = why;
			course->condition = i;
		}
		FFExplain(course->evaluation, "rule", why == WHY_MATCH ? "matched" : "not matched", "groups[%d] %s", i, codes[why]);
		if (why == WHY_MATCH)
		{
			course->drawn = flag->conditions[i].drawn;
			return &flag->conditions[i];
		}
		if (why == WHY_OUT && flag->early_exit && !IsMissing(course, flag->conditions[i].unit))
			break;
	}
	return NULL;
}

static void
ServeConditions(Course *course)
{
	const FFPosthogCondition *condition = FindCondition(course);

	if (condition == NULL)
		Serve(course, FF_POSTHOG_OFF);
	else if (condition->variant >= 0)
		Serve(course, condition->variant);
	else
		Serve(course, FindVariant(course, condition->unit));
}

/* --- the answer --------------------------------------------------------------------------------------- */

static void
Answer(Course *course, bool enabled)
{
	const FFPosthogUnit *unit = &course->flag->unit;

	if (!enabled)
		ServeAs(course, WHY_DISABLED, "off", FF_POSTHOG_OFF);
	else if (LacksDependency(course))
		ServeAs(course, WHY_DEPENDENCY, "dependency", FF_POSTHOG_OFF);
	else if (ServeEnrollment(course))
		return;
	else if (unit->group && IsMissing(course, unit))
		ServeAs(course, WHY_NO_GROUP, "group", FF_POSTHOG_OFF);
	else if (!ServeHoldout(course))
		ServeConditions(course);
}

/* Where there is nobody to go by, or the flag depends on itself, there is no answer. */
static void
Fail(FFProviderAnswer *answer, FFEvaluationError error)
{
	answer->reason = FF_REASON_ERROR;
	answer->error = error;
	answer->variation = answer->truth = answer->rule = answer->bucket = -1;
	answer->unit = FFStringOf(NULL, 0);
	answer->provider_reason = answer->metadata = FFStringOf(NULL, 0);
}

void
FFPosthogAnswer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	FFContext  *context = evaluation->context;
	Course		course = {.program = program, .flag = program->own, .evaluation = evaluation, .answer = answer,
	.condition = -1, .bucket = -1};

	context->notes = 0;
	Answer(&course, enabled);
	if (FF_UNLIKELY(course.nobody))
		Fail(answer, FF_TARGETING_KEY_MISSING);
	else if (FF_UNLIKELY((context->notes & FF_POSTHOG_CYCLE) != 0))
		Fail(answer, FF_GENERAL);
	else if (FF_UNLIKELY((context->notes & FF_POSTHOG_LIMIT) != 0))
	{
		answer->reason = FF_REASON_ERROR;
		answer->error = FF_GENERAL;
		answer->unit = FFStringOf(NULL, 0);
	}
}
