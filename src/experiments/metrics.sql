-- What experiments are judged by.

CREATE FUNCTION ff._metric(project_id uuid, metric text) RETURNS ff.metrics
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.metrics;
BEGIN
	SELECT m.* INTO result FROM ff.metrics m WHERE m.project_id = project_id AND m.key = ff._required('metric', metric);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'metric "%" does not exist', metric USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- A metric of an experiment.
CREATE FUNCTION ff._used_metric(x ff.experiments, metric text) RETURNS ff.metrics
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m ff.metrics := ff._metric(x.project_id, metric);
BEGIN
	IF NOT EXISTS (SELECT FROM ff.experiment_metrics u WHERE u.experiment_id = x.id AND u.metric_id = m.id) THEN
		RAISE EXCEPTION 'metric "%" is none of experiment "%"', m.key, x.key USING ERRCODE = 'undefined_object';
	END IF;
	RETURN m;
END;
$$;

-- What is wrong with a metric, the first thing first; NULL: nothing.  The table
-- checks as much, but names a constraint.
CREATE FUNCTION ff._metric_fault(m ff.metrics) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.fault FROM (VALUES
		(m.kind NOT IN ('proportion', 'count', 'mean', 'ratio', 'quantile', 'retention', 'funnel'), format('unknown kind of metric "%s": it is proportion, count, mean, ratio, quantile, retention or funnel', m.kind)),
		(m.direction NOT IN ('increase', 'decrease'), format('unknown direction "%s": it is increase or decrease', m.direction)),
		(m.kind <> 'funnel' AND m.event IS NULL AND m.source_id IS NULL, format('the event of a %s is required', m.kind)),
		(m.event IS NOT NULL AND m.source_id IS NOT NULL OR m.denominator_event IS NOT NULL AND m.denominator_source_id IS NOT NULL, 'an event and a source exclude each other'),
		(m.kind = 'funnel' AND (m.event IS NOT NULL OR m.source_id IS NOT NULL), 'a funnel has steps instead of an event'),
		((m.source_id IS NOT NULL AND (m.unit_property IS NOT NULL OR m.value_property IS NOT NULL)) OR m.denominator_source_id IS NOT NULL AND m.denominator_value_property IS NOT NULL,
			'a source names the columns of unit and value itself'),
		(EXISTS (SELECT FROM unnest(ARRAY[m.event, m.denominator_event] || m.steps) e(name) WHERE length(e.name) NOT BETWEEN 1 AND 255),
			'the name of an event has 1 to 255 characters'),
		(EXISTS (SELECT FROM unnest(ARRAY[m.unit_property, m.value_property, m.denominator_value_property]) p(name) WHERE length(p.name) NOT BETWEEN 1 AND 255),
			'the name of a property has 1 to 255 characters'),
		((m.kind = 'funnel') <> (m.steps IS NOT NULL), 'steps are of a funnel, which needs them'),
		(cardinality(m.steps) NOT BETWEEN 2 AND 20 OR array_position(m.steps, NULL) IS NOT NULL OR array_ndims(m.steps) <> 1, 'a funnel has 2 to 20 steps'),
		((m.kind = 'ratio') <> (m.denominator_event IS NOT NULL OR m.denominator_source_id IS NOT NULL), 'denominator_event is of a ratio, which needs it'),
		(m.kind <> 'ratio' AND (m.denominator_filter IS NOT NULL OR m.denominator_aggregate IS NOT NULL OR m.denominator_value_property IS NOT NULL),
			'only a ratio has a denominator'),
		((m.kind = 'quantile') <> (m.quantile IS NOT NULL), 'quantile is of a quantile, which needs it'),
		(m.quantile <= 0 OR m.quantile >= 1, 'quantile is above 0 and below 1'),
		(m.kind <> 'quantile' AND m.quantile_of IS NOT NULL, 'quantile_of is of a quantile'),
		(m.quantile_of NOT IN ('units', 'events'), format('unknown quantile_of "%s": it is units or events', m.quantile_of)),
		(m.aggregate NOT IN ('sum', 'count', 'any') OR m.denominator_aggregate NOT IN ('sum', 'count', 'any'),
			format('unknown aggregate "%s": it is sum, count or any', CASE WHEN m.aggregate IN ('sum', 'count', 'any') THEN m.denominator_aggregate ELSE coalesce(m.aggregate, m.denominator_aggregate) END)),
		(m.aggregate IS NOT NULL AND (m.kind NOT IN ('mean', 'ratio', 'quantile') OR m.quantile_of = 'events'),
			'aggregate is of a mean, a ratio and a quantile of units'),
		(m.value_property IS NOT NULL AND (m.kind NOT IN ('mean', 'ratio', 'quantile') OR m.aggregate <> 'sum')
			OR m.denominator_value_property IS NOT NULL AND m.denominator_aggregate IS DISTINCT FROM 'sum', 'a value_property is of values that are summed'),
		(jsonb_typeof(m.filter) <> 'object' OR jsonb_typeof(m.denominator_filter) <> 'object', 'a filter is an object of properties'),
		(m.kind = 'retention' AND m.conversion_window IS NULL, 'a retention needs a conversion_window, in which a unit comes back'),
		(m.conversion_window IS NOT NULL AND m.lookback IS NOT NULL, 'conversion_window and lookback exclude each other'),
		(m.complete_only AND m.conversion_window IS NULL, 'complete_only needs a conversion_window'),
		((m.cap_value IS NOT NULL OR m.cap_percentile IS NOT NULL) AND m.kind NOT IN ('count', 'mean', 'ratio'), 'a cap is of a count, a mean and a ratio'),
		(m.cap_value IS NOT NULL AND m.cap_percentile IS NOT NULL, 'cap_value and cap_percentile exclude each other'),
		(m.cap_value NOT BETWEEN -1e100 AND 1e100, 'cap_value is from -1e100 to 1e100'),
		(m.cap_percentile <= 0 OR m.cap_percentile >= 1, 'cap_percentile is above 0 and below 1'),
		(m.cap_ignores_zeros AND m.cap_percentile IS NULL, 'cap_ignores_zeros needs a cap_percentile')) f(is_so, fault)
	WHERE f.is_so
	UNION ALL
	SELECT format('%s is %s, in days and smaller parts: months have no fixed length', s.name, CASE WHEN s.may_be_none THEN '0 or more' ELSE 'above 0' END)
	FROM (VALUES ('delay', m.delay, true), ('covariate_period', m.covariate_period, true),
		('conversion_window', m.conversion_window, false), ('lookback', m.lookback, false)) s(name, span, may_be_none)
	WHERE s.span < '0' OR s.span = '0' AND NOT s.may_be_none OR extract(month FROM s.span) <> 0 OR extract(year FROM s.span) <> 0
	LIMIT 1;
