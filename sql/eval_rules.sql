-- The rule language: every operator against what matches, what does not, what
-- is missing and what cannot be compared; conditions, paths, segments, windows.
\pset null (null)
DO $$ BEGIN
	PERFORM ff_project_create('eval_rules');
	SET featureflow.project = 'eval_rules';
	PERFORM ff_flag_create('f');
END $$;

-- Whether a condition holds for a user, by a flag that serves "on" where it does.
CREATE FUNCTION pg_temp.holds(condition jsonb, attributes jsonb, user_key text DEFAULT 'u') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('when', condition, 'serve', true)));
	RETURN ff_is_enabled(user_key, 'f', attributes);
END $$;

-- Each row: operator, constants, and the values of the attribute for which it
-- holds and for which it does not.
CREATE TEMP TABLE cases (i serial, op text, constants jsonb, yes jsonb, no jsonb, ignore_case boolean DEFAULT false);

-- Equality is typed; numbers are compared by value.
INSERT INTO cases (op, constants, yes, no) VALUES
('eq', '["DE"]', '["DE"]', '["de", "D", "DEE", "", " DE", 1, true, null, ["DE"], {"DE": 1}]'),
('eq', '["DE", "FR"]', '["DE", "FR"]', '["IT", "", "DE,FR", null, ["DE", "FR"]]'),
('eq', '[""]', '[""]', '[" ", null, 0, false, [], {}]'),
('eq', '[1]', '[1, 1.0, 1.000, 1e0, 100e-2]', '[0, 2, 1.0000000000000000000001, -1, "1", true, [1], null]'),
('eq', '[0]', '[0, 0.0, -0, 0e10]', '["0", "", false, null, 1e-400]'),
('eq', '[0.1]', '[0.1, 0.10, 1e-1]', '[0.1000000000000000055511151231257827, "0.1"]'),
('eq', '[9007199254740993]', '[9007199254740993]', '[9007199254740992, 9007199254740994]'),
('eq', '[true]', '[true]', '[false, "true", 1, null, [true]]'),
('eq', '[false]', '[false]', '[true, "false", 0, null, ""]'),
('eq', '["1", 1, true]', '["1", 1, 1.0, true]', '["true", false, 0, "0", null]'),
('in', '["DE", 7, false]', '["DE", 7, 7.0, false]', '["7", true, "de", null, ["DE"], {"DE": true}]'),
('in', '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.5]', '[1, 5, 8, 10, 11.5, 11.50]', '[0, 11, 12, 5.5, "5", null]'),
('in', '["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]', '["a", "e", "j"]', '["k", "", "aa", "A", 1, null]'),
-- ne and not_in hold for what can be compared and equals none
('ne', '["DE"]', '["FR", "", "de", 1, true, false]', '["DE", null, ["DE"], ["FR"], {"a": 1}, [], {}]'),
('ne', '["DE", "FR"]', '["IT"]', '["DE", "FR", null]'),
('ne', '[1]', '[2, "1", true]', '[1, 1.0, null, [2]]'),
('not_in', '["DE", 7, false]', '["FR", 8, true, "7", "false"]', '["DE", 7, 7.0, false, null, ["x"], {}]'),
-- order is for numbers of any size, against any of the constants
('lt', '[10]', '[9, 9.999999999999999999999999, -1e400, 0, -0.5]', '[10, 10.0, 11, 1e400, "9", true, null, [9], "abc"]'),
('le', '[10]', '[9, 10, 10.000]', '[10.0000000000000000000001, 11, "10", null]'),
('gt', '[10]', '[10.0000000000000000000001, 11, 1e400]', '[10, 10.0, 9, -1e400, "11", true, null, [11]]'),
('ge', '[10]', '[10, 10.0, 11]', '[9.9999999999999999999999, "10", null]'),
('lt', '[5, 10]', '[7, 4]', '[10, 11]'),
('gt', '[5, 10]', '[6, 11]', '[5, 4]'),
('ge', '[9007199254740993]', '[9007199254740993]', '[9007199254740992]'),
('lt', '[1e-400]', '[0, -1]', '[1e-400, 1e-399]'),
-- texts, by bytes
('starts_with', '["ab"]', '["ab", "abc"]', '["a", "Ab", "xab", "", 1, true, null, ["ab"], {"ab": 1}]'),
('starts_with', '["x", "ab"]', '["abc", "x"]', '["ba"]'),
('starts_with', '[""]', '["", "a"]', '[null, 1]'),
('ends_with', '["@example.com"]', '["@example.com", "joe@example.com"]', '["joe@example.com ", "joe@Example.com", "example.com", "", 1, null, ["@example.com"]]'),
('ends_with', '["a", "b"]', '["xb"]', '["xc"]'),
('contains', '["bc"]', '["bc", "abcd", "abc", "bcd"]', '["b", "cb", "BC", "b c", "", 5, null, ["bc"]]'),
('contains', '["aab"]', '["aaab", "aaaab"]', '["aba", "aa"]'),
('contains', '["%", "_"]', '["10%", "a_b"]', '["10", "a-b"]'),
-- expressions are found anywhere, and anchored by themselves
('matches', '["^a.c$"]', '["abc", "a c"]', '["ac", "abcd", "xabc", "ABC", "abc\n", 1, null, ["abc"], true]'),
('matches', '["b+"]', '["abbc", "b"]', '["", "ac"]'),
('matches', '["^\\d{3}$", "^x"]', '["123", "xyz"]', '["1234", "yx"]'),
('matches', '[""]', '["", "a"]', '[null, 1]'),
('matches', '["^(a|b)(?=c)"]', '["ac", "bcd"]', '["ab", "c"]'),
('matches', '["(\\w)\\1"]', '["aab", "xbb"]', '["ab", "abab"]'),
('matches', '["(?i)^de$"]', '["DE", "de", "dE"]', '["des"]'),
('matches', '["^a.b$"]', '["a b"]', '["a\nb"]'),
-- times carry an offset and are instants
('before', '["2026-03-01T12:00:00Z"]', '["2026-03-01T11:59:59Z", "2026-03-01T11:59:59.999999Z", "2026-03-01T12:30:00+01:00", "2025-12-31t23:00:00z", "2026-02-28 10:00:00-01:59", "0000-01-01T00:00:00Z"]',
	'["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00.000001Z", "2026-03-01T11:00:00", "2026-03-01", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T25:00:00Z", "yesterday", "", 0, 1700000000, true, null, ["2025-03-01T12:00:00Z"]]'),
