-- Lists of users: filled by functions, CSV and COPY; asked by evaluation under
-- the snapshot of the statement; counted and compared.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('lists') IS NOT NULL;
SET featureflow.project = 'lists';
SELECT ff_segment_create('beta', name => 'Beta users') IS NOT NULL;
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "value": "@example.com"}') IS NOT NULL;
SELECT ff_flag_create('editor') IS NOT NULL;
SELECT ff_flag_rules('editor', '[{"id": "beta", "when": {"segment": "beta"}, "serve": true}]');

-- an empty list has nobody
SELECT ff_is_enabled('alice', 'editor'), ff_in_segment('alice', 'beta'), ff_segment_size('beta');
SELECT ff_segment_add('beta', '{alice,bob,alice,Zoë}');
SELECT ff_segment_add('beta', '{bob,carol}');
SELECT u, ff_is_enabled(u, 'editor'), ff_in_segment(u, 'beta') FROM unnest('{alice,bob,carol,Zoë,Alice,dave}'::text[]) u;
SELECT ff_is_enabled(NULL, 'editor'), ff_in_segment(NULL, 'beta'), ff_in_segment('alice', 'nobody'), ff_in_segment('alice', NULL);
SELECT stage, outcome, detail FROM ff_explain('bob', 'editor');
SELECT ff_segment_remove('beta', '{alice,nobody}');
SELECT ff_is_enabled('alice', 'editor'), ff_segment_size('beta');

-- a list beside a condition, nested, negated
SELECT ff_segment_add('staff', '{consultant}');
SELECT ff_segment_create('internal', '{"any": [{"segment": "staff"}, {"segment": "beta"}]}') IS NOT NULL;
SELECT ff_segment_create('outside', '{"not": {"segment": "internal"}}') IS NOT NULL;
SELECT u, ff_in_segment(u, 'staff', a), ff_in_segment(u, 'internal', a), ff_in_segment(u, 'outside', a)
FROM (VALUES ('consultant', '{}'::jsonb), ('eve', '{"email": "eve@example.com"}'), ('bob', '{}'), ('mallory', '{}')) x(u, a);
SELECT segment, has_list, query FROM ff.segments_overview WHERE project = 'lists';

-- CSV: header found by its name, quotes, line ends, empty lines
SELECT ff_segment_create('csv') IS NOT NULL;
SELECT ff_segment_import('csv', E'user_key,name\r\n"a,b",x\r\n\r\n"say ""hi""","two\nlines"\nplain,\n');
SELECT user_key FROM ff.segment_members WHERE segment_id = (SELECT id FROM ff.segments WHERE key = 'csv') ORDER BY 1;
SELECT ff_segment_import('csv', E'plain\nmore');
SELECT ff_segment_import('csv', E'user_key\nx', header => false), ff_segment_import('csv', E'x1\ny1', header => true);
SELECT user_key FROM ff.segment_members WHERE segment_id = (SELECT id FROM ff.segments WHERE key = 'csv') ORDER BY 1;
SELECT ff_segment_import('csv', E'User ID\nplain');
SELECT ff_segment_import('csv', E'plain\nnew', replace => true);
SELECT user_key FROM ff.segment_members WHERE segment_id = (SELECT id FROM ff.segments WHERE key = 'csv') ORDER BY 1;
-- a broken line: its number, and nothing stored
SELECT ff_segment_import('csv', E'a,1\nb,2\nc\nd,4');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_import('csv', E'a\n"b\nc\nd');
SELECT ff_segment_import('csv', E'a\n"b"x\nc');
SELECT ff_segment_import('csv', E'a\nb"c\n');
SELECT ff_segment_import('csv', E'a\nb\rc\rd\n');
SELECT ff_segment_import('csv', E'a,1\n,2\n');
SELECT ff_segment_import('csv', E'a\n' || repeat('x', 1025));
SELECT ff_segment_import('csv', NULL);
SELECT ff_segment_size('csv');
SELECT ff_segment_import('csv', E'user_key\n', replace => true);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_import('csv', ''), ff_segment_clear('csv'), ff_segment_size('csv');

