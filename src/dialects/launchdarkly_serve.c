/*
 * launchdarkly_serve.c
 *	  Which variation LaunchDarkly serves: a fixed one, or one of a rollout by
 *	  the bucket of the context; and individual targets.
 */
#include <stdio.h>

#include "dialects/launchdarkly.h"

#define WHOLE 100000			/* weights are thousandths of a percent */
#define KEYS_BETWEEN_INTERRUPTS 1024

/* --- buckets -------------------------------------------------------------- */

/* "key.salt", as both stand in the document. */
FFString
FFLdSalt(const FFValue *document, FFString key)
{
	FFValue		salt = FFDialectMember(document, "salt");
	FFText		text = {0};

	FFTextAdd(&text, key.data, key.length);
	FFTextAdd(&text, ".", 1);
	if (FFLdTruthy(&salt))
	{
		FFString	shown = FFValueTextJs(&salt);

		FFTextAdd(&text, shown.data, shown.length);
	}
	return FFStringOf(text.data, text.length);
}

/* By says which attribute; the key where it names none. */
void
FFLdBucketingCompile(FFCompiler *compiler, const FFValue *by, FFString kind, FFString salt,
					 bool go, LdBucketing *bucketing)
{
	FFValue		member = FFDialectMember(by, "contextKind");
	FFString	name = FFDialectString(by, "bucketBy");

	if (member.type == FF_ABSENT)
		member = FFDialectMember(by, "rolloutContextKind");
	bucketing->go = go;
	bucketing->salt = salt;
	bucketing->recipe = FFRecipeFind(go ? FFStringOf("launchdarkly-float32", 20) : FFStringOf("launchdarkly", 12));
	if (name.length == 0)
		FFLdReferenceCompile(compiler, FFStringOf("key", 3), kind, true, go, &bucketing->by);
	else
		FFLdReferenceCompile(compiler, name, kind, !FFLdTruthy(&member), go, &bucketing->by);
}

/* A whole number as the text that is hashed; data NULL: it is not one. */
static FFString
WholeText(const FFValue *number, bool go)
{
	double		d = FFLdNumber(number);
	char		digits[32];

	if (!(d > -1e300 && d < 1e300) || d != __builtin_trunc(d))
		return FFStringOf(NULL, 0);
	if (!go)
		return FFNumberTextJs(d);
	if (d < -9e18 || d > 9e18)
		return FFStringOf(NULL, 0);
	return FFStringCopy(FFStringOf(digits, snprintf(digits, sizeof(digits), "%lld", (long long) d)));
}

/* Texts and whole numbers put a context into a bucket; all else into the first. */
void
FFLdBucket(FFEvaluation *evaluation, const LdBucketing *bucketing, LdBucket *bucket)
{
	const LdContext *ld = evaluation->context->own;
	FFValue		value = {0};
	FFBucketing run;

	bucket->value = 0;
	bucket->number = -1;
	bucket->unit = FFStringOf(NULL, 0);
	bucket->has_kind = (ld->user && bucketing->by.user) || FFLdHasKind(ld, bucketing->by.kind);
	if (bucketing->by.place == LD_KEY && ld->shape != LD_MULTI)
		bucket->unit = bucket->has_kind ? ld->key : bucket->unit;
	else if (bucketing->by.place != LD_KIND)
		value = FFLdValue(evaluation, &bucketing->by);
	if (value.type == FF_STRING)
		bucket->unit = FFStringOf(value.data, value.length);
	else if (value.type == FF_NUMBER)
		bucket->unit = WholeText(&value, bucketing->go);
	if (bucket->unit.data == NULL ||
		!FFRecipeRun(bucketing->recipe, bucketing->salt, bucket->unit, WHOLE, &run))
		return;
	bucket->value = run.value;
	bucket->number = run.bucket < WHOLE ? run.bucket : WHOLE - 1;
}