('after', '["2026-03-01T12:00:00Z"]', '["2026-03-01T12:00:00.000001Z", "2026-03-01T12:00:00-00:01", "9999-12-31T23:59:59Z", "2026-06-30T23:59:60Z"]',
	'["2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T11:59:59Z", "2026-03-02T00:00:00", "2027-06-15T23:59:60Z", "2026-03-02T00:00:00+1:00", "2026-3-02T00:00:00Z", 4102444800, null]'),
('before', '["2020-01-01T00:00:00Z", "2030-01-01T00:00:00+02:00"]', '["2029-12-31T21:59:59Z"]', '["2029-12-31T22:00:00Z"]'),
('after', '["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]', '["2020-01-01T00:00:01Z"]', '["2020-01-01T00:00:00Z"]'),
-- versions by semver 2.0.0
('semver_eq', '["1.2.3"]', '["1.2.3", "v1.2.3", "1.2.3+build.5"]', '["1.2.3-rc.1", "1.2.4", "1.2", "01.2.3", "1.2.3.4", "", "latest", 1.2, null, ["1.2.3"]]'),
('semver_eq', '["2"]', '["2.0.0", "2.0", "2", "V2"]', '["2.0.1", "2-rc"]'),
('semver_lt', '["1.10.0"]', '["1.9.9", "1.10.0-rc.1", "1.2.99999999999999999999999", "0.0.0"]', '["1.10.0", "1.10", "1.11.0", "2.0.0", "1.10.0+x", "x", 1, null]'),
('semver_le', '["1.10.0"]', '["1.10.0", "1.9.0"]', '["1.10.1"]'),
('semver_gt', '["1.0.0-rc.1"]', '["1.0.0", "1.0.0-rc.2", "1.0.0-rc.11", "1.0.0-rc.1.1", "1.0.0-rd"]', '["1.0.0-rc.1", "1.0.0-rc", "1.0.0-beta.99", "1.0.0-99", "0.9.9"]'),
('semver_ge', '["18446744073709551616.0.0"]', '["18446744073709551616.0.0", "18446744073709551617.0.0"]', '["18446744073709551615.9.9", "9.0.0"]'),
('semver_ge', '["1.0.0", "3.0.0"]', '["2.0.0", "1.0.0"]', '["0.9.0"]'),
-- exists; a null is as good as missing
('exists', '[true]', '["", 0, false, [], {}, "x"]', '[null]'),
('exists', '[false]', '[null]', '["", 0, false, [], {}, "x"]'),
-- has: a list that holds any of the constants
('has', '["beta"]', '[["beta"], ["alpha", "beta"], [1, null, "beta"]]', '["beta", [], ["Beta"], ["betas"], [["beta"]], [{"beta": 1}], {"beta": true}, null, 1]'),
('has', '[1, true, "x"]', '[[1.0], [true], ["x", "y"], [2, 1]]', '[["1"], ["true"], [false], [2], 1, true, "x", [null]]');
-- ignore_case: Unicode simple folding, the same in every locale
INSERT INTO cases (ignore_case, op, constants, yes, no) VALUES
(true, 'eq', '["De"]', '["DE", "de", "dE"]', '["DES", "", 1, null, true, ["de"]]'),
(true, 'in', '["De", "fR"]', '["FR", "de"]', '["IT", 1, null]'),
(true, 'ne', '["De"]', '["fr", ""]', '["DE", "de", null, 1, true, ["fr"]]'),
(true, 'not_in', '["De", "fR"]', '["it"]', '["FR", "de", null, 1]'),
(true, 'starts_with', '["aB"]', '["abc", "ABc"]', '["ba", null, 1]'),
(true, 'ends_with', '["@Example.COM"]', '["JOE@example.com"]', '["joe@example.org", null]'),
(true, 'contains', '["bC"]', '["aBcd", "ABCD"]', '["acbd", "", null]'),
(true, 'matches', '["^a.C$"]', '["ABC", "abc"]', '["ab", null]'),
(true, 'has', '["Beta"]', '[["BETA"], [1, "beta"]]', '["beta", ["betas"], [true], null]'),
(false, 'eq', '["De"]', '["De"]', '["DE", "de"]');

