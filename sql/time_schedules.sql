-- Steps by the clock: scheduled, honoured when they come, ended by hand, listed.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
SELECT ff_project_create('timesteps') IS NOT NULL;
SET featureflow.project = 'timesteps';
SELECT ff_flag_create('sale') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark", "contrast"]') IS NOT NULL;

-- As if time had passed: all that has a time is so much older.
CREATE FUNCTION pg_temp.let_pass(flag text, amount interval) RETURNS void LANGUAGE sql AS $$
	WITH f AS (SELECT (ff._flag(ff._project(NULL), flag)).id),
	settings AS (UPDATE ff.flag_settings s SET enabled_at = s.enabled_at - amount, default_at = s.default_at - amount FROM f
		WHERE s.flag_id = f.id AND (s.enabled_at, s.default_at) IS DISTINCT FROM (NULL, NULL))
	UPDATE ff.schedules c SET at = c.at - amount FROM f WHERE c.flag_id = f.id;
$$;
CREATE FUNCTION pg_temp.sale(OUT answer boolean, OUT reason text, OUT rule text) LANGUAGE sql AS $$
	SELECT value::boolean, reason, rule FROM ff_evaluate_detail('user-1', 'sale');
$$;
CREATE FUNCTION pg_temp.now_in(flag text, OUT state text, OUT serving text) LANGUAGE sql AS $$
	SELECT state, serving FROM ff.flags_overview o WHERE project = 'timesteps' AND o.flag = $1 AND environment = 'production';
$$;

\echo -- enable and disable
SELECT ff_flag_default('sale', 'true');
SELECT * FROM pg_temp.sale();
SELECT ff_flag_schedule('sale', now() + interval '1 hour', 'disable', reason => 'night') IS NOT NULL;
SELECT ff_flag_schedule('sale', now() + interval '2 hours', 'enable') IS NOT NULL;
-- not STATIC: an answer may change without a change of configuration
SELECT * FROM pg_temp.sale();
SELECT pg_temp.let_pass('sale', '1 hour 1 minute');
SELECT * FROM pg_temp.sale(), pg_temp.now_in('sale');
SELECT key, enabled_flags FROM ff_environment_list() WHERE key = 'production';
SELECT environment, flags, enabled FROM ff.environments_overview WHERE project = 'timesteps' AND environment <> 'development';
-- nothing was written: the stored value is as it was
SELECT enabled, enabled_at FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id AND e.key = 'production';
SELECT pg_temp.let_pass('sale', '1 hour');
SELECT * FROM pg_temp.sale(), pg_temp.now_in('sale');
-- the clock set back
SELECT pg_temp.let_pass('sale', '-1 hour');
SELECT * FROM pg_temp.sale();

\echo -- by hand: what has come is over, what is to come stays
SELECT ff_flag_enable('sale');
SELECT * FROM pg_temp.sale();
SELECT enabled, enabled_at IS NOT NULL AS set FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id AND e.key = 'production';
SELECT ff_flag_disable('sale');
SELECT * FROM pg_temp.sale();
SELECT pg_temp.let_pass('sale', '1 hour');
SELECT * FROM pg_temp.sale();
-- plain SQL as well
UPDATE ff.flag_settings SET enabled = false WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id;
SELECT * FROM pg_temp.sale();
SELECT ff_flag_enable('sale', 'production');
-- what changes nothing about it keeps the step that is in force
SELECT ff_flag_schedule('sale', now() + interval '1 hour', 'disable') IS NOT NULL;
SELECT pg_temp.let_pass('sale', '2 hours');
UPDATE ff.flag_settings SET rules = '[]' WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id;
SELECT * FROM pg_temp.sale();
-- a function that writes the whole row writes what is in force
SELECT ff_flag_target('sale', 'on', '{vip}');
SELECT * FROM pg_temp.sale();
SELECT ff_flag_enable('sale');
SELECT * FROM pg_temp.sale();
-- steps that have come are history
SELECT count(*), count(*) FILTER (WHERE reason = 'night') FROM ff.schedules WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id;
SELECT ff_flag_untarget('sale');

