\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminkill') IS NOT NULL;
SET featureflow.project = 'adminkill';
SELECT ff_flag_create('pay') IS NOT NULL, ff_flag_create('other') IS NOT NULL;
SELECT ff_flag_default('pay', 'true', e) FROM unnest('{development,staging,production}'::text[]) e;
SELECT ff_override('pay', 'on', user_key => 'ann') IS NOT NULL;
SELECT ff_flag_target('pay', 'on', '{bob}');

-- one call, everywhere, whatever else is said
SELECT ff_flag_kill('pay', 'double charges');
SELECT e, u, ff_is_enabled(u, 'pay', environment => e) FROM unnest('{development,staging,production}'::text[]) e, unnest('{ann,bob,cleo}'::text[]) u;
SELECT reason, rule FROM ff_evaluate_detail('ann', 'pay');
SELECT environment, state, serving FROM ff.flags_overview WHERE project = 'adminkill' AND flag = 'pay';
SELECT killed_at IS NOT NULL, kill_reason FROM ff.flags WHERE id = (ff._flag(ff._project(NULL), 'pay')).id;
-- a second time changes nothing
SELECT ff_flag_kill('pay', 'again');
SELECT kill_reason FROM ff.flags WHERE id = (ff._flag(ff._project(NULL), 'pay')).id;
SELECT ff_flag_revive('pay', 'fixed');
SELECT ff_flag_revive('pay');
SELECT ff_is_enabled('ann', 'pay');
-- the session's reason counts where none is given, and is there afterwards
SET featureflow.change_reason = 'drill';
SELECT ff_flag_kill('other');
SELECT ff_flag_revive('other', 'end of drill');
SHOW featureflow.change_reason;
RESET featureflow.change_reason;
SELECT ff_flag_kill('other');
SELECT ff_flag_kill('nowhere');
\echo :LAST_ERROR_SQLSTATE

SELECT flag, action, role = current_user, reason FROM ff_flag_kills();
SELECT action, reason FROM ff_flag_kills('pay');
SELECT count(*) FROM ff_flag_kills('nowhere');
-- the history of a flag outlives it
SELECT ff_flag_delete('pay');
SELECT action, reason FROM ff_flag_kills('pay');
-- and what is undone leaves no trace
BEGIN;
SELECT ff_flag_revive('other');
ROLLBACK;
SELECT action FROM ff_flag_kills('other');

SELECT ff_project_delete('adminkill', cascade => true);
