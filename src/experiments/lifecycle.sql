-- The life of an experiment: draft, running, completed, archived.

CREATE FUNCTION ff._experiment(project_id uuid, experiment text) RETURNS ff.experiments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.experiments;
BEGIN
	SELECT x.* INTO result FROM ff.experiments x
	WHERE x.project_id = project_id AND x.key = ff._required('experiment', experiment);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'experiment "%" does not exist', experiment USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- The experiment that is about to change: the project is locked first.
CREATE FUNCTION ff._open_experiment(experiment text, project text) RETURNS ff.experiments
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	project_id uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(project_id);
	RETURN ff._experiment(project_id, experiment);
END;
$$;

-- The splits that a flag serves by in an environment, rules first: a row for
-- each, {"variation": weight, ...} of the weights above 0.  Rules that are over
-- do not count, and the default is what the steps of a schedule have made of it.
CREATE FUNCTION ff._splits(flag_id uuid, environment_id uuid) RETURNS SETOF jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT w.weights FROM ff.flag_settings s
	CROSS JOIN LATERAL (
		SELECT r.ordinality AS i, r.value -> 'serve' -> 'split' AS split FROM jsonb_array_elements(s.rules) WITH ORDINALITY r
		WHERE coalesce(ff._time(r.value ->> 'until') > statement_timestamp(), true)
		UNION ALL SELECT jsonb_array_length(s.rules) + 1, ff._default_now(s) -> 'split') x
	CROSS JOIN LATERAL (
		SELECT jsonb_object_agg(p.value ->> 'variation', trim_scale((p.value ->> 'weight')::numeric)) AS weights, count(*) AS n
		FROM jsonb_array_elements(x.split) p WHERE (p.value ->> 'weight')::numeric > 0) w
	WHERE s.flag_id = $1 AND s.environment_id = $2 AND jsonb_typeof(x.split) = 'array' AND w.n > 1 ORDER BY x.i;
$$;