CREATE TEMP TABLE wrong (op text, constants jsonb, ignore_case boolean, value jsonb, expected boolean, what text);
DO $$
DECLARE
	c cases;
	v jsonb;
	condition jsonb;
BEGIN
	FOR c IN SELECT * FROM cases ORDER BY i LOOP
		condition := jsonb_build_object('attribute', 'a', 'op', c.op, 'values', c.constants)
			|| CASE WHEN c.ignore_case THEN '{"ignore_case": true}' ELSE '{}' END::jsonb;
		PERFORM ff_flag_rules('f', jsonb_build_array(
			jsonb_build_object('id', 'straight', 'when', condition, 'serve', 'on'),
			jsonb_build_object('id', 'reversed', 'when', jsonb_build_object('not', condition), 'serve', 'off')));
		FOR v IN SELECT jsonb_array_elements(c.yes) LOOP
			INSERT INTO wrong SELECT c.op, c.constants, c.ignore_case, v, true, rule FROM ff_evaluate_detail('u', 'f', jsonb_build_object('a', v, 'b', 1))
			WHERE rule IS DISTINCT FROM 'straight';
		END LOOP;
		FOR v IN SELECT jsonb_array_elements(c.no) LOOP
			INSERT INTO wrong SELECT c.op, c.constants, c.ignore_case, v, false, rule FROM ff_evaluate_detail('u', 'f', jsonb_build_object('a', v, 'b', 1))
			WHERE rule IS DISTINCT FROM 'reversed';
		END LOOP;
		-- missing: false for all but exists
		INSERT INTO wrong SELECT c.op, c.constants, c.ignore_case, NULL, false, rule FROM ff_evaluate_detail('u', 'f', '{"b": 1}')
		WHERE rule IS DISTINCT FROM CASE WHEN c.op = 'exists' AND c.constants = '[false]' THEN 'straight' ELSE 'reversed' END;
	END LOOP;
