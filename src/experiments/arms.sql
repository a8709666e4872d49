-- What an analysis goes by: the arms, the phases and their splits.

-- How well units go with the splits of their phases: chi-squares and evidence add
-- up over phases.  All NULL where no phase has one split to compare with.
CREATE FUNCTION ff._sample_ratio(x ff.experiments, phases int[], variations text[], units bigint[], OUT p_value float8, OUT e_value float8)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH cuts AS (SELECT c.* FROM ff._experiment_cuts(x) c WHERE jsonb_typeof(c.weights) = 'object'
	), arms AS (SELECT DISTINCT k FROM cuts c CROSS JOIN LATERAL jsonb_object_keys(c.weights) k
	), grid AS (
		SELECT c.number, array_agg(coalesce(o.n, 0) ORDER BY a.k COLLATE "C") AS observed, array_agg(coalesce((c.weights ->> a.k)::numeric, 0) ORDER BY a.k COLLATE "C") AS weights
		FROM cuts c CROSS JOIN arms a LEFT JOIN unnest(phases, variations, units) o(phase, variation, n) ON o.phase = c.number AND o.variation = a.k
		GROUP BY c.number HAVING sum(o.n) > 0 AND count(*) > 1
	)
	SELECT s.p_value, s.e_value FROM (SELECT array_agg(g.observed ORDER BY g.number) AS observed, array_agg(g.weights ORDER BY g.number) AS weights FROM grid g) g
	CROSS JOIN LATERAL @extschema@.ff_srm_phases(g.observed, g.weights) s WHERE g.observed IS NOT NULL;
$$;

-- Whether units are distributed as the splits of all phases say.
CREATE FUNCTION ff._phases_ratio(x ff.experiments, population ff.experiment_population[]) RETURNS float8
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (ff._sample_ratio(x, array_agg(p.phase), array_agg(p.variation), array_agg(p.n))).p_value FROM unnest(population) p WHERE p.n > 0;
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

-- The phase that is analysed, with its split: the last one in which somebody could be
-- exposed.
CREATE FUNCTION ff._current_phase(x ff.experiments, OUT number int, OUT weights jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT c.number, c.weights FROM ff._experiment_cuts(x) c ORDER BY c.weights IS NOT DISTINCT FROM '{}', c.number DESC LIMIT 1; $$;

-- The split of the phases that options name; NULL where theirs differ.
CREATE FUNCTION ff._phases_split(x ff.experiments, phases text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE phases WHEN 'current' THEN (ff._current_phase(x)).weights
		ELSE (SELECT CASE count(DISTINCT coalesce(c.weights, 'null')) WHEN 1 THEN (array_agg(c.weights))[1] END
			FROM ff._experiment_cuts(x) c WHERE c.number::text = phases OR phases = 'all' AND c.weights IS DISTINCT FROM '{}') END;
$$;

-- An experiment whose result stands: where nobody has said by which phases it goes, and
-- the end came before a unit counts in the last one, it is one that goes by all of them.
CREATE FUNCTION ff._settled(x ff.experiments, given jsonb, cells ff.experiment_cell[]) RETURNS ff.experiments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last int := (ff._current_phase(x)).number;
BEGIN
	IF x.stopped_at IS NOT NULL AND last > 1 AND NOT x.analysis || coalesce(given, '{}') ? 'phases' AND (
			SELECT bool_and(c.phase <> last) FROM unnest(cells) c WHERE @extschema@.ff_cross_moments_n(c.moments) > 0) THEN
		x.analysis := x.analysis || '{"phases": "all"}';
	END IF;
	RETURN x;
END;
$$;