\echo -- the default, and a manual change that wants what is stored
SELECT ff_flag_default('sale', 'false');
SELECT ff_flag_schedule('sale', now() + interval '1 hour', 'serve', variation => 'true') IS NOT NULL;
SELECT pg_temp.let_pass('sale', '2 hours');
SELECT * FROM pg_temp.sale(), pg_temp.now_in('sale');
SELECT ff_flag_rollout('sale', 0);
SELECT * FROM pg_temp.sale(), pg_temp.now_in('sale');

\echo -- a step at the very start of the statement has come, one a microsecond later has not
DO $$
DECLARE
	settings ff.flag_settings;
BEGIN
	SELECT s.* INTO settings FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id AND e.key = 'production'
	WHERE s.flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
	INSERT INTO ff.schedules (flag_id, environment_id, at, serve) VALUES
		(settings.flag_id, settings.environment_id, statement_timestamp() + interval '1 microsecond', '"contrast"');
	RAISE NOTICE 'later: %', ff_string('u', 'theme');
	INSERT INTO ff.schedules (flag_id, environment_id, at, serve) VALUES
		(settings.flag_id, settings.environment_id, statement_timestamp(), '"dark"');
	RAISE NOTICE 'now: %', ff_string('u', 'theme');
	PERFORM ff_flag_default('theme', '"light"');
	RAISE NOTICE 'by hand: %', ff_string('u', 'theme');
	UPDATE ff.schedules SET serve = '"dark"' WHERE at > statement_timestamp() AND flag_id = settings.flag_id;
END $$;
SELECT ff_string('u', 'theme');
UPDATE ff.schedules SET serve = '"contrast"' WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id AND serve = '"dark"';
SELECT ff_string('u', 'theme');
DELETE FROM ff.schedules WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
SELECT ff_string('u', 'theme');

\echo -- who made a step is not for the writer to say
INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, created_by)
SELECT f.id, e.id, '2999-01-01', true, 'somebody' FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.project_id = ff._project(NULL) AND f.key = 'theme' AND e.key = 'staging' RETURNING created_by = current_user;
SELECT ff_flag_unschedule('theme', environment => 'staging');

\echo -- a progressive rollout moves nobody out
CREATE TEMP TABLE people AS SELECT 'user-' || i AS id, NULL::int AS since FROM generate_series(1, 10000) i;
SELECT ff_flag_rollout_steps('sale', jsonb_agg(jsonb_build_object('at', now() + i * interval '1 day', 'percentage', p)))
FROM unnest('{100, 1, 62.5, 25, 10.001}'::numeric[], '{5, 1, 4, 3, 2}'::int[]) x(p, i);
CREATE PROCEDURE pg_temp.watch() LANGUAGE plpgsql AS $$
DECLARE
	inside int;
	gone int;
BEGIN
	FOR day IN 0 .. 5 LOOP
		SELECT count(*) INTO gone FROM people WHERE since IS NOT NULL AND NOT ff_is_enabled(id, 'sale');
		UPDATE people SET since = day WHERE since IS NULL AND ff_is_enabled(id, 'sale');
		SELECT count(*) INTO inside FROM people WHERE since IS NOT NULL;
		RAISE NOTICE 'day %: % serves % of 10000, % moved out', day, (pg_temp.now_in('sale')).serving, inside, gone;
		PERFORM pg_temp.let_pass('sale', interval '1 day 1 second');
	END LOOP;
