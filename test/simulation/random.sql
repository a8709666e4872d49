-- Draws by random(), fast enough for units as rows: the same from one seed as long
-- as one process draws them in order.  Variable: seed.
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SELECT setseed((:seed % 1000003) / 1000003.0) \g /dev/null

-- By Box and Muller.
CREATE FUNCTION pg_temp.gauss() RETURNS float8 LANGUAGE sql VOLATILE
RETURN sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random());

-- How many of n succeed, up to which probability: without approximation but for
-- what is beyond nine standard deviations.
CREATE FUNCTION pg_temp.successes(n int, p float8) RETURNS TABLE (k int, up_to float8) LANGUAGE sql IMMUTABLE AS $$
	WITH range AS (SELECT greatest(0, floor(n * p - 9 * sqrt(n * p * (1 - p)) - 5))::int AS low, least(n, ceil(n * p + 9 * sqrt(n * p * (1 - p)) + 5))::int AS high),
	weights AS (SELECT i, exp(sum(CASE WHEN i > low THEN ln((n - i + 1) / i::float8 * p / (1 - p)) ELSE 0 END) OVER (ORDER BY i)) AS w FROM range, generate_series(low, high) i)
	SELECT i, sum(w) OVER (ORDER BY i) / sum(w) OVER () FROM weights $$;
CREATE TEMP TABLE binomial (n int, p float8, k int, up_to float8, PRIMARY KEY (n, p, up_to, k));
CREATE FUNCTION pg_temp.drawn(wanted_n int, wanted_p float8, u float8) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT b.k FROM binomial b WHERE b.n = wanted_n AND b.p = wanted_p AND b.up_to >= u ORDER BY b.up_to, b.k LIMIT 1 $$;

-- What was found: a share of paths or a mean over them, and what it must be within.
CREATE TEMP TABLE found (i serial, property text, cell text, is_share boolean, lower float8, upper float8, paths bigint, total float8, squares float8);
