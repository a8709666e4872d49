-- The result of an experiment, from what units did as it stands.

-- What each metric, variation and phase has: of the phases, and by the strata, of
-- the options.
CREATE FUNCTION ff._arms(x ff.experiments, o ff.analysis_options, cells ff.experiment_cell[])
RETURNS TABLE (metric ff.metrics, role text, place bigint, variation text, phase int, parts ff.cross_moments[], moments ff.cross_moments, quantile ff.quantile, clusters ff.cross_moments)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH cells AS MATERIALIZED (
		SELECT c.metric_id, c.phase, c.variation, c.level, c.quantile, c.clusters, coalesce(CASE WHEN o.capped THEN c.capped END, c.moments) AS moments
		FROM unnest(cells) c WHERE c.phase::text = CASE o.phases WHEN 'all' THEN c.phase::text WHEN 'current' THEN (ff._current_phase(x)).number::text ELSE o.phases END
	), strata AS (SELECT DISTINCT c.phase, c.level FROM cells c
	), wanted AS (
		SELECT m, u.role, a.variation, row_number() OVER (ORDER BY u.position, m.key, a.variation <> o.baseline, a.place) AS place
		FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id CROSS JOIN ff._experiment_arms(x) a
		WHERE u.experiment_id = x.id
	)
	SELECT (array_agg(w.m))[1], w.role, w.place, w.variation, s.phase, array_agg(c.moments ORDER BY s.level), @extschema@.ff_cross_moments_merge(c.moments),
		CASE count(*) WHEN 1 THEN (array_agg(c.quantile))[1] END, CASE count(*) WHEN 1 THEN (array_agg(c.clusters))[1] END
	FROM wanted w LEFT JOIN strata s ON true LEFT JOIN cells c ON c.metric_id = (w.m).id AND c.variation = w.variation AND c.phase = s.phase AND c.level IS NOT DISTINCT FROM s.level
	GROUP BY w.role, w.place, w.variation, s.phase;
$$;

-- How each of them compares with the baseline, phases taken together as strata: means
-- as well, as if all arms had had their units in the phases that all units were in.
CREATE FUNCTION ff._compared(x ff.experiments, o ff.analysis_options, cells ff.experiment_cell[])
RETURNS TABLE (i bigint, metric_id uuid, metric text, direction text, role text, variation text, is_baseline boolean, n bigint, units float8, mean float8, stddev float8,
	method text, comparison ff.adjusted_comparison, exact_p float8, exact_lower float8, exact_upper float8)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH arms AS MATERIALIZED (SELECT * FROM ff._arms(x, o, cells)
	), pairs AS (
		SELECT t.*, d.method, d.comparison, d.exact_p, d.exact_lower, d.exact_upper,
			@extschema@.ff_cross_moments_n(t.moments)::float8 + @extschema@.ff_cross_moments_n(k.moments)::float8 AS units,
			ff._cell_mean((t.metric).kind, t.moments, t.quantile) AS mean, sum(@extschema@.ff_cross_moments_n(t.moments)) OVER (PARTITION BY (t.metric).id, t.phase)::float8 AS phase_units
		FROM arms t JOIN arms k ON (k.metric).id = (t.metric).id AND k.phase IS NOT DISTINCT FROM t.phase AND k.variation = o.baseline
		LEFT JOIN LATERAL ff._compare_arms(t.metric, o, k.parts, t.parts, k.quantile, t.quantile, k.clusters, t.clusters) d ON t.variation <> o.baseline
	), whole AS (
		SELECT p.place, (array_agg(p.metric))[1] AS m, p.role, p.variation, count(*) AS phases, sum(p.units) AS units, @extschema@.ff_cross_moments_merge(p.moments) AS moments,
			CASE count(*) WHEN 1 THEN min(p.mean) ELSE sum(p.mean * p.phase_units) / nullif(sum(p.phase_units) FILTER (WHERE p.mean IS NOT NULL), 0) END AS mean,
			min(p.method) AS method, min(p.exact_p) AS exact_p, min(p.exact_lower) AS exact_lower, min(p.exact_upper) AS exact_upper,
			array_agg(p.comparison ORDER BY p.phase) AS comparisons, array_agg(coalesce(p.units, 0) ORDER BY p.phase) AS sizes
		FROM pairs p GROUP BY p.place, p.role, p.variation
	)
	SELECT w.place, (w.m).id, (w.m).key, (w.m).direction, w.role, w.variation, w.variation = o.baseline, coalesce(@extschema@.ff_cross_moments_n(w.moments), 0), w.units, w.mean,
		CASE WHEN (w.m).kind NOT IN ('ratio', 'quantile') THEN @extschema@.ff_moments_stddev(@extschema@.ff_cross_moments_part(w.moments, 1)) END,
		CASE WHEN w.phases > 1 AND w.method IS NOT NULL THEN 'phases' ELSE w.method END,
		CASE WHEN w.variation <> o.baseline THEN CASE w.phases WHEN 1 THEN w.comparisons[1] ELSE ff._combine_phases(o, w.comparisons, w.sizes) END END,
		CASE w.phases WHEN 1 THEN w.exact_p END, CASE w.phases WHEN 1 THEN w.exact_lower END, CASE w.phases WHEN 1 THEN w.exact_upper END
	FROM whole w;
