-- UTF-8 only
-- Imported flags in all that is done with flags: what works as with others, what
-- is their provider's, and that segments go along.
\pset format unaligned
\pset null (null)
\set SHOW_CONTEXT never
SELECT FROM ff_project_create('import-life', environments => '{production,staging}');
SELECT FROM ff_project_create('import-life-2', environments => '{production,staging}');
SET featureflow.project = 'import-life';
SET featureflow.environment = 'production';
\set payload '{"flags": {"checkout": {"key": "checkout", "on": true, "salt": "abc", "variations": [true, false], "offVariation": 1, "fallthrough": {"variation": 1}, "targets": [{"values": ["ann"], "variation": 0}], "rules": [{"id": "beta", "clauses": [{"attribute": "", "op": "segmentMatch", "values": ["beta"]}], "variation": 0}], "prerequisites": [{"key": "base", "variation": 0}]}, "base": {"key": "base", "on": true, "salt": "s", "variations": ["on", "off"], "offVariation": 1, "fallthrough": {"variation": 0}}, "theme": {"key": "theme", "on": true, "salt": "def", "variations": ["light", "dark", "blue"], "offVariation": 0, "targets": [{"values": ["ann"], "variation": 2}], "fallthrough": {"rollout": {"variations": [{"variation": 0, "weight": 40000}, {"variation": 1, "weight": 60000}]}}}}, "segments": {"beta": {"key": "beta", "salt": "s", "included": ["bea"], "rules": [{"clauses": [{"attribute": "", "op": "segmentMatch", "values": ["staff"]}]}]}, "staff": {"key": "staff", "salt": "s", "included": ["sam"]}}}'
SELECT action, count(*) FROM ff_import('launchdarkly', :'payload') GROUP BY 1;
-- What a statement is refused with; whether or not, nothing stays of it.
CREATE FUNCTION pg_temp.refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	place text;
	hint text;
BEGIN
	EXECUTE statement;
	SET CONSTRAINTS ALL IMMEDIATE;
	RAISE EXCEPTION 'not refused' USING ERRCODE = 'FF000';
EXCEPTION WHEN OTHERS OR assert_failure THEN
	GET STACKED DIAGNOSTICS place = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(place, ''), nullif(hint, ''));
END $$;

CREATE TEMP VIEW flags AS SELECT f.* FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE p.key = 'import-life' ORDER BY f.key;

-- What is its provider's to say is refused, whether or not it would change something.
SELECT s AS statement, pg_temp.refused(format('SELECT %s', s)) FROM unnest(ARRAY[$$ff_flag_rules('theme', '[{"serve": "dark"}]')$$, $$ff_flag_rules('theme', '[]')$$,
	$$ff_flag_rollout('checkout', 10)$$, $$ff_flag_default('theme', '"dark"')$$, $$ff_flag_off('theme', 'dark')$$, $$ff_flag_salt('theme', 'x')$$,
	$$ff_flag_target('theme', 'dark', '{u}')$$, $$ff_flag_untarget('theme')$$, $$ff_variation_add('theme', 'red')$$, $$ff_variation_update('theme', 'dark', name => 'Dark')$$,
	$$ff_variation_remove('theme', 'blue')$$, $$ff_flag_schedule('theme', '2100-01-01', 'serve', variation => 'dark')$$, $$ff_flag_schedule('theme', '2100-01-01', 'rollout', percentage => 5, variation => 'dark')$$,
	$$ff_template_save('flag', 'of-theme', 'theme')$$]) s;
SELECT pg_temp.refused($$UPDATE ff.flag_settings s SET default_serve = '"dark"' FROM ff.flags f WHERE f.id = s.flag_id AND f.key = 'theme' AND s.rules <> '[]'$$);
-- What its document requires is required.
SELECT s AS statement, pg_temp.refused(format('SELECT %s', s)) FROM unnest(ARRAY[$$ff_flag_delete('base')$$, $$ff_flag_archive('base')$$, $$ff_flags_delete('{base,theme}')$$,
	$$ff_flag_move('base', 'import-life-2')$$, $$ff_flag_move('checkout', 'import-life-2')$$, $$ff_flags_delete('{base,checkout}')$$]) s;

-- Switches, gates and overrides come before the provider, and its off variation is served.
CREATE FUNCTION pg_temp.told(u text, OUT theme jsonb, OUT reason text, OUT rule text, OUT provider_reason jsonb) LANGUAGE sql AS
	$$ SELECT value, reason, rule, provider_reason FROM ff_evaluate_detail(u, 'theme') $$;
