-- Looks on the way to a planned number of units: what the end of the plan, later data,
-- another comparison and another phase make of them.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('looks') IS NOT NULL;
SET featureflow.project = 'looks';
SELECT ff_flag_create('f', 'string', '["a", "b", "c"]', off_variation => 'a') IS NOT NULL, ff_flag_default('f', '{"split": {"a": 34, "b": 33, "c": 33}}');
SELECT ff_metric_create('money', 'mean', 'buy', settings => '{"covariate_period": "0"}') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{money}') IS NOT NULL, ff_experiment_update('x', '{"analysis": {"planned_units": 2000, "look_every": "1 hour"}}'), ff_experiment_start('x', now() - interval '9 days');
-- units of one size and spread, whose mean is given by variation; a day passes between batches
CREATE FUNCTION more(batch text, units int, means jsonb, until timestamptz DEFAULT now() - interval '1 day') RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', batch || v || i, v, until FROM generate_series(1, units) i, jsonb_object_keys(means) v;
	INSERT INTO ff.events (unit, event, value, at) SELECT batch || v.key || i, 'buy', v.value::numeric + i % 11 - 5, until FROM generate_series(1, units) i, jsonb_each_text(means) v;
	UPDATE ff.experiment_looks k SET taken_at = k.taken_at - interval '25 hours' FROM ff.experiments x WHERE x.id = k.experiment_id AND x.project_id = ff._project(NULL);
