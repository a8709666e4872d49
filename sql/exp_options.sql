-- The options of an analysis: each gives what the statistics give by hand.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('options') IS NOT NULL;
SET featureflow.project = 'options';
SELECT ff_flag_create('f', 'string', '["a", "b", "c"]', off_variation => 'a') IS NOT NULL;
SELECT ff_flag_default('f', '{"split": {"a": 50, "b": 25, "c": 25}}');
SELECT ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL, ff_metric_create('money', 'mean', 'buy', settings => '{"cap_value": 30}') IS NOT NULL,
	ff_metric_create('price', 'ratio', 'buy', settings => '{"denominator_event": "buy"}') IS NOT NULL,
	ff_metric_create('errors', 'count', 'error', 'decrease') IS NOT NULL, ff_metric_create('rare', 'proportion', 'gift', settings => '{"covariate_period": "0"}') IS NOT NULL,
	ff_metric_create('median', 'quantile', 'buy', settings => '{"quantile": 0.5, "quantile_of": "events"}') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys,money}', secondary => '{price,rare,median}', guardrails => '{errors}') IS NOT NULL;
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'x', 'u' || i, CASE i % 4 WHEN 0 THEN 'b' WHEN 1 THEN 'c' ELSE 'a' END, timestamptz '2026-03-10 00:00+00' + i * interval '1 minute', jsonb_build_object('os', i * 7 % 3)
FROM generate_series(1, 2000) i;
-- what they did before tells what they do after
INSERT INTO ff.events (unit, event, value, at)
SELECT 'u' || i, 'buy', 5 + i % 37 + d, timestamptz '2026-03-09 00:00+00' + d * interval '3 days' FROM generate_series(1, 2000) i, generate_series(0, 1) d WHERE i * 11 % 29 < 9 + d * (i % 4 = 0)::int * 4
UNION ALL SELECT 'u' || i, 'error', NULL, '2026-03-12 00:00+00' FROM generate_series(1, 2000) i WHERE i % 40 = 3 OR i % 4 = 1 AND i % 3 = 0
UNION ALL SELECT 'u' || i, 'gift', NULL, '2026-03-12 00:00+00' FROM generate_series(1, 2000) i WHERE i IN (4, 8, 12, 2);
CREATE FUNCTION by_hand(wanted text, treated text) RETURNS TABLE (m ff.metrics, k ff.experiment_cell, t ff.experiment_cell)
LANGUAGE sql STABLE AS $$
	WITH c AS (SELECT x.control, m, c FROM ff.experiments x CROSS JOIN LATERAL unnest(ff._read_cells(x)) c JOIN ff.metrics m ON m.id = c.metric_id
		WHERE x.project_id = ff._project(NULL) AND x.key = 'x' AND m.key = wanted)
	SELECT k.m, k.c, t.c FROM c k, c t WHERE (k.c).variation = k.control AND (t.c).variation = treated $$;

-- by default: CUPED where there is a covariate, the cap, ratio and quantile by their own tests
SELECT s.metric, s.variation, s.n, round(s.mean::numeric, 4) AS mean, s.method, round(s.difference::numeric, 5), round(s.p_value::numeric, 6), round(s.p_adjusted::numeric, 6), s.status, s.problem
FROM ff_experiment_stats('x') s;
SELECT s.metric, s.variation, s.p_value = c.p_value, s.difference = c.difference, s.lift_lower = c.lift_lower, s.theta = c.theta, s.variance_reduction = c.variance_reduction, s.variance_reduction > 0.1
FROM ff_experiment_stats('x') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_compare_adjusted(coalesce((h.k).capped, (h.k).moments), coalesce((h.t).capped, (h.t).moments), proportion => s.metric = 'buys') c WHERE s.metric IN ('buys', 'money');
SELECT s.variation, s.p_value = (ff_compare_ratio((h.k).moments, (h.t).moments)).p_value FROM ff_experiment_stats('x') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h WHERE s.metric = 'price' AND s.variation <> 'a';
-- few successes: Fisher and Newcombe beside
SELECT s.variation, s.exact_p_value = c.fisher_p, s.exact_lower = c.newcombe_lower, s.p_value = c.p_value FROM ff_experiment_stats('x') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_compare(ff_cross_moments_part((h.k).moments, 1), ff_cross_moments_part((h.t).moments, 1), 0.05, true) c WHERE s.metric = 'rare' AND s.variation <> 'a';

