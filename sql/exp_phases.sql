-- Phases: a change of the split starts one; exposures know theirs, and what was known of their unit.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('phases') IS NOT NULL;
SET featureflow.project = 'phases';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL;
SELECT ff_experiment_create('x', 'f', '{buys}') IS NOT NULL;
SELECT * FROM ff_experiment_phases('x');
-- a draft may be split as it likes
SELECT ff_flag_rollout('f', 10), ff_flag_rollout('f', 20);
SELECT ff_experiment_start('x');
SELECT phase, ended_at IS NULL, weights FROM ff_experiment_phases('x');
SELECT count(ff_expose('u' || i, 'f')) FROM generate_series(1, 20) i;
-- what leaves the split alone starts nothing: a name, a target, a rule for some, the same split again
SELECT ff_flag_update('f', name => 'Other'), ff_flag_target('f', 'on', '{vip}'), ff_flag_rollout('f', 20);
SELECT ff_flag_rules('f', '[{"when": {"attribute": "staff", "op": "eq", "value": true}, "serve": "on"}]');
SELECT count(*) FROM ff_experiment_phases('x');
-- another share does, and so does a rule with a split of its own: then there is no one split
SELECT ff_flag_rollout('f', 50);
SELECT count(ff_expose('v' || i, 'f')), count(ff_expose('u1', 'f')) FROM generate_series(1, 20) i;
SELECT ff_flag_rules('f', '[{"when": {"attribute": "staff", "op": "eq", "value": true}, "serve": {"split": {"on": 90, "off": 10}}}]');
SELECT ff_flag_rules('f', '[]');
SELECT phase, ended_at IS NULL AS goes_on, weights, started_at <= ended_at FROM ff_experiment_phases('x');
SELECT o.phase, count(*), bool_and(o.dimensions IS NULL) FROM ff.exposures o WHERE o.project = 'phases' GROUP BY 1 ORDER BY 1;
-- by hand
SELECT ff_experiment_phase('x');
SELECT phase, weights FROM ff.experiments WHERE key = 'x' AND project_id = ff._project(NULL);
-- who reads that nobody is there is told where the others are
SELECT regexp_replace(s, '\d{4}-\S+Z', '(time)') FROM ff_experiment_summary('x') s WHERE s ~ 'phase';
-- the phase that an exposure was made in, not that of its time
INSERT INTO ff.exposures (experiment, unit, variation, phase) VALUES ('x', 'w', 'on', 2);
SELECT p.phase, sum(p.n), sum(p.mixed) FROM ff.experiments x, ff._experiment_population(x) p WHERE x.key = 'x' AND x.project_id = ff._project(NULL) GROUP BY 1 ORDER BY 1;
-- the same unit again in a new phase is a row more, in the same transaction once
BEGIN;
SELECT count(ff_expose('u1', 'f')), count(ff_expose('u1', 'f'));
SELECT ff_experiment_phase('x');
SELECT count(ff_expose('u1', 'f'));
SELECT count(*), count(DISTINCT o.phase) FROM ff.exposures o WHERE o.project = 'phases' AND o.unit = 'u1' AND o.phase >= 5;
ROLLBACK;
-- a thousand are the most: then the split stays as it is
BEGIN;
INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights)
SELECT x.id, i, clock_timestamp(), '{"on": 50, "off": 50}' FROM ff.experiments x, generate_series(6, 1000) i WHERE x.key = 'x' AND x.project_id = ff._project(NULL);
SAVEPOINT full_up;
SELECT ff_experiment_phase('x');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO full_up;
SELECT ff_flag_rollout('f', 60);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- results list them
SELECT ff_experiment_stop('x');
SELECT jsonb_array_length(document -> 'phases'), document #> '{phases,-1,weights}' FROM ff_experiment_results('x');
SELECT ff_flag_rollout('f', 99);
SELECT count(*), bool_and(ended_at IS NOT NULL) FROM ff_experiment_phases('x');
SELECT ff_experiment_phase('x');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_phase('ghost');
\echo :LAST_ERROR_SQLSTATE

-- dimensions: attributes of the call and of context sources, scalars of some length, as they are before the exposure
CREATE TABLE people (id text PRIMARY KEY, country text, vip boolean, age numeric, tags text[]);
INSERT INTO people VALUES ('a', 'DE', true, 41.5, '{x}'), ('b', repeat('é', 256), NULL, 3, NULL);
SELECT count(*) FROM (SELECT ff_context_source('people', 'id')) c;
SELECT ff_experiment_create('y', 'f', '{buys}') IS NOT NULL, ff_flag_rollout('f', 50);
SELECT ff_experiment_update('y', '{"dimensions": ["country", "vip", "age", "tags", "plan", "none"], "hypothesis": "More buy", "name": "Why"}');
SELECT name, hypothesis FROM ff_experiment_list() WHERE key = 'y';
SELECT ff_experiment_start('y');
SELECT count(ff_expose(u, 'f', '{"plan": "pro", "country": "FR", "none": null}')), count(ff_expose('c', 'f')) FROM unnest('{a,b}'::text[]) u;
SELECT o.unit, o.phase, o.dimensions FROM ff.exposures o WHERE o.project = 'phases' AND o.experiment = 'y' ORDER BY 1;
SELECT c.level, sum(ff_cross_moments_n(c.moments)) FROM ff.experiments x, ff._experiment_cells(x, 'age') c WHERE x.key = 'y' AND x.project_id = ff._project(NULL) GROUP BY 1 ORDER BY 1;

