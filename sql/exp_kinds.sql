-- Each kind of metric has its own test; what is analysed is the last phase.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('kinds') IS NOT NULL;
SET featureflow.project = 'kinds';
SELECT ff_flag_create('f') IS NOT NULL;
SELECT ff_flag_rollout('f', 50, 'production');
INSERT INTO ff.metrics (project_id, key, name, kind, event, denominator_event, quantile, quantile_of, delay, conversion_window, complete_only, steps, covariate_period)
SELECT ff._project(NULL), m.key, m.key, m.kind, m.event, m.denominator, m.quantile, m.quantile_of, m.delay, m.wdw, m.complete, m.steps, '0'
FROM (VALUES ('a-complete', 'proportion', 'buy', NULL, NULL::float8, NULL, interval '0', interval '100000 days', true, NULL::text[]),
	('b-ratio', 'ratio', 'buy', 'visit', NULL, NULL, '0', NULL, false, NULL),
	('c-median', 'quantile', 'buy', NULL, 0.5, 'units', '0', NULL, false, NULL),
	('d-event-median', 'quantile', 'buy', NULL, 0.5, 'events', '0', NULL, false, NULL),
	('e-retention', 'retention', 'visit', NULL, NULL, NULL, '1 day', '1 day', false, NULL),
	('f-funnel', 'funnel', NULL, NULL, NULL, NULL, '0', NULL, false, '{visit,buy}')) m(key, kind, event, denominator, quantile, quantile_of, delay, wdw, complete, steps);
SELECT ff_experiment_create('x', 'f', ARRAY(SELECT m.key::text FROM ff.metrics m WHERE m.project_id = ff._project(NULL) ORDER BY m.key)) IS NOT NULL;
SELECT ff_experiment_start('x', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'x', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02 00:00+00' FROM generate_series(1, 200) i;
-- on: two visits a unit, of which one pays; off: four; a fifth comes back the next day with on, a tenth with off
INSERT INTO ff.events (unit, event, value, at)
SELECT 'u' || i, 'visit', NULL, timestamptz '2026-03-02 01:00+00' + v * interval '1 minute' FROM generate_series(1, 200) i, generate_series(1, CASE WHEN i % 2 = 0 THEN 2 ELSE 4 END) v
UNION ALL SELECT 'u' || i, 'buy', 10 + i % 20, '2026-03-02 02:00+00' FROM generate_series(1, 200) i
UNION ALL SELECT 'u' || i, 'visit', NULL, '2026-03-03 12:00+00' FROM generate_series(1, 200) i WHERE i % 10 = 0 OR i % 20 = 1;
SELECT s.metric, s.variation, s.n, round(s.mean::numeric, 4), round(s.difference::numeric, 4), s.p_value < 0.05, s.srm_p_value, s.problem FROM ff_experiment_stats('x') s;
-- the same by hand; a quantile of events with as many degrees of freedom as its units give
WITH c AS (SELECT c.*, m.key, coalesce(m.quantile_of, m.kind) AS kind FROM ff.experiments x, ff._experiment_cells(x) c JOIN ff.metrics m ON m.id = c.metric_id WHERE x.key = 'x'),
p AS (SELECT k.key, k.kind, k.moments AS km, t.moments AS tm, k.quantile AS kq, t.quantile AS tq, k.clusters AS kc, t.clusters AS tc
	FROM c k JOIN c t ON t.key = k.key AND k.variation = 'off' AND t.variation = 'on')
SELECT s.metric, s.p_value = CASE p.kind WHEN 'ratio' THEN (ff_compare_ratio(p.km, p.tm)).p_value WHEN 'units' THEN (ff_compare_quantile(p.kq, p.tq, p.kc, p.tc)).p_value
	WHEN 'events' THEN (SELECT 2 * ff_t_sf(abs(q.t), q.standard_error ^ 4 / (q.control_variance ^ 2 / (ff_cross_moments_n(p.kc) - 1) + (q.standard_error ^ 2 - q.control_variance) ^ 2 / (ff_cross_moments_n(p.tc) - 1)))
		FROM ff_compare_quantile(p.kq, p.tq, p.kc, p.tc) q)
	ELSE (ff_compare(ff_cross_moments_part(p.km, 1), ff_cross_moments_part(p.tm, 1), 0.05, true)).p_value END AS same
FROM p JOIN ff_experiment_stats('x') s ON s.metric = p.key AND s.variation = 'on' ORDER BY 1;
-- a phase of 9 to 1: only its units, against its split; the report speaks of the same
INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights)
SELECT x.id, n.n, n.at, n.weights FROM ff.experiments x, (VALUES (1, timestamptz '2026-03-01', '{"on": 50, "off": 50}'::jsonb), (2, '2026-03-10', '{"on": 10, "off": 90}')) n(n, at, weights)
WHERE x.key = 'x';
INSERT INTO ff.exposures (experiment, unit, variation, at)
SELECT 'x', 'v' || i, CASE WHEN i % 10 = 0 THEN 'on' ELSE 'off' END, '2026-03-11 00:00+00' FROM generate_series(1, 300) i;
SELECT s.metric, s.variation, s.n, round(s.srm_p_value::numeric, 6) FROM ff_experiment_stats('x') s WHERE s.metric IN ('a-complete', 'f-funnel');
SELECT h.item, h.variation, h.value, h.status FROM ff_experiment_health('x') h WHERE h.item IN ('units', 'sample_ratio');
SELECT d FROM ff_experiment_report('x') r, jsonb_array_elements(r #> '{series,days}') d;
-- who meets the other variation after the split has changed tells of the first phase all the same, but not of the second
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u2', 'off', '2026-03-12 00:00+00'), ('x', 'v10', 'off', '2026-03-12 00:00+00');
SELECT p.phase, p.variation, p.n, p.mixed FROM ff.experiments x, ff._experiment_population(x) p WHERE x.key = 'x' ORDER BY 1, 2;
SELECT ff_experiment_stop('x');
SELECT ff_experiment_delete('x');
SELECT ff_project_delete('kinds', cascade => true);
