-- Moving in from PostHog: what its SDKs load, its list of flags, and what they answer.
\set SHOW_CONTEXT never
BEGIN;
SELECT ff_project_create('from_posthog') IS NOT NULL AS created;
SET featureflow.project = 'from_posthog';
SET featureflow.environment = 'production';
SELECT * FROM ff_import('posthog', $${
	"flags": [
		{"id": 1, "key": "checkout", "name": "New checkout", "active": true, "tags": ["web"], "filters": {
			"groups": [
				{"properties": [{"key": "email", "type": "person", "operator": "icontains", "value": "@example.com"}], "rollout_percentage": 100, "variant": "blue"},
				{"properties": [{"key": "id", "type": "cohort", "value": 5, "operator": "in"}], "rollout_percentage": 50}],
			"multivariate": {"variants": [{"key": "blue", "rollout_percentage": 50}, {"key": "green", "rollout_percentage": 50}]},
			"payloads": {"blue": "{\"color\": \"#00f\"}", "green": "plain"}}},
		{"id": 2, "key": "receipt", "active": true, "filters": {"groups": [{"properties": [
			{"key": "checkout", "type": "flag", "operator": "flag_evaluates_to", "value": "blue", "dependency_chain": ["checkout"]}]}]}},
		{"id": 3, "key": "dashboard", "active": true, "filters": {"aggregation_group_type_index": 0, "groups": [{"rollout_percentage": 60, "properties": [
			{"key": "plan", "type": "group", "group_type_index": 0, "operator": "exact", "value": ["pro", "Team"]}]}]}},
		{"id": 4, "key": "größe", "active": true, "filters": {"groups": [{"properties": [{"key": "stadt", "type": "person", "operator": "exact", "value": "KÖLN"}]}]}},
		{"id": 5, "key": "beta", "active": true, "filters": {"feature_enrollment": true, "groups": [{"properties": [], "rollout_percentage": 0}]}},
		{"id": 6, "key": "price", "active": true, "filters": {"holdout": {"id": 9, "exclusion_percentage": 30}, "groups": [{"properties": []}],
			"multivariate": {"variants": [{"key": "off", "rollout_percentage": 100}]}}},
		{"id": 7, "key": "attic", "active": false, "filters": {"groups": [{"properties": []}]}},
		{"id": 8, "key": "gone", "active": true, "deleted": true, "filters": {}}],
	"group_type_mapping": {"0": "company"},
	"cohorts": {"5": {"type": "OR", "values": [{"type": "AND", "values": [
		{"key": "country", "type": "person", "operator": "exact", "value": ["DE", "FR"]},
		{"key": "plan", "type": "person", "operator": "exact", "value": "free", "negation": true}]}]}}}$$);

-- The first condition that holds and has one in its share; then the variant.
SELECT u AS user_key, d.value, d.variation, d.reason, d.rule, ff_is_enabled(u, 'receipt', a) AS receipt, d.metadata, d.provider_reason
FROM unnest('{user-1,user-2,user-3,user-4,user-5}'::text[]) u, jsonb_build_object('country', 'de', 'plan', CASE u WHEN 'user-5' THEN 'free' ELSE 'pro' END) a,
	ff_evaluate_detail(u, 'checkout', a) d;
SELECT value, variation, reason, provider_reason FROM ff_evaluate_detail('ann', 'checkout', '{"email": "Ann@Example.com"}');
SELECT stage, outcome, detail FROM ff_explain('user-2', 'receipt', '{"country": "FR"}');

-- Groups: the group is who is in or out, with its own properties.
SELECT g AS company, d.value, d.reason, d.provider_reason FROM unnest('{acme,globex,initech}'::text[]) g,
	ff_evaluate_detail('ann', 'dashboard', jsonb_build_object('$groups', jsonb_build_object('company', g), '$group_properties', '{"company": {"plan": "TEAM"}}'::jsonb)) d;
SELECT value, reason, provider_reason FROM ff_evaluate_detail('ann', 'dashboard', '{"plan": "pro"}');

-- Letters of all scripts; early access, which a person chose; a holdout.
SELECT ff_is_enabled('u', 'größe', '{"stadt": "köln"}') AS "köln", ff_is_enabled('u', 'größe', '{"stadt": "Bonn"}') AS "Bonn";
SELECT ff_is_enabled('u', 'beta', '{"$feature_enrollment/beta": "true"}') AS chosen, ff_is_enabled('u', 'beta') AS otherwise;
SELECT u AS user_key, d.value, d.variation, d.reason, d.rule, d.provider_reason FROM unnest('{user-1,user-2,user-3,user-4}'::text[]) u, ff_evaluate_detail(u, 'price') d;

