-- The order of evaluation: each stage wins over each later one, and says so.
\pset null (null)
DO $$ BEGIN
	PERFORM ff_project_create('eval_pipeline');
	SET featureflow.project = 'eval_pipeline';
	SET featureflow.allow_overrides = on;
	PERFORM ff_flag_create('gate');
	PERFORM ff_flag_create('f', 'string', '["off", "session", "user", "organization", "target", "rule", "default"]');
	PERFORM ff_flag_default('f', '"default"');
END $$;

-- All stages, from the first to the last.
CREATE TYPE pg_temp.stage AS ENUM ('archived', 'kill', 'session', 'off', 'prerequisite:gate', 'override:user', 'override:organization',
	'target', 'plan:pro', 'r', 'default');
CREATE PROCEDURE pg_temp.put(stage pg_temp.stage, there boolean) LANGUAGE plpgsql AS $$
BEGIN
	CASE stage
		WHEN 'archived' THEN
			IF there THEN PERFORM ff_flag_archive('f'); ELSE PERFORM ff_flag_unarchive('f'); END IF;
		WHEN 'kill' THEN
			IF there THEN PERFORM ff_flag_kill('f'); ELSE PERFORM ff_flag_revive('f'); END IF;
		WHEN 'session' THEN
			PERFORM set_config('featureflow.override', CASE WHEN there THEN 'f=session' ELSE '' END, false);
		WHEN 'off' THEN
			IF there THEN PERFORM ff_flag_disable('f'); ELSE PERFORM ff_flag_enable('f'); END IF;
		WHEN 'prerequisite:gate' THEN
			IF there THEN PERFORM ff_flag_require('f', 'gate'); ELSE PERFORM ff_flag_unrequire('f', 'gate'); END IF;
		WHEN 'override:user' THEN
			IF there THEN PERFORM ff_override('f', 'user', user_key => 'u'); ELSE PERFORM ff_override_remove('f', user_key => 'u'); END IF;
		WHEN 'override:organization' THEN
			IF there THEN PERFORM ff_override('f', 'organization', organization => 'acme');
			ELSE PERFORM ff_override_remove('f', organization => 'acme'); END IF;
		WHEN 'target' THEN
			IF there THEN PERFORM ff_flag_target('f', 'target', '{u}'); ELSE PERFORM ff_flag_untarget('f'); END IF;
		WHEN 'plan:pro' THEN
			PERFORM ff_flag_plan('f', CASE WHEN there THEN 'pro' END);
		WHEN 'r' THEN
			PERFORM ff_flag_rules('f', CASE WHEN there THEN '[{"id": "r", "serve": "rule"}]'::jsonb END);
		WHEN 'default' THEN NULL;
	END CASE;
END $$;

-- All of them at once, then taken away one by one.
DO $$
DECLARE
	s pg_temp.stage;
BEGIN
	FOREACH s IN ARRAY enum_range(NULL::pg_temp.stage) LOOP CALL pg_temp.put(s, true); END LOOP;
END $$;
CREATE TEMP TABLE answers (i serial, stage text, value jsonb, variation text, reason text, rule text, error_code text, required_plan text);
DO $$
DECLARE
	s pg_temp.stage;
BEGIN
	FOREACH s IN ARRAY enum_range(NULL::pg_temp.stage) LOOP
		INSERT INTO answers (stage, value, variation, reason, rule, error_code, required_plan)
		SELECT s, value, variation, reason, rule, error_code, required_plan
		FROM ff_evaluate_detail('u', 'f', '{"organization": "acme", "plan": "free"}');
		CALL pg_temp.put(s, false);
	END LOOP;
END $$;
SELECT stage, value, variation, reason, rule, error_code, required_plan FROM answers ORDER BY i;

-- Each pair alone: the earlier one decides.
CREATE TEMP TABLE pairs (earlier pg_temp.stage, later pg_temp.stage, rule text);
DO $$
DECLARE
	a pg_temp.stage;
	b pg_temp.stage;
