-- The page of a report: names cannot break out of it, and a report with holes
-- is a page with dashes.

-- A page is XML, but for the server's reading of XML where it has none.
CREATE FUNCTION pg_temp.is_xml(page text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN xmlparse(document page) IS NOT NULL;
EXCEPTION WHEN feature_not_supported THEN
	RETURN true;
END;
$$;
-- What a reader reads, without marks and drawings.
CREATE FUNCTION pg_temp.words(page text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT btrim(l) FROM regexp_split_to_table(regexp_replace(regexp_replace(regexp_replace(page, '<style>.*</style>', ''), '<[^>]*>', E'\n', 'g'), '&#8211;', '-', 'g'), '\n+') l WHERE btrim(l) <> '';
$$;

-- nothing is known: a page all the same, and never an error
SELECT pg_temp.words(ff._experiment_page('{}'));
SELECT r, pg_temp.is_xml(ff._experiment_page(r))
FROM unnest(ARRAY['{}', '[]', 'null', '"x"', '7', '{"experiment": 1, "arms": {}, "metrics": 3, "health": [], "verdict": "x", "series": [], "text": 2, "segments": true}',
	'{"metrics": [null, 1, {}, {"variants": [null, {}, {"key": null}]}], "arms": [null, {}], "segments": [null, {}], "series": {"days": [null, {}], "lift": [null]}}']::jsonb[]) r;

-- markup, quotes, control characters and more in every name there is
SELECT pg_temp.is_xml(page), page ~ '<script|<img|onerror="', page ~ '[^\x0a\x20-\x7e]', page LIKE '%&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;%'
FROM (SELECT ff._experiment_page(replace($$ {"experiment": {"key": "!", "name": "!", "hypothesis": "!", "status": "!", "control": "c", "started_at": "!", "flag": "!"},
	"arms": [{"key": "c", "name": "!"}, {"key": "!", "n": 3}], "verdict": {"action": "!", "variant": "!", "rule_id": "!", "reasons": ["!", {"code": "!"}]},
	"health": {"srm": {"status": "!"}, "covariate_imbalance": [{"!": "!"}], "warnings": [{"severity": "!", "text": "!"}]},
	"metrics": [{"id": "!", "name": "!", "role": "!", "type": "!", "direction": "!", "variants": [{"key": "!", "effect_rel": 1, "ci_rel": [0, 2], "status": "!", "error_code": "!", "bayes": {"mean": 1, "sd": 1}}]}],
	"segments": [{"dimension": "!", "level": "!", "metric": "!", "variant": "!", "effect": 1, "flag": "!"}], "sequential": {"!": "!"}, "provenance": {"!": ["!"]},
	"series": {"lift": [{"metric": "!", "variation": "!", "day": "2026-02-31", "lift": 1}], "days": [{"variation": "!", "day": "2026-03-01", "n": 1, "cumulative": 1}]},
	"text": {"headline": "!", "findings": [{"text": "!"}]}} $$, '!', $$<script>alert(\"1\")</script> & ' <img onerror=x> \u0001\u007f$$)::jsonb) AS page) p;

-- beyond ASCII: a reference a character, which is the same in every encoding
SELECT ff._page_text(U&'caf\00e9');

-- numbers as the other texts write them; one that is none is a dash
SELECT ff._page_number(x.n, x.form) FROM (VALUES (0.0412, 'change'), (-0.062, 'change'), (0.5, 'percent'), (12345.678, 'number'), (0.00001, 'p'), ('NaN', 'number'), (NULL, 'change'), ('-Infinity', 'change')) x(n, form);
SELECT ff._page_float(v) FROM unnest(ARRAY['1e400', '-1e400', '1e-400', '"NaN"', '"Infinity"', '"x"', 'null', '2.5']::jsonb[]) v;

-- a lift without bounds, one beyond the scale, and none
SELECT pg_temp.words(ff._page_effects('{"experiment": {"control": "a"}, "metrics": [{"id": "buys", "role": "goal", "variants": [{"key": "a", "n": 10},
	{"key": "b", "effect_rel": 0.1, "ci_rel": [0.05, 0.15], "status": "won"}, {"key": "c", "effect_rel": 0.2, "ci_rel": ["-Infinity", "Infinity"]},
	{"key": "d", "effect_abs": 2, "ci_abs": [1, 3]}, {"key": "e", "error_code": "too_few_units"}]}]}'));

-- a variation is told from any other of twenty by two of colour, dash and shape, and without colour
WITH l AS (SELECT i, substring(ff._page_look(i) FROM 'a\d') AS colour, coalesce(substring(ff._page_look(i) FROM 'd\d'), 'd0') AS dash, regexp_replace(ff._page_mark(i, 1, 1), '"/>', '') AS mark FROM generate_series(0, 20) i)
SELECT count(*) AS pairs, min((a.colour <> b.colour)::int + (a.dash <> b.dash)::int + (a.mark <> b.mark)::int) AS at_least, bool_and((a.dash, a.mark) <> (b.dash, b.mark)) AS in_grey
FROM l a JOIN l b ON b.i > a.i;
-- the control looks the same wherever it stands, and as nobody else
SELECT a.variation, a.look, ff._page_look(a.look) FROM ff._page_arms('{"experiment": {"control": "b"}, "arms": [{"key": "a"}, {"key": "b"}, {"key": "c"}]}') a ORDER BY a.arm;

-- where the verdict is that the data cannot be trusted nothing is coloured or called better or worse
CREATE TEMP TABLE trusted AS SELECT '{"experiment": {"control": "a"}, "verdict": {"action": "ship", "reasons": ["the sample ratio failed"]}, "health": {"srm": {"p": 0.5}},
	"metrics": [{"id": "buys", "role": "secondary", "variants": [{"key": "a", "n": 10}, {"key": "b", "effect_rel": 0.1, "ci_rel": [0.05, 0.15], "p": 0.01, "status": "won"}, {"key": "c", "effect_rel": -0.1, "ci_rel": [-0.15, -0.05]}]}],
	"segments": [{"dimension": "os", "level": "x", "metric": "buys", "variant": "b", "effect": 0.1, "ci": [0.05, 0.15], "flag": "better"}],
	"series": {"lift": [{"metric": "buys", "variation": "b", "day": "2026-03-01", "lift": 0.1, "lower": 0.05, "upper": 0.15}]}}'::jsonb AS r;
SELECT v, count(*) FILTER (WHERE m.m[1] ~ 'good|bad') AS coloured, string_agg(m.m[1], ' ') FILTER (WHERE m.m[1] ~ 'won|better<') AS named
FROM trusted, unnest('{ship,invalid}'::text[]) v, regexp_matches(ff._page_plots(jsonb_set(r, '{verdict,action}', to_jsonb(v))), '(<tr class="[^"]*"|<svg class="interval[^"]*"|>won<|>better<)', 'g') m(m) GROUP BY v ORDER BY v DESC;
SELECT w, count(*) FROM trusted, pg_temp.words(ff._page_plots(jsonb_set(r, '{verdict,action}', '"invalid"'))) w WHERE w ~ 'trusted|judged|0%|shown' GROUP BY w ORDER BY w COLLATE "C";

-- what has no lift over time is named, and why
SELECT pg_temp.words(ff._page_liftless(jsonb_set(r, '{metrics}', r -> 'metrics' || '[{"id": "load", "type": "quantile", "variants": [{"key": "b", "effect_rel": 0.1}, {"key": "c"}]},
	{"id": "same", "variants": [{"key": "b", "error_code": "zero_variance"}, {"key": "c", "error_code": "zero_variance"}]}]'))) FROM trusted;
SELECT pg_temp.words(ff._page_liftless('{"metrics": [{"id": "load", "type": "quantile", "variants": [{"key": "b"}]}, {"id": "buys", "variants": [{"key": "b"}]}]}'));

-- a status is one chip: of no data it says why
SELECT s, ff._page_status(s, p) FROM (VALUES ('won', NULL), ('neutral', 'zero_variance'), ('no_data', 'zero_variance'), ('no_data', NULL), (NULL, 'too_few_units'), (NULL, NULL)) v(s, p);

-- numbers of any size stay inside their plot
SELECT pg_temp.is_xml(page), page ~ ' d="[^"]*[Naei]' AS wild, page ~ 'M 12' AS nowhere
FROM (SELECT '<p>' || ff._page_effects(jsonb_build_object('experiment', '{"control": "a"}'::jsonb, 'metrics', jsonb_build_array(jsonb_build_object('id', 'm', 'variants',
	(SELECT jsonb_agg(jsonb_build_object('key', 'b' || i, 'effect_rel', v, 'ci_rel', jsonb_build_array(v, 'NaN'))) FROM unnest('{0,1e-300,1e299,-1e299,NaN,Infinity}'::float8[]) WITH ORDINALITY u(v, i)))))) || '</p>' AS page) p;

-- twenty metrics, five variations, sixty days: less than a megabyte
SELECT length(page) BETWEEN 100000 AND 999999 AS fits, pg_temp.is_xml(page) FROM (SELECT ff._experiment_page(jsonb_build_object('experiment', '{"control": "v0"}'::jsonb,
	'metrics', (SELECT jsonb_agg(jsonb_build_object('id', 'm' || m, 'variants', (SELECT jsonb_agg(jsonb_build_object('key', 'v' || v, 'n', 1000, 'mean', 1, 'effect_rel', 0.01 * v,
		'ci_rel', jsonb_build_array(-0.1, 0.1 + 0.01 * v), 'bayes', '{"mean": 0.01, "sd": 0.02}'::jsonb)) FROM generate_series(0, 4) v))) FROM generate_series(1, 20) m),
	'series', jsonb_build_object('lift', (SELECT jsonb_agg(jsonb_build_object('metric', 'm' || m, 'variation', 'v' || v, 'day', '2026-03-01'::date + d, 'lift', 0.1, 'lower', -1.0 / (d + 1), 'upper', 1.0 / (d + 1)))
		FROM generate_series(1, 20) m, generate_series(1, 4) v, generate_series(0, 59) d)))) AS page) p;
