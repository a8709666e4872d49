-- Steps by the clock, and the calendar of all that time will change.  Nothing
-- runs when a step comes: evaluation looks at the clock.

-- A step in words, as ff_explain has it: enable; disable; serve 20% on.
CREATE FUNCTION ff._step_text(c ff.schedules) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN c.enabled THEN 'enable' WHEN NOT c.enabled THEN 'disable'
		ELSE 'serve ' || ff._serve_text(c.serve, (SELECT s.off_variation FROM ff.flag_settings s
			WHERE s.flag_id = c.flag_id AND s.environment_id = c.environment_id)) END;
END;
$$;

-- Refuses a step of which nothing could come; set_at is when what it changes
-- was set last.
CREATE FUNCTION ff._check_step_time(at timestamptz, set_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._required('time of a step', at::text);
	IF NOT isfinite(at) THEN
		RAISE EXCEPTION 'the time of a step cannot be %', at USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF at <= statement_timestamp() THEN
		RAISE EXCEPTION 'a step at % would be in the past', ff._time_text(at) USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF at <= set_at THEN
		RAISE EXCEPTION 'a step at % would be over', ff._time_text(at)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('What it changes was set at %s, by a clock that has been set back since.', ff._time_text(set_at));
	END IF;
END;
$$;

-- Stores a step of one kind: enabled or serve.
CREATE FUNCTION ff._add_step(s ff.flag_settings, at timestamptz, enabled boolean, serve jsonb, reason text) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result uuid;
	other ff.schedules;
BEGIN
	PERFORM ff._check_step_time(at, CASE WHEN serve IS NULL THEN s.enabled_at ELSE s.default_at END);
	INSERT INTO ff.schedules AS c (flag_id, environment_id, at, enabled, serve, reason)
	VALUES (s.flag_id, s.environment_id, at, enabled, serve, nullif(reason, ''))
	ON CONFLICT DO NOTHING RETURNING c.id INTO result;
	IF result IS NULL THEN
		SELECT c.* INTO other FROM ff.schedules c
		WHERE c.flag_id = s.flag_id AND c.environment_id = s.environment_id AND c.at = at
			AND (c.enabled IS NULL) = (enabled IS NULL);
		RAISE EXCEPTION 'schedules of flag "%" overlap at % in environment "%"',
				(SELECT f.key FROM ff.flags f WHERE f.id = s.flag_id), ff._time_text(at),
				(SELECT e.key FROM ff.environments e WHERE e.id = s.environment_id)
			USING ERRCODE = 'unique_violation', DETAIL = format('There is a step at that time: %s.', ff._step_text(other)),
				HINT = 'ff_flag_unschedule takes it away.';
	END IF;
	RETURN result;
END;
$$;

-- The flag whose schedule is about to change.
CREATE FUNCTION ff._open_schedule(flag text, project text) RETURNS ff.flags
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	IF f.archived_at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" is archived', f.key USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	RETURN f;
END;
$$;

-- An action, and arguments that it does not take.
CREATE FUNCTION ff._check_action(action text, percentage numeric, variation text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._required('action', action) NOT IN ('enable', 'disable', 'rollout', 'serve') THEN
		RAISE EXCEPTION 'unknown action "%"', left(action, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of enable, disable, rollout, serve.';
	END IF;
	IF percentage IS NOT NULL AND action <> 'rollout' THEN
		RAISE EXCEPTION 'the action "%" takes no percentage', action USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF variation IS NOT NULL AND action IN ('enable', 'disable') THEN
		RAISE EXCEPTION 'the action "%" takes no variation', action USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_schedule(
	flag text,
	at timestamptz,
	action text,
	environment text DEFAULT NULL,
	percentage numeric DEFAULT NULL,
	variation text DEFAULT NULL,
	reason text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_schedule(flag, project);
	s ff.flag_settings := ff._open_setting(f, environment);
	serve jsonb;
BEGIN
	PERFORM ff._check_action(action, percentage, variation);
	PERFORM ff._refuse_imported(f, 'default') WHERE action IN ('rollout', 'serve');
	IF action = 'rollout' THEN
		serve := ff._rollout_serve(percentage, ff._rollout_variation(f, variation, s.off_variation), s.off_variation,
			s.default_serve ->> 'by');
	ELSIF action = 'serve' THEN
		serve := to_jsonb(ff._variation(f, variation));
	END IF;
	RETURN ff._add_step(s, at, CASE WHEN serve IS NULL THEN action = 'enable' END, serve, reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_schedule IS
'Changes a flag in an environment by the clock: from the time "at" on it is enabled or disabled (action enable, disable), rolled out (rollout, with percentage and variation as in ff_flag_rollout; the attribute that is bucketed stays) or serves a variation by default (serve, with variation). Returns the id of the step. No process is needed: every statement compares its start with the steps. A change by hand ends the steps of its kind that have come and leaves those to come.
Errors: 22023 a time that is past or infinite, an unknown action, an argument that the action does not take; 22004 no time; 23505 the flag has a step of that kind at that time; 42704 an unknown variation; 55000 an archived flag.';

-- The steps of a progressive rollout, each with its place in the array.
CREATE FUNCTION ff._rollout_steps(steps jsonb, OUT at timestamptz, OUT percentage numeric, OUT place int) RETURNS SETOF record
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	element jsonb;
	fault text;
BEGIN
	IF jsonb_typeof(steps) <> 'array' THEN
		RAISE EXCEPTION 'steps must be an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	FOR element IN SELECT e FROM jsonb_array_elements(steps) e LOOP
		place := coalesce(place + 1, 0);
		at := ff._time(CASE WHEN jsonb_typeof(element -> 'at') = 'string' THEN element ->> 'at' END);
		fault := CASE
			WHEN jsonb_typeof(element) <> 'object' OR element - '{at,percentage}'::text[] <> '{}'
				THEN format('$[%s]', place)
			WHEN at IS NULL THEN format('$[%s].at', place)
			WHEN jsonb_typeof(element -> 'percentage') IS DISTINCT FROM 'number' THEN format('$[%s].percentage', place) END;
		IF fault IS NOT NULL THEN
			RAISE EXCEPTION 'a step must be {"at": an RFC 3339 time with an offset, "percentage": a number}'
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', fault);
		END IF;
		percentage := (element ->> 'percentage')::numeric;
		RETURN NEXT;
	END LOOP;
END;
$$;

-- The percentage that a serve gives to a variation.
CREATE FUNCTION ff._share(serve jsonb, variation text) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN serve = to_jsonb(variation) THEN 100 ELSE coalesce((
		SELECT (p ->> 'weight')::numeric FROM jsonb_path_query(serve, 'lax $.split[*]') p WHERE p ->> 'variation' = variation), 0) END;
$$;

CREATE FUNCTION @extschema@.ff_flag_rollout_steps(
	flag text,
	steps jsonb,
	environment text DEFAULT NULL,
	variation text DEFAULT NULL,
	reason text DEFAULT NULL,
	lower boolean DEFAULT false,
	project text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_schedule(flag, project);
	s ff.flag_settings := ff._open_setting(f, environment);
	spread text := ff._rollout_variation(f, variation, s.off_variation);
	reached numeric := ff._share(s.default_serve, spread);
	step record;
	result int := 0;
BEGIN
	IF nullif(steps, 'null') IS NULL THEN
		RAISE EXCEPTION 'the steps are required' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	DELETE FROM ff.schedules c
	WHERE c.flag_id = s.flag_id AND c.environment_id = s.environment_id AND c.serve IS NOT NULL AND c.at > statement_timestamp();
	FOR step IN SELECT r.* FROM ff._rollout_steps(steps) r ORDER BY r.at, r.place LOOP
		IF step.percentage < reached AND lower IS NOT TRUE THEN
			RAISE EXCEPTION 'the percentage would go down from % to %', trim_scale(reached), trim_scale(step.percentage)
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $[%s].percentage.', step.place),
					HINT = 'Pass "lower => true" to let it.';
		END IF;
		PERFORM ff._add_step(s, step.at, NULL, ff._rollout_serve(step.percentage, spread, s.off_variation, s.default_serve ->> 'by'), reason);
		reached := step.percentage;
		result := result + 1;
	END LOOP;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_rollout_steps IS
'A progressive rollout: the percentages that ff_flag_rollout would set, each at its time: [{"at": "2027-01-04T08:00:00Z", "percentage": 5}, ...], in any order. It takes the place of all steps of the flag''s default that are still to come there; [] takes them away. Returns the number of steps.
Percentages rise, from the present one on, so that nobody is moved out; lower => true lets them fall. Errors: those of ff_flag_schedule, and 22023 a malformed document or a percentage that falls, with the JSON path.';

CREATE FUNCTION @extschema@.ff_flag_unschedule(
	flag text,
	at timestamptz DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	env uuid := ff._environment(f.project_id, environment);
	result int;
BEGIN
	DELETE FROM ff.schedules c
	WHERE c.flag_id = f.id AND c.environment_id = env AND c.at > statement_timestamp() AND (at IS NULL OR c.at = at);
	GET DIAGNOSTICS result = ROW_COUNT;
	IF result = 0 AND at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" has no step to come at %', f.key, ff._time_text(at) USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_unschedule IS
'Takes away the steps of a flag in an environment that are still to come: those at a time, or with NULL all. Returns their number. Steps that have come stay, as history. Error 42704: there is none to come at that time.';

-- When the windows of a flag's rules open and close.
CREATE FUNCTION ff._rule_windows(s ff.flag_settings, OUT at timestamptz, OUT what text, OUT detail text) RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._time(w.edge), w.what,
		concat(format('rules[%s]', r.ordinality - 1), ' "' || (r.value ->> 'id') || '"', ': ', ff._serve_text(r.value -> 'serve', s.off_variation))
	FROM jsonb_array_elements(s.rules) WITH ORDINALITY r
	CROSS JOIN LATERAL (VALUES (r.value ->> 'from', 'rule starts'), (r.value ->> 'until', 'rule ends')) w(edge, what)
	WHERE w.edge IS NOT NULL;
$$;

CREATE FUNCTION @extschema@.ff_schedule(
	from_time timestamptz DEFAULT NULL,
	until_time timestamptz DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (at timestamptz, flag text, environment text, what text, detail text, id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH settings AS MATERIALIZED (
		SELECT s, f.id AS flag_id, f.key AS flag, e.id AS environment_id, e.key AS environment, e.position
		FROM ff.flags f JOIN ff.environments e ON e.project_id = f.project_id
		LEFT JOIN ff.flag_settings s ON s.flag_id = f.id AND s.environment_id = e.id
		WHERE f.project_id = (SELECT ff._project($3)) AND f.archived_at IS NULL)
	SELECT x.at, x.flag, x.environment, x.what, x.detail, x.id FROM (
		SELECT c.at, t.flag, t.environment, t.position,
			CASE WHEN c.enabled THEN 'enable' WHEN NOT c.enabled THEN 'disable'
				WHEN jsonb_typeof(c.serve) = 'object' THEN 'rollout' ELSE 'serve' END AS what,
			concat_ws(': ', CASE WHEN c.serve IS NOT NULL THEN ff._serve_text(c.serve, (t.s).off_variation) END, c.reason) AS detail, c.id
		FROM settings t JOIN ff.schedules c ON c.flag_id = t.flag_id AND c.environment_id = t.environment_id
		UNION ALL
		SELECT w.at, t.flag, t.environment, t.position, w.what, w.detail, NULL
		FROM settings t CROSS JOIN LATERAL ff._rule_windows(t.s) w
		WHERE (t.s).rules::text ~ '"(from|until)"'
		UNION ALL
		SELECT o.expires_at, t.flag, t.environment, t.position, 'override expires',
			concat_ws(': ', format('%s "%s"', o.subject_kind, o.subject), o.variation, o.reason), o.id
		FROM settings t JOIN ff.overrides o ON o.flag_id = t.flag_id AND o.environment_id = t.environment_id
		WHERE isfinite(o.expires_at)) x
	WHERE x.at >= coalesce($1, statement_timestamp()) AND x.at < coalesce($2, 'infinity')
	ORDER BY x.at, x.flag, x.position, x.environment, x.what, x.detail;
$$;
COMMENT ON FUNCTION @extschema@.ff_schedule IS
'The calendar of a project: what time has changed or will change from from_time (NULL: now) until before until_time (NULL: without end), in order. what: enable, disable, rollout, serve (steps of schedules), rule starts, rule ends (from and until of rules), override expires. id: of the step or override. Archived flags are left out.';
