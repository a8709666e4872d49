-- Rows at random, in rounds of their own transactions: after each a refresh has the
-- bits of an analysis of all data, and most of them read only what is new.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('random') IS NOT NULL;
SET featureflow.project = 'random';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50);
SELECT count(ff_metric_create(m.key, m.kind, m.event, settings => m.settings::jsonb)) FROM (VALUES
	('any', 'proportion', 'buy', '{"covariate_period": "3 days"}'),
	('capped', 'mean', 'buy', '{"cap_value": 40}'),
	('window', 'mean', 'buy', '{"delay": "1 hour", "conversion_window": "2 days", "complete_only": true}'),
	('ratio', 'ratio', 'buy', '{"denominator_event": "visit", "covariate_period": "7 days"}'),
	('retained', 'retention', 'visit', '{"delay": "1 day", "conversion_window": "1 day"}'),
	('p90', 'mean', 'buy', '{"cap_percentile": 0.9}'),
	('median', 'quantile', 'buy', '{"quantile": 0.5}')) m(key, kind, event, settings);
-- one of sums alone, and one for which all units must be known
SELECT ff_experiment_create('x', 'f', '{any,capped,window,ratio,retained}') IS NOT NULL, ff_experiment_start('x', now() - interval '10 days');
SELECT ff_flag_create('g') IS NOT NULL, ff_flag_rollout('g', 50), ff_experiment_create('y', 'g', '{p90,median,window}') IS NOT NULL, ff_experiment_start('y', now() - interval '10 days');

-- Some rows: units, times, ids and orders of arrival that meet often.
CREATE FUNCTION some_rows() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	happened timestamptz;
BEGIN
	FOR i IN 0 .. floor(random() * 5)::int LOOP
		happened := clock_timestamp() - random() * interval '11 days' + CASE WHEN random() < 0.3 THEN interval '11 days' * random() ELSE '0' END;
		happened := CASE WHEN random() < 0.2 THEN clock_timestamp() + random() * interval '50 ms' ELSE least(happened, clock_timestamp()) END;
		IF random() < 0.3 THEN
			-- some whose window ends within the next rounds
			IF random() < 0.4 THEN
				happened := clock_timestamp() - (CASE WHEN random() < 0.5 THEN interval '2 days 1 hour' ELSE '2 days' END) + random() * interval '100 ms';
			END IF;
			-- or that meet both in one round
			INSERT INTO ff.exposures (experiment, unit, variation, at)
			SELECT r.x, 'u' || r.u, CASE WHEN (r.u % 2 = k) <> (random() < 0.05) THEN 'on' ELSE 'off' END, happened - k * interval '1 minute' * (random() - 0.5)
			FROM (SELECT CASE WHEN random() < 0.5 THEN 'x' ELSE 'y' END AS x, floor(random() * 80)::int AS u, (random() < 0.2)::int AS more OFFSET 0) r, generate_series(0, r.more) k;
		ELSE
			INSERT INTO ff.events (unit, event, value, at, event_id, received_at)
			SELECT 'u' || floor(random() * 80)::int, CASE WHEN random() < 0.3 THEN 'visit' ELSE 'buy' END, round((random() * 60)::numeric, 2), happened,
				CASE WHEN random() < 0.4 THEN 'id' || floor(random() * 60)::int END, clock_timestamp() - CASE WHEN random() < 0.3 THEN interval '1 day' ELSE '0' END * random();
		END IF;
	END LOOP;
END;
$$;

-- Cells and counts that a refresh has and a fresh analysis has not, or the other way round.
CREATE FUNCTION refresh_differs(experiment text) RETURNS bigint LANGUAGE sql AS $$
	WITH e AS (SELECT x, r FROM ff.experiments x JOIN ff.experiment_refreshes r ON r.experiment_id = x.id WHERE x.key = $1 AND x.project_id = ff._project(NULL)),
	kept AS (SELECT c.*::text FROM e, unnest((e.r).cells) c UNION ALL SELECT p.*::text FROM e, unnest((e.r).population) p),
	fresh AS (SELECT c.*::text FROM e, ff._experiment_cells(e.x, NULL, (e.r).data_through) c
		UNION ALL SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, p.inactive)::text FROM e, ff._experiment_population(e.x, NULL, (e.r).data_through) p)
	SELECT count(*) FROM ((TABLE kept EXCEPT ALL TABLE fresh) UNION ALL (TABLE fresh EXCEPT ALL TABLE kept)) d;
$$;

CREATE TEMP TABLE rounds (round int, experiment text, units bigint, differing bigint);
DO $$
BEGIN
	PERFORM setseed(0.25);
	FOR i IN 1 .. 100 LOOP
		FOR j IN 0 .. floor(random() * 2)::int LOOP
			PERFORM some_rows();
			COMMIT;
		END LOOP;
		INSERT INTO rounds SELECT i, e, (ff_experiment_refresh(e)).units FROM unnest('{x,y}'::text[]) e;
		COMMIT;
		UPDATE rounds r SET differing = refresh_differs(r.experiment) WHERE r.round = i;
		COMMIT;
	END LOOP;
END;
$$;
SELECT experiment, count(*), sum(differing), count(*) FILTER (WHERE units IS NOT NULL) >= 90, count(*) FILTER (WHERE units > 0) >= 40 FROM rounds GROUP BY experiment ORDER BY experiment;
SELECT sum(p.n) > 20, sum(p.mixed) > 0 FROM ff.experiment_refreshes r JOIN ff.experiments x ON x.id = r.experiment_id AND x.key = 'x' AND x.project_id = ff._project(NULL), unnest(r.population) p;
DROP TABLE rounds;
DROP FUNCTION some_rows(), refresh_differs(text);
SELECT ff_experiment_stop('x'), ff_experiment_stop('y');
SELECT ff_project_delete('random', cascade => true);
