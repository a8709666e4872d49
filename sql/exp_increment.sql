-- A refresh that reads only what is new gives the bits of an analysis of all data.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('increment') IS NOT NULL;
SET featureflow.project = 'increment';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50);
SELECT count(ff_metric_create(m.key, m.kind, m.event, settings => m.settings::jsonb)) FROM (VALUES
	('any', 'proportion', 'buy', '{"covariate_period": "3 days"}'),
	('money', 'mean', 'buy', '{}'),
	('capped', 'mean', 'buy', '{"cap_value": 40}'),
	('window', 'mean', 'buy', '{"delay": "1 hour", "conversion_window": "2 days", "complete_only": true}'),
	('ratio', 'ratio', 'buy', '{"denominator_event": "visit", "covariate_period": "7 days"}'),
	('retained', 'retention', 'visit', '{"delay": "1 day", "conversion_window": "1 day"}'),
	('blue', 'mean', 'buy', '{"filter": {"color": "blue"}}')) m(key, kind, event, settings);
SELECT ff_experiment_create('x', 'f', '{any,money,capped,window,ratio,retained,blue}') IS NOT NULL;
SELECT ff_experiment_start('x', now() - interval '10 days');
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'x', 'u' || i % 1200, CASE WHEN (i % 1200 + (i > 1390)::int) % 2 = 0 THEN 'on' ELSE 'off' END, now() - i * interval '10 minutes' FROM generate_series(1, 1400) i;
INSERT INTO ff.events (unit, event, value, at, properties)
SELECT 'u' || (i * 7919) % 1400, CASE WHEN i % 4 = 0 THEN 'visit' ELSE 'buy' END, round((i::bigint * 104729) % 10007 / 100.0, 2), now() - (i * 31) % 30000 * interval '1 minute',
	CASE WHEN i % 5 = 0 THEN '{"color": "blue"}'::jsonb END
FROM generate_series(1, 6000) i;

-- How many units a refresh reads again, and how many cells or counts it then has
-- that a fresh analysis as of the same moment has not, or the other way round.
CREATE FUNCTION refreshed(OUT units bigint, OUT differing bigint) LANGUAGE plpgsql AS $$
DECLARE
	x ff.experiments;
BEGIN
	units := (ff_experiment_refresh('x')).units;
	SELECT e.* INTO x FROM ff.experiments e WHERE e.key = 'x' AND e.project_id = ff._project(NULL);
	WITH kept AS (SELECT c.*::text FROM ff.experiment_refreshes r, unnest(r.cells) c WHERE r.experiment_id = x.id
		UNION ALL SELECT p.*::text FROM ff.experiment_refreshes r, unnest(r.population) p WHERE r.experiment_id = x.id),
	fresh AS (SELECT c.*::text FROM ff.experiment_refreshes r, ff._experiment_cells(x, NULL, r.data_through) c WHERE r.experiment_id = x.id
		UNION ALL SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, p.inactive)::text FROM ff.experiment_refreshes r, ff._experiment_population(x, NULL, r.data_through) p
			WHERE r.experiment_id = x.id)
	SELECT count(*) INTO differing FROM ((TABLE kept EXCEPT ALL TABLE fresh) UNION ALL (TABLE fresh EXCEPT ALL TABLE kept)) d;
END;
$$;
SELECT count(*) FROM ff.experiments x, ff._experiment_cells(x) c WHERE x.key = 'x' AND x.project_id = ff._project(NULL);
-- the first reads all; nothing new, nothing read
SELECT * FROM refreshed();
SELECT * FROM refreshed();
-- events that are late, of all kinds, and of somebody who takes no part
INSERT INTO ff.events (unit, event, value, at, properties) SELECT 'u' || i, 'buy', 7.77, now() - interval '8 days', '{"color": "blue"}' FROM generate_series(1, 5) i;
INSERT INTO ff.events (unit, event, at) VALUES ('u6', 'visit', now() - interval '1 hour'), ('u6', 'other', now()), ('nobody', 'buy', now());
SELECT * FROM refreshed();
-- new units, with events from before; an earlier exposure, which moves the unit; the other variation
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u1300', 'on', now() - interval '3 days'), ('x', 'u1301', 'off', now() - interval '3 days'),
	('x', 'u10', 'on', now() - interval '9 days 23 hours'), ('x', 'u11', 'on', now()), ('x', 'u12', 'on', now()), ('y', 'u13', 'on', now());
