-- Analyses that are kept, so that reading a result costs nothing: until the next
-- refresh it is that of the last.

-- A digest of all that an analysis goes by, data aside.
CREATE FUNCTION ff._definition(x ff.experiments) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET intervalstyle = 'postgres'
SET extra_float_digits = 1
AS $$
	SELECT encode(sha256(convert_to(jsonb_build_object('project', p.key, 'environment', e.key, 'experiment', x.key, 'started_at', x.started_at, 'stopped_at', x.stopped_at,
		'excluded', x.excluded_segment_id, 'activation', x.activation_event,
		'identity', (SELECT to_jsonb(i) - '{key,created_at}'::text[] FROM ff.identity_sources i WHERE i.id = x.identity_source_id),
		'phases', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.number) FROM ff._experiment_cuts(x) c),
		'metrics', (SELECT jsonb_agg(to_jsonb(m) - '{name,description,direction,updated_at}'::text[] ORDER BY m.id)
			FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id WHERE u.experiment_id = x.id),
		'sources', (SELECT jsonb_agg(to_jsonb(s) - '{key,created_at}'::text[] ORDER BY s.id) FROM ff.metric_sources s
			WHERE EXISTS (SELECT FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id WHERE u.experiment_id = x.id AND s.id IN (m.source_id, m.denominator_source_id))))::text, 'UTF8')), 'hex')
	FROM ff.projects p, ff.environments e WHERE p.id = x.project_id AND e.id = x.environment_id;
$$;

-- The last refresh, if it is of what the experiment is now.
CREATE FUNCTION ff._last_refresh(x ff.experiments) RETURNS ff.experiment_refreshes
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT r FROM ff.experiment_refreshes r WHERE r.experiment_id = x.id AND r.definition = ff._definition(x); $$;

