\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminlock', environments => '{dev,live}') IS NOT NULL;
SET featureflow.project = 'adminlock';
SET featureflow.environment = 'live';
-- errors with their detail, less the time
CREATE FUNCTION pg_temp.try(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE command;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' / ', SQLSTATE, SQLERRM, replace(regexp_replace(nullif(detail, ''), 'since .*?(: |\.$)', 'since then\1'), session_user, 'me'));
END $$;
SELECT ff_flag_create('search') IS NOT NULL, ff_flag_create('base') IS NOT NULL,
	ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL, ff_flag_create('old') IS NOT NULL;
SELECT ff_segment_create('few', '{"all": []}') IS NOT NULL, ff_flag_require('theme', 'base'), ff_flag_archive('old');
SELECT ff_override('search', 'on', user_key => 'ann') IS NOT NULL, ff_override('search', 'on', user_key => 'bob') IS NOT NULL;
UPDATE ff.overrides SET expires_at = now() - interval '1 day' WHERE subject = 'bob';
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled)
SELECT f.id, e.id, '2100-01-01 00:00Z', false FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.id = (ff._flag(ff._project(NULL), 'search')).id;
CREATE TEMP VIEW place AS SELECT f.id AS flag_id, f.key AS flag, e.id AS environment_id, e.key AS environment, e.project_id
FROM ff.flags f JOIN ff.environments e USING (project_id) WHERE project_id = ff._project(NULL);

SELECT ff_environment_lock('live', 'release 4.2');
SELECT environment, locked_at IS NOT NULL, locked_by = current_user, lock_reason FROM ff.environments_overview WHERE project = 'adminlock';
SELECT key, locked_at IS NOT NULL, locked_by = current_user, lock_reason FROM ff_environment_list();
SELECT pg_temp.try($$SELECT ff_environment_lock('live')$$);
SELECT pg_temp.try($$SELECT ff_environment_unlock('dev')$$);
SELECT pg_temp.try($$SELECT ff_environment_lock('nowhere')$$);
SELECT pg_temp.try($$SELECT ff_environment_lock(NULL)$$);
SELECT pg_temp.try($$SELECT ff_environment_unlock(NULL)$$);

-- settings there, by function
SELECT pg_temp.try($$SELECT ff_flag_enable('search'), ff_flag_disable('search')$$);
SELECT pg_temp.try($$SELECT ff_flag_rollout('search', 10)$$);
SELECT pg_temp.try($$SELECT ff_flag_target('search', 'on', '{x}')$$);
SELECT pg_temp.try($$SELECT ff_flag_rules('search', '[{"serve": "on"}]')$$);
SELECT pg_temp.try($$SELECT ff_flag_salt('search', 'x')$$);
SELECT pg_temp.try($$SELECT ff_flag_off('theme', 'dark')$$);
SELECT pg_temp.try($$SELECT ff_override('search', 'off', user_key => 'zoe')$$);
SELECT pg_temp.try($$SELECT ff_override('search', 'off', user_key => 'ann')$$);
SELECT pg_temp.try($$SELECT ff_override_remove('search', user_key => 'ann')$$);
-- what would change nothing passes
SELECT pg_temp.try($$SELECT ff_flag_enable('search')$$), pg_temp.try($$UPDATE ff.flag_settings SET enabled = enabled$$);
-- by SQL
SELECT pg_temp.try($$UPDATE ff.flag_settings s SET rules = '[{"serve": "on"}]' FROM place p WHERE p.flag_id = s.flag_id AND p.flag = 'search'$$);
SELECT pg_temp.try($$UPDATE ff.flag_settings s SET enabled_at = 'infinity' FROM place p WHERE p.flag_id = s.flag_id AND p.flag = 'search'$$);
SELECT pg_temp.try($$DELETE FROM ff.flag_settings s USING place p WHERE p.flag_id = s.flag_id AND p.environment_id = s.environment_id AND p.environment = 'live'$$);
SELECT pg_temp.try($$UPDATE ff.flag_settings s SET environment_id = (SELECT environment_id FROM place WHERE environment = 'live' LIMIT 1)
	FROM place p WHERE p.flag_id = s.flag_id AND p.environment_id = s.environment_id AND p.environment = 'dev'$$);
