-- Ratios, adjustment for covariates, strata and quantiles: two arms compared.

CREATE TYPE ff.adjusted_comparison AS (control_mean float8, treatment_mean float8, difference float8, standard_error float8,
	df float8, t float8, p_value float8, log10_p float8, lower float8, upper float8,
	lift float8, lift_standard_error float8, lift_lower float8, lift_upper float8, lift_unbounded boolean,
	theta float8[], control_variance_reduction float8, treatment_variance_reduction float8, variance_reduction float8,
	warning text, problem text, control_variance float8, covariance float8);
COMMENT ON TYPE ff.adjusted_comparison IS 'The answer of ff_compare_ratio, ff_compare_adjusted, ff_compare_stratified and ff_compare_quantile. difference is the estimate and not always that of the two means shown; lift is difference / abs(control_mean). theta: what each covariate counts. control_variance_reduction, treatment_variance_reduction, variance_reduction: the share of the variance (of units in an arm, of the difference) that the adjustment took away. warning: what a reader must know (weak_denominator, covariate_dropped, unadjusted, strata_merged). problem: why something is NULL (no_control_units, no_treatment_units, too_few_units, zero_denominator, quantile_bounds, zero_variance, zero_control_mean, out_of_range). control_variance: of control_mean; covariance: of difference and control_mean; what Fieller''s interval of another width needs.';

CREATE FUNCTION ff_compare_ratio(control ff.cross_moments, treatment ff.cross_moments, alpha float8 DEFAULT 0.05,
	relative text DEFAULT 'fieller') RETURNS ff.adjusted_comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare_ratio';
COMMENT ON FUNCTION ff_compare_ratio(ff.cross_moments, ff.cross_moments, float8, text) IS
'The ratio of two sums over units, sum(numerator) / sum(denominator), in two arms, by the delta method (Deng, Knoblich, Lu 2018, equation 4): the variance of a unit is v_N / d^2 + v_D r^2 / d^2 - 2 c r / d^2. Variables: numerator, denominator; and perhaps the same from before the experiment, for which the ratio is then adjusted (Deng, Xu, Kohavi, Walker 2013, appendix B). With clusters as units, totals as numerator and sizes as denominator it compares means with errors of clusters. Welch''s t on the difference; relative ''fieller'' gives the lift Fieller''s interval, ''delta'' tests the lift by the delta method, as GrowthBook does. warning weak_denominator: a denominator''s mean has a standard error above 30 %, and no number of the row is to be trusted. NULL moments are no units. Raises 22023 for other numbers of variables, an alpha outside of 0 to 1, another relative; 22004 for NULL alpha or relative.';

CREATE FUNCTION ff_compare_adjusted(control ff.cross_moments, treatment ff.cross_moments, alpha float8 DEFAULT 0.05,
	method text DEFAULT 'cuped', proportion boolean DEFAULT false, relative text DEFAULT 'fieller') RETURNS ff.adjusted_comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare_adjusted';
COMMENT ON FUNCTION ff_compare_adjusted(ff.cross_moments, ff.cross_moments, float8, text, boolean, text) IS
'Means compared, adjusted for up to seven covariates from before the experiment. Variables: outcome, then covariates. method ''cuped'': Deng, Xu, Kohavi, Walker (2013), theta of both arms together, Welch''s t on outcome - theta covariate. ''ancova'': least squares of the outcome on arm and covariates. ''lin'': Lin (2013), a slope an arm, at the mean of all units. control_mean and treatment_mean are not adjusted, and lift goes by the control''s as it is: Fieller''s interval with the covariance -(s_YY - theta s_XY) / n_C; relative ''delta'' tests the lift instead, as GrowthBook does. Covariates that do not vary, or that others determine, are dropped (warning covariate_dropped; unadjusted where none is left). proportion: outcome 0 or 1, variances over n. NULL moments are no units. Raises 22023 for arms of different variables, another method or relative, an alpha outside of 0 to 1, a proportion that is none; 22004 for NULL options.';

-- Transition of ff_adjusted_variance.
CREATE FUNCTION ff._adjusted_variance_add(state internal, own ff.cross_moments, everybody ff.cross_moments, VARIADIC variables float8[]) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_adjusted_variance_add';

CREATE FUNCTION ff._adjusted_variance_final(state internal) RETURNS float8
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_adjusted_variance_final';

