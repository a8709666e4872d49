-- Events that COPY left in the inbox are received once: by call, and by a refresh.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
SELECT ff_project_create('inbox') IS NOT NULL, ff_project_create('inbox-other') IS NOT NULL;
SET featureflow.project = 'inbox';
SELECT * FROM ff_events_receive();

-- of one name and id the first by received_at, and none that has come before; rows without an id as they are
SELECT ff_track('u1', 'buy', 1, event_id => 'a');
COPY ff.event_inbox (unit, event, value, event_id, project, received_at) FROM stdin;
u1	buy	2	a	inbox	2026-03-01 12:00:00
u1	buy	3	b	inbox	2026-03-01 12:00:01
u2	buy	4	b	inbox	2026-03-01 12:00:00
u1	buy	5	\N	inbox	2026-03-01 12:00:00
u1	buy	5	\N	inbox	2026-03-01 12:00:00
u1	sell	6	b	inbox	2026-03-01 12:00:02
u1	buy	7	b	inbox-other	2026-03-01 12:00:02
\.
SELECT count(*) FROM ff.events WHERE project LIKE 'inbox%';
SELECT * FROM ff_events_receive();
SELECT unit, event, value, event_id, project, to_char(CASE WHEN value > 1 THEN received_at END, 'HH24:MI:SS') FROM ff.events WHERE project LIKE 'inbox%' ORDER BY value;
SELECT count(*) FROM ff.event_inbox;
-- what was received is known to ff_track, and to whoever receives later
SELECT ff_track('u1', 'buy', 8, event_id => 'b'), ff_track_many('[{"user_key": "u1", "event": "sell", "value": 9, "event_id": "b"}]');
INSERT INTO ff.event_inbox (unit, event, value, event_id, received_at) VALUES ('u1', 'buy', 10, 'b', '2020-01-01'), ('u1', 'buy', 11, 'c', now());
SELECT * FROM ff_events_receive();
SELECT value FROM ff.events WHERE project = 'inbox' AND value > 7 ORDER BY 1;
-- defaults are those of ff.events, and the row is the receiving transaction's
INSERT INTO ff.event_inbox (unit, event, properties) VALUES ('u3', 'look', '{"k": [1]}');
BEGIN;
SELECT * FROM ff_events_receive();
SELECT unit, value, event_id, properties, project, at BETWEEN now() - interval '1 minute' AND clock_timestamp(), received_at BETWEEN now() - interval '1 minute' AND clock_timestamp(),
	written_in = pg_current_xact_id() FROM ff.events WHERE event = 'look' AND project = 'inbox';
COMMIT;
-- some at a time
INSERT INTO ff.event_inbox (unit, event, value, event_id) SELECT 'u1', 'many', i, 'm' || i % 4 FROM generate_series(1, 10) i;
SELECT * FROM ff_events_receive(3);
SELECT * FROM ff_events_receive(most => 3);
SELECT * FROM ff_events_receive();
SELECT value, event_id FROM ff.events WHERE event = 'many' AND project = 'inbox' ORDER BY 1;
SELECT ff_events_receive(0);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_events_receive(-1);
\echo :LAST_ERROR_SQLSTATE

-- many, of a table of which the planner was told that it is empty
VACUUM ANALYZE ff.event_inbox;
INSERT INTO ff.event_inbox (unit, event, value, event_id) SELECT 'u1', 'lots', i, 'l' || i % 15000 FROM generate_series(1, 30000) i;
SET statement_timeout = '60s';
SELECT * FROM ff_events_receive();
RESET statement_timeout;
SELECT count(*), max(value) FROM ff.events WHERE event = 'lots' AND project = 'inbox';
DELETE FROM ff.events WHERE event = 'lots' AND project = 'inbox';

