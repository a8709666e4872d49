-- What LaunchDarkly's SDKs disagree in: the same clause by option sdk.
\pset null (null)
SELECT FROM ff_project_create('import_launchdarkly_sdks', environments => '{js,go}');
SET featureflow.project = 'import_launchdarkly_sdks';

-- Answers of one flag in both environments, where it is imported for either SDK.
CREATE FUNCTION pg_temp.both(flag jsonb, attributes jsonb, segments jsonb DEFAULT '{}', OUT js text, OUT go text) LANGUAGE plpgsql AS $$
DECLARE
	config jsonb := jsonb_build_object('segments', segments, 'flags', jsonb_build_object('f',
		'{"key": "f", "on": true, "salt": "s", "variations": ["yes", "no", "a", "b"], "fallthrough": {"variation": 1}}' || flag));
BEGIN
	PERFORM ff_import('launchdarkly', config, 'js', '{"sdk": "js"}'), ff_import('launchdarkly', config, 'go', '{"sdk": "go"}');
	SELECT coalesce(d.value #>> '{}', d.provider_reason ->> 'errorKind') INTO js FROM ff_evaluate_detail('u', 'f', attributes, 'js') d;
	SELECT coalesce(d.value #>> '{}', d.provider_reason ->> 'errorKind') INTO go FROM ff_evaluate_detail('u', 'f', attributes, 'go') d;
END $$;
CREATE FUNCTION pg_temp.clause(op text, constant jsonb, attribute jsonb, OUT js text, OUT go text) LANGUAGE sql AS $$
	SELECT js, go FROM pg_temp.both(jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('variation', 0, 'clauses', jsonb_build_array(
		jsonb_build_object('contextKind', 'user', 'attribute', 'x', 'op', op, 'values', jsonb_build_array(constant)))))), jsonb_build_object('x', attribute));
$$;

-- Values of "in": null is one to js alone, arrays and objects to neither.
SELECT c.*, pg_temp.clause('in', constant::jsonb, attribute::jsonb) FROM (VALUES ('["a"]', '[["a"]]'), ('{"a": 1}', '{"a": 1.0}'), ('{"a": 1}', '{"a": 2}'), ('"a"', '"a"'), ('1', '1.0'), ('null', '[null]')) c(constant, attribute);
-- Regular expressions.
SELECT c.*, pg_temp.clause('matches', to_jsonb(constant), to_jsonb(attribute)) FROM (VALUES ('(?i)abc', 'ABC'), ('a(?=b)', 'ab'), ('(a)\1', 'aa'), ('^a\z', 'a'), ('^a$', 'a'), ('a.c', E'a\nc'), ('[[:alpha:]]', 'b'), ('(', '(')) c(constant, attribute);
-- Dates: after 2017-12-06T07:00:00Z.
SELECT c.*, pg_temp.clause('after', '"2017-12-06T07:00:00Z"', to_jsonb(attribute)) FROM (VALUES ('2017-12-06T07:00:00.0005Z'), ('2017-12-06T07:00:00.001Z'), ('2017-12-06T24:00:00Z'), ('2018-02-30T00:00:00Z'),
	('2018-02-28T00:00:00Z'), ('2018-01-01T00:00:00-0700'), ('2018-01-01T00:00:00-07:00'), ('2018-01-01T00:00:00-07'), ('2018-01-01T00:00:00'), ('2018-13-01T00:00:00Z'),
	('2018-01-01t00:00:00z'), ('2018-01-01T00:00:00Zx'), ('2018-01-01T0:00:00Z'), ('2018-01-01T00:00:60Z'), ('2018-01-01T00:00:00+99:00'), ('2018-01-01T00:00:00.0123456789Z'), ('2017-12-06T07:00:00.000000001Z')) c(attribute);
SELECT pg_temp.clause('after', '"0001-01-01T00:00:00Z"', '"2018-01-01T00:00:00Z"');
SELECT c.*, pg_temp.clause('after', '1512543600000', attribute::jsonb) FROM (VALUES ('1512543600000.5'), ('1512543600001'), ('1e300'), ('-1e300'), ('9300000000000'), ('18446744073709')) c(attribute);
-- Versions.
SELECT c.*, pg_temp.clause('semVerEqual', '"2.0.0"', to_jsonb(attribute)) FROM (VALUES ('2'), ('2.0.0 '), (' 2.0.0'), (' v2.0.0'), (' 2'), ('v2'), ('2.0.0+b'), ('02')) c(attribute);
SELECT pg_temp.clause('semVerGreaterThan', '"2"', '"9007199254740992.0.0"');

