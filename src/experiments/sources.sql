-- Metric sources: relations of the application whose rows are events.

CREATE FUNCTION ff._check_metric_source(key text, relation text, unit_column text, time_column text, value_column text) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_check_metric_source';

-- Rows as events: times without a zone are in UTC, numbers are what they are
-- written as and not their 15 digits.
CREATE FUNCTION ff._source_events(source_id uuid, filter jsonb) RETURNS TABLE (unit text, at timestamptz, value numeric)
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
	PERFORM ff._required('relation', relation::text), ff._required('unit column', unit_column), ff._required('time column', time_column);
	PERFORM ff._lock_project(home);
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'relation % does not exist', relation USING ERRCODE = 'undefined_table';
	END IF;
	INSERT INTO ff.metric_sources AS s (project_id, key, relation, unit_column, time_column, value_column, role)
	VALUES (home, ff._new_key('metric source', key), wanted, unit_column, time_column, value_column, current_user)
	ON CONFLICT ON CONSTRAINT metric_sources_project_id_key_key DO UPDATE
	SET relation = excluded.relation, unit_column = excluded.unit_column, time_column = excluded.time_column, value_column = excluded.value_column, role = excluded.role
	RETURNING s.id INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source IS
'Registers a table or view of the application whose rows are events of metrics: give its key as source (or denominator_source) among the settings of ff_metric_create, in place of an event. unit_column, time_column: whose event it is and when, anything that casts to text and timestamptz (without a zone: UTC); rows where one is NULL are none. value_column: a number from -1e100 to 1e100; NULL: each row is 1. A filter of the metric goes by the columns, as to_jsonb has them. Read whole at each analysis, with the rights and row-level security of the role that calls this function, whoever analyses. A second call for a key replaces the source. Returns the id. Errors: 42P01, 42703 no such relation or column, 42501 the caller may not read it, 42846 a column of another type, 0A000 it is temporary or calls what is volatile.';

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
	DELETE FROM ff.metric_sources t WHERE t.id = s.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source_remove IS
'Takes a metric source away, also one whose relation is gone. Errors: 42704 there is none, 2BP01 a metric uses it; the detail says which.';

CREATE FUNCTION @extschema@.ff_metric_source_list(project text DEFAULT NULL)
RETURNS TABLE (source text, relation text, unit_column text, time_column text, value_column text, role text, metrics text[], present boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.key, s.relation, s.unit_column, s.time_column, s.value_column, s.role,
		ARRAY(SELECT m.key::text FROM ff.metrics m WHERE s.id IN (m.source_id, m.denominator_source_id) ORDER BY m.key),
		EXISTS (SELECT FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE format('%I.%I', n.nspname, r.relname) = s.relation)
	FROM ff.metric_sources s WHERE s.project_id = ff._project(project) ORDER BY s.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_source_list IS
'The metric sources of a project by key, each with the role that it is read as, the metrics that use it, and whether the relation is still there.';
