-- Evaluation as of a time: what a user got then, by what was in force then.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET timezone = 'UTC';
SELECT ff_project_create('asof') IS NOT NULL;
SET featureflow.project = 'asof';

-- times by name
CREATE TEMP TABLE marks (name text PRIMARY KEY, at timestamptz);
CREATE FUNCTION pg_temp.mark(name text) RETURNS void LANGUAGE sql AS $$ INSERT INTO marks VALUES (name, clock_timestamp()); $$;
CREATE FUNCTION pg_temp.told(name text, flag text, user_key text DEFAULT 'ann', attributes jsonb DEFAULT NULL, OUT variation text,
	OUT reason text, OUT rule text, OUT error_code text, OUT certain boolean, OUT notes text) LANGUAGE sql AS $$
	SELECT e.variation, e.reason, e.rule, e.error_code, e.certain,
		nullif(regexp_replace(array_to_string(e.notes, '; '), '\d{4}-\d\d-\d\dT[\d:.]+Z', 'TIME', 'g'), '')
	FROM marks m CROSS JOIN LATERAL ff_evaluate_at(user_key, flag, m.at, attributes) e WHERE m.name = $1;
$$;

\echo -- the life of a flag
SELECT pg_temp.mark('before');
SELECT ff_flag_create('checkout') IS NOT NULL;
SELECT pg_temp.mark('created');
SELECT ff_flag_default('checkout', 'true');
SELECT pg_temp.mark('on');
SELECT ff_flag_target('checkout', 'off', '{ann}');
SELECT pg_temp.mark('target');
SELECT ff_override('checkout', 'on', user_key => 'ann', reason => 'complaint', expires => clock_timestamp() + interval '0.2 s') IS NOT NULL;
SELECT pg_temp.mark('override');
SELECT pg_sleep(0.25);
SELECT pg_temp.mark('expired');
SELECT ff_override_remove('checkout', user_key => 'ann');
SELECT ff_flag_kill('checkout');
SELECT pg_temp.mark('killed');
SELECT ff_flag_revive('checkout');
SELECT ff_flag_untarget('checkout');
SELECT ff_flag_disable('checkout');
SELECT pg_temp.mark('disabled');
SELECT ff_flag_rollback('checkout', 2) IS NOT NULL;
SELECT pg_temp.mark('rolled back');
SELECT ff_flag_archive('checkout');
SELECT pg_temp.mark('archived');
SELECT ff_flag_delete('checkout');
SELECT pg_temp.mark('deleted');
SELECT ff_flag_create('checkout', 'string', '["a", "b"]') IS NOT NULL;
SELECT pg_temp.mark('another');
SELECT name, t.* FROM marks, pg_temp.told(name, 'checkout') t ORDER BY at;

\echo -- what it hangs on: prerequisites, segments in segments, plans, rules that begin and end
SELECT ff_flag_create('base') IS NOT NULL, ff_flag_create('top') IS NOT NULL;
SELECT ff_flag_default('base', 'true'), ff_flag_default('top', 'true'), ff_flag_require('top', 'base');
SELECT pg_temp.mark('p1');
SELECT ff_flag_default('base', 'false');
SELECT pg_temp.mark('p2');
SELECT ff_flag_unrequire('top', 'base'), ff_flag_delete('base');
SELECT ff_segment_create('inner', '{"attribute": "country", "op": "eq", "value": "DE"}') IS NOT NULL;
SELECT ff_segment_create('outer', '{"all": [{"segment": "inner"}, {"attribute": "age", "op": "ge", "value": 18}]}') IS NOT NULL;
SELECT ff_flag_rules('top', '[{"id": "grown-ups", "when": {"segment": "outer"}, "serve": false}]');
SELECT pg_temp.mark('p3');
SELECT ff_segment_update('inner', '{"attribute": "country", "op": "eq", "value": "FR"}');
SELECT pg_temp.mark('p4');
SELECT ff_flag_rules('top', '[]'), ff_segment_delete('outer');
SELECT ff_plan_create('gold', 5) IS NOT NULL, ff_plan_create('lead', 1) IS NOT NULL;
SELECT ff_flag_plan('top', 'gold');
SELECT pg_temp.mark('p5');
SELECT ff_plan_update('lead', level => 9);
SELECT pg_temp.mark('p6');
SELECT ff_flag_plan('top', NULL), ff_plan_delete('gold');
SELECT ff_flag_rules('top', jsonb_build_array(jsonb_build_object('id', 'window', 'serve', false, 'until', ff._utc(clock_timestamp() + interval '0.2 s'))));
SELECT pg_temp.mark('p7');
SELECT pg_sleep(0.25);
SELECT pg_temp.mark('p8');
SELECT name, t.* FROM marks, pg_temp.told(name, 'top', 'ann', '{"country": "DE", "age": 20, "plan": "lead"}') t WHERE name LIKE 'p_' ORDER BY at;

