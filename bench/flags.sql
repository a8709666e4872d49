-- :flags boolean flags, flag-1 to flag-N, each visible to clients, with a rule
-- of three conditions that serves a split of 50 to 50.
CREATE PROCEDURE make_flags(flags int) LANGUAGE plpgsql AS $$
DECLARE
	rules CONSTANT jsonb := '[{"id": "segment", "when": {"all": [
		{"attribute": "country", "op": "in", "values": ["DE", "FR", "GB", "US"]},
		{"attribute": "plan", "op": "eq", "values": ["pro"]},
		{"attribute": "age", "op": "ge", "values": [30]}]},
		"serve": {"split": [{"variation": "on", "weight": 50}, {"variation": "off", "weight": 50}]}}]';
BEGIN
	FOR n IN 1..flags LOOP
		PERFORM ff_flag_create('flag-' || n);
		PERFORM ff_flag_rules('flag-' || n, rules);
		PERFORM ff_flag_visible('flag-' || n, true);
		IF n % 200 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END $$;

CALL make_flags(:flags);
VACUUM ANALYZE;
