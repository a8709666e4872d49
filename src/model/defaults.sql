-- What a fresh installation has, under ids of its own (restore.sql), without
-- a trace in the audit log.
DO $$
DECLARE
	before text := coalesce(current_setting('featureflow.restoring', true), 'off');
	role_before text := current_setting('session_replication_role');
BEGIN
	PERFORM set_config('featureflow.restoring', 'on', true);
	INSERT INTO ff.organizations (id, key, name)
	VALUES ('ff000000-0000-4000-8000-000000000001', 'default', 'Default');
	INSERT INTO ff.projects (id, organization_id, key, name)
	VALUES ('ff000000-0000-4000-8000-000000000002', 'ff000000-0000-4000-8000-000000000001', 'default', 'Default');
	INSERT INTO ff.environments (id, project_id, key, name, color, position)
	VALUES
		('ff000000-0000-4000-8000-000000000011', 'ff000000-0000-4000-8000-000000000002', 'development', 'Development', '#2e7d32', 1),
		('ff000000-0000-4000-8000-000000000012', 'ff000000-0000-4000-8000-000000000002', 'staging', 'Staging', '#ed6c02', 2),
		('ff000000-0000-4000-8000-000000000013', 'ff000000-0000-4000-8000-000000000002', 'production', 'Production', '#c62828', 3);
	INSERT INTO ff.plans (id, project_id, key, level, name)
	VALUES
		('ff000000-0000-4000-8000-000000000021', 'ff000000-0000-4000-8000-000000000002', 'free', 0, 'Free'),
		('ff000000-0000-4000-8000-000000000022', 'ff000000-0000-4000-8000-000000000002', 'pro', 10, 'Pro'),
		('ff000000-0000-4000-8000-000000000023', 'ff000000-0000-4000-8000-000000000002', 'enterprise', 20, 'Enterprise');
	PERFORM ff._version_ensure();
	PERFORM set_config('featureflow.restoring', before, true);
	PERFORM set_config('session_replication_role', role_before, true);
END;
$$;

-- With wal_level = minimal a sequence that is made in this transaction reaches
-- the log as it stands at commit, with numbers counted as logged that are not:
-- after a crash they would come again.  Setting it anew counts none.
SELECT setval('ff.version_numbers', (SELECT last_value FROM ff.version_numbers));
