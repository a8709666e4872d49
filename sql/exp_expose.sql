\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expexpose') IS NOT NULL;
SET featureflow.project = 'expexpose';
SELECT ff_flag_create('button') IS NOT NULL, ff_metric_create('clicks', 'mean', 'click') IS NOT NULL;
SELECT ff_flag_rollout('button', 50);
CREATE VIEW shown AS SELECT unit, variation, environment FROM ff.exposures WHERE project = 'expexpose' ORDER BY unit COLLATE "C", variation;

-- the answer is that of ff_evaluate_detail, with or without an experiment
SELECT e = d, e.variation, e.reason, e.rule FROM ff_expose('u1', 'button') e, ff_evaluate_detail('u1', 'button') d;
SELECT count(*) FROM shown;
SELECT ff_experiment_create('buttons', 'button', '{clicks}') IS NOT NULL;
SELECT (ff_expose('u1', 'button')).variation;
SELECT count(*) FROM shown;
SELECT ff_experiment_start('buttons');
SELECT bool_and(e = d), count(*) FROM generate_series(1, 8) i, ff_expose('u' || i, 'button') e, ff_evaluate_detail('u' || i, 'button') d;
SELECT * FROM shown;
SELECT experiment, project, at BETWEEN now() - interval '1 minute' AND clock_timestamp(), count(*) FROM ff.exposures WHERE project = 'expexpose' GROUP BY 1, 2, 3;

-- no exposure: targets, overrides, rules, other environments, fallbacks, errors
DELETE FROM ff.exposures WHERE project = 'expexpose';
SELECT ff_flag_target('button', 'on', '{targeted}'), ff_override('button', 'off', 'overridden') IS NOT NULL;
SELECT ff_flag_rules('button', '[{"id": "staff", "serve": "on", "when": {"attribute": "staff", "op": "eq", "value": true}}]');
SELECT variation, reason, error_code FROM ff_expose('targeted', 'button')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('overridden', 'button')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('clerk', 'button', '{"staff": true}')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', 'button', environment => 'staging')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', 'button', environment => 'nowhere')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', 'button', project => 'nowhere')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', 'button', fallback => '"text"')
UNION ALL SELECT variation, reason, error_code FROM ff_expose(NULL, 'button', fallback => 'true')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', 'ghost')
UNION ALL SELECT variation, reason, error_code FROM ff_expose('u1', NULL);
SELECT count(*) FROM shown;
SELECT ff_flag_disable('button');
SELECT (ff_expose('u1', 'button')).reason;
SELECT ff_flag_enable('button'), ff_flag_kill('button');
SELECT (ff_expose('u1', 'button')).reason;
SELECT ff_flag_revive('button');
SET featureflow.allow_overrides = on; SET featureflow.override = 'button=on';
SELECT (ff_expose('u1', 'button')).reason;
RESET featureflow.override; RESET featureflow.allow_overrides;
SELECT count(*) FROM shown;
SELECT (ff_expose('u1', 'button', fallback => 'true')).reason;
SELECT count(*) FROM shown;

-- once a transaction; what is rolled back has not been written
DELETE FROM ff.exposures WHERE project = 'expexpose';
BEGIN;
SELECT count(ff_expose('u' || i % 3, 'button')) FROM generate_series(1, 30) i;
SELECT count(*) FROM shown;
SAVEPOINT a;
SELECT count(ff_expose('u' || i, 'button')) FROM generate_series(1, 4) i;
SAVEPOINT b;
SELECT (ff_expose('u5', 'button')).variation;
RELEASE b;
SELECT string_agg(unit, ' ') FROM shown;
ROLLBACK TO a;
SELECT string_agg(unit, ' ') FROM shown;
SELECT count(ff_expose('u' || i, 'button')) FROM generate_series(1, 5) i;
SELECT count(ff_expose('u' || i, 'button')) FROM generate_series(1, 5) i;
SAVEPOINT c;
SELECT (ff_expose('u6', 'button')).variation;
RELEASE c;
SELECT (ff_expose('u6', 'button')).variation;
SELECT string_agg(unit, ' ') FROM shown;
COMMIT;
SELECT (ff_expose('u1', 'button')).variation;
SELECT unit, count(*) FROM ff.exposures WHERE project = 'expexpose' GROUP BY unit ORDER BY unit;
BEGIN;
SELECT (ff_expose('u9', 'button')).variation;
ROLLBACK;
SELECT count(*) FROM shown WHERE unit = 'u9';
DELETE FROM ff.exposures WHERE project = 'expexpose';
DO $$
BEGIN
	FOR i IN 1..5 LOOP
		BEGIN
			PERFORM ff_expose('kept', 'button');
			PERFORM ff_expose('tried-' || i, 'button');
			IF i % 2 = 1 THEN RAISE EXCEPTION 'no'; END IF;
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	END LOOP;
END $$;
SELECT unit, count(*) FROM ff.exposures WHERE project = 'expexpose' GROUP BY unit ORDER BY unit;

