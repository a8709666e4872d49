-- Segments by query: the application's tables, asked with the rights of who
-- wrote the query, whoever evaluates.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
DROP ROLE IF EXISTS query_author, query_reader, query_admin;
RESET client_min_messages;
CREATE ROLE query_author; CREATE ROLE query_reader; CREATE ROLE query_admin;
SELECT ff_project_create('queries') IS NOT NULL;
SET featureflow.project = 'queries';
CREATE SCHEMA shop_q;
CREATE TABLE shop_q.orders (customer bigint NOT NULL, amount numeric NOT NULL, tenant text NOT NULL DEFAULT 'a');
INSERT INTO shop_q.orders SELECT i % 10, i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 100) i;
CREATE TABLE shop_q.accounts (id uuid PRIMARY KEY, code text, small smallint, vip boolean);
INSERT INTO shop_q.accounts VALUES ('00000000-0000-0000-0000-0000000000aa', 'alpha', 7, true), ('00000000-0000-0000-0000-0000000000bb', 'beta', 8, false), ('00000000-0000-0000-0000-0000000000cc', 'gamma', 9, NULL);

-- a row is enough; a boolean has to be true
SELECT ff_segment_query('big', 'SELECT 1 FROM shop_q.orders WHERE customer = $1 AND amount > 95') IS NOT NULL;
SELECT ff_segment_query('vip', 'SELECT vip FROM shop_q.accounts WHERE id = $1') IS NOT NULL;
SELECT ff_segment_query('many', 'SELECT count(*) >= 10 AND sum(amount) > 500 FROM shop_q.orders WHERE customer = $1') IS NOT NULL;
SELECT ff_segment_query('code', 'SELECT code FROM shop_q.accounts WHERE code = $1') IS NOT NULL;
SELECT ff_segment_query('small', 'SELECT small FROM shop_q.accounts WHERE small = $1') IS NOT NULL;
SELECT key, query_type FROM ff.segments WHERE query IS NOT NULL AND project_id = (SELECT id FROM ff.projects WHERE key = 'queries') ORDER BY key;
SELECT i, ff_in_segment(i::text, 'big'), ff_in_segment(i::text, 'many') FROM generate_series(0, 10) i;
SELECT ff_in_segment('00000000-0000-0000-0000-0000000000aa', 'vip'), ff_in_segment('00000000-0000-0000-0000-0000000000BB', 'vip'),
	ff_in_segment('00000000-0000-0000-0000-0000000000cc', 'vip'), ff_in_segment('00000000-0000-0000-0000-0000000000dd', 'vip');
SELECT ff_in_segment('alpha', 'code'), ff_in_segment('7', 'small'), ff_in_segment('77777', 'small');
-- keys that cannot be of the type are in no row
SELECT k, ff_in_segment(k, 'big') FROM unnest('{6,06,+6, 6,6.0,six,-0,9223372036854775808,-9223372036854775808}'::text[]) k;
SELECT k, ff_in_segment(k, 'vip') FROM unnest('{00000000-0000-0000-0000-0000000000a,"{00000000-0000-0000-0000-0000000000aa}",zzzzzzzz-0000-0000-0000-0000000000aa,""}'::text[]) k;
SELECT ff_in_segment(NULL, 'big');

-- in rules, in other segments, with a list
SELECT ff_flag_create('gift') IS NOT NULL;
SELECT ff_flag_rules('gift', '[{"id": "big", "when": {"all": [{"segment": "big"}, {"not": {"segment": "many"}}]}, "serve": true}]');
SELECT i, ff_is_enabled(i::text, 'gift') FROM generate_series(5, 8) i;
SELECT stage, outcome, detail FROM ff_explain('6', 'gift');
SELECT ff_segment_add('big', '{friend}'), ff_in_segment('friend', 'big');
-- live: what the same transaction changed, and what it undid
BEGIN;
INSERT INTO shop_q.orders VALUES (5000, 500);
SELECT ff_in_segment('5000', 'big');
ROLLBACK;
SELECT ff_in_segment('5000', 'big');

