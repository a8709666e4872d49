-- The distributions behind the answers, for checks against other sources.
-- Logarithms are natural.

CREATE FUNCTION ff._normal_sf(z float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_normal_sf';

CREATE FUNCTION ff._normal_log_sf(z float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_normal_log_sf';

CREATE FUNCTION ff._normal_quantile(p float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_normal_quantile';

CREATE FUNCTION ff._t_sf(t float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_sf';

CREATE FUNCTION ff._t_log_sf(t float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_log_sf';

CREATE FUNCTION ff._t_quantile(p float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_quantile';

CREATE FUNCTION ff._chi_square_sf(x float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_chi_square_sf';

CREATE FUNCTION ff._chi_square_log_sf(x float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_chi_square_log_sf';
