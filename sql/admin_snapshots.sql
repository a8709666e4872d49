\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\pset null '(null)'
SELECT ff_project_create('adminsnapshots') IS NOT NULL;
SET featureflow.project = 'adminsnapshots';

-- a project with something of everything
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}', 'Staff', 'Ours') IS NOT NULL;
SELECT ff_segment_create('listed', '{"any": []}') IS NOT NULL;
INSERT INTO ff.segment_members (segment_id, user_key) SELECT id, u FROM ff.segments, unnest('{ann,bob}'::text[]) u WHERE key = 'listed' AND project_id = ff._project(NULL);
SELECT ff_flag_create('base') IS NOT NULL, ff_flag_create('shop', 'string', '["a", "b", "c"]', 'The shop', 'As it was', '{one,two}', 'cat', 'ann', 'account',
	'["https://example.com"]', false, 'staging', 'pro', true, 'b') IS NOT NULL, ff_flag_create('gone') IS NOT NULL;
SELECT ff_flag_rules('shop', '[{"id": "staff", "when": {"segment": "staff"}, "serve": "c"}]'), ff_flag_target('shop', 'a', '{tom}', 'staging'),
	ff_flag_default('shop', '{"split": {"a": 25, "b": 75}, "by": "account.id"}', 'development'), ff_flag_salt('shop', 'pepper', 'staging'),
	ff_flag_require('shop', 'base'), ff_flag_require('gone', 'base'), ff_flag_disable('shop', 'staging'), ff_flag_rollout('gone', 30),
	ff_override('shop', 'c', user_key => 'zoe', reason => 'trial', expires => '2100-01-01 00:00:00+00') IS NOT NULL,
	ff_override('gone', 'on', organization => 'acme:1') IS NOT NULL, ff_flag_create('dead') IS NOT NULL, ff_flag_kill('dead', 'broken');
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, serve, reason)
SELECT f.id, e.id, x.at::timestamptz, x.enabled, x.serve, 'plan' FROM ff.flags f JOIN ff.environments e USING (project_id),
	(VALUES ('2100-01-01 00:00:00+00', false, NULL::jsonb), ('2100-01-01 00:00:00+00', NULL, '"on"'), ('2000-01-01 00:00:00+00', NULL, '"on"')) x(at, enabled, serve)
WHERE f.key = 'base' AND e.key = 'production' AND project_id = ff._project(NULL);
SELECT ff_template_save('flag', 'shop', 'shop', 'Shop') IS NOT NULL;
CREATE TABLE snapshot_users (id text PRIMARY KEY, country text);
CREATE TABLE snapshot_others (id text PRIMARY KEY);
INSERT INTO ff.context_sources (project_id, relation, key_column, attributes, role)
VALUES (ff._project(NULL), 'public.snapshot_users', 'id', '{country}', current_user);