-- rolled out to all while it runs: nobody is exposed any more, the result stays, and what was served can be shipped
SELECT ff_flag_create('h', 'string', '["a", "b", "c"]', off_variation => 'a') IS NOT NULL, ff_flag_default('h', '{"split": {"a": 50, "b": 50}}'), ff_metric_create('errors', 'proportion', 'error', 'decrease') IS NOT NULL;
SELECT ff_experiment_create('z', 'h', '{buys}', guardrails => '{errors}') IS NOT NULL, ff_experiment_start('z', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'z', 'z' || i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, '2026-03-02' FROM generate_series(1, 3000) i;
INSERT INTO ff.events (unit, event, at) SELECT 'z' || i, 'buy', timestamptz '2026-03-03' FROM generate_series(1, 3000) i WHERE i % 10 < 3 + 3 * (i % 2) UNION ALL SELECT 'z' || i, 'error', '2026-03-03' FROM generate_series(1, 3000) i WHERE i % 5 = 0 OR i % 20 = 1;
SELECT ff_flag_default('h', '"b"');
SELECT phase, weights FROM ff_experiment_phases('z');
SELECT metric, variation, n, status FROM ff_experiment_stats('z');
SELECT item, detail FROM ff_experiment_health('z') WHERE item = 'split_changed';
SELECT r #>> '{verdict,action}', r #> '{arms,1,planned}' FROM ff_experiment_report('z') r;
-- a guardrail within its margin is not in the way
SELECT ff_experiment_metric('z', 'errors', 'guardrail', margin => 1);
SELECT metric, variation, status FROM ff_experiment_stats('z') WHERE metric = 'errors';
SELECT s FROM ff_experiment_summary('z') s WHERE s ~ 'margin';
-- a later split brings another variation, which can be shipped
SELECT ff_flag_default('h', '{"split": {"a": 50, "c": 50}}');
SELECT phase, weights FROM ff_experiment_phases('z');
SELECT count(*) FROM ff_experiment_ship('z', 'c');
SELECT ff_experiment_ship('z', 'd');
-- nobody would be exposed
SELECT ff_flag_create('k') IS NOT NULL, ff_flag_rollout('k', 50), ff_experiment_create('none', 'k', '{buys}') IS NOT NULL, ff_experiment_update('none', '{"traffic": 0}');
SELECT ff_experiment_start('none');
\echo :LAST_ERROR_SQLSTATE

-- ended before anybody counts in the last phase: what is kept goes by all phases, and says so
SELECT ff_flag_create('q') IS NOT NULL, ff_flag_rollout('q', 50), ff_experiment_create('hasty', 'q', '{buys}', guardrails => '{errors}') IS NOT NULL, ff_experiment_start('hasty', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'hasty', 'q' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02' FROM generate_series(1, 3000) i;
SELECT ff_experiment_phase('hasty');
INSERT INTO ff.exposures (experiment, unit, variation) SELECT 'hasty', 'r' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END FROM generate_series(1, 1000) i;
INSERT INTO ff.events (unit, event) SELECT u || i, 'buy' FROM unnest('{q,r}'::text[]) u, generate_series(1, 3000) i WHERE i % 10 < 4 + 2 * (i % 2);
SELECT ff_experiment_update('hasty', '{"analysis": {"planned_units": 8000}}'), ff_experiment_look('hasty');
SELECT ff_experiment_phase('hasty');
-- while it runs, the last phase is what is asked for
SELECT metric, variation, n FROM ff_experiment_stats('hasty');
CREATE TEMP VIEW hasty AS SELECT document FROM ff_experiment_results('hasty');
BEGIN;
SELECT count(*) FROM ff_experiment_ship('hasty', 'off');
SELECT document #>> '{options,phases}', document -> 'empty_phase', document -> 'split' FROM hasty;
SELECT s ->> 'metric', s ->> 'variation', s ->> 'n', s ->> 'method', s ->> 'sequential_method', s ->> 'status' FROM hasty, jsonb_array_elements(document -> 'stats') s;
SELECT h ->> 'item', h ->> 'variation', h ->> 'value', h ->> 'status' FROM hasty, jsonb_array_elements(document -> 'health') h WHERE h ->> 'item' = 'units';
SELECT bool_and(a = b) FROM ff_experiment_stats('hasty', '{"sequential": "none"}') WITH ORDINALITY a JOIN ff_experiment_stats('hasty', '{"sequential": "none", "phases": "all"}') WITH ORDINALITY b USING (ordinality);
SELECT metric, variation, n, control_n FROM ff_experiment_guardrails('hasty');
SELECT regexp_replace(s, '\d{4}-\S+Z', '(time)', 'g') FROM ff_experiment_summary('hasty') s WHERE s !~ 'completed';
SELECT l ->> 'text' ~ 'No unit counts in phase 3', r #>> '{arms,0,n}', r #>> '{verdict,action}' FROM ff_experiment_report('hasty') r, jsonb_array_elements(r #> '{text,limitations}') l WHERE l ->> 'text' ~ 'phase';
-- what is asked for stays so, be it by the experiment
SELECT DISTINCT n FROM ff_experiment_stats('hasty', '{"phases": "current"}');
ROLLBACK;
BEGIN;
SELECT ff_experiment_update('hasty', '{"analysis": {"phases": "current"}}'), ff_experiment_stop('hasty');
SELECT document #>> '{options,phases}', document ? 'empty_phase' FROM hasty;
SELECT DISTINCT n FROM ff_experiment_stats('hasty');
ROLLBACK;
-- a unit in the last phase is a result of the last phase
BEGIN;
SELECT (ff_expose('late', 'q')).variation IS NOT NULL, ff_experiment_stop('hasty');
SELECT document #>> '{options,phases}', document ? 'empty_phase' FROM hasty;
ROLLBACK;
SELECT ff_experiment_stop('hasty');
SELECT document #>> '{options,phases}', document -> 'empty_phase', document #>> '{stats,0,n}' FROM hasty;
DROP VIEW hasty;
-- units that differ from before in one phase: health says so of the phases that are analysed
SELECT ff_flag_create('s') IS NOT NULL, ff_flag_rollout('s', 50), ff_experiment_create('skewed', 's', '{buys}') IS NOT NULL, ff_experiment_start('skewed', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'skewed', 's' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02' FROM generate_series(1, 1000) i;
INSERT INTO ff.events (unit, event, at) SELECT 's' || i, 'buy', '2026-03-01' FROM generate_series(1, 1000) i WHERE i % 20 < 5 + i % 2 * 5;
SELECT variation, value < 0.001 FROM ff_experiment_health('skewed') WHERE item = 'covariate_imbalance';
SELECT ff_experiment_phase('skewed');
INSERT INTO ff.exposures (experiment, unit, variation) SELECT 'skewed', 't' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END FROM generate_series(1, 1000) i;
SELECT count(*) FROM ff_experiment_health('skewed') WHERE item = 'covariate_imbalance';
SELECT p.phases, (SELECT count(*) FROM ff._health_rows(x, ff._read_cells(x), p.phases) h WHERE h.item = 'covariate_imbalance'),
	(SELECT sum(h.value) FROM ff._health_rows(x, ff._read_cells(x), p.phases) h WHERE h.item = 'units')
FROM ff.experiments x, unnest('{current,1,2,all}'::text[]) p(phases) WHERE x.key = 'skewed' AND x.project_id = ff._project(NULL);
SELECT ff_experiment_stop('skewed');

-- settings that are refused
SELECT ff_experiment_update('y', '{"dimension": ["a"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('y', '{"dimensions": "a"}');
SELECT ff_experiment_update('y', '{"dimensions": ["a", "a"]}');
SELECT ff_experiment_update('y', '{"dimensions": ["a", null]}');
SELECT ff_experiment_update('y', jsonb_build_object('dimensions', ARRAY(SELECT i::text FROM generate_series(1, 21) i)));
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('y', '{"activation_event": ""}');
SELECT ff_experiment_update('y', '{"analysis": {"alpha": 3}}');
SELECT ff_experiment_update('y', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('y', '{"name": "", "hypothesis": "", "analysis": {"alpha": 0.1}, "activation_event": "visit"}');
SELECT name, hypothesis, analysis, activation_event FROM ff.experiments WHERE key = 'y' AND project_id = ff._project(NULL);
SELECT ff_experiment_update('y', '{"name": null, "dimensions": null, "analysis": null, "activation_event": null}');
SELECT key, settings FROM ff_experiment_list();
SELECT ff_experiment_update('y', '{"dimensions": ["country"], "traffic": 0.5, "analysis": {"alpha": 0.1}}');
SELECT key, settings FROM ff_experiment_list();
SELECT name, dimensions, analysis, activation_event FROM ff.experiments WHERE key = 'y' AND project_id = ff._project(NULL);
SELECT ff_experiment_stop('y');
SELECT ff_project_delete('phases', cascade => true);
DROP TABLE people;
