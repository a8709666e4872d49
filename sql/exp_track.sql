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

-- events follow their project
SELECT ff_project_update('exptrack', key => 'exptrack2');
SELECT project, count(*) FROM ff.events WHERE project LIKE 'exptrack%' GROUP BY 1;
SELECT ff_project_delete('exptrack2');
SELECT count(*) FROM ff.events WHERE project LIKE 'exptrack%';
DELETE FROM ff.events WHERE event = 'd' AND unit = 'u4';
