-- Keys to rows.  Each raises an error that names what is missing.

CREATE FUNCTION ff._required(what text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL THEN
		RAISE EXCEPTION 'the % is required', what USING ERRCODE = 'null_value_not_allowed';
	END IF;
	RETURN value;
END;
$$;

-- Refuses a time near the limits of the calendar, or beyond: what is reckoned from
-- it would not fit.
CREATE FUNCTION ff._check_time(what text, at timestamptz) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF at < '0001-01-01 00:00:00+00' OR at >= '10000-01-01 00:00:00+00' THEN
		RAISE EXCEPTION '% is of the years 1 to 9999, not %', what, at USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- Refuses to keep what is younger than no time.
CREATE FUNCTION ff._check_keep(keep interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF keep < interval '0' THEN
		RAISE EXCEPTION 'the interval to keep is negative' USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- Deletes what a table of ours has had for longer than an interval; how many rows.
CREATE FUNCTION ff._forget(table_name text, time_column text, keep interval) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	forgotten bigint;
BEGIN
	PERFORM ff._required('interval to keep', keep::text), ff._check_keep(keep);
	EXECUTE format('DELETE FROM ff.%I t WHERE t.%I < now() - $1', table_name, time_column) USING keep;
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END;
$$;

-- The object that a string holds: PostgREST before 13 hands jsonb arguments of GET
-- over as strings.  Anything else stays what it is, for whoever reads it to refuse.
CREATE FUNCTION ff._object(given jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(given) = 'string' AND given #>> '{}' ~ '^\s*\{' THEN
		RETURN (given #>> '{}')::jsonb;
	END IF;
	RETURN given;
EXCEPTION WHEN data_exception THEN
	RETURN given;
END;
$$;

-- Refuses members of an object that nothing reads: one that is mistyped would
-- leave the default in force.
CREATE FUNCTION ff._check_options(owner text, given jsonb, known text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad text;
BEGIN
	IF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION 'options of % are an object', owner USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT k INTO bad FROM jsonb_object_keys(given) k WHERE k <> ALL (known) ORDER BY k COLLATE "C" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'unknown option "%" of %', left(bad, 100), owner
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It has %s.', array_to_string(known, ', '));
	END IF;
END;
$$;

-- A row with the columns that an object names changed; owner says whose they are.
CREATE FUNCTION ff._with_options(owner text, base anyelement, given jsonb, known text[]) RETURNS anyelement
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text;
BEGIN
	PERFORM ff._check_options(owner, given, known);
	FOR name IN SELECT k FROM jsonb_object_keys(given) k ORDER BY k COLLATE "C" LOOP
		BEGIN
			base := jsonb_populate_record(base, jsonb_build_object(name, given -> name));
		EXCEPTION WHEN data_exception THEN
			RAISE EXCEPTION '% of % cannot be %', name, owner, left((given -> name)::text, 100)
				USING ERRCODE = 'invalid_parameter_value', DETAIL = SQLERRM;
		END;
	END LOOP;
	RETURN base;
END;
$$;

-- An omitted project is featureflow.project.
CREATE FUNCTION ff._project(project text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted text := coalesce(project, ff._setting('project'));
	result uuid;
BEGIN
	SELECT p.id INTO result FROM ff.projects p WHERE p.key = wanted;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'project "%" does not exist', wanted USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- An omitted environment is featureflow.environment.
CREATE FUNCTION ff._environment(project_id uuid, environment text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	wanted text := coalesce(environment, ff._setting('environment'));
	result uuid;
BEGIN
	SELECT e.id INTO result FROM ff.environments e WHERE e.project_id = project_id AND e.key = wanted;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'environment "%" does not exist', wanted USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION ff._flag(project_id uuid, flag text) RETURNS ff.flags
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.flags;
BEGIN
	SELECT f.* INTO result FROM ff.flags f WHERE f.project_id = project_id AND f.key = ff._required('flag', flag);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'flag "%" does not exist', flag USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION ff._segment(project_id uuid, segment text) RETURNS ff.segments
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.segments;
BEGIN
	SELECT g.* INTO result FROM ff.segments g WHERE g.project_id = project_id AND g.key = ff._required('segment', segment);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'segment "%" does not exist', segment USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

CREATE FUNCTION ff._plan(project_id uuid, plan text) RETURNS ff.plans
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result ff.plans;
BEGIN
	SELECT l.* INTO result FROM ff.plans l WHERE l.project_id = project_id AND l.key = ff._required('plan', plan);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'plan "%" does not exist', plan USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- The key of a variation that the flag has; true and false mean on and off where
-- none is called so.
CREATE FUNCTION ff._variation(f ff.flags, variation text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[] := ff._variation_keys(f.variations);
	wanted text := CASE
		WHEN f.kind <> 'boolean' OR variation = ANY (known) THEN variation
		WHEN variation = 'true' THEN 'on'
		WHEN variation = 'false' THEN 'off'
		ELSE variation END;
BEGIN
	IF wanted IS NULL THEN
		RAISE EXCEPTION 'a variation of flag "%" is required', f.key
			USING ERRCODE = 'null_value_not_allowed',
				DETAIL = format('It has %s.', array_to_string(known, ', '));
	END IF;
	IF wanted <> ALL (known) THEN
		RAISE EXCEPTION 'flag "%" has no variation "%"', f.key, variation
			USING ERRCODE = 'undefined_object', DETAIL = format('It has %s.', array_to_string(known, ', '));
	END IF;
	RETURN wanted;
END;
$$;

-- A key that is about to be given to something new.
CREATE FUNCTION ff._new_key(what text, key text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._is_key(ff._required(what || ' key', key)) THEN
		RAISE EXCEPTION '"%" is not a valid % key', left(key, 100), what
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'A key has 1 to 255 letters, digits, _ . or -.';
	END IF;
	RETURN key;
END;
$$;

-- What something is called: its key where it has no name.
CREATE FUNCTION ff._name(key text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(nullif(name, ''), key); $$;

-- The flag that is about to change: the project is locked before it is read.
CREATE FUNCTION ff._open_flag(flag text, project text) RETURNS ff.flags
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	project_id uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(project_id);
	RETURN ff._flag(project_id, flag);
END;
$$;

-- Whose way of answering a dialect is.
CREATE FUNCTION ff._dialect_name(dialect text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE dialect WHEN 'native' THEN 'FeatureFlow' ELSE dialect END; $$;

-- What of an imported flag is its provider's to say is not changed here.
CREATE FUNCTION ff._refuse_imported(f ff.flags, what text DEFAULT 'targets, rules and default') RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF f.dialect <> 'native' THEN
		RAISE EXCEPTION 'the % of flag "%" cannot be changed: it was imported and answers as % does', what, f.key, f.dialect
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Change it there and import it again with ff_import.';
	END IF;
END;
$$;

-- The same with the flag itself, which is about to change.
CREATE FUNCTION ff._open_native_flag(flag text, project text, what text) RETURNS ff.flags
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags := ff._open_flag(flag, project);
BEGIN
	PERFORM ff._refuse_imported(f, what);
	RETURN f;
END;
$$;

-- The segment that is about to change: the project is locked before it is read.
CREATE FUNCTION ff._open_segment(segment text, project text) RETURNS ff.segments
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home uuid := ff._project(project);
BEGIN
	PERFORM ff._lock_project(home);
	RETURN ff._segment(home, segment);
END;
$$;

-- What is in force as the statement starts: the newest step that has come since
-- the value was set, else the value itself.
CREATE FUNCTION ff._enabled_now(s ff.flag_settings) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT c.enabled FROM ff.schedules c
		WHERE c.flag_id = s.flag_id AND c.environment_id = s.environment_id AND c.enabled IS NOT NULL
			AND c.at > coalesce(s.enabled_at, '-infinity') AND c.at <= statement_timestamp()
		ORDER BY c.at DESC LIMIT 1), s.enabled);
END;
$$;

CREATE FUNCTION ff._default_now(s ff.flag_settings) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT c.serve FROM ff.schedules c
		WHERE c.flag_id = s.flag_id AND c.environment_id = s.environment_id AND c.serve IS NOT NULL
			AND c.at > coalesce(s.default_at, '-infinity') AND c.at <= statement_timestamp()
		ORDER BY c.at DESC LIMIT 1), s.default_serve);
END;
$$;

-- A flag's settings as they are in force, steps of the schedule included.
CREATE FUNCTION ff._settings_in_force(s ff.flag_settings) RETURNS ff.flag_settings
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	s.enabled := ff._enabled_now(s);
	s.default_serve := ff._default_now(s);
	RETURN s;
END;
$$;

-- A flag's settings in an environment as they are in force, made if it has none
-- there.
CREATE FUNCTION ff._open_setting(f ff.flags, environment text) RETURNS ff.flag_settings
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted uuid := ff._environment(f.project_id, environment);
	off_key text := CASE f.dialect WHEN 'native' THEN ff._off_variation(f.variations) ELSE '' END;
	result ff.flag_settings;
BEGIN
	SELECT s.* INTO result FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = wanted;
	IF NOT FOUND THEN
		INSERT INTO ff.flag_settings AS s (flag_id, environment_id, default_serve, off_variation, salt)
		VALUES (f.id, wanted, to_jsonb(off_key), off_key, f.key);
		SELECT s.* INTO result FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = wanted;
	END IF;
	RETURN ff._settings_in_force(result);
END;
$$;

-- Writes a changed setting, checked before and, with all around it, after.
CREATE FUNCTION ff._store_setting(f ff.flags, s ff.flag_settings) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF f.dialect = 'native' THEN
		PERFORM ff._check_flag_settings(f.variations, f.kind, s.targets, s.rules, s.default_serve, s.off_variation, f.dialect);
	ELSE
		PERFORM ff._check_imported_settings(f, s);
	END IF;
	UPDATE ff.flag_settings t
	SET enabled = s.enabled, targets = s.targets, rules = s.rules, default_serve = s.default_serve,
		off_variation = s.off_variation, salt = s.salt
	WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id
		AND ((t.enabled, t.targets, t.rules, t.default_serve, t.off_variation, t.salt)
			IS DISTINCT FROM (s.enabled, s.targets, s.rules, s.default_serve, s.off_variation, s.salt)
			OR (ff._enabled_now(t), ff._default_now(t)) IS DISTINCT FROM (s.enabled, s.default_serve));
	PERFORM ff._check_now('flag', f.id);
END;
$$;
