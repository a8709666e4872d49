-- Unleash: what its SDKs fetch (GET /api/client/features), the events of its
-- delta API, and its export (POST /api/admin/features-batch/export), which tells
-- of segments only their names.

-- What a variant's payload stands for; its name where it has none.
CREATE FUNCTION ff._unleash_value(name text, payload jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(payload) IS DISTINCT FROM 'object' OR payload ->> 'value' IS NULL THEN
		RETURN to_jsonb(name);
	END IF;
	IF payload ->> 'type' = 'json' THEN
		RETURN (payload ->> 'value')::jsonb;
	END IF;
	IF payload ->> 'type' = 'number' AND payload ->> 'value' ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\s*$' THEN
		RETURN to_jsonb((payload ->> 'value')::numeric);
	END IF;
	RETURN to_jsonb(payload ->> 'value');
EXCEPTION WHEN data_exception THEN
	RETURN to_jsonb(payload ->> 'value');
END;
$$;

-- The variants of a feature and then of its strategies, in order.
CREATE FUNCTION ff._unleash_variants(feature jsonb) RETURNS TABLE (place bigint, name text, payload jsonb)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT row_number() OVER (ORDER BY o.strategy, v.ordinality), coalesce(v.value ->> 'name', ''), coalesce(v.value -> 'payload', 'null')
	FROM (SELECT 0::bigint AS strategy, feature -> 'variants' AS variants
		UNION ALL SELECT s.ordinality, s.value -> 'variants'
		FROM jsonb_array_elements(CASE jsonb_typeof(feature -> 'strategies') WHEN 'array' THEN feature -> 'strategies' ELSE '[]' END)
			WITH ORDINALITY s) o
	CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(o.variants) WHEN 'array' THEN o.variants ELSE '[]' END) WITH ORDINALITY v
	WHERE jsonb_typeof(v.value) = 'object';
END;
$$;

-- The document of a feature.  Off and on come first; then each variant by its
-- name, with a number where there is another one of that name, or where the name
-- looks as if it had one: the number can be taken off again.
CREATE FUNCTION ff._unleash_document(feature jsonb, sdk text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	WITH variants AS MATERIALIZED (SELECT * FROM ff._unleash_variants(feature)),
	kinds AS (SELECT v.name, v.payload, min(v.place) AS first FROM variants v GROUP BY 1, 2),
	numbered AS MATERIALIZED (
		SELECT k.name, k.payload, row_number() OVER (ORDER BY k.first) + 1 AS place,
			row_number() OVER (PARTITION BY k.name ORDER BY k.first) AS nth FROM kinds k)
	SELECT jsonb_build_object('sdk', sdk, 'flag', feature - '{enabled,archived,createdAt,archivedAt,lastSeenAt,favorite}'::text[],
		'places', coalesce((SELECT jsonb_agg(n.place ORDER BY v.place) FROM variants v JOIN numbered n USING (name, payload)), '[]'),
		'variations', jsonb_build_array(
			jsonb_build_object('key', CASE WHEN EXISTS (SELECT FROM numbered n WHERE n.name = 'off') THEN 'off (0)' ELSE 'off' END, 'value', false),
			jsonb_build_object('key', CASE WHEN EXISTS (SELECT FROM numbered n WHERE n.name = 'on') THEN 'on (0)' ELSE 'on' END, 'value', true))
			|| coalesce((SELECT jsonb_agg(jsonb_build_object('value', ff._unleash_value(n.name, n.payload), 'key',
					CASE WHEN n.nth = 1 AND n.name <> '' AND n.name !~ ' \([0-9]*\)$' THEN n.name ELSE format('%s (%s)', n.name, n.nth) END)
				ORDER BY n.place) FROM numbered n), '[]')));
END;
$$;

