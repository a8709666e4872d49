/*
 * unleash_rollout.c
 *	  Whether a strategy enables a flag, and which variant somebody gets.
 *
 * A share is drawn by hashing a group with what the strategy is sticky on.
 * Where there is nothing to go by, a random number takes its place: the answer
 * is another one each time.
 */
#include <math.h>
#include <stdio.h>

#include "dialects/unleash.h"

#define RANDOM_BYTES 24

/* --- what a draw goes by ----------------------------------------------------- */

/* Whether a value of the context counts as one: Node takes "", 0 and false for none. */
static bool
IsGiven(const FFUnleashFlag *flag, const FFValue *value)
{
	double		d;

	if (value->type <= FF_NULL)
		return false;
	if (!flag->node)
		return true;
	if (value->type == FF_STRING)
		return value->length > 0;
	if (value->type == FF_NUMBER)
		return !FFNumberDouble(value, &d) || d != 0;
	return value->type != FF_BOOL || value->boolean;
}

/* Take a value of the context unless an earlier one was there. */
static void
Take(const FFUnleashFlag *flag, FFValue value, bool only_text, FFString *text)
{
	if (IsGiven(flag, &value) && (!only_text || value.type == FF_STRING))
		*text = FFUnleashText(&value);
}

/* The user, else the session, else, of Node's variants, the address. */
static FFString
DefaultText(FFEvaluation *evaluation, const FFUnleashFlag *flag, bool variant)
{
	FFString	text = FFStringOf(NULL, 0);
	bool		only_text = flag->node && variant;

	Take(flag, FFUnleashUser(evaluation), only_text, &text);
	if (text.data == NULL)
		Take(flag, FFUnleashRare(evaluation, "sessionId"), only_text, &text);
	if (text.data == NULL && only_text)
		Take(flag, FFUnleashRare(evaluation, "remoteAddress"), true, &text);
	return text;
}

/* What a stickiness finds in the context; data NULL: nothing. */
static FFString
StickyText(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFStickiness *stickiness,
		   bool variant)
{
	FFString	text = FFStringOf(NULL, 0);
	FFValue		value;

	switch (stickiness->kind)
	{
		case FF_STICKY_DEFAULT:
			return DefaultText(evaluation, flag, variant);
		case FF_STICKY_RANDOM:
			return text;
		case FF_STICKY_TOP:
			Take(flag, FFUnleashTopValue(evaluation, &stickiness->field), false, &text);
			return text;
		case FF_STICKY_FIELD:
			break;
	}
	value = FFUnleashFieldValue(evaluation, &stickiness->field);
	text = FFUnleashText(&value);
	return flag->node && text.length == 0 ? FFStringOf(NULL, 0) : text;
}

/* A number of so many as text, in room of RANDOM_BYTES. */
static FFString
RandomText(char *room, int numbers, int first)
{
	return FFStringOf(room, snprintf(room, RANDOM_BYTES, "%d", (int) (FFRandom() * numbers + 0.5) + first));
}

/* Where the text of a group falls among 1 to whole. */
static double
Target(const FFRecipe *recipe, FFString group, FFString text, double whole)
{
	FFBucketing bucketing;
	uint32_t	hash;

	FFRecipeRun(recipe, group, text, recipe->buckets, &bucketing);
	hash = (uint32_t) bucketing.hash[0] << 24 | (uint32_t) bucketing.hash[1] << 16 |
		(uint32_t) bucketing.hash[2] << 8 | bucketing.hash[3];
	if (whole <= UINT32_MAX && whole == (uint32_t) whole)
		return hash % (uint32_t) whole + 1.0;
	return fmod(hash, whole) + 1;
}

static void
NoteDraw(FFUnleashDraw *draw, FFString text, const char *random, double target)
{
	draw->drawn = true;
	draw->text = text.data == random ? FFStringOf(NULL, 0) : text;
	draw->target = target < INT32_MAX ? (int) target : INT32_MAX;
}

/* --- strategies ---------------------------------------------------------------- */

/* The group that a rollout is of; Node takes what the context says where none is named. */
static FFString
GroupOf(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFUnleashStrategy *strategy)
{
	FFValue		value;

	if (strategy->group.data != NULL)
		return strategy->group;
	value = FFUnleashRare(evaluation, "featureToggle");
	return IsGiven(flag, &value) ? FFUnleashText(&value) : FFStringOf("", 0);
}

/* Whether somebody falls into the share that a strategy enables. */
static bool
MatchRollout(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFUnleashStrategy *strategy,
			 FFUnleashDraw *draw)
{
	char		random[RANDOM_BYTES];
	FFString	text = StickyText(evaluation, flag, &strategy->stickiness, false);
	double		target;

	if (text.data == NULL && strategy->stickiness.kind >= FF_STICKY_TOP)
	{
		if (FF_UNLIKELY(evaluation->context->trace != NULL))
			FFExplain(evaluation, "rollout", "missing", "%.*s is missing",
					  FF_QUOTED(strategy->stickiness.field.name));
		return false;
	}
	if (strategy->percentage <= 0 || strategy->percentage >= 100)
		return strategy->percentage > 0;
	if (text.data == NULL)
		text = RandomText(random, 10000, 1);
	target = Target(flag->rollout, GroupOf(evaluation, flag, strategy), text, 100);
	NoteDraw(draw, text, random, target);
	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		FFExplain(evaluation, "rollout", target <= strategy->percentage ? "in" : "out",
				  "%d of 100, %g or less is in", (int) target, strategy->percentage);
	return target <= strategy->percentage;
}

