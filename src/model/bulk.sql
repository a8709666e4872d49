-- Many flags at once: all or none.

CREATE FUNCTION @extschema@.ff_flags_find(
	search text DEFAULT NULL,
	tag text DEFAULT NULL,
	category text DEFAULT NULL,
	owner text DEFAULT NULL,
	stage text DEFAULT NULL,
	kind text DEFAULT NULL,
	temporary boolean DEFAULT NULL,
	archived boolean DEFAULT NULL,
	killed boolean DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
BEGIN
	RETURN ARRAY(SELECT f.key::text FROM ff.flags f
		WHERE f.project_id = home
			AND (search IS NULL OR strpos(lower(concat_ws(E'\n', f.key, f.name, f.description)), lower(search)) > 0)
			AND (tag IS NULL OR tag = ANY (f.tags))
			AND (category IS NULL OR coalesce(f.category, '') = category)
			AND (owner IS NULL OR coalesce(f.owner, '') = owner)
			AND (stage IS NULL OR f.stage = stage)
			AND (kind IS NULL OR f.kind = kind)
			AND (temporary IS NULL OR f.temporary = temporary)
			AND (archived IS NULL OR (f.archived_at IS NOT NULL) = archived)
			AND (killed IS NULL OR (f.killed_at IS NOT NULL) = killed)
		ORDER BY f.key);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flags_find IS
'The keys of the flags for which all holds that is given, sorted; for ff_flags_archive and the like. search: part of key, name or description in any case; tag: one of the flag''s; category, owner: as they are, an empty string for those without.';

-- The flags that are about to change: the project is locked before they are read.
CREATE FUNCTION ff._open_flags(flags text[], project text) RETURNS SETOF ff.flags
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	project_id uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(project_id);
	PERFORM ff._required('list of flags', flags::text);
	RETURN QUERY SELECT f.* FROM ff._flags(project_id, flags) f;
END;
$$;

CREATE FUNCTION @extschema@.ff_flags_archive(flags text[], project text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	ids uuid[] := ARRAY(SELECT f.id FROM ff._open_flags(flags, project) f);
	result int;
BEGIN
	PERFORM ff._refuse_required(ids, false), ff._refuse_experiments(ids, true);
	UPDATE ff.flags t SET archived_at = now(), stage = 'archived' WHERE t.id = ANY (ids) AND t.archived_at IS NULL;
	GET DIAGNOSTICS result = ROW_COUNT;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flags_archive IS
'Archives flags, all or none, as ff_flag_archive does one; those in the list may require each other. Returns how many were not archived before. Errors: 42704 some do not exist, 2BP01 one is required by a flag outside the list, or an experiment is running on it.';

CREATE FUNCTION @extschema@.ff_flags_unarchive(flags text[], stage text DEFAULT 'development', project text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	ids uuid[] := ARRAY(SELECT f.id FROM ff._open_flags(flags, project) f);
	result int;
BEGIN
	PERFORM ff._check_flag_text(NULL, NULL, stage);
	UPDATE ff.flags t SET archived_at = NULL, stage = coalesce(stage, 'development')
	WHERE t.id = ANY (ids) AND t.archived_at IS NOT NULL;
	GET DIAGNOSTICS result = ROW_COUNT;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flags_unarchive IS
'Brings archived flags back, in the stage given, all or none. Returns how many were archived. Error 42704: some do not exist.';

CREATE FUNCTION @extschema@.ff_flags_delete(flags text[], project text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	ids uuid[] := ARRAY(SELECT f.id FROM ff._open_flags(flags, project) f);
BEGIN
	PERFORM ff._refuse_required(ids, true), ff._refuse_experiments(ids, true);
	DELETE FROM ff.flags t WHERE t.id = ANY (ids);
	RETURN cardinality(ids);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flags_delete IS
'Deletes flags for good, all or none, as ff_flag_delete does one; those in the list may require each other. Returns their number. Errors: 42704 some do not exist, 2BP01 one is required by a flag outside the list, or an experiment is running on it.';

-- Enables or disables flags; how many settings changed.
CREATE FUNCTION ff._set_all_enabled(flags text[], enabled boolean, environment text, project text) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags;
	result int := 0;
BEGIN
	FOR f IN SELECT x.* FROM ff._open_flags(flags, project) x LOOP
		result := result + ((ff._open_setting(f, environment)).enabled <> enabled)::int;
		PERFORM ff._set_enabled(f.key, enabled, environment, project);
	END LOOP;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_flags_enable(flags text[], environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS int
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_all_enabled(flags, true, environment, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flags_enable IS
'Enables flags in an environment, all or none. Returns how many changed. Errors: 42704 some do not exist, 55006 the environment is locked.';

CREATE FUNCTION @extschema@.ff_flags_disable(flags text[], environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS int
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_all_enabled(flags, false, environment, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flags_disable IS
'Disables flags in an environment, all or none. Returns how many changed. Errors: 42704 some do not exist, 55006 the environment is locked.';

CREATE FUNCTION @extschema@.ff_flags_tag(
	flags text[],
	add text[] DEFAULT '{}',
	remove text[] DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	ids uuid[] := ARRAY(SELECT f.id FROM ff._open_flags(flags, project) f);
	added text[] := ff._tags(coalesce(add, '{}'));
	removed text[] := ff._tags(coalesce(remove, '{}'));
	result int;
BEGIN
	IF added && removed THEN
		RAISE EXCEPTION 'tag "%" is to be added and removed', (SELECT a FROM unnest(added) a WHERE a = ANY (removed) LIMIT 1)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE ff.flags t SET tags = n.tags
	FROM ff.flags f CROSS JOIN LATERAL (
		SELECT ff._tags(ARRAY(SELECT x FROM unnest(f.tags) WITH ORDINALITY u(x, i) WHERE x <> ALL (removed) ORDER BY i) || added) AS tags) n
	WHERE t.id = f.id AND t.id = ANY (ids) AND t.tags <> n.tags;
	GET DIAGNOSTICS result = ROW_COUNT;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flags_tag IS
'Adds tags to flags, after those that they have, and takes tags away, all or none. Returns how many changed. Errors: 42704 some flags do not exist, 22023 an empty tag, or one that is to be added and removed.';

-- Kills or revives flags; how many changed.
CREATE FUNCTION ff._set_all_killed(flags text[], killed boolean, reason text, project text) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags;
	result int := 0;
BEGIN
	FOR f IN SELECT x.* FROM ff._open_flags(flags, project) x WHERE (x.killed_at IS NULL) = killed LOOP
		IF killed THEN
			PERFORM @extschema@.ff_flag_kill(f.key, reason, project);
		ELSE
			PERFORM @extschema@.ff_flag_revive(f.key, reason, project);
		END IF;
		result := result + 1;
	END LOOP;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_flags_kill(flags text[], reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS int
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_all_killed(flags, true, reason, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flags_kill IS
'Kills flags, all or none, as ff_flag_kill does one, locked environments notwithstanding. Returns how many were not killed before. Error 42704: some do not exist.';

CREATE FUNCTION @extschema@.ff_flags_revive(flags text[], reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS int
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._set_all_killed(flags, false, reason, project); $$;
COMMENT ON FUNCTION @extschema@.ff_flags_revive IS
'Lifts the kill switch of flags, all or none. Returns how many were killed. Error 42704: some do not exist.';