-- The features and segments that events leave, in order: hydration begins anew.
CREATE FUNCTION ff._unleash_events(events jsonb) RETURNS TABLE (kind text, key text, item jsonb, place bigint)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH events AS MATERIALIZED (
		SELECT e.value AS event, e.ordinality AS place, e.value ->> 'type' AS type FROM jsonb_array_elements(events) WITH ORDINALITY e),
	recent AS MATERIALIZED (
		SELECT * FROM events e WHERE e.place >= coalesce((SELECT max(h.place) FROM events h WHERE h.type = 'hydration'), 0)),
	items AS (
		SELECT 'flag' AS kind, r.event -> 'feature' AS item, NULL AS gone, r.place, 0::bigint AS inner_place FROM recent r WHERE r.type = 'feature-updated'
		UNION ALL SELECT 'segment', r.event -> 'segment', NULL, r.place, 0 FROM recent r WHERE r.type = 'segment-updated'
		UNION ALL SELECT 'flag', NULL, r.event ->> 'featureName', r.place, 0 FROM recent r WHERE r.type = 'feature-removed'
		UNION ALL SELECT 'segment', NULL, r.event ->> 'segmentId', r.place, 0 FROM recent r WHERE r.type = 'segment-removed'
		UNION ALL SELECT k.kind, i.value, NULL, r.place, i.ordinality FROM recent r
		CROSS JOIN (VALUES ('flag', 'features'), ('segment', 'segments')) k(kind, member)
		CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(r.event -> k.member) WHEN 'array' THEN r.event -> k.member ELSE '[]' END)
			WITH ORDINALITY i WHERE r.type = 'hydration')
	SELECT l.kind, l.key, l.item, row_number() OVER (ORDER BY l.kind, l.place, l.inner_place) FROM (
		SELECT DISTINCT ON (i.kind, k.key) i.kind, k.key, i.item, i.place, i.inner_place FROM items i
		CROSS JOIN LATERAL (SELECT coalesce(i.gone, i.item ->> CASE i.kind WHEN 'flag' THEN 'name' ELSE 'id' END) AS key) k
		ORDER BY i.kind, k.key, i.place DESC, i.inner_place DESC) l;
$$;

