-- Named conditions, for use in rules and in each other.

CREATE FUNCTION ff._segment_name(key text, name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(nullif(name, ''), key); $$;

-- What a segment's condition must be; NULL is no condition.
CREATE FUNCTION ff._check_condition(condition jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._required('condition', condition::text);
	PERFORM ff._condition_segments(condition);
END;
$$;

CREATE FUNCTION @extschema@.ff_segment_create(
	key text,
	condition jsonb,
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
	PERFORM ff._check_condition(condition);
	PERFORM ff._lock_project(home);
	INSERT INTO ff.segments AS g (project_id, key, condition, name, description)
	VALUES (home, key, condition, ff._segment_name(key, name), nullif(description, ''))
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
'Creates a segment: a condition with a name, used as {"segment": key} in rules and other segments. Returns its id. Errors: 23505 the key is taken; and, with the JSON path of the fault, 22023 a malformed condition, 42704 an unknown segment, 2201B a regular expression that does not compile, 54000 beyond a limit.';

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
	home uuid := ff._project(project);
	g ff.segments;
BEGIN
	PERFORM ff._lock_project(home);
	g := ff._segment(home, segment);
	PERFORM ff._check_condition(coalesce(condition, g.condition));
	UPDATE ff.segments t
	SET condition = coalesce(condition, g.condition),
		name = ff._segment_name(g.key, coalesce(name, g.name)),
		description = nullif(coalesce(description, g.description), '')
	WHERE t.id = g.id;
	IF condition IS NOT NULL THEN
		PERFORM ff._refuse_segment_cycle(home, g.key);
		PERFORM ff._check_now('segments', home);
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
END;
$$;

CREATE FUNCTION @extschema@.ff_segment_delete(segment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	g ff.segments;
	uses text;
BEGIN
	PERFORM ff._lock_project(home);
	g := ff._segment(home, segment);
	SELECT string_agg(u, ', ') INTO uses FROM ff._segment_uses(g) u;
	IF uses IS NOT NULL THEN
		RAISE EXCEPTION 'segment "%" is in use', g.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', uses);
	END IF;
	DELETE FROM ff.segments t WHERE t.id = g.id;
	PERFORM ff._check_now('segments', home);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_delete IS
'Deletes a segment. Error 2BP01: a rule or another segment names it; the detail says which.';
