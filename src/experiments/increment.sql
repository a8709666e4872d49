-- What a refresh need not read again: of each unit its first exposure and its sums
-- are kept, so that new rows are added to them, and cells are exact sums, so that
-- units of which something is new are taken out as they were and put in as they are.

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
	-- its own transaction and how many rows of that it saw, where it saw any: with
	-- others than these it is void
	written_in xid8,
	own_rows bigint,
	system_identifier bigint NOT NULL,
	files text COLLATE "C",
	-- of which something was new; NULL: all were read
	units bigint,
	-- of ff.experiment_units, in each run; NULL: nothing is kept of units
	pages int[],
	-- by their numbers there
	variations text[]
);

-- Units and their sums, a block's worth in a row (keep.c): those of all, and a run
-- for each refresh since of those of which something was new; the last one
-- counts.  Unlogged: after a crash nothing is there, and all is read again.
CREATE UNLOGGED TABLE ff.experiment_units (
	experiment_id uuid NOT NULL,
	run int NOT NULL,
	page bytea NOT NULL
);
ALTER TABLE ff.experiment_units ALTER page SET STORAGE PLAIN;
CREATE INDEX experiment_units_run_idx ON ff.experiment_units (experiment_id, run);

CREATE FUNCTION ff._forget_units() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM ff.experiment_units u WHERE u.experiment_id = OLD.experiment_id;
	RETURN NULL;
END;
$$;
CREATE TRIGGER forget_units AFTER DELETE ON ff.experiment_refreshes FOR EACH ROW EXECUTE FUNCTION ff._forget_units();

-- What a publisher keeps takes the place of what its subscriber keeps: a key that is
-- taken would stop replication.
CREATE FUNCTION ff._replace_refresh() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM ff.experiment_refreshes r WHERE r.experiment_id = NEW.experiment_id;
	RETURN NEW;
END;
$$;
CREATE TRIGGER replace_refresh BEFORE INSERT ON ff.experiment_refreshes FOR EACH ROW
	WHEN (current_setting('session_replication_role') = 'replica') EXECUTE FUNCTION ff._replace_refresh();
ALTER TABLE ff.experiment_refreshes ENABLE ALWAYS TRIGGER forget_units;
ALTER TABLE ff.experiment_refreshes ENABLE ALWAYS TRIGGER replace_refresh;

