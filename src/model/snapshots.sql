-- The whole configuration of a project, kept under a name: saved, listed,
-- compared with what is there now.

CREATE TRIGGER snapshots_sign BEFORE INSERT OR UPDATE ON ff.snapshots
	FOR EACH ROW EXECUTE FUNCTION ff._sign_override();

-- What of a document reads with the rights of a role: queries of segments and
-- context sources.
CREATE FUNCTION ff._signed_items(document jsonb) RETURNS TABLE (kind text, key text, role text, item jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'segment', i.key, i.value ->> 'query_role', i.value -> 'query'
	FROM jsonb_each(document -> 'segment') i WHERE i.value ->> 'query' IS NOT NULL
	UNION ALL
	SELECT 'source', i.key, i.value ->> 'role', jsonb_build_array(i.value -> 'key_column', i.value -> 'attributes')
	FROM jsonb_each(document -> 'source') i;
$$;

-- The same of a project as it is.
CREATE FUNCTION ff._present_items(project_id uuid) RETURNS TABLE (kind text, key text, role text, item jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'segment', g.key, g.query_role, to_jsonb(g.query) FROM ff.segments g WHERE g.project_id = $1 AND g.query IS NOT NULL
	UNION ALL
	SELECT 'source', c.relation, c.role, jsonb_build_array(c.key_column, c.attributes) FROM ff.context_sources c WHERE c.project_id = $1;
$$;

-- Nobody writes a snapshot that, when it is restored, would read with rights
-- of another who never wanted that.
CREATE FUNCTION ff._snapshots_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s record;
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	FOR s IN SELECT n.* FROM ff._signed_items(NEW.document) n WHERE n.role IS DISTINCT FROM current_user
		EXCEPT SELECT p.* FROM ff._present_items(NEW.project_id) p
		EXCEPT SELECT o.* FROM ff._signed_items(OLD.document) o WHERE OLD.project_id = NEW.project_id LOOP
		RAISE EXCEPTION '% "%" of snapshot "%" would read with the rights of role "%"', s.kind, s.key, NEW.key, s.role
			USING ERRCODE = 'insufficient_privilege', DETAIL = 'The project has no such ' || s.kind || ' of that role.';
	END LOOP;
	RETURN NEW;
END;
$$;

CREATE TRIGGER snapshots_before BEFORE INSERT OR UPDATE ON ff.snapshots
	FOR EACH ROW EXECUTE FUNCTION ff._snapshots_before();

-- What a flag is in all environments.
CREATE FUNCTION ff._shared_document(f ff.flags) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN to_jsonb(f) - '{id,project_id,key,archived_at,killed_at,created_at,updated_at}'::text[]
		|| jsonb_build_object('archived', f.archived_at IS NOT NULL, 'killed', f.killed_at IS NOT NULL);
END;
$$;

-- What it does in one.
CREATE FUNCTION ff._setting_document(s ff.flag_settings) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN jsonb_build_object('enabled', s.enabled, 'targets', s.targets, 'rules', s.rules, 'default_serve', s.default_serve,
		'off_variation', s.off_variation, 'salt', s.salt);
END;
$$;

-- [{"at", "enabled" or "serve", "reason"}, ...]: steps that are still to come.
CREATE FUNCTION ff._steps_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('at', ff._utc(c.at), 'enabled', c.enabled, 'serve', c.serve,
			'reason', c.reason)) ORDER BY c.at, c.enabled IS NULL), '[]')
	FROM ff.schedules c WHERE c.flag_id = $1 AND c.environment_id = $2 AND c.at > statement_timestamp();
$$;

-- {"environment": {...}, ...}
CREATE FUNCTION ff._settings_document(flag_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT coalesce(jsonb_object_agg(e.key, ff._setting_document(x) || jsonb_build_object(
			'overrides', ff._overrides_document(s.flag_id, s.environment_id),
			'schedule', ff._steps_document(s.flag_id, s.environment_id))), '{}')
		FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id CROSS JOIN LATERAL ff._settings_in_force(s) x
		WHERE s.flag_id = $1);
END;
$$;

