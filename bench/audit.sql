-- Copies of ff.flag_settings: without an audit, with a plain audit trigger, and
-- with ours alone; and what changes one setting of each.  Eight projects.
SET featureflow.change_reason = 'bench';
SELECT ff_project_create('p' || n) FROM generate_series(1, 8) n;
SELECT ff_flag_create('flag', project => 'p' || n),
	ff_flag_rules('flag', '[{"when": {"all": [{"attribute": "plan", "op": "eq", "value": "pro"}, {"attribute": "age", "op": "ge", "value": 30}]}, "serve": true}]', project => 'p' || n),
	ff_flag_target('flag', 'on', ARRAY['user-1', 'user-2', 'user-3'], project => 'p' || n)
FROM generate_series(1, 8) n;

CREATE TABLE bare_settings (LIKE ff.flag_settings INCLUDING ALL);
CREATE TABLE plain_settings (LIKE ff.flag_settings INCLUDING ALL);
CREATE TABLE ff.chained_settings (LIKE ff.flag_settings INCLUDING ALL);
CALL ff._watch('chained_settings', NULL, false);

CREATE TABLE plain_log (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT now(),
	table_name text NOT NULL,
	action text NOT NULL,
	flag_id uuid,
	environment_id uuid,
	session_role text NOT NULL DEFAULT session_user,
	acting_role text NOT NULL DEFAULT current_user,
	client_address inet DEFAULT inet_client_addr(),
	application text DEFAULT current_setting('application_name'),
	reason text DEFAULT current_setting('featureflow.change_reason', true),
	old jsonb,
	new jsonb
);
CREATE INDEX plain_log_flag_id_idx ON plain_log (flag_id, id);
CREATE FUNCTION plain_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO plain_log (table_name, action, flag_id, environment_id, old, new)
	VALUES (TG_TABLE_NAME, lower(TG_OP), NEW.flag_id, NEW.environment_id, to_jsonb(OLD), to_jsonb(NEW));
	RETURN NULL;
END
$$;
CREATE TRIGGER plain_audit AFTER UPDATE ON plain_settings FOR EACH ROW EXECUTE FUNCTION plain_audit();

INSERT INTO bare_settings SELECT * FROM ff.flag_settings;
INSERT INTO plain_settings SELECT * FROM ff.flag_settings;
INSERT INTO ff.chained_settings SELECT * FROM ff.flag_settings;

CREATE TABLE places AS
SELECT substr(p.key, 2)::int AS n, p.id AS project_id, f.id AS flag_id, e.id AS environment_id
FROM ff.projects p JOIN ff.flags f ON f.project_id = p.id JOIN ff.environments e ON e.project_id = p.id AND e.key = 'production';
ALTER TABLE places ADD PRIMARY KEY (n);

-- Each finds its place and locks what it needs, as the functions of the
-- extension do.
CREATE FUNCTION bench_bare(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p places;
BEGIN
	SELECT * INTO p FROM places x WHERE x.n = $1;
	UPDATE bare_settings s SET enabled = NOT s.enabled WHERE s.flag_id = p.flag_id AND s.environment_id = p.environment_id;
END
$$;
CREATE FUNCTION bench_plain(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p places;
BEGIN
	SELECT * INTO p FROM places x WHERE x.n = $1;
	UPDATE plain_settings s SET enabled = NOT s.enabled WHERE s.flag_id = p.flag_id AND s.environment_id = p.environment_id;
END
$$;
CREATE FUNCTION bench_chained(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p places;
BEGIN
	SELECT * INTO p FROM places x WHERE x.n = $1;
	PERFORM ff._lock_project(p.project_id);
	UPDATE ff.chained_settings s SET enabled = NOT s.enabled WHERE s.flag_id = p.flag_id AND s.environment_id = p.environment_id;
END
$$;
CREATE FUNCTION bench_whole(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE p places;
BEGIN
	SELECT * INTO p FROM places x WHERE x.n = $1;
	PERFORM ff._lock_project(p.project_id);
	UPDATE ff.flag_settings s SET enabled = NOT s.enabled WHERE s.flag_id = p.flag_id AND s.environment_id = p.environment_id;
END
$$;
