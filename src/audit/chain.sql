-- The chain of the audit log: its end, and whether it is whole.

CREATE FUNCTION ff._verify_chain(chain uuid, anchor bigint, anchor_hash bytea, OUT number bigint, OUT problem text, OUT detail text)
LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'ff_verify_chain';

-- What a chain is called: the key of its project, or the id where there is no
-- such project (any more); the installation's is nil.
CREATE FUNCTION ff._chain_name(chain uuid) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce((SELECT p.key FROM ff.projects p WHERE p.id = chain), chain::text);
END;
$$;

-- A chain by its name.
CREATE FUNCTION ff._chain(project text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	result uuid;
BEGIN
	SELECT p.id INTO result FROM ff.projects p WHERE p.key = project;
	IF NOT FOUND THEN
		SELECT c INTO result FROM ff._chains(NULL) c WHERE c::text = lower(project);
	END IF;
	IF result IS NULL THEN
		RAISE EXCEPTION 'project "%" does not exist', project USING ERRCODE = 'undefined_object';
	END IF;
	RETURN result;
END;
$$;

-- The chain of a project, or all: one a project, deleted ones included, and one
-- of the installation.
CREATE FUNCTION ff._chains(project text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF project IS NOT NULL THEN
		RETURN NEXT ff._chain(project);
	ELSE
		RETURN QUERY SELECT a.project_id FROM ff.audit_log a WHERE a.project_id IS NOT NULL
			UNION SELECT c.project_id FROM ff.audit_checkpoints c
			ORDER BY 1;
	END IF;
END;
$$;

CREATE FUNCTION @extschema@.ff_audit_head(project text DEFAULT NULL)
RETURNS TABLE (project text, number bigint, hash text, at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._chain_name(c), e.number, encode(e.hash, 'hex'), e.at
	FROM ff._chains($1) c
	CROSS JOIN LATERAL (SELECT a.number, a.hash, a.at FROM ff.audit_log a WHERE a.project_id = c
		ORDER BY a.number DESC LIMIT 1) e
	ORDER BY ff._chain_name(c) COLLATE "C";
$$;
COMMENT ON FUNCTION @extschema@.ff_audit_head(text) IS
'The newest entry of a project''s audit log, or of each project''s where none is given: number, hash (64 hexadecimal digits) and time. Kept outside the database it is an anchor: ff_audit_verify(anchor_number, anchor_hash, project) finds when entries up to it are missing or were rewritten.
project is the key; for a project that is gone its id, for the installation (organizations) 00000000-0000-0000-0000-000000000000.';

-- An anchor is both, and of one project.
CREATE FUNCTION ff._anchor(number bigint, hash text, project text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF number IS NULL AND hash IS NULL THEN
		RETURN NULL;
	END IF;
	IF number IS NULL OR hash IS NULL OR project IS NULL THEN
		RAISE EXCEPTION 'an anchor is a number, a hash and a project' USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF number < 1 OR hash !~ '^[0-9a-fA-F]{64}$' THEN
		RAISE EXCEPTION 'not an anchor: number %, hash "%"', number, left(hash, 80)
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'The number is 1 or more, the hash has 64 hexadecimal digits.';
	END IF;
	RETURN decode(hash, 'hex');
END;
$$;

CREATE FUNCTION @extschema@.ff_audit_verify(
	anchor_number bigint DEFAULT NULL,
	anchor_hash text DEFAULT NULL,
	project text DEFAULT NULL
) RETURNS TABLE (project text, number bigint, problem text, detail text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ff._chain_name(c), v.number, v.problem, v.detail
	FROM ff._anchor($1, $2, $3) anchor
	CROSS JOIN ff._chains($3) c CROSS JOIN LATERAL ff._verify_chain(c, $1, anchor) v
	WHERE v.problem IS NOT NULL
	ORDER BY ff._chain_name(c) COLLATE "C";
$$;
COMMENT ON FUNCTION @extschema@.ff_audit_verify(bigint, text, text) IS
'Checks the chain of the audit log of a project, or of all where none is given. No row: it is whole. Else a row a project, of the first entry that breaks it: number; problem: altered (detail says which part: old, new, where, who, reason, or the entry itself), missing, duplicate, reordered, no checkpoint, rewritten (another hash than the anchor''s), retired (the anchor is older than what is kept); detail: a sentence.
An anchor is what ff_audit_head gave earlier. Parts erased by ff_audit_erase and entries deleted by ff_audit_retain are no problem. Errors: 22004 an anchor without number, hash or project, 22023 not an anchor, 42704 no such project.';
