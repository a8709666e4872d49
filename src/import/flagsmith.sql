-- Flagsmith: the environment document of its API, which SDKs evaluate locally,
-- and the evaluation context that its engines take.  Both come down to
-- features, segments with overrides, and identities with overrides.

CREATE FUNCTION ff._flagsmith_refuse(message text, path text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '%', message USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', path);
END;
$$;

-- The objects of an array, or the members of an object, each of which has a
-- text at a place inside; none where the container is absent.
CREATE FUNCTION ff._flagsmith_items(container jsonb, wanted text, path text, place text[])
RETURNS TABLE (number bigint, key text, item jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	IF jsonb_typeof(container) IS NULL OR jsonb_typeof(container) = 'null' THEN
		RETURN;
	END IF;
	IF jsonb_typeof(container) <> wanted THEN
		PERFORM ff._flagsmith_refuse(format('expected an %s, found: %s', wanted, jsonb_typeof(container)), path);
	END IF;
	SELECT i.* INTO bad FROM ff._flagsmith_elements(container) i
	WHERE jsonb_typeof(i.item) <> 'object' OR jsonb_typeof(i.item #> place) IS DISTINCT FROM 'string' ORDER BY i.number LIMIT 1;
	IF FOUND THEN
		PERFORM ff._flagsmith_refuse(CASE jsonb_typeof(bad.item) WHEN 'object' THEN format('%s is a text', array_to_string(place, '.'))
				ELSE format('expected an object, found: %s', jsonb_typeof(bad.item)) END,
			path || CASE wanted WHEN 'array' THEN format('[%s]', bad.number - 1) ELSE '.' || left(bad.key, 60) END);
	END IF;
	RETURN QUERY SELECT i.number, i.key, i.item FROM ff._flagsmith_elements(container) i;
END;
$$;

CREATE FUNCTION ff._flagsmith_elements(container jsonb) RETURNS TABLE (number bigint, key text, item jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.ordinality, NULL::text, a.value
	FROM jsonb_array_elements(CASE jsonb_typeof(container) WHEN 'array' THEN container END) WITH ORDINALITY a
	UNION ALL
	SELECT o.ordinality, o.key, o.value
	FROM jsonb_each(CASE jsonb_typeof(container) WHEN 'object' THEN container END) WITH ORDINALITY o;
$$;

-- The 128 bits of a UUID as a number; NULL where it is none.
CREATE FUNCTION ff._flagsmith_uuid_number(uuid text) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT sum(('x' || substr(u.hex, 8 * p + 1, 8))::bit(32)::bigint * 4294967296::numeric ^ (3 - p))::numeric(39)
	FROM (SELECT replace(uuid, '-', '') AS hex) u CROSS JOIN generate_series(0, 3) p
	WHERE u.hex ~ '^[0-9A-Fa-f]{32}$';
$$;

-- An object of one member; of none where the value is absent or null.
CREATE FUNCTION ff._flagsmith_member(name text, value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN value = 'null' OR value IS NULL THEN '{}' ELSE jsonb_build_object(name, value) END; $$;

-- Variants of an evaluation context, of those in an environment document.
CREATE FUNCTION ff._flagsmith_variants(items jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_agg(ff._flagsmith_member('key', v.value #> '{multivariate_feature_option,key}')
		|| jsonb_build_object('value', v.value #> '{multivariate_feature_option,value}', 'weight', v.value -> 'percentage_allocation',
			'priority', CASE jsonb_typeof(v.value -> 'id') WHEN 'number' THEN v.value -> 'id'
				ELSE to_jsonb(ff._flagsmith_uuid_number(v.value ->> 'mv_fs_value_uuid')) END) ORDER BY v.ordinality)
	FROM jsonb_array_elements(CASE jsonb_typeof(items) WHEN 'array' THEN items END) WITH ORDINALITY v;
$$;

-- A feature of an evaluation context, of a feature state in an environment document.
CREATE FUNCTION ff._flagsmith_feature(state jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('name', state #> '{feature,name}', 'enabled', state -> 'enabled', 'value', state -> 'feature_state_value',
			'key', coalesce(nullif(state ->> 'django_id', ''), state ->> 'featurestate_uuid'),
			'metadata', jsonb_build_object('id', state #> '{feature,id}'))
		|| ff._flagsmith_member('variants', ff._flagsmith_variants(state -> 'multivariate_feature_state_values'))
		|| ff._flagsmith_member('priority', state #> '{feature_segment,priority}');
$$;

-- An environment document as {"environment", "features": [feature, ...],
-- "segments": [{"key", "name", "rules", "overrides"}, ...],
-- "identities": [{"identifier", "flag"}, ...]}.
CREATE FUNCTION ff._flagsmith_document(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'environment', jsonb_build_object('key', document -> 'api_key', 'name', document -> 'name'),
		'features', (SELECT coalesce(jsonb_agg(ff._flagsmith_feature(i.item) ORDER BY i.number), '[]')
			FROM ff._flagsmith_items(document -> 'feature_states', 'array', '$.feature_states', '{feature,name}') i),
		'segments', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', i.item ->> 'id', 'name', i.item -> 'name', 'rules', i.item -> 'rules',
				'overrides', (SELECT coalesce(jsonb_agg(ff._flagsmith_feature(o.item) ORDER BY o.number), '[]') FROM ff._flagsmith_items(
					i.item -> 'feature_states', 'array', format('$.project.segments[%s].feature_states', i.number - 1), '{feature,name}') o))
				ORDER BY i.number), '[]')
			FROM ff._flagsmith_items(document #> '{project,segments}', 'array', '$.project.segments', '{name}') i),
		'identities', (SELECT coalesce(jsonb_agg(jsonb_build_object('identifier', i.item -> 'identifier', 'flag', ff._flagsmith_feature(f.item))
				ORDER BY i.number, f.number), '[]')
			FROM ff._flagsmith_items(document -> 'identity_overrides', 'array', '$.identity_overrides', '{identifier}') i
			CROSS JOIN LATERAL ff._flagsmith_items(i.item -> 'identity_features', 'array',
				format('$.identity_overrides[%s].identity_features', i.number - 1), '{feature,name}') f));
$$;

-- An evaluation context in the same form.  Its segments go by the names of
-- their members, and in the order that jsonb gives these.
CREATE FUNCTION ff._flagsmith_context(context jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'environment', context -> 'environment',
		'features', (SELECT coalesce(jsonb_agg(i.item ORDER BY i.number), '[]')
			FROM ff._flagsmith_items(context -> 'features', 'object', '$.features', '{name}') i),
		'segments', (SELECT coalesce(jsonb_agg(i.item || jsonb_build_object('member', i.key) ORDER BY i.number), '[]')
			FROM ff._flagsmith_items(context -> 'segments', 'object', '$.segments', '{name}') i),
		'identities', '[]'::jsonb);
$$;

-- The environment as conditions may ask for it.  Its key takes part in hashing
-- and is public; what may be secret is left out.
CREATE FUNCTION ff._flagsmith_environment(environment jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(environment -> 'key') IS DISTINCT FROM 'string' THEN
		PERFORM ff._flagsmith_refuse('the environment has a key, a text', '$.environment.key, or $.api_key of an environment document');
	END IF;
	IF starts_with(environment ->> 'key', 'ser.') THEN
		PERFORM ff._flagsmith_refuse('a server-side environment key is a secret, and not what identities are hashed with', '$.environment.key');
	END IF;
	RETURN (SELECT jsonb_object_agg(m.key, m.value) FROM jsonb_each(environment) m
		WHERE m.key IN ('key', 'name') OR (jsonb_typeof(m.value) NOT IN ('array', 'object') AND m.key !~* 'key|secret|token|password'));
END;
$$;

-- Whether rules have a query that may lead beyond environment and identity.
CREATE FUNCTION ff._flagsmith_wanders(rules jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM jsonb_path_query(rules, 'lax $.**') o CROSS JOIN LATERAL (VALUES (o ->> 'property'), (o ->> 'property_')) p(text)
		WHERE jsonb_typeof(o) = 'object' AND starts_with(p.text, '$.')
			AND (p.text !~ '^\$\.(environment|identity)(\.[^.]|\[|$)' OR strpos(substr(p.text, 2), '$') > 0));
$$;

-- What an override makes of a feature, without what tells apart those that
-- make the same of it.
CREATE FUNCTION ff._flagsmith_override(flag jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN flag ? 'variants' THEN flag ELSE flag - 'key' END - 'priority';
$$;

-- Features with what segments and identities make of them.
CREATE FUNCTION ff._flagsmith_flags(parts jsonb, options jsonb) RETURNS TABLE (number bigint, flag jsonb, document jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH overrides AS (
		SELECT o.value ->> 'name' AS name, jsonb_agg(jsonb_build_object('segment', coalesce(s.value ->> 'member', s.value ->> 'key'),
			'name', s.value -> 'name', 'flag', o.value) ORDER BY s.ordinality, o.ordinality) AS list
		FROM jsonb_array_elements(parts -> 'segments') WITH ORDINALITY s
		CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(s.value -> 'overrides') WHEN 'array' THEN s.value -> 'overrides' END) WITH ORDINALITY o
		GROUP BY 1),
	alike AS (
		SELECT i.value #>> '{flag,name}' AS name, ff._flagsmith_override(i.value -> 'flag') AS flag,
			jsonb_agg(i.value -> 'identifier' ORDER BY i.ordinality) AS identifiers, min(i.ordinality) AS first
		FROM jsonb_array_elements(parts -> 'identities') WITH ORDINALITY i GROUP BY 1, 2),
	identities AS (
		SELECT name, jsonb_agg(jsonb_build_object('identifiers', identifiers, 'flag', flag) ORDER BY first) AS list FROM alike GROUP BY 1)
	SELECT f.ordinality, f.value, options || jsonb_build_object('flag', f.value, 'environment', parts -> 'environment')
		|| ff._flagsmith_member('overrides', o.list) || ff._flagsmith_member('identities', i.list)
	FROM jsonb_array_elements(parts -> 'features') WITH ORDINALITY f
	LEFT JOIN overrides o ON o.name = f.value ->> 'name' LEFT JOIN identities i ON i.name = f.value ->> 'name';
$$;

-- The values that a flag can have, each once: of the environment, of its
-- variants, and so on through the overrides.  A variant's key names its value.
CREATE FUNCTION ff._flagsmith_variations(document jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found jsonb;
	keys text[];
	variations jsonb;
	taken text[];
BEGIN
	SELECT jsonb_agg(x.value ORDER BY x.first), array_agg(x.key ORDER BY x.first) INTO found, keys FROM (
		SELECT v.value, min(v.place) AS first, min(v.key) AS key FROM (
			SELECT coalesce(p.value, 'null') AS value, p.key, row_number() OVER (ORDER BY s.number, p.number) AS place FROM (
				SELECT 0::bigint AS number, document -> 'flag' AS flag
				UNION ALL SELECT o.ordinality, o.value -> 'flag' FROM jsonb_array_elements(document -> 'overrides') WITH ORDINALITY o
				UNION ALL SELECT 1000000000 + i.ordinality, i.value -> 'flag' FROM jsonb_array_elements(document -> 'identities') WITH ORDINALITY i) s
			CROSS JOIN LATERAL (
				SELECT 0::bigint AS number, s.flag -> 'value' AS value, NULL::text AS key
				UNION ALL SELECT v.ordinality, v.value -> 'value', v.value ->> 'key'
				FROM jsonb_array_elements(CASE jsonb_typeof(s.flag -> 'variants') WHEN 'array' THEN s.flag -> 'variants' END) WITH ORDINALITY v) p) v
		GROUP BY v.value) x;
	variations := ff._import_variations(found);
	taken := ARRAY(SELECT v ->> 'key' FROM jsonb_array_elements(variations) v);
	FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
		EXIT WHEN i > 1000;		-- of more, compiling refuses the flag
		IF octet_length(keys[i]) BETWEEN 1 AND 100 AND keys[i] <> ALL (taken) THEN
			taken[i] := keys[i];
			variations := jsonb_set(variations, ARRAY[(i - 1)::text, 'key'], to_jsonb(keys[i]));
		END IF;
	END LOOP;
	RETURN variations;
END;
$$;

-- What a configuration says of the environment as a whole.
CREATE FUNCTION ff._flagsmith_remarks(config jsonb, options jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT nullif(concat_ws('; ',
		CASE WHEN config -> 'use_identity_composite_key_for_hashing' = 'false' AND options -> 'composite_key' = 'true'
			THEN 'use_identity_composite_key_for_hashing is false: the API of Flagsmith hashes ids of its own; see the option composite_key' END,
		CASE WHEN coalesce(nullif(config -> 'hide_disabled_flags', 'null'), config #> '{project,hide_disabled_flags}') = 'true'
				AND options -> 'hide_disabled' = 'false'
			THEN 'the API of Flagsmith hides flags that are off, SDKs that evaluate locally do not; see the option hide_disabled' END), '');
$$;

CREATE FUNCTION ff._import_flagsmith(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parts jsonb;
	shared jsonb := jsonb_build_object(
		'composite_key', ff._import_option(options, 'composite_key', '{true,false}')::boolean,
		'hide_disabled', ff._import_option(options, 'hide_disabled', '{false,true}')::boolean);
BEGIN
	IF config ? 'feature_states' THEN
		parts := ff._flagsmith_document(config);
	ELSIF config ? 'environment' THEN
		parts := ff._flagsmith_context(config);
	ELSE
		PERFORM ff._flagsmith_refuse('neither an environment document (feature_states) nor an evaluation context (environment)', '$');
	END IF;
	parts := jsonb_set(parts, '{environment}', ff._flagsmith_environment(parts -> 'environment'));
	RETURN QUERY SELECT 'environment', coalesce(parts #>> '{environment,name}', parts #>> '{environment,key}'), NULL::text, NULL::text, NULL::text[],
		NULL::boolean, NULL::text, NULL::jsonb, 'skipped', ff._flagsmith_remarks(config, shared);
	RETURN QUERY SELECT 'segment', coalesce(s.value ->> 'member', s.value ->> 'key'), NULL::text, NULL::text, NULL::text[], NULL::boolean, NULL::text,
		jsonb_build_object('segment', s.value - '{member,overrides}'::text[], 'environment', parts -> 'environment', 'composite_key', shared -> 'composite_key')
		|| CASE WHEN ff._flagsmith_wanders(s.value -> 'rules') THEN jsonb_build_object('context', jsonb_build_object(
			'features', (SELECT jsonb_object_agg(f ->> 'name', f) FROM jsonb_array_elements(parts -> 'features') f),
			'segments', (SELECT jsonb_object_agg(coalesce(x ->> 'member', x ->> 'key'), x - 'member')
				FROM jsonb_array_elements(parts -> 'segments') x WHERE coalesce(x ->> 'member', x ->> 'key') IS NOT NULL)))
			ELSE '{}' END,
		NULL::text, NULL::text
	FROM jsonb_array_elements(parts -> 'segments') WITH ORDINALITY s ORDER BY s.ordinality;
	RETURN QUERY SELECT 'flag', f.flag ->> 'name', f.flag ->> 'name', f.flag ->> 'description', NULL::text[], coalesce(f.flag -> 'enabled' = 'true', false),
		NULL::text, f.document || jsonb_build_object('variations', ff._flagsmith_variations(f.document)), NULL::text, NULL::text
	FROM ff._flagsmith_flags(parts, shared) f ORDER BY f.number;
END;
$$;
