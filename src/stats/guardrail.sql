-- Metrics that must not get worse.

CREATE FUNCTION ff_guardrail(control ff.moments, treatment ff.moments, margin float8 DEFAULT NULL,
	absolute_margin float8 DEFAULT NULL, less_is_better boolean DEFAULT false, alpha float8 DEFAULT 0.05,
	proportion boolean DEFAULT false, relative text DEFAULT 'fieller',
	OUT status text, OUT effect float8, OUT bound float8, OUT df float8, OUT t float8, OUT p_value float8, OUT log10_p float8, OUT problem text)
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_guardrail';
COMMENT ON FUNCTION ff_guardrail(ff.moments, ff.moments, float8, float8, boolean, float8, boolean, text) IS
'Whether a metric got worse by the treatment: a test of one side at alpha. Without a margin status is harmed where p_value, that of no harm, is below alpha, and not_shown_harmed where not: that does not say that there is none. With a margin, the harm that is accepted, as a share of the control''s mean (0.02: 2 %) or as absolute_margin in the metric''s unit, the test is of non-inferiority: non_inferior where p_value, that of as much harm or more, is below alpha, else not_shown_non_inferior. effect: the lift, or the difference for an absolute margin; bound: the worst that is not ruled out, at level 1 - alpha on one side, NULL where the lift has no bounds. The test with a share is Fieller''s, of (T - C) + margin abs(C) by the variances of both means; relative => ''delta'': of the lift by the delta method, as GrowthBook has it. less_is_better: more is worse. problem: why there is no status, as in ff_compare; a control mean of 0 is none where no lift is asked for. Raises 22023 for a negative margin, two margins, an alpha outside of 0 to 1 and a proportion whose units are not 0 or 1; 22004 for a NULL but of a margin.';
