-- The functions of the evaluation family: kinds, fallbacks, errors, rows.
\pset null (null)
\set SHOW_CONTEXT never
DO $$ BEGIN
	PERFORM ff_project_create('eval_functions');
	SET featureflow.project = 'eval_functions';
	PERFORM ff_flag_create('switch');
	PERFORM ff_flag_create('theme', 'string', '["light", "dark"]');
	PERFORM ff_flag_create('limit', 'number', '[{"key": "low", "value": 10.50}, {"key": "high", "value": 12345678901234567890.123456789}]');
	PERFORM ff_flag_create('layout', 'json', '[{"key": "off", "value": null}, {"key": "grid", "value": {"columns": [1, 2], "x": "y"}},
		{"key": "text", "value": "plain"}]');
	PERFORM ff_flag_create('split');
	PERFORM ff_flag_rollout('switch', 100);
	PERFORM ff_flag_default('theme', '"dark"');
	PERFORM ff_flag_default('limit', '"high"');
	PERFORM ff_flag_default('layout', '"grid"');
	PERFORM ff_flag_rollout('split', 50);
END $$;

-- The bare value, of each kind.
SELECT ff_evaluate('u', 'switch') AS switch, ff_evaluate('u', 'theme') AS theme, ff_evaluate('u', 'limit') AS "limit",
	ff_evaluate('u', 'layout') AS layout;
SELECT pg_typeof(ff_evaluate('u', 'theme')) AS evaluate, pg_typeof(ff_is_enabled('u', 'switch')) AS is_enabled,
	pg_typeof(ff_string('u', 'theme')) AS string, pg_typeof(ff_number('u', 'limit')) AS number, pg_typeof(ff_json('u', 'layout')) AS json;
SELECT ff_is_enabled('u', 'switch') AS switch, ff_string('u', 'theme') AS theme, ff_number('u', 'limit') AS "limit",
	ff_json('u', 'layout') AS layout;

-- Off values are values: a JSON null is no SQL NULL, and no fallback takes its place.
DO $$ BEGIN
	PERFORM ff_flag_disable(f) FROM unnest('{switch,theme,limit,layout}'::text[]) f;
END $$;
SELECT ff_is_enabled('u', 'switch', fallback => true) AS switch, ff_string('u', 'theme', fallback => 'x') AS theme,
	ff_number('u', 'limit', fallback => 1) AS "limit", ff_json('u', 'layout', fallback => '1') AS layout,
	ff_evaluate('u', 'layout') AS evaluate, ff_evaluate('u', 'layout') IS NULL AS is_null;
DO $$ BEGIN
	PERFORM ff_flag_enable(f) FROM unnest('{switch,theme,limit,layout}'::text[]) f;
END $$;

-- A function for another kind of flag gives its fallback.
SELECT f AS flag, ff_is_enabled('u', f) AS enabled, ff_is_enabled('u', f, fallback => true) AS enabled_or_true,
	ff_string('u', f) AS string, ff_string('u', f, fallback => 'fb') AS string_or_fb,
	ff_number('u', f) AS number, ff_number('u', f, fallback => 0.5) AS number_or_half,
	ff_json('u', f) AS json, ff_json('u', f, fallback => '{"f": 1}') AS json_or_f
FROM unnest('{switch,theme,limit,layout}'::text[]) f;

-- A JSON flag that serves a scalar is a JSON flag still.
DO $$ BEGIN PERFORM ff_flag_default('layout', '"text"'); END $$;
SELECT ff_string('u', 'layout', fallback => 'fb') AS string, ff_json('u', 'layout') AS json, ff_evaluate('u', 'layout') AS evaluate;
DO $$ BEGIN PERFORM ff_flag_default('layout', '"grid"'); END $$;

-- Unknown flags are no errors.
SELECT ff_evaluate('u', 'nope') AS evaluate, ff_is_enabled('u', 'nope') AS enabled, ff_is_enabled('u', 'nope', fallback => true) AS enabled_or_true,
	ff_is_enabled('u', 'nope', fallback => NULL) AS enabled_or_null, ff_string('u', 'nope', fallback => 'fb') AS string_or_fb,
	ff_number('u', 'nope', fallback => 1) AS number_or_one, ff_json('u', 'nope', fallback => '[]') AS json_or_array;
