-- Quantiles of units and of events, and caps.
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;
CREATE TABLE regress_waits AS SELECT i, i % 2 = 1 AS treated, i % 300 AS unit, ((i * 7919) % 1009) ^ 2 / 100.0::float8 + i % 300 / 3 AS ms FROM generate_series(1, 9000) i;
ANALYZE regress_waits;

SELECT ff_quantile(x, 0.5) FROM generate_series(1, 100) x;
-- as percentile_cont
SELECT p, abs((ff_quantile(ms, p)).value - percentile_cont(p) WITHIN GROUP (ORDER BY ms)) < 1e-9 AS value FROM regress_waits, unnest('{0.001,0.25,0.5,0.9,0.999}'::float8[]) p GROUP BY p ORDER BY p;
-- none, one, too few for bounds; NULL is left out
SELECT k, ff_quantile(nullif(x, 0), 0.9) FROM unnest('{0,1,30,40}'::int[]) k, generate_series(0, k) x GROUP BY k ORDER BY k;
SELECT ff_quantile(x, 0.5) FROM generate_series(1, 0) x;
SELECT DISTINCT ff_quantile(x, 0.5) OVER () AS over_a_window FROM generate_series(1, 100) x;
-- in parallel
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT ff_quantile(ms, 0.9) FROM regress_waits;
CREATE TEMP TABLE found AS SELECT ff_quantile(ms, 0.9) AS q FROM regress_waits;
SET max_parallel_workers_per_gather = 0;
SELECT q = ff_quantile(ms, 0.9) AS same FROM found, regress_waits GROUP BY q;

-- compared: events of units vary with their units
CREATE TEMP VIEW quantiles AS SELECT c, t, ccl, tcl FROM (SELECT ff_quantile(ms, 0.9) FILTER (WHERE NOT treated) AS c, ff_quantile(ms, 0.9) FILTER (WHERE treated) AS t FROM regress_waits) q,
	LATERAL (SELECT ff_cross_moments(below, n) FILTER (WHERE NOT treated) AS ccl, ff_cross_moments(below, n) FILTER (WHERE treated) AS tcl
		FROM (SELECT treated, unit, count(*) AS n, count(*) FILTER (WHERE ms <= CASE WHEN treated THEN (t).value ELSE (c).value END) AS below FROM regress_waits GROUP BY treated, unit) s) k;
SELECT round(a.control_mean::numeric, 3) AS control, round(a.difference::numeric, 3) AS difference, round(a.standard_error::numeric, 4) AS of_values, round(b.standard_error::numeric, 4) AS of_units, a.problem, a.theta, a.variance_reduction
FROM quantiles q, ff_compare_quantile(q.c, q.t) a, ff_compare_quantile(q.c, q.t, ccl, tcl) b;
SELECT n, a.problem, a.difference, a.p_value FROM (SELECT n, ff_quantile(x, 0.95) AS c, ff_quantile(x + 1, 0.95) AS t FROM unnest('{2,30,70,200}'::int[]) n, generate_series(1, n) x GROUP BY n) s, ff_compare_quantile(c, t) a ORDER BY n;
SELECT a.problem FROM (SELECT ff_quantile(7, 0.5) AS q FROM generate_series(1, 100)) s, ff_compare_quantile(q, q) a;
SELECT a.problem, b.problem FROM (SELECT ff_quantile(x, 0.5) AS q FROM generate_series(1, 100) x) s, ff_compare_quantile(NULL, q) a, ff_compare_quantile(q, NULL) b;
SELECT c AS call, pg_temp.refused('SELECT ' || c || ' FROM quantiles') AS why
FROM unnest(ARRAY['ff_quantile(1, 0)', 'ff_quantile(1, 1)', 'ff_quantile(1, NULL)', 'ff_quantile(''NaN'', 0.5)', 'ff_quantile(''Infinity'', 0.5)', 'ff_compare_quantile(c, t, ccl)', 'ff_compare_quantile(c, t, ff_cross_moments_part(ccl, 1)::text::ff.cross_moments, tcl)',
	'ff_compare_quantile(ROW(0, 1, 0.9, 1, 1, 1)::ff.quantile, t)', 'ff_compare_quantile(ROW(10, 10, 0.9, 3, 4, 5)::ff.quantile, t)', 'ff_compare_quantile(ROW(10, 10, 0.9, NULL, 4, 5)::ff.quantile, t)', 'ff_compare_quantile(ROW(10, 10, 0.8, 4, 4, 5)::ff.quantile, t)',
	'ff_compare_quantile(c, t, ff_cross_moments_of(2, ''{1}'', ''{1}''), tcl)', 'ff_compare_quantile(c, t, alpha => 2)']) c;
SELECT pg_temp.refused('SELECT ff_quantile(x, x / 10.0) FROM generate_series(1, 2) x');

-- a cap for all arms together, with zeros and without
SELECT cap, round(avg(least(ms, cap))::numeric, 4) AS mean, count(*) FILTER (WHERE ms > cap) AS capped
FROM (SELECT (ff_quantile(ms, 0.99)).value AS cap FROM regress_waits) c, regress_waits GROUP BY cap;
SELECT (ff_quantile(x, 0.5)).value AS all_units, (ff_quantile(x, 0.5) FILTER (WHERE x <> 0)).value AS buyers FROM unnest('{0,0,0,0,0,0,5,7,9}'::float8[]) x;
DROP TABLE regress_waits CASCADE;
