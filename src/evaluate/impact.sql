-- What a change of a flag would do to the users of a relation, before it is made.

CREATE FUNCTION ff._smallest_add(state text[], added text) RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_smallest_add';
CREATE FUNCTION ff._smallest_merge(state text[], other text[]) RETURNS text[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_smallest_merge';
-- The ten that are smallest bytewise, each once.
CREATE AGGREGATE ff._smallest(text) (SFUNC = ff._smallest_add, STYPE = text[], COMBINEFUNC = ff._smallest_merge,
	INITCOND = '{}', PARALLEL = SAFE);

-- Both answers for a subject whose attributes are the columns of a row; proposal
-- is what ff._proposal makes.
CREATE FUNCTION ff._impact_answer(subject record, user_key text, flag text, environment text, project text, proposal jsonb,
	OUT changed boolean, OUT variation_before text, OUT reason_before text, OUT rule_before text,
	OUT variation_after text, OUT reason_after text, OUT rule_after text)
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_impact_answer';

-- A member of a change that must be of a JSON type; NULL where it is not there.
CREATE FUNCTION ff._change_member(change jsonb, member text, type text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF change ? member AND jsonb_typeof(change -> member) <> type THEN
		RAISE EXCEPTION '% must be of type %, not %', member, type, jsonb_typeof(change -> member)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', member);
	END IF;
	RETURN change -> member;
END;
$$;

-- Refuses what is no change of this flag.  A stored version of it is one: what
-- describes a flag is passed over.
CREATE FUNCTION ff._check_change(f ff.flags, change jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	answering text[] := '{enabled,off_variation,targets,rules,default,rollout,salt,variations,min_plan,prerequisites,overrides,killed,archived}';
	fixed text[] := '{key,kind,dialect}';
	describing text[] := '{client_visible,kill_reason,name,description,category,tags,owner,traffic_type,links,temporary,stage}';
	bad text;
BEGIN
	IF jsonb_typeof(ff._required('change', change::text)::jsonb) <> 'object' THEN
		RAISE EXCEPTION 'a change must be an object' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.';
	END IF;
	SELECT k INTO bad FROM jsonb_object_keys(change) k WHERE k <> ALL (answering || fixed || describing) ORDER BY k LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'unknown member "%" of a change', left(bad, 100)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It has %s.', array_to_string(answering, ', '));
	END IF;
	SELECT k INTO bad FROM unnest(fixed) k WHERE change ? k AND change -> k <> to_jsonb(f) -> k
		AND (k <> 'kind' OR f.dialect = 'native') LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the % of a flag does not change', bad
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.%s.', bad);
	END IF;
	IF change ? 'default' AND change ? 'rollout' THEN
		RAISE EXCEPTION 'a change has a default or a rollout, not both' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.rollout.';
	END IF;
END;
$$;

-- The flag after a change.
CREATE FUNCTION ff._changed_flag(f ff.flags, change jsonb) RETURNS ff.flags
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF change ? 'variations' AND f.dialect <> 'native' THEN
		f.variations := ff._change_member(change, 'variations', 'array');
		f.kind := ff._import_kind(f.variations);
	ELSIF change ? 'variations' THEN
		f.variations := ff._variations(f.kind, change -> 'variations');
		PERFORM ff._check_named_variations(f);
	END IF;
	IF change ? 'min_plan' THEN
		f.min_plan := nullif(change ->> 'min_plan', '');
		IF f.min_plan IS NOT NULL THEN
			PERFORM ff._plan(f.project_id, f.min_plan);
		END IF;
	END IF;
	IF change ? 'killed' THEN
		f.killed_at := CASE WHEN ff._change_member(change, 'killed', 'boolean')::boolean THEN statement_timestamp() END;
	END IF;
	IF change ? 'archived' THEN
		f.archived_at := CASE WHEN ff._change_member(change, 'archived', 'boolean')::boolean THEN statement_timestamp() END;
	END IF;
	RETURN f;
END;
$$;

-- What a rollout serves: a percentage, or {"percentage", "variation", "by"} as the
-- arguments of ff_flag_rollout.
CREATE FUNCTION ff._change_rollout(f ff.flags, s ff.flag_settings, rollout jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	asked jsonb := CASE WHEN jsonb_typeof(rollout) = 'object' THEN rollout ELSE jsonb_build_object('percentage', rollout) END;
BEGIN
	IF jsonb_typeof(asked -> 'percentage') IS DISTINCT FROM 'number' OR asked - '{percentage,variation,by}'::text[] <> '{}' THEN
		RAISE EXCEPTION 'a rollout is a percentage, or {"percentage", "variation", "by"}'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'At $.rollout.';
	END IF;
	RETURN ff._rollout_serve((asked ->> 'percentage')::numeric, ff._rollout_variation(f, asked ->> 'variation', s.off_variation),
		s.off_variation, nullif(coalesce(asked ->> 'by', ff._default_now(s) ->> 'by'), ''));
END;
$$;

-- Targets in their stored form: true and false mean on and off.
CREATE FUNCTION ff._change_targets(f ff.flags, targets jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF f.kind <> 'boolean' OR jsonb_typeof(targets) <> 'object' OR NOT targets ?| '{true,false}' THEN
		RETURN targets;
	END IF;
	RETURN (SELECT jsonb_object_agg(CASE t.key WHEN 'true' THEN 'on' WHEN 'false' THEN 'off' ELSE t.key END, t.value) FROM jsonb_each(targets) t);
END;
$$;

-- The settings of an imported flag after a change: a stored version has its
-- document as the one rule.
CREATE FUNCTION ff._changed_imported(f ff.flags, s ff.flag_settings, change jsonb) RETURNS ff.flag_settings
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._refuse_imported(f) WHERE change ? 'rollout';
	PERFORM ff._change_member(change, 'rules', 'array') WHERE change -> 'rules' <> 'null';
	s.targets := coalesce(change -> 'targets', s.targets);
	s.rules := ff._rules(f, coalesce(change -> 'rules', s.rules));
	s.off_variation := coalesce(change ->> 'off_variation', s.off_variation);
	PERFORM ff._variation(f, s.off_variation) WHERE s.off_variation <> '';
	s.default_serve := coalesce(change -> 'default', s.default_serve);
	PERFORM ff._check_imported_settings(f, s);
	RETURN s;
END;
$$;

-- The settings after a change, as the functions of administration would store
-- them: what is set ends the steps of the schedule that have come.
CREATE FUNCTION ff._changed_settings(f ff.flags, s ff.flag_settings, change jsonb) RETURNS ff.flag_settings
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF change ? 'enabled' THEN
		s.enabled := ff._change_member(change, 'enabled', 'boolean')::boolean;
		s.enabled_at := statement_timestamp();
	END IF;
	IF f.dialect <> 'native' THEN
		RETURN ff._changed_imported(f, s, change);
	END IF;
	IF change ? 'off_variation' THEN
		s.off_variation := ff._variation(f, change ->> 'off_variation');
	END IF;
	IF change ? 'targets' THEN
		s.targets := ff._change_targets(f, change -> 'targets');
	END IF;
	IF change ? 'rules' THEN
		s.rules := ff._rules(f, change -> 'rules');
	END IF;
	IF change ? 'default' THEN
		PERFORM ff._required('serve', nullif(change -> 'default', 'null')::text);
		s.default_serve := ff._serve(f, change -> 'default');
		s.default_at := statement_timestamp();
	ELSIF change ? 'rollout' THEN
		s.default_serve := ff._change_rollout(f, s, change -> 'rollout');
		s.default_at := statement_timestamp();
	END IF;
	IF change ? 'salt' THEN
		s.salt := coalesce(nullif(change ->> 'salt', ''), f.key);
	END IF;
	IF f.dialect = 'native' THEN
		PERFORM ff._check_flag_settings(f.variations, f.kind, s.targets, s.rules, s.default_serve, s.off_variation, f.dialect);
		PERFORM ff._check_named_segments(f.project_id, ff._rules_segments(s.rules), s.rules) WHERE s.rules <> '[]';
	ELSE
		PERFORM ff._check_imported_settings(f, s);
	END IF;
	RETURN s;
END;
$$;

-- Prerequisites of a change, {"flag": "variation"}, as rows.
CREATE FUNCTION ff._changed_prerequisites(f ff.flags, prerequisites jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rows jsonb;
	cycle text[];
BEGIN
	SELECT coalesce(jsonb_agg(jsonb_build_object('flag_id', f.id, 'prerequisite_id', b.prerequisite_id, 'variation', b.variation)), '[]') INTO rows
	FROM ff._prerequisites_back(f, jsonb_build_object('prerequisites', prerequisites)) b;
	SELECT ff._cycle(array_agg(e.a), array_agg(e.b), f.key) INTO cycle FROM (
		SELECT a.key::text AS a, b.key::text AS b FROM ff.prerequisites r JOIN ff.flags a ON a.id = r.flag_id JOIN ff.flags b ON b.id = r.prerequisite_id
		WHERE a.project_id = f.project_id AND a.id <> f.id
		UNION ALL SELECT f.key, k FROM jsonb_object_keys(prerequisites) k) e;
	IF cycle IS NOT NULL THEN
		RAISE EXCEPTION 'prerequisite "%" of flag "%" would close a cycle', cycle[2], cycle[1]
			USING ERRCODE = 'invalid_parameter_value', DETAIL = array_to_string(cycle, ' -> ');
	END IF;
	RETURN rows;
END;
$$;

-- Overrides of a change, {"user:alice": "variation" or {"variation", "expires_at"}},
-- as rows.
CREATE FUNCTION ff._changed_overrides(f ff.flags, environment_id uuid, overrides jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bad text;
BEGIN
	SELECT o.key INTO bad FROM jsonb_each(overrides) o
	WHERE o.key !~ '^(user|organization):.' OR jsonb_typeof(o.value) NOT IN ('string', 'object', 'boolean') ORDER BY o.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'an override is "user:KEY" or "organization:KEY" and its variation'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('At $.overrides.%s.', left(bad, 100));
	END IF;
	RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('flag_id', f.id, 'environment_id', environment_id,
			'subject_kind', split_part(o.key, ':', 1), 'subject', substr(o.key, strpos(o.key, ':') + 1),
			'variation', ff._variation(f, CASE jsonb_typeof(o.value) WHEN 'object' THEN o.value ->> 'variation' ELSE o.value #>> '{}' END),
			'expires_at', CASE jsonb_typeof(o.value) WHEN 'object' THEN o.value ->> 'expires_at' END)), '[]')
		FROM jsonb_each(overrides) o);
END;
$$;

-- The column that has the user keys: the one named, else that which is known.
CREATE FUNCTION ff._key_column(home uuid, relation regclass, named text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM ff._required('relation', relation::text);
	IF named IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = relation AND a.attname = named AND a.attnum > 0 AND NOT a.attisdropped) THEN
		RAISE EXCEPTION '"%" has no column "%"', ff._relation_name(relation), named USING ERRCODE = 'undefined_column';
	END IF;
	RETURN coalesce(named, ff._user_column(home, relation));
END;
$$;

-- The rows of a flag after a change, for ff._impact_answer.
CREATE FUNCTION ff._proposal(f ff.flags, environment_id uuid, change jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	s ff.flag_settings;
	tables jsonb;
BEGIN
	PERFORM ff._check_change(f, change);
	SELECT x.* INTO s FROM ff.flag_settings x WHERE x.flag_id = f.id AND x.environment_id = environment_id;
	IF NOT FOUND THEN
		s.flag_id := f.id;
		s.environment_id := environment_id;
		s.enabled := true;
		s.targets := '{}';
		s.rules := '[]';
		s.off_variation := ff._off_variation(f.variations);
		s.default_serve := to_jsonb(s.off_variation);
		s.salt := f.key;
		s.version := 0;
	END IF;
	f := ff._changed_flag(f, change);
	tables := jsonb_build_object('flags', jsonb_build_array(to_jsonb(f)),
		'flag_settings', jsonb_build_array(to_jsonb(ff._changed_settings(f, s, change))));
	IF change ? 'prerequisites' THEN
		tables := tables || jsonb_build_object('prerequisites',
			ff._changed_prerequisites(f, ff._change_member(change, 'prerequisites', 'object')));
	END IF;
	IF change ? 'overrides' THEN
		tables := tables || jsonb_build_object('overrides',
			ff._changed_overrides(f, environment_id, ff._change_member(change, 'overrides', 'object')));
	END IF;
	RETURN jsonb_build_object('flag_id', f.id, 'tables', tables);
END;
$$;

CREATE FUNCTION @extschema@.ff_impact(
	flag text,
	change jsonb,
	relation regclass,
	user_key_column text DEFAULT NULL,
	environment text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (variation_before text, variation_after text, changed boolean, "rows" bigint, share numeric, sample text[],
	reason_before text, rule_before text, reason_after text, rule_after text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	f ff.flags := ff._flag(ff._project(project), flag);
	env uuid := ff._environment(f.project_id, environment);
	proposal jsonb := ff._proposal(f, env, change);
	key_column text := ff._key_column(f.project_id, relation, user_key_column);
BEGIN
	-- OFFSET keeps the answer from being asked for by each column that is taken
	-- from it; only as a literal of its own type it does so in parallel
	RETURN QUERY EXECUTE format('
		SELECT g.variation_before, g.variation_after, g.changed, g.n, round(g.n / sum(g.n) OVER (), 6), g.sample,
			g.reason_before, g.rule_before, g.reason_after, g.rule_after
		FROM (SELECT (x.a).variation_before, (x.a).variation_after, (x.a).changed, count(*) AS n, ff._smallest(x.user_key) AS sample,
				(x.a).reason_before, (x.a).rule_before, (x.a).reason_after, (x.a).rule_after
			FROM (SELECT t.%1$I::text AS user_key, ff._impact_answer(t.*, t.%1$I::text, $1, $2, $3, $4) AS a FROM %2$s t OFFSET ''0'') x
			GROUP BY 1, 2, 3, 6, 7, 8, 9) g
		ORDER BY g.changed DESC, g.n DESC, g.variation_before COLLATE "C", g.variation_after COLLATE "C", g.rule_before COLLATE "C", g.rule_after COLLATE "C"',
		key_column, ff._relation_name(relation))
	USING f.key, (SELECT e.key FROM ff.environments e WHERE e.id = env), (SELECT p.key FROM ff.projects p WHERE p.id = f.project_id), proposal;
END;
$$;
COMMENT ON FUNCTION @extschema@.ff_impact IS
'What a change of a flag in an environment would do to the rows of a table or view, before it is made: each row is evaluated as the flag is and as it would be, and the rows are counted by both answers. Nothing is written.
change has members as ff_flag_history stores them: enabled, off_variation, targets, rules, default, salt, variations, min_plan, prerequisites {flag: variation}, overrides {"user:KEY": variation}, killed, archived; and rollout, a percentage or {"percentage", "variation", "by"}. What it lacks stays; a stored version (ff.flag_versions.document) is a change, too.
relation is read with the caller''s rights and row-level security; the columns of a row are its attributes. user_key_column: by default that of its context source, else the primary key.
A row for each pair of answers, those that differ in value first: changed: whether they do; rows: how many; share: of all, 0 to 1; sample: the up to ten smallest user keys; variation, reason and rule before and after, as in ff_evaluate_detail.
Errors: those of ff_flag_rules and its like, with the JSON path; 22023 not a change, 42703 it is not known which column has the user keys, 42704 no such flag or environment.';
