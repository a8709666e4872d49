-- A bandit: traffic goes to the variations that are likely the best, by steps
-- that the flag's split takes from the experiment's own data.

CREATE TYPE ff.bandit_options AS (minimum_share float8, minimum_units int, max_change float8, top_two boolean, apply boolean);
COMMENT ON TYPE ff.bandit_options IS 'The options of ff_experiment_bandit, whose comment says what each is.';

-- Shares are of variations; none may be 0, for who gets no units is never heard
-- of again.
CREATE FUNCTION ff._bandit_options(given jsonb) RETURNS ff.bandit_options
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	o ff.bandit_options := (0.05, 100, 1, false, false);
	fault text;
BEGIN
	o := ff._with_options('a bandit', o, coalesce(given, '{}'), '{minimum_share,minimum_units,max_change,top_two,apply}');
	SELECT format('%s cannot be %s: it is %s', f.name, coalesce(f.value, 'null'), f.wanted) INTO fault FROM (VALUES
		('minimum_share', o.minimum_share::text, o.minimum_share >= 0.001 AND o.minimum_share <= 0.5, 'from 0.001 to 0.5'),
		('minimum_units', o.minimum_units::text, o.minimum_units >= 2, '2 or more'),
		('max_change', o.max_change::text, o.max_change > 0 AND o.max_change <= 1, 'above 0, and 1 at most'),
		('top_two', o.top_two::text, o.top_two IS NOT NULL, 'true or false'),
		('apply', o.apply::text, o.apply IS NOT NULL, 'true or false')) f(name, value, is_fine, wanted) WHERE f.is_fine IS NOT TRUE LIMIT 1;
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Of a bandit.';
	END IF;
	RETURN o;
END;
$$;

-- The metric that is named, or the first goal.
CREATE FUNCTION ff._bandit_metric(x ff.experiments, metric text) RETURNS ff.metrics
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m ff.metrics;
BEGIN
	IF metric IS NULL THEN
		SELECT t.* INTO m FROM ff.experiment_metrics u JOIN ff.metrics t ON t.id = u.metric_id
		WHERE u.experiment_id = x.id AND u.role = 'goal' ORDER BY u.position, t.key LIMIT 1;
	ELSE
		m := ff._used_metric(x, metric);
	END IF;
	IF m.kind = 'quantile' THEN
		RAISE EXCEPTION 'metric "%" is a quantile', m.key
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'A bandit compares means, which add up over phases.';
	END IF;
	RETURN m;
END;
$$;

-- The split that a bandit weighs anew: while the experiment runs that which the
-- flag serves by, later the last one.
CREATE FUNCTION ff._bandit_split(x ff.experiments) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
	place text := (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id);
	split jsonb := CASE x.status WHEN 'running' THEN ff._one_split(x.flag_id, x.environment_id) ELSE (SELECT p.weights FROM ff._current_phase(x) p) END;
BEGIN
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = x.flag_id;
	PERFORM ff._refuse_draft(x);
	IF f.dialect <> 'native' THEN
		RAISE EXCEPTION 'flag "%" was imported and answers as % does: a bandit cannot weigh its split', f.key, f.dialect
			USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF split IS NULL THEN
		RAISE EXCEPTION 'flag "%" serves by % in environment "%"', f.key,
				CASE WHEN x.status = 'running' AND NOT EXISTS (SELECT FROM ff._splits(f.id, x.environment_id)) THEN 'no split' ELSE 'several splits that differ' END, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'A bandit weighs one split.';
	END IF;
	RETURN split;
END;
$$;

-- The standard error of a cell's mean; that of a share is never 0, for none of
-- a hundred is no certainty (a success and a failure are added).
CREATE FUNCTION ff._cell_error(kind text, moments ff.cross_moments) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN ff._is_proportion(kind) THEN sqrt(s.share * (1 - s.share) / c.n)
		WHEN kind = 'ratio' THEN sqrt(greatest(@extschema@.ff_cross_moments_covariance(moments, 1, 1) - 2 * r.ratio * @extschema@.ff_cross_moments_covariance(moments, 1, 2)
			+ r.ratio ^ 2 * @extschema@.ff_cross_moments_covariance(moments, 2, 2), 0) / c.n) / abs(@extschema@.ff_cross_moments_mean(moments, 2))
		ELSE sqrt(@extschema@.ff_cross_moments_covariance(moments, 1, 1) / c.n) END
	FROM (SELECT nullif(@extschema@.ff_cross_moments_n(moments), 0)::float8 AS n) c
	CROSS JOIN LATERAL (SELECT (@extschema@.ff_cross_moments_mean(moments, 1) * c.n + 1) / (c.n + 2) AS share) s
	CROSS JOIN LATERAL (SELECT CASE kind WHEN 'ratio' THEN ff._cell_mean(kind, moments, NULL) END AS ratio) r;
