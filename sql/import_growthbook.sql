-- Moving in from GrowthBook: the payload of an SDK, and what it answers.
SELECT FROM ff_project_create('from-growthbook', environments => '{production}');
SET featureflow.project = 'from-growthbook';
SELECT * FROM ff_import('growthbook', $${
	"status": 200, "dateUpdated": "2026-03-01T10:00:00.000Z",
	"features": {
		"checkout": {"defaultValue": false, "rules": [
			{"id": "fr_staff", "condition": {"email": {"$regex": "@example\\.com$"}}, "force": true, "tracks": [{"experiment": {}, "result": {}}]},
			{"id": "fr_test", "key": "checkout-test", "condition": {"country": {"$in": ["DE", "FR"]}, "id": {"$notInGroup": "testers"}}, "coverage": 0.8,
				"hashVersion": 2, "variations": [false, true], "weights": [0.5, 0.5], "meta": [{"key": "0", "name": "Control"}, {"key": "1", "name": "New checkout"}]},
			{"id": "fr_share", "force": true, "coverage": 0.25, "seed": "share"}]},
		"banner": {"defaultValue": "none", "rules": [
			{"parentConditions": [{"id": "checkout", "condition": {"value": true}, "gate": true}]},
			{"id": "fr_big", "condition": {"cart": {"$gt": 100}}, "force": "big"},
			{"force": {"size": 2}, "condition": {"$savedGroup": {"id": "paying"}}}]},
		"größe": {"defaultValue": 10, "rules": [{"condition": {"stadt": {"$ini": ["KÖLN"]}, "version": {"$vgte": "1.2.0"}}, "force": 12}]},
		"empty": {}},
	"savedGroups": {"testers": ["t1", "t2", 3], "paying": {"type": "condition", "condition": {"plan": {"$ne": "free"}, "$not": {"$savedGroup": {"id": "closed"}}}},
		"closed": {"type": "list", "attributeKey": "company", "values": ["initech"]}}}$$);

-- By a rule, by the hash, by default; a unit only where the hash decided.
SELECT u AS user_key, d.value, d.variation, d.reason, d.rule, d.variation_index AS i, d.provider_reason ->> 'source' AS source, d.metadata #>> '{experimentResult,bucket}' AS bucket
FROM unnest('{ann,bob,cid,dan,eve,t1}'::text[]) u, ff_evaluate_detail(u, 'checkout', '{"country": "DE"}') d;
SELECT provider_reason, metadata FROM ff_evaluate_detail('ann', 'checkout', '{"country": "DE"}');
SELECT stage, outcome, detail FROM ff_explain('ann', 'banner', '{"email": "ann@example.com", "cart": "101", "plan": "pro"}');

-- What a flag depends on, and saved groups, as lists and as conditions.
SELECT a AS attributes, d.value, d.reason, d.provider_reason ->> 'source' AS source FROM unnest('{
	"{\"plan\": \"pro\"}", "{\"email\": \"a@example.com\", \"cart\": \"101\"}", "{\"email\": \"a@example.com\", \"plan\": \"pro\"}",
	"{\"email\": \"a@example.com\", \"plan\": \"pro\", \"company\": \"initech\"}"}'::jsonb[]) a, ff_evaluate_detail('u', 'banner', a) d;

-- Typed calls; null is the caller's fallback.
SELECT ff_number('u', 'größe', '{"stadt": "köln", "version": "v1.10"}'), ff_number('u', 'größe', '{"stadt": "Bonn"}'), ff_string('u', 'größe', fallback => 'text'),
	ff_is_enabled('u', 'größe'), ff_evaluate('u', 'empty'), ff_json('u', 'empty', fallback => '[]');

-- Text compares and counts as ECMAScript has it.
CREATE FUNCTION pg_temp.meets(condition jsonb, attributes jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_import('growthbook', jsonb_build_object('features', jsonb_build_object('asked',
		jsonb_build_object('defaultValue', false, 'rules', jsonb_build_array(jsonb_build_object('condition', condition, 'force', true))))));
	RETURN ff_evaluate('u', 'asked', attributes);
END;
$$;
SELECT c AS condition, pg_temp.meets(c, '{"n": "8", "list": [1, "a"], "o": {"x": null}, "t": "10.0"}')
FROM unnest('{"{\"n\": {\"$gt\": 7}}", "{\"n\": {\"$gt\": \"10\"}}", "{\"n\": 8}", "{\"t\": {\"$eq\": 10}}", "{\"t\": \"10\"}", "{\"missing\": 0}", "{\"list\": \"1,a\"}", "{\"o\": \"[object Object]\"}",
	"{\"o.x\": null}", "{\"list.length\": 2}", "{\"list\": {\"$elemMatch\": {\"$eq\": \"a\"}}}", "{\"missing\": {\"$regex\": \"^null$\"}}"}'::jsonb[]) c;

-- Sticky buckets come with the attributes, and go back with the answer.
SELECT * FROM ff_import('growthbook', '{"features": {"sticky": {"defaultValue": "none", "rules": [{"key": "exp", "variations": ["a", "b"], "meta": [{"key": "0"}, {"key": "1"}],
	"fallbackAttribute": "device", "bucketVersion": 1, "minBucketVersion": 1}]}}}');
