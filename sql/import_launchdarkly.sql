-- Moving in from LaunchDarkly: what is imported, and that it answers as there.
\pset null (null)
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('import_launchdarkly', environments => '{production,staging}');
SET featureflow.project = 'import_launchdarkly';
SET featureflow.environment = 'production';

-- What an SDK reads: flags and segments by key.
\set payload '{"flags": {"checkout": {"key": "checkout", "version": 7, "on": true, "salt": "abc", "variations": [true, false], "offVariation": 1, "fallthrough": {"variation": 1}, "targets": [{"values": ["ann"], "variation": 0}], "rules": [{"id": "rule-eu", "clauses": [{"contextKind": "user", "attribute": "/address/country", "op": "in", "values": ["DE", "FR"]}], "rollout": {"contextKind": "user", "variations": [{"variation": 0, "weight": 60000}, {"variation": 1, "weight": 40000}]}}, {"id": "rule-beta", "variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["beta"]}]}]}, "theme": {"key": "theme", "on": true, "salt": "def", "variations": ["light", "dark", {"a": 1}], "offVariation": 0, "prerequisites": [{"key": "checkout", "variation": 0}], "fallthrough": {"rollout": {"kind": "experiment", "seed": 61, "variations": [{"variation": 0, "weight": 10000}, {"variation": 1, "weight": 90000}]}}}, "off": {"key": "off", "on": false, "variations": ["a", "b"], "salt": "ghi"}, "gone": {"key": "gone", "deleted": true, "version": 3}}, "segments": {"beta": {"key": "beta", "salt": "s", "included": ["bea"], "excluded": ["eve"], "rules": [{"clauses": [{"attribute": "version", "op": "semVerGreaterThan", "values": ["2.1"]}]}]}}}'
SELECT * FROM ff_import_check('launchdarkly', :'payload');
SELECT * FROM ff_import('launchdarkly', :'payload');
SELECT * FROM ff_import('launchdarkly', :'payload');
SELECT key, kind, dialect, name, variations FROM ff.flags WHERE dialect = 'launchdarkly' ORDER BY key;

-- The reason is LaunchDarkly's, the rest is OpenFeature's.
SELECT u, f, value, variation_index, reason, rule, provider_reason
FROM (VALUES ('ann', 'checkout', NULL), ('carl', 'checkout', '{"address": {"country": "DE"}}'), ('userKeyA', 'checkout', '{"address": {"country": "DE"}}'),
	('bea', 'checkout', NULL), ('eve', 'checkout', '{"version": "3"}'), ('dan', 'checkout', '{"version": "2.2.0-rc"}'), ('dan', 'checkout', '{"version": 3}'),
	('ann', 'theme', NULL), ('carl', 'theme', NULL), ('ann', 'off', NULL)) c(u, f, a), ff_evaluate_detail(u, f, a::jsonb) d;

-- A context of any shape: one kind, several, a user from before there were kinds, none.
SELECT a AS attributes, value, provider_reason FROM (VALUES
	('{"kind": "user", "key": "x", "address": {"country": "FR"}, "version": "9"}'),
	('{"kind": "multi", "user": {"key": "bea"}, "org": {"key": "o"}}'),
	('{"kind": "org", "key": "bea"}'),
	('{"key": "x", "custom": {"version": "9"}, "version": "0"}'),
	('{"kind": "multi"}'), ('{"kind": 5, "key": "x"}'), (NULL)) c(a), ff_evaluate_detail(NULL, 'checkout', a::jsonb) d;

-- Typed calls answer WRONG_TYPE where LaunchDarkly does, else the value of that type.
SELECT ff_is_enabled('ann', 'checkout'), ff_string('ann', 'theme', fallback => 'none'), ff_number('ann', 'theme', fallback => -1);
SELECT value, reason, error_code, provider_reason FROM ff_evaluate_detail('ann', 'theme', fallback => '-1');
SELECT step, outcome, detail FROM ff_explain('carl', 'theme', '{"address": {"country": "DE"}}');

