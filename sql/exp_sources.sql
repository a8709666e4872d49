-- Metrics from relations of the application, read with the rights of who registered them.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('sources') IS NOT NULL;
SET featureflow.project = 'sources';
CREATE TABLE orders (id int PRIMARY KEY, customer int, placed timestamp, total numeric(12,2), status text, weight float8);
INSERT INTO orders SELECT i, i % 300, timestamp '2026-03-03 00:00' + i * interval '1 minute', (i * 37 % 1000) / 100.0, CASE i % 4 WHEN 0 THEN 'void' ELSE 'paid' END, i / 7.0 FROM generate_series(1, 900) i;
CREATE VIEW "paid orders" AS SELECT customer::text AS who, placed AT TIME ZONE 'UTC' AS at, total FROM orders WHERE status = 'paid';
SELECT ff_metric_source('orders', 'orders', 'customer', 'placed', 'total') IS NOT NULL, ff_metric_source('paid', '"paid orders"', 'who', 'at', 'total') IS NOT NULL,
	ff_metric_source('parcels', 'orders', 'customer', 'placed', 'weight') IS NOT NULL, ff_metric_source('rows', 'orders', 'customer', 'placed') IS NOT NULL;
SELECT ff_metric_create('revenue', 'mean', settings => '{"source": "orders", "filter": {"status": "paid"}}') IS NOT NULL, ff_metric_create('paid', 'mean', settings => '{"source": "paid"}') IS NOT NULL,
	ff_metric_create('value', 'ratio', settings => '{"source": "orders", "denominator_source": "rows"}') IS NOT NULL, ff_metric_create('bought', 'proportion', settings => '{"source": "rows", "conversion_window": "5 hours"}') IS NOT NULL,
	ff_metric_create('weight', 'mean', settings => '{"source": "parcels"}') IS NOT NULL, ff_metric_create('median', 'quantile', settings => '{"source": "orders", "quantile": 0.5, "quantile_of": "events"}') IS NOT NULL,
	ff_metric_create('mixed', 'ratio', 'visit', settings => '{"aggregate": "count", "denominator_source": "rows"}') IS NOT NULL;
SELECT source, relation, unit_column, time_column, value_column, role = current_user, metrics, present FROM ff_metric_source_list();
SELECT key, event, settings FROM ff_metric_list();
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_experiment_create('x', 'f', ARRAY(SELECT key FROM ff_metric_list())) IS NOT NULL;
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', i::text, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-03 01:00+00' FROM generate_series(0, 299) i;
INSERT INTO ff.events (unit, event, at) SELECT i::text, 'visit', '2026-03-04 00:00+00' FROM generate_series(0, 299) i;
-- by hand, from the tables
SELECT s.metric, s.n, round(s.mean::numeric, 9) = round(h.mean, 9) FROM ff_experiment_stats('x') s JOIN (
	SELECT 'revenue' AS metric, sum(total) FILTER (WHERE status = 'paid') / 150 AS mean, o.customer % 2 AS arm FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3
	UNION ALL SELECT 'paid', sum(total) FILTER (WHERE status = 'paid') / 150, o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3
	UNION ALL SELECT 'value', sum(total) / count(*), o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3
	UNION ALL SELECT 'bought', count(DISTINCT customer) / 150.0, o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' AND placed < '2026-03-03 06:00' GROUP BY 3
	UNION ALL SELECT 'weight', sum(weight::text::numeric) / 150, o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3
	UNION ALL SELECT 'mixed', 150 / count(*)::numeric, o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3
	UNION ALL SELECT 'median', (percentile_cont(0.5) WITHIN GROUP (ORDER BY total))::numeric, o.customer % 2 FROM orders o WHERE placed >= '2026-03-03 01:00' GROUP BY 3) h
