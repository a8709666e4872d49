-- What a running experiment stands on cannot be taken away, by plain SQL either.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expguards') IS NOT NULL;
SET featureflow.project = 'expguards';
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL, ff_flag_create('shop') IS NOT NULL, ff_flag_create('other') IS NOT NULL, ff_flag_rollout('shop', 50);
SELECT ff_experiment_create('shops', 'shop', '{buys}') IS NOT NULL;
SELECT ff._project(NULL) AS home, ff._environment(ff._project(NULL), NULL) AS env \gset
-- a draft keeps nothing
BEGIN;
UPDATE ff.flags SET archived_at = now() WHERE key = 'shop' AND project_id = :'home';
DELETE FROM ff.flags WHERE key = 'shop' AND project_id = :'home';
SELECT count(*) FROM ff_experiment_list();
ROLLBACK;

-- one that runs: functions and plain SQL refuse in the same words
SELECT ff_experiment_start('shops');
SELECT ff_flag_archive('shop');
UPDATE ff.flags SET archived_at = now() WHERE project_id = :'home';
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_delete('shop');
DELETE FROM ff.flags WHERE project_id = :'home';
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_delete('production');
DELETE FROM ff.environments WHERE id = :'env';
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_delete('shops');
DELETE FROM ff.experiments WHERE project_id = :'home';
\echo :LAST_ERROR_SQLSTATE
-- as they do for a role that may administer
SET client_min_messages = warning;
DROP ROLE IF EXISTS guards_admin;
RESET client_min_messages;
CREATE ROLE guards_admin;
SELECT ff_grant('guards_admin', 'admin');
SET ROLE guards_admin;
\set VERBOSITY terse
DELETE FROM ff.flags WHERE project_id = :'home';
DELETE FROM ff.environments WHERE id = :'env';
DELETE FROM ff.experiments WHERE project_id = :'home';
\set VERBOSITY default
RESET ROLE;
DROP OWNED BY guards_admin;
DROP ROLE guards_admin;
SELECT ff_experiment_stop('shops');
SELECT ff_experiment_create('more', 'other', '{buys}') IS NOT NULL, ff_flag_rollout('other', 50);
-- what nothing runs on may go
BEGIN;
DELETE FROM ff.flags WHERE key = 'other' AND project_id = :'home';
DELETE FROM ff.environments WHERE key = 'staging' AND project_id = :'home';
UPDATE ff.flags SET archived_at = now() WHERE key = 'shop' AND project_id = :'home';
DELETE FROM ff.experiments WHERE key = 'shops' AND project_id = :'home';
SELECT f.key, f.archived_at IS NOT NULL FROM ff.flags f WHERE f.project_id = :'home';
ROLLBACK;
SELECT ff_experiment_start('more');
-- a metric of an experiment, of whatever kind
SELECT ff_metric_delete('buys');
DELETE FROM ff.metrics WHERE project_id = :'home';
\echo :LAST_ERROR_SQLSTATE
SELECT ff_metric_create('unused', 'count', 'click') IS NOT NULL;
DELETE FROM ff.metrics WHERE key = 'unused' AND project_id = :'home';
SELECT key FROM ff_metric_list();
-- what was checked where it comes from goes through
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM ff.experiments WHERE key = 'more' AND project_id = :'home';
ROLLBACK;
BEGIN;
SET LOCAL featureflow.restoring = on;
UPDATE ff.flags SET archived_at = now() WHERE project_id = :'home';
DELETE FROM ff.environments WHERE id = :'env';
DELETE FROM ff.flags WHERE project_id = :'home';
SELECT count(*) FROM ff_experiment_list();
ROLLBACK;
-- and with its project or organization all goes, whatever runs
BEGIN;
DELETE FROM ff.projects WHERE id = :'home';
SELECT count(*) FROM ff.experiments WHERE project_id = :'home';
ROLLBACK;
BEGIN;
INSERT INTO ff.organizations (key, name) VALUES ('guarded', 'Guarded');
UPDATE ff.projects SET organization_id = (SELECT id FROM ff.organizations WHERE key = 'guarded') WHERE id = :'home';
DELETE FROM ff.organizations WHERE key = 'guarded';
SELECT count(*) FROM ff.experiments WHERE project_id = :'home';
ROLLBACK;
SELECT key, status FROM ff_experiment_list();

RESET featureflow.project;
SELECT ff_project_delete('expguards', true);
