-- What the team compares, and by what.  Columns are only ever appended.

-- Relations of the application whose rows are events.
CREATE TABLE ff.metric_sources (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	-- schema.name, quoted where SQL asks for it
	relation text COLLATE "C" NOT NULL,
	unit_column text COLLATE "C" NOT NULL,
	time_column text COLLATE "C" NOT NULL,
	-- NULL: each row is 1
	value_column text COLLATE "C",
	-- read with the rights of
	role text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	-- triggers on it note what changes (capture.c)
	capture boolean NOT NULL DEFAULT false,
	UNIQUE (project_id, key)
);

-- Whose rows have changed in sources that are captured: unit NULL, of all; at, of a
-- row whose time was still to come.
CREATE TABLE ff.source_changes (
	source_id uuid NOT NULL,
	unit text COLLATE "C",
	at timestamptz,
	-- the transaction that changed them; 0: they were there
	written_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
	noted_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(noted_at))
);
CREATE INDEX source_changes_written_in_idx ON ff.source_changes (written_in);
CREATE INDEX source_changes_at_idx ON ff.source_changes (at);
-- there is no key, and refreshes delete rows where all of the schema is published
ALTER TABLE ff.source_changes REPLICA IDENTITY FULL;

-- Relations of the application that say which anonymous unit is which user.
CREATE TABLE ff.identity_sources (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	relation text COLLATE "C" NOT NULL,
	anonymous_column text COLLATE "C" NOT NULL,
	user_column text COLLATE "C" NOT NULL,
	-- read with the rights of
	role text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key)
);

CREATE TABLE ff.metrics (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('proportion', 'count', 'mean', 'ratio', 'quantile', 'retention', 'funnel')),
	-- NULL: of a funnel, which has steps
	event text COLLATE "C" CHECK (length(event) BETWEEN 1 AND 255),
	-- which way is better
	direction text COLLATE "C" NOT NULL DEFAULT 'increase' CHECK (direction IN ('increase', 'decrease')),
	name text NOT NULL,
	description text,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- events count whose properties contain this
	filter jsonb CHECK (jsonb_typeof(filter) = 'object'),
	-- properties that name the unit, and the value, where the event's own are not meant
	unit_property text COLLATE "C" CHECK (length(unit_property) BETWEEN 1 AND 255),
	value_property text COLLATE "C" CHECK (length(value_property) BETWEEN 1 AND 255),
	-- what a unit's events are made to: their sum, their number, or 1
	aggregate text COLLATE "C" CHECK (aggregate IN ('sum', 'count', 'any')),
	-- the second number of a ratio
	denominator_event text COLLATE "C" CHECK (length(denominator_event) BETWEEN 1 AND 255),
	denominator_filter jsonb CHECK (jsonb_typeof(denominator_filter) = 'object'),
	denominator_aggregate text COLLATE "C" CHECK (denominator_aggregate IN ('sum', 'count', 'any')),
	denominator_value_property text COLLATE "C" CHECK (length(denominator_value_property) BETWEEN 1 AND 255),
	-- of a quantile: which, of the totals of units or of the values of events
	quantile float8 CHECK (quantile > 0 AND quantile < 1),
	quantile_of text COLLATE "C" CHECK (quantile_of IN ('units', 'events')),
	-- of a funnel: the events of its steps, in order
	steps text[] COLLATE "C",
	-- months have no fixed length, so spans have days and smaller parts only;
	-- which events count: from the exposure and delay on, until the window is over; the last of lookback only
	delay interval NOT NULL DEFAULT '0' CHECK (delay >= '0' AND extract(month FROM delay) = 0 AND extract(year FROM delay) = 0),
	conversion_window interval CHECK (conversion_window > '0' AND extract(month FROM conversion_window) = 0 AND extract(year FROM conversion_window) = 0),
	lookback interval CHECK (lookback > '0' AND extract(month FROM lookback) = 0 AND extract(year FROM lookback) = 0),
	-- units count whose window is over
	complete_only boolean NOT NULL DEFAULT false,
	-- a unit's total counts up to here: a value, or a percentile of all units' totals
	cap_value numeric CHECK (cap_value BETWEEN -1e100 AND 1e100),
	cap_percentile float8 CHECK (cap_percentile > 0 AND cap_percentile < 1),
	cap_ignores_zeros boolean NOT NULL DEFAULT false,
	-- what the unit did in this time before its exposure is the covariate; 0: nothing
	covariate_period interval NOT NULL DEFAULT '14 days' CHECK (covariate_period >= '0' AND extract(month FROM covariate_period) = 0 AND extract(year FROM covariate_period) = 0),
	-- instead of events
	source_id uuid REFERENCES ff.metric_sources,
	denominator_source_id uuid REFERENCES ff.metric_sources,
	UNIQUE (project_id, key)
);
CREATE INDEX metrics_source_id_idx ON ff.metrics (source_id);
CREATE INDEX metrics_denominator_source_id_idx ON ff.metrics (denominator_source_id);

