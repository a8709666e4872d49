-- Where a variation does exceptionally well or badly, corrected for the search.
\set SHOW_CONTEXT never
SELECT ff_project_create('scan') IS NOT NULL AS created;
SET featureflow.project = 'scan';
SELECT ff_flag_create('f') IS NOT NULL AS created;
SELECT ff_flag_rollout('f', 50, 'production');
SELECT ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL AND ff_metric_create('complains', 'proportion', 'complain', 'decrease') IS NOT NULL AS created;
SELECT ff_experiment_create('x', 'f', '{buys}', guardrails => '{complains}') IS NOT NULL AS created;
SELECT ff_segment_scan('x');	-- a draft
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
SELECT ff_segment_scan('x');	-- nobody
-- Pairs, one of each variation: half of them in de, three tenths in fr, the rest in us; every other ten on a phone; a few in mt, where
-- nobody lives.  A tenth buys with off and 15 % with on, but 3 % in fr.  Complaints are as many everywhere, 5 % with on and 10 % with off.
CREATE TEMP TABLE pairs AS
SELECT j, CASE WHEN j > 4000 THEN 'mt' WHEN j % 10 < 5 THEN 'de' WHEN j % 10 < 8 THEN 'fr' ELSE 'us' END AS country,
	CASE WHEN j / 10 % 2 = 0 THEN 'phone' ELSE 'desk' END AS device, j * 7919 % 1000 AS luck FROM generate_series(1, 4040) j;
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'x', v || j, v, '2026-03-02 00:00+00', jsonb_build_object('country', country, 'device', device) FROM pairs, unnest('{off,on}'::text[]) v;
INSERT INTO ff.events (unit, event, at)
SELECT v || j, 'buy', timestamptz '2026-03-02 01:00+00' FROM pairs, unnest('{off,on}'::text[]) v
WHERE luck < CASE WHEN v = 'off' THEN 100 WHEN country = 'fr' THEN 30 ELSE 150 END
UNION ALL SELECT v || j, 'complain', '2026-03-02 01:00+00' FROM pairs, unnest('{off,on}'::text[]) v WHERE (luck + 500) % 1000 < CASE v WHEN 'off' THEN 100 ELSE 50 END;
SELECT dimension, metric, variation, level, control_n, n, round(difference::numeric, 4) AS difference, round(rest_difference::numeric, 4) AS rest,
	contrast_p_adjusted < 0.05 AS differs, round(shrunk::numeric, 4) AS shrunk, heterogeneity_p_value < 0.05 AS heterogeneous, finding, problem
FROM ff_segment_scan('x');
-- A lower rate of complaints is significant in every level and no finding in any.
SELECT bool_and(p_adjusted < 0.05) AS all_lower, count(finding) AS findings FROM ff_segment_scan('x') WHERE metric = 'complains' AND problem IS NULL;
-- The same by hand: the level, the rest, both of them, and all of them.
CREATE TEMP TABLE cells AS
SELECT c.level, c.variation, ff_cross_moments_part(c.moments, 1) AS m
FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x, 'country') c JOIN ff.metrics m ON m.id = c.metric_id WHERE x.key = 'x' AND m.key = 'buys';
WITH hand AS (
	SELECT t.level, ff_compare(k.m, t.m, proportion => true) AS here,
		ff_compare((SELECT ff_moments_merge(o.m) FROM cells o WHERE o.variation = 'off' AND o.level <> t.level),
			(SELECT ff_moments_merge(o.m) FROM cells o WHERE o.variation = 'on' AND o.level <> t.level), proportion => true) AS rest
	FROM cells t JOIN cells k ON k.level = t.level AND k.variation = 'off' WHERE t.variation = 'on'
), q AS (
	SELECT (ff_cochran_q(array_agg((here).difference), array_agg((here).standard_error))).p_value FROM hand WHERE level <> 'mt'
)
SELECT s.level, s.p_value = coalesce((h.here).fisher_p, (h.here).p_value) AS same_p, s.rest_difference = (h.rest).difference AS same_rest,
	s.contrast_p_value = (ff_interaction((h.here).difference, (h.here).standard_error, (h.rest).difference, (h.rest).standard_error)).p_value AS same_contrast,
	abs(s.heterogeneity_p_value / q.p_value - 1) < 1e-9 AS same_q
