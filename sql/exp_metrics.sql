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
