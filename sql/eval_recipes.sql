-- Where other systems put their users: ff_bucket and its like by recipe.
SELECT name, provider, template, encoding, hash, seed, bits FROM ff.bucket_recipes;
SELECT name, formula, comparison, buckets, lowest, adjustable FROM ff.bucket_recipes;
SELECT name, description FROM ff.bucket_recipes WHERE provider IN ('FeatureFlow', 'Unleash') ORDER BY name COLLATE "C";

-- Names are unique, and no column is empty.
SELECT count(*) = count(DISTINCT name) AS distinct_names, count(*) FILTER (WHERE NOT (r IS NOT NULL)) AS empty FROM ff.bucket_recipes r;

-- How a key comes to its bucket, step by step.
SELECT name, encode(hashed, 'escape') AS hashed, encode(d.hash, 'hex') AS hash, value, bucket
FROM ff.bucket_recipes, ff_bucket_detail('salt', 'user-1', name) d WHERE encoding IN ('utf-8', 'low byte of utf-16 units');
SELECT name, encode(hashed, 'hex') AS hashed, encode(d.hash, 'hex') AS hash, value, bucket
FROM ff.bucket_recipes, ff_bucket_detail('salt', 'user-1', name) d WHERE encoding IN ('utf-16 units', 'cbor');

-- The server's own functions hash alike.
SELECT bool_and(hash = decode(md5(hashed), 'hex')) AS md5 FROM generate_series(1, 100) i, ff_bucket_detail('s', i::text, 'eppo');
SELECT bool_and(hash = sha256(hashed)) AS sha256 FROM generate_series(1, 100) i, ff_bucket_detail('s', i::text, 'statsig');

-- All functions agree, whatever the recipe; native is what ff_bucket always was.
SELECT name FROM ff.bucket_recipes r WHERE EXISTS (
	SELECT FROM generate_series(1, 100) i, ff_bucket_detail('s' || i % 7, 'k' || i, name) d
	WHERE d.bucket <> ff_bucket('s' || i % 7, 'k' || i, name) OR d.value <> ff_bucket_value('s' || i % 7, 'k' || i, name)
		OR d.bucket <> ff_bucket('s' || i % 7, 'k' || i, name, r.buckets));
SELECT ff_bucket('checkout', 'user-1'), ff_bucket('checkout', 'user-1', 'native'), ff_bucket_value('checkout', 'user-1'), (ff_bucket_detail('checkout', 'user-1')).bucket;

-- Of 20,000 users each tenth of the buckets holds its share: chi-squared, 9 degrees of freedom.
SELECT name FROM (
	SELECT name, sum((n - 2000.0) ^ 2 / 2000) AS chi FROM (
		SELECT name, (ff_bucket('checkout', 'user-' || i, name) - lowest) * 10 / buckets AS tenth, count(*) AS n
		FROM ff.bucket_recipes, generate_series(1, 20000) i GROUP BY 1, 2) t GROUP BY name) c
WHERE chi > 40;

-- Text beyond ASCII, the same in a database of any encoding.
SELECT name, encode(hashed, 'hex') AS hashed, value, bucket FROM unnest('{native,unleash,unleash-node,unleash-variant,unleash-variant-node,growthbook-v1,growthbook-v1-utf8,
	growthbook-v2,growthbook-v2-utf8,flagd-v3,flagd-v3-value,flipt}'::text[]) WITH ORDINALITY r(name, i), ff_bucket_detail('g', 'é', name) ORDER BY i;
SELECT ff_bucket_value('s', 'é', 'growthbook-v1') AS units, ff_bucket_value('s', 'é', 'growthbook-v1-utf8') AS bytes;
SELECT name, ff_bucket('größe', 'Zoë', name) AS bucket FROM ff.bucket_recipes WHERE encoding = 'utf-8';

