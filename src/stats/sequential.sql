-- Looking every day: intervals and p-values that hold at all looks together,
-- and bounds for a planned number of looks.

CREATE FUNCTION ff_confidence_sequence(effect float8, standard_error float8, n float8, alpha float8 DEFAULT 0.05,
	tuning float8 DEFAULT 5000, alternative text DEFAULT 'two-sided',
	OUT multiplier float8, OUT lower float8, OUT upper float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_confidence_sequence';
COMMENT ON FUNCTION ff_confidence_sequence(float8, float8, float8, float8, float8, text) IS
'Asymptotic confidence sequence (Waudby-Smith et al., arXiv 2103.06476, equations 9, 155, 161): an interval and a p-value that may be looked at after every unit; the chance that the interval ever misses the true effect is alpha. effect and standard_error: of a difference or a lift, as ff_compare gives them; n: units in both arms together. tuning: the n at which the interval is narrowest; 5000 is GrowthBook''s, 10000 Eppo''s (whose GAVI is the same boundary). multiplier: half of the width in standard errors. alternative: two-sided, greater or less; the bound on the side that is not asked about is infinite. All NULL where effect, standard_error or n is NULL, or standard_error is 0. Raises 22023 for what is out of range, names the argument; 22004 for a NULL setting.';

CREATE FUNCTION ff_msprt(effect float8, standard_error float8, tau2 float8, alpha float8 DEFAULT 0.05,
	OUT likelihood_ratio float8, OUT log_likelihood_ratio float8, OUT lower float8, OUT upper float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_msprt';
COMMENT ON FUNCTION ff_msprt(float8, float8, float8, float8) IS
'Mixture sequential probability ratio test with a normal mixture (Johari, Pekelis, Walsh, arXiv 1512.04922): the likelihood of an effect drawn from N(0, tau2) against none. tau2: variance of the effects that are expected, in the square of the effect''s unit; it must be set before the first look. p_value is 1 / likelihood_ratio, at most 1; the always-valid p-value is the smallest so far: min(p_value) OVER (ORDER BY look). lower, upper: the effects that this test does not reject at alpha. log_likelihood_ratio is natural and stands where likelihood_ratio is infinite. All NULL where effect or standard_error is NULL, or standard_error is 0. Raises 22023 for what is out of range, 22003 where tau2 / standard_error^2 is beyond float8, 22004 for a NULL setting.';

CREATE FUNCTION ff_msprt_statsig(effect float8, control_variance float8, control_n float8, treatment_variance float8, treatment_n float8,
	alpha float8 DEFAULT 0.05,
	OUT tau2 float8, OUT variance float8, OUT boundary float8, OUT lower float8, OUT upper float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_msprt_statsig';
COMMENT ON FUNCTION ff_msprt_statsig(float8, float8, float8, float8, float8, float8) IS
'The form of the mixture test that Statsig''s documentation gives (after Zhao et al., arXiv 1905.10493), to compare with its figures: tau2 = z^2 (v_T + v_C) / (n_T + n_C) follows the data, the boundary is that of alpha / 2, p_value is that of a normal test with this boundary for its quantile. control_variance, treatment_variance: of units. variance: of the difference. It is wider than ff_msprt. All NULL where an argument before alpha is NULL, or both variances are 0. Raises 22023, 22004.';

CREATE FUNCTION ff_gst_bounds(information float8[], alpha float8 DEFAULT 0.05, spending text DEFAULT 'obf', parameter float8 DEFAULT NULL,
	sided int DEFAULT 2, final boolean DEFAULT false, spent_at float8[] DEFAULT NULL)
RETURNS TABLE (look int, information_rate float8, alpha_spent float8, z float8, nominal_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'ff_gst_bounds';
COMMENT ON FUNCTION ff_gst_bounds(float8[], float8, text, float8, int, boolean, float8[]) IS
'Group sequential bounds for looks at these shares of the planned information (1 / variance of the difference, or units, over the planned), by recursive integration of the score (Armitage, McPherson, Rowe 1969), to 1e-9. Stop at a look where z (abs(z) where sided is 2) reaches the bound. spending: obf, pocock (Lan, DeMets 1983), kim-demets (alpha t^parameter, 1987), hwang-shih-decani (parameter is gamma, 1990); or bounds of a shape for a list of all planned looks: obf-classic, pocock-classic, wang-tsiatis (parameter is Delta, at most 0.5). alpha: of both sides where sided is 2, of which each has half. alpha_spent: up to and with this look, of both sides; nominal_p: the p-value of a single test at the bound. z is infinite where nothing is to be spent. information above 1 spends as 1. final: the last look spends what is left (ended early). spent_at: the shares of the plan that alpha is spent by, of time or units for instance, where they are not the information; the information, in any unit, then only tells how near looks are to each other. Raises 22023 for information that does not ascend from above 0 by a share of 1e-4 at least, more than 1000 looks, and settings out of range; 22004 for NULL.';

CREATE FUNCTION ff_gst_power(information float8[], drift float8, alpha float8 DEFAULT 0.05, spending text DEFAULT 'obf', parameter float8 DEFAULT NULL,
	sided int DEFAULT 2, final boolean DEFAULT false)
RETURNS TABLE (look int, information_rate float8, z float8, stopped_above float8, stopped_below float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'ff_gst_power';
COMMENT ON FUNCTION ff_gst_power(float8[], float8, float8, text, float8, int, boolean) IS
'The chances to have stopped at the bounds of ff_gst_bounds, up to and with each look, where the mean of z is drift x sqrt(information): drift is the true effect over its standard error at information 1. stopped_above: at the upper bound; stopped_below: at the lower one, 0 where sided is 1. Raises as ff_gst_bounds does.';

CREATE FUNCTION ff_gst_inflation(information float8[], power float8 DEFAULT 0.8, alpha float8 DEFAULT 0.05, spending text DEFAULT 'obf',
	parameter float8 DEFAULT NULL, sided int DEFAULT 2, final boolean DEFAULT false, OUT drift float8, OUT inflation float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_gst_inflation';
COMMENT ON FUNCTION ff_gst_inflation(float8[], float8, float8, text, float8, int, boolean) IS
'What looking costs: the drift (see ff_gst_power) at which the upper bound is crossed with this power, and by how much more units than a single test with the same alpha and power needs: give inflation to ff_sample_size. Raises as ff_gst_bounds does, and 22023 for a power that no drift has.';

CREATE FUNCTION ff_gst_look(information float8[], effect float8, standard_error float8, alpha float8 DEFAULT 0.05, spending text DEFAULT 'obf',
	parameter float8 DEFAULT NULL, sided int DEFAULT 2, final boolean DEFAULT false, look int DEFAULT NULL, spent_at float8[] DEFAULT NULL,
	OUT z float8, OUT bound float8, OUT crossed boolean, OUT lower float8, OUT upper float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_gst_look';
COMMENT ON FUNCTION ff_gst_look(float8[], float8, float8, float8, text, float8, int, boolean, int, float8[]) IS
'One look (of that number from 1 on; NULL: the last one of information), with the effect and its standard error then: z, its bound, and whether it is crossed. lower, upper: the repeated confidence interval effect -/+ bound x standard_error (Jennison, Turnbull 1989), which holds at all looks together whether one stops or not; infinite where the bound is, and above where sided is 1. p_value: the repeated p-value, the alpha at which this look would be at its bound; with sided 1, 1 stands for all from 0.5 on; not below 1e-299. All but bound NULL where effect or standard_error is NULL, or standard_error is 0. Raises as ff_gst_bounds does.';