SELECT * FROM ff_evaluate_detail('u', 'nope');
SELECT * FROM ff_evaluate_detail('u', 'nope', fallback => '"fb"');
SELECT flag, value, reason, error_code FROM unnest(ARRAY['', 'Switch', 'switch ', 'swi', 'switchh']) x, ff_evaluate_detail('u', x);

-- Unknown environments and projects are no errors either.
SELECT * FROM ff_evaluate_detail('u', 'switch', environment => 'nowhere', fallback => 'true');
SELECT * FROM ff_evaluate_detail('u', 'switch', project => 'nothing');
SELECT * FROM ff_evaluate_detail('u', 'nope', project => '');
SELECT ff_evaluate('u', 'switch', environment => 'nowhere') AS evaluate, ff_is_enabled('u', 'switch', environment => 'nowhere') AS enabled,
	ff_is_enabled('u', 'switch', project => 'nothing', fallback => true) AS enabled_or_true,
	ff_string('u', 'theme', environment => '', fallback => 'fb') AS string_or_fb;
SELECT count(*) AS all_rows FROM ff_evaluate_all('u', environment => 'nowhere');
SELECT ff_enabled_flags('u', project => 'nothing') AS enabled_flags, ff_bootstrap('u', environment => 'nowhere') AS bootstrap,
	ff_version('nothing') AS version, ff_version(environment => 'nowhere') AS version_of_environment;
SELECT count(*) AS public_flags FROM ff_public_flags('nowhere');

-- Environment and project: by argument, else by setting.
DO $$ BEGIN
	PERFORM ff_flag_rollout('switch', 0, environment => 'staging');
	PERFORM ff_project_create('eval_functions_2', environments => '{production,qa}');
	PERFORM ff_flag_create('switch', project => 'eval_functions_2');
	PERFORM ff_flag_rollout('switch', 100, 'qa', project => 'eval_functions_2');
END $$;
SELECT ff_is_enabled('u', 'switch') AS production, ff_is_enabled('u', 'switch', environment => 'staging') AS staging,
	ff_is_enabled('u', 'switch', environment => 'qa', project => 'eval_functions_2') AS qa,
	ff_is_enabled('u', 'switch', project => 'eval_functions_2') AS production_2;
SET featureflow.environment = 'staging';
SELECT ff_is_enabled('u', 'switch') AS staging, ff_is_enabled('u', 'switch', environment => 'production') AS production;
SET featureflow.environment = 'qa';
SELECT reason, error_code FROM ff_evaluate_detail('u', 'switch');
SET featureflow.project = 'eval_functions_2';
SELECT ff_is_enabled('u', 'switch') AS qa;
-- the settings may change between two calls of one statement
SELECT ff_is_enabled('u', 'switch', environment => set_config('featureflow.environment', 'qa', false)) AS qa,
	set_config('featureflow.environment', 'production', false) AS then, ff_is_enabled('u', 'switch') AS production;
SELECT e, set_config('featureflow.environment', e, false) = e AS set, ff_is_enabled('u', 'switch') AS enabled
FROM unnest('{production,qa,production,nowhere,qa}'::text[]) WITH ORDINALITY x(e, i) ORDER BY i;
SET featureflow.project = 'eval_functions';
RESET featureflow.environment;

-- The detail, of each kind.
SELECT flag, value, variation, reason, rule, error_code, version, required_plan
FROM unnest('{switch,theme,limit,layout,split}'::text[]) WITH ORDINALITY x(f, i), ff_evaluate_detail('user-1', f) ORDER BY i;
-- the version is that of the flag in the environment
DO $$ BEGIN PERFORM ff_flag_rollout('switch', 50); PERFORM ff_flag_rollout('switch', 100); END $$;
SELECT d.version = (SELECT s.version FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
		JOIN ff.projects p ON p.id = e.project_id WHERE f.key = 'switch' AND e.key = 'production' AND p.key = 'eval_functions') AS same,
	d.version - o.version AS ahead
