-- Where a variation does exceptionally well or badly: every level of every
-- dimension of the units, corrected for how many were looked at.

-- Options of the analysis that a scan has, with its own defaults.
CREATE FUNCTION ff._scan_options(x ff.experiments, given jsonb) RETURNS ff.analysis_options
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options;
BEGIN
	PERFORM ff._check_options('a scan', given, '{alpha,baseline,metrics,adjustment,capped,relative,correction,minimum_units}');
	o := ff._call_options(x, '{"correction": "benjamini-hochberg", "minimum_units": 100, "phases": "current", "stratify_by": null}' || coalesce(given, '{}'));
	IF o.correction = 'by_role' THEN
		RAISE EXCEPTION 'correction of a scan cannot be by_role: it is holm, benjamini-hochberg or none' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN o;
END;
$$;

-- The dimensions to scan, those that exposures have where none are named.
CREATE FUNCTION ff._scan_dimensions(x ff.experiments, dimensions text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	present text[] := ARRAY(SELECT DISTINCT k.k COLLATE "C" FROM ff.exposures o CROSS JOIN LATERAL jsonb_object_keys(o.dimensions) k(k)
		WHERE o.project = (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id) AND o.experiment = x.key
			AND o.environment = (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id)
			AND o.at >= x.started_at AND o.at <= coalesce(x.stopped_at, clock_timestamp()) ORDER BY 1);
	wanted text[] := coalesce(dimensions, present);
	unknown text := (SELECT d.d FROM unnest(wanted) WITH ORDINALITY d(d, i) WHERE d.d <> 'day' AND d.d <> ALL (present) ORDER BY d.i LIMIT 1);
BEGIN
	PERFORM ff._refuse_draft(x);
	IF array_position(wanted, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'a dimension must not be NULL' USING ERRCODE = 'null_value_not_allowed';
	ELSIF dimensions IS NULL AND cardinality(wanted) = 0 THEN
		RAISE EXCEPTION 'exposures of experiment "%" have no dimensions', x.key
			USING ERRCODE = 'undefined_object', HINT = format('Name attributes that ff_expose writes down, ff_experiment_update(%L, ''{"dimensions": ["country"]}''), or scan days: dimensions => ''{day}''.', x.key);
	ELSIF cardinality(wanted) NOT BETWEEN 1 AND 20 THEN
		RAISE EXCEPTION 'a scan takes 1 to 20 dimensions, not %', cardinality(wanted)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name those to scan: each one more makes a finding harder.';
	ELSIF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'no exposure of experiment "%" has dimension "%"', x.key, unknown
			USING ERRCODE = 'undefined_object', DETAIL = format('There are %s.', coalesce(nullif(array_to_string(present, ', '), ''), 'none'));
	ELSIF (SELECT count(DISTINCT d.d) FROM unnest(wanted) d(d)) < cardinality(wanted) THEN
		RAISE EXCEPTION 'a dimension stands twice' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN ARRAY(SELECT unnest(wanted));
END;
$$;

-- Levels of a dimension by their number of units.  Those beyond the hundred
-- largest share place 101.  is_broken: units are not distributed as the split
-- says, here (Holm over the levels) or in the whole experiment.
CREATE FUNCTION ff._scan_levels(x ff.experiments, dimension text)
RETURNS TABLE (level text, place int, srm_p_value float8, is_broken boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	current int := (ff._current_phase(x)).number;
BEGIN
	RETURN QUERY
	WITH population AS MATERIALIZED (
		SELECT p.level, p.variation, p.n FROM ff._experiment_population(x, dimension) p WHERE p.phase = current AND p.n > 0
	), ranked AS MATERIALIZED (
		SELECT p.level, least(row_number() OVER (ORDER BY sum(p.n) DESC, p.level COLLATE "C"), 101)::int AS place FROM population p GROUP BY p.level
	), counts AS (
		SELECT r.place, p.variation, sum(p.n)::bigint AS n FROM population p JOIN ranked r ON r.level = p.level GROUP BY r.place, p.variation
		UNION ALL SELECT 0, p.variation, sum(p.n)::bigint FROM population p GROUP BY p.variation
	), ratios AS MATERIALIZED (
		SELECT c.place, (ff._sample_ratio(x, array_agg(current), array_agg(c.variation), array_agg(c.n))).p_value AS p FROM counts c GROUP BY c.place
	), adjusted AS (
		SELECT u.* FROM (SELECT array_agg(r.place ORDER BY r.place) AS places, array_agg(r.p ORDER BY r.place) AS ps FROM ratios r WHERE r.place > 0) a
		CROSS JOIN LATERAL unnest(a.places, @extschema@.ff_holm(coalesce(a.ps, '{}'))) u(place, p)
	)
	SELECT r.level, r.place, s.p, coalesce(least(a.p, w.p) < 0.001, false)
	FROM ranked r JOIN ratios s ON s.place = r.place JOIN adjusted a ON a.place = r.place JOIN ratios w ON w.place = 0;
END;
$$;

-- The cells of the levels, in the last phase; quantiles cannot be pooled.
CREATE FUNCTION ff._scan_cells(x ff.experiments, o ff.analysis_options, dimension text)
RETURNS TABLE (cell ff.experiment_cell, place int, pooled int, srm_p_value float8, is_broken boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	current int := (ff._current_phase(x)).number;
BEGIN
	RETURN QUERY
	WITH levels AS MATERIALIZED (SELECT * FROM ff._scan_levels(x, dimension)
	), places AS (
		SELECT l.place, CASE WHEN l.place > 100 THEN 'other' ELSE min(l.level) END AS level, CASE WHEN l.place > 100 THEN count(*)::int END AS pooled,
			min(l.srm_p_value) AS p, bool_or(l.is_broken) AS is_broken FROM levels l GROUP BY l.place
	), cells AS (
		SELECT c.metric_id, c.variation, l.place, @extschema@.ff_cross_moments_merge(coalesce(CASE WHEN o.capped THEN c.capped END, c.moments)) AS moments,
			(array_agg(c.quantile) FILTER (WHERE l.place <= 100))[1] AS quantile, (array_agg(c.clusters) FILTER (WHERE l.place <= 100))[1] AS clusters
		FROM ff._experiment_cells(x, dimension) c JOIN levels l ON l.level = c.level WHERE c.phase = current GROUP BY c.metric_id, c.variation, l.place
	)
	SELECT ROW(c.metric_id, current, c.variation, p.level, c.moments, NULL, NULL, c.quantile, c.clusters)::ff.experiment_cell, c.place, p.pooled, p.p, p.is_broken
	FROM cells c JOIN places p ON p.place = c.place;
END;
$$;

-- Two arms of a part of the units, by counts where the normal approximation has
-- nothing to go by: an error of 0 would be the largest weight of all.
CREATE FUNCTION ff._scan_arms(m ff.metrics, o ff.analysis_options, control ff.cross_moments, treatment ff.cross_moments,
	control_quantile ff.quantile, treatment_quantile ff.quantile, control_clusters ff.cross_moments, treatment_clusters ff.cross_moments,
	OUT comparison ff.adjusted_comparison, OUT count_p float8)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record := ff._compare_arms(m, o, ARRAY[control], ARRAY[treatment], control_quantile, treatment_quantile, control_clusters, treatment_clusters);
BEGIN
	comparison := d.comparison;
	count_p := ff._count_p(comparison, d.exact_p, @extschema@.ff_cross_moments_n(control), @extschema@.ff_cross_moments_n(treatment),
		CASE WHEN m.kind NOT IN ('ratio', 'quantile') THEN @extschema@.ff_moments_stddev(@extschema@.ff_cross_moments_part(treatment, 1)) END);
	IF d.exact_p IS NOT NULL AND comparison.standard_error > 0 THEN
		comparison.p_value := d.exact_p;
		comparison.lower := d.exact_lower;
		comparison.upper := d.exact_upper;
		comparison.standard_error := greatest(comparison.standard_error, (d.exact_upper - d.exact_lower) / 2 / -@extschema@.ff_norm_ppf(o.alpha / 2));
	ELSIF count_p >= o.alpha THEN
		comparison.problem := coalesce(comparison.problem, 'constant_arm');
	END IF;
END;
$$;

-- The difference in the units that are not in the level.
CREATE FUNCTION ff._scan_rest(m ff.metrics, o ff.analysis_options, control ff.cross_moments, treatment ff.cross_moments,
	control_whole ff.cross_moments, treatment_whole ff.cross_moments, OUT difference float8, OUT standard_error float8, OUT count_p float8, OUT problem text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	control_n bigint := @extschema@.ff_cross_moments_n(control_whole) - @extschema@.ff_cross_moments_n(control);
	n bigint := @extschema@.ff_cross_moments_n(treatment_whole) - @extschema@.ff_cross_moments_n(treatment);
	d record;
	c ff.adjusted_comparison;
BEGIN
	problem := CASE WHEN m.kind = 'quantile' THEN 'not_additive' WHEN control_n + n = 0 THEN 'one_level' WHEN least(control_n, n) < o.minimum_units THEN 'too_few_units' END;
	IF problem IS NULL THEN
		d := ff._scan_arms(m, o, @extschema@.ff_cross_moments_subtract(control_whole, control), @extschema@.ff_cross_moments_subtract(treatment_whole, treatment), NULL, NULL, NULL, NULL);
		c := d.comparison;
		count_p := d.count_p;
		IF c.standard_error > 0 AND c.problem IS DISTINCT FROM 'constant_arm' THEN
			difference := c.difference;
			standard_error := c.standard_error;
		ELSE
			problem := c.problem;
		END IF;
	END IF;
END;
$$;

-- A level of a variation against that of the baseline, and beside it the rest of
-- the units.  is_tested: its difference is one of those that the scan looks at.
CREATE FUNCTION ff._scan_compare(m ff.metrics, o ff.analysis_options, control ff.experiment_cell, treatment ff.experiment_cell,
	control_whole ff.cross_moments, treatment_whole ff.cross_moments, is_pooled boolean, is_broken boolean,
	OUT control_n bigint, OUT n bigint, OUT comparison ff.adjusted_comparison, OUT rest_difference float8, OUT contrast float8, OUT contrast_p_value float8,
	OUT is_tested boolean, OUT problem text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record;
	rest record;
BEGIN
	control_n := coalesce(@extschema@.ff_cross_moments_n(control.moments), 0);
	n := coalesce(@extschema@.ff_cross_moments_n(treatment.moments), 0);
	d := ff._scan_arms(m, o, control.moments, treatment.moments, control.quantile, treatment.quantile, control.clusters, treatment.clusters);
	comparison := d.comparison;
	problem := CASE WHEN is_broken THEN 'sample_ratio' WHEN control_n = 0 THEN 'no_control_units' WHEN n = 0 THEN 'no_treatment_units'
		WHEN is_pooled AND m.kind = 'quantile' THEN 'not_additive' WHEN least(control_n, n) < o.minimum_units THEN 'too_few_units' ELSE comparison.problem END;
	is_tested := coalesce(comparison.standard_error > 0 AND (problem IS NULL OR problem = 'zero_control_mean'), false);
	IF is_tested THEN
		rest := ff._scan_rest(m, o, control.moments, treatment.moments, control_whole, treatment_whole);
		rest_difference := rest.difference;
		contrast := comparison.difference - rest.difference;
		problem := coalesce(rest.problem, problem);
		IF contrast IS NOT NULL THEN
			contrast_p_value := greatest((@extschema@.ff_interaction(comparison.difference, comparison.standard_error, rest.difference, rest.standard_error)).p_value, d.count_p, rest.count_p);
		END IF;
	END IF;
END;
$$;

-- Every variation but the baseline in every level of a dimension.
CREATE FUNCTION ff._scan_effects(x ff.experiments, o ff.analysis_options, dimension text)
RETURNS TABLE (metric ff.metrics, role text, metric_place bigint, variation text, variation_place bigint, level text, level_place int, pooled int,
	srm_p_value float8, control_mean float8, mean float8, control_n bigint, n bigint, comparison ff.adjusted_comparison,
	rest_difference float8, contrast float8, contrast_p_value float8, is_tested boolean, problem text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	split jsonb := (ff._current_phase(x)).weights;
BEGIN
	RETURN QUERY
	WITH cells AS MATERIALIZED (SELECT * FROM ff._scan_cells(x, o, dimension)
	), wholes AS MATERIALIZED (
		SELECT (c.cell).metric_id, (c.cell).variation, @extschema@.ff_cross_moments_merge((c.cell).moments) AS moments FROM cells c GROUP BY 1, 2
	), levels AS (
		SELECT DISTINCT (c.cell).level, c.place, c.pooled, c.srm_p_value, c.is_broken FROM cells c
	), arms AS (
		SELECT a.variation, a.place FROM ff._experiment_arms(x) a
		WHERE a.variation <> o.baseline AND (split ? a.variation OR a.variation IN (SELECT w.variation FROM wholes w))
	)
	SELECT m, u.role::text, dense_rank() OVER (ORDER BY u.position, m.key), a.variation, a.place, l.level, l.place, l.pooled, l.srm_p_value,
		ff._cell_mean(m.kind, (k.cell).moments, (k.cell).quantile), ff._cell_mean(m.kind, (t.cell).moments, (t.cell).quantile), s.*
	FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id CROSS JOIN levels l CROSS JOIN arms a
	LEFT JOIN cells k ON (k.cell).metric_id = m.id AND k.place = l.place AND (k.cell).variation = o.baseline
	LEFT JOIN cells t ON (t.cell).metric_id = m.id AND t.place = l.place AND (t.cell).variation = a.variation
	LEFT JOIN wholes kw ON kw.metric_id = m.id AND kw.variation = o.baseline
	LEFT JOIN wholes tw ON tw.metric_id = m.id AND tw.variation = a.variation
	CROSS JOIN LATERAL ff._scan_compare(m, o, k.cell, t.cell, kw.moments, tw.moments, l.pooled IS NOT NULL, l.is_broken) s
	WHERE u.experiment_id = x.id AND (o.metrics IS NULL OR m.key = ANY (o.metrics));
END;
$$;

-- The planner takes functions for large tables: what it would compile for them
-- costs more time than the scan.
CREATE FUNCTION @extschema@.ff_segment_scan(experiment text, dimensions text[] DEFAULT NULL, options jsonb DEFAULT '{}', project text DEFAULT NULL)
RETURNS TABLE (dimension text, metric text, role text, variation text, level text, pooled int, control_n bigint, n bigint, control_mean float8, mean float8,
	difference float8, lower float8, upper float8, lift float8, p_value float8, p_adjusted float8,
	rest_difference float8, contrast_p_value float8, contrast_p_adjusted float8, shrunk float8, shrunk_lower float8, shrunk_upper float8,
	heterogeneity_p_value float8, srm_p_value float8, finding text, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($4), $1);
	o ff.analysis_options := ff._scan_options(x, ff._object($3));
	wanted text[] := ff._scan_dimensions(x, $2);
BEGIN
	RETURN QUERY
	WITH effects AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY d.i, e.metric_place, e.variation_place, e.level_place) AS i, d.dimension, (e.metric).key::text AS key, e.*
		FROM unnest(wanted) WITH ORDINALITY d(dimension, i) CROSS JOIN LATERAL ff._scan_effects(x, o, d.dimension) e
	), adjusted AS MATERIALIZED (
		SELECT u.* FROM (SELECT array_agg(e.i ORDER BY e.i) AS i, array_agg((e.comparison).p_value ORDER BY e.i) AS p, array_agg(e.contrast_p_value ORDER BY e.i) AS contrast_p
			FROM effects e WHERE e.is_tested HAVING count(*) > 0) t
		CROSS JOIN LATERAL unnest(t.i, ff._corrected(o, 'secondary', t.p), ff._corrected(o, 'secondary', t.contrast_p)) u(i, p, contrast_p)
	), groups AS MATERIALIZED (
		-- a level without variance has no weight of its own, and is none of them
		SELECT e.dimension, e.key, e.variation, array_agg(e.i ORDER BY e.i) AS i,
			array_agg((e.comparison).difference ORDER BY e.i) AS effects, array_agg((e.comparison).standard_error ORDER BY e.i) AS errors
		FROM effects e WHERE e.is_tested GROUP BY e.dimension, e.key, e.variation HAVING count(*) > 1
	), shrunk AS MATERIALIZED (
		SELECT g.i[s.segment] AS i, s.shrunk, s.lower, s.upper FROM groups g CROSS JOIN LATERAL @extschema@.ff_segment_effects(g.effects, g.errors, o.alpha) s
	)
	SELECT e.dimension, e.key, e.role, e.variation, e.level, e.pooled, e.control_n, e.n, e.control_mean, e.mean,
		(e.comparison).difference, (e.comparison).lower, (e.comparison).upper, (e.comparison).lift, (e.comparison).p_value, a.p, e.rest_difference, e.contrast_p_value, a.contrast_p, s.shrunk, s.lower, s.upper,
		(SELECT (@extschema@.ff_cochran_q(g.effects, g.errors)).p_value FROM groups g WHERE g.dimension = e.dimension AND g.key = e.key AND g.variation = e.variation),
		e.srm_p_value, CASE WHEN a.contrast_p < o.alpha THEN CASE WHEN (e.contrast > 0) = ((e.metric).direction = 'increase') THEN 'better' ELSE 'worse' END END, e.problem
	FROM effects e LEFT JOIN adjusted a ON a.i = e.i LEFT JOIN shrunk s ON s.i = e.i AND (e.metric).kind <> 'quantile' ORDER BY e.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_scan IS
'Where a variation does exceptionally well or badly: a row a dimension, metric, variation (but the baseline) and level, in that order, levels by their number of units. dimensions: keys of ff.exposures.dimensions of a unit''s first exposure, up to 20; by default all; day: the day (UTC) of that exposure. Level '''': units without the dimension. The 100 largest levels have rows, the others one row "other", in which pooled says how many they are.
control_n, n, control_mean, mean, difference, lower, upper, lift and p_value: the level by itself, as in ff_experiment_stats (adjusted for covariates where there are any), in the last phase. With fewer than 5 successes or failures in an arm p_value is Fisher''s and the interval Newcombe''s, and contrast_p_value is no less. rest_difference: that of all other units; contrast_p_value: whether the two differ (ff_interaction). p_adjusted, contrast_p_adjusted: corrected over all levels of all dimensions, metrics and variations of the scan. finding: better or worse than in the rest of the units, by the metric''s direction, where contrast_p_adjusted is below alpha; an effect that is the same everywhere is no finding. shrunk and its interval: the effect drawn to the mean of the levels (ff_segment_effects), the one to expect; heterogeneity_p_value: Cochran''s Q over the levels (ff_cochran_q). srm_p_value: of the level''s sample ratio.
problem: why a level is not tested: no_control_units, no_treatment_units, too_few_units (minimum_units in each arm of the level and of the rest), zero_variance, constant_arm (all units of an arm have the same value, which may be chance), sample_ratio (below 0.001 after Holm over the levels, or in the whole experiment), and as ff_compare, ff_compare_ratio and ff_compare_quantile have it; or why it has no contrast: one_level, not_additive (a quantile of the rest, or of pooled levels, is not one of cells). Levels that are not tested are in the rest of others, but not in heterogeneity and shrinkage.
options: alpha, baseline, metrics, adjustment, capped and relative as in ff_experiment_stats, those of the experiment included; minimum_units (100); correction (benjamini-hochberg; holm, none). Writes nothing. Errors: 42704 an unknown experiment, project, metric, variation or dimension, 22023 an unknown option or value, a dimension twice or more than 20, 22004 a NULL dimension, 55000 a draft.';