-- refused when registered
SELECT ff_segment_query('bad', 'SELECT 1 FROM orders WHERE customer = $1');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('bad', 'SELEC 1');
SELECT ff_segment_query('bad', 'SELECT 1 FROM shop_q.orders WHERE custmer = $1');
SELECT ff_segment_query('bad', 'SELECT 1; SELECT $1');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('bad', 'DELETE FROM shop_q.orders WHERE customer = $1');
SELECT ff_segment_query('bad', 'WITH d AS (DELETE FROM shop_q.orders RETURNING customer) SELECT 1 FROM d WHERE customer = $1');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('bad', 'SELECT 1 FROM shop_q.orders WHERE customer = $1 FOR UPDATE');
SELECT ff_segment_query('bad', 'SELECT pg_sleep(1) IS NULL AND $1 = ''x''');
SELECT ff_segment_query('bad', 'SELECT random() < 0.5 AND $1 = ''x''');
SELECT ff_segment_query('bad', 'SELECT nextval(''ff.version_numbers'') > 0 AND $1 = ''x''');
SELECT ff_segment_query('bad', 'SELECT 1');
SELECT ff_segment_query('bad', 'SELECT 1 FROM shop_q.orders WHERE customer = $1 AND amount > $2');
SELECT ff_segment_query('bad', 'SELECT 1 FROM shop_q.orders WHERE amount = $1');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('bad', 'SELECT public.ff_is_enabled($1, ''gift'')');
SELECT ff_segment_query('bad', 'SELECT public.ff_in_segment($1, ''big'')');
SELECT ff_segment_query('bad', 'SELECT 1 / 0 FROM shop_q.orders WHERE customer = $1 OR true');
SELECT ff_segment_query('bad', NULL);
SELECT ff_segment_query('bad', 'SELECT FROM shop_q.orders WHERE customer = $1');
-- a view that does it is no better
CREATE VIEW shop_q.sleepy AS SELECT customer, pg_sleep(0)::text AS slept FROM shop_q.orders;
SELECT ff_segment_query('bad', 'SELECT 1 FROM shop_q.sleepy WHERE customer = $1');
-- a temporary table cannot stand for anything
CREATE TEMP TABLE orders (customer bigint);
SELECT ff_segment_query('bad', 'SELECT 1 FROM orders WHERE customer = $1');
SELECT ff_segment_query('bad', 'SELECT 1 FROM pg_temp.orders WHERE customer = $1');
DROP TABLE orders;
SELECT count(*) FROM ff.segments WHERE key = 'bad';

-- rights: the author's, not the caller's
GRANT USAGE ON SCHEMA shop_q TO query_author;
GRANT SELECT ON shop_q.orders TO query_author;
SELECT ff_grant('query_author', 'admin'), ff_grant('query_admin', 'admin'), ff_grant('query_reader', 'evaluate');
SET ROLE query_admin;
SELECT ff_segment_query('spy', 'SELECT 1 FROM shop_q.orders WHERE customer = $1');
\echo :LAST_ERROR_SQLSTATE
SET ROLE query_author;
SELECT ff_segment_query('authored', 'SELECT 1 FROM shop_q.orders WHERE customer = $1 AND amount > 95') IS NOT NULL;
RESET ROLE;
SELECT query_role FROM ff.segments WHERE key = 'authored';
SET ROLE query_reader;
SELECT ff_in_segment('6', 'authored'), ff_in_segment('1', 'authored');
SELECT count(*) FROM shop_q.orders;
RESET ROLE;
-- who changes the query becomes its author, also by plain SQL
SET ROLE query_admin;
UPDATE ff.segments SET query = 'SELECT 1 FROM shop_q.orders WHERE customer = $1 OR true' WHERE key = 'authored';
UPDATE ff.segments SET query_role = 'postgres' WHERE key = 'authored';
UPDATE ff.segments SET description = 'only words' WHERE key = 'authored';
RESET ROLE;
SELECT query_role, description FROM ff.segments WHERE key = 'authored';
-- row-level security of the author
CREATE POLICY tenants ON shop_q.orders FOR SELECT TO query_author USING (tenant = 'a');
ALTER TABLE shop_q.orders ENABLE ROW LEVEL SECURITY;
SET ROLE query_author;
SELECT ff_segment_query('authored', 'SELECT sum(amount) > 540 FROM shop_q.orders WHERE customer IN ($1::bigint, $1::bigint + 1)') IS NOT NULL;
RESET ROLE;
SELECT ff_in_segment('6', 'authored'), ff_in_segment('6', 'big'), sum(amount), sum(amount) FILTER (WHERE tenant = 'a') FROM shop_q.orders WHERE customer IN (6, 7);
SET row_security = off;
SELECT ff_in_segment('6', 'authored');
RESET row_security;
-- rights that are taken away later, a role and a table that go
ALTER TABLE shop_q.orders DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON shop_q.orders FROM query_author;
\set SHOW_CONTEXT errors
SELECT ff_in_segment('6', 'authored');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE shop_q.orders RENAME TO bought;
SELECT ff_in_segment('6', 'big');
SELECT ff_is_enabled('friend', 'gift');
ALTER TABLE shop_q.bought RENAME TO orders;
SELECT ff_in_segment('6', 'big');
\set SHOW_CONTEXT never

