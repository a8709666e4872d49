-- Phases of an experiment: each change of the split starts one.

-- Phases are counted from 1 in the order of time, which an exposure's phase goes by.
-- The current one stands at its experiment, where ff_expose finds it.
CREATE FUNCTION ff._phases_after() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	experiment text;
BEGIN
	IF NOT ff._loading() THEN
		SELECT x.key INTO experiment FROM (
			SELECT p.experiment_id, p.number <> row_number() OVER w OR p.started_at < lag(p.started_at) OVER w AS is_wrong
			FROM ff.experiment_phases p WHERE p.experiment_id = coalesce(NEW.experiment_id, OLD.experiment_id) WINDOW w AS (ORDER BY p.number)) p
		JOIN ff.experiments x ON x.id = p.experiment_id WHERE p.is_wrong LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'the phases of experiment "%" must be numbered from 1 on, and start one after the other', experiment
				USING ERRCODE = 'invalid_parameter_value';
		END IF;
		UPDATE ff.experiments x SET phase = coalesce((SELECT max(p.number) FROM ff.experiment_phases p WHERE p.experiment_id = x.id), 1)
		WHERE x.id = coalesce(NEW.experiment_id, OLD.experiment_id);
	END IF;
	RETURN NULL;
END;
$$;

CREATE TRIGGER experiment_phases_after AFTER INSERT OR UPDATE OR DELETE ON ff.experiment_phases
	FOR EACH ROW EXECUTE FUNCTION ff._phases_after();

-- Starts the next phase, and not before the last one where the clock has been set
-- back; the first one has no row as long as it is alone.
CREATE FUNCTION ff._start_phase(x ff.experiments, split jsonb) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result int := (SELECT max(c.number) + 1 FROM ff._experiment_cuts(x) c);
	last timestamptz := (SELECT max(c.started_at) FROM ff._experiment_cuts(x) c);
BEGIN
	IF result > 1000 THEN
		RAISE EXCEPTION 'experiment "%" has 1000 phases', x.key USING ERRCODE = 'program_limit_exceeded', HINT = 'Stop it, and let another one go on.';
	END IF;
	INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights)
	SELECT x.id, 1, x.started_at, x.weights WHERE result = 2
	ON CONFLICT DO NOTHING;
	INSERT INTO ff.experiment_phases (experiment_id, number, started_at, weights) VALUES (x.id, result, greatest(clock_timestamp(), last), split);
	RETURN result;
END;
$$;

-- A flag that is split otherwise than the phase says starts the next.
CREATE FUNCTION ff._follow_split() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments;
	split jsonb;
BEGIN
	IF ff._loading() THEN
		RETURN NULL;
	END IF;
	FOR x IN SELECT t.* FROM ff.experiments t WHERE t.flag_id = NEW.flag_id AND t.environment_id = NEW.environment_id AND t.status = 'running' LOOP
		split := ff._split_now(x);
		IF split IS DISTINCT FROM (SELECT c.weights FROM ff._experiment_cuts(x) c ORDER BY c.number DESC LIMIT 1) THEN
			PERFORM ff._start_phase(x, split);
		END IF;
	END LOOP;
	RETURN NULL;
END;
$$;

CREATE TRIGGER flag_settings_split AFTER UPDATE OF rules, default_serve ON ff.flag_settings
	FOR EACH ROW EXECUTE FUNCTION ff._follow_split();

CREATE FUNCTION @extschema@.ff_experiment_phase(experiment text, project text DEFAULT NULL) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status <> 'running' THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Only a running experiment has a next phase.';
	END IF;
	RETURN ff._start_phase(x, ff._split_now(x));
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_phase IS
'Starts the next phase of a running experiment by hand, after a fault has been mended for instance: units that are first exposed from now on are of that phase, and results are of the last phase unless options say otherwise (ff_experiment_stats, phases). A change of the flag''s split starts one by itself. Returns its number. Errors: 42704 an unknown experiment or project, 55000 it is not running, 54000 it has 1000 phases, with which a change of the flag''s split is refused as well.';

CREATE FUNCTION @extschema@.ff_experiment_phases(experiment text, project text DEFAULT NULL)
RETURNS TABLE (phase int, started_at timestamptz, ended_at timestamptz, weights jsonb)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($2), $1);
BEGIN
	RETURN QUERY SELECT c.number, c.started_at, coalesce(lead(c.started_at) OVER (ORDER BY c.number), x.stopped_at), c.weights
	FROM ff._experiment_cuts(x) c WHERE c.started_at IS NOT NULL ORDER BY c.number;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_phases IS
'The phases of an experiment: from when to when (NULL: it goes on), and the weights of the flag''s split then, {"variation": weight}; NULL where rules split in different ways, {} where the flag served by no split and nobody was exposed. A draft has none. Errors: 42704 an unknown experiment or project.';
