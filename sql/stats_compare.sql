-- Two arms against each other: what can be checked by hand, and what cannot
-- be answered.
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
-- A row, with 10 digits.
CREATE FUNCTION pg_temp.show(c ff.comparison) RETURNS TABLE (means text, difference text, se text, df text, t text, p text, log10_p text, "interval" text, lift text, unbounded boolean, problem text)
LANGUAGE sql AS $$
	SELECT concat_ws(' ', coalesce(c.control_mean::text, '-'), coalesce(c.treatment_mean::text, '-')), c.difference::text, c.standard_error::text,
		c.df::text, c.t::text, c.p_value::text, c.log10_p::text,
		concat_ws(' ', c.lower::text, c.upper::text), concat_ws(' ', coalesce(c.lift::text, '-'), c.lift_lower::text, c.lift_upper::text),
		c.lift_unbounded, c.problem $$;
\x on

-- {1, 2, 3} against {2, 4, 6}: difference 2, variances 1 and 4, error sqrt(5/3),
-- df (1/3 + 4/3)^2 / ((1/9 + 16/9) / 2) = 50/17
SELECT s.* FROM pg_temp.show(ff_compare('n=3 sum=6 m2=2', 'n=3 sum=12 m2=8')) s;
SELECT abs(c.df - 50 / 17.0) < 1e-14 AS df, abs(c.standard_error - sqrt(5 / 3.0)) < 1e-15 AS error, abs(c.t - 2 / sqrt(5 / 3.0)) < 1e-15 AS t,
	abs(c.p_value - 2 * ff_t_sf(c.t, c.df)) < 1e-15 AS p, abs(c.upper - c.difference - ff_t_ppf(0.975, c.df) * c.standard_error) < 1e-14 AS upper,
	abs(c.difference - (c.lower + c.upper) / 2) < 1e-15 AS middle
FROM ff_compare('n=3 sum=6 m2=2', 'n=3 sum=12 m2=8') c;
-- two units an arm of equal variance have df 2, whose tail is 1/2 - t / (2 sqrt(2 + t^2))
SELECT abs(c.df - 2) < 1e-15 AS df, abs(c.p_value - (1 - c.t / sqrt(2 + c.t ^ 2))) < 1e-15 AS p FROM ff_compare('n=2 sum=2 m2=1', 'n=2 sum=4 m2=1') c;
-- another level, another interval, the same p
SELECT a.p_value = b.p_value AS p, a.lower > b.lower AND a.upper < b.upper AND a.lift_upper < b.lift_upper AS wider
FROM ff_compare(ff_moments_proportion(10000, 1000), ff_moments_proportion(10000, 1100), 0.1) a, ff_compare(ff_moments_proportion(10000, 1000), ff_moments_proportion(10000, 1100), 0.01) b;
-- exchanged arms: the difference changes its sign, the lift does not only that
SELECT a.difference = -b.difference AS difference, a.t = -b.t AS t, a.p_value = b.p_value AS p, a.lower = -b.upper AS "interval", a.df = b.df AS df, a.lift, b.lift
FROM ff_compare('n=30 sum=60 m2=20', 'n=40 sum=100 m2=80') a, ff_compare('n=40 sum=100 m2=80', 'n=30 sum=60 m2=20') b;
-- the same change of a negative mean is a lift of the same sign as the difference
SELECT s.* FROM pg_temp.show(ff_compare('n=100 sum=-500 m2=100', 'n=100 sum=-450 m2=100')) s;
SELECT a.lift = -b.lift AS lift, a.lift_lower = -b.lift_upper AS lower, a.lift_upper = -b.lift_lower AS upper
FROM ff_compare('n=100 sum=-500 m2=100', 'n=100 sum=-450 m2=100') a, ff_compare('n=100 sum=500 m2=100', 'n=100 sum=450 m2=100') b;
-- Fieller's interval holds the ratios R for which mean(T) - R mean(C) is not told from 0
SELECT abs(abs(d) / se - q) < 1e-9 AS on_the_edge FROM (
	SELECT 11 - r * 10 AS d, sqrt(2.0 / 100 + r ^ 2 * 3.0 / 100) AS se, ff_t_ppf(0.975, df) AS q
	FROM (SELECT (c).df, 1 + unnest(ARRAY[(c).lift_lower, (c).lift_upper]) AS r FROM ff_compare(ff_moments_of(100, 10, 3), ff_moments_of(100, 11, 2)) c) s) t;
