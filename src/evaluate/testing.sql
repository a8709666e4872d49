-- For tests and local development: variations forced for one's own session.

CREATE FUNCTION ff_session_override(flag text, variation text, local boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	others text;
BEGIN
	IF flag IS NULL THEN
		RAISE EXCEPTION 'the flag is required' USING ERRCODE = 'null_value_not_allowed';
	ELSIF flag !~ '^[A-Za-z0-9_.-]+$' THEN
		RAISE EXCEPTION 'invalid flag key "%"', flag USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF variation IS NOT NULL AND variation !~ '^[^,=]+$' THEN
		RAISE EXCEPTION 'invalid variation key "%"', variation USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF NOT coalesce(current_setting('featureflow.allow_overrides', true), 'off')::boolean THEN
		RAISE EXCEPTION 'session overrides are not allowed here'
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'A superuser can set featureflow.allow_overrides to on.';
	END IF;
	SELECT string_agg(trim(item), ',') INTO others
	FROM unnest(string_to_array(current_setting('featureflow.override', true), ',')) item
	WHERE trim(item) <> '' AND trim(split_part(item, '=', 1)) <> flag;
	RETURN set_config('featureflow.override',
		concat_ws(',', others, flag || '=' || variation), local);
END
$$;
COMMENT ON FUNCTION ff_session_override(text, text, boolean) IS
'Forces a variation of a flag in this session, or with local => true until the end of the transaction; a NULL variation takes it back. Returns the setting featureflow.override as it then stands. Raises 55000 where featureflow.allow_overrides is off.';

CREATE FUNCTION ff_session_reset() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM set_config('featureflow.override', '', false);
END
$$;
COMMENT ON FUNCTION ff_session_reset() IS 'Takes back all session overrides.';

CREATE FUNCTION ff_assert(user_key text, flag text, expected text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	answer record;
BEGIN
	SELECT * INTO answer FROM @extschema@.ff_evaluate_detail(user_key, flag, attributes, environment, NULL, project);
	IF answer.variation IS DISTINCT FROM expected
			AND NOT coalesce(jsonb_typeof(answer.value) = 'boolean' AND answer.value::text = expected, false) THEN
		RAISE EXCEPTION 'flag "%" serves % to user "%", expected %',
			flag, coalesce('"' || answer.variation || '"', 'nothing'), coalesce(user_key, ''),
			coalesce('"' || expected || '"', 'nothing')
			USING ERRCODE = 'assert_failure',
				DETAIL = concat('Reason ', answer.reason, coalesce(' ' || answer.error_code, ''),
					coalesce(', rule ' || answer.rule, ''), '.');
	END IF;
END
$$;
COMMENT ON FUNCTION ff_assert(text, text, text, jsonb, text, text) IS
'For tests: raises P0004 unless the user gets the expected variation; true and false mean on and off, NULL that there is no answer.';
