-- What is believed of an effect after the data.
\pset null (null)
SET extra_float_digits = -5;
CREATE FUNCTION pg_temp.refused(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END;
$$;

-- flat: the posterior is the data; losses are stddev * (phi(1) - 1 * Phi(-1)) and that plus the effect
SELECT p.effect, p.stddev, abs(p.chance - ff_norm_sf(-1)) < 1e-15 AS chance, abs(p.loss_treatment - 2 * (exp(-0.5) / sqrt(2 * pi()) - ff_norm_sf(1))) < 1e-15 AS loss,
	abs(p.loss_control - p.loss_treatment - 2) < 1e-15 AS control, abs(p.upper - 2 - ff_norm_ppf(0.975) * 2) < 1e-14 AS upper, p.problem FROM ff_posterior(2, 2) p;
-- a prior as good as the data: the mean of both, half the variance
SELECT p.effect, p.stddev FROM ff_posterior(0.1, 0.3, 0.3, 0.3) p;
-- less is better: chances and losses change places
SELECT a.chance + b.chance = 1 AS chance, a.loss_treatment = b.loss_control AND a.loss_control = b.loss_treatment AS losses, a.effect = b.effect AND a.lower = b.lower AS effect
FROM ff_posterior(0.02, 0.02) a, ff_posterior(0.02, 0.02, less_is_better => true) b;
-- far out, where chances are 0 and 1
SELECT chance, log10_chance_control, loss_treatment, log10_loss_treatment FROM ff_posterior(50, 1);
-- on both sides of where the series of the loss takes over
SELECT abs(a.log10_loss_treatment - b.log10_loss_treatment) * ln(10) / 2e-9 BETWEEN 12 AND 12.3 AS smooth FROM ff_posterior(12 - 1e-9, 1) a, ff_posterior(12 + 1e-9, 1) b;

-- two arms: on the difference, with the prior on the lift; on the lift
SELECT b.effect = c.difference AS effect, b.stddev = c.standard_error AS error FROM ff_compare(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2)) c, ff_bayes(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2)) b;
SELECT a.effect = b.effect AND a.stddev = b.stddev AND a.chance = b.chance AS scaled FROM ff_compare(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2)) c, ff_posterior(c.difference, c.standard_error, 0.02 * 10, 0.3 * 10) a,
	ff_bayes(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2), prior_mean => 0.02, prior_stddev => 0.3) b;
SELECT a.effect = b.effect AND a.stddev = b.stddev AND a.loss_treatment = b.loss_treatment AS lift FROM ff_compare(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2)) c, ff_posterior(c.lift, c.lift_standard_error, 0, 0.3) a,
	ff_bayes(ff_moments_of(100, -10, 3), ff_moments_of(100, -9, 2), scale => 'relative', prior_stddev => 0.3) b;
-- no answer, a reason; a control mean of 0 has a difference
SELECT effect, chance, problem FROM ff_bayes(NULL, 'n=3 sum=6 m2=2');
SELECT effect, chance, problem FROM ff_bayes('n=10 sum=20 m2=0', 'n=10 sum=30 m2=0');
SELECT effect, chance > 0.5 AS better, problem FROM ff_bayes('n=10 sum=0 m2=9', 'n=10 sum=3 m2=9');
SELECT effect, chance, problem FROM ff_bayes('n=10 sum=0 m2=9', 'n=10 sum=3 m2=9', prior_stddev => 0.3);
SELECT effect, chance, problem FROM ff_bayes('n=10 sum=0 m2=9', 'n=10 sum=3 m2=9', scale => 'relative');

-- beta: of no data both are uniform; E[max(0, C - T)] is 1 / 6
SELECT b.effect, abs(b.chance - 0.5) < 1e-13 AS chance, abs(b.loss_treatment - 1 / 6.0) < 1e-13 AS loss, abs(b.control_lower - 0.025) < 1e-15 AS lower, abs(b.treatment_upper - 0.975) < 1e-15 AS upper FROM ff_bayes_beta(0, 0, 0, 0) b;
-- one success against one failure: Beta(2, 1) and Beta(1, 2), 5 in 6
SELECT abs(b.chance - 5 / 6.0) < 1e-13 AS chance, abs(b.log10_chance_control - log(1 / 6.0)) < 1e-13 AS control, abs(b.treatment_lower - sqrt(0.025)) < 1e-15 AS lower, abs(b.loss_control - b.loss_treatment - 1 / 3.0) < 1e-13 AS losses FROM ff_bayes_beta(1, 0, 1, 1) b;
-- losses differ by the effect; exchanged arms exchange them
SELECT abs(a.loss_control - a.loss_treatment - a.effect) < 1e-13 AS losses, abs(a.chance - 10 ^ b.log10_chance_control) < 1e-13 AS exchanged FROM ff_bayes_beta(1000, 100, 900, 120) a, ff_bayes_beta(900, 120, 1000, 100) b;
-- a billion users, as normal as can be
SELECT abs(b.log10_chance_control - p.log10_chance_control) < 1e-3 AS chance, abs(b.loss_control - p.loss_control) < 1e-8 AS loss
FROM ff_bayes_beta(1000000000, 100000000, 1000000000, 100050000) b, ff_bayes(ff_moments_proportion(1000000000, 100000000), ff_moments_proportion(1000000000, 100050000), proportion => true) p;
SELECT a AS call, pg_temp.refused('SELECT ' || a) AS why FROM unnest(ARRAY['ff_posterior(1, 0)', 'ff_posterior(1, -1)', $$ff_posterior('NaN', 1)$$, 'ff_posterior(NULL, 1)', 'ff_posterior(1, 1, 0, 0)', $$ff_posterior(1, 1, 'Infinity')$$, 'ff_posterior(1, 1, alpha => 5)',
	$$ff_bayes('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', proportion => true)$$, $$ff_bayes('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', scale => 'log')$$, $$ff_bayes('n=3 sum=6 m2=2', 'n=3 sum=6 m2=2', prior_stddev => NULL)$$,
	'ff_bayes_beta(1, 2, 1, 1)', 'ff_bayes_beta(1, 1, 1, 2)', 'ff_bayes_beta(1, 1, 1, 1, 0)', 'ff_bayes_beta(1, 1, 1, 1, 0.001)', 'ff_bayes_beta(1, 1, 1, NULL)', 'ff_bayes_beta(1, 1, -1, 0)']) a;
