\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_partitions_maintain('3 years');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_partitions_maintain('-1 day');
SELECT ff_partitions_maintain(keep => '-1 day');
SELECT ff_partitions_maintain(unit => 'hour');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_partitions_maintain(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_partitions_maintain(unit => NULL);
SELECT ff_partitions_maintain(NULL, '1 day', NULL);
-- by days, since months are of any length; nothing is left behind
BEGIN;
DELETE FROM ff.experiments;
SELECT ff_project_create('expparts') IS NOT NULL;
SET LOCAL featureflow.project = 'expparts';
SELECT ff_flag_create('button') IS NOT NULL, ff_metric_create('clicks', 'mean', 'click') IS NOT NULL;
SELECT ff_flag_rollout('button', 50);
SELECT ff_experiment_create('buttons', 'button', '{clicks}') IS NOT NULL, ff_experiment_start('buttons', now() - interval '3 days');
CREATE FUNCTION day(timestamptz) RETURNS int LANGUAGE sql RETURN extract(day FROM date_trunc('day', $1 AT TIME ZONE 'UTC') - date_trunc('day', now() AT TIME ZONE 'UTC'));
-- rows by partition, and of which day it is, from today
CREATE VIEW placed AS SELECT p.day, p.place, x.unit FROM (
	SELECT tableoid, unit, project FROM ff.exposures UNION ALL SELECT tableoid, unit, project FROM ff.events) x
LEFT JOIN (SELECT y.partition AS oid, t AS place, day(y.lower) AS day FROM unnest('{exposures,events}'::text[]) t, ff._partitions(t) y) p ON p.oid = x.tableoid
WHERE x.project = 'expparts' ORDER BY p.place, p.day, x.unit;

-- without partitions all is in the default ones, and moves when they are made
SELECT count(*) FROM ff._partitions('events');
SELECT (ff_expose('u1', 'button')).reason, ff_track('u1', 'click', 1), ff_track('u1', 'click', 2, at => now() - interval '40 days'), ff_track('u1', 'click', 3, at => now() + interval '1 day');
SELECT * FROM placed;
SELECT (ff_experiment_stats('buttons')).n;
SELECT action, regexp_replace(relation, '\d', '#', 'g'), day(lower), day(upper), rows FROM ff_partitions_maintain('1 day', unit => 'day');
SELECT * FROM placed;
SELECT (ff_experiment_stats('buttons')).n;
SELECT relation FROM ff_partitions_maintain('1 day', unit => 'day');
SELECT action, day(lower), day(upper), rows FROM ff_partitions_maintain('2 days', unit => 'day');
-- ff_expose finds the partition, all its indexes, and the default one
SELECT count(ff_expose('u' || i, 'button')) FROM generate_series(2, 4) i;
SELECT * FROM placed WHERE place = 'exposures';
SET enable_seqscan = off;
SELECT unit FROM ff.exposures WHERE project = 'expparts' AND experiment = 'buttons' AND environment = 'production' ORDER BY unit;
RESET enable_seqscan;
-- a partition whose columns are placed otherwise
SELECT partition AS today FROM ff._partitions('exposures') WHERE day(lower) = 0 \gset
DROP TABLE :today;
CREATE TABLE ff.other (gone int, LIKE ff.exposures_default INCLUDING ALL);
ALTER TABLE ff.other DROP COLUMN gone;
DO $$ BEGIN
	EXECUTE (SELECT format('ALTER TABLE ff.exposures ATTACH PARTITION ff.other FOR VALUES FROM (%L) TO (%L)', d, d + interval '24 hours') FROM date_trunc('day', now(), 'UTC') d);
END $$;
SELECT (ff_expose('u6', 'button')).reason;
SELECT experiment, unit, environment, project, variation IN ('on', 'off'), at BETWEEN now() AND clock_timestamp() FROM ff.other;
SET enable_seqscan = off;
SELECT unit FROM ff.other WHERE project = 'expparts' AND experiment = 'buttons' AND environment = 'production';
RESET enable_seqscan;
-- one with a column of its own kind, and none for today
SAVEPOINT a;
ALTER TABLE ff.exposures ADD COLUMN note text;
ALTER TABLE ff.other ALTER COLUMN note SET DEFAULT 'x';
SELECT (ff_expose('u7', 'button')).reason;
SELECT unit, note FROM ff.other ORDER BY 1;
DELETE FROM ff.other;
ALTER TABLE ff.other ALTER COLUMN note SET NOT NULL;
SELECT ff_expose('u8', 'button');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO a;
ALTER TABLE ff.exposures DETACH PARTITION ff.exposures_default;
DROP TABLE ff.other;
\set VERBOSITY sqlstate
SELECT ff_expose('u8', 'button');
\set VERBOSITY default
ROLLBACK TO a;
-- keys are followed in all of them
SELECT ff_project_update('expparts', key => 'expparts2'), ff_project_update('expparts2', key => 'expparts');
SELECT ff_environment_update('production', key => 'live');
SELECT environment, count(*) FROM ff.exposures WHERE project = 'expparts' GROUP BY 1;

-- what goes: not what an experiment needs that runs or is a draft
DO $$ BEGIN
	FOR i IN 20..60 BY 40 LOOP
		EXECUTE format('CREATE TABLE public."Events ago %s" PARTITION OF ff.events FOR VALUES FROM (%L) TO (%L)', i, now() - i * interval '1 day', now() - (i - 1) * interval '1 day');
	END LOOP;
END $$;
SELECT ff_track('u1', 'click', i, at => now() - i * interval '1 day' + interval '1 hour') FROM unnest('{20,60,90}'::int[]) i;
SELECT action, relation, day(upper) > -10 AS too_new, rows FROM ff_partitions_maintain('1 day', '10 days', 'day');
SELECT value FROM ff.events WHERE project = 'expparts' ORDER BY value;
SELECT ff_experiment_create('next', 'button', '{clicks}', environment => 'live') IS NOT NULL, ff_experiment_stop('buttons');
SELECT action, relation, rows FROM ff_partitions_maintain('1 day', '10 days', 'day');
SELECT ff_experiment_delete('next');
SELECT action, relation, rows FROM ff_partitions_maintain('1 day', NULL, 'day');
SELECT action, relation, rows FROM ff_partitions_maintain('1 day', '10 days', 'day');
SELECT value FROM ff.events WHERE project = 'expparts' ORDER BY value;
ROLLBACK;
SELECT count(*) FROM ff._partitions('events');
