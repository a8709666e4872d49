-- Plots of a report, as SVG without text that stretches: intervals stand in
-- table rows as wide as these are, other plots are small panels side by side.

-- What an axis spans: zero and most of the values, with a margin. A few that are
-- far out do not squeeze the others; they are cut, and drawn as arrows.
CREATE FUNCTION ff._page_domain(spread float8[], most float8 DEFAULT 0.9) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (WITH e AS (SELECT e.e FROM unnest(spread) e WHERE e BETWEEN -1e300 AND 1e300),
	q AS MATERIALIZED (SELECT percentile_cont(most) WITHIN GROUP (ORDER BY abs(e.e)) AS usual, max(abs(e.e)) AS far FROM e),
	d AS (
		SELECT least(0, min(greatest(e.e, -q.l))) AS low, greatest(0, max(least(e.e, q.l))) AS high
		FROM e, (SELECT CASE WHEN usual > 0 AND far / 2 > usual THEN usual * 1.25 ELSE far END AS l FROM q) q
	)
	SELECT CASE WHEN d.high > d.low THEN ARRAY[d.low - 0.06 * (d.high - d.low), d.high + 0.06 * (d.high - d.low)] ELSE '{-0.1,0.1}' END FROM d);
END;
$$;

-- Round numbers within a domain, about so many. Where there are more than three, every
-- second one but zero can do without a label.
CREATE FUNCTION ff._page_ticks(low float8, high float8, many int) RETURNS TABLE (t float8, is_spare boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
	WITH r AS (SELECT (high - low) / many AS raw, 10 ^ floor(log(greatest((high - low) / many, 1e-290))) AS power),
	s AS (SELECT r.power * CASE WHEN r.raw <= 1.5 * r.power THEN 1 WHEN r.raw <= 3.5 * r.power THEN 2 WHEN r.raw <= 7.5 * r.power THEN 5 ELSE 10 END AS step FROM r)
	SELECT i * s.step, count(*) OVER () > 3 AND i % 2 <> 0 FROM s, generate_series(ceil(low / s.step)::bigint, floor(high / s.step)::bigint) i;
$$;

-- Where a value stands on an axis so long, at its end if it is beyond it.
CREATE FUNCTION ff._page_at(value float8, domain float8[], length float8) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN round((length * least(greatest((value / 2 - domain[1] / 2) / (domain[2] / 2 - domain[1] / 2), 0), 1))::numeric, 1);
END;
$$;

-- An end of an interval: a cap, or an arrow where it goes on beyond the axis. An
-- interval that lies beyond it as a whole has the arrow alone.
CREATE FUNCTION ff._page_end(value float8, domain float8[], is_upper boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN is_upper AND value > domain[2] THEN 'M990 7L998 12L990 17' WHEN NOT is_upper AND value < domain[1] THEN 'M10 7L2 12L10 17'
		WHEN value NOT BETWEEN domain[1] AND domain[2] THEN ''
		ELSE format('M%s 7V17', greatest(least(ff._page_at(value, domain, 1000), 998), 2)) END;
END;
$$;

-- The ground of an interval's row: round numbers, and zero.
CREATE FUNCTION ff._page_ground(domain float8[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT string_agg(format('<path class="%s" d="%s"/>', l.class, l.lines), '' ORDER BY l.class)
		FROM (SELECT CASE WHEN k.t = 0 THEN 'zero' WHEN k.is_spare THEN 'grid spare' ELSE 'grid' END AS class, string_agg(format('M%s 0V24', ff._page_at(k.t, domain, 1000)), '' ORDER BY k.t) AS lines
			FROM ff._page_ticks(domain[1], domain[2], 5) k GROUP BY 1) l);
END;
$$;

-- The round numbers over such rows.
CREATE FUNCTION ff._page_scale(domain float8[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT format('<span class="scale" aria-hidden="true">%s</span>', string_agg(format('<span%s style="left:%s%%">%s</span>',
		CASE WHEN k.is_spare THEN ' class="spare"' END, ff._page_at(k.t, domain, 100), ff._page_number(k.t, 'change')), '' ORDER BY k.t)) FROM ff._page_ticks(domain[1], domain[2], 5) k);
END;
$$;

-- A row's interval: the wide thin one is that of the confidence sequence, the
-- ring is the value before shrinking.
CREATE FUNCTION ff._page_interval(label text, tone text, domain float8[], ground text, value float8, lower float8, upper float8,
	wide_lower float8 DEFAULT NULL, wide_upper float8 DEFAULT NULL, ring float8 DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT format('<svg class="interval %s" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img"><title>%s</title>%s', tone, label, ground)
		|| CASE WHEN wide_lower < wide_upper AND wide_lower < domain[2] AND wide_upper > domain[1] THEN format('<path class="wide" d="M%s 12H%s"/>', ff._page_at(wide_lower, domain, 1000), ff._page_at(wide_upper, domain, 1000)) ELSE '' END
		|| CASE WHEN i.unbounded THEN '<path class="open" d="M8 12H992"/><path class="cap" d="M10 7L2 12L10 17M990 7L998 12L990 17"/>'
			WHEN lower <= upper THEN CASE WHEN lower < domain[2] AND upper > domain[1] THEN format('<path class="range" d="M%s 12H%s"/>',
					ff._page_at(lower, domain, 1000), ff._page_at(upper, domain, 1000)) ELSE '' END
				|| format('<path class="cap" d="%s%s"/>', ff._page_end(lower, domain, false), ff._page_end(upper, domain, true)) ELSE '' END
		|| coalesce('<path class="ring" d="M' || i.ring || ' 12h.1"/><path class="hole" d="M' || i.ring || ' 12h.1"/>', '')
		|| coalesce('<path class="dot" d="M' || i.dot || ' 12h.1"/>', '') || '</svg>'
	FROM (SELECT lower = '-Infinity' AND upper = 'Infinity' AS unbounded,
		CASE WHEN ring BETWEEN domain[1] AND domain[2] THEN least(greatest(ff._page_at(ring, domain, 1000), 6), 994) END AS ring,
		CASE WHEN value BETWEEN domain[1] AND domain[2] THEN least(greatest(ff._page_at(value, domain, 1000), 6), 994) END AS dot) i);
END;
$$;

-- The colour and the dash of a variation. Those of five colours, four dashes and
-- seven shapes: any two of twenty differ in two of them at least, and without
-- colour all of twenty-eight differ. The control has its own.
CREATE FUNCTION ff._page_look(look int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE look WHEN 0 THEN 'a0' ELSE format('a%s d%s', 1 + (look - 1) % 5, (look - 1) % 4) END;
END;
$$;

-- The shape that marks a point of a variation: a ring is the control.
CREATE FUNCTION ff._page_mark(look int, x numeric, y numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN look = 0 THEN format('<circle class="mark ring" cx="%s" cy="%s" r="3"/>', x, y)
		ELSE format('<path class="mark%s" d="M%s %s%s"/>', CASE WHEN (look - 1) % 7 IN (3, 6) THEN ' cross' END, x, y,
			('{m-3.2 0l1-2.2 2.2-1 2.2 1 1 2.2-1 2.2-2.2 1-2.2-1z,m-2.9-2.9h5.8v5.8h-5.8z,m0-3.9l3.9 6.8h-7.8z,m-3-3l6 6m0-6l-6 6,m0-4.2l4.2 4.2-4.2 4.2-4.2-4.2z,m0 3.9l3.9-6.8h-7.8z,m-3.8 0h7.6m-3.8-3.8v7.6}'::text[])[1 + (look - 1) % 7]) END;
END;
$$;

-- A piece of a variation's line, as it is in the plots.
CREATE FUNCTION ff._page_swatch(look int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<svg class="swatch %s" viewBox="0 0 38 10" aria-hidden="true"><path class="line" d="M1 5H37"/>%s</svg>', ff._page_look(look), ff._page_mark(look, 19, 5));
END;
$$;

-- Names beside what they are drawn with.
CREATE FUNCTION ff._page_key(look int, title text, note text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<li>%s%s%s</li>', ff._page_swatch(look), ff._page_name(title), coalesce(' <span class="note">' || note || '</span>', ''));
END;
$$;

-- A small plot with its heading, its key under it.
CREATE FUNCTION ff._page_panel(title text, description text, body text, keys text, subtitle text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<figure class="panel"><figcaption>%s%s</figcaption><svg viewBox="0 0 340 176" role="img"><title>%s</title><desc>%s</desc>%s</svg>%s</figure>',
		ff._page_name(title), coalesce(' <span class="note">' || subtitle || '</span>', ''), ff._page_text(title), description, body,
		coalesce('<ul class="keys">' || keys || '</ul>', ''));
END;
$$;

-- A panel's axis of values at its left, from 12 to 150, and its ends of time.
CREATE FUNCTION ff._page_frame(domain float8[], form text, first_day int, last_day int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT string_agg(format('<path class="%s" d="M52 %sH334"/><text class="y" x="46" y="%s">%s</text>', CASE t WHEN 0 THEN 'zero' ELSE 'grid' END, y.y, y.y + 3.6, ff._page_number(t, form)), '')
			FROM ff._page_ticks(domain[1], domain[2], 4) t CROSS JOIN LATERAL (SELECT 150 - ff._page_at(t, domain, 138) AS y) y)
		|| format('<text class="x0" x="52" y="170">%s</text>', to_char('2000-01-01'::date + first_day, 'FMDD Mon'))
		|| CASE WHEN last_day > first_day THEN format('<text class="x1" x="334" y="170">%s</text>', to_char('2000-01-01'::date + last_day, 'FMDD Mon')) ELSE '' END;
END;
$$;

-- One line of a panel, with the band around it where there is one. Its last point is
-- marked, and a few others: not the same ones of all lines, for they may meet.
CREATE FUNCTION ff._page_line(days int[], middle float8[], lower float8[], upper float8[], domain float8[], first_day int, last_day int, look int) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (WITH d AS (SELECT domain[1] / 2 AS low, 1380 / (domain[2] / 2 - domain[1] / 2) AS scale, 2820.0::float8 / greatest(last_day - first_day, 1) AS step),
	p AS (
		SELECT u.i, (520 + round((u.day - first_day) * d.step)) / 10 AS x, (1500 - least(greatest(round((u.middle / 2 - d.low) * d.scale), 0), 1380)) / 10 AS y,
			CASE WHEN u.lower <= u.upper THEN (1500 - least(greatest(round((u.lower / 2 - d.low) * d.scale), 0), 1380)) / 10 END AS low,
			CASE WHEN u.lower <= u.upper THEN (1500 - least(greatest(round((u.upper / 2 - d.low) * d.scale), 0), 1380)) / 10 END AS high
		FROM d, unnest(days, middle, lower, upper) WITH ORDINALITY u(day, middle, lower, upper, i)
	)
	SELECT format('<g class="%s">%s%s%s</g>', ff._page_look(look),
		CASE WHEN count(p.low) > 1 THEN '<path class="band" d="M' || string_agg(p.x || ' ' || p.high, 'L' ORDER BY p.i) FILTER (WHERE p.low IS NOT NULL)
			|| 'L' || string_agg(p.x || ' ' || p.low, 'L' ORDER BY p.i DESC) FILTER (WHERE p.low IS NOT NULL) || 'Z"/>'
			WHEN min(p.high) < min(p.low) THEN format('<path class="line" d="M%s %sV%s"/>', min(p.x) FILTER (WHERE p.low IS NOT NULL), min(p.high), min(p.low)) ELSE '' END,
		CASE WHEN count(*) > 1 THEN '<path class="line" d="M' || string_agg(p.x || ' ' || p.y, 'L' ORDER BY p.i) || '"/>' ELSE '' END,
		string_agg(CASE WHEN p.i = cardinality(days) OR (p.i + look) % greatest(cardinality(days) / 4, 1) = 0 THEN ff._page_mark(look, p.x::numeric, p.y::numeric) END, '' ORDER BY p.i)) FROM p);
END;
$$;
