-- Sample ratio mismatch at every look, and over phases.
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

SELECT round(log_e_value::numeric, 9) AS log_e_value, round(e_value::numeric, 3) AS e_value, p_value < 1e-9 AS broken FROM ff_srm_e_value('{3400,3300,3900}');
-- one arm of two has all of 3 units; a uniform prior: 1 / (n + 1) over 2^-n
SELECT round(e_value::numeric, 12) AS e_value, p_value FROM ff_srm_e_value('{3,0}', prior => '{1,1}');
SELECT round(e_value::numeric, 9) AS e_value, round((2 ^ 12 / (13 * 220.0))::numeric, 9) AS wanted FROM ff_srm_e_value('{3,9}', prior => '{1,1}');
-- no units, as planned, evidence for the plan grows
SELECT o, round(e_value::numeric, 9) AS e_value, p_value FROM unnest('{"{0,0}","{50,50}","{5000,5000}","{500000,500000}"}'::text[]) o, ff_srm_e_value(o::bigint[]);
-- its updates chain: the evidence of all is that of the first part times that of the rest with the first for a prior
SELECT abs(a.log_e_value - b.log_e_value - c.log_e_value) < 1e-12 AS chain FROM ff_srm_e_value('{700,350}', '{2,1}', prior => '{20,10}') a, ff_srm_e_value('{300,100}', '{2,1}', prior => '{20,10}') b, ff_srm_e_value('{400,250}', '{2,1}', prior => '{320,110}') c;
-- weights of any sum; arms without weight; large counts
SELECT count(DISTINCT round(log_e_value::numeric, 9)) AS answers FROM unnest('{"{30,70}","{0.3,0.7}","{3e200,7e200}"}'::text[]) w, ff_srm_e_value('{310,690}', w::numeric[]);
SELECT round(log_e_value::numeric, 9) AS log_e_value, (SELECT round(log_e_value::numeric, 9) FROM ff_srm_e_value('{60,40}')) AS same FROM ff_srm_e_value('{60,40,7}', '{1,1,0}');
SELECT e_value, round(log_e_value::numeric, 3) AS log_e_value, p_value, round(log10_p::numeric, 3) AS log10_p FROM ff_srm_e_value('{9000000000,1000000000}');
SELECT round(log_e_value::numeric, 6) AS log_e_value FROM ff_srm_e_value('{500000000000,500000100000}');
SELECT * FROM ff_srm_e_value(NULL);
SELECT * FROM ff_srm_e_value('{5}');
SELECT * FROM ff_srm_e_value('{5,6}', '{1,0}');

-- a phase of 90 to 10, one of half and half: sound, though together they are neither
SELECT round(chi2::numeric, 6) AS chi2, df, round(p_value::numeric, 6) AS p_value, round(e_value::numeric, 6) AS e_value FROM ff_srm_phases('{{910,90},{9950,10050}}', '{{9,1},{1,1}}');
SELECT p_value < 1e-9 AS broken FROM ff_srm('{10860,10140}', '{7,3}');
-- the sum of the phases; one of a single arm, or empty, does not count
SELECT s.chi2 = a.chi2 + b.chi2 AS chi2, s.df, abs(s.p_value - exp(-s.chi2 / 2)) < 1e-15 AS p_value FROM ff_srm_phases('{{60,40},{300,330},{0,0},{900,0}}', '{{1,1},{1,1},{1,1},{1,0}}') s, ff_srm('{60,40}') a, ff_srm('{300,330}') b;
SELECT df, p_value, round(log10_p::numeric, 3) AS log10_p, e_value FROM ff_srm_phases('{{9000000,1000000}}', '{{1,1}}');
SELECT * FROM ff_srm_phases('{{0,0}}', '{{1,1}}');
SELECT * FROM ff_srm_phases(NULL, '{{1,1}}');
-- refused
SELECT a AS call, left(pg_temp.refused('SELECT * FROM ' || a), 110) AS why
FROM unnest(ARRAY['ff_srm_e_value(''{60,-40}'')', 'ff_srm_e_value(''{60,NULL}'')', 'ff_srm_e_value(''{60,40}'', ''{1}'')', 'ff_srm_e_value(''{60,40}'', ''{1,-1}'')', 'ff_srm_e_value(''{60,40}'', ''{1,NaN}'')', 'ff_srm_e_value(''{60,40}'', ''{1,1e-200}'')',
	'ff_srm_e_value(''{60,40}'', concentration => 0)', 'ff_srm_e_value(''{60,40}'', concentration => NULL)', 'ff_srm_e_value(''{60,40}'', prior => ''{1}'')', 'ff_srm_e_value(''{60,40}'', prior => ''{1,0}'')', 'ff_srm_e_value(''{{60,40}}'')',
	'ff_srm_phases(''{60,40}'', ''{1,1}'')', 'ff_srm_phases(''{{60,40}}'', ''{{1,1},{1,1}}'')', 'ff_srm_phases(''{{60,-40}}'', ''{{1,1}}'')', 'ff_srm_phases(''{{60,40}}'', ''{{1,NULL}}'')']) WITH ORDINALITY t(a, i) ORDER BY i;