-- A feature of an export as SDKs would fetch it: strategies that are disabled
-- are left out, the others come in their order.
CREATE FUNCTION ff._unleash_exported(config jsonb) RETURNS TABLE (feature jsonb, place bigint, tags text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH strategies AS MATERIALIZED (
		SELECT s.value ->> 'featureName' AS name, jsonb_agg(
			(s.value - '{featureName,sortOrder,disabled,createdAt,projectId,environment,strategyName,milestoneId}'::text[])
			ORDER BY CASE jsonb_typeof(s.value -> 'sortOrder') WHEN 'number' THEN (s.value -> 'sortOrder')::numeric END, s.ordinality) AS items
		FROM jsonb_array_elements(config -> 'featureStrategies') WITH ORDINALITY s
		WHERE jsonb_typeof(s.value) = 'object' AND s.value -> 'disabled' IS DISTINCT FROM 'true' GROUP BY 1),
	environments AS MATERIALIZED (
		SELECT DISTINCT ON (1) e.value ->> 'featureName' AS name, e.value -> 'enabled' AS enabled, e.value -> 'variants' AS variants
		FROM jsonb_array_elements(CASE jsonb_typeof(config -> 'featureEnvironments') WHEN 'array' THEN config -> 'featureEnvironments' ELSE '[]' END)
			WITH ORDINALITY e WHERE jsonb_typeof(e.value) = 'object' ORDER BY 1, e.ordinality),
	parents AS MATERIALIZED (
		SELECT DISTINCT ON (1) d.value ->> 'feature' AS name, d.value -> 'dependencies' AS items
		FROM jsonb_array_elements(CASE jsonb_typeof(config -> 'dependencies') WHEN 'array' THEN config -> 'dependencies' ELSE '[]' END)
			WITH ORDINALITY d WHERE jsonb_typeof(d.value) = 'object' ORDER BY 1, d.ordinality),
	labels AS MATERIALIZED (
		SELECT t.value ->> 'featureName' AS name, array_agg(format('%s:%s', t.value ->> 'tagType', t.value ->> 'tagValue') ORDER BY t.ordinality) AS items
		FROM jsonb_array_elements(CASE jsonb_typeof(config -> 'featureTags') WHEN 'array' THEN config -> 'featureTags' ELSE '[]' END)
			WITH ORDINALITY t WHERE jsonb_typeof(t.value) = 'object' GROUP BY 1)
	SELECT f.value || jsonb_strip_nulls(jsonb_build_object('enabled', coalesce(e.enabled, 'false'), 'variants', coalesce(e.variants, '[]'),
			'dependencies', p.items)) || jsonb_build_object('strategies', coalesce(s.items, '[]')), f.ordinality, l.items
	FROM jsonb_array_elements(config -> 'features') WITH ORDINALITY f
	LEFT JOIN strategies s ON s.name = f.value ->> 'name'
	LEFT JOIN environments e ON e.name = f.value ->> 'name'
	LEFT JOIN parents p ON p.name = f.value ->> 'name'
	LEFT JOIN labels l ON l.name = f.value ->> 'name';
$$;

-- Refuses a part of the configuration that is not of the right type.
CREATE FUNCTION ff._unleash_check(config jsonb, member text, type text, name text, at text DEFAULT '$') RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	IF config -> member IS NULL THEN
		RETURN;
	END IF;
	IF jsonb_typeof(config -> member) <> 'array' THEN
		RAISE EXCEPTION 'the % of Unleash are an array', member
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.%s.', at, member);
	END IF;
	SELECT i.ordinality - 1 AS place, jsonb_typeof(i.value) <> 'object' AS shapeless INTO bad
	FROM jsonb_array_elements(config -> member) WITH ORDINALITY i
	WHERE jsonb_typeof(i.value) <> 'object' OR coalesce(jsonb_typeof(i.value -> name) <> ALL (string_to_array(type, ' ')), true)
	ORDER BY i.ordinality LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'one of the % of Unleash %', member, CASE WHEN bad.shapeless THEN 'is no object' ELSE format('has no %s', name) END
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('At %s.%s[%s]%s.', at, member, bad.place, CASE WHEN bad.shapeless THEN '' ELSE '.' || name END);
	END IF;
END;
$$;

-- The same of events and of what they bear.
CREATE FUNCTION ff._unleash_check_events(config jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	PERFORM ff._unleash_check(config, 'events', 'string', 'type');
	PERFORM ff._unleash_check(e.value, 'features', 'string', 'name', format('$.events[%s]', e.ordinality - 1)),
		ff._unleash_check(e.value, 'segments', 'number string', 'id', format('$.events[%s]', e.ordinality - 1))
	FROM jsonb_array_elements(config -> 'events') WITH ORDINALITY e WHERE e.value ->> 'type' = 'hydration';
	SELECT e.ordinality - 1 AS place, m.member, m.name INTO bad FROM jsonb_array_elements(config -> 'events') WITH ORDINALITY e
	JOIN (VALUES ('feature-updated', 'feature', 'name', '{string}'::text[]), ('segment-updated', 'segment', 'id', '{string,number}')) m(type, member, name, types)
		ON m.type = e.value ->> 'type'
	WHERE coalesce(jsonb_typeof(e.value -> m.member -> m.name) <> ALL (m.types), true) ORDER BY e.ordinality LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'one of the events of Unleash has no % with %', bad.member, CASE bad.name WHEN 'id' THEN 'an id' ELSE 'a name' END
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.events[%s].%s.%s.', bad.place, bad.member, bad.name);
	END IF;
END;
$$;

-- A feature as part of an import.
CREATE FUNCTION ff._unleash_flag(feature jsonb, sdk text, tags text[]) RETURNS ff._import_part
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	SELECT ROW ('flag', feature ->> 'name', NULL, CASE jsonb_typeof(feature -> 'description') WHEN 'string' THEN feature ->> 'description' END, tags,
		coalesce(feature -> 'enabled' = 'true', false), d.document #>> '{variations,0,key}', d.document, NULL,
		CASE WHEN coalesce(jsonb_typeof(feature -> 'enabled'), '') <> 'boolean' THEN 'enabled is no boolean: it is off' END)::ff._import_part
	FROM ff._unleash_document(feature, sdk) d(document));
END;
$$;

-- A segment as part of an import; without constraints it is only a name.
CREATE FUNCTION ff._unleash_segment(segment jsonb, sdk text, exported boolean) RETURNS ff._import_part
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	SELECT ROW ('segment', segment ->> 'id', segment ->> 'name', NULL, NULL, NULL, NULL,
		jsonb_build_object('sdk', sdk, 'name', segment -> 'name', 'constraints', coalesce(segment -> 'constraints', '[]')),
		CASE WHEN exported AND segment -> 'constraints' IS NULL THEN 'skipped' END,
		CASE WHEN exported AND segment -> 'constraints' IS NULL THEN
			'an export does not tell the constraints of segments: import them by what SDKs fetch, or add those of GET /api/admin/segments' END)::ff._import_part);
