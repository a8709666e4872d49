-- How far users go: funnels that can be counted by hand, and beside the metric.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET timezone = 'UTC';
SELECT ff_project_create('anafunnel') IS NOT NULL;
SET featureflow.project = 'anafunnel';
-- the name of a step, hours after midnight
CREATE FUNCTION pg_temp.did(unit text, event text, hours float8, country text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.events (unit, event, at, properties) VALUES (unit, event, timestamptz '2026-03-02 00:00+00' + hours * interval '1 hour', CASE WHEN country IS NOT NULL THEN jsonb_build_object('country', country) END) $$;
CREATE FUNCTION pg_temp.way(steps text[], within interval DEFAULT '14 days', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, by_property text DEFAULT NULL)
RETURNS TABLE (level text, step int, event text, users bigint, share numeric, of_previous numeric, median interval) LANGUAGE sql AS $$
	SELECT f.level, f.step, f.event, f.users, round(f.share::numeric, 4), round(f.share_of_previous::numeric, 4), f.median FROM ff_funnel(steps, within, since, until, by_property) f $$;
-- nobody did anything
SELECT * FROM pg_temp.way('{cart,address,pay}');
-- all: the whole way, an hour a step
SELECT pg_temp.did('all', 'cart', 1, 'de'), pg_temp.did('all', 'address', 2), pg_temp.did('all', 'pay', 3);
-- gone: one step.  late: the address 3 hours after.  other: something between, which does not matter
SELECT pg_temp.did('gone', 'cart', 1, 'fr'), pg_temp.did('late', 'cart', 1, 'de'), pg_temp.did('late', 'address', 4);
SELECT pg_temp.did('other', 'cart', 1), pg_temp.did('other', 'look', 1.5), pg_temp.did('other', 'address', 5), pg_temp.did('other', 'pay', 9);
-- wrong: out of order.  never: not the first step
SELECT pg_temp.did('wrong', 'address', 1), pg_temp.did('wrong', 'cart', 2, 'de'), pg_temp.did('never', 'pay', 1);
-- 5 began; all, late and other gave an address, after 1, 3 and 4 hours; all and other paid, after 1 and 4
SELECT * FROM pg_temp.way('{cart,address,pay}');
SELECT step, round(f.lower::numeric, 4) AS lower, round(f.upper::numeric, 4) AS upper, w.lower = f.lower AND w.upper = f.upper AS wilson
FROM ff_funnel('{cart,address,pay}') f, ff_wilson(5, f.users) w;
-- within 4 hours of the cart: other's address is at the end, and so not within
SELECT * FROM pg_temp.way('{cart,address,pay}', '4 hours');
-- by the country of the first step; those without one
SELECT level, step, users FROM pg_temp.way('{cart,address,pay}', by_property => 'country');
-- what begins in the range, and may end after it: wrong alone from 2 o'clock on; all until then, with what followed
SELECT step, users FROM pg_temp.way('{cart,address,pay}', since => '2026-03-02 02:00+00');
SELECT step, users FROM pg_temp.way('{cart,address,pay}', until => '2026-03-02 02:00+00');
SELECT step, users FROM pg_temp.way('{cart,address,pay}', NULL, until => '2026-03-02 02:30+00');
SELECT step, users FROM pg_temp.way('{cart,fly}');

-- the attempt that goes furthest: the second; of two that go as far, the first, 3 hours and not 1
SELECT pg_temp.did('again', 'c2', 1), pg_temp.did('again', 'c2', 10), pg_temp.did('again', 'a2', 11), pg_temp.did('twice', 'c2', 1), pg_temp.did('twice', 'c2', 3), pg_temp.did('twice', 'a2', 4);
SELECT step, users, median FROM pg_temp.way('{c2,a2}', '2 hours');
SELECT step, users, median FROM pg_temp.way('{c2,a2}', '5 hours');
-- a step further by the second attempt, whose first step counts then
SELECT pg_temp.did('far', 'c3', 1, 'de'), pg_temp.did('far', 'a3', 2), pg_temp.did('far', 'c3', 20, 'fr'), pg_temp.did('far', 'a3', 21), pg_temp.did('far', 'p3', 22);
SELECT * FROM pg_temp.way('{c3,a3,p3}', '5 hours', by_property => 'country');
-- at one time, in any order; one event is not two steps, two are
SELECT pg_temp.did('tie', 'p4', 1), pg_temp.did('tie', 'a4', 1), pg_temp.did('tie', 'c4', 1);
SELECT step, users, median FROM pg_temp.way('{c4,a4,p4}');
SELECT step, users FROM pg_temp.way('{c4,a4,c4}');
SELECT pg_temp.did('tie', 'c4', 1);
SELECT step, users FROM pg_temp.way('{c4,a4,c4}');
SELECT step, users FROM pg_temp.way('{c4,c4,c4}');
-- one id is one event, and that which was received first, though it was after the range
INSERT INTO ff.events (unit, event, at, event_id, received_at) VALUES
	('ids', 'c5', '2026-03-02 01:00+00', 'x', '2026-03-05 00:00+00'), ('ids', 'c5', '2026-03-02 02:00+00', 'x', '2026-03-06 00:00+00'),
	('idlate', 'c5', '2026-03-02 01:00+00', 'y', '2026-03-06 00:00+00'), ('idlate', 'c5', '2026-03-04 01:00+00', 'y', '2026-03-05 00:00+00');
SELECT step, users FROM pg_temp.way('{c5,c5}', '1 day');
SELECT step, users FROM pg_temp.way('{c5,c5}', '1 day', until => '2026-03-03 00:00+00');
-- not yet
INSERT INTO ff.events (unit, event, at) VALUES ('soon', 'c6', '2026-03-02 01:00+00'), ('soon', 'a6', '2999-03-02 01:00+00');
SELECT step, users FROM pg_temp.way('{c6,a6}', NULL);

-- Of an experiment: from the exposure on, who met both left out
SELECT ff_flag_create('shop') IS NOT NULL, ff_flag_rollout('shop', 50), ff_metric_create('paid', 'funnel', settings => '{"steps": ["cart", "address", "pay"]}') IS NOT NULL,
	ff_metric_create('again', 'funnel', settings => '{"steps": ["cart", "address", "cart"]}') IS NOT NULL;
SELECT ff_experiment_create('shops', 'shop', '{paid,again}') IS NOT NULL;
SELECT ff_funnel('{cart,pay}', experiment => 'shops');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('shops', '2026-03-02 00:00+00');
SELECT level, users FROM ff_funnel('{cart,pay}', experiment => 'shops');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES
	('shops', 'all', 'on', '2026-03-02 00:30+00'), ('shops', 'never', 'on', '2026-03-02 00:30+00'), ('shops', 'other', 'off', '2026-03-02 02:00+00'),	-- after the cart
	('shops', 'late', 'on', '2026-03-02 00:30+00'), ('shops', 'late', 'off', '2026-03-02 00:40+00');
-- on: all and never, of whom all goes the whole way, its cart half an hour after the exposure.  off: other, who had the cart before
SELECT level, step, event, users, round(share::numeric, 4) AS share, median FROM ff_funnel('{cart,address,pay}', experiment => 'shops');
-- by a dimension of the first exposure, both variations together: de has all and other (whose second exposure is of fr, and whose cart was before
-- the first), none has never; by the day; what nobody has, and two at once
UPDATE ff.exposures SET dimensions = '{"country": "de", "plan": null}' WHERE project = 'anafunnel' AND unit IN ('all', 'other');
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions) VALUES ('shops', 'other', 'off', '2026-03-02 06:00+00', '{"country": "fr"}'), ('shops', 'new', 'off', '2026-03-03 00:00+00', '{"country": "fr"}');
SELECT pg_temp.did('new', 'cart', 25), pg_temp.did('new', 'address', 26);
SELECT level, step, event, users, round(share::numeric, 4) AS share, median FROM ff_funnel('{cart,address,pay}', experiment => 'shops', by_dimension => 'country');
SELECT level, step, users FROM ff_funnel('{cart,address,pay}', experiment => 'shops', by_dimension => 'day');
SELECT level, step, users FROM ff_funnel('{cart,pay}', experiment => 'shops', by_dimension => 'plan', ordering => 'any');
SELECT ff_funnel('{cart,pay}', experiment => 'shops', by_dimension => 'moon');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', by_dimension => 'country');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', experiment => 'shops', by_dimension => 'country', by_property => 'country');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', by_dimension => 'country', by_property => 'country');
DELETE FROM ff.events WHERE project = 'anafunnel' AND unit = 'new';
DELETE FROM ff.exposures WHERE project = 'anafunnel' AND unit = 'new';
-- beside the metric, with many: repeated ids, ties, repeated steps, units that met both
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'shops', 'u' || i % 380, CASE WHEN i % 380 % 3 = 0 OR i > 390 THEN 'on' ELSE 'off' END, timestamptz '2026-03-03 00:00+00' + i * interval '3 minutes' FROM generate_series(0, 400) i;
INSERT INTO ff.events (unit, event, at, event_id)
SELECT 'u' || (i * 7919) % 401, ('{cart,address,pay}'::text[])[1 + (i * 31 + i / 7) % 3], timestamptz '2026-03-03 00:00+00' + (i / 16) * interval '10 minutes', CASE WHEN i % 5 = 0 THEN 'id-' || i / 20 END
FROM generate_series(1, 3000) i;
SELECT s.metric, s.variation, n.users = s.n AS n, f.users = round(s.n * s.mean) AS agree, f.users > 10 AND f.users < s.n AS told
FROM ff_experiment_stats('shops') s JOIN (VALUES ('paid', '{cart,address,pay}'::text[]), ('again', '{cart,address,cart}')) m(metric, steps) ON m.metric = s.metric
CROSS JOIN LATERAL ff_funnel(m.steps, NULL, experiment => 'shops') f JOIN LATERAL ff_funnel(m.steps, NULL, experiment => 'shops') n ON n.level = f.level AND n.step = 0
WHERE f.level = s.variation AND f.step = 3 ORDER BY 1, 2;
-- and beside what a query says that knows nothing of it: three different steps within 24 hours, of all units
WITH c AS (SELECT DISTINCT ON (event, coalesce(event_id, ctid::text)) * FROM ff.events WHERE project = 'anafunnel' AND unit LIKE 'u%' ORDER BY event, coalesce(event_id, ctid::text), received_at, at),
	direct AS (SELECT count(DISTINCT a.unit) AS users FROM c a JOIN c b ON b.unit = a.unit AND b.event = 'address' AND b.at >= a.at
		JOIN c d ON d.unit = a.unit AND d.event = 'pay' AND d.at >= b.at AND d.at < a.at + interval '24 hours' WHERE a.event = 'cart')