SELECT ff_snapshot_save('first', 'As it was') IS NOT NULL;
SELECT key, description, flags, segments, environments, size > 500, created_by = current_user, created_at <= now() FROM ff_snapshot_list();
SELECT jsonb_pretty(document #- '{flag,dead}' #- '{flag,gone}' #- '{source,public.snapshot_users,role}' #- '{segment,listed,members,digest}' #- '{template}') FROM ff.snapshots WHERE key = 'first' AND project_id = ff._project(NULL);
SELECT ff_snapshot_compare('first');
SELECT DISTINCT action FROM ff_snapshot_restore('first');
SELECT max(number) AS before FROM ff.audit_log WHERE project_id = ff._project(NULL) \gset
SELECT count(*) FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id WHERE f.project_id = ff._project(NULL) \gset versions_

-- everything changes
SELECT ff_segment_update('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.org"]}', 'Them', '');
DELETE FROM ff.segment_members WHERE user_key = 'ann';
INSERT INTO ff.segment_members (segment_id, user_key) SELECT id, 'cy' FROM ff.segments WHERE key = 'listed' AND project_id = ff._project(NULL);
SELECT ff_segment_create('later', '{"segment": "staff"}') IS NOT NULL;
SELECT ff_flag_delete('gone'), ff_flag_update('shop', 'Shop', 'Now', '{three}', '', 'bob', 'user', '[]', true, 'production'),
	ff_flag_rules('shop', '[]'), ff_flag_untarget('shop', environment => 'staging'), ff_flag_default('shop', '"c"', 'development'),
	ff_flag_salt('shop', NULL, 'staging'), ff_flag_unrequire('shop', 'base'), ff_flag_enable('shop', 'staging'), ff_flag_plan('shop', NULL), ff_flag_visible('shop', false),
	ff_override_remove('shop', 'zoe'), ff_override('shop', 'a', user_key => 'yan') IS NOT NULL, ff_variation_add('shop', 'd', '"dd"'), ff_variation_update('shop', 'a', '"aa"'),
	ff_flag_kill('shop', 'fire'), ff_flag_revive('dead'), ff_flag_archive('base');
SELECT ff_plan_create('gold', 15) IS NOT NULL, ff_plan_create('silver', 12) IS NOT NULL, ff_plan_update('pro', 5), ff_flag_create('new', min_plan => 'silver') IS NOT NULL;
DELETE FROM ff.schedules s USING ff.flags f WHERE f.id = s.flag_id AND f.key = 'base' AND f.project_id = ff._project(NULL) AND s.at > now();
SELECT ff_environment_create('preview') IS NOT NULL, ff_environment_update('staging', name => 'Stage', color => ''), ff_template_delete('flag', 'shop'),
	ff_template_save('segment', 'later', 'later') IS NOT NULL;
SELECT ff_flag_default('shop', '"d"', 'preview');
UPDATE ff.context_sources SET attributes = NULL WHERE relation = 'public.snapshot_users';
INSERT INTO ff.context_sources (project_id, relation, key_column, role) VALUES (ff._project(NULL), 'public.snapshot_others', 'id', current_user);

SELECT * FROM ff_snapshot_compare('first') WHERE (kind, path) <> ('source', '') AND (kind <> 'flag' OR key <> 'new') AND path <> 'members.digest';
SELECT kind, key, environment, path, old FROM ff_snapshot_compare('first') WHERE (kind, path) = ('source', '') OR (kind = 'flag' AND key = 'new');
SELECT max(number) AS dry FROM ff.audit_log WHERE project_id = ff._project(NULL) \gset
SELECT * FROM ff_snapshot_restore('first', dry_run => true);
SELECT max(number) = :dry FROM ff.audit_log WHERE project_id = ff._project(NULL);
SELECT * FROM ff_snapshot_restore('first', reason => 'enough');
SELECT * FROM ff_snapshot_restore('first');
SELECT kind, key, environment, path, old FROM ff_snapshot_compare('first');
SELECT flag, environment, state, serving, rules, targets, overrides, prerequisites, min_plan, visible, tags FROM ff.flags_overview WHERE project = 'adminsnapshots';
SELECT user_key FROM ff.segment_members m JOIN ff.segments g ON g.id = m.segment_id WHERE g.project_id = ff._project(NULL) ORDER BY 1;
-- one version of each flag and environment that changed, and a reason for each
SELECT f.key, e.key, count(*) FROM ff.flag_versions v JOIN ff.flags f ON f.id = v.flag_id JOIN ff.environments e ON e.id = v.environment_id
WHERE f.project_id = ff._project(NULL) AND v.reason = 'enough' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT table_name, action, count(*) FROM ff.audit_log WHERE project_id = ff._project(NULL) AND reason = 'enough' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM ff.audit_log WHERE project_id = ff._project(NULL) AND number > :dry AND reason IS DISTINCT FROM 'enough';
SELECT ff_evaluate('u', 'shop', '{"plan": "pro"}', 'production'), ff_evaluate('u', 'dead'), ff_evaluate('acme', 'gone', '{"organization": "acme:1"}');
SELECT ff_flag_revive('shop');
SELECT ff_evaluate('zoe', 'shop', '{"plan": "free"}'), ff_evaluate('u', 'shop', '{"plan": "pro", "email": "a@example.com"}'), ff_evaluate('u', 'shop', environment => 'preview');

-- environments that are gone are left out; steps that have passed as well
SELECT ff_environment_delete('staging');
UPDATE ff.snapshots SET document = jsonb_set(document, '{flag,base,environments,production,schedule,0,at}', '"2001-01-01T00:00:00.000000Z"')
WHERE key = 'first' AND project_id = ff._project(NULL);
SELECT * FROM ff_snapshot_restore('first') WHERE action <> 'unchanged' OR note IS NOT NULL;
SELECT * FROM ff_snapshot_restore('first') WHERE action <> 'unchanged';

-- a step that was taken is what the snapshot has, and what it restores
SELECT ff_flag_create('steps', enabled => false) IS NOT NULL;
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled) SELECT f.id, e.id, now() - interval '1 day', true
FROM ff.flags f JOIN ff.environments e USING (project_id) WHERE f.key = 'steps' AND e.key = 'production' AND project_id = ff._project(NULL);
SELECT ff_snapshot_save('stepped') IS NOT NULL;
SELECT document #> '{flag,steps,environments,production}' FROM ff.snapshots WHERE key = 'stepped' AND project_id = ff._project(NULL);
SELECT * FROM ff_snapshot_restore('stepped') WHERE action <> 'unchanged';
SELECT ff_flag_rollout('steps', 50);
SELECT * FROM ff_snapshot_restore('stepped') WHERE action <> 'unchanged';
SELECT s.enabled, s.default_serve, (SELECT count(*) FROM ff.schedules c WHERE c.flag_id = f.id) FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'steps' AND e.key = 'production' AND f.project_id = ff._project(NULL);
SELECT * FROM ff_snapshot_restore('stepped') WHERE action <> 'unchanged';

