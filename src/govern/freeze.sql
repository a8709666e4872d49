-- Locked environments: what they answer from does not change, whichever way
-- rows come in.  New flags, descriptions, other environments' settings and the
-- kill switch are free.

CREATE FUNCTION ff._refuse_locked() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_refuse_locked';
CREATE FUNCTION ff._check_unlocked(project_id uuid, environment_id uuid) RETURNS void
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_check_unlocked';
CREATE FUNCTION ff._has_locks() RETURNS boolean
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_has_locks';

-- Who locks is not the writer's to say, nor since when.
CREATE FUNCTION ff._sign_lock() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF NEW.locked_at IS NULL THEN
		NEW.locked_by := NULL;
		NEW.lock_reason := NULL;
	ELSIF TG_OP = 'UPDATE' AND OLD.locked_at IS NOT NULL THEN
		NEW.locked_at := OLD.locked_at;
		NEW.locked_by := OLD.locked_by;
	ELSE
		NEW.locked_at := now();
		NEW.locked_by := current_user;
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER environments_sign BEFORE INSERT OR UPDATE ON ff.environments
	FOR EACH ROW EXECUTE FUNCTION ff._sign_lock();

-- They fire last: what other triggers make of a row counts.
CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.flag_settings
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.flag_settings FOR EACH ROW
	WHEN (ROW (OLD.flag_id, OLD.environment_id, OLD.enabled, OLD.targets, OLD.rules, OLD.default_serve, OLD.off_variation,
			OLD.salt, OLD.enabled_at, OLD.default_at)
		IS DISTINCT FROM ROW (NEW.flag_id, NEW.environment_id, NEW.enabled, NEW.targets, NEW.rules, NEW.default_serve,
			NEW.off_variation, NEW.salt, NEW.enabled_at, NEW.default_at))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');

CREATE TRIGGER unless_locked BEFORE INSERT ON ff.overrides
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.overrides FOR EACH ROW
	WHEN (ROW (OLD.flag_id, OLD.environment_id, OLD.subject_kind, OLD.subject, OLD.variation, OLD.expires_at)
		IS DISTINCT FROM ROW (NEW.flag_id, NEW.environment_id, NEW.subject_kind, NEW.subject, NEW.variation, NEW.expires_at))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
-- one that has expired may be cleared away
CREATE TRIGGER unless_locked_delete BEFORE DELETE ON ff.overrides FOR EACH ROW
	WHEN (OLD.expires_at IS NULL OR OLD.expires_at > statement_timestamp())
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');

CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.imported_segments
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.imported_segments FOR EACH ROW
	WHEN (ROW (OLD.environment_id, OLD.dialect, OLD.key, OLD.document)
		IS DISTINCT FROM ROW (NEW.environment_id, NEW.dialect, NEW.key, NEW.document))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id');

CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.schedules
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.schedules FOR EACH ROW
	WHEN (ROW (OLD.flag_id, OLD.environment_id, OLD.at, OLD.enabled, OLD.serve)
		IS DISTINCT FROM ROW (NEW.flag_id, NEW.environment_id, NEW.at, NEW.enabled, NEW.serve))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');

-- an experiment that has a say in who gets what, while it runs
CREATE TRIGGER unless_locked BEFORE INSERT ON ff.experiments FOR EACH ROW
	WHEN (NEW.status = 'running' AND ff._steers(NEW))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.experiments FOR EACH ROW
	WHEN ((ff._steers(OLD) OR ff._steers(NEW)) AND 'running' IN (OLD.status, NEW.status)
		AND ROW (OLD.status, OLD.traffic) IS DISTINCT FROM ROW (NEW.status, NEW.traffic))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');
CREATE TRIGGER unless_locked_delete BEFORE DELETE ON ff.experiments FOR EACH ROW
	WHEN (OLD.status = 'running' AND ff._steers(OLD))
	EXECUTE FUNCTION ff._refuse_locked('environment', 'environment_id', 'flag_id');

-- What is the same in all environments is locked while one of them is.
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.flags FOR EACH ROW
	WHEN (ROW (OLD.min_plan, OLD.archived_at IS NULL, OLD.client_visible, OLD.dialect,
			jsonb_path_query_array(OLD.variations, '$[*].key'), jsonb_path_query_array(OLD.variations, '$[*].value'))
		IS DISTINCT FROM ROW (NEW.min_plan, NEW.archived_at IS NULL, NEW.client_visible, NEW.dialect,
			jsonb_path_query_array(NEW.variations, '$[*].key'), jsonb_path_query_array(NEW.variations, '$[*].value')))
	EXECUTE FUNCTION ff._refuse_locked('project', 'project_id', 'id');
