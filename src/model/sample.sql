-- A project to try things on: a small shop with flags of all kinds.

-- By this a sample is known.
CREATE FUNCTION ff._sample_description() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT 'A small shop to try things on, made by ff_sample.'; $$;

-- The project if it is a sample; NULL if there is none of that key.
CREATE FUNCTION ff._sample(project text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p ff.projects;
BEGIN
	SELECT x.* INTO p FROM ff.projects x WHERE x.key = ff._required('project', project);
	IF p.id IS NOT NULL AND p.description IS DISTINCT FROM ff._sample_description() THEN
		RAISE EXCEPTION 'project "%" is not a sample', project
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'A sample has the description that ff_sample gave it.';
	END IF;
	RETURN p.id;
END;
$$;

CREATE FUNCTION ff._sample_create(project text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @extschema@.ff_project_create(project, 'Sample shop', ff._sample_description());
	PERFORM @extschema@.ff_segment_from_template('internal-staff', 'staff', '{"domain": "shop.example"}', project => project),
		@extschema@.ff_segment_from_template('beta-users', 'beta-users', '{"users": ["bea", "ben"]}', project => project),
		@extschema@.ff_segment_from_template('mobile-users', 'mobile-users', project => project),
		@extschema@.ff_segment_create('first-to-see', '{"any": [{"segment": "staff"}, {"segment": "beta-users"}]}',
			'First to see', 'Staff and beta users', project);
	PERFORM @extschema@.ff_flag_create('new-checkout', name => 'New checkout', description => 'Checkout on one page instead of three',
			tags => '{checkout,release}', category => 'checkout', owner => 'team-checkout', stage => 'production', client_visible => true, project => project),
		@extschema@.ff_flag_create('express-delivery', name => 'Express delivery', description => 'Offers delivery on the next day; needs the new checkout',
			tags => '{checkout}', category => 'checkout', owner => 'team-delivery', project => project),
		@extschema@.ff_flag_create('theme', 'string', '["light", "dark", "contrast"]', 'Theme', 'Colours of all pages', '{design}', 'design',
			'team-design', temporary => false, client_visible => true, project => project),
		@extschema@.ff_flag_from_template('ab-test', 'buy-button', name => 'Buy button', project => project),
		@extschema@.ff_flag_from_template('number-setting', 'free-shipping', '{"usual": 50, "reduced": 30}', name => 'Free shipping from', project => project),
		@extschema@.ff_flag_from_template('banner', 'home-banner', '{"text": "We move house on Sunday."}', name => 'Banner', project => project),
		@extschema@.ff_flag_from_template('paid-feature', 'analytics', '{"plan": "enterprise"}', name => 'Analytics', project => project),
		@extschema@.ff_flag_from_template('ops-toggle', 'recommendations', name => 'Recommendations', project => project),
		@extschema@.ff_flag_create('summer-sale', name => 'Summer sale', description => 'Starts and ends by the clock', tags => '{sale}', project => project),
		@extschema@.ff_flag_create('old-search', name => 'Old search', description => 'Everybody has the new one', tags => '{search}', project => project);
END;
$$;

CREATE FUNCTION ff._sample_target(project text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @extschema@.ff_flag_rollout('new-checkout', 100, 'development', project => project),
		@extschema@.ff_flag_rollout('new-checkout', 20, 'production', project => project),
		@extschema@.ff_flag_rules('new-checkout', '[{"id": "first", "when": {"segment": "first-to-see"}, "serve": "on"}]', 'production', project),
		@extschema@.ff_flag_target('new-checkout', 'off', '{carl}', 'production', project),
		@extschema@.ff_flag_require('express-delivery', 'new-checkout', project => project),
		@extschema@.ff_flag_rules('express-delivery', '[{"id": "nearby", "name": "Close to the warehouse", "serve": "on",
			"when": {"attribute": "country", "op": "in", "values": ["DE", "AT"]}}]', 'production', project),
		@extschema@.ff_flag_rules('theme', '[{"id": "mobile", "when": {"segment": "mobile-users"}, "serve": "dark"}]', 'production', project),
		@extschema@.ff_override('theme', 'contrast', user_key => 'ann', reason => 'asked for it', environment => 'production', project => project),
		@extschema@.ff_override('analytics', 'on', organization => 'acme', reason => 'trial', environment => 'production', project => project),
		@extschema@.ff_flag_rules('free-shipping', '[{"id": "big", "when": {"attribute": "cart.items", "op": "ge", "values": [10]}, "serve": "reduced"}]',
			'production', project),
		@extschema@.ff_flag_default('home-banner', '"notice"', 'development', project),
		@extschema@.ff_flag_disable('recommendations', 'development', project),
		@extschema@.ff_flag_schedule('summer-sale', date_trunc('day', now()) + interval '7 days', 'serve', 'production',
			variation => 'on', reason => 'summer sale', project => project),
		@extschema@.ff_flag_schedule('summer-sale', date_trunc('day', now()) + interval '21 days', 'serve', 'production',
			variation => 'off', reason => 'end of the sale', project => project),
		@extschema@.ff_flag_archive('old-search', project);
END;
$$;

-- A test of the buy button that has been running for two weeks: 2000 visitors,
-- of whom some bought something.  Always the same numbers.
CREATE FUNCTION ff._sample_experiment(project text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	started timestamptz := date_trunc('day', now()) - interval '14 days';
BEGIN
	PERFORM @extschema@.ff_metric_create('buyers', 'proportion', 'purchase', name => 'Visitors who buy', project => project),
		@extschema@.ff_metric_create('revenue', 'mean', 'purchase', name => 'Revenue a visitor', project => project),
		@extschema@.ff_experiment_create('buy-button', 'buy-button', '{buyers}', secondary => '{revenue}', name => 'Buy button',
			hypothesis => 'A larger button sells more', environment => 'production', project => project),
		@extschema@.ff_experiment_start('buy-button', started, project);
	WITH visitors AS (
		SELECT v, @extschema@.ff_string(v, 'buy-button', environment => 'production', project => project) AS variation,
			started + @extschema@.ff_bucket('sample-time', v) * interval '11 seconds' AS at
		FROM (SELECT 'visitor-' || i AS v FROM generate_series(1, 2000) i) x
	), bought AS (
		INSERT INTO ff.events (unit, event, value, at, event_id, project)
		SELECT v, 'purchase', round(15 + @extschema@.ff_bucket('sample-price', v) / 2222.0, 2), at + interval '4 minutes', 'order-of-' || v, project
		FROM visitors WHERE @extschema@.ff_bucket('sample-buys', v) < CASE variation WHEN 'treatment' THEN 16000 ELSE 12000 END
	)
	INSERT INTO ff.exposures (experiment, unit, variation, environment, at, project)
	SELECT 'buy-button', v, variation, 'production', at, project FROM visitors;
END;
$$;

-- What to look at, each with a statement to paste; {p} is the project.
CREATE FUNCTION ff._sample_guide() RETURNS TABLE (kind text, key text, shows text, try text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.* FROM (VALUES
	('project', 'sample', 'All flags, environment by environment', 'SELECT * FROM ff.flags_overview WHERE project = {p}'),
	('project', 'sample', 'All answers for one user', 'SELECT flag, value, variation, reason, rule FROM ff_evaluate_all(''bea'', ''{"email": "bea@mail.example", "country": "DE"}'', project => {p})'),
	('segment', 'staff', 'A condition on an attribute', 'SELECT ff_is_enabled(''u'', ''new-checkout'', ''{"email": "u@shop.example"}'', project => {p})'),
	('segment', 'beta-users', 'A list of users', 'SELECT ff_is_enabled(''bea'', ''new-checkout'', project => {p})'),
	('segment', 'beta-users', 'Two more for the list; CSV and COPY fill it too', 'SELECT ff_segment_add(''beta-users'', ''{bill,bob}'', {p})'),
	('segment', 'beta-users', 'And how many there are now', 'SELECT ff_segment_size(''beta-users'', project => {p})'),
	('segment', 'mobile-users', 'Comparison without regard to case', 'SELECT ff_string(''u'', ''theme'', ''{"platform": "iOS"}'', project => {p})'),
	('segment', 'first-to-see', 'A segment of segments', 'SELECT segment, condition, used_by FROM ff.segments_overview WHERE project = {p}'),
	('flag', 'new-checkout', 'A rollout to 20 % of users after a rule and a target', 'SELECT count(*) FILTER (WHERE ff_is_enabled(''user-'' || i, ''new-checkout'', project => {p})) AS on_of_1000 FROM generate_series(1, 1000) i'),
	('flag', 'new-checkout', 'Why a user is served what', 'SELECT * FROM ff_explain(''carl'', ''new-checkout'', project => {p})'),
	('flag', 'new-checkout', 'A larger rollout, in one transaction with whatever else', 'SELECT ff_flag_rollout(''new-checkout'', 50, ''production'', project => {p})'),
	('flag', 'new-checkout', 'Who changed what, and a way back', 'SELECT version, at, role, reason, changes FROM ff_flag_history(''new-checkout'', ''production'', {p})'),
	('flag', 'express-delivery', 'A prerequisite: off for who has not the new checkout', 'SELECT value, reason, rule FROM ff_evaluate_detail(''carl'', ''express-delivery'', ''{"country": "DE"}'', project => {p})'),
	('flag', 'theme', 'A flag of kind string', 'SELECT ff_string(''u'', ''theme'', project => {p})'),
	('flag', 'theme', 'An override for one user', 'SELECT ff_string(''ann'', ''theme'', project => {p})'),
	('flag', 'buy-button', 'Two variations, half and half, the same on every call', 'SELECT ff_string(''user-'' || i, ''buy-button'', project => {p}) AS variation, count(*) FROM generate_series(1, 1000) i GROUP BY 1 ORDER BY 1'),
	('experiment', 'buy-button', 'What the two weeks of the test say', 'SELECT metric, variation, n, round(mean::numeric, 3) AS mean, round(100 * lift::numeric, 1) AS "lift in %", round(p_value::numeric, 3) AS p_value FROM ff_experiment_stats(''buy-button'', project => {p})'),
	('experiment', 'buy-button', 'Whether the data can be trusted', 'SELECT item, variation, value, status FROM ff_experiment_health(''buy-button'', project => {p})'),
	('experiment', 'buy-button', 'One more visitor meets a variation', 'SELECT value, reason FROM ff_expose(''zoe'', ''buy-button'', project => {p})'),
	('experiment', 'buy-button', 'And buys', 'SELECT ff_track(''zoe'', ''purchase'', 29.90, project => {p})'),
	('experiment', 'buy-button', 'The end of the test', 'SELECT ff_experiment_stop(''buy-button'', project => {p})'),
	('flag', 'free-shipping', 'A flag of kind number, and a nested attribute', 'SELECT ff_number(''u'', ''free-shipping'', ''{"cart": {"items": 12}}'', project => {p})'),
	('flag', 'home-banner', 'A flag of kind json, set otherwise in development', 'SELECT ff_json(''u'', ''home-banner'', environment => ''development'', project => {p})'),
	('flag', 'home-banner', 'What a browser may know', 'SELECT jsonb_pretty(ff_bootstrap(''u'', project => {p}))'),
	('flag', 'analytics', 'A plan gate', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''analytics'', ''{"plan": "pro"}'', project => {p})'),
	('flag', 'analytics', 'An override for an organization', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''analytics'', ''{"plan": "pro", "organization": "acme"}'', project => {p})'),
	('flag', 'recommendations', 'The kill switch: off everywhere at once', 'SELECT ff_flag_kill(''recommendations'', ''database is busy'', {p})'),
	('flag', 'recommendations', 'And on again', 'SELECT ff_flag_revive(''recommendations'', ''it is idle'', {p})'),
	('flag', 'summer-sale', 'Steps by the clock', 'SELECT at, environment, what, detail FROM ff_schedule(project => {p}) WHERE flag = ''summer-sale'''),
	('flag', 'summer-sale', 'What comes next', 'SELECT stage, outcome, detail FROM ff_explain(''u'', ''summer-sale'', project => {p})'),
	('flag', 'old-search', 'An archived flag', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''old-search'', project => {p})'),
	('environment', 'staging', 'What differs between two environments', 'SELECT * FROM ff_environment_compare(''staging'', ''production'', ''new-checkout'', {p})'),
	('environment', 'staging', 'A flag brought from one to the other', 'SELECT * FROM ff_environment_promote(''{new-checkout}'', ''production'', ''staging'', project => {p})'),
	('template', 'release', 'A new flag from a template', 'SELECT ff_flag_from_template(''release'', ''gift-wrap'', ''{"percentage": 5}'', project => {p})'),
	('snapshot', 'evening', 'The whole project, kept', 'SELECT ff_snapshot_save(''evening'', ''Before we go home'', {p})'),
	('snapshot', 'evening', 'And brought back', 'SELECT * FROM ff_snapshot_restore(''evening'', project => {p})'),
	('audit', 'log', 'Everything that was done', 'SELECT number, "table", action, key, changed, who, reason FROM ff.audit_recent WHERE project = {p}'),
	('audit', 'log', 'No row: nothing in it was altered or taken out', 'SELECT count(*) AS problems FROM ff_audit_verify(project => {p})'),
	('audit', 'changes', 'What production answers from, change by change', 'SELECT version, table_name, action, flag, key, changed, who, reason FROM ff_changes(''production'', project => {p})'),
	('project', 'sample', 'How all hangs together', 'SELECT ff_graph_text({p})'),
	('project', 'sample', 'The end of it', 'SELECT ff_sample_remove({p})')
	) g;
$$;

CREATE FUNCTION @extschema@.ff_sample(project text DEFAULT 'sample')
RETURNS TABLE (kind text, key text, shows text, try text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._sample(project) IS NULL THEN
		PERFORM ff._sample_create(project);
		PERFORM ff._sample_target(project);
		PERFORM ff._sample_experiment(project);
	END IF;
	RETURN QUERY SELECT g.kind, CASE WHEN g.kind = 'project' THEN project ELSE g.key END, g.shows,
		replace(g.try, '{p}', quote_literal(project))
	FROM ff._sample_guide() WITH ORDINALITY g(kind, key, shows, try, i) ORDER BY g.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_sample IS
'Makes a project to try things on, a small shop with flags of all kinds, segments, a prerequisite, a plan gate, overrides, a rollout, a schedule and an experiment with its data, and returns what there is to see, each with a statement to paste (try). Where the sample is there already, it is left as it is. ff_sample_remove takes it away. Error 55000: a project of that key is not a sample.';

CREATE FUNCTION @extschema@.ff_sample_remove(project text DEFAULT 'sample') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._sample(project) IS NULL THEN
		PERFORM ff._project(project);
	END IF;
	PERFORM @extschema@.ff_project_delete(project, true);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_sample_remove IS
'Deletes a project that ff_sample made, with all that is in it. The audit log stays. Errors: 42704 there is none, 55000 the project is not a sample.';
