-- Proof for a move: what the old system answered, beside what is answered here.

-- The answers that are expected, a row each: of {"user": {"flag": value}}, or
-- of [{"user_key", "flag", "value" or "variation" or "variation_index",
-- "attributes", "reason"}, ...].
CREATE FUNCTION ff._expected_answers(expected jsonb)
RETURNS TABLE (user_key text, flag text, item jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad text;
BEGIN
	IF jsonb_typeof(expected) = 'object' THEN
		SELECT format('$.%I', u.key) INTO bad FROM jsonb_each(expected) u WHERE jsonb_typeof(u.value) <> 'object' LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'the answers of a user are an object of flags' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', bad);
		END IF;
		RETURN QUERY SELECT u.key, f.key, jsonb_build_object('value', f.value)
		FROM jsonb_each(expected) u CROSS JOIN LATERAL jsonb_each(u.value) f;
	ELSIF jsonb_typeof(expected) = 'array' THEN
		SELECT format('$[%s]', e.ordinality - 1) INTO bad FROM jsonb_array_elements(expected) WITH ORDINALITY e
		WHERE NOT coalesce(jsonb_typeof(e.value) = 'object' AND jsonb_typeof(e.value -> 'flag') = 'string'
			AND jsonb_typeof(coalesce(e.value -> 'user_key', 'null')) IN ('string', 'null')
			AND jsonb_typeof(coalesce(e.value -> 'attributes', '{}')) IN ('object', 'null')
			AND e.value ?| '{value,variation,variation_index}', false)
		ORDER BY e.ordinality LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'an expected answer is {"user_key", "flag", "value" or "variation" or "variation_index"}'
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', bad);
		END IF;
		RETURN QUERY SELECT e ->> 'user_key', e ->> 'flag', e - '{user_key,flag}'::text[] FROM jsonb_array_elements(expected) e;
	ELSE
		RAISE EXCEPTION 'expected answers are an object or an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
END;
$$;

-- How a user got an answer, a line a step.
CREATE FUNCTION ff._explanation(user_key text, flag text, attributes jsonb, environment text, project text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(concat_ws(': ', e.stage, e.outcome, nullif(e.detail, '')), E'\n' ORDER BY e.step)
	FROM @extschema@.ff_explain(user_key, flag, attributes, environment, project) e;
$$;

-- The answers that differ, as the configuration is now.  users: {"user":
-- {attributes}}; a user that is not among them is not asked about.
CREATE FUNCTION ff._answers_apart(users jsonb, expected jsonb, environment text, project text)
RETURNS TABLE (user_key text, flag text, expected jsonb, answer jsonb, old_explanation jsonb, explanation text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.user_key, x.flag, x.item - '{attributes,reason}'::text[],
		jsonb_strip_nulls(jsonb_build_object('variation', d.variation, 'variation_index', d.variation_index, 'reason', d.reason,
			'error_code', d.error_code, 'provider_reason', d.provider_reason)) || jsonb_build_object('value', d.value),
		x.item -> 'reason', ff._explanation(x.user_key, x.flag, x.attributes, environment, project)
	FROM (SELECT a.user_key, a.flag, a.item, nullif(coalesce(users -> a.user_key, '{}')
			|| CASE jsonb_typeof(a.item -> 'attributes') WHEN 'object' THEN a.item -> 'attributes' ELSE '{}' END, '{}') AS attributes
		FROM ff._expected_answers(expected) a
		WHERE users IS NULL OR users ? coalesce(a.user_key, '')) x
	CROSS JOIN LATERAL @extschema@.ff_evaluate_detail(x.user_key, x.flag, x.attributes, environment, NULL, project) d
	WHERE (x.item ? 'value' AND coalesce(d.value, 'null') <> x.item -> 'value')
		OR (x.item ? 'variation' AND d.variation IS DISTINCT FROM x.item ->> 'variation')
		OR (x.item ? 'variation_index' AND to_jsonb(d.variation_index) IS DISTINCT FROM nullif(x.item -> 'variation_index', 'null'))
	ORDER BY x.user_key COLLATE "C", x.flag COLLATE "C";
$$;

-- The same after an import that is taken back; without a configuration, at once.
CREATE FUNCTION ff._verify(provider text, config jsonb, users jsonb, answers jsonb, environment text, options jsonb, project text)
RETURNS TABLE (user_key text, flag text, expected jsonb, answer jsonb, old_explanation jsonb, explanation text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	apart jsonb;
BEGIN
	IF NOT EXISTS (SELECT FROM ff._expected_answers(answers) a WHERE users IS NULL OR users ? coalesce(a.user_key, '')) THEN
		RAISE EXCEPTION 'there is nothing to compare: no answer is expected of any of these users'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Expected is {"user": {"flag": value}}, or a list with a user_key each.';
	END IF;
	IF config IS NULL THEN
		RETURN QUERY SELECT a.* FROM ff._answers_apart($3, $4, $5, $7) a;
		RETURN;
	END IF;
	BEGIN
		PERFORM @extschema@.ff_import(provider, config, environment, options, project);
		SELECT jsonb_agg(to_jsonb(a)) INTO apart FROM ff._answers_apart($3, $4, $5, $7) a;
		RAISE EXCEPTION SQLSTATE 'FFDRY';
	EXCEPTION WHEN SQLSTATE 'FFDRY' THEN
		NULL;
	END;
	RETURN QUERY SELECT a ->> 'user_key', a ->> 'flag', a -> 'expected', a -> 'answer', a -> 'old_explanation', a ->> 'explanation'
	FROM jsonb_array_elements(coalesce(apart, '[]')) a;
END;
$$;

-- The key column that a relation of users is read by: the one named, else its
-- primary key.
CREATE FUNCTION ff._user_column(relation regclass, wanted text) RETURNS name
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result name;
BEGIN
	IF wanted IS NOT NULL THEN
		SELECT a.attname INTO result FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attname = wanted AND a.attnum > 0 AND NOT a.attisdropped;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'column "%" of "%" does not exist', wanted, relation USING ERRCODE = 'undefined_column';
		END IF;
		RETURN result;
	END IF;
	SELECT a.attname INTO result FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'relation "%" has no primary key of one column', relation
			USING ERRCODE = 'undefined_column', HINT = 'Name the column with the key of the user.';
	END IF;
	RETURN result;
END;
$$;

-- {"user": {attributes}} of a relation's rows.
CREATE FUNCTION ff._users_of(relation regclass, key_column text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT coalesce(jsonb_object_agg(u.%1$I::text, to_jsonb(u)), ''{}'') FROM %2$s u WHERE u.%1$I IS NOT NULL',
		ff._user_column(relation, key_column), relation) INTO result;
	RETURN result;
END;
$$;

-- The relation that a name means to the caller, by the search path given.
CREATE FUNCTION ff._relation_named(name text, search_path text) RETURNS regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM set_config('search_path', search_path, true);
	RETURN name::pg_catalog.regclass;
END;
$$;

CREATE FUNCTION @extschema@.ff_verify_import(
	provider text,
	config jsonb,
	users text[],
	expected jsonb,
	environment text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS TABLE (user_key text, flag text, expected jsonb, answer jsonb, old_explanation jsonb, explanation text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.* FROM ff._verify($1, $2, (SELECT jsonb_object_agg(u, '{}'::jsonb) FROM unnest($3) u WHERE u IS NOT NULL), $4, $5, $6, $7) v
	WHERE $3 IS NULL OR $3 <> '{}';
$$;
COMMENT ON FUNCTION @extschema@.ff_verify_import(text, jsonb, text[], jsonb, text, jsonb, text) IS
'The users whose answer is not the one that the old system gave, each with what was expected, what is answered and both explanations; no row: nobody moves. The configuration is imported (as ff_import with these options) and taken back; config NULL: as it is now. users: the keys to ask about, NULL: all that answers are expected of.
expected: {"user": {"flag": value}} or [{"user_key", "flag", "value" or "variation" or "variation_index", "attributes", "reason"}, ...], where reason is shown as old_explanation. Writes nothing that stays. Errors: those of ff_import; 22023 expected is of another shape, with the path.';

CREATE FUNCTION @extschema@.ff_verify_import(
	provider text,
	config jsonb,
	users regclass,
	expected jsonb,
	environment text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	key_column text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (user_key text, flag text, expected jsonb, answer jsonb, old_explanation jsonb, explanation text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.* FROM ff._verify($1, $2, ff._users_of($3, $7), $4, $5, $6, $8) v;
$$;
COMMENT ON FUNCTION @extschema@.ff_verify_import(text, jsonb, regclass, jsonb, text, jsonb, text, text) IS
'The same for the users of a relation, whose columns are their attributes (attributes of an expected answer win). key_column: the column with the key of the user, by default the primary key. The caller reads the relation with its own rights. Error 42703: there is no such column.';

-- A literal could be either of them: it is a relation.
CREATE FUNCTION @extschema@.ff_verify_import(
	provider text,
	config jsonb,
	users text,
	expected jsonb,
	environment text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	key_column text DEFAULT NULL,
	search_path text DEFAULT current_setting('search_path'),
	project text DEFAULT NULL
) RETURNS TABLE (user_key text, flag text, expected jsonb, answer jsonb, old_explanation jsonb, explanation text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v.* FROM ff._verify($1, $2, CASE WHEN $3 IS NOT NULL THEN ff._users_of(ff._relation_named($3, $8), $7) END, $4, $5, $6, $9) v;
$$;
COMMENT ON FUNCTION @extschema@.ff_verify_import(text, jsonb, text, jsonb, text, jsonb, text, text, text) IS
'The same for the users of a relation by name, found in search_path as the caller finds it; NULL: all that answers are expected of.';
