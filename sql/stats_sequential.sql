-- Looking every day: confidence sequences, mixture tests, group sequential bounds.
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

-- a difference of 2.5 standard errors: significant in a single look, not in one of many
SELECT round(multiplier::numeric, 6) AS multiplier, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper, round(p_value::numeric, 6) AS p_value
FROM ff_confidence_sequence(0.025, 0.01, 20000);
-- the interval is narrowest near tuning, and goes to nothing
SELECT n, round(multiplier::numeric, 4) AS multiplier, round((multiplier / sqrt(n))::numeric, 6) AS width FROM unnest('{10,100,1000,5000,100000,1e9}'::float8[]) n, ff_confidence_sequence(0, 1, n) ORDER BY n;
-- p is alpha where a bound is 0, whichever side
SELECT a, alternative, round((c.p_value / a)::numeric, 9) AS p_over_alpha FROM unnest('{0.001,0.05,0.3}'::float8[]) a, unnest('{two-sided,greater,less}'::text[]) alternative,
	LATERAL ff_confidence_sequence(1, 1, 3000, a, 5000, alternative) w, LATERAL ff_confidence_sequence(CASE alternative WHEN 'less' THEN -w.multiplier ELSE w.multiplier END, 1, 3000, a, 5000, alternative) c ORDER BY a, alternative;
-- from a comparison; far beyond float8; nothing to say
SELECT s.lower < c.lower AS wider, s.p_value > c.p_value AS larger FROM ff_compare(ff_moments_proportion(10000, 1100), ff_moments_proportion(10000, 1000)) c, ff_confidence_sequence(c.difference, c.standard_error, 20000) s;
SELECT p_value, round(log10_p::numeric, 3) AS log10_p, lower FROM ff_confidence_sequence(1, 0.001, 20000, alternative => 'greater') s;
SELECT p_value, upper FROM ff_confidence_sequence(-1, 0.5, 20000, alternative => 'greater') s;
SELECT s.* FROM (VALUES (NULL, 1, 10), (1, NULL, 10), (1, 1, NULL), (1, 0, 10)) v(e, s, n), ff_confidence_sequence(e, s, n) s;

-- the mixture test: likelihood of effects of variance tau2 against none
SELECT round(likelihood_ratio::numeric, 9) AS likelihood_ratio, round(p_value::numeric, 9) AS p_value FROM ff_msprt(0.01, sqrt(0.1879 / 10000), 0.0001);
SELECT round(exp(0.5 * ln(1 / 2.0) + 9 / 4.0), 9) AS wanted, round(likelihood_ratio::numeric, 9) AS found FROM ff_msprt(3, 1, 1) s;
SELECT round(s.p_value::numeric, 9) AS at_the_bound FROM ff_msprt(0, 2, 3) w, ff_msprt(w.upper, 2, 3) s;
SELECT likelihood_ratio, round(log_likelihood_ratio::numeric, 3) AS log, p_value, round(log10_p::numeric, 3) AS log10_p FROM ff_msprt(100, 1, 1);
SELECT round(boundary::numeric, 6) AS boundary, round(p_value::numeric, 6) AS p_value FROM ff_msprt_statsig(0.01, 0.09, 10000, 0.0979, 10000);
SELECT * FROM ff_msprt(1, 0, 1);
SELECT * FROM ff_msprt_statsig(1, 0, 5, 0, 5);

