-- The result of an experiment in words, for psql.

-- Columns that a text takes on a terminal.
CREATE FUNCTION ff._width(value text) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_width';

-- A name on one line.
CREATE FUNCTION ff._one_line(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT btrim(regexp_replace(value, '[\x01-\x1f\x7f]+', ' ', 'g')); $$;

-- Key and name, where they differ.
CREATE FUNCTION ff._title(key text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT concat_ws(': ', key, nullif(nullif(ff._one_line(name), key), '')); $$;

-- A number with three digits that count, whole numbers in full.
CREATE FUNCTION ff._number_text(value float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN value = 0 THEN '0'
		WHEN value IN ('NaN', 'Infinity', '-Infinity') THEN value::text
		WHEN abs(value) >= 1e15 OR abs(value) < 1e-6 THEN btrim(to_char(value, '9.99EEEE'))
		ELSE trim_scale(round(value::numeric, greatest(2 - floor(log(abs(value)))::int, 0)))::text END;
$$;

-- A share as percent.
CREATE FUNCTION ff._percent_text(value float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._number_text(100 * value) || '%'; $$;

-- The same with its sign.
CREATE FUNCTION ff._change_text(value float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN value > 0 THEN '+' ELSE '' END || ff._percent_text(value); $$;

-- Cut, not rounded: what is below a limit reads as below it.
CREATE FUNCTION ff._p_text(p float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN p < 0.0001 THEN '< 0.0001' ELSE trunc(p::numeric, 4)::text END; $$;

-- Rows (arrays of texts, the first the heading) as lines with columns; those
-- whose number is in numbers are set to the right.
CREATE FUNCTION ff._columns(cells jsonb, numbers int[]) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH c AS (
		SELECT r.ordinality AS y, e.ordinality AS x, coalesce(e.value, '') AS value, ff._width(coalesce(e.value, '')) AS width
		FROM jsonb_array_elements(cells) WITH ORDINALITY r, jsonb_array_elements_text(r.value) WITH ORDINALITY e
	), w AS (SELECT c.*, max(c.width) OVER (PARTITION BY c.x) - c.width AS gap FROM c)
	SELECT rtrim('  ' || string_agg(CASE WHEN w.x = ANY (numbers) THEN repeat(' ', w.gap) || w.value ELSE w.value || repeat(' ', w.gap) END,
		'  ' ORDER BY w.x)) FROM w GROUP BY w.y ORDER BY w.y;
$$;

-- What it is, where, since when.
CREATE FUNCTION ff._summary_head(x ff.experiments) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN NEXT ff._title(x.key, x.name);
	IF x.hypothesis IS NOT NULL THEN
		RETURN NEXT 'Hypothesis: ' || ff._one_line(x.hypothesis);
	END IF;
	RETURN NEXT format('Flag %s in environment %s, ', (SELECT f.key FROM ff.flags f WHERE f.id = x.flag_id),
			(SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id))
		|| CASE WHEN x.started_at IS NULL THEN 'a draft: nothing is measured yet'
		ELSE format('%s %s %s, %s days', x.status, CASE x.status WHEN 'running' THEN 'since' ELSE 'from' END,
			ff._time_text(date_trunc('second', x.started_at)) || coalesce(' to ' || ff._time_text(date_trunc('second', x.stopped_at)), ''),
			round(extract(epoch FROM coalesce(x.stopped_at, clock_timestamp()) - x.started_at) / 86400, 1)) END;
END;
$$;

-- Whether a variation is worth a line: somebody met it, or the split has it.
CREATE FUNCTION ff._is_arm(document jsonb, variation text, units float8) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT units > 0 OR variation = document #>> '{experiment,control}'
		OR coalesce(nullif(document -> 'split', 'null') ? variation, true);
$$;

-- A row of ff_experiment_stats with what its metric is.  Intervals and p are those
-- that its status goes by: while the experiment runs, the ones that hold at all
-- looks together, and with few successes or failures the exact ones, which are of the
-- difference.
CREATE FUNCTION ff._summary_rows(document jsonb)
RETURNS TABLE (i bigint, metric text, title text, kind text, direction text, role text, variation text, control text, n bigint, mean float8,
	difference float8, lower float8, upper float8, p_value float8, lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean,
	status text, problem text, body jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.ordinality, s.metric, ff._title(m.key, m.name), m.kind, m.direction, s.role, s.variation, document -> 'options' ->> 'baseline', s.n, s.mean, s.difference,
		CASE WHEN j.is_sequential AND s.sequential_lower IS NOT NULL THEN least(s.sequential_lower, s.exact_lower) WHEN NOT j.is_sequential THEN coalesce(s.exact_lower, s.lower) END,
		CASE WHEN j.is_sequential AND s.sequential_upper IS NOT NULL THEN greatest(s.sequential_upper, s.exact_upper) WHEN NOT j.is_sequential THEN coalesce(s.exact_upper, s.upper) END,
		CASE WHEN j.is_sequential THEN s.sequential_p_adjusted ELSE s.p_adjusted END, s.lift,
		CASE WHEN s.exact_lower IS NOT NULL THEN NULL WHEN j.is_sequential THEN s.sequential_lift_lower ELSE s.lift_lower END,
		CASE WHEN s.exact_lower IS NOT NULL THEN NULL WHEN j.is_sequential THEN s.sequential_lift_upper ELSE s.lift_upper END,
		s.lift_unbounded, s.status, s.problem, document -> 'stats' -> (s.ordinality - 1)::int
	FROM ROWS FROM (jsonb_to_recordset(document -> 'stats') AS (metric text, role text, variation text, n bigint, mean float8,
		difference float8, lower float8, upper float8, p_adjusted float8, lift float8, lift_lower float8, lift_upper float8, lift_unbounded boolean,
		sequential_method text, sequential_lower float8, sequential_upper float8, sequential_p_adjusted float8, sequential_lift_lower float8, sequential_lift_upper float8,
		exact_lower float8, exact_upper float8, status text, problem text)) WITH ORDINALITY s
	CROSS JOIN LATERAL (SELECT ff._goes_by_all_looks(s.sequential_method, document #>> '{experiment,status}') AS is_sequential) j
	JOIN jsonb_to_recordset(document -> 'metrics') AS m(key text, name text, kind text, direction text) ON m.key = s.metric
	WHERE ff._is_arm(document, s.variation, s.n);
$$;

-- Whether units are not distributed as the split says: then numbers say nothing.
CREATE FUNCTION ff._sample_ratio_failed(document jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT jsonb_path_exists(document, '$.health[*] ? (@.item == "sample_ratio" && @.status == "failed")'); $$;

-- What stands in the way of believing the rest, the worst first.
CREATE FUNCTION ff._summary_problems(document jsonb) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT p.line FROM (
		SELECT 1 AS place, 0::bigint AS i, 'FAILED: the data cannot be analyzed: ' || (document ->> 'problem') AS line
		UNION ALL
		SELECT CASE h.status WHEN 'failed' THEN 2 ELSE 4 END, h.ordinality, CASE h.status WHEN 'failed' THEN 'FAILED: ' ELSE 'Warning: ' END
			|| replace(h.item, '_', ' ') || coalesce(' of ' || ff._one_line(h.variation), '')
			|| CASE WHEN h.item IN ('sample_ratio', 'covariate_imbalance') THEN format(' (p %s)', CASE WHEN h.value < 0.0001 THEN '' ELSE '= ' END || ff._p_text(h.value))
				WHEN h.item = 'split_changed' THEN '' ELSE format(' (%s)', h.value) END || coalesce(': ' || h.detail, '')
		FROM ROWS FROM (jsonb_to_recordset(document -> 'health') AS (item text, variation text, value float8, status text, detail text)) WITH ORDINALITY h
		WHERE h.status IN ('failed', 'warning') AND h.item NOT IN ('multiple_exposures_share', 'sample_ratio_evidence')
		UNION ALL
		SELECT 3, r.i, format('Guardrail: %s is worse with %s than with %s (p %s)', r.title, r.variation, r.control,
			CASE WHEN r.p_value < 0.0001 THEN '' ELSE '= ' END || ff._p_text(r.p_value))
		FROM ff._summary_rows(document) r WHERE r.status = 'harmed' AND NOT ff._sample_ratio_failed(document)) p
	WHERE p.line IS NOT NULL ORDER BY p.place, p.i;
$$;

-- Who met what, beside what the split says.
CREATE FUNCTION ff._summary_arms(document jsonb) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH h AS (
		SELECT h.*, sum(h.value) FILTER (WHERE h.item = 'units') OVER () AS total
		FROM ROWS FROM (jsonb_to_recordset(document -> 'health') AS (item text, variation text, value float8, status text, detail text)) WITH ORDINALITY h
	), w AS (SELECT w.key, w.value::numeric AS weight, sum(w.value::numeric) OVER () AS total FROM jsonb_each_text(nullif(document -> 'split', 'null')) w)
	SELECT c.line FROM ff._columns('[["variation", "units", "share", "split"]]' || (
			SELECT jsonb_agg(jsonb_build_array(h.variation || CASE h.variation WHEN document #>> '{experiment,control}' THEN ' (control)' ELSE '' END,
				h.value::text, coalesce(ff._percent_text(h.value / nullif(h.total, 0)), ''), coalesce(ff._percent_text((w.weight / w.total)::float8), '')) ORDER BY h.ordinality)
			FROM h LEFT JOIN w ON w.key = h.variation
			WHERE h.item = 'units' AND ff._is_arm(document, h.variation, h.value)), '{2,3,4}') c(line)
	UNION ALL
	SELECT '  Sample ratio: ' || CASE WHEN h.value IS NULL THEN concat_ws(', ', 'unknown', h.detail)
		ELSE format('p %s (fails below 0.001)', CASE WHEN h.value < 0.0001 THEN '' ELSE '= ' END || ff._p_text(h.value)) END
	FROM h WHERE h.item = 'sample_ratio'
	UNION ALL
	SELECT format('  Not counted: %s units, members of segment %s', h.value, document #>> '{experiment,excluded_segment}')
	FROM h WHERE h.item = 'excluded';
$$;

-- The level of intervals.
CREATE FUNCTION ff._level_text(document jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT trim_scale(100 - 100 * (document ->> 'alpha')::numeric) || '%'; $$;

-- The numbers, a row a metric and variation.
CREATE FUNCTION ff._summary_table(document jsonb) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._columns(replace('[["metric", "role", "variation", "units", "mean", "lift", "interval", "p"]]', 'interval', ff._level_text(document) || ' interval')::jsonb || jsonb_agg(jsonb_build_array(
		CASE WHEN r.variation = r.control THEN r.title ELSE '' END, CASE WHEN r.variation = r.control THEN r.role ELSE '' END,
		r.variation, r.n::text, coalesce(CASE WHEN ff._is_proportion(r.kind) THEN ff._percent_text(r.mean) ELSE ff._number_text(r.mean) END, ''),
		coalesce(ff._change_text(r.lift), ''),
		CASE WHEN r.lift_unbounded THEN 'unbounded' ELSE coalesce(ff._change_text(r.lift_lower) || ' to ' || ff._change_text(r.lift_upper), '') END,
		coalesce(ff._p_text(r.p_value), '')) ORDER BY r.i), '{4,5,6,7,8}')
	FROM ff._summary_rows(document) r HAVING count(*) > 0;
$$;

-- By how much, with its interval: the lift, or the difference where it has none.  A
-- first look at a small part of a plan rules nothing out.
CREATE FUNCTION ff._amount_text(kind text, level text, difference float8, lower float8, upper float8, lift float8, lift_lower float8, lift_upper float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN lift_lower IS NOT NULL AND lift_upper IS NOT NULL
		THEN format('%s, %s interval %s to %s', ff._change_text(lift), level, ff._change_text(lift_lower), ff._change_text(lift_upper))
		WHEN lower IS NULL THEN format('%s%s, %s interval unbounded', ff._number_text(difference * unit), suffix, level)
		ELSE format('%s%s, %s interval %s to %s', ff._number_text(difference * unit), suffix, level, ff._number_text(lower * unit), ff._number_text(upper * unit)) END
	FROM (SELECT CASE WHEN ff._is_proportion(kind) THEN 100 ELSE 1 END AS unit, CASE WHEN ff._is_proportion(kind) THEN ' percentage points' ELSE '' END AS suffix) u;
$$;

-- What the numbers say, and no more: a sentence a metric and variation.
CREATE FUNCTION ff._summary_sentences(document jsonb) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '  ' || r.title || ': ' || CASE
		WHEN r.p_value IS NULL THEN format('%s and %s cannot be compared, %s', r.variation, r.control,
			CASE r.problem WHEN 'no_control_units' THEN 'nobody has met the control' WHEN 'no_treatment_units' THEN 'nobody has met ' || r.variation
				WHEN 'too_few_units' THEN 'there are too few units' WHEN 'zero_variance' THEN 'all units have the same value'
				ELSE coalesce(replace(r.problem, '_', ' '), 'the reason is unknown') END)
		WHEN r.status = 'too_early' THEN format('too early to tell %s from %s: fewer than %s units in one of them', r.variation, r.control, document #>> '{options,minimum_units}')
		WHEN r.status = 'non_inferior' THEN format('not worse with %s than with %s by more than the margin (%s, p %s)', r.variation, r.control, a.amount, a.p)
		WHEN r.status IN ('won', 'lost', 'harmed') THEN format('%s with %s than with %s (%s, p %s), which is %s%s', CASE WHEN (r.status = 'won') = (r.direction = 'increase') THEN 'higher' ELSE 'lower' END,
			r.variation, r.control, a.amount, a.p, CASE r.status WHEN 'won' THEN 'better' ELSE 'worse' END, CASE r.status WHEN 'harmed' THEN ': harmed' ELSE '' END)
		ELSE format('no difference shown between %s and %s (%s, p %s)', r.variation, r.control, a.amount, a.p)
			|| CASE r.role WHEN 'guardrail' THEN '; not shown harmed, and not shown safe' ELSE '' END END || '.'
	FROM ff._summary_rows(document) r
	CROSS JOIN LATERAL (SELECT ff._amount_text(r.kind, ff._level_text(document), r.difference, r.lower, r.upper, r.lift, r.lift_lower, r.lift_upper) AS amount,
		CASE WHEN r.p_value < 0.0001 THEN '' ELSE '= ' END || ff._p_text(r.p_value) AS p) a
	WHERE r.variation <> r.control ORDER BY r.i;
$$;

-- How far sentences carry.
CREATE FUNCTION ff._summary_notes(document jsonb, status text) RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('  %s comparisons: p of goals is corrected for their number (Holm), of secondary metrics for false discoveries (Benjamini, Hochberg), of guardrails not.', n.n)
	FROM (SELECT count(*) AS n FROM ff._summary_rows(document) r WHERE r.p_value IS NOT NULL) n WHERE n.n > 1 AND document #>> '{options,correction}' = 'by_role'
	UNION ALL
	SELECT CASE document #>> '{options,sequential}' WHEN 'none' THEN '  It is running: looked at again and again, p falls below 0.05 by chance more often than once in twenty.'
		ELSE '  It is running: intervals and p hold however often they are looked at, and are wider for it.' END WHERE status = 'running'
	UNION ALL
	SELECT format('  Only units that were first exposed in phase %s, since %s, are counted; with {"phases": "all"} those of phases before it are as well.', c.number, c.started_at)
	FROM (SELECT p.ordinality AS number, ff._time_text(date_trunc('second', (p.value ->> 'started_at')::timestamptz)) AS started_at
		FROM jsonb_array_elements(document -> 'phases') WITH ORDINALITY p WHERE p.value -> 'weights' <> '{}' ORDER BY p.ordinality DESC LIMIT 1) c
	WHERE c.number > 1 AND document #>> '{options,phases}' = 'current'
	UNION ALL
	SELECT format('  No unit counts in phase %s, since %s: those of all phases are counted, compared within each.', e.number,
		ff._time_text(date_trunc('second', (document -> 'phases' -> e.number - 1 ->> 'started_at')::timestamptz)))
	FROM (SELECT (document ->> 'empty_phase')::int AS number) e WHERE e.number IS NOT NULL;
$$;

CREATE FUNCTION @extschema@.ff_experiment_summary(experiment text, project text DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql STABLE ROWS 30
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._experiment(ff._project(project), experiment);
	document jsonb;
BEGIN
	RETURN QUERY SELECT ff._summary_head(x);
	IF x.status = 'draft' THEN
		RETURN;
	END IF;
	document := ff._experiment_document(x) || ff._experiment_analysis(x);
	RETURN QUERY SELECT p.p FROM ff._summary_problems(document) WITH ORDINALITY p(p, i) ORDER BY p.i;
	IF document ? 'problem' THEN
		RETURN;
	END IF;
	RETURN NEXT '';
	RETURN QUERY SELECT ff._summary_arms(document);
	RETURN NEXT '';
	RETURN QUERY SELECT ff._summary_table(document);
	RETURN NEXT '';
	IF ff._sample_ratio_failed(document) THEN
		RETURN NEXT '  The sample ratio failed: these numbers say nothing about the variations.';
		RETURN;
	END IF;
	RETURN QUERY SELECT ff._summary_sentences(document);
	RETURN QUERY SELECT ff._summary_notes(document, x.status);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_summary IS
'The result of an experiment to be read in psql, a row a line: what it is and for how long; problems (what ff_experiment_health warns of, guardrails that are worse); units by variation beside the split, and the p-value of the sample ratio; a table of metrics with lift, its interval and p; a sentence a metric and variation that says no more than the numbers: higher or lower where its status says so (ff_experiment_stats), else no difference shown. Intervals and p are those that the status goes by: corrected, and while the experiment runs those that hold at all looks together. Where the sample ratio fails there are no sentences. Columns are as wide as terminals show them. Writes nothing. Errors: 42704 an unknown experiment or project.';
