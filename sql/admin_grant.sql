\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
CREATE ROLE regress_ff_app;
CREATE ROLE regress_ff_support;
CREATE ROLE "regress_ff Admin";
SELECT ff_project_create('admingrant') IS NOT NULL;
SET featureflow.project = 'admingrant';
SELECT ff_flag_create('beta', client_visible => true) IS NOT NULL;
SELECT ff_flag_default('beta', 'true');

-- anybody evaluates, and does nothing else
SET ROLE regress_ff_app;
SELECT ff_is_enabled('u', 'beta'), ff_evaluate('u', 'beta'), (ff_evaluate_detail('u', 'beta')).reason, ff_enabled_flags('u'), ff_bootstrap('u'), ff_version() > 0, ff_bucket('a', 'b') >= 0;
SELECT ff_session_override('beta', 'off');
SELECT stage FROM ff_explain('u', 'beta');
SELECT ff_flag_disable('beta');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_kill('beta');
SELECT ff_ruleset();
SELECT ff_flag_history('beta');
SELECT ff_grant('regress_ff_app', 'admin');
SELECT ff_pre_restore();
SELECT key FROM ff.flags;
UPDATE ff.flags SET killed_at = now();
SELECT count(*) FROM ff.audit_log;
DELETE FROM ff.audit_log;
SELECT ff._lock_project(NULL);
SET featureflow.restoring = on;
RESET ROLE;

-- evaluate: explain as well
SELECT ff_grant('regress_ff_support', 'evaluate');
SET ROLE regress_ff_support;
SELECT count(*) > 0 FROM ff_explain('u', 'beta');
SELECT ff_flag_disable('beta');
RESET ROLE;
SELECT ff_revoke('regress_ff_support', 'evaluate');
SET ROLE regress_ff_support;
SELECT count(*) > 0 FROM ff_explain('u', 'beta');
SELECT ff_is_enabled('u', 'beta');
RESET ROLE;

-- admin: all of administration, under its own name
SELECT ff_grant('regress_ff Admin', 'admin');
SET ROLE "regress_ff Admin";
SELECT count(*) > 0 FROM ff_explain('u', 'beta');
SELECT ff_project_create('admingrant2') IS NOT NULL;
SELECT ff_environment_create('qa') IS NOT NULL;
SELECT ff_environment_update('qa', name => 'Quality');
SELECT ff_plan_create('gold', 30) IS NOT NULL;
SELECT ff_flag_create('theme', 'string', '["light", "dark"]', min_plan => 'gold') IS NOT NULL;
SELECT ff_flag_update('theme', description => 'Colours'), ff_flag_disable('theme'), ff_flag_enable('theme');
SELECT ff_variation_add('theme', 'blue'), ff_variation_update('theme', 'blue', '"navy"'), ff_variation_remove('theme', 'blue');
SELECT ff_segment_create('staff', '{"attribute": "a", "op": "exists"}') IS NOT NULL;
SELECT ff_flag_rules('theme', '[{"when": {"segment": "staff"}, "serve": "dark"}]'), ff_flag_target('theme', 'dark', '{ann}'), ff_flag_rollout('theme', 10);
SELECT ff_flag_require('theme', 'beta'), ff_override('theme', 'dark', user_key => 'bob') IS NOT NULL, ff_override_remove('theme', user_key => 'bob');
SELECT ff_flag_kill('theme', 'fire'), ff_flag_revive('theme'), ff_flag_archive('theme'), ff_flag_unarchive('theme');
SELECT ff_flag_rollback('theme', 1) > 1;
SELECT DISTINCT role FROM ff_flag_history('theme') ORDER BY 1;
SELECT DISTINCT acting_role FROM ff.audit_log WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
SELECT count(*) FROM ff_flag_kills();
SELECT ff_graph_text(), ff_ruleset() ->> 'environment';
SELECT count(*) > 0 FROM ff.flags_overview;
SELECT count(*) > 0 FROM ff.audit_recent;
SELECT count(*) FROM ff.overrides_active WHERE project = 'admingrant';
SELECT count(*) FROM ff.segments_overview WHERE project = 'admingrant';
SELECT count(*) FROM ff.environments_overview WHERE project = 'admingrant';
-- directly as well, with the same checks
UPDATE ff.flag_settings SET enabled = false WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
UPDATE ff.flag_settings SET default_serve = '"none"' WHERE flag_id = (ff._flag(ff._project(NULL), 'theme')).id;
-- but neither the log, nor history, nor versions, nor grants, nor restoring
INSERT INTO ff.audit_log (number, at, transaction_id, table_name, action, session_role, acting_role) VALUES (0, now(), 0, 'flags', 'x', 'x', 'x');
UPDATE ff.audit_log SET reason = 'x';
DELETE FROM ff.audit_log;
TRUNCATE ff.audit_log;
DELETE FROM ff.flag_versions;
UPDATE ff.versions SET version = 0;
SELECT ff_grant('regress_ff_app', 'admin');
SELECT ff_post_restore();
ALTER TABLE ff.flags DISABLE TRIGGER ALL;
SELECT ff_project_delete('admingrant2');
RESET ROLE;
SELECT ff_revoke('regress_ff Admin', 'admin');
SET ROLE "regress_ff Admin";
SELECT ff_flag_disable('beta');
SELECT count(*) > 0 FROM ff_explain('u', 'beta');
RESET ROLE;

-- refused
SELECT ff_grant('regress_nobody', 'admin');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_grant('regress_ff_app', 'root');
SELECT ff_grant('regress_ff_app', NULL);

SELECT ff_project_delete('admingrant', cascade => true);
SELECT ff_revoke('regress_ff Admin', 'evaluate');
DROP ROLE regress_ff_app, regress_ff_support, "regress_ff Admin";
