-- How many users met which variation of a flag, over time.

CREATE FUNCTION @extschema@.ff_flag_users(flag text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, step interval DEFAULT '1 day',
	zone text DEFAULT 'UTC', environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, variation text, users bigint, share float8, exposures bigint)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	home_id uuid := ff._project($7);
	f ff.flags := ff._flag(home_id, $1);
	place_id uuid := ff._environment(home_id, $6);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	place text := (SELECT e.key FROM ff.environments e WHERE e.id = place_id);
	tests text[] := ARRAY(SELECT x.key FROM ff.experiments x WHERE x.flag_id = f.id AND x.environment_id = place_id);
	upper timestamptz := ff._range_end($2, $3);
	lower timestamptz := coalesce(nullif($2, '-infinity'), (SELECT min(o.at) FROM ff.exposures o
		WHERE o.project = home AND o.experiment = ANY (tests) AND o.environment = place AND o.at < upper));
	steps timestamptz[] := ff._steps(lower, upper, $4, $5);
BEGIN
	RETURN QUERY
	WITH seen AS MATERIALIZED (
		SELECT o.unit, o.variation, width_bucket(o.at, steps) AS place, count(*) AS n FROM ff.exposures o
		WHERE o.project = home AND o.experiment = ANY (tests) AND o.environment = place AND o.at >= lower AND o.at < upper
		GROUP BY o.unit, o.variation, 3
	), whole AS (
		SELECT s.place, s.variation, s.unit, s.n FROM seen s WHERE s.place > 0
		UNION ALL SELECT 0, s.variation, s.unit, sum(s.n) FROM seen s GROUP BY s.variation, s.unit
	), counted AS (
		SELECT w.place, w.variation, count(*) AS users, sum(w.n)::bigint AS n FROM whole w GROUP BY w.place, w.variation
		UNION ALL SELECT u.place, '', count(*), sum(u.n)::bigint FROM (SELECT w.place, w.unit, sum(w.n) AS n FROM whole w GROUP BY w.place, w.unit) u GROUP BY u.place
	), places AS (SELECT s.i::int AS place, s.start FROM unnest(steps) WITH ORDINALITY s(start, i) UNION ALL SELECT 0, NULL
	), arms AS (SELECT DISTINCT s.variation FROM seen s UNION ALL SELECT NULL)
	SELECT p.start, a.variation, coalesce(c.users, 0), c.users / nullif(w.users, 0)::float8, coalesce(c.n, 0)
	FROM places p CROSS JOIN arms a
	LEFT JOIN counted c ON c.place = p.place AND c.variation = coalesce(a.variation, '')
	LEFT JOIN counted w ON w.place = p.place AND w.variation = ''
	ORDER BY p.start, a.variation;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_users IS
'How many users met which variation of a flag, from ff.exposures of its experiments in an environment: a row a step of the range and variation, in order, those without exposures included. users: distinct units; share: of the distinct units of all variations there, NULL where there are none; exposures: rows of ff.exposures, repeated ones included. variation NULL: all variations, where a unit that met two counts once. bucket: when the step begins; NULL: the whole range, where a unit counts once.
since is by default the first exposure, until (not included) is now, nor is anything counted that is dated later. step: months, or days and smaller parts; NULL: the whole range alone. Days, weeks (from Monday) and months begin when the clocks of the zone first say so, steps shorter than a day by UTC. Errors: 42704 an unknown flag, environment or project, 22004 no flag or zone, 22023 an unknown zone, since or until before the year 1 or after 9999 (but for -infinity and infinity, the defaults), a range that ends before it begins, a step that is not above 0, has months and days or is longer than 1000 years, more than 10000 steps.';
