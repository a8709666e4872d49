-- What happened to one user, in order of time.  Only the unit is to be looked up by
-- an index, which the planner does not know to be the best one before a table is
-- analyzed.

-- Events of a unit, each once: none that was received before under the same name
-- and id, whosever it was.
CREATE FUNCTION ff._unit_events(home text, subject text, since timestamptz, until timestamptz)
RETURNS TABLE (at timestamptz, event text, value numeric, properties jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
	WITH own AS MATERIALIZED (
		SELECT e.* FROM ff.events e WHERE e.unit = subject AND e.project IS NOT DISTINCT FROM home AND e.at >= since AND e.at < until
	), first AS (
		SELECT DISTINCT ON (o.event, o.event_id) o.* FROM own o WHERE o.event_id IS NOT NULL
		ORDER BY o.event, o.event_id, o.received_at, o.at, o.value, o.properties
	)
	SELECT o.at, o.event, o.value, o.properties FROM own o WHERE o.event_id IS NULL
	UNION ALL
	SELECT f.at, f.event, f.value, f.properties FROM first f
	WHERE NOT EXISTS (SELECT FROM ff.events e WHERE e.event_id = f.event_id AND (e.project, e.event) IS NOT DISTINCT FROM (home, f.event)
		AND (e.received_at, e.at, e.unit) < (f.received_at, f.at, f.unit));
$$;

CREATE FUNCTION @extschema@.ff_user_journey(user_key text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, most int DEFAULT 1000,
	environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (at timestamptz, kind text, name text, variation text, value numeric, properties jsonb, since_previous interval)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
	subject text := ff._required('user key', $1);
	home_id uuid := ff._project($6);
	place_id uuid := ff._environment(home_id, $5);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	place text := (SELECT e.key FROM ff.environments e WHERE e.id = place_id);
	start timestamptz := coalesce($2, '-infinity');
	beyond timestamptz := ff._range_end($2, $3);
BEGIN
	IF $4 IS NULL OR $4 < 1 THEN
		RAISE EXCEPTION 'the number of rows is 1 or more' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	WITH met AS (
		SELECT o.at, 'exposure' AS kind, o.experiment AS name, o.variation, NULL::numeric AS value, o.dimensions AS properties
		FROM ff.exposures o WHERE o.unit = subject AND (o.project, o.environment) IS NOT DISTINCT FROM (home, place) AND o.at >= start AND o.at < beyond
		UNION ALL SELECT e.at, 'event', e.event, NULL, e.value, e.properties FROM ff._unit_events(home, subject, start, beyond) e
	), timed AS (
		SELECT m.*, m.at - lag(m.at) OVER w AS since_previous, row_number() OVER w AS i
		FROM met m WINDOW w AS (ORDER BY m.at, m.kind DESC, m.name, m.variation, m.value, m.properties)
	), last AS (SELECT * FROM timed t ORDER BY t.i DESC LIMIT $4)
	SELECT l.at, l.kind, l.name, l.variation, l.value, l.properties, l.since_previous FROM last l ORDER BY l.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_user_journey IS
'What happened to a unit, in order of time: its exposures in an environment (name: the experiment, with the variation; properties: the dimensions) and its events in the project (name, value, properties), from since to before until, or now. since_previous: the time since the row before, in this range. Where there are more than most rows, the last ones. At one time exposures come before events. Repeated exposures are shown as they are; of events with one name and id the one received first, if it is the unit''s. A unit of which nothing is known has no rows. Errors: 42704 an unknown project or environment, 22004 no user key, 22023 most below 1, since or until as in ff_flag_users.';
