-- The plots of a page: intervals, densities, courses over time, segments.

-- One row of it. A lift without an interval is told by the difference.
CREATE FUNCTION ff._page_effect(r record, domain float8[], ground text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	said text := CASE WHEN r.lift IS NULL AND r.difference IS NULL THEN '&#8211;'
		WHEN r.lift IS NULL THEN format('difference %s <span class="ends">%s</span>', ff._page_number(r.difference), ff._page_range(r.lower, r.upper, 'number'))
		ELSE format('%s <span class="ends">%s</span>', ff._page_number(r.lift, 'change'),
			CASE WHEN r.unbounded THEN 'unbounded' ELSE ff._page_range(r.lift_lower, r.lift_upper, 'change') END) END;
BEGIN
	RETURN format('<tr class="%s"><th scope="row"><span class="who">%s %s</span> <span class="value">%s</span></th><td>%s</td></tr>', r.tone,
		ff._page_name(r.title), ff._page_status(r.status, r.problem), said,
		ff._page_interval(format('%s, %s: %s', ff._page_text(r.metric), ff._page_text(r.title), CASE said WHEN '&#8211;' THEN coalesce(ff._page_words(r.problem), 'no data') ELSE regexp_replace(said, '<[^>]*>', '', 'g') END), r.tone, domain, ground, r.lift,
			CASE WHEN r.unbounded AND r.lift IS NOT NULL THEN '-Infinity' ELSE r.lift_lower END, CASE WHEN r.unbounded AND r.lift IS NOT NULL THEN 'Infinity' ELSE r.lift_upper END,
			r.sequential_lower, r.sequential_upper));
END;
$$;

-- Intervals of all lifts on one scale, a table whose rows are drawn.
CREATE FUNCTION ff._page_effects(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH r AS (SELECT r.* FROM ff._page_rows(report) r WHERE NOT r.is_control),
	d AS (
		SELECT ff._page_domain(array_agg(e.e)) AS domain
		FROM r CROSS JOIN LATERAL unnest(CASE WHEN r.unbounded THEN ARRAY[r.lift] ELSE ARRAY[r.lift, r.lift_lower, r.lift_upper] END) e(e)
	), g AS (SELECT d.domain, ff._page_ground(d.domain) AS ground, ff._page_scale(d.domain) AS scale FROM d WHERE d.domain IS NOT NULL),
	t AS (SELECT r.m, string_agg(ff._page_effect(r, g.domain, g.ground), '' ORDER BY r.v) AS rows FROM r, g GROUP BY r.m)
	SELECT format('<table class="forest"><caption>Lift of each variation against the control, with its %s interval</caption><thead><tr><th scope="col">Metric and variation</th><th scope="col"><span class="hidden">Lift</span>%s</th></tr></thead>%s</table>',
		ff._page_level(report), (SELECT g.scale FROM g), string_agg(format('<tbody><tr><th class="group" colspan="2" scope="rowgroup">%s <span class="note">%s</span></th></tr>%s</tbody>',
			ff._page_name(h.metric), concat_ws(', ', nullif(ff._page_words(h.role), ''), CASE h.direction WHEN 'decrease' THEN 'lower is better' ELSE 'higher is better' END),
			t.rows), '' ORDER BY t.m))
		|| '<p class="legend">Bar: ' || ff._page_level(report) || ' interval. Thin line: one that holds at all looks together. Arrow: it goes on beyond the scale. Dashed: unbounded. Upright line: no difference.</p>'
	FROM t CROSS JOIN LATERAL (SELECT r.metric, r.role, r.direction FROM r WHERE r.m = t.m LIMIT 1) h HAVING count(*) > 0;
$$;

-- A metric's posterior densities: normal, as high as narrow.
CREATE FUNCTION ff._page_density(curves jsonb, domain float8[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH c AS (
		SELECT (c.value ->> 'look')::int AS look, (c.value ->> 'middle')::float8 AS middle, (c.value ->> 'deviation')::float8 AS deviation,
			(min((c.value ->> 'deviation')::float8) OVER ()) / (c.value ->> 'deviation')::float8 AS height
		FROM jsonb_array_elements(curves) c
	), p AS (
		SELECT c.look, ff._page_mark(c.look, 10 + ff._page_at(c.middle, domain, 320), round((150 - 132 * c.height)::numeric, 1)) AS mark, string_agg(10 + ff._page_at(c.middle + k / 10.0 * c.deviation, domain, 320) || ' ' || round((150 - 132 * c.height * exp(- k * k / 200.0))::numeric, 1), 'L' ORDER BY k) AS path
		FROM c, generate_series(-34, 34, 2) k GROUP BY c.look, c.middle, c.deviation, c.height
	)
	SELECT (SELECT string_agg(format('<path class="%s" d="M%s 12V150"/><text class="x" x="%2$s" y="168">%s</text>', CASE t WHEN 0 THEN 'zero' ELSE 'grid' END,
			10 + ff._page_at(t, domain, 320), ff._page_number(t, 'change')), '') FROM ff._page_ticks(domain[1], domain[2], 4) t
			WHERE ff._page_at(t, domain, 320) BETWEEN 12 AND 308)
		|| string_agg(format('<g class="%s"><path class="area" d="M%s"/><path class="line" d="M%2$s"/>%s</g>', ff._page_look(p.look), p.path, p.mark), '' ORDER BY p.look) FROM p;
$$;

-- A panel a metric: what is believed of each variation's lift.
CREATE FUNCTION ff._page_densities(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH r AS (
		SELECT r.* FROM ff._page_rows(report) r
		WHERE NOT r.is_control AND abs(r.middle) < 1e200 AND r.deviation > 1e-9 * greatest(abs(r.middle), 1e-200) AND r.deviation < 1e200
	), p AS (
		SELECT r.m, min(r.metric) AS metric, min(r.direction) AS direction, jsonb_agg(jsonb_build_object('look', r.look, 'middle', r.middle, 'deviation', r.deviation)) AS curves,
			ff._page_domain(array_agg(r.middle - 3.4 * r.deviation) || array_agg(r.middle + 3.4 * r.deviation), 1) AS domain,
			string_agg(ff._page_key(r.look, r.title, concat_ws(', ', ff._page_number(r.chance, 'chance') || ' chance to be better',
				'expected loss ' || ff._page_number(r.loss, 'loss'))), '' ORDER BY r.v) AS keys
		FROM r GROUP BY r.m
	)
	SELECT '<div class="panels">' || string_agg(ff._page_panel(p.metric, 'Posterior density of the lift of each variation.', ff._page_density(p.curves, p.domain), p.keys,
		CASE p.direction WHEN 'decrease' THEN 'lower is better' ELSE 'higher is better' END), '' ORDER BY p.m) || '</div>' FROM p;
$$;

-- A panel a metric and variation, those of a metric on one scale, in which the last
-- day's bands are whole; earlier ones may be cut.
CREATE FUNCTION ff._page_lifts(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH p AS (SELECT p.*, p.day = max(p.day) OVER (PARTITION BY p.m) AS is_last FROM ff._page_points(report) p),
	f AS (
		SELECT p.m, ARRAY[least(d.usual[1], d.last[1]), greatest(d.usual[2], d.last[2])] AS domain, p.first, p.last
		FROM (SELECT p.m, array_agg(p.lift) || array_agg(p.lower) || array_agg(p.upper) AS usual, min(p.day) AS first, max(p.day) AS last,
				array_agg(p.lift) FILTER (WHERE p.is_last) || array_agg(p.lower) FILTER (WHERE p.is_last) || array_agg(p.upper) FILTER (WHERE p.is_last) AS ends FROM p GROUP BY p.m) p
		CROSS JOIN LATERAL (SELECT ff._page_domain(p.usual, 0.7) AS usual, ff._page_domain(p.ends, 1) AS last) d
	), g AS (SELECT f.*, ff._page_frame(f.domain, 'change', f.first, f.last) AS frame FROM f),
	l AS (
		SELECT p.m, p.v, min(p.metric) AS metric, min(p.title) AS title, ff._page_line(array_agg(p.day ORDER BY p.day), array_agg(p.lift ORDER BY p.day),
			array_agg(p.lower ORDER BY p.day), array_agg(p.upper ORDER BY p.day), g.domain, g.first, g.last, p.look) AS line, p.look
		FROM p JOIN g USING (m) GROUP BY p.m, p.v, p.look, g.domain, g.first, g.last
	)
	SELECT '<div class="panels">' || string_agg(ff._page_panel(l.metric, 'Lift by day, with its confidence sequence as a band.', g.frame || l.line,
		ff._page_key(l.look, l.title)), '' ORDER BY l.m, l.v) || '</div>' FROM l JOIN g USING (m);
$$;

-- What has no lift over time, and why.
CREATE FUNCTION ff._page_liftless(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH p AS (SELECT DISTINCT s.value ->> 'metric' AS metric, s.value ->> 'variation' AS variation
		FROM jsonb_array_elements(ff._page_array(report #> '{series,lift}')) s WHERE jsonb_typeof(s.value -> 'lift') = 'number'),
	r AS MATERIALIZED (SELECT r.*, NOT EXISTS (SELECT FROM p WHERE p.metric IN (r.id, r.metric) AND p.variation = r.variation) AS is_missing,
			CASE r.kind WHEN 'quantile' THEN 'quantiles of days do not add up' ELSE ff._page_words(r.problem) END AS why
		FROM ff._page_rows(report) r WHERE NOT r.is_control),
	w AS (
		SELECT r.m, min(r.v) AS v, ff._page_name(min(r.metric)) || CASE WHEN count(*) < (SELECT count(*) FROM r a WHERE a.m = r.m) THEN ', ' || string_agg(ff._page_name(r.title), ', ' ORDER BY r.v) ELSE '' END
			|| coalesce(' (' || r.why || ')', '') AS said
		FROM r WHERE r.is_missing AND (r.why IS NOT NULL OR EXISTS (SELECT FROM p)) GROUP BY r.m, r.why
	)
	SELECT '<p class="legend">No lift over time: ' || string_agg(w.said, '; ' ORDER BY w.m, w.v) || '.</p>' FROM w;
$$;

-- One of the two panels of units by day.
CREATE FUNCTION ff._page_exposed(report jsonb, field text, title text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH p AS (
		SELECT a.arm, a.look, a.title, ff._page_day(s.value ->> 'day') AS day, ff._page_float(s.value -> field) AS n
		FROM jsonb_array_elements(ff._page_array(report #> '{series,days}')) s JOIN ff._page_arms(report) a ON a.variation = s.value ->> 'variation'
	), q AS (SELECT p.* FROM p WHERE p.day IS NOT NULL AND abs(p.n) < 'Infinity'),
	f AS (SELECT ff._page_domain(array_agg(q.n), 1) AS domain, min(q.day) AS first, max(q.day) AS last FROM q),
	g AS (SELECT ARRAY[CASE WHEN f.domain[1] < 0 AND NOT EXISTS (SELECT FROM q WHERE q.n < 0) THEN 0 ELSE f.domain[1] END, f.domain[2]] AS domain, f.first, f.last FROM f),
	l AS (
		SELECT q.arm, q.look, q.title, ff._page_line(array_agg(q.day ORDER BY q.day), array_agg(q.n ORDER BY q.day), NULL, NULL, g.domain, g.first, g.last, q.look) AS line
		FROM q, g GROUP BY q.arm, q.look, q.title, g.domain, g.first, g.last
	)
	SELECT ff._page_panel(exposed.title, 'Units by day of their first exposure, a line a variation.', ff._page_frame(g.domain, 'number', g.first, g.last)
		|| string_agg(l.line, '' ORDER BY l.arm), string_agg(ff._page_key(l.look, l.title), '' ORDER BY l.arm))
	FROM l, g, (SELECT title) exposed GROUP BY exposed.title, g.domain, g.first, g.last;
$$;

-- Segments by dimension and level: the shrunken effect, the raw one as a ring.
CREATE FUNCTION ff._page_segments(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH s AS (
		SELECT s.ordinality AS i, s.value ->> 'dimension' AS dimension, s.value ->> 'level' AS level, coalesce(m.value ->> 'name', s.value ->> 'metric') AS metric,
			coalesce(a.title, s.value ->> 'variant', s.value ->> 'variation') AS arm, ff._page_float(s.value -> 'effect') AS effect,
			ff._page_ends(s.value -> 'ci') AS ends, ff._page_float(s.value -> 'shrunk_effect') AS shrunk, ff._page_float(s.value -> 'p_interaction_adj') AS p,
			nullif(s.value ->> 'flag', '') AS flag, coalesce(m.value ->> 'direction', 'increase') AS direction
		FROM jsonb_array_elements(ff._page_array(report -> 'segments')) WITH ORDINALITY s
		LEFT JOIN LATERAL (SELECT m.value FROM jsonb_array_elements(ff._page_array(report -> 'metrics')) m WHERE s.value ->> 'metric' IN (m.value ->> 'id', m.value ->> 'key', m.value ->> 'name') LIMIT 1) m ON true
		LEFT JOIN ff._page_arms(report) a ON a.variation = coalesce(s.value ->> 'variant', s.value ->> 'variation')
	), d AS (SELECT ff._page_domain(array_agg(e)) AS domain FROM s CROSS JOIN LATERAL unnest(s.ends || s.effect || s.shrunk) e),
	g AS (SELECT d.domain, ff._page_ground(d.domain) AS ground FROM d), u AS (SELECT ff._page_distrust(report) AS why),
	t AS (
		SELECT s.dimension, min(s.i) AS i, string_agg(format('<tr class="%s"><th scope="row"><span class="who">%s %s</span> <span class="value"><span class="note">%s, %s</span> %s</span></th><td>%s</td></tr>', tone.tone,
			ff._page_name(s.level), coalesce(CASE WHEN u.why IS NULL THEN ff._page_chip(s.flag) END, ''), ff._page_name(s.metric), ff._page_name(s.arm),
			concat_ws(', ', ff._page_number(coalesce(s.shrunk, s.effect), 'change'), 'p ' || CASE WHEN s.p IS NOT NULL THEN ff._page_number(s.p, 'p') END),
			ff._page_interval(concat_ws(', ', ff._page_text(s.level), ff._page_text(s.metric), ff._page_text(s.arm), ff._page_number(s.shrunk, 'change')), tone.tone, g.domain, g.ground, coalesce(s.shrunk, s.effect), s.ends[1], s.ends[2], ring => CASE WHEN s.shrunk IS NOT NULL THEN s.effect END)),
			'' ORDER BY s.i) AS rows
		FROM s CROSS JOIN g CROSS JOIN u
		CROSS JOIN LATERAL (SELECT CASE WHEN u.why IS NULL THEN ff._page_row_tone(NULL, s.direction, s.ends[1], s.ends[2]) ELSE 'plain' END AS tone) tone GROUP BY s.dimension
	)
	SELECT format('<table class="forest"><caption>Effect by segment</caption><thead><tr><th scope="col">Segment</th><th scope="col"><span class="hidden">Effect</span>%s</th></tr></thead>%s</table>',
		(SELECT ff._page_scale(g.domain) FROM g), string_agg(format('<tbody><tr><th class="group" colspan="2" scope="rowgroup">%s</th></tr>%s</tbody>', ff._page_name(t.dimension), t.rows), '' ORDER BY t.i))
		|| '<p class="legend">Dot: effect shrunk towards that of all. Ring: as measured. Bar: ' || ff._page_level(report) || ' interval. ' || (SELECT CASE WHEN u.why IS NULL THEN 'Coloured: it leaves zero out, uncorrected. ' ELSE '' END FROM u) || 'p: of the interaction, corrected for the number of segments.</p>'
	FROM t HAVING count(*) > 0;
$$;