$$;

-- What is known of the arms.  Phases are strata: each counts by its units of all
-- arms, so that an arm that got more of its units on a good day is not the better
-- for it, and nothing that was learnt is forgotten at the next step.  A phase in
-- which an arm has fewer than two units compares nothing and is left out.
CREATE FUNCTION ff._bandit_arms(x ff.experiments, m ff.metrics, arms text[]) RETURNS TABLE (variation text, n bigint, mean float8, standard_error float8)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH cells AS MATERIALIZED (
		SELECT c.phase, c.variation, @extschema@.ff_cross_moments_n(v.moments) AS n, ff._cell_mean(m.kind, v.moments, NULL) AS mean, ff._cell_error(m.kind, v.moments) AS error
		FROM ff._experiment_cells(x) c CROSS JOIN LATERAL (SELECT coalesce(c.capped, c.moments) AS moments) v WHERE c.metric_id = m.id AND c.variation = ANY (arms)
	), phases AS (
		SELECT c.phase, sum(c.n)::float8 / sum(sum(c.n)) OVER ()::float8 AS share FROM cells c GROUP BY c.phase
		HAVING count(*) FILTER (WHERE c.n > 1 AND c.mean IS NOT NULL AND c.error IS NOT NULL) = cardinality(arms)
	)
	SELECT a.a, coalesce(s.n, 0)::bigint, s.mean, s.error FROM unnest(arms) WITH ORDINALITY a(a, i)
	LEFT JOIN (SELECT c.variation, sum(c.n) AS n, sum(p.share * c.mean) AS mean, sqrt(sum((p.share * c.error) ^ 2)) AS error
		FROM cells c JOIN phases p ON p.phase = c.phase GROUP BY c.variation) s ON s.variation = a.a
	ORDER BY a.i;
END;
$$;

-- Shares from now towards those that are wanted, none by more than the limit.
CREATE FUNCTION ff._bandit_step(present float8[], wanted float8[], max_change float8) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(p.p + (p.w - p.p) * least(1, max_change / nullif(l.largest, 0)) ORDER BY p.i)
	FROM unnest(present, wanted) WITH ORDINALITY p(p, w, i) CROSS JOIN (SELECT max(abs(w - p)) AS largest FROM unnest(present, wanted) q(p, w)) l;
$$;

-- Shares as percentages of three decimals that add up to 100: what is left goes
-- to the largest remainders.
CREATE FUNCTION ff._percentages(shares float8[]) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(trim_scale((r.low + CASE WHEN r.place <= 100000 - r.total THEN 1 ELSE 0 END)::numeric / 1000) ORDER BY r.i)
	FROM (SELECT s.i, f.low, row_number() OVER (ORDER BY s.share * 100000 - f.low DESC, s.i) AS place, sum(f.low) OVER () AS total
		FROM unnest(shares) WITH ORDINALITY s(share, i) CROSS JOIN LATERAL (SELECT floor(round((s.share * 100000)::numeric, 6)) AS low) f) r;
$$;

