-- Two arms of an experiment compared, as its options say.

-- Whether units of a kind of metric are 0 or 1.
CREATE FUNCTION ff._is_proportion(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT kind IN ('proportion', 'retention', 'funnel'); $$;

-- Whether cells of a metric have covariates.
CREATE FUNCTION ff._has_covariate(m ff.metrics) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT m.kind IN ('proportion', 'count', 'mean', 'ratio') AND m.covariate_period > '0'; $$;

-- What a kind of metric shows as its mean.
CREATE FUNCTION ff._cell_mean(kind text, moments ff.cross_moments, quantile ff.quantile) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE kind WHEN 'quantile' THEN quantile.value
		WHEN 'ratio' THEN @extschema@.ff_cross_moments_mean(moments, 1) / nullif(@extschema@.ff_cross_moments_mean(moments, 2), 0)
		ELSE @extschema@.ff_cross_moments_mean(moments, 1) END;
$$;

-- Means of two arms without adjustment, in the type that all comparisons share.
CREATE FUNCTION ff._compare_plain(c ff.comparison, control ff.moments, is_proportion boolean) RETURNS ff.adjusted_comparison
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ROW(c.control_mean, c.treatment_mean, c.difference, c.standard_error, c.df, c.t, c.p_value, c.log10_p, c.lower, c.upper,
		c.lift, c.lift_standard_error, c.lift_lower, c.lift_upper, c.lift_unbounded, NULL, NULL, NULL, NULL, NULL, c.problem, v.variance, -v.variance)::ff.adjusted_comparison
	FROM (SELECT CASE WHEN is_proportion THEN c.control_mean * (1 - c.control_mean) ELSE @extschema@.ff_moments_variance(control) END
		/ nullif(@extschema@.ff_moments_n(control), 0) AS variance) v;
$$;

-- The lift with an interval as many standard errors wide as is asked for, by
-- Fieller's theorem: 0 is in it where it is in that of the difference.  NULL where
-- the control's mean cannot be told from 0.
CREATE FUNCTION ff._lift_interval(control_mean float8, control_variance float8, covariance float8, difference float8, standard_error float8, multiplier float8,
	OUT lower float8, OUT upper float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	margin float8 := multiplier / nullif(abs(control_mean), 0);
	g float8 := margin ^ 2 * control_variance;
	lift float8 := difference / nullif(abs(control_mean), 0);
	along float8 := covariance * sign(control_mean);
	half float8;
BEGIN
	IF g < 1 THEN
		half := margin * sqrt(greatest(standard_error ^ 2 - 2 * lift * along + lift ^ 2 * control_variance
			- margin ^ 2 * (standard_error ^ 2 * control_variance - along ^ 2), 0));
		lower := (lift - margin ^ 2 * along - half) / (1 - g);
		upper := (lift - margin ^ 2 * along + half) / (1 - g);
	END IF;
END;
$$;

-- Means of two arms, each an array of strata: stratified where there are several,
-- else adjusted where there is a covariate that tells anything.
CREATE FUNCTION ff._compare_means(m ff.metrics, o ff.analysis_options, control ff.cross_moments[], treatment ff.cross_moments[],
	OUT method text, OUT comparison ff.adjusted_comparison, OUT exact_p float8, OUT exact_lower float8, OUT exact_upper float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_proportion boolean := ff._is_proportion(m.kind);
	base ff.moments;
	plain ff.comparison;
BEGIN
	IF cardinality(control) > 1 THEN
		method := 'stratified';
		IF o.adjustment = 'none' AND ff._has_covariate(m) THEN
			control := ARRAY(SELECT @extschema@.ff_cross_moments_first(c, 1) FROM unnest(control) WITH ORDINALITY u(c, i) ORDER BY i);
			treatment := ARRAY(SELECT @extschema@.ff_cross_moments_first(c, 1) FROM unnest(treatment) WITH ORDINALITY u(c, i) ORDER BY i);
		END IF;
		comparison := @extschema@.ff_compare_stratified(control, treatment, o.alpha, is_proportion, o.relative);
		RETURN;
	END IF;
	base := @extschema@.ff_cross_moments_part(control[1], 1);
	plain := @extschema@.ff_compare(base, @extschema@.ff_cross_moments_part(treatment[1], 1), o.alpha, is_proportion, o.relative);
	exact_p := plain.fisher_p;
	exact_lower := plain.newcombe_lower;
	exact_upper := plain.newcombe_upper;
	IF o.adjustment <> 'none' AND ff._has_covariate(m) THEN
		method := o.adjustment;
		comparison := @extschema@.ff_compare_adjusted(control[1], treatment[1], o.alpha, o.adjustment, is_proportion, o.relative);
	END IF;
	IF method IS NULL OR comparison.warning = 'unadjusted' OR comparison.problem IS NOT NULL THEN
		method := 'welch';
		comparison := ff._compare_plain(plain, base, is_proportion);
	END IF;
END;
$$;

-- Ratios of two arms, adjusted where they can be.
CREATE FUNCTION ff._compare_ratios(m ff.metrics, o ff.analysis_options, control ff.cross_moments, treatment ff.cross_moments) RETURNS ff.adjusted_comparison
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c ff.adjusted_comparison;
BEGIN
	IF o.adjustment <> 'none' OR NOT ff._has_covariate(m) THEN
		c := @extschema@.ff_compare_ratio(control, treatment, o.alpha, o.relative);
	END IF;
	IF ff._has_covariate(m) AND (o.adjustment = 'none' OR c.problem IS NOT NULL) THEN
		c := @extschema@.ff_compare_ratio(@extschema@.ff_cross_moments_first(control, 2), @extschema@.ff_cross_moments_first(treatment, 2), o.alpha, o.relative);
	END IF;
	RETURN c;
END;
$$;

-- How likely it is that so many units of an arm, whose mean is so far from a value,
-- all have that value, twice for either side.  It is no more than this: of the arm's
-- units a share of distance^2 / (distance^2 + stddev^2) at least has another one.
CREATE FUNCTION ff._constant_p(n float8, distance float8, stddev float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT least(1, 2 * exp(greatest(-n * (greatest(d.l, 0) + ln(1 + exp(greatest(-abs(d.l), -700)))), -700)))
	FROM (SELECT 2 * (ln(abs(distance)) - ln(stddev)) AS l WHERE distance <> 0 AND stddev > 0) d;
$$;

-- The p-value that counts support where the normal approximation has nothing to go
-- by: that of few successes or failures, and that of an arm whose units are all alike,
-- which has an error of 0 as if it were known exactly.  NULL elsewhere.
CREATE FUNCTION ff._count_p(c ff.adjusted_comparison, exact_p float8, control_n float8, n float8, stddev float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN exact_p IS NOT NULL THEN exact_p
		WHEN stddev = 0 AND c.control_variance > 0 THEN ff._constant_p(n, c.treatment_mean - c.control_mean, sqrt(c.control_variance * control_n))
		WHEN stddev > 0 AND c.control_variance = 0 THEN ff._constant_p(control_n, c.treatment_mean - c.control_mean, stddev) END;
$$;

-- The lift and its standard error by the delta method; NULL where there is none.
CREATE FUNCTION ff._delta_lift(control_mean float8, control_variance float8, covariance float8, difference float8, standard_error float8, OUT lift float8, OUT standard_error float8)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT $4 / abs($1), sqrt(greatest($5 ^ 2 - 2 * ($4 / $1) * $3 + ($4 / $1) ^ 2 * $2, 0)) / abs($1) WHERE $1 <> 0;
$$;

-- A comparison whose difference, errors and degrees of freedom are known, with what
-- follows from them: the test is of the difference, or of the lift where that is asked.
CREATE FUNCTION ff._concluded(c ff.adjusted_comparison, o ff.analysis_options) RETURNS ff.adjusted_comparison
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	margin float8 := -@extschema@.ff_t_ppf(o.alpha / 2, c.df);
	l record;
BEGIN
	c.lower := c.difference - margin * c.standard_error;
	c.upper := c.difference + margin * c.standard_error;
	c.lift := c.difference / nullif(abs(c.control_mean), 0);
	IF o.relative = 'delta' THEN
		l := ff._delta_lift(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error);
		c.lift_lower := l.lift - margin * l.standard_error;
		c.lift_upper := l.lift + margin * l.standard_error;
		c.t := l.lift / nullif(l.standard_error, 0);
	ELSE
		l := ff._lift_interval(c.control_mean, c.control_variance, c.covariance, c.difference, c.standard_error, margin);
		c.lift_lower := l.lower;
		c.lift_upper := l.upper;
		c.t := c.difference / c.standard_error;
	END IF;
	c.lift_unbounded := c.lift_lower IS NULL;
	c.p_value := least(2 * @extschema@.ff_t_sf(abs(c.t), c.df), 1);
	c.log10_p := least(@extschema@.ff_t_log10_sf(abs(c.t), c.df) + log(2), 0);
	RETURN c;
END;
$$;

-- A quantile of the events of units that are clusters of them: its variance is known
-- as well as there are units, and not events, by Welch and Satterthwaite.
CREATE FUNCTION ff._by_clusters(c ff.adjusted_comparison, control_n bigint, n bigint, o ff.analysis_options) RETURNS ff.adjusted_comparison
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF control_n < 2 OR n < 2 THEN
		RETURN c;
	END IF;
	c.df := least(c.df, c.standard_error ^ 4 / (c.control_variance ^ 2 / (control_n - 1) + greatest(c.standard_error ^ 2 - c.control_variance, 0) ^ 2 / (n - 1)));
	RETURN ff._concluded(c, o);
END;
$$;

-- Two arms by the test that goes with the kind of metric.
CREATE FUNCTION ff._compare_arms(m ff.metrics, o ff.analysis_options, control ff.cross_moments[], treatment ff.cross_moments[],
	control_quantile ff.quantile, treatment_quantile ff.quantile, control_clusters ff.cross_moments, treatment_clusters ff.cross_moments,
	OUT method text, OUT comparison ff.adjusted_comparison, OUT exact_p float8, OUT exact_lower float8, OUT exact_upper float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	d record;
BEGIN
	method := m.kind;
	IF m.kind IN ('ratio', 'quantile') AND cardinality(control) > 1 THEN
		comparison.problem := 'not_stratified';
	ELSIF m.kind = 'ratio' THEN
		comparison := ff._compare_ratios(m, o, control[1], treatment[1]);
	ELSIF m.kind = 'quantile' AND (control_quantile IS NULL OR treatment_quantile IS NULL) THEN
		-- an arm whose units have no values has no clusters of them either
		comparison := @extschema@.ff_compare_quantile(control_quantile, treatment_quantile, alpha => o.alpha, relative => o.relative);
	ELSIF m.kind = 'quantile' THEN
		comparison := @extschema@.ff_compare_quantile(control_quantile, treatment_quantile, control_clusters, treatment_clusters, o.alpha, o.relative);
		IF m.quantile_of = 'events' AND comparison.standard_error > 0 THEN
			comparison := ff._by_clusters(comparison, @extschema@.ff_cross_moments_n(control_clusters), @extschema@.ff_cross_moments_n(treatment_clusters), o);
		END IF;
	ELSE
		d := ff._compare_means(m, o, control, treatment);
		method := d.method;
		comparison := d.comparison;
		exact_p := d.exact_p;
		exact_lower := d.exact_lower;
		exact_upper := d.exact_upper;
	END IF;
END;
$$;

-- Comparisons within phases as one, each by its share of units: units of all phases
-- in one heap would compare weekdays, not variations.  A phase in which nothing
-- varies counts; one that cannot be compared is left out, and said.
CREATE FUNCTION ff._combine_phases(o ff.analysis_options, comparisons ff.adjusted_comparison[], units float8[]) RETURNS ff.adjusted_comparison
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c ff.adjusted_comparison;
BEGIN
	SELECT sum(p.w * (p.c).control_mean), sum(p.w * (p.c).treatment_mean), sum(p.w * (p.c).difference), sqrt(sum(p.v)),
		sum(p.v) ^ 2 / nullif(sum(p.v ^ 2 / (p.c).df), 0), sum(p.w ^ 2 * coalesce((p.c).control_variance, 0)), sum(p.w ^ 2 * coalesce((p.c).covariance, 0)),
		CASE WHEN count(*) < cardinality(comparisons) THEN 'phase_left_out' END
	INTO c.control_mean, c.treatment_mean, c.difference, c.standard_error, c.df, c.control_variance, c.covariance, c.warning
	FROM (SELECT p.c, p.n / sum(p.n) OVER () AS w, (p.n / sum(p.n) OVER ()) ^ 2 * coalesce((p.c).standard_error, 0) ^ 2 AS v
		FROM generate_subscripts(comparisons, 1) i CROSS JOIN LATERAL (SELECT comparisons[i] AS c, units[i] AS n) p
		WHERE (p.c).difference IS NOT NULL AND ((p.c).standard_error IS NOT NULL OR (p.c).problem = 'zero_variance')) p;
	IF c.difference IS NULL OR c.standard_error = 0 THEN
		c.problem := CASE WHEN c.difference IS NULL THEN (comparisons[cardinality(comparisons)]).problem ELSE 'zero_variance' END;
		c.standard_error := NULL;
		RETURN c;
	END IF;
	RETURN ff._concluded(c, o);
END;
$$;

-- What is believed of the difference: normal data, and a prior on the lift that is
-- put on the difference by the control's mean.
CREATE FUNCTION ff._compare_bayes(c ff.adjusted_comparison, o ff.analysis_options, less_is_better boolean) RETURNS ff.posterior
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN c.standard_error > 0 AND (s.scale > 0 OR o.prior_stddev = 'Infinity') THEN
		@extschema@.ff_posterior(c.difference, c.standard_error, CASE WHEN o.prior_stddev = 'Infinity' THEN 0 ELSE o.prior_mean * s.scale END,
			CASE WHEN o.prior_stddev = 'Infinity' THEN o.prior_stddev ELSE o.prior_stddev * s.scale END, o.alpha, less_is_better) END
	FROM (SELECT abs(c.control_mean) AS scale) s;
$$;