/* One of a hundred, at random. */
static bool
MatchRandom(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFUnleashStrategy *strategy,
			FFUnleashDraw *draw)
{
	int			number = (int) (FFRandom() * (flag->node ? 100 : 99)) + 1;
	bool		in = flag->node ? number <= strategy->percentage : number < strategy->percentage;

	if (strategy->percentage > 0 && strategy->percentage < 100)
		NoteDraw(draw, FFStringOf(NULL, 0), NULL, number);
	FFExplain(evaluation, "rollout", in ? "in" : "out", "%d of 100, at random", number);
	return in;
}

/* An address of a list, or in one of its networks. */
static bool
MatchAddress(FFEvaluation *evaluation, const FFUnleashFlag *flag, const FFUnleashStrategy *strategy)
{
	FFValue		value = FFUnleashRare(evaluation, "remoteAddress");
	FFString	text = FFStringOf(value.data, value.length);
	FFNetwork	address;

	if (value.type != FF_STRING)
		return false;
	if (flag->node && FFSetFind(&strategy->texts, text) >= 0)
		return true;
	if (!FFParseNetwork4(text, &address) && (flag->node || !FFParseNetwork6(text, &address)))
		return false;
	if (!flag->node && (memchr(text.data, '/', (size_t) text.length) != NULL ||
						memchr(text.data, '%', (size_t) text.length) != NULL))
		return false;
	for (int i = 0; i < strategy->networks.count; i++)
		if (FFNetworkContains(&strategy->networks.items[i], &address))
			return true;
	return false;
}

static bool
MatchHost(FFEvaluation *evaluation, const FFUnleashStrategy *strategy)
{
	FFValue		value = FFUnleashRare(evaluation, "hostname");
	char		buffer[256];

	return value.type == FF_STRING &&
		FFSetFind(&strategy->texts, FFUnleashLower(FFStringOf(value.data, value.length),
												   buffer, sizeof(buffer))) >= 0;
}

bool
FFUnleashStrategyMatches(FFEvaluation *evaluation, const FFUnleashFlag *flag,
						 const FFUnleashStrategy *strategy, FFUnleashDraw *draw)
{
	FFValue		value;

	if (strategy->kind == FF_STRATEGY_NEVER ||
		(strategy->condition.count > 0 && !FFNodeMatches(evaluation, &strategy->condition)))
		return false;
	switch (strategy->kind)
	{
		case FF_STRATEGY_USERS:
			value = FFUnleashUser(evaluation);
			return value.type == FF_STRING &&
				FFSetFind(&strategy->texts, FFStringOf(value.data, value.length)) >= 0;
		case FF_STRATEGY_ROLLOUT:
			return MatchRollout(evaluation, flag, strategy, draw);
		case FF_STRATEGY_RANDOM:
			return MatchRandom(evaluation, flag, strategy, draw);
		case FF_STRATEGY_ADDRESS:
			return MatchAddress(evaluation, flag, strategy);
		case FF_STRATEGY_HOST:
			return MatchHost(evaluation, strategy);
		default:
			return true;
	}
}

/* --- variants -------------------------------------------------------------------- */

/* The first variant one of whose overrides names what the context has. */
static const FFUnleashVariant *
FindOverride(FFEvaluation *evaluation, const FFUnleashVariants *variants)
{
	for (int i = 0; i < variants->count; i++)
	{
		const FFUnleashVariant *variant = &variants->items[i];

		for (int j = 0; j < variant->override_count; j++)
		{
			FFValue		value = FFUnleashFieldValue(evaluation, &variant->overrides[j].field);
			FFString	text = FFUnleashText(&value);

			if (text.data != NULL && FFSetFind(&variant->overrides[j].values, text) >= 0)
				return variant;
		}
	}
	return NULL;
}

/* The first variant up to which the weights reach the target. */
static const FFUnleashVariant *
FindWeight(const FFUnleashVariants *variants, double target)
{
	double		sum = 0;

	for (int i = 0; i < variants->count; i++)
	{
		const FFUnleashVariant *variant = &variants->items[i];

		sum += variant->weight;
		if (sum >= target)
			return variant;
	}
	return NULL;
}

const FFUnleashVariant *
FFUnleashSelect(FFEvaluation *evaluation, const FFUnleashFlag *flag,
				const FFUnleashVariants *variants, FFUnleashDraw *draw)
{
	char		random[RANDOM_BYTES];
	const FFUnleashVariant *variant;
	FFString	text;
	double		target;

	if (variants->count == 0 || variants->weight <= 0)
		return NULL;
	variant = FindOverride(evaluation, variants);
	if (variant != NULL)
	{
		if (FF_UNLIKELY(evaluation->context->trace != NULL))
			FFExplain(evaluation, "variant", "override", "%.*s", FF_QUOTED(variant->name));
		return variant;
	}
	text = StickyText(evaluation, flag, &variants->stickiness, true);
	if (text.data == NULL)
		text = RandomText(random, 100000, 0);
	target = Target(flag->variant, variants->group, text, variants->weight);
	variant = FindWeight(variants, target);
	if (variants->weighed > 1)
		NoteDraw(draw, text, random, target);
	if (FF_UNLIKELY(evaluation->context->trace != NULL))
		FFExplain(evaluation, "variant", "weight", "%g of %g: %.*s", target, variants->weight,
				  FF_QUOTED(variant == NULL ? FFStringOf("none", 4) : variant->name));
	return variant;
}
