-- Bandits: shares of traffic by the chance to be the best.

CREATE FUNCTION ff_bandit_weights(means float8[], standard_errors float8[], n float8[] DEFAULT NULL,
	minimum_weight float8 DEFAULT 0.01, minimum_n float8 DEFAULT 100, inverse boolean DEFAULT false, top_two boolean DEFAULT false,
	prior_mean float8 DEFAULT 0, prior_variance float8 DEFAULT NULL,
	OUT enough_units boolean, OUT posterior_means float8[], OUT posterior_errors float8[], OUT best float8[], OUT weights float8[], OUT problem text)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bandit_weights';
COMMENT ON FUNCTION ff_bandit_weights(float8[], float8[], float8[], float8, float8, boolean, boolean, float8, float8) IS
'Thompson sampling without draws: arms have normal posteriors, best is each one''s chance to have the largest mean (the smallest with inverse), by quadrature to 1e-9, the same on every call. weights: minimum_weight + (1 - arms x minimum_weight) x best; with top_two the mean of the chances to be the best and the second best instead of best. standard_errors: of the means; 0 is certain. prior_mean, prior_variance: of a normal prior on each mean; a NULL variance is no prior. n: units of each arm; where one has fewer than minimum_n, enough_units is false, best and weights are NULL and problem is too_few_units; NULL: not checked. Raises 22023 for arrays of other lengths, fewer than 2 or more than 100 arms, and what is out of range; 22003 where means are too far apart for float8; 22004 for NULL.';
