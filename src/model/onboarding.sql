-- How far somebody has come who begins: a list of steps, each answered from
-- the tables.

-- A table of the application that looks as if it had users: a key of one
-- column; one that is called so comes first.
CREATE FUNCTION ff._users_table(OUT relation text, OUT key_column text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', n.nspname, c.relname), a.attname
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
	SELECT x.* INTO f FROM ff.flags x WHERE x.project_id = project_id AND x.archived_at IS NULL ORDER BY x.created_at, x.key LIMIT 1;
	flag := coalesce(f.key, 'first-flag');
	variation := 'on';
	IF f.id IS NOT NULL THEN
		SELECT v INTO variation FROM unnest(ff._variation_keys(f.variations)) v
		WHERE v <> coalesce((SELECT s.off_variation FROM ff.flag_settings s
			WHERE s.flag_id = f.id AND s.environment_id = ff._environment(project_id, environment)), '') LIMIT 1;
	END IF;
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
		'override', EXISTS (SELECT FROM ff.overrides o JOIN flags f ON f.id = o.flag_id),
		'visible', EXISTS (SELECT FROM flags WHERE client_visible),
		'source', EXISTS (SELECT FROM ff.context_sources c WHERE c.project_id = $1),
		'environment', EXISTS (SELECT FROM ff.environments e WHERE e.project_id = $1 AND e.key NOT IN ('development', 'staging', 'production')),
		'kill', EXISTS (SELECT FROM ff.audit_log a WHERE a.project_id = $1 AND a.table_name = 'flags' AND a.new ->> 'killed_at' IS NOT NULL),
		'snapshot', EXISTS (SELECT FROM ff.snapshots s WHERE s.project_id = $1),
		'grant', ff._has_administrators(),
		'experiment', EXISTS (SELECT FROM experiments),
		'started', EXISTS (SELECT FROM experiments WHERE started_at IS NOT NULL),
		'exposure', EXISTS (SELECT FROM ff.exposures x WHERE x.project = (SELECT p.key FROM ff.projects p WHERE p.id = $1)),
		'event', EXISTS (SELECT FROM ff.events x WHERE x.project = (SELECT p.key FROM ff.projects p WHERE p.id = $1)));
$$;

-- The steps in their order; in "how", %1 is the project, %2 a flag, %3 a
-- variation, %4 an environment.
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
	('override', 'Serve one user something else', 'SELECT ff_override(%2$L, %3$L, user_key => ''user-1'', reason => ''trial'', environment => %4$L, project => %1$L)'),
	('visible', 'Show a flag to browsers and apps', 'SELECT ff_flag_visible(%2$L, project => %1$L)'),
	('source', 'Take attributes from a table of your own', 'INSERT INTO ff.context_sources (project_id, relation, key_column, role) SELECT p.id, %5$L, %6$L, current_user FROM ff.projects p WHERE p.key = %1$L'),
	('environment', 'Add an environment of your own', 'SELECT ff_environment_create(''preview'', project => %1$L)'),
	('kill', 'Rehearse the kill switch', 'SELECT ff_flag_kill(%2$L, ''rehearsal'', %1$L), ff_flag_revive(%2$L, ''end of the rehearsal'', %1$L)'),
	('snapshot', 'Keep a snapshot of all this', 'SELECT ff_snapshot_save(''start'', project => %1$L)'),
	('grant', 'Let a role administer', 'SELECT ff_grant(''featureflow_admin'', ''admin'')'),
	('experiment', 'Plan an experiment', 'INSERT INTO ff.experiments (project_id, key, flag_id, environment_id, control, name) SELECT f.project_id, ''first-experiment'', f.id, s.environment_id, s.off_variation, ''First experiment'' FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id JOIN ff.projects p ON p.id = f.project_id WHERE p.key = %1$L AND f.key = %2$L AND e.key = %4$L'),
	('started', 'Start it', 'UPDATE ff.experiments x SET status = ''running'', started_at = now() FROM ff.projects p WHERE p.id = x.project_id AND p.key = %1$L AND x.status = ''draft'''),
	('exposure', 'Record who met which variation', 'INSERT INTO ff.exposures (experiment, unit, variation, environment, project) VALUES (''first-experiment'', ''user-1'', %3$L, %4$L, %1$L)'),
	('event', 'Record what users do', 'INSERT INTO ff.events (unit, event, value, project) VALUES (''user-1'', ''purchase'', 19.90, %1$L)')
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
	finished jsonb := ff._onboarding_done(home);
	relation text;
	key_column text;
BEGIN
	SELECT u.relation, u.key_column INTO relation, key_column FROM ff._users_table() u;
	RETURN QUERY SELECT s.i::int, x.done, s.title, CASE WHEN x.done THEN NULL
		WHEN s.name = 'grant' AND to_regrole('featureflow_admin') IS NULL THEN 'CREATE ROLE featureflow_admin; ' || s.how
		WHEN s.name = 'source' AND relation IS NULL THEN format('CREATE TABLE %s (id text PRIMARY KEY, country text, plan text)',
			CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relname = 'users') THEN 'my_users' ELSE 'users' END)
		ELSE format(s.how, wanted, first.flag, first.variation, first.environment, relation, key_column) END
	FROM ff._onboarding_steps() WITH ORDINALITY s(name, title, how, i)
	CROSS JOIN LATERAL (SELECT (finished -> s.name)::boolean AS done) x ORDER BY s.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_onboarding IS
'First steps in a project, in order: whether each is done, as the tables tell, and a statement to paste for one that is not (how). Statements go to the first environment and to the first flag. That an application evaluates flags leaves no trace, so it is not asked.';
