-- Who takes part in an experiment besides what its split says: a share of the traffic.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('assign') IS NOT NULL;
SET featureflow.project = 'assign';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys}') IS NOT NULL;
CREATE TABLE users AS SELECT 'u' || i AS u FROM generate_series(1, 4000) i;
CREATE VIEW served AS SELECT users.u, d.variation, d.reason, d.rule FROM users, ff_evaluate_detail(users.u, 'f') d;
CREATE TABLE before AS SELECT * FROM served;

-- a draft keeps nobody out; then the share goes by a salt that is not the split's
SELECT ff_experiment_update('x', '{"traffic": 0.2}');
SELECT count(*) FROM served s JOIN before b USING (u) WHERE s IS DISTINCT FROM b;
SELECT salt <> 'f', traffic FROM ff.experiments WHERE project_id = ff._project(NULL);
UPDATE ff.experiments SET salt = 'lanes' WHERE key = 'x' AND project_id = ff._project(NULL);
SELECT ff_experiment_start('x');
SELECT reason, variation, count(*), bool_and(ff_bucket('lanes', u) < 20000) AS inside, bool_and(ff_bucket('f', u) < 50000) AS in_on FROM served GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM served s JOIN before b USING (u) WHERE s.reason = 'SPLIT' AND s.variation <> b.variation;
-- exposures are of those who take part
SELECT count(ff_expose(u, 'f')) FROM users;
SELECT count(*), bool_and(ff_bucket('lanes', unit) < 20000) FROM ff.exposures WHERE project = 'assign';
SELECT ff_expose_many(jsonb_agg(jsonb_build_object('user_key', u, 'flag', 'f'))) FROM users WHERE ff_bucket('lanes', u) >= 99000;
-- all that evaluates agrees
SELECT count(*) FROM served s JOIN LATERAL ff_evaluate_all(s.u) a ON a.flag = 'f' WHERE (a.variation, a.reason) IS DISTINCT FROM (s.variation, s.reason);
SELECT count(*) FROM served s WHERE ff_is_enabled(s.u, 'f') <> (s.variation = 'on') OR ff_bootstrap(s.u) -> 'f' <> to_jsonb(s.variation = 'on');
SELECT u, x.stage, x.outcome, x.detail FROM (VALUES ('u1'), ('u3')) v(u), ff_explain(u, 'f') x WHERE trim(x.stage) IN ('experiment', 'serve');
SELECT jsonb_pretty(ff_ruleset() #> '{flags,f,experiment}');

-- a higher share moves nobody who takes part, and starts no phase
CREATE TABLE at20 AS SELECT * FROM served;
SELECT ff_experiment_update('x', '{"traffic": 0.6}');
SELECT s.reason, b.reason, count(*), count(*) FILTER (WHERE s.variation <> b.variation) AS moved FROM served s JOIN at20 b USING (u) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM ff_experiment_phases('x');
SELECT ff_experiment_update('x', '{"traffic": 0}');
SELECT reason, variation, count(*) FROM served GROUP BY 1, 2 ORDER BY 1, 2;
SELECT x.stage, x.outcome, x.detail FROM ff_explain('u1', 'f') x WHERE trim(x.stage) IN ('experiment', 'serve');
SELECT ff_experiment_update('x', '{"traffic": null}');
SELECT count(*) FROM served s JOIN before b USING (u) WHERE s IS DISTINCT FROM b;

-- one statement sees the share of its snapshot, and its own transaction's
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT ff_experiment_update('x', '{"traffic": 0.2}');
SELECT count(*) FROM served WHERE reason = 'SPLIT';
SAVEPOINT s;
SELECT ff_experiment_update('x', '{"traffic": 0.6}');
SELECT count(*) FROM served WHERE reason = 'SPLIT';
ROLLBACK TO s;
SELECT count(*) FROM served WHERE reason = 'SPLIT';
ROLLBACK;
SELECT count(*) FROM served WHERE reason = 'SPLIT';

-- splits of rules as well, by whatever they go; one that leaves nothing to chance is not asked; nor are targets, overrides and other environments
SELECT ff_experiment_update('x', '{"traffic": 0.2}');
SELECT ff_flag_rules('f', '[{"id": "staff", "when": {"attribute": "staff", "op": "eq", "value": true}, "serve": {"split": {"on": 90, "off": 10}, "by": "team"}},
	{"id": "all", "when": {"attribute": "all", "op": "eq", "value": true}, "serve": {"split": {"on": 100, "off": 0}}}]');
SELECT d.reason, d.rule, d.variation, count(*), bool_and(ff_bucket('lanes', 't' || u) < 20000)
FROM users, ff_evaluate_detail(u, 'f', jsonb_build_object('staff', true, 'team', 't' || u)) d GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT d.reason, d.rule, d.error_code FROM ff_evaluate_detail('u1', 'f', '{"staff": true}') d;
SELECT d.reason, d.rule, d.variation, count(*) FROM users, ff_evaluate_detail(u, 'f', '{"all": true}') d GROUP BY 1, 2, 3;
SELECT count(ff_expose('rule' || u, 'f', '{"all": true}')) FROM users LIMIT 1;
SELECT count(*) FROM ff.exposures WHERE project = 'assign' AND unit LIKE 'rule%';
SELECT ff_flag_target('f', 'on', '{u1}'), ff_override('f', 'on', 'u2') IS NOT NULL;
SELECT u, variation, reason FROM served WHERE u IN ('u1', 'u2');
SELECT ff_flag_rollout('f', 50, 'staging');
SELECT d.reason, count(*) FROM users, ff_evaluate_detail(u, 'f', environment => 'staging') d GROUP BY 1;
-- as it was
CREATE TABLE later AS SELECT clock_timestamp() AS t;
SELECT ff_experiment_update('x', '{"traffic": 1}');
SELECT count(*) FILTER (WHERE d.reason = 'SPLIT') FROM later, (SELECT u FROM users LIMIT 50) v, ff_evaluate_at(u, 'f', later.t) d;
SELECT count(*) FILTER (WHERE ff_bucket('lanes', u) < 20000 AND u NOT IN ('u1', 'u2')) AS expected FROM (SELECT u FROM users LIMIT 50) v;

-- who is kept out goes through the split once the experiment is over
SELECT ff_flag_rules('f', '[]'), ff_experiment_update('x', '{"traffic": 0.2}');
SELECT ff_experiment_stop('x');
SELECT count(*) FILTER (WHERE reason = 'SPLIT') FROM served;
SELECT ff_ruleset() #> '{flags,f,experiment}' IS NULL;

-- refused
SELECT ff_experiment_update('x', '{"traffic": 0.5}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_create('y', 'f', '{buys}') IS NOT NULL;
SELECT ff_experiment_update('y', '{"traffic": 1.1}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('y', '{"traffic": -0.1}');
SELECT ff_experiment_update('y', '{"traffic": 0.123456}');
SELECT ff_experiment_update('y', '{"traffic": "half"}');
SELECT ff_experiment_update('y', '{"traffic": "NaN"}');
SELECT ff_experiment_update('y', '{"share": 0.5}');
UPDATE ff.experiments SET salt = 'f' WHERE key = 'y' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('y', '{"traffic": 0.5}'), ff_experiment_start('y');
UPDATE ff.experiments SET salt = 'other' WHERE key = 'y' AND project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
-- a locked environment answers as it did
\set VERBOSITY terse
SELECT ff_environment_lock('production', 'holidays');
SELECT ff_experiment_update('y', '{"traffic": 0.6}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('y');
SELECT ff_experiment_update('y', '{"name": "Other"}'), ff_experiment_phase('y');
\set VERBOSITY default
SELECT ff_environment_unlock('production');
SELECT ff_experiment_stop('y');

SELECT ff_project_delete('assign', cascade => true);
DROP VIEW served;
DROP TABLE users, before, at20, later;
