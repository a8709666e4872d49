\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminflags') IS NOT NULL;
SET featureflow.project = 'adminflags';

-- the three calls of the README
SELECT ff_flag_create('checkout') IS NOT NULL;
SELECT ff_flag_rollout('checkout', 20);
SELECT count(*) FROM generate_series(1, 1000) i WHERE ff_is_enabled('user-' || i, 'checkout');

-- a new flag is enabled everywhere and serves its off variation
SELECT ff_flag_create('plain') IS NOT NULL;
SELECT environment, state, serving, version FROM ff.flags_overview WHERE project = 'adminflags' AND flag = 'plain';
SELECT key, kind, variations, name, description, tags, category, owner, traffic_type, links, temporary, stage, min_plan, client_visible
FROM ff.flags WHERE key = 'plain' AND project_id = ff._project(NULL);

-- everything given
SELECT ff_flag_create('full', 'string', '[{"key": "a", "value": "A", "name": "The A", "description": "First"}, "b", {"key": "off", "value": ""}]',
	name => 'A full flag', description => '*Markdown*', tags => '{x,y,x}', category => 'shop', owner => 'team@example.com',
	traffic_type => 'organization', links => '["https://example.com/1", {"title": "Two", "url": "http://example.com/2"}]',
	temporary => false, stage => 'staging', min_plan => 'pro', client_visible => true, enabled => false) IS NOT NULL;
SELECT key, kind, variations, name, description, tags, category, owner, traffic_type, links, temporary, stage, min_plan, client_visible
FROM ff.flags WHERE key = 'full' AND project_id = ff._project(NULL);
SELECT environment, state, serving FROM ff.flags_overview WHERE project = 'adminflags' AND flag = 'full';
SELECT ff_flag_create('number', 'number', '[1, 2.50, {"key": "big", "value": 1e20}]', off_variation => '2.50') IS NOT NULL;
SELECT ff_number('u', 'number'), ff_number('u', 'number', environment => 'staging');
SELECT ff_flag_create('json', 'json', '[{"key": "nothing", "value": null}, {"key": "list", "value": [1, {"a": null}]}, true]') IS NOT NULL;
SELECT variations FROM ff.flags WHERE key = 'json' AND project_id = ff._project(NULL);
SELECT ff_flag_create('named', variations => '[{"key": "off", "name": "Without"}, {"key": "on", "name": "With"}]') IS NOT NULL;
SELECT ff_flag_create('shorthand', variations => '[false, true]') IS NOT NULL;
SELECT key, variations FROM ff.flags WHERE key IN ('named', 'shorthand') AND project_id = ff._project(NULL) ORDER BY key;

