-- How an experiment is analysed: settings that need no other data.

CREATE TYPE ff.analysis_options AS (alpha float8, baseline text, metrics text[], phases text, stratify_by text, adjustment text, capped boolean,
	relative text, correction text, sequential text, tuning float8, planned_units float8, spending text, look_every interval,
	expected_lift float8, prior_mean float8, prior_stddev float8, minimum_units int);
COMMENT ON TYPE ff.analysis_options IS 'The options of ff_experiment_stats, whose comment says what each is.';

-- What is wrong with options, the first thing first; NULL: nothing.
CREATE FUNCTION ff._analysis_fault(o ff.analysis_options) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%s cannot be %s: it is %s', f.name, coalesce(f.value, 'null'), f.wanted) FROM (VALUES
		('alpha', o.alpha::text, o.alpha > 0 AND o.alpha < 1, 'above 0 and below 1'),
		('phases', o.phases, o.phases IN ('current', 'all') OR o.phases ~ '^[1-9][0-9]{0,3}$', 'current, all or the number of a phase'),
		('adjustment', o.adjustment, o.adjustment IN ('cuped', 'ancova', 'lin', 'none'), 'cuped, ancova, lin or none'),
		('capped', o.capped::text, o.capped IS NOT NULL, 'true or false'),
		('relative', o.relative, o.relative IN ('fieller', 'delta'), 'fieller or delta'),
		('correction', o.correction, o.correction IN ('by_role', 'holm', 'benjamini-hochberg', 'none'), 'by_role, holm, benjamini-hochberg or none'),
		('sequential', o.sequential, o.sequential IN ('auto', 'confidence_sequence', 'group_sequential', 'msprt', 'none'),
			'auto, confidence_sequence, group_sequential, msprt or none'),
		('tuning', o.tuning::text, o.tuning >= 1 AND o.tuning <= 1e15, 'from 1 to 1e15 units'),
		('planned_units', o.planned_units::text, CASE WHEN o.sequential = 'group_sequential' OR o.planned_units IS NOT NULL
			THEN o.planned_units >= 2 AND o.planned_units <= 1e15 ELSE true END, 'from 2 to 1e15 units, and needed by group_sequential'),
		('spending', o.spending, o.spending IN ('obf', 'pocock'), 'obf or pocock'),
		('look_every', o.look_every::text, o.look_every >= '1 hour' AND o.look_every <= '366 days', 'from an hour to 366 days'),
		('expected_lift', o.expected_lift::text, CASE WHEN o.sequential = 'msprt' OR o.expected_lift IS NOT NULL
			THEN o.expected_lift > 0 AND o.expected_lift <= 1e6 ELSE true END, 'above 0, 0.05 for instance, and needed by msprt'),
		('prior_mean', o.prior_mean::text, abs(o.prior_mean) < 1e6 AND (o.prior_mean = 0 OR o.prior_stddev < 'Infinity'), 'a lift, 0.01 for instance, and needs prior_stddev'),
		('prior_stddev', o.prior_stddev::text, o.prior_stddev >= 1e-9 AND o.prior_stddev <> 'NaN', '1e-9 or more, or infinite for none'),
		('minimum_units', o.minimum_units::text, o.minimum_units >= 0, '0 or more')) f(name, value, is_fine, wanted)
	WHERE f.is_fine IS NOT TRUE LIMIT 1;
$$;

-- Options as they stand: what is given over what the experiment has over defaults.
CREATE FUNCTION ff._analysis_options(key text, given jsonb) RETURNS ff.analysis_options
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options;
	fault text;
BEGIN
	o := (0.05, NULL, NULL, 'current', NULL, 'cuped', true, 'fieller', 'by_role', 'auto', 5000, NULL, 'obf', '1 day', NULL, 0, 'Infinity', 50);
	o := ff._with_options(format('the analysis of experiment "%s"', key), o, given, ARRAY(SELECT k FROM jsonb_object_keys(to_jsonb(o)) k ORDER BY k COLLATE "C"));
	fault := ff._analysis_fault(o);
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Of the analysis of experiment "%s".', key);
	END IF;
	RETURN o;
END;
$$;

-- Those of a call, with what they name looked up.
CREATE FUNCTION ff._call_options(x ff.experiments, given jsonb) RETURNS ff.analysis_options
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options := ff._analysis_options(x.key, CASE WHEN jsonb_typeof(given) = 'object' THEN x.analysis || given ELSE coalesce(given, x.analysis) END);
	bad text;
BEGIN
	o.baseline := coalesce(o.baseline, x.control);
	IF NOT EXISTS (SELECT FROM ff._experiment_arms(x) a WHERE a.variation = o.baseline) THEN
		RAISE EXCEPTION 'variation "%" is none of experiment "%"', o.baseline, x.key USING ERRCODE = 'undefined_object';
	END IF;
	SELECT k INTO bad FROM unnest(o.metrics) k WHERE NOT EXISTS (SELECT FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id
		WHERE u.experiment_id = x.id AND m.key = k) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'metric "%" is none of experiment "%"', bad, x.key USING ERRCODE = 'undefined_object';
	ELSIF o.phases NOT IN ('current', 'all') AND o.phases::int NOT IN (SELECT c.number FROM ff._experiment_cuts(x) c) THEN
		RAISE EXCEPTION 'experiment "%" has no phase %', x.key, o.phases USING ERRCODE = 'undefined_object';
	END IF;
	RETURN o;
END;
$$;