SELECT ff_flag_kill('theme'), pg_temp.told('ann'), ff_flag_revive('theme');
SELECT ff_flag_archive('theme'), pg_temp.told('ann'), ff_flag_unarchive('theme');
SELECT ff_flag_plan('theme', 'pro'), pg_temp.told('ann'), ff_flag_plan('theme', NULL);
SELECT ff_flag_disable('theme'), pg_temp.told('ann'), ff_flag_enable('theme');
SELECT ff_override('theme', 'dark', user_key => 'ann') IS NOT NULL AS overridden, pg_temp.told('ann'), ff_override_remove('theme', user_key => 'ann');
SELECT ff_flag_schedule('theme', '2100-01-01', 'disable') IS NOT NULL AS scheduled;
SELECT flag, environment, what FROM ff_schedule();
SET featureflow.allow_overrides = on;
SELECT ff_session_override('theme', 'dark'), pg_temp.told('ann'), ff_session_reset();
RESET featureflow.allow_overrides;
SET featureflow.debug = on;
SELECT ff_evaluate('ann', 'theme');
RESET featureflow.debug;
SELECT pg_temp.refused($$SELECT ff_assert('ann', 'theme', 'dark')$$);
-- An imported flag requires a native one, and the other way round.
SELECT ff_flag_create('native') IS NOT NULL, ff_flag_default('native', 'true'), ff_flag_require('native', 'checkout'), ff_flag_require('theme', 'native');
SELECT u, ff_is_enabled(u, 'native'), pg_temp.told(u) FROM unnest('{ann,bea,carl}'::text[]) u;
SELECT ff_flag_unrequire('theme', 'native'), ff_flag_delete('native');

-- Lists, views, the graph.
SELECT ff_enabled_flags('ann'), ff_flag_visible('theme'), ff_bootstrap('ann');
SELECT key FROM ff_public_flags();
SELECT environment, flag, state, serving, rules FROM ff.flags_overview WHERE project = 'import-life' ORDER BY 1, 2;
SELECT * FROM ff_graph();
SELECT ff_ruleset() #> '{imported_segments,launchdarkly,staff,segment,included}' AS staff, ff_ruleset() #>> '{flags,theme,dialect}' AS dialect;
SELECT ff_in_segment('sam', 'beta'), ff_in_segment('carl', 'beta'), ff_in_segment(NULL, 'beta', '{"kind": "multi", "user": {"key": "bea"}}');

-- In an environment where it was not imported it serves nothing, in a new one too.
SELECT ff_environment_create('empty') IS NOT NULL, ff_evaluate('ann', 'theme', environment => 'empty'), ff_evaluate('ann', 'theme', environment => 'staging');
SELECT * FROM ff_environment_compare('staging', 'empty');
SELECT ff_environment_delete('empty');
-- Segments are an environment's own: cloned, compared, brought along.
SELECT ff_environment_clone('production', 'canary') IS NOT NULL;
SELECT * FROM ff_import('launchdarkly', '{"flags": {}, "segments": {"staff": {"key": "staff", "salt": "s", "included": ["sue"]}}}', 'canary');
SELECT u, ff_is_enabled(u, 'checkout') AS production, ff_is_enabled(u, 'checkout', environment => 'canary') AS canary FROM unnest('{sam,sue}'::text[]) u;
SELECT * FROM ff_environment_compare('production', 'canary');
SELECT * FROM ff_environment_sync('canary', 'production', dry_run => true);
SELECT * FROM ff_environment_sync('canary', 'production');
SELECT * FROM ff_environment_promote('{checkout,base}', 'production', 'staging');
SELECT u, ff_is_enabled(u, 'checkout') AS production, ff_is_enabled(u, 'checkout', environment => 'staging') AS staging FROM unnest('{sam,sue}'::text[]) u;
SELECT ff_environment_delete('canary');

