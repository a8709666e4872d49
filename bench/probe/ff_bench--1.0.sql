\echo Use "CREATE EXTENSION ff_bench" to load this file. \quit

-- What a call costs: the shapes of the public functions, and nothing inside.
CREATE FUNCTION bench_noop(text, text) RETURNS boolean
AS 'MODULE_PATHNAME', 'bench_noop' LANGUAGE C STABLE PARALLEL SAFE;

CREATE FUNCTION bench_noop(text, text, jsonb) RETURNS boolean
AS 'MODULE_PATHNAME', 'bench_noop' LANGUAGE C STABLE PARALLEL SAFE;

CREATE FUNCTION bench_noop(text, text, jsonb, text, boolean, text) RETURNS boolean
AS 'MODULE_PATHNAME', 'bench_noop' LANGUAGE C STABLE PARALLEL SAFE;

-- What one evaluation must do: three look-ups, one hash, all hard-wired.
CREATE FUNCTION bench_probe(text, jsonb) RETURNS boolean
AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;

-- One hundred constant rows of the columns of ff_evaluate_all().
CREATE FUNCTION bench_rows(
	OUT flag text, OUT value jsonb, OUT variation text, OUT reason text,
	OUT rule text, OUT error_code text, OUT version int, OUT required_plan text)
RETURNS SETOF record
AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE ROWS 100;
