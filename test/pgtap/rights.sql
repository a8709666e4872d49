-- Who may do what.
BEGIN;
SELECT no_plan();

CREATE ROLE regress_ff_anybody;
CREATE ROLE regress_ff_lookup;
CREATE ROLE regress_ff_owner;
GRANT USAGE ON SCHEMA ff TO regress_ff_lookup;
CREATE TEMP VIEW public_functions AS
SELECT p.oid, p.proname::text AS name, p.prorettype = 'trigger'::regtype AS of_trigger
FROM pg_extension x
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON p.oid = d.objid WHERE x.extname = 'featureflow';
SELECT ff_flag_create('beta');
SELECT ff_flag_default('beta', 'true');

SELECT set_eq($$SELECT name FROM public_functions WHERE has_function_privilege('regress_ff_anybody', oid, 'EXECUTE')$$,
	'{ff_evaluate,ff_is_enabled,ff_string,ff_number,ff_json,ff_evaluate_detail,ff_evaluate_all,ff_enabled_flags,ff_bootstrap,ff_bucket,
		ff_bucket_value,ff_bucket_detail,ff_bucket_recipes,ff_public_flags,ff_version,ff_session_override,ff_session_reset,ff_assert}'::text[],
	'everybody may call evaluation and nothing else');
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'ff'::regnamespace AND relkind IN ('r', 'v', 'S')
		AND CASE relkind WHEN 'S' THEN has_sequence_privilege('regress_ff_lookup', oid, 'USAGE, SELECT, UPDATE')
			ELSE has_table_privilege('regress_ff_lookup', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END$$,
	'nobody has a right on a table or sequence without a grant');
SELECT ok(NOT has_schema_privilege('regress_ff_anybody', 'ff', 'USAGE'), 'nor on the schema');

SET LOCAL ROLE regress_ff_anybody;
SELECT ok(ff_is_enabled('u', 'beta'), 'an ordinary role evaluates');
SELECT is((ff_evaluate_detail('u', 'beta')).reason, 'STATIC', 'with its reason');
SELECT throws_ok('SELECT * FROM ff_explain(''u'', ''beta'')', '42501', NULL, 'but is not told how');
SELECT throws_ok('SELECT key FROM ff.flags', '42501', NULL, 'reads no table');
SELECT throws_ok('SELECT ff_flag_disable(''beta'')', '42501', NULL, 'changes nothing by function');
SELECT throws_ok('UPDATE ff.flags SET killed_at = now()', '42501', NULL, 'nor by table');
SELECT throws_ok('SELECT count(*) FROM ff.audit_log', '42501', NULL, 'does not read the log');
SELECT throws_ok('DELETE FROM ff.audit_log', '42501', NULL, 'nor write it');
SELECT throws_ok('SET featureflow.restoring = on', '42501', NULL, 'cannot switch the log off');
SELECT throws_ok('SET featureflow.allow_overrides = on', '42501', NULL, 'nor allow itself overrides');
SELECT throws_ok(s, '42501', NULL, s || ' is refused') FROM unnest('{"SELECT ff_expose(''u'', ''beta'')", "SELECT ff_expose_many(''[]'')",
	"SELECT ff_track(''u'', ''e'')", "SELECT ff_track_many(''[]'')", "SELECT ff_experiment_stats(''x'')"}'::text[]) s;
RESET ROLE;
SET LOCAL ROLE regress_ff_lookup;
SELECT throws_ok('INSERT INTO ff.events (unit, event) VALUES (''u'', ''e'')', '42501', NULL, 'with USAGE on the schema alone nobody writes events');
SELECT throws_ok('INSERT INTO ff.exposures (experiment, unit, variation) VALUES (''x'', ''u'', ''on'')', '42501', NULL, 'nor exposures');
RESET ROLE;
SELECT ff_flag_create('tested'), ff_flag_rollout('tested', 50), ff_metric_create('m', 'mean', 'e');
SELECT ff_experiment_create('x', 'tested', '{m}');
SELECT ff_experiment_start('x');

SELECT ff_grant('regress_ff_anybody', 'evaluate');
SET LOCAL ROLE regress_ff_anybody;
SELECT isnt_empty('SELECT * FROM ff_explain(''u'', ''beta'')', 'evaluate explains');
SELECT throws_ok('SELECT key FROM ff.flags', '42501', NULL, 'and still reads no table');
SELECT isnt_empty('SELECT * FROM ff_bucket_recipes()', 'anybody is told the recipes');
SELECT is((ff_expose('u', 'tested')).reason, 'SPLIT', 'evaluate exposes');
SELECT is(ff_expose_many('[{"user_key": "v", "flag": "tested"}, {"user_key": "w", "flag": "tested"}]'), 2::bigint, 'many at once');
SELECT lives_ok('SELECT ff_track(''u'', ''e'', 1)', 'tracks');
SELECT is(ff_track_many('[{"user_key": "v", "event": "e", "value": 2, "at": "2026-03-01T12:00:00Z"}]'), 1::bigint, 'many at once');
SELECT throws_ok('SELECT ff_track_many(''[{"user_key": "v", "event": ""}]'')', '22023', NULL, 'is told what is wrong');
SELECT throws_ok('SELECT ff_track(''u'', ''e'', project => ''nowhere'')', '42704', NULL, 'also a project that it cannot read');
SELECT lives_ok('INSERT INTO ff.events (unit, event, value) VALUES (''w'', ''e'', 3)', 'writes events itself');
SELECT lives_ok('INSERT INTO ff.exposures (experiment, unit, variation) VALUES (''x'', ''y'', ''on'')', 'and exposures');
SELECT throws_ok(s, '42501', NULL, s || ' is refused') FROM unnest('{SELECT count(*) FROM ff.events,SELECT count(*) FROM ff.exposures,DELETE FROM ff.events,
	UPDATE ff.exposures SET variation = \$\$on\$\$,TRUNCATE ff.events,SELECT ff_experiment_stats(\$\$x\$\$),SELECT ff_experiment_stop(\$\$x\$\$),SELECT ff_experiment_summary(\$\$x\$\$),SELECT ff_experiment_results(\$\$x\$\$),SELECT count(*) FROM ff.experiment_results,SELECT ff_metric_list()}'::text[]) s;
