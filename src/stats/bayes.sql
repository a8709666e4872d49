-- Posterior distributions of an effect.

CREATE TYPE ff.posterior AS (effect float8, stddev float8, lower float8, upper float8,
	chance float8, log10_chance float8, log10_chance_control float8,
	loss_treatment float8, log10_loss_treatment float8, loss_control float8, log10_loss_control float8, problem text);
COMMENT ON TYPE ff.posterior IS 'The answer of ff_bayes and ff_posterior.';

CREATE FUNCTION ff_posterior(effect float8, standard_error float8, prior_mean float8 DEFAULT 0,
	prior_stddev float8 DEFAULT 'Infinity', alpha float8 DEFAULT 0.05, less_is_better boolean DEFAULT false)
RETURNS ff.posterior
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_posterior';
COMMENT ON FUNCTION ff_posterior(float8, float8, float8, float8, float8, boolean) IS
'What is believed of an effect that was found with this standard error: normal data, normal prior in the unit of the effect (flat where prior_stddev is infinite); precisions 1 / variance add up. effect and stddev are those of the posterior, lower and upper its credible interval at 1 - alpha. chance: that the treatment is better, the effect above 0 (below 0 where less_is_better); log10_chance and log10_chance_control, of the opposite, stand where they are too near to 0 or 1. loss_treatment: what is lost on average if the treatment is shipped, E[max(0, -effect)], in the unit of the effect; loss_control: if it is not; in closed form, stddev * phi(z) - mean * Phi(-z), with logarithms to base 10. What is beyond float8 is NULL. Under daily looks a chance above 95 % comes about by itself in every third experiment without any effect. Raises 22023 for a standard error or prior_stddev that is not above 0, an alpha outside of 0 to 1 and what is not finite; 22004 for a NULL.';

CREATE FUNCTION ff_bayes(control ff.moments, treatment ff.moments, alpha float8 DEFAULT 0.05,
	proportion boolean DEFAULT false, scale text DEFAULT 'absolute', prior_mean float8 DEFAULT 0,
	prior_stddev float8 DEFAULT 'Infinity', less_is_better boolean DEFAULT false) RETURNS ff.posterior
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bayes';
COMMENT ON FUNCTION ff_bayes(ff.moments, ff.moments, float8, boolean, text, float8, float8, boolean) IS
'What is believed of the difference of two arms after the data: ff_posterior of ff_compare''s difference and standard error. The prior is on the lift (0.3 as prior_stddev: most lifts are within 30 %) and is put on the difference by the control''s absolute mean; flat where prior_stddev is infinite. scale => ''relative'': of the lift, with its standard error by the delta method, as GrowthBook and PostHog have it. problem: why all is NULL, as in ff_compare; a control mean of 0 is none for the difference under a flat prior. Raises 22023 and 22004 as ff_posterior and ff_compare.';

CREATE FUNCTION ff_bayes_beta(control_n bigint, control_successes bigint, treatment_n bigint, treatment_successes bigint,
	prior_alpha float8 DEFAULT 1, prior_beta float8 DEFAULT 1, alpha float8 DEFAULT 0.05,
	OUT effect float8, OUT chance float8, OUT log10_chance float8, OUT log10_chance_control float8,
	OUT loss_treatment float8, OUT log10_loss_treatment float8, OUT loss_control float8, OUT log10_loss_control float8,
	OUT control_lower float8, OUT control_upper float8, OUT treatment_lower float8, OUT treatment_upper float8)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bayes_beta';
COMMENT ON FUNCTION ff_bayes_beta(bigint, bigint, bigint, bigint, float8, float8, float8) IS
'What is believed of two proportions after the data, exact for any number of successes: each has the posterior Beta(prior_alpha + successes, prior_beta + failures). effect: difference of the posterior means; chance: that the treatment''s proportion is larger, with logarithms to base 10 of it and of the opposite; loss_treatment: E[max(0, control - treatment)], what is lost on average if the treatment is shipped; loss_control: if it is not; then the credible intervals of both proportions at 1 - alpha, equal tails. By quadrature on the logit scale, without a seed. Raises 22023 for negative counts, successes above n, priors not above 0 and an alpha outside of 0 to 1; 22003 for counts above 2^53 and priors below 0.1 or above 2^53; 22004 for a NULL.';