-- O'Brien and Fleming's spending for four weeks
SELECT look, information_rate, round(alpha_spent::numeric, 9) AS alpha_spent, round(z::numeric, 7) AS z, round(nominal_p::numeric, 9) AS nominal_p FROM ff_gst_bounds('{0.25,0.5,0.75,1}');
-- published constants: Pocock's and O'Brien and Fleming's for five looks, two-sided 0.05; a single look
SELECT spending, round(max(z)::numeric, 4) AS first, round(min(z)::numeric, 4) AS last FROM unnest('{pocock-classic,obf-classic,pocock,obf}'::text[]) spending, ff_gst_bounds('{0.2,0.4,0.6,0.8,1}', 0.05, spending) GROUP BY spending ORDER BY spending;
SELECT spending, round(z::numeric, 9) AS z FROM unnest('{pocock-classic,obf-classic,pocock,obf}'::text[]) spending, ff_gst_bounds('{1}', 0.05, spending) ORDER BY spending;
-- parameters: Kim and DeMets with 1, and Hwang, Shih and DeCani with 0 spend evenly; Wang and Tsiatis with 1/2 is Pocock
SELECT count(DISTINCT round(z::numeric, 9)) AS looks FROM (VALUES ('kim-demets', 1), ('hwang-shih-decani', 0)) v(s, p), ff_gst_bounds('{0.3,0.6,1}', 0.05, s, p);
SELECT round(min(z)::numeric, 6) AS same, round(max(z)::numeric, 6) AS as_this FROM ff_gst_bounds('{0.3,0.6,1}', 0.05, 'wang-tsiatis', 0.5);
-- alpha is spent, not more, under no effect; and the power of a single test is kept for little
SELECT bool_and(abs(p.stopped_above + p.stopped_below - b.alpha_spent) < 1e-12) AS same
FROM unnest('{obf,pocock,obf-classic,pocock-classic}'::text[]) s, ff_gst_bounds('{0.1,0.35,0.6,1}', 0.05, s) b JOIN LATERAL ff_gst_power('{0.1,0.35,0.6,1}', 0, 0.05, s) p ON p.look = b.look;
SELECT spending, round(drift::numeric, 5) AS drift, round(inflation::numeric, 5) AS inflation, round(stopped_above::numeric, 9) AS power FROM unnest('{obf,pocock}'::text[]) spending, ff_gst_inflation('{0.2,0.4,0.6,0.8,1}', 0.9, 0.05, spending) i, ff_gst_power('{0.2,0.4,0.6,0.8,1}', i.drift, 0.05, spending) p WHERE p.look = 5 ORDER BY spending;
-- looks that nothing is spent at; more information than planned; ended early
SELECT look, round(z::numeric, 4) AS z FROM ff_gst_bounds('{0.0005,0.5,1,1.2}');
SELECT look, round(alpha_spent::numeric, 6) AS alpha_spent, round(z::numeric, 4) AS z FROM ff_gst_bounds('{0.25,0.5,0.8}', final => true);
-- a look: on its bound the repeated p-value is alpha, and the interval ends at 0
SELECT round(l.z::numeric, 6) AS z, crossed, round(lower::numeric, 6) AS lower, round(upper::numeric, 6) AS upper, round(p_value::numeric, 6) AS p_value FROM ff_gst_look('{0.25,0.5}', 0.03, 0.01) l;
SELECT spending, sided, round(l.p_value::numeric, 8) AS p_value, abs(l.lower) < 1e-12 AS at_zero FROM unnest('{obf,pocock,obf-classic,pocock-classic}'::text[]) spending, unnest('{1,2}'::int[]) sided,
	ff_gst_bounds('{0.25,0.5,1}', 0.04, spending, NULL, sided) b, ff_gst_look('{0.25,0.5,1}', b.z, 1, 0.04, spending, NULL, sided, false, 2) l WHERE b.look = 2 ORDER BY spending, sided;
SELECT crossed, p_value, lower < 0 AS below FROM ff_gst_look('{0.5}', 0, 1);
SELECT round(bound::numeric, 4) AS bound, l.z, crossed, p_value FROM ff_gst_look('{0.5}', NULL, 1) l;
-- alpha by one share, of time or units, and how near looks are by another: the second
-- bound spends the rest, by an integral over what the first look may have shown
SELECT look, round(alpha_spent::numeric, 6) AS alpha_spent, round(z::numeric, 6) AS z FROM ff_gst_bounds('{0.3,1}', spending => 'pocock', spent_at => '{0.5,1}');
SELECT max(abs(a.z - b.z)) < 1e-9 AS unit_of_information_is_free FROM ff_gst_bounds('{0.3,1}', spending => 'pocock', spent_at => '{0.5,1}') a JOIN ff_gst_bounds('{30,100}', spending => 'pocock', spent_at => '{0.5,1}') b USING (look);
SELECT round((sum(c.weight * exp(-c.z * c.z / 2) / sqrt(2 * pi()) * (ff_norm_sf((z2 - sqrt(0.3) * c.z) / sqrt(0.7)) + ff_norm_sf((z2 + sqrt(0.3) * c.z) / sqrt(0.7)))))::numeric, 7) AS integral,
	round(min(spent)::numeric, 7) AS spent
