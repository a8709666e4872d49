-- What imported flags and segments name, and taking it along.

CREATE FUNCTION ff._import_references(kind text, dialect text, document jsonb, OUT segments text[], OUT flags text[]) RETURNS record
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_import_references';

-- The segments of an environment that a flag's rules lead to.
CREATE FUNCTION ff._imported_segments_of(dialect text, rules jsonb, environment_id uuid) RETURNS SETOF ff.imported_segments
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE named (key) AS (
		SELECT s.key COLLATE "C" FROM ff._import_references('flag', dialect, rules) r CROSS JOIN LATERAL unnest(r.segments) s(key)
		UNION
		SELECT s.key COLLATE "C" FROM named n
		JOIN ff.imported_segments g ON g.environment_id = $3 AND g.dialect = $1 COLLATE "C" AND g.key = n.key
		CROSS JOIN LATERAL ff._import_references('segment', g.dialect, g.document) r CROSS JOIN LATERAL unnest(r.segments) s(key))
	SELECT g.* FROM named n JOIN ff.imported_segments g ON g.environment_id = $3 AND g.dialect = $1 COLLATE "C" AND g.key = n.key;
$$;

-- The segments that an imported flag has in one environment and another one
-- lacks or has otherwise.
CREATE FUNCTION ff._imported_segments_apart(f ff.flags, source uuid, target uuid) RETURNS SETOF ff.imported_segments
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.* FROM ff.flag_settings s CROSS JOIN LATERAL ff._imported_segments_of(f.dialect, s.rules, source) g
	LEFT JOIN ff.imported_segments t ON t.environment_id = target AND t.dialect = g.dialect AND t.key = g.key
	WHERE f.dialect <> 'native' AND s.flag_id = f.id AND s.environment_id = source AND t.document IS DISTINCT FROM g.document
	ORDER BY g.key;
$$;

-- Makes them those of the source.
CREATE FUNCTION ff._bring_imported_segments(f ff.flags, source uuid, target uuid) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO ff.imported_segments (environment_id, dialect, key, document)
	SELECT target, g.dialect, g.key, g.document FROM ff._imported_segments_apart(f, source, target) g
	ON CONFLICT (environment_id, dialect, key) DO UPDATE SET document = excluded.document, updated_at = now();
$$;

-- Brings those of a flag along to an environment of another project; an error
-- where that has another segment of the key, since flags there name it.
CREATE FUNCTION ff._carry_imported_segments(f ff.flags, source uuid, target uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	other text;
BEGIN
	SELECT g.key INTO other FROM ff._imported_segments_apart(f, source, target) g
	JOIN ff.imported_segments t ON t.environment_id = target AND t.dialect = g.dialect AND t.key = g.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'environment "%" has another % segment "%"',
				(SELECT e.key FROM ff.environments e WHERE e.id = target), f.dialect, other
			USING ERRCODE = 'duplicate_object';
	END IF;
	PERFORM ff._bring_imported_segments(f, source, target);
END;
$$;
