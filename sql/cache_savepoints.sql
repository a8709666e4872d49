-- What a savepoint or an exception block undoes is undone for evaluation too,
-- at every isolation level.
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT ff_flag_create('moving') IS NOT NULL AS created;
CREATE FUNCTION moving() RETURNS boolean LANGUAGE sql AS $$ SELECT ff_is_enabled('u', 'moving') $$;
SELECT moving();

-- savepoints, READ COMMITTED
BEGIN;
SELECT moving();
SAVEPOINT a;
SELECT ff_flag_default('moving', 'true');
SELECT moving();
ROLLBACK TO a;
SELECT moving();
SAVEPOINT b;
SELECT ff_flag_default('moving', 'true');
RELEASE b;
SELECT moving();
ROLLBACK TO a;
SELECT moving();
ROLLBACK;
SELECT moving();

-- savepoints, REPEATABLE READ: the snapshot is the same before and after
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT moving();
SAVEPOINT a;
UPDATE ff.flag_settings SET default_serve = '"on"' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
SELECT moving();
ROLLBACK TO a;
SELECT moving();
SAVEPOINT b;
SELECT ff_flag_default('moving', 'true');
SELECT moving();
SAVEPOINT c;
SELECT ff_flag_default('moving', 'false');
SELECT moving();
ROLLBACK TO c;
SELECT moving();
RELEASE b;
SELECT moving();
COMMIT;
SELECT moving();
SELECT ff_flag_default('moving', 'false');

-- exception blocks
CREATE FUNCTION undone() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text := moving()::text;
BEGIN
	BEGIN
		PERFORM ff_flag_default('moving', 'true');
		seen := seen || ' ' || moving();
		RAISE EXCEPTION 'undo';
	EXCEPTION WHEN raise_exception THEN
		seen := seen || ' ' || moving();
	END;
	seen := seen || ' ' || moving();
	BEGIN
		PERFORM ff_flag_default('moving', 'true');
	EXCEPTION WHEN others THEN
		RAISE;
	END;
	RETURN seen || ' ' || moving();
END $$;
BEGIN;
SELECT undone();
SELECT moving();
ROLLBACK;
SELECT moving();
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT moving();
SELECT undone();
SELECT moving();
ROLLBACK;
SELECT moving();

-- an edit, a version of it undone, another edit: the number is not the same
BEGIN;
SELECT ff_version() AS v0 \gset
SAVEPOINT a;
SELECT ff_flag_default('moving', 'true');
SELECT ff_version() AS v1 \gset
ROLLBACK TO a;
SELECT ff_version() = :v0 AS as_before;
SELECT ff_flag_default('moving', 'true');
SELECT ff_version() > :v1 AS new_number;
SELECT moving();
ROLLBACK;
SELECT moving();

-- a savepoint inside: what was moved before it need not move again
BEGIN;
SELECT ff_flag_default('moving', 'true');
SELECT ff_version() AS v1 \gset
SAVEPOINT a;
SELECT ff_flag_default('moving', 'false');
SELECT ff_version() = :v1 AS once_a_transaction;
SELECT moving();
ROLLBACK TO a;
SELECT moving();
COMMIT;
SELECT moving();

-- an environment that was first moved inside the savepoint moves again
SELECT ff_flag_default('moving', 'false');
SELECT ff_version() AS v1 \gset
BEGIN;
SAVEPOINT a;
SELECT ff_flag_default('moving', 'true');
ROLLBACK TO a;
SELECT ff_flag_default('moving', 'true');
COMMIT;
SELECT ff_version() > :v1 AS moved;
SELECT moving();

-- an edit that fails does not cost what comes after it: one pin a statement, and
-- no flag compiled for every row
BEGIN;
SELECT ff_flag_default('moving', 'false');
SAVEPOINT a;
INSERT INTO ff.flag_settings SELECT * FROM ff.flag_settings s WHERE s.flag_id = (SELECT id FROM ff.flags WHERE key = 'moving') LIMIT 1;
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO a;
DO $$ BEGIN UPDATE ff.flag_settings SET rules = '[{"serve": "none"}]' WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'moving');
	SET CONSTRAINTS ALL IMMEDIATE;
EXCEPTION WHEN undefined_object THEN RAISE WARNING 'refused'; END $$;
SELECT idx_scan AS scans FROM pg_stat_xact_user_tables WHERE relid = 'ff.flags'::regclass \gset
SELECT count(*) FROM generate_series(1, 500) i WHERE ff_is_enabled(i::text, 'moving');
SELECT idx_scan - :scans < 10 AS few FROM pg_stat_xact_user_tables WHERE relid = 'ff.flags'::regclass;
ROLLBACK;
BEGIN;
-- one that failed inside another, which still runs: no half state is kept
CREATE FUNCTION pg_temp.failing() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	BEGIN
		UPDATE ff.flags SET key = 'moved' WHERE key = 'moving';
	EXCEPTION WHEN invalid_parameter_value THEN
	END;
	RETURN ff_is_enabled('u', 'moving');
END $$;
WITH edited AS (
	UPDATE ff.flag_settings s SET default_serve = '"off"', rules = '[]' FROM ff.flags f, ff.environments e
	WHERE f.id = s.flag_id AND f.key = 'moving' AND e.id = s.environment_id AND e.key = 'production' RETURNING pg_temp.failing() AS answer)
SELECT count(answer) FROM edited;
SELECT moving();
ROLLBACK;
SELECT moving();

SELECT ff_flag_delete('moving');
DROP FUNCTION undone;
DROP FUNCTION moving;
