-- Days of zones whose midnight comes twice, is left out, or whose day is missing:
-- each instant is in one bucket, that of its day there.
\set SHOW_CONTEXT never
\pset format unaligned
\pset null -
SET timezone = 'UTC';
SELECT ff_project_create('anazones') IS NOT NULL;
SET featureflow.project = 'anazones';
SELECT ff_flag_create('f') IS NOT NULL, ff_flag_rollout('f', 50), ff_metric_create('m', 'proportion', 'go') IS NOT NULL, ff_experiment_create('x', 'f', '{m}') IS NOT NULL, ff_experiment_start('x', '2000-01-01 00:00+00');
-- a unit an hour over some days: it is exposed and sends the event, in Havana and in Apia
CREATE FUNCTION pg_temp.hourly(since timestamptz, until timestamptz) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ff.events (unit, event, at) SELECT 'u' || t, 'go', t FROM generate_series(since, until - interval '1 second', '1 hour') t;
	INSERT INTO ff.exposures (experiment, unit, variation, at) SELECT 'x', 'u' || t, 'on', t FROM generate_series(since, until - interval '1 second', '1 hour') t $$;
SELECT pg_temp.hourly('2022-11-05 04:00+00', '2022-11-08 05:00+00'), pg_temp.hourly('2011-12-29 10:00+00', '2012-01-01 10:00+00');
-- Havana, 6 November 2022: at 1:00 (5:00 UTC) it was 0:00 once more.  24, 25 and 24 hours
SELECT bucket, users FROM ff_adoption('go', '2022-11-05 04:00+00', '2022-11-08 05:00+00', zone => 'America/Havana');
SELECT bucket, exposed FROM ff_activation('x', 'go', since => '2022-11-05 04:00+00', until => '2022-11-08 05:00+00', zone => 'America/Havana') WHERE variation = 'on';
SELECT bucket, users FROM ff_flag_users('f', '2022-11-05 04:00+00', '2022-11-08 05:00+00', zone => 'America/Havana') WHERE variation = 'on';
-- from half past midnight on, the first and the second time: it is the 6th, and that began at the first midnight
SELECT bucket, users FROM ff_adoption('go', '2022-11-06 04:30+00', '2022-11-07 05:00+00', zone => 'America/Havana');
SELECT bucket, users FROM ff_adoption('go', '2022-11-06 05:30+00', '2022-11-07 05:00+00', zone => 'America/Havana');
-- and in spring midnight is left out: 13 March 2022 began at 1:00
SELECT bucket FROM ff_adoption('go', '2022-03-12 05:00+00', '2022-03-15 04:00+00', zone => 'America/Havana');
-- Apia: after 29 December 2011 came the 31st
SELECT bucket, users, to_char(bucket AT TIME ZONE 'Pacific/Apia', 'YYYY-MM-DD HH24:MI') AS there FROM ff_adoption('go', '2011-12-29 10:00+00', '2012-01-01 10:00+00', zone => 'Pacific/Apia');
SELECT bucket, exposed FROM ff_activation('x', 'go', since => '2011-12-29 10:00+00', until => '2012-01-01 10:00+00', zone => 'Pacific/Apia') WHERE variation = 'on';
-- The 59 minutes of St. John's that came once more after midnight, at 0:01 on 29 October 2006, are of the day that had begun
SELECT bucket FROM ff_adoption('go', '2006-10-28 12:00-02:30', '2006-10-30 12:00-03:30', zone => 'America/St_Johns');
SELECT bucket FROM ff_adoption('go', '2006-10-29 02:40+00', '2006-10-29 03:00+00', zone => 'America/St_Johns');
-- All half hours of these years there: one bucket, of that day; buckets in order, and none of them empty
SELECT z.zone, count(*) AS days, bool_and(d.start < d.next) AS in_order, sum(d.n) AS half_hours, sum(d.strange) AS of_another_day
FROM (VALUES ('America/Havana', 2022), ('Pacific/Apia', 2011), ('America/Sao_Paulo', 2017), ('Asia/Beirut', 2022), ('Asia/Amman', 2016), ('Africa/Cairo', 2014), ('Europe/Berlin', 2022), ('Pacific/Kwajalein', 1993)) z(zone, year),
	LATERAL (SELECT make_timestamptz(z.year, 1, 1, 12, 0, 0, 'UTC') AS since, make_timestamptz(z.year + 1, 1, 31, 12, 0, 0, 'UTC') AS until) r,
	LATERAL (SELECT ff._steps(r.since, r.until, '1 day', z.zone) AS steps OFFSET 0) s,
	LATERAL (SELECT b.start, lead(b.start, 1, 'infinity') OVER (ORDER BY b.i) AS next, h.n, h.strange FROM unnest(s.steps) WITH ORDINALITY b(start, i)
		LEFT JOIN (SELECT width_bucket(t, s.steps) AS i, count(*) AS n, count(*) FILTER (WHERE (t AT TIME ZONE z.zone)::date IS DISTINCT FROM (s.steps[width_bucket(t, s.steps)] AT TIME ZONE z.zone)::date) AS strange
			FROM generate_series(r.since, r.until - interval '1 second', '30 minutes') t GROUP BY 1) h USING (i)) d
GROUP BY z.zone ORDER BY z.zone;
-- weeks and months begin with such days, too
SELECT ff._steps('2022-10-31 12:00+00', '2022-12-10 00:00+00', '1 month', 'America/Havana');
SELECT ff._steps('2018-10-20 12:00+00', '2018-11-10 00:00+00', '7 days', 'America/Sao_Paulo');
RESET featureflow.project;
SELECT ff_project_delete('anazones', cascade => true);
