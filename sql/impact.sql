-- What a change would do to the users of a relation: foretold, and as it then is.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT ff_project_create('impact') IS NOT NULL;
SET featureflow.project = 'impact';
CREATE SCHEMA impact_app;
CREATE TABLE impact_app.users (id bigint PRIMARY KEY, country text, "Plan level" int, plan text, joined timestamptz, email text, organization text, t text);
INSERT INTO impact_app.users
SELECT i, (ARRAY['DE', 'FR', 'US', NULL])[1 + i % 4], i % 7, (ARRAY['free', 'pro'])[1 + i % 2], timestamptz '2026-01-01 00:00+00' + i * interval '1 hour',
	'u' || i || '@example.com', 'org' || i % 3, 'x' FROM generate_series(1, 1000) i;
SELECT ff_flag_create('checkout') IS NOT NULL, ff_flag_create('theme', 'string', '["light", "dark", "contrast"]') IS NOT NULL;
SELECT ff_plan_create('basic', 0) IS NOT NULL, ff_plan_create('paid', 5) IS NOT NULL;

\echo -- a rollout: who is in stays in
SELECT ff_flag_rollout('checkout', 20);
SELECT variation_before, variation_after, changed, rows, share, cardinality(sample), reason_before, rule_before, reason_after, rule_after
FROM ff_impact('checkout', '{"rollout": 50}', 'impact_app.users');
SELECT sum(rows), sum(share) FROM ff_impact('checkout', '{"rollout": 50}', 'impact_app.users');
SELECT variation_before, variation_after, rows FROM ff_impact('checkout', '{"rollout": {"percentage": 20, "by": "email"}}', 'impact_app.users');
SELECT variation_before, variation_after, rows FROM ff_impact('checkout', '{"salt": "another"}', 'impact_app.users');
-- nothing to change
SELECT variation_before, variation_after, changed FROM ff_impact('checkout', '{}', 'impact_app.users') ORDER BY 1;

\echo -- by which rule
SELECT ff_flag_rules('checkout', '[{"id": "de", "when": {"attribute": "country", "op": "eq", "value": "DE"}, "serve": true}]');
SELECT variation_before, variation_after, changed, rows, reason_before, rule_before, reason_after, rule_after
FROM ff_impact('checkout', '{"rules": [{"id": "high", "when": {"attribute": "Plan level", "op": "ge", "value": 5}, "serve": false},
	{"id": "new", "when": {"attribute": "joined", "op": "after", "value": "2026-02-01T00:00:00Z"}, "serve": {"split": {"on": 50, "off": 50}}}]}', 'impact_app.users');
SELECT variation_before, variation_after, rows, rule_before, rule_after FROM ff_impact('checkout', '{"rules": null, "default": true}', 'impact_app.users');

\echo -- the sample: the smallest keys, in order
SELECT sample FROM ff_impact('checkout', '{"targets": {"true": ["7", "77", "777"]}}', 'impact_app.users') WHERE rule_after = 'target';
SELECT sample = (SELECT array_agg(k ORDER BY k) FROM (SELECT id::text COLLATE "C" AS k FROM impact_app.users WHERE country = 'DE' ORDER BY 1 LIMIT 10) x)
FROM ff_impact('checkout', '{"killed": true}', 'impact_app.users') WHERE rule_before = 'de';
SELECT ff._smallest(k) FROM unnest('{b,a,NULL,c,a,Z,"",bb}'::text[]) k;
SELECT ff._smallest_merge('{1,3,5,7,9}', '{0,2,4,6,8,91}'), ff._smallest_merge('{}', '{x}'), ff._smallest(NULL);