END $$;
SELECT op, count(*) AS cases, sum(jsonb_array_length(yes)) AS yes, sum(jsonb_array_length(no)) AS no FROM cases GROUP BY op ORDER BY min(i);
SELECT * FROM wrong;

-- The shorthand value; exists without values.
SELECT pg_temp.holds('{"attribute": "a", "op": "eq", "value": "x"}', '{"a": "x"}') AS value,
	pg_temp.holds('{"attribute": "a", "op": "exists"}', '{"a": "x"}') AS is_there, pg_temp.holds('{"attribute": "a", "op": "exists"}', '{}') AS is_not,
	pg_temp.holds('{"attribute": "a", "op": "exists", "value": false}', NULL) AS missing,
	pg_temp.holds('{"attribute": "a", "op": "eq", "value": "x", "ignore_case": false}', '{"a": "X"}') AS case_counts;

-- ne and not eq differ for who has no such attribute.
SELECT pg_temp.holds('{"attribute": "country", "op": "ne", "value": "DE"}', '{}') AS ne,
	pg_temp.holds('{"not": {"attribute": "country", "op": "eq", "value": "DE"}}', '{}') AS not_eq;

-- all, any, not, and what is empty.
SELECT c AS condition, pg_temp.holds(c, '{"x": 1, "y": 2}') AS holds FROM unnest(ARRAY[
	'{"all": []}', '{"any": []}', '{"not": {"all": []}}', '{"not": {"any": []}}',
	'{"all": [{"any": []}]}', '{"any": [{"all": []}, {"any": []}]}', '{"all": [{"all": []}, {"any": []}]}',
	'{"all": [{"attribute": "x", "op": "eq", "value": 1}, {"attribute": "y", "op": "eq", "value": 2}]}',
	'{"all": [{"attribute": "x", "op": "eq", "value": 1}, {"attribute": "y", "op": "eq", "value": 3}]}',
	'{"any": [{"attribute": "x", "op": "eq", "value": 3}, {"attribute": "y", "op": "eq", "value": 2}]}',
	'{"any": [{"attribute": "x", "op": "eq", "value": 3}, {"attribute": "y", "op": "eq", "value": 3}]}',
	'{"not": {"not": {"attribute": "x", "op": "eq", "value": 1}}}',
	'{"all": [{"not": {"any": [{"attribute": "x", "op": "gt", "value": 1}, {"attribute": "z", "op": "exists"}]}}, {"attribute": "y", "op": "exists"}]}'
	]::jsonb[]) WITH ORDINALITY t(c, i) ORDER BY i;

