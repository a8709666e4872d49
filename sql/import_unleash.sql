-- UTF-8 only
-- Moving in from Unleash: features, events and exports, and what they answer.
SELECT FROM ff_project_create('from-unleash', environments => '{production}');
SET featureflow.project = 'from-unleash';
SELECT * FROM ff_import('unleash', $${
	"version": 2,
	"features": [
		{"name": "checkout", "description": "New checkout", "enabled": true, "type": "release", "lastSeenAt": "2026-03-01T10:00:00Z",
			"strategies": [
				{"name": "flexibleRollout", "parameters": {"rollout": "50", "stickiness": "default", "groupId": "checkout"},
					"constraints": [{"contextName": "country", "operator": "IN", "values": ["DE", "FR"]}], "segments": [1], "variants": []},
				{"name": "userWithId", "parameters": {"userIds": "ann, bob"}, "variants": [
					{"name": "blue", "weight": 1000, "payload": {"type": "string", "value": "friend"}}]}],
			"variants": [
				{"name": "blue", "weight": 500, "payload": {"type": "json", "value": "{\"color\": \"#00f\"}"}},
				{"name": "green", "weight": 500, "overrides": [{"contextName": "userId", "values": ["bob"]}]}]},
		{"name": "receipt", "enabled": true, "strategies": [], "dependencies": [{"feature": "checkout", "variants": ["blue"]}]},
		{"name": "größe", "enabled": true, "strategies": [
			{"name": "default", "constraints": [{"contextName": "stadt", "operator": "STR_CONTAINS", "values": ["KÖLN"], "caseInsensitive": true}]}]},
		{"name": "limit", "enabled": false, "strategies": [{"name": "default"}], "variants": [
			{"name": "low", "weight": 1, "payload": {"type": "number", "value": "10"}}, {"name": "high", "weight": 1, "payload": {"type": "csv", "value": "1,2"}}]}],
	"segments": [{"id": 1, "name": "paying", "constraints": [{"contextName": "plan", "operator": "IN", "values": ["free"], "inverted": true}]}]}$$);

-- On by a share of those that its constraints are for, or by name; then the variant.
SELECT u AS user_key, d.value, d.variation, d.reason, d.rule, ff_is_enabled(u, 'receipt', a) AS receipt, d.metadata
FROM unnest('{user-1,user-2,user-3,user-4,ann,bob}'::text[]) u, jsonb_build_object('country', 'DE', 'properties', jsonb_build_object('plan', 'pro')) a,
	ff_evaluate_detail(u, 'checkout', a) d;
SELECT stage, outcome, detail FROM ff_explain('user-2', 'receipt', '{"country": "FR"}');
SELECT ff_is_enabled('u', 'größe', '{"stadt": "in Köln"}') AS "Köln", ff_is_enabled('u', 'größe', '{"stadt": "Bonn"}') AS "Bonn";

-- Where no variant is served, who asks for a type gets the fallback; who asks for
-- another type than the variant's does as well, and is told.
SELECT ff_evaluate('u', 'limit'), ff_is_enabled('u', 'limit'), ff_number('u', 'limit', fallback => 7), ff_string('u', 'limit', fallback => 'none');
SELECT ff_flag_enable('limit');
SELECT u AS user_key, ff_number(u, 'limit', fallback => 7), ff_string(u, 'limit', fallback => 'none'), d.value, d.reason, d.error_code
FROM generate_series(1, 4) i, concat('user-', i) u, ff_evaluate_detail(u, 'limit', fallback => '"none"') d;

