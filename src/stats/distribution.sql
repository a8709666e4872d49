-- The distributions behind the answers, for checks against other sources and
-- for tests of one's own.  Tails are those above the argument.

CREATE FUNCTION ff_norm_sf(z float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_norm_sf';
COMMENT ON FUNCTION ff_norm_sf(float8) IS
'P(Z > z) of the standard normal distribution, by the complementary error function: 2 * ff_norm_sf(abs(z)) is a two-sided p-value. NULL of NULL. Raises 22023 for NaN.';

CREATE FUNCTION ff_norm_log10_sf(z float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_norm_log10_sf';
COMMENT ON FUNCTION ff_norm_log10_sf(float8) IS
'The logarithm to base 10 of ff_norm_sf, also where that is too small for a float8. NULL of NULL. Raises 22023 for NaN.';

CREATE FUNCTION ff_norm_ppf(p float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_norm_ppf';
COMMENT ON FUNCTION ff_norm_ppf(float8) IS
'The quantile of the standard normal distribution, the z below which a share p lies (Wichura 1988, AS 241, and a Newton step): 1.96 for 0.975; -Infinity and Infinity for 0 and 1. NULL of NULL. Raises 22023 for a p outside of 0 to 1.';

CREATE FUNCTION ff_t_sf(t float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_sf';
COMMENT ON FUNCTION ff_t_sf(float8, float8) IS
'P(T > t) of Student''s t distribution with df degrees of freedom, whole or not, by quadrature. NULL of NULL. Raises 22023 for NaN and for df that are not above 0 and finite.';

CREATE FUNCTION ff_t_log10_sf(t float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_log10_sf';
COMMENT ON FUNCTION ff_t_log10_sf(float8, float8) IS
'The logarithm to base 10 of ff_t_sf, also where that is too small for a float8. NULL of NULL. Raises 22023 as ff_t_sf.';

CREATE FUNCTION ff_t_ppf(p float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_t_ppf';
COMMENT ON FUNCTION ff_t_ppf(float8, float8) IS
'The quantile of Student''s t distribution, the t below which a share p lies; infinite for 0 and 1. NULL of NULL. Raises 22023 for a p outside of 0 to 1 and for df that are not above 0 and finite.';

CREATE FUNCTION ff_chi2_sf(x float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_chi2_sf';
COMMENT ON FUNCTION ff_chi2_sf(float8, float8) IS
'P(X > x) of the chi-square distribution with df degrees of freedom, by the incomplete gamma function. NULL of NULL. Raises 22023 for NaN and for df that are not above 0 and finite.';

CREATE FUNCTION ff_chi2_log10_sf(x float8, df float8) RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_chi2_log10_sf';
COMMENT ON FUNCTION ff_chi2_log10_sf(float8, float8) IS
'The logarithm to base 10 of ff_chi2_sf, also where that is too small for a float8. NULL of NULL. Raises 22023 as ff_chi2_sf.';
