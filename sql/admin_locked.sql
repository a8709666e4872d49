-- A lock of an environment from both sides of a row that moves, and for rows
-- that nothing else hangs on.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('locked', environments => '{dev,live}') IS NOT NULL, ff_project_create('unlocked', environments => '{live}') IS NOT NULL;
SET featureflow.project = 'locked';
SET featureflow.environment = 'live';
SELECT ff_flag_create('full') IS NOT NULL, ff_flag_create('bare') IS NOT NULL, ff_flag_enable('full', 'dev'), ff_flag_enable('full', 'live');
CREATE TABLE locked_users (id text PRIMARY KEY, country text);
SELECT ff_context_source('locked_users', 'id') IS NOT NULL;
SELECT ff_segment_create('inside') AS inside, ff_segment_create('outside', project => 'unlocked') AS outside \gset
SELECT ff_segment_add('inside', '{a}'), ff_segment_add('outside', '{b}', 'unlocked');
DELETE FROM ff.flag_settings s USING ff.flags f WHERE f.id = s.flag_id AND f.key = 'bare' AND f.project_id = ff._project('locked');
SELECT ff_override('full', 'on', user_key => 'x') IS NOT NULL;
SELECT ff_environment_lock('live');

-- a flag that is set nowhere is answered from all the same
SELECT ff_flag_delete('bare');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_kill('bare');
SELECT ff_flag_revive('bare');
-- out of the locked environment, and into it
UPDATE ff.overrides o SET environment_id = e.id FROM ff.environments e WHERE o.subject = 'x' AND e.key = 'dev' AND e.project_id = ff._project('locked')
	AND o.flag_id IN (SELECT id FROM ff.flags WHERE project_id = ff._project('locked'));
\echo :LAST_ERROR_SQLSTATE
SELECT ff_override('full', 'on', user_key => 'y', environment => 'dev') IS NOT NULL;
UPDATE ff.overrides o SET environment_id = e.id FROM ff.environments e WHERE o.subject = 'y' AND e.key = 'live' AND e.project_id = ff._project('locked')
	AND o.flag_id IN (SELECT id FROM ff.flags WHERE project_id = ff._project('locked'));
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.segment_members SET segment_id = :'outside' WHERE segment_id = :'inside';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.segment_members SET segment_id = :'inside' WHERE segment_id = :'outside';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.segment_members SET user_key = 'c' WHERE segment_id = :'outside';
-- sources
UPDATE ff.context_sources SET attributes = '{country}' WHERE project_id = ff._project('locked');
SELECT ff_context_source('locked_users', 'id', sort_order => 7);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source_remove('public.locked_users');
SELECT ff_environment_unlock('live');
SELECT ff_flag_delete('bare');
-- an old flag that is touched stays old, also when its new row stands before the old one
SELECT count(ff_flag_create('filler-' || i, description => repeat('x', 400))) FROM generate_series(1, 200) i;
SELECT ff_flag_create('late') IS NOT NULL, ff_flag_enable('late');
SELECT count(ff_flag_create('filler-' || i, description => repeat('x', 400))) FROM generate_series(201, 220) i;
SELECT count(ff_flag_delete('filler-' || i)) FROM generate_series(1, 150) i;
VACUUM ff.flags;
SELECT ff_environment_lock('live');
BEGIN;
SELECT ff_flag_update('late', description => (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 15) i));
SELECT ff_flag_rollout('late', 50);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT ff_environment_unlock('live');
UPDATE ff.segment_members SET segment_id = :'outside' WHERE segment_id = :'inside';
SELECT ff_in_segment('a', 'outside', project => 'unlocked'), ff_in_segment('a', 'inside');
RESET featureflow.environment; RESET featureflow.project;
SELECT ff_project_delete('locked', cascade => true), ff_project_delete('unlocked', cascade => true);
DROP TABLE locked_users;