$$;

-- Probabilities of one role, corrected for how many there are.
CREATE FUNCTION ff._corrected(o ff.analysis_options, role text, p float8[]) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN role = 'guardrail' OR o.correction = 'none' THEN p
		WHEN o.correction = 'holm' OR o.correction = 'by_role' AND role = 'goal' THEN @extschema@.ff_holm(p)
		ELSE @extschema@.ff_benjamini_hochberg(p) END;
$$;

-- Bounds of a lift, of which there are none where a mean of 0 has no error.
CREATE FUNCTION ff._lift_bounds(mean float8, lower float8, upper float8) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ARRAY[lower, upper] WHERE mean <> 0 OR upper - lower > 1e-9; $$;

-- Whether the worst that is not ruled out is within the margin of a guardrail.
CREATE FUNCTION ff._is_within(direction text, margin float8, lift_lower float8, lift_upper float8) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE direction WHEN 'decrease' THEN lift_upper < margin ELSE lift_lower > -margin END; $$;

-- Whether what counts do not rule out is: Newcombe's interval, and no arm whose units
-- are all alike but that this may be chance.
CREATE FUNCTION ff._are_counts_within(direction text, margin float8, control_mean float8, count_p float8, exact_lower float8, exact_upper float8, alpha float8) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN exact_lower IS NOT NULL THEN coalesce(ff._is_within(direction, margin, exact_lower / nullif(abs(control_mean), 0), exact_upper / nullif(abs(control_mean), 0)), false)
		ELSE coalesce(count_p < alpha, true) END;
$$;

