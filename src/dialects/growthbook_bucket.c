/*
 * growthbook_bucket.c
 *	  GrowthBook: hashes, and the ranges that they fall into.
 *
 * Floating point is the provider's, operation by operation.
 */
#include <math.h>

#include "dialects/growthbook.h"

#define MOST_PLACES 3			/* of a range or namespace */
#define LEAST_SUM 0.99			/* of weights, else all weigh the same */
#define GREATEST_SUM 1.01

/* --- hashes ---------------------------------------------------------------- */

/* Whether + makes text of a value and any other. */
static bool
IsText(const FFValue *value)
{
	return value->type == FF_STRING || value->type == FF_ARRAY || value->type == FF_OBJECT;
}

/* The hash version: a number, where it is given at all. */
static int
VersionOf(const FFValue *version, int usual)
{
	if (!FFGbTruthy(version))
		return usual;
	if (version->type != FF_NUMBER)
		return 0;
	return FFGbNumberOf(version) == 1 ? 1 : FFGbNumberOf(version) == 2 ? 2 : 0;
}

void
FFGbHashInit(FFGbHash *hash, const FFValue *seed, const FFValue *version, int usual, bool utf8)
{
	static const char *const names[] = {
		"growthbook-v1", "growthbook-v2", "growthbook-v1-utf8", "growthbook-v2-utf8"
	};
	int			number = VersionOf(version, usual);
	const char *name = number == 0 ? "" : names[number - 1 + (utf8 ? 2 : 0)];

	hash->recipe = FFRecipeFind(FFStringOf(name, (int) strlen(name)));
	hash->salt = FFStringCopy(FFValueTextJs(seed));
	hash->is_text = IsText(seed);
}

/*
 * The number of a value; false: there is none.  Where neither it nor the seed
 * is text they are added as numbers, which have no characters to hash.
 */
bool
FFGbHashRun(const FFGbHash *hash, const FFValue *value, FFBucketing *bucketing)
{
	FFString	empty = FFStringOf("", 0);

	if (hash->recipe == NULL)
		return false;
	if (!hash->is_text && !IsText(value))
		return FFRecipeRun(hash->recipe, empty, empty, hash->recipe->buckets, bucketing);
	return FFRecipeRun(hash->recipe, hash->salt, FFValueTextJs(value), hash->recipe->buckets, bucketing);
}

/* --- ranges ------------------------------------------------------------------- */

/* value[place] of an array, or of what ECMAScript reads like one. */
static FFValue
At(const FFValue *value, int place)
{
	FFValue		absent = {0};
	const char	name = (char) ('0' + place);
	int			count;

	switch (value->type)
	{
		case FF_ARRAY:
			return FFElement(value, place);
		case FF_OBJECT:
			return FFMember(value, &name, 1);
		case FF_STRING:
			return FFGbUnits(FFStringOf(value->data, value->length), MOST_PLACES, &count)[place];
		default:
			return absent;
	}
}

static double
NumberAt(const FFValue *value, int place)
{
	FFValue		at = At(value, place);

	return FFGbNumberOf(&at);
}

/* From where to where; what is no number is nowhere. */
FFGbRange
FFGbRangeOf(const FFValue *value)
{
	FFGbRange	range = {NumberAt(value, 0), NumberAt(value, 1), value->type == FF_NULL};

	return range;
}

FFGbRanges
FFGbRangesOf(const FFValue *value)
{
	FFGbRanges	ranges = {0};
	FFWalk		walk;
	FFValue		element;

	if (value->type != FF_ARRAY)
		return ranges;
	ranges.ranges = FFAlloc((size_t) FFCount(value) * sizeof(FFGbRange) + 1);
	FFWalkStart(&walk, value);
	while (FFWalkNext(&walk, NULL, &element))
		ranges.ranges[ranges.count++] = FFGbRangeOf(&element);
	return ranges;
}

/* Within 0 and 1, where it is a number. */
static double
Clamp(double coverage)
{
	return coverage < 0 ? 0 : coverage > 1 ? 1 : coverage;
}

/* Weights as given, where they are as many and add up. */
static bool
ReadWeights(const FFValue *weights, int count, double *read)
{
	double		sum = 0;
	FFWalk		walk;
	FFValue		weight;

	if (weights->type != FF_ARRAY || FFCount(weights) != count)
		return false;
	FFWalkStart(&walk, weights);
	for (int i = 0; i < count && FFWalkNext(&walk, NULL, &weight); i++)
	{
		read[i] = FFGbNumberOf(&weight);
		sum = read[i] + sum;
	}
	return !(sum < LEAST_SUM || sum > GREATEST_SUM);
}

/*
 * A range a variation: each begins where the weights before it end, and takes
 * the share of its own weight that is covered.
 */
FFGbRanges
FFGbShares(int count, const FFValue *coverage, const FFValue *weights)
{
	FFGbRanges	shares = {.count = count > 0 ? count : 0};
	double		covered = coverage->type == FF_ABSENT ? 1 : Clamp(FFGbNumberOf(coverage));
	double	   *read = FFAlloc((size_t) shares.count * sizeof(double) + 1);
	double		cumulative = 0;

	shares.ranges = FFAlloc((size_t) shares.count * sizeof(FFGbRange) + 1);
	if (!ReadWeights(weights, shares.count, read))
		for (int i = 0; i < shares.count; i++)
			read[i] = 1.0 / shares.count;
	for (int i = 0; i < shares.count; i++)
	{
		double		start = cumulative;

		cumulative += read[i];
		shares.ranges[i].from = start;
		shares.ranges[i].to = start + covered * read[i];
	}
	FFFree(read);
	return shares;
}

bool
FFGbInRange(const FFGbRange *range, double n)
{
	return n >= range->from && n < range->to;
}

/* The first range that a number is in. */
int
FFGbChoose(const FFGbRanges *ranges, double n, bool *fails)
{
	for (int i = 0; i < ranges->count; i++)
	{
		if (ranges->ranges[i].fails)
		{
			*fails = true;
			return -1;
		}
		if (FFGbInRange(&ranges->ranges[i], n))
			return i;
	}
	return -1;
}

/* --- namespaces ----------------------------------------------------------------- */

/* [name, from, to]; prepared, its range is that of the hash. */
void
FFGbNamespaceInit(FFGbNamespace *namespace, const FFValue *value, bool utf8)
{
	static const FFValue version = {0};
	FFText		seed = {0};
	FFValue		name = At(value, 0);
	FFString	text = FFValueTextJs(&name);

	FFTextAdd(&seed, "__", 2);
	if (text.length > 0)
		FFTextAdd(&seed, text.data, text.length);
	name.type = FF_STRING;
	name.data = seed.data;
	name.length = seed.length;
	FFGbHashInit(&namespace->hash, &name, &version, 1, utf8);
	namespace->range.from = NumberAt(value, 1);
	namespace->range.to = NumberAt(value, 2);
	namespace->range.fails = false;
}

bool
FFGbInNamespace(const FFGbNamespace *namespace, const FFValue *value)
{
	FFBucketing bucketing;

	return FFGbHashRun(&namespace->hash, value, &bucketing) &&
		FFGbInRange(&namespace->range, bucketing.value);
}