END;
$$;
CALL pg_temp.watch();
-- those to come are replaced, those that have come stay
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 100}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-02-01T00:00:00+02:00", "percentage": 20}, {"at": "2999-03-01T00:00:00Z", "percentage": 100}]', lower => true, reason => 'less');
SELECT what, detail, at > now() AS to_come FROM ff_schedule('-infinity') WHERE flag = 'sale' AND what NOT IN ('enable', 'disable') ORDER BY at;
SELECT ff_flag_rollout_steps('sale', '[]');
SELECT count(*) FROM ff_schedule();
-- the attribute that is bucketed stays
SELECT ff_flag_rollout('sale', 10, by => 'account.id');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 50}, {"at": "2999-01-02T00:00:00Z", "percentage": 100}]');
SELECT ff_flag_schedule('sale', '2999-01-03 00:00Z', 'rollout', percentage => 99.5) IS NOT NULL;
SELECT at, what, detail FROM ff_schedule();
SELECT ff_flag_unschedule('sale');
SELECT ff_flag_rollout('sale', 10, by => '');
SELECT ff_flag_rollout_steps('theme', '[{"at": "2999-01-01T00:00:00Z", "percentage": 50}]', 'staging', 'dark');

\echo -- refused
SELECT ff_flag_schedule('sale', NULL, 'enable');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', 'infinity', 'enable');
SELECT ff_flag_schedule('sale', '-infinity', 'enable');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2001-02-03 04:05:06.7+01', 'enable');
\echo :LAST_ERROR_SQLSTATE
DO $$ BEGIN PERFORM ff_flag_schedule('sale', statement_timestamp(), 'enable'); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE 'now is past'; END $$;
SELECT ff_flag_schedule('sale', '2999-01-01', 'explode');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2999-01-01', NULL);
SELECT ff_flag_schedule('sale', '2999-01-01', 'enable', percentage => 5);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2999-01-01', 'serve', percentage => 5, variation => 'on');
SELECT ff_flag_schedule('sale', '2999-01-01', 'disable', variation => 'on');
SELECT ff_flag_schedule('sale', '2999-01-01', 'rollout');
SELECT ff_flag_schedule('sale', '2999-01-01', 'rollout', percentage => 100.5);
SELECT ff_flag_schedule('sale', '2999-01-01', 'rollout', percentage => 'NaN');
SELECT ff_flag_schedule('sale', '2999-01-01', 'rollout', percentage => 5, variation => 'off');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2999-01-01', 'serve');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2999-01-01', 'serve', variation => 'maybe');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('theme', '2999-01-01', 'rollout', percentage => 5);
SELECT ff_flag_schedule('sale', '2999-01-01', 'enable', 'nowhere');
SELECT ff_flag_schedule('nothing', '2999-01-01', 'enable');
-- two of a kind at one time
SELECT ff_flag_schedule('sale', '2999-01-01', 'enable') IS NOT NULL;
SELECT ff_flag_schedule('sale', '2999-01-01 01:00+01', 'disable');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_schedule('sale', '2999-01-01', 'rollout', percentage => 50) IS NOT NULL;
SELECT ff_flag_schedule('sale', '2999-01-01', 'serve', variation => 'off');
SELECT ff_flag_schedule('sale', '2999-01-01', 'enable', 'staging') IS NOT NULL;
SELECT ff_flag_unschedule('sale', '2999-01-01 00:00:01');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_unschedule('sale', '2999-01-01');
SELECT ff_flag_unschedule('sale'), ff_flag_unschedule('sale', environment => 'staging');
-- a step that a later value of the clock has ended already
UPDATE ff.flag_settings SET enabled_at = '2999-06-01' WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id;
SELECT ff_flag_schedule('sale', '2999-06-01', 'enable');
SELECT ff_flag_schedule('sale', '2999-06-01 00:00:00.000001', 'enable') IS NOT NULL;
UPDATE ff.flag_settings SET enabled_at = NULL WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id;
SELECT ff_flag_unschedule('sale');
-- documents of steps
SELECT ff_flag_rollout_steps('sale', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout_steps('sale', 'null');
SELECT ff_flag_rollout_steps('sale', '{}');
SELECT ff_flag_rollout_steps('sale', '[1]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 20}, {"at": "2999-01-02T00:00:00", "percentage": 30}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": 5, "percentage": 20}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "infinity", "percentage": 20}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z"}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": "20"}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 20, "by": "x"}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 120}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2001-01-01T00:00:00Z", "percentage": 20}]');
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 20}, {"at": "2999-01-01T01:00:00+01:00", "percentage": 30}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-02T00:00:00Z", "percentage": 20}, {"at": "2999-01-01T00:00:00Z", "percentage": 30.5}]');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout_steps('sale', '[{"at": "2999-01-01T00:00:00Z", "percentage": 5}]');
SELECT count(*) FROM ff_schedule() WHERE flag = 'sale';
-- archived
SELECT ff_flag_archive('theme');
SELECT ff_flag_schedule('theme', '2999-01-01', 'enable', 'staging');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_rollout_steps('theme', '[]', 'staging', 'dark');
SELECT count(*) FROM ff_schedule();
SELECT ff_flag_unarchive('theme');
SELECT flag, environment, what, detail FROM ff_schedule();
-- plain SQL: checked at commit
BEGIN;
INSERT INTO ff.schedules (flag_id, environment_id, at, serve)
SELECT f.id, e.id, '2999-05-01', '"sepia"' FROM ff.flags f JOIN ff.environments e USING (project_id) WHERE f.project_id = ff._project(NULL) AND f.key = 'theme' AND e.key = 'staging';
COMMIT;
\echo :LAST_ERROR_SQLSTATE
CREATE FUNCTION pg_temp.try(serve jsonb, environment uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
BEGIN
	INSERT INTO ff.schedules (flag_id, environment_id, at, serve) VALUES ((ff._flag(ff._project(NULL), 'theme')).id, environment, '2999-05-01', serve);
	SET CONSTRAINTS ALL IMMEDIATE;
	RAISE EXCEPTION 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' | ', SQLSTATE, message, detail);
