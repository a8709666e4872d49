-- PostHog: what its SDKs load for local evaluation (GET /flags/definitions,
-- earlier /api/feature_flag/local_evaluation), and its list of flags (GET
-- /api/projects/:id/feature_flags): {"results": [...]} or the array alone.

-- What a payload stands for: its JSON, or itself where it is none.
CREATE FUNCTION ff._posthog_payload(payload jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE jsonb_typeof(payload) WHEN 'string' THEN (payload #>> '{}')::jsonb ELSE payload END;
EXCEPTION WHEN data_exception THEN
	RETURN payload;
END;
$$;

CREATE FUNCTION ff._posthog_array(value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END;
$$;

-- A value as ECMAScript writes it into a text, for the ids of holdouts.
CREATE FUNCTION ff._posthog_holdout(filters jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN coalesce(jsonb_typeof(filters -> 'holdout'), 'null') <> 'null' THEN
			CASE WHEN jsonb_typeof(filters #> '{holdout,id}') IN ('number', 'string') THEN 'holdout-' ||
				CASE jsonb_typeof(filters #> '{holdout,id}') WHEN 'number' THEN trim_scale((filters #>> '{holdout,id}')::numeric)::text
					ELSE filters #>> '{holdout,id}' END END
		WHEN jsonb_typeof(filters #> '{holdout_groups,0}') = 'object' THEN
			coalesce(nullif(CASE jsonb_typeof(filters #> '{holdout_groups,0,variant}') WHEN 'string' THEN filters #>> '{holdout_groups,0,variant}' END, ''), 'holdout')
		END;
$$;

-- The values that a flag can serve: false, true, its variants, and what a
-- holdout serves.  A variant keeps its key; off and on have a number where one
-- is called so.
CREATE FUNCTION ff._posthog_variations(filters jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH keys AS MATERIALIZED (
		SELECT k.key, min(k.place) AS place FROM (
			SELECT v.value ->> 'key' AS key, v.ordinality AS place
			FROM jsonb_array_elements(ff._posthog_array(filters #> '{multivariate,variants}')) WITH ORDINALITY v
			WHERE jsonb_typeof(v.value -> 'key') = 'string'
			UNION ALL SELECT ff._posthog_holdout(filters), NULL) k
		WHERE k.key <> '' GROUP BY 1)
	SELECT jsonb_build_array(
		jsonb_build_object('key', CASE WHEN EXISTS (SELECT FROM keys k WHERE k.key = 'off') THEN 'off (0)' ELSE 'off' END, 'value', false),
		jsonb_build_object('key', CASE WHEN EXISTS (SELECT FROM keys k WHERE k.key = 'on') THEN 'on (0)' ELSE 'on' END, 'value', true))
		|| coalesce((SELECT jsonb_agg(jsonb_build_object('key', k.key, 'value', k.key) ORDER BY k.place NULLS LAST) FROM keys k), '[]');
$$;

-- Properties of a condition.  The list of flags names flags by id, what SDKs
-- load by key and with the chain that leads there.
CREATE FUNCTION ff._posthog_properties(properties jsonb, keys jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(properties) <> 'array' OR NOT properties @> '[{"type": "flag"}]' THEN properties
		ELSE (SELECT jsonb_agg(CASE WHEN p.value ->> 'type' = 'flag' AND jsonb_typeof(p.value) = 'object' THEN
				(p.value - 'dependency_chain') || CASE WHEN p.value ? 'dependency_chain' THEN '{}'
					ELSE jsonb_build_object('key', coalesce(keys -> (p.value ->> 'key'), p.value -> 'key')) END
				ELSE p.value END ORDER BY p.ordinality) FROM jsonb_array_elements(properties) WITH ORDINALITY p) END;
$$;

-- What evaluation needs of a flag's filters.
CREATE FUNCTION ff._posthog_filters(filters jsonb, keys jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(filters) <> 'object' THEN filters
		ELSE filters - '{payloads,groups}'::text[] || CASE WHEN NOT filters ? 'groups' THEN '{}' ELSE jsonb_build_object('groups',
			CASE WHEN jsonb_typeof(filters -> 'groups') <> 'array' THEN filters -> 'groups' ELSE
				(SELECT coalesce(jsonb_agg(CASE WHEN jsonb_typeof(g.value) <> 'object' OR NOT g.value ? 'properties' THEN g.value
					ELSE g.value || jsonb_build_object('properties', ff._posthog_properties(g.value -> 'properties', keys)) END
					ORDER BY g.ordinality), '[]') FROM jsonb_array_elements(filters -> 'groups') WITH ORDINALITY g) END) END END;
$$;

CREATE FUNCTION ff._posthog_document(flag jsonb, setup jsonb, keys jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT setup || jsonb_build_object('variations', ff._posthog_variations(flag -> 'filters'),
		'flag', jsonb_build_object('key', flag -> 'key')
			|| jsonb_strip_nulls(jsonb_build_object('bucketing_identifier', flag -> 'bucketing_identifier'))
			|| CASE WHEN flag -> 'ensure_experience_continuity' = 'true' THEN '{"ensure_experience_continuity": true}'::jsonb ELSE '{}' END
			|| CASE WHEN flag ? 'filters' THEN jsonb_build_object('filters', ff._posthog_filters(flag -> 'filters', keys)) ELSE '{}' END)
		|| CASE WHEN jsonb_typeof(flag #> '{filters,payloads}') = 'object' AND flag #> '{filters,payloads}' <> '{}' THEN jsonb_build_object('payloads',
			(SELECT jsonb_object_agg(p.key, ff._posthog_payload(p.value)) FROM jsonb_each(flag #> '{filters,payloads}') p)) ELSE '{}' END;
$$;

-- Refuses what is no array of objects that have a member of a type.
CREATE FUNCTION ff._posthog_check(items jsonb, at text, name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	IF jsonb_typeof(items) <> 'array' THEN
		RAISE EXCEPTION 'the flags of PostHog are an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', at);
	END IF;
	SELECT i.ordinality - 1 AS place, jsonb_typeof(i.value) <> 'object' AS shapeless INTO bad
	FROM jsonb_array_elements(items) WITH ORDINALITY i
	WHERE jsonb_typeof(i.value) <> 'object' OR coalesce(jsonb_typeof(i.value -> name), '') NOT IN ('string', CASE name WHEN 'id' THEN 'number' ELSE 'string' END)
	ORDER BY i.ordinality LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'one of PostHog''s % %', CASE name WHEN 'id' THEN 'cohorts' ELSE 'flags' END,
				CASE WHEN bad.shapeless THEN 'is no object' ELSE format('has no %s', name) END
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('At %s[%s]%s.', at, bad.place, CASE WHEN bad.shapeless THEN '' ELSE '.' || name END);
	END IF;
END;
$$;

-- Cohorts by id: an object of them, or what GET /api/projects/:id/cohorts lists.
-- One without a definition, static or by what persons did, is a name alone.
CREATE FUNCTION ff._posthog_cohorts(cohorts jsonb) RETURNS TABLE (id text, name text, filters jsonb, place bigint)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	cohorts := CASE WHEN jsonb_typeof(cohorts -> 'results') = 'array' THEN cohorts -> 'results' ELSE cohorts END;
	IF jsonb_typeof(cohorts) = 'object' THEN
		RETURN QUERY SELECT c.key, NULL, coalesce(c.value -> 'properties', c.value), row_number() OVER () FROM jsonb_each(cohorts) c;
	ELSIF coalesce(jsonb_typeof(cohorts), 'null') <> 'null' THEN
		PERFORM ff._posthog_check(cohorts, '$.cohorts', 'id');
		RETURN QUERY SELECT c.value ->> 'id', c.value ->> 'name',
			CASE WHEN c.value -> 'is_static' = 'true' THEN NULL ELSE c.value #> '{filters,properties}' END, c.ordinality
			FROM jsonb_array_elements(cohorts) WITH ORDINALITY c WHERE c.value -> 'deleted' IS DISTINCT FROM 'true';
	END IF;
END;
$$;

-- What documents of an import have in common.
CREATE FUNCTION ff._posthog_setup(config jsonb, options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version text := ff._import_option(options, 'property_matching_version', ARRAY[CASE WHEN config -> 'property_matching_version' = '2' THEN '2' ELSE '1' END, '1', '2']);
	types jsonb := coalesce(options -> 'group_type_mapping', config -> 'group_type_mapping', config -> 'groupTypeMapping', '{}');
BEGIN
	IF jsonb_typeof(types) NOT IN ('object', 'null') THEN
		RAISE EXCEPTION 'group_type_mapping is an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.group_type_mapping.';
	END IF;
	RETURN jsonb_strip_nulls(jsonb_build_object('sdk', ff._import_option(options, 'sdk', '{node,server}'),
		'property_matching_version', CASE version WHEN '2' THEN 2 END, 'group_types', nullif(nullif(types, '{}'), 'null')));
END;
$$;

-- What a flag names that the configuration does not have.
CREATE FUNCTION ff._posthog_absent(document jsonb, flags jsonb, cohorts text[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(n.note, '; ' ORDER BY n.note) FROM (
		SELECT format('cohort %s is not in the configuration: unless it was imported before, the attribute $cohorts tells who is in it', c.id #>> '{}') AS note
		FROM jsonb_path_query(document, '$.flag.filters.groups[*].properties[*] ? (@.type == "cohort").value', silent => true) c(id)
		WHERE jsonb_typeof(c.id) IN ('number', 'string') AND c.id #>> '{}' <> ALL (cohorts)
		UNION SELECT format('flag "%s" is not in the configuration: unless it was imported before, this one is off', f.key #>> '{}')
		FROM jsonb_path_query(document, '$.flag.filters.groups[*].properties[*] ? (@.type == "flag").key', silent => true) f(key)
		WHERE jsonb_typeof(f.key) = 'string' AND NOT flags ? (f.key #>> '{}')) n;
$$;

CREATE FUNCTION ff._import_posthog(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home text := CASE WHEN jsonb_typeof(config) = 'array' THEN '$' WHEN config ? 'flags' THEN '$.flags' ELSE '$.results' END;
	flags jsonb := CASE WHEN jsonb_typeof(config) = 'array' THEN config ELSE coalesce(config -> 'flags', config -> 'results') END;
	setup jsonb := ff._posthog_setup(CASE jsonb_typeof(config) WHEN 'object' THEN config ELSE '{}' END, options);
	keys jsonb;
	names jsonb;
	cohorts text[];
BEGIN
	IF flags IS NULL AND NOT coalesce(config ? 'cohorts', false) THEN
		RAISE EXCEPTION 'a configuration of PostHog has flags, results or cohorts' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	flags := coalesce(flags, '[]');
	PERFORM ff._posthog_check(flags, home, 'key');
	keys := coalesce((SELECT jsonb_object_agg(f ->> 'id', f -> 'key') FROM jsonb_array_elements(flags) f WHERE f ->> 'id' IS NOT NULL), '{}');
	names := coalesce((SELECT jsonb_object_agg(f ->> 'key', true) FROM jsonb_array_elements(flags) f WHERE f -> 'deleted' IS DISTINCT FROM 'true'), '{}');
	cohorts := ARRAY(SELECT c.id FROM ff._posthog_cohorts(CASE WHEN jsonb_typeof(config) = 'object' THEN config -> 'cohorts' END) c);
	RETURN QUERY SELECT 'flag', f.value ->> 'key', NULL, CASE jsonb_typeof(f.value -> 'name') WHEN 'string' THEN f.value ->> 'name' END,
			CASE WHEN f.value -> 'tags' @> '[]' THEN (SELECT array_agg(t.value ORDER BY t.ordinality) FROM jsonb_array_elements_text(f.value -> 'tags') WITH ORDINALITY t) END,
			coalesce(f.value -> 'active' = 'true', false), d.document #>> '{variations,0,key}', d.document, NULL,
			nullif(concat_ws('; ', CASE WHEN coalesce(jsonb_typeof(f.value -> 'active'), '') <> 'boolean' THEN 'active is no boolean: it is off' END,
				ff._posthog_absent(d.document, names, cohorts)), '')
		FROM jsonb_array_elements(flags) WITH ORDINALITY f
		CROSS JOIN LATERAL (SELECT ff._posthog_document(f.value, setup, keys) AS document OFFSET 0) d
		WHERE f.value -> 'deleted' IS DISTINCT FROM 'true' ORDER BY f.ordinality;
	RETURN QUERY SELECT 'flag', f.value ->> 'key', NULL, NULL, NULL::text[], NULL::boolean, NULL, NULL::jsonb, 'skipped', 'deleted there'
		FROM jsonb_array_elements(flags) WITH ORDINALITY f WHERE f.value -> 'deleted' = 'true' ORDER BY f.ordinality;
	RETURN QUERY SELECT 'segment', c.id, c.name, NULL, NULL::text[], NULL::boolean, NULL,
			setup - 'group_types' || jsonb_strip_nulls(jsonb_build_object('id', c.id, 'name', c.name))
				|| CASE WHEN c.filters IS NULL THEN '{}' ELSE jsonb_build_object('filters', c.filters) END, NULL, NULL
		FROM ff._posthog_cohorts(CASE WHEN jsonb_typeof(config) = 'object' THEN config -> 'cohorts' END) c ORDER BY c.place;
END;
$$;