-- The same again changes nothing; what is kept does not hold what changes by itself.
SELECT ff_flag_disable('limit');
SELECT i.action, count(*) FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id,
	LATERAL ff_import_check('unleash', jsonb_build_object('features', jsonb_build_array(s.rules #> '{0,flag}' || jsonb_build_object('enabled', s.enabled)))) i
WHERE e.key = 'production' GROUP BY 1;
SELECT s.rules #> '{0,flag,lastSeenAt}' IS NULL AS dropped, s.rules #> '{0,places}' AS places, s.rules #> '{0,variations}' AS variations
FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id WHERE f.key = 'checkout' AND e.key = 'production';

-- Events, in order; without hydration, what was removed there stays here.
SELECT * FROM ff_import('unleash', '{"events": [
	{"eventId": 1, "type": "feature-updated", "feature": {"name": "search", "enabled": true, "strategies": [{"name": "default", "segments": [2]}]}},
	{"eventId": 2, "type": "segment-updated", "segment": {"id": 2, "name": "all", "constraints": []}},
	{"eventId": 3, "type": "feature-removed", "featureName": "limit"},
	{"eventId": 4, "type": "feature-updated", "feature": {"name": "search", "enabled": false, "strategies": []}}]}');
SELECT * FROM ff_import_check('unleash', '{"events": [
	{"eventId": 1, "type": "feature-updated", "feature": {"name": "old", "enabled": true, "strategies": []}},
	{"eventId": 2, "type": "hydration", "features": [{"name": "search", "enabled": true, "strategies": []}, {"name": "gone", "enabled": true, "strategies": []}], "segments": [{"id": 2, "constraints": []}]},
	{"eventId": 3, "type": "feature-removed", "featureName": "gone"}]}');

-- An export: strategies in their order, disabled ones left out.
SELECT * FROM ff_import('unleash', '{
	"features": [{"name": "banner", "project": "default", "type": "release", "description": "A banner"}, {"name": "attic", "archived": true}],
	"featureStrategies": [
		{"name": "default", "id": "s-3", "featureName": "banner", "sortOrder": 3, "parameters": {}, "constraints": [], "disabled": true},
		{"name": "flexibleRollout", "id": "s-2", "title": "Everybody", "featureName": "banner", "sortOrder": 2, "parameters": {"rollout": "100", "stickiness": "default", "groupId": "banner"}, "constraints": [], "segments": [], "variants": []},
		{"name": "default", "id": "s-1", "featureName": "banner", "sortOrder": 1, "parameters": {}, "constraints": [{"contextName": "appVersion", "operator": "SEMVER_GTE", "value": "2.0.0"}], "segments": [9], "variants": []}],
	"featureEnvironments": [{"name": "banner", "featureName": "banner", "environment": "production", "enabled": true, "variants": []}],
	"featureTags": [{"featureName": "banner", "tagType": "simple", "tagValue": "web"}],
	"segments": [{"id": 9, "name": "staff"}], "tagTypes": [], "contextFields": [],
	"dependencies": [{"feature": "banner", "dependencies": [{"feature": "checkout", "enabled": false}]}]}');
SELECT d.value, d.reason, d.rule FROM ff_evaluate_detail('user-9', 'banner', '{"appVersion": "2.1.0"}') d;
SELECT description, tags FROM ff.flags WHERE key = 'banner';

-- What is faulty is kept as it answers there, and told.
SELECT * FROM ff_import('unleash', '{"features": [{"name": "faulty", "enabled": true, "strategies": [
	{"name": "ours"},
	{"name": "default", "constraints": [{"contextName": "a", "operator": "REGEX", "value": "(?=b)"}]},
	{"name": "default", "constraints": [{"contextName": "a", "operator": "NUM_GT", "value": "many"}]},
	{"name": "default", "constraints": [{"contextName": "a", "operator": "LIKE", "values": ["b"], "inverted": true}]},
	{"name": "default", "segments": [404]},
	{"name": "flexibleRollout", "parameters": {"rollout": "33.3"}}]},
	{"name": "loop", "enabled": true, "strategies": [], "dependencies": [{"feature": "loop"}]}]}');
SELECT d.flag, d.value, d.reason, d.error_code FROM unnest('{faulty,loop}'::text[]) f, ff_evaluate_detail('u', f, '{"a": "b"}') d;

