-- What a role with every right of administration, and no more, could try.
\set VERBOSITY terse
\pset null (null)
SET client_min_messages = warning;
CREATE ROLE abuse_admin;
SELECT ff_grant('abuse_admin', 'admin');
SELECT ff_project_create('abuse') IS NOT NULL AS made;
SET featureflow.project = 'abuse';
SELECT ff_flag_create('f') IS NOT NULL AS made;
GRANT CREATE ON SCHEMA public TO abuse_admin;
SET ROLE abuse_admin;

-- our trigger functions on a table of one's own
CREATE TEMP TABLE flags (flag_id bigint, project_id uuid);
CREATE TRIGGER t AFTER INSERT ON flags FOR EACH ROW EXECUTE FUNCTION ff._audit();
CREATE TRIGGER t BEFORE INSERT ON flags FOR EACH ROW EXECUTE FUNCTION ff._version_guard();
CREATE TRIGGER t BEFORE INSERT ON flags FOR EACH ROW EXECUTE FUNCTION ff._move_version();
RESET ROLE;
-- not even the owner
CREATE TRIGGER t AFTER INSERT ON flags FOR EACH ROW EXECUTE FUNCTION ff._audit();
INSERT INTO flags VALUES (1, NULL);
DROP TRIGGER t ON flags;
CREATE TRIGGER t BEFORE INSERT ON flags FOR EACH ROW EXECUTE FUNCTION ff._move_version();
INSERT INTO flags VALUES (1, NULL);
DROP TABLE flags;
SET ROLE abuse_admin;

-- an install-time row is not overwritten by inserting it again
INSERT INTO ff.projects (id, organization_id, key, name)
VALUES ('ff000000-0000-4000-8000-000000000002', 'ff000000-0000-4000-8000-000000000001', 'mine', 'Mine');
INSERT INTO ff.plans (id, project_id, key, level, name)
VALUES ('ff000000-0000-4000-8000-000000000021', 'ff000000-0000-4000-8000-000000000002', 'free', 99, 'Free');
SELECT key, level FROM ff.plans WHERE id = 'ff000000-0000-4000-8000-000000000021';

-- a dropped INSERT leaves no name behind
INSERT INTO ff.environments (id, project_id, key, name)
SELECT e.id, e.project_id, 'older', 'Older' FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id
WHERE p.key = 'abuse' AND e.key = 'staging' ON CONFLICT (id) DO NOTHING;
INSERT INTO ff.projects (id, organization_id, key, name)
SELECT p.id, p.organization_id, 'older', 'Older' FROM ff.projects p WHERE p.key = 'abuse' ON CONFLICT (id) DO NOTHING;
SELECT ff_version('abuse', 'staging') IS NOT NULL AS staging, ff_version('abuse', 'older') AS older, ff_version('older', 'staging') AS other;

-- what versions are found by does not change
UPDATE ff.environments SET id = gen_random_uuid() WHERE key = 'staging' AND project_id = (SELECT id FROM ff.projects WHERE key = 'abuse');
UPDATE ff.projects SET id = gen_random_uuid() WHERE key = 'abuse';

-- a flag's version is not the writer's to give
UPDATE ff.flag_settings SET version = 2147483646 WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'f');
SELECT ff_flag_default('f', 'true');
SELECT version FROM ff_evaluate_detail('u', 'f');
SELECT ff_flag_kill('f', 'still works');
SELECT value FROM ff_evaluate_detail('u', 'f');
SELECT ff_flag_revive('f');

-- nor who made an override
INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation, created_by)
SELECT s.flag_id, s.environment_id, 'user', 'x', 'off', 'somebody else' FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id
JOIN ff.environments e ON e.id = s.environment_id WHERE f.key = 'f' AND e.key = 'production';
UPDATE ff.overrides SET created_by = 'somebody else' WHERE subject = 'x';
SELECT created_by FROM ff.overrides WHERE subject = 'x';
SELECT ff_is_enabled('x', 'f') AS x, ff_is_enabled('y', 'f') AS y;

-- the log cannot be silenced
SET featureflow.restoring = on;
SET featureflow.authenticators = 'abuse_admin';
SET session_replication_role = replica;

-- nor are checks by the two settings that tell a superuser's restore
SET check_function_bodies = off;
SET row_security = off;
UPDATE ff.flag_settings SET version = 2147483646 WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'f');
SELECT version FROM ff_evaluate_detail('u', 'f');
INSERT INTO ff.segment_members VALUES ('00000000-0000-4000-8000-00000000abad', 'u');
SELECT ff_environment_lock('production', 'abuse');
\set VERBOSITY sqlstate
DELETE FROM ff.projects WHERE key = 'abuse';
\set VERBOSITY terse
SELECT ff_environment_unlock('production');
RESET check_function_bodies;
RESET row_security;
RESET ROLE;

-- a foreign row of versions takes no override away
SET session_replication_role = replica;
UPDATE ff.versions SET has_overrides = false, version = 5 WHERE project_key = 'abuse';
RESET session_replication_role;
SELECT ff_is_enabled('x', 'f') AS x, min(version) > 1000000 AS own_numbers FROM ff.versions WHERE project_key = 'abuse';

-- an index of another kind is passed over
CREATE INDEX abuse_hash ON ff.flags USING hash (project_id);
CREATE INDEX abuse_collated ON ff.flags (project_id, key COLLATE "C" DESC);
SELECT ff_is_enabled('y', 'f') AS y;
DROP INDEX ff.abuse_hash, ff.abuse_collated;

-- environments that do not exist leave nothing behind
SELECT count(ff_is_enabled('u', 'f', environment => 'nosuch' || i)) FILTER (WHERE ff_is_enabled('u', 'f', environment => 'nosuch' || i)) AS enabled
FROM generate_series(1, 5000) i;
SELECT count(*) < 100 AS few FROM pg_backend_memory_contexts WHERE name LIKE 'featureflow%';

-- nesting beyond measure is refused, and answered where it got in
DO $$ BEGIN
	FOR i IN 0..120 LOOP PERFORM ff_flag_create('d' || i); PERFORM ff_flag_rollout('d' || i, 100); END LOOP;
	SET LOCAL featureflow.restoring = on;
	INSERT INTO ff.prerequisites SELECT f.id, p.id, 'on' FROM ff.flags f JOIN ff.flags p USING (project_id)
	WHERE f.key ~ '^d\d+$' AND p.key = 'd' || (substr(f.key, 2)::int - 1) AND f.project_id = (SELECT id FROM ff.projects WHERE key = 'abuse');
END $$;
SELECT variation, reason, error_code FROM ff_evaluate_detail('u', 'd90');
SELECT variation, reason, error_code FROM ff_evaluate_detail('u', 'd120');
SELECT ff_flag_require('f', 'd120', 'on');

-- what drivers send for nothing, and for true in quotes
SELECT ff_flag_rules('f', 'null');
SELECT ff_flag_default('f', 'null');
SELECT ff_flag_default('f', '"true"');
SELECT default_serve FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.environments e ON e.id = s.environment_id
WHERE f.key = 'f' AND e.key = 'production';

RESET featureflow.project;
SELECT ff_project_delete('abuse', cascade => true);
SELECT ff_revoke('abuse_admin', 'admin');
SELECT ff_revoke('abuse_admin', 'evaluate');
REVOKE CREATE ON SCHEMA public FROM abuse_admin;
DROP ROLE abuse_admin;