BEGIN
	FOREACH a IN ARRAY enum_range(NULL::pg_temp.stage) LOOP
		FOREACH b IN ARRAY enum_range(a, NULL::pg_temp.stage) LOOP
			CONTINUE WHEN a = b;
			CALL pg_temp.put(b, true);
			CALL pg_temp.put(a, true);
			INSERT INTO pairs SELECT a, b, rule FROM ff_evaluate_detail('u', 'f', '{"organization": "acme", "plan": "free"}');
			CALL pg_temp.put(a, false);
			CALL pg_temp.put(b, false);
		END LOOP;
	END LOOP;
END $$;
SELECT count(*) AS pairs, count(*) FILTER (WHERE rule = earlier::text) AS earlier_decides FROM pairs;

-- The off variation is the environment's, and archive and kill serve it everywhere.
DO $$ BEGIN
	PERFORM ff_flag_off('f', 'target', 'staging');
	PERFORM ff_flag_disable('f', 'development');
	PERFORM ff_flag_default('f', '"default"', 'staging');
END $$;
SELECT e, variation, reason, rule FROM unnest('{development,staging,production}'::text[]) e, ff_evaluate_detail('u', 'f', environment => e);
DO $$ BEGIN PERFORM ff_flag_kill('f'); END $$;
SELECT e, variation, reason, rule FROM unnest('{development,staging,production}'::text[]) e, ff_evaluate_detail('u', 'f', environment => e);
DO $$ BEGIN PERFORM ff_flag_revive('f'); PERFORM ff_flag_archive('f'); END $$;
SELECT e, variation, reason, rule FROM unnest('{development,staging,production}'::text[]) e, ff_evaluate_detail('u', 'f', environment => e);
DO $$ BEGIN PERFORM ff_flag_unarchive('f'); PERFORM ff_flag_off('f', 'off', 'staging'); END $$;

-- The default: STATIC, DEFAULT or SPLIT.
CREATE PROCEDURE pg_temp.say(what text, users text[] DEFAULT '{u}', attributes jsonb DEFAULT NULL, flag text DEFAULT 'f') LANGUAGE plpgsql AS $$
DECLARE
	d record;
	u text;
BEGIN
	FOREACH u IN ARRAY users LOOP
		d := ff_evaluate_detail(u, flag, attributes);
		RAISE NOTICE '%: % %', what, coalesce(d.variation, '-'), concat_ws(', ', d.reason, d.rule, d.error_code, d.required_plan);
	END LOOP;
END $$;
CALL pg_temp.say('nothing');
DO $$ BEGIN PERFORM ff_flag_target('f', 'target', '{a,b}'); END $$;
CALL pg_temp.say('targets', '{a,b,c,A,NULL}');
DO $$ BEGIN PERFORM ff_flag_target('f', 'user', '{b}'); END $$;
CALL pg_temp.say('b moved', '{a,b}');
DO $$ BEGIN PERFORM ff_flag_untarget('f', users => '{a}'); END $$;
CALL pg_temp.say('a left', '{a,b}');
DO $$ BEGIN
	PERFORM ff_flag_untarget('f');
	PERFORM ff_flag_rules('f', '[{"serve": "rule", "when": {"attribute": "x", "op": "exists"}},
		{"id": "second", "serve": {"split": {"target": 100}}, "when": {"attribute": "y", "op": "exists"}}, {"serve": "user", "when": {"any": []}}]');
END $$;
CALL pg_temp.say('rules, none matches');
CALL pg_temp.say('the first matches', attributes => '{"x": 1, "y": 1}');
CALL pg_temp.say('a split in a rule', '{u,NULL}', '{"y": 1}');
DO $$ BEGIN PERFORM ff_flag_default('f', '{"split": {"default": 100}}'); END $$;
CALL pg_temp.say('default is split', '{u,NULL}');
DO $$ BEGIN PERFORM ff_flag_rules('f', NULL); END $$;
CALL pg_temp.say('no rules, split');
DO $$ BEGIN PERFORM ff_flag_default('f', '"default"'); END $$;