-- refused
SELECT ff_flag_create('checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_create(NULL);
SELECT ff_flag_create('');
SELECT ff_flag_create('a b');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT ff_flag_create('caf' || chr(233));
\set VERBOSITY default
SELECT ff_flag_create(E'new\nline');
SELECT ff_flag_create('quo"te');
SELECT ff_flag_create(repeat('k', 256));
SELECT ff_flag_create('x', 'date');
SELECT ff_flag_create('x', 'string');
SELECT ff_flag_create('x', 'string', '{}');
SELECT ff_flag_create('x', 'string', '["a"]');
SELECT ff_flag_create('x', 'string', '["a", 1]');
SELECT ff_flag_create('x', 'string', '["a", "a"]');
SELECT ff_flag_create('x', 'string', '["a", "b c"]');
SELECT ff_flag_create('x', 'string', '["a", {"key": "b"}]');
SELECT ff_flag_create('x', 'string', '["a", {"key": "b", "value": "b", "weight": 1}]');
SELECT ff_flag_create('x', 'string', '["a", {"key": "b", "value": "b", "name": 1}]');
SELECT ff_flag_create('x', 'string', '["a", ["b"]]');
SELECT ff_flag_create('x', 'number', '[1, "2"]');
SELECT ff_flag_create('x', 'json', '[{"a": 1}, {"b": 2}]');
SELECT ff_flag_create('x', 'boolean', '[true, true]');
SELECT ff_flag_create('x', 'boolean', '["on", "off"]');
SELECT ff_flag_create('x', 'number', (SELECT jsonb_agg(i) FROM generate_series(1, 1001) i));
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_create('x', off_variation => 'none');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_create('x', name => 'ab');
SELECT ff_flag_create('x', name => repeat('n', 101));
SELECT ff_flag_create('x', description => repeat('d', 501));
SELECT ff_flag_create('x', tags => '{a,NULL}');
SELECT ff_flag_create('x', traffic_type => 'robot');
SELECT ff_flag_create('x', stage => 'dead');
SELECT ff_flag_create('x', stage => 'archived');
SELECT ff_flag_create('x', links => '["javascript:alert(1)"]');
SELECT ff_flag_create('x', links => '{}');
SELECT ff_flag_create('x', min_plan => 'gold');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM ff.flags WHERE key = 'x' AND project_id = ff._project(NULL);
-- NULL where a default is meant
SELECT ff_flag_create('nulls', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) IS NOT NULL;
SELECT name, tags, traffic_type, links, temporary, stage, client_visible FROM ff.flags WHERE key = 'nulls' AND project_id = ff._project(NULL);
-- short keys are names, too
SELECT ff_flag_create('k') IS NOT NULL;

-- only what is given changes
SELECT ff_flag_update('full', description => 'Other');
SELECT name, description, tags, category, owner, traffic_type, jsonb_array_length(links), temporary, stage FROM ff.flags WHERE key = 'full' AND project_id = ff._project(NULL);
SELECT ff_flag_update('full', name => '', description => '', tags => '{}', category => '', owner => '', traffic_type => 'device', links => '[]', temporary => true, stage => 'production');
SELECT name, description, tags, category, owner, traffic_type, links, temporary, stage FROM ff.flags WHERE key = 'full' AND project_id = ff._project(NULL);
SELECT ff_flag_update('full', name => 'x');
SELECT ff_flag_update('nowhere', name => 'Nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_update(NULL, name => 'Nowhere');

-- enable and disable, one environment at a time
SELECT ff_flag_disable('checkout');
SELECT ff_flag_disable('checkout');
SELECT environment, state, version FROM ff.flags_overview WHERE project = 'adminflags' AND flag = 'checkout';
SELECT reason, rule FROM ff_evaluate_detail('u', 'checkout');
SELECT ff_flag_enable('checkout', 'production');
SELECT ff_flag_enable('checkout', 'nowhere');
SELECT environment, state, version FROM ff.flags_overview WHERE project = 'adminflags' AND flag = 'checkout';

-- archive
SELECT ff_flag_archive('checkout');
SELECT stage, archived_at IS NOT NULL FROM ff.flags WHERE key = 'checkout' AND project_id = ff._project(NULL);
SELECT reason, rule FROM ff_evaluate_detail('u', 'checkout');
SELECT ff_flag_update('checkout', stage => 'production');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_unarchive('checkout', 'staging');
SELECT stage, archived_at IS NULL FROM ff.flags WHERE key = 'checkout' AND project_id = ff._project(NULL);
SELECT environment, serving FROM ff.flags_overview WHERE project = 'adminflags' AND flag = 'checkout';
SELECT ff_flag_require('plain', 'checkout');
SELECT ff_flag_archive('checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_delete('checkout');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_flag_archive('plain');
SELECT ff_flag_archive('checkout');
SELECT ff_flag_delete('plain'), ff_flag_delete('checkout');
SELECT ff_flag_delete('checkout');

-- visibility and plan
SELECT ff_bootstrap('u');
SELECT ff_flag_visible('k');
SELECT ff_flag_visible('full', false);
SELECT ff_bootstrap('u');
SELECT ff_flag_visible('k', NULL);
SELECT ff_flag_plan('k', 'enterprise');
SELECT ff_flag_default('k', 'true');
SELECT value, rule, required_plan FROM ff_evaluate_detail('u', 'k', '{"plan": "pro"}');
SELECT value, rule, required_plan FROM ff_evaluate_detail('u', 'k', '{"plan": "enterprise"}');
SELECT ff_flag_plan('k', 'gold');
SELECT ff_flag_plan('k', '');
SELECT value, rule, required_plan FROM ff_evaluate_detail('u', 'k');

-- a change is undone with its transaction
BEGIN;
SELECT ff_flag_create('undone') IS NOT NULL;
SELECT ff_evaluate('u', 'undone');
ROLLBACK;
SELECT ff_evaluate('u', 'undone') IS NULL;

SELECT ff_project_delete('adminflags', cascade => true);
