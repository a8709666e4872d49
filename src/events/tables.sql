-- What happened to users: public, append-only, fit for COPY.  No key makes two
-- applications wait for each other: what counts once is found by the analysis.
-- Partitions of time are made later (partitions.sql); what fits in none goes to
-- the default ones.  Indexes are on partitions, not on what they are parts of:
-- pg_dump would else write indexes of partitions that cannot be restored, since
-- attaching a partition makes those of an extension's table by itself.

-- The project where none is given.
CREATE FUNCTION ff._current_project() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(nullif(current_setting('featureflow.project', true), ''), 'default'); $$;

-- A user (or other unit) has met a variation of an experiment.
CREATE TABLE ff.exposures (
	experiment text COLLATE "C" NOT NULL CHECK (length(experiment) BETWEEN 1 AND 255),
	unit text COLLATE "C" NOT NULL CHECK (length(unit) BETWEEN 1 AND 1024),
	variation text COLLATE "C" NOT NULL CHECK (length(variation) BETWEEN 1 AND 255),
	environment text COLLATE "C" NOT NULL DEFAULT 'production' CHECK (length(environment) BETWEEN 1 AND 255),
	at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(at)),
	project text COLLATE "C" NOT NULL DEFAULT ff._current_project() CHECK (length(project) BETWEEN 1 AND 255),
	-- the phase of the experiment; NULL: that of the time
	phase int CHECK (phase BETWEEN 1 AND 1000),
	-- what was known of the unit before it was exposed, for segments
	dimensions jsonb CHECK (jsonb_typeof(dimensions) = 'object'),
	-- the transaction that wrote the row: a refresh finds by it what is new
	written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (at);
CREATE TABLE ff.exposures_default PARTITION OF ff.exposures DEFAULT;
CREATE INDEX exposures_default_project_experiment_idx ON ff.exposures_default (project, experiment, environment, at);
CREATE INDEX exposures_default_unit_idx ON ff.exposures_default (unit);
CREATE INDEX exposures_default_written_in_idx ON ff.exposures_default (written_in);

-- A user has done something, perhaps of some value.
CREATE TABLE ff.events (
	unit text COLLATE "C" NOT NULL CHECK (length(unit) BETWEEN 1 AND 1024),
	event text COLLATE "C" NOT NULL CHECK (length(event) BETWEEN 1 AND 255),
	-- finite (NaN sorts above Infinity), and small enough to be squared and summed
	value numeric CONSTRAINT events_value_is_finite CHECK (value BETWEEN -1e100 AND 1e100),
	at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(at)),
	-- the same id counts once
	event_id text COLLATE "C" CHECK (length(event_id) BETWEEN 1 AND 255),
	properties jsonb CHECK (jsonb_typeof(properties) = 'object'),
	project text COLLATE "C" NOT NULL DEFAULT ff._current_project() CHECK (length(project) BETWEEN 1 AND 255),
	-- when it arrived
	received_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(received_at)),
	-- the transaction that wrote the row
	written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
) PARTITION BY RANGE (at);
CREATE TABLE ff.events_default PARTITION OF ff.events DEFAULT;
CREATE INDEX events_default_project_event_at_idx ON ff.events_default (project, event, at);
CREATE INDEX events_default_unit_idx ON ff.events_default (unit);
CREATE INDEX events_default_written_in_idx ON ff.events_default (written_in);
CREATE INDEX events_default_event_id_idx ON ff.events_default (event_id) WHERE event_id IS NOT NULL;

-- Events that COPY brings with ids of which some may have come: written as to a
-- plain heap, and moved to ff.events, each id once, by whoever receives them
-- (receive.sql).  Without an index, for it is read from one end to the other.
CREATE TABLE ff.event_inbox (
	unit text COLLATE "C" NOT NULL CHECK (length(unit) BETWEEN 1 AND 1024),
	event text COLLATE "C" NOT NULL CHECK (length(event) BETWEEN 1 AND 255),
	value numeric CONSTRAINT event_inbox_value_is_finite CHECK (value BETWEEN -1e100 AND 1e100),
	at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(at)),
	event_id text COLLATE "C" CHECK (length(event_id) BETWEEN 1 AND 255),
	properties jsonb CHECK (jsonb_typeof(properties) = 'object'),
	project text COLLATE "C" NOT NULL DEFAULT ff._current_project() CHECK (length(project) BETWEEN 1 AND 255),
	received_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(received_at))
);
-- there is no key, and rows are deleted where all of the schema is published
ALTER TABLE ff.event_inbox REPLICA IDENTITY FULL;