SELECT pg_temp.try($$INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation)
	SELECT flag_id, environment_id, 'user', 'zoe', 'on' FROM place WHERE flag = 'search' AND environment = 'live'$$);
SELECT pg_temp.try($$UPDATE ff.overrides SET expires_at = 'infinity' WHERE subject = 'ann' AND environment_id IN (SELECT environment_id FROM place)$$);
SELECT pg_temp.try($$DELETE FROM ff.overrides WHERE subject = 'ann' AND environment_id IN (SELECT environment_id FROM place)$$);
SELECT pg_temp.try($$INSERT INTO ff.schedules (flag_id, environment_id, at, enabled)
	SELECT flag_id, environment_id, '2101-01-01 00:00Z', true FROM place WHERE flag = 'search' AND environment = 'live'$$);
SELECT pg_temp.try($$UPDATE ff.schedules c SET at = at + interval '1 day' FROM place p WHERE p.environment_id = c.environment_id$$);
SELECT pg_temp.try($$DELETE FROM ff.schedules c USING place p WHERE p.environment_id = c.environment_id$$);
-- reasons, and overrides that have expired, are free
UPDATE ff.overrides SET reason = 'why' WHERE subject = 'ann' AND environment_id IN (SELECT environment_id FROM place);
UPDATE ff.schedules c SET reason = 'why' FROM place p WHERE p.environment_id = c.environment_id;
DELETE FROM ff.overrides WHERE subject = 'bob' AND environment_id IN (SELECT environment_id FROM place);
SELECT subject FROM ff.overrides WHERE environment_id IN (SELECT environment_id FROM place);
-- by COPY
SELECT flag_id AS search_id, environment_id AS live_id FROM place WHERE flag = 'search' AND environment = 'live' \gset
\set line :search_id ',' :live_id ',user,zoe,on'
\setenv LINE :line
\set VERBOSITY terse
\copy ff.overrides (flag_id, environment_id, subject_kind, subject, variation) FROM PROGRAM 'echo $LINE' (FORMAT csv)
\set VERBOSITY default

