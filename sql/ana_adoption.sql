-- Who met a variation, who uses a feature, and what one user did: numbers that can
-- be counted by hand.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET timezone = 'UTC';
SELECT ff_project_create('anaadoption') IS NOT NULL;
SET featureflow.project = 'anaadoption';
SELECT ff_flag_create('beta') IS NOT NULL, ff_flag_rollout('beta', 50), ff_metric_create('saved', 'proportion', 'save', settings => '{"conversion_window": "1 day"}') IS NOT NULL;
SELECT ff_experiment_create('betas', 'beta', '{saved}') IS NOT NULL, ff_experiment_create('draft', 'beta', '{saved}') IS NOT NULL;
SELECT ff_experiment_start('betas', '2026-03-02 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES
	('betas', 'a', 'off', '2026-03-02 10:00+00'), ('betas', 'a', 'off', '2026-03-02 11:00+00'),	-- twice on one day
	('betas', 'a', 'off', '2026-03-04 10:00+00'),	-- and on another
	('betas', 'b', 'on', '2026-03-02 10:00+00'),
	('betas', 'c', 'on', '2026-03-02 23:30+00'),	-- in Berlin that is 3 March
	('betas', 'm', 'on', '2026-03-04 12:00+00'), ('betas', 'm', 'off', '2026-03-04 13:00+00'),	-- met both
	('elsewhere', 'z', 'on', '2026-03-02 10:00+00'),	-- another flag's
	('betas', 'f', 'on', '2999-01-01 00:00+00');	-- not yet
INSERT INTO ff.exposures (experiment, unit, variation, at, environment) VALUES ('betas', 'z', 'on', '2026-03-02 10:00+00', 'staging');

-- 2 March: a (two rows), b, c.  3 March: nobody.  4 March: a, and m twice.  In all 4
-- units by 7 rows, of which m counts in both variations
SELECT bucket, variation, users, round(share::numeric, 4) AS share, exposures FROM ff_flag_users('beta', until => '2026-03-05 00:00+00');
-- by the clocks of Berlin, c is of the 3rd
SELECT bucket, users, exposures FROM ff_flag_users('beta', '2026-03-02 00:00+00', '2026-03-04 00:00+00', zone => 'Europe/Berlin') WHERE variation IS NULL;
-- the whole range alone; a week, from Monday; a month; until now
SELECT * FROM ff_flag_users('beta', step => NULL);
SELECT bucket, users FROM ff_flag_users('beta', '2026-03-04 00:00+00', '2026-03-12 00:00+00', '7 days') WHERE variation IS NULL;
SELECT bucket, users FROM ff_flag_users('beta', '2026-01-31 00:00+00', '2026-04-01 00:00+00', '1 month') WHERE variation IS NULL;
SELECT bucket, users FROM ff_flag_users('beta', '2025-12-31 00:00+00', '2026-04-01 00:00+00', '3 months') WHERE variation IS NULL;
-- an hour is an hour where clocks are set back, a day is 25
SELECT bucket FROM ff_flag_users('beta', '2025-10-26 00:00+00', '2025-10-26 03:00+00', '1 hour', 'Europe/Berlin');
SELECT bucket FROM ff_flag_users('beta', '2025-10-25 22:00+00', '2025-10-27 23:00+00', '1 day', 'Europe/Berlin');
SELECT * FROM ff_flag_users('beta', environment => 'development');

-- Active, and of them those who save.  2 March: a and b save, x looks: 2 of 3.
-- 3 March: nobody.  4 March: b saves again, c for the first time: 2 of 2
INSERT INTO ff.events (unit, event, at, event_id, received_at) VALUES
	('a', 'save', '2026-03-02 09:00+00', NULL, '2026-03-10 00:00+00'),	-- before a was exposed
	('a', 'save', '2026-03-02 12:00+00', NULL, '2026-03-10 00:00+00'),
	('b', 'save', '2026-03-02 10:30+00', 'one', '2026-03-10 00:00+00'),
	('b', 'save', '2026-03-03 10:30+00', 'one', '2026-03-11 00:00+00'),	-- sent again: did not happen on 3 March
	('x', 'view', '2026-03-02 10:00+00', NULL, '2026-03-10 00:00+00'),
	('b', 'save', '2026-03-04 10:00+00', 'two', '2026-03-10 00:00+00'),
	('c', 'save', '2026-03-04 11:00+00', NULL, '2026-03-10 00:00+00'),
	('a', 'save', '2999-01-01 00:00+00', NULL, '2026-03-10 00:00+00');
SELECT bucket, variation, active, users, round(share::numeric, 4) AS share, round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper, new_users, returning_users, events
FROM ff_adoption('save', until => '2026-03-05 00:00+00');
SELECT round(lower::numeric, 4) AS lower, round(upper::numeric, 4) AS upper FROM ff_wilson(4, 3);
-- who came before the range is not new in it; what was received first lies before it
SELECT bucket, active, users, new_users, returning_users FROM ff_adoption('save', '2026-03-03 00:00+00', '2026-03-05 00:00+00');
-- by variation, from the exposure on: a's first is not new, it had saved before; x and m are in none
SELECT bucket, variation, active, users, new_users, returning_users, events FROM ff_adoption('save', until => '2026-03-05 00:00+00', experiment => 'betas');
-- nobody has sent it; a project without events
SELECT bucket, active, users, share FROM ff_adoption('fly', '2026-03-02 00:00+00', '2026-03-03 00:00+00');
SELECT * FROM ff_adoption('fly', project => 'default', until => '1999-01-01 00:00+00');

-- Within a day after the first exposure: a after 2 hours, b after half an hour; c
-- 35.5 hours later, too late.  m met both and is none of them
SELECT bucket, variation, exposed, activated, round(share::numeric, 4) AS share, waiting, median FROM ff_activation('betas', 'save', '1 day', until => '2026-03-04 00:00+00');
-- two days, which c takes
SELECT variation, exposed, activated, median FROM ff_activation('betas', 'save', '2 days', until => '2026-03-05 00:00+00', step => NULL);
-- whose time is not over waits
SELECT variation, exposed, activated, waiting FROM ff_activation('betas', 'save', '100000 days', step => NULL);
SELECT variation, exposed, activated, waiting FROM ff_activation('betas', 'view', '100000 days', step => NULL);
-- the same as the metric with that window, whatever the data
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'betas', 'r' || i, CASE WHEN i % 7 < 3 THEN 'on' ELSE 'off' END, timestamptz '2026-03-02 00:00+00' + i * interval '7 minutes' FROM generate_series(1, 500) i;
INSERT INTO ff.events (unit, event, at, event_id)
SELECT 'r' || i % 400, 'save', timestamptz '2026-03-02 00:00+00' + i * interval '11 minutes', CASE WHEN i % 3 = 0 THEN 'id-' || i / 6 END FROM generate_series(1, 900) i;
SELECT count(*), bool_and(a.exposed = s.n AND a.activated = round(s.n * s.mean)) AS agree, sum(a.activated) BETWEEN 50 AND 450 AS told
FROM ff_activation('betas', 'save', '1 day', step => NULL) a JOIN ff_experiment_stats('betas') s ON s.variation = a.variation;

-- A user's way: b was exposed, saved (once, by the id), and again
SELECT * FROM ff_user_journey('b');
SELECT ff_track('b', 'pay', 9.5, '2026-03-05 00:00+00', properties => '{"card": true}');
SELECT * FROM ff_user_journey('b', '2026-03-04 00:00+00');
SELECT at, kind, name, since_previous FROM ff_user_journey('b', most => 2);
SELECT kind, name, variation, at FROM ff_user_journey('m');
SELECT count(*) FROM ff_user_journey('nobody');
-- an id that another user has sent before
INSERT INTO ff.events (unit, event, at, event_id, received_at) VALUES ('x', 'save', '2026-03-01 00:00+00', 'two', '2026-03-12 00:00+00');
SELECT name FROM ff_user_journey('x');

-- mistakes
SELECT ff_flag_users('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', environment => 'moon');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', '2026-03-02', '2026-03-01');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', step => '0');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', step => '1 month 1 day');
SELECT ff_flag_users('beta', step => '-1 month');
SELECT ff_flag_users('beta', '2026-01-01', '2026-03-01', '1 second');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', zone => 'Mars');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_users('beta', zone => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_adoption(NULL);
SELECT ff_adoption('save', experiment => 'ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_adoption('save', experiment => 'draft');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_activation(NULL, 'save');
SELECT ff_activation('betas', NULL);
SELECT ff_activation('betas', 'save', '0');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_activation('betas', 'save', '1 month');
SELECT ff_user_journey(NULL);
SELECT ff_user_journey('b', most => 0);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_user_journey('b', project => 'ghost');

-- for administrators; those who send may not read
CREATE ROLE regress_ff_sender;
SELECT ff_grant('regress_ff_sender', 'evaluate');
SET ROLE regress_ff_sender;
SELECT ff_user_journey('b');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SELECT ff_grant('regress_ff_sender', 'admin');
SET ROLE regress_ff_sender;
BEGIN READ ONLY;
SELECT count(*) FROM ff_user_journey('b');
SELECT count(*) > 0 FROM ff_flag_users('beta', '2026-03-01', '2026-03-05');
SELECT count(*) > 0 FROM ff_adoption('save', '2026-03-01', '2026-03-05', experiment => 'betas');
SELECT count(*) > 0 FROM ff_activation('betas', 'save');
SELECT count(*) > 0 FROM ff_funnel('{view,save}', experiment => 'betas');
COMMIT;
RESET ROLE;
SELECT ff_revoke('regress_ff_sender', 'admin'), ff_revoke('regress_ff_sender', 'evaluate');
DROP ROLE regress_ff_sender;
-- after the stop nothing counts of the experiment
SELECT ff_experiment_stop('betas', '2026-03-03 00:00+00');
SELECT bucket FROM ff_adoption('save', experiment => 'betas') WHERE variation IS NULL;
SELECT bucket FROM ff_activation('betas', 'save') WHERE variation IS NULL;
-- users in place of anonymous units: cookie k is user a2, who was exposed without having logged in
CREATE TABLE anaadoption_logins (cookie text, account text);
INSERT INTO anaadoption_logins VALUES ('k', 'a2');
SELECT ff_identity_source('logins', 'anaadoption_logins', 'cookie', 'account') IS NOT NULL, ff_experiment_create('linked', 'beta', '{saved}') IS NOT NULL;
SELECT ff_experiment_update('linked', '{"identity": "logins"}'), ff_experiment_start('linked', '2026-03-02 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('linked', 'k', 'on', '2026-03-02 01:00+00');
INSERT INTO ff.events (unit, event, at) VALUES ('k', 'look', '2026-03-02 02:00+00'), ('a2', 'take', '2026-03-02 04:00+00');
SELECT variation, exposed, activated, median FROM ff_activation('linked', 'take', step => NULL) WHERE variation IS NOT NULL;
SELECT variation, active, users, new_users FROM ff_adoption('take', step => NULL, experiment => 'linked') WHERE variation IS NOT NULL;
SELECT level, step, users, median FROM ff_funnel('{look,take}', experiment => 'linked');
SELECT ff_experiment_stop('linked');
DROP TABLE anaadoption_logins;
-- beside a query that counts directly: ids that come again, units with many steps in whatever order, users of before
INSERT INTO ff.events (unit, event, at, event_id, received_at)
SELECT 'q' || i * i % 37, ('{save,view,look,view}'::text[])[1 + i % 4], timestamptz '2026-04-01 00:00+00' + (i * 7919 % 86400) * interval '1 minute', CASE WHEN i % 3 = 0 THEN 'q' || i % 700 END, timestamptz '2026-07-01 00:00+00' + (i % 11) * interval '1 hour'
FROM generate_series(1, 6000) i;
WITH c AS (SELECT DISTINCT ON (e.event, coalesce(e.event_id, e.ctid::text)) e.* FROM ff.events e WHERE e.project = 'anaadoption' ORDER BY e.event, coalesce(e.event_id, e.ctid::text), e.received_at, e.at, e.unit),
	began AS (SELECT c.unit, min(c.at) AS at FROM c WHERE c.event = 'save' GROUP BY c.unit),
	direct AS (SELECT CASE WHEN grouping(b.bucket) = 0 THEN b.bucket END AS bucket, count(DISTINCT c.unit) AS active, count(DISTINCT c.unit) FILTER (WHERE c.event = 'save') AS users,
			count(DISTINCT c.unit) FILTER (WHERE c.event = 'save' AND c.at = f.at) AS fresh, count(*) FILTER (WHERE c.event = 'save') AS n
		FROM c CROSS JOIN LATERAL date_bin('5 hours', c.at, '2001-01-01 00:00+00') b(bucket) LEFT JOIN began f ON f.unit = c.unit WHERE c.at >= '2026-04-02 10:00+00' AND c.at < '2026-05-25 00:00+00' GROUP BY ROLLUP (b.bucket))
SELECT count(*) AS buckets, sum(d.active) AS active, sum(d.users) AS users, sum(d.fresh) AS fresh, sum(d.n) AS n,
	count(*) FILTER (WHERE (a.active, a.users, a.new_users, a.returning_users, a.events) IS DISTINCT FROM (coalesce(d.active, 0), coalesce(d.users, 0), coalesce(d.fresh, 0), coalesce(d.users - d.fresh, 0), coalesce(d.n, 0))) AS wrong
FROM ff_adoption('save', '2026-04-02 10:00+00', '2026-05-25 00:00+00', '5 hours') a FULL JOIN direct d ON coalesce(d.bucket, 'infinity') = coalesce(a.bucket, 'infinity');
RESET featureflow.project;
SELECT ff_project_delete('anaadoption', cascade => true);