-- Cells of the last refresh, else as the data stand; by a dimension always so.
CREATE FUNCTION ff._read_cells(x ff.experiments, dimension text DEFAULT NULL) RETURNS ff.experiment_cell[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last ff.experiment_refreshes;
BEGIN
	IF dimension IS NULL THEN
		last := ff._last_refresh(x);
	END IF;
	RETURN coalesce(last.cells, ARRAY(SELECT ROW(c.*)::ff.experiment_cell FROM ff._experiment_cells(x, dimension) c));
END;
$$;

-- The units as the data stand.
CREATE FUNCTION ff._population_now(x ff.experiments, moment timestamptz DEFAULT clock_timestamp()) RETURNS ff.experiment_population[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ARRAY(SELECT ROW(p.phase, p.variation, p.n, p.mixed, p.excluded, p.inactive)::ff.experiment_population FROM ff._experiment_population(x, NULL, moment) p); $$;

-- Units of the last refresh, else as the data stand.
CREATE FUNCTION ff._read_population(x ff.experiments) RETURNS ff.experiment_population[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	last ff.experiment_refreshes := ff._last_refresh(x);
BEGIN
	RETURN coalesce(last.population, ff._population_now(x));
END;
$$;

-- Whether an error is of the data or of a relation that is read, and not of the
-- server or of who asks.
CREATE FUNCTION ff._is_of_data(code text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- data exceptions; undefined table, column and object; insufficient privilege, cannot coerce, invalid schema name, feature not supported
	SELECT code LIKE '22%' OR code IN ('42P01', '42703', '42704', '42501', '42846', '3F000', '0A000');
$$;

-- What kept an analysis from being made, with the source and unit that it was about.
CREATE FUNCTION ff._problem(message text, context text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT message || CASE WHEN strpos(message, s.source) = 0 THEN format(' (%s)', s.source) ELSE '' END
	FROM (SELECT coalesce(substring(context FROM '(?:unit "[^"]*" of )?(?:metric|identity) source "[^"]*"'), '') AS source) s;
$$;

-- Until when the data are in what is read: without a refresh, until the statement
-- began, for what is committed while it reads is not.
CREATE FUNCTION ff._data_through(x ff.experiments) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce((ff._last_refresh(x)).data_through, statement_timestamp()); $$;

-- The analysis as of a moment: one statement's snapshot for all of it.  handle: of
-- what is to be kept of units; then pages are those of the last refresh that count
-- as well.
CREATE FUNCTION ff._analysed(x ff.experiments, moment timestamptz, OUT r ff.experiment_refreshes, OUT handle bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	metrics ff.metrics[] := ff._metrics_of(x);
	last ff.experiment_refreshes := ff._last_refresh(x);
BEGIN
	IF ff._keeps_units(x, metrics) THEN
		handle := coalesce(ff._renewed(x, metrics, last, moment), ff._gather(x, metrics, moment, NULL, true));
	END IF;
	IF handle IS NOT NULL THEN
		r := ff._exchanged_analysis(handle, metrics, last);
	ELSE
		r.cells := ARRAY(SELECT ROW(c.*)::ff.experiment_cell FROM ff._experiment_cells(x, NULL, moment) c);
		r.population := ff._population_now(x, moment);
	END IF;
	r.experiment_id := x.id;
	r.definition := ff._definition(x);
	r.data_through := moment;
	SELECT t.* INTO r.snapshot, r.written_in, r.own_rows FROM ff._telling_snapshot() t;
	r.system_identifier := (SELECT c.system_identifier FROM pg_control_system() c);
	r.files := ff._files(metrics);
END;
$$;

-- Looks are rows of the configuration.  Who takes any locks the project before all
-- else, as who stops an experiment does, who then waits for what a refresh has kept:
-- the other way round each would wait for the other.  Whether looks may be taken:
-- where none is due nobody has to wait who changes the configuration.
CREATE FUNCTION ff._lock_for_looks(project_id uuid, experiments ff.experiments[]) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF current_setting('transaction_read_only')::boolean OR NOT coalesce((SELECT bool_or(ff._is_look_due(x)) FROM unnest(experiments) x), false) THEN
		RETURN false;
	END IF;
	PERFORM ff._lock_project(project_id);
	RETURN true;
END;
$$;

-- Analyses an experiment and keeps the result; NULL where it has been deleted.  Two
-- at once do it one after the other, each with what has been committed by then.  looks:
-- whether those that are due are taken.
CREATE FUNCTION ff._refresh(x ff.experiments, looks boolean) RETURNS ff.experiment_refreshes
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a record;
	r ff.experiment_refreshes;
	metrics ff.metrics[];
	files text;
BEGIN
	-- at once, and not after the analysis
	IF current_setting('transaction_read_only')::boolean THEN
		RAISE EXCEPTION 'cannot refresh experiment "%" in a read-only transaction', x.key
			USING ERRCODE = 'read_only_sql_transaction', HINT = 'Refresh it on the primary; a standby reads what was kept.';
	END IF;
	PERFORM pg_advisory_xact_lock(hashtextextended(x.id::text, 0));
	SELECT t.* INTO x FROM ff.experiments t WHERE t.id = x.id;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	metrics := ff._metrics_of(x);
	files := ff._files(metrics);
	SELECT * INTO a FROM ff._analysed(x, clock_timestamp());
	r := a.r;
	-- a file that was written anew while it was read, or since the snapshot, shows nothing of what was before
	IF files IS DISTINCT FROM r.files OR current_setting('transaction_isolation') <> 'read committed' THEN
		r.files := NULL;
	ELSIF r.units IS NULL THEN
		PERFORM ff._note_due(metrics, r.data_through);
	END IF;
	r.pages := ff._keep_units(x, a.handle, r.pages);
	r.took := clock_timestamp() - r.data_through;
	INSERT INTO ff.experiment_refreshes SELECT r.*
	ON CONFLICT (experiment_id) DO UPDATE SET (definition, data_through, took, cells, population, snapshot, written_in, own_rows, system_identifier, files, units, pages, variations)
		= (excluded.definition, excluded.data_through, excluded.took, excluded.cells, excluded.population,
			excluded.snapshot, excluded.written_in, excluded.own_rows, excluded.system_identifier, excluded.files, excluded.units, excluded.pages, excluded.variations);
	IF looks THEN
		PERFORM ff._take_looks(x);
	END IF;
	RETURN r;
END;
$$;

CREATE FUNCTION @extschema@.ff_experiment_refresh(experiment text, project text DEFAULT NULL, OUT data_through timestamptz, OUT took interval, OUT units bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	x ff.experiments := ff._experiment(ff._project(project), experiment);
	r ff.experiment_refreshes;
	looks boolean;
BEGIN
	PERFORM ff._refuse_draft(x);
	looks := ff._lock_for_looks(x.project_id, ARRAY[x]);
	PERFORM ff._receive(NULL, x.project_id);
	r := ff._refresh(x, looks);
	IF r.experiment_id IS NULL THEN
		RAISE EXCEPTION 'experiment "%" has been deleted', x.key USING ERRCODE = 'undefined_object';
	END IF;
	data_through := r.data_through;
	took := r.took;
	units := r.units;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiment_refresh IS
'Receives the events of the project that wait in ff.event_inbox (ff_events_receive), analyses an experiment and keeps the result, which is then read instead of the data: ff_experiment_stats, ff_experiment_health, ff_experiment_guardrails, ff_experiment_summary and ff_experiment_report answer at once, as of data_through, whatever options need no other data; until the next refresh, or until the experiment, its phases or its metrics change. Takes a look where one is due (ff_experiment_look). Reads only what is new since the last refresh (exposures and events, whenever they happened, and windows that have ended), adds it to what is kept of units, and units says of how many there was something new; all data, and units is NULL, the first time, where more than a twenty-fifth of the units are new or must be read wholly, where what is new takes more than featureflow.analysis_mem, after a crash, after rows of the project were changed or deleted or the transaction of the last refresh wrote more, partitions came or went, or with metrics that are not made of sums over units (funnels, quantiles of events, look-back, properties, sources that are not captured), an activation event, an identity source or an excluded segment. Either way the result is that of an analysis of all data, to the bit. To be called by the clock, every hour for instance; two at once wait for each other, who stops, ships or saves the experiment waits for the end of the transaction, and where a look is due, who changes the configuration of the project; nobody else waits. Results are not dumped. Errors: 42704 an unknown experiment or project, or one that was deleted meanwhile, 55000 it is a draft, 25006 the transaction is read-only, as on a standby, and those of data that cannot be analyzed.';

CREATE FUNCTION @extschema@.ff_experiments_refresh(project text DEFAULT NULL)
RETURNS TABLE (experiment text, data_through timestamptz, took interval, problem text)
LANGUAGE plpgsql ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	home uuid := ff._project($1);
	x ff.experiments;
	r ff.experiment_refreshes;
	looks boolean := ff._lock_for_looks(home, ARRAY(SELECT t FROM ff.experiments t WHERE t.project_id = home AND t.status = 'running'));
	context text;
BEGIN
	PERFORM ff._receive(NULL, home);
	FOR x IN SELECT t.* FROM ff.experiments t WHERE t.project_id = home AND t.status = 'running' ORDER BY t.id LOOP
		BEGIN
			r := ff._refresh(x, looks);
			CONTINUE WHEN r.experiment_id IS NULL;
			RETURN QUERY SELECT x.key::text, r.data_through, r.took, NULL::text;
		EXCEPTION WHEN foreign_key_violation THEN
			CONTINUE;	-- deleted while it was analysed
		WHEN OTHERS THEN
			IF NOT ff._is_of_data(SQLSTATE) THEN
				RAISE;
			END IF;
			GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
			RETURN QUERY SELECT x.key::text, NULL::timestamptz, NULL::interval, ff._problem(SQLERRM, context);
		END;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_experiments_refresh IS
'ff_experiment_refresh for all experiments of a project that are running. problem: why the data of one could not be analyzed. One that is deleted meanwhile is left out. Error 42704: an unknown project.';
