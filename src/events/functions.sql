-- Exposures by evaluation, and events.  What is written is checked here with
-- words; the tables check the same for those who write them directly.

CREATE FUNCTION @extschema@.ff_expose(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback jsonb DEFAULT NULL, project text DEFAULT NULL) RETURNS ff.evaluation
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ff_expose';
COMMENT ON FUNCTION @extschema@.ff_expose IS
'Evaluates as ff_evaluate_detail does and, where an experiment of the flag is running in the environment and a split has decided between several variations (reason SPLIT), writes a row to ff.exposures in the same transaction: the unit is what the split went by, the user or its "by" attribute; at is the time of the call. Targeted, overridden, disabled and fallback answers are no exposure. In a sticky experiment (ff_experiment_update) the first exposure of a unit stores its variation; if another session has done so meanwhile, its variation is the answer. A transaction writes a unit and variation of an experiment once. Needs ff_grant(role, ''evaluate''). Errors: 25006 on a standby and in a read-only transaction, 22023 a unit that is empty or longer than 1024 characters, in a sticky experiment 1000 bytes.';

CREATE FUNCTION ff._expose(user_key text, flag text, attributes jsonb, environment text, fallback jsonb, project text,
	element bigint) RETURNS boolean
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ff_expose_element';

-- The id of a project; NULL: there is none.  Locks ff.exposures and ff.events, as for writing.
CREATE FUNCTION ff._writing_project(key text) RETURNS uuid
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_writing_project';

-- What the id of an event is remembered by.
CREATE FUNCTION ff._event_id_hash(project_id uuid, event text, event_id text) RETURNS uuid
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_event_id_hash';

