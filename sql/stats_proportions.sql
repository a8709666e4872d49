-- Proportions by exact tests and score intervals.
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

-- a lady tastes tea: 3 of 4 right, tables of probability 1, 16, 36, 16 and 1 of 70
SELECT a AS alternative, f.odds_ratio, abs(f.p_value - n / 70.0) < 1e-15 AS p FROM (VALUES ('two-sided', 34), ('greater', 17), ('less', 69)) v(a, n), ff_fisher(4, 1, 4, 3, a) f;
-- exchanged arms, exchanged sides
SELECT count(*) AS pairs, count(*) FILTER (WHERE abs(a.p_value - b.p_value) > 1e-13) AS two_sided, count(*) FILTER (WHERE abs(g.p_value - l.p_value) > 1e-13) AS one_sided, count(*) FILTER (WHERE a.p_value > 1 OR a.p_value <= 0) AS improbable
FROM generate_series(1, 12) n, generate_series(0, n) i, generate_series(1, 9) m, generate_series(0, m) j, ff_fisher(n, i, m, j) a, ff_fisher(m, j, n, i) b, ff_fisher(n, i, m, j, 'greater') g, ff_fisher(m, j, n, i, 'less') l;
-- P(X >= j) and P(X <= j - 1) make 1
SELECT bool_and(abs(g.p_value + l.p_value - 1) < 1e-14) AS adds_up FROM generate_series(1, 20) j, ff_fisher(30, 27 - j, 20, j, 'greater') g, ff_fisher(30, 28 - j, 20, j - 1, 'less') l;
-- nothing to tell apart, odds without an end, no units
SELECT * FROM ff_fisher(5, 0, 7, 0);
SELECT * FROM ff_fisher(5, 0, 7, 3);
SELECT * FROM ff_fisher(0, 0, 7, 3);
-- large counts, far tails
SELECT odds_ratio, p_value, log10_p FROM ff_fisher(1000000000, 3, 1000000000, 25);
SELECT p_value, log10_p FROM ff_fisher(1000000, 100000, 1000000, 110000);
SELECT p_value FROM ff_fisher(9007199254740992, 5, 9007199254740992, 4);

-- pooled z: shares 0.6 and 0.4 of 50, variance 0.25 * 2 / 50, z -2; chi-square is Pearson's
SELECT z, chi2, abs(p_value - 2 * ff_norm_sf(2)) < 1e-16 AS p FROM ff_pooled_z(50, 30, 50, 20);
SELECT abs(a.p_value - b.p_value) < 1e-15 AS as_chi_square FROM ff_pooled_z(100, 30, 100, 40) a, LATERAL (SELECT ff_chi2_sf(a.chi2, 1) AS p_value) b;
SELECT * FROM ff_pooled_z(50, 0, 50, 0);
SELECT * FROM ff_pooled_z(50, 1, 0, 0);

-- Wilson: the shares p with (found - p)^2 = z^2 p (1 - p) / n
SELECT bool_and(abs((0.3 - p) ^ 2 - 4 * p * (1 - p) / 20) < 1e-15) AS on_the_edge FROM ff_wilson(20, 6, 2 * ff_norm_sf(2)) w, unnest(ARRAY[lower, upper]) p;
SELECT * FROM ff_wilson(10, 0);
SELECT * FROM ff_wilson(10, 10);
SELECT * FROM ff_wilson(0, 0);
-- Newcombe: 7 of 1,000 and none
SELECT * FROM ff_newcombe(1000, 7, 1000, 0);
SELECT a.lower = -b.upper AS mirrored FROM ff_newcombe(100, 7, 80, 2) a, ff_newcombe(80, 2, 100, 7) b;
SELECT * FROM ff_miettinen_nurminen(1000, 7, 1000, 0);
SELECT abs(a.lower + b.upper) < 1e-14 AS mirrored, a.lower <= a.difference AND a.difference <= a.upper AS inside FROM ff_miettinen_nurminen(100, 7, 80, 2) a, ff_miettinen_nurminen(80, 2, 100, 7) b;
SELECT * FROM ff_miettinen_nurminen(10, 10, 10, 0);
SELECT * FROM ff_miettinen_nurminen(1, 0, 1, 1);

SELECT a AS call, pg_temp.refused('SELECT ' || a) AS why FROM unnest(ARRAY['ff_fisher(5, 6, 7, 3)', 'ff_fisher(5, -1, 7, 3)', 'ff_fisher(-5, 0, 7, 3)', 'ff_fisher(5, 1, 7, 8)', 'ff_fisher(9007199254740993, 1, 7, 3)', 'ff_fisher(5, NULL, 7, 3)',
	$$ff_fisher(5, 1, 7, 3, 'both')$$, 'ff_pooled_z(5, 6, 7, 3)', 'ff_wilson(5, 6)', 'ff_wilson(5, 1, 0)', 'ff_newcombe(5, 1, 5, 6)', 'ff_newcombe(5, 1, 5, 1, NULL)', 'ff_miettinen_nurminen(5, 1, 5, 1, 2)']) a;
