-- What new flags and segments are made from: a library that comes with the
-- extension, and what a project adds to it.

-- The library.  A function, not rows: rows of an install script would collide
-- with those of a dump.
CREATE FUNCTION ff._library()
RETURNS TABLE (kind text, key text, name text, description text, document jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.* FROM (VALUES
	('flag', 'release', 'Release', 'A new feature for a growing share of users, until everybody has it.', '{
		"kind": "boolean", "tags": ["release"], "temporary": true, "rollout": {"percentage": "{{percentage}}"},
		"parameters": {"percentage": {"description": "Share of users at first, in percent", "default": 10}}}'::jsonb),
	('flag', 'canary', 'Canary', 'A risky change for very few users first.', '{
		"kind": "boolean", "tags": ["canary", "release"], "temporary": true, "rollout": {"percentage": "{{percentage}}"},
		"parameters": {"percentage": {"description": "Share of users at first, in percent", "default": 1}}}'),
	('flag', 'ops-toggle', 'Operations toggle', 'A part of the system that can be switched off under load. It is on.', '{
		"kind": "boolean", "tags": ["ops"], "category": "operations", "temporary": false, "default": "on"}'),
	('flag', 'ab-test', 'A/B test', 'Half of the users have the treatment, the others the control.', '{
		"kind": "string", "variations": [{"key": "control", "value": "control"}, {"key": "treatment", "value": "treatment"}],
		"off_variation": "control", "tags": ["experiment"], "temporary": true,
		"default": {"split": [{"variation": "control", "weight": 50}, {"variation": "treatment", "weight": 50}]}}'),
	('flag', 'abn-test', 'A/B/n test', 'Two treatments against the control, in equal parts.', '{
		"kind": "string", "variations": [{"key": "control", "value": "control"}, {"key": "a", "value": "a"}, {"key": "b", "value": "b"}],
		"off_variation": "control", "tags": ["experiment"], "temporary": true,
		"default": {"split": [{"variation": "control", "weight": 33.334}, {"variation": "a", "weight": 33.333}, {"variation": "b", "weight": 33.333}]}}'),
	('flag', 'paid-feature', 'Paid feature', 'For users whose plan is high enough.', '{
		"kind": "boolean", "tags": ["entitlement"], "temporary": false, "min_plan": "{{plan}}", "default": "on", "client_visible": true,
		"parameters": {"plan": {"description": "Lowest plan that has it", "default": "pro"}}}'),
	('flag', 'beta', 'Beta programme', 'For the users of a segment.', '{
		"kind": "boolean", "tags": ["beta"], "temporary": true,
		"rules": [{"id": "beta", "when": {"segment": "{{segment}}"}, "serve": "on"}],
		"parameters": {"segment": {"description": "Segment of those who take part", "default": "beta-users"}}}'),
	('flag', 'staff-preview', 'Staff preview', 'For one''s own people, found by the domain of their e-mail address (attribute email).', '{
		"kind": "boolean", "tags": ["internal"], "temporary": true,
		"rules": [{"id": "staff", "when": {"attribute": "email", "op": "ends_with", "values": ["@{{domain}}"], "ignore_case": true}, "serve": "on"}],
		"parameters": {"domain": {"description": "Domain of the e-mail addresses: example.com", "type": "string"}}}'),
	('flag', 'regional-launch', 'Regional launch', 'For some countries first (attribute country).', '{
		"kind": "boolean", "tags": ["launch"], "temporary": true,
		"rules": [{"id": "countries", "when": {"attribute": "country", "op": "in", "values": "{{countries}}"}, "serve": "on"}],
		"parameters": {"countries": {"description": "Array of country codes", "type": "array"}}}'),
	('flag', 'timed-launch', 'Launch at a time', 'For everybody from a moment on.', '{
		"kind": "boolean", "tags": ["launch"], "temporary": true, "rules": [{"id": "launch", "from": "{{from}}", "serve": "on"}],
		"parameters": {"from": {"description": "RFC 3339 with offset: 2030-01-01T00:00:00Z", "type": "string"}}}'),
	('flag', 'app-version', 'Minimum app version', 'For clients of a version or later (attribute app_version).', '{
		"kind": "boolean", "tags": ["mobile"], "temporary": true, "traffic_type": "device", "client_visible": true,
		"rules": [{"id": "version", "when": {"attribute": "app_version", "op": "semver_ge", "values": ["{{version}}"]}, "serve": "on"}],
		"parameters": {"version": {"description": "First version that can do it: 2.0.0", "type": "string"}}}'),
	('flag', 'permission', 'Permission', 'For users in certain roles (attribute role).', '{
		"kind": "boolean", "tags": ["permission"], "category": "access", "temporary": false,
		"rules": [{"id": "roles", "when": {"attribute": "role", "op": "in", "values": "{{roles}}"}, "serve": "on"}],
		"parameters": {"roles": {"description": "Array of roles", "default": ["admin"]}}}'),
	('flag', 'migration', 'Migration by account', 'Moves whole accounts (attribute account.id) from an old system to a new one.', '{
		"kind": "string", "variations": [
			{"key": "old", "value": "old"},
			{"key": "both", "value": "both", "description": "Writes to both, reads the old one"},
			{"key": "new", "value": "new"}],
		"off_variation": "old", "tags": ["migration"], "category": "operations", "temporary": true, "traffic_type": "account",
		"rollout": {"percentage": "{{percentage}}", "variation": "new", "by": "account.id"},
		"parameters": {"percentage": {"description": "Share of accounts that have moved, in percent", "default": 0}}}'),
	('flag', 'number-setting', 'Number setting', 'A limit, size or timeout that can be lowered at once.', '{
		"kind": "number", "variations": [{"key": "usual", "value": "{{usual}}"}, {"key": "reduced", "value": "{{reduced}}"}],
		"off_variation": "usual", "tags": ["config"], "category": "configuration", "temporary": false,
		"parameters": {"usual": {"description": "Value in use", "default": 100}, "reduced": {"description": "Value for bad times", "default": 10}}}'),
	('flag', 'json-setting', 'JSON setting', 'A piece of configuration, and the one that it replaces.', '{
		"kind": "json", "variations": [{"key": "standard", "value": "{{standard}}"}, {"key": "next", "value": "{{next}}"}],
		"off_variation": "standard", "tags": ["config"], "category": "configuration", "temporary": false,
		"parameters": {"standard": {"description": "Object in use", "default": {}}, "next": {"description": "Object to come", "default": {}}}}'),
	('flag', 'banner', 'Maintenance banner', 'Nothing, a notice or a warning on every page; shown in the browser.', '{
		"kind": "json", "variations": [
			{"key": "none", "value": {"show": false}},
			{"key": "notice", "value": {"show": true, "level": "info", "text": "{{text}}"}},
			{"key": "warning", "value": {"show": true, "level": "warning", "text": "{{text}}"}}],
		"off_variation": "none", "tags": ["ops"], "category": "operations", "temporary": false, "client_visible": true,
		"parameters": {"text": {"description": "What it says", "default": "Maintenance tonight from 22:00 to 23:00."}}}'),
	('segment', 'internal-staff', 'Internal staff', 'One''s own people, by the domain of their e-mail address (attribute email).', '{
		"condition": {"attribute": "email", "op": "ends_with", "values": ["@{{domain}}"], "ignore_case": true},
		"parameters": {"domain": {"description": "Domain of the e-mail addresses: example.com", "type": "string"}}}'),
	('segment', 'beta-users', 'Beta users', 'A list of users, by key. More are added by ff_segment_add, from CSV by ff_segment_import, millions by COPY.', '{
		"users": "{{users}}", "parameters": {"users": {"description": "Array of user keys to begin with", "default": []}}}'),
	('segment', 'test-users', 'Test users', 'E-mail addresses with a mark before the @ (attribute email).', '{
		"condition": {"attribute": "email", "op": "contains", "values": ["{{mark}}@"], "ignore_case": true},
		"parameters": {"mark": {"description": "The mark", "default": "+test"}}}'),
	('segment', 'mobile-users', 'Mobile users', 'Users of an app on a phone (attribute platform).', '{
		"condition": {"attribute": "platform", "op": "in", "values": "{{platforms}}", "ignore_case": true},
		"parameters": {"platforms": {"description": "Array of platforms", "default": ["ios", "android"]}}}'),
	('segment', 'browsers', 'Users of certain browsers', 'By the attribute browser.', '{
		"condition": {"attribute": "browser", "op": "in", "values": "{{browsers}}", "ignore_case": true},
		"parameters": {"browsers": {"description": "Array of browsers", "default": ["chrome", "edge", "firefox", "safari"]}}}'),
	('segment', 'app-version', 'Recent app', 'Clients of a version or later (attribute app_version).', '{
		"condition": {"attribute": "app_version", "op": "semver_ge", "values": ["{{version}}"]},
		"parameters": {"version": {"description": "First version: 2.0.0", "type": "string"}}}'),
	('segment', 'eu-countries', 'European Union', 'Users in a member state (attribute country, ISO 3166).', '{
		"condition": {"attribute": "country", "op": "in", "values": ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR",
			"HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]}}'),
	('segment', 'countries', 'Some countries', 'Users in certain countries (attribute country, ISO 3166).', '{
		"condition": {"attribute": "country", "op": "in", "values": "{{countries}}"},
		"parameters": {"countries": {"description": "Array of country codes", "type": "array"}}}'),
	('segment', 'paying-users', 'Paying users', 'Users of a plan that costs something (attribute plan).', '{
		"condition": {"attribute": "plan", "op": "in", "values": "{{plans}}"},
		"parameters": {"plans": {"description": "Array of plans", "default": ["pro", "enterprise"]}}}'),
	('segment', 'new-users', 'New users', 'Users who signed up after a moment (attribute signed_up, RFC 3339).', '{
		"condition": {"attribute": "signed_up", "op": "after", "values": ["{{since}}"]},
		"parameters": {"since": {"description": "RFC 3339 with offset: 2030-01-01T00:00:00Z", "type": "string"}}}')
	) t;
$$;

CREATE FUNCTION ff._check_template_kind(kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF kind NOT IN ('flag', 'segment') THEN
		RAISE EXCEPTION 'unknown kind of template "%"', kind
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of flag, segment.';
	END IF;
	RETURN kind;
END;
$$;

-- The declared parameters of a template: {"name": {"description", "default",
-- "type"}, ...}, all three optional.
CREATE FUNCTION ff._check_template_parameters(parameters jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p record;
BEGIN
	IF jsonb_typeof(parameters) <> 'object' THEN
		RAISE EXCEPTION 'parameters must be an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.parameters.';
	END IF;
	FOR p IN SELECT e.key, e.value FROM jsonb_each(parameters) e LOOP
		IF p.key !~ '^[a-z][a-z0-9_]*$' THEN
			RAISE EXCEPTION 'the name of a parameter has lower case letters, digits and _, unlike "%"', left(p.key, 100)
				USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.parameters.';
		END IF;
		IF jsonb_typeof(p.value) <> 'object' OR p.value - '{description,default,type}'::text[] <> '{}'
				OR coalesce(p.value ->> 'type', 'string') NOT IN ('string', 'number', 'boolean', 'array', 'object') THEN
			RAISE EXCEPTION 'parameter "%" must be {"description": ..., "default": ..., "type": ...}', p.key
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.parameters.%s.', p.key);
		END IF;
	END LOOP;
END;
$$;

-- The shape of a template.  What it leads to is checked when it is used.
CREATE FUNCTION ff._check_template(kind text, document jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	members text[] := CASE ff._check_template_kind(kind)
		WHEN 'flag' THEN '{kind,variations,off_variation,description,category,tags,temporary,traffic_type,client_visible,min_plan,
			enabled,default,rollout,rules,prerequisites,parameters}'
		ELSE '{condition,users,description,parameters}' END;
	wrong text;
BEGIN
	IF jsonb_typeof(document) <> 'object' THEN
		RAISE EXCEPTION 'a template must be an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT min(k COLLATE "C") INTO wrong FROM jsonb_object_keys(document) k WHERE k <> ALL (members);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'unknown member "%" of a % template', wrong, kind
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', wrong);
	END IF;
	IF kind = 'segment' AND NOT document ?| '{condition,users}' THEN
		RAISE EXCEPTION 'a segment template needs a condition or users' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.condition.';
	END IF;
	IF document ? 'default' AND document ? 'rollout' THEN
		RAISE EXCEPTION 'a flag template has a default or a rollout, not both'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.rollout.';
	END IF;
	PERFORM ff._check_template_parameters(coalesce(document -> 'parameters', '{}'));
END;
$$;

CREATE FUNCTION ff._templates_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() THEN
		PERFORM ff._check_template(NEW.kind, NEW.document);
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER templates_before BEFORE INSERT OR UPDATE ON ff.templates
	FOR EACH ROW EXECUTE FUNCTION ff._templates_before();

CREATE FUNCTION @extschema@.ff_templates(kind text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (kind text, key text, name text, description text, origin text, parameters text[], document jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH own AS (SELECT t.* FROM ff.templates t WHERE t.project_id = ff._project($2))
	SELECT x.kind, x.key, x.name, x.description, x.origin,
		ARRAY(SELECT p.key || coalesce(' = ' || (p.value -> 'default')::text, '')
			FROM jsonb_each(x.document -> 'parameters') p ORDER BY p.key COLLATE "C"), x.document
	FROM (
		SELECT t.kind::text, t.key::text, t.name, t.description, 'project' AS origin, t.document FROM own t
		UNION ALL
		SELECT l.kind, l.key, l.name, l.description, 'built-in', l.document FROM ff._library() l
		WHERE NOT EXISTS (SELECT FROM own t WHERE t.kind = l.kind AND t.key = l.key)) x
	WHERE ff._check_template_kind($1) IS NULL OR x.kind = $1
	ORDER BY x.kind COLLATE "C", x.key COLLATE "C";
$$;
COMMENT ON FUNCTION @extschema@.ff_templates IS
'What flags (ff_flag_from_template) and segments (ff_segment_from_template) can be made from: the library that is built in, and the templates of the project, which go before built-in ones of the same key. kind is flag or segment; NULL is both.
parameters: names, with their defaults; one without a default has to be given.';

-- The template to use: name, description, document.
CREATE FUNCTION ff._template(project_id uuid, kind text, template text, OUT description text, OUT document jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ff._required('template', template);
	SELECT t.description, t.document INTO description, document FROM (
		SELECT p.description, p.document FROM ff.templates p
		WHERE p.project_id = project_id AND p.kind = kind AND p.key = template
		UNION ALL
		SELECT l.description, l.document FROM ff._library() l WHERE l.kind = kind AND l.key = template) t
	LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION '% template "%" does not exist', kind, template
			USING ERRCODE = 'undefined_object', HINT = format('See ff_templates(%L).', kind);
	END IF;
END;
$$;

-- A text with the values in place of its {{name}}; other braces stay.
CREATE FUNCTION ff._fill_text(pattern text, parameters jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(CASE
		WHEN p.i = 1 THEN p.piece
		WHEN parameters ? p.name THEN (parameters ->> p.name) || substr(p.piece, length(p.name) + 3)
		ELSE '{{' || p.piece END, '' ORDER BY p.i)
	FROM (SELECT x.piece, x.i, substring(x.piece FROM '^([a-z][a-z0-9_]*)}}') AS name
		FROM string_to_table(pattern, '{{') WITH ORDINALITY x(piece, i)) p;
$$;

-- A document with the values in place of its {{name}}: as they are where the
-- string is nothing else, else as text.
CREATE FUNCTION ff._fill(document jsonb, parameters jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	whole text;
BEGIN
	IF jsonb_typeof(document) = 'object' THEN
		RETURN (SELECT coalesce(jsonb_object_agg(ff._fill_text(o.key, parameters), ff._fill(o.value, parameters)), '{}')
			FROM jsonb_each(document) o);
	ELSIF jsonb_typeof(document) = 'array' THEN
		RETURN (SELECT coalesce(jsonb_agg(ff._fill(a.value, parameters) ORDER BY a.ordinality), '[]')
			FROM jsonb_array_elements(document) WITH ORDINALITY a);
	ELSIF jsonb_typeof(document) <> 'string' OR document #>> '{}' NOT LIKE '%{{%' THEN
		RETURN document;
	END IF;
	whole := substring(document #>> '{}' FROM '^{{([a-z][a-z0-9_]*)}}$');
	RETURN coalesce(parameters -> whole, to_jsonb(ff._fill_text(document #>> '{}', parameters)));
END;
$$;

-- The values for a template's parameters: those given, else defaults.
CREATE FUNCTION ff._template_values(template text, declared jsonb, given jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text;
	p record;
	result jsonb := '{}';
BEGIN
	IF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION 'parameters must be an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") INTO known FROM jsonb_object_keys(declared) k;
	FOR p IN SELECT coalesce(d.key, g.key) AS name, d.value AS declared, coalesce(nullif(g.value, 'null'), d.value -> 'default') AS value
		FROM jsonb_each(declared) d FULL JOIN jsonb_each(given) g ON g.key = d.key
		ORDER BY d.key IS NOT NULL, coalesce(d.key, g.key) COLLATE "C" LOOP
		IF p.declared IS NULL THEN
			RAISE EXCEPTION 'template "%" has no parameter "%"', template, p.name
				USING ERRCODE = 'undefined_object', DETAIL = coalesce('It has ' || known || '.', 'It has none.');
		END IF;
		IF p.value IS NULL THEN
			RAISE EXCEPTION 'parameter "%" of template "%" is required', p.name, template
				USING ERRCODE = 'null_value_not_allowed', DETAIL = coalesce((p.declared ->> 'description') || '.', '');
		END IF;
		IF jsonb_typeof(p.value) <> coalesce(p.declared ->> 'type', jsonb_typeof(p.declared -> 'default'), jsonb_typeof(p.value)) THEN
			RAISE EXCEPTION 'parameter "%" of template "%" must be of type %, not %', p.name, template,
					coalesce(p.declared ->> 'type', jsonb_typeof(p.declared -> 'default')), jsonb_typeof(p.value)
				USING ERRCODE = 'invalid_parameter_value', DETAIL = coalesce((p.declared ->> 'description') || '.', '');
		END IF;
		result := result || jsonb_build_object(p.name, p.value);
	END LOOP;
	RETURN result;
END;
$$;

-- What the members of a filled template must be.
CREATE FUNCTION ff._check_filled(template text, document jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	types constant jsonb := '{"kind": "string", "variations": "array", "off_variation": "string", "description": "string", "category": "string",
		"tags": "array", "temporary": "boolean", "traffic_type": "string", "client_visible": "boolean", "min_plan": "string", "enabled": "boolean",
		"rollout": "object", "rules": "array", "prerequisites": "object", "users": "array"}';
	wrong text;
BEGIN
	SELECT min(m.key COLLATE "C") INTO wrong FROM jsonb_each(document) m WHERE jsonb_typeof(m.value) <> types ->> m.key;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION '"%" of template "%" must be of type %, not %', wrong, template, types ->> wrong, jsonb_typeof(document -> wrong)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', wrong);
	END IF;
	IF jsonb_typeof(document #> '{rollout,percentage}') <> 'number' THEN
		RAISE EXCEPTION 'the percentage of template "%" must be a number', template
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.rollout.percentage.';
	END IF;
END;
$$;

-- A template's document, filled; its description is the template's where it
-- has none.
CREATE FUNCTION ff._filled(project_id uuid, kind text, template text, parameters jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t record := ff._template(project_id, kind, template);
	declared jsonb := coalesce(t.document -> 'parameters', '{}');
	filled jsonb := ff._fill(t.document - 'parameters', ff._template_values(template, declared, coalesce(parameters, '{}')));
BEGIN
	PERFORM ff._check_filled(template, filled);
	RETURN jsonb_build_object('description', t.description) || filled;
END;
$$;

-- Sets a new flag up in an environment as a filled template says.
CREATE FUNCTION ff._set_up(f ff.flags, document jsonb, environment text, project text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s ff.flag_settings := ff._open_setting(f, environment);
	rollout jsonb := document -> 'rollout';
BEGIN
	s.enabled := coalesce((document -> 'enabled')::boolean, s.enabled);
	s.rules := ff._rules(f, coalesce(document -> 'rules', '[]'));
	s.default_serve := ff._serve(f, coalesce(document -> 'default', s.default_serve));
	PERFORM ff._store_setting(f, s);
	IF rollout IS NOT NULL THEN
		PERFORM @extschema@.ff_flag_rollout(f.key, (rollout ->> 'percentage')::numeric, environment,
			rollout ->> 'variation', rollout ->> 'by', project);
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_from_template(
	template text,
	key text,
	parameters jsonb DEFAULT '{}',
	environments text[] DEFAULT NULL,
	name text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	d jsonb;
	f ff.flags;
	result uuid;
BEGIN
	PERFORM ff._lock_project(home);
	d := ff._filled(home, 'flag', template, parameters);
	result := @extschema@.ff_flag_create(key, d ->> 'kind', d -> 'variations', name, d ->> 'description',
		ARRAY(SELECT jsonb_array_elements_text(d -> 'tags')), d ->> 'category', NULL, d ->> 'traffic_type', NULL,
		(d -> 'temporary')::boolean, NULL, d ->> 'min_plan', (d -> 'client_visible')::boolean, d ->> 'off_variation', true, project);
	f := ff._flag(home, key);
	PERFORM ff._environment(home, ff._required('environment', e)) FROM unnest(environments) e;
	PERFORM ff._set_up(f, d, e.key, project) FROM ff.environments e
	WHERE e.project_id = home AND (environments IS NULL OR e.key = ANY (environments));
	PERFORM @extschema@.ff_flag_require(key, p.key, p.value, project)
	FROM jsonb_each_text(d -> 'prerequisites') p ORDER BY p.key;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_from_template IS
'Creates a flag from a template of ff_templates(''flag''), checked as if it were made by hand. parameters: {"name": value}; what is omitted has its default. environments: where default, rules and rollout of the template are set up; NULL is everywhere; elsewhere the flag serves its off variation.
Returns the id. Errors: 42704 no such template, parameter, environment, plan, segment or prerequisite; 22004 a parameter without a default is missing; 22023 a value of the wrong type; 23505 the key is taken.';

CREATE FUNCTION @extschema@.ff_segment_from_template(
	template text,
	key text,
	parameters jsonb DEFAULT '{}',
	name text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
	d jsonb;
	result uuid;
BEGIN
	PERFORM ff._lock_project(home);
	d := ff._filled(home, 'segment', template, parameters);
	result := @extschema@.ff_segment_create(key, coalesce(d -> 'condition', ff._nobody()), name, d ->> 'description', project);
	PERFORM @extschema@.ff_segment_add(key, ARRAY(SELECT jsonb_array_elements_text(d -> 'users')), project) WHERE d -> 'users' <> '[]';
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_from_template IS
'Creates a segment, a condition or a list of users, from a template of ff_templates(''segment''), checked as if it were made by hand. parameters: {"name": value}; what is omitted has its default. Returns the id. Errors: 42704 no such template or parameter; 22004 a parameter without a default is missing; 22023 a value of the wrong type; 23505 the key is taken.';

-- The reverse of ff._fill for one parameter: its name in place of its value.
CREATE FUNCTION ff._abstract(document jsonb, name text, value jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF document = value THEN
		RETURN to_jsonb('{{' || name || '}}');
	ELSIF jsonb_typeof(document) = 'object' THEN
		RETURN (SELECT coalesce(jsonb_object_agg(o.key, ff._abstract(o.value, name, value)), '{}') FROM jsonb_each(document) o);
	ELSIF jsonb_typeof(document) = 'array' THEN
		RETURN (SELECT coalesce(jsonb_agg(ff._abstract(a.value, name, value) ORDER BY a.ordinality), '[]')
			FROM jsonb_array_elements(document) WITH ORDINALITY a);
	ELSIF jsonb_typeof(document) = 'string' AND jsonb_typeof(value) = 'string' THEN
		RETURN to_jsonb(replace(document #>> '{}', value #>> '{}', '{{' || name || '}}'));
	END IF;
	RETURN document;
END;
$$;

-- A document with parameters, {"name": value that stands in it}, in the place
-- of these values, which are their defaults.
CREATE FUNCTION ff._parametrized(document jsonb, parameters jsonb, source text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	p record;
	changed jsonb;
BEGIN
	IF jsonb_typeof(parameters) <> 'object' THEN
		RAISE EXCEPTION 'parameters must be an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	FOR p IN SELECT e.key, e.value FROM jsonb_each(parameters) e ORDER BY length(e.value::text) DESC, e.key COLLATE "C" LOOP
		changed := ff._abstract(document, p.key, p.value);
		IF changed = document OR p.value = '""' THEN
			RAISE EXCEPTION 'the value of parameter "%" does not occur in "%"', p.key, source
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The value is %s.', left(p.value::text, 100));
		END IF;
		document := changed;
	END LOOP;
	RETURN document || jsonb_build_object('parameters', (SELECT coalesce(jsonb_object_agg(e.key,
		jsonb_build_object('default', e.value)), '{}') FROM jsonb_each(parameters) e));
END;
$$;

-- What a template takes from a flag in an environment, or from a segment:
-- nothing that names single users, nor what is its alone.
CREATE FUNCTION ff._source_document(project_id uuid, kind text, source text, environment text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
	g ff.segments;
	d jsonb;
BEGIN
	IF kind = 'segment' THEN
		g := ff._segment(project_id, source);
		IF g.query IS NOT NULL THEN
			RAISE EXCEPTION 'segment "%" is a query and cannot be a template', g.key
				USING ERRCODE = 'object_not_in_prerequisite_state';
		END IF;
		RETURN jsonb_build_object('condition', g.condition) || jsonb_strip_nulls(jsonb_build_object('description', g.description));
	END IF;
	f := ff._flag(project_id, source);
	IF f.dialect <> 'native' THEN
		RAISE EXCEPTION 'flag "%" was imported and cannot be a template: it answers as % does', f.key, f.dialect
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'ff_flag_duplicate makes another flag after it.';
	END IF;
	d := ff._flag_document(f.id, ff._environment(project_id, environment));
	IF d IS NULL THEN
		RAISE EXCEPTION 'flag "%" is not set in the environment', f.key USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	RETURN (SELECT jsonb_object_agg(m.key, m.value) FROM jsonb_each(d) m
		WHERE m.value <> 'null' AND m.key = ANY ('{kind,variations,off_variation,description,category,tags,temporary,traffic_type,
			client_visible,min_plan,enabled,default,rules,prerequisites}'::text[]));
END;
$$;

CREATE FUNCTION @extschema@.ff_template_save(
	kind text,
	key text,
	source text,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	environment text DEFAULT NULL,
	parameters jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	document jsonb;
	result uuid;
BEGIN
	PERFORM ff._check_template_kind(ff._required('kind of template', kind));
	PERFORM ff._new_key('template', key);
	PERFORM ff._lock_project(home);
	document := ff._parametrized(ff._source_document(home, kind, source, environment), coalesce(parameters, '{}'), source);
	INSERT INTO ff.templates AS t (project_id, kind, key, name, description, document)
	VALUES (home, kind, key, ff._name(key, name), nullif(description, ''), document)
	ON CONFLICT DO NOTHING RETURNING t.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION '% template "%" already exists', kind, key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_template_save IS
'Makes a template (kind flag or segment) of the project from a flag as it is set in an environment, or from a segment. Individual targets, overrides, lists of members, salt, owner and links are not taken along.
parameters: {"name": value}; wherever the value stands in rules, variations and so on, the template has a parameter, with that value as its default. Returns the id. Errors: 23505 the key is taken, 42704 no such flag, segment or environment, 22023 a value that does not occur.';

CREATE FUNCTION @extschema@.ff_template_delete(kind text, key text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
BEGIN
	PERFORM ff._check_template_kind(ff._required('kind of template', kind));
	PERFORM ff._lock_project(home);
	DELETE FROM ff.templates t WHERE t.project_id = home AND t.kind = kind AND t.key = ff._required('template', key);
	IF FOUND THEN
		RETURN;
	END IF;
	PERFORM ff._template(home, kind, key);
	RAISE EXCEPTION '% template "%" is built in and cannot be deleted', kind, key
		USING ERRCODE = 'object_not_in_prerequisite_state';
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_template_delete IS
'Deletes a template of the project; a built-in one of the same key, which it hid, is there again. What was made from it stays. Errors: 42704 there is none, 55000 it is built in.';
