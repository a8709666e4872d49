-- The life of a flag: creation, description, archive, deletion.

-- An empty string or NULL is the key; a name given has 3 to 100 characters.
CREATE FUNCTION ff._flag_name(key text, name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF name IS NULL OR name IN ('', key) THEN
		RETURN key;
	END IF;
	IF length(name) NOT BETWEEN 3 AND 100 THEN
		RAISE EXCEPTION 'the name of a flag has 3 to 100 characters, not %', length(name)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN name;
END;
$$;

-- Clear errors for what the table would refuse with the name of a constraint.
CREATE FUNCTION ff._check_flag_text(description text, traffic_type text, stage text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF length(description) > 500 THEN
		RAISE EXCEPTION 'the description of a flag has at most 500 characters, not %', length(description)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF traffic_type NOT IN ('user', 'account', 'device', 'session', 'organization') THEN
		RAISE EXCEPTION 'unknown traffic type "%"', traffic_type
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of user, account, device, session, organization.';
	END IF;
	IF stage = 'archived' THEN
		RAISE EXCEPTION 'a flag is archived by ff_flag_archive, not by its stage' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF stage NOT IN ('development', 'staging', 'production') THEN
		RAISE EXCEPTION 'unknown stage "%"', stage
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of development, staging, production.';
	END IF;
END;
$$;

-- Tags without repetition, in the order given.
CREATE FUNCTION ff._tags(tags text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF array_position(tags, NULL) IS NOT NULL OR '' = ANY (tags) THEN
		RAISE EXCEPTION 'a tag cannot be empty' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN ARRAY(SELECT t.tag FROM unnest(tags) WITH ORDINALITY t(tag, i) GROUP BY t.tag ORDER BY min(t.i));
END;
$$;

-- Links in their stored form; a string is a link without a title.
CREATE FUNCTION ff._links(links jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result jsonb;
BEGIN
	IF jsonb_typeof(links) <> 'array' THEN
		RAISE EXCEPTION 'links must be an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT coalesce(jsonb_agg(
		CASE jsonb_typeof(l.value) WHEN 'string' THEN jsonb_build_object('url', l.value) ELSE l.value END
		ORDER BY l.ordinality), '[]') INTO result
	FROM jsonb_array_elements(links) WITH ORDINALITY l;
	PERFORM ff._check_links(result);
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_create(
	key text,
	kind text DEFAULT 'boolean',
	variations jsonb DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT '{}',
	category text DEFAULT NULL,
	owner text DEFAULT NULL,
	traffic_type text DEFAULT 'user',
	links jsonb DEFAULT '[]',
	temporary boolean DEFAULT true,
	stage text DEFAULT 'development',
	min_plan text DEFAULT NULL,
	client_visible boolean DEFAULT false,
	off_variation text DEFAULT NULL,
	enabled boolean DEFAULT true,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags;
	off_key text;
BEGIN
	f.project_id := ff._project(project);
	f.key := ff._new_key('flag', key);
	f.kind := coalesce(kind, 'boolean');
	f.variations := ff._variations(f.kind, variations);
	off_key := ff._variation(f, coalesce(off_variation, ff._off_variation(f.variations)));
	PERFORM ff._check_flag_text(description, traffic_type, stage);
	PERFORM ff._lock_project(f.project_id);
	IF nullif(min_plan, '') IS NOT NULL THEN
		f.min_plan := (ff._plan(f.project_id, min_plan)).key;
	END IF;
	INSERT INTO ff.flags AS t (project_id, key, kind, variations, min_plan, client_visible, name, description, category,
		tags, owner, traffic_type, links, temporary, stage)
	VALUES (f.project_id, f.key, f.kind, f.variations, f.min_plan, coalesce(client_visible, false),
		ff._flag_name(f.key, name), nullif(description, ''), nullif(category, ''), ff._tags(coalesce(tags, '{}')),
		nullif(owner, ''), coalesce(traffic_type, 'user'), ff._links(coalesce(links, '[]')), coalesce(temporary, true),
		coalesce(stage, 'development'))
	ON CONFLICT DO NOTHING RETURNING t.id INTO f.id;
	IF f.id IS NULL THEN
		RAISE EXCEPTION 'flag "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	INSERT INTO ff.flag_settings (flag_id, environment_id, enabled, default_serve, off_variation, salt)
	SELECT f.id, e.id, coalesce(enabled, true), to_jsonb(off_key), off_key, f.key
	FROM ff.environments e WHERE e.project_id = f.project_id ORDER BY e.position, e.key;
	RETURN f.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_create IS
'Creates a flag that is enabled in every environment and serves its off variation. kind is boolean (variations on = true, off = false), string, number or json.
variations: an array of {"key", "value", "name", "description"} or of bare values, whose key is the value as text; 2 to 1000.
off_variation: what is served while the flag is off; "off" where there is one, else the first. The name defaults to the key. Returns the id. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_flag_update(
	flag text,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	category text DEFAULT NULL,
	owner text DEFAULT NULL,
	traffic_type text DEFAULT NULL,
	links jsonb DEFAULT NULL,
	temporary boolean DEFAULT NULL,
	stage text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._check_flag_text(description, traffic_type, stage);
	IF stage IS NOT NULL AND f.archived_at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" is archived', f.key USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	UPDATE ff.flags t
	SET name = ff._flag_name(f.key, coalesce(name, f.name)),
		description = nullif(coalesce(description, f.description), ''),
		tags = ff._tags(coalesce(tags, f.tags)),
		category = nullif(coalesce(category, f.category), ''),
		owner = nullif(coalesce(owner, f.owner), ''),
		traffic_type = coalesce(traffic_type, f.traffic_type),
		links = ff._links(coalesce(links, f.links)),
		temporary = coalesce(temporary, f.temporary),
		stage = coalesce(stage, f.stage)
	WHERE t.id = f.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_update IS
'Changes what describes a flag. What is NULL or omitted stays; an empty string clears a text (the name becomes the key), ''{}'' the tags and ''[]'' the links. The key and kind of a flag never change.';

-- What requires flags: by prerequisites, or imported flags in their documents.
-- Of a few flags, only documents with such a text are compiled, and each once,
-- whatever the planner thinks of tables that grew just now.
CREATE FUNCTION ff._requirements(flags uuid[]) RETURNS TABLE (flag_id uuid, prerequisite_id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH home AS MATERIALIZED (SELECT f.project_id, array_agg(substr(t, 2, length(t) - 2)) AS keys
		FROM ff.flags f CROSS JOIN LATERAL CAST(to_jsonb(f.key) AS text) t WHERE f.id = ANY (flags) GROUP BY 1),
	documents AS MATERIALIZED (SELECT d.id, d.project_id, d.dialect, s.rules FROM home
		JOIN ff.flags d ON d.project_id = home.project_id AND d.dialect <> 'native' AND d.id <> ALL (flags)
		CROSS JOIN LATERAL (SELECT x.rules FROM ff.flag_settings x WHERE x.flag_id = d.id AND x.rules <> '[]' OFFSET 0) s
		WHERE cardinality(home.keys) > 10 OR EXISTS (SELECT FROM unnest(home.keys) k WHERE strpos(s.rules::text, k) > 0)),
	named AS MATERIALIZED (SELECT DISTINCT d.id, d.project_id, n AS key FROM documents d
		CROSS JOIN LATERAL ff._import_references('flag', d.dialect, d.rules) r CROSS JOIN LATERAL unnest(r.flags) n)
	SELECT r.flag_id, r.prerequisite_id FROM ff.prerequisites r WHERE r.prerequisite_id = ANY (flags)
	UNION
	SELECT n.id, p.id FROM named n
	CROSS JOIN LATERAL (SELECT f.id FROM ff.flags f WHERE f.project_id = n.project_id AND f.key = n.key COLLATE "C" OFFSET 0) p
	WHERE p.id = ANY (flags);
$$;

-- Refuses to take away flags that others require; archived ones count on
-- demand.
CREATE FUNCTION ff._refuse_required(flags uuid[], archived boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	needed text;
	users text;
BEGIN
	SELECT p.key, string_agg(format('flag "%s"', d.key), ', ' ORDER BY d.key) INTO needed, users
	FROM ff._requirements(flags) r JOIN ff.flags d ON d.id = r.flag_id JOIN ff.flags p ON p.id = r.prerequisite_id
	WHERE r.flag_id <> ALL (flags) AND (archived OR d.archived_at IS NULL)
	GROUP BY p.key ORDER BY p.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'flag "%" is a prerequisite', needed
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Required by %s.', users);
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_archive(flag text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._refuse_required(ARRAY[f.id], false);
	PERFORM ff._refuse_experiments(ARRAY[f.id], true);
	UPDATE ff.flags t SET archived_at = now(), stage = 'archived' WHERE t.id = f.id AND t.archived_at IS NULL;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_archive IS
'Archives a flag: it serves its off variation everywhere and its stage is archived. Its configuration stays. Error 2BP01: a flag that is not archived requires it, or an experiment is running on it.';

CREATE FUNCTION @extschema@.ff_flag_unarchive(flag text, stage text DEFAULT 'development', project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._check_flag_text(NULL, NULL, stage);
	UPDATE ff.flags t SET archived_at = NULL, stage = coalesce(stage, 'development')
	WHERE t.id = f.id AND t.archived_at IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_unarchive IS
'Brings an archived flag back with the configuration that it had, in the stage given.';

CREATE FUNCTION @extschema@.ff_flag_delete(flag text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._refuse_required(ARRAY[f.id], true);
	PERFORM ff._refuse_experiments(ARRAY[f.id], true);
	DELETE FROM ff.flags t WHERE t.id = f.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_delete IS
'Deletes a flag with its settings, overrides, versions and experiments for good. The audit log, exposures and events stay. Error 2BP01: another flag requires it, or an experiment is running on it.';

CREATE FUNCTION ff._set_enabled(flag text, enabled boolean, environment text, project text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	UPDATE ff.flag_settings t SET enabled = enabled
	WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id AND s.enabled <> enabled;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_enable(flag text, environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_enabled(flag, true, environment, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flag_enable IS
'Enables a flag in an environment: its targets, rules and default decide again. Steps of its schedule that are still to come stay.';

CREATE FUNCTION @extschema@.ff_flag_disable(flag text, environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_enabled(flag, false, environment, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flag_disable IS
'Disables a flag in an environment: everybody there is served its off variation. Steps of its schedule that are still to come stay.';

CREATE FUNCTION @extschema@.ff_flag_plan(flag text, min_plan text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	IF nullif(min_plan, '') IS NOT NULL THEN
		PERFORM ff._plan(f.project_id, min_plan);
	END IF;
	UPDATE ff.flags t SET min_plan = nullif(min_plan, '')
	WHERE t.id = f.id AND t.min_plan IS DISTINCT FROM nullif(min_plan, '');
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_plan IS
'Gates a flag by a plan: users whose plan (attribute "plan") has a lower level are served the off variation. NULL takes the gate away.';

CREATE FUNCTION @extschema@.ff_flag_visible(flag text, visible boolean DEFAULT true, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._required('visibility', visible::text);
	UPDATE ff.flags t SET client_visible = visible WHERE t.id = f.id AND t.client_visible IS DISTINCT FROM visible;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_visible IS
'Shows a flag to client-side callers (ff_bootstrap, ff_public_flags) or hides it from them; new flags are hidden.';
