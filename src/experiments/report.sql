-- The result of an experiment as one document: for pages, notifications and
-- whoever else reads JSON.

-- What units of the current phase did, by the day of their first exposure: read
-- once, for posteriors and series alike.  A row a metric, variation and day.
CREATE FUNCTION ff._report_cells(x ff.experiments) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('metric', m.key, 'kind', m.kind, 'variation', c.variation, 'day', c.level, 'moments', c.moments::text)), '[]')
	FROM ff._experiment_cells(x, 'day') c JOIN ff.metrics m ON m.id = c.metric_id WHERE c.phase = (SELECT p.number FROM ff._current_phase(x) p);
$$;

-- The same as rows, added up until each day; of kinds whose means are compared.
CREATE FUNCTION ff._report_until(cells jsonb) RETURNS TABLE (metric text, proportion boolean, variation text, day text, moments ff.moments)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH cells AS MATERIALIZED (
		SELECT c.* FROM jsonb_to_recordset($1) AS c(metric text, kind text, variation text, day text, moments ff.cross_moments)
		WHERE c.kind NOT IN ('ratio', 'quantile')
	), arms AS (SELECT DISTINCT c.metric, c.kind, c.variation FROM cells c)
	SELECT a.metric, ff._is_proportion(a.kind), a.variation, d.day, (SELECT @extschema@.ff_cross_moments_part(@extschema@.ff_cross_moments_merge(c.moments), 1)
		FROM cells c WHERE c.metric = a.metric AND c.variation = a.variation AND c.day <= d.day)
	FROM arms a CROSS JOIN (SELECT DISTINCT c.day FROM cells c) d;
$$;

-- Rows of the statistics as the report has them, goals with p adjusted for their
-- number (Holm), and what each says: won or lost; harmed or not shown harmed.
CREATE FUNCTION ff._report_rows(document jsonb)
RETURNS TABLE (i bigint, metric text, title text, kind text, direction text, role text, variation text, is_control boolean, p_adjusted float8, status text, body jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH goals AS (
		SELECT array_agg(r.i ORDER BY r.i) AS places, @extschema@.ff_holm(array_agg(r.p_value ORDER BY r.i)) AS p
		FROM ff._summary_rows(document) r WHERE r.role = 'goal' AND r.variation <> r.control
	), rows AS (
		SELECT r.*, r.variation = r.control AS is_control,
			CASE r.role WHEN 'goal' THEN (SELECT g.p[array_position(g.places, r.i)] FROM goals g) ELSE r.p_value END AS p_adjusted
		FROM ff._summary_rows(document) r
	)
	SELECT r.i, r.metric, r.title, r.kind, r.direction, r.role, r.variation, r.is_control, CASE r.role WHEN 'goal' THEN r.p_adjusted END, s.status,
		jsonb_strip_nulls(jsonb_build_object('key', r.variation, 'n', r.n, 'mean', r.mean, 'effect_abs', r.difference, 'effect_rel', r.lift, 'p', r.p_value,
			'p_adj', CASE r.role WHEN 'goal' THEN r.p_adjusted END, 'unbounded', r.lift_unbounded, 'status', s.status, 'error_code', r.problem,
			'ci_abs', CASE WHEN r.lower IS NOT NULL THEN jsonb_build_array(r.lower, r.upper) END,
			'ci_rel', CASE WHEN r.lift_lower IS NOT NULL THEN jsonb_build_array(r.lift_lower, r.lift_upper) END))
	FROM rows r CROSS JOIN LATERAL (SELECT CASE WHEN r.is_control THEN NULL WHEN r.p_adjusted IS NULL THEN 'no_data'
		WHEN ff._is_worse(r.direction, r.difference, r.p_adjusted) THEN CASE r.role WHEN 'guardrail' THEN 'harmed' ELSE 'lost' END
		WHEN r.role = 'guardrail' THEN 'not_shown_harmed'
		WHEN r.p_adjusted < 0.05 THEN 'won' ELSE 'neutral' END AS status) s;
$$;

-- What is believed under a flat prior: of the lift, and by the difference which arm
-- is better.
CREATE FUNCTION ff._report_bayes(control ff.moments, treatment ff.moments, proportion boolean, inverse boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN p.stddev > 0 THEN jsonb_build_object('mean', p.effect, 'sd', p.stddev, 'chance', d.chance,
		'loss', p.loss_treatment, 'cri', jsonb_build_array(p.lower, p.upper)) END
	FROM @extschema@.ff_bayes(control, treatment, 0.05, proportion, 'relative', less_is_better => inverse) p
	CROSS JOIN LATERAL @extschema@.ff_bayes(control, treatment, 0.05, proportion, less_is_better => inverse) d;
$$;

-- Units by the day of their first exposure, and the lift of all until that day with
-- its confidence sequence.
CREATE FUNCTION ff._report_series(control text, cells jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH days AS (
		-- a metric that waits for the end of windows has fewer units
		SELECT c.day, c.variation, max(@extschema@.ff_cross_moments_n(c.moments)) AS n
		FROM jsonb_to_recordset(cells) AS c(variation text, day text, moments ff.cross_moments) GROUP BY 1, 2
	), until AS MATERIALIZED (SELECT * FROM ff._report_until(cells)
	), lifts AS (
		SELECT t.metric, t.variation, t.day, c.lift, s.lower, s.upper FROM until t
		JOIN until k ON k.metric = t.metric AND k.day = t.day AND k.variation = control
		CROSS JOIN LATERAL @extschema@.ff_compare(k.moments, t.moments, 0.05, t.proportion, 'delta') c
		CROSS JOIN LATERAL @extschema@.ff_confidence_sequence(c.lift, CASE WHEN c.lift_standard_error > 0 THEN c.lift_standard_error END,
			@extschema@.ff_moments_n(k.moments) + @extschema@.ff_moments_n(t.moments)) s
		WHERE t.variation <> control AND t.moments IS NOT NULL AND k.moments IS NOT NULL AND c.lift IS NOT NULL
	)
	SELECT jsonb_build_object(
		'days', (SELECT coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'variation', d.variation, 'n', d.n, 'cumulative', d.cumulative) ORDER BY d.day, d.variation), '[]')
			FROM (SELECT d.*, sum(d.n) OVER (PARTITION BY d.variation ORDER BY d.day) AS cumulative FROM days d) d),
		'lift', (SELECT coalesce(jsonb_agg(jsonb_build_object('metric', l.metric, 'variation', l.variation, 'day', l.day, 'lift', l.lift, 'lower', l.lower, 'upper', l.upper)
			ORDER BY l.metric, l.variation, l.day), '[]') FROM lifts l));
