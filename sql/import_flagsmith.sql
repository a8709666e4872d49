-- Import from Flagsmith: the environment document that SDKs evaluate locally, and
-- the evaluation context of its engines.
\pset format unaligned
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('from-flagsmith', environments => '{production,staging}');
SET featureflow.project = 'from-flagsmith';
SET featureflow.environment = 'production';
CREATE TEMP TABLE configs (name text PRIMARY KEY, config jsonb);
INSERT INTO configs VALUES ('document', '{
	"id": 1, "api_key": "n9fbf9h3v4fFgH3U3ngWhb", "name": "Production", "updated_at": "2026-01-01T00:00:00Z",
	"use_identity_composite_key_for_hashing": false, "hide_disabled_flags": null, "amplitude_config": {"api_key": "secret"},
	"project": {"id": 1, "name": "Shop", "hide_disabled_flags": true, "segments": [
		{"id": 16, "name": "adults in Germany", "rules": [{"type": "ALL", "conditions": [], "rules": [
			{"type": "ANY", "rules": [], "conditions": [{"property_": "age", "operator": "GREATER_THAN_INCLUSIVE", "value": "18"}]},
			{"type": "NONE", "rules": [], "conditions": [{"property_": "country", "operator": "NOT_EQUAL", "value": "DE"}]}]}],
			"feature_states": [{"enabled": true, "feature_state_value": "de", "django_id": 7, "feature": {"id": 2, "name": "banner"},
				"feature_segment": {"priority": 1}, "multivariate_feature_state_values": []}]},
		{"id": 17, "name": "a half", "rules": [{"type": "ALL", "rules": [], "conditions": [{"property_": null, "operator": "PERCENTAGE_SPLIT", "value": "50"}]}],
			"feature_states": [{"enabled": false, "feature_state_value": "half", "django_id": 8, "feature": {"id": 2, "name": "banner"},
				"feature_segment": {"priority": 0}, "multivariate_feature_state_values": []}]}]},
	"identity_overrides": [{"identifier": "eve", "environment_api_key": "n9fbf9h3v4fFgH3U3ngWhb", "identity_uuid": "0f621d76-6c6c-0e6f-455c-e9522de2898e",
		"identity_features": [{"enabled": true, "feature_state_value": "eve''s", "featurestate_uuid": "4a1de5ab-0f57-4f2b-9d3f-3a3f6f3c7a02",
			"feature": {"id": 2, "name": "banner"}, "multivariate_feature_state_values": []}]}],
	"feature_states": [
		{"enabled": false, "feature_state_value": null, "django_id": 1, "feature": {"id": 1, "name": "dark-mode"}, "multivariate_feature_state_values": []},
		{"enabled": true, "feature_state_value": "plain", "django_id": 2, "feature": {"id": 2, "name": "banner"}, "multivariate_feature_state_values": []},
		{"enabled": true, "feature_state_value": "control", "django_id": 3, "feature": {"id": 3, "name": "button"}, "multivariate_feature_state_values": [
			{"id": null, "mv_fs_value_uuid": "ffffffff-0000-0000-0000-000000000000", "percentage_allocation": 30.0, "multivariate_feature_option": {"id": 1, "value": "late"}},
			{"id": 5, "mv_fs_value_uuid": "0f621d76-6c6c-0e6f-455c-e9522de2898e", "percentage_allocation": 30, "multivariate_feature_option": {"id": 2, "value": "early", "key": "first"}}]}]}');

SELECT i.* FROM configs, ff_import_check('flagsmith', config) i WHERE name = 'document';
SELECT i.kind, i.key, i.action FROM configs, ff_import('flagsmith', config) i WHERE name = 'document';

-- A second time it changes nothing.
SELECT i.kind, i.key, i.action FROM configs, ff_import('flagsmith', config) i WHERE name = 'document';
SELECT f.key, f.kind, f.variations, s.enabled FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
JOIN ff.environments e ON e.id = s.environment_id AND e.key = 'production' JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'from-flagsmith' ORDER BY f.key;
-- The key of the environment is stored, and nothing that is secret.
SELECT g.key, g.document -> 'environment' AS environment FROM ff.imported_segments g JOIN ff.environments e ON e.id = g.environment_id
JOIN ff.projects p ON p.id = e.project_id WHERE p.key = 'from-flagsmith' ORDER BY g.key;
SELECT count(*) FROM ff.flag_settings s WHERE s.rules::text LIKE '%secret%';