RESET ROLE;
SELECT is((SELECT count(*) FROM ff.exposures), 4::bigint, 'all of it is there');
SELECT is((SELECT sum(value) FROM ff.events), 6::numeric, 'the events as well');

SELECT ff_grant('regress_ff_owner', 'admin');
SELECT is_empty($$SELECT name FROM public_functions WHERE NOT of_trigger AND NOT has_function_privilege('regress_ff_owner', oid, 'EXECUTE')
		AND name NOT IN ('ff_grant', 'ff_revoke', 'ff_pre_restore', 'ff_post_restore', '_set_restoring', '_watch',
			'ff_audit_erase', 'ff_audit_retain', '_erase', '_retain',
			'ff_partitions_maintain', '_partition_make', '_partitions_drop', '_partitions_lock')$$,
	'admin may call all but what hands out rights, restores, takes from the log, or is a trigger''s');
SELECT is_empty($$SELECT t FROM unnest('{audit_log,audit_checkpoints,flag_versions,versions}'::text[]) t
		WHERE has_table_privilege('regress_ff_owner', 'ff.' || t, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')$$,
	'admin cannot write log, history and versions');
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'ff'::regnamespace AND relkind = 'r'
		AND has_table_privilege('regress_ff_owner', oid, 'TRUNCATE, TRIGGER, REFERENCES')$$,
	'admin hangs no trigger on any table');
SET LOCAL ROLE regress_ff_owner;
SELECT lives_ok('SELECT ff_flag_disable(''beta'')', 'admin changes flags');
SELECT lives_ok('UPDATE ff.flag_settings SET enabled = true', 'on the tables as well');
SELECT set_eq('SELECT acting_role FROM ff.audit_log WHERE number > (SELECT max(number) - 2 FROM ff.audit_log)', ARRAY['regress_ff_owner'], 'the log says who it was');
SELECT set_eq('SELECT role FROM ff_flag_history(''beta'') WHERE version > 2', ARRAY['regress_ff_owner'], 'so does the history');
SELECT throws_ok('SELECT ff_grant(''regress_ff_lookup'', ''admin'')', '42501', NULL, 'admin hands out no rights');
SELECT is((SELECT sum(n) FROM ff_experiment_stats('x')), 4::numeric, 'admin analyses');
SELECT lives_ok('SELECT ff_segment_create(''qa''), ff_experiment_exclude(''x'', ''qa'')', 'says who is not counted');
SELECT isnt_empty('SELECT ff_experiment_summary(''x'')', 'reads the summary');
SELECT isnt_empty('SELECT * FROM ff_experiment_ship(''x'', ''on'', ''decided'')', 'ships');
SELECT is((SELECT document #>> '{shipped,variation}' FROM ff_experiment_results('x')), 'on', 'reads the results that were kept');
SELECT isnt_empty('SELECT * FROM ff.bucket_recipes', 'reads the view of recipes');
SELECT lives_ok('SELECT ff_project_update(''default'', key => ''main''), ff_project_update(''main'', key => ''default'')', 'renames a project with its events');
RESET ROLE;

SELECT ff_revoke('regress_ff_owner', 'admin');
SELECT set_eq($$SELECT name FROM public_functions WHERE has_function_privilege('regress_ff_owner', oid, 'EXECUTE')$$,
	$$SELECT name FROM public_functions WHERE has_function_privilege('regress_ff_anybody', oid, 'EXECUTE')$$,
	'what was granted is taken back, evaluate stays');
SELECT ok(has_table_privilege('regress_ff_owner', 'ff.events', 'INSERT') AND has_schema_privilege('regress_ff_owner', 'ff', 'USAGE')
	AND NOT has_table_privilege('regress_ff_owner', 'ff.events', 'SELECT, UPDATE, DELETE'), 'with the right to send events');
SELECT ff_revoke('regress_ff_owner', 'evaluate');
SELECT set_eq($$SELECT name FROM public_functions WHERE has_function_privilege('regress_ff_owner', oid, 'EXECUTE')$$,
	$$SELECT name FROM public_functions WHERE has_function_privilege('regress_ff_lookup', oid, 'EXECUTE')$$,
	'until it is taken back, too');
SELECT ok(NOT has_table_privilege('regress_ff_owner', 'ff.exposures', 'INSERT') AND NOT has_schema_privilege('regress_ff_owner', 'ff', 'USAGE'), 'with the schema');
SELECT ff_grant('regress_ff_owner', 'admin');
SELECT ff_revoke('regress_ff_owner', 'evaluate');
SELECT ok(has_schema_privilege('regress_ff_owner', 'ff', 'USAGE') AND has_table_privilege('regress_ff_owner', 'ff.flags', 'UPDATE'), 'an administrator stays one without it');
SELECT ff_revoke('regress_ff_owner', 'admin');
SELECT ok(NOT has_schema_privilege('regress_ff_owner', 'ff', 'USAGE'), 'in either order nothing is left');

SELECT * FROM finish();
ROLLBACK;
