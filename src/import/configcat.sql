-- Import from ConfigCat: config_v6.json as its CDN serves it to SDKs,
-- {"p": {"s": salt, ...}, "s": [segments], "f": {key: setting}}.

-- Every value that a setting serves, with its variation id: the value of last
-- resort, those of rules, of percentages in rules, and of percentages.  Values of
-- another type than the setting's are served to nobody.
CREATE FUNCTION ff._configcat_served(setting jsonb) RETURNS TABLE (id text, value jsonb, place bigint)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(s.value -> 'i') = 'string' THEN s.value ->> 'i' END, t.value, s.place FROM (
		SELECT setting AS value, 0::bigint AS place
		UNION ALL SELECT r.value, r.ordinality FROM jsonb_path_query(setting, 'lax $.r[*].s') WITH ORDINALITY r(value, ordinality)
		UNION ALL SELECT r.value, 1000000 + r.ordinality FROM jsonb_path_query(setting, 'lax $.r[*].p[*]') WITH ORDINALITY r(value, ordinality)
		UNION ALL SELECT r.value, 2000000 + r.ordinality FROM jsonb_path_query(setting, 'lax $.p[*]') WITH ORDINALITY r(value, ordinality)) s
	CROSS JOIN LATERAL (SELECT CASE setting -> 't' WHEN '0' THEN s.value -> 'v' -> 'b' WHEN '1' THEN s.value -> 'v' -> 's'
		WHEN '2' THEN s.value -> 'v' -> 'i' WHEN '3' THEN s.value -> 'v' -> 'd' END) t(value)
	WHERE jsonb_typeof(t.value) = CASE setting -> 't' WHEN '0' THEN 'boolean' WHEN '1' THEN 'string' ELSE 'number' END;
$$;

-- A variation for each variation id, then one for each value that has none.
CREATE FUNCTION ff._configcat_variations(setting jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result jsonb;
	rest jsonb;
	each_its_own boolean;
BEGIN
	SELECT coalesce(jsonb_agg(jsonb_build_object('key', s.id, 'value', s.value) ORDER BY s.place), '[]'),
		count(*) = count(DISTINCT s.id) FILTER (WHERE octet_length(s.id) BETWEEN 1 AND 255)
	INTO result, each_its_own FROM ff._configcat_served(setting) s;
	IF each_its_own THEN
		RETURN result;
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_build_object('key', n.id, 'value', n.value) ORDER BY n.place), '[]') INTO result FROM (
		SELECT DISTINCT ON (s.id) s.* FROM ff._configcat_served(setting) s WHERE octet_length(s.id) BETWEEN 1 AND 255 ORDER BY s.id, s.place) n;
	SELECT jsonb_agg(r.value ORDER BY r.place) INTO rest FROM (
		SELECT s.value, min(s.place) AS place FROM ff._configcat_served(setting) s
		WHERE NOT result @> jsonb_build_array(jsonb_build_object('value', s.value)) GROUP BY s.value) r;
	IF rest IS NULL THEN
		RETURN result;
	END IF;
	RETURN result || (SELECT jsonb_agg(CASE WHEN result @> jsonb_build_array(jsonb_build_object('key', v.value -> 'key'))
			THEN v.value || jsonb_build_object('key', (v.value ->> 'key') || '-' || v.ordinality) ELSE v.value END ORDER BY v.ordinality)
		FROM jsonb_array_elements(ff._import_variations(rest)) WITH ORDINALITY v);
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
		RAISE EXCEPTION 'a configuration of ConfigCat: expected %, not %', bad.wanted, jsonb_typeof(bad.value)
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

-- The documents of settings: each itself, and what it needs of the configuration,
-- {"salt", "segments": {index: key}, "types": {key: type}}.
CREATE FUNCTION ff._configcat_documents(config jsonb) RETURNS TABLE (key text, document jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH settings AS MATERIALIZED (
		SELECT f.key, f.value FROM jsonb_each(coalesce(nullif(config -> 'f', 'null'), '{}')) f),
	segments AS (
		SELECT s.key, jsonb_object_agg(g.index, g.key) AS keys
		FROM settings s CROSS JOIN LATERAL jsonb_path_query(s.value, 'lax $.r[*].c[*].s.s') n(value)
		JOIN ff._configcat_segments(config) g ON to_jsonb(g.index) = n.value GROUP BY s.key),
	types AS (
		SELECT s.key, jsonb_object_agg(p.key, p.value -> 't') AS types
		FROM settings s CROSS JOIN LATERAL jsonb_path_query(s.value, 'lax $.r[*].c[*].p.f') n(value)
		JOIN settings p ON p.key = n.value #>> '{}' AND jsonb_typeof(p.value -> 't') = 'number' GROUP BY s.key)
	SELECT s.key, jsonb_build_object('key', s.key, 'flag', s.value, 'variations', ff._configcat_variations(s.value))
		|| jsonb_strip_nulls(jsonb_build_object('salt', config -> 'p' -> 's', 'segments', g.keys, 'types', t.types))
	FROM settings s LEFT JOIN segments g ON g.key = s.key LEFT JOIN types t ON t.key = s.key;
$$;

CREATE FUNCTION ff._import_configcat(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._configcat_check(config);
	RETURN QUERY SELECT 'segment', s.key, NULL::text, NULL::text, NULL::text[], true, NULL::text, s.document, NULL::text, NULL::text
	FROM ff._configcat_segments(config) s ORDER BY s.index;
	RETURN QUERY SELECT 'flag', d.key, d.key, NULL::text, NULL::text[], true,
		(SELECT v.value ->> 'key' FROM jsonb_array_elements(d.document -> 'variations') WITH ORDINALITY v
			WHERE v.value -> 'value' = 'false' ORDER BY v.ordinality LIMIT 1), d.document, NULL::text, NULL::text
	FROM ff._configcat_documents(config) d ORDER BY d.key COLLATE "C";
END;
$$;
