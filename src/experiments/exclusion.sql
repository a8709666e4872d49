-- Exclusion groups: of their experiments a unit takes part in one at most.

CREATE FUNCTION ff._exclusion_group(project_id uuid, exclusion_group text) RETURNS ff.exclusion_groups
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.exclusion_groups;
BEGIN
	SELECT g.* INTO result FROM ff.exclusion_groups g WHERE g.project_id = project_id AND g.key = ff._required('exclusion group', exclusion_group);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'exclusion group "%" does not exist', left(exclusion_group, 100) USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- The ranges of a group's buckets that no experiment has which is a draft or
-- running, but for one that is looking for another.
CREATE FUNCTION ff._free_ranges(group_id uuid, apart_from uuid DEFAULT NULL) RETURNS TABLE (first int, until int)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH taken AS (
		SELECT x.exclusion_from, x.exclusion_to FROM ff.experiments x
		WHERE x.exclusion_group_id = group_id AND x.status IN ('draft', 'running') AND x.id IS DISTINCT FROM apart_from
	), starts AS (SELECT 0 AS first UNION SELECT t.exclusion_to FROM taken t
	), ranges AS (
		SELECT s.first, coalesce((SELECT min(t.exclusion_from) FROM taken t WHERE t.exclusion_from >= s.first), 100000) AS until FROM starts s
	)
	SELECT r.first, r.until FROM ranges r WHERE r.until > r.first;
$$;

-- An experiment with a share of a group, NULL: of none; not stored yet.  It keeps
-- the range that it has where the share is the same, else it gets the first that fits.
CREATE FUNCTION ff._with_group(x ff.experiments, exclusion_group text, share numeric) RETURNS ff.experiments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g ff.exclusion_groups;
	place int;
BEGIN
	IF exclusion_group IS NULL THEN
		x.exclusion_group_id := NULL;
		x.exclusion_from := NULL;
		x.exclusion_to := NULL;
		RETURN x;
	END IF;
	g := ff._exclusion_group(x.project_id, exclusion_group);
	IF share IS NULL OR share <= 0 OR share > 1 OR share <> round(share, 5) THEN
		RAISE EXCEPTION 'the exclusion_share of experiment "%" is above 0 and at most 1, in steps of 0.00001', x.key
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is what the experiment has of exclusion group "%s".', g.key);
	ELSIF x.exclusion_group_id = g.id AND x.exclusion_to - x.exclusion_from = share * 100000 THEN
		RETURN x;
	END IF;
	SELECT min(r.first) INTO place FROM ff._free_ranges(g.id, x.id) r WHERE r.until - r.first >= share * 100000;
	IF place IS NULL THEN
		RAISE EXCEPTION 'exclusion group "%" has no share of % left', g.key, trim_scale(share)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('The largest is %s. Shares are free again when their experiments have ended.',
				coalesce((SELECT trim_scale(max(r.until - r.first) / 100000.0) FROM ff._free_ranges(g.id, x.id) r), 0));
	END IF;
	x.exclusion_group_id := g.id;
	x.exclusion_from := place;
	x.exclusion_to := place + share * 100000;
	RETURN x;
END;
$$;

CREATE FUNCTION @extschema@.ff_exclusion_group_create(key text, name text DEFAULT NULL, salt text DEFAULT NULL, project text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	result uuid;
BEGIN
	PERFORM ff._new_key('exclusion group', key);
	PERFORM ff._lock_project(home);
	INSERT INTO ff.exclusion_groups AS g (project_id, key, salt, name)
	VALUES (home, key, coalesce(nullif(salt, ''), gen_random_uuid()::text), ff._name(key, name))
	ON CONFLICT DO NOTHING RETURNING g.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION 'exclusion group "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_exclusion_group_create IS
'Creates an exclusion group: each of its experiments has a share of the group''s units, given by ff_experiment_update, and no two that are drafts or running share any. Units go by their ff_bucket by the salt of the group (by default a random one). Returns the id. Errors: 23505 the key is taken, 22023 a malformed key, 22004 no key, 42704 an unknown project.';

CREATE FUNCTION @extschema@.ff_exclusion_group_list(project text DEFAULT NULL)
RETURNS TABLE (key text, free numeric, salt text, name text, experiments text[], created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.key, (SELECT trim_scale(coalesce(sum(r.until - r.first), 0) / 100000.0) FROM ff._free_ranges(g.id) r), g.salt, g.name, ff._experiments_of(g.id), g.created_at
	FROM ff.exclusion_groups g WHERE g.project_id = ff._project(project) ORDER BY g.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_exclusion_group_list IS
'The exclusion groups of a project by key. free: the share of their units that no draft or running experiment has, perhaps in several pieces; experiments: keys of all that name the group, ended ones included.';

CREATE FUNCTION @extschema@.ff_exclusion_group_delete(exclusion_group text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
	g ff.exclusion_groups;
BEGIN
	PERFORM ff._lock_project(home);
	g := ff._exclusion_group(home, exclusion_group);
	IF ff._experiments_of(g.id) <> '{}' THEN
		RAISE EXCEPTION 'exclusion group "%" is in use', g.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Experiments that name it: %s.', array_to_string(ff._experiments_of(g.id), ', '));
	END IF;
	DELETE FROM ff.exclusion_groups t WHERE t.id = g.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_exclusion_group_delete IS
'Deletes an exclusion group. Errors: 2BP01 an experiment names it, ended or not (the detail says which), 42704 there is none, or no such project.';
