-- UTF-8 only: the result of an experiment in words, and widths.
\set SHOW_CONTEXT never
\pset format aligned
\pset tuples_only on
SELECT ff_project_create('expsummary') IS NOT NULL;
SET featureflow.project = 'expsummary';
SET timezone = 'Asia/Tokyo';
SELECT ff_metric_create('buys', 'proportion', 'purchase', name => 'Käufe je Größe') IS NOT NULL, ff_metric_create('revenue', 'mean', 'purchase', name => '売上高') IS NOT NULL,
	ff_metric_create('errors', 'mean', 'error', 'decrease') IS NOT NULL, ff_metric_create('visits', 'mean', 'visit', name => E'two\nlines\t') IS NOT NULL;
SELECT ff_flag_create('theme', 'string', '["light", "dark", "blue"]') IS NOT NULL, ff_flag_default('theme', '{"split": {"light": 40, "dark": 40, "blue": 20}}');
SELECT ff_experiment_create('themes', 'theme', '{buys}', secondary => '{revenue,visits}', guardrails => '{errors}', name => 'Größer 🎉', hypothesis => E'Dark sells\nmore') IS NOT NULL;
SELECT ff_experiment_summary('themes');
SELECT ff_experiment_start('themes', '2026-03-01 00:00+00');
-- nobody yet
SELECT regexp_replace(s, '[0-9.]+ days', 'N days') FROM ff_experiment_summary('themes') s;

INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'themes', 'u' || i, CASE WHEN i % 5 < 2 THEN 'dark' WHEN i % 5 < 4 THEN 'light' ELSE 'blue' END, '2026-03-02 00:00+00' FROM generate_series(1, 2000) i;
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'purchase', 10 + i % 7, '2026-03-03 00:00+00' FROM generate_series(1, 2000) i WHERE i % 5 < 2 AND i % 3 = 0 OR i % 5 >= 2 AND i % 4 = 0;
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'error', 1 + i % 2, '2026-03-03 00:00+00' FROM generate_series(1, 2000) i WHERE i % 5 = 4 AND i % 2 = 0 OR i % 11 = 0;
SELECT regexp_replace(s, '[0-9.]+ days', 'N days') FROM ff_experiment_summary('themes') s;
-- the numbers are those of the analysis
SELECT metric, variation, n, round(mean::numeric, 6), round(lift::numeric, 6), round(lift_lower::numeric, 6), round(lift_upper::numeric, 6), round(p_value::numeric, 6) FROM ff_experiment_stats('themes') WHERE metric IN ('buys', 'errors');

-- stopped, with units in two variations, one that is unknown, and a control of which nothing is known
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'themes', 'm' || i, v, '2026-03-04 00:00+00' FROM generate_series(1, 30) i, unnest('{light,blue}'::text[]) v;
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('themes', 'x', E'gr\nün', '2026-03-04 00:00+00');
INSERT INTO ff.events (unit, event, value, at) SELECT 'u' || i, 'visit', i, '2026-03-03 00:00+00' FROM generate_series(1, 2000) i WHERE i % 5 < 2 AND i % 20 < 2;
SELECT ff_experiment_stop('themes', '2026-03-15 12:00+00');
SELECT ff_experiment_summary('themes');

-- each problem and rare case by itself
SELECT ff_flag_create('button') IS NOT NULL, ff_flag_rollout('button', 50);
SELECT ff_experiment_create('buttons', 'button', '{buys,revenue}') IS NOT NULL;
SELECT ff_experiment_start('buttons', '2026-03-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'buttons', 'u' || i, CASE WHEN i <= 600 THEN 'on' ELSE 'off' END, '2026-03-02 00:00+00' FROM generate_series(1, 1000) i;
SELECT ff_experiment_stop('buttons', '2026-03-09 00:00+00');
SELECT ff_experiment_summary('buttons');
DELETE FROM ff.exposures WHERE project = 'expsummary' AND experiment = 'buttons' AND variation = 'off';
SELECT s FROM ff_experiment_summary('buttons') s WHERE s ~ 'cannot|Warning|FAILED';
DELETE FROM ff.exposures WHERE project = 'expsummary' AND experiment = 'buttons';
INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'buttons', 'z' || i, CASE WHEN i % 2 = 0 THEN 'on' ELSE 'off' END, '2026-03-02 00:00+00' FROM generate_series(1, 200) i;
SELECT s FROM ff_experiment_summary('buttons') s WHERE s ~ 'cannot';
-- a control of which nobody buys: no lift, the difference instead
INSERT INTO ff.events (unit, event, value, at) SELECT 'z' || i, 'purchase', i, '2026-03-03 00:00+00' FROM generate_series(2, 80, 2) i;
SELECT s FROM ff_experiment_summary('buttons') s WHERE s LIKE '  %';
-- several splits
SELECT ff_flag_rules('button', '[{"when": {"attribute": "a", "op": "eq", "value": 1}, "serve": {"split": {"on": 10, "off": 90}}}]');
SELECT ff_experiment_create('mixed', 'button', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('mixed', '2026-03-01 00:00+00');
SELECT ff_experiment_stop('mixed', '2026-03-02 00:00+00');
SELECT ff_experiment_summary('mixed');
-- a variation that the split did not have is of no concern until somebody meets it
SELECT ff_flag_default('theme', '{"split": {"light": 50, "dark": 50, "blue": 0}}'), ff_experiment_create('pair', 'theme', '{buys}') IS NOT NULL;
SELECT ff_experiment_start('pair', '2026-03-01 00:00+00');
SELECT ff_experiment_stop('pair', '2026-03-02 00:00+00');
SELECT s FROM ff_experiment_summary('pair') s WHERE s ~ 'blue|dark';
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('pair', 'u', 'blue', '2026-03-01 12:00+00');
SELECT s FROM ff_experiment_summary('pair') s WHERE s ~ 'blue';
-- data that cannot be analyzed
BEGIN;
CREATE OR REPLACE FUNCTION ff._gather(x ff.experiments, metrics ff.metrics[], moment timestamptz, dimension text, keeping boolean DEFAULT false) RETURNS bigint LANGUAGE plpgsql STABLE
AS $$ BEGIN RAISE EXCEPTION 'a value out of range' USING ERRCODE = '22003'; END $$;
SELECT ff_experiment_summary('mixed');
ROLLBACK;

-- numbers as people read them
SELECT v, ff._number_text(v), ff._change_text(v) FROM unnest('{0,1,-1,0.5,12.345,123456.7,999.5,0.0999999,0.00001234,1e-7,-1e-300,1e15,1e300,NaN,Infinity,-Infinity}'::float8[]) v;
SELECT p, ff._p_text(p) FROM unnest('{0,1e-300,0.00009,0.0001,0.04999,0.05,1}'::float8[]) p;
SELECT ff._width(t) FROM unnest(ARRAY['', 'abc', 'größer', '売上高', 'e' || U&'\0301', '🎉']) t;

-- it writes nothing
BEGIN READ ONLY;
SELECT count(*) > 10 FROM ff_experiment_summary('themes');
ROLLBACK;
SELECT ff_experiment_summary('ghost');
\echo :LAST_ERROR_SQLSTATE
RESET featureflow.project;
SELECT ff_project_delete('expsummary', true);