CREATE AGGREGATE ff_adjusted_variance(own ff.cross_moments, everybody ff.cross_moments, VARIADIC variables float8[]) (
	SFUNC = ff._adjusted_variance_add, STYPE = internal, SSPACE = 3000, FINALFUNC = ff._adjusted_variance_final, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_adjusted_variance(ff.cross_moments, ff.cross_moments, float8[]) IS
'The robust variance (HC2: MacKinnon and White 1985) of an arm''s mean, adjusted by the arm''s own slopes to the covariates of all units (Lin 2013): a second pass over the arm''s units. own: cross moments of the arm, everybody: of all arms, both of outcome and covariates; then the unit''s outcome and covariates. The standard error of the difference of method lin is the root of the sum of both arms'' variances. The same bits for any order of rows. Rows with a NULL are left out; NULL of none, or where a unit alone determines a slope. Raises 22023 for moments of other variables or of fewer than two units, 22003 for NaN and infinite values.';

CREATE FUNCTION ff_compare_stratified(control ff.cross_moments[], treatment ff.cross_moments[], alpha float8 DEFAULT 0.05,
	proportion boolean DEFAULT false, relative text DEFAULT 'fieller') RETURNS ff.adjusted_comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare_stratified';
COMMENT ON FUNCTION ff_compare_stratified(ff.cross_moments[], ff.cross_moments[], float8, boolean, text) IS
'Post-stratification (Miratrix, Sekhon, Yu 2013): the effect in each stratum, weighted by its share of all units, with the multinomial variance of the shares. One element a stratum, in the same order for both arms, NULL where an arm has no unit. Variables: outcome, and perhaps covariates, for which each stratum is adjusted by least squares. A stratum in which an arm has fewer than two units or no variance is merged into the largest (warning strata_merged). control_mean and treatment_mean are weighted as the effect is. Satterthwaite''s degrees of freedom over strata. Raises 22023 for lists of different lengths or with more than 1000 strata, different variables, an alpha outside of 0 to 1, another relative, a proportion that is none; 22004 for NULL lists and options.';

CREATE TYPE ff.quantile AS (n bigint, n_star bigint, level float8, value float8, lower float8, upper float8);
COMMENT ON TYPE ff.quantile IS 'A quantile of n values. lower and upper: the quantiles at level -/+ 1.96 sqrt(level (1 - level) / n_star), NULL where those are outside of 0 to 1; n_star is n unless another system took fewer.';

-- Transition of ff_quantile; the state is the values.
CREATE FUNCTION ff._quantile_add(state internal, value float8, level float8) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_quantile_add';

CREATE FUNCTION ff._quantile_combine(state internal, other internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_quantile_combine';

CREATE FUNCTION ff._quantile_serialize(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_quantile_serialize';

CREATE FUNCTION ff._quantile_deserialize(state bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_quantile_deserialize';

CREATE FUNCTION ff._quantile_final(state internal) RETURNS ff.quantile
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_quantile_final';

CREATE AGGREGATE ff_quantile(value float8, level float8) (
	SFUNC = ff._quantile_add, STYPE = internal, SSPACE = 1024, FINALFUNC = ff._quantile_final,
	COMBINEFUNC = ff._quantile_combine, SERIALFUNC = ff._quantile_serialize,
	DESERIALFUNC = ff._quantile_deserialize, PARALLEL = SAFE);
COMMENT ON AGGREGATE ff_quantile(float8, float8) IS
'The quantile of values, exactly: value is percentile_cont(level) (R''s type 7), selected without a sort and in parallel, with the bounds that ff_compare_quantile needs. (ff_quantile(y, 0.99)).value is a cap for least(y, cap): take it over all arms together, FILTER (WHERE y <> 0) where zeros are not to count. NULL values are left out; NULL of none. Eight bytes a value are kept in memory. Raises 22003 for NaN and infinite values, 22023 for a level outside of 0 to 1 or one that changes, 22004 for a NULL level.';

CREATE FUNCTION ff_compare_quantile(control ff.quantile, treatment ff.quantile,
	control_clusters ff.cross_moments DEFAULT NULL, treatment_clusters ff.cross_moments DEFAULT NULL,
	alpha float8 DEFAULT 0.05, relative text DEFAULT 'fieller') RETURNS ff.adjusted_comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare_quantile';
COMMENT ON FUNCTION ff_compare_quantile(ff.quantile, ff.quantile, ff.cross_moments, ff.cross_moments, float8, text) IS
'Two quantiles compared; their variances come from the width of lower to upper. Values are those of units, or those of events within units: then clusters are units (Deng, Knoblich, Lu 2018), ff_cross_moments(events up to the arm''s quantile, events) over units, and the variance grows by what units differ. problem quantile_bounds: fewer values than 1.96^2 times the odds of the level, or no distance between the bounds. NULL is no values. Raises 22023 for a quantile that is none, levels that differ, clusters without two variables, an alpha outside of 0 to 1, another relative; 22004 for clusters of one arm only, NULL alpha or relative.';
