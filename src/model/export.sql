-- The rules of an environment as one document, for evaluation elsewhere.

-- The steps of a schedule that are in force or to come, in order of time.
CREATE FUNCTION ff._schedule_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_agg(jsonb_build_object('at', ff._utc(c.at))
				|| CASE WHEN c.serve IS NULL THEN jsonb_build_object('enabled', c.enabled)
					ELSE jsonb_build_object('serve', c.serve) END ORDER BY c.at, c.serve IS NOT NULL)
		FROM (SELECT x.*, lead(x.at, 1, 'infinity') OVER (PARTITION BY x.enabled IS NULL ORDER BY x.at) AS until
			FROM ff.schedules x JOIN ff.flag_settings s ON s.flag_id = x.flag_id AND s.environment_id = x.environment_id
			WHERE x.flag_id = $1 AND x.environment_id = $2
				AND x.at > coalesce(CASE WHEN x.enabled IS NULL THEN s.default_at ELSE s.enabled_at END, '-infinity')) c
		WHERE c.until > statement_timestamp()), '[]');
END;
$$;

-- One flag of it: what ff._flag_document has, less what only describes.
CREATE FUNCTION ff._ruleset_flag(flag_id uuid, environment_id uuid, version int) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	overrides jsonb := ff._overrides_document(flag_id, environment_id);
	running jsonb := ff._running_document(flag_id, environment_id);
BEGIN
	IF overrides <> '{}' THEN
		SELECT jsonb_object_agg(o.key, o.value - 'reason') INTO overrides FROM jsonb_each(overrides) o;
	END IF;
	RETURN ff._flag_document(flag_id, environment_id)
		- '{key,kill_reason,name,description,category,tags,owner,links,temporary,stage}'::text[]
		|| jsonb_build_object('version', version, 'overrides', overrides,
			'schedule', ff._schedule_document(flag_id, environment_id))
		|| CASE WHEN running IS NULL THEN '{}' ELSE jsonb_build_object('experiment', running) END;
END;
$$;

-- Whether a list is too long to be sent along.
CREATE FUNCTION ff._is_long(segment_id uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM ff.segment_members m WHERE m.segment_id = $1 OFFSET 10000); $$;

-- {"segment": ["user", ...]} of the lists that are not too long.
CREATE FUNCTION ff._ruleset_lists(home uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(g.key, x.users), '{}') FROM ff.segments g CROSS JOIN LATERAL (
		SELECT jsonb_agg(m.user_key ORDER BY m.user_key) AS users FROM ff.segment_members m WHERE m.segment_id = g.id) x
	WHERE g.project_id = home AND x.users IS NOT NULL AND NOT ff._is_long(g.id);
$$;

-- The segments that cannot be told from the document alone.
CREATE FUNCTION ff._remote_segments(home uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(g.key ORDER BY g.key), '[]') FROM ff.segments g
	WHERE g.project_id = home AND (g.query IS NOT NULL OR ff._is_long(g.id));
$$;

CREATE FUNCTION @extschema@.ff_ruleset(environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	env uuid := ff._environment(home, environment);
	result jsonb;
BEGIN
	SELECT jsonb_build_object('format', 1, 'project', p.key, 'environment', e.key,
		'version', (SELECT v.version FROM ff.versions v WHERE v.environment_id = env),
		'plans', (SELECT coalesce(jsonb_object_agg(l.key, l.level), '{}') FROM ff.plans l WHERE l.project_id = home),
		'segments', (SELECT coalesce(jsonb_object_agg(g.key, g.condition), '{}') FROM ff.segments g WHERE g.project_id = home),
		'imported_segments', (SELECT coalesce(jsonb_object_agg(d.dialect, d.segments), '{}') FROM (
			SELECT g.dialect, jsonb_object_agg(g.key, g.document) AS segments FROM ff.imported_segments g
			WHERE g.environment_id = env GROUP BY g.dialect) d),
		'lists', ff._ruleset_lists(home), 'remote_segments', ff._remote_segments(home),
		'flags', (SELECT coalesce(jsonb_object_agg(f.key, ff._ruleset_flag(f.id, env, s.version)), '{}')
			FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id AND s.environment_id = env
			WHERE f.project_id = home))
	INTO result FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id WHERE e.id = env;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_ruleset IS
'All that evaluation in an environment needs, as one document for local evaluation: {"format": 1, "project", "environment", "version", "plans": {key: level}, "segments": {key: condition}, "imported_segments": {dialect: {key: document}}, "lists": {segment: [user, ...]}, "remote_segments": [keys of segments with a query or a list of more than 10,000], "flags": {key: {kind, variations, enabled, off_variation, targets, rules, default, schedule, salt, overrides, prerequisites, min_plan, client_visible, archived, killed, dialect, version, traffic_type}}}. enabled and default are what is in force; schedule: [{"at", "enabled" or "serve"}, ...], the steps in force and to come. A flag has, besides, "experiment": {"key", "control", "sticky", "gates": [{"kind", "key", "salt", "from", "to"}, ...]} while one runs that has a say in who gets what: a unit goes through a split of several variations only if its ff_bucket by each salt is from "from" and below "to", else it gets the control; of a sticky one a unit that was exposed keeps its variation, which only the database knows. rules of a flag whose dialect is not native are [the document of its provider]. It names users: for servers only.';
