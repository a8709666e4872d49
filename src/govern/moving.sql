-- Flags copied, and moved to another project.

-- Everything that a flag names and a project lacks, in one error: environments
-- in which it is set, segments, prerequisites, its plan.
CREATE FUNCTION ff._check_arrival(f ff.flags, home uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	missing text;
BEGIN
	WITH needed (what, key) AS (
		SELECT 'environment', e.key::text FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
		WHERE s.flag_id = f.id
		UNION SELECT 'segment', n FROM ff.flag_settings s CROSS JOIN LATERAL unnest(ff._rules_segments(s.rules)) n
		WHERE s.flag_id = f.id AND s.rules <> '[]' AND f.dialect = 'native'
		UNION SELECT 'flag', p.key FROM ff.prerequisites r JOIN ff.flags p ON p.id = r.prerequisite_id WHERE r.flag_id = f.id
		UNION SELECT 'flag', p.key FROM ff.flag_settings s CROSS JOIN LATERAL ff._import_references('flag', f.dialect, s.rules) r
		CROSS JOIN LATERAL unnest(r.flags) n JOIN ff.flags p ON p.project_id = f.project_id AND p.key = n COLLATE "C" AND p.id <> f.id
		WHERE s.flag_id = f.id AND f.dialect <> 'native'
		UNION SELECT 'plan', f.min_plan WHERE f.min_plan IS NOT NULL
	), present (what, key) AS (
		SELECT 'environment', e.key::text FROM ff.environments e WHERE e.project_id = home
		UNION ALL SELECT 'segment', g.key FROM ff.segments g WHERE g.project_id = home
		UNION ALL SELECT 'flag', p.key FROM ff.flags p WHERE p.project_id = home
		UNION ALL SELECT 'plan', l.key FROM ff.plans l WHERE l.project_id = home)
	SELECT string_agg(format('%s "%s"', x.what, x.key), ', ' ORDER BY x.what, x.key COLLATE "C") INTO missing
	FROM (SELECT n.what, n.key FROM needed n EXCEPT SELECT p.what, p.key FROM present p) x;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'project "%" lacks what flag "%" needs', (SELECT p.key FROM ff.projects p WHERE p.id = home), f.key
			USING ERRCODE = 'undefined_object', DETAIL = format('It has no %s.', missing);
	END IF;
END;
$$;

-- Stores a flag made after another, with its settings in the environments of
-- the same key (off elsewhere) and its prerequisites.  salt NULL: those of the
-- original.
CREATE FUNCTION ff._copy_flag(f ff.flags, copy ff.flags, salt text, overrides boolean, schedules boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF EXISTS (SELECT FROM ff.flags t WHERE t.project_id = copy.project_id AND t.key = copy.key) THEN
		RAISE EXCEPTION 'flag "%" already exists', copy.key USING ERRCODE = 'unique_violation';
	END IF;
	PERFORM ff._check_arrival(f, copy.project_id);
	INSERT INTO ff.flags SELECT copy.*;
	INSERT INTO ff.prerequisites (flag_id, prerequisite_id, variation)
	SELECT copy.id, b.prerequisite_id, b.variation
	FROM ff._prerequisites_back(copy, jsonb_build_object('prerequisites', ff._prerequisites_document(f.id))) b;
	PERFORM ff._copy_places(array_agg(f.id), array_agg(s.environment_id), array_agg(copy.id), array_agg(t.id), array_agg(salt),
		overrides, schedules)
	FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
	JOIN ff.environments t ON t.project_id = copy.project_id AND t.key = e.key
	WHERE s.flag_id = f.id;
	PERFORM ff._carry_imported_segments(f, s.environment_id, t.id)
	FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
	JOIN ff.environments t ON t.project_id = copy.project_id AND t.key = e.key
	WHERE s.flag_id = f.id AND copy.project_id <> f.project_id AND f.dialect <> 'native';
	PERFORM ff._open_setting(copy, e.key) FROM ff.environments e WHERE e.project_id = copy.project_id;
	PERFORM ff._check_now('flag', copy.id);
END;
$$;

-- A flag and the project that it goes to: both projects are locked, in an
-- order that two callers share, before the flag is read.
CREATE FUNCTION ff._open_flag_for(flag text, project uuid, to_project uuid) RETURNS ff.flags
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._lock_project(least(project, to_project));
	PERFORM ff._lock_project(greatest(project, to_project));
	RETURN ff._flag(project, flag);
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_duplicate(
	flag text,
	key text,
	name text DEFAULT NULL,
	to_project text DEFAULT NULL,
	overrides boolean DEFAULT false,
	same_buckets boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	target uuid := CASE WHEN to_project IS NULL THEN home ELSE ff._project(to_project) END;
	f ff.flags := ff._open_flag_for(flag, home, target);
	copy ff.flags := f;
	outer_reason text := ff._default_reason(format('duplicate of %s', flag));
BEGIN
	copy.id := gen_random_uuid();
	copy.project_id := target;
	copy.key := ff._new_key('flag', key);
	copy.name := ff._flag_name(key, name);
	copy.stage := CASE WHEN f.archived_at IS NULL THEN f.stage ELSE 'development' END;
	copy.archived_at := NULL;
	copy.killed_at := NULL;
	copy.kill_reason := NULL;
	copy.created_at := now();
	copy.updated_at := now();
	PERFORM ff._copy_flag(f, copy, CASE WHEN same_buckets THEN NULL ELSE copy.key END, coalesce(overrides, false), false);
	PERFORM ff._set_reason(outer_reason);
	RETURN copy.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_duplicate IS
'Creates a flag after another, in its project or to_project: kind, variations, description, tags, prerequisites, plan gate and the settings in every environment (matched by key), with the overrides in force if overrides => true. Schedule, history, kill switch and archive are not copied; the name defaults to the key.
Its salt is its own key, so that other users are in its splits, unless same_buckets => true; an imported flag has its salts in its document, and its copy the same. Returns its id. Errors: 23505 the key is taken, 42704 to_project lacks an environment, segment, flag or plan that it names; the detail lists all.';

CREATE FUNCTION @extschema@.ff_flag_move(flag text, to_project text, project text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	target uuid := ff._project(ff._required('project', to_project));
	f ff.flags := ff._open_flag_for(flag, home, target);
	copy ff.flags := f;
	outer_reason text;
BEGIN
	IF home = target THEN
		RAISE EXCEPTION 'flag "%" is in project "%" already', f.key, to_project USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._refuse_required(ARRAY[f.id], true);
	PERFORM ff._refuse_experiments(ARRAY[f.id], false);
	outer_reason := ff._default_reason(format('move from project %s', (SELECT p.key FROM ff.projects p WHERE p.id = home)));
	copy.id := gen_random_uuid();
	copy.project_id := target;
	PERFORM ff._copy_flag(f, copy, NULL, true, true);
	DELETE FROM ff.flags t WHERE t.id = f.id;
	PERFORM ff._set_reason(outer_reason);
	RETURN copy.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_move IS
'Moves a flag to another project, where it answers everybody as before: settings in every environment (matched by key), salts, overrides in force, steps to come, prerequisites, plan gate, kill switch and archive go along. Its versions begin anew; the audit log of the old project stays. Returns the new id.
Errors: 23505 the key is taken there, 42704 the project lacks an environment, segment, flag or plan that it names (the detail lists all), 2BP01 another flag requires it or it has experiments, 55006 an environment of the old project is locked.';
