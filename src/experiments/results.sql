-- Results that are kept: what was known of an experiment at a time, whatever
-- its data, its metrics and its flag become.

-- What the analysis of an experiment reads: how many rows, from when to when,
-- and a sum of their hashes, which does not depend on their order.
CREATE FUNCTION ff._experiment_data(x ff.experiments) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	home text := (SELECT p.key FROM ff.projects p WHERE p.id = x.project_id);
	place text := (SELECT e.key FROM ff.environments e WHERE e.id = x.environment_id);
	until timestamptz := coalesce(x.stopped_at, clock_timestamp());
	names text[] := ARRAY(SELECT e FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id
		CROSS JOIN LATERAL unnest(ARRAY[m.event, m.denominator_event] || m.steps) e WHERE u.experiment_id = x.id AND e IS NOT NULL);
	before interval := (SELECT max(m.covariate_period) FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id
		WHERE u.experiment_id = x.id AND ff._has_covariate(m));
	exposures jsonb;
	events jsonb;
BEGIN
	SELECT jsonb_build_object('rows', count(*), 'first', ff._utc(min(o.at)), 'last', ff._utc(max(o.at)),
		'digest', ff._digest_text(sum(hash_record_extended(ROW (o.unit, o.variation, o.at), 0)))) INTO exposures
	FROM ff.exposures o WHERE o.project = home AND o.experiment = x.key AND o.environment = place
		AND o.at >= x.started_at AND o.at <= until;
	SELECT jsonb_build_object('rows', count(*), 'first', ff._utc(min(e.at)), 'last', ff._utc(max(e.at)),
		'digest', ff._digest_text(sum(hash_record_extended(ROW (e.unit, e.event, e.value, e.at, e.event_id), 0)))) INTO events
	FROM ff.events e WHERE e.project = home AND e.event = ANY (names) AND e.at >= x.started_at - coalesce(before, '0') AND e.at < until;
	RETURN jsonb_build_object('exposures', exposures, 'events', events);
END;
$$;

-- A sum of 64-bit hashes as 16 digits; of nothing, 0.
CREATE FUNCTION ff._digest_text(hashes numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT lpad(to_hex(trunc(m / 4294967296)::bigint), 8, '0') || lpad(to_hex((m % 4294967296)::bigint), 8, '0')
	FROM (SELECT mod(mod(coalesce(hashes, 0), 18446744073709551616) + 18446744073709551616, 18446744073709551616) AS m) x;
$$;

-- A flag and how it serves in the environment of an experiment.  User keys
-- stay out: they are counted, for a person may ask to be erased.
CREATE FUNCTION ff._experiment_setting(x ff.experiments) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	s ff.flag_settings;
BEGIN
	SELECT t.* INTO s FROM ff.flag_settings t WHERE t.flag_id = x.flag_id AND t.environment_id = x.environment_id;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	RETURN jsonb_build_object('enabled', ff._enabled_now(s), 'rules', s.rules, 'default', ff._default_now(s),
		'off_variation', s.off_variation, 'salt', s.salt,
		'targets', (SELECT coalesce(jsonb_object_agg(t.key, jsonb_array_length(t.value)), '{}') FROM jsonb_each(s.targets) t),
		'overrides', (SELECT count(*) FROM ff.overrides o WHERE o.flag_id = x.flag_id AND o.environment_id = x.environment_id
			AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp())));
END;
$$;

-- The experiment itself, its metrics included.
CREATE FUNCTION ff._experiment_document(x ff.experiments) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('experiment', jsonb_build_object('key', x.key, 'name', x.name, 'hypothesis', x.hypothesis, 'status', x.status,
			'control', x.control, 'sticky', x.sticky, 'gates', ff._gates_document(x),
			'excluded_segment', (SELECT g.key FROM ff.segments g WHERE g.id = x.excluded_segment_id), 'started_at', ff._utc(x.started_at), 'stopped_at', ff._utc(x.stopped_at)),
		'phases', (SELECT jsonb_agg(jsonb_build_object('started_at', ff._utc(p.started_at), 'stopped_at', ff._utc(p.ended_at), 'weights', p.weights) ORDER BY p.phase)
			FROM @extschema@.ff_experiment_phases(x.key, (SELECT h.key FROM ff.projects h WHERE h.id = x.project_id)) p),
		'split', (ff._current_phase(x)).weights, 'flag', f.key, 'variations', f.variations, 'environment', e.key, 'settings', ff._experiment_setting(x),
		'metrics', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', m.key, 'name', m.name, 'kind', m.kind, 'event', m.event,
				'direction', m.direction, 'settings', ff._metric_settings(m), 'role', u.role)
				|| CASE WHEN u.margin IS NULL THEN '{}' ELSE jsonb_build_object('margin', u.margin) END ORDER BY u.position, m.key), '[]')
			FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id WHERE u.experiment_id = x.id))
	FROM ff.flags f, ff.environments e WHERE f.id = x.flag_id AND e.id = x.environment_id;
$$;

-- The analysis as rows, by the options of the experiment.  Data that cannot be
-- analyzed, or a relation that is gone, must not keep an experiment running: what
-- is wrong with them is kept instead.
CREATE FUNCTION ff._experiment_analysis(x ff.experiments) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $$
DECLARE
	was jsonb := x.analysis;
	o ff.analysis_options;
	cells ff.experiment_cell[];
	context text;