-- COPY: the segment by the setting, else by its id
COPY ff.segment_members (user_key) FROM stdin;
nobody
\.
SET featureflow.segment = 'none';
COPY ff.segment_members (user_key) FROM stdin;
nobody
\.
SET featureflow.segment = 'csv';
COPY ff.segment_members (user_key) FROM stdin;
one
two
\.
INSERT INTO ff.segment_members (user_key) SELECT 'row-' || i FROM generate_series(1, 3) i;
RESET featureflow.segment;
SELECT ff_segment_size('csv'), ff_in_segment('two', 'csv'), ff_in_segment('row-3', 'csv');
INSERT INTO ff.segment_members (segment_id, user_key) VALUES ('00000000-0000-0000-0000-000000000001', 'x');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.segment_members (segment_id, user_key) SELECT id, '' FROM ff.segments WHERE key = 'csv' AND project_id = (SELECT id FROM ff.projects WHERE key = 'lists');
TRUNCATE ff.segment_members;
\echo :LAST_ERROR_SQLSTATE

-- sizes and overlaps, of lists and of the rows of a relation
CREATE TABLE list_people (id int PRIMARY KEY, email text);
INSERT INTO list_people SELECT i, CASE WHEN i % 4 = 0 THEN 'p' || i || '@example.com' END FROM generate_series(1, 100) i;
SELECT ff_segment_create('odd') IS NOT NULL;
SELECT ff_segment_add('odd', ARRAY(SELECT i::text FROM generate_series(1, 99, 2) i)), ff_segment_add('csv', ARRAY(SELECT i::text FROM generate_series(1, 30) i));
SELECT ff_segment_size('odd'), ff_segment_size('odd', 'list_people'), ff_segment_size('staff', 'list_people');
SELECT * FROM ff_segment_overlap('odd', 'csv');
SELECT * FROM ff_segment_overlap('odd', 'csv', 'list_people');
SELECT * FROM ff_segment_overlap('odd', 'staff', 'list_people');
SELECT ff_segment_create('void') IS NOT NULL;
SELECT * FROM ff_segment_overlap('void', 'void');
SELECT ff_segment_size('staff');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_size('nothing');
CREATE VIEW list_view AS SELECT * FROM list_people;
SELECT ff_segment_size('odd', 'list_view');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_context_source('list_view', 'id') IS NOT NULL;
SELECT ff_segment_size('odd', 'list_view');
DROP VIEW list_view;
SELECT ff_context_source_remove('public.list_view');

