-- Events that COPY left in the inbox come to ff.events, each id once.

-- Moves rows of the inbox, of one project or (NULL) of all, at most so many
-- (NULL: all).  Rows of a project that does not exist have no id that could be
-- remembered: they go as they are, as those do that are written to ff.events.  Ids
-- are taken in the order of their hashes, as in ff._take_event_ids; rows that
-- another session is moving are its own, so nobody waits for rows.  Of a table
-- that fills and empties the planner knows nothing, and a plan that compares each
-- row with each takes hours: here it has no choice.
CREATE FUNCTION ff._receive_events(most bigint, project_id uuid, OUT received bigint, OUT repeated bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_nestloop = off
SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
	places tid[] := ARRAY(SELECT i.ctid FROM ff.event_inbox i
		WHERE project_id IS NULL OR i.project = (SELECT p.key FROM ff.projects p WHERE p.id = project_id)
		LIMIT most FOR UPDATE SKIP LOCKED);
BEGIN
	WITH gone AS (
		DELETE FROM ff.event_inbox i WHERE i.ctid = ANY (places) RETURNING i.*
	), numbered AS MATERIALIZED (
		SELECT g.*, row_number() OVER () AS number, ff._event_id_hash(p.id, g.event, g.event_id) AS hash
		FROM gone g LEFT JOIN ff.projects p ON p.key = g.project
	), firsts AS MATERIALIZED (
		SELECT DISTINCT ON (n.hash) n.hash, n.number FROM numbered n WHERE n.hash IS NOT NULL ORDER BY n.hash, n.received_at, n.number
	), taken AS (
		INSERT INTO ff.event_ids (hash) SELECT f.hash FROM firsts f ORDER BY f.hash ON CONFLICT DO NOTHING RETURNING hash
	), kept AS (
		INSERT INTO ff.events (unit, event, value, at, event_id, properties, project, received_at)
		SELECT n.unit, n.event, n.value, n.at, n.event_id, n.properties, n.project, n.received_at
		FROM numbered n LEFT JOIN (firsts f JOIN taken t ON t.hash = f.hash) ON f.number = n.number
		WHERE n.hash IS NULL OR f.number IS NOT NULL
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM numbered) INTO received, repeated;
	repeated := repeated - received;
END;
$$;

-- The same, of a project where one is given, if there is something to receive:
-- where there is not, no lock is taken that a change of keys would wait for.
-- Tables are locked in the order of follow.c, before rows are read: so their
-- keys are those of their projects until all is committed.
CREATE FUNCTION ff._receive(most bigint, project_id uuid, OUT received bigint, OUT repeated bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF EXISTS (SELECT FROM ff.event_inbox i
			WHERE project_id IS NULL OR i.project = (SELECT p.key FROM ff.projects p WHERE p.id = project_id)) THEN
		IF current_setting('transaction_read_only')::boolean THEN
			RAISE EXCEPTION 'cannot receive events in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction';
		END IF;
		LOCK TABLE ONLY ff.exposures, ONLY ff.events IN ROW EXCLUSIVE MODE;
		SELECT r.* INTO received, repeated FROM ff._receive_events(most, project_id) r;
	ELSE
		received := 0;
		repeated := 0;
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_events_receive(most bigint DEFAULT NULL, OUT received bigint, OUT repeated bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF most <= 0 THEN
		RAISE EXCEPTION 'the number of events to receive must be positive, not %', most USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT r.* INTO received, repeated FROM ff._receive(most, NULL) r;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_events_receive IS
'Moves events of all projects from ff.event_inbox, where INSERT and COPY left them, to ff.events: all that are committed, or at most so many (most). received: how many were moved. repeated: how many were dropped because an event of the project with the same name and event_id had come before, by ff_track or from the inbox, for as long as the id is remembered (ff_event_ids_retain), or, among those moved at once, with an earlier received_at. Rows keep their received_at; those of a project that does not exist are moved without a look at their id. Nobody who writes to the inbox waits; of two sessions that receive at once each takes rows of its own, and waits for the other only where both have the same id. A refresh of an experiment receives the events of its project first. Errors: 22023 a number that is not positive, 25006 in a read-only transaction, 40001 in REPEATABLE READ a row or id that another session has moved or written since the transaction began, 40P01 ids that another session takes in several calls: call again.';