-- Plan gate.
DO $$ BEGIN PERFORM ff_flag_plan('f', 'pro'); PERFORM ff_plan_create('Pro', 3); END $$;
SELECT left(a::text, 40) AS attributes, variation, reason, rule, required_plan
FROM unnest(ARRAY[NULL, '{}', '{"plan": "free"}', '{"plan": "pro"}', '{"plan": "enterprise"}', '{"plan": "Pro"}', '{"plan": "unknown"}',
	'{"plan": ""}', '{"plan": 9}', '{"plan": 10}', '{"plan": 10.0}', '{"plan": 11}', '{"plan": -1}', '{"plan": 9.9}', '{"plan": "10"}',
	'{"plan": null}', '{"plan": true}', '{"plan": ["pro"]}', '{"plan": {"key": "pro"}}', '{"plan": 10.5}', '{"plan": 9.999999999999999999999}', '{"plan": 1e30}', '{"plan": 1e400}', '{"plan": -1e400}', '"pro"']::jsonb[]) WITH ORDINALITY x(a, i),
	ff_evaluate_detail('u', 'f', a) ORDER BY i;
SELECT value, reason, required_plan FROM ff_evaluate_detail(NULL, 'f', '{"plan": "free"}');
SELECT flag, rule, required_plan FROM ff_evaluate_all('u') WHERE required_plan IS NOT NULL;
DO $$ BEGIN PERFORM ff_flag_plan('f', 'free'); END $$;
CALL pg_temp.say('open to the lowest plan');
CALL pg_temp.say('a level below it', attributes => '{"plan": -1}');
DO $$ BEGIN PERFORM ff_plan_update('free', level => 1); END $$;
CALL pg_temp.say('no plan has level 0 now');
DO $$ BEGIN PERFORM ff_plan_update('free', level => 0); PERFORM ff_flag_plan('f', NULL); END $$;

-- Overrides: of a user, of an organization, in one environment, until they expire.
DO $$ BEGIN
	PERFORM ff_override('f', 'user', user_key => 'acme');
	PERFORM ff_override('f', 'organization', organization => 'acme');
	PERFORM ff_override('f', 'target', organization => 'big', environment => 'staging');
END $$;
SELECT u AS user_key, a AS attributes, variation, reason, rule
FROM (VALUES (1, 'acme', NULL::jsonb), (2, 'acme', '{"organization": "acme"}'), (3, 'x', '{"organization": "acme"}'),
	(4, 'x', '{"organization": {"key": "acme", "name": "Acme"}}'), (5, NULL, '{"organization": "acme"}'), (6, 'x', '{"organization": "ACME"}'),
	(7, 'x', '{"organization": ["acme"]}'), (8, 'x', '{"organization": {"name": "acme"}}'), (9, 'x', '{"organization": {"key": {"key": "acme"}}}'),
	(10, 'x', '{"organization.key": "acme"}'), (11, 'x', '{"organization": null}'), (12, 'x', '{"organization": "big"}')) x(i, u, a),
	ff_evaluate_detail(u, 'f', a) ORDER BY i;
CALL pg_temp.say('it belongs to another environment', '{x}', '{"organization": "big"}');
SELECT variation, rule FROM ff_evaluate_detail('x', 'f', '{"organization": "big"}', 'staging');
-- one that has expired is as good as gone, and the organization's comes after it
UPDATE ff.overrides o SET expires_at = now() - interval '1 second' FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id
WHERE f.id = o.flag_id AND p.key = 'eval_pipeline' AND o.subject_kind = 'user';
CALL pg_temp.say('expired', '{acme}');
CALL pg_temp.say('then the organization', '{acme}', '{"organization": "acme"}');
-- it is the clock that lets it expire: nothing is written in between
DO $$ BEGIN PERFORM ff_override('f', 'user', user_key => 'short', expires => clock_timestamp() + interval '1 second'); END $$;
CALL pg_temp.say('in time', '{short}');
SELECT pg_sleep(1.1);
CALL pg_temp.say('late', '{short}');
DO $$ BEGIN PERFORM ff_override('f', 'user', user_key => 'acme', expires => 'infinity'); END $$;
CALL pg_temp.say('replaced', '{acme}');
DO $$ BEGIN PERFORM ff_override_remove('f', user_key => 'acme'); PERFORM ff_override_remove('f', organization => 'acme'); END $$;
CALL pg_temp.say('removed', '{acme}', '{"organization": "acme"}');

