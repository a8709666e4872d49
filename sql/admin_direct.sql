\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
-- changes straight on the tables keep what the functions keep
SELECT ff_project_create('admindirect') IS NOT NULL;
SET featureflow.project = 'admindirect';
SELECT ff_flag_create('a') IS NOT NULL, ff_flag_create('b') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark", "blue"]') IS NOT NULL;
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "exists"}') IS NOT NULL;
SELECT ff._project(NULL) AS project_id, (ff._flag(ff._project(NULL), 'a')).id AS a, (ff._flag(ff._project(NULL), 'b')).id AS b,
	(ff._flag(ff._project(NULL), 'theme')).id AS theme, ff._environment(ff._project(NULL), NULL) AS env \gset

-- at once
UPDATE ff.flags SET key = 'z' WHERE id = :'a';
UPDATE ff.flags SET kind = 'string' WHERE id = :'a';
UPDATE ff.flags SET variations = '[]' WHERE id = :'theme';
UPDATE ff.flags SET variations = variations || '[{"key": "light", "value": "x"}]' WHERE id = :'theme';
UPDATE ff.flags SET variations = variations || '[{"key": "one", "value": 1}]' WHERE id = :'theme';
UPDATE ff.flags SET links = '[{"url": "javascript:x"}]' WHERE id = :'theme';
INSERT INTO ff.flags (project_id, key, variations, name) VALUES (:'project_id', 'c', '[{"key": "on", "value": true}]', 'c');
\set VERBOSITY terse
INSERT INTO ff.flags (project_id, key, variations, name) VALUES (:'project_id', 'c d', '[{"key": "on", "value": true}, {"key": "off", "value": false}]', 'c d');
INSERT INTO ff.flags (project_id, key, variations, name) VALUES (:'project_id', 'a', '[{"key": "on", "value": true}, {"key": "off", "value": false}]', 'a');
\set VERBOSITY default
INSERT INTO ff.segments (project_id, key, condition, name) VALUES (:'project_id', 'few', '{"op": "eq"}', 'few');

-- at the end of the transaction
UPDATE ff.flag_settings SET default_serve = '"none"' WHERE flag_id = :'theme' AND environment_id = :'env';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.flag_settings SET off_variation = 'none' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flag_settings SET rules = '[{"serve": "none"}]' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flag_settings SET rules = '[{"serve": "dark", "when": {"segment": "ghosts"}}]' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flag_settings SET targets = '{"none": ["ann"]}' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flag_settings SET targets = '{"dark": "ann"}' WHERE flag_id = :'theme' AND environment_id = :'env';
\set VERBOSITY terse
UPDATE ff.flags SET min_plan = 'gold' WHERE id = :'theme';
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation) VALUES (:'a', :'a', 'on');
\set VERBOSITY default
INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation) VALUES (:'theme', :'env', 'user', 'ann', 'none');
INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation) VALUES (:'a', :'theme', 'none');
BEGIN;
UPDATE ff.flag_settings SET default_serve = '"dark"' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flags SET variations = variations - 1 WHERE id = :'theme';
COMMIT;
\echo :LAST_ERROR_SQLSTATE
-- what nothing names may go
UPDATE ff.flags SET variations = variations - 2 WHERE id = :'theme';
-- wrong for a while is right when it ends well
BEGIN;
UPDATE ff.flag_settings SET default_serve = '"new"', rules = '[{"serve": "dark", "when": {"segment": "later"}}]' WHERE flag_id = :'theme' AND environment_id = :'env';
UPDATE ff.flags SET variations = variations || '[{"key": "new", "value": "n"}]' WHERE id = :'theme';
INSERT INTO ff.segments (project_id, key, condition, name) VALUES (:'project_id', 'later', '{"segment": "staff"}', 'later');
COMMIT;
SELECT ff_string('u', 'theme'), ff_string('u', 'theme', '{"email": "x"}');

-- segments
DELETE FROM ff.segments WHERE project_id = :'project_id' AND key = 'later';
DELETE FROM ff.segments WHERE project_id = :'project_id' AND key = 'staff';
UPDATE ff.segments SET key = 'crew' WHERE project_id = :'project_id' AND key = 'staff';
UPDATE ff.segments SET condition = '{"segment": "later"}' WHERE project_id = :'project_id' AND key = 'staff';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.segments SET condition = '{"segment": "ghosts"}' WHERE project_id = :'project_id' AND key = 'staff';

-- cycles
INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation) VALUES (:'a', :'b', 'on');
INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation) VALUES (:'b', :'a', 'on');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff_graph() WHERE source_kind = 'flag' AND target_kind = 'flag';
-- what another project has
SELECT ff_project_create('admindirect2') IS NOT NULL, ff_flag_create('far', project => 'admindirect2') IS NOT NULL;
INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation)
SELECT :'a', id, 'on' FROM ff.flags WHERE key = 'far' AND project_id = ff._project('admindirect2');
INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation)
SELECT :'a', e.id, 'user', 'ann', 'on' FROM ff.environments e WHERE e.project_id = ff._project('admindirect2') AND e.key = 'staging';
SELECT ff_project_delete('admindirect2', cascade => true);

-- times
BEGIN;
SELECT updated_at AS before FROM ff.flags WHERE id = :'a' \gset
UPDATE ff.flags SET tags = '{x}' WHERE id = :'a';
SELECT updated_at > :'before' FROM ff.flags WHERE id = :'a';
ROLLBACK;
-- TRUNCATE is refused
TRUNCATE ff.overrides;
-- as is deletion of what is required
\set VERBOSITY terse
DELETE FROM ff.flags WHERE id = :'b';
SELECT ff_flag_unrequire('a', 'b');
DELETE FROM ff.projects WHERE key = 'admindirect';
