-- Overrides of a session, assertions and debugging.
\pset null (null)
\set SHOW_CONTEXT never
-- The settings exist before the library is loaded, and keep what was valid.
SET featureflow.override = 'a=on';
SET featureflow.environment = 'production';
SELECT ff_version() IS NOT NULL AS loaded;
SHOW featureflow.override;
SHOW featureflow.allow_overrides;
SHOW featureflow.environment;
SHOW featureflow.project;
SHOW featureflow.debug;
RESET featureflow.override;

DO $$ BEGIN
	PERFORM ff_project_create('eval_session');
	SET featureflow.project = 'eval_session';
	PERFORM ff_flag_create('checkout');
	PERFORM ff_flag_create('theme', 'string', '["light", "dark"]');
END $$;
-- All settings, once a session has changed anything.
SELECT name, context, vartype, reset_val FROM pg_settings WHERE name LIKE 'featureflow.%' ORDER BY name COLLATE "C";
SET featureflow.nonsense = 1;

-- Without the superuser's leave the setting does nothing.
SET featureflow.override = 'checkout=on,theme=dark';
SELECT ff_is_enabled('u', 'checkout') AS checkout, ff_string('u', 'theme') AS theme;
SELECT ff_session_override('checkout', 'on');
-- With it, it does.
SET featureflow.allow_overrides = on;
SELECT flag, value, variation, reason, rule FROM ff_evaluate_all('u');
SELECT ff_is_enabled(NULL, 'checkout') AS no_user, ff_enabled_flags('u') AS enabled_flags;
SET featureflow.allow_overrides = off;
SELECT ff_is_enabled('u', 'checkout') AS checkout;
SET featureflow.allow_overrides = on;

-- Blanks, empty items, unknown flags and variations, another project.
SET featureflow.override = ' checkout = on ,, theme=nope , nothing=on,';
SELECT flag, variation, reason, rule FROM ff_evaluate_all('u');
SET featureflow.override = 'checkout=true';
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');
SET featureflow.override = 'Checkout=on';
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');
SET featureflow.override = 'checkout=off,checkout=on';
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');
SET featureflow.override = '';
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');

-- What is malformed is refused, and what was there stays.
SET featureflow.override = 'checkout=on';
SET featureflow.override = 'checkout';
SET featureflow.override = 'checkout=on,theme';
SET featureflow.override = '=on';
SET featureflow.override = 'checkout=';
SET featureflow.override = 'theme=dark,=';
SHOW featureflow.override;
SELECT ff_is_enabled('u', 'checkout') AS checkout;

-- Kill switch and archive stand above it, disabled stands below.
DO $$ BEGIN PERFORM ff_flag_disable('checkout'); END $$;
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');
DO $$ BEGIN PERFORM ff_flag_kill('checkout'); END $$;
SELECT variation, rule FROM ff_evaluate_detail('u', 'checkout');
DO $$ BEGIN PERFORM ff_flag_revive('checkout'); PERFORM ff_flag_enable('checkout'); END $$;

-- SET LOCAL ends with the transaction, and with a savepoint.
RESET featureflow.override;
BEGIN;
SET LOCAL featureflow.override = 'checkout=on';
SELECT ff_is_enabled('u', 'checkout') AS inside;
SAVEPOINT s;
SET LOCAL featureflow.override = 'checkout=off,theme=dark';
SELECT ff_is_enabled('u', 'checkout') AS deeper, ff_string('u', 'theme') AS theme;
ROLLBACK TO s;
SELECT ff_is_enabled('u', 'checkout') AS back, ff_string('u', 'theme') AS theme;
COMMIT;
SELECT ff_is_enabled('u', 'checkout') AS after;
-- it may change in the middle of a statement
SELECT x, set_config('featureflow.override', x, false) = x AS set, ff_is_enabled('u', 'checkout') AS checkout
FROM unnest('{checkout=on,checkout=off,"",checkout=on}'::text[]) WITH ORDINALITY t(x, i) ORDER BY i;