-- Prerequisites: a chain, by variation, and with their own rules.
DO $$ BEGIN
	PERFORM ff_flag_create('a'); PERFORM ff_flag_create('b', 'string', '["off", "x", "y"]'); PERFORM ff_flag_create('c');
	PERFORM ff_flag_rollout('a', 100); PERFORM ff_flag_default('b', '"x"'); PERFORM ff_flag_rollout('c', 100);
	PERFORM ff_flag_require('b', 'a');
	PERFORM ff_flag_require('c', 'b', 'x');
END $$;
CALL pg_temp.say('met', flag => 'c');
DO $$ BEGIN PERFORM ff_flag_default('b', '"y"'); END $$;
CALL pg_temp.say('another variation', flag => 'c');
DO $$ BEGIN PERFORM ff_flag_default('b', '"x"'); PERFORM ff_flag_rollout('a', 0); END $$;
CALL pg_temp.say('the first of the chain', flag => 'c');
CALL pg_temp.say('the second of the chain', flag => 'b');
DO $$ BEGIN
	PERFORM ff_flag_rules('a', '[{"id": "eu", "serve": "on", "when": {"attribute": "country", "op": "in", "values": ["DE", "FR"]}}]');
END $$;
CALL pg_temp.say('the prerequisite''s rule matches', attributes => '{"country": "DE"}', flag => 'c');
CALL pg_temp.say('it does not', attributes => '{"country": "US"}', flag => 'c');
-- a prerequisite that is disabled, killed or closed is not met, whatever its off variation
DO $$ BEGIN PERFORM ff_flag_off('b', 'x'); PERFORM ff_flag_rules('a', NULL); PERFORM ff_flag_rollout('a', 100); PERFORM ff_flag_disable('b'); END $$;
SELECT flag, variation, reason, rule FROM ff_evaluate_all('u') WHERE flag IN ('a', 'b', 'c');
DO $$ BEGIN PERFORM ff_flag_enable('b'); PERFORM ff_flag_kill('b'); END $$;
CALL pg_temp.say('killed', flag => 'c');
DO $$ BEGIN PERFORM ff_flag_revive('b'); PERFORM ff_flag_plan('b', 'pro'); END $$;
CALL pg_temp.say('gated', flag => 'c');
CALL pg_temp.say('the gate is open', attributes => '{"plan": "pro"}', flag => 'c');
DO $$ BEGIN PERFORM ff_flag_plan('b', NULL); UPDATE ff.flags SET archived_at = now() WHERE key = 'b' AND id IN (SELECT flag_id FROM ff.prerequisites); END $$;
CALL pg_temp.say('archived', flag => 'c');
DO $$ BEGIN PERFORM ff_flag_unarchive('b'); END $$;
CALL pg_temp.say('met again', flag => 'c');
-- overrides of a prerequisite count, of a session too
SET featureflow.override = 'b=y';
CALL pg_temp.say('session override of b', flag => 'c');
SET featureflow.override = 'c=on,b=y';
CALL pg_temp.say('of c as well', flag => 'c');
RESET featureflow.override;
DO $$ BEGIN PERFORM ff_flag_rollout('a', 0); PERFORM ff_override('a', 'on', user_key => 'lucky'); END $$;
CALL pg_temp.say('override of a', '{lucky,u}', flag => 'c');
-- several: all have to be met; one that is not is named
DO $$ BEGIN
	PERFORM ff_flag_create('d'); PERFORM ff_flag_rollout('d', 100); PERFORM ff_flag_create('e'); PERFORM ff_flag_rollout('e', 100);
	PERFORM ff_flag_require('d', 'e'); PERFORM ff_flag_require('d', 'gate');
