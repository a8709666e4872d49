-- Other ways to compare two arms: the delta method, one side, one variance; the
-- interval of a ratio by itself.
\pset null (null)
SET extra_float_digits = -5;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;

CREATE VIEW pg_temp.arms AS SELECT ff_moments_of(100, 10, 3) AS one, ff_moments_of(150, 11, 2) AS two;

-- the delta method: lift (11 - 10) / 10, error sqrt(2 / 150 + 1.1^2 * 3 / 100) / 10
SELECT abs(x.lift_standard_error - sqrt(2 / 150.0 + 1.21 * 3 / 100) / 10) < 1e-16 AS error, abs(x.t - x.lift / x.lift_standard_error) < 1e-14 AS t,
	abs(x.lift_upper - x.lift - ff_t_ppf(0.975, x.df) * x.lift_standard_error) < 1e-15 AS upper, abs(x.p_value - 2 * ff_t_sf(x.t, x.df)) < 1e-15 AS p,
	x.lower = y.lower AND x.difference = y.difference AND x.df = y.df AND x.lift_standard_error = y.lift_standard_error AS rest
FROM arms, ff_compare(one, two, relative => 'delta') x, ff_compare(one, two) y;
-- its sign is that of the change of a negative mean, too
SELECT x.lift, x.t > 0 AS up, abs(x.t + y.t) < 1e-13 AS mirrored FROM ff_compare('n=100 sum=-500 m2=100', 'n=100 sum=-450 m2=100', relative => 'delta') x,
	ff_compare('n=100 sum=500 m2=100', 'n=100 sum=450 m2=100', relative => 'delta') y;
-- without a lift there is nothing to test
SELECT x.difference, x.t, x.p_value, x.lift, x.lift_lower, x.problem FROM ff_compare('n=9 sum=0 m2=4', 'n=9 sum=3 m2=4', relative => 'delta') x;

-- one side: half of p on the side of the difference, open on the other
SELECT abs(g.p_value - b.p_value / 2) < 1e-16 AS half, abs(g.p_value + l.p_value - 1) < 1e-15 AS rest, g.lower > b.lower AND g.lower < g.difference AS nearer,
	g.upper, g.lift_upper, l.lower, l.lift_lower, abs(g.lower - g.difference + ff_t_ppf(0.95, g.df) * g.standard_error) < 1e-14 AS lower
FROM arms, ff_compare(one, two) b, ff_compare(one, two, alternative => 'greater') g, ff_compare(one, two, alternative => 'less') l;
SELECT g.lower, g.upper, g.problem FROM ff_compare('n=10 sum=20 m2=0', 'n=10 sum=30 m2=0', alternative => 'greater') g;
SELECT g.lift_lower, g.lift_upper, g.lift_unbounded FROM ff_compare(ff_moments_of(50, 0.1, 4), ff_moments_of(50, 2, 4), alternative => 'greater') g;

-- Student: one variance, (2 + 8) / 4, and 4 degrees of freedom
SELECT x.df, abs(x.standard_error - sqrt(2.5 * 2 / 3)) < 1e-15 AS error, abs(x.t - 2 / sqrt(2.5 * 2 / 3)) < 1e-15 AS t FROM ff_compare('n=3 sum=6 m2=2', 'n=3 sum=12 m2=8', test => 'student') x;

-- few conversions: exact answers beside, from 5 on none
SELECT a, x.fisher_p, x.newcombe_lower, x.newcombe_upper, f.p_value = x.fisher_p AND n.lower = x.newcombe_lower AND n.upper = x.newcombe_upper AS same
FROM generate_series(3, 5) a, ff_compare(ff_moments_proportion(100, a), ff_moments_proportion(120, 20), proportion => true) x, ff_fisher(100, a, 120, 20) f, ff_newcombe(100, a, 120, 20) n;
SELECT x.p_value, x.fisher_p, x.newcombe_lower, x.newcombe_upper, x.problem FROM ff_compare(ff_moments_proportion(500, 500), ff_moments_proportion(500, 500), proportion => true) x;
SELECT x.fisher_p, x.newcombe_lower FROM ff_compare(ff_moments_proportion(100, 3), ff_moments_proportion(120, 20)) x;
SELECT x.fisher_p, x.newcombe_lower FROM ff_compare(ff_moments_proportion(100, 3), NULL, proportion => true) x;
SELECT x.fisher_p = f.p_value AS p, x.newcombe_lower > n.lower AS nearer, x.newcombe_upper FROM ff_compare(ff_moments_proportion(100, 3), ff_moments_proportion(120, 20), proportion => true, alternative => 'greater') x,
	ff_fisher(100, 3, 120, 20, 'greater') f, ff_newcombe(100, 3, 120, 20) n;

