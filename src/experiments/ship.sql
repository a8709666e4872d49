-- An experiment is decided: its flag serves one variation.

-- Whether a serve gives variations by chance.
CREATE FUNCTION ff._is_split(serve jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_typeof(serve) = 'object' AND jsonb_typeof(serve -> 'split') = 'array' AND (
		SELECT count(*) > 1 FROM jsonb_array_elements(serve -> 'split') p WHERE (p.value ->> 'weight')::numeric > 0);
$$;

-- Rules of which those that split serve a variation.  Rules that are over stay.
CREATE FUNCTION ff._ship_rules(rules jsonb, variation text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(CASE
		WHEN ff._is_split(r.value -> 'serve') AND coalesce(ff._time(r.value ->> 'until') > statement_timestamp(), true)
		THEN r.value || jsonb_build_object('serve', variation) ELSE r.value END ORDER BY r.ordinality), '[]')
	FROM jsonb_array_elements(rules) WITH ORDINALITY r;
$$;

-- Refuses to ship where the flag would not serve the variation, or not for long.
CREATE FUNCTION ff._refuse_ship(x ff.experiments, f ff.flags, s ff.flag_settings, variation text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	place text := (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id);
	other text := (SELECT o.key FROM ff.experiments o WHERE o.flag_id = f.id AND o.environment_id = x.environment_id
		AND o.status = 'running' AND o.id <> x.id);
	step timestamptz := (SELECT min(c.at) FROM ff.schedules c WHERE c.flag_id = f.id AND c.environment_id = x.environment_id
		AND c.serve IS NOT NULL AND c.at > statement_timestamp());
BEGIN
	IF x.status IN ('draft', 'archived') THEN
		RAISE EXCEPTION 'experiment "%" is %', x.key, ff._status_text(x.status)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Only a running or completed experiment can be shipped.',
				HINT = CASE x.status WHEN 'draft' THEN format('Set what the flag serves: ff_flag_default(%L, ...).', f.key)
					ELSE format('Unarchive it first: ff_experiment_unarchive(%L).', x.key) END;
	ELSIF f.archived_at IS NOT NULL OR f.killed_at IS NOT NULL OR NOT s.enabled THEN
		RAISE EXCEPTION 'flag "%" is %', f.key, CASE WHEN f.archived_at IS NOT NULL THEN 'archived' WHEN f.killed_at IS NOT NULL THEN 'killed'
				ELSE format('disabled in environment "%s"', place) END
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'It would serve its off variation instead.',
				HINT = CASE WHEN f.archived_at IS NOT NULL THEN format('Unarchive it first: ff_flag_unarchive(%L).', f.key)
					WHEN f.killed_at IS NOT NULL THEN format('Revive it first: ff_flag_revive(%L).', f.key)
					ELSE format('Enable it first: ff_flag_enable(%L, %L).', f.key, place) END;
	ELSIF NOT EXISTS (SELECT FROM ff._experiment_cuts(x) c WHERE coalesce(c.weights ? variation, true)) THEN
		RAISE EXCEPTION 'variation "%" is not part of experiment "%"', variation, x.key
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('Its split has %s.', (SELECT string_agg(DISTINCT k, ', ' ORDER BY k) FROM ff._experiment_cuts(x) c, jsonb_object_keys(c.weights) k));
	ELSIF other IS NOT NULL THEN
		RAISE EXCEPTION 'experiment "%" is running on flag "%" in environment "%"', other, f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Stop it first: ff_experiment_stop(%L).', other);
	ELSIF step IS NOT NULL THEN
		RAISE EXCEPTION 'the schedule changes what flag "%" serves in environment "%"', f.key, place
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('There is a step at %s.', ff._time_text(step)),
				HINT = format('Take it away first: ff_flag_unschedule(%L, %L, %L).', f.key, ff._time_text(step), place);
	END IF;
END;
$$;

-- What is served where, before and after.
CREATE FUNCTION ff._shipped(before ff.flag_settings, after ff.flag_settings)
RETURNS TABLE (place text, served text, serves text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'overrides', n.text, n.text FROM (
		SELECT string_agg(format('%s for %s', o.variation, o.n), ', ' ORDER BY o.variation) AS text FROM (
			SELECT o.variation, count(*) AS n FROM ff.overrides o
			WHERE o.flag_id = before.flag_id AND o.environment_id = before.environment_id
				AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp()) GROUP BY 1) o) n WHERE n.text IS NOT NULL
	UNION ALL
	SELECT 'targets', n.text, n.text FROM (
		SELECT string_agg(format('%s for %s', t.key, jsonb_array_length(t.value)), ', ' ORDER BY t.key) AS text
		FROM jsonb_each(before.targets) t) n WHERE n.text IS NOT NULL
	UNION ALL (
		SELECT concat(format('rules[%s]', r.ordinality - 1), ' "' || (r.value ->> 'id') || '"'),
			ff._serve_text(r.value -> 'serve', before.off_variation), ff._serve_text(after.rules -> (r.ordinality - 1)::int -> 'serve', before.off_variation)
		FROM jsonb_array_elements(before.rules) WITH ORDINALITY r ORDER BY r.ordinality)
	UNION ALL
	SELECT 'default', ff._serve_text(before.default_serve, before.off_variation), ff._serve_text(after.default_serve, before.off_variation);
$$;

-- Results are kept of the experiment as it ends, with what its flag served.
CREATE FUNCTION ff._ship(x ff.experiments, f ff.flags, s ff.flag_settings, variation text)
RETURNS TABLE (place text, served text, serves text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	after ff.flag_settings := s;
BEGIN
	UPDATE ff.experiments t SET status = 'completed' WHERE t.id = x.id AND t.status = 'running';
	PERFORM ff._keep_results(x.id, 'ship', jsonb_build_object('shipped', jsonb_build_object('variation', variation,
		'reason', nullif(current_setting('featureflow.change_reason', true), ''))));
	after.default_serve := to_jsonb(variation);
	after.rules := ff._ship_rules(s.rules, variation);
	PERFORM ff._store_setting(f, after);
	RETURN QUERY SELECT w.* FROM ff._shipped(s, after) w;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_ship(experiment text, variation text, reason text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (place text, served text, serves text)
LANGUAGE plpgsql ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
	f ff.flags;
	s ff.flag_settings;
	wanted text;
	outer_reason text;
BEGIN
	SELECT t.* INTO f FROM ff.flags t WHERE t.id = x.flag_id;
	IF f.dialect <> 'native' THEN
		RAISE EXCEPTION 'flag "%" was imported and answers as % does: what it serves cannot be set', f.key, f.dialect
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Change it where it was exported from and import it again.'
					|| CASE x.status WHEN 'running' THEN format(' ff_experiment_stop(%L) ends the experiment.', x.key) ELSE '' END;
	END IF;
	wanted := ff._variation(f, variation);
	PERFORM ff._check_unlocked(NULL, x.environment_id);
	s := ff._open_setting(f, (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id));
	PERFORM ff._refuse_ship(x, f, s, wanted);
	IF nullif(reason, '') IS NULL THEN
		outer_reason := ff._default_reason(format('ships "%s" of experiment "%s"', wanted, x.key));
	ELSE
		outer_reason := ff._set_reason(reason);
	END IF;
	RETURN QUERY SELECT w.* FROM ff._ship(x, f, s, wanted) w;
	PERFORM ff._set_reason(outer_reason);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_ship IS
'Ends an experiment by serving a variation to everybody: in its environment the flag''s default serves it, and so does each rule that gave variations by chance. Other rules, targets and overrides stay. A running experiment is completed; its results, and what the flag served, are kept (ff_experiment_results). All in one transaction, as one version of the flag. reason: for the log; by default it names variation and experiment.
Returns what is served where, in the order of evaluation: place (overrides, targets, rules[i], default), what it served and serves. Errors: 42704 an unknown experiment or variation, 22023 a variation that the split of the experiment did not have, 55006 the environment is locked, 55000 the experiment is a draft or archived; the flag was imported, is archived, killed or disabled there; another experiment is running on it; the schedule is going to change what it serves.';
