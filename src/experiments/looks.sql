-- Looking before the end: intervals and p-values that hold at all looks together.

-- From when on looks belong to what is compared: those of a phase before tell nothing
-- of the current one.
CREATE FUNCTION ff._looks_since(x ff.experiments, o ff.analysis_options) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((SELECT p.started_at FROM ff.experiment_phases p WHERE p.experiment_id = x.id AND p.number = (ff._current_phase(x)).number AND o.phases = 'current'), '-infinity');
$$;

-- What the looks that were taken at a metric and variation say, oldest first, and
-- how it stands now, where a look is due; of a completed experiment that is the
-- last one.  The look that reaches what was planned ends the plan: alpha is spent,
-- and no later one could say anything; nor is one due while there are fewer units than
-- there were.
CREATE FUNCTION ff._looks(x ff.experiments, o ff.analysis_options, metric_id uuid, variation text, c ff.adjusted_comparison, units float8)
RETURNS SETOF ff.experiment_looks
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	last ff.experiment_looks;
	due ff.experiment_looks;
	since timestamptz := ff._looks_since(x, o);
BEGIN
	FOR last IN SELECT k.* FROM ff.experiment_looks k WHERE k.experiment_id = x.id AND k.metric_id = metric_id AND k.variation = variation AND k.units <> units
			AND k.taken_at >= since ORDER BY k.units LOOP
		RETURN NEXT last;
		IF last.units >= o.planned_units THEN
			RETURN;
		END IF;
	END LOOP;
	IF last.taken_at IS NULL OR (x.stopped_at IS NOT NULL OR clock_timestamp() >= last.taken_at + o.look_every) AND units > last.units * 1.001 THEN
		due := (gen_random_uuid(), x.id, metric_id, variation, clock_timestamp(), units, c.difference, c.standard_error, c.control_mean, c.control_variance, c.covariance, x.project_id);
		RETURN NEXT due;
	END IF;
END;
$$;

