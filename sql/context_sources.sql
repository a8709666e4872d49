-- Attributes from the application's own tables: found by the user's row when a
-- rule needs them, with the rights of who registered the table.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
DROP ROLE IF EXISTS source_author, source_reader, source_admin;
RESET client_min_messages;
CREATE ROLE source_author; CREATE ROLE source_reader; CREATE ROLE source_admin;
SELECT ff_project_create('sources') IS NOT NULL;
SET featureflow.project = 'sources';
CREATE SCHEMA app_s;
CREATE TABLE app_s.users (id bigint PRIMARY KEY, country text, plan text, age smallint, score float8, balance numeric(10, 2), vip boolean,
	tags text[], meta jsonb, seen timestamptz, born date, joined timestamp, organization text, code uuid);
INSERT INTO app_s.users SELECT i, CASE WHEN i % 2 = 0 THEN 'DE' ELSE 'FR' END, CASE WHEN i % 3 = 0 THEN 'pro' ELSE 'free' END, i, i / 4.0, i * 1.5,
	i % 5 = 0, ARRAY['t' || i, 'all'], jsonb_build_object('device', jsonb_build_object('os', CASE WHEN i % 2 = 0 THEN 'ios' ELSE 'android' END)),
	'2026-01-01 00:00:00+01'::timestamptz + i * interval '1 day', '2000-01-01'::date + i, '2026-01-01 12:00:00'::timestamp, 'org-' || i % 3,
	('00000000-0000-0000-0000-0000000000' || to_char(i, 'FM00'))::uuid
FROM generate_series(1, 40) i;
UPDATE app_s.users SET country = NULL WHERE id = 40;

SELECT ff_flag_create('checkout') IS NOT NULL;
SELECT ff_flag_rules('checkout', '[{"id": "adults", "serve": true, "when": {"all": [{"attribute": "country", "op": "eq", "value": "DE"}, {"attribute": "age", "op": "ge", "value": 18}]}}]');
SELECT ff_is_enabled('20', 'checkout');
SELECT ff_context_source('app_s.users', 'id') IS NOT NULL;
SELECT relation, key_column, attributes, role = session_user, sort_order, present FROM ff_context_source_list();
SELECT count(*) FILTER (WHERE ff_is_enabled(id::text, 'checkout')), count(*) FILTER (WHERE country = 'DE' AND age >= 18) FROM app_s.users;
-- what is passed wins, null as well; what is not passed is looked up
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('20', 'checkout', '{"country": "FR"}'), ff_is_enabled('20', 'checkout', '{"country": null}'), ff_is_enabled('21', 'checkout', '{"country": "DE"}');
-- keys that are in no row, or cannot be
SELECT k, ff_is_enabled(k, 'checkout'), ff_is_enabled(k, 'checkout', '{"country": "DE", "age": 20}') FROM unnest('{20,020,abc,999,9223372036854775808}'::text[]) k;
SELECT ff_is_enabled(NULL, 'checkout');
SELECT stage, outcome, detail FROM ff_explain('20', 'checkout', '{"age": 7}');

-- every type of column as its value in a rule
SELECT ff_segment_create('s_' || n, c) IS NOT NULL FROM (VALUES
	('text', '{"attribute": "country", "op": "in", "values": ["DE", "AT"]}'::jsonb), ('smallint', '{"attribute": "age", "op": "eq", "value": 12}'),
	('float', '{"attribute": "score", "op": "eq", "value": 3}'), ('numeric', '{"attribute": "balance", "op": "eq", "value": 18.00}'),
	('boolean', '{"attribute": "vip", "op": "eq", "value": false}'), ('array', '{"attribute": "tags", "op": "has", "value": "t12"}'),
	('json', '{"attribute": "meta.device.os", "op": "eq", "value": "ios"}'), ('timestamptz', '{"attribute": "seen", "op": "before", "value": "2026-01-13T00:00:00Z"}'),
	('date', '{"attribute": "born", "op": "eq", "value": "2000-01-13"}'), ('timestamp', '{"attribute": "joined", "op": "after", "value": "2026-01-01T11:59:59Z"}'),
	('uuid', '{"attribute": "code", "op": "ends_with", "value": "12"}'), ('bigint', '{"attribute": "id", "op": "eq", "value": 12}')) x(n, c);
