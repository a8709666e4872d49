\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('movefrom', environments => '{dev,live}') IS NOT NULL,
	ff_project_create('moveto', environments => '{live,dev,extra}') IS NOT NULL,
	ff_project_create('movebare', environments => '{other}') IS NOT NULL;
SET featureflow.project = 'movefrom';
SET featureflow.environment = 'live';
SELECT ff_flag_create('base') IS NOT NULL, ff_segment_create('eu', '{"attribute": "country", "op": "eq", "values": ["DE"]}') IS NOT NULL,
	ff_plan_create('gold', 30) IS NOT NULL;
SELECT ff_flag_create('theme', 'string', '["light", "dark", "blue"]', name => 'The theme', description => 'Colours', tags => '{ui}', category => 'look',
	owner => 'ann', links => '["https://example.com"]', temporary => false, stage => 'production', client_visible => true) IS NOT NULL;
SELECT ff_flag_rules('theme', '[{"id": "eu", "when": {"segment": "eu"}, "serve": "blue"}]'), ff_flag_target('theme', 'dark', '{bob}'),
	ff_flag_rollout('theme', 40, variation => 'dark'), ff_flag_salt('theme', 'pepper'), ff_flag_disable('theme', 'dev'), ff_flag_default('base', 'true');
SELECT ff_override('theme', 'blue', user_key => 'cleo', reason => 'vip') IS NOT NULL, ff_flag_require('theme', 'base');
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled)
SELECT f.id, e.id, '2100-01-01 00:00Z', true FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.id = (ff._flag(ff._project(NULL), 'theme')).id AND e.key = 'live';
CREATE TEMP TABLE answers AS SELECT 'u' || u AS u, c AS country, ff_string('u' || u, 'theme', jsonb_build_object('country', c)) AS answer
FROM generate_series(1, 500) u, unnest('{DE,FR}'::text[]) c
UNION ALL SELECT u, NULL, ff_string(u, 'theme') FROM unnest('{bob,cleo}'::text[]) u;
SELECT answer, count(*) > 150 FROM answers GROUP BY 1 ORDER BY 1;

