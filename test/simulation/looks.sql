-- Looks at a running experiment: how often each method finds an effect that is
-- not there, how often one that is, and whether its intervals hold at all looks
-- together.  Variables: seed, paths, looks.
--
-- Units are normal with variance 1, 250 an arm and look: the mean and variance
-- of a look's units are independent, and drawn as such.  The effect is one that
-- a single test at the end finds with 80 %.
\set units 250

CREATE TEMP TABLE seen AS
WITH effects AS (
	SELECT 2.8015852181 * sqrt(2.0 / (:units * :looks)) * f AS truth FROM generate_series(0, 1) f
), draws AS (
	SELECT p.path, d.look, e.truth, k.key,
		ff_moments_of(:units, pg_temp.normal(k.key, :seed * 100 + 1) / sqrt(:units), pg_temp.variance(k.key, :seed * 100 + 3, :units)) AS control,
		ff_moments_of(:units, e.truth + pg_temp.normal(k.key, :seed * 100 + 5) / sqrt(:units), pg_temp.variance(k.key, :seed * 100 + 7, :units)) AS treatment
	FROM generate_series(1::bigint, :paths) p(path), generate_series(1, :looks) d(look), effects e, LATERAL (SELECT (p.path * 1000 + d.look) * 2 + (e.truth > 0)::int AS key) k
), sums AS (
	SELECT path, look, truth, ff_moments_merge(control) OVER w AS control, ff_moments_merge(treatment) OVER w AS treatment
	FROM draws WINDOW w AS (PARTITION BY truth, path ORDER BY look)
)
SELECT s.path, s.look, s.truth, c.difference, c.standard_error, c.p_value, c.lower, c.upper, ff_moments_variance(s.control) AS control_variance, ff_moments_variance(s.treatment) AS treatment_variance
FROM sums s, ff_compare(s.control, s.treatment) c;

-- A row for each method and look: whether it stops, and whether its interval
-- misses the truth.
CREATE TEMP TABLE judged AS
SELECT m.method, s.path, s.look, s.truth > 0 AS has_effect, m.stops, m.misses
FROM seen s
JOIN ff_gst_bounds((SELECT array_agg(i / (:looks)::float8 ORDER BY i) FROM generate_series(1, :looks) i)) o ON o.look = s.look
JOIN ff_gst_bounds((SELECT array_agg(i / (:looks)::float8 ORDER BY i) FROM generate_series(1, :looks) i), spending => 'pocock') k ON k.look = s.look,
	LATERAL ff_confidence_sequence(s.difference, s.standard_error, 2 * :units * s.look, tuning => 2 * :units * :looks) c,
	LATERAL ff_msprt(s.difference, s.standard_error, 2.8015852181 ^ 2 * 2.0 / (:units * :looks)) x,
	LATERAL ff_msprt_statsig(s.difference, s.control_variance, :units * s.look, s.treatment_variance, :units * s.look) t,
	LATERAL (VALUES
		('single look at the end', s.look = :looks AND s.p_value < 0.05, s.look = :looks AND NOT s.truth BETWEEN s.lower AND s.upper),
		('Welch''s test at every look', s.p_value < 0.05, NOT s.truth BETWEEN s.lower AND s.upper),
		('group sequential, obf', abs(s.difference / s.standard_error) >= o.z, abs(s.difference - s.truth) > o.z * s.standard_error),
		('group sequential, pocock', abs(s.difference / s.standard_error) >= k.z, abs(s.difference - s.truth) > k.z * s.standard_error),
		('confidence sequence', c.p_value < 0.05, NOT s.truth BETWEEN c.lower AND c.upper),
		('mSPRT', x.p_value < 0.05, NOT s.truth BETWEEN x.lower AND x.upper),
		('mSPRT, Statsig''s form', t.p_value < 0.05, NOT s.truth BETWEEN t.lower AND t.upper)) m(method, stops, misses);

-- Shares of paths: stopped without an effect, with one, intervals that missed
-- at any look; and the mean look of stopping.
SELECT method, avg(ever::int) FILTER (WHERE NOT has_effect), avg(ever::int) FILTER (WHERE has_effect), avg(missed::int) FILTER (WHERE has_effect), avg(at) FILTER (WHERE has_effect)
FROM (SELECT method, path, has_effect, bool_or(stops) AS ever, bool_or(misses) AS missed, coalesce(min(look) FILTER (WHERE stops), :looks) AS at
	FROM judged GROUP BY method, path, has_effect) s
GROUP BY method ORDER BY method;
