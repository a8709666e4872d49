-- The same cells from one pass over exposures and one over events, by C: for
-- metrics that are sums over a unit's events.

-- Takes the phases, what is summed and what metrics are made of it; returns a
-- number for the functions below.
CREATE FUNCTION ff._gather_begin(started timestamptz[], cuts timestamptz[], limits timestamptz[], windowed_limits timestamptz[],
	aggregates bigint[], lower bigint[], upper bigint[], periods bigint[], numerators bigint[], denominators bigint[],
	completes bigint[], caps float8[], percentiles float8[], ignoring_zeros bigint[], quantiles float8[], moment timestamptz) RETURNS bigint
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_begin';
CREATE FUNCTION ff._gather_restart(handle bigint, part int, parts int) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_restart';
-- dear, as ff._gather_event is: of the conditions of a row the planner puts the
-- cheap ones first, and what these take must have met all others
CREATE FUNCTION ff._gather_exposure(handle bigint, unit text, variation text, at timestamptz, phase int, level text, excluded boolean) RETURNS boolean
LANGUAGE c VOLATILE COST 100 AS 'MODULE_PATHNAME', 'ff_gather_exposure';
CREATE FUNCTION ff._gather_events(handle bigint, workers int, wide boolean) RETURNS bigint
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_events';
-- writes to memory that workers share, and nothing else
CREATE FUNCTION ff._gather_event(handle bigint, unit text, value numeric, at timestamptz, mask bigint) RETURNS boolean
LANGUAGE c VOLATILE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'ff_gather_event';
CREATE FUNCTION ff._gather_finish(handle bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_finish';
CREATE FUNCTION ff._gather_cells(handle bigint, OUT metric int, OUT phase int, OUT variation text, OUT level text,
	OUT moments ff.cross_moments, OUT capped ff.cross_moments, OUT cap float8, OUT quantile ff.quantile) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_cells';
CREATE FUNCTION ff._gather_population(handle bigint, OUT phase int, OUT variation text, OUT level text,
	OUT n bigint, OUT mixed bigint, OUT excluded bigint) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_population';
-- From here on pages are made of the units that are read, for the next refresh;
-- the numbers there are places in these variations.
CREATE FUNCTION ff._gather_keep(handle bigint) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_keep';
CREATE FUNCTION ff._gather_pages(handle bigint) RETURNS SETOF bytea
LANGUAGE c VOLATILE STRICT ROWS 1000 AS 'MODULE_PATHNAME', 'ff_gather_pages';
CREATE FUNCTION ff._gather_variations(handle bigint) RETURNS SETOF text
LANGUAGE c VOLATILE STRICT ROWS 2 AS 'MODULE_PATHNAME', 'ff_gather_variations';
CREATE FUNCTION ff._gather_end(handle bigint) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_end';

-- Microseconds of an interval whose days have 24 hours.
CREATE FUNCTION ff._microseconds(span interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (extract(epoch FROM span) * 1000000)::bigint; $$;

-- Whether units are found, and a metric is made, as C can do it.
CREATE FUNCTION ff._gathers_units(x ff.experiments) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT x.activation_event IS NULL AND x.identity_source_id IS NULL AND x.started_at IS NOT NULL; $$;

CREATE FUNCTION ff._gathers(m ff.metrics) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.kind <> 'funnel' AND m.quantile_of IS DISTINCT FROM 'events' AND m.lookback IS NULL
		AND m.unit_property IS NULL AND m.value_property IS NULL AND m.denominator_value_property IS NULL;
$$;

-- What is summed for metrics: a row an input, in order; input 0 is bit 0 of a mask.
CREATE FUNCTION ff._gather_inputs(metrics ff.metrics[])
RETURNS TABLE (input int, metric int, is_denominator boolean, event text, source_id uuid, filter jsonb, aggregate int, lower bigint, upper bigint, period bigint)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (row_number() OVER (ORDER BY m.i, d.d))::int - 1, m.i::int, d.d, CASE WHEN d.d THEN m.denominator_event ELSE m.event END,
		CASE WHEN d.d THEN m.denominator_source_id ELSE m.source_id END,
		CASE WHEN d.d THEN m.denominator_filter ELSE m.filter END,
		CASE CASE WHEN d.d THEN coalesce(m.denominator_aggregate, 'count') ELSE coalesce(m.aggregate,
			CASE m.kind WHEN 'proportion' THEN 'any' WHEN 'retention' THEN 'any' WHEN 'count' THEN 'count' ELSE 'sum' END) END
			WHEN 'any' THEN 0 WHEN 'count' THEN 1 ELSE 2 END,
		ff._microseconds(m.delay), coalesce(ff._microseconds(m.delay + m.conversion_window), 9223372036854775807),
		CASE WHEN m.kind IN ('proportion', 'count', 'mean', 'ratio') THEN ff._microseconds(m.covariate_period) ELSE 0 END
	FROM (SELECT g.i, n.* FROM generate_subscripts(metrics, 1) g(i) CROSS JOIN LATERAL (SELECT (metrics[g.i]).*) n) m
	CROSS JOIN (VALUES (false), (true)) d(d) WHERE NOT d.d OR m.kind = 'ratio';
$$;

-- Begins an analysis of an experiment as of a moment.
CREATE FUNCTION ff._gather_start(x ff.experiments, metrics ff.metrics[], moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._gather_begin(p.started, p.cuts, p.limits, p.windowed, i.aggregates, i.lower, i.upper, i.periods,
		m.numerators, m.denominators, m.completes, m.caps, m.percentiles, m.ignoring, m.quantiles, moment)
	FROM (SELECT array_agg(c.started_at ORDER BY c.number) AS started, array_agg(coalesce(c.cut, 'infinity') ORDER BY c.number) AS cuts,
			array_agg(least(c.cut, x.stopped_at, moment) ORDER BY c.number) AS limits, array_agg(least(c.cut, moment) ORDER BY c.number) AS windowed
		FROM ff._experiment_cuts(x) c) p,
		(SELECT coalesce(array_agg(i.aggregate::bigint ORDER BY i.input), '{}') AS aggregates, coalesce(array_agg(i.lower ORDER BY i.input), '{}') AS lower,
			coalesce(array_agg(i.upper ORDER BY i.input), '{}') AS upper, coalesce(array_agg(i.period ORDER BY i.input), '{}') AS periods
		FROM ff._gather_inputs(metrics) i) i,
		(SELECT coalesce(array_agg(n.input::bigint ORDER BY n.metric), '{}') AS numerators, coalesce(array_agg(coalesce(d.input, -1)::bigint ORDER BY n.metric), '{}') AS denominators,
			coalesce(array_agg(CASE WHEN t.complete_only AND t.conversion_window IS NOT NULL THEN n.upper ELSE -1 END ORDER BY n.metric), '{}') AS completes,
			coalesce(array_agg(coalesce(t.cap_value::float8, 'NaN') ORDER BY n.metric), '{}') AS caps,
			coalesce(array_agg(coalesce(CASE WHEN t.cap_value IS NULL THEN t.cap_percentile END, 'NaN') ORDER BY n.metric), '{}') AS percentiles,
			coalesce(array_agg(t.cap_ignores_zeros::int::bigint ORDER BY n.metric), '{}') AS ignoring,
			coalesce(array_agg(coalesce(CASE t.kind WHEN 'quantile' THEN t.quantile END, 'NaN') ORDER BY n.metric), '{}') AS quantiles
		FROM ff._gather_inputs(metrics) n JOIN LATERAL (SELECT (metrics[n.metric]).*) t ON true
		LEFT JOIN ff._gather_inputs(metrics) d ON d.metric = n.metric AND d.is_denominator WHERE NOT n.is_denominator) m;
$$;

-- Reads exposures; a level is the day, or a value of the exposure's dimensions.
CREATE FUNCTION ff._gather_units(handle bigint, x ff.experiments, moment timestamptz, dimension text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	home text;
	place text;
	segment text := (SELECT g.key FROM ff.segments g WHERE g.id = x.excluded_segment_id);
BEGIN
	SELECT p.key, e.key INTO home, place FROM ff.projects p, ff.environments e WHERE p.id = x.project_id AND e.id = x.environment_id;
	EXECUTE format('SELECT count(*) FROM ff.exposures o
		WHERE o.project = $1 AND o.experiment = $2 AND o.environment = $3 AND o.at >= $4 AND o.at <= $5
			AND ff._gather_exposure($6, o.unit, o.variation, o.at, o.phase, %s, %s)',
		CASE WHEN dimension IS NULL THEN 'NULL' WHEN dimension = 'day' THEN 'to_char(o.at, ''YYYY-MM-DD'')'
			ELSE format('coalesce(o.dimensions ->> %L, '''')', dimension) END,
		CASE WHEN segment IS NULL THEN 'false'
			ELSE format('coalesce(@extschema@.ff_in_segment(o.unit, %L, NULL, %L, %L), false)', segment, place, home) END)
	USING home, x.key, place, x.started_at, coalesce(x.stopped_at, moment), handle;
END;
$$;

-- Which inputs an event is for, as an expression.
CREATE FUNCTION ff._gather_mask(metrics ff.metrics[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH kinds AS (SELECT i.event, i.filter, bit_or(1::bigint << i.input) AS bits FROM ff._gather_inputs(metrics) i WHERE i.event IS NOT NULL GROUP BY 1, 2),
	plain AS (SELECT k.* FROM kinds k WHERE k.filter IS NULL)
	SELECT concat_ws(' | ',
		CASE WHEN (SELECT count(DISTINCT k.event) FROM kinds k) = 1 THEN (SELECT p.bits::text FROM plain p)
			ELSE (SELECT 'CASE e.event ' || string_agg(format('WHEN %L THEN %s', p.event, p.bits), ' ' ORDER BY p.bits) || ' ELSE 0 END' FROM plain p) END,
		(SELECT string_agg(format('CASE WHEN e.event = %L AND e.properties @> %L THEN %s ELSE 0 END', k.event, k.filter, k.bits), ' | ')
			FROM kinds k WHERE k.filter IS NOT NULL));
$$;

-- Reads a relation of the application, of all units or of some.
CREATE FUNCTION ff._gather_source(handle bigint, source_id uuid, filter jsonb, mask bigint, since timestamptz, moment timestamptz, units text[]) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT count(*) FROM ff._source_events(source_id, filter, units) e
	WHERE e.at >= since AND e.at < moment AND ff._gather_event(handle, e.unit, e.value, e.at, mask);
$$;

-- What metrics read of events: names, since when, and the call that takes one, e,
-- in a query whose first parameter is the handle.
CREATE FUNCTION ff._gather_call(x ff.experiments, metrics ff.metrics[], OUT names text[], OUT since timestamptz, OUT call text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(DISTINCT i.event) FILTER (WHERE i.event IS NOT NULL), x.started_at - max(i.period) * interval '1 microsecond',
		format('ff._gather_event($1, e.unit, %s, e.at, (%s)::bigint)', CASE WHEN bool_or(i.aggregate = 2) THEN 'e.value' ELSE 'NULL' END,
			ff._gather_mask(metrics))
	FROM ff._gather_inputs(metrics) i;
$$;

-- Events with an id: of those with the same one that which was received first,
-- whosever it is.
CREATE FUNCTION ff._gather_events_once(call text, handle bigint, home text, names text[], since timestamptz, moment timestamptz, units text[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
	place text := 'ff.events';
	ids text[];
BEGIN
	IF units IS NOT NULL THEN
		SELECT array_agg(DISTINCT n.event_id) INTO ids FROM unnest(units) t(unit) CROSS JOIN LATERAL (SELECT * FROM ff.events n WHERE n.unit = t.unit OFFSET 0) n
		WHERE n.project = home AND n.event = ANY (names);
		place := '(SELECT n.* FROM unnest($6) i(id) CROSS JOIN LATERAL (SELECT * FROM ff.events n WHERE n.event_id = i.id OFFSET 0) n)';
	END IF;
	EXECUTE format('SELECT count(*) FROM (
			SELECT DISTINCT ON (n.event, n.event_id) n.* FROM %s n
			WHERE n.project = $2 AND n.event = ANY ($3) AND n.event_id IS NOT NULL
			ORDER BY n.event, n.event_id, n.received_at, n.at, n.unit, n.value, n.properties) e
		WHERE e.at >= $4 AND e.at < $5 AND ($7 IS NULL OR e.unit = ANY ($7)) AND %s', place, call)
	USING handle, home, names, since, moment, ids, units;
END;
$$;

-- Reads events of all units, or of some, which are looked up one by one, whatever
-- the planner believes of the table: those without an id in one pass, by parallel
-- workers where there are any, then those with one.
CREATE FUNCTION ff._gather_all_events(handle bigint, x ff.experiments, metrics ff.metrics[], moment timestamptz, units text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id);
	needs record;
	with_id bigint;
BEGIN
	SELECT * INTO needs FROM ff._gather_call(x, metrics);
	PERFORM ff._gather_source(handle, i.source_id, i.filter, bit_or(1::bigint << i.input), needs.since, moment, units)
	FROM ff._gather_inputs(metrics) i WHERE i.source_id IS NOT NULL GROUP BY i.source_id, i.filter;
	IF needs.names IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT count(e.event_id) FROM %s e
		WHERE e.project = $2 AND e.event = ANY ($3) AND e.at >= $4 AND e.at < $5 AND (e.event_id IS NOT NULL OR %s)',
		CASE WHEN units IS NULL THEN 'ff.events'
			ELSE '(SELECT n.* FROM unnest($6) t(unit) CROSS JOIN LATERAL (SELECT * FROM ff.events n WHERE n.unit = t.unit OFFSET 0) n)' END, needs.call)
	INTO with_id USING handle, home, needs.names, needs.since, moment, units;
	IF with_id > 0 THEN
		PERFORM ff._gather_events_once(needs.call, handle, home, needs.names, needs.since, moment, units);
	END IF;
END;
$$;

-- All parts of an analysis with so many; false where a sum did not fit, NULL
-- where memory did not do.
CREATE FUNCTION ff._gather_parts(handle bigint, x ff.experiments, metrics ff.metrics[], moment timestamptz, dimension text, parts int, wide boolean) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	workers int := CASE WHEN cardinality(metrics) > 0 THEN current_setting('max_parallel_workers_per_gather')::int ELSE 0 END;
	shared bigint;
BEGIN
	FOR part IN 0 .. parts - 1 LOOP
		PERFORM ff._gather_restart(handle, part, parts);
		PERFORM ff._gather_units(handle, x, moment, dimension);
		shared := ff._gather_events(handle, workers, wide);
		IF shared IS NULL THEN
			RETURN NULL;
		END IF;
		IF cardinality(metrics) > 0 THEN
			PERFORM ff._gather_all_events(shared, x, metrics, moment);
		END IF;
		IF NOT ff._gather_finish(handle) THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN true;
END;
$$;

-- An analysis that has read all there is; NULL where totals are beyond what C adds
-- up.  Narrow sums come first: hardly ever anybody needs wide ones.
CREATE FUNCTION ff._gather(x ff.experiments, metrics ff.metrics[], moment timestamptz, dimension text, keeping boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	handle bigint;
	parts int := 1;
	wide boolean := false;
	fits boolean;
BEGIN
	LOOP
		handle := ff._gather_start(x, metrics, moment);
		IF keeping THEN
			PERFORM ff._gather_keep(handle);
		END IF;
		fits := ff._gather_parts(handle, x, metrics, moment, dimension, parts, wide);
		IF fits THEN
			RETURN handle;
		END IF;
		PERFORM ff._gather_end(handle);
		IF fits IS NULL THEN
			parts := parts * 2;
		ELSIF wide THEN
			RETURN NULL;
		ELSE
			wide := true;
		END IF;
	END LOOP;
END;
$$;
