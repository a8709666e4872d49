-- How far somebody has come who begins: a list of steps, each answered from
-- the tables.

-- A table of the application that looks as if it had users: a key of one
-- column; one that is called so comes first.
CREATE FUNCTION ff._users_table(OUT relation text, OUT key_column text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._relation_name(c.oid), a.attname
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnatts = 1
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
	WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname NOT IN ('ff', 'information_schema') AND n.nspname !~ '^pg_'
		AND a.atttypid = ANY ('{text,uuid,smallint,int,bigint}'::regtype[]) AND has_table_privilege(c.oid, 'SELECT')
		AND has_schema_privilege(n.oid, 'USAGE') AND c.relname ~ 'user|customer|member|account'
	ORDER BY c.relname !~ '^users?$', c.relname !~ 'user', n.nspname, c.relname LIMIT 1;
$$;

-- Whether a role but the owner may administer.
CREATE FUNCTION ff._has_administrators() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
		WHERE c.oid = 'ff.flags'::regclass AND a.privilege_type = 'UPDATE' AND a.grantee <> c.relowner);
$$;

-- What the statements speak of: a flag, what it can serve besides off, the
-- first environment.
CREATE FUNCTION ff._first_things(project_id uuid, OUT flag text, OUT variation text, OUT environment text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags;
BEGIN
	SELECT e.key INTO environment FROM ff.environments e WHERE e.project_id = project_id ORDER BY e.position, e.key LIMIT 1;
	SELECT x.* INTO f FROM ff.flags x WHERE x.project_id = project_id AND x.archived_at IS NULL ORDER BY x.dialect <> 'native', x.created_at, x.key LIMIT 1;
	flag := coalesce(f.key, 'first-flag');
	variation := 'on';
	IF f.id IS NOT NULL THEN
		SELECT v INTO variation FROM unnest(ff._variation_keys(f.variations)) v
		WHERE v <> coalesce((SELECT s.off_variation FROM ff.flag_settings s
			WHERE s.flag_id = f.id AND s.environment_id = ff._environment(project_id, environment)), '') LIMIT 1;
	END IF;
END;
$$;

-- What the statements about experiments speak of: the experiment that runs or
-- is a draft, else a flag that serves by a split; and a metric.
CREATE FUNCTION ff._first_trial(project_id uuid, OUT flag text, OUT environment text, OUT experiment text, OUT metric text, OUT event text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	SELECT f.key, e.key, x.key INTO flag, environment, experiment
	FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
	LEFT JOIN ff.experiments x ON x.flag_id = f.id AND x.environment_id = e.id AND x.status IN ('running', 'draft')
	WHERE f.project_id = project_id AND f.archived_at IS NULL AND f.killed_at IS NULL AND s.enabled
	ORDER BY x.status = 'running' DESC NULLS LAST, x.id IS NULL, NOT s.default_serve ? 'split', f.created_at, f.key, e.position, e.key LIMIT 1;
	SELECT m.key, m.event INTO metric, event FROM ff.metrics m WHERE m.project_id = project_id ORDER BY m.created_at, m.key LIMIT 1;
END;
$$;

-- Which steps are done, by name.
CREATE FUNCTION ff._onboarding_done(project_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH flags AS (SELECT f.* FROM ff.flags f WHERE f.project_id = $1),
		settings AS (SELECT s.* FROM ff.flag_settings s JOIN flags f ON f.id = s.flag_id),
		experiments AS (SELECT x.* FROM ff.experiments x WHERE x.project_id = $1)
	SELECT jsonb_build_object(
		'flag', EXISTS (SELECT FROM flags WHERE archived_at IS NULL),
		'owner', EXISTS (SELECT FROM flags WHERE owner IS NOT NULL),
		'rollout', EXISTS (SELECT FROM settings WHERE default_serve ? 'split'),
		'rule', EXISTS (SELECT FROM settings WHERE rules <> '[]'),
		'segment', EXISTS (SELECT FROM ff.segments g WHERE g.project_id = $1),
		'list', EXISTS (SELECT FROM ff.segments g JOIN ff.segment_members m ON m.segment_id = g.id WHERE g.project_id = $1),
		'override', EXISTS (SELECT FROM ff.overrides o JOIN flags f ON f.id = o.flag_id),
		'visible', EXISTS (SELECT FROM flags WHERE client_visible),
		'source', EXISTS (SELECT FROM ff.context_sources c WHERE c.project_id = $1),
		'schedule', EXISTS (SELECT FROM ff.schedules c JOIN flags f ON f.id = c.flag_id),
		'environment', EXISTS (SELECT FROM ff.environments e WHERE e.project_id = $1 AND e.key NOT IN ('development', 'staging', 'production')),
		'kill', EXISTS (SELECT FROM ff.audit_log a WHERE a.project_id = $1 AND a.table_name = 'flags' AND a.new ->> 'killed_at' IS NOT NULL),
		'snapshot', EXISTS (SELECT FROM ff.snapshots s WHERE s.project_id = $1),
		'grant', ff._has_administrators(),
		'metric', EXISTS (SELECT FROM ff.metrics m WHERE m.project_id = $1),
		'experiment', EXISTS (SELECT FROM experiments),
		'started', EXISTS (SELECT FROM experiments WHERE started_at IS NOT NULL),
		'exposure', EXISTS (SELECT FROM ff.exposures x WHERE x.project = (SELECT p.key FROM ff.projects p WHERE p.id = $1)),
		'event', EXISTS (SELECT FROM ff.events x WHERE x.project = (SELECT p.key FROM ff.projects p WHERE p.id = $1)));
$$;

-- The steps in their order; in "how", %1 is the project, %2 a flag, %3 a
-- variation, %4 an environment, %5 a table of users, %6 its key; of experiments
-- %7 is a flag, %8 its environment, %9 the experiment, %10 a metric, %11 an event.
CREATE FUNCTION ff._onboarding_steps() RETURNS TABLE (name text, title text, how text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.* FROM (VALUES
	('flag', 'Create a flag', 'SELECT ff_flag_create(''first-flag'', description => ''My first flag'', project => %1$L)'),
	('owner', 'Say who owns a flag', 'SELECT ff_flag_update(%2$L, owner => current_user, project => %1$L)'),
	('rollout', 'Roll it out to some users', 'SELECT ff_flag_rollout(%2$L, 20, %4$L, %3$L, project => %1$L)'),
	('rule', 'Write a rule', 'SELECT ff_flag_rules(%2$L, ''[{"id": "germany", "when": {"attribute": "country", "op": "eq", "values": ["DE"]}, "serve": "%3$s"}]'', %4$L, %1$L)'),
	('segment', 'Name a group of users: a segment', 'SELECT ff_segment_from_template(''internal-staff'', ''staff'', ''{"domain": "example.com"}'', project => %1$L)'),
	('list', 'List users by their keys, here as CSV', 'SELECT ff_segment_import(''beta-users'', E''user_key\nuser-1\nuser-2'', project => %1$L)'),
	('override', 'Serve one user something else', 'SELECT ff_override(%2$L, %3$L, user_key => ''user-1'', reason => ''trial'', environment => %4$L, project => %1$L)'),
	('visible', 'Show a flag to browsers and apps', 'SELECT ff_flag_visible(%2$L, project => %1$L)'),
	('source', 'Take attributes from a table of your own', 'SELECT ff_context_source(%5$L, %6$L, project => %1$L)'),
	('schedule', 'Let the clock change something', 'SELECT ff_flag_schedule(%2$L, now() + interval ''1 day'', ''enable'', %4$L, reason => ''trial'', project => %1$L)'),
	('environment', 'Add an environment of your own', 'SELECT ff_environment_create(''preview'', project => %1$L)'),
	('kill', 'Rehearse the kill switch', 'SELECT ff_flag_kill(%2$L, ''rehearsal'', %1$L), ff_flag_revive(%2$L, ''end of the rehearsal'', %1$L)'),
	('snapshot', 'Keep a snapshot of all this', 'SELECT ff_snapshot_save(''start'', project => %1$L)'),
	('grant', 'Let a role administer', 'SELECT ff_grant(''featureflow_admin'', ''admin'')'),
	('metric', 'Say what success is: a metric', 'SELECT ff_metric_create(''buyers'', ''proportion'', ''purchase'', project => %1$L)'),
	('experiment', 'Plan an experiment', 'SELECT ff_experiment_create(''first-experiment'', %7$L, ARRAY[%10$L], environment => %8$L, project => %1$L)'),
	('started', 'Start it', 'SELECT ff_experiment_start(%9$L, project => %1$L)'),
	('exposure', 'Show users a variation, and record who met which', 'SELECT count(ff_expose(''user-'' || i, %7$L, environment => %8$L, project => %1$L)) FROM generate_series(1, 100) i'),
	('event', 'Record what users do', 'SELECT ff_track(''user-1'', %11$L, 19.90, project => %1$L)')
	) s;
$$;

CREATE FUNCTION @extschema@.ff_onboarding(project text DEFAULT NULL)
RETURNS TABLE (step int, done boolean, title text, how text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
	wanted text := (SELECT p.key FROM ff.projects p WHERE p.id = home);
	first record := ff._first_things(home);
	trial record := ff._first_trial(home);
	finished jsonb := ff._onboarding_done(home);
	relation text;
	key_column text;
BEGIN
	SELECT u.relation, u.key_column INTO relation, key_column FROM ff._users_table() u;
	RETURN QUERY SELECT s.i::int, x.done, s.title, CASE WHEN x.done THEN NULL
		WHEN s.name = 'grant' AND to_regrole('featureflow_admin') IS NULL THEN 'CREATE ROLE featureflow_admin; ' || s.how
		WHEN s.name = 'source' AND relation IS NULL THEN format('CREATE TABLE %s (id text PRIMARY KEY, country text, plan text)',
			CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relname = 'users') THEN 'my_users' ELSE 'users' END)
		ELSE CASE WHEN s.name = 'list' AND NOT EXISTS (SELECT FROM ff.segments g WHERE g.project_id = home AND g.key = 'beta-users')
				THEN format('SELECT ff_segment_create(''beta-users'', project => %L); ', wanted) ELSE '' END
			|| format(s.how, wanted, first.flag, first.variation, first.environment, relation, key_column,
				coalesce(trial.flag, first.flag), coalesce(trial.environment, first.environment), coalesce(trial.experiment, 'first-experiment'),
				coalesce(trial.metric, 'buyers'), coalesce(trial.event, 'purchase')) END
	FROM ff._onboarding_steps() WITH ORDINALITY s(name, title, how, i)
	CROSS JOIN LATERAL (SELECT (finished -> s.name)::boolean AS done) x ORDER BY s.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_onboarding IS
'First steps in a project, in order: whether each is done, as the tables tell, and a statement to paste for one that is not (how). Statements go to the first environment and to the first flag. That an application evaluates flags leaves no trace, so it is not asked.';
