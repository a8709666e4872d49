-- Erasing a person from the log and the history.

-- Whether a JSON document has a string, as a value, as a member's name or as one
-- of a list with commas.
CREATE FUNCTION ff._mentions(document jsonb, word text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ff_mentions';

-- Rules in which a word no longer stands: the empty string, which is nobody's
-- key, stands for it.
CREATE FUNCTION ff._rules_without(node jsonb, word text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._mentions(node, word) THEN
		RETURN node;
	END IF;
	RETURN CASE jsonb_typeof(node)
		WHEN 'array' THEN (SELECT jsonb_agg(ff._rules_without(e.value, word) ORDER BY e.ordinality)
			FROM jsonb_array_elements(node) WITH ORDINALITY e)
		WHEN 'object' THEN (SELECT jsonb_object_agg(m.key, CASE
				WHEN m.key IN ('value', 'values') OR jsonb_typeof(m.value) <> 'string' THEN ff._rules_without(m.value, word)
				ELSE m.value END)
			FROM jsonb_each(node) m)
		ELSE '""' END;
END;
$$;

-- A text, perhaps a list with commas, in which a word no longer stands.
CREATE FUNCTION ff._list_without(list text, word text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(string_agg(i.item, ',' ORDER BY i.n), '') FROM unnest(string_to_array(list, ',')) WITH ORDINALITY i(item, n)
	WHERE btrim(i.item, E' \t\r\n') <> word;
$$;

-- An imported flag's document without a person, whom other systems name in many
-- places, by members' names too.  The keys of variations stay.
CREATE FUNCTION ff._imported_without(node jsonb, word text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT ff._mentions(node, word) THEN
		RETURN node;
	END IF;
	RETURN CASE jsonb_typeof(node)
		WHEN 'array' THEN (SELECT jsonb_agg(ff._imported_without(e.value, word) ORDER BY e.ordinality)
			FROM jsonb_array_elements(node) WITH ORDINALITY e)
		WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(m.key, CASE m.key WHEN 'variations' THEN m.value ELSE ff._imported_without(m.value, word) END), '{}')
			FROM jsonb_each(node) m WHERE m.key <> word)
		ELSE to_jsonb(ff._list_without(node #>> '{}', word)) END;
END;
$$;

-- A version of a flag without a person: targets and overrides are dropped, and
-- reasons that are nothing else.
CREATE FUNCTION ff._document_without(document jsonb, subject text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT document || jsonb_build_object(
		'targets', coalesce((SELECT jsonb_object_agg(t.key, t.value - subject) FROM jsonb_each(document -> 'targets') t
			WHERE t.value - subject <> '[]'), '{}'),
		'overrides', coalesce((SELECT jsonb_object_agg(o.key, CASE WHEN o.value ->> 'reason' = subject THEN o.value || '{"reason": null}' ELSE o.value END)
			FROM jsonb_each(document -> 'overrides') o WHERE o.key <> ALL (ARRAY['user:' || subject, 'organization:' || subject])), '{}'),
		'rules', CASE WHEN coalesce(document ->> 'dialect', 'native') = 'native' THEN ff._rules_without(document -> 'rules', subject)
			ELSE ff._imported_without(document -> 'rules', subject) END,
		'kill_reason', CASE WHEN document ->> 'kill_reason' = subject THEN NULL ELSE document -> 'kill_reason' END,
		'owner', CASE WHEN document ->> 'owner' = subject THEN NULL ELSE document -> 'owner' END);
$$;

-- 16 zeros for the salt of each part that goes.
CREATE FUNCTION ff._salts_without(salts bytea, parts boolean[]) RETURNS bytea
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(CASE WHEN p.gone THEN decode(repeat('00', 16), 'hex') ELSE substr(salts, 16 * p.i::int - 15, 16) END, '' ORDER BY p.i)
	FROM unnest(parts) WITH ORDINALITY p(gone, i);
$$;

-- Whether a row names a person.  Snapshots have overrides under user:key.
CREATE FUNCTION ff._row_names(table_name text, document jsonb, subject text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN document IS NOT NULL AND (ff._mentions(document, subject) OR (table_name = 'snapshots'
	AND (ff._mentions(document, 'user:' || subject) OR ff._mentions(document, 'organization:' || subject))));

-- Which parts of an entry name a person; a header may list addresses, the
-- client's and those of proxies.  What ff_audit_erase and ff_audit_retain wrote
-- names nobody, and has to stay.
CREATE FUNCTION ff._parts_naming(a ff.audit_log, subject text) RETURNS boolean[]
LANGUAGE sql IMMUTABLE
RETURN ARRAY[
	(a).action NOT IN ('erase', 'retain') AND ff._row_names((a).table_name, (a).old, subject),
	(a).action NOT IN ('erase', 'retain') AND ff._row_names((a).table_name, (a).new, subject),
	coalesce(host((a).client_address) = subject OR (a).client_address::text = subject, false)
		OR coalesce((a).application = subject, false) OR coalesce(ff._mentions((a).headers, subject), false)
		OR coalesce(subject = ANY (regexp_split_to_array((a).headers ->> 'x-forwarded-for', '\s*,\s*')), false),
	coalesce((a).account = subject, false) OR coalesce((a).token = subject, false),
	coalesce((a).reason = subject, false)];

-- Erases a person from one chain.  Returns the number of entries, and which
-- parts of which went, for the entry that tells of it.
CREATE FUNCTION ff._erase_from(chain uuid, subject text, OUT entries bigint, OUT document jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	WITH named AS (
		SELECT x.id, x.parts FROM (SELECT a.id, ff._parts_naming(a, subject) AS parts FROM ff.audit_log a
			WHERE a.project_id = chain OFFSET 0) x
		WHERE true = ANY (x.parts)
	), erased AS (
		UPDATE ff.audit_log a
		SET old = CASE WHEN NOT n.parts[1] THEN a.old END,
			new = CASE WHEN NOT n.parts[2] THEN a.new END,
			client_address = CASE WHEN NOT n.parts[3] THEN a.client_address END,
			application = CASE WHEN NOT n.parts[3] THEN a.application END,
			headers = CASE WHEN NOT n.parts[3] THEN a.headers END,
			account = CASE WHEN NOT n.parts[4] THEN a.account END,
			token = CASE WHEN NOT n.parts[4] THEN a.token END,
			reason = CASE WHEN NOT n.parts[5] THEN a.reason END,
			salts = ff._salts_without(a.salts, n.parts)
		FROM named n WHERE a.id = n.id
		RETURNING a.number, n.parts
	)
	SELECT count(*), jsonb_strip_nulls(jsonb_build_object('entries', count(*),
		'old', jsonb_agg(e.number ORDER BY e.number) FILTER (WHERE e.parts[1]),
		'new', jsonb_agg(e.number ORDER BY e.number) FILTER (WHERE e.parts[2]),
		'where', jsonb_agg(e.number ORDER BY e.number) FILTER (WHERE e.parts[3]),
		'who', jsonb_agg(e.number ORDER BY e.number) FILTER (WHERE e.parts[4]),
		'reason', jsonb_agg(e.number ORDER BY e.number) FILTER (WHERE e.parts[5])))
	INTO entries, document FROM erased e;
END;
$$;

-- With the rights of the extension's owner.
CREATE FUNCTION ff._erase(subject text, project text) RETURNS TABLE (chain uuid, entries bigint, document jsonb)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	PERFORM ff._required('subject', nullif(subject, ''));
	FOR chain IN SELECT c FROM ff._chains(project) c LOOP
		PERFORM ff._lock_project(chain);
		SELECT e.entries, e.document INTO entries, document FROM ff._erase_from(chain, subject) e;
		UPDATE ff.flag_versions v SET document = ff._document_without(v.document, subject), reason = nullif(v.reason, subject)
		FROM ff.flags g WHERE g.id = v.flag_id AND g.project_id = chain
			AND (v.document <> ff._document_without(v.document, subject) OR v.reason = subject);
		RETURN NEXT;
	END LOOP;
END;
$$;

CREATE FUNCTION @extschema@.ff_audit_erase(subject text, project text DEFAULT NULL) RETURNS bigint
LANGUAGE c AS 'MODULE_PATHNAME', 'ff_audit_erase';
COMMENT ON FUNCTION @extschema@.ff_audit_erase(text, text) IS
'Erases a person from the audit log of a project, or of all where none is given: each part of an entry (old, new, where, who, reason) that has the subject as a JSON string, in one that is a list with commas, or as a member name, address, application, account, token or whole reason becomes NULL, and the versions of flags lose it from targets, overrides, rules, owner and reasons. The chain still verifies; an entry of action erase tells which parts went, not whose. Returns the number of entries.
What is in force stays: take the person out of targets, overrides and segments first. For the owner of the extension, who can grant it; not part of ff_grant. Errors: 22004 no subject, 42704 no such project.';
