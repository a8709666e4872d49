-- Bringing a version back.

-- The flag's variations after a rollback: those of the document with their
-- values then; one added since stays only where something else names it.
-- Present ones keep their order, missing ones follow.
CREATE FUNCTION ff._variations_back(f ff.flags, environment_id uuid, document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(coalesce(d.value, p.value) ORDER BY p.ordinality, d.ordinality), '[]')
	FROM jsonb_array_elements(f.variations) WITH ORDINALITY p
	FULL JOIN jsonb_array_elements(document -> 'variations') WITH ORDINALITY d
		ON d.value ->> 'key' = p.value ->> 'key'
	WHERE d.value IS NOT NULL
		OR EXISTS (SELECT FROM ff._variation_uses(f, p.value ->> 'key', environment_id));
$$;

-- The prerequisites of a document: ids and variations that still exist.
CREATE FUNCTION ff._prerequisites_back(f ff.flags, document jsonb, OUT prerequisite_id uuid, OUT variation text) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted record;
	p ff.flags;
BEGIN
	FOR wanted IN SELECT e.key, e.value FROM jsonb_each_text(document -> 'prerequisites') e ORDER BY e.key LOOP
		p := ff._flag(f.project_id, wanted.key);
		prerequisite_id := p.id;
		variation := ff._variation(p, wanted.value);
		RETURN NEXT;
	END LOOP;
END;
$$;

-- One statement, so that it is one version.
CREATE FUNCTION ff._bring_back(f ff.flags, environment_id uuid, document jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH changed_flag AS (
		UPDATE ff.flags t
		SET variations = n.variations, min_plan = n.min_plan, client_visible = n.client_visible
		FROM (SELECT ff._variations_back(f, environment_id, document) AS variations, document ->> 'min_plan' AS min_plan,
			(document ->> 'client_visible')::boolean AS client_visible) n
		WHERE t.id = f.id
			AND (t.variations, t.min_plan, t.client_visible) IS DISTINCT FROM (n.variations, n.min_plan COLLATE "C", n.client_visible)
	), changed_setting AS (
		UPDATE ff.flag_settings t
		SET enabled = (document -> 'enabled')::boolean, off_variation = document ->> 'off_variation',
			targets = document -> 'targets', rules = document -> 'rules',
			default_serve = document -> 'default', salt = document ->> 'salt'
		WHERE t.flag_id = f.id AND t.environment_id = $2
	), dropped_overrides AS (
		DELETE FROM ff.overrides o
		WHERE o.flag_id = f.id AND o.environment_id = $2
			AND NOT document -> 'overrides' ? (o.subject_kind || ':' || o.subject)
	), restored_overrides AS (
		INSERT INTO ff.overrides AS o (flag_id, environment_id, subject_kind, subject, variation, expires_at, reason)
		SELECT f.id, $2, split_part(e.key, ':', 1), substr(e.key, strpos(e.key, ':') + 1),
			e.value ->> 'variation', (e.value ->> 'expires_at')::timestamptz, e.value ->> 'reason'
		FROM jsonb_each(document -> 'overrides') e
		ON CONFLICT ON CONSTRAINT overrides_flag_id_environment_id_subject_kind_subject_key DO UPDATE
		SET variation = excluded.variation, expires_at = excluded.expires_at, reason = excluded.reason
		WHERE (o.variation, o.expires_at, o.reason) IS DISTINCT FROM (excluded.variation, excluded.expires_at, excluded.reason)
	), dropped_prerequisites AS (
		DELETE FROM ff.prerequisites r
		WHERE r.flag_id = f.id
			AND NOT EXISTS (SELECT FROM ff._prerequisites_back(f, document) b WHERE b.prerequisite_id = r.prerequisite_id)
	)
	INSERT INTO ff.prerequisites AS r (flag_id, prerequisite_id, variation)
	SELECT f.id, b.prerequisite_id, b.variation FROM ff._prerequisites_back(f, document) b
	ON CONFLICT ON CONSTRAINT prerequisites_pkey DO UPDATE SET variation = excluded.variation
	WHERE r.variation <> excluded.variation;
$$;

CREATE FUNCTION @extschema@.ff_flag_rollback(
	flag text,
	version int,
	environment text DEFAULT NULL,
	reason text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._open_flag(flag, project);
	s ff.flag_settings := ff._open_setting(f, environment);
	document jsonb := ff._version(f, s.environment_id, version);
	outer_reason text := ff._set_reason(coalesce(nullif(reason, ''), format('rollback to version %s', version)));
	result int;
BEGIN
	IF coalesce(document ->> 'dialect', 'native') <> f.dialect THEN
		RAISE EXCEPTION 'flag "%" is of dialect %, and its version % of %', f.key, f.dialect, version, coalesce(document ->> 'dialect', 'native')
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'An import changed it. ff_snapshot_restore brings back a snapshot of then, ff_import a configuration.';
	END IF;
	IF document ->> 'min_plan' IS NOT NULL THEN
		PERFORM ff._plan(f.project_id, document ->> 'min_plan');
	END IF;
	PERFORM ff._bring_back(f, s.environment_id, document);
	PERFORM ff._check_now('flag', f.id);
	PERFORM ff._refuse_prerequisite_cycle(f.project_id, f.key);
	PERFORM ff._check_now('prerequisites', f.project_id);
	PERFORM ff._set_reason(outer_reason);
	SELECT t.version INTO result FROM ff.flag_settings t
	WHERE t.flag_id = s.flag_id AND t.environment_id = s.environment_id;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_rollback IS
'Makes a flag answer in an environment as it did in an earlier version: enabled, targets, rules, default, off variation, salt and overrides there, and, for all environments, the values of variations, prerequisites, plan gate and client visibility.
Variations added since go unless something else names them. Kill switch, archive, name, description, tags and steps of the schedule that are still to come stay. Returns the number of the new version. Errors: 42704 no such version, or a plan, flag, variation or segment that it needs is gone; 55000 a version of before the flag was replaced by an import.';