\echo -- steps by the clock that was then
SELECT ff_flag_create('sale') IS NOT NULL;
SELECT ff_flag_schedule('sale', clock_timestamp() + interval '0.2 s', 'serve', variation => 'on') IS NOT NULL;
SELECT ff_flag_schedule('sale', clock_timestamp() + interval '1 day', 'disable') IS NOT NULL;
SELECT pg_temp.mark('s1');
SELECT pg_sleep(0.25);
SELECT pg_temp.mark('s2');
SELECT ff_flag_default('sale', 'false');
SELECT pg_temp.mark('s3');
DELETE FROM ff.schedules WHERE flag_id = (ff._flag(ff._project(NULL), 'sale')).id AND at < now();
INSERT INTO marks VALUES ('s4', now() + interval '1 hour'), ('s5', now() + interval '2 days');
SELECT name, t.* FROM marks, pg_temp.told(name, 'sale') t WHERE name LIKE 's_' ORDER BY at;

\echo -- lists
SELECT ff_segment_create('list', '{"any": []}') IS NOT NULL, ff_flag_create('listed') IS NOT NULL;
SELECT ff_flag_rules('listed', '[{"id": "list", "when": {"segment": "list"}, "serve": true}]');
SELECT pg_temp.mark('l1');
SELECT ff_segment_add('list', '{ann,ben}');
SELECT pg_temp.mark('l2');
SELECT ff_segment_remove('list', '{ann}');
SELECT pg_temp.mark('l3');
-- by number only
SELECT ff_segment_add('list', (SELECT array_agg('u' || i) FROM generate_series(1, 101) i));
SELECT pg_temp.mark('l4');
SELECT ff_segment_add('list', '{ann}');
SELECT pg_temp.mark('l5');
SELECT ff_segment_clear('list');
SELECT pg_temp.mark('l6');
SELECT ff_segment_add('list', '{ben}');
SELECT pg_temp.mark('l7');
-- ben came by name and left by number; the others may be of those who came by number
SELECT u, name, t.variation, t.certain, t.notes FROM marks, unnest('{ann,ben,u7}'::text[]) u, pg_temp.told(name, 'listed', u) t
WHERE name LIKE 'l_' ORDER BY u, at;
-- a list that was empty, and one whose segment is gone
SELECT ff_segment_create('filled') IS NOT NULL, ff_flag_create('big') IS NOT NULL;
SELECT ff_flag_rules('big', '[{"when": {"segment": "filled"}, "serve": true}]');
SELECT pg_temp.mark('b1');
SELECT ff_segment_add('filled', (SELECT array_agg('u' || i) FROM generate_series(1, 200) i));
SELECT pg_temp.mark('b2');
SELECT u, name, t.variation, t.certain, t.notes FROM marks, unnest('{u7,ann}'::text[]) u, pg_temp.told(name, 'big', u) t WHERE name LIKE 'b_' ORDER BY u, at;
SELECT ff_flag_delete('big'), ff_segment_delete('filled');
SELECT u, name, t.variation, t.certain, t.notes FROM marks, unnest('{u7,ann}'::text[]) u, pg_temp.told(name, 'big', u) t WHERE name LIKE 'b_' ORDER BY u, at;
-- what nothing asks for leaves no doubt
SELECT t.* FROM pg_temp.told('l3', 'top', 'u7') t;

