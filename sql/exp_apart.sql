-- What belongs to one experiment, flag, environment or project is not taken for
-- another's; and splits that are not even.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('apart') IS NOT NULL, ff_project_create('apart2') IS NOT NULL;
SET featureflow.project = 'apart';
SELECT ff_metric_create('clicks', 'mean', 'click') IS NOT NULL, ff_metric_create('clicks', 'mean', 'click', project => 'apart2') IS NOT NULL;
SELECT ff_flag_create('a') IS NOT NULL, ff_flag_create('b') IS NOT NULL, ff_flag_create('c') IS NOT NULL, ff_flag_create('a', project => 'apart2') IS NOT NULL;
SELECT ff_flag_rollout(f, 99.999), ff_flag_rollout(f, 99.999, 'staging') FROM unnest('{a,b,c}'::text[]) f;
SELECT ff_experiment_create('xa', 'a', '{clicks}') IS NOT NULL, ff_experiment_create('xb', 'b', '{clicks}') IS NOT NULL, ff_experiment_create('xa2', 'a', '{clicks}') IS NOT NULL;
SELECT ff_experiment_start('xa'), ff_experiment_start('xb');
CREATE VIEW apart AS SELECT experiment, unit, variation, environment, project FROM ff.exposures WHERE project LIKE 'apart%' ORDER BY project, environment, experiment, unit;
-- the same user and variation of two experiments; a flag and an environment without one
BEGIN;
SELECT (ff_expose('u', f)).variation FROM unnest('{a,b,c}'::text[]) f;
SELECT (ff_expose('v', f, environment => 'staging')).reason FROM unnest('{a,b,c}'::text[]) f;
SELECT * FROM apart;
-- and of two, one after the other
SELECT ff_experiment_stop('xa'), ff_experiment_start('xa2');
SELECT (ff_expose('u', 'a')).variation;
SELECT * FROM apart;
COMMIT;
-- keys of one project's environments are not those of another's
INSERT INTO ff.exposures (experiment, unit, variation, environment, project) VALUES ('x', 'other', 'on', 'production', 'apart2'), ('x', 'other', 'on', 'staging', 'apart2');
SELECT ff_environment_update('production', key => 'live');
SELECT project, environment, count(*) FROM apart GROUP BY 1, 2 ORDER BY 1, 2;
SELECT ff_environment_delete('staging');
SELECT project, environment, count(*) FROM apart GROUP BY 1, 2 ORDER BY 1, 2;
SELECT ff_environment_update('live', key => 'production');
-- memory has a bound in a transaction that exposes without end
BEGIN;
SELECT ff_expose_many(jsonb_agg(jsonb_build_object('user_key', 'm' || i, 'flag', 'b'))) FROM generate_series(1, 150000) i;
SELECT sum(total_bytes) < 16 * 1024 * 1024 FROM pg_backend_memory_contexts WHERE name = 'featureflow exposures';
ROLLBACK;

-- an experiment is of one project with its flag and environment
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT ff._project('apart'), 'foreign', f.id, e.id, 'off', 'Foreign' FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.key = 'a' AND e.key = 'production' AND project_id = ff._project('apart2');
\echo :LAST_ERROR_SQLSTATE

-- 10 : 30 : 60, of which an arm has nobody; exposed from the very start
SELECT ff_flag_create('s', 'string', '["m", "z", "a", "n"]') IS NOT NULL, ff_flag_default('s', '{"split": {"m": 30, "z": 60, "a": 10, "n": 0}}');
SELECT ff_experiment_create('xs', 's', '{clicks}', 'z') IS NOT NULL;
SELECT ff_experiment_start('xs', '2026-03-01 00:00+00');
SELECT weights FROM ff.experiments WHERE key = 'xs';
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'xs', 'u' || i, CASE WHEN i <= 100 THEN 'a' WHEN i <= 400 THEN 'm' ELSE 'z' END, '2026-03-01 00:00+00' FROM generate_series(1, 1000) i;
SELECT variation, n, srm_p_value FROM ff_experiment_stats('xs');
DELETE FROM ff.exposures WHERE project = 'apart' AND experiment = 'xs' AND variation = 'a';
SELECT variation, n, srm_p_value < 1e-10, round(srm_p_value::numeric, 40) = round((ff_srm('{0,300,600}', '{10,30,60}')).p_value::numeric, 40) FROM ff_experiment_stats('xs');
SELECT item, variation, value, status FROM ff_experiment_health('xs') WHERE item IN ('units', 'sample_ratio') AND variation IS NOT NULL;
-- all to one variation is no split
SELECT ff_flag_create('one') IS NOT NULL, ff_flag_rollout('one', 100), ff_experiment_create('xone', 'one', '{clicks}') IS NOT NULL;
SELECT ff_experiment_start('xone');
\echo :LAST_ERROR_SQLSTATE
DROP VIEW apart;
RESET featureflow.project;
SELECT ff_project_delete('apart', true), ff_project_delete('apart2', true);