-- Units that stay out of all experiments that name the holdout, to compare with.
CREATE TABLE ff.holdouts (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	-- of all units that is held out
	share numeric NOT NULL CHECK (share > 0 AND share < 1 AND share = round(share, 5)),
	-- of the buckets that the share goes by
	salt text COLLATE "C" NOT NULL DEFAULT gen_random_uuid() CHECK (length(salt) BETWEEN 1 AND 255),
	name text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key)
);

-- Experiments of which a unit takes part in one at most: each has its own range
-- of the group's buckets.
CREATE TABLE ff.exclusion_groups (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	salt text COLLATE "C" NOT NULL DEFAULT gen_random_uuid() CHECK (length(salt) BETWEEN 1 AND 255),
	name text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (project_id, key)
);

CREATE TABLE ff.experiments (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	key text COLLATE "C" NOT NULL CHECK (ff._is_key(key)),
	flag_id uuid NOT NULL REFERENCES ff.flags ON DELETE CASCADE,
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	status text COLLATE "C" NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'running', 'completed', 'archived')),
	control text COLLATE "C" NOT NULL,
	name text NOT NULL,
	hypothesis text,
	started_at timestamptz CHECK (isfinite(started_at)),
	stopped_at timestamptz CHECK (isfinite(stopped_at)),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- {"variation": weight, ...} that the flag served by when the experiment
	-- was started; NULL: by several splits that differ
	weights jsonb CHECK (jsonb_typeof(weights) = 'object'),
	-- whose members are not counted
	excluded_segment_id uuid REFERENCES ff.segments,
	-- units count from their first event of this name on, after they were exposed
	activation_event text COLLATE "C" CHECK (length(activation_event) BETWEEN 1 AND 255),
	-- options of the analysis that are other than for all
	analysis jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(analysis) = 'object'),
	-- the current one
	phase int NOT NULL DEFAULT 1 CHECK (phase BETWEEN 1 AND 1000),
	-- attributes that ff_expose writes down with an exposure
	dimensions text[] COLLATE "C" NOT NULL DEFAULT '{}',
	-- the share of units that take part; the others get the control
	traffic numeric NOT NULL DEFAULT 1 CHECK (traffic BETWEEN 0 AND 1),
	-- of the buckets that the share goes by, which are none of the split's
	salt text COLLATE "C" NOT NULL DEFAULT gen_random_uuid() CHECK (length(salt) BETWEEN 1 AND 255),
	holdout_id uuid REFERENCES ff.holdouts,
	-- the buckets of the group that are the experiment's, from the first to before the other
	exclusion_group_id uuid REFERENCES ff.exclusion_groups,
	exclusion_from int CHECK (exclusion_from >= 0),
	exclusion_to int CHECK (exclusion_to <= 100000),
	-- whether a unit keeps the variation that it has met first
	sticky boolean NOT NULL DEFAULT false,
	-- by which anonymous units count as users
	identity_source_id uuid REFERENCES ff.identity_sources,
	UNIQUE (project_id, key),
	CONSTRAINT experiments_exclusion CHECK (num_nonnulls(exclusion_group_id, exclusion_from, exclusion_to) IN (0, 3) AND exclusion_from < exclusion_to),
	CONSTRAINT experiments_started CHECK ((status = 'draft') = (started_at IS NULL)),
	CONSTRAINT experiments_stopped CHECK ((status IN ('draft', 'running')) = (stopped_at IS NULL)),
	CONSTRAINT experiments_stop_after_start CHECK (stopped_at >= started_at)
);
CREATE INDEX experiments_flag_id_environment_id_idx ON ff.experiments (flag_id, environment_id);
CREATE INDEX experiments_identity_source_id_idx ON ff.experiments (identity_source_id);
CREATE INDEX experiments_excluded_segment_id_idx ON ff.experiments (excluded_segment_id);
CREATE INDEX experiments_environment_id_idx ON ff.experiments (environment_id);
CREATE INDEX experiments_holdout_id_idx ON ff.experiments (holdout_id);
CREATE INDEX experiments_exclusion_group_id_idx ON ff.experiments (exclusion_group_id);
CREATE UNIQUE INDEX experiments_running_idx ON ff.experiments (flag_id, environment_id) WHERE status = 'running';

