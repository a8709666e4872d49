-- What a direct INSERT, UPDATE or COPY on the tables has to keep as well as
-- the administration functions: row checks at once, checks that look at other
-- rows at commit, under the latest snapshot.

-- Whether it is a superuser's session in which a superuser runs this.  Code of
-- others may run in such a session, of an index that is analyzed; and in other
-- sessions rows are deleted by cascade as the owner.
CREATE FUNCTION ff._is_superuser() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT current_setting('is_superuser')::boolean AND r.rolsuper FROM pg_roles r WHERE r.rolname = current_user; $$;

-- True while the rows that come were checked when they were first written:
-- between ff_pre_restore and ff_post_restore, and in a superuser's session that
-- restores a dump without them.  pg_dump's script turns these two settings off;
-- by hand, both together hardly ever are.
CREATE FUNCTION ff._loading() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce(current_setting('featureflow.restoring', true), 'off')::boolean
		OR (NOT current_setting('check_function_bodies')::boolean AND NOT current_setting('row_security')::boolean
			AND ff._is_superuser());
END;
$$;

-- The key of the variation that stands for "off": off, else the first one.
CREATE FUNCTION ff._off_variation(variations jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN variations @> '[{"key": "off"}]' THEN 'off' ELSE coalesce(variations -> 0 ->> 'key', '') END;
END;
$$;

CREATE FUNCTION ff._variation_keys(variations jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN ARRAY(SELECT v.value ->> 'key' FROM jsonb_array_elements(variations) WITH ORDINALITY v ORDER BY v.ordinality);
END;
$$;

-- One element of a flag's variations, in its stored form.
CREATE FUNCTION ff._check_variation(kind text, variation jsonb, path text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type text := jsonb_typeof(variation -> 'value');
	member text;
BEGIN
	IF jsonb_typeof(variation) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a variation must be an object with key and value'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', path);
	END IF;
	IF variation ->> 'key' IS NULL THEN
		RAISE EXCEPTION 'a variation must have a key'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', path);
	END IF;
	IF jsonb_typeof(variation -> 'key') <> 'string' OR NOT ff._is_key(variation ->> 'key') THEN
		RAISE EXCEPTION 'a variation key has 1 to 255 letters, digits, _ . or -, unlike %', left((variation -> 'key')::text, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.key.', path);
	END IF;
	IF type IS NULL THEN
		RAISE EXCEPTION 'variation "%" has no value', variation ->> 'key'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.value.', path);
	END IF;
	IF kind <> 'json' AND type <> kind THEN
		RAISE EXCEPTION 'the value of variation "%" must be a %, not %', variation ->> 'key', kind,
				CASE type WHEN 'null' THEN 'null' WHEN 'array' THEN 'an array' WHEN 'object' THEN 'an object' ELSE 'a ' || type END
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.value.', path);
	END IF;
	FOR member IN SELECT k FROM jsonb_object_keys(variation) k LOOP
		IF member NOT IN ('key', 'value', 'name', 'description') THEN
			RAISE EXCEPTION 'unknown member "%" of a variation', member
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.%s.', path, member);
		END IF;
		IF member IN ('name', 'description') AND jsonb_typeof(variation -> member) <> 'string' THEN
			RAISE EXCEPTION 'the % of variation "%" must be a string', member, variation ->> 'key'
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.%s.', path, member);
		END IF;
	END LOOP;
END;
$$;

-- The whole array of a flag's variations.
CREATE FUNCTION ff._check_variations(kind text, variations jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n int;
	twice text;
BEGIN
	IF jsonb_typeof(variations) IS DISTINCT FROM 'array' THEN
		RAISE EXCEPTION 'variations must be an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	n := jsonb_array_length(variations);
	IF n < 2 THEN
		RAISE EXCEPTION 'a flag needs at least two variations' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	IF n > 1000 THEN
		RAISE EXCEPTION 'a flag can have at most 1000 variations, not %', n
			USING ERRCODE = 'program_limit_exceeded', DETAIL = 'At $.';
	END IF;
	PERFORM ff._check_variation(kind, v.value, format('$[%s]', v.ordinality - 1))
	FROM jsonb_array_elements(variations) WITH ORDINALITY v;
	SELECT k INTO twice FROM unnest(ff._variation_keys(variations)) k GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'variation "%" stands twice', twice
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	IF kind = 'boolean' AND NOT (n = 2
			AND variations -> 0 ->> 'key' = 'on' AND variations -> 0 -> 'value' = 'true'
			AND variations -> 1 ->> 'key' = 'off' AND variations -> 1 -> 'value' = 'false') THEN
		RAISE EXCEPTION 'a boolean flag has the variations "on" (true) and "off" (false), in that order'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
END;
$$;

-- The variations of an imported flag: as many as there are, of any type, under
-- the keys that they had.
CREATE FUNCTION ff._check_imported_variations(variations jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad text;
BEGIN
	IF jsonb_typeof(variations) IS DISTINCT FROM 'array' THEN
		RAISE EXCEPTION 'variations must be an array' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	IF jsonb_array_length(variations) > 1000 THEN
		RAISE EXCEPTION 'a flag can have at most 1000 variations, not %', jsonb_array_length(variations)
			USING ERRCODE = 'program_limit_exceeded', DETAIL = 'At $.';
	END IF;
	SELECT format('$[%s]', v.ordinality - 1) INTO bad FROM jsonb_array_elements(variations) WITH ORDINALITY v
	WHERE NOT coalesce(jsonb_typeof(v.value -> 'key') = 'string' AND octet_length(v.value ->> 'key') BETWEEN 1 AND 255
		AND v.value ? 'value', false)
	ORDER BY v.ordinality LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'a variation must have a key of 1 to 255 bytes and a value'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At %s.', bad);
	END IF;
	SELECT k INTO bad FROM unnest(ff._variation_keys(variations)) k GROUP BY k HAVING count(*) > 1 ORDER BY k LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'variation "%" stands twice', bad
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
END;
$$;

-- Links are drawn as links one day: nothing but http and https.
CREATE FUNCTION ff._check_links(links jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	link record;
BEGIN
	FOR link IN SELECT l.value, l.ordinality - 1 AS i FROM jsonb_array_elements(links) WITH ORDINALITY l LOOP
		IF jsonb_typeof(link.value) <> 'object'
				OR jsonb_typeof(link.value -> 'url') IS DISTINCT FROM 'string'
				OR link.value ->> 'url' !~ '^https?://[^[:space:]]+$'
				OR jsonb_typeof(coalesce(link.value -> 'title', '""')) <> 'string'
				OR link.value - '{title,url}'::text[] <> '{}' THEN
			RAISE EXCEPTION 'a link must be {"title": ..., "url": "https://..."}'
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $[%s].', link.i);
		END IF;
	END LOOP;
END;
$$;

-- Row checks of a flag, and what may not change about it.
CREATE FUNCTION ff._flags_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF TG_OP = 'UPDATE' THEN
		IF NEW.key <> OLD.key OR NEW.project_id <> OLD.project_id OR (NEW.kind <> OLD.kind AND NEW.dialect = 'native' AND OLD.dialect = 'native') THEN
			RAISE EXCEPTION 'key, kind and project of flag "%" cannot change', OLD.key
				USING ERRCODE = 'invalid_parameter_value';
		END IF;
		IF NEW.updated_at = OLD.updated_at AND NEW IS DISTINCT FROM OLD THEN
			NEW.updated_at := now();
		END IF;
	END IF;
	IF TG_OP = 'INSERT' OR NEW.variations <> OLD.variations OR NEW.kind <> OLD.kind OR NEW.dialect <> OLD.dialect THEN
		IF NEW.dialect = 'native' THEN
			PERFORM ff._check_variations(NEW.kind, NEW.variations);
		ELSE
			PERFORM ff._check_imported_variations(NEW.variations);
		END IF;
	END IF;
	IF TG_OP = 'INSERT' OR NEW.links <> OLD.links THEN
		PERFORM ff._check_links(NEW.links);
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER flags_before BEFORE INSERT OR UPDATE ON ff.flags
	FOR EACH ROW EXECUTE FUNCTION ff._flags_before();

-- Moves updated_at when a row really changes.
CREATE FUNCTION ff._touch() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	NEW.updated_at := now();
	RETURN NEW;
END;
$$;

-- Who made an override or a step is not the writer's to say.
CREATE FUNCTION ff._sign_override() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() THEN
		NEW.created_by := CASE TG_OP WHEN 'INSERT' THEN current_user ELSE OLD.created_by END;
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER overrides_sign BEFORE INSERT OR UPDATE ON ff.overrides
	FOR EACH ROW EXECUTE FUNCTION ff._sign_override();

CREATE TRIGGER schedules_sign BEFORE INSERT OR UPDATE ON ff.schedules
	FOR EACH ROW EXECUTE FUNCTION ff._sign_override();

-- A value that is written ends the steps that have come; those to come stay.
CREATE FUNCTION ff._end_switches() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() AND (NEW.enabled <> OLD.enabled OR EXISTS (
			SELECT FROM ff.schedules c
			WHERE c.flag_id = OLD.flag_id AND c.environment_id = OLD.environment_id AND c.enabled IS NOT NULL
				AND c.at > coalesce(OLD.enabled_at, '-infinity') AND c.at <= statement_timestamp())) THEN
		NEW.enabled_at := statement_timestamp();
	END IF;
	RETURN NEW;
END;
$$;

CREATE FUNCTION ff._end_steps() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() AND (NEW.default_serve <> OLD.default_serve OR EXISTS (
			SELECT FROM ff.schedules c
			WHERE c.flag_id = OLD.flag_id AND c.environment_id = OLD.environment_id AND c.serve IS NOT NULL
				AND c.at > coalesce(OLD.default_at, '-infinity') AND c.at <= statement_timestamp())) THEN
		NEW.default_at := statement_timestamp();
	END IF;
	RETURN NEW;
END;
$$;

-- By their names they come before flag_settings_touch, which sees what they did.
CREATE TRIGGER flag_settings_default_at BEFORE UPDATE OF default_serve ON ff.flag_settings
	FOR EACH ROW EXECUTE FUNCTION ff._end_steps();
CREATE TRIGGER flag_settings_enabled_at BEFORE UPDATE OF enabled ON ff.flag_settings
	FOR EACH ROW EXECUTE FUNCTION ff._end_switches();
CREATE TRIGGER flag_settings_touch BEFORE UPDATE ON ff.flag_settings
	FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ff._touch();
CREATE TRIGGER segments_touch BEFORE UPDATE ON ff.segments
	FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ff._touch();

-- Where a document names a segment: $[0].when.all[1].segment
CREATE FUNCTION ff._segment_path(document jsonb, segment text, path text DEFAULT '$') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part record;
	deeper text;
BEGIN
	IF jsonb_typeof(document) = 'array' THEN
		FOR part IN SELECT a.value, a.ordinality - 1 AS i FROM jsonb_array_elements(document) WITH ORDINALITY a LOOP
			deeper := ff._segment_path(part.value, segment, format('%s[%s]', path, part.i));
			EXIT WHEN deeper IS NOT NULL;
		END LOOP;
	ELSIF jsonb_typeof(document) = 'object' THEN
		FOR part IN SELECT o.key, o.value FROM jsonb_each(document) o WHERE o.key IN ('when', 'all', 'any', 'not', 'segment') LOOP
			IF part.key = 'segment' AND part.value = to_jsonb(segment) THEN
				RETURN path || '.segment';
			END IF;
			deeper := ff._segment_path(part.value, segment, path || '.' || part.key);
			EXIT WHEN deeper IS NOT NULL;
		END LOOP;
	END IF;
	RETURN deeper;
END;
$$;

-- Raises an error when a document names a segment that the project lacks.
CREATE FUNCTION ff._check_named_segments(project_id uuid, named text[], document jsonb) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	missing text;
BEGIN
	SELECT n INTO missing FROM unnest(named) n
	WHERE NOT EXISTS (SELECT FROM ff.segments g WHERE g.project_id = project_id AND g.key = n)
	ORDER BY n LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'segment "%" does not exist', missing
			USING ERRCODE = 'undefined_object',
				DETAIL = format('At %s.', coalesce(ff._segment_path(document, missing), '$'));
	END IF;
END;
$$;

-- A cycle in a graph of named edges, written a, b, a; NULL where there is none.
-- It begins with the node "start" where that is part of it.
CREATE FUNCTION ff._cycle(sources text[], targets text[], start text DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	left_before int;
	layers int := 0;
	walk text[];
	node text;
	at int;
BEGIN
	-- take away edges into nodes that lead nowhere until nothing changes
	LOOP
		left_before := cardinality(sources);
		SELECT coalesce(array_agg(e.s), '{}'), coalesce(array_agg(e.t), '{}') INTO sources, targets
		FROM unnest(sources, targets) e(s, t)
		WHERE e.t IN (SELECT s FROM unnest(sources) s);
		EXIT WHEN cardinality(sources) = left_before;
		layers := layers + 1;
	END LOOP;
	IF cardinality(sources) = 0 AND layers > 100 THEN
		RAISE EXCEPTION 'nested more than 100 deep' USING ERRCODE = 'program_limit_exceeded';
	ELSIF cardinality(sources) = 0 THEN
		RETURN NULL;
	END IF;
	-- every node left leads to a node left: walk until one comes again
	node := CASE WHEN start = ANY (sources) THEN start
		ELSE (SELECT min(s COLLATE "C") FROM unnest(sources) s) END;
	LOOP
		at := array_position(walk, node);
		walk := walk || node;
		EXIT WHEN at IS NOT NULL;
		SELECT e.t INTO node FROM unnest(sources, targets) e(s, t) WHERE e.s = walk[cardinality(walk)]
		ORDER BY e.t = walk[1] DESC, e.t COLLATE "C" LIMIT 1;
	END LOOP;
	RETURN walk[at:];
END;
$$;

CREATE FUNCTION ff._refuse_prerequisite_cycle(project_id uuid, start text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	cycle text[];
BEGIN
	SELECT ff._cycle(array_agg(f.key::text), array_agg(p.key::text), start) INTO cycle
	FROM ff.prerequisites r JOIN ff.flags f ON f.id = r.flag_id JOIN ff.flags p ON p.id = r.prerequisite_id
	WHERE f.project_id = project_id;
	IF cycle IS NOT NULL THEN
		RAISE EXCEPTION 'prerequisite "%" of flag "%" would close a cycle', cycle[2], cycle[1]
			USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(cycle, ' -> ');
	END IF;
END;
$$;

-- Prerequisites of a project: of one project, and without a cycle.
CREATE FUNCTION ff._check_prerequisites(project_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	bad record;
BEGIN
	IF ff._loading() THEN
		RETURN;
	END IF;
	SELECT f.key AS flag, p.key AS prerequisite INTO bad
	FROM ff.prerequisites r JOIN ff.flags f ON f.id = r.flag_id JOIN ff.flags p ON p.id = r.prerequisite_id
	WHERE f.project_id = project_id AND p.project_id <> project_id
	ORDER BY 1, 2 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'prerequisite "%" of flag "%" belongs to another project', bad.prerequisite, bad.flag
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM ff._refuse_prerequisite_cycle(project_id);
END;
$$;

CREATE FUNCTION ff._refuse_segment_cycle(project_id uuid, start text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	cycle text[];
BEGIN
	SELECT ff._cycle(array_agg(g.key::text), array_agg(n), start) INTO cycle
	FROM ff.segments g CROSS JOIN unnest(ff._condition_segments(g.condition)) n
	WHERE g.project_id = project_id;
	IF cycle IS NOT NULL THEN
		RAISE EXCEPTION 'segment "%" in segment "%" would close a cycle', cycle[2], cycle[1]
			USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(cycle, ' -> ');
	END IF;
END;
$$;

-- Segments of a project: conditions are sound, and all segments named in
-- conditions and rules exist.
CREATE FUNCTION ff._check_segments(project_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	IF ff._loading() THEN
		RETURN;
	END IF;
	PERFORM ff._check_named_segments(project_id, ff._condition_segments(g.condition), g.condition)
	FROM ff.segments g WHERE g.project_id = project_id;
	PERFORM ff._refuse_segment_cycle(project_id);
	PERFORM ff._check_named_segments(project_id, ff._rules_segments(s.rules), s.rules)
	FROM ff.flags f JOIN ff.flag_settings s ON s.flag_id = f.id
	WHERE f.project_id = project_id AND s.rules::text LIKE '%"segment"%';
END;
$$;

-- The steps of a flag's default that are not over: what has been set since ends
-- them.
CREATE FUNCTION ff._live_steps(flag_id uuid) RETURNS SETOF ff.schedules
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT c.* FROM ff.schedules c
	LEFT JOIN ff.flag_settings s ON s.flag_id = c.flag_id AND s.environment_id = c.environment_id
	WHERE c.flag_id = $1 AND c.serve IS NOT NULL AND c.at > coalesce(s.default_at, '-infinity');
END;
$$;

-- A step in words.
CREATE FUNCTION ff._step_place(c ff.schedules) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN format('the step at %s in environment "%s"', ff._time_text(c.at),
		(SELECT e.key FROM ff.environments e WHERE e.id = c.environment_id));
END;
$$;

-- The variations that a serve names.
CREATE FUNCTION ff._serve_variations(serve jsonb) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT v #>> '{}' FROM jsonb_path_query(serve, 'lax $ ? (@.type() == "string")') v
	UNION ALL
	SELECT v #>> '{}' FROM jsonb_path_query(serve, 'lax $.split[*].variation ? (@.type() == "string")') v;
$$;

-- Where the settings of a native flag name variations, in words.
CREATE FUNCTION ff._named_variations(s ff.flag_settings) RETURNS TABLE (variation text, place text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT x.variation, format('%s in environment "%s"', x.place, (SELECT e.key FROM ff.environments e WHERE e.id = s.environment_id)) FROM (
		SELECT s.off_variation AS variation, 'the off variation' AS place
		UNION ALL SELECT v, 'the default' FROM ff._serve_variations(s.default_serve) v
		UNION ALL SELECT k, 'the targets' FROM jsonb_object_keys(CASE jsonb_typeof(s.targets) WHEN 'object' THEN s.targets ELSE '{}' END) k
		UNION ALL SELECT v, format('rules[%s]', r.i - 1)
		FROM jsonb_path_query(s.rules, 'lax $[*]') WITH ORDINALITY r(rule, i) CROSS JOIN LATERAL ff._serve_variations(r.rule -> 'serve') v) x;
$$;

-- What names a variation that its flag lacks: settings, overrides, steps that are not
-- over, experiments, and prerequisites in both directions.
CREATE FUNCTION ff._check_named_variations(f ff.flags) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known text[] := ff._variation_keys(f.variations);
	bad record;
BEGIN
	SELECT f.key AS flag, x.variation, x.place INTO bad FROM (
		SELECT n.* FROM ff.flag_settings s CROSS JOIN LATERAL ff._named_variations(s) n
		WHERE s.flag_id = f.id AND f.dialect = 'native'
		UNION ALL
		SELECT o.variation, format('the override of %s "%s"', o.subject_kind, o.subject) AS place
		FROM ff.overrides o WHERE o.flag_id = f.id
		UNION ALL
		SELECT v, ff._step_place(c)
		FROM ff._live_steps(f.id) c CROSS JOIN LATERAL ff._serve_variations(c.serve) v
		UNION ALL
		SELECT r.variation, format('the prerequisites of flag "%s"', d.key)
		FROM ff.prerequisites r JOIN ff.flags d ON d.id = r.flag_id WHERE r.prerequisite_id = f.id
		UNION ALL
		SELECT x.control, format('experiment "%s"', x.key) FROM ff.experiments x WHERE x.flag_id = f.id) x
	WHERE x.variation <> ALL (known) ORDER BY 2, 3 LIMIT 1;
	IF NOT FOUND THEN
		SELECT p.key AS flag, r.variation, format('the prerequisites of flag "%s"', f.key) AS place INTO bad
		FROM ff.prerequisites r JOIN ff.flags p ON p.id = r.prerequisite_id
		WHERE r.flag_id = f.id AND r.variation <> ALL (ff._variation_keys(p.variations))
		ORDER BY 1, 2 LIMIT 1;
	END IF;
	IF FOUND THEN
		RAISE EXCEPTION 'flag "%" has no variation "%"', bad.flag, bad.variation
			USING ERRCODE = 'undefined_object', DETAIL = format('Named by %s.', bad.place);
	END IF;
END;
$$;

-- Who is served what by an imported flag, its document says and nothing else.
CREATE FUNCTION ff._check_imported_settings(f ff.flags, s ff.flag_settings) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF s.targets <> '{}' OR s.default_serve <> to_jsonb(s.off_variation) OR EXISTS (SELECT FROM ff._live_steps(f.id))
			OR NOT (s.rules = '[]' OR (jsonb_array_length(s.rules) = 1 AND s.rules -> 0 ? 'variations')) THEN
		PERFORM ff._refuse_imported(f, 'targets, rules and default');
	END IF;
	PERFORM ff._check_flag_settings(NULL, f.kind, NULL, s.rules, NULL, NULL, f.dialect);
END;
$$;

-- All that a flag's rows have to agree in; silent about a flag that is gone.
CREATE FUNCTION ff._check_flag(flag_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags;
	s ff.flag_settings;
BEGIN
	SELECT x.* INTO f FROM ff.flags x WHERE x.id = flag_id;
	IF NOT FOUND OR ff._loading() THEN
		RETURN;
	END IF;
	PERFORM ff._check_named_variations(f);
	FOR s IN SELECT x.* FROM ff.flag_settings x WHERE x.flag_id = flag_id LOOP
		IF f.dialect <> 'native' THEN
			PERFORM ff._check_imported_settings(f, s);
			CONTINUE;
		END IF;
		PERFORM ff._check_flag_settings(f.variations, f.kind, s.targets, s.rules, s.default_serve, s.off_variation, f.dialect);
		PERFORM ff._check_named_segments(f.project_id, ff._rules_segments(s.rules), s.rules)
		WHERE s.rules <> '[]';
	END LOOP;
	IF f.dialect = 'native' THEN
		PERFORM ff._check_flag_settings(f.variations, f.kind, NULL,
			jsonb_agg(jsonb_build_object('serve', c.serve) ORDER BY c.environment_id, c.at), NULL, NULL, f.dialect)
		FROM ff._live_steps(f.id) c;
	END IF;
	IF EXISTS (
		SELECT FROM (SELECT x.environment_id FROM ff.flag_settings x WHERE x.flag_id = flag_id
			UNION ALL SELECT o.environment_id FROM ff.overrides o WHERE o.flag_id = flag_id
			UNION ALL SELECT c.environment_id FROM ff.schedules c WHERE c.flag_id = flag_id) u
		JOIN ff.environments e ON e.id = u.environment_id WHERE e.project_id <> f.project_id) THEN
		RAISE EXCEPTION 'flag "%" is set in an environment of another project', f.key
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END;
$$;

-- A plan cannot go, nor change its key, while a flag is gated by it.
ALTER TABLE ff.flags ADD CONSTRAINT flags_min_plan_fkey
	FOREIGN KEY (project_id, min_plan) REFERENCES ff.plans (project_id, key) DEFERRABLE INITIALLY DEFERRED;

CREATE CONSTRAINT TRIGGER flags_check_update AFTER UPDATE ON ff.flags
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (OLD.variations IS DISTINCT FROM NEW.variations)
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER flag_settings_check_insert AFTER INSERT ON ff.flag_settings
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER flag_settings_check_update AFTER UPDATE ON ff.flag_settings
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (ROW (OLD.flag_id, OLD.environment_id, OLD.targets, OLD.rules, OLD.default_serve, OLD.off_variation, OLD.default_at)
		IS DISTINCT FROM ROW (NEW.flag_id, NEW.environment_id, NEW.targets, NEW.rules, NEW.default_serve, NEW.off_variation, NEW.default_at))
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER overrides_check AFTER INSERT OR UPDATE ON ff.overrides
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER schedules_check AFTER INSERT OR UPDATE ON ff.schedules
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER prerequisites_check AFTER INSERT OR UPDATE ON ff.prerequisites
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('flag');
CREATE CONSTRAINT TRIGGER prerequisites_check_cycle AFTER INSERT OR UPDATE ON ff.prerequisites
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('prerequisites');
-- What a query or a source reads, it reads with the rights of who wrote it:
-- the role is not the writer's to say.
CREATE FUNCTION ff._segments_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF ff._loading() THEN
		RETURN NEW;
	END IF;
	IF NEW.query IS NULL THEN
		NEW.query_type := NULL;
		NEW.query_role := NULL;
	ELSIF TG_OP = 'INSERT' OR (NEW.query, NEW.query_type, NEW.query_role) IS DISTINCT FROM (OLD.query, OLD.query_type, OLD.query_role) THEN
		NEW.query_type := ff._check_query(NEW.query);
		NEW.query_role := current_user;
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER segments_before BEFORE INSERT OR UPDATE ON ff.segments
	FOR EACH ROW EXECUTE FUNCTION ff._segments_before();

CREATE FUNCTION ff._context_sources_before() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() AND (TG_OP = 'INSERT' OR (NEW.relation, NEW.key_column, NEW.attributes, NEW.role)
			IS DISTINCT FROM (OLD.relation, OLD.key_column, OLD.attributes, OLD.role)) THEN
		IF NOT ff._check_source(NEW.relation, NEW.key_column, NEW.attributes) THEN
			RAISE WARNING 'column "%" of "%" has no index', NEW.key_column, NEW.relation
				USING HINT = 'Until it has one, each evaluation that needs an attribute reads the whole table.';
		END IF;
		NEW.role := current_user;
	END IF;
	RETURN NEW;
END;
$$;

CREATE TRIGGER context_sources_before BEFORE INSERT OR UPDATE ON ff.context_sources
	FOR EACH ROW EXECUTE FUNCTION ff._context_sources_before();

-- A list goes with its segment.
CREATE FUNCTION ff._drop_members() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._loading() THEN
		DELETE FROM ff.segment_members m WHERE m.segment_id = OLD.id;
	END IF;
	RETURN NULL;
END;
$$;

CREATE TRIGGER segments_drop_members AFTER DELETE ON ff.segments
	FOR EACH ROW EXECUTE FUNCTION ff._drop_members();

CREATE CONSTRAINT TRIGGER segments_check AFTER INSERT OR DELETE ON ff.segments
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	EXECUTE FUNCTION ff._check_deferred('segments');
CREATE CONSTRAINT TRIGGER segments_check_update AFTER UPDATE ON ff.segments
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (ROW (OLD.project_id, OLD.key, OLD.condition) IS DISTINCT FROM ROW (NEW.project_id, NEW.key, NEW.condition))
	EXECUTE FUNCTION ff._check_deferred('segments');