-- evaluation is not asked again by what is read for it, however it is hidden
CREATE FUNCTION shop_q.hidden(k text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN public.ff_is_enabled(k, 'gift'); END $$;
CREATE FUNCTION shop_q.writes(k text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM shop_q.really(); RETURN k = 'x'; END $$;
CREATE FUNCTION shop_q.really() RETURNS void LANGUAGE sql VOLATILE AS $$ INSERT INTO shop_q.orders VALUES (1, 1) $$;
CREATE FUNCTION shop_q.path(k text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT current_setting('search_path') = k $$;
SELECT ff_segment_query('hidden', 'SELECT shop_q.hidden($1)');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('writes', 'SELECT shop_q.writes($1)');
\echo :LAST_ERROR_SQLSTATE
-- nor can it put that off, not even where an error would be caught
CREATE FUNCTION shop_q.undoes(k text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); PERFORM shop_q.really(); RETURN true; END $$;
CREATE FUNCTION shop_q.tries(k text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
	BEGIN PERFORM shop_q.undoes(k); EXCEPTION WHEN OTHERS THEN NULL; END;
	BEGIN PERFORM shop_q.really(); EXCEPTION WHEN read_only_sql_transaction THEN RETURN false; END;
	RETURN true; END $$;
SELECT ff_segment_query('undoes', 'SELECT shop_q.undoes($1)');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_query('tries', 'SELECT shop_q.tries($1)') IS NOT NULL, current_setting('transaction_read_only');
SELECT ff_in_segment('6', 'tries'), (SELECT count(*) FROM shop_q.orders), current_setting('transaction_read_only');
BEGIN;
INSERT INTO shop_q.orders VALUES (6, 1) RETURNING customer;
ROLLBACK;
BEGIN READ ONLY;
SELECT ff_in_segment('6', 'big'), current_setting('transaction_read_only');
COMMIT;
SELECT ff_segment_delete('tries');
SELECT ff_segment_query('path', 'SELECT shop_q.path($1)') IS NOT NULL;
SELECT ff_in_segment('pg_catalog, pg_temp', 'path'), current_setting('search_path');
-- and after all these errors evaluation is as before
SELECT ff_is_enabled('6', 'gift'), current_user = session_user, current_setting('transaction_read_only');

-- a query without an end can be stopped
SET statement_timeout = '200ms';
SELECT ff_segment_query('endless', 'WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT 1 FROM r WHERE n::text = $1 OFFSET 1') IS NOT NULL;
SELECT ff_in_segment('x', 'endless');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT ff_is_enabled('6', 'gift');

-- parallel workers
BEGIN;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_leader_participation = off;
SELECT count(*), count(*) FILTER (WHERE ff_in_segment(customer::text, 'big')) FROM shop_q.orders;
ROLLBACK;
-- exported as something that only the database can tell
SELECT ff_ruleset() -> 'remote_segments';
-- taken away
SELECT ff_segment_query('big', NULL) IS NOT NULL;
SELECT ff_in_segment('6', 'big'), ff_in_segment('friend', 'big');
SELECT query, query_type, query_role FROM ff.segments WHERE key = 'big' AND project_id = (SELECT id FROM ff.projects WHERE key = 'queries');
RESET featureflow.project;
SELECT ff_project_delete('queries', cascade => true);
SELECT ff_revoke('query_author', 'admin'), ff_revoke('query_author', 'evaluate'), ff_revoke('query_admin', 'admin'), ff_revoke('query_admin', 'evaluate'), ff_revoke('query_reader', 'evaluate');
SET client_min_messages = warning;
DROP SCHEMA shop_q CASCADE;
DROP ROLE query_author, query_reader, query_admin;