$$;

-- The verdict, by the first of these rules that holds: invalid_data, running,
-- goal_won, guardrail_harmed, goal_lost, nothing_shown.
CREATE FUNCTION ff._report_verdict(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH rows AS MATERIALIZED (SELECT * FROM ff._report_rows(document) r WHERE NOT r.is_control
	), winners AS (
		SELECT r.variation, min(r.p_adjusted) AS p FROM rows r GROUP BY 1
		HAVING bool_or(r.role = 'goal' AND r.status = 'won') AND NOT bool_or(r.status IN ('lost', 'harmed') AND r.role <> 'secondary')
	), rules AS (
		SELECT 1 AS i, 'invalid_data' AS rule, 'invalid' AS action, NULL AS variation
		WHERE document ? 'problem' OR jsonb_path_exists(document, '$.health[*] ? (@.item == "sample_ratio" && @.status == "failed")')
		UNION ALL SELECT 2, 'running', 'keep_running', NULL WHERE document #>> '{experiment,status}' = 'running'
		UNION ALL (SELECT 3, 'goal_won', 'ship', w.variation FROM winners w ORDER BY w.p, w.variation LIMIT 1)
		UNION ALL SELECT 4, 'guardrail_harmed', 'rollback', NULL FROM rows r WHERE r.role = 'guardrail' AND r.status = 'harmed'
		UNION ALL SELECT 5, 'goal_lost', 'rollback', NULL FROM rows r WHERE r.role = 'goal' AND r.status = 'lost'
		UNION ALL SELECT 6, 'nothing_shown', 'inconclusive', NULL
	)
	SELECT jsonb_build_object('action', r.action, 'variant', r.variation, 'rule_id', r.rule, 'reasons', CASE r.action WHEN 'invalid' THEN jsonb_build_array(coalesce(document ->> 'problem', 'the sample ratio failed')) ELSE coalesce((
			SELECT jsonb_agg(format('%s: %s %s', r.title, r.variation, replace(r.status, '_', ' ')) ORDER BY r.i) FROM rows r
			WHERE r.role IN ('goal', 'guardrail') AND r.status <> 'no_data'), '[]') END)
	FROM rules r ORDER BY r.i LIMIT 1;
$$;

-- Health as the report has it, from the items of ff_experiment_health.
CREATE FUNCTION ff._report_health(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH h AS (SELECT h.* FROM jsonb_to_recordset(document -> 'health') AS h(item text, variation text, value float8, status text, detail text))
	SELECT jsonb_build_object(
		'srm', (SELECT jsonb_build_object('p', h.value, 'status', h.status) FROM h WHERE h.item = 'sample_ratio'),
		'multiple_exposures', (SELECT jsonb_build_object('n', h.value, 'status', h.status, 'share', (SELECT s.value FROM h s WHERE s.item = 'multiple_exposures_share'))
			FROM h WHERE h.item = 'multiple_exposures'),
		'warnings', (SELECT coalesce(jsonb_agg(jsonb_build_object('code', h.item, 'severity', h.status, 'text', concat_ws(': ', h.variation, coalesce(h.detail, replace(h.item, '_', ' '))))), '[]')
			FROM h WHERE h.status IN ('warning', 'failed') AND h.item <> 'multiple_exposures_share'));
$$;

-- The metrics of the report, each with its variations.
CREATE FUNCTION ff._report_metrics(document jsonb, cells jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH whole AS MATERIALIZED (SELECT DISTINCT ON (u.metric, u.variation) u.* FROM ff._report_until(cells) u ORDER BY u.metric, u.variation, u.day DESC
	), rows AS (
		SELECT r.*, CASE WHEN NOT r.is_control AND k.moments IS NOT NULL AND t.moments IS NOT NULL THEN ff._report_bayes(k.moments, t.moments, t.proportion, r.direction = 'decrease') END AS bayes
		FROM ff._report_rows(document) r
		LEFT JOIN whole k ON k.metric = r.metric AND k.variation = document #>> '{experiment,control}'
		LEFT JOIN whole t ON t.metric = r.metric AND t.variation = r.variation
	)
	SELECT coalesce(jsonb_agg(m.metric ORDER BY m.i), '[]') FROM (
		SELECT min(r.i) AS i, jsonb_build_object('id', r.metric, 'name', r.title, 'role', r.role, 'direction', r.direction, 'type', r.kind,
			'variants', jsonb_agg(r.body || CASE WHEN r.bayes IS NULL THEN '{}' ELSE jsonb_build_object('bayes', r.bayes) END ORDER BY r.i)) AS metric
		FROM rows r GROUP BY r.metric, r.title, r.role, r.direction, r.kind) m;
$$;

-- Variations with their units beside the split.
CREATE FUNCTION ff._report_arms(document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH w AS (SELECT w.key, w.value::float8 / sum(w.value::float8) OVER () AS share FROM jsonb_each_text(nullif(document #> '{phases,0,weights}', 'null')) w)
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
			WHEN 'running' THEN 'The experiment is running: there is no verdict before it is stopped.'
			WHEN 'goal_won' THEN format('%s is better on a goal, and no goal or guardrail is shown to be worse.', verdict ->> 'variant')
			WHEN 'guardrail_harmed' THEN 'A guardrail is harmed.'
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
	cells jsonb;
	verdict jsonb;
BEGIN
	IF x.status = 'draft' THEN
		RETURN jsonb_build_object('schema', 'ff.report.v1', 'experiment', document -> 'experiment');
	END IF;
	document := document || ff._experiment_analysis(x.key, (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id));
	verdict := ff._report_verdict(document);
	IF NOT document ? 'problem' THEN
		cells := ff._report_cells(x);
	END IF;
	RETURN jsonb_build_object('schema', 'ff.report.v1',
		'experiment', document -> 'experiment' || jsonb_build_object('flag', document -> 'flag', 'environment', document -> 'environment',
			'analysed_at', ff._utc(now), 'data_through', ff._utc(coalesce(x.stopped_at, now)),
			'days', round((extract(epoch FROM coalesce(x.stopped_at, now) - x.started_at) / 86400)::numeric, 2)),
		'generator', '{"kind": "template", "verified": true}'::jsonb, 'verdict', verdict, 'health', ff._report_health(document), 'arms', ff._report_arms(document),
		'text', ff._report_text(document, verdict),
		'provenance', jsonb_build_object('engine_version', (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'featureflow')))
		|| CASE WHEN document ? 'problem' THEN jsonb_build_object('problem', document -> 'problem')
			ELSE jsonb_build_object('metrics', ff._report_metrics(document, cells), 'series', ff._report_series(x.control, cells)) END;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_report IS
'The result of an experiment as a document: {"schema": "ff.report.v1", "experiment": {"key", "name", "hypothesis", "status", "control", "started_at", "stopped_at", "flag", "environment", "analysed_at", "data_through", "days"}, "verdict": {"action", "variant", "rule_id", "reasons"}, "health": {"srm": {"p", "status"}, "multiple_exposures": {"n", "share", "status"}, "warnings": [{"code", "severity", "text"}]}, "arms": [{"key", "n", "planned"}], "metrics": [{"id", "name", "role", "direction", "type", "variants": [{"key", "n", "mean", "effect_abs", "ci_abs", "effect_rel", "ci_rel", "unbounded", "p", "p_adj", "status", "error_code", "bayes": {"mean", "sd", "chance", "loss", "cri"}}]}], "series": {"days": [{"day", "variation", "n", "cumulative"}], "lift": [{"metric", "variation", "day", "lift", "lower", "upper"}]}, "text": {"headline", "findings", "risks", "limitations"}, "provenance"}. What is not known is left out; of a draft there is the experiment alone, and "problem" says why data cannot be analyzed.
p_adj: of goals, by Holm over all goals and variations; status won and lost go by it, at 0.05; guardrails are harmed or not_shown_harmed. bayes, flat prior (ff_bayes): mean, sd, cri and loss of the lift; chance by the difference. series: units by the day (UTC) of their first exposure, and the lift of all units until that day with its confidence sequence (ff_confidence_sequence). Verdict, by the first rule that holds: invalid_data (the sample ratio failed, or the data cannot be analyzed: invalid), running (keep_running: p-values that are looked at again and again prove nothing), goal_won (ship: a variation that won a goal, lost none and harmed no guardrail), guardrail_harmed and goal_lost (rollback), nothing_shown (inconclusive). Writes nothing. Errors: 42704 an unknown experiment or project.';
