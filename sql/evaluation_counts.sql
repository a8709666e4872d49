-- Reports of usage, of counts that are there: what they add up, what they refuse,
-- and that counts follow flags and environments.  test/t/041_usage.pl counts.
SELECT ff_flag_create('usage-a') IS NOT NULL AS a, ff_flag_create('usage-b') IS NOT NULL AS b, ff_flag_create('usage-c') IS NOT NULL AS c;

-- a sketch that has seen one user for each register set
CREATE FUNCTION pg_temp.sketch(VARIADIC places int[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	s bytea := decode(repeat('00', 2048), 'hex');
	place int;
BEGIN
	FOREACH place IN ARRAY places LOOP
		s := set_byte(s, place, 1);
	END LOOP;
	RETURN s;
END;
$$;
INSERT INTO ff.evaluation_counts (environment_id, flag_id, variation, reason, error_code, hour, evaluations, last_at, users, latency)
SELECT e.id, f.id, x.variation, x.reason, x.code, x.hour, x.n, x.hour + interval '59 minutes', x.users, x.latency
FROM (VALUES
	('usage-a', 'on', 'SPLIT', NULL, timestamptz '2026-03-01 10:00+00', 10, pg_temp.sketch(1, 2), '{0,0,0,0,0,0,8,2}'::bigint[]),
	('usage-a', 'off', 'SPLIT', NULL, '2026-03-01 10:00+00', 20, pg_temp.sketch(3), NULL),
	('usage-a', 'on', 'SPLIT', NULL, '2026-03-01 11:00+00', 30, pg_temp.sketch(2, 4), '{0,0,0,0,0,0,0,0,0,0,10}'),
	('usage-a', NULL, 'ERROR', 'TARGETING_KEY_MISSING', '2026-03-02 11:00+00', 5, pg_temp.sketch(VARIADIC '{}'), NULL),
	('usage-b', 'off', 'STATIC', NULL, '2026-02-01 00:00+00', 7, pg_temp.sketch(9), NULL),
	(NULL, NULL, 'ERROR', 'FLAG_NOT_FOUND', '2026-03-02 11:00+00', 3, pg_temp.sketch(5), NULL)) x(flag, variation, reason, code, hour, n, users, latency)
LEFT JOIN ff.flags f ON f.key = x.flag JOIN ff.environments e ON e.key = 'production' AND e.id = ANY (ff._installed_ids());

SELECT flag, evaluations, users, errors, last_evaluated_at AT TIME ZONE 'UTC' AS last, p50_us, p95_us, p99_us, timed
FROM ff_usage('2026-03-01 10:30+00', '2026-03-03 00:00+00') WHERE flag LIKE 'usage-_' OR flag IS NULL;
SELECT flag, evaluations, users, last_evaluated_at IS NOT NULL AS ever FROM ff_usage('2026-03-01 11:00+00', '2026-03-01 12:00+00') WHERE flag LIKE 'usage-_' OR flag IS NULL;
SELECT count(*) FROM ff_usage('2026-03-01 00:00+00', '2026-03-03 00:00+00', 'staging') WHERE evaluations > 0;

SELECT bucket AT TIME ZONE 'UTC' AS bucket, variation, reason, error_code, evaluations, users FROM ff_flag_usage('usage-a', '2026-02-01', '2026-04-01');
SELECT bucket AT TIME ZONE 'UTC' AS bucket, variation, reason, evaluations, users FROM ff_flag_usage('usage-a', '2026-02-01', '2026-04-01', '7 days');
SELECT bucket AT TIME ZONE 'UTC' AS bucket, variation, evaluations FROM ff_flag_usage('usage-a', '2026-03-01 11:00+00', '2026-03-01 12:00+00', '1 hour');
SELECT count(*) FROM ff_flag_usage('usage-c', '2026-02-01', '2026-04-01');

-- what is refused
SELECT * FROM ff_flag_usage('usage-x');
SELECT * FROM ff_flag_usage('usage-a', step => '30 minutes');
SELECT * FROM ff_flag_usage('usage-a', step => '1 month');
SELECT * FROM ff_flag_usage('usage-a', step => '-1 day');
SELECT * FROM ff_flag_usage('usage-a', step => NULL);
SELECT * FROM ff_flag_usage('usage-a', since => '-infinity', until => '2026-03-01');
SELECT * FROM ff_usage('2026-03-02', '2026-03-01');
SELECT * FROM ff_usage(environment => 'nowhere');
SELECT * FROM ff_usage(project => 'nobody');
SELECT ff._users(decode(repeat('00', 2047), 'hex'));
SELECT ff._users_count(decode(repeat('ff', 2048), 'hex')) > 0 AS full_sketch, ff._users(NULL::bytea) AS none;
SELECT ff._latency_add('{1,2}', '{10,20,30}'), ff._latency_add(NULL, '{1}'), ff._latency_add('{1}', NULL), ff._latency_add(NULL, NULL);
SELECT ff._latency_add('{{1}}', '{1}');
SELECT ff_usage_retain(NULL);
SELECT ff_usage_retain('-1 day');

-- new keys keep them; deletion takes them along; what is old goes
BEGIN;
SELECT ff_project_update('default', key => 'shop'), ff_environment_update('production', key => 'live', project => 'shop');
SELECT sum(evaluations) FROM ff_flag_usage('usage-a', '2026-02-01', '2026-04-01', environment => 'live', project => 'shop');
SELECT ff_environment_delete('live', project => 'shop');
SELECT count(*) FROM ff.evaluation_counts;
ROLLBACK;
SELECT ff_flag_delete('usage-b');
SELECT count(*) FROM ff.evaluation_counts;
SELECT ff_usage_retain(now() - timestamptz '2026-03-02 00:00+00') AS forgotten;
SELECT reason, evaluations FROM ff.evaluation_counts ORDER BY evaluations;
SELECT ff_usage_retain('0');
SELECT ff_flag_delete('usage-a'), ff_flag_delete('usage-c');