-- A list of flags of the REST API tells of many environments: one is chosen.
\set listed '{"items": [{"key": "listed", "name": "A listed flag", "kind": "boolean", "description": "of the API", "tags": ["web"], "variations": [{"_id": "v1", "value": true, "name": "yes"}, {"_id": "v2", "value": false}], "_maintainer": {"email": "somebody@example.com"}, "environments": {"production": {"on": true, "salt": "abc", "offVariation": 1, "fallthrough": {"variation": 1}, "_site": {"href": "/"}, "rules": [{"_id": "r1", "ref": "x", "variation": 0, "clauses": [{"_id": "c1", "attribute": "country", "op": "in", "values": ["DE"], "contextKind": "user", "negate": false}]}]}, "test": {"on": false, "offVariation": 0, "fallthrough": {"variation": 0}}}}, {"key": "elsewhere", "variations": [{"value": 1}], "environments": {"test": {"on": true, "fallthrough": {"variation": 0}}}}, {"key": "archived", "archived": true, "variations": [], "environments": {}}]}'
SELECT * FROM ff_import('launchdarkly', :'listed');
SELECT name, description, tags FROM ff.flags WHERE key = 'listed';
SELECT jsonb_pretty(rules) FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'listed' AND e.key = 'production';
SELECT value, provider_reason FROM ff_evaluate_detail('u', 'listed', '{"country": "DE"}');
SELECT * FROM ff_import('launchdarkly', :'listed', 'staging');
SELECT * FROM ff_import('launchdarkly', :'listed', 'staging', '{"environment": "test"}');
SELECT value, provider_reason FROM ff_evaluate_detail('u', 'listed', '{"country": "DE"}', 'staging');

-- A list of segments; the event put of the stream; one flag alone.
SELECT * FROM ff_import('launchdarkly', '{"items": [{"key": "listed-segment", "included": ["u"], "rules": [{"_id": "x", "clauses": [], "weight": 50000}]}]}');
SELECT * FROM ff_import('launchdarkly', '{"path": "/", "data": {"flags": {"streamed": {"key": "streamed", "on": true, "variations": [1], "fallthrough": {"variation": 0}}}, "segments": {}}}');
SELECT * FROM ff_import('launchdarkly', '{"key": "alone", "variations": [{"value": "a"}], "environments": {"x": {"on": true, "fallthrough": {"variation": 0}}}}');

-- What is faulty answers as it does there, and a note tells it.
\set faulty '{"flags": {"faulty": {"key": "faulty", "on": true, "variations": [1], "offVariation": 7, "fallthrough": {"rollout": {"variations": [{"variation": 3, "weight": 5}]}}, "rules": [{"clauses": [{"attribute": "a", "op": "matches", "values": ["("]}, {"attribute": "b", "op": "resembles", "values": [1]}], "variation": 0}, {"clauses": [{"contextKind": "user", "attribute": "//", "op": "in", "values": []}], "variation": 0}]}, "loop-a": {"key": "loop-a", "on": true, "variations": [1], "fallthrough": {"variation": 0}, "prerequisites": [{"key": "loop-b", "variation": 0}]}, "loop-b": {"key": "loop-b", "on": true, "variations": [1], "fallthrough": {"variation": 0}, "prerequisites": [{"key": "loop-a", "variation": 0}]}, "big": {"key": "big", "on": true, "variations": [1, 2], "fallthrough": {"variation": 1}, "rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["many", "unknown"]}]}]}}, "segments": {"many": {"key": "many", "unbounded": true, "generation": 2}}}'
SELECT * FROM ff_import('launchdarkly', :'faulty');
SELECT f, value, reason, error_code, provider_reason FROM unnest(ARRAY['faulty', 'loop-a', 'big']) f, ff_evaluate_detail('u', f, fallback => '0') d;

