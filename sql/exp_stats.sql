\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expstats') IS NOT NULL;
SET featureflow.project = 'expstats';
SELECT ff_flag_create('theme', 'string', '["light", "dark", "blue"]', off_variation => 'dark') IS NOT NULL;
SELECT ff_flag_default('theme', '{"split": {"light": 25, "dark": 50, "blue": 25}}');
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL, ff_metric_create('revenue', 'mean', 'purchase') IS NOT NULL,
	ff_metric_create('errors', 'mean', 'error', 'decrease') IS NOT NULL;
SELECT ff_experiment_create('themes', 'theme', '{revenue,buys}', guardrails => '{errors}') IS NOT NULL;
CREATE FUNCTION result(wanted text DEFAULT 'themes') RETURNS TABLE (metric text, role text, variation text, n bigint, mean numeric, stddev numeric, difference numeric,
	bounds text, p numeric, lift numeric, srm numeric, problem text)
LANGUAGE sql STABLE AS $$
	SELECT metric, role, variation, n, round(mean::numeric, 6), round(stddev::numeric, 6), round(difference::numeric, 6),
		round(lower::numeric, 6) || ' ' || round(upper::numeric, 6), round(p_value::numeric, 8), round(lift::numeric, 6), round(srm_p_value::numeric, 8), problem
	FROM ff_experiment_stats(wanted) WITH ORDINALITY ORDER BY ordinality $$;
CREATE FUNCTION health(wanted text DEFAULT 'themes') RETURNS TABLE (item text, variation text, value numeric, status text, detail text)
LANGUAGE sql STABLE AS $$
	SELECT item, variation, round(value::numeric, 8), status, detail FROM ff_experiment_health(wanted) WITH ORDINALITY ORDER BY ordinality $$;

-- a draft: nobody counts
INSERT INTO ff.exposures (experiment, unit, variation) VALUES ('themes', 'early', 'light');
SELECT * FROM result();
SELECT * FROM health();

-- started in the past, without an exposure
DELETE FROM ff.exposures WHERE project = 'expstats';
SELECT ff_experiment_start('themes', '2026-03-01 00:00+00');
SELECT * FROM result() WHERE metric = 'buys';
SELECT * FROM health();

-- by hand: dark has 4 units with 10, 20, 0, 0; light 2 with 5, 25; blue 1
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES
	('themes', 'd1', 'dark', '2026-03-02 00:00+00'), ('themes', 'd2', 'dark', '2026-03-02 00:00+00'),
	('themes', 'd3', 'dark', '2026-03-02 00:00+00'), ('themes', 'd4', 'dark', '2026-03-02 00:00+00'),
	('themes', 'l1', 'light', '2026-03-02 00:00+00'), ('themes', 'l2', 'light', '2026-03-02 00:00+00'),
	('themes', 'b1', 'blue', '2026-03-02 00:00+00');
INSERT INTO ff.events (unit, event, value, at) VALUES
	('d1', 'purchase', 4, '2026-03-02 00:00+00'), ('d1', 'purchase', 6, '2026-03-03 00:00+00'), ('d2', 'purchase', 20, '2026-03-03 00:00+00'),
	('l1', 'purchase', 5, '2026-03-03 00:00+00'), ('l2', 'purchase', 25, '2026-03-03 00:00+00'), ('b1', 'purchase', NULL, '2026-03-03 00:00+00'),
	('stranger', 'purchase', 1000, '2026-03-03 00:00+00'), ('d1', 'other', 1000, '2026-03-03 00:00+00');
SELECT * FROM result();
SELECT * FROM health();
-- the same from the values themselves
SELECT round(c.difference::numeric, 6), round(c.lower::numeric, 6), round(c.upper::numeric, 6), round(c.p_value::numeric, 8), round(c.lift::numeric, 6)
FROM (SELECT ff_moments(v::float8) AS m FROM unnest('{10,20,0,0}'::int[]) v) d, (SELECT ff_moments(v::float8) AS m FROM unnest('{5,25}'::int[]) v) l,
	ff_compare(d.m, l.m) c;
SELECT round(p_value::numeric, 8) FROM ff_srm('{2,4,1}', '{25,50,25}');
SELECT round(lower::numeric, 4), round(upper::numeric, 4) FROM ff_experiment_stats('themes', '{"alpha": 0.2}') WHERE metric = 'revenue' AND variation = 'light';

-- what does not count: another exposure later; exposures before the start, elsewhere, of another experiment; events before
-- the exposure; repeated ids: the first received counts, whatever its time
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('themes', 'd1', 'dark', '2026-03-04 00:00+00'), ('themes', 'd2', 'blue', '2026-02-28 00:00+00'),
	('other', 'd3', 'light', '2026-03-02 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, environment, at) VALUES ('themes', 'd3', 'light', 'staging', '2026-03-02 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, project, at) VALUES ('themes', 'd3', 'light', 'default', '2026-03-02 00:00+00');
