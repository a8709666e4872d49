\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expmetrics') IS NOT NULL;
SET featureflow.project = 'expmetrics';
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL;
SELECT ff_metric_create('waiting', 'mean', 'page load', 'decrease', 'Waiting time', 'In seconds') IS NOT NULL;
SELECT key, kind, event, direction, name, description, experiments FROM ff_metric_list();

-- refused
SELECT ff_metric_create('buys', 'mean', 'purchase');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('a b', 'mean', 'purchase');
SELECT ff_metric_create(NULL, 'mean', 'purchase');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'median', 'purchase');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', NULL, 'purchase');
SELECT ff_metric_create('m', 'mean', NULL);
SELECT ff_metric_create('m', 'mean', '');
SELECT ff_metric_create('m', 'mean', repeat('x', 256));
SELECT ff_metric_create('m', 'mean', 'purchase', 'sideways');
SELECT ff_metric_create('m', 'mean', 'purchase', project => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', repeat('é', 255)) IS NOT NULL;

-- changed
SELECT ff_metric_update('waiting', event => 'load', direction => 'increase', name => '', description => '');
SELECT event, direction, name, description IS NULL FROM ff_metric_list() WHERE key = 'waiting';
SELECT ff_metric_update('waiting', direction => 'decrease');
SELECT event, direction FROM ff_metric_list() WHERE key = 'waiting';
SELECT ff_metric_update('waiting', event => '');
SELECT ff_metric_update('waiting', direction => 'up');
SELECT ff_metric_update('ghost', event => 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_update(NULL, event => 'x');
UPDATE ff.metrics SET kind = 'proportion' WHERE key = 'waiting';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.metrics SET key = 'renamed' WHERE key = 'waiting';

-- every kind, with what goes with it
SELECT ff_metric_create('visits', 'count', 'visit', settings => '{"filter": {"page": "/"}, "conversion_window": "7 days", "complete_only": true}') IS NOT NULL,
	ff_metric_create('aov', 'ratio', 'purchase', settings => '{"denominator_event": "purchase", "cap_percentile": 0.99, "cap_ignores_zeros": true}') IS NOT NULL,
	ff_metric_create('p90', 'quantile', 'page load', 'decrease', settings => '{"quantile": 0.9, "quantile_of": "events", "value_property": "ms"}') IS NOT NULL,
	ff_metric_create('back', 'retention', 'visit', settings => '{"delay": "7 days", "conversion_window": "7 days"}') IS NOT NULL,
	ff_metric_create('checkout', 'funnel', settings => '{"steps": ["cart", "address", "purchase"], "covariate_period": "0"}') IS NOT NULL,
	ff_metric_create('spend', 'mean', 'purchase', settings => '{"cap_value": 1000, "lookback": "30 days", "unit_property": "account", "filter": {"coupon": null}}') IS NOT NULL;
SELECT key, kind, event, settings FROM ff_metric_list() WHERE settings <> '{}';

-- a setting can be changed, and taken back
SELECT ff_metric_update('spend', settings => '{"cap_value": null, "cap_percentile": 0.999, "covariate_period": "28 days"}');
SELECT settings FROM ff_metric_list() WHERE key = 'spend';
SELECT ff_metric_update('spend', settings => '{"covariate_period": null, "filter": null}', description => 'By account');
SELECT settings, description FROM ff_metric_list() WHERE key = 'spend';

-- settings that do not go with the kind, or are none
SELECT s.settings, m.fault FROM (VALUES ('mean', '{"quantile": 0.5}'::jsonb), ('quantile', '{}'), ('quantile', '{"quantile": 1}'), ('quantile', '{"quantile": 0.5, "quantile_of": "users"}'),
	('ratio', '{}'), ('mean', '{"denominator_event": "x"}'), ('count', '{"denominator_aggregate": "sum"}'), ('funnel', '{"steps": ["a", "b"]}'), ('mean', '{"steps": ["a", "b"]}'),
	('proportion', '{"aggregate": "sum"}'), ('mean', '{"aggregate": "avg"}'), ('count', '{"value_property": "x"}'), ('retention', '{}'), ('mean', '{"complete_only": true}'),
	('mean', '{"conversion_window": "1 day", "lookback": "1 day"}'), ('mean', '{"conversion_window": "0"}'), ('mean', '{"delay": "-1 day"}'), ('mean', '{"covariate_period": "1 month"}'),
	('proportion', '{"cap_value": 3}'), ('mean', '{"cap_value": 3, "cap_percentile": 0.9}'), ('mean', '{"cap_percentile": 1.5}'), ('mean', '{"cap_ignores_zeros": true}'),
	('mean', '{"filter": []}'), ('mean', '{"unit_property": ""}')) s(kind, settings)
CROSS JOIN LATERAL ff._metric_fault(ff._metric_with(jsonb_populate_record(NULL::ff.metrics, jsonb_build_object('key', 'x', 'kind', s.kind, 'event', 'e', 'direction', 'increase')), s.settings)) m(fault);
SELECT ff_metric_create('m', 'funnel', settings => '{"steps": ["a"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'funnel', settings => '{"steps": "a"}');
SELECT ff_metric_create('m', 'mean', 'e', settings => '{"delay": "soon"}');
-- seven what?
SELECT ff_metric_create('m', 'mean', 'e', settings => '{"conversion_window": 7}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', 'e', settings => '{"covariate_period": "14"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', 'e', settings => '{"windows": "1 day"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('m', 'mean', 'e', settings => '[]');
SELECT ff_metric_update('aov', settings => '{"denominator_event": null}');
INSERT INTO ff.metrics (project_id, key, kind, event, name, quantile) VALUES (ff._project(NULL), 'direct', 'mean', 'e', 'direct', 0.5);
\echo :LAST_ERROR_SQLSTATE
SELECT key FROM ff_metric_list() ORDER BY key;

-- deleted, unless an experiment needs it
SELECT ff_flag_create('f') IS NOT NULL;
SELECT ff_experiment_create('second', 'f', '{buys}') IS NOT NULL, ff_experiment_create('first', 'f', '{waiting}', guardrails => '{buys}') IS NOT NULL;
SELECT key, experiments FROM ff_metric_list();
SELECT ff_metric_delete('buys');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
DELETE FROM ff.metrics WHERE key = 'buys';
\set VERBOSITY default
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_delete('first'), ff_experiment_delete('second');
SELECT ff_metric_delete('buys');
SELECT ff_metric_delete('buys');
\echo :LAST_ERROR_SQLSTATE
SELECT key FROM ff_metric_list();

-- in the log, under its project
SELECT a.table_name, a.action, count(*) FROM ff.audit_log a WHERE a.project_id = ff._project(NULL) AND a.table_name LIKE '%metrics'
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT ff_project_delete('expmetrics', true);
SELECT count(*) FROM ff.metrics m JOIN ff.projects p ON p.id = m.project_id WHERE p.key = 'expmetrics';
