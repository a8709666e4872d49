-- The type ff.moments, its aggregates and what they refuse.
SET extra_float_digits = 1;

-- text: read, written, read again
SELECT 'n=3 sum=6 m2=2'::ff.moments;
SELECT E'  n=3\tsum=6.000e0 \n m2=+2 '::ff.moments;
SELECT 'n=2 sum=0.30000000000000004-2.7755575615628914e-17 m2=5e-324'::ff.moments;
SELECT 'n=0 sum=0 m2=0'::ff.moments, 'n=1 sum=-1e300 m2=0'::ff.moments, 'n=9007199254740992 sum=1 m2=1.7976931348623157e308'::ff.moments;
SELECT m, m::text::ff.moments::text = m::text AS same
FROM (VALUES ('n=2 sum=3 m2=0.5'::ff.moments), ('n=3 sum=0.6000000000000001-5.551115123125783e-17 m2=0.020000000000000004-1.3e-18')) v(m);
-- the digits do not depend on the settings
SET extra_float_digits = -15;
SELECT ff_moments(x)::text FROM unnest('{0.1,0.2,0.4}'::float8[]) x;
SET extra_float_digits = 1;

-- text that is none
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ': ' || SQLERRM || coalesce(' [' || nullif(detail, '') || ']', '');
END;
$$;
SELECT t AS moments, pg_temp.refused(format('SELECT %L::ff.moments', t)) AS why
FROM (VALUES (1, ''), (2, 'n=3'), (3, 'n=3 sum=6'), (4, 'n=3 sum=6 m2=2 x'), (5, 'n=3,sum=6,m2=2'), (6, 'n=3sum=6 m2=2'),
	(7, 'N=3 sum=6 m2=2'), (8, 'n= 3 sum=6 m2=2'), (9, 'n=3.5 sum=6 m2=2'), (10, 'n=3 sum=six m2=2'), (11, 'n=3 sum=NaN m2=2'),
	(12, 'n=3 sum=6 m2=Infinity'), (13, 'n=3 sum=0x6 m2=2'), (14, 'n=3 sum=6+ m2=2'), (15, 'n=3 sum=6+-1e-30 m2=2'),
	(16, 'n=3 sum=6 m2=2 n=3'), (17, 'n=3 sum=6 m2=2++1e-20'), (18, 'n=3 sum=--6 m2=2')) v(i, t) ORDER BY i;
-- numbers that no values have
SELECT t AS moments, pg_temp.refused(format('SELECT %L::ff.moments', t)) AS why
FROM (VALUES (1, 'n=-1 sum=0 m2=0'), (2, 'n=9007199254740993 sum=6 m2=2'), (3, 'n=99999999999999999999 sum=6 m2=2'),
	(4, 'n=3 sum=1e309 m2=2'), (5, 'n=3 sum=6 m2=1e309'), (6, 'n=3 sum=6+1e309 m2=2'), (7, 'n=3 sum=6 m2=-2'), (8, 'n=3 sum=6+1 m2=2'),
	(9, 'n=3 sum=6 m2=2-0.5'), (10, 'n=3 sum=6 m2=0-1e-20'), (11, 'n=0 sum=1 m2=0'), (12, 'n=0 sum=0 m2=1'), (13, 'n=1 sum=1 m2=1e-300'),
	(14, 'n=1 sum=0+1e-20 m2=0')) v(i, t) ORDER BY i;

-- binary
SELECT encode(ff._moments_send('n=3 sum=6 m2=2'), 'hex');
CREATE TEMP TABLE states (name text PRIMARY KEY, state ff.moments);
INSERT INTO states SELECT 'tenths', ff_moments(x / 10.0::float8) FROM generate_series(1, 1000) x;
INSERT INTO states VALUES ('none', 'n=0 sum=0 m2=0'), ('missing', NULL);
SELECT name, state FROM states ORDER BY name;

