-- Funnels whose steps come in order, one right after the other, or in any order:
-- counted by hand, and against a query that tries all ways at random.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET timezone = 'UTC';
SELECT ff_project_create('anaorderings') IS NOT NULL;
SET featureflow.project = 'anaorderings';
-- events of a unit: names, and minutes after midnight
CREATE FUNCTION pg_temp.did(unit text, events text[], minutes int[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.events (unit, event, at, properties)
	SELECT unit, e.event, timestamptz '2026-03-02 00:00+00' + e.minute * interval '1 minute', jsonb_build_object('who', unit, 'first', e.event || e.minute)
	FROM unnest(events, minutes) e(event, minute) $$;
-- how far each unit came, and how long each step took
CREATE FUNCTION pg_temp.ways(steps text[], ordering text, within interval DEFAULT '1 hour', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
RETURNS TABLE (unit text, reached int, took interval[]) LANGUAGE sql AS $$
	SELECT f.level, max(f.step), array_agg(f.median ORDER BY f.step) FILTER (WHERE f.step > 1) FROM ff_funnel(steps, within, since, until, by_property => 'who', ordering => ordering) f
	WHERE f.users > 0 GROUP BY f.level $$;
CREATE FUNCTION pg_temp.beside(steps text[], within interval DEFAULT '1 hour') RETURNS TABLE (unit text, ordered int, strict int, "any" int) LANGUAGE sql AS $$
	SELECT unit, o.reached, s.reached, a.reached FROM pg_temp.ways(steps, 'ordered', within) o FULL JOIN pg_temp.ways(steps, 'strict', within) s USING (unit)
	FULL JOIN pg_temp.ways(steps, 'any', within) a USING (unit) ORDER BY unit COLLATE "C" $$;

-- straight: in order.  look: something between, so that strictly it ends after the cart.  back: in no order
-- but all of them.  twice: a cart between, of which the second is right before the address.  later: the pay
-- too late.  never: not the first step
SELECT pg_temp.did('straight', '{cart,address,pay}', '{1,2,3}'), pg_temp.did('look', '{cart,look,address,pay}', '{1,2,3,4}'), pg_temp.did('back', '{pay,address,cart}', '{1,2,3}'),
	pg_temp.did('twice', '{cart,cart,address,look,pay}', '{1,2,3,4,5}'), pg_temp.did('later', '{cart,address,pay}', '{1,2,61}'), pg_temp.did('never', '{look,address}', '{1,2}');
SELECT * FROM pg_temp.beside('{cart,address,pay}');
-- of all: any: 6 with one step, all but never with two, and 4 with three; a step has no name then
SELECT step, event, users, round(share::numeric, 4) AS share, round(share_of_previous::numeric, 4) AS of_previous, median FROM ff_funnel('{cart,address,pay}', '1 hour', ordering => 'any');
SELECT step, event, users, median FROM ff_funnel('{cart,address,pay}', '1 hour', ordering => 'strict');
SELECT step, event, users, median FROM ff_funnel('{cart,address,pay}', '1 hour', ordering => 'ordered');
-- an event that is sent again is no other event; one that was received first elsewhere does not lie between
INSERT INTO ff.events (unit, event, at, event_id, received_at) VALUES
	('ids', 'c1', '2026-03-02 01:00+00', NULL, '2026-03-05'), ('ids', 'look', '2026-03-02 00:30+00', 'x', '2026-03-05'), ('ids', 'look', '2026-03-02 01:10+00', 'x', '2026-03-06'), ('ids', 'a1', '2026-03-02 01:20+00', NULL, '2026-03-05');
SELECT step, users FROM ff_funnel('{c1,a1}', ordering => 'strict');
-- another project's events do not lie between
INSERT INTO ff.events (unit, event, at, project) VALUES ('ids', 'look', '2026-03-02 01:05+00', 'elsewhere');
SELECT step, users FROM ff_funnel('{c1,a1}', ordering => 'strict');
DELETE FROM ff.events WHERE project = 'elsewhere';

-- At one time.  What is no step may have come before the first or after the last, and nothing else may: before: a look
-- when it begins.  after: a look when it ends.  amid: a look with the second of three.  all: everything at once
SELECT pg_temp.did('before', '{look,c2,a2,p2}', '{1,1,2,3}'), pg_temp.did('after', '{c2,a2,p2,look}', '{1,2,3,3}'), pg_temp.did('amid', '{c2,a2,look,p2}', '{1,2,2,3}'), pg_temp.did('all', '{p2,look,a2,c2}', '{1,1,1,1}'),
-- an address may have come before the cart, so that the one after is the second step: no other way goes on to the pay
	pg_temp.did('spare', '{a2,c2,a2,p2}', '{1,1,2,3}');
SELECT * FROM pg_temp.beside('{c2,a2,p2}');
SELECT took FROM pg_temp.ways('{c2,a2,p2}', 'strict') WHERE unit = 'spare';
-- a step that stands twice is two events
SELECT pg_temp.did('once', '{v3,w3}', '{1,2}'), pg_temp.did('two', '{v3,w3,v3}', '{1,2,3}'), pg_temp.did('row', '{v3,v3,w3}', '{1,2,3}');
SELECT * FROM pg_temp.beside('{v3,v3,w3}');
-- any: of several attempts the one that goes furthest, of several the first; it begins with its first event
SELECT pg_temp.did('tries', '{c4,a4,look,p4,a4,c4,p4}', '{1,50,60,100,101,102,103}');
SELECT unit, reached, took FROM pg_temp.ways('{c4,a4,p4}', 'any');
SELECT level, step, users FROM ff_funnel('{c4,a4,p4}', '1 hour', by_property => 'first', ordering => 'any');
SELECT step, users, median FROM ff_funnel('{c4,a4,p4}', NULL, ordering => 'any');
-- it begins before until, and may end after it; without a span it ends there
SELECT step, users FROM ff_funnel('{c4,a4,p4}', '1 hour', until => '2026-03-02 00:51+00', ordering => 'any');
SELECT step, users FROM ff_funnel('{c4,a4,p4}', NULL, until => '2026-03-02 01:41+00', ordering => 'any');
SELECT step, users FROM ff_funnel('{c4,a4,p4}', '1 hour', since => '2026-03-02 01:41+00', ordering => 'strict');

-- of an experiment: what was between before it was met does not count
SELECT ff_flag_create('shop') IS NOT NULL, ff_flag_rollout('shop', 50), ff_metric_create('paid', 'proportion', 'p5') IS NOT NULL, ff_experiment_create('shops', 'shop', '{paid}') IS NOT NULL, ff_experiment_start('shops', '2026-03-02 00:00+00');
SELECT pg_temp.did('in', '{look,p5,c5,p5}', '{1,5,6,7}'), pg_temp.did('out', '{c5,look,p5}', '{2,3,4}');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('shops', 'in', 'on', '2026-03-02 00:05:30+00'), ('shops', 'out', 'off', '2026-03-02 00:01+00');
SELECT level, step, event, users, median FROM ff_funnel('{c5,p5}', experiment => 'shops', ordering => 'strict');
SELECT level, step, event, users, median FROM ff_funnel('{c5,p5}', experiment => 'shops', ordering => 'any');

-- mistakes
SELECT ff_funnel('{cart,pay}', ordering => 'sorted');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', ordering => NULL);
\echo :LAST_ERROR_SQLSTATE

-- At random, beside a query that tries all ways: units of up to 9 events of 4 names in 12 minutes
SELECT setseed(0.42);
CREATE TEMP TABLE acts AS
SELECT 'r' || u AS unit, i, (ARRAY['x', 'y', 'z', 'other'])[1 + floor(random() * 4)::int] AS event, floor(random() * 12)::int AS minute
FROM generate_series(1, 400) u, LATERAL generate_series(1, 1 + u % 9) i;
DO $$ BEGIN PERFORM pg_temp.did(a.unit, ARRAY[a.event], ARRAY[a.minute]) FROM acts a; END $$;
-- The way of each unit that goes furthest, of several the one whose steps are the earliest: all sequences of its
-- events that are the steps, in one of their orders where any will do, less than within after the first
CREATE FUNCTION pg_temp.tried(steps text[], ordering text, within int, since int, until int) RETURNS TABLE (unit text, reached int, took interval[]) LANGUAGE sql AS $$
	WITH RECURSIVE orders AS (
		SELECT '{}'::int[] AS taken, '{}'::text[] AS steps
		UNION ALL SELECT o.taken || s.i::int, o.steps || s.step FROM orders o, unnest($1) WITH ORDINALITY s(step, i) WHERE s.i <> ALL (o.taken) AND ($2 = 'any' OR s.i = cardinality(o.taken) + 1)
	), lists AS (SELECT DISTINCT o.steps FROM orders o WHERE cardinality(o.steps) = cardinality($1)
	), ways AS (
		SELECT l.steps, a.unit, ARRAY[a.i] AS used, ARRAY[a.minute] AS minutes FROM lists l JOIN acts a ON a.event = l.steps[1] AND a.minute < $5 AND a.minute >= $4
		UNION ALL SELECT w.steps, w.unit, w.used || a.i, w.minutes || a.minute FROM ways w JOIN acts a ON a.unit = w.unit AND a.event = w.steps[cardinality(w.used) + 1]
			AND a.minute BETWEEN w.minutes[cardinality(w.used)] AND w.minutes[1] + $3 - 1 AND a.i <> ALL (w.used)
	), allowed AS (
		SELECT w.* FROM ways w WHERE $2 <> 'strict' OR NOT EXISTS (SELECT FROM acts a WHERE a.unit = w.unit AND a.minute > w.minutes[1] AND a.minute < w.minutes[cardinality(w.minutes)] AND a.i <> ALL (w.used))
	), best AS (SELECT DISTINCT ON (w.unit) w.* FROM allowed w ORDER BY w.unit, cardinality(w.used) DESC, w.minutes)
	SELECT b.unit, cardinality(b.used), (SELECT array_agg((b.minutes[k + 1] - b.minutes[k]) * interval '1 minute' ORDER BY k) FROM generate_series(1, cardinality(b.used) - 1) k) FROM best b $$;
SELECT o.ordering, count(*) AS rounds, sum(n.units) AS units, sum(n.whole) AS went_all_the_way, sum(n.wrong) AS wrong
FROM unnest('{ordered,strict,any}'::text[]) o(ordering), unnest(ARRAY['{x,y,z}', '{x,y,x}', '{x,x,x}', '{y,x}', '{z,y,y,x}']::text[]) s(steps), (VALUES (2, 0, 12), (5, 0, 9), (12, 3, 12)) r(within, since, until),
	LATERAL (SELECT count(*) AS units, count(*) FILTER (WHERE t.reached = cardinality(s.steps::text[])) AS whole, count(*) FILTER (WHERE (t.reached, t.took) IS DISTINCT FROM (w.reached, w.took)) AS wrong
		FROM pg_temp.tried(s.steps::text[], o.ordering, r.within, r.since, r.until) t
		FULL JOIN (SELECT w.* FROM pg_temp.ways(s.steps::text[], o.ordering, r.within * interval '1 minute', timestamptz '2026-03-02 00:00+00' + r.since * interval '1 minute', timestamptz '2026-03-02 00:00+00' + r.until * interval '1 minute') w WHERE w.unit LIKE 'r_%') w ON w.unit = t.unit) n
GROUP BY o.ordering ORDER BY o.ordering;
-- one unit with many events
INSERT INTO ff.events (unit, event, at) SELECT 'robot', ('{scan,look,scan,beep}'::text[])[1 + i % 4], '2026-09-01 00:00+00'::timestamptz + i * interval '1 minute' FROM generate_series(1, 30000) i;
INSERT INTO ff.events (unit, event, at) VALUES ('robot', 'found', '2026-09-28 00:00+00');
SELECT step, users, median FROM ff_funnel('{scan,found,beep}', '10 days', ordering => 'strict');
SELECT step, users, median FROM ff_funnel('{scan,found,beep}', '10 days', ordering => 'any');
RESET featureflow.project;
SELECT ff_project_delete('anaorderings', cascade => true);
