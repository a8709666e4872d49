\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('admintargeting') IS NOT NULL;
SET featureflow.project = 'admintargeting';
SELECT ff_flag_create('flag') IS NOT NULL, ff_flag_create('ab', 'string', '["a", "b", "c"]') IS NOT NULL;
CREATE TEMP VIEW settings AS SELECT f.key, s.targets, s.rules, s.default_serve, s.off_variation, s.salt
FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.project_id = ff._project(NULL) AND e.key = current_setting('featureflow.environment') ORDER BY f.key;

-- defaults, in their stored form
SELECT ff_flag_default('flag', 'true');
SELECT ff_flag_default('ab', '{"split": {"c": 20, "a": 50.5, "b": 29.5}, "by": "account.id"}');
SELECT key, default_serve FROM settings;
SELECT ff_flag_default('flag', '{"split": {"false": 25, "true": 75}}');
SELECT ff_flag_default('ab', '{"split": [{"variation": "c", "weight": 40}, {"variation": "a", "weight": 60}]}');
SELECT key, default_serve FROM settings;
SELECT ff_flag_default('flag', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_default('flag', '"maybe"');
SELECT ff_flag_default('ab', 'true');
SELECT ff_flag_default('ab', '{"split": {"a": 50, "b": 49.999}}');
SELECT ff_flag_default('ab', '{"split": {"a": 50.0005, "b": 49.9995}}');
SELECT ff_flag_default('ab', '{"split": {"a": 150, "b": -50}}');
SELECT ff_flag_default('ab', '{"split": {"a": 50, "z": 50}}');
SELECT ff_flag_default('ab', '{"split": {}}');
SELECT ff_flag_default('ab', '{"split": 1}');
SELECT ff_flag_default('ab', '{"spilt": {"a": 100}}');
SELECT ff_flag_default('ab', '[]');
SELECT key, default_serve FROM settings;

-- rollouts
SELECT ff_flag_rollout('flag', 12.5);
SELECT default_serve FROM settings WHERE key = 'flag';
SELECT ff_flag_rollout('flag', 0.001, by => 'device');
SELECT default_serve FROM settings WHERE key = 'flag';
SELECT ff_flag_rollout('flag', 100);
SELECT default_serve FROM settings WHERE key = 'flag';
SELECT ff_flag_rollout('flag', 100.000, by => '');
SELECT default_serve FROM settings WHERE key = 'flag';
SELECT ff_flag_rollout('flag', 0);
SELECT default_serve FROM settings WHERE key = 'flag';
SELECT ff_flag_rollout('flag', 101);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout('flag', -1);
SELECT ff_flag_rollout('flag', 0.0001);
SELECT ff_flag_rollout('flag', 'NaN');
SELECT ff_flag_rollout('flag', NULL);
SELECT ff_flag_rollout('flag', 50, variation => 'off');
SELECT ff_flag_rollout('ab', 50);
SELECT ff_flag_rollout('ab', 50, variation => 'b');
SELECT default_serve FROM settings WHERE key = 'ab';
-- nobody who was in leaves when the percentage rises
CREATE TEMP TABLE seen (step int, users text[]);
SELECT ff_flag_rollout('flag', 10);
INSERT INTO seen SELECT 1, array_agg('user-' || i) FROM generate_series(1, 2000) i WHERE ff_is_enabled('user-' || i, 'flag');
SELECT ff_flag_rollout('flag', 35.5);
INSERT INTO seen SELECT 2, array_agg('user-' || i) FROM generate_series(1, 2000) i WHERE ff_is_enabled('user-' || i, 'flag');
SELECT a.users <@ b.users, cardinality(a.users) BETWEEN 150 AND 250, cardinality(b.users) BETWEEN 650 AND 770
FROM seen a, seen b WHERE a.step = 1 AND b.step = 2;

-- salt
SELECT ff_flag_salt('flag', 'other');
SELECT salt FROM settings WHERE key = 'flag';
SELECT users <> (SELECT array_agg('user-' || i) FROM generate_series(1, 2000) i WHERE ff_is_enabled('user-' || i, 'flag')) FROM seen WHERE step = 2;
SELECT ff_flag_salt('flag');
SELECT salt FROM settings WHERE key = 'flag';

-- rules
SELECT ff_flag_rules('flag', '[{"id": "eu", "name": "Europe", "description": "d", "when": {"attribute": "country", "op": "in", "values": ["DE", "FR"]}, "serve": true},
	{"when": {"attribute": "plan", "op": "eq", "values": ["pro"]}, "serve": {"split": {"off": 50, "on": 50}}, "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00+01:00"}]');
SELECT rules FROM settings WHERE key = 'flag';
SELECT value, reason, rule FROM ff_evaluate_detail('u', 'flag', '{"country": "DE"}');
SELECT ff_flag_rules('flag', '{}');
SELECT ff_flag_rules('flag', '[1]');
SELECT ff_flag_rules('flag', '[{"serve": "on"}, {"when": {"attribute": "a", "op": "eq", "values": [1]}}]');
SELECT ff_flag_rules('flag', '[{"serve": "on", "wehn": {}}]');
SELECT ff_flag_rules('flag', '[{"serve": "on", "when": {"all": [{"attribute": "a", "op": "resembles", "values": [1]}]}}]');
SELECT ff_flag_rules('flag', '[{"serve": "on", "when": {"attribute": "a", "op": "matches", "values": ["("]}}]');
SELECT ff_flag_rules('flag', '[{"serve": "on", "when": {"not": {"any": [{"segment": "ghosts"}]}}}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rules('ab', '[{"serve": {"split": [{"variation": "a", "weight": 99}]}}]');
SELECT jsonb_array_length(rules) FROM settings WHERE key = 'flag';
SELECT ff_flag_rules('flag', NULL);
SELECT rules FROM settings WHERE key = 'flag';
SELECT ff_flag_rules('flag', '[{"serve": "on"}]', environment => 'nowhere');

-- targets: a user stands under one variation
SELECT ff_flag_target('ab', 'b', '{ann,bob,ann}');
SELECT ff_flag_target('ab', 'c', ARRAY['bob', 'O''Brien "x"']);
SELECT targets FROM settings WHERE key = 'ab';
SELECT value, reason, rule FROM ff_evaluate_detail('bob', 'ab');
SELECT ff_flag_target('flag', 'true', '{ann}');
SELECT ff_flag_untarget('ab', 'b', '{bob}');
SELECT ff_flag_untarget('ab', users => '{bob}');
SELECT targets FROM settings;
SELECT ff_flag_untarget('ab', 'b');
SELECT targets FROM settings WHERE key = 'ab';
SELECT ff_flag_untarget('ab');
SELECT targets FROM settings WHERE key = 'ab';
SELECT ff_flag_target('ab', 'z', '{ann}');
SELECT ff_flag_target('ab', NULL, '{ann}');
SELECT ff_flag_target('ab', 'a', NULL);
SELECT ff_flag_target('ab', 'a', '{ann,NULL}');
SELECT ff_flag_target('ab', 'a', '{""}');
SELECT ff_flag_target('ab', 'a', '{}');
SELECT ff_flag_target('ab', 'a', (SELECT array_agg('user-' || i) FROM generate_series(1, 20000) i));
SELECT ff_flag_target('ab', 'b', (SELECT array_agg('user-' || i) FROM generate_series(10001, 20000) i));
SELECT key, jsonb_array_length(targets -> 'a'), jsonb_array_length(targets -> 'b') FROM settings WHERE key = 'ab';
SELECT ff_flag_untarget('ab');

-- off variation
SELECT ff_flag_off('ab', 'c');
SELECT ff_flag_disable('ab');
SELECT ff_string('u', 'ab');
SELECT ff_flag_off('ab', 'z');
-- a flag whose settings are gone gets them back
DELETE FROM ff.flag_settings WHERE flag_id = (ff._flag(ff._project(NULL), 'flag')).id;
SELECT ff_flag_default('flag', 'true', 'staging');
SELECT environment, serving FROM ff.flags_overview WHERE project = 'admintargeting' AND flag = 'flag';

SELECT ff_project_delete('admintargeting', cascade => true);