ON h.metric = s.metric AND (s.variation = 'on') = (h.arm = 0) ORDER BY 1, s.variation;
-- the pass in C and plain SQL agree
SELECT m.key, count(*), bool_and(c.moments::text = d.moments::text) FROM ff.experiments x CROSS JOIN ff.metrics m CROSS JOIN LATERAL ff._metric_cells(x, m, clock_timestamp(), NULL) c
JOIN ff._experiment_cells(x) d ON d.metric_id = m.id AND d.variation = c.variation WHERE x.key = 'x' AND x.project_id = ff._project(NULL) AND m.project_id = x.project_id AND m.key IN ('revenue', 'value', 'bought', 'mixed')
GROUP BY 1 ORDER BY 1;
-- a filter by a column that is not there is an error, not a row that has none
SELECT count(*) FROM ff.metric_sources s, ff._source_events(s.id, '[1]', NULL) e WHERE s.key = 'orders';
SELECT count(*) FROM ff.metric_sources s, ff._source_events(s.id, '{"statuss": "paid"}', NULL) e WHERE s.key = 'orders';
\echo :LAST_ERROR_SQLSTATE
-- as events, and with the rows that row-level security leaves, whoever asks
CREATE ROLE sources_clerk; CREATE ROLE sources_reader;
SELECT ff_grant('sources_clerk', 'admin'), ff_grant('sources_reader', 'admin');
GRANT SELECT ON orders TO sources_clerk;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY paid ON orders FOR SELECT TO sources_clerk USING (status = 'paid');
SET ROLE sources_clerk;
SELECT ff_metric_source('orders', 'orders', 'customer', 'placed', 'total') IS NOT NULL;
SET ROLE sources_reader;
SELECT count(*) FROM orders;
SELECT metric, round(mean::numeric, 6) FROM ff_experiment_stats('x', '{"metrics": ["revenue"]}') WHERE variation = 'on';
SELECT count(*) = (SELECT count(*) FROM ff._source_events(s.id, '{"status": "paid"}', NULL)) AS only_paid FROM ff.metric_sources s, ff._source_events(s.id, NULL, NULL) e WHERE s.key = 'orders' GROUP BY s.id;
-- nobody writes another's rights
UPDATE ff.metric_sources SET role = 'sources_clerk' WHERE key = 'rows';
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.metric_sources (project_id, key, relation, unit_column, time_column, role) VALUES (ff._project(NULL), 'direct', 'public.orders', 'customer', 'placed', 'sources_clerk');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source('mine', 'orders', 'customer', 'placed');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
INSERT INTO ff.metric_sources (project_id, key, relation, unit_column, time_column, role) VALUES (ff._project(NULL), 'injected', 'public.orders o, public.orders', 'customer', 'placed', 'x');
INSERT INTO ff.metric_sources (project_id, key, relation, unit_column, time_column, role) VALUES (ff._project(NULL), 'injected', 'public.orders', 'customer::text, now(); --', 'placed', 'x');
-- refused when registered
SELECT ff_metric_source('bad', 'orders', 'nobody', 'placed');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source('bad', 'orders', 'customer', 'total');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source('bad', 'orders', 'customer', 'later');
SELECT ff_metric_source('bad', 'orders', 'customer', 'placed', 'status');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source('bad', 'orders', 'customer', 'placed', 'totals');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.metric_sources SET value_column = 'status' WHERE key = 'rows' AND project_id = ff._project(NULL);
SELECT ff_metric_source('bad', 'nowhere', 'customer', 'total');
SELECT ff_metric_source('bad', 'orders', NULL, 'placed');
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE short_lived (u text, at timestamptz);
SELECT ff_metric_source('bad', 'short_lived', 'u', 'at');
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW dice AS SELECT 'u' AS u, now() AS at, random() AS v;
SELECT ff_metric_source('bad', 'dice', 'u', 'at', 'v');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', 'e', settings => '{"source": "orders"}');
SELECT ff_metric_create('m', 'mean', settings => '{"source": "ghost"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', settings => '{"source": "orders", "value_property": "x"}');
SELECT ff_metric_source_remove('orders');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_source_remove('ghost');
\echo :LAST_ERROR_SQLSTATE
-- found when it is read: values that are none, a column of another type, a relation that is gone
CREATE DOMAIN score AS numeric;
CREATE TABLE odd (u text, at timestamptz, v score, happy boolean);
SELECT ff_metric_update('revenue', settings => '{"filter": null}');
SELECT ff_metric_source('orders', 'odd', 'u', 'at', 'v') IS NOT NULL;
INSERT INTO odd (u, at, v) VALUES ('2', '2026-03-04', '1.5'), ('2', NULL, '9'), (NULL, '2026-03-04', '9'), ('2', 'infinity', '9'), ('4', '2026-03-04', NULL);
SELECT count(*), sum(e.value) FROM ff.metric_sources s, ff._source_events(s.id, NULL, NULL) e WHERE s.key = 'orders';
-- whether it holds is a number, 1 or 0
UPDATE odd SET happy = u = '2';
SELECT ff_metric_source('happy', 'odd', 'u', 'at', 'happy') IS NOT NULL;
SELECT e.unit, e.value FROM ff.metric_sources s, ff._source_events(s.id, NULL, NULL) e WHERE s.key = 'happy' ORDER BY 1;
SELECT ff_metric_source_remove('happy');
INSERT INTO odd (u, at, v) VALUES ('6', '2026-03-04', 'NaN');
SELECT count(*) FROM ff_experiment_stats('x');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE odd ALTER v TYPE text USING 'ten';
SELECT count(*) FROM ff_experiment_stats('x');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE odd RENAME COLUMN v TO amount;
SELECT count(*) FROM ff_experiment_stats('x');
\echo :LAST_ERROR_SQLSTATE
SELECT source, present, captured, problem FROM ff_metric_source_list() WHERE source = 'orders';
DROP TABLE odd;
SELECT count(*) FROM ff_experiment_stats('x');
\echo :LAST_ERROR_SQLSTATE
SELECT source, present, problem FROM ff_metric_source_list() WHERE source = 'orders';
-- an experiment can be stopped all the same
SELECT ff_experiment_stop('x');
SELECT document -> 'problem' FROM ff_experiment_results('x');
SELECT ff_experiment_delete('x'), ff_metric_delete('revenue'), ff_metric_delete('value'), ff_metric_delete('median');
SELECT ff_metric_source_remove('orders');
SELECT ff_project_delete('sources', cascade => true);
SELECT ff_revoke(r, g) FROM unnest('{sources_clerk,sources_reader}'::text[]) r, unnest('{admin,evaluate}'::text[]) g;
DROP VIEW "paid orders", dice;
DROP DOMAIN score;
DROP TABLE orders, short_lived;
DROP ROLE sources_clerk, sources_reader;
