-- Import from ConfigCat: config_v6.json as its CDN serves it to SDKs,
-- {"p": {"s": salt, ...}, "s": [segments], "f": {key: setting}}.

-- Every value that a setting serves, in the order in which it stands there, with
-- its variation id; values of another type than the setting's are served to nobody.
CREATE FUNCTION ff._configcat_served(setting jsonb) RETURNS TABLE (id text, value jsonb, place bigint)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT CASE WHEN jsonb_typeof(s.served -> 'i') = 'string' THEN s.served ->> 'i' END, t.value, s.place FROM (
		SELECT x.served, row_number() OVER (ORDER BY x.rule, x.option) AS place FROM (
			SELECT setting AS served, 0::bigint AS rule, 0::bigint AS option
			UNION ALL SELECT r.value -> 's', r.ordinality, 0
			FROM jsonb_path_query(setting, 'lax $.r[*]') WITH ORDINALITY r(value, ordinality)
			UNION ALL SELECT p.value, r.ordinality, p.ordinality
			FROM jsonb_path_query(setting, 'lax $.r[*]') WITH ORDINALITY r(value, ordinality)
			CROSS JOIN LATERAL jsonb_path_query(r.value, 'lax $.p[*]') WITH ORDINALITY p(value, ordinality)
			UNION ALL SELECT p.value, 1000000000, p.ordinality
			FROM jsonb_path_query(setting, 'lax $.p[*]') WITH ORDINALITY p(value, ordinality)) x) s
	CROSS JOIN LATERAL (SELECT CASE setting -> 't' WHEN '0' THEN s.served -> 'v' -> 'b' WHEN '1' THEN s.served -> 'v' -> 's'
		WHEN '2' THEN s.served -> 'v' -> 'i' WHEN '3' THEN s.served -> 'v' -> 'd' END) t(value)
	WHERE jsonb_typeof(t.value) = CASE setting -> 't' WHEN '0' THEN 'boolean' WHEN '1' THEN 'string' ELSE 'number' END;
END;
$$;

-- A variation for each variation id, then one for each value that has none.
CREATE FUNCTION ff._configcat_variations(setting jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	WITH served AS MATERIALIZED (SELECT * FROM ff._configcat_served(setting)),
	named AS MATERIALIZED (
		SELECT DISTINCT ON (s.id) s.id AS key, s.value, s.place FROM served s
		WHERE octet_length(s.id) BETWEEN 1 AND 255 ORDER BY s.id, s.place),
	rest AS (SELECT s.value, min(s.place) AS place FROM served s WHERE NOT EXISTS (SELECT FROM named n WHERE n.value = s.value) GROUP BY s.value)
	SELECT coalesce((SELECT jsonb_agg(jsonb_build_object('key', n.key, 'value', n.value) ORDER BY n.place) FROM named n), '[]')
		|| coalesce((SELECT jsonb_agg(jsonb_build_object('key', CASE WHEN EXISTS (SELECT FROM named n WHERE n.key = v.value ->> 'key')
				THEN (v.value ->> 'key') || '-' || v.ordinality ELSE v.value ->> 'key' END, 'value', v.value -> 'value') ORDER BY v.ordinality)
			FROM (SELECT jsonb_agg(r.value ORDER BY r.place) AS items FROM rest r) i
			CROSS JOIN LATERAL jsonb_array_elements(ff._import_variations(i.items)) WITH ORDINALITY v), '[]'));
END;
$$;