$$;

-- The settings of a metric that are not as they are for all.
CREATE FUNCTION ff._metric_settings(m ff.metrics) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
SET extra_float_digits = 1
AS $$
	SELECT jsonb_strip_nulls(to_jsonb(m) - '{id,project_id,key,kind,event,direction,name,description,created_at,updated_at,source_id,denominator_source_id}'::text[]
		- CASE WHEN m.delay = '0' THEN '{delay}'::text[] ELSE '{}' END
		- CASE WHEN m.covariate_period = '14 days' THEN '{covariate_period}'::text[] ELSE '{}' END
		- CASE WHEN m.complete_only THEN '{}'::text[] ELSE '{complete_only}' END
		- CASE WHEN m.cap_ignores_zeros THEN '{}'::text[] ELSE '{cap_ignores_zeros}' END)
		|| coalesce((SELECT jsonb_object_agg(s.name, t.key) FROM (VALUES ('source', m.source_id), ('denominator_source', m.denominator_source_id)) s(name, id) JOIN ff.metric_sources t ON t.id = s.id), '{}')
		-- what a filter asks for may be null
		|| CASE WHEN m.filter IS NULL THEN '{}' ELSE jsonb_build_object('filter', m.filter) END
		|| CASE WHEN m.denominator_filter IS NULL THEN '{}' ELSE jsonb_build_object('denominator_filter', m.denominator_filter) END;