-- The information of looks, 1 / variance of the difference, as a share of the plan at
-- which units grow as they have.  Where it fell, as with windows that fill up and bring
-- in what varies more, nothing but units tells how near looks are.
CREATE FUNCTION ff._information_of(looks ff.experiment_looks[], shares float8[]) RETURNS float8[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bool_and(g.share > 1e-8 AND g.share - coalesce(g.before, 0) > 0.001 * g.share) THEN array_agg(g.share ORDER BY g.i) ELSE shares END
	FROM (SELECT l.i, l.share, lag(l.share) OVER (ORDER BY l.i) AS before
		FROM (SELECT k.ordinality AS i, shares[cardinality(shares)] * (looks[cardinality(looks)].standard_error / k.standard_error) ^ 2 AS share
			FROM unnest(looks) WITH ORDINALITY k) l) g;
$$;

-- The last look, by units, against the bounds that the looks before it have left.
CREATE FUNCTION ff._compare_looks(o ff.analysis_options, looks ff.experiment_looks[], final boolean,
	OUT lower float8, OUT upper float8, OUT p_value float8, OUT lift_lower float8, OUT lift_upper float8)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last ff.experiment_looks := looks[cardinality(looks)];
	shares float8[] := ARRAY(SELECT k.units / o.planned_units FROM unnest(looks) WITH ORDINALITY k ORDER BY k.ordinality);
	information float8[] := ff._information_of(looks, shares);
	s record;
	l record;
BEGIN
	s := @extschema@.ff_gst_look(information, last.difference, last.standard_error, o.alpha, o.spending, final => final, spent_at => shares);
	lower := nullif(s.lower, '-Infinity');
	upper := nullif(s.upper, 'Infinity');
	p_value := s.p_value;
	IF o.relative = 'delta' THEN
		l := ff._delta_lift(last.control_mean, last.control_variance, last.covariance, last.difference, last.standard_error);
		s := @extschema@.ff_gst_look(information, l.lift, l.standard_error, o.alpha, o.spending, final => final, spent_at => shares);
		lift_lower := nullif(s.lower, '-Infinity');
		lift_upper := nullif(s.upper, 'Infinity');
		p_value := s.p_value;
		RETURN;
	END IF;
	l := ff._lift_interval(last.control_mean, last.control_variance, last.covariance, last.difference, last.standard_error, nullif(s.bound, 'Infinity'));
	lift_lower := l.lower;
	lift_upper := l.upper;
END;
$$;

-- An effect at all looks together without a plan: by a mixture of effects, of which
-- expected is the standard deviation, or by a confidence sequence.
CREATE FUNCTION ff._effect_always(o ff.analysis_options, method text, effect float8, standard_error float8, expected float8, units float8,
	OUT lower float8, OUT upper float8, OUT p_value float8)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.lower, s.upper, s.p_value FROM @extschema@.ff_confidence_sequence(effect, standard_error, units, o.alpha, o.tuning) s WHERE method = 'confidence_sequence'
	UNION ALL SELECT m.lower, m.upper, m.p_value FROM @extschema@.ff_msprt(effect, standard_error, expected ^ 2, o.alpha) m WHERE method <> 'confidence_sequence' AND expected <> 0;
$$;

-- The same of a comparison: of the difference, whose bounds are the lift's by Fieller,
-- or of the lift where that is tested.
CREATE FUNCTION ff._compare_always(o ff.analysis_options, method text, c ff.adjusted_comparison, units float8,
	OUT lower float8, OUT upper float8, OUT p_value float8, OUT lift_lower float8, OUT lift_upper float8)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record;
	l record;
BEGIN
	d := ff._effect_always(o, method, c.difference, c.standard_error, o.expected_lift * c.control_mean, units);
	lower := d.lower;
	upper := d.upper;
	p_value := d.p_value;
	IF o.relative = 'delta' THEN
		l := ff._delta_lift(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error);
		d := ff._effect_always(o, method, l.lift, l.standard_error, o.expected_lift, units);
		lift_lower := d.lower;
		lift_upper := d.upper;
		p_value := d.p_value;
		RETURN;
	END IF;
	l := ff._lift_interval(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error, (d.upper - d.lower) / 2 / c.standard_error);
	lift_lower := l.lower;
	lift_upper := l.upper;
END;
$$;

-- Whether looks were taken of another comparison than the options ask for, or of more
-- units than there are, as a segment that is excluded takes some away.  An experiment
-- that goes by all phases because the last one is empty goes by looks of the first alone.
CREATE FUNCTION ff._are_looks_of_another(x ff.experiments, o ff.analysis_options, metric_id uuid, variation text, units float8) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(bool_or((own.baseline, own.stratify_by, own.adjustment, own.capped) IS DISTINCT FROM (o.baseline, o.stratify_by, o.adjustment, o.capped)
		OR CASE WHEN o.phases <> 'all' OR own.phases = 'all' THEN own.phases <> o.phases
			ELSE x.analysis ->> 'phases' IS DISTINCT FROM 'all' OR EXISTS (SELECT FROM ff.experiment_phases p WHERE p.experiment_id = x.id AND p.number > 1 AND p.started_at <= k.taken_at) END
		OR (k.metric_id, k.variation) = ($3, $4) AND k.units * 0.99 > $5 AND k.taken_at >= ff._looks_since(x, o)), false)
	FROM ff.experiment_looks k CROSS JOIN (SELECT c.* FROM ff.experiments t CROSS JOIN LATERAL ff._call_options(t, '{}') c WHERE t.id = x.id) own
	WHERE k.experiment_id = x.id;
$$;

-- By the method of the options; nothing where there is no error to go by.  Bounds
-- that looks have left hold for the comparison that was looked at, so another one
-- goes by what needs no plan.
CREATE FUNCTION ff._compare_sequential(x ff.experiments, o ff.analysis_options, metric_id uuid, variation text, c ff.adjusted_comparison, units float8,
	OUT method text, OUT lower float8, OUT upper float8, OUT p_value float8, OUT lift_lower float8, OUT lift_upper float8)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	method := CASE WHEN o.sequential <> 'auto' THEN o.sequential WHEN o.planned_units IS NULL THEN 'confidence_sequence' ELSE 'group_sequential' END;
	IF method = 'group_sequential' AND ff._are_looks_of_another(x, o, metric_id, variation, units) THEN
		method := 'confidence_sequence';
	END IF;
	IF method = 'none' OR c.standard_error IS NULL OR c.standard_error <= 0 THEN
		method := nullif(method, 'none');
	ELSIF method = 'group_sequential' THEN
		SELECT s.* INTO lower, upper, p_value, lift_lower, lift_upper FROM ff._compare_looks(o,
			ARRAY(SELECT k FROM ff._looks(x, o, metric_id, variation, c, units) k ORDER BY k.units), x.stopped_at IS NOT NULL) s;
	ELSE
		SELECT s.* INTO lower, upper, p_value, lift_lower, lift_upper FROM ff._compare_always(o, method, c, units) s;
	END IF;
END;
$$;

-- Whether looks are taken under options.
CREATE FUNCTION ff._takes_looks(o ff.analysis_options) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT o.planned_units IS NOT NULL AND o.sequential IN ('auto', 'group_sequential'); $$;

-- Whether the clock says that a look at some metric and variation is due.
CREATE FUNCTION ff._is_look_due(x ff.experiments) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options := ff._call_options(x, '{}');
BEGIN
	RETURN ff._takes_looks(o) AND (x.stopped_at IS NOT NULL OR EXISTS (
		SELECT FROM ff.experiment_metrics m CROSS JOIN ff._experiment_arms(x) a
		LEFT JOIN LATERAL (SELECT max(k.taken_at) AS at FROM ff.experiment_looks k
			WHERE k.experiment_id = x.id AND k.metric_id = m.metric_id AND k.variation = a.variation) last ON true
		WHERE m.experiment_id = x.id AND a.variation <> o.baseline AND (last.at IS NULL OR clock_timestamp() >= last.at + o.look_every)));
END;
$$;

-- Keeps the looks that are due; returns how many.  Without a plan there are none.
CREATE FUNCTION ff._take_looks(x ff.experiments) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options := ff._call_options(x, '{}');
	kept bigint;
BEGIN
	IF NOT ff._takes_looks(o) THEN
		RETURN 0;
	END IF;
	INSERT INTO ff.experiment_looks
	SELECT k.* FROM ff._compared(x, o, ff._read_cells(x, o.stratify_by)) r
	CROSS JOIN LATERAL ff._looks(x, o, r.metric_id, r.variation, r.comparison, r.units) k
	WHERE (r.comparison).standard_error > 0
	ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS kept = ROW_COUNT;
	RETURN kept;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_look(experiment text, project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	PERFORM ff._refuse_draft(x);
	RETURN ff._take_looks(x);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_look IS
'Takes a look at an experiment that has planned_units among its options, and keeps how each metric and variation stands: the bounds of later looks go by it (ff_gst_look). At most one is kept in look_every ("1 day"), and none that has hardly more units than the last; to be called by the clock. The one that reaches planned_units is the last, and so is that of ff_experiment_stop. Without a plan there are no looks: the confidence sequence holds however often one reads it. Returns how many were kept. Errors: 42704 an unknown experiment or project, 55000 it is a draft.';
