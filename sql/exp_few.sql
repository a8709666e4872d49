-- Few conversions and an arm whose units are all alike: its error is 0 as if it were
-- known exactly, so counts decide what is said.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('few') IS NOT NULL;
SET featureflow.project = 'few';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 5);
SELECT ff_metric_create('buys', 'proportion', 'buy', settings => '{"covariate_period": "0"}') IS NOT NULL, ff_metric_create('money', 'mean', 'buy', settings => '{"covariate_period": "0"}') IS NOT NULL,
	ff_metric_create('errors', 'proportion', 'error', 'decrease', settings => '{"covariate_period": "0"}') IS NOT NULL,
	ff_metric_create('fees', 'mean', 'error', 'decrease', settings => '{"covariate_period": "0"}') IS NOT NULL,
	ff_metric_create('served', 'proportion', 'serve', settings => '{"covariate_period": "0"}') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys,money}') IS NOT NULL, ff_experiment_metric('x', 'errors', 'guardrail', 0.1), ff_experiment_metric('x', 'fees', 'guardrail', 0.1), ff_experiment_metric('x', 'served', 'guardrail', 0.02);
SELECT ff_experiment_start('x', now() - interval '9 days');
-- one in 500 of the 9,500 with off: one of the 500 with on is expected, and none has been seen
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', v.v || i, v.v, now() - interval '8 days' FROM (VALUES ('off', 9500), ('on', 500)) v(v, n), generate_series(1, v.n) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'off' || i, e, 5 + i % 7, now() - interval '7 days' FROM generate_series(1, 19) i, unnest('{buy,error}'::text[]) e;
-- but for one in 3,000, and for one, all have been served
INSERT INTO ff.events (unit, event, at) SELECT v.v || i, 'serve', now() - interval '7 days' FROM (VALUES ('off', 9497), ('on', 499)) v(v, n), generate_series(1, v.n) i;
CREATE FUNCTION says() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', s.metric, s.status, round(s.p_value::numeric, 5), round(s.exact_p_value::numeric, 4), round(s.p_adjusted::numeric, 4), round(s.sequential_p_adjusted::numeric, 4), s.lift_lower IS NULL, s.warning)
	FROM ff_experiment_stats('x') s WHERE s.variation = 'on' $$;
SELECT says();
SELECT metric, round(harm_p_value::numeric, 4), round(anytime_harm_p_value::numeric, 4), verdict, anytime_verdict, round(lift_bound::numeric, 4) FROM ff_experiment_guardrails('x');
SELECT l FROM ff_experiment_summary('x') l WHERE l LIKE '%no difference%' OR l LIKE '%not worse%';
SELECT ff_experiment_stop('x');
SELECT says();
-- by hand: twice the chance that 500 units of off would all spend nothing
SELECT round(s.p_adjusted::numeric, 6) = round((2 * (1 - m.mean ^ 2 / (m.mean ^ 2 + m.sd ^ 2)) ^ 500)::numeric, 6) FROM ff_experiment_stats('x') s,
	(SELECT mean, stddev AS sd FROM ff_experiment_stats('x') WHERE metric = 'fees' AND variation = 'off') m WHERE metric = 'fees' AND variation = 'on';
-- what is plain is said: 500 of 500 against 19 of 9,500, and errors where there were none
INSERT INTO ff.events (unit, event, value, at) SELECT 'on' || i, e, 5, now() - interval '7 days' FROM generate_series(1, 500) i, unnest('{buy,error}'::text[]) e;
SELECT says();
SELECT metric, harm_p_value < 1e-9, verdict FROM ff_experiment_guardrails('x') WHERE metric <> 'served';
SELECT length(ff_experiment_html('x')) > 0;
-- in a scan none of 200, where one is to be expected, is no finding, nor is the rest of such; none of 200 where a third converts is one
SELECT ff_experiment_create('y', 'f', '{buys,money}') IS NOT NULL, ff_experiment_start('y', now() - interval '9 days');
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions) SELECT 'y', l.l || i, CASE WHEN i % 20 = 0 THEN 'on' ELSE 'off' END, now() - interval '8 days', jsonb_build_object('country', l.l) FROM generate_series(1, 4000) i, unnest('{de,fr,it}'::text[]) l(l);
INSERT INTO ff.events (unit, event, value, at) SELECT l.l || i, 'buy', 5 + i % 7, now() - interval '7 days' FROM generate_series(1, 4000) i, unnest('{de,fr,it}'::text[]) l(l)
WHERE CASE l.l WHEN 'de' THEN i / 20 % 10 < 3 WHEN 'fr' THEN i % 150 = 1 ELSE i / 20 % 3 = 0 AND i % 20 <> 0 END;
SELECT metric, level, round(mean::numeric, 3), round(control_mean::numeric, 3), p_value < 0.05, finding, problem FROM ff_segment_scan('y', '{country}') WHERE variation = 'on' ORDER BY metric, level;
-- the ends of what counts can say
SELECT ff._constant_p(1e9, 1e100, 1e-100), ff._constant_p(1e9, 1e-160, 1e100), ff._constant_p(10, 0, 1), ff._constant_p(10, 1, 0), round(ff._constant_p(3, 1, 1)::numeric, 9);
DROP FUNCTION says;
SELECT ff_project_delete('few', cascade => true);
