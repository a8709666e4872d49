-- A bandit: the split follows the data, step by step, through the flag itself.
\set SHOW_CONTEXT never
SELECT ff_project_create('bandit') IS NOT NULL AS created;
SET featureflow.project = 'bandit';
SELECT ff_flag_create('banner', 'string', '["a", "b", "c"]') IS NOT NULL AS created;
SELECT ff_flag_default('banner', '{"split": {"a": 40, "b": 30, "c": 30}}', 'production');
SELECT ff_metric_create('clicks', 'proportion', 'click') IS NOT NULL AND ff_metric_create('spend', 'mean', 'spend') IS NOT NULL
	AND ff_metric_create('errors', 'proportion', 'error', 'decrease') IS NOT NULL AS created;
SELECT ff_experiment_create('x', 'banner', '{clicks}', 'a', '{spend}', '{errors}') IS NOT NULL AS created;
SELECT ff_experiment_bandit('x');	-- a draft
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
SELECT * FROM ff_experiment_bandit('x');	-- nobody yet
-- 400, 300 and 300 units; 10, 15 and 5 % of them click; errors are with b alone
CREATE TEMP TABLE units AS SELECT v, v || i AS unit, i FROM (VALUES ('a', 400), ('b', 300), ('c', 300)) s(v, n), generate_series(1, s.n) i;
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', unit, v, '2026-03-02 00:00+00' FROM units;
INSERT INTO ff.events (unit, event, value, at)
SELECT unit, 'click', NULL::numeric, timestamptz '2026-03-02 01:00+00' FROM units WHERE i % 100 < CASE v WHEN 'a' THEN 10 WHEN 'b' THEN 15 ELSE 5 END
UNION ALL SELECT unit, 'error', NULL, '2026-03-02 01:00+00' FROM units WHERE v = 'b' AND i % 10 = 0;
SELECT variation, n, round(mean::numeric, 4) AS mean, weight_now, weight_next, round(probability_best::numeric, 6) AS best, applied, problem FROM ff_experiment_bandit('x');
-- By hand.  A share's error is that of one success and one failure more.
WITH hand AS (
	SELECT array_agg(s.p ORDER BY s.v) AS means, array_agg(sqrt((s.p * s.n + 1) / (s.n + 2) * (1 - (s.p * s.n + 1) / (s.n + 2)) / s.n) ORDER BY s.v) AS errors
	FROM (VALUES ('a', 0.1::float8, 400), ('b', 0.15, 300), ('c', 0.05, 300)) s(v, p, n))
SELECT array_agg(round(b.probability_best::numeric, 9)) = (SELECT array_agg(round(w::numeric, 9)) FROM unnest((ff_bandit_weights(h.means, h.errors)).best) w) AS same_chances,
	array_agg(round(b.weight_next, 2)) = (SELECT array_agg(round(100 * w::numeric, 2)) FROM unnest((ff_bandit_weights(h.means, h.errors, minimum_weight => 0.05)).weights) w) AS same_weights,
	sum(b.weight_next) AS of_a_hundred
FROM ff_experiment_bandit('x') b CROSS JOIN hand h GROUP BY h.means, h.errors;
SELECT o, variation, weight_next, problem FROM unnest('{"{\"max_change\": 0.1}", "{\"minimum_share\": 0.2}", "{\"top_two\": true}", "{\"minimum_units\": 350}"}'::text[]) o
CROSS JOIN LATERAL ff_experiment_bandit('x', NULL, o::jsonb);
SELECT variation, round(mean::numeric, 4) AS mean, weight_next, problem FROM ff_experiment_bandit('x', 'errors');	-- fewer are better; none of 300 is not certain to stay none
SELECT variation, mean, weight_next, problem FROM ff_experiment_bandit('x', 'spend');	-- nobody has spent anything

