-- However the tables are written, the next statement answers accordingly.
SET client_min_messages = warning;
SELECT ff_post_restore();
SELECT ff_flag_create('moving') IS NOT NULL AS created;
CREATE FUNCTION moving(environment text DEFAULT 'production') RETURNS boolean LANGUAGE sql AS
	$$ SELECT ff_is_enabled('u', 'moving', environment => environment) $$;
CREATE TEMP TABLE noted (v bigint);
CREATE FUNCTION moved() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	result boolean := coalesce(ff_version() > (SELECT max(v) FROM noted), true);
BEGIN
	DELETE FROM noted;
	INSERT INTO noted SELECT ff_version();
	RETURN result;
END $$;
SELECT moving(), moved();

-- UPDATE, DELETE, INSERT, COPY, MERGE, ON CONFLICT
UPDATE ff.flag_settings SET default_serve = '"on"' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
SELECT moving(), moved();
CREATE TEMP TABLE saved AS SELECT s.* FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id WHERE f.key = 'moving';
DELETE FROM ff.flag_settings WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
SELECT moving(), moved();
INSERT INTO ff.flag_settings SELECT * FROM saved;
SELECT moving(), moved();
INSERT INTO ff.flag_settings AS s (flag_id, environment_id, default_serve, off_variation, salt)
SELECT flag_id, environment_id, '"off"', 'off', 'salt' FROM saved
ON CONFLICT (flag_id, environment_id) DO UPDATE SET default_serve = excluded.default_serve;
SELECT moving(), moved();
MERGE INTO ff.flag_settings s USING saved n ON s.flag_id = n.flag_id AND s.environment_id = n.environment_id
WHEN MATCHED THEN UPDATE SET default_serve = n.default_serve;
SELECT moving(), moved();
DO $$
DECLARE
	line text;
BEGIN
	SELECT concat_ws(',', f.id, e.id, 'user', 'u', 'off') INTO line
	FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id WHERE e.key = 'production' AND f.key = 'moving';
	EXECUTE format('COPY ff.overrides (flag_id, environment_id, subject_kind, subject, variation) FROM PROGRAM %L (FORMAT csv)', 'echo ' || line);
END $$;
SELECT moving(), moving('staging'), moved();
DELETE FROM ff.overrides;
SELECT moving(), moved();

-- TRUNCATE is not transactional for older snapshots
TRUNCATE ff.flag_settings;
TRUNCATE ff.versions;
TRUNCATE ff.organizations CASCADE;
SELECT moving(), moved();

-- nothing written to ff.versions brings in a number from elsewhere
UPDATE ff.versions SET version = 1;
SELECT moving(), moved(), min(version) > 1000000 AS own_number FROM ff.versions;
INSERT INTO ff.versions SELECT environment_id, project_id, 1, project_key, environment_key FROM ff.versions;
SELECT moving(), min(version) > 1000000 AS own_number, count(*) = (SELECT count(*) FROM ff.environments) AS one_each FROM ff.versions;

-- without its version row an environment answers, and nothing is kept
BEGIN;
DELETE FROM ff.versions;
SELECT moving(), ff_version();
UPDATE ff.flag_settings SET default_serve = '"off"' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
SELECT moving(), ff_version();
ROLLBACK;
SELECT moving();

-- where triggers of users are off
SET session_replication_role = replica;
UPDATE ff.flag_settings SET default_serve = '"off"' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
RESET session_replication_role;
SELECT moving(), moved();

-- keys of environments and projects change under the same version row
SELECT ff_flag_default('moving', 'true');
UPDATE ff.environments SET key = 'live' WHERE key = 'production';
SELECT moving(), moving('live');
BEGIN;
UPDATE ff.environments SET key = 'spare' WHERE key = 'staging';
UPDATE ff.environments SET key = 'staging' WHERE key = 'live';
UPDATE ff.environments SET key = 'live' WHERE key = 'spare';
SELECT moving('staging'), moving('live');
ROLLBACK;
SELECT moving('staging'), moving('live');
UPDATE ff.environments SET key = 'production' WHERE key = 'live';
SELECT moving(), moving('live');
UPDATE ff.projects SET key = 'renamed' WHERE key = 'default';
SELECT moving(), ff_is_enabled('u', 'moving', project => 'renamed');
UPDATE ff.projects SET key = 'default' WHERE key = 'renamed';
SELECT moving(), ff_is_enabled('u', 'moving', project => 'renamed');

