/*
 * eppo.c
 *	  Flags of Eppo: the first allocation that takes a subject in.
 */
#include <math.h>

#include "dialects/eppo.h"

/* A flag that is being answered. */
typedef struct Asked
{
	const FFEppoFlag *flag;
	const FFProgram *program;
	FFEvaluation *evaluation;
	FFProviderAnswer *answer;
	bool		failed;
	FFString	salt;			/* of the last shard that was looked for; data NULL: none */
	double		shard;			/* and where it is */
} Asked;

/* --- how the answer came about ---------------------------------------------------- */

/* The evaluation code of its SDKs; the details of an error have no more. */
static void
SetCode(Asked *asked, const char *code)
{
	FFText		text = {0};

	if (!asked->evaluation->context->detailed)
		return;
	FFTextFormat(&text, "{\"flagEvaluationCode\":\"%s\"}", code);
	asked->answer->provider_reason = FFStringOf(text.data, text.length);
}

static void
Fail(Asked *asked, FFEvaluationError error, const char *code, const char *why)
{
	asked->failed = true;
	asked->answer->reason = FF_REASON_ERROR;
	asked->answer->error = error;
	asked->answer->variation = -1;
	asked->answer->unit = FFStringOf(NULL, 0);
	FFExplain(asked->evaluation, "serve", "error", "%s", why);
	SetCode(asked, code);
}

static void
FailFaulty(Asked *asked)
{
	Fail(asked, FF_PARSE_ERROR, "ASSIGNMENT_ERROR", "the configuration is faulty here");
}

/* {"allocationKey", "doLog", "extraLogging"} */
static void
AddMetadata(Asked *asked, const FFEppoAllocation *allocation, const FFEppoSplit *split)
{
	FFText		text = {0};

	FFTextFormat(&text, "{\"allocationKey\":");
	FFTextJsonString(&text, allocation->key);
	FFTextFormat(&text, ",\"doLog\":");
	FFTextJson(&text, &allocation->log);
	if (split->logging.type == FF_OBJECT)
	{
		FFTextFormat(&text, ",\"extraLogging\":");
		FFTextJson(&text, &split->logging);
	}
	FFTextFormat(&text, "}");
	asked->answer->metadata = FFStringOf(text.data, text.length);
}

/* --- splits ---------------------------------------------------------------------------- */

/* The shard of a subject by a salt; NaN where there are no shards. */
static double
Hash(Asked *asked, FFString salt)
{
	static const FFRecipe *recipe;
	FFBucketing bucketing;
	uint32_t	hash;

	if (recipe == NULL)
		recipe = FFRecipeFind(FFStringOf("eppo", 4));
	if (!FFRecipeRun(recipe, salt, asked->evaluation->context->user_key, recipe->buckets, &bucketing))
	{
		Fail(asked, FF_GENERAL, "ASSIGNMENT_ERROR", "there is no MD5 here");
		return NAN;
	}
	hash = (uint32_t) bucketing.hash[0] << 24 | (uint32_t) bucketing.hash[1] << 16 |
		(uint32_t) bucketing.hash[2] << 8 | bucketing.hash[3];
	return fmod(hash, asked->flag->shards);
}

/* The splits of an experiment have the same salt as a rule: it is hashed once. */
static double
ShardOf(Asked *asked, FFString salt)
{
	if (asked->salt.data == NULL || !FFStringEquals(asked->salt, salt))
	{
		asked->shard = Hash(asked, salt);
		asked->salt = salt;
	}
	return asked->shard;
}

static bool
IsInShard(Asked *asked, const FFEppoShard *shard)
{
	double		place;

	if (shard->faulty)
	{
		FailFaulty(asked);
		return false;
	}
	place = ShardOf(asked, shard->salt);
	if (!isnan(place))
		asked->answer->bucket = (int) place;
	for (int i = 0; i < shard->count && !asked->failed; i++)
	{
		const FFEppoRange *range = &shard->ranges[i];

		if (range->faulty)
			FailFaulty(asked);
		else if (range->start <= place && place < range->end)
			return true;
	}
	return false;
}

/* Whether a subject is in all shards of a split. */
static bool
IsInSplit(Asked *asked, const FFEppoSplit *split)
{
	if (split->faulty)
		FailFaulty(asked);
	for (int i = 0; i < split->count && !asked->failed; i++)
		if (!IsInShard(asked, &split->shards[i]))
			return false;
	return !asked->failed;
}

static void
Explain(Asked *asked, const FFEppoAllocation *allocation, FFString variation)
{
	if (allocation->random)
		FFExplain(asked->evaluation, "serve", "split", "%.*s, \"%.*s\" is in shard %d of %.0f", FF_QUOTED(variation),
				  FF_QUOTED(asked->evaluation->context->user_key), asked->answer->bucket, asked->flag->shards);
	else
		FFExplain(asked->evaluation, "serve", "variation", "%.*s", FF_QUOTED(variation));
}