-- Paths lead into nested objects; a name with dots is taken as it stands where they lead nowhere.
SELECT p AS path, a AS attributes, pg_temp.holds(jsonb_build_object('attribute', p, 'op', 'eq', 'value', 1), a) AS holds
FROM (VALUES (1, 'account.id', '{"account": {"id": 1}}'::jsonb), (2, 'account.id', '{"account.id": 1}'),
	(3, 'account.id', '{"account": {"id": 2}, "account.id": 1}'), (4, 'account.id', '{"account": {"id": 1}, "account.id": 2}'),
	(5, 'account.id', '{"account": {"id": null}, "account.id": 1}'), (6, 'account.id', '{"account": 1}'), (7, 'account.id', '{"account": [{"id": 1}]}'),
	(8, 'account.id', '{"account": {}, "id": 1}'), (9, 'a.b.c.d', '{"a": {"b": {"c": {"d": 1}}}}'), (10, 'a.b.c.d', '{"a": {"b": {"c.d": 1}}}'),
	(11, 'a.b.c.d', '{"a.b.c.d": 1}'), (12, 'a.b', '{"a": {"b": {"c": 1}}}'), (13, '.', '{"": {"": 1}}'), (14, 'a.', '{"a": {"": 1}}'), (15, 'a.', '{"a.": 1}'),
	(16, '.a', '{"a": 1}'), (17, 'a..b', '{"a": {"": {"b": 1}}}'), (18, 'A', '{"a": 1}'), (19, 'a b', '{"a b": 1}'), (20, 'a"b', '{"a\"b": 1}')) x(i, p, a) ORDER BY i;
-- paths work for every operator and many attributes at once
SELECT pg_temp.holds(jsonb_build_object('all', (SELECT jsonb_agg(jsonb_build_object('attribute', format('o%s.k%s', i % 7, i), 'op', 'ge', 'value', i)) FROM generate_series(1, 200) i)),
		(SELECT jsonb_object_agg('o' || o, v) FROM (SELECT i % 7 AS o, jsonb_object_agg('k' || i, i) AS v FROM generate_series(1, 200) i GROUP BY 1) x)) AS all_there,
	pg_temp.holds(jsonb_build_object('all', (SELECT jsonb_agg(jsonb_build_object('attribute', 'k' || i, 'op', 'eq', 'value', i)) FROM generate_series(1, 200) i)),
		(SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 1000) i)) AS few_of_many,
	pg_temp.holds(jsonb_build_object('any', (SELECT jsonb_agg(jsonb_build_object('attribute', 'k' || i, 'op', 'ne', 'value', i)) FROM generate_series(1, 200) i)),
		(SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 1000) i)) AS none_differs;

-- The attribute user_key is the key itself, whatever the attributes say.
SELECT u AS user_key, a AS attributes, pg_temp.holds('{"attribute": "user_key", "op": "in", "values": ["alice", "bob"]}', a, u) AS "in",
	pg_temp.holds('{"attribute": "user_key", "op": "starts_with", "value": "ali"}', a, u) AS starts_with,
	pg_temp.holds('{"attribute": "user_key", "op": "exists"}', a, u) AS "exists", pg_temp.holds('{"attribute": "user_key", "op": "ne", "value": "bob"}', a, u) AS ne
FROM (VALUES (1, 'alice', NULL::jsonb), (2, 'bob', '{"user_key": "zoe"}'), (3, 'zoe', '{"user_key": "bob"}'), (4, '', NULL), (5, NULL, '{"user_key": "bob"}')) x(i, u, a) ORDER BY i;

-- First match wins; a rule without a condition matches everybody.
DO $$ BEGIN
	PERFORM ff_flag_create('s', 'string', '["none", "a", "b", "c"]');
	PERFORM ff_flag_rules('s', '[{"id": "one", "serve": "a", "when": {"attribute": "x", "op": "ge", "value": 1}},
		{"serve": "b", "when": {"attribute": "x", "op": "ge", "value": 0}, "name": "Two", "description": "the second"},
		{"id": "rest", "serve": "c"}, {"id": "never", "serve": "a"}]');
