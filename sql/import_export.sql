-- What an environment answers from, as a document and back.
SELECT ff_project_create('export_from') IS NOT NULL, ff_project_create('export_to') IS NOT NULL;
SET featureflow.project = 'export_from';
SET featureflow.environment = 'production';
SELECT ff_plan_create('gold', 30) IS NOT NULL;
SELECT ff_flag_create('checkout', description => 'One page instead of three', tags => '{shop}') IS NOT NULL,
	ff_flag_create('limit', 'number', '[{"key": "low", "value": 1}, {"key": "high", "value": 2.5}]') IS NOT NULL,
	ff_flag_create('layout', 'json', '[{"key": "a", "value": {"columns": 2}}, {"key": "b", "value": null}]', client_visible => true) IS NOT NULL;
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}') IS NOT NULL;
SELECT ff_segment_add('staff', '{u7,u8}');
SELECT ff_flag_rules('checkout', '[{"id": "staff", "when": {"segment": "staff"}, "serve": "on"}]');
SELECT ff_flag_rollout('checkout', 30);
SELECT ff_override('limit', 'high', user_key => 'vip') IS NOT NULL;
SELECT ff_flag_require('layout', 'checkout');
CREATE TEMP TABLE exported AS SELECT ff_export('featureflow', 'export_from', 'production') AS document;
SELECT jsonb_pretty(document -> 'flag' -> 'limit'), jsonb_pretty(document - 'flag') FROM exported;

-- Into another project: what would be done, what is done, and a second time.
SELECT i.* FROM exported, ff_import_check('featureflow', document, 'production', project => 'export_to') i;
SELECT count(*) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'export_to';
SELECT i.* FROM exported, ff_import('featureflow', document, 'production', project => 'export_to') i;
SELECT i.kind, i.action, count(*) FROM exported, ff_import('featureflow', document, 'production', project => 'export_to') i GROUP BY 1, 2 ORDER BY 1;
SELECT ff_export('featureflow', 'export_to', 'production') = document AS same FROM exported;
-- Everybody is answered the same, by another environment too once it is imported there.
SELECT count(*), count(*) FILTER (WHERE a.variation = 'on' OR a.variation = 'high') AS other FROM generate_series(1, 500) n
CROSS JOIN LATERAL ff_evaluate_all('u' || n, project => 'export_from') a
JOIN LATERAL ff_evaluate_all('u' || n, project => 'export_to') b ON (a.flag, a.value, a.variation, a.reason, a.rule) IS NOT DISTINCT FROM (b.flag, b.value, b.variation, b.reason, b.rule);
SELECT i.kind, i.key, i.action FROM exported, ff_import('featureflow', document, 'staging', project => 'export_to') i ORDER BY 1, 2;
SELECT (ff_export('featureflow', 'export_to', 'staging') -> 'flag') = document -> 'flag' AS same FROM exported;
-- A changed document changes just that.
SELECT i.* FROM exported, ff_import('featureflow', jsonb_set(document, '{flag,checkout,settings,enabled}', 'false'), 'production', project => 'export_to') i WHERE i.action <> 'unchanged';
SELECT ff_is_enabled('u7', 'checkout', project => 'export_to'), ff_is_enabled('u7', 'checkout', environment => 'staging', project => 'export_to');

-- Types and defaults for code generators; YAML.
SELECT jsonb_pretty(ff_export('openfeature-manifest'));
SELECT ff_yaml(ff_export('openfeature-manifest') -> 'flags' -> 'layout');
SELECT ff_from_yaml(ff_yaml(document)) = document AS same FROM exported;
-- In another system's format these flags would move their users.
SELECT jsonb_pretty(ff_export('flagd') -> 'refused');

-- What the old system answered, beside what is answered.
SELECT * FROM ff_verify_import('featureflow', NULL, NULL, '{"u7": {"checkout": true, "limit": 1}, "vip": {"limit": 2.5}}');
SELECT user_key, flag, expected, answer, old_explanation, explanation FROM ff_verify_import('featureflow', NULL, NULL,
	'[{"user_key": "u9", "flag": "checkout", "variation": "on", "reason": "was on the list"}, {"user_key": "u9", "flag": "limit", "variation_index": 0}, {"user_key": "u9", "flag": "checkout", "value": true, "attributes": {"email": "x@example.com"}}]');
CREATE TABLE people (id text PRIMARY KEY, email text);
INSERT INTO people VALUES ('a', 'a@example.com'), ('b', 'b@elsewhere.org');
SELECT user_key, flag, expected, answer ->> 'value' AS answer FROM ff_verify_import('featureflow', NULL, 'people', '{"a": {"checkout": true}, "b": {"checkout": true}, "c": {"checkout": true}}');
SELECT user_key, flag FROM ff_verify_import('featureflow', NULL, 'people'::regclass, '{"a": {"limit": 2}, "c": {"limit": 2}}', key_column => 'id');
SELECT user_key, flag FROM ff_verify_import('featureflow', NULL, ARRAY['c'], '{"a": {"limit": 2}, "c": {"limit": 2}}');
-- With a configuration that nothing stays of.
SELECT user_key, flag, answer ->> 'value' AS answer FROM exported, ff_verify_import('featureflow', document, ARRAY['u7', 'vip'],
	'{"u7": {"checkout": false, "limit": 1}, "vip": {"limit": 2.5}}', project => 'default');
SELECT count(*) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'default' AND f.key IN ('checkout', 'limit', 'layout');
DROP TABLE people;

-- Bad input says what and where.
\set VERBOSITY terse
SELECT ff_export('csv');
SELECT ff_export(NULL);
SELECT ff_export('featureflow', 'nowhere');
SELECT ff_import('nobody', '{}');
SELECT ff_import('featureflow', NULL);
SELECT ff_import('featureflow', '{}', options => '[]');
SELECT ff_import('featureflow', document, options => '{"existing": "maybe"}') FROM exported;
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT ff_import('featureflow', '[]');
SELECT ff_import('featureflow', document || '{"flag": []}') FROM exported;
SELECT ff_import('featureflow', jsonb_set(document, '{flag,limit,settings}', '1')) FROM exported;
SELECT ff_import('featureflow', jsonb_set(document, '{flag,checkout,settings,rules,0,when}', '{"segment": "gone"}'), project => 'export_to') FROM exported;
SELECT ff_verify_import('featureflow', NULL, NULL, '{"u": 1}');
SELECT ff_verify_import('featureflow', NULL, NULL, '[{"user_key": "u", "flag": "f"}]');
SELECT ff_verify_import('featureflow', NULL, 'no_such_table', '{}');
SELECT ff_verify_import('featureflow', NULL, 'exported', '{}');
\set SHOW_CONTEXT errors
SELECT ff_project_delete('export_from', cascade => true), ff_project_delete('export_to', cascade => true);
RESET featureflow.project;
RESET featureflow.environment;