static void
Serve(Asked *asked, const FFEppoAllocation *allocation, const FFEppoSplit *split)
{
	FFProviderAnswer *answer = asked->answer;

	if (split->variation < 0)
	{
		FailFaulty(asked);
		return;
	}
	answer->reason = allocation->random ? FF_REASON_SPLIT :
		allocation->when != NULL ? FF_REASON_TARGETING_MATCH : FF_REASON_DEFAULT;
	if (allocation->random)
		answer->unit = asked->evaluation->context->user_key;
	/* null is no value there: its caller gets the default */
	if (asked->program->values[split->variation].type != FF_NULL)
		answer->variation = split->variation;
	Explain(asked, allocation, FFProgramVariationKey(asked->program, split->variation));
	SetCode(asked, "MATCH");
	if (asked->evaluation->context->detailed)
		AddMetadata(asked, allocation, split);
}

/* The first split that the subject is in; false: none. */
static bool
ServeSplit(Asked *asked, const FFEppoAllocation *allocation)
{
	if (allocation->splits_faulty)
		FailFaulty(asked);
	for (int i = 0; i < allocation->count && !asked->failed; i++)
		if (IsInSplit(asked, &allocation->splits[i]))
		{
			Serve(asked, allocation, &allocation->splits[i]);
			return true;
		}
	return asked->failed;
}

/* --- allocations --------------------------------------------------------------------------- */

/* Whether the rules let a subject in; an error where they cannot be evaluated. */
static bool
RulesMatch(Asked *asked, const FFEppoAllocation *allocation)
{
	bool		matches;
	unsigned	notes;

	if (allocation->when == NULL)
		return true;
	matches = FFNodeMatches(asked->evaluation, allocation->when);
	notes = asked->evaluation->context->notes;
	if (FF_UNLIKELY(notes & FF_EPPO_FAULT))
		FailFaulty(asked);
	else if (FF_UNLIKELY(notes & FF_EPPO_LIMIT))
		Fail(asked, FF_GENERAL, "ASSIGNMENT_ERROR", "a regular expression took too long");
	return matches && !asked->failed;
}

/* What keeps a subject out of an allocation; NULL: nothing, it is served. */
static const char *
TryAllocation(Asked *asked, const FFEppoAllocation *allocation, double now)
{
	if (allocation->faulty)
		FailFaulty(asked);
	else if (now < allocation->start)
		return "not yet";
	else if (now > allocation->end)
		return "over";
	else if (!RulesMatch(asked, allocation))
		return asked->failed ? NULL : "not matched";
	else if (!ServeSplit(asked, allocation))
		return "in no split";
	return NULL;
}

static void
FollowAllocations(Asked *asked)
{
	FFProviderAnswer *answer = asked->answer;
	double		now = floor((double) asked->evaluation->context->now / 1000);

	for (int i = 0; i < asked->flag->count; i++)
	{
		const FFEppoAllocation *allocation = &asked->flag->allocations[i];
		const char *why;

		answer->rule = i;
		answer->rule_id = allocation->key;
		why = TryAllocation(asked, allocation, now);
		FFExplain(asked->evaluation, "allocation", why != NULL ? why : asked->failed ? "error" : "matched",
				  "%.*s", FF_QUOTED(allocation->key));
		if (why == NULL)
			return;
	}
	answer->rule = answer->bucket = -1;
	answer->rule_id = FFStringOf(NULL, 0);
	SetCode(asked, "DEFAULT_ALLOCATION_NULL");
}

/* Whether a call of that type would be refused.  SQL asks for integers as numbers too. */
static bool
Mismatches(FFWanted wanted, FFString type)
{
	switch (wanted)
	{
		case FF_WANT_ANY:
			return false;
		case FF_WANT_BOOLEAN:
			return !FFStringIs(type, "BOOLEAN");
		case FF_WANT_STRING:
			return !FFStringIs(type, "STRING");
		case FF_WANT_INTEGER:
			return !FFStringIs(type, "INTEGER");
		case FF_WANT_NUMBER:
			return !FFStringIs(type, "INTEGER") && !FFStringIs(type, "NUMERIC");
		default:
			return !FFStringIs(type, "JSON");
	}
}

static void
Ask(Asked *asked, bool enabled)
{
	const FFContext *context = asked->evaluation->context;

	if (context->user_key.data == NULL || context->user_key.length == 0)
		Fail(asked, FF_TARGETING_KEY_MISSING, "ASSIGNMENT_ERROR", "there is no subject key");
	else if (asked->flag->broken)
		FailFaulty(asked);
	else if (asked->flag->malformed || Mismatches(context->wanted, asked->flag->type))
		Fail(asked, FF_TYPE_MISMATCH, "TYPE_MISMATCH", "the flag is of another type");
	else if (!enabled)
	{
		asked->answer->reason = FF_REASON_DISABLED;
		asked->answer->rule_name = FFStringOf("off", 3);
		FFExplain(asked->evaluation, "flag", "off", "not enabled");
		SetCode(asked, "FLAG_UNRECOGNIZED_OR_DISABLED");
	}
	else if (asked->flag->missing)
		FailFaulty(asked);
	else
		FollowAllocations(asked);
}

static void
Answer(const FFProgram *program, FFEvaluation *evaluation, bool enabled, FFProviderAnswer *answer)
{
	Asked		asked = {.flag = program->own, .program = program, .evaluation = evaluation, .answer = answer};
	unsigned	notes = evaluation->context->notes;

	evaluation->context->notes = 0;
	Ask(&asked, enabled);
	evaluation->context->notes = notes;
}

const FFDialect FFDialectEppo = {.name = "eppo", .compile = FFEppoCompile, .answer = Answer};
