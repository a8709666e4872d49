-- The result of an experiment as one document: for pages, notifications and
-- whoever else reads JSON.

-- A pair of bounds, where there are two.
CREATE FUNCTION ff._pair(lower jsonb, upper jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN lower <> 'null' AND upper <> 'null' THEN jsonb_build_array(lower, upper) END; $$;

-- What a row of the statistics says, in the form of the report.
CREATE FUNCTION ff._report_variant(body jsonb, baseline_mean float8) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('key', body -> 'variation', 'n', body -> 'n', 'mean', body -> 'mean', 'method', body -> 'method',
		'effect_abs', body -> 'difference', 'ci_abs', ff._pair(body -> 'lower', body -> 'upper'), 'effect_rel', body -> 'lift', 'ci_rel', ff._pair(body -> 'lift_lower', body -> 'lift_upper'),
		'unbounded', body -> 'lift_unbounded', 'p', body -> 'p_value', 'log10_p', body -> 'log10_p', 'p_adj', body -> 'p_adjusted', 'status', body -> 'status', 'error_code', body -> 'problem', 'warning', body -> 'warning',
		'seq', CASE WHEN body ->> 'sequential_p_value' IS NOT NULL THEN jsonb_build_object('method', body -> 'sequential_method', 'p', body -> 'sequential_p_value', 'p_adj', body -> 'sequential_p_adjusted',
			'ci', ff._pair(body -> 'sequential_lower', body -> 'sequential_upper'), 'ci_rel', ff._pair(body -> 'sequential_lift_lower', body -> 'sequential_lift_upper')) END,
		'exact', CASE WHEN body ->> 'exact_p_value' IS NOT NULL THEN jsonb_build_object('p', body -> 'exact_p_value', 'ci_abs', ff._pair(body -> 'exact_lower', body -> 'exact_upper')) END,
		'cuped', CASE WHEN body ->> 'theta' IS NOT NULL THEN jsonb_build_object('theta', body -> 'theta', 'var_reduction', body -> 'variance_reduction') END,
		'bayes', CASE WHEN body ->> 'chance_to_win' IS NOT NULL THEN jsonb_build_object('chance', body -> 'chance_to_win') || coalesce((
			SELECT jsonb_build_object('mean', (b.lower + b.upper) / 2, 'sd', (b.upper - b.lower) / 2 / @extschema@.ff_norm_ppf(0.975), 'loss', (body ->> 'expected_loss')::float8 / b.scale,
				'cri', jsonb_build_array(b.lower, b.upper))
			FROM (SELECT s.scale, (body ->> 'credible_lower')::float8 / s.scale AS lower, (body ->> 'credible_upper')::float8 / s.scale AS upper
				FROM (SELECT nullif(abs(baseline_mean), 0) AS scale) s) b WHERE b.lower IS NOT NULL AND b.upper IS NOT NULL), '{}') END));
$$;

