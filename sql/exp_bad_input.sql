-- Data that an analysis should not be given, but is: each is answered with what
-- there is to say, or refused by name.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
SELECT ff_project_create('badinput') IS NOT NULL;
SET featureflow.project = 'badinput';
SELECT ff_metric_create('any', 'proportion', 'buy') IS NOT NULL, ff_metric_create('count', 'count', 'buy') IS NOT NULL, ff_metric_create('sum', 'mean', 'buy') IS NOT NULL,
	ff_metric_create('capped', 'mean', 'buy', settings => '{"cap_percentile": 0.9}') IS NOT NULL, ff_metric_create('ratio', 'ratio', 'buy', settings => '{"denominator_event": "visit"}') IS NOT NULL,
	ff_metric_create('median', 'quantile', 'buy', settings => '{"quantile": 0.5}') IS NOT NULL,
	ff_metric_create('prices', 'quantile', 'buy', settings => '{"quantile": 0.5, "quantile_of": "events"}') IS NOT NULL,
	ff_metric_create('back', 'retention', 'visit', settings => '{"delay": "1 day", "conversion_window": "1 day"}') IS NOT NULL,
	ff_metric_create('way', 'funnel', settings => '{"steps": ["visit", "buy"]}') IS NOT NULL;
-- an experiment on a flag of its own, with all metrics
CREATE FUNCTION begin_experiment(name text, metrics text[] DEFAULT '{any,count,sum,capped,ratio,median,prices,back,way}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_create(name), ff_flag_rollout(name, 50), ff_experiment_create(name, name, metrics);
	PERFORM ff_experiment_start(name, '2026-03-01');
END $$;
CREATE FUNCTION expose(name text, units text[], variation text, at timestamptz DEFAULT '2026-03-02') RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT name, u, variation, at FROM unnest(units) u $$;
CREATE FUNCTION buy(units text[], value numeric, at timestamptz DEFAULT '2026-03-03') RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.events (unit, event, value, at) SELECT u, 'buy', value, at FROM unnest(units) u $$;
CREATE FUNCTION named(prefix text, n int) RETURNS text[] LANGUAGE sql AS $$ SELECT array_agg(prefix || i) FROM generate_series(1, n) i $$;
CREATE VIEW short AS SELECT x.key, s.metric, s.variation, s.n, round(s.mean::numeric, 4) AS mean, round(s.difference::numeric, 4) AS difference, round(s.p_value::numeric, 6) AS p_value, s.status, s.problem
	FROM ff.experiments x CROSS JOIN LATERAL ff_experiment_stats(x.key) s WHERE x.project_id = ff._project(NULL);
-- whether what is made of the numbers stands too
CREATE FUNCTION reads(name text) RETURNS boolean LANGUAGE sql AS $$
	SELECT ff_experiment_report(name) IS NOT NULL AND ff_experiment_html(name) IS NOT NULL AND (SELECT count(*) > 0 FROM ff_experiment_summary(name))
		AND (SELECT count(*) > 0 FROM ff_experiment_stats(name, '{"sequential": "group_sequential", "planned_units": 400, "phases": "all", "adjustment": "lin", "prior_stddev": 0.3, "relative": "delta"}')) $$;

\echo no exposures
SELECT begin_experiment('nobody');
SELECT metric, variation, n, mean, difference, p_value, status, problem FROM short WHERE key = 'nobody';
SELECT h.item, h.variation, h.value, h.status, h.detail FROM ff_experiment_health('nobody') h;
SELECT reads('nobody');
SELECT count(DISTINCT s.data_through) FROM ff_experiment_stats('nobody') s;

\echo one user
SELECT begin_experiment('single'), expose('single', '{alone}', 'on'), buy('{alone}', 10);
SELECT metric, n, mean, difference, p_value, status, problem FROM short WHERE key = 'single' AND variation = 'on';
SELECT reads('single');
-- and one in each arm
SELECT expose('single', '{other}', 'off');
SELECT metric, n, mean, difference, p_value, status, problem FROM short WHERE key = 'single' AND variation = 'on';
SELECT reads('single');

\echo one arm empty
SELECT begin_experiment('onesided'), expose('onesided', named('s', 60), 'off'), buy(named('s', 30), 10);
SELECT metric, variation, n, mean, difference, p_value, status, problem FROM short WHERE key = 'onesided';
SELECT h.item, h.variation, h.status, h.detail FROM ff_experiment_health('onesided') h WHERE h.status <> 'ok';
SELECT reads('onesided');

\echo all conversions, zero variance
SELECT begin_experiment('all'), expose('all', named('a', 60), 'off'), expose('all', named('b', 60), 'on'), buy(named('a', 60) || named('b', 60), 10);
SELECT metric, n, mean, difference, p_value, status, problem FROM short WHERE key = 'all' AND variation = 'on';
SELECT s.metric, s.exact_p_value, round(s.exact_lower::numeric, 6), round(s.exact_upper::numeric, 6) FROM ff_experiment_stats('all') s WHERE s.exact_p_value IS NOT NULL;
SELECT reads('all');
-- all in one arm, nobody in the other: the exact test tells
SELECT begin_experiment('none', '{any}'), expose('none', named('c', 60), 'off'), expose('none', named('d', 60), 'on'), buy(named('d', 60), 10);
SELECT s.variation, s.difference, s.p_value, s.exact_p_value < 1e-30 AS exact, s.lift, s.status, s.problem FROM ff_experiment_stats('none') s;
SELECT reads('none');

\echo NaN and infinite values
SELECT ff_track('u', 'buy', 'NaN');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_track('u', 'buy', '-Infinity');
SELECT ff_track_many('[{"user_key": "u", "event": "buy", "value": 1e101}]');
\set VERBOSITY terse
INSERT INTO ff.events (unit, event, value) VALUES ('u', 'buy', 'NaN');
COPY ff.events (unit, event, value) FROM stdin;
u	buy	Infinity
\.
\set VERBOSITY default
-- a property that no number is: the analysis names the unit
SELECT ff_metric_create('amount', 'mean', 'pay', settings => '{"value_property": "amount", "aggregate": "sum"}') IS NOT NULL;
SELECT begin_experiment('properties', '{amount}'), expose('properties', named('p', 100), 'off'), expose('properties', named('q', 100), 'on');
INSERT INTO ff.events (unit, event, properties, at) SELECT u, 'pay', jsonb_build_object('amount', length(u)), '2026-03-03' FROM unnest(named('p', 100) || named('q', 100)) u;
INSERT INTO ff.events (unit, event, properties, at) VALUES ('p7', 'pay', '{"amount": "NaN"}', '2026-03-03');
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.events SET properties = '{"amount": "-Infinity"}' WHERE properties ->> 'amount' = 'NaN';
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
UPDATE ff.events SET properties = '{"amount": "ten"}' WHERE properties ->> 'amount' = '-Infinity';
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
\echo :LAST_ERROR_SQLSTATE
UPDATE ff.events SET properties = '{"amount": null}' WHERE properties ->> 'amount' = 'ten';
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';

UPDATE ff.events SET properties = '{"amount": " +1.5E1 "}' WHERE event = 'pay' AND properties ->> 'amount' IS NULL;
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
-- in workers too
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
UPDATE ff.events SET properties = '{"amount": "1e99999"}' WHERE properties ->> 'amount' = ' +1.5E1 ';
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';
UPDATE ff.events SET properties = '{"amount": ""}' WHERE properties ->> 'amount' = '1e99999';
SELECT metric, variation, n, mean FROM short WHERE key = 'properties';

\echo events before exposure
SELECT begin_experiment('before', '{any,sum}'), expose('before', named('e', 60), 'off'), expose('before', named('f', 60), 'on');
SELECT buy('{e1,f1}', 100, '2026-03-01 23:59:59.999999'), buy('{e2,f2}', 10, '2026-03-02');
SELECT metric, variation, n, mean FROM short WHERE key = 'before';
-- what was before is the covariate
SELECT c.variation, m.key, ff_cross_moments_mean(c.moments, 1) * 60 AS after, ff_cross_moments_mean(c.moments, 2) * 60 AS before
FROM ff.experiments x CROSS JOIN LATERAL ff._experiment_cells(x) c JOIN ff.metrics m ON m.id = c.metric_id WHERE x.key = 'before' ORDER BY 1, 2;

\echo users in two variations
SELECT begin_experiment('twice', '{any}'), expose('twice', named('g', 60), 'off'), expose('twice', named('h', 60), 'on'), expose('twice', named('g', 20), 'on', '2026-03-04'),
	expose('twice', '{same}', 'on'), expose('twice', '{same}', 'off'), expose('twice', '{h1}', 'on', '2026-03-05'), expose('twice', '{h2}', 'purple', '2026-03-05');
SELECT metric, variation, n FROM short WHERE key = 'twice';
SELECT h.item, h.variation, round(h.value::numeric, 4), h.status, h.detail FROM ff_experiment_health('twice') h WHERE h.item LIKE 'multiple%' OR h.item LIKE 'unknown%';

\echo a clock that is ahead, or goes backwards
SELECT begin_experiment('clock', '{any,sum}'), expose('clock', named('k', 60), 'off'), expose('clock', named('l', 60), 'on');
-- dated tomorrow: not yet
SELECT expose('clock', '{tomorrow}', 'on', now() + interval '1 day'), buy('{k1}', 50, now() + interval '1 day');
SELECT metric, variation, n, mean FROM short WHERE key = 'clock';
-- written later, happened earlier: the first exposure is the earliest
SELECT expose('clock', '{m1}', 'on', '2026-03-06'), buy('{m1}', 5, '2026-03-05'), expose('clock', '{m1}', 'on', '2026-03-04');
SELECT metric, variation, n, round(mean * n, 2) AS total FROM short WHERE key = 'clock';
-- one id, received in another order than it happened
INSERT INTO ff.events (unit, event, value, at, event_id, received_at) VALUES ('l1', 'buy', 1, '2026-03-08', 'order-1', '2026-03-09'), ('l1', 'buy', 2, '2026-03-07', 'order-1', '2026-03-10');
SELECT metric, variation, n, round(mean * n, 2) AS total FROM short WHERE key = 'clock' AND metric = 'sum';
-- the next phase does not begin before the last one, nor is one in between
SELECT ff_experiment_phase('clock');
UPDATE ff.experiment_phases p SET started_at = now() + interval '1 hour' FROM ff.experiments x WHERE x.id = p.experiment_id AND x.key = 'clock' AND p.number = 2;
SELECT ff_experiment_phase('clock');
SELECT p.phase, p.started_at > now() + interval '30 minutes', p.ended_at > now() + interval '30 minutes' FROM ff_experiment_phases('clock') p;
UPDATE ff.experiment_phases p SET started_at = '2026-02-01' FROM ff.experiments x WHERE x.id = p.experiment_id AND x.key = 'clock' AND p.number = 3;
\echo :LAST_ERROR_SQLSTATE
INSERT INTO ff.experiment_phases (experiment_id, number, started_at) SELECT x.id, 5, '2999-01-01' FROM ff.experiments x WHERE x.key = 'clock';
DELETE FROM ff.experiment_phases p USING ff.experiments x WHERE x.id = p.experiment_id AND x.key = 'clock' AND p.number = 2;
-- a phase that the experiment does not have: that of the time
INSERT INTO ff.exposures (experiment, unit, variation, at, phase) VALUES ('clock', 'n1', 'on', '2026-03-06', 99);
SELECT p.phase, p.variation, p.n FROM ff.experiments x, ff._experiment_population(x) p WHERE x.key = 'clock' ORDER BY 1, 2;
SELECT u.phase, u.variation, count(*) FROM ff.experiments x, ff._experiment_units(x, now()) u WHERE x.key = 'clock' GROUP BY 1, 2 ORDER BY 1, 2;

\echo stopped before it started
SELECT ff_experiment_stop('clock', '2026-02-28');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_stop('clock', 'infinity');
SELECT ff_experiment_stop('clock', now() + interval '1 day');
SELECT ff_flag_create('draft') IS NOT NULL, ff_flag_rollout('draft', 50), ff_experiment_create('draft', 'draft', '{any}') IS NOT NULL;
SELECT ff_experiment_stop('draft');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_experiment_start('draft', now() + interval '1 day');
-- it was started, and then the clock was set back by an hour
SELECT ff_experiment_start('draft');
UPDATE ff.experiments x SET started_at = now() + interval '1 hour' WHERE x.key = 'draft';
SELECT reads('draft');
SELECT ff_experiment_stop('draft');
SELECT x.status, x.stopped_at = x.started_at FROM ff.experiments x WHERE x.key = 'draft';
SELECT metric, variation, n, status, problem FROM short WHERE key = 'draft';
-- at the moment that it started: nobody
SELECT ff_experiment_stop('before', '2026-03-01');
SELECT metric, variation, n, problem FROM short WHERE key = 'before';

\echo counts of 1e9, and the ends of the range
SELECT c.difference, c.p_value, c.problem FROM ff_compare(ff_moments_proportion(1000000000, 100000000), ff_moments_proportion(1000000000, 100100000), proportion => true) c;
SELECT s.chi2, s.p_value FROM ff_srm('{1000000000,1000100000}') s;
SELECT f.p_value FROM ff_fisher(1000000000, 100000000, 1000000000, 100100000) f;
SELECT begin_experiment('large', '{sum}'), expose('large', named('v', 60), 'off'), expose('large', named('w', 60), 'on');
INSERT INTO ff.events (unit, event, value, at) SELECT u, 'buy', CASE WHEN u LIKE 'v%' THEN 1e9 ELSE 1e9 + 0.01 END + length(u), '2026-03-03' FROM unnest(named('v', 60) || named('w', 60)) u;
SELECT s.variation, s.mean, s.stddev, s.difference, s.p_value, s.problem FROM ff_experiment_stats('large') s;
-- 1e15 with cents
UPDATE ff.events e SET value = value + 999999000000000 WHERE e.project = 'badinput' AND e.unit ~ '^[vw]';
SELECT s.variation, s.mean, s.stddev, s.difference, s.p_value, s.problem FROM ff_experiment_stats('large') s;
-- values that may just be written, and their squares
UPDATE ff.events e SET value = CASE WHEN e.unit LIKE 'v%' THEN 1e100 ELSE -1e100 END WHERE e.project = 'badinput' AND e.unit ~ '^[vw][1-9]$';
SELECT s.variation, s.mean, s.stddev, s.difference, s.p_value < 0.05, s.problem FROM ff_experiment_stats('large') s;
SELECT reads('large');

SELECT ff_experiment_stop(x.key::text) FROM ff.experiments x WHERE x.status = 'running' AND x.project_id = ff._project(NULL);
SELECT ff_project_delete('badinput', cascade => true);
DROP VIEW short;
DROP FUNCTION begin_experiment, expose, buy, named, reads;
