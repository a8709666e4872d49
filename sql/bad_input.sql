-- Input that nobody meant well: answers or clear errors, and soon.
\pset null (null)
\set SHOW_CONTEXT never
SET statement_timeout = '100s';
DO $$ BEGIN
	PERFORM ff_project_create('bad_input');
	SET featureflow.project = 'bad_input';
	PERFORM ff_flag_create('f');
	PERFORM ff_flag_create('split');
	PERFORM ff_flag_rollout('split', 50);
END $$;
CREATE FUNCTION pg_temp.holds(condition jsonb, attributes jsonb, user_key text DEFAULT 'u') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('when', condition, 'serve', true)));
	RETURN ff_is_enabled(user_key, 'f', attributes);
END $$;

-- Keys: refused when something is created, unknown when it is asked for.
SELECT k AS key, ff_evaluate('u', k) AS evaluate FROM unnest(ARRAY['', ' ', '''; DROP TABLE ff.flags; --', '"f"', E'f\n', E'a\001b', 'f f', '*', '%', 'f;', repeat('x', 300), '$1', '\x66']) WITH ORDINALITY t(k, i) WHERE ff_evaluate('u', k) IS NOT NULL;
DO $$
DECLARE
	k text;
BEGIN
	FOREACH k IN ARRAY ARRAY['', ' ', '''; DROP TABLE ff.flags; --', '"f"', E'f\n', E'a\001b', 'f f', repeat('x', 256), 'a=b', 'a,b', NULL] LOOP
		BEGIN
			PERFORM ff_flag_create(k);
			RAISE NOTICE 'created %', k;
		EXCEPTION WHEN OTHERS THEN
			RAISE NOTICE '% %', SQLSTATE, left(SQLERRM, 60);
		END;
		BEGIN
			PERFORM ff_segment_create(k, '{"all": []}');
			RAISE NOTICE 'created segment %', k;
		EXCEPTION WHEN OTHERS THEN
			IF SQLSTATE NOT IN ('22023', '22004') THEN RAISE NOTICE '% %', SQLSTATE, SQLERRM; END IF;
		END;
	END LOOP;
	PERFORM ff_flag_create(repeat('x', 255));
END $$;
SELECT ff_is_enabled('u', repeat('x', 255)) AS longest;
SELECT ff_evaluate('u', 'f', environment => repeat('e', 100000)) AS environment, ff_evaluate('u', 'f', project => '''"; --') AS project, ff_evaluate('u', repeat('k', 1000000)) AS flag;
SET featureflow.environment = '"; DROP SCHEMA ff; --';
SELECT reason, error_code FROM ff_evaluate_detail('u', 'f');
RESET featureflow.environment;

-- User keys with quotes and control characters, empty, of one megabyte.
DO $$ BEGIN PERFORM ff_flag_target('f', 'on', ARRAY['''', '"', '\', E'tab\t', E'\001', '{}', 'null', repeat('long', 262144)]); END $$;
SELECT count(*) FILTER (WHERE ff_is_enabled(k, 'f')) AS hit, count(*) FILTER (WHERE ff_is_enabled(k || 'x', 'f')) AS missed
FROM unnest(ARRAY['''', '"', '\', E'tab\t', E'\001', '{}', 'null', repeat('long', 262144)]) k;
SELECT value = to_jsonb(ff_bucket('split', repeat('long', 262144)) < 50000) AS by_bucket, reason FROM ff_evaluate_detail(repeat('long', 262144), 'split');
SELECT octet_length(string_agg(detail, '')) < 20000 AS short FROM ff_explain(repeat('long', 262144), 'f');
DO $$ BEGIN PERFORM ff_flag_untarget('f'); PERFORM ff_override('f', 'on', user_key => 'somebody'); END $$;
SELECT ff_is_enabled(repeat('long', 262144), 'f') AS megabyte, ff_is_enabled('', 'f') AS empty, ff_is_enabled('u', 'f', jsonb_build_object('organization', repeat('o', 1000000))) AS organization;
SELECT octet_length(string_agg(detail, '')) < 20000 AS short FROM ff_explain(repeat('long', 262144), 'f');

-- Overrides for odd subjects.
SELECT ff_override('f', 'on');
SELECT ff_override('f', 'on', user_key => 'a', organization => 'b');
SELECT ff_override('f', 'on', user_key => '');
SELECT ff_override('f', 'on', organization => repeat('x', 1025));
SELECT ff_override('f', 'nope', user_key => 'a');
SELECT ff_override('f', 'on', user_key => 'a', expires => '-infinity');
SELECT ff_override('f', 'on', user_key => 'a', expires => now());
DO $$ BEGIN
	PERFORM ff_override('f', 'on', user_key => k) FROM unnest(ARRAY['''', '"', '\', E'\t', '%', '{}', repeat('x', 1024)]) k;
	PERFORM ff_override('f', 'on', organization => k) FROM unnest(ARRAY['''', '"', '\', E'\t', '%', '{}', repeat('x', 1024)]) k;
END $$;
SELECT count(*) FILTER (WHERE ff_is_enabled(k, 'f')) AS users, count(*) FILTER (WHERE ff_is_enabled('u', 'f', jsonb_build_object('organization', k))) AS organizations,
	count(*) FILTER (WHERE ff_is_enabled(k || ' ', 'f', jsonb_build_object('organization', k || ' '))) AS others
FROM unnest(ARRAY['''', '"', '\', E'\t', '%', '{}', repeat('x', 1024)]) k;
DO $$ BEGIN PERFORM ff_override_remove('f', user_key => o.subject) FROM ff.overrides o JOIN ff.flags f ON f.id = o.flag_id JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'bad_input' AND f.key = 'f' AND o.subject_kind = 'user'; END $$;

-- Attributes that are large, or deeply nested, or not what was expected.
SELECT pg_temp.holds('{"attribute": "k99999", "op": "eq", "value": 99999}', (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 100000) i)) AS many_keys;
SELECT pg_temp.holds('{"attribute": "text", "op": "contains", "value": "needle"}', jsonb_build_object('text', repeat('hay', 400000) || 'needle')) AS found,
	pg_temp.holds('{"attribute": "text", "op": "contains", "value": "NEEDLE", "ignore_case": true}', jsonb_build_object('text', repeat('hay', 400000) || 'needle')) AS found_ignoring_case,
	pg_temp.holds('{"attribute": "text", "op": "matches", "value": "needle"}', jsonb_build_object('text', repeat('hay', 400000) || 'needle')) AS too_long_for_an_expression,
	pg_temp.holds('{"attribute": "list", "op": "has", "value": 200000}', jsonb_build_object('list', (SELECT jsonb_agg(i) FROM generate_series(1, 200000) i))) AS has;
SELECT pg_temp.holds(jsonb_build_object('attribute', 'a' || repeat('.a', 5000), 'op', 'eq', 'value', 1), (repeat('{"a": ', 5001) || '1' || repeat('}', 5001))::jsonb) AS deep_path;
SELECT pg_temp.holds('{"attribute": "a", "op": "exists"}', (repeat('[', 5000) || repeat(']', 5000))::jsonb) AS nested_lists, pg_temp.holds('{"attribute": "a.b.c", "op": "exists"}', '{"a": [[{"b": {"c": 1}}]]}') AS lists_are_no_path;
SELECT octet_length(string_agg(detail, '')) < 20000 AS short FROM ff_explain('u', 'f', jsonb_build_object('a', (SELECT jsonb_object_agg('k' || i, repeat('v', 100)) FROM generate_series(1, 10000) i)));
SELECT a AS attributes, pg_temp.holds('{"not": {"attribute": "a", "op": "exists"}}', a) AS nothing_there, ff_is_enabled('u', 'split', a) IS NOT NULL AS answered
FROM unnest(ARRAY['null', '0', '"a"', '[]', '[{"a": 1}]', '{"": 1}', '{"A": 1}', 'true']::jsonb[]) WITH ORDINALITY t(a, i) ORDER BY i;

-- Numbers beyond double are compared exactly.
SELECT pg_temp.holds('{"attribute": "n", "op": "eq", "value": 1e400}', '{"n": 1e400}') AS huge, pg_temp.holds('{"attribute": "n", "op": "gt", "value": 1e400}', '{"n": 1.0000000000000000000001e400}') AS a_little_more,
	pg_temp.holds('{"attribute": "n", "op": "eq", "value": 0}', '{"n": 1e-400}') AS tiny_is_zero, pg_temp.holds('{"attribute": "n", "op": "gt", "value": 0}', '{"n": 1e-400}') AS tiny_is_positive,
	pg_temp.holds('{"attribute": "n", "op": "eq", "value": 99999999999999999999999999.5}', '{"n": 99999999999999999999999999.50}') AS half, pg_temp.holds('{"attribute": "n", "op": "lt", "value": 99999999999999999999999999.5}', '{"n": 99999999999999999999999999.4}') AS less,
	pg_temp.holds('{"attribute": "n", "op": "in", "values": [1e400, -1e400, 1e-400]}', '{"n": -1e400}') AS negative;
SELECT pg_temp.holds('{"attribute": "n", "op": "eq", "value": 1e100000}', '{"n": 1e100000}') AS very_huge;
DO $$ BEGIN PERFORM ff_flag_create('n', 'number', '[{"key": "a", "value": 1e400}, {"key": "b", "value": 99999999999999999999999999.5}, {"key": "c", "value": 1e-400}]'); PERFORM ff_flag_default('n', '"a"'); END $$;
SELECT ff_number('u', 'n') = 1e400 AS exact, length(ff_evaluate('u', 'n')::text) AS digits;
DO $$ BEGIN PERFORM ff_flag_default('n', '"b"'); END $$;
SELECT ff_number('u', 'n') AS half, ff_number('u', 'n', fallback => 'NaN') AS fallback_unused, ff_number('u', 'nope', fallback => 'NaN') AS nan, ff_number('u', 'nope', fallback => '-Infinity') AS infinity;
SELECT ff_flag_rollout('split', 50, by => 'n');
SELECT (SELECT value FROM ff_evaluate_detail('u', 'split', '{"n": 1e400}')) = to_jsonb(ff_bucket('split', '1' || repeat('0', 400)) < 50000) AS bucket_of_huge,
	(SELECT value FROM ff_evaluate_detail('u', 'split', '{"n": 1e-400}')) = to_jsonb(ff_bucket('split', '0.' || repeat('0', 399) || '1') < 50000) AS bucket_of_tiny;
SELECT ff_flag_rollout('split', 50, by => '');

-- Expressions that explode do not match what they explode on, and do not take long.
CREATE TEMP TABLE clock AS SELECT clock_timestamp() AS at;
SELECT e AS expression, pg_temp.holds(jsonb_build_object('attribute', 'x', 'op', 'matches', 'value', e), jsonb_build_object('x', repeat('a', 5000) || '!')) AS holds
FROM unnest(ARRAY['^(a+)+$', '^(a|aa)+$', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '^(a?){30}a{30}$', '(?=(a+))\1*b', '^(?:a|(?R)b)*$', '((((a+)+)+)+)+c']) WITH ORDINALITY t(e, i) ORDER BY i;
SELECT pg_temp.holds('{"attribute": "x", "op": "matches", "value": "^(a+)+$"}', '{"x": "aaaa"}') AS well_behaved;
SELECT pg_temp.holds('{"attribute": "x", "op": "matches", "values": ["^(a+)+$", "b"]}', '{"x": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}') AS the_other_one;
SELECT bool_and(NOT ff_is_enabled('u' || i, 'f', jsonb_build_object('x', repeat('a', 40) || i))) AS hundred_rows FROM generate_series(1, 100) i;
SELECT clock_timestamp() - at < '30 seconds' AS soon FROM clock;

-- Many targets, many values, many rules.
SELECT ff_flag_target('f', 'on', (SELECT array_agg('user-' || i) FROM generate_series(1, 100000) i));
SELECT count(*) FILTER (WHERE ff_is_enabled('user-' || i, 'f')) AS hit FROM generate_series(99001, 101000) i;
SELECT ff_flag_untarget('f');
SELECT pg_temp.holds(jsonb_build_object('attribute', 'x', 'op', 'in', 'values', (SELECT jsonb_agg(i) FROM generate_series(1, 100000) i) || (SELECT jsonb_agg('s' || i) FROM generate_series(1, 100000) i)), '{"x": 77777.0}') AS in_many;
SELECT count(*) FILTER (WHERE ff_is_enabled('u', 'f', jsonb_build_object('x', i))) AS hit FROM generate_series(99001, 101000) i;
SELECT ff_flag_rules('f', (SELECT jsonb_agg(jsonb_build_object('serve', i % 2 = 0, 'when', jsonb_build_object('attribute', 'n', 'op', 'eq', 'value', i))) FROM generate_series(0, 9999) i));
SELECT rule, value FROM unnest('{0,5000,9999,10000}'::int[]) n, ff_evaluate_detail('u', 'f', jsonb_build_object('n', n));
DO $$ BEGIN
	PERFORM ff._check_flag_settings('[{"key": "on", "value": true}, {"key": "off", "value": false}]', 'boolean', '{}', (SELECT jsonb_agg('{"serve": "on"}'::jsonb) FROM generate_series(1, 100001)), '"on"', 'off', 'native');
EXCEPTION WHEN program_limit_exceeded THEN
	RAISE NOTICE '%', SQLERRM;
END $$;
SELECT ff_flag_rules('f', NULL);

-- Settings that are odd.
SET featureflow.override = '';
SET featureflow.change_reason = E'it''s "odd" \\ \t';
SELECT ff_flag_rollout('f', 1);
SELECT reason FROM ff.audit_log WHERE project_id = (SELECT id FROM ff.projects WHERE key = 'bad_input') ORDER BY number DESC LIMIT 1;
RESET featureflow.change_reason;
SELECT ff_bucket(repeat('s', 1000000), repeat('k', 1000000)) BETWEEN 0 AND 99999 AS megabytes;

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('bad_input', cascade => true);
END $$;
