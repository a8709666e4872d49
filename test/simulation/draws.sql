-- Numbers that a seed determines, on every server and in any order.  The hashes
-- of indexes will not do: sums over neighbouring keys vary too little.

CREATE FUNCTION pg_temp.uniform(key bigint, stream bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (('x' || encode(substr(sha256(int8send(key) || int8send(stream)), 1, 7), 'hex'))::bit(56)::bigint >> 3) / 9007199254740992::float8 + 5.5e-17;

-- By Box and Muller; uses two streams.
CREATE FUNCTION pg_temp.normal(key bigint, stream bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN sqrt(-2 * ln(pg_temp.uniform(key, stream))) * cos(2 * pi() * pg_temp.uniform(key, stream + 1));

-- The variance of a sample of n normal units of variance 1, by Wilson and
-- Hilferty's cube; uses two streams.
CREATE FUNCTION pg_temp.variance(key bigint, stream bigint, n int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (1 - 2 / (9.0 * (n - 1)) + pg_temp.normal(key, stream) * sqrt(2 / (9.0 * (n - 1)))) ^ 3;

-- Successes of n with probability p, where both kinds are many.
CREATE FUNCTION pg_temp.successes(key bigint, stream bigint, n int, p float8) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN round(n * p + pg_temp.normal(key, stream) * sqrt(n * p * (1 - p)))::bigint;
