-- The values that a flag can serve.  Their order is append-only.

-- The elements given, in their stored form: bare values become objects.
CREATE FUNCTION ff._variation_object(kind text, element jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN kind = 'boolean' AND jsonb_typeof(element) = 'boolean'
			THEN jsonb_build_object('key', CASE element::text WHEN 'true' THEN 'on' ELSE 'off' END, 'value', element)
		WHEN kind = 'boolean' AND jsonb_typeof(element) = 'object' AND NOT element ? 'value' AND element ->> 'key' IN ('on', 'off')
			THEN element || jsonb_build_object('value', element ->> 'key' = 'on')
		WHEN jsonb_typeof(element) IN ('string', 'number', 'boolean')
			THEN jsonb_build_object('key', element #>> '{}', 'value', element)
		ELSE element END;
$$;

CREATE FUNCTION ff._variations(kind text, variations jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result jsonb;
BEGIN
	IF kind NOT IN ('boolean', 'string', 'number', 'json') THEN
		RAISE EXCEPTION 'unknown kind of flag "%"', kind
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of boolean, string, number, json.';
	END IF;
	IF variations IS NULL AND kind = 'boolean' THEN
		variations := '[true, false]';
	ELSIF variations IS NULL THEN
		RAISE EXCEPTION 'a % flag needs variations', kind USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF jsonb_typeof(variations) = 'array' THEN
		SELECT coalesce(jsonb_agg(o ORDER BY CASE kind WHEN 'boolean' THEN array_position('{on,off}', o ->> 'key') END, v.ordinality), '[]')
		INTO result FROM jsonb_array_elements(variations) WITH ORDINALITY v
		CROSS JOIN LATERAL ff._variation_object(kind, v.value) o;
	ELSE
		result := variations;
	END IF;
	PERFORM ff._check_variations(kind, result);
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_variation_add(
	flag text,
	key text,
	value jsonb DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'variations');
BEGIN
	PERFORM ff._new_key('variation', key);
	IF f.kind = 'boolean' THEN
		RAISE EXCEPTION 'a boolean flag has the variations "on" and "off" only' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF key = ANY (ff._variation_keys(f.variations)) THEN
		RAISE EXCEPTION 'flag "%" already has a variation "%"', f.key, key USING ERRCODE = 'unique_violation';
	END IF;
	UPDATE ff.flags t SET variations = f.variations || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
			'key', key, 'name', nullif(name, ''), 'description', nullif(description, '')))
		|| jsonb_build_object('value', coalesce(value, to_jsonb(key))))
	WHERE t.id = f.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_variation_add IS
'Adds a variation to a string, number or json flag, after those that it has. The value of a string flag defaults to the key. Nobody is served it until a target, rule, default or override names it. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_variation_update(
	flag text,
	variation text,
	value jsonb DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'variations');
	i int := array_position(ff._variation_keys(f.variations), ff._variation(f, variation)) - 1;
	changed jsonb := f.variations -> i;
BEGIN
	changed := changed || jsonb_strip_nulls(jsonb_build_object('name', name, 'description', description));
	IF value IS NOT NULL THEN
		changed := changed || jsonb_build_object('value', value);
	END IF;
	changed := changed - ARRAY(SELECT k FROM unnest('{name,description}'::text[]) k WHERE changed ->> k = '');
	UPDATE ff.flags t SET variations = jsonb_set(f.variations, ARRAY[i::text], changed)
	WHERE t.id = f.id AND f.variations -> i <> changed;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_variation_update IS
'Changes the value, name and description of a variation, in all environments at once. What is NULL or omitted stays; an empty string clears. The key never changes.';

