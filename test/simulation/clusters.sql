-- Events within users: ratios of sums, and quantiles of units and of events.

-- Five to fifteen events a user, of which 30 % of the variance is between users:
-- the sum of n of them is drawn as such.  Counting events as if each were a user of
-- its own is what must not be done.
CREATE TEMP TABLE ratios AS
SELECT path, arm, ff_cross_moments(n + n * sqrt(0.3) * u + sqrt(0.7 * n) * e, n) AS moments
FROM (SELECT path, arm, 5 + floor(random() * 11) AS n, pg_temp.gauss() AS u, pg_temp.gauss() AS e
	FROM generate_series(1, 150) path, generate_series(0, 1) arm, generate_series(1, 1000)) s
GROUP BY path, arm;
CREATE TEMP TABLE events AS
SELECT r.p_value, w.p_value AS naive FROM ratios a JOIN ratios b ON b.path = a.path AND b.arm = 1, ff_compare_ratio(a.moments, b.moments) r,
	LATERAL (SELECT ff_cross_moments_n(m) * ff_cross_moments_mean(m, 2) AS n, ff_cross_moments_mean(m, 1) / ff_cross_moments_mean(m, 2) AS mean FROM (VALUES (a.moments)) v(m)) k,
	LATERAL (SELECT ff_cross_moments_n(m) * ff_cross_moments_mean(m, 2) AS n, ff_cross_moments_mean(m, 1) / ff_cross_moments_mean(m, 2) AS mean FROM (VALUES (b.moments)) v(m)) t,
	ff_compare(ff_moments_of(k.n::bigint, k.mean, 1), ff_moments_of(t.n::bigint, t.mean, 1)) w WHERE a.arm = 0;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'A/A, ratio', '10 events a user, ICC 0.3, 1000 an arm', true, 0.045, 0.055, count(*), count(*) FILTER (WHERE p_value < 0.05) FROM events;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'A/A, events as if they were users', '10 events a user, ICC 0.3, 1000 an arm', true, 0.15, count(*), count(*) FILTER (WHERE naive < 0.05) FROM events;

-- Quantiles of units: lognormal values.
CREATE TEMP TABLE quantiles AS
SELECT n, path, arm, ff_quantile(y, 0.5) AS half, ff_quantile(y, 0.9) AS most, ff_quantile(y, 0.99) AS nearly
FROM (SELECT n, path, arm, exp(pg_temp.gauss()) AS y
	FROM (VALUES (300, 30), (1000, 100), (10000, 20)) d(n, paths), generate_series(1, paths) path, generate_series(0, 1) arm, generate_series(1, n)) u
GROUP BY n, path, arm;
CREATE TEMP TABLE compared AS
SELECT a.n, q.level, c.problem, 0 BETWEEN c.lower AND c.upper AS covers FROM quantiles a JOIN quantiles b ON b.n = a.n AND b.path = a.path AND b.arm = 1,
	LATERAL (VALUES (0.5, a.half, b.half), (0.9, a.most, b.most), (0.99, a.nearly, b.nearly)) q(level, k, t), ff_compare_quantile(q.k, q.t) c WHERE a.arm = 0;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'coverage, quantile of units', format('%s, %s an arm', level, n), true, 0.935, 0.965, count(*), count(*) FILTER (WHERE covers) FROM compared WHERE n * (1 - level) >= 50 GROUP BY level, n ORDER BY n, level;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'refused, quantile of units', format('%s, %s an arm', level, n), true, 1, count(*), count(*) FILTER (WHERE problem = 'quantile_bounds' AND covers IS NULL) FROM compared WHERE n = 300 AND level = 0.99 GROUP BY level, n;

-- Quantiles of events, five a user, of which 30 % of the variance is between users.
CREATE TEMP TABLE clustered AS
SELECT path, arm, unit, exp(sqrt(0.3) * u + sqrt(0.7) * pg_temp.gauss()) AS y
FROM (SELECT path, arm, unit, pg_temp.gauss() AS u FROM generate_series(1, 30) path, generate_series(0, 1) arm, generate_series(1, 1000) unit) s, generate_series(1, 5);
CREATE TEMP TABLE arms AS
SELECT path, arm, level, q, ff_cross_moments(below, n) AS clusters
FROM (SELECT c.path, c.arm, c.unit, q.level, q.q, count(*) FILTER (WHERE c.y <= (q.q).value) AS below, count(*) AS n
	FROM clustered c JOIN (SELECT path, arm, level, ff_quantile(y, level) AS q FROM clustered, unnest('{0.5,0.9}'::float8[]) level GROUP BY path, arm, level) q USING (path, arm) GROUP BY c.path, c.arm, c.unit, q.level, q.q) s
GROUP BY path, arm, level, q;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'coverage, quantile of events', format('%s, 5 events a user, ICC 0.3, 1000 an arm', a.level), true, 0.935, 0.965, count(*), count(*) FILTER (WHERE 0 BETWEEN c.lower AND c.upper)
FROM arms a JOIN arms b ON b.path = a.path AND b.level = a.level AND b.arm = 1, ff_compare_quantile(a.q, b.q, a.clusters, b.clusters) c WHERE a.arm = 0 GROUP BY a.level ORDER BY a.level;
