-- Sets of users with a name: those who meet a condition, are in a list, or in
-- the result of a query.  The functions of lists are in lists.sql.

-- The condition that nobody meets: of a segment that is a list or a query.
CREATE FUNCTION ff._nobody() RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT '{"any": []}'::jsonb; $$;

CREATE FUNCTION @extschema@.ff_segment_create(
	key text,
	condition jsonb DEFAULT '{"any": []}',
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	result uuid;
BEGIN
	PERFORM ff._new_key('segment', key);
	PERFORM ff._required('condition', condition::text);
	PERFORM ff._condition_segments(condition);
	PERFORM ff._lock_project(home);
	INSERT INTO ff.segments AS g (project_id, key, condition, name, description)
	VALUES (home, key, condition, ff._name(key, name), nullif(description, ''))
	ON CONFLICT DO NOTHING RETURNING g.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION 'segment "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	PERFORM ff._refuse_segment_cycle(home, key);
	PERFORM ff._check_now('segments', home);
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_create IS
'Creates a segment: a condition with a name, used as {"segment": key} in rules and other segments. Without a condition it is a list, to be filled by ff_segment_add, ff_segment_import or COPY. A user in the list is in the segment, whatever the condition says. Returns its id. Errors: 23505 the key is taken; and, with the JSON path of the fault, 22023 a malformed condition, 42704 an unknown segment, 2201B a regular expression that does not compile, 54000 beyond a limit.';

CREATE FUNCTION @extschema@.ff_segment_update(
	segment text,
	condition jsonb DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
BEGIN
	PERFORM ff._condition_segments(coalesce(condition, g.condition));
	UPDATE ff.segments t
	SET condition = coalesce(condition, g.condition),
		name = ff._name(g.key, coalesce(name, g.name)),
		description = nullif(coalesce(description, g.description), '')
	WHERE t.id = g.id;
	IF condition IS NOT NULL THEN
		PERFORM ff._refuse_segment_cycle(g.project_id, g.key);
		PERFORM ff._check_now('segments', g.project_id);
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_update IS
'Changes the condition, name and description of a segment, for every rule that uses it. What is NULL or omitted stays; an empty string makes the name the key again and clears the description.';

-- What names a segment, in words.
CREATE FUNCTION ff._segment_uses(g ff.segments) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT format('flag "%s" in environment "%s"', f.key, e.key)
	FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
	WHERE f.project_id = g.project_id AND s.rules::text LIKE '%"segment"%' AND g.key = ANY (ff._rules_segments(s.rules))
	ORDER BY f.key, e.position, e.key;
	RETURN QUERY SELECT format('segment "%s"', x.key)
	FROM ff.segments x
	WHERE x.project_id = g.project_id AND g.key = ANY (ff._condition_segments(x.condition)) ORDER BY x.key;
	RETURN QUERY SELECT format('experiment "%s"', x.key)
	FROM ff.experiments x WHERE x.excluded_segment_id = g.id ORDER BY x.key;
END;
$$;

CREATE FUNCTION @extschema@.ff_segment_delete(segment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
	uses text;
BEGIN
	SELECT string_agg(u, ', ') INTO uses FROM ff._segment_uses(g) u;
	IF uses IS NOT NULL THEN
		RAISE EXCEPTION 'segment "%" is in use', g.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', uses);
	END IF;
	DELETE FROM ff.segments t WHERE t.id = g.id;
	PERFORM ff._check_now('segments', g.project_id);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_delete IS
'Deletes a segment. Error 2BP01: a rule, another segment or an experiment names it; the detail says which.';

CREATE FUNCTION @extschema@.ff_segment_query(
	key text,
	query text,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted text := nullif(trim(query), '');
	result uuid;
BEGIN
	PERFORM ff._new_key('segment', key);
	PERFORM ff._lock_project(home);
	UPDATE ff.segments g
	SET query = wanted, name = ff._name(g.key, coalesce(name, g.name)), description = nullif(coalesce(description, g.description), '')
	WHERE g.project_id = home AND g.key = key RETURNING g.id INTO result;
	IF NOT FOUND THEN
		PERFORM ff._required('query', wanted);
		INSERT INTO ff.segments AS g (project_id, key, condition, query, name, description)
		VALUES (home, key, ff._nobody(), wanted, ff._name(key, name), nullif(description, '')) RETURNING g.id INTO result;
		PERFORM ff._check_now('segments', home);
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_query IS
'Makes a segment of a query on the application''s tables: SELECT with the user key as $1, which is text, uuid, smallint, integer or bigint by its use. A user is in the segment when the query has a row whose first column is not NULL and, if boolean, true. A key that cannot be of that type is in no row.
The query runs in the statement that evaluates, with the rights of the role that calls this function, under row-level security, read-only and with search_path pg_catalog, pg_temp: names of tables are written with their schema. An existing segment of the key keeps its list and condition; NULL takes its query away. Returns the id.
Errors: 42601 not one SELECT, 22023 $1 is not used or another parameter is, 42804 $1 is of another type, 0A000 volatile functions, temporary tables, row locks or functions of featureflow; and whatever the query itself raises when it is tried.';
