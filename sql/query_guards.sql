-- Queries of segments, further: what a function hidden in one may not do either,
-- what has changed since the query was registered, and the snapshot.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('guards') IS NOT NULL;
SET featureflow.project = 'guards';
CREATE SCHEMA app_g;
CREATE TABLE app_g.t (id int PRIMARY KEY, good boolean);
INSERT INTO app_g.t VALUES (1, true), (2, true), (3, false);

-- under the statement's snapshot: rows that it changes are as they were
SELECT ff_segment_query('good', 'SELECT good FROM app_g.t WHERE id = $1') IS NOT NULL;
UPDATE app_g.t SET good = NOT good RETURNING id, good, ff_in_segment(id::text, 'good');
SELECT id, ff_in_segment(id::text, 'good') FROM app_g.t ORDER BY id;
-- a function that looks for itself sees what has happened so far
CREATE FUNCTION app_g.looks(k text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN ff_in_segment(k, 'good'); END $$;
UPDATE app_g.t SET good = NOT good WHERE id = 1 RETURNING id, good, ff_in_segment('1', 'good'), app_g.looks('1');

-- keys that are no number or uuid of the type are nobody's, though their last bits are somebody's
SELECT ff_segment_query('uuid', 'SELECT true FROM (VALUES (''00000000-0000-0000-0000-0000000000aa''::uuid)) v(i) WHERE i = $1') IS NOT NULL,
	ff_segment_query('small', 'SELECT true FROM (VALUES (1::smallint)) v(i) WHERE i = $1') IS NOT NULL, ff_segment_query('large', 'SELECT true FROM (VALUES (-8446744073709551617)) v(i) WHERE i = $1') IS NOT NULL;
SELECT k, ff_in_segment(k, 'good') FROM unnest('{1,4294967297,18446744073709551617}'::text[]) k;
SELECT k, ff_in_segment(k, 'small') FROM unnest('{1,65537,-65535}'::text[]) k;
SELECT k, ff_in_segment(k, 'large') FROM unnest('{-8446744073709551617,9999999999999999999}'::text[]) k;
SELECT k, ff_in_segment(k, 'uuid') FROM unnest('{00000000-0000-0000-0000-0000000000aa,00000000x0000-0000-0000-0000000000aa,00000000-0000-0000-000000000000000aa-}'::text[]) k;

-- a function that has become volatile, or one of ours, since
CREATE FUNCTION app_g.later(k text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT k = '1' $$;
SELECT ff_segment_query('later', 'SELECT app_g.later($1)') IS NOT NULL;
SELECT ff_in_segment('1', 'later'), ff_in_segment('2', 'later');
ALTER FUNCTION app_g.later(text) VOLATILE;
\c
SET featureflow.project = 'guards';
SELECT ff_in_segment('1', 'later');
\echo :LAST_ERROR_SQLSTATE
ALTER FUNCTION app_g.later(text) STABLE;
SELECT ff_in_segment('1', 'later');

-- what outlives the query, and other roles, are out of reach
CREATE FUNCTION app_g.does(what text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE what; RETURN true; END $$;
CREATE FUNCTION app_g.hides(what text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$ BEGIN PERFORM app_g.does(what); RETURN true; END $$;
SELECT ff_segment_query('hides', 'SELECT app_g.hides($1)') IS NOT NULL;
SELECT ff_in_segment('SELECT 1', 'hides');
SELECT ff_in_segment('PREPARE left_behind AS SELECT 1', 'hides');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_in_segment('LISTEN left_behind', 'hides');
SELECT ff_in_segment('DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1', 'hides');
SELECT ff_in_segment('SET ROLE pg_monitor', 'hides');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_in_segment('RESET ROLE', 'hides');
SELECT ff_in_segment('SET SESSION AUTHORIZATION DEFAULT', 'hides');
SELECT ff_in_segment('SET transaction_read_only = off', 'hides');
SELECT ff_in_segment('CREATE TEMP TABLE left_behind ()', 'hides');
SELECT ff_in_segment('INSERT INTO app_g.t VALUES (9, true)', 'hides');
SELECT ff_in_segment('SET application_name = ''left behind''', 'hides'), current_setting('application_name') = 'left behind';
SELECT ff_in_segment('1', 'good'), current_user = session_user, current_setting('transaction_read_only'), current_setting('row_security'), current_setting('search_path');
-- in one transaction with the error
BEGIN;
SAVEPOINT s;
SELECT ff_in_segment('SELECT 1 / 0', 'hides');
ROLLBACK TO s;
SELECT ff_in_segment('1', 'good'), current_setting('transaction_read_only');
INSERT INTO app_g.t VALUES (4, true);
SELECT ff_in_segment('4', 'good');
ROLLBACK;

RESET featureflow.project;
SELECT ff_project_delete('guards', cascade => true);
SET client_min_messages = warning;
DROP SCHEMA app_g CASCADE;