-- a long list is not part of a snapshot
INSERT INTO ff.segment_members (segment_id, user_key) SELECT id, 'user-' || i FROM ff.segments, generate_series(1, 10000) i WHERE key = 'listed' AND project_id = ff._project(NULL);
SELECT ff_snapshot_save('long') IS NOT NULL;
SELECT document #> '{segment,listed,members,count}', document #> '{segment,listed,members}' ? 'digest', document #> '{segment,listed,members}' ? 'users' FROM ff.snapshots WHERE key = 'long' AND project_id = ff._project(NULL);
DELETE FROM ff.segment_members WHERE user_key = 'user-77';
SELECT kind, key, path, old, new FROM ff_snapshot_compare('long') WHERE path = 'members.count';
SELECT path FROM ff_snapshot_compare('long');
SELECT * FROM ff_snapshot_restore('long') WHERE key = 'listed';
SELECT count(*) FROM ff.segment_members m JOIN ff.segments g ON g.id = m.segment_id WHERE g.project_id = ff._project(NULL);
SELECT ff_segment_delete('listed');
SELECT * FROM ff_snapshot_restore('long') WHERE key = 'listed';
SELECT * FROM ff_snapshot_restore('first') WHERE key = 'listed';
SELECT user_key FROM ff.segment_members m JOIN ff.segments g ON g.id = m.segment_id WHERE g.project_id = ff._project(NULL) AND g.key = 'listed' ORDER BY 1;

-- experiments keep their users
SELECT ff_flag_create('tested') IS NOT NULL, ff_flag_rollout('tested', 50), ff_flag_rollout('dead', 50), ff_flag_revive('dead');
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name, status, started_at)
SELECT f.project_id, f.key, f.id, e.id, 'off', 'Test of ' || f.key, 'running', now() FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.key IN ('tested', 'dead') AND e.key = 'production' AND project_id = ff._project(NULL);
SELECT key, action, note FROM ff_snapshot_restore('long', dry_run => true) WHERE kind = 'flag' AND key IN ('tested', 'dead');
-- one that was archived then, too
BEGIN;
UPDATE ff.experiments SET status = 'completed' WHERE project_id = ff._project(NULL);
SELECT ff_flag_archive('dead'), ff_snapshot_save('dead') IS NOT NULL, ff_flag_unarchive('dead', 'staging');
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name, status, started_at)
SELECT x.project_id, 'again', x.flag_id, x.environment_id, x.control, 'Again', 'running', now() FROM ff.experiments x WHERE x.key = 'dead' AND x.project_id = ff._project(NULL);
SELECT key, action, note FROM ff_snapshot_restore('dead') WHERE kind = 'flag' AND key = 'dead';
SELECT archived_at, stage FROM ff.flags WHERE key = 'dead' AND project_id = ff._project(NULL);
ROLLBACK;
UPDATE ff.experiments SET status = 'completed' WHERE project_id = ff._project(NULL);
DELETE FROM ff.experiments WHERE project_id = ff._project(NULL);
SELECT key, action, note FROM ff_snapshot_restore('long') WHERE kind = 'flag' AND key IN ('tested', 'dead');

