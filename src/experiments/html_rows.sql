-- The rows of a report that its page is drawn from.

-- The variations in their order. Reports without a list of them have those that
-- their metrics compare. look: how it is drawn; 0 is the control's alone.
CREATE FUNCTION ff._page_arms(report jsonb)
RETURNS TABLE (arm int, variation text, title text, n float8, share float8, planned float8, is_control boolean, look int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH listed AS (
		SELECT a.value ->> 'key' AS key, a.value ->> 'name' AS name, ff._page_float(a.value -> 'n') AS n, ff._page_float(a.value -> 'share') AS share,
			ff._page_float(a.value -> 'planned') AS planned, a.ordinality AS i
		FROM jsonb_array_elements(ff._page_array(report -> 'arms')) WITH ORDINALITY a
	), compared AS (
		SELECT v.value ->> 'key' AS key, max(ff._page_float(v.value -> 'n')) AS n, min(v.ordinality) AS i
		FROM jsonb_array_elements(ff._page_array(report -> 'metrics')) m, jsonb_array_elements(ff._page_array(m.value -> 'variants')) WITH ORDINALITY v
		GROUP BY 1
	), arms AS (
		SELECT l.key, l.name, l.n, l.share, l.planned, l.i FROM listed l
		UNION ALL SELECT c.key, NULL, c.n, NULL, NULL, c.i FROM compared c WHERE NOT EXISTS (SELECT FROM listed)
	)
	SELECT (row_number() OVER (ORDER BY a.i, a.key) - 1)::int, coalesce(a.key, ''), coalesce(nullif(ff._one_line(a.name), ''), a.key, ''), a.n,
		coalesce(a.share, CASE WHEN sum(a.n) OVER () BETWEEN 1e-9 AND 1e300 THEN a.n / sum(a.n) OVER () END), a.planned,
		coalesce(a.is_control, false), CASE WHEN a.is_control THEN 0 ELSE (count(*) FILTER (WHERE a.is_control IS NOT true) OVER (ORDER BY a.i, a.key))::int END
	FROM (SELECT arms.*, arms.key = report #>> '{experiment,control}' AS is_control FROM arms) a;
$$;

-- Whether a row is for the better, for the worse, or neither shown.
CREATE FUNCTION ff._page_row_tone(status text, direction text, lower float8, upper float8) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN status IS NOT NULL THEN ff._page_tone(status)
		WHEN lower > 0 AND lower <= upper OR upper < 0 AND lower <= upper
			THEN CASE WHEN (lower > 0) = (direction = 'increase') THEN 'good' ELSE 'bad' END
		ELSE 'plain' END;
END;
$$;

-- Why nothing of a report may be called better or worse; NULL where it may.
CREATE FUNCTION ff._page_distrust(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'The data cannot be trusted' || coalesce(' (' || nullif(report #>> '{verdict,reasons,0}', '') || ')', '') || ': nothing is called better or worse. Numbers are as measured.'
	WHERE report #>> '{verdict,action}' = 'invalid';
$$;

-- A row a metric and variation, with numbers where there are any. Where the data
-- cannot be trusted it is judged by nobody.
CREATE FUNCTION ff._page_rows(report jsonb)
RETURNS TABLE (m int, v int, id text, metric text, role text, direction text, kind text, variation text, title text, is_control boolean, n float8,
	mean float8, difference float8, lower float8, upper float8, lift float8, lift_lower float8, lift_upper float8, unbounded boolean, p float8, p_adjusted float8,
	sequential_lower float8, sequential_upper float8, sequential_p float8, chance float8, loss float8, middle float8, deviation float8, status text, problem text, look int, tone text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.ordinality::int, coalesce(a.arm, v.ordinality::int - 1), coalesce(m.value ->> 'id', m.value ->> 'key', m.value ->> 'name', ''),
		coalesce(nullif(ff._one_line(m.value ->> 'name'), ''), m.value ->> 'key', m.value ->> 'id', ''), coalesce(m.value ->> 'role', ''),
		coalesce(m.value ->> 'direction', 'increase'), coalesce(m.value ->> 'type', m.value ->> 'kind', ''), coalesce(v.value ->> 'key', ''),
		coalesce(a.title, v.value ->> 'key', ''), coalesce(a.is_control, false), ff._page_float(v.value -> 'n'),
		ff._page_float(coalesce(nullif(v.value -> 'mean', 'null'), v.value -> 'value')), ff._page_float(v.value -> 'effect_abs'), absolute.ends[1], absolute.ends[2],
		ff._page_float(v.value -> 'effect_rel'), relative.ends[1], relative.ends[2],
		coalesce(v.value @> '{"bounded": false}' OR v.value @> '{"unbounded": true}' OR v.value #> '{ci_rel,bounded}' = 'false', false)
			OR relative.ends[1] = '-Infinity' OR relative.ends[2] = 'Infinity',
		ff._page_float(v.value -> 'p'), ff._page_float(v.value -> 'p_adj'), sequence.ends[1], sequence.ends[2], ff._page_float(coalesce(v.value #> '{seq,p_adj}', v.value #> '{seq,p}')),
		ff._page_float(v.value #> '{bayes,chance}'), ff._page_float(v.value #> '{bayes,loss}'), ff._page_float(v.value #> '{bayes,mean}'),
		ff._page_float(v.value #> '{bayes,sd}'), judged.status, nullif(v.value ->> 'error_code', ''), coalesce(a.look, v.ordinality::int),
		CASE WHEN distrust.why IS NULL THEN ff._page_row_tone(judged.status, coalesce(m.value ->> 'direction', 'increase'), relative.ends[1], relative.ends[2]) ELSE 'plain' END
	FROM jsonb_array_elements(ff._page_array(report -> 'metrics')) WITH ORDINALITY m
	CROSS JOIN jsonb_array_elements(ff._page_array(m.value -> 'variants')) WITH ORDINALITY v
	LEFT JOIN ff._page_arms(report) a ON a.variation = v.value ->> 'key'
	CROSS JOIN LATERAL (SELECT ff._page_ends(v.value -> 'ci_abs') AS ends) absolute
	CROSS JOIN LATERAL (SELECT ff._page_ends(v.value -> 'ci_rel') AS ends) relative
	CROSS JOIN LATERAL (SELECT ff._page_ends(v.value #> '{seq,ci_rel}') AS ends) sequence
	CROSS JOIN (SELECT ff._page_distrust(report) AS why) distrust
	CROSS JOIN LATERAL (SELECT CASE WHEN distrust.why IS NULL OR v.value ->> 'status' = 'no_data' THEN nullif(v.value ->> 'status', '') ELSE 'not_judged' END AS status) judged;
$$;

-- Days since 2000-01-01 of a date; no date is refused.
CREATE FUNCTION ff._page_day(day text) RETURNS int
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN day ~ '^[1-9]\d{3}-(0[1-9]|1[0-2])-\d\d'
		THEN make_date(left(day, 4)::int, substr(day, 6, 2)::int, 1) - '2000-01-01'::date + substr(day, 9, 2)::int - 1 END;
END;
$$;

-- The points of lift over time, by the metrics' and variations' numbers.
CREATE FUNCTION ff._page_points(report jsonb)
RETURNS TABLE (m int, v int, metric text, title text, direction text, day int, lift float8, lower float8, upper float8, look int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.m, r.v, r.metric, r.title, r.direction, d.day, n.lift, n.lower, n.upper, r.look
	FROM jsonb_array_elements(ff._page_array(report #> '{series,lift}')) s
	JOIN ff._page_rows(report) r ON s.value ->> 'metric' IN (r.id, r.metric) AND s.value ->> 'variation' = r.variation AND NOT r.is_control
	CROSS JOIN LATERAL (SELECT ff._page_day(s.value ->> 'day') AS day) d
	CROSS JOIN LATERAL (SELECT ff._page_float(s.value -> 'lift') AS lift, ff._page_float(s.value -> 'lower') AS lower, ff._page_float(s.value -> 'upper') AS upper) n
	WHERE d.day IS NOT NULL AND abs(n.lift) < 'Infinity';
$$;
