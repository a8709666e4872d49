-- Exposures and events in partitions by time: made ahead, dropped when old.

-- The partitions of ff.exposures or ff.events and their bounds, the default one
-- aside.  Bounds are read as they are written: by the settings of this function.
CREATE FUNCTION ff._partitions(parent text) RETURNS TABLE (partition regclass, lower timestamptz, upper timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO'
SET timezone = 'UTC'
AS $$
	SELECT b.partition, replace(b.bounds[1], 'MINVALUE', '-infinity')::timestamptz, replace(b.bounds[2], 'MAXVALUE', 'infinity')::timestamptz
	FROM (SELECT c.oid::regclass AS partition,
			regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''?(.+?)''?\) TO \(''?(.+?)''?\)$') AS bounds
		FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = format('ff.%I', parent)::regclass) b
	WHERE b.bounds IS NOT NULL;
$$;

-- Rows from that time on are needed by experiments that are not stopped: a draft
-- may be started in the past, but hardly before it was made; before that is
-- what covariates are made of.
CREATE FUNCTION ff._rows_needed_since() RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT min(least(x.started_at, x.created_at) - greatest(interval '1 month', (SELECT max(m.covariate_period)
		FROM ff.experiment_metrics u JOIN ff.metrics m ON m.id = u.metric_id WHERE u.experiment_id = x.id)))
	FROM ff.experiments x WHERE x.status IN ('draft', 'running');
$$;