-- Answers: whether a flag is on is apart from its value.
SELECT u.user_key, u.attributes, d.flag, d.value, d.variation, d.reason, d.rule, d.provider_reason, d.metadata
FROM (VALUES (1, 'ann', '{"age": 18, "country": "DE"}'::jsonb), (2, 'bob', '{"age": 17.5, "country": "DE"}'), (3, 'eve', NULL), (4, NULL, NULL)) u(place, user_key, attributes)
CROSS JOIN LATERAL ff_evaluate_all(u.user_key, u.attributes) d ORDER BY u.place, d.flag;
SELECT ff_is_enabled('bob', 'banner'), ff_is_enabled('ann', 'dark-mode', fallback => true), ff_string('ann', 'banner'), ff_number('ann', 'banner', fallback => 0),
	ff_json('ann', 'dark-mode'), ff_enabled_flags('eve');
SELECT u, ff_in_segment(u, '16', '{"age": 20, "country": "DE"}') AS adults, ff_in_segment(u, '17') AS half, ff_in_segment(u, '18') AS none
FROM unnest('{ann,bob}'::text[]) u;
SELECT stage, outcome, detail FROM ff_explain('ann', 'banner', '{"age": 18, "country": "DE"}');
SELECT stage, outcome, detail FROM ff_explain('ann', 'button');

-- The key that identities are hashed with: composite, the user key itself, or given.
SELECT d.variation, (ff_bucket_detail('3', 'n9fbf9h3v4fFgH3U3ngWhb_ann', 'flagsmith')).value FROM ff_evaluate_detail('ann', 'button') d;
SELECT d.variation, d.provider_reason, (ff_bucket_detail('3', '4711', 'flagsmith')).value FROM ff_evaluate_detail('ann', 'button', '{"$.identity.key": "4711"}') d;
SELECT i.key, i.action, i.note FROM configs, ff_import('flagsmith', config, options => '{"composite_key": false, "hide_disabled": true}') i WHERE name = 'document';
SELECT d.variation, (ff_bucket_detail('3', 'ann', 'flagsmith')).value FROM ff_evaluate_detail('ann', 'button') d;
SELECT d.* FROM ff_evaluate_detail('ann', 'dark-mode', fallback => '"hidden"') d;
SELECT FROM configs, ff_import('flagsmith', config, options => '{"composite_key": "perhaps"}') i WHERE name = 'document';

-- Operators: the value of a condition is cast to the type of the trait.
CREATE FUNCTION pg_temp.holds(traits jsonb, operator text, value jsonb, property text DEFAULT 'x') RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_import('flagsmith', jsonb_build_object('environment', '{"key": "k", "name": "Prod"}'::jsonb, 'segments', jsonb_build_object('s', jsonb_build_object(
		'key', 's', 'name', 's', 'rules', jsonb_build_array(jsonb_build_object('type', 'ALL', 'conditions', jsonb_build_array(
			jsonb_build_object('property', property, 'operator', operator, 'value', value))))))), 'staging');
	RETURN ff_in_segment('ann', 's', traits, 'staging');
