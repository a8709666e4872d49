-- Identity sources: relations of the application that say which anonymous unit is
-- which user.

CREATE FUNCTION ff._check_identity_source(key text, relation text, anonymous_column text, user_column text) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_check_identity_source';

CREATE FUNCTION ff._identity_links(source_id uuid) RETURNS TABLE (anonymous text, person text)
LANGUAGE c STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ff_identity_links';

-- What a source reads, it reads with the rights of who wrote it.
CREATE FUNCTION ff._identity_sources_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() OR TG_OP = 'UPDATE' AND (NEW.relation, NEW.anonymous_column, NEW.user_column, NEW.role)
			IS NOT DISTINCT FROM (OLD.relation, OLD.anonymous_column, OLD.user_column, OLD.role) THEN
		RETURN NEW;
	END IF;
	PERFORM ff._check_identity_source(NEW.key, NEW.relation, NEW.anonymous_column, NEW.user_column);
	NEW.role := current_user;
	RETURN NEW;
END;
$$;

CREATE TRIGGER identity_sources_before BEFORE INSERT OR UPDATE ON ff.identity_sources
	FOR EACH ROW EXECUTE FUNCTION ff._identity_sources_before();

CREATE FUNCTION ff._identity_source(project_id uuid, source text) RETURNS ff.identity_sources
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.identity_sources;
BEGIN
	SELECT s.* INTO result FROM ff.identity_sources s WHERE s.project_id = project_id AND s.key = ff._required('source', source);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'identity source "%" does not exist', source USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_identity_source(
	key text,
	relation regclass,
	anonymous_column text,
	user_column text,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted text := ff._relation_name(relation);
	result uuid;
BEGIN
	PERFORM ff._required('relation', relation::text), ff._required('anonymous column', anonymous_column), ff._required('user column', user_column);
	PERFORM ff._lock_project(home);
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'relation % does not exist', relation USING ERRCODE = 'undefined_table';
	END IF;
	INSERT INTO ff.identity_sources AS s (project_id, key, relation, anonymous_column, user_column, role)
	VALUES (home, ff._new_key('identity source', key), wanted, anonymous_column, user_column, current_user)
	ON CONFLICT ON CONSTRAINT identity_sources_project_id_key_key DO UPDATE
	SET relation = excluded.relation, anonymous_column = excluded.anonymous_column, user_column = excluded.user_column, role = excluded.role
	RETURNING s.id INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_identity_source IS
'Registers a table or view of the application that says which anonymous unit (a cookie, a device) is which user. An experiment that names it (ff_experiment_update, identity) counts exposures and events of an anonymous unit as those of its user; of several users the first by bytes. Both columns are anything that casts to text; rows where one is NULL are no links. Read whole at each analysis, with the rights and row-level security of the role that calls this function, whoever analyses. A second call for a key replaces the source. Returns the id. Errors: 42P01, 42703 no such relation or column, 42501 the caller may not read it, 0A000 it is temporary or calls what is volatile.';

CREATE FUNCTION @extschema@.ff_identity_source_remove(source text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	s ff.identity_sources;
	users text;
BEGIN
	PERFORM ff._lock_project(home);
	s := ff._identity_source(home, source);
	SELECT string_agg(format('experiment "%s"', x.key), ', ' ORDER BY x.key) INTO users FROM ff.experiments x WHERE x.identity_source_id = s.id;
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'identity source "%" is in use', s.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users);
	END IF;
	DELETE FROM ff.identity_sources t WHERE t.id = s.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_identity_source_remove IS
'Takes an identity source away, also one whose relation is gone. Errors: 42704 there is none, 2BP01 an experiment uses it; the detail says which.';

CREATE FUNCTION @extschema@.ff_identity_source_list(project text DEFAULT NULL)
RETURNS TABLE (source text, relation text, anonymous_column text, user_column text, role text, experiments text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.key, s.relation, s.anonymous_column, s.user_column, s.role, ARRAY(SELECT x.key::text FROM ff.experiments x WHERE x.identity_source_id = s.id ORDER BY x.key)
	FROM ff.identity_sources s WHERE s.project_id = ff._project(project) ORDER BY s.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_identity_source_list IS
'The identity sources of a project by key, each with the role that it is read as and the experiments that use it.';

-- Which anonymous unit is which user.
CREATE FUNCTION ff._experiment_links(x ff.experiments) RETURNS TABLE (anonymous text, person text)
LANGUAGE sql STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
AS $$ SELECT l.anonymous, min(l.person COLLATE "C") FROM ff._identity_links(x.identity_source_id) l GROUP BY l.anonymous; $$;
