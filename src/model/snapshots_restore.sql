-- Bringing a project back to a snapshot.  First a plan, a row a thing, then
-- what it says in few statements over all things, so that each flag has one
-- new version.

-- Refuses what would read with the rights of a role that the caller has not.
CREATE FUNCTION ff._refuse_foreign_role(what text, key text, role text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_has_role(role, 'USAGE') THEN
		RAISE EXCEPTION '% "%" reads with the rights of role "%"', what, key, role
			USING ERRCODE = 'insufficient_privilege', DETAIL = 'Only a member of that role can restore it.';
	END IF;
END;
$$;

-- What follows runs as a role.  Returns what to set the setting role back to;
-- NULL where the role is the current one already, which SECURITY DEFINER could
-- not leave.
CREATE FUNCTION ff._act_as(role text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	outer_role text := current_setting('role');
BEGIN
	IF role <> current_user THEN
		PERFORM set_config('role', role, true);
		RETURN outer_role;
	END IF;
	RETURN NULL;
END;
$$;

-- Why a query or context source cannot come back, as its role sees it: what it
-- reads, or the role itself, is gone.  NULL where it can.
CREATE FUNCTION ff._gone(what text, key text, role text, query text, source jsonb) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	outer_role text;
	result text;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role) THEN
		RETURN format('role "%s" does not exist', role);
	END IF;
	PERFORM ff._refuse_foreign_role(what, key, role);
	outer_role := ff._act_as(role);
	BEGIN
		PERFORM ff._check_query(query) WHERE query IS NOT NULL;
		PERFORM ff._check_source(key, n.key_column, n.attributes) FROM jsonb_populate_record(NULL::ff.context_sources, source) n
		WHERE source IS NOT NULL;
	EXCEPTION WHEN undefined_table OR undefined_column OR undefined_function OR undefined_object OR invalid_schema_name OR datatype_mismatch THEN
		result := SQLERRM;
	END;
	PERFORM set_config('role', outer_role, true) WHERE outer_role IS NOT NULL;
	RETURN result;
END;
$$;

-- The variations that a restored flag keeps besides those of the snapshot:
-- what an environment that is not restored, or a flag created since, names.
CREATE FUNCTION ff._variations_kept(project_id uuid, flag text, was jsonb, environments text[], flags jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(v.value ORDER BY v.ordinality), '[]')
	FROM ff.flags f CROSS JOIN jsonb_array_elements(f.variations) WITH ORDINALITY v
	WHERE f.project_id = $1 AND f.key = flag
		AND v.value ->> 'key' <> ALL (ff._variation_keys(was -> 'variations'))
		AND (EXISTS (SELECT FROM ff.flag_settings s JOIN ff.environments e ON e.id = s.environment_id
				WHERE s.flag_id = f.id AND NOT (e.key = ANY (environments) AND was -> 'environments' ? e.key)
					AND (EXISTS (SELECT FROM ff._setting_uses(s, v.value ->> 'key'))
						OR EXISTS (SELECT FROM ff.overrides o WHERE o.flag_id = f.id AND o.environment_id = e.id
							AND o.variation = v.value ->> 'key')))
			OR EXISTS (SELECT FROM ff.prerequisites r JOIN ff.flags d ON d.id = r.flag_id
				WHERE r.prerequisite_id = f.id AND r.variation = v.value ->> 'key' AND NOT flags ? d.key));
$$;

-- What a flag will be: as in the snapshot, but never revived, and with the
-- settings that it has where the snapshot says nothing.
CREATE FUNCTION ff._flag_wanted(was jsonb, present jsonb, kept jsonb, environments text[], OUT wanted jsonb, OUT note text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	killed boolean := (was -> 'killed')::boolean;
BEGIN
	wanted := was || jsonb_build_object('variations', (was -> 'variations') || kept,
		'environments', coalesce(present -> 'environments', '{}') || (
			SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(was -> 'environments') e
			WHERE e.key = ANY (environments)));
	IF (present -> 'killed')::boolean THEN
		wanted := wanted || jsonb_build_object('killed', true, 'kill_reason', present -> 'kill_reason');
	END IF;
	note := nullif(concat_ws('; ',
		CASE WHEN killed AND NOT (present -> 'killed')::boolean THEN 'is killed again'
			WHEN NOT killed AND (present -> 'killed')::boolean THEN 'killed since, stays killed' END,
		CASE WHEN kept <> '[]' THEN format('variation %s stays, it is in use',
			(SELECT string_agg(format('"%s"', k), ', ') FROM unnest(ff._variation_keys(kept)) k)) END), '');
END;
$$;

-- A flag created since is archived, as is one that was, unless an experiment would
-- lose its users.
CREATE FUNCTION ff._plan_flag(project_id uuid, key text, was jsonb, present jsonb, environments text[], flags jsonb, running boolean,
	OUT action text, OUT wanted jsonb, OUT note text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	kept jsonb := '[]';
BEGIN
	IF was IS NULL THEN
		wanted := present || CASE WHEN running THEN '{}' ELSE '{"archived": true, "stage": "archived"}' END::jsonb;
		note := 'created since, ' || CASE WHEN running THEN 'stays while an experiment is running on it'
			WHEN wanted = present THEN 'archived already' ELSE 'is archived' END;
		action := CASE WHEN wanted = present THEN 'unchanged' ELSE 'updated' END;
		RETURN;
	END IF;
	IF was -> 'kind' <> present -> 'kind' AND 'native' IN (was ->> 'dialect', present ->> 'dialect') THEN
		RAISE EXCEPTION 'flag "%" is of kind % and was of kind %', key, present ->> 'kind', was ->> 'kind'
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'The kind of a flag never changes: delete the flag first.';
	END IF;
	IF was -> 'variations' <> present -> 'variations' THEN
		kept := ff._variations_kept(project_id, key, was, environments, flags);
	END IF;
	SELECT x.wanted, x.note INTO wanted, note FROM ff._flag_wanted(was, present, kept, environments) x;
	IF running AND (wanted -> 'archived')::boolean THEN
		wanted := wanted || jsonb_build_object('archived', false, 'stage', present -> 'stage');
		note := concat_ws('; ', note, 'was archived, stays while an experiment is running on it');
	END IF;
	action := CASE WHEN present IS NULL THEN 'created' WHEN wanted = present THEN 'unchanged' ELSE 'updated' END;
	IF running AND action = 'updated' THEN
		note := concat_ws('; ', note, 'an experiment is running on it');
	END IF;
END;
$$;

-- A list too long for the snapshot stays as it is, and so does the query where
-- what that of the snapshot reads is gone.
CREATE FUNCTION ff._plan_segment(key text, was jsonb, present jsonb, OUT action text, OUT wanted jsonb, OUT note text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	gone text;
BEGIN
	IF was IS NULL THEN
		action := 'unchanged';
		note := 'created since, stays';
		RETURN;
	END IF;
	wanted := was;
	IF NOT was -> 'members' ? 'users' THEN
		wanted := was || jsonb_build_object('members', coalesce(present -> 'members', '{}'));
		note := CASE WHEN was -> 'members' IS DISTINCT FROM present -> 'members' THEN
			format('its list of %s users is not in the snapshot', was #>> '{members,count}')
				|| coalesce(', that of ' || (present #>> '{members,count}') || ' stays', '') END;
	END IF;
	IF was ->> 'query' IS NOT NULL AND (was -> 'query', was -> 'query_role') IS DISTINCT FROM (present -> 'query', present -> 'query_role') THEN
		gone := ff._gone('segment', key, was ->> 'query_role', was ->> 'query', NULL);
		IF gone IS NOT NULL THEN
			wanted := wanted || jsonb_build_object('query', present -> 'query', 'query_type', present -> 'query_type', 'query_role', present -> 'query_role');
			note := concat_ws('; ', note, 'its query is left out: ' || gone);
		END IF;
	END IF;
	action := CASE WHEN present IS NULL THEN 'created' WHEN wanted = present THEN 'unchanged' ELSE 'updated' END;
END;
$$;

-- Plans, sources and imported segments change answers, so those made since go;
-- environments and templates do not.
CREATE FUNCTION ff._plan_other(kind text, key text, was jsonb, present jsonb, used boolean, environments text[],
	OUT action text, OUT wanted jsonb, OUT note text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	wanted := was;
	action := CASE WHEN was = present THEN 'unchanged' WHEN present IS NULL THEN 'created' ELSE 'updated' END;
	IF was IS NULL AND kind IN ('plan', 'source', 'imported segment') AND NOT used THEN
		action := 'deleted';
		note := 'created since';
	ELSIF was IS NULL THEN
		action := 'unchanged';
		note := 'created since, stays' || CASE WHEN used THEN ' for a flag created since' ELSE '' END;
	ELSIF present IS NULL AND kind = 'environment' THEN
		action := 'unchanged';
		note := 'is gone; what flags had in it is left out';
	ELSIF kind = 'imported segment' AND NOT was ->> 'environment' = ANY (environments) THEN
		action := 'unchanged';
		note := 'its environment is gone';
	ELSIF kind = 'source' AND action <> 'unchanged' THEN
		note := 'is left out: ' || ff._gone('context source', key, was ->> 'role', NULL, was);
		action := CASE WHEN note IS NULL THEN action ELSE 'unchanged' END;
	END IF;
END;
$$;

-- All that a restore does, a row a thing.
CREATE FUNCTION ff._restore_plan(project_id uuid, was jsonb)
RETURNS TABLE (kind text, key text, action text, note text, wanted jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	present jsonb := ff._project_document(project_id);
	environments text[] := ARRAY(SELECT e.key FROM ff.environments e WHERE e.project_id = project_id);
	gates text[] := ARRAY(SELECT f.min_plan FROM ff.flags f
		WHERE f.project_id = project_id AND f.min_plan IS NOT NULL AND NOT was -> 'flag' ? f.key);
	dialects text[] := ARRAY(SELECT DISTINCT f.dialect FROM ff.flags f WHERE f.project_id = project_id AND NOT was -> 'flag' ? f.key);
	tested text[] := ARRAY(SELECT f.key FROM ff.experiments x JOIN ff.flags f ON f.id = x.flag_id
		WHERE f.project_id = project_id AND x.status = 'running');
	i record;
BEGIN
	FOR i IN SELECT p.* FROM ff._pairs(was, present) p LOOP
		kind := i.kind;
		key := i.key;
		IF kind = 'flag' THEN
			SELECT x.action, x.wanted, x.note INTO action, wanted, note
			FROM ff._plan_flag(project_id, key, i.was, i.present, environments, was -> 'flag', key = ANY (tested)) x;
			IF i.was <> was -> 'flag' -> key THEN
				note := concat_ws('; ', note, 'steps of its schedule that have passed are left out');
			END IF;
		ELSIF kind = 'segment' THEN
			SELECT x.action, x.wanted, x.note INTO action, wanted, note FROM ff._plan_segment(key, i.was, i.present) x;
		ELSE
			SELECT x.action, x.wanted, x.note INTO action, wanted, note
			FROM ff._plan_other(kind, key, i.was, i.present, CASE kind WHEN 'plan' THEN key = ANY (gates)
				WHEN 'imported segment' THEN i.present ->> 'dialect' = ANY (dialects) ELSE false END, environments) x;
		END IF;
		wanted := CASE WHEN action <> 'unchanged' THEN wanted END;
		RETURN NEXT;
	END LOOP;
END;
$$;

-- What a plan does to things of one kind.
CREATE FUNCTION ff._planned(plan jsonb, kind text, actions text[])
RETURNS TABLE (key text, wanted jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.value ->> 'key', p.value -> 'wanted' FROM jsonb_array_elements(plan) p
	WHERE p.value ->> 'kind' = kind AND p.value ->> 'action' = ANY (actions);
$$;

CREATE FUNCTION ff._others_back(home uuid, plan jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE ff.environments e
	SET name = p.wanted ->> 'name', color = p.wanted ->> 'color', position = (p.wanted -> 'position')::int
	FROM ff._planned(plan, 'environment', '{updated}') p WHERE e.project_id = home AND e.key = p.key;

	INSERT INTO ff.plans (project_id, key, level, name)
	SELECT home, p.key, (p.wanted -> 'level')::int, p.wanted ->> 'name' FROM ff._planned(plan, 'plan', '{created,updated}') p
	ON CONFLICT ON CONSTRAINT plans_project_id_key_key DO UPDATE SET level = excluded.level, name = excluded.name;

	INSERT INTO ff.templates (project_id, kind, key, name, description, document)
	SELECT home, split_part(p.key, ':', 1), split_part(p.key, ':', 2), p.wanted ->> 'name', p.wanted ->> 'description', p.wanted -> 'document'
	FROM ff._planned(plan, 'template', '{created,updated}') p
	ON CONFLICT ON CONSTRAINT templates_project_id_kind_key_key DO UPDATE
	SET name = excluded.name, description = excluded.description, document = excluded.document;

	INSERT INTO ff.imported_segments (environment_id, dialect, key, document)
	SELECT e.id, p.wanted ->> 'dialect', p.wanted ->> 'key', p.wanted -> 'document'
	FROM ff._planned(plan, 'imported segment', '{created,updated}') p
	JOIN ff.environments e ON e.project_id = home AND e.key = p.wanted ->> 'environment'
	ON CONFLICT (environment_id, dialect, key) DO UPDATE SET document = excluded.document, updated_at = now();

	DELETE FROM ff.imported_segments g USING ff.environments e, ff._planned(plan, 'imported segment', '{deleted}') p
	WHERE e.id = g.environment_id AND e.project_id = home AND concat_ws(':', e.key, g.dialect, g.key) = p.key;

	DELETE FROM ff.context_sources c USING ff._planned(plan, 'source', '{deleted}') p WHERE c.project_id = home AND c.relation = p.key;
$$;

-- Queries of segments and context sources, each written as the role whose
-- rights it reads with: triggers check it and sign it as they do by hand.
CREATE FUNCTION ff._signed_back(home uuid, plan jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	outer_role text;
	s record;
BEGIN
	FOR s IN SELECT p.key, n.query, n.query_role AS role FROM ff._planned(plan, 'segment', '{created,updated}') p
		CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.segments, p.wanted) n
		JOIN ff.segments g ON g.project_id = home AND g.key = p.key
		WHERE (g.query, g.query_role) IS DISTINCT FROM (n.query, n.query_role) LOOP
		outer_role := ff._act_as(s.role);
		UPDATE ff.segments g SET query = s.query, query_role = s.role WHERE g.project_id = home AND g.key = s.key;
		PERFORM set_config('role', outer_role, true) WHERE outer_role IS NOT NULL;
	END LOOP;
	FOR s IN SELECT p.key, n.key_column, n.attributes, n.role, n.position FROM ff._planned(plan, 'source', '{created,updated}') p
		CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.context_sources, p.wanted) n LOOP
		outer_role := ff._act_as(s.role);
		INSERT INTO ff.context_sources (project_id, relation, key_column, attributes, role, position)
		VALUES (home, s.key, s.key_column, s.attributes, s.role, s.position)
		ON CONFLICT ON CONSTRAINT context_sources_project_id_relation_key DO UPDATE
		SET key_column = excluded.key_column, attributes = excluded.attributes, role = excluded.role, position = excluded.position;
		PERFORM set_config('role', outer_role, true) WHERE outer_role IS NOT NULL;
	END LOOP;
END;
$$;

CREATE FUNCTION ff._segments_back(home uuid, plan jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO ff.segments (project_id, key, condition, name, description)
	SELECT home, p.key, p.wanted -> 'condition', p.wanted ->> 'name', p.wanted ->> 'description'
	FROM ff._planned(plan, 'segment', '{created,updated}') p
	ON CONFLICT ON CONSTRAINT segments_project_id_key_key DO UPDATE
	SET condition = excluded.condition, name = excluded.name, description = excluded.description;

	WITH listed AS (
		SELECT g.id, p.wanted #> '{members,users}' AS users
		FROM ff._planned(plan, 'segment', '{created,updated}') p JOIN ff.segments g ON g.project_id = home AND g.key = p.key
		WHERE p.wanted -> 'members' ? 'users'
	), wanted AS (
		SELECT l.id, u.u AS user_key FROM listed l CROSS JOIN LATERAL jsonb_array_elements_text(l.users) u(u)
	), dropped AS (
		DELETE FROM ff.segment_members m USING listed l
		WHERE m.segment_id = l.id AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = m.segment_id AND w.user_key = m.user_key)
	)
	INSERT INTO ff.segment_members (segment_id, user_key) SELECT w.id, w.user_key FROM wanted w ON CONFLICT DO NOTHING;
$$;

-- Flags that are gone, with the settings that they had, off where the snapshot
-- knows no setting.
CREATE FUNCTION ff._flags_created(home uuid, plan jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO ff.flags (project_id, key, kind, variations, min_plan, archived_at, client_visible, dialect, killed_at, kill_reason, name,
		description, category, tags, owner, traffic_type, links, temporary, stage)
	SELECT home, p.key, n.kind, n.variations, n.min_plan, CASE WHEN (p.wanted -> 'archived')::boolean THEN now() END, n.client_visible,
		n.dialect, CASE WHEN (p.wanted -> 'killed')::boolean THEN now() END, n.kill_reason, n.name,
		n.description, n.category, n.tags, n.owner, n.traffic_type, n.links, n.temporary, n.stage
	FROM ff._planned(plan, 'flag', '{created}') p CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.flags, p.wanted) n
	ORDER BY p.key COLLATE "C";

	INSERT INTO ff.flag_settings (flag_id, environment_id, enabled, targets, rules, default_serve, off_variation, salt)
	SELECT f.id, e.id, coalesce(n.enabled, true), coalesce(n.targets, '{}'), coalesce(n.rules, '[]'),
		coalesce(n.default_serve, to_jsonb(ff._off_variation(f.variations))),
		coalesce(n.off_variation, ff._off_variation(f.variations)), coalesce(n.salt, f.key)
	FROM ff._planned(plan, 'flag', '{created}') p
	JOIN ff.flags f ON f.project_id = home AND f.key = p.key
	JOIN ff.environments e ON e.project_id = home
	CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.flag_settings, p.wanted -> 'environments' -> e.key) n
	ORDER BY f.key COLLATE "C", e.position, e.key;
$$;

-- All flags that change, in one statement, so that it is one version of each.
-- Steps of schedules that have passed go: what they did is in the settings.
CREATE FUNCTION ff._flags_back(home uuid, plan jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH wanted AS MATERIALIZED (
		SELECT f.id, p.wanted AS d FROM ff._planned(plan, 'flag', '{created,updated}') p
		JOIN ff.flags f ON f.project_id = home AND f.key = p.key
	), settings AS MATERIALIZED (
		SELECT w.id AS flag_id, e.id AS environment_id, s.value AS d FROM wanted w
		CROSS JOIN LATERAL jsonb_each(w.d -> 'environments') s JOIN ff.environments e ON e.project_id = home AND e.key = s.key
	), overrides AS MATERIALIZED (
		SELECT s.flag_id, s.environment_id, split_part(o.key, ':', 1) AS subject_kind, substr(o.key, strpos(o.key, ':') + 1) AS subject,
			o.value ->> 'variation' AS variation, (o.value ->> 'expires_at')::timestamptz AS expires_at, o.value ->> 'reason' AS reason
		FROM settings s CROSS JOIN LATERAL jsonb_each(s.d -> 'overrides') o
	), steps AS MATERIALIZED (
		SELECT s.flag_id, s.environment_id, (c.value ->> 'at')::timestamptz AS at, (c.value -> 'enabled')::boolean AS enabled,
			c.value -> 'serve' AS serve, c.value ->> 'reason' AS reason
		FROM settings s CROSS JOIN LATERAL jsonb_array_elements(s.d -> 'schedule') c
	), required AS MATERIALIZED (
		SELECT w.id AS flag_id, f.id AS prerequisite_id, r.value AS variation FROM wanted w
		CROSS JOIN LATERAL jsonb_each_text(w.d -> 'prerequisites') r JOIN ff.flags f ON f.project_id = home AND f.key = r.key
	), changed_flags AS (
		UPDATE ff.flags t
		SET variations = n.variations, kind = n.kind, min_plan = n.min_plan, client_visible = n.client_visible, dialect = n.dialect,
			archived_at = CASE WHEN (w.d -> 'archived')::boolean THEN coalesce(t.archived_at, now()) END,
			killed_at = CASE WHEN (w.d -> 'killed')::boolean THEN coalesce(t.killed_at, now()) END, kill_reason = n.kill_reason,
			name = n.name, description = n.description, category = n.category, tags = n.tags, owner = n.owner,
			traffic_type = n.traffic_type, links = n.links, temporary = n.temporary, stage = n.stage
		FROM wanted w CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.flags, w.d) n
		WHERE t.id = w.id AND ff._shared_document(t) <> w.d - '{prerequisites,environments}'::text[]
	), changed_settings AS (
		UPDATE ff.flag_settings t
		SET enabled = n.enabled, targets = n.targets, rules = n.rules, default_serve = n.default_serve,
			off_variation = n.off_variation, salt = n.salt
		FROM settings s CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.flag_settings, s.d) n
		WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id
			AND ff._setting_document(t) <> s.d - '{overrides,schedule}'::text[]
	), added_settings AS (
		INSERT INTO ff.flag_settings (flag_id, environment_id, enabled, targets, rules, default_serve, off_variation, salt)
		SELECT s.flag_id, s.environment_id, n.enabled, n.targets, n.rules, n.default_serve, n.off_variation, n.salt
		FROM settings s CROSS JOIN LATERAL jsonb_populate_record(NULL::ff.flag_settings, s.d) n
		WHERE NOT EXISTS (SELECT FROM ff.flag_settings t WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id)
	), dropped_overrides AS (
		DELETE FROM ff.overrides t USING settings s WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id
			AND NOT s.d -> 'overrides' ? (t.subject_kind || ':' || t.subject)
	), restored_overrides AS (
		INSERT INTO ff.overrides AS t (flag_id, environment_id, subject_kind, subject, variation, expires_at, reason)
		SELECT o.flag_id, o.environment_id, o.subject_kind, o.subject, o.variation, o.expires_at, o.reason FROM overrides o
		ON CONFLICT ON CONSTRAINT overrides_flag_id_environment_id_subject_kind_subject_key DO UPDATE
		SET variation = excluded.variation, expires_at = excluded.expires_at, reason = excluded.reason
		WHERE (t.variation, t.expires_at, t.reason) IS DISTINCT FROM (excluded.variation, excluded.expires_at, excluded.reason)
	), dropped_steps AS (
		DELETE FROM ff.schedules t USING settings s WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id
			AND NOT EXISTS (SELECT FROM steps c WHERE c.flag_id = t.flag_id AND c.environment_id = t.environment_id
				AND c.at = t.at AND (c.enabled IS NULL) = (t.enabled IS NULL))
	), restored_steps AS (
		INSERT INTO ff.schedules AS t (flag_id, environment_id, at, enabled, serve, reason)
		SELECT c.flag_id, c.environment_id, c.at, c.enabled, c.serve, c.reason FROM steps c
		ON CONFLICT (flag_id, environment_id, at, (enabled IS NULL)) DO UPDATE
		SET enabled = excluded.enabled, serve = excluded.serve, reason = excluded.reason
		WHERE (t.enabled, t.serve, t.reason) IS DISTINCT FROM (excluded.enabled, excluded.serve, excluded.reason)
	), dropped_prerequisites AS (
		DELETE FROM ff.prerequisites t USING wanted w WHERE t.flag_id = w.id
			AND NOT EXISTS (SELECT FROM required r WHERE r.flag_id = t.flag_id AND r.prerequisite_id = t.prerequisite_id)
	)
	INSERT INTO ff.prerequisites AS t (flag_id, prerequisite_id, variation)
	SELECT r.flag_id, r.prerequisite_id, r.variation FROM required r
	ON CONFLICT ON CONSTRAINT prerequisites_pkey DO UPDATE SET variation = excluded.variation WHERE t.variation <> excluded.variation;
$$;

-- Carries a plan out and checks what has come of it.
CREATE FUNCTION ff._carry_out(project_id uuid, plan jsonb, reason text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	outer_reason text := ff._set_reason(reason);
BEGIN
	PERFORM ff._others_back(project_id, plan);
	PERFORM ff._segments_back(project_id, plan);
	PERFORM ff._signed_back(project_id, plan);
	PERFORM ff._flags_created(project_id, plan);
	PERFORM ff._flags_back(project_id, plan);
	DELETE FROM ff.plans l USING ff._planned(plan, 'plan', '{deleted}') p WHERE l.project_id = project_id AND l.key = p.key;
	PERFORM ff._check_now('segments', project_id);
	PERFORM ff._check_now('prerequisites', project_id);
	PERFORM ff._check_now('flag', f.id) FROM ff._planned(plan, 'flag', '{created,updated}') p
	JOIN ff.flags f ON f.project_id = project_id AND f.key = p.key;
	PERFORM ff._set_reason(outer_reason);
END;
$$;

-- The same, taken back: it fails where the real one would.
CREATE FUNCTION ff._rehearse(project_id uuid, plan jsonb, reason text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._carry_out(project_id, plan, reason);
	RAISE EXCEPTION SQLSTATE 'FFDRY';
EXCEPTION WHEN SQLSTATE 'FFDRY' THEN
	NULL;
END;
$$;

CREATE FUNCTION ff._restore_snapshot(snapshot text, dry_run boolean, reason text, project text, OUT kind text, OUT key text, OUT action text, OUT note text)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
	why text := coalesce(nullif(reason, ''), format('restore of snapshot %s', snapshot));
	was jsonb;
	plan jsonb;
BEGIN
	PERFORM ff._lock_project(home);
	was := (ff._snapshot(home, snapshot)).document;
	SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.i), '[]') INTO plan
	FROM ff._restore_plan(home, was) WITH ORDINALITY p(kind, key, action, note, wanted, i);
	IF dry_run THEN
		PERFORM ff._rehearse(home, plan, why);
	ELSE
		PERFORM ff._carry_out(home, plan, why);
	END IF;
	RETURN QUERY SELECT p.value ->> 'kind', p.value ->> 'key', p.value ->> 'action', p.value ->> 'note'
	FROM jsonb_array_elements(plan) WITH ORDINALITY p ORDER BY p.ordinality;
END;
$$;

CREATE FUNCTION @extschema@.ff_snapshot_restore(
	key text,
	dry_run boolean DEFAULT false,
	reason text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (kind text, key text, action text, note text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT r.* FROM ff._restore_snapshot($1, dry_run, reason, project) r; $$;
COMMENT ON FUNCTION @extschema@.ff_snapshot_restore IS
'Brings a project back to a snapshot, all or nothing, and returns what that does to each thing: created, updated, deleted or unchanged, with a note where it is not plainly as it was.
A flag that was killed since stays killed; one that was killed then is killed again. Flags created since are archived, as are those that were, unless an experiment is running on them; plans, context sources and imported segments created since are deleted, segments, environments and templates stay. Environments that are gone are not made anew; a context source or query of a segment whose table or role is gone is left out. Steps of schedules that have passed are left out. dry_run: only tells, and fails where the restore would.
Errors: 42704 no such snapshot; 55000 a flag of that key has another kind now; 42501 a context source or query segment reads with the rights of a role that the caller has not.';
