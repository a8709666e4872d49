-- How far users go through steps.

-- The attempt of a unit that goes furthest, of several the first: which of its
-- events, in order of time, were the steps.  An attempt begins with an event of
-- the first step from since to before until; each step is the next event of its
-- name, at the same time or later, which is none of the steps before, less than
-- within after the first.  A later attempt finds no step earlier than one before
-- it, so events are gone through once for each step, and attempts that begin at one
-- time go equally far.
CREATE FUNCTION ff._funnel_attempt(steps text[], names text[], times timestamptz[], since timestamptz, until timestamptz, within interval) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	best int[] := '{}';
	goal int := cardinality(steps);
	found int[] := array_fill(1, ARRAY[goal]);	-- where an attempt before found each step
	began timestamptz;
	hits int[];
	n int := cardinality(names);
	k int;
	j int;
BEGIN
	FOR i IN 1 .. n LOOP
		EXIT WHEN cardinality(best) >= goal OR times[i] >= until;
		CONTINUE WHEN names[i] <> steps[1] OR times[i] < since OR times[i] = began;
		began := times[i];
		hits := ARRAY[i];
		WHILE cardinality(hits) < goal LOOP
			k := cardinality(hits) + 1;
			j := hits[k - 1];
			WHILE j > 1 AND times[j - 1] = times[j] LOOP	-- what happened at the same time
				j := j - 1;
			END LOOP;
			WHILE j <= n AND (names[j] <> steps[k] OR j = ANY (hits)) LOOP
				j := j + 1;
				IF j < found[k] AND times[j] > times[hits[k - 1]] THEN
					j := found[k];
				END IF;
			END LOOP;
			IF j > n THEN
				goal := k - 1;	-- nor will a later attempt find it
			ELSE
				found[k] := j;
				EXIT WHEN times[j] >= began + within;
				hits := hits || j;
			END IF;
		END LOOP;
		IF cardinality(hits) > cardinality(best) THEN
			best := hits;
		END IF;
	END LOOP;
	RETURN best;
END;
$$;

-- The units that began, each with its furthest attempt: the times of its steps,
-- before them that of the exposure where it goes by an experiment.
CREATE FUNCTION ff._funnel_units(x ff.experiments, home text, steps text[], within interval, since timestamptz, until timestamptz, property text)
RETURNS TABLE (unit text, level text, exposed_at timestamptz, times timestamptz[])
LANGUAGE plpgsql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	beyond timestamptz := CASE WHEN within IS NULL THEN until ELSE least(until + within, clock_timestamp()) END;
BEGIN
	RETURN QUERY
	WITH units AS MATERIALIZED (SELECT * FROM ff._counted_units(x) WHERE x.id IS NOT NULL
	), done AS (
		SELECT e.unit, e.event, e.at, coalesce(u.variation, CASE WHEN property IS NOT NULL THEN coalesce(e.level, '') END) AS level, u.exposed_at
		FROM ff._counted_events_of(x, home, steps, since, beyond, property) e LEFT JOIN units u ON u.unit = e.unit
		WHERE x.id IS NULL OR e.at >= u.lower AND e.at < u.cut
	), gathered AS (
		SELECT d.unit, min(d.exposed_at) AS exposed_at, array_agg(d.event ORDER BY d.at, d.event, d.level) AS names,
			array_agg(d.at ORDER BY d.at, d.event, d.level) AS times, array_agg(d.level ORDER BY d.at, d.event, d.level) AS levels
		FROM done d GROUP BY d.unit HAVING bool_or(d.event = steps[1] AND d.at < until)
	), tried AS MATERIALIZED (
		SELECT g.*, ff._funnel_attempt(steps, g.names, g.times, coalesce(since, '-infinity'), until, within) AS hits FROM gathered g
	)
	SELECT t.unit, t.levels[t.hits[1]], t.exposed_at, ARRAY(SELECT t.times[h] FROM unnest(t.hits) h) FROM tried t;
END;
$$;

