-- Two arms against each other, and the split against its plan.

CREATE TYPE ff.comparison AS (control_mean float8, treatment_mean float8, difference float8, standard_error float8,
	df float8, t float8, p_value float8, log10_p float8, lower float8, upper float8,
	lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean, problem text);
COMMENT ON TYPE ff.comparison IS 'The answer of ff_compare.';

CREATE FUNCTION ff_compare(control ff.moments, treatment ff.moments, alpha float8 DEFAULT 0.05,
	proportion boolean DEFAULT false) RETURNS ff.comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare';
COMMENT ON FUNCTION ff_compare(ff.moments, ff.moments, float8, boolean) IS
'Treatment against control by Welch''s t-test, two-sided, on the difference of the means. lower and upper: the interval of the difference at level 1 - alpha. lift: the difference as a share of the control''s mean (0.1 is +10 %), of its absolute value where that is negative; its interval is Fieller''s with the same quantile of t: NULL, and lift_unbounded true, where the control''s mean cannot be told from 0. log10_p stands where p_value is too small for a float8. proportion: units are 0 or 1, their variance is p (1 - p). problem: why something is NULL (no_control_units, no_treatment_units, too_few_units, zero_variance, zero_control_mean, out_of_range), else NULL. NULL moments are those of no units. Raises 22023 for an alpha outside of 0 to 1, and for a proportion whose units are not 0 or 1; 22004 for a NULL alpha or proportion.';

CREATE FUNCTION ff_srm(observed bigint[], weights numeric[] DEFAULT NULL,
	OUT chi2 float8, OUT df int, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_srm';
COMMENT ON FUNCTION ff_srm(bigint[], numeric[]) IS
'Sample ratio mismatch: whether units fell into the arms in proportion to the weights (equal ones where they are NULL), by Pearson''s chi-square test with arms - 1 degrees of freedom. A p_value below 0.001 says that the split is broken and results are not to be trusted. Arms of weight 0 do not count. All NULL where observed is NULL, no unit was observed, or fewer than two arms have a weight. Raises 22023 for negative or infinite counts or weights, arrays of other lengths or with more than one dimension; 22003 where a weight is too small or too large for a float8; 22004 for a NULL in an array.';