-- What is wrong with an event, in words; NULL where nothing is.
CREATE FUNCTION ff._event_fault(user_key text, event text, value numeric, at timestamptz, event_id text, properties jsonb,
	OUT member text, OUT code text, OUT message text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	SELECT x.* INTO member, code, message FROM (VALUES
		('user_key', '22004', 'the user key is required', user_key IS NULL),
		('user_key', '22023', format('a user key has 1 to 1024 characters, not %s', length(user_key)), length(user_key) NOT BETWEEN 1 AND 1024),
		('event', '22004', 'the event is required', event IS NULL),
		('event', '22023', format('the name of an event has 1 to 255 characters, not %s', length(event)), length(event) NOT BETWEEN 1 AND 255),
		('value', '22003', format('the value of an event must be finite, not %s', value), value IN ('NaN', 'Infinity', '-Infinity')),
		('value', '22003', 'the value of an event must be between -1e100 and 1e100', value NOT BETWEEN -1e100 AND 1e100),
		('at', '22023', format('the time of an event must be finite, not %s', at), NOT isfinite(at)),
		('event_id', '22023', format('an event id has 1 to 255 characters, not %s', length(event_id)), length(event_id) NOT BETWEEN 1 AND 255),
		('properties', '22023', format('the properties of an event must be an object, not %s', jsonb_typeof(properties)),
			jsonb_typeof(properties) <> 'object')) x(member, code, message, is_so)
	WHERE x.is_so LIMIT 1;
END;
$$;

-- Whether nothing is; written so that it becomes part of the query around it.
CREATE FUNCTION ff._is_event(user_key text, event text, value numeric, event_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(length(user_key) BETWEEN 1 AND 1024 AND length(event) BETWEEN 1 AND 255
	AND (value IS NULL OR value BETWEEN -1e100 AND 1e100)
	AND (event_id IS NULL OR length(event_id) BETWEEN 1 AND 255), false);

CREATE FUNCTION @extschema@.ff_track(
	user_key text,
	event text,
	value numeric DEFAULT NULL,
	at timestamptz DEFAULT NULL,
	event_id text DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home text := coalesce(project, ff._current_project());
	home_id uuid;
	fault record;
BEGIN
	IF NOT ff._is_event(user_key, event, value, event_id) OR NOT isfinite(at) OR jsonb_typeof(properties) <> 'object' THEN
		fault := ff._event_fault(user_key, event, value, at, event_id, properties);
		RAISE EXCEPTION '%', fault.message USING ERRCODE = fault.code;
	END IF;
	home_id := ff._writing_project(home);
	IF home_id IS NULL THEN
		RAISE EXCEPTION 'project "%" does not exist', home USING ERRCODE = 'undefined_object';
	END IF;
	IF event_id IS NOT NULL THEN
		-- waits for another session that is writing the same id, and writes it if that one rolls back
		INSERT INTO ff.event_ids (hash) VALUES (ff._event_id_hash(home_id, event, event_id)) ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN
			RETURN;
		END IF;
	END IF;
	INSERT INTO ff.events (unit, event, value, at, event_id, properties, project)
	VALUES (user_key, event, value, coalesce(at, clock_timestamp()), event_id, properties, home);
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_track IS
'Writes an event of a user to ff.events, in the caller''s transaction. value: what a metric of kind mean sums up. at: when it happened, by default the time of the call; past and future are both taken. event_id: of events of a project with the same name and id the first is written and the others are not, for as long as the id is remembered (ff_event_ids_retain); one that another transaction is writing is waited for. properties: an object, kept as it is. Needs ff_grant(role, ''evaluate''). Errors: 22003 a value that is NaN, infinite or beyond 1e100, 22004 a missing and 22023 an empty or too long user key or event, 22023 a time that is infinite, properties that are no object, 42704 an unknown project, 40001 in REPEATABLE READ an id that has been written since the transaction began.';

-- Raises an error where an array has an element of another shape than
-- functions of that name take: "event" or "exposure".
CREATE FUNCTION ff._check_elements(elements jsonb, what text) RETURNS void
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_check_elements';

-- Raises an error for the first event of an array that cannot be written.
CREATE FUNCTION ff._check_events(events jsonb, home text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
	member text;
	code text;
	message text;
BEGIN
	PERFORM ff._check_elements(events, 'event');
	SELECT x.* INTO bad
	FROM ROWS FROM (jsonb_to_recordset(events) AS (user_key text, event text, value numeric, at text, event_id text, project text))
		WITH ORDINALITY x
	WHERE NOT ff._is_event(x.user_key, x.event, x.value, x.event_id)
		OR x.at IS NOT NULL AND ff._time(x.at) IS NULL
		OR x.project <> home AND ff._writing_project(x.project) IS NULL LIMIT 1;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	SELECT f.member, f.code, f.message INTO member, code, message
	FROM ff._event_fault(bad.user_key, bad.event, bad.value, NULL, bad.event_id, NULL) f;
	IF message IS NULL AND bad.at IS NOT NULL AND ff._time(bad.at) IS NULL THEN
		member := 'at';
		code := '22007';
		message := format('"%s" is not a time as in 2026-03-01T12:00:00+02:00', left(bad.at, 100));
	ELSIF message IS NULL THEN
		member := 'project';
		code := '42704';
		message := format('project "%s" does not exist', left(bad.project, 255));
	END IF;
	RAISE EXCEPTION '%', message USING ERRCODE = code, DETAIL = format('At $[%s].%s.', bad.ordinality - 1, member);
END;
$$;

-- The places, counted from 1, of those elements of an array of events that have
-- an id and are the first with it, here and ever.  Ids are taken in the order of
-- their hashes, so that two arrays with the same ones do not wait crosswise.
CREATE FUNCTION ff._take_event_ids(events jsonb, home text) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	places bigint[];
BEGIN
	WITH given AS MATERIALIZED (
		SELECT coalesce(x.project, home) AS project, x.event, x.event_id, x.ordinality
		FROM ROWS FROM (jsonb_to_recordset(events) AS (event text, event_id text, project text)) WITH ORDINALITY x
		WHERE x.event_id IS NOT NULL
	), projects AS MATERIALIZED (
		SELECT p.project, ff._writing_project(p.project) AS id FROM (SELECT DISTINCT g.project FROM given g) p
	), firsts AS MATERIALIZED (
		SELECT ff._event_id_hash(p.id, g.event, g.event_id) AS hash, min(g.ordinality) AS place
		FROM given g JOIN projects p ON p.project = g.project GROUP BY 1
	), taken AS (
		INSERT INTO ff.event_ids (hash) SELECT f.hash FROM firsts f ORDER BY f.hash ON CONFLICT DO NOTHING RETURNING hash
	)
	SELECT coalesce(array_agg(f.place), '{}') INTO places FROM firsts f JOIN taken t ON t.hash = f.hash;
	RETURN places;
END;
$$;

CREATE FUNCTION @extschema@.ff_track_many(events jsonb, project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home text := coalesce(project, ff._current_project());
	called_at timestamptz := clock_timestamp();
	places bigint[];
	written bigint;
BEGIN
	IF ff._writing_project(home) IS NULL THEN
		RAISE EXCEPTION 'project "%" does not exist', home USING ERRCODE = 'undefined_object';
	END IF;
	PERFORM ff._check_events(events, home);
	places := ff._take_event_ids(events, home);
	INSERT INTO ff.events (unit, event, value, at, event_id, properties, project)
	SELECT x.user_key, x.event, x.value, coalesce(ff._time(x.at), called_at), x.event_id, x.properties, coalesce(x.project, home)
	FROM ROWS FROM (jsonb_to_recordset(events)
		AS (user_key text, event text, value numeric, at text, event_id text, properties jsonb, project text)) WITH ORDINALITY x
	WHERE x.event_id IS NULL OR x.ordinality IN (SELECT unnest(places));
	GET DIAGNOSTICS written = ROW_COUNT;
	RETURN written;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_track_many IS
'ff_track for an array of {"user_key", "event", "value", "at", "event_id", "properties", "project"}, the first two required; at is written as in 2026-03-01T12:00:00+02:00. All or nothing. Returns the number of events written: one whose id has come already, in the array or before, is not. Errors: those of ff_track and 22007 for a time, each with the JSON path of the fault.';

CREATE FUNCTION @extschema@.ff_event_ids_retain(keep interval DEFAULT '7 days') RETURNS bigint
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._forget('event_ids', 'received_at', keep); $$;
COMMENT ON FUNCTION @extschema@.ff_event_ids_retain IS
'Forgets the ids of events that ff_track and ff_track_many wrote longer ago than an interval, by default 7 days. An event that comes again after that is written again; the analysis counts it once all the same. Returns how many were forgotten. To be called by the clock, say daily. Errors: 22004 no interval, 22023 a negative one.';

CREATE FUNCTION @extschema@.ff_expose_many(subjects jsonb, project text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	missing bigint;
	unknown bigint[];
	first jsonb;
	written bigint;
BEGIN
	PERFORM ff._check_elements(subjects, 'exposure');
	SELECT e.ordinality - 1 INTO missing
	FROM jsonb_array_elements(subjects) WITH ORDINALITY e WHERE (e.value ->> 'flag') IS NULL LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the flag is required' USING ERRCODE = 'null_value_not_allowed', DETAIL = format('At $[%s].flag.', missing);
	END IF;
	SELECT count(*) FILTER (WHERE x.written), array_agg(x.element ORDER BY x.element) FILTER (WHERE x.written IS NULL) INTO written, unknown
	FROM (SELECT s.ordinality - 1 AS element, ff._expose(s.user_key, s.flag, s.attributes, s.environment, s.fallback, coalesce(s.project, project), s.ordinality - 1) AS written
		FROM ROWS FROM (jsonb_to_recordset(subjects)
			AS (user_key text, flag text, attributes jsonb, environment text, fallback jsonb, project text)) WITH ORDINALITY s) x;
	IF unknown IS NOT NULL THEN
		-- an error would take the others along
		first := subjects -> unknown[1]::int;
		RAISE WARNING 'subjects whose flag, environment or project does not exist: % of %', cardinality(unknown), jsonb_array_length(subjects)
			USING DETAIL = format('The first is at $[%s]: flag "%s" in environment "%s" of project "%s".', unknown[1], first ->> 'flag',
				coalesce(first ->> 'environment', ff._setting('environment')), coalesce(first ->> 'project', project, ff._setting('project')));
	END IF;
	RETURN written;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_expose_many IS
'ff_expose for an array of {"user_key", "flag", "attributes", "environment", "fallback", "project"}, flag required, without the answers. All or nothing. Returns the number of exposures written. A warning says how many subjects name a flag, an environment or a project that does not exist, and which is the first: nothing is written for them, and the others are. Errors: those of ff_expose and 22023 for a malformed element, with the JSON path of the fault.';

-- Exposures and events follow a key that changes and go with what is deleted.
CREATE FUNCTION ff._events_follow() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_events_follow';

CREATE TRIGGER events_follow AFTER UPDATE ON ff.projects
	FOR EACH ROW WHEN (OLD.key <> NEW.key) EXECUTE FUNCTION ff._events_follow();
CREATE TRIGGER events_follow_delete AFTER DELETE ON ff.projects
	FOR EACH ROW EXECUTE FUNCTION ff._events_follow();
CREATE TRIGGER events_follow AFTER UPDATE ON ff.environments
	FOR EACH ROW WHEN (OLD.key <> NEW.key) EXECUTE FUNCTION ff._events_follow();
CREATE TRIGGER events_follow_delete AFTER DELETE ON ff.environments
	FOR EACH ROW EXECUTE FUNCTION ff._events_follow();

CREATE FUNCTION @extschema@.ff_exposure_queue(OUT waiting bigint, OUT oldest timestamptz, OUT queued bigint, OUT written bigint, OUT dropped bigint, OUT failed bigint,
	OUT used bigint, OUT size bigint, OUT lost bigint, OUT lost_since timestamptz)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ff_exposure_queue';
COMMENT ON FUNCTION @extschema@.ff_exposure_queue() IS
'Exposures that ff_expose has left to the worker (featureflow.exposures = async). waiting: of this database, not written yet; oldest: when the first of them was made. Of all databases since the server started: queued; written; dropped, for which there was no room; failed, that could not be written, or whose experiment was gone. used, size: bytes of shared memory; size is NULL where featureflow is not in shared_preload_libraries. lost: of this database since lost_since, those that transactions had left and that were gone with the server, by a crash or a stop, before the worker had written them; lost_since: when the first one was left since the counts began, NULL where none was. The counts outlive the server; they begin anew in one that starts from a backup or as a standby.';

CREATE FUNCTION @extschema@.ff_exposures_flush(timeout_ms int DEFAULT 60000) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_exposures_flush';
COMMENT ON FUNCTION @extschema@.ff_exposures_flush(int) IS
'Waits until exposures of this database that transactions have left to the worker before are written; false where they were not within timeout_ms. Error 55000: featureflow is not in shared_preload_libraries.';