-- Refuses steps that no funnel can have.
CREATE FUNCTION ff._check_funnel(steps text[], within interval, property text, experiment text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF steps IS NULL THEN
		RAISE EXCEPTION 'the steps are required' USING ERRCODE = 'null_value_not_allowed';
	ELSIF array_ndims(steps) <> 1 OR array_lower(steps, 1) <> 1 OR cardinality(steps) NOT BETWEEN 2 AND 20 OR (SELECT bool_or(s IS NULL) FROM unnest(steps) s) THEN
		RAISE EXCEPTION 'a funnel has 2 to 20 steps' USING ERRCODE = 'invalid_parameter_value';
	ELSIF property IS NOT NULL AND experiment IS NOT NULL THEN
		RAISE EXCEPTION 'a funnel is by a property or by the variations of an experiment' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._check_span('the time within which steps happen', within);
END;
$$;

CREATE FUNCTION @extschema@.ff_funnel(steps text[], within interval DEFAULT '14 days', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
	by_property text DEFAULT NULL, experiment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (level text, step int, event text, users bigint, share float8, lower float8, upper float8, share_of_previous float8, median interval)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	home_id uuid := ff._project($7);
	x ff.experiments := ff._begun_experiment(home_id, $6);
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = home_id);
	-- who is exposed is where an experiment's funnel begins
	start int := CASE WHEN x.id IS NULL THEN 1 ELSE 0 END;
	beyond timestamptz := least(ff._range_end($3, $4), x.stopped_at);
BEGIN
	PERFORM ff._check_funnel($1, $2, $5, $6);
	RETURN QUERY
	WITH tried AS MATERIALIZED (SELECT * FROM ff._funnel_units(x, home, $1, $2, $3, beyond, $5) t WHERE cardinality(t.times) > 0
	), reached AS (
		SELECT t.level, h.step, count(*) AS users,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY t.times[h.step] - CASE WHEN h.step = 1 THEN t.exposed_at ELSE t.times[h.step - 1] END) AS median
		FROM tried t CROSS JOIN LATERAL generate_series(1, cardinality(t.times)) h(step) GROUP BY t.level, h.step
		UNION ALL SELECT u.variation, 0, count(*), NULL FROM ff._counted_units(x) u WHERE x.id IS NOT NULL GROUP BY u.variation
	), levels AS (
		SELECT DISTINCT r.level FROM reached r UNION SELECT NULL WHERE x.id IS NULL AND $5 IS NULL
	), rows AS (
		SELECT l.level, s.step, coalesce(r.users, 0) AS users, r.median
		FROM levels l CROSS JOIN generate_series(start, cardinality($1)) s(step)
		LEFT JOIN reached r ON r.step = s.step AND coalesce(r.level, '') = coalesce(l.level, '')
	), compared AS (
		SELECT r.*, first_value(r.users) OVER w AS began, lag(r.users) OVER w AS previous FROM rows r WINDOW w AS (PARTITION BY r.level ORDER BY r.step)
	)
	SELECT c.level, c.step, ($1)[c.step], c.users, w.proportion, w.lower, w.upper, c.users / nullif(c.previous, 0)::float8, c.median
	FROM compared c CROSS JOIN LATERAL @extschema@.ff_wilson(c.began, c.users) w ORDER BY c.began DESC, c.level, c.step;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_funnel IS
'How far users go through steps, 2 to 20 names of events in that order: a row a step. users: distinct units that came so far; share: of those of the first row, with Wilson''s 95 % interval lower to upper (ff_wilson); share_of_previous: of those of the row before; median: of the time from the step before. An attempt begins with each event of the first step from since to before until, and its other steps happen, each at the time of the one before or later and each another event, less than within after its first; until may be over by then. A unit counts once, by the attempt that goes furthest, of several the first. Other events may lie between. within NULL: until until.
by_property: a funnel for each value of that property of the attempt''s first event, in level, the largest first; '''': events without it, or with null or nothing there. experiment: one for each variation, which begins with a row of step 0, the units that ff_experiment_stats counts in the last phase; their events count from the first exposure on, and until is at most its stop. Without within, over the whole range, the share of its last step is the mean of a metric of kind funnel with the same steps. since is by default the first event, until is now; what is dated later is not counted. Of events with one name and id the one received first counts. An event that nobody has sent is a step that nobody reaches.
Errors: 42704 an unknown experiment or project, 55000 a draft, 22004 no steps, 22023 fewer than 2 or more than 20, or one that is NULL, a property and an experiment at once, a span that is not above 0 or has months, a range that ends before it begins.';
