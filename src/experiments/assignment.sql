-- Who takes part in an experiment, as far as more than its split says so.

-- Whether anybody is kept out of the splits while the experiment runs.
CREATE FUNCTION ff._keeps_out(x ff.experiments) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT x.traffic < 1; $$;

-- Refuses what would make shares depend on each other, or on what is settled.
CREATE FUNCTION ff._assignment_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	ELSIF TG_OP = 'UPDATE' AND NEW.salt <> OLD.salt AND OLD.status <> 'draft' THEN
		RAISE EXCEPTION 'the salt of experiment "%" can change while it is a draft only', NEW.key
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Another one would take part of its users out and others in.';
	ELSIF TG_OP = 'UPDATE' AND NEW.traffic <> OLD.traffic AND OLD.status IN ('completed', 'archived') THEN
		RAISE EXCEPTION 'experiment "%" is %', NEW.key, OLD.status
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Who takes part can change while it is a draft or running only.';
	END IF;
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = NEW.flag_id;
	IF ff._keeps_out(NEW) AND f.dialect <> 'native' THEN
		RAISE EXCEPTION 'flag "%" was imported and answers as % does: all its users take part in an experiment', f.key, f.dialect
			USING ERRCODE = 'invalid_parameter_value';
	ELSIF EXISTS (SELECT FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = NEW.environment_id AND s.salt = NEW.salt) THEN
		RAISE EXCEPTION 'the salt of experiment "%" is that of its flag', NEW.key
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Who takes part would decide who gets which variation.';
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER experiments_before_assignment BEFORE INSERT OR UPDATE ON ff.experiments
	FOR EACH ROW EXECUTE FUNCTION ff._assignment_before();

-- The gates before the splits of a flag while an experiment runs on it, in order:
-- {"salt", "from", "to"} of the buckets that pass; NULL where all do.
CREATE FUNCTION ff._gates_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments;
BEGIN
	SELECT t.* INTO x FROM ff.experiments t WHERE t.flag_id = flag_id AND t.environment_id = environment_id AND t.status = 'running';
	IF NOT FOUND OR NOT ff._keeps_out(x) THEN
		RETURN NULL;
	END IF;
	RETURN jsonb_build_object('key', x.key, 'control', x.control,
		'gates', jsonb_build_array(jsonb_build_object('salt', x.salt, 'from', 0, 'to', round(x.traffic * 100000))));
END;
$$;