-- a unit that meets another variation in the same transaction is written again
BEGIN;
SELECT (ff_expose('u6', 'button')).variation;
SELECT ff_flag_rollout('button', 99.999);
SELECT (ff_expose('u6', 'button')).variation;
SELECT variation FROM shown WHERE unit = 'u6';
ROLLBACK;

-- the unit is what the split goes by
SELECT ff_flag_default('button', '{"split": {"on": 50, "off": 50}, "by": "company"}');
SELECT (ff_expose('u1', 'button', '{"company": "acme"}')).reason, (ff_expose('u2', 'button', '{"company": "acme"}')).reason,
	(ff_expose('u3', 'button', '{"company": 7.50}')).reason, (ff_expose(NULL, 'button', '{"company": true}')).reason,
	(ff_expose('u4', 'button')).error_code;
SELECT unit, variation FROM shown WHERE unit !~ '^(kept|tried)';
SELECT ff_expose('u1', 'button', jsonb_build_object('company', repeat('x', 1025)));
\echo :LAST_ERROR_SQLSTATE
SELECT (ff_expose('u1', 'button', jsonb_build_object('company', repeat('é', 1024)))).reason;
SELECT ff_expose('u1', 'button', '{"company": ""}');
SELECT (ff_evaluate_detail('u1', 'button', '{"company": ""}')).reason;
SELECT ff_flag_default('button', '{"split": {"on": 50, "off": 50}}');

