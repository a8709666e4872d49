-- How far users go through steps.

-- The units that began, each with its furthest attempt: the times of its steps,
-- before them that of the exposure where it goes by an experiment.
CREATE FUNCTION ff._funnel_units(x ff.experiments, home text, steps text[], ordering text, within interval, since timestamptz, until timestamptz, property text, dimension text)
RETURNS TABLE (unit text, level text, exposed_at timestamptz, times timestamptz[])
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	beyond timestamptz := CASE WHEN within IS NULL THEN until ELSE least(until + within, clock_timestamp()) END;
	names text[] := CASE WHEN ordering = 'strict' THEN ff._event_names(home) ELSE steps END;
	firsts text[] := CASE WHEN ordering = 'any' THEN steps ELSE steps[:1] END;
BEGIN
	RETURN QUERY
	WITH units AS MATERIALIZED (SELECT * FROM ff._counted_units(x, dimension) WHERE x.id IS NOT NULL
	), done AS (
		SELECT e.unit, e.event, e.at, coalesce(u.level, u.variation, CASE WHEN property IS NOT NULL THEN coalesce(e.level, '') END) AS level, u.exposed_at
		FROM ff._counted_events_of(x, home, names, since, beyond, property) e LEFT JOIN units u ON u.unit = e.unit
		WHERE x.id IS NULL OR e.at >= u.lower AND e.at < u.cut
	), gathered AS (
		SELECT d.unit, min(d.exposed_at) AS exposed_at, array_agg(d.event ORDER BY d.at, d.event, d.level) AS names,
			array_agg(d.at ORDER BY d.at, d.event, d.level) AS times, array_agg(d.level ORDER BY d.at, d.event, d.level) AS levels
		FROM done d GROUP BY d.unit HAVING bool_or(d.event = ANY (firsts) AND d.at < until)
	), tried AS MATERIALIZED (
		SELECT g.*, CASE ordering WHEN 'strict' THEN ff._attempt_strict(steps, g.names, g.times, until, within)
			WHEN 'any' THEN ff._attempt_any(steps, g.names, g.times, until, within)
			ELSE ff._attempt_ordered(steps, g.names, g.times, until, within) END AS hits FROM gathered g
	)
	SELECT t.unit, t.levels[t.hits[1]], t.exposed_at, ARRAY(SELECT t.times[h] FROM unnest(t.hits) h) FROM tried t;
END;
$$;

