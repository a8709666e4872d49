-- Planning: power, sample size, minimum detectable effect, duration; bandits.
\pset null (null)
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;

-- from 10 % to 11 %: by our test, by R's power.prop.test (14750.79), by GrowthBook's calculator
SELECT test, round(n::numeric, 2) AS n, control_n, treatment_n, total_n FROM unnest('{welch,pooled,growthbook}'::text[]) test, ff_sample_size(0.1, 0.1, test => test);
-- R's power.t.test(delta = 1, power = .9): 22.02110; and of few units
SELECT round(n::numeric, 5) AS n, control_n FROM ff_sample_size(0, 1, 1, power => 0.9, relative => false, test => 't');
SELECT round(n::numeric, 4) AS n FROM ff_sample_size(0, 3, 1, power => 0.8, relative => false, test => 't');
-- three arms, twice as many units in each treatment; a sequential plan
SELECT control_n, treatment_n, total_n FROM ff_sample_size(50, 0.02, 20, arms => 3, ratio => 2);
SELECT control_n FROM ff_gst_inflation('{0.25,0.5,0.75,1}') i, ff_sample_size(50, 0.02, 20, inflation => i.inflation);
SELECT control_n FROM ff_sample_size(50, 0.02, 20, tuning => 10000);
-- not worse by more than 2 % of the rate
SELECT round(n::numeric, 3) AS n FROM ff_sample_size(0.1, 0, alpha => 0.05, alternative => 'greater', margin => 0.02);
-- what is found by the sample is the effect it was made for, by all tests, in either direction
SELECT test, alternative, round((ff_mde(n, 0.2, sd, 0.85, ratio => 1.5, alternative => alternative, test => test))::numeric, 9) AS mde,
	round((power - wrong_direction)::numeric, 9) AS power
FROM (VALUES ('welch', NULL), ('pooled', NULL), ('growthbook', NULL), ('t', 0.4)) v(test, sd), (VALUES ('two-sided', 0.05), ('greater', 0.05), ('less', -0.05)) a(alternative, effect),
	ff_sample_size(0.2, effect, sd, 0.85, ratio => 1.5, alternative => alternative, test => test) s, ff_power(s.n, 0.2, effect, sd, ratio => 1.5, alternative => alternative, test => test) ORDER BY 1, 2;
-- without an effect a test is significant with probability alpha, half of it either way
SELECT test, round(power::numeric, 9) AS power, round(wrong_direction::numeric, 9) AS wrong FROM unnest('{welch,t}'::text[]) test, ff_power(500, 10, 0, 3, test => test);
-- none can be found; large ones are
SELECT ff_mde(100, 0.0005, test => 'growthbook') AS growthbook, ff_mde(3, 0.9) AS proportion, round(ff_mde(3, 10, 5)::numeric, 4) AS mean;
-- days, in whole weeks
SELECT * FROM ff_duration(2000, 0.1, 0.1);
SELECT * FROM ff_duration(1e9, 0.1, 0.1);
-- in the middle: what there is finds 5 % with 20 %
SELECT round(power_now::numeric, 6) AS power_now, round(scaling::numeric, 6) AS scaling, round(additional_n::numeric, 1) AS additional_n, days_remaining FROM ff_power_now(0.05, 0.0454752680036, 20000, units_per_day => 5000);
SELECT round(power_now::numeric, 6) AS power_now, scaling, additional_n, days_remaining FROM ff_power_now(-0.5, 0.04, 20000, units_per_day => 5000);
SELECT * FROM ff_power_now(0.05, NULL, 20000);