$$;
CREATE FUNCTION now_is(options jsonb DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', s.variation, s.n, round(s.difference::numeric, 4), s.sequential_method, round(s.sequential_lower::numeric, 4), round(s.sequential_upper::numeric, 4), s.status)
	FROM ff_experiment_stats('x', options) s WHERE s.difference IS NOT NULL $$;
SELECT more('1', 550, '{"a": 20, "b": 20.1, "c": 21}');
SELECT ff_experiment_look('x');
SELECT now_is();

-- what came after a look does not change whom the look says to have won
SELECT more('2', 400, '{"a": 20, "b": 16, "c": 16}', now() - interval '1 hour');
UPDATE ff.experiment_looks k SET taken_at = now() FROM ff.experiments x WHERE x.id = k.experiment_id AND x.project_id = ff._project(NULL);
SELECT now_is();
SELECT count(*) FROM ff_experiment_summary('x') l WHERE l LIKE '%money: higher with c than with a%, which is better.';

-- bounds hold for the comparison that was looked at: others go by a confidence sequence around their own difference
SELECT s.variation, s.sequential_method, abs((s.sequential_lower + s.sequential_upper) / 2 - s.difference) < 1e-9 FROM ff_experiment_stats('x', '{"baseline": "b"}') s WHERE s.difference IS NOT NULL;
SELECT DISTINCT s.sequential_method FROM unnest('{"{\"adjustment\": \"none\"}","{\"phases\": \"all\"}","{\"capped\": false}"}'::jsonb[]) o CROSS JOIN LATERAL ff_experiment_stats('x', o) s WHERE s.difference IS NOT NULL;
SELECT DISTINCT s.sequential_method FROM unnest('{"{\"alpha\": 0.1}","{\"metrics\": [\"money\"]}","{\"baseline\": \"a\"}"}'::jsonb[]) o CROSS JOIN LATERAL ff_experiment_stats('x', o) s WHERE s.difference IS NOT NULL;

-- the look that reaches the plan is its last: more units, stopping and shipping leave its result
SELECT more('3', 200, '{"a": 20, "b": 20, "c": 30}');
SELECT ff_experiment_look('x');
SELECT now_is();
-- alpha is spent by units, and how near looks are is told by 1 / variance of the difference
SELECT s.variation, abs(s.sequential_p_value - (ff_gst_look(l.information, l.difference, l.standard_error, spent_at => l.shares)).p_value) < 1e-12 AS as_by_hand,
	l.information[1] <> l.shares[1] AS differ
FROM ff_experiment_stats('x') s CROSS JOIN LATERAL (
	SELECT array_agg(k.units / 2000 ORDER BY k.units) AS shares, array_agg(last.units / 2000 * (last.standard_error / k.standard_error) ^ 2 ORDER BY k.units) AS information, last.difference, last.standard_error
	FROM ff.experiment_looks k CROSS JOIN LATERAL (SELECT m.* FROM ff.experiment_looks m WHERE m.experiment_id = k.experiment_id AND m.variation = k.variation ORDER BY m.units DESC LIMIT 1) last
	WHERE k.variation = s.variation AND k.project_id = ff._project(NULL) GROUP BY last.difference, last.standard_error) l
WHERE s.variation = 'b';
SELECT more('4', 300, '{"a": 20, "b": 20, "c": 20}');
SELECT ff_experiment_look('x');
SELECT now_is();

-- a new phase has looks of its own
SELECT ff_flag_default('f', '{"split": {"a": 20, "b": 40, "c": 40}}');
SELECT more('5', 200, '{"a": 20, "b": 20, "c": 21}', clock_timestamp());
SELECT pg_sleep(0.01);
SELECT now_is();
SELECT ff_experiment_look('x');
SELECT count(*), min(k.units), max(k.units) FROM ff.experiment_looks k JOIN ff.experiments x ON x.id = k.experiment_id WHERE x.project_id = ff._project(NULL);
SELECT ff_experiment_stop('x');
SELECT now_is();
-- a look at a millionth of the plan rules nothing out
SELECT ff_flag_default('f', '{"split": {"a": 50, "b": 50}}'), ff_experiment_create('y', 'f', '{money}') IS NOT NULL, ff_experiment_update('y', '{"analysis": {"planned_units": 100000000}}'), ff_experiment_start('y', now() - interval '9 days');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'y', o.unit, o.variation, o.at FROM ff.exposures o WHERE o.experiment = 'x' AND o.variation <> 'c' AND o.unit LIKE '1%' AND o.project = ff._current_project();
SELECT l FROM ff_experiment_summary('y') l WHERE l LIKE '%money: %';
SELECT length(ff_experiment_html('y')) > 0;
-- where a segment that is excluded takes units away, no look is due, and what the looks say is of others
SELECT ff_experiment_update('y', '{"analysis": {"planned_units": 3000, "look_every": "1 hour"}}'), ff_experiment_look('y');
SELECT count(*), max(k.units) FROM ff.experiment_looks k JOIN ff.experiments x ON x.id = k.experiment_id WHERE x.key = 'y' AND x.project_id = ff._project(NULL);
SELECT ff_segment_create('robots') IS NOT NULL;
SELECT ff_segment_add('robots', ARRAY(SELECT DISTINCT o.unit::text FROM ff.exposures o WHERE o.experiment = 'y' AND o.unit LIKE '1a1%' AND o.project = ff._current_project()));
SELECT ff_experiment_exclude('y', 'robots');
SELECT ff_experiment_look('y');
UPDATE ff.experiment_looks k SET taken_at = k.taken_at - interval '25 hours' FROM ff.experiments x WHERE x.id = k.experiment_id AND x.project_id = ff._project(NULL);
SELECT ff_experiment_look('y');
SELECT s.sequential_method FROM ff_experiment_stats('y') s WHERE s.variation = 'b';
-- an end in an empty phase: looks of the first phase alone belong to all phases
SELECT ff_experiment_exclude('y', NULL), pg_sleep(0.01);
SELECT ff_experiment_phase('y'), pg_sleep(0.01);
SELECT ff_experiment_stop('y');
SELECT s.sequential_method FROM ff_experiment_stats('y') s WHERE s.variation = 'b';
UPDATE ff.experiment_looks k SET taken_at = now() FROM ff.experiments x WHERE x.id = k.experiment_id AND x.key = 'y' AND x.project_id = ff._project(NULL);
SELECT s.sequential_method FROM ff_experiment_stats('y') s WHERE s.variation = 'b';
DROP FUNCTION more, now_is;
SELECT ff_project_delete('looks', cascade => true);
