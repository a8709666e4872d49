-- Ratios, covariates, strata: the answer, its warnings, what is refused.
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;
-- six digits are what does not depend on the machine
CREATE FUNCTION pg_temp.show(c ff.adjusted_comparison) RETURNS TABLE (name text, value text) LANGUAGE sql AS $$
	SELECT j.key, CASE WHEN jsonb_typeof(j.value) = 'number' THEN to_char(j.value::text::numeric, 'FM9990.000000') ELSE j.value #>> '{}' END
	FROM jsonb_each(to_jsonb(c) - 'theta') j WHERE j.value <> 'null' ORDER BY j.key;
$$;
CREATE TEMP TABLE units AS
SELECT i, i % 2 = 1 AS treated, (ARRAY['a','b','c'])[1 + i % 3] AS stratum, i * 7919 % 101 AS before, (0.8 * (i * 7919 % 101) + i * 104729 % 47 + i % 2 * 3)::float8 AS spent, 1 + i * 31 % 5 AS orders
FROM generate_series(1, 600) i;
CREATE TEMP VIEW arms AS
SELECT ff_cross_moments(spent) FILTER (WHERE NOT treated) AS k, ff_cross_moments(spent) FILTER (WHERE treated) AS v,
	ff_cross_moments(spent, before) FILTER (WHERE NOT treated) AS cx, ff_cross_moments(spent, before) FILTER (WHERE treated) AS tx,
	ff_cross_moments(spent, orders) FILTER (WHERE NOT treated) AS cr, ff_cross_moments(spent, orders) FILTER (WHERE treated) AS tr FROM units;

SELECT s.* FROM arms, pg_temp.show(ff_compare_adjusted(cx, tx)) s;
-- without covariates it is Welch's test
SELECT abs(a.p_value / w.p_value - 1) < 1e-12 AS p, abs(a.lift_lower - w.lift_lower) < 1e-14 AS lower, a.theta IS NULL AS no_theta, a.variance_reduction AS reduction
FROM arms, ff_compare_adjusted(k, v) a, ff_compare(ff_cross_moments_part(k, 1), ff_cross_moments_part(v, 1)) w;
-- three ways to adjust, nearly the same answer
SELECT m AS method, round(a.difference::numeric, 4) AS difference, round(a.standard_error::numeric, 4) AS standard_error, round(a.variance_reduction::numeric, 3) AS reduction, a.warning
FROM arms, unnest('{cuped,ancova,lin}'::text[]) m, ff_compare_adjusted(cx, tx, method => m) a;
-- the lift itself tested
SELECT round(a.t::numeric, 6) AS t, round((a.lift / a.lift_standard_error)::numeric, 6) AS lift_t, round((a.lift_upper + a.lift_lower - 2 * a.lift)::numeric, 12) AS lopsided FROM arms, ff_compare_adjusted(cx, tx, relative => 'delta') a;
-- covariates that say nothing, or nothing new
SELECT a.warning, a.theta[1] = 0 AS no_theta, a.difference = b.difference AS as_without
FROM (SELECT ff_cross_moments(spent, 5) FILTER (WHERE NOT treated) AS c, ff_cross_moments(spent, 5) FILTER (WHERE treated) AS t FROM units) s, ff_compare_adjusted(c, t) a, arms, ff_compare_adjusted(arms.k, arms.v) b;
SELECT a.warning, round(a.theta[1]::numeric, 4) AS first, a.theta[2] AS second
FROM (SELECT ff_cross_moments(spent, before, 3 * before - 1) FILTER (WHERE NOT treated) AS c, ff_cross_moments(spent, before, 3 * before - 1) FILTER (WHERE treated) AS t FROM units) s, ff_compare_adjusted(c, t) a;

-- Lin's estimate with a robust error, by a second pass over the units
SELECT round(sqrt(sum(variance))::numeric, 4) AS standard_error, count(variance) AS arms FROM (SELECT ff_adjusted_variance(CASE WHEN treated THEN tx ELSE cx END, (SELECT ff_cross_moments(spent, before) FROM units), spent, before) AS variance FROM units, arms GROUP BY treated) s;
SELECT ff_adjusted_variance(m, m, x, (x = 3)::int) IS NULL AS one_unit_determines FROM (SELECT ff_cross_moments(x, (x = 3)::int) AS m FROM generate_series(1, 9) x) s, generate_series(1, 9) x;
SELECT c AS call, pg_temp.refused('SELECT ' || c || ' FROM units, arms') AS why
FROM unnest(ARRAY['ff_adjusted_variance(cx, tx, spent)', 'ff_adjusted_variance(cx, arms.v, spent, before)', 'ff_adjusted_variance(cx, NULL, spent, before)', 'ff_adjusted_variance(cx, tx, spent, ''NaN'')', 'ff_adjusted_variance(ff_cross_moments_of(1, ''{1,1}'', ''{1,1,1}''), tx, spent, before)']) c;

