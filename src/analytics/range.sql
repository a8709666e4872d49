-- The time that an analysis is about, cut into steps.

-- Where a range ends: what is dated in the future counts when its time has come,
-- as in the analysis of experiments.  It may begin at -infinity and end at infinity.
CREATE FUNCTION ff._range_end(since timestamptz, until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._check_time('since', nullif(since, '-infinity')), ff._check_time('until', nullif(until, 'infinity'));
	IF since > until THEN
		RAISE EXCEPTION 'the range ends before it begins' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN least(until, clock_timestamp());
END;
$$;

-- Refuses a span that is not above 0, has no fixed length or leads out of the calendar.
CREATE FUNCTION ff._check_span(what text, span interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF span <= '0' OR span > '365250 days' OR extract(month FROM span) <> 0 OR extract(year FROM span) <> 0 THEN
		RAISE EXCEPTION '% is above 0 and up to 365250 days, in days and smaller parts: months have no fixed length', what
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- The beginning of the step that a time of a zone is in: steps of months begin in
-- January 2000, others on Monday 1 January 2001.
CREATE FUNCTION ff._step_start(at timestamp, step interval) RETURNS timestamp
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN s.months = 0 THEN date_bin(step, at, '2001-01-01')
		ELSE timestamp '2000-01-01' + make_interval(months => (floor(((extract(year FROM at) - 2000) * 12 + extract(month FROM at) - 1) / s.months) * s.months)::int) END
	FROM (SELECT (extract(year FROM step) * 12 + extract(month FROM step))::int AS months) s;
$$;

-- Refuses a step that the calendar cannot be cut by.
CREATE FUNCTION ff._check_step(step interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	months interval := date_trunc('month', step);
BEGIN
	IF step <= '0' OR (months <> '0' AND months <> step) OR step > '1000 years' THEN
		RAISE EXCEPTION 'the step is above 0 and up to 1000 years, and of months or of days and smaller parts' USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- When the clocks of a zone first say a time: where they are set back and say it
-- twice, the first of both; where it is left out, when they went on.
CREATE FUNCTION ff._first_time(local timestamp, zone text) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- AT TIME ZONE takes the last; clocks were set back by what they are behind since a day before
	SELECT CASE WHEN e.earlier AT TIME ZONE zone = local THEN least(e.earlier, l.last) ELSE l.last END
	FROM (SELECT local AT TIME ZONE zone AS last) l,
		LATERAL (SELECT l.last - ((l.last - interval '24 hours') AT TIME ZONE zone - (local - interval '24 hours')) AS earlier) e;
$$;

-- The times at which the steps of a range begin, in order, the first one at its
-- beginning or before; none for an empty range or without a step.  A step begins
-- when the clocks of the zone first say so, and one that they left out is none; one
-- shorter than a day is of UTC, since hours repeat where clocks are set back.
CREATE FUNCTION ff._steps(since timestamptz, until timestamptz, step interval, zone text) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most constant int := 10000;
	place text := CASE WHEN step < '1 day' THEN 'UTC' ELSE ff._required('zone', zone) END;
	first timestamp;
	starts timestamptz[];
BEGIN
	PERFORM ff._check_step(step), now() AT TIME ZONE zone;
	IF step IS NULL OR since IS NULL OR since >= until THEN
		RETURN '{}';
	END IF;
	PERFORM ff._check_time('the beginning of a range that is cut into steps', since);
	first := ff._step_start(since AT TIME ZONE place, step);
	-- no more than may be, nor many beyond the range, where the calendar may end
	starts := ARRAY(SELECT b.start FROM generate_series(0, least(most, extract(epoch FROM until - since) / extract(epoch FROM step) + 2)::int) s(i),
		LATERAL ff._first_time(first + s.i * step, place) b(start) WHERE b.start < until);
	IF cardinality(starts) > most THEN
		RAISE EXCEPTION 'the range has more than % steps', most USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Name a longer step or a shorter range.';
	END IF;
	RETURN ARRAY(SELECT DISTINCT b.start FROM unnest(starts) b(start)
		WHERE b.start >= (SELECT max(c.start) FROM unnest(starts) c(start) WHERE c.start <= since) ORDER BY b.start);
END;
$$;
