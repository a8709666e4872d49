-- Exclusion groups and holdouts: a user takes part in one experiment of a group at most, and in none that names a holdout of his.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('groups') IS NOT NULL;
SET featureflow.project = 'groups';
SELECT ff_metric_create('buys', 'proportion', 'buy') IS NOT NULL;
SELECT ff_flag_create(f) IS NOT NULL, ff_flag_rollout(f, 50), ff_experiment_create('x' || f, f, '{buys}') IS NOT NULL FROM unnest('{a,b,c}'::text[]) f;
CREATE TABLE users AS SELECT 'u' || i AS u FROM generate_series(1, 4000) i;

-- a group has shares to give away; each is one piece, the first that fits
SELECT ff_exclusion_group_create('pages', 'Pages', 'pages-salt') IS NOT NULL;
SELECT ff_experiment_update('xa', '{"exclusion_group": "pages", "exclusion_share": 0.3}');
SELECT ff_experiment_update('xb', '{"exclusion_group": "pages", "exclusion_share": 0.5}');
SELECT ff_experiment_update('xc', '{"exclusion_group": "pages", "exclusion_share": 0.25}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('xc', '{"exclusion_group": "pages", "exclusion_share": 0.2}');
SELECT x.key, x.exclusion_from, x.exclusion_to FROM ff.experiments x WHERE x.project_id = ff._project(NULL) ORDER BY 1;
SELECT key, free, salt, name, experiments FROM ff_exclusion_group_list();
-- the same again changes nothing; a smaller share leaves a gap; none at all gives it back
SELECT ff_experiment_update('xb', '{"exclusion_share": 0.5, "hypothesis": "b"}'), ff_experiment_update('xa', '{"exclusion_share": 0.1}'), ff_experiment_update('xc', '{"exclusion_group": null}');
SELECT x.key, x.exclusion_from, x.exclusion_to FROM ff.experiments x WHERE x.project_id = ff._project(NULL) ORDER BY 1;
SELECT key, free FROM ff_exclusion_group_list();
SELECT ff_experiment_update('xc', '{"exclusion_group": "pages", "exclusion_share": 0.3}');
SELECT ff_experiment_update('xc', '{"exclusion_group": "pages", "exclusion_share": 0.2, "traffic": 0.5}');

UPDATE ff.experiments SET salt = 'half' WHERE key = 'xc' AND project_id = ff._project(NULL);
-- nobody is in two; who is in one gets the variation of its flag's own split
SELECT ff_experiment_start(k) FROM unnest('{xa,xb,xc}'::text[]) k;
CREATE VIEW served AS SELECT u, f AS flag, d.variation, d.reason FROM users, unnest('{a,b,c}'::text[]) f, ff_evaluate_detail(u, f) d;
SELECT flag, reason, count(*), count(*) FILTER (WHERE variation = 'on') AS is_on FROM served GROUP BY 1, 2 ORDER BY 1, 2;
SELECT n, count(*) FROM (SELECT u, count(*) FILTER (WHERE reason = 'SPLIT') AS n FROM served GROUP BY u) s GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM served s JOIN ff.experiments x ON x.key = 'x' || s.flag AND x.project_id = ff._project(NULL)
WHERE (s.reason = 'SPLIT') <> (ff_bucket('pages-salt', u) >= x.exclusion_from AND ff_bucket('pages-salt', u) < x.exclusion_to AND ff_bucket(x.salt, u) < x.traffic * 100000)
	OR (s.variation = 'on') <> (s.reason = 'SPLIT' AND ff_bucket(s.flag, u) < 50000);
SELECT trim(x.stage), x.outcome, x.detail FROM ff_explain('u2', 'b') x WHERE trim(x.stage) IN ('experiment', 'serve');
-- one that has ended gives its share back
SELECT ff_experiment_stop('xb');
SELECT free FROM ff_exclusion_group_list();
SELECT ff_experiment_create('xb2', 'b', '{buys}') IS NOT NULL, ff_experiment_update('xb2', '{"exclusion_group": "pages", "exclusion_share": 0.6}');
SELECT exclusion_from, exclusion_to FROM ff.experiments WHERE key = 'xb2' AND project_id = ff._project(NULL);
SELECT r.document #>> '{experiment,gates,0,kind}', r.document #> '{experiment,gates,0,to}' FROM ff_experiment_results('xb') r;
SELECT ff_experiment_stop(k) FROM unnest('{xa,xc}'::text[]) k;

-- a holdout is kept out of all experiments that name it
SELECT ff_holdout_create('winter', 0.1, salt => 'winter-salt') IS NOT NULL;
SELECT ff_experiment_create('y' || f, f, '{buys}') IS NOT NULL, ff_experiment_update('y' || f, '{"holdout": "winter"}'), ff_experiment_start('y' || f) FROM unnest('{a,b}'::text[]) f;
SELECT flag, reason, count(*), bool_and(ff_bucket('winter-salt', u) < 10000) AS all_held_out, bool_or(ff_bucket('winter-salt', u) < 10000) AS some_held_out, count(*) FILTER (WHERE variation = 'on') AS is_on
FROM served GROUP BY 1, 2 ORDER BY 1, 2;
SELECT key, share, name, experiments FROM ff_holdout_list();
SELECT x.outcome, x.detail FROM (SELECT min(u) AS u FROM users WHERE ff_bucket('winter-salt', u) < 10000) v, ff_explain(v.u, 'a') x WHERE trim(x.stage) IN ('experiment', 'serve');
-- the holdout's own row is part of what flags answer from
BEGIN;
SELECT ff_experiment_stop('ya'), ff_experiment_stop('yb'), ff_experiment_create('z', 'a', '{buys}') IS NOT NULL, ff_experiment_update('z', '{"holdout": "winter"}');
UPDATE ff.holdouts SET share = 0.5 WHERE key = 'winter';
SELECT ff_experiment_start('z');
SELECT count(*) FILTER (WHERE reason = 'SPLIT') FROM served WHERE flag = 'a';
ROLLBACK;

-- refused: what is in use, what would move users, what is not there
SELECT ff_holdout_delete('winter');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_exclusion_group_delete('pages');
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.holdouts SET share = 0.5 WHERE key = 'winter';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.holdouts SET key = 'summer' WHERE key = 'winter';
UPDATE ff.holdouts SET name = 'Winter' WHERE key = 'winter';
SELECT ff_experiment_update('ya', '{"holdout": null}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('ya', '{"exclusion_group": "pages", "exclusion_share": 0.1}');
SELECT ff_experiment_create('w', 'c', '{buys}') IS NOT NULL;
SELECT ff_experiment_update('w', '{"holdout": "spring"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('w', '{"exclusion_group": "books", "exclusion_share": 0.1}');
SELECT ff_experiment_update('w', '{"exclusion_group": "pages"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_update('w', '{"exclusion_share": 0.1}');
SELECT ff_experiment_update('w', '{"exclusion_group": "pages", "exclusion_share": 0}');
SELECT ff_experiment_update('w', '{"exclusion_group": "pages", "exclusion_share": 1.5}');
SELECT ff_experiment_update('w', '{"exclusion_group": "pages", "exclusion_share": 0.0000001}');
SELECT ff_holdout_create('h', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_holdout_create('h', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_holdout_create('', 0.5);
SELECT ff_holdout_create('winter', 0.5);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_exclusion_group_create('pages');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_exclusion_group_delete('ghost');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_holdout_delete(NULL);
\echo :LAST_ERROR_SQLSTATE
-- by direct writes too: shares that overlap, halves of a range, another project's group, salts that depend on each other
UPDATE ff.experiments x SET exclusion_group_id = g.id, exclusion_from = 60000, exclusion_to = 70000 FROM ff.exclusion_groups g WHERE g.key = 'pages' AND x.key = 'w' AND x.project_id = g.project_id;
UPDATE ff.experiments x SET exclusion_group_id = g.id, exclusion_from = 50000, exclusion_to = 60001 FROM ff.exclusion_groups g WHERE g.key = 'pages' AND x.key = 'w' AND x.project_id = g.project_id;
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE ff.experiments x SET exclusion_to = NULL WHERE x.key = 'xb2' AND x.project_id = ff._project(NULL);
\set VERBOSITY default
SELECT ff_holdout_create('foreign', 0.5, project => 'default') IS NOT NULL;
UPDATE ff.experiments x SET holdout_id = (SELECT h.id FROM ff.holdouts h WHERE h.key = 'foreign') WHERE x.key = 'w' AND x.project_id = ff._project(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_holdout_delete('foreign', 'default');
SELECT ff_holdout_create('same', 0.5, salt => 'c') IS NOT NULL;
SELECT ff_experiment_update('w', '{"holdout": "same"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_holdout_delete('same'), ff_exclusion_group_create('empty') IS NOT NULL, ff_exclusion_group_delete('empty');
-- an imported flag answers as its provider does
SELECT count(*) > 0 FROM ff_import('flagd', '{"flags": {"shop": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on", "targeting": {"fractional": [["on", 50], ["off", 50]]}}}}');
SELECT ff_experiment_create('imported', 'shop', '{buys}', 'off') IS NOT NULL;
SELECT ff_experiment_update('imported', '{"holdout": "winter"}');
\echo :LAST_ERROR_SQLSTATE

SELECT ff_experiment_stop(k) FROM unnest('{ya,yb}'::text[]) k;
SELECT ff_project_delete('groups', cascade => true);
DROP VIEW served;
DROP TABLE users;
