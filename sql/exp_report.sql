-- The report of an experiment and its verdict.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('report') IS NOT NULL;
SET featureflow.project = 'report';
SELECT ff_flag_create('f') IS NOT NULL;
SELECT ff_flag_rollout('f', 50, 'production');
SELECT ff_metric_create('buy', 'proportion', 'buy') IS NOT NULL, ff_metric_create('money', 'mean', 'buy') IS NOT NULL,
	ff_metric_create('errors', 'proportion', 'error', 'decrease') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buy,money}', guardrails => '{errors}', name => 'A <name>', hypothesis => 'More buy') IS NOT NULL;
-- a draft is the experiment alone
SELECT jsonb_object_keys(ff_experiment_report('x'));
SELECT ff_experiment_html('x') LIKE '%A &lt;name&gt;%';
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
-- nobody has come
SELECT r -> 'verdict', r #> '{metrics,0,variants,0}', r -> 'series' FROM ff_experiment_report('x') r;
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'x', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, timestamptz '2026-03-01 12:00+00' + i % 3 * interval '1 day' FROM generate_series(1, 600) i;
INSERT INTO ff.events (unit, event, value, at)
SELECT 'u' || i, 'buy', 10 + i % 7, '2026-03-05' FROM generate_series(1, 600) i WHERE i % 2 = 0 AND i % 5 < 2 OR i % 2 = 1 AND i % 10 = 1;
-- while it runs the verdict goes by what holds at all looks together
SELECT r #>> '{verdict,action}', r #>> '{verdict,rule_id}', r #>> '{text,headline}' FROM ff_experiment_report('x') r;
-- what a test could have found so far, and what a plan lacks
SELECT round((r #> '{next,mde_now}')::numeric, 4), r #> '{next,units_needed}', r -> 'sequential' FROM ff_experiment_report('x') r;
UPDATE ff.experiments SET analysis = '{"planned_units": 1000}' WHERE key = 'x' AND project_id = ff._project(NULL);
SELECT r #> '{next,units_needed}', (r #> '{next,days_needed}')::float8 > 0, r #> '{sequential,method}', r #> '{metrics,0,variants,1,seq,method}' FROM ff_experiment_report('x') r;
UPDATE ff.experiments SET analysis = '{}' WHERE key = 'x' AND project_id = ff._project(NULL);
-- segments, where the experiment names dimensions
SELECT r -> 'segments' FROM ff_experiment_report('x') r;
SELECT ff_experiment_update('x', '{"dimensions": ["os"]}');
SELECT r -> 'segments' FROM ff_experiment_report('x') r;
UPDATE ff.exposures SET dimensions = jsonb_build_object('os', (substr(unit, 2)::int / 2) % 2) WHERE project = 'report';
SELECT s ->> 'level', s ->> 'metric', (s -> 'n')::int, round((s -> 'effect')::numeric, 4), round((s -> 'shrunk_effect')::numeric, 4), s ->> 'flag' FROM ff_experiment_report('x') r, jsonb_array_elements(r -> 'segments') s;
SELECT ff_experiment_stop('x', '2026-03-10');
SELECT r -> 'verdict' FROM ff_experiment_report('x') r;
-- by hand: 120 of 300 against 60 of 300, twice the larger of two p-values but for the order
SELECT m #>> '{id}', v ->> 'key', (v -> 'n')::int, round((v -> 'mean')::numeric, 4), round((v -> 'effect_rel')::numeric, 4), v ->> 'status',
	round((v #> '{bayes,chance}')::numeric, 6), (v -> 'p_adj')::float8 >= (v -> 'p')::float8
FROM ff_experiment_report('x') r, jsonb_array_elements(r -> 'metrics') m, jsonb_array_elements(m -> 'variants') v;
SELECT d ->> 'day', d ->> 'variation', d -> 'n', d -> 'cumulative' FROM ff_experiment_report('x') r, jsonb_array_elements(r #> '{series,days}') d;
-- the last day is the whole; the sequence is wider than the interval
SELECT round((l -> 'lift')::numeric, 4), (l -> 'lower')::float8 < (v #> '{ci_rel,0}')::float8, (l -> 'upper')::float8 > (v #> '{ci_rel,1}')::float8
FROM ff_experiment_report('x') r, jsonb_array_elements(r #> '{series,lift}') l, jsonb_array_elements(r #> '{metrics,0,variants}') v
WHERE l ->> 'metric' = 'buy' AND l ->> 'day' = '2026-03-03' AND v ->> 'key' = 'on';
SELECT r -> 'arms', r #>> '{health,srm,status}', r #> '{health,warnings}' FROM ff_experiment_report('x') r;
-- a guardrail that is harmed stands in the way of what has won
INSERT INTO ff.events (unit, event, at) SELECT 'u' || i, 'error', '2026-03-05' FROM generate_series(2, 200, 2) i;
SELECT r #>> '{verdict,action}', r #>> '{verdict,rule_id}', r #> '{verdict,reasons}', r #>> '{text,headline}' FROM ff_experiment_report('x') r;
-- a broken split says nothing of anything
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'v' || i, 'on', '2026-03-02' FROM generate_series(1, 200) i;
SELECT r -> 'verdict', r #> '{text,findings}' FROM ff_experiment_report('x') r;
SELECT jsonb_path_query(r, '$.text.risks[*].text') FROM ff_experiment_report('x') r;
SELECT length(ff_experiment_html('x')) > 5000, ff_experiment_html('x') LIKE '%Do not use these results%';
-- of many variations: what is shown of each metric, and what is not in a line
SELECT ff_flag_create('buttons', 'string', '["c", "b1", "b2", "b3", "b4", "b5", "b6", "b7"]') IS NOT NULL,
	ff_flag_default('buttons', '{"split": {"c": 12.5, "b1": 12.5, "b2": 12.5, "b3": 12.5, "b4": 12.5, "b5": 12.5, "b6": 12.5, "b7": 12.5}}');
SELECT ff_experiment_create('eight', 'buttons', '{buy,money}', guardrails => '{errors}') IS NOT NULL, ff_experiment_start('eight', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'eight', 'e' || i, CASE i % 8 WHEN 0 THEN 'c' ELSE 'b' || i % 8 END, '2026-03-02' FROM generate_series(0, 1599) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'e' || i, 'buy', 10 + i / 8 % 7, '2026-03-05' FROM generate_series(0, 1599) i WHERE i / 8 % 5 < CASE WHEN i % 8 IN (3, 4) THEN 4 ELSE 2 END;
INSERT INTO ff.events (unit, event, at) SELECT 'e' || i, 'error', '2026-03-05' FROM generate_series(0, 1599) i WHERE i / 8 % 20 = 0;
SELECT ff_experiment_stop('eight', '2026-03-10');
SELECT jsonb_array_elements_text(r #> '{verdict,reasons}') FROM ff_experiment_report('eight') r;
SELECT ff_experiment_delete('eight');
SELECT ff_experiment_report('none');
SELECT ff_experiment_delete('x');
-- of several variations, the verdict names the one that harms
SELECT ff_flag_create('many', kind => 'string', variations => '["old", "calm", "rash"]') IS NOT NULL AS made;
SELECT ff_flag_default('many', '{"split": {"old": 34, "calm": 33, "rash": 33}}');
SELECT ff_metric_create('faults', 'proportion', 'fault', 'decrease') IS NOT NULL AND ff_metric_create('joys', 'proportion', 'joy') IS NOT NULL
	AND ff_experiment_create('many', 'many', '{joys}', control => 'old', guardrails => '{faults}') IS NOT NULL AS made;
SELECT ff_experiment_start('many');
UPDATE ff.experiments SET started_at = now() - interval '9 days' WHERE key = 'many';
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'many', 'm' || i, (ARRAY['old', 'calm', 'rash'])[1 + i % 3], now() - interval '8 days' FROM generate_series(1, 3000) i;
INSERT INTO ff.events (unit, event, at) SELECT 'm' || i, 'fault', now() - interval '7 days' FROM generate_series(1, 3000) i WHERE i % 7 < CASE i % 3 WHEN 2 THEN 3 ELSE 1 END;
INSERT INTO ff.events (unit, event, at) SELECT 'm' || i, 'joy', now() - interval '7 days' FROM generate_series(1, 3000) i WHERE i % 5 = 0;
SELECT r #>> '{verdict,action}' AS action, r #>> '{verdict,variant}' AS variant, r #>> '{text,headline}' AS headline FROM ff_experiment_report('many') r;
SELECT ff_project_delete('report', cascade => true);
