-- Experiments as rows of ff.exposures and ff.events, each answered by
-- ff_experiment_stats: nothing has an effect but "lifted", by 10 %.
-- Variables: experiments, units.

SET client_min_messages = warning;
\o /dev/null
SELECT ff_project_create('simulation') WHERE NOT EXISTS (SELECT FROM ff.projects p WHERE p.key = 'simulation');
SET featureflow.project = 'simulation';
SELECT ff_flag_create('f'), ff_flag_rollout('f', 50),
	ff_metric_create('half', 'proportion', 'half', settings => '{"covariate_period": "0"}'), ff_metric_create('tenth', 'proportion', 'tenth', settings => '{"covariate_period": "0"}'),
	ff_metric_create('lifted', 'proportion', 'lifted', settings => '{"covariate_period": "0"}'), ff_metric_create('money', 'mean', 'pay', settings => '{"covariate_period": "0"}'),
	ff_metric_create('money-capped', 'mean', 'pay', settings => '{"covariate_period": "0", "cap_percentile": 0.99}'), ff_metric_create('money-median', 'quantile', 'pay', settings => '{"quantile": 0.5}'),
	ff_metric_create('score', 'mean', 'score'), ff_metric_create('hits', 'ratio', 'hit', settings => '{"denominator_event": "view", "covariate_period": "0"}');
SELECT ff_experiment_create('x', 'f', '{half,tenth,lifted,money,money-capped,money-median,score,hits}'), ff_experiment_start('x', '2026-03-01');
\o

-- One more experiment in place of the last: who is who by chance.
CREATE TEMP TABLE answers (path int, metric text, variation text, p_value float8, lift_lower float8, lift_upper float8, variance_reduction float8, sequential_p_value float8, srm_p_value float8);
CREATE PROCEDURE pg_temp.once(path int, n int) LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE ff.exposures, ff.events;
	CREATE TEMP TABLE people ON COMMIT DROP AS
	SELECT i, 'u' || i AS unit, random() < 0.5 AS is_on, random() AS half, random() AS tenth, random() AS lifted, exp(pg_temp.gauss()) AS money, pg_temp.gauss() AS before, pg_temp.gauss() AS after, random() AS taste
	FROM generate_series(1, n) i;
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', unit, CASE WHEN is_on THEN 'on' ELSE 'off' END, '2026-03-10' FROM people;
	INSERT INTO ff.events (unit, event, value, at)
	SELECT unit, 'half', NULL::numeric, timestamptz '2026-03-11' FROM people WHERE half < 0.5
	UNION ALL SELECT unit, 'tenth', NULL, '2026-03-11' FROM people WHERE tenth < 0.1
	UNION ALL SELECT unit, 'lifted', NULL, '2026-03-11' FROM people WHERE lifted < CASE WHEN is_on THEN 0.22 ELSE 0.2 END
	UNION ALL SELECT unit, 'pay', round(money::numeric, 2), '2026-03-12' FROM people
	UNION ALL SELECT unit, 'score', round(before::numeric, 6), '2026-03-09' FROM people
	UNION ALL SELECT unit, 'score', round((0.7 * before + sqrt(0.51) * after)::numeric, 6), '2026-03-13' FROM people
	UNION ALL SELECT p.unit, e.event, 1, '2026-03-14' FROM people p, generate_series(1, 3) v, LATERAL (SELECT random() < taste AS is_hit, v) h, LATERAL (SELECT 'view' AS event UNION ALL SELECT 'hit' WHERE h.is_hit) e;
	INSERT INTO answers SELECT path, s.metric, s.variation, s.p_value, s.lift_lower, s.lift_upper, s.variance_reduction, s.sequential_p_value, s.srm_p_value FROM ff_experiment_stats('x') s;
END $$;
SELECT format('CALL pg_temp.once(%s, %s)', path, :units) FROM generate_series(1, :experiments) path \gexec

INSERT INTO found (property, cell, is_share, lower, upper, paths, total)
SELECT 'A/A, rows through tables', format('%s, %s units', metric, :units), true, 0.04, 0.06, count(*), count(*) FILTER (WHERE p_value < 0.05) FROM answers WHERE variation = 'on' AND metric <> 'lifted' GROUP BY metric ORDER BY metric;
INSERT INTO found (property, cell, is_share, upper, paths, total)
SELECT 'A/A, rows through tables, sequential', format('all metrics, %s units', :units), true, 0.05, count(*), count(*) FILTER (WHERE sequential_p_value < 0.05) FROM answers WHERE variation = 'on' AND metric <> 'lifted';
INSERT INTO found (property, cell, is_share, lower, paths, total)
SELECT 'coverage of a lift, rows through tables', format('proportion 0.2, lift 10 %%, %s units', :units), true, 0.945, count(*), count(*) FILTER (WHERE 0.1 BETWEEN lift_lower AND lift_upper) FROM answers WHERE variation = 'on' AND metric = 'lifted';
INSERT INTO found (property, cell, is_share, lower, upper, paths, total, squares)
SELECT 'CUPED, rows through tables', format('rho 0.7, %s units', :units), false, 0.48, 0.5, count(*), sum(variance_reduction), sum(variance_reduction ^ 2) FROM answers WHERE variation = 'on' AND metric = 'score';
INSERT INTO found (property, cell, is_share, upper, paths, total)
SELECT 'sample ratio, rows through tables', format('alarms at 0.01, %s units', :units), true, 0.012, count(*), count(*) FILTER (WHERE srm_p_value < 0.01) FROM answers WHERE variation = 'on' AND metric = 'half';
\o /dev/null
TRUNCATE ff.exposures, ff.events;
SELECT ff_experiment_stop('x', '2026-03-20'), ff_project_delete('simulation', cascade => true);
\o
