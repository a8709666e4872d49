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
		RAISE EXCEPTION '"%" of a GrowthBook payload is an object, not %', name, jsonb_typeof(config -> name)
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
		RAISE EXCEPTION '"experiments" of a GrowthBook payload is an array, not %', jsonb_typeof(config -> 'experiments')
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

-- An array, or an empty one in place of what is none.
CREATE FUNCTION ff._growthbook_array(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END;

-- What features serve, each value as often as it stands there, with the names
-- that experiments give.
CREATE FUNCTION ff._growthbook_served(features jsonb) RETURNS TABLE (key text, value jsonb, name text, place bigint[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rules AS (
		SELECT f.key, r.value AS rule, r.ordinality AS place, CASE jsonb_typeof(r.value -> 'contextualVariations')
			WHEN 'null' THEN NULL ELSE r.value -> 'contextualVariations' END AS contextual
		FROM jsonb_each(features) f CROSS JOIN LATERAL jsonb_array_elements(ff._growthbook_array(f.value -> 'rules')) WITH ORDINALITY r
		WHERE jsonb_typeof(f.value) = 'object' AND jsonb_typeof(r.value) = 'object')
	SELECT f.key, f.value -> 'defaultValue', NULL::text, '{0,0}'::bigint[] FROM jsonb_each(features) f
	WHERE jsonb_typeof(f.value) = 'object' AND f.value ? 'defaultValue'
	UNION ALL
	SELECT r.key, r.rule -> 'force', NULL, ARRAY[r.place, 0] FROM rules r WHERE r.rule ? 'force'
	UNION ALL
	SELECT r.key, v.value, CASE jsonb_typeof(m.meta -> 'name') WHEN 'string' THEN nullif(left(m.meta ->> 'name', 100), '') END,
		ARRAY[r.place, v.ordinality]
	FROM rules r CROSS JOIN LATERAL jsonb_array_elements(ff._growthbook_array(coalesce(r.contextual, r.rule -> 'variations'))) WITH ORDINALITY v
	CROSS JOIN LATERAL (SELECT ff._growthbook_array(r.rule -> 'meta') -> (v.ordinality - 1)::int) m(meta)
	WHERE NOT r.rule ? 'force';
$$;

-- The variations of each feature that has any: a value once, the default first.
CREATE FUNCTION ff._growthbook_variations(features jsonb) RETURNS TABLE (key text, variations jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH each_once AS (
		SELECT s.key, s.value, min(s.place) AS first, (array_agg(s.name ORDER BY s.place) FILTER (WHERE s.name IS NOT NULL))[1] AS name
		FROM ff._growthbook_served(features) s WHERE s.value <> 'null' GROUP BY s.key, s.value),
	lists AS MATERIALIZED (
		SELECT o.key, ff._import_variations(jsonb_agg(o.value ORDER BY o.first)) AS variations, array_agg(o.name ORDER BY o.first) AS names
		FROM each_once o GROUP BY o.key)
	SELECT l.key, CASE WHEN array_remove(l.names, NULL) = '{}' THEN l.variations ELSE (
		SELECT jsonb_agg(v.value || CASE WHEN n.name IS NULL THEN '{}' ELSE jsonb_build_object('name', n.name) END ORDER BY v.ordinality)
		FROM jsonb_array_elements(l.variations) WITH ORDINALITY v JOIN unnest(l.names) WITH ORDINALITY n(name, place) ON n.place = v.ordinality) END
	FROM lists l;
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
		FROM jsonb_array_elements(ff._growthbook_array(feature -> 'rules')) r
		WHERE jsonb_typeof(r.value) = 'object') refs
	WHERE bandits ? refs.ref;
$$;

-- Experiments that are no rule of a feature; those of web pages need a browser.
CREATE FUNCTION ff._growthbook_experiments(config jsonb, common jsonb) RETURNS SETOF ff._import_part
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH experiments AS MATERIALIZED (
		SELECT e.value AS experiment, e.ordinality AS place, e.value ->> 'key' AS key, CASE
			WHEN e.value ?| '{urlPatterns,url,groups,changeId}' OR e.value -> 'manual' = 'true' THEN 'experiments of web pages are decided in the browser'
			WHEN jsonb_typeof(config -> 'features') = 'object' AND config -> 'features' ? (e.value ->> 'key') THEN 'there is a feature of that key' END AS why
		FROM jsonb_array_elements(ff._growthbook_array(config -> 'experiments')) WITH ORDINALITY e
		WHERE jsonb_typeof(e.value) = 'object' AND jsonb_typeof(e.value -> 'key') = 'string'),
	parts AS MATERIALIZED (
		SELECT e.*, coalesce(v.variations, '[]') AS variations, ff._growthbook_off(v.variations, NULL) AS off
		FROM experiments e LEFT JOIN ff._growthbook_variations((SELECT coalesce(jsonb_object_agg(x.key,
			jsonb_build_object('rules', jsonb_build_array(x.experiment - '{force,contextualVariations}'::text[]))), '{}') FROM experiments x)) v USING (key))
	SELECT CASE WHEN p.why IS NULL THEN 'flag' ELSE 'experiment' END, p.key, NULL::text, NULL::text, NULL::text[], true, coalesce(p.off, ''),
		common || jsonb_build_object('variations', p.variations, 'key', p.key, 'experiment', p.experiment - 'tracks')
			|| CASE WHEN p.off IS NULL THEN '{}' ELSE jsonb_build_object('off', p.off) END,
		CASE WHEN p.why IS NOT NULL THEN 'skipped' END, p.why
	FROM parts p ORDER BY p.place;
$$;

-- Features with their variations and the bandits that they name.
CREATE FUNCTION ff._growthbook_features(features jsonb, bandits jsonb, common jsonb) RETURNS SETOF ff._import_part
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH parts AS MATERIALIZED (
		SELECT f.key, coalesce(v.variations, '[]') AS variations, ff._growthbook_off(v.variations, f.value -> 'defaultValue') AS off,
			CASE WHEN jsonb_path_exists(f.value, 'strict $.rules[*].tracks', silent => true)
				THEN jsonb_set(f.value, '{rules}', ff._growthbook_rules(f.value -> 'rules')) ELSE f.value END AS feature,
			CASE WHEN bandits <> '{}' THEN ff._growthbook_bandits(f.value, bandits) END AS bandits
		FROM jsonb_each(features) f LEFT JOIN ff._growthbook_variations(features) v USING (key))
	SELECT 'flag'::text, p.key, NULL::text, NULL::text, NULL::text[], true, coalesce(p.off, ''),
		common || jsonb_build_object('variations', p.variations, 'key', p.key, 'feature', p.feature)
			|| CASE WHEN p.off IS NULL THEN '{}' ELSE jsonb_build_object('off', p.off) END
			|| CASE WHEN p.bandits IS NULL THEN '{}' ELSE jsonb_build_object('bandits', p.bandits) END, NULL::text, NULL::text
	FROM parts p ORDER BY p.key;
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
	RETURN QUERY SELECT * FROM ff._growthbook_features(ff._growthbook_member(config, 'features'), bandits, common);
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
