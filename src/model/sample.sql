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
		@extschema@.ff_flag_archive('old-search', project);
	INSERT INTO ff.schedules (flag_id, environment_id, at, serve, reason)
	SELECT f.id, e.id, date_trunc('day', now()) + x.days, x.serve, 'summer sale'
	FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id
	CROSS JOIN (VALUES (interval '7 days', '"on"'::jsonb), (interval '21 days', '"off"')) x(days, serve)
	WHERE f.project_id = ff._project(project) AND f.key = 'summer-sale' AND e.key = 'production';
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
	('segment', 'beta-users', 'A condition on the key of the user', 'SELECT ff_is_enabled(''bea'', ''new-checkout'', project => {p})'),
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
	('flag', 'free-shipping', 'A flag of kind number, and a nested attribute', 'SELECT ff_number(''u'', ''free-shipping'', ''{"cart": {"items": 12}}'', project => {p})'),
	('flag', 'home-banner', 'A flag of kind json, set otherwise in development', 'SELECT ff_json(''u'', ''home-banner'', environment => ''development'', project => {p})'),
	('flag', 'home-banner', 'What a browser may know', 'SELECT jsonb_pretty(ff_bootstrap(''u'', project => {p}))'),
	('flag', 'analytics', 'A plan gate', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''analytics'', ''{"plan": "pro"}'', project => {p})'),
	('flag', 'analytics', 'An override for an organization', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''analytics'', ''{"plan": "pro", "organization": "acme"}'', project => {p})'),
	('flag', 'recommendations', 'The kill switch: off everywhere at once', 'SELECT ff_flag_kill(''recommendations'', ''database is busy'', {p})'),
	('flag', 'recommendations', 'And on again', 'SELECT ff_flag_revive(''recommendations'', ''it is idle'', {p})'),
	('flag', 'summer-sale', 'Steps by the clock', 'SELECT s.at, s.serve, s.reason FROM ff.schedules s JOIN ff.flags f ON f.id = s.flag_id JOIN ff.projects p ON p.id = f.project_id WHERE p.key = {p} ORDER BY s.at'),
	('flag', 'old-search', 'An archived flag', 'SELECT value, reason FROM ff_evaluate_detail(''u'', ''old-search'', project => {p})'),
	('template', 'release', 'A new flag from a template', 'SELECT ff_flag_from_template(''release'', ''gift-wrap'', ''{"percentage": 5}'', project => {p})'),
	('snapshot', 'evening', 'The whole project, kept', 'SELECT ff_snapshot_save(''evening'', ''Before we go home'', {p})'),
	('snapshot', 'evening', 'And brought back', 'SELECT * FROM ff_snapshot_restore(''evening'', project => {p})'),
	('audit', 'log', 'Everything that was done', 'SELECT number, "table", action, key, changed, who, reason FROM ff.audit_recent WHERE project = {p}'),
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
	END IF;
	RETURN QUERY SELECT g.kind, CASE WHEN g.kind = 'project' THEN project ELSE g.key END, g.shows,
		replace(g.try, '{p}', quote_literal(project))
	FROM ff._sample_guide() WITH ORDINALITY g(kind, key, shows, try, i) ORDER BY g.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_sample IS
'Makes a project to try things on, a small shop with flags of all kinds, segments, a prerequisite, a plan gate, overrides, a rollout and a schedule, and returns what there is to see, each with a statement to paste (try). Where the sample is there already, it is left as it is. ff_sample_remove takes it away. Error 55000: a project of that key is not a sample.';

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
