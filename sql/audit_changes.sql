-- What changed since a version: nothing is missed, nothing comes twice.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ff_project_create('feed', environments => '{live,test}') IS NOT NULL, ff_project_create('otherfeed', environments => '{live}') IS NOT NULL;
SET featureflow.project = 'feed';
SET featureflow.environment = 'live';
SET featureflow.change_reason = 'because';
CREATE FUNCTION pg_temp.since(since bigint, environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', table_name, action, flag, key, changed, reason) FROM ff_changes(environment, since, project) ORDER BY number $$;
SELECT pg_temp.since(NULL);

-- one change after the other
SELECT ff_version() AS v0 \gset
SELECT pg_temp.since(:v0);
SELECT ff_flag_create('a') IS NOT NULL;
SELECT ff_version() AS v1 \gset
SELECT :v1 > :v0;
SELECT pg_temp.since(:v0);
SELECT pg_temp.since(:v1);
SELECT bool_and(version > :v0 AND version < :v1), max(version) AS entries FROM ff_changes(since => :v0) \gset
SELECT :'bool_and';
-- the version of an entry can be given as well
SELECT pg_temp.since(:entries);

-- another environment, another project, all environments
SELECT ff_flag_disable('a', 'test');
SELECT pg_temp.since(:v1);
SELECT pg_temp.since(:v1, 'test');
SELECT ff_flag_create('a', project => 'otherfeed') IS NOT NULL;
SELECT pg_temp.since(:v1);
SELECT ff_segment_create('s', '{"all": []}') IS NOT NULL;
SELECT pg_temp.since(:v1);
SELECT pg_temp.since(:v1, 'test');

-- several changes in one transaction have one number, before their versions
SELECT ff_version() AS v2 \gset
BEGIN;
SELECT ff_flag_default('a', 'true'), ff_flag_kill('a', 'bad day');
SAVEPOINT s;
SELECT ff_flag_default('a', 'false'), ff_override('a', 'on', user_key => 'bob') IS NOT NULL;
ROLLBACK TO s;
SELECT ff_override('a', 'on', user_key => 'alice') IS NOT NULL;
SELECT ff_flag_disable('a');
COMMIT;
SELECT ff_version() AS v3 \gset
SELECT pg_temp.since(:v2);
SELECT count(DISTINCT version), bool_and(version > :v2 AND version < :v3) FROM ff_changes(since => :v2);
SELECT pg_temp.since(:v3);

-- the number is drawn anew where the savepoint was rolled back that drew it
BEGIN;
SAVEPOINT s;
SELECT ff_flag_enable('a');
SELECT version AS undone FROM ff_changes(since => :v3) \gset
ROLLBACK TO s;
SELECT pg_temp.since(:v3);
SELECT ff_flag_enable('a');
SELECT version > :undone FROM ff_changes(since => :v3);
COMMIT;
SELECT pg_temp.since(:v3);

-- two projects in one transaction, each with a number of its own
SELECT ff_version() AS v4, ff_version('otherfeed') AS o4 \gset
BEGIN;
SELECT ff_flag_disable('a'), ff_flag_disable('a', project => 'otherfeed'), ff_flag_revive('a');
COMMIT;
SELECT pg_temp.since(:v4);
SELECT pg_temp.since(:o4, project => 'otherfeed');
SELECT count(DISTINCT version) FROM (SELECT version FROM ff_changes(since => :v4) UNION ALL SELECT version FROM ff_changes(since => :o4, project => 'otherfeed')) x;

-- by plain SQL; an update that changes nothing is no change
SELECT ff_version() AS v5 \gset
UPDATE ff.flag_settings s SET enabled = true FROM ff.flags f WHERE f.id = s.flag_id AND f.project_id = ff._project('feed');
SELECT pg_temp.since(:v5);
SELECT ff_version() AS v6 \gset
UPDATE ff.flag_settings s SET enabled = true FROM ff.flags f WHERE f.id = s.flag_id AND f.project_id = ff._project('feed');
SELECT pg_temp.since(:v6);

-- what no flag answers from is left out, metrics for instance; what a metric of an experiment is recorded under is its project
INSERT INTO ff.metrics (project_id, key, kind, event, name) VALUES (ff._project('feed'), 'm', 'mean', 'bought', 'Bought');
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name)
SELECT f.project_id, 'x', f.id, ff._environment(f.project_id, 'live'), 'off', 'X' FROM ff.flags f WHERE f.project_id = ff._project('feed') AND f.key = 'a';
INSERT INTO ff.experiment_metrics SELECT x.id, m.id FROM ff.experiments x JOIN ff.metrics m USING (project_id) WHERE x.project_id = ff._project('feed');
SELECT table_name, length(record_id) FROM ff.audit_log WHERE project_id = ff._project('feed') ORDER BY number DESC LIMIT 1;
DELETE FROM ff.experiments WHERE project_id = ff._project('feed');
SELECT pg_temp.since(:v6);

-- a deleted flag has its name still
SELECT ff_version() AS v7 \gset
SELECT ff_override_remove('a', user_key => 'alice'), ff_flag_delete('a');
SELECT pg_temp.since(:v7);

-- numbers are ours to give
INSERT INTO ff.audit_log (project_id, number, at, transaction_id, table_name, action, session_role, acting_role, version)
SELECT ff._project('feed'), max(number) + 1, now(), 0, 'flags', 'update', 'x', 'x', 1 FROM ff.audit_log WHERE project_id = ff._project('feed') RETURNING version > :v7;
UPDATE ff.audit_log SET version = 1 WHERE project_id = ff._project('feed') AND session_role = 'x' RETURNING version > :v7;
DELETE FROM ff.audit_log WHERE project_id = ff._project('feed') AND session_role = 'x';

-- versions from which one cannot go on
SELECT count(*) FROM ff_changes(since => 1);
SELECT count(*) FROM ff_changes(since => 0);
SELECT count(*) FROM ff_changes(since => -1);
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT regexp_replace(e, '\d{16}', 'N', 'g') FROM (SELECT 1) x, LATERAL (SELECT count(*)::text AS e FROM ff_changes(since => 1)) y;
\set VERBOSITY terse
SELECT ff_version() AS v8 \gset
DO $$ BEGIN PERFORM ff_changes(since => ff_version() + 1); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT count(*) FROM ff_changes('nowhere');
SELECT count(*) FROM ff_changes(project => 'nowhere');
-- after retention
SELECT ff_audit_retain('0', 'feed') > 10;
SELECT pg_temp.since(:v8);
SELECT ff_segment_delete('s');
DO $$ BEGIN PERFORM ff_changes(since => (SELECT min(version) - 1 FROM ff.audit_log WHERE project_id = ff._project('feed'))); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', regexp_replace(SQLERRM, '\d+', 'N'); END $$;
SELECT ff_version() AS v9 \gset
SELECT ff_segment_create('t', '{"all": []}') IS NOT NULL;
SELECT pg_temp.since(:v9);
SELECT * FROM ff_audit_verify(project => 'feed');

SELECT ff_project_delete('feed', true), ff_project_delete('otherfeed', true);
