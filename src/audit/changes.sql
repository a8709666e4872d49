-- What changed for an environment since a version of it.

-- Refuses a version from which the log cannot tell what came after.
CREATE FUNCTION ff._check_since(project_id uuid, environment text, since bigint, present bigint) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	oldest ff.audit_log;
BEGIN
	SELECT a.* INTO oldest FROM ff.audit_log a WHERE a.project_id = project_id ORDER BY a.number LIMIT 1;
	IF since > present OR since < (SELECT s.seqstart FROM pg_sequence s WHERE s.seqrelid = 'ff.version_numbers'::regclass) THEN
		RAISE EXCEPTION 'environment "%" never had version %', environment, since
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Read everything anew, by ff_ruleset, and go on from ff_version.';
	ELSIF since < present AND oldest.number > 1 AND since < oldest.version THEN
		RAISE EXCEPTION 'the log no longer has all that came after version % of environment "%"', since, environment
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Read everything anew, by ff_ruleset, and go on from ff_version.';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_changes(environment text DEFAULT NULL, since bigint DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (version bigint, number bigint, at timestamptz, table_name text, action text, flag text, key text,
	changed text[], who text, reason text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wanted_project uuid := ff._project($3);
	wanted uuid := ff._environment(wanted_project, $1);
	name text := coalesce($1, ff._setting('environment'));
	present bigint := (SELECT v.version FROM ff.versions v WHERE v.environment_id = wanted);
BEGIN
	IF since IS NOT NULL THEN
		PERFORM ff._check_since(wanted_project, name, since, present);
	END IF;
	RETURN QUERY SELECT a.version, a.number, a.at, a.table_name, a.action,
		coalesce(f.key, ff._former_flag(a.flag_id)),
		ff._row_key(coalesce(a.new, a.old)), ff._changed_columns(a.old, a.new), coalesce(a.account, a.acting_role), a.reason
	FROM ff.audit_log a LEFT JOIN ff.flags f ON f.id = a.flag_id
	WHERE a.project_id = wanted_project AND (a.environment_id = wanted OR a.environment_id IS NULL)
		AND (since IS NULL OR a.version > since)
		-- what no flag answers from
		AND a.table_name NOT IN ('templates', 'snapshots', 'metric_sources', 'identity_sources', 'metrics', 'experiment_metrics', 'experiment_phases', 'experiment_looks', 'experiment_results',
			'audit_log', 'audit_checkpoints')
	ORDER BY a.number;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_changes(text, bigint, text) IS
'What changed for an environment after a version that ff_version or a notification gave: a row an entry of the audit log that concerns the environment or its whole project, oldest first. No row: nothing. Omitted or NULL since: all that the log has.
version: what may be given as the next since; key: of the changed row (flag, segment, plan, user:... of an override); changed: the columns of an update. Error 22023: the environment never had that version, or the log no longer reaches back to it (ff_audit_retain): read everything anew. 42704: no such environment or project.';