-- no effect
SELECT s.* FROM pg_temp.show(ff_compare('n=10 sum=50 m2=9', 'n=10 sum=50 m2=9')) s;

-- no control, no treatment, neither; NULL is no units
SELECT s.* FROM pg_temp.show(ff_compare('n=0 sum=0 m2=0', 'n=3 sum=6 m2=2')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=3 sum=6 m2=2', 'n=0 sum=0 m2=0')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=0 sum=0 m2=0', 'n=0 sum=0 m2=0')) s;
SELECT s.* FROM pg_temp.show(ff_compare(NULL, 'n=3 sum=6 m2=2')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=3 sum=6 m2=2', NULL)) s;
-- one unit has no variance
SELECT s.* FROM pg_temp.show(ff_compare('n=1 sum=2 m2=0', 'n=3 sum=6 m2=2')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=3 sum=6 m2=2', 'n=1 sum=3 m2=0')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=1 sum=0 m2=0', 'n=1 sum=1 m2=0', proportion => true)) s;
-- nothing varies: equal, and different
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_proportion(500, 500), ff_moments_proportion(500, 500))) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=10 sum=20 m2=0', 'n=10 sum=30 m2=0')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=10 sum=0 m2=0', 'n=10 sum=0 m2=0')) s;
-- one arm varies: df is the other's n - 1
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_proportion(1000, 7), ff_moments_proportion(1000, 0))) s;
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_proportion(1000, 0), ff_moments_proportion(1000, 7))) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=5 sum=10 m2=0', 'n=5 sum=15 m2=4')) s;
-- a control mean of 0 has no lift, all else is there
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_of(50, 0, 200 / 49.0), ff_moments_of(50, 0.2, 208 / 49.0))) s;
-- one that cannot be told from 0 has no bounds of it
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_of(50, 0.1, 4), ff_moments_of(50, 2, 4))) s;
-- p beneath float8
SELECT s.* FROM pg_temp.show(ff_compare(ff_moments_proportion(10000000, 1000000), ff_moments_proportion(10000000, 1150000), proportion => true)) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=1000000000 sum=1 m2=1e-300', 'n=1000000000 sum=1e300 m2=1e-300')) s;
-- numbers at the ends of float8
SELECT s.* FROM pg_temp.show(ff_compare('n=2 sum=1e308 m2=1e308', 'n=2 sum=-1e308 m2=1e308')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=1 sum=1.7e308 m2=0', 'n=1 sum=-1.7e308 m2=0')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=2 sum=1e-320 m2=1e-320', 'n=2 sum=1e308 m2=1e-320')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=9007199254740992 sum=9e15 m2=9e15', 'n=9007199254740992 sum=9.0000001e15 m2=9e15')) s;
SELECT s.* FROM pg_temp.show(ff_compare('n=3 sum=6 m2=2', 'n=3 sum=12 m2=8', 1e-320)) s;

-- proportions: the variance of 0 and 1 is p (1 - p)
SELECT abs(c.standard_error - sqrt(0.1 * 0.9 / 10000 + 0.11 * 0.89 / 10000)) < 1e-17 AS error, abs(m.standard_error / c.standard_error - sqrt(10000 / 9999.0)) < 1e-14 AS of_means
FROM ff_compare(ff_moments_proportion(10000, 1000), ff_moments_proportion(10000, 1100), proportion => true) c, ff_compare(ff_moments_proportion(10000, 1000), ff_moments_proportion(10000, 1100)) m;
SELECT c = d AS same_as_aggregated FROM (SELECT ff_moments((i <= 10)::int) AS a, ff_moments((i <= 17)::int) AS b FROM generate_series(1, 100) i) s,
	ff_compare(a, b, proportion => true) c, ff_compare(ff_moments_proportion(100, 10), ff_moments_proportion(100, 17), proportion => true) d;
