-- From one environment to another: clone, compare, sync, promote.

-- Settings, and on demand overrides in force and steps to come, of flags in
-- environments (the first two arrays) for others that have none (the next
-- two); salts NULL: those of the source.  One statement, so that it is one
-- version.
CREATE FUNCTION ff._copy_places(
	source_flags uuid[],
	source_environments uuid[],
	target_flags uuid[],
	target_environments uuid[],
	salts text[],
	overrides boolean,
	schedules boolean
) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH places AS MATERIALIZED (
		SELECT * FROM unnest(source_flags, source_environments, target_flags, target_environments, salts)
			p(flag_id, environment_id, to_flag, to_environment, salt)
	), copied_settings AS (
		INSERT INTO ff.flag_settings (flag_id, environment_id, enabled, targets, rules, default_serve, off_variation, salt)
		SELECT p.to_flag, p.to_environment, x.enabled, x.targets, x.rules, x.default_serve, x.off_variation, coalesce(p.salt, x.salt)
		FROM places p JOIN ff.flag_settings s USING (flag_id, environment_id) CROSS JOIN LATERAL ff._settings_in_force(s) x
	), copied_overrides AS (
		INSERT INTO ff.overrides (flag_id, environment_id, subject_kind, subject, variation, expires_at, reason)
		SELECT p.to_flag, p.to_environment, o.subject_kind, o.subject, o.variation, o.expires_at, o.reason
		FROM places p JOIN ff.overrides o USING (flag_id, environment_id)
		WHERE overrides AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp())
	)
	INSERT INTO ff.schedules (flag_id, environment_id, at, enabled, serve, reason)
	SELECT p.to_flag, p.to_environment, c.at, c.enabled, c.serve, c.reason
	FROM places p JOIN ff.schedules c USING (flag_id, environment_id)
	WHERE schedules AND c.at > statement_timestamp();
$$;

CREATE FUNCTION @extschema@.ff_environment_clone(
	source text,
	key text,
	name text DEFAULT NULL,
	color text DEFAULT NULL,
	overrides boolean DEFAULT true,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	origin uuid;
	result uuid;
	outer_reason text;
BEGIN
	PERFORM ff._lock_project(home);
	origin := ff._environment(home, ff._required('source environment', source));
	result := ff._new_environment(home, key, name, color);
	outer_reason := ff._default_reason(format('clone of %s', source));
	INSERT INTO ff.imported_segments (environment_id, dialect, key, document)
	SELECT result, g.dialect, g.key, g.document FROM ff.imported_segments g WHERE g.environment_id = origin;
	PERFORM ff._copy_places(array_agg(f.id), array_agg(origin), array_agg(f.id), array_agg(result), NULL, coalesce(overrides, true), true)
	FROM ff.flags f WHERE f.project_id = home;
	PERFORM ff._set_reason(outer_reason);
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_clone IS
'Creates an environment, last in order, that answers as another does: every flag''s settings there, salts included, so that nobody changes bucket; steps of the schedule still to come; and overrides in force unless overrides => false. Locks are not copied. Returns its id. Errors: 23505 the key is taken, 42704 no such source.';

-- The reason recorded unless the caller has given one; returns the one before.
CREATE FUNCTION ff._default_reason(reason text) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._set_reason(CASE WHEN coalesce(current_setting('featureflow.change_reason', true), '') = '' THEN reason END);
$$;

-- Steps of the schedule: {"enabled": {time: boolean}, "default": {time: serve}}
CREATE FUNCTION ff._place_steps(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'enabled', coalesce(jsonb_object_agg(ff._utc(c.at), c.enabled) FILTER (WHERE c.enabled IS NOT NULL), '{}'),
		'default', coalesce(jsonb_object_agg(ff._utc(c.at), c.serve) FILTER (WHERE c.serve IS NOT NULL), '{}'))
	FROM ff.schedules c WHERE c.flag_id = $1 AND c.environment_id = $2;
$$;

-- What of a flag's configuration is an environment's own.
CREATE FUNCTION ff._place_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(d.key, d.value), '{}') || jsonb_build_object('schedule', ff._place_steps($1, $2))
	FROM jsonb_each(ff._flag_document($1, $2)) d
	WHERE d.key = ANY ('{enabled,off_variation,targets,rules,default,salt,overrides}'::text[]);
$$;

-- The flags that were named, each once, in their order; all of the project
-- where none was.
CREATE FUNCTION ff._flags(project_id uuid, flags text[]) RETURNS SETOF ff.flags
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	missing text[] := ARRAY(SELECT format('"%s"', k) FROM unnest(flags) WITH ORDINALITY u(k, i)
		WHERE NOT EXISTS (SELECT FROM ff.flags f WHERE f.project_id = project_id AND f.key = k) GROUP BY k ORDER BY min(i));
BEGIN
	IF array_position(flags, NULL) IS NOT NULL THEN
		PERFORM ff._required('flag', NULL);
	ELSIF cardinality(missing) > 0 THEN
		RAISE EXCEPTION '%', CASE cardinality(missing) WHEN 1 THEN format('flag %s does not exist', missing[1])
				ELSE format('flags %s do not exist', array_to_string(missing, ', ')) END
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN QUERY SELECT f.* FROM ff.flags f
	WHERE f.project_id = project_id AND (flags IS NULL OR f.key = ANY (flags))
	ORDER BY array_position(flags, f.key::text), f.key;
END;
$$;

