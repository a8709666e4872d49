-- Export: an environment's configuration as a document that ff_import, or
-- another system, reads.

-- The flags that a provider's format cannot hold: their users would move; and
-- those of the provider that are not in the environment.
CREATE FUNCTION ff._export_refused(home uuid, env uuid, provider text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object('refused', jsonb_object_agg(f.key, CASE f.dialect
			WHEN provider THEN 'was not imported into this environment'
			ELSE format('answers as %s does: its users would move', ff._dialect_name(f.dialect)) END)) ELSE '{}' END
	FROM ff.flags f WHERE f.project_id = home AND f.archived_at IS NULL AND (f.dialect <> provider
		OR NOT EXISTS (SELECT FROM ff.flag_settings s WHERE s.flag_id = f.id AND s.environment_id = env AND s.rules <> '[]'));
$$;

-- The documents of a provider's flags and of its segments in an environment,
-- in order of key.
CREATE FUNCTION ff._export_flags(home uuid, env uuid, provider text) RETURNS TABLE (key text, enabled boolean, document jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.key, ff._enabled_now(s), s.rules -> 0 FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id AND s.environment_id = env
	WHERE f.project_id = home AND f.dialect = provider AND f.archived_at IS NULL AND s.rules <> '[]' ORDER BY f.key;
$$;

CREATE FUNCTION ff._export_segments(env uuid, provider text) RETURNS TABLE (key text, document jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.key, g.document FROM ff.imported_segments g WHERE g.environment_id = env AND g.dialect = provider COLLATE "C" ORDER BY g.key;
$$;

-- What LaunchDarkly's SDKs read.
CREATE FUNCTION ff._export_launchdarkly(home uuid, env uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'flags', (SELECT coalesce(jsonb_object_agg(f.key, f.document -> 'flag' || jsonb_build_object('on', f.enabled,
				'variations', (SELECT coalesce(jsonb_agg(v.value -> 'value' ORDER BY v.ordinality), '[]')
					FROM jsonb_array_elements(f.document -> 'variations') WITH ORDINALITY v))), '{}')
			FROM ff._export_flags(home, env, 'launchdarkly') f),
		'segments', (SELECT coalesce(jsonb_object_agg(g.key, g.document -> 'segment'), '{}') FROM ff._export_segments(env, 'launchdarkly') g));
$$;

-- What Unleash's SDKs fetch.
CREATE FUNCTION ff._export_unleash(home uuid, env uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('version', 2,
		'features', (SELECT coalesce(jsonb_agg(f.document -> 'flag' || jsonb_build_object('enabled', f.enabled) ORDER BY f.key), '[]')
			FROM ff._export_flags(home, env, 'unleash') f),
		'segments', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
				'id', CASE WHEN g.key ~ '^(0|[1-9][0-9]{0,14})$' THEN g.key::bigint::text::jsonb ELSE to_jsonb(g.key) END, 'name', g.document -> 'name'))
				|| jsonb_build_object('constraints', g.document -> 'constraints') ORDER BY g.key), '[]')
			FROM ff._export_segments(env, 'unleash') g));
$$;

