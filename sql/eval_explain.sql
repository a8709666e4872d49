-- Explanations: the steps in order, with what was compared with what.
\pset null (null)
\set SHOW_CONTEXT never
DO $$ BEGIN
	PERFORM ff_project_create('eval_explain');
	SET featureflow.project = 'eval_explain';
	PERFORM ff_flag_create('base');
	PERFORM ff_flag_rollout('base', 100);
	PERFORM ff_flag_create('f');
	PERFORM ff_flag_require('f', 'base');
	PERFORM ff_flag_plan('f', 'pro');
	PERFORM ff_segment_create('staff', '{"attribute": "user_key", "op": "ends_with", "value": "@example.com", "ignore_case": true}');
	PERFORM ff_flag_rules('f', '[
		{"id": "old", "serve": "on", "until": "2001-01-01T00:00:00Z"},
		{"id": "future", "serve": "on", "from": "2999-01-01T00:00:00Z"},
		{"id": "eu", "serve": "on", "when": {"all": [{"attribute": "country", "op": "in", "values": ["DE", "FR"]}, {"not": {"segment": "staff"}}]}},
		{"serve": {"split": {"on": 25, "off": 75}, "by": "account.id"}, "when": {"any": [{"attribute": "age", "op": "ge", "value": 18.50}, {"attribute": "tags", "op": "has", "values": ["beta"]}]}}]');
	PERFORM ff_flag_rollout('f', 12.5);
END $$;
SELECT * FROM ff_explain('ann@gmail.com', 'f', '{"plan": "pro", "country": "DE"}');
SELECT * FROM ff_explain('bob@Example.com', 'f', '{"plan": "pro", "country": "DE", "age": "19", "tags": ["alpha", "beta"], "account": {"id": 7}}');
-- missing attributes
SELECT * FROM ff_explain('cyd', 'f', '{"plan": 10}');
SELECT * FROM ff_explain('cyd', 'f', '{"plan": "enterprise", "age": 30}');
-- a NULL user, and no attributes at all
SELECT * FROM ff_explain(NULL, 'f', '{"plan": "pro"}');
SELECT * FROM ff_explain(NULL, 'f');
SELECT * FROM ff_explain('cyd', 'f', '{"plan": "free"}');

-- The early stages.
SELECT * FROM ff_explain('u', 'nope');
SELECT * FROM ff_explain(NULL, NULL);
SELECT * FROM ff_explain('u', 'f', environment => 'nowhere');
DO $$ BEGIN PERFORM ff_flag_disable('base'); END $$;
SELECT * FROM ff_explain('u', 'f');
DO $$ BEGIN PERFORM ff_flag_kill('f'); END $$;
SELECT * FROM ff_explain('u', 'f');
DO $$ BEGIN PERFORM ff_flag_revive('f'); PERFORM ff_flag_archive('f'); END $$;
SELECT * FROM ff_explain('u', 'f');
DO $$ BEGIN PERFORM ff_flag_unarchive('f'); PERFORM ff_flag_disable('f'); END $$;
SELECT * FROM ff_explain('u', 'f');
SET featureflow.allow_overrides = on;
SET featureflow.override = 'f=on';
SELECT * FROM ff_explain('u', 'f');
RESET featureflow.override;
RESET featureflow.allow_overrides;
DO $$ BEGIN PERFORM ff_flag_enable('f'); PERFORM ff_flag_enable('base'); END $$;

-- Targets and overrides.
DO $$ BEGIN
	PERFORM ff_flag_target('f', 'on', '{tom}');
	PERFORM ff_override('f', 'on', user_key => 'uma');
	PERFORM ff_override('f', 'on', organization => 'acme');
END $$;
SELECT * FROM ff_explain('tom', 'f');
SELECT * FROM ff_explain('uma', 'f');
SELECT * FROM ff_explain('vic', 'f', '{"organization": {"key": "acme"}}');
SELECT * FROM ff_explain('vic', 'f', '{"organization": "other"}');
DO $$ BEGIN PERFORM ff_flag_rules('f', NULL); PERFORM ff_flag_plan('f', NULL); PERFORM ff_flag_unrequire('f', 'base'); PERFORM ff_flag_untarget('f');
	PERFORM ff_override_remove('f', user_key => 'uma'); PERFORM ff_override_remove('f', organization => 'acme'); END $$;

-- Every operator says what it compared; what cannot be compared is told apart from what is missing.
SELECT ff_flag_rules('f', (SELECT jsonb_agg(jsonb_build_object('id', o || i, 'serve', 'on', 'when', jsonb_build_object('attribute', 'x', 'op', o, 'values', v)) ORDER BY i)
	FROM (VALUES (1, 'eq', '["a", 1, true]'::jsonb), (2, 'ne', '["a"]'), (3, 'in', '["a", "b"]'), (4, 'not_in', '["a", "b"]'), (5, 'lt', '[1.50]'), (6, 'le', '[1e3]'), (7, 'gt', '[-1]'), (8, 'ge', '[0]'),
	(9, 'starts_with', '["a\"b\\c"]'), (10, 'ends_with', '["\u0001\t"]'), (11, 'contains', '["x"]'), (12, 'matches', '["^a+$"]'), (13, 'before', '["2026-01-01T00:00:00Z"]'),
	(14, 'after', '["2026-01-01T00:00:00Z"]'), (15, 'semver_ge', '["1.2.3"]'), (16, 'has', '["a"]'), (17, 'exists', '[false]')) t(i, o, v)));
SELECT detail FROM ff_explain('u', 'f', '{"x": {"deep": 1}}') WHERE stage = 'condition';
SELECT detail, outcome FROM ff_explain('u', 'f', '{"x": null}') WHERE stage = 'condition' LIMIT 5;
SELECT detail, outcome FROM ff_explain('u', 'f', '{}') WHERE stage = 'condition' OFFSET 12;
-- what is large is shortened
SELECT ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', repeat('i', 300), 'serve', 'off', 'when',
	jsonb_build_object('attribute', repeat('n', 300), 'op', 'in', 'values', (SELECT jsonb_agg(repeat('v', 300) || i) FROM generate_series(1, 50) i)))));
SELECT stage, outcome, length(detail) BETWEEN 50 AND 2000 AS short FROM ff_explain(repeat('u', 1000), 'f', jsonb_build_object(repeat('n', 300), repeat('w', 100000))) WHERE stage NOT IN ('flag', 'answer');

-- The last step is the answer that ff_evaluate_detail gives.
SELECT x.outcome = d.variation AS variation, x.detail FROM ff_evaluate_detail('u', 'f') d, ff_explain('u', 'f') WITH ORDINALITY x ORDER BY x.step DESC LIMIT 1;
-- explaining is not for everybody
CREATE ROLE regress_ff_explain;
SET ROLE regress_ff_explain;
SELECT count(*) FROM ff_explain('u', 'f');
RESET ROLE;
SELECT ff_grant('regress_ff_explain', 'evaluate');
SET ROLE regress_ff_explain;
SELECT count(*) > 0 AS explained FROM ff_explain('u', 'f');
RESET ROLE;
SELECT ff_revoke('regress_ff_explain', 'evaluate');
DROP ROLE regress_ff_explain;

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_explain', cascade => true);
END $$;
