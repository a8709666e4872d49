-- Context sources: relations of the application whose row of a user gives the
-- attributes that a caller did not pass.

-- The name of a relation with its schema, as stored.
CREATE FUNCTION ff._relation_name(relation regclass) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
$$;

-- A name as it is stored, however it was written; nothing is looked up, since the
-- relation may be gone and its schema closed to the caller.
CREATE FUNCTION ff._qualified_name(relation text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT string_agg(format('%I', p.part), '.' ORDER BY p.n) FROM unnest(parse_ident(relation)) WITH ORDINALITY p(part, n); $$;

CREATE FUNCTION @extschema@.ff_context_source(
	relation regclass,
	key_column text,
	attributes text[] DEFAULT NULL,
	sort_order int DEFAULT NULL,
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
	PERFORM ff._required('relation', relation::text), ff._required('key column', key_column);
	PERFORM ff._lock_project(home);
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'relation % does not exist', relation USING ERRCODE = 'undefined_table';
	END IF;
	INSERT INTO ff.context_sources AS c (project_id, relation, key_column, attributes, role, position)
	VALUES (home, wanted, key_column, attributes, current_user, coalesce(sort_order,
		(SELECT coalesce(max(x.position), 0) + 1 FROM ff.context_sources x WHERE x.project_id = home)))
	ON CONFLICT ON CONSTRAINT context_sources_project_id_relation_key DO UPDATE
	SET key_column = excluded.key_column, attributes = excluded.attributes, role = excluded.role,
		position = coalesce(sort_order, c.position)
	RETURNING c.id INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_context_source IS
'Registers a table or view of the application whose row of a user gives attributes: an attribute that a rule needs and the caller did not pass is the column of that name in the row whose key column is the user key. Read when needed, once a user and statement, under the snapshot of the statement, with the rights of the role that calls this function.
key_column: text, uuid, smallint, integer or bigint; a key that cannot be one is no row. attributes: the columns that may be used; NULL: all. sort_order: sources with lower numbers are asked first. A second call for a relation replaces the first. Returns the id.
Warns where a table has no index on the key. Errors: 42P01, 42703 no such relation or column, 42501 the caller may not read it, 42804 the key is of another type, 0A000 it is temporary.';

CREATE FUNCTION @extschema@.ff_context_source_remove(relation text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(home);
	DELETE FROM ff.context_sources c
	WHERE c.project_id = home AND (c.relation = relation OR c.relation = ff._qualified_name(relation));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'relation "%" is not a context source', relation USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_context_source_remove IS
'Takes a context source away, also one whose relation is gone. The name is written with its schema, as ff_context_source_list shows it. Error 42704: there is none.';

CREATE FUNCTION @extschema@.ff_context_source_list(project text DEFAULT NULL)
RETURNS TABLE (relation text, key_column text, attributes text[], role text, sort_order int, present boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.relation, c.key_column, c.attributes::text[], c.role, c.position,
		EXISTS (SELECT FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE format('%I.%I', n.nspname, r.relname) = c.relation)
	FROM ff.context_sources c WHERE c.project_id = ff._project(project) ORDER BY c.position, c.relation;
$$;
COMMENT ON FUNCTION @extschema@.ff_context_source_list IS
'The context sources of a project in the order in which they are asked, each with the role that it is read as, and whether the relation is still there.';
