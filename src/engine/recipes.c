/*
 * recipes.c
 *	  The recipes.  They are frozen: a change would move users.
 *
 * Vectors: test/c/unit_recipes.c and test/conformance/bucketing.
 */
#include "engine/engine.h"
#include "engine/program.h"
#include "engine/recipe.h"

#define FIFTEEN_DIGITS 1152921504606846976.0	/* 0xFFFFFFFFFFFFFFF as a double: 2^60 */

/* What many of them have in common. */
#define BITS_32 .bits = 32, .factor = 1
#define SHARE_OF_60_BITS .bits = 60, .reduction = FF_REDUCE_SHARE, .buckets = 100000, \
	.adjustable = true, .divisor = FIFTEEN_DIGITS, .factor = 1

#define LAUNCHDARKLY .provider = "LaunchDarkly", .template = "{salt}.{key}", \
	.hash = FF_HASH_SHA1, SHARE_OF_60_BITS, .comparison = "<"

#define POSTHOG .provider = "PostHog", .hash = FF_HASH_SHA1, SHARE_OF_60_BITS

#define UNLEASH_ROLLOUT .provider = "Unleash", .template = "{salt}:{key}", \
	.hash = FF_HASH_MURMUR3, BITS_32, .buckets = 100, .first = 1, .comparison = "<="

#define UNLEASH_VARIANT .provider = "Unleash", .template = "{salt}:{key}", \
	.hash = FF_HASH_MURMUR3, .seed = 86028157, BITS_32, .buckets = 1000, .adjustable = true, \
	.first = 1, .comparison = "<="

#define GROWTHBOOK_V1 .provider = "GrowthBook", .template = "{key}{salt}", \
	.hash = FF_HASH_FNV1A, BITS_32, .buckets = 1000, .divisor = 1000, .comparison = "<"

#define GROWTHBOOK_V2 .provider = "GrowthBook", .template = "{salt}{key}", .twice = true, \
	.hash = FF_HASH_FNV1A, BITS_32, .buckets = 10000, .divisor = 10000, .comparison = "<"

#define FLAGD .provider = "flagd", .hash = FF_HASH_MURMUR3, .bits = 32, .comparison = "<"

#define FLAGD_SCALED FLAGD, .factor = 1, .reduction = FF_REDUCE_SCALE, .buckets = 100, .adjustable = true

#define GROWTHBOOK_SALT "salt: the seed (by default the key of experiment or feature; of a namespace, its name after two underscores); key: the hash attribute"

