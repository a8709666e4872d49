\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminhistory') IS NOT NULL;
SET featureflow.project = 'adminhistory';
SELECT ff_flag_create('theme', 'string', '["light", "dark"]') IS NOT NULL, ff_flag_create('base') IS NOT NULL;

-- one version a change, in the environments that it concerns
SELECT ff_flag_target('theme', 'dark', '{ann,bob}');
SELECT ff_flag_rules('theme', '[{"id": "eu", "when": {"attribute": "country", "op": "eq", "values": ["DE"]}, "serve": "dark"}]');
SELECT ff_override('theme', 'dark', user_key => 'cleo', reason => 'vip', expires => 'infinity') IS NOT NULL;
SET featureflow.change_reason = 'ticket 7';
SELECT ff_flag_rollout('theme', 30);
RESET featureflow.change_reason;
SELECT ff_flag_target('theme', 'light', '{bob}');
SELECT ff_flag_rules('theme', '[{"when": {"attribute": "country", "op": "eq", "values": ["FR"]}, "serve": "dark"}, {"id": "eu", "when": {"attribute": "country", "op": "in", "values": ["DE", "AT"]}, "serve": "dark"}]');
SELECT ff_flag_update('theme', description => 'Colours');
SELECT ff_flag_salt('theme', 'pepper');
SELECT ff_flag_require('theme', 'base');
SELECT ff_variation_add('theme', 'blue');
SELECT ff_flag_disable('theme');
SELECT version, role = current_user, reason, changes FROM ff_flag_history('theme');
SELECT version, changes FROM ff_flag_history('theme', 'staging');
SELECT version FROM ff_evaluate_detail('u', 'theme');
-- what changes nothing makes no version
SELECT ff_flag_disable('theme'), ff_flag_update('theme', description => 'Colours'), ff_flag_salt('theme', 'pepper');
SELECT max(version) FROM ff_flag_history('theme');
SELECT changes FROM ff_flag_history('nowhere');
-- a version does not depend on who looks
SET timezone = 'Asia/Tokyo';
SELECT ff_flag_enable('theme'), ff_flag_disable('theme');
SELECT version, changes FROM ff_flag_history('theme') LIMIT 2;
RESET timezone;

-- differences
SELECT * FROM ff_flag_diff('theme', 1, 5);
SELECT * FROM ff_flag_diff('theme', 5, 10);
SELECT * FROM ff_flag_diff('theme', 10, 5) WHERE path = 'salt';
SELECT * FROM ff_flag_diff('theme', 3, 3);
SELECT * FROM ff_flag_diff('theme', 1, 99);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM ff_flag_diff('theme', 1, NULL);

-- back: one new version, equal but for what describes
SELECT ff_flag_rollback('theme', 5);
SELECT version, reason, changes FROM ff_flag_history('theme') LIMIT 1;
SELECT * FROM ff_flag_diff('theme', 5, 15);
SELECT ff_string('ann', 'theme'), ff_string('bob', 'theme'), ff_string('cleo', 'theme'), ff_string('x', 'theme', '{"country": "DE"}');
SELECT flag, kind, subject, variation, expires_at, reason FROM ff.overrides_active WHERE project = 'adminhistory';
-- the same again changes nothing
SELECT ff_flag_rollback('theme', 5);
-- forth again, with a reason, prerequisite and variation included
SELECT ff_flag_rollback('theme', 11, reason => 'ticket 8');
SELECT version, reason, changes FROM ff_flag_history('theme') LIMIT 1;
SELECT * FROM ff_flag_diff('theme', 11, 16);
SELECT ff_flag_rollback('theme', 99);
\echo :LAST_ERROR_SQLSTATE

-- a variation that another environment serves stays
SELECT ff_flag_default('theme', '"blue"', 'staging');
SELECT ff_flag_rollback('theme', 1);
SELECT path, old, new FROM ff_flag_diff('theme', 1, 17);
SELECT ff_string('u', 'theme'), ff_string('u', 'theme', environment => 'staging');
-- values come back, in all environments
SELECT ff_flag_default('theme', '"dark"', 'staging');
SELECT ff_variation_update('theme', 'dark', '"black"');
SELECT ff_string('u', 'theme', environment => 'staging');
SELECT ff_flag_rollback('theme', 1, 'staging');
SELECT ff_flag_rollback('theme', 2);
SELECT ff_string('ann', 'theme'), ff_string('u', 'theme', environment => 'staging');
-- the kill switch and the archive stay as they are
SELECT ff_flag_kill('theme', 'fire');
SELECT ff_flag_rollback('theme', 3);
SELECT rule FROM ff_evaluate_detail('ann', 'theme');
SELECT ff_flag_revive('theme');
SELECT value, rule FROM ff_evaluate_detail('ann', 'theme');

-- what a version needs must exist
SELECT ff_flag_create('gone') IS NOT NULL, ff_flag_create('needy') IS NOT NULL;
SELECT ff_plan_create('gold', 30) IS NOT NULL, ff_segment_create('few', '{"all": []}') IS NOT NULL;
SELECT ff_flag_require('needy', 'gone');
SELECT ff_flag_unrequire('needy', 'gone'), ff_flag_delete('gone');
SELECT ff_flag_plan('needy', 'gold');
SELECT ff_flag_plan('needy', NULL), ff_plan_delete('gold');
SELECT ff_flag_rules('needy', '[{"when": {"segment": "few"}, "serve": "on"}]');
SELECT ff_flag_rules('needy', '[]'), ff_segment_delete('few');
SELECT version, changes FROM ff_flag_history('needy');
SELECT ff_flag_rollback('needy', 2);
SELECT ff_flag_rollback('needy', 4);
SELECT ff_flag_rollback('needy', 6);
SELECT ff_flag_rollback('needy', 1);
-- nor may it close a cycle
SELECT ff_flag_create('a') IS NOT NULL, ff_flag_create('b') IS NOT NULL;
SELECT ff_flag_require('a', 'b');
SELECT ff_flag_unrequire('a', 'b');
SELECT ff_flag_require('b', 'a');
SELECT ff_flag_rollback('a', 2);
\echo :LAST_ERROR_SQLSTATE

-- what is rolled back by its transaction was never a version
BEGIN;
SELECT ff_flag_rollout('base', 5);
SELECT max(version) FROM ff_flag_history('base');
ROLLBACK;
SELECT max(version) FROM ff_flag_history('base');
-- a direct change is a version as well
UPDATE ff.flag_settings SET enabled = false WHERE flag_id = (ff._flag(ff._project(NULL), 'base')).id;
SELECT version, changes FROM ff_flag_history('base');
SELECT version, changes FROM ff_flag_history('base', 'development');

SELECT ff_project_delete('adminhistory', cascade => true);