/* A weight as ECMAScript makes a number of it; NaN: none. */
static double
Weight(const FFValue *weight)
{
	double		d;

	switch (weight->type)
	{
		case FF_NUMBER:
			return FFLdNumber(weight);
		case FF_BOOL:
			return weight->boolean;
		case FF_STRING:
			if (FFParseNumberJs(FFStringOf(weight->data, weight->length), &d))
				return d;
			break;
		default:
			break;
	}
	return __builtin_nan("");
}

/* The share of a weight, in the precision of the SDK. */
double
FFLdShare(const FFValue *weight, bool go)
{
	double		d = Weight(weight);

	return go ? (double) ((float) d / (float) WHOLE) : d / WHOLE;
}

/* --- serving ---------------------------------------------------------------- */

/* The place of a variation by its index. */
int
FFLdVariation(FFCompiler *compiler, const FFPath *path, const FFValue *index)
{
	int64_t		place;

	if (index->type <= FF_NULL)
		return LD_NOTHING;
	if (index->type == FF_NUMBER && FFNumberScaled(index, 0, &place) && place >= 0 &&
		place < compiler->program->variations.count)
		return (int) place;
	FFNoteFault(compiler, path, "no such variation: the flag is malformed where this is served");
	return LD_NOWHERE;
}

static double
Add(double sum, double share, bool go)
{
	return go ? (double) ((float) sum + (float) share) : sum + share;
}

static void
CompileParts(FFCompiler *compiler, const FFPath *path, const FFValue *variations, bool go,
			 LdServe *serve)
{
	FFWalk		walk;
	FFValue		part;
	double		sum = 0;
	int			count = FFCount(variations);

	serve->variations = FFAlloc((size_t) count * sizeof(int));
	serve->ends = FFAlloc((size_t) count * sizeof(double));
	serve->untracked = FFAlloc((size_t) count * sizeof(bool));
	FFWalkStart(&walk, variations);
	while (FFWalkNext(&walk, NULL, &part))
	{
		FFPath		element = FFPathElement(path, serve->count);
		FFValue		index = FFDialectMember(&part, "variation");
		FFValue		weight = FFDialectMember(&part, "weight");
		FFValue		untracked = FFDialectMember(&part, "untracked");
		int			i = serve->count++;

		serve->variations[i] = FFLdVariation(compiler, &element, &index);
		serve->ends[i] = sum = Add(sum, FFLdShare(&weight, go), go);
		serve->untracked[i] = FFLdTruthy(&untracked);
		if (serve->variations[i] == LD_NOTHING)
			serve->variations[i] = LD_NOWHERE;
	}
	if (!(sum > 0.99999 && sum < 1.00001))
		FFNoteFault(compiler, path, "weights that do not add up to %d", WHOLE);
}

/* The text of a seed: js takes 0 for none. */
static FFString
Seed(const FFValue *seed, bool go)
{
	char		digits[32];
	int64_t		number;
	double		d;

	if (go && seed->type == FF_NUMBER && FFNumberScaled(seed, 0, &number))
		return FFStringCopy(FFStringOf(digits, snprintf(digits, sizeof(digits), "%lld", (long long) number)));
	if (go || !FFLdTruthy(seed))
		return FFStringOf(NULL, 0);
	d = Weight(seed);
	return d == d ? FFNumberTextJs(d) : FFStringOf("NaN", 3);
}

/* {"variations": [{"variation", "weight", "untracked"}, …], "kind", "bucketBy", "contextKind", "seed"} */
static void
CompileRollout(FFCompiler *compiler, const FFPath *path, const FFValue *rollout, FFString salt,
			   bool go, LdServe *serve)
{
	FFPath		inner = FFPathMember(path, FFStringOf("variations", 10));
	FFValue		variations = FFDialectMember(rollout, "variations");
	FFValue		seed = FFDialectMember(rollout, "seed");
	FFString	own = Seed(&seed, go);
	FFValue		by = *rollout;

	if (variations.type != FF_ARRAY || FFCount(&variations) == 0)
	{
		FFNoteFault(compiler, path, "rollout without variations: the flag is malformed where this is served");
		return;
	}
	serve->experiment = FFStringIs(FFDialectString(rollout, "kind"), "experiment");
	if (serve->experiment)
		by.type = FF_ABSENT;	/* an experiment goes by the key */
	FFLdBucketingCompile(compiler, &by, FFLdKindOf(rollout, "contextKind", go),
						 own.data != NULL ? own : salt, go, &serve->bucketing);
	if (!serve->bucketing.by.valid)
		FFNoteFault(compiler, path, "invalid bucketBy: the flag is malformed where this is served");
	CompileParts(compiler, &inner, &variations, go, serve);
}

