-- Metrics in their roles, and whether an experiment harms those that it must not.
\set SHOW_CONTEXT never
SELECT ff_project_create('guard') IS NOT NULL AS created;
SET featureflow.project = 'guard';
SELECT ff_flag_create('f') IS NOT NULL AND ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL AND ff_metric_create('errors', 'proportion', 'error', 'decrease') IS NOT NULL
	AND ff_metric_create('visits', 'mean', 'visit') IS NOT NULL AND ff_metric_create('latency', 'mean', 'latency', 'decrease') IS NOT NULL AS created;
SELECT ff_flag_rollout('f', 50, 'production');
SELECT ff_experiment_create('x', 'f', '{buys}') IS NOT NULL AS created;
CREATE TEMP VIEW roles AS SELECT m.key AS metric, u.role, u.margin FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id
WHERE m.project_id = ff._project(NULL) ORDER BY u.position;
SELECT ff_experiment_metric('x', 'visits'), ff_experiment_metric('x', 'errors', 'guardrail', 0.05), ff_experiment_metric('x', 'latency', 'secondary');
SELECT * FROM roles;
SELECT ff_experiment_metric('x', 'visits', 'guardrail', 0.02), ff_experiment_metric('x', 'latency', 'guardrail'), ff_experiment_metric('x', 'errors');
SELECT * FROM roles;
SELECT ff_experiment_metric('x', 'errors', 'secondary');	-- with the role goes the margin
SELECT * FROM roles WHERE metric = 'errors';
SELECT ff_experiment_metric('x', 'errors', 'guardrail', 0.1), ff_experiment_metric('x', 'errors', margin => 0);
SELECT * FROM roles WHERE metric = 'errors';
SELECT ff_experiment_metric_remove('x', 'errors');
SELECT count(*) FROM roles WHERE metric = 'errors';
SELECT ff_experiment_metric('x', 'errors', 'guardrail');
SELECT action, count(*) FROM ff.audit_log WHERE project_id = ff._project(NULL) AND table_name = 'experiment_metrics' GROUP BY action ORDER BY action;
-- what is refused
SELECT ff_experiment_metric('x', 'buys', 'secondary');
SELECT ff_experiment_metric_remove('x', 'buys');
SELECT ff_experiment_metric('x', 'buys', margin => 0.1);
SELECT ff_experiment_metric('x', 'errors', 'guard');
SELECT ff_experiment_metric('x', 'errors', margin => -0.1);
SELECT ff_experiment_metric('x', 'errors', margin => 20);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_metric('x', 'errors', margin => 'NaN');
SELECT ff_experiment_metric('x', 'errors', margin => 'Infinity');
SELECT ff_experiment_metric('x', 'sales');
SELECT ff_experiment_metric('none', 'errors');
SELECT ff_experiment_metric(NULL, 'errors');
SELECT ff_metric_create('clicks', 'proportion', 'click') IS NOT NULL AS created;
SELECT ff_experiment_metric_remove('x', 'clicks');
\set VERBOSITY terse
UPDATE ff.experiment_metrics SET margin = 20 WHERE role = 'guardrail' AND project_id = ff._project(NULL);
UPDATE ff.experiment_metrics SET margin = 1 WHERE role = 'goal' AND project_id = ff._project(NULL);
\set VERBOSITY default

-- Nobody yet, of a draft and of one that runs.
SELECT metric, variation, n, verdict, anytime_verdict, problem FROM ff_experiment_guardrails('x');
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
SELECT metric, variation, n, verdict, anytime_verdict, problem FROM ff_experiment_guardrails('x');
-- Errors rise from 20 to 33 %; visits fall by 0.4 %; latency is 10 lower of 108.
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', v || i, v, '2026-03-02 00:00+00' FROM generate_series(1, 2000) i, unnest('{off,on}'::text[]) v;
INSERT INTO ff.events (unit, event, value, at)
SELECT v || i, 'error', NULL::numeric, timestamptz '2026-03-02 01:00+00' FROM generate_series(1, 2000) i, unnest('{off,on}'::text[]) v WHERE i % 100 < CASE v WHEN 'off' THEN 20 ELSE 33 END
UNION ALL SELECT v || i, 'visit', 10 + i % 5 - CASE WHEN v = 'on' AND i % 20 = 0 THEN 1 ELSE 0 END, '2026-03-02 01:00+00' FROM generate_series(1, 2000) i, unnest('{off,on}'::text[]) v
UNION ALL SELECT v || i, 'latency', 60 + i % 97 - CASE v WHEN 'on' THEN 10 ELSE 0 END, '2026-03-02 01:00+00' FROM generate_series(1, 2000) i, unnest('{off,on}'::text[]) v;
SELECT metric, variation, control_n, n, round(difference::numeric, 4) AS difference, round(harm_p_value::numeric, 6) AS harm_p, margin, round(lift_bound::numeric, 4) AS bound, verdict,
	round(anytime_harm_p_value::numeric, 6) AS anytime_p, anytime_verdict, problem FROM ff_experiment_guardrails('x');
-- As ff_guardrail has it, with the margin and without.
CREATE TEMP VIEW arms AS SELECT m.key, m.direction = 'decrease' AS less, m.kind = 'proportion' AS share, u.margin,
	ff_cross_moments_part(k.moments, 1) AS control, ff_cross_moments_part(t.moments, 1) AS treatment
FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x) k CROSS JOIN LATERAL ff._experiment_cells(x) t
JOIN ff.experiment_metrics u ON u.experiment_id = x.id AND u.metric_id = t.metric_id JOIN ff.metrics m ON m.id = t.metric_id
WHERE x.key = 'x' AND x.project_id = ff._project(NULL) AND k.metric_id = t.metric_id AND k.variation = 'off' AND t.variation = 'on' AND u.role = 'guardrail';
SELECT g.metric, abs(g.harm_p_value - h.p_value) < 1e-12 AS same_p, abs(g.lift_bound - h.bound) < 1e-12 AS same_bound,
	CASE WHEN a.margin > 0 AND i.status = 'non_inferior' THEN i.status ELSE h.status END = g.verdict AS same_verdict
FROM ff_experiment_guardrails('x') g JOIN arms a ON a.key = g.metric
CROSS JOIN LATERAL ff_guardrail(a.control, a.treatment, less_is_better => a.less, proportion => a.share) h
CROSS JOIN LATERAL ff_guardrail(a.control, a.treatment, coalesce(a.margin, 0.02), less_is_better => a.less, proportion => a.share) i ORDER BY 1;
-- Every day costs: the sequence is wider than the interval of one look.
SELECT bool_and(anytime_lower < lower AND anytime_upper > upper) AS wider, bool_and(anytime_harm_p_value >= harm_p_value) AS more_careful FROM ff_experiment_guardrails('x');
SELECT g.metric, g.anytime_harm_p_value = s.p_value AS same FROM ff_experiment_guardrails('x') g JOIN arms a ON a.key = g.metric
CROSS JOIN LATERAL ff_compare(a.control, a.treatment, proportion => a.share) c
CROSS JOIN LATERAL ff_confidence_sequence(c.difference, c.standard_error, g.control_n + g.n, alternative => CASE WHEN a.less THEN 'greater' ELSE 'less' END) s ORDER BY 1;
-- A margin is accepted harm: with a wide one the same errors are none.
SELECT ff_experiment_metric('x', 'errors', margin => 1);
SELECT metric, round(harm_p_value::numeric, 6) AS harm_p, round(lift_bound::numeric, 2) AS bound, verdict, anytime_verdict FROM ff_experiment_guardrails('x') WHERE metric = 'errors';
SELECT metric, verdict FROM ff_experiment_guardrails('x', '{"alpha": 0.000001}');

-- Other kinds of metrics have tests of their own.
SELECT ff_metric_create('p90', 'quantile', 'latency', 'decrease', settings => '{"quantile": 0.9}') IS NOT NULL AND ff_metric_create('per-visit', 'ratio', 'latency', 'decrease', settings => '{"denominator_event": "visit"}') IS NOT NULL AS created;
SELECT ff_experiment_metric('x', 'p90', 'guardrail', 0.1), ff_experiment_metric('x', 'per-visit', 'guardrail');
SELECT metric, round(difference::numeric, 3) AS difference, round(harm_p_value::numeric, 3) AS harm_p, verdict, anytime_verdict FROM ff_experiment_guardrails('x') WHERE metric IN ('p90', 'per-visit');
-- A sample ratio that cannot be: no verdict.  What was stated is kept with the results.
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'more' || i, 'on', '2026-03-02 00:00+00' FROM generate_series(1, 300) i;
SELECT DISTINCT round(srm_p_value::numeric, 6) AS srm, verdict, anytime_verdict, problem, harm_p_value IS NOT NULL AS has_p FROM ff_experiment_guardrails('x');
-- Of a refresh all of it is read, the sample ratio, too.
BEGIN;
SELECT count(*) AS refreshed FROM ff_experiment_refresh('x');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'even' || i, 'off', '2026-03-02 00:00+00' FROM generate_series(1, 300) i;
SELECT DISTINCT round(srm_p_value::numeric, 6) AS srm, problem FROM ff_experiment_guardrails('x');
SELECT count(*) AS refreshed FROM ff_experiment_refresh('x');
SELECT DISTINCT round(srm_p_value::numeric, 6) AS srm, problem FROM ff_experiment_guardrails('x');
ROLLBACK;
SELECT ff_experiment_stop('x');
SELECT m ->> 'key' AS metric, m -> 'margin' AS margin FROM ff_experiment_results('x') r, jsonb_array_elements(r.document -> 'metrics') m;
SELECT ff_experiment_metric('x', 'errors', margin => 0.5);
SELECT ff_experiment_metric_remove('x', 'errors');
SELECT ff_experiment_guardrails('none');
SELECT ff_experiment_guardrails('x', '{"alpha": 0.5}');
SELECT ff_experiment_guardrails('x', '{"correction": "holm"}');
SELECT ff_experiment_guardrails('x', '{"metrics": ["sales"]}');
SELECT count(*) FROM ff_experiment_guardrails('x', NULL);
-- Too few units for a verdict.
SELECT ff_experiment_create('few', 'f', '{buys}', guardrails => '{latency}') IS NOT NULL AS created;
SELECT ff_experiment_start('few', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'few', v || i, v, '2026-03-02 00:00+00' FROM generate_series(1, 49) i, unnest('{off,on}'::text[]) v;
SELECT n, verdict, anytime_verdict, problem FROM ff_experiment_guardrails('few');
INSERT INTO ff.events (unit, event, value, at) SELECT v || i, 'latency', i % 7, '2026-03-02 01:00+00' FROM generate_series(1, 49) i, unnest('{off,on}'::text[]) v;
SELECT n, verdict, anytime_verdict, problem FROM ff_experiment_guardrails('few');
SELECT n, verdict, anytime_verdict, problem FROM ff_experiment_guardrails('few', '{"minimum_units": 10}');
-- A metric that options name stays.
SELECT ff_experiment_update('few', '{"analysis": {"metrics": ["latency", "buys"]}}');
SELECT ff_experiment_metric_remove('few', 'latency');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('few', '{"analysis": null}'), ff_experiment_metric_remove('few', 'latency');
SELECT ff_experiment_stop('few');
SELECT ff_project_delete('guard', cascade => true);
