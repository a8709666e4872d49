-- What a refresh need not read again: cells are exact sums, so units for which
-- there is something new are taken out as they were and put in as they are.
-- Nothing is kept by unit: to write a row for each unit that an event came for
-- takes as long as reading its rows again.

CREATE TYPE ff.experiment_population AS (phase int, variation text, n bigint, mixed bigint, excluded bigint, inactive bigint);
COMMENT ON TYPE ff.experiment_population IS 'How many units of a phase and variation count, and how many do not and why.';

-- Not dumped: it can be made again at any time.
CREATE TABLE ff.experiment_refreshes (
	experiment_id uuid PRIMARY KEY REFERENCES ff.experiments ON DELETE CASCADE,
	-- of what was analysed: another one makes it void
	definition text COLLATE "C" NOT NULL,
	data_through timestamptz NOT NULL CHECK (isfinite(data_through)),
	took interval NOT NULL,
	cells ff.experiment_cell[] NOT NULL,
	population ff.experiment_population[] NOT NULL,
	-- rows that it did not see are new; NULL: rows do not tell
	snapshot pg_snapshot,
	system_identifier bigint NOT NULL,
	files text COLLATE "C",
	-- that were read again; NULL: all
	units bigint
);

-- Metrics whose cells are sums over units, and units that only new rows change.
CREATE FUNCTION ff._adds_up(x ff.experiments, metrics ff.metrics[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._gathers_units(x) AND x.excluded_segment_id IS NULL AND cardinality(metrics) BETWEEN 1 AND 31
		AND (SELECT bool_and(ff._gathers(m) AND m.kind <> 'quantile' AND (m.cap_percentile IS NULL OR m.cap_value IS NOT NULL)
			AND m.source_id IS NULL AND m.denominator_source_id IS NULL) FROM unnest(metrics) m);
$$;

-- Where the rows of exposures and events are: another answer where a partition
-- came or went, was emptied or written anew.  NULL where changes of rows are not
-- noted: foreign tables, or a trigger that was switched off.
CREATE FUNCTION ff._event_files() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bool_and(c.relkind = 'r' AND (SELECT count(*) FROM pg_trigger g
			WHERE g.tgrelid = c.oid AND g.tgfoid = 'ff._note_correction()'::regprocedure AND g.tgenabled = 'A') = 2)
		THEN encode(sha256(convert_to(string_agg(c.oid || ' ' || pg_relation_filenode(c.oid), ',' ORDER BY c.oid), 'UTF8')), 'hex') END
	FROM unnest('{exposures,events}'::text[]) n, pg_partition_tree(format('ff.%I', n)::regclass) t
	JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf;
$$;

-- What the statement sees, if all that it sees says so: not where rows are its
-- own transaction's, or bear numbers of another server.
CREATE FUNCTION ff._telling_snapshot() RETURNS pg_snapshot
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	seen pg_snapshot := pg_current_snapshot();
	least_unseen xid8 := pg_snapshot_xmin(seen);
BEGIN
	IF EXISTS (SELECT FROM (SELECT o.written_in FROM ff.exposures o WHERE o.written_in >= least_unseen OFFSET 0) o WHERE NOT pg_visible_in_snapshot(o.written_in, seen))
		OR EXISTS (SELECT FROM (SELECT e.written_in FROM ff.events e WHERE e.written_in >= least_unseen OFFSET 0) e WHERE NOT pg_visible_in_snapshot(e.written_in, seen)) THEN
		RETURN NULL;
	END IF;
	RETURN seen;
END;
$$;

-- Units of exposures that are new, whose time has come, or whose window is over.
CREATE FUNCTION ff._newly_exposed(x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	home text;
	place text;
	least_unseen xid8 := pg_snapshot_xmin(last.snapshot);
	spans interval[] := ARRAY(SELECT interval '0' UNION SELECT m.delay + m.conversion_window FROM unnest(metrics) m WHERE m.complete_only AND m.conversion_window IS NOT NULL);
BEGIN
	SELECT p.key, e.key INTO home, place FROM ff.projects p, ff.environments e WHERE p.id = x.project_id AND e.id = x.environment_id;
	RETURN QUERY
	SELECT o.unit FROM (SELECT * FROM ff.exposures n WHERE n.written_in >= least_unseen OFFSET 0) o
	WHERE NOT pg_visible_in_snapshot(o.written_in, last.snapshot) AND o.project = home AND o.experiment = x.key AND o.environment = place
	UNION
	SELECT o.unit FROM unnest(spans) s(span) JOIN ff.exposures o ON o.at > last.data_through - s.span AND o.at <= moment - s.span
	WHERE o.project = home AND o.experiment = x.key AND o.environment = place;
END;
$$;

-- Units of events that are new or whose time has come, and of all events that
-- have the id of a new one.
CREATE FUNCTION ff._newly_active(x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id);
	least_unseen xid8 := pg_snapshot_xmin(last.snapshot);
	names text[] := ARRAY(SELECT DISTINCT i.event FROM ff._gather_inputs(metrics) i);
BEGIN
	RETURN QUERY
	WITH new AS MATERIALIZED (
		SELECT e.unit, e.event, e.event_id FROM (SELECT * FROM ff.events n WHERE n.written_in >= least_unseen OFFSET 0) e
		WHERE NOT pg_visible_in_snapshot(e.written_in, last.snapshot) AND e.project = home AND e.event = ANY (names)
	)
	SELECT n.unit FROM new n
	UNION
	SELECT s.unit FROM new n CROSS JOIN LATERAL (SELECT * FROM ff.events e WHERE e.event_id = n.event_id OFFSET 0) s
	WHERE n.event_id IS NOT NULL AND s.project = home AND s.event = n.event
	UNION
	SELECT e.unit FROM ff.events e WHERE e.project = home AND e.event = ANY (names) AND e.at >= last.data_through AND e.at < moment;
END;
$$;

-- Units of the experiment that may count otherwise now than at its last refresh.
CREATE FUNCTION ff._touched_units(x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	SELECT coalesce(array_agg(u.unit), '{}') FROM (
		SELECT * FROM ff._newly_exposed(x, metrics, last, moment) u(unit)
		UNION SELECT a.unit FROM ff._newly_active(x, metrics, last, moment) a(unit)
		WHERE EXISTS (SELECT FROM ff.projects p, ff.environments e, LATERAL (SELECT * FROM ff.exposures n WHERE n.unit = a.unit OFFSET 0) o
			WHERE p.id = x.project_id AND e.id = x.environment_id AND o.project = p.key AND o.experiment = x.key AND o.environment = e.key)) u;
$$;

-- The analysis of some units as of a moment and what a snapshot saw; NULL where
-- totals are beyond what C adds up.
CREATE FUNCTION ff._analysis_of(x ff.experiments, metrics ff.metrics[], moment timestamptz, units text[], before pg_snapshot) RETURNS ff.experiment_refreshes
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
DECLARE
	handle bigint := ff._gather_of(x, metrics, moment, NULL, units, before);
	r ff.experiment_refreshes;
BEGIN
	IF handle IS NULL THEN
		RETURN NULL;
	END IF;
	r.cells := ARRAY(SELECT ROW((metrics[c.metric]).id, c.phase, c.variation, NULL, c.moments, c.capped, c.cap, NULL, NULL)::ff.experiment_cell FROM ff._gather_cells(handle) c);
	r.population := ARRAY(SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, 0)::ff.experiment_population FROM ff._gather_population(handle) p);
	PERFORM ff._gather_end(handle);
	RETURN r;
END;
$$;

-- Sums of a whole from which some units go and to which some come; NULL of none.
CREATE FUNCTION ff._exchanged(whole ff.cross_moments, gone ff.cross_moments, come ff.cross_moments) RETURNS ff.cross_moments
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN @extschema@.ff_cross_moments_n(s.moments) > 0 THEN s.moments END
	FROM (SELECT @extschema@.ff_cross_moments_merge(v.moments) AS moments
		FROM (VALUES (CASE WHEN gone IS NULL THEN whole ELSE @extschema@.ff_cross_moments_subtract(whole, gone) END), (come)) v(moments)) s;
$$;

-- The population of a whole after such an exchange.
CREATE FUNCTION ff._exchanged_population(whole ff.experiment_population[], gone ff.experiment_population[], come ff.experiment_population[])
RETURNS ff.experiment_population[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT ROW(p.phase, p.variation, sum(s * p.n), sum(s * p.mixed), sum(s * p.excluded), sum(s * p.inactive))::ff.experiment_population
		FROM (SELECT 1 AS s, w.* FROM unnest(whole) w UNION ALL SELECT -1, g.* FROM unnest(gone) g UNION ALL SELECT 1, c.* FROM unnest(come) c) p
		GROUP BY p.phase, p.variation HAVING sum(s * (p.n + p.mixed + p.excluded + p.inactive)) > 0);
$$;

-- The cells of a whole after it, of those phases and variations that have units.
CREATE FUNCTION ff._exchanged_cells(metrics ff.metrics[], whole ff.experiment_cell[], gone ff.experiment_cell[], come ff.experiment_cell[],
	population ff.experiment_population[]) RETURNS ff.experiment_cell[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT ROW(m.id, p.phase, p.variation, NULL, ff._exchanged(w.moments, g.moments, c.moments), ff._exchanged(w.capped, g.capped, c.capped),
			m.cap_value::float8, NULL, NULL)::ff.experiment_cell
		FROM unnest(metrics) m CROSS JOIN unnest(population) p
		LEFT JOIN unnest(whole) w ON (w.metric_id, w.phase, w.variation) = (m.id, p.phase, p.variation)
		LEFT JOIN unnest(gone) g ON (g.metric_id, g.phase, g.variation) = (m.id, p.phase, p.variation)
		LEFT JOIN unnest(come) c ON (c.metric_id, c.phase, c.variation) = (m.id, p.phase, p.variation)
		WHERE p.n > 0);
$$;

-- Whether all that has changed since a refresh are rows that came: no partition
-- changed, no row of the project was changed or deleted, the server is the same
-- and its clock went on.
CREATE FUNCTION ff._only_grew(x ff.experiments, last ff.experiment_refreshes, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(last.snapshot IS NOT NULL AND last.data_through <= moment AND last.files = ff._event_files()
		AND last.system_identifier = (SELECT c.system_identifier FROM pg_control_system() c)
		AND NOT EXISTS (SELECT FROM ff.event_corrections c JOIN ff.projects p ON p.key = c.project
			WHERE p.id = x.project_id AND c.written_in >= pg_snapshot_xmin(last.snapshot) AND NOT pg_visible_in_snapshot(c.written_in, last.snapshot)), false);
$$;

-- Drops notes of corrections that all refreshes have seen; a week is longer than
-- one takes that began before.
CREATE FUNCTION ff._forget_corrections() RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	DELETE FROM ff.event_corrections c WHERE c.at < clock_timestamp() - interval '1 week'
		AND NOT EXISTS (SELECT FROM ff.experiment_refreshes r WHERE NOT pg_visible_in_snapshot(c.written_in, r.snapshot));
$$;

-- The analysis from the last one and what is new; NULL where it must be made, or is
-- made faster, from all data: a unit that is looked up costs as much as dozens
-- that are read one after the other.
CREATE FUNCTION ff._increment(x ff.experiments, last ff.experiment_refreshes, moment timestamptz) RETURNS ff.experiment_refreshes
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	metrics ff.metrics[] := ff._metrics_of(x);
	touched text[];
	gone ff.experiment_refreshes;
	come ff.experiment_refreshes;
BEGIN
	IF NOT ff._adds_up(x, metrics) OR NOT ff._only_grew(x, last, moment) THEN
		RETURN NULL;
	END IF;
	touched := ff._touched_units(x, metrics, last, moment);
	IF cardinality(touched) > 100 AND cardinality(touched) * 25 > (SELECT sum(p.n) FROM unnest(last.population) p) THEN
		RETURN NULL;
	END IF;
	gone := ff._analysis_of(x, metrics, last.data_through, touched, last.snapshot);
	come := ff._analysis_of(x, metrics, moment, touched, NULL);
	IF gone.cells IS NULL OR come.cells IS NULL THEN
		RETURN NULL;
	END IF;
	last.population := ff._exchanged_population(last.population, gone.population, come.population);
	last.cells := ff._exchanged_cells(metrics, last.cells, gone.cells, come.cells, last.population);
	last.units := cardinality(touched);
	RETURN last;
END;
$$;
