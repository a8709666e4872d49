-- Whether the data of an experiment can be trusted.

-- Covariates are from before the experiment, so arms that differ in one differ
-- for another reason: a row for each that does.  phase NULL: in any.
CREATE FUNCTION ff._imbalances(x ff.experiments, cells ff.experiment_cell[], phase int) RETURNS TABLE (variation text, p_value float8, metric text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH own AS (
		SELECT m.key, m.kind, CASE m.kind WHEN 'ratio' THEN 3 ELSE 2 END AS place, c.variation, c.phase, c.moments
		FROM unnest(cells) c JOIN ff.metrics m ON m.id = c.metric_id
		JOIN ff.experiment_metrics u ON u.metric_id = m.id AND u.experiment_id = x.id AND u.role <> 'secondary'
		WHERE c.phase = coalesce($3, c.phase) AND ff._has_covariate(m) AND c.moments IS NOT NULL
	), tested AS (
		SELECT t.variation, t.key, (@extschema@.ff_compare(@extschema@.ff_cross_moments_part(k.moments, k.place), @extschema@.ff_cross_moments_part(t.moments, t.place))).p_value AS p
		FROM own t JOIN own k ON k.key = t.key AND k.phase = t.phase AND k.variation = x.control WHERE t.variation <> x.control
	)
	SELECT t.variation, t.p, t.key FROM tested t
	WHERE t.p < (SELECT 0.001 / nullif(count(e.p), 0) FROM tested e) ORDER BY t.p, t.key, t.variation;
$$;

-- The items, by cells that have been read, of the phases that options name.
CREATE FUNCTION ff._health_rows(x ff.experiments, cells ff.experiment_cell[], phases text DEFAULT 'current')
RETURNS TABLE (item text, variation text, value float8, status text, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	current record := ff._current_phase(x);
	counted int := CASE phases WHEN 'current' THEN current.number WHEN 'all' THEN NULL ELSE phases::int END;
	split jsonb := ff._phases_split(x, phases);
	provider text := (SELECT f.dialect FROM ff.flags f WHERE f.id = x.flag_id);
BEGIN
	RETURN QUERY
	WITH everybody AS MATERIALIZED (SELECT p.* FROM unnest(ff._read_population(x)) p
	), population AS (SELECT p.* FROM everybody p WHERE p.phase = coalesce(counted, p.phase)
	), counts AS (SELECT p.variation, sum(p.n)::bigint AS n FROM population p GROUP BY p.variation HAVING sum(p.n) > 0
	), mixed AS (
		SELECT coalesce(sum(p.mixed), 0) AS n, coalesce(sum(p.n + p.mixed), 0) AS all_units, coalesce(sum(p.excluded), 0) AS excluded FROM population p
	), ratio AS (
		SELECT r.p_value AS p, r.e_value AS e, CASE WHEN r.p_value < 0.001 OR r.e_value >= 1000 THEN 'failed' WHEN r.p_value IS NULL THEN 'unknown' ELSE 'ok' END AS status
		FROM (SELECT array_agg(p.phase) AS phases, array_agg(p.variation) AS variations, array_agg(p.n) AS units FROM everybody p) e
		CROSS JOIN LATERAL ff._sample_ratio(x, e.phases, e.variations, e.units) r
	), broken AS (
		SELECT string_agg(p.phase::text, ', ' ORDER BY p.phase) AS phases FROM (
			SELECT p.phase, array_agg(p.phase) AS phases, array_agg(p.variation) AS variations, array_agg(p.n) AS units FROM everybody p GROUP BY p.phase) p
		WHERE (ff._sample_ratio(x, p.phases, p.variations, p.units)).p_value < 0.001
	), items AS (
		SELECT 1 AS i, a.place, 'units' AS item, a.variation, coalesce(c.n, 0)::float8 AS value,
			CASE WHEN c.n IS NULL AND split ? a.variation THEN 'warning' ELSE 'ok' END AS status,
			CASE WHEN c.n IS NULL AND split ? a.variation THEN format('nobody has been exposed%s yet', ' in phase ' || nullif(counted, 1)) END AS detail
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
		SELECT 6, 0, 'sample_ratio', NULL, r.p, r.status,
			CASE WHEN r.status = 'failed' THEN format('units are not distributed as the split says%s: results cannot be trusted',
					(SELECT ' in phase ' || b.phases FROM broken b WHERE x.phase > 1))
				WHEN x.started_at IS NULL THEN 'the experiment has not been started'
				WHEN current.weights IS NULL AND provider <> 'native' THEN format('the flag was imported and is split as %s does', provider)
				WHEN current.weights IS NULL THEN 'the flag served by several splits that differ'
				WHEN r.p IS NULL THEN 'nobody has been exposed yet' END FROM ratio r
		UNION ALL
		SELECT 7, 0, 'sample_ratio_evidence', NULL, r.e, r.status, NULL FROM ratio r WHERE r.e IS NOT NULL
		UNION ALL
		SELECT 8, row_number() OVER (), 'covariate_imbalance', b.variation, b.p_value, 'warning',
			format('units differ in "%s" from before they were exposed', b.metric) FROM ff._imbalances(x, cells, counted) b
		UNION ALL
		SELECT 9, 0, 'split_changed', NULL, NULL, 'warning', CASE s.split WHEN '{}' THEN 'the flag serves by no split any more: nobody is exposed'
			ELSE 'a schedule has changed the split of the flag: start a phase with ff_experiment_phase' END
		FROM (SELECT ff._split_now(x) AS split) s
		WHERE x.status = 'running' AND (s.split = '{}' OR s.split IS DISTINCT FROM (SELECT c.weights FROM ff._experiment_cuts(x) c ORDER BY c.number DESC LIMIT 1))
	)
	SELECT t.item, t.variation, t.value, t.status, t.detail FROM items t ORDER BY t.i, t.place;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_health(experiment text, project text DEFAULT NULL)
RETURNS TABLE (item text, variation text, value float8, status text, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($2), $1);
BEGIN
	RETURN QUERY SELECT h.* FROM ff._health_rows(x, ff._read_cells(x)) h;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_health IS
'Whether the data of an experiment can be trusted: units per variation; unknown_variation: units whose exposures name a variation that the flag does not have; multiple_exposures: how many units met several variations and are left out of ff_experiment_stats, and their share of all (a warning from 1 % and 10 units on); excluded, only where ff_experiment_exclude named a segment: its members, who are left out of all the other items; sample_ratio: the p-value of the sample ratio, chi-squares of all phases against their own splits added up (ff_srm_phases), failed below 0.001; sample_ratio_evidence: its e-value, failed from 1000 on, which holds however often one looks; covariate_imbalance, only where it is so: the p-value of a difference in what units of a goal or guardrail did before they were exposed, below 0.001 over the number of such tests; split_changed, only where it is so: while the experiment runs, a schedule has changed the split, which starts no phase, or the flag serves by none any more. status: ok, warning, failed or unknown. Error 42704: an unknown experiment or project.';