-- The one split that all units go through; NULL where there are several that
-- differ.
CREATE FUNCTION ff._one_split(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE count(DISTINCT w) WHEN 1 THEN min(w::text)::jsonb END FROM ff._splits(flag_id, environment_id) w;
$$;

-- The split that a running experiment is under now: {} where the flag serves by
-- none any more, so that nobody is exposed; NULL as above, and for imported flags.
CREATE FUNCTION ff._split_now(x ff.experiments) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN f.dialect = 'native' AND NOT EXISTS (SELECT FROM ff._splits(x.flag_id, x.environment_id)) THEN '{}'::jsonb
		ELSE ff._one_split(x.flag_id, x.environment_id) END FROM ff.flags f WHERE f.id = x.flag_id;
$$;

-- Refuses to start where nobody would be exposed.
CREATE FUNCTION ff._refuse_start(x ff.experiments, f ff.flags) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	place text;
	is_enabled boolean;
	other text;
BEGIN
	SELECT e.key INTO place FROM ff.environments e WHERE e.id = x.environment_id;
	SELECT ff._enabled_now(s) INTO is_enabled FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = x.environment_id;
	SELECT o.key INTO other FROM ff.experiments o
	WHERE o.flag_id = f.id AND o.environment_id = x.environment_id AND o.status = 'running' AND o.id <> x.id;
	IF other IS NOT NULL THEN
		RAISE EXCEPTION 'experiment "%" is running on flag "%" in environment "%"', other, f.key, place
			USING ERRCODE = 'unique_violation', HINT = format('Stop it first: ff_experiment_stop(%L).', other);
	ELSIF f.archived_at IS NOT NULL OR f.killed_at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" is %', f.key, CASE WHEN f.archived_at IS NULL THEN 'killed' ELSE 'archived' END
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Nobody would be exposed.',
				HINT = CASE WHEN f.archived_at IS NULL THEN format('Revive it first: ff_flag_revive(%L).', f.key) ELSE format('Unarchive it first: ff_flag_unarchive(%L).', f.key) END;
	ELSIF f.dialect <> 'native'
			AND NOT EXISTS (SELECT FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = x.environment_id AND s.rules <> '[]') THEN
		RAISE EXCEPTION 'flag "%" was not imported into environment "%"', f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Nobody would be exposed.';
	ELSIF is_enabled IS NOT TRUE THEN
		RAISE EXCEPTION 'flag "%" is disabled in environment "%"', f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Nobody would be exposed.',
				HINT = format('Enable it first: ff_flag_enable(%L, %L).', f.key, place);
	ELSIF x.traffic = 0 THEN
		RAISE EXCEPTION 'the traffic of experiment "%" is 0', x.key
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Nobody would be exposed.',
				HINT = format('Give it a share: ff_experiment_update(%L, ''{"traffic": 0.1}'').', x.key);
	ELSIF f.dialect <> 'native' THEN
		RETURN;	-- who goes through a split, its provider's document says
	ELSIF NOT EXISTS (SELECT FROM ff._splits(f.id, x.environment_id)) THEN
		RAISE EXCEPTION 'flag "%" serves by no split in environment "%"', f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'An experiment compares at least two variations that users get by chance.',
				HINT = format('Let the default or a rule serve a split: ff_flag_rollout(%L, 50, %L) or ff_flag_default.', f.key, place);
	ELSIF NOT EXISTS (SELECT FROM ff._splits(f.id, x.environment_id) w WHERE w ? x.control) THEN
		RAISE EXCEPTION 'variation "%", the control of experiment "%", is in no split of flag "%" in environment "%"', x.control, x.key, f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'There would be nothing to compare with.',
				HINT = 'Give it a weight above 0, or create the experiment with another control.';
	END IF;
END;
$$;

-- What an experiment is, in a sentence.
CREATE FUNCTION ff._status_text(status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE status WHEN 'draft' THEN 'a draft' ELSE status END; $$;

-- Refuses what takes units that have been exposed.
CREATE FUNCTION ff._refuse_draft(x ff.experiments) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF x.status = 'draft' THEN
		RAISE EXCEPTION 'experiment "%" is a draft', x.key
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'It has no units yet.', HINT = format('Start it first: ff_experiment_start(%L).', x.key);
	END IF;
END;
$$;

-- Who is not counted is of the project, and settled when an experiment is over.
CREATE FUNCTION ff._check_excluded(x ff.experiments, was text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF was IN ('completed', 'archived') THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, was
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Whom it counts can change while it is a draft or running only.';
	ELSIF NOT EXISTS (SELECT FROM ff.segments g WHERE g.id = x.excluded_segment_id AND g.project_id = x.project_id)
			AND x.excluded_segment_id IS NOT NULL THEN
		RAISE EXCEPTION 'the segment that experiment "%" excludes belongs to another project', x.key USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- Row checks, the steps that a life takes, and what goes with each.
CREATE FUNCTION ff._experiments_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
	fault text;
	was text := CASE TG_OP WHEN 'UPDATE' THEN OLD.status ELSE 'draft' END;
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF TG_OP = 'UPDATE' THEN
		IF (NEW.key, NEW.project_id, NEW.flag_id, NEW.environment_id) <> (OLD.key, OLD.project_id, OLD.flag_id, OLD.environment_id) THEN
			RAISE EXCEPTION 'key, project, flag and environment of experiment "%" cannot change', OLD.key
				USING ERRCODE = 'invalid_parameter_value';
		ELSIF NEW.control <> OLD.control AND OLD.status <> 'draft' THEN
			RAISE EXCEPTION 'the control of experiment "%" can change while it is a draft only', OLD.key
				USING ERRCODE = 'object_not_in_prerequisite_state';
		END IF;
		NEW.updated_at := now();
	END IF;
	IF (NEW.excluded_segment_id IS DISTINCT FROM CASE TG_OP WHEN 'UPDATE' THEN OLD.excluded_segment_id END) THEN
		PERFORM ff._check_excluded(NEW, was);
	END IF;
	fault := ff._experiment_fault(NEW);
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Of experiment "%s".', NEW.key);
	END IF;
	PERFORM ff._analysis_options(NEW.key, NEW.analysis);
	IF NEW.status <> was AND (was, NEW.status) NOT IN
			(('draft', 'running'), ('running', 'completed'), ('completed', 'archived'), ('archived', 'completed')) THEN
		RAISE EXCEPTION 'experiment "%" is %', NEW.key, ff._status_text(was)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('It cannot become %s: an experiment is a draft, running, completed and archived, in that order; it can be unarchived.', NEW.status);
	END IF;
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = NEW.flag_id;
	IF TG_OP = 'INSERT' OR NEW.control <> OLD.control THEN
		NEW.control := ff._variation(f, NEW.control);
	END IF;
	IF NEW.status = 'running' AND was = 'draft' THEN
		PERFORM ff._refuse_start(NEW, f);
		NEW.started_at := coalesce(NEW.started_at, clock_timestamp());
		NEW.weights := ff._one_split(NEW.flag_id, NEW.environment_id);
	ELSIF NEW.status = 'completed' AND was = 'running' THEN
		-- the clock may have been set back since
		NEW.stopped_at := coalesce(NEW.stopped_at, greatest(clock_timestamp(), NEW.started_at));
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER experiments_before BEFORE INSERT OR UPDATE ON ff.experiments
	FOR EACH ROW EXECUTE FUNCTION ff._experiments_before();

-- A row of an experiment is of its project.
CREATE FUNCTION ff._experiment_part_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() THEN
		SELECT x.project_id INTO NEW.project_id FROM ff.experiments x WHERE x.id = NEW.experiment_id;
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER experiment_metrics_before BEFORE INSERT OR UPDATE ON ff.experiment_metrics
	FOR EACH ROW EXECUTE FUNCTION ff._experiment_part_before();
CREATE TRIGGER experiment_phases_before BEFORE INSERT OR UPDATE ON ff.experiment_phases
	FOR EACH ROW EXECUTE FUNCTION ff._experiment_part_before();
CREATE TRIGGER experiment_looks_before BEFORE INSERT OR UPDATE ON ff.experiment_looks
	FOR EACH ROW EXECUTE FUNCTION ff._experiment_part_before();
CREATE TRIGGER experiment_results_before BEFORE INSERT OR UPDATE ON ff.experiment_results
	FOR EACH ROW EXECUTE FUNCTION ff._experiment_part_before();

-- All that the rows of an experiment have to agree in; silent about one that
-- is gone.
CREATE FUNCTION ff._check_experiment(experiment_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments;
	foreign_metric text;
BEGIN
	SELECT t.* INTO x FROM ff.experiments t WHERE t.id = experiment_id;
	IF NOT FOUND OR ff._loading() THEN
		RETURN;
	END IF;
	IF NOT EXISTS (SELECT FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id
			WHERE f.id = x.flag_id AND e.id = x.environment_id AND f.project_id = x.project_id) THEN
		RAISE EXCEPTION 'flag and environment of experiment "%" belong to another project', x.key
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT m.key INTO foreign_metric FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id
	WHERE u.experiment_id = experiment_id AND m.project_id <> x.project_id ORDER BY m.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'metric "%" of experiment "%" belongs to another project', foreign_metric, x.key
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._check_assignment(x);
END;
$$;

CREATE CONSTRAINT TRIGGER experiments_check AFTER INSERT OR UPDATE OF salt, holdout_id, exclusion_group_id, exclusion_from, exclusion_to ON ff.experiments
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ff._check_deferred('experiment');
CREATE CONSTRAINT TRIGGER experiment_metrics_check AFTER INSERT OR UPDATE ON ff.experiment_metrics
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ff._check_deferred('experiment');

-- Adds metrics in one role, after those that are there.
CREATE FUNCTION ff._add_metrics(x ff.experiments, metrics text[], role text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	metric text;
	m ff.metrics;
BEGIN
	FOREACH metric IN ARRAY coalesce(metrics, '{}') LOOP
		m := ff._metric(x.project_id, metric);
		INSERT INTO ff.experiment_metrics (experiment_id, metric_id, role, position, project_id)
		SELECT x.id, m.id, role, count(*), x.project_id FROM ff.experiment_metrics u WHERE u.experiment_id = x.id
		ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'metric "%" stands twice', m.key USING ERRCODE = 'invalid_parameter_value';
		END IF;
	END LOOP;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_create(
	key text,
	flag text,
	metrics text[],
	control text DEFAULT NULL,
	secondary text[] DEFAULT '{}',
	guardrails text[] DEFAULT '{}',
	name text DEFAULT NULL,
	hypothesis text DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	x ff.experiments;
BEGIN
	x.project_id := f.project_id;
	x.key := ff._new_key('experiment', key);
	x.environment_id := ff._environment(f.project_id, environment);
	IF f.archived_at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" is archived', f.key USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF coalesce(cardinality(metrics), 0) = 0 THEN
		RAISE EXCEPTION 'an experiment needs at least one metric' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- an imported flag may have no off variation
	x.control := ff._variation(f, coalesce(control, nullif((SELECT s.off_variation FROM ff.flag_settings s
		WHERE s.flag_id = f.id AND s.environment_id = x.environment_id), ''),
		CASE f.dialect WHEN 'native' THEN ff._off_variation(f.variations) END));
	INSERT INTO ff.experiments AS t (project_id, key, flag_id, environment_id, control, name, hypothesis)
	VALUES (x.project_id, x.key, f.id, x.environment_id, x.control, ff._name(key, name), nullif(hypothesis, ''))
	ON CONFLICT DO NOTHING RETURNING t.id INTO x.id;
	IF x.id IS NULL THEN
		RAISE EXCEPTION 'experiment "%" already exists', key USING ERRCODE = 'unique_violation';
	END IF;
	PERFORM ff._add_metrics(x, metrics, 'goal'), ff._add_metrics(x, secondary, 'secondary'), ff._add_metrics(x, guardrails, 'guardrail');
	RETURN x.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_create IS
'Creates an experiment, as a draft: variations of a flag in an environment are compared with the control (by default the flag''s off variation there) on metrics. metrics are its goals, at least one; secondary ones are reported, guardrails must not get worse. Returns the id. Errors: 23505 the key is taken, 42704 an unknown flag, environment, metric or variation, 22023 no metric or one twice, 55000 the flag is archived.';

CREATE FUNCTION @extschema@.ff_experiment_exclude(experiment text, segment text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
	g ff.segments;
BEGIN
	IF segment IS NOT NULL THEN
		g := ff._segment(x.project_id, segment);
	END IF;
	UPDATE ff.experiments t SET excluded_segment_id = g.id WHERE t.id = x.id AND t.excluded_segment_id IS DISTINCT FROM g.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_exclude IS
'Leaves the members of a segment, testers for instance, out of what ff_experiment_stats and ff_experiment_health count; NULL: nobody. They are served and exposed as everybody. A unit is a member if ff_in_segment says so of it as a user key without attributes, when the analysis is made. Errors: 42704 an unknown experiment or segment, 55000 the experiment is completed or archived.';

CREATE FUNCTION ff._refuse_future(at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF at > clock_timestamp() OR NOT isfinite(at) THEN
		RAISE EXCEPTION 'an experiment cannot start or stop in the future, or at no time at all' USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_start(experiment text, at timestamptz DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status <> 'draft' THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, x.status USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'Only a draft can be started.', HINT = 'Create another experiment to try again: each has one start and one end.';
	END IF;
	PERFORM ff._refuse_future(at);
	UPDATE ff.experiments t SET status = 'running', started_at = coalesce(at, clock_timestamp()) WHERE t.id = x.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_start IS
'Starts an experiment: from now on (or, for exposures that are imported, from a time in the past) ff_expose writes exposures of its flag and environment. The weights of the flag''s split are kept to judge the sample ratio by; of an imported flag there are none, and the sample ratio is not judged. Errors: 55000 it is no draft, the flag is archived, killed, disabled or serves by no split there, or by none that has the control; 23505 another experiment is running on the flag there; 22023 a time in the future.';

CREATE FUNCTION @extschema@.ff_experiment_stop(experiment text, at timestamptz DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status <> 'running' THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Only a running experiment can be stopped.';
	END IF;
	PERFORM ff._refuse_future(at);
	IF at < x.started_at THEN
		RAISE EXCEPTION 'experiment "%" cannot stop before it started', x.key USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE ff.experiments t SET status = 'completed', stopped_at = at WHERE t.id = x.id;
	PERFORM ff._keep_results(x.id, 'stop');
	IF ff._steers(x) THEN
		RAISE NOTICE 'all users go through the split of the flag of experiment "%" from now on', x.key
			USING HINT = format('ff_experiment_ship(%L, variation) serves one variation to all.', x.key);
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_stop IS
'Stops a running experiment, now or at a time in the past: later exposures and events do not count. The flag goes on serving by its split, now to all: those whom the experiment kept out (ff_experiment_update: traffic, exclusion_group, holdout), and those who kept a variation (sticky) of other weights. ff_experiment_ship ends it with one variation for all. Its results are analyzed and kept: see ff_experiment_results. Errors: 55000 it is not running, 22023 a time in the future or before the start.';

CREATE FUNCTION @extschema@.ff_experiment_archive(experiment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status IN ('draft', 'running') THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Only a completed experiment can be archived.',
				HINT = CASE x.status WHEN 'draft' THEN 'Delete a draft that is not needed.' ELSE 'Stop it first.' END;
	END IF;
	UPDATE ff.experiments t SET status = 'archived' WHERE t.id = x.id AND t.status <> 'archived';
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_archive IS
'Archives a completed experiment; its results can still be asked for. Error 55000: it is a draft or running. One that is archived stays so.';

CREATE FUNCTION @extschema@.ff_experiment_unarchive(experiment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status IN ('draft', 'running') THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Only an archived experiment can be unarchived.';
	END IF;
	UPDATE ff.experiments t SET status = 'completed' WHERE t.id = x.id AND t.status <> 'completed';
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_unarchive IS
'Makes an archived experiment completed again: it does not run, but it can be shipped. Error 55000: it is a draft or running. One that is completed stays so.';

CREATE FUNCTION @extschema@.ff_experiment_delete(experiment text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	PERFORM ff._refuse_running(x);
	DELETE FROM ff.experiments t WHERE t.id = x.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_delete IS
'Deletes an experiment with its list of metrics and the results that were kept. Exposures and events stay; a later experiment of the same key does not count those from before its start. Error 55000: it is running.';

CREATE FUNCTION @extschema@.ff_experiment_list(project text DEFAULT NULL)
RETURNS TABLE (key text, status text, flag text, environment text, control text, metrics text[], secondary text[], guardrails text[],
	name text, hypothesis text, started_at timestamptz, stopped_at timestamptz, created_at timestamptz, excluded_segment text, settings jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.key, x.status, f.key, e.key, x.control,
		coalesce(u.goals, '{}'), coalesce(u.secondary, '{}'), coalesce(u.guardrails, '{}'),
		x.name, x.hypothesis, x.started_at, x.stopped_at, x.created_at,
		(SELECT g.key FROM ff.segments g WHERE g.id = x.excluded_segment_id), ff._unusual_settings(x)
	FROM ff.experiments x JOIN ff.flags f ON f.id = x.flag_id JOIN ff.environments e ON e.id = x.environment_id
	CROSS JOIN LATERAL (
		SELECT array_agg(m.key::text ORDER BY u.position) FILTER (WHERE u.role = 'goal') AS goals,
			array_agg(m.key::text ORDER BY u.position) FILTER (WHERE u.role = 'secondary') AS secondary,
			array_agg(m.key::text ORDER BY u.position) FILTER (WHERE u.role = 'guardrail') AS guardrails
		FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id WHERE u.experiment_id = x.id) u
	WHERE x.project_id = ff._project(project) ORDER BY x.key;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_list IS
'The experiments of a project by key, with their status (draft, running, completed, archived), their metrics by role, the segment whose members are not counted, and the settings that are not as they are for all (ff_experiment_update).';

