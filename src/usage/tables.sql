-- How often flags were evaluated: one row for what an hour, environment, flag,
-- variation and reason have in common.  Rows go with what they are of, and follow
-- its keys, since they name it by id.
CREATE TABLE ff.evaluation_counts (
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE,
	-- NULL: there was no flag of the key that was asked for
	flag_id uuid REFERENCES ff.flags ON DELETE CASCADE,
	-- NULL: none, the caller was left with the fallback
	variation text COLLATE "C",
	reason text COLLATE "C" NOT NULL,
	error_code text COLLATE "C",
	hour timestamptz NOT NULL CHECK (isfinite(hour)),
	evaluations bigint NOT NULL CHECK (evaluations > 0),
	last_at timestamptz NOT NULL CHECK (isfinite(last_at)),
	-- a HyperLogLog sketch of their keys: registers of a byte
	users bytea NOT NULL CHECK (octet_length(users) = 2048),
	-- how many of the calls that were timed took 2^i to 2^(i+1) nanoseconds, from i = 0 on
	latency bigint[],
	UNIQUE NULLS NOT DISTINCT (flag_id, environment_id, hour, reason, error_code, variation)
) WITH (fillfactor = 70);
CREATE INDEX evaluation_counts_environment_id_idx ON ff.evaluation_counts (environment_id, hour);
-- these have no primary key: where all tables are published, a change of a row would be an error
ALTER TABLE ff.evaluation_counts REPLICA IDENTITY FULL;

-- Single evaluations, a sample of them.  Flags go by the key that was asked for, and
-- variations by that of the time.
CREATE TABLE ff.evaluation_log (
	-- when the statement began
	at timestamptz NOT NULL CHECK (isfinite(at)),
	-- NULL: the caller had none
	user_key text COLLATE "C",
	flag text COLLATE "C" NOT NULL,
	-- NULL: none, the caller was left with the fallback
	variation text COLLATE "C",
	reason text COLLATE "C" NOT NULL,
	error_code text COLLATE "C",
	-- what decided, as ff_evaluate_detail has it
	rule text COLLATE "C",
	-- of the flag's settings; NULL: there was no flag
	version int,
	-- of evaluations that were logged then: the row stands for 1 / share of them
	share float8 NOT NULL CHECK (share > 0 AND share <= 1),
	environment_id uuid NOT NULL REFERENCES ff.environments ON DELETE CASCADE
);
CREATE INDEX evaluation_log_environment_id_idx ON ff.evaluation_log (environment_id, at);
ALTER TABLE ff.evaluation_log REPLICA IDENTITY FULL;

COMMENT ON TABLE ff.evaluation_log IS 'Single evaluations, as many as featureflow.log_evaluations says, drawn at random. Written by a worker; read by ff_evaluation_log. Old rows go by ff_evaluation_log_retain.';
COMMENT ON TABLE ff.evaluation_counts IS 'How often flags were evaluated, an hour, environment, flag, variation and reason, by how many users, and how long a sample of calls took. Written by a worker; read by ff_usage and ff_flag_usage. Old rows go by ff_usage_retain.';
