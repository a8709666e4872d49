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

CREATE TABLE ff.flags (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	kind text NOT NULL DEFAULT 'boolean' CHECK (kind IN ('boolean', 'string', 'number', 'json')),
	-- [{"key": …, "value": …, "name": …, "description": …}, …]; order is append-only
	variations jsonb NOT NULL,
	min_plan text COLLATE "C",
	archived_at timestamptz,
	killed_at timestamptz,
	client_visible boolean NOT NULL DEFAULT false,
	dialect text NOT NULL DEFAULT 'native' CHECK (dialect IN ('native')),
	kill_reason text,
	name text NOT NULL,
	description text CHECK (length(description) <= 500),
	category text,
	tags text[] NOT NULL DEFAULT '{}',
	owner text,
	traffic_type text NOT NULL DEFAULT 'user'
		CHECK (traffic_type IN ('user', 'account', 'device', 'session', 'organization')),
	-- [{"title": …, "url": …}, …]
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
	-- {"variation": ["user key", …], …}; a user stands under one variation
	targets jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(targets) = 'object'),
	rules jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(rules) = 'array'),
	-- "variation" or {"split": [{"variation": …, "weight": …}, …], "by": …}
	default_serve jsonb NOT NULL,
	off_variation text COLLATE "C" NOT NULL,
	salt text NOT NULL,
	version int NOT NULL DEFAULT 0,
	updated_at timestamptz NOT NULL DEFAULT now(),
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
	UNIQUE (project_id, key)
);

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