SELECT n, ff_in_segment('12', 's_' || n), ff_in_segment('31', 's_' || n) FROM unnest('{text,smallint,float,numeric,boolean,array,json,timestamptz,date,timestamp,uuid,bigint}'::text[]) n;
SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SET extra_float_digits = -15;
UPDATE app_s.users SET score = 1234567.875 WHERE id = 14;
SELECT ff_segment_create('s_digits', '{"attribute": "score", "op": "eq", "value": 1234567.875}') IS NOT NULL, ff_in_segment('14', 's_digits');
SELECT n, ff_in_segment('12', 's_' || n), ff_in_segment('14', 's_digits') FROM unnest('{float,timestamptz,date,timestamp}'::text[]) n;
SELECT detail FROM ff_explain('12', 'checkout') WHERE stage LIKE '%condition%';
RESET timezone; RESET datestyle; RESET extra_float_digits;
UPDATE app_s.users SET score = 'NaN', balance = 'NaN', seen = 'infinity' WHERE id = 13;
SELECT ff_in_segment('13', 's_float'), ff_in_segment('13', 's_numeric'), ff_in_segment('13', 's_timestamptz');

-- plan gates, organizations and splits by attribute see it as well
SELECT ff_flag_create('reports', min_plan => 'pro') IS NOT NULL, ff_flag_create('theme') IS NOT NULL, ff_flag_create('pilot') IS NOT NULL;
SELECT ff_flag_rollout('reports', 100), ff_flag_rollout('theme', 50, by => 'organization'), ff_override('pilot', 'on', organization => 'org-1') IS NOT NULL;
SELECT count(*) FILTER (WHERE ff_is_enabled(id::text, 'reports')), count(*) FILTER (WHERE plan = 'pro'),
	count(*) FILTER (WHERE ff_is_enabled(id::text, 'pilot')), count(*) FILTER (WHERE organization = 'org-1'),
	bool_and(ff_is_enabled(id::text, 'theme') = (ff_bucket('theme', organization) < 50000)) FROM app_s.users;
SELECT flag, value, reason FROM ff_evaluate_all('4') WHERE flag <> 'checkout';

-- live: what the same transaction changed
BEGIN;
UPDATE app_s.users SET country = 'DE' WHERE id = 21;
SELECT ff_is_enabled('21', 'checkout');
SAVEPOINT s;
DELETE FROM app_s.users WHERE id = 21;
SELECT ff_is_enabled('21', 'checkout');
ROLLBACK TO s;
SELECT ff_is_enabled('21', 'checkout');
-- nothing stands in the way of ALTER TABLE after an evaluation
ALTER TABLE app_s.users ADD COLUMN later text DEFAULT 'x', ALTER COLUMN age TYPE text;
SELECT ff_is_enabled('21', 'checkout'), ff_is_enabled('21', 'checkout', '{"age": 30}');
ROLLBACK;
SELECT ff_is_enabled('21', 'checkout');
-- a statement sees its own snapshot: rows that it updates are as they were
UPDATE app_s.users SET country = 'FR' WHERE id IN (20, 22) RETURNING id, ff_is_enabled(id::text, 'checkout');
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('22', 'checkout');
UPDATE app_s.users SET country = 'DE' WHERE id IN (20, 22);

