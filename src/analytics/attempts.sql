-- Which events of a unit are the steps of a funnel.  An attempt begins with one of the
-- first step before until, and has what happens less than within after it; of all
-- attempts the one that goes furthest is the unit's, of several the first, and of
-- those that begin at one time the one whose steps are the earliest.  names and times
-- are of the unit's events in order of time; the answer has their places.

-- Steps in order: each is the next event of its name, at the same time or later,
-- which is none of the steps before.  A later attempt finds no step earlier than one
-- before it, so events are gone through once for each step, and attempts that begin
-- at one time go equally far.
CREATE FUNCTION ff._attempt_ordered(steps text[], names text[], times timestamptz[], until timestamptz, within interval) RETURNS int[]
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
		CONTINUE WHEN names[i] <> steps[1] OR times[i] = began;
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

-- The events of one time, from a place to before another, that are the next steps,
-- as many as there are.
CREATE FUNCTION ff._tied_steps(steps text[], names text[], lower int, upper int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	hits int[] := '{}';
	step text;
	j int;
BEGIN
	FOREACH step IN ARRAY steps LOOP
		j := lower;
		WHILE j < upper AND (names[j] <> step OR j = ANY (hits)) LOOP
			j := j + 1;
		END LOOP;
		EXIT WHEN j = upper;
		hits := hits || j;
	END LOOP;
	RETURN hits;
END;
$$;

-- How an attempt goes on from a place where nothing may lie between steps: past a
-- time only if all that happened then were steps.
CREATE FUNCTION ff._strictly_onward(hits int[], steps text[], names text[], times timestamptz[], place int, within interval) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	over timestamptz := coalesce(times[hits[1]] + within, 'infinity');
	more int[];
	i int := place;
	j int;
BEGIN
	WHILE cardinality(hits) < cardinality(steps) AND times[i] < over LOOP
		j := i + 1;
		WHILE times[j] = times[i] LOOP
			j := j + 1;
		END LOOP;
		more := ff._tied_steps(steps[cardinality(hits) + 1:], names, i, j);
		hits := hits || more;
		EXIT WHEN cardinality(more) < j - i;
		i := j;
	END LOOP;
	RETURN hits;
END;
$$;

-- Steps in order with nothing between: what lies in time between the first and the
-- last of them is a step.  Of the events at the time of the first, those that are
-- no steps may have come before it: with how many of them an attempt begins is tried.
-- The events of one time are gone through for at most as many attempts as the square
-- of the number of steps.
CREATE FUNCTION ff._attempt_strict(steps text[], names text[], times timestamptz[], until timestamptz, within interval) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	best int[] := '{}';
	hits int[];
	tried int[];
	i int := 1;
	j int;
BEGIN
	WHILE times[i] < until AND cardinality(best) < cardinality(steps) LOOP
		j := i + 1;
		WHILE times[j] = times[i] LOOP
			j := j + 1;
		END LOOP;
		hits := ff._tied_steps(steps, names, i, j);
		FOR m IN REVERSE cardinality(hits) .. 1 LOOP
			tried := ff._strictly_onward(hits[:m], steps, names, times, j, within);
			IF cardinality(tried) > cardinality(best) THEN
				best := tried;
			END IF;
		END LOOP;
		i := j;
	END LOOP;
	RETURN best;
END;
$$;

-- Where the window of a span begins that has most of the steps, in whatever order,
-- and how many: an event comes in on one side and goes out on the other once.
CREATE FUNCTION ff._fullest_window(steps text[], names text[], times timestamptz[], until timestamptz, within interval, OUT place int, OUT most int)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
	kinds text[] := ARRAY(SELECT DISTINCT t.step FROM unnest(steps) t(step));
	wanted int[] := ARRAY(SELECT cardinality(array_positions(steps, k.kind)) FROM unnest(kinds) WITH ORDINALITY k(kind, i) ORDER BY k.i);
	had int[] := array_fill(0, ARRAY[cardinality(kinds)]);
	reached int := 0;
	i int := 1;
	j int := 1;
	k int;
BEGIN
	most := 0;
	WHILE times[i] < until AND most < cardinality(steps) LOOP
		WHILE times[j] < coalesce(times[i] + within, 'infinity') LOOP
			k := array_position(kinds, names[j]);
			had[k] := had[k] + 1;
			reached := reached + (had[k] <= wanted[k])::int;
			j := j + 1;
		END LOOP;
		IF reached > most THEN
			place := i;
			most := reached;
		END IF;
		k := array_position(kinds, names[i]);
		reached := reached - (had[k] <= wanted[k])::int;
		had[k] := had[k] - 1;
		i := i + 1;
	END LOOP;
END;
$$;

-- Steps in whatever order: an attempt begins with any of them, and each further one
-- is the first event of a step that is missing.
CREATE FUNCTION ff._attempt_any(steps text[], names text[], times timestamptz[], until timestamptz, within interval) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	hits int[] := '{}';
	missing text[] := steps;
	i int;
	most int;
	k int;
BEGIN
	SELECT w.place, w.most INTO i, most FROM ff._fullest_window(steps, names, times, until, within) w;
	WHILE cardinality(hits) < most LOOP
		k := array_position(missing, names[i]);
		IF k IS NOT NULL THEN
			hits := hits || i;
			missing := missing[:k - 1] || missing[k + 1:];
		END IF;
		i := i + 1;
	END LOOP;
	RETURN hits;
END;
$$;