-- A flag file of flagd.  Metadata of the file it came in stays that of the file
-- while all flags have the same, and becomes a flag's own otherwise.
CREATE FUNCTION ff._export_flagd(home uuid, env uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH flags AS MATERIALIZED (SELECT f.key, f.enabled, f.document, coalesce(f.document -> 'set_metadata', '{}') AS metadata
		FROM ff._export_flags(home, env, 'flagd') f),
	file AS (SELECT CASE WHEN count(DISTINCT f.metadata) = 1 THEN min(f.metadata::text)::jsonb ELSE '{}' END AS metadata FROM flags f)
	SELECT jsonb_build_object('$schema', 'https://flagd.dev/schema/v0/flags.json',
			'flags', coalesce(jsonb_object_agg(f.key, f.document -> 'flag' || jsonb_build_object(
				'state', CASE WHEN f.enabled THEN 'ENABLED' ELSE 'DISABLED' END,
				'variants', (SELECT coalesce(jsonb_object_agg(v ->> 'key', v -> 'value'), '{}') FROM jsonb_array_elements(f.document -> 'variations') v))
				|| CASE WHEN f.metadata = file.metadata THEN '{}' ELSE jsonb_build_object('metadata',
					f.metadata || coalesce(nullif(f.document -> 'flag' -> 'metadata', 'null'), '{}')) END)
				FILTER (WHERE f.key IS NOT NULL), '{}'))
		|| CASE WHEN file.metadata = '{}' THEN '{}' ELSE jsonb_build_object('metadata', file.metadata) END
	FROM file LEFT JOIN flags f ON true GROUP BY file.metadata;
$$;

-- All of it, of one environment: as a snapshot has the project.
CREATE FUNCTION ff._export_featureflow(home uuid, env uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('format', 'featureflow', 'version', 1, 'environment', e.key,
		'plan', d.document -> 'plan', 'segment', d.document -> 'segment', 'source', d.document -> 'source',
		'imported segment', (SELECT coalesce(jsonb_object_agg(concat_ws(':', i.value ->> 'dialect', i.value ->> 'key'), i.value - 'environment'), '{}')
			FROM jsonb_each(d.document -> 'imported segment') i WHERE i.value ->> 'environment' = e.key),
		'flag', (SELECT coalesce(jsonb_object_agg(f.key, (f.value - 'environments')
				|| jsonb_build_object('settings', f.value -> 'environments' -> e.key)), '{}')
			FROM jsonb_each(d.document -> 'flag') f))
	FROM ff.environments e CROSS JOIN LATERAL ff._project_document(home) AS d(document) WHERE e.id = env;
$$;

-- What a caller of a flag may get, by the manifest that code generators of
-- OpenFeature read.
CREATE FUNCTION ff._export_manifest_flag(f ff.flags, off_variation text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object(
			'flagType', CASE WHEN f.kind = 'json' THEN 'object' WHEN f.kind <> 'number' THEN f.kind
				WHEN (SELECT bool_and((v -> 'value')::numeric = trunc((v -> 'value')::numeric)) FROM jsonb_array_elements(f.variations) v) THEN 'integer'
				ELSE 'float' END,
			'description', f.description))
		|| jsonb_build_object('defaultValue', coalesce(
			(SELECT v -> 'value' FROM jsonb_array_elements(f.variations) v WHERE v ->> 'key' = off_variation),
			CASE f.kind WHEN 'boolean' THEN 'false' WHEN 'string' THEN '""' WHEN 'number' THEN '0' ELSE '{}' END::jsonb));
$$;

CREATE FUNCTION ff._export_manifest(home uuid, env uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('$schema', 'https://raw.githubusercontent.com/open-feature/cli/main/schema/v0/flag-manifest.json',
		'flags', coalesce(jsonb_object_agg(f.key, ff._export_manifest_flag(f, s.off_variation)), '{}'))
	FROM ff.flags f LEFT JOIN ff.flag_settings s ON s.flag_id = f.id AND s.environment_id = env
	WHERE f.project_id = home AND f.archived_at IS NULL;
$$;

CREATE FUNCTION @extschema@.ff_export(format text DEFAULT 'featureflow', project text DEFAULT NULL, environment text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	env uuid := ff._environment(home, environment);
BEGIN
	CASE ff._required('format', format)
		WHEN 'featureflow' THEN RETURN ff._export_featureflow(home, env);
		WHEN 'openfeature-manifest' THEN RETURN ff._export_manifest(home, env);
		WHEN 'launchdarkly' THEN RETURN ff._export_launchdarkly(home, env) || ff._export_refused(home, env, format);
		WHEN 'unleash' THEN RETURN ff._export_unleash(home, env) || ff._export_refused(home, env, format);
		WHEN 'flagd' THEN RETURN ff._export_flagd(home, env) || ff._export_refused(home, env, format);
		ELSE
			RAISE EXCEPTION 'unknown format "%"', left(format, 100)
				USING ERRCODE = 'invalid_parameter_value', HINT = 'One of featureflow, launchdarkly, unleash, flagd, openfeature-manifest.';
	END CASE;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_export IS
'The configuration of an environment as a document. featureflow: flags with their settings there, overrides and steps to come, segments, plans and context sources, for ff_import(''featureflow'', ...), which answers everybody the same; lists of more than 10000 users are left out. launchdarkly (what its SDKs read), unleash (client features), flagd (a flag file): the flags that were imported from there, as they came; refused: {flag: why} are those that would move their users in that format. openfeature-manifest: the types and defaults of all flags, for code generators. ff_yaml makes YAML of it.
Errors: 22023 unknown format, 42704 no such project or environment.';