-- a duplicate: other buckets, unless the same are wanted
SELECT ff_flag_duplicate('theme', 'theme2') IS NOT NULL, ff_flag_duplicate('theme', 'theme3', 'A third', overrides => true, same_buckets => true) IS NOT NULL;
SELECT key, kind, name, description, tags, category, owner, links, temporary, stage, client_visible, variations = lag(variations) OVER (ORDER BY key)
FROM ff.flags WHERE project_id = ff._project(NULL) AND key LIKE 'theme%' ORDER BY key;
SELECT f.key, e.key, s.enabled, s.targets, s.default_serve, s.salt, s.version FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
JOIN ff.environments e ON e.id = s.environment_id WHERE f.project_id = ff._project(NULL) AND f.key LIKE 'theme%' ORDER BY 1, 2;
SELECT flag, subject, variation, reason FROM ff.overrides_active WHERE project = 'movefrom';
SELECT source, target FROM ff_graph() WHERE source LIKE 'theme%';
SELECT version, reason FROM ff_flag_history('theme3');
SELECT count(*) FROM answers WHERE ff_string(u, 'theme3', jsonb_build_object('country', country)) <> answer;
SELECT count(*) > 50 FROM answers WHERE ff_string(u, 'theme2', jsonb_build_object('country', country)) <> answer AND country = 'FR';
SELECT count(*) FROM ff.schedules c JOIN ff.flags f ON f.id = c.flag_id WHERE f.key IN ('theme2', 'theme3') AND f.project_id = ff._project(NULL);
-- what is archived or killed is not in its copy
SELECT ff_flag_kill('theme3'), ff_flag_archive('theme3');
SELECT ff_flag_duplicate('theme3', 'theme4') IS NOT NULL;
SELECT stage, archived_at, killed_at FROM ff.flags WHERE key = 'theme4' AND project_id = ff._project(NULL);
-- refusals
SELECT ff_flag_duplicate('theme', 'base');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_duplicate('gone', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_duplicate(NULL, 'x');
SELECT ff_flag_duplicate('theme', NULL);
SELECT ff_flag_duplicate('theme', 'a b');
SELECT ff_flag_duplicate('theme', 'x', name => 'ab');
SELECT ff_flag_duplicate('theme', 'x', to_project => 'nowhere');
SELECT count(*) FROM ff.flags WHERE project_id = ff._project(NULL) AND key = 'x';

-- another project needs all that the flag names
SELECT ff_flag_plan('theme', 'gold');
SELECT ff_flag_duplicate('theme', 'theme', to_project => 'movebare');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_move('theme', 'movebare');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_move('theme', 'moveto');
SELECT ff_plan_create('gold', 1, project => 'moveto') IS NOT NULL, ff_flag_create('base', 'string', '["no", "yes"]', project => 'moveto') IS NOT NULL,
	ff_segment_create('eu', '{"attribute": "country", "op": "eq", "values": ["DE"]}', project => 'moveto') IS NOT NULL;
SELECT ff_flag_move('theme', 'moveto');
SELECT ff_flag_delete('base', 'moveto'), ff_flag_create('base', project => 'moveto') IS NOT NULL;
SELECT ff_flag_default('base', 'true', project => 'moveto'), ff_flag_plan('theme', NULL);
SELECT ff_flag_move('theme', 'movefrom');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_move('theme', 'nowhere');
SELECT ff_flag_move('theme', NULL);
SELECT ff_flag_move(NULL, 'moveto');
SELECT ff_flag_move('gone', 'moveto');
SELECT ff_flag_move('base', 'moveto');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_duplicate('base', 'theme', to_project => 'moveto') IS NOT NULL;
SELECT ff_flag_move('theme', 'moveto');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_delete('theme', 'moveto');
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT f.project_id, 'colours', f.id, e.id, 'light', 'Colours' FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.id = (ff._flag(ff._project(NULL), 'theme')).id AND e.key = 'live';
SELECT ff_flag_move('theme', 'moveto');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM ff.experiments WHERE key = 'colours' AND project_id = ff._project(NULL);
SELECT ff_string('bob', 'theme'), ff_string('bob', 'theme', project => 'moveto') IS NULL;

-- the move: same answers, and nothing is left behind
SELECT ff_flag_kill('theme', 'fire'), ff_flag_move('theme', 'moveto') IS NOT NULL;
SELECT rule FROM ff_evaluate_detail('bob', 'theme', project => 'moveto');
SELECT ff_flag_revive('theme', project => 'moveto');
SELECT count(*) FROM answers WHERE ff_string(u, 'theme', jsonb_build_object('country', country), project => 'moveto') <> answer;
SELECT ff_string('bob', 'theme') IS NULL, ff_flags_find();
SELECT environment, state, serving, rules, targets, overrides, prerequisites, version FROM ff.flags_overview WHERE project = 'moveto' AND flag = 'theme';
SELECT name, description, tags, category, owner, stage, client_visible FROM ff.flags WHERE key = 'theme' AND project_id = ff._project('moveto');
SELECT e.key, c.at AT TIME ZONE 'UTC', c.enabled FROM ff.schedules c JOIN ff.environments e ON e.id = c.environment_id WHERE e.project_id = ff._project('moveto');
SELECT version, reason FROM ff_flag_history('theme', 'live', 'moveto') ORDER BY version LIMIT 1;
SELECT action, reason FROM ff_environment_history('live') WHERE "table" = 'flags' AND key = 'theme' LIMIT 1;
-- and back
SELECT ff_flag_move('theme', 'movefrom', 'moveto');
SELECT ff_environment_delete('extra', 'moveto');
SELECT ff_flag_move('theme', 'movefrom', 'moveto') IS NOT NULL;
SELECT count(*) FROM answers WHERE ff_string(u, 'theme', jsonb_build_object('country', country)) <> answer;
-- a lock holds the flag where it is, not out of where it goes
SELECT ff_environment_lock('dev');
\set VERBOSITY terse
SELECT ff_flag_move('theme', 'moveto');
\set VERBOSITY default
SELECT ff_environment_unlock('dev'), ff_environment_lock('dev', project => 'moveto');
SELECT ff_flag_move('theme', 'moveto') IS NOT NULL;
SELECT ff_environment_unlock('dev', project => 'moveto');
SELECT ff_project_delete('movefrom', true), ff_project_delete('moveto', true), ff_project_delete('movebare', true);