-- Two environments that are not one.
CREATE FUNCTION ff._two_environments(project_id uuid, source text, target text, OUT source_id uuid, OUT target_id uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	source_id := ff._environment(project_id, ff._required('environment', source));
	target_id := ff._environment(project_id, ff._required('environment', target));
	IF source_id = target_id THEN
		RAISE EXCEPTION 'environment "%" stands on both sides', source USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_environment_compare(
	a text,
	b text,
	flag text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (flag text, path text, a jsonb, b jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.key::text, d.path, d.old, d.new
	FROM ff._project($4) p(id)
	CROSS JOIN LATERAL ff._two_environments(p.id, $1, $2) e
	CROSS JOIN LATERAL ff._flags(p.id, CASE WHEN $3 IS NOT NULL THEN ARRAY[$3] END) f
	CROSS JOIN LATERAL (
		SELECT 0, x.ordinality, x.path, x.old, x.new
		FROM ff._diff(ff._place_document(f.id, e.source_id), ff._place_document(f.id, e.target_id)) WITH ORDINALITY x
		UNION ALL
		SELECT 1, row_number() OVER (ORDER BY key), 'segments.' || key, a.document, b.document
		FROM ff._imported_segments_apart(f, e.source_id, e.target_id) a
		FULL JOIN ff._imported_segments_apart(f, e.target_id, e.source_id) b USING (key)) d(part, ordinality, path, old, new)
	ORDER BY f.key, d.part, d.ordinality;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_compare IS
'What differs between two environments of a project, of one flag or all: a row a member with its path (enabled, default, rules[id or position], targets.variation, overrides.user:key, schedule.enabled.time, segments.KEY of an imported flag, ...) and the value in each; NULL where it does not exist. What all environments share cannot differ.';

-- A flag's document in the target as it is, and as the source would have it.
CREATE FUNCTION ff._synced_document(
	f ff.flags,
	source uuid,
	present jsonb,
	overrides boolean,
	salts boolean
) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT present || jsonb_build_object('enabled', x.enabled, 'off_variation', x.off_variation, 'targets', x.targets,
			'rules', x.rules, 'default', x.default_serve)
		|| CASE WHEN salts THEN jsonb_build_object('salt', x.salt) ELSE '{}' END
		|| CASE WHEN overrides THEN jsonb_build_object('overrides', ff._overrides_document(f.id, source)) ELSE '{}' END
	FROM ff.flag_settings s CROSS JOIN LATERAL ff._settings_in_force(s) x
	WHERE s.flag_id = f.id AND s.environment_id = source;
$$;

-- Makes the settings of some flags (NULL: all) in the target those of the
-- source; a row a flag that changes, or would.
CREATE FUNCTION ff._sync(
	project_id uuid,
	flags text[],
	source text,
	target text,
	overrides boolean,
	salts boolean,
	dry_run boolean,
	reason text
) RETURNS TABLE (flag text, changes text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	place record;
	f ff.flags;
	present jsonb;
	wanted jsonb;
	segments text[];
	outer_reason text;
BEGIN
	PERFORM ff._lock_project(project_id) WHERE dry_run IS NOT TRUE;
	place := ff._two_environments(project_id, source, target);
	PERFORM ff._check_unlocked(project_id, place.target_id) WHERE dry_run IS NOT TRUE;
	outer_reason := ff._default_reason(format('%s from %s', reason, source));
	FOR f IN SELECT x.* FROM ff._flags(project_id, flags) x LOOP
		PERFORM ff._open_setting(f, target) WHERE dry_run IS NOT TRUE;
		present := coalesce(ff._flag_document(f.id, place.target_id), '{}');
		wanted := ff._synced_document(f, place.source_id, present, overrides, salts);
		segments := ARRAY(SELECT 'segments.' || g.key FROM ff._imported_segments_apart(f, place.source_id, place.target_id) g);
		CONTINUE WHEN wanted IS NULL OR (wanted = present AND segments = '{}');
		flag := f.key;
		changes := ff._changes(present, wanted) || segments;
		RETURN NEXT;
		CONTINUE WHEN dry_run;
		PERFORM ff._bring_imported_segments(f, place.source_id, place.target_id) WHERE segments <> '{}';
		PERFORM ff._bring_back(f, place.target_id, wanted);
	END LOOP;
	PERFORM ff._set_reason(outer_reason);
END;
$$;

CREATE FUNCTION @extschema@.ff_environment_sync(
	source text,
	target text,
	flags text[] DEFAULT NULL,
	overrides boolean DEFAULT false,
	dry_run boolean DEFAULT false,
	salts boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS TABLE (flag text, changes text[])
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT * FROM ff._sync(ff._project(project), flags, source, target, overrides, salts, dry_run, 'sync');
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_sync IS
'Makes the settings of flags (NULL: all) in the target those of the source: enabled, targets, rules, default, off variation, as they are in force there. One version a flag that changes; returns these flags and what changed; dry_run only tells. The reason recorded is "sync from SOURCE", or featureflow.change_reason where that is set.
Of an imported flag, the segments that it names go along (segments.KEY). The target keeps its salts, so that a user stays in the same bucket, unless salts => true; its overrides, unless overrides => true makes them those of the source; and its schedule. Errors: 42704 a flag or environment does not exist, 55006 the target is locked.';

CREATE FUNCTION @extschema@.ff_environment_promote(
	flags text[],
	source text,
	target text,
	dry_run boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS TABLE (flag text, changes text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ff._required('list of flags', flags::text);
	RETURN QUERY SELECT s.flag, s.changes
	FROM ff._sync(ff._project(project), flags, source, target, false, false, dry_run, 'promotion') s;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_environment_promote IS
'Brings the settings of chosen flags from one environment to the next, as ff_environment_sync does; salts, overrides and schedule of the target stay. Returns the flags that changed and what; dry_run only tells. Errors: 42704 some flags do not exist, which it names; 55006 the target is locked.';