const FFRecipe FFRecipes[] = {
	{.name = "native", .provider = "FeatureFlow", .template = "{salt}:{key}",
		.hash = FF_HASH_XXH3, .bits = 64, .buckets = FF_BUCKETS, .factor = 1, .comparison = "<",
		.description = "salt: the flag's salt; key: the user key, or the value that it splits by"},
	{.name = "launchdarkly", LAUNCHDARKLY,
		.description = "salt: flag key and salt joined by a point, the same of a segment, or the rollout's seed; key: the context's key, or the value of bucketBy. SDKs that compute in double"},
	{.name = "launchdarkly-float32", LAUNCHDARKLY, .single = true,
		.description = "as launchdarkly; SDKs that compute in float32, the Go SDK among them"},
	{.name = "unleash", UNLEASH_ROLLOUT,
		.description = "rollout of a strategy. salt: the groupId (by default the flag's name); key: the value of the stickiness. SDKs that hash UTF-8"},
	{.name = "unleash-node", UNLEASH_ROLLOUT, .encoding = FF_ENCODING_LOW_BYTE,
		.description = "as unleash; the Node SDK"},
	{.name = "unleash-variant", UNLEASH_VARIANT,
		.description = "variant among the weights that make up buckets. salt: the flag's name or the strategy's groupId; key: the value of the stickiness. SDKs that hash UTF-8"},
	{.name = "unleash-variant-node", UNLEASH_VARIANT, .encoding = FF_ENCODING_LOW_BYTE,
		.description = "as unleash-variant; the Node SDK"},
	{.name = "posthog", POSTHOG, .template = "{salt}.{key}", .comparison = "<=",
		.description = "rollout of a condition. salt: the flag's key; key: the distinct id, group key or device id"},
	{.name = "posthog-variant", POSTHOG, .template = "{salt}.{key}variant", .comparison = "<",
		.description = "variant. salt: the flag's key; key: the distinct id, group key or device id"},
	{.name = "posthog-holdout", POSTHOG, .template = "{salt}{key}", .comparison = "<=",
		.description = "holdout. salt: its seed, or holdout- where it has none; key: the distinct id"},
	{.name = "growthbook-v1", GROWTHBOOK_V1, .encoding = FF_ENCODING_UTF16,
		.description = GROWTHBOOK_SALT ". The JavaScript SDK"},
	{.name = "growthbook-v1-utf8", GROWTHBOOK_V1,
		.description = "as growthbook-v1; SDKs that hash UTF-8"},
	{.name = "growthbook-v2", GROWTHBOOK_V2, .encoding = FF_ENCODING_UTF16,
		.description = GROWTHBOOK_SALT ". The JavaScript SDK"},
	{.name = "growthbook-v2-utf8", GROWTHBOOK_V2,
		.description = "as growthbook-v2; SDKs that hash UTF-8"},
	{.name = "flagsmith", .provider = "Flagsmith", .template = "{salt},{key}",
		.hash = FF_HASH_MD5, .bits = 128, .buckets = 9999, .divisor = 9998, .factor = 100,
		.again = 9998, .comparison = "<",
		.description = "percentage. salt: the id or key of feature or segment; key: the identity's id or composite key. A segment compares by <="},
	{.name = "flagd-v1", FLAGD, .template = "{salt}{key}", .magnitude = true,
		.reduction = FF_REDUCE_SHARE, .buckets = 100000, .adjustable = true, .divisor = 2147483647, .factor = 100,
		.description = "percentage, until 2026-04. salt: the flag's key; key: the targeting key. Of a bucketing value of its own: salt is empty"},
	{.name = "flagd-v2", FLAGD_SCALED, .template = "{salt}{key}",
		.description = "buckets: the sum of the weights. salt: the flag's key; key: the targeting key. Of a bucketing value of its own: salt is empty"},
	{.name = "flagd-v3", FLAGD_SCALED, .template = "[{salt}, {key}]", .encoding = FF_ENCODING_CBOR,
		.description = "buckets: the sum of the weights. salt: the flag's key; key: the targeting key"},
	{.name = "flagd-v3-value", FLAGD_SCALED, .template = "{key}", .encoding = FF_ENCODING_CBOR,
		.description = "as flagd-v3, of a bucketing value of its own, any JSON: key; salt is not used"},
	{.name = "configcat", .provider = "ConfigCat", .template = "{salt}{key}",
		.hash = FF_HASH_SHA1, .bits = 28, .buckets = 100, .factor = 1, .comparison = "<",
		.description = "salt: the setting's key; key: the identifier, or the percentage attribute as text"},
	{.name = "eppo", .provider = "Eppo", .template = "{salt}-{key}",
		.hash = FF_HASH_MD5, BITS_32, .buckets = 10000, .adjustable = true, .comparison = "<",
		.description = "buckets: totalShards. salt: the shard's salt; key: the subject key"},
	{.name = "statsig", .provider = "Statsig", .template = "{salt}.{key}",
		.hash = FF_HASH_SHA256, .bits = 64, .buckets = 10000, .factor = 1, .comparison = "<",
		.description = "pass percentage. salt: the configuration's salt and the rule's salt or id, joined by a point; key: the unit's id"},
	{.name = "statsig-user-bucket", .provider = "Statsig", .template = "{salt}.{key}",
		.hash = FF_HASH_SHA256, .bits = 64, .buckets = 1000, .factor = 1, .comparison = "<",
		.description = "condition user_bucket. salt: the condition's salt; key: the unit's id"},
	{.name = "optimizely", .provider = "Optimizely", .template = "{key}{salt}",
		.hash = FF_HASH_MURMUR3, .seed = 1, BITS_32, .reduction = FF_REDUCE_SCALE, .buckets = 10000, .comparison = "<",
		.description = "salt: the id of experiment or group; key: the bucketing id"},
	{.name = "goff", .provider = "GO Feature Flag", .template = "{salt}{key}",
		.hash = FF_HASH_FNV1A, BITS_32, .buckets = 100000, .adjustable = true, .comparison = "<",
		.description = "buckets: the sum of the percentages, times 1000. salt: the flag's name; key: the bucketing key"},
	{.name = "flipt", .provider = "Flipt", .template = "{salt}{key}",
		.hash = FF_HASH_CRC32, BITS_32, .buckets = 1000, .comparison = "<",
		.description = "distribution of variants. salt: the flag's key; key: the entity's id"},
	{.name = "flipt-boolean", .provider = "Flipt", .template = "{key}{salt}",
		.hash = FF_HASH_CRC32, BITS_32, .buckets = 100, .comparison = "<",
		.description = "percentage of a boolean flag. salt: the flag's key; key: the entity's id"},
};

const int	FFRecipeCount = (int) (sizeof(FFRecipes) / sizeof(FFRecipes[0]));

const FFRecipe *
FFRecipeFind(FFString name)
{
	for (int i = 0; i < FFRecipeCount; i++)
		if (FFStringIs(name, FFRecipes[i].name))
			return &FFRecipes[i];
	return NULL;
}
