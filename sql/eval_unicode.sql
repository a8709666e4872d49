-- UTF-8 only
-- Keys, constants and attributes beyond ASCII; case folded as Unicode does.
DO $$ BEGIN
	PERFORM ff_project_create('eval_unicode');
	SET featureflow.project = 'eval_unicode';
	PERFORM ff_flag_create('f');
	PERFORM ff_flag_create('s', 'string', '[{"key": "none", "value": ""}, {"key": "greeting", "value": "Grüße, 世界 🎉"}]');
END $$;
-- vectors over UTF-8
SELECT k AS key, ff_bucket('checkout', k) AS bucket FROM unnest(ARRAY['zoë', '用户']) WITH ORDINALITY t(k, i) ORDER BY i;
-- composed and decomposed are two keys
SELECT ff_bucket('s', U&'\00e9') <> ff_bucket('s', U&'e\0301') AS differ;
SELECT ff_flag_default('s', '"greeting"');
SELECT ff_string('用户', 's') AS string, ff_evaluate('用户', 's') AS evaluate;
DO $$ BEGIN PERFORM ff_flag_target('f', 'on', ARRAY['zoë', '用户', '🎉', 'O''Brien "x" \']); PERFORM ff_override('f', 'on', organization => 'Straße'); END $$;
SELECT u AS user_key, ff_is_enabled(u, 'f') AS on FROM unnest(ARRAY['zoë', 'Zoë', 'zoe', '用户', '🎉', 'O''Brien "x" \', U&'zoe\0308']) WITH ORDINALITY t(u, i) ORDER BY i;
SELECT ff_is_enabled('x', 'f', '{"organization": "Straße"}') AS on, ff_is_enabled('x', 'f', '{"organization": "Strasse"}') AS off;

CREATE FUNCTION pg_temp.holds(op text, constant text, value text, ignore_case boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('serve', true, 'when', jsonb_build_object('attribute', 'größe.名', 'op', op, 'value', constant, 'ignore_case', ignore_case))));
	RETURN ff_is_enabled('u', 'f', jsonb_build_object('größe', jsonb_build_object('名', value)));
END $$;
-- simple folding: one character for one, whatever the locale (no Turkish i, no ß to ss)
SELECT op, c AS constant, v AS value, pg_temp.holds(op, c, v, true) AS ignoring_case, pg_temp.holds(op, c, v, false) AS minding_it
FROM (VALUES (1, 'eq', 'GRÜSSE', 'grüsse'), (2, 'eq', 'ΣΊΣΥΦΟΣ', 'σίσυφος'), (3, 'eq', 'ПРИВЕТ', 'привет'), (4, 'eq', 'ß', 'ẞ'), (5, 'eq', 'ß', 'ss'), (6, 'eq', 'I', 'ı'), (7, 'eq', 'İ', 'i'), (8, 'eq', 'i', 'I'),
	(9, 'eq', U&'\212A', 'k'), (10, 'eq', 'ſ', 'S'), (11, 'eq', 'ﬁ', 'FI'), (12, 'eq', '用户', '用户'), (13, 'eq', 'Ǆ', 'ǆ'), (14, 'eq', 'Ǆ', 'ǅ'), (15, 'eq', '𐐀', '𐐨'), (16, 'eq', 'é', U&'E\0301'),
	(17, 'starts_with', 'Ü', 'übung'), (18, 'ends_with', 'Ä', 'jä'), (19, 'contains', 'ÉÈ', 'xéèy'), (20, 'contains', 'é', 'xyz'), (21, 'starts_with', U&'\212A', 'Kelvin'), (22, 'contains', 'Σ', 'ὀδυσσεύς'), (23, 'matches', '^GR.SSE$', 'grüsse'),
	(24, 'matches', '^.$', '🎉'), (25, 'matches', '^\p{Lu}+$', 'ÄÖÜ'), (26, 'matches', '\d', '٣'), (27, 'matches', '^\w+$', 'é'), (28, 'ne', 'É', 'é'), (29, 'eq', 'a', 'а')) x(i, op, c, v) ORDER BY i;
-- clipping never cuts a character
SELECT detail FROM ff_explain(repeat('ä', 100), 'f', jsonb_build_object('größe', jsonb_build_object('名', 'x' || repeat('ü', 100)))) WHERE stage IN ('condition', 'answer');
DO $$ BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('serve', true, repeat('ö', 100), 1)));
EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', SQLERRM; END $$;
DO $$ BEGIN
	PERFORM ff_flag_rules('f', jsonb_build_array(jsonb_build_object('serve', 'x' || repeat('ö', 100))));
EXCEPTION WHEN undefined_object THEN RAISE NOTICE '%', SQLERRM; END $$;
-- keys are ASCII
DO $$ BEGIN PERFORM ff_flag_create('größe'); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', SQLERRM; END $$;
SELECT flag, reason, error_code FROM ff_evaluate_detail('u', 'größe');
DO $$ BEGIN
	RESET featureflow.project;
	PERFORM ff_project_delete('eval_unicode', cascade => true);
END $$;

-- a byte order mark before a CSV text is no part of the first key
SELECT ff_segment_create('marked') IS NOT NULL, ff_segment_import('marked', E'\uFEFFuser_key\nJosé'), ff_segment_import('marked', E'\uFEFFZoë');
SELECT user_key FROM ff.segment_members WHERE segment_id = (SELECT id FROM ff.segments WHERE key = 'marked') ORDER BY 1;
SELECT ff_in_segment('José', 'marked'), ff_in_segment('Jose', 'marked'), ff_segment_delete('marked');