-- One flag at a time.
SELECT ff_session_reset();
SELECT ff_session_override('checkout', 'on');
SELECT ff_session_override('theme', 'dark');
SELECT ff_session_override('checkout', 'off');
SELECT flag, variation, rule FROM ff_evaluate_all('u');
SELECT ff_session_override('theme', NULL);
SELECT ff_session_override('theme', NULL);
SELECT ff_session_reset();
SHOW featureflow.override;
SELECT ff_session_override('checkout', NULL);
BEGIN;
SELECT ff_session_override('checkout', 'on', local => true);
SELECT ff_is_enabled('u', 'checkout') AS inside;
COMMIT;
SELECT ff_is_enabled('u', 'checkout') AS after;
SELECT ff_session_override(NULL, 'on');
SELECT ff_session_override('a,b', 'on');
SELECT ff_session_override('a=b', 'on');
SELECT ff_session_override('', 'on');
SELECT ff_session_override('checkout', '');
SELECT ff_session_override('checkout', 'a,b=on');
SHOW featureflow.override;

-- Somebody who is no superuser may use it where it is allowed, and cannot allow it.
CREATE ROLE regress_ff_session;
SET featureflow.allow_overrides = off;
SET ROLE regress_ff_session;
SET featureflow.allow_overrides = on;
SET featureflow.override = 'checkout=on';
SELECT ff_is_enabled('u', 'checkout') AS not_allowed;
SELECT ff_session_override('theme', 'dark');
RESET ROLE;
SET featureflow.allow_overrides = on;
SET ROLE regress_ff_session;
SELECT ff_is_enabled('u', 'checkout') AS allowed;
SELECT ff_session_override('theme', 'dark');
SELECT ff_string('u', 'theme') AS theme;
SELECT ff_session_reset();
SELECT ff_assert('u', 'checkout', 'off');
RESET ROLE;
-- nor can the right be stolen before the library is there
\c -
SET ROLE regress_ff_session;
SET featureflow.allow_overrides = on;
SET featureflow.override = 'checkout=on';
SET featureflow.project = 'eval_session';
\set VERBOSITY terse
SELECT ff_is_enabled('u', 'checkout') AS stolen;
SHOW featureflow.allow_overrides;
\set VERBOSITY default
RESET ROLE;
-- malformed before the library is there: a warning, and the default
\c -
SET featureflow.override = 'garbage';
SELECT ff_is_enabled('u', 'checkout', project => 'eval_session') AS checkout;
SHOW featureflow.override;
DROP ROLE regress_ff_session;
SET featureflow.project = 'eval_session';
SET featureflow.allow_overrides = on;

-- Assertions.
SELECT ff_assert('u', 'checkout', 'off');
SELECT ff_assert('u', 'checkout', 'on');
SELECT ff_assert(NULL, 'theme', 'dark', '{"x": 1}');
SELECT ff_assert('u', 'nope', 'on');
SELECT ff_assert('u', 'nope', NULL);
SELECT ff_assert('u', 'checkout', NULL);
SELECT ff_assert('u', 'checkout', 'off', environment => 'nowhere');
DO $$ BEGIN
	PERFORM ff_assert('u', 'checkout', 'on');
EXCEPTION WHEN assert_failure THEN
	RAISE NOTICE '%: %', SQLSTATE, SQLERRM;
END $$;
SELECT ff_session_override('checkout', 'on');
SELECT ff_assert('u', 'checkout', 'on');
SELECT ff_session_reset();

-- Debugging tells of each evaluation.
SET featureflow.debug = on;
SELECT ff_is_enabled('u', 'checkout');
SELECT ff_string('u', 'theme'), ff_evaluate('u', 'nope');
SELECT ff_evaluate('u', 'checkout', environment => 'nowhere');
SELECT ff_is_enabled('u' || i, 'checkout') FROM generate_series(1, 2) i;
SET featureflow.debug = off;
SELECT ff_is_enabled('u', 'checkout');

DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_session', cascade => true);
END $$;
