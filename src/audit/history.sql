-- Versions of a flag in an environment: recorded, listed, compared, brought
-- back.

-- A time that reads the same whatever the session's time zone.
CREATE FUNCTION ff._utc(at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN isfinite(at) THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') ELSE at::text END;
END;
$$;

-- The same for people to read: 2027-01-01T00:00:00Z.
CREATE FUNCTION ff._time_text(at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN regexp_replace(ff._utc(at), '[.]?0*Z$', 'Z');
END;
$$;

-- {"user:alice": {"variation", "reason", "expires_at"}, ...}
CREATE FUNCTION ff._overrides_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_object_agg(o.subject_kind || ':' || o.subject, jsonb_build_object(
			'variation', o.variation, 'reason', o.reason, 'expires_at', ff._utc(o.expires_at)))
		FROM ff.overrides o WHERE o.flag_id = $1 AND o.environment_id = $2), '{}');
END;
$$;

-- {"flag": "variation", ...}
CREATE FUNCTION ff._prerequisites_document(flag_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_object_agg(p.key, r.variation)
		FROM ff.prerequisites r JOIN ff.flags p ON p.id = r.prerequisite_id WHERE r.flag_id = $1), '{}');
END;
$$;

-- The whole configuration of a flag in an environment as one document, with what
-- is in force by its schedule; NULL where it has none.
CREATE FUNCTION ff._flag_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT jsonb_build_object(
			'key', f.key, 'kind', f.kind, 'variations', f.variations,
			'enabled', ff._enabled_now(s), 'off_variation', s.off_variation, 'targets', s.targets, 'rules', s.rules,
			'default', ff._default_now(s), 'salt', s.salt,
			'overrides', ff._overrides_document(f.id, s.environment_id),
			'prerequisites', ff._prerequisites_document(f.id),
			'min_plan', f.min_plan, 'client_visible', f.client_visible, 'dialect', f.dialect,
			'archived', f.archived_at IS NOT NULL, 'killed', f.killed_at IS NOT NULL, 'kill_reason', f.kill_reason,
			'name', f.name, 'description', f.description, 'category', f.category, 'tags', f.tags, 'owner', f.owner,
			'traffic_type', f.traffic_type, 'links', f.links, 'temporary', f.temporary, 'stage', f.stage)
		FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
		WHERE f.id = $1 AND s.environment_id = $2);
END;
$$;

