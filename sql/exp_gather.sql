-- The fast form of the analysis gives the bits of the plain one: in one pass or
-- several, with workers or without, with narrow sums and wide ones.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET featureflow.project = 'gather';
SELECT ff_project_create('gather') IS NOT NULL;
SELECT ff_flag_create('f') IS NOT NULL;
SELECT ff_flag_rollout('f', 50, 'production');
INSERT INTO ff.metrics (project_id, key, name, kind, event, aggregate, delay, conversion_window, complete_only, cap_value, cap_percentile, cap_ignores_zeros,
	covariate_period, denominator_event, denominator_aggregate, quantile, filter)
SELECT p.id, m.key, m.key, m.kind, m.event, m.aggregate, m.delay, m.wdw, m.complete, m.cap, m.percentile, m.ignores, m.period, m.denominator, m.denominator_aggregate, m.quantile, m.filter
FROM ff.projects p, (VALUES
	('any', 'proportion', 'buy', NULL::text, interval '0', NULL::interval, false, NULL::numeric, NULL::float8, false, interval '3 days', NULL::text, NULL::text, NULL::float8, NULL::jsonb),
	('count', 'count', 'buy', NULL, '0', NULL, false, NULL, NULL, false, '0', NULL, NULL, NULL, NULL),
	('sum', 'mean', 'buy', NULL, '0', NULL, false, NULL, NULL, false, '14 days', NULL, NULL, NULL, NULL),
	('capped', 'mean', 'buy', NULL, '0', NULL, false, 40, NULL, false, '14 days', NULL, NULL, NULL, NULL),
	('percentile', 'mean', 'buy', NULL, '0', NULL, false, NULL, 0.9, true, '14 days', NULL, NULL, NULL, NULL),
	('window', 'mean', 'buy', NULL, '1 hour', '2 days', true, NULL, NULL, false, '1 day', NULL, NULL, NULL, NULL),
	('ratio', 'ratio', 'buy', NULL, '0', NULL, false, NULL, NULL, false, '7 days', 'visit', 'count', NULL, NULL),
	('retained', 'retention', 'visit', NULL, '1 day', '1 day', false, NULL, NULL, false, '0', NULL, NULL, NULL, NULL),
	('median', 'quantile', 'buy', NULL, '0', NULL, false, NULL, NULL, false, '0', NULL, NULL, 0.5, NULL),
	('blue', 'mean', 'buy', NULL, '0', NULL, false, NULL, NULL, false, '14 days', NULL, NULL, NULL, '{"color": "blue"}')
	) m(key, kind, event, aggregate, delay, wdw, complete, cap, percentile, ignores, period, denominator, denominator_aggregate, quantile, filter)
WHERE p.key = 'gather';
SELECT ff_experiment_create('x', 'f', ARRAY(SELECT key::text FROM ff.metrics m WHERE m.project_id = (SELECT id FROM ff.projects WHERE key = 'gather') ORDER BY key)) IS NOT NULL;
SELECT ff_experiment_start('x', now() - interval '10 days');
-- some units meet both variations, some come twice; some events are before, some are late
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'x', 'u' || i % 1200, CASE WHEN (i % 1200 + (i > 1390)::int) % 2 = 0 THEN 'on' ELSE 'off' END, now() - i * interval '10 minutes',
	CASE WHEN i % 3 > 0 THEN jsonb_build_object('country', (i * 7919) % 5) END
FROM generate_series(1, 1400) i;
INSERT INTO ff.events (unit, event, value, at, properties)
SELECT 'u' || (i * 7919) % 1400, CASE WHEN i % 4 = 0 THEN 'visit' ELSE 'buy' END, round((i::bigint * 104729) % 10007 / 100.0, 2), now() - (i * 31) % 30000 * interval '1 minute',
	CASE WHEN i % 5 = 0 THEN '{"color": "blue"}'::jsonb END
FROM generate_series(1, 6000) i;

-- (the plain form is planned as ff._experiment_cells plans it)
CREATE FUNCTION differing(dimension text DEFAULT NULL) RETURNS bigint LANGUAGE sql SET enable_nestloop = off SET enable_mergejoin = off SET plan_cache_mode = force_custom_plan SET jit = off AS $$
	WITH fast AS (SELECT c.metric_id, c.phase, c.variation, c.level, c.moments::text, c.capped::text, c.cap, c.quantile::text
		FROM ff.experiments x, ff._experiment_cells(x, dimension) c WHERE x.key = 'x'),
	plain AS (SELECT m.id, c.phase, c.variation, c.level, c.moments::text, c.capped::text, c.cap, c.quantile::text
		FROM ff.experiments x JOIN ff.experiment_metrics u ON u.experiment_id = x.id JOIN ff.metrics m ON m.id = u.metric_id,
			ff._metric_cells(x, m, clock_timestamp(), dimension) c WHERE x.key = 'x')
	SELECT count(*) FROM ((TABLE fast EXCEPT ALL TABLE plain) UNION ALL (TABLE plain EXCEPT ALL TABLE fast)) d;
