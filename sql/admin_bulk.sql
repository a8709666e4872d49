\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminbulk') IS NOT NULL;
SET featureflow.project = 'adminbulk';
SELECT ff_flag_create('pay', tags => '{old,money}', category => 'shop', owner => 'ann') IS NOT NULL,
	ff_flag_create('pay-now', tags => '{old}', description => 'Buy with ONE click', temporary => false) IS NOT NULL,
	ff_flag_create('theme', 'string', '["light", "dark"]', tags => '{new}', stage => 'production') IS NOT NULL,
	ff_flag_create('base', name => 'The base') IS NOT NULL, ff_flag_create('Zoom') IS NOT NULL;
SELECT ff_flag_require('pay-now', 'pay');

-- finding
SELECT ff_flags_find();
SELECT ff_flags_find('PAY'), ff_flags_find('one CLICK'), ff_flags_find('the base'), ff_flags_find('nothing like it'), ff_flags_find('%');
SELECT ff_flags_find(tag => 'old'), ff_flags_find(tag => 'old', category => 'shop'), ff_flags_find(category => ''), ff_flags_find(owner => 'ann');
SELECT ff_flags_find(stage => 'production'), ff_flags_find(kind => 'string'), ff_flags_find(temporary => false);
SELECT ff_flags_find(project => 'nowhere');

-- archive: those in the list may require each other, others not
SELECT ff_flags_archive('{theme,pay}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flags_find(archived => true);
SELECT ff_flags_archive(ff_flags_find(tag => 'old'));
SELECT ff_flags_archive('{pay,base,base}');
SELECT ff_flags_find(archived => true), ff_flags_find(archived => false), ff_flags_find(stage => 'archived');
SELECT flag, state FROM ff.flags_overview WHERE project = 'adminbulk' AND environment = 'production';
SELECT ff_flags_archive('{theme,gone}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flags_archive('{gone,lost}');
SELECT ff_flags_archive('{theme,NULL}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flags_archive(NULL);
SELECT ff_flags_archive('{}'), ff_flags_archive(ff_flags_find(tag => 'unheard of'));
SELECT ff_flags_find(archived => false);
SELECT ff_flags_unarchive('{pay,theme,base,pay-now}', 'staging');
SELECT ff_flags_find(archived => true), ff_flags_find(stage => 'staging');
SELECT ff_flags_unarchive('{pay}', 'archived');
SELECT ff_flags_unarchive('{gone}');
-- one entry a flag in the log, one version a flag and environment
SELECT key, changed FROM ff_environment_history() WHERE "table" = 'flags' AND action = 'update' ORDER BY number;
SELECT version, changes FROM ff_flag_history('base');

-- enable and disable: where asked, counted where changed
SELECT ff_flag_disable('theme', 'staging');
SELECT ff_flags_disable('{theme,pay,pay,base}', 'staging'), ff_flags_disable('{theme,pay,base}', 'staging');
SELECT flag, environment FROM ff.flags_overview WHERE project = 'adminbulk' AND state = 'off';
SELECT ff_flags_enable('{theme,pay,Zoom}', 'staging'), ff_flags_enable('{base,theme}');
SELECT flag, environment FROM ff.flags_overview WHERE project = 'adminbulk' AND state = 'off';
SELECT ff_flags_enable('{base,gone}', 'staging');
SELECT ff_flags_enable('{base}', 'nowhere');
SELECT ff_flags_disable(NULL);
SELECT flag, environment FROM ff.flags_overview WHERE project = 'adminbulk' AND state = 'off';

-- tags
SELECT ff_flags_tag('{pay,theme,base}', add => '{q4,new}', remove => '{old}');
SELECT key, tags FROM ff.flags WHERE project_id = ff._project(NULL) ORDER BY key;
SELECT ff_flags_tag('{pay,theme,base}', add => '{q4}'), ff_flags_tag('{pay}'), ff_flags_tag('{pay,pay-now}', remove => '{old}');
SELECT ff_flags_tag('{pay}', add => '{a,b}', remove => '{b}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flags_tag('{pay}', add => ARRAY['']);
SELECT ff_flags_tag('{pay}', add => ARRAY[NULL]);
SELECT ff_flags_tag('{pay,gone}', add => '{a}');
SELECT ff_flags_tag('{pay}', NULL, NULL);
SELECT ff_flags_find(tag => 'q4'), ff_flags_find(tag => 'old'), ff_flags_find(tag => 'a');

-- killed ones are found
SELECT ff_flag_kill('base');
SELECT ff_flags_find(killed => true), ff_flags_find(killed => false);

SELECT ff_flags_kill('{base,pay,theme}', 'fire'), ff_flags_kill('{base,pay}');
SELECT flag, action, reason FROM ff_flag_kills();
SELECT ff_flags_kill('{Zoom,gone}');
SELECT ff_flags_kill(NULL);
SELECT ff_flags_revive(ff_flags_find(killed => true), 'out'), ff_flags_revive('{base}'), ff_flags_revive('{}');
SELECT ff_flags_find(killed => true), current_setting('featureflow.change_reason');
SELECT ff_flags_revive('{gone}');

-- deletion
SELECT ff_flags_delete('{pay,theme}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_archive('pay-now');
SELECT ff_flags_delete('{pay}');
SELECT ff_flags_delete('{pay,gone}');
SELECT ff_flags_delete('{pay,pay-now,theme,pay}');
SELECT ff_flags_find();
SELECT ff_flags_delete(ff_flags_find());
SELECT ff_flags_find();

-- an experiment that runs holds its flag
SELECT ff_flag_create('tried') IS NOT NULL, ff_flag_create('other') IS NOT NULL;
SELECT ff_flag_rollout('tried', 50, 'production');
INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, status, control, name, started_at)
SELECT f.project_id, 'trial', f.id, e.id, 'running', 'off', 'Trial', now() FROM ff.flags f JOIN ff.environments e USING (project_id)
WHERE f.id = (ff._flag(ff._project(NULL), 'tried')).id AND e.key = 'production';
SELECT ff_flags_archive('{other,tried}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flags_delete('{other,tried}');
UPDATE ff.experiments SET status = 'completed', stopped_at = now() WHERE key = 'trial' AND project_id = ff._project(NULL);
SELECT ff_flags_archive('{other,tried}'), ff_flags_delete('{other,tried}');

-- a locked environment holds all of them back
SELECT ff_flag_create('a') IS NOT NULL, ff_flag_create('b') IS NOT NULL, ff_environment_lock('production');
\set VERBOSITY terse
SELECT ff_flags_archive('{a,b}');
SELECT ff_flags_delete('{a,b}');
SELECT ff_flags_disable('{a,b}', 'production');
\set VERBOSITY default
SELECT ff_flags_disable('{a,b}', 'staging'), ff_flags_tag('{a,b}', '{x}');
SELECT ff_flags_kill('{a,b}'), ff_flags_revive('{a,b}');
SELECT ff_environment_unlock('production');
SELECT ff_project_delete('adminbulk', cascade => true);