$$;

-- A source that settings name by its key; as it was where they do not.
CREATE FUNCTION ff._setting_source(project_id uuid, settings jsonb, name text, was uuid) RETURNS uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN settings -> name = 'null' THEN NULL WHEN settings ? name THEN (ff._metric_source(project_id, settings ->> name)).id ELSE was END; $$;

-- Refuses spans without a unit: PostgreSQL takes 7 for seconds, who writes it means days.
CREATE FUNCTION ff._refuse_bare_spans(metric text, settings jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text;
BEGIN
	SELECT s.key INTO name FROM jsonb_each_text(settings) s
	WHERE s.key IN ('delay', 'conversion_window', 'lookback', 'covariate_period') AND s.value ~ '^\s*[-+]?[0-9]*[.]?[0-9]+\s*$' AND s.value ~ '[1-9]'
	ORDER BY s.key COLLATE "C" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% of metric "%" cannot be %', name, metric, left((settings -> name)::text, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A span has a unit: "7 days", "12 hours".';
	END IF;
END;
$$;

-- A metric with some settings changed; null makes one as it is for all.
CREATE FUNCTION ff._metric_with(m ff.metrics, settings jsonb) RETURNS ff.metrics
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	m := ff._with_options(format('metric "%s"', m.key), m, settings, '{filter,unit_property,value_property,aggregate,denominator_event,denominator_filter,
		denominator_aggregate,denominator_value_property,quantile,quantile_of,steps,delay,conversion_window,lookback,complete_only,
		cap_value,cap_percentile,cap_ignores_zeros,covariate_period,source,denominator_source}');
	PERFORM ff._refuse_bare_spans(m.key, settings);
	m.source_id := ff._setting_source(m.project_id, settings, 'source', m.source_id);
	m.denominator_source_id := ff._setting_source(m.project_id, settings, 'denominator_source', m.denominator_source_id);
	m.delay := coalesce(m.delay, '0');
	m.complete_only := coalesce(m.complete_only, false);
	m.cap_ignores_zeros := coalesce(m.cap_ignores_zeros, false);
	m.covariate_period := coalesce(m.covariate_period, '14 days');
	RETURN m;
END;
$$;

CREATE FUNCTION @extschema@.ff_metric_create(
	key text,
	kind text,
	event text DEFAULT NULL,
	direction text DEFAULT 'increase',
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	settings jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m ff.metrics;
BEGIN
	m.id := gen_random_uuid();
	m.project_id := ff._project(project);
	m.key := ff._new_key('metric', key);
	m.kind := ff._required('kind', kind);
	m.event := event;
	m.direction := coalesce(direction, 'increase');
	m.name := ff._name(key, name);
	m.description := nullif(description, '');
	m.created_at := now();
	m.updated_at := now();
	m := ff._metric_with(m, ff._object(settings));
	PERFORM ff._lock_project(m.project_id);
	INSERT INTO ff.metrics SELECT m.* ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'metric "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_create IS
'Creates a metric over events in ff.events. What a unit has is, by kind: proportion: 1 with at least one such event, else 0; count: their number; mean: the sum of their values, 0 without one; ratio: two numbers, whose means are divided; quantile: of the totals of units, or of the values of all events; retention: 1 with an event in the conversion_window that begins delay after the exposure; funnel: 1 if the events named in steps happened in that order. direction: which way is better, increase or decrease. The name defaults to the key.
settings: {"source": a relation of the application in place of an event (ff_metric_source; also "denominator_source"), "filter": properties that an event has to contain, "unit_property", "value_property": properties that name the unit and the value where the event''s own are not meant, "aggregate": what a unit''s events are made to, sum, count or any, "denominator_event", "denominator_filter", "denominator_aggregate" (count if omitted), "denominator_value_property": of a ratio, "quantile": 0 to 1, "quantile_of": units or events, "steps": [events], "delay", "conversion_window": events count from so long after the exposure, and for so long, "lookback": only the last so long before the stop or now, "complete_only": units count when their window is over, "cap_value" or "cap_percentile" (0 to 1, of the totals of all units, with "cap_ignores_zeros" those above or below 0): a total counts up to there, "covariate_period": what a unit did for so long before its exposure is the covariate, 14 days if omitted, "0" for none}. Spans have a unit, days or smaller. Returns the id. Errors: 23505 the key is taken, 22023 an unknown kind, direction or setting, or one that does not go with the kind, 22004 no kind.';

CREATE FUNCTION @extschema@.ff_metric_update(
	metric text,
	event text DEFAULT NULL,
	direction text DEFAULT NULL,
	name text DEFAULT NULL,
	description text DEFAULT NULL,
	settings jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	m ff.metrics;
BEGIN
	PERFORM ff._lock_project(home);
	m := ff._metric_with(ff._metric(home, metric), ff._object(settings));
	m.event := coalesce(event, m.event);
	m.direction := coalesce(direction, m.direction);
	m.name := ff._name(m.key, coalesce(name, m.name));
	m.description := nullif(coalesce(description, m.description), '');
	UPDATE ff.metrics t SET (event, direction, name, description, filter, unit_property, value_property, aggregate, denominator_event,
		denominator_filter, denominator_aggregate, denominator_value_property, quantile, quantile_of, steps, delay, conversion_window, lookback,
		complete_only, cap_value, cap_percentile, cap_ignores_zeros, covariate_period, source_id, denominator_source_id)
	= (m.event, m.direction, m.name, m.description, m.filter, m.unit_property, m.value_property, m.aggregate, m.denominator_event,
		m.denominator_filter, m.denominator_aggregate, m.denominator_value_property, m.quantile, m.quantile_of, m.steps, m.delay, m.conversion_window, m.lookback,
		m.complete_only, m.cap_value, m.cap_percentile, m.cap_ignores_zeros, m.covariate_period, m.source_id, m.denominator_source_id)
	WHERE t.id = m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_update IS
'Changes the event, direction, name, description and settings of a metric, for all experiments that use it. What is NULL or omitted stays; an empty string makes the name the key again and clears the description; a setting that is null is as if it had never been given. settings: see ff_metric_create. Key and kind never change. Errors: 42704 an unknown metric, 22023 an unknown setting, or one that does not go with the kind.';

CREATE FUNCTION @extschema@.ff_metric_delete(metric text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	m ff.metrics;
BEGIN
	PERFORM ff._lock_project(home);
	m := ff._metric(home, metric);
	PERFORM ff._refuse_used(m);
	DELETE FROM ff.metrics t WHERE t.id = m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_delete IS
'Deletes a metric; events stay. Error 2BP01: an experiment uses it; the detail says which.';

CREATE FUNCTION @extschema@.ff_metric_list(project text DEFAULT NULL)
RETURNS TABLE (key text, kind text, event text, direction text, name text, description text, settings jsonb, experiments text[], created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.key, m.kind, m.event, m.direction, m.name, m.description, ff._metric_settings(m),
		ARRAY(SELECT x.key::text FROM ff.experiment_metrics u JOIN ff.experiments x ON x.id = u.experiment_id
			WHERE u.metric_id = m.id ORDER BY x.key), m.created_at
	FROM ff.metrics m WHERE m.project_id = ff._project(project) ORDER BY m.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_list IS
'The metrics of a project by key, with the settings that are not as they are for all, and the experiments that use each.';

-- Row checks of a metric, and what may not change about it.
CREATE FUNCTION ff._metrics_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fault text;
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF TG_OP = 'UPDATE' THEN
		IF NEW.key <> OLD.key OR NEW.kind <> OLD.kind OR NEW.project_id <> OLD.project_id THEN
			RAISE EXCEPTION 'key, kind and project of metric "%" cannot change', OLD.key
				USING ERRCODE = 'invalid_parameter_value';
		END IF;
		NEW.updated_at := now();
	END IF;
	fault := ff._metric_fault(NEW);
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Of metric "%s".', NEW.key);
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER metrics_before BEFORE INSERT OR UPDATE ON ff.metrics
	FOR EACH ROW EXECUTE FUNCTION ff._metrics_before();