-- Units by the day of their first exposure in the current phase, and the lift of all
-- until that day with its confidence sequence.
CREATE FUNCTION ff._report_series(x ff.experiments, o ff.analysis_options, cells ff.experiment_cell[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH own AS MATERIALIZED (
		SELECT c.metric_id, c.variation, c.level AS day, coalesce(CASE WHEN o.capped THEN c.capped END, c.moments) AS moments
		FROM unnest(cells) c WHERE c.phase = (ff._current_phase(x)).number
	), days AS (
		-- a metric that waits for the end of windows has fewer units
		SELECT c.day, c.variation, max(@extschema@.ff_cross_moments_n(c.moments)) AS n FROM own c GROUP BY 1, 2
	), until AS MATERIALIZED (
		SELECT m.id, (array_agg(m))[1] AS m, c.variation, d.day, @extschema@.ff_cross_moments_merge(c.moments) AS moments
		FROM own c JOIN ff.metrics m ON m.id = c.metric_id AND m.kind <> 'quantile' JOIN (SELECT DISTINCT c.day FROM own c) d ON d.day >= c.day GROUP BY m.id, c.variation, d.day
	), lifts AS (
		SELECT (t.m).key AS metric, t.variation, t.day, (c.comparison).lift, s.lift_lower AS lower, s.lift_upper AS upper
		FROM until t JOIN until k ON k.id = t.id AND k.day = t.day AND k.variation = o.baseline
		CROSS JOIN LATERAL ff._compare_arms(t.m, o, ARRAY[k.moments], ARRAY[t.moments], NULL, NULL, NULL, NULL) c
		CROSS JOIN LATERAL ff._compare_always(o, 'confidence_sequence', c.comparison,
			@extschema@.ff_cross_moments_n(k.moments) + @extschema@.ff_cross_moments_n(t.moments)) s
		WHERE t.variation <> o.baseline AND (c.comparison).standard_error > 0 AND (c.comparison).lift IS NOT NULL
	)
	SELECT jsonb_build_object(
		'days', (SELECT coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'variation', d.variation, 'n', d.n, 'cumulative', d.cumulative) ORDER BY d.day, d.variation), '[]')
			FROM (SELECT d.*, sum(d.n) OVER (PARTITION BY d.variation ORDER BY d.day) AS cumulative FROM days d) d),
		'lift', (SELECT coalesce(jsonb_agg(jsonb_build_object('metric', l.metric, 'variation', l.variation, 'day', l.day, 'lift', l.lift, 'lower', l.lower, 'upper', l.upper)
			ORDER BY l.metric, l.variation, l.day), '[]') FROM lifts l));
$$;

