-- Many questions at once: metrics, segments, and the best of several arms.

-- Twenty metrics, of which none or five have an effect of 3.5 standard errors.
CREATE TEMP TABLE metrics AS
SELECT effects, path, array_agg(i > effects ORDER BY i) AS is_null, array_agg(2 * ff_norm_sf(abs(pg_temp.gauss() + CASE WHEN i <= effects THEN 3.5 ELSE 0 END)) ORDER BY i) AS p
FROM unnest('{0,5}'::int[]) effects, generate_series(1, 500) path, generate_series(1, 20) i GROUP BY effects, path;
CREATE TEMP TABLE discoveries AS
SELECT m.effects, c.name, count(*) FILTER (WHERE u.p < 0.05) AS n, count(*) FILTER (WHERE u.p < 0.05 AND u.is_null) AS wrong
FROM metrics m, LATERAL (VALUES ('Benjamini-Hochberg', ff_benjamini_hochberg(m.p)), ('Holm', ff_holm(m.p)), ('without correction', m.p)) c(name, p), unnest(c.p, m.is_null) u(p, is_null)
GROUP BY m.effects, m.path, c.name;
INSERT INTO found (property, cell, is_share, upper, paths, total, squares)
SELECT 'false discoveries', format('%s, 20 metrics, %s with an effect', name, effects), effects = 0, CASE name WHEN 'Benjamini-Hochberg' THEN 0.053 END, count(*), sum(wrong / greatest(n, 1)::float8), sum((wrong / greatest(n, 1)::float8) ^ 2)
FROM discoveries WHERE name <> 'Holm' GROUP BY name, effects ORDER BY name, effects;
INSERT INTO found (property, cell, is_share, upper, paths, total)
SELECT 'any false discovery', format('%s, 20 metrics, %s with an effect', name, effects), true, CASE name WHEN 'Holm' THEN 0.053 END, count(*), count(*) FILTER (WHERE wrong > 0)
FROM discoveries WHERE name <> 'Benjamini-Hochberg' GROUP BY name, effects ORDER BY name, effects;

-- Fifty segments, each against the rest, of which none or two have an effect of four
-- standard errors, as ff_segment_scan does it, at its rate of 5 % and at 10 %.  Where
-- two have one, the others differ a little from a rest that holds those.
CREATE TEMP TABLE segments AS
SELECT effects, path, i, CASE WHEN i <= effects THEN 4 ELSE 0 END AS truth, CASE WHEN i <= effects THEN 4 ELSE 0 END + pg_temp.gauss() AS effect
FROM unnest('{0,2}'::int[]) effects, generate_series(1, 100) path, generate_series(1, 50) i;
CREATE TEMP TABLE scanned AS
SELECT s.effects, s.path, q.rate, count(*) FILTER (WHERE u.p < q.rate) AS n, count(*) FILTER (WHERE u.p < q.rate AND u.truth = 0) AS wrong,
	count(*) FILTER (WHERE u.p < q.rate AND u.truth <> 0) AS hits, count(*) FILTER (WHERE u.p < q.rate AND u.truth <> 0 AND u.contrast < 0) AS mistaken
FROM (SELECT effects, path, array_agg(truth ORDER BY i) AS truths, array_agg(effect - rest ORDER BY i) AS contrasts, ff_benjamini_hochberg(array_agg((ff_interaction(effect, 1, rest, 1 / sqrt(49))).p_value ORDER BY i)) AS p
	FROM (SELECT *, (sum(effect) OVER (PARTITION BY effects, path) - effect) / 49 AS rest FROM segments) r GROUP BY effects, path) s,
	unnest('{0.05,0.1}'::float8[]) q(rate), unnest(s.truths, s.contrasts, s.p) u(truth, contrast, p)
GROUP BY s.effects, s.path, q.rate;
INSERT INTO found (property, cell, is_share, upper, paths, total, squares)
SELECT 'false findings', format('50 segments, %s with an effect, declared %s %%', effects, rate * 100), effects = 0, CASE WHEN rate < 0.1 OR effects = 0 THEN 0.1 END,
	count(*), sum(wrong / greatest(n, 1)::float8), sum((wrong / greatest(n, 1)::float8) ^ 2) FROM scanned GROUP BY effects, rate ORDER BY effects, rate;
INSERT INTO found (property, cell, is_share, paths, total)
SELECT 'findings of the wrong sign', format('50 segments, 2 with an effect, declared %s %%', rate * 100), true, sum(hits), sum(mistaken) FROM scanned WHERE effects = 2 GROUP BY rate ORDER BY rate;

-- The best of four arms without any effect: what is expected of it, in standard errors.
CREATE TEMP TABLE winners AS
SELECT best.effect, best.shrunk FROM (SELECT path, array_agg(pg_temp.gauss()) AS effects FROM generate_series(1, 2000) path, generate_series(1, 4) GROUP BY path) a,
	LATERAL (SELECT s.effect, s.shrunk FROM ff_segment_effects(a.effects, '{1,1,1,1}') s ORDER BY s.effect DESC LIMIT 1) best;
INSERT INTO found (property, cell, is_share, upper, paths, total, squares)
SELECT 'winner''s curse, standard errors', n.name, false, n.upper, count(*), sum(n.value), sum(n.value ^ 2)
FROM winners w, LATERAL (VALUES ('best of 4 arms, as measured', NULL::float8, w.effect), ('best of 4 arms, shrunk', 0.3, w.shrunk)) n(name, upper, value) GROUP BY n.name, n.upper ORDER BY n.name;
