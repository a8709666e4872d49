-- Lists of segments inside a statement and a transaction: what is remembered
-- from one row to the next is true of the next one too.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('cl1') IS NOT NULL, ff_project_create('cl2') IS NOT NULL;
SELECT ff_segment_create('one', project => 'cl1') AS one, ff_segment_create('two', project => 'cl2') AS two \gset
CREATE FUNCTION cl_moved() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', ff_version('cl1') > current_setting('cl.one')::bigint, ff_version('cl2') > current_setting('cl.two')::bigint) $$;
CREATE FUNCTION cl_mark() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('cl.one', ff_version('cl1')::text, false), set_config('cl.two', ff_version('cl2')::text, false);
END $$;

-- each project of a statement's rows, whichever comes first
SELECT cl_mark() IS NOT NULL;
INSERT INTO ff.segment_members VALUES (:'one', 'a'), (:'two', 'a');
SELECT cl_moved(), cl_mark() IS NOT NULL;
INSERT INTO ff.segment_members VALUES (:'one', 'b'), (:'one', 'c');
SELECT cl_moved(), cl_mark() IS NOT NULL;
INSERT INTO ff.segment_members VALUES (:'two', 'b'), (:'one', 'd'), (:'two', 'd');
SELECT cl_moved();
-- a row that changes its list concerns both
SELECT cl_mark() IS NOT NULL;
UPDATE ff.segment_members SET segment_id = :'two' WHERE segment_id = :'one' AND user_key = 'c';
SELECT cl_moved(), ff_in_segment('c', 'one', project => 'cl1'), ff_in_segment('c', 'two', project => 'cl2');
UPDATE ff.segment_members SET segment_id = '00000000-0000-0000-0000-000000000001' WHERE segment_id = :'one';
\echo :LAST_ERROR_SQLSTATE
-- one transaction after another
SELECT cl_mark() IS NOT NULL;
INSERT INTO ff.segment_members VALUES (:'one', 'e');
SELECT cl_moved(), cl_mark() IS NOT NULL;
INSERT INTO ff.segment_members VALUES (:'one', 'f');
SELECT cl_moved(), cl_mark() IS NOT NULL;
DELETE FROM ff.segment_members WHERE segment_id = :'one' AND user_key = 'f';
SELECT cl_moved(), cl_mark() IS NOT NULL;

-- a savepoint that is rolled back takes the version along: it moves again
BEGIN;
SAVEPOINT s;
INSERT INTO ff.segment_members VALUES (:'one', 'g');
ROLLBACK TO s;
INSERT INTO ff.segment_members VALUES (:'one', 'g');
COMMIT;
SELECT cl_moved(), cl_mark() IS NOT NULL;
-- also when the statement inside did not end
BEGIN;
SAVEPOINT s;
INSERT INTO ff.segment_members VALUES (:'one', 'h'), (:'one', 'h');
ROLLBACK TO s;
INSERT INTO ff.segment_members VALUES (:'one', 'h');
COMMIT;
SELECT cl_moved(), ff_in_segment('h', 'one', project => 'cl1'), cl_mark() IS NOT NULL;
-- and when it was inside the statement whose next row this is
CREATE FUNCTION cl_try() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.user_key = 'outer' THEN
		BEGIN
			INSERT INTO ff.segment_members SELECT id, 'inner' FROM ff.segments WHERE key = 'two' AND project_id = ff._project('cl2');
			RAISE EXCEPTION 'no';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER zz_try BEFORE INSERT ON ff.segment_members FOR EACH ROW EXECUTE FUNCTION cl_try();
INSERT INTO ff.segment_members VALUES (:'one', 'outer'), (:'two', 'next');
SELECT cl_moved(), ff_in_segment('inner', 'two', project => 'cl2'), ff_in_segment('next', 'two', project => 'cl2');
DROP TRIGGER zz_try ON ff.segment_members;

-- a list that is empty when the row's own trigger asks, and is not when RETURNING does
CREATE FUNCTION cl_has(u text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN ff_in_segment(u, 'empty', project => 'cl1'); END $$;
CREATE FUNCTION cl_look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', NEW.user_key, cl_has(NEW.user_key); RETURN NEW; END $$;
CREATE TRIGGER zz_look BEFORE INSERT ON ff.segment_members FOR EACH ROW EXECUTE FUNCTION cl_look();
SELECT ff_segment_create('empty', project => 'cl1') AS empty \gset
INSERT INTO ff.segment_members VALUES (:'empty', 'i'), (:'empty', 'j') RETURNING user_key, cl_has(user_key), cl_has('i'), cl_has('k');
DELETE FROM ff.segment_members WHERE segment_id = :'empty' RETURNING user_key, cl_has('i'), cl_has('j');
DROP TRIGGER zz_look ON ff.segment_members;
-- asked before, in the same transaction
BEGIN;
SELECT cl_has('i');
INSERT INTO ff.segment_members VALUES (:'empty', 'i');
SELECT cl_has('i');
DELETE FROM ff.segment_members WHERE segment_id = :'empty';
SELECT cl_has('i');
COMMIT;

-- pages that all transactions see are not read; nor are those of one that has changed since
INSERT INTO ff.segment_members SELECT :'empty', 'v' || i FROM generate_series(1, 1000) i;
VACUUM ff.segment_members;
SELECT count(*) FILTER (WHERE ff_in_segment('v' || i, 'empty', project => 'cl1')) FROM generate_series(-10, 1100) i;
BEGIN;
DELETE FROM ff.segment_members WHERE segment_id = :'empty' AND user_key IN ('v7', 'v700');
SELECT count(*) FILTER (WHERE ff_in_segment('v' || i, 'empty', project => 'cl1')) FROM generate_series(-10, 1100) i;
ROLLBACK;
SELECT count(*) FILTER (WHERE ff_in_segment('v' || i, 'empty', project => 'cl1')) FROM generate_series(-10, 1100) i;

DROP FUNCTION cl_moved, cl_mark, cl_has, cl_try, cl_look;
SELECT ff_project_delete('cl1', cascade => true), ff_project_delete('cl2', cascade => true);