\echo -- what is foretold is what comes: every kind of change, and the answers before and after it
CREATE TABLE impact_app.cases (place serial, change jsonb, act text);
INSERT INTO impact_app.cases (change, act) VALUES
	('{"rollout": 35}', $$ff_flag_rollout('checkout', 35)$$),
	('{"rollout": {"percentage": 12.5, "variation": "on", "by": "organization"}}', $$ff_flag_rollout('checkout', 12.5, variation => 'on', by => 'organization')$$),
	('{"rollout": {"percentage": 60, "by": ""}}', $$ff_flag_rollout('checkout', 60, by => '')$$),
	('{"rules": [{"id": "fr", "when": {"attribute": "country", "op": "in", "values": ["FR", "US"]}, "serve": {"split": {"false": 30, "true": 70}}}]}',
		$$ff_flag_rules('checkout', '[{"id": "fr", "when": {"attribute": "country", "op": "in", "values": ["FR", "US"]}, "serve": {"split": {"false": 30, "true": 70}}}]')$$),
	('{"targets": {"on": ["1", "2", "3"], "off": ["4"]}}', $$ff_flag_target('checkout', 'on', '{1,2,3}'), ff_flag_target('checkout', 'off', '{4}')$$),
	('{"default": {"split": [{"variation": "off", "weight": 10}, {"variation": "on", "weight": 90}]}}',
		$$ff_flag_default('checkout', '{"split": [{"variation": "off", "weight": 10}, {"variation": "on", "weight": 90}]}')$$),
	('{"salt": "pepper"}', $$ff_flag_salt('checkout', 'pepper')$$),
	('{"min_plan": "paid"}', $$ff_flag_plan('checkout', 'paid')$$),
	('{"min_plan": null, "enabled": false}', $$ff_flag_plan('checkout', NULL), ff_flag_disable('checkout')$$),
	('{"off_variation": true}', $$ff_flag_off('checkout', 'true')$$),
	('{"enabled": true, "off_variation": "off"}', $$ff_flag_enable('checkout'), ff_flag_off('checkout', 'off')$$),
	('{"overrides": {"user:5": "on", "user:6": {"variation": "off"}, "user:7": {"variation": "on", "expires_at": "2026-01-01T00:00:00Z"}, "organization:org1": false}}',
		$$ff_override('checkout', 'on', user_key => '5', reason => 'x'), ff_override('checkout', 'off', user_key => '6', reason => 'x'),
			ff_override('checkout', 'off', organization => 'org1', reason => 'x')$$),
	('{"prerequisites": {"theme": "dark"}}', $$ff_flag_default('theme', '{"split": {"dark": 50, "light": 50}}'), ff_flag_require('checkout', 'theme', 'dark')$$),
	('{"prerequisites": {}, "killed": true}', $$ff_flag_unrequire('checkout', 'theme'), ff_flag_kill('checkout')$$),
	('{"killed": false}', $$ff_flag_revive('checkout')$$),
	('{"overrides": {}}', $$ff_override_remove('checkout', user_key => '5'), ff_override_remove('checkout', user_key => '6'), ff_override_remove('checkout', organization => 'org1')$$),
	('{"archived": true}', $$ff_flag_archive('checkout')$$),
	('{"archived": false, "targets": {}}', $$ff_flag_unarchive('checkout'), ff_flag_untarget('checkout')$$);
CREATE TABLE impact_app.answers AS SELECT u.id, false AS later, d.* FROM impact_app.users u, ff_evaluate_detail(NULL, 'none') d WHERE false;
CREATE FUNCTION pg_temp.answer(later boolean) RETURNS void LANGUAGE sql AS $$
	INSERT INTO impact_app.answers SELECT u.id, later, d.* FROM impact_app.users u, ff_evaluate_detail(u.id::text, 'checkout', to_jsonb(u)) d;
$$;
CREATE TEMP TABLE foretold AS SELECT * FROM ff_impact('checkout', '{}', 'impact_app.users') LIMIT 0;
-- what is foretold and does not come, or comes and was not foretold
CREATE FUNCTION pg_temp.differs() RETURNS TABLE (variation_before text, variation_after text, n bigint, rule_before text, rule_after text, reasons text) LANGUAGE sql AS $$
	WITH told AS (SELECT variation_before, variation_after, rows, rule_before, rule_after, reason_before || ' ' || reason_after FROM foretold),
	came AS (SELECT b.variation, a.variation, count(*), b.rule, a.rule, b.reason || ' ' || a.reason
		FROM impact_app.answers b JOIN impact_app.answers a USING (id) WHERE a.later AND NOT b.later GROUP BY 1, 2, 4, 5, 6)
	(TABLE told EXCEPT TABLE came) UNION ALL (TABLE came EXCEPT TABLE told);
$$;
CREATE FUNCTION pg_temp.try(c impact_app.cases) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	entries bigint;
	result text;
BEGIN
	IF c.change ? 'prerequisites' AND c.change -> 'prerequisites' <> '{}' THEN
		PERFORM ff_flag_default('theme', '{"split": {"dark": 50, "light": 50}}');
	END IF;
	entries := (SELECT count(*) + ff_version() FROM ff.audit_log);
	DELETE FROM impact_app.answers;
	PERFORM pg_temp.answer(false);
	DELETE FROM foretold;
	INSERT INTO foretold SELECT * FROM ff_impact('checkout', c.change, 'impact_app.users');
	IF entries <> (SELECT count(*) + ff_version() FROM ff.audit_log) THEN
		RETURN 'something was written';
	END IF;
	EXECUTE 'SELECT ' || c.act;
	PERFORM pg_temp.answer(true);
	SELECT string_agg(d::text, ' ') INTO result FROM pg_temp.differs() d;
	RETURN coalesce(result, format('%s groups, %s users of another value', (SELECT count(*) FROM foretold), (SELECT coalesce(sum(rows), 0) FROM foretold WHERE changed)));