-- Called by the history trigger for a flag and environment that a statement
-- touched: stores a version when the document differs from the newest one.
CREATE FUNCTION ff._record_version(flag_id uuid, environment_id uuid, acting_role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	present jsonb := ff._flag_document(flag_id, environment_id);
	newest ff.flag_versions;
	next int;
BEGIN
	SELECT v.* INTO newest FROM ff.flag_versions v
	WHERE v.flag_id = flag_id AND v.environment_id = environment_id ORDER BY v.version DESC LIMIT 1;
	IF present IS NULL OR present = newest.document THEN
		RETURN;
	END IF;
	UPDATE ff.flag_settings s SET version = greatest(s.version, newest.version) + 1
	WHERE s.flag_id = flag_id AND s.environment_id = environment_id RETURNING s.version INTO next;
	INSERT INTO ff.flag_versions (flag_id, environment_id, version, transaction_id, acting_role, reason, document)
	VALUES (flag_id, environment_id, next, pg_current_xact_id()::text::bigint, acting_role,
		nullif(current_setting('featureflow.change_reason', true), ''), present);
END;
$$;

-- Whether a member names the elements of an array: none has it twice.
CREATE FUNCTION ff._names(elements jsonb, member text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT count(x.name) = count(DISTINCT x.name) AND coalesce(bool_and(x.name !~ '^[0-9]+$'), true)
	FROM (SELECT e ->> member AS name FROM jsonb_array_elements(elements) e) x;
$$;

-- What tells the elements of two arrays apart: the member key, id or
-- variation, where some have it; NULL where none does.
CREATE FUNCTION ff._identity(a jsonb, b jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.m FROM unnest('{key,id,variation}'::text[]) WITH ORDINALITY x(m, i)
	WHERE (jsonb_path_exists(a, ('$[*].' || x.m)::jsonpath) OR jsonb_path_exists(b, ('$[*].' || x.m)::jsonpath))
		AND ff._names(a, x.m) AND ff._names(b, x.m)
	ORDER BY x.i LIMIT 1;
$$;

-- An array as an object: by that member, else by position.
CREATE FUNCTION ff._by_identity(elements jsonb, member text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(coalesce(e.value ->> member, (e.ordinality - 1)::text), e.value), '{}')
	FROM jsonb_array_elements(elements) WITH ORDINALITY e;
$$;

-- The members of two documents that differ, each with its path.
CREATE FUNCTION ff._diff(before jsonb, after jsonb, place text DEFAULT '')
RETURNS TABLE (path text, old jsonb, new jsonb)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	pattern text := CASE WHEN place = '' THEN '%2$s' ELSE '%1$s.%2$s' END;
	of_objects boolean := jsonb_typeof(before) = 'array' AND jsonb_typeof(after) = 'array'
		AND NOT jsonb_path_exists(before || after, '$[*] ? (@.type() != "object")');
	member text;
BEGIN
	IF before IS NOT DISTINCT FROM after THEN
		RETURN;
	ELSIF of_objects THEN
		member := ff._identity(before, after);
		IF member IS NOT NULL AND ff._by_identity(before, member) = ff._by_identity(after, member) THEN
			RETURN QUERY SELECT place || '[*].' || member,
				jsonb_path_query_array(before, ('$[*].' || member)::jsonpath), jsonb_path_query_array(after, ('$[*].' || member)::jsonpath);
			RETURN;
		END IF;
		pattern := '%1$s[%2$s]';
		before := ff._by_identity(before, member);
		after := ff._by_identity(after, member);
	ELSIF jsonb_typeof(before) IS DISTINCT FROM 'object' OR jsonb_typeof(after) IS DISTINCT FROM 'object' THEN
		RETURN QUERY SELECT place, before, after;
		RETURN;
	END IF;
	RETURN QUERY SELECT d.path, d.old, d.new
	FROM (SELECT jsonb_object_keys(before) AS key UNION SELECT jsonb_object_keys(after)) k
	CROSS JOIN LATERAL ff._diff(before -> k.key, after -> k.key, format(pattern, place, k.key)) d
	WHERE before -> k.key IS DISTINCT FROM after -> k.key
	ORDER BY k.key COLLATE "C", d.path COLLATE "C";
END;
$$;

-- The same in short: a rule or variation is named once, whatever about it
-- differs.
CREATE FUNCTION ff._changes(before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(c.path ORDER BY c.i) FROM (
		SELECT regexp_replace(d.path, '^(rules\[.*?\]|variations\[.*?\]|default)([.].*)?$', '\1') AS path, min(d.ordinality) AS i
		FROM ff._diff(before, after) WITH ORDINALITY d GROUP BY 1) c;
$$;

-- One stored version of a flag.
CREATE FUNCTION ff._version(f ff.flags, environment_id uuid, version int) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result jsonb;
BEGIN
	SELECT v.document INTO result FROM ff.flag_versions v
	WHERE v.flag_id = f.id AND v.environment_id = environment_id AND v.version = version;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'flag "%" has no version % in environment "%"', f.key, coalesce(version::text, 'NULL'),
				(SELECT e.key FROM ff.environments e WHERE e.id = environment_id)
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_history(flag text, environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (version int, at timestamptz, role text, reason text, changes text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._flag(ff._project(project), flag);
	env uuid := ff._environment(f.project_id, environment);
BEGIN
	RETURN QUERY SELECT v.version, v.at, v.acting_role, v.reason,
		CASE WHEN v.before IS NOT NULL THEN ff._changes(v.before, v.document) ELSE '{}' END
	FROM (SELECT x.*, lag(x.document) OVER (ORDER BY x.version) AS before
		FROM ff.flag_versions x WHERE x.flag_id = f.id AND x.environment_id = env) v
	ORDER BY v.version DESC;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_history IS
'The versions of a flag in an environment, newest first: when (start of the transaction), by whom, why, and what changed: members of the document, rules[id or position], variations[key], targets.variation, overrides.user:key.';

CREATE FUNCTION @extschema@.ff_flag_diff(
	flag text,
	from_version int,
	to_version int,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (path text, old jsonb, new jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._flag(ff._project(project), flag);
	env uuid := ff._environment(f.project_id, environment);
BEGIN
	RETURN QUERY SELECT d.path, d.old, d.new
	FROM ff._diff(ff._version(f, env, from_version), ff._version(f, env, to_version)) d;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_diff IS
'What differs between two versions of a flag in an environment: a row a member, with its path (rules[id] or rules[position], variations[key], targets.variation, overrides.user:key), old and new value; NULL where it did not exist. Error 42704: no such version.';
