-- A variation is shipped: the flag serves it, the experiment is over.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expship') IS NOT NULL;
SET featureflow.project = 'expship';
SET timezone = 'UTC';
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL;
SELECT ff_flag_create('theme', 'string', '["light", "dark", "blue"]') IS NOT NULL, ff_flag_default('theme', '{"split": {"light": 50, "dark": 50}}');
SELECT ff_flag_rules('theme', '[{"id": "staff", "when": {"attribute": "staff", "op": "exists"}, "serve": "blue"},
	{"id": "de", "name": "Germany", "when": {"attribute": "country", "op": "eq", "value": "DE"}, "serve": {"split": {"light": 10, "dark": 90}, "by": "company"}},
	{"id": "past", "when": {"attribute": "x", "op": "exists"}, "serve": {"split": {"light": 1, "dark": 99}}, "until": "2026-01-01T00:00:00Z"},
	{"id": "all", "when": {"attribute": "y", "op": "exists"}, "serve": {"split": {"light": 100, "dark": 0}}}]');
SELECT ff_flag_target('theme', 'light', '{ann,bob}'), ff_override('theme', 'blue', user_key => 'cid') IS NOT NULL, ff_override('theme', 'dark', user_key => 'dan') IS NOT NULL;
SELECT ff_experiment_create('themes', 'theme', '{buys}') IS NOT NULL;