-- what is rolled back was not received, nor is its id taken; nor did it come
INSERT INTO ff.event_inbox (unit, event, value, event_id) VALUES ('u1', 'buy', 20, 'd');
BEGIN;
INSERT INTO ff.event_inbox (unit, event, value, event_id) VALUES ('u1', 'buy', 21, 'e');
SELECT * FROM ff_events_receive();
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT * FROM ff_events_receive();
ROLLBACK TO s;
SELECT * FROM ff_events_receive();
COMMIT;
SELECT value FROM ff.events WHERE project = 'inbox' AND value >= 20;
BEGIN READ ONLY;
SELECT * FROM ff_events_receive();
SELECT count(*) FROM ff.event_inbox;
ROLLBACK;
INSERT INTO ff.event_inbox (unit, event) VALUES ('u1', 'look');
BEGIN READ ONLY;
SELECT * FROM ff_events_receive();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- of a project that does not exist: as if written to ff.events
INSERT INTO ff.event_inbox (unit, event, value, event_id, project) VALUES ('u1', 'buy', 30, 'a', 'inbox-nowhere'), ('u1', 'buy', 31, 'a', 'inbox-nowhere');
SELECT * FROM ff_events_receive();
SELECT value FROM ff.events WHERE project = 'inbox-nowhere' ORDER BY 1;
DELETE FROM ff.events WHERE project = 'inbox-nowhere';

-- refused is what ff.events refuses, one bad row with all of its COPY
\set VERBOSITY terse
COPY ff.event_inbox (unit, event, value) FROM stdin;
u1	buy	40
u1	buy	NaN
\.
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('u1', 'e', 'Infinity');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('u1', 'e', -1.01e100);
INSERT INTO ff.event_inbox (unit, event) VALUES ('', 'e');
INSERT INTO ff.event_inbox (unit, event) VALUES (repeat('x', 1025), 'e');
INSERT INTO ff.event_inbox (unit, event) VALUES ('u1', repeat('x', 256));
INSERT INTO ff.event_inbox (unit) VALUES ('u1');
INSERT INTO ff.event_inbox (unit, event, at) VALUES ('u1', 'e', 'infinity');
INSERT INTO ff.event_inbox (unit, event, event_id) VALUES ('u1', 'e', '');
INSERT INTO ff.event_inbox (unit, event, properties) VALUES ('u1', 'e', '[1]');
INSERT INTO ff.event_inbox (unit, event, project) VALUES ('u1', 'e', '');
INSERT INTO ff.event_inbox (unit, event, received_at) VALUES ('u1', 'e', '-infinity');
\set VERBOSITY default
SELECT count(*) FROM ff.event_inbox;
-- columns, types, defaults and checks of the two tables, but for the writing transaction
SELECT count(*), count(DISTINCT (c.column_name, c.ordinal_position, c.data_type, c.collation_name, c.is_nullable, c.column_default))
FROM information_schema.columns c WHERE c.table_schema = 'ff' AND c.table_name IN ('events', 'event_inbox') AND c.column_name <> 'written_in';
SELECT count(*), count(DISTINCT d) FROM (SELECT pg_get_constraintdef(oid) AS d FROM pg_constraint WHERE contype = 'c' AND conrelid IN ('ff.events'::regclass, 'ff.event_inbox'::regclass)) c;

-- where the whole schema is published, whose rows without a key cannot be deleted otherwise
SET client_min_messages = error;
CREATE PUBLICATION inbox_all FOR ALL TABLES;
INSERT INTO ff.event_inbox (unit, event) VALUES ('u1', 'look');
SELECT * FROM ff_events_receive();
DROP PUBLICATION inbox_all;
RESET client_min_messages;

