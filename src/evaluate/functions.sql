-- Evaluation, in C.  STABLE: a statement sees the configuration of its own
-- snapshot.  None of these raises an error over a flag, a user or attributes.

CREATE FUNCTION ff_evaluate(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_evaluate';
COMMENT ON FUNCTION ff_evaluate(text, text, jsonb, text, text) IS
'The value of a flag for a user, as jsonb. NULL where there is none: unknown flag, missing bucketing key, cycle of prerequisites; ff_evaluate_detail tells which. attributes is an object; environment and project default to the settings featureflow.environment and featureflow.project. Never raises an error.';

CREATE FUNCTION ff_is_enabled(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback boolean DEFAULT false, project text DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_is_enabled';
COMMENT ON FUNCTION ff_is_enabled(text, text, jsonb, text, boolean, text) IS
'The value of a boolean flag for a user. The fallback (false) where there is none or the flag is of another kind. Never raises an error.';

CREATE FUNCTION ff_string(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback text DEFAULT NULL, project text DEFAULT NULL) RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_string';
COMMENT ON FUNCTION ff_string(text, text, jsonb, text, text, text) IS
'The value of a string flag for a user. The fallback (NULL) where there is none or the flag is of another kind. Never raises an error.';

CREATE FUNCTION ff_number(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback numeric DEFAULT NULL, project text DEFAULT NULL) RETURNS numeric
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_number';
COMMENT ON FUNCTION ff_number(text, text, jsonb, text, numeric, text) IS
'The value of a number flag for a user, exactly as stored. The fallback (NULL) where there is none or the flag is of another kind. Never raises an error.';

CREATE FUNCTION ff_json(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback jsonb DEFAULT NULL, project text DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_json';
COMMENT ON FUNCTION ff_json(text, text, jsonb, text, jsonb, text) IS
'The value of a json flag for a user. The fallback (NULL) where there is none or the flag is of another kind. Never raises an error.';

CREATE TYPE ff.evaluation AS (flag text, value jsonb, variation text, reason text, rule text,
	error_code text, version int, required_plan text, variation_index int, provider_reason jsonb, metadata jsonb);
COMMENT ON TYPE ff.evaluation IS 'An answer of ff_evaluate_detail and ff_evaluate_all.';

CREATE FUNCTION ff_evaluate_detail(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, fallback jsonb DEFAULT NULL, project text DEFAULT NULL,
	wanted text DEFAULT NULL) RETURNS ff.evaluation
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_evaluate_detail';
COMMENT ON FUNCTION ff_evaluate_detail(text, text, jsonb, text, jsonb, text, text) IS
'The answer of ff_evaluate with what led to it. reason and error_code are OpenFeature''s (STATIC, DEFAULT, TARGETING_MATCH, SPLIT, DISABLED, ERROR; FLAG_NOT_FOUND, TARGETING_KEY_MISSING, TYPE_MISMATCH where the flag is of another kind than is wanted, GENERAL, PARSE_ERROR, INVALID_CONTEXT). wanted: any, boolean, string, number, integer or object (arrays too); NULL: the type of the fallback. rule: the rule''s id or rules[i], default, target, override:user, override:organization, session, off, kill, archived, prerequisite:FLAG, plan:PLAN. version: of the flag in the environment. required_plan: set where the plan gate is closed. variation_index: the place of the variation, from 0. Of an imported flag: provider_reason, its reason in the terms of its provider, and metadata, what else the provider answers. Raises 22023 for an unknown type in wanted, and no other error.';

CREATE FUNCTION ff_evaluate_all(user_key text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS SETOF ff.evaluation
LANGUAGE c STABLE PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'ff_evaluate_all';
COMMENT ON FUNCTION ff_evaluate_all(text, jsonb, text, text) IS
'ff_evaluate_detail of every flag of the environment that is not archived, in order of key.';

CREATE FUNCTION ff_enabled_flags(user_key text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS text[]
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_enabled_flags';
COMMENT ON FUNCTION ff_enabled_flags(text, jsonb, text, text) IS
'Keys of the boolean flags that are true for a user, in order; an empty array where none is.';

CREATE FUNCTION ff_bootstrap(user_key text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bootstrap';
COMMENT ON FUNCTION ff_bootstrap(text, jsonb, text, text) IS
'One object {flag: value} of the flags that are visible to clients (ff_flag_visible), for a page or app to start with. Flags without an answer are left out.';

CREATE FUNCTION ff_explain(user_key text, flag text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (step int, stage text, outcome text, detail text)
LANGUAGE c STABLE PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'ff_explain';
COMMENT ON FUNCTION ff_explain(text, text, jsonb, text, text) IS
'Why a user gets what ff_evaluate answers: a row for each step taken, in order, with what was compared with what. Steps inside a rule, segment or prerequisite are indented. For administrators and roles granted ff_grant(role, ''evaluate'').';

CREATE FUNCTION ff_in_segment(user_key text, segment text, attributes jsonb DEFAULT NULL,
	environment text DEFAULT NULL, project text DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_in_segment';
COMMENT ON FUNCTION ff_in_segment(text, text, jsonb, text, text) IS
'Whether a user is in a segment: in its list, in the result of its query, or meets its condition. Where the project has no segment of that key, an imported one of the environment is asked, of the first dialect by name that has one. NULL where there is no such segment or environment. For administrators and roles granted ff_grant(role, ''evaluate'').';

CREATE FUNCTION ff_public_flags(environment text DEFAULT NULL, project text DEFAULT NULL)
RETURNS TABLE (key text, enabled boolean, min_plan text, min_plan_level int,
	etag text, cache_control text)
LANGUAGE c STABLE PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'ff_public_flags';
COMMENT ON FUNCTION ff_public_flags(text, text) IS
'The public list: flags that are enabled, not killed and visible to clients, with the plan that each needs. etag moves exactly when the list does; cache_control is what to answer a cache.';

CREATE FUNCTION ff_version(project text DEFAULT NULL, environment text DEFAULT NULL) RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_version';
COMMENT ON FUNCTION ff_version(text, text) IS
'The version of an environment''s configuration as this statement sees it: another number after every change, never the same twice. NULL where there is no such environment. For polling.';

CREATE FUNCTION ff_bucket(salt text, key text, recipe text DEFAULT 'native') RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket';
COMMENT ON FUNCTION ff_bucket(text, text, text) IS
'The bucket of a key by a recipe of ff.bucket_recipes. native: XXH3-64 (seed 0) of the UTF-8 text salt:key, modulo 100000; a rollout of p percent takes the buckets below 1000 p. A recipe whose provider compares a fraction answers which of the recipe''s number of equal parts that lies in. IMMUTABLE, so that it can be indexed. Raises 22023 for an unknown recipe, 0A000 where the server''s OpenSSL does not have the hash.';

CREATE FUNCTION ff_bucket(salt text, key text, recipe text, buckets int) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket_of';
COMMENT ON FUNCTION ff_bucket(text, text, text, int) IS
'The bucket of a key by a recipe that leaves the number of buckets open: the sum of the weights, as a rule. Raises 22023 for an unknown recipe and for a number of buckets that the recipe cannot have.';

CREATE FUNCTION ff_bucket(salt text, key jsonb, recipe text) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket_json';
COMMENT ON FUNCTION ff_bucket(text, jsonb, text) IS
'The bucket of a key that is JSON: a string as in ff_bucket of a text; any other value by a recipe that hashes values, flagd-v3-value, whose salt is not used. IMMUTABLE, so that it can be indexed. Raises as ff_bucket, and 22023 for a value that the recipe does not take.';

CREATE FUNCTION ff_bucket(salt text, key jsonb, recipe text, buckets int) RETURNS int
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket_json_of';
COMMENT ON FUNCTION ff_bucket(text, jsonb, text, int) IS
'The same by a recipe that leaves the number of buckets open. Raises as ff_bucket.';

CREATE FUNCTION ff_bucket_value(salt text, key text, recipe text DEFAULT 'native') RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket_value';
COMMENT ON FUNCTION ff_bucket_value(text, text, text) IS
'The number that a recipe''s provider compares with the ends of parts, to the last bit and in its own unit: a bucket, a fraction of 1, or a percentage. Raises as ff_bucket.';

CREATE FUNCTION ff_bucket_detail(salt text, key text, recipe text DEFAULT 'native', buckets int DEFAULT NULL,
	OUT hashed bytea, OUT hash bytea, OUT value float8, OUT bucket int) RETURNS record
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_bucket_detail';
COMMENT ON FUNCTION ff_bucket_detail(text, text, text, int) IS
'How a key comes to its bucket: the bytes that are hashed (UTF-16 units with the greater byte first), their hash (the greatest byte first), the value that the provider compares, and the bucket; buckets NULL: the recipe''s number of them. Raises as ff_bucket.';

CREATE FUNCTION ff_bucket_recipes(OUT name text, OUT provider text, OUT template text, OUT encoding text, OUT hash text, OUT seed bigint, OUT bits int,
	OUT formula text, OUT comparison text, OUT buckets int, OUT lowest int, OUT adjustable boolean, OUT description text) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 30 AS 'MODULE_PATHNAME', 'ff_bucket_recipes';
COMMENT ON FUNCTION ff_bucket_recipes() IS
'The bucketing recipes, as compiled in. template: what is hashed (of cbor, in diagnostic notation); bits: how many leading ones of the hash are h; formula: the value that the provider compares; comparison: of that with the end of a part; buckets: how many ff_bucket tells apart; lowest: the first of them; adjustable: whether another number of them can be asked for; description: what salt and key are.';

CREATE VIEW ff.bucket_recipes WITH (security_invoker = true) AS SELECT * FROM ff_bucket_recipes();
COMMENT ON VIEW ff.bucket_recipes IS 'The bucketing recipes, as ff_bucket_recipes() tells them.';

-- Used by administration and checks.
CREATE FUNCTION ff._setting(name text) RETURNS text
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_setting';

CREATE FUNCTION ff._lock_project(project_id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_lock_project';

CREATE FUNCTION ff._check_flag_settings(variations jsonb, kind text, targets jsonb,
	rules jsonb, default_serve jsonb, off_variation text, dialect text) RETURNS void
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_check_flag_settings';

CREATE FUNCTION ff._condition_segments(condition jsonb) RETURNS text[]
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_condition_segments';

CREATE FUNCTION ff._rules_segments(rules jsonb) RETURNS text[]
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
RETURN (SELECT coalesce(array_agg(DISTINCT key), '{}')
	FROM (SELECT found #>> '{}' AS key
		FROM jsonb_path_query(rules, 'strict $[*].**.segment') found
		WHERE jsonb_typeof(found) = 'string') keys);

-- The type of $1 in a query that a segment may have, tried as the current role.
CREATE FUNCTION ff._check_query(query text) RETURNS text
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_check_query';

-- Whether the key of a context source that the current role may register is
-- indexed.
CREATE FUNCTION ff._check_source(relation text, key_column text, attributes text[]) RETURNS boolean
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'ff_check_source';

-- RFC 3339 text as rules have it in from and until; NULL where it is no time.
CREATE FUNCTION ff._time(rfc3339 text) RETURNS timestamptz
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_time';

CREATE FUNCTION ff._check_now(kind text, id uuid) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'ff_check_now';

CREATE FUNCTION ff._check_deferred() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_check_deferred';

-- Fills in what triggers that were off did not write.
CREATE FUNCTION ff._version_ensure() RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	DELETE FROM ff.versions v
	WHERE NOT EXISTS (SELECT FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id
		WHERE e.id = v.environment_id AND e.project_id = v.project_id
		AND e.key = v.environment_key AND p.key = v.project_key);
	INSERT INTO ff.versions (environment_id, project_id, version, project_key, environment_key)
	SELECT e.id, e.project_id, 0, p.key, e.key
	FROM ff.environments e JOIN ff.projects p ON p.id = e.project_id;
	UPDATE ff.versions v SET version = 0,
		has_overrides = EXISTS (SELECT FROM ff.overrides o WHERE o.environment_id = v.environment_id),
		has_prerequisites = EXISTS (SELECT FROM ff.prerequisites r JOIN ff.flags f ON f.id = r.flag_id
			WHERE f.project_id = v.project_id),
		has_sources = EXISTS (SELECT FROM ff.context_sources c WHERE c.project_id = v.project_id),
		has_schedules = EXISTS (SELECT FROM ff.schedules s WHERE s.environment_id = v.environment_id),
		has_experiments = EXISTS (SELECT FROM ff.experiments x WHERE x.environment_id = v.environment_id);
END;
