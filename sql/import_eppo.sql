-- Import from Eppo: the universal flag configuration, as SDKs on servers read it.
\pset format unaligned
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('from-eppo', environments => '{production}');
SET featureflow.project = 'from-eppo';
CREATE TEMP TABLE configs (name text PRIMARY KEY, config jsonb);
INSERT INTO configs VALUES ('first', '{
	"createdAt": "2026-01-01T00:00:00.000Z", "format": "SERVER", "environment": {"name": "Production"},
	"banditReferences": {"ranker": {"modelVersion": "1", "flagVariations": []}},
	"flags": {
		"new-search": {"key": "new-search", "enabled": true, "variationType": "STRING", "totalShards": 10000,
			"variations": {"control": {"key": "control", "value": "control"}, "semantic": {"key": "semantic", "value": "semantic"}},
			"allocations": [
				{"key": "staff", "rules": [{"conditions": [{"attribute": "email", "operator": "MATCHES", "value": "@example\\.com$"}]},
						{"conditions": [{"attribute": "id", "operator": "ONE_OF", "value": ["eve"]}]}],
					"splits": [{"variationKey": "semantic", "shards": []}], "doLog": false},
				{"key": "over", "endAt": "2020-01-01T00:00:00.000Z", "splits": [{"variationKey": "semantic", "shards": []}], "doLog": true},
				{"key": "experiment", "rules": [{"conditions": [{"attribute": "version", "operator": "GTE", "value": "2.1.0"}]}],
					"splits": [{"variationKey": "control", "shards": [{"salt": "a", "ranges": [{"start": 0, "end": 5000}]}]},
						{"variationKey": "semantic", "shards": [{"salt": "a", "ranges": [{"start": 5000, "end": 10000}]}], "extraLogging": {"holdout": "h1"}}], "doLog": true}]},
		"max-items": {"key": "max-items", "enabled": true, "variationType": "INTEGER", "totalShards": 10000,
			"variations": {"few": {"key": "few", "value": 5}, "half": {"key": "half", "value": 2.5}},
			"allocations": [{"key": "minors", "rules": [{"conditions": [{"attribute": "age", "operator": "LT", "value": 18}]}],
					"splits": [{"variationKey": "half", "shards": []}], "doLog": true},
				{"key": "all", "splits": [{"variationKey": "few", "shards": []}], "doLog": true}]},
		"layout": {"key": "layout", "enabled": true, "variationType": "JSON", "totalShards": 10000,
			"variations": {"wide": {"key": "wide", "value": "{\"columns\": 3}"}},
			"allocations": [{"key": "all", "splits": [{"variationKey": "wide", "shards": []}], "doLog": true}]},
		"off": {"key": "off", "enabled": false, "variationType": "BOOLEAN", "totalShards": 10000,
			"variations": {"on": {"key": "on", "value": true}}, "allocations": []}}}');

SELECT i.* FROM configs, ff_import_check('eppo', config) i WHERE name = 'first';
SELECT count(*) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'from-eppo';
SELECT i.key, i.action FROM configs, ff_import('eppo', config) i WHERE name = 'first';

-- A second time it changes nothing.
SELECT i.key, i.action FROM configs, ff_import('eppo', config) i WHERE name = 'first';
SELECT f.key, f.kind, f.variations, s.enabled FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'from-eppo' ORDER BY f.key;

-- Answers: the subject key is the user key, and the attribute id unless one is passed.
SELECT u.user_key, u.attributes, d.flag, d.value, d.variation, d.reason, d.rule, d.error_code, d.provider_reason, d.metadata
FROM (VALUES (1, 'ann', '{"email": "ann@example.com"}'::jsonb), (2, 'bob', '{"version": "2.10.0", "age": 17}'),
	(3, 'cid', '{"version": "v2.1.0-rc.1"}'), (4, 'eve', NULL), (5, 'eve', '{"id": "x"}'), (6, '', NULL)) u(place, user_key, attributes)
CROSS JOIN LATERAL ff_evaluate_all(u.user_key, u.attributes) d WHERE u.place <= 2 OR d.flag = 'new-search' ORDER BY u.place, d.flag;

-- A call for another type answers the fallback, as the SDK does.
SELECT ff_string('eve', 'new-search'), ff_number('eve', 'max-items'), ff_json('eve', 'layout'), ff_is_enabled('eve', 'off'), ff_is_enabled('eve', 'new-search', fallback => true);
SELECT value, reason, error_code, provider_reason FROM ff_evaluate_detail('eve', 'new-search', fallback => 'true');

SELECT stage, outcome, detail FROM ff_explain('bob', 'new-search', '{"version": "2.10.0"}');
SELECT stage, outcome, detail FROM ff_explain('ann', 'new-search', '{"email": "ann@example.com"}');

-- Faulty parts are kept, and told: an error when evaluation reaches them, as there.
INSERT INTO configs VALUES ('faulty', '{"flags": {
	"type": {"enabled": true, "variationType": "COLOUR"},
	"regex": {"enabled": true, "variationType": "BOOLEAN", "totalShards": 10000, "variations": {"on": {"key": "on", "value": true}}, "allocations": [
		{"key": "a", "rules": [{"conditions": [{"attribute": "email", "operator": "MATCHES", "value": "("}]}], "splits": [{"variationKey": "on", "shards": []}]},
		{"key": "b", "splits": [{"variationKey": "on", "shards": []}]}]},
	"variation": {"enabled": true, "variationType": "BOOLEAN", "totalShards": 10000, "variations": {"on": {"key": "on", "value": "true"}}, "allocations": [
		{"key": "a", "splits": [{"variationKey": "on", "shards": []}]}]},
	"time": {"enabled": true, "variationType": "BOOLEAN", "totalShards": 0, "variations": {"on": {"key": "on", "value": true}}, "allocations": [
		{"key": "a", "startAt": "soon", "splits": [{"variationKey": "on", "shards": [{"salt": "x", "ranges": [{"start": 0, "end": 10000}]}]}]},
		{"key": "b", "splits": null}]}}}');
SELECT i.key, i.action, i.note FROM configs, ff_import('eppo', config) i WHERE name = 'faulty';
SELECT d.flag, d.value, d.reason, d.error_code FROM ff_evaluate_all('ann') d WHERE d.flag IN ('type', 'regex', 'variation', 'time');
SELECT d.flag, d.value, d.reason, d.error_code FROM ff_evaluate_all('ann', '{"email": "x"}') d WHERE d.flag = 'regex';

-- What is no configuration, and what has hashed keys.
SELECT ff_import('eppo', '[]');
SELECT ff_import('eppo', '{"flags": []}');
SELECT ff_import('eppo', '{"format": "CLIENT", "flags": {}}');

RESET featureflow.project;
SELECT ff_project_delete('from-eppo', cascade => true);
