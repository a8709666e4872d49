-- The environments of a project: where its flags are set, each for itself.

-- The usual colours of the usual environments.
CREATE FUNCTION ff._color(environment text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE environment
		WHEN 'development' THEN '#2e7d32'
		WHEN 'staging' THEN '#ed6c02'
		WHEN 'production' THEN '#c62828' END;
$$;

CREATE FUNCTION ff._check_color(color text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF color <> '' AND color !~ '^#[0-9a-fA-F]{6}$' THEN
		RAISE EXCEPTION '"%" is not a color', left(color, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A color is written #rrggbb.';
	END IF;
END;
$$;

-- A new environment, last in order, in which no flag is set yet.
CREATE FUNCTION ff._new_environment(project_id uuid, key text, name text, color text) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result uuid;
BEGIN
	PERFORM ff._new_key('environment', key);
	PERFORM ff._check_color(color);
	PERFORM ff._lock_project(project_id);
	IF EXISTS (SELECT FROM ff.environments e WHERE e.project_id = project_id AND e.key = key) THEN
		RAISE EXCEPTION 'environment "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	INSERT INTO ff.environments AS e (project_id, key, name, color, position)
	SELECT project_id, key, ff._name(key, name), coalesce(nullif(color, ''), ff._color(key)),
		(SELECT coalesce(max(x.position), 0) + 1 FROM ff.environments x WHERE x.project_id = project_id)
	RETURNING e.id INTO result;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_environment_create(
	key text,
	name text DEFAULT NULL,
	color text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	result uuid := ff._new_environment(home, key, name, color);
BEGIN
	INSERT INTO ff.flag_settings (flag_id, environment_id, default_serve, off_variation, salt)
	SELECT f.id, result, to_jsonb(x.off_variation), x.off_variation, f.key
	FROM ff.flags f CROSS JOIN LATERAL (SELECT CASE WHEN f.dialect = 'native' THEN coalesce(
		(SELECT s.off_variation FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
			WHERE s.flag_id = f.id ORDER BY e.position, e.key LIMIT 1),
		ff._off_variation(f.variations)) ELSE '' END AS off_variation) x
	WHERE f.project_id = home;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_create IS
'Creates an environment, last in order; color is #rrggbb. Every flag of the project is enabled in it and serves its off variation; an imported one serves nothing until it is imported into it. Returns its id. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_environment_update(
	environment text,
	key text DEFAULT NULL,
	name text DEFAULT NULL,
	color text DEFAULT NULL,
	sort_order int DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted uuid;
BEGIN
	PERFORM ff._check_color(color);
	PERFORM ff._lock_project(home);
	wanted := ff._environment(home, ff._required('environment', environment));
	IF key IS NOT NULL AND EXISTS (SELECT FROM ff.environments e
			WHERE e.project_id = home AND e.key = ff._new_key('environment', key) AND e.id <> wanted) THEN
		RAISE EXCEPTION 'environment "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	UPDATE ff.environments e
	SET key = coalesce(key, e.key),
		name = ff._name(coalesce(key, e.key), coalesce(name, e.name)),
		color = CASE WHEN color = '' THEN NULL ELSE coalesce(color, e.color) END,
		position = coalesce(sort_order, e.position)
	WHERE e.id = wanted;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_update IS
'Renames an environment (key) and changes its name, color (#rrggbb) and place in the order. What is NULL or omitted stays; an empty string makes the name the key again and clears the color.';

CREATE FUNCTION @extschema@.ff_environment_delete(environment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted uuid;
BEGIN
	PERFORM ff._lock_project(home);
	wanted := ff._environment(home, ff._required('environment', environment));
	IF NOT EXISTS (SELECT FROM ff.environments e WHERE e.project_id = home AND e.id <> wanted) THEN
		RAISE EXCEPTION 'environment "%" is the last one of its project', environment
			USING ERRCODE = 'dependent_objects_still_exist';
	END IF;
	PERFORM ff._refuse_experiments_in(wanted);
	DELETE FROM ff.environments e WHERE e.id = wanted;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_delete IS
'Deletes an environment with the settings, overrides and versions that flags have in it, its experiments and their exposures. Events and the audit log stay. Error 2BP01: it is the last one, or an experiment is running in it.';

CREATE FUNCTION @extschema@.ff_environment_list(project text DEFAULT NULL)
RETURNS TABLE (key text, name text, color text, "position" int, enabled_flags bigint, overrides bigint, created_at timestamptz,
	locked_at timestamptz, locked_by text, lock_reason text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT e.key, e.name, e.color, e.position,
		(SELECT count(*) FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id
			WHERE s.environment_id = e.id AND ff._enabled_now(s) AND f.archived_at IS NULL AND f.killed_at IS NULL),
		(SELECT count(*) FROM ff.overrides o WHERE o.environment_id = e.id AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp())),
		e.created_at, e.locked_at, e.locked_by, e.lock_reason
	FROM ff.environments e WHERE e.project_id = ff._project(project) ORDER BY e.position, e.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_list IS
'The environments of a project in order, with the number of flags that are enabled there and of overrides in force, and since when, by whom and why each is locked.';