-- Refuses steps that no funnel can have, and more than one way to divide it.
CREATE FUNCTION ff._check_funnel(steps text[], ordering text, within interval, property text, x ff.experiments, dimension text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF steps IS NULL THEN
		RAISE EXCEPTION 'the steps are required' USING ERRCODE = 'null_value_not_allowed';
	ELSIF array_ndims(steps) <> 1 OR array_lower(steps, 1) <> 1 OR cardinality(steps) NOT BETWEEN 2 AND 20 OR (SELECT bool_or(s IS NULL) FROM unnest(steps) s) THEN
		RAISE EXCEPTION 'a funnel has 2 to 20 steps' USING ERRCODE = 'invalid_parameter_value';
	ELSIF ff._required('ordering', ordering) <> ALL ('{ordered,strict,any}') THEN
		RAISE EXCEPTION 'unknown ordering "%": it is ordered, strict or any', ordering USING ERRCODE = 'invalid_parameter_value';
	ELSIF property IS NOT NULL AND (x.id IS NOT NULL OR dimension IS NOT NULL) THEN
		RAISE EXCEPTION 'a funnel is by a property, by a dimension of an experiment or by its variations, not by two of them' USING ERRCODE = 'invalid_parameter_value';
	ELSIF dimension IS NOT NULL AND x.id IS NULL THEN
		RAISE EXCEPTION 'dimension "%" is of an experiment, which is not named', dimension
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the experiment, or a property of events with by_property.';
	ELSIF dimension IS NOT NULL THEN
		PERFORM ff._scan_dimensions(x, ARRAY[dimension]);
	END IF;
	PERFORM ff._check_span('the time within which steps happen', within);
END;
$$;

CREATE FUNCTION @extschema@.ff_funnel(steps text[], within interval DEFAULT '14 days', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
	by_property text DEFAULT NULL, experiment text DEFAULT NULL, by_dimension text DEFAULT NULL, ordering text DEFAULT 'ordered', project text DEFAULT NULL)
RETURNS TABLE (level text, step int, event text, users bigint, share float8, lower float8, upper float8, share_of_previous float8, median interval)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	home_id uuid := ff._project($9);
	x ff.experiments := ff._begun_experiment(home_id, $6);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	-- who is exposed is where an experiment's funnel begins
	start int := CASE WHEN x.id IS NULL THEN 1 ELSE 0 END;
	beyond timestamptz := least(ff._range_end($3, $4), x.stopped_at);
BEGIN
	PERFORM ff._check_funnel($1, $8, $2, $5, x, $7);
	RETURN QUERY
	WITH tried AS MATERIALIZED (SELECT * FROM ff._funnel_units(x, home, $1, $8, $2, $3, beyond, $5, $7) t WHERE cardinality(t.times) > 0
	), reached AS (
		SELECT t.level, h.step, count(*) AS users,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY t.times[h.step] - CASE WHEN h.step = 1 THEN t.exposed_at ELSE t.times[h.step - 1] END) AS median
		FROM tried t CROSS JOIN LATERAL generate_series(1, cardinality(t.times)) h(step) GROUP BY t.level, h.step
		UNION ALL SELECT coalesce(u.level, u.variation), 0, count(*), NULL FROM ff._counted_units(x, $7) u WHERE x.id IS NOT NULL GROUP BY 1
	), levels AS (
		SELECT DISTINCT r.level FROM reached r UNION SELECT NULL WHERE x.id IS NULL AND $5 IS NULL
	), rows AS (
		SELECT l.level, s.step, coalesce(r.users, 0) AS users, r.median
		FROM levels l CROSS JOIN generate_series(start, cardinality($1)) s(step)
		LEFT JOIN reached r ON r.step = s.step AND coalesce(r.level, '') = coalesce(l.level, '')
	), compared AS (
		SELECT r.*, first_value(r.users) OVER w AS began, lag(r.users) OVER w AS previous FROM rows r WINDOW w AS (PARTITION BY r.level ORDER BY r.step)
	)
	SELECT c.level, c.step, CASE WHEN $8 <> 'any' THEN ($1)[c.step] END, c.users, w.proportion, w.lower, w.upper, c.users / nullif(c.previous, 0)::float8, c.median
	FROM compared c CROSS JOIN LATERAL @extschema@.ff_wilson(c.began, c.users) w ORDER BY c.began DESC, c.level, c.step;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_funnel IS
'How far users go through steps, 2 to 20 names of events: a row a step. users: distinct units that came so far; share: of those of the first row, with Wilson''s 95 % interval lower to upper (ff_wilson); share_of_previous: of those of the row before; median: of the time from the step before. An attempt begins with each event of the first step from since to before until, and its other steps happen, each at the time of the one before or later and each another event, less than within after its first; until may be over by then. A unit counts once, by the attempt that goes furthest, of several the first. within NULL: until until.
ordering: ordered, where other events may lie between; strict, where none may: whatever event of the project the unit sent between the times of the first and the last step that it took is one of these steps (what it sent at these very times does not lie between); any: step n is that n different steps of the list happened in whatever order less than within after the first of them, with which the attempt begins, and event is NULL.
by_property: a funnel for each value of that property of the attempt''s first event, in level, the largest first; '''': events without it, or with null or nothing there. experiment: one for each variation, which begins with a row of step 0, the units that ff_experiment_stats counts in the last phase; their events count from the first exposure on, and until is at most its stop; with by_dimension one for each value of that dimension of the unit''s first exposure instead, of all variations together ('''': units without it; day: the day in UTC of that exposure). Without within, over the whole range, the share of its last step is the mean of a metric of kind funnel with the same steps. since is by default the first event, until is now; what is dated later is not counted. Of events with one name and id the one received first counts. An event that nobody has sent is a step that nobody reaches.
Errors: 42704 an unknown experiment or project, a dimension that no exposure has, 55000 a draft, 22004 no steps or no ordering, 22023 fewer than 2 or more than 20, or one that is NULL, a property and an experiment or dimension at once, a dimension without an experiment, an unknown ordering, a span that is not above 0, has months or is longer than 365250 days, since or until as in ff_flag_users.';
