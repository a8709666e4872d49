-- A report as a page of its own: one document, nothing loaded, no script.

-- What it is, where it stands, and how far the data go.
CREATE FUNCTION ff._page_head(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<header><p class="kicker">Experiment report</p><h1>' || ff._page_name(coalesce(nullif(ff._one_line(x ->> 'name'), ''), x ->> 'key', 'Unnamed')) || '</h1><p>'
		|| coalesce('<code>' || ff._page_text(x ->> 'key') || '</code> ', '') || coalesce(ff._page_chip(coalesce(x ->> 'status', x ->> 'phase')), '') || '</p>'
		|| CASE WHEN x ->> 'hypothesis' <> '' THEN '<p class="hypothesis">' || ff._page_name(x ->> 'hypothesis') || '</p>' ELSE '' END
		|| coalesce(ff._page_pairs(jsonb_build_array(jsonb_build_array('flag', x -> 'flag'), jsonb_build_array('environment', x -> 'environment'),
			jsonb_build_array('control', x -> 'control'), jsonb_build_array('started', x -> 'started_at'), jsonb_build_array('stopped', x -> 'stopped_at'),
			jsonb_build_array('days', x -> 'days'), jsonb_build_array('phase', x -> 'phase'), jsonb_build_array('data through', x -> 'data_through'),
			jsonb_build_array('analyzed', x -> 'analysed_at'))), '') || E'</header>\n'
	FROM (SELECT CASE jsonb_typeof(report -> 'experiment') WHEN 'object' THEN report -> 'experiment' ELSE '{}' END AS x) x;
$$;

-- Texts, or objects with a text or a code, as a list.
CREATE FUNCTION ff._page_list(entries jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<ul>' || string_agg('<li>' || coalesce(ff._page_chip(e.value ->> 'severity') || ' ', '') || CASE WHEN e.said ~ '^[a-z0-9_]+$' THEN ff._page_words(e.said) ELSE ff._page_name(e.said) END || '</li>', '' ORDER BY e.i) || '</ul>'
	FROM (SELECT e.value, e.ordinality AS i, CASE jsonb_typeof(e.value) WHEN 'string' THEN e.value #>> '{}'
			ELSE coalesce(e.value ->> 'text', e.value ->> 'code') END AS said FROM jsonb_array_elements(ff._page_array(entries)) WITH ORDINALITY e) e
	WHERE e.said <> '' HAVING count(*) > 0;
$$;

-- What to do, by which rule and why.
CREATE FUNCTION ff._page_verdict(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('<section class="verdict %s" aria-labelledby="h-verdict"><h2 id="h-verdict">Verdict</h2><p class="action">%s</p>', ff._page_tone(v ->> 'action'),
			CASE v ->> 'action' WHEN 'ship' THEN 'Ship' WHEN 'rollback' THEN 'Roll back' WHEN 'keep_running' THEN 'Keep running'
				WHEN 'inconclusive' THEN 'Inconclusive' WHEN 'invalid' THEN 'Do not use these results' ELSE coalesce(ff._page_words(v ->> 'action'), 'No verdict yet') END
			|| coalesce(CASE WHEN v ->> 'variant' <> '' THEN ' ' END || ff._page_name(coalesce((SELECT a.title FROM ff._page_arms(report) a WHERE a.variation = v ->> 'variant'), nullif(v ->> 'variant', ''))), ''))
		|| CASE WHEN report #>> '{text,headline}' <> '' THEN '<p class="headline">' || ff._page_name(report #>> '{text,headline}') || '</p>' ELSE '' END
		|| coalesce(ff._page_list(v -> 'reasons'), '')
		|| coalesce(ff._page_pairs(jsonb_build_array(jsonb_build_array('rule', v -> 'rule_id'), jsonb_build_array('power reached', v -> 'power_reached'),
			jsonb_build_array('days remaining', v -> 'days_remaining'))), '') || E'</section>\n'
	FROM (SELECT report -> 'verdict' AS v) v;
$$;

-- Whether the data can be believed: checks, and warnings in words.
CREATE FUNCTION ff._page_health(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH h AS (SELECT report -> 'health' AS h),
	c AS (
		SELECT 1 AS i, 'Sample ratio' AS title, nullif(concat_ws(', ', 'p ' || ff._page_number(ff._page_float(h #> '{srm,p}'), 'p'), 'e-value ' || ff._page_number(ff._page_float(h #> '{srm,e_value}')),
			'chi-square ' || CASE WHEN ff._page_float(h #> '{srm,chi2}') IS NOT NULL THEN ff._page_number(ff._page_float(h #> '{srm,chi2}')) END || coalesce(' on ' || ff._page_number(ff._page_float(h #> '{srm,df}')) || ' df', '')), '') AS said,
			h #>> '{srm,status}' AS status FROM h WHERE h ? 'srm'
		UNION ALL SELECT 2, 'Met several variations', concat_ws(', ', ff._page_number(ff._page_float(h #> '{multiple_exposures,n}')) || ' units',
			ff._page_number(ff._page_float(h #> '{multiple_exposures,share}'), 'percent')), h #>> '{multiple_exposures,status}' FROM h WHERE h ? 'multiple_exposures'
		UNION ALL SELECT 3, 'Not counted', ff._page_number(ff._page_float(h #> '{excluded,n}')) || ' units, members of segment ' || ff._page_name(h #>> '{excluded,segment}'), NULL
		FROM h WHERE jsonb_typeof(h -> 'excluded') = 'object'
		UNION ALL SELECT 4, 'Imbalance before exposure', ff._page_value(coalesce(nullif(b.value - 'status', '{}'), 'null')), b.value ->> 'status'
		FROM h, jsonb_array_elements(ff._page_array(h -> 'covariate_imbalance')) b WHERE jsonb_typeof(b.value) = 'object'
		UNION ALL SELECT 5, 'Age of the data', ff._page_number(ff._page_float(h -> 'freshness_s')) || ' s', NULL FROM h WHERE ff._page_float(h -> 'freshness_s') IS NOT NULL
		UNION ALL SELECT 6, 'Late events', ff._page_value(h -> 'late_events'), NULL FROM h WHERE coalesce(h -> 'late_events', 'null') <> 'null'
	)
	SELECT coalesce(ff._page_table('Checks of the data', '{Check,Result,Status}', '<tbody>' || (SELECT string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td>%s</td></tr>', c.title, c.said,
		coalesce(ff._page_chip(c.status), '')), '' ORDER BY c.i) FROM c) || '</tbody>'), '') || coalesce('<h3>Warnings</h3>' || ff._page_list(h -> 'warnings'), '') FROM h;
$$;

-- Units by variation beside the plan.
CREATE FUNCTION ff._page_arms_table(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._page_table('Units by variation', '{Variation,Units,Share,Planned}', '<tbody>' || string_agg(format('<tr><th scope="row">%s%s%s</th><td>%s</td><td>%s</td><td>%s</td></tr>', ff._page_swatch(a.look),
		ff._page_name(a.title), CASE WHEN a.is_control THEN ' <span class="note">control</span>' ELSE '' END, ff._page_number(a.n), ff._page_number(a.share, 'percent'), ff._page_number(a.planned, 'percent')),
		'' ORDER BY a.arm) || '</tbody>', 'num') FROM ff._page_arms(report) a;
$$;

-- All numbers, a row a metric and variation.
CREATE FUNCTION ff._page_metrics(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH b AS (
		SELECT r.m, min(r.metric) AS metric, min(r.role) AS role, min(r.kind) AS kind, string_agg(format('<tr class="%s"><th scope="row">%s</th>', r.tone,
			ff._page_name(r.title)) || '<td>' || concat_ws('</td><td>', ff._page_number(r.n), ff._page_number(r.mean, CASE WHEN ff._is_proportion(r.kind) THEN 'percent' ELSE 'number' END),
			ff._page_number(r.difference), ff._page_range(r.lower, r.upper, 'number'), ff._page_number(r.p, 'p'), ff._page_number(r.p_adjusted, 'p'), ff._page_number(r.sequential_p, 'p'),
			ff._page_number(r.chance, 'chance')) || '</td><td class="text">' || CASE WHEN r.is_control THEN 'control' ELSE ff._page_status(r.status, r.problem)
				|| CASE WHEN r.status <> 'no_data' THEN coalesce(' <span class="note">' || ff._page_words(r.problem) || '</span>', '') ELSE '' END END || '</td></tr>',
			'' ORDER BY r.v) AS rows
		FROM ff._page_rows(report) r GROUP BY r.m
	)
	SELECT ff._page_table('Every metric and variation in numbers', ARRAY['Variation', 'Units', 'Mean', 'Difference', ff._page_level(report) || ' interval', 'p', 'p adjusted', 'p sequential, adjusted', 'Chance to be better', 'Status'],
		string_agg(format('<tbody><tr><th class="group" colspan="10" scope="rowgroup">%s <span class="note">%s</span></th></tr>%s</tbody>', ff._page_name(b.metric),
			concat_ws(', ', nullif(ff._page_words(b.role), ''), nullif(ff._page_words(b.kind), '')), b.rows), '' ORDER BY b.m), 'num') FROM b;
$$;

-- What the numbers say, in words.
CREATE FUNCTION ff._page_said(texts jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg('<h3>' || t.title || '</h3>' || ff._page_list(texts -> t.key), '' ORDER BY t.i)
	FROM (VALUES (1, 'findings', 'Findings'), (2, 'risks', 'Risks'), (3, 'next_steps', 'Next steps'), (4, 'limitations', 'Limitations')) t(i, key, title);
$$;

-- What a test could have found so far, and what is missing of the plan.
CREATE FUNCTION ff._page_next(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._page_pairs(jsonb_build_array(jsonb_build_array('goal', n.n -> 'metric'),
		jsonb_build_array('lift found with 80% power', ff._percent_text(ff._page_float(n.n -> 'mde_now'))),
		jsonb_build_array('units needed', n.n -> 'units_needed'), jsonb_build_array('days needed', n.n -> 'days_needed')))
	FROM (SELECT report -> 'next' AS n) n;
$$;

-- The plots' sections.
CREATE FUNCTION ff._page_plots(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._page_section('effects', 'Effects', ff._page_effects(report), 'Nothing is compared: that takes a metric, a control and another variation.', d.distrust)
		|| ff._page_section('metrics', 'Metrics', ff._page_metrics(report), 'There are no metrics, or nobody was measured.', d.distrust)
		|| ff._page_section('densities', 'What is believed of the lift', ff._page_densities(report), 'There are no posterior densities.', concat_ws(' ', d.distrust, 'How likely each lift is, given the data. Upright line: no difference.'))
		|| ff._page_section('lifts', 'Lift over time', concat(d.lifts, ff._page_liftless(report)), 'There are no results by day.',
			CASE WHEN d.lifts IS NOT NULL THEN 'Band: confidence sequence. ' || coalesce(d.distrust, 'Where it stays on one side of zero, a difference is shown, however often it was looked at.') END)
		|| ff._page_section('exposures', 'Exposures over time', nullif('<div class="panels">' || concat(ff._page_exposed(report, 'n', 'Units a day'), ff._page_exposed(report, 'cumulative', 'Units so far')) || '</div>', '<div class="panels"></div>'),
			'Nobody has been exposed.')
		|| ff._page_section('segments', 'Segments', ff._page_segments(report), 'No segments were looked at.', d.distrust)
	FROM (SELECT ff._page_distrust(report) AS distrust, ff._page_lifts(report) AS lifts) d;
$$;

-- The page of a report. Pure: the same report is the same page.
CREATE FUNCTION ff._experiment_page(report jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT E'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
		|| '<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; img-src data:"/><link rel="icon" href="data:,"/><title>'
		|| coalesce(ff._page_text(ff._one_line(coalesce(nullif(report #>> '{experiment,name}', ''), report #>> '{experiment,key}'))) || ': ', '') || 'experiment report</title><style>' || ff._page_style() || E'</style></head>\n<body>'
		|| ff._page_head(report) || '<main>' || ff._page_verdict(report)
		|| ff._page_section('health', 'Health', ff._page_health(report), 'Nothing has been checked.')
		|| ff._page_section('arms', 'Variations', ff._page_arms_table(report), 'There are no variations to compare.')
		|| ff._page_plots(report)
		|| ff._page_section('sequential', 'Looks and power', concat(ff._page_object(report -> 'sequential'), ff._page_next(report)), 'There is no plan of looks.')
		|| ff._page_section('text', 'In words', ff._page_said(report -> 'text'), 'There is nothing to say yet.')
		|| ff._page_section('provenance', 'Provenance', ff._page_object(report -> 'provenance'), 'Not known.')
		|| E'</main></body></html>\n';
$$;

CREATE FUNCTION @extschema@.ff_experiment_html(experiment text, project text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN ff._experiment_page(@extschema@.ff_experiment_report(experiment, project));
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_html IS
'The report of an experiment (ff_experiment_report) as one HTML page: verdict, health of the data, units, intervals of all lifts, numbers, posterior densities, lift and exposures over time, segments, looks, words and provenance. It loads nothing and has no script; plots are SVG with titles; light, dark and on paper. It is well-formed XML but for what a document type is, and ASCII, so that no encoding damages it; names are escaped. What is not known is a dash. Where the verdict is invalid nothing is called better or worse. Writes nothing. Errors: those of ff_experiment_report.';
