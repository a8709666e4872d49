-- Bucketing: the written vectors, exact boundaries, monotone rollouts, splits.
\pset null (null)
-- XXH3-64 of salt:key modulo 100000; these never change.
SELECT s AS salt, k AS key, ff_bucket(s, k) AS bucket FROM (VALUES (1, 'checkout', 'user-1'), (2, 'checkout', 'user-2'), (3, 'checkout', 'user-3'), (4, 'theme', 'user-1'),
	(5, 'checkout', '42'), (6, '', ''), (7, 'a', 'b:c'), (8, 'a:b', 'c')) x(i, s, k) ORDER BY i;
-- lengths around which the hash changes its ways, and around the buffer
SELECT string_agg(ff_bucket('s', repeat('x', n))::text, ' ' ORDER BY n) AS buckets
FROM unnest('{0,1,2,3,6,7,14,15,126,127,238,239,240,253,254,255,1000,100000}'::int[]) n;
SELECT ff_bucket('s', 'k', 'native') = ff_bucket('s', 'k') AS native, min(ff_bucket('s', i::text)) >= 0 AS low, max(ff_bucket('s', i::text)) < 100000 AS high
FROM generate_series(1, 200000) i;
-- uniform: chi-square over 100 cells of 100,000 keys, 99 degrees of freedom
SELECT sum((n - 1000.0) ^ 2 / 1000) BETWEEN 45 AND 175 AS uniform FROM (SELECT count(*) AS n FROM generate_series(1, 100000) i GROUP BY ff_bucket('salt', 'user-' || i) / 1000) x;

DO $$ BEGIN
	PERFORM ff_project_create('eval_rollout');
	SET featureflow.project = 'eval_rollout';
	PERFORM ff_flag_create('f');
	PERFORM ff_flag_create('g');
	PERFORM ff_flag_create('s', 'string', '["zeta", "alpha", "mid", "none"]');
END $$;
CREATE TEMP TABLE users AS SELECT 'user-' || i AS key, ff_bucket('f', 'user-' || i) AS bucket, ff_bucket('s', 'user-' || i) AS s FROM generate_series(1, 100000) i;
ANALYZE users;

-- Exactly the buckets below 1000 p, and within 4 sigma of p percent.
CREATE TEMP TABLE was_on (percentage numeric, key text);
CREATE PROCEDURE pg_temp.roll(percentage numeric) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_rollout('f', percentage);
	INSERT INTO was_on SELECT roll.percentage, key FROM users WHERE ff_is_enabled(key, 'f');
END $$;
DO $$
DECLARE
	p numeric;
BEGIN
	FOREACH p IN ARRAY '{0,0.001,0.010,20,33.333,50,99.999,100}'::numeric[] LOOP
		CALL pg_temp.roll(p);
	END LOOP;
END $$;
SELECT p AS percentage, count(w.key) = (SELECT count(*) FROM users WHERE bucket < p * 1000) AS exact,
	count(w.key) FILTER (WHERE u.bucket >= p * 1000) AS strangers,
	abs(count(w.key) - 1000 * p) <= 4 * sqrt(100000 * p / 100 * (1 - p / 100)) AS within_4_sigma
FROM unnest('{0,0.001,0.010,20,33.333,50,99.999,100}'::numeric[]) p LEFT JOIN was_on w ON w.percentage = p LEFT JOIN users u ON u.key = w.key
GROUP BY p ORDER BY p;
-- raising moves nobody out, lowering puts nobody in
CREATE TEMP TABLE steps AS SELECT p AS lower, lead(p) OVER (ORDER BY p) AS higher FROM (SELECT DISTINCT percentage AS p FROM was_on) d;
ANALYZE was_on;
SELECT s.lower, s.higher, count(*) FILTER (WHERE b.key IS NULL) AS moved_out
FROM steps s JOIN was_on a ON a.percentage = s.lower LEFT JOIN was_on b ON b.percentage = s.higher AND b.key = a.key
WHERE s.higher IS NOT NULL GROUP BY 1, 2 ORDER BY 1;
-- the reason is SPLIT but where everybody gets the same
DO $$
DECLARE
	p numeric;
BEGIN
	FOREACH p IN ARRAY '{0,50,100}'::numeric[] LOOP
		PERFORM ff_flag_rollout('f', p);
		RAISE NOTICE '%: %', p, (SELECT reason FROM ff_evaluate_detail('user-1', 'f'));
	END LOOP;
END $$;

-- Weights with three decimals, in the order of the variations whatever that of the object.
SELECT ff_flag_default('s', '{"split": {"alpha": 33.333, "mid": 0.001, "zeta": 66.666}}');
SELECT s.default_serve FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
JOIN ff.projects p ON p.id = e.project_id WHERE f.key = 's' AND e.key = 'production' AND p.key = 'eval_rollout';
SELECT v AS should, count(*) > 0 OR v = 'mid' AS some, count(*) FILTER (WHERE ff_string(key, 's') IS DISTINCT FROM v) AS differ
FROM (SELECT key, CASE WHEN s < 66666 THEN 'zeta' WHEN s < 99999 THEN 'alpha' ELSE 'mid' END AS v FROM users) x GROUP BY v ORDER BY v;
-- as an array the order is what stands there; 0 is nobody
SELECT ff_flag_default('s', '{"split": [{"variation": "mid", "weight": 0}, {"variation": "alpha", "weight": 50}, {"variation": "none", "weight": 0}, {"variation": "zeta", "weight": 50}]}');
SELECT v AS should, count(*) > 0 AS some, count(*) FILTER (WHERE ff_string(key, 's') IS DISTINCT FROM v) AS differ
FROM (SELECT key, CASE WHEN s < 50000 THEN 'alpha' ELSE 'zeta' END AS v FROM users) x GROUP BY v ORDER BY v;
-- raising the first while those after it shrink moves nobody out of it
CREATE TEMP TABLE before AS SELECT key, ff_string(key, 's') AS v FROM users;
SELECT ff_flag_default('s', '{"split": [{"variation": "mid", "weight": 0}, {"variation": "alpha", "weight": 60.5}, {"variation": "none", "weight": 9.5}, {"variation": "zeta", "weight": 30}]}');
SELECT b.v AS before, ff_string(key, 's') AS after, count(*) > 0 AS some FROM before b GROUP BY 1, 2 ORDER BY 1, 2;

