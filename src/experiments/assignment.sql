-- Who takes part in an experiment, as far as more than its split says so.

-- Whether, while the experiment runs, more than the flag itself says who gets what:
-- users are kept out of its splits, or keep what they have met.
CREATE FUNCTION ff._steers(x ff.experiments) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT x.traffic < 1 OR x.sticky OR x.holdout_id IS NOT NULL OR x.exclusion_group_id IS NOT NULL; $$;

-- Refuses what would move units that take part, or move them once it is settled.
CREATE FUNCTION ff._assignment_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f ff.flags;
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	ELSIF TG_OP = 'UPDATE' AND OLD.status <> 'draft' AND (NEW.salt, NEW.holdout_id, NEW.exclusion_group_id, NEW.exclusion_from, NEW.exclusion_to, NEW.sticky)
			IS DISTINCT FROM (OLD.salt, OLD.holdout_id, OLD.exclusion_group_id, OLD.exclusion_from, OLD.exclusion_to, OLD.sticky) THEN
		RAISE EXCEPTION 'salt, holdout, exclusion group and stickiness of experiment "%" can change while it is a draft only', NEW.key
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Users would be moved in and out of it, or between its variations.';
	ELSIF TG_OP = 'UPDATE' AND NEW.traffic <> OLD.traffic AND OLD.status IN ('completed', 'archived') THEN
		RAISE EXCEPTION 'experiment "%" is %', NEW.key, OLD.status
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Its traffic can change while it is a draft or running only.';
	END IF;
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = NEW.flag_id;
	IF ff._steers(NEW) AND f.dialect <> 'native' THEN
		RAISE EXCEPTION 'flag "%" was imported and answers as % does: an experiment on it has all its users, by its own splits', f.key, f.dialect
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER experiments_before_assignment BEFORE INSERT OR UPDATE ON ff.experiments
	FOR EACH ROW EXECUTE FUNCTION ff._assignment_before();

-- The buckets by which an experiment takes its units, in the order in which they
-- are asked for.  kind: holdout, exclusion_group or traffic.
CREATE FUNCTION ff._gates(x ff.experiments) RETURNS TABLE (kind text, key text, salt text, first int, until int)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'holdout', h.key, h.salt, (h.share * 100000)::int, 100000 FROM ff.holdouts h WHERE h.id = x.holdout_id
	UNION ALL
	SELECT 'exclusion_group', g.key, g.salt, x.exclusion_from, x.exclusion_to FROM ff.exclusion_groups g WHERE g.id = x.exclusion_group_id
	UNION ALL
	SELECT 'traffic', x.key, x.salt, 0, (x.traffic * 100000)::int WHERE x.traffic < 1;
$$;

-- The same as a document.
CREATE FUNCTION ff._gates_document(x ff.experiments) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('kind', g.kind, 'key', g.key, 'salt', g.salt, 'from', g.first, 'to', g.until)), '[]') FROM ff._gates(x) g;
$$;

-- Refuses shares that depend on each other, or that two experiments have.
CREATE FUNCTION ff._check_assignment(x ff.experiments) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	salts text[] := ARRAY(SELECT g.salt FROM ff._gates(x) g WHERE g.kind <> 'traffic')
		|| x.salt::text || ARRAY(SELECT s.salt::text FROM ff.flag_settings s WHERE s.flag_id = x.flag_id AND s.environment_id = x.environment_id);
	other text;
BEGIN
	IF EXISTS (SELECT FROM ff.holdouts h WHERE h.id = x.holdout_id AND h.project_id <> x.project_id)
			OR EXISTS (SELECT FROM ff.exclusion_groups g WHERE g.id = x.exclusion_group_id AND g.project_id <> x.project_id) THEN
		RAISE EXCEPTION 'holdout and exclusion group of experiment "%" belong to another project', x.key USING ERRCODE = 'invalid_parameter_value';
	ELSIF cardinality(salts) > (SELECT count(DISTINCT s) FROM unnest(salts) s) THEN
		RAISE EXCEPTION 'two of the salts of experiment "%", its flag, holdout and exclusion group are the same', x.key
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Who takes part would decide who gets which variation.';
	END IF;
	SELECT o.key INTO other FROM ff.experiments o
	WHERE o.exclusion_group_id = x.exclusion_group_id AND o.id <> x.id AND o.exclusion_from < x.exclusion_to AND o.exclusion_to > x.exclusion_from
		AND o.status IN ('draft', 'running') AND x.status IN ('draft', 'running') ORDER BY o.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'experiments "%" and "%" have units of their exclusion group in common', x.key, other USING ERRCODE = 'exclusion_violation';
	END IF;
END;
$$;

-- What evaluation has to know of the experiment that runs on a flag; NULL: nothing.
-- {"key", "control", "sticky", "gates": [{"kind", "key", "salt", "from", "to"}, ...]}
CREATE FUNCTION ff._running_document(flag_id uuid, environment_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments;
BEGIN
	SELECT t.* INTO x FROM ff.experiments t WHERE t.flag_id = flag_id AND t.environment_id = environment_id AND t.status = 'running';
	IF NOT FOUND OR NOT ff._steers(x) THEN
		RETURN NULL;
	END IF;
	RETURN jsonb_build_object('key', x.key, 'control', x.control, 'sticky', x.sticky, 'gates', ff._gates_document(x));
END;
$$;

-- What was assigned goes with the experiment: its rows bear no foreign key, for who
-- writes them waits for nobody who changes the experiment.
CREATE FUNCTION ff._forget_assignments() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM ff.assignments a WHERE a.experiment_id = OLD.id;
	RETURN NULL;
END;
$$;

CREATE TRIGGER experiments_after_assignment AFTER DELETE ON ff.experiments
	FOR EACH ROW EXECUTE FUNCTION ff._forget_assignments();