END;
$$;
SET client_min_messages = warning;
SELECT c.change, pg_temp.try(c) FROM impact_app.cases c ORDER BY place;
RESET client_min_messages;

\echo -- a stored version is a change, too
SELECT ff_flag_rollout('checkout', 10), ff_flag_rules('checkout', '[]');
SELECT variation_before, variation_after, changed, rule_after FROM ff_impact('checkout', (SELECT v.document FROM ff.flag_versions v JOIN ff.environments e ON e.id = v.environment_id
	WHERE v.flag_id = (ff._flag(ff._project(NULL), 'checkout')).id AND e.key = 'production' AND v.version = 3), 'impact_app.users') ORDER BY 1, 2;

\echo -- values of variations; a flag of strings
SELECT variation_before, variation_after, changed, rows FROM ff_impact('theme', '{"variations": [{"key": "light", "value": "white"}, "dark", "contrast"]}', 'impact_app.users') ORDER BY 1;
SELECT variation_before, variation_after, changed, rows > 0 FROM ff_impact('theme', '{"default": {"split": {"contrast": 100}}}', 'impact_app.users') ORDER BY 1;

\echo -- steps of the schedule: those that have come are ended, those to come are not here yet
SELECT ff_flag_create('stepped') IS NOT NULL, ff_flag_schedule('stepped', clock_timestamp() + interval '0.1 s', 'serve', variation => 'on') IS NOT NULL,
	ff_flag_schedule('stepped', clock_timestamp() + interval '1 day', 'serve', variation => 'off') IS NOT NULL;
SELECT pg_sleep(0.15);
SELECT variation_before, variation_after FROM ff_impact('stepped', '{"targets": {"on": ["x"]}}', 'impact_app.users');
SELECT variation_before, variation_after FROM ff_impact('stepped', '{"default": "off"}', 'impact_app.users');

\echo -- views, other keys, names that need quotes, rows without a key
CREATE VIEW impact_app.people AS SELECT id * 2 AS "User Id", country, NULL::uuid AS nobody FROM impact_app.users WHERE id <= 40;
SELECT ff_flag_rules('checkout', '[{"when": {"attribute": "country", "op": "eq", "value": "DE"}, "serve": true}]'), ff_flag_default('checkout', 'false');
SELECT variation_before, variation_after, rows, sample FROM ff_impact('checkout', '{"rules": []}', 'impact_app.people', 'User Id');
SELECT variation_before, variation_after, rows, sample FROM ff_impact('checkout', '{"rules": []}', 'impact_app.people', 'nobody');
SELECT variation_before, reason_before, variation_after, changed, rows FROM ff_impact('checkout', '{"rollout": 50}', 'impact_app.people', 'nobody') ORDER BY 1;
SELECT * FROM ff_impact('checkout', '{"rules": []}', 'impact_app.people');
SELECT * FROM ff_impact('checkout', '{"rules": []}', 'impact_app.people', 'none');
SELECT ff_context_source('impact_app.people', 'User Id') IS NOT NULL;
SELECT rows FROM ff_impact('checkout', '{"rules": []}', 'impact_app.people') ORDER BY 1;
CREATE TABLE impact_app.bare (id bigint PRIMARY KEY);
INSERT INTO impact_app.bare SELECT i FROM generate_series(1, 100) i;
-- what the row lacks comes from context sources
SELECT variation_before, variation_after, rows, rule_before FROM ff_impact('checkout', '{"rules": []}', 'impact_app.bare');
SELECT ff_context_source_remove('impact_app.people');
SELECT variation_before, variation_after, rows, rule_before FROM ff_impact('checkout', '{"rules": []}', 'impact_app.bare');
DELETE FROM impact_app.bare;
SELECT * FROM ff_impact('checkout', '{"rules": []}', 'impact_app.bare');

\echo -- columns of other types
CREATE TYPE impact_app.mood AS ENUM ('good', 'bad');
CREATE TABLE impact_app.kinds (id uuid PRIMARY KEY, b boolean, n numeric, f float8, d date, j jsonb, a text[], m impact_app.mood, v varchar(9), gone int, e text);
ALTER TABLE impact_app.kinds DROP COLUMN gone;
INSERT INTO impact_app.kinds VALUES ('00000000-0000-0000-0000-000000000001', true, 1.50, 0.1, '2026-05-01', '{"deep": [1]}', '{x,y}', 'bad', 'vv', NULL);
SELECT c, variation_after FROM unnest(ARRAY['{"attribute": "b", "op": "eq", "value": true}', '{"attribute": "n", "op": "eq", "value": 1.5}',
	'{"attribute": "f", "op": "eq", "value": 0.1}', '{"attribute": "d", "op": "eq", "value": "2026-05-01"}', '{"attribute": "a", "op": "has", "value": "y"}',
	'{"attribute": "m", "op": "eq", "value": "bad"}', '{"attribute": "v", "op": "starts_with", "value": "v"}', '{"attribute": "e", "op": "exists"}',
	'{"attribute": "gone", "op": "exists"}', '{"attribute": "b", "op": "eq", "value": false}']::jsonb[]) c,
	ff_impact('checkout', jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('when', c, 'serve', true))), 'impact_app.kinds');

