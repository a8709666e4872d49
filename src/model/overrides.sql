-- Exceptions for one user or organization, with reason and expiry.

-- Exactly one of the two subjects: its kind and key.
CREATE FUNCTION ff._subject(user_key text, organization text, OUT kind text, OUT subject text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (user_key IS NULL) = (organization IS NULL) THEN
		RAISE EXCEPTION 'an override is for exactly one of user_key and organization'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	kind := CASE WHEN user_key IS NULL THEN 'organization' ELSE 'user' END;
	subject := coalesce(user_key, organization);
	IF length(subject) NOT BETWEEN 1 AND 1024 THEN
		RAISE EXCEPTION 'the key of % has 1 to 1024 characters, not %',
				CASE kind WHEN 'user' THEN 'a user' ELSE 'an organization' END, length(subject)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- An imported flag has in an environment the variations that it was imported
-- with there: an override to another one would be passed over.
CREATE FUNCTION ff._check_imported_variation(f ff.flags, env uuid, variation text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[];
BEGIN
	IF f.dialect = 'native' THEN
		RETURN;
	END IF;
	SELECT ff._variation_keys(s.rules #> '{0,variations}') INTO known FROM ff.flag_settings s
	WHERE s.flag_id = f.id AND s.environment_id = env AND s.rules <> '[]';
	IF NOT FOUND OR variation <> ALL (known) THEN
		RAISE EXCEPTION 'flag "%" has no variation "%" in this environment', f.key, variation
			USING ERRCODE = 'undefined_object',
				DETAIL = CASE WHEN known IS NULL THEN 'It was not imported into it.'
					ELSE format('It was imported with %s.', array_to_string(known, ', ')) END;
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_override(
	flag text,
	variation text,
	user_key text DEFAULT NULL,
	organization text DEFAULT NULL,
	reason text DEFAULT NULL,
	expires timestamptz DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	env uuid := ff._environment(f.project_id, environment);
	wanted text := ff._variation(f, variation);
	s record := ff._subject(user_key, organization);
	result uuid;
BEGIN
	IF expires <= statement_timestamp() THEN
		RAISE EXCEPTION 'an override cannot expire in the past' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._check_imported_variation(f, env, wanted);
	INSERT INTO ff.overrides AS o (flag_id, environment_id, subject_kind, subject, variation, expires_at, reason)
	VALUES (f.id, env, s.kind, s.subject, wanted, expires, nullif(reason, ''))
	ON CONFLICT ON CONSTRAINT overrides_flag_id_environment_id_subject_kind_subject_key DO UPDATE
	SET variation = excluded.variation, expires_at = excluded.expires_at, reason = excluded.reason,
		created_by = excluded.created_by, created_at = excluded.created_at
	RETURNING o.id INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_override IS
'Serves a variation to one user (user_key) or one organization (attribute "organization") in an environment, before targets and rules, until it expires. A second call replaces the first. Returns the id of the override.';

CREATE FUNCTION @extschema@.ff_override_remove(
	flag text,
	user_key text DEFAULT NULL,
	organization text DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	env uuid := ff._environment(f.project_id, environment);
	s record := ff._subject(user_key, organization);
BEGIN
	DELETE FROM ff.overrides o
	WHERE o.flag_id = f.id AND o.environment_id = env AND o.subject_kind = s.kind AND o.subject = s.subject;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'flag "%" has no override for % "%"', f.key, s.kind, s.subject USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_override_remove IS
'Removes the override of one user or organization in an environment, expired or not. Error 42704: there is none.';
