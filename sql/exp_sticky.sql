-- A sticky experiment: a user keeps the variation that he has met first, whatever becomes of the weights.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('sticky') IS NOT NULL;
SET featureflow.project = 'sticky';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys}') IS NOT NULL, ff_experiment_update('x', '{"sticky": true}'), ff_experiment_start('x');
CREATE TABLE users AS SELECT 'u' || i AS u, i FROM generate_series(1, 1000) i;
CREATE VIEW served AS SELECT u, i, d.variation, d.reason FROM users, ff_evaluate_detail(u, 'f') d;

-- evaluation stores nothing; an exposure does, once
SELECT count(*) FROM served;
SELECT count(*) FROM ff.assignments;
SELECT x.stage, x.outcome, x.detail FROM ff_explain('u1', 'f') x WHERE trim(x.stage) IN ('serve', 'experiment');
CREATE TABLE met AS SELECT u, d.variation FROM users, ff_expose(u, 'f') d WHERE i <= 500;
SELECT count(*), count(ff_expose(u, 'f')) FROM users WHERE i <= 500;
SELECT a.variation, count(*), count(*) FILTER (WHERE a.variation = m.variation) FROM ff.assignments a JOIN met m ON m.u = a.unit GROUP BY 1 ORDER BY 1;
-- other weights: who has met a variation keeps it, the others go by them
SELECT ff_flag_rollout('f', 90);
SELECT s.i <= 500 AS exposed, s.reason, count(*), count(*) FILTER (WHERE s.variation = 'on') AS is_on, count(*) FILTER (WHERE s.variation <> m.variation) AS moved
FROM served s LEFT JOIN met m USING (u) GROUP BY 1, 2 ORDER BY 1;
SELECT x.stage, x.outcome, x.detail FROM ff_explain('u1', 'f') x WHERE trim(x.stage) IN ('serve', 'experiment');
SELECT count(*) FROM met m, ff_evaluate_all(m.u) a WHERE a.flag = 'f' AND a.variation <> m.variation;
SELECT count(*) FROM met m WHERE ff_is_enabled(m.u, 'f') <> (m.variation = 'on');
-- exposures go on with it, many at once as well, and the one of a new user is of the new weights
SELECT count(*) FROM users, ff_expose(u, 'f') d JOIN met m ON true WHERE m.u = users.u AND d.variation <> m.variation;
SELECT ff_expose_many(jsonb_agg(jsonb_build_object('user_key', u, 'flag', 'f') ORDER BY i)) FROM users WHERE i > 500;
SELECT count(*), count(*) FILTER (WHERE a.variation = 'on') FROM ff.assignments a JOIN users ON a.unit = u WHERE i > 500;
-- no unit has met two, and phases cut nothing off
SELECT p.phase, sum(p.n), sum(p.mixed) FROM ff.experiments x, ff._experiment_population(x) p WHERE x.key = 'x' AND x.project_id = ff._project(NULL) GROUP BY 1 ORDER BY 1;
SELECT number, cut IS NULL FROM ff.experiments x, ff._experiment_cuts(x) WHERE x.key = 'x' AND x.project_id = ff._project(NULL) ORDER BY 1;
SELECT ff_track(u, 'buy') FROM users WHERE i = 1;
SELECT variation, n, round((n * mean)::numeric) FROM ff_experiment_stats('x', '{"phases": "1"}') ORDER BY 1;

-- what is rolled back is not kept, nor is a user who is left with his fallback, targeted or kept out
BEGIN;
SAVEPOINT s;
SELECT (ff_expose('late', 'f')).reason;
SELECT count(*) FROM ff.assignments WHERE unit = 'late';
ROLLBACK TO s;
SELECT count(*) FROM ff.assignments WHERE unit = 'late';
COMMIT;
SELECT (ff_expose('late', 'f', fallback => '"text"')).error_code, ff_flag_target('f', 'on', '{vip}');
SELECT (ff_expose('vip', 'f')).reason;
SELECT count(*) FROM ff.assignments WHERE unit IN ('late', 'vip');
-- in one statement twice
SELECT a.variation = b.variation FROM ff_expose('twice', 'f') a, ff_expose('twice', 'f') b;
SELECT count(*) FROM ff.assignments WHERE unit = 'twice';
-- a row that says something else is what counts; one of a variation that is not there does not
UPDATE ff.assignments SET variation = CASE variation WHEN 'on' THEN 'off' ELSE 'on' END WHERE unit = 'twice';
SELECT e.variation = a.variation, (ff_expose('twice', 'f')).variation = a.variation FROM ff.assignments a, ff_evaluate_detail('twice', 'f') e WHERE a.unit = 'twice';
UPDATE ff.assignments SET variation = 'gone' WHERE unit = 'twice';
SELECT reason, variation = CASE WHEN ff_bucket('f', 'twice') < 90000 THEN 'on' ELSE 'off' END FROM ff_evaluate_detail('twice', 'f');
SELECT reason FROM ff_expose('twice', 'f');
DELETE FROM ff.assignments WHERE unit = 'twice';
-- as it was
CREATE TABLE marks AS SELECT clock_timestamp() AS t;
SELECT ff_flag_rollout('f', 0.001);
SELECT count(*) FILTER (WHERE d.variation <> m.variation) FROM marks, (SELECT * FROM met LIMIT 20) m, ff_evaluate_at(m.u, 'f', marks.t) d;
SELECT ff_flag_rollout('f', 50);
-- a share of the traffic comes first
SELECT ff_experiment_update('x', '{"traffic": 0}');
SELECT reason, variation, count(*) FROM served GROUP BY 1, 2;
SELECT ff_experiment_update('x', '{"traffic": 1}');
SELECT ff_ruleset() #> '{flags,f,experiment,sticky}';

-- refused: what would move users, units that are too long
SELECT ff_experiment_update('x', '{"sticky": false}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_expose(repeat('x', 1000), 'f') IS NOT NULL;
SELECT ff_expose(repeat('x', 1001), 'f');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_evaluate_detail(repeat('x', 9000), 'f') IS NOT NULL;
SELECT ff_experiment_create('z', 'f', '{buys}') IS NOT NULL;
SELECT ff_experiment_update('z', '{"sticky": "perhaps"}');
\echo :LAST_ERROR_SQLSTATE

-- one that has ended keeps nothing, and what was assigned goes with it
SELECT ff_experiment_stop('x');
SELECT count(*) FROM served s WHERE s.variation <> CASE WHEN ff_bucket('f', u) < 50000 THEN 'on' ELSE 'off' END;
SELECT count(*) FROM ff.assignments;
SELECT ff_experiment_delete('x');
SELECT count(*) FROM ff.assignments;
SELECT ff_project_delete('sticky', cascade => true);
DROP VIEW served;
DROP TABLE users, met, marks;
