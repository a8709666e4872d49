-- Moments of the values of an arm's units: a state that is aggregated in
-- parallel, stored, merged and compared.

CREATE TYPE ff.moments;

CREATE FUNCTION ff._moments_in(cstring) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_in';

CREATE FUNCTION ff._moments_out(ff.moments) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_out';

CREATE FUNCTION ff._moments_recv(internal) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_recv';

CREATE FUNCTION ff._moments_send(ff.moments) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_send';

CREATE TYPE ff.moments (
	INPUT = ff._moments_in,
	OUTPUT = ff._moments_out,
	RECEIVE = ff._moments_recv,
	SEND = ff._moments_send,
	INTERNALLENGTH = 40,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE ff.moments IS 'Count, sum and squared deviations from the mean (m2) of some values: "n=3 sum=6 m2=2". A number that needs more digits than float8 has is written in two parts, "0.30000000000000004-2.7e-17".';

-- Transition of ff_moments and of its parallel workers' states.
CREATE FUNCTION ff._moments_add(state ff.moments, value float8) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_add';

CREATE FUNCTION ff._moments_add(state ff.moments, value numeric) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_add_numeric';

CREATE FUNCTION ff._moments_combine(state ff.moments, other ff.moments) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_combine';

CREATE AGGREGATE ff_moments(value float8) (
	SFUNC = ff._moments_add, STYPE = ff.moments, INITCOND = 'n=0 sum=0 m2=0',
	COMBINEFUNC = ff._moments_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_moments(float8) IS
'Moments of values, one row a unit: what ff_compare compares. NULL is left out: use coalesce(value, 0) where a unit without a value has the value 0. No rows: moments of no units. Any order of rows, and parallel workers, give the same mean and variance. Raises 22003 for NaN, for an infinite value, and where sum or squared deviations leave the range of float8.';

CREATE AGGREGATE ff_moments(value numeric) (
	SFUNC = ff._moments_add, STYPE = ff.moments, INITCOND = 'n=0 sum=0 m2=0',
	COMBINEFUNC = ff._moments_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_moments(numeric) IS
'The same for numeric values, which keep 25 digits (float8 has 15).';

CREATE AGGREGATE ff_moments_merge(moments ff.moments) (
	SFUNC = ff._moments_combine, STYPE = ff.moments, INITCOND = 'n=0 sum=0 m2=0',
	COMBINEFUNC = ff._moments_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_moments_merge(ff.moments) IS
'The moments of all units from those of parts of them (days, partitions, shards): what ff_moments gives for their values together. NULL is left out. Raises 22003 where a part of the result leaves its range.';

CREATE FUNCTION ff_moments_of(n bigint, mean float8, variance float8) RETURNS ff.moments
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_of';
COMMENT ON FUNCTION ff_moments_of(bigint, float8, float8) IS
'Moments from aggregates at hand: count(x), avg(x), var_samp(x). mean may be NULL where n is 0, variance where n is below 2, as those aggregates are. NULL where n is NULL. Raises 22023 for a negative count, a negative variance, a mean of no units other than 0 or a variance of fewer than two other than 0; 22003 for what is not finite or too large; 22004 for a mean or variance that is missing.';

CREATE FUNCTION ff_moments_proportion(n bigint, successes bigint) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_proportion';
COMMENT ON FUNCTION ff_moments_proportion(bigint, bigint) IS
'Moments of n units of which so many have the value 1 and the others 0. Raises 22023 for successes below 0 or above n, 22003 for a count above 2^53.';

CREATE FUNCTION ff_moments_n(moments ff.moments) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_n';
COMMENT ON FUNCTION ff_moments_n(ff.moments) IS 'How many values there are.';

CREATE FUNCTION ff_moments_mean(moments ff.moments) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_mean';
COMMENT ON FUNCTION ff_moments_mean(ff.moments) IS 'The mean; NULL of no values.';

CREATE FUNCTION ff_moments_variance(moments ff.moments) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_variance';
COMMENT ON FUNCTION ff_moments_variance(ff.moments) IS 'The variance of a sample (over n - 1), as var_samp; NULL of fewer than two values.';

CREATE FUNCTION ff_moments_stddev(moments ff.moments) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_moments_stddev';
COMMENT ON FUNCTION ff_moments_stddev(ff.moments) IS 'The standard deviation of a sample, as stddev_samp; NULL of fewer than two values.';
