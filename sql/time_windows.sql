-- Rules with from and until: their edges, and times that calendars and clocks make hard.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET timezone = 'Europe/Berlin';
SELECT ff_project_create('timewindows') IS NOT NULL;
SET featureflow.project = 'timewindows';
SELECT ff_flag_create('f') IS NOT NULL;

\echo -- from is in, until is out, to the microsecond
DO $$
DECLARE
	start timestamptz := statement_timestamp();
	rule jsonb;
BEGIN
	FOR offsets IN -1 .. 1 LOOP
		PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', 'w', 'serve', 'on', 'from', start + offsets * interval '1 microsecond')));
		RAISE NOTICE 'from % microseconds: %', offsets, ff_is_enabled('u', 'f');
		PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', 'w', 'serve', 'on', 'until', start + offsets * interval '1 microsecond')));
		RAISE NOTICE 'until % microseconds: %', offsets, ff_is_enabled('u', 'f');
	END LOOP;
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', 'w', 'serve', 'on',
		'from', start, 'until', start + interval '1 microsecond')));
	RAISE NOTICE 'the shortest window: %', ff_is_enabled('u', 'f');
	-- what is finer than a microsecond is cut off
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', 'w', 'serve', 'on',
		'from', to_char(start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"999Z"'))));
	RAISE NOTICE 'nanoseconds: %', ff_is_enabled('u', 'f');
END $$;
-- one statement, one time: the window cannot open between two rows of it
SELECT ff_flag_rules('f', jsonb_build_array(jsonb_build_object('serve', 'on', 'from', clock_timestamp() + interval '300 milliseconds')));
SELECT count(DISTINCT ff_is_enabled('u', 'f')), bool_or(ff_is_enabled('u', 'f')) FROM (SELECT pg_sleep(0.2) FROM generate_series(1, 3)) x;
SELECT ff_is_enabled('u', 'f');

-- Rules with one window, as the calendar has it in UTC.
CREATE FUNCTION pg_temp.window(from_text text, until_text text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('id', 'w', 'serve', 'on', 'from', from_text, 'until', until_text)));
	RETURN QUERY SELECT concat_ws(' ', what, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) FROM ff_schedule('-infinity');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN NEXT concat_ws(' | ', SQLSTATE, message, detail);
END;
$$;

\echo -- daylight saving: with an offset each of the two half past two is itself, without one there is no rule
SELECT x.t, w FROM unnest('{2027-10-31T02:30:00+02:00,2027-10-31T02:30:00+01:00,2027-10-31T02:30:00,2027-03-28T02:30:00+01:00,2027-03-28T02:30:00+02:00,2027-03-28T02:30:00}'::text[]) WITH ORDINALITY x(t, i), pg_temp.window(x.t) w ORDER BY x.i;
-- the hour that is there twice, as a window
SELECT * FROM pg_temp.window('2027-10-31T02:00:00+02:00', '2027-10-31T02:00:00+01:00');
SELECT * FROM pg_temp.window('2027-10-31T02:30:00+01:00', '2027-10-31T02:30:00+02:00');

\echo -- leap seconds, leap days, the ends of what can be written
SELECT x.t, w FROM unnest('{2016-12-31T23:59:60Z,2017-01-01T00:59:60+01:00,2016-12-31T23:59:60.9Z,2016-12-30T23:59:60Z,2016-12-31T22:59:60Z,2016-12-31T23:59:61Z,
	2028-02-29T00:00:00Z,2027-02-29T00:00:00Z,2100-02-29T00:00:00Z,0000-01-01T00:00:00Z,9999-12-31T23:59:59.9999999Z,10000-01-01T00:00:00Z,
	2027-01-01t00:00:00z,2027-01-01 00:00:00Z,2027-01-01T24:00:00Z,2027-01-01T00:00:00-00:00,2027-01-01T00:00:00+23:59,2027-01-01T00:00:00+24:00,
	2027-01-01T00:00:00+01,2027-01-01T00:00:00.Z,2027-01-01,tomorrow,now,infinity,""}'::text[]) WITH ORDINALITY x(t, i), pg_temp.window(x.t) w ORDER BY x.i;

\echo -- steps are timestamptz: times without an offset are those of the session
DO $$
DECLARE
	local text;
	step uuid;
BEGIN
	FOREACH local IN ARRAY '{2999-03-31 01:59:59,2999-03-31 02:30:00,2999-03-31 03:30:01,2999-10-27 01:59:59,2999-10-27 02:30:00+02,2999-10-27 02:30:00,2999-10-27 03:00:00}'::text[] LOOP
		step := ff_flag_schedule('f', local::timestamptz, 'enable', 'staging');
		RAISE NOTICE '% is % UTC', local, (SELECT to_char(at AT TIME ZONE 'UTC', 'MM-DD HH24:MI:SS') FROM ff_schedule() WHERE id = step);
	END LOOP;
END $$;
-- the same time by two names
SELECT ff_flag_schedule('f', '2999-10-27 02:30:00+01', 'disable', 'staging');
SELECT ff_flag_schedule('f', '2999-03-31 03:30:00', 'disable', 'staging');
SELECT count(*) FROM ff_schedule() WHERE what = 'enable';

\echo -- the calendar
SELECT ff_flag_unschedule('f', environment => 'staging');
SELECT ff_flag_rules('f', '[
	{"id": "advent", "serve": {"split": {"on": 30, "off": 70}}, "from": "2999-12-01T00:00:00Z", "until": "2999-12-24T18:00:00+01:00"},
	{"serve": "off", "until": "2999-12-01T00:00:00Z"},
	{"id": "always", "serve": "on", "from": null}]');
SELECT ff_flag_schedule('f', '2999-12-01 00:00Z', 'disable', reason => 'maintenance') IS NOT NULL;
SELECT ff_flag_rollout_steps('f', '[{"at": "2999-12-10T00:00:00Z", "percentage": 12.5}, {"at": "2999-12-11T00:00:00Z", "percentage": 100}]', 'development');
SELECT ff_override('f', 'on', user_key => 'ann', expires => '2999-12-05 00:00Z', reason => 'test') IS NOT NULL, ff_override('f', 'on', organization => 'acme') IS NOT NULL,
	ff_override('f', 'on', user_key => 'bob', expires => 'infinity') IS NOT NULL;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT at, flag, environment, what, detail, id IS NOT NULL FROM ff_schedule();
-- from is in, until is out
SELECT at, what FROM ff_schedule('2999-12-01', '2999-12-10');
SELECT at, what FROM ff_schedule(until_time => '2999-12-01');
SELECT at, what FROM ff_schedule('2999-12-11', 'infinity');
SELECT count(*) FROM (SELECT FROM ff_schedule('infinity') UNION ALL SELECT FROM ff_schedule('2999-12-11', '2999-12-01')) x;
SELECT * FROM ff_schedule(project => 'nowhere');
SELECT count(*) FROM ff_schedule(project => 'default') WHERE flag = 'f' AND environment IN ('development', 'production') AND at > '2999-01-01';
SELECT ff_project_delete('timewindows', cascade => true);
