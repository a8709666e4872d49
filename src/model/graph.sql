-- What depends on what, as rows and as a drawing.

CREATE FUNCTION @extschema@.ff_graph(project text DEFAULT NULL)
RETURNS TABLE (source_kind text, source text, target_kind text, target text, variation text, environments text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'flag', f.key, 'flag', p.key, r.variation, NULL::text[]
	FROM ff.prerequisites r JOIN ff.flags f ON f.id = r.flag_id JOIN ff.flags p ON p.id = r.prerequisite_id
	WHERE f.project_id = ff._project(project)
	UNION ALL
	SELECT 'flag', f.key, 'segment', n, NULL, array_agg(e.key::text ORDER BY e.position, e.key)
	FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
	CROSS JOIN LATERAL unnest(ff._rules_segments(s.rules)) n
	WHERE f.project_id = ff._project(project) AND f.dialect = 'native' AND s.rules::text LIKE '%"segment"%'
	GROUP BY f.key, n
	UNION ALL
	SELECT 'flag', f.key, n.kind, n.key, NULL, array_agg(e.key::text ORDER BY e.position, e.key)
	FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id JOIN ff.environments e ON e.id = s.environment_id
	CROSS JOIN LATERAL ff._import_references('flag', f.dialect, s.rules) r
	CROSS JOIN LATERAL (SELECT 'imported segment', x FROM unnest(r.segments) x UNION ALL SELECT 'flag', x FROM unnest(r.flags) x) n(kind, key)
	WHERE f.project_id = ff._project(project) AND f.dialect <> 'native'
	GROUP BY f.key, n.kind, n.key
	UNION ALL
	SELECT 'imported segment', g.key, 'imported segment', n, NULL, array_agg(e.key::text ORDER BY e.position, e.key)
	FROM ff.imported_segments g JOIN ff.environments e ON e.id = g.environment_id
	CROSS JOIN LATERAL ff._import_references('segment', g.dialect, g.document) r CROSS JOIN LATERAL unnest(r.segments) n
	WHERE e.project_id = ff._project(project)
	GROUP BY g.key, n
	UNION ALL
	SELECT 'segment', g.key, 'segment', n, NULL, NULL
	FROM ff.segments g CROSS JOIN LATERAL unnest(ff._condition_segments(g.condition)) n
	WHERE g.project_id = ff._project(project)
	ORDER BY 1, 2, 3, 4;
$$;
COMMENT ON FUNCTION @extschema@.ff_graph IS
'What each flag and segment of a project depends on: a flag requires the variation of another flag, a flag''s rules name a segment (in the environments listed), a segment names a segment. What imported flags and segments name is listed by environment, whether it exists or not.';

-- A label in the drawings: keys of imported flags may have any characters.
CREATE FUNCTION ff._mermaid_text(label text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$ SELECT translate(replace(replace(replace(replace(replace(label, '#', '#35;'), '"', '#quot;'), '<', '#lt;'), '>', '#gt;'), '&', '#amp;'), E'\n\r', '  '); $$;

CREATE FUNCTION ff._dot_text(label text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$ SELECT translate(replace(replace(label, '\', '\\'), '"', '\"'), E'\n\r', '  '); $$;

-- The text that stands beside an arrow.
CREATE FUNCTION ff._edge_label(variation text, environments text[]) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(variation, array_to_string(environments, ', '), ''); $$;

CREATE FUNCTION ff._graph_mermaid(project text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH edges AS MATERIALIZED (SELECT * FROM @extschema@.ff_graph(project)),
	nodes AS (
		SELECT x.kind, x.key, 'n' || row_number() OVER (ORDER BY x.kind, x.key COLLATE "C") AS id
		FROM (SELECT source_kind AS kind, source AS key FROM edges UNION SELECT target_kind, target FROM edges) x),
	lines AS (
		SELECT 1 AS part, n.kind || ' ' || n.key AS place,
			format(CASE n.kind WHEN 'flag' THEN '  %s["%s"]' ELSE '  %s(["%s"])' END, n.id, ff._mermaid_text(n.key)) AS line
		FROM nodes n
		UNION ALL
		SELECT 2, concat_ws(' ', e.source_kind, e.source, e.target_kind, e.target),
			format('  %s -->%s %s', s.id, coalesce('|"' || ff._mermaid_text(nullif(ff._edge_label(e.variation, e.environments), '')) || '"|', ''), t.id)
		FROM edges e JOIN nodes s ON (s.kind, s.key) = (e.source_kind, e.source)
		JOIN nodes t ON (t.kind, t.key) = (e.target_kind, e.target))
	SELECT concat_ws(E'\n', 'graph LR', string_agg(l.line, E'\n' ORDER BY l.part, l.place COLLATE "C")) FROM lines l;
$$;

CREATE FUNCTION ff._graph_dot(project text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH edges AS MATERIALIZED (SELECT * FROM @extschema@.ff_graph(project)),
	lines AS (
		SELECT 1 AS part, n.kind || ' ' || n.key AS place,
			format('  "%s:%s" [label="%s", shape=%s];', n.kind, ff._dot_text(n.key), ff._dot_text(n.key),
				CASE n.kind WHEN 'flag' THEN 'box' ELSE 'ellipse' END) AS line
		FROM (SELECT source_kind AS kind, source AS key FROM edges UNION SELECT target_kind, target FROM edges) n
		UNION ALL
		SELECT 2, concat_ws(' ', e.source_kind, e.source, e.target_kind, e.target),
			format('  "%s:%s" -> "%s:%s"%s;', e.source_kind, ff._dot_text(e.source), e.target_kind, ff._dot_text(e.target),
				coalesce(' [label="' || ff._dot_text(nullif(ff._edge_label(e.variation, e.environments), '')) || '"]', ''))
		FROM edges e)
	SELECT concat_ws(E'\n', 'digraph featureflow {', '  rankdir=LR;',
		string_agg(l.line, E'\n' ORDER BY l.part, l.place COLLATE "C"), '}') FROM lines l;
$$;

CREATE FUNCTION @extschema@.ff_graph_text(project text DEFAULT NULL, format text DEFAULT 'mermaid') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF format = 'mermaid' THEN
		RETURN ff._graph_mermaid(project);
	ELSIF format = 'dot' THEN
		RETURN ff._graph_dot(project);
	END IF;
	RAISE EXCEPTION 'unknown format "%"', format
		USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is one of mermaid, dot.';
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_graph_text IS
'The graph of ff_graph as a drawing: mermaid (for Markdown) or dot (for Graphviz). Flags are boxes, segments are round; an arrow points to what is depended on.';