-- refused: a draft, what is unknown
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_experiment_ship('ghost', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('themes', '2026-03-01 00:00+00');
SELECT * FROM ff_experiment_ship('themes', 'purple');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_experiment_ship('themes', NULL);
\echo :LAST_ERROR_SQLSTATE
-- where it would not be served
SELECT ff_environment_lock('production', 'holidays');
\set VERBOSITY terse
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT ff_environment_unlock('production');
SELECT ff_flag_kill('theme');
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_revive('theme'), ff_flag_disable('theme');
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_enable('theme'), ff_flag_schedule('theme', '2999-01-01', 'serve', variation => 'light') IS NOT NULL;
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_unschedule('theme', '2999-01-01T00:00:00Z', 'production');
-- nothing of it has changed anything
SELECT key, status FROM ff_experiment_list();
SELECT count(*) FROM ff_experiment_results('themes');

INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'themes', 'u' || i, CASE WHEN i % 2 = 0 THEN 'dark' ELSE 'light' END, '2026-03-02 00:00+00' FROM generate_series(1, 40) i;
SELECT max(version) AS was FROM ff_flag_history('theme') \gset
SELECT count(*) AS staging FROM ff_flag_history('theme', 'staging') \gset
SELECT * FROM ff_experiment_ship('themes', 'dark', 'sells more');
SELECT key, status, stopped_at BETWEEN now() - interval '1 minute' AND clock_timestamp() FROM ff_experiment_list();
SELECT rules, default_serve, targets FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'theme' AND f.project_id = ff._project(NULL) AND e.key = 'production';
-- one version, with the reason, there alone
SELECT version - :was, reason, changes FROM ff_flag_history('theme') WHERE version > :was;
SELECT count(*) - :staging FROM ff_flag_history('theme', 'staging');
SELECT DISTINCT table_name, action, reason FROM ff.audit_log WHERE project_id = ff._project(NULL) AND transaction_id = (
	SELECT transaction_id FROM ff.audit_log WHERE project_id = ff._project(NULL) ORDER BY number DESC LIMIT 1) ORDER BY 1;
SHOW featureflow.change_reason;
-- everybody gets it, by default or rule; who was named gets what was said
SELECT u, (ff_evaluate_detail(u, 'theme', a)).variation, (ff_evaluate_detail(u, 'theme', a)).reason
FROM (VALUES ('eve', NULL), ('fay', '{"country": "DE", "company": "c"}'::jsonb), ('gil', '{"country": "DE"}'), ('hal', '{"staff": 1}'), ('ann', NULL), ('cid', NULL)) x(u, a);
-- and nobody is exposed any more
SELECT count(*) FROM ff.exposures WHERE project = 'expship';
SELECT (ff_expose('new', 'theme')).variation;
SELECT count(*) FROM ff.exposures WHERE project = 'expship';
-- what was known, and what the flag served
SELECT kind, document -> 'shipped', document -> 'experiment' ->> 'status', document -> 'settings' -> 'default', document -> 'data' -> 'exposures' -> 'rows',
	jsonb_array_length(document -> 'stats') FROM ff_experiment_results('themes');

-- again, after the stop: another opinion, no reason
SELECT * FROM ff_experiment_ship('themes', 'light');
SELECT reason FROM ff_flag_history('theme') ORDER BY version DESC LIMIT 1;
SELECT kind, document -> 'shipped' ->> 'variation' FROM ff_experiment_results('themes');
SET featureflow.change_reason = 'from outside';
SELECT count(*) FROM ff_experiment_ship('themes', 'dark');
SELECT reason FROM ff_flag_history('theme') ORDER BY version DESC LIMIT 1;
SHOW featureflow.change_reason;
RESET featureflow.change_reason;
-- a variation that was not compared
SELECT ff_experiment_create('two', 'theme', '{buys}') IS NOT NULL, ff_flag_rules('theme', NULL), ff_flag_default('theme', '{"split": {"light": 50, "dark": 50, "blue": 0}}');
SELECT ff_experiment_start('two');
SELECT * FROM ff_experiment_ship('two', 'blue');
\echo :LAST_ERROR_SQLSTATE
-- another one is running
SELECT * FROM ff_experiment_ship('themes', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('two');
-- archived, and back
SELECT ff_experiment_unarchive('two');
SELECT ff_experiment_archive('two');
SELECT * FROM ff_experiment_ship('two', 'dark');
\echo :LAST_ERROR_SQLSTATE
SELECT stopped_at AS stopped FROM ff_experiment_list() WHERE key = 'two' \gset
SELECT ff_experiment_unarchive('two');
SELECT status, stopped_at = :'stopped' FROM ff_experiment_list() WHERE key = 'two';
SELECT * FROM ff_experiment_ship('two', 'dark');
UPDATE ff.experiments SET status = 'running' WHERE key = 'two' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('three', 'theme', '{buys}') IS NOT NULL;
SELECT ff_experiment_unarchive('three');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.experiments SET status = 'archived' WHERE key = 'three' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_unarchive('ghost');
\echo :LAST_ERROR_SQLSTATE

-- of three variations all are named, the off variation too
SELECT ff_flag_create('page', 'string', '["classic", "one-page", "express"]', off_variation => 'classic') IS NOT NULL, ff_flag_default('page', '{"split": {"classic": 34, "one-page": 33, "express": 33}}');
SELECT ff_experiment_create('pages', 'page', '{buys}') IS NOT NULL, ff_experiment_start('pages');
SELECT serving FROM ff.flags_overview WHERE project = 'expship' AND flag = 'page' AND environment = 'production';
-- a variation that they serve by cannot go, and where is said
UPDATE ff.flags SET variations = variations - 1 WHERE key = 'page' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_experiment_ship('pages', 'one-page');

-- a boolean flag by its values, in another environment
SELECT ff_flag_create('beta') IS NOT NULL, ff_flag_rollout('beta', 30, 'staging'), ff_experiment_create('betas', 'beta', '{buys}', environment => 'staging') IS NOT NULL;
SELECT ff_experiment_start('betas');
SELECT * FROM ff_experiment_ship('betas', 'true', project => 'expship');
SELECT ff_is_enabled('u', 'beta', environment => 'staging'), ff_is_enabled('u', 'beta');

-- an imported flag answers as its provider has it
SELECT count(*) FROM ff_import('flagd', '{"flags": {"far": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}');
SELECT ff_experiment_create('far', 'far', '{buys}', control => 'off') IS NOT NULL;
SELECT * FROM ff_experiment_ship('far', 'on');
\echo :LAST_ERROR_SQLSTATE

-- all or nothing
SELECT ff_flag_default('beta', '{"split": {"on": 50, "off": 50}}'), ff_experiment_create('late', 'beta', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('late');
BEGIN;
SELECT count(*) FROM ff_experiment_ship('late', 'on');
ROLLBACK;
SELECT status FROM ff_experiment_list() WHERE key = 'late';
SELECT count(*) FROM ff_experiment_results('late');
SELECT ff_experiment_stop('late');
RESET featureflow.project;
SELECT ff_project_delete('expship', true);