-- An analysis that goes on (renew.c): shown a page of what was kept as of a moment,
-- told of units, given all pages, the last run first.
CREATE FUNCTION ff._gather_resume(handle bigint, page bytea, variations text[], before timestamptz, everything boolean) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_resume';
CREATE FUNCTION ff._gather_touch(handle bigint, unit text, again boolean) RETURNS boolean
LANGUAGE c VOLATILE STRICT COST 100 AS 'MODULE_PATHNAME', 'ff_gather_touch';
CREATE FUNCTION ff._gather_known(handle bigint, page bytea) RETURNS boolean
LANGUAGE c VOLATILE STRICT COST 100 AS 'MODULE_PATHNAME', 'ff_gather_known';
CREATE FUNCTION ff._gather_renew(handle bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_renew';
-- The units all of whose events are to be read then.
CREATE FUNCTION ff._gather_again(handle bigint) RETURNS SETOF text
LANGUAGE c VOLATILE STRICT ROWS 1000 AS 'MODULE_PATHNAME', 'ff_gather_again';
-- Of how many units something is new; whether those alone are in the cells, and if
-- so, those that come from here on are of what they were before.
CREATE FUNCTION ff._gather_news(handle bigint) RETURNS bigint
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_news';
CREATE FUNCTION ff._gather_gone(handle bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_gather_gone';

-- Whether what metrics are made of is kept by unit: sums that C adds up, of rows
-- that tell when they came, or of sources whose changes are noted.
CREATE FUNCTION ff._keeps_units(x ff.experiments, metrics ff.metrics[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._gathers_units(x) AND x.excluded_segment_id IS NULL AND cardinality(metrics) BETWEEN 1 AND 31
		AND (SELECT bool_and(ff._gathers(m)) FROM unnest(metrics) m)
		AND NOT EXISTS (SELECT FROM ff.metric_sources s WHERE s.id = ANY (ff._sources_of(metrics)) AND NOT s.capture);
$$;

-- Whether cells are sums over units: not where units must all be known for a cap
-- or a quantile.
CREATE FUNCTION ff._adds_up(metrics ff.metrics[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT bool_and(m.kind <> 'quantile' AND (m.cap_percentile IS NULL OR m.cap_value IS NOT NULL)) FROM unnest(metrics) m; $$;

-- Where the rows of exposures and events are: another answer where a partition
-- came or went, was detached for a while, emptied or written anew.  NULL where
-- changes of rows are not noted, of foreign tables or with a trigger that was switched
-- off, and where this very transaction has made or emptied one: it can do so again
-- without another file.
CREATE FUNCTION ff._event_files() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bool_and(c.relkind = 'r' AND g.count = 2 AND g.settled AND ff._is_settled(c.xmin))
		THEN encode(sha256(convert_to(string_agg(concat_ws(' ', c.oid, pg_relation_filenode(c.oid), g.triggers), ',' ORDER BY c.oid)
			|| pg_relation_filenode('ff.event_corrections'), 'UTF8')), 'hex') END
	FROM unnest('{exposures,events}'::text[]) n, pg_partition_tree(format('ff.%I', n)::regclass) t
	JOIN pg_class c ON c.oid = t.relid
	CROSS JOIN LATERAL (SELECT count(*), bool_and(ff._is_settled(g.xmin)) AS settled, string_agg(concat_ws(' ', g.oid, g.xmin), ' ' ORDER BY g.oid) AS triggers
		FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgfoid = 'ff._note_correction()'::regprocedure AND g.tgenabled = 'A') g
	WHERE t.isleaf;
$$;

-- The same of all that metrics read.
CREATE FUNCTION ff._files(metrics ff.metrics[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN count(*) = 0 THEN ff._event_files() WHEN bool_and(c.state IS NOT NULL)
		THEN ff._event_files() || pg_relation_filenode('ff.source_changes') || ' ' || encode(sha256(convert_to(string_agg(c.state, ',' ORDER BY c.id), 'UTF8')), 'hex') END
	FROM (SELECT s.id, ff._capture_state(s) AS state FROM ff.metric_sources s WHERE s.id = ANY (ff._sources_of(metrics)) OFFSET 0) c;
$$;

-- A snapshot that sees one transaction besides, or does not see it, and all others
-- as before.  Those between the last that it knew and a later one are running; NULL
-- where these are 10,000 or more, as of countless subtransactions, for to ask such
-- a snapshot of each row takes longer than to read all.
CREATE FUNCTION ff._snapshot_seeing(seen pg_snapshot, also xid8, sees_it boolean) RETURNS pg_snapshot
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (pg_snapshot_xmin(seen)::text || ':' || greatest(b.xmax, CASE WHEN sees_it THEN b.number + 1 END) || ':'
		|| coalesce((SELECT string_agg(r.number::text, ',' ORDER BY r.number) FROM (
			SELECT x::text::bigint FROM pg_snapshot_xip(seen) x WHERE NOT sees_it OR x <> also
			UNION SELECT generate_series(b.xmax, b.number - 1) WHERE sees_it
			UNION SELECT b.number WHERE NOT sees_it AND b.number < b.xmax) r(number)), ''))::pg_snapshot
	FROM (SELECT also::text::bigint AS number, pg_snapshot_xmax(seen)::text::bigint AS xmax) b
	WHERE b.number - b.xmax < 10000;
$$;

-- How many exposures, events and changes of sources bear the number of a transaction.
CREATE FUNCTION ff._rows_written_in(writer xid8) RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
	SELECT (SELECT count(*) FROM ff.exposures o WHERE o.written_in = writer) + (SELECT count(*) FROM ff.events e WHERE e.written_in = writer)
		+ (SELECT count(*) FROM ff.source_changes c WHERE c.written_in = writer);
$$;

-- What the statement sees, if all that it sees says so: not where rows bear numbers
-- of another server.  A snapshot says nothing of one's own transaction: it is
-- taken to be seen if there are rows of it, such as a refresh has received from
-- the inbox, and then to be void if there will be more of them.
CREATE FUNCTION ff._telling_snapshot(OUT snapshot pg_snapshot, OUT written_in xid8, OUT own_rows bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	own xid8 := pg_current_xact_id_if_assigned();
	seen pg_snapshot := pg_current_snapshot();
	least_unseen xid8 := pg_snapshot_xmin(seen);
BEGIN
	IF EXISTS (SELECT FROM (SELECT o.written_in FROM ff.exposures o WHERE o.written_in >= least_unseen OFFSET 0) o
			WHERE NOT pg_visible_in_snapshot(o.written_in, seen) AND o.written_in IS DISTINCT FROM own)
		OR EXISTS (SELECT FROM (SELECT e.written_in FROM ff.events e WHERE e.written_in >= least_unseen OFFSET 0) e
			WHERE NOT pg_visible_in_snapshot(e.written_in, seen) AND e.written_in IS DISTINCT FROM own) THEN
		RETURN;
	END IF;
	snapshot := seen;
	IF own IS NULL THEN
		RETURN;
	END IF;
	own_rows := nullif(ff._rows_written_in(own), 0);
	IF own_rows IS NOT NULL THEN
		written_in := own;
	END IF;
	snapshot := ff._snapshot_seeing(seen, own, own_rows IS NOT NULL);
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

-- Whether all that has changed since a refresh are rows that came, and units of
-- sources that are known: no partition changed, no row of the project was changed
-- or deleted, its own transaction has written no more, the server is the same and
-- its clock went on.
CREATE FUNCTION ff._only_grew(x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(last.snapshot IS NOT NULL AND last.data_through <= moment AND last.files = ff._files(metrics)
		AND last.system_identifier = (SELECT c.system_identifier FROM pg_control_system() c)
		AND (last.written_in IS NULL OR last.own_rows = ff._rows_written_in(last.written_in))
		AND NOT EXISTS (SELECT FROM ff.event_corrections c JOIN ff.projects p ON p.key = c.project
			WHERE p.id = x.project_id AND c.written_in >= pg_snapshot_xmin(last.snapshot)
				AND (c.written_in = last.written_in OR NOT pg_visible_in_snapshot(c.written_in, last.snapshot)))
		AND NOT EXISTS (SELECT FROM ff.source_changes c WHERE c.source_id = ANY (ff._sources_of(metrics)) AND c.unit IS NULL AND c.written_in >= pg_snapshot_xmin(last.snapshot)
				AND (c.written_in = last.written_in OR NOT pg_visible_in_snapshot(c.written_in, last.snapshot))), false);
$$;

-- Drops notes of corrections that all refreshes have seen; a week is longer than
-- one takes that began before.
CREATE FUNCTION ff._forget_corrections() RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	DELETE FROM ff.event_corrections c WHERE c.at < clock_timestamp() - interval '1 week'
		AND NOT EXISTS (SELECT FROM ff.experiment_refreshes r WHERE c.written_in = r.written_in OR NOT pg_visible_in_snapshot(c.written_in, r.snapshot));
$$;

-- Takes exposures that are new or whose time has come, and units whose window is over.
CREATE FUNCTION ff._renew_exposures(handle bigint, x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET enable_seqscan = off
SET max_parallel_workers_per_gather = 0
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	home text;
	place text;
	until timestamptz := coalesce(x.stopped_at, moment);
	least_unseen xid8 := pg_snapshot_xmin(last.snapshot);
	span interval;
	spans interval[] := ARRAY(SELECT DISTINCT m.delay + m.conversion_window FROM unnest(metrics) m WHERE m.complete_only AND m.conversion_window IS NOT NULL);
BEGIN
	SELECT p.key, e.key INTO home, place FROM ff.projects p, ff.environments e WHERE p.id = x.project_id AND e.id = x.environment_id;
	PERFORM count(*) FROM (SELECT * FROM ff.exposures n WHERE n.written_in >= least_unseen OFFSET 0) o
	WHERE NOT pg_visible_in_snapshot(o.written_in, last.snapshot) AND o.project = home AND o.experiment = x.key AND o.environment = place
		AND o.at >= x.started_at AND o.at <= until AND ff._gather_exposure(handle, o.unit, o.variation, o.at, o.phase, NULL, false);
	PERFORM count(*) FROM ff.exposures o
	WHERE o.project = home AND o.experiment = x.key AND o.environment = place AND o.at > last.data_through AND o.at <= until
		AND pg_visible_in_snapshot(o.written_in, last.snapshot) AND ff._gather_exposure(handle, o.unit, o.variation, o.at, o.phase, NULL, false);
	FOREACH span IN ARRAY spans LOOP
		PERFORM count(*) FROM ff.exposures o
		WHERE o.project = home AND o.experiment = x.key AND o.environment = place AND o.at > last.data_through - span AND o.at <= moment - span
			AND ff._gather_touch(handle, o.unit, false);
	END LOOP;
END;
$$;

-- Takes new events, and those whose time has come.  Of those with an id that others
-- have as well, all events of their units are needed to know which counts.
CREATE FUNCTION ff._renew_events(handle bigint, x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET max_parallel_workers_per_gather = 0
SET jit = off
AS $$
DECLARE
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id);
	written text := '(SELECT n.* FROM (SELECT * FROM ff.events n WHERE n.written_in >= pg_snapshot_xmin($6) OFFSET 0) n
		WHERE NOT pg_visible_in_snapshot(n.written_in, $6) AND n.project = $2 AND n.event = ANY ($3))';
	due text := '(SELECT n.* FROM ff.events n WHERE n.project = $2 AND n.event = ANY ($3) AND n.at >= $7 AND n.at < $5 AND pg_visible_in_snapshot(n.written_in, $6))';
	needs record;
	with_id bigint;
	count bigint := 0;
BEGIN
	SELECT * INTO needs FROM ff._gather_call(x, metrics);
	IF needs.names IS NULL THEN
		RETURN;
	END IF;
	FOR i IN 1 .. 2 LOOP
		EXECUTE format('SELECT count(e.event_id) FROM %s e WHERE e.event_id IS NOT NULL OR (e.at >= $4 AND e.at < $5 AND %s)',
			CASE i WHEN 1 THEN written ELSE due END, needs.call)
		INTO with_id USING handle, home, needs.names, needs.since, moment, last.snapshot, last.data_through;
		count := count + with_id;
	END LOOP;
	IF count > 0 THEN
		EXECUTE format('WITH new AS MATERIALIZED (
				SELECT e.event, e.event_id FROM %s e WHERE e.event_id IS NOT NULL UNION SELECT e.event, e.event_id FROM %s e WHERE e.event_id IS NOT NULL
			), same AS MATERIALIZED (
				SELECT s.*, count(*) OVER (PARTITION BY s.event, s.event_id) AS times
				FROM new n CROSS JOIN LATERAL (SELECT * FROM ff.events e WHERE e.event_id = n.event_id OFFSET 0) s WHERE s.project = $2 AND s.event = n.event
			) SELECT count(*) FROM same e WHERE CASE WHEN e.times > 1 THEN ff._gather_touch($1, e.unit, true) ELSE e.at >= $4 AND e.at < $5 AND %s END',
			written, due, needs.call)
		USING handle, home, needs.names, needs.since, moment, last.snapshot, last.data_through;
	END IF;
END;
$$;

-- Takes units whose rows in sources have changed, or have rows whose time has come.
CREATE FUNCTION ff._renew_sources(handle bigint, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET max_parallel_workers_per_gather = 0
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	sources uuid[] := ff._sources_of(metrics);
	least_unseen xid8 := pg_snapshot_xmin(last.snapshot);
BEGIN
	IF cardinality(sources) = 0 THEN
		RETURN;
	END IF;
	PERFORM count(*) FROM (SELECT * FROM ff.source_changes n WHERE n.written_in >= least_unseen OFFSET 0) c
	WHERE c.source_id = ANY (sources) AND NOT pg_visible_in_snapshot(c.written_in, last.snapshot) AND ff._gather_touch(handle, c.unit, true);
	PERFORM count(*) FROM ff.source_changes c
	WHERE c.source_id = ANY (sources) AND c.at >= last.data_through AND c.at < moment AND ff._gather_touch(handle, c.unit, true);
END;
$$;

-- Takes what was kept of units; whether all of it was there.
CREATE FUNCTION ff._renew_units(handle bigint, x ff.experiments, last ff.experiment_refreshes) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET max_parallel_workers_per_gather = 0
SET jit = off
AS $$
BEGIN
	RETURN (SELECT count(*) FROM (SELECT u.page FROM ff.experiment_units u WHERE u.experiment_id = x.id ORDER BY u.run DESC OFFSET 0) u
		WHERE ff._gather_known(handle, u.page)) = (SELECT sum(p) FROM unnest(last.pages) p);
END;
$$;

-- All parts of an analysis that goes on, with so many; false where memory did not
-- do, NULL where all must be read, or is read faster: a unit that is looked up
-- costs as much as dozens that are read one after the other.
CREATE FUNCTION ff._renew_parts(handle bigint, x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz, parts int) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most bigint := greatest(100, (SELECT sum(p.n) FROM unnest(last.population) p) / 25);
	fits boolean;
	names text[];
BEGIN
	FOR part IN 0 .. parts - 1 LOOP
		PERFORM ff._gather_restart(handle, part, parts);
		PERFORM ff._renew_exposures(handle, x, metrics, last, moment);
		PERFORM ff._renew_events(handle, x, metrics, last, moment);
		PERFORM ff._renew_sources(handle, metrics, last, moment);
		IF NOT ff._renew_units(handle, x, last) THEN
			RETURN NULL;
		END IF;
		fits := ff._gather_renew(handle);
		IF fits IS NOT true THEN
			RETURN fits;
		END IF;
		names := ARRAY(SELECT ff._gather_again(handle));
		IF cardinality(names) * parts > most THEN
			RETURN NULL;
		END IF;
		IF cardinality(names) > 0 THEN
			PERFORM ff._gather_all_events(handle, x, metrics, moment, names);
		END IF;
		IF NOT ff._gather_finish(handle) THEN
			RETURN NULL;
		END IF;
	END LOOP;
	RETURN true;
END;
$$;

-- An analysis that goes on from the last one; NULL where there is none to go on
-- from, or all is to be read.  Once there is half as much in later runs as in the
-- first, all of it is made one run again.
CREATE FUNCTION ff._renewed(x ff.experiments, metrics ff.metrics[], last ff.experiment_refreshes, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	everything boolean := NOT ff._adds_up(metrics) OR (SELECT sum(p) FROM unnest(last.pages[2:]) p) * 2 > last.pages[1] + 8;
	page bytea := (SELECT u.page FROM ff.experiment_units u WHERE u.experiment_id = x.id LIMIT 1);
	handle bigint;
	parts int := 1;
	fits boolean;
BEGIN
	IF last.pages IS NULL OR page IS NULL OR NOT ff._only_grew(x, metrics, last, moment) THEN
		RETURN NULL;
	END IF;
	LOOP
		handle := ff._gather_start(x, metrics, moment);
		IF ff._gather_resume(handle, page, last.variations, last.data_through, coalesce(everything, false)) THEN
			PERFORM ff._gather_keep(handle);
			fits := ff._renew_parts(handle, x, metrics, last, moment, parts);
		END IF;
		IF fits THEN
			RETURN handle;
		END IF;
		PERFORM ff._gather_end(handle);
		IF fits IS NULL OR NOT everything THEN
			RETURN NULL;
		END IF;
		parts := parts * 2;
	END LOOP;
END;
$$;

-- The analysis that has been made, for which the last one's cells may be needed.
CREATE FUNCTION ff._gathered(handle bigint, metrics ff.metrics[]) RETURNS ff.experiment_refreshes
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
DECLARE
	r ff.experiment_refreshes;
BEGIN
	r.cells := ARRAY(SELECT ROW((metrics[c.metric]).id, c.phase, c.variation, NULL, c.moments, c.capped, c.cap, c.quantile, NULL)::ff.experiment_cell
		FROM ff._gather_cells(handle) c);
	r.population := ARRAY(SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, 0)::ff.experiment_population FROM ff._gather_population(handle) p);
	r.variations := ARRAY(SELECT ff._gather_variations(handle));
	r.units := ff._gather_news(handle);
	RETURN r;
END;
$$;

-- The same of all units, where what units added is exchanged.
CREATE FUNCTION ff._exchanged_analysis(handle bigint, metrics ff.metrics[], last ff.experiment_refreshes) RETURNS ff.experiment_refreshes
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	come ff.experiment_refreshes := ff._gathered(handle, metrics);
	gone ff.experiment_refreshes;
BEGIN
	IF NOT ff._gather_gone(handle) THEN
		RETURN come;
	END IF;
	gone := ff._gathered(handle, metrics);
	last.variations := come.variations;
	last.units := come.units;
	last.population := ff._exchanged_population(last.population, gone.population, come.population);
	last.cells := ff._exchanged_cells(metrics, last.cells, gone.cells, come.cells, last.population);
	RETURN last;
END;
$$;

-- Writes what is to be kept of units: how many pages in each run.
CREATE FUNCTION ff._keep_units(x ff.experiments, handle bigint, pages int[]) RETURNS int[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	count int;
BEGIN
	IF pages IS NULL THEN
		DELETE FROM ff.experiment_units u WHERE u.experiment_id = x.id;
	END IF;
	IF handle IS NULL THEN
		RETURN NULL;
	END IF;
	INSERT INTO ff.experiment_units (experiment_id, run, page) SELECT x.id, coalesce(cardinality(pages), 0) + 1, p FROM ff._gather_pages(handle) p;
	GET DIAGNOSTICS count = ROW_COUNT;
	PERFORM ff._gather_end(handle);
	RETURN CASE WHEN count > 0 THEN coalesce(pages, '{}') || count ELSE pages END;
END;
$$;
