-- Times near the limits of the calendar, in all functions that take a range: each
-- error names the argument.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT ff_project_create('analimits') IS NOT NULL;
SET featureflow.project = 'analimits';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('m', 'proportion', 'go') IS NOT NULL, ff_experiment_create('x', 'f', '{m}') IS NOT NULL, ff_experiment_start('x', '2026-01-01 00:00+00');
INSERT INTO ff.exposures (experiment, unit, variation, at) VALUES ('x', 'u', 'on', '2026-01-01 10:00+00');
INSERT INTO ff.events (unit, event, at) VALUES ('u', 'go', '2026-01-01 11:00+00'), ('u', 'go', '2026-01-01 12:00+00');
-- rows or error of a call
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM ' || call INTO n;
	RETURN n || ' rows';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END;
$$;
CREATE TEMP TABLE calls AS SELECT * FROM unnest(ARRAY['ff_flag_users(''f'', step => NULL, %s)', 'ff_adoption(''go'', step => NULL, %s)', 'ff_adoption(''go'', step => NULL, experiment => ''x'', %s)', 'ff_activation(''x'', ''go'', step => NULL, %s)',
	'ff_funnel(''{go,go}'', %s)', 'ff_user_journey(''u'', %s)', 'ff_usage(%s)', 'ff_flag_usage(''f'', %s)']) WITH ORDINALITY c(call, i);
-- what is refused, by all of them
SELECT t.given, min(o.outcome) AS outcome, count(DISTINCT o.outcome) AS outcomes
FROM unnest(ARRAY['since => ''infinity''', 'since => ''294276-12-31 23:59:59+00''', 'since => ''10000-01-01 00:00+00''', 'since => ''4714-11-24 00:00+00 BC''', 'since => ''0001-12-31 23:59:59+00 BC''',
	'until => ''-infinity''', 'until => ''294276-12-31 23:59:59+00''', 'until => ''4714-11-24 00:00+00 BC''', 'since => ''294276-12-31 23:59:58+00'', until => ''294276-12-31 23:59:59+00''']) WITH ORDINALITY t(given, i),
	calls c, LATERAL (SELECT pg_temp.outcome(format(c.call, t.given)) AS outcome OFFSET 0) o
GROUP BY t.given, t.i ORDER BY t.i;
-- from the beginning, and until now, of what has a beginning; counts of evaluations have none
SELECT t.given, array_agg(DISTINCT o.outcome ORDER BY o.outcome)
FROM unnest(ARRAY['since => ''-infinity''', 'until => ''infinity''', 'since => ''0001-01-01 00:00+00''', 'until => ''9999-12-31 23:59:59+00''']) WITH ORDINALITY t(given, i),
	calls c, LATERAL (SELECT pg_temp.outcome(format(c.call, t.given)) AS outcome OFFSET 0) o
GROUP BY t.given, t.i ORDER BY t.i;
-- years that are cut into steps, in a zone whose first day begins before year 1; steps and spans
SELECT t.given, pg_temp.outcome('ff_adoption(''go'', ' || t.given || ')')
FROM unnest(ARRAY['since => ''0001-01-01 00:00+00'', zone => ''America/New_York''', 'since => ''0001-01-01 00:00+00'', step => ''360000 days''', 'since => ''0001-01-01 00:00+00'', step => ''1000 years'', zone => ''Pacific/Apia''',
	'step => ''1001 years''', 'step => ''170000000 years''', 'step => ''100000000 days''', 'step => ''2000000000 hours''']) t(given);
SELECT pg_temp.outcome('ff_activation(''x'', ''go'', ''365250 days'', step => NULL)'), pg_temp.outcome('ff_funnel(''{go,go}'', ''365250 days'')'), pg_temp.outcome('ff_flag_usage(''f'', step => ''365250 days'')');
SELECT pg_temp.outcome('ff_activation(''x'', ''go'', ''365251 days'')');
SELECT pg_temp.outcome('ff_funnel(''{go,go}'', ''2000000000 days'')');
SELECT pg_temp.outcome('ff_flag_usage(''f'', step => ''2000000000 days'')');
-- an event of long ago, where no beginning is given
INSERT INTO ff.events (unit, event, at) VALUES ('old', 'go', '4714-11-24 00:00+00 BC');
SELECT pg_temp.outcome('ff_adoption(''go'')');
SELECT pg_temp.outcome('ff_adoption(''go'', step => ''1000 years'', zone => ''America/New_York'')');
SELECT pg_temp.outcome('ff_adoption(''go'', step => NULL)'), pg_temp.outcome('ff_funnel(''{go,go}'')'), pg_temp.outcome('ff_user_journey(''old'')');
RESET featureflow.project;
SELECT ff_project_delete('analimits', cascade => true);