CREATE TRIGGER unless_locked BEFORE DELETE ON ff.flags
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('project', 'project_id', 'id');

CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.prerequisites
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('flag', 'flag_id', 'flag_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.prerequisites FOR EACH ROW
	WHEN (OLD.* IS DISTINCT FROM NEW.*)
	EXECUTE FUNCTION ff._refuse_locked('flag', 'flag_id', 'flag_id');

-- nothing names a new segment yet
CREATE TRIGGER unless_locked BEFORE DELETE ON ff.segments
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.segments FOR EACH ROW
	WHEN (ROW (OLD.project_id, OLD.key, OLD.condition, OLD.query, OLD.query_type, OLD.query_role)
		IS DISTINCT FROM ROW (NEW.project_id, NEW.key, NEW.condition, NEW.query, NEW.query_type, NEW.query_role))
	EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');

-- a new plan as well: users' attributes may name it already
CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.plans
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.plans FOR EACH ROW
	WHEN (ROW (OLD.project_id, OLD.key, OLD.level) IS DISTINCT FROM ROW (NEW.project_id, NEW.key, NEW.level))
	EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');

CREATE TRIGGER unless_locked BEFORE INSERT OR DELETE ON ff.context_sources
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.context_sources FOR EACH ROW
	WHEN (OLD.* IS DISTINCT FROM NEW.*)
	EXECUTE FUNCTION ff._refuse_locked('project', 'project_id');

-- who asks under another key is not answered
CREATE TRIGGER unless_locked BEFORE DELETE ON ff.environments
	FOR EACH ROW EXECUTE FUNCTION ff._refuse_locked('environment', 'id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.environments FOR EACH ROW
	WHEN (OLD.key IS DISTINCT FROM NEW.key)
	EXECUTE FUNCTION ff._refuse_locked('environment', 'id');
CREATE TRIGGER unless_locked_update BEFORE UPDATE ON ff.projects FOR EACH ROW
	WHEN (OLD.key IS DISTINCT FROM NEW.key)
	EXECUTE FUNCTION ff._refuse_locked('project', 'id');

-- Members come by the million: once a statement, and a row trigger would keep
-- COPY from writing many rows at a time.
CREATE FUNCTION ff._refuse_locked_members() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._has_locks() AND NOT ff._loading() THEN
		PERFORM ff._check_unlocked(g.project_id, NULL)
		FROM (SELECT DISTINCT c.segment_id FROM changed c) x JOIN ff.segments g ON g.id = x.segment_id;
	END IF;
	RETURN NULL;
END;
$$;

CREATE TRIGGER unless_locked_insert AFTER INSERT ON ff.segment_members REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_locked_members();
CREATE TRIGGER unless_locked_delete AFTER DELETE ON ff.segment_members REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_locked_members();
CREATE TRIGGER unless_locked_update AFTER UPDATE ON ff.segment_members REFERENCING OLD TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_locked_members();
CREATE TRIGGER unless_locked_update_new AFTER UPDATE ON ff.segment_members REFERENCING NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION ff._refuse_locked_members();

CREATE FUNCTION @extschema@.ff_environment_lock(environment text, reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted uuid;
	outer_reason text;
BEGIN
	PERFORM ff._lock_project(home);
	wanted := ff._environment(home, ff._required('environment', environment));
	PERFORM ff._check_unlocked(home, wanted);
	outer_reason := ff._set_reason(nullif(reason, ''));
	UPDATE ff.environments e
	SET locked_at = now(), lock_reason = nullif(current_setting('featureflow.change_reason', true), '') WHERE e.id = wanted;
	PERFORM ff._set_reason(outer_reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_lock IS
'Locks an environment: until ff_environment_unlock, all that it answers from is not to change, by function, SQL or COPY: settings, overrides and schedules there, and what all environments share (variations, prerequisites, plan gates, client visibility, archive, deletion, segments and their members, plans, sources of attributes).
Kill switch, new flags, descriptions, tags and the settings of other environments stay free; scheduled steps are taken. Errors: 55006 it is locked already, as for every change refused; the detail says by whom, since when and why.';

CREATE FUNCTION @extschema@.ff_environment_unlock(environment text, reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted uuid;
	outer_reason text;
BEGIN
	PERFORM ff._lock_project(home);
	wanted := ff._environment(home, ff._required('environment', environment));
	outer_reason := ff._set_reason(nullif(reason, ''));
	UPDATE ff.environments e SET locked_at = NULL WHERE e.id = wanted AND e.locked_at IS NOT NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'environment "%" is not locked', environment USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	PERFORM ff._set_reason(outer_reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_unlock IS
'Lifts the lock of an environment, whoever took it. The reason goes into the audit log. Error 55000: it is not locked.';
