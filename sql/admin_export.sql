\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminexport') IS NOT NULL;
SET featureflow.project = 'adminexport';
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}') IS NOT NULL;
SELECT ff_flag_create('theme', 'string', '["light", "dark"]', description => 'not exported') IS NOT NULL, ff_flag_create('base') IS NOT NULL;
SELECT ff_flag_rules('theme', '[{"when": {"segment": "staff"}, "serve": "dark"}]');
SELECT ff_flag_require('theme', 'base'), ff_flag_plan('theme', 'pro'), ff_flag_kill('base', 'secret reason');
SELECT ff_override('theme', 'dark', user_key => 'ann', expires => '2100-01-01 00:00:00+00') IS NOT NULL;
SELECT jsonb_pretty(ff_ruleset() - 'version');
SELECT (ff_ruleset() -> 'version')::bigint = ff_version();
SELECT ff_ruleset('staging') -> 'flags' -> 'theme' -> 'rules', ff_ruleset('staging') ->> 'environment';
SELECT ff_ruleset('nowhere');
SELECT ff_ruleset(project => 'nowhere');

-- views
SELECT project, flag, environment, state, serving, rules, targets, overrides, prerequisites, min_plan, visible, tags, version FROM ff.flags_overview WHERE project = 'adminexport';
SELECT flag, environment, kind, subject, variation, expires_at, reason FROM ff.overrides_active WHERE project = 'adminexport';
SELECT segment, name, condition, used_by FROM ff.segments_overview WHERE project = 'adminexport';
SELECT environment, name, color, flags, enabled, version IS NOT NULL FROM ff.environments_overview WHERE project = 'adminexport';
SELECT number, "table", action, key, environment, changed, who = current_user, reason FROM ff.audit_recent WHERE project = 'adminexport' ORDER BY number DESC LIMIT 8;
SELECT ff._serve_text(serve, 'off') FROM (VALUES
	('"on"'::jsonb), ('{"split": [{"variation": "on", "weight": 20.500}, {"variation": "off", "weight": 79.5}]}'),
	('{"split": [{"variation": "a", "weight": 30}, {"variation": "b", "weight": 70}, {"variation": "c", "weight": 0}], "by": "account.id"}'),
	('{"split": [{"variation": "on", "weight": 0}, {"variation": "off", "weight": 100}]}')) s(serve);

SELECT ff_project_delete('adminexport', cascade => true);
