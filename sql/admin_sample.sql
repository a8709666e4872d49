\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\pset null '(null)'
SELECT kind, key, shows, try FROM ff_sample('adminsample');
SELECT key, name, description, environments, flags FROM ff_project_list() WHERE key = 'adminsample';
SELECT flag, kind, environment, state, serving, rules, targets, overrides, prerequisites, min_plan, visible FROM ff.flags_overview
WHERE project = 'adminsample' AND environment <> 'staging';
SELECT flag, value, variation, reason, rule FROM ff_evaluate_all('bea', '{"email": "bea@mail.example", "country": "DE"}', project => 'adminsample')
WHERE flag <> 'summer-sale';
SELECT at = date_trunc('day', at), flag, environment, what, detail FROM ff_schedule(project => 'adminsample');
SELECT metric, role, variation, n, round(mean::numeric, 3), round(100 * lift::numeric, 1), round(p_value::numeric, 4), round(srm_p_value::numeric, 2) > 0.05, problem
FROM ff_experiment_stats('buy-button', project => 'adminsample');
SELECT item, variation, status FROM ff_experiment_health('buy-button', 'adminsample');
SELECT bool_and(at BETWEEN now() - interval '15 days' AND now()), count(*) FROM ff.events WHERE project = 'adminsample';
-- what is there stays as it is
SELECT ff_flag_rollout('new-checkout', 33, 'production', project => 'adminsample');
SELECT count(*) > 20 FROM ff_sample('adminsample');
SELECT serving FROM ff.flags_overview WHERE project = 'adminsample' AND flag = 'new-checkout' AND environment = 'production';

-- some of what it shows
SELECT ff_is_enabled('u', 'new-checkout', '{"email": "u@SHOP.example"}', project => 'adminsample'), ff_is_enabled('carl', 'new-checkout', '{"email": "u@shop.example"}', project => 'adminsample'),
	ff_string('u', 'theme', '{"platform": "iOS"}', project => 'adminsample'), ff_string('ann', 'theme', project => 'adminsample'), ff_number('u', 'free-shipping', '{"cart": {"items": 12}}', project => 'adminsample');
SELECT value, reason FROM ff_evaluate_detail('u', 'analytics', '{"plan": "pro"}', project => 'adminsample');
SELECT value, reason FROM ff_evaluate_detail('u', 'analytics', '{"plan": "pro", "organization": "acme"}', project => 'adminsample');

-- every statement runs and answers something; the last one removes the sample
DO $$
DECLARE
	r record;
	n bigint;
	empty text[] := '{}';
	total int := 0;
BEGIN
	FOR r IN SELECT * FROM ff_sample('adminsample') LOOP
		EXECUTE r.try;
		GET DIAGNOSTICS n = ROW_COUNT;
		total := total + 1;
		IF n = 0 THEN
			empty := empty || r.try;
		END IF;
	END LOOP;
	RAISE NOTICE '% statements, without rows: %', total, empty;
END $$;
SELECT count(*) FROM ff_project_list() WHERE key = 'adminsample';
SELECT count(*) FROM ff.events WHERE project = 'adminsample';
SELECT count(*) FROM ff.exposures WHERE project = 'adminsample';

-- refusals
SELECT ff_sample_remove('adminsample');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_sample('default');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_sample_remove('default');
\echo :LAST_ERROR_SQLSTATE
SELECT ff_sample('a b');
SELECT ff_sample(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT ff_sample_remove(NULL);

-- the list of first steps: nothing is done
SELECT ff_project_create('adminsteps') IS NOT NULL;
SELECT step, done, title, how FROM ff_onboarding('adminsteps');
SELECT ff_onboarding('nowhere');
\echo :LAST_ERROR_SQLSTATE
-- a table that is in use otherwise is left alone
CREATE TABLE users (a int, b int, PRIMARY KEY (a, b));
SELECT how FROM ff_onboarding('adminsteps') WHERE title LIKE '%table of your own';
CREATE TABLE "My customers" (no bigint PRIMARY KEY);
SELECT how FROM ff_onboarding('adminsteps') WHERE title LIKE '%table of your own';
DROP TABLE users, "My customers";
-- each statement makes its own step done, and none before it undone
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	s record;
	how text;
	done_now int[];
BEGIN
	FOR s IN SELECT step, title, done FROM ff_onboarding('adminsteps') LOOP
		FOR attempt IN 1..2 LOOP
			SELECT o.how INTO how FROM ff_onboarding('adminsteps') o WHERE o.step = s.step;
			EXIT WHEN how IS NULL;
			EXECUTE how;
		END LOOP;
		SELECT array_agg(step ORDER BY step) INTO done_now FROM ff_onboarding('adminsteps') WHERE done;
		RETURN NEXT format('%s was done: %s; done now: %s', s.title, s.done, done_now);
	END LOOP;
END $$;
SET search_path = public, pg_temp;
SELECT * FROM pg_temp.walk();
SELECT step, done, how FROM ff_onboarding('adminsteps') WHERE NOT done OR how IS NOT NULL;
SELECT flag, environment, serving, rules, overrides, visible FROM ff.flags_overview WHERE project = 'adminsteps';
RESET search_path;

-- statements go by the flags that there are
SELECT ff_project_create('adminsteps2', environments => '{live}') IS NOT NULL;
SELECT ff_flag_create('old', project => 'adminsteps2') IS NOT NULL, ff_flag_archive('old', 'adminsteps2');
SELECT done FROM ff_onboarding('adminsteps2') WHERE step = 1;
SELECT ff_flag_create('size', 'number', '[1, 2, 3]', off_variation => '1', project => 'adminsteps2') IS NOT NULL;
SELECT done, how FROM ff_onboarding('adminsteps2') WHERE step IN (1, 3, 4, 7);
SELECT format('SELECT (%s) IS NULL', how) FROM ff_onboarding('adminsteps2') WHERE step IN (3, 4, 7) \gexec
SELECT serving, rules, overrides FROM ff.flags_overview WHERE project = 'adminsteps2' AND flag = 'size';

SELECT format('SELECT (%s) IS NULL', how) FROM ff_onboarding('adminsteps2') WHERE title = 'Let the clock change something' \gexec
SELECT title, how FROM ff_onboarding('adminsteps2') WHERE title ~ 'users a variation|what users do|experiment';
SELECT ff_metric_create('clicks', 'mean', 'click', project => 'adminsteps2') IS NOT NULL, ff_flag_kill('size', project => 'adminsteps2');
SELECT ff_flag_create('other', project => 'adminsteps2') IS NOT NULL, ff_flag_rollout('other', 50, project => 'adminsteps2', environment => 'live');
SELECT ff_experiment_create('mine', 'other', '{clicks}', environment => 'live', project => 'adminsteps2') IS NOT NULL;
SELECT title, how FROM ff_onboarding('adminsteps2') WHERE title ~ 'users a variation|what users do|experiment|Start';
-- a segment of that name gets the list
SELECT ff_segment_create('beta-users', '{"attribute": "plan", "op": "eq", "values": ["beta"]}', project => 'adminsteps2') IS NOT NULL;
SELECT how FROM ff_onboarding('adminsteps2') WHERE title LIKE 'List users%' \gexec
SELECT done FROM ff_onboarding('adminsteps2') WHERE title LIKE 'List users%';

SELECT ff_project_delete('adminsteps', cascade => true), ff_project_delete('adminsteps2', cascade => true);
SELECT ff_revoke('featureflow_admin', 'admin'), ff_revoke('featureflow_admin', 'evaluate');
DROP ROLE featureflow_admin;
DROP TABLE users;