-- A variant is on for who asks for a boolean, and of a wrong type for who asks for
-- a number; of a flag that is off everybody gets the fallback.
SELECT ff_is_enabled('ann', 'checkout', '{"email": "@example.com"}'), ff_string('ann', 'checkout', '{"email": "@example.com"}', fallback => 'none'), ff_string('ann', 'attic', fallback => 'none');
SELECT value, reason, error_code FROM ff_evaluate_detail('ann', 'checkout', '{"email": "@example.com"}', fallback => '7', wanted => 'number');
-- Nobody is in no share; without shares nobody is needed.
SELECT value, reason, error_code FROM ff_evaluate_detail(NULL, 'checkout', '{"country": "DE"}');
SELECT value, reason, error_code FROM ff_evaluate_detail(NULL, 'checkout', '{"email": "@example.com"}');

-- The same again changes nothing.
SELECT i.action, count(*) FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id,
	LATERAL ff_import_check('posthog', jsonb_build_object('group_type_mapping', '{"0": "company"}'::jsonb, 'flags', jsonb_build_array(s.rules #> '{0,flag}'
		|| jsonb_build_object('active', s.enabled) || jsonb_build_object('filters', s.rules #> '{0,flag,filters}' || jsonb_strip_nulls(jsonb_build_object('payloads', s.rules #> '{0,payloads}')))))) i
WHERE e.key = 'production' AND e.project_id = (SELECT p.id FROM ff.projects p WHERE p.key = 'from_posthog') GROUP BY 1;

-- The list of flags names other flags by their ids; cohorts may come as their list.
SELECT * FROM ff_import('posthog', '{"count": 2, "results": [
	{"id": 20, "key": "parent", "active": true, "filters": {"groups": [{"properties": [{"key": "id", "type": "cohort", "value": 7}]}]}},
	{"id": 21, "key": "child", "active": true, "filters": {"groups": [{"properties": [{"key": "20", "type": "flag", "operator": "flag_evaluates_to", "value": false}]}]}}],
	"cohorts": {"results": [{"id": 7, "name": "Invited", "is_static": true, "filters": {"properties": {}}},
		{"id": 8, "name": "Buyers", "filters": {"properties": {"type": "AND", "values": [{"type": "AND", "values": [{"key": "purchase", "type": "behavioral", "value": "performed_event"}]}]}}}]}}');
SELECT c AS cohorts, ff_is_enabled('u', 'parent', c) AS parent, ff_is_enabled('u', 'child', c) AS child
FROM unnest(ARRAY['{}', '{"$cohorts": [7]}', '{"$cohorts": ["7"]}', '{"$cohorts": [8]}']::jsonb[]) c;

-- A property that is missing is no match, and one for what says not.
CREATE FUNCTION asked(filter jsonb, attributes jsonb, options jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_import('posthog', jsonb_build_array(jsonb_build_object('key', 'asked', 'active', true, 'filters', jsonb_build_object('groups',
		jsonb_build_array(jsonb_build_object('properties', jsonb_build_array(filter)))))), options => options);
	RETURN ff_is_enabled('u', 'asked', attributes);
END $$;
SELECT op, asked(jsonb_build_object('key', 'p', 'type', 'person', 'operator', op, 'value', '1'), '{}') AS missing,
	asked(jsonb_build_object('key', 'p', 'type', 'person', 'operator', op, 'value', '1'), '{"p": null}') AS "null",
	asked(jsonb_build_object('key', 'p', 'type', 'person', 'operator', op, 'value', '1'), '{"p": "1"}') AS same
FROM unnest('{exact,is_not,icontains,not_icontains,icontains_multi,not_icontains_multi,starts_with,not_starts_with,ends_with,not_ends_with,regex,not_regex,is_set,is_not_set,gt,gte,lt,lte,between,not_between,is_date_before,is_date_after,is_date_exact,semver_eq,semver_neq,semver_tilde,semver_caret,semver_wildcard,unknown}'::text[]) op;

-- What local evaluation and the flags service compare in different ways.
SELECT c.op, c.value, c.given, asked(f.filter, jsonb_build_object('p', c.given)) AS node, asked(f.filter, jsonb_build_object('p', c.given), '{"sdk": "server"}') AS server
FROM (VALUES ('gt', '"abc"'::jsonb, '"abd"'::jsonb), ('gt', '"5"', '"12 apples"'), ('lt', '"inf"', '7'), ('icontains', '","', '["a", "b"]'), ('icontains', '"[\"a"', '["a", "b"]'), ('exact', '"1.0"', '1.0'), ('exact', '"25"', '25'),
	('semver_eq', '"1.2.3"', '"1.2.3-rc.1"'), ('semver_eq', '"1.2.3"', '"01.2.3"'), ('semver_gte', '"1.2.3"', '"1.2.3.4"'), ('semver_caret', '"1.2"', '"1.9.0"'), ('semver_caret', '"0.2.1"', '"0.3.0"'),
	('semver_tilde', '"1.2.3"', '"1.2.9"'), ('semver_wildcard', '"1.2.*"', '"1.2.9"'), ('semver_wildcard', '"*"', '"1.2.9"'), ('semver_tilde', '"1.2.3-rc.1"', '"1.2.3-rc.2"'), ('semver_gt', '"1.2.3-rc.1"', '"1.2.3-rc.2"'),
	('is_date_after', '"2020-01-01"', '1600000000'), ('is_date_after', '"2020-01-01"', '"1600000000"'), ('is_date_before', '"-1d"', '"-2d"'), ('is_date_before', '"Jan 5, 2026"', '"1/4/2026 3:00 PM"'),
	('between', '[1, 5]', '"3"'), ('not_between', '[1, 5]', '3'), ('icontains_multi', '["x", "B"]', '"abc"'), ('regex', '"^(?!DE)"', '"FR"'), ('regex', '"(.)\\1"', '"ss"')) c(op, value, given),
	LATERAL (SELECT jsonb_build_object('key', 'p', 'operator', c.op, 'value', c.value) AS filter) f;
-- True and false as texts, and as a team that compares explicitly has it.
SELECT g AS given, asked('{"key": "p", "operator": "exact", "value": ["true"]}', jsonb_build_object('p', g)) AS version_1,
	asked('{"key": "p", "operator": "exact", "value": ["false"]}', jsonb_build_object('p', g)) AS is_false,
	asked('{"key": "p", "operator": "exact", "value": ["false"]}', jsonb_build_object('p', g), '{"property_matching_version": "2"}') AS version_2
FROM unnest(ARRAY['true', '"True"', '"yes"', 'false', '7']::jsonb[]) g;

-- What goes by device, or by who somebody was before.
SELECT * FROM ff_import('posthog', '[{"key": "device", "active": true, "bucketing_identifier": "device_id", "filters": {"groups": [{"rollout_percentage": 50}]}},
	{"key": "before", "active": true, "ensure_experience_continuity": true, "filters": {"groups": [{"rollout_percentage": 50}]}},
	{"key": "early", "active": true, "filters": {"early_exit": true, "groups": [{"rollout_percentage": 50}, {"rollout_percentage": 100}]}}]');
SELECT i, ff_is_enabled('u', 'device', jsonb_build_object('$device_id', concat('d', i))) AS device, ff_is_enabled('u', 'before', jsonb_build_object('$anon_distinct_id', concat('d', i))) AS anonymous,
	ff_is_enabled('u', 'before', jsonb_build_object('$hash_key_override', jsonb_build_object('before', concat('d', i)))) AS override, ff_is_enabled(concat('d', i), 'before') AS itself, ff_is_enabled(concat('d', i), 'early') AS early
FROM generate_series(1, 5) i;
SELECT value, reason, provider_reason FROM ff_evaluate_detail('u', 'device');

-- What is faulty is kept, and told.
SELECT * FROM ff_import('posthog', '{"flags": [
	{"key": "faulty", "active": "yes", "filters": {"groups": [{"properties": [{"key": "a", "operator": "regex", "value": "("}, {"key": "b", "operator": "like", "value": 1}, 7, {"key": "c", "type": "flag", "value": true}]},
		{"properties": "all", "rollout_percentage": "half"}], "multivariate": {"variants": [{"rollout_percentage": 50}, {"key": "v"}]}}},
	{"key": "alone", "active": true, "filters": {"groups": [{"properties": [{"key": "nowhere", "type": "flag", "operator": "flag_evaluates_to", "value": true, "dependency_chain": ["nowhere"]}]}, {}]}},
	{"key": "a", "active": true, "filters": {"groups": [{"properties": [{"key": "b", "type": "flag", "operator": "flag_evaluates_to", "value": true, "dependency_chain": []}]}]}},
	{"key": "b", "active": true, "filters": {"groups": [{"properties": [{"key": "a", "type": "flag", "operator": "flag_evaluates_to", "value": true, "dependency_chain": []}]}]}},
	{"key": "c", "active": true, "filters": {"groups": [{"properties": [{"key": "id", "type": "cohort", "value": 1}]}]}},
	{"key": "bare", "active": true}],
	"cohorts": {"1": {"type": "AND", "values": [{"key": "id", "type": "cohort", "value": 2}]}, "2": {"type": "AND", "values": [{"key": "id", "type": "cohort", "value": 1}]}, "3": {"type": "XOR"}, "4": {}}}');
SELECT f AS flag, d.value, d.reason, d.error_code, d.provider_reason FROM unnest('{faulty,alone,a,b,c,bare}'::text[]) f, ff_evaluate_detail('u', f) d;

ROLLBACK;

-- Nothing is written of what cannot be read.
SELECT ff_import('posthog', '{"features": []}');
SELECT ff_import('posthog', '{"flags": {"a": 1}}');
SELECT ff_import('posthog', '[{"key": "a"}, 7]');
SELECT ff_import('posthog', '{"results": [{"key": "a"}, {"id": 3}]}');
SELECT ff_import('posthog', '{"flags": [], "cohorts": [{"name": "x"}]}');
SELECT ff_import('posthog', '{"flags": [], "group_type_mapping": 7}');
SELECT ff_import('posthog', '[{"key": "a", "active": true}, {"key": "a", "active": true}]');
SELECT ff_import('posthog', '[]', options => '{"sdk": "ruby"}');
SELECT ff_import('posthog', '"flags"');
RESET featureflow.project;