-- aggregates
SELECT ff_moments(x) FROM generate_series(1, 5) x;
SELECT ff_moments(x::float4), ff_moments(x::bigint), ff_moments(x::smallint), ff_moments(x::numeric) FROM generate_series(1, 5) x;
SELECT ff_moments(NULL::float8), ff_moments(x), ff_moments(x) FILTER (WHERE x IS NULL), ff_moments(x::float8) FILTER (WHERE x < 3)
FROM unnest('{1,NULL,2,NULL,3}'::numeric[]) x;
SELECT ff_moments(x) FROM generate_series(1, 0) x;
SELECT ff_moments(7::float8), ff_moments(DISTINCT x) FROM unnest('{4,4,4,4}'::float8[]) x;
SELECT m, ff_moments_n(m) AS n, ff_moments_mean(m) AS mean, ff_moments_variance(m) AS variance, ff_moments_stddev(m) AS stddev
FROM (VALUES (1, 'n=0 sum=0 m2=0'::ff.moments), (2, 'n=1 sum=5 m2=0'), (3, 'n=2 sum=5 m2=0'), (4, 'n=5 sum=15 m2=10'), (5, NULL)) v(i, m) ORDER BY i;
-- over a window the state of one row is not that of the next
SELECT x, ff_moments(x) OVER (ORDER BY x) AS running, ff_moments(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS pair
FROM generate_series(1, 5) x;
-- functions beneath the aggregates leave their arguments alone
SELECT m, ff._moments_add(m, 4::float8) AS added, ff._moments_combine(m, m) AS twice, m AS still
FROM (VALUES ('n=3 sum=6 m2=2'::ff.moments)) v(m);

-- as PostgreSQL's own, for what those get right
SELECT round(ff_moments_mean(m)::numeric, 10) = round(a, 10) AS mean, round(ff_moments_variance(m)::numeric, 8) = round(v, 8) AS variance
FROM (SELECT ff_moments(x) AS m, avg(x) AS a, var_samp(x) AS v FROM (SELECT (i * 7919 % 10007)::numeric / 100 AS x FROM generate_series(1, 20000) i) s) t;
-- and where float8 does not: a large mean, a sum of 0, equal values
SELECT ff_moments_variance(ff_moments(1e15::float8 + x)) AS shifted, ff_moments_variance(ff_moments(x)) AS plain FROM generate_series(1, 9) x;
SELECT ff_moments_mean(ff_moments(x)) AS mean FROM unnest('{1e16,1,-1e16,-1}'::float8[]) x;
SELECT ff_moments_mean(ff_moments(x)) AS mean, ff_moments_variance(ff_moments(x)) AS variance FROM (SELECT (-1) ^ i * (0.1 * (1 + i / 2))::float8 AS x FROM generate_series(0, 999) i) s;
SELECT ff_moments_mean(ff_moments(0.1::float8)) AS mean, ff_moments_variance(ff_moments(0.1::float8)) AS variance FROM generate_series(1, 1000);
SELECT ff_moments_mean(ff_moments(x)) AS mean, ff_moments_variance(ff_moments(x)) AS variance FROM unnest('{1e-160,3e-160}'::float8[]) x;

-- merging: any partition, any order, empty and single parts
CREATE TEMP TABLE points AS SELECT i, ((i * 7919) % 100003) / 7.0::float8 + 1e6 AS y, (i * 31) % 977 AS part FROM generate_series(1, 20000) i;
ANALYZE points;
CREATE TEMP TABLE whole AS SELECT ff_moments(y) AS m FROM points;
SELECT k, ff_moments_n(p.m) = ff_moments_n(w.m) AS n, ff_moments_mean(p.m) = ff_moments_mean(w.m) AS mean, ff_moments_variance(p.m) = ff_moments_variance(w.m) AS variance
FROM whole w, (SELECT k, ff_moments_merge(m ORDER BY h) AS m FROM (SELECT k, part % k AS h, ff_moments(y) AS m FROM points, unnest('{1,2,3,16,500,977}'::int[]) k GROUP BY k, part % k) s GROUP BY k) p ORDER BY k;
SELECT ff_moments_mean(up) = ff_moments_mean(m) AS mean, ff_moments_variance(up) = ff_moments_variance(m) AS variance, ff_moments_variance(down) = ff_moments_variance(m) AS down
FROM whole, (SELECT ff_moments(y ORDER BY y) AS up, ff_moments(y ORDER BY y DESC) AS down FROM points) s;
SELECT ff_moments_merge(m) FROM (VALUES ('n=0 sum=0 m2=0'::ff.moments), (NULL), ('n=1 sum=3 m2=0'), ('n=0 sum=0 m2=0'), ('n=2 sum=3 m2=0.5')) v(m);
SELECT ff_moments_merge(m) FROM (SELECT NULL::ff.moments AS m) s;
SELECT ff_moments_merge(state) FROM states WHERE false;

-- parallel workers
CREATE TABLE regress_points AS SELECT * FROM points;
ANALYZE regress_points;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT ff_moments(y) FROM regress_points;
CREATE TEMP TABLE apart AS SELECT part % 5 AS g, ff_moments(y) AS m, ff_moments(y::numeric) AS n FROM regress_points GROUP BY 1;
SET max_parallel_workers_per_gather = 0;
SELECT g, ff_moments_n(a.m) = ff_moments_n(b.m) AS n, ff_moments_mean(a.m) = ff_moments_mean(b.m) AS mean, ff_moments_variance(a.m) = ff_moments_variance(b.m) AS variance,
	ff_moments_variance(a.n) = ff_moments_variance(b.n) AS numerics
FROM apart a JOIN (SELECT part % 5 AS g, ff_moments(y) AS m, ff_moments(y::numeric) AS n FROM regress_points GROUP BY 1) b USING (g) ORDER BY g;
-- merging in parallel as well
CREATE TABLE regress_states AS SELECT part, ff_moments(y) AS m FROM regress_points GROUP BY part;
ANALYZE regress_states;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT ff_moments_merge(m) FROM regress_states;
SELECT ff_moments_mean(s.m) = ff_moments_mean(w.m) AS mean, ff_moments_variance(s.m) = ff_moments_variance(w.m) AS variance
FROM whole w, (SELECT ff_moments_merge(m) AS m FROM regress_states) s;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
DROP TABLE regress_points, regress_states;

-- values that are refused, by name, also between others
SELECT x AS value, pg_temp.refused(format('SELECT ff_moments(x) FROM unnest(ARRAY[1, %L, 2]::float8[]) x', x)) AS float8,
	pg_temp.refused(format('SELECT ff_moments(x) FROM unnest(ARRAY[1, %L, 2]::numeric[]) x', x)) AS numeric
FROM unnest('{NaN,Infinity,-Infinity}'::text[]) x;
SELECT left(pg_temp.refused('SELECT ff_moments(1e400)'), 20), right(pg_temp.refused('SELECT ff_moments(1e400)'), 45);
SELECT pg_temp.refused('SELECT ff_moments(x) FROM unnest(''{1e308,1e308}''::float8[]) x');
SELECT pg_temp.refused('SELECT ff_moments(x) FROM unnest(''{1e200,-1e200}''::float8[]) x');
SELECT pg_temp.refused('SELECT ff_moments_merge(m) FROM (VALUES (''n=9007199254740992 sum=1 m2=0''::ff.moments), (''n=1 sum=1 m2=0'')) v(m)');
SELECT pg_temp.refused('SELECT ff._moments_add(''n=9007199254740992 sum=1 m2=0'', 1::float8)');
SELECT pg_temp.refused('SELECT ff_moments_merge(m) FROM (VALUES (''n=2 sum=1 m2=1e308''::ff.moments), (''n=2 sum=1 m2=1e308'')) v(m)');

-- from aggregates at hand
SELECT ff_moments_of(3, 2, 1), ff_moments_of(3, 0.1, 0.01), ff_moments_of(0, NULL, NULL), ff_moments_of(0, 0, 0), ff_moments_of(1, 7, NULL), ff_moments_of(2, '-0', 0);
SELECT ff_moments_of(NULL, 1, 1), ff_moments_of(NULL, NULL, NULL);
SELECT ff_moments_mean(m), ff_moments_variance(m) FROM (SELECT ff_moments_of(12345, 0.1, 0.3) AS m) s;
SELECT ff_moments_variance(ff_moments_of(count(x), avg(x), var_samp(x))) = ff_moments_variance(ff_moments(x)) AS same FROM unnest('{1,2,4}'::float8[]) x;
SELECT sql, pg_temp.refused('SELECT ' || sql) AS why
FROM (VALUES (1, 'ff_moments_of(-1, 0, 0)'), (2, 'ff_moments_of(3, 2, -1)'), (3, 'ff_moments_of(0, 2, 0)'), (4, 'ff_moments_of(1, 2, 1)'), (5, 'ff_moments_of(0, 0, 1)'),
	(6, 'ff_moments_of(3, NULL, 1)'), (7, 'ff_moments_of(3, 1, NULL)'), (8, 'ff_moments_of(1, NULL, NULL)'),
	(9, $$ff_moments_of(3, 'NaN', 1)$$), (10, $$ff_moments_of(3, 1, 'NaN')$$), (11, $$ff_moments_of(3, 'Infinity', 1)$$), (12, $$ff_moments_of(3, '-Infinity', 1)$$), (13, $$ff_moments_of(3, 1, 'Infinity')$$),
	(14, 'ff_moments_of(9007199254740993, 1, 1)'), (15, 'ff_moments_of(3, 1e308, 1)'), (16, 'ff_moments_of(3, 1, 1e308)'),
	(17, 'ff_moments_proportion(10, 11)'), (18, 'ff_moments_proportion(10, -1)'), (19, 'ff_moments_proportion(-1, 0)'), (20, 'ff_moments_proportion(9007199254740993, 0)')) v(i, sql) ORDER BY i;
SELECT ff_moments_proportion(0, 0), ff_moments_proportion(1, 1), ff_moments_proportion(4, 1), ff_moments_proportion(3, 1), ff_moments_proportion(NULL, 1);
SELECT ff_moments_variance(ff_moments_proportion(1000, 77)) = ff_moments_variance(ff_moments((x <= 77)::int)) AS same FROM generate_series(1, 1000) x;

-- numeric keeps its digits: what float8 cannot tell apart, and equal prices
SELECT ff_moments_mean(ff_moments(1000000000000 + x)) AS mean, ff_moments_variance(ff_moments(1000000000000 + x)) AS variance, ff_moments_variance(ff_moments(x)) AS same,
	ff_moments_variance(ff_moments((1000000000000 + x)::float8)) AS float8 FROM unnest('{0.01,0.02,0.03}'::numeric[]) x;
SELECT ff_moments_mean(ff_moments(9.99)) AS mean, ff_moments_variance(ff_moments(9.99)) AS variance FROM generate_series(1, 100000);
SELECT ff_moments(x) FROM unnest('{0.1,-12.50,123456789012345678901234567890,-0.000000000000000000000000000000123}'::numeric[]) x;
SELECT ff_moments_mean(ff_moments(x)) AS mean FROM (VALUES (repeat('9', 100)::numeric), (0), (0.5)) v(x);

-- whoever may read a table reads its moments; calls have to be granted
CREATE TABLE regress_moments AS SELECT 'n=3 sum=6 m2=2'::ff.moments AS m, 2.0::float8 AS x;
CREATE ROLE regress_ff_analyst;
GRANT SELECT ON regress_moments TO regress_ff_analyst;
SET ROLE regress_ff_analyst;
SELECT m, m::text FROM regress_moments;
SELECT ff_moments(x) FROM regress_moments;
SELECT (ff_compare(m, m)).p_value FROM regress_moments;
RESET ROLE;
GRANT EXECUTE ON FUNCTION ff_moments(float8), ff_compare(ff.moments, ff.moments, float8, boolean, text, text, text) TO regress_ff_analyst;
SET ROLE regress_ff_analyst;
SELECT ff_moments(x) FROM regress_moments;
SELECT (ff_compare(m, m)).p_value FROM regress_moments;
RESET ROLE;
DROP OWNED BY regress_ff_analyst;
DROP ROLE regress_ff_analyst;
DROP TABLE regress_moments;
