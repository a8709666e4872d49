-- Members of a segment are not counted.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('expexclude') IS NOT NULL;
SET featureflow.project = 'expexclude';
SELECT ff_metric_create('buys', 'proportion', 'purchase') IS NOT NULL;
SELECT ff_flag_create('beta') IS NOT NULL, ff_flag_rollout('beta', 50), ff_segment_create('qa') IS NOT NULL, ff_segment_add('qa', '{u1,u2,u3,u4,nobody}');
SELECT ff_segment_create('odd', '{"attribute": "user_key", "op": "in", "values": ["u5", "u7"]}') IS NOT NULL;
SELECT ff_experiment_create('betas', 'beta', '{buys}') IS NOT NULL, ff_experiment_create('other', 'beta', '{buys}') IS NOT NULL;
SELECT ff_experiment_exclude('betas', 'ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_exclude('ghost', 'qa');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('betas', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'betas', 'u' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02 00:00+00' FROM generate_series(1, 40) i;
-- a member who met both
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('betas', 'u4', 'off', '2026-03-02 00:00+00');
INSERT INTO ff.events (unit, event, at) SELECT 'u' || i, 'purchase', '2026-03-03 00:00+00' FROM generate_series(1, 10) i;
CREATE FUNCTION seen() RETURNS TABLE (what text, variation text, value float8) LANGUAGE sql AS $$
	SELECT 'n', variation, n FROM ff_experiment_stats('betas') UNION ALL SELECT 'buy', variation, round((n * mean)::numeric, 6) FROM ff_experiment_stats('betas')
	UNION ALL SELECT item, variation, round(value::numeric, 6) FROM ff_experiment_health('betas') $$;
SELECT * FROM seen();
SELECT ff_experiment_exclude('betas', 'qa');
SELECT key, excluded_segment FROM ff_experiment_list();
SELECT * FROM seen();
SELECT detail FROM ff_experiment_health('betas') WHERE item = 'excluded';
SELECT s FROM ff_experiment_summary('betas') s WHERE s ~ 'counted';
SELECT ff_experiment_report('betas') #> '{health,excluded}', ff_experiment_html('betas') LIKE '%Not counted</th><td>4 units, members of segment <bdi>qa</bdi>%';
-- by a condition, of the key alone; members that come and go; nobody
SELECT ff_experiment_exclude('betas', 'odd');
SELECT * FROM seen() WHERE what IN ('n', 'excluded');
SELECT ff_experiment_exclude('betas', 'qa'), ff_segment_add('qa', '{u6}'), ff_segment_remove('qa', '{u1}');
SELECT * FROM seen() WHERE what IN ('n', 'excluded');
SELECT ff_experiment_exclude('betas');
SELECT * FROM seen() WHERE what IN ('n', 'excluded');
-- by a query
CREATE TABLE expexclude_staff (id text PRIMARY KEY);
INSERT INTO expexclude_staff VALUES ('u10'), ('u12');
SELECT ff_segment_query('staff', 'SELECT true FROM public.expexclude_staff WHERE id = $1') IS NOT NULL;
SELECT ff_experiment_exclude('betas', 'staff');
SELECT * FROM seen() WHERE what IN ('n', 'excluded');
SELECT ff_experiment_exclude('betas', 'qa');
-- exposed all the same
SELECT ff_experiment_stop('betas'), ff_experiment_start('other', '2026-03-01 00:00+00'), ff_experiment_exclude('other', 'qa');
SELECT (ff_expose('u2', 'beta')).reason;
SELECT count(*) FROM ff.exposures WHERE project = 'expexclude' AND experiment = 'other' AND unit = 'u2';
-- kept with the results
SELECT document #>> '{experiment,excluded_segment}', document #> '{health}' @> '[{"item": "excluded", "value": 4}]' FROM ff_experiment_results('betas');
-- settled when it is over
SELECT ff_experiment_exclude('betas');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_exclude('betas', 'qa');
-- the segment stays, and is of the project
SELECT ff_segment_delete('qa');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
DELETE FROM ff.segments WHERE key = 'qa' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT ff_segment_create('foreign', project => 'default') IS NOT NULL;
UPDATE ff.experiments SET excluded_segment_id = (SELECT id FROM ff.segments WHERE key = 'foreign') WHERE key = 'other' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_segment_delete('foreign', 'default');
BEGIN READ ONLY;
SELECT count(*) FROM ff_experiment_stats('betas');
ROLLBACK;
DROP FUNCTION seen;
DROP TABLE expexclude_staff;
RESET featureflow.project;
SELECT ff_project_delete('expexclude', true);