-- Numbers are doubles, however many digits they have; all others differ by type.
\set numbers '{"flags": {"numbers": {"key": "numbers", "on": true, "variations": [true, false], "fallthrough": {"variation": 1}, "rules": [{"variation": 0, "clauses": [{"attribute": "n", "op": "in", "values": [9007199254740992, 0.1, 1e400]}]}]}}}'
SELECT action, note FROM ff_import('launchdarkly', :'numbers');
SELECT n, ff_is_enabled('u', 'numbers', jsonb_build_object('n', n::jsonb)) FROM unnest(ARRAY['9007199254740993', '9007199254740994', '0.1000000000000000055', '0.10', '0.1000000001',
	'2e400', '-2e400', '"0.1"', 'true', '[5, 0.1]', '[[0.1]]', 'null']) n;

-- The memberships of a big segment: the list of a segment that is named as LaunchDarkly's store names it.
SELECT FROM ff_segment_create('many.g2');
SELECT ff_segment_add('many.g2', '{u,org-1}');
SELECT a AS attributes, value, provider_reason FROM unnest(ARRAY[NULL, '{"kind": "user", "key": "v"}', '{"kind": "multi", "user": {"key": "u"}, "org": {"key": "o"}}',
	'{"kind": "org", "key": "u"}']) a, ff_evaluate_detail('u', 'big', a::jsonb) d;

-- The option sdk: go takes seed 0 for one, and null for nothing (import_launchdarkly_sdks has all of it).
\set apart '{"flags": {"apart": {"key": "apart", "on": true, "salt": "s", "variations": ["in", "a", "b"], "rules": [{"id": "r", "variation": 0, "clauses": [{"attribute": "list", "op": "in", "values": [null]}]}], "fallthrough": {"rollout": {"seed": 0, "variations": [{"variation": 1, "weight": 50000}, {"variation": 2, "weight": 50000}]}}}}}'
SELECT action FROM ff_import('launchdarkly', :'apart');
SELECT array_agg(ff_string(u, 'apart') ORDER BY u) AS js, ff_string('u', 'apart', '{"list": [null]}') FROM unnest('{u1,u2,u3,u4,u5,u6}'::text[]) u;
SELECT action FROM ff_import('launchdarkly', :'apart', options => '{"sdk": "go"}');
SELECT array_agg(ff_string(u, 'apart') ORDER BY u) AS go, ff_string('u', 'apart', '{"list": [null]}') FROM unnest('{u1,u2,u3,u4,u5,u6}'::text[]) u;
SELECT * FROM ff_import('launchdarkly', :'apart', options => '{"sdk": "rust"}');

-- Bad shapes, with the path; nothing is written.
CREATE FUNCTION pg_temp.refused(config jsonb, options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	place text;
	hint text;
BEGIN
	PERFORM ff_import('launchdarkly', config, options => options);
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS place = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(place, ''), nullif(hint, ''));
END $$;
SELECT c AS config, pg_temp.refused(c::jsonb) FROM unnest(ARRAY['5', '[]', '{}', 'null', '{"flags": 5}', '{"flags": {"a": 5}}', '{"flags": [{"variations": []}]}',
	'{"data": {"flags": {"a": []}}}', '{"segments": {"a": null}}', '{"items": {}}', '{"items": [5]}', '{"items": [{"key": 5, "environments": {}}]}',
	'{"items": [{"key": "a", "environments": {"x": {}, "y": {}}}]}', '{"items": [{"key": "a", "environments": {"x": {}}}, {"key": "a", "environments": {"x": {}}}]}',
	'{"flags": {"": {}}}']) c;
SELECT pg_temp.refused(:'listed', '{"environment": "nowhere"}');
SELECT FROM ff_flag_create('native');
SELECT pg_temp.refused('{"flags": {"native": {"on": true, "variations": []}}}');
SELECT count(*) FROM ff.flags WHERE key IN ('a', '');
RESET featureflow.project;
RESET featureflow.environment;
SELECT ff_project_delete('import_launchdarkly', cascade => true);