SELECT * FROM refreshed();
-- its own variation again, and then the other one
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u14', 'on', now() - interval '2 hours'), ('x', 'u14', 'off', now() - interval '1 hour');
SELECT * FROM refreshed();
-- a variation that nobody had met
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u1302', 'blue', now() - interval '3 days');
SELECT * FROM refreshed();
-- ids count once, the one received first: again, for somebody else, and received before
INSERT INTO ff.events (unit, event, value, at, event_id, received_at) SELECT 'u' || i, 'buy', i, now() - interval '1 hour', 'id' || i, now() FROM generate_series(20, 24) i;
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value, at, event_id, received_at) VALUES ('u20', 'buy', 50, now(), 'id20', now() + interval '1 second'), ('u25', 'buy', 60, now(), 'id21', now() + interval '1 second');
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value, at, event_id, received_at) VALUES ('u26', 'buy', 70, now() - interval '1 hour', 'id22', now() - interval '1 day'), ('u27', 'buy', 80, now() - interval '9 months', 'id23', now() - interval '1 day');
SELECT * FROM refreshed();
-- a window that ends meanwhile, events and an exposure of a time that comes meanwhile
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u1310', 'on', clock_timestamp() - interval '2 days 1 hour' + interval '300 ms'), ('x', 'u1311', 'on', clock_timestamp() + interval '300 ms');
INSERT INTO ff.events (unit, event, value, at) VALUES ('u30', 'buy', 9, clock_timestamp() + interval '300 ms'), ('u1310', 'buy', 9, now() - interval '1 day');
SELECT * FROM refreshed();
SELECT pg_sleep(0.4);
SELECT * FROM refreshed();
-- rows that were changed or deleted: all is read, once; those of another project do not matter
UPDATE ff.events SET value = 1 WHERE project = 'increment' AND unit = 'u3';
SELECT * FROM refreshed();
DELETE FROM ff.exposures WHERE project = 'increment' AND unit = 'u4';
SELECT * FROM refreshed();
INSERT INTO ff.events (project, unit, event) VALUES ('increment-not', 'u3', 'buy');
DELETE FROM ff.events WHERE project = 'increment-not';
SELECT * FROM refreshed();
-- rows with the number of another transaction, of this server or of one that is ahead
INSERT INTO ff.events (unit, event, value, written_in) VALUES ('u3', 'buy', 2, '3');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value, written_in) VALUES ('u3', 'buy', 2, '9000000000000000000');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
DELETE FROM ff.events WHERE project = 'increment' AND written_in = '9000000000000000000';
SELECT * FROM refreshed();
SELECT * FROM refreshed();
-- rows of the refresh's own transaction, and none of one that is rolled back
BEGIN;
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 2);
SELECT * FROM refreshed();
COMMIT;
SELECT * FROM refreshed();
BEGIN;
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 2);
SELECT * FROM refreshed();
ROLLBACK;
SELECT * FROM refreshed();
-- ff_expose and ff_track
SELECT (ff_expose('u1399', 'f')).reason, ff_track('u1399', 'buy', 5);
SELECT * FROM refreshed();
-- many, of whom sums are kept; many that are new, so that reading all is faster
INSERT INTO ff.events (unit, event, value) SELECT 'u' || i, 'buy', 2 FROM generate_series(1, 200) i;
SELECT * FROM refreshed();
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'u' || i, 'on', now() - interval '1 day' FROM generate_series(1400, 1500) i;
SELECT * FROM refreshed();
-- one after the other, which leaves a run each, until all is made one again
DO $$
BEGIN
	FOR i IN 1 .. 60 LOOP
		INSERT INTO ff.events (unit, event, value) VALUES ('u' || i % 7, 'buy', i);
		COMMIT;
		PERFORM ff_experiment_refresh('x');
		COMMIT;
	END LOOP;
