-- Proportions by exact tests and intervals that hold for few successes.

CREATE FUNCTION ff_fisher(control_n bigint, control_successes bigint, treatment_n bigint, treatment_successes bigint,
	alternative text DEFAULT 'two-sided', OUT odds_ratio float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_fisher';
COMMENT ON FUNCTION ff_fisher(bigint, bigint, bigint, bigint, text) IS
'Fisher''s exact test of two proportions, right for any number of successes. Two-sided: the probability of all tables with the same margins that are no likelier than this (within 1e-7 of its probability), as R''s fisher.test has it. alternative => ''greater'': the treatment''s proportion is larger; ''less'': smaller. odds_ratio: the treatment''s odds over the control''s, of the sample; infinite where only the denominator is 0, NULL where both are. All NULL where an arm has no units. Raises 22023 for negative counts, successes above n and another alternative; 22003 for counts above 2^53; 22004 for a NULL. R. A. Fisher (1935), The logic of inductive inference.';

CREATE FUNCTION ff_pooled_z(control_n bigint, control_successes bigint, treatment_n bigint, treatment_successes bigint,
	alternative text DEFAULT 'two-sided', OUT z float8, OUT chi2 float8, OUT p_value float8, OUT log10_p float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_pooled_z';
COMMENT ON FUNCTION ff_pooled_z(bigint, bigint, bigint, bigint, text) IS
'The z-test of two proportions with the variance of both arms together, which is Pearson''s chi-square test without correction (chi2 is z^2). For many successes and failures; with few ask ff_fisher. All NULL where an arm has no units or all units are alike. Raises 22023 for negative counts, successes above n and another alternative; 22003 for counts above 2^53; 22004 for a NULL.';

CREATE FUNCTION ff_wilson(n bigint, successes bigint, alpha float8 DEFAULT 0.05,
	OUT proportion float8, OUT lower float8, OUT upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_wilson';
COMMENT ON FUNCTION ff_wilson(bigint, bigint, float8) IS
'A proportion with E. B. Wilson''s interval (1927, the score interval) at level 1 - alpha: within 0 to 1 for any number of successes. All NULL for no units. Raises 22023 for negative counts, successes above n and an alpha outside of 0 to 1; 22003 for counts above 2^53; 22004 for a NULL.';

CREATE FUNCTION ff_newcombe(control_n bigint, control_successes bigint, treatment_n bigint, treatment_successes bigint,
	alpha float8 DEFAULT 0.05, OUT difference float8, OUT lower float8, OUT upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_newcombe';
COMMENT ON FUNCTION ff_newcombe(bigint, bigint, bigint, bigint, float8) IS
'The difference of two proportions, treatment less control, with R. G. Newcombe''s interval (1998, Statistics in Medicine 17, method 10) at level 1 - alpha, made of both arms'' Wilson intervals: sensible for few successes, too. All NULL where an arm has no units. Raises as ff_wilson.';

CREATE FUNCTION ff_miettinen_nurminen(control_n bigint, control_successes bigint, treatment_n bigint, treatment_successes bigint,
	alpha float8 DEFAULT 0.05, OUT difference float8, OUT lower float8, OUT upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_miettinen_nurminen';
COMMENT ON FUNCTION ff_miettinen_nurminen(bigint, bigint, bigint, bigint, float8) IS
'The difference of two proportions, treatment less control, with the score interval of O. Miettinen and M. Nurminen (1985, Statistics in Medicine 4) at level 1 - alpha: the differences that the score test with variance times N / (N - 1) does not reject. All NULL where an arm has no units. Raises as ff_wilson.';
