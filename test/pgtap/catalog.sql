-- What holds of everything that the extension brings.
BEGIN;
SELECT no_plan();

CREATE TEMP VIEW functions AS
SELECT p.oid, p.oid::regprocedure AS signature, n.nspname AS schema, p.proname, p.prosecdef, p.proconfig, p.prosqlbody, l.lanname, p.proargnames
FROM pg_extension x
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON p.oid = d.objid
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE x.extname = 'featureflow';
CREATE TEMP VIEW tables AS
SELECT c.oid, c.relname, c.relkind, c.reloptions FROM pg_class c WHERE c.relnamespace = 'ff'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p');

SELECT cmp_ok((SELECT count(*) FROM functions WHERE schema = 'public'), '>', 50::bigint, 'the extension has its functions');

-- comments
SELECT is_empty($$SELECT signature FROM functions WHERE schema <> 'ff' AND obj_description(oid, 'pg_proc') IS NULL$$,
	'every public function has a comment');
SELECT is_empty($$SELECT relname FROM tables WHERE obj_description(oid, 'pg_class') IS NULL$$,
	'every table and view has a comment');
SELECT is_empty($$SELECT typname FROM pg_type WHERE typnamespace = 'ff'::regnamespace AND typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c') AND obj_description(oid, 'pg_type') IS NULL$$,
	'every type has a comment');

-- names
SELECT is_empty($$SELECT signature FROM functions WHERE schema <> 'ff' AND proname !~ '^ff_[a-z][a-z0-9_]*$'$$, 'public functions begin with ff_');
SELECT is_empty($$SELECT signature FROM functions WHERE schema = 'ff' AND proname !~ '^_[a-z_]+$'$$, 'functions in ff begin with an underscore');
SELECT is_empty($$SELECT signature FROM functions WHERE 'user' = ANY (proargnames)$$, 'no argument is called user');
SELECT is_empty($$
	SELECT signature FROM functions f
	WHERE schema <> 'ff' AND 'project' = ANY (proargnames)
		AND proname NOT IN ('ff_version', 'ff_graph_text', 'ff_export', 'ff_evaluate_detail') AND proname !~ '^ff_project_'
		AND (SELECT proargnames[pronargs] FROM pg_proc p WHERE p.oid = f.oid) <> 'project'$$,
	'the project is the last argument');

-- functions are safe to call from anywhere
SELECT is_empty($$
	SELECT signature FROM functions WHERE lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL
		AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)$$,
	'every SQL and PL/pgSQL function pins its search_path');
SELECT is_empty($$SELECT signature FROM functions WHERE prosecdef$$, 'no function is SECURITY DEFINER');
SELECT is_empty($$SELECT relname FROM tables WHERE relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)$$,
	'every view runs with the rights of who asks');

-- keys that C looks up
SELECT is_empty($$
	SELECT w FROM unnest('{organizations.key,projects.key,environments.key,plans.key,flags.key,flags.min_plan,flag_settings.off_variation,
		prerequisites.variation,segments.key,overrides.subject_kind,overrides.subject,overrides.variation,versions.project_key,
		versions.environment_key,segment_members.user_key,context_sources.relation,context_sources.key_column,
		experiments.key,experiments.status,imported_segments.dialect,imported_segments.key}'::text[]) w
	LEFT JOIN pg_attribute a ON a.attrelid = ('ff.' || split_part(w, '.', 1))::regclass AND a.attname = split_part(w, '.', 2)
	WHERE a.attcollation IS DISTINCT FROM (SELECT oid FROM pg_collation WHERE collname = 'C' AND collnamespace = 'pg_catalog'::regnamespace)$$,
	'every key column that C looks up is COLLATE "C"');
SELECT is_empty($$
	SELECT i.indexrelid::regclass FROM pg_index i JOIN tables t ON t.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indcollation::oid[]) c
	WHERE c NOT IN (0, (SELECT oid FROM pg_collation WHERE collname = 'C' AND collnamespace = 'pg_catalog'::regnamespace))$$,
	'no index of the extension depends on a locale');

-- dump
SELECT set_eq($$SELECT unnest(extconfig)::regclass::text FROM pg_extension WHERE extname = 'featureflow'$$,
	$$SELECT 'ff.' || relname FROM tables WHERE relkind = 'r' AND relname NOT IN ('versions', 'experiment_refreshes', 'experiment_units', 'source_changes', 'event_corrections', 'exposure_accounts')$$,
	'pg_dump takes every table along but what a database makes for itself, and no sequence');