END $$;
SELECT cardinality(pages) < 30, units FROM ff.experiment_refreshes WHERE pages IS NOT NULL;
SELECT * FROM refreshed();
-- what was kept is not all there, as after a crash, or is of another form: all is read
DELETE FROM ff.experiment_units WHERE run = 2;
SELECT * FROM refreshed();
UPDATE ff.experiment_units SET page = '\x0102';
SELECT * FROM refreshed();
TRUNCATE ff.experiment_units;
SELECT * FROM refreshed();
SELECT * FROM refreshed();
-- with too little memory for what is new
SET featureflow.analysis_mem = '64kB';
INSERT INTO ff.events (unit, event, value) SELECT 'u' || i % 500, 'buy', 2 FROM generate_series(1, 3000) i;
SELECT * FROM refreshed();
RESET featureflow.analysis_mem;
-- totals beyond 64 bits, which are kept as such, and beyond what C adds up
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 1e12 + 0.1);
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 0.1), ('u5', 'buy', 0.2), ('u5', 'buy', 1e12);
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 1e20 + 0.1);
SELECT * FROM refreshed();
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 1e70);
SELECT * FROM refreshed();
DELETE FROM ff.events WHERE project = 'increment' AND value > 1e11;
-- a phase, a changed metric, another metric
SELECT * FROM refreshed();
SELECT ff_flag_rollout('f', 20);
SELECT * FROM refreshed();
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u1320', 'on', now() - interval '1 day'), ('x', 'u1321', 'on', clock_timestamp()), ('x', 'u40', 'on', clock_timestamp());
SELECT * FROM refreshed();
SELECT ff_metric_update('blue', settings => '{"filter": {"color": "red"}}');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
SELECT ff_metric_create('median', 'quantile', 'buy', settings => '{"quantile": 0.5}') IS NOT NULL, ff_metric_create('visits', 'count', 'visit') IS NOT NULL;
SELECT ff_experiment_metric('x', 'visits', 'secondary');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
-- what is no sum over units is made of what is kept of all of them, in parts where memory does not do
SELECT ff_metric_create('p90', 'mean', 'buy', settings => '{"cap_percentile": 0.9}') IS NOT NULL;
SELECT ff_experiment_metric('x', 'median', 'secondary'), ff_experiment_metric('x', 'p90', 'secondary');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u1330', 'on', now() - interval '1 day');
INSERT INTO ff.events (unit, event, value) SELECT 'u' || i, 'buy', i FROM generate_series(41, 50) i;
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value) SELECT 'u' || i, 'buy', i FROM generate_series(43, 53) i;
SET featureflow.analysis_mem = '64kB';
SELECT * FROM refreshed();
RESET featureflow.analysis_mem;
SELECT ff_experiment_metric_remove('x', 'p90');
-- and where it is a funnel, all is read
SELECT ff_metric_create('steps', 'funnel', settings => '{"steps": ["visit", "buy"]}') IS NOT NULL;
SELECT ff_experiment_metric_remove('x', 'median'), ff_experiment_metric('x', 'steps', 'secondary');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
SELECT ff_experiment_metric_remove('x', 'steps');
SELECT * FROM refreshed();
-- where partitions are made
BEGIN;
SELECT * FROM refreshed();
SELECT count(*) > 0 FROM ff_partitions_maintain('0');
SELECT * FROM refreshed();
ROLLBACK;
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 2), ('u4', 'buy', 3);
SELECT * FROM refreshed();
UPDATE ff.events SET value = 4 WHERE project = 'increment' AND unit = 'u4' AND value = 3;
SELECT * FROM refreshed();
-- where one was detached for a while, when its triggers are gone
CREATE TABLE ff.increment_part (LIKE ff.events_default INCLUDING ALL);
ALTER TABLE ff.events ATTACH PARTITION ff.increment_part FOR VALUES FROM ('2001-01-01') TO ('2001-02-01');
INSERT INTO ff.events (unit, event, value, at) VALUES ('u3', 'buy', 2, '2001-01-02');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
ALTER TABLE ff.events DETACH PARTITION ff.increment_part;
UPDATE ff.increment_part SET at = '2001-01-03';
ALTER TABLE ff.events ATTACH PARTITION ff.increment_part FOR VALUES FROM ('2001-01-01') TO ('2001-02-01');
SELECT * FROM refreshed();
SELECT * FROM refreshed();
DROP TABLE ff.increment_part;
SELECT * FROM refreshed();
-- and where one is emptied twice in one transaction, the second time without another file
BEGIN;
TRUNCATE ff.events_default;
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 2);
SELECT * FROM refreshed();
TRUNCATE ff.events_default;
INSERT INTO ff.events (unit, event, value) VALUES ('u4', 'buy', 3);
SELECT * FROM refreshed();
ROLLBACK;
-- after a restore nothing is known
SELECT ff_post_restore();
SELECT * FROM refreshed();
SELECT ff_experiment_stop('x');
INSERT INTO ff.events (unit, event, value) VALUES ('u3', 'buy', 2);
SELECT * FROM refreshed();
INSERT INTO ff.events (unit, event, value, at) VALUES ('u3', 'buy', 2, now() - interval '1 day');
SELECT * FROM refreshed();
-- who may only send rows need no other right
CREATE ROLE increment_sender;
SELECT ff_grant('increment_sender', 'evaluate');
SET ROLE increment_sender;
INSERT INTO ff.events (project, unit, event, written_in) VALUES ('increment', 'u3', 'buy', '3'), ('increment', 'u4', 'buy', '4');
RESET ROLE;
SELECT * FROM refreshed();
-- a note of their own is read once, and none of a transaction to come
SET ROLE increment_sender;
INSERT INTO ff.event_corrections (project) VALUES ('increment');
INSERT INTO ff.event_corrections (project, written_in) VALUES ('increment', '9000000000000000000');
RESET ROLE;
SELECT * FROM refreshed();
SELECT * FROM refreshed();
SELECT ff_revoke('increment_sender', 'evaluate');
DROP OWNED BY increment_sender;
DROP ROLE increment_sender;
DROP FUNCTION refreshed();
SELECT ff_project_delete('increment', cascade => true);
