-- What units of an experiment did, added up by metric, phase and variation: in
-- plain SQL, from exposures and events as they stand.

CREATE TYPE ff.experiment_cell AS (metric_id uuid, phase int, variation text, level text, moments ff.cross_moments, capped ff.cross_moments,
	cap float8, quantile ff.quantile, clusters ff.cross_moments);
COMMENT ON TYPE ff.experiment_cell IS 'What the units of a phase, variation and level of a dimension did, by a metric.';

-- The phases of an experiment, each with the time at which its units may move to
-- another variation, from which on they tell nothing of it: the start of the next
-- one that splits otherwise; none where units keep what they have met.  One
-- without phases is in its first.
CREATE FUNCTION ff._experiment_cuts(x ff.experiments) RETURNS TABLE (number int, started_at timestamptz, cut timestamptz, weights jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH phases AS (
		SELECT p.number, p.started_at, p.weights FROM ff.experiment_phases p WHERE p.experiment_id = x.id
		UNION ALL SELECT 1, x.started_at, x.weights WHERE NOT EXISTS (SELECT FROM ff.experiment_phases p WHERE p.experiment_id = x.id)
	)
	SELECT p.number, p.started_at, (SELECT min(q.started_at) FROM phases q WHERE q.number > p.number AND q.weights IS DISTINCT FROM p.weights AND NOT x.sticky), p.weights
	FROM phases p;
$$;

-- A value from outside of the table's checks: clear errors for what is no number.
-- They are not caught from a cast, since workers cannot have subtransactions.
CREATE FUNCTION ff._event_value(value text, unit text, name text) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_number boolean := value ~* '^\s*[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|inf(inity)?)\s*$';
	is_finite boolean := value !~* 'n|e[-+]?\d{5}';
BEGIN
	IF is_number AND is_finite AND value::numeric BETWEEN -1e100 AND 1e100 THEN
		RETURN value::numeric;
	ELSIF is_number THEN
		RAISE EXCEPTION 'value % of "%" of unit "%" is out of range', left(value, 100), name, unit
			USING ERRCODE = 'numeric_value_out_of_range', DETAIL = 'It is a number from -1e100 to 1e100.';
	END IF;
	RAISE EXCEPTION 'value "%" of "%" of unit "%" is not a number', left(value, 100), name, unit
		USING ERRCODE = 'invalid_text_representation';
END;
$$;

-- Events of a name.  Of those with one id that which was received first counts,
-- whenever it happened and whatever a metric asks for.
CREATE FUNCTION ff._named_events(x ff.experiments, name text, filter jsonb, unit_property text, value_property text)
RETURNS TABLE (unit text, at timestamptz, value numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id);
BEGIN
	RETURN QUERY
	WITH named AS NOT MATERIALIZED (
		SELECT e.* FROM ff.events e WHERE e.project = home AND e.event = $2
	), counted AS (
		SELECT n.unit, n.at, n.value, n.properties FROM named n WHERE n.event_id IS NULL
		UNION ALL
		(SELECT DISTINCT ON (n.event_id) n.unit, n.at, n.value, n.properties FROM named n WHERE n.event_id IS NOT NULL
		ORDER BY n.event_id, n.received_at, n.at, n.unit, n.value, n.properties)
	)
	SELECT CASE WHEN $4 IS NULL THEN c.unit ELSE c.properties ->> $4 END, c.at,
		CASE WHEN $5 IS NULL THEN c.value ELSE ff._event_value(c.properties ->> $5, c.unit, $2) END
	FROM counted c WHERE ($3 IS NULL OR c.properties @> $3) AND ($4 IS NULL OR c.properties ->> $4 IS NOT NULL);
END;
$$;

-- The same, users in place of anonymous units.
CREATE FUNCTION ff._linked_events(x ff.experiments, name text, filter jsonb, unit_property text, value_property text)
RETURNS TABLE (unit text, at timestamptz, value numeric)
LANGUAGE sql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(l.person, e.unit), e.at, e.value FROM ff._named_events(x, name, filter, unit_property, value_property) e
	LEFT JOIN ff._experiment_links(x) l ON l.anonymous = e.unit;
$$;

-- The events that a metric is about, or its second number.
CREATE FUNCTION ff._metric_events(x ff.experiments, m ff.metrics, is_denominator boolean)
RETURNS TABLE (unit text, at timestamptz, value numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT coalesce(l.person, e.unit), e.at, e.value FROM (
		SELECT * FROM ff._named_events(x, m.event, m.filter, m.unit_property, m.value_property) WHERE NOT $3 AND m.event IS NOT NULL
		UNION ALL SELECT * FROM ff._source_events(m.source_id, m.filter, NULL) WHERE NOT $3 AND m.source_id IS NOT NULL
		UNION ALL SELECT * FROM ff._named_events(x, m.denominator_event, m.denominator_filter, m.unit_property, m.denominator_value_property) WHERE $3 AND m.denominator_event IS NOT NULL
		UNION ALL SELECT * FROM ff._source_events(m.denominator_source_id, m.denominator_filter, NULL) WHERE $3 AND m.denominator_source_id IS NOT NULL) e
	LEFT JOIN ff._experiment_links(x) l ON l.anonymous = e.unit;
END;
$$;

-- Units by their first exposure between start and stop, or until now: one that a
-- clock ahead has dated later counts then, as its events do.  status: excluded, a
-- member of the segment that the experiment leaves out; mixed, it met several
-- variations before the cut and tells nothing about any of them; inactive, what
-- makes it count has not happened; counted, from at on.
CREATE FUNCTION ff._experiment_units(x ff.experiments, moment timestamptz, dimension text DEFAULT NULL)
RETURNS TABLE (unit text, variation text, phase int, level text, exposed_at timestamptz, at timestamptz, cut timestamptz, status text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	home text;
	place text;
	segment text := (SELECT g.key FROM ff.segments g WHERE g.id = x.excluded_segment_id);
	until timestamptz := coalesce(x.stopped_at, moment);
BEGIN
	SELECT p.key, e.key INTO home, place FROM ff.projects p, ff.environments e
	WHERE p.id = x.project_id AND e.id = x.environment_id;
	RETURN QUERY
	WITH cuts AS MATERIALIZED (SELECT * FROM ff._experiment_cuts(x)
	), met AS MATERIALIZED (
		-- a phase that is none of the experiment's is as if it were not written
		SELECT coalesce(l.person, o.unit) AS unit, o.variation, o.at, coalesce((SELECT c.number FROM cuts c WHERE c.number = o.phase),
			(SELECT max(c.number) FROM cuts c WHERE c.started_at <= o.at), (SELECT min(c.number) FROM cuts c)) AS phase,
			CASE WHEN $3 = 'day' THEN to_char(o.at AT TIME ZONE 'UTC', 'YYYY-MM-DD') WHEN $3 IS NOT NULL THEN coalesce(o.dimensions ->> $3, '') END AS level
		FROM ff.exposures o LEFT JOIN ff._experiment_links(x) l ON l.anonymous = o.unit
		WHERE o.project = home AND o.experiment = x.key AND o.environment = place AND o.at >= x.started_at AND o.at <= until
	), first AS (
		SELECT DISTINCT ON (o.unit) o.* FROM met o ORDER BY o.unit, o.at, o.variation COLLATE "C", o.phase, o.level COLLATE "C"
	), units AS MATERIALIZED (
		SELECT f.*, c.cut, segment IS NOT NULL AND coalesce(@extschema@.ff_in_segment(f.unit, segment, NULL, place, home), false) AS is_excluded
		FROM first f LEFT JOIN cuts c ON c.number = f.phase
	), mixed AS (
		SELECT DISTINCT u.unit FROM units u JOIN met o ON o.unit = u.unit
		WHERE o.variation <> u.variation AND (u.cut IS NULL OR o.at < u.cut)
	), active AS (
		SELECT u.unit, min(e.at) AS at FROM units u
		JOIN ff._linked_events(x, x.activation_event, NULL, NULL, NULL) e
			ON e.unit = u.unit AND e.at >= u.at AND e.at < least(u.cut, until)
		GROUP BY u.unit
	)
	SELECT u.unit, u.variation, u.phase, u.level, u.at, CASE WHEN x.activation_event IS NULL THEN u.at ELSE a.at END, u.cut,
		CASE WHEN u.is_excluded THEN 'excluded' WHEN i.unit IS NOT NULL THEN 'mixed'
			WHEN x.activation_event IS NOT NULL AND a.at IS NULL THEN 'inactive' ELSE 'counted' END
	FROM units u LEFT JOIN mixed i ON i.unit = u.unit LEFT JOIN active a ON a.unit = u.unit;
END;
$$;

-- The rows of ff._experiment_units from a cursor over them, which has them once for
-- all metrics, on disk where memory does not do.
CREATE FUNCTION ff._units_again(units refcursor)
RETURNS TABLE (unit text, variation text, phase int, level text, exposed_at timestamptz, at timestamptz, cut timestamptz, status text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	MOVE ABSOLUTE 0 IN units;
	LOOP
		FETCH units INTO unit, variation, phase, level, exposed_at, at, cut, status;
		EXIT WHEN NOT FOUND;
		RETURN NEXT;
	END LOOP;
END;
$$;

-- The units that a metric counts, with the times from lower to before upper
-- whose events count.  A window goes on when the experiment has been stopped.
-- units: a cursor over those of the experiment, if there is one.
CREATE FUNCTION ff._metric_units(x ff.experiments, m ff.metrics, moment timestamptz, dimension text, units refcursor)
RETURNS TABLE (unit text, variation text, phase int, level text, exposed_at timestamptz, lower timestamptz, upper timestamptz, is_complete boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	until timestamptz := coalesce(x.stopped_at, moment);
BEGIN
	RETURN QUERY
	SELECT u.unit, u.variation, u.phase, u.level, u.exposed_at, greatest(u.at + m.delay, until - m.lookback),
		CASE WHEN m.conversion_window IS NULL THEN least(u.cut, until)
			ELSE least(u.cut, moment, u.at + m.delay + m.conversion_window) END,
		NOT m.complete_only OR m.conversion_window IS NULL OR u.at + m.delay + m.conversion_window <= moment
	FROM (SELECT * FROM ff._experiment_units(x, moment, dimension) WHERE $5 IS NULL
		UNION ALL SELECT * FROM ff._units_again($5) WHERE $5 IS NOT NULL) u WHERE u.status = 'counted';
END;
$$;

-- Moments of units by their totals, which keep all the digits that C adds up, too;
-- the first total counts up to a cap.
CREATE FUNCTION ff._unit_moments_add(state internal, cap float8, VARIADIC totals numeric[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_unit_moments_add';
CREATE AGGREGATE ff._unit_moments(cap float8, VARIADIC totals numeric[]) (
	SFUNC = ff._unit_moments_add, STYPE = internal, SSPACE = 6000, FINALFUNC = ff._cross_moments_final,
	COMBINEFUNC = ff._cross_moments_combine, SERIALFUNC = ff._cross_moments_serialize,
	DESERIALFUNC = ff._cross_moments_deserialize, PARALLEL = SAFE);

-- Whether the steps happened in order: each at the time of the one before or
-- later, and each another event.
CREATE FUNCTION ff._funnel(steps text[], names text[], times timestamptz[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	used int[] := '{}';
	last timestamptz := '-infinity';
	step text;
	next int;
BEGIN
	FOREACH step IN ARRAY steps LOOP
		SELECT e.i INTO next FROM unnest(names, times) WITH ORDINALITY e(name, at, i)
		WHERE e.name = step AND e.at >= last AND e.i <> ALL (used) ORDER BY e.at LIMIT 1;
		IF NOT FOUND THEN
			RETURN false;
		END IF;
		used := used || next;
		last := times[next];
	END LOOP;
	RETURN true;
END;
$$;

-- Which units went through all steps of a funnel.
CREATE FUNCTION ff._funnel_totals(x ff.experiments, m ff.metrics, moment timestamptz, dimension text, units refcursor)
RETURNS TABLE (unit text, variation text, phase int, level text, variables numeric[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH units AS MATERIALIZED (SELECT * FROM ff._metric_units(x, m, moment, dimension, $5)
	), events AS (
		SELECT e.unit, s.name, e.at
		FROM (SELECT DISTINCT s.name FROM unnest(m.steps) s(name)) s
		CROSS JOIN LATERAL ff._linked_events(x, s.name, m.filter, m.unit_property, NULL) e
	), done AS (
		SELECT u.unit, ff._funnel(m.steps, array_agg(e.name::text), array_agg(e.at)) AS is_done
		FROM units u JOIN events e ON e.unit = u.unit AND e.at >= u.lower AND e.at < u.upper GROUP BY u.unit
	)
	SELECT u.unit, u.variation, u.phase, u.level, CASE WHEN u.is_complete THEN ARRAY[coalesce(d.is_done, false)::int::numeric] END
	FROM units u LEFT JOIN done d ON d.unit = u.unit;
END;
$$;

-- A unit's variables: its total, for a ratio its second number, and of both what
-- it did before its exposure, where the metric has a covariate.  NULL: its window
-- is not over.  An event that is counted is worth 1.
CREATE FUNCTION ff._metric_totals(x ff.experiments, m ff.metrics, moment timestamptz, dimension text, units refcursor DEFAULT NULL)
RETURNS TABLE (unit text, variation text, phase int, level text, variables numeric[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	first text := coalesce(m.aggregate, CASE m.kind WHEN 'proportion' THEN 'any' WHEN 'retention' THEN 'any' WHEN 'count' THEN 'count' ELSE 'sum' END);
	second text := coalesce(m.denominator_aggregate, 'count');
	has_covariate boolean := m.kind IN ('proportion', 'count', 'mean', 'ratio') AND m.covariate_period > '0';
BEGIN
	IF m.kind = 'funnel' THEN
		RETURN QUERY SELECT * FROM ff._funnel_totals(x, m, moment, dimension, units);
		RETURN;
	END IF;
	RETURN QUERY
	WITH units AS MATERIALIZED (SELECT * FROM ff._metric_units(x, m, moment, dimension, $5)
	), events AS (
		SELECT false AS is_second, e.* FROM ff._metric_events(x, m, false) e
		UNION ALL SELECT true, e.* FROM ff._metric_events(x, m, true) e
	), placed AS (
		SELECT e.unit, e.is_second, CASE CASE WHEN e.is_second THEN second ELSE first END WHEN 'sum' THEN e.value ELSE 1 END AS value, e.at >= u.lower AND e.at < u.upper AS is_after,
			has_covariate AND e.at >= u.exposed_at - m.covariate_period AND e.at < u.exposed_at AS is_before
		FROM events e JOIN units u ON u.unit = e.unit
	), totals AS (
		SELECT p.unit,
			CASE first WHEN 'any' THEN max(value) FILTER (WHERE is_after AND NOT is_second) ELSE sum(value) FILTER (WHERE is_after AND NOT is_second) END AS y,
			CASE second WHEN 'any' THEN max(value) FILTER (WHERE is_after AND is_second) ELSE sum(value) FILTER (WHERE is_after AND is_second) END AS d,
			CASE first WHEN 'any' THEN max(value) FILTER (WHERE is_before AND NOT is_second) ELSE sum(value) FILTER (WHERE is_before AND NOT is_second) END AS before_y,
			CASE second WHEN 'any' THEN max(value) FILTER (WHERE is_before AND is_second) ELSE sum(value) FILTER (WHERE is_before AND is_second) END AS before_d
		FROM placed p WHERE p.is_after OR p.is_before GROUP BY p.unit
	)
	SELECT u.unit, u.variation, u.phase, u.level, CASE WHEN u.is_complete THEN
		ARRAY[coalesce(t.y, 0)] || CASE WHEN m.kind = 'ratio' THEN ARRAY[coalesce(t.d, 0)] END
		|| CASE WHEN has_covariate THEN ARRAY[coalesce(t.before_y, 0)] END
		|| CASE WHEN has_covariate AND m.kind = 'ratio' THEN ARRAY[coalesce(t.before_d, 0)] END END
	FROM units u LEFT JOIN totals t ON t.unit = u.unit;
END;
$$;

-- Quantiles of the values of events; their clusters are units, with and without.
CREATE FUNCTION ff._event_quantiles(x ff.experiments, m ff.metrics, moment timestamptz, dimension text, units refcursor)
RETURNS TABLE (variation text, phase int, level text, quantile ff.quantile, clusters ff.cross_moments)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH units AS MATERIALIZED (SELECT * FROM ff._metric_units(x, m, moment, dimension, $5) u WHERE u.is_complete
	), placed AS MATERIALIZED (
		SELECT u.unit, u.variation, u.phase, u.level, e.value::float8 AS value
		FROM units u LEFT JOIN ff._metric_events(x, m, false) e ON e.unit = u.unit AND e.at >= u.lower AND e.at < u.upper
	), arms AS (
		SELECT p.variation, p.phase, p.level, @extschema@.ff_quantile(p.value, m.quantile) AS q FROM placed p GROUP BY p.variation, p.phase, p.level
	), clusters AS (
		SELECT p.variation, p.phase, p.level, count(*) FILTER (WHERE p.value <= (a.q).value) AS below, count(p.value) AS n
		FROM placed p JOIN arms a ON a.variation = p.variation AND a.phase = p.phase AND coalesce(a.level, '') = coalesce(p.level, '')
		GROUP BY p.unit, p.variation, p.phase, p.level
	), added AS (
		SELECT c.variation, c.phase, c.level, @extschema@.ff_cross_moments(c.below, c.n) AS moments FROM clusters c GROUP BY c.variation, c.phase, c.level
	)
	SELECT a.variation, a.phase, a.level, a.q, d.moments
	FROM arms a JOIN added d ON d.variation = a.variation AND d.phase = a.phase AND coalesce(d.level, '') = coalesce(a.level, '');
END;
$$;

-- One metric of an experiment.  The cap is that of all its units together.
CREATE FUNCTION ff._metric_cells(x ff.experiments, m ff.metrics, moment timestamptz, dimension text, units refcursor DEFAULT NULL)
RETURNS TABLE (phase int, variation text, level text, moments ff.cross_moments, capped ff.cross_moments,
	cap float8, quantile ff.quantile, clusters ff.cross_moments)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH totals AS MATERIALIZED (SELECT * FROM ff._metric_totals(x, m, moment, dimension, $5)
	), cap AS MATERIALIZED (
		SELECT coalesce(m.cap_value::float8, (SELECT (@extschema@.ff_quantile(t.variables[1]::float8, m.cap_percentile)).value FROM totals t
			WHERE m.cap_percentile IS NOT NULL AND (NOT m.cap_ignores_zeros OR t.variables[1] <> 0))) AS value
	), arms AS MATERIALIZED (
		SELECT t.phase, t.variation, t.level, ff._unit_moments(NULL, VARIADIC t.variables) AS moments,
			ff._unit_moments(c.value, VARIADIC t.variables) FILTER (WHERE c.value IS NOT NULL) AS capped, c.value AS cap
		FROM totals t CROSS JOIN cap c GROUP BY t.phase, t.variation, t.level, c.value
	), units AS (
		SELECT t.phase, t.variation, t.level, @extschema@.ff_quantile(t.variables[1]::float8, m.quantile) AS q FROM totals t
		WHERE m.kind = 'quantile' AND m.quantile_of IS DISTINCT FROM 'events' GROUP BY t.phase, t.variation, t.level
	), quantiles AS (
		SELECT u.phase, u.variation, u.level, u.q, NULL::ff.cross_moments AS clusters FROM units u
		UNION ALL SELECT e.phase, e.variation, e.level, e.quantile, e.clusters FROM ff._event_quantiles(x, m, moment, dimension, $5) e
		WHERE m.kind = 'quantile' AND m.quantile_of = 'events'
	)
	SELECT a.phase, a.variation, a.level, a.moments, a.capped, a.cap, q.q, q.clusters
	FROM arms a LEFT JOIN quantiles q ON q.phase = a.phase AND q.variation = a.variation AND coalesce(q.level, '') = coalesce(a.level, '');
END;
$$;

-- The metrics of an experiment, in their order.
CREATE FUNCTION ff._metrics_of(x ff.experiments) RETURNS ff.metrics[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT t FROM ff.experiment_metrics u JOIN ff.metrics t ON t.id = u.metric_id
		WHERE u.experiment_id = x.id ORDER BY u.position, t.key);
$$;

-- A row for each metric, phase and variation (and level of a dimension) that has
-- units.  moments: of (total), (total, covariate), (numerator, denominator) or
-- those and their covariates; NULL where no unit's window is over.  Tables that
-- grow are never analyzed lately enough for the planner to know their size: it
-- would join them by nested loops, for minutes instead of a second.
CREATE FUNCTION ff._experiment_cells(x ff.experiments, dimension text DEFAULT NULL, moment timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (metric_id uuid, phase int, variation text, level text, moments ff.cross_moments, capped ff.cross_moments,
	cap float8, quantile ff.quantile, clusters ff.cross_moments)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET enable_nestloop = off
SET enable_mergejoin = off
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
DECLARE
	metrics ff.metrics[] := ff._metrics_of(x);
	gathered ff.metrics[] := ARRAY(SELECT t FROM unnest(metrics) t WHERE ff._gathers_units(x) AND ff._gathers(t));
	m ff.metrics;
	handle bigint;
	units refcursor;
BEGIN
	IF cardinality(gathered) BETWEEN 1 AND 31 THEN
		handle := ff._gather(x, gathered, moment, dimension);
	END IF;
	IF handle IS NOT NULL THEN
		RETURN QUERY SELECT (gathered[c.metric]).id, c.phase, c.variation, CASE WHEN dimension IS NOT NULL THEN c.level END,
			c.moments, c.capped, c.cap, c.quantile, NULL::ff.cross_moments FROM ff._gather_cells(handle) c;
		PERFORM ff._gather_end(handle);
		metrics := ARRAY(SELECT t FROM unnest(metrics) t WHERE NOT ff._gathers(t));
	END IF;
	IF cardinality(metrics) = 0 THEN
		RETURN;
	END IF;
	OPEN units SCROLL FOR SELECT u.* FROM ff._experiment_units(x, moment, dimension) u;
	FOREACH m IN ARRAY metrics LOOP
		RETURN QUERY SELECT m.id, c.* FROM ff._metric_cells(x, m, moment, dimension, units) c;
	END LOOP;
	CLOSE units;
END;
$$;

-- How many units of an experiment count, and how many do not and why, by the
-- phase and the variation of their first exposure.
CREATE FUNCTION ff._experiment_population(x ff.experiments, dimension text DEFAULT NULL, moment timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (phase int, variation text, level text, n bigint, mixed bigint, excluded bigint, inactive bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET enable_nestloop = off
SET enable_mergejoin = off
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	handle bigint;
BEGIN
	IF ff._gathers_units(x) THEN
		handle := ff._gather(x, '{}', moment, dimension);
		RETURN QUERY SELECT p.phase, p.variation, CASE WHEN $2 IS NOT NULL THEN p.level END, p.n, p.mixed, p.excluded, 0::bigint
		FROM ff._gather_population(handle) p;
		PERFORM ff._gather_end(handle);
		RETURN;
	END IF;
	RETURN QUERY
	SELECT u.phase, u.variation, u.level, count(*) FILTER (WHERE u.status = 'counted'), count(*) FILTER (WHERE u.status = 'mixed'),
		count(*) FILTER (WHERE u.status = 'excluded'), count(*) FILTER (WHERE u.status = 'inactive')
	FROM ff._experiment_units(x, moment, $2) u GROUP BY u.phase, u.variation, u.level;
END;
$$;
