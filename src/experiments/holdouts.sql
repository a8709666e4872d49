-- Holdouts: units that stay out of all experiments that name them.

CREATE FUNCTION ff._holdout(project_id uuid, holdout text) RETURNS ff.holdouts
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.holdouts;
BEGIN
	SELECT h.* INTO result FROM ff.holdouts h WHERE h.project_id = project_id AND h.key = ff._required('holdout', holdout);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'holdout "%" does not exist', left(holdout, 100) USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- The experiments that name a holdout or an exclusion group, in order of key.
CREATE FUNCTION ff._experiments_of(id uuid) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(x.key::text ORDER BY x.key), '{}') FROM ff.experiments x WHERE $1 IN (x.holdout_id, x.exclusion_group_id);
$$;

-- Who is held out, or has which bucket of a group, stays while an experiment goes by it.
CREATE FUNCTION ff._refuse_moved_units() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	what text := replace(TG_ARGV[0], '_', ' ');
	running text := (SELECT min(x.key) FROM ff.experiments x WHERE NEW.id IN (x.holdout_id, x.exclusion_group_id) AND x.status = 'running');
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	ELSIF (NEW.id, NEW.project_id, NEW.key) <> (OLD.id, OLD.project_id, OLD.key) THEN
		RAISE EXCEPTION 'id, project and key of % "%" cannot change', what, OLD.key USING ERRCODE = 'invalid_parameter_value';
	ELSIF running IS NOT NULL AND (to_jsonb(NEW) -> 'salt', to_jsonb(NEW) -> 'share') IS DISTINCT FROM (to_jsonb(OLD) -> 'salt', to_jsonb(OLD) -> 'share') THEN
		RAISE EXCEPTION '% "%" is that of experiment "%", which is running', what, NEW.key, running
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Another salt or share would move users in and out of it.';
	END IF;
	NEW.updated_at := now();
	RETURN NEW;
END;
$$;

CREATE TRIGGER holdouts_before BEFORE UPDATE ON ff.holdouts
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_moved_units('holdout');
CREATE TRIGGER exclusion_groups_before BEFORE UPDATE ON ff.exclusion_groups
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_moved_units('exclusion_group');

CREATE FUNCTION @extschema@.ff_holdout_create(key text, share numeric, name text DEFAULT NULL, salt text DEFAULT NULL, project text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	result uuid;
BEGIN
	PERFORM ff._new_key('holdout', key);
	PERFORM ff._required('share of a holdout', share::text);
	IF share <= 0 OR share >= 1 OR share <> round(share, 5) THEN
		RAISE EXCEPTION 'the share of a holdout is above 0 and below 1, in steps of 0.00001' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._lock_project(home);
	INSERT INTO ff.holdouts AS h (project_id, key, share, salt, name)
	VALUES (home, key, share, coalesce(nullif(salt, ''), gen_random_uuid()::text), ff._name(key, name))
	ON CONFLICT DO NOTHING RETURNING h.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION 'holdout "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_holdout_create IS
'Creates a holdout: a share of all units, above 0 and below 1 in steps of 0.00001, that gets the control of every experiment that names it (ff_experiment_update), to see what all of them together have done. A unit is held out if its ff_bucket by the salt (by default a random one) is below 100000 times the share. Returns the id. Errors: 23505 the key is taken, 22023 a malformed key or share, 22004 no key or share, 42704 an unknown project.';

CREATE FUNCTION @extschema@.ff_holdout_list(project text DEFAULT NULL)
RETURNS TABLE (key text, share numeric, salt text, name text, experiments text[], created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT h.key, h.share, h.salt, h.name, ff._experiments_of(h.id), h.created_at
	FROM ff.holdouts h WHERE h.project_id = ff._project(project) ORDER BY h.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_holdout_list IS
'The holdouts of a project by key, each with the keys of the experiments that name it.';

CREATE FUNCTION @extschema@.ff_holdout_delete(holdout text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
	h ff.holdouts;
BEGIN
	PERFORM ff._lock_project(home);
	h := ff._holdout(home, holdout);
	IF ff._experiments_of(h.id) <> '{}' THEN
		RAISE EXCEPTION 'holdout "%" is in use', h.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Experiments that name it: %s.', array_to_string(ff._experiments_of(h.id), ', '));
	END IF;
	DELETE FROM ff.holdouts t WHERE t.id = h.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_holdout_delete IS
'Deletes a holdout. Errors: 2BP01 an experiment names it, ended or not (the detail says which), 42704 there is none, or no such project.';
