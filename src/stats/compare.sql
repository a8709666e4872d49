-- Two arms against each other, and the split against its plan.

CREATE TYPE ff.comparison AS (control_mean float8, treatment_mean float8, difference float8, standard_error float8,
	df float8, t float8, p_value float8, log10_p float8, lower float8, upper float8,
	lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean, problem text,
	fisher_p float8, newcombe_lower float8, newcombe_upper float8, lift_standard_error float8);
COMMENT ON TYPE ff.comparison IS 'The answer of ff_compare.';

CREATE FUNCTION ff_compare(control ff.moments, treatment ff.moments, alpha float8 DEFAULT 0.05,
	proportion boolean DEFAULT false, relative text DEFAULT 'fieller', alternative text DEFAULT 'two-sided',
	test text DEFAULT 'welch') RETURNS ff.comparison
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_compare';
COMMENT ON FUNCTION ff_compare(ff.moments, ff.moments, float8, boolean, text, text, text) IS
'Treatment against control by Welch''s t-test, two-sided, on the difference of the means. lower and upper: the interval of the difference at level 1 - alpha. lift: the difference as a share of the control''s mean (0.1 is +10 %), of its absolute value where that is negative; its interval is Fieller''s with the same quantile of t: NULL, and lift_unbounded true, where the control''s mean cannot be told from 0. log10_p stands where p_value is too small for a float8. proportion: units are 0 or 1, their variance is p (1 - p). With fewer than 5 successes or failures in an arm a proportion has fisher_p (Fisher''s exact test), newcombe_lower and newcombe_upper (Newcombe''s interval of the difference) beside; else they are NULL. relative => ''delta'': t, p_value and the interval of the lift are those of the lift by the delta method, as GrowthBook has them; its standard error is lift_standard_error. alternative => ''greater'' (the treatment''s mean is larger) or ''less'': a test of one side, whose intervals are open (infinite) on the other. test => ''student'': one variance for both arms, df n_C + n_T - 2. problem: why something is NULL (no_control_units, no_treatment_units, too_few_units, zero_variance, zero_control_mean, out_of_range), else NULL. NULL moments are those of no units. Raises 22023 for an alpha outside of 0 to 1, for another word, and for a proportion whose units are not 0 or 1; 22004 for a NULL in place of an option.';

CREATE FUNCTION ff_fieller(control_mean float8, control_var_of_mean float8, treatment_mean float8, treatment_var_of_mean float8,
	covariance float8 DEFAULT 0, alpha float8 DEFAULT 0.05, df float8 DEFAULT 'Infinity',
	OUT point float8, OUT lower float8, OUT upper float8, OUT bounded boolean, OUT g float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_fieller';
COMMENT ON FUNCTION ff_fieller(float8, float8, float8, float8, float8, float8, float8) IS
'The lift of one mean over another, (treatment - control) / abs(control), with its interval at level 1 - alpha by Fieller''s theorem (1954): the ratios that a test with df degrees of freedom (infinite: normal) does not reject. The variances are those of the means, v / n; covariance is that of the two means. g is (quantile / control)^2 times the control''s variance: from 1 on the control''s mean cannot be told from 0, bounded is false and the bounds are NULL. point is NULL for a control mean of 0. Raises 22023 for negative variances, a covariance beyond what they allow, an alpha outside of 0 to 1, df not above 0 and what is not finite; 22004 for a NULL.';

CREATE FUNCTION ff_scaled_impact(comparison ff.comparison, users float8, traffic float8, days float8,
	OUT impact float8, OUT standard_error float8, OUT lower float8, OUT upper float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	scale float8;
BEGIN
	IF users IS NULL OR traffic IS NULL OR days IS NULL THEN
		RAISE EXCEPTION '% must not be NULL', CASE WHEN users IS NULL THEN 'users' WHEN traffic IS NULL THEN 'traffic' ELSE 'days' END USING ERRCODE = '22004';
	END IF;
	IF NOT (users >= 0 AND users < 'Infinity') THEN
		RAISE EXCEPTION 'users must be finite and not negative, not %', users USING ERRCODE = '22023';
	ELSIF NOT (traffic > 0 AND traffic <= 1) THEN
		RAISE EXCEPTION 'traffic must be above 0 and at most 1, not %', traffic USING ERRCODE = '22023';
	ELSIF NOT (days > 0 AND days < 'Infinity') THEN
		RAISE EXCEPTION 'days must be above 0 and finite, not %', days USING ERRCODE = '22023';
	END IF;
	scale := users / traffic / days;
	impact := comparison.difference * scale;
	standard_error := comparison.standard_error * scale;
	lower := comparison.lower * scale;
	upper := comparison.upper * scale;
END;
$$;
COMMENT ON FUNCTION ff_scaled_impact(ff.comparison, float8, float8, float8) IS
'What the difference amounts to a day if all traffic had the treatment: difference, standard error and interval of a comparison times users / (traffic * days). users: all who were in the experiment, of all arms; traffic: the share of the traffic that was in it, above 0 to 1; days: how long it ran. p is that of the comparison. NULL where the comparison''s is. Raises 22023 for negative or infinite users, a traffic outside of 0 to 1 and days not above 0; 22004 for a NULL; 22003 beyond float8.';

CREATE FUNCTION ff_srm(observed bigint[], weights numeric[] DEFAULT NULL,
	OUT chi2 float8, OUT df int, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_srm';
COMMENT ON FUNCTION ff_srm(bigint[], numeric[]) IS
'Sample ratio mismatch: whether units fell into the arms in proportion to the weights (equal ones where they are NULL), by Pearson''s chi-square test with arms - 1 degrees of freedom. A p_value below 0.001 says that the split is broken and results are not to be trusted. Arms of weight 0 do not count. All NULL where observed is NULL, no unit was observed, or fewer than two arms have a weight. Raises 22023 for negative or infinite counts or weights, arrays of other lengths or with more than one dimension; 22003 where a weight is too small or too large for a float8; 22004 for a NULL in an array.';
