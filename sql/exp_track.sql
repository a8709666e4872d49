\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('exptrack') IS NOT NULL;
SET featureflow.project = 'exptrack';
SET timezone = 'UTC';
SELECT ff_track('u1', 'purchase');
SELECT ff_track('u1', 'purchase', 12.50, '2026-03-01 12:00+02', 'order-1', '{"currency": "EUR"}');
SELECT ff_track('u1', 'purchase', -1e100), ff_track('u1', 'purchase', 1e100, '2100-01-01');
SELECT ff_track('u1', 'signup', project => 'default');
SELECT unit, event, value, CASE WHEN at BETWEEN now() - interval '1 minute' AND clock_timestamp() THEN 'now' ELSE at::text END, event_id, properties
FROM ff.events WHERE project = 'exptrack' ORDER BY value NULLS FIRST;
DELETE FROM ff.events WHERE event = 'signup' AND project = 'default';

-- refused
SELECT ff_track(NULL, 'purchase');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('', 'purchase');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track(repeat('x', 1025), 'purchase');
SELECT ff_track('u1', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('u1', '');
SELECT ff_track('u1', repeat('x', 256));
SELECT ff_track('u1', 'purchase', 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('u1', 'purchase', 'Infinity');
SELECT ff_track('u1', 'purchase', '-Infinity');
SELECT ff_track('u1', 'purchase', 1.01e100);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('u1', 'purchase', at => 'infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('u1', 'purchase', event_id => '');
SELECT ff_track('u1', 'purchase', event_id => repeat('x', 256));
SELECT ff_track('u1', 'purchase', properties => '[1]');
SELECT ff_track('u1', 'purchase', properties => 'null');
SELECT ff_track('u1', 'purchase', project => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
BEGIN READ ONLY;
SELECT ff_track('u1', 'purchase');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT count(*) FROM ff.events WHERE project = 'exptrack';

-- the table refuses the same
\set VERBOSITY terse
INSERT INTO ff.events (unit, event, value) VALUES ('u1', 'e', 'NaN');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.events (unit, event, value) VALUES ('u1', 'e', 'Infinity');
INSERT INTO ff.events (unit, event) VALUES ('', 'e');
INSERT INTO ff.events (unit, event, at) VALUES ('u1', 'e', 'infinity');
INSERT INTO ff.exposures (experiment, unit, variation) VALUES ('e', '', 'on');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('e', 'u', 'on', '-infinity');
\set VERBOSITY default
COPY ff.events (unit, event, value) FROM stdin;
u2	click	\N
u3	click	7
\.
SELECT unit, value, project FROM ff.events WHERE event = 'click' AND project = 'exptrack';

-- many at once
DELETE FROM ff.events WHERE project = 'exptrack';
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, {"user_key": "u2", "event": "b", "value": 2.50, "at": "2026-03-01T12:00:00+02:00", "event_id": "x", "properties": {"k": [1]}},
	{"user_key": "u3", "event": "c", "value": null, "at": null, "event_id": null, "properties": null, "project": null}, {"user_key": "u4", "event": "d", "project": "default"}]');
SELECT unit, event, value, CASE WHEN at BETWEEN now() - interval '1 minute' AND clock_timestamp() THEN 'now' ELSE at::text END, event_id, properties, project
FROM ff.events WHERE unit IN ('u1', 'u2', 'u3', 'u4') AND (project = 'exptrack' OR event = 'd') ORDER BY unit;
SELECT ff_track_many('[]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, {"user_key": "u1"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, {"event": "a"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, {"user_key": "", "event": "a"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, {"user_key": "u2", "event": "a"}, {"user_key": "u1", "event": "a"}, {"user_key": "u1", "event": "a", "value": "12"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "value": 1e101}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": 7, "event": "a"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "at": "2026-03-01 12:00"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "at": "2026-02-30T12:00:00Z"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "at": "infinity"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "event_id": ""}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "properties": "x"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "properties": [1]}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "project": "nowhere"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[{"user_key": "u1", "event": "a", "when": 1}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "a"}, null]');
SELECT ff_track_many('[[]]');
SELECT ff_track_many('{}');
SELECT ff_track_many('"x"'), 1;
SELECT ff_track_many(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track_many('[]', 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff.events WHERE project = 'exptrack';
SELECT ff_track_many((SELECT jsonb_agg(jsonb_build_object('user_key', 'u' || i, 'event', 'bulk', 'value', i)) FROM generate_series(1, 100000) i));
SELECT count(*), sum(value) FROM ff.events WHERE project = 'exptrack' AND event = 'bulk';

-- an id counts once: for a project and a name
DELETE FROM ff.events WHERE project = 'exptrack';
SELECT ff_track('u1', 'pay', 1, event_id => 'a'), ff_track('u1', 'pay', 2, event_id => 'a'), ff_track('u2', 'pay', 3, event_id => 'a'),
	ff_track('u1', 'refund', 4, event_id => 'a'), ff_track('u1', 'pay', 5, event_id => 'a', project => 'default'), ff_track('u1', 'pay', 6, event_id => 'b'),
	ff_track('u1', 'pay', 7), ff_track('u1', 'pay', 8);
SELECT event, value, event_id, project FROM ff.events WHERE event IN ('pay', 'refund') ORDER BY value;
-- the parts of an id are not run together
SELECT count(DISTINCT ff._event_id_hash('ff000000-0000-4000-8000-000000000002', x.event, x.id)) FROM (VALUES ('ab', 'c'), ('a', 'bc'), ('abc', ''), ('', 'abc')) x(event, id);
SELECT ff._event_id_hash('ff000000-0000-4000-8000-000000000002', 'purchase', 'é') = encode(substr(sha256(
	'\xff000000000040008000000000000002'::bytea || '\x00000008'::bytea || 'purchase'::bytea || '\x00000002c3a9'::bytea), 1, 16), 'hex')::uuid;
-- what is rolled back was not written, nor is its id taken
BEGIN;
SELECT ff_track('u1', 'pay', 9, event_id => 'c');
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT ff_track('u1', 'pay', 10, event_id => 'c');
ROLLBACK TO s;
SELECT ff_track('u1', 'pay', 11, event_id => 'c');
COMMIT;
SELECT value FROM ff.events WHERE project = 'exptrack' AND event_id = 'c';
-- an array: the first of each id, none that has come before
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "value": 20, "event_id": "d"}, {"user_key": "u1", "event": "pay", "value": 21, "event_id": "a"},
	{"user_key": "u2", "event": "pay", "value": 22, "event_id": "d"}, {"user_key": "u1", "event": "pay", "value": 23}, {"user_key": "u1", "event": "pay", "value": 24, "event_id": "d", "project": "default"},
	{"user_key": "u1", "event": "refund", "value": 25, "event_id": "d"}, {"user_key": "u1", "event": "pay", "value": 26, "event_id": "d", "project": "exptrack"}]');
SELECT event, value, event_id, project FROM ff.events WHERE value BETWEEN 20 AND 26 AND (project = 'exptrack' OR event = 'pay') ORDER BY value;
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "value": 20, "event_id": "d"}, {"user_key": "u1", "event": "pay", "value": 27, "event_id": "e"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "event_id": "f"}, {"user_key": "u1", "event": "pay", "value": "1"}]');
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "event_id": "f"}]');
-- another key of the project changes nothing
SELECT ff_project_update('exptrack', key => 'exptrack1');
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "event_id": "f"}]', 'exptrack1');
SELECT ff_project_update('exptrack1', key => 'exptrack');
-- ids are forgotten, not events
SELECT ff_event_ids_retain();
UPDATE ff.event_ids SET received_at = now() - interval '6 days 23 hours' WHERE hash = (SELECT ff._event_id_hash(id, 'pay', 'a') FROM ff.projects WHERE key = 'exptrack');
UPDATE ff.event_ids SET received_at = now() - interval '7 days 1 hour' WHERE hash = (SELECT ff._event_id_hash(id, 'pay', 'b') FROM ff.projects WHERE key = 'exptrack');
SELECT ff_event_ids_retain();
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "value": 30, "event_id": "a"}, {"user_key": "u1", "event": "pay", "value": 31, "event_id": "b"}]');
SELECT value, received_at BETWEEN now() - interval '1 minute' AND clock_timestamp() FROM ff.events WHERE project = 'exptrack' AND event_id = 'b' ORDER BY value;
SELECT ff_event_ids_retain('2 days');
SELECT ff_event_ids_retain('-1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_event_ids_retain(NULL);
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.event_ids VALUES ('ff000000-0000-4000-8000-000000000001', 'infinity');
\echo :LAST_ERROR_SQLSTATE
-- who may send: not read, forget or take back
CREATE ROLE regress_ff_sender;
SELECT ff_grant('regress_ff_sender', 'evaluate');
SET ROLE regress_ff_sender;
SELECT ff_track('u1', 'pay', 40, event_id => 'g'), ff_track('u1', 'pay', 41, event_id => 'g'), ff_track_many('[{"user_key": "u1", "event": "pay", "event_id": "g"}, {"user_key": "u1", "event": "pay", "event_id": "h"}]');
SELECT received_at FROM ff.event_ids;
DELETE FROM ff.event_ids;
UPDATE ff.event_ids SET received_at = '2000-01-01';
SELECT ff_event_ids_retain();
RESET ROLE;
SELECT ff_grant('regress_ff_sender', 'admin');
SET ROLE regress_ff_sender;
SELECT count(*) > 0 FROM (SELECT * FROM ff.event_ids) i;
SELECT ff_event_ids_retain('1 hour');
RESET ROLE;
SELECT ff_revoke('regress_ff_sender', 'admin');
SET ROLE regress_ff_sender;
SELECT ff_track_many('[{"user_key": "u1", "event": "pay", "event_id": "h"}, {"user_key": "u1", "event": "pay", "event_id": "i"}]');
SELECT count(*) FROM ff.event_ids WHERE received_at > now();
RESET ROLE;
SELECT ff_revoke('regress_ff_sender', 'evaluate');
SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = 'regress_ff_sender'::regrole AND c.relnamespace = 'ff'::regnamespace;
DROP ROLE regress_ff_sender;
DELETE FROM ff.events WHERE event = 'pay' AND project = 'default';

-- events follow their project
SELECT ff_project_update('exptrack', key => 'exptrack2');
SELECT project, count(*) > 0 FROM ff.events WHERE project LIKE 'exptrack%' GROUP BY 1;
SELECT ff_project_delete('exptrack2');
SELECT count(*) FROM ff.events WHERE project LIKE 'exptrack%';
DELETE FROM ff.events WHERE event = 'd' AND unit = 'u4';
