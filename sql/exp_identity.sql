-- Anonymous units that become users: what a cookie met and did counts as its user's.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('identity') IS NOT NULL;
SET featureflow.project = 'identity';
CREATE TABLE logins (cookie text, account int);
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL, ff_metric_create('money', 'mean', 'buy') IS NOT NULL,
	ff_metric_create('path', 'funnel', settings => '{"steps": ["see", "buy"]}') IS NOT NULL;
SELECT ff_identity_source('logins', 'logins', 'cookie', 'account') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys,money,path}') IS NOT NULL, ff_experiment_start('x', '2026-03-01 00:00+00');
-- cookies 1 to 40 meet a variation; 1 to 20 log in as accounts 1001 to 1010, two each: a phone and a desk
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'x', 'c' || i, CASE WHEN (i + 1) / 2 % 2 = 0 OR i = 2 THEN 'on' ELSE 'off' END, timestamptz '2026-03-02 00:00+00' + i * interval '1 minute' FROM generate_series(1, 40) i;
INSERT INTO logins SELECT 'c' || i, 1000 + (i + 1) / 2 FROM generate_series(1, 20) i;
INSERT INTO logins VALUES ('c40', NULL), (NULL, 7);
-- they see as a cookie and buy as an account
INSERT INTO ff.events (unit, event, at) SELECT 'c' || i, 'see', '2026-03-03 00:00+00' FROM generate_series(1, 40) i;
INSERT INTO ff.events (unit, event, value, at) SELECT (1000 + i)::text, 'buy', 10, '2026-03-04 00:00+00' FROM generate_series(1, 9) i;
SELECT metric, variation, n, round(mean::numeric, 4) FROM ff_experiment_stats('x');
SELECT ff_experiment_update('x', '{"identity": "logins"}');
-- 10 accounts and 20 cookies, less the account that met both variations with two of its cookies
SELECT metric, variation, n, round(mean::numeric, 4) FROM ff_experiment_stats('x');
SELECT item, variation, value FROM ff_experiment_health('x') WHERE item IN ('units', 'multiple_exposures');
-- the units are found once, whatever the number of metrics
BEGIN;
SET LOCAL track_functions = 'all';
SELECT count(DISTINCT c.metric_id) FROM ff.experiments x, ff._experiment_cells(x) c WHERE x.key = 'x' AND x.project_id = ff._project(NULL);
SELECT calls FROM pg_stat_xact_user_functions WHERE schemaname = 'ff' AND funcname = '_experiment_units';
COMMIT;
SELECT count(*) FROM pg_cursors;
-- by hand
WITH unit AS (SELECT o.unit, coalesce(l.account::text, o.unit) AS person, o.variation FROM ff.exposures o LEFT JOIN logins l ON l.cookie = o.unit WHERE o.project = 'identity'),
person AS (SELECT u.person, min(u.variation) AS variation FROM unit u GROUP BY 1 HAVING count(DISTINCT u.variation) = 1)
SELECT p.variation, count(*), round(avg((EXISTS (SELECT FROM ff.events e WHERE e.project = 'identity' AND e.event = 'buy' AND e.unit = p.person))::int), 4) FROM person p GROUP BY 1 ORDER BY 1;
SELECT key, settings FROM ff_experiment_list();
SELECT source, relation, anonymous_column, user_column, experiments FROM ff_identity_source_list();
-- a refresh is void when the identity changes
SELECT count(*) FROM ff_experiment_refresh('x');
SELECT ff_experiment_update('x', '{"identity": null}');
SELECT sum(n) FROM ff_experiment_stats('x', '{"metrics": ["buys"]}');
SELECT ff_experiment_update('x', '{"identity": "logins"}');
-- one cookie of two accounts is the first's
INSERT INTO logins VALUES ('c1', 1009);
SELECT count(DISTINCT person) FROM ff.experiments x, ff._experiment_links(x) WHERE x.key = 'x' AND x.project_id = ff._project(NULL) AND anonymous = 'c1';
-- refused
SELECT ff_identity_source('bad', 'logins', 'cookie', 'nobody');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_identity_source('bad', 'logins', NULL, 'account');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('x', '{"identity": "ghost"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_identity_source_remove('logins');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_identity_source_remove('ghost');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM ff.experiment_refreshes;
DROP TABLE logins;
SELECT count(*) FROM ff_experiment_stats('x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('x');
SELECT ff_project_delete('identity', cascade => true);