INSERT INTO ff.events (unit, event, value, at) VALUES ('d3', 'purchase', 99, '2026-03-01 23:59:59.999999+00');
INSERT INTO ff.events (unit, event, value, at, project) VALUES ('d3', 'purchase', 99, '2026-03-03 00:00+00', 'default');
SELECT variation, n, mean FROM result() WHERE metric = 'revenue';
INSERT INTO ff.events (unit, event, value, at, event_id) VALUES ('d3', 'purchase', 7, '2026-03-05 00:00+00', 'order'), ('d3', 'purchase', 8, '2026-03-06 00:00+00', 'order'),
	('d3', 'purchase', 8, '2026-03-06 00:00+00', 'order'), ('d4', 'error', 1, '2026-03-06 00:00+00', 'order');
SELECT metric, variation, n, mean FROM result() WHERE variation = 'dark';
BEGIN;
COPY ff.events (unit, event, value, at, event_id, received_at) FROM stdin;
d3	purchase	107	2026-03-07 00:00+00	order	2026-03-07 00:00+00
d3	purchase	207	2026-03-04 00:00+00	order	2026-03-07 00:01+00
\.
SELECT metric, variation, n, mean FROM result() WHERE variation = 'dark';
ROLLBACK;
-- a unit in two variations is left out of both; one in a variation that the flag does not have
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('themes', 'l2', 'dark', '2026-03-04 00:00+00'), ('themes', 'x1', 'purple', '2026-03-04 00:00+00'),
	('themes', 'x2', 'purple', '2026-03-04 00:00+00'), ('themes', 'x3', 'amber', '2026-03-04 00:00+00');
SELECT metric, variation, n, mean, problem FROM result() WHERE metric = 'revenue';
SELECT * FROM health();
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'themes', 'm' || i, v, '2026-03-04 00:00+00' FROM generate_series(1, 20) i, unnest('{light,blue}'::text[]) v;
SELECT * FROM health() WHERE item LIKE 'multiple%';

-- what is dated in the future counts when its time has come
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('themes', 'ahead', 'dark', now() + interval '1 day'), ('themes', 'd1', 'light', now() + interval '1 day');
SELECT variation, n FROM result() WHERE metric = 'revenue';
SELECT item, variation, value FROM health() WHERE item IN ('units', 'multiple_exposures');

-- stopped: events at that moment and later do not count, nor do later exposures
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('themes', 'late', 'dark', '2026-03-10 00:00:00.000001+00'), ('themes', 'last', 'dark', '2026-03-10 00:00+00');
INSERT INTO ff.events (unit, event, value, at) VALUES ('d4', 'purchase', 50, '2026-03-10 00:00+00');
SELECT n, mean FROM result() WHERE metric = 'revenue' AND variation = 'dark';
SELECT ff_experiment_stop('themes', '2026-03-10 00:00+00');
SELECT n, mean FROM result() WHERE metric = 'revenue' AND variation = 'dark';
-- what the flag serves afterwards changes nothing, archiving neither
CREATE TEMP TABLE before AS SELECT * FROM result();
SELECT ff_flag_default('theme', '"blue"'), ff_experiment_archive('themes'), ff_flag_archive('theme');
SELECT count(*) FROM (SELECT * FROM result() EXCEPT SELECT * FROM before) x;
-- nor does a variation that goes
SELECT ff_variation_remove('theme', 'light');
SELECT count(*), count(DISTINCT variation) FROM (SELECT * FROM result() INTERSECT SELECT * FROM before) x;
SELECT item, variation FROM health() WHERE item IN ('units', 'unknown_variation');