SELECT d.value, d.metadata -> 'experimentResult' -> 'stickyBucketUsed' AS used, d.metadata -> 'stickyBucketAssignmentDocs' AS documents FROM unnest(ARRAY[
	'{"device": "d1", "$growthbook": {"stickyBucketAssignmentDocs": {}}}',
	'{"id": "u1", "device": "d1", "$growthbook": {"stickyBucketAssignmentDocs": {"device||d1": {"attributeName": "device", "attributeValue": "d1", "assignments": {"exp__1": "1"}}}}}',
	'{"id": "u1", "$growthbook": {"stickyBucketAssignmentDocs": {"id||u1": {"attributeName": "id", "attributeValue": "u1", "assignments": {"exp__0": "1"}}}}}',
	'{"device": "d1"}']::jsonb[]) a, ff_evaluate_detail(NULL, 'sticky', a) d;
SELECT d.value, d.reason, d.metadata #> '{experimentResult,hashUsed}' AS hashed
FROM ff_evaluate_detail('u1', 'sticky', '{"$growthbook": {"forcedVariations": {"exp": 0}}}') d;

-- The user key stands for the attribute id, or for another; what hashes UTF-8.
SELECT * FROM ff_import('growthbook', '{"features": {"sticky": {"defaultValue": "none", "rules": [{"key": "exp", "hashAttribute": "userId", "variations": ["a", "b"]}]}}}',
	options => '{"user_attribute": "userId", "sdk": "utf8"}');
SELECT u AS user_key, ff_evaluate(u, 'sticky'), round(ff_bucket_value('exp', u, 'growthbook-v1-utf8')::numeric, 3) AS utf8, round(ff_bucket_value('exp', u, 'growthbook-v1')::numeric, 3) AS js
FROM unnest('{é,ü,ñ,u1}'::text[]) u;

-- Experiments of the payload that are no rule; those of web pages stay there.
SELECT * FROM ff_import('growthbook', '{"features": {}, "experiments": [
	{"key": "alone", "variations": ["a", "b"], "coverage": 0, "phase": "0"}, {"key": "page", "variations": [{}, {"css": "x"}], "urlPatterns": [{"pattern": "/", "type": "simple"}]}]}');
SELECT value, reason, provider_reason, metadata FROM ff_evaluate_detail('u1', 'alone');

-- The same again changes nothing; for whom there is no rule any more, the default.
SELECT * FROM ff_import('growthbook', '{"features": {"größe": {"defaultValue": 10, "rules": [{"condition": {"stadt": {"$ini": ["KÖLN"]}, "version": {"$vgte": "1.2.0"}}, "force": 12}]}},
	"savedGroups": {"testers": ["t1", "t2", 3]}}');
SELECT * FROM ff_import_check('growthbook', '{"features": {"größe": {"defaultValue": 10}}, "savedGroups": {"testers": []}}');

-- What is faulty is kept, noted, and answers as there: an error where the SDK raises one.
SELECT * FROM ff_import('growthbook', $${"features": {
	"operator": {"defaultValue": false, "rules": [{"force": true, "condition": {"a": {"$regx": "x"}}}, {"force": true, "condition": {"a": {"$regex": "("}}}]},
	"raises": {"defaultValue": false, "rules": [{"force": true, "condition": {"$or": null}}]},
	"meta": {"defaultValue": 0, "rules": [{"variations": [1, 2], "meta": [{"key": "0"}], "weights": [1, 0, 0]}]},
	"nothing": null,
	"cycle": {"defaultValue": 1, "rules": [{"parentConditions": [{"id": "back"}], "force": 2}]},
	"back": {"defaultValue": 1, "rules": [{"parentConditions": [{"id": "cycle"}], "force": 2}]}},
	"savedGroups": {"odd": 5}}$$);
SELECT d.flag, d.value, d.reason, d.error_code, d.rule, d.provider_reason FROM unnest('{operator,raises,meta,nothing,cycle}'::text[]) f, ff_evaluate_detail('u1', f) d;

-- What cannot be read.
\set SHOW_CONTEXT never
SELECT ff_import('growthbook', '[]');
SELECT ff_import('growthbook', '{"flags": {}}');
SELECT ff_import('growthbook', '{"features": []}');
SELECT ff_import('growthbook', '{"features": 5}');
SELECT ff_import('growthbook', '{"features": {}, "savedGroups": []}');
SELECT ff_import('growthbook', '{"features": {}, "experiments": {}}');
SELECT ff_import('growthbook', '{"features": {}, "encryptedFeatures": "vMSg2Bj=.hZ1="}');
SELECT ff_import('growthbook', '{"features": {}}', options => '{"sdk": "java"}');
SELECT ff_import('growthbook', '{"features": {}}', options => '{"user_attribute": 5}');
\set VERBOSITY terse
SELECT ff_import('growthbook', jsonb_build_object('features', jsonb_build_object('deep', jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('force', 1,
	'condition', (repeat('{"$not": ', 150) || '{}' || repeat('}', 150))::jsonb))))));
RESET featureflow.project;
SELECT ff_project_delete('from-growthbook', cascade => true);
