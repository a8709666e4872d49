-- Who may call what.  Evaluation is for everybody, all else for those whom
-- ff_grant names.

-- All functions of the extension: name, whether it evaluates, whether it is
-- for those granted evaluation (to explain, to look back, to ask for a segment,
-- and to send exposures and events), whether it is a trigger's.
CREATE FUNCTION ff._functions(OUT routine text, OUT name text, OUT evaluates boolean, OUT sends boolean, OUT of_trigger boolean) RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.proname::text,
		p.proname = ANY ('{ff_evaluate,ff_is_enabled,ff_string,ff_number,ff_json,ff_evaluate_detail,ff_evaluate_all,
			ff_enabled_flags,ff_bootstrap,ff_bucket,ff_bucket_value,ff_bucket_detail,ff_bucket_recipes,ff_public_flags,ff_version,
			ff_session_override,ff_session_reset,ff_assert}'::text[]),
		p.proname = ANY ('{ff_explain,ff_evaluate_at,ff_in_segment,ff_expose,ff_expose_many,ff_track,ff_track_many,_expose,_writing_project,_current_project,
			_time,_event_fault,_is_event,_check_elements,_check_events,_event_id_hash,_take_event_ids,_setting}'::text[]),
		p.prorettype = 'trigger'::regtype
	FROM pg_extension x
	JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid
		AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	JOIN pg_proc p ON p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE x.extname = 'featureflow';
$$;

-- Grants or revokes one privilege (of GRANT's grammar) for a role.
CREATE FUNCTION ff._grant(granting boolean, privilege text, object text, role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format(CASE WHEN granting THEN 'GRANT %s ON %s TO %s' ELSE 'REVOKE %s ON %s FROM %s' END, privilege, object, role);
END;
$$;

-- What an administrator has besides what evaluation needs.  USAGE and the
-- right to send events are the other's too.
CREATE FUNCTION ff._grant_admin(granting boolean, role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF granting OR NOT has_table_privilege(role::regrole, 'ff.events', 'INSERT') THEN
		PERFORM ff._grant(granting, 'USAGE', 'SCHEMA ff', role);
	END IF;
	PERFORM ff._grant(granting, 'SELECT, UPDATE, DELETE', 'ff.' || t, role) FROM unnest('{exposures,events,event_inbox,assignments}'::text[]) t;
	PERFORM ff._grant(granting, 'SELECT, DELETE', 'ff.' || t, role) FROM unnest('{evaluation_counts,evaluation_log}'::text[]) t;
	-- not of the table: taking that back would take the other column, which those who send need
	PERFORM ff._grant(granting, 'SELECT (received_at), DELETE', 'ff.event_ids', role);
	PERFORM ff._grant(granting, 'SELECT, INSERT, UPDATE, DELETE', 'ff.' || t, role)
	FROM unnest('{organizations,projects,environments,plans,flags,flag_settings,prerequisites,segments,segment_members,imported_segments,overrides,
		context_sources,schedules,templates,snapshots,metric_sources,identity_sources,metrics,holdouts,exclusion_groups,experiments,experiment_metrics,experiment_phases,experiment_looks,experiment_results,experiment_refreshes,experiment_units,source_changes}'::text[]) t;
	PERFORM ff._grant(granting, 'SELECT', 'ff.' || t, role)
	FROM unnest('{audit_log,audit_checkpoints,flag_versions,versions,flags_overview,overrides_active,segments_overview,environments_overview,audit_recent,bucket_recipes}'::text[]) t;
	PERFORM ff._grant(granting, 'EXECUTE', f.routine, role)
	FROM ff._functions() f
	WHERE NOT f.evaluates AND NOT f.sends AND (NOT f.of_trigger OR f.name = '_capture')	-- else they could be put on other tables
		AND f.name NOT IN ('ff_grant', 'ff_revoke', 'ff_pre_restore', 'ff_post_restore', '_set_restoring', '_watch',
			'ff_audit_erase', 'ff_audit_retain', '_erase', '_retain',
			'ff_partitions_maintain', '_partition_make', '_partitions_drop', '_partitions_lock');
END;
$$;

-- What evaluation needs where PUBLIC has been denied it, ff_explain, and what
-- sends exposures and events.
CREATE FUNCTION ff._grant_evaluate(granting boolean, role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._grant(granting, 'EXECUTE', f.routine, role)
	FROM ff._functions() f WHERE f.evaluates OR f.sends;
	PERFORM ff._grant(granting, 'INSERT', 'ff.' || t, role) FROM unnest('{exposures,events,event_inbox,event_ids}'::text[]) t;
	-- not the transaction: a note of one to come would never be read
	PERFORM ff._grant(granting, 'INSERT (project)', 'ff.event_corrections', role);
	PERFORM ff._grant(granting, 'SELECT (project, written_in)', 'ff.event_corrections', role);
	PERFORM ff._grant(granting, 'SELECT (hash)', 'ff.event_ids', role);	-- which of many ids were new
	IF granting OR NOT has_table_privilege(role::regrole, 'ff.flags', 'UPDATE') THEN
		PERFORM ff._grant(granting, 'USAGE', 'SCHEMA ff', role);
	END IF;
	-- the functions' own schema, which others may need besides: never taken back
	IF granting AND NOT has_schema_privilege(role::regrole, '@extschema@'::regnamespace, 'USAGE') THEN
		PERFORM ff._grant(true, 'USAGE', 'SCHEMA @extschema@', role);
	END IF;
END;
$$;

CREATE FUNCTION ff._set_access(granting boolean, role text, access text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	grantee text;
BEGIN
	IF role IS NULL OR access IS NULL THEN
		RAISE EXCEPTION 'the % is required', CASE WHEN role IS NULL THEN 'role' ELSE 'kind of access' END
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT quote_ident(r.rolname) INTO grantee FROM pg_roles r WHERE r.rolname = role;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
	END IF;
	IF access NOT IN ('admin', 'evaluate') THEN
		RAISE EXCEPTION 'unknown kind of access "%"', access
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is admin or evaluate.';
	END IF;
	IF NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = 'ff.flags'::regclass), 'USAGE') THEN
		RAISE EXCEPTION 'only the owner of the extension can grant access to it' USING ERRCODE = 'insufficient_privilege';
	END IF;
	IF granting OR access = 'evaluate' THEN
		PERFORM ff._grant_evaluate(granting, grantee);
	END IF;
	IF access = 'admin' THEN
		PERFORM ff._grant_admin(granting, grantee);
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_grant(role text, access text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_access(true, role, access); $$;
COMMENT ON FUNCTION @extschema@.ff_grant IS
'Gives a role access: "evaluate" is all evaluation functions (which PUBLIC has), ff_explain, ff_evaluate_at, ff_in_segment, and sending exposures and events by ff_expose, ff_track and INSERT or COPY into ff.exposures, ff.events and ff.event_inbox; "admin" is, besides, every administration function, changing the tables in schema ff, and reading audit log and history. Only the owner of the extension can call it.';

CREATE FUNCTION @extschema@.ff_revoke(role text, access text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_access(false, role, access); $$;
COMMENT ON FUNCTION @extschema@.ff_revoke IS
'Takes back what ff_grant gave: "admin" leaves what "evaluate" gives, "evaluate" takes that. What PUBLIC may call stays.';

DO $$
BEGIN
	PERFORM ff._grant(false, 'ALL', f.routine, 'PUBLIC') FROM ff._functions() f;
	PERFORM ff._grant(true, 'EXECUTE', f.routine, 'PUBLIC') FROM ff._functions() f WHERE f.evaluates;
END;
$$;