-- refusals
SELECT ff_snapshot_save('first');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_save('a b');
SELECT ff_snapshot_save(NULL);
SELECT ff_snapshot_save('x', project => 'nowhere');
SELECT ff_snapshot_compare('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_compare(NULL);
SELECT ff_snapshot_restore('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_restore(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_delete('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_delete(NULL);
SELECT ff_flag_delete('gone'), ff_flag_create('gone', 'string', '["x", "y"]') IS NOT NULL;
SELECT ff_flag_rollout('dead', 12);
SELECT ff_snapshot_restore('first');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_restore('first', dry_run => true);
SELECT serving FROM ff.flags_overview WHERE project = 'adminsnapshots' AND flag = 'dead' AND environment = 'production';
SELECT ff_flag_delete('gone');
INSERT INTO ff.snapshots (project_id, key, document) VALUES (ff._project(NULL), 'odd', '{"format": 2}');
SELECT ff_snapshot_restore('odd');
\echo :LAST_ERROR_SQLSTATE
-- nothing comes in by a snapshot that could not come in by hand
INSERT INTO ff.snapshots (project_id, key, document, created_by)
SELECT project_id, 'forged', jsonb_set(document, '{flag,shop,environments,production,rules}', '[{"serve": "z"}]'), 'nobody' FROM ff.snapshots WHERE key = 'first' AND project_id = ff._project(NULL);
SELECT created_by = current_user FROM ff.snapshots WHERE key = 'forged' AND project_id = ff._project(NULL);
SELECT ff_snapshot_restore('forged');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_snapshot_restore('forged', dry_run => true);
UPDATE ff.snapshots SET document = jsonb_set(document, '{flag,shop,environments,production,rules}', '[{"when": {"segment": "ghosts"}, "serve": "a"}]') WHERE key = 'forged' AND project_id = ff._project(NULL);
SELECT ff_snapshot_restore('forged');
UPDATE ff.snapshots SET document = jsonb_set(jsonb_set(document, '{flag,shop,environments,production,rules}', '[]'), '{flag,base,prerequisites}', '{"shop": "a"}') WHERE key = 'forged' AND project_id = ff._project(NULL);
SELECT ff_snapshot_restore('forged');
UPDATE ff.context_sources SET attributes = NULL WHERE relation = 'public.snapshot_users';
CREATE ROLE regress_ff_snapshots;
SELECT ff_grant('regress_ff_snapshots', 'admin');
SET ROLE regress_ff_snapshots;
-- the message names the role of who runs this test
\set VERBOSITY sqlstate
SELECT ff_snapshot_restore('first');
\set VERBOSITY default
RESET ROLE;

SELECT ff_revoke('regress_ff_snapshots', 'admin'), ff_revoke('regress_ff_snapshots', 'evaluate');
DROP ROLE regress_ff_snapshots;
SELECT ff_snapshot_delete('forged'), ff_snapshot_delete('odd');
SELECT key FROM ff_snapshot_list() ORDER BY key;

DELETE FROM ff.segment_members m USING ff.segments g WHERE g.id = m.segment_id AND g.project_id = ff._project(NULL);
SELECT ff_project_delete('adminsnapshots', cascade => true);
SELECT count(*) FROM ff.snapshots WHERE key IN ('first', 'long', 'stepped');
DROP TABLE snapshot_users, snapshot_others;
