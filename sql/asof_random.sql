-- What ff_evaluate_detail answered while a project was changed at random is what
-- ff_evaluate_at says later, column by column.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT ff_project_create('asofrandom') IS NOT NULL;
SET featureflow.project = 'asofrandom';
CREATE TEMP TABLE seen (at timestamptz, user_key text, flag text, attributes jsonb, told ff.evaluation);
CREATE TEMP TABLE acts (act text, error text);
CREATE FUNCTION pg_temp.pick(VARIADIC x text[]) RETURNS text LANGUAGE sql AS $$ SELECT x[1 + floor(random() * cardinality(x))::int]; $$;

-- one change, as a statement
CREATE FUNCTION pg_temp.act(what int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f text := pg_temp.pick('a', 'b', 'c');
	g text := pg_temp.pick('a', 'b', 'c');
	s text := pg_temp.pick('s', 't');
	u text := pg_temp.pick('ann', 'ben', 'carl');
	e text := pg_temp.pick('production', 'production', 'staging');
	way text := pg_temp.pick('on', 'off');
	percentage int := floor(random() * 100);
	soon text := format('clock_timestamp() + interval ''%s ms''', 50 + percentage * 2);
BEGIN
	RETURN 'SELECT ' || CASE what
		WHEN 0 THEN format('ff_flag_create(%L)', f)
		WHEN 1 THEN format('ff_flag_rollout(%L, %s, %L)', f, percentage, e)
		WHEN 2 THEN format('ff_flag_disable(%L, %L)', f, e)
		WHEN 3 THEN format('ff_flag_enable(%L, %L)', f, e)
		WHEN 4 THEN format('ff_flag_kill(%L)', f)
		WHEN 5 THEN format('ff_flag_revive(%L)', f)
		WHEN 6 THEN format('ff_flag_require(%L, %L, %L)', f, g, way)
		WHEN 7 THEN format('ff_flag_unrequire(%L, %L)', f, g)
		WHEN 8 THEN format('ff_flag_rules(%L, ''[{"id": "r%s", "when": {"segment": "%s"}, "serve": "%s"}]'', %L)', f, percentage, s, way, e)
		WHEN 9 THEN format('ff_flag_rules(%L, ''[]'', %L)', f, e)
		WHEN 10 THEN format('ff_segment_update(%L, ''{"attribute": "country", "op": "eq", "value": "%s"}'')', s, pg_temp.pick('DE', 'FR'))
		WHEN 11 THEN format('ff_segment_add(%L, ARRAY[%L])', s, u)
		WHEN 12 THEN format('ff_segment_remove(%L, ARRAY[%L])', s, u)
		WHEN 13 THEN format('ff_segment_clear(%L)', s)
		WHEN 14 THEN format('ff_override(%L, %L, user_key => %L, environment => %L, reason => ''x'')', f, way, u, e)
		WHEN 15 THEN format('ff_override(%L, %L, user_key => %L, environment => %L, reason => ''x'', expires => %s)', f, way, u, e, soon)
		WHEN 16 THEN format('ff_override_remove(%L, user_key => %L, environment => %L)', f, u, e)
		WHEN 17 THEN format('ff_flag_target(%L, %L, ARRAY[%L], %L)', f, way, u, e)
		WHEN 18 THEN format('ff_flag_untarget(%L, NULL, NULL, %L)', f, e)
		WHEN 19 THEN format('ff_flag_schedule(%L, %s, %L, %L)', f, soon, pg_temp.pick('enable', 'disable'), e)
		WHEN 20 THEN format('ff_flag_plan(%L, %L)', f, pg_temp.pick('pro', NULL))
		WHEN 21 THEN format('ff_plan_update(''pro'', level => %s)', percentage % 3)
		WHEN 22 THEN format('ff_flag_rollback(%L, 2, %L)', f, e)
		WHEN 23 THEN format('ff_flag_archive(%L)', f)
		WHEN 24 THEN format('ff_flag_unarchive(%L)', f)
		WHEN 25 THEN format('ff_flag_off(%L, %L, %L)', f, way, e)
		ELSE format('ff_flag_delete(%L)', f) END;
END;
$$;
CREATE FUNCTION pg_temp.try(act text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE act;
	INSERT INTO acts VALUES (act);
EXCEPTION WHEN OTHERS THEN
	INSERT INTO acts VALUES (act, sqlerrm);
END;
$$;
CREATE FUNCTION pg_temp.look() RETURNS void LANGUAGE sql AS $$
	INSERT INTO seen SELECT statement_timestamp(), u, f, a::jsonb, ff_evaluate_detail(u, f, a::jsonb)
	FROM unnest('{ann,ben}'::text[]) u, unnest('{a,b,c}'::text[]) f,
		unnest(ARRAY['{"country": "DE", "plan": "pro"}', '{"country": "ES"}']) a;
$$;
SELECT ff_segment_create(k, '{"any": []}') IS NOT NULL FROM unnest('{s,t}'::text[]) k;
SELECT ff_plan_create('pro', 1) IS NOT NULL;
SELECT ff_flag_create(k) IS NOT NULL FROM unnest('{a,b,c}'::text[]) k;
SELECT setseed(0.5);
\o /dev/null
\set ECHO none
-- each kind in turn, deletions last
SELECT x.act FROM generate_series(0, 26 * 8) i
CROSS JOIN LATERAL (VALUES (1, format('SELECT pg_temp.try(%L)', pg_temp.act(CASE WHEN i % 60 = 59 THEN 26 ELSE (i * 7) % 26 END))),
	(2, 'SELECT pg_temp.look()')) x(o, act) ORDER BY i, o
\gexec
\o
\set ECHO all
-- enough has happened
SELECT count(*) FILTER (WHERE error IS NULL) > 100, count(DISTINCT split_part(act, '(', 1)) FILTER (WHERE error IS NULL) > 20 FROM acts;
SELECT count(*), count(DISTINCT (told).rule) > 6, count(DISTINCT (told).reason) > 4 FROM seen;
-- the number of the version is 0 for a flag that has been deleted since
SELECT s.told, e.* FROM seen s CROSS JOIN LATERAL ff_evaluate_at(s.user_key, s.flag, s.at, s.attributes) e
WHERE NOT e.certain OR ((s.told).value, (s.told).variation, (s.told).reason, (s.told).rule, (s.told).error_code, (s.told).required_plan,
		CASE e.version WHEN 0 THEN NULL ELSE (s.told).version END)
	IS DISTINCT FROM (e.value, e.variation, e.reason, e.rule, e.error_code, e.required_plan, nullif(e.version, 0))
ORDER BY s.at LIMIT 10;
SELECT count(*) FILTER (WHERE e.version = (s.told).version) > 100 FROM seen s
CROSS JOIN LATERAL ff_evaluate_at(s.user_key, s.flag, s.at, s.attributes) e;
SELECT ff_project_delete('asofrandom', cascade => true);
