-- The type ff.cross_moments: exact sums and products, whatever the order.
SET extra_float_digits = 1;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;

SELECT ff_cross_moments(x, x * x) FROM generate_series(1, 3) x;
SELECT ff_cross_moments(0.1::float8, -x, 1e-300) FROM generate_series(1, 2) x;
-- read: n, means, covariances, and moments of one variable
SELECT ff_cross_moments_n(m) AS n, ff_cross_moments_mean(m, 1) AS mean, ff_cross_moments_covariance(m, 1, 1) AS variance, ff_cross_moments_covariance(m, 2, 1) AS covariance,
	ff_cross_moments_part(m, 2) AS part, ff_cross_moments_part(m, 2)::text = ff_moments_text AS same
FROM (SELECT ff_cross_moments(x, x * x) AS m, ff_moments(x * x)::text AS ff_moments_text FROM generate_series(1, 9) x) s;
-- where sums of squares in float8 lose everything
SELECT ff_cross_moments_covariance(m, 1, 1) AS variance, ff_cross_moments_covariance(m, 1, 2) AS covariance, regr_sxy / 8 > 1000 OR regr_sxy < 0 AS lost_in_float8
FROM (SELECT ff_cross_moments(x + 1e15, x + 1e15) AS m, sum((x + 1e15::float8) ^ 2) - sum(x + 1e15::float8) ^ 2 / 9 AS regr_sxy FROM generate_series(1, 9) x) s;
SELECT ff_cross_moments_mean(m, 1) AS mean, ff_cross_moments_covariance(m, 1, 1) AS variance FROM (SELECT ff_cross_moments(x) AS m FROM unnest('{1e150,1,-1e150}'::float8[]) x) s;
SELECT ff_cross_moments_mean(m, 1) AS mean, ff_cross_moments_covariance(m, 1, 1) AS variance FROM (SELECT ff_cross_moments(x) AS m FROM unnest('{5e-324,5e-324,0}'::float8[]) x) s;
-- no rows, NULL, one row
SELECT ff_cross_moments(x) IS NULL AS of_nothing FROM generate_series(1, 0) x;
SELECT ff_cross_moments(y, x) AS complete_rows FROM (VALUES (1, 2), (NULL, 5), (3, NULL), (4, 6)) v(y, x);
SELECT ff_cross_moments_mean(m, 1) AS mean, ff_cross_moments_covariance(m, 1, 1) AS variance FROM (SELECT ff_cross_moments(7) AS m) s;

-- from aggregates at hand, and in text and binary
SELECT ff_cross_moments_of(3, '{6,14}', '{14,36,98}')::text = m::text AS same FROM (SELECT ff_cross_moments(x, x * x) AS m FROM generate_series(1, 3) x) s;
SELECT encode(ff._cross_moments_send(ff_cross_moments(x, -x)), 'hex') FROM generate_series(1, 2) x;
SELECT E' v1\tn=2 sums={-0X1p-3} products={0x1p0}'::ff.cross_moments;
SELECT E' v1\tn=2 sums={-0x1p-3,0} products={0x10p0,0,0x0p7} '::ff.cross_moments;
CREATE TEMP TABLE states (name text PRIMARY KEY, state ff.cross_moments);
INSERT INTO states SELECT 'tenths', ff_cross_moments(x / 10.0::float8, x) FROM generate_series(1, 1000) x;
INSERT INTO states SELECT name || ' again', state::text::ff.cross_moments FROM states;
SELECT count(DISTINCT state::text) FROM states;

-- what is none
SELECT t AS moments, pg_temp.refused(format('SELECT %L::ff.cross_moments', t)) AS why
FROM unnest(ARRAY['', 'v2 n=1 sums={0} products={0}', 'v1 n=1', 'v1 n=x sums={0} products={0}', 'v1 n=1 sums={} products={0}', 'v1 n=1 sums={0,0} products={0,0}', 'v1 n=1 sums={6} products={36}',
	'v1 n=1 sums={0x1p} products={0}', 'v1 n=1 sums={0x1p 5} products={0}', 'v1 n=1 sums={0xp5} products={0}', 'v1 n=1 sums={0x1p9999} products={0}', 'v1 n=1 sums={0x1p-9999} products={0}', 'v1 n=-1 sums={0} products={0}', 'v1 n=9007199254740993 sums={0} products={0}', 'v1 n=0 sums={0x1p0} products={0}',
	'v1 n=2 sums={0x2p0} products={0x1p0}', 'v1 n=1 sums={0x2p0} products={0x5p0}', 'v1 n=1 sums={0} products={0} x', 'v1 n=1 sums={0,0,0,0,0,0,0,0,0} products={0}']) t;
