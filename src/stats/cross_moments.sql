-- Exact sums and cross products of a unit's variables: what ratios, adjustment
-- for covariates and errors of clusters start from.

CREATE TYPE ff.cross_moments;

CREATE FUNCTION ff._cross_moments_in(cstring) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_in';

CREATE FUNCTION ff._cross_moments_out(ff.cross_moments) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_out';

CREATE FUNCTION ff._cross_moments_recv(internal) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_recv';

CREATE FUNCTION ff._cross_moments_send(ff.cross_moments) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_send';

CREATE TYPE ff.cross_moments (
	INPUT = ff._cross_moments_in,
	OUTPUT = ff._cross_moments_out,
	RECEIVE = ff._cross_moments_recv,
	SEND = ff._cross_moments_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE ff.cross_moments IS 'Count, sums, and sums of products of one to eight variables, without any rounding: "v1 n=2 sums={0x3p+0} products={0x5p+0}". Numbers are hexadecimal integers times a power of two; products are those of each variable with itself and the ones after it, row by row.';

-- Transitions; the internal state is a wide accumulator.
CREATE FUNCTION ff._cross_moments_add(state internal, VARIADIC variables float8[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_add';

CREATE FUNCTION ff._cross_moments_take(state internal, moments ff.cross_moments) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_take';

CREATE FUNCTION ff._cross_moments_combine(state internal, other internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_combine';

CREATE FUNCTION ff._cross_moments_serialize(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_serialize';

CREATE FUNCTION ff._cross_moments_deserialize(state bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_deserialize';

CREATE FUNCTION ff._cross_moments_final(state internal) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_final';

CREATE AGGREGATE ff_cross_moments(VARIADIC variables float8[]) (
	SFUNC = ff._cross_moments_add, STYPE = internal, SSPACE = 6000, FINALFUNC = ff._cross_moments_final,
	COMBINEFUNC = ff._cross_moments_combine, SERIALFUNC = ff._cross_moments_serialize,
	DESERIALFUNC = ff._cross_moments_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_cross_moments(float8[]) IS
'Cross moments of up to eight variables, one row a unit: ff_cross_moments(y, x) or ff_cross_moments(VARIADIC array). Sums and sums of products are exact, so any order of rows, any partition and any number of workers give the same bytes. A row with a NULL among its variables is left out: use coalesce(x, 0) where a unit without a value has the value 0. NULL of no rows. Raises 22003 for NaN and infinite values, 22023 for no variables, more than eight, or rows of different lengths.';

CREATE AGGREGATE ff_cross_moments_merge(moments ff.cross_moments) (
	SFUNC = ff._cross_moments_take, STYPE = internal, SSPACE = 6000, FINALFUNC = ff._cross_moments_final,
	COMBINEFUNC = ff._cross_moments_combine, SERIALFUNC = ff._cross_moments_serialize,
	DESERIALFUNC = ff._cross_moments_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_cross_moments_merge(ff.cross_moments) IS
'The cross moments of all units from those of parts of them, to the bit what ff_cross_moments gives for all rows together. NULL is left out. Raises 22023 for states of different numbers of variables, 22003 for more than 2^53 units.';

CREATE FUNCTION ff_cross_moments_subtract(whole ff.cross_moments, part ff.cross_moments) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_subtract';
COMMENT ON FUNCTION ff_cross_moments_subtract(ff.cross_moments, ff.cross_moments) IS
'The cross moments of the units of whole that are not in part: without any rounding, so a unit is replaced by taking the old values out and merging the new ones. Raises 22003 where part has more units than whole, 22023 where no values have what is left, or for another number of variables.';

CREATE FUNCTION ff_cross_moments_of(n bigint, sums float8[], products float8[]) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_of';
COMMENT ON FUNCTION ff_cross_moments_of(bigint, float8[], float8[]) IS
'Cross moments from aggregates at hand: count, sum of each variable, and sums of products, each variable with itself and the ones after it, row by row: of (y, x) they are sum(y*y), sum(y*x), sum(x*x). What those sums have lost by rounding stays lost. Raises 22023 for lists of other lengths and for sums that no values have, 22003 for NaN, infinity or a count outside of 0 to 2^53, 22004 for a NULL in a list.';

CREATE FUNCTION ff_cross_moments_n(moments ff.cross_moments) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_n';
COMMENT ON FUNCTION ff_cross_moments_n(ff.cross_moments) IS 'How many units there are.';

CREATE FUNCTION ff_cross_moments_mean(moments ff.cross_moments, variable int) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_mean';
COMMENT ON FUNCTION ff_cross_moments_mean(ff.cross_moments, int) IS 'The mean of a variable, counted from 1, rounded once; NULL of no units. Raises 22023 for a variable that is not there, 22003 beyond float8.';

CREATE FUNCTION ff_cross_moments_covariance(moments ff.cross_moments, a int, b int) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_covariance';
COMMENT ON FUNCTION ff_cross_moments_covariance(ff.cross_moments, int, int) IS 'The covariance of two variables (over n - 1), counted from 1, rounded once; the variance where both are the same. NULL of fewer than two units. Raises 22023 for a variable that is not there, 22003 beyond float8.';

CREATE FUNCTION ff_cross_moments_first(moments ff.cross_moments, variables int) RETURNS ff.cross_moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_first';
COMMENT ON FUNCTION ff_cross_moments_first(ff.cross_moments, int) IS 'The cross moments of the first so many variables, as if the others had never been: an outcome without its covariates. Raises 22023 for more than there are, or fewer than one.';

CREATE FUNCTION ff_cross_moments_part(moments ff.cross_moments, variable int) RETURNS ff.moments
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cross_moments_part';
COMMENT ON FUNCTION ff_cross_moments_part(ff.cross_moments, int) IS 'The moments of one variable, counted from 1, for ff_compare. Raises 22023 for a variable that is not there, 22003 where they are out of range.';
