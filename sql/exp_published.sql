-- Where all of the schema is published, what changes or deletes rows works as ever.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SELECT ff_project_create('published', environments => '{live,test}') IS NOT NULL;
SET featureflow.project = 'published';
CREATE TABLE published_orders (customer text, placed timestamptz, total numeric);
SELECT ff_metric_source('orders', 'published_orders', 'customer', 'placed', 'total', capture => true) IS NOT NULL,
	ff_metric_create('spent', 'mean', settings => '{"source": "orders"}') IS NOT NULL, ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL;
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50, 'live'), ff_experiment_create('x', 'f', '{buys,spent}', environment => 'live') IS NOT NULL, ff_experiment_start('x');
BEGIN;
CREATE PUBLICATION published FOR TABLES IN SCHEMA ff;
SELECT count(ff_expose('u' || i, 'f', environment => 'live')), count(ff_track('u' || i, 'buy', event_id => 'id' || i)) FROM generate_series(1, 10) i;
INSERT INTO ff.event_inbox (unit, event, event_id) VALUES ('u1', 'buy', 'id11');
-- refreshes, with rows from the inbox and of sources
SELECT experiment, problem FROM ff_experiments_refresh();
INSERT INTO published_orders VALUES ('u1', now() + interval '1 hour', 5);
SELECT experiment, problem FROM ff_experiments_refresh();
SELECT * FROM ff_events_receive();
-- what a publisher keeps of an experiment takes the place of what its subscriber keeps
CREATE TEMP TABLE sent ON COMMIT DROP AS SELECT r.* FROM ff.experiment_refreshes r JOIN ff.experiments x ON x.id = r.experiment_id WHERE x.key = 'x' AND x.project_id = ff._project(NULL);
SET LOCAL session_replication_role = replica;
INSERT INTO ff.experiment_refreshes SELECT * FROM sent;
SELECT count(*), (SELECT count(*) FROM ff.experiment_units u WHERE u.experiment_id = s.experiment_id) FROM ff.experiment_refreshes r JOIN sent s USING (experiment_id) GROUP BY s.experiment_id;
SET LOCAL session_replication_role = origin;
SELECT experiment, problem FROM ff_experiments_refresh();
-- rows that follow keys, that are changed, that are forgotten
SELECT ff_environment_update('live', key => 'alive');
SELECT ff_project_update('published', key => 'published-2');
SET LOCAL featureflow.project = 'published-2';
SELECT count(*), (SELECT count(*) FROM ff.events WHERE project = 'published-2') FROM ff.exposures WHERE project = 'published-2' AND environment = 'alive';
UPDATE ff.events SET value = 1 WHERE project = 'published-2' AND unit = 'u1';
SELECT ff_event_ids_retain('1 day');
-- partitions, with rows that move there, and what goes with environment and project
SELECT count(*) > 0 FROM ff_partitions_maintain('0');
DELETE FROM ff.events WHERE project = 'published-2' AND unit = 'u2';
SELECT ff_experiment_stop('x'), ff_environment_delete('alive');
SELECT count(*) FROM ff.exposures WHERE project = 'published-2';
SELECT ff_project_delete('published-2', cascade => true);
SELECT count(*) FROM ff.events WHERE project = 'published-2';
ROLLBACK;
SELECT ff_experiment_stop('x');
SELECT ff_project_delete('published', cascade => true);
DROP TABLE published_orders CASCADE;