-- To another project with its segments, unless it has others.
SELECT ff_flag_duplicate('base', 'base', to_project => 'import-life-2') IS NOT NULL, ff_flag_duplicate('theme', 'theme-2') IS NOT NULL;
SELECT count(*) AS moved FROM generate_series(1, 300) i WHERE ff_string('u' || i, 'theme') <> ff_string('u' || i, 'theme-2');
SELECT ff_flag_delete('theme-2');
SELECT action FROM ff_import('launchdarkly', '{"flags": {}, "segments": {"staff": {"key": "staff", "salt": "s", "included": ["tom"]}}}', project => 'import-life-2');
SELECT pg_temp.refused($$SELECT ff_flag_move('checkout', 'import-life-2')$$);
SELECT action FROM ff_import('launchdarkly', '{"flags": {}, "segments": {"staff": {"key": "staff", "salt": "s", "included": ["sue"]}}}', project => 'import-life-2');
SELECT ff_flag_move('checkout', 'import-life-2') IS NOT NULL;
SELECT u, ff_is_enabled(u, 'checkout', project => 'import-life-2') FROM unnest('{ann,bea,sue,sam}'::text[]) u;
SELECT ff_flag_move('checkout', 'import-life', 'import-life-2') IS NOT NULL, ff_flag_delete('base', 'import-life-2');

-- A snapshot has the segments; what was created since goes.
SELECT ff_snapshot_save('before') IS NOT NULL;
SELECT key, action FROM ff_import('launchdarkly', '{"flags": {"theme": {"on": true, "variations": ["red", 5], "fallthrough": {"variation": 0}}}, "segments": {"staff": {"key": "staff", "salt": "s", "included": ["tom"]}, "since": {"key": "since"}}}');
SELECT key, kind, variations FROM flags WHERE key = 'theme';
SELECT kind, key, path FROM ff_snapshot_compare('before');
SELECT kind, key, action, note FROM ff_snapshot_restore('before') WHERE action <> 'unchanged';
SELECT u, ff_is_enabled(u, 'checkout'), ff_evaluate(u, 'theme') FROM unnest('{ann,sue,tom}'::text[]) u;
SELECT key, kind, jsonb_array_length(variations) FROM flags WHERE key = 'theme';
-- A flag is rolled back to an earlier import, but not to another provider's.
SELECT action FROM ff_import('launchdarkly', '{"flags": {"theme": {"on": true, "variations": ["light", 5], "fallthrough": {"variation": 1}}}}');
SELECT path, old, new FROM ff_flag_diff('theme', 1, (SELECT max(version) FROM ff_flag_history('theme'))) WHERE path !~ '^rules';
SELECT ff_flag_rollback('theme', 1) > 1;
SELECT ff_evaluate('ann', 'theme'), kind, variations FROM flags WHERE key = 'theme';

-- Export and import of it all are the identity, here and in another project.
CREATE TEMP TABLE exported AS SELECT ff_export('featureflow') AS document;
SELECT action, count(*) FROM exported, ff_import('featureflow', document) GROUP BY 1;
SELECT kind, key, action FROM exported, ff_import('featureflow', document, project => 'import-life-2') WHERE action <> 'unchanged';
SELECT ff_export('featureflow', 'import-life-2') = document AS same FROM exported;
SELECT action, count(*) FROM ff_import('launchdarkly', ff_export('launchdarkly')) GROUP BY 1;

-- As of then: the flag, what it requires and its segments.
SELECT clock_timestamp() AS then, ff_version() AS version FROM pg_sleep(0.01) \gset
SELECT action, count(*) FROM pg_sleep(0.01), ff_import('launchdarkly', '{"flags": {"base": {"on": true, "variations": ["on", "off"], "fallthrough": {"variation": 1}}}, "segments": {"staff": {"key": "staff", "salt": "s", "included": ["tom"]}}}') GROUP BY 1;
SELECT u, ff_is_enabled(u, 'checkout') AS now, value AS then, provider_reason FROM unnest('{sue,tom}'::text[]) u, ff_evaluate_at(u, 'checkout', :'then');
SELECT table_name, action, flag, key, changed FROM ff_changes(since => :version);
-- A proposal is a document; nothing else of it can be proposed.
CREATE TABLE import_life_people AS SELECT 'user-' || i AS id FROM generate_series(1, 1000) i;
ALTER TABLE import_life_people ADD PRIMARY KEY (id);
SELECT variation_before, variation_after, rows, rule_after FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id JOIN ff.projects p ON p.id = f.project_id,
	ff_impact('theme', jsonb_build_object('rules', jsonb_set(s.rules, '{0,flag,fallthrough,rollout,variations,0,weight}', '90000')), 'import_life_people')
WHERE f.key = 'theme' AND e.key = 'production' AND p.key = 'import-life' ORDER BY 1, 2;
SELECT pg_temp.refused($$SELECT ff_impact('theme', '{"rollout": {"variation": "dark", "percentage": 10}}', 'import_life_people')$$);
DROP TABLE import_life_people;