END;
$$;
SELECT pg_temp.try(s, ff._environment(ff._project(NULL), 'staging')) FROM unnest(ARRAY['null', 'true', '{}', '{"split": [{"variation": "dark", "weight": 40}]}',
	'{"split": [{"variation": "dark", "weight": 40}, {"variation": "sepia", "weight": 60}]}', '"dark"']::jsonb[]) WITH ORDINALITY x(s, i) ORDER BY i;
SELECT pg_temp.try('"dark"', ff._environment(ff._project('default'), 'staging'));

\echo -- a variation that a step names cannot go, unless the step is over
SELECT ff_flag_schedule('theme', now() + interval '1 hour', 'serve', 'staging', variation => 'contrast') IS NOT NULL;
SELECT ff_flag_unschedule('theme', environment => 'production');
\set VERBOSITY terse
SELECT ff_variation_remove('theme', 'contrast');
SELECT pg_temp.let_pass('theme', '2 hours');
SELECT ff_variation_remove('theme', 'contrast');
SELECT ff_string('u', 'theme', environment => 'staging');
SELECT ff_flag_default('theme', '"light"', 'staging');
SELECT ff_variation_remove('theme', 'contrast');
SELECT ff_string('u', 'theme', environment => 'staging');
-- what is over does not come back by a hand that moves its end
BEGIN;
UPDATE ff.flag_settings SET default_at = NULL WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
COMMIT;
\set VERBOSITY default

\echo -- versions tell what was in force; a rollback leaves steps to come
SELECT ff_flag_create('doc') IS NOT NULL;
SELECT ff_flag_schedule('doc', now() + interval '1 hour', 'rollout', percentage => 30) IS NOT NULL,
	ff_flag_schedule('doc', now() + interval '2 days', 'disable') IS NOT NULL;
