-- The metrics that judge an experiment, each in its role.

-- An experiment whose metrics may still change: what it is judged by is settled
-- when it is over.
CREATE FUNCTION ff._judged_experiment(experiment text, project text) RETURNS ff.experiments
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	IF x.status IN ('completed', 'archived') THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, x.status
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Its metrics can change while it is a draft or running only.';
	END IF;
	RETURN x;
END;
$$;

CREATE FUNCTION ff._refuse_last_goal(x ff.experiments, m ff.metrics) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ARRAY[m.id] = ARRAY(SELECT u.metric_id FROM ff.experiment_metrics u WHERE u.experiment_id = x.id AND u.role = 'goal') THEN
		RAISE EXCEPTION 'metric "%" is the only goal of experiment "%"', m.key, x.key
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Make another metric a goal first.';
	END IF;
END;
$$;

-- Clear errors for what the table would refuse with the name of a constraint.
CREATE FUNCTION ff._check_role(role text, margin float8) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF role NOT IN ('goal', 'secondary', 'guardrail') THEN
		RAISE EXCEPTION 'unknown role "%"', role USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is goal, secondary or guardrail.';
	ELSIF NOT (margin > 0 AND margin <= 1) THEN
		RAISE EXCEPTION 'a margin is above 0 and at most 1, or 0 for none, not %', margin
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is a share of the control''s mean: 0.02 is 2 %.';
	ELSIF margin IS NOT NULL AND role <> 'guardrail' THEN
		RAISE EXCEPTION 'only a guardrail has a margin' USING ERRCODE = 'invalid_parameter_value', HINT = 'Give its role, too: role => ''guardrail''.';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_metric(experiment text, metric text, role text DEFAULT NULL, margin float8 DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._judged_experiment(experiment, project);
	m ff.metrics := ff._metric(x.project_id, metric);
	u ff.experiment_metrics;
BEGIN
	SELECT t.* INTO u FROM ff.experiment_metrics t WHERE t.experiment_id = x.id AND t.metric_id = m.id;
	role := coalesce(role, u.role, 'goal');
	-- one that is no guardrail any more has none
	margin := nullif(coalesce(margin, CASE role WHEN 'guardrail' THEN u.margin END), 0);
	PERFORM ff._check_role(role, margin);
	IF role <> 'goal' THEN
		PERFORM ff._refuse_last_goal(x, m);
	END IF;
	INSERT INTO ff.experiment_metrics AS t (experiment_id, metric_id, role, position, margin, project_id)
	SELECT x.id, m.id, role, coalesce(max(o.position) + 1, 0), margin, x.project_id FROM ff.experiment_metrics o WHERE o.experiment_id = x.id
	ON CONFLICT ON CONSTRAINT experiment_metrics_pkey DO UPDATE SET role = excluded.role, margin = excluded.margin
	WHERE (t.role, t.margin) IS DISTINCT FROM (excluded.role, excluded.margin);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_metric IS
'Adds a metric to an experiment, after those that it has, or changes its role: goal, secondary or guardrail. Omitted, the role stays; that of a new one is goal. margin, of a guardrail: how much worse it may become, as a share of the control''s mean (0.02 is 2 %; see ff_experiment_guardrails); omitted it stays, 0 takes it away. State it before there are results. Errors: 42704 an unknown experiment, metric or project, 22023 an unknown role, a margin below 0, above 1 or of another role, 55000 it is the only goal and would be none, or the experiment is completed or archived.';

CREATE FUNCTION @extschema@.ff_experiment_metric_remove(experiment text, metric text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._judged_experiment(experiment, project);
	m ff.metrics := ff._used_metric(x, metric);
BEGIN
	PERFORM ff._refuse_last_goal(x, m);
	IF x.analysis -> 'metrics' ? m.key THEN
		RAISE EXCEPTION 'the options of experiment "%" name metric "%"', x.key, m.key
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Take it out of "metrics" first: ff_experiment_update(..., ''{"analysis": ...}'').';
	END IF;
	DELETE FROM ff.experiment_metrics t WHERE t.experiment_id = x.id AND t.metric_id = m.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_metric_remove IS
'Takes a metric away from an experiment; the metric and its events stay. Errors: 42704 an unknown experiment, metric or project, or a metric that the experiment does not have; 55000 it is the only goal, or the options of the experiment name it, or that is completed or archived.';