-- who may send may not read, take back or receive
CREATE ROLE regress_ff_loader;
SELECT ff_grant('regress_ff_loader', 'evaluate');
SET ROLE regress_ff_loader;
COPY ff.event_inbox (unit, event, value, event_id) FROM stdin;
u1	load	1	f
\.
INSERT INTO ff.event_inbox (unit, event, value, event_id) VALUES ('u1', 'load', 2, 'f');
SELECT count(*) FROM ff.event_inbox;
DELETE FROM ff.event_inbox;
SELECT * FROM ff_events_receive();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT ff_grant('regress_ff_loader', 'admin');
SET ROLE regress_ff_loader;
SELECT * FROM ff_events_receive();
RESET ROLE;
SELECT ff_revoke('regress_ff_loader', 'admin');
SET ROLE regress_ff_loader;
SELECT count(*) FROM ff.event_inbox;
INSERT INTO ff.event_inbox (unit, event) VALUES ('u1', 'load');
RESET ROLE;
SELECT ff_revoke('regress_ff_loader', 'evaluate');
SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 'regress_ff_loader'::regrole AND c.relnamespace = 'ff'::regnamespace;
DROP ROLE regress_ff_loader;

-- rows in the inbox follow their project, and go with it; ids stay known
INSERT INTO ff.event_inbox (unit, event, value, event_id) VALUES ('u1', 'buy', 50, 'a'), ('u1', 'buy', 51, 'g');
INSERT INTO ff.event_inbox (unit, event, project) VALUES ('u1', 'buy', 'inbox-other');
SELECT ff_project_update('inbox', key => 'inbox-renamed');
SELECT project, count(*) FROM ff.event_inbox GROUP BY 1 ORDER BY 1;
SELECT * FROM ff_events_receive();
SELECT ff_project_update('inbox-renamed', key => 'inbox');
SELECT project, value FROM ff.events WHERE value >= 50 AND project LIKE 'inbox%';
INSERT INTO ff.event_inbox (unit, event, project) VALUES ('u1', 'buy', 'inbox-other'), ('u1', 'buy', 'inbox');
SELECT ff_project_delete('inbox-other');
SELECT project, count(*) FROM ff.event_inbox GROUP BY 1;
DELETE FROM ff.event_inbox;

-- a refresh receives what its project has, and does not read all again because rows are its own
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('bought', 'proportion', 'buy') IS NOT NULL, ff_metric_create('money', 'mean', 'buy') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{bought,money}') IS NOT NULL;
SELECT ff_experiment_start('x', now() - interval '10 days');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'v' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, now() - interval '5 days' FROM generate_series(1, 100) i;
-- How many units a refresh reads again, what it gives, and how many cells a fresh
-- analysis as of the same moment has otherwise.
CREATE FUNCTION received(OUT units bigint, OUT buyers numeric, OUT money numeric, OUT differing bigint) LANGUAGE plpgsql AS $$
BEGIN
	units := (ff_experiment_refresh('x')).units;
	SELECT sum(s.n * s.mean) FILTER (WHERE s.metric = 'bought'), sum(s.n * s.mean) FILTER (WHERE s.metric = 'money') INTO buyers, money FROM ff_experiment_stats('x') s;
	WITH kept AS (SELECT c.*::text FROM ff.experiments x JOIN ff.experiment_refreshes r ON r.experiment_id = x.id, unnest(r.cells) c WHERE x.key = 'x' AND x.project_id = ff._project(NULL)),
	fresh AS (SELECT c.*::text FROM ff.experiments x JOIN ff.experiment_refreshes r ON r.experiment_id = x.id, ff._experiment_cells(x, NULL, r.data_through) c WHERE x.key = 'x' AND x.project_id = ff._project(NULL))
	SELECT count(*) INTO differing FROM ((TABLE kept EXCEPT ALL TABLE fresh) UNION ALL (TABLE fresh EXCEPT ALL TABLE kept)) d;
	buyers := round(buyers, 6);
	money := round(money, 6);