FROM ff_segment_scan('x') s JOIN hand h ON h.level = s.level CROSS JOIN q WHERE s.metric = 'buys' AND s.dimension = 'country';
-- Correction is over the whole scan: adjusted p are those of all that was tested, and one metric has fewer to pay for.
SELECT o.correction, array_agg(s.p_adjusted) = CASE o.correction WHEN 'holm' THEN ff_holm(array_agg(s.p_value)) WHEN 'none' THEN array_agg(s.p_value)
		ELSE ff_benjamini_hochberg(array_agg(s.p_value)) END AS same,
	array_agg(s.contrast_p_adjusted) = CASE o.correction WHEN 'holm' THEN ff_holm(array_agg(s.contrast_p_value)) WHEN 'none' THEN array_agg(s.contrast_p_value)
		ELSE ff_benjamini_hochberg(array_agg(s.contrast_p_value)) END AS same_contrast
FROM unnest('{benjamini-hochberg,holm,none}'::text[]) o(correction) CROSS JOIN LATERAL ff_segment_scan('x', options => jsonb_build_object('correction', o.correction)) s
WHERE s.problem IS NULL GROUP BY o.correction ORDER BY o.correction;
SELECT metric, count(*) FROM ff_segment_scan('x', '{device}', '{"metrics": ["complains"], "correction": "holm", "minimum_units": 10}') GROUP BY metric;
SELECT level, problem FROM ff_segment_scan('x', '{country}', '{"metrics": ["buys"], "minimum_units": 20}');
SELECT variation, level, round(difference::numeric, 4) AS difference, finding FROM ff_segment_scan('x', '{country}', '{"metrics": ["buys"], "baseline": "on"}');
-- What units did before they were exposed takes chance out of it, in the level and in the rest: without it less is told apart.
BEGIN;
SELECT ff_metric_create('visits', 'count', 'visit') IS NOT NULL AS created;
INSERT INTO ff.experiment_metrics (experiment_id, metric_id, role, position) SELECT x.id, m.id, 'secondary', 9 FROM ff.experiments x JOIN ff.metrics m USING (project_id) WHERE x.key = 'x' AND m.key = 'visits';
INSERT INTO ff.events (unit, event, at)
SELECT v || j, 'visit', timestamptz '2026-03-01 01:00+00' FROM pairs, unnest('{off,on}'::text[]) v, generate_series(1, (j * CASE v WHEN 'on' THEN 7 ELSE 11 END) % 8)
UNION ALL SELECT v || j, 'visit', '2026-03-02 01:00+00' FROM pairs, unnest('{off,on}'::text[]) v, generate_series(1, (j * CASE v WHEN 'on' THEN 7 ELSE 11 END) % 8 + j % 2 + CASE WHEN v = 'on' AND country = 'us' AND j % 10 = 8 THEN 1 ELSE 0 END);
SELECT level, round(difference::numeric, 3) AS difference, finding, (SELECT n.finding FROM ff_segment_scan('x', '{country}', '{"metrics": ["visits"], "adjustment": "none"}') n WHERE n.level = s.level) AS unadjusted
FROM ff_segment_scan('x', '{country}', '{"metrics": ["visits"]}') s;
ROLLBACK;
SELECT level, control_n, n, difference IS NOT NULL AS has_difference, rest_difference, heterogeneity_p_value, problem FROM ff_segment_scan('x', '{day}', '{"metrics": ["buys"]}');

-- A level in which nobody does anything has no variance: it is not tested, and the others are as they were.
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'x', v || 'z' || j, v, '2026-03-02 00:00+00', '{"country": "aq"}' FROM generate_series(1, 300) j, unnest('{off,on}'::text[]) v;
SELECT level, n, p_adjusted < 0.01 AS shown, round(shrunk::numeric, 4) AS shrunk, round(log(heterogeneity_p_value::numeric)) AS log10_q, finding, problem FROM ff_segment_scan('x', '{country}', '{"metrics": ["buys"]}');
-- A level that is not distributed as the split says finds nothing, though its effect is large; units without the dimension are a level.
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'x', v || 's' || j, v, '2026-03-02 00:00+00', CASE WHEN j <= 300 THEN '{"country": "it"}'::jsonb ELSE '{}' END
FROM generate_series(1, 600) j, unnest('{off,on}'::text[]) v WHERE v = 'on' OR j NOT BETWEEN 201 AND 300;
INSERT INTO ff.events (unit, event, at) SELECT 'ons' || j, 'buy', '2026-03-02 01:00+00' FROM generate_series(1, 600) j;
INSERT INTO ff.events (unit, event, at) SELECT 'offs' || j, 'buy', '2026-03-02 01:00+00' FROM generate_series(1, 600, 2) j;
SELECT level, control_n, n, round(srm_p_value::numeric, 6) AS srm, round(difference::numeric, 3) AS difference, finding, problem
FROM ff_segment_scan('x', '{country}', '{"metrics": ["buys"], "alpha": 0.001}');

