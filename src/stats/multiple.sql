-- Several tests at once.

CREATE FUNCTION ff_holm(p float8[]) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_holm';
COMMENT ON FUNCTION ff_holm(float8[]) IS
'Probabilities of tests, adjusted by S. Holm''s method (1979, Scandinavian Journal of Statistics 6) in their places: rejecting those below alpha, the chance that any of them is a false discovery is at most alpha, however the tests depend on each other. The i-th smallest of m becomes its (m - i + 1)-fold, at most 1, and no less than those before it. A NULL stays and is no test. Raises 22023 for what is no probability, NaN and arrays of several dimensions; 22004 for a NULL array.';

CREATE FUNCTION ff_holm_log10(log10_p float8[]) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_holm_log10';
COMMENT ON FUNCTION ff_holm_log10(float8[]) IS
'ff_holm on logarithms to base 10, for probabilities too small for a float8: log10_p of ff_compare in, logarithms of adjusted probabilities out. Raises 22023 for a logarithm above 0.';

CREATE FUNCTION ff_benjamini_hochberg(p float8[]) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_benjamini_hochberg';
COMMENT ON FUNCTION ff_benjamini_hochberg(float8[]) IS
'Probabilities of tests, adjusted by the method of Y. Benjamini and Y. Hochberg (1995, Journal of the Royal Statistical Society B 57) in their places: of those below alpha, at most a share alpha is false on average, for independent or positively dependent tests. The i-th smallest of m becomes its m / i-fold, at most 1, and no more than those after it. A NULL stays and is no test. Raises as ff_holm.';

CREATE FUNCTION ff_benjamini_hochberg_log10(log10_p float8[]) RETURNS float8[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_benjamini_hochberg_log10';
COMMENT ON FUNCTION ff_benjamini_hochberg_log10(float8[]) IS
'ff_benjamini_hochberg on logarithms to base 10, for probabilities too small for a float8. Raises 22023 for a logarithm above 0.';

CREATE FUNCTION ff_adjusted_interval(effect float8, lower float8, upper float8, p_adjusted float8, alpha float8 DEFAULT 0.05,
	OUT adjusted_lower float8, OUT adjusted_upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_adjusted_interval';
COMMENT ON FUNCTION ff_adjusted_interval(float8, float8, float8, float8, float8) IS
'The interval at level 1 - alpha that an adjusted two-sided probability goes with, as GrowthBook backs it out: the standard error with which effect would have that p under a normal distribution gives it, and a bound is only ever moved outwards. Infinite where p_adjusted is 1. Raises 22023 for an effect outside of its interval, a p_adjusted outside of 0 to 1 and what is not finite; 22004 for a NULL.';

CREATE FUNCTION ff_preferential_bonferroni(alpha float8, treatment_variants int, metrics int, gamma float8,
	OUT primary_alpha float8, OUT other_alpha float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_preferential_bonferroni';
COMMENT ON FUNCTION ff_preferential_bonferroni(float8, int, int, float8) IS
'The levels at which to test when the primary metric is preferred: gamma alpha / k for it, where k is how many variants are compared with the control, and (1 - gamma) alpha / (k (metrics - 1)) for each of the others (Eppo''s preferential Bonferroni); together alpha. other_alpha is NULL where there is no other metric. Raises 22023 for an alpha or a gamma outside of 0 to 1, no variant and no metric; 22004 for a NULL.';

CREATE FUNCTION ff_imbalance_alpha(variations int, goal_metrics int, guardrail_metrics int, alpha float8 DEFAULT 0.001)
RETURNS float8
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_imbalance_alpha';
COMMENT ON FUNCTION ff_imbalance_alpha(int, int, int, float8) IS
'The level for each test of covariate imbalance, whether the arms differed before they were exposed: alpha / ((variations - 1) (goal_metrics + guardrail_metrics)), as Bonferroni. ff_compare of the values before exposure with a p_value below it says that the arms are not alike and results are biased. Raises 22023 for fewer than two variations, no metric and an alpha outside of 0 to 1; 22004 for a NULL.';
