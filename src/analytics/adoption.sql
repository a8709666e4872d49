-- How many of the active users use a feature.

-- What units did in each step of a range, and how often of it the event; of an
-- experiment its units alone, by variation, from their exposure on.  first_at: the
-- first of these events, by which a new user is known.
CREATE FUNCTION ff._activity(x ff.experiments, home text, event text, since timestamptz, until timestamptz, steps timestamptz[])
RETURNS TABLE (unit text, variation text, place int, n bigint, first_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 1000000
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	names text[] := ff._event_names(home);
BEGIN
	IF x.id IS NULL THEN
		RETURN QUERY SELECT e.unit, '', width_bucket(e.at, steps), count(*) FILTER (WHERE e.event = $3), min(e.at) FILTER (WHERE e.event = $3)
		FROM ff._counted_events(home, names, since, until) e GROUP BY 1, 3;
		RETURN;
	END IF;
	RETURN QUERY SELECT e.unit, u.variation, width_bucket(e.at, steps), count(*) FILTER (WHERE e.event = $3), min(e.at) FILTER (WHERE e.event = $3)
	FROM ff._counted_units(x) u JOIN ff._counted_events_of(x, home, names, since, until) e ON e.unit = u.unit AND e.at >= u.lower AND e.at < u.cut
	GROUP BY 1, 2, 3;
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
	WITH ever AS (
		SELECT e.unit, min(e.at) AS at FROM ff._counted_events_of(x, home, ARRAY[wanted], NULL, beyond) e GROUP BY e.unit
	), acts AS MATERIALIZED (
		SELECT a.*, coalesce(a.first_at = v.at, false) AS is_new FROM ff._activity(x, home, wanted, start, beyond, steps) a LEFT JOIN ever v ON v.unit = a.unit
	), rows AS (
		-- a unit has one row in a step, and one for the range, in its one variation
		SELECT a.place, a.variation, a.n, a.is_new FROM acts a WHERE a.place > 0
		UNION ALL SELECT 0, a.variation, sum(a.n)::bigint, bool_or(a.is_new) FROM acts a GROUP BY a.unit, a.variation
	), counted AS (
		SELECT r.place, coalesce(r.variation, '') AS variation, count(*) AS active, count(*) FILTER (WHERE r.n > 0) AS users,
			count(*) FILTER (WHERE r.is_new) AS fresh, sum(r.n)::bigint AS n
		FROM rows r GROUP BY GROUPING SETS ((r.place, r.variation), (r.place)) HAVING grouping(r.variation) = 1 OR r.variation <> ''
	), places AS (SELECT s.i::int AS place, s.start FROM unnest(steps) WITH ORDINALITY s(start, i) UNION ALL SELECT 0, NULL
	), arms AS (SELECT DISTINCT a.variation FROM acts a WHERE a.variation <> '' UNION ALL SELECT NULL)
	SELECT p.start, r.variation, coalesce(c.active, 0), coalesce(c.users, 0), w.proportion, w.lower, w.upper,
		coalesce(c.fresh, 0), coalesce(c.users - c.fresh, 0), coalesce(c.n, 0)
	FROM places p CROSS JOIN arms r
	LEFT JOIN counted c ON c.place = p.place AND c.variation = coalesce(r.variation, '')
	CROSS JOIN LATERAL @extschema@.ff_wilson(coalesce(c.active, 0), coalesce(c.users, 0)) w
	ORDER BY p.start, r.variation;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_adoption IS
'How many of the active users use a feature, an event of ff.events: a row a step of the range, those without events included. active: distinct units with any event of the project; users: those of them with this one; share: users of active, with Wilson''s 95 % interval lower to upper (ff_wilson), NULL where nobody is active; new_users: those whose first such event ever it is; returning_users: the others; events: how many such events. bucket: when the step begins; NULL: the whole range, where a unit counts once. An event that nobody has sent is not an error: nobody uses it.
experiment: by variation, of the units that ff_experiment_stats counts in the last phase and what they did from their first exposure on, before its stop; variation NULL: all of them. since is by default the first event, or the start of the experiment. Of events with one name and id the one received first counts. since, until, step and zone as in ff_flag_users. Errors: 42704 an unknown experiment or project, 55000 a draft, 22004 no event or zone, 22023 as ff_flag_users.';
