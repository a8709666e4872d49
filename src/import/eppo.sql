-- Import from Eppo: the universal flag configuration as SDKs on servers read it,
-- {"format": "SERVER", "environment", "flags": {key: flag}, ...}.

-- A text that is JSON, as ECMAScript parses it; NULL: it is none, or none that a
-- database can hold.
CREATE FUNCTION ff._eppo_json(document text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN document::jsonb;
EXCEPTION WHEN data_exception OR statement_too_complex OR program_limit_exceeded THEN
	RETURN NULL;
END;
$$;

-- Variations whose value is of the flag's type, under the keys that splits name.
CREATE FUNCTION ff._eppo_variations(flag jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('key', v.key, 'value', x.value) ORDER BY length(v.key), v.key), '[]')
	FROM jsonb_each(CASE jsonb_typeof(flag -> 'variations') WHEN 'object' THEN flag -> 'variations' ELSE '{}' END) v
	CROSS JOIN LATERAL (SELECT v.value -> 'value' AS raw, jsonb_typeof(v.value -> 'value') AS type OFFSET 0) r
	CROSS JOIN LATERAL (SELECT CASE flag ->> 'variationType' || ' ' || r.type
		WHEN 'STRING string' THEN r.raw WHEN 'BOOLEAN boolean' THEN r.raw WHEN 'NUMERIC number' THEN r.raw
		WHEN 'INTEGER number' THEN CASE WHEN (r.raw #>> '{}')::numeric = trunc((r.raw #>> '{}')::numeric) THEN r.raw END
		WHEN 'JSON string' THEN ff._eppo_json(r.raw #>> '{}') END AS value OFFSET 0) x
	WHERE v.key <> '' AND x.value IS NOT NULL;
$$;

-- Refuses what is no configuration, or one whose keys are hashed.
CREATE FUNCTION ff._eppo_check(config jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(config) <> 'object' THEN
		RAISE EXCEPTION 'a universal flag configuration is an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	IF jsonb_typeof(config -> 'flags') IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a universal flag configuration has an object of flags' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.flags.';
	END IF;
	IF upper(config ->> 'format') IN ('CLIENT', 'PRECOMPUTED') THEN
		RAISE EXCEPTION 'this configuration is for clients: the keys of its flags and attributes are hashed'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.format.',
				HINT = 'Fetch the configuration with the SDK key of a server: its format is SERVER.';
	END IF;
END;
$$;

CREATE FUNCTION ff._import_eppo(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._eppo_check(config);
	RETURN QUERY SELECT 'flag', f.key, f.key, NULL::text, NULL::text[],
		coalesce(f.value -> 'enabled' NOT IN ('false', 'null', '0', '""'), false), NULL::text,
		jsonb_build_object('flag', CASE jsonb_typeof(f.value) WHEN 'object' THEN f.value - '{variations,enabled,key}'::text[] ELSE f.value END,
			'variations', ff._eppo_variations(f.value)), NULL::text, NULL::text
	FROM jsonb_each(config -> 'flags') f ORDER BY f.key COLLATE "C";
	RETURN QUERY SELECT 'bandit', b.key, NULL::text, NULL::text, NULL::text[], NULL::boolean, NULL::text, NULL::jsonb, 'skipped',
		'bandits are not imported: their flags answer the variation'
	FROM jsonb_each(CASE jsonb_typeof(config -> 'banditReferences') WHEN 'object' THEN config -> 'banditReferences' ELSE '{}' END) b;
END;
$$;
