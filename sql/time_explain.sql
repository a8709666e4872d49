-- ff_explain: which step is in force, and what time changes next.
\set SHOW_CONTEXT never
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'SQL, DMY';
SELECT ff_project_create('timeexplain') IS NOT NULL AS created;
SET featureflow.project = 'timeexplain';
SELECT ff_flag_create('f', 'string', '["off", "a", "b"]') IS NOT NULL AS created;
CREATE FUNCTION pg_temp.step(at timestamptz, enabled boolean, serve jsonb DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, serve)
	VALUES ((ff._flag(ff._project(NULL), 'f')).id, ff._environment(ff._project(NULL), NULL), at, enabled, serve);
$$;
\pset tuples_only on
\pset format unaligned

\echo -- no schedule: nothing about it
SELECT * FROM ff_explain('u', 'f');
\echo -- all to come; times are printed in UTC, whatever the session has
SELECT ff_flag_schedule('f', '2998-01-01 00:00:00.25Z', 'disable') IS NOT NULL, ff_flag_schedule('f', '2998-01-02 05:45', 'enable') IS NOT NULL,
	ff_flag_rollout_steps('f', '[{"at": "2998-01-01T00:00:00Z", "percentage": 0.5}, {"at": "2998-01-03T00:00:00Z", "percentage": 50}]', variation => 'a');
SELECT * FROM ff_explain('u', 'f');
\echo -- some have come: the newest of each kind is in force
SELECT pg_temp.step('2001-01-01 00:00Z', false), pg_temp.step('2002-01-01 00:00Z', true),
	pg_temp.step('2003-01-01 00:00Z', NULL, '"b"'), pg_temp.step('2004-01-01 00:00Z', NULL, '{"split": [{"variation": "a", "weight": 30}, {"variation": "b", "weight": 70}], "by": "account.id"}');
SELECT * FROM ff_explain('u', 'f', '{"account": {"id": 1}}');
SELECT value, variation, reason, rule FROM ff_evaluate_detail('u', 'f', '{"account": {"id": 1}}');
SELECT * FROM ff_explain('u', 'f') WHERE stage NOT IN ('schedule', 'flag');
\echo -- the same answer without an explanation, and by all functions
SELECT ff_evaluate('u', 'f', '{"account": {"id": 1}}'), ff_string('u', 'f', '{"account": {"id": 1}}'),
	(SELECT value FROM ff_evaluate_all('u', '{"account": {"id": 1}}'));
\echo -- disabled by a step: it tells when it will be enabled
SELECT pg_temp.step('2005-01-01 00:00Z', false);
SELECT * FROM ff_explain('u', 'f');
SELECT variation, reason, rule FROM ff_evaluate_detail('u', 'f');
\echo -- by hand: nothing is in force, steps to come stay
SELECT ff_flag_enable('f'), ff_flag_default('f', '"off"');
SELECT * FROM ff_explain('u', 'f');
\echo -- windows: the edge that comes next
SELECT ff_flag_unschedule('f');
SELECT ff_flag_rules('f', '[
	{"id": "past", "serve": "a", "until": "2001-01-01T00:00:00Z"},
	{"id": "late", "serve": "a", "from": "2999-06-01T00:00:00Z"},
	{"serve": "a", "from": "2999-05-01T00:00:00+05:45", "until": "2999-05-02T00:00:00Z"},
	{"id": "open", "serve": "b", "from": "2001-01-01T00:00:00Z", "until": "2999-12-31T23:59:60Z"}]');
SELECT * FROM ff_explain('u', 'f');
SELECT ff_flag_rules('f', '[{"id": "open", "serve": "b", "until": "2999-12-31T23:59:60Z"}]');
SELECT * FROM ff_explain('u', 'f');
\echo -- of a prerequisite, one level deeper; killed and archived flags tell it too
SELECT ff_flag_create('after') IS NOT NULL;
SELECT ff_flag_require('after', 'f', 'b');
SELECT * FROM ff_explain('u', 'after');
SELECT ff_flag_kill('f');
SELECT * FROM ff_explain('u', 'f');
SELECT ff_project_delete('timeexplain', cascade => true);
