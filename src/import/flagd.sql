-- Flag files of flagd.

-- Logic with what is defined in the place of {"$ref": name}; a name that is not
-- defined stays, and is no operator.
CREATE FUNCTION ff._flagd_resolve(logic jsonb, evaluators jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF strpos(logic::text, '"$ref"') = 0 THEN
		RETURN logic;
	ELSIF jsonb_typeof(logic) = 'array' THEN
		RETURN (SELECT jsonb_agg(ff._flagd_resolve(e.value, evaluators) ORDER BY e.ordinality)
			FROM jsonb_array_elements(logic) WITH ORDINALITY e);
	ELSIF jsonb_typeof(logic) <> 'object' THEN
		RETURN logic;
	ELSIF logic = jsonb_build_object('$ref', logic ->> '$ref') AND evaluators ? (logic ->> '$ref') THEN
		RETURN evaluators -> (logic ->> '$ref');
	END IF;
	RETURN (SELECT jsonb_object_agg(m.key, ff._flagd_resolve(m.value, evaluators)) FROM jsonb_each(logic) m);
END;
$$;

-- The names that logic refers to.
CREATE FUNCTION ff._flagd_references(logic jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT r #>> '{}' FROM jsonb_path_query(logic, 'strict $.**."$ref"', '{}', true) r WHERE jsonb_typeof(r) = 'string');
$$;

-- Refuses logic that references would make too large.
CREATE FUNCTION ff._flagd_check_size(logic jsonb, evaluators jsonb, place text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF strpos(logic::text, '"$ref"') > 0 AND (SELECT sum(length((evaluators -> r)::text)) FROM unnest(ff._flagd_references(logic)) r) > 1000000 THEN
		RAISE EXCEPTION 'logic of more than 1000000 characters once references are resolved'
			USING ERRCODE = 'program_limit_exceeded', DETAIL = format('At $.%s.', place);
	END IF;
END;
$$;

-- $evaluators without references to each other: all at once that refer to none
-- that waits, and again; those that lead back to themselves keep their references.
CREATE FUNCTION ff._flagd_evaluators(evaluators jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	resolved jsonb := '{}';
	waiting jsonb := coalesce(nullif(evaluators, 'null'), '{}');
	ready text[];
BEGIN
	FOR depth IN 0 .. 64 LOOP
		ready := ARRAY(SELECT e.key FROM jsonb_each(waiting) e
			WHERE strpos(e.value::text, '"$ref"') = 0 OR NOT waiting ?| ff._flagd_references(e.value) ORDER BY e.key);
		IF ready = '{}' THEN
			RETURN resolved || waiting;
		END IF;
		PERFORM ff._flagd_check_size(waiting -> r.key, resolved, '$evaluators.' || r.key) FROM unnest(ready) r(key);
		resolved := resolved || (SELECT jsonb_object_agg(r.key, ff._flagd_resolve(waiting -> r.key, resolved)) FROM unnest(ready) r(key));
		waiting := (SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(waiting) e WHERE NOT resolved ? e.key);
	END LOOP;
	RAISE EXCEPTION 'references that lead through more than 64 others'
		USING ERRCODE = 'program_limit_exceeded', DETAIL = 'At $.$evaluators.';
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
CREATE FUNCTION ff._flagd_document(key text, flag jsonb, evaluators jsonb, metadata jsonb, generation text, engine text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('generation', generation, 'engine', nullif(engine, 'compiled')))
		|| jsonb_build_object('key', key,
			'variations', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', v.key, 'value', v.value)), '[]') FROM jsonb_each(flag -> 'variants') v),
			'flag', flag - 'variants' - 'state'
				|| CASE WHEN flag ? 'targeting' THEN jsonb_build_object('targeting',
					ff._flagd_resolve(flag -> 'targeting', evaluators)) ELSE '{}' END)
		|| CASE WHEN jsonb_typeof(metadata) = 'object' AND metadata <> '{}' THEN jsonb_build_object('set_metadata', metadata) ELSE '{}' END;
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
	evaluators jsonb;
BEGIN
	IF jsonb_typeof(config) <> 'object' OR jsonb_typeof(config -> 'flags') IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a flag file of flagd is an object whose flags are an object'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = CASE jsonb_typeof(config) WHEN 'object' THEN 'At $.flags.' ELSE 'At $.' END;
	END IF;
	IF jsonb_typeof(config -> '$evaluators') NOT IN ('object', 'null') THEN
		RAISE EXCEPTION '$evaluators are an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.$evaluators.';
	END IF;
	PERFORM ff._flagd_check(config -> 'flags');
	evaluators := ff._flagd_evaluators(config -> '$evaluators');
	PERFORM ff._flagd_check_size(f.value, evaluators, 'flags.' || f.key) FROM jsonb_each(config -> 'flags') f;
	RETURN QUERY
	SELECT 'flag', f.key, NULL::text, NULL::text, NULL::text[], f.value ->> 'state' = 'ENABLED', '',
		ff._flagd_document(f.key, f.value, evaluators, config -> 'metadata', generation, engine), NULL::text, NULL::text
	FROM jsonb_each(config -> 'flags') f ORDER BY f.key;
END;
$$;
