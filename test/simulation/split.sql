-- The split, looked at every day for 28 days: false alarms and power of the
-- chi-square test and of the e-value at 0.001; and two phases of other weights.
-- Variables: seed, paths.

CREATE TEMP TABLE days AS
SELECT path, day, share, sum(a) OVER w AS a, sum(1000 - a) OVER w AS b
FROM (SELECT p.path, d.day, s.share, pg_temp.successes((p.path * 1000 + d.day) * 100 + round(s.share * 100)::int, :seed * 100 + 11, 1000, s.share) AS a
	FROM generate_series(1::bigint, :paths) p(path), generate_series(1, 28) d(day), (VALUES (0.5::float8), (0.51), (0.52)) s(share)) s
WINDOW w AS (PARTITION BY path, share ORDER BY day);

-- Shares of paths that raised an alarm: on any day, and after 20 days.
SELECT 'chi-square', share, avg(ever::int), avg(after::int)
FROM (SELECT d.share, bool_or(s.p_value < 0.001) AS ever, bool_or(s.p_value < 0.001 AND d.day = 20) AS after
	FROM days d, ff_srm(ARRAY[d.a, d.b]::bigint[]) s GROUP BY d.path, d.share) s GROUP BY share
UNION ALL
SELECT 'e-value', share, avg(ever::int), avg(after::int)
FROM (SELECT d.share, bool_or(s.e_value >= 1000) AS ever, bool_or(s.e_value >= 1000 AND d.day <= 20) AS after
	FROM days d, ff_srm_e_value(ARRAY[d.a, d.b]::bigint[]) s GROUP BY d.path, d.share) s GROUP BY share
UNION ALL
-- 1,000 units at 90 to 10, then 20,000 at half and half; and these in one sum
SELECT 'phases', 0.5, avg((s.p_value < 0.01)::int), avg((o.p_value < 0.01)::int)
FROM (SELECT pg_temp.successes(path, :seed * 100 + 21, 1000, 0.9) AS a, pg_temp.successes(path, :seed * 100 + 23, 20000, 0.5) AS b FROM generate_series(1::bigint, :paths) path) p,
	ff_srm_phases(ARRAY[ARRAY[a, 1000 - a], ARRAY[b, 20000 - b]], '{{9,1},{1,1}}') s, ff_srm(ARRAY[a + b, 21000 - a - b], '{7,3}') o
ORDER BY 1, 2;