END;
$$;
INSERT INTO ff.event_inbox (unit, event, value, event_id) SELECT 'v' || i, 'buy', 2, 'o' || i FROM generate_series(1, 10) i;
INSERT INTO ff.event_inbox (unit, event, project) VALUES ('u1', 'buy', 'default');
SELECT * FROM received();
SELECT project FROM ff.event_inbox;
DELETE FROM ff.event_inbox;
SELECT * FROM received();
INSERT INTO ff.event_inbox (unit, event, value, event_id) VALUES ('v1', 'buy', 5, 'o1'), ('v11', 'buy', 5, 'o11'), ('v12', 'buy', 5, 'o12'), ('nobody', 'buy', 5, 'o13');
SELECT * FROM received();
SELECT * FROM received();
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('v11', 'buy', 7);
SELECT experiment, problem FROM ff_experiments_refresh();
SELECT units FROM ff.experiments x JOIN ff.experiment_refreshes r ON r.experiment_id = x.id WHERE x.project_id = ff._project(NULL);
SELECT * FROM received();
-- later in the transaction of a refresh, of which rows have been counted, come more: what it kept is void
BEGIN;
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('v13', 'buy', 1);
SELECT * FROM received();
SELECT * FROM received();
INSERT INTO ff.events (unit, event, value, at) VALUES ('v14', 'buy', 1, now() - interval '1 hour');
COMMIT;
SELECT * FROM received();
SELECT * FROM received();
-- a correction, too; not what is rolled back
BEGIN;
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('v15', 'buy', 1);
SELECT * FROM received();
UPDATE ff.events SET value = 100 WHERE project = 'inbox' AND unit = 'v14';
COMMIT;
SELECT * FROM received();
BEGIN;
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('v16', 'buy', 1);
SELECT * FROM received();
SAVEPOINT s;
INSERT INTO ff.events (unit, event, value, at) VALUES ('v17', 'buy', 1, now() - interval '1 hour');
ROLLBACK TO s;
COMMIT;
SELECT * FROM received();
-- a refresh of which no rows are counted: those that come later are new
BEGIN;
SELECT pg_current_xact_id() IS NOT NULL;
SELECT * FROM received();
INSERT INTO ff.events (unit, event, value, at) VALUES ('v17', 'buy', 1, now() - interval '1 hour');
COMMIT;
SELECT * FROM received();
-- one that failed has received nothing
BEGIN;
INSERT INTO ff.event_inbox (unit, event, value) VALUES ('v18', 'buy', 1);
SAVEPOINT s;
SELECT * FROM received();
ROLLBACK TO s;
SELECT count(*) FROM ff.event_inbox;
COMMIT;
SELECT * FROM received();
SELECT * FROM received();
-- a snapshot that sees a transaction more or less: those between it and the last that was known are running
SELECT ff._snapshot_seeing(s.seen::pg_snapshot, s.own::xid8, true) AS seeing, ff._snapshot_seeing(s.seen::pg_snapshot, s.own::xid8, false) AS not_seeing
FROM (VALUES ('10:20:12,15', '22'), ('10:20:12,15', '20'), ('10:20:12,15', '17'), ('10:20:12,15', '12'), ('20:20:', '20'), ('20:20:', '21')) s(seen, own);
SELECT count(*) FROM generate_series(10, 24) o(own), generate_series(9, 24) n(number), unnest('{t,f}'::boolean[]) sees
WHERE pg_visible_in_snapshot(n.number::text::xid8, ff._snapshot_seeing('10:20:12,15', o.own::text::xid8, sees))
	<> CASE WHEN n.number = o.own THEN sees ELSE pg_visible_in_snapshot(n.number::text::xid8, '10:20:12,15') END;
SELECT ff._snapshot_seeing('10:20:12,15', '10019', true) IS NULL, ff._snapshot_seeing('10:20:12,15', '10020', true) IS NULL;
DROP FUNCTION received();
-- what is kept when it is stopped is of all, too
INSERT INTO ff.event_inbox (unit, event, value, at) SELECT unit, 'buy', 1000000, now() - interval '1 second' FROM ff.exposures WHERE project = 'inbox' AND experiment = 'x' LIMIT 1;
SELECT ff_experiment_stop('x');
SELECT count(*) FROM ff.event_inbox;
SELECT bool_or((s ->> 'mean')::float8 > 1000) FROM ff_experiment_results('x'), jsonb_array_elements(document -> 'stats') s;
SELECT ff_project_delete('inbox', cascade => true);
SELECT count(*) FROM ff.events WHERE project LIKE 'inbox%';
