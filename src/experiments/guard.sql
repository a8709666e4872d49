-- What a running experiment stands on stays: its flag, its environment and itself, as
-- do the metrics of any, whether a function takes them away or plain SQL does.

-- Refuses to take flags away from their experiments, or from those that run.
CREATE FUNCTION ff._refuse_experiments(flags uuid[], running boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	needed text;
	users text;
BEGIN
	SELECT f.key, string_agg(format('experiment "%s"', x.key), ', ' ORDER BY x.key) INTO needed, users
	FROM ff.experiments x JOIN ff.flags f ON f.id = x.flag_id
	WHERE f.id = ANY (flags) AND (x.status = 'running' OR NOT running)
	GROUP BY f.key ORDER BY f.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '%', format(CASE WHEN running THEN 'an experiment is running on flag "%s"' ELSE 'flag "%s" has experiments' END, needed)
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users),
				HINT = CASE WHEN running THEN 'Stop it first.' ELSE 'Delete them first, or leave the flag where it is.' END;
	END IF;
END;
$$;

-- Refuses to take an environment away from experiments that run in it.
CREATE FUNCTION ff._refuse_experiments_in(environment_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	users text := (SELECT string_agg(format('experiment "%s"', x.key), ', ' ORDER BY x.key)
		FROM ff.experiments x WHERE x.environment_id = environment_id AND x.status = 'running');
BEGIN
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'an experiment is running in environment "%"', (SELECT e.key FROM ff.environments e WHERE e.id = environment_id)
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users), HINT = 'Stop it first.';
	END IF;
END;
$$;

-- Refuses to delete an experiment that runs.
CREATE FUNCTION ff._refuse_running(x ff.experiments) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF x.status = 'running' THEN
		RAISE EXCEPTION 'experiment "%" is running', x.key
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Stop it first.';
	END IF;
END;
$$;

-- Refuses to delete a metric that experiments are judged by.
CREATE FUNCTION ff._refuse_used(m ff.metrics) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	users text := (SELECT string_agg(format('experiment "%s"', x.key), ', ' ORDER BY x.key)
		FROM ff.experiment_metrics u JOIN ff.experiments x ON x.id = u.experiment_id WHERE u.metric_id = m.id);
BEGIN
	IF users IS NOT NULL THEN
		RAISE EXCEPTION 'metric "%" is in use', m.key
			USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Used by %s.', users);
	END IF;
END;
$$;

-- The same for a row that is about to go, by its id: silent where the row goes with
-- what it belongs to, which is gone already when its rows are deleted by cascade.
CREATE FUNCTION ff._keep_flag(id uuid) RETURNS void
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._refuse_experiments(ARRAY[f.id], true) FROM ff.flags f JOIN ff.projects p ON p.id = f.project_id WHERE f.id = $1;
$$;

CREATE FUNCTION ff._keep_environment(id uuid) RETURNS void
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._refuse_experiments_in(e.id) FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id WHERE e.id = $1;
$$;

CREATE FUNCTION ff._keep_experiment(id uuid) RETURNS void
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._refuse_running(x) FROM ff.experiments x
	JOIN ff.projects p ON p.id = x.project_id JOIN ff.flags f ON f.id = x.flag_id JOIN ff.environments e ON e.id = x.environment_id WHERE x.id = $1;
$$;

CREATE FUNCTION ff._keep_metric(id uuid) RETURNS void
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._refuse_used(m) FROM ff.metrics m JOIN ff.projects p ON p.id = m.project_id WHERE m.id = $1;
$$;

-- Checks a row before it goes, by the kind of check that the trigger names.
CREATE FUNCTION ff._check_leaving() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() THEN
		PERFORM ff._check_now(TG_ARGV[0], OLD.id);
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END;
$$;

CREATE TRIGGER flags_delete BEFORE DELETE ON ff.flags
	FOR EACH ROW EXECUTE FUNCTION ff._check_leaving('keep_flag');
CREATE TRIGGER flags_archive BEFORE UPDATE ON ff.flags
	FOR EACH ROW WHEN (OLD.archived_at IS NULL AND NEW.archived_at IS NOT NULL)
	EXECUTE FUNCTION ff._check_leaving('keep_flag');
CREATE TRIGGER environments_delete BEFORE DELETE ON ff.environments
	FOR EACH ROW EXECUTE FUNCTION ff._check_leaving('keep_environment');
CREATE TRIGGER experiments_delete BEFORE DELETE ON ff.experiments
	FOR EACH ROW WHEN (OLD.status = 'running')
	EXECUTE FUNCTION ff._check_leaving('keep_experiment');
CREATE TRIGGER metrics_delete BEFORE DELETE ON ff.metrics
	FOR EACH ROW EXECUTE FUNCTION ff._check_leaving('keep_metric');
