/*
 * unit_buckets.c
 *	  The native recipe: vectors, uniformity, independence, monotonicity.
 */
#include <stdio.h>
#include <string.h>

#include "unit.h"

static FFString
Repeated(char c, int count)
{
	char	   *data = FFAlloc((size_t) count);

	memset(data, c, (size_t) count);
	return (FFString) {data, count};
}

/* Computed with libxxhash 0.8.1; they never change. */
static void
TestVectors(void)
{
	static const struct
	{
		const char *salt;
		const char *key;
		int			bucket;
	}			vectors[] = {
		{"", "", 26284},
		{"checkout", "user-1", 55662},
		{"checkout", "user-2", 26820},
		{"checkout", "", 94631},
		{"", "user-1", 58676},
		{"flag", "J\xC3\xBCrgen", 47350},
		{"flag", "\xE7\x94\xA8\xE6\x88\xB7", 57031},
		{"a:b", "c", 75363},
		{"a", "b:c", 75363},
	};
	static const struct
	{
		int			salt;
		int			key;
		int			bucket;
	}			lengths[] = {
		{100, 39, 13732}, {100, 40, 37685}, {128, 127, 46082},
		{128, 128, 36004}, {300, 300, 34952}, {1, 1000000, 8083},
	};

	Ok(FFHash("", 0) == UINT64_C(0x2D06800538D394C2), "XXH3 of nothing");
	for (int i = 0; i < FF_LENGTH(vectors); i++)
		Is(FFBucket(Str(vectors[i].salt), Str(vectors[i].key)), vectors[i].bucket,
		   "bucket of %s:%s", vectors[i].salt, vectors[i].key);
	for (int i = 0; i < FF_LENGTH(lengths); i++)
		Is(FFBucket(Repeated('s', lengths[i].salt), Repeated('k', lengths[i].key)),
		   lengths[i].bucket, "bucket of %d and %d bytes", lengths[i].salt,
		   lengths[i].key);
	Is(FFBucket(Str(NULL), Str("x")), -1, "no salt, no bucket");
	Is(FFBucket(Str("x"), Str(NULL)), -1, "no key, no bucket");
}

/* Chi-squared over 100 cells of a million keys: 99 degrees of freedom. */
static void
TestUniformity(void)
{
	int			counts[100] = {0};
	int			both[4] = {0};
	double		chi = 0;
	char		key[32];
	int			outside = 0;

	for (int i = 0; i < 1000000; i++)
	{
		FFString	text = {key, snprintf(key, sizeof(key), "user-%d", i)};
		int			bucket = FFBucketOf(Str("checkout:"), text);
		int			other = FFBucketOf(Str("search:"), text);

		outside += bucket < 0 || bucket >= FF_BUCKETS;
		counts[bucket / 1000]++;
		both[(bucket < 50000) * 2 + (other < 50000)]++;
	}
	Is(outside, 0, "buckets are within their range");
	for (int i = 0; i < 100; i++)
		chi += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000.0;
	Ok(chi > 45 && chi < 180, "buckets are uniform: chi-squared %.1f", chi);
	chi = 0;
	for (int i = 0; i < 4; i++)
		chi += (both[i] - 250000.0) * (both[i] - 250000.0) / 250000.0;
	Ok(chi < 20, "two salts are independent: chi-squared %.1f", chi);
}

/* Raising the first part moves nobody out of it. */
static void
TestMonotonicity(void)
{
	enum
	{
		USERS = 2000
	};
	bool		inside[USERS] = {false};
	int			left = 0;
	int			count = 0;

	for (int weight = 0; weight <= 100; weight += 5)
	{
		char		split[128];
		FFProgram  *program;

		snprintf(split, sizeof(split), "{\"split\":[{\"variation\":\"on\",\"weight\":%d},"
				 "{\"variation\":\"off\",\"weight\":%d}]}", weight, 100 - weight);
		program = Compile(NULL, split);
		count = 0;
		for (int i = 0; i < USERS; i++)
		{
			char		key[32];
			FFContext	context = {.now = NOW};
			bool		now_inside;

			context.user_key = (FFString) {key, snprintf(key, sizeof(key), "u%d", i)};
			now_inside = FFStringIs(Served(program, &context), "on");
			left += inside[i] && !now_inside;
			inside[i] = now_inside;
			count += now_inside;
		}
		Ok(count > USERS * (weight - 5) / 100 - 1 && count < USERS * (weight + 5) / 100 + 1,
		   "%d of %d users at %d %%", count, USERS, weight);
	}
	Is(left, 0, "nobody leaves as the rollout grows");
	Is(count, USERS, "everybody is in at the end");
}

void
TestBuckets(void)
{
	TestVectors();
	TestUniformity();
	TestMonotonicity();
}
