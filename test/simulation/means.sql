-- Two arms alike, one look: how often each tail of the test says that they differ.

INSERT INTO binomial SELECT n, p, s.* FROM unnest('{500,5000,50000}'::int[]) n, unnest('{0.5,0.1,0.01}'::float8[]) p, pg_temp.successes(n, p) s;
ANALYZE binomial;
CREATE TEMP TABLE shares AS
SELECT n, p, path, random() AS a, random() AS b FROM unnest('{500,5000,50000}'::int[]) n, unnest('{0.5,0.1,0.01}'::float8[]) p, generate_series(1, 1000) path;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'A/A, one tail', format('proportion %s, %s an arm, %s', s.p, s.n, t.name), true, CASE WHEN s.n * s.p >= 10 THEN 0.02 END, CASE WHEN s.n * s.p >= 10 THEN 0.03 ELSE 0.035 END,
	count(*), count(*) FILTER (WHERE c.p_value < 0.05 AND sign(c.difference) = t.side)
FROM shares s, ff_compare(ff_moments_proportion(s.n, pg_temp.drawn(s.n, s.p, s.a)), ff_moments_proportion(s.n, pg_temp.drawn(s.n, s.p, s.b)), proportion => true) c,
	(VALUES ('up', 1), ('down', -1)) t(name, side)
GROUP BY s.p, s.n, t.name, t.side ORDER BY s.p DESC, s.n, t.name DESC;

-- Values of units with one heavy tail, and with one that is heavier: rows.
CREATE TEMP TABLE logs AS
SELECT n, path, arm, ff_moments(exp(z)) AS one, ff_moments(exp(2 * z)) AS two
FROM (SELECT n, path, arm, pg_temp.gauss() AS z FROM (VALUES (500, 200), (5000, 40), (50000, 4)) d(n, paths), generate_series(1, paths) path, generate_series(0, 1) arm, generate_series(1, n)) u
GROUP BY n, path, arm;
CREATE TEMP TABLE tested AS
SELECT a.n, m.sigma, c.* FROM logs a JOIN logs b ON b.n = a.n AND b.path = a.path AND b.arm = 1,
	LATERAL (VALUES (1, a.one, b.one), (2, a.two, b.two)) m(sigma, k, t), ff_compare(m.k, m.t) c WHERE a.arm = 0;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'A/A, one tail', format('lognormal, sigma 1, %s an arm, %s', s.n, t.name), true, 0.02, 0.03, count(*), count(*) FILTER (WHERE s.p_value < 0.05 AND sign(s.difference) = t.side)
FROM tested s, (VALUES ('up', 1), ('down', -1)) t(name, side) WHERE s.sigma = 1 GROUP BY s.n, t.name, t.side ORDER BY s.n, t.name DESC;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'coverage, heavy tails', format('lognormal, sigma 2, %s an arm', s.n), true, 0.945, count(*), count(*) FILTER (WHERE 0 BETWEEN s.lower AND s.upper)
FROM tested s WHERE s.sigma = 2 GROUP BY s.n ORDER BY s.n;

-- The same with a lift of 10 %, capped at the 99th percentile of both arms together:
-- what the cap costs.
CREATE TEMP TABLE capped AS
SELECT path, i % 2 AS arm, exp(2 * pg_temp.gauss()) * (1 + 0.1 * (i % 2)) AS y FROM generate_series(1, 40) path, generate_series(1, 4000) i;
INSERT INTO found (property, cell, is_share, paths, total, squares)
SELECT 'capped at 99 %', 'lognormal, sigma 2, 2000 an arm, lift less 0.1', false, count(*), sum(c.lift - 0.1), sum((c.lift - 0.1) ^ 2)
FROM (SELECT path, ff_moments(least(y, cap)) FILTER (WHERE arm = 0) AS k, ff_moments(least(y, cap)) FILTER (WHERE arm = 1) AS t
	FROM capped JOIN (SELECT path, (ff_quantile(y, 0.99)).value AS cap FROM capped GROUP BY path) q USING (path) GROUP BY path) s, ff_compare(s.k, s.t) c;
