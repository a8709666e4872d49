\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('adminsegments') IS NOT NULL;
SET featureflow.project = 'adminsegments';
SELECT ff_segment_create('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.com"]}', 'Staff', 'Ours') IS NOT NULL;
SELECT ff_segment_create('testers', '{"any": [{"segment": "staff"}, {"attribute": "user_key", "op": "in", "values": ["tess"]}]}') IS NOT NULL;
SELECT segment, name, condition, used_by FROM ff.segments_overview WHERE project = 'adminsegments';

SELECT ff_segment_create('staff', '{"all": []}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_create('bad', '{"attribute": "a", "op": "near", "values": [1]}');
SELECT ff_segment_create('bad', '{"all": [{"not": {"segment": "ghosts"}}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_create('bad', '{"segment": "bad"}');
SELECT ff_segment_create('bad', '{"all": [], "any": []}');
SELECT ff_segment_create('bad', '[]');
SELECT ff_segment_create('bad', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_create('a b', '{"all": []}');
SELECT ff_segment_create('bad', ('{"attribute": "a", "op": "eq", "values": [1]}')::jsonb || '{"segment": "staff"}');
SELECT ff_segment_create('bad', (repeat('{"not": ', 50) || '{"all": []}' || repeat('}', 50))::jsonb);
\echo :LAST_ERROR_SQLSTATE

-- in use
SELECT ff_flag_create('beta') IS NOT NULL;
SELECT ff_flag_rules('beta', '[{"when": {"segment": "testers"}, "serve": "on"}]');
SELECT ff_flag_rules('beta', '[{"when": {"segment": "testers"}, "serve": "on"}]', 'staging');
SELECT ff_is_enabled('u', 'beta', '{"email": "x@example.com"}'), ff_is_enabled('tess', 'beta'), ff_is_enabled('u', 'beta');
SELECT segment, used_by FROM ff.segments_overview WHERE project = 'adminsegments';
SELECT ff_segment_delete('testers');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_delete('staff');
SELECT ff_segment_delete('ghosts');

-- a change of the condition is a change of all that names it
SELECT ff_segment_update('staff', '{"attribute": "email", "op": "ends_with", "values": ["@example.org"]}');
SELECT ff_is_enabled('u', 'beta', '{"email": "x@example.com"}'), ff_is_enabled('u', 'beta', '{"email": "x@example.org"}');
SELECT ff_segment_update('staff', name => '', description => '');
SELECT name, description IS NULL, condition FROM ff.segments WHERE key = 'staff' AND project_id = ff._project(NULL);
SELECT ff_segment_update('staff', '{"not": {"segment": "testers"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_update('testers', '{"segment": "ghosts"}');
SELECT ff_segment_update('ghosts', name => 'Ghosts');

SELECT ff_flag_rules('beta', '[]'), ff_flag_rules('beta', '[]', 'staging');
SELECT ff_segment_delete('testers'), ff_segment_delete('staff');

SELECT ff_project_delete('adminsegments', cascade => true);
