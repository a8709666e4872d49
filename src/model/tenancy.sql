-- Projects and plans.

CREATE FUNCTION @extschema@.ff_project_create(
	key text,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	environments text[] DEFAULT '{development,staging,production}',
	organization text DEFAULT 'default'
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	owner_id uuid;
	result uuid := gen_random_uuid();
BEGIN
	PERFORM ff._new_key('project', key);
	PERFORM ff._new_key('environment', e) FROM unnest(environments) e;
	SELECT o.id INTO owner_id FROM ff.organizations o WHERE o.key = organization;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'organization "%" does not exist', organization USING ERRCODE = 'undefined_object';
	END IF;
	PERFORM ff._lock_project(result);
	INSERT INTO ff.projects (id, organization_id, key, name, description)
	VALUES (result, owner_id, key, ff._name(key, name), nullif(description, ''))
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'project "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	INSERT INTO ff.environments (project_id, key, name, color, position)
	SELECT result, e.key, initcap(e.key), ff._color(e.key), min(e.position)
	FROM unnest(environments) WITH ORDINALITY e(key, position) GROUP BY e.key;
	INSERT INTO ff.plans (project_id, key, level, name)
	VALUES (result, 'free', 0, 'Free'), (result, 'pro', 10, 'Pro'), (result, 'enterprise', 20, 'Enterprise');
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_project_create IS
'Creates a project with the environments given, in that order, and the plans free (level 0), pro (10) and enterprise (20). Returns its id. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_project_update(
	project text,
	key text DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	wanted uuid := ff._project(ff._required('project', project));
BEGIN
	PERFORM ff._lock_project(wanted);
	IF key IS NOT NULL AND EXISTS (SELECT FROM ff.projects p WHERE p.key = ff._new_key('project', key) AND p.id <> wanted) THEN
		RAISE EXCEPTION 'project "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	UPDATE ff.projects p
	SET key = coalesce(key, p.key),
		name = ff._name(coalesce(key, p.key), coalesce(name, p.name)),
		description = CASE WHEN description = '' THEN NULL ELSE coalesce(description, p.description) END
	WHERE p.id = wanted;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_project_update IS
'Renames a project (key) and changes its name and description. What is NULL or omitted stays; an empty string makes the name the key again and clears the description.';

CREATE FUNCTION @extschema@.ff_project_delete(project text, cascade boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	wanted uuid := ff._project(ff._required('project', project));
	flags bigint;
BEGIN
	PERFORM ff._lock_project(wanted);
	SELECT count(*) INTO flags FROM ff.flags f WHERE f.project_id = wanted;
	IF flags > 0 AND cascade IS NOT TRUE THEN
		RAISE EXCEPTION 'project "%" still has flags', project
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('It has %s.', flags),
				HINT = 'Pass "cascade => true" to delete the project with all that is in it.';
	END IF;
	DELETE FROM ff.projects p WHERE p.id = wanted;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_project_delete IS
'Deletes a project with its environments, plans, segments and, only with cascade => true, flags. The audit log stays. Error 2BP01: it still has flags.';

CREATE FUNCTION @extschema@.ff_project_list()
RETURNS TABLE (key text, name text, description text, organization text, environments text[], flags bigint, created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.key, p.name, p.description, o.key,
		ARRAY(SELECT e.key::text FROM ff.environments e WHERE e.project_id = p.id ORDER BY e.position, e.key),
		(SELECT count(*) FROM ff.flags f WHERE f.project_id = p.id), p.created_at
	FROM ff.projects p JOIN ff.organizations o ON o.id = p.organization_id ORDER BY p.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_project_list IS
'All projects, by key, with their environments in order and the number of their flags.';

CREATE FUNCTION ff._check_level(level int) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF level < 0 THEN
		RAISE EXCEPTION 'the level of a plan cannot be negative' USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_plan_create(
	key text,
	level int,
	name text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	wanted uuid := ff._project(project);
	result uuid;
BEGIN
	PERFORM ff._new_key('plan', key);
	PERFORM ff._check_level(level);
	PERFORM ff._required('level', level::text);
	PERFORM ff._lock_project(wanted);
	INSERT INTO ff.plans AS l (project_id, key, level, name)
	VALUES (wanted, key, level, ff._name(key, name))
	ON CONFLICT DO NOTHING RETURNING l.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION 'plan "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_plan_create IS
'Creates a plan; a user passes the gate of a flag when the level of the user''s plan is at least that of the flag''s. Returns its id. Error 23505: the key is taken.';

CREATE FUNCTION @extschema@.ff_plan_update(
	plan text,
	level int DEFAULT NULL,
	name text DEFAULT NULL,
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
	PERFORM ff._check_level(level);
	PERFORM ff._lock_project(home);
	wanted := (ff._plan(home, plan)).id;
	UPDATE ff.plans l
	SET level = coalesce(level, l.level),
		name = ff._name(l.key, coalesce(name, l.name))
	WHERE l.id = wanted;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_plan_update IS
'Changes the level and name of a plan. What is NULL or omitted stays; an empty name is the key again. The key cannot change: users'' attributes name it.';

CREATE FUNCTION @extschema@.ff_plan_delete(plan text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	users text;
BEGIN
	PERFORM ff._lock_project(home);
	PERFORM ff._plan(home, plan);
	SELECT string_agg(format('flag "%s"', f.key), ', ' ORDER BY f.key) INTO users
	FROM ff.flags f WHERE f.project_id = home AND f.min_plan = plan;
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'plan "%" is in use', plan
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users);
	END IF;
	DELETE FROM ff.plans l WHERE l.project_id = home AND l.key = plan;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_plan_delete IS
'Deletes a plan. Error 2BP01: a flag is gated by it; the detail says which.';

CREATE FUNCTION @extschema@.ff_plan_list(project text DEFAULT NULL)
RETURNS TABLE (key text, level int, name text, flags bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT l.key, l.level, l.name,
		(SELECT count(*) FROM ff.flags f WHERE f.project_id = l.project_id AND f.min_plan = l.key)
	FROM ff.plans l WHERE l.project_id = ff._project(project) ORDER BY l.level, l.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_plan_list IS
'The plans of a project by level, with the number of flags that are gated by each.';