END;
$$;

CREATE FUNCTION ff._import_unleash(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sdk text := ff._import_option(options, 'sdk', '{yggdrasil,node}');
	exported boolean := coalesce(jsonb_typeof(config -> 'featureStrategies') = 'array', false);
	hydrated boolean := config @> '{"events": [{"type": "hydration"}]}';
BEGIN
	IF jsonb_typeof(config) <> 'object' OR (config -> 'features' IS NULL AND config -> 'events' IS NULL) THEN
		RAISE EXCEPTION 'a configuration of Unleash has features or events' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	IF config -> 'events' IS NOT NULL THEN
		PERFORM ff._unleash_check_events(config);
		RETURN QUERY SELECT p.* FROM ff._unleash_events(config -> 'events') l
			CROSS JOIN LATERAL (SELECT x.* FROM ff._unleash_flag(l.item, sdk, NULL) x WHERE l.kind = 'flag' AND l.item IS NOT NULL
				UNION ALL SELECT x.* FROM ff._unleash_segment(l.item, sdk, false) x WHERE l.kind = 'segment' AND l.item IS NOT NULL
				UNION ALL SELECT l.kind, l.key, NULL, NULL, NULL, NULL, NULL, NULL, 'skipped', 'removed there: what is here stays'
				WHERE l.item IS NULL AND l.key IS NOT NULL AND NOT hydrated) p
			ORDER BY l.place;
		RETURN;
	END IF;
	PERFORM ff._unleash_check(config, 'features', 'string', 'name'), ff._unleash_check(config, 'segments', 'number string', 'id');
	RETURN QUERY SELECT p.* FROM (
			SELECT e.feature, e.place, e.tags FROM ff._unleash_exported(config) e WHERE exported
			UNION ALL SELECT f.value, f.ordinality, NULL FROM jsonb_array_elements(config -> 'features') WITH ORDINALITY f WHERE NOT exported) f
		CROSS JOIN LATERAL (SELECT x.* FROM ff._unleash_flag(f.feature, sdk, f.tags) x WHERE f.feature -> 'archived' IS DISTINCT FROM 'true'
			UNION ALL SELECT 'flag', f.feature ->> 'name', NULL, NULL, NULL, NULL, NULL, NULL, 'skipped', 'archived there'
			WHERE f.feature -> 'archived' = 'true') p
		ORDER BY f.place;
	RETURN QUERY SELECT x.* FROM jsonb_array_elements(coalesce(config -> 'segments', '[]')) WITH ORDINALITY s
		CROSS JOIN LATERAL ff._unleash_segment(s.value, sdk, exported) x ORDER BY s.ordinality;
END;
$$;
