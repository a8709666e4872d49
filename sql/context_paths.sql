-- Context sources: which rows and columns are found, whether by the index or by
-- a query, and what runs with whose rights.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
DROP ROLE IF EXISTS path_author, path_reader;
CREATE ROLE path_author; CREATE ROLE path_reader;
SELECT ff_project_create('paths') IS NOT NULL;
SET featureflow.project = 'paths';
CREATE SCHEMA app_p;
SELECT ff_segment_create('de', '{"attribute": "country", "op": "eq", "value": "DE"}') IS NOT NULL, ff_segment_create('prefix', '{"attribute": "countr", "op": "eq", "value": "DE"}') IS NOT NULL;
CREATE TABLE app_p.a (id text PRIMARY KEY, country text);
CREATE TABLE app_p.b (id text PRIMARY KEY, country text);
INSERT INTO app_p.a VALUES ('none', NULL), ('both', 'FR');
INSERT INTO app_p.b VALUES ('none', 'DE'), ('both', 'DE'), ('second', 'DE');

-- the first source with a row answers, also by null; at one place the name decides
SELECT ff_context_source('app_p.b', 'id', sort_order => 2) IS NOT NULL, ff_context_source('app_p.a', 'id', sort_order => 1) IS NOT NULL;
SELECT u, ff_in_segment(u, 'de') FROM unnest('{none,both,second}'::text[]) u;
SELECT ff_context_source('app_p.a', 'id', sort_order => 2) IS NOT NULL;
SELECT u, ff_in_segment(u, 'de') FROM unnest('{none,both,second}'::text[]) u;
SELECT ff_context_source_remove('app_p.a'), ff_in_segment('both', 'de');
-- a column of a longer name is another attribute
SELECT ff_in_segment('both', 'prefix');

