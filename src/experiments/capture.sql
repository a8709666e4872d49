-- Capture: triggers on the table of a metric source note whose rows have changed.

CREATE FUNCTION ff._capture() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_capture';

-- The table of a source; NULL where it is gone.
CREATE FUNCTION ff._source_table(s ff.metric_sources) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE format('%I.%I', n.nspname, c.relname) = s.relation; $$;

-- Why a source cannot be read as it was registered; NULL: nothing that shows.
CREATE FUNCTION ff._source_problem(s ff.metric_sources) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN o.oid IS NULL THEN 'It is gone.' ELSE (
		SELECT format('Column "%s" is gone.', c.name) FROM unnest(ARRAY[s.unit_column, s.time_column, s.value_column]) WITH ORDINALITY c(name, i)
		WHERE c.name IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attname = c.name AND NOT a.attisdropped)
		ORDER BY c.i LIMIT 1) END
	FROM (SELECT ff._source_table(s) AS oid) o;
$$;

-- Why the changes of a source cannot be noted by statement, with what a fresh
-- reading would see; NULL: they can.
CREATE FUNCTION ff._capture_problem(s ff.metric_sources) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN p.problem IS NOT NULL THEN p.problem
		WHEN c.relkind <> 'r' OR c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) THEN 'It is not a plain table without partitions or children.'
		WHEN c.relpersistence <> 'p' THEN 'It is emptied by a crash.'
		WHEN c.relrowsecurity THEN 'Row-level security decides which of its rows are seen.'
		WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 'v') THEN 'A column is computed whenever it is read.'
		WHEN EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = c.oid AND NOT a.attisdropped AND y.typtype = 'c') THEN 'A column has parts, whose names can change.'
		WHEN EXISTS (SELECT FROM pg_subscription_rel r WHERE r.srrelid = c.oid) THEN 'A subscription writes it, past triggers of statements.'
		WHEN u.atttypid IS NULL OR u.atttypid <> ALL ('{text,varchar,int2,int4,int8,numeric,uuid}'::regtype[])
			OR EXISTS (SELECT FROM pg_collation l WHERE l.oid = u.attcollation AND NOT l.collisdeterministic)
			THEN format('Column "%s" is not a text, varchar, smallint, integer, bigint, numeric or uuid with equality of bytes.', s.unit_column)
		WHEN t.atttypid IS NULL OR t.atttypid <> ALL ('{timestamptz,timestamp,date}'::regtype[]) THEN format('Column "%s" is not a timestamptz, timestamp or date.', s.time_column) END
	FROM (SELECT ff._source_table(s) AS oid, ff._source_problem(s) AS problem) p LEFT JOIN pg_class c ON c.oid = p.oid
	LEFT JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = s.unit_column AND NOT u.attisdropped
	LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = s.time_column AND NOT t.attisdropped;
$$;

-- Whether a row of the catalog was written by another transaction, which then has
-- committed: what one's own does to it again does not show.
CREATE FUNCTION ff._is_settled(xmin xid) RETURNS boolean
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_is_settled';