-- where nothing can be written
BEGIN READ ONLY;
SELECT ff_expose('u1', 'button');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT ff_expose('u1', 'ghost');
ROLLBACK;
SELECT provolatile, proparallel FROM pg_proc WHERE proname IN ('ff_expose', 'ff_expose_many', 'ff_track', 'ff_track_many') ORDER BY proname;
-- a function that says of itself what is not true
CREATE FUNCTION untrue(text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ff_expose($1, 'button') IS NOT NULL $$;
CREATE TABLE many AS SELECT 'p' || i AS id FROM generate_series(1, 10000) i;
ALTER TABLE many SET (parallel_workers = 2);
BEGIN;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SELECT count(*) FROM many WHERE untrue(id);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
DROP TABLE many;
DROP FUNCTION untrue;

-- indexes that an administrator adds are kept
CREATE INDEX expexpose_index ON ff.exposures (lower(unit)) WHERE project = 'expexpose';
SELECT (ff_expose('INDEXED', 'button')).reason;
SET enable_seqscan = off;
SELECT unit FROM ff.exposures WHERE lower(unit) = 'indexed' AND project = 'expexpose';
RESET enable_seqscan;
DROP INDEX ff.expexpose_index;

-- columns that an administrator adds stay NULL, or are refused
BEGIN;
ALTER TABLE ff.exposures ADD COLUMN note text DEFAULT 'some', ADD COLUMN gone int NOT NULL DEFAULT 1;
ALTER TABLE ff.exposures DROP COLUMN gone;
SELECT (ff_expose('noted', 'button')).reason;
SELECT unit, note IS NULL FROM ff.exposures WHERE unit = 'noted';
SAVEPOINT a;
ALTER TABLE ff.exposures ADD COLUMN id bigint NOT NULL DEFAULT 7;
SELECT ff_expose('u10', 'button');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO a;
ALTER TABLE ff.exposures ADD COLUMN short text GENERATED ALWAYS AS (left(unit, 1)) STORED;
SELECT ff_expose('u10', 'button');
ROLLBACK;
-- other kinds of relations in the place of the tables
BEGIN;
ALTER TABLE ff.exposures RENAME TO exposures_old;
SAVEPOINT a;
CREATE VIEW ff.exposures AS SELECT * FROM ff.exposures_old;
SELECT ff_expose('u10', 'button');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO a;
CREATE TABLE ff.exposures (LIKE ff.exposures_old INCLUDING ALL);
SELECT (ff_expose('u10', 'button')).reason;
SELECT unit FROM ff.exposures WHERE project = 'expexpose';
ALTER TABLE ff.events RENAME TO events_old;
CREATE TABLE ff.events (LIKE ff.events_old INCLUDING ALL);
SELECT ff_track('u10', 'click', 1);
SELECT ff_project_update('expexpose', key => 'expexpose2');
SELECT project, count(*) FROM ff.events WHERE project LIKE 'expexpose%' GROUP BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE ff.experiments RENAME TO experiments_old;
CREATE VIEW ff.experiments AS SELECT * FROM ff.experiments_old;
UPDATE ff.environments SET name = name;	-- so that it is looked at again
SELECT ff_expose('u10', 'button');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- what a session remembers of an experiment holds until that changes, or is not seen any more
SELECT count(ff_expose('m1', 'button', '{"a": 1, "b": 2}'));
UPDATE ff.experiments SET dimensions = '{a}' WHERE key = 'buttons';
SELECT count(ff_expose('m2', 'button', '{"a": 1, "b": 2}'));
BEGIN;
UPDATE ff.experiments SET dimensions = '{b}' WHERE key = 'buttons';
SELECT count(ff_expose('m3', 'button', '{"a": 1, "b": 2}'));
SAVEPOINT a;
UPDATE ff.experiments SET dimensions = '{a,b}' WHERE key = 'buttons';
SELECT count(ff_expose('m4', 'button', '{"a": 1, "b": 2}'));
SELECT unit, dimensions FROM ff.exposures WHERE unit LIKE 'm_' ORDER BY unit;
ROLLBACK TO a;
SELECT count(ff_expose('m5', 'button', '{"a": 1, "b": 2}'));
SELECT unit, dimensions FROM ff.exposures WHERE unit LIKE 'm_' ORDER BY unit;
ROLLBACK;
SELECT count(ff_expose('m6', 'button', '{"a": 1, "b": 2}'));
UPDATE ff.experiments SET dimensions = '{}' WHERE key = 'buttons';
SELECT count(ff_expose('m7', 'button', '{"a": 1, "b": 2}'));
SELECT unit, dimensions FROM ff.exposures WHERE unit LIKE 'm_' ORDER BY unit;
DELETE FROM ff.exposures WHERE unit LIKE 'm_';

-- a stopped experiment exposes nobody; the statement sees it as its snapshot does
SELECT ff_experiment_stop('buttons');
DELETE FROM ff.exposures WHERE project = 'expexpose';
SELECT (ff_expose('u1', 'button')).reason;
SELECT count(*) FROM shown;
SELECT ff_experiment_create('again', 'button', '{clicks}') IS NOT NULL;
BEGIN;
SELECT ff_experiment_start('again');
SELECT (ff_expose('u1', 'button')).reason;
SELECT experiment, unit FROM ff.exposures WHERE project = 'expexpose';
ROLLBACK;
SELECT ff_experiment_start('again');

-- many at once
SELECT ff_expose_many('[{"user_key": "a", "flag": "button"}, {"user_key": "b", "flag": "button", "attributes": {"x": 1}, "environment": "production"},
	{"user_key": "a", "flag": "button"}, {"user_key": "c", "flag": "ghost"}, {"user_key": "d", "flag": "button", "environment": "staging"},
	{"user_key": "e", "flag": "button", "fallback": 7}, {"user_key": null, "flag": "button"}, {"user_key": "targeted", "flag": "button"}]');
SELECT unit FROM shown;
-- what does not exist is said, and the others are written, by who may do no more than send as well
SET client_min_messages = error;
DROP ROLE IF EXISTS expose_sender;
RESET client_min_messages;
CREATE ROLE expose_sender;
SELECT ff_grant('expose_sender', 'evaluate');
BEGIN;
SET LOCAL ROLE expose_sender;
SELECT ff_expose_many('[{"user_key": "a1", "flag": "button"}, {"user_key": "a1", "flag": "buton", "environment": "nowhere"}, {"user_key": "a2", "flag": "button", "project": "nowhere"}, {"user_key": "a2", "flag": "button"}]');
SELECT ff_expose_many('[{"user_key": "a3", "flag": "button"}]', project => 'ghost');
ROLLBACK;
SELECT ff_revoke('expose_sender', 'evaluate');
DROP OWNED BY expose_sender;
DROP ROLE expose_sender;
SELECT ff_expose_many('[]'), ff_expose_many('[{"user_key": "z", "flag": "button", "project": "default"}]'), ff_expose_many('[{"user_key": "a", "flag": "button"}]', 'default');
SELECT ff_expose_many('[{"user_key": "f", "flag": "button"}, {"user_key": "g"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_expose_many('[{"user_key": "f", "flag": "button"}, {"user_key": 7, "flag": "button"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_expose_many('[{"user_key": "f", "flag": "button"}, {"user_key": "g", "flag": "button", "colour": 1}]');
SELECT ff_expose_many('[{"user_key": "f", "flag": "button", "attributes": [1]}]');
SELECT ff_expose_many('[{"user_key": "f", "flag": "button"}, 7]');
SELECT ff_expose_many('[{"user_key": "f", "flag": "button"}, {"user_key": "", "flag": "button"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_expose_many('{"user_key": "f", "flag": "button"}');
SELECT ff_expose_many('7'), ff_expose_many(NULL);
SELECT unit FROM shown;

-- exposures follow project and environment
SELECT ff_environment_update('production', key => 'live');
SELECT DISTINCT environment FROM shown;
SELECT ff_project_update('expexpose', key => 'expexpose2');
SELECT project, environment, count(*) FROM ff.exposures WHERE project LIKE 'expexpose%' GROUP BY 1, 2;
SET featureflow.project = 'expexpose2'; SET featureflow.environment = 'live';
SELECT sum(n) FROM ff_experiment_stats('again');
INSERT INTO ff.exposures (experiment, unit, variation, environment) VALUES ('x', 'y', 'z', 'staging');
SELECT ff_environment_delete('staging');
SELECT environment, count(*) FROM ff.exposures WHERE project LIKE 'expexpose%' GROUP BY 1;
SELECT ff_project_delete('expexpose2', true);
SELECT count(*) FROM ff.exposures WHERE project LIKE 'expexpose%';
DROP VIEW shown;
-- left to a worker, where there is one
SET featureflow.exposures = async;
SELECT ff_expose('u', 'f');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_exposures_flush();
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_exposure_queue();
SET featureflow.exposures = later;
RESET featureflow.exposures;