-- three arms of a bandit; the smaller is better; a floor
SELECT (SELECT array_agg(round(x::numeric, 9)) FROM unnest(best) x) AS best, (SELECT array_agg(round(x::numeric, 9)) FROM unnest(weights) x) AS weights, problem FROM ff_bandit_weights('{1,1.5,2}', '{0.5,0.5,1}');
SELECT (SELECT array_agg(round(x::numeric, 9)) FROM unnest(best) x) AS best FROM ff_bandit_weights('{1,1.5,2}', '{0.5,0.5,1}', inverse => true);
-- two arms: the normal tail of their difference, whatever the scales
SELECT bool_and(abs(best[1] - ff_norm_sf((b - a) / sqrt(s * s + t * t))) < 1e-12 AND abs(best[1] + best[2] - 1) < 1e-15) AS exact
FROM unnest('{0,1,1.00001,30}'::float8[]) a, unnest('{0,1}'::float8[]) b, unnest('{1e-6,0.3,1,1e5}'::float8[]) s, unnest('{1e-9,1,40}'::float8[]) t, ff_bandit_weights(ARRAY[a, b], ARRAY[s, t]);
-- equal arms are equal; certain ones share
SELECT (SELECT array_agg(round(x::numeric, 12)) FROM unnest(best) x) AS best FROM ff_bandit_weights('{3,3,3,3}', '{1,1,1,1}');
SELECT best FROM ff_bandit_weights('{3,3,1}', '{0,0,0}');
SELECT (SELECT array_agg(round(x::numeric, 12)) FROM unnest(best) x) AS best FROM ff_bandit_weights('{3,3,3,3}', '{0,0,0,1}');
SELECT (SELECT array_agg(round(x::numeric, 9)) FROM unnest(weights) x) AS weights FROM ff_bandit_weights('{1,1.5,2}', '{0.5,0.5,1}', minimum_weight => 0, top_two => true);
SELECT (SELECT array_agg(round(x::numeric, 9)) FROM unnest(weights) x) AS weights FROM ff_bandit_weights('{1,1.5}', '{0.5,0.5}', minimum_weight => 0, top_two => true);
SELECT round(posterior_means[1]::numeric, 9) AS mean, round(posterior_errors[1]::numeric, 9) AS error FROM ff_bandit_weights('{1,0}', '{0.5,0.5}', prior_mean => 0, prior_variance => 0.75);
SELECT enough_units, best, weights, problem FROM ff_bandit_weights('{0.1,0.1}', '{0.03,0.02}', '{99,200}');
SELECT enough_units, weights IS NOT NULL AS weights, problem FROM ff_bandit_weights('{0.1,0.1}', '{0.03,0.02}', '{100,200}');

-- refused
SELECT a AS call, left(pg_temp.refused('SELECT * FROM ' || a), 130) AS why
FROM unnest(ARRAY['ff_power(0, 0.1, 0.1)', 'ff_power(100, 1.5, 0.1)', 'ff_power(100, 0.5, 1.5)', 'ff_power(100, 0, 0.1, 5)', 'ff_power(100, 5, 0.1, 0)', 'ff_power(100, NULL, 0.1)', 'ff_power(100, 5, NULL, 1)',
	'ff_power(100, 5, 1, 1, ratio => 0)', 'ff_power(100, 5, 1, 1, alternative => ''both'')', 'ff_power(100, 5, 1, 1, test => ''z'')', 'ff_power(100, 5, 1, 1, test => ''pooled'')', 'ff_power(100, 5, 1, 1, test => ''growthbook'', relative => false)',
	'ff_power(100, 5, 1, 1, margin => 0.1)', 'ff_power(100, 5, 1, 1, margin => -0.1)', 'ff_power(100, 5, 1, 1, test => ''t'', tuning => 5000)', 'ff_power(100, 5, 1, 1, inflation => 0)', 'ff_power(100, 5, 1, 1, relative => NULL)',
	'ff_sample_size(0.1, 0)', 'ff_sample_size(0.1, 0.1, alternative => ''less'')', 'ff_sample_size(0.1, -0.05, alternative => ''greater'', margin => 0.02)', 'ff_sample_size(0.1, 1e-12)', 'ff_sample_size(0.1, 0.1, power => 1)', 'ff_sample_size(0.1, 0.1, arms => 1)', 'ff_sample_size(0.1, 0.1, arms => NULL)',
	'ff_mde(-5, 0.1)', 'ff_mde(100, 0.1, power => NULL)', 'ff_duration(0, 0.1, 0.1)', 'ff_duration(NULL, 0.1, 0.1)', 'ff_duration(''Infinity'', 0.1, 0.1)', 'ff_power_now(0, 0.1, 100)', 'ff_power_now(1, 0, 100)', 'ff_power_now(1, 1, 100, alternative => ''less'')', 'ff_power_now(1, 1, 100, units_per_day => 0)',
	'ff_bandit_weights(''{1}'', ''{1}'')', 'ff_bandit_weights(''{1,2}'', ''{1}'')', 'ff_bandit_weights(''{1,2}'', ''{1,-1}'')', 'ff_bandit_weights(''{1,NULL}'', ''{1,1}'')', 'ff_bandit_weights(''{1,NaN}'', ''{1,1}'')', 'ff_bandit_weights(''{1,2}'', ''{1,1}'', ''{5}'')', 'ff_bandit_weights(''{1,2}'', ''{1,1}'', minimum_weight => 0.6)',
	'ff_bandit_weights(''{1,2}'', ''{1,1}'', prior_variance => 0)', 'ff_bandit_weights(NULL, ''{1,1}'')', 'ff_bandit_weights(''{1e308,-1e308}'', ''{1e308,1e308}'')', 'ff_bandit_weights(array_fill(1::float8, ''{101}''), array_fill(1::float8, ''{101}''))']) WITH ORDINALITY t(a, i) ORDER BY i;
