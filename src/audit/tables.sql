-- What every configuration change leaves behind.  No foreign keys: the log
-- outlives what it speaks of.  No unique number: a restore made without the
-- procedure may bring entries of its own, and must not lose any.
-- docs/audit.md describes the chain byte by byte.
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
	new jsonb,
	-- of old, new, where, who and reason: 16 bytes each, zero where there is none
	salts bytea,
	-- SHA-256 of each with its salt, 32 bytes each, zero where there is none
	digests bytea,
	-- SHA-256 of the previous entry's hash and this entry
	hash bytea,
	-- when, in the order of versions: not part of the chain
	version bigint,
	-- by the clock, after the change and before its commit: not part of the chain
	written_at timestamptz
);
CREATE INDEX audit_log_project_id_number_idx ON ff.audit_log (project_id, number);
CREATE INDEX audit_log_project_id_version_idx ON ff.audit_log (project_id, version);
CREATE INDEX audit_log_flag_id_idx ON ff.audit_log (flag_id, number);

-- Where a chain goes on from, its older entries having been deleted.
CREATE TABLE ff.audit_checkpoints (
	project_id uuid NOT NULL,
	-- the last entry that was deleted, and its hash
	number bigint NOT NULL,
	hash bytea NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	entries bigint NOT NULL,
	PRIMARY KEY (project_id, number)
);

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