-- The number of buckets, where the recipe leaves it open.
SELECT n, ff_bucket('gr1', '123', 'unleash-variant', n) AS unleash, ff_bucket('f', 'k', 'flagd-v2', n) AS flagd, ff_bucket('a.b', 'c', 'launchdarkly', n) AS launchdarkly,
	ff_bucket('a', 'c', 'eppo', n) AS eppo, ff_bucket('a', 'c', 'goff', n) AS goff FROM unnest('{1, 2, 3, 1000, 2147483647}'::int[]) n;
SELECT min(b), max(b) FROM generate_series(1, 1000) i, ff_bucket('f', i::text, 'unleash-variant', 3) b;
SELECT min(b), max(b) FROM generate_series(1, 1000) i, ff_bucket('f', i::text, 'flagd-v3', 3) b;
SELECT ff_bucket('s', 'k', 'native', 100000) = ff_bucket('s', 'k') AS its_own_number, (ff_bucket_detail('s', 'k', 'eppo', 7)).bucket = ff_bucket('s', 'k', 'eppo', 7) AS in_detail;
SELECT ff_bucket('s', 'k', 'eppo', 0);
SELECT ff_bucket('s', 'k', 'eppo', -1);
SELECT ff_bucket('s', 'k', 'native', 100);
SELECT ff_bucket('s', 'k', 'growthbook-v2', 1000);
SELECT ff_bucket_detail('s', 'k', 'unleash', 1000);
SELECT ff_bucket_detail('s', 'k', 'eppo', 0);

-- Unknown recipes.
SELECT ff_bucket('s', 'k', 'launchDarkly');
\set VERBOSITY sqlstate
SELECT ff_bucket('s', 'k', '');
SELECT ff_bucket('s', 'k', 'native ', 100000);
SELECT ff_bucket_value('s', 'k', 'nope');
SELECT ff_bucket_detail('s', 'k', 'nope');
SELECT ff_bucket_detail('s', 'k', 'nativ');
SELECT ff_bucket('s', 'k', repeat('é', 100000));
SELECT ff_bucket('s', 'k', 'eppo', 0);
\set VERBOSITY default

-- NULL is NULL; nothing, and very much, can be hashed.
SELECT ff_bucket(NULL, 'k', 'eppo') AS salt, ff_bucket('s', NULL, 'eppo', 10) AS key, ff_bucket_value('s', 'k', NULL) AS recipe, ff_bucket('s', 'k', 'eppo', NULL) AS buckets;
SELECT d IS NULL AS salt FROM ff_bucket_detail(NULL, 'k', 'eppo') d;
SELECT d IS NULL AS key FROM ff_bucket_detail('s', NULL, 'nope') d;
SELECT d IS NULL AS recipe FROM ff_bucket_detail('s', 'k', NULL) d;
SELECT name, ff_bucket('', '', name) AS nothing, ff_bucket(repeat('s', 100000), repeat('k', 1000000), name) AS much FROM ff.bucket_recipes;

-- A percentage of another system's users by an index.
CREATE TEMP TABLE users AS SELECT 'user-' || i AS key FROM generate_series(1, 10000) i;
CREATE INDEX ON users (ff_bucket_value('checkout.salt', key, 'launchdarkly'));
ANALYZE users;
EXPLAIN (COSTS OFF) SELECT key FROM users WHERE ff_bucket_value('checkout.salt', key, 'launchdarkly') < 0.01;
SELECT count(*), count(*) FILTER (WHERE ff_bucket('checkout.salt', key, 'launchdarkly') < 1000) AS same
FROM users WHERE ff_bucket_value('checkout.salt', key, 'launchdarkly') < 0.01;
SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, p.provolatile, p.proparallel, p.proisstrict FROM pg_proc p
WHERE p.proname IN ('ff_bucket', 'ff_bucket_value', 'ff_bucket_detail', 'ff_bucket_recipes') ORDER BY p.proname COLLATE "C", p.pronargs, pg_get_function_identity_arguments(p.oid) COLLATE "C";
DROP TABLE users;