BEGIN
	cells := ff._read_cells(x);
	x := ff._settled(x, '{}', cells);
	o := ff._call_options(x, '{}');
	RETURN jsonb_build_object('alpha', o.alpha, 'split', ff._phases_split(x, o.phases), 'options', jsonb_strip_nulls(to_jsonb(o)),
		'stats', (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM ff._experiment_rows(x, o, CASE WHEN o.stratify_by IS NULL THEN cells ELSE ff._read_cells(x, o.stratify_by) END) s),
		'health', (SELECT coalesce(jsonb_agg(to_jsonb(h)), '[]') FROM ff._health_rows(x, cells, o.phases) h))
		|| CASE WHEN x.analysis <> was THEN jsonb_build_object('empty_phase', (ff._current_phase(x)).number) ELSE '{}' END;
EXCEPTION WHEN OTHERS THEN
	IF NOT ff._is_of_data(SQLSTATE) THEN
		RAISE;
	END IF;
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RETURN jsonb_build_object('problem', ff._problem(SQLERRM, context));
END;
$$;

-- The look that a plan has at the end; what keeps it from being taken is a problem
-- of the document, for the analysis meets it as well.
CREATE FUNCTION ff._take_last_look(x ff.experiments) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._take_looks(x);
EXCEPTION WHEN OTHERS THEN
	IF NOT ff._is_of_data(SQLSTATE) THEN
		RAISE;
	END IF;
END;
$$;

-- Waits a moment for exposures that were left to the worker, if there is one: a
-- statement that begins afterwards reads them.
CREATE FUNCTION ff._await_exposures() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (SELECT q.size FROM @extschema@.ff_exposure_queue() q) IS NOT NULL THEN
		PERFORM @extschema@.ff_exposures_flush(5000);
	END IF;
END;
$$;

-- Adds to the results of an experiment.  more: what else the document says.
CREATE FUNCTION ff._keep_results(experiment_id uuid, kind text, more jsonb DEFAULT '{}') RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	x ff.experiments;
	result timestamptz;
BEGIN
	SELECT t.* INTO x FROM ff.experiments t WHERE t.id = experiment_id;
	-- what is kept is of all data, those that wait in the inbox or for the worker among them
	PERFORM ff._receive(NULL, x.project_id), ff._await_exposures();
	DELETE FROM ff.experiment_refreshes r WHERE r.experiment_id = x.id;
	PERFORM ff._take_last_look(x);
	INSERT INTO ff.experiment_results AS r (experiment_id, kind, document)
	VALUES (x.id, kind, ff._experiment_document(x) || ff._experiment_analysis(x)
		|| jsonb_build_object('data', ff._experiment_data(x)) || more)
	RETURNING r.taken_at INTO result;
	RETURN result;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_save(experiment text, project text DEFAULT NULL) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._open_experiment(experiment, project);
BEGIN
	PERFORM ff._refuse_draft(x);
	RETURN ff._keep_results(x.id, 'manual');
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_save IS
'Analyzes an experiment and keeps the result as it is now, besides those that ff_experiment_stop and ff_experiment_ship keep: see ff_experiment_results. Returns the time under which it is kept. Errors: 55000 it is a draft, 42704 an unknown experiment or project.';

CREATE FUNCTION @extschema@.ff_experiment_results(experiment text, project text DEFAULT NULL)
RETURNS TABLE (taken_at timestamptz, kind text, document jsonb)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x ff.experiments := ff._experiment(ff._project($2), $1);
BEGIN
	RETURN QUERY SELECT r.taken_at, r.kind, r.document FROM ff.experiment_results r
	WHERE r.experiment_id = x.id ORDER BY r.taken_at DESC, r.id;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_results IS
'The results that were kept of an experiment, newest first. kind: stop (ff_experiment_stop), ship (ff_experiment_ship) or manual (ff_experiment_save). document: {"experiment": {"key", "name", "hypothesis", "status", "control", "sticky", "gates": [{"kind": "holdout", "exclusion_group" or "traffic", "key", "salt", "from", "to": buckets of the units that took part}], "excluded_segment", "started_at", "stopped_at"}, "phases": [{"started_at", "stopped_at", "weights"}], "split": the weights of the phases that are analysed, null where theirs differ, "flag", "variations", "environment", "settings": {"enabled", "rules", "default", "off_variation", "salt", "targets": {variation: number of users}, "overrides": their number}, "metrics": [{"key", "name", "kind", "event", "direction", "settings", "role", and "margin" where one is stated}], "alpha": 0.05, "options": those of ff_experiment_stats, "empty_phase": only where it ended before a unit counts in the last phase: its number, and phases among the options is all, "stats": rows of ff_experiment_stats, "health": rows of ff_experiment_health, "data": {"exposures": {"rows", "first", "last", "digest"}, "events": the same}}, and of a shipped one "shipped": {"variation", "reason"}. Instead of alpha, stats and health, "problem" says why the data could not be analyzed.
data: the rows that the analysis reads, events of the covariates'' time included. digest: the sum of hash_record_extended over them, 16 hexadecimal digits: equal where no such row was added, changed or deleted since, on servers of the same byte order. Nothing changes a document later. Errors: 42704 an unknown experiment or project.';
