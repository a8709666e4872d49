-- LaunchDarkly: what its SDKs read ({"flags": {...}, "segments": {...}}, also as
-- the event put of the stream has it), and the lists of flags and of segments of
-- its REST API ({"items": [...]}), where one environment is chosen.
-- Options: sdk (js, go): which SDK's arithmetic, regular expressions and dates
-- hold; environment: whose settings are read of a list of flags.

-- A wrong shape, and where.
CREATE FUNCTION ff._import_launchdarkly_refuse(path text, wanted text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'not a configuration of LaunchDarkly: expected %', wanted
		USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', path);
END;
$$;

-- Truth as ECMAScript has it.
CREATE FUNCTION ff._import_launchdarkly_truth(value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(value NOT IN ('null', 'false', '0', '""'), false); $$;

-- The parts of an object by key, or of a list, each with its path.
CREATE FUNCTION ff._import_launchdarkly_items(items jsonb, place text) RETURNS TABLE (key text, item jsonb, path text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF jsonb_typeof(items) = 'array' THEN
		RETURN QUERY SELECT i.value ->> 'key', i.value, format('%s[%s]', place, i.ordinality - 1)
		FROM jsonb_array_elements(items) WITH ORDINALITY i;
	ELSIF jsonb_typeof(items) = 'object' THEN
		RETURN QUERY SELECT i.key, i.value, format('%s.%s', place, left(i.key, 60)) FROM jsonb_each(items) i;
	ELSIF jsonb_typeof(items) <> 'null' THEN
		PERFORM ff._import_launchdarkly_refuse(place, 'an object by key');
	END IF;
END;
$$;

-- The environment of a list of flags whose settings are read.
CREATE FUNCTION ff._import_launchdarkly_environment(items jsonb, options jsonb) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[] := ARRAY(SELECT DISTINCT k.key COLLATE "C" FROM jsonb_array_elements(items) i
		CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(i.value -> 'environments') WHEN 'object' THEN i.value -> 'environments'
			ELSE '{}' END) k(key) ORDER BY 1);
	wanted text := options ->> 'environment';
BEGIN
	IF wanted IS NULL AND cardinality(known) = 1 THEN
		RETURN known[1];
	END IF;
	wanted := coalesce(wanted, options ->> 'into');
	IF wanted <> ALL (known) THEN
		RAISE EXCEPTION 'environment "%" is not in the list of flags', left(wanted, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = CASE WHEN known = '{}' THEN 'It tells of no environment: the API gives them with summary=0.'
					ELSE format('The option environment names one of: %s.', array_to_string(known[1:20], ', ')) END;
	END IF;
	RETURN wanted;
END;
$$;

-- Rules of the REST API as SDKs have them: their id has no underscore.
CREATE FUNCTION ff._import_launchdarkly_rules(rules jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(rules) <> 'array' THEN rules ELSE (
		SELECT coalesce(jsonb_agg(CASE WHEN jsonb_typeof(r.value) <> 'object' THEN r.value ELSE
			jsonb_strip_nulls(jsonb_build_object('id', r.value -> '_id'))
			|| (r.value - '{_id,ref,_generation,_deleted,_version,disabled}'::text[])
			|| CASE jsonb_typeof(r.value -> 'clauses') WHEN 'array' THEN jsonb_build_object('clauses',
				(SELECT coalesce(jsonb_agg(c.value - '{_id}'::text[] ORDER BY c.ordinality), '[]')
				FROM jsonb_array_elements(r.value -> 'clauses') WITH ORDINALITY c WHERE jsonb_typeof(c.value) = 'object'))
				ELSE '{}' END END ORDER BY r.ordinality), '[]')
		FROM jsonb_array_elements(rules) WITH ORDINALITY r) END;
$$;

-- A flag of the REST API as SDKs have it in an environment; NULL: it is not there.
CREATE FUNCTION ff._import_launchdarkly_flag(flag jsonb, environment text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('key', flag -> 'key', 'on', e.item -> 'on', 'salt', e.item -> 'salt',
		'offVariation', e.item -> 'offVariation', 'fallthrough', e.item -> 'fallthrough', 'targets', e.item -> 'targets',
		'contextTargets', e.item -> 'contextTargets', 'prerequisites', e.item -> 'prerequisites', 'version', e.item -> 'version',
		'trackEvents', e.item -> 'trackEvents', 'trackEventsFallthrough', e.item -> 'trackEventsFallthrough',
		'clientSideAvailability', flag -> 'clientSideAvailability'))
		|| jsonb_build_object('rules', ff._import_launchdarkly_rules(coalesce(e.item -> 'rules', '[]')),
			'variations', (SELECT coalesce(jsonb_agg(CASE jsonb_typeof(v.value) WHEN 'object' THEN coalesce(v.value -> 'value', 'null')
				ELSE v.value END ORDER BY v.ordinality), '[]')
			FROM jsonb_array_elements(CASE jsonb_typeof(flag -> 'variations') WHEN 'array' THEN flag -> 'variations' ELSE '[]' END)
				WITH ORDINALITY v))
	FROM (SELECT flag -> 'environments' -> environment AS item) e WHERE jsonb_typeof(e.item) = 'object';
$$;

-- A segment as SDKs have it, without what they do not read; also of a list.
CREATE FUNCTION ff._import_launchdarkly_segment(segment jsonb, listed boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(m.key,
		CASE WHEN listed AND m.key = 'rules' THEN ff._import_launchdarkly_rules(m.value) ELSE m.value END), '{}')
	FROM jsonb_each(segment) m WHERE m.key IN ('key', 'included', 'excluded', 'includedContexts', 'excludedContexts', 'rules', 'salt',
		'unbounded', 'unboundedContextKind', 'generation', 'version');
$$;

-- A flag as SDKs have it, without what they do not read.  Of an unknown
-- variation nothing stands for off.
CREATE FUNCTION ff._import_launchdarkly_part(key text, flag jsonb, listed jsonb, sdk text) RETURNS ff._import_part
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part ff._import_part;
	values_only jsonb := CASE jsonb_typeof(flag -> 'variations') WHEN 'array' THEN flag -> 'variations' ELSE '[]' END;
	variations jsonb := ff._import_variations(values_only);
BEGIN
	part.kind := 'flag';
	part.key := key;
	part.name := CASE jsonb_typeof(listed -> 'name') WHEN 'string' THEN listed ->> 'name' END;
	part.description := CASE jsonb_typeof(listed -> 'description') WHEN 'string' THEN listed ->> 'description' END;
	IF jsonb_typeof(listed -> 'tags') = 'array' THEN
		part.tags := ARRAY(SELECT DISTINCT t.value #>> '{}' FROM jsonb_array_elements(listed -> 'tags') t
			WHERE jsonb_typeof(t.value) = 'string' ORDER BY 1);
	END IF;
	part.enabled := ff._import_launchdarkly_truth(flag -> 'on');
	part.off := CASE WHEN (flag ->> 'offVariation') ~ '^[0-9]{1,4}$' AND jsonb_typeof(flag -> 'offVariation') = 'number'
		THEN variations -> (flag ->> 'offVariation')::int ->> 'key' END;
	part.document := jsonb_build_object('variations', variations, 'sdk', sdk,
		'flag', jsonb_build_object('key', key) || (SELECT coalesce(jsonb_object_agg(m.key, m.value), '{}') FROM jsonb_each(flag) m
			WHERE m.key IN ('key', 'version', 'salt', 'offVariation', 'fallthrough', 'targets', 'contextTargets', 'rules', 'prerequisites',
				'trackEvents', 'trackEventsFallthrough', 'clientSide', 'clientSideAvailability', 'samplingRatio', 'excludeFromSummaries',
				'migration')));
	RETURN part;
END;
$$;

-- A part that is told and not imported.
CREATE FUNCTION ff._import_launchdarkly_skipped(kind text, key text, note text) RETURNS ff._import_part
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ROW (kind, key, NULL, NULL, NULL, NULL, NULL, NULL, 'skipped', note)::ff._import_part; $$;

-- Flags as SDKs have them, or of a list.
CREATE FUNCTION ff._import_launchdarkly_flags(flags jsonb, path text, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	listed boolean := jsonb_typeof(flags) = 'array';
	environment text;
	sdk text := ff._import_option(options, 'sdk', '{js,go}');
	bad record;
BEGIN
	SELECT i.path INTO bad FROM ff._import_launchdarkly_items(flags, path) i
	WHERE jsonb_typeof(i.item) <> 'object' OR (listed AND jsonb_typeof(i.item -> 'key') IS DISTINCT FROM 'string') LIMIT 1;
	IF FOUND THEN
		PERFORM ff._import_launchdarkly_refuse(bad.path, 'a flag' || CASE WHEN listed THEN ' that has a key' ELSE '' END);
	END IF;
	IF listed AND flags <> '[]' THEN
		environment := ff._import_launchdarkly_environment(flags, options);
	END IF;
	-- OFFSET 0: each part is made once, not once a column.
	RETURN QUERY SELECT (p.part).* FROM ff._import_launchdarkly_items(flags, path) i
	CROSS JOIN LATERAL (SELECT CASE WHEN listed THEN ff._import_launchdarkly_flag(i.item, environment) ELSE i.item END AS flag) f
	CROSS JOIN LATERAL (SELECT CASE
		WHEN i.item -> 'deleted' = 'true' THEN ff._import_launchdarkly_skipped('flag', i.key, 'deleted')
		WHEN i.item -> 'archived' = 'true' THEN ff._import_launchdarkly_skipped('flag', i.key, 'archived')
		WHEN f.flag IS NULL THEN ff._import_launchdarkly_skipped('flag', i.key, format('not in environment "%s"', environment))
		ELSE ff._import_launchdarkly_part(i.key, f.flag, i.item, sdk) END AS part OFFSET 0) p;
END;
$$;

-- Segments as SDKs have them, or of a list, which lacks the salt.
CREATE FUNCTION ff._import_launchdarkly_segments(segments jsonb, path text, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	listed boolean := jsonb_typeof(segments) = 'array';
	sdk text := ff._import_option(options, 'sdk', '{js,go}');
	bad record;
BEGIN
	SELECT i.path INTO bad FROM ff._import_launchdarkly_items(segments, path) i
	WHERE jsonb_typeof(i.item) <> 'object' OR (listed AND jsonb_typeof(i.item -> 'key') IS DISTINCT FROM 'string') LIMIT 1;
	IF FOUND THEN
		PERFORM ff._import_launchdarkly_refuse(bad.path, 'a segment' || CASE WHEN listed THEN ' that has a key' ELSE '' END);
	END IF;
	RETURN QUERY SELECT 'segment', i.key, NULL::text, NULL::text, NULL::text[], NULL::boolean, NULL::text,
		CASE WHEN i.item -> 'deleted' = 'true' THEN NULL ELSE jsonb_build_object('sdk', sdk, 'segment', jsonb_build_object('key', i.key)
			|| ff._import_launchdarkly_segment(i.item, listed)) END,
		CASE WHEN i.item -> 'deleted' = 'true' THEN 'skipped' END,
		CASE WHEN i.item -> 'deleted' = 'true' THEN 'deleted'
			WHEN listed AND i.item -> 'salt' IS NULL AND jsonb_path_exists(i.item, '$.rules[*].weight ? (@ != null)')
			THEN 'the list has no salt: import what an SDK reads, or its percentages fall on other users' END
	FROM ff._import_launchdarkly_items(segments, path) i;
END;
$$;

-- What a member of a configuration holds: itself, or the items of a list.
CREATE FUNCTION ff._import_launchdarkly_listed(member jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE jsonb_typeof(member -> 'items') WHEN 'array' THEN member -> 'items' ELSE member END; $$;

CREATE FUNCTION ff._import_launchdarkly(config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	root jsonb := CASE jsonb_typeof(config -> 'data') WHEN 'object' THEN config -> 'data' ELSE config END;
	path text := CASE jsonb_typeof(config -> 'data') WHEN 'object' THEN '$.data' ELSE '$' END;
	items jsonb := root -> 'items';
BEGIN
	IF jsonb_typeof(root) <> 'object' OR NOT root ?| '{flags,segments,items,environments}' THEN
		PERFORM ff._import_launchdarkly_refuse(path, 'an object with flags and segments, or with items');
	END IF;
	IF root ? 'environments' AND NOT root ?| '{flags,segments,items}' THEN
		RETURN QUERY SELECT * FROM ff._import_launchdarkly_flags(jsonb_build_array(root), path, options);
	ELSIF items IS NULL THEN
		RETURN QUERY SELECT * FROM ff._import_launchdarkly_flags(ff._import_launchdarkly_listed(root -> 'flags'), path || '.flags', options);
		RETURN QUERY SELECT * FROM ff._import_launchdarkly_segments(ff._import_launchdarkly_listed(root -> 'segments'),
			path || '.segments', options);
	ELSIF jsonb_typeof(items) <> 'array' THEN
		PERFORM ff._import_launchdarkly_refuse(path || '.items', 'an array');
	ELSIF items -> 0 ? 'environments' OR items -> 0 ? 'variations' THEN
		RETURN QUERY SELECT * FROM ff._import_launchdarkly_flags(items, path || '.items', options);
	ELSE
		RETURN QUERY SELECT * FROM ff._import_launchdarkly_segments(items, path || '.items', options);
	END IF;
END;
$$;