-- Words as a list, or how many where they are more than are read.
CREATE FUNCTION ff._listed(words text[], most int, what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN cardinality(words) > most THEN cardinality(words) || ' ' || what
		ELSE concat_ws(' and ', nullif(array_to_string(words[:cardinality(words) - 1], ', '), ''), words[cardinality(words)]) END;
$$;

-- What the verdict goes by: of what is shown a line a metric; of what is not, of many
-- variations most of it, a line a status.
CREATE FUNCTION ff._report_reasons(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rows AS (
		SELECT r.*, count(*) OVER (PARTITION BY r.metric) AS arms FROM ff._summary_rows(document) r WHERE r.variation <> r.control AND r.role IN ('goal', 'guardrail')
	), metrics AS (
		SELECT r.metric, r.title, r.status, min(r.i) AS i, array_agg(r.variation ORDER BY r.i) AS variations, min(r.arms) AS arms
		FROM rows r WHERE r.status <> 'no_data' GROUP BY r.metric, r.title, r.status
	), alike AS (
		SELECT m.status, min(m.i) AS i, ff._listed(array_agg(m.metric ORDER BY m.i), 5, 'metrics') || CASE WHEN m.arms = 1 THEN ''
			WHEN cardinality(m.variations) = m.arms THEN ' (all variations)' ELSE format(' (%s)', ff._listed(m.variations, 5, 'variations')) END AS said
		FROM metrics m WHERE m.status IN ('neutral', 'not_shown_harmed', 'too_early') GROUP BY m.status, m.variations, m.arms
	), said AS (
		SELECT 1 AS place, m.i, format('%s: %s %s', m.title, ff._listed(m.variations, 9, 'variations'), replace(m.status, '_', ' ')) AS line
		FROM metrics m WHERE m.status NOT IN ('neutral', 'not_shown_harmed', 'too_early')
		UNION ALL
		SELECT 2, min(a.i), upper(left(a.status, 1)) || replace(substr(a.status, 2), '_', ' ') || ': ' || string_agg(a.said, '; ' ORDER BY a.i) FROM alike a GROUP BY a.status
	)
	SELECT coalesce(jsonb_agg(s.line ORDER BY s.place, s.i), '[]') FROM said s;
$$;

-- The verdict, by the first of these rules that holds: invalid_data, too_early,
-- goal_won, guardrail_harmed, goal_lost, running, nothing_shown.
CREATE FUNCTION ff._report_verdict(document jsonb, days float8) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rows AS MATERIALIZED (SELECT * FROM ff._summary_rows(document) r WHERE r.variation <> r.control
	), facts AS (
		SELECT document #>> '{experiment,status}' = 'running' AS is_running, document #>> '{experiment,status}' = 'running' AND days < 3 AS is_young,
			EXISTS (SELECT FROM rows r WHERE r.status = 'harmed') AS is_harmed
	), winners AS (
		SELECT r.variation, min(r.p_value) FILTER (WHERE r.role = 'goal') AS p FROM rows r GROUP BY 1
		HAVING bool_or(r.role = 'goal' AND r.status = 'won') AND NOT bool_or(r.status IN ('lost', 'harmed') AND r.role <> 'secondary')
	), losers AS (
		-- the one of which it is surest first
		SELECT r.variation, bool_or(r.status = 'harmed') AS harmed, row_number() OVER (ORDER BY bool_or(r.status = 'harmed') DESC, min(r.p_value), r.variation) AS i
		FROM rows r WHERE r.status = 'harmed' OR (r.role = 'goal' AND r.status = 'lost') GROUP BY 1
	), rules AS (
		SELECT 1 AS i, 'invalid_data' AS rule, 'invalid' AS action, NULL AS variation
		WHERE document ? 'problem' OR ff._sample_ratio_failed(document)
		UNION ALL SELECT 2, 'too_early', 'keep_running', NULL FROM facts f WHERE f.is_young AND NOT f.is_harmed
		UNION ALL (SELECT 3, 'goal_won', 'ship', w.variation FROM winners w CROSS JOIN facts f WHERE NOT f.is_young ORDER BY w.p, w.variation LIMIT 1)
		UNION ALL SELECT 4, 'guardrail_harmed', 'rollback', l.variation FROM losers l WHERE l.i = 1 AND l.harmed
		UNION ALL SELECT 5, 'goal_lost', 'rollback', l.variation FROM losers l WHERE l.i = 1
		UNION ALL SELECT 6, 'running', 'keep_running', NULL FROM facts f WHERE f.is_running
		UNION ALL SELECT 7, 'nothing_shown', 'inconclusive', NULL
	)
	SELECT jsonb_build_object('action', r.action, 'variant', r.variation, 'rule_id', r.rule, 'reasons', CASE r.action WHEN 'invalid' THEN jsonb_build_array(coalesce(document ->> 'problem', 'the sample ratio failed'))
		ELSE ff._report_reasons(document) END)
	FROM rules r ORDER BY r.i LIMIT 1;
$$;

-- How it is looked at, and how far the plan has come.
CREATE FUNCTION ff._report_plan(x ff.experiments, document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('method', (SELECT min(r.body ->> 'sequential_method') FROM ff._summary_rows(document) r),
		'planned_units', document #> '{options,planned_units}',
		'looks', (SELECT nullif(count(DISTINCT k.units), 0) FROM ff.experiment_looks k WHERE k.experiment_id = x.id),
		'last_look', (SELECT ff._utc(max(k.taken_at)) FROM ff.experiment_looks k WHERE k.experiment_id = x.id)));
$$;

-- What the data so far could have shown on the first goal, with 80 % power; and what
-- is left of a plan at the pace until now.
CREATE FUNCTION ff._report_next(document jsonb, days float8) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rows AS (SELECT r.*, r.i - first_value(r.i) OVER (ORDER BY r.i) AS place FROM ff._summary_rows(document) r WHERE r.role = 'goal'
	), first AS (
		SELECT r.metric, k.mean, k.n + r.n AS units, ((r.body ->> 'upper')::float8 - (r.body ->> 'lower')::float8) / 2 / -@extschema@.ff_norm_ppf((document ->> 'alpha')::float8 / 2) AS error
		FROM rows r JOIN rows k ON k.metric = r.metric AND k.variation = k.control WHERE r.variation <> r.control AND k.place = 0
	), worst AS (SELECT f.metric, max(f.error / nullif(abs(f.mean), 0)) AS error, min(f.units) AS units FROM first f GROUP BY f.metric
	), rest AS (SELECT w.*, CASE WHEN document -> 'options' ? 'planned_units' THEN greatest((document #>> '{options,planned_units}')::float8 - w.units, 0) END AS missing FROM worst w)
	SELECT jsonb_strip_nulls(jsonb_build_object('metric', r.metric,
		'mde_now', r.error * (@extschema@.ff_norm_ppf(0.8) - @extschema@.ff_norm_ppf((document ->> 'alpha')::float8 / 2)), 'units_needed', r.missing,
		'days_needed', CASE WHEN document #>> '{experiment,status}' = 'running' AND days > 0 THEN ceil(r.missing / (nullif(r.units, 0) / days)) END))
	FROM rest r;
$$;

-- Levels of the dimensions that the experiment names, on goals and guardrails: first
-- where something was found, then the largest; as shares of the baseline's mean.
CREATE FUNCTION ff._report_segments(x ff.experiments) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF cardinality(x.dimensions) = 0 THEN
		RETURN '[]';
	END IF;
	RETURN (SELECT coalesce(jsonb_agg(r.row ORDER BY r.dimension, r.n DESC, r.i), '[]') FROM (
		SELECT s.dimension, s.n, s.ordinality AS i, jsonb_strip_nulls(jsonb_build_object('dimension', s.dimension, 'level', s.level, 'metric', s.metric, 'variant', s.variation, 'n', s.n,
			'effect', s.lift, 'ci', ff._pair(to_jsonb(s.lower / nullif(abs(s.control_mean), 0)), to_jsonb(s.upper / nullif(abs(s.control_mean), 0))),
			'shrunk_effect', s.shrunk / nullif(abs(s.control_mean), 0), 'p_interaction_adj', s.contrast_p_adjusted, 'flag', s.finding)) AS row
		FROM @extschema@.ff_segment_scan(x.key, NULL, '{}', (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id)) WITH ORDINALITY s
		WHERE s.role <> 'secondary' AND s.lift IS NOT NULL ORDER BY s.finding IS NULL, s.n DESC, s.ordinality LIMIT 60) r);
EXCEPTION WHEN undefined_object THEN
	RETURN '[]';	-- no exposure has a dimension yet
END;
$$;

-- Health as the report has it, from the items of ff_experiment_health.
CREATE FUNCTION ff._report_health(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH h AS (SELECT h.* FROM jsonb_to_recordset(document -> 'health') AS h(item text, variation text, value float8, status text, detail text))
	SELECT jsonb_build_object(
		'srm', (SELECT jsonb_build_object('p', h.value, 'status', h.status, 'e_value', (SELECT e.value FROM h e WHERE e.item = 'sample_ratio_evidence'))
			FROM h WHERE h.item = 'sample_ratio'),
		'covariate_imbalance', (SELECT coalesce(jsonb_agg(jsonb_build_object('variation', h.variation, 'p', h.value, 'text', h.detail)), '[]') FROM h WHERE h.item = 'covariate_imbalance'),
		'multiple_exposures', (SELECT jsonb_build_object('n', h.value, 'status', h.status, 'share', (SELECT s.value FROM h s WHERE s.item = 'multiple_exposures_share'))
			FROM h WHERE h.item = 'multiple_exposures'),
		'warnings', (SELECT coalesce(jsonb_agg(jsonb_build_object('code', h.item, 'severity', h.status, 'text', concat_ws(': ', h.variation, coalesce(h.detail, replace(h.item, '_', ' '))))), '[]')
			FROM h WHERE h.status IN ('warning', 'failed') AND h.item NOT IN ('multiple_exposures_share', 'sample_ratio_evidence')))
		|| coalesce((SELECT jsonb_build_object('excluded', jsonb_build_object('n', h.value, 'segment', document #>> '{experiment,excluded_segment}')) FROM h WHERE h.item = 'excluded'), '{}');
$$;

-- The metrics of the report, each with its variations.
CREATE FUNCTION ff._report_metrics(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(m.metric ORDER BY m.i), '[]') FROM (
		SELECT min(r.i) AS i, jsonb_build_object('id', r.metric, 'name', r.title, 'role', r.role, 'direction', r.direction, 'type', r.kind,
			'variants', jsonb_agg(ff._report_variant(r.body, k.mean) ORDER BY r.i)) AS metric
		FROM ff._summary_rows(document) r LEFT JOIN ff._summary_rows(document) k ON k.metric = r.metric AND k.variation = k.control
		GROUP BY r.metric, r.title, r.role, r.direction, r.kind) m;
$$;

-- Variations with their units beside the split.
CREATE FUNCTION ff._report_arms(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH w AS (SELECT w.key, w.value::float8 / sum(w.value::float8) OVER () AS share FROM jsonb_each_text(nullif(document -> 'split', 'null')) w)
	SELECT coalesce(jsonb_agg(jsonb_build_object('key', h.variation, 'name', h.variation, 'n', h.value, 'planned', w.share) ORDER BY h.i), '[]')
	FROM (SELECT h.variation, h.value, h.item, h.ordinality AS i FROM ROWS FROM (jsonb_to_recordset(document -> 'health')
		AS (item text, variation text, value float8)) WITH ORDINALITY h) h
	LEFT JOIN w ON w.key = h.variation WHERE h.item = 'units' AND ff._is_arm(document, h.variation, h.value);
$$;

-- What is said in words: the sentences of the summary.
CREATE FUNCTION ff._report_text(document jsonb, verdict jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'headline', CASE verdict ->> 'rule_id'
			WHEN 'invalid_data' THEN 'The data cannot be trusted: do not act on these numbers.'
			WHEN 'too_early' THEN 'The experiment has run for less than three days: it is too early for a verdict.'
			WHEN 'running' THEN 'The experiment is running, and nothing is shown yet.'
			WHEN 'goal_won' THEN format('%s is better on a goal, and not shown to be worse on any goal or guardrail.', verdict ->> 'variant')
			WHEN 'guardrail_harmed' THEN format('A guardrail is harmed with %s.',
				(SELECT string_agg(DISTINCT r.variation, ', ') FROM ff._summary_rows(document) r WHERE r.status = 'harmed'))
			WHEN 'goal_lost' THEN 'A goal is worse, and none is better without another being worse.'
			ELSE 'No difference is shown on any goal.' END,
		'findings', CASE verdict ->> 'action' WHEN 'invalid' THEN '[]'
			ELSE (SELECT coalesce(jsonb_agg(jsonb_build_object('text', btrim(s.s)) ORDER BY s.i), '[]') FROM ff._summary_sentences(document) WITH ORDINALITY s(s, i)) END,
		'risks', (SELECT coalesce(jsonb_agg(jsonb_build_object('text', p.p) ORDER BY p.i), '[]') FROM ff._summary_problems(document) WITH ORDINALITY p(p, i)),
		'limitations', (SELECT coalesce(jsonb_agg(jsonb_build_object('text', btrim(n.n)) ORDER BY n.i), '[]')
			FROM ff._summary_notes(document, document #>> '{experiment,status}') WITH ORDINALITY n(n, i)));
$$;

CREATE FUNCTION @extschema@.ff_experiment_report(experiment text, project text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._experiment(ff._project(project), experiment);
	now timestamptz := clock_timestamp();
	document jsonb := ff._experiment_document(x);
	days float8 := extract(epoch FROM coalesce(x.stopped_at, now) - x.started_at) / 86400;
	verdict jsonb;
BEGIN
	IF x.status = 'draft' THEN
		RETURN jsonb_build_object('schema', 'ff.report.v1', 'experiment', document -> 'experiment');
	END IF;
	document := document || ff._experiment_analysis(x);
	verdict := ff._report_verdict(document, days);
	RETURN jsonb_build_object('schema', 'ff.report.v1',
		'experiment', document -> 'experiment' || jsonb_build_object('flag', document -> 'flag', 'environment', document -> 'environment',
			'analysed_at', ff._utc(now), 'data_through', ff._utc(least(x.stopped_at, ff._data_through(x))),
			'days', round(days::numeric, 2)),
		'generator', '{"kind": "template", "verified": true}'::jsonb, 'verdict', verdict, 'health', ff._report_health(document), 'arms', ff._report_arms(document),
		'text', ff._report_text(document, verdict),
		'provenance', jsonb_build_object('engine_version', (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'featureflow')))
		|| CASE WHEN document ? 'problem' THEN jsonb_build_object('problem', document -> 'problem')
			ELSE jsonb_build_object('options', document -> 'options', 'metrics', ff._report_metrics(document), 'segments', ff._report_segments(x), 'sequential', ff._report_plan(x, document), 'next', ff._report_next(document, days),
				'series', ff._report_series(x, ff._call_options(x, '{}'), ff._read_cells(x, 'day'))) END;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_report IS
'The result of an experiment as a document: {"schema": "ff.report.v1", "experiment": {"key", "name", "hypothesis", "status", "control", "started_at", "stopped_at", "flag", "environment", "analysed_at", "data_through", "days"}, "verdict": {"action", "variant", "rule_id", "reasons"}, "health": {"srm": {"p", "e_value", "status"}, "covariate_imbalance": [{"variation", "p", "text"}], "multiple_exposures": {"n", "share", "status"}, "excluded": {"n", "segment"}, "warnings": [{"code", "severity", "text"}]}, "arms": [{"key", "n", "planned"}], "metrics": [{"id", "name", "role", "direction", "type", "variants": [{"key", "n", "mean", "effect_abs", "ci_abs", "effect_rel", "ci_rel", "unbounded", "method", "p", "log10_p", "p_adj", "seq": {"method", "ci", "ci_rel", "p", "p_adj"}, "exact": {"p", "ci_abs"}, "cuped": {"theta", "var_reduction"}, "bayes": {"chance", "loss", "mean", "sd", "cri"}, "status", "warning", "error_code"}]}], "options": those of ff_experiment_stats, "segments": [{"dimension", "level", "metric", "variant", "n", "effect", "ci", "shrunk_effect", "p_interaction_adj", "flag"}], "sequential": {"method", "planned_units", "looks", "last_look"}, "next": {"metric", "mde_now", "units_needed", "days_needed"}, "series": {"days": [{"day", "variation", "n", "cumulative"}], "lift": [{"metric", "variation", "day", "lift", "lower", "upper"}]}, "text": {"headline", "findings", "risks", "limitations"}, "provenance"}. What is not known is left out; of a draft there is the experiment alone, and "problem" says why data cannot be analyzed.
Numbers and status are those of ff_experiment_stats under the options of the experiment. segments: of the dimensions that the experiment names (ff_experiment_update), at most 60 rows of ff_segment_scan, as shares of the baseline''s mean. next: the smallest lift of the first goal that a test of the data so far would have found with 80 % power, and what is missing of planned_units. bayes: chance by the difference; mean, sd, cri and loss of the difference as a share of the baseline''s mean. series, of the current phase: units by the day (UTC) of their first exposure, and the lift of all units until that day with its confidence sequence (ff_confidence_sequence). reasons: what was shown of goals and guardrails, and in a line a status what was not. Verdict, by the first rule that holds: invalid_data (the sample ratio failed, or the data cannot be analyzed: invalid), too_early (it has run for less than three days and no guardrail is harmed: keep_running), goal_won (ship: a variation that won a goal, lost none and harmed no guardrail), guardrail_harmed and goal_lost (rollback: variant is the one of which it is surest), running (keep_running), nothing_shown (inconclusive). Writes nothing. Errors: 42704 an unknown experiment or project.';
