-- Metrics that must not get worse; strata, segments, ranks.
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

-- worse by 5 %: harm, unless less is better
SELECT g.status, g.effect, abs(g.p_value - ff_t_sf(-g.t, g.df)) < 1e-15 AS p, abs(g.bound - c.lift_lower) < 1e-15 AS bound FROM ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3)) g,
	ff_compare(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), alternative => 'greater') c;
SELECT status, round(p_value::numeric, 10) AS p FROM ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), less_is_better => true);
-- little data: harm is not shown, which is not safety
SELECT status FROM ff_guardrail(ff_moments_of(10, 10, 3), ff_moments_of(10, 9.5, 3));
-- non-inferior by a margin of 10 %, not by one of 5 %; the bound says the same
SELECT m AS margin, g.status, g.bound > -m AS bound FROM unnest('{0.1,0.06,0.05,0}'::float8[]) m, ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), margin => m) g;
SELECT bool_and((g.status = 'non_inferior') = (g.bound > -m)) AS fieller, bool_and((d.status = 'non_inferior') = (d.bound > -m)) AS delta, bool_and((u.status = 'non_inferior') = (u.bound < m)) AS less
FROM generate_series(0, 0.1, 0.0005) m, ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), margin => m) g, ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), margin => m, relative => 'delta') d,
	ff_guardrail(ff_moments_of(1000, -10, 3), ff_moments_of(1000, -9.5, 3), margin => m, less_is_better => true) u;
SELECT status, effect, abs(t - (-0.5 + 0.7) / sqrt(0.006)) < 1e-12 AS t, bound > -0.7 AS bound FROM ff_guardrail(ff_moments_of(1000, 10, 3), ff_moments_of(1000, 9.5, 3), absolute_margin => 0.7);
-- a control mean of 0
SELECT status, effect, bound, problem FROM ff_guardrail('n=100 sum=0 m2=90', 'n=100 sum=3 m2=90');
SELECT status, effect, problem FROM ff_guardrail('n=100 sum=0 m2=90', 'n=100 sum=3 m2=90', absolute_margin => 1);
SELECT * FROM ff_guardrail('n=100 sum=0 m2=90', 'n=100 sum=3 m2=90', margin => 0.1);
SELECT * FROM ff_guardrail(NULL, 'n=100 sum=3 m2=90');

-- strata: 10 % against 5 and 55 against 50, and yet 135 of 900 against 405
SELECT * FROM ff_mantel_haenszel('{100,800}', '{5,400}', '{800,100}', '{80,55}');
SELECT sum(a) AS control, sum(b) AS treatment FROM unnest('{5,400}'::int[], '{80,55}'::int[]) s(a, b);
-- one stratum: the odds ratio is its own, chi-square Pearson's times (n - 1) / n
SELECT m.strata, m.odds_ratio, f.odds_ratio AS own, abs(m.chi2 - z.chi2 * 99 / 100) < 1e-13 AS chi2, m.difference FROM ff_mantel_haenszel('{50}', '{20}', '{50}', '{30}') m, ff_fisher(50, 20, 50, 30) f, ff_pooled_z(50, 20, 50, 30) z;
-- a stratum without one of the arms tells nothing
SELECT a = b AS same FROM ff_mantel_haenszel('{50,9}', '{20,3}', '{50,0}', '{30,0}') a, ff_mantel_haenszel('{50}', '{20}', '{50}', '{30}') b;
SELECT * FROM ff_mantel_haenszel('{50}', '{0}', '{50}', '{0}');
SELECT * FROM ff_mantel_haenszel('{}', '{}', '{}', '{}');

-- segments: weights 1 and 1, mean 2, Q = 2; tau2 = (2 - 1) / (2 - 1)
SELECT * FROM ff_cochran_q('{1,3}', '{1,1}');
SELECT * FROM ff_cochran_q('{0.1,0.1,0.1}', '{0.02,0.3,1}');
SELECT * FROM ff_cochran_q('{5}', '{2}');
SELECT q, i2, random_effect FROM ff_cochran_q('{1e200,-1e200}', '{1e200,1e200}');
-- half of each effect is kept
SELECT * FROM ff_segment_effects('{1,3}', '{1,1}');
SELECT segment, shrunk FROM ff_segment_effects('{0.1,0.12}', '{0.1,0.1}');
SELECT difference, standard_error, z, abs(p_value - 2 * ff_norm_sf(1)) < 1e-16 AS p FROM ff_interaction(10, 3, 5, 4);
SELECT * FROM ff_interaction(10, 0, 5, 0);

-- ranks: 1 2 against 3 4, all pairs; variance 4 * 5 / 12
SELECT u, superiority, abs(z - 1.5 / sqrt(20 / 12.0)) < 1e-15 AS z, abs(p_value - 2 * ff_norm_sf(z)) < 1e-16 AS p FROM ff_mann_whitney('{2,1}', '{3,4}');
-- ties count a half; sides
SELECT a.u, b.u AS exchanged, a.z = -b.z AS z, g.p_value < 0.5 AS greater, l.p_value > 0.5 AS less FROM ff_mann_whitney('{1,2,2,3}', '{2,3,4,Infinity}') a, ff_mann_whitney('{2,3,4,Infinity}', '{1,2,2,3}') b,
	ff_mann_whitney('{1,2,2,3}', '{2,3,4,Infinity}', 'greater') g, ff_mann_whitney('{1,2,2,3}', '{2,3,4,Infinity}', 'less') l;
SELECT * FROM ff_mann_whitney('{1,1}', '{1,1,1}');
SELECT * FROM ff_mann_whitney('{}', '{1}');
SELECT a AS call, pg_temp.refused('SELECT ' || a) AS why FROM unnest(ARRAY[$$ff_guardrail('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', -0.1)$$, $$ff_guardrail('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', 0.1, 1)$$, $$ff_guardrail('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', proportion => true)$$,
	$$ff_mantel_haenszel('{5}', '{6}', '{5}', '{1}')$$, $$ff_mantel_haenszel('{5,5}', '{1}', '{5}', '{1}')$$, $$ff_mantel_haenszel('{5}', '{NULL}', '{5}', '{1}')$$, $$ff_mantel_haenszel('{5}', '{-1}', '{5}', '{1}')$$,
	$$ff_cochran_q('{}', '{}')$$, $$ff_cochran_q('{1}', '{0}')$$, $$ff_cochran_q('{1,2}', '{1}')$$, $$ff_cochran_q('{Infinity}', '{1}')$$, $$ff_segment_effects('{1}', '{1}', 0)$$, $$ff_segment_effects('{1}', NULL)$$, 'ff_interaction(1, -1, 1, 1)',
	$$ff_mann_whitney('{NaN}', '{1}')$$, $$ff_mann_whitney('{1}', '{NULL}')$$, $$ff_mann_whitney('{1}', '{1}', 'x')$$]) a;