-- Applied: the flag serves by it, as one version with a reason, and a phase begins.
SELECT max(version) AS was FROM ff_flag_history('banner', 'production') \gset
SELECT variation, weight_now, weight_next, applied FROM ff_experiment_bandit('x', options => '{"apply": true, "max_change": 0.2}');
SELECT s.default_serve FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'banner' AND f.project_id = ff._project(NULL) AND e.key = 'production';
SELECT version - :was AS versions, reason, changes FROM ff_flag_history('banner', 'production') WHERE version > :was;
SHOW featureflow.change_reason;
SELECT p.number, p.started_at = x.started_at AS from_start, p.weights FROM ff.experiment_phases p JOIN ff.experiments x ON x.id = p.experiment_id WHERE x.key = 'x' ORDER BY 1;
SELECT item, status FROM ff_experiment_health('x') WHERE item IN ('sample_ratio', 'split_changed');
-- What was learnt in the phase before is not forgotten, and so the next step goes on where this one ended.
INSERT INTO ff.exposures (experiment, unit, variation) SELECT 'x', 'n' || v || i, v FROM (VALUES ('a', 21), ('b', 50), ('c', 29)) s(v, n), generate_series(1, s.n) i;
INSERT INTO ff.events (unit, event) SELECT 'nb' || i, 'click' FROM generate_series(1, 10) i;
SELECT variation, n, weight_now, weight_next, applied FROM ff_experiment_bandit('x', options => '{"apply": true, "max_change": 0.2}');
SELECT variation, weight_next - weight_now AS change FROM ff_experiment_bandit('x', options => '{"max_change": 0.05}');
-- Where nothing changes there is no version and no phase.
SELECT count(*) FILTER (WHERE applied) AS applied FROM ff_experiment_bandit('x', options => '{"apply": true}');
SELECT max(version) AS was FROM ff_flag_history('banner', 'production') \gset
SELECT bool_and(applied) AND bool_and(weight_now = weight_next) AS stays FROM ff_experiment_bandit('x', options => '{"apply": true}');
SELECT max(version) - :was AS versions, (SELECT max(p.number) FROM ff.experiment_phases p JOIN ff.experiments x ON x.id = p.experiment_id WHERE x.key = 'x') AS phases FROM ff_flag_history('banner', 'production');

-- Phases are strata.  On a quiet day and on a busy one a and b are alike; b had most of the busy day's units, and is not the better for it.
SELECT ff_experiment_stop('x'), ff_flag_default('banner', '{"split": {"a": 10, "b": 90}, "by": "account"}', 'production');
SELECT ff_experiment_create('y', 'banner', '{clicks}', 'a') IS NOT NULL AS created;
SELECT ff_experiment_start('y', '2026-04-01 00:00+00');
INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights)
SELECT x.id, n.n, n.at, n.weights FROM ff.experiments x, (VALUES (1, timestamptz '2026-04-01', '{"a": 90, "b": 10}'::jsonb), (2, '2026-04-02', '{"a": 10, "b": 90}')) n(n, at, weights) WHERE x.key = 'y';
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'y', 'y' || d || v || i, v, timestamptz '2026-03-31 12:00+00' + d * interval '1 day' FROM (VALUES (1, 'a', 900), (1, 'b', 100), (2, 'a', 100), (2, 'b', 900)) s(d, v, n), generate_series(1, s.n) i;
INSERT INTO ff.events (unit, event, at)
SELECT 'y' || d || v || i, 'click', timestamptz '2026-03-31 12:00+00' + d * interval '1 day' FROM (VALUES (1, 'a', 900), (1, 'b', 100), (2, 'a', 100), (2, 'b', 900)) s(d, v, n), generate_series(1, s.n) i
WHERE i % 10 < CASE d WHEN 1 THEN 1 ELSE 4 END;
SELECT variation, n, round(mean::numeric, 4) AS mean, round(probability_best::numeric, 2) AS best FROM ff_experiment_bandit('y');
SELECT c.variation, round(sum(ff_cross_moments_mean(c.moments, 1) * ff_cross_moments_n(c.moments))::numeric / sum(ff_cross_moments_n(c.moments)), 4) AS pooled
FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x) c WHERE x.key = 'y' GROUP BY 1 ORDER BY 1;
-- A split in a rule is weighed with that of the default where it is the same; who is bucketed by what stays.
SELECT ff_flag_rules('banner', '[{"id": "eu", "when": {"attribute": "eu", "op": "eq", "value": true}, "serve": {"split": {"a": 10, "b": 90, "c": 0}}},
	{"id": "staff", "when": {"attribute": "staff", "op": "eq", "value": true}, "serve": "c"}]', 'production');
SELECT variation, weight_next, applied FROM ff_experiment_bandit('y', options => '{"apply": true}');
SELECT r.value -> 'id' AS rule, r.value -> 'serve' AS serve FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
CROSS JOIN LATERAL jsonb_array_elements(s.rules || jsonb_build_array(jsonb_build_object('id', 'default', 'serve', s.default_serve))) r
WHERE f.key = 'banner' AND f.project_id = ff._project(NULL) AND e.key = 'production';
-- A broken split teaches nothing.
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'y', 'z' || i, 'a', '2026-04-02 12:00+00' FROM generate_series(1, 100) i;
SELECT variation, weight_next, applied, problem FROM ff_experiment_bandit('y', options => '{"apply": true}');