-- A segment's list: its size, a digest that does not depend on order, and the
-- users themselves where they are few.
CREATE FUNCTION ff._members_document(segment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result jsonb;
BEGIN
	IF NOT EXISTS (SELECT FROM ff.segment_members m WHERE m.segment_id = segment_id) THEN
		RETURN '{"count": 0, "users": []}';
	END IF;
	SELECT jsonb_build_object('count', count(*), 'digest', sum(hashtextextended(m.user_key, 0))::text) INTO result
	FROM ff.segment_members m WHERE m.segment_id = segment_id;
	IF (result -> 'count')::bigint <= 10000 THEN
		result := result || jsonb_build_object('users', (SELECT jsonb_agg(m.user_key ORDER BY m.user_key)
			FROM ff.segment_members m WHERE m.segment_id = segment_id));
	END IF;
	RETURN result;
END;
$$;

-- The project as a document: {"format": 1, kind: {key: {...}, ...}, ...}.
CREATE FUNCTION ff._project_document(project_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('format', 1,
		'environment', (SELECT coalesce(jsonb_object_agg(e.key, jsonb_build_object('name', e.name, 'color', e.color, 'position', e.position)), '{}')
			FROM ff.environments e WHERE e.project_id = $1),
		'plan', (SELECT coalesce(jsonb_object_agg(l.key, jsonb_build_object('level', l.level, 'name', l.name)), '{}')
			FROM ff.plans l WHERE l.project_id = $1),
		'segment', (SELECT coalesce(jsonb_object_agg(g.key, jsonb_build_object('condition', g.condition, 'name', g.name,
				'description', g.description, 'query', g.query, 'query_type', g.query_type, 'query_role', g.query_role,
				'members', ff._members_document(g.id))), '{}')
			FROM ff.segments g WHERE g.project_id = $1),
		'source', (SELECT coalesce(jsonb_object_agg(c.relation, jsonb_build_object('key_column', c.key_column,
				'attributes', c.attributes, 'role', c.role, 'position', c.position)), '{}')
			FROM ff.context_sources c WHERE c.project_id = $1),
		'imported segment', (SELECT coalesce(jsonb_object_agg(concat_ws(':', e.key, g.dialect, g.key), jsonb_build_object('environment', e.key,
				'dialect', g.dialect, 'key', g.key, 'document', g.document)), '{}')
			FROM ff.imported_segments g JOIN ff.environments e ON e.id = g.environment_id WHERE e.project_id = $1),
		'template', (SELECT coalesce(jsonb_object_agg(t.kind || ':' || t.key, jsonb_build_object('name', t.name,
				'description', t.description, 'document', t.document)), '{}')
			FROM ff.templates t WHERE t.project_id = $1),
		'flag', (SELECT coalesce(jsonb_object_agg(f.key, ff._shared_document(f) || jsonb_build_object(
				'prerequisites', ff._prerequisites_document(f.id), 'environments', ff._settings_document(f.id))), '{}')
			FROM ff.flags f WHERE f.project_id = $1));
$$;

-- A flag of a snapshot without the steps of its schedules that have passed
-- since.
CREATE FUNCTION ff._steps_to_come(flag jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT flag || jsonb_build_object('environments', (
		SELECT coalesce(jsonb_object_agg(e.key, e.value || jsonb_build_object('schedule', (
			SELECT coalesce(jsonb_agg(c.value ORDER BY c.ordinality), '[]')
			FROM jsonb_array_elements(e.value -> 'schedule') WITH ORDINALITY c
			WHERE (c.value ->> 'at')::timestamptz > statement_timestamp()))), '{}')
		FROM jsonb_each(flag -> 'environments') e));
$$;

-- What is in such a document, a row a thing.
CREATE FUNCTION ff._items(document jsonb)
RETURNS TABLE (kind text, key text, item jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT k.key, i.key, CASE WHEN k.key = 'flag' AND jsonb_path_exists(i.value, '$.environments.*.schedule[*]')
		THEN ff._steps_to_come(i.value) ELSE i.value END
	FROM jsonb_each(document - 'format') k CROSS JOIN LATERAL jsonb_each(k.value) i;
$$;

-- Two documents side by side, in the order in which things are listed.
CREATE FUNCTION ff._pairs(was jsonb, present jsonb)
RETURNS TABLE (kind text, key text, was jsonb, present jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(a.kind, b.kind), coalesce(a.key, b.key), a.item, b.item
	FROM ff._items($1) a FULL JOIN ff._items($2) b ON b.kind = a.kind AND b.key = a.key
	ORDER BY array_position('{environment,plan,segment,imported segment,source,template,flag}'::text[], coalesce(a.kind, b.kind)),
		coalesce(a.key, b.key) COLLATE "C";
$$;

CREATE FUNCTION ff._snapshot(project_id uuid, snapshot text) RETURNS ff.snapshots
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.snapshots;
BEGIN
	SELECT s.* INTO result FROM ff.snapshots s WHERE s.project_id = project_id AND s.key = ff._required('snapshot', snapshot);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'snapshot "%" does not exist', snapshot USING ERRCODE = 'undefined_object';
	END IF;
	IF result.document -> 'format' IS DISTINCT FROM '1' THEN
		RAISE EXCEPTION 'snapshot "%" has an unknown format', snapshot USING ERRCODE = 'feature_not_supported';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_snapshot_save(key text, description text DEFAULT NULL, project text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	result uuid;
BEGIN
	PERFORM ff._new_key('snapshot', key);
	PERFORM ff._lock_project(home);
	IF EXISTS (SELECT FROM ff.snapshots s WHERE s.project_id = home AND s.key = key) THEN
		RAISE EXCEPTION 'snapshot "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	INSERT INTO ff.snapshots AS s (project_id, key, description, document)
	VALUES (home, key, nullif(description, ''), ff._project_document(home))
	RETURNING s.id INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_snapshot_save IS
'Keeps the configuration of a project under a key: flags with settings, overrides, prerequisites and steps of schedules still to come, segments (imported ones too), plans, environments, context sources and templates. The list of a segment is kept where it has at most 10000 users; of a longer one, its size and a digest.
Returns the id. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_snapshot_list(project text DEFAULT NULL)
RETURNS TABLE (key text, description text, flags int, segments int, environments int, size bigint, created_by text, created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.key, s.description, n.flags, n.segments, n.environments, pg_column_size(s.document)::bigint, s.created_by, s.created_at
	FROM ff.snapshots s
	CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE i.kind = 'flag')::int AS flags,
		count(*) FILTER (WHERE i.kind = 'segment')::int AS segments,
		count(*) FILTER (WHERE i.kind = 'environment')::int AS environments FROM ff._items(s.document) i) n
	WHERE s.project_id = ff._project(project)
	ORDER BY s.created_at DESC, s.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_snapshot_list IS
'The snapshots of a project, newest first: how many flags, segments and environments each has, and the bytes that it takes.';

-- What differs about one thing; about a flag, environment by environment where
-- both have it.
CREATE FUNCTION ff._item_diff(kind text, was jsonb, present jsonb, environments text[])
RETURNS TABLE (environment text, path text, old jsonb, new jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT NULL, d.path, d.old, d.new
	FROM ff._diff(was - 'environments', present - 'environments') WITH ORDINALITY d(path, old, new, i)
	UNION ALL
	SELECT e.key, d.path, d.old, d.new FROM (
		SELECT coalesce(a.key, b.key) AS key, a.value AS was, b.value AS present
		FROM jsonb_each(was -> 'environments') a FULL JOIN jsonb_each(present -> 'environments') b ON b.key = a.key) e
	CROSS JOIN LATERAL ff._diff(e.was, e.present) d
	WHERE kind = 'flag' AND was IS NOT NULL AND present IS NOT NULL AND e.key = ANY (environments);
$$;

CREATE FUNCTION @extschema@.ff_snapshot_compare(key text, project text DEFAULT NULL)
RETURNS TABLE (kind text, key text, environment text, path text, old jsonb, new jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH documents AS MATERIALIZED (
		SELECT (ff._snapshot(h.id, $1)).document AS was, ff._project_document(h.id) AS present,
			ARRAY(SELECT e.key::text FROM ff.environments e WHERE e.project_id = h.id) AS environments
		FROM ff._project($2) h(id))
	SELECT i.kind, i.key, d.environment, d.path, d.old, d.new
	FROM documents
	CROSS JOIN LATERAL (SELECT ARRAY(SELECT e FROM unnest(environments) e WHERE was -> 'environment' ? e) AS both) x
	CROSS JOIN LATERAL ff._pairs(was, present) WITH ORDINALITY i(kind, key, was, present, i)
	CROSS JOIN LATERAL ff._item_diff(i.kind, i.was, i.present, x.both) d
	WHERE i.was IS DISTINCT FROM i.present
	ORDER BY i.i, d.environment COLLATE "C" NULLS FIRST, d.path COLLATE "C";
$$;
COMMENT ON FUNCTION @extschema@.ff_snapshot_compare IS
'What differs between a snapshot and the project as it is: a row a member, with the kind of thing (environment, plan, segment, source, template, flag), its key, the environment where it is a flag''s setting in one, the path as in ff_flag_diff, and the value in the snapshot (old) and now (new). An empty path is the whole thing: old is NULL where it was created since, new where it is gone. Error 42704: no such snapshot.';

CREATE FUNCTION @extschema@.ff_snapshot_delete(key text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(home);
	DELETE FROM ff.snapshots s WHERE s.project_id = home AND s.key = ff._required('snapshot', key);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'snapshot "%" does not exist', key USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_snapshot_delete IS
'Deletes a snapshot. The entry in the audit log keeps its content. Error 42704: there is none.';
