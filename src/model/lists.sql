-- Lists of users: filled, emptied, counted and compared.

-- The keys of a CSV text, one a row.
CREATE FUNCTION ff._csv_keys(csv text, header boolean) RETURNS SETOF text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ff_csv_keys';

-- Keys as they may be stored; an error names the first that may not.
CREATE FUNCTION ff._check_users(users text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	long text;
BEGIN
	IF users IS NULL THEN
		RAISE EXCEPTION 'the users are required' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF array_position(users, NULL) IS NOT NULL OR '' = ANY (users) THEN
		RAISE EXCEPTION 'a user key cannot be empty' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT u INTO long FROM unnest(users) u WHERE length(u) > 1024 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'a user key has at most 1024 characters, unlike "%..."', left(long, 20)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_segment_add(segment text, users text[], project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
	added bigint;
BEGIN
	PERFORM ff._check_users(users);
	INSERT INTO ff.segment_members (segment_id, user_key) SELECT g.id, u FROM unnest(users) u ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS added = ROW_COUNT;
	RETURN added;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_add IS
'Adds users, by key, to the list of a segment. Returns how many were not in it before. Evaluation finds a user in a list of millions by one probe of an index.';

CREATE FUNCTION @extschema@.ff_segment_remove(segment text, users text[], project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
	removed bigint;
BEGIN
	PERFORM ff._check_users(users);
	DELETE FROM ff.segment_members m WHERE m.segment_id = g.id AND m.user_key = ANY (users);
	GET DIAGNOSTICS removed = ROW_COUNT;
	RETURN removed;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_remove IS
'Removes users, by key, from the list of a segment. Returns how many were in it; others are passed over.';

CREATE FUNCTION @extschema@.ff_segment_clear(segment text, project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
	removed bigint;
BEGIN
	DELETE FROM ff.segment_members m WHERE m.segment_id = g.id;
	GET DIAGNOSTICS removed = ROW_COUNT;
	RETURN removed;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_clear IS
'Empties the list of a segment. Returns how many users were in it.';

CREATE FUNCTION @extschema@.ff_segment_import(
	segment text,
	csv text,
	header boolean DEFAULT NULL,
	replace boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	g ff.segments := ff._open_segment(segment, project);
	users text[];
	added bigint;
BEGIN
	PERFORM ff._required('CSV', csv);
	users := ARRAY(SELECT k FROM ff._csv_keys(csv, header) k);
	IF replace THEN
		IF users = '{}' THEN
			RAISE EXCEPTION 'the CSV has no users' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'To empty the list of a segment use ff_segment_clear.';
		END IF;
		DELETE FROM ff.segment_members m
		WHERE m.segment_id = g.id AND NOT EXISTS (SELECT FROM unnest(users) u WHERE u = m.user_key);
	END IF;
	INSERT INTO ff.segment_members (segment_id, user_key) SELECT g.id, u FROM unnest(users) u ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS added = ROW_COUNT;
	RETURN added;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_import IS
'Adds the users of a CSV text (RFC 4180) to the list of a segment: the first field of each line is a user key, the others are passed over. replace => true: users that are not in the text leave the list.
header: whether the first line names the columns; NULL: it does when its first field is user_key, user_id, user or key. Returns how many users were not in the list before. Error 22P04 names the line of the first fault, 22023 says that a text which is to replace the list has no users; nothing is stored then.';

-- The column by which users of a relation are known: of its context source,
-- else its primary key.
CREATE FUNCTION ff._user_column(home uuid, relation regclass) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result text;
BEGIN
	SELECT c.key_column INTO result FROM ff.context_sources c
	WHERE c.project_id = home AND c.relation = ff._relation_name(relation);
	IF NOT FOUND THEN
		SELECT a.attname INTO result FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1;
	END IF;
	IF result IS NULL THEN
		RAISE EXCEPTION 'it is not known which column of "%" has the user keys', ff._relation_name(relation)
			USING ERRCODE = 'undefined_column',
				HINT = 'Register the relation by ff_context_source, or give it a primary key of one column.';
	END IF;
	RETURN result;
END;
$$;

-- A query of rows (a, b boolean): whether each row of a relation is in either
-- segment.  The row's columns are the attributes.
CREATE FUNCTION ff._membership_query(home uuid, relation regclass) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('SELECT @extschema@.ff_in_segment(t.%1$I::text, $1, to_jsonb(t), $3, $4) AS a,
		@extschema@.ff_in_segment(t.%1$I::text, $2, to_jsonb(t), $3, $4) AS b FROM %2$s t',
		ff._user_column(home, relation), ff._relation_name(relation));
$$;

-- Any environment of a project: segments are the same in all.
CREATE FUNCTION ff._any_environment(home uuid, OUT environment text, OUT project text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT e.key, p.key FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id
	WHERE p.id = home ORDER BY e.position, e.key LIMIT 1;
$$;

-- The list alone answers for a segment only where there is nothing but a list.
CREATE FUNCTION ff._refuse_condition(g ff.segments) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF g.query IS NOT NULL OR g.condition <> ff._nobody() THEN
		RAISE EXCEPTION 'segment "%" is not only a list', g.key
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the relation whose users are to be counted.';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_segment_size(segment text, relation regclass DEFAULT NULL, project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	g ff.segments := ff._segment(home, segment);
	anywhere record := ff._any_environment(home);
	result bigint;
BEGIN
	IF relation IS NULL THEN
		PERFORM ff._refuse_condition(g);
		SELECT count(*) INTO result FROM ff.segment_members m WHERE m.segment_id = g.id;
	ELSE
		EXECUTE format('SELECT count(*) FILTER (WHERE x.a) FROM (%s) x', ff._membership_query(home, relation))
		INTO result USING g.key, g.key, anywhere.environment, anywhere.project;
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_size IS
'How many users are in a segment: without a relation those in its list, with one (a table or view of users, which the caller may read) the rows of it that are in the segment; their columns are the attributes. The key column is that of its context source, else the primary key. Error 22023: the segment has a condition or a query and no relation was named.';

CREATE FUNCTION @extschema@.ff_segment_overlap(a text, b text, relation regclass DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (only_a bigint, only_b bigint, in_both bigint, jaccard numeric)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	first ff.segments := ff._segment(home, a);
	second ff.segments := ff._segment(home, b);
	anywhere record := ff._any_environment(home);
BEGIN
	IF relation IS NULL THEN
		PERFORM ff._refuse_condition(first), ff._refuse_condition(second);
		SELECT count(*) FILTER (WHERE y.user_key IS NULL), count(*) FILTER (WHERE x.user_key IS NULL),
			count(*) FILTER (WHERE x.user_key = y.user_key) INTO only_a, only_b, in_both
		FROM (SELECT m.user_key FROM ff.segment_members m WHERE m.segment_id = first.id) x
		FULL JOIN (SELECT m.user_key FROM ff.segment_members m WHERE m.segment_id = second.id) y ON x.user_key = y.user_key;
	ELSE
		EXECUTE format('SELECT count(*) FILTER (WHERE x.a AND NOT x.b), count(*) FILTER (WHERE x.b AND NOT x.a), count(*) FILTER (WHERE x.a AND x.b) FROM (%s) x',
			ff._membership_query(home, relation))
		INTO only_a, only_b, in_both USING first.key, second.key, anywhere.environment, anywhere.project;
	END IF;
	jaccard := round(in_both::numeric / nullif(only_a + only_b + in_both, 0), 4);
	RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_segment_overlap IS
'How two segments overlap: users in one, in the other, in both, and the share of both among all in either (0 to 1; NULL where there are none). Without a relation their lists are compared, with one the rows of it, as in ff_segment_size.';
