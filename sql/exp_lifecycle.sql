\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('explife') IS NOT NULL;
SET featureflow.project = 'explife';
SELECT ff_flag_create('checkout') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark", "blue"]') IS NOT NULL;
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL, ff_metric_create('revenue', 'mean', 'purchase') IS NOT NULL,
	ff_metric_create('errors', 'mean', 'error', 'decrease') IS NOT NULL;

-- a draft
SELECT ff_experiment_create('one', 'checkout', '{buys,revenue}', guardrails => '{errors}', name => 'One page', hypothesis => 'Fewer give up') IS NOT NULL;
SELECT key, status, flag, environment, control, metrics, secondary, guardrails, name, hypothesis, started_at, stopped_at FROM ff_experiment_list();
SELECT ff_experiment_create('one', 'checkout', '{buys}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('a b', 'checkout', '{buys}');
SELECT ff_experiment_create('two', 'ghost', '{buys}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('two', NULL, '{buys}');
SELECT ff_experiment_create('two', 'checkout', '{ghost}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('two', 'checkout', '{NULL}');
SELECT ff_experiment_create('two', 'checkout', '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('two', 'checkout', NULL);
SELECT ff_experiment_create('two', 'checkout', '{buys,buys}');
SELECT ff_experiment_create('two', 'checkout', '{buys}', secondary => '{buys}');
SELECT ff_experiment_create('two', 'checkout', '{buys}', control => 'purple');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('two', 'checkout', '{buys}', environment => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff_experiment_list();

-- started only where users get variations by chance
SELECT ff_experiment_stop('one');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_archive('one');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('one');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout('checkout', 50, 'staging');
SELECT ff_experiment_start('one');
SELECT ff_flag_rollout('checkout', 100);
SELECT ff_experiment_start('one');
SELECT ff_flag_rollout('checkout', 20);
SELECT ff_flag_disable('checkout');
SELECT ff_experiment_start('one');
SELECT ff_flag_enable('checkout'), ff_flag_kill('checkout');
SELECT ff_experiment_start('one');
SELECT ff_flag_revive('checkout'), ff_flag_archive('checkout');
SELECT ff_experiment_start('one');
SELECT ff_experiment_create('two', 'checkout', '{buys}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_unarchive('checkout');
SELECT ff_experiment_start('one', now() + interval '1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('one', '-infinity');
SELECT ff_experiment_start('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('one');
SELECT key, status, started_at BETWEEN now() - interval '1 minute' AND clock_timestamp(), stopped_at FROM ff_experiment_list() WHERE status = 'running';
SELECT weights FROM ff.experiments WHERE key = 'one' AND project_id = ff._project(NULL);
SELECT ff_experiment_start('one');
\echo :LAST_ERROR_SQLSTATE

-- one at a time
SELECT ff_experiment_create('two', 'checkout', '{buys}', control => 'true') IS NOT NULL;
SELECT ff_experiment_start('two');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('elsewhere', 'checkout', '{buys}', environment => 'staging') IS NOT NULL;
SELECT ff_experiment_start('elsewhere');
SELECT key, environment, control FROM ff_experiment_list() WHERE status = 'running';

-- the flag cannot go from under it
SELECT ff_flag_archive('checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_delete('checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_delete('one');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_archive('one');
-- nor the environment
SELECT ff_environment_delete('staging');
\echo :LAST_ERROR_SQLSTATE

-- stopped, archived
SELECT ff_experiment_stop('one', now() - interval '1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('one', now() + interval '1 day');
SELECT ff_experiment_stop('one');
SELECT status, stopped_at >= started_at FROM ff_experiment_list() WHERE key = 'one';
SELECT ff_experiment_stop('one');
SELECT ff_experiment_start('one');
SELECT ff_experiment_archive('one');
SELECT ff_experiment_archive('one');
SELECT ff_experiment_stop('one');
SELECT key FROM ff_experiment_list() WHERE status = 'archived';
SELECT ff_experiment_start('two');
SELECT ff_experiment_stop('two'), ff_experiment_stop('elsewhere');

-- by plain SQL the same holds
UPDATE ff.experiments SET status = 'running' WHERE key = 'two';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.experiments SET status = 'draft' WHERE key = 'two';
UPDATE ff.experiments SET control = 'off' WHERE key = 'two';
UPDATE ff.experiments SET key = 'three' WHERE key = 'two';
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE ff.experiments SET stopped_at = started_at - interval '1 s' WHERE key = 'two' AND project_id = ff._project(NULL);
\set VERBOSITY default
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT f.project_id, 'plain', f.id, e.id, 'purple', 'plain' FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.key = 'theme' AND e.key = 'production' AND f.project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT f.project_id, 'plain', f.id, e.id, 'dark', 'plain' FROM ff.flags f CROSS JOIN ff.environments e
WHERE f.key = 'theme' AND f.project_id = ff._project(NULL) AND e.id = 'ff000000-0000-4000-8000-000000000013';
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT f.project_id, 'plain', f.id, e.id, 'dark', 'plain' FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.key = 'theme' AND e.key = 'production' AND f.project_id = ff._project(NULL);
SELECT ff_metric_create('foreign', 'mean', 'e', project => 'default') IS NOT NULL;
INSERT INTO ff.experiment_metrics (experiment_id, metric_id)
SELECT x.id, m.id FROM ff.experiments x, ff.metrics m WHERE x.key = 'plain' AND m.key = 'foreign';
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.experiment_metrics (experiment_id, metric_id)
SELECT x.id, m.id FROM ff.experiments x JOIN ff.metrics m USING (project_id) WHERE x.key = 'plain' AND m.key = 'buys';
SELECT metrics FROM ff_experiment_list() WHERE key = 'plain';
SELECT ff_metric_delete('foreign', 'default');

-- a variation that is a control stays
SELECT ff_variation_remove('theme', 'dark');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.flags SET variations = variations - 1 WHERE key = 'theme' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_variation_remove('theme', 'blue');

-- a rule may split, and several splits that differ give no weights
SELECT ff_flag_rules('theme', '[{"when": {"attribute": "country", "op": "eq", "value": "DE"}, "serve": {"split": {"light": 50, "dark": 50}}}]');
UPDATE ff.experiments SET status = 'running' WHERE key = 'plain';
SELECT status, weights, started_at IS NOT NULL FROM ff.experiments WHERE key = 'plain';
SELECT ff_experiment_stop('plain');
SELECT ff_flag_default('theme', '{"split": {"light": 90, "dark": 10}}');
SELECT ff_experiment_create('both', 'theme', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('both');
SELECT status, weights FROM ff.experiments WHERE key = 'both';
SELECT ff_experiment_stop('both');

-- a control that nobody would get by chance
SELECT ff_flag_rules('theme', '[]'), ff_variation_add('theme', 'red');
SELECT ff_experiment_create('red', 'theme', '{buys}', control => 'red') IS NOT NULL;
SELECT ff_experiment_start('red');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_default('theme', '{"split": {"light": 90, "dark": 10, "red": 0}}');
SELECT ff_experiment_start('red');
SELECT ff_flag_default('theme', '{"split": {"light": 80, "dark": 10, "red": 10}}');
SELECT ff_experiment_start('red');
SELECT ff_experiment_stop('red');

-- by the clock: steps that have come, rules that are over
SELECT ff_flag_create('clock') IS NOT NULL, ff_flag_rollout('clock', 50);
SELECT ff_flag_schedule('clock', clock_timestamp() + interval '0.2 s', 'rollout', percentage => 20) IS NOT NULL,
	ff_flag_schedule('clock', clock_timestamp() + interval '0.3 s', 'disable') IS NOT NULL;
SELECT ff_experiment_create('clock', 'clock', '{buys}') IS NOT NULL FROM pg_sleep(0.4);
SELECT ff_experiment_start('clock');
SELECT ff_flag_enable('clock');
SELECT ff_flag_rules('clock', '[{"when": {"attribute": "a", "op": "exists"}, "serve": {"split": {"on": 50, "off": 50}}, "until": "2026-01-01T00:00:00Z"}]');
SELECT ff_experiment_start('clock');
SELECT weights FROM ff.experiments WHERE key = 'clock';
SELECT ff_experiment_stop('clock');
SELECT ff_flag_default('clock', 'false');
SELECT ff_experiment_create('clock2', 'clock', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('clock2');
SELECT ff_flag_schedule('clock', clock_timestamp() + interval '0.1 s', 'rollout', percentage => 30) IS NOT NULL;
SELECT pg_sleep(0.2);
SELECT ff_experiment_start('clock2');
SELECT weights FROM ff.experiments WHERE key = 'clock2';
SELECT ff_experiment_stop('clock2');

-- who did it; the flag and the project take experiments along
SELECT a.action, a.new ->> 'key', a.new ->> 'status' FROM ff.audit_log a
WHERE a.project_id = ff._project(NULL) AND a.table_name = 'experiments' AND a.new ->> 'key' = 'one' ORDER BY a.number;
SELECT ff_flag_delete('theme');
SELECT key FROM ff_experiment_list();
SELECT ff_project_delete('explife', true);
RESET featureflow.project;
SELECT count(*) FROM ff_experiment_list();