\echo -- what is read as it is today
CREATE SCHEMA asof_app;
CREATE TABLE asof_app.users (id text PRIMARY KEY, country text, vip boolean);
INSERT INTO asof_app.users VALUES ('ann', 'DE', true), ('ben', 'FR', false);
SELECT ff_context_source('asof_app.users', 'id', '{country}') IS NOT NULL;
SELECT ff_segment_query('vips', 'SELECT vip FROM asof_app.users WHERE id = $1') IS NOT NULL;
SELECT ff_flag_create('live') IS NOT NULL;
SELECT ff_flag_rules('live', '[{"id": "vips", "when": {"segment": "vips"}, "serve": true}, {"id": "fr", "when": {"attribute": "country", "op": "eq", "value": "FR"}, "serve": true}]');
SELECT pg_temp.mark('r1');
SELECT t.* FROM unnest('{ann,ben}'::text[]) u, pg_temp.told('r1', 'live', u) t;
SELECT t.* FROM pg_temp.told('r1', 'live', 'ann', '{"country": "DE"}') t;
-- a query that was changed is not run again, nor a source read that was taken away
SELECT ff_segment_query('vips', 'SELECT $1 = ''ann''::text') IS NOT NULL;
SELECT ff_context_source_remove('asof_app.users');
SELECT t.* FROM unnest('{ann,ben}'::text[]) u, pg_temp.told('r1', 'live', u) t;
DROP SCHEMA asof_app CASCADE;

\echo -- a transaction counts whole
BEGIN;
SELECT ff_flag_create('both') IS NOT NULL;
SAVEPOINT s;
SELECT ff_flag_default('both', 'true');
SELECT pg_sleep(0.01);
INSERT INTO marks VALUES ('t1', clock_timestamp());
SELECT pg_sleep(0.01);
ROLLBACK TO s;
INSERT INTO marks VALUES ('t1', clock_timestamp());
SELECT pg_sleep(0.01);
SELECT ff_flag_disable('both', 'staging');
COMMIT;
SELECT pg_temp.mark('t2');
SELECT name, t.* FROM marks, pg_temp.told(name, 'both') t WHERE name LIKE 't_' ORDER BY at;
-- when the newest change that counts was made, and how that is known
SELECT e.changed_at < m.at, e.changed_at > (SELECT at FROM marks WHERE name = 't1'), e.clock FROM marks m, ff_evaluate_at('ann', 'both', m.at) e WHERE m.name = 't2';

\echo -- keys of today
SELECT ff_environment_create('qa') IS NOT NULL;
SELECT pg_temp.mark('k1');
SELECT ff_environment_update('qa', key => 'quality'), ff_project_update('asof', key => 'asof-two');
SET featureflow.project = 'asof-two';
SELECT m.name, e.variation, e.reason, e.error_code, e.notes FROM marks m, ff_evaluate_at('ann', 'both', m.at, environment => 'quality') e WHERE name IN ('t2', 'k1') ORDER BY at;
SELECT e.reason, e.error_code, e.certain, e.notes FROM marks m, ff_evaluate_at('ann', 'both', m.at, environment => 'qa') e WHERE name = 'k1';
SELECT ff_project_update('asof-two', key => 'asof');
SET featureflow.project = 'asof';

\echo -- session overrides have no part in it
SET featureflow.allow_overrides = on;
SELECT ff_session_override('both', 'on');
SELECT (ff_evaluate_detail('ann', 'both')).rule, (ff_evaluate_at('ann', 'both', now())).rule;
SELECT ff_session_reset();
RESET featureflow.allow_overrides;

\echo -- no user, no flag, no time
SELECT (ff_evaluate_at(NULL, 'both', now())).variation, (ff_evaluate_at('ann', NULL, now())).error_code, (ff_evaluate_at('ann', '', now())).error_code;
SELECT ff_evaluate_at('ann', 'both', NULL);
SELECT ff_evaluate_at('ann', 'both', 'infinity');