-- What filters compare besides columns: labels of their enums.
CREATE FUNCTION ff._column_labels(relation oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(string_agg(e.oid || ' ' || e.enumlabel, ' ' ORDER BY e.oid), '')
	FROM pg_enum e WHERE e.enumtypid IN (
		SELECT unnest(ARRAY[y.oid, y.typelem, y.typbasetype, b.typelem]) FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = y.typbasetype
		WHERE a.attrelid = relation AND NOT a.attisdropped);
$$;

-- The triggers of a source, if they are all there as they must be.
CREATE FUNCTION ff._capture_triggers(s ff.metric_sources) RETURNS SETOF pg_trigger
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH own AS (
		SELECT g.* FROM pg_trigger g
		WHERE s.capture AND g.tgrelid = ff._source_table(s) AND g.tgfoid = 'ff._capture()'::regprocedure
			AND g.tgargs = convert_to(s.id::text, getdatabaseencoding()) || '\x00' || convert_to(s.unit_column, getdatabaseencoding()) || '\x00'
				|| convert_to(s.time_column, getdatabaseencoding()) || '\x00'
	), sound AS (
		SELECT array_agg(o.tgtype ORDER BY o.tgtype) = '{4,8,16,32}' AND bool_and(o.tgenabled = 'A' AND o.tgqual IS NULL AND o.tgattr::text = ''
			AND (o.tgtype NOT IN (8, 16) OR o.tgoldtable IS NOT NULL) AND (o.tgtype NOT IN (4, 16) OR o.tgnewtable IS NOT NULL)) AS sound FROM own o
	)
	SELECT o.* FROM own o JOIN sound a ON a.sound WHERE ff._capture_problem(s) IS NULL;
$$;

-- The columns of a table, and the transactions that have changed them: that it was
-- part of another one, whose statements fire none of its triggers, changes them as
-- well.  NULL where this very transaction has, and may do so once more.
CREATE FUNCTION ff._capture_columns(relation oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bool_and(ff._is_settled(a.xmin)) THEN string_agg(concat_ws(' ', a.attname, a.atttypid, a.xmin), ' ' ORDER BY a.attnum) END
	FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0;
$$;

-- Why the changes of a source that is captured are not noted; NULL: they are.
CREATE FUNCTION ff._uncaptured(s ff.metric_sources) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(ff._capture_problem(s), CASE WHEN NOT EXISTS (SELECT FROM ff._capture_triggers(s)) THEN 'A trigger is gone, changed or switched off.' END);
$$;

-- What changes where changes may not have been noted: another table, file, column
-- or label, a trigger that was made, dropped or switched anew.  NULL: they are not
-- noted, or this very transaction has switched a trigger, and may do it once more.
CREATE FUNCTION ff._capture_state(s ff.metric_sources) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT concat_ws(' ', g.tgrelid, pg_relation_filenode(g.tgrelid), string_agg(g.oid || ' ' || t.xmin, ' ' ORDER BY g.oid), c.columns, ff._column_labels(g.tgrelid))
	FROM ff._capture_triggers(s) g JOIN pg_trigger t ON t.oid = g.oid CROSS JOIN LATERAL (SELECT ff._capture_columns(g.tgrelid) AS columns OFFSET 0) c
	WHERE c.columns IS NOT NULL GROUP BY g.tgrelid, c.columns HAVING bool_and(ff._is_settled(t.xmin));
$$;

-- Drops the triggers of a source, by whoever owns the table.
CREATE FUNCTION ff._stop_capture(s ff.metric_sources) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	trigger record;
BEGIN
	FOR trigger IN
		SELECT g.tgname, g.tgrelid::regclass AS relation FROM pg_trigger g
		WHERE g.tgfoid = 'ff._capture()'::regprocedure AND g.tgname LIKE 'ff\_capture\_' || replace(s.id::text, '-', '') || '\_%'
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', trigger.tgname, trigger.relation);
	END LOOP;
END;
$$;

-- Makes the triggers of a source, after all who are writing.  What the table is must
-- be seen as it is now.
CREATE FUNCTION ff._start_capture(s ff.metric_sources) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	problem text := ff._capture_problem(s);
	operation record;
	name text;
BEGIN
	IF problem IS NULL AND current_setting('transaction_isolation') <> 'read committed' THEN
		problem := 'That takes a transaction that is READ COMMITTED.';
	END IF;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'changes of relation % cannot be captured', s.relation USING ERRCODE = 'feature_not_supported', DETAIL = problem;
	END IF;
	FOR operation IN SELECT * FROM (VALUES ('INSERT', 'REFERENCING NEW TABLE AS new'), ('UPDATE', 'REFERENCING OLD TABLE AS old NEW TABLE AS new'),
		('DELETE', 'REFERENCING OLD TABLE AS old'), ('TRUNCATE', '')) o(verb, rows)
	LOOP
		name := format('ff_capture_%s_%s', replace(s.id::text, '-', ''), lower(operation.verb));
		EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION ff._capture(%L, %L, %L)',
			name, operation.verb, s.relation, operation.rows, s.id, s.unit_column, s.time_column);
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', s.relation, name);
	END LOOP;
END;
$$;

-- The sources that metrics read.
CREATE FUNCTION ff._sources_of(metrics ff.metrics[]) RETURNS uuid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ARRAY(SELECT m.source_id FROM unnest(metrics) m WHERE m.source_id IS NOT NULL UNION SELECT m.denominator_source_id FROM unnest(metrics) m WHERE m.denominator_source_id IS NOT NULL); $$;

-- Notes the rows of captured sources whose time is to come after a moment as of
-- which all has been read: triggers have not seen those that came before them, or
-- while they were switched off.  The number 0 is that of no transaction: as a change
-- they are not new to anybody.
CREATE FUNCTION ff._note_due(metrics ff.metrics[], moment timestamptz) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	DELETE FROM ff.source_changes c WHERE c.source_id = ANY (ff._sources_of(metrics)) AND c.written_in = '0' AND c.at >= moment;
	INSERT INTO ff.source_changes (source_id, unit, at, written_in)
	SELECT s.id, e.unit, e.at, '0' FROM ff.metric_sources s CROSS JOIN LATERAL ff._source_events(s.id, NULL, NULL) e
	WHERE s.id = ANY (ff._sources_of(metrics)) AND s.capture AND e.at >= moment;
$$;

-- Drops notes that all refreshes of experiments which read the source have seen.
CREATE FUNCTION ff._forget_source_changes() RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	DELETE FROM ff.source_changes c WHERE c.noted_at < clock_timestamp() - interval '1 week' AND NOT EXISTS (
		SELECT FROM ff.experiment_refreshes r JOIN ff.experiment_metrics u ON u.experiment_id = r.experiment_id JOIN ff.metrics m ON m.id = u.metric_id
		WHERE c.source_id IN (m.source_id, m.denominator_source_id)
			AND (c.written_in = r.written_in OR NOT pg_visible_in_snapshot(c.written_in, r.snapshot) OR c.at >= r.data_through));
$$;