-- a broken split
SELECT ff_flag_create('button') IS NOT NULL;
SELECT ff_flag_rollout('button', 50);
SELECT ff_experiment_create('buttons', 'button', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('buttons', '2026-03-01');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'buttons', 'u' || i, CASE WHEN i <= 600 THEN 'on' ELSE 'off' END, '2026-03-02' FROM generate_series(1, 1000) i;
SELECT * FROM result('buttons');
SELECT * FROM health('buttons');
-- one arm alone; one user; no variance
DELETE FROM ff.exposures WHERE project = 'expstats' AND experiment = 'buttons' AND variation = 'off';
SELECT variation, n, difference, p, problem FROM result('buttons');
DELETE FROM ff.exposures WHERE project = 'expstats' AND experiment = 'buttons' AND unit NOT IN ('u1', 'u2');
UPDATE ff.exposures SET variation = 'off' WHERE project = 'expstats' AND unit = 'u2';
SELECT variation, n, mean, stddev, difference, p, problem FROM result('buttons');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('buttons', 'u3', 'on', '2026-03-02'), ('buttons', 'u4', 'off', '2026-03-02');
SELECT variation, n, mean, stddev, difference, p, problem FROM result('buttons');
UPDATE ff.exposures SET variation = 'off' WHERE project = 'expstats' AND experiment = 'buttons';
SELECT variation, n, difference, p, problem FROM result('buttons');
-- values at the ends of what may be written
SELECT ff_experiment_create('ends', 'button', '{revenue}') IS NOT NULL, ff_experiment_stop('buttons');
SELECT ff_experiment_start('ends', '2026-03-01');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'ends', 'e' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02' FROM generate_series(1, 8) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'e' || i, 'purchase', CASE WHEN i < 5 THEN 1e100 ELSE -1e100 END, '2026-03-03' FROM generate_series(1, 8) i;
SELECT variation, n, mean, difference, p_value = 1, problem FROM ff_experiment_stats('ends');

-- cents of large sums, which float8 does not tell apart
DELETE FROM ff.events WHERE project = 'expstats' AND unit LIKE 'e%';
INSERT INTO ff.events (unit, event, value, at) SELECT 'e' || i, 'purchase', 1e15 + 0.01 * i, '2026-03-03' FROM generate_series(1, 8) i;
SELECT variation, n, round(stddev::numeric, 9), round(difference::numeric, 9), round(p_value::numeric, 6), problem FROM ff_experiment_stats('ends');
SELECT round((m.var_samp ^ 0.5)::numeric, 9) FROM (SELECT var_samp(1e15 + 0.01 * i) FROM generate_series(2, 8, 2) i) m;

-- several splits that differ: no sample ratio
SELECT ff_experiment_stop('ends'), ff_flag_rules('button', '[{"when": {"attribute": "a", "op": "eq", "value": 1}, "serve": {"split": {"on": 10, "off": 90}}}]');
SELECT ff_experiment_create('mixed', 'button', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('mixed');
SELECT count(ff_expose('u' || i, 'button')) FROM generate_series(1, 100) i;
SELECT variation, n, srm FROM result('mixed');
SELECT * FROM health('mixed');
-- a split that changes on the way starts a phase; one that the clock changes does not
SELECT ff_flag_rules('button', '[]');
SELECT item, status, detail FROM health('mixed') WHERE item = 'split_changed';
SELECT phase, weights FROM ff_experiment_phases('mixed');
INSERT INTO ff.schedules (flag_id, environment_id, at, serve) SELECT s.flag_id, s.environment_id, clock_timestamp(), '{"split": [{"variation": "on", "weight": 20}, {"variation": "off", "weight": 80}]}'
FROM ff.flag_settings s JOIN ff.experiments x ON x.flag_id = s.flag_id AND x.environment_id = s.environment_id WHERE x.key = 'mixed' AND x.project_id = ff._project(NULL);
SELECT item, status, detail FROM health('mixed') WHERE item = 'split_changed';
SELECT ff_experiment_stop('mixed');

-- the whole way in one transaction
BEGIN;
SELECT ff_flag_rules('button', '[]');
SELECT ff_experiment_create('way', 'button', '{buys,revenue}') IS NOT NULL;
SELECT ff_experiment_start('way');
SELECT count(ff_expose('w' || i, 'button')) FROM generate_series(1, 100) i;
SELECT count(ff_track('w' || i, 'purchase', i)) FROM generate_series(1, 50) i;
SELECT metric, sum(n), round(sum(n * mean)::numeric) FROM ff_experiment_stats('way') GROUP BY 1 ORDER BY 1;
COMMIT;

-- it writes nothing, and asks nothing of the transaction
BEGIN READ ONLY;
SELECT count(*) FROM ff_experiment_stats('way');
SELECT count(*) FROM ff_experiment_health('way');
ROLLBACK;
SELECT proname, provolatile, proparallel FROM pg_proc WHERE proname IN ('ff_experiment_stats', 'ff_experiment_health') ORDER BY 1;

-- refused
SELECT ff_experiment_stats('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_health('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('way', project => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('way', '{"alpha": 0}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('way', '{"alpha": 1}');
SELECT count(*) FROM ff_experiment_stats('way', NULL);
\echo :LAST_ERROR_SQLSTATE

DROP FUNCTION result, health;
DELETE FROM ff.exposures WHERE experiment = 'themes'; DELETE FROM ff.events WHERE unit = 'd3';
SELECT ff_project_delete('expstats', true);
SELECT count(*) FROM ff.exposures WHERE project = 'expstats';