-- Segments with the key that each is imported under: its name, and its index
-- where another one has that name.
CREATE FUNCTION ff._configcat_segments(config jsonb) RETURNS TABLE (index bigint, key text, document jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.ordinality - 1, CASE WHEN octet_length(s.value ->> 'n') > 200 THEN 'segment ' || s.ordinality - 1
			WHEN row_number() OVER (PARTITION BY s.value ->> 'n' ORDER BY s.ordinality) > 1 THEN (s.value ->> 'n') || ' #' || s.ordinality - 1
			ELSE s.value ->> 'n' END,
		jsonb_strip_nulls(jsonb_build_object('name', s.value -> 'n', 'salt', config -> 'p' -> 's', 'conditions', s.value -> 'r'))
	FROM jsonb_array_elements(CASE jsonb_typeof(config -> 's') WHEN 'array' THEN config -> 's' ELSE '[]' END) WITH ORDINALITY s
	WHERE jsonb_typeof(s.value -> 'n') = 'string' AND s.value ->> 'n' <> '';
$$;

-- Refuses what is no configuration, or none of version 6.
CREATE FUNCTION ff._configcat_check(config jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	SELECT x.path, x.wanted, x.value INTO bad FROM (VALUES
		('', 'object', config), ('f', 'object', config -> 'f'), ('p', 'object', config -> 'p'), ('p.s', 'string', config -> 'p' -> 's'),
		('s', 'array', config -> 's')) x(path, wanted, value)
	WHERE x.value <> 'null' AND jsonb_typeof(x.value) <> x.wanted LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'a configuration of ConfigCat has % % here', CASE WHEN bad.wanted ~ '^[aeiou]' THEN 'an' ELSE 'a' END, bad.wanted
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At ' || concat_ws('.', '$', nullif(bad.path, '')) || '.';
	END IF;
	IF NOT config ?| '{f,p,s}' THEN
		RAISE EXCEPTION 'a configuration of ConfigCat has p, s and f' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT f.key INTO bad FROM jsonb_each(CASE jsonb_typeof(config -> 'f') WHEN 'object' THEN config -> 'f' ELSE '{}' END) f
	WHERE jsonb_typeof(f.value) = 'object' AND f.value ? 'v' AND jsonb_typeof(f.value -> 'v') NOT IN ('object', 'null') ORDER BY f.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'setting "%" is of an earlier version than config_v6.json', left(bad.key, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.f.' || left(bad.key, 100) || '.v.',
				HINT = 'Fetch config_v6.json from the same address.';
	END IF;
END;
$$;

-- The document of a setting: itself, and what it needs of the configuration,
-- {"salt", "segments": {index: key}, "types": {key: type}}.  What all settings
-- share comes in three: taking a part of it out for each would copy it each time.
CREATE FUNCTION ff._configcat_document(key text, setting jsonb, salt jsonb, segments jsonb, types jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	SELECT jsonb_build_object('key', key, 'flag', setting, 'variations', ff._configcat_variations(setting))
		|| jsonb_strip_nulls(jsonb_build_object('salt', salt, 'segments', (SELECT jsonb_object_agg(x.index, segments -> x.index)
			FROM (SELECT DISTINCT trim_scale((s.value #>> '{}')::numeric)::text AS index FROM jsonb_path_query(setting, 'lax $.r[*].c[*].s.s') s(value)
				WHERE jsonb_typeof(s.value) = 'number') x WHERE segments ? x.index),
			'types', (SELECT jsonb_object_agg(x.key, types -> x.key)
			FROM (SELECT DISTINCT s.value #>> '{}' AS key FROM jsonb_path_query(setting, 'lax $.r[*].c[*].p.f') s(value)
				WHERE jsonb_typeof(s.value) = 'string') x WHERE types ? x.key))));
END;
$$;

CREATE FUNCTION ff._import_configcat(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	settings jsonb := coalesce(nullif(config -> 'f', 'null'), '{}');
	segments jsonb;
	types jsonb;
BEGIN
	PERFORM ff._configcat_check(config);
	segments := (SELECT coalesce(jsonb_object_agg(s.index, s.key), '{}') FROM ff._configcat_segments(config) s);
	types := (SELECT coalesce(jsonb_object_agg(f.key, f.value -> 't'), '{}') FROM jsonb_each(settings) f WHERE jsonb_typeof(f.value -> 't') = 'number');
	RETURN QUERY SELECT 'segment', s.key, NULL::text, NULL::text, NULL::text[], true, NULL::text, s.document, NULL::text, NULL::text
	FROM ff._configcat_segments(config) s ORDER BY s.index;
	RETURN QUERY SELECT 'flag', f.key, f.key, NULL::text, NULL::text[], true,
		(SELECT v.value ->> 'key' FROM jsonb_array_elements(d.document -> 'variations') WITH ORDINALITY v
			WHERE v.value -> 'value' = 'false' ORDER BY v.ordinality LIMIT 1), d.document, NULL::text, NULL::text
	FROM jsonb_each(settings) f CROSS JOIN LATERAL (SELECT ff._configcat_document(f.key, f.value, config -> 'p' -> 's', segments, types) AS document OFFSET 0) d;
END;
$$;
