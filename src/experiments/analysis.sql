-- The analysis of an experiment, from exposures and events as they stand.

-- The probability of a sample ratio like this one by chance; NULL where there
-- is no one split to compare with.
CREATE FUNCTION ff._sample_ratio(weights jsonb, variations text[], units bigint[]) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT s.p_value FROM (
			SELECT array_agg(coalesce(o.n, 0) ORDER BY w.key COLLATE "C") AS observed, array_agg(w.value::numeric ORDER BY w.key COLLATE "C") AS expected
			FROM jsonb_each_text(weights) w LEFT JOIN unnest(variations, units) o(variation, n) ON o.variation = w.key) a
		CROSS JOIN LATERAL @extschema@.ff_srm(a.observed, a.expected) s WHERE cardinality(a.observed) > 1);
END;
$$;

-- The arms of an experiment, the control first: the variations of its flag in
-- order, and those of its split that the flag has lost since.
CREATE FUNCTION ff._experiment_arms(x ff.experiments) RETURNS TABLE (variation text, place bigint)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.key, row_number() OVER (ORDER BY v.key <> x.control, min(v.i), v.key COLLATE "C")
	FROM (
		SELECT u.key, u.i FROM ff.flags f CROSS JOIN LATERAL unnest(ff._variation_keys(f.variations)) WITH ORDINALITY u(key, i) WHERE f.id = x.flag_id
		UNION ALL SELECT w.key, NULL FROM jsonb_object_keys(x.weights) w(key)) v
	GROUP BY v.key;
$$;