-- indexes that do not find what the equality of the column does
CREATE TABLE app_p.t (id text, country text, n int);
INSERT INTO app_p.t VALUES ('Ann', 'DE', 1), ('ann', 'FR', 2), ('bob', 'DE', 3);
SELECT ff_context_source_remove('app_p.b'), ff_context_source('app_p.t', 'id') IS NOT NULL;
CREATE FUNCTION pg_temp.who() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(u || ' ' || ff_in_segment(u, 'de')::text, ', ' ORDER BY u COLLATE "C") FROM unnest('{Ann,ANN,ann,bob,eve}'::text[]) u $$;
SELECT pg_temp.who();
CREATE INDEX one ON app_p.t (id) WHERE n < 3;
SELECT pg_temp.who();
DROP INDEX app_p.one; CREATE INDEX one ON app_p.t USING hash (id);
SELECT pg_temp.who();
-- two keys of one hash
SELECT min(i::text) AS here, max(i::text) AS gone FROM generate_series(1, 400000) i GROUP BY hashtext(i::text) HAVING count(*) > 1 LIMIT 1 \gset
INSERT INTO app_p.t VALUES (:'here', 'DE', 4);
SELECT ff_in_segment(:'here', 'de'), ff_in_segment(:'gone', 'de');
DROP INDEX app_p.one; CREATE INDEX one ON app_p.t (lower(id), id);
SELECT pg_temp.who();
DROP INDEX app_p.one; CREATE INDEX one ON app_p.t (country, id);
SELECT pg_temp.who();
-- an equality of its own, as an index has it that ignores case; where there is no ICU, none
DROP INDEX app_p.one;
DO $$ BEGIN
	CREATE COLLATION app_p.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	CREATE INDEX one ON app_p.t (id COLLATE app_p.ci);
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR undefined_object THEN NULL;
END $$;
SELECT pg_temp.who();
DROP INDEX IF EXISTS app_p.one;
-- an order of the application's own is not asked with the rights of who evaluates
CREATE FUNCTION app_p.compare(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
	RAISE NOTICE 'compared as %', current_user; RETURN bttextcmp($1, $2); END $$;
CREATE OPERATOR CLASS app_p.ours FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 app_p.compare(text, text);
CREATE INDEX one ON app_p.t (id app_p.ours);
SET client_min_messages = notice;
SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;
SELECT pg_temp.who();
RESET enable_indexscan; RESET enable_bitmapscan; RESET enable_indexonlyscan;
SET client_min_messages = error;
DROP INDEX app_p.one;
CREATE INDEX one ON app_p.t (id text_pattern_ops);
SELECT pg_temp.who();
DROP INDEX app_p.one; CREATE UNIQUE INDEX one ON app_p.t (id) INCLUDE (country);
SELECT pg_temp.who();

-- by a query as well: the statement's snapshot, columns that come and go, a key of another type
DROP INDEX app_p.one;
UPDATE app_p.t SET country = 'FR' WHERE id = 'bob' RETURNING ff_in_segment(id, 'de');
SELECT pg_temp.who();
SELECT ff_segment_create('later', '{"attribute": "later", "op": "eq", "value": 7}') IS NOT NULL, ff_in_segment('Ann', 'later');
ALTER TABLE app_p.t ADD later int DEFAULT 7;
SELECT ff_in_segment('Ann', 'later'), pg_temp.who();
ALTER TABLE app_p.t DROP later, DROP n;
SELECT ff_in_segment('Ann', 'later'), pg_temp.who();
DELETE FROM app_p.t; INSERT INTO app_p.t VALUES ('1', 'DE');
SELECT ff_in_segment('1', 'de'), ff_in_segment('01', 'de');
ALTER TABLE app_p.t ALTER id TYPE int USING id::int;
SELECT ff_in_segment('1', 'de'), ff_in_segment('01', 'de');
BEGIN;
SELECT ff_in_segment('1', 'de');
ALTER TABLE app_p.t ALTER id TYPE text;
INSERT INTO app_p.t VALUES ('01', 'DE');
SELECT ff_in_segment('1', 'de'), ff_in_segment('01', 'de'), ff_in_segment('001', 'de');
ROLLBACK;
SELECT ff_context_source_remove('app_p.t');

-- a materialized view: not before it has rows
CREATE MATERIALIZED VIEW app_p.m AS SELECT 'bob'::text AS id, 'DE'::text AS country WITH NO DATA;
CREATE UNIQUE INDEX ON app_p.m (id);
SELECT ff_context_source('app_p.m', 'id') IS NOT NULL;
SELECT ff_in_segment('bob', 'de');
\echo :LAST_ERROR_SQLSTATE
REFRESH MATERIALIZED VIEW app_p.m;
SELECT ff_in_segment('bob', 'de'), ff_in_segment('eve', 'de'), ff_context_source_remove('app_p.m');

-- types of the application's own: numbers stay numbers, casts run as the author whoever evaluates
CREATE DOMAIN app_p.score AS smallint;
CREATE TYPE app_p.mood AS ENUM ('sad', 'happy');
CREATE FUNCTION app_p.mood_json(app_p.mood) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RETURN to_json(current_user); END $$;
CREATE CAST (app_p.mood AS json) WITH FUNCTION app_p.mood_json(app_p.mood);
CREATE DOMAIN app_p.feeling AS app_p.mood;
CREATE TABLE app_p.u (id int PRIMARY KEY, score app_p.score, mood app_p.mood, moods app_p.mood[], feelings app_p.feeling[], seen timestamptz);
INSERT INTO app_p.u VALUES (1, 5, 'sad', '{sad}', '{sad}', '2026-01-13 00:00:00+01');
GRANT USAGE ON SCHEMA app_p TO path_author, path_reader; GRANT SELECT ON app_p.u TO path_author;
SELECT ff_grant('path_author', 'admin'), ff_grant('path_reader', 'evaluate');
SET ROLE path_author; SELECT ff_context_source('app_p.u', 'id') IS NOT NULL; RESET ROLE;
SELECT ff_segment_create(k, c) IS NOT NULL FROM (VALUES ('score', '{"attribute": "score", "op": "eq", "value": 5}'::jsonb), ('moods', '{"attribute": "moods", "op": "has", "value": "path_author"}'),
	('feelings', '{"attribute": "feelings", "op": "has", "value": "path_author"}'), ('mood', '{"attribute": "mood", "op": "eq", "value": "sad"}'),
	('utc', '{"attribute": "seen", "op": "starts_with", "value": "2026-01-12T23:00:00"}')) x(k, c);
SET timezone = 'Asia/Tokyo';
SELECT ff_in_segment('1', 'score'), ff_in_segment('1', 'moods'), ff_in_segment('1', 'feelings'), ff_in_segment('1', 'mood'), ff_in_segment('1', 'utc');
SET ROLE path_reader;
SELECT ff_in_segment('1', 'score'), ff_in_segment('1', 'moods'), ff_in_segment('1', 'feelings'), ff_in_segment('1', 'mood'), ff_in_segment('1', 'utc');
RESET ROLE; RESET timezone;

-- what a source says is explained to those who may read all of it
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rules('f', '[{"serve": true, "when": {"attribute": "score", "op": "eq", "value": 5}}]');
GRANT SELECT ON app_p.u TO path_reader;
SET ROLE path_reader; SELECT detail FROM ff_explain('1', 'f') WHERE stage LIKE '%condition%'; RESET ROLE;
CREATE POLICY all_of_it ON app_p.u FOR SELECT TO path_author USING (true);
ALTER TABLE app_p.u ENABLE ROW LEVEL SECURITY;
SET ROLE path_reader; SELECT detail FROM ff_explain('1', 'f') WHERE stage LIKE '%condition%'; RESET ROLE;

RESET featureflow.project;
SELECT ff_project_delete('paths', cascade => true), ff_revoke('path_author', 'admin'), ff_revoke('path_author', 'evaluate'), ff_revoke('path_reader', 'evaluate');
DROP SCHEMA app_p CASCADE;
DROP ROLE path_author, path_reader;
