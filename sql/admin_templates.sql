\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('admintemplates') IS NOT NULL;
SET featureflow.project = 'admintemplates';
SELECT kind, key, name, origin, parameters FROM ff_templates();
SELECT count(*) = (SELECT count(*) FROM ff_templates()) FROM unnest('{flag,segment}'::text[]) k CROSS JOIN LATERAL ff_templates(k);
SELECT ff_templates('rule');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_templates(project => 'nowhere');

-- the library is sound: each template makes something, with its defaults where
-- it has them, and leaves no parameter open
CREATE TEMP TABLE given (name text, value jsonb);
INSERT INTO given VALUES ('domain', '"example.com"'), ('countries', '["DE", "AT"]'), ('from', '"2020-01-01T00:00:00Z"'),
	('version', '"2.0.0"'), ('users', '["ann", "bob"]'), ('since', '"2020-01-01T00:00:00Z"');
CREATE FUNCTION pg_temp.needed(document jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(jsonb_object_agg(p.key, g.value), '{}') FROM jsonb_each(document -> 'parameters') p LEFT JOIN given g ON g.name = p.key
	WHERE NOT p.value ? 'default' $$;
SELECT count(ff_segment_from_template(key, 'segment-' || key, pg_temp.needed(document))) FROM ff_templates('segment') WHERE key <> 'beta-users';
SELECT ff_segment_from_template('beta-users', 'beta-users', '{"users": ["ann", "bob", "ann"]}') IS NOT NULL;
SELECT ff_segment_from_template('beta-users', 'nobody-yet') IS NOT NULL;
SELECT ff_segment_size('nobody-yet'), ff_segment_size('beta-users');
SELECT count(ff_flag_from_template(key, key, pg_temp.needed(document))) FROM ff_templates('flag');
SELECT count(*) FROM ff.segments WHERE project_id = ff._project(NULL) AND to_jsonb(segments)::text LIKE '%{{%';
SELECT count(*) FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
WHERE project_id = ff._project(NULL) AND (to_jsonb(f)::text || to_jsonb(s)::text) LIKE '%{{%';
SELECT flag, kind, state, serving, rules, min_plan, visible, tags FROM ff.flags_overview WHERE project = 'admintemplates' AND environment = 'production';
SELECT key, category, temporary, traffic_type, description FROM ff.flags WHERE project_id = ff._project(NULL) ORDER BY key;
SELECT key, condition, description FROM ff.segments WHERE project_id = ff._project(NULL) AND key <> 'segment-eu-countries' ORDER BY key;
SELECT ff_is_enabled('u', 'staff-preview', '{"email": "a@EXAMPLE.com"}'), ff_is_enabled('u', 'staff-preview', '{"email": "a@notexample.com"}'),
	ff_is_enabled('ann', 'beta'), ff_is_enabled('cy', 'beta'), ff_is_enabled('u', 'regional-launch', '{"country": "AT"}'),
	ff_is_enabled('u', 'timed-launch'), ff_is_enabled('u', 'paid-feature', '{"plan": "pro"}'), ff_is_enabled('u', 'paid-feature', '{"plan": "free"}'),
	ff_is_enabled('u', 'app-version', '{"app_version": "2.1"}'), ff_is_enabled('u', 'permission', '{"role": "admin"}'), ff_is_enabled('u', 'ops-toggle');

-- parameters
SELECT ff_flag_from_template('release', 'half', '{"percentage": 50}') IS NOT NULL;
SELECT ff_flag_from_template('migration', 'move', '{"percentage": 12.5}', '{staging}', 'Move of accounts') IS NOT NULL;
SELECT flag, environment, serving FROM ff.flags_overview WHERE project = 'admintemplates' AND flag IN ('half', 'move');
SELECT name FROM ff.flags WHERE project_id = ff._project(NULL) AND key = 'move';
SELECT ff_flag_from_template('number-setting', 'limit', '{"usual": 500, "reduced": null}', '{}') IS NOT NULL;
SELECT ff_number('u', 'limit'), variations FROM ff.flags WHERE project_id = ff._project(NULL) AND key = 'limit';
SELECT ff_flag_from_template('json-setting', 'config', '{"standard": {"text": "{{next}} {{ {{percentage}}"}, "next": {"a": [1]}}') IS NOT NULL;
SELECT ff_json('u', 'config');

SELECT ff_flag_from_template('nothing', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template(NULL, 'x');
SELECT ff_flag_from_template('internal-staff', 'x');
SELECT ff_segment_from_template('release', 'x');
SELECT ff_flag_from_template('staff-preview', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('staff-preview', 'x', '{"domain": null}');
SELECT ff_flag_from_template('staff-preview', 'x', '{"domain": 7}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('staff-preview', 'x', '{"domain": "a.com", "domains": 7}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('ops-toggle', 'x', '{"percentage": 7}');
SELECT ff_flag_from_template('release', 'x', '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('release', 'x', '{"percentage": 101}');
SELECT ff_flag_from_template('release', 'x', '{"percentage": "10"}');
SELECT ff_flag_from_template('release', 'half');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('release', 'a b');
SELECT ff_flag_from_template('release', NULL);
SELECT ff_flag_from_template('release', 'x', environments => '{production,nowhere}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_from_template('release', 'x', environments => '{NULL}');
SELECT ff_flag_from_template('paid-feature', 'x', '{"plan": "gold"}');
SELECT ff_flag_from_template('beta', 'x', '{"segment": "ghosts"}');
SELECT ff_flag_from_template('timed-launch', 'x', '{"from": "tomorrow"}');
SELECT ff_segment_from_template('new-users', 'x', '{"since": "yesterday"}');
SELECT ff_segment_from_template('internal-staff', 'x');
SELECT ff_segment_from_template('beta-users', 'x', '{"users": "ann"}');
SELECT ff_segment_from_template('beta-users', 'x', '{"users": ["ann", null]}');
SELECT ff_segment_from_template('beta-users', 'x', '{"users": ["ann", ""]}');
SELECT count(*) FROM ff.segments WHERE project_id = ff._project(NULL) AND key = 'x';
SELECT ff_segment_from_template('eu-countries', 'beta-users');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff.flags WHERE project_id = ff._project(NULL) AND key = 'x';

-- templates of the project
SELECT ff_flag_create('shop', 'string', '["basic", "rich"]', description => 'New shop', tags => '{shop}', owner => 'ann', min_plan => 'pro',
	traffic_type => 'account', temporary => false, off_variation => 'basic') IS NOT NULL;
SELECT ff_flag_rules('shop', '[{"id": "de", "when": {"all": [{"attribute": "country", "op": "eq", "values": ["DE"]},
	{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}]}, "serve": "rich"}]', 'staging');
SELECT ff_flag_target('shop', 'rich', '{zoe}', 'staging'), ff_override('shop', 'rich', user_key => 'yan', environment => 'staging') IS NOT NULL,
	ff_flag_require('shop', 'ops-toggle');
SELECT ff_template_save('flag', 'shop', 'shop', 'Shop', 'As in Germany', 'staging', '{"country": "DE", "domain": "example.com"}') IS NOT NULL;
SELECT key, name, description, origin, parameters, jsonb_pretty(document) FROM ff_templates('flag') WHERE origin = 'project';
SELECT ff_flag_from_template('shop', 'boutique', '{"country": "FR"}', '{production}') IS NOT NULL;
SELECT jsonb_pretty(ff._flag_document(f.id, ff._environment(f.project_id, 'production'))) FROM ff.flags f WHERE project_id = ff._project(NULL) AND key = 'boutique';
SELECT ff_template_save('segment', 'internal-staff', 'segment-internal-staff', description => '', parameters => '{"domain": "example.com"}') IS NOT NULL;
SELECT key, name, description IS NULL, origin, parameters, document FROM ff_templates('segment') WHERE key = 'internal-staff';
SELECT ff_segment_from_template('internal-staff', 'staff-here') IS NOT NULL;
SELECT condition FROM ff.segments WHERE project_id = ff._project(NULL) AND key = 'staff-here';
SELECT origin FROM ff_templates('segment', 'default') WHERE key = 'internal-staff';

-- braces of one's own are no parameters
SELECT ff_flag_create('mail', 'string', '[{"key": "plain", "value": "Hello {{name}}"}, {"key": "warm", "value": "Dear {{name}}"}]') IS NOT NULL;
SELECT ff_template_save('flag', 'mail', 'mail') IS NOT NULL;
SELECT ff_flag_from_template('mail', 'letter') IS NOT NULL;
SELECT ff_string('u', 'letter');

SELECT ff_template_save('flag', 'shop', 'shop');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_save('rule', 'x', 'shop');
SELECT ff_template_save(NULL, 'x', 'shop');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_save('flag', 'a b', 'shop');
SELECT ff_template_save('flag', 'x', 'ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_save('flag', 'x', NULL);
SELECT ff_template_save('segment', 'x', 'ghost');
SELECT ff_template_save('flag', 'x', 'shop', environment => 'nowhere');
SELECT ff_template_save('flag', 'x', 'shop', parameters => '{"country": "FR"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_save('flag', 'x', 'shop', parameters => '{"country": ""}');
SELECT ff_template_save('flag', 'x', 'shop', environment => 'staging', parameters => '{"Country": "DE"}');
SELECT ff_template_save('flag', 'x', 'shop', parameters => '"DE"');
SELECT ff_template_delete('flag', 'release');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_delete('flag', 'ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_template_delete('rule', 'shop');
SELECT ff_template_delete('flag', NULL);
SELECT ff_template_delete('segment', 'internal-staff');
SELECT origin FROM ff_templates('segment') WHERE key = 'internal-staff';
SELECT ff_template_delete('segment', 'internal-staff');

-- rows by hand are checked as well
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'x', 'x', '{"colour": "red"}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'x', 'x', '{"default": "on", "rollout": {"percentage": 1}}');
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'segment', 'x', 'x', '{"description": "none"}');
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'x', 'x', '{"parameters": []}');
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'x', 'x', '{"parameters": {"a": {"type": "date"}}}');
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'x', 'x', '[]');
UPDATE ff.templates SET document = '{"rule": []}' WHERE key = 'shop' AND project_id = ff._project(NULL);
INSERT INTO ff.templates (project_id, kind, key, name, document) VALUES (ff._project(NULL), 'flag', 'odd', 'odd', '{"kind": "colour"}');
SELECT ff_flag_from_template('odd', 'x');
UPDATE ff.templates SET document = '{"tags": "red"}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.templates SET document = '{"enabled": "{{yes}}", "parameters": {"yes": {}}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x', '{"yes": "perhaps"}');
SELECT ff_flag_from_template('odd', 'x', '{"yes": false}') IS NOT NULL;
SELECT ff_flag_delete('x');
UPDATE ff.templates SET document = '{"rollout": {"percentage": "ten"}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x');
UPDATE ff.templates SET document = '{"rollout": {}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x');
UPDATE ff.templates SET document = '{"prerequisites": {"x": "on"}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x');
UPDATE ff.templates SET document = '{"prerequisites": {"ghost": "on"}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_flag_from_template('odd', 'x');
SELECT count(*) FROM ff.flags WHERE project_id = ff._project(NULL) AND key = 'x';

UPDATE ff.templates SET kind = 'segment', document = '{"users": {"ann": 1}}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_segment_from_template('odd', 'x');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.templates SET document = '{"condition": {"attribute": "plan", "op": "eq", "values": ["pro"]}, "users": ["ann"]}' WHERE key = 'odd' AND project_id = ff._project(NULL);
SELECT ff_segment_from_template('odd', 'both') IS NOT NULL;
SELECT ff_in_segment('ann', 'both'), ff_in_segment('bob', 'both'), ff_in_segment('bob', 'both', '{"plan": "pro"}');
SELECT ff_template_save('segment', 'again', 'nobody-yet') IS NOT NULL, ff_segment_from_template('again', 'again') IS NOT NULL;
SELECT ff_segment_size('again');

-- each change is in the log
SELECT action, count(*) FROM ff.audit_log WHERE project_id = ff._project(NULL) AND table_name = 'templates' GROUP BY 1 ORDER BY 1;

SELECT ff_project_delete('admintemplates', cascade => true);