-- A serve with other weights in its split; one without a split stays.
CREATE FUNCTION ff._reweighed(serve jsonb, weights jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN ff._is_split(serve) THEN jsonb_set(serve, '{split}', (
		SELECT jsonb_agg(p.value || jsonb_build_object('weight', coalesce(weights -> (p.value ->> 'variation'), p.value -> 'weight')) ORDER BY p.ordinality)
		FROM jsonb_array_elements(serve -> 'split') WITH ORDINALITY p)) ELSE serve END;
$$;

-- Stores the weights as ff_flag_rollout does, wherever the flag splits; a phase
-- begins with it.
CREATE FUNCTION ff._bandit_apply(x ff.experiments, weights jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
	s ff.flag_settings;
	outer_reason text;
BEGIN
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = x.flag_id;
	s := ff._open_setting(f, (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id));
	s.default_serve := ff._reweighed(s.default_serve, weights);
	s.rules := (SELECT coalesce(jsonb_agg(CASE WHEN coalesce(ff._time(r.value ->> 'until') > statement_timestamp(), true)
			THEN r.value || jsonb_build_object('serve', ff._reweighed(r.value -> 'serve', weights)) ELSE r.value END ORDER BY r.ordinality), '[]')
		FROM jsonb_array_elements(s.rules) WITH ORDINALITY r);
	outer_reason := ff._default_reason(format('bandit of experiment "%s"', x.key));
	PERFORM ff._store_setting(f, s);
	PERFORM ff._set_reason(outer_reason);
END;
$$;

-- Refuses to apply where the flag would not serve the weights, or not for long.
CREATE FUNCTION ff._refuse_bandit(x ff.experiments) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
BEGIN
	IF x.status <> 'running' THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Weights are applied while it is running only.';
	END IF;
	PERFORM ff._bandit_split(x);
	PERFORM ff._check_unlocked(NULL, x.environment_id);
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = x.flag_id;
	PERFORM ff._refuse_ship(x, f, ff._open_setting(f, (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id)), x.control);
END;
$$;

-- The next shares of arms, or why there are none.
CREATE FUNCTION ff._bandit_weigh(x ff.experiments, m ff.metrics, arms text[], present float8[], o ff.bandit_options,
	OUT n bigint[], OUT means float8[], OUT best float8[], OUT weights numeric[], OUT problem text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	errors float8[];
	answer record;
BEGIN
	SELECT array_agg(a.n ORDER BY a.i), array_agg(a.mean ORDER BY a.i), array_agg(a.standard_error ORDER BY a.i) INTO n, means, errors
	FROM ff._bandit_arms(x, m, arms) WITH ORDINALITY a(variation, n, mean, standard_error, i);
	problem := CASE WHEN ff._phases_ratio(x, ff._population_now(x)) < 0.001 THEN 'sample_ratio'
		WHEN o.minimum_units > ANY (n) OR array_position(means, NULL) IS NOT NULL THEN 'too_few_units' WHEN 0 = ANY (errors) THEN 'zero_variance' END;
	IF problem IS NULL THEN
		answer := @extschema@.ff_bandit_weights(means, errors, n, o.minimum_share, o.minimum_units, m.direction = 'decrease', o.top_two);
		best := answer.best;
		weights := ff._percentages(ff._bandit_step(present, answer.weights, o.max_change));
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_bandit(experiment text, metric text DEFAULT NULL, options jsonb DEFAULT '{}', project text DEFAULT NULL)
RETURNS TABLE (variation text, n bigint, mean float8, weight_now numeric, weight_next numeric, probability_best float8, applied boolean, problem text)
LANGUAGE plpgsql ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	o ff.bandit_options := ff._bandit_options(ff._object($3));
	x ff.experiments := CASE WHEN o.apply THEN ff._open_experiment($1, $4) ELSE ff._experiment(ff._project($4), $1) END;
	m ff.metrics := ff._bandit_metric(x, $2);
	split jsonb;
	arms text[];
	next record;
BEGIN
	IF o.apply THEN
		PERFORM ff._refuse_bandit(x);
	END IF;
	split := ff._bandit_split(x);
	arms := ARRAY(SELECT a.variation FROM ff._experiment_arms(x) a WHERE split ? a.variation ORDER BY a.place);
	IF o.minimum_share * cardinality(arms) > 1 THEN
		RAISE EXCEPTION 'minimum_share cannot be %: % variations have it', o.minimum_share, cardinality(arms) USING ERRCODE = 'invalid_parameter_value';
	END IF;
	next := ff._bandit_weigh(x, m, arms, ARRAY(SELECT (split ->> a.a)::float8 / 100 FROM unnest(arms) WITH ORDINALITY a(a, i) ORDER BY a.i), o);
	IF o.apply AND next.problem IS NULL THEN
		PERFORM ff._bandit_apply(x, (SELECT jsonb_object_agg(a.a, a.w) FROM unnest(arms, next.weights) a(a, w)));
	END IF;
	RETURN QUERY
	SELECT a.a, a.n, a.mean, (split ->> a.a)::numeric, a.weight, a.best, o.apply AND next.problem IS NULL, next.problem
	FROM unnest(arms, next.n, next.means, next.weights, next.best) WITH ORDINALITY a(a, n, mean, weight, best, i) ORDER BY a.i;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_bandit IS
'A step of a bandit: how the split of an experiment''s flag is to go on, a row a variation of the split, the control first. n, mean: units and mean by a metric, the first goal by default, capped where it has a cap; probability_best: the chance to have the best mean, by the metric''s direction (ff_bandit_weights, quadrature: no draws); weight_now and weight_next: percentages. All phases count, each as a stratum of the weight that its units have, so that what was learnt under other weights is kept and a good day is no advantage to who had more of it; a phase in which a variation has fewer than two units is left out.
options: {"minimum_share": 0.05, the share that every variation keeps, "minimum_units": 100, in each variation, "max_change": 1, by how much a share may change in a step, "top_two": false, true gives half of the chances to the second best, "apply": false}. apply: the flag serves by the new weights, in its default and in every rule that has the split, as one version with a reason in the log, and a phase begins; only while the experiment runs. Who is moved by it counts until then.
problem: why there are no next weights, and nothing was applied: too_few_units, zero_variance, sample_ratio (below 0.001 over all phases, ff_srm_phases: the split is broken). Errors: 42704 an unknown experiment, metric or project, 22023 an unknown option, a value that it cannot have, a quantile; 55000 a draft, a flag that was imported or serves by no split or several that differ; with apply 55006 the environment is locked, 54000 it has 1000 phases, 55000 it does not run, the flag is killed or disabled there, or the schedule is going to change what it serves.';