-- an environment that is already there, and one that moves to another project
INSERT INTO ff.environments (project_id, key, name) SELECT id, 'production', 'Twin' FROM ff.projects WHERE key = 'default'
ON CONFLICT DO NOTHING;
INSERT INTO ff.environments (project_id, key, name) SELECT id, 'production', 'Twin' FROM ff.projects WHERE key = 'default'
ON CONFLICT (project_id, key) DO UPDATE SET name = excluded.name;
SELECT name FROM ff.environments WHERE key = 'production';
UPDATE ff.environments SET name = 'Production' WHERE key = 'production';
SELECT ff_project_create('other', environments => '{only}') IS NOT NULL AS created;
SELECT ff_environment_create('wandering') IS NOT NULL AS created;
UPDATE ff.environments SET project_id = (SELECT id FROM ff.projects WHERE key = 'other') WHERE key = 'wandering';
SELECT count(*) AS version_rows_astray FROM ff.versions v JOIN ff.environments e ON e.id = v.environment_id
JOIN ff.projects p ON p.id = e.project_id
WHERE (v.project_id, v.project_key, v.environment_key) <> (p.id, p.key, e.key);
DELETE FROM ff.environments WHERE key = 'wandering';
SELECT ff_project_delete('other', true);

-- a project goes with all that is in it
SELECT ff_project_create('other') IS NOT NULL AS created, ff_flag_create('moving', project => 'other') IS NOT NULL AS created;
SELECT ff_is_enabled('u', 'moving', fallback => true, project => 'other');
BEGIN;
DELETE FROM ff.projects WHERE key = 'other';
SELECT ff_is_enabled('u', 'moving', fallback => true, project => 'other');
ROLLBACK;
SELECT ff_is_enabled('u', 'moving', fallback => true, project => 'other');
DELETE FROM ff.projects WHERE key = 'other';
SELECT ff_is_enabled('u', 'moving', fallback => true, project => 'other'), count(*) AS version_rows FROM ff.versions WHERE project_key = 'other';

-- what a flag refers to: segments, prerequisites, plans
SELECT ff_segment_create('staff', '{"attribute": "user_key", "op": "eq", "value": "nobody"}') IS NOT NULL AS created;
SELECT ff_flag_default('moving', 'false');
SELECT ff_flag_rules('moving', '[{"when": {"segment": "staff"}, "serve": true}]');
SELECT moving();
SELECT ff_segment_update('staff', '{"attribute": "user_key", "op": "eq", "value": "u"}');
SELECT moving();
BEGIN;
SELECT ff_segment_update('staff', '{"all": [{"not": {"all": []}}]}');
SELECT moving();
ROLLBACK;
SELECT moving();
SELECT ff_flag_create('needed') IS NOT NULL AS created;
SELECT ff_flag_require('moving', 'needed');
SELECT moving();
SELECT ff_flag_default('needed', 'true');
SELECT moving();
SELECT ff_flag_plan('moving', 'pro');
SELECT moving(), ff_is_enabled('u', 'moving', '{"plan": "pro"}');
UPDATE ff.plans SET level = 0 WHERE key = 'pro';
SELECT moving();
UPDATE ff.plans SET level = 10 WHERE key = 'pro';
SELECT moving();
SELECT ff_flag_plan('moving', NULL);
SELECT moving();
SELECT ff_flag_kill('needed');
SELECT moving();


-- an environment made later, and one made in the statement that overrides in it
SELECT ff_flag_revive('needed'), ff_flag_default('needed', 'false');
SELECT ff_environment_create('later') IS NOT NULL AS created;
SELECT ff_flag_default('moving', 'true', 'later');
SELECT moving('later');
SELECT ff_environment_delete('later');
WITH f AS (SELECT * FROM ff.flags WHERE key = 'needed'),
	e AS (INSERT INTO ff.environments (id, project_id, key, name)
		SELECT '00000000-0000-4000-8000-000000000001', project_id, 'later', 'Later' FROM f)
INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation)
SELECT id, '00000000-0000-4000-8000-000000000001', 'user', 'u', 'on' FROM f;
SELECT ff_is_enabled('u', 'needed', environment => 'later');
SELECT ff_environment_delete('later');

SELECT ff_flag_delete('moving'), ff_flag_delete('needed');
SELECT ff_segment_delete('staff');
DROP FUNCTION moved;
DROP FUNCTION moving;