-- refusals
SELECT ff_segment_add('beta', '{a,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_add('beta', ARRAY['a', '']);
SELECT ff_segment_add('beta', ARRAY[repeat('x', 2000)]);
SELECT ff_segment_add('beta', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_add('nothing', '{a}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_remove('beta', NULL);

-- transactions: one's own changes, undone in part and as a whole
BEGIN;
SELECT ff_segment_add('void', '{a}'), ff_in_segment('a', 'void'), ff_in_segment('b', 'void');
SAVEPOINT s;
SELECT ff_segment_add('void', '{b}');
SELECT ff_in_segment('a', 'void'), ff_in_segment('b', 'void');
ROLLBACK TO s;
SELECT ff_in_segment('a', 'void'), ff_in_segment('b', 'void');
ROLLBACK;
SELECT ff_in_segment('a', 'void'), ff_segment_size('void');
-- the first member of a list that was asked before, by plain SQL
SELECT ff_in_segment('a', 'void');
SELECT ff_version() AS before \gset
INSERT INTO ff.segment_members SELECT id, 'a' FROM ff.segments WHERE key = 'void';
SELECT ff_in_segment('a', 'void'), ff_version() > :before;
SELECT ff_version() AS before \gset
UPDATE ff.segment_members SET user_key = 'b' WHERE user_key = 'a' AND segment_id = (SELECT id FROM ff.segments WHERE key = 'void');
SELECT ff_in_segment('a', 'void'), ff_in_segment('b', 'void'), ff_version() > :before;
-- a statement sees what it saw when it began
CREATE FUNCTION list_add(u text) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT ff_segment_add('void', ARRAY[u]) $$;
SELECT u, ff_in_segment(u, 'void'), list_add(u), ff_in_segment(u, 'void') FROM unnest('{p,q}'::text[]) u;
SELECT ff_in_segment('p', 'void'), ff_in_segment('q', 'void');
-- a function that looks for itself sees what has happened so far
CREATE FUNCTION list_has(u text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN ff_in_segment(u, 'fresh'); END $$;
SELECT ff_segment_create('fresh') IS NOT NULL;
INSERT INTO ff.segment_members SELECT g.id, x.u FROM ff.segments g, unnest('{m,n}'::text[]) x(u) WHERE g.key = 'fresh'
RETURNING user_key, list_has(user_key), ff_in_segment(user_key, 'fresh');

-- the audit log: one entry a statement and segment, with the keys where they are few
SELECT a.action, coalesce(a.new, a.old) - 'sha256' FROM ff.audit_log a
WHERE a.table_name = 'segment_members' AND a.project_id = (SELECT id FROM ff.projects WHERE key = 'lists') AND (coalesce(a.new, a.old) ->> 'count')::int < 5
ORDER BY a.number LIMIT 9;
SELECT ff_segment_create('bulk') IS NOT NULL, ff_segment_create('bulk2') IS NOT NULL;
INSERT INTO ff.segment_members SELECT g.id, 'user ' || i FROM ff.segments g, generate_series(1, 1500) i WHERE g.key IN ('bulk', 'bulk2') AND (g.key = 'bulk' OR i <= 100);
SELECT a.action, a.new ->> 'key', a.new ->> 'count', jsonb_array_length(a.new -> 'users'),
	a.new ->> 'sha256' = encode(sha256(convert_to((SELECT string_agg(m.user_key || E'\n', '' ORDER BY m.user_key) FROM ff.segment_members m WHERE m.segment_id::text = a.record_id), 'UTF8')), 'hex')
FROM ff.audit_log a WHERE a.table_name = 'segment_members' AND a.new ->> 'key' LIKE 'bulk%' ORDER BY 2;
SELECT action, key FROM (SELECT * FROM ff_changes(since => :before) WHERE table_name = 'segment_members' ORDER BY number DESC LIMIT 2) x ORDER BY key;
SELECT ff_segment_delete('bulk2');
SELECT a.action, a.old ->> 'key', a.old ->> 'count' FROM ff.audit_log a WHERE a.table_name = 'segment_members' AND a.old ->> 'key' = 'bulk2';
SELECT ff_segment_add('bulk', '{}'), ff_segment_add('bulk', '{user 1}'), ff_segment_remove('bulk', '{nobody}');
SELECT count(*) FROM ff.audit_log a WHERE a.table_name = 'segment_members' AND coalesce(a.new, a.old) ->> 'key' = 'bulk';
SELECT * FROM ff_audit_verify(project => 'lists');

-- parallel workers answer alike
BEGIN;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_leader_participation = off;
SELECT count(*) FILTER (WHERE ff_in_segment(id::text, 'odd')), count(*) FILTER (WHERE ff_in_segment(id::text, 'staff', jsonb_build_object('email', email))) FROM list_people;
ROLLBACK;

-- the list goes with the segment, and is exported
SELECT ruleset -> 'lists' -> 'beta', ruleset -> 'lists' ? 'csv', ruleset -> 'remote_segments' FROM ff_ruleset() ruleset;
INSERT INTO ff.segment_members SELECT id, 'long-' || i FROM ff.segments, generate_series(1, 10001) i WHERE key = 'fresh';
SELECT ruleset -> 'lists' ? 'fresh', ruleset -> 'remote_segments' FROM ff_ruleset() ruleset;
SELECT id AS gone FROM ff.segments WHERE key = 'fresh' \gset
SELECT ff_segment_delete('fresh');
SELECT count(*) FROM ff.segment_members WHERE segment_id = :'gone';
DROP FUNCTION list_add, list_has;
DROP TABLE list_people;
RESET featureflow.project;
SELECT ff_project_delete('lists', cascade => true);
SELECT count(*) FROM ff.segment_members m WHERE NOT EXISTS (SELECT FROM ff.segments g WHERE g.id = m.segment_id);