FROM ff_evaluate_detail('u', 'switch') d, ff_evaluate_detail('u', 'theme') o;

-- A fallback of another kind than the flag is a mismatch; one that fits, or none, is not.
SELECT f AS flag, fb AS fallback, value, variation, reason, error_code
FROM unnest('{switch,theme,limit,layout}'::text[]) WITH ORDINALITY x(f, i),
	unnest(ARRAY['true', '"s"', '1', '{}', '[]', 'null', NULL]::jsonb[]) WITH ORDINALITY y(fb, j),
	ff_evaluate_detail('u', f, fallback => fb)
ORDER BY i, j;
SELECT value, reason, error_code FROM ff_evaluate_detail('u', 'nope', fallback => 'null');

-- NULL everywhere.
SELECT ff_evaluate(NULL, NULL) AS evaluate, ff_is_enabled(NULL, NULL) AS enabled, ff_is_enabled(NULL, NULL, NULL, NULL, NULL, NULL) AS enabled_null,
	ff_string(NULL, NULL, NULL, NULL, NULL, NULL) AS string, ff_number(NULL, NULL) AS number, ff_json(NULL, NULL) AS json;
SELECT * FROM ff_evaluate_detail(NULL, NULL);
SELECT * FROM ff_evaluate_detail(NULL, NULL, NULL, NULL, NULL, NULL);
SELECT ff_bucket(NULL, 'k') AS bucket, ff_bucket('s', NULL) AS bucket, ff_bucket('s', 'k', NULL) AS bucket,
	ff_version(NULL, NULL) = ff_version() AS version, ff_enabled_flags(NULL, NULL, NULL, NULL) AS enabled_flags, ff_bootstrap(NULL) AS bootstrap;
SELECT flag, value, reason, error_code FROM ff_evaluate_all(NULL);

-- A NULL user gets what needs no bucket.
SELECT flag, value, variation, reason, rule, error_code
FROM unnest('{switch,split}'::text[]) WITH ORDINALITY x(f, i), ff_evaluate_detail(NULL, f, fallback => 'false') ORDER BY i;
SELECT ff_is_enabled(NULL, 'switch') AS switch, ff_is_enabled(NULL, 'split', fallback => true) AS split_or_true, ff_evaluate(NULL, 'split') AS split;
DO $$ BEGIN PERFORM ff_flag_rules('split', '[{"serve": "on", "when": {"attribute": "vip", "op": "eq", "value": true}}]'); END $$;
SELECT value, reason, rule, error_code FROM ff_evaluate_detail(NULL, 'split', '{"vip": true}');
SELECT value, reason, rule, error_code FROM ff_evaluate_detail(NULL, 'split', '{"vip": false}');
DO $$ BEGIN PERFORM ff_flag_rules('split', NULL); END $$;
-- an empty key is a key
SELECT value = to_jsonb(ff_bucket('split', '') < 50000) AS by_bucket, reason FROM ff_evaluate_detail('', 'split');

-- Attributes that are no object count as none.
DO $$ BEGIN PERFORM ff_flag_rules('switch', '[{"id": "no-country", "serve": "off", "when": {"attribute": "country", "op": "exists", "value": false}}]'); END $$;
SELECT a AS attributes, value, rule
FROM unnest(ARRAY[NULL, 'null', 'true', '1', '"country"', '[]', '[{"country": "DE"}]', '{}', '{"country": null}', '{"country": "DE"}']::jsonb[]) WITH ORDINALITY x(a, i),
	ff_evaluate_detail('u', 'switch', a) ORDER BY i;
DO $$ BEGIN PERFORM ff_flag_rules('switch', '[]'); END $$;

-- All flags, in order of key; archived ones are not among them.
DO $$ BEGIN
	PERFORM ff_flag_create('Zebra'); PERFORM ff_flag_create('gone'); PERFORM ff_flag_archive('gone');
	PERFORM ff_flag_create('a.1'); PERFORM ff_flag_create('a-1'); PERFORM ff_flag_create('a'); PERFORM ff_flag_kill('a-1');
	PERFORM ff_flag_rollout('a', 100); PERFORM ff_flag_rollout('Zebra', 100); PERFORM ff_flag_disable('a.1');