-- Ids of events that have come, by hash (ids.c).  Only ff_track and who receives an
-- inbox ask here, so only those who write the same id wait for each other.
CREATE TABLE ff.event_ids (
	hash uuid PRIMARY KEY,
	received_at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(received_at))
);
CREATE INDEX event_ids_received_at_idx ON ff.event_ids USING brin (received_at) WITH (pages_per_range = 32);

-- Transactions in which rows were changed or deleted, or came with the number of
-- another transaction: what the numbers of rows do not tell a refresh.
CREATE TABLE ff.event_corrections (
	project text COLLATE "C" NOT NULL,
	written_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
	at timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(at))
);
CREATE INDEX event_corrections_written_in_idx ON ff.event_corrections (written_in);

-- One row a transaction and project.
CREATE FUNCTION ff._note_correction() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO ff.event_corrections (project)
	SELECT DISTINCT p FROM unnest(ARRAY[OLD.project, NEW.project]) p
	WHERE p IS NOT NULL AND NOT EXISTS (SELECT FROM ff.event_corrections c WHERE c.written_in = pg_current_xact_id() AND c.project = p);
	RETURN NULL;
END;
$$;

CREATE TRIGGER note_correction AFTER UPDATE OR DELETE ON ff.exposures FOR EACH ROW EXECUTE FUNCTION ff._note_correction();
CREATE TRIGGER note_foreign AFTER INSERT ON ff.exposures FOR EACH ROW
	WHEN (NEW.written_in <> pg_current_xact_id()) EXECUTE FUNCTION ff._note_correction();
CREATE TRIGGER note_correction AFTER UPDATE OR DELETE ON ff.events FOR EACH ROW EXECUTE FUNCTION ff._note_correction();
CREATE TRIGGER note_foreign AFTER INSERT ON ff.events FOR EACH ROW
	WHEN (NEW.written_in <> pg_current_xact_id()) EXECUTE FUNCTION ff._note_correction();
-- there are no keys, and rows are changed and deleted where all of the schema is published
ALTER TABLE ff.exposures_default REPLICA IDENTITY FULL;
ALTER TABLE ff.events_default REPLICA IDENTITY FULL;
ALTER TABLE ff.event_corrections REPLICA IDENTITY FULL;

-- in logical replication, too
ALTER TABLE ff.exposures ENABLE ALWAYS TRIGGER note_correction;
ALTER TABLE ff.exposures ENABLE ALWAYS TRIGGER note_foreign;
ALTER TABLE ff.events ENABLE ALWAYS TRIGGER note_correction;
ALTER TABLE ff.events ENABLE ALWAYS TRIGGER note_foreign;

-- How far the worker has come with exposures that were left to it (account.c).  A
-- server has a row of its own in each database: a copy of either begins anew.
CREATE TABLE ff.exposure_accounts (
	ledger uuid,
	database oid,
	-- the start of the server in which the row was written
	run bigint NOT NULL,
	-- written, failed or lost
	accounted bigint NOT NULL,
	lost bigint NOT NULL,
	PRIMARY KEY (ledger, database)
);

COMMENT ON TABLE ff.exposure_accounts IS 'How many of the exposures that were left to the worker are accounted for, and how many were lost, by server: see ff_exposure_queue. Not dumped.';
COMMENT ON TABLE ff.event_corrections IS 'Transactions that changed or deleted exposures or events of a project, or brought rows from elsewhere: after one, an experiment is analysed as a whole again.';
COMMENT ON TABLE ff.exposures IS 'Who met which variation of an experiment, and when. Written by ff_expose, INSERT or COPY; the first exposure of a unit counts.';
COMMENT ON TABLE ff.events IS 'What users did, with a value where it has one. Written by ff_track, INSERT or COPY; rows with the same event_id count once, the one received first.';
COMMENT ON TABLE ff.event_inbox IS 'Events that INSERT or COPY brought and that nobody has received yet: ff_events_receive, and a refresh of an experiment, move them to ff.events, each event_id once.';
COMMENT ON TABLE ff.event_ids IS 'Hashes of the ids of events that ff_track, ff_track_many and ff_events_receive have written. Old ones go by ff_event_ids_retain.';
COMMENT ON TABLE ff.exposures_default IS 'Exposures of times for which there is no partition. Indexes here are made on new partitions as well.';
COMMENT ON TABLE ff.events_default IS 'Events of times for which there is no partition. Indexes here are made on new partitions as well.';
