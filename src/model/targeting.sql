-- Who is served what in an environment: targets, rules, default, off
-- variation, salt; and, for all environments, prerequisites.

-- A serve in its stored form.  Malformed parts are left as they are: the
-- checker names their path.
CREATE FUNCTION ff._serve(f ff.flags, serve jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	split jsonb;
BEGIN
	IF f.kind = 'boolean' AND serve IN ('true', 'false', '"true"', '"false"') THEN
		RETURN CASE serve #>> '{}' WHEN 'true' THEN '"on"' ELSE '"off"' END::jsonb;
	ELSIF jsonb_typeof(serve) <> 'object' OR NOT serve ? 'split' THEN
		RETURN serve;
	END IF;
	split := serve -> 'split';
	IF jsonb_typeof(split) = 'object' THEN
		SELECT jsonb_agg(jsonb_build_object('variation', x.key, 'weight', x.value)
			ORDER BY array_position(ff._variation_keys(f.variations), x.key), x.key COLLATE "C")
		INTO split FROM (
			SELECT CASE WHEN f.kind = 'boolean' AND e.key = 'true' THEN 'on'
				WHEN f.kind = 'boolean' AND e.key = 'false' THEN 'off' ELSE e.key END AS key, e.value
			FROM jsonb_each(split) e) x;
	ELSIF jsonb_typeof(split) = 'array' AND f.kind = 'boolean' THEN
		SELECT jsonb_agg(CASE e.value -> 'variation'
				WHEN 'true' THEN e.value || '{"variation": "on"}'
				WHEN 'false' THEN e.value || '{"variation": "off"}'
				ELSE e.value END ORDER BY e.ordinality)
		INTO split FROM jsonb_array_elements(split) WITH ORDINALITY e;
	END IF;
	RETURN serve || jsonb_build_object('split', coalesce(split, '[]'));
END;
$$;

-- Rules in their stored form.
CREATE FUNCTION ff._rules(f ff.flags, rules jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(rules) = 'null' THEN '[]'
	WHEN jsonb_typeof(rules) = 'array' THEN (
		SELECT coalesce(jsonb_agg(
			CASE WHEN jsonb_typeof(r.value) = 'object' AND r.value ? 'serve'
				THEN r.value || jsonb_build_object('serve', ff._serve(f, r.value -> 'serve'))
				ELSE r.value END ORDER BY r.ordinality), '[]')
		FROM jsonb_array_elements(rules) WITH ORDINALITY r)
	ELSE rules END;
$$;

CREATE FUNCTION @extschema@.ff_flag_rules(
	flag text,
	rules jsonb,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'rules');
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	s.rules := ff._rules(f, coalesce(rules, '[]'));
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_rules IS
'Replaces the rules of a flag in an environment; the first that matches serves. A rule is {"id", "name", "description", "when", "serve", "from", "until"}, all but serve optional.
serve: a variation, or {"split": [{"variation", "weight"}, ...], "by": attribute}; weights are percentages with up to three decimals and add up to 100. NULL or [] takes all rules away. Errors, each with the JSON path of the fault: 22023 a malformed document, 42704 an unknown variation or segment, 2201B a regular expression that does not compile, 54000 beyond a limit.';

CREATE FUNCTION @extschema@.ff_flag_default(
	flag text,
	serve jsonb,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'default');
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	PERFORM ff._required('serve', nullif(serve, 'null')::text);
	s.default_serve := ff._serve(f, serve);
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_default IS
'Sets what a flag serves in an environment when no target and no rule matches: "variation" (true and false on boolean flags), or {"split": {"a": 50, "b": 50}, "by": attribute}.';

CREATE FUNCTION @extschema@.ff_flag_off(
	flag text,
	variation text,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'off variation');
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	s.off_variation := ff._variation(f, variation);
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_off IS
'Sets the off variation of a flag in an environment: what is served while it is disabled, killed, archived, or its plan or prerequisites are not met.';

-- The variation that a rollout spreads when none is named.
CREATE FUNCTION ff._rollout_variation(f ff.flags, variation text, off_variation text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	others text[] := array_remove(ff._variation_keys(f.variations), off_variation);
BEGIN
	PERFORM ff._refuse_imported(f);
	IF variation IS NULL AND cardinality(others) = 1 THEN
		RETURN others[1];
	END IF;
	variation := ff._variation(f, variation);
	IF variation = off_variation THEN
		RAISE EXCEPTION 'variation "%" is the off variation of flag "%" and cannot be rolled out', variation, f.key
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN variation;
END;
$$;

-- What serves a variation to a percentage and the off variation to the rest.
CREATE FUNCTION ff._rollout_serve(percentage numeric, spread text, off_variation text, bucket_by text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF percentage IS NULL OR NOT percentage BETWEEN 0 AND 100 OR percentage <> round(percentage, 3) THEN
		RAISE EXCEPTION 'a percentage is between 0 and 100 with at most three decimals, not %', coalesce(percentage::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	percentage := trim_scale(percentage);
	IF bucket_by IS NULL AND percentage IN (0, 100) THEN
		RETURN to_jsonb(CASE percentage WHEN 0 THEN off_variation ELSE spread END);
	END IF;
	RETURN jsonb_build_object('split', jsonb_build_array(
			jsonb_build_object('variation', spread, 'weight', percentage),
			jsonb_build_object('variation', off_variation, 'weight', 100 - percentage)))
		|| CASE WHEN bucket_by IS NULL THEN '{}' ELSE jsonb_build_object('by', bucket_by) END;
END;
$$;

CREATE FUNCTION @extschema@.ff_flag_rollout(
	flag text,
	percentage numeric,
	environment text DEFAULT NULL,
	variation text DEFAULT NULL,
	by text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'default');
	s ff.flag_settings := ff._open_setting(f, environment);
	spread text := ff._rollout_variation(f, variation, s.off_variation);
BEGIN
	s.default_serve := ff._rollout_serve(percentage, spread, s.off_variation,
		nullif(coalesce(by, s.default_serve ->> 'by'), ''));
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_rollout IS
'Serves a variation (of a flag with two, the one that is not off) to a percentage of the users by default, and the off variation to the others. It is laid from bucket 0, so raising the percentage moves nobody out.
by: the attribute whose value is bucketed; omitted, the present one stays, an empty string is the user key. Steps of the schedule that are still to come stay.';

CREATE FUNCTION @extschema@.ff_flag_salt(
	flag text,
	salt text DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'salt');
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	s.salt := coalesce(nullif(salt, ''), f.key);
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_salt IS
'Sets what is hashed together with the key of a user: another salt shuffles who is in which part of a split, the same salt on two flags gives them the same users. NULL is the key of the flag.';

-- User keys that were given, each once, in their order.
CREATE FUNCTION ff._users(users text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF array_position(users, NULL) IS NOT NULL OR '' = ANY (users) THEN
		RAISE EXCEPTION 'a user key cannot be empty' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN ARRAY(SELECT u.u FROM unnest(users) WITH ORDINALITY u(u, i) GROUP BY u.u ORDER BY min(u.i));
END;
$$;

-- Targets without some users (NULL: without any), in one variation or in all.
CREATE FUNCTION ff._targets_without(targets jsonb, users text[], variation text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(k.key, k.kept) FILTER (WHERE k.kept IS NOT NULL), '{}') FROM (
		SELECT t.key, CASE WHEN variation IS NULL OR t.key = variation THEN (
			SELECT jsonb_agg(u.value ORDER BY u.ordinality)
			FROM jsonb_array_elements_text(t.value) WITH ORDINALITY u
			WHERE users IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(users) x WHERE x = u.value))
		ELSE t.value END AS kept
		FROM jsonb_each(targets) t) k;
$$;

CREATE FUNCTION @extschema@.ff_flag_target(
	flag text,
	variation text,
	users text[],
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'targets');
	s ff.flag_settings := ff._open_setting(f, environment);
	wanted text := ff._variation(f, variation);
	present text[] := ARRAY(SELECT jsonb_array_elements_text(s.targets -> wanted));
	given text[] := ff._users(users);
BEGIN
	IF users IS NULL THEN
		RAISE EXCEPTION 'the users are required' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF given = '{}' THEN
		RETURN;
	END IF;
	s.targets := ff._targets_without(s.targets, given, NULL)
		|| jsonb_build_object(wanted, ff._users(present || given));
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_target IS
'Serves a variation to single users, by key, before any rule. A user stands under one variation: the last call wins.';

CREATE FUNCTION @extschema@.ff_flag_untarget(
	flag text,
	variation text DEFAULT NULL,
	users text[] DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_native_flag(flag, project, 'targets');
	s ff.flag_settings := ff._open_setting(f, environment);
BEGIN
	IF variation IS NOT NULL THEN
		variation := ff._variation(f, variation);
	END IF;
	s.targets := ff._targets_without(s.targets, users, variation);
	PERFORM ff._store_setting(f, s);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_untarget IS
'Takes single users out of a variation''s targets; a NULL variation means all variations, NULL users all users. Users that are not targeted are passed over.';

CREATE FUNCTION @extschema@.ff_flag_require(
	flag text,
	prerequisite text,
	variation text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	p ff.flags := ff._flag(f.project_id, prerequisite);
	wanted text := ff._variation(p, CASE WHEN p.kind = 'boolean' THEN coalesce(variation, 'on') ELSE variation END);
BEGIN
	IF p.id = f.id THEN
		RAISE EXCEPTION 'flag "%" cannot require itself', f.key USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF p.archived_at IS NOT NULL THEN
		RAISE EXCEPTION 'flag "%" is archived', p.key USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	INSERT INTO ff.prerequisites AS r (flag_id, prerequisite_id, variation) VALUES (f.id, p.id, wanted)
	ON CONFLICT ON CONSTRAINT prerequisites_pkey DO UPDATE SET variation = excluded.variation
	WHERE r.variation <> excluded.variation;
	PERFORM ff._refuse_prerequisite_cycle(f.project_id, f.key);
	PERFORM ff._check_now('prerequisites', f.project_id);
	PERFORM ff._check_now('flag', f.id);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_require IS
'Makes a flag serve its off variation unless another flag serves the user a certain variation (of a boolean flag: on), in every environment. Error 22023: that would close a cycle; the detail draws it.';

CREATE FUNCTION @extschema@.ff_flag_unrequire(flag text, prerequisite text, project text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	p ff.flags := ff._flag(f.project_id, prerequisite);
BEGIN
	DELETE FROM ff.prerequisites r WHERE r.flag_id = f.id AND r.prerequisite_id = p.id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'flag "%" does not require flag "%"', f.key, p.key USING ERRCODE = 'undefined_object';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_unrequire IS
'Takes a prerequisite away from a flag. Error 42704: it has no such prerequisite.';
