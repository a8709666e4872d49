-- Fieller's interval of a lift, for conversions that are many, few and fewer: how
-- often the lift is in it.  Where it is unbounded, the lifts that the test does not
-- reject are asked; that it is so is told beside.  Controls have conversions.

CREATE TEMP TABLE cells (n int, p float8, q float8);
INSERT INTO cells VALUES (10000, 0.1, 0.11), (2000, 0.01, 0.011), (1000, 0.005, 0.0075);
INSERT INTO binomial SELECT c.n, v.p, s.* FROM cells c, LATERAL (VALUES (c.p), (c.q)) v(p), pg_temp.successes(c.n, v.p) s;
ANALYZE binomial;
CREATE TEMP TABLE lifts AS
SELECT s.n, s.p, s.q / s.p AS ratio, pg_temp.drawn(s.n, s.p, s.a) AS control, pg_temp.drawn(s.n, s.q, s.b) AS treatment
FROM (SELECT c.*, random() AS a, random() AS b FROM cells c, generate_series(1, 1500)) s;
CREATE TEMP TABLE answered AS
SELECT s.n, s.p, s.ratio, c.lift_unbounded, CASE WHEN c.lift_unbounded
	THEN abs(c.treatment_mean - s.ratio * c.control_mean) <= ff_t_ppf(0.975, c.df) * sqrt((c.treatment_mean * (1 - c.treatment_mean) + s.ratio ^ 2 * c.control_mean * (1 - c.control_mean)) / s.n)
	ELSE s.ratio - 1 BETWEEN c.lift_lower AND c.lift_upper END AS covers
FROM lifts s, ff_compare(ff_moments_proportion(s.n, s.control), ff_moments_proportion(s.n, s.treatment), proportion => true) c WHERE s.control > 0;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'coverage of a lift', format('proportion %s, %s an arm, lift %s %%', p, n, round((ratio * 100 - 100)::numeric)), true, 0.945, count(*), count(*) FILTER (WHERE covers)
FROM answered GROUP BY p, n, ratio ORDER BY n DESC;
INSERT INTO found (property, cell, is_share, paths, total)
SELECT 'unbounded', format('proportion %s, %s an arm', p, n), true, count(*), count(*) FILTER (WHERE lift_unbounded) FROM answered GROUP BY p, n ORDER BY n DESC;
