-- One row an environment: the version of everything that its flags answer
-- from.  Moved by triggers in the transaction of the change (moves.c), read
-- once a statement under the active snapshot (pin.c).  Never dumped.
CREATE TABLE ff.versions (
	environment_id uuid PRIMARY KEY,
	project_id uuid NOT NULL,
	version bigint NOT NULL,
	project_key text COLLATE "C" NOT NULL,
	environment_key text COLLATE "C" NOT NULL,
	-- whether there ever was one: evaluation need not look for what never was
	has_overrides boolean NOT NULL DEFAULT false,
	has_prerequisites boolean NOT NULL DEFAULT false,
	has_sources boolean NOT NULL DEFAULT false,
	has_schedules boolean NOT NULL DEFAULT false,
	has_experiments boolean NOT NULL DEFAULT false,
	UNIQUE (project_key, environment_key)
);
CREATE INDEX versions_project_id_idx ON ff.versions (project_id);
COMMENT ON TABLE ff.versions IS 'One row an environment: its version, moved by triggers in the transaction of every change. Numbers are never seen twice.';

-- Begins at install time in microseconds, so that no number of an earlier
-- installation comes again.
CREATE SEQUENCE ff.version_numbers;
DO $$
BEGIN
	EXECUTE format('ALTER SEQUENCE ff.version_numbers START %1$s RESTART %1$s',
		(extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
END;
$$;
COMMENT ON SEQUENCE ff.version_numbers IS 'Where versions of environments come from.';
