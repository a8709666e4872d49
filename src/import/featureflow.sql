-- Import of what ff_export('featureflow') made: native flags and all that they
-- need.  Carried out as the restore of a snapshot is.

-- A part of the document beside what is there, as the restore of snapshots
-- plans it: action and what will be.
CREATE FUNCTION ff._import_item(kind text, was jsonb, present jsonb, env_key text, OUT action text, OUT wanted jsonb, OUT note text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	wanted := was;
	IF kind = 'flag' THEN
		wanted := (was - 'settings') || jsonb_build_object('environments',
			coalesce(present -> 'environments', '{}') || jsonb_build_object(env_key, was -> 'settings'));
		IF (present -> 'killed')::boolean AND NOT (was -> 'killed')::boolean THEN
			wanted := wanted || jsonb_build_object('killed', true, 'kill_reason', present -> 'kill_reason');
			note := 'is killed, stays killed';
		END IF;
	ELSIF kind = 'imported segment' THEN
		wanted := was || jsonb_build_object('environment', env_key);
	ELSIF kind = 'segment' THEN
		wanted := was || CASE WHEN was ->> 'query' IS NOT NULL THEN jsonb_build_object('query_role', current_user) ELSE '{}' END;
		IF NOT coalesce(was -> 'members' ? 'users', false) THEN
			wanted := wanted || jsonb_build_object('members', coalesce(present -> 'members', '{"count": 0, "users": []}'));
			note := format('its list of %s users is not in the document', was #>> '{members,count}');
		END IF;
	ELSIF kind = 'source' THEN
		wanted := was || jsonb_build_object('role', current_user);
	END IF;
	action := CASE WHEN present IS NULL THEN 'created' WHEN wanted = present THEN 'unchanged' ELSE 'updated' END;
END;
$$;

-- Refuses what ff_export did not make.
CREATE FUNCTION ff._import_check_featureflow(config jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad text;
BEGIN
	IF config ->> 'format' IS DISTINCT FROM 'featureflow' OR config -> 'version' IS DISTINCT FROM '1' THEN
		RAISE EXCEPTION 'this is no export of format featureflow, version 1' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.format.';
	END IF;
	SELECT format('$.%I%s', k, coalesce('.' || quote_ident(i.key), '')) INTO bad
	FROM unnest('{plan,segment,imported segment,source,flag}'::text[]) k
	LEFT JOIN LATERAL jsonb_each(CASE jsonb_typeof(config -> k) WHEN 'object' THEN config -> k ELSE '{}' END) i ON true
	WHERE jsonb_typeof(coalesce(config -> k, '{}')) <> 'object' OR jsonb_typeof(i.value) <> 'object'
		OR (k = 'flag' AND jsonb_typeof(coalesce(i.value -> 'settings', '{}')) <> 'object') LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'expected an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', bad);
	END IF;
END;
$$;

-- All parts with what is done with each, in the form that ff._carry_out takes.
CREATE FUNCTION ff._import_plan_featureflow(home uuid, env uuid, config jsonb, existing text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	present jsonb := ff._project_document(home);
	env_key text := (SELECT e.key FROM ff.environments e WHERE e.id = env);
	other record;
BEGIN
	SELECT f.key, present -> 'flag' -> f.key ->> 'dialect' AS dialect INTO other FROM jsonb_each(config -> 'flag') f
	WHERE present -> 'flag' -> f.key ->> 'dialect' <> coalesce(f.value ->> 'dialect', 'native') ORDER BY f.key LIMIT 1;
	IF FOUND AND existing = 'refuse' THEN
		RAISE EXCEPTION 'flag "%" exists and answers as % does', other.key, ff._dialect_name(other.dialect)
			USING ERRCODE = 'duplicate_object', HINT = 'The option existing says what to do with it: skip or replace.';
	END IF;
	RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', k, 'key', x.key, 'action', x.action, 'note', x.note, 'wanted', x.wanted)
			ORDER BY array_position('{plan,segment,imported segment,source,flag}'::text[], k), x.key COLLATE "C"), '[]')
		FROM unnest('{plan,segment,imported segment,source,flag}'::text[]) k
		CROSS JOIN LATERAL (
			SELECT p.key, CASE WHEN skip THEN 'skipped' ELSE a.action END AS action,
				CASE WHEN skip THEN 'exists, of another dialect' ELSE a.note END AS note, a.wanted
			FROM jsonb_each(coalesce(config -> k, '{}')) i
			CROSS JOIN LATERAL (SELECT CASE k WHEN 'imported segment' THEN concat_ws(':', env_key, i.key) ELSE i.key END) p(key)
			CROSS JOIN LATERAL (SELECT k = 'flag' AND existing = 'skip'
				AND present -> k -> p.key ->> 'dialect' <> coalesce(i.value ->> 'dialect', 'native')) s(skip)
			CROSS JOIN LATERAL ff._import_item(k, i.value, present -> k -> p.key, env_key) a) x);
END;
$$;

-- The same as ff._import for this format.
CREATE FUNCTION ff._import_featureflow(config jsonb, environment text, options jsonb, project text, only_check boolean)
RETURNS TABLE (kind text, key text, action text, note text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	env uuid;
	plan jsonb;
BEGIN
	PERFORM ff._lock_project(home) WHERE NOT only_check;
	env := ff._environment(home, environment);
	PERFORM ff._import_check_featureflow(config);
	PERFORM ff._import_check_options('featureflow', options) WHERE jsonb_typeof(options) = 'object';
	plan := ff._import_plan_featureflow(home, env, config, ff._import_option(coalesce(options, '{}'), 'existing', '{refuse,skip,replace}'));
	IF only_check THEN
		PERFORM ff._rehearse(home, plan, 'import') WHERE NOT pg_is_in_recovery();
	ELSE
		PERFORM ff._carry_out(home, plan, 'import from featureflow');
	END IF;
	RETURN QUERY SELECT p.value ->> 'kind', p.value ->> 'key', p.value ->> 'action', p.value ->> 'note'
	FROM jsonb_array_elements(plan) WITH ORDINALITY p ORDER BY p.ordinality;
END;
$$;