-- Fieller: mean 10 of variance 1, 12 of variance 2, covariance 0.5, quantile 2:
-- a = 100 - 4, b = 120 - 2, c = 144 - 8; the ratios are (b -/+ sqrt(b^2 - a c)) / a
SELECT f.point, abs(f.g - 0.04) < 1e-15 AS g, f.bounded, abs(1 + f.lower - (118 - sqrt(118 ^ 2 - 96 * 136)) / 96) < 1e-14 AS lower, abs(1 + f.upper - (118 + sqrt(118 ^ 2 - 96 * 136)) / 96) < 1e-14 AS upper
FROM ff_fieller(10, 1, 12, 2, 0.5, 2 * ff_norm_sf(2)) f;
SELECT abs(f.lower - x.lift_lower) < 1e-14 AS lower, abs(f.upper - x.lift_upper) < 1e-14 AS upper FROM arms, ff_compare(one, two) x, ff_fieller(10, 0.03, 11, 2 / 150.0, df => x.df) f;
SELECT * FROM ff_fieller(0.5, 0.1, 1.5, 0.08);
SELECT * FROM ff_fieller(0, 0.1, 1.5, 0.08);
SELECT * FROM ff_fieller(2, 0, 3, 0);
SELECT a.lower = -b.upper AND a.upper = -b.lower AND a.point = -b.point AS negative FROM ff_fieller(10, 1, 12, 2, 0.5) a, ff_fieller(-10, 1, -12, 2, 0.5) b;
-- two means that move together have a ratio without error
SELECT f.point, abs(f.lower - 0.2) < 1e-7 AS lower, abs(f.upper - 0.2) < 1e-7 AS upper FROM ff_fieller(10, 1, 12, 1.44, 1.2) f;

-- a difference of 0.01 a user, 20,000 of them in 14 days at 80 % of the traffic
SELECT s.impact, abs(s.standard_error / c.standard_error - 20000 / 0.8 / 14) < 1e-9 AS error, s.lower, s.upper
FROM ff_compare(ff_moments_proportion(10000, 1000), ff_moments_proportion(10000, 1100), proportion => true) c, ff_scaled_impact(c, 20000, 0.8, 14) s;
SELECT * FROM ff_scaled_impact(ff_compare(NULL, 'n=3 sum=6 m2=2'), 100, 1, 1);
SELECT a AS call, pg_temp.refused('SELECT ' || a) AS why FROM unnest(ARRAY[$$ff_compare('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', relative => 'ratio')$$, $$ff_compare('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', relative => NULL)$$,
	$$ff_compare('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', alternative => 'more')$$, $$ff_compare('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', test => 'z')$$,
	'ff_fieller(1, -1, 1, 1)', 'ff_fieller(1, 1, 1, 1, 1.1)', 'ff_fieller(1, 1, 1, 1, alpha => 1)', 'ff_fieller(1, 1, 1, 1, df => 0)', $$ff_fieller('NaN', 1, 1, 1)$$, $$ff_fieller(1, 'Infinity', 1, 1)$$, 'ff_fieller(1, 1, NULL, 1)',
	$$ff_scaled_impact(NULL, 1, 1.5, 1)$$, $$ff_scaled_impact(NULL, -1, 1, 1)$$, $$ff_scaled_impact(NULL, 1, 1, 0)$$, $$ff_scaled_impact(NULL, 1, NULL, 0)$$]) a;
