-- Adjusted for a covariate of correlation rho, and for strata.

CREATE TEMP TABLE adjusted AS
SELECT rho, path, arm, ff_cross_moments(rho * x + sqrt(1 - rho ^ 2) * e, x) AS moments
FROM (SELECT rho, path, arm, pg_temp.gauss() AS x, pg_temp.gauss() AS e
	FROM unnest('{0.3,0.5,0.7,0.9}'::float8[]) rho, generate_series(1, 50) path, generate_series(0, 1) arm, generate_series(1, 2000)) u
GROUP BY rho, path, arm;
CREATE TEMP TABLE cuped AS
SELECT a.rho, c.* FROM adjusted a JOIN adjusted b ON b.rho = a.rho AND b.path = a.path AND b.arm = 1, ff_compare_adjusted(a.moments, b.moments) c WHERE a.arm = 0;
INSERT INTO found (property, cell, is_share, lower, upper, paths, total, squares)
SELECT 'CUPED, variance reduction', format('rho %s, 2000 an arm', rho), false, rho ^ 2 - 0.01, rho ^ 2 + 0.01, count(*), sum(variance_reduction), sum(variance_reduction ^ 2) FROM cuped GROUP BY rho ORDER BY rho;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'CUPED, coverage', format('rho %s, 2000 an arm', rho), true, 0.945, count(*), count(*) FILTER (WHERE 0 BETWEEN lower AND upper) FROM cuped GROUP BY rho ORDER BY rho;

-- Five strata of which a unit is in one by chance; they make 30 % of the variance.
CREATE TEMP TABLE strata AS
SELECT path, arm, stratum, ff_cross_moments((stratum - 2) * sqrt(0.3 / 0.7 / 2) + e) AS moments
FROM (SELECT path, arm, floor(random() * 5) AS stratum, pg_temp.gauss() AS e FROM generate_series(1, 100) path, generate_series(0, 1) arm, generate_series(1, 1000)) u
GROUP BY path, arm, stratum;
CREATE TEMP TABLE stratified AS
SELECT s.standard_error ^ 2 AS own, p.standard_error ^ 2 AS plain, s.lower, s.upper
FROM (SELECT path, array_agg(a.moments ORDER BY stratum) AS k, array_agg(b.moments ORDER BY stratum) AS t, ff_cross_moments_merge(a.moments) AS whole_k, ff_cross_moments_merge(b.moments) AS whole_t
	FROM strata a JOIN strata b USING (path, stratum) WHERE a.arm = 0 AND b.arm = 1 GROUP BY path) g,
	ff_compare_stratified(g.k, g.t) s, ff_compare_adjusted(g.whole_k, g.whole_t) p;
INSERT INTO found (property, cell, is_share, lower, paths, total, squares)
SELECT 'strata, variance reduction', '5 strata, R^2 0.3, 1000 an arm', false, 0.28, count(*), sum(1 - own / plain), sum((1 - own / plain) ^ 2) FROM stratified;
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'strata, coverage', '5 strata, R^2 0.3, 1000 an arm', true, 0.945, count(*), count(*) FILTER (WHERE 0 BETWEEN lower AND upper) FROM stratified;