-- Whether what a row says goes by what holds at all looks together.
CREATE FUNCTION ff._goes_by_all_looks(sequential_method text, status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(sequential_method = 'group_sequential' OR status = 'running' AND sequential_method IS NOT NULL, false); $$;

-- What a row says, by a probability that holds for when it is read.
CREATE FUNCTION ff._status(role text, direction text, difference float8, p_value float8, alpha float8, is_enough boolean, is_within boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN p_value IS NULL OR difference IS NULL THEN 'no_data' WHEN NOT is_enough THEN 'too_early'
		WHEN role = 'guardrail' AND is_within THEN 'non_inferior'
		WHEN p_value < alpha AND (difference < 0) = (direction = 'increase') THEN CASE role WHEN 'guardrail' THEN 'harmed' ELSE 'lost' END
		WHEN role = 'guardrail' THEN 'not_shown_harmed' WHEN p_value < alpha THEN 'won' ELSE 'neutral' END;
$$;

-- All numbers of an experiment under options, from cells that have been read.
CREATE FUNCTION ff._experiment_rows(x ff.experiments, o ff.analysis_options, cells ff.experiment_cell[])
RETURNS TABLE (metric text, role text, variation text, n bigint, mean float8, stddev float8, method text, difference float8, lower float8, upper float8,
	p_value float8, log10_p float8, p_adjusted float8, lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean,
	sequential_method text, sequential_lower float8, sequential_upper float8, sequential_p_value float8, sequential_p_adjusted float8, sequential_lift_lower float8, sequential_lift_upper float8,
	chance_to_win float8, expected_loss float8, credible_lower float8, credible_upper float8,
	exact_p_value float8, exact_lower float8, exact_upper float8, theta float8[], variance_reduction float8,
	status text, srm_p_value float8, warning text, problem text, data_through timestamptz)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rows AS MATERIALIZED (
		SELECT r.*, s.method AS sequential_method, s.lower, s.upper, s.p_value, s.lift_lower, s.lift_upper, b.chance, b.loss_treatment, b.lower AS credible_lower, b.upper AS credible_upper,
			ff._count_p(r.comparison, r.exact_p, r.units - r.n, r.n, r.stddev) AS count_p
		FROM ff._compared(x, o, cells) r LEFT JOIN LATERAL ff._compare_sequential(x, o, r.metric_id, r.variation, r.comparison, r.units) s ON NOT r.is_baseline
		LEFT JOIN LATERAL ff._compare_bayes(r.comparison, o, r.direction = 'decrease') b ON NOT r.is_baseline
	), corrected AS (
		SELECT u.* FROM (SELECT array_agg(r.i ORDER BY r.i) AS i, ff._corrected(o, r.role, array_agg(coalesce(r.exact_p, greatest((r.comparison).p_value, r.count_p)) ORDER BY r.i)) AS p,
				ff._corrected(o, r.role, array_agg(CASE WHEN r.p_value IS NOT NULL THEN greatest(r.p_value, r.count_p) END ORDER BY r.i)) AS sequential
			FROM rows r WHERE NOT r.is_baseline GROUP BY r.role) g CROSS JOIN LATERAL unnest(g.i, g.p, g.sequential) u(i, p, sequential)
	), ratio AS MATERIALIZED (
		-- a metric that waits for the end of windows has fewer units
		SELECT (ff._sample_ratio(x, array_agg(u.phase), array_agg(u.variation), array_agg(u.n::bigint))).p_value AS p, ff._data_through(x) AS data_through
		FROM (SELECT p.phase, p.variation, max(p.n) AS n FROM (SELECT c.metric_id, c.phase, c.variation, sum(@extschema@.ff_cross_moments_n(c.moments)) AS n
			FROM unnest(cells) c GROUP BY 1, 2, 3) p GROUP BY 1, 2) u
	)
	SELECT r.metric, r.role, r.variation, r.n, r.mean, r.stddev, r.method, (r.comparison).difference, (r.comparison).lower, (r.comparison).upper,
		(r.comparison).p_value, (r.comparison).log10_p, c.p, (r.comparison).lift, v.lift[1], v.lift[2], (r.comparison).lift_unbounded,
		r.sequential_method, r.lower, r.upper, r.p_value, c.sequential, v.sequential[1], v.sequential[2], r.chance, r.loss_treatment, r.credible_lower, r.credible_upper,
		r.exact_p, r.exact_lower, r.exact_upper, (r.comparison).theta, (r.comparison).variance_reduction,
		-- a look that was kept has a difference of its own, the middle of its interval
		CASE WHEN NOT r.is_baseline THEN ff._status(r.role, r.direction, CASE WHEN j.is_sequential THEN coalesce(r.lower + r.upper, (r.comparison).difference) ELSE (r.comparison).difference END,
			CASE WHEN j.is_sequential THEN c.sequential ELSE c.p END, o.alpha, least(r.n, r.units - r.n) >= o.minimum_units,
			ff._is_within(r.direction, u.margin, CASE WHEN j.is_sequential THEN r.lift_lower ELSE (r.comparison).lift_lower END,
				CASE WHEN j.is_sequential THEN r.lift_upper ELSE (r.comparison).lift_upper END)
			AND ff._are_counts_within(r.direction, u.margin, (r.comparison).control_mean, r.count_p, r.exact_lower, r.exact_upper, o.alpha)) END,
		ratio.p, CASE WHEN r.count_p IS NOT NULL AND r.exact_p IS NULL THEN 'constant_arm' ELSE (r.comparison).warning END, CASE WHEN NOT r.is_baseline THEN (r.comparison).problem WHEN r.n = 0 THEN 'no_control_units' END, ratio.data_through
	FROM rows r CROSS JOIN ratio LEFT JOIN corrected c ON c.i = r.i
	JOIN ff.experiment_metrics u ON u.experiment_id = x.id AND u.metric_id = r.metric_id
	CROSS JOIN LATERAL (SELECT ff._goes_by_all_looks(r.sequential_method, x.status) AS is_sequential) j
	-- an arm of zeros alone has lost all without an error, which is no interval
	CROSS JOIN LATERAL (SELECT ff._lift_bounds(r.mean, (r.comparison).lift_lower, (r.comparison).lift_upper) AS lift, ff._lift_bounds(r.mean, r.lift_lower, r.lift_upper) AS sequential) v
	-- who asks for one metric alone does not make it one of fewer
	WHERE o.metrics IS NULL OR r.metric = ANY (o.metrics) ORDER BY r.i;
$$;

CREATE FUNCTION @extschema@.ff_experiment_stats(experiment text, options jsonb DEFAULT '{}', project text DEFAULT NULL)
RETURNS TABLE (metric text, role text, variation text, n bigint, mean float8, stddev float8, method text, difference float8, lower float8, upper float8,
	p_value float8, log10_p float8, p_adjusted float8, lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean,
	sequential_method text, sequential_lower float8, sequential_upper float8, sequential_p_value float8, sequential_p_adjusted float8, sequential_lift_lower float8, sequential_lift_upper float8,
	chance_to_win float8, expected_loss float8, credible_lower float8, credible_upper float8,
	exact_p_value float8, exact_lower float8, exact_upper float8, theta float8[], variance_reduction float8,
	status text, srm_p_value float8, warning text, problem text, data_through timestamptz)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($3), $1);
	given jsonb := ff._object($2);
	o ff.analysis_options := ff._call_options(x, given);
	cells ff.experiment_cell[] := ff._read_cells(x, o.stratify_by);
BEGIN
	IF o.stratify_by <> 'day' AND cardinality(cells) > 0 AND NOT EXISTS (SELECT FROM unnest(cells) c WHERE c.level <> '') THEN
		RAISE EXCEPTION 'no exposure of experiment "%" has dimension "%"', x.key, o.stratify_by USING ERRCODE = 'undefined_object';
	END IF;
	x := ff._settled(x, given, cells);
	RETURN QUERY SELECT * FROM ff._experiment_rows(x, ff._call_options(x, given), cells);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_stats IS
'The result of an experiment: a row a metric, in order, and variation, the baseline first. n: units by their first exposure between start and stop (or now) in the phases analysed; who met several variations, or is in the segment that ff_experiment_exclude named, is left out (ff_experiment_health counts them). mean, stddev: of what a kind of metric makes of a unit''s events (ff_metric_create); capped where the metric has a cap; of several phases the mean is that of the phases, weighted by the units of all variations. The rest compares with the baseline and is NULL for it.
method: welch, cuped (or ancova, lin), stratified, ratio, quantile or phases. difference, its interval lower to upper at level 1 - alpha, p_value, log10_p, and lift (a share of the baseline''s mean) with its interval: see ff_compare, ff_compare_adjusted, ff_compare_stratified, ff_compare_ratio, ff_compare_quantile, also for theta, variance_reduction, warning and problem (besides, problem not_stratified: a ratio or quantile in several strata; warnings phase_left_out: one in which an arm has hardly any unit; constant_arm: all units of one arm have the same value, so its error is 0 as if it were known exactly, and p_adjusted is no less than twice the chance that as many units of the other arm would be alike). p_adjusted: p_value, or exact_p_value where there is one, corrected for the number of goals of the experiment, those that are not asked for among them, and variations (Holm), secondary metrics (Benjamini-Hochberg); guardrails are not. sequential_method, and its interval of difference and lift, p-value and the same corrected (which is no less than exact_p_value): hold however often one looks; confidence_sequence (ff_confidence_sequence), group_sequential (ff_gst_look, at the looks of ff_experiment_look) or msprt (ff_msprt). chance_to_win: that the variation is better; expected_loss: what is lost on average if it is shipped and is not, in the metric''s unit; credible_lower, credible_upper: of the difference (ff_posterior). exact_p_value, exact_lower, exact_upper: Fisher''s and Newcombe''s, for proportions with fewer than 5 successes or failures. status: won, lost, neutral, of guardrails harmed, not_shown_harmed, and non_inferior where the worst of the lift''s interval is within the margin (ff_experiment_metric); non_inferior by exact_lower and exact_upper, too, where there are such; too_early below minimum_units; no_data. It goes by sequential_p_adjusted while the experiment runs, and by group_sequential always, else by p_adjusted. srm_p_value: of the sample ratio against the splits of all phases; below 0.001 nothing else here can be trusted; NULL where rules split in different ways.
options, over those that the experiment has: alpha (0.05), baseline (the control), metrics (all), phases (current; all: compared within each, by the phase of a unit''s first exposure, and weighted by their units, never pooled; a number; omitted, of an experiment that ended before a unit counts in the current one: all), stratify_by (a dimension of exposures: its levels are strata), adjustment (cuped where a metric has a covariate; ancova, lin, none), capped (true), relative (fieller; delta: tests the lift, as GrowthBook does), correction (by_role; holm, benjamini-hochberg, none), sequential (auto: group_sequential with planned_units, else confidence_sequence; msprt needs expected_lift, the standard deviation of lifts; none), tuning (5000: the units at which the confidence sequence is narrowest), planned_units (of a variation and the baseline together), spending (obf; pocock), look_every ("1 day"), prior_mean and prior_stddev (of the lift; infinite: flat), minimum_units (50 in each arm). data_through: what is read is the last ff_experiment_refresh, if there is one of the experiment as it is now, of that time; else, and with stratify_by, the data as they stand. Writes nothing. Errors: 42704 an unknown experiment, project, metric, variation or phase, or a dimension that no exposure has, 22023 an unknown option or value.';