END $$;
SELECT flag, value, variation, reason, rule, error_code, required_plan FROM ff_evaluate_all('user-1');
SELECT count(*) AS differ FROM ff_evaluate_all('user-1', '{"a": 1}', 'production', 'eval_functions') a
WHERE a IS DISTINCT FROM ff_evaluate_detail('user-1', a.flag, '{"a": 1}', 'production', NULL, 'eval_functions');
SELECT (ff_evaluate_all('user-1')).flag LIMIT 3;
SELECT flag, value, reason, rule FROM ff_evaluate_detail('u', 'gone');
SELECT ff_enabled_flags('user-1') AS production, ff_enabled_flags('user-1', environment => 'staging') AS staging;

-- Bootstrap holds what clients may see.
SELECT ff_bootstrap('user-1') AS nothing_visible;
DO $$ BEGIN
	PERFORM ff_flag_visible(f) FROM unnest('{switch,theme,limit,layout,split,gone,a-1,a.1}'::text[]) f;
END $$;
SELECT ff_bootstrap('user-1') AS bootstrap;
SELECT ff_bootstrap(NULL) ? 'split' AS unanswered, ff_bootstrap(NULL) ? 'switch' AS answered;
DO $$ BEGIN PERFORM ff_flag_visible('layout', false); PERFORM ff_flag_visible('limit', false); PERFORM ff_flag_default('theme', '"light"'); END $$;
SELECT ff_bootstrap('user-1') AS bootstrap, jsonb_typeof(ff_bootstrap('user-1')) AS type;

-- The public list: visible, enabled, not killed, not archived.
SELECT key, enabled, min_plan, min_plan_level, cache_control FROM ff_public_flags();
SELECT key FROM ff_public_flags('staging');
DO $$ BEGIN PERFORM ff_flag_plan('theme', 'pro'); END $$;
SELECT key, min_plan, min_plan_level FROM ff_public_flags();
SELECT count(DISTINCT etag) AS etags, bool_and(etag ~ '^"[^"]+"$') AS quoted FROM ff_public_flags();

-- Its tag moves exactly when the list does.
CREATE TEMP TABLE seen (etag text, list text);
CREATE PROCEDURE pg_temp.look(what text) LANGUAGE plpgsql AS $$
DECLARE
	now_etag text := (SELECT min(etag) FROM ff_public_flags());
	now_list text := (SELECT string_agg((key, enabled, min_plan, min_plan_level)::text, ' ' ORDER BY key) FROM ff_public_flags());
	before seen := (SELECT s FROM seen s);
BEGIN
	RAISE NOTICE '%: list %, tag %', rpad(what, 26),
		CASE WHEN before.list IS DISTINCT FROM now_list THEN 'moved' ELSE 'stays' END,
		CASE WHEN before.etag IS DISTINCT FROM now_etag THEN 'moved' ELSE 'stays' END;
	DELETE FROM seen;
	INSERT INTO seen VALUES (now_etag, now_list);