-- what all environments share
SELECT pg_temp.try($$SELECT ff_variation_update('theme', 'dark', '"black"')$$);
SELECT pg_temp.try($$SELECT ff_variation_add('theme', 'blue')$$);
SELECT pg_temp.try($$SELECT ff_flag_plan('search', 'pro')$$);
SELECT pg_temp.try($$SELECT ff_flag_visible('search')$$);
SELECT pg_temp.try($$SELECT ff_flag_archive('search')$$);
SELECT pg_temp.try($$SELECT ff_flag_unarchive('old')$$);
SELECT pg_temp.try($$SELECT ff_flag_delete('search')$$);
SELECT pg_temp.try($$SELECT ff_flag_require('search', 'base')$$);
SELECT pg_temp.try($$SELECT ff_flag_unrequire('theme', 'base')$$);
SELECT pg_temp.try($$UPDATE ff.prerequisites SET variation = 'off' WHERE flag_id IN (SELECT flag_id FROM place)$$);
SELECT pg_temp.try($$SELECT ff_segment_update('few', '{"any": []}')$$);
SELECT pg_temp.try($$SELECT ff_segment_delete('few')$$);
SELECT pg_temp.try($$UPDATE ff.segments SET query = 'SELECT $1 = ''x''', query_type = 'text', query_role = current_user WHERE project_id = ff._project(NULL)$$);
SELECT pg_temp.try($$INSERT INTO ff.segment_members SELECT g.id, 'u' || u FROM ff.segments g, generate_series(1, 3) u WHERE g.project_id = ff._project(NULL)$$);
SELECT pg_temp.try($$SELECT ff_plan_update('pro', level => 1)$$);
SELECT pg_temp.try($$SELECT ff_plan_create('gold', 30)$$);
SELECT pg_temp.try($$SELECT ff_plan_delete('pro')$$);
SELECT pg_temp.try($$INSERT INTO ff.context_sources (project_id, relation, key_column, role) VALUES (ff._project(NULL), 'ff.organizations', 'key', current_user)$$);
SELECT pg_temp.try($$SELECT ff_environment_update('live', key => 'alive')$$);
SELECT pg_temp.try($$SELECT ff_project_update('adminlock', key => 'adminlock2')$$);
SELECT pg_temp.try($$SELECT ff_environment_delete('live')$$);
SELECT pg_temp.try($$SELECT ff_project_delete('adminlock', cascade => true)$$);
SELECT pg_temp.try($$DELETE FROM ff.projects WHERE key = 'adminlock'$$);
SELECT ff_project_create('adminlock2', environments => '{dev,live}') IS NOT NULL;
SELECT pg_temp.try($$SELECT ff_flag_move('search', 'adminlock2')$$);
SELECT ff_project_delete('adminlock2');
SELECT pg_temp.try($$SELECT ff_flags_archive('{search}')$$);
SELECT pg_temp.try($$SELECT ff_flags_disable('{search}')$$);
-- from elsewhere
SELECT pg_temp.try($$SELECT ff_flag_disable('search', 'dev')$$);
SELECT pg_temp.try($$SELECT ff_environment_promote('{search}', 'dev', 'live')$$);
SELECT pg_temp.try($$SELECT ff_environment_sync('dev', 'live', '{}')$$);
SELECT * FROM ff_environment_promote('{search}', 'dev', 'live', dry_run => true);
SELECT pg_temp.try($$SELECT ff_flag_rollback('search', 1)$$);

-- what is free
SELECT ff_flag_update('search', name => 'Search', description => 'Find it', tags => '{a}', stage => 'production');
SELECT ff_variation_update('theme', 'dark', name => 'Dark'), ff_segment_update('few', name => 'Few'), ff_plan_update('pro', name => 'Professional');
SELECT ff_segment_create('more', '{"any": []}') IS NOT NULL;
SELECT ff_environment_update('live', name => 'Live', color => '#112233', sort_order => 7), ff_project_update('adminlock', name => 'Locks');
SELECT ff_flag_rollout('search', 40, 'dev'), ff_flag_rollback('search', 1, 'dev');
SELECT ff_environment_clone('live', 'copy') IS NOT NULL, ff_environment_create('fresh') IS NOT NULL;
SELECT ff_environment_delete('copy'), ff_environment_delete('fresh');
SELECT ff_flag_kill('search', 'fire');
SELECT rule FROM ff_evaluate_detail('u', 'search');
SELECT ff_flag_revive('search');
SELECT ff_string('u', 'theme'), ff_is_enabled('ann', 'search');
-- a new flag, as far as the transaction that makes it
SELECT ff_flag_create('new') IS NOT NULL;
SELECT pg_temp.try($$SELECT ff_flag_rollout('new', 50)$$);
SELECT pg_temp.try($$SELECT ff_flag_delete('new')$$);
BEGIN;
SELECT ff_flag_create('newer') IS NOT NULL;
SELECT ff_flag_require('newer', 'base'), ff_flag_rollout('newer', 50), ff_override('newer', 'on', user_key => 'x') IS NOT NULL;
SAVEPOINT a;
SELECT ff_flag_plan('newer', 'pro'), ff_flag_delete('newer');
ROLLBACK TO a;
SELECT ff_flag_rollout('newer', 60);
-- but an old one stays as it is, however often it is touched
SELECT ff_flag_update('search', description => 'Again');
SELECT pg_temp.try($$SELECT ff_flag_rollout('search', 50)$$);
COMMIT;
SELECT pg_temp.try($$SELECT ff_flag_rollout('newer', 70)$$);
SELECT ff_flag_duplicate('search', 'copied', overrides => true) IS NOT NULL;
-- another project is another matter
SELECT ff_project_create('adminlock3') IS NOT NULL, ff_flag_create('other', project => 'adminlock3') IS NOT NULL;
SELECT ff_flag_rollout('other', 5, 'production', project => 'adminlock3'), ff_flag_archive('other', 'adminlock3'), ff_project_delete('adminlock3', true);
-- a lock of an environment locks that one's settings, not the other's
SELECT ff_environment_unlock('live', 'released'), ff_environment_lock('dev');
SELECT ff_flag_rollout('search', 20);
SELECT pg_temp.try($$SELECT ff_flag_rollout('search', 20, 'dev')$$);
SELECT pg_temp.try($$SELECT ff_flag_archive('search')$$);