-- The Node SDK: a share with decimals, and text beyond ASCII by its low bytes.
SELECT i.action, i.note FROM unnest('{yggdrasil,node}'::text[]) sdk, unnest('{40,40.5}'::text[]) share, ff_import('unleash',
	jsonb_build_object('features', jsonb_build_array(jsonb_build_object('name', sdk || '-' || share, 'enabled', true, 'strategies',
		jsonb_build_array(jsonb_build_object('name', 'flexibleRollout', 'parameters', jsonb_build_object('rollout', share, 'groupId', 'g', 'stickiness', 'userId')))))),
	options => jsonb_build_object('sdk', sdk)) i;
SELECT u AS user_key, ff_bucket('g', u, 'unleash') AS utf8, ff_is_enabled(u, 'yggdrasil-40') AS "40", ff_is_enabled(u, 'yggdrasil-40.5') AS "40.5",
	ff_bucket('g', u, 'unleash-node') AS node, ff_is_enabled(u, 'node-40') AS "40", ff_is_enabled(u, 'node-40.5') AS "40.5"
FROM unnest('{é,日本,u1,u2,u3}'::text[]) u;

-- Addresses of both versions, but not by the Node SDK's strategy.
SELECT FROM unnest('{yggdrasil,node}'::text[]) sdk, ff_import('unleash', jsonb_build_object('features', jsonb_build_array(jsonb_build_object('name', 'office-' || sdk, 'enabled', true,
	'strategies', '[{"name": "remoteAddress", "parameters": {"IPs": "10.0.0.0/8, 2001:db8::/32"}}]'::jsonb))), options => jsonb_build_object('sdk', sdk));
SELECT ip, ff_is_enabled('u', 'office-yggdrasil', jsonb_build_object('remoteAddress', ip)) AS yggdrasil, ff_is_enabled('u', 'office-node', jsonb_build_object('remoteAddress', ip)) AS node
FROM unnest('{10.1.2.3,11.1.2.3,2001:db8::7,2001:db9::7}'::text[]) ip;

-- Where there is nothing to go by, chance decides each time.
SELECT * FROM ff_import('unleash', '{"features": [{"name": "coin", "enabled": true, "strategies": [{"name": "flexibleRollout", "parameters": {"rollout": "50", "groupId": "g", "stickiness": "random"}}]}]}');
SELECT count(*) FILTER (WHERE ff_is_enabled('u', 'coin')) BETWEEN 400 AND 600 AS fair, count(*) FILTER (WHERE d.reason = 'SPLIT') AS splits
FROM generate_series(1, 1000), ff_evaluate_detail('u', 'coin') d;

-- Bad input.
\set SHOW_CONTEXT never
SELECT * FROM ff_import('unleash', '[]');
SELECT * FROM ff_import('unleash', '{"features": {}}');
SELECT * FROM ff_import('unleash', '{"features": [{"name": "a", "strategies": []}, {"title": "b"}]}');
SELECT * FROM ff_import('unleash', '{"features": [7]}');
SELECT * FROM ff_import('unleash', '{"features": [], "segments": [{"name": "s"}]}');
SELECT * FROM ff_import('unleash', '{"events": [{"type": "hydration", "features": [{"name": "a"}, {}]}]}');
SELECT * FROM ff_import('unleash', '{"events": [{"type": "feature-updated"}]}');
SELECT * FROM ff_import('unleash', '{"features": [{"name": "a", "strategies": []}, {"name": "a", "strategies": []}]}');
SELECT * FROM ff_import('unleash', '{"features": []}', options => '{"sdk": "php"}');
SELECT * FROM ff_import('unleash', format('{"features": [{"name": "long", "enabled": true, "strategies": [], "variants": [{"name": "%s", "weight": 1}]}]}', repeat('é', 200))::jsonb);
RESET featureflow.project;
SELECT ff_project_delete('from-unleash', cascade => true);