-- A malformed clause: go stops at it, js forgets it at the next one.
SELECT pg_temp.both('{"rules": [{"variation": 0, "clauses": [{"contextKind": "user", "attribute": "//", "op": "in", "values": []}, {"attribute": "key", "op": "in", "values": ["u"]}]}]}', NULL);
SELECT pg_temp.both('{"rules": [{"variation": 0, "clauses": [{"attribute": "key", "op": "in", "values": ["u"]}, {"contextKind": "user", "attribute": "//", "op": "in", "values": []}]}]}', NULL);
SELECT pg_temp.both('{"rules": [{"variation": 0, "clauses": [{"contextKind": "user", "attribute": "/x/", "op": "in", "values": [1]}]}]}', '{"x": {"": 1}}');
SELECT pg_temp.both('{"rules": [{"variation": 0}]}', NULL);
SELECT n AS attribute, pg_temp.both(jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('variation', 0, 'clauses', jsonb_build_array(jsonb_build_object(
	'contextKind', 'user', 'attribute', n, 'op', 'in', 'values', '[1]'::jsonb))))), '{"a//b": 1, "a~": 1, "a": 1, "/x": 1, "~1x": 1, "_meta": 1}') FROM unnest('{a,a//b,a~,/~1x,/a~,_meta}'::text[]) n;
SELECT k AS kind, pg_temp.both(jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('variation', 0, 'clauses', jsonb_build_array(jsonb_build_object(
	'contextKind', k, 'attribute', 'key', 'op', 'in', 'values', '["u"]'::jsonb))))), NULL) FROM unnest('{user,"",org}'::text[]) k;

-- A prerequisite that serves what is not there; users among targets of contexts.
CREATE FUNCTION pg_temp.add(flag jsonb) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM unnest('{js,go}'::text[]) s, ff_import('launchdarkly', jsonb_build_object('flags', jsonb_build_object(flag ->> 'key', flag)), s, jsonb_build_object('sdk', s));
$$;
SELECT pg_temp.add('{"key": "broken", "on": true, "variations": [1], "fallthrough": {"variation": 5}}'),
	pg_temp.add('{"key": "stopped", "on": true, "variations": [1], "fallthrough": {"variation": 0}, "rules": [{"variation": 0, "clauses": [{"contextKind": "user", "attribute": "//", "op": "in", "values": []}]}]}');
SELECT p AS prerequisite, pg_temp.both(jsonb_build_object('offVariation', 3, 'prerequisites', jsonb_build_array(jsonb_build_object('key', p, 'variation', 0))), NULL) FROM unnest('{broken,stopped,missing}'::text[]) p;
SELECT pg_temp.both('{"targets": [{"variation": 2, "values": ["u"]}], "contextTargets": [{"contextKind": "user", "variation": 2, "values": ["v"]}]}', NULL),
	pg_temp.both('{"targets": [{"variation": 2, "values": ["u"]}], "contextTargets": [{"contextKind": "user", "variation": 2, "values": []}]}', NULL);

-- Seed 0, a seed that is text, whole numbers that are not written as such.
SELECT pg_temp.both(jsonb_build_object('fallthrough', jsonb_build_object('rollout', jsonb_build_object('seed', seed, 'variations', jsonb_build_array(
	jsonb_build_object('variation', 2, 'weight', (ff_bucket('f.s', 'u', 'launchdarkly') + ff_bucket('0', 'u', 'launchdarkly')) / 2), jsonb_build_object('variation', 3, 'weight', 1))))), NULL)
FROM (VALUES (NULL), (0)) v(seed);
SELECT pg_temp.both('{"fallthrough": {"rollout": {"bucketBy": "n", "variations": [{"variation": 2, "weight": 50000}, {"variation": 3, "weight": 50000}]}}}', jsonb_build_object('n', n::jsonb)) FROM unnest('{5,5.0,5.5,1e21}'::text[]) n;

-- A percentage of a segment, for a context without its kind.
SELECT pg_temp.both('{"rules": [{"variation": 0, "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["s"]}]}]}', NULL,
	'{"s": {"key": "s", "salt": "x", "rules": [{"clauses": [], "weight": 1, "rolloutContextKind": "org"}]}}');

-- float32 and double: the recipes, at a weight where they part.
SELECT ff_bucket_value('f.s', 'u', 'launchdarkly') = ff_bucket_value('f.s', 'u', 'launchdarkly-float32') AS same;
SELECT pg_temp.both(jsonb_build_object('fallthrough', jsonb_build_object('rollout', jsonb_build_object('variations', jsonb_build_array(
	jsonb_build_object('variation', 2, 'weight', (ff_bucket_value('f.s', 'u', recipe) * 100000)::numeric * (1 + d)), jsonb_build_object('variation', 3, 'weight', 1))))), NULL)
FROM (VALUES ('launchdarkly', 1e-12), ('launchdarkly', -1e-12)) v(recipe, d);