-- some columns only
SELECT ff_context_source('app_s.users', 'id', '{country}') IS NOT NULL;
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('20', 'checkout', '{"age": 20}');
SELECT ff_context_source('app_s.users', 'id', '{country,nothing}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source('app_s.users', 'id', '{country,NULL}');
SELECT ff_context_source('app_s.users', 'id', NULL) IS NOT NULL;

-- several sources: in order, the first that has the column and a row
CREATE TABLE app_s.profiles (user_key text PRIMARY KEY, country text, shoe int);
INSERT INTO app_s.profiles VALUES ('20', 'FR', 43), ('guest', 'DE', 41);
SELECT ff_context_source('app_s.profiles', 'user_key') IS NOT NULL;
SELECT ff_segment_create('shoe', '{"attribute": "shoe", "op": "gt", "value": 40}') IS NOT NULL;
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('guest', 'checkout', '{"age": 50}'), ff_in_segment('20', 'shoe'), ff_in_segment('21', 'shoe');
SELECT ff_context_source('app_s.profiles', 'user_key', sort_order => 0) IS NOT NULL;
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('22', 'checkout');
SELECT ff_context_source_remove('app_s.profiles');
SELECT ff_context_source_remove('app_s.profiles');
\echo :LAST_ERROR_SQLSTATE

-- other relations: views, partitions, inheritance, other types of keys
CREATE VIEW app_s.user_view AS SELECT id AS "User Id", country, age FROM app_s.users WHERE id <> 20;
CREATE TABLE app_s.parts (id uuid, country text, age int) PARTITION BY HASH (id);
CREATE TABLE app_s.parts_0 PARTITION OF app_s.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app_s.parts_1 PARTITION OF app_s.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX ON app_s.parts (id);
INSERT INTO app_s.parts SELECT code, country, age FROM app_s.users;
CREATE DOMAIN app_s.handle AS varchar(20);
CREATE TABLE app_s.handles (handle app_s.handle PRIMARY KEY, country text, age int);
INSERT INTO app_s.handles VALUES ('Ann', 'DE', 30), ('ann', 'FR', 30);
CREATE TABLE app_s.parents (id int PRIMARY KEY, country text, age int);
CREATE TABLE app_s.children () INHERITS (app_s.parents);
INSERT INTO app_s.children VALUES (77, 'DE', 30);
SELECT ff_context_source_remove('app_s.users');
SELECT ff_context_source('app_s.user_view', 'User Id') IS NOT NULL;
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('22', 'checkout'), ff_context_source_remove('app_s.user_view');
DROP VIEW app_s.user_view;
SELECT ff_context_source('app_s.parts', 'id') IS NOT NULL;
SELECT ff_is_enabled('00000000-0000-0000-0000-000000000022', 'checkout'), ff_is_enabled('22', 'checkout'), ff_context_source_remove('app_s.parts');
SELECT ff_context_source('app_s.handles', 'handle') IS NOT NULL;
SELECT ff_is_enabled('Ann', 'checkout'), ff_is_enabled('ann', 'checkout'), ff_is_enabled('ANN', 'checkout'), ff_context_source_remove('app_s.handles');
SELECT ff_context_source('app_s.parents', 'id') IS NOT NULL;
SELECT ff_is_enabled('77', 'checkout'), ff_context_source_remove('app_s.parents');

-- refused
CREATE TABLE app_s.odd (id jsonb PRIMARY KEY, n numeric UNIQUE, t text);
SELECT ff_context_source('app_s.odd', 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source('app_s.odd', 'n');
SELECT ff_context_source('app_s.odd', 'nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source('app_s.nothing', 'id');
SELECT ff_context_source('app_s.odd_n_key', 'n');
\echo :LAST_ERROR_SQLSTATE
CREATE TEMP TABLE temporary (id text PRIMARY KEY);
SELECT ff_context_source('temporary', 'id');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source(NULL, 'id');
SELECT ff_context_source('app_s.odd', NULL);
INSERT INTO ff.context_sources (project_id, relation, key_column, role) SELECT id, 'users', 'id', 'postgres' FROM ff.projects WHERE key = 'sources';
-- no index: a warning, and the right answer
SELECT ff_context_source('app_s.odd', 't') IS NOT NULL;
INSERT INTO app_s.odd VALUES ('1', 1, 'tess');
SELECT ff_segment_create('n', '{"attribute": "n", "op": "eq", "value": 1}') IS NOT NULL;
SELECT ff_in_segment('tess', 'n'), ff_context_source_remove('app_s.odd');

-- rights: of who registered it
GRANT USAGE ON SCHEMA app_s TO source_author;
GRANT SELECT (id, country) ON app_s.users TO source_author;
SELECT ff_grant('source_author', 'admin'), ff_grant('source_admin', 'admin'), ff_grant('source_reader', 'evaluate');
SET ROLE source_admin;
SELECT ff_context_source('app_s.users'::regclass, 'id');
INSERT INTO ff.context_sources (project_id, relation, key_column, role) SELECT id, 'app_s.users', 'id', 'postgres' FROM ff.projects WHERE key = 'sources';
\echo :LAST_ERROR_SQLSTATE
SET ROLE source_author;
SELECT ff_context_source('app_s.users', 'id', '{country,age}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source('app_s.users', 'id') IS NOT NULL;
RESET ROLE;
SELECT role FROM ff_context_source_list();
SET ROLE source_reader;
-- the author may read the country but not the age
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('20', 'checkout', '{"age": 20}');
SELECT stage, outcome, detail FROM ff_explain('20', 'checkout', '{"age": 20}');
RESET ROLE;
SELECT stage, outcome, detail FROM ff_explain('20', 'checkout', '{"age": 20}') WHERE stage LIKE '%condition%';
-- and who writes the row of the source is its author
UPDATE ff.context_sources SET role = 'source_admin';
SELECT role = session_user FROM ff_context_source_list();
-- row-level security of the author
SET ROLE source_author;
SELECT ff_context_source('app_s.users', 'id') IS NOT NULL;
RESET ROLE;
CREATE POLICY evens ON app_s.users FOR SELECT TO source_author USING (id % 4 = 0);
ALTER TABLE app_s.users ENABLE ROW LEVEL SECURITY;
SELECT ff_is_enabled('20', 'checkout', '{"age": 20}'), ff_is_enabled('22', 'checkout', '{"age": 20}');
-- a policy that asks for the flag is a circle
CREATE POLICY circle ON app_s.users FOR SELECT TO source_author USING (public.ff_is_enabled(id::text, 'checkout'));
SELECT ff_is_enabled('22', 'checkout', '{"age": 20}');
DROP POLICY circle ON app_s.users;
SELECT ff_is_enabled('20', 'checkout', '{"age": 20}'), current_user = session_user;
ALTER TABLE app_s.users DISABLE ROW LEVEL SECURITY;
DROP POLICY evens ON app_s.users;
-- rights, tables, columns and roles that go
REVOKE SELECT (id) ON app_s.users FROM source_author;
SELECT ff_is_enabled('20', 'checkout', '{"age": 20}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_is_enabled('20', 'checkout', '{"age": 20, "country": "DE"}');
SELECT ff_context_source('app_s.users', 'id') IS NOT NULL;
ALTER TABLE app_s.users RENAME COLUMN id TO ident;
SELECT ff_is_enabled('20', 'checkout');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE app_s.users RENAME COLUMN ident TO id;
ALTER TABLE app_s.users ALTER COLUMN id TYPE numeric;
SELECT ff_is_enabled('20', 'checkout');
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE app_s.users ALTER COLUMN id TYPE text;
SELECT ff_is_enabled('20', 'checkout');
ALTER TABLE app_s.users DROP CONSTRAINT users_pkey;
SELECT ff_is_enabled('20', 'checkout');
DROP TABLE app_s.users;
SELECT ff_is_enabled('20', 'checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_is_enabled('20', 'checkout', '{"country": "DE", "age": 19}'), (SELECT present FROM ff_context_source_list());
CREATE TABLE app_s.users (id text PRIMARY KEY, country text, age int);
INSERT INTO app_s.users VALUES ('20', 'DE', 20);
SELECT ff_is_enabled('20', 'checkout'), ff_is_enabled('21', 'checkout');
-- types of the application's own run with the rights of the author
CREATE TYPE app_s.mood AS ENUM ('sad', 'happy');
CREATE TYPE app_s.pair AS (a int, b text);
ALTER TABLE app_s.users ADD mood app_s.mood DEFAULT 'happy', ADD pair app_s.pair DEFAULT (1, 'x'), ADD moods app_s.mood[] DEFAULT '{sad,happy}';
SELECT ff_segment_create('happy', '{"attribute": "mood", "op": "eq", "value": "happy"}') IS NOT NULL, ff_segment_create('pair', '{"attribute": "pair", "op": "eq", "value": "(1,x)"}') IS NOT NULL,
	ff_segment_create('moods', '{"attribute": "moods", "op": "has", "value": "sad"}') IS NOT NULL;
SELECT ff_in_segment('20', 'happy'), ff_in_segment('20', 'pair'), ff_in_segment('20', 'moods');

-- parallel workers
INSERT INTO app_s.users SELECT i::text, CASE WHEN i % 2 = 0 THEN 'DE' ELSE 'FR' END, i % 50 FROM generate_series(100, 1099) i;
BEGIN;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_leader_participation = off;
SELECT count(*) FILTER (WHERE ff_is_enabled(id, 'checkout')), count(*) FILTER (WHERE country = 'DE' AND age >= 18) FROM app_s.users;
ROLLBACK;
RESET featureflow.project;
SELECT ff_project_delete('sources', cascade => true);
SELECT ff_revoke('source_author', 'admin'), ff_revoke('source_author', 'evaluate'), ff_revoke('source_admin', 'admin'), ff_revoke('source_admin', 'evaluate'), ff_revoke('source_reader', 'evaluate');
SET client_min_messages = warning;
DROP SCHEMA app_s CASCADE;
DROP ROLE source_author, source_reader, source_admin;