END $$;
SELECT x, variation, reason, rule FROM unnest('{2,0,-1}'::int[]) x, ff_evaluate_detail('u', 's', jsonb_build_object('x', x));
-- serve by true and false, stored as on and off
SELECT ff_flag_rules('f', '[{"serve": true, "when": {"attribute": "x", "op": "eq", "value": true}}, {"serve": false}]');
SELECT x, variation FROM unnest('{t,f}'::bool[]) x, ff_evaluate_detail('u', 'f', jsonb_build_object('x', x));
SELECT s.rules FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'f' AND e.key = 'production' AND s.rules <> '[]';

-- Windows: from is in, until is out.
CREATE FUNCTION pg_temp.rule_within(w jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_rules('s', jsonb_build_array('{"id": "timed", "serve": "a"}'::jsonb || w));
	RETURN (ff_evaluate_detail('u', 's')).rule;
END $$;
SELECT w AS window, pg_temp.rule_within(w) AS rule FROM (VALUES (1, '{"from": "2000-01-01T00:00:00Z"}'::jsonb), (2, '{"from": "2999-01-01T00:00:00Z"}'), (3, '{"until": "2000-01-01T00:00:00Z"}'),
	(4, '{"until": "2999-01-01T00:00:00+05:30"}'), (5, '{"from": "2000-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"}'),
	(6, '{"from": "2000-01-01T00:00:00Z", "until": "2001-01-01T00:00:00Z"}'), (7, '{"from": "2998-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"}'),
	(8, '{"from": null, "until": null}')) x(i, w) ORDER BY i;
-- the clock is the start of the statement: a window ends without anything being written
DO $$ BEGIN
	PERFORM ff_flag_rules('s', jsonb_build_array(jsonb_build_object('id', 'short', 'serve', 'a', 'until',
		to_char((clock_timestamp() + interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))));
END $$;
SELECT bool_and(rule = 'short') AS all_the_statement, count(pg_sleep(0.2)) FROM generate_series(1, 6) i, ff_evaluate_detail('u' || i, 's');
SELECT rule FROM ff_evaluate_detail('u', 's');
-- no setting has a say in it
SET timezone = 'Pacific/Kiritimati';
SET datestyle = 'German, DMY';
SELECT pg_temp.holds('{"attribute": "t", "op": "before", "value": "2026-03-01T00:00:00Z"}', '{"t": "2026-02-28T23:59:59Z"}') AS before,
	pg_temp.holds('{"attribute": "t", "op": "before", "value": "2026-03-01T00:00:00Z"}', '{"t": "2026-03-01T00:00:00Z"}') AS at;
RESET timezone;
RESET datestyle;

-- Segments, nested; their change reaches the rules that name them.
DO $$ BEGIN
	PERFORM ff_segment_create('eu', '{"attribute": "country", "op": "in", "values": ["DE", "FR"]}');
	PERFORM ff_segment_create('staff', '{"attribute": "user_key", "op": "ends_with", "value": "@example.com"}');
	PERFORM ff_segment_create('eu-customers', '{"all": [{"segment": "eu"}, {"not": {"segment": "staff"}}]}');
	PERFORM ff_segment_create('beta', '{"any": [{"segment": "eu-customers"}, {"attribute": "tags", "op": "has", "value": "beta"}, {"all": [{"segment": "staff"}, {"segment": "staff"}]}]}');
END $$;
CREATE TEMP TABLE people (i int, user_key text, attributes jsonb);
INSERT INTO people VALUES (1, 'ann@example.com', '{"country": "DE"}'), (2, 'bob@gmail.com', '{"country": "DE"}'), (3, 'cyd@gmail.com', '{"country": "US"}'),
	(4, 'dee@gmail.com', '{"country": "US", "tags": ["alpha", "beta"]}'), (5, NULL, '{"country": "FR"}'), (6, 'eve@example.com', NULL);
SELECT user_key, pg_temp.holds('{"segment": "eu"}', attributes, user_key) AS eu, pg_temp.holds('{"segment": "staff"}', attributes, user_key) AS staff,
	pg_temp.holds('{"segment": "eu-customers"}', attributes, user_key) AS eu_customers, pg_temp.holds('{"segment": "beta"}', attributes, user_key) AS beta,
	pg_temp.holds('{"not": {"segment": "beta"}}', attributes, user_key) AS not_beta
FROM people ORDER BY i;
SELECT ff_flag_rules('f', '[{"serve": true, "when": {"segment": "beta"}}]');
SELECT string_agg(left(user_key, 3), ' ' ORDER BY i) AS before FROM people WHERE ff_is_enabled(user_key, 'f', attributes);
SELECT ff_segment_update('eu', '{"attribute": "country", "op": "eq", "value": "US"}');
SELECT string_agg(left(user_key, 3), ' ' ORDER BY i) AS after FROM people WHERE ff_is_enabled(user_key, 'f', attributes);
-- each names the two before it: more paths than could be walked
DO $$ BEGIN
	PERFORM ff_segment_create('s0', '{"attribute": "x", "op": "exists"}');
	PERFORM ff_segment_create('s1', '{"attribute": "y", "op": "exists"}');
	SET LOCAL featureflow.restoring = on;	-- what is stored here is sound
	PERFORM ff_segment_create('s' || i, jsonb_build_object('all', jsonb_build_array(jsonb_build_object('segment', 's' || i - 1), jsonb_build_object('segment', 's' || i - 2))))
	FROM generate_series(2, 70) i;
END $$;
SET statement_timeout = '60s';
SELECT a AS attributes, pg_temp.holds('{"segment": "s70"}', a) AS s70 FROM unnest(ARRAY['{}', '{"x": 1}', '{"y": 1}', '{"x": 1, "y": 1}']::jsonb[]) WITH ORDINALITY t(a, i) ORDER BY i;
SELECT a AS attributes, ff_is_enabled('u', 'f', a) AS s70 FROM unnest(ARRAY['{"x": 1, "y": 1}', '{"x": 1}', '{"x": 1, "y": 1}']::jsonb[]) WITH ORDINALITY t(a, i) ORDER BY i;
RESET statement_timeout;
-- segments that contain each other, written past the checks, contain nobody
SET featureflow.restoring = on;
UPDATE ff.segments SET condition = '{"segment": "staff"}' WHERE key = 'eu' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_rules');
UPDATE ff.segments SET condition = '{"segment": "eu"}' WHERE key = 'staff' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_rules');
SELECT ff_flag_rules('f', '[{"id": "r", "serve": true, "when": {"segment": "staff"}}]');
SELECT rule FROM ff_evaluate_detail('ann@example.com', 'f');
-- one that is gone contains nobody either
DELETE FROM ff.segments WHERE key IN ('staff', 'eu') AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_rules');
SELECT rule FROM ff_evaluate_detail('ann@example.com', 'f');
RESET featureflow.restoring;

-- Nesting of 32 is allowed.
SELECT pg_temp.holds((repeat('{"not": ', 31) || '{"attribute": "x", "op": "exists"}' || repeat('}', 31))::jsonb, '{}') AS odd,
	pg_temp.holds((repeat('{"all": [', 31) || '{"attribute": "x", "op": "exists"}' || repeat(']}', 31))::jsonb, '{"x": 0}') AS deep;

-- 2,000 rules, and the last one matches.
SELECT ff_flag_rules('s', (SELECT jsonb_agg(jsonb_build_object('id', 'r' || i, 'serve', CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END,
	'when', jsonb_build_object('attribute', 'n', 'op', 'eq', 'value', i)) ORDER BY i) FROM generate_series(1, 2000) i));
SELECT n, variation, reason, rule FROM unnest('{1,2,1000,1999,2000,2001}'::int[]) n, ff_evaluate_detail('u', 's', jsonb_build_object('n', n));

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_rules', cascade => true);
END $$;
