\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
-- a project comes with environments and plans
SELECT ff_project_create('tenancy', name => 'Tenancy') IS NOT NULL;
SELECT key, name, organization, environments, flags FROM ff_project_list() WHERE key = 'tenancy';
SELECT key, name, color, position FROM ff_environment_list('tenancy');
SELECT * FROM ff_plan_list('tenancy');
SELECT ff_project_create('tenancy');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_project_create('tenancy two');
SELECT ff_project_create(NULL);
SELECT ff_project_create('tenancy2', organization => 'nobody');
SELECT ff_project_create('tenancy2', environments => '{live,test,live}') IS NOT NULL;
SELECT key, color, position FROM ff_environment_list('tenancy2');
SELECT ff_project_create('tenancy3', environments => '{a b}');

-- what does not exist
SELECT ff_environment_create('qa', project => 'nowhere');
\echo :LAST_ERROR_SQLSTATE
SET featureflow.project = 'elsewhere';
SELECT * FROM ff_plan_list();
SET featureflow.project = 'tenancy';

-- environments
SELECT ff_flag_create('first', 'string', '["a", "b", "c"]', off_variation => 'b') IS NOT NULL;
SELECT ff_environment_create('qa', 'Quality', '#00AAff') IS NOT NULL;
SELECT ff_environment_create('qa');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_create('qa2', color => 'red');
-- a flag is set in a new environment as it would have been from the start
SELECT environment, state, serving, version FROM ff.flags_overview WHERE project = 'tenancy';
SELECT ff_environment_update('qa', key => 'quality', name => '', sort_order => 0);
SELECT ff_environment_update('quality', color => '');
SELECT key, name, color, position, enabled_flags, overrides FROM ff_environment_list();
SELECT ff_environment_update('quality', key => 'staging');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_environment_update('nowhere', name => 'x');
SELECT ff_environment_update(NULL, name => 'x');
-- a renamed environment answers under its new key at once
SELECT ff_string('u', 'first', environment => 'quality'), ff_string('u', 'first', environment => 'qa') IS NULL;
SELECT ff_environment_delete('quality');
SELECT ff_string('u', 'first', environment => 'quality') IS NULL;
SELECT ff_environment_delete('quality');
SELECT ff_environment_delete('live', 'tenancy2'), ff_environment_delete('test', 'tenancy2');
SELECT key FROM ff_environment_list('tenancy2');

-- plans
SELECT ff_plan_create('team', 15) IS NOT NULL;
SELECT ff_plan_create('team', 16);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_plan_create('negative', -1);
SELECT ff_plan_create('none', NULL);
SELECT ff_plan_update('team', level => 5, name => 'Team');
SELECT ff_plan_update('nowhere', level => 5);
SELECT ff_flag_plan('first', 'team');
SELECT * FROM ff_plan_list();
SELECT ff_plan_delete('team');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
DELETE FROM ff.plans WHERE key = 'team' AND project_id = (SELECT id FROM ff.projects WHERE key = 'tenancy');
\set VERBOSITY default
SELECT ff_flag_plan('first', NULL);
SELECT ff_plan_delete('team');

-- renaming a project
SELECT ff_project_update('tenancy2', key => 'tenancy');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_project_update('tenancy', key => 'renamed', name => '', description => 'About it');
RESET featureflow.project;
SELECT key, name, description, environments FROM ff_project_list() WHERE key IN ('tenancy', 'renamed');
SELECT ff_string('u', 'first', project => 'renamed'), ff_string('u', 'first', project => 'tenancy') IS NULL;
SELECT ff_project_update('renamed', description => '');
SELECT description IS NULL FROM ff_project_list() WHERE key = 'renamed';

-- deletion takes everything along, prerequisites in both directions too
SELECT ff_flag_create('second', project => 'renamed') IS NOT NULL;
SELECT ff_flag_require('second', 'first', 'a', project => 'renamed');
SELECT ff_project_delete('renamed');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_project_delete('renamed', cascade => true);
SELECT ff_project_delete('tenancy2');
SELECT ff_project_delete('tenancy2');
SELECT ff_project_delete(NULL);
SELECT count(*) FROM ff_project_list() WHERE key IN ('renamed', 'tenancy2');
SELECT count(*) FROM ff.versions WHERE project_key IN ('renamed', 'tenancy', 'tenancy2');
