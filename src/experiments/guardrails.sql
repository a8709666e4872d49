-- Whether an experiment harms what it must not.

-- What is said of a guardrail.  Harm within the stated margin is accepted.
CREATE FUNCTION ff._guardrail_verdict(direction text, harm_p float8, alpha float8, bound float8, margin float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN ff._is_within(direction, margin, bound, bound) THEN 'non_inferior'
		WHEN harm_p < alpha THEN 'harmed' WHEN harm_p IS NOT NULL THEN 'not_shown_harmed' END;
$$;

-- The worst lift that is so many standard errors away.
CREATE FUNCTION ff._guardrail_bound(c ff.adjusted_comparison, direction text, multiplier float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE direction WHEN 'increase' THEN l.lower ELSE l.upper END
	FROM ff._lift_interval(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error, multiplier) l;
$$;

-- What counts say of harm where the normal approximation has nothing to go by: a
-- p-value of one side, NULL elsewhere.
CREATE FUNCTION ff._count_harm_p(c ff.adjusted_comparison, direction text, count_p float8, is_exact boolean, control_n bigint, n bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN is_exact THEN (@extschema@.ff_fisher(control_n, round(c.control_mean * control_n)::bigint, n, round(c.treatment_mean * n)::bigint,
		CASE direction WHEN 'increase' THEN 'less' ELSE 'greater' END)).p_value ELSE count_p / 2 END;
$$;

-- One look, at the end.
CREATE FUNCTION ff._guardrail_once(c ff.adjusted_comparison, direction text, margin float8, alpha float8, count_p float8, is_exact boolean, are_counts_within boolean,
	OUT harm_p_value float8, OUT lift_bound float8, OUT verdict text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	harm float8 := CASE direction WHEN 'increase' THEN -c.difference ELSE c.difference END;
	df float8 := coalesce(c.df, 'Infinity');
BEGIN
	IF c.standard_error > 0 THEN
		harm_p_value := CASE WHEN is_exact THEN count_p ELSE greatest(@extschema@.ff_t_sf(harm / c.standard_error, df), count_p) END;
		lift_bound := ff._guardrail_bound(c, direction, -@extschema@.ff_t_ppf(alpha, df));
		verdict := ff._guardrail_verdict(direction, harm_p_value, alpha, CASE WHEN are_counts_within THEN lift_bound END, margin);
	END IF;
END;
$$;

-- All looks together, by a confidence sequence.
CREATE FUNCTION ff._guardrail_always(c ff.adjusted_comparison, direction text, margin float8, o ff.analysis_options, units float8, count_p float8, are_counts_within boolean,
	OUT lower float8, OUT upper float8, OUT harm_p_value float8, OUT verdict text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	harm record;
BEGIN
	IF c.standard_error > 0 THEN
		SELECT s.lower, s.upper INTO lower, upper FROM @extschema@.ff_confidence_sequence(c.difference, c.standard_error, units, o.alpha, o.tuning) s;
		harm := @extschema@.ff_confidence_sequence(c.difference, c.standard_error, units, o.alpha, o.tuning, CASE direction WHEN 'increase' THEN 'less' ELSE 'greater' END);
		harm_p_value := greatest(harm.p_value, count_p);
		verdict := ff._guardrail_verdict(direction, harm_p_value, o.alpha, CASE WHEN are_counts_within THEN ff._guardrail_bound(c, direction, harm.multiplier) END, margin);
	END IF;
END;
$$;

-- Options of the analysis that guardrails have.
CREATE FUNCTION ff._guardrail_options(x ff.experiments, given jsonb) RETURNS ff.analysis_options
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.analysis_options;
BEGIN
	PERFORM ff._check_options('guardrails', given, '{alpha,baseline,metrics,phases,stratify_by,adjustment,capped,tuning,minimum_units}');
	o := ff._call_options(x, given);
	IF o.alpha >= 0.5 THEN
		RAISE EXCEPTION 'alpha of guardrails cannot be %: a test of one side has one below 0.5', o.alpha USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN o;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_guardrails(experiment text, options jsonb DEFAULT '{}', project text DEFAULT NULL)
RETURNS TABLE (metric text, variation text, control_n bigint, n bigint, control_mean float8, mean float8, difference float8, lower float8, upper float8,
	harm_p_value float8, margin float8, lift float8, lift_bound float8, verdict text,
	anytime_lower float8, anytime_upper float8, anytime_harm_p_value float8, anytime_verdict text, srm_p_value float8, problem text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($3), $1);
	given jsonb := ff._object($2);
	o ff.analysis_options := ff._guardrail_options(x, given);
	cells ff.experiment_cell[] := ff._read_cells(x, o.stratify_by);
	split jsonb := (ff._current_phase(x)).weights;
	ratio float8 := ff._phases_ratio(x, ff._read_population(x));
BEGIN
	o := ff._guardrail_options(ff._settled(x, given, cells), given);
	RETURN QUERY
	WITH rows AS MATERIALIZED (
		SELECT r.*, u.margin, (r.units - r.n)::bigint AS control_n, ff._count_p(r.comparison, r.exact_p, r.units - r.n, r.n, r.stddev) AS count_p FROM ff._compared(x, o, cells) r
		JOIN ff.experiment_metrics u ON u.experiment_id = x.id AND u.metric_id = r.metric_id
		WHERE r.role = 'guardrail' AND NOT r.is_baseline AND (o.metrics IS NULL OR r.metric = ANY (o.metrics)) AND (r.n > 0 OR split ? r.variation)
	)
	SELECT r.metric, r.variation, coalesce(r.control_n, 0), r.n, (r.comparison).control_mean, r.mean, (r.comparison).difference, (r.comparison).lower, (r.comparison).upper,
		d.harm_p_value, r.margin, (r.comparison).lift, CASE WHEN k.are_within THEN d.lift_bound END, CASE WHEN p.is_fine THEN d.verdict END,
		s.lower, s.upper, s.harm_p_value, CASE WHEN p.is_fine THEN s.verdict END, ratio,
		CASE WHEN ratio < 0.001 THEN 'sample_ratio' WHEN p.is_fine THEN (r.comparison).problem ELSE coalesce((r.comparison).problem, 'too_few_units') END
	FROM rows r CROSS JOIN LATERAL (SELECT coalesce(least(r.n, r.control_n) >= o.minimum_units AND coalesce(ratio, 1) >= 0.001, false) AS is_fine) p
	CROSS JOIN LATERAL (SELECT ff._count_harm_p(r.comparison, r.direction, r.count_p, r.exact_p IS NOT NULL, r.control_n, r.n) AS p,
		ff._are_counts_within(r.direction, r.margin, (r.comparison).control_mean, r.count_p, r.exact_lower, r.exact_upper, o.alpha) AS are_within) k
	CROSS JOIN LATERAL ff._guardrail_once(r.comparison, r.direction, r.margin, o.alpha, k.p, r.exact_p IS NOT NULL, k.are_within) d
	CROSS JOIN LATERAL ff._guardrail_always(r.comparison, r.direction, r.margin, o, r.units, k.p, k.are_within) s
	ORDER BY r.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_guardrails IS
'Whether an experiment harms its guardrails: a row a guardrail and variation but the baseline, compared as in ff_experiment_stats. difference, with its interval lower to upper at level 1 - alpha: to the baseline''s mean (or ratio, or quantile). harm_p_value: of one side, the bad one by the metric''s direction. verdict: harmed where harm_p_value is below alpha, else not_shown_harmed, which is not "safe": that takes a margin, the harm that is accepted as a share of the baseline''s mean (ff_experiment_metric); then it is non_inferior where lift_bound, the worst lift that is not ruled out at level 1 - alpha on one side (Fieller), is within the margin, whether harm is shown or not. With few successes or failures both go by counts: Fisher''s test of one side, and Newcombe''s interval, which has to be within the margin, too; where it is not, there is no lift_bound. So do they where all units of an arm are alike (constant_arm of ff_experiment_stats).
anytime_lower to anytime_harm_p_value and anytime_verdict: the same for who looks every day and acts on what is seen: the chance that any look says harmed of a variation that does no harm is at most alpha (ff_confidence_sequence, asymptotic). The verdict is for one look, at the end. srm_p_value: of the sample ratio; below 0.001 there is no verdict, and problem is sample_ratio; too_few_units: fewer than minimum_units in an arm. problem: else as in ff_experiment_stats. Each row stands for itself.
options: alpha (0.05, of one side), baseline, metrics, phases, stratify_by, adjustment, capped, tuning and minimum_units as in ff_experiment_stats, those of the experiment included. Writes nothing. Errors: 42704 an unknown experiment, project, metric, variation or phase, 22023 an unknown option or value, an alpha from 0.5 on.';