SELECT pg_temp.let_pass('doc', '2 hours');
SELECT ff_flag_target('doc', 'on', '{ann}');
SELECT version, changes FROM ff_flag_history('doc');
SELECT ff_flag_rollout('doc', 100);
SELECT ff_flag_rollback('doc', 2);
SELECT * FROM pg_temp.now_in('doc');
SELECT what FROM ff_schedule() WHERE flag = 'doc';
SELECT ff_flag_rollback('doc', 1);
SELECT * FROM pg_temp.now_in('doc');
-- for evaluation elsewhere: what is in force, and what is to come
SELECT ff_flag_schedule('doc', now() + interval '1 hour', 'rollout', percentage => 30) IS NOT NULL, ff_flag_schedule('doc', now() + interval '90 minutes', 'rollout', percentage => 40) IS NOT NULL;
SELECT pg_temp.let_pass('doc', '2 hours');
SELECT ff_flag_rollout_steps('doc', '[{"at": "2999-01-01T00:00:00.5Z", "percentage": 100}]');
SELECT r -> 'schedule' -> 0 ->> 'at' ~ '^[-0-9]{10}T[0-9:.]{15}Z$', r -> 'enabled', r -> 'default' #> '{split,0}', jsonb_array_length(r -> 'schedule'), r #> '{schedule,0,serve,split,0,weight}',
	(r #>> '{schedule,0,at}')::timestamptz < now(), (r #> '{schedule,1}') - 'at'::text, r #> '{schedule,2}' FROM (SELECT ff_ruleset() #> '{flags,doc}' AS r) x;
SELECT ff_flag_kill('doc'), ff_flag_delete('doc');
SELECT count(*) FROM ff.schedules c WHERE NOT EXISTS (SELECT FROM ff.flags f WHERE f.id = c.flag_id);

\echo -- the public list
SELECT ff_flag_visible('sale');
SELECT ff_flag_enable('sale');
SELECT ff_flag_schedule('sale', now() + interval '1 hour', 'disable') IS NOT NULL;
CREATE TEMP TABLE tag AS SELECT DISTINCT etag FROM ff_public_flags();
SELECT key FROM ff_public_flags();
SELECT pg_temp.let_pass('sale', '2 hours');
SELECT count(*) FROM ff_public_flags();
SELECT ff_bootstrap('u'), ff_enabled_flags('u');
SELECT ff_flag_enable('sale');
SELECT key, etag = (SELECT etag FROM tag) FROM ff_public_flags();

\echo -- a flag without settings in the environment has a schedule too
SELECT ff_flag_create('bare', 'string', '["light", "dark"]') IS NOT NULL;
DELETE FROM ff.flag_settings WHERE flag_id = (ff._flag(ff._project(NULL), 'bare')).id;
INSERT INTO ff.schedules (flag_id, environment_id, at, serve) VALUES ((ff._flag(ff._project(NULL), 'bare')).id, ff._environment(ff._project(NULL), NULL), '2001-01-01', '"dark"');
SELECT ff_string('u', 'bare');
SELECT at, what, detail FROM ff_schedule('2000-01-01', '2002-01-01');
SELECT ff_flag_salt('bare', 'x');
SELECT ff_string('u', 'bare');
-- a take-over across versions sees a changed, an added and a removed step
UPDATE ff.flag_settings SET default_at = NULL WHERE flag_id = (ff._flag(ff._project(NULL), 'bare')).id;
SELECT ff_string('u', 'bare');
UPDATE ff.schedules SET serve = '"light"' WHERE at = '2001-01-01';
SELECT ff_string('u', 'bare');
INSERT INTO ff.schedules (flag_id, environment_id, at, serve) VALUES ((ff._flag(ff._project(NULL), 'bare')).id, ff._environment(ff._project(NULL), NULL), '2001-01-02', '"dark"');
SELECT ff_string('u', 'bare');
DELETE FROM ff.schedules WHERE at = '2001-01-02';
SELECT ff_string('u', 'bare');
BEGIN;
DELETE FROM ff.schedules WHERE at = '2001-01-01';
SELECT ff_string('u', 'bare'), ff_version() IS NOT NULL;
ROLLBACK;

SELECT ff_project_delete('timesteps', cascade => true);