-- who locks is not the writer's to say
UPDATE ff.environments SET locked_by = 'someone', locked_at = 'epoch', lock_reason = 'mine' WHERE key = 'dev' AND project_id = ff._project(NULL);
SELECT locked_by = current_user, locked_at > now() - interval '1 hour', lock_reason FROM ff_environment_list() WHERE key = 'dev';
UPDATE ff.environments SET locked_at = NULL WHERE key = 'dev' AND project_id = ff._project(NULL);
SELECT locked_by IS NULL, lock_reason IS NULL FROM ff_environment_list() WHERE key = 'dev';
-- every lock is in the log
SELECT action, key, changed, reason FROM ff_environment_history('live') WHERE "table" = 'environments' ORDER BY number;

-- any administrator may unlock, but not with settings of its own get around
SELECT ff_environment_lock('live');
CREATE ROLE lock_admin;
SELECT ff_grant('lock_admin', 'admin');
SET ROLE lock_admin;
SET check_function_bodies = off;
SET row_security = off;
SELECT pg_temp.try($$SELECT ff_flag_rollout('search', 90)$$);
RESET check_function_bodies;
RESET row_security;
SET session_replication_role = replica;
SELECT ff_environment_unlock('live', 'me too');
SELECT ff_flag_rollout('search', 90);
RESET ROLE;
SELECT ff_revoke('lock_admin', 'admin');
SELECT ff_revoke('lock_admin', 'evaluate');
DROP ROLE lock_admin;
-- a restore is not hindered
SELECT ff_environment_lock('live');
SET featureflow.restoring = on;
UPDATE ff.flag_settings SET salt = 'restored' WHERE flag_id IN (SELECT flag_id FROM place WHERE flag = 'search');
RESET featureflow.restoring;
SELECT DISTINCT salt FROM ff.flag_settings WHERE flag_id IN (SELECT flag_id FROM place WHERE flag = 'search');
-- a lock that is rolled back was never there
SELECT ff_environment_unlock('live');
BEGIN;
SELECT ff_environment_lock('live');
ROLLBACK;
SELECT ff_flag_rollout('search', 30);
-- members, when nothing is locked and after
INSERT INTO ff.segment_members SELECT g.id, 'u' || u FROM ff.segments g, generate_series(1, 3) u WHERE g.project_id = ff._project(NULL) AND g.key = 'few';
SELECT ff_environment_lock('live');
SELECT pg_temp.try($$UPDATE ff.segment_members SET user_key = user_key || 'x' WHERE segment_id IN (SELECT id FROM ff.segments WHERE project_id = ff._project(NULL))$$);
SELECT pg_temp.try($$DELETE FROM ff.segment_members WHERE segment_id IN (SELECT id FROM ff.segments WHERE project_id = ff._project(NULL))$$);
SELECT ff_environment_unlock('live');
DELETE FROM ff.segment_members WHERE segment_id IN (SELECT id FROM ff.segments WHERE project_id = ff._project(NULL));
SELECT ff_project_delete('adminlock', cascade => true);
