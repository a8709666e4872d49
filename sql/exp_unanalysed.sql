-- What cannot be analysed keeps no experiment running, with a plan of looks or with options that name what is gone.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('unanalysed') IS NOT NULL;
SET featureflow.project = 'unanalysed';
CREATE TABLE unanalysed_orders (customer text, at timestamptz, total numeric);
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_source('orders', 'unanalysed_orders', 'customer', 'at', 'total') IS NOT NULL;
SELECT ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL, ff_metric_create('clicks', 'count', 'click') IS NOT NULL,
	ff_metric_create('spent', 'mean', settings => '{"source": "orders"}') IS NOT NULL;
-- a plan, and a relation that is gone
SELECT ff_experiment_create('planned', 'f', '{spent}') IS NOT NULL;
SELECT ff_experiment_update('planned', '{"analysis": {"planned_units": 1000}}'), ff_experiment_start('planned');
DROP TABLE unanalysed_orders;
SELECT ff_experiment_save('planned') IS NOT NULL, ff_experiment_stop('planned');
SELECT kind, document -> 'problem' FROM ff_experiment_results('planned') ORDER BY taken_at;
-- options that name what there is not are refused when they are set
SELECT ff_experiment_create('draft', 'f', '{buys}') IS NOT NULL;
SELECT ff_experiment_update('draft', '{"analysis": {"baseline": "ghost"}}');
SELECT ff_experiment_update('draft', '{"analysis": {"metrics": ["ghost"]}}');
SELECT ff_experiment_update('draft', '{"analysis": {"phases": 2}}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('draft', '{"analysis": {"baseline": "on", "metrics": ["buys"], "phases": 1}}'), ff_experiment_delete('draft');
-- options that name a metric which the experiment has no more
SELECT ff_experiment_create('named', 'f', '{buys}', secondary => '{clicks}') IS NOT NULL;
SELECT ff_experiment_update('named', '{"analysis": {"metrics": ["clicks"]}}'), ff_experiment_start('named');
DELETE FROM ff.experiment_metrics u USING ff.metrics m, ff.experiments x WHERE m.id = u.metric_id AND m.key = 'clicks' AND x.id = u.experiment_id AND x.key = 'named';
SELECT ff_experiment_stop('named');
SELECT kind, document -> 'problem' FROM ff_experiment_results('named');
SELECT key, status FROM ff_experiment_list();
SELECT ff_project_delete('unanalysed', cascade => true);
