-- An effect in strata and segments, and a test by ranks.

CREATE FUNCTION ff_mantel_haenszel(control_n bigint[], control_successes bigint[], treatment_n bigint[], treatment_successes bigint[],
	alpha float8 DEFAULT 0.05, OUT strata int, OUT chi2 float8, OUT p_value float8, OUT log10_p float8,
	OUT odds_ratio float8, OUT odds_lower float8, OUT odds_upper float8,
	OUT difference float8, OUT difference_lower float8, OUT difference_upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_mantel_haenszel';
COMMENT ON FUNCTION ff_mantel_haenszel(bigint[], bigint[], bigint[], bigint[], float8) IS
'Two proportions compared within strata (phases, countries), an element of each array a stratum, never pooled over them: the Cochran-Mantel-Haenszel test without correction (chi2, 1 degree of freedom), the common odds ratio of the treatment with the interval of Robins, Breslow and Greenland (1986), and the common difference with that of Greenland and Robins (1985), at level 1 - alpha. A stratum in which an arm has no units tells nothing and is left out; strata: how many count. NULL where nothing varies. Raises 22023 for negative counts, successes above n, arrays of different lengths and an alpha outside of 0 to 1; 22003 for counts above 2^53; 22004 for a NULL.';

CREATE FUNCTION ff_cochran_q(effects float8[], standard_errors float8[],
	OUT fixed_effect float8, OUT fixed_standard_error float8, OUT q float8, OUT df int, OUT p_value float8, OUT log10_p float8,
	OUT i2 float8, OUT tau2 float8, OUT random_effect float8, OUT random_standard_error float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_cochran_q';
COMMENT ON FUNCTION ff_cochran_q(float8[], float8[]) IS
'Whether an effect is the same in all segments, which do not share units: Cochran''s Q (1954), chi-square with one degree of freedom less than there are segments. fixed_effect: the mean by precision; i2: the share of the variation between segments that is not chance (Higgins, Thompson 2002); tau2: the variance of the effect between segments (DerSimonian, Laird 1986), 0 where Q is no more than chance; random_effect: the mean effect with that variance. p_value is NULL for one segment, and so is what is beyond float8. Raises 22023 for effects that are not finite, standard errors not above 0, arrays that are empty or of different lengths; 22004 for a NULL.';

CREATE FUNCTION ff_segment_effects(effects float8[], standard_errors float8[], alpha float8 DEFAULT 0.05)
RETURNS TABLE (segment int, effect float8, standard_error float8, weight float8, shrunk float8, shrunk_standard_error float8,
	lower float8, upper float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	level float8 := $3;
	whole record;
	z float8;
BEGIN
	IF level IS NULL THEN
		RAISE EXCEPTION 'alpha must not be NULL' USING ERRCODE = '22004';
	ELSIF NOT (level > 0 AND level < 1) THEN
		RAISE EXCEPTION 'alpha must be above 0 and below 1, not %', level USING ERRCODE = '22023', HINT = '0.05 gives intervals of 95 %.';
	END IF;
	whole := @extschema@.ff_cochran_q($1, $2);
	z := -@extschema@.ff_norm_ppf(level / 2);
	RETURN QUERY
	SELECT s.i::int, s.e, s.se, w.weight, m.mean, m.error, m.mean - z * m.error, m.mean + z * m.error
	FROM unnest($1, $2) WITH ORDINALITY s(e, se, i)
	CROSS JOIN LATERAL (SELECT whole.tau2 / (whole.tau2 + s.se ^ 2) AS weight) w
	CROSS JOIN LATERAL (SELECT whole.random_effect + w.weight * (s.e - whole.random_effect) AS mean,
		sqrt(w.weight * s.se ^ 2 + ((1 - w.weight) * whole.random_standard_error) ^ 2) AS error) m
	ORDER BY s.i;
END;
$$;
COMMENT ON FUNCTION ff_segment_effects(float8[], float8[], float8) IS
'The effect of each segment, shrunk towards the mean of all (empirical Bayes): the largest of many is largest by luck, too. weight: tau2 / (tau2 + standard_error^2), how much of a segment''s own effect is kept; shrunk: random_effect + weight (effect - random_effect), see ff_cochran_q; its standard error sqrt(weight standard_error^2 + (1 - weight)^2 random_standard_error^2) takes in that of the mean but not that of tau2; lower and upper: normal interval at 1 - alpha. Where segments differ no more than by chance all are the mean. Raises 22023 and 22004 as ff_cochran_q, and 22023 for an alpha outside of 0 to 1.';

CREATE FUNCTION ff_interaction(effect_a float8, standard_error_a float8, effect_b float8, standard_error_b float8,
	OUT difference float8, OUT standard_error float8, OUT z float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_interaction';
COMMENT ON FUNCTION ff_interaction(float8, float8, float8, float8) IS
'Whether the effect differs between two segments that share no units: z of effect_a - effect_b, two-sided. Two effects of which one is significant and the other is not need not differ. NULL where both standard errors are 0. Raises 22023 for negative standard errors and what is not finite; 22004 for a NULL.';

CREATE FUNCTION ff_mann_whitney(control float8[], treatment float8[], alternative text DEFAULT 'two-sided',
	OUT u float8, OUT superiority float8, OUT z float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_mann_whitney';
COMMENT ON FUNCTION ff_mann_whitney(float8[], float8[], text) IS
'The Mann-Whitney U test (1947) of values in arrays (array_agg), by the normal approximation with the variance for ties and the correction for continuity: for 8 values an arm or more. u: pairs of units in which the treatment''s value is the larger, ties counting a half; superiority: their share, 0.5 where neither arm is ahead. It tells whether values tend to be larger, not whether their mean is: the total may move the other way. alternative => ''greater'': the treatment''s values are larger; ''less'': smaller. NULL where an arm is empty or all values are equal. Infinite values have their rank. Raises 22023 for NaN, arrays of several dimensions and another alternative; 22004 for a NULL.';
