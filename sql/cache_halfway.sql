-- An edit that evaluates half way sees the rows that it has changed so far;
-- nothing of the half state is kept.
SET client_min_messages = warning;
SELECT ff_flag_create('first') IS NOT NULL AND ff_flag_create('second') IS NOT NULL AS created;
CREATE FUNCTION pair() RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = public AS $$
BEGIN
	RETURN ff_is_enabled('u', 'first') || ' ' || ff_is_enabled('u', 'second');
END $$;
CREATE FUNCTION pair_stable() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN ff_is_enabled('u', 'first') || ' ' || ff_is_enabled('u', 'second');
END $$;
SELECT pair();

BEGIN;
WITH edited AS (
	UPDATE ff.flag_settings s SET default_serve = '"on"'
	FROM ff.flags f, ff.environments e
	WHERE f.id = s.flag_id AND e.id = s.environment_id AND e.key = 'production' AND f.key IN ('first', 'second')
	RETURNING f.key, pair() AS answer, pair_stable() AS stable)
SELECT count(*) AS rows, count(DISTINCT answer) AS answers, max(answer) AS last, max(stable) AS stable FROM edited;
SELECT pair(), pair_stable();
ROLLBACK;
SELECT pair(), pair_stable();

-- the same, with the half state read by the next statement of a REPEATABLE
-- READ transaction and by an exception block
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pair();
SAVEPOINT a;
UPDATE ff.flag_settings s SET default_serve = '"on"'
FROM ff.flags f, ff.environments e
WHERE f.id = s.flag_id AND e.id = s.environment_id AND e.key = 'production' AND f.key = 'first'
RETURNING f.key, pair();
SELECT pair();
ROLLBACK TO a;
SELECT pair();
COMMIT;
SELECT pair();

-- rows changed after the last evaluation of their statement; nothing but the
-- rows themselves is written while a dump is restored
CREATE SEQUENCE calls;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL featureflow.restoring = on;
WITH edited AS (
	UPDATE ff.flag_settings s SET default_serve = '"on"'
	FROM ff.flags f, ff.environments e
	WHERE f.id = s.flag_id AND e.id = s.environment_id AND e.key = 'production' AND f.key IN ('first', 'second')
	RETURNING CASE WHEN nextval('calls') = 1 THEN pair() END AS answer)
SELECT count(*) AS rows, count(answer) AS answers FROM edited;
SELECT pair();
ROLLBACK;
SELECT pair();
DROP SEQUENCE calls;

-- a trigger of the application between the move of the version and the row
CREATE FUNCTION peek() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
	PERFORM pair();
	RETURN NEW;
END $$;
CREATE TRIGGER zz_peek BEFORE UPDATE ON ff.flag_settings FOR EACH ROW EXECUTE FUNCTION peek();
CREATE TRIGGER aa_peek BEFORE UPDATE ON ff.flag_settings FOR EACH ROW EXECUTE FUNCTION peek();
BEGIN;
UPDATE ff.flag_settings s SET default_serve = '"on"'
FROM ff.flags f, ff.environments e
WHERE f.id = s.flag_id AND e.id = s.environment_id AND e.key = 'production' AND f.key = 'first'
RETURNING pair();
SELECT pair();
ROLLBACK;
SELECT pair();
DROP TRIGGER zz_peek ON ff.flag_settings;
DROP TRIGGER aa_peek ON ff.flag_settings;

-- a cursor opened half way, in one environment, sees the rows that the same
-- statement changes in another one later: that is nobody's committed version
CREATE FUNCTION open_once() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	c refcursor := 'half';
BEGIN
	IF NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'half') THEN
		OPEN c FOR SELECT i, ff_is_enabled('u' || i, 'first', environment => 'staging') AS staging,
			ff_is_enabled('u' || i, 'first', environment => 'development') AS development FROM generate_series(1, 2) i;
	END IF;
	RETURN '';
END $$;
SELECT ff_is_enabled('u', 'first', environment => e) FROM unnest('{staging,development}'::text[]) e;
BEGIN;
UPDATE ff.flag_settings s SET default_serve = '"on"'
FROM ff.flags f, ff.environments e
WHERE f.id = s.flag_id AND e.id = s.environment_id AND f.key = 'first' AND e.key IN ('staging', 'development')
RETURNING open_once();
FETCH ALL FROM half;
ROLLBACK;
SELECT ff_is_enabled('u', 'first', environment => e) FROM unnest('{staging,development}'::text[]) e;
SELECT ff_is_enabled('u', 'first', environment => e) FROM unnest('{staging,development}'::text[]) e;

-- evaluation in the WHERE of an edit, and edits made by rows of a query
BEGIN;
UPDATE ff.flag_settings s SET default_serve = '"on"'
FROM ff.flags f WHERE f.id = s.flag_id AND f.key = 'first' AND NOT ff_is_enabled('u', 'first');
SELECT ff_is_enabled('u', 'first');
SELECT i, ff_flag_default('first', to_jsonb(i % 2 = 1)), pair() FROM generate_series(1, 3) i;
ROLLBACK;
SELECT pair();

-- deferred triggers evaluate at the end of the transaction
CREATE TABLE app (i int, flag boolean);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE app SET flag = ff_is_enabled('u', 'first') WHERE i = NEW.i;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stamp AFTER INSERT ON app DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp();
BEGIN;
INSERT INTO app VALUES (1);
SELECT ff_is_enabled('u', 'first');
SELECT ff_flag_default('first', 'true');
COMMIT;
SELECT * FROM app;

DROP TABLE app;
DROP FUNCTION stamp;
DROP FUNCTION open_once;
DROP FUNCTION peek;
DROP FUNCTION pair_stable;
DROP FUNCTION pair;
SELECT ff_flag_delete('first'), ff_flag_delete('second');
