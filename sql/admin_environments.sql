\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminenv', environments => '{dev,stage,live}') IS NOT NULL;
SET featureflow.project = 'adminenv';
SET featureflow.environment = 'live';
SELECT ff_flag_create('search') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL,
	ff_flag_create('quiet') IS NOT NULL;
SELECT ff_flag_rollout('search', 30, 'dev'), ff_flag_salt('search', 'pepper', 'dev'), ff_flag_target('search', 'on', '{ann}', 'dev');
SELECT ff_flag_rules('theme', '[{"id": "eu", "when": {"attribute": "country", "op": "eq", "values": ["DE"]}, "serve": "dark"}]', 'dev');
SELECT ff_flag_disable('quiet', 'dev'), ff_flag_off('theme', 'dark', 'dev');
SELECT ff_override('theme', 'dark', user_key => 'cleo', reason => 'vip', expires => 'infinity', environment => 'dev') IS NOT NULL,
	ff_override('theme', 'dark', organization => 'acme', environment => 'dev') IS NOT NULL;
-- one that has expired stays behind
UPDATE ff.overrides SET expires_at = now() - interval '1 hour' WHERE subject = 'acme';
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, serve, reason)
SELECT f.id, e.id, s.at, s.enabled, s.serve, s.reason
FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id AND e.key = 'dev' JOIN ff.projects p ON p.id = f.project_id AND p.key = 'adminenv'
JOIN (VALUES ('search', timestamptz '2100-01-01 00:00Z', false, NULL::jsonb, 'new year'), ('theme', now() + interval '50 years', NULL, '"dark"', NULL),
	('theme', 'epoch', true, NULL, 'long ago')) s(flag, at, enabled, serve, reason) ON s.flag = f.key;

-- a clone answers as its source does
SELECT ff_environment_clone('dev', 'qa', 'Quality', '#123456') IS NOT NULL;
SELECT key, name, color, position, enabled_flags, overrides, locked_at FROM ff_environment_list();
SELECT * FROM ff_environment_compare('dev', 'qa') WHERE path NOT LIKE 'overrides.organization%' AND path NOT LIKE 'schedule%';
SELECT flag, path, b FROM ff_environment_compare('dev', 'qa') WHERE path LIKE 'overrides%' OR path LIKE 'schedule%';
SELECT count(*) FROM generate_series(1, 2000) u WHERE ff_evaluate('u' || u, 'search', environment => 'dev') <> ff_evaluate('u' || u, 'search', environment => 'qa');
SELECT ff_string('x', 'theme', '{"country": "DE"}', environment => 'qa'), ff_string('cleo', 'theme', environment => 'qa');
SELECT f.key, c.enabled, c.serve, c.reason FROM ff.schedules c JOIN ff.flags f ON f.id = c.flag_id JOIN ff.environments e ON e.id = c.environment_id
WHERE e.key = 'qa' AND f.project_id = e.project_id ORDER BY 1;
SELECT version, reason, changes FROM ff_flag_history('theme', 'qa');
-- without overrides
SELECT ff_environment_clone('dev', 'bare', overrides => false) IS NOT NULL;
SELECT name, color, overrides FROM ff_environment_list() WHERE key = 'bare';
SELECT flag, path FROM ff_environment_compare('qa', 'bare');
SELECT ff_environment_clone('dev', 'qa');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_clone('nowhere', 'qb');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_clone('qb', 'qb');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_clone(NULL, 'qb');
SELECT ff_environment_clone('dev', 'q b');
SELECT ff_environment_clone('dev', 'qb', color => 'red');
SELECT ff_environment_clone('dev', 'qb', project => 'nowhere');
SELECT count(*) FROM ff_environment_list() WHERE key = 'qb';

-- comparison
SELECT * FROM ff_environment_compare('dev', 'live') WHERE path NOT LIKE 'schedule.default%' AND path NOT LIKE 'overrides.organization%';
SELECT * FROM ff_environment_compare('live', 'dev', 'search');
SELECT * FROM ff_environment_compare('live', 'stage');
SELECT * FROM ff_environment_compare('live', 'live');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_environment_compare('live', 'nowhere');
SELECT * FROM ff_environment_compare('live', NULL);
SELECT * FROM ff_environment_compare('live', 'dev', 'nowhere');
\echo :LAST_ERROR_SQLSTATE