/* What a rule, or the fallthrough, serves. */
void
FFLdServeCompile(FFCompiler *compiler, const FFPath *path, const FFValue *document,
				 FFString salt, bool go, LdServe *serve)
{
	FFPath		inner = FFPathMember(path, FFStringOf("variation", 9));
	FFPath		rollout_path = FFPathMember(path, FFStringOf("rollout", 7));
	FFValue		index = FFDialectMember(document, "variation");
	FFValue		rollout = FFDialectMember(document, "rollout");

	serve->variation = FFLdVariation(compiler, &inner, &index);
	if (serve->variation != LD_NOTHING)
		return;
	serve->variation = LD_NOWHERE;
	if (rollout.type == FF_OBJECT)
		CompileRollout(compiler, &rollout_path, &rollout, salt, go, serve);
	else
		FFNoteFault(compiler, path, "neither variation nor rollout: the flag is malformed where this is served");
}

/* The part of a rollout that a bucket is in: the last where it is past the end. */
static int
FindPart(const LdServe *serve, double bucket)
{
	int			i = 0;

	while (i < serve->count - 1 && !(bucket < serve->ends[i]))
		i++;
	return i;
}

void
FFLdServeFollow(FFEvaluation *evaluation, const LdServe *serve, LdServed *served)
{
	LdBucket	bucket;
	int			part;
	bool		past;

	served->variation = serve->variation;
	served->in_experiment = false;
	served->bucket = -1;
	served->unit = FFStringOf(NULL, 0);
	if (serve->count == 0 || !serve->bucketing.by.valid)
		return;
	FFLdBucket(evaluation, &serve->bucketing, &bucket);
	part = FindPart(serve, bucket.value);
	past = !(bucket.value < serve->ends[part]);
	served->variation = serve->variations[part];
	served->in_experiment = serve->experiment && !serve->untracked[part] && (bucket.has_kind || past);
	if (serve->count == 1 || bucket.unit.data == NULL)
		return;
	served->bucket = bucket.number;
	served->unit = bucket.unit;
}

/* --- targets ----------------------------------------------------------------- */

/* The keys of one kind. */
void
FFLdTargetCompile(FFCompiler *compiler, const FFPath *path, const FFValue *keys, FFString kind,
				  LdTarget *target)
{
	FFWalk		walk;
	FFValue		key;
	int			i = 0;

	target->kind = kind;
	if (keys->type <= FF_NULL)
		return;
	if (keys->type != FF_ARRAY)
	{
		FFNoteFault(compiler, path, "targets that are no array");
		return;
	}
	FFSetReserve(&target->keys, FFCount(keys));
	FFWalkStart(&walk, keys);
	while (FFWalkNext(&walk, NULL, &key))
	{
		if (key.type == FF_STRING)
			FFSetAdd(&target->keys, FFStringCopy(FFStringOf(key.data, key.length)), 0);
		if (++i % KEYS_BETWEEN_INTERRUPTS == 0)
			FFCheckInterrupts();
	}
}

bool
FFLdTargetHas(const LdContext *ld, const LdTarget *target)
{
	FFString	key;

	if (target->keys.count == 0)
		return false;
	key = FFLdKey(ld, target->kind);
	return key.data != NULL && FFSetFind(&target->keys, key) >= 0;
}
