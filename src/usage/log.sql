-- What single evaluations answered: a log of a sample of them.

CREATE FUNCTION @extschema@.ff_evaluation_log(user_key text DEFAULT NULL, flag text DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
	most int DEFAULT 100, environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS SETOF ff.evaluation_log
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	place uuid := ff._environment(ff._project($7), $6);
	first timestamptz := coalesce($3, now() - interval '1 day');
	over timestamptz := coalesce($4, 'infinity');
BEGIN
	IF $5 IS NULL OR $5 < 1 THEN
		RAISE EXCEPTION 'the number of rows is 1 or more' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF over < first THEN
		RAISE EXCEPTION 'the log is asked for from a time to a later one, not from % to %', first, over USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	SELECT l.* FROM ff.evaluation_log l
	WHERE l.environment_id = place AND l.at >= first AND l.at < over AND ($1 IS NULL OR l.user_key = $1) AND ($2 IS NULL OR l.flag = $2)
	ORDER BY l.at DESC, l.flag, l.user_key LIMIT $5;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_evaluation_log IS
'Evaluations of an environment that have been logged (featureflow.log_evaluations), the newest first, at most so many: of one user, of one flag, or all; since: by default a day ago; until: before it, by default all. at: when the statement began; flag: the key that was asked for, also where there is no such flag; variation: NULL where the caller was left with the fallback; reason, error_code, rule: as ff_evaluate_detail tells them; version: of the flag''s settings; share: of evaluations that were logged then, so that a row stands for 1 / share of them. Rows come into the log about half a second after the evaluation; ff_usage_flush waits for them. Errors: 42704 an unknown project or environment, 22023 most below 1, a range that ends before it begins.';

CREATE FUNCTION @extschema@.ff_evaluation_log_queue(OUT share float8, OUT waiting bigint, OUT written bigint, OUT dropped bigint, OUT failed bigint, OUT used bigint, OUT size bigint) RETURNS record
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ff_evaluation_log_queue';
COMMENT ON FUNCTION @extschema@.ff_evaluation_log_queue() IS
'Logged evaluations on their way to ff.evaluation_log. share: of this session''s evaluations that are logged (featureflow.log_evaluations); waiting: of this database in shared memory, not written yet. Of all databases since the server started: written; dropped, for which there was no room, or whose keys are longer than 8 kB; failed, whose environment was gone or being changed, or which the table refused. used, size: bytes of shared memory; size is NULL where featureflow is not in shared_preload_libraries.';

CREATE FUNCTION @extschema@.ff_evaluation_log_retain(keep interval DEFAULT '7 days') RETURNS bigint
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$ SELECT ff._forget('evaluation_log', 'at', keep); $$;
COMMENT ON FUNCTION @extschema@.ff_evaluation_log_retain IS
'Deletes evaluations from the log that are older than an interval, by default 7 days. Returns the number of rows. To be called by the clock, say daily. Errors: 22004 no interval, 22023 a negative one.';
