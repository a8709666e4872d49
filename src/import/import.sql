-- Import of what other systems export.  A reader a provider
-- (ff._import_NAME, one file each) makes parts of a configuration; what is done
-- with the parts is the same for all.  Among its options, into is the key of
-- the environment that is imported into.

-- kind: flag, segment, or what else the configuration has, which is told and
-- skipped (action is 'skipped' then, else NULL).  document: of a flag,
-- {"variations": [{"key", "value", "name"}, ...], ...} as its dialect compiles
-- it; off: the key of the variation that stands for off, '' where none does.
CREATE TYPE ff._import_part AS (kind text, key text, name text, description text, tags text[],
	enabled boolean, off text, document jsonb, action text, note text);

COMMENT ON TYPE ff._import_part IS 'A part of a configuration that is imported, as a reader makes it.';

CREATE FUNCTION ff._import_faults(kind text, dialect text, document jsonb) RETURNS text
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'ff_import_faults';

-- Keys for the values of variations that have none: on and off for true and
-- false, a short text itself, else the place; each once.  Of more than a flag may
-- have, which compiling refuses by the name of the flag, the place alone.
CREATE FUNCTION ff._import_variations(items jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	item record;
	wanted text;
	taken text[] := '{}';
	result jsonb := '[]';
BEGIN
	IF jsonb_array_length(items) > 1000 THEN
		RETURN (SELECT jsonb_agg(jsonb_build_object('key', (v.ordinality - 1)::text, 'value', v.value) ORDER BY v.ordinality)
			FROM jsonb_array_elements(items) WITH ORDINALITY v);
	END IF;
	FOR item IN SELECT v.value, v.ordinality - 1 AS place FROM jsonb_array_elements(items) WITH ORDINALITY v LOOP
		wanted := CASE WHEN item.value = 'true' THEN 'on' WHEN item.value = 'false' THEN 'off'
			WHEN jsonb_typeof(item.value) = 'string' AND octet_length(item.value #>> '{}') BETWEEN 1 AND 100 THEN item.value #>> '{}'
			ELSE item.place::text END;
		WHILE wanted = ANY (taken) LOOP
			wanted := wanted || '-' || item.place;
		END LOOP;
		taken := taken || wanted;
		result := result || jsonb_build_array(jsonb_build_object('key', wanted, 'value', item.value));
	END LOOP;
	RETURN result;
END;
$$;

-- The one type that all values of variations have, else json.
CREATE FUNCTION ff._import_kind(variations jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN count(DISTINCT t.type) = 1 AND min(t.type) IN ('boolean', 'string', 'number') THEN min(t.type) ELSE 'json' END
	FROM jsonb_array_elements(variations) v CROSS JOIN LATERAL jsonb_typeof(v -> 'value') t(type);
$$;

-- A flag's variations with those of a document first, then those that only
-- other environments' documents have.
CREATE FUNCTION ff._import_union(flag_id uuid, environment_id uuid, document jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(x.value ORDER BY x.first, x.environment, x.ordinality), '[]') FROM (
		SELECT DISTINCT ON (v.value ->> 'key') v.value, d.first, d.environment, v.ordinality
		FROM (SELECT 0 AS first, NULL::uuid AS environment, document AS document
			UNION ALL SELECT 1, s.environment_id, s.rules -> 0 FROM ff.flag_settings s
			WHERE s.flag_id = $1 AND s.environment_id <> $2) d
		CROSS JOIN LATERAL jsonb_array_elements(d.document -> 'variations') WITH ORDINALITY v
		ORDER BY v.value ->> 'key', d.first, d.environment, v.ordinality) x;
$$;

-- Tags as flags have them: each once, none empty.
CREATE FUNCTION ff._import_tags(tags text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN tags IS NOT NULL THEN ARRAY(SELECT t.tag FROM unnest(tags) WITH ORDINALITY t(tag, i)
		WHERE t.tag <> '' GROUP BY t.tag ORDER BY min(t.i)) END;
$$;

-- The value of an option, or its default; an error for one that is not among
-- the choices.
CREATE FUNCTION ff._import_option(options jsonb, name text, choices text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF options -> name IS NULL THEN
		RETURN choices[1];
	END IF;
	IF options ->> name IS NULL OR options ->> name <> ALL (choices) THEN
		RAISE EXCEPTION 'option "%" is one of %, not %', name, array_to_string(choices, ', '), left((options -> name)::text, 100)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN options ->> name;
END;
$$;

-- Refuses options that the provider does not have: one that is mistyped would
-- leave the default in force, and move users.
CREATE FUNCTION ff._import_check_options(provider text, options jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[] := ARRAY['existing'] || CASE provider
		WHEN 'launchdarkly' THEN '{sdk,environment}'::text[]
		WHEN 'unleash' THEN '{sdk}'
		WHEN 'posthog' THEN '{sdk,property_matching_version,group_type_mapping}'
		WHEN 'growthbook' THEN '{sdk,user_attribute}'
		WHEN 'flagsmith' THEN '{composite_key,hide_disabled}'
		WHEN 'flagd' THEN '{generation,engine}'
		ELSE '{}' END;
BEGIN
	PERFORM ff._check_options(format('an import from %s', provider), options, known);
END;
$$;

-- The system whose flags these plainly are, by members that only its have; NULL
-- where there is none.
CREATE FUNCTION ff._import_looks_like(config jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN jsonb_typeof(config -> 'environment') = 'object' AND jsonb_typeof(config -> 'features') = 'object' THEN 'flagsmith'
	ELSE (SELECT CASE
			WHEN f.value -> 'state' IN ('"ENABLED"', '"DISABLED"') AND jsonb_typeof(f.value -> 'variants') = 'object' THEN 'flagd'
			WHEN f.value ?& '{variationType,allocations}' THEN 'eppo'
			WHEN f.value ?& '{on,fallthrough}' AND jsonb_typeof(f.value -> 'variations') = 'array' THEN 'launchdarkly'
			WHEN f.value ?& '{active,filters}' THEN 'posthog' END
		FROM (SELECT e.value FROM jsonb_each(CASE jsonb_typeof(config -> 'flags') WHEN 'object' THEN config -> 'flags' ELSE '{}' END) e
			UNION ALL SELECT config -> 'flags' -> 0 WHERE jsonb_typeof(config -> 'flags') = 'array' LIMIT 1) f
		WHERE jsonb_typeof(f.value) = 'object') END;
$$;

-- What a configuration consists of, each part with what is faulty in it.
CREATE FUNCTION ff._import_parts(provider text, config jsonb, options jsonb) RETURNS SETOF ff._import_part
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._dialect_known(ff._required('provider', provider)) THEN
		RAISE EXCEPTION 'unknown provider "%"', left(provider, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'One of launchdarkly, unleash, posthog, growthbook, flagsmith, flagd, configcat, eppo, featureflow.';
	END IF;
	IF jsonb_typeof(config) IS NULL OR jsonb_typeof(coalesce(options, '{}')) <> 'object' THEN
		RAISE EXCEPTION 'a configuration and an object of options are required' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF ff._import_looks_like(config) <> provider THEN
		RAISE EXCEPTION 'this is a configuration of %, not of %', ff._import_looks_like(config), provider
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY EXECUTE format('SELECT p.kind, p.key, p.name, p.description, ff._import_tags(p.tags), p.enabled, p.off, p.document, p.action, p.note
		FROM ff.%I($1, $2) p', '_import_' || provider) USING config, coalesce(options, '{}');
END;
$$;

-- Refuses parts that could not be stored: keys beyond limits, and twice the same.
CREATE FUNCTION ff._import_check_parts(parts ff._import_part[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad record;
BEGIN
	SELECT p.kind, p.key INTO bad FROM unnest(parts) p
	WHERE p.action IS NULL AND NOT coalesce(octet_length(p.key) BETWEEN 1 AND 255, false) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the key of a % has 1 to 255 bytes, unlike "%"', bad.kind, left(bad.key, 60)
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT p.kind, p.key INTO bad FROM unnest(parts) p
	WHERE p.action IS NULL GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% "%" stands twice in the configuration', bad.kind, bad.key USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- Compiles a part for its faults; a refusal names the part, and is that of
-- writing it.
CREATE FUNCTION ff._import_note(provider text, part ff._import_part) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	message text;
	place text;
	code text;
BEGIN
	IF part.kind = 'flag' THEN
		PERFORM ff._check_imported_variations(part.document -> 'variations');
	END IF;
	RETURN nullif(concat_ws('; ', part.note, ff._import_faults(part.kind, provider,
		CASE part.kind WHEN 'flag' THEN jsonb_build_array(part.document) ELSE part.document END)), '');
EXCEPTION WHEN data_exception OR undefined_object OR program_limit_exceeded OR invalid_regular_expression THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, place = PG_EXCEPTION_DETAIL, code = RETURNED_SQLSTATE;
	RAISE EXCEPTION '% "%": %', part.kind, part.key, message USING ERRCODE = code, DETAIL = place;
END;
$$;

-- What becomes of a flag of that key that was not imported from there.
CREATE FUNCTION ff._import_note_existing(provider text, present text, existing text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(CASE existing WHEN 'skip' THEN 'exists and is %s: it stays' ELSE
			'takes the place of a flag that is %s, whose settings go in every environment' END,
		CASE present WHEN 'native' THEN 'not imported' ELSE 'of ' || present END)
	WHERE present <> provider;
$$;

-- The parts with what would be done with each.
CREATE FUNCTION ff._import_plan(provider text, home uuid, env uuid, parts ff._import_part[], existing text) RETURNS ff._import_part[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result ff._import_part[];
	foreign_flag record;
BEGIN
	SELECT p.key, f.dialect INTO foreign_flag FROM unnest(parts) p
	CROSS JOIN LATERAL (SELECT x.* FROM ff.flags x WHERE x.project_id = home AND x.key = p.key COLLATE "C" OFFSET 0) f
	WHERE p.kind = 'flag' AND p.action IS NULL AND f.dialect <> provider ORDER BY p.key LIMIT 1;
	IF FOUND AND existing = 'refuse' THEN
		RAISE EXCEPTION 'flag "%" exists and is %', foreign_flag.key,
				CASE foreign_flag.dialect WHEN 'native' THEN 'not imported' ELSE 'of ' || foreign_flag.dialect END
			USING ERRCODE = 'duplicate_object', HINT = 'The option existing says what to do with it: skip or replace.';
	END IF;
	SELECT array_agg(ROW (p.kind, p.key, p.name, p.description, p.tags, p.enabled, p.off, p.document,
			coalesce(p.action, CASE p.kind
				WHEN 'flag' THEN CASE
					WHEN f.id IS NULL THEN 'created'
					WHEN f.dialect <> provider AND existing = 'skip' THEN 'skipped'
					WHEN f.dialect <> provider THEN 'updated'
					WHEN s.rules = jsonb_build_array(p.document) AND ff._enabled_now(s) = coalesce(p.enabled, true)
						AND s.off_variation = coalesce(p.off, '') AND f.archived_at IS NULL
						AND f.description IS NOT DISTINCT FROM coalesce(left(p.description, 500), f.description)
						AND f.tags = coalesce(p.tags, f.tags) THEN 'unchanged'
					ELSE 'updated' END
				ELSE CASE WHEN g.id IS NULL THEN 'created' WHEN g.document = p.document THEN 'unchanged' ELSE 'updated' END END),
			CASE WHEN p.action IS NULL THEN nullif(concat_ws('; ', ff._import_note_existing(provider, f.dialect, existing),
				ff._import_note(provider, p.part)), '') ELSE p.note END)::ff._import_part ORDER BY p.place)
	INTO result
	FROM (SELECT x AS part, x.*, row_number() OVER () AS place FROM unnest(parts) x) p
	LEFT JOIN LATERAL (SELECT x.* FROM ff.flags x WHERE p.kind = 'flag' AND x.project_id = home AND x.key = p.key COLLATE "C" OFFSET 0) f ON true
	LEFT JOIN LATERAL (SELECT x.* FROM ff.flag_settings x WHERE x.flag_id = f.id AND x.environment_id = env OFFSET 0) s ON true
	LEFT JOIN LATERAL (SELECT x.* FROM ff.imported_segments x WHERE p.kind = 'segment' AND x.environment_id = env
		AND x.dialect = provider COLLATE "C" AND x.key = p.key COLLATE "C" OFFSET 0) g ON true;
	RETURN coalesce(result, '{}');
END;
$$;

-- Writes what the plan says of segments.
CREATE FUNCTION ff._import_segments(provider text, env uuid, parts ff._import_part[]) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO ff.imported_segments AS g (environment_id, dialect, key, document)
	SELECT env, provider, p.key, p.document FROM unnest(parts) p
	WHERE p.kind = 'segment' AND p.action IN ('created', 'updated')
	ON CONFLICT (environment_id, dialect, key) DO UPDATE SET document = EXCLUDED.document, updated_at = now();
$$;

-- Parts of flags and the flags themselves.  OFFSET 0: each is looked up by its
-- key, whatever the planner thinks of tables that grew just now.
CREATE FUNCTION ff._import_targets(home uuid, parts ff._import_part[], actions text[])
RETURNS TABLE (id uuid, dialect text, part ff._import_part)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.id, f.dialect, p FROM unnest(parts) p
	CROSS JOIN LATERAL (SELECT x.id, x.dialect FROM ff.flags x WHERE x.project_id = home AND x.key = p.key COLLATE "C" OFFSET 0) f
	WHERE p.kind = 'flag' AND p.action = ANY (actions);
$$;

-- Writes what the plan says of flags: the flag itself, and its settings in the
-- environment; in others a new one answers nothing.
CREATE FUNCTION ff._import_flags(provider text, home uuid, env uuid, parts ff._import_part[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO ff.flags (project_id, key, kind, variations, dialect, name, description, tags)
	SELECT home, p.key, ff._import_kind(p.document -> 'variations'), p.document -> 'variations', provider,
		CASE WHEN length(p.name) >= 3 THEN left(p.name, 100) ELSE p.key END, left(nullif(p.description, ''), 500), coalesce(p.tags, '{}')
	FROM unnest(parts) p WHERE p.kind = 'flag' AND p.action = 'created';

	-- Settings of another dialect mean nothing in this one, nor do steps of its default.
	DELETE FROM ff.schedules c USING ff._import_targets(home, parts, '{updated}') t
	WHERE t.dialect <> provider AND c.flag_id = t.id AND c.serve IS NOT NULL;
	UPDATE ff.flag_settings s SET targets = '{}', rules = '[]', off_variation = '', default_serve = '""'
	FROM ff._import_targets(home, parts, '{updated}') t WHERE t.dialect <> provider AND s.flag_id = t.id;
	UPDATE ff.flags f SET dialect = provider, variations = u.variations, kind = ff._import_kind(u.variations),
		archived_at = NULL, stage = CASE f.stage WHEN 'archived' THEN 'development' ELSE f.stage END,
		description = coalesce(left(nullif((t.part).description, ''), 500), f.description), tags = coalesce((t.part).tags, f.tags)
	FROM ff._import_targets(home, parts, '{updated}') t
	CROSS JOIN LATERAL (SELECT ff._import_union(t.id, env, (t.part).document) AS variations OFFSET 0) u
	WHERE f.id = t.id;

	INSERT INTO ff.flag_settings AS s (flag_id, environment_id, enabled, rules, default_serve, off_variation, salt)
	SELECT t.id, env, coalesce((t.part).enabled, true), jsonb_build_array((t.part).document),
		to_jsonb(coalesce((t.part).off, '')), coalesce((t.part).off, ''), (t.part).key
	FROM ff._import_targets(home, parts, '{created,updated}') t
	ON CONFLICT (flag_id, environment_id) DO UPDATE SET enabled = EXCLUDED.enabled, rules = EXCLUDED.rules,
		default_serve = EXCLUDED.default_serve, off_variation = EXCLUDED.off_variation, updated_at = now();
END;
$$;

-- What writing the parts would refuse: a locked environment, and variations that
-- go while something names them.
CREATE FUNCTION ff._import_check_writing(home uuid, env uuid, parts ff._import_part[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed record;
	f ff.flags;
BEGIN
	PERFORM ff._check_unlocked(home, env) WHERE EXISTS (SELECT FROM unnest(parts) p
		WHERE p.action = 'updated' OR (p.kind = 'segment' AND p.action = 'created'));
	FOR changed IN SELECT x AS flag, (t.part).document FROM ff._import_targets(home, parts, '{updated}') t JOIN ff.flags x ON x.id = t.id
		WHERE NOT ff._variation_keys((t.part).document -> 'variations') @> ff._variation_keys(x.variations)
	LOOP
		f := changed.flag;
		f.variations := ff._import_union(f.id, env, changed.document);
		PERFORM ff._check_named_variations(f);
	END LOOP;
END;
$$;

-- Reads, plans and, unless it only checks, writes.  Compiling the queries of
-- readers, which run once a flag, would take longer than the import.
CREATE FUNCTION ff._import(provider text, config jsonb, environment text, options jsonb, project text, only_check boolean)
RETURNS TABLE (kind text, key text, action text, note text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_variable
DECLARE
	home uuid := ff._project(project);
	env uuid;
	parts ff._import_part[];
	existing text := ff._import_option(coalesce(options, '{}'), 'existing', '{refuse,skip,replace}');
	outer_reason text;
BEGIN
	PERFORM ff._lock_project(home) WHERE NOT only_check;
	env := ff._environment(home, environment);
	PERFORM ff._import_check_options(provider, options) WHERE jsonb_typeof(options) = 'object' AND ff._dialect_known(provider);
	parts := ARRAY(SELECT p FROM ff._import_parts(provider, config, coalesce(options, '{}')
		|| jsonb_build_object('into', (SELECT e.key FROM ff.environments e WHERE e.id = env))) p);
	PERFORM ff._import_check_parts(parts);
	parts := ff._import_plan(provider, home, env, parts, existing);
	IF only_check THEN
		PERFORM ff._import_check_writing(home, env, parts);
	ELSE
		outer_reason := ff._default_reason(format('import from %s', provider));
		PERFORM ff._import_segments(provider, env, parts);
		PERFORM ff._import_flags(provider, home, env, parts);
		PERFORM ff._check_now('flag', t.id) FROM ff._import_targets(home, parts, '{updated}') t;
		PERFORM ff._set_reason(outer_reason);
	END IF;
	RETURN QUERY SELECT p.kind, p.key, p.action, p.note FROM unnest(parts) p;
END;
$$;

CREATE FUNCTION @extschema@.ff_import(
	provider text,
	config jsonb,
	environment text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS TABLE (kind text, key text, action text, note text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT i.* FROM ff._import(provider, config, environment, options, project, false) i WHERE provider IS DISTINCT FROM 'featureflow'
	UNION ALL
	SELECT i.* FROM ff._import_featureflow(config, environment, options, project, false) i WHERE provider = 'featureflow';
$$;
COMMENT ON FUNCTION @extschema@.ff_import IS
'Imports what another system exports, or what its SDKs read, into an environment: flags and segments answer from then on as that system answers, bit for bit. provider: launchdarkly, unleash, posthog, growthbook, flagsmith, flagd, configcat or eppo, and featureflow: what ff_export made. A row a part: kind (flag, segment, ...), key, action (created, updated, unchanged, skipped) and a note on what of it is faulty and is kept so. Flags that the configuration does not have stay as they are. options: existing (refuse, skip or replace a flag of that key that was not imported from there; replaced, it serves nothing in other environments, and steps of its default are gone), and those of the provider, in docs. All or nothing; a second time it changes nothing.
Errors: 22023 the configuration is not one of that provider''s, with the path; 42710 a flag of that key exists and was not imported from there; 42704 no such environment.';

CREATE FUNCTION @extschema@.ff_import_check(
	provider text,
	config jsonb,
	environment text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	project text DEFAULT NULL
) RETURNS TABLE (kind text, key text, action text, note text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT i.* FROM ff._import(provider, config, environment, options, project, true) i WHERE provider IS DISTINCT FROM 'featureflow'
	UNION ALL
	SELECT i.* FROM ff._import_featureflow(config, environment, options, project, true) i WHERE provider = 'featureflow';
$$;
COMMENT ON FUNCTION @extschema@.ff_import_check IS
'What ff_import would do with a configuration, row by row, and its errors. Writes nothing.';