END;
$$;
SELECT traits, operator, value, pg_temp.holds(traits, operator, value) FROM (VALUES
	(1, '{"x": 1}'::jsonb, 'EQUAL', '"1.0"'::jsonb), (2, '{"x": 1.0}', 'EQUAL', '"1"'), (3, '{"x": 1}', 'EQUAL', '" +1 "'), (4, '{"x": 1}', 'NOT_EQUAL', '"a"'),
	(5, '{"x": true}', 'EQUAL', '"1"'), (6, '{"x": false}', 'EQUAL', '"0"'), (7, '{"x": "10"}', 'LESS_THAN', '"9"'), (8, '{"x": 10}', 'LESS_THAN', '"9"'),
	(9, '{"x": 123456789012345678901}', 'GREATER_THAN', '"123456789012345678900"'), (10, '{"x": -5}', 'GREATER_THAN', '"-123456789012345678900"'),
	(11, '{"x": 9223372036854775807}', 'LESS_THAN', '"9223372036854775808"'), (12, '{"x": 1}', 'LESS_THAN', '"inf"'), (13, '{"x": 1.5}', 'LESS_THAN', '"inf"'),
	(14, '{"x": 1.5}', 'NOT_EQUAL', '"nan"'), (15, '{"x": "1.10.0"}', 'GREATER_THAN', '"1.9.0:semver"'), (16, '{"x": "v1.10.0"}', 'NOT_EQUAL', '"1.9.0:semver"'),
	(17, '{"x": "1.0.0+a"}', 'EQUAL', '"1.0.0+b:semver"'), (18, '{"x": "1.0.0-rc.1+b"}', 'CONTAINS', '"rc.1:semver"'), (19, '{"x": "1.0.0-rc.1+b"}', 'CONTAINS', '"b:semver"'),
	(20, '{"x": "1.0.0-rc.1"}', 'CONTAINS', '"1:semver"'), (21, '{"x": "abc"}', 'CONTAINS', '""'), (22, '{"x": 12}', 'CONTAINS', '"1"'), (23, '{"x": "abc"}', 'NOT_CONTAINS', '"d"'),
	(24, '{"x": 12}', 'NOT_CONTAINS', '"3"'), (25, '{"x": "abc"}', 'REGEX', '"b"'), (26, '{"x": "abc"}', 'REGEX', '"ab"'), (27, '{"x": true}', 'REGEX', '"Tr"'),
	(28, '{"x": 2.50}', 'REGEX', '"2\\.5$"'), (29, '{"x": "aXb"}', 'REGEX', '"(?i)ax(?P<n>b)\\Z"'), (30, '{"x": -1}', 'MODULO', '"3|2"'), (31, '{"x": 4.5}', 'MODULO', '"2|0.5"'),
	(32, '{"x": "4"}', 'MODULO', '"2|0"'), (33, '{"x": true}', 'MODULO', '"1|0"'), (34, '{"x": 4}', 'MODULO', '"0|0"'), (35, '{"x": "b"}', 'IN', '"a,b"'),
	(36, '{"x": " b"}', 'IN', '"a, b"'), (37, '{"x": 2}', 'IN', '"[1, 2]"'), (38, '{"x": "\u00e9"}', 'IN', '"[\"\\u00e9\"]"'), (39, '{"x": 1.5}', 'IN', '"1.5"'),
	(40, '{"x": true}', 'IN', '"True"'), (41, '{"x": "True"}', 'IN', '[true]'), (42, '{"x": "[1"}', 'IN', '"[1,2"'), (43, '{"x": null}', 'IS_SET', '""'),
	(44, '{"x": ""}', 'IS_SET', '""'), (45, '{}', 'IS_NOT_SET', '""'), (46, '{"x": "a"}', 'IS_LIKE', '"a"'), (47, '{"x": "None"}', 'EQUAL', 'null')) t(place, traits, operator, value)
ORDER BY place;

-- At the edge: "s,k_user-4698" and "3,k_user-2340" hash to 50 exactly.  A segment takes it in, a variant begins with it.
SELECT share, pg_temp.holds('{"x": "k_user-4698"}', 'PERCENTAGE_SPLIT', to_jsonb(share)) FROM unnest('{49.99,50,50.01}'::text[]) share;
SELECT FROM ff_import('flagsmith', '{"environment": {"key": "k", "name": "Prod"}, "features": {"edge": {"key": "3", "name": "edge", "enabled": true, "value": "control",
	"variants": [{"value": "a", "weight": 50, "priority": 1}, {"value": "b", "weight": 50, "priority": 2}]}}}', 'staging');
SELECT value, provider_reason FROM ff_evaluate_detail('user-2340', 'edge', environment => 'staging');

