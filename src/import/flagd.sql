-- Flag files of flagd.

-- Logic with what $evaluators defines in the place of {"$ref": name}; a name
-- that is not defined stays, and is no operator.  Those that refer to others
-- are resolved as deep as they go, but for those that lead back to themselves.
CREATE FUNCTION ff._flagd_resolve(logic jsonb, evaluators jsonb, entered text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text;
BEGIN
	IF strpos(logic::text, '"$ref"') = 0 THEN
		RETURN logic;
	END IF;
	IF jsonb_typeof(logic) = 'array' THEN
		RETURN (SELECT jsonb_agg(ff._flagd_resolve(e.value, evaluators, entered) ORDER BY e.ordinality)
			FROM jsonb_array_elements(logic) WITH ORDINALITY e);
	END IF;
	IF jsonb_typeof(logic) <> 'object' THEN
		RETURN logic;
	END IF;
	name := logic ->> '$ref';
	IF logic = jsonb_build_object('$ref', name) AND evaluators ? name AND name <> ALL (entered) THEN
		RETURN ff._flagd_resolve(evaluators -> name, evaluators, entered || name);
	END IF;
	RETURN (SELECT jsonb_object_agg(m.key, ff._flagd_resolve(m.value, evaluators, entered)) FROM jsonb_each(logic) m);
END;
$$;

-- Refuses what flagd refuses, which is then the whole file.
CREATE FUNCTION ff._flagd_check(flags jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	SELECT f.key, x.fault, x.place INTO bad
	FROM jsonb_each(flags) f CROSS JOIN LATERAL (VALUES
		(1, jsonb_typeof(f.value) <> 'object', 'a flag is an object', ''),
		(2, f.value ->> 'state' IS NULL OR f.value -> 'state' NOT IN ('"ENABLED"', '"DISABLED"'),
			'the state of a flag is ENABLED or DISABLED', '.state'),
		(3, jsonb_typeof(f.value -> 'variants') IS DISTINCT FROM 'object', 'variants are an object', '.variants'),
		(4, jsonb_typeof(f.value -> 'variants') = 'object' AND f.value -> 'variants' ? '', 'a variant needs a name', '.variants'),
		(5, f.value -> 'defaultVariant' NOT IN ('null', 'false', '""', '0')
			AND NOT coalesce(jsonb_typeof(f.value -> 'defaultVariant') = 'string'
				AND f.value -> 'variants' ? (f.value ->> 'defaultVariant'), false),
			'the default variant is none of the variants', '.defaultVariant')) x(ordinal, wrong, fault, place)
	WHERE x.wrong ORDER BY f.key, x.ordinal LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'flag "%": %', left(bad.key, 60), bad.fault
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.flags.%s%s.', bad.key, bad.place);
	END IF;
END;
$$;

-- A flag's document: logic is resolved, and variants stand apart.
CREATE FUNCTION ff._flagd_document(key text, flag jsonb, config jsonb, generation text, engine text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('generation', generation, 'engine', nullif(engine, 'compiled')))
		|| jsonb_build_object('key', key,
			'variations', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', v.key, 'value', v.value)), '[]') FROM jsonb_each(flag -> 'variants') v),
			'flag', flag - 'variants' - 'state'
				|| CASE WHEN flag ? 'targeting' THEN jsonb_build_object('targeting',
					ff._flagd_resolve(flag -> 'targeting', coalesce(config -> '$evaluators', '{}'), '{}')) ELSE '{}' END)
		|| CASE WHEN jsonb_typeof(config -> 'metadata') = 'object' AND config -> 'metadata' <> '{}'
			THEN jsonb_build_object('set_metadata', config -> 'metadata') ELSE '{}' END;
$$;

-- {"flags": {key: flag}, "$evaluators": {name: logic}, "metadata": {}}.
-- Options: generation of fractional, v2 (default), v1 or v3; engine, how the
-- SDK for ECMAScript runs JsonLogic: compiled (default) or interpreted.
CREATE FUNCTION ff._import_flagd(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	generation text := ff._import_option(options, 'generation', '{v2,v1,v3}');
	engine text := ff._import_option(options, 'engine', '{compiled,interpreted}');
BEGIN
	IF jsonb_typeof(config) <> 'object' OR jsonb_typeof(config -> 'flags') IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a flag file of flagd is an object whose flags are an object'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = CASE jsonb_typeof(config) WHEN 'object' THEN 'At $.flags.' ELSE 'At $.' END;
	END IF;
	IF jsonb_typeof(config -> '$evaluators') NOT IN ('object', 'null') THEN
		RAISE EXCEPTION '$evaluators are an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.$evaluators.';
	END IF;
	PERFORM ff._flagd_check(config -> 'flags');
	RETURN QUERY
	SELECT 'flag', f.key, NULL::text, NULL::text, NULL::text[], f.value ->> 'state' = 'ENABLED', '',
		ff._flagd_document(f.key, f.value, config, generation, engine), NULL::text, NULL::text
	FROM jsonb_each(config -> 'flags') f ORDER BY f.key;
END;
$$;