-- A rule's split uses the same bucket; the default's salt is the flag's.
DO $$ BEGIN PERFORM ff_flag_rules('f', '[{"serve": {"split": {"on": 10, "off": 90}}, "when": {"attribute": "slow", "op": "exists"}}]'); PERFORM ff_flag_rollout('f', 30); END $$;
SELECT count(*) FILTER (WHERE ff_is_enabled(key, 'f', '{"slow": 1}') IS DISTINCT FROM (bucket < 10000)) AS rule_differs,
	count(*) FILTER (WHERE ff_is_enabled(key, 'f', '{}') IS DISTINCT FROM (bucket < 30000)) AS default_differs FROM users;
SELECT reason, rule FROM ff_evaluate_detail('user-1', 'f', '{"slow": 1}') UNION ALL SELECT reason, rule FROM ff_evaluate_detail('user-1', 'f');
DO $$ BEGIN PERFORM ff_flag_rules('f', NULL); END $$;

-- Salts: another one deals anew, the same one on two flags serves the same users.
DO $$ BEGIN PERFORM ff_flag_rollout('f', 50); PERFORM ff_flag_rollout('g', 50); END $$;
SELECT abs(count(*) - 50000) < 4 * sqrt(100000 * 0.25) AS independent FROM users WHERE ff_is_enabled(key, 'f') = ff_is_enabled(key, 'g');
SELECT ff_flag_salt('g', 'f');
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'f') <> ff_is_enabled(key, 'g');
SELECT ff_flag_salt('g', 'spring');
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'g') <> (ff_bucket('spring', key) < 50000);
SELECT ff_flag_salt('g');
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'g') <> (ff_bucket('g', key) < 50000);
-- a user stands in the same bucket in all environments, unless one has a salt of its own
DO $$ BEGIN PERFORM ff_flag_rollout('g', 50, 'staging'); END $$;
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'g') <> ff_is_enabled(key, 'g', environment => 'staging');
SELECT ff_flag_salt('g', 'other', 'staging');
SELECT count(*) > 0 AS differ FROM users WHERE ff_is_enabled(key, 'g') <> ff_is_enabled(key, 'g', environment => 'staging');

-- By an attribute: string, number in canonical decimal, boolean; else the key is missing.
SELECT ff_flag_rollout('f', 50, by => 'account.id');
SELECT a AS attributes, value = to_jsonb(ff_bucket('f', t) < 50000) AS by_text, reason, error_code
FROM (VALUES (1, '{"account": {"id": "acme"}}'::jsonb, 'acme'), (2, '{"account.id": "acme"}', 'acme'), (3, '{"account": {"id": 42}}', '42'), (4, '{"account": {"id": 42.0}}', '42'),
	(5, '{"account": {"id": 4.2e1}}', '42'), (6, '{"account": {"id": -0.50}}', '-0.5'), (7, '{"account": {"id": 12345678901234567890123}}', '12345678901234567890123'),
	(8, '{"account": {"id": 1e21}}', '1000000000000000000000'), (9, '{"account": {"id": 1e-7}}', '0.0000001'), (10, '{"account": {"id": true}}', 'true'), (11, '{"account": {"id": false}}', 'false'),
	(12, '{"account": {"id": ""}}', ''), (13, '{"account": {"id": null}}', NULL), (14, '{"account": {"id": ["acme"]}}', NULL), (15, '{"account": {"id": {}}}', NULL), (16, '{"account": "acme"}', NULL),
	(17, '{}', NULL), (18, NULL, NULL)) x(i, a, t), ff_evaluate_detail('user-1', 'f', a) ORDER BY i;
SELECT count(DISTINCT ff_is_enabled(key, 'f', '{"account": {"id": 7}}')) AS one_answer_an_account FROM users;
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(NULL, 'f', jsonb_build_object('account', jsonb_build_object('id', key))) <> (bucket < 50000);
SELECT ff_is_enabled('user-1', 'f', fallback => true) AS fallback, ff_is_enabled('user-1', 'f') AS no_fallback;
-- by the user key again
SELECT ff_flag_rollout('f', 50, by => '');
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'f') <> (bucket < 50000);
SELECT ff_flag_default('f', '{"split": {"on": 50, "off": 50}, "by": "user_key"}');
SELECT count(*) AS differ FROM users WHERE ff_is_enabled(key, 'f', '{"user_key": "x"}') <> (bucket < 50000);

-- The bucket can be indexed.
CREATE INDEX ON users (ff_bucket('f', key));
ANALYZE users;
SET enable_seqscan = off;
SELECT count(*) = (SELECT count(*) FROM users WHERE bucket < 1000) AS same FROM users WHERE ff_bucket('f', key) < 1000;
EXPLAIN (COSTS OFF) SELECT key FROM users WHERE ff_bucket('f', key) = 5;
RESET enable_seqscan;

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_rollout', cascade => true);
END $$;
