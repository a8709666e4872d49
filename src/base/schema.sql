-- The home of tables, views, types and internal functions.
CREATE SCHEMA ff;
COMMENT ON SCHEMA ff IS 'FeatureFlow: tables, views and types. Functions that begin with an underscore are internal.';

-- Keys appear in URLs, settings and code: letters, digits, _ . and - only.
CREATE FUNCTION ff._is_key(key text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN key OPERATOR(pg_catalog.~) '^[A-Za-z0-9_.-]{1,255}$';