-- Properties: traits, and queries of the evaluation context (RFC 9535).
SELECT property, pg_temp.holds('{"x": {"y": [1, "two"]}, "$.environment.key": "trait", "n": 3, "a.b": "dot"}', 'EQUAL', value, property) FROM (VALUES
	(1, 'a.b', '"dot"'::jsonb), (2, '$.environment.name', '"Prod"'), (3, '$.environment.key', '"k"'), (4, '$.environment.key', '"trait"'), (5, '$["environment"]["name"]', '"Prod"'),
	(6, '$.identity.identifier', '"ann"'), (7, '$.identity.key', '"k_ann"'), (8, '$.identity.traits.x.y[1]', '"two"'), (9, '$.identity.traits.x.y[?@ > 0]', '"1"'),
	(10, '$..y[-1]', '"two"'), (11, '$.identity.traits[?@ == 3]', '"3"'), (12, '$.identity.*', '"ann"'), (13, '$.identity', '"ann"'), (14, '$.segments.s.name', '"s"'),
	(15, '$.segments.s.rules[0].type', '"ALL"'), (16, '$.features', '""'), (17, '$.identity.traits.a.b', '"dot"')) p(place, property, value) ORDER BY place;

-- Faulty parts are kept, and told.
INSERT INTO configs VALUES ('faulty', '{"environment": {"key": "k", "name": "Prod", "server_key": "secret"}, "segments": {
	"1": {"key": "1", "name": "no rules", "rules": []},
	"2": {"key": "2", "name": "odd", "rules": [{"type": "SOME", "conditions": [{"property": "a", "operator": "LIKE", "value": "x"}, {"property": "$.. a", "operator": "IS_SET"}]}, 7]},
	"3": {"key": "3", "name": "values", "rules": [{"type": "ALL", "conditions": [{"property": "a", "operator": "REGEX", "value": "("}, {"property": "a", "operator": "MODULO", "value": "2"},
		{"property": "a", "operator": "PERCENTAGE_SPLIT", "value": "most"}, {"property": "a", "operator": "EQUAL", "value": "1.x:semver"}, {"property": "a", "operator": "EQUAL", "value": 7}]}]}},
	"features": {"a": {"key": "1", "name": "a", "enabled": "yes", "value": "v", "variants": [{"value": "x", "weight": "30", "priority": 1}, {"value": "y", "weight": 100}]}}}');
SELECT i.kind, i.key, i.action, i.note FROM configs, ff_import('flagsmith', config) i WHERE name = 'faulty';
SELECT d.value, d.reason, d.provider_reason, d.metadata FROM ff_evaluate_detail('ann', 'a') d;

-- What is no configuration.
SELECT ff_import('flagsmith', '[]');
SELECT ff_import('flagsmith', '{"features": {}}');
SELECT ff_import('flagsmith', '{"environment": {"name": "x"}, "features": {}}');
SELECT ff_import('flagsmith', '{"environment": {"key": "ser.abc", "name": "x"}}');
SELECT ff_import('flagsmith', '{"environment": {"key": "k"}, "features": []}');
SELECT ff_import('flagsmith', '{"environment": {"key": "k"}, "features": {"a": 1}}');
SELECT ff_import('flagsmith', '{"environment": {"key": "k"}, "segments": {"a": {"key": "1"}}}');
SELECT ff_import('flagsmith', '{"api_key": "k", "feature_states": {}}');
SELECT ff_import('flagsmith', '{"api_key": "k", "feature_states": [{"feature": {"name": "a"}}, {"feature": "b"}]}');
SELECT ff_import('flagsmith', '{"api_key": "k", "feature_states": [], "project": {"segments": [{"id": 1, "name": "s", "feature_states": [null]}]}}');
SELECT ff_import('flagsmith', '{"api_key": "k", "feature_states": [{"feature": {"name": "a"}}, {"feature": {"name": "a"}}]}');
SELECT ff_import('flagsmith', jsonb_build_object('environment', '{"key": "k"}'::jsonb, 'segments', jsonb_build_object('s', jsonb_build_object('name', 's', 'key', 's',
	'rules', format('[%s]', repeat('{"type": "ALL", "rules": [', 150) || repeat(']}', 150))::jsonb))));

RESET featureflow.project;
RESET featureflow.environment;
SELECT ff_project_delete('from-flagsmith', cascade => true);
