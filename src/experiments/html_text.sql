-- Values of a report as text of an HTML page. Reports may be of any age and
-- have any hole: what is not there is a dash, and nothing here raises an error.

-- Text that can stand in an element or an attribute of HTML and XML. Only ASCII
-- comes out, so the page is the same in every encoding it is written to; what XML
-- has no place for becomes U+FFFD.
CREATE FUNCTION ff._page_text(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT CASE WHEN e.text !~ '[^\x20-\x7e]' THEN e.text ELSE (
		SELECT string_agg(CASE WHEN n.code BETWEEN 32 AND 126 THEN c.c WHEN n.code IN (9, 10, 13) THEN ' '
			WHEN n.code < 160 OR (n.code & 65534) = 65534 THEN '&#65533;' ELSE '&#' || n.code || ';' END, '' ORDER BY c.ordinality)
		FROM regexp_split_to_table(e.text, '') WITH ORDINALITY c(c)
		CROSS JOIN LATERAL (SELECT convert_to(c.c, 'UTF8') AS b) b
		CROSS JOIN LATERAL (SELECT CASE length(b.b) WHEN 1 THEN get_byte(b.b, 0)
			WHEN 2 THEN (get_byte(b.b, 0) & 31) * 64 + (get_byte(b.b, 1) & 63)
			WHEN 3 THEN (get_byte(b.b, 0) & 15) * 4096 + (get_byte(b.b, 1) & 63) * 64 + (get_byte(b.b, 2) & 63)
			ELSE (get_byte(b.b, 0) & 7) * 262144 + (get_byte(b.b, 1) & 63) * 4096 + (get_byte(b.b, 2) & 63) * 64 + (get_byte(b.b, 3) & 63)
			END AS code) n) END
	FROM (SELECT replace(replace(replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;') AS text) e);
END;
$$;

-- A name, kept apart from the direction of the text around it.
CREATE FUNCTION ff._page_name(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN '<bdi>' || coalesce(nullif(ff._page_text(btrim(value)), ''), '&#8211;') || '</bdi>';
END;
$$;

-- A code such as keep_running as words.
CREATE FUNCTION ff._page_words(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN ff._page_text(replace(value, '_', ' '));
END;
$$;

-- An array, also where there is none.
CREATE FUNCTION ff._page_array(value jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END;
END;
$$;

-- A number of a report; what arithmetic would overflow with is infinite, and
-- what is no number is NULL.
CREATE FUNCTION ff._page_float(value jsonb) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE
		WHEN jsonb_typeof(value) = 'string' AND value #>> '{}' IN ('Infinity', '-Infinity') THEN (value #>> '{}')::float8
		WHEN jsonb_typeof(value) <> 'number' THEN NULL
		WHEN abs(value::numeric) > 1e300 THEN sign(value::numeric)::float8 * 'Infinity'::float8
		WHEN abs(value::numeric) < 1e-300 THEN 0
		ELSE value::numeric::float8 END;
END;
$$;

-- The lower and the upper end of an interval, written as an array or an object.
CREATE FUNCTION ff._page_ends(value jsonb) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN ARRAY[ff._page_float(coalesce(value -> 0, value -> 'lower')), ff._page_float(coalesce(value -> 1, value -> 'upper'))];
END;
$$;

-- A number, a share or a change as the other texts write it; a chance no finer
-- than it is known.
CREATE FUNCTION ff._page_number(value float8, form text DEFAULT 'number') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN value IS NULL OR value = 'NaN' THEN '&#8211;'
		WHEN value = 'Infinity' THEN '&#8734;' WHEN value = '-Infinity' THEN '-&#8734;'
		ELSE CASE form WHEN 'percent' THEN ff._percent_text(value)
			WHEN 'chance' THEN CASE WHEN value < 0.001 THEN '&lt; 0.1%' WHEN value > 0.999 THEN '&gt; 99.9%' ELSE ff._percent_text(value) END
			WHEN 'loss' THEN CASE WHEN value < 0.0001 THEN '&lt; 0.01%' ELSE ff._percent_text(value) END WHEN 'change' THEN ff._change_text(value)
			WHEN 'p' THEN ff._page_text(ff._p_text(value)) ELSE ff._number_text(value) END END;
END;
$$;

-- An interval in words.
CREATE FUNCTION ff._page_range(lower float8, upper float8, form text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN lower IS NULL AND upper IS NULL THEN '&#8211;'
		WHEN coalesce(lower, '-Infinity') = '-Infinity' AND coalesce(upper, 'Infinity') = 'Infinity' THEN 'unbounded'
		ELSE ff._page_number(coalesce(lower, '-Infinity'), form) || ' to ' || ff._page_number(coalesce(upper, 'Infinity'), form) END;
END;
$$;

-- A time to the minute; a text that is none as it is.
CREATE FUNCTION ff._page_time(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN value ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+]00(:00)?)$'
		THEN left(value, 10) || ' ' || substr(value, 12, 5) || ' UTC' ELSE coalesce(ff._page_text(value), '&#8211;') END;
END;
$$;

-- Any value of the report that has no place of its own.
CREATE FUNCTION ff._page_value(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT CASE jsonb_typeof(value) WHEN 'number' THEN ff._page_number(ff._page_float(value))
		WHEN 'boolean' THEN CASE value #>> '{}' WHEN 'true' THEN 'yes' ELSE 'no' END
		WHEN 'string' THEN '<bdi>' || ff._page_time(value #>> '{}') || '</bdi>'
		WHEN 'array' THEN coalesce((SELECT string_agg(ff._page_value(e.e), ', ' ORDER BY e.ordinality) FROM jsonb_array_elements(value) WITH ORDINALITY e(e)), '&#8211;')
		WHEN 'object' THEN coalesce((SELECT string_agg(ff._page_words(e.key) || ' ' || ff._page_value(e.value), ', ') FROM jsonb_each(value) e), '&#8211;')
		ELSE '&#8211;' END);
END;
$$;

-- Which of four tones a status has.
CREATE FUNCTION ff._page_tone(status text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN lower(status) IN ('ok', 'won', 'safe', 'non_inferior', 'passed', 'better', 'ship', 'fresh', 'balanced') THEN 'good'
		WHEN lower(status) IN ('lost', 'harmed', 'worse', 'failed', 'error', 'critical', 'rollback', 'invalid', 'mismatch', 'high') THEN 'bad'
		WHEN lower(status) IN ('warning', 'warn', 'stale', 'medium') THEN 'warn' ELSE 'plain' END;
END;
$$;

-- Words on a coloured ground, the words first: ok, warning, failed, won, lost.
CREATE FUNCTION ff._page_chip(status text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('<span class="chip %s">%s</span>', ff._page_tone(status), ff._page_words(status));
END;
$$;

-- A status, or why there is none: one short chip.
CREATE FUNCTION ff._page_status(status text, problem text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce(ff._page_chip(coalesce(CASE WHEN coalesce(status, 'no_data') = 'no_data' THEN problem END, status)), '');
END;
$$;

-- A table that scrolls by itself where the page is narrow; NULL without rows.
CREATE FUNCTION ff._page_table(caption text, heads text[], rows text, class text DEFAULT '') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT format('<div class="scroll" role="region" tabindex="0" aria-label="%s"><table class="%s"><caption>%1$s</caption><thead><tr>%3$s</tr></thead>%4$s</table></div>',
		ff._page_text(caption), class, (SELECT string_agg(format('<th scope="col">%s</th>', ff._page_text(h.h)), '' ORDER BY h.ordinality)
			FROM unnest(heads) WITH ORDINALITY h(h)), rows)
	WHERE rows <> '');
END;
$$;

-- Names and values; those without a value are left out.
CREATE FUNCTION ff._page_pairs(pairs jsonb, class text DEFAULT 'pairs') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT format('<dl class="%s">%s</dl>', class, string_agg(format('<div><dt>%s</dt><dd>%s</dd></div>', ff._page_words(p.value ->> 0), ff._page_value(p.value -> 1)),
		'' ORDER BY p.ordinality))
	FROM jsonb_array_elements(pairs) WITH ORDINALITY p
	WHERE coalesce(p.value -> 1, 'null') NOT IN ('null', '""', '[]', '{}') HAVING count(*) > 0);
END;
$$;

-- An object's members in their order as pairs.
CREATE FUNCTION ff._page_object(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT ff._page_pairs(jsonb_agg(jsonb_build_array(e.key, e.value))) FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value ELSE '{}' END) e);
END;
$$;

-- A part of the page under its heading; without a body the sentence says why.
CREATE FUNCTION ff._page_section(id text, title text, body text, otherwise text, lead text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format(E'<section id="%s" aria-labelledby="h-%1$s"><h2 id="h-%1$s">%s</h2>%s</section>\n', id, ff._page_text(title),
		CASE WHEN coalesce(body, '') = '' THEN '<p class="none">' || ff._page_text(otherwise) || '</p>'
			ELSE coalesce('<p class="lead">' || ff._page_text(lead) || '</p>', '') || body END);
END;
$$;

-- The level of intervals.
CREATE FUNCTION ff._page_level(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT trim_scale(100 - 100 * coalesce(ff._page_float(report #> '{options,alpha}')::numeric, 0.05)) || '%'; $$;