\echo -- a person who was erased
SELECT ff_flag_create('private', owner => 'eve@example.com') IS NOT NULL;
SELECT ff_flag_default('private', 'true'), ff_flag_target('private', 'off', '{eve@example.com,ann}');
SELECT ff_override('private', 'off', user_key => 'eve@example.com', reason => 'vip') IS NOT NULL;
SELECT pg_temp.mark('e1');
SELECT ff_flag_update('private', owner => ''), ff_flag_untarget('private'), ff_override_remove('private', user_key => 'eve@example.com');
SELECT pg_temp.mark('e2');
SELECT name, u, t.* FROM marks, unnest('{ann,ben,eve@example.com}'::text[]) u, pg_temp.told(name, 'private', u) t WHERE name LIKE 'e_' ORDER BY at, u;
SELECT ff_audit_erase('eve@example.com') > 0;
SELECT name, u, t.variation, t.reason, t.rule, t.certain FROM marks, unnest('{ann,ben}'::text[]) u, pg_temp.told(name, 'private', u) t WHERE name LIKE 'e_' ORDER BY at, u;
SELECT regexp_replace(n, 'entry \d+', 'entry N') FROM marks m, unnest((ff_evaluate_at('ben', 'private', m.at)).notes) n WHERE m.name = 'e1';
-- deleted since: no version stands for it
SELECT ff_flag_delete('private');
SELECT t.variation, t.reason, t.error_code, t.certain FROM pg_temp.told('e1', 'private') t;

\echo -- a segment that named a person
SELECT ff_segment_create('ours', '{"attribute": "email", "op": "eq", "value": "eve@example.com"}') IS NOT NULL, ff_flag_create('named') IS NOT NULL;
SELECT ff_flag_rules('named', '[{"when": {"segment": "ours"}, "serve": true}]');
SELECT pg_temp.mark('n1');
SELECT ff_segment_update('ours', '{"any": []}');
SELECT t.variation, t.certain FROM pg_temp.told('n1', 'named', 'ann', '{"email": "eve@example.com"}') t;
SELECT ff_audit_erase('eve@example.com') > 0;
SELECT t.variation, t.certain, regexp_replace(t.notes, 'entry \d+', 'entry N') FROM pg_temp.told('n1', 'named', 'ann', '{"email": "eve@example.com"}') t;

\echo -- entries that a restore has brought beside those of the dump
SELECT ff_flag_create('restored') IS NOT NULL;
SELECT pg_temp.mark('d1');
SELECT ff_flag_default('restored', 'true');
SELECT pg_temp.mark('d2');
INSERT INTO ff.audit_log (project_id, number, at, transaction_id, table_name, action, record_id, flag_id, session_role, acting_role, new)
SELECT project_id, (SELECT max(number) + 1 FROM ff.audit_log WHERE project_id = f.project_id), now(), 1, 'flags', 'insert', id::text, id, 'x', 'x', to_jsonb(f)
FROM ff.flags f WHERE key = 'restored' AND project_id = ff._project(NULL);
SELECT name, t.* FROM marks, pg_temp.told(name, 'restored') t WHERE name LIKE 'd_' ORDER BY at;
DELETE FROM ff.audit_log WHERE session_role = 'x' AND project_id = ff._project(NULL);

\echo -- who may ask
SET client_min_messages = warning;
DROP ROLE IF EXISTS asof_reader;
RESET client_min_messages;
CREATE ROLE asof_reader;
SELECT format('SET ROLE asof_reader; SELECT (ff_evaluate_at(''ann'', ''both'', %L)).variation; RESET ROLE;', at) AS ask FROM marks WHERE name = 't2' \gset
:ask
RESET ROLE;
SELECT ff_grant('asof_reader', 'evaluate');
:ask
-- but not for the rows themselves
SET ROLE asof_reader;
SELECT * FROM ff._rows_at(ff_version()::text::uuid, 1, 'flags', '{}');
RESET ROLE;
SELECT ff_revoke('asof_reader', 'evaluate');
REVOKE ALL ON SCHEMA public FROM asof_reader;
DROP ROLE asof_reader;

\echo -- entries that are gone
SELECT pg_temp.mark('g1');
SELECT pg_sleep(0.01);
SELECT ff_audit_retain('0 s', 'asof') > 0;
SELECT pg_temp.mark('g2');
\set VERBOSITY terse
SELECT variation FROM marks m, ff_evaluate_at('ann', 'both', m.at) WHERE name = 'g2';
DO $$ BEGIN
	PERFORM ff_evaluate_at('ann', 'both', (SELECT at FROM pg_temp.marks WHERE name = 'g1'), project => 'asof');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	RAISE NOTICE '% %', sqlstate, regexp_replace(sqlerrm, '\d{4}-\S+', 'TIME');
END $$;
SELECT ff_project_delete('asof', cascade => true);
