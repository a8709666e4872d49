-- The kill switch: one call turns a flag off everywhere.

-- Sets the reason that the audit log records until the end of the
-- transaction, and returns the one before.
CREATE FUNCTION ff._set_reason(reason text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	before text := coalesce(current_setting('featureflow.change_reason', true), '');
BEGIN
	PERFORM set_config('featureflow.change_reason', coalesce(reason, before), true);
	RETURN before;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_kill(flag text, reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	outer_reason text := ff._set_reason(nullif(reason, ''));
BEGIN
	UPDATE ff.flags t
	SET killed_at = now(), kill_reason = nullif(current_setting('featureflow.change_reason', true), '')
	WHERE t.id = f.id AND t.killed_at IS NULL;
	PERFORM ff._set_reason(outer_reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_kill IS
'Kills a flag: in every environment everybody is served its off variation, overrides and targets notwithstanding, until ff_flag_revive. The reason goes into the audit log. A flag that is killed stays as it is.';

CREATE FUNCTION @extschema@.ff_flag_revive(flag text, reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	outer_reason text := ff._set_reason(nullif(reason, ''));
BEGIN
	UPDATE ff.flags t SET killed_at = NULL, kill_reason = NULL WHERE t.id = f.id AND t.killed_at IS NOT NULL;
	PERFORM ff._set_reason(outer_reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_revive IS
'Lifts the kill switch of a flag, which answers again as it is configured. The reason goes into the audit log.';

CREATE FUNCTION @extschema@.ff_flag_kills(flag text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (flag text, action text, at timestamptz, role text, account text, reason text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(a.new, a.old) ->> 'key', CASE WHEN a.new ->> 'killed_at' IS NULL THEN 'revived' ELSE 'killed' END,
		a.at, a.acting_role, a.account, a.reason
	FROM ff.audit_log a
	WHERE a.project_id = ff._project($2) AND a.table_name = 'flags' AND a.flag_id IS NOT NULL
		AND (a.old ->> 'killed_at' IS NULL) <> (a.new ->> 'killed_at' IS NULL) AND a.new IS NOT NULL
		AND ($1 IS NULL OR a.new ->> 'key' = $1)
	ORDER BY a.number;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_kills IS
'When the kill switch of a flag, or of any flag of the project, was used: killed or revived, when, by whom and why, oldest first; from the audit log, deleted flags included.';
