-- Events of a range, each once.

-- The names of a project's events: one probe of the index a name.
CREATE FUNCTION ff._event_names(home text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE names AS (
		SELECT (SELECT min(e.event) FROM ff.events e WHERE e.project = home) AS name
		UNION ALL SELECT (SELECT min(e.event) FROM ff.events e WHERE e.project = home AND e.event > n.name) FROM names n WHERE n.name IS NOT NULL
	)
	SELECT ARRAY(SELECT n.name FROM names n WHERE n.name IS NOT NULL);
$$;

-- Events with ids, of some names, from since to before until.  Of those with one name
-- and id that which was received first counts, as in the analysis of experiments: also
-- where it happened outside of the range.  They are in order by id first, which tells
-- more than the name, and by no more than the answer depends on.  The id alone is to
-- be looked up by an index: before a table is analyzed, the planner would rather take
-- all of a name.
CREATE FUNCTION ff._identified_events(home text, names text[], since timestamptz, until timestamptz, property text DEFAULT NULL)
RETURNS TABLE (unit text, event text, at timestamptz, level text)
LANGUAGE plpgsql STABLE ROWS 1000000
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH first AS (
		SELECT DISTINCT ON (e.event_id, e.event) e.event_id, e.event, e.received_at, e.at, e.unit, e.properties ->> property AS level
		FROM ff.events e WHERE e.project = home AND e.event = ANY (names) AND e.at >= since AND e.at < until AND e.event_id IS NOT NULL
		ORDER BY e.event_id, e.event, e.received_at, e.at, e.unit, CASE WHEN property IS NOT NULL THEN e.value END, CASE WHEN property IS NOT NULL THEN e.properties END
	)
	SELECT f.unit, f.event, f.at, f.level FROM first f
	WHERE NOT EXISTS (SELECT FROM ff.events o WHERE o.event_id = f.event_id AND (o.project, o.event) IS NOT DISTINCT FROM (home, f.event)
		AND (o.at < since OR o.at >= until) AND (o.received_at, o.at) < (f.received_at, f.at));
END;
$$;

-- All events of some names from since to before until, each once.
CREATE FUNCTION ff._counted_events(home text, names text[], since timestamptz, until timestamptz, property text DEFAULT NULL)
RETURNS TABLE (unit text, event text, at timestamptz, level text)
LANGUAGE plpgsql STABLE ROWS 1000000
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	lower timestamptz := coalesce($3, '-infinity');
BEGIN
	RETURN QUERY SELECT e.unit, e.event, e.at, e.properties ->> property FROM ff.events e
	WHERE e.project = home AND e.event = ANY (names) AND e.at >= lower AND e.at < until AND e.event_id IS NULL;
	RETURN QUERY SELECT * FROM ff._identified_events(home, names, lower, until, property);
END;
$$;

-- The units of an experiment that count, as ff_experiment_stats has them: by the
-- variation of their first exposure in the last phase, and from when to before
-- when what they do tells of it.  level: of a dimension of that exposure.
CREATE FUNCTION ff._counted_units(x ff.experiments, dimension text DEFAULT NULL)
RETURNS TABLE (unit text, variation text, level text, exposed_at timestamptz, lower timestamptz, cut timestamptz)
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	current int := (ff._current_phase(x)).number;
BEGIN
	RETURN QUERY SELECT u.unit, u.variation, u.level, u.exposed_at, u.at, coalesce(u.cut, 'infinity')
	FROM ff._experiment_units(x, clock_timestamp(), dimension) u WHERE u.status = 'counted' AND u.phase = current;
END;
$$;

-- The same events, users in place of anonymous units where an experiment links them.
CREATE FUNCTION ff._counted_events_of(x ff.experiments, home text, names text[], since timestamptz, until timestamptz, property text DEFAULT NULL)
RETURNS TABLE (unit text, event text, at timestamptz, level text)
LANGUAGE plpgsql STABLE ROWS 1000000
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF x.identity_source_id IS NULL THEN
		RETURN QUERY SELECT * FROM ff._counted_events(home, names, since, until, property);
		RETURN;
	END IF;
	RETURN QUERY SELECT coalesce(l.person, e.unit), e.event, e.at, e.level FROM ff._counted_events(home, names, since, until, property) e
	LEFT JOIN ff._experiment_links(x) l ON l.anonymous = e.unit;
END;
$$;

-- When the first event of some names before a time happened.
CREATE FUNCTION ff._first_event(home text, names text[], until timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min((SELECT min(e.at) FROM ff.events e WHERE e.project = home AND e.event = n.name AND e.at < until)) FROM unnest(names) n(name);
$$;

-- The experiment that an analysis goes by; NULL: none.
CREATE FUNCTION ff._begun_experiment(project_id uuid, experiment text) RETURNS ff.experiments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments;
BEGIN
	IF experiment IS NOT NULL THEN
		x := ff._experiment(project_id, experiment);
		PERFORM ff._refuse_draft(x);
	END IF;
	RETURN x;
END;
$$;
