-- GrowthBook: what its SDKs read, {features, savedGroups, contextualBandits,
-- experiments}.  The document of a flag is {"variations", "key", "feature" or
-- "experiment", "bandits", "sdk", "user_attribute", "off"}; that of a saved group
-- {"group", "user_attribute"}.

-- The member of a payload as an object, empty where it is missing.
CREATE FUNCTION ff._growthbook_member(config jsonb, name text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF coalesce(jsonb_typeof(config -> name), 'null') = 'null' THEN
		RETURN '{}';
	ELSIF jsonb_typeof(config -> name) <> 'object' THEN
		RAISE EXCEPTION '% of a GrowthBook payload is an object, not %', name, jsonb_typeof(config -> name)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', name);
	END IF;
	RETURN config -> name;
END;
$$;

-- An error where this is no payload, or one that cannot be read.
CREATE FUNCTION ff._growthbook_check(config jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	encrypted text;
BEGIN
	IF jsonb_typeof(config) <> 'object' THEN
		RAISE EXCEPTION 'a GrowthBook payload is an object, not %', jsonb_typeof(config)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT name INTO encrypted FROM unnest('{encryptedFeatures,encryptedSavedGroups,encryptedExperiments,encryptedContextualBandits}'::text[]) name
	WHERE coalesce(config ->> name, '') <> '' LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the payload is encrypted: % cannot be read', encrypted
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', encrypted),
				HINT = 'Use an SDK connection without encryption, or decrypt the payload first.';
	ELSIF jsonb_typeof(config -> 'features') = 'array' THEN
		RAISE EXCEPTION 'features are those of the management API, not of an SDK payload'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.features.',
				HINT = 'Import what the SDK endpoint of the environment answers: /api/features/CLIENT_KEY.';
	ELSIF config -> 'features' IS NULL AND config -> 'experiments' IS NULL THEN
		RAISE EXCEPTION 'a GrowthBook payload has features' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.features.';
	ELSIF coalesce(jsonb_typeof(config -> 'experiments'), 'array') NOT IN ('array', 'null') THEN
		RAISE EXCEPTION 'experiments of a GrowthBook payload are an array, not %', jsonb_typeof(config -> 'experiments')
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.experiments.';
	END IF;
END;
$$;

-- The attribute that the user key stands for.
CREATE FUNCTION ff._growthbook_user_attribute(options jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF options -> 'user_attribute' IS NOT NULL AND (jsonb_typeof(options -> 'user_attribute') <> 'string'
		OR NOT octet_length(options ->> 'user_attribute') BETWEEN 1 AND 255) THEN
		RAISE EXCEPTION 'option "user_attribute" is the name of an attribute, not %', left((options -> 'user_attribute')::text, 100)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN coalesce(options ->> 'user_attribute', 'id');
END;
$$;

-- The rules of a feature without what is for tracking alone.
CREATE FUNCTION ff._growthbook_rules(rules jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE jsonb_typeof(rules) WHEN 'array' THEN (
		SELECT coalesce(jsonb_agg(CASE jsonb_typeof(r.value) WHEN 'object' THEN r.value - 'tracks' ELSE r.value END ORDER BY r.ordinality), '[]')
		FROM jsonb_array_elements(rules) WITH ORDINALITY r) ELSE rules END;
$$;

-- What a rule serves, in order, with the names that an experiment gives.
CREATE FUNCTION ff._growthbook_served(rule jsonb) RETURNS TABLE (value jsonb, name text, place bigint)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT rule -> 'force', NULL, 0 WHERE jsonb_typeof(rule) = 'object' AND rule ? 'force'
	UNION ALL
	SELECT v.value, CASE WHEN jsonb_typeof(m.meta -> 'name') = 'string' THEN m.meta ->> 'name' END, v.ordinality
	FROM (SELECT CASE WHEN jsonb_typeof(rule) = 'object' THEN coalesce(nullif(rule -> 'contextualVariations', 'null'), rule -> 'variations') END) x(variations)
	CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(x.variations) WHEN 'array' THEN x.variations ELSE '[]' END) WITH ORDINALITY v
	CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(rule -> 'meta') WHEN 'array' THEN rule -> 'meta' -> (v.ordinality - 1)::int END) m(meta)
	WHERE jsonb_typeof(rule) = 'object' AND NOT rule ? 'force';
$$;

-- The variations of a feature: each value once, the default first.
CREATE FUNCTION ff._growthbook_variations(feature jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH served AS (
		SELECT feature -> 'defaultValue' AS value, NULL::text AS name, 0::bigint AS rule, 0::bigint AS place
		WHERE jsonb_typeof(feature) = 'object'
		UNION ALL
		SELECT s.value, s.name, r.ordinality, s.place
		FROM jsonb_array_elements(CASE jsonb_typeof(feature -> 'rules') WHEN 'array' THEN feature -> 'rules' ELSE '[]' END) WITH ORDINALITY r
		CROSS JOIN LATERAL ff._growthbook_served(r.value) s),
	each_once AS (
		SELECT value, (array_agg(left(name, 100) ORDER BY rule, place) FILTER (WHERE name <> ''))[1] AS name, min(ARRAY[rule, place]) AS first
		FROM served WHERE value <> 'null' GROUP BY value),
	keyed AS (
		SELECT k.value || CASE WHEN o.name IS NULL THEN '{}' ELSE jsonb_build_object('name', o.name) END AS variation, o.place
		FROM (SELECT name, row_number() OVER (ORDER BY first) AS place FROM each_once) o
		JOIN jsonb_array_elements(ff._import_variations((SELECT coalesce(jsonb_agg(value ORDER BY first), '[]') FROM each_once)))
			WITH ORDINALITY k ON k.ordinality = o.place)
	SELECT coalesce(jsonb_agg(variation ORDER BY place), '[]') FROM keyed;
$$;

-- The variation that stands for off: false, or what a feature serves by default.
CREATE FUNCTION ff._growthbook_off(variations jsonb, usual jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.value ->> 'key' FROM jsonb_array_elements(variations) WITH ORDINALITY v
	WHERE v.value -> 'value' IN ('false', usual) ORDER BY v.value -> 'value' <> 'false', v.ordinality LIMIT 1;
$$;

-- The bandits that the rules of a feature name.
CREATE FUNCTION ff._growthbook_bandits(feature jsonb, bandits jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_object_agg(refs.ref, bandits -> refs.ref) FROM (
		SELECT DISTINCT r.value ->> 'contextualBanditRef' AS ref
		FROM jsonb_array_elements(CASE jsonb_typeof(feature -> 'rules') WHEN 'array' THEN feature -> 'rules' ELSE '[]' END) r
		WHERE jsonb_typeof(r.value) = 'object') refs
	WHERE bandits ? refs.ref;
$$;

-- Experiments that are no rule of a feature; those of web pages need a browser.
CREATE FUNCTION ff._growthbook_experiments(config jsonb, common jsonb) RETURNS SETOF ff._import_part
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN x.why IS NULL THEN 'flag' ELSE 'experiment' END, x.key, NULL::text, NULL::text, NULL::text[], true,
		CASE WHEN x.why IS NULL THEN ff._growthbook_off(x.variations, 'null') END,
		common || jsonb_build_object('variations', x.variations, 'key', x.key, 'experiment', x.experiment - 'tracks')
			|| jsonb_strip_nulls(jsonb_build_object('off', ff._growthbook_off(x.variations, 'null'))),
		CASE WHEN x.why IS NOT NULL THEN 'skipped' END, x.why
	FROM (SELECT e.value AS experiment, e.ordinality AS place, coalesce(e.value ->> 'key', '') AS key,
			ff._growthbook_variations(jsonb_build_object('rules', jsonb_build_array(e.value - 'force' - 'contextualVariations'))) AS variations,
			CASE
				WHEN e.value ?| '{urlPatterns,url,groups,changeId}' OR e.value -> 'manual' = 'true' THEN 'experiments of web pages are decided in the browser'
				WHEN jsonb_typeof(config -> 'features') = 'object' AND config -> 'features' ? (e.value ->> 'key') THEN 'there is a feature of that key' END AS why
		FROM jsonb_array_elements(CASE jsonb_typeof(config -> 'experiments') WHEN 'array' THEN config -> 'experiments' ELSE '[]' END) WITH ORDINALITY e
		WHERE jsonb_typeof(e.value) = 'object' AND jsonb_typeof(e.value -> 'key') = 'string') x
	ORDER BY x.place;
$$;

CREATE FUNCTION ff._import_growthbook(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	common jsonb;
	bandits jsonb;
	attribute jsonb := jsonb_build_object('user_attribute', ff._growthbook_user_attribute(options));
BEGIN
	PERFORM ff._growthbook_check(config);
	bandits := ff._growthbook_member(config, 'contextualBandits');
	common := attribute || jsonb_build_object('sdk', ff._import_option(options, 'sdk', '{js,utf8}'));
	RETURN QUERY SELECT 'segment'::text, g.key, NULL::text, NULL::text, NULL::text[], NULL::boolean, NULL::text,
		attribute || jsonb_build_object('group', g.value), NULL::text, NULL::text
	FROM jsonb_each(ff._growthbook_member(config, 'savedGroups')) g ORDER BY g.key;
	RETURN QUERY SELECT 'flag'::text, f.key, NULL::text, NULL::text, NULL::text[], true, coalesce(f.off, ''),
		common || jsonb_build_object('variations', f.variations, 'key', f.key, 'feature', f.feature)
			|| jsonb_strip_nulls(jsonb_build_object('off', f.off))
			|| CASE WHEN f.bandits IS NULL THEN '{}' ELSE jsonb_build_object('bandits', f.bandits) END, NULL::text, NULL::text
	FROM (SELECT x.key, v.variations, ff._growthbook_off(v.variations, x.value -> 'defaultValue') AS off,
			CASE WHEN jsonb_typeof(x.value) = 'object' AND x.value ? 'rules'
				THEN jsonb_set(x.value, '{rules}', ff._growthbook_rules(x.value -> 'rules')) ELSE x.value END AS feature,
			ff._growthbook_bandits(x.value, bandits) AS bandits
		FROM jsonb_each(ff._growthbook_member(config, 'features')) x
		CROSS JOIN LATERAL (SELECT ff._growthbook_variations(x.value)) v(variations)) f ORDER BY f.key;
	RETURN QUERY SELECT * FROM ff._growthbook_experiments(config, common);
END;
$$;

-- GrowthBook's arithmetic: a range [from, to) of bucket values for each
-- variation (a coverage or weights that are NULL: all, and all the same), the
-- place of the first range that a value is in (-1: none), and whether a key is
-- in a namespace [name, from, to].
CREATE FUNCTION ff._growthbook_ranges(variations int, coverage jsonb DEFAULT NULL, weights jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'ff_growthbook_ranges';

CREATE FUNCTION ff._growthbook_choose(n float8, ranges jsonb) RETURNS int
LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'ff_growthbook_choose';

CREATE FUNCTION ff._growthbook_in_namespace(key text, namespace jsonb) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'ff_growthbook_in_namespace';
