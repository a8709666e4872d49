-- Documents that cannot be evaluated are refused when they are written: with a
-- code, the reason and the place; nothing of them is stored.
\set SHOW_CONTEXT never
DO $$ BEGIN
	PERFORM ff_project_create('eval_documents');
	SET featureflow.project = 'eval_documents';
	PERFORM ff_flag_create('b');
	PERFORM ff_flag_create('s', 'string', '["none", "x", "y"]');
	PERFORM ff_flag_rules('b', '[{"id": "kept", "serve": "on"}]');
	PERFORM ff_flag_rules('s', '[{"id": "kept", "serve": "x"}]');
	PERFORM ff_segment_create('known', '{"attribute": "a", "op": "exists"}');
	PERFORM ff_segment_create('nested', '{"segment": "known"}');
END $$;
CREATE TEMP TABLE stored AS SELECT s.* FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'eval_documents';
CREATE TEMP TABLE segments AS SELECT s.* FROM ff.segments s JOIN ff.projects p ON p.id = s.project_id WHERE p.key = 'eval_documents';
CREATE TEMP TABLE audited AS SELECT count(*) AS n FROM ff.audit_log;

-- What a command is refused with.
CREATE FUNCTION pg_temp.refusal(command text, document jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	place text;
BEGIN
	EXECUTE command USING document;
	RETURN 'TAKEN';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS place = PG_EXCEPTION_DETAIL;
	RETURN format('%s %s [%s]', SQLSTATE, SQLERRM, place);
END $$;

-- Rules.
SELECT left(d::text, 70) AS rules, pg_temp.refusal($$SELECT ff_flag_rules('s', $1)$$, d) AS refusal FROM unnest(ARRAY[
	'{}', '"x"', '1', 'true', '[1]', '[null]', '["x"]', '[[]]', '[{}]', '[{"serve": "x"}, {}]', '[{"serv": "x"}]', '[{"serve": "x", "If": 1}]', '[{"serve": "x", "": 1}]',
	'[{"serve": "x", "a b\"c": 1}]', '[{"serve": null}]', '[{"serve": 1}]', '[{"serve": true}]', '[{"serve": []}]', '[{"serve": {}}]', '[{"serve": "z"}]', '[{"serve": ""}]', '[{"serve": "X"}]',
	'[{"serve": "x", "id": 1}]', '[{"serve": "x", "id": ""}]', '[{"serve": "x", "id": "r"}, {"serve": "y"}, {"serve": "y", "id": "r"}]', '[{"serve": "x", "name": 1}]', '[{"serve": "x", "description": []}]',
	'[{"serve": "x", "from": "2026-01-01"}]', '[{"serve": "x", "from": "2026-01-01T00:00:00"}]', '[{"serve": "x", "until": 1}]', '[{"serve": "x", "from": "2026-01-01T00:00:00Z", "until": "2026-01-01T01:00:00+01:00"}]',
	'[{"serve": "x", "from": "2027-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}]', '[{"serve": "x", "when": null}]', '[{"serve": "x", "when": []}]', '[{"serve": "x", "when": {}}]', '[{"serve": "x", "when": "known"}]'
	]::jsonb[]) WITH ORDINALITY t(d, i) ORDER BY i;

-- Splits.
SELECT left(d::text, 90) AS serve, pg_temp.refusal($$SELECT ff_flag_rules('s', jsonb_build_array(jsonb_build_object('serve', $1)))$$, d) AS rule, pg_temp.refusal($$SELECT ff_flag_default('s', $1)$$, d) AS "default" FROM unnest(ARRAY[
	'{"split": []}', '{"split": {}}', '{"split": "x"}', '{"split": null}', '{"by": "a"}', '{"split": {"x": 50, "y": 49.999}}', '{"split": {"x": 50, "y": 50.001}}', '{"split": {"x": 33.3333, "y": 66.6667}}', '{"split": {"x": -1, "y": 101}}',
	'{"split": {"x": "50", "y": 50}}', '{"split": {"x": null, "y": 100}}', '{"split": {"x": 50, "z": 50}}', '{"split": {"x": 1e400, "y": 0}}', '{"split": [{"variation": "x", "weight": 50}, {"variation": "x", "weight": 50}]}',
	'{"split": [{"variation": "x"}]}', '{"split": [{"weight": 100}]}', '{"split": [{"variation": "x", "weight": 100, "color": "red"}]}', '{"split": [1]}', '{"split": {"x": 100}, "by": ""}', '{"split": {"x": 100}, "by": 1}',
	'{"split": {"x": 100}, "salt": "s"}', '{"split": {"x": 100}, "by": []}', '"z"', '1', '[]'
	]::jsonb[]) WITH ORDINALITY t(d, i) ORDER BY i;
SELECT ff_flag_default('s', NULL);

-- Conditions, in a rule and in a segment.
SELECT left(d::text, 70) AS condition, pg_temp.refusal($$SELECT ff_flag_rules('s', jsonb_build_array('{"serve": "x"}'::jsonb, jsonb_build_object('serve', 'x', 'when', jsonb_build_object('all', jsonb_build_array($1)))))$$, d) AS rule,
	replace(pg_temp.refusal($$SELECT ff_segment_update('known', $1)$$, d), 'TAKEN', '-') AS segment FROM unnest(ARRAY[
	'{}', '[]', '1', 'null', '"known"', '{"all": [], "any": []}', '{"all": {}}', '{"any": null}', '{"not": []}', '{"not": null}', '{"nor": []}', '{"segment": 1}', '{"segment": ""}', '{"segment": "unknown"}', '{"not": {"any": [{"segment": "unknown"}]}}',
	'{"segment": "known", "values": []}', '{"all": [], "op": "eq"}', '{"attribute": "a"}', '{"attribute": "a", "op": "eq"}', '{"op": "eq", "values": [1]}', '{"attribute": 1, "op": "eq", "values": [1]}', '{"attribute": "", "op": "eq", "values": [1]}',
	'{"attribute": "a", "op": "equals", "values": [1]}', '{"attribute": "a", "op": "EQ", "values": [1]}', '{"attribute": "a", "op": 1, "values": [1]}', '{"attribute": "a", "op": "eq", "values": 1}', '{"attribute": "a", "op": "eq", "values": []}',
	'{"attribute": "a", "op": "eq", "values": [1], "value": 1}', '{"attribute": "a", "op": "eq", "values": [1, null]}', '{"attribute": "a", "op": "eq", "values": [[1]]}', '{"attribute": "a", "op": "eq", "value": {}}', '{"attribute": "a", "op": "eq", "value": null}',
	'{"attribute": "a", "op": "lt", "values": ["1"]}', '{"attribute": "a", "op": "ge", "values": [1, true]}', '{"attribute": "a", "op": "starts_with", "values": [1]}', '{"attribute": "a", "op": "contains", "values": ["x", null]}', '{"attribute": "a", "op": "matches", "values": ["("]}',
	'{"attribute": "a", "op": "matches", "values": ["ok", "[a-"]}', '{"attribute": "a", "op": "matches", "value": "a{2,1}"}', '{"attribute": "a", "op": "matches", "value": "\\C"}', '{"attribute": "a", "op": "matches", "value": 1}', '{"attribute": "a", "op": "before", "values": ["tomorrow"]}', '{"attribute": "a", "op": "after", "values": [1700000000]}',
	'{"attribute": "a", "op": "after", "value": "2026-01-01T00:00:00"}', '{"attribute": "a", "op": "semver_eq", "values": ["1.x"]}', '{"attribute": "a", "op": "semver_gt", "values": [1.2]}', '{"attribute": "a", "op": "exists", "values": [1]}', '{"attribute": "a", "op": "exists", "values": [true, false]}',
	'{"attribute": "a", "op": "exists", "values": []}', '{"attribute": "a", "op": "has", "values": [["x"]]}', '{"attribute": "a", "op": "eq", "values": [1], "ignore_case": true}', '{"attribute": "a", "op": "eq", "values": ["x"], "ignore_case": 1}',
	'{"attribute": "a", "op": "lt", "values": [1], "ignore_case": true}', '{"attribute": "a", "op": "before", "value": "2026-01-01T00:00:00Z", "ignore_case": true}', '{"attribute": "a", "op": "eq", "values": [1], "Values": [1]}'
	]::jsonb[]) WITH ORDINALITY t(d, i) ORDER BY i;

-- Limits.
SELECT pg_temp.refusal($$SELECT ff_flag_rules('s', $1)$$, ('[{"serve": "x", "when": ' || repeat('{"not": ', 32) || '{"all": []}' || repeat('}', 32) || '}]')::jsonb) AS too_deep;
SELECT pg_temp.refusal($$SELECT ff_flag_rules('s', $1)$$, ('[{"serve": "x", "when": ' || repeat('{"any": [', 500) || repeat(']}', 500) || '}]')::jsonb) AS far_too_deep;
SELECT pg_temp.refusal($$SELECT ff_segment_create('deep', $1)$$, (repeat('{"all": [', 33) || repeat(']}', 33))::jsonb) AS segment_too_deep;
SELECT pg_temp.refusal($$SELECT ff_flag_rules('s', $1)$$, jsonb_build_array(jsonb_build_object('serve', 'x', 'when', jsonb_build_object('attribute', 'a', 'op', 'matches', 'value', repeat('a', 5000))))) AS long_expression;
SELECT pg_temp.refusal($$SELECT ff_flag_rules('s', $1)$$, jsonb_build_array(jsonb_build_object('serve', 'x', 'when', jsonb_build_object('attribute', 'a', 'op', 'matches', 'value', repeat('(', 100) || repeat(')', 100))))) AS nested_expression;
SELECT pg_temp.refusal($$SELECT ff_flag_create('many', 'number', $1)$$, (SELECT jsonb_agg(i) FROM generate_series(1, 1001) i)) AS too_many_variations;

-- Segments: a cycle, itself, none.
SELECT pg_temp.refusal($$SELECT ff_segment_update('known', $1)$$, '{"segment": "nested"}') AS cycle, pg_temp.refusal($$SELECT ff_segment_update('known', $1)$$, '{"not": {"segment": "known"}}') AS itself;
SELECT ff_segment_create('none', NULL);
-- Variations.
SELECT d AS variations, pg_temp.refusal($$SELECT ff_flag_create('new', 'string', $1)$$, d) AS string, pg_temp.refusal($$SELECT ff_flag_create('new', 'boolean', $1)$$, d) AS "boolean" FROM unnest(ARRAY[
	'[]', '["x"]', '{}', '"x"', '["x", 1]', '["x", "x"]', '["x", null]', '["x", ""]', '["x", "a b"]', '["x", {"key": "y"}]', '["x", {"value": "y"}]', '["x", {"key": "y", "value": 1}]', '["x", {"key": "y", "value": "y", "weight": 1}]',
	'[{"key": "on", "value": false}, {"key": "off", "value": true}]', '[true, false, true]', '[{"key": "x", "value": "x", "name": 1}, "y"]']::jsonb[]) WITH ORDINALITY t(d, i) ORDER BY i;
-- Targets.
SELECT ff_flag_target('s', 'z', '{u}');
SELECT ff_flag_target('s', 'x', ARRAY['u', NULL]);
SELECT ff_flag_target('s', 'x', '{""}');
SELECT ff_flag_target('s', 'x', NULL);
-- Prerequisites.
SELECT ff_flag_require('s', 's', 'x');
SELECT ff_flag_require('s', 'b', 'maybe');
SELECT ff_flag_require('b', 's');
SELECT ff_flag_require('b', 'nope');
-- Percentages.
SELECT p, pg_temp.refusal(format('SELECT ff_flag_rollout(''b'', %s)', p), NULL) AS refusal FROM unnest('{-1,100.001,33.3333,"NULL",''NaN'',''Infinity''}'::text[]) p;

-- Written past the functions, they are refused at commit, and at once where a row is enough.
SELECT split_part(pg_temp.refusal($$UPDATE ff.flag_settings SET rules = $1 WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 's' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_documents'))$$, '"x"'), ' [', 1) AS row_check;
BEGIN;
UPDATE ff.flag_settings SET rules = '[{"serve": "z"}]' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 's' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_documents'));
-- until then the flag is broken, and says so without raising
SELECT variation, reason, error_code FROM ff_evaluate_detail('u', 's');
SELECT stage, outcome, detail FROM ff_explain('u', 's');
SELECT flag, reason, error_code FROM ff_evaluate_all('u');
SELECT ff_string('u', 's', fallback => 'fb') AS fallback, ff_enabled_flags('u') AS enabled_flags;
COMMIT;
BEGIN;
UPDATE ff.flag_settings SET off_variation = 'gone' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 's' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_documents'));
COMMIT;
BEGIN;
UPDATE ff.flag_settings SET targets = '{"x": ["u"], "y": ["u"]}' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 's' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_documents'));
COMMIT;
BEGIN;
UPDATE ff.segments SET condition = '{"segment": "lost"}' WHERE key = 'known' AND project_id = (SELECT id FROM ff.projects WHERE key = 'eval_documents');
COMMIT;

-- Nothing was stored, and nothing audited.
SELECT (SELECT count(*) FROM (SELECT s.* FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'eval_documents' EXCEPT SELECT * FROM stored) x) AS settings,
	(SELECT count(*) FROM (SELECT s.* FROM ff.segments s JOIN ff.projects p ON p.id = s.project_id WHERE p.key = 'eval_documents' EXCEPT SELECT * FROM segments) x) AS segments,
	(SELECT count(*) - min(n) FROM ff.audit_log, audited) AS audited;
SELECT flag, variation, rule FROM ff_evaluate_all('u');

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_documents', cascade => true);
END $$;