-- The phase that is analysed: the last one, with its split.
CREATE FUNCTION ff._current_phase(x ff.experiments, OUT number int, OUT weights jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT c.number, c.weights FROM ff._experiment_cuts(x) c ORDER BY c.number DESC LIMIT 1; $$;

-- The cells of that phase.
CREATE FUNCTION ff._current_cells(x ff.experiments)
RETURNS TABLE (metric_id uuid, variation text, moments ff.cross_moments, quantile ff.quantile, clusters ff.cross_moments)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.metric_id, c.variation, c.moments, c.quantile, c.clusters
	FROM ff._experiment_cells(x) c WHERE c.phase = (SELECT p.number FROM ff._current_phase(x) p);
$$;

-- Whether units of a kind of metric are 0 or 1.
CREATE FUNCTION ff._is_proportion(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT kind IN ('proportion', 'retention', 'funnel'); $$;

-- What a kind of metric shows as its mean.
CREATE FUNCTION ff._cell_mean(kind text, moments ff.cross_moments, quantile ff.quantile) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE kind WHEN 'quantile' THEN quantile.value
		WHEN 'ratio' THEN @extschema@.ff_cross_moments_mean(moments, 1) / nullif(@extschema@.ff_cross_moments_mean(moments, 2), 0)
		ELSE @extschema@.ff_cross_moments_mean(moments, 1) END;
$$;

-- Two arms by the test that goes with the kind of metric.
CREATE FUNCTION ff._compare_cells(kind text, control ff.cross_moments, treatment ff.cross_moments, control_quantile ff.quantile, treatment_quantile ff.quantile,
	control_clusters ff.cross_moments, treatment_clusters ff.cross_moments, alpha float8, OUT difference float8, OUT lower float8, OUT upper float8,
	OUT p_value float8, OUT log10_p float8, OUT lift float8, OUT lift_lower float8, OUT lift_upper float8, OUT lift_unbounded boolean, OUT problem text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record;
BEGIN
	IF kind = 'ratio' THEN
		d := @extschema@.ff_compare_ratio(control, treatment, alpha);
	ELSIF kind = 'quantile' THEN
		-- an arm whose units have no values has no clusters of them either
		d := CASE WHEN control_quantile IS NULL OR treatment_quantile IS NULL
			THEN @extschema@.ff_compare_quantile(control_quantile, treatment_quantile, alpha => alpha)
			ELSE @extschema@.ff_compare_quantile(control_quantile, treatment_quantile, control_clusters, treatment_clusters, alpha) END;
	ELSE
		d := @extschema@.ff_compare(@extschema@.ff_cross_moments_part(control, 1), @extschema@.ff_cross_moments_part(treatment, 1), alpha, ff._is_proportion(kind));
	END IF;
	difference := d.difference;
	lower := d.lower;
	upper := d.upper;
	p_value := d.p_value;
	log10_p := d.log10_p;
	lift := d.lift;
	lift_lower := d.lift_lower;
	lift_upper := d.lift_upper;
	lift_unbounded := d.lift_unbounded;
	problem := d.problem;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_stats(experiment text, alpha float8 DEFAULT 0.05, project text DEFAULT NULL)
RETURNS TABLE (metric text, role text, variation text, n bigint, mean float8, stddev float8,
	difference float8, lower float8, upper float8, p_value float8, log10_p float8,
	lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean, srm_p_value float8, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($3), $1);
	level float8 := $2;
BEGIN
	RETURN QUERY
	WITH cells AS MATERIALIZED (SELECT c.* FROM ff._current_cells(x) c
	), counts AS (
		-- a metric that waits for the end of windows has fewer
		SELECT c.variation, max(@extschema@.ff_cross_moments_n(c.moments)) AS n FROM cells c GROUP BY c.variation
	), ratio AS MATERIALIZED (
		SELECT ff._sample_ratio((SELECT p.weights FROM ff._current_phase(x) p), array_agg(c.variation), array_agg(c.n)) AS p FROM counts c
	), grid AS (
		SELECT m.key, m.kind, u.role, u.position, a.variation, a.place, c.moments, c.quantile, c.clusters,
			k.moments AS control, k.quantile AS control_quantile, k.clusters AS control_clusters
		FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id CROSS JOIN ff._experiment_arms(x) a
		LEFT JOIN cells c ON c.metric_id = u.metric_id AND c.variation = a.variation
		LEFT JOIN cells k ON k.metric_id = u.metric_id AND k.variation = x.control
		WHERE u.experiment_id = x.id
	)
	SELECT g.key, g.role, g.variation, coalesce(@extschema@.ff_cross_moments_n(g.moments), 0), ff._cell_mean(g.kind, g.moments, g.quantile),
		CASE WHEN g.kind NOT IN ('ratio', 'quantile') THEN @extschema@.ff_moments_stddev(@extschema@.ff_cross_moments_part(g.moments, 1)) END,
		d.difference, d.lower, d.upper, d.p_value, d.log10_p, d.lift, d.lift_lower, d.lift_upper, d.lift_unbounded,
		ratio.p, CASE WHEN g.place > 1 THEN d.problem WHEN g.moments IS NULL THEN 'no_control_units' END
	FROM grid g CROSS JOIN ratio
	LEFT JOIN LATERAL ff._compare_cells(g.kind, g.control, g.moments, g.control_quantile, g.quantile, g.control_clusters, g.clusters, level) d ON g.place > 1
	ORDER BY g.position, g.key, g.place;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_stats IS
'The result of an experiment: a row a metric, in order, and variation, the control first. n: units by their first exposure between start and stop (or now); who met several variations, or is in the segment that ff_experiment_exclude named, is left out (ff_experiment_health counts them). A unit''s value is made of events at or after its first exposure and before the stop (or now): 1 or 0 for a proportion, the sum of values for a mean; of events with the same id the first received counts. difference, its interval lower to upper at level 1 - alpha, p_value, log10_p, and lift (a share of the control''s mean) with its interval compare with the control by Welch''s t-test and are NULL for the control: see ff_compare, also for problem. srm_p_value: of the sample ratio against the split at the start; below 0.001 nothing else here can be trusted; NULL where rules split in different ways. Writes nothing. Errors: 42704 an unknown experiment or project, 22023 an alpha outside of 0 to 1.';

CREATE FUNCTION @extschema@.ff_experiment_health(experiment text, project text DEFAULT NULL)
RETURNS TABLE (item text, variation text, value float8, status text, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($2), $1);
	current record := ff._current_phase(x);
	provider text := (SELECT f.dialect FROM ff.flags f WHERE f.id = x.flag_id);
BEGIN
	RETURN QUERY
	WITH population AS MATERIALIZED (SELECT p.* FROM ff._experiment_population(x) p WHERE p.phase = current.number
	), counts AS (SELECT p.variation, sum(p.n)::bigint AS n FROM population p GROUP BY p.variation HAVING sum(p.n) > 0
	), mixed AS (
		SELECT coalesce(sum(p.mixed), 0) AS n, coalesce(sum(p.n + p.mixed), 0) AS all_units, coalesce(sum(p.excluded), 0) AS excluded FROM population p
	), ratio AS (
		SELECT ff._sample_ratio(current.weights, array_agg(c.variation), array_agg(c.n)) AS p FROM counts c
	), items AS (
		SELECT 1 AS i, a.place, 'units' AS item, a.variation, coalesce(c.n, 0)::float8 AS value,
			CASE WHEN c.n IS NULL AND current.weights ? a.variation THEN 'warning' ELSE 'ok' END AS status,
			CASE WHEN c.n IS NULL AND current.weights ? a.variation THEN 'nobody has been exposed yet' END AS detail
		FROM ff._experiment_arms(x) a LEFT JOIN counts c ON c.variation = a.variation
		UNION ALL
		SELECT 2, row_number() OVER (ORDER BY c.variation), 'unknown_variation', c.variation, c.n, 'warning', 'the flag has no such variation'
		FROM counts c WHERE c.variation NOT IN (SELECT a.variation FROM ff._experiment_arms(x) a)
		UNION ALL
		SELECT 3, 0, 'multiple_exposures', NULL, m.n, CASE WHEN m.n >= 10 AND m.n >= 0.01 * m.all_units THEN 'warning' ELSE 'ok' END,
			CASE WHEN m.n > 0 THEN 'these units met several variations and are left out' END FROM mixed m
		UNION ALL
		SELECT 4, 0, 'multiple_exposures_share', NULL, coalesce(m.n::float8 / nullif(m.all_units, 0)::float8, 0),
			CASE WHEN m.n >= 10 AND m.n >= 0.01 * m.all_units THEN 'warning' ELSE 'ok' END, NULL FROM mixed m
		UNION ALL
		SELECT 5, 0, 'excluded', NULL, m.excluded, 'ok',
			format('members of segment "%s" are not counted', (SELECT g.key FROM ff.segments g WHERE g.id = x.excluded_segment_id))
		FROM mixed m WHERE x.excluded_segment_id IS NOT NULL
		UNION ALL
		SELECT 6, 0, 'sample_ratio', NULL, r.p, CASE WHEN r.p < 0.001 THEN 'failed' WHEN r.p IS NULL THEN 'unknown' ELSE 'ok' END,
			CASE WHEN r.p < 0.001 THEN 'units are not distributed as the split says: results cannot be trusted'
				WHEN x.started_at IS NULL THEN 'the experiment has not been started'
				WHEN current.weights IS NULL AND provider <> 'native' THEN format('the flag was imported and is split as %s does', provider)
				WHEN current.weights IS NULL THEN 'the flag served by several splits that differ'
				WHEN r.p IS NULL THEN 'nobody has been exposed yet' END FROM ratio r
		UNION ALL
		SELECT 7, 0, 'split_changed', NULL, NULL, 'warning', 'the flag does not serve by the split that it had at the start'
		WHERE x.status = 'running' AND current.weights IS DISTINCT FROM ff._one_split(x.flag_id, x.environment_id)
	)
	SELECT t.item, t.variation, t.value, t.status, t.detail FROM items t ORDER BY t.i, t.place;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_health IS
'Whether the data of an experiment can be trusted: units per variation; unknown_variation: units whose exposures name a variation that the flag does not have; multiple_exposures: how many units met several variations and are left out of ff_experiment_stats, and their share of all (a warning from 1 % and 10 units on); excluded, only where ff_experiment_exclude named a segment: its members, who are left out of all the other items; sample_ratio: the p-value of the sample ratio against the split at the start, failed below 0.001; split_changed, only where it is so: while the experiment runs, the flag serves by another split than at its start. status: ok, warning, failed or unknown. Error 42704: an unknown experiment or project.';