SELECT c AS call, pg_temp.refused('SELECT ' || c) AS why
FROM unnest(ARRAY['ff_cross_moments_of(3, ''{6}'', ''{14,36}'')', 'ff_cross_moments_of(3, ''{6,NULL}'', ''{14,36,98}'')', 'ff_cross_moments_of(3, ''{6}'', ''{NaN}'')', 'ff_cross_moments_of(3, ''{6}'', ''{11}'')', 'ff_cross_moments_of(-3, ''{0}'', ''{0}'')',
	'ff_cross_moments_of(3, ''{}'', ''{}'')', 'ff_cross_moments_of(3, ''{{6}}'', ''{14}'')', 'ff_cross_moments(VARIADIC ''{1,2,3,4,5,6,7,8,9}''::float8[])', 'ff_cross_moments(VARIADIC ''{}''::float8[])',
	'ff_cross_moments(VARIADIC v) FROM (VALUES (''{1}''::float8[]), (''{1,2}'')) s(v)', 'ff_cross_moments(1, x) FROM unnest(''{1,NaN}''::float8[]) x', 'ff_cross_moments(x) FROM unnest(''{1,-Infinity}''::float8[]) x',
	'ff_cross_moments_mean(ff_cross_moments(1), 2)', 'ff_cross_moments_mean(ff_cross_moments(1), 0)', 'ff_cross_moments_covariance(ff_cross_moments(x), 1, 1) FROM unnest(''{1e300,-1e300}''::float8[]) x',
	'ff_cross_moments_merge(state) FROM (SELECT state FROM states UNION ALL SELECT ff_cross_moments(1)) s', 'ff_cross_moments_subtract(ff_cross_moments_of(1, ''{1}'', ''{1}''), state) FROM states WHERE name = ''tenths''', 'ff_cross_moments_subtract(ff_cross_moments(1), ff_cross_moments(x)) FROM generate_series(1, 2) x', 'ff_cross_moments_subtract(ff_cross_moments_of(2, ''{3}'', ''{5}''), ff_cross_moments_of(1, ''{7}'', ''{49}''))']) c;

-- the same bytes for any order, partition and number of workers
CREATE TABLE regress_points AS SELECT i, ((i * 7919) % 100003) / 7.0::float8 * 10.0 ^ (i % 40 - 20) AS y, (i * 31) % 977 / 3.0::float8 AS x FROM generate_series(1, 20000) i;
ANALYZE regress_points;
CREATE TEMP TABLE whole AS SELECT ff_cross_moments(y, x) AS m FROM regress_points;
SELECT ff_cross_moments(y, x ORDER BY y)::text = m::text AS up, ff_cross_moments(y, x ORDER BY y DESC)::text = m::text AS down FROM regress_points, whole GROUP BY m::text, whole.m::text;
SELECT k, ff_cross_moments_merge(p.m)::text = (SELECT m::text FROM whole) AS same
FROM (SELECT k, ff_cross_moments(y, x) AS m FROM regress_points, unnest('{1,2,3,16,500,977}'::int[]) k GROUP BY k, i * 31 % k) p GROUP BY k ORDER BY k;
SELECT ff_cross_moments_subtract(w.m, p.m)::text = r.m::text AS taken_out
FROM whole w, (SELECT ff_cross_moments(y, x) AS m FROM regress_points WHERE i % 3 = 0) p, (SELECT ff_cross_moments(y, x) AS m FROM regress_points WHERE i % 3 <> 0) r;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT ff_cross_moments(y, x) FROM regress_points;
SELECT (SELECT ff_cross_moments(y, x) FROM regress_points)::text = m::text AS workers FROM whole;
DROP TABLE regress_points;