-- Where a setting names a variation: places in words.  What an imported flag
-- answers there is among the variations of its document.
CREATE FUNCTION ff._setting_uses(s ff.flag_settings, variation text) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.place FROM (
		SELECT 1 AS i, 'off variation' AS place WHERE s.off_variation = variation
		UNION ALL SELECT 2, 'default' WHERE ff._serves(s.default_serve, variation)
		UNION ALL SELECT 3, 'targets' WHERE s.targets ? variation
		UNION ALL SELECT 3 + r.ordinality::int, coalesce('rule "' || (r.value ->> 'id') || '"', format('rules[%s]', r.ordinality - 1))
		FROM jsonb_array_elements(s.rules) WITH ORDINALITY r WHERE ff._serves(r.value -> 'serve', variation)
		UNION ALL SELECT 3, 'imported document' WHERE s.rules -> 0 -> 'variations' @> jsonb_build_array(jsonb_build_object('key', variation))) x
	ORDER BY x.i;
$$;

-- Whether a serve names a variation, be it with weight 0.
CREATE FUNCTION ff._serves(serve jsonb, variation text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(serve = to_jsonb(variation)
		OR jsonb_path_exists(serve, '$.split[*] ? (@.variation == $v)', jsonb_build_object('v', variation)), false);
$$;

-- All that names a variation of a flag, in words; one environment may be left out.
CREATE FUNCTION ff._variation_uses(f ff.flags, variation text, except_environment uuid DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	RETURN QUERY SELECT format('%s in environment "%s"', u, e.key)
	FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
	CROSS JOIN LATERAL ff._setting_uses(s, variation) WITH ORDINALITY x(u, i)
	WHERE s.flag_id = f.id AND s.environment_id IS DISTINCT FROM except_environment ORDER BY e.position, e.key, x.i;
	RETURN QUERY SELECT format('override of %s "%s" in environment "%s"', o.subject_kind, o.subject, e.key)
	FROM ff.overrides o JOIN ff.environments e ON e.id = o.environment_id
	WHERE o.flag_id = f.id AND o.variation = variation AND o.environment_id IS DISTINCT FROM except_environment
	ORDER BY e.position, e.key, o.subject_kind, o.subject LIMIT 3;
	-- what has come in the environment left out is over once that has other settings
	RETURN QUERY SELECT ff._step_place(c)
	FROM ff._live_steps(f.id) c JOIN ff.environments e ON e.id = c.environment_id
	WHERE ff._serves(c.serve, variation)
		AND (c.environment_id IS DISTINCT FROM except_environment OR c.at > statement_timestamp())
	ORDER BY e.position, e.key, c.at LIMIT 3;
	RETURN QUERY SELECT format('prerequisite of flag "%s"', d.key)
	FROM ff.prerequisites r JOIN ff.flags d ON d.id = r.flag_id
	WHERE r.prerequisite_id = f.id AND r.variation = variation ORDER BY d.key;
	RETURN QUERY SELECT format('control of experiment "%s"', x.key)
	FROM ff.experiments x WHERE x.flag_id = f.id AND x.control = variation ORDER BY x.key;
END;
$$;

CREATE FUNCTION @extschema@.ff_variation_remove(flag text, variation text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'variations');
	wanted text := ff._variation(f, variation);
	uses text;
BEGIN
	IF f.kind = 'boolean' THEN
		RAISE EXCEPTION 'a boolean flag has the variations "on" and "off" only' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT string_agg(u, ', ') INTO uses FROM ff._variation_uses(f, wanted) u;
	IF uses IS NOT NULL THEN
		RAISE EXCEPTION 'variation "%" of flag "%" is in use', wanted, f.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', uses);
	END IF;
	UPDATE ff.flags t SET variations = f.variations - (array_position(ff._variation_keys(f.variations), wanted) - 1)
	WHERE t.id = f.id;
	PERFORM ff._check_now('flag', f.id);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_variation_remove IS
'Removes a variation that nothing names: no off variation, default, rule, target, override, step of a schedule, prerequisite or experiment, in any environment, be it with weight 0. Error 2BP01: it is in use; the detail says where.';