-- Its provider's split exposes, its targets do not; the sample ratio is not judged.
SELECT ff_metric_create('sales', 'proportion', 'sale') IS NOT NULL, ff_experiment_create('themes', 'theme', '{sales}', 'light') IS NOT NULL, ff_experiment_start('themes');
SELECT ff_experiment_create('elsewhere', 'theme', '{sales}', 'light', environment => 'staging') IS NOT NULL;
SELECT pg_temp.refused($$SELECT ff_experiment_start('elsewhere')$$);
SELECT variation, count(*) FROM generate_series(1, 200) i, ff_expose('user-' || i, 'theme') GROUP BY 1 ORDER BY 1;
SELECT variation, rule FROM ff_expose('ann', 'theme');
SELECT variation, count(*), count(*) FILTER (WHERE unit = 'ann') AS ann FROM ff.exposures WHERE project = 'import-life' GROUP BY 1 ORDER BY 1;
SELECT item, variation, value, status, detail FROM ff_experiment_health('themes') WHERE item IN ('units', 'sample_ratio');
SELECT ff_experiment_stop('themes'), ff_experiment_delete('themes'), ff_experiment_delete('elsewhere');

-- An import sets what a step of the schedule has made of it.
SELECT ff_flag_schedule('theme', clock_timestamp() + interval '50 ms', 'disable') IS NOT NULL;
SELECT FROM pg_sleep(0.1);
SELECT theme, reason FROM pg_temp.told('ann');
SELECT key, action FROM ff_import_check('launchdarkly', :'payload') WHERE action <> 'unchanged';
SELECT action, count(*) FROM ff_import('launchdarkly', :'payload') GROUP BY 1;
SELECT theme, reason FROM pg_temp.told('ann');
-- And brings back what was archived.
SELECT ff_flag_archive('theme');
SELECT key, action FROM ff_import('launchdarkly', :'payload') WHERE action <> 'unchanged';
SELECT stage, archived_at FROM flags WHERE key = 'theme';

-- One key with other content in another environment; a variation that an override names stays.
SELECT ff_override('theme', 'dark', user_key => 'oda') IS NOT NULL;
\set lesser '{"flags": {"theme": {"on": true, "variations": ["light", "blue"], "fallthrough": {"variation": 1}}}}'
SELECT action FROM ff_import('launchdarkly', :'lesser', 'staging');
SELECT ff_evaluate('user-1', 'theme') AS production, ff_evaluate('user-1', 'theme', environment => 'staging') AS staging, ff_evaluate('oda', 'theme') AS overridden;
SELECT * FROM ff_import('launchdarkly', :'lesser');
SELECT ff_override_remove('theme', user_key => 'oda');
SELECT action FROM ff_import('launchdarkly', :'lesser');
SELECT variations FROM flags WHERE key = 'theme';
-- Over a flag of another dialect, or none: other environments lose what they had.
\set other '{"flags": {"theme": {"state": "ENABLED", "variants": {"a": "A", "b": "B"}, "defaultVariant": "a"}, "mine": {"state": "ENABLED", "variants": {"true": true, "false": false}, "defaultVariant": "true"}}}'
SELECT ff_flag_create('mine', 'string', '["true", "b"]') IS NOT NULL, ff_flag_target('mine', 'b', '{u}'), ff_flag_schedule('mine', '2100-01-01', 'serve', variation => 'b') IS NOT NULL;
SELECT * FROM ff_import('flagd', :'other');
SELECT * FROM ff_import('flagd', :'other', options => '{"existing": "skip"}');
SELECT * FROM ff_import('flagd', :'other', options => '{"existing": "replace"}');
SELECT f, e, d.value, d.reason FROM unnest('{theme,mine}'::text[]) f, unnest('{production,staging}'::text[]) e, ff_evaluate_detail('u', f, environment => e) d ORDER BY 1, 2;
SELECT count(*) FROM ff_schedule() WHERE flag = 'mine';
SELECT pg_temp.refused($$SELECT ff_flag_rollback('theme', 1)$$), pg_temp.refused($$SELECT ff_flag_rollback('mine', 1)$$);
SELECT key, action FROM ff_import('launchdarkly', :'payload', options => '{"existing": "replace"}') WHERE action <> 'unchanged';
SELECT ff_evaluate('ann', 'theme') AS production, ff_evaluate('ann', 'theme', environment => 'staging') AS staging;

