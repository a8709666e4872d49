-- Readable views, for psql above all.  They show what the role that asks may
-- read.

-- A serve in words: on; 20% on; 30% a, 70% b by account.id.
CREATE FUNCTION ff._serve_text(serve jsonb, off_variation text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(serve) = 'string' THEN serve #>> '{}' ELSE (
		SELECT coalesce(
			string_agg(format('%s%% %s', x.weight, x.variation), ', ' ORDER BY x.i)
				FILTER (WHERE x.weight > 0 AND (x.variation <> off_variation OR x.others > 1)),
			'100% ' || off_variation)
		FROM (SELECT trim_scale((p.value ->> 'weight')::numeric) AS weight, p.value ->> 'variation' AS variation, p.ordinality AS i,
				count(*) FILTER (WHERE (p.value ->> 'weight')::numeric > 0 AND p.value ->> 'variation' <> off_variation) OVER () AS others
			FROM jsonb_array_elements(serve -> 'split') WITH ORDINALITY p) x)
		|| coalesce(' by ' || (serve ->> 'by'), '') END;
$$;

CREATE VIEW ff.flags_overview WITH (security_invoker = true) AS
SELECT p.key AS project, f.key AS flag, f.kind, e.key AS environment,
	CASE WHEN f.archived_at IS NOT NULL THEN 'archived' WHEN f.killed_at IS NOT NULL THEN 'killed'
		WHEN NOT n.enabled THEN 'off' ELSE 'on' END AS state,
	CASE WHEN f.archived_at IS NULL AND f.killed_at IS NULL AND n.enabled
		THEN CASE WHEN f.dialect = 'native' THEN ff._serve_text(ff._default_now(s), s.off_variation)
			WHEN s.rules = '[]' THEN 'nothing, not imported' ELSE 'as ' || f.dialect END
		ELSE s.off_variation END AS serving,
	CASE f.dialect WHEN 'native' THEN jsonb_array_length(s.rules) END AS rules,
	(SELECT coalesce(sum(jsonb_array_length(t.value)), 0)::int FROM jsonb_each(s.targets) t) AS targets,
	(SELECT count(*)::int FROM ff.overrides o WHERE o.flag_id = f.id AND o.environment_id = e.id
		AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp())) AS overrides,
	(SELECT count(*)::int FROM ff.prerequisites r WHERE r.flag_id = f.id) AS prerequisites,
	f.min_plan, f.client_visible AS visible, f.tags, s.version, greatest(f.updated_at, s.updated_at) AS updated_at
FROM ff.flags f
JOIN ff.projects p ON p.id = f.project_id
JOIN ff.flag_settings s ON s.flag_id = f.id
JOIN ff.environments e ON e.id = s.environment_id
CROSS JOIN LATERAL (SELECT ff._enabled_now(s) AS enabled OFFSET 0) n
ORDER BY p.key, f.key, e.position, e.key;
COMMENT ON VIEW ff.flags_overview IS
'A row a flag and environment, as it is now, steps of the schedule that have come included. state: on, off, killed or archived; serving: what the default rule serves there (the off variation unless on; of an imported flag, as whom it answers); rules (not of imported flags), targets, overrides (in force) and prerequisites are counts.';

CREATE VIEW ff.overrides_active WITH (security_invoker = true) AS
SELECT p.key AS project, f.key AS flag, e.key AS environment, o.subject_kind AS kind, o.subject, o.variation,
	o.expires_at, o.reason, o.created_by, o.created_at
FROM ff.overrides o
JOIN ff.flags f ON f.id = o.flag_id
JOIN ff.projects p ON p.id = f.project_id
JOIN ff.environments e ON e.id = o.environment_id
WHERE o.expires_at IS NULL OR o.expires_at > statement_timestamp()
ORDER BY p.key, f.key, e.position, e.key, o.subject_kind, o.subject;
COMMENT ON VIEW ff.overrides_active IS 'Overrides that have not expired.';