\echo -- what would be refused is refused, with its path
CREATE FUNCTION pg_temp.refused(change text, flag text DEFAULT 'checkout') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	more text;
BEGIN
	PERFORM ff_impact(flag, change::jsonb, 'impact_app.users');
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS more = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', sqlstate, sqlerrm, more);
END;
$$;
SELECT c, pg_temp.refused(c) FROM unnest(ARRAY['[]', NULL, '{"rule": []}', '{"rules": [{"when": {"attribute": "a", "op": "eqq", "value": 1}, "serve": true}]}',
	'{"rules": [{"when": {"segment": "none"}, "serve": true}]}', '{"rules": [{"serve": "blue"}]}', '{"rules": [{"when": {"attribute": "a", "op": "matches", "value": "("}, "serve": true}]}',
	'{"default": {"split": {"on": 50}}}', '{"default": null}', '{"targets": {"blue": ["x"]}}', '{"targets": {"on": ["x"], "off": ["x"]}}', '{"enabled": "yes"}', '{"off_variation": "blue"}',
	'{"rollout": 101}', '{"rollout": "half"}', '{"rollout": {"percentage": 5, "salt": "x"}}', '{"rollout": 5, "default": "on"}', '{"min_plan": "gold"}', '{"kind": "json"}', '{"kind": "boolean"}',
	'{"key": "other"}', '{"variations": ["a", "b"]}', '{"prerequisites": {"none": "on"}}', '{"prerequisites": {"checkout": "on"}}', '{"prerequisites": ["theme"]}', '{"overrides": {"ann": "on"}}',
	'{"overrides": {"user:ann": "blue"}}', '{"killed": 1}']) c;
SELECT ff_flag_require('theme', 'checkout');
SELECT pg_temp.refused('{"prerequisites": {"theme": "dark"}}');
SELECT pg_temp.refused('{}', 'none');
SELECT pg_temp.refused('{"variations": ["light", "dark"]}', 'theme'), ff_override('theme', 'contrast', user_key => '1', reason => 'x') IS NOT NULL;
SELECT pg_temp.refused('{"variations": ["light", "dark"]}', 'theme');
SELECT * FROM ff_impact('checkout', '{}', NULL);
SELECT * FROM ff_impact('checkout', '{}', 'impact_app.users', environment => 'none');

\echo -- session overrides are not of the users
SET featureflow.allow_overrides = on;
SELECT ff_session_override('checkout', 'on');
SELECT DISTINCT rule_before, rule_after FROM ff_impact('checkout', '{"rules": []}', 'impact_app.users') ORDER BY 1;
SELECT ff_session_reset();
RESET featureflow.allow_overrides;

\echo -- with the rights of who asks, and what row-level security shows
SET client_min_messages = warning;
DROP ROLE IF EXISTS impact_admin, impact_reader;
RESET client_min_messages;
CREATE ROLE impact_admin; CREATE ROLE impact_reader;
SELECT ff_grant('impact_admin', 'admin'), ff_grant('impact_reader', 'evaluate');
GRANT USAGE ON SCHEMA impact_app TO impact_admin, impact_reader;
GRANT SELECT ON impact_app.users TO impact_reader;
SET ROLE impact_reader;
SELECT * FROM ff_impact('checkout', '{"rules": []}', 'impact_app.users');
RESET ROLE;
SET ROLE impact_admin;
SELECT * FROM ff_impact('checkout', '{"rules": []}', 'impact_app.users');
RESET ROLE;
GRANT SELECT ON impact_app.users TO impact_admin;
ALTER TABLE impact_app.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY german ON impact_app.users TO impact_admin USING (country = 'DE');
SET ROLE impact_admin;
SELECT variation_before, variation_after, rows FROM ff_impact('checkout', '{"rules": []}', 'impact_app.users');
RESET ROLE;
SELECT ff_revoke('impact_admin', 'admin'), ff_revoke('impact_admin', 'evaluate'), ff_revoke('impact_reader', 'evaluate');
REVOKE ALL ON SCHEMA public FROM impact_admin, impact_reader;
DROP OWNED BY impact_admin, impact_reader;
DROP ROLE impact_admin, impact_reader;

SET client_min_messages = warning;
DROP SCHEMA impact_app CASCADE;
RESET client_min_messages;
SELECT ff_project_delete('impact', cascade => true);
