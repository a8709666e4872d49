-- How many of those who met a variation went on to use the feature, and how soon.

-- The units of an experiment that count, each with when it first did the event
-- within the span after what it counts from, and whether it may still do so.
CREATE FUNCTION ff._activations(x ff.experiments, home text, event text, within interval)
RETURNS TABLE (unit text, variation text, exposed_at timestamptz, first_at timestamptz, is_waiting boolean)
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	moment timestamptz := clock_timestamp();
	stop timestamptz := CASE WHEN within IS NULL THEN coalesce(x.stopped_at, 'infinity') ELSE 'infinity' END;
BEGIN
	RETURN QUERY
	WITH units AS MATERIALIZED (
		SELECT u.*, least(u.cut, stop, u.lower + within) AS upper FROM ff._counted_units(x) u
	), done AS (
		SELECT u.unit, min(e.at) AS at FROM units u
		JOIN ff._counted_events_of(x, home, ARRAY[event], x.started_at, moment) e ON e.unit = u.unit AND e.at >= u.lower AND e.at < u.upper
		GROUP BY u.unit
	)
	SELECT u.unit, u.variation, u.exposed_at, d.at, d.at IS NULL AND u.upper > moment FROM units u LEFT JOIN done d ON d.unit = u.unit;
END;
$$;

CREATE FUNCTION @extschema@.ff_activation(experiment text, event text, within interval DEFAULT '7 days', since timestamptz DEFAULT NULL,
	until timestamptz DEFAULT NULL, step interval DEFAULT '1 day', zone text DEFAULT 'UTC', project text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, variation text, exposed bigint, activated bigint, share float8, lower float8, upper float8, waiting bigint, median interval)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	home_id uuid := ff._project($8);
	x ff.experiments := ff._begun_experiment(home_id, ff._required('experiment', $1));
	wanted text := ff._required('event', $2);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	beyond timestamptz := ff._range_end($4, $5);
	start timestamptz := coalesce(nullif($4, '-infinity'), x.started_at);
	steps timestamptz[] := ff._steps(start, least(beyond, CASE WHEN $5 IS NULL THEN x.stopped_at END), $6, $7);
BEGIN
	PERFORM ff._check_span('the time within which it is done', $3);
	RETURN QUERY
	WITH units AS MATERIALIZED (
		SELECT a.*, width_bucket(a.exposed_at, steps) AS place FROM ff._activations(x, home, wanted, $3) a WHERE a.exposed_at >= start AND a.exposed_at < beyond
	), counted AS (
		SELECT CASE WHEN grouping(u.place) = 0 THEN u.place ELSE 0 END AS place, coalesce(u.variation, '') AS variation, count(*) AS exposed, count(u.first_at) AS activated,
			count(*) FILTER (WHERE u.is_waiting) AS waiting, percentile_cont(0.5) WITHIN GROUP (ORDER BY u.first_at - u.exposed_at) AS median
		FROM units u GROUP BY GROUPING SETS ((u.place, u.variation), (u.place), (u.variation), ()) HAVING grouping(u.place) = 1 OR u.place > 0
	), places AS (SELECT s.i::int AS place, s.start FROM unnest(steps) WITH ORDINALITY s(start, i) UNION ALL SELECT 0, NULL
	), arms AS (SELECT DISTINCT u.variation FROM units u UNION ALL SELECT NULL)
	SELECT p.start, r.variation, coalesce(c.exposed, 0), coalesce(c.activated, 0), w.proportion, w.lower, w.upper, coalesce(c.waiting, 0), c.median
	FROM places p CROSS JOIN arms r
	LEFT JOIN counted c ON c.place = p.place AND c.variation = coalesce(r.variation, '')
	CROSS JOIN LATERAL @extschema@.ff_wilson(coalesce(c.exposed, 0), coalesce(c.activated, 0)) w
	ORDER BY p.start, r.variation;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_activation IS
'How many of those who met a variation of an experiment did an event within a span after it: a row a step in which units were exposed first and variation, those without units included; variation NULL: all variations, bucket NULL: the whole range. exposed: the units that ff_experiment_stats counts in the last phase; activated: those of them with the event, with their share and Wilson''s 95 % interval lower to upper (ff_wilson); waiting: those who have not, and whose time is not over; median: of the time from the first exposure to the first event, of the activated. Over the whole range it is the mean of a metric of kind proportion with that conversion_window, once nobody is waiting. within NULL: until the stop of the experiment, or now.
since and until are of the exposure, by default the start and the stop of the experiment; step and zone as in ff_flag_users. Errors: 42704 an unknown experiment or project, 55000 a draft, 22004 no experiment, event or zone, 22023 as ff_flag_users, and a span that is not above 0, has months or is longer than 365250 days.';
