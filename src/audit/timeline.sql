-- What happened in an environment, from the audit log.

CREATE FUNCTION @extschema@.ff_environment_history(environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (number bigint, at timestamptz, role text, scope text, "table" text, action text, key text, changed text[], reason text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	env uuid := ff._environment(home, environment);
	-- those that came with the installation have no entry of their creation
	born bigint := coalesce((SELECT min(a.number) FROM ff.audit_log a
		WHERE a.project_id = home AND a.environment_id = env AND a.table_name = 'environments' AND a.action = 'insert'), 0);
BEGIN
	RETURN QUERY SELECT a.number, a.at, a.acting_role, CASE WHEN a.environment_id IS NULL THEN 'project' ELSE 'environment' END,
		a.table_name, a.action, ff._entry_key(a.flag_id, a.old, a.new), ff._changed_columns(a.old, a.new), a.reason
	FROM ff.audit_log a
	WHERE a.project_id = home AND a.number >= born
		AND (a.environment_id = env OR (a.environment_id IS NULL AND a.table_name = ANY (
			'{projects,plans,flags,prerequisites,segments,segment_members,context_sources}'::text[])))
	ORDER BY a.number DESC;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_history IS
'What changed in an environment since it was created, newest first: entries of the audit log about its own rows (scope environment) and about what all environments of the project share (scope project). key: of the flag, segment or other thing; changed: the columns that an update changed.';