END $$;
CALL pg_temp.say('one of two', flag => 'd');
DO $$ BEGIN PERFORM ff_flag_rollout('gate', 100); END $$;
CALL pg_temp.say('both', flag => 'd');
-- a prerequisite that is split needs a user
DO $$ BEGIN PERFORM ff_flag_default('gate', '{"split": {"on": 100}}'); END $$;
CALL pg_temp.say('split', '{u,NULL}', flag => 'd');
DO $$ BEGIN PERFORM ff_flag_rollout('gate', 100); END $$;

-- A long chain in which each requires the two before it: more paths than could be walked.
DO $$ BEGIN
	FOR i IN 0..100 LOOP
		PERFORM ff_flag_create('n' || i);
		PERFORM ff_flag_rollout('n' || i, 100);
	END LOOP;
	SET LOCAL featureflow.restoring = on;	-- what is stored here is sound
	INSERT INTO ff.prerequisites
	SELECT f.id, p.id, 'on' FROM ff.flags f, ff.flags p, generate_series(1, 100) i, generate_series(1, 2) d
	WHERE f.project_id = (SELECT id FROM ff.projects WHERE key = 'eval_pipeline') AND p.project_id = f.project_id
		AND f.key = 'n' || i AND p.key = 'n' || i - d;
END $$;
SET statement_timeout = '60s';
CALL pg_temp.say('100 on', flag => 'n100');
SELECT cardinality(ff_enabled_flags('u')) > 100 AS all_on, count(*) < 1000 AS explained FROM ff_explain('u', 'n100');
DO $$ BEGIN PERFORM ff_flag_rules('n0', '[{"serve": "off", "when": {"attribute": "x", "op": "exists"}}]'); END $$;
-- what one user was told is not told to the next
SELECT u, a AS attributes, variation, reason FROM (VALUES (1, 'u', NULL::jsonb), (2, 'u', '{"x": 1}'), (3, 'v', NULL), (4, 'v', '{"x": 2}')) x(i, u, a),
	ff_evaluate_detail(u, 'n100', a) ORDER BY i;
DO $$ BEGIN PERFORM ff_flag_disable('n0'); END $$;
SELECT variation, reason, rule IN ('prerequisite:n98', 'prerequisite:n99') AS named FROM ff_evaluate_detail('u', 'n100');
RESET statement_timeout;

-- A cycle that got past the checks ends in an error, not in a loop.
SET featureflow.restoring = on;
INSERT INTO ff.prerequisites SELECT e.id, d.id, 'on' FROM ff.flags e, ff.flags d
WHERE e.key = 'e' AND d.key = 'd' AND e.project_id = d.project_id AND e.project_id = (SELECT id FROM ff.projects WHERE key = 'eval_pipeline');
CALL pg_temp.say('cycle', flag => 'd');
CALL pg_temp.say('cycle', flag => 'e');
SELECT value, reason, error_code FROM ff_evaluate_detail('u', 'd', fallback => 'true');
SELECT ff_is_enabled('u', 'd', fallback => true) AS fallback, ff_evaluate('u', 'd') AS evaluate;
SELECT ff_enabled_flags('u') && '{d,e}' AS in_the_cycle, 'c' = ANY (ff_enabled_flags('lucky')) AS outside;
SELECT flag, variation, reason, rule, error_code FROM ff_evaluate_all('u') WHERE flag IN ('d', 'e') ORDER BY 1;
DELETE FROM ff.prerequisites r USING ff.flags e WHERE r.flag_id = e.id AND e.key = 'e';
RESET featureflow.restoring;
CALL pg_temp.say('mended', flag => 'd');

-- A flag without settings in an environment: enabled, off variation.
DELETE FROM ff.flag_settings s USING ff.flags f, ff.projects p
WHERE s.flag_id = f.id AND f.key IN ('f', 'gate') AND p.id = f.project_id AND p.key = 'eval_pipeline';
SELECT flag, variation, reason, rule, version FROM unnest('{f,gate}'::text[]) x, ff_evaluate_detail('u', x);

DO $$ BEGIN
	RESET featureflow.project;
	RESET featureflow.allow_overrides;
	PERFORM ff_project_delete('eval_pipeline', cascade => true);
END $$;
