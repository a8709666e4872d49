-- Planning: how many units, for how long, to find which effect.

CREATE FUNCTION ff_power(n float8, mean float8, effect float8, sd float8 DEFAULT NULL,
	alpha float8 DEFAULT 0.05, ratio float8 DEFAULT 1, alternative text DEFAULT 'two-sided', margin float8 DEFAULT 0,
	relative boolean DEFAULT true, test text DEFAULT 'welch', tuning float8 DEFAULT NULL, inflation float8 DEFAULT 1,
	OUT power float8, OUT wrong_direction float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_power';
COMMENT ON FUNCTION ff_power(float8, float8, float8, float8, float8, float8, text, float8, boolean, text, float8, float8) IS
'The chance of a significant result with n units in control and ratio x n in treatment. mean: of control''s units; sd: their standard deviation, NULL for a proportion. effect: a share of abs(mean) (0.1 is +10 %), in the metric''s unit where relative is false. wrong_direction: the part of power where the result has the other sign than the effect. margin: of non-inferiority, at least 0, in the effect''s scale, with alternative greater (more is better) or less: the hypothesis rejected is a loss of margin. test: welch (normal quantiles, each arm''s own variance), t (Student''s with pooled variance by the noncentral t, exact), pooled (proportions with pooled variance, as R''s power.prop.test), growthbook (the lift by the delta method with control''s variance in both arms, as GrowthBook''s calculator). tuning: that of ff_confidence_sequence, for a single look at it. inflation: what a sequential plan costs, as ff_gst_inflation answers. Raises 22023 for arguments out of range or at odds, 22004 for NULL.';

CREATE FUNCTION ff_sample_size(mean float8, effect float8, sd float8 DEFAULT NULL, power float8 DEFAULT 0.8, arms int DEFAULT 2,
	alpha float8 DEFAULT 0.05, ratio float8 DEFAULT 1, alternative text DEFAULT 'two-sided', margin float8 DEFAULT 0,
	relative boolean DEFAULT true, test text DEFAULT 'welch', tuning float8 DEFAULT NULL, inflation float8 DEFAULT 1,
	OUT n float8, OUT control_n bigint, OUT treatment_n bigint, OUT total_n bigint)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_sample_size';
COMMENT ON FUNCTION ff_sample_size(float8, float8, float8, float8, int, float8, float8, text, float8, boolean, text, float8, float8) IS
'Units for this power in the effect''s direction; arguments as those of ff_power. n: units in control, before rounding up; control_n, treatment_n: in control and in each treatment, at least 2; total_n: in all arms together, of which arms counts control too. Raises 22023 as ff_power does and for an effect that no sample finds; 22003 for more than 2^53 units.';

CREATE FUNCTION ff_mde(n float8, mean float8, sd float8 DEFAULT NULL, power float8 DEFAULT 0.8,
	alpha float8 DEFAULT 0.05, ratio float8 DEFAULT 1, alternative text DEFAULT 'two-sided', margin float8 DEFAULT 0,
	relative boolean DEFAULT true, test text DEFAULT 'welch', tuning float8 DEFAULT NULL, inflation float8 DEFAULT 1)
RETURNS float8
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_mde';
COMMENT ON FUNCTION ff_mde(float8, float8, float8, float8, float8, float8, text, float8, boolean, text, float8, float8) IS
'Minimum detectable effect: the least increase (with alternative less: decrease, a negative number) found with this power by n units in control and ratio x n in treatment; arguments as those of ff_power. NULL where no effect is found: more units or fewer arms are needed. Raises 22023, 22004.';

CREATE FUNCTION ff_duration(units_per_day float8, mean float8, effect float8, sd float8 DEFAULT NULL, power float8 DEFAULT 0.8, arms int DEFAULT 2,
	alpha float8 DEFAULT 0.05, ratio float8 DEFAULT 1, alternative text DEFAULT 'two-sided', margin float8 DEFAULT 0,
	relative boolean DEFAULT true, test text DEFAULT 'welch', tuning float8 DEFAULT NULL, inflation float8 DEFAULT 1,
	OUT days float8, OUT weeks float8, OUT total_n bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF units_per_day IS NULL THEN
		RAISE 'units_per_day must not be NULL' USING ERRCODE = '22004';
	ELSIF NOT (units_per_day > 0 AND units_per_day < 'Infinity') THEN
		RAISE 'units_per_day must be above 0 and finite, not %', units_per_day USING ERRCODE = '22023';
	END IF;
	SELECT s.total_n INTO total_n
	FROM @extschema@.ff_sample_size(mean, effect, sd, power, arms, alpha, ratio, alternative, margin, relative, test, tuning, inflation) s;
	days := ceil(total_n / units_per_day);
	weeks := ceil(days / 7);
END;
$$;
COMMENT ON FUNCTION ff_duration(float8, float8, float8, float8, float8, int, float8, float8, text, float8, boolean, text, float8, float8) IS
'Whole days, and whole weeks, until ff_sample_size''s units have come, at units_per_day new units a day in all arms together (those who come back are not new). Whole weeks have every day of the week as often. Raises as ff_sample_size does.';

CREATE FUNCTION ff_power_now(effect float8, standard_error float8, n float8, power float8 DEFAULT 0.8, alpha float8 DEFAULT 0.05,
	alternative text DEFAULT 'two-sided', tuning float8 DEFAULT NULL, units_per_day float8 DEFAULT NULL,
	OUT power_now float8, OUT scaling float8, OUT additional_n float8, OUT days_remaining float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_power_now';
COMMENT ON FUNCTION ff_power_now(float8, float8, float8, float8, float8, text, float8, float8) IS
'Power in the middle of an experiment: standard_error is that of the data so far, n the units in both arms, effect the one that is to be found, in the same scale. power_now: the chance to find it with what there is; scaling: units that are missing for power as a share of n (0: none; infinite: beyond 1e18 times n), if the variance stays; additional_n: in units; days_remaining: at units_per_day new units a day in both arms, NULL where that is NULL. tuning: the experiment is read by ff_confidence_sequence with it. All NULL where standard_error or n is NULL. Raises 22023 for an effect of 0 or on the other side than alternative, and for arguments out of range; 22004 for NULL.';
