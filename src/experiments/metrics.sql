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

-- Clear errors for what the table would refuse with the name of a constraint.
CREATE FUNCTION ff._check_metric(kind text, event text, direction text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF kind NOT IN ('proportion', 'mean') THEN
		RAISE EXCEPTION 'unknown kind of metric "%"', kind
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is proportion or mean.';
	END IF;
	IF length(event) NOT BETWEEN 1 AND 255 THEN
		RAISE EXCEPTION 'the name of an event has 1 to 255 characters, not %', length(event)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF direction NOT IN ('increase', 'decrease') THEN
		RAISE EXCEPTION 'unknown direction "%"', direction
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is increase or decrease.';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_metric_create(
	key text,
	kind text,
	event text,
	direction text DEFAULT 'increase',
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
	PERFORM ff._new_key('metric', key), ff._required('kind', kind), ff._required('event', event);
	PERFORM ff._check_metric(kind, event, direction);
	PERFORM ff._lock_project(home);
	INSERT INTO ff.metrics AS m (project_id, key, kind, event, direction, name, description)
	VALUES (home, key, kind, event, coalesce(direction, 'increase'), ff._name(key, name), nullif(description, ''))
	ON CONFLICT DO NOTHING RETURNING m.id INTO result;
	IF result IS NULL THEN
		RAISE EXCEPTION 'metric "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_create IS
'Creates a metric over events of a name in ff.events. kind proportion: the share of units that have at least one; mean: the mean of the sum of their values, 0 for a unit without. direction: which way is better, increase or decrease. The name defaults to the key. Returns the id. Errors: 23505 the key is taken, 22023 an unknown kind or direction.';

CREATE FUNCTION @extschema@.ff_metric_update(
	metric text,
	event text DEFAULT NULL,
	direction text DEFAULT NULL,
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
	m ff.metrics;
BEGIN
	PERFORM ff._check_metric(NULL, event, direction);
	PERFORM ff._lock_project(home);
	m := ff._metric(home, metric);
	UPDATE ff.metrics t
	SET event = coalesce(event, m.event),
		direction = coalesce(direction, m.direction),
		name = ff._name(m.key, coalesce(name, m.name)),
		description = nullif(coalesce(description, m.description), '')
	WHERE t.id = m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_update IS
'Changes the event, direction, name and description of a metric, for all experiments that use it. What is NULL or omitted stays; an empty string makes the name the key again and clears the description. Key and kind never change.';

CREATE FUNCTION @extschema@.ff_metric_delete(metric text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	m ff.metrics;
	users text;
BEGIN
	PERFORM ff._lock_project(home);
	m := ff._metric(home, metric);
	SELECT string_agg(format('experiment "%s"', x.key), ', ' ORDER BY x.key) INTO users
	FROM ff.experiment_metrics u JOIN ff.experiments x ON x.id = u.experiment_id WHERE u.metric_id = m.id;
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'metric "%" is in use', m.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users);
	END IF;
	DELETE FROM ff.metrics t WHERE t.id = m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_delete IS
'Deletes a metric; events stay. Error 2BP01: an experiment uses it; the detail says which.';

CREATE FUNCTION @extschema@.ff_metric_list(project text DEFAULT NULL)
RETURNS TABLE (key text, kind text, event text, direction text, name text, description text, experiments text[], created_at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.key, m.kind, m.event, m.direction, m.name, m.description,
		ARRAY(SELECT x.key::text FROM ff.experiment_metrics u JOIN ff.experiments x ON x.id = u.experiment_id
			WHERE u.metric_id = m.id ORDER BY x.key), m.created_at
	FROM ff.metrics m WHERE m.project_id = ff._project(project) ORDER BY m.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_metric_list IS
'The metrics of a project by key, with the experiments that use each.';

-- Row checks of a metric, and what may not change about it.
CREATE FUNCTION ff._metrics_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF NEW.key <> OLD.key OR NEW.kind <> OLD.kind OR NEW.project_id <> OLD.project_id THEN
		RAISE EXCEPTION 'key, kind and project of metric "%" cannot change', OLD.key
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	NEW.updated_at := now();
	RETURN NEW;
END;
$$;

CREATE TRIGGER metrics_before BEFORE UPDATE ON ff.metrics
	FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ff._metrics_before();
