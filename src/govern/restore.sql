-- Restoring a dump into a database whose install-time rows are there already.

-- The ids of the rows that CREATE EXTENSION makes (defaults.sql).
CREATE FUNCTION ff._installed_ids() RETURNS uuid[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '{ff000000-0000-4000-8000-000000000001,
		ff000000-0000-4000-8000-000000000002,
		ff000000-0000-4000-8000-000000000011,
		ff000000-0000-4000-8000-000000000012,
		ff000000-0000-4000-8000-000000000013,
		ff000000-0000-4000-8000-000000000021,
		ff000000-0000-4000-8000-000000000022,
		ff000000-0000-4000-8000-000000000023}'::uuid[];
$$;

-- While a dump is loaded, parents may come after their children: pg_restore -j
-- knows no order among an extension's tables.  Foreign keys were kept where the
-- dump comes from; this switches them off for the rest of the transaction, and
-- with them audit, history and checks, but nothing that fires always.
CREATE FUNCTION ff._begin_loading() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._is_superuser() THEN
		PERFORM set_config('session_replication_role', 'replica', true);
	END IF;
	RETURN NULL;
END;
$$;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY '{organizations,projects,environments,plans,flags,flag_settings,prerequisites,segments,imported_segments,overrides,flag_versions,
		segment_members,context_sources,schedules,templates,snapshots,metric_sources,identity_sources,metrics,holdouts,exclusion_groups,experiments,experiment_metrics,experiment_phases,experiment_looks,experiment_results,assignments,evaluation_counts,evaluation_log}'::text[] LOOP
		EXECUTE format('CREATE TRIGGER begin_loading BEFORE INSERT ON ff.%I
			FOR EACH STATEMENT WHEN (ff._loading()) EXECUTE FUNCTION ff._begin_loading()', name);
	END LOOP;
END;
$$;

-- Moves an install-time row out of the way that holds the key of a row which
-- comes from a dump: there, the one of the same id was renamed or deleted.
-- What has children keeps its id, for its own row may be yet to come.
CREATE FUNCTION ff._make_room(table_name text, id uuid, project_id uuid, key text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	CASE table_name
		WHEN 'organizations' THEN
			UPDATE ff.organizations t SET key = t.id::text
			WHERE t.key = key AND t.id <> id AND t.id = ANY (ff._installed_ids());
		WHEN 'projects' THEN
			UPDATE ff.projects t SET key = t.id::text
			WHERE t.key = key AND t.id <> id AND t.id = ANY (ff._installed_ids());
		WHEN 'environments' THEN
			DELETE FROM ff.environments t
			WHERE t.project_id = project_id AND t.key = key AND t.id <> id AND t.id = ANY (ff._installed_ids());
		ELSE
			DELETE FROM ff.plans t
			WHERE t.project_id = project_id AND t.key = key AND t.id <> id AND t.id = ANY (ff._installed_ids());
	END CASE;
END;
$$;

-- A dump restored without ff_pre_restore: its version of an install-time row
-- replaces the one that is there, so that COPY does not fail.
CREATE FUNCTION ff._adopt_row() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	assignments text;
	adopted bigint;
BEGIN
	IF NOT (ff._loading() OR current_setting('session_replication_role') = 'replica') THEN
		RETURN NEW;		-- a key that is taken is an error, as anywhere else
	END IF;
	PERFORM ff._make_room(TG_TABLE_NAME, NEW.id, (to_jsonb(NEW) ->> 'project_id')::uuid, NEW.key);
	IF NEW.id <> ALL (ff._installed_ids()) THEN
		RETURN NEW;
	END IF;
	SELECT string_agg(format('%1$I = ($1).%1$I', a.attname), ', ' ORDER BY a.attnum) INTO assignments
	FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped;
	EXECUTE format('UPDATE ff.%I t SET %s WHERE t.id = ($1).id', TG_TABLE_NAME, assignments) USING NEW;
	GET DIAGNOSTICS adopted = ROW_COUNT;
	RETURN CASE adopted WHEN 0 THEN NEW END;
END;
$$;

-- Triggers fire in the order of their names, and these come before those that
-- move the version; in logical replication as well.
CREATE TRIGGER adopt_row BEFORE INSERT ON ff.organizations FOR EACH ROW
	WHEN (NEW.id = 'ff000000-0000-4000-8000-000000000001' OR NEW.key = 'default')
	EXECUTE FUNCTION ff._adopt_row();
CREATE TRIGGER adopt_row BEFORE INSERT ON ff.projects FOR EACH ROW
	WHEN (NEW.id = 'ff000000-0000-4000-8000-000000000002' OR NEW.key = 'default')
	EXECUTE FUNCTION ff._adopt_row();
CREATE TRIGGER adopt_row BEFORE INSERT ON ff.environments FOR EACH ROW
	WHEN (NEW.project_id = 'ff000000-0000-4000-8000-000000000002'
		OR NEW.id BETWEEN 'ff000000-0000-4000-8000-000000000011' AND 'ff000000-0000-4000-8000-000000000013')
	EXECUTE FUNCTION ff._adopt_row();
CREATE TRIGGER adopt_row BEFORE INSERT ON ff.plans FOR EACH ROW
	WHEN (NEW.project_id = 'ff000000-0000-4000-8000-000000000002'
		OR NEW.id BETWEEN 'ff000000-0000-4000-8000-000000000021' AND 'ff000000-0000-4000-8000-000000000023')
	EXECUTE FUNCTION ff._adopt_row();
ALTER TABLE ff.organizations ENABLE ALWAYS TRIGGER adopt_row;
ALTER TABLE ff.projects ENABLE ALWAYS TRIGGER adopt_row;
ALTER TABLE ff.environments ENABLE ALWAYS TRIGGER adopt_row;
ALTER TABLE ff.plans ENABLE ALWAYS TRIGGER adopt_row;

-- What the tables hold besides the install-time rows, in words.
CREATE FUNCTION ff._beyond_install() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(format('%s %s', x.n, x.what), ', ') FROM (
		SELECT 'organizations' AS what, count(*) AS n FROM ff.organizations t WHERE t.id <> ALL (ff._installed_ids())
		UNION ALL SELECT 'projects', count(*) FROM ff.projects t WHERE t.id <> ALL (ff._installed_ids())
		UNION ALL SELECT 'environments', count(*) FROM ff.environments t WHERE t.id <> ALL (ff._installed_ids())
		UNION ALL SELECT 'plans', count(*) FROM ff.plans t WHERE t.id <> ALL (ff._installed_ids())
		UNION ALL SELECT 'flags', count(*) FROM ff.flags
		UNION ALL SELECT 'segments', count(*) FROM ff.segments
		UNION ALL SELECT 'imported segments', count(*) FROM ff.imported_segments
		UNION ALL SELECT 'experiments', count(*) FROM ff.experiments
		UNION ALL SELECT 'exposures', count(*) FROM ff.exposures
		UNION ALL SELECT 'events', count(*) FROM ff.events
		UNION ALL SELECT 'events in the inbox', count(*) FROM ff.event_inbox
		UNION ALL SELECT 'event ids', count(*) FROM ff.event_ids
		UNION ALL SELECT 'audit entries', count(*) FROM ff.audit_log) x
	WHERE x.n > 0;
$$;

-- Turns the setting on or off, for this session and for those to come.
CREATE FUNCTION ff._set_restoring(restoring boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('ALTER DATABASE %I %s', current_database(),
		CASE WHEN restoring THEN 'SET featureflow.restoring = on' ELSE 'RESET featureflow.restoring' END);
	PERFORM set_config('featureflow.restoring', CASE WHEN restoring THEN 'on' ELSE 'off' END, false);
END;
$$;

CREATE FUNCTION ff._require_superuser(what text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._is_superuser() THEN
		RAISE EXCEPTION 'only superusers can call %', what USING ERRCODE = 'insufficient_privilege';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_pre_restore() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	beyond text;
BEGIN
	PERFORM ff._require_superuser('ff_pre_restore');
	PERFORM ff._lock_project('ff000000-0000-4000-8000-000000000002');
	beyond := ff._beyond_install();
	IF beyond IS NOT NULL THEN
		RAISE EXCEPTION 'the database is no longer as CREATE EXTENSION left it'
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It holds %s.', beyond),
				HINT = 'Restore into a database of its own.';
	END IF;
	PERFORM ff._set_restoring(true);
	DELETE FROM ff.organizations t WHERE t.id = ANY (ff._installed_ids());
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_pre_restore IS
'Prepares a database with a fresh installation for pg_restore: removes the install-time rows and turns featureflow.restoring on for the database, which stills audit, history and checks until ff_post_restore. Superusers only. Error 55000: something has been configured already.';

CREATE FUNCTION @extschema@.ff_post_restore() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	always record;
BEGIN
	PERFORM ff._require_superuser('ff_post_restore');
	FOR always IN
		SELECT t.tgname, t.tgrelid::regclass AS relation FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
		WHERE p.pronamespace = 'ff'::regnamespace AND t.tgenabled <> 'A'
			AND p.proname IN ('_adopt_row', '_move_version', '_move_members', '_lock_statement', '_end_statement', '_version_guard', '_refuse_truncate', '_audit_number', '_note_correction', '_forget_units', '_replace_refresh')
	LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', always.relation, always.tgname);
	END LOOP;
	PERFORM ff._version_ensure();
	DELETE FROM ff.experiment_refreshes;	-- rows may have come past triggers
	PERFORM ff._set_restoring(false);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_post_restore IS
'Ends what ff_pre_restore began: audit, history and checks are on again, triggers that pg_restore --disable-triggers switched are set as they were, and every environment has its version row. Superusers only; harmless at any time.';