-- foreign keys
SELECT is_empty($$
	WITH RECURSIVE reach (a, b) AS (
		SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f' AND connamespace = 'ff'::regnamespace AND conrelid <> confrelid
		UNION
		SELECT r.a, c.confrelid FROM reach r JOIN pg_constraint c ON c.contype = 'f' AND c.conrelid = r.b AND c.conrelid <> c.confrelid)
	SELECT a::regclass FROM reach WHERE a = b$$,
	'foreign keys form no cycle, so that a dump has an order');
SELECT is_empty($$
	SELECT c.conname FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'ff'::regnamespace
		AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL)
		AND c.conrelid <> 'ff.projects'::regclass$$,
	'what refers to a row is found by an index');

-- triggers
SELECT is_empty($$
	SELECT w.t, x.f FROM unnest('{organizations,projects,environments,plans,flags,flag_settings,prerequisites,segments,imported_segments,overrides,
		context_sources,schedules,templates,snapshots,metric_sources,identity_sources,metrics,holdouts,exclusion_groups,experiments,experiment_metrics,experiment_phases,experiment_looks,experiment_results}'::text[]) w(t)
	CROSS JOIN unnest('{_lock_statement,_refuse_truncate,_audit}'::text[]) x(f)
	WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE g.tgrelid = ('ff.' || w.t)::regclass AND p.proname = x.f)$$,
	'every configuration table is locked, audited and never truncated');
SELECT is_empty($$
	SELECT g.tgrelid::regclass FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE p.proname = '_lock_statement' AND NOT EXISTS (
		SELECT FROM pg_trigger e JOIN pg_proc q ON q.oid = e.tgfoid WHERE e.tgrelid = g.tgrelid AND q.proname = '_end_statement')$$,
	'a statement that begins on a table ends there');
SELECT is_empty($$
	SELECT g.tgrelid::regclass, g.tgname FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
	WHERE p.proname IN ('_adopt_row', '_move_version', '_move_members', '_lock_statement', '_end_statement', '_version_guard', '_refuse_truncate', '_audit_number', '_note_correction', '_forget_units', '_replace_refresh') AND g.tgenabled <> 'A'$$,
	'what keeps versions right fires always');
SELECT is_empty($$
	SELECT g.tgname FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE p.proname = '_check_deferred' AND NOT (g.tgdeferrable AND g.tginitdeferred)$$,
	'checks that look at other rows wait for the end of the transaction');
SELECT set_eq($$
	SELECT g.tgrelid::regclass::text, bit_or(g.tgtype::int & 28) FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
	WHERE p.proname IN ('_refuse_locked', '_refuse_locked_members') AND g.tgenabled = 'O' GROUP BY 1$$,
	$$VALUES ('ff.context_sources', 28), ('ff.environments', 24), ('ff.experiments', 28), ('ff.flag_settings', 28), ('ff.flags', 24), ('ff.imported_segments', 28), ('ff.overrides', 28), ('ff.plans', 28),
		('ff.prerequisites', 28), ('ff.projects', 16), ('ff.schedules', 28), ('ff.segment_members', 28), ('ff.segments', 24)$$,
	'what environments answer from is guarded against changes while one is locked (4 insert, 8 delete, 16 update), but in replication');

-- what a fresh installation has
SELECT results_eq($$SELECT p.key COLLATE "default", e.key COLLATE "default" FROM ff.projects p JOIN ff.environments e ON e.project_id = p.id WHERE p.id = ANY (ff._installed_ids()) ORDER BY e.position$$,
	$$VALUES ('default', 'development'), ('default', 'staging'), ('default', 'production')$$, 'a project with three environments');
SELECT results_eq($$SELECT l.key COLLATE "default", l.level FROM ff.plans l WHERE l.id = ANY (ff._installed_ids()) ORDER BY l.level$$,
	$$VALUES ('free', 0), ('pro', 10), ('enterprise', 20)$$, 'three plans');
SELECT is((SELECT count(*) FROM ff.audit_log), 0::bigint, 'and an empty log');

SELECT * FROM finish();
ROLLBACK;