-- Ratios have the error of ratios.
SELECT ff_metric_create('median', 'quantile', 'spend', settings => '{"quantile": 0.5, "quantile_of": "units"}') IS NOT NULL
	AND ff_metric_create('per-visit', 'ratio', 'spend', settings => '{"denominator_event": "visit", "covariate_period": "0"}') IS NOT NULL AS created;
SELECT ff_experiment_stop('y'), ff_experiment_create('r', 'banner', '{per-visit}', 'a', '{median}') IS NOT NULL AS created, ff_flag_rules('banner', '[]', 'production'),
	ff_flag_default('banner', '{"split": {"a": 50, "b": 50}}', 'production');
SELECT ff_experiment_start('r', '2026-05-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'r', 'r' || v || i, v, '2026-05-02 00:00+00' FROM generate_series(1, 200) i, unnest('{a,b}'::text[]) v;
INSERT INTO ff.events (unit, event, value, at)
SELECT 'r' || v || i, 'visit', NULL::numeric, timestamptz '2026-05-02 01:00+00' FROM generate_series(1, 200) i, unnest('{a,b}'::text[]) v, generate_series(0, i % 3)
UNION ALL SELECT 'r' || v || i, 'spend', i % 3 + i % 7 + CASE v WHEN 'b' THEN 0.3 ELSE 0 END, '2026-05-02 01:00+00' FROM generate_series(1, 200) i, unnest('{a,b}'::text[]) v;
SELECT abs(b.probability_best - ff_norm_sf(-(c).t)) < 1e-9 AS chance_of_the_difference
FROM ff_experiment_bandit('r') b CROSS JOIN LATERAL (SELECT ff_compare_ratio(k.moments, t.moments) AS c
	FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x) k CROSS JOIN LATERAL ff._experiment_cells(x) t JOIN ff.metrics m ON m.id = t.metric_id AND m.key = 'per-visit'
	WHERE x.key = 'r' AND k.metric_id = t.metric_id AND k.variation = 'a' AND t.variation = 'b') c WHERE b.variation = 'b';

-- What is refused.
SELECT ff_experiment_bandit('r', 'median');
SELECT ff_experiment_bandit('r', 'clicks');
SELECT ff_experiment_bandit('r', 'none');
SELECT ff_experiment_bandit('none');
SELECT ff_experiment_bandit('r', options => '{"floor": 0.1}');
SELECT ff_experiment_bandit('r', options => '{"minimum_share": 0}');
SELECT ff_experiment_bandit('x', options => '{"minimum_share": 0.4}');
SELECT ff_experiment_bandit('r', options => '{"max_change": 0}');
SELECT ff_experiment_bandit('r', options => '{"apply": "perhaps"}');
SELECT ff_experiment_bandit('y', options => '{"apply": true}');
SELECT ff_flag_kill('banner');
SELECT ff_experiment_bandit('r', options => '{"apply": true}');
SELECT count(*) FROM ff_experiment_bandit('r');
SELECT ff_flag_revive('banner'), ff_flag_disable('banner', 'production');
SELECT ff_experiment_bandit('r', options => '{"apply": true}');
SELECT ff_flag_enable('banner', 'production'), ff_environment_lock('production', 'holidays');
\set VERBOSITY terse
SELECT ff_experiment_bandit('r', options => '{"apply": true}');
SELECT ff_environment_unlock('production'), ff_flag_schedule('banner', now() + interval '1 day', 'rollout', 'production', 50, 'b') IS NOT NULL AS scheduled;
SELECT ff_experiment_bandit('r', options => '{"apply": true}');
\set VERBOSITY default
SELECT ff_flag_unschedule('banner', environment => 'production');
SELECT ff_flag_rules('banner', '[{"serve": {"split": {"a": 90, "b": 10}}, "when": {"attribute": "eu", "op": "eq", "value": true}}]', 'production');
SELECT ff_experiment_bandit('r');
SELECT ff_experiment_bandit('r', options => '{"apply": true}');
SELECT ff_flag_rules('banner', '[]', 'production'), ff_flag_default('banner', '"a"', 'production');
SELECT ff_experiment_bandit('r');
SELECT ff_flag_default('banner', '{"split": {"a": 50, "b": 50}}', 'production'), ff_experiment_stop('r');
SELECT count(weight_next) AS weighed FROM ff_experiment_bandit('r');	-- by its last split
SELECT count(*) FROM ff_import('flagd', '{"flags": {"far": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}', 'production');
SELECT ff_experiment_create('far', 'far', '{clicks}', 'off', environment => 'production') IS NOT NULL AS created;
SELECT ff_experiment_start('far');
SELECT ff_experiment_bandit('far', options => '{"apply": true}');
SELECT ff_experiment_stop('far');
SELECT ff_project_delete('bandit', cascade => true);
