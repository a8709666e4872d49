-- The split at every look, and over phases.

CREATE FUNCTION ff._srm_evidence(observed float8[], weights float8[], concentration float8, prior float8[]) RETURNS float8
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_srm_evidence';

CREATE FUNCTION ff_srm_e_value(observed bigint[], weights numeric[] DEFAULT NULL, concentration float8 DEFAULT 100, prior float8[] DEFAULT NULL,
	OUT e_value float8, OUT log_e_value float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF observed IS NULL THEN
		RETURN;
	END IF;
	log_e_value := ff._srm_evidence(observed::float8[], weights::float8[], concentration, prior);
	IF log_e_value IS NULL THEN
		RETURN;
	END IF;
	e_value := CASE WHEN log_e_value > 709 THEN 'Infinity' WHEN log_e_value < -700 THEN 0 ELSE exp(log_e_value) END;
	p_value := CASE WHEN log_e_value > 708 THEN 0 ELSE exp(-greatest(log_e_value, 0)) END;
	log10_p := -greatest(log_e_value, 0) / ln(10::float8) + 0.0;
END;
$$;
COMMENT ON FUNCTION ff_srm_e_value(bigint[], numeric[], float8, float8[]) IS
'Sample ratio mismatch, to be looked at all the time: the Bayes factor of a Dirichlet prior on the arms'' shares against the planned weights (Lindon, Malek 2022). However often one looks, a sound split reaches an e_value of 1 / alpha with a chance of alpha at most: from 1000 on the split is broken. p_value is 1 / e_value, at most 1; log_e_value is natural and stands where e_value is infinite. concentration: of the prior around the plan, in units: its parameters are concentration x share; prior: these parameters themselves, one an arm. weights: shares of any sum, equal where NULL; arms of weight 0 do not count. E-values of disjoint phases multiply. All NULL where observed is NULL or fewer than two arms have a weight. Raises 22023 for negative counts or weights, a concentration or prior that is not above 0, arrays of other lengths or more than one dimension; 22003 where a weight is too small; 22004 for a NULL in an array or as concentration.';

CREATE FUNCTION ff_srm_phases(observed bigint[], weights numeric[], concentration float8 DEFAULT 100,
	OUT chi2 float8, OUT df int, OUT p_value float8, OUT log10_p float8, OUT e_value float8, OUT log_e_value float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	counts bigint[];
	shares numeric[];
	phase record;
	evidence float8;
BEGIN
	IF observed IS NULL OR weights IS NULL THEN
		RETURN;
	ELSIF array_ndims(observed) IS DISTINCT FROM 2 OR array_ndims(weights) IS DISTINCT FROM 2
		OR array_length(observed, 1) <> array_length(weights, 1) OR array_length(observed, 2) <> array_length(weights, 2) THEN
		RAISE 'observed and weights must have a row for each phase and a column for each arm' USING ERRCODE = '22023';
	END IF;
	FOR i IN array_lower(observed, 1) .. array_upper(observed, 1) LOOP
		SELECT array_agg(o.v ORDER BY o.place) INTO counts
		FROM unnest(observed[i:i]) WITH ORDINALITY o(v, place);
		SELECT array_agg(w.v ORDER BY w.place) INTO shares
		FROM unnest(weights[i - array_lower(observed, 1) + array_lower(weights, 1):i - array_lower(observed, 1) + array_lower(weights, 1)])
			WITH ORDINALITY w(v, place);
		SELECT * INTO phase FROM @extschema@.ff_srm(counts, shares);
		evidence := ff._srm_evidence(counts::float8[], shares::float8[], concentration, NULL);
		CONTINUE WHEN phase.chi2 IS NULL;
		chi2 := coalesce(chi2, 0) + phase.chi2;
		df := coalesce(df, 0) + phase.df;
		log_e_value := coalesce(log_e_value, 0) + evidence;
	END LOOP;
	IF chi2 IS NULL THEN
		RETURN;
	END IF;
	p_value := @extschema@.ff_chi2_sf(chi2, df);
	log10_p := @extschema@.ff_chi2_log10_sf(chi2, df);
	e_value := CASE WHEN log_e_value > 709 THEN 'Infinity' WHEN log_e_value < -700 THEN 0 ELSE exp(log_e_value) END;
END;
$$;
COMMENT ON FUNCTION ff_srm_phases(bigint[], numeric[], float8) IS
'Sample ratio mismatch of an experiment whose weights changed: observed and weights have a row for each phase (units by the phase of their first exposure) and a column for each arm, ''{{900,100},{480,520}}'' with ''{{9,1},{1,1}}''. chi2: the sum of the phases'' chi-squares against their own weights; df: the sum of their degrees of freedom; p_value of these. e_value: the product of the phases'' e-values (ff_srm_e_value). Units of all phases together against one split would be called broken although each phase is sound. A phase without units, or with fewer than two arms that have a weight, does not count; all NULL where none counts or an argument is NULL. Raises 22023 for arrays of other shapes, and as ff_srm and ff_srm_e_value do.';