FROM (SELECT max(b.z) FILTER (WHERE b.look = 1) AS z1, max(b.z) FILTER (WHERE b.look = 2) AS z2, max(b.alpha_spent) - min(b.alpha_spent) AS spent
	FROM ff_gst_bounds('{0.3,1}', spending => 'pocock', spent_at => '{0.5,1}') b) b
CROSS JOIN LATERAL (SELECT -z1 + 2 * z1 * i / 2000 AS z, 2 * z1 / 2000 / 3 * CASE WHEN i IN (0, 2000) THEN 1 WHEN i % 2 = 1 THEN 4 ELSE 2 END AS weight FROM generate_series(0, 2000) i) c;
SELECT (ff_gst_look('{0.3,1}', 0.03, 0.01, spending => 'pocock', spent_at => '{0.5,1}')).bound = max(z) AS same FROM ff_gst_bounds('{0.3,1}', spending => 'pocock', spent_at => '{0.5,1}') WHERE look = 2;

-- refused
SELECT a AS call, left(pg_temp.refused('SELECT * FROM ' || a), 120) AS why
FROM unnest(ARRAY['ff_confidence_sequence(1, -1, 10)', 'ff_confidence_sequence(''NaN'', 1, 10)', 'ff_confidence_sequence(1, 1, 0)', 'ff_confidence_sequence(1, 1, 10, 1)', 'ff_confidence_sequence(1, 1, 10, NULL)',
	'ff_confidence_sequence(1, 1, 10, 0.6, alternative => ''less'')', 'ff_confidence_sequence(1, 1, 10, alternative => ''lesser'')', 'ff_confidence_sequence(1, 1, 10, tuning => ''Infinity'')',
	'ff_msprt(1, 1, 0)', 'ff_msprt(1, 1, NULL)', 'ff_msprt_statsig(1, -1, 5, 1, 5)', 'ff_msprt_statsig(1, 1, 0, 1, 5)',
	'ff_gst_bounds(''{}'')', 'ff_gst_bounds(NULL)', 'ff_gst_bounds(''{0.5,0.5}'')', 'ff_gst_bounds(''{0.5,0.50001}'')', 'ff_gst_bounds(''{1,0.5}'')', 'ff_gst_bounds(''{0,1}'')', 'ff_gst_bounds(''{0.5,NULL}'')', 'ff_gst_bounds(''{0.5,NaN}'')', 'ff_gst_bounds(''{{0.5,1}}'')',
	'ff_gst_bounds(''{1}'', 0)', 'ff_gst_bounds(''{1}'', 0.6, sided => 1)', 'ff_gst_bounds(''{1}'', sided => 3)', 'ff_gst_bounds(''{1}'', spending => ''haybittle'')', 'ff_gst_bounds(''{1}'', spending => ''obf'', parameter => 1)',
	'ff_gst_bounds(''{1}'', spending => ''kim-demets'')', 'ff_gst_bounds(''{1}'', spending => ''kim-demets'', parameter => 0)', 'ff_gst_bounds(''{1}'', spending => ''wang-tsiatis'', parameter => 1)', 'ff_gst_bounds((SELECT array_agg(i) FROM generate_series(1, 1001) i))',
	'ff_gst_power(''{1}'', NULL)', 'ff_gst_power(''{1}'', 1e5)', 'ff_gst_inflation(''{1}'', 0.01)', 'ff_gst_inflation(''{1}'', 1)', 'ff_gst_inflation(''{0.0005}'')', 'ff_msprt(1, 1e-300, 1)', 'ff_gst_look(''{1}'', 1, -1)', 'ff_gst_look(''{1}'', 1, 1, look => 2)', 'ff_gst_bounds(''{0.5,1}'', spent_at => ''{1}'')', 'ff_gst_bounds(''{0.5,1}'', spent_at => ''{1,0.5}'')', 'ff_gst_bounds(''{0.5,1}'', spending => ''obf-classic'', spent_at => ''{0.5,1}'')']) WITH ORDINALITY t(a, i) ORDER BY i;
