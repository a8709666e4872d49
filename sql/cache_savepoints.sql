-- What a savepoint or an exception block undoes is undone for evaluation too,
-- at every isolation level.
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

-- a statement that failed is not taken for one that still runs: what this
-- transaction has changed is not compiled for each row from then on
CREATE FUNCTION pg_temp.seconds() RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	PERFORM count(ff_is_enabled('u' || i, 'moving')) FROM generate_series(1, 10000) i;
	RETURN extract(epoch FROM clock_timestamp() - began);
END;
$$;
BEGIN;
SELECT ff_flag_rules('moving', (SELECT jsonb_agg(jsonb_build_object('serve', 'on', 'when', jsonb_build_object('attribute', 'a' || i, 'op', 'in',
	'values', (SELECT jsonb_agg('v' || j) FROM generate_series(1, 50) j)))) FROM generate_series(1, 50) i));
SELECT pg_temp.seconds() AS before \gset
SAVEPOINT a;
\set VERBOSITY terse
UPDATE ff.flags SET key = 'moved' WHERE key = 'moving';
\set VERBOSITY default
ROLLBACK TO a;
SELECT pg_temp.seconds() < 25 * :before AS as_fast_as_before;
DO $$ BEGIN
	BEGIN
		UPDATE ff.flags SET key = 'moved' WHERE key = 'moving';
	EXCEPTION WHEN invalid_parameter_value THEN
	END;
END $$;
SELECT pg_temp.seconds() < 25 * :before AS as_fast_as_before;
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