CREATE VIEW ff.segments_overview WITH (security_invoker = true) AS
SELECT p.key AS project, g.key AS segment, g.name, g.condition,
	ARRAY(SELECT u FROM ff._segment_uses(g) u) AS used_by, g.updated_at,
	EXISTS (SELECT FROM ff.segment_members m WHERE m.segment_id = g.id) AS has_list, g.query
FROM ff.segments g JOIN ff.projects p ON p.id = g.project_id
ORDER BY p.key, g.key;
COMMENT ON VIEW ff.segments_overview IS 'Segments with their conditions, whether there is anybody in their list, their query, and the rules and segments that name them.';

CREATE VIEW ff.environments_overview WITH (security_invoker = true) AS
SELECT p.key AS project, e.key AS environment, e.name, e.color,
	count(s.flag_id)::int AS flags,
	(count(*) FILTER (WHERE ff._enabled_now(s) AND f.archived_at IS NULL AND f.killed_at IS NULL))::int AS enabled,
	v.version, e.locked_at, e.locked_by, e.lock_reason
FROM ff.environments e
JOIN ff.projects p ON p.id = e.project_id
LEFT JOIN ff.flag_settings s ON s.environment_id = e.id
LEFT JOIN ff.flags f ON f.id = s.flag_id
LEFT JOIN ff.versions v ON v.environment_id = e.id
GROUP BY p.key, e.id, v.version
ORDER BY p.key, e.position, e.key;
COMMENT ON VIEW ff.environments_overview IS 'Environments in order, with their number of flags, how many of these are enabled, the version of their configuration, and since when, by whom and why each is locked.';

-- The columns that an entry of the audit log changed.
CREATE FUNCTION ff._changed_columns(old jsonb, new jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(n.key ORDER BY n.key COLLATE "C"), '{}') FROM jsonb_each(new) n
	WHERE old IS NOT NULL AND old -> n.key IS DISTINCT FROM n.value AND n.key NOT IN ('updated_at', 'version')
		-- the time at which a value was set says nothing besides the value
		AND NOT (n.key = 'enabled_at' AND old -> 'enabled' <> new -> 'enabled')
		AND NOT (n.key = 'default_at' AND old -> 'default_serve' <> new -> 'default_serve');
$$;

-- The key of a flag that is gone, from the log.
CREATE FUNCTION ff._former_flag(flag_id uuid) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(d.old, d.new) ->> 'key' FROM ff.audit_log d
	WHERE d.flag_id = $1 AND d.table_name = 'flags' ORDER BY d.number DESC LIMIT 1;
$$;

-- What a changed row is called: its key, whose override it is, its relation.
CREATE FUNCTION ff._row_key(entry jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(entry ->> 'key', (entry ->> 'subject_kind') || ':' || (entry ->> 'subject'), entry ->> 'relation');
$$;

-- What an entry of the audit log is about: a flag, deleted ones included, or
-- another thing.
CREATE FUNCTION ff._entry_key(flag_id uuid, old jsonb, new jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce((SELECT f.key FROM ff.flags f WHERE f.id = flag_id), ff._former_flag(flag_id), ff._row_key(coalesce(new, old)));
$$;

CREATE VIEW ff.audit_recent WITH (security_invoker = true) AS
SELECT a.number, a.at, p.key AS project, a.table_name AS "table", a.action,
	ff._entry_key(a.flag_id, a.old, a.new) AS key, e.key AS environment,
	ff._changed_columns(a.old, a.new) AS changed, coalesce(a.account, a.acting_role) AS who, a.reason
FROM ff.audit_log a
LEFT JOIN ff.projects p ON p.id = a.project_id
LEFT JOIN ff.environments e ON e.id = a.environment_id
ORDER BY a.at DESC, a.number DESC
LIMIT 100;
COMMENT ON VIEW ff.audit_recent IS 'The newest 100 entries of the audit log: what was done to which flag, segment or other thing, which columns changed, by whom and why. The whole log is ff.audit_log.';
