-- Several tests at once.
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

-- m = 4: 0.01 * 4, 0.02 * 3, then 0.03 * 2 and 0.04 * 1 are no less; 0.01 * 4 / 1, 0.02 * 4 / 2, …
SELECT ff_holm('{0.04,0.01,0.03,0.02}'), ff_benjamini_hochberg('{0.04,0.01,0.03,0.02}');
-- a NULL stays and does not count; 1 is the most
SELECT ff_holm('{0.01,NULL,0.02,0,1,0.02}'), ff_benjamini_hochberg('{0.01,NULL,0.02,0,1,0.02}');
SELECT ff_holm('{}'), ff_holm('{NULL}'), ff_holm('{0.2}'), ff_benjamini_hochberg('{0.9,0.8}');
-- probabilities beneath float8
SELECT ff_holm_log10('{-2000,-1,-1500,-Infinity}'), ff_benjamini_hochberg_log10('{-2000,-1,-1500,NULL}');
-- adjusted probabilities are no smaller, in the same order, and Holm's no smaller than the others
SELECT bool_and(h >= p) AS larger, bool_and(h >= b) AS holm, bool_and(h >= before) AS in_order, max(abs(10 ^ g - h)) < 1e-14 AS logarithms
FROM (SELECT u.p, u.h, u.b, u.g, lag(h, 1, 0) OVER (ORDER BY p) AS before FROM (SELECT array_agg(((i * 7919) % 1009) / 1009.0::float8 ORDER BY i) AS a FROM generate_series(1, 500) i) s,
	unnest(a, ff_holm(a), ff_benjamini_hochberg(a), ff_holm_log10((SELECT array_agg(log(x) ORDER BY i) FROM unnest(a) WITH ORDINALITY x(x, i)))) u(p, h, b, g)) t;

-- p 0.08 of an effect 0.1 is a standard error of 0.1 / 1.75
SELECT a.adjusted_lower, a.adjusted_upper FROM ff_adjusted_interval(0.1, 0.01, 0.19, 0.08) a;
-- never narrower; nothing is known at 1
SELECT * FROM ff_adjusted_interval(0.1, 0.01, 0.19, 0.0001);
SELECT * FROM ff_adjusted_interval(0.1, 0.01, 0.19, 1);
SELECT * FROM ff_adjusted_interval(0.1, 0.01, 0.19, 0);
SELECT * FROM ff_preferential_bonferroni(0.05, 2, 5, 0.6);
SELECT * FROM ff_preferential_bonferroni(0.05, 1, 1, 0.6);
SELECT ff_imbalance_alpha(3, 4, 2), ff_imbalance_alpha(2, 1, 0, 0.01);
SELECT a AS call, pg_temp.refused('SELECT ' || a) AS why FROM unnest(ARRAY['ff_holm(NULL)', $$ff_holm('{1.1}')$$, $$ff_holm('{-0.1}')$$, $$ff_holm('{0.1,NaN}')$$, $$ff_benjamini_hochberg('{{0.1},{0.2}}')$$, $$ff_holm_log10('{0.1}')$$, $$ff_holm_log10('{NaN}')$$,
	'ff_adjusted_interval(0.3, 0.01, 0.19, 0.08)', 'ff_adjusted_interval(0.1, 0.01, 0.19, 1.1)', $$ff_adjusted_interval(0.1, '-Infinity', 0.19, 0.1)$$, 'ff_adjusted_interval(0.1, 0.01, 0.19, NULL)',
	'ff_preferential_bonferroni(0.05, 0, 5, 0.6)', 'ff_preferential_bonferroni(0.05, 2, 0, 0.6)', 'ff_preferential_bonferroni(0.05, 2, 5, 1)', 'ff_imbalance_alpha(1, 1, 1)', 'ff_imbalance_alpha(2, 0, 0)', 'ff_imbalance_alpha(2, -1, 3)', 'ff_imbalance_alpha(NULL, 1, 0)']) a;
