-- How many of the active users use a feature.

-- The steps in which a unit was active, in order, each followed by the number of
-- uses in it; and of units, for each step from 0, the whole range, on: how many were
-- active, used it, used it for the first time, and how often it was used.
CREATE FUNCTION ff._unit_uses_add(state internal, place int, is_use boolean) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_unit_uses_add';
CREATE FUNCTION ff._unit_uses_final(state internal) RETURNS bigint[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_unit_uses_final';
CREATE AGGREGATE ff._unit_uses(place int, is_use boolean) (
	SFUNC = ff._unit_uses_add, STYPE = internal, SSPACE = 128, FINALFUNC = ff._unit_uses_final, FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE);

CREATE FUNCTION ff._uses_by_step_add(state internal, uses bigint[], new_in int, places int) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_uses_by_step_add';
CREATE FUNCTION ff._uses_by_step_final(state internal) RETURNS bigint[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_uses_by_step_final';
CREATE AGGREGATE ff._uses_by_step(uses bigint[], new_in int, places int) (
	SFUNC = ff._uses_by_step_add, STYPE = internal, FINALFUNC = ff._uses_by_step_final, PARALLEL = SAFE);

-- What units did in each step of a range, by ff._unit_uses; of an experiment its
-- units alone, by variation, from their exposure on.  first_at: the first use, by
-- which a new user is known.  Events without ids, of which there may be most, are
-- read where they lie.
CREATE FUNCTION ff._activity(x ff.experiments, home text, event text, since timestamptz, until timestamptz, steps timestamptz[])
RETURNS TABLE (unit text, variation text, uses bigint[], first_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	names text[] := ff._event_names(home);
BEGIN
	IF x.id IS NULL THEN
		RETURN QUERY SELECT e.unit, '', ff._unit_uses(width_bucket(e.at, steps), e.event = $3), min(e.at) FILTER (WHERE e.event = $3)
		FROM (SELECT o.unit, o.event, o.at FROM ff.events o WHERE o.project = home AND o.event = ANY (names) AND o.at >= since AND o.at < until AND o.event_id IS NULL
			UNION ALL SELECT i.unit, i.event, i.at FROM ff._identified_events(home, names, since, until) i) e
		GROUP BY 1;
		RETURN;
	END IF;
	RETURN QUERY SELECT e.unit, u.variation, ff._unit_uses(width_bucket(e.at, steps), e.event = $3), min(e.at) FILTER (WHERE e.event = $3)
	FROM ff._counted_units(x) u JOIN ff._counted_events_of(x, home, names, since, until) e ON e.unit = u.unit AND e.at >= u.lower AND e.at < u.cut
	GROUP BY 1, 2;
END;
$$;

CREATE FUNCTION @extschema@.ff_adoption(event text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, step interval DEFAULT '1 day',
	zone text DEFAULT 'UTC', experiment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, variation text, active bigint, users bigint, share float8, lower float8, upper float8,
	new_users bigint, returning_users bigint, events bigint)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	wanted text := ff._required('event', $1);
	home_id uuid := ff._project($7);
	x ff.experiments := ff._begun_experiment(home_id, $6);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	beyond timestamptz := least(ff._range_end($2, $3), x.stopped_at);
	start timestamptz := coalesce(nullif($2, '-infinity'), x.started_at, ff._first_event(home, ff._event_names(home), beyond));
	steps timestamptz[] := ff._steps(start, beyond, $4, $5);
BEGIN
	RETURN QUERY
	WITH before AS (
		-- what came before the range, or before the exposure, tells who is not new
		SELECT e.unit, min(e.at) AS at FROM ff._counted_events_of(x, home, ARRAY[wanted], NULL, CASE WHEN x.id IS NULL THEN start ELSE beyond END) e GROUP BY e.unit
	), counted AS (
		SELECT CASE WHEN grouping(a.variation) = 0 THEN a.variation END AS variation, ff._uses_by_step(a.uses,
			CASE WHEN a.first_at <= coalesce(b.at, 'infinity') THEN width_bucket(a.first_at, steps) END, cardinality(steps)) AS n
		FROM ff._activity(x, home, wanted, start, beyond, steps) a LEFT JOIN before b ON b.unit = a.unit
		GROUP BY GROUPING SETS ((a.variation), ()) HAVING grouping(a.variation) = 1 OR a.variation <> ''
	), places AS (SELECT s.i::int AS place, s.start FROM unnest(steps) WITH ORDINALITY s(start, i) UNION ALL SELECT 0, NULL
	), cells AS (
		SELECT p.start, c.variation, coalesce(c.n[p.place][1], 0) AS active, coalesce(c.n[p.place][2], 0) AS users, coalesce(c.n[p.place][3], 0) AS fresh, coalesce(c.n[p.place][4], 0) AS n
		FROM places p CROSS JOIN counted c
	)
	SELECT c.start, c.variation, c.active, c.users, w.proportion, w.lower, w.upper, c.fresh, c.users - c.fresh, c.n
	FROM cells c CROSS JOIN LATERAL @extschema@.ff_wilson(c.active, c.users) w ORDER BY c.start, c.variation;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_adoption IS
'How many of the active users use a feature, an event of ff.events: a row a step of the range, those without events included. active: distinct units with any event of the project; users: those of them with this one; share: users of active, with Wilson''s 95 % interval lower to upper (ff_wilson), NULL where nobody is active; new_users: those whose first such event ever it is; returning_users: the others; events: how many such events. bucket: when the step begins; NULL: the whole range, where a unit counts once. An event that nobody has sent is not an error: nobody uses it.
experiment: by variation, of the units that ff_experiment_stats counts in the last phase and what they did from their first exposure on, before its stop; variation NULL: all of them. since is by default the first event, or the start of the experiment. Of events with one name and id the one received first counts. since, until, step and zone as in ff_flag_users. Errors: 42704 an unknown experiment or project, 55000 a draft, 22004 no event or zone, 22023 as ff_flag_users.';
