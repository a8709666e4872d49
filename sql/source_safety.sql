-- Context sources against those who mean harm: whose code runs with whose
-- rights, who sees what, and relations that change under a cursor.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
DROP ROLE IF EXISTS safety_admin, safety_reader;
RESET client_min_messages;
CREATE ROLE safety_admin; CREATE ROLE safety_reader;
CREATE SCHEMA safety AUTHORIZATION safety_admin;
SELECT ff_grant('safety_admin', 'admin'), ff_grant('safety_reader', 'evaluate');
SELECT ff_project_create('safety') IS NOT NULL;
SET featureflow.project = 'safety';

-- a cast to json that a user wrote runs as who registered the source
SET ROLE safety_admin;
CREATE TYPE safety.mood AS ENUM ('sad', 'happy');
CREATE FUNCTION safety.mood_json(safety.mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RETURN to_json(current_user::text || ' ' || current_setting('transaction_read_only')); END $$;
CREATE CAST (safety.mood AS json) WITH FUNCTION safety.mood_json(safety.mood);
CREATE TABLE safety.people (id text PRIMARY KEY, moods safety.mood[], mood safety.mood);
INSERT INTO safety.people VALUES ('1', '{happy}', 'happy');
SELECT ff_context_source('safety.people', 'id') IS NOT NULL;
SELECT ff_segment_create('moods', '{"attribute": "moods", "op": "has", "value": "safety_admin on"}') IS NOT NULL,
	ff_segment_create('mood', '{"attribute": "mood", "op": "eq", "value": "happy"}') IS NOT NULL;
RESET ROLE;
SELECT ff_in_segment('1', 'moods'), ff_in_segment('1', 'mood'), current_user = session_user;

-- and where a superuser has registered it, as the owner, who wrote the cast
SELECT ff_context_source('safety.people', 'id') IS NOT NULL;
SELECT role = session_user FROM ff_context_source_list();
SELECT ff_in_segment('1', 'moods');
SET ROLE safety_admin;
ALTER TABLE safety.people RENAME TO people_before;
CREATE FUNCTION safety.who() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN current_user; END $$;
CREATE VIEW safety.people AS SELECT id, ARRAY[safety.who() || ' on'] AS moods FROM safety.people_before;
RESET ROLE;
SELECT ff_in_segment('1', 'moods');
SET ROLE safety_admin;
DROP VIEW safety.people;
ALTER TABLE safety.people_before RENAME TO people;
SELECT ff_context_source('safety.people', 'id') IS NOT NULL;
RESET ROLE;

-- relations of metrics and links likewise: what a superuser has registered is read as
-- its owner, who may put a view in its place
SET ROLE safety_admin;
CREATE TABLE safety.orders (buyer text, at timestamptz, amount numeric);
CREATE TABLE safety.logins (cookie text, account text);
RESET ROLE;
SELECT ff_metric_source('orders', 'safety.orders', 'buyer', 'at', 'amount') IS NOT NULL, ff_identity_source('logins', 'safety.logins', 'cookie', 'account') IS NOT NULL;
SELECT role = session_user FROM ff.metric_sources WHERE key = 'orders';
SET ROLE safety_admin;
ALTER TABLE safety.orders RENAME TO orders_before;
ALTER TABLE safety.logins RENAME TO logins_before;
CREATE VIEW safety.orders AS SELECT safety.who() AS buyer, now() AS at, 1::numeric AS amount;
CREATE VIEW safety.logins AS SELECT safety.who() AS cookie, 'a' AS account;
SELECT unit FROM ff._source_events((SELECT id FROM ff.metric_sources WHERE key = 'orders'), NULL, NULL);
SELECT anonymous FROM ff._identity_links((SELECT id FROM ff.identity_sources WHERE key = 'logins'));
RESET ROLE;
SELECT unit FROM ff._source_events((SELECT id FROM ff.metric_sources WHERE key = 'orders'), NULL, NULL);

-- code of an index that a superuser analyzes is not a superuser's: it cannot
-- pass for the restore of a dump
SET ROLE safety_admin;
CREATE FUNCTION safety.harm() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('check_function_bodies', 'off', true), set_config('row_security', 'off', true);
	UPDATE ff.context_sources SET role = 'postgres' WHERE relation = 'safety.people';
	RETURN current_user || ' ' || current_setting('is_superuser');
END $$;
CREATE FUNCTION safety.indexed(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE '%', safety.harm(); RETURN t; END $$;
CREATE TABLE safety.bait (t text);
CREATE INDEX bait_idx ON safety.bait (safety.indexed(t));
INSERT INTO safety.bait VALUES ('x');
RESET ROLE;
ANALYZE safety.bait;
SELECT role FROM ff_context_source_list();
-- nor can a role that is none
SET ROLE safety_admin;
SET check_function_bodies = off; SET row_security = off;
UPDATE ff.context_sources SET role = 'postgres' WHERE relation = 'safety.people';
INSERT INTO ff.segment_members (segment_id, user_key) VALUES ('00000000-0000-0000-0000-000000000001', 'x');
SELECT ff_flag_create('door') IS NOT NULL;
UPDATE ff.flag_settings s SET version = 77 FROM ff.flags f WHERE f.id = s.flag_id AND f.key = 'door';
-- not even where rows go by cascade, which is done as the owner
SELECT ff_project_create('safety-gone') IS NOT NULL, ff_segment_create('crew', project => 'safety-gone') IS NOT NULL;
SELECT ff_segment_add('crew', '{safety-user}', project => 'safety-gone');
DELETE FROM ff.projects WHERE key = 'safety-gone';
SELECT count(*) FROM ff.segment_members WHERE user_key = 'safety-user';
RESET check_function_bodies; RESET row_security;
RESET ROLE;
SELECT role FROM ff_context_source_list();
SELECT max(s.version) FROM ff.flag_settings s JOIN ff.flags f ON f.id = s.flag_id WHERE f.key = 'door';
DROP TABLE safety.bait;

-- a schema that is closed to the administrator who looks
CREATE SCHEMA safety_closed;
CREATE TABLE safety_closed."Odd.Name" (id text PRIMARY KEY, secret text);
INSERT INTO safety_closed."Odd.Name" VALUES ('1', 'abc');
SELECT ff_context_source('safety_closed."Odd.Name"', 'id') IS NOT NULL;
SET ROLE safety_admin;
SELECT relation, present FROM ff_context_source_list();
SELECT ff_context_source_remove('Safety_Closed."Odd.Name"');
SELECT ff_context_source_remove('safety_closed."');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- what a view shows depends on who asks: nothing is told of it but to its author
CREATE VIEW safety_closed.own WITH (security_invoker = on) AS SELECT * FROM safety_closed."Odd.Name";
GRANT SELECT ON safety_closed.own TO safety_reader;
GRANT USAGE ON SCHEMA safety_closed TO safety_reader;
SELECT ff_context_source('safety_closed.own', 'id') IS NOT NULL;
SELECT ff_flag_rules('door', '[{"id": "secret", "when": {"attribute": "secret", "op": "eq", "value": "abc"}, "serve": "on"}]');
SET ROLE safety_reader;
SELECT count(*) FROM safety_closed.own;
SELECT ff_is_enabled('1', 'door');
SELECT detail FROM ff_explain('1', 'door') WHERE stage LIKE '%condition%';
RESET ROLE;
SELECT detail FROM ff_explain('1', 'door') WHERE stage LIKE '%condition%';
SELECT ff_context_source_remove('safety_closed.own');
-- nor of a table in a schema that is closed
SELECT ff_context_source('safety_closed."Odd.Name"', 'id') IS NOT NULL;
GRANT SELECT ON safety_closed."Odd.Name" TO safety_reader;
SET ROLE safety_reader;
SELECT detail FROM ff_explain('1', 'door') WHERE stage LIKE '%condition%';
RESET ROLE;
REVOKE USAGE ON SCHEMA safety_closed FROM safety_reader;
SET ROLE safety_reader;
SELECT detail FROM ff_explain('1', 'door') WHERE stage LIKE '%condition%';
RESET ROLE;
SELECT ff_flag_create('part') IS NOT NULL, ff_flag_rollout('part', 50, by => 'secret');
SELECT detail FROM ff_explain('1', 'part') WHERE stage = 'serve';
SET ROLE safety_reader;
SELECT detail FROM ff_explain('1', 'part') WHERE stage = 'serve';
RESET ROLE;
SELECT ff_context_source_remove('safety_closed."Odd.Name"');

-- a relation that is replaced between two rows of a cursor
CREATE VIEW safety.changing AS SELECT id, 'abc' AS secret FROM safety.people UNION ALL SELECT '2', 'abc' UNION ALL SELECT '3', 'abc' UNION ALL SELECT '4', 'abc';
SELECT ff_context_source('safety.changing', 'id') IS NOT NULL;
BEGIN;
DECLARE c CURSOR FOR SELECT u, ff_is_enabled(u, 'door'), x.detail FROM unnest('{1,2,3,4}'::text[]) u, ff_explain(u, 'door') x WHERE x.stage LIKE '%condition%';
FETCH 1 FROM c;
DROP VIEW safety.changing;
CREATE VIEW safety.changing AS SELECT u AS id, 40000 AS secret FROM unnest('{2,3,4}'::text[]) u;
FETCH 1 FROM c;
DROP VIEW safety.changing;
CREATE VIEW safety.changing AS SELECT '{"a": [1]}'::jsonb AS secret, u AS id FROM unnest('{2,3,4}'::text[]) u;
FETCH 1 FROM c;
DROP VIEW safety.changing;
FETCH 1 FROM c;
ROLLBACK;
SELECT ff_context_source_remove('safety.changing');
-- and an index that goes
CREATE TABLE safety.probed AS SELECT i::text AS id, 'abc' AS secret FROM generate_series(1, 3) i;
ALTER TABLE safety.probed ADD PRIMARY KEY (id);
SELECT ff_context_source('safety.probed', 'id') IS NOT NULL;
BEGIN;
DECLARE c CURSOR FOR SELECT u, ff_is_enabled(u, 'door') FROM unnest('{1,2,3}'::text[]) u;
FETCH 1 FROM c;
ALTER TABLE safety.probed DROP CONSTRAINT probed_pkey;
FETCH 1 FROM c;
DROP TABLE safety.probed;
FETCH 1 FROM c;
ROLLBACK;

-- a document that no attribute can be made of: the error names the source
CREATE TABLE safety.documents (id text PRIMARY KEY, document json);
INSERT INTO safety.documents VALUES ('1', '{"a": "\u0000"}');
SELECT ff_context_source('safety.documents', 'id') IS NOT NULL;
SELECT ff_segment_create('document', '{"attribute": "document.a", "op": "exists"}') IS NOT NULL;
\set SHOW_CONTEXT errors
\set VERBOSITY default
SELECT ff_in_segment('1', 'document');
\set SHOW_CONTEXT never
\set VERBOSITY terse
SELECT ff_context_source_remove('safety.documents');

-- a query is checked again when a view that it reads is replaced
CREATE VIEW safety.listed AS SELECT id FROM safety.people;
SELECT ff_segment_query('listed', 'SELECT 1 FROM safety.listed WHERE id = $1') IS NOT NULL;
SELECT ff_in_segment('1', 'listed');
CREATE OR REPLACE VIEW safety.listed AS SELECT id FROM safety.people WHERE random() >= 0;
SELECT ff_in_segment('1', 'listed');
SELECT ff_in_segment('1', 'listed');
CREATE OR REPLACE VIEW safety.listed AS SELECT id FROM safety.people WHERE id <> '2';
SELECT ff_in_segment('1', 'listed'), ff_in_segment('2', 'listed');

-- segments that are not there leave nothing behind, however many are asked for
SELECT count(ff_in_segment('u', 'none')) FROM generate_series(1, 2) i;
SELECT sum(total_bytes) AS before FROM pg_backend_memory_contexts WHERE name LIKE 'featureflow%' \gset
SELECT count(ff_in_segment('u', 'none-' || i)) FROM generate_series(1, 3000) i;
SELECT sum(total_bytes) - :before < 65536 FROM pg_backend_memory_contexts WHERE name LIKE 'featureflow%';

RESET featureflow.project;
SELECT ff_project_delete('safety', cascade => true);
SELECT ff_revoke('safety_admin', 'admin'), ff_revoke('safety_admin', 'evaluate'), ff_revoke('safety_reader', 'evaluate');
SET client_min_messages = warning;
DROP SCHEMA safety, safety_closed CASCADE;
DROP ROLE safety_admin, safety_reader;