-- More levels than a hundred are pooled; of a quantile only a level by itself is known.
SELECT ff_metric_create('median', 'quantile', 'spend', settings => '{"quantile": 0.5, "quantile_of": "units"}') IS NOT NULL
	AND ff_metric_create('spend-per-visit', 'ratio', 'spend', settings => '{"denominator_event": "visit"}') IS NOT NULL AS created;
SELECT ff_experiment_create('y', 'f', '{median,spend-per-visit}') IS NOT NULL AS created, ff_experiment_stop('x');
SELECT ff_experiment_start('y', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'y', v || 'y' || j, v, '2026-03-02 00:00+00', jsonb_build_object('city', CASE WHEN j <= 500 THEN 'berlin' WHEN j <= 900 THEN 'other' ELSE 'c' || j END)
FROM generate_series(1, 1020) j, unnest('{off,on}'::text[]) v;
INSERT INTO ff.events (unit, event, value, at)
SELECT v || 'y' || j, 'spend', 10 + j * 7919 % 100 + CASE WHEN v = 'on' AND j <= 500 THEN 40 ELSE 0 END, timestamptz '2026-03-02 01:00+00' FROM generate_series(1, 1020) j, unnest('{off,on}'::text[]) v
UNION ALL SELECT v || 'y' || j, 'visit', NULL, '2026-03-02 01:00+00' FROM generate_series(1, 1020) j, unnest('{off,on}'::text[]) v, generate_series(0, j % 3);
SELECT metric, level, pooled, n, round(difference::numeric, 3) AS difference, round(rest_difference::numeric, 3) AS rest, p_adjusted < 0.05 AS shown, shrunk IS NOT NULL AS shrunk, finding, problem
FROM ff_segment_scan('y', options => '{"minimum_units": 20}') WHERE n > 2;
SELECT metric, count(*), count(pooled), sum(n) FROM ff_segment_scan('y') GROUP BY metric ORDER BY metric;
-- An arm without units.
SELECT ff_experiment_stop('y'), ff_experiment_create('z', 'f', '{buys}') IS NOT NULL AS created;
SELECT ff_experiment_start('z', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions) SELECT 'z', 'on' || j, 'on', '2026-03-02 00:00+00', '{"a": [1], "b": null}' FROM generate_series(1, 5) j;
SELECT dimension, level, control_n, n, difference, finding, problem FROM ff_segment_scan('z');

-- Ten levels of which none is suspicious, and all of them together are.
INSERT INTO ff.exposures (experiment, unit, variation, at, dimensions)
SELECT 'z', v || j, v, '2026-03-02 00:00+00', jsonb_build_object('c', j % 10) FROM generate_series(10, 169) j, unnest('{off,on}'::text[]) v WHERE v = 'on' OR j >= 70;
SELECT min(srm_p_value) > 0.01 AS alone_fine, array_agg(DISTINCT problem) FROM ff_segment_scan('z', '{c}') WHERE level <> '';

-- What is refused.
SELECT ff_segment_scan('x', '{}');
SELECT ff_segment_scan('x', '{country,NULL}');
SELECT ff_segment_scan('x', '{country,contry}');
SELECT ff_segment_scan('x', '{country,country}');
SELECT ff_segment_scan('x', ARRAY(SELECT 'd' || i FROM generate_series(1, 21) i));
SELECT ff_segment_scan('x', options => '[]');
SELECT ff_segment_scan('x', options => '{"minimum": 5}');
SELECT ff_segment_scan('x', options => '{"alpha": 1}');
SELECT ff_segment_scan('x', options => '{"alpha": "5 %"}');
SELECT ff_segment_scan('x', options => '{"minimum_units": -1}');
SELECT ff_segment_scan('x', options => '{"sequential": "msprt"}');
SELECT ff_segment_scan('x', options => '{"correction": "by_role"}');
SELECT ff_segment_scan('x', options => '{"correction": "bonferroni"}');
SELECT ff_segment_scan('x', options => '{"metrics": "buys"}');
SELECT ff_segment_scan('x', options => '{"metrics": ["sales"]}');
SELECT ff_segment_scan('x', options => '{"metrics": ["median"]}');
SELECT ff_segment_scan('none');
SELECT count(*) > 0 AS null_options FROM ff_segment_scan('x', options => NULL);
SELECT ff_experiment_stop('z'), ff_project_delete('scan', cascade => true);