-- as PostgREST hands over what stands in the address of a GET: a string that holds the object
SELECT count(*), bool_and(a = b) FROM ff_experiment_stats('x', to_jsonb('{"alpha": 0.1, "metrics": ["buys"]}'::text)) WITH ORDINALITY a
JOIN ff_experiment_stats('x', '{"alpha": 0.1, "metrics": ["buys"]}') WITH ORDINALITY b USING (ordinality);
SELECT count(*) FROM ff_experiment_guardrails('x', to_jsonb(' {"minimum_units": 1}'::text));
SELECT count(*) > 0 FROM ff_segment_scan('x', '{os}', to_jsonb('{"metrics": ["buys"]}'::text));
SELECT count(*) FROM ff_experiment_bandit('x', 'buys', to_jsonb('{"minimum_units": 2}'::text));
SELECT ff_metric_create('refunds', 'mean', 'refund', settings => to_jsonb('{"cap_value": 3}'::text)) IS NOT NULL, ff_metric_update('refunds', settings => to_jsonb('{"cap_value": 4}'::text));
SELECT settings FROM ff_metric_list() WHERE key = 'refunds';
BEGIN;
SELECT ff_experiment_update('x', to_jsonb('{"name": "By name", "analysis": {"alpha": 0.2}}'::text));
SELECT name, settings FROM ff_experiment_list() WHERE key = 'x';
ROLLBACK;
-- other strings are refused as ever
SELECT ff_experiment_stats('x', '"alpha"');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', to_jsonb('{"alpha": '::text));
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', to_jsonb('[{"alpha": 0.1}]'::text));
SELECT ff_segment_scan('x', '{os}', to_jsonb('{"alpha": 0.1} x'::text));
SELECT ff_experiment_stats('x', to_jsonb('{"alpha": "\u0000"}'::text));
SELECT ff_metric_create('refunds2', 'mean', 'refund', settings => '"{cap"');
SELECT ff_experiment_update('x', '"{"');

-- without adjustment, uncapped, by other methods
SELECT s.metric, s.method, s.p_value = (ff_compare(ff_cross_moments_part((h.k).moments, 1), ff_cross_moments_part((h.t).moments, 1), 0.1, s.metric = 'buys')).p_value, s.theta
FROM ff_experiment_stats('x', '{"adjustment": "none", "capped": false, "alpha": 0.1, "metrics": ["money", "buys"]}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h WHERE s.variation = 'b';
SELECT s.method, s.p_value = (ff_compare_ratio(ff_cross_moments_first((h.k).moments, 2), ff_cross_moments_first((h.t).moments, 2))).p_value
FROM ff_experiment_stats('x', '{"adjustment": "none", "metrics": ["price"]}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h WHERE s.variation = 'b';
SELECT o.o, s.method, s.p_value = (ff_compare_adjusted((h.k).capped, (h.t).capped, 0.05, o.o, false, o.r)).p_value FROM (VALUES ('lin', 'fieller'), ('ancova', 'fieller'), ('cuped', 'delta')) o(o, r)
CROSS JOIN LATERAL ff_experiment_stats('x', jsonb_build_object('adjustment', o.o, 'relative', o.r)) s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h WHERE s.variation = 'c' AND s.metric = 'money';
-- where the lift is tested, it is so at all looks together as well: its error is what its t says
SELECT s.metric, abs(s.sequential_p_value / q.p_value - 1) < 1e-9 AS p, abs(s.sequential_lift_lower - q.lower) < 1e-9 AS lift, abs(s.sequential_lower - d.lower) < 1e-9 AS difference
FROM ff_experiment_stats('x', '{"relative": "delta", "capped": false, "adjustment": "none"}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL (SELECT ff_cross_moments_part((h.k).moments, 1) AS k, ff_cross_moments_part((h.t).moments, 1) AS t) p
CROSS JOIN LATERAL ff_compare(p.k, p.t, 0.05, s.metric = 'buys', 'delta') c
CROSS JOIN LATERAL ff_confidence_sequence(c.lift, c.lift / c.t, ff_moments_n(p.k) + ff_moments_n(p.t)) q CROSS JOIN LATERAL ff_confidence_sequence(c.difference, c.standard_error, ff_moments_n(p.k) + ff_moments_n(p.t)) d
WHERE s.metric IN ('buys', 'money') AND s.variation = 'b';

-- another baseline turns the difference round
SELECT s.variation, round(s.difference::numeric, 6), n FROM ff_experiment_stats('x', '{"baseline": "b", "metrics": ["errors"], "adjustment": "none"}') s;
SELECT round(difference::numeric, 6) FROM ff_experiment_stats('x', '{"adjustment": "none"}') WHERE metric = 'errors' AND variation = 'b';

-- corrections: goals by Holm over metrics and variations, secondary by Benjamini-Hochberg, guardrails not at all; the exact p where there is one
WITH s AS (SELECT s.*, s.ordinality AS i, coalesce(s.exact_p_value, s.p_value) AS p FROM ff_experiment_stats('x') WITH ORDINALITY s WHERE s.variation <> 'a' AND s.warning IS DISTINCT FROM 'constant_arm')
SELECT role, array_agg(p_adjusted ORDER BY i) = CASE role WHEN 'goal' THEN ff_holm(array_agg(p ORDER BY i)) WHEN 'secondary' THEN ff_benjamini_hochberg(array_agg(p ORDER BY i)) ELSE array_agg(p ORDER BY i) END
FROM s GROUP BY role ORDER BY role;
WITH s AS (SELECT s.*, s.ordinality AS i, coalesce(s.exact_p_value, s.p_value) AS p, o.o FROM unnest('{none,holm,benjamini-hochberg}'::text[]) o(o) CROSS JOIN LATERAL ff_experiment_stats('x', jsonb_build_object('correction', o.o)) WITH ORDINALITY s WHERE s.variation <> 'a' AND s.warning IS DISTINCT FROM 'constant_arm')
SELECT o, role, array_agg(p_adjusted ORDER BY i) = CASE WHEN role = 'guardrail' OR o = 'none' THEN array_agg(p ORDER BY i) WHEN o = 'holm' THEN ff_holm(array_agg(p ORDER BY i)) ELSE ff_benjamini_hochberg(array_agg(p ORDER BY i)) END,
	count(*) FILTER (WHERE p_adjusted > p) > 0 AS corrected FROM s GROUP BY o, role ORDER BY o, role;
-- nobody gets a smaller p by asking for less
SELECT bool_and(s.p_adjusted = t.p_adjusted AND s.sequential_p_adjusted = t.sequential_p_adjusted AND s.status = t.status), count(*) FROM ff_experiment_stats('x') s
CROSS JOIN LATERAL ff_experiment_stats('x', jsonb_build_object('metrics', jsonb_build_array(s.metric))) t WHERE t.metric = s.metric AND t.variation = s.variation AND s.variation <> 'a';

-- looking every day: a confidence sequence; 0 is in the lift's interval where it is in that of the difference
SELECT s.metric, s.variation, s.sequential_method, s.sequential_p_value = q.p_value, s.sequential_lower = q.lower, s.sequential_lower < s.lower AND s.sequential_upper > s.upper AS wider,
	(s.sequential_lower <= 0 AND s.sequential_upper >= 0) = (s.sequential_lift_lower <= 0 AND s.sequential_lift_upper >= 0) AS same, (s.lift_lower <= 0) = (s.lower <= 0) AS fixed
FROM ff_experiment_stats('x', '{"tuning": 1500}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_compare_adjusted(coalesce((h.k).capped, (h.k).moments), coalesce((h.t).capped, (h.t).moments), proportion => s.metric = 'buys') c
CROSS JOIN LATERAL ff_confidence_sequence(c.difference, c.standard_error, ff_cross_moments_n((h.k).moments) + ff_cross_moments_n((h.t).moments), 0.05, 1500) q
WHERE s.metric IN ('buys', 'money') AND s.variation <> 'a';
-- the interval of the lift for the width of the fixed test is that of the fixed test
SELECT s.metric, round(l.lower::numeric, 9) = round(c.lift_lower::numeric, 9), round(l.upper::numeric, 9) = round(c.lift_upper::numeric, 9)
FROM ff_experiment_stats('x') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_compare_adjusted(coalesce((h.k).capped, (h.k).moments), coalesce((h.t).capped, (h.t).moments), proportion => s.metric = 'buys') c
CROSS JOIN LATERAL ff._lift_interval(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error, (c.upper - c.lower) / 2 / c.standard_error) l
WHERE s.metric IN ('buys', 'money') AND s.variation = 'b';
SELECT s.sequential_method, s.sequential_p_value = q.p_value, s.sequential_lower = q.lower, s.sequential_p_value < 0.05
FROM ff_experiment_stats('x', '{"sequential": "msprt", "expected_lift": 0.1, "metrics": ["money"]}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_compare_adjusted((h.k).capped, (h.t).capped) c CROSS JOIN LATERAL ff_msprt(c.difference, c.standard_error, (0.1 * c.control_mean) ^ 2) q WHERE s.variation = 'b';
SELECT count(s.sequential_method), count(s.sequential_p_value) FROM ff_experiment_stats('x', '{"sequential": "none"}') s;

-- a prior on the lift draws the posterior towards it
SELECT s.variation, round(s.chance_to_win::numeric, 6) = round(b.chance::numeric, 6), round(s.expected_loss::numeric, 9) = round(b.loss_treatment::numeric, 9), p.chance_to_win < s.chance_to_win
FROM ff_experiment_stats('x', '{"adjustment": "none", "capped": false}') s CROSS JOIN LATERAL by_hand(s.metric, s.variation) h
CROSS JOIN LATERAL ff_bayes(ff_cross_moments_part((h.k).moments, 1), ff_cross_moments_part((h.t).moments, 1)) b
JOIN ff_experiment_stats('x', '{"adjustment": "none", "prior_stddev": 0.02, "capped": false}') p ON p.metric = s.metric AND p.variation = s.variation
WHERE s.metric = 'money' AND s.variation = 'b';

-- strata: levels of a dimension; the ratio and the quantile say that they are not stratified
SELECT s.metric, s.method, s.p_value = c.p_value, s.problem FROM ff_experiment_stats('x', '{"stratify_by": "os", "adjustment": "none"}') s
LEFT JOIN LATERAL (SELECT c.* FROM (SELECT array_agg(o.moments ORDER BY o.level) FILTER (WHERE o.variation = 'a') AS k, array_agg(o.moments ORDER BY o.level) FILTER (WHERE o.variation = 'b') AS t
	FROM (SELECT o.variation, o.level, ff_cross_moments_first(coalesce(o.capped, o.moments), 1) AS moments FROM ff.experiments x CROSS JOIN LATERAL unnest(ff._read_cells(x, 'os')) o JOIN ff.metrics m ON m.id = o.metric_id
		WHERE x.project_id = ff._project(NULL) AND m.key = s.metric) o) g CROSS JOIN LATERAL ff_compare_stratified(g.k, g.t, 0.05, s.metric IN ('buys', 'rare')) c) c ON s.metric NOT IN ('price', 'median')
WHERE s.variation = 'b';

-- phases: the last one by default, one by number, or each as a stratum, never pooled: 10 % to 50 % while the weather changes
SELECT ff_flag_create('g') IS NOT NULL;
SELECT ff_flag_rollout('g', 50), ff_experiment_create('y', 'g', '{buys}') IS NOT NULL, ff_experiment_start('y', '2026-03-01 00:00+00');
DELETE FROM ff.experiment_phases p USING ff.experiments x WHERE x.id = p.experiment_id AND x.key = 'y' AND x.project_id = ff._project(NULL);
INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights)
SELECT x.id, n.n, n.at, n.weights FROM ff.experiments x, (VALUES (1, timestamptz '2026-03-01', '{"on": 10, "off": 90}'::jsonb), (2, '2026-03-10', '{"on": 50, "off": 50}')) n(n, at, weights)
WHERE x.key = 'y' AND x.project_id = ff._project(NULL);
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'y', 'p' || i, CASE WHEN i % 10 = 0 THEN 'on' ELSE 'off' END, timestamptz '2026-03-05 00:00+00' FROM generate_series(1, 2000) i
UNION ALL SELECT 'y', 'q' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-15 00:00+00' FROM generate_series(1, 2000) i;
INSERT INTO ff.events (unit, event, at)
SELECT 'p' || i, 'buy', timestamptz '2026-03-07 00:00+00' FROM generate_series(1, 2000) i WHERE (i / 10) % 10 = 1
UNION ALL SELECT 'q' || i, 'buy', '2026-03-20 00:00+00' FROM generate_series(1, 2000) i WHERE (i / 10) % 10 < 6 + i % 2 * 2;
SELECT o.o, s.n, s.method, round(s.difference::numeric, 6), round(s.p_value::numeric, 6), round(s.srm_p_value::numeric, 6) FROM unnest('{current,1,2,all}'::text[]) WITH ORDINALITY o(o, i)
CROSS JOIN LATERAL ff_experiment_stats('y', jsonb_build_object('phases', o.o)) s WHERE s.variation = 'on' ORDER BY o.i;
-- by hand: the share of each phase times its difference, and the square of that its variance
SELECT round(s.difference::numeric, 9) = round(sum(w.w * c.difference)::numeric, 9), round(((s.upper - s.lower) / 2 / -ff_t_ppf(0.025, 1990))::numeric, 4) = round(sqrt(sum((w.w * c.standard_error) ^ 2))::numeric, 4)
FROM ff_experiment_stats('y', '{"phases": "all"}') s CROSS JOIN (VALUES (0.5, 200, 20, 1800, 180), (0.5, 1000, 600, 1000, 800)) w(w, tn, ts, cn, cs)
CROSS JOIN LATERAL ff_compare((SELECT ff_moments((i <= w.cs)::int) FROM generate_series(1, w.cn) i), (SELECT ff_moments((i <= w.ts)::int) FROM generate_series(1, w.tn) i), 0.05, true) c
WHERE s.variation = 'on' GROUP BY s.difference, s.upper, s.lower;
-- where the lift is tested, it is so there as well: its error by the delta method
SELECT d.lift = f.lift, d.p_value <> f.p_value, abs(d.p_value - 2 * ff_t_sf(abs(d.lift) / ((d.lift_upper - d.lift_lower) / 2 / -ff_t_ppf(0.025, 1990)), 1990)) < 0.001, d.lower = f.lower
FROM ff_experiment_stats('y', '{"phases": "all", "relative": "delta"}') d JOIN ff_experiment_stats('y', '{"phases": "all"}') f USING (variation) WHERE d.variation = 'on';
SELECT h.item, round(h.value::numeric, 6), h.status FROM ff_experiment_health('y') h WHERE h.item LIKE 'sample%';
-- means are of the phases as well: their difference is the one that is shown, where those of one heap say the opposite
SELECT round((t.mean - c.mean)::numeric, 9) = round(t.difference::numeric, 9), round((t.mean / c.mean - 1)::numeric, 9) = round(t.lift::numeric, 9), 640.0 / 1200 > 980.0 / 2800
FROM ff_experiment_stats('y', '{"phases": "all"}') t JOIN ff_experiment_stats('y', '{"phases": "all"}') c ON c.variation = 'off' WHERE t.variation = 'on';

-- a plan: looks are kept, one a day at most, and bounds go by them
UPDATE ff.experiments x SET analysis = '{"planned_units": 8000, "phases": "all"}' WHERE x.key = 'y' AND x.project_id = ff._project(NULL);
SELECT ff_experiment_look('y'), ff_experiment_look('y');
SELECT k.variation, k.units FROM ff.experiment_looks k;
SELECT s.sequential_method, s.sequential_p_value = (ff_gst_look(ARRAY[k.units / 8000], k.difference, k.standard_error)).p_value, s.sequential_lower < s.lower
FROM ff_experiment_stats('y') s CROSS JOIN ff.experiment_looks k WHERE s.variation = 'on';
-- the next day, after more have come: the second of two looks
UPDATE ff.experiment_looks k SET taken_at = k.taken_at - interval '25 hours', units = 1000;
SELECT s.sequential_p_value = (ff_gst_look('{0.125,0.5}', s.difference, k.standard_error)).p_value, s.sequential_p_value > s.p_value
FROM ff_experiment_stats('y', '{"planned_units": 8000}') s CROSS JOIN ff.experiment_looks k WHERE s.variation = 'on';
SELECT ff_experiment_look('y');
SELECT k.units FROM ff.experiment_looks k ORDER BY 1;
SELECT ff_experiment_stop('y');
SELECT s.status, s.sequential_method FROM ff_experiment_stats('y') s WHERE s.variation = 'on';
SELECT document -> 'options' -> 'planned_units', document -> 'alpha' FROM ff_experiment_results('y');
SELECT ff_experiment_look('x');

-- fewer than minimum_units say nothing yet
SELECT s.status FROM ff_experiment_stats('x', '{"minimum_units": 501, "metrics": ["errors"]}') s WHERE s.variation <> 'a';

-- refused, by name
SELECT ff_experiment_stats('x', '{"alpha": 2}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', '{"alpha": "small"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', '{"level": 0.9}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', '[]');
SELECT ff_experiment_stats('x', '{"baseline": "z"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', '{"metrics": ["buys", "ghost"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stats('x', '{"phases": 2}');
\echo :LAST_ERROR_SQLSTATE
SELECT o.o, f.fault FROM (VALUES ('{"phases": "some"}'::jsonb), ('{"prior_mean": 0.1}'), ('{"prior_stddev": 1e-10}'), ('{"adjustment": "magic"}'), ('{"relative": "log"}'), ('{"correction": "bonferroni"}'), ('{"sequential": "daily"}'), ('{"sequential": "msprt"}'),
	('{"sequential": "group_sequential"}'), ('{"tuning": 0}'), ('{"planned_units": 1}'), ('{"spending": "linear"}'), ('{"look_every": "1 second"}'), ('{"expected_lift": 0}'), ('{"prior_mean": 1e9}'),
	('{"prior_stddev": 0}'), ('{"minimum_units": -1}'), ('{"capped": null}')) o(o)
CROSS JOIN LATERAL ff._analysis_fault(jsonb_populate_record(ff._analysis_options('x', '{}'), o.o)) f(fault);
UPDATE ff.experiments x SET analysis = '{"alpha": 7}' WHERE x.key = 'x';
\echo :LAST_ERROR_SQLSTATE
DROP FUNCTION by_hand;
SELECT ff_experiment_stop('x');
SELECT ff_project_delete('options', cascade => true);
