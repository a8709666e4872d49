-- Analyses that are kept: read at once, of their time, and void when what was analysed has changed.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('refresh') IS NOT NULL;
SET featureflow.project = 'refresh';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL, ff_metric_create('money', 'mean', 'buy') IS NOT NULL,
	ff_metric_create('median', 'quantile', 'buy', settings => '{"quantile": 0.5}') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys,money}', secondary => '{median}') IS NOT NULL;
SELECT ff_experiment_refresh('x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02 00:00+00' FROM generate_series(1, 400) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'buy', 1.25 * (i % 13), '2026-03-03 00:00+00' FROM generate_series(1, 400) i WHERE i % 3 = 0;
CREATE TEMP TABLE fresh AS SELECT (to_jsonb(s) - 'data_through') AS row, s.metric, s.variation, s.data_through FROM ff_experiment_stats('x') s;
SELECT count(*), bool_and(data_through > now() - interval '1 minute') FROM fresh;
-- the same to the last bit
SELECT r.data_through <= clock_timestamp(), r.took > '0' FROM ff_experiment_refresh('x') r;
SELECT count(*), bool_and(to_jsonb(s) - 'data_through' = f.row), bool_and(s.data_through = r.data_through) FROM ff_experiment_stats('x') s JOIN fresh f USING (metric, variation), ff.experiment_refreshes r;
-- what comes later is not in it, with whatever options, until the next
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'buy', 100, '2026-03-03 00:00+00' FROM generate_series(1, 50) i;
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'new', 'on', '2026-03-02 00:00+00'), ('x', 'u1', 'on', '2026-03-02 00:00:01+00');
SELECT bool_and(to_jsonb(s) - 'data_through' = f.row) FROM ff_experiment_stats('x') s JOIN fresh f USING (metric, variation);
SELECT sum(n) FROM ff_experiment_stats('x', '{"alpha": 0.2, "adjustment": "none", "metrics": ["buys"]}');
SELECT item, variation, value FROM ff_experiment_health('x') WHERE item IN ('units', 'multiple_exposures');
SELECT r #>> '{experiment,data_through}' = ff._utc(q.data_through) FROM ff_experiment_report('x') r, ff.experiment_refreshes q;
-- strata are read from the data
SELECT sum(n) FROM ff_experiment_stats('x', '{"stratify_by": "day", "metrics": ["buys"]}');
SELECT sum(n) FROM ff_experiment_stats('x', '{"stratify_by": "os", "metrics": ["buys"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff_experiments_refresh();
SELECT sum(n) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
SELECT item, variation, value FROM ff_experiment_health('x') WHERE item IN ('units', 'multiple_exposures');
SELECT count(*) FROM ff.experiment_refreshes;
-- in a read-only transaction
BEGIN READ ONLY;
SELECT sum(n) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
SELECT ff_experiment_refresh('x');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- of something else it is void: another window, a phase, another metric
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'newer', 'on', '2026-03-02 00:00+00');
BEGIN;
SELECT ff_metric_update('buys', settings => '{"conversion_window": "1 hour"}');
SELECT sum(n), max(mean) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
ROLLBACK;
BEGIN;
SELECT ff_flag_rollout('f', 20);
SELECT sum(n) FROM ff_experiment_stats('x', '{"phases": "1", "metrics": ["buys"]}');
ROLLBACK;
-- and a metric source that reads another relation
BEGIN;
CREATE TABLE refresh_old (u text, at timestamptz, v int);
CREATE TABLE refresh_new (u text, at timestamptz, v int);
INSERT INTO refresh_old SELECT 'u' || i, '2026-03-03 00:00+00', 1 FROM generate_series(1, 400) i;
INSERT INTO refresh_new SELECT 'u' || i, '2026-03-03 00:00+00', 2 FROM generate_series(1, 400) i;
SELECT ff_metric_source('s', 'refresh_old', 'u', 'at', 'v') IS NOT NULL;
SELECT ff_metric_create('sold', 'mean', settings => '{"source": "s"}') IS NOT NULL, ff_experiment_metric('x', 'sold');
SELECT count(*) FROM ff_experiment_refresh('x');
SELECT max(mean) FROM ff_experiment_stats('x', '{"metrics": ["sold"]}');
SELECT ff_metric_source('s', 'refresh_new', 'u', 'at', 'v') IS NOT NULL;
SELECT max(mean) FROM ff_experiment_stats('x', '{"metrics": ["sold"]}');
ROLLBACK;
SELECT ff_metric_update('buys', name => 'Who buys');
SELECT sum(n) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
-- what is kept at the end is of all data
SELECT ff_experiment_save('x') IS NOT NULL;
SELECT sum((s ->> 'n')::int) FROM ff_experiment_results('x'), jsonb_array_elements(document -> 'stats') s WHERE s ->> 'metric' = 'buys';
SELECT count(*) FROM ff_experiment_refresh('x');
SELECT ff_experiment_stop('x', '2026-03-20');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'newest', 'on', '2026-03-02 00:00+00');
SELECT sum(n) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
-- data that cannot be analyzed leave what there is
SELECT ff_metric_create('bad', 'mean', 'buy', settings => '{"value_property": "v"}') IS NOT NULL, ff_experiment_create('z', 'f', '{bad}') IS NOT NULL;
SELECT ff_experiment_start('z', '2026-03-21 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('z', 'a', 'on', '2026-03-22 00:00+00');
INSERT INTO ff.events (unit, event, properties, at) VALUES ('a', 'buy', '{"v": "much"}', '2026-03-23 00:00+00');
SELECT experiment, data_through, problem FROM ff_experiments_refresh();
SELECT ff_experiment_refresh('z');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_refresh('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('z');
DROP TABLE fresh;
SELECT ff_project_delete('refresh', cascade => true);
