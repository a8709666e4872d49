-- What every configuration change leaves behind.  No foreign keys: the log
-- outlives what it speaks of.  No unique number: a restore made without the
-- procedure may bring entries of its own, and must not lose any.
CREATE TABLE ff.audit_log (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid,
	number bigint NOT NULL,
	at timestamptz NOT NULL,
	transaction_id bigint NOT NULL,
	table_name text NOT NULL,
	action text NOT NULL,
	record_id text,
	flag_id uuid,
	environment_id uuid,
	session_role text NOT NULL,
	acting_role text NOT NULL,
	account text,
	token text,
	client_address inet,
	application text,
	headers jsonb,
	reason text,
	old jsonb,
	new jsonb
);
CREATE INDEX audit_log_project_id_number_idx ON ff.audit_log (project_id, number);
CREATE INDEX audit_log_flag_id_idx ON ff.audit_log (flag_id, number);

-- One row a version of a flag in an environment: the whole configuration as
-- it stood after the change.
CREATE TABLE ff.flag_versions (
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	version int NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	transaction_id bigint NOT NULL,
	acting_role text NOT NULL,
	reason text,
	document jsonb NOT NULL,
	PRIMARY KEY (flag_id, environment_id, version)
);
CREATE INDEX flag_versions_environment_id_idx ON ff.flag_versions (environment_id);