-- a ratio, and the same adjusted for its past
SELECT s.* FROM arms, pg_temp.show(ff_compare_ratio(cr, tr)) s;
-- errors of clusters: ten users are a shop, and shops differ
SELECT round(a.difference::numeric, 6) = round(w.difference::numeric, 6) AS difference, round((a.standard_error / w.standard_error)::numeric, 2) AS wider
FROM (SELECT ff_cross_moments(total, n) FILTER (WHERE NOT treated) AS c, ff_cross_moments(total, n) FILTER (WHERE treated) AS t
	FROM (SELECT treated, sum(spent + shop) AS total, count(*) AS n FROM (SELECT *, i / 20 * 7 % 50 AS shop FROM units) s GROUP BY treated, i / 20) s) s,
	(SELECT ff_moments(spent + i / 20 * 7 % 50) FILTER (WHERE NOT treated) AS c, ff_moments(spent + i / 20 * 7 % 50) FILTER (WHERE treated) AS t FROM units) u,
	ff_compare_ratio(s.c, s.t) a, ff_compare(u.c, u.t) w;
SELECT a.problem, a.warning FROM (VALUES ('{5,0.002}'::float8[], '{9,1.2e-5,3e-6}'::float8[]), ('{5,0}', '{9,0,0}')) v(sums, products), ff_compare_ratio(ff_cross_moments_of(1000, sums, products), ff_cross_moments_of(1000, sums, products)) a;

-- strata
CREATE TEMP VIEW strata AS SELECT array_agg(c ORDER BY stratum) AS c, array_agg(t ORDER BY stratum) AS t
FROM (SELECT stratum, ff_cross_moments(spent, before) FILTER (WHERE NOT treated) AS c, ff_cross_moments(spent, before) FILTER (WHERE treated) AS t FROM units GROUP BY stratum) s;
SELECT s.* FROM strata, pg_temp.show(ff_compare_stratified(c, t)) s;
SELECT a.warning, a.difference = b.difference AS as_merged FROM strata, ff_compare_stratified(strata.c || NULL::ff.cross_moments, strata.t || NULL::ff.cross_moments) a, ff_compare_stratified(strata.c, strata.t) b;

-- nothing to compare
SELECT n, a.problem, a.control_mean, a.treatment_mean, a.p_value
FROM (VALUES (1, NULL::ff.cross_moments, ff_cross_moments_of(2, '{3}', '{5}')), (2, ff_cross_moments_of(2, '{3}', '{5}'), NULL), (3, NULL, NULL), (4, ff_cross_moments_of(1, '{3}', '{9}'), ff_cross_moments_of(2, '{3}', '{5}')),
	(5, ff_cross_moments_of(2, '{6}', '{18}'), ff_cross_moments_of(2, '{8}', '{32}')), (6, ff_cross_moments_of(2, '{0}', '{2}'), ff_cross_moments_of(2, '{3}', '{5}')), (7, (SELECT ff_cross_moments(x) FROM unnest('{1e300,-1e300}'::float8[]) x), ff_cross_moments_of(2, '{3}', '{5}'))) s(n, k, v), ff_compare_adjusted(k, v) a ORDER BY n;
SELECT c AS call, pg_temp.refused('SELECT ' || c || ' FROM arms, strata') AS why
FROM unnest(ARRAY['ff_compare_adjusted(cx, arms.v)', 'ff_compare_adjusted(cx, tx, 0)', 'ff_compare_adjusted(cx, tx, NULL)', 'ff_compare_adjusted(cx, tx, method => ''ols'')', 'ff_compare_adjusted(cx, tx, method => NULL)', 'ff_compare_adjusted(cx, tx, proportion => true)',
	'ff_compare_adjusted(cx, tx, relative => ''log'')', 'ff_compare_ratio(arms.k, arms.v)', 'ff_compare_ratio(cr, tr, relative => NULL)', 'ff_compare_stratified(strata.c, strata.t[1:2])', 'ff_compare_stratified(NULL, strata.t)',
	'ff_compare_stratified(''{}'', ''{}'')', 'ff_compare_stratified(ARRAY[cx, arms.k], ARRAY[tx, arms.v])', 'ff_compare_stratified(strata.c, strata.t, proportion => true)']) c;
