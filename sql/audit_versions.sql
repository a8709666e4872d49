-- Entries bear numbers that come before the versions that they made: who has a
-- version has seen them.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('numbers', environments => '{live}') IS NOT NULL;
SET featureflow.project = 'numbers';
CREATE FUNCTION since(environment text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ff_changes(environment, ff_version('numbers', environment)) $$;
CREATE FUNCTION unseen() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM ff.audit_log a JOIN ff.versions v ON v.project_id = a.project_id AND (a.environment_id = v.environment_id OR a.environment_id IS NULL)
	WHERE a.project_id = ff._project('numbers') AND a.version >= v.version $$;
SELECT since('live'), unseen();
SELECT ff_environment_create('new') IS NOT NULL;
SELECT since('new'), since('live'), unseen();
SELECT ff_flag_create('f') IS NOT NULL; SELECT since('new'), since('live'), unseen();
SELECT ff_flag_rollout('f', 10, 'new'); SELECT since('new'), since('live'), unseen();
SELECT ff_environment_update('new', key => 'newer'); SELECT since('newer'), since('live'), unseen();
SELECT ff_project_update('numbers', name => 'Numbers'); SELECT since('newer'), since('live'), unseen();
SELECT ff_segment_create('s') IS NOT NULL; SELECT since('newer'), since('live'), unseen();
INSERT INTO ff.environments (project_id, key, name) SELECT ff._project('numbers'), k, k FROM unnest('{a,b}'::text[]) k;
SELECT since('a'), since('b'), unseen();
DO $$ BEGIN PERFORM ff_environment_create('c'), ff_flag_rollout('f', 20, 'c'), ff_flag_create('g'), ff_flag_kill('f'); END $$;
SELECT since('c'), since('live'), unseen();
BEGIN;
SELECT ff_flag_revive('f');
SAVEPOINT s;
SELECT ff_environment_create('d') IS NOT NULL;
ROLLBACK TO s;
SELECT ff_environment_create('d') IS NOT NULL, ff_flag_rollout('f', 30, 'd');
COMMIT;
SELECT since('d'), since('live'), unseen();
DROP FUNCTION since, unseen;
RESET featureflow.project;
SELECT ff_project_delete('numbers', cascade => true);
