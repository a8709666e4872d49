-- Loops, cursors and procedures of one session that edits as it goes.
SET client_min_messages = warning;
SELECT ff_flag_create('moving') IS NOT NULL AS created;

-- a call site in a loop is the same for all its rounds
CREATE FUNCTION toggle() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text := '';
BEGIN
	FOR i IN 1..6 LOOP
		PERFORM ff_flag_default('moving', to_jsonb(i % 2 = 1));
		seen := seen || ff_is_enabled('u', 'moving')::int;
	END LOOP;
	RETURN seen;
END $$;
SELECT toggle();
BEGIN;
SELECT toggle();
ROLLBACK;
SELECT ff_is_enabled('u', 'moving');

-- a procedure that commits, in whose transactions the call site lives on
CREATE PROCEDURE toggle_and_commit(INOUT seen text) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..6 LOOP
		PERFORM ff_flag_default('moving', to_jsonb(i % 2 = 1));
		seen := seen || ff_is_enabled('u', 'moving')::int;
		IF i % 3 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
		seen := seen || ff_is_enabled('u', 'moving')::int || ' ';
	END LOOP;
END $$;
CALL toggle_and_commit('');
SELECT ff_flag_default('moving', 'false');

-- a query loop answers as it began, statements inside it do not
CREATE FUNCTION query_loop() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	seen text := '';
BEGIN
	FOR r IN SELECT i, ff_is_enabled('u' || i, 'moving') AS f FROM generate_series(1, 4) i LOOP
		PERFORM ff_flag_default('moving', to_jsonb(r.i % 2 = 1));
		seen := seen || r.f::int || ff_is_enabled('u', 'moving')::int || ' ';
	END LOOP;
	RETURN seen;
END $$;
SELECT query_loop();
SELECT ff_flag_default('moving', 'false');

-- cursors
BEGIN;
DECLARE before_it CURSOR FOR SELECT ff_is_enabled('u' || i, 'moving') AS f FROM generate_series(1, 4) i;
SELECT ff_flag_default('moving', 'true');
DECLARE after_it CURSOR FOR SELECT ff_is_enabled('u' || i, 'moving') AS f FROM generate_series(1, 4) i;
FETCH before_it;
FETCH after_it;
SELECT ff_flag_default('moving', 'false');
FETCH before_it;
FETCH after_it;
SELECT ff_is_enabled('u', 'moving');
FETCH after_it;
ROLLBACK;
SELECT ff_is_enabled('u', 'moving');
BEGIN;
SELECT ff_flag_default('moving', 'true');
DECLARE kept CURSOR WITH HOLD FOR SELECT ff_is_enabled('u' || i, 'moving') AS f FROM generate_series(1, 4) i;
FETCH kept;
COMMIT;
SELECT ff_flag_default('moving', 'false');
FETCH kept;
SELECT ff_is_enabled('u', 'moving');
CLOSE kept;

-- a prepared statement with a generic plan
SET plan_cache_mode = force_generic_plan;
PREPARE ask(text) AS SELECT ff_is_enabled($1, 'moving');
EXECUTE ask('u');
SELECT ff_flag_default('moving', 'true');
EXECUTE ask('u');
BEGIN;
SELECT ff_flag_default('moving', 'false');
EXECUTE ask('u');
ROLLBACK;
EXECUTE ask('u');
DEALLOCATE ask;
RESET plan_cache_mode;

-- one call site asks for many flags, environments and projects
SELECT ff_project_create('other') IS NOT NULL AS created, ff_flag_create('moving', project => 'other') IS NOT NULL AS created;
SELECT p, e, f, ff_is_enabled('u', f, environment => e, project => p)
FROM unnest('{default,other,none}'::text[]) p, unnest('{production,staging,none}'::text[]) e, unnest('{moving,none}'::text[]) f
ORDER BY 1, 2, 3;
SET featureflow.project = 'other';
SELECT ff_is_enabled('u', 'moving');
RESET featureflow.project;
SELECT ff_is_enabled('u', 'moving');
BEGIN;
SET LOCAL featureflow.environment = 'staging';
SELECT ff_is_enabled('u', 'moving');
COMMIT;
SELECT ff_is_enabled('u', 'moving');

SELECT ff_project_delete('other', true);
DROP FUNCTION query_loop;
DROP PROCEDURE toggle_and_commit;
DROP FUNCTION toggle;
SELECT ff_flag_delete('moving');
