-- Configuration tables.  C reads the leading columns by position
-- (src/model/tables.h): columns are only ever appended.

CREATE TABLE ff.organizations (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	key text COLLATE "C" NOT NULL UNIQUE CHECK (ff._is_key(key)),
	name text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ff.projects (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	organization_id uuid NOT NULL REFERENCES ff.organizations ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL UNIQUE CHECK (ff._is_key(key)),
	name text NOT NULL,
	description text,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ff.environments (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	name text NOT NULL,
	color text CHECK (color ~ '^#[0-9a-fA-F]{6}$'),
	position int NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	-- while set, what the environment answers from is not to change
	locked_at timestamptz,
	locked_by text,
	lock_reason text,
	UNIQUE (project_id, key)
);

CREATE TABLE ff.plans (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	level int NOT NULL CHECK (level >= 0),
	name text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key)
);

CREATE FUNCTION ff._dialect_known(name text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_dialect_known';

CREATE TABLE ff.flags (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	-- an imported flag keeps the key that it had: any text of up to 255 bytes
	key text COLLATE "C" NOT NULL CONSTRAINT flags_key_check CHECK (CASE dialect WHEN 'native' THEN ff._is_key(key) ELSE octet_length(key) BETWEEN 1 AND 255 END),
	kind text NOT NULL DEFAULT 'boolean' CHECK (kind IN ('boolean', 'string', 'number', 'json')),
	-- [{"key": ..., "value": ..., "name": ..., "description": ...}, ...]; order is append-only
	variations jsonb NOT NULL,
	min_plan text COLLATE "C",
	archived_at timestamptz,
	killed_at timestamptz,
	client_visible boolean NOT NULL DEFAULT false,
	-- whose way of answering it follows; of all but native, flag_settings.rules
	-- is [the provider's document], or [] where it was not imported
	dialect text NOT NULL DEFAULT 'native' CHECK (dialect = 'native' OR ff._dialect_known(dialect)),
	kill_reason text,
	name text NOT NULL,
	description text CHECK (length(description) <= 500),
	category text,
	tags text[] NOT NULL DEFAULT '{}',
	owner text,
	traffic_type text NOT NULL DEFAULT 'user'
		CHECK (traffic_type IN ('user', 'account', 'device', 'session', 'organization')),
	-- [{"title": ..., "url": ...}, ...]
	links jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(links) = 'array'),
	temporary boolean NOT NULL DEFAULT true,
	stage text NOT NULL DEFAULT 'development'
		CHECK (stage IN ('development', 'staging', 'production', 'archived')),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key),
	-- the key itself is the default name and may be shorter or longer
	CHECK (name = key OR length(name) BETWEEN 3 AND 100)
);

CREATE TABLE ff.flag_settings (
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	enabled boolean NOT NULL DEFAULT true,
	-- {"variation": ["user key", ...], ...}; a user stands under one variation
	targets jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(targets) = 'object'),
	rules jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(rules) = 'array'),
	-- "variation" or {"split": [{"variation": ..., "weight": ...}, ...], "by": ...}
	default_serve jsonb NOT NULL,
	off_variation text COLLATE "C" NOT NULL,
	salt text NOT NULL,
	version int NOT NULL DEFAULT 0,
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- when enabled and default_serve were last set: earlier steps of the
	-- schedule are over
	enabled_at timestamptz,
	default_at timestamptz,
	PRIMARY KEY (flag_id, environment_id)
);
CREATE INDEX flag_settings_environment_id_idx ON ff.flag_settings (environment_id);

CREATE TABLE ff.prerequisites (
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	prerequisite_id uuid NOT NULL REFERENCES ff.flags DEFERRABLE INITIALLY DEFERRED,
	variation text COLLATE "C" NOT NULL,
	PRIMARY KEY (flag_id, prerequisite_id),
	CONSTRAINT prerequisites_not_itself CHECK (flag_id <> prerequisite_id)
);
CREATE INDEX prerequisites_prerequisite_id_idx ON ff.prerequisites (prerequisite_id);

CREATE TABLE ff.segments (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	condition jsonb NOT NULL,
	name text NOT NULL,
	description text,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- a query with $1, a user key of that type, run as that role
	query text,
	query_type text COLLATE "C",
	query_role text COLLATE "C",
	UNIQUE (project_id, key)
);

-- Segments of imported flags, in the terms of their provider.  Other systems
-- have them by environment.
CREATE TABLE ff.imported_segments (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	dialect text COLLATE "C" NOT NULL CHECK (ff._dialect_known(dialect)),
	key text COLLATE "C" NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
	document jsonb NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (environment_id, dialect, key)
);

-- The segment that the setting featureflow.segment names, for COPY.
CREATE FUNCTION ff._copied_segment() RETURNS uuid
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_copied_segment';

-- Millions of rows: no foreign key, whose check costs more than the row.  The
-- segment is looked up by the trigger that moves versions, once a statement.
CREATE TABLE ff.segment_members (
	segment_id uuid NOT NULL DEFAULT ff._copied_segment(),
	user_key text COLLATE "C" NOT NULL CHECK (length(user_key) BETWEEN 1 AND 1024),
	-- the user first: a comparison then tells users apart at once
	PRIMARY KEY (user_key, segment_id)
);
CREATE INDEX segment_members_segment_id_idx ON ff.segment_members (segment_id);

CREATE TABLE ff.overrides (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	subject_kind text COLLATE "C" NOT NULL CHECK (subject_kind IN ('user', 'organization')),
	subject text COLLATE "C" NOT NULL CHECK (length(subject) BETWEEN 1 AND 1024),
	variation text COLLATE "C" NOT NULL,
	expires_at timestamptz,
	reason text,
	created_by text NOT NULL DEFAULT current_user,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (flag_id, environment_id, subject_kind, subject)
);
CREATE INDEX overrides_environment_id_idx ON ff.overrides (environment_id);

-- Relations of the application whose row of a user gives attributes.
CREATE TABLE ff.context_sources (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	-- schema.name, quoted where SQL asks for it
	relation text COLLATE "C" NOT NULL,
	key_column text COLLATE "C" NOT NULL,
	-- NULL: all columns
	attributes text[] COLLATE "C",
	-- read with the rights of
	role text COLLATE "C" NOT NULL,
	position int NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, relation)
);

-- Steps by the clock: from "at" on a flag is enabled or not, or serves
-- something else by default.
CREATE TABLE ff.schedules (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	at timestamptz NOT NULL CHECK (isfinite(at)),
	enabled boolean,
	serve jsonb,
	reason text,
	created_by text NOT NULL DEFAULT current_user,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT schedules_one_action CHECK ((enabled IS NULL) <> (serve IS NULL))
);
CREATE UNIQUE INDEX schedules_flag_id_environment_id_at_idx ON ff.schedules (flag_id, environment_id, at, (enabled IS NULL));
CREATE INDEX schedules_environment_id_idx ON ff.schedules (environment_id);

-- What new flags and segments can be made from.
CREATE TABLE ff.templates (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('flag', 'segment')),
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	name text NOT NULL,
	description text,
	document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, kind, key)
);

-- The whole configuration of a project as it stood.
CREATE TABLE ff.snapshots (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	description text,
	document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
	created_by text NOT NULL DEFAULT current_user,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key)
);