SELECT f.users = d.users AS agree, f.users FROM direct d, ff_funnel('{cart,address,pay}', '24 hours', '2026-03-02 23:59+00') f WHERE f.step = 3;
-- after the stop nothing begins
SELECT ff_experiment_stop('shops', '2026-03-02 01:30+00');
SELECT level, step, users FROM ff_funnel('{cart,address,pay}', experiment => 'shops') WHERE level = 'on';
SELECT level, step, users FROM ff_funnel('{cart,address,pay}', NULL, experiment => 'shops') WHERE level = 'on';

-- mistakes
SELECT ff_funnel(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart}');
SELECT ff_funnel('{cart,NULL}');
SELECT ff_funnel('{{cart,pay},{cart,pay}}');
SELECT ff_funnel(array_fill('cart'::text, '{21}'));
SELECT ff_funnel('{cart,pay}', '1 month');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', '0');
SELECT ff_funnel('{cart,pay}', since => '2026-03-02', until => '2026-03-01');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', by_property => 'country', experiment => 'shops');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_funnel('{cart,pay}', experiment => 'ghost');
\echo :LAST_ERROR_SQLSTATE
-- a day has 24 hours, whatever the clocks of the session do; an array begins at 1; steps are counted before they are made
INSERT INTO ff.events (unit, event, at) VALUES ('clocks', 'clock 1', '2026-10-31 12:00 America/New_York'), ('clocks', 'clock 2', '2026-11-01 11:30 America/New_York');
SET timezone = 'America/New_York';
SELECT step, users FROM ff_funnel('{"clock 1","clock 2"}', '1 day');
RESET timezone;
SELECT * FROM ff_funnel('[0:1]={"clock 1","clock 2"}'::text[]);
SELECT count(*) FROM ff_adoption('clock 1', '2026-01-01', step => '1 microsecond');
-- one unit with many events, whose next step lies beyond every window but the last
INSERT INTO ff.events (unit, event, at) SELECT 'robot', 'scan', '2026-09-01 00:00+00'::timestamptz + i * interval '1 minute' FROM generate_series(1, 30000) i;
INSERT INTO ff.events (unit, event, at) VALUES ('robot', 'found', '2026-09-28 00:00+00');
SELECT step, users, median FROM ff_funnel('{scan,found,told}', '7 days');
SELECT step, users, median FROM ff_funnel('{scan,found}', '10 days', until => '2026-09-15');
-- a zone that is not known, with whatever steps
SELECT count(*) FROM ff_adoption('scan', step => '1 hour', zone => 'Mars/Olympus');
\echo :LAST_ERROR_SQLSTATE
RESET featureflow.project;
SELECT ff_project_delete('anafunnel', cascade => true);