-- The variation that a unit has met first, of experiments in which it keeps it.
-- ff_expose writes it as it does exposures (events/assign.c).
CREATE TABLE ff.assignments (
	experiment_id uuid NOT NULL,
	-- which an index can hold
	unit text COLLATE "C" NOT NULL CHECK (octet_length(unit) BETWEEN 1 AND 1000),
	variation text COLLATE "C" NOT NULL CHECK (length(variation) BETWEEN 1 AND 255),
	at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(at)),
	PRIMARY KEY (experiment_id, unit)
);

CREATE TABLE ff.experiment_metrics (
	experiment_id uuid NOT NULL REFERENCES ff.experiments ON DELETE CASCADE,
	metric_id uuid NOT NULL REFERENCES ff.metrics,
	role text COLLATE "C" NOT NULL DEFAULT 'goal' CHECK (role IN ('goal', 'secondary', 'guardrail')),
	position int NOT NULL DEFAULT 0,
	-- of the experiment, and filled in from it
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	-- of a guardrail: how much worse it may become, as a share of the control's mean
	margin float8 CHECK (margin > 0 AND margin <= 1),
	PRIMARY KEY (experiment_id, metric_id),
	CONSTRAINT experiment_metrics_margin CHECK (margin IS NULL OR role = 'guardrail')
);
CREATE INDEX experiment_metrics_metric_id_idx ON ff.experiment_metrics (metric_id);
CREATE INDEX experiment_metrics_project_id_idx ON ff.experiment_metrics (project_id);

-- Each change of the allocation starts a phase.
CREATE TABLE ff.experiment_phases (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	experiment_id uuid NOT NULL REFERENCES ff.experiments ON DELETE CASCADE,
	number int NOT NULL CHECK (number BETWEEN 1 AND 1000),
	started_at timestamptz NOT NULL CHECK (isfinite(started_at)),
	-- as of the experiment then
	weights jsonb CHECK (jsonb_typeof(weights) = 'object'),
	-- of the experiment, and filled in from it
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	UNIQUE (experiment_id, number)
);
CREATE INDEX experiment_phases_project_id_idx ON ff.experiment_phases (project_id);

-- How a metric stood when it was looked at on the way to a planned number of units.
CREATE TABLE ff.experiment_looks (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	experiment_id uuid NOT NULL REFERENCES ff.experiments ON DELETE CASCADE,
	metric_id uuid NOT NULL REFERENCES ff.metrics ON DELETE CASCADE,
	variation text COLLATE "C" NOT NULL CHECK (length(variation) BETWEEN 1 AND 255),
	taken_at timestamptz NOT NULL CHECK (isfinite(taken_at)),
	-- in this variation and the control
	units float8 NOT NULL CHECK (units > 0),
	difference float8 NOT NULL,
	standard_error float8 NOT NULL CHECK (standard_error > 0),
	-- of the control's mean, for the lift
	control_mean float8,
	control_variance float8,
	covariance float8,
	-- of the experiment, and filled in from it
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE,
	UNIQUE (experiment_id, metric_id, variation, units)
);
CREATE INDEX experiment_looks_metric_id_idx ON ff.experiment_looks (metric_id);
CREATE INDEX experiment_looks_project_id_idx ON ff.experiment_looks (project_id);

-- What was known of an experiment at a time.
CREATE TABLE ff.experiment_results (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	experiment_id uuid NOT NULL REFERENCES ff.experiments ON DELETE CASCADE,
	taken_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(taken_at)),
	kind text COLLATE "C" NOT NULL DEFAULT 'manual' CHECK (kind IN ('ship', 'stop', 'manual')),
	document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
	-- of the experiment, and filled in from it
	project_id uuid NOT NULL REFERENCES ff.projects ON DELETE CASCADE
);
CREATE INDEX experiment_results_experiment_id_idx ON ff.experiment_results (experiment_id, taken_at);
CREATE INDEX experiment_results_project_id_idx ON ff.experiment_results (project_id);
