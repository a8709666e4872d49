\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminoverrides') IS NOT NULL;
SET featureflow.project = 'adminoverrides';
SELECT ff_flag_create('beta') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL;

SELECT ff_override('beta', 'on', user_key => 'ann', reason => 'asked for it') IS NOT NULL;
SELECT ff_override('beta', 'true', organization => 'acme', environment => 'staging') IS NOT NULL;
SELECT ff_override('theme', 'dark', user_key => 'ann', expires => now() + interval '1 hour') IS NOT NULL;
SELECT flag, environment, kind, subject, variation, expires_at IS NOT NULL, reason, created_by = current_user FROM ff.overrides_active WHERE project = 'adminoverrides';
SELECT value, reason, rule FROM ff_evaluate_detail('ann', 'beta');
SELECT value, reason, rule FROM ff_evaluate_detail('bob', 'beta', '{"organization": "acme"}', 'staging');
SELECT value, reason, rule FROM ff_evaluate_detail('bob', 'beta', '{"organization": {"key": "acme"}}', 'staging');
-- a second call replaces the first, under one id
SELECT ff_override('theme', 'dark', user_key => 'ann') = ff_override('theme', 'light', user_key => 'ann', reason => 'again');
SELECT flag, environment, variation, expires_at, reason FROM ff.overrides_active WHERE project = 'adminoverrides' AND flag = 'theme';

-- refused
SELECT ff_override('beta', 'on');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_override('beta', 'on', user_key => 'ann', organization => 'acme');
SELECT ff_override('beta', 'on', user_key => '');
SELECT ff_override('beta', 'on', organization => repeat('x', 1025));
SELECT ff_override('beta', 'maybe', user_key => 'ann');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_override('beta', NULL, user_key => 'ann');
SELECT ff_override('beta', 'on', user_key => 'ann', expires => now());
SELECT ff_override('nowhere', 'on', user_key => 'ann');
SELECT ff_override('beta', 'on', user_key => 'ann', environment => 'nowhere');
-- quotes are just characters
SELECT ff_override('beta', 'on', user_key => 'O''Brien "x"; --') IS NOT NULL;
SELECT ff_is_enabled('O''Brien "x"; --', 'beta');

-- expired ones do nothing, and can be removed
BEGIN;
UPDATE ff.overrides SET expires_at = now() - interval '1 second' WHERE flag_id = (ff._flag(ff._project(NULL), 'beta')).id AND subject = 'ann';
SELECT value, reason, rule FROM ff_evaluate_detail('ann', 'beta');
SELECT subject FROM ff.overrides_active WHERE project = 'adminoverrides' AND flag = 'beta' ORDER BY 1;
SELECT ff_override_remove('beta', user_key => 'ann');
ROLLBACK;
-- views go by the start of the statement, as evaluation does, also late in a transaction
BEGIN;
SELECT ff_override('beta', 'on', user_key => 'late', expires => clock_timestamp() + interval '0.05 s') IS NOT NULL;
SELECT pg_sleep(0.1);
SELECT ff_is_enabled('late', 'beta'), count(*) FROM ff.overrides_active WHERE project = 'adminoverrides' AND subject = 'late';
SELECT ff_override('beta', 'on', user_key => 'late', expires => statement_timestamp());
ROLLBACK;
SELECT ff_override_remove('beta', user_key => 'ann');
SELECT ff_override_remove('beta', user_key => 'ann');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_override_remove('beta', organization => 'acme');
SELECT ff_override_remove('beta', organization => 'acme', environment => 'staging');
SELECT ff_override_remove('beta');

SELECT ff_project_delete('adminoverrides', cascade => true);
