-- Results that are kept.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expresults') IS NOT NULL;
SET featureflow.project = 'expresults';
SET timezone = 'Asia/Tokyo';
SELECT ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL;
SELECT ff_flag_default('theme', '{"split": {"light": 50, "dark": 50}}');
SELECT ff_flag_target('theme', 'dark', '{secret-person}'), ff_override('theme', 'light', user_key => 'other-person') IS NOT NULL;
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL, ff_metric_create('revenue', 'mean', 'purchase') IS NOT NULL;
SELECT ff_experiment_create('themes', 'theme', '{buys}', secondary => '{revenue}', name => 'Größer', hypothesis => 'Dark sells') IS NOT NULL;

-- a draft has none
SELECT ff_experiment_save('themes');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff_experiment_results('themes');

SELECT ff_experiment_start('themes', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'themes', 'u' || i, CASE WHEN i % 2 = 0 THEN 'dark' ELSE 'light' END, '2026-03-02 00:00+00' FROM generate_series(1, 40) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'purchase', i, '2026-03-03 00:00+00' FROM generate_series(1, 15) i;
INSERT INTO ff.events (unit, event, at) VALUES ('u1', 'other', '2026-03-03 00:00+00');

-- while it runs, and when it stops
SELECT ff_experiment_save('themes') BETWEEN now() AND clock_timestamp();
SELECT ff_experiment_stop('themes', '2026-03-10 00:00+00');
SELECT kind, document -> 'experiment' ->> 'status', document -> 'data' -> 'exposures' -> 'rows', document -> 'data' -> 'events' -> 'rows' FROM ff_experiment_results('themes');
SELECT k, document -> k FROM ff_experiment_results('themes'), unnest('{experiment,phases,flag,variations,environment,settings,metrics,alpha}'::text[]) k WHERE kind = 'stop';
SELECT (document -> 'data' -> 'events') - 'digest', document -> 'data' -> 'events' ->> 'digest' ~ '^[0-9a-f]{16}$' FROM ff_experiment_results('themes') WHERE kind = 'stop';
-- the rows are those of the functions, to the last bit
SELECT (SELECT jsonb_agg(e - 'data_through') FROM jsonb_array_elements(document -> 'stats') e) = (SELECT jsonb_agg(to_jsonb(s) - 'data_through') FROM ff_experiment_stats('themes') s),
	document -> 'health' = (SELECT jsonb_agg(to_jsonb(h)) FROM ff_experiment_health('themes') h), jsonb_array_length(document -> 'stats')
FROM ff_experiment_results('themes') WHERE kind = 'stop';
-- no user is named in it
SELECT document::text ~ 'person|u[0-9]+"' FROM ff_experiment_results('themes');

-- the digest depends on rows and not on their order, and tells what came or went
CREATE FUNCTION digests() RETURNS TABLE (exposures text, events text) LANGUAGE sql AS $$
	SELECT d -> 'exposures' ->> 'digest', d -> 'events' ->> 'digest'
	FROM (SELECT ff._experiment_data(x) AS d FROM ff.experiments x WHERE x.key = 'themes') x $$;
SELECT * FROM digests() \gset was_
SELECT :'was_exposures' = document -> 'data' -> 'exposures' ->> 'digest', :'was_events' = document -> 'data' -> 'events' ->> 'digest' FROM ff_experiment_results('themes') WHERE kind = 'stop';
BEGIN;
CREATE TEMP TABLE again AS SELECT * FROM ff.exposures WHERE project = 'expresults';
DELETE FROM ff.exposures WHERE project = 'expresults';
SELECT exposures = repeat('0', 16), events = :'was_events' FROM digests();
INSERT INTO ff.exposures SELECT * FROM again ORDER BY unit DESC;
SELECT exposures = :'was_exposures', events = :'was_events' FROM digests();
UPDATE ff.exposures SET variation = 'light' WHERE project = 'expresults' AND unit = 'u2';
SELECT exposures = :'was_exposures' FROM digests();
DELETE FROM ff.events WHERE project = 'expresults' AND event = 'other';
SELECT events = :'was_events' FROM digests();
UPDATE ff.events SET value = value + 0.01 WHERE project = 'expresults' AND unit = 'u3';
SELECT events = :'was_events' FROM digests();
ROLLBACK;

-- what comes later changes no document
SELECT document AS kept FROM ff_experiment_results('themes') WHERE kind = 'stop' \gset
INSERT INTO ff.events (unit, event, value, at) VALUES ('u20', 'purchase', 1000, '2026-03-04 00:00+00');
SELECT ff_metric_update('buys', event => 'other'), ff_flag_default('theme', '"dark"');
SELECT document = :'kept'::jsonb, (SELECT jsonb_agg(e - 'data_through') FROM jsonb_array_elements(document -> 'stats') e) = (SELECT jsonb_agg(to_jsonb(s) - 'data_through') FROM ff_experiment_stats('themes') s)
FROM ff_experiment_results('themes') WHERE kind = 'stop';

-- the log has it; the tables are guarded as the others
SELECT DISTINCT table_name, action, new ->> 'kind', new -> 'document' = :'kept'::jsonb FROM ff.audit_log
WHERE project_id = ff._project(NULL) AND table_name = 'experiment_results' AND new ->> 'kind' = 'stop';
SELECT count(*) FROM ff_changes() WHERE table_name = 'experiment_results';
TRUNCATE ff.experiment_results;
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
INSERT INTO ff.experiment_results (experiment_id, kind, document) SELECT id, 'other', '{}' FROM ff.experiments WHERE key = 'themes';
INSERT INTO ff.experiment_results (experiment_id, kind, document) SELECT id, 'stop', '[]' FROM ff.experiments WHERE key = 'themes';
\set VERBOSITY default

-- an experiment stops whatever its data are
SELECT ff_flag_default('theme', '{"split": {"light": 50, "dark": 50}}');
SELECT ff_experiment_create('broken', 'theme', '{revenue}') IS NOT NULL;
SELECT ff_experiment_start('broken', '2026-03-01 00:00+00');
BEGIN;
CREATE OR REPLACE FUNCTION ff._gather(x ff.experiments, metrics ff.metrics[], moment timestamptz, dimension text, keeping boolean DEFAULT false) RETURNS bigint LANGUAGE plpgsql STABLE
AS $$ BEGIN RAISE EXCEPTION 'a value out of range' USING ERRCODE = '22003'; END $$;
SELECT ff_experiment_stop('broken');
SELECT document -> 'problem', document ? 'stats', document ? 'data' FROM ff_experiment_results('broken');
ROLLBACK;
-- by plain SQL nothing is kept, until it is asked for
UPDATE ff.experiments SET status = 'completed' WHERE key = 'broken' AND project_id = ff._project(NULL);
SELECT count(*) FROM ff_experiment_results('broken');
SELECT ff_experiment_save('broken') IS NOT NULL;
SELECT kind, document -> 'data' -> 'exposures', document -> 'data' -> 'events' -> 'rows' FROM ff_experiment_results('broken');

-- refused
SELECT ff_experiment_results('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_results(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_save('ghost');
\echo :LAST_ERROR_SQLSTATE

-- they go with the experiment, and with the project
SELECT ff_experiment_delete('broken');
SELECT DISTINCT x.key FROM ff.experiment_results r JOIN ff.experiments x ON x.id = r.experiment_id WHERE r.project_id = ff._project(NULL);
DROP FUNCTION digests;
SELECT ff_project_delete('expresults', true);
RESET featureflow.project;
SELECT count(*) FROM ff.experiment_results;