-- Makes a partition with the rows of the default one that belong there, and with
-- its indexes.  Returns the number of rows moved.  The caller has locked the
-- parent, as whoever writes through it does before choosing a partition: a row
-- that had been sent to the default one would else be refused there.
CREATE FUNCTION ff._partition_make(parent text, name text, lower timestamptz, upper timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rest text := parent || '_default';
	any_rows boolean;
	moved bigint := 0;
BEGIN
	EXECUTE format('LOCK TABLE ff.%I IN ACCESS EXCLUSIVE MODE', rest);
	EXECUTE format('CREATE TABLE ff.%I (LIKE ff.%I INCLUDING ALL EXCLUDING COMMENTS)', name, rest);
	EXECUTE format('ALTER TABLE ff.%I REPLICA IDENTITY FULL', name);
	-- where deletes are published even one of no row is refused
	EXECUTE format('SELECT EXISTS (SELECT FROM ff.%I WHERE at >= $1 AND at < $2)', rest) INTO any_rows USING lower, upper;
	IF any_rows THEN
		EXECUTE format('WITH moved AS (DELETE FROM ff.%I WHERE at >= $1 AND at < $2 RETURNING *) INSERT INTO ff.%I SELECT * FROM moved', rest, name)
		USING lower, upper;
		GET DIAGNOSTICS moved = ROW_COUNT;
	END IF;
	EXECUTE format('ALTER TABLE ff.%I ATTACH PARTITION ff.%I FOR VALUES FROM (%L) TO (%L)', parent, name, lower, upper);
	RETURN moved;
END;
$$;

-- Drops partitions that end before a time, and deletes what is older from the default one.
CREATE FUNCTION ff._partitions_drop(parent text, before timestamptz)
RETURNS TABLE (action text, relation text, lower timestamptz, upper timestamptz, moved bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	old record;
	any_rows boolean;
	deleted bigint;
BEGIN
	FOR old IN SELECT p.partition::text AS name, p.lower, p.upper FROM ff._partitions(parent) p WHERE p.upper <= before ORDER BY p.lower LOOP
		EXECUTE 'DROP TABLE ' || old.name;	-- it need not be in schema ff
		RETURN QUERY SELECT 'dropped', old.name, old.lower, old.upper, NULL::bigint;
	END LOOP;
	EXECUTE format('SELECT EXISTS (SELECT FROM ff.%I WHERE at < $1)', parent || '_default') INTO any_rows USING before;
	IF any_rows THEN
		EXECUTE format('DELETE FROM ff.%I WHERE at < $1', parent || '_default') USING before;
		GET DIAGNOSTICS deleted = ROW_COUNT;
		RETURN QUERY SELECT 'deleted', format('ff.%s_default', parent), NULL::timestamptz, before, deleted;
	END IF;
END;
$$;

-- The lock that it takes to make partitions up to a time and to drop those before
-- another: none that writers or readers feel where there is nothing to do.
CREATE FUNCTION ff._partitions_lock(until timestamptz, before timestamptz) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN bool_or(p.upper <= before) THEN 'ACCESS EXCLUSIVE'
		WHEN coalesce(bool_or(t.upper <= until OR t.upper IS NULL), true) THEN 'SHARE ROW EXCLUSIVE' ELSE 'SHARE UPDATE EXCLUSIVE' END
	FROM (SELECT n AS name, (SELECT max(p.upper) FROM ff._partitions(n) p) AS upper FROM unnest('{exposures,events}'::text[]) n) t
	LEFT JOIN LATERAL ff._partitions(t.name) p ON true;
$$;

CREATE FUNCTION @extschema@.ff_partitions_maintain(ahead interval DEFAULT '1 month', keep interval DEFAULT NULL, unit text DEFAULT 'month')
RETURNS TABLE (action text, relation text, lower timestamptz, upper timestamptz, rows bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s'
AS $$
#variable_conflict use_variable
DECLARE
	parent text;
	name text;
	before timestamptz;
	mode text;
	moved bigint;
BEGIN
	PERFORM ff._required('interval ahead', ahead::text), ff._required('unit', unit), ff._check_keep(keep);
	IF ahead NOT BETWEEN interval '0' AND interval '2 years' THEN
		RAISE EXCEPTION 'partitions are made up to 2 years ahead, not %', ahead USING ERRCODE = 'invalid_parameter_value';
	ELSIF unit NOT IN ('day', 'week', 'month') THEN
		RAISE EXCEPTION 'unknown unit "%"', unit USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is day, week or month.';
	END IF;
	before := least(now() - keep, ff._rows_needed_since());
	mode := ff._partitions_lock(now() + ahead, CASE WHEN keep IS NOT NULL THEN before END);
	FOREACH parent IN ARRAY '{exposures,events}'::text[] LOOP	-- in the order of follow.c
		EXECUTE format('LOCK TABLE ff.%I IN %s MODE', parent, mode);
	END LOOP;
	FOREACH parent IN ARRAY '{exposures,events}'::text[] LOOP
		IF keep IS NOT NULL THEN
			RETURN QUERY SELECT * FROM ff._partitions_drop(parent, before);
		END IF;
		SELECT max(p.upper) INTO lower FROM ff._partitions(parent) p;
		lower := coalesce(lower, date_trunc(unit, now(), 'UTC'));
		WHILE lower <= now() + ahead LOOP
			upper := (date_trunc(unit, lower AT TIME ZONE 'UTC') + ('1 ' || unit)::interval) AT TIME ZONE 'UTC';
			name := parent || to_char(lower AT TIME ZONE 'UTC', '_YYYYMMDD');
			moved := ff._partition_make(parent, name, lower, upper);
			RETURN QUERY SELECT 'created', 'ff.' || name, lower, upper, moved;
			lower := upper;
		END LOOP;
	END LOOP;
	PERFORM ff._forget_corrections(), ff._forget_source_changes();
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_partitions_maintain IS
'Makes partitions of ff.exposures and ff.events by their time, in UTC, from the current day, week or month (unit) or the last partition on until ahead from now; rows of the default partition that belong there are moved. keep: partitions that are wholly older, and rows of the default one, are dropped; never those that an experiment in draft or running needs, from its start or creation less a month, or less the longest covariate_period of its metrics. NULL, the default: none is dropped. Returns what it did: created, with the rows moved; dropped; deleted, of the default partition, with the rows. To be called by the clock, by the owner of the extension; not part of ff_grant. Waits for locks up to 5 seconds. Errors: 22004, 22023 an argument; 55P03 and 40P01 a lock that others hold: call again.';