$$;
SELECT count(*), count(DISTINCT metric_id), sum(ff_cross_moments_n(moments)) > 10000 FROM ff.experiments x, ff._experiment_cells(x) c WHERE x.key = 'x';
SELECT differing('country'), differing('day');
SET featureflow.analysis_mem = '64kB';
SELECT differing();
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT differing();
RESET featureflow.analysis_mem;
-- ids count once, the one received first
INSERT INTO ff.events (unit, event, value, at, event_id, received_at)
SELECT 'u' || i % 100, 'buy', i, now() - i * interval '1 hour', 'id' || i % 60, now() - (i * 7) % 100 * interval '1 minute' FROM generate_series(1, 200) i;
SELECT differing();
-- rows of other experiments and projects are none of this one's, whatever the plan
INSERT INTO ff.exposures (project, experiment, environment, unit, variation, at)
SELECT o.*, 'u' || i, 'blue', now() - interval '9 days' FROM generate_series(1, 50) i, (VALUES ('gather', 'y', 'production'), ('gather-not', 'x', 'production'), ('gather', 'x', 'staging')) o;
INSERT INTO ff.events (project, unit, event, value) SELECT 'gather-not', 'u' || i, 'buy', 1 FROM generate_series(1, 50) i;
SET enable_indexscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0;
SELECT differing();
RESET enable_indexscan; RESET enable_bitmapscan; SET max_parallel_workers_per_gather = 2;
DELETE FROM ff.exposures WHERE project = 'gather-not';
DELETE FROM ff.events WHERE project = 'gather-not';
-- more decimals than narrow sums have, more than 64 bits, more than wide ones have:
-- totals of more digits than a double has keep them
INSERT INTO ff.events (unit, event, value, at) VALUES ('u1', 'buy', 0.30000000000000004, now() - interval '1 minute');
SELECT differing();
INSERT INTO ff.events (unit, event, value, at) VALUES ('u2', 'buy', 1e15 + 0.01, now() - interval '1 minute'), ('u2', 'buy', -1e15, now() - interval '1 minute');
SELECT differing();
INSERT INTO ff.events (unit, event, value, at) VALUES ('u3', 'buy', 1e30, now() - interval '1 minute'), ('u4', 'buy', 1e-30, now() - interval '1 minute');
SELECT differing();
-- what counts once is counted once after an error, too
SELECT ff._gather_end(4294967296000);
-- a month has no length
\set VERBOSITY terse
UPDATE ff.metrics SET delay = '1 month' WHERE key = 'blue';
\set VERBOSITY default
UPDATE ff.metrics SET covariate_period = '30 days' WHERE key = 'blue';
-- made up numbers and NULLs do no harm
SELECT ff._gather_event(NULL, NULL, NULL, NULL, NULL), ff._gather_exposure(NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT ff._gather_event(42, 'u', 1, now(), 1);
-- nor do steps that are out of turn
CREATE FUNCTION step(step text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	handle bigint := (SELECT ff._gather_start(x, ff._metrics_of(x), now()) FROM ff.experiments x WHERE x.key = 'x' AND x.project_id = ff._project(NULL));
	result text;
BEGIN
	EXECUTE 'SELECT ' || step INTO result USING handle;
	PERFORM ff._gather_end(handle);
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END;
$$;
SELECT s, step(s) FROM unnest(ARRAY['ff._gather_known($1, '''')', 'ff._gather_touch($1, ''u'', true)', 'ff._gather_renew($1)', 'ff._gather_again($1)',
	'ff._gather_event($1, ''u'', 1, now(), 1)', 'ff._gather_finish($1)', 'ff._gather_gone($1)', 'ff._gather_pages($1)', 'ff._gather_resume($1, ''x'', ''{}'', now(), true)']) s;
DROP FUNCTION step(text), differing;
SELECT ff_experiment_stop('x');
SELECT ff_experiment_delete('x');
SELECT ff_project_delete('gather', cascade => true);
