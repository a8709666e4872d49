-- Sample ratio mismatch.
\pset null (null)
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;

-- 60 against 40: (10^2 / 50) * 2 = 4; a quarter against the rest: (5^2 / 25) + (5^2 / 75)
SELECT chi2, df, round(p_value::numeric, 12) AS p_value, round(log10_p::numeric, 12) AS log10_p FROM ff_srm('{60,40}');
SELECT abs(chi2 - 4 / 3.0) < 1e-15 AS chi2, df, abs(p_value - 2 * ff_norm_sf(sqrt(chi2))) < 1e-15 AS p_value FROM ff_srm('{30,70}', '{1,3}');
-- with df 2 the tail is exp(-chi2 / 2)
SELECT chi2, df, abs(p_value - exp(-chi2 / 2)) < 1e-15 AS p_value FROM ff_srm('{90,100,110}');
-- as planned, to the unit
SELECT * FROM ff_srm('{50,50}');
SELECT * FROM ff_srm('{1,2,7}', '{10,20,70}');
-- weights are shares of any sum: percents, fractions, large and small numbers
SELECT count(DISTINCT round(s.chi2::numeric, 12)) AS answers, min(round(s.p_value::numeric, 12)) AS p_value
FROM unnest('{"{30,70}","{0.3,0.7}","{3e300,7e300}","{0.00000000000000000003,0.00000000000000000007}"}'::text[]) w, ff_srm('{310,690}', w::numeric[]) s;
SELECT abs(s.chi2 - 0) < 1e-12 AS chi2, s.df FROM ff_srm('{100,100}', '{1e308,1e308}') s;
-- an arm without units counts, one without weight does not
SELECT chi2, df, p_value < 1e-40 AS broken FROM ff_srm('{100,100,0}');
SELECT chi2, df, round(p_value::numeric, 12) AS p_value FROM ff_srm('{60,40,7}', '{0.5,0.5,0}');
-- p beneath float8; the largest counts
SELECT chi2, df, p_value, round(log10_p::numeric, 6) AS log10_p FROM ff_srm('{9000000,1000000}');
SELECT df, p_value FROM ff_srm('{9223372036854775807,9223372036854775807}');
SELECT df, p_value, log10_p < -1e17 AS tiny FROM ff_srm('{9223372036854775807,1}');
SELECT df, round(p_value::numeric, 6) AS p_value FROM (SELECT array_agg(1000 + i % 7 ORDER BY i) AS o FROM generate_series(1, 1000) i) s, ff_srm(o);

-- nothing to test
SELECT w, s.* FROM unnest('{"{}","{5}","{0,0}"}'::text[]) w, ff_srm(w::bigint[]) s;
SELECT * FROM ff_srm('{60,40}', '{0,0}');
SELECT * FROM ff_srm('{60,40}', '{1,0}');
SELECT * FROM ff_srm('{0,0,9}', '{1,1,0}');
SELECT * FROM ff_srm(NULL);
SELECT * FROM ff_srm(NULL, '{1,1}');
SELECT * FROM ff_srm('{60,40}', NULL);
-- refused
SELECT a AS arguments, left(pg_temp.refused('SELECT ff_srm(' || a || ')'), 80) AS why
FROM unnest(ARRAY['''{60,-40}''', '''{60,NULL}''', '''{60,40}'', ''{1}''', '''{60,40}'', ''{1,1,1}''', '''{60,40}'', ''{}''', '''{60,40}'', ''{1,NULL}''', '''{60,40}'', ''{1,-1}''',
	'''{60,40}'', ''{1,NaN}''', '''{60,40}'', ''{1,Infinity}''', '''{60,40}'', ''{1,1e400}''', '''{60,40}'', ''{1e-300,1e300}''', '''{60,4000000000}'', ''{1,1e-300}''', '''{{60,40},{1,2}}''', '''{60,40}'', ''{{1,1}}''', '''{60,40,-1}'', ''{1,1,0}''', '''{6.5,40}''']) WITH ORDINALITY t(a, i) ORDER BY i;