-- promotion: only what is named; first as a question
SELECT * FROM ff_environment_promote('{theme,search}', 'dev', 'stage', dry_run => true);
SELECT count(*) FROM ff_environment_compare('live', 'stage');
SELECT * FROM ff_environment_promote('{theme,search,theme}', 'dev', 'stage');
SELECT version, reason, changes FROM ff_flag_history('search', 'stage');
SELECT version, reason, changes FROM ff_flag_history('theme', 'stage');
-- the target keeps its salt, overrides and schedule
SELECT flag, path, a, b FROM ff_environment_compare('dev', 'stage') WHERE path NOT LIKE 'schedule.default%' AND path NOT LIKE 'overrides.organization%';
-- again: nothing to do, no version
SELECT * FROM ff_environment_promote('{theme,search}', 'dev', 'stage');
SELECT max(version) FROM ff_flag_history('theme', 'stage');
SELECT * FROM ff_environment_promote('{theme,gone,search,lost}', 'dev', 'live');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_environment_promote('{gone}', 'dev', 'live');
SELECT * FROM ff_environment_promote('{theme,NULL}', 'dev', 'live');
SELECT * FROM ff_environment_promote(NULL, 'dev', 'live');
SELECT * FROM ff_environment_promote('{}', 'dev', 'live');
SELECT * FROM ff_environment_promote('{theme}', 'dev', 'dev');
SELECT * FROM ff_environment_promote('{theme}', 'dev', 'nowhere');
SELECT count(*) FROM ff_environment_compare('live', 'stage', 'theme') WHERE path = 'off_variation';

-- sync: all flags
SELECT ff_override('theme', 'light', user_key => 'dan', environment => 'stage') IS NOT NULL;
SELECT * FROM ff_environment_sync('dev', 'stage', overrides => true, dry_run => true);
SELECT count(*) FROM ff_flag_history('quiet', 'stage');
SET featureflow.change_reason = 'ticket 9';
SELECT flag, changes FROM ff_environment_sync('dev', 'stage', overrides => true);
SELECT current_setting('featureflow.change_reason');
RESET featureflow.change_reason;
SELECT version, reason, changes FROM ff_flag_history('theme', 'stage') LIMIT 1;
SELECT flag, path FROM ff_environment_compare('dev', 'stage') WHERE path NOT LIKE 'schedule%';
-- salts only when they are asked for
SELECT * FROM ff_environment_sync('dev', 'stage', '{search}', salts => true);
SELECT version, reason, changes FROM ff_flag_history('search', 'stage') LIMIT 1;
SELECT flag, path FROM ff_environment_compare('dev', 'stage') WHERE path NOT LIKE 'schedule%';
SELECT * FROM ff_environment_sync('dev', 'live', '{gone}');
SELECT * FROM ff_environment_sync('dev', 'dev');
-- a step that has been taken is what is in force
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled)
SELECT f.id, e.id, now() - interval '1 microsecond', true FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id AND e.key = 'dev'
WHERE f.id = (ff._flag(ff._project(NULL), 'quiet')).id;
UPDATE ff.flag_settings s SET enabled_at = now() - interval '1 day' FROM ff.environments e
WHERE e.id = s.environment_id AND e.key = 'dev' AND s.flag_id = (ff._flag(ff._project(NULL), 'quiet')).id;
SELECT * FROM ff_environment_sync('dev', 'stage', '{quiet}');
SELECT state FROM ff.flags_overview WHERE project = 'adminenv' AND flag = 'quiet' AND environment = 'stage';
-- a flag that is not set there yet
DELETE FROM ff.flag_settings s USING ff.environments e
WHERE e.id = s.environment_id AND e.key = 'bare' AND s.flag_id = (ff._flag(ff._project(NULL), 'search')).id;
SELECT flag, path, b FROM ff_environment_compare('live', 'bare', 'search') WHERE path IN ('enabled', 'salt');
SELECT * FROM ff_environment_sync('dev', 'bare', '{search}');
SELECT flag, path FROM ff_environment_compare('dev', 'bare', 'search') WHERE path NOT LIKE 'schedule%';

-- history, project-wide changes included
SELECT ff_flag_update('quiet', description => 'Hush'), ff_flag_disable('quiet', 'live'), ff_segment_create('few', '{"all": []}') IS NOT NULL;
SELECT ff_flag_delete('quiet');
SET featureflow.change_reason = 'because';
SELECT ff_plan_update('pro', level => 11);
RESET featureflow.change_reason;
SELECT scope, "table", action, key, array_remove(changed, 'enabled_at'), reason, role = current_user FROM ff_environment_history() LIMIT 8;
SELECT scope, "table", action, key FROM ff_environment_history('bare') ORDER BY number LIMIT 1;
SELECT bool_and(number < lag) FROM (SELECT number, lag(number) OVER () FROM ff_environment_history('stage')) x;
SELECT * FROM ff_environment_history('nowhere');

-- names, colours and order
SELECT ff_environment_update('qa', key => 'quality', name => 'Q', color => '#abcdef', sort_order => -1);
SELECT environment, name, color, flags, enabled, locked_at FROM ff.environments_overview WHERE project = 'adminenv';
SELECT ff_environment_delete('quality'), ff_environment_delete('bare');
SELECT ff_project_delete('adminenv', cascade => true);
