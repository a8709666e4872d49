-- Rows of configuration tables as they were at a time: what is there now, with
-- the entries of the audit log since then undone.  Writers of a project are in
-- line until they commit, so its numbers are in the order of commits: a time is
-- the number of the newest entry that counts.

-- When the transaction that wrote an entry committed; NULL where that is not
-- known.  An entry that was restored, replicated or rewritten since bears
-- another transaction in its row than the one that it tells of.
CREATE FUNCTION ff._commit_time(written_by xid, transaction_id bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	told xid := (transaction_id & 4294967295)::text::xid;
	result timestamptz;
BEGIN
	-- nor is an id that has come round again the one that is meant
	IF (transaction_id & 4294967295) < 3
			OR pg_snapshot_xmax(pg_current_snapshot())::text::bigint - transaction_id NOT BETWEEN 0 AND 2000000000 THEN
		RETURN NULL;
	END IF;
	result := pg_xact_commit_timestamp(told);
	RETURN CASE WHEN written_by = told OR result = pg_xact_commit_timestamp(written_by) THEN result END;
END;
$$;

-- Whether the server remembers when transactions committed.
CREATE FUNCTION ff._commits_are_timed() RETURNS boolean
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_commits_are_timed';

-- The newest entry of a project whose transaction had committed by a time, where
-- that is known; else, which had been written with all of its transaction.  Its
-- number is 0 where there is none.
CREATE FUNCTION ff._entry_at(project_id uuid, at timestamptz, OUT number bigint, OUT changed_at timestamptz, OUT clock text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	timed boolean := ff._commits_are_timed();
	below bigint := 9223372036854775807;
	entry record;
BEGIN
	LOOP
		SELECT a.number, a.transaction_id, x.committed_at, coalesce(x.committed_at, a.written_at, a.at) AS changed_at INTO entry
		FROM ff.audit_log a
		CROSS JOIN LATERAL (SELECT CASE WHEN timed THEN ff._commit_time(a.xmin, a.transaction_id) END AS committed_at) x
		WHERE a.project_id = project_id AND a.number < below AND a.at <= at
			AND coalesce(x.committed_at, a.written_at, a.at) <= at
		ORDER BY a.number DESC LIMIT 1;
		EXIT WHEN NOT FOUND OR NOT EXISTS (SELECT FROM ff.audit_log b WHERE b.project_id = project_id
			AND b.number = entry.number + 1 AND b.transaction_id = entry.transaction_id);
		-- a transaction counts whole, from its last entry on
		SELECT coalesce(max(b.number) + 1, 0) INTO below FROM ff.audit_log b
		WHERE b.project_id = project_id AND b.number < entry.number AND b.transaction_id <> entry.transaction_id;
	END LOOP;
	number := coalesce(entry.number, 0);
	changed_at := entry.changed_at;
	clock := CASE WHEN entry.committed_at IS NOT NULL THEN 'commit' WHEN entry.number IS NOT NULL THEN 'statement' END;
END;
$$;

-- The columns of a table's primary key, in their order.
CREATE FUNCTION ff._key_columns(table_name text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(a.attname::text ORDER BY k.i)
	FROM pg_index x CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY k(number, i)
	JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
	WHERE x.indrelid = ('ff.' || quote_ident(table_name))::regclass AND x.indisprimary;
$$;

-- What an entry is about: the primary key of its row, as an array.
CREATE FUNCTION ff._record(record_id text, document jsonb, columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN record_id IS NOT NULL THEN to_jsonb(string_to_array(record_id, '/'))
		ELSE (SELECT jsonb_agg(document -> c.c ORDER BY c.i) FROM unnest(columns) WITH ORDINALITY c(c, i)) END;
END;

-- A row of a flag or of its settings made from the version of the flag that was
-- in force after an entry; NULL where no version is kept.
CREATE FUNCTION ff._row_of_version(table_name text, project_id uuid, number bigint, flag_id uuid, environment_id uuid,
	OUT document jsonb, OUT version int)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v ff.flag_versions;
BEGIN
	SELECT x.* INTO v FROM ff.flag_versions x
	WHERE x.flag_id = flag_id AND (table_name = 'flags' OR x.environment_id = environment_id)
		AND NOT EXISTS (SELECT FROM ff.audit_log a WHERE a.project_id = project_id AND a.flag_id = flag_id
			AND a.number > number AND a.transaction_id = x.transaction_id)
	ORDER BY x.at DESC, x.version DESC LIMIT 1;
	version := v.version;
	document := CASE WHEN version IS NULL THEN NULL
		WHEN table_name = 'flags' THEN v.document || jsonb_build_object('id', flag_id, 'project_id', project_id,
			'archived_at', CASE WHEN (v.document ->> 'archived')::boolean THEN v.at END,
			'killed_at', CASE WHEN (v.document ->> 'killed')::boolean THEN v.at END)
		-- with what was in force by the schedule then
		ELSE v.document || jsonb_build_object('flag_id', flag_id, 'environment_id', environment_id, 'version', version,
			'default_serve', v.document -> 'default', 'enabled_at', v.at, 'default_at', v.at) END;
END;
$$;

-- The settings of a flag with the number of the version then, which no entry tells
-- of; 0: it is not known, the flag having been deleted since.
CREATE FUNCTION ff._numbered(table_name text, project_id uuid, number bigint, document jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF table_name <> 'flag_settings' THEN
		RETURN document;
	END IF;
	RETURN document || jsonb_build_object('version', coalesce((SELECT v.version
		FROM ff._row_of_version(table_name, project_id, number, (document ->> 'flag_id')::uuid, (document ->> 'environment_id')::uuid) v), 0));
END;
$$;

-- A row after an entry of that number, where the entry that changed it next does
-- not tell: a part of it was erased, or it tells of a row that came by a restore.
-- fault: what stands for it, or that nothing does.
CREATE FUNCTION ff._row_before(next ff.audit_log, number bigint, which jsonb, columns text[], OUT document jsonb, OUT fault text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	last ff.audit_log;
	version int;
BEGIN
	SELECT a.* INTO last FROM ff.audit_log a
	WHERE a.project_id = next.project_id AND a.number <= number AND a.table_name = next.table_name
		AND a.flag_id IS NOT DISTINCT FROM next.flag_id
		AND ff._record(a.record_id, coalesce(a.new, a.old), columns) = which
	ORDER BY a.number DESC LIMIT 1;
	document := last.new;
	IF document IS NOT NULL OR (next.action = 'insert' AND coalesce(last.action, 'delete') = 'delete') THEN
		RETURN;
	END IF;
	IF next.table_name IN ('flags', 'flag_settings') THEN
		SELECT x.document, x.version INTO document, version
		FROM ff._row_of_version(next.table_name, next.project_id, number, next.flag_id, next.environment_id) x;
	END IF;
	fault := format('entry %s of the audit log has been erased in part: %s', next.number,
		CASE WHEN version IS NOT NULL THEN format('version %s of the flag stands for it, without the person who was erased', version)
			WHEN next.table_name = 'flag_settings' THEN 'the settings of the flag are not known'
			ELSE format('a row of %s is left out', next.table_name) END);
	IF document IS NULL AND next.table_name = 'flag_settings' THEN
		-- rules that do not compile: the answer is an error
		document := jsonb_build_object('flag_id', next.flag_id, 'environment_id', next.environment_id, 'enabled', true, 'rules', '{}'::jsonb);
	END IF;
END;
$$;

-- A condition of a query on one of our tables, with $1 the keys as jsonb.
CREATE FUNCTION ff._key_condition(table_name text, keys jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(format('t.%I = ($1 ->> %L)::%s', a.attname, a.attname, format_type(a.atttypid, a.atttypmod)), ' AND ')
	FROM pg_attribute a
	WHERE a.attrelid = ('ff.' || quote_ident(table_name))::regclass AND a.attnum > 0 AND keys ? a.attname;
$$;

-- The rows of a configuration table that had these keys ({column: value}) after an
-- entry of the project, as documents.  fault: what is not known, of a row that is
-- told all the same or, document NULL, of one that is left out.
CREATE FUNCTION ff._rows_at(project_id uuid, number bigint, table_name text, keys jsonb) RETURNS TABLE (document jsonb, fault text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	columns text[] := ff._key_columns(table_name);
	of_flag uuid := keys ->> CASE table_name WHEN 'flags' THEN 'id' ELSE 'flag_id' END;
	undone jsonb[] := '{}';
	found record;
	next ff.audit_log;
BEGIN
	FOR found IN
		SELECT DISTINCT ON (x.which) x.which, a AS entry
		FROM ff.audit_log a CROSS JOIN LATERAL ff._record(a.record_id, coalesce(a.old, a.new), columns) x(which)
		WHERE a.project_id = project_id AND a.number > number AND a.table_name = table_name
			AND (of_flag IS NULL OR a.flag_id = of_flag)
		ORDER BY x.which, a.number
	LOOP
		next := found.entry;
		undone := undone || found.which;
		document := next.old;
		fault := NULL;
		IF (document IS NULL AND coalesce(next.new @> keys, next.action <> 'insert')) THEN
			SELECT b.document, b.fault INTO document, fault FROM ff._row_before(next, number, found.which, columns) b;
		END IF;
		IF document @> keys OR (document IS NULL AND fault IS NOT NULL) THEN
			document := ff._numbered(table_name, project_id, number, document);
			RETURN NEXT;
		END IF;
	END LOOP;
	RETURN QUERY EXECUTE format('SELECT ff._numbered($4, $5, $6, to_jsonb(t)), NULL::text FROM ff.%I t
		WHERE %s AND ff._record(NULL, to_jsonb(t), $3) <> ALL ($2)', table_name, ff._key_condition(table_name, keys))
		USING keys, undone, columns, table_name, project_id, number;
END;
$$;

-- Changes of the list of a segment, in their order: the entries after a number, or
-- those up to it.  users NULL: the entry does not name them, count NULL: nor tells
-- how many they are; emptied: the segment is made, with nobody in it.
CREATE FUNCTION ff._list_changes(project_id uuid, number bigint, segment_id uuid, later boolean)
RETURNS TABLE (added boolean, count bigint, users text[], since text, emptied boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	RETURN QUERY SELECT a.action = 'insert', (d.document ->> 'count')::bigint,
		CASE WHEN d.document ? 'users' THEN ARRAY(SELECT jsonb_array_elements_text(d.document -> 'users')) END,
		ff._time_text(coalesce(a.written_at, a.at)), a.table_name = 'segments'
	FROM ff.audit_log a CROSS JOIN LATERAL (SELECT coalesce(a.old, a.new) AS document) d
	WHERE a.project_id = project_id AND CASE WHEN later THEN a.number > number ELSE a.number <= number END
		AND a.record_id = segment_id::text
		AND (a.table_name = 'segment_members' OR (a.table_name = 'segments' AND a.action = 'insert'))
	ORDER BY a.number;
END;
$$;

-- Which of a project's entries counted at a time, and whether the environment was
-- there.  An error where the log does not reach back so far.
CREATE FUNCTION ff._as_of(project_id uuid, environment_id uuid, at timestamptz,
	OUT number bigint, OUT changed_at timestamptz, OUT clock text, OUT present boolean, OUT certain boolean, OUT notes text[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	oldest ff.audit_log;
	then_called text;
BEGIN
	SELECT e.number, e.changed_at, e.clock INTO number, changed_at, clock FROM ff._entry_at(project_id, at) e;
	SELECT a.* INTO oldest FROM ff.audit_log a WHERE a.project_id = project_id ORDER BY a.number LIMIT 1;
	IF number = 0 AND (oldest.number > 1 OR EXISTS (SELECT FROM ff.audit_checkpoints c WHERE c.project_id = project_id)) THEN
		RAISE EXCEPTION 'the audit log no longer reaches back to %', ff._time_text(at)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('Its oldest entry is of %s.', coalesce(ff._time_text(coalesce(oldest.written_at, oldest.at)), 'no time')),
				HINT = 'Entries go by ff_audit_retain.';
	END IF;
	certain := at <= clock_timestamp();
	notes := CASE WHEN certain THEN '{}' ELSE ARRAY['the time is yet to come: answered by the configuration of now'] END;
	SELECT r.document ->> 'key' INTO then_called FROM ff._rows_at(project_id, number, 'environments', jsonb_build_object('id', environment_id)) r;
	present := then_called IS NOT NULL;
	IF NOT present THEN
		notes := notes || 'the environment was not there'::text;
	END IF;
	IF then_called <> (SELECT e.key FROM ff.environments e WHERE e.id = environment_id) THEN
		notes := notes || format('the environment was called "%s"', then_called);
	END IF;
	SELECT r.document ->> 'key' INTO then_called FROM ff._rows_at(project_id, number, 'projects', jsonb_build_object('id', project_id)) r;
	IF then_called <> (SELECT p.key FROM ff.projects p WHERE p.id = project_id) THEN
		notes := notes || format('the project was called "%s"', then_called);
	END IF;
END;
$$;
