-- How often flags are evaluated, by whom, how fast and with what errors.

CREATE FUNCTION ff._users_union(a bytea, b bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_users_union';

CREATE FUNCTION ff._users_count(sketch bytea) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_users_count';

-- How many users sketches have seen together.
CREATE AGGREGATE ff._users(bytea) (SFUNC = ff._users_union, STYPE = bytea, FINALFUNC = ff._users_count, COMBINEFUNC = ff._users_union, PARALLEL = SAFE);

CREATE FUNCTION ff._latency_add(a bigint[], b bigint[]) RETURNS bigint[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_latency_add';

CREATE AGGREGATE ff._latency(bigint[]) (SFUNC = ff._latency_add, STYPE = bigint[], COMBINEFUNC = ff._latency_add, PARALLEL = SAFE);

-- Microseconds that a share of the timed calls took no longer than; within the
-- step in which it falls, calls are taken to be spread evenly.
CREATE FUNCTION ff._latency_quantile(latency bigint[], share float8) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT power(2, s.i - 1) * (1 + (share * s.total - s.before) / s.n) / 1000
	FROM (SELECT l.n, l.i, sum(l.n) OVER (ORDER BY l.i) - l.n AS before, sum(l.n) OVER () AS total
		FROM unnest(latency) WITH ORDINALITY l(n, i)) s
	WHERE s.n > 0 AND s.before + s.n >= share * s.total
	ORDER BY s.i LIMIT 1;
$$;

-- What waits in shared memory for being written, of this database.
CREATE FUNCTION ff._usage_waiting() RETURNS TABLE (environment_id uuid, flag_id uuid, variation_index int, reason text, error_code text,
	hour timestamptz, evaluations bigint, last_at timestamptz, users bytea, latency bigint[])
LANGUAGE c VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'ff_usage_waiting';

-- The counts of an environment since an hour, written or not.
CREATE FUNCTION ff._usage_rows(environment_id uuid, since timestamptz, until timestamptz)
RETURNS SETOF ff.evaluation_counts
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.* FROM ff.evaluation_counts c WHERE c.environment_id = $1 AND c.hour >= $2 AND c.hour < $3
	UNION ALL
	SELECT w.environment_id, w.flag_id, (CASE WHEN w.variation_index >= 0 THEN f.variations -> w.variation_index ->> 'key' END) COLLATE "C", w.reason, w.error_code, w.hour, w.evaluations, w.last_at, w.users, w.latency
	FROM ff._usage_waiting() w LEFT JOIN ff.flags f ON f.id = w.flag_id
	WHERE w.environment_id = $1 AND w.hour >= $2 AND w.hour < $3 AND (w.flag_id IS NULL OR f.id IS NOT NULL);
$$;

-- The hour that a time is in, as counts have it.
CREATE FUNCTION ff._usage_hour(at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT date_bin('1 hour', at, '2000-01-01 00:00:00+00'); $$;

-- Refuses a stretch of time that is none.
CREATE FUNCTION ff._check_usage_time(since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._check_time('since', since), ff._check_time('until', until);
	IF until < since THEN
		RAISE EXCEPTION 'usage is asked for from a time to a later one, not from % to %', since, until USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_usage(since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (flag text, evaluations bigint, users bigint, errors bigint, last_evaluated_at timestamptz, p50_us float8, p95_us float8, p99_us float8, timed bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	home uuid := ff._project(ff_usage.project);
	place uuid := ff._environment(home, ff_usage.environment);
	first timestamptz := coalesce(ff_usage.since, now() - interval '7 days');
	over timestamptz := coalesce(ff_usage.until, now() + interval '1 hour');
BEGIN
	PERFORM ff._check_usage_time(first, over);
	RETURN QUERY
	WITH counted AS MATERIALIZED (
		SELECT c.flag_id, sum(c.evaluations)::bigint AS evaluations, ff._users(c.users) AS users, ff._latency(c.latency) AS latency,
			coalesce(sum(c.evaluations) FILTER (WHERE c.reason = 'ERROR'), 0)::bigint AS errors, max(c.last_at) AS last_at
		FROM ff._usage_rows(place, ff._usage_hour(first), over) c GROUP BY c.flag_id
	), flags AS (
		SELECT f.id, f.key, coalesce(c.evaluations, 0) AS evaluations, coalesce(c.users, 0) AS users, coalesce(c.errors, 0) AS errors, c.latency,
			-- before, if not in that time
			coalesce(c.last_at, (SELECT b.last_at FROM ff.evaluation_counts b WHERE b.flag_id = f.id AND b.environment_id = place AND b.hour < over
				ORDER BY b.hour DESC, b.last_at DESC LIMIT 1)) AS last_at, f.archived_at
		FROM ff.flags f LEFT JOIN counted c ON c.flag_id = f.id WHERE f.project_id = home
		UNION ALL
		SELECT NULL, NULL, c.evaluations, c.users, c.errors, c.latency, c.last_at, NULL FROM counted c WHERE c.flag_id IS NULL
	)
	SELECT f.key::text, f.evaluations, f.users, f.errors, f.last_at,
		ff._latency_quantile(f.latency, 0.5), ff._latency_quantile(f.latency, 0.95), ff._latency_quantile(f.latency, 0.99),
		(SELECT coalesce(sum(n), 0)::bigint FROM unnest(f.latency) n)
	FROM flags f WHERE f.archived_at IS NULL OR f.evaluations > 0
	ORDER BY f.key COLLATE "C" NULLS LAST;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_usage IS
'How much the flags of an environment are evaluated, a row each, those that are not archived even where nobody has; a row without a flag, if any, is of keys that no flag has. since: from the hour that it is in, by default 7 days ago; until: hours that begin before it, by default all. evaluations; users: distinct user keys, estimated by HyperLogLog sketches of 2048 registers (O. Ertl 2017) with a standard error of 2.3 %; errors: those with reason ERROR; last_evaluated_at: ever, as far as counts are kept; p50_us, p95_us, p99_us: microseconds that half, 95 and 99 % of the timed calls for the one flag took at most, exact to a factor of two; NULL: none was timed; timed: how many were, one in 64. What waits in shared memory is included, what other sessions have counted within the last second is not. Where featureflow is not in shared_preload_libraries, or featureflow.count_evaluations is off, nothing is counted. Errors: 42704 an unknown project or environment, 22023 a time before the year 1 or after 9999, until before since.';

CREATE FUNCTION @extschema@.ff_flag_usage(flag text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, step interval DEFAULT '1 day', environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (bucket timestamptz, variation text, reason text, error_code text, evaluations bigint, users bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	home uuid := ff._project(ff_flag_usage.project);
	place uuid := ff._environment(home, ff_flag_usage.environment);
	found uuid := (ff._flag(home, ff_flag_usage.flag)).id;
	first timestamptz := coalesce(ff_flag_usage.since, now() - interval '7 days');
	over timestamptz := coalesce(ff_flag_usage.until, now() + interval '1 hour');
	hours float8 := extract(epoch FROM ff_flag_usage.step) / 3600;
BEGIN
	PERFORM ff._check_usage_time(first, over), ff._required('step', ff_flag_usage.step::text);
	IF extract(month FROM ff_flag_usage.step) <> 0 OR extract(year FROM ff_flag_usage.step) <> 0 OR hours < 1 OR hours <> floor(hours)
		OR ff_flag_usage.step > interval '365250 days' THEN
		RAISE EXCEPTION 'a step is a number of whole hours, days or weeks, up to 1000 years, not %', ff_flag_usage.step USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	SELECT date_bin(ff_flag_usage.step, c.hour, '2001-01-01 00:00:00+00') AS bucket, c.variation::text, c.reason::text, c.error_code::text,
		sum(c.evaluations)::bigint, ff._users(c.users)
	FROM ff._usage_rows(place, ff._usage_hour(first), over) c
	WHERE c.flag_id = found
	GROUP BY 1, c.variation, c.reason, c.error_code
	ORDER BY 1, c.variation NULLS LAST, c.reason, c.error_code NULLS FIRST;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_flag_usage IS
'How much a flag is evaluated in an environment, over time: a row for each step, variation (NULL: none, the fallback), reason and error code of OpenFeature. bucket: when the step began, in UTC, weeks on Mondays; step: whole hours, days or weeks; since: from the hour that it is in, by default 7 days ago; until: hours that begin before it, by default all. users: distinct user keys, estimated as in ff_usage, and not to be added up: who is counted in two rows is one user. What waits in shared memory is included. Errors: 42704 an unknown flag, project or environment, 22004 no step, 22023 a step that is not of whole hours or longer than 1000 years, times as in ff_usage.';

CREATE FUNCTION @extschema@.ff_usage_queue(OUT counting boolean, OUT waiting bigint, OUT written bigint, OUT dropped bigint, OUT failed bigint, OUT used int, OUT room int) RETURNS record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ff_usage_queue';
COMMENT ON FUNCTION @extschema@.ff_usage_queue() IS
'Counts of evaluations on their way to ff.evaluation_counts. counting: whether this session counts; waiting: evaluations of this database in shared memory, not written yet. Evaluations of all databases since the server started: written; dropped, for which there was no room; failed, whose flag, environment, extension or database was gone. used, room: entries of the table in shared memory, one for each hour, environment, flag, variation and reason; room is NULL where featureflow is not in shared_preload_libraries.';

CREATE FUNCTION @extschema@.ff_usage_flush(timeout_ms int DEFAULT 60000) RETURNS boolean
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_usage_flush';
COMMENT ON FUNCTION @extschema@.ff_usage_flush(int) IS
'Has the worker write what waits in shared memory of this database, with what this session has counted, and waits for it; false where it was not done within timeout_ms, as on a standby. What belongs to a flag or environment that another transaction is about to change waits on. Error 55000: featureflow is not in shared_preload_libraries.';

CREATE FUNCTION @extschema@.ff_usage_retain(keep interval DEFAULT '400 days') RETURNS bigint
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._forget('evaluation_counts', 'hour', keep); $$;
COMMENT ON FUNCTION @extschema@.ff_usage_retain IS
'Deletes counts of evaluations of hours that began longer ago than an interval, by default 400 days. Returns the number of rows. To be called by the clock, say daily. Errors: 22004 no interval, 22023 a negative one.';