END $$;
INSERT INTO seen SELECT min(etag), string_agg((key, enabled, min_plan, min_plan_level)::text, ' ' ORDER BY key) FROM ff_public_flags();
CALL pg_temp.look('nothing');
SELECT etag AS first FROM seen \gset
DO $$ BEGIN PERFORM ff_flag_rollout('switch', 40); CALL pg_temp.look('rollout'); END $$;
DO $$ BEGIN PERFORM ff_flag_update('switch', name => 'A switch'); CALL pg_temp.look('name'); END $$;
DO $$ BEGIN PERFORM ff_flag_rollout('Zebra', 0); CALL pg_temp.look('invisible flag'); END $$;
DO $$ BEGIN PERFORM ff_flag_disable('switch', 'staging'); CALL pg_temp.look('disabled elsewhere'); END $$;
DO $$ BEGIN PERFORM ff_flag_disable('switch'); CALL pg_temp.look('disabled'); END $$;
DO $$ BEGIN PERFORM ff_flag_enable('switch'); CALL pg_temp.look('enabled again'); END $$;
DO $$ BEGIN PERFORM ff_flag_plan('switch', 'enterprise'); CALL pg_temp.look('gated'); END $$;
DO $$ BEGIN PERFORM ff_flag_plan('switch', 'pro'); CALL pg_temp.look('gated by another plan'); END $$;
DO $$ BEGIN PERFORM ff_plan_update('pro', level => 11); CALL pg_temp.look('level of a plan in use'); END $$;
DO $$ BEGIN PERFORM ff_plan_update('enterprise', level => 21); CALL pg_temp.look('level of one not in use'); END $$;
DO $$ BEGIN PERFORM ff_flag_kill('switch'); CALL pg_temp.look('killed'); END $$;
DO $$ BEGIN PERFORM ff_flag_revive('switch'); CALL pg_temp.look('revived'); END $$;
DO $$ BEGIN PERFORM ff_flag_create('another'); CALL pg_temp.look('created'); END $$;
DO $$ BEGIN PERFORM ff_flag_visible('another'); CALL pg_temp.look('made visible'); END $$;
DO $$ BEGIN PERFORM ff_flag_archive('another'); CALL pg_temp.look('archived'); END $$;
DO $$ BEGIN PERFORM ff_flag_rules('switch', '[{"serve": "on"}]'); CALL pg_temp.look('rules'); END $$;
-- the list that comes back has the tag that it had
DO $$ BEGIN PERFORM ff_flag_plan('switch', NULL); PERFORM ff_plan_update('pro', level => 10); CALL pg_temp.look('as at first'); END $$;
SELECT etag = :'first' AS same FROM seen;

-- The version of an environment moves with each change that can concern it, and never comes back.
CREATE TEMP TABLE numbers (version bigint UNIQUE);
INSERT INTO numbers SELECT ff_version();
SELECT ff_version() = ff_version('eval_functions', 'production') AS by_settings, ff_version(environment => 'staging') <> ff_version() AS own,
	ff_version() = (SELECT version FROM numbers) AS stands_still, ff_version() > 0 AS positive;
SELECT ff_flag_rollout('switch', 41);
INSERT INTO numbers SELECT ff_version();
SELECT ff_flag_rollout('switch', 40);
INSERT INTO numbers SELECT ff_version();
SELECT ff_version() AS staging_before FROM set_config('featureflow.environment', 'staging', false) \gset
SELECT set_config('featureflow.environment', 'production', false) <> '' AS set;
SELECT ff_flag_rollout('switch', 39);
SELECT ff_version(environment => 'staging') = :staging_before AS stands_still, ff_version() <> ALL (SELECT version FROM numbers) AS moved;
BEGIN;
SELECT ff_flag_rollout('switch', 38);
SELECT ff_version() <> ALL (SELECT version FROM numbers) AS moved;
INSERT INTO numbers SELECT ff_version() RETURNING version AS inside \gset
ROLLBACK;
SELECT ff_version() <> :inside AS not_that_one;
SELECT ff_flag_rollout('switch', 37);
SELECT ff_version() NOT IN (SELECT version FROM numbers UNION ALL SELECT :inside) AS new_number;

-- An unknown recipe is an error, the only one in the family.
SELECT ff_bucket('salt', 'key', 'nope');

-- Volatility and parallel safety are as promised.
SELECT p.proname, p.provolatile, p.proparallel, p.proisstrict FROM pg_proc p
WHERE p.proname IN ('ff_evaluate', 'ff_is_enabled', 'ff_string', 'ff_number', 'ff_json', 'ff_evaluate_detail', 'ff_evaluate_all',
	'ff_enabled_flags', 'ff_bootstrap', 'ff_explain', 'ff_public_flags', 'ff_version', 'ff_bucket') ORDER BY p.proname COLLATE "C";

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_functions', cascade => true);
	PERFORM ff_project_delete('eval_functions_2', cascade => true);
END $$;
