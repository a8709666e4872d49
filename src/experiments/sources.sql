-- Metric sources: relations of the application whose rows are events.

CREATE FUNCTION ff._check_metric_source(key text, relation text, unit_column text, time_column text, value_column text) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_check_metric_source';

-- Rows as events, of some units where those are given: times without a zone are in
-- UTC, numbers are what they are written as and not their 15 digits.
CREATE FUNCTION ff._source_events(source_id uuid, filter jsonb, units text[]) RETURNS TABLE (unit text, at timestamptz, value numeric)
LANGUAGE c STABLE ROWS 100000
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET extra_float_digits = 1
AS 'MODULE_PATHNAME', 'ff_source_events';

-- What a source reads, it reads with the rights of who wrote it: the role is not
-- the writer's to say.
CREATE FUNCTION ff._metric_sources_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() OR TG_OP = 'UPDATE' AND (NEW.relation, NEW.unit_column, NEW.time_column, NEW.value_column, NEW.role)
			IS NOT DISTINCT FROM (OLD.relation, OLD.unit_column, OLD.time_column, OLD.value_column, OLD.role) THEN
		RETURN NEW;
	END IF;
	PERFORM ff._check_metric_source(NEW.key, NEW.relation, NEW.unit_column, NEW.time_column, NEW.value_column);
	NEW.role := current_user;
	RETURN NEW;
END;
$$;

CREATE TRIGGER metric_sources_before BEFORE INSERT OR UPDATE ON ff.metric_sources
	FOR EACH ROW EXECUTE FUNCTION ff._metric_sources_before();

CREATE FUNCTION ff._metric_source(project_id uuid, source text) RETURNS ff.metric_sources
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.metric_sources;
BEGIN
	SELECT s.* INTO result FROM ff.metric_sources s WHERE s.project_id = project_id AND s.key = ff._required('source', source);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'metric source "%" does not exist', source USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_metric_source(
	key text,
	relation regclass,
	unit_column text,
	time_column text,
	value_column text DEFAULT NULL,
	capture boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	wanted text := ff._relation_name(relation);
	capture boolean := coalesce(capture, false);
	s ff.metric_sources;
BEGIN
	PERFORM ff._required('relation', relation::text), ff._required('unit column', unit_column), ff._required('time column', time_column);
	PERFORM ff._lock_project(home);
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'relation % does not exist', relation USING ERRCODE = 'undefined_table';
	END IF;
	SELECT t.* INTO s FROM ff.metric_sources t WHERE t.project_id = home AND t.key = key;
	PERFORM ff._stop_capture(s);
	INSERT INTO ff.metric_sources AS t (project_id, key, relation, unit_column, time_column, value_column, role, capture)
	VALUES (home, ff._new_key('metric source', key), wanted, unit_column, time_column, value_column, current_user, capture)
	ON CONFLICT ON CONSTRAINT metric_sources_project_id_key_key DO UPDATE
	SET relation = excluded.relation, unit_column = excluded.unit_column, time_column = excluded.time_column, value_column = excluded.value_column, role = excluded.role,
		capture = excluded.capture
	RETURNING t.* INTO s;
	IF capture THEN
		PERFORM ff._start_capture(s);
	END IF;
	RETURN s.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source IS
'Registers a table or view of the application whose rows are events of metrics: give its key as source (or denominator_source) among the settings of ff_metric_create, in place of an event. unit_column, time_column: whose event it is and when, anything that casts to text and timestamptz (without a zone: UTC); rows where one is NULL are none. value_column: a smallint, integer, bigint, numeric, real or double precision from -1e100 to 1e100, or a boolean, 1 where it holds and else 0; NULL: each row is 1. A filter of the metric goes by the columns, as to_jsonb has them. Read whole at each analysis, with the rights and row-level security of the role that calls this function, whoever analyses. capture: triggers on the table note whose rows each statement changes (ff.source_changes), so that ff_experiment_refresh reads the rows of those units instead of all; for plain tables of the caller, whose unit column is a text, varchar, smallint, integer, bigint, numeric or uuid and whose time column is a timestamptz, timestamp or date. A second call for a key replaces the source, with its triggers. Returns the id. Errors: 42P01, 42703 no such relation or column, 42501 the caller may not read it, or does not own what is to be captured, 42846 a column of another type, 0A000 it is temporary or calls what is volatile, or cannot be captured; the detail says why.';

CREATE FUNCTION @extschema@.ff_metric_source_remove(source text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	s ff.metric_sources;
	users text;
BEGIN
	PERFORM ff._lock_project(home);
	s := ff._metric_source(home, source);
	SELECT string_agg(format('metric "%s"', m.key), ', ' ORDER BY m.key) INTO users FROM ff.metrics m WHERE s.id IN (m.source_id, m.denominator_source_id);
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'metric source "%" is in use', s.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users);
	END IF;
	PERFORM ff._stop_capture(s);
	DELETE FROM ff.source_changes c WHERE c.source_id = s.id;
	DELETE FROM ff.metric_sources t WHERE t.id = s.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source_remove IS
'Takes a metric source away, also one whose relation is gone, and its triggers where it is captured. Errors: 42501 the caller does not own the table that is captured, 42704 there is none, 2BP01 a metric uses it; the detail says which.';

CREATE FUNCTION @extschema@.ff_metric_source_list(project text DEFAULT NULL)
RETURNS TABLE (source text, relation text, unit_column text, time_column text, value_column text, role text, metrics text[], present boolean, captured boolean, problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.key, s.relation, s.unit_column, s.time_column, s.value_column, s.role,
		ARRAY(SELECT m.key::text FROM ff.metrics m WHERE s.id IN (m.source_id, m.denominator_source_id) ORDER BY m.key),
		ff._source_table(s) IS NOT NULL, CASE WHEN s.capture THEN p.problem IS NULL END, p.problem
	FROM ff.metric_sources s CROSS JOIN LATERAL (SELECT CASE WHEN s.capture THEN ff._uncaptured(s) ELSE ff._source_problem(s) END AS problem) p WHERE s.project_id = ff._project(project) ORDER BY s.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source_list IS
'The metric sources of a project by key, each with the role that it is read as, the metrics that use it, and whether the relation is still there. captured: whether its changes are noted as was asked for; false where a trigger is gone or switched off, or the table is no longer one that can be captured, a column renamed for instance; NULL where it was not asked for. problem: why it is not captured, or cannot be read: a second ff_metric_source for its key mends it.';