SELECT (ff_compare(ff_moments_of(10000, 0.1, 0.09 * 10000 / 9999), ff_moments_of(10000, 0.11, 0.0979 * 10000 / 9999), proportion => true)).problem AS rounded;
\x off
SELECT a AS arms, pg_temp.refused('SELECT ff_compare(' || a || ')') AS why
FROM (VALUES (1, $$'n=3 sum=6 m2=2', 'n=3 sum=1 m2=0.66666666666666663', proportion => true$$), (2, $$'n=3 sum=1 m2=0.66666666666666663', 'n=3 sum=6 m2=2', proportion => true$$),
	(3, $$ff_moments_proportion(9, 3), 'n=3 sum=-1 m2=0.5', proportion => true$$), (4, $$ff_moments_proportion(9, 3), ff_moments_of(100, 0.5, 0.25), proportion => true$$),
	(5, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 0$$), (6, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 1$$), (7, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', -0.05$$),
	(8, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 95$$), (9, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 'NaN'$$), (10, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', NULL$$),
	(11, $$'n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 0.05, NULL$$), (12, $$'n=3 sum=6 m2=2', 'n=x'$$)) v(i, a) ORDER BY i;

-- no answer is NaN or infinite, whatever arms meet
SELECT count(*) AS pairs, count(*) FILTER (WHERE c::text ~* 'nan|inf') AS broken, count(*) FILTER (WHERE (c).p_value IS NULL AND (c).problem IS NULL) AS unexplained,
	count(*) FILTER (WHERE (c).p_value IS NOT NULL AND ((c).log10_p IS NULL OR (c).p_value NOT BETWEEN 0 AND 1 OR (c).log10_p > 0)) AS improbable,
	count(*) FILTER (WHERE (c).problem IS NULL AND ((c).lower > (c).upper OR (c).difference NOT BETWEEN (c).lower AND (c).upper)) AS crossed,
	count(*) FILTER (WHERE NOT (c).lift_unbounded AND (c).problem IS NULL AND ((c).lift_lower > (c).lift_upper OR (c).lift < (c).lift_lower - 1e-15 * abs((c).lift) OR (c).lift > (c).lift_upper + 1e-15 * abs((c).lift))) AS crossed_lifts
FROM (SELECT ff_compare(a, b, p) AS c FROM (SELECT format('n=%s sum=%s m2=%s', n, s, q)::ff.moments FROM unnest('{2,100,9007199254740992}'::bigint[]) n,
		unnest('{-1e308,-7,-1e-300,0,1e-320,0.5,100,1e300}'::text[]) s, unnest('{0,5e-324,1,1e150,1.7e308}'::text[]) q
		UNION ALL VALUES ('n=0 sum=0 m2=0'::ff.moments), ('n=1 sum=0 m2=0'), ('n=1 sum=1e308 m2=0')) a(a),
	(SELECT format('n=%s sum=%s m2=%s', n, s, q)::ff.moments FROM unnest('{2,1000000}'::bigint[]) n, unnest('{-7,0,1e-320,0.5,1e300}'::text[]) s, unnest('{0,1e-100,1,1.7e308}'::text[]) q
		UNION ALL VALUES ('n=0 sum=0 m2=0'::ff.moments), ('n=1 sum=0 m2=0'), ('n=1 sum=1e308 m2=0')) b(b), unnest('{0.05,0.9999,1e-300}'::float8[]) p OFFSET 0) s;

-- distributions: limits, and arguments that they do not have
SELECT ff_norm_sf('Infinity'), ff_norm_sf('-Infinity'), ff_norm_log10_sf('Infinity'), ff_norm_ppf(0), ff_norm_ppf(1), ff_t_sf('Infinity', 3), ff_t_log10_sf('-Infinity', 3),
	ff_t_ppf(0, 3), ff_t_ppf(1, 3), ff_chi2_sf('Infinity', 2), ff_chi2_sf(-1, 2), ff_chi2_log10_sf(0, 2);
SELECT f AS call, pg_temp.refused('SELECT ' || f) AS why
FROM unnest('{ff_norm_ppf(-0.1),ff_norm_ppf(1.1),ff_norm_ppf(''NaN''),ff_norm_sf(''NaN''),"ff_t_sf(1, 0)","ff_t_sf(1, -1)","ff_t_sf(1, ''Infinity'')","ff_t_log10_sf(''NaN'', 1)","ff_t_ppf(2, 3)","ff_t_ppf(0.5, ''NaN'')",
	"ff_chi2_sf(1, 0)","ff_chi2_log10_sf(''NaN'', 1)"}'::text[]) f;