-- Keys and names of any kind.
SELECT string_agg(i.key, ' ' ORDER BY i.key COLLATE "C") FROM ff_import('flagd', jsonb_build_object('flags', (SELECT jsonb_object_agg(k, '{"state": "ENABLED", "variants": {"true": true, "false": false}, "defaultVariant": "true"}'::jsonb)
	FROM unnest(ARRAY['a b', 'A b', 'it''s', '"q"', 'a/b', '$.a', '😀', 'x\y', repeat('é', 127)]) k))) i;
SELECT ff_override('"q"', 'false', user_key => 'u') IS NOT NULL, ff_flag_require('x\y', '"q"', 'true');
SELECT ff_is_enabled('u', '"q"'), ff_is_enabled('v', '"q"'), ff_is_enabled('u', 'x\y'), ff_is_enabled('v', 'x\y'), ff_is_enabled('v', 'A b'), ff_is_enabled('v', 'A B');
SELECT line FROM regexp_split_to_table(ff_graph_text() || E'\n' || ff_graph_text(format => 'dot'), '\n') line WHERE line ~ 'q|y"';
SELECT ff_flag_update('x\y', name => 'Back', tags => '{web}');
SELECT ff_flags_find(tag => 'web'), ff_flags_find(search => '"Q');
SELECT flag FROM ff_environment_sync('production', 'staging', ARRAY['"q"', 'it''s']);
SELECT count(*) FILTER (WHERE action = 'created') AS created FROM ff_import('featureflow', ff_export(), project => 'import-life-2');
SELECT ff_export('featureflow', 'import-life-2') #> '{flag,"\"q\"",settings}' = ff_export() #> '{flag,"\"q\"",settings}' AS same;
SELECT action FROM ff_import('launchdarkly', jsonb_build_object('items', (SELECT jsonb_agg(jsonb_build_object('key', 'named-' || n, 'name', repeat('n', n), 'tags', '["a", "a", ""]'::jsonb,
	'variations', '[{"value": 1}]'::jsonb, 'environments', '{"p": {"on": true, "fallthrough": {"variation": 0}}}'::jsonb)) FROM unnest('{2,200}'::int[]) n)));
SELECT key, left(name, 10), length(name), tags FROM flags WHERE key LIKE 'named-%';
SELECT ff_flags_tag('{named-2}', '{b}');

-- A person is erased from documents of old, also from a list with commas.
SELECT action FROM ff_import('unleash', '{"features": [{"name": "by-id", "enabled": true, "strategies": [{"name": "userWithId", "parameters": {"userIds": "ann, pia,bob"}}]}]}');
SELECT action FROM ff_import('unleash', '{"features": [{"name": "by-id", "enabled": true, "strategies": [{"name": "userWithId", "parameters": {"userIds": "ann,bob"}}]}]}');
SELECT ff_audit_erase('pia', 'import-life') > 0;
SELECT v.version, v.document #> '{rules,0,flag,strategies,0,parameters}' AS parameters FROM ff.flag_versions v JOIN flags f ON f.id = v.flag_id
WHERE f.key = 'by-id' AND v.document -> 'rules' <> '[]' ORDER BY 1;
SELECT count(*) FROM ff.audit_log a WHERE a.old::text LIKE '%pia%' OR a.new::text LIKE '%pia%';
SELECT ff_is_enabled('bob', 'by-id'), count(*) AS broken FROM ff_audit_verify(project => 'import-life');

-- A locked environment takes no import; who may.
SELECT ff_environment_lock('production');
\set VERBOSITY terse
SELECT ff_import('launchdarkly', :'lesser');
\set VERBOSITY default
SELECT ff_environment_unlock('production');
CREATE ROLE import_life_admin;
CREATE ROLE import_life_evaluates;
SELECT ff_grant('import_life_admin', 'admin'), ff_grant('import_life_evaluates', 'evaluate');
SET ROLE import_life_admin;
SELECT key, action FROM ff_import('launchdarkly', :'lesser');
SET ROLE import_life_evaluates;
SELECT ff_evaluate('ann', 'theme'), ff_in_segment('bea', 'beta'), (SELECT count(*) FROM ff_explain('ann', 'theme')) > 1 AS explained;
SELECT ff_import('launchdarkly', :'payload');
SELECT ff_import_check('launchdarkly', :'payload');
SELECT ff_export();
RESET ROLE;
DROP OWNED BY import_life_admin, import_life_evaluates;
DROP ROLE import_life_admin, import_life_evaluates;
DROP TABLE exported;
DROP VIEW flags;
RESET featureflow.project;
RESET featureflow.environment;
SELECT ff_project_delete(p, cascade => true) FROM unnest('{import-life,import-life-2}'::text[]) p;
